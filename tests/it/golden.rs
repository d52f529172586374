//! Goal: an archive of every format version ever written opens, is whole, and gives back what it holds; a damaged one says where.
//!
//! Method: `tests/golden/store/v*/` are real archives with their keys, written by `tools/golden` of their time and never changed.
//! Each is opened in a copy (opening writes); `damaged.json` beside it lists changes that the audit must name.

use super::bed::content_of;
use muragat::access::{self, Opened, password};
use muragat::archive::Archive;
use muragat::audit::{AuditReport, Options as AuditOptions, audit};
use muragat::clock::{FixedClock, utc};
use muragat::config::Config;
use muragat::disposition::certificate;
use muragat::error::ErrorCode;
use muragat::evidence::record::{self, Maker, Object};
use muragat::evidence::status;
use muragat::filing::due::why;
use muragat::filing::handover::{elsewhere, under_way};
use muragat::index::query::Query;
use muragat::index::rows::RecordRow;
use muragat::ingest::waiting::{self, Tried};
use muragat::ingest::{Status, issue};
use muragat::inquiry::answer;
use muragat::inquiry::bundle::check::Asked;
use muragat::inquiry::bundle::finding::{BundleReport, Outcome as Proven};
use muragat::inquiry::bundle::provenance::{self, Claim, Held};
use muragat::inspection;
use muragat::model::digest::{Digests, sha256, sha512_parts};
use muragat::model::id::RecordId;
use muragat::model::path;
use muragat::model::record::Member;
use muragat::model::submission::Kind;
use muragat::model::validation::SignatureVerdict;
use muragat::store::local::{Erasing, LocalDisk};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::transfer::accession::{Accession, Stage as Taking};
use muragat::transfer::case::{Case, Stage as Handing};
use muragat::transfer::party;
use muragat::transfer::take::act_answer;
use muragat::vault::keys::KeyFolder;
use muragat::verify::evidence::check::{self, ObjectDigests};
use muragat::verify::evidence::record::EvidenceRecord;
use muragat::verify::material::Material;
use muragat::verify::policy::Policy as ValidationPolicy;
use muragat::verify::validation::Caches;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// When golden stores are opened.
const OPENED: u64 = 1_800_000_000_000;

fn versions() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn look(root: &Path) -> AuditReport {
    let config = Config::load(root).unwrap();
    let keys = Arc::new(LocalDisk::open(&config.keys_path(root), Erasing::Nothing).unwrap());
    let keys = KeyFolder::new(keys, config.archive_id);
    let options = AuditOptions { every_byte: true, threads: 1 };
    audit(&LocalDisk::open_read_only(root), &config, Some(&keys), None, options, &|_, _| {}).unwrap()
}

/// What a query finds.
fn found(archive: &Archive, query: &str) -> Vec<RecordId> {
    let mut found = Vec::new();
    let mut take = |_, row: RecordRow| {
        found.push(row.id());
        true
    };
    archive.index().search(&Query::parse(query).unwrap(), None, &mut take).unwrap();
    found
}

/// A map of texts in what is expected.
fn texts(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap()
}

/// The contents of attached CMS, as digests by name.
fn contents(opened: &Opened<'_>) -> BTreeMap<String, String> {
    let mut digests = BTreeMap::new();
    for component in &opened.row.components {
        let Some(content) = &component.content else { continue };
        let mut bytes = Vec::new();
        opened
            .content(component, content, &mut |piece| {
                bytes.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
        digests.insert(content.path.clone(), sha256(&bytes).to_string());
    }
    digests
}

/// A record gives back all its parts, and is found by its newest and by its earlier card.
fn check_held(archive: &Archive, record: RecordId, wanted: &Value) {
    let content = content_of(archive, record).unwrap();
    for query in wanted["found_by"].as_array().unwrap() {
        let found = found(archive, query.as_str().unwrap());
        assert!(found.contains(&record), "{query} finds {found:?}");
    }
    let digests: BTreeMap<_, _> = content.iter().map(|(path, b)| (path.clone(), sha256(b).to_string())).collect();
    assert_eq!(digests, texts(&wanted["files"]), "record {record}");
    let opened = access::open(archive, record, archive.actor("test").unwrap()).unwrap();
    assert_eq!(contents(&opened), texts(&wanted["contents"]), "record {record}");
    let amendments = opened.amendments().unwrap();
    let kinds: Vec<&str> = amendments.iter().map(|(_, amendment)| amendment.kind.as_str()).collect();
    assert_eq!(json!(kinds), wanted["amendments"], "record {record}");
    let (custody, _) = opened.history().unwrap();
    assert_eq!(custody.len(), 1 + kinds.len(), "record {record}");
}

/// What a store of signed records holds beside its records; what waits there is accepted when its CRL comes.
fn check_signed(archive: &Archive, expected: &Value, version: &Path) {
    let actor = archive.actor("test").unwrap();
    let digest = |name: &str| expected[name].as_str().unwrap().to_owned();
    assert_eq!(archive.validation_policy().unwrap().policy.sha256.to_string(), digest("policy"));
    // No act of it says whether it is confirmed: the register names no approvers, so everything is.
    let confirmed = archive.confirmed().unwrap();
    assert!(confirmed.decides(digest("policy").parse().unwrap()));
    assert!(confirmed.decides(digest("register").parse().unwrap()));
    assert!(!confirmed.has_quorum && archive.unconfirmed().unwrap().is_empty());
    let registers = archive.adopted_authorities().unwrap();
    assert_eq!(registers.iter().map(|(_, r)| r.sha256.to_string()).collect::<Vec<_>>(), [digest("register")]);
    for (record, wanted) in expected["held"].as_object().unwrap() {
        let opened = access::open(archive, record.parse().unwrap(), actor).unwrap();
        let own = opened.row.components.iter().filter(|c| path::is_own(&c.path));
        let own: BTreeMap<_, _> = own.map(|c| (c.path.clone(), sha256(&opened.read(c).unwrap()).to_string())).collect();
        assert_eq!(own, texts(&wanted["own"]), "record {record}");
    }
    for issued in expected["issued"].as_array().unwrap() {
        let subject = issue::subject(archive, issued.as_str().unwrap()).unwrap();
        let answer = issue::find(archive, subject, actor).unwrap();
        assert!(answer.row.is_issued && answer.signature.is_some(), "{issued}");
    }
    assert_eq!(json!(archive.index().unsigned_answers().unwrap()), expected["unsigned"]);
    let manifest =
        |name: &str| access::open(archive, digest(name).parse().unwrap(), actor).unwrap().manifest().unwrap();
    let imported = manifest("imported");
    assert_eq!(imported.validation.unwrap().verdict, SignatureVerdict::NotVerifiable);
    assert_eq!(imported.imported.unwrap().receipt_number.as_deref(), Some("К-71"));
    assert_eq!(manifest("means").kind, Kind::VerificationMeans);
    let waiting: RecordId = digest("waiting").parse().unwrap();
    assert_eq!(archive.all_waiting().unwrap(), [waiting]);
    let mut late = Material::default();
    late.add_file(&std::fs::read(version.join("late.crl")).unwrap()).unwrap();
    let mut accepted = 0;
    let mut report = |tried: &Tried| accepted += u32::from(matches!(tried.answered.status, Status::Accepted { .. }));
    waiting::retry(archive, &[waiting], Some(&late), actor, &mut report).unwrap();
    assert_eq!(accepted, 1, "its CRL has come");
    assert!(archive.all_waiting().unwrap().is_empty());
}

/// What a store of files holds: what is gone with its act and its proof, where things stand, and what each file comes to.
fn check_disposed(archive: &Archive, expected: &Value, version: &Path) {
    let id = |text: &str| text.parse::<RecordId>().unwrap();
    let as_of = expected["as_of"].as_str().unwrap().parse().unwrap();
    for (file, wanted) in expected["decisions"].as_object().unwrap() {
        assert_eq!(why(archive, id(file), as_of).unwrap().1.value(), *wanted, "file {file}");
    }
    for (file, plan) in texts(&expected["destroyed"]) {
        assert_eq!(archive.index().destroyed(id(&file)).unwrap().unwrap().0, id(&plan), "file {file}");
    }
    for record in expected["gone"].as_array().unwrap() {
        assert_eq!(content_of(archive, id(record.as_str().unwrap())).unwrap_err().code, ErrorCode::ArcDestroyed);
    }
    for (record, file) in texts(&expected["moved"]) {
        assert_eq!(archive.index().file_of(id(&record)).unwrap().flatten(), Some(id(&file)));
    }
    let sheet = inspection::act::sheet(archive, id(expected["check"].as_str().unwrap())).unwrap();
    assert_eq!(sheet.value["flawed"], 0);
    let vkey = expected["vkey"].as_str().unwrap().parse().unwrap();
    let bytes = std::fs::read(version.join("certificate.json")).unwrap();
    let said = certificate::verify(&bytes, &vkey).unwrap();
    assert_eq!((said.counts(), said.completed.is_some(), said.signers.len()), ((1, 2), true, 6));
    // Under the checkpoint of today it says the same.
    let now = certificate::verify(&certificate::make(archive, said.plan.id).unwrap(), &vkey).unwrap();
    assert_eq!(
        (now.plan, now.executed, now.completed, now.signers),
        (said.plan, said.executed, said.completed, said.signers)
    );
}

/// What a stranger finds of an evidence record over these digests, at the time at which golden stores are opened.
fn evidence_holds(record: &EvidenceRecord, digests: &[Digests], material: &Material, policy: &ValidationPolicy) {
    let objects: Vec<_> = digests.iter().map(|digests| ObjectDigests::new("object", digests)).collect();
    let ask = |objects: &[ObjectDigests]| {
        check::verify(&check::Question {
            record,
            objects,
            exactly: true,
            material,
            policy,
            at: utc(OPENED),
            poe: &[],
            caches: &Caches::default(),
        })
        .conclusion
    };
    let conclusion = ask(&objects);
    assert!(conclusion.is_passed(), "{}", conclusion.detail);
    let other = Digests { sha256: sha256(b"other"), sha512: sha512_parts(&[b"other"]) };
    assert!(!ask(&[ObjectDigests::new("other", &other)]).is_passed(), "it holds for anything");
}

/// What a store of evidence holds: batches with their renewals, a checkpoint that a witness signed, an answer; and what
/// was given out beside it verifies without it.
fn check_evidence(archive: &Archive, expected: &Value, version: &Path) {
    let read = |name: &str| std::fs::read(version.join(name)).unwrap();
    let digest = |value: &Value| value.as_str().unwrap().to_owned();
    // Outside.
    let policy = ValidationPolicy::parse(&read("policy.toml"), "policy.toml").unwrap();
    let mut material = Material::default();
    for file in std::fs::read_dir(version.join("material")).unwrap() {
        material.add_file(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
    }
    let given = EvidenceRecord::read(&read("evidence.ers")).unwrap();
    let members = expected["evidence"]["members"].as_array().unwrap().iter();
    let members = members.map(|member| Digests {
        sha256: digest(&member["sha256"]).parse().unwrap(),
        sha512: digest(&member["sha512"]).parse().unwrap(),
    });
    evidence_holds(&given, &members.collect::<Vec<_>>(), &material, &policy);
    let answered = answer::check(&read("answer.json")).unwrap();
    assert_eq!(answered["outcome"], "found");
    // Inside.
    let status = status::status(archive).unwrap();
    let renewals: usize = status.batches.iter().map(|batch| batch.renewals).max().unwrap();
    assert_eq!(json!({"batches": status.batches.len(), "renewals": renewals}), expected["trees"]);
    for record in expected["stamped"].as_array().unwrap() {
        let opened = access::open(archive, digest(record).parse().unwrap(), SYSTEM_ACTOR).unwrap();
        let members = opened.manifest().unwrap().members();
        let stamped = record::batch_of(archive, opened.row.entry).unwrap().unwrap();
        let mut maker = Maker::new(archive).unwrap();
        let evidence = maker.evidence(&stamped, &Object::group(opened.row.entry, &members)).unwrap().remove(0).record;
        assert_eq!(evidence.chains.len(), 2, "renewed with another algorithm");
        let mut material = Material::default();
        for file in maker.material(&stamped).unwrap().values() {
            material.add_file(file).unwrap();
        }
        let of = |member: &Member| Digests { sha256: member.sha256, sha512: member.sha512 };
        let digests: Vec<_> = members.iter().map(of).collect();
        evidence_holds(&evidence, &digests, &material, &archive.validation_policy().unwrap().policy);
    }
    assert!(archive.cosigned().unwrap().unwrap().judged.unwrap().is_met);
    let prepared = answer::prepare(archive, digest(&expected["inquiry"]).parse().unwrap()).unwrap();
    assert_eq!(
        (sha256(&prepared.bytes).to_string(), prepared.bytes.as_slice()),
        (digest(&expected["answer"]), &*read("answer.json"))
    );
    assert!(prepared.signed.is_some());
    let held = archive.index().holds_on(digest(&expected["found"]).parse().unwrap()).unwrap();
    assert_eq!(held.len(), 1, "what was found is held until the inquiry is closed");
}

/// What a store of rights holds: accounts that are known by their secrets, permits, and what each reading says.
fn check_rights(archive: &Archive, expected: &Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let accounts = archive.accounts().unwrap();
    let kinds: BTreeMap<&str, &str> = accounts.all().map(|a| (a.name.as_str(), a.holder.kind())).collect();
    assert_eq!(json!(kinds), expected["accounts"]);
    let closed: Vec<&str> = accounts.all().filter(|a| a.closed.is_some()).map(|a| a.name.as_str()).collect();
    assert_eq!(json!(closed), expected["closed"]);
    let hash = accounts.account("setup").unwrap().password.as_deref();
    assert!(password::check(&text(&expected["password"]), hash) && !password::check("бұрынғы құпиясөз", hash));
    let bound = accounts.of_certificate(text(&expected["certificate"]).parse().unwrap()).unwrap();
    assert_eq!(bound.name, "machine");
    for (name, is_revoked) in [("token", false), ("revoked", true)] {
        let token = text(&expected[name]);
        let kept = accounts.token(token.split('_').nth(1).unwrap()).unwrap();
        assert_eq!((kept.sha256, kept.revoked.is_some()), (sha256(token.as_bytes()), is_revoked), "{name}");
    }
    let permits: Vec<(u64, bool)> = accounts.permits().map(|permit| (permit.entry, permit.ended.is_some())).collect();
    let entry = |name: &str| expected["permits"][name].as_u64().unwrap();
    assert_eq!(permits, [(entry("ended"), true), (entry("open"), false)]);
    let read: RecordId = text(&expected["read"]).parse().unwrap();
    let opened = access::open(archive, read, SYSTEM_ACTOR).unwrap();
    let (_, entries) = opened.history().unwrap();
    let said = |entry: &access::HistoryEntry| {
        let said = access::reading(archive, entry.index, &entry.leaf).unwrap();
        json!({"account": entry.account, "purpose": said.purpose, "rule": said.rule})
    };
    let said: Vec<Value> = entries.iter().take(2).map(said).collect();
    assert_eq!(json!(said), expected["readings"]);
}

/// What a store holds of a transfer that went its whole way, of one that was cancelled and of one that was begun.
fn check_handed(archive: &Archive, expected: &Value) {
    let text = |key: &str| expected[key].as_str().unwrap().to_owned();
    let id = |key: &str| text(key).parse::<RecordId>().unwrap();
    let read = |key: &str| Case::read(archive, id(key)).unwrap();
    let stages = ["transfer", "cancelled", "open"].map(|key| read(key).stage());
    assert_eq!(stages, [Handing::Closed, Handing::Cancelled, Handing::Selected]);
    assert_eq!(read("cancelled").cancelled_why(archive).unwrap().as_deref(), Some("Үлгі себеп"));
    let case = read("transfer");
    let seal = case.seal(archive).unwrap();
    assert_eq!((seal.name(), seal.digest.to_string()), (text("package"), text("digest")));
    assert_eq!(case.list(archive).unwrap().unwrap().sha256().to_string(), text("list"));
    assert_eq!(case.approved_by(archive).unwrap().len(), 1);
    // What the other archive signed is judged anew by its key; what this one answered is made again.
    let replied = case.replied(archive).unwrap();
    assert_eq!((replied.act.number.clone(), replied.reply.counts()), (text("act"), (3, 0)));
    assert_eq!(sha256(&act_answer(archive, case.id).unwrap()).to_string(), text("agreed"));
    for (record, reference) in texts(&expected["gone"]) {
        let record: RecordId = record.parse().unwrap();
        let gone = access::open(archive, record, SYSTEM_ACTOR).map(drop).unwrap_err();
        assert_eq!(gone.code, ErrorCode::ArcHandedOver);
        let there = elsewhere(archive, record).unwrap().unwrap();
        assert_eq!((there.reference, there.act), (Some(reference.parse().unwrap()), text("act")));
    }
    assert!(archive.index().tomb(id("file")).unwrap().unwrap().is_handed_over);
    let left: BTreeMap<String, String> = content_digests(archive, id("stays"));
    assert_eq!(left, texts(&expected["left"]));
    let under: Vec<RecordId> = under_way(archive).unwrap().into_values().collect();
    assert_eq!(under, [id("open")]);
    assert_eq!(party::adopted(archive).unwrap().len(), 1);
}

fn content_digests(archive: &Archive, record: RecordId) -> BTreeMap<String, String> {
    let content = content_of(archive, record).unwrap();
    content.into_iter().map(|(path, bytes)| (path, sha256(&bytes).to_string())).collect()
}

/// What a store holds that took records in: what it answered, and what proves each record by the sender's key alone.
fn check_taken(archive: &Archive, expected: &Value, version: &Path) {
    let text = |key: &str| expected[key].as_str().unwrap().to_owned();
    let accession = Accession::read(archive, text("accession").parse().unwrap()).unwrap();
    assert_eq!((accession.stage(), accession.digest.to_string()), (Taking::Agreed, text("digest")));
    for (key, bytes) in [
        ("receipt", accession.receipt(archive).unwrap()),
        ("answer", accession.answer(archive).unwrap().unwrap()),
        ("common", accession.common(archive).unwrap()),
    ] {
        assert_eq!(sha256(&bytes).to_string(), text(key), "{key}");
    }
    let (reply, act) = accession.documents(archive).unwrap().unwrap();
    assert_eq!((reply.counts(), act.accepted, act.refused), ((3, 0), 3, 0));
    let references: BTreeMap<String, String> =
        reply.rows.iter().map(|row| (row.record.clone(), row.reference.unwrap().to_string())).collect();
    assert_eq!(references, texts(&expected["records"]));
    let senders = [text("sender_vkey").parse().unwrap()];
    let validation = archive.validation_policy().unwrap();
    let (mut material, caches) = (Material::new(), Caches::default());
    material.add_file(&std::fs::read(version.join("stamps.crl")).unwrap()).unwrap();
    for (there, record) in &references {
        let id: RecordId = record.parse().unwrap();
        assert_eq!(content_digests(archive, id), texts(&expected["files"][record]), "record {record}");
        let opened = access::open(archive, id, SYSTEM_ACTOR).unwrap();
        let transferred = opened.manifest().unwrap().transferred.unwrap();
        assert_eq!((&transferred.record, transferred.accession), (there, accession.id));
        let read = |path: &str| opened.read(opened.component(path).unwrap()).unwrap();
        let held: Vec<Held> = opened
            .row
            .components
            .iter()
            .map(|one| {
                let bytes = read(&one.path);
                let digests = Digests { sha256: sha256(&bytes), sha512: sha512_parts(&[&bytes]) };
                Held { path: one.path.clone(), role: one.role(), len: bytes.len() as u64, digests }
            })
            .collect();
        let (tar, value) = (read(path::PROVENANCE_PATH), transferred.value());
        let asked = Asked {
            trust: None,
            own: None,
            senders: &senders,
            policy: &validation.policy,
            material: &material,
            // The clock of this test is before the stamps.
            at: utc(archive.head().t),
            not_before: None,
        };
        let mut report = BundleReport::default();
        let claim = Claim { record: id, transferred: &value, tar: &tar, held: &held };
        provenance::check(&claim, (&asked, &material, &caches), &mut report);
        let outcomes: Vec<Proven> = report.findings.iter().map(|one| one.outcome).collect();
        assert!(!outcomes.is_empty() && outcomes.iter().all(|one| *one == Proven::Proven), "{report:#?}");
        // The hold came along, and is in force whatever became of it there.
        let holds = archive.index().holds_on(id).unwrap();
        assert!(*there != text("held_there") || holds.len() == 1, "{holds:?}");
    }
}

/// What the first version of `expected.json` said of a record, in the words of the newest.
fn in_new_words(wanted: &Value, content: &BTreeMap<String, Vec<u8>>) -> Value {
    if wanted["main_sha256"].is_null() {
        return wanted.clone();
    }
    json!({
        "files": {"card.json": sha256(&content["card.json"]).to_string(), "main.docx": wanted["main_sha256"]},
        "contents": {}, "amendments": [],
        "found_by": [format!("reg:{}", wanted["registration_number"].as_str().unwrap())],
    })
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_golden_store_opens_and_gives_back_what_it_holds() {
    for version in versions() {
        let dir = tempfile::tempdir().unwrap();
        copy(&version, dir.path());
        let root = dir.path().join("archive");
        let expected = read_json(&version.join("expected.json"));
        let report = look(&root);
        assert!(report.is_clean(), "{}: {:?}", version.display(), report.findings);
        assert_eq!(report.entries, expected["entries"].as_u64().unwrap());
        assert_eq!(report.records, expected["records"].as_u64().unwrap());
        let clock = Arc::new(FixedClock(AtomicU64::new(OPENED)));
        let archive = Archive::open(&root, clock, &mut |_, _| {}).unwrap();
        assert!(archive.recovery().1, "a golden store has no index");
        assert_eq!(archive.head().size, expected["entries"].as_u64().unwrap());
        let held = expected["held"].as_object().unwrap();
        let is_of_files = ["destroyed", "handed", "taken"].iter().any(|part| !expected[*part].is_null());
        assert!(held.len() > 3 || is_of_files);
        for (record, wanted) in held {
            let record: RecordId = record.parse().unwrap();
            let wanted = in_new_words(wanted, &content_of(&archive, record).unwrap());
            check_held(&archive, record, &wanted);
        }
        for gone in ["erased", "spilled"] {
            let Some(gone) = expected[gone].as_str() else { continue };
            let gone: RecordId = gone.parse().unwrap();
            assert_eq!(content_of(&archive, gone).unwrap_err().code, ErrorCode::VltErased);
            assert_eq!(found(&archive, &format!("id:{gone}")), []);
        }
        let adopted = archive.adopted_classifiers().unwrap();
        let adopted: Vec<Value> = adopted
            .iter()
            .map(|(_, held)| json!({"id": held.classifier.id, "sha256": held.sha256.to_string()}))
            .collect();
        assert_eq!(json!(adopted), expected.get("classifiers").cloned().unwrap_or(json!([])));
        if !expected["waiting"].is_null() {
            check_signed(&archive, &expected, &version);
        }
        if !expected["evidence"].is_null() {
            check_evidence(&archive, &expected, &version);
        }
        if !expected["rights"].is_null() {
            check_rights(&archive, &expected["rights"]);
        }
        if !expected["handed"].is_null() {
            check_handed(&archive, &expected["handed"]);
        }
        if !expected["taken"].is_null() {
            check_taken(&archive, &expected["taken"], &version);
        }
        if !expected["destroyed"].is_null() {
            check_disposed(&archive, &expected, &version);
        }
        archive.close().unwrap();
        assert!(look(&root).is_clean());
    }
}

#[test]
fn every_damaged_variant_of_a_golden_store_is_named() {
    for version in versions() {
        for damage in read_json(&version.join("damaged.json")).as_array().unwrap() {
            let dir = tempfile::tempdir().unwrap();
            copy(&version, dir.path());
            let root = dir.path().join("archive");
            let file = damage["file"].as_str().unwrap();
            let mut bytes = std::fs::read(root.join(file)).unwrap();
            match damage["cut_to"].as_u64() {
                Some(len) => bytes.truncate(usize::try_from(len).unwrap()),
                None => {
                    let at = usize::try_from(damage["offset"].as_u64().unwrap()).unwrap();
                    bytes[at] ^= u8::try_from(damage["xor"].as_u64().unwrap()).unwrap();
                }
            }
            std::fs::write(root.join(file), bytes).unwrap();
            let report = look(&root);
            assert!(report.findings.iter().any(|f| f.file == file), "{damage}: {:?}", report.findings);
        }
    }
}
