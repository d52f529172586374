//! Keys added since the last roll: an append-only file of sealed entries, one a commit.
//!
//! Entry: length u32 ‖ nonce 24 ‖ sealed rows. The lock record holds length and digest of the journal, so a torn tail
//! is cut by recovery and a changed byte is found without keys. The journal's key is in the root beside it and dies
//! with it.

use super::page::{NONCE_BYTES, open, seal};
use super::{KeySlot, OwnedKey, VaultError, VaultState};
use crate::model::id::{ArchiveId, RecordId};
use crate::store::disk::{Disk, DiskError};
use crate::store::format::{OwnerKey, TAG_BYTES, u32_at, u64_at};
use std::collections::BTreeMap;

const JOURNAL_MAGIC: &[u8; 8] = b"MRGJRNL1";
/// Magic 8, archive 16, root number 8.
const JOURNAL_HEAD: usize = 32;
/// Subtree 4, slot 8, owner 16, key 32.
const ROW: usize = 60;

/// The file name of the journal beside root `root_no`.
pub fn journal_name(root_no: u64) -> String {
    format!("vault/journal-{root_no:08}")
}

/// The appender.
#[derive(Clone)]
pub struct Journal {
    name: String,
    len: u64,
    hasher: blake3::Hasher,
}

impl Journal {
    /// Makes the journal beside root `root_no`, over whatever an interrupted roll left under its name.
    pub fn create(disk: &dyn Disk, archive: ArchiveId, root_no: u64) -> Result<Self, DiskError> {
        let name = journal_name(root_no);
        disk.delete(&name)?;
        let mut head = Vec::with_capacity(JOURNAL_HEAD);
        head.extend_from_slice(JOURNAL_MAGIC);
        head.extend_from_slice(&archive.0);
        head.extend_from_slice(&root_no.to_le_bytes());
        disk.append(&name, 0, &head)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head);
        Ok(Self { name, len: JOURNAL_HEAD as u64, hasher })
    }

    /// Opens the journal of `state` and gives its keys.
    pub fn open(
        disk: &dyn Disk,
        archive: ArchiveId,
        state: &VaultState,
        key: &OwnerKey,
    ) -> Result<(Self, BTreeMap<KeySlot, OwnedKey>), VaultError> {
        let name = journal_name(state.root_no);
        let changed = || VaultError::Changed { name: journal_name(state.root_no) };
        let mut bytes = vec![0; usize::try_from(state.journal_len).map_err(|_| changed())?];
        disk.read_at(&name, 0, &mut bytes)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&bytes);
        if *hasher.finalize().as_bytes() != state.journal_digest {
            return Err(changed());
        }
        let sealed_error = || VaultError::Sealed { name: journal_name(state.root_no) };
        let mut keys = BTreeMap::new();
        let mut at = JOURNAL_HEAD;
        while at < bytes.len() {
            let len = usize::try_from(u32_at(&bytes, at).ok_or_else(changed)?).map_err(|_| changed())?;
            let sealed = bytes.get(at + 4..at + 4 + len).ok_or_else(changed)?;
            let clear = entry_aad(archive, state.root_no, at as u64);
            let file = [clear.as_slice(), sealed].concat();
            let plain = open(key, &file, clear.len()).ok_or_else(sealed_error)?;
            for row in plain.chunks_exact(ROW) {
                let (slot, owned) = decode_row(row).ok_or_else(sealed_error)?;
                keys.insert(slot, owned);
            }
            at += 4 + len;
        }
        Ok((Self { name, len: state.journal_len, hasher }, keys))
    }

    /// Appends one sealed entry.
    pub fn append(
        &mut self,
        disk: &dyn Disk,
        archive: ArchiveId,
        root_no: u64,
        key: &OwnerKey,
        keys: &[(KeySlot, OwnedKey)],
    ) -> Result<(), DiskError> {
        let mut plain = Vec::with_capacity(keys.len() * ROW);
        for (slot, owned) in keys {
            plain.extend_from_slice(&slot.subtree.to_le_bytes());
            plain.extend_from_slice(&slot.slot.to_le_bytes());
            plain.extend_from_slice(&owned.owner.0);
            plain.extend_from_slice(&owned.key.0);
        }
        let clear = entry_aad(archive, root_no, self.len);
        let clear_len = clear.len();
        let sealed = seal(key, clear, &plain);
        let sealed = &sealed[clear_len..];
        debug_assert_eq!(sealed.len(), NONCE_BYTES + plain.len() + TAG_BYTES);
        let mut entry = u32::try_from(sealed.len()).expect("a batch is small").to_le_bytes().to_vec();
        entry.extend_from_slice(sealed);
        disk.append(&self.name, self.len, &entry)?;
        self.hasher.update(&entry);
        self.len += entry.len() as u64;
        Ok(())
    }

    /// Syncs it.
    pub fn sync(&mut self, disk: &dyn Disk) -> Result<(), DiskError> {
        disk.sync(&self.name)
    }

    /// Its length.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when it holds no entry.
    pub fn is_empty(&self) -> bool {
        self.len == JOURNAL_HEAD as u64
    }

    /// BLAKE3 of its bytes.
    pub fn digest(&self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }
}

// An entry opens only in its own place of its own journal.
fn entry_aad(archive: ArchiveId, root_no: u64, at: u64) -> Vec<u8> {
    let mut aad = JOURNAL_MAGIC.to_vec();
    aad.extend_from_slice(&archive.0);
    aad.extend_from_slice(&root_no.to_le_bytes());
    aad.extend_from_slice(&at.to_le_bytes());
    aad
}

fn decode_row(row: &[u8]) -> Option<(KeySlot, OwnedKey)> {
    let slot = KeySlot { subtree: u32_at(row, 0)?, slot: u64_at(row, 4)? };
    let owner = RecordId::from_slice(row.get(12..28)?)?;
    let key = OwnerKey(row.get(28..60)?.try_into().ok()?);
    Some((slot, OwnedKey { owner, key }))
}

/// Tries to open every entry of a journal file with `key`: for the proof that an erased key is gone.
#[cfg(test)]
pub(super) fn open_any(file: &[u8], archive: ArchiveId, root_no: u64, key: &OwnerKey) -> Vec<OwnedKey> {
    let mut found = Vec::new();
    let mut at = JOURNAL_HEAD;
    while let Some(len) = u32_at(file, at).map(|l| l as usize) {
        let Some(sealed) = file.get(at + 4..at + 4 + len) else { break };
        let clear = entry_aad(archive, root_no, at as u64);
        let whole = [clear.as_slice(), sealed].concat();
        if let Some(plain) = open(key, &whole, clear.len()) {
            found.extend(plain.chunks_exact(ROW).filter_map(decode_row).map(|(_, k)| k));
        }
        at += 4 + len;
    }
    found
}
