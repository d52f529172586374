//! Signatures decide at receipt.
//!
//! Goal: a submission becomes a record only when every signature that the policy asks for is there, valid and of a signer
//! with authority; what can never be is refused with its reason, what may still be waits and is taken in when it is.
//! Method: the library on a real folder; each case is the good submission with one thing changed.

use super::fetch::{another_root, present};
use super::signed::{Bench, DAY_MS, Draft, at, codes, register_with_senders, register_with_stranger};
use muragat::access;
use muragat::audit::{Options as AuditOptions, audit};
use muragat::cli::samples::signer::Revocation;
use muragat::config::Config;
use muragat::error::{ErrorCode, Refusal};
use muragat::ingest::repeat::repeat;
use muragat::ingest::share::{NotShared, add_shared};
use muragat::ingest::waiting::{refuse, retry};
use muragat::ingest::{Answered, Options, Status, ingest};
use muragat::model::id::RecordId;
use muragat::model::validation::{CreationBasis, SignatureVerdict};
use muragat::store::local::LocalDisk;
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::der::{Reader, tag, write};
use muragat::verify::material::Material;
use std::sync::atomic::AtomicBool;

#[track_caller]
pub(crate) fn accepted(answered: &Answered) -> RecordId {
    match &answered.status {
        Status::Accepted { record, flags, .. } => {
            assert_eq!(*flags, Vec::<String>::new());
            *record
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(answered: &Answered, code: &str, subject: &str) {
    let Status::Refused { reasons, .. } = &answered.status else { panic!("{:?}", answered.status) };
    let found = codes(reasons);
    assert!(found.get(code).is_some_and(|subjects| subjects.iter().any(|s| s == subject)), "{found:?} {reasons:?}");
    assert_eq!(found.len(), 1, "{found:?}");
    said_in_words(reasons);
}

/// What a notice or the list of what waits says of a signature is said in Kazakh and in Russian: names and codes may be
/// Latin, no English words in a row.
#[track_caller]
fn said_in_words(reasons: &[Refusal]) {
    for reason in reasons.iter().filter(|r| r.code.as_str().starts_with("SIG-") && r.code != ErrorCode::SigCovers) {
        let said = reason.said.as_ref().unwrap_or_else(|| panic!("{reason}: not said for people"));
        for lang in [Lang::Kk, Lang::Ru] {
            let text = said.get(lang);
            let is_english = |word: &&str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
            let words: Vec<&str> = text.split(' ').collect();
            assert!(!words.windows(2).any(|pair| pair.iter().all(is_english)), "{text}");
            assert!(text.chars().any(|c| ('а'..='я').contains(&c)), "{text}");
        }
    }
}

#[track_caller]
fn waits(answered: &Answered, code: &str) -> RecordId {
    let Status::Waiting { id, reasons, .. } = &answered.status else { panic!("{:?}", answered.status) };
    assert!(codes(reasons).contains_key(code), "{reasons:?}");
    said_in_words(reasons);
    *id
}

/// The validation and every report in it are as their schemas say.
fn follows_its_schema(validation: &serde_json::Value) {
    let check = |name: &str, value: &serde_json::Value| {
        let file = format!("{}/schema/{name}/1/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let schema = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        if let Err(e) = validator.validate(value) {
            panic!("{name}: {e} at {}: {value}", e.instance_path());
        }
    };
    check("validation", validation);
    let listed = |key: &str| validation[key].as_array().unwrap().clone();
    for signature in listed("signatures").iter().chain(&listed("timestamps")) {
        check("report", &signature["report"]);
    }
}

fn audit_is_clean(bench: &Bench) {
    let config = Config::load(&bench.root()).unwrap();
    let disk = LocalDisk::open(&bench.root(), muragat::store::local::Erasing::Vault).unwrap();
    let options = AuditOptions { every_byte: true, threads: 2 };
    let report = audit(&disk, &config, None, None, options, &|_, _| {}).unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn a_good_submission_is_a_record_that_says_why_and_when() {
    let bench = Bench::new();
    let archive = bench.open();
    let record = accepted(&bench.take(&archive, &bench.draft("1")));
    let opened = access::open(&archive, record, SYSTEM_ACTOR).unwrap();
    let validation = opened.manifest().unwrap().validation.unwrap();
    assert_eq!(validation.verdict, SignatureVerdict::Valid);
    assert_eq!(validation.created_basis, CreationBasis::Claimed, "no time-stamp proves an earlier time");
    assert_eq!(validation.claimed, Some(at(bench.now() / 1000 * 1000 - 120_000)));
    assert_eq!(validation.material.len(), 1, "the CRL, which all records share");
    let whole = opened.validation().unwrap().unwrap();
    follows_its_schema(&whole);
    assert_eq!(whole["verdicts"]["authority"], "passed");
    assert_eq!(whole["signatures"].as_array().unwrap().len(), 2);
    assert_eq!(whole["signatures"][0]["signers"][0]["post"], "Бөлім басшысы");
    assert_eq!(whole["signatures"][0]["report"]["signatures"][0]["signer"]["iin"], "000000000001");
    drop(opened);
    archive.close().unwrap();
    audit_is_clean(&bench);
}

#[test]
fn what_can_never_be_valid_is_refused_with_its_reason() {
    let bench = Bench::new();
    let archive = bench.open();
    let office = &bench.office;
    let now = bench.now();
    let signed = |by: &muragat::cli::samples::signer::Signer, number: &str| {
        let mut draft = bench.draft(number);
        draft.signature = Some(by.sign_detached(&draft.main, at(now - 120_000)));
        draft
    };

    // One byte of the signature's value, and a document that is not the signed one.
    let mut draft = bench.draft("1");
    let signature = draft.signature.as_mut().unwrap();
    let last = signature.len() - 1;
    signature[last] ^= 1;
    refused(&bench.take(&archive, &draft), "SIG-001", "main.docx.p7s");
    let mut draft = bench.draft("2");
    draft.signature = Some(office.official.sign_detached(b"another document", at(now)));
    refused(&bench.take(&archive, &draft), "SIG-001", "main.docx.p7s");
    let mut draft = bench.draft("3");
    draft.signature = Some(b"no signature".to_vec());
    refused(&bench.take(&archive, &draft), "SIG-001", "main.docx.p7s");

    refused(&bench.take(&archive, &signed(&office.brief, "4")), "SIG-002", "main.docx.p7s");
    let mut draft = signed(&office.foreign, "5");
    let root = office.other_root.certificate_pem().into_bytes();
    draft.more.push(("root.pem".into(), "certificate", root));
    refused(&bench.take(&archive, &draft), "SIG-002", "main.docx.p7s");

    // Not the right office, nobody's signature, the wrong order.
    refused(&bench.take(&archive, &signed(&office.clerk, "6")), "SIG-006", "main.docx.p7s");
    refused(
        &bench.take(&archive, &Draft { signature: None, card: unsigned_card(&bench, "7"), ..bench.draft("7") }),
        "SIG-004",
        "main.docx",
    );
    refused(&bench.take(&archive, &Draft { card_signature: Some(None), ..bench.draft("8") }), "SIG-005", "card.json");
    let mut draft = bench.draft("9");
    draft.signature = Some(office.official.sign_detached(&draft.main, at(now + 60_000)));
    refused(&bench.take(&archive, &draft), "SIG-009", "card.json");

    // The card of another document, and one that does not say of which it is.
    let mut draft = bench.draft("10");
    draft.card.as_object_mut().unwrap().remove("documents");
    refused(&bench.take(&archive, &draft), "SIG-008", "card.json#/documents");
    let mut draft = bench.draft("11");
    draft.card["documents"][0]["sha256"] = muragat::model::digest::sha256(b"another").to_string().into();
    refused(&bench.take(&archive, &draft), "ING-014", "card.json#/documents/0");

    assert_eq!(archive.index_meta().records, 0);
    archive.close().unwrap();
    audit_is_clean(&bench);
}

#[test]
fn what_an_attacker_tries_is_refused() {
    let bench = Bench::new();
    let archive = bench.open();
    let office = &bench.office;
    // An earlier office is not claimed with a certificate that did not exist then.
    let mut draft = bench.draft("1");
    draft.signature = Some(office.official.sign_detached(&draft.main, at(bench.now() - 500 * DAY_MS)));
    refused(&bench.take(&archive, &draft), "SIG-002", "main.docx.p7s");
    // Nothing stands behind a signed document.
    let mut draft = bench.draft("2");
    let mut main = office.official.sign_attached(&draft.main, at(bench.now() - 120_000));
    main.extend_from_slice(b"not signed");
    draft.card["documents"][0]["sha256"] = muragat::model::digest::sha256(&main).to_string().into();
    draft.card["signatures"] = serde_json::json!([]);
    (draft.main, draft.signature) = (main, None);
    let Status::Refused { reasons, .. } = bench.take(&archive, &draft).status else { panic!("accepted") };
    assert!(codes(&reasons).contains_key("SIG-001") || codes(&reasons).contains_key("FMT-015"), "{reasons:?}");
    // A CRL by another key under the same name does not come in.
    let mut foreign = muragat::verify::material::Material::default();
    foreign.add_file(&office.other_root.crl(9, validity(bench.now()), &[])).unwrap();
    let shared = muragat::ingest::signatures::add_shared(&archive, &foreign, SYSTEM_ACTOR).unwrap();
    assert_eq!((shared.added, shared.left_for(NotShared::NoIssuer)), (0, 1));
}

fn validity(now: u64) -> muragat::cli::samples::signer::Validity {
    muragat::cli::samples::signer::Validity { from: at(now), until: at(now + DAY_MS) }
}

#[test]
fn a_policy_that_was_replaced_comes_into_force_again_when_it_is_adopted_again() {
    let bench = Bench::new();
    let trust = bench.office.trust(bench.now());
    let archive = bench.open();
    let second = trust.policy.replacen("version = \"2026-1\"", "version = \"2026-2\"", 1);
    bench.adopt(&archive, &second);
    bench.adopt(&archive, &trust.policy);
    assert_eq!(archive.validation_policy().unwrap().policy.version, "2026-1");
}

fn unsigned_card(bench: &Bench, number: &str) -> serde_json::Value {
    let mut card = bench.draft(number).card;
    card["signatures"] = serde_json::json!([]);
    card
}

#[test]
fn a_revoked_certificate_refuses_and_one_on_hold_waits() {
    let bench = Bench::new();
    let archive = bench.open();
    let revocation = |reason| Revocation { signer: &bench.office.official, at: at(bench.now() - DAY_MS), reason };
    bench.later(60_000);
    bench.share(&archive, &bench.office.crl(bench.now(), &[revocation(6)]));
    let id = waits(&bench.take(&archive, &bench.draft("1")), "SIG-003");
    bench.later(60_000);
    bench.share(&archive, &bench.office.crl(bench.now(), &[revocation(1)]));
    refused(&bench.take(&archive, &bench.draft("2")), "SIG-002", "main.docx.p7s");
    // What was on hold is revoked now: it waits no more.
    retry(&archive, &[id], None, SYSTEM_ACTOR, &mut |tried| refused(&tried.answered, "SIG-002", "main.docx.p7s"))
        .unwrap();
    assert_eq!(archive.all_waiting().unwrap().len(), 0);
    archive.close().unwrap();
    audit_is_clean(&bench);
}

#[test]
fn missing_material_waits_and_is_accepted_when_it_comes() {
    let (bench, archive, _) = Bench::without_crl();
    let received = bench.now();
    let id = waits(&bench.take(&archive, &bench.draft("1")), "SIG-003");
    // The same once more waits already; nothing is kept twice.
    assert_eq!(waits(&bench.take(&archive, &bench.draft("1")), "SIG-003"), id);
    assert_eq!(archive.all_waiting().unwrap().len(), 1);
    assert_eq!(archive.index_meta().records, 0);
    archive.close().unwrap();
    audit_is_clean(&bench);

    // A later process, an index built anew.
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    bench.later(3 * DAY_MS);
    retry(&archive, &[id], None, SYSTEM_ACTOR, &mut |tried| assert_eq!(waits(&tried.answered, "SIG-003"), id)).unwrap();
    bench.share(&archive, &bench.office.crl(bench.now(), &[]));
    let mut record = None;
    retry(&archive, &[id], None, SYSTEM_ACTOR, &mut |tried| record = Some(accepted(&tried.answered))).unwrap();
    let opened = access::open(&archive, record.unwrap(), SYSTEM_ACTOR).unwrap();
    let validation = opened.manifest().unwrap().validation.unwrap();
    assert_eq!(validation.received, at(received / 1000 * 1000), "received when it first came");
    drop(opened);
    assert_eq!(archive.waiting(id).err().unwrap().code, ErrorCode::SigNotWaiting);
    archive.close().unwrap();
    audit_is_clean(&bench);

    // Whatever order the truths are read in, it waits no more.
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(archive.all_waiting().unwrap().len(), 0);
    assert_eq!(archive.index_meta().damaged, 0);
}

#[test]
fn an_unknown_signer_never_passes_and_waits_for_the_register() {
    let bench = Bench::new();
    let archive = bench.open();
    let mut draft = bench.draft("1");
    draft.signature = Some(bench.office.stranger.sign_detached(&draft.main, at(bench.now() - 60_000)));
    let id = waits(&bench.take(&archive, &draft), "SIG-007");
    let trust = bench.office.trust(bench.now());
    bench.adopt(&archive, &register_with_stranger(&trust.authority));
    retry(&archive, &[id], None, SYSTEM_ACTOR, &mut |tried| _ = accepted(&tried.answered)).unwrap();
}

/// An incoming document that the sending body's official signed, and its card by somebody.
fn incoming(bench: &Bench, number: &str, clerk: &muragat::cli::samples::signer::Signer) -> Draft {
    let mut draft = bench.draft(number);
    draft.direction = "incoming";
    draft.signature = Some(bench.office.sender[0].sign_detached(&draft.main, at(bench.now() - 120_000)));
    draft.card_signature = Some(Some(clerk.sign_detached(draft.card.to_string().as_bytes(), at(bench.now()))));
    draft
}

#[test]
fn the_card_of_an_incoming_document_is_signed_by_its_sender_or_by_its_receiver() {
    let bench = Bench::new();
    let archive = bench.open();
    let (office, trust) = (&bench.office, bench.office.trust(bench.now()));
    bench.adopt(&archive, &register_with_senders(&trust.authority));
    accepted(&bench.take(&archive, &incoming(&bench, "1", &office.clerk)));
    accepted(&bench.take(&archive, &incoming(&bench, "2", &office.sender[1])));
    // In the register, in the right office, of an agency even, and not of the sender.
    refused(&bench.take(&archive, &incoming(&bench, "3", &office.third_clerk)), "SIG-006", "card.json.p7s");
    // The sending body's office signs nothing for an agency of this archive.
    let mut own = incoming(&bench, "4", &office.sender[1]);
    own.direction = "outgoing";
    own.signature = bench.draft("4").signature;
    refused(&bench.take(&archive, &own), "SIG-006", "card.json.p7s");
    // A body whose officials did not sign the content is a third one, also when it sends other documents.
    let mut both = incoming(&bench, "5", &office.sender[1]);
    both.signature = bench.draft("5").signature;
    refused(&bench.take(&archive, &both), "SIG-006", "card.json.p7s");
}

#[test]
fn whose_the_card_is_is_asked_when_the_content_is_shown_to_be_signed() {
    let bench = Bench::bare();
    let archive = bench.open();
    let (office, trust) = (&bench.office, bench.office.trust(bench.now()));
    bench.adopt(&archive, &trust.policy);
    bench.adopt(&archive, &register_with_senders(&trust.authority));
    // Nothing is refused for good while what would decide it may still come.
    let good = waits(&bench.take(&archive, &incoming(&bench, "1", &office.sender[1])), "SIG-003");
    let third = waits(&bench.take(&archive, &incoming(&bench, "2", &office.third_clerk)), "SIG-003");
    bench.share(&archive, &trust.crl);
    retry(&archive, &[good], None, SYSTEM_ACTOR, &mut |tried| _ = accepted(&tried.answered)).unwrap();
    retry(&archive, &[third], None, SYSTEM_ACTOR, &mut |tried| {
        refused(&tried.answered, "SIG-006", "card.json.p7s");
    })
    .unwrap();
}

/// The same registration with another document.
fn other_content(bench: &Bench, number: &str) -> Draft {
    let (mut draft, other) = (bench.draft(number), bench.draft("басқа"));
    draft.signature = Some(bench.office.official.sign_detached(&other.main, at(bench.now() - 120_000)));
    draft.card["documents"][0]["sha256"] = muragat::model::digest::sha256(&other.main).to_string().into();
    draft.main = other.main;
    draft
}

fn beside(answered: &Answered) -> Vec<RecordId> {
    let Status::Waiting { same_registration, .. } = &answered.status else { panic!("{:?}", answered.status) };
    same_registration.clone()
}

#[test]
fn of_two_that_wait_under_one_registration_the_first_confirmed_is_the_record() {
    for first_wins in [true, false] {
        let (bench, archive, trust) = Bench::without_crl();
        let first = bench.take(&archive, &bench.draft("1"));
        let (a, none) = (waits(&first, "SIG-003"), beside(&first));
        let second = bench.take(&archive, &other_content(&bench, "1"));
        let b = waits(&second, "SIG-003");
        assert_eq!((none, beside(&second)), (vec![], vec![a]));
        assert_eq!(beside(&bench.take(&archive, &bench.draft("1"))), [b], "the same again is told of the other");
        assert_eq!(beside(&bench.take(&archive, &bench.draft("2"))), [], "another registration is not concerned");
        assert_eq!(archive.all_waiting().unwrap()[..2], [a, b]);
        bench.share(&archive, &trust.crl);
        // In the order of their arrival, whatever order they are named in; or the one that a person tries alone.
        let order: &[RecordId] = if first_wins { &[b, a, b] } else { &[b] };
        let mut outcomes = Vec::new();
        retry(&archive, order, None, SYSTEM_ACTOR, &mut |tried| {
            if let Status::Accepted { .. } = tried.answered.status {
                outcomes.push((tried.id, "accepted"));
            } else {
                refused(&tried.answered, "ING-032", "card#/registration_number");
                outcomes.push((tried.id, "refused"));
            }
        })
        .unwrap();
        if !first_wins {
            retry(&archive, &[a], None, SYSTEM_ACTOR, &mut |tried| {
                refused(&tried.answered, "ING-032", "card#/registration_number");
                outcomes.push((tried.id, "refused"));
            })
            .unwrap();
        }
        let winner = if first_wins { a } else { b };
        let loser = if first_wins { b } else { a };
        assert_eq!(outcomes, [(winner, "accepted"), (loser, "refused")]);
        assert_eq!(archive.all_waiting().unwrap().len(), 1, "only the other registration waits");
        assert_eq!(archive.index_meta().records, 1);
        archive.close().unwrap();
        audit_is_clean(&bench);
    }
}

#[test]
fn another_description_of_the_same_files_waits_beside_the_first() {
    let (bench, archive, _) = Bench::without_crl();
    let first = waits(&bench.take(&archive, &bench.draft("1")), "SIG-003");
    let mut other = bench.draft("1");
    other.direction = "internal";
    let answered = bench.take(&archive, &other);
    let second = waits(&answered, "SIG-003");
    assert_eq!(beside(&answered), [first], "it is told of the other, and nothing of it is lost");
    assert_ne!(first, second);
    assert_eq!(archive.all_waiting().unwrap(), [first, second]);
}

#[test]
fn what_a_record_holds_is_not_refused_any_more_and_waits_no_more() {
    let (bench, archive, trust) = Bench::without_crl();
    let first = waits(&bench.take(&archive, &bench.draft("1")), "SIG-003");
    // The same files under another description: as a record that a crash left beside its waiting submission.
    let second = waits(&bench.take(&archive, &Draft { direction: "internal", ..bench.draft("1") }), "SIG-003");
    bench.share(&archive, &trust.crl);
    let mut records = Vec::new();
    retry(&archive, &[first], None, SYSTEM_ACTOR, &mut |tried| records.push(accepted(&tried.answered))).unwrap();
    // What would refuse it now, here a clock by which the document is of a day to come, says nothing against a record.
    bench.clock.0.fetch_sub(3 * DAY_MS, std::sync::atomic::Ordering::SeqCst);
    let answered = refuse(&archive, second, "қате", SYSTEM_ACTOR).unwrap();
    let Status::Held { record } = answered.status else { panic!("{:?}", answered.status) };
    assert_eq!((vec![record], archive.all_waiting().unwrap()), (records, vec![]));
    let answers = muragat::ingest::issue::all(&archive).unwrap();
    let about: Vec<_> = answers.iter().map(|row| row.subject).collect();
    assert_eq!(about, [muragat::ingest::issue::Subject::Record(record)], "one receipt and no notice");
    archive.close().unwrap();
    audit_is_clean(&bench);
}

#[test]
fn no_more_waits_than_the_configuration_admits_and_what_does_not_leaves_nothing() {
    let (bench, archive, trust) = Bench::without_crl();
    archive.close().unwrap();
    let configure = |change: &dyn Fn(&mut muragat::config::Policy)| {
        let mut config = Config::load(&bench.root()).unwrap();
        change(&mut config.policy);
        std::fs::write(bench.root().join("muragat.toml"), config.to_text()).unwrap();
        bench.open()
    };
    let full = |answered: &Answered| {
        let Status::Failed(error) = &answered.status else { panic!("{:?}", answered.status) };
        assert_eq!(error.code, ErrorCode::SigWaitingFull);
        assert_eq!(error.code.exit(), muragat::error::Exit::Temporary);
        assert!(answered.answers.is_empty(), "nothing was decided, so nothing is answered");
    };
    let archive = configure(&|policy| policy.waiting_max = 2);
    waits(&bench.take(&archive, &bench.draft("1")), "SIG-003");
    let second = waits(&bench.take(&archive, &bench.draft("2")), "SIG-003");
    let before = archive.head().size;
    full(&bench.take(&archive, &bench.draft("3")));
    assert_eq!(archive.head().size, before, "no entry, no refusal");
    assert_eq!(waits(&bench.take(&archive, &bench.draft("2")), "SIG-003"), second, "what waits already may ask");
    refuse(&archive, second, "орын керек", SYSTEM_ACTOR).unwrap();
    waits(&bench.take(&archive, &bench.draft("3")), "SIG-003");
    full(&bench.take(&archive, &bench.draft("4")));
    archive.close().unwrap();
    // The same after opening again, by the count of the index; and by bytes.
    let archive = configure(&|_| ());
    full(&bench.take(&archive, &bench.draft("4")));
    archive.close().unwrap();
    let limit = muragat::limits::CONTAINER_BYTES_MAX;
    let archive = configure(&|policy| (policy.waiting_max, policy.waiting_bytes_max) = (100, limit));
    let large = |number: &str| {
        let mut draft = bench.draft(number);
        // Bytes that do not compress are not needed: what counts is what was sent.
        draft.more.push(("big.crl".into(), "revocation", vec![b' '; 15 << 20]));
        draft
    };
    for number in ["5", "6", "7", "8", "9"] {
        waits(&bench.take(&archive, &large(number)), "SIG-003");
    }
    full(&bench.take(&archive, &large("10")));
    waits(&bench.take(&archive, &bench.draft("10")), "SIG-003");
    // What can be decided is not held up.
    bench.share(&archive, &trust.crl);
    accepted(&bench.take(&archive, &bench.draft("11")));
    archive.close().unwrap();
    audit_is_clean(&bench);
}

#[test]
fn many_under_one_registration_do_not_wait_without_end() {
    let (bench, archive, _) = Bench::without_crl();
    let variant = |n: usize| {
        let mut draft = bench.draft("1");
        draft.more.push((format!("{n}.crl"), "revocation", vec![b'x'; 10]));
        bench.take(&archive, &draft)
    };
    for n in 0..16 {
        assert_eq!(beside(&variant(n)).len(), n);
    }
    assert!(matches!(variant(16).status, Status::Failed(e) if e.code == ErrorCode::SigWaitingFull));
    waits(&bench.take(&archive, &bench.draft("2")), "SIG-003");
}

#[test]
fn the_same_submission_taken_in_by_two_threads_waits_once() {
    let (bench, archive, _) = Bench::without_crl();
    waits(&bench.take(&archive, &bench.draft("1")), "SIG-003");
    let path = bench.folder.path().join("1");
    let text = std::fs::read_to_string(path.join("submission.json")).unwrap();
    std::fs::write(path.join("submission.json"), text.replace("TEST-01", "TEST-02")).unwrap();
    let (paths, stop) = (vec![path; 8], std::sync::atomic::AtomicBool::new(false));
    let options = muragat::ingest::Options { actor: SYSTEM_ACTOR, threads: 4, material: None, stop: &stop };
    let mut ids = std::collections::BTreeSet::new();
    muragat::ingest::ingest(&archive, &paths, &options, &mut |answered| {
        let Status::Waiting { id, .. } = answered.status else { panic!("{:?}", answered.status) };
        ids.insert(id);
    });
    archive.wait_index().unwrap();
    assert_eq!((ids.len(), archive.all_waiting().unwrap().len()), (1, 2));
}

#[test]
fn a_person_ends_the_waiting_and_nothing_of_it_can_be_read() {
    let (bench, archive, _) = Bench::without_crl();
    let id = waits(&bench.take(&archive, &bench.draft("1")), "SIG-003");
    let answered = refuse(&archive, id, "мерзімі өтті", SYSTEM_ACTOR).unwrap();
    let Status::Refused { reasons, .. } = &answered.status else { panic!("{:?}", answered.status) };
    assert_eq!(codes(reasons).into_keys().collect::<Vec<_>>(), ["SIG-018", "SIG-019"], "{reasons:?}");
    assert_eq!(refuse(&archive, id, " ", SYSTEM_ACTOR).unwrap_err().code, ErrorCode::IngFieldMalformed);
    assert_eq!(archive.all_waiting().unwrap().len(), 0);
    assert_eq!(refuse(&archive, id, "тағы", SYSTEM_ACTOR).unwrap_err().code, ErrorCode::SigNotWaiting);
    archive.close().unwrap();
    audit_is_clean(&bench);
    // The index that is built from the truths finds its key erased.
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(archive.all_waiting().unwrap().len(), 0);
    assert_eq!(archive.index_meta().damaged, 0);
}

#[test]
fn without_a_policy_nothing_is_decided_and_nothing_is_lost() {
    let bench = Bench::bare();
    let archive = bench.open();
    let answered = bench.take(&archive, &bench.draft("1"));
    let Status::Failed(error) = &answered.status else { panic!("{:?}", answered.status) };
    assert_eq!(error.code, ErrorCode::SigNoPolicy);
}

#[test]
fn an_archive_that_takes_signatures_as_they_are_never_calls_them_valid() {
    let bench = Bench::new();
    let mut config = Config::load(&bench.root()).unwrap();
    config.policy.signatures = muragat::config::Action::Flag;
    std::fs::write(bench.root().join("muragat.toml"), config.to_text()).unwrap();
    let archive = bench.open();
    let draft =
        Draft { signature: None, card: unsigned_card(&bench, "1"), card_signature: Some(None), ..bench.draft("1") };
    let unsigned = bench.take(&archive, &draft);
    let mut draft = bench.draft("2");
    draft.signature = Some(bench.office.brief.sign_detached(&draft.main, at(bench.now())));
    let expired = bench.take(&archive, &draft);
    let wanted = [(unsigned, SignatureVerdict::Unsigned), (expired, SignatureVerdict::NotVerifiable)];
    for (answered, verdict) in wanted {
        let Status::Accepted { record, flags, .. } = &answered.status else { panic!("{:?}", answered.status) };
        assert_eq!(*flags, ["SIG-012"]);
        let opened = access::open(&archive, *record, SYSTEM_ACTOR).unwrap();
        assert_eq!(opened.manifest().unwrap().validation.unwrap().verdict, verdict);
        follows_its_schema(&opened.validation().unwrap().unwrap());
    }
}

/// A signature with a certificate more inside, which nobody signed.
fn with_certificate(cms: &[u8], certificate: &[u8]) -> Vec<u8> {
    let mut outer = Reader::der(cms).expect(tag::SEQUENCE).unwrap().reader();
    let kind = outer.read().unwrap().raw.to_vec();
    let mut fields = outer.read().unwrap().reader().expect(tag::SEQUENCE).unwrap().reader();
    let mut signed = Vec::new();
    while !fields.is_empty() {
        let field = fields.read().unwrap();
        let is_certificates = field.tag == tag::context(0);
        signed.push(if is_certificates { write(field.tag, &[field.content, certificate]) } else { field.raw.to_vec() });
    }
    let signed = write(tag::SEQUENCE, &[&signed.concat()]);
    write(tag::SEQUENCE, &[&kind, &write(tag::context(0), &[&signed])])
}

#[test]
fn a_list_is_kept_whose_issuer_came_only_inside_the_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::bare();
    present(&bench);
    let now = bench.now();
    if another_root(folder.path(), &bench, "").is_none() {
        return;
    }
    bench.later(120_000);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (above, below) = (String::from_utf8(read("above.pem")).unwrap(), read("below.cer"));
    let trust = bench.office.trust(now);
    let archive = bench.open();
    bench.adopt(&archive, &trust.policy.replace(&bench.office.root.certificate_pem(), &above));
    bench.adopt(&archive, &trust.authority);

    let mut draft = bench.draft("1");
    draft.signature = draft.signature.map(|signature| with_certificate(&signature, &below));
    let of_card = bench.office.clerk.sign_detached(draft.card.to_string().as_bytes(), at(bench.now()));
    draft.card_signature = Some(Some(with_certificate(&of_card, &below)));
    let path = draft.write(&bench.office, bench.folder.path(), bench.now());
    let mut extra = Material::default();
    extra.add_file(&read("above.crl")).unwrap();
    extra.add_file(&bench.office.crl(now, &[])).unwrap();
    let stop = AtomicBool::new(false);
    let options = Options { actor: SYSTEM_ACTOR, threads: 1, material: Some(&extra), stop: &stop };
    let mut record = None;
    ingest(&archive, &[path], &options, &mut |answered| record = Some(accepted(&answered)));
    archive.wait_index().unwrap();

    let held = archive.material().unwrap();
    assert_eq!((held.crls().len(), held.certificates().len()), (2, 1), "both lists, and the CA between");
    let opened = access::open(&archive, record.unwrap(), SYSTEM_ACTOR).unwrap();
    assert_eq!(opened.manifest().unwrap().validation.unwrap().material.len(), 3);
    drop(opened);
    let repeated = repeat(&archive, record.unwrap(), SYSTEM_ACTOR).unwrap();
    assert!(
        repeated.is_equal(),
        "{}\n{}",
        String::from_utf8_lossy(&repeated.frozen),
        String::from_utf8_lossy(&repeated.again)
    );
    // The next list of that CA is taken by itself.
    bench.later(60_000);
    let mut next = Material::default();
    next.add_file(&bench.office.crl(bench.now(), &[])).unwrap();
    let shared = add_shared(&archive, &next, SYSTEM_ACTOR).unwrap();
    assert_eq!((shared.added, shared.left.len()), (1, 0));
    archive.close().unwrap();
    audit_is_clean(&bench);
}
