//! Compaction: what was sealed under erased keys goes, and nothing else.
//!
//! Goal: after any failure every living record reads back byte for byte, each segment is as it was or as it must
//! become, and nothing is taken away but by an act of the journal. Method: one archive with a record that lies in
//! several segments is made, two records are spilled, and compaction is run once for every operation and every way to
//! fail it; damage, repeated runs and forged compactions are tried one by one.

use super::bed::{Bed, Content, accepted, content_of, cover, submission, take_in};
use super::signed::Bench;
use muragat::archive::Archive;
use muragat::error::{Error, ErrorCode};
use muragat::ingest::Status;
use muragat::ingest::spill::unsigned as spill;
use muragat::ingest::waiting::refuse;
use muragat::model::id::RecordId;
use muragat::store::disk::Disk;
use muragat::store::format::{FrameHeader, SEGMENT_HEADER_BYTES, segment_name};
use muragat::testing::{Failure, FaultPlan, Sequence};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::{ActKind, Leaf};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Small enough for several segments, and for two records in one.
const SEGMENT_BYTES: u64 = 40_000;

/// An archive with spilled records, closed.
struct Made {
    bed: Bed,
    living: BTreeMap<RecordId, Content>,
    spilled: Vec<RecordId>,
}

fn plan() -> Arc<FaultPlan> {
    FaultPlan::count_only()
}

/// Five records, of which the second (large, with a late part of itself) and the fourth are spilled.
fn made() -> Made {
    let dir = tempfile::tempdir().unwrap();
    let mut draw = Sequence::new(11);
    let bed = Bed::new(&plan());
    let archive = bed.open().unwrap();
    archive.tune(SEGMENT_BYTES, 4);
    let mut records = Vec::new();
    for number in 0..5u32 {
        // Larger than a frame: it lies in two segments.
        let len = if number == 1 { 5_000_000 } else { 5_000 };
        let (path, content) = submission(dir.path(), number, &[("main.docx", draw.noise(len))], "public");
        let answers = take_in(&archive, &[path]).unwrap();
        records.push((accepted(&answers[0]).unwrap(), content));
    }
    archive.wait_index().unwrap();
    let spilled = vec![records[1].0, records[3].0];
    for record in &spilled {
        spill(&archive, *record, SYSTEM_ACTOR).unwrap();
    }
    archive.close().unwrap();
    // Traces of the spilled records leave the index.
    bed.open().unwrap().close().unwrap();
    let living = records.into_iter().filter(|(record, _)| !spilled.contains(record)).collect();
    Made { bed, living, spilled }
}

type Files = BTreeMap<String, Vec<u8>>;

fn store(bed: &Bed) -> Files {
    bed.disk.files().into_iter().filter(|(name, _)| name.starts_with("store/")).collect()
}

/// Frames of a segment: where each begins and ends, and its header.
fn frames(segment: &[u8]) -> Vec<(std::ops::Range<usize>, FrameHeader)> {
    let mut found = Vec::new();
    let mut at = SEGMENT_HEADER_BYTES;
    while at < segment.len() {
        let header = FrameHeader::decode(&segment[at..]).unwrap();
        found.push((at..at + header.frame_len(), header));
        at += header.frame_len();
    }
    found
}

fn owners(bed: &Bed) -> HashSet<RecordId> {
    store(bed).values().flat_map(|bytes| frames(bytes)).map(|(_, header)| header.owner).collect()
}

fn leaves(archive: &Archive) -> Vec<Leaf> {
    let log = archive.log().unwrap();
    (0..log.size()).map(|n| Leaf::decode(n, &log.entry(n).unwrap()).unwrap()).collect()
}

fn compact(bed: &Bed) -> Result<muragat::tlog::compact::Compacted, Error> {
    bed.open()?.compact(SYSTEM_ACTOR)
}

/// Opens what is there and checks every promise but how far compaction came.
fn check(bed: &Bed, made: &Made, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    assert!(store(bed).keys().all(|name| name.ends_with(".seg")), "{at}: {:?}", store(bed).keys());
    assert_eq!((archive.index_meta().records, archive.index_meta().damaged), (5, 0), "{at}");
    for (record, content) in &made.living {
        let found = content_of(&archive, *record).unwrap_or_else(|e| panic!("{at}: {record}: {e}"));
        assert!(found == *content, "{at}: {record} is not what was taken in");
    }
    for record in &made.spilled {
        assert_eq!(content_of(&archive, *record).unwrap_err().code, ErrorCode::VltErased, "{at}");
    }
    archive.close().unwrap();
}

#[test]
fn what_was_spilled_is_gone_and_all_else_is_as_it_was() {
    let made = made();
    let before = store(&made.bed);
    let bed = made.bed.under(&plan());
    let archive = bed.open().unwrap();
    let spilled: HashSet<RecordId> = made.spilled.iter().copied().collect();
    let living: HashSet<RecordId> = made.living.keys().copied().collect();
    let touched = archive.uncompacted(&spilled).unwrap();
    assert!(touched.len() >= 3, "{touched:?}");
    let (size, kept) = (archive.head().size, archive.uncompacted(&living).unwrap());
    let done = archive.compact(SYSTEM_ACTOR).unwrap();
    assert!(done.damaged.is_empty());
    assert_eq!(done.segments as usize, touched.len());
    check(&bed, &made, "compacted");

    let after = store(&bed);
    let bytes = |files: &Files| files.values().map(Vec::len).sum::<usize>();
    // A new open segment was begun.
    assert_eq!(bytes(&before) - bytes(&after) + SEGMENT_HEADER_BYTES, usize::try_from(done.bytes).unwrap());
    let mut dropped = 0;
    for (name, old) in &before {
        let mut wanted = old[..SEGMENT_HEADER_BYTES].to_vec();
        for (range, header) in frames(old) {
            match spilled.contains(&header.owner) {
                true => dropped += 1,
                false => wanted.extend_from_slice(&old[range]),
            }
        }
        assert!(after[name] == wanted, "{name}: what stays is not verbatim");
    }
    assert_eq!(dropped, done.frames);
    // No file has anything of what was sealed.
    let pieces: Vec<&[u8]> = before
        .values()
        .flat_map(|old| {
            frames(old).into_iter().map(move |(range, header)| (&old[range.start + 80..range.start + 96], header))
        })
        .filter(|(_, header)| spilled.contains(&header.owner))
        .map(|(piece, _)| piece)
        .collect();
    for (name, bytes) in bed.disk.files() {
        assert!(pieces.iter().all(|piece| memchr::memmem::find(&bytes, piece).is_none()), "{name}");
    }
    assert!(owners(&bed).is_disjoint(&spilled));

    let archive = bed.open().unwrap();
    assert!(archive.uncompacted(&spilled).unwrap().is_empty());
    assert_eq!(archive.uncompacted(&living).unwrap(), kept);
    let acts: Vec<ActKind> = leaves(&archive).iter().skip(usize::try_from(size).unwrap()).map(|l| l.act).collect();
    let compactions = acts.iter().filter(|act| **act == ActKind::SegmentCompacted).count();
    assert_eq!((compactions, acts.len()), (touched.len(), touched.len() + 1), "the open segment was closed: {acts:?}");
    archive.close().unwrap();

    // Again there is nothing to do, and nothing is written.
    let files = bed.disk.files();
    let again = compact(&bed).unwrap();
    assert_eq!((again.segments, again.frames, again.bytes, again.damaged.len()), (0, 0, 0, 0));
    assert!(bed.disk.files() == files);
    // An index that is built from nothing says the same.
    check(&bed.without_index(), &made, "without index");
    // Life goes on.
    let dir = tempfile::tempdir().unwrap();
    let (path, content) = submission(dir.path(), 9, &[("main.docx", cover())], "public");
    let archive = bed.open().unwrap();
    let record = accepted(&take_in(&archive, &[path]).unwrap()[0]).unwrap();
    archive.wait_index().unwrap();
    assert_eq!(content_of(&archive, record).unwrap(), content);
    archive.close().unwrap();
    assert!(bed.audit().is_clean());
}

#[test]
fn any_failed_operation_leaves_each_segment_old_or_new() {
    let made = made();
    let old = store(&made.bed);
    let counted = plan();
    let bed = made.bed.under(&counted);
    bed.open().unwrap().close().unwrap();
    let opening = counted.operations();
    let counted = plan();
    let bed = made.bed.under(&counted);
    compact(&bed).unwrap();
    let operations = counted.operations();
    assert!(operations > opening + 20, "{operations} operations, {opening} of them to open");
    let new = store(&bed);
    let (mut runs, mut halfway) = (0, 0);
    for k in 0..operations + 2 {
        for failure in Failure::ALL {
            let plan = FaultPlan::fail_at(k, failure);
            let bed = made.bed.under(&plan);
            let result = compact(&bed);
            assert!(result.is_err() || !plan.is_dead(), "operation {k} {failure:?}: a failure was swallowed");
            for (left, how) in [(bed.power_cut(k), "power cut"), (bed.killed(), "killed")] {
                let at = format!("operation {k} ({:?}) {failure:?}, {how}", plan.log().last());
                check(&left, &made, &at);
                let found = store(&left);
                for (name, bytes) in &old {
                    assert!(found[name] == *bytes || found[name] == new[name], "{at}: {name} is neither");
                }
                halfway +=
                    usize::from(old.keys().any(|n| found[n] == new[n]) && old.keys().any(|n| found[n] != new[n]));
                // The next run brings it to its end.
                compact(&left).unwrap_or_else(|e| panic!("{at}: {e}"));
                let found = store(&left);
                assert!(old.keys().all(|name| found[name] == new[name]), "{at}: not brought to its end");
                check(&left, &made, &format!("{at}, again"));
                runs += 1;
            }
        }
    }
    assert!(halfway > 10, "{halfway}");
    println!("{operations} operations, {runs} crashes, {halfway} halfway");
}

/// A segment with frames of spilled and of living owners, and a frame of each.
fn mixed(made: &Made) -> (String, std::ops::Range<usize>, std::ops::Range<usize>) {
    let spilled = |header: &FrameHeader| made.spilled.contains(&header.owner);
    store(&made.bed)
        .into_iter()
        .find_map(|(name, bytes)| {
            let frames = frames(&bytes);
            let gone = frames.iter().find(|(_, header)| spilled(header))?.0.clone();
            let stays = frames.iter().find(|(_, header)| made.living.contains_key(&header.owner))?.0.clone();
            Some((name, gone, stays))
        })
        .unwrap()
}

#[test]
fn a_damaged_segment_stays_as_it_is_and_the_others_are_compacted() {
    let made = made();
    let (name, gone, stays) = mixed(&made);
    let others = |bed: &Bed| {
        let spilled: HashSet<RecordId> = made.spilled.iter().copied().collect();
        let is_touched = |bytes: &Vec<u8>| frames(bytes).iter().any(|(_, h)| spilled.contains(&h.owner));
        store(bed).into_iter().filter(|(other, _)| *other != name).any(|(_, bytes)| is_touched(&bytes))
    };
    // The body of a frame that stays; headers of both: whose they are is not known any more.
    for place in [stays.start + 100, stays.start + 30, gone.start + 30, gone.end - 1, 3] {
        let bed = made.bed.under(&plan());
        bed.disk.corrupt(&name, place, 8);
        let before = store(&bed)[&name].clone();
        let done = compact(&bed).unwrap();
        assert_eq!(done.damaged.len(), 1, "byte {place}");
        assert!(done.damaged[0].to_string().starts_with(&name), "{}", done.damaged[0]);
        assert!(done.segments > 0 && !others(&bed), "byte {place}: the others are compacted");
        assert!(store(&bed)[&name] == before, "byte {place}: evidence was changed");
        assert!(store(&bed).keys().all(|name| name.ends_with(".seg")), "byte {place}");
        let findings = bed.audit().findings;
        assert!(!findings.is_empty() && findings.iter().all(|f| f.file == name || f.file == "store"), "{findings:?}");
        // Mended, it goes its way.
        bed.disk.corrupt(&name, place, 8);
        assert!(compact(&bed).unwrap().damaged.is_empty());
        check(&bed, &made, "mended");
    }
    // What goes anyway may be damaged.
    let bed = made.bed.under(&plan());
    bed.disk.corrupt(&name, gone.start + 100, 8);
    assert!(compact(&bed).unwrap().damaged.is_empty());
    check(&bed, &made, "damaged, and gone");
}

/// A segment without the frames of `owner`, as somebody makes it who knows the format.
fn without(segment: &[u8], owner: RecordId) -> Vec<u8> {
    let mut left = segment[..SEGMENT_HEADER_BYTES].to_vec();
    for (range, header) in frames(segment) {
        if header.owner != owner {
            left.extend_from_slice(&segment[range]);
        }
    }
    left
}

#[test]
fn a_compaction_without_its_entry_is_found() {
    let made = made();
    let (first, spilled) = (*made.living.keys().next().unwrap(), made.spilled[0]);
    let done = made.bed.under(&plan());
    compact(&done).unwrap();
    for (bed, owner, what) in [
        (made.bed.under(&plan()), spilled, "an erased owner, before any compaction"),
        (made.bed.under(&plan()), first, "a living owner"),
        (done.under(&plan()), first, "a living owner, after a compaction"),
    ] {
        let end = bed.open().unwrap().head().store;
        for (name, bytes) in store(&bed) {
            let left = without(&bytes, owner);
            // The open segment has its length in the lock record.
            if left.len() == bytes.len() || name == segment_name(end.segment) {
                continue;
            }
            let bed = bed.under(&plan());
            bed.disk.plant(&name, &left);
            let findings = bed.audit().findings;
            assert!(findings.iter().any(|f| f.file == name), "{what}, {name}: {findings:?}");
            // And compaction does not make it good.
            let open = bed.open().unwrap();
            let result = open.compact(SYSTEM_ACTOR).unwrap();
            let findings = bed.audit().findings;
            assert!(findings.iter().any(|f| f.file == name), "{what}, {name}: {findings:?}, {result:?}");
        }
    }
}

#[test]
fn a_frame_with_a_forged_owner_is_not_taken_away() {
    let made = made();
    let (name, _, stays) = mixed(&made);
    let bed = made.bed.under(&plan());
    let mut segment = store(&bed)[&name].clone();
    let header = FrameHeader { owner: made.spilled[0], ..FrameHeader::decode(&segment[stays.start..]).unwrap() };
    segment[stays.start..stays.start + 80].copy_from_slice(&header.encode());
    let digest = blake3::hash(&segment[stays.start..stays.end - 32]);
    segment[stays.end - 32..stays.end].copy_from_slice(digest.as_bytes());
    bed.disk.plant(&name, &segment);
    let done = compact(&bed).unwrap();
    assert_eq!(done.damaged.len(), 1);
    assert!(done.damaged[0].to_string().contains("is not the segment that the journal names"), "{}", done.damaged[0]);
    assert!(store(&bed)[&name] == segment);
    assert!(bed.audit().findings.iter().any(|f| f.file == name));
}

#[test]
fn what_waited_and_was_refused_leaves_nothing_and_its_notice_stays() {
    let (bench, archive, _) = Bench::without_crl();
    bench.take(&archive, &bench.draft("1"));
    archive.wait_index().unwrap();
    let waiting = archive.all_waiting().unwrap();
    let before = HashSet::from([waiting[0]]);
    let refused = refuse(&archive, waiting[0], "мерзімі өтті", SYSTEM_ACTOR).unwrap();
    assert!(matches!(refused.status, Status::Refused { .. }), "{refused:?}");
    assert!(!archive.uncompacted(&before).unwrap().is_empty());
    archive.close().unwrap();
    let archive = bench.open();
    let size = archive.head().size;
    assert!(archive.compact(SYSTEM_ACTOR).unwrap().frames > 0);
    let archive = bench.open();
    assert!(archive.uncompacted(&before).unwrap().is_empty());
    assert_eq!(archive.index_meta().damaged, 0);
    for (index, leaf) in (0..size).zip(leaves(&archive)).filter(|(_, leaf)| leaf.act == ActKind::SubmissionRefused) {
        assert!(archive.index().act(index).unwrap().is_some(), "{leaf:?}");
    }
    archive.close().unwrap();
    let folder = bench.root().join("store");
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(memchr::memmem::find(&bytes, &waiting[0].0).is_none());
    }
}

#[test]
fn a_segment_from_before_its_compaction_is_brought_to_its_end_again() {
    let made = made();
    let bed = made.bed.under(&plan());
    let before = store(&bed);
    compact(&bed).unwrap();
    let size = bed.open().unwrap().head().size;
    let after = store(&bed);
    for (name, old) in before.iter().filter(|(name, old)| after[*name] != **old) {
        // Put back from a copy, as for a segment that was lost.
        bed.disk.plant(name, old);
        assert!(bed.audit().findings.iter().any(|f| f.file == *name), "{name}");
        let done = compact(&bed).unwrap();
        assert_eq!((done.segments, done.damaged.len()), (1, 0), "{name}");
        assert!(store(&bed) == after, "{name}");
        assert!(bed.audit().is_clean());
    }
    assert_eq!(bed.open().unwrap().head().size, size, "the entries are there already");
}

#[test]
fn what_lies_beside_a_segment_counts_only_when_the_journal_names_it() {
    let made = made();
    let bed = made.bed.under(&plan());
    let before = store(&bed);
    compact(&bed).unwrap();
    let after = store(&bed);
    let (name, old) = before.iter().find(|(name, old)| after[*name] != **old).unwrap();
    let beside = format!("{name}.new");
    // A crash between entry and replacing: an audit of the files as they lie takes the copy.
    bed.disk.plant(name, old);
    bed.disk.plant(&beside, &after[name]);
    assert!(bed.audit().is_clean(), "{:?}", bed.audit().findings);
    check(&bed, &made, "interrupted");
    assert!(store(&bed) == after);
    // A copy with a damaged body: the old segment stays, and the copy is made again.
    let mut wrong = after[name].clone();
    let (range, _) = frames(&wrong)[0].clone();
    wrong[range.start + 100] ^= 1;
    bed.disk.plant(name, old);
    bed.disk.plant(&beside, &wrong);
    bed.open().unwrap().close().unwrap();
    assert!(store(&bed)[name] == *old && !store(&bed).contains_key(&beside));
    assert!(!bed.audit().is_clean());
    compact(&bed).unwrap();
    assert!(store(&bed) == after);
    // Others are leftovers: one byte off, and one for a segment that was never compacted.
    let mut wrong = after[name].clone();
    *wrong.last_mut().unwrap() ^= 1;
    for (place, bytes) in [(beside.as_str(), &wrong), ("store/00000001.seg.new", old), (&beside, old)] {
        bed.disk.plant(place, bytes);
        check(&bed, &made, place);
        assert!(store(&bed) == after, "{place}");
    }
}

#[test]
fn an_archive_that_has_latched_refuses() {
    let made = made();
    let counted = plan();
    made.bed.under(&counted).open().unwrap().close().unwrap();
    let plan = FaultPlan::fail_at_then(counted.operations() + 2, Failure::NotDone, false);
    let bed = made.bed.under(&plan);
    let archive = bed.open().unwrap();
    archive.actor("нова").unwrap_err();
    let before = store(&bed);
    let refused = archive.compact(SYSTEM_ACTOR).unwrap_err();
    assert_eq!(refused.code, ErrorCode::StoLatched, "{refused}");
    assert!(store(&bed) == before);
    assert_eq!(Disk::list(bed.disk.as_ref(), "store").unwrap().len(), before.len());
}
