//! Opening the index: its generation of keys, its engine, and building it again when it cannot be used.
//!
//! What a crash leaves: an index of an older generation than the newest key, which is never asked and built again;
//! or an older key, which the next open erases.

use super::IndexError;
use super::kv::Kv;
use super::redb::RedbKv;
use super::rows::Meta;
use super::seal::IndexKeys;
use super::writer;
use crate::config::Engine;
use crate::error::Error;
use crate::vault::VaultError;
use crate::vault::keys::KeyFolder;
use std::path::{Path, PathBuf};

/// Where the index engine keeps its files.
pub trait IndexMedium: Send + Sync {
    /// Opens the engine, empty if there are no files.
    fn open(&self) -> Result<Box<dyn Kv>, IndexError>;
    /// Removes all files of the engine, which is closed.
    fn remove(&self) -> Result<(), IndexError>;
}

/// A folder of the engine that the configuration names.
pub struct IndexFolder {
    /// The folder.
    pub path: PathBuf,
    /// The engine.
    pub engine: Engine,
}

impl IndexMedium for IndexFolder {
    fn open(&self) -> Result<Box<dyn Kv>, IndexError> {
        match self.engine {
            Engine::Redb => Ok(Box::new(RedbKv::open(&self.path)?)),
            #[cfg(feature = "sled")]
            Engine::Sled => Ok(Box::new(crate::index::sled::SledKv::open(&self.path)?)),
            #[cfg(not(feature = "sled"))]
            Engine::Sled => Err(IndexError::Engine("this program was built without the feature sled".into())),
        }
    }

    fn remove(&self) -> Result<(), IndexError> {
        match std::fs::remove_dir_all(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(IndexError::Engine(e.to_string())),
            _ => Ok(()),
        }
    }
}

/// An index that is at the head of the journal.
pub struct OpenedIndex {
    /// The engine.
    pub kv: Box<dyn Kv>,
    /// Its keys.
    pub keys: IndexKeys,
    /// Its state.
    pub meta: Meta,
    /// It was built from nothing.
    pub rebuilt: bool,
}

const INDEX_KEY: &str = "index-";

fn index_key_name(generation: u32) -> String {
    format!("{INDEX_KEY}{generation:08}")
}

fn index_generations(keys: &KeyFolder) -> Result<Vec<u32>, VaultError> {
    let generation = |name: &String| name.strip_prefix(INDEX_KEY).and_then(|n| n.parse::<u32>().ok());
    Ok(keys.names()?.iter().filter_map(generation).collect())
}

fn index_generation(keys: &KeyFolder) -> Result<Option<u32>, VaultError> {
    Ok(index_generations(keys)?.into_iter().max())
}

/// Told the keys of the old and the new generation before the old one is erased: what else is sealed under it goes
/// over.
pub type Rolling<'a> = dyn FnMut(&IndexKeys, &IndexKeys) + 'a;

type CatchUp<'a> = dyn FnMut(&dyn Kv, &IndexKeys, Meta) -> Result<Meta, IndexError> + 'a;

/// Opens the index and brings it to the head; one that cannot be used is removed and built again, once.
pub fn open_index(
    medium: &dyn IndexMedium,
    keys: &KeyFolder,
    rolling: &mut Rolling<'_>,
    mut catch_up: impl FnMut(&dyn Kv, &IndexKeys, Meta) -> Result<Meta, IndexError>,
) -> Result<OpenedIndex, Error> {
    let generation = match index_generation(keys)? {
        Some(generation) => generation,
        None => {
            keys.create(&index_key_name(1))?;
            1
        }
    };
    let index_keys = match keys.named(&index_key_name(generation)) {
        Ok(key) => IndexKeys::new(generation, &key),
        // A key file that a crash or a person damaged: a new generation needs nothing of the old one.
        Err(VaultError::Key { .. }) => {
            keys.create(&index_key_name(generation + 1))?;
            IndexKeys::new(generation + 1, &keys.named(&index_key_name(generation + 1))?)
        }
        Err(e) => return Err(e.into()),
    };
    // Left by a crash between making a generation and erasing the one before.
    for older in index_generations(keys)?.into_iter().filter(|g| *g < index_keys.generation) {
        keys.erase(&index_key_name(older))?;
    }
    let attempt = |catch_up: &mut CatchUp<'_>| {
        let kv = medium.open()?;
        let found = writer::meta(kv.as_ref(), &index_keys)?;
        let meta = catch_up(kv.as_ref(), &index_keys, found.unwrap_or_else(|| Meta::empty(index_keys.generation)))?;
        Ok((kv, meta, found.is_none()))
    };
    let first: Result<_, IndexError> = attempt(&mut catch_up);
    let (kv, meta, rebuilt) = match first {
        // Traces of an erased record: a new generation under a new key, built from truths that no longer have it.
        Ok((kv, meta, false)) if meta.stale => {
            drop(kv);
            forget(medium, keys, rolling)?;
            return open_index(medium, keys, rolling, catch_up);
        }
        Ok(opened) => opened,
        Err(e) if e.wants_rebuild() => {
            medium.remove()?;
            let (kv, meta, _) = attempt(&mut catch_up)?;
            (kv, meta, true)
        }
        Err(e) => return Err(e.into()),
    };
    Ok(OpenedIndex { kv, keys: index_keys, meta, rebuilt })
}

/// The index and its keys, where they are at hand.
pub struct IndexAtHand {
    /// The engine.
    pub kv: Box<dyn Kv>,
    /// Its keys.
    pub keys: IndexKeys,
}

/// The index and its keys as they lie there, for an audit; `None` when there is no index yet.
pub fn index_at_hand(folder: &Path, engine: Engine, keys: &KeyFolder) -> Result<Option<IndexAtHand>, Error> {
    let path = folder.join("index");
    let Some(generation) = index_generation(keys)?.filter(|_| path.is_dir()) else { return Ok(None) };
    let index_keys = IndexKeys::new(generation, &keys.named(&index_key_name(generation))?);
    let kv = IndexFolder { path, engine }.open()?;
    Ok(Some(IndexAtHand { kv, keys: index_keys }))
}

/// Removes an index and its key, so that the next open builds a new generation.
///
/// The new key is made first: a crash between leaves an index of an older generation, which is never asked.
pub fn forget(medium: &dyn IndexMedium, keys: &KeyFolder, rolling: &mut Rolling<'_>) -> Result<(), Error> {
    let old = index_generation(keys)?;
    let new = old.unwrap_or(0) + 1;
    let new_key = keys.create(&index_key_name(new))?;
    medium.remove()?;
    let old_key = old.and_then(|old| Some(IndexKeys::new(old, &keys.named(&index_key_name(old)).ok()?)));
    if let Some(old_key) = old_key {
        rolling(&old_key, &IndexKeys::new(new, &new_key));
    }
    if let Some(old) = old {
        keys.erase(&index_key_name(old))?;
    }
    Ok(())
}
