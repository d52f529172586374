//! Goal: no failure and no crash loses what signatures decided, what waits, or what was issued; none of it is half there.
//!
//! Method: as in `crash.rs`, with the acts of signatures: adopting a policy and a register, waiting, sharing material,
//! accepting what waited, a person's refusal, issuing a receipt and a notice. The workload can be run again on what a
//! crash left, and must then come to its end.

use super::bed::{Bed, NOW};
use super::signed::{Draft, Office, at};
use muragat::access;
use muragat::archive::Archive;
use muragat::config::Action;
use muragat::error::{Error, ErrorCode};
use muragat::ingest::adopt::{Adopted, adopt};
use muragat::ingest::issue::{Issued, Row, Subject, all, find, sign};
use muragat::ingest::signatures::add_shared;
use muragat::ingest::{Intake, Status, waiting};
use muragat::model::id::RecordId;
use muragat::model::path::{RECEIPT_PATH, VALIDATION_PATH};
use muragat::testing::{Failure, FaultPlan};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

/// What the submissions of the workload are for.
const ACCEPTED_LATE: usize = 0;
const REFUSED_BY_A_PERSON: usize = 1;
const ACCEPTED: usize = 2;
const TAMPERED: usize = 3;
/// Another content under the registration of the first: refused when it is tried again.
const RIVAL: usize = 4;

/// The registration number of a submission.
fn number(which: usize) -> String {
    format!("{}-қ", if which == RIVAL { ACCEPTED_LATE } else { which })
}

struct Load {
    _dir: tempfile::TempDir,
    office: Office,
    files: [PathBuf; 2],
    paths: Vec<PathBuf>,
    material: Material,
}

fn load() -> Load {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::new(NOW);
    let trust = office.trust(NOW);
    let files = [("policy.toml", &trust.policy), ("register.toml", &trust.authority)].map(|(name, text)| {
        std::fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name)
    });
    let mut material = Material::default();
    material.add_file(&trust.crl).unwrap();
    let draft = |which: usize| {
        let mut draft = Draft::new(&office, &number(which), NOW);
        match which {
            RIVAL => draft.card["title"] = "Басқа хат".into(),
            // Nobody knows the signer: no material turns that.
            REFUSED_BY_A_PERSON => {
                draft.signature = Some(office.stranger.sign_detached(&draft.main, at(NOW - 120_000)))
            }
            TAMPERED => draft.signature = Some(office.official.sign_detached(b"another", at(NOW - 120_000))),
            _ => {}
        }
        // Both of one registration have the same name.
        draft.write(&office, &dir.path().join(which.to_string()), NOW)
    };
    let paths = (0..5).map(draft).collect();
    Load { _dir: dir, office, files, paths, material }
}

/// What the outside was told.
#[derive(Default)]
struct Told {
    adopted: usize,
    shared: bool,
    waiting: BTreeSet<RecordId>,
    /// Whose end was begun.
    ending: BTreeSet<RecordId>,
    ended: BTreeSet<RecordId>,
    accepted: BTreeSet<RecordId>,
    issued: Vec<Subject>,
}

fn bed(plan: &std::sync::Arc<FaultPlan>) -> Bed {
    let mut bed = Bed::new(plan);
    bed.config.policy.signatures = Action::Refuse;
    bed
}

/// Takes in a submission; a failure is an error.
fn take(archive: &Archive, load: &Load, which: usize, told: &mut Told) -> Result<Status, Error> {
    let status = Intake::new(archive, SYSTEM_ACTOR).take(&load.paths[which]).status;
    match &status {
        Status::Failed(_) => {}
        Status::Accepted { record, .. } => drop(told.accepted.insert(*record)),
        Status::Waiting { id, .. } => drop(told.waiting.insert(*id)),
        Status::Held { .. } | Status::Refused { .. } => {}
    }
    match status {
        Status::Failed(e) => Err(e),
        status => Ok(status),
    }
}

fn issue(archive: &Archive, load: &Load, subject: Subject, told: &mut Told) -> Result<(), Error> {
    let prepared = find(archive, subject, SYSTEM_ACTOR)?;
    if !prepared.row.is_issued {
        let signature = load.office.clerk.sign_detached(&prepared.bytes, at(NOW));
        let issued = sign(archive, subject, &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR)?;
        assert!(matches!(issued, Issued::Done { .. }), "{issued:?}");
    }
    told.issued.push(subject);
    Ok(())
}

/// Runs the workload, from wherever an earlier run of it was stopped, until something fails.
fn run(bed: &Bed, load: &Load, told: &mut Told) -> Result<(), Error> {
    let archive = bed.open()?;
    for file in &load.files {
        let adopted = adopt(&archive, file, SYSTEM_ACTOR)?;
        assert!(matches!(adopted, Adopted::Done { .. } | Adopted::Held), "{adopted:?}");
        told.adopted += 1;
    }
    take(&archive, load, ACCEPTED_LATE, told)?;
    take(&archive, load, REFUSED_BY_A_PERSON, told)?;
    take(&archive, load, RIVAL, told)?;
    archive.wait_index()?;
    add_shared(&archive, &load.material, SYSTEM_ACTOR)?;
    told.shared = true;
    let ids = archive.all_waiting()?;
    told.ending.extend(&ids);
    let (mut failed, mut done, mut still) = (None, BTreeSet::new(), None);
    waiting::retry(&archive, &ids, None, SYSTEM_ACTOR, &mut |tried| match &tried.answered.status {
        Status::Accepted { record, .. } => {
            told.accepted.insert(*record);
            done.insert(tried.id);
        }
        Status::Held { .. } => drop(done.insert(tried.id)),
        Status::Refused { reasons, .. } => {
            assert_eq!(reasons[0].code, ErrorCode::IngRegistrationTaken);
            done.insert(tried.id);
        }
        Status::Waiting { .. } => still = Some(tried.id),
        Status::Failed(e) => failed = Some(Error::new(e.code, "retry", e.to_string())),
    })?;
    if let Some(e) = failed {
        return Err(e);
    }
    told.ended.extend(done);
    archive.close()?;
    let archive = bed.open()?;
    if let Some(id) = still {
        let answered = waiting::refuse(&archive, id, "Жөнелтуші кері қайтарды", SYSTEM_ACTOR)?;
        assert!(matches!(answered.status, Status::Refused { .. }), "{answered:?}");
        told.ended.insert(id);
    }
    let record = match take(&archive, load, ACCEPTED, told)? {
        Status::Accepted { record, .. } | Status::Held { record } => record,
        status => panic!("unexpected answer {status:?}"),
    };
    let refusal = match take(&archive, load, TAMPERED, told)? {
        Status::Refused { entry, reasons, repeats } => {
            assert!(reasons.iter().any(|r| r.code == ErrorCode::SigFailed), "{reasons:?}");
            repeats.unwrap_or(entry)
        }
        status => panic!("unexpected answer {status:?}"),
    };
    issue(&archive, load, Subject::Record(record), told)?;
    issue(&archive, load, Subject::Refusal(refusal), told)?;
    archive.close()
}

/// Opens what a crash left, checks every promise, and brings the workload to its end.
fn check(bed: &Bed, load: &Load, told: &Told, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    assert!(told.adopted < 1 || archive.validation_policy().unwrap().is_adopted(), "{at}: the policy is lost");
    assert!(told.adopted < 2 || !archive.authorities().unwrap().adopted().is_empty(), "{at}: the register is lost");
    assert!(!told.shared || archive.material().unwrap().crls().len() == 1, "{at}: the CRL is lost");
    let mut left = BTreeSet::new();
    for id in archive.all_waiting().unwrap() {
        left.insert(id);
        let waiting = archive.waiting(id).unwrap_or_else(|e| panic!("{at}: {id}: {e}"));
        for entry in waiting.files() {
            let mut bytes = Vec::new();
            waiting.file(&archive, &entry).seekable().read_to_end(&mut bytes).unwrap_or_else(|e| panic!("{at}: {e}"));
            assert_eq!(bytes.len() as u64, entry.size, "{at}: {}", entry.path);
        }
    }
    let answers = all(&archive).unwrap_or_else(|e| panic!("{at}: {e}"));
    for id in &left {
        let number = archive.waiting(*id).unwrap().text("registration_number").to_owned();
        let is_notice =
            |row: &Row| matches!(row.subject, Subject::Refusal(_)) && row.about.number == Some(number.clone());
        assert!(!answers.iter().any(is_notice), "{at}: {number} is refused and still waits");
    }
    for id in &told.waiting {
        assert!(left.contains(id) || told.ending.contains(id), "{at}: {id} waits no more");
        assert!(!left.contains(id) || !told.ended.contains(id), "{at}: {id} waits again");
    }
    for record in &told.accepted {
        let opened = access::open(&archive, *record, SYSTEM_ACTOR).unwrap_or_else(|e| panic!("{at}: {record}: {e}"));
        for component in &opened.row.components {
            opened.read(component).unwrap_or_else(|e| panic!("{at}: {record}: {}: {e}", component.path));
        }
        for own in [VALIDATION_PATH, RECEIPT_PATH] {
            assert!(opened.row.components.iter().any(|c| c.path == own), "{at}: {record} has no {own}");
        }
    }
    for subject in &told.issued {
        let found = find(&archive, *subject, SYSTEM_ACTOR).unwrap_or_else(|e| panic!("{at}: {subject:?}: {e}"));
        assert!(found.row.is_issued && found.signature.is_some(), "{at}: {subject:?} is not issued");
    }
    archive.close().unwrap_or_else(|e| panic!("{at}: does not close: {e}"));
    let mut again = Told::default();
    run(bed, load, &mut again).unwrap_or_else(|e| panic!("{at}: life does not go on: {e}"));
    let archive = bed.open().unwrap();
    assert!(archive.all_waiting().unwrap().is_empty(), "{at}: something waits for ever");
    assert_eq!(archive.index_meta().records, 2, "{at}: a record is lost or there twice");
    drop(archive);
    let report = bed.audit();
    assert!(report.is_clean(), "{at}, afterwards: {:?}", report.findings);
}

#[test]
fn any_failed_operation_leaves_what_signatures_decided_whole() {
    let load = load();
    let plan = FaultPlan::count_only();
    let whole = bed(&plan);
    let mut told = Told::default();
    run(&whole, &load, &mut told).unwrap();
    assert_eq!((told.accepted.len(), told.waiting.len(), told.issued.len()), (2, 3, 2));
    check(&whole.killed(), &load, &told, "no failure");
    let operations = plan.operations();
    assert!(operations > 60, "the workload is too small to prove much: {operations} operations");
    for k in 0..operations + 2 {
        for failure in Failure::ALL {
            let plan = FaultPlan::fail_at(k, failure);
            let bed = bed(&plan);
            let mut told = Told::default();
            let result = run(&bed, &load, &mut told);
            let at = format!("operation {k} ({:?}) {failure:?}", plan.log().last());
            assert!(result.is_err() || !plan.is_dead(), "{at}: a failure was swallowed");
            check(&bed.power_cut(k), &load, &told, &format!("{at}, power cut"));
            check(&bed.killed(), &load, &told, &format!("{at}, killed"));
        }
    }
}
