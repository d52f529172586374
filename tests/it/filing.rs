//! Files and holds: every act whole or not begun, nothing lost in a rebuild, nothing in the wrong place.
//!
//! Goal: after any failure a hold keeps all that it names or is not there, records are in one file each, and an index
//! that is built again says the same. Method: one workload is run to count its operations on the media, then once for
//! every operation; and single acts are tried where they must be refused.

use super::bed::{Bed, accepted, content_of, cover, submission, take_in};
use muragat::archive::Archive;
use muragat::error::{Error, ErrorCode};
use muragat::filing::due::why;
use muragat::filing::facts::Holds;
use muragat::filing::files::{self, Asked, Entered};
use muragat::filing::holds::{self, Placing};
use muragat::index::filing::{FileRow, HoldRow, HoldTarget};
use muragat::ingest::spill::unsigned as spill;
use muragat::model::case_file::ListItem;
use muragat::model::id::RecordId;
use muragat::testing::{Failure, FaultPlan};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

struct Load {
    _dir: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

fn load() -> Load {
    let dir = tempfile::tempdir().unwrap();
    let paths = (0..3).map(|n| submission(dir.path(), n, &[("main.docx", cover())], "public").0).collect();
    Load { _dir: dir, paths }
}

fn asked(index: &str) -> Asked {
    Asked {
        agency: "TEST-01".into(),
        index: index.into(),
        year: 2026,
        volume: None,
        title: Some("Хат алмасу".into()),
        item: "kz-sample/1".parse::<ListItem>().ok(),
        attributes: BTreeMap::new(),
    }
}

fn placing() -> Placing {
    Placing {
        owner: "Прокуратура".into(),
        reason: "Тергеу жүріп жатыр".into(),
        basis: "№ 5 сұрау".into(),
        review: None,
        query: None,
    }
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

/// What the outside was told.
#[derive(Default)]
struct Told {
    entered: Option<(RecordId, Vec<RecordId>)>,
    moved: Option<(RecordId, RecordId)>,
    placed: Option<(RecordId, Vec<HoldTarget>)>,
    lifted: bool,
}

fn run(bed: &Bed, load: &Load, told: &mut Told) -> Result<(), Error> {
    let archive = bed.open()?;
    archive.tune(20_000, 4);
    let records = records(&archive, load)?;
    let one = files::open(&archive, &asked("01-01"), SYSTEM_ACTOR)?.id;
    let other = files::open(&archive, &asked("01-02"), SYSTEM_ACTOR)?.id;
    files::enter(&archive, one, &records, None, SYSTEM_ACTOR)?;
    told.entered = Some((one, records.clone()));
    files::enter(&archive, other, &records[..1], Some("Қате іс"), SYSTEM_ACTOR)?;
    told.moved = Some((other, records[0]));
    let targets = vec![HoldTarget::Record(records[1].0), HoldTarget::Record(records[2].0), HoldTarget::File(other.0)];
    let (hold, _) = holds::place(&archive, &placing(), &targets, SYSTEM_ACTOR)?;
    told.placed = Some((hold, targets));
    holds::lift(&archive, hold, "Тергеу аяқталды", SYSTEM_ACTOR)?;
    told.lifted = true;
    archive.close()
}

/// Files, their records, and holds, as an index has them.
type Picture = (BTreeMap<RecordId, (FileRow, Vec<u32>)>, Vec<(RecordId, HoldRow)>, Vec<(RecordId, RecordId)>);

fn picture(archive: &Archive) -> Picture {
    archive.wait_index().unwrap();
    let index = archive.index();
    let files = index.files().unwrap().into_iter().map(|(id, row)| (id, (row, Vec::new())));
    let mut files: BTreeMap<_, _> = files.collect();
    for (id, (_, records)) in &mut files {
        *records = index.filed(*id).unwrap();
    }
    // A volume is found by its index and year.
    let mut volumes = BTreeMap::new();
    for (row, _) in files.values() {
        let of = (row.agency.clone(), row.index.clone(), row.year);
        volumes.entry(of).or_insert_with(Vec::new).push(row.volume);
    }
    for ((agency, of, year), mut volumes) in volumes {
        volumes.sort_unstable();
        assert_eq!(index.volumes(&agency, &of, year).unwrap(), volumes, "{agency} {of} {year}");
    }
    // The file of a record stands in two rows, and its id beside its number in a third.
    for number in 0..archive.index_meta().records {
        let Some(row) = index.record(number).unwrap() else { continue };
        let filed = row.filed.map(RecordId);
        assert_eq!(index.file_of(row.id()).unwrap(), Some(filed), "record {number}");
        if let Some(file) = filed {
            assert!(index.filed_ids(file).unwrap().contains(&(number, row.id())), "record {number}");
        }
    }
    (files, index.holds().unwrap(), index.held().unwrap())
}

fn entries(archive: &Archive) -> Vec<Leaf> {
    let log = archive.log().unwrap();
    (0..log.size()).map(|n| Leaf::decode(n, &log.entry(n).unwrap()).unwrap()).collect()
}

/// The file of a record, when it is in one.
fn file_of(archive: &Archive, record: RecordId) -> Option<RecordId> {
    let (file, _) = why(archive, record, "2026-03-05".parse().unwrap()).unwrap();
    file.map(|file| file.id)
}

fn check(bed: &Bed, told: &Told, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    let seen = picture(&archive);
    let (files, holds, held) = &seen;
    let file_of = |record| file_of(&archive, record);
    if let Some((file, records)) = &told.entered {
        for record in records {
            let moved = told.moved.is_some_and(|(_, moved)| moved == *record);
            let is_there = file_of(*record) == Some(*file) || moved || *record == records[0];
            assert!(is_there, "{at}: {record} is not in its file");
        }
    }
    if let Some((file, record)) = told.moved {
        assert_eq!(file_of(record), Some(file), "{at}");
    }
    // All records of one act are in the file, or none is; and counts are those of the rows.
    for (id, (row, records)) in files {
        assert_eq!(row.documents as usize, records.len(), "{at}: {id}");
    }
    let filed: usize = files.values().map(|(_, records)| records.len()).sum();
    assert!(filed == 0 || filed == 3, "{at}: {filed} records are filed");
    // A hold says of all its targets in the journal what it does, and keeps all of them until it is lifted.
    let entries = entries(&archive);
    let named = |act: ActKind, hold: RecordId| -> BTreeSet<RecordId> {
        entries.iter().filter(|e| e.act == act && e.of == Some(hold)).filter_map(|e| e.rec).collect()
    };
    assert!(told.placed.is_none() || holds.len() == 1, "{at}: the hold is lost");
    for (id, hold) in holds {
        let targets: BTreeSet<RecordId> = hold.targets.iter().map(|target| target.id()).collect();
        assert_eq!(targets.len(), 3, "{at}");
        assert_eq!(named(ActKind::HoldCovers, *id), targets, "{at}");
        let none = BTreeSet::new();
        let (kept, freed) = if hold.lifted.is_some() { (&none, &targets) } else { (&targets, &none) };
        assert_eq!(held.iter().map(|(target, _)| *target).collect::<BTreeSet<_>>(), *kept, "{at}");
        assert_eq!(named(ActKind::HoldUncovers, *id), *freed, "{at}");
        assert!(!told.lifted || hold.lifted.is_some(), "{at}: the lifting is lost");
    }
    archive.close().unwrap();
    assert!(picture(&bed.without_index().open().unwrap()) == seen, "{at}: a new index says something else");
}

#[test]
fn acts_of_files_and_holds_are_whole_after_every_failure() {
    let load = load();
    let count = FaultPlan::count_only();
    let bed = Bed::new(&count);
    let mut told = Told::default();
    run(&bed, &load, &mut told).unwrap();
    check(&bed.killed(), &told, "no failure");
    let operations = count.operations();
    assert!(operations > 60, "{operations} operations");
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

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|e| e.code)
}

#[test]
fn records_are_put_into_open_files_of_their_agency_only() {
    let load = load();
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    let actor = SYSTEM_ACTOR;
    let enter = |file, which: &[RecordId], reason| files::enter(&archive, file, which, reason, actor);
    let file = files::open(&archive, &asked("01-01"), actor).unwrap();
    assert_eq!((file.row.volume, file.row.documents), (1, 0));
    assert_eq!(files::open(&archive, &asked("01-01"), actor).unwrap().row.volume, 2);
    let again = Asked { volume: Some(1), ..asked("01-01") };
    assert_eq!(code(files::open(&archive, &again, actor)), Some(ErrorCode::FilExists));
    let untitled = Asked { title: None, ..asked("01-09") };
    assert_eq!(code(files::open(&archive, &untitled, actor)), Some(ErrorCode::FilNotInNomenclature));
    let blank = Asked { title: Some(" ".into()), ..asked("01-09") };
    assert_eq!(code(files::open(&archive, &blank, actor)), Some(ErrorCode::FilText));
    let other = files::open(&archive, &Asked { agency: "TEST-02".into(), ..asked("01-01") }, actor).unwrap();
    assert_eq!(code(enter(other.id, &records, None)), Some(ErrorCode::FilForeign));
    assert_eq!(code(enter(RecordId([1; 16]), &records, None)), Some(ErrorCode::FilUnknown));
    // One that cannot be filed: none is.
    let stranger = [records[0], RecordId([1; 16])];
    assert_eq!(code(enter(file.id, &stranger, None)), Some(ErrorCode::ArcNoRecord));
    assert_eq!(file_of(&archive, records[0]), None);

    let done = enter(file.id, &[records[0], records[0], records[1]], None).unwrap();
    assert_eq!(done, Entered { entered: vec![records[0], records[1]], held: vec![] });
    assert_eq!(enter(file.id, &records, None).unwrap().held, [records[0], records[1]]);
    let second = files::open(&archive, &asked("01-02"), actor).unwrap();
    assert_eq!(code(enter(second.id, &records[..1], None)), Some(ErrorCode::FilElsewhere));
    enter(second.id, &records[..1], Some("Қате іс")).unwrap();
    assert_eq!(files::find(&archive, file.id).unwrap().row.documents, 2);

    // Closed on a day that has come, and not before the newest document.
    let close = |day: &str| files::close(&archive, file.id, day.parse().unwrap(), actor);
    assert_eq!(code(close("2026-03-06")), Some(ErrorCode::FilDay));
    assert_eq!(code(close("2025-12-31")), Some(ErrorCode::FilDay), "before the year of the file");
    assert_eq!(code(close("2026-03-04")), Some(ErrorCode::FilDay), "the documents came on 5 March");
    close("2026-03-05").unwrap();
    assert_eq!(code(close("2026-03-05")), Some(ErrorCode::FilClosed));
    assert_eq!(code(enter(file.id, &records[..1], Some("x"))), Some(ErrorCode::FilClosed));
    assert_eq!(code(files::reopen(&archive, second.id, "x", actor)), Some(ErrorCode::FilOpen));
    files::reopen(&archive, file.id, "Құжат келді", actor).unwrap();
    enter(file.id, &records[..1], Some("Өз ісіне")).unwrap();
    assert_eq!(files::find(&archive, file.id).unwrap().row.documents, 3);
    // It was closed once, so it had a day that nobody may bring nearer by moving what is in it.
    assert_eq!(code(enter(second.id, &records[..1], Some("x"))), Some(ErrorCode::FilSooner));
}

#[test]
fn events_and_items_are_added_to_and_never_forgotten() {
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let actor = SYSTEM_ACTOR;
    let file = files::open(&archive, &asked("01-01"), actor).unwrap().id;
    let event = |name: &str, day: &str, reason| files::event(&archive, file, name, day.parse().unwrap(), reason, actor);
    assert_eq!(code(event("Replaced", "2026-01-01", None)), Some(ErrorCode::FilText));
    assert_eq!(code(event("replaced", "2026-03-06", None)), Some(ErrorCode::FilDay), "tomorrow");
    event("replaced", "2026-01-01", None).unwrap();
    let size = archive.head().size;
    event("replaced", "2026-01-01", None).unwrap();
    assert_eq!(archive.head().size, size, "the same again is no act");
    assert_eq!(code(event("replaced", "2026-01-02", None)), Some(ErrorCode::FilText), "a correction has a reason");
    event("replaced", "2026-01-02", Some("Қате күн")).unwrap();
    let again =
        |item: &str, reason| files::reclassify(&archive, file, item.parse().ok(), BTreeMap::new(), reason, actor);
    assert_eq!(code(again("", "x")), Some(ErrorCode::FilText), "nothing is changed");
    assert_eq!(code(again("kz-sample/2", " ")), Some(ErrorCode::FilText));
    again("kz-sample/2", "Тармақ қате болған").unwrap();
    let attributes = BTreeMap::from([("role".to_owned(), "head".to_owned())]);
    files::reclassify(&archive, file, None, attributes, "Лауазымы белгілі болды", actor).unwrap();
    let row = files::find(&archive, file).unwrap().row;
    assert_eq!(row.states.len(), 5, "opened, an event, its correction, another item, an attribute");
    assert_eq!(row.item().unwrap().item, "2");
    assert_eq!(row.state().attributes["role"], "head");
    assert_ne!(row.states[1].events, row.states[2].events, "what was recorded first is still there");
}

#[test]
fn a_hold_keeps_a_file_through_any_of_its_records_until_every_hold_is_lifted() {
    let load = load();
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    let actor = SYSTEM_ACTOR;
    let file = files::open(&archive, &asked("01-01"), actor).unwrap().id;
    let place = |targets: &[HoldTarget]| holds::place(&archive, &placing(), targets, actor).map(|(id, _)| id);
    assert_eq!(code(place(&[])), Some(ErrorCode::HldTargets));
    assert_eq!(code(place(&[HoldTarget::Record([1; 16])])), Some(ErrorCode::ArcNoRecord));
    assert_eq!(code(place(&[HoldTarget::File(records[0].0)])), Some(ErrorCode::FilUnknown));
    let blank = Placing { basis: String::new(), ..placing() };
    assert_eq!(code(holds::place(&archive, &blank, &[HoldTarget::File(file.0)], actor)), Some(ErrorCode::FilText));

    // Placed while the record is in no file; it keeps the file that the record is put into.
    let first = place(&[HoldTarget::Record(records[0].0)]).unwrap();
    let on_file = || Holds::read(&archive).unwrap().of(file).to_vec();
    assert!(on_file().is_empty());
    files::enter(&archive, file, &records, None, actor).unwrap();
    assert_eq!(on_file().len(), 1);
    assert_eq!((on_file()[0].id, on_file()[0].record), (first, Some(records[0])));
    let second = place(&[HoldTarget::File(file.0), HoldTarget::Record(records[0].0)]).unwrap();
    assert_eq!(on_file().len(), 3);
    holds::lift(&archive, first, "Аяқталды", actor).unwrap();
    assert_eq!(code(holds::lift(&archive, first, "Аяқталды", actor)), Some(ErrorCode::HldLifted));
    assert_eq!(code(holds::lift(&archive, RecordId([1; 16]), "x", actor)), Some(ErrorCode::HldUnknown));
    assert_eq!(on_file().len(), 2);
    // Nothing leaves a file that is held, and neither goes by the one command that erases: the record that is named, or
    // one whose file is.
    let other = files::open(&archive, &asked("01-02"), actor).unwrap().id;
    let take_out = || files::enter(&archive, other, &records[..1], Some("Қате іс"), actor);
    assert_eq!(code(take_out()), Some(ErrorCode::HldHeld));
    for record in &records {
        assert_eq!(code(spill(&archive, *record, actor)), Some(ErrorCode::HldHeld));
        assert!(content_of(&archive, *record).is_ok());
    }
    assert_eq!(holds::list(&archive, false).unwrap().len(), 1);
    assert_eq!(holds::list(&archive, true).unwrap().len(), 2);
    assert_eq!(holds::find(&archive, second).unwrap().placing, placing());
    holds::lift(&archive, second, "Аяқталды", actor).unwrap();
    // A hold on the record goes with it.
    let third = place(&[HoldTarget::Record(records[0].0)]).unwrap();
    take_out().unwrap();
    let held = Holds::read(&archive).unwrap();
    assert_eq!((held.of(file).len(), held.of(other).len()), (0, 1));
    holds::lift(&archive, third, "Аяқталды", actor).unwrap();
    let held = Holds::read(&archive).unwrap();
    assert!(held.of(file).is_empty() && held.of(other).is_empty());
    spill(&archive, records[1], actor).unwrap();
    assert!(content_of(&archive, records[1]).is_err());
}

/// Flips a bit of the act document of an entry, and opens what is left with a new index.
fn damaged(bed: &Bed, archive: Archive, act: ActKind) -> Archive {
    let entry = entries(&archive).iter().rposition(|leaf| leaf.act == act).unwrap() as u64;
    let stored = archive.index().act(entry).unwrap().unwrap().document;
    let place = stored.frames[0];
    archive.close().unwrap();
    let bed = bed.without_index();
    let offset = usize::try_from(place.offset).unwrap() + 100;
    bed.disk.corrupt(&muragat::store::format::segment_name(place.segment), offset, 1);
    bed.open().unwrap()
}

#[test]
fn a_damaged_document_frees_nothing_and_nothing_is_said_to_be_due() {
    let load = load();
    for act in [ActKind::HoldPlaced, ActKind::HoldLifted, ActKind::FileOpened, ActKind::FileReopened] {
        let bed = Bed::new(&FaultPlan::count_only());
        let archive = bed.open().unwrap();
        let records = records(&archive, &load).unwrap();
        let (actor, today) = (SYSTEM_ACTOR, "2026-03-05".parse().unwrap());
        let file = files::open(&archive, &asked("01-01"), actor).unwrap().id;
        files::enter(&archive, file, &records, None, actor).unwrap();
        files::close(&archive, file, today, actor).unwrap();
        files::reopen(&archive, file, "Құжат келді", actor).unwrap();
        files::close(&archive, file, today, actor).unwrap();
        let place = || holds::place(&archive, &placing(), &[HoldTarget::Record(records[0].0)], actor).unwrap().0;
        let (lifted, hold) = (place(), place());
        holds::lift(&archive, lifted, "Аяқталды", actor).unwrap();
        assert!(why(&archive, records[0], today).is_ok());
        let archive = damaged(&bed, archive, act);
        assert_eq!(archive.index().holds_on(records[0]).unwrap(), [hold], "{act:?}");
        assert_eq!(code(why(&archive, records[0], today)), Some(ErrorCode::StoChanged), "{act:?}");
        assert_eq!(code(spill(&archive, records[0], actor)), Some(ErrorCode::HldHeld), "{act:?}");
    }
}

#[test]
fn a_record_that_is_gone_never_brings_its_file_nearer() {
    let load = load();
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let records = records(&archive, &load).unwrap();
    let file = files::open(&archive, &asked("01-01"), SYSTEM_ACTOR).unwrap().id;
    files::enter(&archive, file, &records, None, SYSTEM_ACTOR).unwrap();
    spill(&archive, records[0], SYSTEM_ACTOR).unwrap();
    let seen = |archive: &Archive| {
        let row = files::find(archive, file).unwrap().row;
        (row.has_undated, row.documents)
    };
    assert_eq!(seen(&archive), (true, 2));
    archive.close().unwrap();
    assert_eq!(seen(&bed.without_index().open().unwrap()), (true, 2));
}
