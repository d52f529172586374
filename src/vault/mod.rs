//! Wrapped record keys: the second truth, and the only one that is ever erased.
//!
//! One random key per record (and per register) lies in a tree of sealed pages whose root is sealed under the
//! key-encryption key (KEK) of the epoch; keys added since the last roll lie in a journal. A roll folds the journal
//! into fresh pages and, when it erases, moves to a new KEK (Reardon et al., "Secure Data Deletion from Persistent
//! Media", ACM CCS 2013). `docs/format.md` §3.
//!
//! Invariants
//!   - A page is sealed under a key that only its parent holds, the root under the KEK; a rewritten page has a new key
//!     and name.
//!   - After an erasing roll has been finished, no file of the archive, old or new, with the KEK of the new epoch opens
//!     an erased key. A test follows every key from the new KEK over all files that ever were.
//!   - The cost of a roll is that of the pages it touches and their path to the root, whatever the vault holds.
//!   - Every byte of the vault is covered by a digest that starts in the lock record, so it is audited without keys.
//!
//! Order on disk of a roll: [`Vault::prepare_roll`] makes the next journal (the mark that a roll has begun), KEK, pages
//! and root durable beside the old ones; the lock record decides; [`Vault::finish_roll`] erases the losing side, old or
//! new, the mark last. A crash anywhere leaves one whole side and a mark, and open erases the other.
//!
//! It does not decide what may be erased: see the design, invariant 5.

pub mod audit;
pub mod journal;
pub mod keys;
pub mod page;
pub mod tree;

use crate::model::id::{ArchiveId, PageId, RecordId};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::OwnerKey;
use journal::Journal;
use keys::KeyFolder;
use page::{PageRef, Root};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

/// Where a key lies: the subtree of its agency (0: the archive's own registers) and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bincode::Encode, bincode::Decode)]
pub struct KeySlot {
    /// Number of the subtree.
    pub subtree: u32,
    /// Number in the subtree, from 0.
    pub slot: u64,
}

impl fmt::Display for KeySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.subtree, self.slot)
    }
}

impl FromStr for KeySlot {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (subtree, slot) = text.split_once('/').ok_or(())?;
        let parsed = Self { subtree: subtree.parse().map_err(|_| ())?, slot: slot.parse().map_err(|_| ())? };
        if parsed.to_string() == text { Ok(parsed) } else { Err(()) }
    }
}

/// One key with its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedKey {
    /// Whose key it is.
    pub owner: RecordId,
    /// The key.
    pub key: OwnerKey,
}

/// What the lock record says of the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VaultState {
    /// Number of the KEK.
    pub epoch: u32,
    /// Number of the root file, and of the journal beside it.
    pub root_no: u64,
    /// BLAKE3 of the root file.
    pub root_digest: [u8; 32],
    /// Length of the journal.
    pub journal_len: u64,
    /// BLAKE3 of the journal up to that length.
    pub journal_digest: [u8; 32],
}

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The medium failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file of the vault is not the one that was committed.
    #[error("{name} is not the file that was committed")]
    Changed {
        /// The file.
        name: String,
    },
    /// A file of the vault does not open under its key.
    #[error("{name} does not open under its key")]
    Sealed {
        /// The file.
        name: String,
    },
    /// The key folder lacks a key, or holds one of another archive.
    #[error("key file {name} is missing or not of this archive")]
    Key {
        /// The key file.
        name: String,
    },
    /// There is no key in that place: it was never there, or it was erased.
    #[error("no key at {slot} for {owner}: erased or never given")]
    Erased {
        /// The place.
        slot: KeySlot,
        /// The owner that was asked for.
        owner: RecordId,
    },
}

/// An opened leaf page.
type Leaf = Arc<Vec<Option<OwnedKey>>>;

/// Leaf pages kept open in memory: 1024 of about 12 KB.
const PAGES_CACHED_MAX: usize = 1024;

/// The opened vault.
pub struct Vault {
    disk: Arc<dyn Disk>,
    keys: KeyFolder,
    archive: ArchiveId,
    state: VaultState,
    root: Root,
    journal: Journal,
    /// Keys of the journal: not yet in a page.
    recent: BTreeMap<KeySlot, OwnedKey>,
    next_slot: HashMap<u32, u64>,
    /// Leaf pages by subtree and number there; only a roll changes which page stands in a place, and forgets all.
    cache: Mutex<HashMap<(u32, u64), Leaf>>,
}

/// A roll that is durable beside the old side and waits for the lock record.
pub struct PreparedRoll {
    /// The state to be committed.
    pub state: VaultState,
    root: Root,
    journal: Journal,
    next_slot: HashMap<u32, u64>,
    old_pages: Vec<PageId>,
}

impl Vault {
    /// Makes an empty vault: KEK of epoch 1, root 1, an empty journal; all durable.
    pub fn create(disk: Arc<dyn Disk>, keys: KeyFolder, archive: ArchiveId) -> Result<Self, VaultError> {
        let kek = keys.create_kek(1)?;
        let root = Root::empty(archive, 1, 1);
        let (root_digest, file) = root.encode(&kek);
        let mut journal = Journal::create(disk.as_ref(), archive, 1)?;
        journal.sync(disk.as_ref())?;
        disk.put_if_absent(&[(page::root_name(1), file)])?;
        let state = VaultState {
            epoch: 1,
            root_no: 1,
            root_digest,
            journal_len: journal.len(),
            journal_digest: journal.digest(),
        };
        Ok(Self {
            disk,
            keys,
            archive,
            state,
            root,
            journal,
            recent: BTreeMap::new(),
            next_slot: HashMap::new(),
            cache: Mutex::default(),
        })
    }

    /// Opens the vault as the lock record says it is, and erases what an interrupted roll left.
    pub fn open(
        disk: Arc<dyn Disk>,
        keys: KeyFolder,
        archive: ArchiveId,
        state: VaultState,
    ) -> Result<Self, VaultError> {
        let vault = Self::open_unswept(disk, keys, archive, state)?;
        vault.sweep()?;
        Ok(vault)
    }

    /// Opens the vault as the lock record says it is, changing nothing; [`sweep`](Self::sweep) must follow.
    pub fn open_unswept(
        disk: Arc<dyn Disk>,
        keys: KeyFolder,
        archive: ArchiveId,
        state: VaultState,
    ) -> Result<Self, VaultError> {
        let name = page::root_name(state.root_no);
        let file = disk.read(&name)?;
        if *blake3::hash(&file).as_bytes() != state.root_digest {
            return Err(VaultError::Changed { name });
        }
        let kek = keys.kek(state.epoch)?;
        let root = Root::decode(&file, archive, state.epoch, state.root_no, &kek)
            .ok_or_else(|| VaultError::Sealed { name: name.clone() })?;
        let (journal, recent) = Journal::open(disk.as_ref(), archive, &state, &root.journal_key)?;
        let mut next_slot: HashMap<u32, u64> = root.subtrees.iter().map(|(n, s)| (*n, s.slots)).collect();
        for slot in recent.keys() {
            let next = next_slot.entry(slot.subtree).or_default();
            *next = (*next).max(slot.slot + 1);
        }
        Ok(Self { disk, keys, archive, state, root, journal, recent, next_slot, cache: Mutex::default() })
    }

    /// The state to be committed with the next lock record.
    pub fn state(&self) -> VaultState {
        self.state
    }

    /// Keys that are in the journal only.
    pub fn journal_keys(&self) -> usize {
        self.recent.len()
    }

    /// The next free place in a subtree.
    pub fn next_slot(&self, subtree: u32) -> KeySlot {
        KeySlot { subtree, slot: self.next_slot.get(&subtree).copied().unwrap_or(0) }
    }

    /// Adds keys to the journal, all in one sealed entry. Durable after the caller has synced [`Vault::journal_name`],
    /// in effect after the lock record.
    pub fn add(&mut self, keys: &[(KeySlot, OwnedKey)]) -> Result<(), VaultError> {
        if keys.is_empty() {
            return Ok(());
        }
        for (slot, _) in keys {
            assert_eq!(*slot, self.next_slot(slot.subtree), "places are given in order");
            self.next_slot.insert(slot.subtree, slot.slot + 1);
        }
        self.journal.append(self.disk.as_ref(), self.archive, self.state.root_no, &self.root.journal_key, keys)?;
        self.recent.extend(keys.iter().cloned());
        self.state.journal_len = self.journal.len();
        self.state.journal_digest = self.journal.digest();
        Ok(())
    }

    /// The file that must be synced before added keys are durable.
    pub fn journal_name(&self) -> String {
        journal::journal_name(self.state.root_no)
    }

    /// The key of `owner` at `slot`.
    pub fn key(&self, slot: KeySlot, owner: RecordId) -> Result<OwnerKey, VaultError> {
        let erased = || VaultError::Erased { slot, owner };
        let found = match self.recent.get(&slot) {
            Some(found) => found.clone(),
            None => {
                let leaf = self.leaf(slot)?.ok_or_else(erased)?;
                let at = usize::try_from(slot.slot % page::SLOTS_PER_PAGE).expect("below 256");
                leaf.get(at).cloned().flatten().ok_or_else(erased)?
            }
        };
        if found.owner == owner { Ok(found.key) } else { Err(erased()) }
    }

    fn leaf(&self, slot: KeySlot) -> Result<Option<Leaf>, VaultError> {
        let index = slot.slot / page::SLOTS_PER_PAGE;
        let mut cache = self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(leaf) = cache.get(&(slot.subtree, index)) {
            return Ok(Some(leaf.clone()));
        }
        let Some(leaf_ref) = tree::find_leaf(self.disk.as_ref(), self.archive, &self.root, slot)? else {
            return Ok(None);
        };
        let leaf = Arc::new(tree::load_leaf(self.disk.as_ref(), self.archive, slot.subtree, index, &leaf_ref)?);
        if cache.len() >= PAGES_CACHED_MAX {
            cache.clear();
        }
        cache.insert((slot.subtree, index), leaf.clone());
        Ok(Some(leaf))
    }

    /// Folds the journal into pages, without `erase`, and makes the new side durable beside the old one.
    ///
    /// With `new_epoch` the new root is sealed under a new KEK, so that finishing the roll makes everything only the
    /// old KEK opens unreadable for ever. Erasing without a new epoch would leave the old pages readable; that is
    /// refused.
    pub fn prepare_roll(&self, erase: &[KeySlot], new_epoch: bool) -> Result<PreparedRoll, VaultError> {
        assert!(new_epoch || erase.is_empty(), "erasing needs a new epoch");
        let epoch = self.state.epoch + u32::from(new_epoch);
        let root_no = self.state.root_no + 1;
        // The mark first: from here on, open knows that a roll began.
        let mut journal = Journal::create(self.disk.as_ref(), self.archive, root_no)?;
        journal.sync(self.disk.as_ref())?;
        let kek = if new_epoch { self.keys.create_kek(epoch)? } else { self.keys.kek(epoch)? };
        let mut root = Root::empty(self.archive, epoch, root_no);
        root.subtrees = self.root.subtrees.clone();
        let old_pages = tree::rewrite(self.disk.as_ref(), self.archive, &mut root, &self.recent, erase)?;
        let (root_digest, file) = root.encode(&kek);
        self.disk.put_if_absent(&[(page::root_name(root_no), file)])?;
        // A KEK that cannot be read back must never become the only one.
        if self.keys.kek(epoch)? != kek {
            return Err(VaultError::Key { name: keys::kek_name(epoch) });
        }
        let journal_digest = journal.digest();
        let state = VaultState { epoch, root_no, root_digest, journal_len: journal.len(), journal_digest };
        Ok(PreparedRoll { state, root, journal, next_slot: self.next_slot.clone(), old_pages })
    }

    /// Takes a roll into effect after its lock record is durable, and erases the old side: KEK first, mark last.
    pub fn finish_roll(&mut self, roll: PreparedRoll) -> Result<(), VaultError> {
        let old = self.state;
        self.state = roll.state;
        self.root = roll.root;
        self.journal = roll.journal;
        self.next_slot = roll.next_slot;
        self.recent.clear();
        self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        if old.epoch != self.state.epoch {
            self.keys.erase_kek(old.epoch)?;
        }
        self.disk.delete(&page::root_name(old.root_no))?;
        for page in roll.old_pages {
            self.disk.delete(&page::page_name(page))?;
        }
        self.disk.delete(&journal::journal_name(old.root_no))?;
        Ok(())
    }

    /// Erases the side of an interrupted roll that the lock record did not choose.
    pub fn sweep(&self) -> Result<(), VaultError> {
        let files = self.disk.list("vault")?;
        let own_journal = self.journal_name();
        let own_root = page::root_name(self.state.root_no);
        let marks: Vec<&String> =
            files.iter().map(|(n, _)| n).filter(|n| n.starts_with("vault/journal-") && **n != own_journal).collect();
        let keks = self.keys.list_keks()?;
        if marks.is_empty() && keks.iter().all(|e| *e == self.state.epoch) {
            return Ok(());
        }
        for epoch in keks {
            if epoch != self.state.epoch {
                self.keys.erase_kek(epoch)?;
            }
        }
        let live = tree::pages(self.disk.as_ref(), self.archive, &self.root)?;
        for (name, _) in &files {
            let stale_page = page::page_of_name(name).is_some_and(|p| !live.contains(&p));
            let stale_root = name.starts_with("vault/root-") && *name != own_root;
            if stale_page || stale_root {
                self.disk.delete(name)?;
            }
        }
        for mark in marks {
            self.disk.delete(mark)?;
        }
        Ok(())
    }

    /// References of the root, for counting and audit.
    pub fn subtrees(&self) -> impl Iterator<Item = (u32, &Subtree)> {
        self.root.subtrees.iter().map(|(n, s)| (*n, s))
    }
}

/// One agency's part of the tree.
#[derive(Debug, Clone)]
pub struct Subtree {
    /// Levels: 1 means that the root points at one leaf page.
    pub height: u8,
    /// Places given so far that are in pages.
    pub slots: u64,
    /// The top page.
    pub top: PageRef,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::format::{u32_at, u64_at};
    use crate::testing::fault::Version;
    use crate::testing::{Failure, FaultDisk, FaultPlan, Sequence};
    use base64::Engine;
    use page::{Position, page_name, root_name};
    use std::collections::BTreeSet;

    const ARCHIVE: ArchiveId = ArchiveId([9; 16]);

    /// A vault, its media, and what must be in it.
    struct Bench {
        archive: Arc<FaultDisk>,
        keys: Arc<FaultDisk>,
        vault: Vault,
        live: BTreeMap<KeySlot, OwnedKey>,
        erased: BTreeMap<KeySlot, OwnedKey>,
    }

    fn folder(keys: &Arc<FaultDisk>) -> KeyFolder {
        KeyFolder::new(keys.clone(), ARCHIVE)
    }

    impl Bench {
        fn new() -> Self {
            let plan = FaultPlan::count_only();
            let archive = Arc::new(FaultDisk::new(&plan).keep_history());
            let keys = Arc::new(FaultDisk::new(&plan).keep_history());
            let vault = Vault::create(archive.clone(), folder(&keys), ARCHIVE).unwrap();
            Self { archive, keys, vault, live: BTreeMap::new(), erased: BTreeMap::new() }
        }

        /// Adds `count` keys to a subtree, in one batch, durably.
        fn add(&mut self, subtree: u32, count: u64) {
            let first = self.vault.next_slot(subtree).slot;
            let owned = |_: &u64| OwnedKey { owner: RecordId(crate::random::bytes()), key: OwnerKey::random() };
            let batch: Vec<_> = (first..first + count).map(|slot| (KeySlot { subtree, slot }, owned(&slot))).collect();
            self.vault.add(&batch).unwrap();
            self.archive.sync(&self.vault.journal_name()).unwrap();
            self.live.extend(batch);
        }

        fn roll(&mut self, erase: &[KeySlot], new_epoch: bool) {
            let roll = self.vault.prepare_roll(erase, new_epoch).unwrap();
            self.vault.finish_roll(roll).unwrap();
            for slot in erase {
                self.erased.extend(self.live.remove_entry(slot));
            }
        }

        fn fold(&mut self) {
            self.roll(&[], false);
        }

        fn reopen(&mut self) {
            let state = self.vault.state();
            self.vault = Vault::open(self.archive.clone(), folder(&self.keys), ARCHIVE, state).unwrap();
        }

        fn draw_live(&self, draw: &mut Sequence, count: usize) -> Vec<KeySlot> {
            let all: Vec<KeySlot> = self.live.keys().copied().collect();
            let drawn: BTreeSet<KeySlot> = (0..count.min(all.len())).map(|_| all[draw.len_to(all.len() - 1)]).collect();
            drawn.into_iter().collect()
        }

        fn check(&self) {
            check_keys(&self.vault, &self.live, &self.erased);
            check_files(&self.vault, self.archive.as_ref(), self.keys.as_ref());
        }
    }

    fn check_keys(vault: &Vault, live: &BTreeMap<KeySlot, OwnedKey>, gone: &BTreeMap<KeySlot, OwnedKey>) {
        for (slot, owned) in live {
            assert_eq!(vault.key(*slot, owned.owner).unwrap(), owned.key, "{slot}");
        }
        for (slot, owned) in gone {
            let refused = vault.key(*slot, owned.owner);
            assert!(matches!(refused, Err(VaultError::Erased { .. })), "{slot}: {refused:?}");
        }
        if let Some((slot, _)) = live.first_key_value() {
            let refused = vault.key(*slot, RecordId([0xEE; 16]));
            assert!(matches!(refused, Err(VaultError::Erased { .. })), "the key of another owner");
        }
    }

    /// Nothing is in the folders but what the state needs, and all of it passes the audit.
    fn check_files(vault: &Vault, archive: &FaultDisk, keys: &FaultDisk) {
        let state = vault.state();
        let pages = tree::pages(archive, ARCHIVE, &vault.root).unwrap();
        let mut wanted: BTreeSet<String> = pages.into_iter().map(page_name).collect();
        wanted.extend([root_name(state.root_no), journal::journal_name(state.root_no)]);
        let found: BTreeSet<String> = archive.files().into_keys().collect();
        assert_eq!(found, wanted);
        let keks: Vec<String> = keys.files().into_keys().collect();
        assert_eq!(keks, [keys::kek_name(state.epoch)]);
        assert_eq!(audited(archive, &state), []);
    }

    fn audited(archive: &FaultDisk, state: &VaultState) -> Vec<audit::Damage> {
        let mut damaged = Vec::new();
        audit::check(archive, ARCHIVE, state, &mut |d| damaged.push(d)).unwrap();
        damaged
    }

    fn slots(subtree: u32, slots: &[u64]) -> Vec<KeySlot> {
        slots.iter().map(|slot| KeySlot { subtree, slot: *slot }).collect()
    }

    // Goal: the vault is a map that forgets on demand. Method: random adding, folding, erasing and reopening of three
    // subtrees against a map.
    #[test]
    fn it_agrees_with_a_map() {
        for seed in 0..6 {
            println!("seed {seed}");
            let mut draw = Sequence::new(seed);
            let mut bench = Bench::new();
            for _ in 0..40 {
                match draw.below(10) {
                    0..=4 => {
                        let subtree = u32::try_from(draw.below(3)).unwrap();
                        let most = [4, 40, 150][usize::try_from(draw.below(3)).unwrap()];
                        bench.add(subtree, 1 + draw.below(most));
                    }
                    5 => bench.fold(),
                    6 | 7 => {
                        let erase = bench.draw_live(&mut draw, 8);
                        bench.roll(&erase, true);
                    }
                    8 => bench.roll(&[], true),
                    _ => bench.reopen(),
                }
                check_keys(&bench.vault, &bench.live, &bench.erased);
            }
            bench.fold();
            bench.check();
            bench.reopen();
            bench.check();
        }
    }

    #[test]
    fn a_tree_grows_a_level_at_256_keys() {
        for (first, then) in [(255, 1), (255, 2), (256, 1), (1, 255), (1, 256), (257, 255), (512, 1), (0, 257)] {
            let mut bench = Bench::new();
            bench.add(4, first);
            bench.fold();
            bench.add(4, then);
            bench.fold();
            let total = first + then;
            let subtrees: Vec<_> = bench.vault.subtrees().map(|(n, s)| (n, s.height, s.slots)).collect();
            assert_eq!(subtrees, [(4, if total > 256 { 2 } else { 1 }, total)], "{first} then {then}");
            bench.check();
            bench.reopen();
            bench.check();
            assert_eq!(bench.vault.next_slot(4), KeySlot { subtree: 4, slot: total });
        }
    }

    // The third level begins at 65,537 keys; here the tree jumps from one level to three in one roll.
    #[test]
    fn a_tree_of_three_levels() {
        let mut bench = Bench::new();
        bench.add(1, 200);
        bench.add(2, 3);
        bench.fold();
        bench.add(1, 65_536 - 200 + 300);
        bench.roll(&slots(1, &[0, 199, 200, 65_535, 65_536]), true);
        let heights: Vec<_> = bench.vault.subtrees().map(|(n, s)| (n, s.height)).collect();
        assert_eq!(heights, [(1, 3), (2, 1)]);
        bench.reopen();
        bench.check();
        bench.add(1, 1);
        bench.roll(&slots(1, &[70, 65_800]), true);
        bench.check();
    }

    #[test]
    fn a_place_is_never_given_twice() {
        let mut bench = Bench::new();
        bench.add(1, 5);
        bench.roll(&slots(1, &[4]), true);
        bench.reopen();
        assert_eq!(bench.vault.next_slot(1).slot, 5);
        bench.roll(&slots(1, &[0, 1, 2, 3]), true);
        bench.add(1, 1);
        bench.reopen();
        bench.check();
        assert_eq!(bench.live.keys().copied().collect::<Vec<_>>(), slots(1, &[5]));
    }

    /// Every key that `key` gives out of `file`, tried in every role.
    fn opened(file: &[u8], key: &OwnerKey) -> Vec<OwnerKey> {
        let mut found = Vec::new();
        let mut head = || {
            let (second, third, last) = (u32_at(file, 24)?, *file.get(28)?, u64_at(file, 32)?);
            if let Some(root) = Root::decode(file, ARCHIVE, second, last, key) {
                found.push(root.journal_key);
                found.extend(root.subtrees.into_values().map(|s| s.top.key));
            }
            let at = Position { subtree: second, level: third, index: last };
            if let Some(children) = page::decode_inner(file, ARCHIVE, at, key) {
                found.extend(children.into_iter().map(|c| c.key));
            }
            if let Some(rows) = page::decode_leaf(file, ARCHIVE, at, key) {
                found.extend(rows.into_iter().flatten().map(|o| o.key));
            }
            found.extend(journal::open_any(file, ARCHIVE, u64_at(file, 24)?, key).into_iter().map(|o| o.key));
            Some(())
        };
        head();
        found
    }

    /// All keys that follow from `start` over these files, as far as it goes.
    fn reached(files: &BTreeSet<Version>, start: &[OwnerKey]) -> BTreeSet<[u8; 32]> {
        let mut known: BTreeSet<[u8; 32]> = start.iter().map(|k| k.0).collect();
        let mut to_try = start.to_vec();
        while let Some(key) = to_try.pop() {
            for (_, file) in files {
                to_try.extend(opened(file, &key).into_iter().filter(|new| known.insert(new.0)));
            }
        }
        known
    }

    // Goal: after an erasing roll, nothing that ever was on the medium opens an erased key. Method: every version of
    // every file is kept; from the current KEK alone every key is tried on every version in every role until nothing
    // new opens. The same search with an older KEK finds what was erased after it: so the search can find.
    #[test]
    fn an_erased_key_follows_from_no_file_that_ever_was() {
        let mut bench = Bench::new();
        let kek = |bench: &Bench| folder(&bench.keys).kek(bench.vault.state().epoch).unwrap();
        bench.add(1, 200);
        bench.add(2, 20);
        bench.fold();
        bench.add(1, 60);
        bench.add(3, 2);
        bench.fold();
        // Two keys in pages, one of them alone in its page's new part, and one that was never in a page.
        bench.add(2, 3);
        let first_kek = kek(&bench);
        let first_erased = [slots(1, &[7, 259]), slots(2, &[22])].concat();
        // A roll that was never committed: its pages and its KEK were on the medium too.
        drop(bench.vault.prepare_roll(&slots(1, &[5]), true).unwrap());
        let lost_kek = folder(&bench.keys).kek(2).unwrap();
        bench.reopen();
        drop(bench.vault.prepare_roll(&[], false).unwrap());
        bench.reopen();
        bench.roll(&first_erased, true);
        bench.add(2, 4);
        bench.fold();
        bench.add(1, 1);
        let second_kek = kek(&bench);
        let second_erased = [slots(1, &[8, 260]), slots(3, &[0, 1])].concat();
        bench.roll(&second_erased, true);
        bench.check();

        let files: BTreeSet<Version> = bench.archive.history().into_iter().collect();
        let held = |known: &BTreeSet<[u8; 32]>, slots: &[KeySlot]| {
            slots.iter().map(|slot| known.contains(&bench.erased[slot].key.0)).collect::<Vec<_>>()
        };
        let live = |known: &BTreeSet<[u8; 32]>| bench.live.values().filter(|o| known.contains(&o.key.0)).count();

        let now = reached(&files, &[kek(&bench)]);
        assert_eq!(held(&now, &first_erased), [false; 3]);
        assert_eq!(held(&now, &second_erased), [false; 4]);
        assert_eq!(live(&now), bench.live.len());
        // The controls: an older KEK gives what was erased when it was erased, and nothing that was erased before it.
        let before = reached(&files, &[kek(&bench), second_kek]);
        assert_eq!(held(&before, &first_erased), [false; 3]);
        assert_eq!(held(&before, &second_erased), [true; 4]);
        let first = reached(&files, &[first_kek]);
        assert_eq!(held(&first, &first_erased), [true; 3]);
        let lost = reached(&files, &[lost_kek]);
        assert_eq!(held(&lost, &first_erased), [true; 3], "an abandoned KEK must be erased as well");

        // Nor is a key anywhere in clear.
        for owned in bench.erased.values().chain(bench.live.values()) {
            let text = base64::engine::general_purpose::STANDARD.encode(owned.key.0);
            for (name, file) in files.iter().cloned().chain(bench.keys.history()) {
                let clear = memchr::memmem::find(&file, &owned.key.0).or(memchr::memmem::find(&file, text.as_bytes()));
                assert_eq!(clear, None, "a key lies open in {name}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "erasing needs a new epoch")]
    fn erasing_without_a_new_epoch_is_a_bug() {
        let mut bench = Bench::new();
        bench.add(1, 1);
        let _ = bench.vault.prepare_roll(&slots(1, &[0]), false);
    }

    // Goal: erasing costs what is erased, not what is kept.
    #[test]
    fn the_cost_of_erasing_does_not_depend_on_what_is_kept() {
        let cost = |keys: u64| {
            let mut bench = Bench::new();
            bench.add(1, keys);
            bench.fold();
            let before = bench.archive.files();
            let roll = bench.vault.prepare_roll(&slots(1, &[3, 4, 300, 999]), true).unwrap();
            let after = bench.archive.files();
            let made = after.iter().filter(|(name, _)| !before.contains_key(*name));
            let made: Vec<usize> = made.map(|(_, file)| file.len()).collect();
            bench.vault.finish_roll(roll).unwrap();
            let gone = after.keys().filter(|name| !bench.archive.files().contains_key(*name)).count();
            assert_eq!(gone, made.len(), "as many files go as come");
            (made.len(), made.iter().sum::<usize>())
        };
        let (small, small_bytes) = cost(1_000);
        let (large, large_bytes) = cost(20_000);
        // Three leaves and one inner page, root and journal.
        assert_eq!(small, 6);
        assert!(large <= small + 1, "{large} files");
        // The inner page names more children.
        assert!(large_bytes < small_bytes + 256 * 80, "{small_bytes} and {large_bytes} bytes");
    }

    /// Opens after a crash, crashing again at every step of the opening, until it succeeds.
    fn reopen_through_crashes(mut archive: FaultDisk, mut keys: FaultDisk, state: VaultState, seed: u64) -> Bench {
        for k in 0..200 {
            let failure = Failure::ALL[usize::try_from((k + seed) % 3).unwrap()];
            let plan = FaultPlan::fail_at(k, failure);
            let (disk, key_disk) = (Arc::new(archive.under(&plan)), Arc::new(keys.under(&plan)));
            match Vault::open(disk.clone(), folder(&key_disk), ARCHIVE, state) {
                Ok(vault) => {
                    let none = BTreeMap::new;
                    return Bench { archive: disk, keys: key_disk, vault, live: none(), erased: none() };
                }
                Err(e) => assert!(plan.is_dead(), "opening failed by itself: {e}, {:?}", plan.log()),
            }
            (archive, keys) = (disk.crash(seed + k), key_disk.crash(seed + 7 * k));
        }
        panic!("opening does not come to an end")
    }

    // Goal: a crash at any point of a roll leaves the old side or the new one, whole, and nothing else. Method: every
    // operation fails in every way; then the power goes, and again at every step of recovery. The state is the old one
    // until the lock record could have been written, which is when prepare_roll has returned.
    #[test]
    fn a_crash_anywhere_in_a_roll_leaves_one_whole_side() {
        let mut base = Bench::new();
        base.add(1, 300);
        base.add(2, 5);
        base.fold();
        base.add(3, 1);
        base.roll(&slots(1, &[2]), true);
        base.add(2, 3);
        base.add(1, 4);
        let old = base.vault.state();
        for (erase, new_epoch) in
            [([slots(1, &[1, 299, 303]), slots(2, &[7])].concat(), true), (Vec::new(), true), (Vec::new(), false)]
        {
            let (mut kept, mut gone) = (base.live.clone(), base.erased.clone());
            for slot in &erase {
                gone.extend(kept.remove_entry(slot));
            }
            let check = |archive: &FaultDisk, keys: &FaultDisk, state: VaultState, seed: u64| {
                let found = reopen_through_crashes(archive.crash(seed), keys.crash(seed + 1), state, seed);
                let (live, erased) = if state == old { (&base.live, &base.erased) } else { (&kept, &gone) };
                check_keys(&found.vault, live, erased);
                check_files(&found.vault, found.archive.as_ref(), found.keys.as_ref());
            };
            let run = |plan: &Arc<FaultPlan>, seed: u64| {
                let archive = Arc::new(base.archive.copy().under(plan));
                let keys = Arc::new(base.keys.copy().under(plan));
                let mut vault = Vault::open(archive.clone(), folder(&keys), ARCHIVE, old).unwrap();
                assert_eq!(plan.operations(), 0, "opening a whole vault writes nothing");
                let prepared = vault.prepare_roll(&erase, new_epoch);
                // The lock record was not written.
                check(&archive, &keys, old, seed);
                if let Ok(roll) = prepared {
                    let new = roll.state;
                    // The lock record was written and then the power went.
                    check(&archive, &keys, new, seed + 50);
                    assert_eq!(vault.finish_roll(roll).is_ok(), !plan.is_dead());
                    check(&archive, &keys, new, seed + 100);
                }
            };
            let whole = FaultPlan::count_only();
            run(&whole, 0);
            assert!(whole.operations() >= 10, "{:?}", whole.log());
            for k in 0..whole.operations() {
                for failure in Failure::ALL {
                    println!("operation {k} ({}) {failure:?}", whole.log()[usize::try_from(k).unwrap()]);
                    run(&FaultPlan::fail_at(k, failure), 1000 * k);
                }
            }
        }
    }

    // Goal: a changed byte anywhere is named by the audit, without keys, and never gives a key.
    #[test]
    fn a_changed_byte_is_named_and_gives_no_key() {
        let mut bench = Bench::new();
        bench.add(1, 300);
        bench.fold();
        bench.add(1, 2);
        let state = bench.vault.state();
        let mut draw = Sequence::new(11);
        for (name, file) in bench.archive.files() {
            let offsets: BTreeSet<usize> = [0, 9, 25, 33, file.len() - 1]
                .into_iter()
                .chain((0..20).map(|_| draw.len_to(file.len() - 1)))
                .collect();
            for offset in offsets {
                let bad = Arc::new(bench.archive.copy());
                bad.corrupt(&name, offset, 1 << draw.below(8));
                assert_eq!(audited(&bad, &state), [audit::Damage::Changed(name.clone())], "{name}, byte {offset}");
                let opened = Vault::open(bad, folder(&bench.keys), ARCHIVE, state);
                let found = opened.and_then(|vault| {
                    bench.live.iter().try_for_each(|(slot, o)| {
                        assert_eq!(vault.key(*slot, o.owner)?, o.key);
                        Ok(())
                    })
                });
                assert!(matches!(&found, Err(VaultError::Changed { name: n }) if *n == name), "{name}: {found:?}");
            }
            let bad = Arc::new(bench.archive.copy());
            bad.delete(&name).unwrap();
            assert_eq!(audited(&bad, &state), [audit::Damage::Missing(name.clone())]);
        }
        let bad = bench.archive.copy();
        bad.plant("vault/other", b"?");
        assert_eq!(audited(&bad, &state), [audit::Damage::Stray("vault/other".into())]);
    }

    #[test]
    fn another_kek_opens_nothing() {
        let mut bench = Bench::new();
        bench.add(1, 3);
        bench.fold();
        let state = bench.vault.state();
        let open = |keys: FaultDisk, archive| {
            Vault::open(bench.archive.clone(), KeyFolder::new(Arc::new(keys), archive), ARCHIVE, state).map(|_| ())
        };
        assert!(
            matches!(open(bench.keys.copy(), ArchiveId([8; 16])), Err(VaultError::Key { .. })),
            "of another archive"
        );
        let empty = || FaultDisk::new(&FaultPlan::count_only());
        assert!(matches!(open(empty(), ARCHIVE), Err(VaultError::Key { .. })), "missing");
        let other = Arc::new(empty());
        folder(&other).create_kek(1).unwrap();
        assert!(matches!(open(other.copy(), ARCHIVE), Err(VaultError::Sealed { .. })), "another key");
        let name = keys::kek_name(1);
        for offset in 0..bench.keys.files()[&name].len() {
            let bad = bench.keys.copy();
            bad.corrupt(&name, offset, 1);
            assert!(open(bad, ARCHIVE).is_err(), "byte {offset}");
        }
    }
}
