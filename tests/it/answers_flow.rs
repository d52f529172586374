//! What the archive answers, and how its answers are issued.
//!
//! Goal: every submission is answered at once with a confirmation that others can check; a receipt or notice is issued
//! only by a valid signature of a records officer over exactly the prepared bytes, and counts as overdue after one
//! working day. Method: the library on a real folder with a clock that is moved; OpenSSL where it is installed.

use super::signed::{Bench, DAY_MS, at, register_with_senders};
use muragat::access;
use muragat::archive::Archive;
use muragat::audit::{Options as AuditOptions, audit};
use muragat::config::Config;
use muragat::error::ErrorCode;
use muragat::ingest::issue::{self, Issued, Subject, find, sign, unsigned};
use muragat::ingest::waiting::refuse;
use muragat::ingest::{Answered, Intake, Status, submissions};
use muragat::model::answer::{Answer, Confirmation, Notice, Outcome, Receipt};
use muragat::model::digest::sha256;
use muragat::model::id::RecordId;
use muragat::model::missing::Wanted;
use muragat::model::path::RECEIPT_SIGNATURE_PATH;
use muragat::store::local::LocalDisk;
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::path::Path;
use std::process::Command;

fn file<'a>(answered: &'a Answered, name: &str) -> &'a [u8] {
    let found = answered.answers.iter().find(|(found, _)| found == name);
    &found.unwrap_or_else(|| panic!("{name}: {:?}", answered.status)).1
}

fn names(answered: &Answered) -> Vec<&str> {
    answered.answers.iter().map(|(name, _)| name.as_str()).collect()
}

/// The confirmation, verified with the archive's key.
#[track_caller]
fn confirmation(archive: &Archive, answered: &Answered) -> Confirmation {
    let key = archive.answer_key().unwrap().public();
    let (bytes, signature) = (file(answered, "confirmation.json"), file(answered, "confirmation.sig"));
    Confirmation::verify(bytes, signature, &key).unwrap()
}

#[track_caller]
fn record(answered: &Answered) -> (RecordId, u64) {
    let Status::Accepted { record, entry, .. } = &answered.status else { panic!("{:?}", answered.status) };
    (*record, *entry)
}

#[track_caller]
fn refusal(answered: &Answered) -> u64 {
    let Status::Refused { entry, .. } = &answered.status else { panic!("{:?}", answered.status) };
    *entry
}

#[track_caller]
fn not_issued(archive: &Archive, subject: Subject, signature: &[u8]) {
    let Issued::Refused(reasons) = sign(archive, subject, signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap() else {
        panic!("it was issued")
    };
    assert!(!reasons.is_empty() && reasons.iter().all(|r| r.code == ErrorCode::SigAnswer), "{reasons:?}");
}

#[track_caller]
fn issued(archive: &Archive, subject: Subject, signature: &[u8]) {
    let issued = sign(archive, subject, signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap();
    assert!(matches!(issued, Issued::Done { .. }), "{issued:?}");
}

fn audit_is_clean(bench: &Bench) {
    let config = Config::load(&bench.root()).unwrap();
    let disk = LocalDisk::open(&bench.root(), muragat::store::local::Erasing::Vault).unwrap();
    let options = AuditOptions { every_byte: true, threads: 2 };
    let report = audit(&disk, &config, None, None, options, &|_, _| {}).unwrap();
    assert!(report.is_clean(), "{report:?}");
}

/// A submission without the office's signature of the card, which is refused.
fn faulty(bench: &Bench, archive: &Archive, number: &str) -> Answered {
    let mut draft = bench.draft(number);
    draft.card_signature = Some(None);
    draft.signature.as_mut().unwrap()[200] ^= 1;
    bench.take(archive, &draft)
}

#[test]
fn an_accepted_document_has_a_receipt_that_the_office_issues() {
    let bench = Bench::new();
    let archive = bench.open();
    let answered = bench.take(&archive, &bench.draft("03-12/1"));
    let (id, entry) = record(&answered);
    let all = ["confirmation.json", "confirmation.sig", "answer-key.pem", "receipt.json", "receipt.txt"];
    assert_eq!(names(&answered), all);
    let bytes = file(&answered, "receipt.json");
    let receipt = Receipt::decode(bytes).unwrap();
    assert_eq!((receipt.record, receipt.document.number.as_str()), (id, "03-12/1"));
    assert_eq!(receipt.executor.unwrap().surname, "Үлгібаев");
    assert_eq!(receipt.files.len(), 4, "every file that was sent, and none of the archive's own");
    assert!(receipt.files.iter().any(|f| f.path == "main.docx" && f.sha256 == sha256(&bench.draft("03-12/1").main)));
    let text = String::from_utf8(file(&answered, "receipt.txt").to_vec()).unwrap();
    assert!(text.contains("ХАБАРЛАМА-ТҮБІРТЕК") && text.contains("УВЕДОМЛЕНИЕ-КВИТАНЦИЯ"), "{text}");
    let confirmed = confirmation(&archive, &answered);
    assert_eq!(confirmed.outcome, Outcome::Accepted { record: id, entry, receipt: Some(sha256(bytes)) });

    // What is kept is what was handed out; either name leads to it.
    let subject = Subject::Record(id);
    assert_eq!(issue::subject(&archive, &entry.to_string()).unwrap(), subject);
    assert_eq!(issue::subject(&archive, &id.to_string()).unwrap(), subject);
    let prepared = find(&archive, subject, SYSTEM_ACTOR).unwrap();
    assert_eq!((prepared.bytes.as_slice(), prepared.signature), (bytes, None));
    assert_eq!(unsigned(&archive).unwrap().len(), 1);

    // Nobody but a records officer, nothing but these bytes.
    let (office, now) = (&bench.office, at(bench.now()));
    not_issued(&archive, subject, &office.official.sign_detached(bytes, now));
    not_issued(&archive, subject, &office.stranger.sign_detached(bytes, now));
    not_issued(&archive, subject, &office.foreign.sign_detached(bytes, now));
    not_issued(&archive, subject, &office.clerk.sign_detached(&[bytes, b"\n"].concat(), now));
    not_issued(&archive, subject, &office.clerk.sign_attached(b"another text", now));
    not_issued(&archive, subject, &office.clerk.sign_detached(bytes, at(bench.now() + DAY_MS)));
    not_issued(&archive, subject, b"no signature");
    assert_eq!(unsigned(&archive).unwrap().len(), 1);
    let signature = office.clerk.sign_detached(bytes, now);
    issued(&archive, subject, &signature);
    assert_eq!(unsigned(&archive).unwrap().len(), 0);
    let twice = sign(&archive, subject, &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap_err();
    assert_eq!(twice.code, ErrorCode::SigAnswerIssued);
    assert_eq!(find(&archive, subject, SYSTEM_ACTOR).unwrap().signature, Some(signature));
    let opened = access::open(&archive, id, SYSTEM_ACTOR).unwrap();
    assert!(opened.component(RECEIPT_SIGNATURE_PATH).is_ok());
    let validation = opened.read(opened.component("muragat/receipt-validation.json").unwrap()).unwrap();
    let validation: serde_json::Value = serde_json::from_slice(&validation).unwrap();
    assert_eq!(validation["signatures"][0]["signers"][0]["post"], "Кеңсе маманы");
    drop(opened);

    // The same document again is held, and the archive's own files do not make it another one.
    let again = bench.take(&archive, &bench.draft("03-12/1"));
    assert!(matches!(again.status, Status::Held { record } if record == id), "{:?}", again.status);
    assert_eq!(confirmation(&archive, &again).outcome, Outcome::Held { record: id });
    archive.close().unwrap();
    audit_is_clean(&bench);
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(unsigned(&archive).unwrap().len(), 0);
    assert_eq!(issue::all(&archive).unwrap().iter().filter(|row| row.is_issued).count(), 1);
}

#[test]
fn only_the_office_of_the_archives_own_agency_issues_when_it_is_named() {
    let bench = Bench::new();
    let mut config = Config::load(&bench.root()).unwrap();
    config.issuer.name = Some("Үлгі архиві".into());
    config.issuer.agency = Some("OTHER-01".into());
    std::fs::write(bench.root().join("muragat.toml"), config.to_text()).unwrap();
    let archive = bench.open();
    let answered = bench.take(&archive, &bench.draft("1"));
    let bytes = file(&answered, "receipt.json");
    assert_eq!(Receipt::decode(bytes).unwrap().sender.name.as_deref(), Some("Үлгі архиві"));
    let (subject, signature) =
        (Subject::Record(record(&answered).0), bench.office.clerk.sign_detached(bytes, at(bench.now())));
    not_issued(&archive, subject, &signature);
    archive.close().unwrap();
    config.issuer.agency = Some(super::signed::AGENCY.into());
    std::fs::write(bench.root().join("muragat.toml"), config.to_text()).unwrap();
    issued(&bench.open(), subject, &signature);
}

#[test]
fn who_has_left_office_issues_nothing_whatever_day_is_claimed() {
    let bench = Bench::new();
    let archive = bench.open();
    let (id, _) = record(&bench.take(&archive, &bench.draft("1")));
    let refused = refusal(&faulty(&bench, &archive, "2"));
    let claimed = at(bench.now() + 60_000);
    let day = claimed.format("%Y-%m-%d");
    let trust = bench.office.trust(bench.now());
    let (before, clerk) = trust.authority.split_once("iin = \"000000000002\"").unwrap();
    let left = clerk.replacen("from = \"2020-01-01\"", &format!("from = \"2020-01-01\"\nto = \"{day}\""), 1);
    let register = format!("{before}iin = \"000000000002\"{left}").replacen("version = \"1\"", "version = \"2\"", 1);
    bench.adopt(&archive, &register);
    bench.later(2 * DAY_MS);
    for subject in [Subject::Record(id), Subject::Refusal(refused)] {
        let prepared = find(&archive, subject, SYSTEM_ACTOR).unwrap();
        not_issued(&archive, subject, &bench.office.clerk.sign_detached(&prepared.bytes, claimed));
        not_issued(&archive, subject, &bench.office.clerk.sign_detached(&prepared.bytes, at(bench.now())));
    }
    bench.adopt(&archive, &trust.authority.replacen("version = \"1\"", "version = \"3\"", 1));
    for subject in [Subject::Record(id), Subject::Refusal(refused)] {
        let prepared = find(&archive, subject, SYSTEM_ACTOR).unwrap();
        issued(&archive, subject, &bench.office.clerk.sign_detached(&prepared.bytes, claimed));
    }
}

#[test]
fn a_refusal_by_a_person_says_what_is_wrong_on_that_day() {
    let (bench, archive, trust) = Bench::without_crl();
    let mut draft = bench.draft("1");
    draft.signature = Some(bench.office.stranger.sign_detached(&draft.main, at(bench.now() - 120_000)));
    let Status::Waiting { id, .. } = bench.take(&archive, &draft).status else { panic!("it waits for a CRL") };
    bench.share(&archive, &trust.crl);
    let answered = refuse(&archive, id, "мерзімі өтті", SYSTEM_ACTOR).unwrap();
    assert_eq!((archive.index_meta().records, archive.all_waiting().unwrap().len()), (0, 0));
    let Status::Refused { reasons, .. } = &answered.status else { panic!("{:?}", answered.status) };
    let said: Vec<(&str, &str)> = reasons.iter().map(|r| (r.code.as_str(), r.subject.as_str())).collect();
    assert_eq!(said, [("SIG-018", "main.docx.p7s"), ("SIG-019", "submission.json")], "{reasons:?}");
    assert!(reasons[0].detail.contains("unknown"), "the CRL has come, the signer is still unknown: {reasons:?}");
}

#[test]
fn what_is_refused_for_its_description_is_named_in_its_notice_too() {
    let bench = Bench::new();
    let archive = bench.open();
    let mut draft = bench.draft("7");
    // The card names a signature that is not there.
    draft.signature = None;
    let answered = bench.take(&archive, &draft);
    let notice = Notice::decode(file(&answered, "notice.json")).unwrap();
    let sent = notice.sent.unwrap();
    assert_eq!(sent.number.as_deref(), Some("7"));
    assert!(sent.description.is_some() && notice.recipient.is_some() && notice.rules.is_some());
    let again = bench.take(&archive, &draft);
    assert!(matches!(again.status, Status::Refused { repeats: Some(entry), .. } if entry == refusal(&answered)));
}

#[test]
fn without_a_named_archive_the_office_of_the_documents_own_agency_issues() {
    let bench = Bench::new();
    let archive = bench.open();
    // A records officer of another agency of the register.
    bench.adopt(&archive, &register_with_senders(&bench.office.trust(bench.now()).authority));
    let answered = bench.take(&archive, &bench.draft("1"));
    let (subject, bytes) = (Subject::Record(record(&answered).0), file(&answered, "receipt.json"));
    not_issued(&archive, subject, &bench.office.third_clerk.sign_detached(bytes, at(bench.now())));
    issued(&archive, subject, &bench.office.clerk.sign_detached(bytes, at(bench.now())));
    // Also of one that was refused for its card: the description had named the agency.
    let mut draft = bench.draft("2");
    draft.card.as_object_mut().unwrap().remove("title");
    let answered = bench.take(&archive, &draft);
    let (subject, bytes) = (Subject::Refusal(refusal(&answered)), file(&answered, "notice.json"));
    not_issued(&archive, subject, &bench.office.third_clerk.sign_detached(bytes, at(bench.now())));
    issued(&archive, subject, &bench.office.clerk.sign_detached(bytes, at(bench.now())));
    // Of one that names nobody it is not known who signs, until the configuration says it.
    let path = bench.folder.path().join("хат.zip");
    std::fs::write(&path, b"no ZIP file").unwrap();
    let answered = Intake::new(&archive, SYSTEM_ACTOR).take(&path);
    let subject = Subject::Refusal(refusal(&answered));
    let signature = bench.office.clerk.sign_detached(file(&answered, "notice.json"), at(bench.now()));
    let error = sign(&archive, subject, &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap_err();
    assert_eq!((error.code, error.code.exit()), (ErrorCode::SigIssuerUnnamed, muragat::error::Exit::Configuration));
    archive.close().unwrap();
    let mut config = Config::load(&bench.root()).unwrap();
    config.issuer.agency = Some(super::signed::AGENCY.into());
    std::fs::write(bench.root().join("muragat.toml"), config.to_text()).unwrap();
    issued(&bench.open(), subject, &signature);
}

#[test]
fn material_that_is_given_with_a_signature_is_kept_with_its_validation() {
    let bench = Bench::new();
    let archive = bench.open();
    let accepted = bench.take(&archive, &bench.draft("1"));
    let refused = faulty(&bench, &archive, "2");
    // The CRL of the archive has grown old: a signature of now needs a newer one.
    bench.later(40 * DAY_MS);
    let sign_now = |answered: &Answered, name| bench.office.clerk.sign_detached(file(answered, name), at(bench.now()));
    let (receipt, notice) = (sign_now(&accepted, "receipt.json"), sign_now(&refused, "notice.json"));
    let (of_record, of_refusal) = (Subject::Record(record(&accepted).0), Subject::Refusal(refusal(&refused)));
    not_issued(&archive, of_record, &receipt);
    let mut material = Material::default();
    let crl = bench.office.crl(bench.now(), &[]);
    material.add_file(&crl).unwrap();
    let with = |subject, signature: &[u8]| {
        sign(&archive, subject, signature, Some(&material), SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap()
    };
    assert!(!archive.index().has_material(sha256(&crl)).unwrap(), "nothing of a refused signature is kept");
    let Issued::Done { .. } = with(of_record, &receipt) else { panic!("not issued") };
    assert!(archive.index().has_material(sha256(&crl)).unwrap(), "the CRL names no person: it is shared");
    let Issued::Done { .. } = with(of_refusal, &notice) else { panic!("not issued") };
    let opened = access::open(&archive, record(&accepted).0, SYSTEM_ACTOR).unwrap();
    let validation = opened.read(opened.component("muragat/receipt-validation.json").unwrap()).unwrap();
    let validation: serde_json::Value = serde_json::from_slice(&validation).unwrap();
    assert_eq!(validation["summary"]["material"], serde_json::json!([sha256(&crl).to_string()]));
    drop(opened);
    archive.close().unwrap();
    audit_is_clean(&bench);
}

#[test]
fn a_submission_that_is_refused_again_for_the_same_has_one_notice() {
    let bench = Bench::new();
    let archive = bench.open();
    let first = faulty(&bench, &archive, "1");
    let (entry, notice) = (refusal(&first), file(&first, "notice.json").to_vec());
    let repeats = |answered: &Answered| {
        let Status::Refused { repeats, .. } = answered.status else { panic!("{:?}", answered.status) };
        repeats
    };
    let folder = bench.folder.path().join("1");
    let again = |archive: &Archive| {
        let answered = Intake::new(archive, SYSTEM_ACTOR).take(&folder);
        archive.wait_index().unwrap();
        answered
    };
    bench.later(DAY_MS);
    let second = again(&archive);
    assert_eq!((repeats(&first), repeats(&second)), (None, Some(entry)));
    assert!(refusal(&second) > entry, "each refusal is an entry of its own");
    assert_eq!(file(&second, "notice.json"), notice);
    assert_eq!(unsigned(&archive).unwrap().len(), 1, "an officer signs once");
    let confirmed = confirmation(&archive, &second);
    let Outcome::Refused { notice: named, entry: of, .. } = confirmed.outcome else { panic!("not refused") };
    assert_eq!((named, of), (Some(sha256(&notice)), refusal(&second)));
    // Its term is that of the first refusal: Thursday, so Friday.
    assert_eq!(confirmed.due.unwrap().to_string(), "2026-03-06");
    let subject = issue::subject(&archive, &refusal(&second).to_string()).unwrap();
    assert_eq!(subject, Subject::Refusal(entry), "asked by the later entry, it is the same notice");
    // Once issued it is delivered with its signature, also by an index that was built anew.
    let signature = bench.office.clerk.sign_detached(&notice, at(bench.now()));
    issued(&archive, subject, &signature);
    archive.close().unwrap();
    audit_is_clean(&bench);
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    let third = again(&archive);
    assert_eq!((repeats(&third), file(&third, "notice.json.p7s")), (Some(entry), signature.as_slice()));
    assert_eq!(confirmation(&archive, &third).due, None, "nothing is left to be signed");
    // Other files, or other reasons, are another refusal.
    let fixed = bench.draft("1");
    let mut other = bench.draft("1");
    other.card_signature = Some(None);
    assert_eq!(repeats(&bench.take(&archive, &other)), None);
    assert!(matches!(bench.take(&archive, &fixed).status, Status::Accepted { .. }));
    // Of a card that cannot be read nobody knows which document it is of, whatever else is the same.
    let unreadable = |number: &str| {
        let mut draft = bench.draft(number);
        draft.card["title"] = format!("Хат {number}\u{7}").into();
        bench.take(&archive, &draft)
    };
    assert_eq!((repeats(&unreadable("2")), repeats(&unreadable("3"))), (None, None));
}

#[test]
fn a_secret_document_that_comes_again_is_not_recognised() {
    let bench = Bench::new();
    let archive = bench.open();
    let mut draft = bench.draft("77-қ");
    draft.card["title"] = "Құпия".into();
    let repeats: Vec<Option<u64>> = (0..2)
        .map(|_| match bench.take(&archive, &draft).status {
            Status::Refused { repeats, .. } => repeats,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(repeats, [None, None], "not even a digest of it is kept");
}

#[test]
fn an_adopted_calendar_counts_the_deadlines() {
    let bench = Bench::new();
    let archive = bench.open();
    record(&bench.take(&archive, &bench.draft("1")));
    let due = |archive: &Archive| {
        let row = unsigned(archive).unwrap().swap_remove(0);
        (row.due.last.to_string(), row.due.basis.as_str())
    };
    // 2026-03-05 is a Thursday.
    assert_eq!(due(&archive), ("2026-03-06".to_owned(), "sample"));
    let sample = include_str!("../../schema/calendar/1/kz-sample.toml");
    let of = |edition: &str, from: &str, to: &str| {
        let text = sample.replacen("sample-1", edition, 1).replacen("status = \"sample\"", "status = \"official\"", 1);
        text.replacen("2023-01-01", from, 1).replacen("2029-12-31", to, 1)
    };
    let friday = "\n[[off]]\ndate = \"2026-03-06\"\nreason = \"Үлгі қаулы\"\n";
    bench.adopt(&archive, &(of("2026", "2026-01-01", "2026-12-31") + friday));
    assert_eq!(due(&archive), ("2026-03-10".to_owned(), "official"));
    // That of the next year takes nothing away from it.
    bench.adopt(&archive, &of("2027", "2027-01-01", "2027-12-31"));
    assert_eq!(due(&archive), ("2026-03-10".to_owned(), "official"));
    archive.close().unwrap();
    audit_is_clean(&bench);
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(due(&archive), ("2026-03-10".to_owned(), "official"));
    bench.later(3 * 365 * DAY_MS);
    bench.share(&archive, &bench.office.crl(bench.now(), &[]));
    refusal(&faulty(&bench, &archive, "2"));
    assert_eq!(unsigned(&archive).unwrap()[1].due.basis.as_str(), "not_covered");
}

#[test]
fn a_spilled_record_awaits_no_signature() {
    let bench = Bench::new();
    let archive = bench.open();
    let (id, _) = record(&bench.take(&archive, &bench.draft("1")));
    muragat::ingest::spill::unsigned(&archive, id, SYSTEM_ACTOR).unwrap();
    assert_eq!(unsigned(&archive).unwrap().len(), 0);
    assert_eq!(find(&archive, Subject::Record(id), SYSTEM_ACTOR).unwrap_err().code, ErrorCode::VltErased);
    archive.close().unwrap();
    assert_eq!(unsigned(&bench.open()).unwrap().len(), 0, "nor in an index that is built anew");
}

#[test]
fn an_attached_signature_of_the_same_bytes_issues_too() {
    let bench = Bench::new();
    let archive = bench.open();
    let answered = bench.take(&archive, &bench.draft("1"));
    let signature = bench.office.clerk.sign_attached(file(&answered, "receipt.json"), at(bench.now()));
    issued(&archive, Subject::Record(record(&answered).0), &signature);
}

#[test]
fn a_refused_document_has_a_notice_with_every_reason() {
    let bench = Bench::new();
    let archive = bench.open();
    let answered = faulty(&bench, &archive, "1");
    let entry = refusal(&answered);
    assert_eq!(names(&answered)[3..], ["notice.json", "notice.txt"]);
    let bytes = file(&answered, "notice.json");
    let notice = Notice::decode(bytes).unwrap();
    let Status::Refused { reasons, .. } = &answered.status else { unreachable!() };
    assert!(reasons.len() > 1, "{reasons:?}");
    let codes: Vec<&str> = reasons.iter().map(|r| r.code.as_str()).collect();
    assert_eq!(notice.reasons.iter().map(|r| r.code.as_str()).collect::<Vec<_>>(), codes);
    let text = String::from_utf8(file(&answered, "notice.txt").to_vec()).unwrap();
    for reason in reasons {
        assert!(text.contains(reason.code.text(Lang::Kk)) && text.contains(reason.code.text(Lang::Ru)), "{text}");
    }
    assert!(text.contains("қабылданбады"));
    let sent = notice.sent.unwrap();
    assert_eq!((sent.number.as_deref(), sent.source.as_deref()), (Some("1"), Some("1")));
    assert!(sent.description.is_some() && sent.files.len() == 3, "{sent:?}");
    let Outcome::Refused { notice, .. } = confirmation(&archive, &answered).outcome else { panic!("not refused") };
    assert_eq!(notice, Some(sha256(bytes)));

    let subject = Subject::Refusal(entry);
    assert_eq!(issue::subject(&archive, &entry.to_string()).unwrap(), subject);
    not_issued(&archive, subject, &bench.office.official.sign_detached(bytes, at(bench.now())));
    let other = faulty(&bench, &archive, "2");
    let signature = bench.office.clerk.sign_detached(bytes, at(bench.now()));
    not_issued(&archive, Subject::Refusal(refusal(&other)), &signature);
    issued(&archive, subject, &signature);
    let signed_again = sign(&archive, subject, &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap_err();
    assert_eq!(signed_again.code, ErrorCode::SigAnswerIssued);
    // The act that issued it is found behind later ones.
    faulty(&bench, &archive, "3");
    let found = find(&archive, subject, SYSTEM_ACTOR).unwrap();
    assert_eq!((found.bytes.as_slice(), found.signature), (bytes, Some(signature)));
    assert_eq!(unsigned(&archive).unwrap().len(), 2);
    let states: Vec<bool> = issue::all(&archive).unwrap().iter().map(|row| row.is_issued).collect();
    assert_eq!(states, [true, false, false]);
    archive.close().unwrap();
    audit_is_clean(&bench);
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    let again: Vec<bool> = issue::all(&archive).unwrap().iter().map(|row| row.is_issued).collect();
    assert_eq!((again, unsigned(&archive).unwrap().len()), (states, 2));
}

#[test]
fn there_is_nothing_to_sign_where_nothing_was_prepared() {
    let bench = Bench::new();
    let archive = bench.open();
    for nothing in ["0", "999999", "x", "-1"] {
        assert_eq!(issue::subject(&archive, nothing).unwrap_err().code, ErrorCode::SigNoAnswer, "{nothing}");
    }
    let none = Subject::Record(RecordId([0; 16]));
    let unknown = sign(&archive, none, b"", None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap_err();
    assert_eq!(unknown.code, ErrorCode::ArcNoRecord);
    let no_refusal = sign(&archive, Subject::Refusal(0), b"", None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap_err();
    assert_eq!(no_refusal.code, ErrorCode::SigNoAnswer);
}

#[test]
fn what_cannot_be_read_has_a_notice_too() {
    let bench = Bench::new();
    let archive = bench.open();
    let path = bench.folder.path().join("хат.zip");
    std::fs::write(&path, b"no ZIP file").unwrap();
    let answered = Intake::new(&archive, SYSTEM_ACTOR).take(&path);
    let notice = Notice::decode(file(&answered, "notice.json")).unwrap();
    let sent = notice.sent.unwrap();
    assert_eq!((sent.source.as_deref(), sent.container), (Some("хат.zip"), Some(sha256(b"no ZIP file"))));
    confirmation(&archive, &answered);
}

#[test]
fn of_a_secret_document_nothing_is_said() {
    let bench = Bench::new();
    let archive = bench.open();
    let mut draft = bench.draft("77-қ");
    draft.card["title"] = "Құпия".into();
    let answered = bench.take(&archive, &draft);
    let entry = refusal(&answered);
    for (name, bytes) in &answered.answers {
        let text = String::from_utf8_lossy(bytes);
        for word in ["77-қ", "card.json", "main.docx", "Үлгібаев", &sha256(&draft.main).to_string()] {
            assert!(!text.contains(word), "{name}: {word}");
        }
    }
    assert!(Notice::decode(file(&answered, "notice.json")).unwrap().is_withheld());
    confirmation(&archive, &answered);
    // Whose document it is was not kept: the office issues it where the archive says whose it is.
    let signature = bench.office.clerk.sign_detached(file(&answered, "notice.json"), at(bench.now()));
    let unnamed = sign(&archive, Subject::Refusal(entry), &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap_err();
    assert_eq!(unnamed.code, ErrorCode::SigIssuerUnnamed);
    archive.close().unwrap();
    let mut config = Config::load(&bench.root()).unwrap();
    config.issuer.agency = Some(super::signed::AGENCY.into());
    std::fs::write(bench.root().join("muragat.toml"), config.to_text()).unwrap();
    issued(&bench.open(), Subject::Refusal(entry), &signature);
}

#[test]
fn a_waiting_document_is_confirmed_as_waiting_and_answered_when_it_is_decided() {
    let (bench, archive, _) = Bench::without_crl();
    let answered = bench.take(&archive, &bench.draft("1"));
    let Status::Waiting { id, ref missing, .. } = answered.status else { panic!("{:?}", answered.status) };
    // Every signer's certificate wants word of its own; what is kept with the submission is what was answered.
    assert!(
        missing.len() == 2 && missing.iter().all(|one| matches!(one.what, Wanted::Revocation { .. })),
        "{missing:?}"
    );
    let held = archive.waiting(id).unwrap();
    assert_eq!(muragat::ingest::waiting::missing(&held), *missing);
    assert!(muragat::ingest::waiting::reasons(&held).iter().all(|reason| reason.said.is_some()));
    assert_eq!(names(&answered), ["confirmation.json", "confirmation.sig", "answer-key.pem"]);
    let confirmed = confirmation(&archive, &answered);
    assert!(matches!(confirmed.outcome, Outcome::Waiting { id: found, .. } if found == id));
    assert_eq!(unsigned(&archive).unwrap().len(), 0);
    bench.later(DAY_MS);
    let answered = refuse(&archive, id, "мерзімі өтті", SYSTEM_ACTOR).unwrap();
    let notice = Notice::decode(file(&answered, "notice.json")).unwrap();
    assert!(notice.waiting_since.is_some());
    assert!(notice.reasons.iter().any(|reason| reason.kk.contains("мерзімі өтті")), "the person's own words");
    let sent = notice.sent.unwrap();
    assert_eq!((sent.number.as_deref(), sent.files.len()), (Some("1"), 4));
    // As much as a refusal at receipt says.
    assert!(sent.files.iter().all(|file| file.role.is_some()), "{sent:?}");
    assert_eq!(notice.recipient.and_then(|body| body.name).as_deref(), Some("Үлгі мекемесі"));
    assert!(notice.rules.is_some());

    let answered = bench.take(&archive, &bench.draft("2"));
    let Status::Waiting { id, .. } = answered.status else { panic!("{:?}", answered.status) };
    let received = bench.now();
    bench.later(DAY_MS);
    bench.share(&archive, &bench.office.crl(bench.now(), &[]));
    let mut tried = None;
    muragat::ingest::waiting::retry(&archive, &[id], None, SYSTEM_ACTOR, &mut |t| {
        tried = Some(file(&t.answered, "receipt.json").to_vec());
    })
    .unwrap();
    let receipt = Receipt::decode(&tried.unwrap()).unwrap();
    assert_eq!(receipt.received.utc(), at(received / 1000 * 1000), "received when it first came");
    assert_eq!(receipt.accepted.utc(), at(bench.now() / 1000 * 1000));
    assert_eq!(unsigned(&archive).unwrap().len(), 2);
}

#[test]
fn unsigned_answers_are_overdue_after_one_working_day() {
    let bench = Bench::new();
    // 2026-03-05 is a Thursday; 8 March is a Sunday and a holiday, so that 9 March is free.
    let (hour, archive) = (60 * 60 * 1000, bench.open());
    record(&bench.take(&archive, &bench.draft("1")));
    refusal(&faulty(&bench, &archive, "2"));
    let state = |archive: &Archive| -> Vec<(String, bool)> {
        unsigned(archive).unwrap().iter().map(|row| (row.due.last.to_string(), row.is_overdue)).collect()
    };
    let friday = "2026-03-06".to_owned();
    assert_eq!(state(&archive), [(friday.clone(), false), (friday.clone(), false)]);
    bench.later(DAY_MS);
    assert_eq!(state(&archive), [(friday.clone(), false), (friday.clone(), false)], "the whole of Friday is in time");
    // What comes on Friday is due on Tuesday.
    record(&bench.take(&archive, &bench.draft("3")));
    let tuesday = "2026-03-10".to_owned();
    bench.later(DAY_MS);
    assert_eq!(state(&archive), [(friday.clone(), true), (friday.clone(), true), (tuesday.clone(), false)]);
    bench.later(3 * DAY_MS + 14 * hour);
    assert_eq!(state(&archive)[2], (tuesday.clone(), false), "Tuesday, before midnight in Almaty");
    bench.later(hour);
    let last = state(&archive);
    assert_eq!(last[2], (tuesday, true));
    let entries = |archive: &Archive| unsigned(archive).unwrap().iter().map(|row| row.entry).collect::<Vec<_>>();
    let before = entries(&archive);
    archive.close().unwrap();
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!((entries(&archive), state(&archive)), (before, last), "the index that is built anew says the same");
}

#[test]
fn the_folder_of_answers_is_no_submission() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str| std::fs::create_dir_all(folder.path().join(name)).unwrap();
    for name in ["1", "1.answer", "1.answer-2", "2.answer", "3.answers", "3"] {
        make(name);
        std::fs::write(folder.path().join(name).join("confirmation.json"), b"{}").unwrap();
    }
    std::fs::write(folder.path().join("4.zip"), b"").unwrap();
    make("4.zip.answer");
    // An empty folder, a folder of its own, a submission with such a name.
    make("5.answer");
    std::fs::write(folder.path().join("3").join("submission.json"), b"{}").unwrap();
    make("3.answer");
    std::fs::write(folder.path().join("3.answer").join("submission.json"), b"{}").unwrap();
    let found = submissions(folder.path()).unwrap();
    let found: Vec<String> =
        found.iter().map(|p| p.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned()).collect();
    let wanted = [
        "1/confirmation.json",
        "2.answer/confirmation.json",
        "3",
        "3.answer",
        "3.answers/confirmation.json",
        "4.zip",
        "5.answer",
    ];
    assert_eq!(found, wanted);
}

fn openssl(folder: &Path, arguments: &str) -> Option<bool> {
    let run = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
    match run {
        Ok(output) => {
            if !output.status.success() {
                eprintln!("{}", String::from_utf8_lossy(&output.stderr));
            }
            Some(output.status.success())
        }
        Err(e) => {
            eprintln!("skipped: openssl: {e}");
            None
        }
    }
}

#[test]
fn openssl_verifies_what_is_issued() {
    let bench = Bench::new();
    let archive = bench.open();
    let answered = bench.take(&archive, &bench.draft("1"));
    let subject = Subject::Record(record(&answered).0);
    // OpenSSL judges by its own clock: what is asked is whether the signature covers the bytes.
    let signature = bench.office.clerk.sign_detached(file(&answered, "receipt.json"), at(bench.now()));
    issued(&archive, subject, &signature);
    let out = tempfile::tempdir().unwrap();
    for (name, bytes) in &answered.answers {
        std::fs::write(out.path().join(name), bytes).unwrap();
    }
    let prepared = find(&archive, subject, SYSTEM_ACTOR).unwrap();
    std::fs::write(out.path().join(prepared.signature_file()), prepared.signature.unwrap()).unwrap();
    std::fs::write(out.path().join("root.pem"), bench.office.root.certificate_pem()).unwrap();
    let cms = "cms -verify -binary -inform DER -in receipt.json.p7s -content receipt.json -CAfile root.pem -purpose any \
               -no_check_time -out verified.json";
    let confirmation = "pkeyutl -verify -pubin -inkey answer-key.pem -rawin -in confirmation.json -sigfile \
                        confirmation.sig";
    for arguments in [cms, confirmation] {
        assert_ne!(openssl(out.path(), arguments), Some(false), "{arguments}");
    }
    // One byte more, and neither does.
    for name in ["receipt.json", "confirmation.json"] {
        let path = out.path().join(name);
        let bytes = std::fs::read(&path).unwrap();
        assert!(Answer::decode(&bytes).is_ok());
        std::fs::write(&path, [bytes.as_slice(), b" "].concat()).unwrap();
    }
    for arguments in [cms, confirmation] {
        assert_ne!(openssl(out.path(), arguments), Some(true), "{arguments:?}");
    }
}
