//! Building the index from the truths: from nothing, or from where a crash left it.
//!
//! Reads the journal's entries, the frame headers of the store, and record manifests and act documents with the keys of
//! the vault; never a component. The manifest (or act document) is the last object of its act, so when its frame is
//! seen all frames of the act have been seen, and the scan stays a stream beside the journal.

use super::kv::Kv;
use super::rows::{ActRow, AmendmentRow, Meta, RecordRow, StoredObject};
use super::seal::IndexKeys;
use super::writer::{Input, Payload, apply};
use super::{IndexError, writer};
use crate::model::amendment::Amendment;
use crate::model::digest::Sha256;
use crate::model::id::{ActId, ArchiveId, ObjectId, RecordId};
use crate::model::record::{ActDocument, Manifest};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{FrameLoc, ObjectKind};
use crate::store::read::{ObjectReader, ReadError};
use crate::store::scrub::{self, Depth, Scanned};
use crate::store::segment::StoreEnd;
use crate::tlog::leaf::{ActKind, Leaf};
use crate::tlog::read::LogReader;
use crate::tlog::tree::{Edge, root_at};
use crate::vault::{KeySlot, Vault, VaultError};
use std::collections::{HashMap, HashSet, VecDeque};

/// Entries applied in one transaction.
const BATCH: usize = 2048;
/// Transactions between two durable points of the engine.
const FLUSH_EVERY: usize = 16;

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
    let mut feed = Feed::new(truths, meta.scan_from());
    let mut inputs = Vec::with_capacity(BATCH);
    let mut batches = 0usize;
    let mut key_slots = KeySlots::default();
    let from = meta.size;
    truths.log.leaves::<IndexError>(from, size, |index, leaf| {
        let payload = match payload(kv, keys, truths, &mut feed, &mut key_slots, index, &leaf) {
            // One damaged object must not make all others unreachable: it is counted, and named when it is asked for.
            Err(IndexError::Read(e)) if !matches!(e, ReadError::Disk(DiskError::Io { .. })) => Payload::Damaged,
            Err(IndexError::Manifest { .. } | IndexError::Objects { .. }) => Payload::Damaged,
            payload => payload?,
        };
        inputs.push(Input { index, leaf, payload });
        if inputs.len() == BATCH {
            let at = index + 1;
            meta = apply(kv, keys, meta, &inputs, root_at(truths.log, at)?, feed.low_water())?;
            inputs.clear();
            key_slots.records.clear();
            batches += 1;
            if batches.is_multiple_of(FLUSH_EVERY) {
                kv.flush()?;
            }
            progress(at, size);
        }
        Ok(())
    })?;
    if !inputs.is_empty() || meta.size == 0 || meta.scan_from() != truths.end {
        let root: Sha256 = if size == 0 { Edge::default().root() } else { root_at(truths.log, size)? };
        meta = apply(kv, keys, meta, &inputs, root, truths.end)?;
    }
    kv.flush()?;
    progress(size, size);
    Ok(meta)
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
            let kept = match leaf.act {
                ActKind::ArchiveCreated | ActKind::RegisterCreated => &mut key_slots.registers,
                _ => &mut key_slots.records,
            };
            kept.insert(owner, slot);
            Some(slot)
        }
        None => match key_slots.registers.get(&owner).or_else(|| key_slots.records.get(&owner)) {
            Some(slot) => Some(*slot),
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

/// Places of keys: registers are few and are asked for again; records of the batch that is not applied yet.
#[derive(Default)]
struct KeySlots {
    registers: HashMap<RecordId, KeySlot>,
    records: HashMap<RecordId, KeySlot>,
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
    next: StoreEnd,
    scanned: VecDeque<Scanned>,
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
            next,
            scanned: VecDeque::new(),
            open: HashMap::new(),
            ready: HashMap::new(),
            passed_over: HashSet::new(),
        }
    }

    /// Where a later scan may begin: only when nothing is half seen.
    fn low_water(&self) -> StoreEnd {
        match self.scanned.front() {
            Some(frame) if self.open.is_empty() && self.ready.is_empty() => {
                StoreEnd { segment: frame.loc.segment, len: frame.loc.offset }
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
        while self.scanned.is_empty() {
            let (segment, end) = (self.next.segment, self.truths.end);
            if segment > end.segment || end.segment == 0 {
                return Ok(None);
            }
            let name = crate::store::format::segment_name(segment);
            let committed = match segment == end.segment {
                true => end.len,
                false => self.truths.disk.len(&name)?.unwrap_or(0),
            };
            let scanned = &mut self.scanned;
            scrub::scan(
                self.truths.disk,
                self.truths.archive,
                segment,
                self.next.len,
                committed,
                Depth::Headers,
                &mut |frame| scanned.push_back(frame),
                // Damage shows when a wanted object is not found, and in the audit.
                &mut |_| {},
            )?;
            self.next = StoreEnd { segment: segment + 1, len: 0 };
        }
        Ok(self.scanned.pop_front())
    }
}
