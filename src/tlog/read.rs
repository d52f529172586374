//! Reading the published journal: entries and nodes, from tiles.
//!
//! It believes the tiles it is given: that they are the committed ones is checked by [`recover`](super::recover) and
//! [`audit`](super::audit). A reader stays good while the journal grows: what it reads of a partial tile is the beginning
//! of the full one that took its place.

use super::LogError;
use super::leaf::Leaf;
use super::tile;
use super::tree::{Nodes, TILE_HEIGHT, TILE_WIDTH, merkle_root};
use crate::model::digest::Sha256;
use crate::store::disk::{Disk, DiskError};
use std::collections::HashMap;
use std::sync::Mutex;

/// Tiles kept in memory by one reader.
const TILES_CACHED_MAX: usize = 512;

/// The journal as published with `size` entries.
pub struct LogReader<'a> {
    disk: &'a dyn Disk,
    size: u64,
    tiles: Mutex<HashMap<(u8, u64), Vec<Sha256>>>,
}

impl<'a> LogReader<'a> {
    /// A reader of the first `size` entries; tiles of that size are published.
    pub fn new(disk: &'a dyn Disk, size: u64) -> Self {
        Self { disk, size, tiles: Mutex::default() }
    }

    /// Entries it can read.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads bundle `number`: up to 256 entries.
    pub fn bundle(&self, number: u64) -> Result<Vec<Vec<u8>>, LogError> {
        let width = tile::width(0, number, self.size);
        if width == 0 {
            return Err(LogError::NoEntry { index: number * TILE_WIDTH, size: self.size });
        }
        let (name, bytes, found) = self.tile(|width| tile::entries_tile(number, width), width)?;
        match split_bundle(&bytes) {
            Some(mut entries) if entries.len() as u64 == found => {
                entries.truncate(usize::try_from(width).expect("at most 256"));
                Ok(entries)
            }
            _ => Err(LogError::integrity(name, format!("is not a bundle of {found} entries"))),
        }
    }

    /// A tile of a width, or the full one, with its name and width: a partial tile is deleted when its tile is full.
    fn tile(&self, named: impl Fn(u64) -> String, width: u64) -> Result<(String, Vec<u8>, u64), LogError> {
        let name = named(width);
        match self.disk.read(&name) {
            Err(DiskError::Missing { .. }) if width < TILE_WIDTH => {
                let full = named(TILE_WIDTH);
                match self.disk.read(&full) {
                    Err(DiskError::Missing { .. }) => Err(DiskError::Missing { name }.into()),
                    bytes => Ok((full, bytes?, TILE_WIDTH)),
                }
            }
            bytes => Ok((name, bytes?, width)),
        }
    }

    /// Reads one entry.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LogError> {
        if index >= self.size {
            return Err(LogError::NoEntry { index, size: self.size });
        }
        let mut bundle = self.bundle(index / TILE_WIDTH)?;
        Ok(bundle.swap_remove(usize::try_from(index % TILE_WIDTH).expect("below 256")))
    }

    /// Gives every leaf of `from..to` in order.
    pub fn leaves<E: From<LogError>>(
        &self,
        from: u64,
        to: u64,
        mut give: impl FnMut(u64, Leaf) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut at = from;
        while at < to.min(self.size) {
            let number = at / TILE_WIDTH;
            for (index, entry) in (number * TILE_WIDTH..).zip(self.bundle(number)?) {
                if index >= at && index < to {
                    give(index, Leaf::decode(index, &entry).map_err(LogError::from)?)?;
                }
            }
            at = (number + 1) * TILE_WIDTH;
        }
        Ok(())
    }

    /// Reads a hash tile of the published size.
    pub fn hash_tile(&self, level: u8, index: u64) -> Result<Vec<Sha256>, LogError> {
        let mut tiles = self.tiles.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(tile) = tiles.get(&(level, index)) {
            return Ok(tile.clone());
        }
        let width = tile::width(level, index, self.size);
        let (name, bytes, found) = self.tile(|width| tile::hash_tile(level, index, width), width.max(1))?;
        if width == 0 || bytes.len() as u64 != found * 32 {
            return Err(LogError::integrity(name, format!("is not a tile of {width} hashes")));
        }
        let mut tile: Vec<Sha256> = bytes.chunks_exact(32).filter_map(Sha256::from_slice).collect();
        tile.truncate(usize::try_from(width).expect("at most 256"));
        if tiles.len() >= TILES_CACHED_MAX {
            tiles.clear();
        }
        tiles.insert((level, index), tile.clone());
        Ok(tile)
    }
}

impl Nodes for LogReader<'_> {
    type Error = LogError;
    fn node(&self, height: u32, index: u64) -> Result<Sha256, LogError> {
        let level = u8::try_from(height / TILE_HEIGHT).expect("at most 8 levels");
        let inside = height % TILE_HEIGHT;
        let first = index << inside;
        let tile_no = first / TILE_WIDTH;
        let tile = self.hash_tile(level, tile_no)?;
        let from = usize::try_from(first % TILE_WIDTH).expect("below 256");
        match tile.get(from..from + (1 << inside)) {
            Some(hashes) => Ok(merkle_root(hashes)),
            None => Err(LogError::integrity(tile::hash_tile(level, tile_no, tile.len().max(1) as u64), "is too short")),
        }
    }
}

/// One entry of a bundle, from 0; `None` when it has no such entry.
pub(super) fn entry_of(mut bundle: &[u8], number: u64) -> Option<&[u8]> {
    for left in (0..=number).rev() {
        let (len, rest) = bundle.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        if left == 0 {
            return Some(entry);
        }
        bundle = rest;
    }
    None
}

/// Splits an entry bundle (u16 big-endian length ‖ bytes, repeated); `None` when it does not come out even.
pub fn split_bundle(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (len, tail) = rest.split_first_chunk::<2>()?;
        let (entry, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        entries.push(entry.to_vec());
        rest = tail;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;
    use crate::model::id::ArchiveId;
    use crate::testing::{FaultDisk, FaultPlan};
    use crate::tlog::checkpoint::LogSigner;
    use crate::tlog::commit::{Act, Committer, SYSTEM_ACTOR};
    use crate::tlog::leaf::ActKind;
    use crate::tlog::recover;
    use crate::tlog::tree::root_at;
    use crate::vault::keys::KeyFolder;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    fn journal() -> (Arc<FaultDisk>, Committer) {
        let none = FaultPlan::count_only();
        let (disk, keys) = (Arc::new(FaultDisk::new(&none)), Arc::new(FaultDisk::new(&none)));
        let (id, signer) = (ArchiveId([1; 16]), LogSigner::new("example.org/log", &[7; 32]));
        let clock = Arc::new(FixedClock(AtomicU64::new(1)));
        let core = recover::create(disk.clone(), KeyFolder::new(keys, id), id, signer, clock).unwrap();
        (disk, core)
    }

    fn add(core: &mut Committer, count: usize) {
        core.commit((0..count).map(|_| Act::new(ActKind::MaterialAdded, SYSTEM_ACTOR)).collect()).unwrap();
    }

    #[test]
    fn a_reader_goes_on_when_its_partial_tiles_became_full() {
        let (disk, mut core) = journal();
        add(&mut core, 250);
        core.settle().unwrap();
        let reader = |size| LogReader::new(disk.as_ref(), size);
        let (old, root) = (reader(250), core.head().root);
        let before: Vec<Vec<u8>> = (0..250).map(|index| reader(250).entry(index).unwrap()).collect();
        add(&mut core, 20);
        core.settle().unwrap();
        assert_eq!(disk.len(&tile::entries_tile(0, 250)).unwrap(), None, "the partial bundle is gone");
        let after: Vec<Vec<u8>> = (0..250).map(|index| old.entry(index).unwrap()).collect();
        assert_eq!(after, before);
        assert!(old.entry(250).is_err(), "it reads the journal that it was made for");
        assert_eq!(root_at(&old, 250).unwrap(), root);
        // A bundle that is neither is said to be missing, by the name that was asked for.
        disk.delete(&tile::entries_tile(0, TILE_WIDTH)).unwrap();
        let error = reader(250).entry(1).unwrap_err();
        assert!(error.to_string().contains(&tile::entries_tile(0, 250)), "{error}");
    }

    #[test]
    fn what_is_not_published_is_given_as_it_will_be() {
        let (disk, mut core) = journal();
        add(&mut core, 10);
        core.settle().unwrap();
        add(&mut core, 600);
        let held: Vec<Option<Vec<u8>>> = (0..612).map(|index| core.unpublished(index).map(<[u8]>::to_vec)).collect();
        core.settle().unwrap();
        let reader = LogReader::new(disk.as_ref(), 610);
        for (index, held) in (0..).zip(&held) {
            let published = reader.entry(index).ok().filter(|_| index >= 10);
            assert_eq!(*held, published, "{index}");
        }
        assert!((0..612).all(|index| core.unpublished(index).is_none()), "now it is read from its tiles");
    }

    #[test]
    fn publishing_lists_nothing() {
        let (disk, mut core) = journal();
        add(&mut core, 1_000);
        core.settle().unwrap();
        let listed = disk.names_listed();
        for _ in 0..10 {
            add(&mut core, 1);
            core.settle().unwrap();
        }
        assert_eq!(disk.names_listed(), listed, "the folder is as long as the journal");
    }
}
