//! Checking the journal's files without any key: the signed checkpoint, every entry, every tile, the staging files.
//!
//! It reads and repairs nothing. What it finds is named by file; `docs/format.md` §4 is what it holds them against.

use super::LogError;
use super::checkpoint::{Checkpoint, VerifierKey, verify};
use super::commit::checkpoint_name;
use super::leaf::{Leaf, LeafError, Succession};
use super::lock::{LOCK, LockRecord};
use super::note::Note;
use super::read::split_bundle;
use super::stage::{Bundle, stage_name, stage_number};
use super::tile;
use super::tree::{Edge, FullTile, TILE_WIDTH, empty_root, leaf_hash};
use crate::model::digest::Sha256;
use crate::model::id::ArchiveId;
use crate::store::disk::{Disk, DiskError};
use std::collections::{BTreeMap, BTreeSet};

/// One thing wrong in the journal: the file, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

/// Checks the journal against the lock record and gives each leaf that can be read to `leaf`. `notes` are checkpoints
/// by its key that lie elsewhere ([`evidence`](super::fork::evidence)): each must be of this history.
///
/// The root is recomputed from the entries; every tile is compared byte for byte with the recomputed one. Hashes in
/// tiles are never believed (CVE-2026-56865 is what happens when they are).
pub fn check(
    disk: &dyn Disk,
    archive: ArchiveId,
    key: &VerifierKey,
    lock: &LockRecord,
    notes: &[(String, Vec<u8>)],
    leaf: &mut dyn FnMut(u64, Leaf),
    damaged: &mut dyn FnMut(Damage),
) -> Result<u64, LogError> {
    let mut damage = |file: &str, what: String| damaged(Damage { file: file.to_owned(), what });
    let stages = stages(disk, archive, lock, &mut damage)?;
    let name = checkpoint_name();
    let published = match disk.read(&name) {
        Err(DiskError::Missing { .. }) => Err("is missing"),
        note => verify(&note?, key).ok_or("is not signed by this archive's key"),
    };
    let published = match published {
        Ok(published) => published,
        Err(what) => {
            damage(&name, what.to_owned());
            return Ok(0);
        }
    };
    if published.size > lock.head.size {
        damage(LOCK, format!("is of {} entries, the published checkpoint of {}", lock.head.size, published.size));
    }
    let mut others = Vec::new();
    for (file, note) in notes {
        match Note::read(note).and_then(|note| Checkpoint::parse(note.text)) {
            Some(checkpoint) => others.push((file, note, checkpoint)),
            None => damage(file, "is not signed by this archive's key".to_owned()),
        }
    }
    let roots = others.iter().map(|(_, _, checkpoint)| (checkpoint.size, empty_root())).collect();
    let mut walk = Walk {
        disk,
        edge: Edge::default(),
        full: Vec::new(),
        t: 0,
        roots,
        successions: Vec::new(),
        damage: &mut damage,
        leaf,
    };
    let mut expected = BTreeSet::from([name.clone(), LOCK.to_owned()]);
    for number in 0..published.size.div_ceil(TILE_WIDTH) {
        let width = tile::width(0, number, published.size);
        let file = tile::entries_tile(number, width);
        expected.insert(file.clone());
        let before = walk.edge.size();
        if !walk.bundle(&file, number, width)? {
            return Ok(before);
        }
        walk.full_tiles(&mut expected)?;
    }
    if walk.edge.root() != published.root {
        (walk.damage)(&name, "signs another root than the entries have".to_owned());
    }
    walk.partial_tiles(&mut expected)?;
    // What is committed and not yet published is in the bundles.
    for (file, bundle) in &stages {
        if bundle.old_size >= published.size && bundle.old_size == walk.edge.size() && bundle.old_size < lock.head.size
        {
            for entry in &bundle.entries {
                walk.entry(file, entry);
            }
            if walk.edge.root() != bundle.head.root {
                (walk.damage)(file, "a bundle does not lead to its root".to_owned());
            }
        }
    }
    let (size, roots) = (walk.edge.size(), std::mem::take(&mut walk.roots));
    let successions = std::mem::take(&mut walk.successions);
    chain(&successions, key, walk.damage);
    for (file, note, checkpoint) in others {
        let Checkpoint { size: named, root, .. } = checkpoint;
        let is_ours = || roots.get(&named) == Some(&root);
        let before = successions.iter().find(|(_, log)| verify(note, &log.was).is_some());
        match before {
            _ if verify(note, key).is_some() => {
                if named > size {
                    (walk.damage)(file, format!("names {named} entries under this archive's key, {size} were found"));
                } else if !is_ours() {
                    (walk.damage)(file, format!("signs another root at {named} entries than the entries have"));
                }
            }
            // By a key of before: what is beyond the cut was lost, and the entry says how much that is.
            Some((cut, _)) if named <= *cut && !is_ours() => {
                (walk.damage)(file, format!("signs another root at {named} entries than the entries have"));
            }
            Some((cut, log)) if named > log.size || (named == log.size && root != log.root) => {
                let what = format!("shows that more was lost than entry {cut} says: {named} entries, not {}", log.size);
                (walk.damage)(file, what);
            }
            Some(_) => {}
            None => (walk.damage)(file, "is not signed by this archive's key".to_owned()),
        }
    }
    if size != lock.head.size || walk.edge.root() != lock.head.root {
        (walk.damage)(
            LOCK,
            format!("names {} entries with another root than the {size} that were found", lock.head.size),
        );
    }
    expected.extend(notes.iter().map(|(file, _)| file.clone()));
    for (file, _) in disk.list(tile::TLOG)? {
        if expected.contains(&file) || stage_number(&file).is_some() {
            continue;
        }
        // A partial tile of an older checkpoint stays until its tile is full; it must be a beginning of the tile.
        match newer_tile(&file, &expected) {
            Some(tile) if begins(disk, &file, tile)? => {}
            Some(_) => damage(&file, "is not a beginning of its tile".to_owned()),
            None => damage(&file, "is not part of the journal".to_owned()),
        }
    }
    Ok(size)
}

/// Each entry by which the log went on names the key of before, up to the present one.
fn chain(successions: &[(u64, Succession)], key: &VerifierKey, damage: &mut dyn FnMut(&str, String)) {
    let file = "tlog/tile/entries";
    for (n, (index, log)) in successions.iter().enumerate() {
        let next = successions.get(n + 1).map_or(key, |(_, next)| &next.was);
        if log.vkey != *next {
            damage(file, format!("entry {index} goes on under {}, what follows is by {next}", log.vkey));
        }
        if log.size <= *index {
            damage(file, format!("entry {index} succeeds a log of {} entries, of which none is missing", log.size));
        }
    }
}

/// The tile of the present journal of which `file` may be an older partial.
fn newer_tile<'a>(file: &str, expected: &'a BTreeSet<String>) -> Option<&'a String> {
    let (full, width) = file.rsplit_once(".p/")?;
    let width: u64 = width.parse().ok()?;
    let newer = |e: &&String| match e.rsplit_once(".p/") {
        Some((f, w)) => f == full && w.parse::<u64>().is_ok_and(|w| w > width),
        None => *e == full,
    };
    expected.iter().find(newer)
}

fn begins(disk: &dyn Disk, partial: &str, tile: &str) -> Result<bool, LogError> {
    let width: usize = partial.rsplit('/').next().and_then(|w| w.parse().ok()).unwrap_or(0);
    let part = disk.read(partial)?;
    let whole = match disk.read(tile) {
        // Named already as missing.
        Err(DiskError::Missing { .. }) => return Ok(true),
        whole => whole?,
    };
    if !whole.starts_with(&part) {
        return Ok(false);
    }
    let is_bundle = partial.starts_with(&format!("{}/tile/entries/", tile::TLOG));
    Ok(if is_bundle { split_bundle(&part).is_some_and(|e| e.len() == width) } else { part.len() == width * 32 })
}

fn stages(
    disk: &dyn Disk,
    archive: ArchiveId,
    lock: &LockRecord,
    damage: &mut dyn FnMut(&str, String),
) -> Result<Vec<(String, Bundle)>, LogError> {
    let mut numbers: Vec<u64> = disk.list(tile::TLOG)?.iter().filter_map(|(name, _)| stage_number(name)).collect();
    numbers.sort_unstable();
    let mut bundles = Vec::new();
    let mut found_last = false;
    // A later file was begun by a batch that was never committed; the next open removes it.
    for number in numbers.into_iter().filter(|n| *n <= lock.bundle.file) {
        let name = stage_name(number);
        let mut bytes = disk.read(&name)?;
        if number == lock.bundle.file {
            // Bytes beyond the lock record are a crash's leftovers, cut at the next open.
            let end = lock.bundle.offset + u64::from(lock.bundle.len);
            bytes.truncate(usize::try_from(end).unwrap_or(usize::MAX));
        }
        let mut at = 0usize;
        while at < bytes.len() {
            let Some((bundle, len, digest)) = Bundle::decode(&bytes[at..], archive) else {
                damage(&name, format!("bundle at byte {at} is not whole"));
                break;
            };
            if bundle.lock_record(number, at as u64, len, digest) == *lock {
                found_last = true;
            }
            bundles.push((name.clone(), bundle));
            at += len as usize;
        }
    }
    if !found_last {
        damage(&stage_name(lock.bundle.file), "does not hold the bundle that the lock record names".to_owned());
    }
    Ok(bundles)
}

struct Walk<'a> {
    disk: &'a dyn Disk,
    edge: Edge,
    full: Vec<FullTile>,
    t: u64,
    /// Sizes whose root is wanted; filled in as they are reached.
    roots: BTreeMap<u64, Sha256>,
    /// Entries by which the log went on under a new name and key.
    successions: Vec<(u64, Succession)>,
    damage: &'a mut dyn FnMut(&str, String),
    leaf: &'a mut dyn FnMut(u64, Leaf),
}

impl Walk<'_> {
    fn entry(&mut self, file: &str, entry: &[u8]) {
        let index = self.edge.size();
        match Leaf::decode(index, entry) {
            Ok(leaf) => {
                if leaf.t < self.t {
                    (self.damage)(file, format!("entry {index} is earlier than the one before"));
                }
                self.t = leaf.t;
                self.successions.extend(leaf.log.clone().map(|log| (index, log)));
                (self.leaf)(index, leaf);
            }
            Err(LeafError { what, .. }) => (self.damage)(file, format!("entry {index}: {what}")),
        }
        self.edge.push(leaf_hash(entry), &mut self.full);
        if let Some(root) = self.roots.get_mut(&self.edge.size()) {
            *root = self.edge.root();
        }
    }

    /// Takes in one bundle; false when it is not one and nothing after it can be checked.
    fn bundle(&mut self, file: &str, number: u64, width: u64) -> Result<bool, LogError> {
        let bytes = match self.disk.read(file) {
            Err(DiskError::Missing { .. }) => None,
            bytes => Some(bytes?),
        };
        match bytes.as_deref().and_then(split_bundle) {
            Some(entries) if entries.len() as u64 == width => {
                // Compare with the tile right here, so that the damage is named by its bundle and not by the root.
                let hashes: Vec<Sha256> = entries.iter().map(|e| leaf_hash(e)).collect();
                let tile_name = tile::hash_tile(0, number, width);
                let stored = self.read_or_empty(&tile_name)?;
                if stored.len() == hashes.len() * 32 {
                    let wrong = stored.chunks_exact(32).zip(&hashes).filter(|(s, h)| *s != h.0).count();
                    if wrong > 0 {
                        (self.damage)(file, format!("{wrong} of its entries do not have the hashes in {tile_name}"));
                    }
                }
                for entry in &entries {
                    self.entry(file, entry);
                }
                Ok(true)
            }
            Some(_) => {
                (self.damage)(file, format!("is not a bundle of {width} entries"));
                Ok(false)
            }
            None => {
                (self.damage)(file, "is missing or not a bundle".to_owned());
                Ok(false)
            }
        }
    }

    fn read_or_empty(&self, name: &str) -> Result<Vec<u8>, LogError> {
        match self.disk.read(name) {
            Err(DiskError::Missing { .. }) => Ok(Vec::new()),
            bytes => Ok(bytes?),
        }
    }

    fn compare(&mut self, name: String, hashes: &[Sha256], expected: &mut BTreeSet<String>) -> Result<(), LogError> {
        let stored = self.read_or_empty(&name)?;
        if stored.is_empty() {
            (self.damage)(&name, "is missing".to_owned());
        } else if stored.len() != hashes.len() * 32
            || stored.chunks_exact(32).zip(hashes).any(|(stored, hash)| stored != hash.0)
        {
            (self.damage)(&name, "does not have the hashes of its entries".to_owned());
        }
        expected.insert(name);
        Ok(())
    }

    fn full_tiles(&mut self, expected: &mut BTreeSet<String>) -> Result<(), LogError> {
        for full in std::mem::take(&mut self.full) {
            self.compare(tile::hash_tile(full.level, full.index, TILE_WIDTH), &full.hashes, expected)?;
        }
        Ok(())
    }

    fn partial_tiles(&mut self, expected: &mut BTreeSet<String>) -> Result<(), LogError> {
        let mut rest = self.edge.size();
        for (level, hashes) in (0u8..).zip(self.edge.levels().to_vec()) {
            if !hashes.is_empty() {
                self.compare(tile::hash_tile(level, rest / TILE_WIDTH, hashes.len() as u64), &hashes, expected)?;
            }
            rest /= TILE_WIDTH;
        }
        Ok(())
    }
}
