//! A medium in memory that fails on demand and forgets what was never synced.
//!
//! Several disks (the archive, the key folder) share one [`FaultPlan`], so a test can fail every operation of an act in
//! turn, on whichever medium it falls. [`FaultDisk::crash`] gives what a power cut leaves; [`FaultDisk::copy`] what a
//! killed process leaves on a machine that goes on.
//!
//! It is as forgetful as the contract of [`Disk`] allows, and stricter than local files in two points: an append that
//! is not at the end of the file is a panic, and after a failed sync no later sync saves the bytes (Rebello et al.,
//! "Can Applications Recover from fsync Failures?", USENIX ATC 2020).

use super::Sequence;
use crate::store::disk::{CELL_BYTES_MAX, Cell, Cells, Disk, DiskError};
use crate::store::local::{decode_slot, encode_slot};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Unsynced bytes are lost in units of this size.
const SECTOR_BYTES: usize = 512;

/// How the failing operation fails. All three are reported as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was done.
    NotDone,
    /// All was done, durably where the operation promises it.
    DoneButReported,
    /// A part was done: see each operation of [`FaultDisk`].
    Torn,
}

impl Failure {
    /// Every way to fail.
    pub const ALL: [Failure; 3] = [Failure::NotDone, Failure::DoneButReported, Failure::Torn];
}

/// Which operation fails, and how. Mutating operations are counted from 0 over all disks of the plan; reading never
/// fails.
#[derive(Debug)]
pub struct FaultPlan {
    fail_at: Option<(u64, Failure)>,
    then_dead: bool,
    done: Mutex<Done>,
}

#[derive(Debug, Default)]
struct Done {
    operations: Vec<String>,
    dead: bool,
}

impl FaultPlan {
    /// Fails nothing and counts.
    pub fn count_only() -> Arc<Self> {
        Arc::new(Self { fail_at: None, then_dead: false, done: Mutex::default() })
    }

    /// Fails operation `k`, and then all: the process is dead.
    pub fn fail_at(k: u64, failure: Failure) -> Arc<Self> {
        Self::fail_at_then(k, failure, true)
    }

    /// Fails operation `k`; `then_dead` says whether all after it fail too.
    pub fn fail_at_then(k: u64, failure: Failure, then_dead: bool) -> Arc<Self> {
        Arc::new(Self { fail_at: Some((k, failure)), then_dead, done: Mutex::default() })
    }

    /// Mutating operations so far, failed ones included.
    pub fn operations(&self) -> u64 {
        self.done().operations.len() as u64
    }

    /// What each operation was, for the message of a failing test.
    pub fn log(&self) -> Vec<String> {
        self.done().operations.clone()
    }

    /// True once the process counts as dead.
    pub fn is_dead(&self) -> bool {
        self.done().dead
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one operation: whether and how it fails, and its number.
    fn next(&self, step: &str, name: &str, bytes: usize) -> (Option<Failure>, u64) {
        let mut done = self.done();
        let k = done.operations.len() as u64;
        done.operations.push(format!("{step} {name} ({bytes} bytes)"));
        if done.dead {
            return (Some(Failure::NotDone), k);
        }
        let failure = self.fail_at.filter(|(at, _)| *at == k).map(|(_, failure)| failure);
        done.dead = failure.is_some() && self.then_dead;
        (failure, k)
    }
}

/// One file: what readers see, and how much of it a power cut leaves.
#[derive(Debug, Clone)]
struct File {
    bytes: Vec<u8>,
    /// So many bytes from the start are durable.
    synced: usize,
    /// Its name is durable.
    named: bool,
    /// Made whole: a power cut leaves all of it or nothing.
    atomic: bool,
    /// A sync failed: the medium may have dropped the bytes, so later syncs do nothing.
    lost: bool,
}

impl File {
    fn durable(bytes: Vec<u8>) -> Self {
        Self { synced: bytes.len(), bytes, named: true, atomic: false, lost: false }
    }
}

/// A version of a file that was on the medium at some moment.
pub type Version = (String, Vec<u8>);

/// A medium in memory.
pub struct FaultDisk {
    plan: Arc<FaultPlan>,
    files: Mutex<BTreeMap<String, File>>,
    history: Option<Mutex<Vec<Version>>>,
    bytes_read: AtomicU64,
    names_listed: AtomicU64,
}

impl FaultDisk {
    /// An empty medium under `plan`.
    pub fn new(plan: &Arc<FaultPlan>) -> Self {
        Self::holding(plan.clone(), BTreeMap::new())
    }

    fn holding(plan: Arc<FaultPlan>, files: BTreeMap<String, File>) -> Self {
        Self {
            plan,
            files: Mutex::new(files),
            history: None,
            bytes_read: AtomicU64::new(0),
            names_listed: AtomicU64::new(0),
        }
    }

    /// Keeps every version of every file from now on, as a thief with endless patience would.
    pub fn keep_history(mut self) -> Self {
        self.history = Some(Mutex::default());
        self
    }

    /// The versions kept.
    pub fn history(&self) -> Vec<Version> {
        let history = self.history.as_ref().map(|h| h.lock().unwrap_or_else(PoisonError::into_inner).clone());
        history.unwrap_or_default()
    }

    /// What a power cut leaves, all of it durable, on a medium that does not fail.
    ///
    /// Of bytes that no sync covers: nothing, a prefix, all, or a prefix with zeros for some sectors. A file whose name
    /// was never synced may be gone.
    pub fn crash(&self, seed: u64) -> Self {
        let mut choice = Sequence::new(seed);
        let mut left = BTreeMap::new();
        for (name, file) in self.held().iter() {
            if !file.named && choice.below(2) == 0 {
                continue;
            }
            let mut bytes = file.bytes.clone();
            if file.synced < bytes.len() && !file.atomic {
                match choice.below(4) {
                    0 => bytes.truncate(file.synced),
                    1 => bytes.truncate(file.synced + choice.len_to(file.bytes.len() - file.synced)),
                    2 => {}
                    _ => {
                        bytes.truncate(file.synced + choice.len_to(file.bytes.len() - file.synced));
                        lose_sectors(&mut bytes, file.synced, &mut choice);
                    }
                }
            }
            left.insert(name.clone(), File::durable(bytes));
        }
        Self::holding(FaultPlan::count_only(), left)
    }

    /// The same files, synced as far as they are, on a medium that does not fail: the process is new, the machine is
    /// not.
    pub fn copy(&self) -> Self {
        Self::holding(FaultPlan::count_only(), self.held().clone())
    }

    /// The same medium under another plan.
    pub fn under(mut self, plan: &Arc<FaultPlan>) -> Self {
        self.plan = plan.clone();
        self
    }

    /// All files as readers see them.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.held().iter().map(|(name, file)| (name.clone(), file.bytes.clone())).collect()
    }

    /// Changes the byte at `offset`, durably.
    pub fn corrupt(&self, name: &str, offset: usize, xor: u8) {
        let mut files = self.held();
        let file = files.get_mut(name).expect("the test names a file that is there");
        *file.bytes.get_mut(offset).expect("the test names a byte that is there") ^= xor;
    }

    /// Puts a file there, durably and uncounted.
    pub fn plant(&self, name: &str, bytes: &[u8]) {
        self.set(&mut self.held(), name, Some(File::durable(bytes.to_vec())));
    }

    /// How many names were given by lists so far.
    pub fn names_listed(&self) -> u64 {
        self.names_listed.load(Ordering::SeqCst)
    }

    /// Bytes given by [`Disk::read_at`] so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::SeqCst)
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, File>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, files: &mut BTreeMap<String, File>, name: &str, file: Option<File>) {
        if let (Some(history), Some(file)) = (&self.history, &file) {
            let version = (name.to_owned(), file.bytes.clone());
            history.lock().unwrap_or_else(PoisonError::into_inner).push(version);
        }
        match file {
            Some(file) => files.insert(name.to_owned(), file),
            None => files.remove(name),
        };
    }
}

fn lose_sectors(bytes: &mut [u8], from: usize, choice: &mut Sequence) {
    let mut at = from;
    while at < bytes.len() {
        let end = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
        let end = end.min(bytes.len());
        if choice.below(3) == 0 {
            bytes[at..end].fill(0);
        }
        at = end;
    }
}

fn report(step: &'static str, name: &str, failure: Option<Failure>) -> Result<(), DiskError> {
    match failure {
        None => Ok(()),
        Some(_) => Err(DiskError::io(step, name, io::Error::other("fault of the test"))),
    }
}

fn missing(name: &str) -> DiskError {
    DiskError::Missing { name: name.to_owned() }
}

impl Disk for FaultDisk {
    /// Torn: a prefix is appended.
    fn append(&self, name: &str, at: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let (failure, k) = self.plan.next("append", name, bytes.len());
        let kept = match failure {
            None | Some(Failure::DoneButReported) => bytes.len(),
            Some(Failure::Torn) => Sequence::new(k).len_to(bytes.len()),
            Some(Failure::NotDone) => return report("append to", name, failure),
        };
        let mut files = self.held();
        let new = File { synced: 0, named: false, ..File::durable(Vec::new()) };
        let mut file = files.get(name).cloned().unwrap_or(new);
        assert_eq!(at, file.bytes.len() as u64, "append to {name} must be at its end");
        file.bytes.extend_from_slice(&bytes[..kept]);
        self.set(&mut files, name, Some(file));
        report("append to", name, failure)
    }

    /// Torn: a part of the bytes is durable.
    fn sync(&self, name: &str) -> Result<(), DiskError> {
        let (failure, k) = self.plan.next("sync", name, 0);
        let mut files = self.held();
        let file = files.get_mut(name).ok_or_else(|| missing(name))?;
        let unsynced = file.bytes.len() - file.synced;
        match failure {
            None | Some(Failure::DoneButReported) if !file.lost => {
                file.synced += unsynced;
                file.named = true;
            }
            Some(Failure::Torn) => file.synced += Sequence::new(k).len_to(unsynced),
            _ => {}
        }
        file.lost |= failure.is_some();
        report("sync", name, failure)
    }

    /// Torn: cut somewhere between the old and the new end.
    fn cut(&self, name: &str, len: u64) -> Result<(), DiskError> {
        let (failure, k) = self.plan.next("cut", name, 0);
        let mut files = self.held();
        let mut file = files.get(name).cloned().ok_or_else(|| missing(name))?;
        let wanted = usize::try_from(len).expect("a test's file is small");
        assert!(wanted <= file.bytes.len(), "cutting {name} must not lengthen it");
        let len = match failure {
            None | Some(Failure::DoneButReported) => wanted,
            Some(Failure::Torn) => wanted + Sequence::new(k).len_to(file.bytes.len() - wanted),
            Some(Failure::NotDone) => return report("cut", name, failure),
        };
        file.bytes.truncate(len);
        // Local files sync the whole file here. The name is not promised: cutting is for files that are known to last.
        file.synced = if file.lost || failure == Some(Failure::Torn) { file.synced.min(len) } else { len };
        self.set(&mut files, name, Some(file));
        report("cut", name, failure)
    }

    /// Torn: each file is there whole or not at all, and those that are there may be gone after a power cut.
    fn put_if_absent(&self, new: &[(String, Vec<u8>)]) -> Result<(), DiskError> {
        let first = new.first().map_or("nothing", |(name, _)| name);
        let (failure, k) = self.plan.next("put", first, new.iter().map(|(_, bytes)| bytes.len()).sum());
        let mut choice = Sequence::new(k);
        let mut files = self.held();
        for (name, bytes) in new {
            match failure {
                Some(Failure::NotDone) => continue,
                Some(Failure::Torn) if choice.below(2) == 0 => continue,
                _ => {}
            }
            let torn = failure == Some(Failure::Torn);
            let file = match files.get(name).cloned() {
                Some(file) if file.bytes != *bytes => return Err(DiskError::Exists { name: name.clone() }),
                // What another call left undurable must be durable now.
                Some(file) if torn => file,
                _ if torn => File { named: false, atomic: true, ..File::durable(bytes.clone()) },
                _ => File { atomic: true, ..File::durable(bytes.clone()) },
            };
            self.set(&mut files, name, Some(file));
        }
        report("create", first, failure)
    }

    /// Torn: the old bytes or the new.
    fn publish(&self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let (failure, k) = self.plan.next("publish", name, bytes.len());
        let done = match failure {
            None | Some(Failure::DoneButReported) => true,
            Some(Failure::Torn) => Sequence::new(k).below(2) == 0,
            Some(Failure::NotDone) => false,
        };
        if done {
            self.set(&mut self.held(), name, Some(File { atomic: true, ..File::durable(bytes.to_vec()) }));
        }
        report("publish", name, failure)
    }

    /// Torn: not done; or `name` has the new bytes and `from` is still there.
    fn replace(&self, name: &str, from: &str) -> Result<(), DiskError> {
        let (failure, k) = self.plan.next("replace", name, 0);
        let mut files = self.held();
        let new = files.get(from).cloned().ok_or_else(|| missing(from))?;
        assert!(new.synced == new.bytes.len(), "{from} must be synced before it takes the place of {name}");
        let (is_placed, is_left) = match failure {
            None | Some(Failure::DoneButReported) => (true, false),
            Some(Failure::NotDone) => (false, true),
            Some(Failure::Torn) => (Sequence::new(k).below(2) == 0, true),
        };
        if is_placed {
            self.set(&mut files, name, Some(new));
        }
        if !is_left {
            self.set(&mut files, from, None);
        }
        report("replace", name, failure)
    }

    fn read_at(&self, name: &str, at: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        let files = self.held();
        let file = files.get(name).ok_or_else(|| missing(name))?;
        let len = file.bytes.len() as u64;
        let wanted = at.saturating_add(buffer.len() as u64);
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let found = file.bytes.get(start..).and_then(|rest| rest.get(..buffer.len()));
        let found = found.ok_or_else(|| DiskError::Short { name: name.to_owned(), len, wanted })?;
        buffer.copy_from_slice(found);
        self.bytes_read.fetch_add(buffer.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    fn len(&self, name: &str) -> Result<Option<u64>, DiskError> {
        Ok(self.held().get(name).map(|file| file.bytes.len() as u64))
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, DiskError> {
        let folder = prefix.trim_end_matches('/');
        let inside = |name: &str| folder.is_empty() || name.strip_prefix(folder).is_some_and(|r| r.starts_with('/'));
        let files = self.held();
        let found = files.iter().filter(|(name, _)| inside(name));
        self.names_listed.fetch_add(found.clone().count() as u64, Ordering::SeqCst);
        Ok(found.map(|(name, file)| (name.clone(), file.bytes.len() as u64)).collect())
    }

    /// Torn: there, gone, or overwritten and still there.
    fn delete(&self, name: &str) -> Result<(), DiskError> {
        let (failure, k) = self.plan.next("delete", name, 0);
        let mut files = self.held();
        let Some(file) = files.get(name).cloned() else { return report("remove", name, failure) };
        let left = match failure {
            None | Some(Failure::DoneButReported) => None,
            Some(Failure::NotDone) => Some(file),
            Some(Failure::Torn) => match Sequence::new(k).below(3) {
                0 => None,
                1 => Some(file),
                _ => Some(File { bytes: vec![0; file.bytes.len()], ..file }),
            },
        };
        self.set(&mut files, name, left);
        report("remove", name, failure)
    }

    /// Torn: one slot is half new, half old; the other one is whole.
    fn swap(&self, name: &str, expected: u64, next: &[u8]) -> Result<(), DiskError> {
        assert!(next.len() <= CELL_BYTES_MAX, "a cell holds {CELL_BYTES_MAX} bytes");
        let found = self.cells(name)?.newest.map_or(0, |cell| cell.seq);
        if found != expected {
            return Err(DiskError::Swapped { name: name.to_owned(), expected, found });
        }
        let (failure, _) = self.plan.next("swap", name, next.len());
        if failure == Some(Failure::NotDone) {
            return report("swap", name, failure);
        }
        let seq = expected + 1;
        let empty = encode_slot(&Cell { seq: 0, bytes: Vec::new() });
        let slot_bytes = empty.len();
        let new = encode_slot(&Cell { seq, bytes: next.to_vec() });
        let mut files = self.held();
        let mut bytes =
            files.get(name).map_or_else(|| [empty.clone(), vec![0; slot_bytes]].concat(), |f| f.bytes.clone());
        let at = usize::try_from(seq % 2).expect("0 or 1") * slot_bytes;
        // Half of the value, not of the slot, so that a short value is torn too.
        let kept = if failure == Some(Failure::Torn) { 12 + next.len() / 2 } else { slot_bytes };
        bytes[at..at + kept].copy_from_slice(&new[..kept]);
        self.set(&mut files, name, Some(File::durable(bytes)));
        report("swap", name, failure)
    }

    fn cells(&self, name: &str) -> Result<Cells, DiskError> {
        let files = self.held();
        let Some(file) = files.get(name) else { return Ok(Cells::default()) };
        let slot_bytes = encode_slot(&Cell { seq: 0, bytes: Vec::new() }).len();
        let mut cells = Cells { newest: None, damaged: file.bytes.len() != 2 * slot_bytes };
        for (parity, slot) in (0u64..2).zip(file.bytes.chunks(slot_bytes)) {
            match Some(slot).filter(|s| s.len() == slot_bytes).and_then(decode_slot) {
                Some(cell) if cell.seq % 2 == parity => {
                    if cell.seq > 0 && cells.newest.as_ref().is_none_or(|newest| newest.seq < cell.seq) {
                        cells.newest = Some(cell);
                    }
                }
                _ => cells.damaged = true,
            }
        }
        Ok(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::local::{Erasing, LocalDisk};

    fn disk(plan: &Arc<FaultPlan>) -> FaultDisk {
        FaultDisk::new(plan)
    }

    #[test]
    fn synced_bytes_survive_every_crash_and_others_need_not() {
        let disk = disk(&FaultPlan::count_only());
        disk.append("a", 0, &[1; 1000]).unwrap();
        disk.sync("a").unwrap();
        disk.append("a", 1000, &[2; 2000]).unwrap();
        disk.append("new", 0, b"x").unwrap();
        let mut lengths = std::collections::BTreeSet::new();
        let (mut zeroed, mut vanished) = (0, 0);
        for seed in 0..200 {
            let files = disk.crash(seed).files();
            assert_eq!(files["a"][..1000], [1; 1000], "seed {seed}");
            assert!(files["a"][1000..].iter().all(|b| [0, 2].contains(b)), "seed {seed}");
            zeroed += usize::from(files["a"][1000..].contains(&0));
            vanished += usize::from(!files.contains_key("new"));
            lengths.insert(files["a"].len());
        }
        assert!(lengths.contains(&1000) && lengths.contains(&3000) && lengths.len() > 10);
        assert!(zeroed > 10 && vanished > 50 && vanished < 150, "{zeroed} {vanished}");
    }

    #[test]
    fn a_killed_process_loses_nothing_and_makes_nothing_durable() {
        let disk = disk(&FaultPlan::count_only());
        disk.append("a", 0, b"abc").unwrap();
        let copy = disk.copy();
        assert_eq!(copy.files()["a"], b"abc");
        assert!((0..50).any(|seed| !copy.crash(seed).files().contains_key("a")));
    }

    #[test]
    fn after_a_failed_sync_no_later_sync_saves_the_bytes() {
        let disk = disk(&FaultPlan::fail_at_then(1, Failure::NotDone, false));
        disk.append("a", 0, b"abc").unwrap();
        disk.sync("a").unwrap_err();
        disk.sync("a").unwrap();
        assert!((0..50).any(|seed| !disk.crash(seed).files().contains_key("a")));
    }

    #[test]
    fn a_dead_process_changes_nothing_on_any_disk() {
        let plan = FaultPlan::fail_at(1, Failure::DoneButReported);
        let (one, two) = (disk(&plan), disk(&plan));
        one.append("a", 0, b"abc").unwrap();
        two.append("b", 0, b"abc").unwrap_err();
        assert!(plan.is_dead());
        one.sync("a").unwrap_err();
        two.put_if_absent(&[("c".into(), b"c".to_vec())]).unwrap_err();
        assert_eq!(two.files().into_keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(plan.operations(), 4);
        assert_eq!(plan.log()[1], "append b (3 bytes)");
    }

    #[test]
    fn files_put_together_are_each_whole_or_absent() {
        let new: Vec<(String, Vec<u8>)> = (0..20u8).map(|i| (format!("f{i:02}"), vec![i; 700])).collect();
        let disk = disk(&FaultPlan::fail_at_then(0, Failure::Torn, false));
        disk.put_if_absent(&new).unwrap_err();
        let found = disk.files().len();
        assert!((1..20).contains(&found), "{found}");
        for seed in 0..50 {
            let left = disk.crash(seed).files();
            assert!(left.len() <= found && left.iter().all(|f| new.contains(&(f.0.clone(), f.1.clone()))));
        }
        // A second call makes durable what the first one left.
        disk.put_if_absent(&new).unwrap();
        assert_eq!(disk.crash(1).files().len(), 20);
        let other = [("f00".to_owned(), b"other".to_vec())];
        assert!(matches!(disk.put_if_absent(&other), Err(DiskError::Exists { .. })));
    }

    #[test]
    fn what_takes_a_place_is_there_whole_or_not_at_all() {
        let mut seen = std::collections::BTreeSet::new();
        for k in 4..24 {
            for failure in [None, Some(Failure::NotDone), Some(Failure::DoneButReported), Some(Failure::Torn)] {
                let plan = failure.map_or_else(FaultPlan::count_only, |failure| FaultPlan::fail_at(k, failure));
                let disk = disk(&plan);
                for (name, bytes) in [("a", &b"old"[..]), ("a.new", b"new")] {
                    disk.append(name, 0, bytes).unwrap();
                    disk.sync(name).unwrap();
                }
                for _ in 4..k {
                    disk.sync("a").unwrap();
                }
                assert_eq!(disk.replace("a", "a.new").is_err(), failure.is_some());
                let left = disk.crash(k).files();
                let found = (left["a"].as_slice(), left.contains_key("a.new"));
                assert!(found.1 || found.0 == b"new", "the only copy is gone");
                seen.insert((left["a"].clone(), found.1));
            }
        }
        assert_eq!(seen.len(), 3, "old with the new beside it, new with it, new alone");
    }

    #[test]
    fn a_torn_swap_leaves_the_old_value_and_says_so() {
        for count in [0u64, 1, 2, 5] {
            let plan = FaultPlan::fail_at(count, Failure::Torn);
            let disk = disk(&plan);
            for seq in 0..count {
                disk.swap("lock", seq, &[u8::try_from(seq).unwrap(); 40]).unwrap();
                assert!(!disk.cells("lock").unwrap().damaged || seq == 0);
            }
            assert!(matches!(disk.swap("lock", count + 1, b"x"), Err(DiskError::Swapped { .. })));
            disk.swap("lock", count, b"the next value").unwrap_err();
            let cells = disk.crash(7).cells("lock").unwrap();
            assert!(cells.damaged, "{count}");
            assert_eq!(cells.newest.map_or(0, |c| c.seq), count);
        }
    }

    #[test]
    fn a_cell_of_this_disk_is_one_of_local_files() {
        let folder = tempfile::tempdir().unwrap();
        let local = LocalDisk::open(folder.path(), Erasing::Nothing).unwrap();
        let memory = disk(&FaultPlan::count_only());
        for seq in 0..4 {
            for disk in [&local as &dyn Disk, &memory] {
                disk.swap("lock", seq, &[7; 33]).unwrap();
            }
            assert_eq!(local.read("lock").unwrap(), memory.read("lock").unwrap(), "after {}", seq + 1);
            assert_eq!(local.cells("lock").unwrap(), memory.cells("lock").unwrap());
        }
    }

    #[test]
    fn lists_are_by_folder_not_by_prefix() {
        let disk = disk(&FaultPlan::count_only());
        for name in ["store/1", "store/a/2", "storeroom", "x"] {
            disk.plant(name, b"1");
        }
        let names = |prefix: &str| disk.list(prefix).unwrap().into_iter().map(|(n, _)| n).collect::<Vec<_>>();
        assert_eq!(names("store"), ["store/1", "store/a/2"]);
        assert_eq!(names("store/"), names("store"));
        assert_eq!(names("").len(), 4);
    }
}
