//! An archive ends only when nothing stands in it, and what it leaves proves how everything went.
//!
//! Goal: one record, hold, waiting submission or thing begun keeps the archive in use; nobody ends it without the
//! officers of its agency, over exactly the state it is in; after its end nothing is taken in by any command, what went
//! with it opens by no key, and journal, acts and certificates verify. Method: real signatures on an archive with a
//! clock that is moved; each of these stands in turn; a hunt; the end is cut off at every operation on media that fail.

use super::bed::{Bed, NOW, accepted};
use super::crash_destroy::Closed;
use super::disposal::{Due, Hunt, all_files, copy_tree, placing};
use super::signed::{AGENCY, DAY_MS, at};
use muragat::archive::{Archive, Register};
use muragat::audit::{AuditReport, Options, audit};
use muragat::cli::samples::signer::Signer;
use muragat::config::Config;
use muragat::disposition::certificate;
use muragat::disposition::decommission::{self, Decision, Standing, Survey, Taken};
use muragat::disposition::destroy::{self, Executed};
use muragat::disposition::plan::Plan;
use muragat::error::{Error, ErrorCode, Exit};
use muragat::filing::{files, holds};
use muragat::index::filing::HoldTarget;
use muragat::ingest::issue::{Issued, Subject, sign};
use muragat::ingest::spill::unsigned as spill;
use muragat::ingest::{Answered, Status, waiting};
use muragat::inquiry::desk::{self, Closing, Opening};
use muragat::inspection;
use muragat::model::id::RecordId;
use muragat::store::disk::Disk;
use muragat::store::local::{Erasing, LocalDisk};
use muragat::testing::{Failure, FaultPlan};
use muragat::tlog::checkpoint;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use muragat::tlog::tree::{consistency_proof, root_at, verify_consistency};
use muragat::vault::keys::KeyFolder;
use muragat::verify::material::Material;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn standing(archive: &Archive) -> Vec<(Standing, usize)> {
    let survey = Survey::read(archive).unwrap();
    survey.standing().into_iter().map(|(what, ids)| (what, ids.len())).collect()
}

/// Says that the archive cannot end, and what stands in it.
fn stands(archive: &Archive, wanted: &[(Standing, usize)], what: &str) {
    assert_eq!(standing(archive), wanted, "{what}");
    let before = archive.head().size;
    let refused = decommission::execute(archive, SYSTEM_ACTOR).unwrap_err();
    assert_eq!(refused.code, ErrorCode::DcmStands, "{what}");
    assert_eq!(Decision::draft(archive, AGENCY, "Үлгі").unwrap_err().code, ErrorCode::DcmStands, "{what}");
    assert_eq!(archive.head().size, before, "{what}: nothing is left of it");
}

/// Destroys the files that are due, by a plan of today, and completes it.
pub(crate) fn destroy_all(due: &Due) -> Plan {
    let plan = due.approved(&[]);
    due.bench.later(8 * DAY_MS);
    let archive = due.bench.open();
    due.fresh(&archive);
    let Executed::Done { kept, .. } = due.execute(&archive, &plan).unwrap() else { panic!("nothing done") };
    assert!(kept.is_empty());
    archive.close().unwrap();
    plan
}

pub(crate) fn complete(due: &Due, plan: &Plan) {
    due.bench.open().compact(SYSTEM_ACTOR).unwrap();
    let archive = due.bench.open();
    destroy::complete(&archive, plan.id, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
}

fn decision(due: &Due, archive: &Archive) -> String {
    due.bench.later(2_000);
    Decision::draft(archive, AGENCY, "Мекеме таратылды, № 9 бұйрық").unwrap().to_toml()
}

fn take(due: &Due, archive: &Archive, decision: &str, who: &[&Signer]) -> Taken {
    let signatures: Vec<Vec<u8>> = who.iter().map(|who| due.signed(who, decision.as_bytes())).collect();
    decommission::take(archive, decision.as_bytes(), &signatures, &Material::default(), SYSTEM_ACTOR).unwrap()
}

/// Two approvers sign that the archive ends.
fn decide(due: &Due, archive: &Archive) {
    let [first, second] = &due.bench.office.approvers;
    let taken = take(due, archive, &decision(due, archive), &[first, second]);
    assert!(matches!(taken, Taken::Done { .. }), "{taken:?}");
}

/// What is left to do after the act.
fn finish(open: impl Fn() -> Result<Archive, Error>) -> Result<u64, Error> {
    open()?.compact(SYSTEM_ACTOR)?;
    let archive = open()?;
    let entry = decommission::complete(&archive)?;
    archive.close()?;
    Ok(entry)
}

fn end(due: &Due) {
    let archive = due.bench.open();
    decide(due, &archive);
    decommission::execute(&archive, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    finish(|| Ok(due.bench.open())).unwrap();
}

fn refused_entry(answered: &Answered) -> u64 {
    let Status::Refused { entry, .. } = answered.status else { panic!("{:?}", answered.status) };
    entry
}

/// A records officer signs the notice of a refusal.
fn issue(due: &Due, archive: &Archive, refusal: u64) {
    let notice = muragat::ingest::issue::find(archive, Subject::Refusal(refusal), SYSTEM_ACTOR).unwrap();
    due.bench.later(2_000);
    let signature = due.signed(&due.bench.office.clerk, &notice.bytes);
    let issued = sign(archive, Subject::Refusal(refusal), &signature, None, SYSTEM_ACTOR, SYSTEM_ACTOR).unwrap();
    assert!(matches!(issued, Issued::Done { .. }), "{issued:?}");
}

/// Opens a file that is never due, into which nothing is put.
fn open_file(archive: &Archive, title: &str) -> RecordId {
    let asked = files::Asked {
        agency: AGENCY.into(),
        index: "09-01".into(),
        year: 2028,
        volume: None,
        title: Some(title.to_owned()),
        item: "LIST/3".parse().ok(),
        attributes: BTreeMap::from([("title_names_person".to_owned(), "yes".to_owned())]),
    };
    files::open(archive, &asked, SYSTEM_ACTOR).unwrap().id
}

fn audited(root: &Path) -> AuditReport {
    let config = Config::load(root).unwrap();
    let disk = LocalDisk::open(root, Erasing::Vault).unwrap();
    let keys: Arc<dyn Disk> = Arc::new(LocalDisk::open(&config.keys_path(root), Erasing::Everything).unwrap());
    let keys = KeyFolder::new(keys, config.archive_id);
    audit(&disk, &config, Some(&keys), None, Options { every_byte: true, threads: 2 }, &|_, _| {}).unwrap()
}

fn leaves(archive: &Archive) -> Vec<Leaf> {
    let (log, mut leaves) = (archive.log().unwrap(), Vec::new());
    log.leaves::<Error>(0, log.size(), |_, leaf| {
        leaves.push(leaf);
        Ok(())
    })
    .unwrap();
    leaves
}

#[test]
fn an_archive_does_not_end_while_anything_stands_in_it() {
    let due = Due::of(&["1", "1"]);
    let archive = due.bench.open();
    stands(&archive, &[(Standing::Record, 2)], "records");
    let plan = due.plan(&archive);
    stands(&archive, &[(Standing::Record, 2), (Standing::Plan, 1)], "a plan");
    muragat::disposition::sign::cancel(&archive, plan.id, "Үлгі", SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    let plan = destroy_all(&due);
    let archive = due.bench.open();
    stands(&archive, &[(Standing::Destruction, 1)], "ciphertext");
    archive.close().unwrap();
    complete(&due, &plan);

    let archive = due.bench.open();
    assert_eq!(standing(&archive), []);
    let waits = |number: &str| {
        let answered = due.bench.take(&archive, &due.bench.draft(number));
        let Status::Waiting { id, .. } = answered.status else { panic!("{:?}", answered.status) };
        id
    };
    // No list of revoked certificates is new enough.
    due.bench.later(40 * DAY_MS);
    let id = waits("08-01/1");
    stands(&archive, &[(Standing::Waiting, 1)], "a waiting submission");
    let refusal = refused_entry(&waiting::refuse(&archive, id, "Үлгі", SYSTEM_ACTOR).unwrap());
    stands(&archive, &[(Standing::Notice, 1)], "a notice");
    due.fresh(&archive);
    issue(&due, &archive, refusal);
    assert_eq!(standing(&archive), []);

    let file = open_file(&archive, "Бос іс");
    stands(&archive, &[(Standing::File, 1)], "an open file");
    files::close(&archive, file, due.today(), SYSTEM_ACTOR).unwrap();
    files::reopen(&archive, file, "Үлгі", SYSTEM_ACTOR).unwrap();
    stands(&archive, &[(Standing::File, 1)], "a file that was opened again");
    files::close(&archive, file, due.today(), SYSTEM_ACTOR).unwrap();
    let (hold, _) = holds::place(&archive, &placing(), &[HoldTarget::File(file.0)], SYSTEM_ACTOR).unwrap();
    stands(&archive, &[(Standing::Hold, 1)], "a hold");
    holds::lift(&archive, hold, "Үлгі", SYSTEM_ACTOR).unwrap();
    let (check, _) = inspection::begin(&archive, "№ 7 бұйрық", None, SYSTEM_ACTOR).unwrap();
    stands(&archive, &[(Standing::Check, 1)], "a check");
    let asked = inspection::run::Run {
        check,
        actor: SYSTEM_ACTOR,
        limit: None,
        threads: 1,
        stop: &std::sync::atomic::AtomicBool::new(false),
    };
    inspection::run::run(&archive, &asked, &mut |_| {}, &|_| {}).unwrap();
    inspection::act::end(&archive, check, SYSTEM_ACTOR).unwrap();
    let opening = Opening {
        agency: String::new(),
        authority: "Үлгі соты".into(),
        case: "№ 1".into(),
        basis: "Үлгі".into(),
        requester: "Судья".into(),
        due: due.today(),
    };
    let (inquiry, _) = desk::open(&archive, opening, None, SYSTEM_ACTOR).unwrap();
    stands(&archive, &[(Standing::Inquiry, 1)], "an inquiry");
    let closing = Closing { outcome: "Үлгі".into(), without_answer: Some("Үлгі".into()) };
    desk::close(&archive, inquiry, &closing, SYSTEM_ACTOR).unwrap();
    assert!(Survey::read(&archive).unwrap().going().contains(&inquiry), "its key goes with the archive");
    assert_eq!(standing(&archive), []);

    // One record more, after everybody has signed.
    decide(&due, &archive);
    let record = accepted(&due.bench.take(&archive, &due.bench.draft("08-01/2"))).unwrap();
    stands(&archive, &[(Standing::Record, 1)], "a record");
    spill(&archive, record, SYSTEM_ACTOR).unwrap();
    // What was signed before is not about the archive as it is now.
    assert_eq!(standing(&archive), []);
    assert_eq!(decommission::execute(&archive, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::DcmUndecided);
    // A key that is gone without an act was not lawfully destroyed.
    let record = accepted(&due.bench.take(&archive, &due.bench.draft("08-01/3"))).unwrap();
    archive.lose_key(record).unwrap();
    stands(&archive, &[(Standing::Record, 1)], "a record that was lost");
}

#[test]
fn only_the_officers_of_the_agency_end_an_archive_as_it_is() {
    let due = Due::of(&["1"]);
    let plan = destroy_all(&due);
    complete(&due, &plan);
    let archive = due.bench.open();
    let office = &due.bench.office;
    let refused = decommission::execute(&archive, SYSTEM_ACTOR).unwrap_err();
    assert_eq!(refused.code, ErrorCode::DcmUndecided, "nobody has signed");
    let toml = decision(&due, &archive);
    let before = archive.head().size;
    let ([approver, other], [member, other_member]) = (&office.approvers, &office.commission);
    let wrong: [(&[&Signer], &str); 7] = [
        (&[approver], "one person"),
        (&[approver, approver], "one person twice"),
        (&[member, other_member], "no approver"),
        (&[approver, &office.administrator], "an administrator who is an approver too"),
        (&[approver, &office.clerk], "the records office"),
        (&[approver, &office.stranger], "somebody in no register"),
        (&[], "nobody"),
    ];
    for (who, what) in wrong {
        let Taken::Refused(reasons) = take(&due, &archive, &toml, who) else { panic!("taken: {what}") };
        assert!(reasons.iter().all(|r| r.code == ErrorCode::DcmSigned), "{what}: {reasons:?}");
    }
    // Whatever of it is changed, also by who signs it so.
    let entry = format!("entry = {}", Survey::read(&archive).unwrap().entry);
    for (from, to) in [
        (AGENCY, "OTHER-01"),
        (&*archive.config().archive_id.to_string(), "00000000000000000000000000000000"),
        (&*entry, "entry = 1"),
        ("records = 1", "records = 2"),
        ("destroyed = 1", "destroyed = 0"),
        ("spilled = 0", "spilled = 1"),
        ("schema =", "# үлгі\nschema ="),
        (&*format!("date = \"{}\"", due.today()), "date = \"2199-01-01\""),
    ] {
        let changed = toml.replacen(from, to, 1);
        assert_ne!(changed, toml, "{from}");
        let Taken::Refused(reasons) = take(&due, &archive, &changed, &[approver, other]) else { panic!("{to}") };
        assert!(reasons.iter().all(|r| r.code == ErrorCode::DcmDecision), "{to}: {reasons:?}");
    }
    assert_eq!(archive.head().size, before, "nothing is left of it");
    // A signature from before the newest thing that happened says nothing of it.
    let early = office.approvers.each_ref().map(|who| who.sign_detached(toml.as_bytes(), at(NOW)));
    let taken = decommission::take(&archive, toml.as_bytes(), &early, &Material::default(), SYSTEM_ACTOR).unwrap();
    assert!(matches!(taken, Taken::Refused(_)), "{taken:?}");
    // A member of the commission may be the second.
    assert!(matches!(take(&due, &archive, &toml, &[approver, member]), Taken::Done { .. }));
    // A clock behind the journal ends nothing.
    due.bench.clock.0.fetch_sub(DAY_MS, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(decommission::execute(&archive, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::DspDate);
    due.bench.later(DAY_MS);
    assert_eq!(decommission::complete(&archive).unwrap_err().code, ErrorCode::DcmUndecided, "it is in use");
    // A decision counts for thirty days.
    due.bench.later(31 * DAY_MS);
    assert_eq!(decommission::execute(&archive, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::DcmUndecided);
    due.fresh(&archive);
    decide(&due, &archive);
    decommission::execute(&archive, SYSTEM_ACTOR).unwrap();
    assert_eq!(decommission::execute(&archive, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::ArcEnded);
    assert_eq!(decommission::complete(&archive).unwrap_err().code, ErrorCode::DcmRemains, "the index is not new");
}

#[test]
fn every_agency_of_an_archive_decides() {
    let due = Due::of(&["1"]);
    let plan = destroy_all(&due);
    complete(&due, &plan);
    let archive = due.bench.open();
    decide(&due, &archive);
    // One more agency, of which nothing came in yet: what the first one signed was about an archive without it.
    archive.subtree("OTHER-01", SYSTEM_ACTOR).unwrap();
    let refused = decommission::execute(&archive, SYSTEM_ACTOR).unwrap_err();
    assert_eq!((refused.code, &*refused.what), (ErrorCode::DcmUndecided, "OTHER-01, TEST-01"));
    decide(&due, &archive);
    let refused = decommission::execute(&archive, SYSTEM_ACTOR).unwrap_err();
    assert_eq!((refused.code, &*refused.what), (ErrorCode::DcmUndecided, "OTHER-01"));
    // Nobody of the first one decides for it.
    due.bench.later(2_000);
    let other = Decision::draft(&archive, "OTHER-01", "Үлгі").unwrap().to_toml();
    let [first, second] = &due.bench.office.approvers;
    let Taken::Refused(reasons) = take(&due, &archive, &other, &[first, second]) else { panic!("taken") };
    assert!(reasons.iter().all(|r| r.code == ErrorCode::DcmSigned), "{reasons:?}");
    assert_eq!(Decision::draft(&archive, "THIRD-01", "Үлгі").unwrap_err().code, ErrorCode::PrsAgency);
}

// Goal: what went with the archive is gone, also from copies; what proves the rest stays. Method: texts that stand in
// what goes, and nowhere else; every byte is looked at, and all that the keys of today open.
#[test]
fn after_the_end_the_hunt_finds_nothing_and_everything_verifies() {
    let due = Due::of(&["1"]);
    let needles = ["Қашқыннөмір", "Бөгделақап", "Тасасебеп"];
    let archive = due.bench.open();
    // In the register of refusals, as the title of a file that stays empty, and in the reason of a hold on it.
    let mut draft = due.bench.draft(needles[0]);
    draft.card.as_object_mut().unwrap().remove("title");
    let refusal = refused_entry(&due.bench.take(&archive, &draft));
    issue(&due, &archive, refusal);
    let empty = open_file(&archive, &format!("Жеке іс: {}", needles[1]));
    let reason = holds::Placing { reason: needles[2].into(), ..placing() };
    let (hold, _) = holds::place(&archive, &reason, &[HoldTarget::File(empty.0)], SYSTEM_ACTOR).unwrap();
    holds::lift(&archive, hold, "Үлгі", SYSTEM_ACTOR).unwrap();
    files::close(&archive, empty, due.today(), SYSTEM_ACTOR).unwrap();
    let hunt = Hunt::new(&needles);
    let found: BTreeSet<String> =
        hunt.opened(&archive).iter().filter_map(|found| found.split(' ').next().map(str::to_owned)).collect();
    assert_eq!(found.len(), 3, "the hunt finds what is there: {found:?}");
    let old_note = archive.settle().unwrap();
    archive.close().unwrap();
    let plan = destroy_all(&due);
    complete(&due, &plan);
    let copies = due.bench.folder.path().join("copies");
    let keys = due.bench.root().with_extension("keys");
    copy_tree(&due.bench.root(), &copies.join("before"));
    let keys_then = all_files(&keys);
    end(&due);
    copy_tree(&due.bench.root(), &copies.join("after"));

    let archive = due.bench.open();
    assert_eq!(hunt.opened(&archive), Vec::<String>::new(), "in what can be opened");
    for id in [empty, hold] {
        assert_eq!(Survey::read(&archive).unwrap().going(), [], "{id}");
    }
    assert_eq!(files::find(&archive, empty).unwrap_err().code, ErrorCode::ArcDestroyed);
    assert!(archive.act_bytes(refusal).is_err());
    archive.close().unwrap();
    hunt.assert_nothing(&due.bench.root(), "the archive");
    hunt.assert_nothing(&keys, "the keys");
    hunt.assert_nothing(&copies, "the copies");
    // No key of then is there any more, the signing key of the journal among them, so no copy opens.
    let now = all_files(&keys);
    for (path, bytes) in &keys_then {
        assert_ne!(now.get(path), Some(bytes), "{} is still there", path.display());
    }
    assert!(now.keys().all(|path| !path.ends_with("log-ed25519")), "{:?}", now.keys());
    copy_tree(&keys, &copies.join("before").with_extension("keys"));
    assert!(Archive::open(&copies.join("before"), due.bench.clock.clone(), &mut |_, _| {}).is_err());

    // As the index was, and built again from what is left.
    for is_new in [false, true] {
        if is_new {
            muragat::archive::forget_index(&due.bench.root()).unwrap();
        }
        let archive = due.bench.open();
        let report = audited(&due.bench.root());
        assert!(report.is_clean(), "{:?}", report.findings);
        let key = &archive.config().vkey;
        let read = certificate::verify(&certificate::make(&archive, plan.id).unwrap(), key).unwrap();
        assert!(read.completed.is_some());
        // The journal goes on from the checkpoint of before, to one that is signed.
        let (then, today) = (checkpoint::verify(old_note.as_bytes(), key).unwrap(), archive.settle().unwrap());
        let today = checkpoint::verify(today.as_bytes(), key).unwrap();
        let log = archive.log().unwrap();
        assert_eq!((root_at(&log, then.size).unwrap(), today.size), (then.root, log.size()));
        let proof = consistency_proof(&log, then.size, today.size).unwrap();
        assert!(verify_consistency(then.size, then.root, today.size, today.root, &proof));
        // Every act document that is not said to be gone opens.
        let leaves = leaves(&archive);
        let gone: BTreeSet<RecordId> = leaves.iter().filter(|l| l.act.erases()).filter_map(|l| l.rec).collect();
        for (entry, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| leaf.doc.is_some()) {
            let opened = archive.act_bytes(entry as u64);
            assert_eq!(opened.is_ok(), !gone.contains(&leaf.rec.unwrap()), "{entry} {:?}", leaf.act);
        }
        assert_eq!(leaves.last().unwrap().act, ActKind::DecommissionCompleted);
        assert!(Survey::read(&archive).unwrap().agencies[AGENCY].is_some(), "who decided is still known");
        archive.close().unwrap();
    }
    // Nothing is left to do, and it may be done again.
    let before = due.bench.open().head().size;
    assert_eq!(finish(|| Ok(due.bench.open())).unwrap(), before - 1);
    assert_eq!(due.bench.open().head().size, before);
}

#[test]
fn an_entry_behind_the_end_is_named_by_the_audit() {
    let due = Due::of(&["1"]);
    let plan = destroy_all(&due);
    complete(&due, &plan);
    let archive = due.bench.open();
    decide(&due, &archive);
    let entry = decommission::execute(&archive, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    assert!(audited(&due.bench.root()).is_clean());
    let archive = due.bench.open();
    archive.forget_end();
    due.fresh(&archive);
    archive.close().unwrap();
    let report = audited(&due.bench.root());
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("(material.added) stands behind the end of the archive"), "{entry}: {found:?}");
}

#[test]
fn nothing_is_written_behind_the_end_and_its_signing_key_stays_erased() {
    let due = Due::of(&["1"]);
    let plan = destroy_all(&due);
    complete(&due, &plan);
    let keys = due.bench.root().with_extension("keys");
    let archive = due.bench.open();
    decide(&due, &archive);
    decommission::execute(&archive, SYSTEM_ACTOR).unwrap();
    let refused = |archive: &Archive| {
        let head = archive.head();
        assert_eq!(archive.actor("somebody new").unwrap(), SYSTEM_ACTOR);
        let none = serde_json::Map::new();
        let codes = [
            archive.commit_document(ActKind::MaterialAdded, SYSTEM_ACTOR, Register::Archive, none).err(),
            archive.answer_key().err(),
            archive.lose_key(due.files[0].1).err(),
        ];
        let codes = codes.map(|e| e.map(|e| e.code));
        assert_eq!(codes, [Some(ErrorCode::ArcEnded), None, Some(ErrorCode::ArcEnded)]);
        assert_eq!(archive.head(), head);
    };
    refused(&archive);
    archive.close().unwrap();
    let archive = due.bench.open();
    refused(&archive);
    archive.close().unwrap();
    // A journal that goes on is signed by somebody who kept the key.
    let kept = std::fs::read(keys.join("log-ed25519")).unwrap();
    finish(|| Ok(due.bench.open())).unwrap();
    assert!(!keys.join("log-ed25519").exists());
    std::fs::write(keys.join("log-ed25519"), &kept).unwrap();
    let archive = due.bench.open();
    assert!(!keys.join("log-ed25519").exists(), "a key that is put back is erased again");
    archive.close().unwrap();
    // An archive in use does not open without it.
    let other = Due::of(&["1"]);
    std::fs::remove_file(other.bench.root().with_extension("keys").join("log-ed25519")).unwrap();
    let refused = Archive::open(&other.bench.root(), other.bench.clock.clone(), &mut |_, _| {}).map(drop).unwrap_err();
    assert_eq!(refused.code, ErrorCode::VltKeyMissing);
}

/// An archive that its officers have decided to end, with a refusal and an empty file that go with it.
struct Load {
    closed: Closed,
    plan: RecordId,
    refusal: u64,
    empty: RecordId,
}

fn load() -> Load {
    let due = Due::of(&["1"]);
    let archive = due.bench.open();
    let mut draft = due.bench.draft("77/1");
    draft.card.as_object_mut().unwrap().remove("title");
    let refusal = refused_entry(&due.bench.take(&archive, &draft));
    issue(&due, &archive, refusal);
    let empty = open_file(&archive, "Бос іс");
    files::close(&archive, empty, due.today(), SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    let plan = destroy_all(&due);
    complete(&due, &plan);
    let archive = due.bench.open();
    decide(&due, &archive);
    due.bench.later(2_000);
    Load { closed: Closed::of(&due, archive), plan: plan.id, refusal, empty }
}

/// What the outside was told.
#[derive(Default)]
struct Told {
    ended: bool,
    complete: bool,
}

/// Brings the archive to its end, from wherever it is.
fn run(bed: &Bed, told: &mut Told) -> Result<(), Error> {
    let archive = bed.open()?;
    archive.tune(20_000, 4);
    if archive.ended().is_none() {
        decommission::execute(&archive, SYSTEM_ACTOR)?;
        told.ended = true;
    }
    archive.close()?;
    finish(|| bed.open())?;
    told.complete = true;
    Ok(())
}

fn check(bed: &Bed, load: &Load, told: &Told, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    let ended = archive.ended();
    assert!(ended.is_some() || !told.ended, "{at}: it has ended, and is in use");
    assert!(ended.is_some_and(|ended| ended.is_complete) || !told.complete, "{at}: it is complete, and is {ended:?}");
    // All of what goes with it is there, or nothing.
    let is_file_there = files::find(&archive, load.empty).is_ok();
    assert_eq!((archive.act_bytes(load.refusal).is_ok(), is_file_there), (ended.is_none(), ended.is_none()), "{at}");
    let complete = |archive: &Archive| {
        let certificate = certificate::make(archive, load.plan).unwrap_or_else(|e| panic!("{at}: {e}"));
        certificate::verify(&certificate, &archive.config().vkey).unwrap().completed
    };
    assert!(complete(&archive).is_some(), "{at}");
    archive.close().unwrap();
    // It comes to its end.
    run(bed, &mut Told::default()).unwrap_or_else(|e| panic!("{at}: does not come to its end: {e:?}"));
    let archive = bed.open().unwrap();
    assert!(archive.ended().unwrap().is_complete && complete(&archive).is_some(), "{at}");
    assert!(archive.act_bytes(load.refusal).is_err(), "{at}");
    assert!(!bed.keys.files().contains_key("log-ed25519"), "{at}: the signing key is there");
    let leaves = leaves(&archive);
    let count = |act: ActKind| leaves.iter().filter(|leaf| leaf.act == act).count();
    assert_eq!((count(ActKind::ArchiveDecommissioned), count(ActKind::DecommissionCompleted)), (1, 1), "{at}");
    assert!(bed.audit().is_clean(), "{at}");
}

#[test]
fn an_end_that_is_cut_off_leaves_the_archive_in_use_or_ended_and_comes_to_its_end() {
    let load = load();
    let count = FaultPlan::count_only();
    run(&load.closed.bed(&count), &mut Told::default()).unwrap();
    let operations = count.operations();
    assert!(operations > 30, "{operations}");
    for operation in 1..=operations {
        let failure = Failure::ALL[usize::try_from(operation).unwrap() % Failure::ALL.len()];
        let bed = load.closed.bed(&FaultPlan::fail_at(operation, failure));
        let mut told = Told::default();
        let result = run(&bed, &mut told);
        let at = format!("operation {operation} of {operations}, {failure:?}, {result:?}");
        check(&bed.killed(), &load, &told, &format!("{at}, killed"));
        check(&bed.power_cut(operation), &load, &told, &format!("{at}, power cut"));
    }
}

/// Runs the program on an archive and gives its exit code and what it says.
fn program(root: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muragat"));
    command.env("MURAGAT_ARCHIVE", root).env("MURAGAT_LANG", "en").current_dir(root.parent().unwrap());
    let output = command.args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    (output.status.code().unwrap(), text)
}

/// Every command of the program that has no commands below it.
fn commands(root: &Path, above: &[&str]) -> Vec<String> {
    let (_, help) = program(root, &[above, &["--help"]].concat());
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return vec![above.join(" ")] };
    let names = list.lines().take_while(|line| line.starts_with("  "));
    let names = names.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.flat_map(|name| commands(root, &[above, &[name]].concat())).collect()
}

/// Commands that need no archive, or only read it.
const READS: &[&str] = &[
    "init",
    "serve",
    "text",
    "import check",
    "import list",
    "import show",
    "show",
    "get",
    "party list",
    "party own",
    "transfer status",
    "transfer act",
    "transfer certificate",
    "accession list",
    "accession show",
    "record spill-act",
    "classifier list",
    "validate",
    "policy check",
    "policy list",
    "policy show",
    "rules check",
    "rules diff",
    "rules act",
    "rules list",
    "rules simulate",
    "material list",
    "means list",
    "waiting list",
    "receipt list",
    "receipt show",
    "nomenclature check",
    "nomenclature list",
    "file shorten-act",
    "file refile-act",
    "file list",
    "file records",
    "fonds list",
    "inventory list",
    "inventory files",
    "form check",
    "form list",
    "form print act-of-selection",
    "form print inventory",
    "form print year-count",
    "paper list",
    "hold list",
    "hold statement",
    "inquiry list",
    "inquiry show",
    "inquiry copies",
    "inquiry register",
    "disposal statement",
    "disposal certificate",
    "disposal show",
    "disposal list",
    "decommission status",
    "due",
    "why",
    "duplicates",
    "search",
    "user list",
    "user show",
    "token list",
    "reading list",
    "subject report",
    "presence status",
    "presence show",
    "audit",
    "reindex",
    "evidence status",
    "evidence record",
    "evidence checkpoint",
    "log checkpoint",
    "log entries",
    "log proof",
    "log vkeys",
    // What witnesses said lies beside the journal: an archive that has ended may still be witnessed.
    "log witness check",
    "log witness show",
    "log witness push",
    "log witness request",
    "log witness accept",
    // Of a witness, which has nothing to do with the archive.
    "witness init",
    "witness add-log",
    "witness show",
    "witness serve",
    "witness sign",
    "verify",
    "demo",
    "doctor",
];

/// Commands that write, with arguments that get them as far as the archive. ID is that of something that once was, FILE
/// a file that is none of theirs.
const WRITES: &[&str] = &[
    "ingest FILE",
    "import FILE --files . --profile P",
    "import adopt FILE --signature FILE",
    "record add ID FILE --role mark",
    "record identify ID",
    "party adopt FILE --signature FILE",
    "transfer select ID --to P --reason early --basis b",
    "transfer draw-up ID",
    "transfer approve ID --signature FILE",
    "transfer cancel ID --reason r",
    "transfer prepare ID",
    "transfer send ID --into .",
    "transfer exchange ID --to https://a/ --certificate a --key a --ca a",
    "transfer take FILE",
    "transfer sign ID --signature FILE -o .",
    "transfer release ID FILE --signature FILE",
    "transfer close ID",
    "accession receive . --from P -o .",
    "accession reply ID -o .",
    "accession agree ID FILE",
    "record spill ID --confirm ID --act FILE --signature FILE",
    "card correct ID FILE --reason r",
    "classifier adopt CLASSIFIER",
    "policy adopt FILE",
    "rules adopt LIST",
    "material add FILE",
    "material fetch",
    "means deposit",
    "waiting retry",
    "waiting refuse ID --reason r",
    "receipt sign ID --signature FILE",
    "nomenclature adopt FILE",
    "file open --agency TEST-01 --index 01-01 --year 2028",
    "file add ID ID",
    "file split ID --records ID --reason r",
    "file close ID --date 2028-01-01",
    "file reopen ID --reason r",
    "file reclassify ID --reason r",
    "file event ID e --date 2028-01-01",
    "file shorten --act FILE --signature FILE",
    "file refile --act FILE --signature FILE",
    "fonds open --number 1 --name n --agency TEST-01",
    "fonds succeed 1 --name n --date 2028-01-01",
    "inventory open --fonds 1 --number 1 --kind permanent --title t",
    "inventory enter --fonds 1 --number 1 ID",
    "inventory approve --fonds 1 --number 1 --until 2028 --minutes-number 1 --minutes-date 2028-01-01 --attach FILE",
    "form adopt FORM",
    "log witness adopt POLICY",
    "paper add ID --kind original --sheets 1 --place p --custodian c",
    "paper move ID --place p --custodian c --reason r",
    "hold place ID --owner o --reason r --basis b",
    "hold lift ID --reason r",
    "hold confirm --statement FILE --signature FILE",
    "log succeed --last known --reason r --confirm ID",
    "inquiry open --authority a --case c --basis b --requester r --due 2028-01-01",
    "inquiry search ID x",
    "inquiry take ID ID",
    "inquiry read ID ID",
    "inquiry answer ID --signature FILE",
    "inquiry bundle ID -o NEW",
    "inquiry close ID --outcome o",
    "inquiry paper-copy ID --recipient r -o out",
    "disposal propose --agency TEST-01",
    "disposal review --statement FILE --signature FILE",
    "disposal approve --statement FILE --signature FILE",
    "disposal cancel ID --reason r",
    "disposal execute ID --statement FILE --signature FILE",
    "disposal complete ID",
    "decommission statement --agency TEST-01 --reason r",
    "decommission approve --statement FILE --signature FILE",
    "evidence timestamp",
    "evidence request -o NEW",
    "evidence accept FILE --checkpoint FILE",
    "evidence renew",
    "user add n --person 000000000001",
    "user password n",
    "user close n --reason r",
    "user bind-certificate n FILE",
    "token issue n --scope record.list --until 2028-01-01",
    "token revoke 0000000000000000 --reason r",
    "reading permit n ID --until 2028-01-01 --basis b",
    "reading end 1 --reason r",
    "presence begin --basis b",
    "presence run ID",
    "presence end ID",
    "compact",
];

#[test]
fn no_command_writes_into_an_archive_that_has_ended() {
    let due = Due::of(&["1"]);
    let plan = destroy_all(&due);
    complete(&due, &plan);
    let archive = due.bench.open();
    let empty = open_file(&archive, "Бос іс");
    files::close(&archive, empty, due.today(), SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    end(&due);
    let root = due.bench.root();
    let (id, folder) = (plan.id.to_string(), root.parent().unwrap().to_owned());
    std::fs::write(folder.join("FILE"), b"x").unwrap();
    let before = all_files(&root.join("tlog"));
    let mut wrong = Vec::new();
    let commands = commands(&root, &[]);
    for command in &commands {
        let is_named = WRITES.iter().any(|line| *line == command || line.starts_with(&format!("{command} ")));
        // The one that ends the archive may be repeated, see below.
        if !is_named && !READS.contains(&command.as_str()) && command != "decommission execute" {
            wrong.push(format!("{command}: does it write? Neither list names it"));
        }
    }
    // `import` writes by itself; what this program does not have is not tried.
    let has = |line: &&&str| commands.iter().any(|command| line.starts_with(command.as_str()));
    for line in WRITES.iter().filter(|line| has(line) || line.starts_with("import FILE")) {
        let line = line.replace("ID", &id);
        let (exit, said) = program(&root, &line.split(' ').collect::<Vec<_>>());
        if exit != Exit::Conflict as i32 || !said.contains("ARC-007") {
            wrong.push(format!("{line}: {exit} {}", said.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(all_files(&root.join("tlog")), before, "the journal is as it was");
    // Reading goes on, also for somebody whom the archive never saw.
    let record = due.files[0].1.to_string();
    for line in [
        "decommission status",
        "log checkpoint",
        "log entries",
        "audit --full",
        "disposal list",
        "policy list",
        "material list",
        "waiting list",
        "receipt list",
        "hold list",
        "file list",
        "search x",
        "doctor",
        &format!("show {record}"),
        &format!("disposal certificate {id}"),
        &format!("form print act-of-selection {id}"),
    ] {
        let (exit, said) = program(&root, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(exit, 0, "{line}: {said}");
    }
    let (exit, said) = program(&root, &["--json", "show", &empty.to_string()]);
    assert!(exit == 0 && said.contains("\"stage\":\"ended\""), "{said}");
    let (_, said) = program(&root, &["--json", "doctor"]);
    assert!(said.contains("archive-ended") && !said.contains("calendar"), "{said}");
    let archive_id = due.bench.open().config().archive_id.to_string();
    let (exit, said) = program(&root, &["decommission", "execute"]);
    assert!(exit == Exit::Usage as i32 && said.contains("CLI-002"), "{said}");
    assert_eq!(program(&root, &["decommission", "execute", "--confirm", &archive_id]).0, 0);
    assert_eq!(all_files(&root.join("tlog")), before, "repeated, it does nothing");
}
