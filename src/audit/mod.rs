//! The audit: journal, tiles, checkpoint, objects, vault and index against each other.
//!
//! It reads and never writes; it opens the files itself instead of the archive, so that it also speaks when the archive
//! refuses to open. The three truths are checked without any key; with the key folder at hand the KEK and the index are
//! checked too.
//!
//! Every finding names the file, and the place in it where that is known.

mod heads;

use crate::config::Config;
use crate::error::Error;
use crate::index::open::IndexAtHand;
use crate::index::rows::Meta;
use crate::model::digest::{Address, Sha256};
use crate::model::id::{ActId, ObjectId, RecordId};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{
    ObjectKind, compacted_name, compacted_number, object_address, segment_name, segment_number,
};
use crate::store::scrub::{self, Damage, Depth, Scanned, SegmentFile};
use crate::tlog::LogError;
use crate::tlog::commit::object_commitment;
use crate::tlog::compact::Facts;
use crate::tlog::fork::evidence;
use crate::tlog::leaf::{ActKind, Leaf};
use crate::tlog::lock::{LOCK, LockRecord};
use crate::tlog::recover::read_lock;
use crate::tlog::tree::{leaf_hash, merkle_root};
use crate::vault::keys::KeyFolder;
use crate::vault::page::{Root, root_name};
use heads::HeadsCheck;
use serde::Serialize;
use std::collections::HashMap;

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// What is wrong, in technical English.
    pub what: String,
}

/// What an audit found and how much it looked at.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuditReport {
    /// Everything that is wrong; empty is clean.
    pub findings: Vec<Finding>,
    /// Every byte of the store was read.
    pub every_byte: bool,
    /// Entries of the journal.
    pub entries: u64,
    /// Records accepted.
    pub records: u64,
    /// Objects of committed acts.
    pub objects: u64,
    /// Frames in the store.
    pub frames: u64,
    /// Objects that belong to no committed act: leftovers of refused submissions and of crashes, which no key opens.
    pub unreferenced_objects: u64,
    /// Bytes of the store up to the committed end.
    pub store_bytes: u64,
    /// Pages of the vault.
    pub vault_pages: u64,
    /// Entries in the index; `None` without keys, or when there is no index.
    pub index_entries: Option<u64>,
    /// A slot of the lock record is torn; the next open mends it.
    pub lock_damaged: bool,
}

impl AuditReport {
    /// True when nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn finding(&mut self, file: impl Into<String>, what: impl Into<String>) {
        self.findings.push(Finding { file: file.into(), what: what.into() });
    }
}

/// How an audit is run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Read every byte of the store; otherwise its frame headers and digests.
    pub every_byte: bool,
    /// Threads that read.
    pub threads: usize,
}

/// Audits the truths on `disk`. `progress` is told bytes of the store done and in all.
pub fn audit(
    disk: &dyn Disk,
    config: &Config,
    keys: Option<&KeyFolder>,
    index: Option<&IndexAtHand>,
    options: Options,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<AuditReport, Error> {
    let mut report = AuditReport { every_byte: options.every_byte, ..AuditReport::default() };
    let (lock, damaged) = match read_lock(disk, config.archive_id) {
        Ok(lock) => lock,
        Err(LogError::Integrity { file, what }) => {
            report.finding(file, what);
            return Ok(report);
        }
        Err(e) => return Err(e.into()),
    };
    report.lock_damaged = damaged;
    if damaged {
        report.finding(LOCK, "a slot is damaged; the next open mends it from its bundle if it can");
    }
    let notes = evidence(disk, keys)?;
    let mut expected = journal(disk, config, (&lock, &notes), options, &mut report)?;
    store(disk, config, &lock, options, &mut expected, &mut report, progress)?;
    vault(disk, config, &lock, keys, &mut report)?;
    if let Some(index) = index {
        check_index(index, &lock, &mut report)?;
    }
    Ok(report)
}

/// What the journal says must be in the store.
#[derive(Default)]
struct Expected {
    acts: HashMap<ActId, Committed>,
    facts: Facts,
}

/// An act with objects.
struct Committed {
    index: u64,
    owner: Option<RecordId>,
    obj: Sha256,
}

/// The lock record, and checkpoints that lie elsewhere.
type Noted<'a> = (&'a LockRecord, &'a [(String, Vec<u8>)]);

fn journal(
    disk: &dyn Disk,
    config: &Config,
    (lock, notes): Noted<'_>,
    options: Options,
    report: &mut AuditReport,
) -> Result<Expected, Error> {
    let mut heads = HeadsCheck::new(options.every_byte);
    let mut expected = Expected::default();
    let mut records = 0;
    let mut findings = Vec::new();
    let mut impossible = Vec::new();
    let mut ended = None;
    let mut behind_end = Vec::new();
    let mut take = |index: u64, leaf: Leaf| {
        if leaf.act == ActKind::ArchiveDecommissioned {
            ended.get_or_insert(index);
        }
        if ended.is_some_and(|ended| ended != index) && !leaf.act.follows_end() {
            behind_end.push((index, leaf.act));
        }
        heads.take(index, &leaf);
        records += u64::from(leaf.act == ActKind::RecordAccepted);
        if let Some(obj) = leaf.obj {
            expected.acts.insert(leaf.id, Committed { index, owner: leaf.rec, obj });
        }
        if let (ActKind::SegmentCompacted, Some(after)) = (leaf.act, leaf.segment)
            && expected.facts.segment(after.number).is_none_or(|before| before.frames <= after.frames)
        {
            impossible.push((index, after.number));
        }
        expected.facts.take(index, &leaf);
    };
    let (id, key) = (config.archive_id, &config.vkey);
    report.entries = crate::tlog::audit::check(disk, id, key, lock, notes, &mut take, &mut |d| findings.push(d))?;
    report.records = records;
    for damage in findings {
        report.finding(damage.file, damage.what);
    }
    for (index, act) in behind_end {
        let what = format!("entry {index} ({}) stands behind the end of the archive", act.as_str());
        report.finding("tlog/tile/entries", what);
    }
    for (index, number) in impossible {
        let what = format!("entry {index} compacts segment {number}, which was not closed with more frames");
        report.finding("tlog/tile/entries", what);
    }
    for index in heads.wrong() {
        report.finding("tlog/tile/entries", format!("entry {index} maps other heads than the entries before it have"));
    }
    Ok(expected)
}

fn store(
    disk: &dyn Disk,
    config: &Config,
    lock: &LockRecord,
    options: Options,
    expected: &mut Expected,
    report: &mut AuditReport,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(), Error> {
    let end = lock.head.store;
    let mut lengths = Vec::new();
    for number in 1..=end.segment {
        let committed = match (number == end.segment, expected.facts.segment(number)) {
            (true, _) => end.len,
            (false, Some(sealed)) => sealed.len,
            // Closed and not yet sealed: nothing but its own frames says how long it is.
            (false, None) => disk.len(&segment_name(number)).map_err(LogError::from)?.unwrap_or(0),
        };
        // Left by a crash after the commit of a compaction: the next open puts it in its place.
        let is_interrupted = expected.facts.is_left(disk, config.archive_id, number, Depth::Headers)?;
        let name = if is_interrupted { compacted_name(number) } else { segment_name(number) };
        lengths.push((number, name, committed));
    }
    let total: u64 = lengths.iter().map(|(_, _, len)| len).sum();
    report.store_bytes = total;
    let mut objects = Objects::default();
    let mut done = 0;
    for (number, name, committed) in lengths {
        let file = SegmentFile { archive: config.archive_id, number, name: &name };
        match scan_segment(disk, file, committed, options) {
            Ok((frames, damages)) => {
                let len = disk.len(&name).map_err(LogError::from)?.unwrap_or(0);
                if number != end.segment && len > committed {
                    report.finding(&name, format!("holds {len} bytes, it was closed with {committed}"));
                }
                for damage in damages {
                    report.finding(&name, damage.to_string());
                }
                if let Some(sealed) = expected.facts.segment(number) {
                    let hashes: Vec<Sha256> = frames.iter().map(|f| leaf_hash(&f.digest.0)).collect();
                    if hashes.len() as u64 != sealed.frames || merkle_root(&hashes) != sealed.root {
                        let (found, wanted) = (hashes.len(), sealed.frames);
                        report
                            .finding(&name, format!("is not the segment that was sealed: {found} of {wanted} frames"));
                    }
                }
                report.frames += frames.len() as u64;
                for frame in frames {
                    objects.frame(&frame, expected, report);
                }
            }
            Err(DiskError::Missing { .. }) => report.finding(&name, "is missing"),
            Err(e) => return Err(LogError::from(e).into()),
        }
        done += committed;
        progress(done, total);
    }
    // An act whose last object is not there; of one whose owner's key is erased compaction may have left a part.
    let orphans = objects.open.iter().filter(|(act, _)| !expected.acts.contains_key(*act));
    report.unreferenced_objects += orphans.map(|(_, o)| o.len() as u64).sum::<u64>();
    let mut missing: Vec<_> = expected.acts.drain().collect();
    missing.sort_by_key(|(_, act)| act.index);
    for (id, Committed { index, owner, .. }) in missing {
        if !owner.is_some_and(|owner| expected.facts.may_be_gone(owner)) {
            report.finding("store", format!("objects of act {id} (entry {index}) are missing or not whole"));
        }
    }
    for (name, _) in disk.list("store").map_err(LogError::from)? {
        // A segment beyond the lock record, or what compaction made, is a crash's leftover; anything else was not
        // written by the archive.
        if segment_number(&name).or_else(|| compacted_number(&name)).is_none_or(|n| n == 0) {
            report.finding(name, "is not a segment");
        }
    }
    Ok(())
}

/// Frames of one segment in order, and what is damaged. Every byte is read by all threads, each from a frame of its
/// own.
fn scan_segment(
    disk: &dyn Disk,
    file: SegmentFile<'_>,
    committed: u64,
    options: Options,
) -> Result<(Vec<Scanned>, Vec<Damage>), DiskError> {
    let scan = |from: u64, to: u64, depth: Depth| {
        let (mut frames, mut damages) = (Vec::new(), Vec::new());
        scrub::scan_file(disk, file, from, to, depth, &mut |f| frames.push(f), &mut |d| damages.push(d))?;
        Ok::<_, DiskError>((frames, damages))
    };
    if !options.every_byte {
        return scan(0, committed, Depth::Headers);
    }
    let share = committed / options.threads.max(1) as u64;
    let mut starts = vec![0];
    for part in 1..options.threads as u64 {
        match scrub::next_header(disk, file.name, part * share, committed)? {
            start if disk.len(file.name)?.is_some_and(|len| start < len.min(committed)) => starts.push(start),
            _ => break,
        }
    }
    starts.dedup();
    let ends: Vec<u64> = starts[1..].iter().copied().chain([committed]).collect();
    let parts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            starts.iter().zip(&ends).map(|(from, to)| scope.spawn(move || scan(*from, *to, Depth::Bytes))).collect();
        threads.into_iter().map(|t| t.join().expect("scanning does not panic")).collect()
    });
    let (mut frames, mut damages) = (Vec::new(), Vec::new());
    for part in parts {
        let (f, d) = part?;
        frames.extend(f);
        damages.extend(d);
    }
    // Damage may have moved the places where the parts begin; then one thread walks the segment as it is.
    if damages.is_empty() || starts.len() == 1 { Ok((frames, damages)) } else { scan(0, committed, Depth::Bytes) }
}

/// Objects gathered by act until the act's last object is seen.
#[derive(Default)]
struct Objects {
    open: HashMap<ActId, Vec<(ObjectId, Vec<Address>)>>,
}

impl Objects {
    fn frame(&mut self, frame: &Scanned, expected: &mut Expected, report: &mut AuditReport) {
        let header = frame.header;
        let objects = self.open.entry(header.act).or_default();
        match objects.iter_mut().find(|(object, _)| *object == header.object) {
            Some((_, frames)) => frames.push(frame.digest),
            None => objects.push((header.object, vec![frame.digest])),
        }
        if header.kind == ObjectKind::Component || !header.last {
            return;
        }
        let Some(objects) = self.open.remove(&header.act) else { return };
        let addresses: Vec<Address> = objects.iter().map(|(_, frames)| object_address(frames)).collect();
        match expected.acts.get(&header.act) {
            Some(act) if object_commitment(&addresses) == Some(act.obj) => {
                expected.acts.remove(&header.act);
                report.objects += objects.len() as u64;
            }
            // Left in `expected`, it is reported as missing or not whole.
            Some(_) => {}
            None => report.unreferenced_objects += objects.len() as u64,
        }
    }
}

fn vault(
    disk: &dyn Disk,
    config: &Config,
    lock: &LockRecord,
    keys: Option<&KeyFolder>,
    report: &mut AuditReport,
) -> Result<(), Error> {
    use crate::vault::audit::Damage as V;
    let state = lock.head.vault;
    let mut findings = Vec::new();
    let counts = crate::vault::audit::check(disk, config.archive_id, &state, &mut |damage| {
        let (file, what) = match damage {
            V::Changed(file) => (file, "is not the file that was committed"),
            V::Missing(file) => (file, "is missing"),
            V::Stray(file) => (file, "is referred to by nothing; the next open erases what a crash left"),
        };
        findings.push((file, what));
    })
    .map_err(LogError::from)?;
    report.vault_pages = counts.pages;
    for (file, what) in findings {
        report.finding(file, what);
    }
    let Some(keys) = keys else { return Ok(()) };
    match keys.kek(state.epoch) {
        Ok(kek) => {
            let name = root_name(state.root_no);
            let opens = match disk.read(&name) {
                Ok(file) => Root::decode(&file, config.archive_id, state.epoch, state.root_no, &kek).is_some(),
                // Reported above.
                Err(_) => true,
            };
            if !opens {
                report.finding(name, "does not open under the key-encryption key of its epoch");
            }
        }
        Err(e) => report.finding(crate::vault::keys::kek_name(state.epoch), e.to_string()),
    }
    Ok(())
}

fn check_index(index: &IndexAtHand, lock: &LockRecord, report: &mut AuditReport) -> Result<(), Error> {
    let meta: Option<Meta> = match crate::index::writer::meta(index.kv.as_ref(), &index.keys) {
        Ok(meta) => meta,
        Err(e) if e.wants_rebuild() => {
            report.finding("index", format!("{e}; run `muragat reindex`"));
            return Ok(());
        }
        Err(e) => return Err(e.into()),
    };
    let Some(meta) = meta else { return Ok(()) };
    report.index_entries = Some(meta.size);
    if meta.size > lock.head.size || (meta.size == lock.head.size && meta.root != lock.head.root.0) {
        report.finding("index", "is of another history than the journal; run `muragat reindex`");
    }
    if meta.size == lock.head.size && u64::from(meta.records) != report.records {
        let (found, wanted) = (meta.records, report.records);
        report.finding("index", format!("has {found} records, the journal {wanted}; run `muragat reindex`"));
    }
    Ok(())
}
