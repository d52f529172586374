//! The staged bundle: one batch's entries, the head they lead to and its signed checkpoint, appended to a staging file.
//!
//! Bundles are synced before the lock record names them. They stay until their tiles and checkpoint are published, so
//! that recovery can make those again; the bundle that the lock record names always stays, so that a torn slot of the
//! lock record can be told from a lost one. `docs/format.md` §4.4.

use super::lock::{BundleRef, HEAD_BYTES, Head, LockRecord};
use crate::limits::ENTRY_BYTES_MAX;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ArchiveId;
use crate::store::format::{u32_at, u64_at};

const MAGIC: &[u8; 8] = b"MRGBNDL1";
/// Magic 8, archive 16, length 4, entries 4, old size 8.
const FIXED: usize = 40;

/// The file name of staging file `number`.
pub fn stage_name(number: u64) -> String {
    format!("tlog/staged-{number:08}")
}

/// The number in a staging file's name.
pub fn stage_number(name: &str) -> Option<u64> {
    name.strip_prefix("tlog/staged-")?.parse().ok()
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Size of the journal before it.
    pub old_size: u64,
    /// Its entries.
    pub entries: Vec<Vec<u8>>,
    /// The head after it.
    pub head: Head,
    /// The signed checkpoint of that head.
    pub checkpoint: String,
}

impl Bundle {
    /// The bundle as bytes; the last 32 are SHA-256 of those before.
    pub fn encode(&self, archive: ArchiveId) -> Vec<u8> {
        let entries: usize = self.entries.iter().map(|e| 2 + e.len()).sum();
        let len = FIXED + HEAD_BYTES + entries + 4 + self.checkpoint.len() + 32;
        let mut out = Vec::with_capacity(len);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&archive.0);
        out.extend_from_slice(&u32::try_from(len).expect("a batch is below 4 GB").to_le_bytes());
        out.extend_from_slice(&u32::try_from(self.entries.len()).expect("a batch is small").to_le_bytes());
        out.extend_from_slice(&self.old_size.to_le_bytes());
        out.extend_from_slice(&self.head.encode());
        for entry in &self.entries {
            assert!(entry.len() <= ENTRY_BYTES_MAX, "leaves are far below the limit");
            // Big-endian as in the entry bundles of tlog-tiles, so the bytes are copied as they are.
            out.extend_from_slice(&u16::try_from(entry.len()).expect("checked above").to_be_bytes());
            out.extend_from_slice(entry);
        }
        out.extend_from_slice(&u32::try_from(self.checkpoint.len()).expect("a note is small").to_le_bytes());
        out.extend_from_slice(self.checkpoint.as_bytes());
        let digest = sha256(&out);
        out.extend_from_slice(&digest.0);
        debug_assert_eq!(out.len(), len);
        out
    }

    /// Reads the bundle at the start of `bytes`: the bundle, its length and digest. `None` when it is not whole.
    pub fn decode(bytes: &[u8], archive: ArchiveId) -> Option<(Self, u32, Sha256)> {
        if bytes.get(..8)? != MAGIC || bytes.get(8..24)? != archive.0 {
            return None;
        }
        let len = u32_at(bytes, 24)?;
        let whole = bytes.get(..usize::try_from(len).ok()?)?;
        let (body, digest) = whole.split_at_checked(whole.len().checked_sub(32)?)?;
        let digest = Sha256::from_slice(digest)?;
        if sha256(body) != digest {
            return None;
        }
        let count = u32_at(body, 28)?;
        let old_size = u64_at(body, 32)?;
        let head = Head::decode(body.get(FIXED..FIXED + HEAD_BYTES)?)?;
        let mut rest = &body[FIXED + HEAD_BYTES..];
        let mut entries = Vec::new();
        for _ in 0..count {
            let (entry_len, tail) = rest.split_first_chunk::<2>()?;
            let (entry, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*entry_len)))?;
            entries.push(entry.to_vec());
            rest = tail;
        }
        let (checkpoint_len, checkpoint) = rest.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*checkpoint_len) as usize != checkpoint.len() || head.size != old_size + u64::from(count)
        {
            return None;
        }
        let checkpoint = String::from_utf8(checkpoint.to_vec()).ok()?;
        Some((Self { old_size, entries, head, checkpoint }, len, digest))
    }

    /// The lock record that commits this bundle at its place.
    pub fn lock_record(&self, file: u64, offset: u64, len: u32, sha256: Sha256) -> LockRecord {
        LockRecord { head: self.head, bundle: BundleRef { file, offset, len, sha256 } }
    }
}
