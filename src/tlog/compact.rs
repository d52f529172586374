//! Compaction: what was sealed under keys that acts of the journal erased leaves the segments.
//!
//! Only an act takes a frame away, never the absence of a key. A segment keeps its number, the order of its frames and
//! every byte of what stays; offsets change, so an index that has other offsets is built again (`index::rebuild`).
//!
//! Order on disk, segment by segment
//!   1. What stays is copied into a file beside the segment, each frame checked, synced, and read back. A crash leaves
//!      a file that the journal does not name; the next open removes it.
//!   2. An entry `segment.compacted` with the new root is committed. **From here on the copy is the segment.**
//!   3. The copy takes the segment's place. A crash before it leaves both; the next open does it.
//!
//! Damage of a segment that is to be compacted leaves it as it is: evidence is never lost. So the room that is needed
//! is that of one segment.
//!
//! It does not erase keys, and it waits for nobody: whoever calls it has ended all readers and writers.

use super::LogError;
use super::commit::{Act, Committer};
use super::leaf::{ActKind, Leaf, SealedSegment};
use super::read::LogReader;
use super::tree::{Frontier, leaf_hash};
use crate::model::digest::Address;
use crate::model::id::{ActorId, ArchiveId, RecordId};
use crate::store::compact::{CopyError, copy};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{SEGMENT_HEADER_BYTES, compacted_name, compacted_number, segment_name};
use crate::store::scrub::{Damage, Depth, Scanned, SegmentFile, scan_file};
use crate::store::segment::StoreEnd;
use std::collections::{HashMap, HashSet};

/// What a compaction did.
#[derive(Debug, Default)]
pub struct Compacted {
    /// Segments that became shorter.
    pub segments: u32,
    /// Frames removed.
    pub frames: u64,
    /// Bytes removed.
    pub bytes: u64,
    /// Segments that have something to remove and are damaged: nothing was changed in them.
    pub damaged: Vec<LogError>,
}

/// What the journal says of segments, and of owners whose key is erased.
#[derive(Default)]
pub struct Facts {
    /// By which entry an owner's key was erased.
    erased: HashMap<RecordId, u64>,
    segments: HashMap<u32, Closed>,
    /// The newest compaction.
    compacted: Option<u64>,
}

/// The newest entry about a segment.
#[derive(Clone, Copy)]
struct Closed {
    index: u64,
    by: ActKind,
    segment: SealedSegment,
}

impl Facts {
    /// Reads the journal.
    pub fn read(log: &LogReader<'_>) -> Result<Self, LogError> {
        let mut facts = Self::default();
        log.leaves::<LogError>(0, log.size(), |index, leaf| {
            facts.take(index, &leaf);
            Ok(())
        })?;
        Ok(facts)
    }

    /// Takes in an entry; entries come in their order.
    pub fn take(&mut self, index: u64, leaf: &Leaf) {
        if let (true, Some(owner)) = (leaf.act.erases(), leaf.rec) {
            self.erased.entry(owner).or_insert(index);
        }
        if let Some(segment) = leaf.segment {
            self.segments.insert(segment.number, Closed { index, by: leaf.act, segment });
        }
        if leaf.act == ActKind::SegmentCompacted {
            self.compacted = Some(index);
        }
    }

    /// What a closed segment must be.
    pub fn segment(&self, number: u32) -> Option<&SealedSegment> {
        self.segments.get(&number).map(|closed| &closed.segment)
    }

    /// Whether what this owner had may be missing: its key was erased, and a compaction followed.
    pub fn may_be_gone(&self, owner: RecordId) -> bool {
        self.erased.get(&owner).zip(self.compacted).is_some_and(|(erased, compacted)| *erased < compacted)
    }

    /// Whether a crash left the compacted segment beside its place. With [`Depth::Headers`] its bodies are believed.
    pub fn is_left(&self, disk: &dyn Disk, archive: ArchiveId, number: u32, depth: Depth) -> Result<bool, LogError> {
        let name = compacted_name(number);
        let Some(closed) = self.segments.get(&number).filter(|closed| closed.by == ActKind::SegmentCompacted) else {
            return Ok(false);
        };
        is_segment(disk, SegmentFile { archive, number, name: &name }, &closed.segment, depth)
    }

    fn is_erased(&self, owner: RecordId) -> bool {
        self.erased.contains_key(&owner)
    }
}

/// Frames in order, counted.
struct Tally {
    frames: u64,
    len: u64,
    tree: Frontier,
}

impl Default for Tally {
    fn default() -> Self {
        Self { frames: 0, len: SEGMENT_HEADER_BYTES as u64, tree: Frontier::default() }
    }
}

impl Tally {
    fn push(&mut self, digest: &Address, len: u32) {
        self.frames += 1;
        self.len += u64::from(len);
        self.tree.push(leaf_hash(&digest.0));
    }

    fn segment(&self, number: u32) -> SealedSegment {
        SealedSegment { number, len: self.len, frames: self.frames, root: self.tree.root() }
    }
}

/// Length, frames and Merkle root of a file that holds a segment.
pub(super) fn segment_in(disk: &dyn Disk, file: SegmentFile<'_>, depth: Depth) -> Result<SealedSegment, LogError> {
    let len = disk.len(file.name)?.ok_or_else(|| DiskError::Missing { name: file.name.to_owned() })?;
    let mut tally = Tally::default();
    let mut damage: Option<Damage> = None;
    scan_file(disk, file, 0, len, depth, &mut |frame| tally.push(&frame.digest, frame.loc.len), &mut |d| {
        damage.get_or_insert(d);
    })?;
    match damage {
        Some(damage) => Err(LogError::integrity(file.name, damage.to_string())),
        None if tally.len != len => Err(LogError::integrity(file.name, format!("its frames do not fill {len} bytes"))),
        None => Ok(tally.segment(file.number)),
    }
}

fn is_segment(disk: &dyn Disk, file: SegmentFile<'_>, wanted: &SealedSegment, depth: Depth) -> Result<bool, LogError> {
    if disk.len(file.name)? != Some(wanted.len) {
        return Ok(false);
    }
    match segment_in(disk, file, depth) {
        Ok(found) => Ok(found == *wanted),
        Err(LogError::Integrity { .. }) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Whether the segment that an entry closed or compacted is there, in its place or beside it.
pub(super) fn is_there(disk: &dyn Disk, archive: ArchiveId, leaf: &Leaf) -> Result<bool, LogError> {
    let Some(wanted) = leaf.segment else { return Ok(true) };
    let number = wanted.number;
    let in_place = segment_name(number);
    if is_segment(disk, SegmentFile { archive, number, name: &in_place }, &wanted, Depth::Headers)? {
        return Ok(true);
    }
    let beside = compacted_name(number);
    Ok(leaf.act == ActKind::SegmentCompacted
        && is_segment(disk, SegmentFile { archive, number, name: &beside }, &wanted, Depth::Headers)?)
}

/// Finishes what a crash interrupted: a copy that the journal names takes its place, any other is removed. Gives the
/// bytes removed.
pub(super) fn finish(core: &Committer) -> Result<u64, LogError> {
    let disk = core.disk.as_ref();
    let copies: Vec<(String, u32, u64)> = disk
        .list("store")?
        .into_iter()
        .filter_map(|(name, len)| compacted_number(&name).map(|number| (name, number, len)))
        .collect();
    if copies.is_empty() {
        return Ok(0);
    }
    let facts = Facts::read(&LogReader::new(disk, core.published()))?;
    let mut removed = 0;
    for (name, number, len) in copies {
        // The segment in its place goes for it, so every byte of it is looked at.
        if facts.is_left(disk, core.archive, number, Depth::Bytes)? {
            // It may be in the file cache only, from before a kill.
            disk.sync(&name)?;
            disk.replace(&segment_name(number), &name)?;
        } else {
            disk.delete(&name)?;
            removed += len;
        }
    }
    Ok(removed)
}

/// A copy that waits for its entry.
struct Copied {
    name: String,
    segment: SealedSegment,
    /// The journal has its entry already.
    is_named: bool,
    frames: u64,
    bytes: u64,
}

impl Committer {
    /// Removes from the segments all frames of owners whose key an act erased.
    ///
    /// Nobody may be reading or appending: places of frames change.
    pub fn compact(&mut self, actor: ActorId) -> Result<Compacted, LogError> {
        self.check_latch()?;
        self.check_conflict()?;
        let result = self.compact_segments(actor);
        self.latch_on(result)
    }

    fn compact_segments(&mut self, actor: ActorId) -> Result<Compacted, LogError> {
        let mut done = Compacted::default();
        self.settle()?;
        let mut facts = Facts::read(&LogReader::new(self.disk.as_ref(), self.published()))?;
        if facts.erased.is_empty() {
            return Ok(done);
        }
        match self.close_open(&mut facts) {
            Err(e @ LogError::Integrity { .. }) if self.latched().is_none() => done.damaged.push(e),
            closed => closed?,
        }
        for number in 1..self.head().store.segment {
            let copied = match self.copy(number, &facts) {
                Err(e @ LogError::Integrity { .. }) => {
                    done.damaged.push(e);
                    continue;
                }
                copied => copied?,
            };
            let Some(copied) = copied else { continue };
            if !copied.is_named {
                let mut act = Act::new(ActKind::SegmentCompacted, actor);
                act.segment = Some(copied.segment);
                self.commit(vec![act])?;
            }
            self.disk.replace(&segment_name(number), &copied.name)?;
            done.segments += 1;
            done.frames += copied.frames;
            done.bytes += copied.bytes;
        }
        self.settle()?;
        Ok(done)
    }

    /// Closes the open segment if there is something to remove from it.
    fn close_open(&mut self, facts: &mut Facts) -> Result<(), LogError> {
        let end = self.head().store;
        let name = segment_name(end.segment);
        let file = SegmentFile { archive: self.archive, number: end.segment, name: &name };
        let (is_touched, damage) = look_for(self.disk.as_ref(), file, end.len, &|owner| facts.is_erased(owner))?;
        if !is_touched {
            return Ok(());
        }
        if let Some(damage) = damage {
            return Err(LogError::integrity(name, damage.to_string()));
        }
        self.store().begin_next()?;
        // No act of its own: the entry that closes the segment comes with every commit.
        self.commit(Vec::new())?;
        for closed in &self.unsent {
            facts.take(closed.index, &closed.leaf);
        }
        Ok(())
    }

    /// Copies what stays of a closed segment; none when all of it stays.
    fn copy(&self, number: u32, facts: &Facts) -> Result<Option<Copied>, LogError> {
        let disk = self.disk.as_ref();
        let name = segment_name(number);
        let file = SegmentFile { archive: self.archive, number, name: &name };
        let len = disk.len(&name)?.ok_or_else(|| LogError::integrity(&name, "is missing"))?;
        let closed = facts.segments.get(&number);
        // The segment as it is, what stays of it, and what stayed of it when it was last compacted.
        let (mut all, mut kept, mut last) = (Tally::default(), Tally::default(), Tally::default());
        let mut damage = None;
        let mut count = |frame: Scanned| {
            let erased = facts.erased.get(&frame.header.owner);
            let (digest, len) = (&frame.digest, frame.loc.len);
            all.push(digest, len);
            if erased.is_none() {
                kept.push(digest, len);
            }
            if erased.zip(closed).is_none_or(|(erased, closed)| *erased > closed.index) {
                last.push(digest, len);
            }
        };
        scan_file(disk, file, 0, len, Depth::Headers, &mut count, &mut |d: Damage| {
            damage.get_or_insert(d);
        })?;
        let (frames, bytes) = (all.frames - kept.frames, all.len - kept.len);
        if frames == 0 {
            return Ok(None);
        }
        if let Some(damage) = damage {
            return Err(LogError::integrity(name, damage.to_string()));
        }
        // Frames are taken away only from what the journal vouches for, the headers that name their owners included:
        // the segment as it was closed, or one from before its compaction that was put back.
        let closed = closed.ok_or_else(|| LogError::integrity(&name, "is closed without an entry"))?;
        let is_from_before = closed.by == ActKind::SegmentCompacted && last.segment(number) == closed.segment;
        if all.segment(number) != closed.segment && !is_from_before {
            return Err(LogError::integrity(name, "is not the segment that the journal names; nothing was removed"));
        }
        let kept = kept.segment(number);
        let to = compacted_name(number);
        if let Err(e) = self.write_copy(file, len, &to, facts, &kept) {
            // Room for others; what cannot be removed now goes at the next open.
            let _ = disk.delete(&to);
            return Err(e);
        }
        Ok(Some(Copied { name: to, segment: kept, is_named: kept == closed.segment, frames, bytes }))
    }

    fn write_copy(
        &self,
        file: SegmentFile<'_>,
        len: u64,
        to: &str,
        facts: &Facts,
        kept: &SealedSegment,
    ) -> Result<(), LogError> {
        let disk = self.disk.as_ref();
        if disk.len(to)?.is_some() {
            disk.delete(to)?;
        }
        copy(disk, file, len, to, &|header| !facts.is_erased(header.owner)).map_err(|e| match e {
            CopyError::Disk(e) => LogError::Disk(e),
            CopyError::Damaged(damage) => LogError::integrity(file.name, damage.to_string()),
        })?;
        match segment_in(disk, SegmentFile { name: to, ..file }, Depth::Bytes)? == *kept {
            true => Ok(()),
            false => Err(LogError::integrity(to, "does not read back as it was written")),
        }
    }
}

/// Whether a segment has frames of owners that are looked for, and what is damaged in it.
fn look_for(
    disk: &dyn Disk,
    file: SegmentFile<'_>,
    len: u64,
    is_wanted: &dyn Fn(RecordId) -> bool,
) -> Result<(bool, Option<Damage>), LogError> {
    let (mut is_found, mut damage) = (false, None);
    let mut look = |frame: Scanned| is_found |= is_wanted(frame.header.owner);
    scan_file(disk, file, 0, len, Depth::Headers, &mut look, &mut |d| {
        damage.get_or_insert(d);
    })?;
    Ok((is_found, damage))
}

/// Closed and open segments that have frames of these owners.
///
/// # Errors
///
/// A segment that is damaged: what lies in it cannot be said.
pub fn segments_with(
    disk: &dyn Disk,
    archive: ArchiveId,
    end: StoreEnd,
    owners: &HashSet<RecordId>,
) -> Result<Vec<u32>, LogError> {
    let mut found = Vec::new();
    for number in 1..=end.segment {
        let name = segment_name(number);
        let len = if number == end.segment { end.len } else { disk.len(&name)?.unwrap_or(0) };
        let file = SegmentFile { archive, number, name: &name };
        let (is_touched, damage) = look_for(disk, file, len, &|owner| owners.contains(&owner))?;
        match damage {
            Some(damage) => return Err(LogError::integrity(name, damage.to_string())),
            None if is_touched => found.push(number),
            None => {}
        }
    }
    Ok(found)
}
