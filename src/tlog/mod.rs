//! The journal of every act: the third truth, and the commit that joins the three.
//!
//! A C2SP tlog-tiles log with signed checkpoints that any verifier of that family checks. [`commit`] writes a batch,
//! [`recover`] opens after a crash with the same functions, [`compact`] takes out of the store what no key opens any
//! more, [`audit`] checks the stored form, [`proof`] gives proofs to strangers.
//!
//! Invariants
//!   - Nothing is acknowledged before the lock record that names it is durable.
//!   - A checkpoint is signed only over a root that was computed in two ways from the entries' bytes.
//!   - Entries hold no personal data and no unsalted digest of a document.
//!
//! It does not read or write the index, and decides nothing about retention.

pub mod audit;
pub mod checkpoint;
pub mod commit;
pub mod compact;
pub mod cosignature;
pub mod end;
pub mod fork;
pub mod heads;
pub mod leaf;
pub mod lock;
pub mod note;
pub mod proof;
pub mod read;
pub mod recover;
pub mod request;
pub mod stage;
pub mod tile;
pub mod tree;
pub mod trust;

use crate::store::disk::DiskError;
use crate::vault::VaultError;

/// What can go wrong with the journal and the commit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The medium failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// An earlier write or sync failed; nothing is written until the archive is reopened.
    #[error("the archive is read-only until reopened, because {cause}")]
    Latched {
        /// The first failure.
        cause: String,
    },
    /// The archive has ended; nothing is taken in any more.
    #[error("the archive was decommissioned by entry {entry}")]
    Ended {
        /// The entry that ended it.
        entry: u64,
    },
    /// A newer journal was signed by this archive's key: the archive is an older copy.
    #[error("{file} shows {size} entries under this archive's key, here are {ours}: nothing more is signed")]
    RolledBack {
        /// The file that shows it.
        file: String,
        /// Entries there.
        size: u64,
        /// Entries here.
        ours: u64,
    },
    /// Another history was signed by this archive's key.
    #[error("{file} shows another history at {size} entries under this archive's key: nothing more is signed")]
    Forked {
        /// The file that shows it.
        file: String,
        /// Entries there.
        size: u64,
    },
    /// A stored part of the journal is not what was committed.
    #[error("{file}: {what}")]
    Integrity {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// Two ways of computing the root disagree: memory is faulty, or this program is.
    #[error("the root hash computed in two ways differs; nothing was signed")]
    Root,
    /// There is no such entry.
    #[error("entry {index} is not in a journal of {size} entries")]
    NoEntry {
        /// Wanted entry.
        index: u64,
        /// Entries there are.
        size: u64,
    },
    /// An entry is not a leaf.
    #[error(transparent)]
    Leaf(#[from] leaf::LeafError),
}

impl LogError {
    /// An integrity failure of `file`.
    pub fn integrity(file: impl Into<String>, what: impl Into<String>) -> Self {
        LogError::Integrity { file: file.into(), what: what.into() }
    }
}
