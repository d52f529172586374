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

/// Entries that are handed over at once.
const HANDED: usize = 1024;
/// Memory that a transaction may take: the more rows go in at once, the fewer times a page of the engine is written.
const TRANSACTION_BYTES: usize = 96 * 1024 * 1024;

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
        meta = read_and_apply(kv, keys, truths, meta, progress)?;
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
            if let Err(e) = read(kv, keys, truths, from, applied, &to) {
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
            if batch.bytes() >= TRANSACTION_BYTES {
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
    let mut inputs = Vec::with_capacity(HANDED);
    truths.log.leaves::<IndexError>(from.size, size, |index, leaf| {
        let payload = match payload(kv, keys, truths, &mut feed, &mut key_slots, index, &leaf) {
            // One damaged object must not make all others unreachable: it is counted, and named when it is asked for.
            Err(IndexError::Read(e)) if !matches!(e, ReadError::Disk(DiskError::Io { .. })) => Payload::Damaged,
            Err(IndexError::Manifest { .. } | IndexError::Objects { .. }) => Payload::Damaged,
            payload => payload?,
        };
        inputs.push(Input { index, leaf, payload });
        if inputs.len() == HANDED || index + 1 == size {
            let inputs = std::mem::replace(&mut inputs, Vec::with_capacity(HANDED));
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
        Self {
            truths,
            walk: None,
            next,
            open: HashMap::new(),
            ready: HashMap::new(),
            passed_over: HashSet::new(),
        }
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
