//! The commit: one batch of acts made durable in all three truths, or not at all.
//!
//! Order on disk
//!   1. Frames are in the open segment, wrapped keys in the vault journal, the bundle in the staging file; none is
//!      synced.
//!   2. All three are synced, at the same time: nothing refers to them yet. A crash leaves tails that recovery cuts.
//!   3. The lock record is swapped and synced. **This is the commit point.** A crash before leaves the old head; after,
//!      the new.
//!   4. The caller is answered. Tiles and checkpoint follow from the bundle, see [`Committer::settle`].
//!
//! After any failed write or sync the committer latches: the medium may have dropped bytes, so only reopening, which
//! reads what is really there, may write again.

use super::LogError;
use super::checkpoint::{LogSigner, VerifierKey};
use super::compact::segment_in;
use super::end::Ended;
use super::fork::Conflict;
use super::leaf::{ActKind, Heads, Leaf, SealedSegment, Succession};
use super::lock::{BundleRef, Head, LOCK, LockRecord};
use super::read::entry_of;
use super::stage::{Bundle, stage_name};
use super::tile;
use super::tree::{Edge, Frontier, FullTile, TILE_WIDTH, leaf_hash};
use crate::clock::{Clock, Millis};
use crate::model::digest::{Address, Sha256, Sha512, sha256_parts};
use crate::model::id::{ActId, ActorId, ArchiveId, RecordId};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{OwnerKey, segment_name};
use crate::store::scrub::{Depth, SegmentFile};
use crate::store::segment::SegmentWriter;
use crate::vault::{KeySlot, OwnedKey, PreparedRoll, Vault};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

/// Keys in the vault's journal before it is folded into pages: bounds the memory and time of opening.
pub(super) const JOURNAL_KEYS_MAX: usize = 32_768;
/// A staging file is closed when it has grown past this; closed ones go once their tiles are published.
const STAGE_BYTES: u64 = 1024 * 1024;
/// Entries that wait for their tiles before the committer publishes on its own.
pub(super) const UNSETTLED_MAX: u64 = 8_192;

/// The previous entry of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// A committed entry.
    Entry(u64),
    /// The act at this position of the same batch.
    InBatch(usize),
}

/// One act to be committed. Its frames are in the segment already.
#[derive(Debug, Clone)]
pub struct Act {
    /// What is done.
    pub kind: ActKind,
    /// Its id: the one in the frames that came with it.
    pub id: ActId,
    /// Who does it.
    pub actor: ActorId,
    /// The record or register it is about.
    pub rec: Option<RecordId>,
    /// The file that a record was put into, the inventory that a file was entered into, the hold that keeps it or does
    /// so no more, the plan that it is destroyed by, or the check that marked it.
    pub of: Option<RecordId>,
    /// That record's previous entry of the same chain.
    pub prev: Option<Previous>,
    /// A new key for `rec`, in this subtree of the vault.
    pub new_key: Option<(u32, OwnerKey)>,
    /// Salted group commitment.
    pub group: Option<(Sha256, Sha512)>,
    /// Digest of the act document.
    pub doc: Option<Sha256>,
    /// Addresses of the objects that came with it.
    pub addresses: Vec<Address>,
    /// The segment as compaction leaves it.
    pub segment: Option<SealedSegment>,
    /// The newest entries of all owners.
    pub heads: Option<Heads>,
    /// What the log was before.
    pub log: Option<Succession>,
}

impl Act {
    /// An act with nothing but what every act has.
    pub fn new(kind: ActKind, actor: ActorId) -> Self {
        Self {
            kind,
            id: ActId(crate::random::bytes()),
            actor,
            rec: None,
            of: None,
            prev: None,
            new_key: None,
            group: None,
            doc: None,
            addresses: Vec::new(),
            segment: None,
            heads: None,
            log: None,
        }
    }
}

/// The leaf of an act without key and group commitment. `first` is the entry of the batch's first act.
fn leaf_of(act: &Act, t: Millis, first: u64) -> Leaf {
    let mut leaf = Leaf::new(act.kind, act.id, t, act.actor);
    leaf.doc = act.doc;
    leaf.obj = object_commitment(&act.addresses);
    leaf.rec = act.rec;
    leaf.of = act.of;
    leaf.segment = act.segment;
    leaf.heads = act.heads;
    leaf.log.clone_from(&act.log);
    leaf.prev = act.prev.map(|prev| match prev {
        Previous::Entry(index) => index,
        Previous::InBatch(at) => first + at as u64,
    });
    leaf
}

/// SHA-256 over the sorted addresses of an act's objects; `None` for an act without objects.
pub fn object_commitment(addresses: &[Address]) -> Option<Sha256> {
    if addresses.is_empty() {
        return None;
    }
    let mut sorted = addresses.to_vec();
    sorted.sort_unstable();
    let parts: Vec<&[u8]> = sorted.iter().map(|a| a.0.as_slice()).collect();
    Some(sha256_parts(&parts))
}

/// An act that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its place in the journal.
    pub index: u64,
    /// The entry.
    pub leaf: Leaf,
}

/// The one writer of the truths.
pub struct Committer {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) archive: ArchiveId,
    pub(super) signer: LogSigner,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Arc<Mutex<SegmentWriter>>,
    pub(super) vault: Arc<RwLock<Vault>>,
    pub(super) lock_seq: u64,
    pub(super) lock: LockRecord,
    pub(super) edge: Edge,
    pub(super) frontier: Frontier,
    pub(super) unsettled: Unsettled,
    /// Where the next bundle goes.
    pub(super) stage: (u64, u64),
    /// The first staging file that may be there: those before it are deleted. The folder of the journal is as long as
    /// the journal, so a commit must not list it.
    pub(super) first_stage: u64,
    pub(super) latched: Option<String>,
    /// Whether the archive has ended.
    pub(super) ended: Option<Ended>,
    /// What shows that this is not the newest journal under its key.
    pub(super) conflict: Option<Conflict>,
    pub(super) journal_keys_max: usize,
    pub(super) unsettled_max: u64,
    /// Entries written since they were last taken for the index.
    pub(super) unsent: Vec<Committed>,
    /// The bit of the first entry of a batch that memory loses between hashing and writing: for tests.
    #[cfg(any(test, feature = "testing"))]
    pub(super) flipped: Option<usize>,
}

/// What is committed but not yet published as tiles.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    /// Size of the published checkpoint.
    pub(super) published: u64,
    /// The note of the newest head.
    pub(super) checkpoint: String,
    /// Tiles that became full.
    pub(super) full: Vec<FullTile>,
    /// Bundles that became full, with their number.
    pub(super) full_bundles: Vec<(u64, Vec<u8>)>,
    /// The bytes of the partial bundle at the edge.
    pub(super) tail: Vec<u8>,
}

impl Unsettled {
    /// Adds one entry whose leaf goes to the edge that `edge` is at.
    pub(super) fn push(&mut self, edge: &mut Edge, entry: &[u8]) {
        self.tail.extend_from_slice(&u16::try_from(entry.len()).expect("leaves are small").to_be_bytes());
        self.tail.extend_from_slice(entry);
        edge.push(leaf_hash(entry), &mut self.full);
        if edge.size().is_multiple_of(TILE_WIDTH) {
            self.full_bundles.push((edge.size() / TILE_WIDTH - 1, std::mem::take(&mut self.tail)));
        }
    }

    /// The bytes of an entry that is not published; `size` is that of the journal.
    fn entry(&self, index: u64, size: u64) -> Option<&[u8]> {
        if index < self.published || index >= size {
            return None;
        }
        let number = index / TILE_WIDTH;
        let full = self.full_bundles.iter().find(|(full, _)| *full == number).map(|(_, bytes)| bytes);
        entry_of(full.unwrap_or(&self.tail), index % TILE_WIDTH)
    }
}

impl Committer {
    /// Head of the truths.
    pub fn head(&self) -> &Head {
        &self.lock.head
    }

    /// The vault, for reading keys.
    pub fn vault(&self) -> RwLockReadGuard<'_, Vault> {
        self.vault.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Entries of the published journal.
    pub fn published(&self) -> u64 {
        self.unsettled.published
    }

    /// The bytes of a committed entry that is not published yet. Who reads one entry gets it from here: to publish for
    /// each reader would be a sync of every tile at the edge.
    pub fn unpublished(&self, index: u64) -> Option<&[u8]> {
        self.unsettled.entry(index, self.lock.head.size)
    }

    /// Takes all entries written since the last call, in order.
    pub fn take_unsent(&mut self) -> Vec<Committed> {
        std::mem::take(&mut self.unsent)
    }

    /// The store's appender, to be shared with those who seal.
    pub fn store_handle(&self) -> Arc<Mutex<SegmentWriter>> {
        self.store.clone()
    }

    /// The vault, to be shared with those who read.
    pub fn vault_handle(&self) -> Arc<RwLock<Vault>> {
        self.vault.clone()
    }

    /// Why nothing more is written, if so.
    pub fn latched(&self) -> Option<&str> {
        self.latched.as_deref()
    }

    /// The end of the archive, if it has ended.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// What shows that this is not the newest journal under its key, if anything does: then nothing is committed.
    pub fn conflict(&self) -> Option<&Conflict> {
        self.conflict.as_ref()
    }

    /// The key that signs the checkpoints.
    pub fn verifier(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    /// Commits nothing more, because of this.
    pub fn stop(&mut self, conflict: Conflict) {
        self.conflict.get_or_insert(conflict);
    }

    /// Forgets or makes up the end of the archive, so that tests see who finds out.
    #[cfg(any(test, feature = "testing"))]
    pub fn set_ended(&mut self, ended: Option<Ended>) {
        self.ended = ended;
    }

    /// Lets memory lose a bit of the first entry of each batch, between its hash and its bytes on disk.
    #[cfg(any(test, feature = "testing"))]
    pub fn flip(&mut self, bit: usize) {
        self.flipped = Some(bit);
    }

    #[cfg(any(test, feature = "testing"))]
    fn lose_a_bit(&self, entries: &mut [Vec<u8>]) {
        if let (Some(bit), Some(entry)) = (self.flipped, entries.first_mut()) {
            let len = entry.len();
            entry[bit / 8 % len] ^= 1 << (bit % 8);
        }
    }

    /// Whether it can sign checkpoints; only an archive that has ended may have no key for that.
    pub fn can_sign(&self) -> bool {
        self.signer.can_sign()
    }

    /// Signs the head of the journal at a size that it had; none when the key was erased.
    pub fn sign(&self, size: u64, root: Sha256) -> Option<String> {
        self.signer.sign(size, root)
    }

    /// Folds the vault's journal at this many keys, so that tests see several pages.
    #[cfg(any(test, feature = "testing"))]
    pub fn set_journal_keys_max(&mut self, keys: usize) {
        self.journal_keys_max = keys;
    }

    /// Publishes at this many entries, so that tests see it.
    #[cfg(any(test, feature = "testing"))]
    pub fn set_unsettled_max(&mut self, entries: u64) {
        self.unsettled_max = entries;
    }

    pub(super) fn store(&self) -> MutexGuard<'_, SegmentWriter> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits a batch. On success every act is durable; on failure none is acknowledged and the committer has latched.
    ///
    /// # Errors
    ///
    /// [`LogError::Ended`] for all but what is left to do in an archive that has ended. The committer does not latch.
    pub fn commit(&mut self, acts: Vec<Act>) -> Result<Vec<Committed>, LogError> {
        self.check_latch()?;
        self.check_conflict()?;
        self.check_end(
            acts.iter().all(|act| matches!(act.kind, ActKind::SegmentCompacted | ActKind::DecommissionCompleted)),
        )?;
        let result = self.commit_batch(acts);
        let committed = self.latch_on(result)?;
        // The batch is durable and is answered so. What follows is housekeeping; when it fails, nothing more is
        // written.
        let result = self.keep_house();
        if let Err(e) = result {
            self.latched.get_or_insert(e.to_string());
        }
        Ok(committed)
    }

    /// Commits the act by which the log goes on under the name and key of `signer`, and forgets what showed that it is
    /// an older copy. The head before is published under the key of before; the act is the first entry under the new.
    ///
    /// The lock record decides which key signs: its bundle has the first checkpoint under the new one.
    pub fn succeed(&mut self, acts: Vec<Act>, signer: LogSigner) -> Result<Vec<Committed>, LogError> {
        self.check_latch()?;
        self.check_end(false)?;
        self.settle()?;
        let before = std::mem::replace(&mut self.signer, signer);
        let result = self.commit_batch(acts);
        match self.latch_on(result) {
            Ok(committed) => {
                self.conflict = None;
                Ok(committed)
            }
            Err(e) => {
                self.signer = before;
                Err(e)
            }
        }
    }

    fn keep_house(&mut self) -> Result<(), LogError> {
        if self.vault().journal_keys() >= self.journal_keys_max {
            self.roll_batch(Vec::new(), &[], false, SYSTEM_ACTOR)?;
        }
        if self.head().size - self.unsettled.published >= self.unsettled_max {
            self.settle_batch()?;
        }
        Ok(())
    }

    /// Moves the vault to new pages without `erase`; with `new_epoch` under a new KEK, after which the old one is
    /// erased. The `acts` that go with it, which have no keys, are committed with it. Gives the roll itself last.
    pub fn roll(
        &mut self,
        acts: Vec<Act>,
        erase: &[KeySlot],
        new_epoch: bool,
        actor: ActorId,
    ) -> Result<Vec<Committed>, LogError> {
        self.check_latch()?;
        self.check_conflict()?;
        self.check_end(false)?;
        let result = self.roll_batch(acts, erase, new_epoch, actor);
        self.latch_on(result)
    }

    /// Publishes tiles and checkpoint of all that is committed, and drops staging files that are no longer needed.
    ///
    /// A crash anywhere leaves the old checkpoint with its tiles, or the new one with its; recovery does the rest
    /// again.
    pub fn settle(&mut self) -> Result<(), LogError> {
        self.check_latch()?;
        let result = self.settle_batch();
        self.latch_on(result)
    }

    pub(super) fn check_latch(&self) -> Result<(), LogError> {
        self.latched.as_ref().map_or(Ok(()), |cause| Err(LogError::Latched { cause: cause.clone() }))
    }

    pub(super) fn check_conflict(&self) -> Result<(), LogError> {
        self.conflict.as_ref().map_or(Ok(()), |conflict| Err(conflict.clone().into()))
    }

    /// Refuses what an archive that has ended does not take. `is_left` says that it is what is left to do.
    fn check_end(&self, is_left: bool) -> Result<(), LogError> {
        match self.ended {
            Some(ended) if ended.is_complete || !is_left => Err(LogError::Ended { entry: ended.entry }),
            _ => Ok(()),
        }
    }

    pub(super) fn latch_on<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        if let Err(e) = &result {
            self.latched = Some(e.to_string());
        }
        result
    }

    fn time(&self) -> Millis {
        // Entries never go back in time, whatever the clock does.
        self.clock.now().max(self.lock.head.t)
    }

    fn commit_batch(&mut self, acts: Vec<Act>) -> Result<Vec<Committed>, LogError> {
        let t = self.time();
        let (mut leaves, head, mut unsynced) = self.take_store(t)?;
        // The entry by which a log goes on is the first under its new key, so that its index is the size at the cut.
        let is_first = acts.iter().any(|act| act.kind == ActKind::LogSucceeded);
        let behind = if is_first { std::mem::take(&mut leaves) } else { Vec::new() };
        let (system_leaves, count) = (leaves.len(), acts.len());
        let first = self.lock.head.size;
        let mut keys: Vec<(KeySlot, OwnedKey)> = Vec::new();
        let vault = self.vault.clone();
        let mut vault = vault.write().unwrap_or_else(PoisonError::into_inner);
        for act in acts {
            let mut leaf = leaf_of(&act, t, first + system_leaves as u64);
            if let Some((g256, g512)) = act.group {
                leaf.g256 = Some(g256);
                leaf.g512 = Some(g512);
            }
            if let Some((subtree, key)) = act.new_key {
                let owner = act.rec.expect("a key belongs to a record or register");
                let earlier = keys.iter().filter(|(s, _)| s.subtree == subtree).count() as u64;
                let next = vault.next_slot(subtree);
                let slot = KeySlot { subtree, slot: next.slot + earlier };
                keys.push((slot, OwnedKey { owner, key }));
                leaf.key = Some(slot);
            }
            leaves.push(leaf);
        }
        leaves.extend(behind);
        if !keys.is_empty() {
            vault.add(&keys)?;
            unsynced.push(vault.journal_name());
        }
        let vault_state = vault.state();
        drop(vault);
        self.write(&leaves, Head { vault: vault_state, ..head }, unsynced)?;
        let committed = (first..).zip(leaves).map(|(index, leaf)| Committed { index, leaf });
        let committed: Vec<Committed> = committed.collect();
        self.unsent.extend(committed.iter().cloned());
        Ok(committed.into_iter().skip(system_leaves).take(count).collect())
    }

    /// What a batch takes from the store: an entry for each segment that was closed, the head with the store's end, and
    /// the files to be synced.
    fn take_store(&self, t: Millis) -> Result<(Vec<Leaf>, Head, Vec<String>), LogError> {
        let (end, unsynced) = {
            let mut store = self.store();
            if let Some(failed) = store.failed() {
                return Err(LogError::Disk(failed.clone()));
            }
            (store.end(), store.take_unsynced())
        };
        let leaves = self.sealed_segments(end.segment, t)?;
        let sealed = leaves.last().and_then(|l: &Leaf| l.segment).map_or(self.lock.head.sealed, |s| s.number);
        Ok((leaves, Head { sealed, store: end, t, ..self.lock.head }, unsynced))
    }

    /// Steps 2 and 3: bundle, sync, lock record.
    fn write(&mut self, leaves: &[Leaf], head: Head, mut unsynced: Vec<String>) -> Result<(), LogError> {
        #[cfg_attr(not(any(test, feature = "testing")), expect(unused_mut, reason = "only a test changes them"))]
        let mut entries: Vec<Vec<u8>> = leaves.iter().map(Leaf::encode).collect();
        let mut edge = self.edge.clone();
        let mut added = Unsettled { tail: self.unsettled.tail.clone(), ..Unsettled::default() };
        for entry in &entries {
            added.push(&mut edge, entry);
        }
        let root = edge.root();
        #[cfg(any(test, feature = "testing"))]
        self.lose_a_bit(&mut entries);
        let head =
            Head { batch: self.lock.head.batch + 1, batch_id: crate::random::bytes(), size: edge.size(), root, ..head };
        let unsigned = || LogError::Ended { entry: self.ended.map_or(0, |ended| ended.entry) };
        let checkpoint = self.signer.sign(edge.size(), root).ok_or_else(unsigned)?;
        let bundle = Bundle { old_size: self.lock.head.size, entries, head, checkpoint };
        let bytes = bundle.encode(self.archive);
        let frontier = self.check_root(&bytes, root)?;
        let (file, offset) = self.stage;
        let name = stage_name(file);
        self.disk.append(&name, offset, &bytes)?;
        unsynced.push(name);
        sync_all(self.disk.as_ref(), &unsynced)?;
        let digest = Sha256::from_slice(&bytes[bytes.len() - 32..]).expect("a bundle ends with its digest");
        let len = u32::try_from(bytes.len()).expect("checked when encoded");
        let lock = LockRecord { head, bundle: BundleRef { file, offset, len, sha256: digest } };
        self.disk.swap(LOCK, self.lock_seq, &lock.encode(self.archive))?;
        // Committed. What follows is memory only.
        self.lock_seq += 1;
        self.lock = lock;
        self.edge = edge;
        self.frontier = frontier;
        self.unsettled.full.append(&mut added.full);
        self.unsettled.full_bundles.append(&mut added.full_bundles);
        self.unsettled.tail = added.tail;
        self.unsettled.checkpoint = bundle.checkpoint;
        self.stage = (file, offset + u64::from(len));
        for (entry, leaf) in (bundle.old_size..).zip(leaves) {
            match (leaf.act, &mut self.ended) {
                (ActKind::ArchiveDecommissioned, _) => self.ended = Some(Ended { entry, is_complete: false }),
                (ActKind::DecommissionCompleted, Some(ended)) => ended.is_complete = true,
                _ => {}
            }
        }
        Ok(())
    }

    // A flipped bit in memory once killed a public log (Yeti 2022). The root is computed again from the very bytes that
    // are about to be written, leaf by leaf and not through tiles, before the signature over it leaves this function.
    fn check_root(&self, bundle: &[u8], root: Sha256) -> Result<Frontier, LogError> {
        let (bundle, _, _) = Bundle::decode(bundle, self.archive).ok_or(LogError::Root)?;
        let mut frontier = self.frontier.clone();
        for entry in &bundle.entries {
            frontier.push(leaf_hash(entry));
        }
        if frontier.root() != root || bundle.head.root != root {
            return Err(LogError::Root);
        }
        Ok(frontier)
    }

    fn sealed_segments(&self, open: u32, t: Millis) -> Result<Vec<Leaf>, LogError> {
        let mut leaves = Vec::new();
        for number in self.lock.head.sealed + 1..open {
            let segment = seal_segment(self.disk.as_ref(), self.archive, number)?;
            let mut leaf = Leaf::new(ActKind::SegmentSealed, ActId(crate::random::bytes()), t, SYSTEM_ACTOR);
            leaf.segment = Some(segment);
            leaves.push(leaf);
        }
        Ok(leaves)
    }

    fn roll_batch(
        &mut self,
        acts: Vec<Act>,
        erase: &[KeySlot],
        new_epoch: bool,
        actor: ActorId,
    ) -> Result<Vec<Committed>, LogError> {
        let vault = self.vault.clone();
        let mut vault = vault.write().unwrap_or_else(PoisonError::into_inner);
        let roll: PreparedRoll = vault.prepare_roll(erase, new_epoch)?;
        let t = self.time();
        let kind = if new_epoch { ActKind::VaultRolled } else { ActKind::VaultFolded };
        let first = self.lock.head.size;
        // Without frames of its own, the store's end is that of the last commit: what others appended meanwhile stays
        // outside this batch.
        let (mut leaves, head, unsynced) = match acts.iter().all(|act| act.addresses.is_empty()) {
            true => (Vec::new(), Head { t, ..self.lock.head }, Vec::new()),
            false => self.take_store(t)?,
        };
        let system_leaves = leaves.len();
        leaves.extend(acts.iter().map(|act| leaf_of(act, t, first + system_leaves as u64)));
        let mut leaf = Leaf::new(kind, ActId(crate::random::bytes()), t, actor);
        leaf.epoch = Some(roll.state.epoch);
        leaves.push(leaf);
        self.write(&leaves, Head { vault: roll.state, ..head }, unsynced)?;
        let committed: Vec<Committed> = (first..).zip(leaves).map(|(index, leaf)| Committed { index, leaf }).collect();
        self.unsent.extend(committed.iter().cloned());
        vault.finish_roll(roll)?;
        Ok(committed.into_iter().skip(system_leaves).collect())
    }

    fn settle_batch(&mut self) -> Result<(), LogError> {
        if self.unsettled.published == self.lock.head.size && self.lock.head.size > 0 {
            return Ok(());
        }
        let hashes = |hashes: &[Sha256]| hashes.iter().flat_map(|h| h.0).collect::<Vec<u8>>();
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for full in &self.unsettled.full {
            files.push((tile::hash_tile(full.level, full.index, TILE_WIDTH), hashes(&full.hashes)));
        }
        for (number, bytes) in &self.unsettled.full_bundles {
            files.push((tile::entries_tile(*number, TILE_WIDTH), bytes.clone()));
        }
        let mut rest = self.edge.size();
        for (level, edge) in (0u8..).zip(self.edge.levels()) {
            if !edge.is_empty() {
                let name = tile::hash_tile(level, rest / TILE_WIDTH, edge.len() as u64);
                files.push((name, hashes(edge)));
            }
            rest /= TILE_WIDTH;
        }
        if !self.unsettled.tail.is_empty() {
            let size = self.edge.size();
            let name = tile::entries_tile(size / TILE_WIDTH, size % TILE_WIDTH);
            files.push((name, self.unsettled.tail.clone()));
        }
        // Tiles first: a checkpoint whose tiles are missing could not be verified by anyone.
        self.disk.put_if_absent(&files)?;
        self.disk.publish(&checkpoint_name(), self.unsettled.checkpoint.as_bytes())?;
        // A partial tile stays as long as its tile is not full: readers of an older checkpoint still ask for it
        // (tlog-tiles).
        let full = self.unsettled.full.iter().map(|f| tile::hash_tile(f.level, f.index, TILE_WIDTH));
        let full = full.chain(self.unsettled.full_bundles.iter().map(|(n, _)| tile::entries_tile(*n, TILE_WIDTH)));
        for name in full.collect::<Vec<_>>() {
            for (partial, _) in self.disk.list(&format!("{name}.p"))? {
                self.disk.delete(&partial)?;
            }
        }
        self.unsettled.full.clear();
        self.unsettled.full_bundles.clear();
        self.unsettled.published = self.lock.head.size;
        if self.stage.1 >= STAGE_BYTES {
            self.stage = (self.stage.0 + 1, 0);
        }
        while self.first_stage < self.lock.bundle.file {
            self.disk.delete(&stage_name(self.first_stage))?;
            self.first_stage += 1;
        }
        Ok(())
    }
}

/// The actor of acts that the archive does by itself.
pub const SYSTEM_ACTOR: ActorId = ActorId([0; 8]);

/// The file of the published checkpoint.
pub fn checkpoint_name() -> String {
    format!("{}/checkpoint", tile::TLOG)
}

/// Length, frames and Merkle root of a closed segment.
pub fn seal_segment(disk: &dyn Disk, archive: ArchiveId, number: u32) -> Result<SealedSegment, LogError> {
    segment_in(disk, SegmentFile { archive, number, name: &segment_name(number) }, Depth::Headers)
}

/// Syncs several files at the same time: the device works on all of them while we wait once.
fn sync_all(disk: &dyn Disk, names: &[String]) -> Result<(), DiskError> {
    match names {
        [] => Ok(()),
        [one] => disk.sync(one),
        [first, rest @ ..] => std::thread::scope(|scope| {
            let others: Vec<_> = rest.iter().map(|name| scope.spawn(move || disk.sync(name))).collect();
            let mut result = disk.sync(first);
            for other in others {
                result = result.and(other.join().expect("syncing does not panic"));
            }
            result
        }),
    }
}
