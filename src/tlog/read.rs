//! Reading the published journal: entries and nodes, from tiles.
//!
//! It believes the tiles it is given: that they are the committed ones is checked by [`recover`](super::recover) and
//! [`audit`](super::audit).

use super::LogError;
use super::leaf::Leaf;
use super::tile;
use super::tree::{Nodes, TILE_HEIGHT, TILE_WIDTH, merkle_root};
use crate::model::digest::Sha256;
use crate::store::disk::Disk;
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
        let name = tile::entries_tile(number, width);
        let bytes = self.disk.read(&name)?;
        match split_bundle(&bytes) {
            Some(entries) if entries.len() as u64 == width => Ok(entries),
            _ => Err(LogError::integrity(name, format!("is not a bundle of {width} entries"))),
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
        let name = tile::hash_tile(level, index, width.max(1));
        let bytes = self.disk.read(&name)?;
        if bytes.len() as u64 != width * 32 {
            return Err(LogError::integrity(name, format!("is not a tile of {width} hashes")));
        }
        let tile: Vec<Sha256> = bytes.chunks_exact(32).filter_map(Sha256::from_slice).collect();
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
