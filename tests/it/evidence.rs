//! Batches of evidence: what an authority stamped holds for every record, and nothing else is taken for a time-stamp.
//!
//! Goal: each commitment of the journal and each checkpoint leads by its evidence record to the imprint of a token that
//! the authority signed; the maps of heads are those of the journal at every size. Method: an authority of the
//! demonstration in memory, batches over several bundles, requests by network and by file, answers that are wrong in
//! one way each. Trees are folded here by the rule of RFC 4998 §4.3 and not by the archive.

use super::cli_json::Bench as CliBench;
use super::disposal::Due;
use super::receipt::accepted;
use super::signed::{self, Bench, DAY_MS, at, fresh};
use chrono::{DateTime, TimeDelta, Utc};
use muragat::access;
use muragat::archive::Archive;
use muragat::cli::samples::signer::{Root, Validity};
use muragat::cli::samples::stamper::Stamper;
use muragat::clock::{Clock, SystemClock};
use muragat::config::Config;
use muragat::error::{ErrorCode, Exit};
use muragat::evidence::heads::{self, Maps};
use muragat::evidence::record::{self, Maker, Object};
use muragat::evidence::renew::{self, Kind};
use muragat::evidence::stamp::{self, Checked, Request, Stamped};
use muragat::evidence::status;
use muragat::index::writer::Payload;
use muragat::model::digest::{Digests, Sha256, Sha512, sha256, sha256_parts, sha512_parts};
use muragat::model::id::RecordId;
use muragat::tlog::commit::{Act, SYSTEM_ACTOR};
use muragat::tlog::heads::HeadsSoFar;
use muragat::tlog::leaf::{ActKind, Heads};
use muragat::verify::alg::DigestAlgorithm;
use muragat::verify::evidence::check::{self, ObjectDigests};
use muragat::verify::evidence::record::EvidenceRecord;
use muragat::verify::material::Material;
use muragat::verify::timestamp::TimestampToken;
use muragat::verify::validation::Caches;
use std::sync::{Arc, Mutex};

/// An authority of the bench's root.
pub(crate) fn authority(bench: &Bench) -> Stamper {
    of_root(&bench.office.root, bench.now())
}

/// Another one, whose certificate ends this many days from now.
pub(crate) fn lasting(bench: &Bench, days: u64) -> Stamper {
    let validity = Validity { from: at(bench.now() - DAY_MS), until: at(bench.now() + days * DAY_MS) };
    let mut random = |buffer: &mut [u8]| buffer.fill(days as u8);
    Stamper::new(&bench.office.root, "ҮЛГІ УАҚЫТ 2", validity, &mut random).unwrap()
}

fn of_root(root: &Root, now: u64) -> Stamper {
    let mut random = |buffer: &mut [u8]| buffer.fill(77);
    let validity = Validity { from: at(now - DAY_MS), until: at(now + 1000 * DAY_MS) };
    Stamper::new(root, "ҮЛГІ УАҚЫТ БЕЛГІСІ", validity, &mut random).unwrap()
}

/// The policy of the bench that trusts its root for time-stamps too.
pub(crate) fn policy(bench: &Bench) -> String {
    let pem = bench.office.root.certificate_pem();
    let policy = bench.office.trust(bench.now()).policy.replacen("version = \"2026-1\"", "version = \"stamped\"", 1);
    format!("{policy}\n[[timestamp_anchor]]\ngeneration = \"demo\"\npem = \"\"\"\n{pem}\"\"\"\n")
}

/// A bench that trusts its authority.
fn trusting() -> (Bench, Archive, Stamper) {
    let bench = Bench::new();
    let archive = bench.open();
    bench.adopt(&archive, &policy(&bench));
    let stamper = authority(&bench);
    (bench, archive, stamper)
}

/// Stamps what came since the last time. None when nothing came.
fn stamped(bench: &Bench, archive: &Archive, stamper: &Stamper) -> Option<Stamped> {
    let batch = stamp::next(archive, SYSTEM_ACTOR).unwrap()?;
    let checked = checked(bench, archive, stamper, &Request::of(&batch, false));
    let entry = stamp::keep(archive, &batch, &[checked], SYSTEM_ACTOR).unwrap();
    Some(Stamped::read(archive, entry).unwrap())
}

fn checked(bench: &Bench, archive: &Archive, stamper: &Stamper, request: &Request) -> Checked {
    let answer = stamper.answer(&request.to_der(), at(bench.now())).unwrap();
    request.check(archive, &answer, "authority", &Material::new()).unwrap()
}

/// RFC 4998 §4.3 for the one time-stamp of a record: whether `leaf` is in the first list and all leads to the imprint.
fn leads_to_imprint(record: &EvidenceRecord, first: &[Sha256]) -> bool {
    let bytes = record.to_der();
    let record = EvidenceRecord::read(&bytes).unwrap();
    let timestamp = &record.chains[0].timestamps[0];
    let token = TimestampToken::read(&timestamp.token).unwrap();
    let Some(lists) = &timestamp.lists else { return first.len() == 1 && token.info.imprint == first[0].0 };
    if !first.iter().all(|digest| lists[0].contains(&digest.0.to_vec())) {
        return false;
    }
    let mut result: Option<Vec<u8>> = None;
    for list in lists {
        let mut hashes = list.clone();
        hashes.extend(result.take());
        hashes.sort();
        let parts: Vec<&[u8]> = hashes.iter().map(Vec::as_slice).collect();
        // One value alone in a list is carried on as it is.
        result = Some(if hashes.len() == 1 { hashes[0].clone() } else { sha256_parts(&parts).0.to_vec() });
    }
    result == Some(token.info.imprint)
}

/// The one commitment of a record.
fn stub_of(archive: &Archive, record: RecordId) -> Object {
    let mut commitments = record::commitments(archive, record).unwrap();
    assert_eq!(commitments.len(), 1);
    commitments.remove(0)
}

fn entry_of(object: &Object) -> u64 {
    match object {
        Object::Stub { entry, .. } | Object::Group { entry, .. } => *entry,
        Object::Checkpoint { to, .. } => *to,
    }
}

fn entries_of(archive: &Archive, kind: ActKind) -> Vec<u64> {
    let log = archive.log().unwrap();
    let mut found = Vec::new();
    log.leaves::<muragat::error::Error>(0, log.size(), |index, leaf| {
        found.extend((leaf.act == kind).then_some(index));
        Ok(())
    })
    .unwrap();
    found
}

/// The evidence record for what an entry committed to.
fn made(archive: &Archive, object: &Object) -> EvidenceRecord {
    let stamped = record::batch_of(archive, entry_of(object)).unwrap().unwrap();
    Maker::new(archive).unwrap().evidence(&stamped, object).unwrap().remove(0).record
}

#[test]
fn every_record_and_checkpoint_has_evidence_that_leads_to_the_token() {
    let (bench, archive, stamper) = trusting();
    let first: Vec<RecordId> = (1..=3).map(|n| accepted(&bench.take(&archive, &bench.draft(&n.to_string())))).collect();
    let one = stamped(&bench, &archive, &stamper).unwrap();
    assert_eq!(one.from, 0);
    assert!(stamped(&bench, &archive, &stamper).is_none(), "nothing came since");
    let later = accepted(&bench.take(&archive, &bench.draft("4")));
    assert!(record::batch_of(&archive, entry_of(&stub_of(&archive, later))).unwrap().is_none(), "not yet");
    let two = stamped(&bench, &archive, &stamper).unwrap();
    assert_eq!(two.from, one.to, "batches leave nothing out");
    assert!(two.to > one.entry, "the journal commits to its time-stamps");
    for id in first.into_iter().chain([later]) {
        let opened = access::open(&archive, id, SYSTEM_ACTOR).unwrap();
        let members = opened.manifest().unwrap().members();
        let digests: Vec<Sha256> = members.iter().map(|member| member.sha256).collect();
        let stub = stub_of(&archive, id);
        let Object::Stub { entry, g256, .. } = stub else { panic!("{stub:?}") };
        assert!(leads_to_imprint(&made(&archive, &Object::group(entry, &members)), &digests));
        assert!(leads_to_imprint(&made(&archive, &stub), &[g256]));
        assert!(!leads_to_imprint(&made(&archive, &stub), &[sha256(b"other")]));
    }
    for stamped in [&one, &two] {
        let batch = stamped.batch(&archive).unwrap();
        let made = Maker::new(&archive).unwrap().evidence(stamped, &Object::checkpoint(&batch)).unwrap();
        assert!(leads_to_imprint(&made[0].record, &[sha256(&batch.note)]));
    }
    let status = status::status(&archive).unwrap();
    assert_eq!((status.batches.len(), status.unstamped), (2, 0));
    let ends = status.batches[0].ends.unwrap();
    assert_eq!(ends.timestamp(), at(bench.now() + 1000 * DAY_MS).timestamp(), "with the authority's certificate");
    archive.close().unwrap();
}

// Goal: a batch over several bundles, with bundles that have no commitment, gives every one its way to the root.
#[test]
fn a_batch_over_many_bundles_leaves_no_commitment_out() {
    let (bench, archive, stamper) = trusting();
    let mut commitments = Vec::new();
    for number in 0..1100u32 {
        let mut act = Act::new(ActKind::RecordAmended, SYSTEM_ACTOR);
        // None from 300 to 900: two bundles at least have nothing.
        if !(300..900).contains(&number) {
            let g256 = sha256(&number.to_be_bytes());
            act.group = Some((g256, Sha512([1; 64])));
            commitments.push(g256);
        }
        archive.commit(act, Payload::None, None, None).unwrap();
    }
    archive.wait_index().unwrap();
    let one = stamped(&bench, &archive, &stamper).unwrap();
    let mut maker = Maker::new(&archive).unwrap();
    let log = archive.log().unwrap();
    let mut found = Vec::new();
    log.leaves::<muragat::error::Error>(0, log.size(), |index, leaf| {
        if let Some(g256) = leaf.g256 {
            let stub = Object::Stub { entry: index, g256, g512: leaf.g512.unwrap() };
            let made = maker.evidence(&one, &stub).unwrap();
            assert!(leads_to_imprint(&made[0].record, &[g256]), "entry {index}");
            found.push(g256);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(found, commitments);
}

#[test]
fn a_request_by_file_is_answered_later_and_only_for_its_own_checkpoint() {
    let (bench, archive, stamper) = trusting();
    accepted(&bench.take(&archive, &bench.draft("1")));
    let batch = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    let (bytes, note) = (Request::of(&batch, true).to_der(), batch.note);
    // The archive goes on while the courier is on the way.
    accepted(&bench.take(&archive, &bench.draft("2")));
    let answer = stamper.answer(&bytes, at(bench.now())).unwrap();
    let again = stamp::until(&archive, &note, "c").unwrap();
    let kept = Request::of(&again, true).check(&archive, &answer, "a", &Material::new()).unwrap();
    let entry = stamp::keep(&archive, &again, &[kept], SYSTEM_ACTOR).unwrap();
    let one = Stamped::read(&archive, entry).unwrap();
    let two = stamped(&bench, &archive, &stamper).unwrap();
    assert_eq!(two.from, one.to);
    assert_eq!(status::status(&archive).unwrap().unstamped, 0);
    // The same answer once more; a note of another journal; one with a changed root.
    assert_eq!(stamp::until(&archive, &note, "c").err().unwrap().code, ErrorCode::EvdCheckpoint);
    let (_folder, other, _) = trusting();
    let foreign = other.settle().unwrap();
    assert_eq!(stamp::until(&archive, foreign.as_bytes(), "c").err().unwrap().code, ErrorCode::EvdCheckpoint);
    let mut changed = archive.settle().unwrap().into_bytes();
    let at = changed.len() / 2;
    changed[at] ^= 1;
    assert_eq!(stamp::until(&archive, &changed, "c").err().unwrap().code, ErrorCode::EvdCheckpoint);
}

#[test]
fn what_is_no_time_stamp_of_this_batch_by_a_trusted_authority_is_not_kept() {
    let (bench, archive, stamper) = trusting();
    accepted(&bench.take(&archive, &bench.draft("1")));
    let batch = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    let request = Request::of(&batch, false);
    let head = archive.head().size;
    let check = |answer: &[u8]| request.check(&archive, answer, "a", &Material::new()).err().map(|e| e.code);
    let over = |digest: &[u8], nonce| {
        let bytes = muragat::verify::timestamp::request(DigestAlgorithm::Sha256, digest, nonce);
        stamper.answer(&bytes, at(bench.now())).unwrap()
    };
    assert_eq!(check(&over(&sha256(b"other").0, None)), Some(ErrorCode::EvdOther));
    assert_eq!(check(&over(&batch.root().0, Some([9; 8]))), Some(ErrorCode::EvdOther), "another nonce");
    for bytes in [b"".as_slice(), b"<html>", &[0x30, 5, 0x30, 3, 2, 1, 2]] {
        assert_eq!(check(bytes), Some(ErrorCode::EvdUnreadable), "{bytes:?}");
    }
    let by = |stamper: &Stamper, time: u64| check(&stamper.answer(&request.to_der(), at(time)).unwrap());
    let unproven = Some(ErrorCode::EvdUnproven);
    assert_eq!(by(&of_root(&bench.office.other_root, bench.now()), bench.now()), unproven, "another root");
    assert_eq!(by(&stamper, bench.now() - 2 * DAY_MS), unproven, "before its certificate");
    assert_eq!(by(&stamper, bench.now() + 2 * DAY_MS), unproven, "a time to come");
    let mut answer = stamper.answer(&request.to_der(), at(bench.now())).unwrap();
    *answer.last_mut().unwrap() ^= 1;
    assert_eq!(check(&answer), unproven, "the signature");
    assert_eq!(archive.head().size, head, "nothing was kept");
    assert_eq!(by(&stamper, bench.now()), None, "and the right one is");
}

#[test]
fn without_a_revocation_list_of_the_authority_nothing_is_kept() {
    let (bench, archive, _) = Bench::without_crl();
    bench.adopt(&archive, &policy(&bench));
    let stamper = authority(&bench);
    let batch = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    let request = Request::of(&batch, false);
    let answer = stamper.answer(&request.to_der(), at(bench.now())).unwrap();
    let error = request.check(&archive, &answer, "a", &Material::new()).err().unwrap();
    assert_eq!(error.code, ErrorCode::EvdUnproven);
    // The same answer, with the list beside it: the list is kept with the time-stamp.
    let mut extra = Material::new();
    extra.add_file(&bench.office.crl(bench.now(), &[])).unwrap();
    let kept = request.check(&archive, &answer, "a", &extra).unwrap();
    assert_eq!(kept.used.crls().len(), 1);
    let entry = stamp::keep(&archive, &batch, &[kept], SYSTEM_ACTOR).unwrap();
    let files = archive.act_bytes(entry).unwrap();
    assert!(files.contains(&bench.office.crl(bench.now(), &[])), "for whoever verifies it later");
}

/// What an entry `heads.mapped` at this place must have, by the journal alone.
fn by_journal(archive: &Archive, entry: u64) -> Heads {
    let log = archive.log().unwrap();
    let mut so_far = HeadsSoFar::default();
    log.leaves::<muragat::error::Error>(0, entry, |index, leaf| {
        so_far.take(index, &leaf);
        Ok(())
    })
    .unwrap();
    so_far.roots()
}

#[test]
fn maps_of_heads_are_those_of_the_journal_also_after_destruction() {
    let due = Due::of(&["1", "1"]);
    let plan = due.approved(&[]);
    due.go_to("2028-01-17");
    let archive = due.bench.open();
    let before = heads::map(&archive, SYSTEM_ACTOR).unwrap();
    due.execute(&archive, &plan).unwrap();
    let after = heads::map(&archive, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    // The next opening builds the index anew.
    let archive = due.bench.open();
    let last = heads::map(&archive, SYSTEM_ACTOR).unwrap();
    let (file, destroyed) = due.files[0];
    for entry in [before, after, last] {
        let heads = archive.leaf(entry).unwrap().heads.unwrap();
        assert_eq!(heads, by_journal(&archive, entry), "entry {entry}");
        for owner in [file, destroyed] {
            let maps = Maps::before(&archive, entry + 1).unwrap().unwrap();
            let (custody, reading) = maps.prove(owner).unwrap();
            assert_eq!(maps.entry, entry);
            assert!(custody.holds(&heads) && reading.holds(&heads));
        }
    }
    let prove = |owner, size| Maps::before(&archive, size).unwrap().and_then(|maps| maps.prove(owner));
    let of_destroyed = |size| prove(destroyed, size).unwrap().0.head;
    let newest = archive.leaf(of_destroyed(after + 1).newest.unwrap()).unwrap();
    assert_eq!(newest.act, ActKind::RecordDestroyed, "the destruction is the newest entry");
    assert!(of_destroyed(before + 1).count < of_destroyed(last + 1).count);
    assert!(prove(RecordId([9; 16]), u64::MAX).is_none());
    assert!(prove(file, before).is_none(), "before the first map");
    let record = record::commitments(&archive, destroyed).unwrap();
    assert!(!record.is_empty(), "what is left of a destroyed record is its commitment");
    archive.close().unwrap();
}

#[test]
fn an_audit_finds_a_map_that_leaves_something_out() {
    for every_byte in [false, true] {
        let (bench, archive, _) = trusting();
        accepted(&bench.take(&archive, &bench.draft("1")));
        heads::map(&archive, SYSTEM_ACTOR).unwrap();
        let mut act = Act::new(ActKind::HeadsMapped, SYSTEM_ACTOR);
        act.heads = Some(Heads { owners: 2, custody: sha256(b"left out"), readings: sha256(b"left out") });
        let wrong = archive.commit(act, Payload::None, None, None).unwrap().entry();
        accepted(&bench.take(&archive, &bench.draft("2")));
        archive.close().unwrap();
        let audit = |bench: &Bench| {
            let disk = muragat::store::local::LocalDisk::open(&bench.root(), muragat::store::local::Erasing::Vault);
            let config = Config::load(&bench.root()).unwrap();
            let options = muragat::audit::Options { every_byte, threads: 1 };
            muragat::audit::audit(&disk.unwrap(), &config, None, None, options, &|_, _| {}).unwrap()
        };
        let findings = audit(&bench).findings;
        let [finding] = &findings[..] else { panic!("{findings:?}") };
        assert!(finding.what.contains(&format!("entry {wrong} maps other heads")), "{}", finding.what);
        // A later map is right again: only a full audit still looks at the wrong one.
        let archive = bench.open();
        heads::map(&archive, SYSTEM_ACTOR).unwrap();
        archive.close().unwrap();
        assert_eq!(audit(&bench).findings.len(), usize::from(every_byte));
    }
}

/// What a stranger finds at the time of the bench, with the trust of its policy and the material that is given out.
fn found(bench: &Bench, archive: &Archive, stamped: &Stamped, record: &EvidenceRecord, objects: &[Digests]) -> Verdict {
    let mut material = Material::new();
    for file in Maker::new(archive).unwrap().material(stamped).unwrap().values() {
        material.add_file(file).unwrap();
    }
    let policy = archive.validation_policy().unwrap();
    let objects: Vec<_> = objects.iter().map(|digests| ObjectDigests::new("object", digests)).collect();
    let report = check::verify(&check::Question {
        record,
        objects: &objects,
        exactly: true,
        material: &material,
        policy: &policy.policy,
        at: at(bench.now()),
        poe: &[],
        caches: &Caches::default(),
    });
    Verdict { passed: report.conclusion.is_passed(), since: report.proven_since, detail: report.conclusion.detail }
}

#[derive(Debug)]
struct Verdict {
    passed: bool,
    since: Option<DateTime<Utc>>,
    detail: String,
}

/// The objects of a record: its group, its stub, each with what a stranger has of it.
fn objects(archive: &Archive, id: RecordId) -> Vec<(Object, Vec<Digests>)> {
    let members = access::open(archive, id, SYSTEM_ACTOR).unwrap().manifest().unwrap().members();
    let of = |sha256, sha512| Digests { sha256, sha512 };
    let digests = members.iter().map(|member| of(member.sha256, member.sha512)).collect();
    let stub = stub_of(archive, id);
    let Object::Stub { entry, g256, g512 } = stub else { panic!("{stub:?}") };
    vec![(Object::group(entry, &members), digests), (stub, vec![of(g256, g512)])]
}

/// Renews what is due, by an authority. How many renewals there were.
fn renewed(bench: &Bench, archive: &Archive, stamper: &Stamper, kind: Option<Kind>) -> usize {
    let by = if kind.is_some() { None } else { Some(renew::horizon(archive)) };
    let Some(due) = renew::due(archive, kind, by).unwrap() else { return 0 };
    let renewals = due.renewals(archive, &Material::new(), &mut |e| panic!("lost: {e}")).unwrap();
    for renewal in &renewals {
        let request = renewal.request(false);
        let answer = stamper.answer(&request.to_der(), at(bench.now())).unwrap();
        let checked = request.check(archive, &answer, "authority", &Material::new()).unwrap();
        renew::keep(archive, renewal, &checked, SYSTEM_ACTOR).unwrap();
    }
    renewals.len()
}

// Goal: what was stamped once is proven since then at any later time, when it was renewed in time, and only then.
#[test]
fn renewed_evidence_outlives_its_authorities_and_its_algorithm() {
    let (bench, archive, first) = trusting();
    let begun = at(bench.now());
    let ids: Vec<RecordId> = (1..=3).map(|n| accepted(&bench.take(&archive, &bench.draft(&n.to_string())))).collect();
    let one = stamped(&bench, &archive, &first).unwrap();
    bench.later(DAY_MS);
    let later = accepted(&bench.take(&archive, &bench.draft("4")));
    let two = stamped(&bench, &archive, &first).unwrap();
    let until = |days: u64| lasting(&bench, days);
    assert_eq!(renewed(&bench, &archive, &until(900), None), 0, "a thousand days are more than two years");
    let go = |days: u64| {
        bench.later(days * DAY_MS);
        bench.share(&archive, &bench.office.root.crl(9, fresh(bench.now()), &[]));
    };
    let check_all = |what: &str, chains: usize| {
        let mut maker = Maker::new(&archive).unwrap();
        for (id, stamped) in ids.iter().map(|id| (*id, &one)).chain([(later, &two)]) {
            let mut of_batch = objects(&archive, id);
            let batch = stamped.batch(&archive).unwrap();
            let note = Digests { sha256: sha256(&batch.note), sha512: sha512_parts(&[&batch.note]) };
            of_batch.push((Object::checkpoint(&batch), vec![note]));
            for (object, digests) in of_batch {
                let record = maker.evidence(stamped, &object).unwrap().remove(0).record;
                assert_eq!(record.chains.len(), chains, "{what}");
                let verdict = found(&bench, &archive, stamped, &record, &digests);
                assert!(verdict.passed, "{what}: {object:?}: {}", verdict.detail);
                assert!(verdict.since.unwrap() < begun + TimeDelta::days(2), "{what}: since the first time-stamp");
                // Without its renewals it ends with the authority.
                let mut cut = record.clone();
                cut.chains.truncate(1);
                cut.chains[0].timestamps.truncate(1);
                let other = Digests { sha256: sha256(b"other"), sha512: sha512_parts(&[b"other"]) };
                let verdict = found(&bench, &archive, stamped, &record, &[other]);
                assert!(!verdict.passed, "{what}: other data");
                if what == "after the end" {
                    assert!(!found(&bench, &archive, stamped, &cut, &digests).passed, "{what}: without the renewal");
                }
            }
        }
    };
    go(300);
    assert_eq!(renewed(&bench, &archive, &until(900), None), 1);
    assert_eq!(renewed(&bench, &archive, &until(900), None), 0);
    check_all("renewed", 1);
    go(300);
    assert_eq!(renewed(&bench, &archive, &until(800), None), 1);
    go(450);
    check_all("after the end", 1);
    assert_eq!(renewed(&bench, &archive, &until(700), Some(Kind::HashTree)), 1);
    assert_eq!(renewed(&bench, &archive, &until(700), Some(Kind::HashTree)), 0, "all have left SHA-256");
    check_all("with SHA-512", 2);
    // From here on all rest on one token.
    assert_eq!(renewed(&bench, &archive, &until(740), Some(Kind::Timestamp)), 1);
    check_all("renewed with SHA-512", 2);
    let status = status::status(&archive).unwrap();
    assert_eq!(status.batches.iter().map(|batch| batch.renewals).collect::<Vec<_>>(), [4, 4]);
    archive.close().unwrap();
}

#[test]
fn a_token_that_was_not_renewed_in_time_is_named_as_lost() {
    let (bench, archive, stamper) = trusting();
    accepted(&bench.take(&archive, &bench.draft("1")));
    let one = stamped(&bench, &archive, &stamper).unwrap();
    bench.later(1001 * DAY_MS);
    bench.share(&archive, &bench.office.root.crl(9, fresh(bench.now()), &[]));
    let due = renew::due(&archive, None, None).unwrap().unwrap();
    let mut lost = Vec::new();
    let renewals = due.renewals(&archive, &Material::new(), &mut |e| lost.push(e)).unwrap();
    assert!(renewals.is_empty());
    assert_eq!(lost[0].code, ErrorCode::EvdUnproven);
    assert_eq!(lost[0].subject, format!("#{}", one.entry));
}

#[test]
fn a_token_of_a_time_before_what_it_covers_is_not_kept() {
    let (bench, archive, stamper) = trusting();
    accepted(&bench.take(&archive, &bench.draft("1")));
    let batch = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    let by = |request: &Request, time: u64| {
        let answer = stamper.answer(&request.to_der(), at(time)).unwrap();
        request.check(&archive, &answer, "a", &Material::new())
    };
    let request = Request::of(&batch, false);
    let early = by(&request, bench.now() - 7_200_000).err().unwrap();
    assert_eq!(early.code, ErrorCode::EvdUnproven, "two hours before the records");
    // Clocks differ by a little.
    assert!(by(&request, bench.now() - 2_000).is_ok() && by(&request, bench.now() + 2_000).is_ok());
    let kept = by(&request, bench.now()).unwrap();
    stamp::keep(&archive, &batch, &[kept], SYSTEM_ACTOR).unwrap();
    accepted(&bench.take(&archive, &bench.draft("2")));
    let next = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    let early = by(&Request::of(&next, false), bench.now() - 2_000).err().unwrap();
    assert_eq!(early.code, ErrorCode::EvdUnproven, "before the token before");
    // A renewal before what it renews would spoil all of it.
    let due = renew::due(&archive, Some(Kind::Timestamp), None).unwrap().unwrap();
    let renewals = due.renewals(&archive, &Material::new(), &mut |e| panic!("lost: {e}")).unwrap();
    let early = by(&renewals[0].request(false), bench.now() - 2_000).err().unwrap();
    assert_eq!(early.code, ErrorCode::EvdUnproven, "before what it renews");
    let same_end = by(&renewals[0].request(false), bench.now()).unwrap();
    assert!(!renewals[0].is_longer(&same_end), "it ends no later than what it would renew");
}

#[test]
fn a_list_of_an_authority_for_time_stamps_only_is_kept() {
    let bench = Bench::new();
    let archive = bench.open();
    let pem = bench.office.other_root.certificate_pem();
    let policy = bench.office.trust(bench.now()).policy.replacen("version = \"2026-1\"", "version = \"2\"", 1);
    bench
        .adopt(&archive, &format!("{policy}\n[[timestamp_anchor]]\ngeneration = \"tsa\"\npem = \"\"\"\n{pem}\"\"\"\n"));
    bench.share(&archive, &bench.office.other_root.crl(1, fresh(bench.now()), &[]));
    let stamper = of_root(&bench.office.other_root, bench.now());
    assert!(stamped(&bench, &archive, &stamper).is_some());
}

/// Commands that are done, each with its exit, while an authority is asked once.
type Meanwhile = Arc<Mutex<Option<(Vec<String>, Exit)>>>;

/// An archive with a record and one authority, which lets other commands go first: the folder, and those commands.
fn behind_a_slow_authority(now: u64) -> (CliBench, signed::Bench, super::fetch::Server, Meanwhile, String) {
    let signed = signed::Bench::bare_at(now - DAY_MS);
    let (signed, archive, trust) = signed.trusting();
    signed.share(&archive, &trust.crl);
    signed.adopt(&archive, &policy(&signed));
    let record = accepted(&signed.take(&archive, &signed.draft("1"))).to_string();
    archive.close().unwrap();
    let (short, long) = (authority(&signed), lasting(&signed, 1500));
    let meanwhile = Meanwhile::default();
    let (next, folder) = (meanwhile.clone(), CliBench::empty());
    let server = super::fetch::Server::new(move |path, request| {
        let next = next.lock().unwrap().take();
        if let Some((arguments, exit)) = next {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            folder.run(&arguments).exits(exit);
        }
        let by = if path == "/longer" { &long } else { &short };
        super::fetch::Reply::Body(by.answer(request, at(SystemClock.now())).unwrap())
    });
    (CliBench::empty(), signed, server, meanwhile, record)
}

#[test]
fn while_an_authority_is_slow_other_commands_of_the_archive_work() {
    let (bench, signed, server, meanwhile, record) = behind_a_slow_authority(SystemClock.now());
    let root = signed.root().to_str().unwrap().to_owned();
    let command = |arguments: &[&str]| -> Vec<String> {
        [&["--archive", &root], arguments].concat().into_iter().map(str::to_owned).collect()
    };
    let run = |arguments: &[&str], exit| {
        let arguments = command(&[arguments, &["--json"]].concat());
        bench.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).exits(exit).json().swap_remove(0)
    };
    let first = |arguments: &[&str], exit| *meanwhile.lock().unwrap() = Some((command(arguments), exit));
    let config = signed.root().join("muragat.toml");
    let before = std::fs::read_to_string(&config).unwrap();
    let ask_at = |path: &str| {
        let urls = [server.at(path)];
        std::fs::write(&config, format!("{before}\n[evidence]\nauthorities = {urls:?}\n")).unwrap();
    };
    ask_at("/tsa");
    let stamp = ["evidence", "timestamp"];
    let identify = ["record", "identify", &record];

    first(&identify, Exit::Ok);
    let one = run(&stamp, Exit::Ok);
    assert_eq!(one["status"], "stamped");
    assert!(meanwhile.lock().unwrap().is_none(), "the other command was done first");
    // What it did is in the next batch.
    first(&stamp, Exit::Ok);
    let refused = run(&stamp, Exit::Refused);
    assert_eq!(refused["error"]["code"], "EVD-006", "another command had it stamped: {refused}");
    let status = run(&["evidence", "status"], Exit::Ok);
    let batches = status["batches"].as_array().unwrap();
    assert_eq!((batches.len(), &batches[1]["from"]), (2, &one["to"]), "nothing is left out, nothing stamped twice");

    ask_at("/longer");
    let renew = ["evidence", "renew", "--all"];
    first(&identify, Exit::Ok);
    assert_eq!(run(&renew, Exit::Ok)["status"], "renewed");
    let rehash = ["evidence", "renew", "--all", "--kind", "hash-tree"];
    first(&rehash, Exit::Ok);
    let refused = run(&rehash, Exit::Conflict);
    assert_eq!(refused["error"]["code"], "EVD-004", "another command renewed it: {refused}");
    let audit = run(&["audit", "--full"], Exit::Ok);
    assert!(audit["findings"].as_array().unwrap().is_empty(), "{audit}");
}

#[test]
fn runs_without_an_answer_leave_one_map_and_no_file() {
    let (bench, archive, stamper) = trusting();
    accepted(&bench.take(&archive, &bench.draft("1")));
    let maps = || entries_of(&archive, ActKind::HeadsMapped);
    let first = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    assert_eq!(maps().len(), 1);
    let again = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    assert_eq!((maps().len(), again.root()), (1, first.root()), "nothing came since");
    accepted(&bench.take(&archive, &bench.draft("2")));
    let more = stamp::next(&archive, SYSTEM_ACTOR).unwrap().unwrap();
    assert_eq!((maps().len(), more.entries.start), (2, first.entries.start), "a record came");
    let checked = checked(&bench, &archive, &stamper, &Request::of(&more, false));
    stamp::keep(&archive, &more, &[checked], SYSTEM_ACTOR).unwrap();
    assert!(stamp::next(&archive, SYSTEM_ACTOR).unwrap().is_none());
    archive.close().unwrap();
}
