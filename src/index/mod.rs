//! Search, always rebuildable from the truths.
//!
//! Rows live in an ordered key-value engine behind the narrow trait [`kv::Kv`]; all logic is above it, so engines are
//! exchangeable. Nothing here is truth: an answer is a hint that the store and the journal confirm, a damaged row leads
//! to a rebuild and never to an answer, and no legal decision is taken while the watermark is behind the journal.
//!
//! Sealed: no personal text is in keys or values in clear. Values are sealed under the index key, words are keyed
//! tokens; the key lies in the key folder, has a generation number, and dies with its generation.
//!
//! What a crash leaves: the engine's last durable state, never half a batch. [`rebuild`] catches up from there.

pub mod copies;
pub mod duplicates;
pub mod filing;
pub mod fonds;
pub mod inquiry;
pub mod inspection;
pub mod kv;
pub mod open;
pub mod query;
pub mod rebuild;
pub mod redb;
pub mod released;
pub mod rows;
pub mod seal;
#[cfg(feature = "sled")]
pub mod sled;
pub mod text;
pub mod transfer;
pub mod writer;

use crate::model::id::RecordId;

/// What can go wrong with the index.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The engine failed.
    #[error("index engine: {0}")]
    Engine(String),
    /// A row is not as it was written: the index must be rebuilt.
    #[error("index row {key} is damaged")]
    Damaged {
        /// The key, in hexadecimal.
        key: String,
    },
    /// The index key is missing or of another generation: the index must be rebuilt.
    #[error("the index is of another generation than its key")]
    Generation,
    /// The truths failed while the index was being built.
    #[error(transparent)]
    Log(#[from] crate::tlog::LogError),
    /// A stored object failed while the index was being built.
    #[error(transparent)]
    Read(#[from] crate::store::read::ReadError),
    /// A key failed while the index was being built.
    #[error(transparent)]
    Vault(#[from] crate::vault::VaultError),
    /// A manifest or act document does not have its form.
    #[error("manifest of record {record}: {what}")]
    Manifest {
        /// The record or register.
        record: RecordId,
        /// What is wrong.
        what: String,
    },
    /// A committed object is not in the store.
    #[error("objects of act {act} are not in the store")]
    Objects {
        /// The act.
        act: crate::model::id::ActId,
    },
    /// The query is not understood.
    #[error("query: {0}")]
    Query(String),
}

impl IndexError {
    /// True when deleting the index and building it again is the cure.
    pub fn wants_rebuild(&self) -> bool {
        matches!(self, IndexError::Engine(_) | IndexError::Damaged { .. } | IndexError::Generation)
    }
}

impl From<crate::store::disk::DiskError> for IndexError {
    fn from(e: crate::store::disk::DiskError) -> Self {
        IndexError::Log(e.into())
    }
}
