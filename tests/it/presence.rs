//! Checks of presence and condition: every planned damage is found, by its own code, and nothing else; nothing is lost
//! by a stop, a kill or a new index; what is missing stays in search until an act says that it was found.
//!
//! Goal: N 430 cl. 31 and design invariant 7. Method: signed records on a real folder with one object a segment, of which
//! objects are removed and changed by hand; and a made-up holding on failing media, where each operation of a check fails
//! once and the check is then brought to its end.

use super::bed::{Bed, accepted, cover, submission, take_in};
use super::signed::{AGENCY, Bench};
use muragat::archive::{Archive, forget_index};
use muragat::error::{Error, ErrorCode};
use muragat::ingest::amend::{Amended, add};
use muragat::ingest::repeat::repeat;
use muragat::ingest::spill::unsigned as spill;
use muragat::inspection::act::{act_text, end, sheet};
use muragat::inspection::run::{Done, Mark, Run, Seen, run};
use muragat::inspection::{Finding, Looked, begin, find, in_search, list};
use muragat::model::id::RecordId;
use muragat::model::path::VALIDATION_PATH;
use muragat::model::submission::{ComponentEntry, Role};
use muragat::store::Disk;
use muragat::store::format::{FrameLoc, SEGMENT_HEADER_BYTES, segment_name};
use muragat::testing::{Failure, FaultPlan};
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const BASIS: &str = "Үлгі архив органының бұйрығы, 2026-03-05, № 7";

/// Codes and parts by record.
type FoundBy = BTreeMap<RecordId, Vec<(&'static str, String)>>;

/// Runs a check over so many records, or to its end.
fn go_on(archive: &Archive, check: RecordId, limit: Option<u64>) -> Result<(Done, Vec<Seen>), Error> {
    let mut seen = Vec::new();
    let asked = Run { check, actor: SYSTEM_ACTOR, limit, threads: 2, stop: &AtomicBool::new(false) };
    let done = run(archive, &asked, &mut |one| seen.push(one.clone()), &|_| {})?;
    Ok((done, seen))
}

/// A check from its order to its act: what was found by record, and the sheet.
fn whole_check(archive: &Archive) -> (FoundBy, Value) {
    let (check, _) = begin(archive, BASIS, None, SYSTEM_ACTOR).unwrap();
    let (done, seen) = go_on(archive, check, None).unwrap();
    assert!(done.is_complete);
    end(archive, check, SYSTEM_ACTOR).unwrap();
    let found = |seen: &Seen| (seen.record, seen.looked.findings().iter().map(said).collect::<Vec<_>>());
    let found = seen.iter().map(found).filter(|(_, found)| !found.is_empty()).collect();
    (found, sheet(archive, check).unwrap().value)
}

fn said(finding: &Finding) -> (&'static str, String) {
    (finding.code.as_str(), finding.subject.clone())
}

/// Where a component lies, and which one it is.
fn place(archive: &Archive, record: RecordId, path: &str) -> (FrameLoc, String) {
    let row = archive.index().record_by_id(record).unwrap().unwrap();
    let at = row.components.iter().position(|c| c.path == path).unwrap();
    (row.components[at].stored.frames[0], format!("component/{}", at + 1))
}

fn custody(archive: &Archive, record: RecordId) -> Vec<ActKind> {
    let log = archive.log().unwrap();
    let mut acts = Vec::new();
    let take = |_, leaf: Leaf| {
        acts.extend((leaf.rec == Some(record)).then_some(leaf.act));
        Ok::<_, Error>(())
    };
    log.leaves(0, log.size(), take).unwrap();
    acts
}

/// An archive with one object a segment, with these records of two signatures each.
fn bench(count: usize) -> (Bench, Archive, Vec<RecordId>) {
    let (bench, archive, trust) = Bench::without_crl();
    archive.tune(1, 100);
    bench.share(&archive, &trust.crl);
    let mut records = Vec::new();
    for n in 0..count {
        let mut draft = bench.draft(&format!("{n}-қ"));
        draft.more.push(("official.cer".into(), "certificate", bench.office.official.certificate().to_vec()));
        let answered = bench.take(&archive, &draft);
        records.push(accepted(&answered).unwrap_or_else(|| panic!("{:?}", answered.status)));
    }
    (bench, archive, records)
}

/// Cuts a segment down to its header: without any file of its own an archive does not open.
fn lose(segment: &Path) {
    std::fs::OpenOptions::new().write(true).open(segment).unwrap().set_len(SEGMENT_HEADER_BYTES as u64).unwrap();
}

/// What was planned to go wrong, by record.
struct Planned {
    found: FoundBy,
    /// Segments that were taken away.
    removed: BTreeMap<RecordId, (PathBuf, Vec<u8>)>,
    spilled: RecordId,
}

/// Damages records 1 to 5, each in one way, spills the sixth lawfully, and opens the archive again.
fn damage(bench: &Bench, archive: Archive, records: &[RecordId]) -> (Archive, Planned) {
    let (object, object_at) = place(&archive, records[1], "main.docx");
    let (byte, byte_at) = place(&archive, records[2], "main.docx");
    let (signature, signature_at) = place(&archive, records[4], "main.docx.p7s");
    let (certificate, certificate_at) = place(&archive, records[5], "official.cer");
    // A key that goes without an act: what an error, or somebody with the key folder, could do.
    archive.lose_key(records[3]).unwrap();
    spill(&archive, records[6], SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    let path = |loc: &FrameLoc| bench.root().join(segment_name(loc.segment));
    let mut removed = BTreeMap::new();
    for (record, loc) in [(records[1], object), (records[4], signature), (records[5], certificate)] {
        let path = path(&loc);
        removed.insert(record, (path.clone(), std::fs::read(&path).unwrap()));
        lose(&path);
    }
    let mut bytes = std::fs::read(path(&byte)).unwrap();
    let at = usize::try_from(byte.offset).unwrap() + byte.len as usize / 2;
    bytes[at] ^= 1;
    std::fs::write(path(&byte), bytes).unwrap();
    let found = BTreeMap::from([
        (records[1], vec![("PRS-001", object_at)]),
        (records[2], vec![("PRS-002", byte_at)]),
        (records[3], vec![("PRS-003", "key".to_owned())]),
        (records[4], vec![("PRS-004", signature_at)]),
        (records[5], vec![("PRS-006", certificate_at)]),
    ]);
    (bench.open(), Planned { found, removed, spilled: records[6] })
}

// The heart of the matter: each damage is one finding of its own kind, and nothing else is found.
#[test]
fn each_damage_has_a_finding_of_its_own_and_nothing_else_is_found() {
    let (bench, archive, records) = bench(8);
    let (archive, planned) = damage(&bench, archive, &records);
    let (check, _) = begin(&archive, BASIS, None, SYSTEM_ACTOR).unwrap();
    let late = accepted(&bench.take(&archive, &bench.draft("99-қ"))).unwrap();
    let (done, seen) = go_on(&archive, check, None).unwrap();
    let found = seen.iter().map(|s| (s.record, s.looked.findings().iter().map(said).collect())).collect();
    assert_eq!(planned.found, found);
    let wanted = Done { records: 8, erased: 1, flawed: 5, missing: 4, found: 0, is_complete: true };
    assert_eq!(done, wanted, "what came after the order is no part of it");
    assert!(!found.contains_key(&late) && !found.contains_key(&planned.spilled));
    let missing: BTreeSet<RecordId> = [1, 3, 4, 5].map(|n| records[n]).into();
    assert_eq!(seen.iter().filter(|s| s.mark == Some(Mark::Set)).map(|s| s.record).collect::<BTreeSet<_>>(), missing);
    for record in &records {
        let is_marked = custody(&archive, *record).contains(&ActKind::RecordMissing);
        assert_eq!(is_marked, missing.contains(record), "{record}");
    }
    assert!(in_search(&archive).unwrap().iter().all(|(_, _, by)| *by == Some(check)));

    // The act lists just that, in three languages, and names nobody's file.
    assert_eq!(end(&archive, check, SYSTEM_ACTOR).unwrap(), find(&archive, check).unwrap().row.ended.unwrap());
    let value = sheet(&archive, check).unwrap().value;
    let listed = |found: &Value| {
        let text = |key: &str| found[key].as_str().unwrap().to_owned();
        (text("record_id"), text("code"), text("subject"))
    };
    let listed: BTreeSet<_> = value["findings"].as_array().unwrap().iter().map(listed).collect();
    let expected = planned.found.iter().flat_map(|(record, found)| {
        found.iter().map(|(code, subject)| (record.to_string(), (*code).to_owned(), subject.clone()))
    });
    assert_eq!(listed, expected.collect());
    assert_eq!((&value["records"], &value["whole"], &value["erased"]), (&json!(8), &json!(2), &json!(1)));
    for lang in [Lang::Kk, Lang::Ru, Lang::En] {
        let text = act_text(&archive, check, lang).unwrap();
        assert!(text.contains(BASIS) && !text.contains("main.docx") && !text.contains('{'), "{text}");
        for (record, code, subject) in &listed {
            assert!(text.contains(&format!("{record} · {code} · {subject}")), "{text}");
        }
    }
    let schema: Value = serde_json::from_slice(&std::fs::read("schema/presence/1/sheet.schema.json").unwrap()).unwrap();
    let valid = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    assert!(valid.is_valid(&value), "{value}");
    archive.close().unwrap();

    // An index built over the damaged store says the same of what was, and a new check finds the same.
    let before = (sheet_of(&bench, check), searched(&bench));
    forget_index(&bench.root()).unwrap();
    assert_eq!((sheet_of(&bench, check), searched(&bench)), before);
    let archive = bench.open();
    let (again, value) = whole_check(&archive);
    assert_eq!(again, planned.found);
    assert_eq!((&value["missing"], &value["found"]), (&json!([]), &json!([])), "the marks are there already");
}

fn sheet_of(bench: &Bench, check: RecordId) -> Value {
    let archive = bench.open();
    let sheet = sheet(&archive, check).unwrap();
    let steps = find(&archive, check).unwrap().row;
    json!([sheet.value, sheet.ended, format!("{steps:?}")])
}

fn searched(bench: &Bench) -> Vec<(RecordId, u64, Option<RecordId>)> {
    in_search(&bench.open()).unwrap()
}

#[test]
fn a_mark_stays_until_a_check_finds_the_record_whole() {
    let (bench, archive, records) = bench(8);
    let (archive, planned) = damage(&bench, archive, &records);
    whole_check(&archive);
    archive.close().unwrap();
    // One comes back as it was, another with a wrong byte.
    let (path, bytes) = &planned.removed[&records[1]];
    std::fs::write(path, bytes).unwrap();
    let (path, bytes) = &planned.removed[&records[4]];
    let mut wrong = bytes.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 1;
    std::fs::write(path, wrong).unwrap();

    let archive = bench.open();
    let still: BTreeSet<_> = [1, 3, 4, 5].map(|n| records[n]).into();
    let marked = |archive: &Archive| in_search(archive).unwrap().iter().map(|(r, ..)| *r).collect::<BTreeSet<_>>();
    assert_eq!(marked(&archive), still, "nothing takes a mark off but a check");
    let (found, value) = whole_check(&archive);
    assert!(!found.contains_key(&records[1]));
    assert_eq!(found[&records[4]][0].0, "PRS-002", "there again, and not what it was");
    assert_eq!(value["found"], json!([records[1].to_string()]));
    let acts = custody(&archive, records[1]);
    assert_eq!(acts, [ActKind::RecordAccepted, ActKind::RecordMissing, ActKind::RecordFound]);
    assert_eq!(marked(&archive), [3, 4, 5].map(|n| records[n]).into());

    // What is spilled is not searched for any more, and no finding; the index built again agrees.
    spill(&archive, records[5], SYSTEM_ACTOR).unwrap();
    archive.wait_index().unwrap();
    assert_eq!(marked(&archive), [3, 4].map(|n| records[n]).into());
    archive.close().unwrap();
    forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    assert_eq!(marked(&archive), [3, 4].map(|n| records[n]).into());
    let (found, value) = whole_check(&archive);
    assert_eq!((found.contains_key(&records[5]), &value["erased"]), (false, &json!(2)));
}

// What all records share is missed by each that rests on it, and none of them is in search for it.
#[test]
fn shared_material_that_is_lost_is_a_finding_of_every_record_that_rests_on_it() {
    let (bench, archive, records) = bench(2);
    let (digest, row) = archive.index().material().unwrap()[0];
    let loc = archive.index().act(row.entry).unwrap().unwrap().files[0].frames[0];
    let frozen = repeat(&archive, records[0], SYSTEM_ACTOR).unwrap();
    assert!(frozen.is_equal() && String::from_utf8_lossy(&frozen.frozen).contains(&digest.to_string()));
    archive.close().unwrap();
    lose(&bench.root().join(segment_name(loc.segment)));
    let archive = bench.open();
    let (found, value) = whole_check(&archive);
    let wanted = vec![("PRS-007", format!("material/{digest}"))];
    assert_eq!(found, records.iter().map(|record| (*record, wanted.clone())).collect());
    assert_eq!(value["missing"], json!([]));
    // The report itself is a part of the record like any other.
    let (loc, subject) = place(&archive, records[0], VALIDATION_PATH);
    archive.close().unwrap();
    lose(&bench.root().join(segment_name(loc.segment)));
    let (found, _) = whole_check(&bench.open());
    assert_eq!(found[&records[0]], [("PRS-001", subject)]);
}

#[test]
fn a_check_of_an_agency_is_about_its_records_only() {
    let (_bench, archive, records) = bench(2);
    let refused = begin(&archive, BASIS, Some("NO-SUCH"), SYSTEM_ACTOR).unwrap_err();
    assert_eq!(refused.code, ErrorCode::PrsAgency);
    assert_eq!(begin(&archive, " ", None, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::FilText);
    assert!(list(&archive).unwrap().is_empty(), "what was refused is no check");
    archive.subtree("OTHER-01", SYSTEM_ACTOR).unwrap();
    for (agency, wanted) in [(AGENCY, records.len() as u64), ("OTHER-01", 0)] {
        let (check, _) = begin(&archive, BASIS, Some(agency), SYSTEM_ACTOR).unwrap();
        let (done, seen) = go_on(&archive, check, None).unwrap();
        assert_eq!((done.records, done.is_complete, seen), (wanted, true, Vec::new()));
        end(&archive, check, SYSTEM_ACTOR).unwrap();
        for code in [go_on(&archive, check, None).err(), end(&archive, check, SYSTEM_ACTOR).err()] {
            assert_eq!(code.map(|e| e.code), Some(ErrorCode::PrsEnded));
        }
    }
    assert_eq!(find(&archive, records[0]).unwrap_err().code, ErrorCode::PrsUnknown, "a record is no check");
}

/// A made-up holding of restricted and public records on failing media, two of them damaged.
fn holding(plan: &std::sync::Arc<FaultPlan>) -> (Bed, Vec<RecordId>) {
    let dir = tempfile::tempdir().unwrap();
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    archive.tune(1, 100);
    let access = |n: u32| if n == 2 { "confidential" } else { "public" };
    let paths: Vec<PathBuf> =
        (0..5).map(|n| submission(dir.path(), n, &[("main.docx", cover())], access(n)).0).collect();
    let records: Vec<RecordId> = take_in(&archive, &paths).unwrap().iter().filter_map(accepted).collect();
    archive.wait_index().unwrap();
    let (lost, _) = place(&archive, records[1], "main.docx");
    let (byte, _) = place(&archive, records[3], "main.docx");
    archive.close().unwrap();
    bed.disk.cut(&segment_name(lost.segment), SEGMENT_HEADER_BYTES as u64).unwrap();
    bed.disk.corrupt(&segment_name(byte.segment), usize::try_from(byte.offset).unwrap() + 100, 4);
    (bed.killed_under(plan), records)
}

/// A whole check in steps of two records.
fn in_steps(archive: &Archive) -> Result<RecordId, Error> {
    let check = match list(archive)?.first() {
        Some(check) => check.id,
        None => begin(archive, BASIS, None, SYSTEM_ACTOR)?.0,
    };
    if find(archive, check)?.row.ended.is_none() {
        while !go_on(archive, check, Some(2))?.0.is_complete {}
        end(archive, check, SYSTEM_ACTOR)?;
    }
    Ok(check)
}

/// What a check came to, without ids that are drawn and places in the journal.
fn result(archive: &Archive, records: &[RecordId]) -> Value {
    let check = list(archive).unwrap().swap_remove(0);
    assert!(check.row.ended.is_some());
    let mut value = sheet(archive, check.id).unwrap().value;
    let number = |id: &Value| records.iter().position(|r| json!(r.to_string()) == *id).unwrap();
    let findings = value["findings"].as_array().unwrap().iter();
    let findings: Vec<Value> = findings.map(|f| json!([number(&f["record_id"]), f["code"], f["subject"]])).collect();
    let missing: Vec<usize> = value["missing"].as_array().unwrap().iter().map(number).collect();
    let marks: Vec<usize> = records
        .iter()
        .map(|r| custody(archive, *r).iter().filter(|act| **act == ActKind::RecordMissing).count())
        .collect();
    let counts = ["records", "whole", "erased", "flawed"].map(|key| value[key].take());
    json!([counts, findings, missing, marks])
}

// Whatever fails, the check that is gone on with comes to the same end: nothing twice, nothing lost.
#[test]
fn a_check_that_is_cut_off_anywhere_comes_to_the_same_end() {
    let plan = FaultPlan::count_only();
    let (bed, records) = holding(&plan);
    let archive = bed.open().unwrap();
    in_steps(&archive).unwrap();
    let wanted = result(&archive, &records);
    assert_eq!(wanted[0], json!([5, 3, 0, 2]));
    assert_eq!((&wanted[2], &wanted[3]), (&json!([1]), &json!([0, 1, 0, 0, 0])));
    archive.close().unwrap();
    let operations = plan.operations();
    assert!(operations > 30, "{operations}");
    for k in 0..operations {
        let failure = Failure::ALL[usize::try_from(k).unwrap() % 3];
        let plan = FaultPlan::fail_at(k, failure);
        let (bed, records) = holding(&plan);
        // Opening writes too, and may be what fails.
        if let Ok(archive) = bed.open() {
            let _ = in_steps(&archive);
            let _ = archive.close();
        }
        let bed = if k % 2 == 0 { bed.killed() } else { bed.power_cut(k) };
        let archive = bed.open().unwrap();
        in_steps(&archive).unwrap();
        assert_eq!(result(&archive, &records), wanted, "operation {k} {failure:?}: {:?}", plan.log());
        archive.close().unwrap();
        let archive = bed.without_index().open().unwrap();
        assert_eq!(result(&archive, &records), wanted, "operation {k} {failure:?}, another index");
    }
}

#[test]
fn a_run_stops_when_it_is_told_and_looks_at_nothing_twice() {
    let (bed, records) = holding(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let (check, order) = begin(&archive, BASIS, None, SYSTEM_ACTOR).unwrap();
    assert_eq!(end(&archive, check, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::PrsNotDone);
    assert_eq!(go_on(&archive, check, Some(0)).unwrap().0, Done::default());
    let stop = AtomicBool::new(true);
    let asked = Run { check, actor: SYSTEM_ACTOR, limit: None, threads: 1, stop: &stop };
    assert_eq!(run(&archive, &asked, &mut |_| {}, &|_| {}).unwrap(), Done::default());
    assert_eq!(archive.head().size, order + 1, "a run that looked at nothing is no act");
    let mut seen = Vec::new();
    for limit in [1, 2, 1, 1] {
        let (done, found) = go_on(&archive, check, Some(limit)).unwrap();
        assert_eq!(done.records, limit);
        seen.extend(found.into_iter().map(|s| s.record));
    }
    // Stopped in the middle of a step: what was looked at is committed.
    assert_eq!(seen, [records[1], records[3]]);
    let (done, found) = go_on(&archive, check, None).unwrap();
    assert_eq!((done.records, done.is_complete, found), (0, true, Vec::new()));
    let row = find(&archive, check).unwrap().row;
    assert_eq!((row.counts(), row.next()), ([5, 0, 2], None));
    for pair in row.steps.windows(2) {
        assert_eq!(pair[0].to, pair[1].from);
    }
    // Nothing of a restricted record was given to anybody.
    assert_eq!(custody(&archive, records[2]), [ActKind::RecordAccepted]);

    let (check, _) = begin(&archive, BASIS, None, SYSTEM_ACTOR).unwrap();
    let stop = AtomicBool::new(false);
    let asked = Run { check, actor: SYSTEM_ACTOR, limit: None, threads: 1, stop: &stop };
    let done = run(&archive, &asked, &mut |_| {}, &|n| stop.store(n == 2, Ordering::Relaxed)).unwrap();
    assert_eq!((done.records, done.is_complete), (2, false));
    let (rest, _) = go_on(&archive, check, None).unwrap();
    assert_eq!((rest.records, rest.is_complete, rest.missing), (3, true, 0), "the mark is set once");
}

// A step whose document is damaged is made again: no finding is lost with it.
#[test]
fn a_step_that_cannot_be_read_is_made_again() {
    let (bed, records) = holding(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let (check, _) = begin(&archive, BASIS, None, SYSTEM_ACTOR).unwrap();
    while !go_on(&archive, check, Some(2)).unwrap().0.is_complete {}
    let step = find(&archive, check).unwrap().row.steps[0];
    let loc = archive.index().act(step.entry).unwrap().unwrap().document.frames[0];
    archive.close().unwrap();
    bed.disk.corrupt(&segment_name(loc.segment), usize::try_from(loc.offset).unwrap() + 100, 1);
    // The index knows the step, and the act without its findings is not written.
    let archive = bed.open().unwrap();
    assert_eq!(end(&archive, check, SYSTEM_ACTOR).unwrap_err().code, ErrorCode::StoChanged);
    archive.close().unwrap();
    let bed = bed.without_index();
    let archive = bed.open().unwrap();
    assert_eq!(find(&archive, check).unwrap().row.next(), Some((step.from, step.to)));
    let (done, seen) = go_on(&archive, check, None).unwrap();
    assert_eq!((done.records, done.flawed, done.missing, done.is_complete), (2, 1, 0, true));
    assert!(matches!(&seen[0].looked, Looked::Flawed(_)) && seen[0].record == records[1]);
    end(&archive, check, SYSTEM_ACTOR).unwrap();
    let value = sheet(&archive, check).unwrap().value;
    assert_eq!((&value["records"], &value["flawed"]), (&json!(5), &json!(2)));
}

// Each part of a record, lost and changed: the finding is the same by the index that saw the record come in and by one
// that was built over the damage and could not read it.
#[test]
fn every_part_that_is_lost_or_changed_is_named_by_an_old_index_and_by_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    archive.tune(1, 100);
    let paths: Vec<PathBuf> =
        (0..3).map(|n| submission(dir.path(), n, &[("main.docx", cover())], "public").0).collect();
    let records: Vec<RecordId> = take_in(&archive, &paths).unwrap().iter().filter_map(accepted).collect();
    archive.wait_index().unwrap();
    let receipt = dir.path().join("receipt.xml");
    std::fs::write(&receipt, "<receipt/>").unwrap();
    let entry = ComponentEntry {
        path: "receipt.xml".into(),
        role: Role::Receipt,
        covers: Vec::new(),
        media_type: None,
        derivation: None,
    };
    let amended = add(&archive, records[1], entry, &receipt, None, SYSTEM_ACTOR).unwrap();
    assert!(matches!(amended, Amended::Done { .. }), "{amended:?}");
    archive.wait_index().unwrap();
    let row = archive.index().record_by_id(records[1]).unwrap().unwrap();
    let mut parts: Vec<(FrameLoc, String)> = vec![
        (row.manifest.frames[0], "manifest".to_owned()),
        (row.parts[0].amendment.frames[0], "amendment/1".to_owned()),
    ];
    parts.extend((1..).zip(&row.components).map(|(n, c)| (c.stored.frames[0], format!("component/{n}"))));
    assert!(parts.len() >= 5, "{parts:?}");
    // Its segments are closed, so that the journal says how long they are.
    take_in(&archive, &[submission(dir.path(), 9, &[("main.docx", cover())], "public").0]).unwrap();
    archive.close().unwrap();
    let find = |bed: &Bed| whole_check(&bed.open().unwrap()).0;
    assert_eq!(find(&bed.killed()), BTreeMap::new());
    for (loc, subject) in parts {
        let name = segment_name(loc.segment);
        let at = |offset: u32| usize::try_from(loc.offset).unwrap() + offset as usize;
        let lost = bed.killed();
        lost.disk.cut(&name, SEGMENT_HEADER_BYTES as u64).unwrap();
        // In the magic of the header, in the ciphertext, in the digest that ends the frame.
        let changed = [1, loc.len / 2, loc.len - 1].map(|offset| {
            let changed = bed.killed();
            changed.disk.corrupt(&name, at(offset), 2);
            (changed, "PRS-002", offset)
        });
        for (damaged, code, offset) in [(lost, "PRS-001", 0)].into_iter().chain(changed) {
            let wanted = BTreeMap::from([(records[1], vec![(code, subject.clone())])]);
            assert_eq!(find(&damaged.killed()), wanted, "{subject} at {offset}");
            assert_eq!(find(&damaged.without_index()), wanted, "{subject} at {offset}, another index");
        }
    }
}
