//! The default engine: redb.
//!
//! One table in one file; commits are not synced one by one, because the truths are, and the index catches up from
//! them.

use super::IndexError;
use super::kv::{Change, Kv, Visit};
use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use std::path::Path;

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");
/// Pages kept in memory.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// One redb file.
pub struct RedbKv {
    database: Database,
}

fn engine(e: impl std::fmt::Display) -> IndexError {
    IndexError::Engine(e.to_string())
}

/// Runs a step of the engine. redb meets damaged pages with panics; here they are errors like any other, and the index
/// is built again.
fn guarded<T>(step: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(IndexError::Engine("redb met a damaged page".into())))
}

impl RedbKv {
    /// Opens or makes the database in `folder`.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        guarded(|| {
            std::fs::create_dir_all(folder).map_err(engine)?;
            let database = Database::builder().set_cache_size(CACHE_BYTES).create(folder.join("index.redb"));
            let kv = Self { database: database.map_err(engine)? };
            let write = kv.database.begin_write().map_err(engine)?;
            write.open_table(ROWS).map_err(engine)?;
            write.commit().map_err(engine)?;
            Ok(kv)
        })
    }
}

impl Kv for RedbKv {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        guarded(|| {
            let read = self.database.begin_read().map_err(engine)?;
            let table = read.open_table(ROWS).map_err(engine)?;
            Ok(table.get(key).map_err(engine)?.map(|value| value.value().to_vec()))
        })
    }

    fn range(&self, from: &[u8], to: &[u8], reverse: bool, visit: &mut Visit<'_>) -> Result<(), IndexError> {
        guarded(|| {
            if from >= to {
                return Ok(());
            }
            let read = self.database.begin_read().map_err(engine)?;
            let table = read.open_table(ROWS).map_err(engine)?;
            let mut rows = table.range(from..to).map_err(engine)?;
            while let Some(row) = if reverse { rows.next_back() } else { rows.next() } {
                let (key, value) = row.map_err(engine)?;
                if !visit(key.value(), value.value())? {
                    break;
                }
            }
            Ok(())
        })
    }

    fn apply(&self, changes: Vec<Change>) -> Result<(), IndexError> {
        guarded(|| {
            let mut write = self.database.begin_write().map_err(engine)?;
            write.set_durability(Durability::None).map_err(engine)?;
            {
                let mut table = write.open_table(ROWS).map_err(engine)?;
                for (key, value) in changes {
                    match value {
                        Some(value) => table.insert(key.as_slice(), value.as_slice()).map_err(engine)?,
                        None => table.remove(key.as_slice()).map_err(engine)?,
                    };
                }
            }
            write.commit().map_err(engine)
        })
    }

    fn flush(&self) -> Result<(), IndexError> {
        guarded(|| {
            let mut write = self.database.begin_write().map_err(engine)?;
            // Keeps the allocator's state with the commit, so that opening after a crash does not walk the whole file.
            write.set_quick_repair(true);
            write.commit().map_err(engine)
        })
    }

    fn check(&mut self) -> Result<(), IndexError> {
        let whole = guarded(|| self.database.check_integrity().map_err(engine))?;
        if whole { Ok(()) } else { Err(engine("redb's own checksums do not hold")) }
    }

    fn clear(&self) -> Result<(), IndexError> {
        guarded(|| {
            let write = self.database.begin_write().map_err(engine)?;
            write.delete_table(ROWS).map_err(engine)?;
            write.open_table(ROWS).map_err(engine)?;
            write.commit().map_err(engine)
        })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn redb_agrees_with_a_map() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        crate::index::kv::tests::agrees_with_a_map(&|| Box::new(super::RedbKv::open(&path).unwrap()));
    }
}
