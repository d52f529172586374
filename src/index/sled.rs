//! The second engine: sled 0.34, behind the feature `sled`. docs/decisions/0003-index-engine.md says why it is not the
//! default.
//!
//! sled's `flush` does not force the device (storage research §1), and its corruption paths panic; both are bearable
//! only because nothing here is truth.

use super::IndexError;
use super::kv::{Change, Kv, Visit};
use std::path::Path;

/// One sled folder.
pub struct SledKv {
    database: sled::Db,
}

fn engine(e: impl std::fmt::Display) -> IndexError {
    IndexError::Engine(e.to_string())
}

impl SledKv {
    /// Opens or makes the database in `folder`.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let config = sled::Config::default().path(folder.join("sled")).cache_capacity(32 * 1024 * 1024);
        // A database that was just dropped is let go of by its own threads, a moment later.
        for _ in 0..50 {
            match config.open() {
                Err(sled::Error::Io(e)) if e.to_string().contains("acquire lock") => {
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
                opened => return Ok(Self { database: opened.map_err(engine)? }),
            }
        }
        Err(IndexError::Engine("another process holds the index".into()))
    }
}

impl Kv for SledKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.database.get(key).map_err(engine)?.map(|value| value.to_vec()))
    }

    fn range(&self, from: &[u8], to: &[u8], reverse: bool, visit: &mut Visit<'_>) -> Result<(), IndexError> {
        if from >= to {
            return Ok(());
        }
        let mut rows = self.database.range(from..to);
        while let Some(row) = if reverse { rows.next_back() } else { rows.next() } {
            let (key, value) = row.map_err(engine)?;
            if !visit(&key, &value)? {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, changes: Vec<Change>) -> Result<(), IndexError> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.database.apply_batch(batch).map_err(engine)
    }

    fn flush(&self) -> Result<(), IndexError> {
        self.database.flush().map(drop).map_err(engine)
    }

    fn clear(&self) -> Result<(), IndexError> {
        self.database.clear().map_err(engine)?;
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sled_agrees_with_a_map() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        crate::index::kv::tests::agrees_with_a_map(&|| Box::new(super::SledKv::open(&path).unwrap()));
    }
}
