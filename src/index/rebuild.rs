//! Building the index from the truths: from nothing, or from where a crash left it.
//!
//! Reads the journal's entries, the frame headers of the store, and record manifests and act documents with the keys of
//! the vault; never a component. The manifest (or act document) is the last object of its act, so when its frame is
//! seen all frames of the act have been seen, and the scan stays a stream beside the journal.
//!
//! One thread reads and opens, the other makes rows and applies them; entries go from one to the other in the order of
//! the journal. A transaction takes as many as memory allows and is durable before the next begins: a crash leaves the
//! index at the end of one of them, and the next opening goes on from there.

use super::kv::Kv;
use super::rows::{ActRow, AmendmentRow, Meta, RecordRow, StoredObject};
use super::seal::IndexKeys;
use super::writer::{Batch, Input, Payload};
use super::{IndexError, writer};
use crate::model::amendment::Amendment;
use crate::model::id::{ActId, ArchiveId, ObjectId, RecordId};
use crate::model::record::{ActDocument, Manifest};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{FrameLoc, ObjectKind, segment_name};
use crate::store::read::{ObjectReader, ReadError};
use crate::store::scrub::{Depth, Scanned, SegmentFile, Walk};
use crate::store::segment::StoreEnd;
use crate::tlog::leaf::{ActKind, Leaf};
use crate::tlog::read::LogReader;
use crate::tlog::tree::root_at;
use crate::vault::{KeySlot, Vault, VaultError};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

/// How a catch-up is cut into steps.
#[derive(Debug, Clone, Copy)]
struct Steps {
    /// Entries that are handed over at once.
    handed: usize,
    /// Memory that a transaction may take: the more rows go in at once, the fewer times a page of the engine is
    /// written.
    transaction_bytes: usize,
}

impl Default for Steps {
    fn default() -> Self {
        Self { handed: 1024, transaction_bytes: 96 * 1024 * 1024 }
    }
}

/// What a catch-up reads.
pub struct Truths<'a> {
    /// The medium of the archive.
    pub disk: &'a dyn Disk,
    /// The archive.
    pub archive: ArchiveId,
    /// The vault.
    pub vault: &'a Vault,
    /// The published journal.
    pub log: &'a LogReader<'a>,
    /// The committed end of the store.
    pub end: StoreEnd,
}

/// Brings the index from its watermark to the head of the journal. `progress` is told entries done and in all.
pub fn catch_up(
    kv: &dyn Kv,
    keys: &IndexKeys,
    truths: &Truths<'_>,
    meta: Meta,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Meta, IndexError> {
    catch_up_by(Steps::default(), kv, keys, truths, meta, progress)
}

fn catch_up_by(
    steps: Steps,
    kv: &dyn Kv,
    keys: &IndexKeys,
    truths: &Truths<'_>,
    mut meta: Meta,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Meta, IndexError> {
    let size = truths.log.size();
    if meta.size > size || (meta.size > 0 && root_at(truths.log, meta.size)?.0 != meta.root) {
        // An index of another history: nothing in it can be used.
        return Err(IndexError::Generation);
    }
    if meta.size > 0 {
        // Places of frames in the index are from before the compaction: none of its rows can be used.
        truths.log.leaves::<IndexError>(meta.size, size, |_, leaf| match leaf.act {
            ActKind::SegmentCompacted => Err(IndexError::Generation),
            _ => Ok(()),
        })?;
    }
    if meta.size < size {
        meta = read_and_apply(steps, kv, keys, truths, meta, progress)?;
    } else if size == 0 || meta.scan_from() != truths.end {
        meta = Batch::new(kv, keys, meta).commit(root_at(truths.log, size)?, truths.end)?;
    }
    kv.flush()?;
    progress(size, size);
    Ok(meta)
}

/// Entries of which all is read, and where a later scan of the store may begin when they are in the index.
struct Handed {
    inputs: Vec<Input>,
    scan_from: StoreEnd,
}

/// Reads on a thread of its own while what was read before is applied.
fn read_and_apply(
    steps: Steps,
    kv: &dyn Kv,
    keys: &IndexKeys,
    truths: &Truths<'_>,
    mut meta: Meta,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Meta, IndexError> {
    let (from, size) = (meta, truths.log.size());
    let applied = AtomicU64::new(from.size);
    let (to, handed) = sync_channel(1);
    std::thread::scope(|scope| {
        let applied = &applied;
        scope.spawn(move || {
            if let Err(e) = read(steps.handed, kv, keys, truths, from, applied, &to) {
                // When nobody takes it, applying has failed, and that is what the caller is told.
                let _ = to.send(Err(e));
            }
        });
        let mut batch = Batch::new(kv, keys, meta);
        for handed in handed {
            let Handed { inputs, scan_from } = handed?;
            batch.add(inputs)?;
            let at = batch.size();
            if at == size {
                meta = batch.commit(root_at(truths.log, at)?, truths.end)?;
                return Ok(meta);
            }
            if batch.bytes() >= steps.transaction_bytes {
                meta = batch.commit(root_at(truths.log, at)?, scan_from)?;
                kv.flush()?;
                applied.store(at, Ordering::Release);
                batch = Batch::new(kv, keys, meta);
            }
            progress(at, size);
        }
        unreachable!("reading ends with the last entry or an error")
    })
}

/// Reads what entries bring, and hands it on in their order.
fn read(
    at_once: usize,
    kv: &dyn Kv,
    keys: &IndexKeys,
    truths: &Truths<'_>,
    from: Meta,
    applied: &AtomicU64,
    to: &SyncSender<Result<Handed, IndexError>>,
) -> Result<(), IndexError> {
    let size = truths.log.size();
    let mut feed = Feed::new(truths, from.scan_from());
    let mut key_slots = KeySlots::default();
    let mut inputs = Vec::with_capacity(at_once);
    truths.log.leaves::<IndexError>(from.size, size, |index, leaf| {
        let payload = match payload(kv, keys, truths, &mut feed, &mut key_slots, index, &leaf) {
            // One damaged object must not make all others unreachable: it is counted, and named when it is asked for.
            Err(IndexError::Read(e)) if !matches!(e, ReadError::Disk(DiskError::Io { .. })) => Payload::Damaged,
            Err(IndexError::Manifest { .. } | IndexError::Objects { .. }) => Payload::Damaged,
            payload => payload?,
        };
        inputs.push(Input { index, leaf, payload });
        if inputs.len() == at_once || index + 1 == size {
            let inputs = std::mem::replace(&mut inputs, Vec::with_capacity(at_once));
            let handed = Handed { inputs, scan_from: feed.low_water() };
            to.send(Ok(handed)).map_err(|_| IndexError::Engine("entries are applied no more".into()))?;
            key_slots.forget(applied.load(Ordering::Acquire));
        }
        Ok(())
    })
}

fn payload(
    kv: &dyn Kv,
    keys: &IndexKeys,
    truths: &Truths<'_>,
    feed: &mut Feed<'_>,
    key_slots: &mut KeySlots,
    index: u64,
    leaf: &Leaf,
) -> Result<Payload, IndexError> {
    let (Some(_), Some(owner)) = (leaf.obj, leaf.rec) else { return Ok(Payload::None) };
    let slot = match leaf.key {
        Some(slot) => {
            key_slots.insert(index, leaf.act, owner, slot);
            Some(slot)
        }
        None => match key_slots.get(owner) {
            Some(slot) => Some(slot),
            None => writer::read_id(kv, keys, owner)?.map(|row| row.key),
        },
    };
    let slot = slot.ok_or(IndexError::Objects { act: leaf.id })?;
    let key = match truths.vault.key(slot, owner) {
        Err(VaultError::Erased { .. }) => {
            feed.pass_over(leaf.id);
            return Ok(Payload::Erased);
        }
        key => key?,
    };
    let objects = feed.take(leaf.id)?;
    let last = objects.last().ok_or(IndexError::Objects { act: leaf.id })?;
    let stored = last.stored();
    let reader = ObjectReader::new(truths.disk, &key, owner, last.object, last.kind, stored.plain_len, &stored.frames);
    let bytes = reader.read_all()?;
    let wrong = |e: crate::model::record::ManifestError| IndexError::Manifest { record: owner, what: e.to_string() };
    match last.kind {
        ObjectKind::Manifest => {
            let manifest = Manifest::decode(&bytes).map_err(wrong)?;
            let by_id: HashMap<ObjectId, &Found> = objects.iter().map(|o| (o.object, o)).collect();
            let row = RecordRow::new(&manifest, leaf.id, index, leaf.t, stored, |c| {
                by_id.get(&c.object).map(|found| found.frames.clone())
            });
            Ok(Payload::Record(Box::new(row.ok_or(IndexError::Objects { act: leaf.id })?)))
        }
        ObjectKind::Amendment => {
            let amendment = Amendment::decode(&bytes).map_err(wrong)?;
            let by_id: HashMap<ObjectId, &Found> = objects.iter().map(|o| (o.object, o)).collect();
            let row = AmendmentRow::new(&amendment, leaf.id, index, stored, |c| {
                by_id.get(&c.object).map(|found| found.frames.clone())
            });
            Ok(Payload::Amendment(Box::new(row.ok_or(IndexError::Objects { act: leaf.id })?)))
        }
        _ => {
            let document = ActDocument::decode(&bytes).map_err(wrong)?;
            let by_id: HashMap<ObjectId, &Found> = objects.iter().map(|o| (o.object, o)).collect();
            let file = |id: ObjectId| by_id.get(&id).map(|found| found.stored());
            let files = document.files().into_iter().map(|f| file(f.object)).collect::<Option<_>>();
            let files = files.ok_or(IndexError::Objects { act: leaf.id })?;
            Ok(Payload::Document(document, ActRow { owner: owner.0, document: stored, files }))
        }
    }
}

/// Places of keys: registers are few and are asked for again; others while the index does not have them.
#[derive(Default)]
struct KeySlots {
    registers: HashMap<RecordId, KeySlot>,
    /// With the entry that gave the key.
    others: HashMap<RecordId, (u64, KeySlot)>,
    applied: u64,
}

impl KeySlots {
    fn insert(&mut self, entry: u64, act: ActKind, owner: RecordId, slot: KeySlot) {
        match act {
            ActKind::ArchiveCreated | ActKind::RegisterCreated => drop(self.registers.insert(owner, slot)),
            _ => drop(self.others.insert(owner, (entry, slot))),
        }
    }

    fn get(&self, owner: RecordId) -> Option<KeySlot> {
        self.registers.get(&owner).or_else(|| self.others.get(&owner).map(|(_, slot)| slot)).copied()
    }

    /// Forgets what the index has: the entries before `applied`.
    fn forget(&mut self, applied: u64) {
        if applied > self.applied {
            self.others.retain(|_, (entry, _)| *entry >= applied);
            self.applied = applied;
        }
    }
}

/// One object found in the store.
struct Found {
    object: ObjectId,
    kind: ObjectKind,
    plain_len: u64,
    frames: Vec<FrameLoc>,
}

impl Found {
    fn stored(&self) -> StoredObject {
        StoredObject { object: self.object.0, plain_len: self.plain_len, frames: self.frames.clone() }
    }
}

/// Frames of the store in order, gathered by act.
struct Feed<'a> {
    truths: &'a Truths<'a>,
    /// The segment that is walked.
    walk: Option<Walk<'a>>,
    /// Where the next one begins.
    next: StoreEnd,
    /// Acts of which the last object has not been seen.
    open: HashMap<ActId, Vec<Found>>,
    /// Acts that are whole and wait for their entry.
    ready: HashMap<ActId, Vec<Found>>,
    /// Acts that nobody asks for; of some, compaction has left nothing or a part.
    passed_over: HashSet<ActId>,
}

impl<'a> Feed<'a> {
    fn new(truths: &'a Truths<'a>, from: StoreEnd) -> Self {
        let next = if from.segment == 0 { StoreEnd { segment: 1, len: 0 } } else { from };
        Self { truths, walk: None, next, open: HashMap::new(), ready: HashMap::new(), passed_over: HashSet::new() }
    }

    /// Where a later scan may begin: only when nothing is half seen.
    fn low_water(&self) -> StoreEnd {
        match self.walk.as_ref().and_then(Walk::next_at) {
            Some(at) if self.open.is_empty() && self.ready.is_empty() => {
                StoreEnd { segment: self.next.segment - 1, len: at }
            }
            _ => StoreEnd::default(),
        }
    }

    fn take(&mut self, act: ActId) -> Result<Vec<Found>, IndexError> {
        loop {
            if let Some(found) = self.ready.remove(&act) {
                return Ok(found);
            }
            let Some(frame) = self.next_frame()? else { return Err(IndexError::Objects { act }) };
            self.gather(frame);
        }
    }

    /// Forgets an act, seen or not, whose objects nobody can open.
    fn pass_over(&mut self, act: ActId) {
        self.open.remove(&act);
        if self.ready.remove(&act).is_none() {
            self.passed_over.insert(act);
        }
    }

    fn gather(&mut self, frame: Scanned) {
        let header = frame.header;
        if self.passed_over.contains(&header.act) {
            return;
        }
        let objects = self.open.entry(header.act).or_default();
        match objects.iter_mut().find(|o| o.object == header.object) {
            Some(found) => {
                found.frames.push(frame.loc);
                found.plain_len += u64::from(header.plain_len);
            }
            None => objects.push(Found {
                object: header.object,
                kind: header.kind,
                plain_len: header.plain_len.into(),
                frames: vec![frame.loc],
            }),
        }
        if header.kind != ObjectKind::Component
            && header.last
            && let Some(mut objects) = self.open.remove(&header.act)
        {
            // The frames of several components may interleave; the manifest goes last.
            let at = objects.iter().position(|o| o.object == header.object).expect("just added");
            let manifest = objects.remove(at);
            objects.push(manifest);
            self.ready.insert(header.act, objects);
        }
    }

    fn next_frame(&mut self) -> Result<Option<Scanned>, IndexError> {
        // Damage shows when a wanted object is not found, and in the audit.
        let damaged = &mut |_| {};
        loop {
            if let Some(walk) = &mut self.walk
                && let Some(frame) = walk.next(damaged)?
            {
                return Ok(Some(frame));
            }
            let (StoreEnd { segment, len: from }, end) = (self.next, self.truths.end);
            if segment > end.segment || end.segment == 0 {
                return Ok(None);
            }
            let (disk, name) = (self.truths.disk, segment_name(segment));
            let committed = match segment == end.segment {
                true => end.len,
                false => disk.len(&name)?.unwrap_or(0),
            };
            let file = SegmentFile { archive: self.truths.archive, number: segment, name: &name };
            self.walk = Some(Walk::new(disk, file, from, committed, Depth::Headers, damaged)?);
            self.next = StoreEnd { segment: segment + 1, len: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Archive, Parts, create_truths};
    use crate::clock::FixedClock;
    use crate::config::Action;
    use crate::filing::holds::{Placing, lift, place};
    use crate::index::filing::{FileRow, HoldTarget};
    use crate::index::kv::{Change, Visit};
    use crate::index::open::IndexMedium;
    use crate::index::rows::ActorRow;
    use crate::ingest::amend::{Amended, add};
    use crate::ingest::spill::unsigned as spill;
    use crate::model::submission::{ComponentEntry, Role};
    use crate::store::format::OwnerKey;
    use crate::testing::{FaultDisk, FaultPlan, MemoryIndex, many};
    use crate::tlog::commit::{Act, SYSTEM_ACTOR};
    use crate::tlog::lock::Head;
    use crate::vault::keys::KeyFolder;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    const ID: ArchiveId = ArchiveId([9; 16]);

    struct Made {
        disk: Arc<FaultDisk>,
        head: Head,
        vault: Vault,
    }

    /// An archive in which later entries are about earlier ones near and far: files of records, some moved to other
    /// files, one that grew, two of which nothing can be read, holds, and files that were closed long after they were
    /// opened.
    fn made() -> Made {
        let none = FaultPlan::count_only();
        let (disk, keys) = (Arc::new(FaultDisk::new(&none)), Arc::new(FaultDisk::new(&none)));
        let clock = Arc::new(FixedClock(AtomicU64::new(1_772_683_506_007)));
        let mut config =
            create_truths(disk.clone(), keys.clone(), ID, "test.example/log", clock.clone(), false).unwrap();
        config.policy.signatures = Action::Flag;
        config.policy.formats = Action::Flag;
        let folder = tempfile::tempdir().unwrap();
        let parts = Parts {
            disk: disk.clone(),
            keys: keys.clone(),
            index: Box::new(MemoryIndex::default()),
            clock,
            spool: folder.path().join("spool"),
        };
        let archive = Archive::assemble(parts, config, Path::new("."), &mut |_, _| {}).unwrap();
        // Several segments, and keys in pages as well as in the vault's journal.
        archive.tune(20_000, 40);
        let files = many::fill(&archive, 12, 5, &[], SYSTEM_ACTOR).unwrap();
        let placing =
            Placing {
                owner: "Сот".into(), reason: "талап".into(), basis: "№ 1".into(), review: None, query: None
            };
        let targets = [HoldTarget::Record(files[3].1.0), HoldTarget::File(files[4].0.0)];
        let (hold, _) = place(&archive, &placing, &targets, SYSTEM_ACTOR).unwrap();
        place(&archive, &placing, &targets[..1], SYSTEM_ACTOR).unwrap();
        lift(&archive, hold, "аяқталды", SYSTEM_ACTOR).unwrap();
        let receipt = folder.path().join("receipt.txt");
        std::fs::write(&receipt, "Түбіртек").unwrap();
        let entry = ComponentEntry {
            path: "receipt.txt".to_owned(),
            role: Role::Receipt,
            covers: Vec::new(),
            media_type: None,
            derivation: None,
        };
        let amended = add(&archive, files[7].1, entry, &receipt, None, SYSTEM_ACTOR).unwrap();
        assert!(matches!(amended, Amended::Done { .. }), "{amended:?}");
        for (from, to) in [(1, 2), (2, 1), (7, 2), (1, 9)] {
            let mut act = Act::new(ActKind::RecordFiled, SYSTEM_ACTOR);
            (act.rec, act.of) = (Some(files[from].1), Some(files[to].0));
            archive.commit(act, Payload::None, None, None).unwrap();
        }
        archive.wait_index().unwrap();
        spill(&archive, files[0].1, SYSTEM_ACTOR).unwrap();
        spill(&archive, files[2].1, SYSTEM_ACTOR).unwrap();
        archive.settle().unwrap();
        let head = archive.head();
        archive.close().unwrap();
        let vault = Vault::open(disk.clone(), KeyFolder::new(keys, ID), ID, head.vault).unwrap();
        Made { disk, head, vault }
    }

    fn keys() -> IndexKeys {
        IndexKeys::new(1, &OwnerKey([5; 32]))
    }

    /// Goes on with what `kv` has, as the next opening does.
    fn build(made: &Made, steps: Steps, kv: &dyn Kv) -> Result<Meta, IndexError> {
        let log = LogReader::new(made.disk.as_ref(), made.head.size);
        let truths =
            Truths { disk: made.disk.as_ref(), archive: ID, vault: &made.vault, log: &log, end: made.head.store };
        let (keys, mut last) = (keys(), 0);
        let meta = writer::meta(kv, &keys)?.unwrap_or_else(|| Meta::empty(1));
        catch_up_by(steps, kv, &keys, &truths, meta, &mut |at, size| {
            assert!(last <= at && at <= size && size == made.head.size, "{last} {at} {size}");
            last = at;
        })
    }

    /// All rows as they read, whatever they are sealed under; the records of each token together, because which of
    /// them share a row depends on the steps.
    fn rows(index: &MemoryIndex) -> BTreeMap<Vec<u8>, String> {
        let keys = keys();
        let mut postings: BTreeMap<Vec<u8>, BTreeSet<u32>> = BTreeMap::new();
        let mut rows = BTreeMap::new();
        for (key, value) in index.rows() {
            let row = match key[0] {
                b'W' => {
                    let mut number = 0;
                    for difference in keys.read::<Vec<u32>>(&key, &value).unwrap() {
                        number += difference;
                        assert!(postings.entry(key[..9].to_vec()).or_default().insert(number), "{number} stands twice");
                    }
                    continue;
                }
                b'R' => format!("{:?}", keys.open::<RecordRow>(&key, &value).unwrap()),
                b'F' => format!("{:?}", keys.open::<FileRow>(&key, &value).unwrap()),
                b'P' => format!("{:?}", keys.open::<ActorRow>(&key, &value).unwrap()),
                b'C' => keys.open::<String>(&key, &value).unwrap(),
                // Rows of numbers are the same bytes under the same key.
                _ => hex::encode(value),
            };
            rows.insert(key, row);
        }
        rows.extend(postings.into_iter().map(|(token, numbers)| (token, format!("{numbers:?}"))));
        rows
    }

    const AT_ONCE: Steps = Steps { handed: 100_000, transaction_bytes: usize::MAX };

    // Goal: neither handing over nor a transaction loses an entry, changes the order, or hides from a later entry what
    // an earlier one left. Method: the same archive in steps of every kind, down to an entry each.
    #[test]
    fn an_index_is_the_same_in_whatever_steps_it_is_built() {
        let made = made();
        let expected = MemoryIndex::default();
        let meta = build(&made, AT_ONCE, &expected).unwrap();
        assert_eq!((meta.size, meta.records, meta.damaged), (made.head.size, 60, 0));
        let expected = rows(&expected);
        assert!(expected.len() > 500 && made.head.size > 150, "{} rows, {} entries", expected.len(), made.head.size);
        for handed in [1, 2, 3, 7, 64, 1024] {
            for transaction_bytes in [0, 3_000, 40_000, usize::MAX] {
                let index = MemoryIndex::default();
                let steps = Steps { handed, transaction_bytes };
                assert_eq!(build(&made, steps, &index).unwrap(), meta, "{steps:?}");
                assert!(rows(&index) == expected, "{steps:?}");
            }
        }
    }

    /// Fails when transactions have run out.
    struct Failing<'a> {
        index: &'a MemoryIndex,
        left: AtomicUsize,
    }

    impl Kv for Failing<'_> {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
            self.index.get(key)
        }

        fn range(&self, from: &[u8], to: &[u8], reverse: bool, visit: &mut Visit<'_>) -> Result<(), IndexError> {
            self.index.range(from, to, reverse, visit)
        }

        fn apply(&self, changes: Vec<Change>) -> Result<(), IndexError> {
            match self.left.load(Ordering::Relaxed) {
                0 => Err(IndexError::Engine("no more".into())),
                left => {
                    self.left.store(left - 1, Ordering::Relaxed);
                    self.index.apply(changes)
                }
            }
        }

        fn flush(&self) -> Result<(), IndexError> {
            self.index.flush()
        }

        fn clear(&self) -> Result<(), IndexError> {
            self.index.clear()
        }
    }

    #[test]
    fn a_build_that_is_cut_off_anywhere_goes_on_from_its_last_transaction() {
        let made = made();
        let (expected, steps) = (MemoryIndex::default(), Steps { handed: 3, transaction_bytes: 6_000 });
        build(&made, AT_ONCE, &expected).unwrap();
        let (expected, mut cut) = (rows(&expected), 0);
        loop {
            let index = MemoryIndex::default();
            let failing = Failing { index: &index, left: AtomicUsize::new(cut) };
            if build(&made, steps, &failing).is_ok() {
                break;
            }
            let index = index.crash();
            let left = writer::meta(index.open().unwrap().as_ref(), &keys()).unwrap();
            assert_eq!(left.is_some_and(|left| left.size > 0), cut > 0, "what was applied is durable");
            build(&made, AT_ONCE, &index).unwrap();
            assert!(rows(&index) == expected, "cut off after {cut} transactions");
            cut += 1;
        }
        assert!(cut > 10, "{cut} transactions");
    }

    #[test]
    fn what_cannot_be_read_ends_the_build_and_is_told() {
        let made = made();
        let disk = Arc::new(made.disk.copy());
        let entries = disk.list("tlog/tile/entries").unwrap();
        entries.iter().for_each(|(name, _)| disk.delete(name).unwrap());
        assert!(!entries.is_empty());
        let made = Made { disk, ..made };
        let failed = build(&made, Steps::default(), &MemoryIndex::default());
        assert!(matches!(failed, Err(IndexError::Log(_))), "{failed:?}");
    }
}
