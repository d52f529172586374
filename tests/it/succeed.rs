//! An archive that lost its newest entries goes on under a new name and key, and signs no second history.
//!
//! Goal: what is left stays the same tree; the act says what the log was, what is missing and why; nothing that was
//! signed by the key of before stops verifying, and that key signs nothing more; an archive that is whole, forked or
//! ended is refused; whatever fails when, an archive is the old log or the new one and never both; what the lost entries
//! may have kept is not destroyed before officers say what it was. Method: copies of media and folders of two times, a
//! witness, every operation failed in every way, real signatures.

use super::bed::Bed;
use super::disposal::{Due, placing};
use super::signed::{AGENCY, DAY_MS};
use super::witness::{act, adopt, courier, witness};
use muragat::archive::{Archive, EarlierLog, Handle, LOG_KEY, NEXT_LOG_KEY, Succeeding, Taken};
use muragat::config::{CONFIG_FILE, Config};
use muragat::disposition::destroy::Executed;
use muragat::disposition::lost_holds::{self, LostHolds};
use muragat::disposition::{decommission, lost_holds::Taken as Confirmed};
use muragat::error::{Error, ErrorCode};
use muragat::fetch::Timeouts;
use muragat::fetch::witness::push;
use muragat::filing::holds;
use muragat::index::filing::HoldTarget;
use muragat::ingest::spill::unsigned as spill;
use muragat::model::id::RecordId;
use muragat::testing::{Failure, FaultPlan};
use muragat::tlog::checkpoint::{LogSigner, verify};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::ActKind;
use muragat::tlog::proof::{InclusionProof, inclusion_text};
use muragat::tlog::tree::root_at;
use muragat::tlog::trust::TrustPolicy;
use muragat::vault::keys::KeyFolder;
use muragat::verify::material::Material;
use std::collections::BTreeSet;
use std::path::Path;

fn asked(last: Option<&[u8]>) -> Succeeding {
    Succeeding {
        last: last.map(<[u8]>::to_vec),
        name: None,
        reason: "Диск істен шықты, соңғы көшірме осы".into(),
        account: "test".into(),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.unwrap_err().code
}

/// A bed that was put back from a copy of before two entries, with the note that shows them and the bed as it went on.
fn put_back() -> (Bed, Vec<u8>, Bed) {
    let bed = Bed::new(&FaultPlan::count_only());
    act(&bed.open().unwrap(), "first");
    let old = bed.killed();
    let archive = bed.open().unwrap();
    act(&archive, "lost");
    act(&archive, "lost too");
    let note = archive.settle().unwrap().into_bytes();
    archive.close().unwrap();
    (old, note, bed)
}

/// Opens with the configuration that the medium has, as a program does.
fn opened(bed: &mut Bed) -> Result<Archive, Error> {
    if let Some(text) = bed.disk.files().get(CONFIG_FILE) {
        let read = Config::parse(std::str::from_utf8(text).unwrap(), Path::new(CONFIG_FILE)).unwrap();
        bed.config.vkey = read.vkey;
    }
    let archive = bed.open()?;
    bed.config = archive.config().clone();
    Ok(archive)
}

fn succeed(bed: &mut Bed, last: Option<&[u8]>) -> EarlierLog {
    let mut archive = opened(bed).unwrap();
    let log = archive.succeed(&asked(last)).unwrap();
    bed.config = archive.config().clone();
    archive.close().unwrap();
    log
}

#[test]
fn what_is_left_goes_on_as_the_same_tree_under_a_new_name_and_key() {
    let (_, one) = witness("w");
    let mut bed = Bed::new(&FaultPlan::count_only());
    adopt(&bed, &[("a", &one, None)], "quorum a");
    one.add_log(&bed.config.vkey).unwrap();
    let was = bed.config.vkey.clone();
    bed.open().unwrap().answer_key().unwrap();
    let old = bed.killed();
    let archive = bed.open().unwrap();
    let (before, proof) = {
        let note = archive.settle().unwrap();
        let proof = {
            let log = archive.log().unwrap();
            inclusion_text(&log, 1, log.size(), &note).unwrap()
        };
        (note, proof)
    };
    act(&archive, "lost");
    act(&archive, "lost too");
    courier(&archive, "a", &one).unwrap();
    let lost = archive.settle().unwrap();
    archive.close().unwrap();
    // The folder is of before, the keys are of now: what the key folder remembers is enough.
    let keys = bed.killed().keys;
    bed = old;
    bed.keys = keys;
    let archive = bed.open().unwrap();
    let (head, seed) = (archive.head(), bed.keys.files()[LOG_KEY].clone());
    let answers = archive.answer_key().unwrap().public();
    assert_eq!(archive.conflict().unwrap().size, head.size + 2);
    archive.close().unwrap();

    let log = succeed(&mut bed, None);
    let vkey = bed.config.vkey.clone();
    assert_eq!((log.entry, log.missing(), &log.succession.was), (head.size, 2, &was));
    assert_eq!((vkey.name.as_str(), &vkey), ("test.example/log/2", &log.succession.vkey));
    assert_ne!(vkey.public, was.public);
    for bed in [bed.killed(), bed.without_index(), bed.power_cut(1)] {
        let archive = bed.open().unwrap();
        let journal = archive.log().unwrap();
        assert_eq!(root_at(&journal, head.size).unwrap(), head.root, "the same tree");
        let leaf = archive.leaf(head.size).unwrap();
        assert_eq!((leaf.act, leaf.log.as_ref()), (ActKind::LogSucceeded, Some(&log.succession)));
        let document = archive.act_bytes(head.size).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&document[0]).unwrap();
        let note = document["last"].as_str().unwrap();
        assert_eq!(verify(note.as_bytes(), &was), verify(lost.as_bytes(), &was), "with its cosignatures");
        assert_eq!((&document["missing"], &document["account"]), (&2.into(), &"test".into()));
        assert_eq!(archive.earlier_logs().unwrap(), std::slice::from_ref(&log));
        assert!(archive.conflict().is_none());
        // Every checkpoint after is by the new key, and those of before are known at the sizes that are left.
        let now = archive.settle().unwrap();
        assert!(verify(now.as_bytes(), &vkey).is_some() && verify(now.as_bytes(), &was).is_none());
        assert_eq!(archive.own_checkpoint(before.as_bytes()).unwrap().unwrap().size, head.size);
        assert_eq!(archive.own_checkpoint(lost.as_bytes()).unwrap(), None);
        assert!(bed.audit().is_clean(), "{:?}", bed.audit().findings);
    }
    // What strangers hold verifies by the key of before, without the archive.
    let own = TrustPolicy::parse(format!("log {was}\nquorum none\n").as_bytes()).unwrap();
    let entry = bed.open().unwrap().log().unwrap().entry(1).unwrap();
    let proof = InclusionProof::parse(&proof).unwrap();
    assert!(proof.verify(&entry, &own, None).unwrap().is_met);
    // The key of before is gone.
    let keys = bed.keys.files();
    assert!(!keys.contains_key(NEXT_LOG_KEY) && keys[LOG_KEY] != seed);
    assert!(keys.values().all(|file| *file != seed));

    // The witnesses of before are not asked for the new log, until a policy names it.
    let archive = bed.open().unwrap();
    assert!(archive.witnesses().unwrap().is_none() && archive.cosigned().unwrap().is_none());
    assert_eq!(code(archive.witness("a")), ErrorCode::WitUnknown);
    assert_eq!(archive.witnessed(one.key()).unwrap(), None);
    archive.close().unwrap();
    assert_eq!(
        code(push(&mut || bed.open().map(|archive| Handle::Own(Box::new(archive))), Timeouts::default(), &mut |_| {})),
        ErrorCode::WitUnknown
    );
    let archive = bed.open().unwrap();
    for lines in ["", &format!("log {was}\n")] {
        let file = format!("{lines}witness a {}\nquorum a\n", one.key());
        let policy = TrustPolicy::parse(file.as_bytes()).unwrap();
        assert_eq!(code(archive.adopt_witnesses(&policy, file.as_bytes(), SYSTEM_ACTOR)), ErrorCode::WitPolicy);
    }
    archive.close().unwrap();
    adopt(&bed, &[("a", &one, None)], "quorum a");
    let archive = bed.open().unwrap();
    let asked = archive.ask_witness(one.key(), None).unwrap();
    assert_eq!((asked.old, one.add_checkpoint(asked.body.as_bytes()).unwrap().status()), (0, 404));
    one.add_log(&vkey).unwrap();
    assert!(matches!(courier(&archive, "a", &one), Ok(Taken::Cosigned { .. })));
    assert!(archive.cosigned().unwrap().unwrap().judged.unwrap().is_met);
    // Answers are signed by a key that the journal names.
    assert_ne!(archive.answer_key().unwrap().public(), answers);
    archive.close().unwrap();
    assert!(bed.audit().is_clean(), "{:?}", bed.audit().findings);
}

#[test]
fn only_a_newer_checkpoint_by_its_own_key_makes_a_log_go_on() {
    let (old, note, newer) = put_back();
    let unchanged = |bed: &Bed, succeeding: &Succeeding, wanted: ErrorCode, what: &str| {
        let before = (bed.disk.files().get("tlog/lock").cloned(), bed.keys.files());
        let mut archive = bed.open().unwrap();
        assert_eq!(code(archive.succeed(succeeding)), wanted, "{what}");
        archive.close().unwrap();
        assert_eq!((bed.disk.files().get("tlog/lock").cloned(), bed.keys.files()), before, "{what}: nothing is done");
    };
    let whole = newer.killed();
    unchanged(&whole, &asked(None), ErrorCode::LogWhole, "nothing is known");
    unchanged(&whole, &asked(Some(&note)), ErrorCode::LogWhole, "its own checkpoint");
    let archive = old.killed().open().unwrap();
    let (size, root) = (archive.head().size, archive.head().root);
    let before = archive.settle().unwrap();
    drop(archive);
    unchanged(&whole, &asked(Some(before.as_bytes())), ErrorCode::LogWhole, "an older one");
    unchanged(&old, &asked(None), ErrorCode::LogWhole, "nothing is known there");
    let stranger = LogSigner::new(&old.config.vkey.name, &[3; 32]).sign(size + 9, root).unwrap();
    unchanged(&old, &asked(Some(stranger.as_bytes())), ErrorCode::LogLast, "another key");
    unchanged(&old, &asked(Some(b"no note")), ErrorCode::LogLast, "no note");
    for name in ["", "two words", "a+b", &old.config.vkey.name.clone(), &"a".repeat(256)] {
        let named = Succeeding { name: Some(name.to_owned()), ..asked(Some(&note)) };
        unchanged(&old, &named, ErrorCode::LogName, name);
    }
    for reason in ["", "  ", "a\u{7}b", &"a".repeat(5000)] {
        let named = Succeeding { reason: reason.to_owned(), ..asked(Some(&note)) };
        unchanged(&old, &named, ErrorCode::IngFieldMalformed, reason);
    }
    // A newer one is known than the one that is given.
    let archive = newer.open().unwrap();
    act(&archive, "still newer");
    let newest = archive.settle().unwrap();
    archive.close().unwrap();
    let known = old.killed();
    KeyFolder::new(known.keys.clone(), known.config.archive_id).keep_witnessed(newest.as_bytes()).unwrap();
    unchanged(&known, &asked(Some(&note)), ErrorCode::LogNotNewest, "not the newest");
    // Two histories under one key are for people, whatever else is shown.
    let seed = KeyFolder::new(old.keys.clone(), old.config.archive_id).named(LOG_KEY).unwrap();
    let signer = LogSigner::new(&old.config.vkey.name, &seed.0);
    let other = muragat::model::digest::Sha256([7; 32]);
    for size in [size, size - 1, verify(&note, &old.config.vkey).unwrap().size] {
        let forked = old.killed();
        forked.disk.plant("tlog/fork/x", signer.sign(size, other).unwrap().as_bytes());
        unchanged(&forked, &asked(Some(&note)), ErrorCode::LogForked, "a fork");
        unchanged(&old, &asked(Some(signer.sign(size - 2, other).unwrap().as_bytes())), ErrorCode::LogForked, "given");
    }
}

#[test]
fn a_log_goes_on_twice_and_says_both() {
    let (mut bed, note, _) = put_back();
    let first_name = bed.config.vkey.name.clone();
    let first = succeed(&mut bed, Some(&note));
    let archive = bed.open().unwrap();
    act(&archive, "second life");
    archive.close().unwrap();
    let copy = bed.killed();
    let archive = bed.open().unwrap();
    let kept = archive.settle().unwrap();
    act(&archive, "lost again");
    let lost = archive.settle().unwrap();
    archive.close().unwrap();
    let second_key = bed.config.vkey.clone();

    bed = copy;
    let mut archive = bed.open().unwrap();
    let named = Succeeding { name: Some(first_name), ..asked(Some(lost.as_bytes())) };
    assert_eq!(code(archive.succeed(&named)), ErrorCode::LogName, "a name of before");
    assert_eq!(code(archive.succeed(&asked(Some(&note)))), ErrorCode::LogLast, "by the key of before");
    archive.close().unwrap();
    let second = succeed(&mut bed, Some(lost.as_bytes()));
    assert_eq!(bed.config.vkey.name, "test.example/log/3");
    assert_eq!((second.missing(), &second.succession.was), (1, &second_key));
    for bed in [bed.killed(), bed.without_index()] {
        let archive = bed.open().unwrap();
        assert_eq!(archive.earlier_logs().unwrap(), [first.clone(), second.clone()]);
        assert_eq!(archive.own_checkpoint(kept.as_bytes()).unwrap().unwrap().origin, second_key.name);
        assert_eq!(archive.own_checkpoint(lost.as_bytes()).unwrap(), None);
        act(&archive, "third life");
        archive.close().unwrap();
        assert!(bed.audit().is_clean(), "{:?}", bed.audit().findings);
    }
    // A copy of before the first time opens with none of the keys of now.
    let (mut before, _, _) = put_back();
    before.keys = bed.killed().keys;
    assert_eq!(code(before.open().map(drop)), ErrorCode::VltKeyMissing);
}

#[test]
fn the_audit_names_what_does_not_fit_the_log_of_before() {
    let (mut bed, note, newer) = put_back();
    let (config, keys) = (bed.config.clone(), bed.killed().keys);
    let seed = KeyFolder::new(keys, config.archive_id).named(LOG_KEY).unwrap();
    let signer = LogSigner::new(&config.vkey.name, &seed.0);
    let log = succeed(&mut bed, Some(&note));
    assert!(bed.audit().is_clean());
    let other = muragat::model::digest::Sha256([7; 32]);
    for (size, is_named) in [(log.entry, true), (log.entry + 1, false), (log.entry + 2, true), (log.entry + 3, true)] {
        let copy = bed.killed();
        copy.disk.plant("tlog/witness/00", signer.sign(size, other).unwrap().as_bytes());
        let found = copy.audit().findings.iter().any(|finding| finding.file == "tlog/witness/00");
        assert_eq!(found, is_named, "{size}");
    }
    let copy = bed.killed();
    copy.disk.plant("tlog/witness/00", &note);
    assert!(copy.audit().is_clean(), "the newest that is known is no damage");
    let mut other = bed.killed();
    other.config.vkey = newer.config.vkey.clone();
    assert!(!other.audit().is_clean(), "the key of before signs nothing any more");
}

/// What a crash left is one of the two logs, whole, and comes to its end.
fn check(mut bed: Bed, note: &[u8], before: &muragat::tlog::lock::Head, told: bool, at: &str) {
    let archive = opened(&mut bed).unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let logs = archive.earlier_logs().unwrap();
    assert!(!told || !logs.is_empty(), "{at}: what was answered is lost");
    assert_eq!(root_at(&archive.log().unwrap(), before.size).unwrap(), before.root, "{at}: another tree");
    assert!(!bed.keys.files().contains_key(NEXT_LOG_KEY), "{at}: a key is left over");
    let was = logs.first().map_or(&bed.config.vkey, |log| &log.succession.was).clone();
    let published = archive.settle().unwrap();
    // Exactly one key signs, and not both at one size.
    assert!(verify(published.as_bytes(), &bed.config.vkey).is_some(), "{at}");
    assert_eq!(verify(published.as_bytes(), &was).is_some(), logs.is_empty(), "{at}");
    match logs.first() {
        Some(log) => {
            assert_eq!((log.entry, archive.conflict().is_some()), (before.size, false), "{at}");
            act(&archive, "goes on");
        }
        None => assert_eq!(archive.head().size, before.size, "{at}"),
    }
    archive.close().unwrap();
    if logs.is_empty() {
        succeed(&mut bed, Some(note));
    }
    let archive = opened(&mut bed).unwrap();
    assert_eq!(archive.earlier_logs().unwrap().len(), 1, "{at}");
    act(&archive, "goes on still");
    archive.close().unwrap();
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
}

#[test]
fn whatever_fails_when_the_log_is_the_old_one_or_the_new_one() {
    let (bed, note, _) = put_back();
    // A line that a person wrote stays.
    let text = format!("# Үлгі\n{}", bed.config.to_text());
    bed.disk.plant(CONFIG_FILE, text.as_bytes());
    let head = bed.open().unwrap().head();
    let run = |bed: &mut Bed| -> Result<(), Error> {
        let mut archive = bed.open()?;
        archive.succeed(&asked(Some(&note)))?;
        Ok(())
    };
    let plan = FaultPlan::count_only();
    let mut whole = bed.under(&plan);
    run(&mut whole).unwrap();
    let operations = plan.operations();
    assert!(operations > 12, "{operations} operations");
    check(whole.killed(), &note, &head, true, "no failure");
    assert!(whole.disk.files()[CONFIG_FILE].starts_with("# Үлгі\n".as_bytes()));
    let (mut old, mut new) = (0, 0);
    for k in 0..operations {
        for failure in Failure::ALL {
            let plan = FaultPlan::fail_at(k, failure);
            let mut bed = bed.under(&plan);
            let result = run(&mut bed);
            let at = format!("operation {k} ({:?}) {failure:?}", plan.log().last());
            assert!(result.is_err() || !plan.is_dead(), "{at}: a failure was swallowed");
            let told = result.is_ok();
            for (left, how) in [(bed.power_cut(k), "power cut"), (bed.killed(), "killed")] {
                let names_old = left.disk.files()[CONFIG_FILE] == text.as_bytes();
                if names_old {
                    old += 1
                } else {
                    new += 1
                }
                check(left, &note, &head, told, &format!("{at}, {how}"));
            }
        }
    }
    assert!(old > 0 && new > 0, "both were left: {old} {new}");
}

/// An archive with a file that is due and a plan for it, put back from a copy.
fn due_put_back() -> (Due, muragat::disposition::plan::Plan) {
    let due = Due::of(&["1", "1"]);
    let plan = due.approved(&[]);
    due.bench.later(8 * DAY_MS);
    let archive = due.bench.open();
    due.fresh(&archive);
    archive.close().unwrap();
    let (root, copy) = (due.bench.root(), due.bench.folder.path().join("copy"));
    super::disposal::copy_tree(&root, &copy);
    let archive = due.bench.open();
    // In what is lost somebody placed a hold.
    holds::place(&archive, &placing(), &[HoldTarget::Record(due.files[0].1.0)], SYSTEM_ACTOR).unwrap();
    let note = archive.settle().unwrap();
    archive.close().unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    super::disposal::copy_tree(&copy, &root);
    let mut archive = due.bench.open();
    archive.succeed(&asked(Some(note.as_bytes()))).unwrap();
    archive.close().unwrap();
    (due, plan)
}

fn confirm(due: &Due, archive: &Archive, toml: &str, who: &[&muragat::cli::samples::signer::Signer]) -> Confirmed {
    let signatures: Vec<Vec<u8>> = who.iter().map(|who| due.signed(who, toml.as_bytes())).collect();
    lost_holds::take(archive, toml.as_bytes(), &signatures, &Material::default(), SYSTEM_ACTOR).unwrap()
}

#[test]
fn nothing_is_destroyed_before_two_officers_said_which_holds_were_lost() {
    let (due, plan) = due_put_back();
    let office = &due.bench.office;
    let archive = due.bench.open();
    assert_eq!(archive.locked_agencies().unwrap(), BTreeSet::from([AGENCY.to_owned()]));
    assert_eq!(code(due.execute(&archive, &plan)), ErrorCode::HldUnconfirmed);
    // The one way by which a key goes asks too, whoever forgot to.
    assert_eq!(code(spill(&archive, due.files[1].1, SYSTEM_ACTOR)), ErrorCode::HldUnconfirmed);
    assert!(due.files.iter().all(|(_, record)| due.is_readable(&archive, *record)));

    // Holds are placed at all times.
    let keep = [HoldTarget::Record(due.files[0].1.0)];
    let (hold, _) = holds::place(&archive, &placing(), &keep, SYSTEM_ACTOR).unwrap();
    due.bench.later(2_000);
    let statement = LostHolds::draft(&archive, AGENCY, &BTreeSet::from([hold])).unwrap().to_toml();
    let refused = |toml: &str, who: &[&_], code: ErrorCode, what: &str| {
        let before = archive.head().size;
        let Confirmed::Refused(reasons) = confirm(&due, &archive, toml, who) else { panic!("taken: {what}") };
        assert!(reasons.iter().any(|reason| reason.code == code), "{what}: {reasons:?}");
        assert_eq!(archive.head().size, before, "{what}: nothing is left of it");
    };
    refused(&statement, &[&office.clerk], ErrorCode::HldSigned, "one person");
    refused(&statement, &[&office.clerk, &office.clerk], ErrorCode::HldSigned, "one person twice");
    refused(&statement, &[&office.official, &office.approvers[0]], ErrorCode::HldSigned, "no records office");
    refused(&statement, &[&office.clerk, &office.stranger], ErrorCode::HldSigned, "a stranger");
    refused(&statement, &[&office.clerk, &office.administrator], ErrorCode::HldSigned, "an administrator");
    refused(&format!("# all\n{statement}"), &[&office.clerk, &office.official], ErrorCode::HldStatement, "a comment");
    let other = statement.replace("log/2", "log/3").replace("/2\"", "/9\"");
    assert_ne!(other, statement);
    refused(&other, &[&office.clerk, &office.official], ErrorCode::HldStatement, "another log");
    let unknown = BTreeSet::from([RecordId([1; 16])]);
    assert_eq!(code(LostHolds::draft(&archive, AGENCY, &unknown)), ErrorCode::HldUnknown);
    assert_eq!(code(LostHolds::draft(&archive, "TEST-99", &BTreeSet::new())), ErrorCode::PrsAgency);
    assert_eq!(code(due.execute(&archive, &plan)), ErrorCode::HldUnconfirmed, "nothing of that unlocks");

    let taken = confirm(&due, &archive, &statement, &[&office.clerk, &office.official]);
    let Confirmed::Done { agency, entry } = taken else { panic!("{taken:?}") };
    assert_eq!((agency.as_str(), archive.leaf(entry).unwrap().act), (AGENCY, ActKind::HoldsConfirmed));
    assert!(archive.locked_agencies().unwrap().is_empty());
    // The hold that was lost keeps what it kept; the rest goes.
    let Executed::Done { destroyed, kept, .. } = due.execute(&archive, &plan).unwrap() else { panic!("nothing done") };
    assert_eq!((destroyed.len(), kept.len()), (1, 1));
    assert!(due.is_readable(&archive, due.files[0].1) && !due.is_readable(&archive, due.files[1].1));
    holds::lift(&archive, hold, "Аяқталды", SYSTEM_ACTOR).unwrap();
    let lifted = LostHolds::draft(&archive, AGENCY, &BTreeSet::from([hold]));
    assert_eq!(code(lifted), ErrorCode::HldStatement, "one that was lifted stands for nothing");
    archive.close().unwrap();
    let archive = due.bench.open();
    assert!(archive.locked_agencies().unwrap().is_empty(), "also after opening again");
    archive.close().unwrap();
}

#[test]
fn an_archive_does_not_end_before_its_lost_holds_are_confirmed() {
    let bench = super::signed::Bench::bare();
    let due = Due::closed(bench, &[]);
    let archive = due.bench.open();
    archive.subtree(AGENCY, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    let (root, copy) = (due.bench.root(), due.bench.folder.path().join("copy"));
    super::disposal::copy_tree(&root, &copy);
    let archive = due.bench.open();
    act(&archive, "lost");
    let note = archive.settle().unwrap();
    archive.close().unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    super::disposal::copy_tree(&copy, &root);
    let mut archive = due.bench.open();
    archive.succeed(&asked(Some(note.as_bytes()))).unwrap();
    due.bench.later(2_000);
    let decision = decommission::Decision::draft(&archive, AGENCY, "Мекеме таратылды").unwrap().to_toml();
    let signatures = due.bench.office.approvers.iter().map(|who| due.signed(who, decision.as_bytes()));
    let signatures: Vec<_> = signatures.collect();
    let taken = decommission::take(&archive, decision.as_bytes(), &signatures, &Material::default(), SYSTEM_ACTOR);
    assert!(matches!(taken, Ok(decommission::Taken::Done { .. })), "{taken:?}");
    assert_eq!(code(decommission::execute(&archive, SYSTEM_ACTOR)), ErrorCode::HldUnconfirmed);
    assert!(archive.ended().is_none());
    archive.close().unwrap();
}
