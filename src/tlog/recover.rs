//! Opening the truths: what a crash left is finished or cut, anything else that differs is an integrity failure.
//!
//! The lock record is believed. A truth that is longer is cut (it was never acknowledged); one that is shorter or
//! different is reported and nothing is repaired. Tiles and checkpoint that were not yet published are made again by
//! the same functions that would have made them.
//!
//! A damaged slot of the lock record is either a torn write or rot of an acknowledged record. Both are answered the
//! same way: the bundle that would follow was synced before the slot was written, so if it is whole, its lock record is
//! put in place. If it is not there although something follows the older lock record, an acknowledged batch may be
//! lost, and opening refuses.
//!
//! When a crash came while the log went over to a new name and key, the checkpoint in the bundle that the lock record
//! names says which of the two it has: that and nothing else ([`Signers`]).

use super::LogError;
use super::checkpoint::{LogSigner, VerifierKey, verify};
use super::commit::{Committer, Unsettled, checkpoint_name};
use super::compact;
use super::end;
use super::fork;
use super::leaf::Leaf;
use super::lock::{LOCK, LockRecord};
use super::note::is_name;
use super::read::{LogReader, split_bundle};
use super::stage::{Bundle, stage_name, stage_number};
use super::tile;
use super::tree::{Edge, TILE_WIDTH, leaf_hash};
use crate::clock::Clock;
use crate::model::digest::Sha256;
use crate::model::id::ArchiveId;
use crate::store::disk::Disk;
use crate::store::format::{OwnerKey, SEGMENT_HEADER_BYTES, segment_name, segment_number};
use crate::store::scrub::{self, Depth};
use crate::store::segment::{SegmentWriter, StoreEnd};
use crate::vault::journal::journal_name;
use crate::vault::keys::KeyFolder;
use crate::vault::{Vault, VaultState};
use std::sync::{Arc, Mutex, RwLock};

/// What opening had to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes cut from the truths: parts of acts that were never acknowledged.
    pub cut_bytes: u64,
    /// Entries whose tiles were made again.
    pub republished: u64,
    /// A torn slot of the lock record was mended from its bundle.
    pub lock_mended: bool,
}

/// Makes the truths of a new archive; the first act is the caller's.
pub fn create(
    disk: Arc<dyn Disk>,
    keys: KeyFolder,
    archive: ArchiveId,
    signer: LogSigner,
    clock: Arc<dyn Clock>,
) -> Result<Committer, LogError> {
    let vault = Vault::create(disk.clone(), keys, archive)?;
    let head = super::lock::Head {
        batch: 0,
        batch_id: [0; 16],
        size: 0,
        root: super::tree::empty_root(),
        t: 0,
        sealed: 0,
        store: StoreEnd::default(),
        vault: vault.state(),
    };
    let bundle = super::lock::BundleRef { file: 1, offset: 0, len: 0, sha256: super::tree::empty_root() };
    let store = SegmentWriter::new(disk.clone(), archive, StoreEnd::default());
    Ok(Committer {
        disk,
        archive,
        signer,
        clock,
        store: Arc::new(Mutex::new(store)),
        vault: Arc::new(RwLock::new(vault)),
        lock_seq: 0,
        lock: LockRecord { head, bundle },
        edge: Edge::default(),
        frontier: Edge::default().frontier(),
        unsettled: Unsettled::default(),
        stage: (1, 0),
        first_stage: 1,
        latched: None,
        ended: None,
        conflict: None,
        journal_keys_max: super::commit::JOURNAL_KEYS_MAX,
        unsent: Vec::new(),
        unsettled_max: super::commit::UNSETTLED_MAX,
        #[cfg(any(test, feature = "testing"))]
        flipped: None,
    })
}

/// Who may have signed the newest head.
pub struct Signers {
    /// The key that is named.
    pub own: LogSigner,
    /// The seed of the key that the log was to go on under, if that was begun and perhaps not finished.
    pub next: Option<OwnerKey>,
}

impl Signers {
    /// The one that signed `note`, and the key of before when that is the next one. The note stands in the bundle that
    /// the lock record names: so the lock record alone decides.
    fn choose(
        self,
        note: impl FnOnce() -> Result<String, LogError>,
    ) -> Result<(LogSigner, Option<VerifierKey>), LogError> {
        let Some(seed) = self.next else { return Ok((self.own, None)) };
        let note = note()?;
        let origin = note.lines().next().filter(|origin| is_name(origin));
        let next = origin.map(|origin| LogSigner::new(origin, &seed.0));
        Ok(match next.filter(|next| verify(note.as_bytes(), next.verifier()).is_some()) {
            Some(next) => (next, Some(self.own.verifier().clone())),
            None => (self.own, None),
        })
    }
}

/// Opens the truths of an archive.
pub fn open(
    disk: Arc<dyn Disk>,
    keys: KeyFolder,
    archive: ArchiveId,
    signers: Signers,
    clock: Arc<dyn Clock>,
) -> Result<(Committer, Recovery), LogError> {
    let mut recovery = Recovery::default();
    let (lock, lock_seq) = lock_record(disk.as_ref(), archive, &mut recovery)?;
    let head = lock.head;
    // Everything is looked at before anything is cut: if the lock record is of an older time than the rest, what
    // follows it was acknowledged, and cutting it would destroy the only copy.
    refuse_rollback(disk.as_ref(), archive, &lock)?;
    let (signer, before) = signers.choose(|| last_note(disk.as_ref(), archive, &lock))?;
    let published = published(disk.as_ref(), signer.verifier(), before.as_ref(), &lock)?;
    let (edge, unsettled) = replay(disk.as_ref(), archive, &lock, published)?;
    let vault = Vault::open_unswept(disk.clone(), keys.clone(), archive, head.vault)?;
    cut_store(disk.as_ref(), head.store, &mut recovery)?;
    cut_file(disk.as_ref(), &journal_name(head.vault.root_no), head.vault.journal_len, &mut recovery)?;
    let first_stage = cut_stages(disk.as_ref(), &lock, &mut recovery)?;
    vault.sweep()?;
    recovery.republished = head.size - published;
    let store = SegmentWriter::new(disk.clone(), archive, head.store);
    let mut committer = Committer {
        disk,
        archive,
        signer,
        clock,
        store: Arc::new(Mutex::new(store)),
        vault: Arc::new(RwLock::new(vault)),
        lock_seq,
        lock,
        frontier: edge.frontier(),
        edge,
        unsettled,
        stage: (lock.bundle.file, lock.bundle.offset + u64::from(lock.bundle.len)),
        first_stage,
        latched: None,
        ended: None,
        conflict: None,
        journal_keys_max: super::commit::JOURNAL_KEYS_MAX,
        unsent: Vec::new(),
        unsettled_max: super::commit::UNSETTLED_MAX,
        #[cfg(any(test, feature = "testing"))]
        flipped: None,
    };
    committer.settle()?;
    let log = LogReader::new(committer.disk.as_ref(), committer.published());
    let ended = end::find(&log)?;
    let conflict = fork::find(committer.disk.as_ref(), &keys, committer.signer.verifier(), &log, &head)?;
    (committer.ended, committer.conflict) = (ended, conflict);
    recovery.cut_bytes += compact::finish(&committer)?;
    Ok((committer, recovery))
}

/// Reads the lock record without changing anything: for audits. The flag says that a slot is damaged.
pub fn read_lock(disk: &dyn Disk, archive: ArchiveId) -> Result<(LockRecord, bool), LogError> {
    let cells = disk.cells(LOCK)?;
    let newest = cells.newest.and_then(|cell| LockRecord::decode(&cell.bytes, archive));
    let mut lock = newest.ok_or_else(|| LogError::integrity(LOCK, "holds no lock record of this archive"))?;
    if cells.damaged
        && let Some((next, _)) = next_bundle(disk, archive, &lock)?
    {
        lock = next;
    }
    Ok((lock, cells.damaged))
}

fn lock_record(disk: &dyn Disk, archive: ArchiveId, recovery: &mut Recovery) -> Result<(LockRecord, u64), LogError> {
    let cells = disk.cells(LOCK)?;
    let newest = cells.newest.ok_or_else(|| LogError::integrity(LOCK, "holds no whole lock record"))?;
    let lock = LockRecord::decode(&newest.bytes, archive)
        .ok_or_else(|| LogError::integrity(LOCK, "is not a lock record of this archive"))?;
    if !cells.damaged {
        // A process killed before its sync leaves a lock record that is in the file cache only.
        disk.sync(LOCK)?;
        return Ok((lock, newest.seq));
    }
    let next = match next_bundle(disk, archive, &lock)? {
        Some((next, _)) => next,
        None if has_tail(disk, &lock)? => {
            return Err(LogError::integrity(LOCK, "a slot is damaged and the batch it may have named is not whole"));
        }
        // Nothing follows: the damaged slot is the older one. Writing the same value again mends it.
        None => lock,
    };
    // What the record names may be in the file cache only, from before a kill.
    disk.sync(&stage_name(next.bundle.file))?;
    disk.sync(&journal_name(next.head.vault.root_no))?;
    for number in lock.head.store.segment.max(1)..=next.head.store.segment {
        disk.sync(&segment_name(number))?;
    }
    disk.swap(LOCK, newest.seq, &next.encode(archive))?;
    recovery.lock_mended = true;
    Ok((next, newest.seq + 1))
}

/// The checkpoint of the batch that the lock record names.
fn last_note(disk: &dyn Disk, archive: ArchiveId, lock: &LockRecord) -> Result<String, LogError> {
    let wrong = || LogError::integrity(stage_name(lock.bundle.file), "has not the bundle that the lock record names");
    let bytes = staged_from(disk, lock.bundle.file, lock.bundle.offset)?.ok_or_else(wrong)?;
    let (bundle, _, _) = Bundle::decode(&bytes, archive).ok_or_else(wrong)?;
    Ok(bundle.checkpoint)
}

/// What a staging file holds from `offset` on; none when it ends there.
fn staged_from(disk: &dyn Disk, file: u64, offset: u64) -> Result<Option<Vec<u8>>, LogError> {
    let name = stage_name(file);
    let Some(len) = disk.len(&name)?.filter(|len| *len > offset) else { return Ok(None) };
    let mut bytes = vec![0; usize::try_from(len - offset).unwrap_or(0)];
    disk.read_at(&name, offset, &mut bytes)?;
    Ok(Some(bytes))
}

/// The batch after `lock`, if its bundle is whole and the truths hold what it names.
fn next_bundle(disk: &dyn Disk, archive: ArchiveId, lock: &LockRecord) -> Result<Option<(LockRecord, u64)>, LogError> {
    let same = (lock.bundle.file, lock.bundle.offset + u64::from(lock.bundle.len));
    for (file, offset) in [same, (lock.bundle.file + 1, 0)] {
        let Some(bytes) = staged_from(disk, file, offset)? else { continue };
        let Some((bundle, bundle_len, digest)) = Bundle::decode(&bytes, archive) else { continue };
        let next = bundle.lock_record(file, offset, bundle_len, digest);
        let follows = bundle.old_size == lock.head.size && next.head.batch == lock.head.batch + 1;
        if follows
            && store_is_whole(disk, archive, lock.head.store, &bundle)?
            && journal_is_whole(disk, &next.head.vault)?
        {
            return Ok(Some((next, offset)));
        }
    }
    Ok(None)
}

/// Every frame that the bundle brings is there, byte for byte. Lengths alone would not do: a crash may leave zeros.
fn store_is_whole(disk: &dyn Disk, archive: ArchiveId, from: StoreEnd, bundle: &Bundle) -> Result<bool, LogError> {
    let to = bundle.head.store;
    for number in from.segment.max(1)..=to.segment {
        let Some(len) = disk.len(&segment_name(number))? else { return Ok(false) };
        let start = if number == from.segment { from.len } else { 0 };
        let end = if number == to.segment { to.len } else { len };
        let mut whole = true;
        scrub::scan(disk, archive, number, start, end, Depth::Bytes, &mut |_| {}, &mut |_| whole = false)?;
        if !whole {
            return Ok(false);
        }
    }
    // A segment that the batch closed or compacted has the length and the frames that its leaf says.
    let leaves = (bundle.old_size..).zip(&bundle.entries).map(|(index, entry)| Leaf::decode(index, entry));
    for leaf in leaves.filter_map(Result::ok) {
        if !compact::is_there(disk, archive, &leaf)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn journal_is_whole(disk: &dyn Disk, vault: &VaultState) -> Result<bool, LogError> {
    let name = journal_name(vault.root_no);
    if disk.len(&name)?.unwrap_or(0) < vault.journal_len {
        return Ok(false);
    }
    let mut bytes = vec![0; usize::try_from(vault.journal_len).unwrap_or(0)];
    disk.read_at(&name, 0, &mut bytes)?;
    Ok(*blake3::hash(&bytes).as_bytes() == vault.journal_digest)
}

fn has_tail(disk: &dyn Disk, lock: &LockRecord) -> Result<bool, LogError> {
    let end = lock.bundle.offset + u64::from(lock.bundle.len);
    let stage_longer = disk.len(&stage_name(lock.bundle.file))?.is_some_and(|len| len > end);
    Ok(stage_longer || disk.len(&stage_name(lock.bundle.file + 1))?.is_some())
}

/// Refuses when something shows that batches after the lock record were acknowledged: a published tile beyond its size,
/// or two whole bundles behind its own. A crash leaves neither: tiles follow the lock record, and a batch is begun only
/// after the lock record of the one before.
fn refuse_rollback(disk: &dyn Disk, archive: ArchiveId, lock: &LockRecord) -> Result<(), LogError> {
    let refuse = |what: String| Err(LogError::integrity(LOCK, what));
    let size = lock.head.size;
    let entries = format!("{}/tile/entries", tile::TLOG);
    let beyond = |name: &str| tile::entries_end(name).is_some_and(|end| end > size);
    if let Some((name, _)) = disk.list(&entries)?.into_iter().find(|(name, _)| beyond(name)) {
        return refuse(format!("is of {size} entries, and {name} was published after it"));
    }
    let mut following = 0;
    let same = (lock.bundle.file, lock.bundle.offset + u64::from(lock.bundle.len));
    for (file, offset) in [same, (lock.bundle.file + 1, 0)] {
        let Some(bytes) = staged_from(disk, file, offset)? else { continue };
        let mut at = 0;
        while let Some((bundle, len, _)) = Bundle::decode(&bytes[at..], archive) {
            following += u32::from(bundle.old_size >= size);
            at += len as usize;
        }
    }
    if following > 1 {
        return refuse(format!("is of {size} entries, and {following} whole batches follow it"));
    }
    Ok(())
}

fn cut_file(disk: &dyn Disk, name: &str, committed: u64, recovery: &mut Recovery) -> Result<(), LogError> {
    let len = disk.len(name)?.ok_or_else(|| LogError::integrity(name, "is missing"))?;
    if len < committed {
        return Err(LogError::integrity(name, format!("holds {len} bytes, {committed} were committed")));
    }
    if len > committed {
        disk.cut(name, committed)?;
        recovery.cut_bytes += len - committed;
    }
    Ok(())
}

fn cut_store(disk: &dyn Disk, end: StoreEnd, recovery: &mut Recovery) -> Result<(), LogError> {
    let segments: Vec<(u32, u64)> =
        disk.list("store")?.into_iter().filter_map(|(name, len)| Some((segment_number(&name)?, len))).collect();
    for (number, len) in &segments {
        if *number > end.segment {
            disk.delete(&segment_name(*number))?;
            recovery.cut_bytes += len;
        }
    }
    for number in 1..=end.segment {
        let found = segments.iter().find(|(n, _)| *n == number);
        if found.is_none_or(|(_, len)| *len < SEGMENT_HEADER_BYTES as u64) {
            return Err(LogError::integrity(segment_name(number), "is missing"));
        }
    }
    if end.segment > 0 {
        cut_file(disk, &segment_name(end.segment), end.len, recovery)?;
    }
    Ok(())
}

/// Gives the number of the first staging file that is there.
fn cut_stages(disk: &dyn Disk, lock: &LockRecord, recovery: &mut Recovery) -> Result<u64, LogError> {
    let mut first = lock.bundle.file;
    for (name, len) in disk.list(tile::TLOG)? {
        let Some(number) = stage_number(&name) else { continue };
        first = first.min(number);
        if number > lock.bundle.file {
            disk.delete(&name)?;
            recovery.cut_bytes += len;
        }
    }
    let end = lock.bundle.offset + u64::from(lock.bundle.len);
    cut_file(disk, &stage_name(lock.bundle.file), end, recovery)?;
    Ok(first)
}

/// Size of the published checkpoint, which must not be ahead of the lock record.
///
/// While the log goes over to a new name and key, it may still be signed by the key of `before`.
fn published(
    disk: &dyn Disk,
    key: &VerifierKey,
    before: Option<&VerifierKey>,
    lock: &LockRecord,
) -> Result<u64, LogError> {
    let name = checkpoint_name();
    if disk.len(&name)?.is_none() {
        // Before the first publishing every bundle is still there; later the journal cannot be made again without its
        // checkpoint.
        return match disk.len(&stage_name(1))? {
            Some(_) => Ok(0),
            None => Err(LogError::integrity(name, "is missing")),
        };
    }
    let note = disk.read(&name)?;
    let checkpoint = verify(&note, key)
        .or_else(|| verify(&note, before?))
        .ok_or_else(|| LogError::integrity(&name, "is not signed by this archive's key"))?;
    // Lock older than what was published: the lock record or the whole folder was rolled back.
    if checkpoint.size > lock.head.size || (checkpoint.size == lock.head.size && checkpoint.root != lock.head.root) {
        return Err(LogError::integrity(
            name,
            format!("is of {} entries, the lock record of {}", checkpoint.size, lock.head.size),
        ));
    }
    Ok(checkpoint.size)
}

/// The edge and the unpublished part: from the published tiles, then from the bundles up to the lock record.
fn replay(
    disk: &dyn Disk,
    archive: ArchiveId,
    lock: &LockRecord,
    published: u64,
) -> Result<(Edge, Unsettled), LogError> {
    let reader = LogReader::new(disk, published);
    let mut levels = Vec::new();
    let mut rest = published;
    while rest > 0 {
        let level = u8::try_from(levels.len()).expect("at most 8 levels");
        let width = rest % TILE_WIDTH;
        if width > 0 {
            levels.push(reader.hash_tile(level, rest / TILE_WIDTH)?);
        } else {
            levels.push(Vec::new());
        }
        rest /= TILE_WIDTH;
    }
    let mut unsettled = Unsettled { published, ..Unsettled::default() };
    if !published.is_multiple_of(TILE_WIDTH) {
        let name = tile::entries_tile(published / TILE_WIDTH, published % TILE_WIDTH);
        unsettled.tail = disk.read(&name)?;
        let entries = split_bundle(&unsettled.tail).ok_or_else(|| LogError::integrity(&name, "is not a bundle"))?;
        let hashes: Vec<Sha256> = entries.iter().map(|e| leaf_hash(e)).collect();
        if Some(&hashes) != levels.first() {
            return Err(LogError::integrity(name, "does not have the hashes of its tile"));
        }
    }
    let wrong_root = || LogError::integrity(checkpoint_name(), "tiles do not lead to the committed root");
    let mut edge = Edge::new(published, levels).ok_or_else(wrong_root)?;
    let mut stages: Vec<u64> = disk.list(tile::TLOG)?.iter().filter_map(|(name, _)| stage_number(name)).collect();
    stages.sort_unstable();
    for file in stages.into_iter().filter(|file| *file <= lock.bundle.file) {
        let name = stage_name(file);
        let mut bytes = disk.read(&name)?;
        if file == lock.bundle.file {
            // What follows the lock record's bundle is no part of the journal, and is cut later.
            let end = lock.bundle.offset + u64::from(lock.bundle.len);
            bytes.truncate(usize::try_from(end).unwrap_or(usize::MAX));
        }
        let mut at = 0usize;
        while at < bytes.len() {
            let (bundle, len, _) = Bundle::decode(&bytes[at..], archive)
                .ok_or_else(|| LogError::integrity(&name, format!("bundle at {at} is not whole")))?;
            if bundle.old_size == edge.size() && edge.size() < lock.head.size {
                for entry in &bundle.entries {
                    unsettled.push(&mut edge, entry);
                }
                if edge.root() != bundle.head.root {
                    return Err(LogError::integrity(&name, format!("bundle at {at} does not lead to its root")));
                }
            }
            unsettled.checkpoint = bundle.checkpoint;
            at += len as usize;
        }
    }
    if edge.size() != lock.head.size || edge.root() != lock.head.root {
        return Err(wrong_root());
    }
    Ok((edge, unsettled))
}
