//! Fonds, inventories, citations, papers, and files that are split into volumes.
//!
//! Goal: a citation names one file or document for ever; what an inventory lists is final; a split or a move never brings
//! a day nearer; there is no paper without its record; and an index that is built again says the same. Method: acts are
//! tried where they must be refused, and a split is cut off at every operation on the media.

use super::bed::{Bed, NOW, accepted, cover, submission, take_in};
use muragat::archive::Archive;
use muragat::error::{Error, ErrorCode};
use muragat::filing::due::{Basis, why};
use muragat::filing::files::{self, Asked, File};
use muragat::filing::holds::{self, Placing};
use muragat::filing::inventory::{self, Inventory, inventories_approved, kind_of};
use muragat::filing::split::split;
use muragat::filing::{cite, fonds, paper};
use muragat::index::filing::{FileRow, HoldTarget, date};
use muragat::index::fonds::{FondsRow, InventoryRow, UnitRow};
use muragat::ingest::lists::{Adopted, adopt};
use muragat::ingest::spill::unsigned as spill;
use muragat::model::citation::Citation;
use muragat::model::fonds::{Approval, FondsOpening, InventoryKind, InventoryOpening, Succession, Unit};
use muragat::model::id::RecordId;
use muragat::model::paper::{PaperKind, Whereabouts};
use muragat::retention::RuleList;
use muragat::testing::{Failure, FaultPlan};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use muragat::verify::material::Material;
use std::collections::BTreeMap;
use std::path::PathBuf;

const ACTOR: muragat::model::id::ActorId = SYSTEM_ACTOR;
const AGENCY: &str = "TEST-01";
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;
/// Items of the sample list: for ever, 15 years, 5 years.
const PERMANENT: &str = "KZ-SAMPLE/1(1)";
const FIFTEEN: &str = "KZ-SAMPLE/50";
const FIVE: &str = "KZ-SAMPLE/ТБ 01/у";

struct Load {
    _dir: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

fn load(count: u32) -> Load {
    let dir = tempfile::tempdir().unwrap();
    let paths = (0..count).map(|n| submission(dir.path(), n, &[("main.docx", cover())], "public").0).collect();
    Load { _dir: dir, paths }
}

fn records(archive: &Archive, load: &Load) -> Result<Vec<RecordId>, Error> {
    let mut found = Vec::new();
    for answered in take_in(archive, &load.paths)? {
        match (accepted(&answered), answered.status) {
            (Some(record), _) => found.push(record),
            (None, muragat::ingest::Status::Failed(e)) => return Err(e),
            (None, status) => panic!("unexpected answer {status:?}"),
        }
    }
    archive.wait_index()?;
    Ok(found)
}

fn with_list(archive: &Archive) {
    let bytes = include_bytes!("../../retention-rules/kz-sample.toml");
    let list = RuleList::parse(bytes, "list.toml").unwrap();
    let done = adopt(archive, (&list, bytes), None, &[], &Material::default(), ACTOR).unwrap();
    assert!(matches!(done, Adopted::Done(_)), "{done:?}");
}

fn asked(index: &str, item: &str) -> Asked {
    Asked {
        agency: AGENCY.into(),
        index: index.into(),
        year: 2026,
        volume: None,
        title: Some("Хат алмасу".into()),
        item: item.parse().ok(),
        attributes: BTreeMap::new(),
    }
}

/// A file with these records, closed today.
fn closed(archive: &Archive, asked: &Asked, records: &[RecordId]) -> RecordId {
    let file = files::open(archive, asked, ACTOR).unwrap().id;
    files::enter(archive, file, records, None, ACTOR).unwrap();
    files::close(archive, file, "2026-03-05".parse().unwrap(), ACTOR).unwrap();
    file
}

fn open_fonds(archive: &Archive, number: u32) -> Result<fonds::Fonds, Error> {
    fonds::open(archive, &FondsOpening { number, name: "Үлгі әкімдігі".into(), agency: AGENCY.into() }, ACTOR)
}

fn open_inventory(archive: &Archive, number: u32, kind: InventoryKind) -> Result<Inventory, Error> {
    let title = "Істер тізімдемесі".to_owned();
    let opening = InventoryOpening { fonds: 123, number, kind, title, from: Some(2026), to: None };
    inventory::open(archive, &opening, ACTOR)
}

fn enter(archive: &Archive, number: u32, ids: &[RecordId]) -> Result<Vec<Unit>, Error> {
    inventory::enter(archive, (123, number), ids, ACTOR)
}

fn approve(archive: &Archive, number: u32, until: u16) -> Result<Inventory, Error> {
    let minutes_date = "2026-03-01".parse().unwrap();
    let approval = Approval { until, minutes_number: "3".into(), minutes_date };
    let scan = vec![("minutes.pdf".to_owned(), b"%PDF-1.7 made up".to_vec())];
    inventory::approve(archive, (123, number), &approval, scan, ACTOR)
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|e| e.code)
}

fn place(archive: &Archive, target: HoldTarget) -> RecordId {
    let placing = Placing {
        owner: "Прокуратура".into(),
        reason: "Тергеу жүріп жатыр".into(),
        basis: "№ 5 сұрау".into(),
        review: None,
        query: None,
    };
    holds::place(archive, &placing, &[target], ACTOR).unwrap().0
}

/// Everything that the index has of files, fonds, inventories and papers.
type Picture = (
    BTreeMap<RecordId, (FileRow, Vec<u32>)>,
    Vec<(RecordId, FondsRow)>,
    Vec<(RecordId, InventoryRow, Vec<(u32, UnitRow)>)>,
    Vec<(RecordId, Option<u32>, String)>,
);

fn picture(archive: &Archive) -> Picture {
    archive.wait_index().unwrap();
    let index = archive.index();
    let files = index.files().unwrap().into_iter().map(|(id, row)| (id, (row, Vec::new())));
    let mut files: BTreeMap<_, _> = files.collect();
    for (id, (_, records)) in &mut files {
        *records = index.filed(*id).unwrap();
    }
    let inventories = index.inventories().unwrap().into_iter();
    let inventories = inventories.map(|(id, row)| (id, row, index.units(id).unwrap())).collect();
    let numbers = 0..archive.index_meta().records;
    let papers = numbers.filter_map(|n| index.record(n).unwrap());
    let papers = papers.map(|row| (row.id(), row.number_in_file, format!("{:?}", row.papers))).collect();
    (files, index.fonds().unwrap(), inventories, papers)
}

fn entries(archive: &Archive) -> Vec<Leaf> {
    let log = archive.log().unwrap();
    (0..log.size()).map(|n| Leaf::decode(n, &log.entry(n).unwrap()).unwrap()).collect()
}

#[test]
fn a_fonds_has_a_number_of_its_own_and_goes_on_with_its_successors() {
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    assert_eq!(code(open_fonds(&archive, 0)), Some(ErrorCode::FilText));
    let opened = open_fonds(&archive, 123).unwrap();
    assert_eq!(code(open_fonds(&archive, 123)), Some(ErrorCode::FilNumberTaken));
    open_fonds(&archive, 7).unwrap();
    assert_eq!(fonds::list(&archive).unwrap().iter().map(|f| f.row.number).collect::<Vec<_>>(), [7, 123]);
    let succeed = |number, day: &str, agency: Option<&str>| {
        let (date, agency) = (day.parse().unwrap(), agency.map(str::to_owned));
        let succession = Succession { date, name: "Үлгі басқармасы".into(), agency };
        fonds::succeed(&archive, number, &succession, ACTOR)
    };
    assert_eq!(code(succeed(8, "2026-01-01", None)), Some(ErrorCode::FilNoInventory));
    assert_eq!(code(succeed(123, "2026-03-06", None)), Some(ErrorCode::FilDay), "tomorrow");
    succeed(123, "2026-02-01", None).unwrap();
    assert_eq!(code(succeed(123, "2026-01-31", None)), Some(ErrorCode::FilDay), "before the last one");
    let later = succeed(123, "2026-02-01", Some("TEST-09")).unwrap();
    assert_eq!((later.id, later.row.successors.len()), (opened.id, 2));
    assert!(later.row.is_of(AGENCY) && later.row.is_of("TEST-09") && !later.row.is_of("TEST-02"));
    let seen = picture(&archive);
    archive.close().unwrap();
    assert_eq!(picture(&bed.without_index().open().unwrap()), seen);
    assert!(bed.audit().is_clean());
}

#[test]
fn files_get_the_next_numbers_of_one_inventory_and_are_found_by_citation() {
    let load = load(4);
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    with_list(&archive);
    assert_eq!(code(open_inventory(&archive, 4, InventoryKind::Permanent)), Some(ErrorCode::FilNoInventory));
    open_fonds(&archive, 123).unwrap();
    open_inventory(&archive, 4, InventoryKind::Permanent).unwrap();
    assert_eq!(code(open_inventory(&archive, 4, InventoryKind::LongTerm)), Some(ErrorCode::FilNumberTaken));
    open_inventory(&archive, 5, InventoryKind::LongTerm).unwrap();
    open_inventory(&archive, 6, InventoryKind::Personnel).unwrap();

    let one = closed(&archive, &asked("01-01", PERMANENT), &records[..2]);
    let attributes = BTreeMap::from([("title_names_person".to_owned(), "yes".to_owned())]);
    let other = closed(&archive, &Asked { attributes, ..asked("01-02", PERMANENT) }, &records[2..3]);
    let fifteen = closed(&archive, &asked("01-03", FIFTEEN), &records[3..]);
    let open = files::open(&archive, &asked("01-04", PERMANENT), ACTOR).unwrap().id;
    let empty = closed(&archive, &asked("01-05", PERMANENT), &[]);
    // None is entered when one of them cannot be.
    for (ids, wanted) in [
        (vec![one, open], ErrorCode::FilOpen),
        (vec![one, empty], ErrorCode::FilNotOfInventory),
        (vec![one, fifteen], ErrorCode::FilNotOfInventory),
        (vec![one, RecordId([1; 16])], ErrorCode::FilUnknown),
        (vec![], ErrorCode::FilText),
    ] {
        assert_eq!(code(enter(&archive, 4, &ids)), Some(wanted));
    }
    assert_eq!(code(enter(&archive, 9, &[one])), Some(ErrorCode::FilNoInventory));
    assert!(files::find(&archive, one).unwrap().row.listed.is_none());

    let units = enter(&archive, 4, &[one, one]).unwrap();
    assert_eq!((units.len(), units[0].number, units[0].documents), (1, 1, 2));
    assert_eq!(units[0].title.as_deref(), Some("Хат алмасу"));
    assert_eq!(code(enter(&archive, 4, &[one])), Some(ErrorCode::FilListed));
    assert_eq!(code(enter(&archive, 6, &[one])), Some(ErrorCode::FilListed), "in one inventory at most");
    let units = enter(&archive, 4, &[other]).unwrap();
    assert_eq!((units[0].number, &units[0].title), (2, &None), "the title names a person");
    // A person says that it is about the staff; then its title may name a person.
    let personal = enter(&archive, 6, &[fifteen]).unwrap();
    assert_eq!((personal[0].number, &personal[0].title), (1, &None));
    assert_eq!(code(files::reopen(&archive, one, "Құжат келді", ACTOR)), Some(ErrorCode::FilListed));

    for text in ["Қ.123 Т.4 І.1", "ф.123 оп.4 д.1", "F.123 I.4 U.1"] {
        let cited = cite::find(&archive, &text.parse().unwrap()).unwrap();
        assert_eq!((cited.file.id, cited.record), (one, None), "{text}");
    }
    let cited = cite::find(&archive, &"Қ.123 Т.4 І.1 Құ.2".parse().unwrap()).unwrap();
    let row = cited.record.unwrap();
    assert_eq!(row.id(), records[1]);
    assert_eq!(cite::of(&cited.file, &row).unwrap().to_string(), "Қ.123 Т.4 І.1 Құ.2");
    for text in ["Қ.123 Т.4 І.3", "Қ.123 Т.9 І.1", "Қ.124 Т.4 І.1", "Қ.123 Т.4 І.1 Құ.3"] {
        let citation: Citation = text.parse().unwrap();
        assert_eq!(code(cite::find(&archive, &citation)), Some(ErrorCode::FilNoInventory), "{text}");
    }
    // What the log says without a key: which file stands in which inventory, and in what order.
    let listed = entries(&archive).into_iter().filter(|leaf| leaf.act == ActKind::FileInventoried);
    assert_eq!(listed.filter_map(|leaf| leaf.rec).collect::<Vec<_>>(), [one, other, fifteen]);
    let seen = picture(&archive);
    archive.close().unwrap();
    assert_eq!(picture(&bed.without_index().open().unwrap()), seen);
    assert!(bed.audit().is_clean());
}

#[test]
fn an_approved_inventory_takes_no_more_files_of_those_years_and_disposal_is_told_what_is_missing() {
    let load = load(5);
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    with_list(&archive);
    open_fonds(&archive, 123).unwrap();
    for (number, kind) in (4..).zip(InventoryKind::ALL) {
        open_inventory(&archive, number, *kind).unwrap();
    }
    let one = closed(&archive, &asked("01-01", PERMANENT), &records[..1]);
    let late = closed(&archive, &asked("01-02", PERMANENT), &records[1..2]);
    let fifteen = closed(&archive, &asked("01-03", FIFTEEN), &records[2..3]);
    closed(&archive, &asked("01-04", FIVE), &records[3..4]);
    let attributes = BTreeMap::from([("personnel".to_owned(), "yes".to_owned())]);
    let staff = closed(&archive, &Asked { attributes, ..asked("01-05", FIVE) }, &records[4..]);
    let basis = Basis::read(&archive).unwrap();
    let today = "2026-03-05".parse().unwrap();
    let kind = |id| kind_of(&basis.judge(), &files::find(&archive, id).unwrap(), today);
    assert_eq!(
        [kind(one), kind(fifteen), kind(staff)],
        [InventoryKind::Permanent, InventoryKind::LongTerm, InventoryKind::Personnel].map(Some)
    );
    assert_eq!(code(enter(&archive, 4, &[staff])), Some(ErrorCode::FilNotOfInventory), "its attribute says otherwise");
    enter(&archive, 4, &[one]).unwrap();
    enter(&archive, 5, &[staff]).unwrap();
    assert_eq!(code(approve(&archive, 4, 2026)), Some(ErrorCode::FilDay), "the year is not over");
    approve(&archive, 4, 2025).unwrap();
    assert_eq!(code(approve(&archive, 4, 2025)), Some(ErrorCode::FilApproved));
    archive.close().unwrap();

    let archive = bed.open_at(NOW + YEAR_MS).unwrap();
    let told = |archive: &Archive, year| {
        let told = inventories_approved(archive, AGENCY, year).unwrap();
        let missing: Vec<(RecordId, InventoryKind)> =
            told.unlisted.iter().map(|(file, kind)| (file.id, *kind)).collect();
        (told.kinds.into_iter().collect::<Vec<_>>(), missing)
    };
    let missing = vec![(late, InventoryKind::Permanent), (fifteen, InventoryKind::LongTerm)];
    assert_eq!(told(&archive, 2026), (vec![], missing.clone()));
    assert_eq!(told(&archive, 2025), (vec![InventoryKind::Permanent], vec![]), "nothing was closed by then");
    approve(&archive, 4, 2026).unwrap();
    assert_eq!(told(&archive, 2026), (vec![InventoryKind::Permanent], missing));
    assert_eq!(code(enter(&archive, 4, &[late])), Some(ErrorCode::FilApproved));
    // A forgotten file goes into another inventory, and until that is approved the kind is not.
    open_inventory(&archive, 7, InventoryKind::Permanent).unwrap();
    enter(&archive, 7, &[late]).unwrap();
    enter(&archive, 6, &[fifteen]).unwrap();
    assert_eq!(told(&archive, 2026), (vec![], vec![]));
    for number in [5, 6, 7] {
        approve(&archive, number, 2026).unwrap();
    }
    assert!(inventories_approved(&archive, AGENCY, 2026).unwrap().is_whole());
    assert_eq!(told(&archive, 2027).0, []);
    assert_eq!(inventories_approved(&archive, "TEST-02", 2026).unwrap().kinds.len(), 0);
    let bad = |attached: &[(String, Vec<u8>)], day: &str| {
        let approval = Approval { until: 2026, minutes_number: "3".into(), minutes_date: day.parse().unwrap() };
        open_inventory(&archive, 90, InventoryKind::LongTerm).or_else(|_| inventory::find(&archive, 123, 90)).unwrap();
        code(inventory::approve(&archive, (123, 90), &approval, attached.to_vec(), ACTOR))
    };
    let scan = ("minutes.pdf".to_owned(), vec![1]);
    assert_eq!(bad(&[], "2026-03-01"), Some(ErrorCode::FilText), "nothing is attached");
    assert_eq!(bad(&[scan.clone(), scan.clone()], "2026-03-01"), Some(ErrorCode::FilText));
    assert_eq!(bad(&[("x".into(), vec![])], "2026-03-01"), Some(ErrorCode::FilText));
    assert_eq!(bad(&[scan], "2027-03-06"), Some(ErrorCode::FilDay), "tomorrow");
    let seen = picture(&archive);
    archive.close().unwrap();
    assert_eq!(picture(&bed.without_index().open().unwrap()), seen);
    assert!(bed.audit().is_clean());
}

#[test]
fn a_number_whose_document_is_damaged_is_not_given_again() {
    let load = load(2);
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    with_list(&archive);
    open_fonds(&archive, 123).unwrap();
    open_inventory(&archive, 4, InventoryKind::Permanent).unwrap();
    let one = closed(&archive, &asked("01-01", PERMANENT), &records[..1]);
    let other = closed(&archive, &asked("01-02", PERMANENT), &records[1..]);
    enter(&archive, 4, &[one]).unwrap();
    let entry = entries(&archive).iter().rposition(|leaf| leaf.act == ActKind::InventoryEntered).unwrap() as u64;
    let place = archive.index().act(entry).unwrap().unwrap().document.frames[0];
    archive.close().unwrap();
    let bed = bed.without_index();
    let offset = usize::try_from(place.offset).unwrap() + 100;
    bed.disk.corrupt(&muragat::store::format::segment_name(place.segment), offset, 1);
    let archive = bed.open().unwrap();
    for refused in [
        code(enter(&archive, 4, &[other])),
        code(open_fonds(&archive, 9)),
        code(open_inventory(&archive, 9, InventoryKind::Permanent)),
        code(inventories_approved(&archive, AGENCY, 2026)),
    ] {
        assert_eq!(refused, Some(ErrorCode::StoChanged));
    }
}

#[test]
fn a_paper_is_noted_with_its_record_and_goes_with_it() {
    let load = load(2);
    let mut bed = Bed::new(&FaultPlan::count_only());
    bed.config.retention.paper_original_over_years = Some(10);
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    let shelf = |place: &str| Whereabouts { place: place.into(), custodian: "архивші".into() };
    let note = |record, kind, sheets| paper::note(&archive, record, (kind, sheets), shelf("1-сөре"), ACTOR);
    let relocate =
        |record, number, reason: &str| paper::relocate(&archive, record, number, (shelf("2-сөре"), reason), ACTOR);
    // N 430 cl. 10: no paper without its record.
    assert_eq!(code(note(RecordId([1; 16]), PaperKind::Original, 1)), Some(ErrorCode::ArcNoRecord));
    assert_eq!(code(relocate(records[0], None, "x")), Some(ErrorCode::FilNoPaper));
    assert_eq!(code(note(records[0], PaperKind::Original, 0)), Some(ErrorCode::FilText));
    note(records[0], PaperKind::Original, 5).unwrap();
    assert_eq!(code(note(records[0], PaperKind::Original, 5)), Some(ErrorCode::FilPaperExists));
    assert_eq!(relocate(records[0], None, "Жөндеу").unwrap()[0].places.len(), 2);
    note(records[0], PaperKind::Copy, 5).unwrap();
    assert_eq!(code(relocate(records[0], None, "x")), Some(ErrorCode::FilText), "which of two?");
    assert_eq!(code(relocate(records[0], Some(3), "x")), Some(ErrorCode::FilNoPaper));
    assert_eq!(code(relocate(records[0], Some(2), " ")), Some(ErrorCode::FilText));
    let papers = relocate(records[0], Some(2), "Берілді").unwrap();
    assert_eq!((papers[1].kind(), papers[1].place().reason.as_deref()), (PaperKind::Copy, Some("Берілді")));
    assert_eq!(paper::list(&archive).unwrap().len(), 1);

    // Asked for over 10 years, by the configuration.
    with_list(&archive);
    let today = "2026-03-05".parse().unwrap();
    let basis = Basis::read(&archive).unwrap();
    let file = closed(&archive, &asked("01-01", FIFTEEN), &records);
    let needs = |id| {
        let file: File = files::find(&archive, id).unwrap();
        paper::is_original_required(&archive, &basis.judge(), &file, today)
    };
    assert!(needs(file));
    assert_eq!(paper::without_original(&archive, file).unwrap(), records[1..]);
    assert!(!needs(files::open(&archive, &asked("01-02", FIVE), ACTOR).unwrap().id));
    assert!(needs(files::open(&archive, &asked("01-03", PERMANENT), ACTOR).unwrap().id));
    let seen = picture(&archive);
    archive.close().unwrap();
    assert_eq!(picture(&bed.without_index().open().unwrap()), seen);
    bed.config.retention.paper_original_over_years = None;
    let archive = bed.open().unwrap();
    let (basis, found) = (Basis::read(&archive).unwrap(), files::find(&archive, file).unwrap());
    assert!(!paper::is_original_required(&archive, &basis.judge(), &found, today), "nobody asked for it");

    spill(&archive, records[0], ACTOR).unwrap();
    assert!(paper::list(&archive).unwrap().is_empty());
    assert_eq!(code(paper::note(&archive, records[0], (PaperKind::Copy, 1), shelf("1"), ACTOR)), {
        Some(ErrorCode::ArcNoRecord)
    });
    let seen = picture(&archive);
    archive.close().unwrap();
    assert_eq!(picture(&bed.without_index().open().unwrap()), seen);
}

#[test]
fn a_split_goes_on_from_the_whole_and_brings_no_day_nearer() {
    let load = load(4);
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    with_list(&archive);
    let attributes = BTreeMap::from([("concerns".to_owned(), "others".to_owned())]);
    let file = files::open(&archive, &Asked { attributes, ..asked("01-01", FIFTEEN) }, ACTOR).unwrap().id;
    let split_off = |ids: &[RecordId], reason: &str| split(&archive, file, ids, reason, ACTOR);
    assert_eq!(code(split_off(&records[..1], "x")), Some(ErrorCode::FilElsewhere), "it is in no file");
    files::enter(&archive, file, &records, None, ACTOR).unwrap();
    files::event(&archive, file, "audit_done", "2026-01-01".parse().unwrap(), None, ACTOR).unwrap();
    assert_eq!(code(split_off(&records, "x")), Some(ErrorCode::FilText), "some stay");
    assert_eq!(code(split_off(&[], "x")), Some(ErrorCode::FilText));
    assert_eq!(code(split_off(&records[..1], " ")), Some(ErrorCode::FilText));
    let hold = place(&archive, HoldTarget::Record(records[3].0));
    assert_eq!(code(split_off(&records[..1], "x")), Some(ErrorCode::HldHeld), "the hold keeps the whole file");
    holds::lift(&archive, hold, "Аяқталды", ACTOR).unwrap();

    let part = split_off(&[records[0], records[2], records[0]], "Көлемі үлкен").unwrap();
    let whole = files::find(&archive, file).unwrap();
    assert_eq!((part.row.volume, part.row.documents, whole.row.documents), (2, 2, 2));
    assert_eq!(part.row.part_of, Some(file.0));
    assert_eq!((&part.row.title, part.row.item()), (&whole.row.title, whole.row.item()));
    assert_eq!(part.row.state().attributes, whole.row.state().attributes);
    assert_eq!(part.row.state().events, whole.row.state().events);
    assert_eq!((part.row.oldest, part.row.newest), (whole.row.oldest, whole.row.newest));
    assert_eq!(date(part.row.newest.unwrap()).unwrap().to_string(), "2026-03-05");
    // Numbers of each volume begin with 1; those that are gone are not given again.
    let numbers = |id| cite::records(&archive, id).unwrap().iter().map(|r| r.number_in_file).collect::<Vec<_>>();
    assert_eq!((numbers(part.id), numbers(file)), (vec![Some(1), Some(2)], vec![Some(2), Some(4)]));
    files::enter(&archive, file, &records[..1], Some("Қате"), ACTOR).unwrap();
    assert_eq!(numbers(file), [Some(2), Some(4), Some(5)]);

    // An earlier item keeps for ever: the new volume would begin without it.
    let forever = files::open(&archive, &asked("01-02", PERMANENT), ACTOR).unwrap().id;
    files::enter(&archive, forever, &records[1..], Some("Өз ісіне"), ACTOR).unwrap();
    let item = FIVE.parse().ok();
    files::reclassify(&archive, forever, item, BTreeMap::new(), "Қате тармақ", ACTOR).unwrap();
    assert_eq!(code(split(&archive, forever, &records[1..2], "x", ACTOR)), Some(ErrorCode::FilSooner));
    // Nor from a file that was ever closed.
    files::close(&archive, part.id, "2026-03-05".parse().unwrap(), ACTOR).unwrap();
    assert_eq!(code(split(&archive, part.id, &records[..1], "x", ACTOR)), Some(ErrorCode::FilClosed));
    let seen = picture(&archive);
    let decided = why(&archive, records[0], "2050-01-01".parse().unwrap()).unwrap().1;
    archive.close().unwrap();
    let again = bed.without_index().open().unwrap();
    assert_eq!(picture(&again), seen);
    assert_eq!(why(&again, records[0], "2050-01-01".parse().unwrap()).unwrap().1, decided);
    assert!(bed.audit().is_clean());
}

#[test]
fn a_file_belongs_where_its_longest_term_says_and_nowhere_while_that_is_not_known() {
    let load = load(4);
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    with_list(&archive);
    let again = |id, item: &str| {
        files::reclassify(&archive, id, item.parse().ok(), BTreeMap::new(), "Қате тармақ", ACTOR).unwrap();
    };
    let was_closed = closed(&archive, &asked("01-01", FIFTEEN), &records[..1]);
    again(was_closed, FIVE);
    let was_open = files::open(&archive, &asked("01-02", FIFTEEN), ACTOR).unwrap().id;
    again(was_open, FIVE);
    let was_forever = files::open(&archive, &asked("01-03", PERMANENT), ACTOR).unwrap().id;
    again(was_forever, FIVE);
    let unknown = closed(&archive, &asked("01-04", "KZ-SAMPLE/none"), &records[1..2]);
    let ten = closed(&archive, &asked("01-05", FIVE), &records[2..3]);
    let basis = Basis::read(&archive).unwrap();
    let today = "2026-03-05".parse().unwrap();
    let kind = |id| kind_of(&basis.judge(), &files::find(&archive, id).unwrap(), today);
    // As with the day: what was said of a file goes on.
    assert_eq!(kind(was_closed), Some(InventoryKind::LongTerm));
    assert_eq!(kind(was_open), Some(InventoryKind::LongTerm));
    assert_eq!(kind(was_forever), Some(InventoryKind::Permanent), "for ever stays so");
    assert_eq!([kind(unknown), kind(ten)], [None, None]);
}

#[test]
fn what_was_closed_once_is_not_split() {
    let load = load(2);
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    let file = closed(&archive, &asked("01-01", FIVE), &records);
    files::reopen(&archive, file, "Құжат келді", ACTOR).unwrap();
    assert_eq!(code(split(&archive, file, &records[..1], "x", ACTOR)), Some(ErrorCode::FilSooner));
}

/// What the outside was told of a split: the file, the records, the new volume.
#[derive(Default)]
struct Told {
    records: Vec<RecordId>,
    file: Option<RecordId>,
    part: Option<RecordId>,
}

fn run(bed: &Bed, load: &Load, told: &mut Told) -> Result<(), Error> {
    let archive = bed.open()?;
    archive.tune(20_000, 4);
    told.records = records(&archive, load)?;
    let file = files::open(&archive, &asked("01-01", FIVE), ACTOR)?.id;
    files::enter(&archive, file, &told.records, None, ACTOR)?;
    told.file = Some(file);
    told.part = Some(split(&archive, file, &told.records[..2], "Көлемі үлкен", ACTOR)?.id);
    archive.close()
}

fn check(bed: &Bed, told: &Told, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    let seen = picture(&archive);
    if let Some(file) = told.file {
        let of = |record: &RecordId| archive.index().record_by_id(*record).unwrap().unwrap().filed.map(RecordId);
        let places: Vec<Option<RecordId>> = told.records.iter().map(of).collect();
        let parts: Vec<RecordId> =
            seen.0.iter().filter(|(_, (row, _))| row.part_of.is_some()).map(|(id, _)| *id).collect();
        match parts.as_slice() {
            [] => assert_eq!((told.part, places), (None, vec![Some(file); 3]), "{at}"),
            [part] => assert_eq!(places, [Some(*part), Some(*part), Some(file)], "{at}"),
            _ => panic!("{at}: {parts:?}"),
        }
    }
    archive.close().unwrap();
    assert!(picture(&bed.without_index().open().unwrap()) == seen, "{at}: a new index says something else");
}

#[test]
fn a_split_is_whole_or_not_begun_after_every_failure() {
    let load = load(3);
    let count = FaultPlan::count_only();
    let bed = Bed::new(&count);
    let mut told = Told::default();
    run(&bed, &load, &mut told).unwrap();
    assert!(told.part.is_some());
    check(&bed.killed(), &told, "no failure");
    let operations = count.operations();
    assert!(operations > 40, "{operations} operations");
    for operation in 0..operations {
        let failure = Failure::ALL[usize::try_from(operation).unwrap() % Failure::ALL.len()];
        let plan = FaultPlan::fail_at(operation, failure);
        let bed = Bed::new(&plan);
        let mut told = Told::default();
        let _ = run(&bed, &load, &mut told);
        check(&bed.killed(), &told, &format!("killed after {operation}"));
        check(&bed.power_cut(operation), &told, &format!("power cut after {operation}"));
    }
}
