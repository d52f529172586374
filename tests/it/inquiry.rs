//! What an authority asks for is found, kept, logged and answered, and nobody else learns of it.
//!
//! Goal: what an inquiry found cannot be destroyed until it is closed; searches and readings are in the journal before
//! anything is seen; an answer says exactly up to where was searched, and is the officer's word byte for byte; nothing of
//! an inquiry stands anywhere in clear or in the answer of another. Method: real signatures and a real destruction on an
//! archive with a clock that is moved, and one workload on media of which every operation fails once.

use super::bed::{Bed, accepted, cover, submission, take_in};
use super::disposal::{Due, Hunt};
use super::signed::DAY_MS;
use muragat::archive::Archive;
use muragat::cli::samples::signer::Signer;
use muragat::disposition::certificate;
use muragat::disposition::destroy::{Executed, Why};
use muragat::error::{Error, ErrorCode};
use muragat::filing::holds;
use muragat::index::filing::{HoldRow, HoldTarget};
use muragat::index::inquiry::InquiryRow;
use muragat::ingest::spill::unsigned as spill;
use muragat::inquiry::answer::{self, Signed};
use muragat::inquiry::desk::{self, Closing, Opening};
use muragat::inquiry::register::register;
use muragat::inquiry::search::{Within, search, search_within};
use muragat::model::id::{ActorId, RecordId};
use muragat::model::submission::AccessCategory;
use muragat::testing::{Failure, FaultPlan};
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use muragat::tlog::tree::root_at;
use muragat::verify::material::Material;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn opening(of: &str) -> Opening {
    Opening {
        agency: String::new(),
        authority: format!("{of} соты"),
        case: format!("№ 7 іс, {of}"),
        basis: format!("АПК 1-бап, {of}"),
        requester: format!("Судья {of}"),
        due: "2028-02-01".parse().unwrap(),
    }
}

fn open(archive: &Archive, of: &str) -> RecordId {
    desk::open(archive, opening(of), None, SYSTEM_ACTOR).unwrap().0
}

fn without_answer() -> Closing {
    Closing {
        outcome: "Кері қайтарылды".into(), without_answer: Some("Сұрау кері алынды".into())
    }
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|e| e.code)
}

fn entries(archive: &Archive) -> Vec<Leaf> {
    let log = archive.log().unwrap();
    (0..log.size()).map(|n| Leaf::decode(n, &log.entry(n).unwrap()).unwrap()).collect()
}

/// The signature of somebody over the answer as it is now, two seconds later.
fn signature(due: &Due, archive: &Archive, inquiry: RecordId, who: &Signer) -> Vec<u8> {
    due.bench.later(2_000);
    due.signed(who, &answer::prepare(archive, inquiry).unwrap().bytes)
}

fn take(archive: &Archive, inquiry: RecordId, signature: &[u8]) -> Signed {
    answer::sign(archive, inquiry, &[signature.to_vec()], &Material::default(), SYSTEM_ACTOR).unwrap()
}

fn refused(signed: Signed, what: &str) {
    let Signed::Refused(reasons) = signed else { panic!("taken: {what}") };
    assert!(reasons.iter().all(|reason| reason.code == ErrorCode::InqSigned), "{what}: {reasons:?}");
}

fn value(archive: &Archive, inquiry: RecordId) -> Value {
    answer::check(&answer::prepare(archive, inquiry).unwrap().bytes).unwrap()
}

#[test]
fn what_an_inquiry_found_is_not_destroyed_until_it_is_closed() {
    let due = Due::of(&["1", "1"]);
    let plan = due.approved(&[]);
    let [(kept, record), (gone, other)] = [due.files[0], due.files[1]];
    due.go_to("2028-01-17");
    let archive = due.bench.open();
    let inquiry = open(&archive, "Үлгі");
    assert_eq!(code(answer::prepare(&archive, inquiry)), Some(ErrorCode::InqNothing));
    // Found after the plan was approved.
    let searched = search(&archive, inquiry, "reg:01-05/0", SYSTEM_ACTOR).unwrap();
    assert_eq!((searched.found, searched.destroyed.len()), (BTreeSet::from([record]), 0));
    let Executed::Done { destroyed, kept: stays, .. } = due.execute(&archive, &plan).unwrap() else { panic!() };
    assert_eq!(destroyed.iter().map(|item| item.file).collect::<Vec<_>>(), [gone]);
    assert_eq!(stays.iter().map(|(item, why)| (item.file, *why)).collect::<Vec<_>>(), [(kept, Why::Held)]);
    // Nor by any other way.
    assert_eq!(code(spill(&archive, record, SYSTEM_ACTOR)), Some(ErrorCode::HldHeld));
    let hold = RecordId(desk::find(&archive, inquiry).unwrap().row.holds[0]);
    let before = archive.head().size;
    assert_eq!(code(holds::lift(&archive, hold, "Мен сұраймын", SYSTEM_ACTOR)), Some(ErrorCode::HldInquiry));
    let closing = Closing { outcome: "Жауап берілді".into(), without_answer: None };
    assert_eq!(code(desk::close(&archive, inquiry, &closing, SYSTEM_ACTOR)), Some(ErrorCode::InqUnanswered));
    assert_eq!(archive.head().size, before, "what was refused left nothing");
    archive.close().unwrap();

    // What was destroyed is found as destroyed, with its act and certificate, and after a restart too.
    let archive = due.bench.open();
    let searched = search(&archive, inquiry, "Хат алмасу 2026", SYSTEM_ACTOR).unwrap();
    assert_eq!((searched.destroyed.clone(), searched.reaches_destroyed), (BTreeSet::from([gone]), true));
    let by_id = search(&archive, inquiry, &format!("id:{other}"), SYSTEM_ACTOR).unwrap();
    assert_eq!((by_id.found.len(), by_id.destroyed), (0, BTreeSet::from([other])));
    // Who reaches another agency only finds nothing of it, standing or destroyed.
    for (agency, wanted) in [("TEST-01", [1, 2]), ("OTHER-01", [0, 0])] {
        let within = Within { agency: agency.into(), access: AccessCategory::ALL.iter().copied().collect() };
        let counts = [format!("id:{record}"), format!("id:{other}"), "Хат алмасу 2026".into()].map(|query| {
            let searched = search_within(&archive, inquiry, &query, Some(&within), SYSTEM_ACTOR).unwrap();
            assert_eq!(searched.within.as_ref(), Some(&within));
            (searched.found.len(), searched.destroyed.len())
        });
        let counts = counts.iter().fold([0, 0], |all, one| [all[0] + one.0, all[1] + one.1]);
        assert_eq!(counts, wanted, "{agency}");
    }
    let read = value(&archive, inquiry);
    let said: Vec<(&str, &str)> = read["destroyed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["kind"].as_str().unwrap(), one["act"].as_str().unwrap()))
        .collect();
    let mut wanted = [(gone, "file"), (other, "record")];
    wanted.sort();
    let wanted: Vec<(&str, &str)> = wanted.iter().map(|(_, kind)| (*kind, plan.number.as_str())).collect();
    assert_eq!((said, &read["outcome"]), (wanted, &"found".into()));
    let prepared = answer::prepare(&archive, inquiry).unwrap();
    assert_eq!(prepared.plans, BTreeSet::from([plan.id]));
    let certificate = certificate::make(&archive, plan.id).unwrap();
    certificate::verify(&certificate, &archive.config().vkey).unwrap();

    let signed = signature(&due, &archive, inquiry, &due.bench.office.clerk);
    let Signed::Done(entry) = take(&archive, inquiry, &signed) else { panic!("refused") };
    let given = answer::prepare(&archive, inquiry).unwrap();
    assert_eq!((&given.bytes, &given.signed), (&prepared.bytes, &Some((signed, entry))));
    let size = archive.head().size;
    let unasked = Closing { without_answer: Some("Сұрау кері алынды".into()), ..closing.clone() };
    assert_eq!(code(desk::close(&archive, inquiry, &unasked, SYSTEM_ACTOR)), Some(ErrorCode::FilText));
    let again = given.signed.clone().unwrap().0;
    assert!(matches!(take(&archive, inquiry, &again), Signed::Done(taken) if taken == entry));
    assert_eq!(archive.head().size, size, "nothing of it is in the journal");
    desk::close(&archive, inquiry, &closing, SYSTEM_ACTOR).unwrap();
    assert!(answer::prepare(&archive, inquiry).unwrap().signed.is_some(), "the answer is given out for ever");
    assert_eq!(archive.index().held().unwrap(), []);
    assert_eq!(code(search(&archive, inquiry, "хат", SYSTEM_ACTOR)), Some(ErrorCode::InqClosed));
    assert_eq!(code(desk::close(&archive, inquiry, &closing, SYSTEM_ACTOR)), Some(ErrorCode::InqClosed));
    let next = due.plan(&archive);
    assert_eq!(next.items.iter().map(|item| item.file).collect::<Vec<_>>(), [kept], "it is due again");
}

#[test]
fn what_another_hold_keeps_stays_when_an_inquiry_is_closed() {
    let due = Due::of(&["1"]);
    let archive = due.bench.open();
    let (file, record) = due.files[0];
    let [first, second] = ["Бірінші", "Екінші"].map(|of| open(&archive, of));
    for inquiry in [first, second] {
        desk::take(&archive, inquiry, &[HoldTarget::File(file.0), HoldTarget::File(file.0)], SYSTEM_ACTOR).unwrap();
    }
    // What it keeps already gets no second hold.
    let size = archive.head().size;
    desk::take(&archive, first, &[HoldTarget::File(file.0)], SYSTEM_ACTOR).unwrap();
    assert_eq!((archive.head().size, archive.index().holds().unwrap().len()), (size + 1, 2));
    desk::close(&archive, first, &without_answer(), SYSTEM_ACTOR).unwrap();
    assert_eq!(code(answer::prepare(&archive, first)), Some(ErrorCode::InqClosed), "nobody can sign one any more");
    assert_eq!(archive.index().held().unwrap().len(), 1);
    assert_eq!(code(spill(&archive, record, SYSTEM_ACTOR)), Some(ErrorCode::HldHeld));
    let nothing = HoldTarget::Record([7; 16]);
    assert_eq!(code(desk::take(&archive, second, &[nothing], SYSTEM_ACTOR)), Some(ErrorCode::ArcNoRecord));
    assert_eq!(code(desk::take(&archive, second, &[], SYSTEM_ACTOR)), Some(ErrorCode::HldTargets));
    assert_eq!(code(desk::find(&archive, file)), Some(ErrorCode::InqUnknown));
    // What is taken by name is in the answer.
    let read = value(&archive, second);
    assert_eq!((&read["outcome"], &read["records"][0]["record_id"]), (&"found".into(), &record.to_string().into()));
}

#[test]
fn a_reading_under_an_inquiry_is_in_the_journal_once_a_person_record_and_inquiry() {
    let due = Due::of(&["1", "1"]);
    let archive = due.bench.open();
    let [(_, record), (_, other)] = [due.files[0], due.files[1]];
    let [first, second] = ["Бірінші", "Екінші"].map(|of| open(&archive, of));
    let readings = |inquiry| {
        let is_it = |leaf: &&Leaf| leaf.act == ActKind::RecordRead && leaf.of == inquiry;
        entries(&archive).iter().filter(is_it).count()
    };
    let somebody = ActorId([5; 8]);
    for inquiry in [first, second] {
        assert_eq!(code(desk::read(&archive, inquiry, record, somebody)), Some(ErrorCode::InqNotUnder));
        search(&archive, inquiry, &format!("id:{record}"), SYSTEM_ACTOR).unwrap();
    }
    assert_eq!(code(desk::read(&archive, first, other, somebody)), Some(ErrorCode::InqNotUnder));
    assert_eq!(readings(Some(first)), 0, "what was refused was not read");
    // The record is public: read by itself it would leave no entry.
    drop(muragat::access::open(&archive, record, somebody).unwrap());
    assert_eq!(readings(None), 0);
    for _ in 0..2 {
        drop(desk::read(&archive, first, record, somebody).unwrap());
    }
    assert_eq!((readings(Some(first)), readings(Some(second))), (1, 0), "one entry for 15 minutes");
    drop(desk::read(&archive, second, record, somebody).unwrap());
    drop(desk::read(&archive, first, record, ActorId([6; 8])).unwrap());
    assert_eq!((readings(Some(first)), readings(Some(second))), (2, 1), "each inquiry and person by itself");
    due.bench.later(16 * 60 * 1000);
    drop(desk::read(&archive, first, record, somebody).unwrap());
    assert_eq!((readings(Some(first)), readings(None)), (3, 0));
    desk::close(&archive, first, &without_answer(), SYSTEM_ACTOR).unwrap();
    assert_eq!(code(desk::read(&archive, first, record, somebody)), Some(ErrorCode::InqClosed));
}

#[test]
fn not_found_is_said_up_to_a_size_and_root_and_only_by_an_officer_over_exactly_these_bytes() {
    let due = Due::of(&["1"]);
    let archive = due.bench.open();
    let inquiry = open(&archive, "Үлгі");
    let early = due.signed(&due.bench.office.clerk, b"no answer yet");
    let searched = search(&archive, inquiry, "  жоқнәрсе   date:2026 ", SYSTEM_ACTOR).unwrap();
    assert_eq!(searched.size, searched.entry, "everything before its own entry");
    let read = value(&archive, inquiry);
    assert_eq!((&read["outcome"], &read["records"], &read["handed_over"]), (&"not_found".into(), &json(), &json()));
    let made = &read["searches"][0];
    let log = archive.log().unwrap();
    let root = root_at(&log, searched.size).unwrap().to_string();
    assert_eq!((made["size"].as_u64(), made["root"].as_str()), (Some(searched.size), Some(root.as_str())));
    assert_eq!((&made["unreadable"], &made["reaches_destroyed"]), (&0.into(), &false.into()));
    for (lang, said) in [("kk", "ТАБЫЛМАДЫ"), ("ru", "НЕ НАЙДЕНО"), ("en", "NOT FOUND")] {
        let text = read["text"][lang].as_str().unwrap();
        assert!(text.contains(said) && text.contains(&root) && text.contains(&searched.size.to_string()), "{text}");
    }

    let office = &due.bench.office;
    refused(take(&archive, inquiry, &early), "over something else");
    assert!(answer::sign(&archive, inquiry, &[], &Material::default(), SYSTEM_ACTOR).is_ok_and(|signed| {
        refused(signed, "nobody signed");
        true
    }));
    for (who, what) in [(&office.official, "an official"), (&office.stranger, "a stranger")] {
        refused(take(&archive, inquiry, &signature(&due, &archive, inquiry, who)), what);
    }
    // One byte less, one more, one other: neither the officer's word nor an answer at all.
    let bytes = answer::prepare(&archive, inquiry).unwrap().bytes;
    due.bench.later(2_000);
    for at in (0..bytes.len()).step_by(bytes.len() / 12) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        refused(take(&archive, inquiry, &due.signed(&office.clerk, &changed)), "a byte is another one");
    }
    let text = String::from_utf8(bytes).unwrap();
    let size = searched.size.to_string();
    for (from, to) in [
        ("not_found", "found"),
        ("ТАБЫЛМАДЫ", "ТАБЫЛДЫ"),
        (&format!("\"size\":{size}"), "\"size\":999999"),
        (&format!("\"root\":\"{root}"), &format!("\"root\":\"{}", "0".repeat(64))),
        ("Үлгі соты", "Басқа сот"),
        ("\"schema\"", " \"schema\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(answer::check(text.replacen(from, to, 1).as_bytes()).is_err(), "{from} -> {to}");
    }
    // A signature of the answer as it was before another search is none of it as it is now.
    let before = signature(&due, &archive, inquiry, &office.clerk);
    search(&archive, inquiry, "мүлдежоқ", SYSTEM_ACTOR).unwrap();
    refused(take(&archive, inquiry, &before), "searched again since");
    let signed = signature(&due, &archive, inquiry, &office.clerk);
    assert!(matches!(take(&archive, inquiry, &signed), Signed::Done(_)));
    // Answered, until something is searched again.
    let is_answered = || desk::find(&archive, inquiry).unwrap().row.answered().is_some();
    assert!(is_answered());
    search(&archive, inquiry, "тағыжоқ", SYSTEM_ACTOR).unwrap();
    assert!(!is_answered() && desk::overdue(&archive).unwrap().is_empty());
    due.bench.later(40 * DAY_MS);
    assert_eq!(desk::overdue(&archive).unwrap().len(), 1);
}

fn json() -> Value {
    Value::Array(Vec::new())
}

// Goal: nothing of an inquiry lies in clear, and an answer says nothing of another one. Method: words that stand nowhere
// else in every text of an inquiry; every byte under the archive's folder is looked at, and the answer of the other.
#[test]
fn nothing_of_an_inquiry_is_in_clear_or_in_the_answer_of_another() {
    let due = Due::of(&["1"]);
    let archive = due.bench.open();
    let (file, record) = due.files[0];
    let secret = open(&archive, "Құпиясот");
    let searched = search(&archive, secret, "Құпиясөз", SYSTEM_ACTOR).unwrap();
    desk::take(&archive, secret, &[HoldTarget::File(file.0)], SYSTEM_ACTOR).unwrap();
    drop(desk::read(&archive, secret, record, SYSTEM_ACTOR).unwrap());
    let signed = signature(&due, &archive, secret, &due.bench.office.clerk);
    assert!(matches!(take(&archive, secret, &signed), Signed::Done(_)));

    let public = open(&archive, "Ашықсот");
    search(&archive, public, "reg:01-05/0", SYSTEM_ACTOR).unwrap();
    drop(desk::read(&archive, public, record, SYSTEM_ACTOR).unwrap());
    let bytes = answer::prepare(&archive, public).unwrap().bytes;
    let text = String::from_utf8(bytes).unwrap();
    let hold = RecordId(desk::find(&archive, secret).unwrap().row.holds[0]);
    let not_there = ["Құпиясот", "Құпиясөз", &secret.to_string(), &hold.to_string(), &searched.root.to_string()];
    for other in not_there {
        assert!(!text.contains(other), "{other}");
    }
    assert!(text.contains("Ашықсот") && text.contains(&record.to_string()));

    let closing = Closing { outcome: "Құпиянәтиже".into(), without_answer: None };
    desk::close(&archive, secret, &closing, SYSTEM_ACTOR).unwrap();
    let rows = register(&archive, Some(2028), Lang::Ru).unwrap().rows;
    assert_eq!((rows.len(), rows[0]["found"].as_str(), rows[1]["found"].as_str()), (2, "0", "1"));
    assert!(rows[0]["state"].contains("Құпиянәтиже") && !rows[0]["answered"].is_empty());
    assert!(register(&archive, Some(2027), Lang::Kk).unwrap().rows.is_empty());
    let rows = archive.index().inquiries().unwrap();
    archive.close().unwrap();
    let hunt = Hunt::new(&["Құпиясот", "Құпиясөз", "Құпиянәтиже", "Ашықсот"]);
    hunt.assert_nothing(&due.bench.root(), "inquiries");
    // A new index has the same of them.
    muragat::archive::forget_index(&due.bench.root()).unwrap();
    let archive = due.bench.open();
    assert_eq!(archive.index().inquiries().unwrap(), rows);
    assert_eq!(archive.index().held().unwrap().len(), 1);
}

struct Load {
    _dir: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

/// What the outside was told.
#[derive(Default)]
struct Told {
    inquiry: Option<RecordId>,
    found: BTreeSet<RecordId>,
    read: Option<RecordId>,
    is_closed: bool,
}

fn run(bed: &Bed, load: &Load, told: &mut Told) -> Result<(), Error> {
    let archive = bed.open()?;
    archive.tune(20_000, 4);
    for answered in take_in(&archive, &load.paths)? {
        match (accepted(&answered), answered.status) {
            (Some(_), _) => {}
            (None, muragat::ingest::Status::Failed(e)) => return Err(e),
            (None, status) => panic!("unexpected answer {status:?}"),
        }
    }
    let (inquiry, _) = desk::open(&archive, opening("Үлгі"), None, SYSTEM_ACTOR)?;
    told.inquiry = Some(inquiry);
    let found = search(&archive, inquiry, "agency:TEST-01", SYSTEM_ACTOR)?.found;
    assert_eq!(found.len(), 2);
    told.found = found;
    let record = told.found.first().copied().unwrap();
    drop(desk::read(&archive, inquiry, record, SYSTEM_ACTOR)?);
    told.read = Some(record);
    desk::close(&archive, inquiry, &without_answer(), SYSTEM_ACTOR)?;
    told.is_closed = true;
    archive.close()
}

/// Inquiries, holds and what they keep, as an index has them.
type Picture = (Vec<(RecordId, InquiryRow)>, Vec<(RecordId, HoldRow)>, Vec<(RecordId, RecordId)>);

fn picture(archive: &Archive) -> Picture {
    archive.wait_index().unwrap();
    let index = archive.index();
    (index.inquiries().unwrap(), index.holds().unwrap(), index.held().unwrap())
}

fn check(bed: &Bed, told: &Told, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    let seen = picture(&archive);
    let (inquiries, holds, held) = &seen;
    let entries = entries(&archive);
    let of = |act: ActKind| entries.iter().filter(move |leaf| leaf.act == act).collect::<Vec<_>>();
    assert!(told.inquiry.is_none() || inquiries.len() == 1, "{at}: the inquiry is lost");
    // A search and its hold are one; what was told of stands in both.
    let searches = of(ActKind::InquirySearched).len();
    let covered: BTreeSet<RecordId> = of(ActKind::HoldCovers).iter().filter_map(|leaf| leaf.rec).collect();
    assert_eq!((holds.len(), covered.len()), (searches, 2 * searches), "{at}");
    assert!(told.found.is_empty() || (searches == 1 && covered == told.found), "{at}: the search is lost");
    let closed = of(ActKind::InquiryClosed).len();
    assert_eq!(held.len(), if closed == 1 { 0 } else { covered.len() }, "{at}: what is kept");
    assert!(!told.is_closed || closed == 1, "{at}: the end is lost");
    if let Some((_, row)) = inquiries.first() {
        assert_eq!(
            (row.searches.len(), row.holds.len(), row.closed.iter().len()),
            (searches, searches, closed),
            "{at}"
        );
    }
    if let Some(record) = told.read {
        let read = of(ActKind::RecordRead);
        assert!(read.iter().any(|leaf| leaf.rec == Some(record) && leaf.of == told.inquiry), "{at}: a reading is lost");
    }
    archive.close().unwrap();
    assert!(picture(&bed.without_index().open().unwrap()) == seen, "{at}: a new index says something else");
}

#[test]
fn searches_and_readings_are_in_the_journal_before_they_are_seen_whatever_fails() {
    let dir = tempfile::tempdir().unwrap();
    let paths = (0..2).map(|n| submission(dir.path(), n, &[("main.docx", cover())], "public").0).collect();
    let load = Load { _dir: dir, paths };
    let count = FaultPlan::count_only();
    let bed = Bed::new(&count);
    let mut told = Told::default();
    run(&bed, &load, &mut told).unwrap();
    check(&bed.killed(), &told, "no failure");
    let operations = count.operations();
    assert!(operations > 40, "{operations} operations");
    for operation in 0..operations {
        let failure = Failure::ALL[usize::try_from(operation).unwrap() % Failure::ALL.len()];
        let bed = Bed::new(&FaultPlan::fail_at(operation, failure));
        let mut told = Told::default();
        let _ = run(&bed, &load, &mut told);
        check(&bed.killed(), &told, &format!("killed after {operation}"));
        check(&bed.power_cut(operation), &told, &format!("power cut after {operation}"));
    }
}
