//! The lock record: the only commit point of every act.
//!
//! It names the head of all three truths. What a truth holds beyond it was never acknowledged; what a truth lacks of it
//! is an integrity failure. `docs/format.md` §4.5.

use crate::clock::Millis;
use crate::model::digest::Sha256;
use crate::model::id::ArchiveId;
use crate::store::disk::CELL_BYTES_MAX;
use crate::store::format::{u32_at, u64_at};
use crate::store::segment::StoreEnd;
use crate::vault::VaultState;

/// The file of the lock record.
pub const LOCK: &str = "tlog/lock";
const MAGIC: &[u8; 8] = b"MRGLOCK1";
/// Length of [`Head`] as bytes.
pub const HEAD_BYTES: usize = 8 + 16 + 8 + 32 + 8 + 4 + 8 + 4 + 4 + 8 + 32 + 8 + 32;
const LOCK_BYTES: usize = 8 + 16 + HEAD_BYTES + 8 + 8 + 4 + 32;
const _: () = assert!(LOCK_BYTES <= CELL_BYTES_MAX);

/// The head of the three truths after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the batch, from 1.
    pub batch: u64,
    /// Random id of the batch.
    pub batch_id: [u8; 16],
    /// Entries in the journal.
    pub size: u64,
    /// Root hash of the journal.
    pub root: Sha256,
    /// Time of the last entry.
    pub t: Millis,
    /// Highest segment whose sealing is in the journal.
    pub sealed: u32,
    /// End of the store.
    pub store: StoreEnd,
    /// The vault.
    pub vault: VaultState,
}

impl Head {
    /// The head as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_BYTES);
        out.extend_from_slice(&self.batch.to_le_bytes());
        out.extend_from_slice(&self.batch_id);
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(&self.root.0);
        out.extend_from_slice(&self.t.to_le_bytes());
        out.extend_from_slice(&self.store.segment.to_le_bytes());
        out.extend_from_slice(&self.store.len.to_le_bytes());
        out.extend_from_slice(&self.sealed.to_le_bytes());
        out.extend_from_slice(&self.vault.epoch.to_le_bytes());
        out.extend_from_slice(&self.vault.root_no.to_le_bytes());
        out.extend_from_slice(&self.vault.root_digest);
        out.extend_from_slice(&self.vault.journal_len.to_le_bytes());
        out.extend_from_slice(&self.vault.journal_digest);
        debug_assert_eq!(out.len(), HEAD_BYTES);
        out
    }

    /// Reads a head.
    pub fn decode(b: &[u8]) -> Option<Self> {
        if b.len() != HEAD_BYTES {
            return None;
        }
        Some(Self {
            batch: u64_at(b, 0)?,
            batch_id: b[8..24].try_into().ok()?,
            size: u64_at(b, 24)?,
            root: Sha256::from_slice(&b[32..64])?,
            t: u64_at(b, 64)?,
            store: StoreEnd { segment: u32_at(b, 72)?, len: u64_at(b, 76)? },
            sealed: u32_at(b, 84)?,
            vault: VaultState {
                epoch: u32_at(b, 88)?,
                root_no: u64_at(b, 92)?,
                root_digest: b[100..132].try_into().ok()?,
                journal_len: u64_at(b, 132)?,
                journal_digest: b[140..172].try_into().ok()?,
            },
        })
    }
}

/// Where the batch's bundle lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleRef {
    /// Number of the staging file.
    pub file: u64,
    /// Offset in it.
    pub offset: u64,
    /// Length.
    pub len: u32,
    /// SHA-256 of the bundle.
    pub sha256: Sha256,
}

/// The lock record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockRecord {
    /// Head of the truths.
    pub head: Head,
    /// The bundle of the last batch.
    pub bundle: BundleRef,
}

impl LockRecord {
    /// The record as bytes.
    pub fn encode(&self, archive: ArchiveId) -> Vec<u8> {
        let mut out = Vec::with_capacity(LOCK_BYTES);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&archive.0);
        out.extend_from_slice(&self.head.encode());
        out.extend_from_slice(&self.bundle.file.to_le_bytes());
        out.extend_from_slice(&self.bundle.offset.to_le_bytes());
        out.extend_from_slice(&self.bundle.len.to_le_bytes());
        out.extend_from_slice(&self.bundle.sha256.0);
        debug_assert_eq!(out.len(), LOCK_BYTES);
        out
    }

    /// Reads a lock record of `archive`.
    pub fn decode(b: &[u8], archive: ArchiveId) -> Option<Self> {
        if b.len() != LOCK_BYTES || &b[..8] != MAGIC || b[8..24] != archive.0 {
            return None;
        }
        let at = 24 + HEAD_BYTES;
        Some(Self {
            head: Head::decode(&b[24..at])?,
            bundle: BundleRef {
                file: u64_at(b, at)?,
                offset: u64_at(b, at + 8)?,
                len: u32_at(b, at + 16)?,
                sha256: Sha256::from_slice(&b[at + 20..])?,
            },
        })
    }
}
