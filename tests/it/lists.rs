//! Lists of retention periods count only when they were adopted as the law asks, and never shorten a term silently.
//!
//! Goal: an official list is adopted by an act that two officers in office signed over exactly its list, edition and
//! digest, and by nothing else; a new edition with shorter terms leaves every date where it was until an act says that
//! terms are shortened. Method: real signatures, a file that is due by one edition, and the clock of the test moved on.

use super::signed::{AGENCY, Bench, at};
use chrono::NaiveDate;
use muragat::archive::Archive;
use muragat::error::ErrorCode;
use muragat::filing::due::{Basis, why};
use muragat::filing::files::{self, Asked, File};
use muragat::filing::holds::{self, Placing};
use muragat::filing::simulate::simulate;
use muragat::index::filing::HoldTarget;
use muragat::ingest::Status as IngestStatus;
use muragat::ingest::lists::{Adopted, RulesAct, adopt};
use muragat::model::id::RecordId;
use muragat::retention::{Reason, RuleList, Status};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::collections::BTreeMap;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// An official list with one rule.
fn list(edition: &str, years: u32) -> (RuleList, Vec<u8>) {
    let toml = format!(
        r#"
schema = "muragat/retention/1"
id = "LIST"
edition = "{edition}"
title = {{ kk = "Тізбе", ru = "Перечень", en = "List" }}
instrument = "Үлгі бұйрық № 1"
authority = "Үлгі архив органы"
valid_from = "2020-01-01"
status = "official"

[[rule]]
item = "1"
kind = {{ kk = "Хат алмасу", ru = "Переписка", en = "Correspondence" }}
term = "years"
years = {years}
start = "usual"
then = "destroy"
source = {{ place = "made up", confidence = "official" }}
"#
    );
    (RuleList::parse(toml.as_bytes(), "list.toml").unwrap(), toml.into_bytes())
}

fn today(bench: &Bench) -> NaiveDate {
    muragat::clock::civil_date(bench.now())
}

fn act(bench: &Bench, list: &RuleList, shortens: bool) -> String {
    RulesAct::draft(list, AGENCY, today(bench), shortens, "Үлгі бойынша").to_toml()
}

fn signed(bench: &Bench, act: &str) -> Vec<Vec<u8>> {
    let now = at(bench.now());
    vec![
        bench.office.official.sign_detached(act.as_bytes(), now),
        bench.office.clerk.sign_detached(act.as_bytes(), now),
    ]
}

fn try_adopt(archive: &Archive, list: &(RuleList, Vec<u8>), act: Option<&str>, signatures: &[Vec<u8>]) -> Adopted {
    let act = act.map(str::as_bytes);
    adopt(archive, (&list.0, &list.1), act, signatures, &Material::default(), SYSTEM_ACTOR).unwrap()
}

fn adopted(bench: &Bench, archive: &Archive, list: &(RuleList, Vec<u8>), shortens: bool) -> u64 {
    bench.later(2_000);
    let act = act(bench, &list.0, shortens);
    match try_adopt(archive, list, Some(&act), &signed(bench, &act)) {
        Adopted::Done(entry) => entry,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_official_list_is_adopted_by_an_act_of_two_officers_and_by_nothing_else() {
    let bench = Bench::new();
    let archive = bench.open();
    let one = list("1", 5);
    let act_of_one = act(&bench, &one.0, false);
    let signatures = signed(&bench, &act_of_one);
    let refused = |act: Option<&str>, signatures: &[Vec<u8>], code: ErrorCode, why: &str| {
        let before = archive.head().size;
        let Adopted::Refused(reasons) = try_adopt(&archive, &one, act, signatures) else { panic!("adopted: {why}") };
        assert!(reasons.iter().all(|r| r.code == code), "{why}: {reasons:?}");
        assert!(reasons.iter().any(|r| r.detail.contains(why)), "{why}: {reasons:?}");
        assert_eq!(archive.head().size, before, "nothing is left of it");
    };
    let approval = ErrorCode::RetApproval;
    refused(None, &[], approval, "no act");
    refused(Some(&act_of_one), &signatures[..1], approval, "1 of 2");
    refused(Some(&act_of_one), &signatures[1..], approval, "1 of 2");
    refused(Some(&act_of_one), &[signatures[0].clone(), signatures[0].clone()], approval, "1 of 2");
    refused(Some(&act_of_one.replace("false", "true")), &signatures, approval, "HASH_FAILURE");
    refused(Some(&act_of_one.replace("date", "day")), &signatures, approval, "schema");
    let other = list("1", 6);
    let about_other = act(&bench, &other.0, false);
    refused(Some(&about_other), &signed(&bench, &about_other), approval, "another list");
    refused(Some("x"), &signatures, approval, "not TOML");
    let stranger = bench.office.stranger.sign_detached(act_of_one.as_bytes(), at(bench.now()));
    refused(Some(&act_of_one), &[signatures[0].clone(), stranger], approval, "unknown");
    let (mut future, bytes) = list("1", 5);
    future.valid_from = today(&bench).succ_opt().unwrap();
    match try_adopt(&archive, &(future, bytes), Some(&act_of_one), &signatures) {
        Adopted::Refused(reasons) => assert_eq!(reasons[0].code, ErrorCode::RetNotYet),
        other => panic!("{other:?}"),
    }

    let entry = adopted(&bench, &archive, &one, false);
    assert!(matches!(try_adopt(&archive, &one, None, &[]), Adopted::Held(held) if held == entry));
    match try_adopt(&archive, &other, Some(&about_other), &signed(&bench, &about_other)) {
        Adopted::Refused(reasons) => assert_eq!(reasons[0].code, ErrorCode::RetTaken, "the same edition"),
        other => panic!("{other:?}"),
    }
    // A sample takes the place of no official list, and other bytes than were read are not sealed.
    let text = String::from_utf8(list("9", 1).1).unwrap().replace("official", "sample");
    let sample = (RuleList::parse(text.as_bytes(), "list.toml").unwrap(), text.into_bytes());
    match try_adopt(&archive, &sample, None, &[]) {
        Adopted::Refused(reasons) => assert_eq!(reasons[0].code, approval),
        other => panic!("{other:?}"),
    }
    let (read, _) = list("8", 1);
    let other_bytes = adopt(&archive, (&read, b""), None, &[], &Material::default(), SYSTEM_ACTOR);
    assert_eq!(other_bytes.unwrap_err().code, ErrorCode::RetMalformed);
    // An act that was signed before the edition in force was adopted adopts nothing any more.
    let second = list("2", 3);
    let act_of_second = act(&bench, &second.0, true);
    let early = signed(&bench, &act_of_second);
    adopted(&bench, &archive, &list("3", 4), false);
    match try_adopt(&archive, &second, Some(&act_of_second), &early) {
        Adopted::Refused(reasons) => assert!(reasons.iter().all(|r| r.code == approval), "{reasons:?}"),
        other => panic!("{other:?}"),
    }
    // All of it is read again from the truths.
    archive.close().unwrap();
    muragat::archive::forget_index(&bench.root()).unwrap();
    let lists = bench.open().adopted_lists().unwrap();
    let seen: Vec<_> = lists.iter().map(|held| (held.list.edition.as_str(), held.is_shortening)).collect();
    assert_eq!(seen, [("1", false), ("3", false)]);
}

/// A closed file with one signed record, kept by item 1.
fn closed(bench: &Bench, archive: &Archive) -> (File, RecordId) {
    let IngestStatus::Accepted { record, .. } = bench.take(archive, &bench.draft("1")).status else {
        panic!("not accepted")
    };
    archive.wait_index().unwrap();
    let asked = Asked {
        agency: AGENCY.into(),
        index: "01-05".into(),
        year: 2026,
        volume: None,
        title: Some("Хат алмасу".into()),
        item: "LIST/1".parse().ok(),
        attributes: BTreeMap::new(),
    };
    let file = files::open(archive, &asked, SYSTEM_ACTOR).unwrap();
    files::enter(archive, file.id, &[record], None, SYSTEM_ACTOR).unwrap();
    (files::close(archive, file.id, today(bench), SYSTEM_ACTOR).unwrap(), record)
}

#[test]
fn a_shorter_edition_moves_no_date_until_an_act_shortens() {
    let bench = Bench::new();
    let archive = bench.open();
    adopted(&bench, &archive, &list("1", 5), false);
    let (file, record) = closed(&bench, &archive);
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let as_of = day("2030-06-01");
    let decide = |as_of| why(&archive, record, as_of).unwrap().1;
    assert_eq!((decide(as_of).status, decide(as_of).due), (Status::Running, Some(day("2032-01-01"))));
    assert_eq!(decide(day("2031-12-31")).status, Status::Running);
    assert_eq!(decide(day("2032-01-01")).status, Status::Due);

    // What the new edition would change is seen before: nothing by itself, two years with a decision.
    let shorter = list("2", 3);
    let simulation = simulate(&archive, as_of, 10, Some(&shorter.0)).unwrap();
    assert_eq!(simulation.changes.len(), 1);
    let change = &simulation.changes[0];
    assert_eq!((change.before.due, change.after.due), (Some(day("2032-01-01")), Some(day("2032-01-01"))));
    assert_eq!(change.shortened.as_ref().unwrap().due, Some(day("2030-01-01")));
    assert_eq!(simulation.years.keys().map(|(year, ..)| *year).collect::<Vec<_>>(), [2032]);

    adopted(&bench, &archive, &shorter, false);
    assert_eq!(decide(as_of).due, Some(day("2032-01-01")));
    assert!(decide(as_of).reasons.iter().any(|reason| matches!(reason, Reason::NotShortened { .. })));
    adopted(&bench, &archive, &list("3", 3), true);
    assert_eq!((decide(as_of).status, decide(as_of).due), (Status::Due, Some(day("2030-01-01"))));
    // A longer one counts at once, and a file that is opened again is not due.
    adopted(&bench, &archive, &list("4", 8), false);
    assert_eq!(decide(as_of).due, Some(day("2035-01-01")));
    files::reopen(&archive, file.id, "Құжат келді", SYSTEM_ACTOR).unwrap();
    assert_eq!((decide(as_of).status, decide(as_of).due), (Status::Open, None));
}

#[test]
fn a_hold_on_a_record_stops_its_file_at_once_and_only_its_file() {
    let bench = Bench::new();
    let archive = bench.open();
    adopted(&bench, &archive, &list("1", 1), false);
    let (file, record) = closed(&bench, &archive);
    bench.later(700 * DAY_MS);
    let decide = || Basis::read(&archive).unwrap().judge().decide(&file, today(&bench));
    assert_eq!(decide().status, Status::Due);
    let placing = Placing {
        owner: "Сот".into(),
        reason: "Дау".into(),
        basis: "№ 1 ұйғарым".into(),
        review: Some(today(&bench)),
        query: None,
    };
    let place = |target| holds::place(&archive, &placing, &[target], SYSTEM_ACTOR).unwrap().0;
    let on_record = place(HoldTarget::Record(record.0));
    let on_file = place(HoldTarget::File(file.id.0));
    assert_eq!((decide().status, decide().holds.len()), (Status::Held, 2));
    assert!(decide().holds.contains(&(on_record, Some(record))) && decide().holds.contains(&(on_file, None)));
    // Its day of review has come, and it holds; lifting one leaves the other.
    bench.later(400 * DAY_MS);
    holds::lift(&archive, on_record, "Шешілді", SYSTEM_ACTOR).unwrap();
    assert_eq!(decide().status, Status::Held);
    holds::lift(&archive, on_file, "Шешілді", SYSTEM_ACTOR).unwrap();
    assert_eq!(decide().status, Status::Due);
}
