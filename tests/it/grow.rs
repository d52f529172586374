//! An accepted record grows and never changes, and dies whole.
//!
//! Goal: a receipt that comes 30 days later, a corrected card and formats identified again are parts of the record for
//! showing, giving out, searching, auditing and rebuilding; commitments made before stay valid; and when the record is
//! spilled nothing of any part can be read. Method: the library on a real folder with a clock that is moved.

use super::bed::{content_of, cover, take_in, unsigned};
use muragat::access;
use muragat::archive::{Archive, forget_index};
use muragat::audit::{Options as AuditOptions, audit};
use muragat::clock::FixedClock;
use muragat::config::Config;
use muragat::error::ErrorCode;
use muragat::index::query::Query;
use muragat::ingest::Status;
use muragat::ingest::amend::{Amended, add, correct_card, identify_again};
use muragat::ingest::spill::unsigned as spill;
use muragat::model::amendment::AmendmentKind;
use muragat::model::id::RecordId;
use muragat::model::record::CardField;
use muragat::model::submission::{ComponentEntry, Role};
use muragat::store::local::LocalDisk;
use muragat::testing::card;
use muragat::tlog::commit::SYSTEM_ACTOR;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const RECEIPT: &[u8] = "Түбіртек: қабылдаушы орган тіркеді".as_bytes();

/// An archive with one outgoing record.
struct Bench {
    folder: tempfile::TempDir,
    clock: Arc<FixedClock>,
}

impl Bench {
    fn new() -> Self {
        let bench =
            Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(FixedClock(AtomicU64::new(super::bed::NOW))) };
        Archive::create(&bench.root(), &unsigned(), bench.clock.clone()).unwrap().close().unwrap();
        bench
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    fn open(&self) -> Archive {
        Archive::open(&self.root(), self.clock.clone(), &mut |_, _| {}).unwrap()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn submission(&self, number: u32, direction: &str) -> PathBuf {
        self.submission_with(&card(number), number, direction)
    }

    fn submission_with(&self, card: &Value, number: u32, direction: &str) -> PathBuf {
        let folder = self.folder.path().join(format!("s{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        let description = json!({
            "schema": "muragat/submission/1", "agency": "TEST-01", "direction": direction,
            "nomenclature_index": "01-02", "access_category": "public",
            "components": [{"path": "card.json", "role": "card"}, {"path": "хат.docx", "role": "main"}],
        });
        std::fs::write(folder.join("submission.json"), description.to_string()).unwrap();
        std::fs::write(folder.join("card.json"), card.to_string()).unwrap();
        std::fs::write(folder.join("хат.docx"), cover()).unwrap();
        folder
    }

    fn take(&self, archive: &Archive, folder: &Path) -> Status {
        let mut answers = take_in(archive, &[folder.to_owned()]).unwrap();
        archive.wait_index().unwrap();
        answers.remove(0).status
    }

    fn audit(&self) {
        let disk = LocalDisk::open_read_only(&self.root());
        let options = AuditOptions { every_byte: true, threads: 2 };
        let report = audit(&disk, &Config::load(&self.root()).unwrap(), None, None, options, &|_, _| {}).unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
    }
}

fn record_of(status: Status) -> RecordId {
    match status {
        Status::Accepted { record, .. } => record,
        other => panic!("{other:?}"),
    }
}

fn found(archive: &Archive, query: &str) -> Vec<RecordId> {
    let mut found = Vec::new();
    let mut take = |_, row: muragat::index::rows::RecordRow| {
        found.push(row.id());
        true
    };
    archive.index().search(&Query::parse(query).unwrap(), None, &mut take).unwrap();
    found
}

fn receipt_entry(path: &str) -> ComponentEntry {
    ComponentEntry { path: path.to_owned(), role: Role::Receipt, covers: vec![], media_type: None, derivation: None }
}

#[track_caller]
fn done(amended: Amended) -> u64 {
    match amended {
        Amended::Done { entry, .. } => entry,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(amended: Amended, code: ErrorCode) {
    match amended {
        Amended::Refused(refusals) => assert!(refusals.iter().any(|r| r.code == code), "{refusals:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_receipt_of_thirty_days_later_belongs_to_the_record_and_dies_with_it() {
    let bench = Bench::new();
    let archive = bench.open();
    let record = record_of(bench.take(&archive, &bench.submission(1, "outgoing")));
    let before = access::open(&archive, record, SYSTEM_ACTOR).unwrap().manifest().unwrap().group();
    archive.close().unwrap();

    bench.clock.0.fetch_add(30 * DAY_MS, Ordering::Relaxed);
    let archive = bench.open();
    let receipt = bench.file("түбіртек.xml", RECEIPT);
    let entry = done(
        add(&archive, record, receipt_entry("түбіртек.xml"), &receipt, Some("Кешікті".into()), SYSTEM_ACTOR).unwrap(),
    );
    let again = add(&archive, record, receipt_entry("басқа.xml"), &receipt, None, SYSTEM_ACTOR).unwrap();
    assert!(matches!(again, Amended::Held { path } if path == "түбіртек.xml"), "the same receipt is there already");
    let other = bench.file("x", b"<other/>");
    refused(
        add(&archive, record, receipt_entry("ТҮБІРТЕК.xml"), &other, None, SYSTEM_ACTOR).unwrap(),
        ErrorCode::RecPathTaken,
    );
    for clash in ["хат.docx/түбіртек.xml", "түбіртек.xml/y", "Submission.json"] {
        let amended = add(&archive, record, receipt_entry(clash), &other, None, SYSTEM_ACTOR).unwrap();
        assert!(matches!(amended, Amended::Refused(_)), "{clash}: the record could not be given out");
    }
    let attachment = ComponentEntry { role: Role::Attachment, ..receipt_entry("a.pdf") };
    refused(add(&archive, record, attachment, &other, None, SYSTEM_ACTOR).unwrap(), ErrorCode::RecRole);
    done(identify_again(&archive, record, SYSTEM_ACTOR).unwrap());

    let opened = access::open(&archive, record, SYSTEM_ACTOR).unwrap();
    assert_eq!(opened.manifest().unwrap().group(), before, "the earlier commitment stands");
    let amendments = opened.amendments().unwrap();
    assert_eq!(amendments.len(), 2);
    assert_eq!(amendments[0].0.t - super::bed::NOW, 30 * DAY_MS);
    assert_eq!(amendments[0].1.reason.as_deref(), Some("Кешікті"));
    assert_eq!(amendments[1].1.kind, AmendmentKind::FormatsIdentified);
    assert_eq!(amendments[1].1.formats.len(), 4, "every component of every part, and the validation");
    let (custody, _) = opened.history().unwrap();
    assert_eq!(custody.iter().map(|e| e.index).collect::<Vec<_>>()[1], entry);
    assert_eq!(custody.len(), 3);
    let salts: Vec<_> = amendments.iter().map(|(_, a)| a.salt).collect();
    assert_ne!(salts[0], salts[1]);
    assert_eq!(content_of(&archive, record).unwrap()["түбіртек.xml"], RECEIPT);
    let out = bench.folder.path().join("out");
    let written = opened.export(&out).unwrap();
    assert_eq!(written.len(), 4);
    assert_eq!(std::fs::read(out.join("түбіртек.xml")).unwrap(), RECEIPT);
    drop(opened);
    archive.close().unwrap();
    bench.audit();

    // The index is built again from nothing: the same record with the same parts.
    forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(content_of(&archive, record).unwrap()["түбіртек.xml"], RECEIPT);
    let digest = muragat::model::digest::sha256(RECEIPT);
    assert_eq!(found(&archive, &format!("sha256:{digest}")), [record], "a late component is found by its content");

    spill(&archive, record, SYSTEM_ACTOR).unwrap();
    assert_eq!(content_of(&archive, record).unwrap_err().code, ErrorCode::VltErased);
    assert!(found(&archive, "хат").is_empty(), "it is gone from search at once");
    archive.close().unwrap();
    for forget in [false, true] {
        if forget {
            forget_index(&bench.root()).unwrap();
        }
        let archive = bench.open();
        assert!(!archive.index_meta().stale, "the index has a new generation without a trace");
        assert_eq!(content_of(&archive, record).unwrap_err().code, ErrorCode::VltErased);
        for query in ["хат", "reg:1-қ", &format!("sha256:{digest}"), &format!("id:{record}")] {
            assert!(found(&archive, query).is_empty(), "{query}");
        }
        assert_eq!(
            add(&archive, record, receipt_entry("y"), &other, None, SYSTEM_ACTOR).unwrap_err().code,
            ErrorCode::VltErased,
            "nothing is added to what is gone"
        );
        archive.close().unwrap();
    }
    bench.audit();
}

#[test]
fn a_corrected_card_is_found_by_its_old_and_its_new_values() {
    let bench = Bench::new();
    let archive = bench.open();
    let folder = bench.submission(17, "incoming");
    let record = record_of(bench.take(&archive, &folder));
    let second = record_of(bench.take(&archive, &bench.submission(20, "incoming")));
    let mut corrected = card(17);
    corrected["title"] = json!("Түзетілген тақырып");
    corrected["registration_number"] = json!("71-қ");
    let file = bench.file("card.json", corrected.to_string().as_bytes());
    done(correct_card(&archive, record, &file, "Нөмірі қате".into(), SYSTEM_ACTOR).unwrap());
    refused(correct_card(&archive, record, &file, "тағы".into(), SYSTEM_ACTOR).unwrap(), ErrorCode::RecNoChange);
    let clash = bench.file("clash.json", card(20).to_string().as_bytes());
    refused(
        correct_card(&archive, record, &clash, "алмастыру".into(), SYSTEM_ACTOR).unwrap(),
        ErrorCode::IngRegistrationTaken,
    );
    let mut wrong = card(18);
    wrong["title"] = json!("");
    wrong["executor_phone"] = json!(null);
    let wrong = bench.file("wrong.json", wrong.to_string().as_bytes());
    match correct_card(&archive, record, &wrong, "қате".into(), SYSTEM_ACTOR).unwrap() {
        Amended::Refused(refusals) => assert_eq!(refusals.len(), 2, "each field its own reason: {refusals:?}"),
        other => panic!("{other:?}"),
    }
    let check = |archive: &Archive| {
        let old_and_new = ["reg:17-қ", "reg:71-қ", "title:түзетілген", "title:\"үлгі құжат 17\"", "түзетілген 17 71"];
        for query in old_and_new {
            assert_eq!(found(archive, query), [record], "{query}");
        }
        assert_eq!(found(archive, "title:құжат"), [second, record], "old values stand in one list with new records");
        let opened = access::open(archive, record, SYSTEM_ACTOR).unwrap();
        assert_eq!(opened.row.card_field(CardField::RegistrationNumber), Some("71-қ"));
        assert_eq!(opened.manifest().unwrap().card_field(CardField::RegistrationNumber), Some("17-қ"));
        assert_eq!(content_of(archive, record).unwrap()["card.2.json"], corrected.to_string().as_bytes());
    };
    check(&archive);
    // What was sent once is held already, under its old number; the number itself is free for its own document.
    assert!(matches!(bench.take(&archive, &folder), Status::Held { record: held } if held == record));
    let mut own = card(17);
    own["title"] = json!("Нөмірдің өз құжаты");
    let own = record_of(bench.take(&archive, &bench.submission_with(&own, 117, "incoming")));
    assert_ne!(own, record);
    assert_eq!(found(&archive, "өз"), [own]);
    // The new number is taken.
    let taken = bench.submission_with(
        &{
            let mut card = card(71);
            card["title"] = json!("Басқа");
            card
        },
        118,
        "incoming",
    );
    match bench.take(&archive, &taken) {
        Status::Refused { reasons, .. } => assert_eq!(reasons[0].code, ErrorCode::IngRegistrationTaken),
        other => panic!("{other:?}"),
    }
    archive.close().unwrap();
    forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(found(&archive, "reg:71-қ"), [record]);
    assert_eq!(found(&archive, "reg:17-қ"), [own, record]);
    archive.close().unwrap();
    bench.audit();
}
