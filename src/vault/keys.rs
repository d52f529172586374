//! The key folder: key-encryption keys and signing keys, beside the archive and never inside it.
//!
//! One small text file a key. A key is overwritten before it is unlinked; on media that keep old blocks that may not be
//! enough, so the folder is meant for another disk, a TPM or an HSM (docs/threat-model.md).

use super::VaultError;
use crate::model::id::ArchiveId;
use crate::store::disk::{Disk, DiskError};
use crate::store::format::OwnerKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

const KEK_PREFIX: &str = "kek-";
/// The newest checkpoint that a witness cosigned: no key, and here because an archive folder that is put back from an
/// older copy does not bring it back with it.
pub const WITNESSED: &str = "witnessed";

/// The file name of the KEK of `epoch`.
pub fn kek_name(epoch: u32) -> String {
    format!("{KEK_PREFIX}{epoch:08}")
}

/// The opened key folder of one archive.
#[derive(Clone)]
pub struct KeyFolder {
    disk: Arc<dyn Disk>,
    archive: ArchiveId,
}

impl KeyFolder {
    /// The folder `disk`, for keys of `archive`.
    pub fn new(disk: Arc<dyn Disk>, archive: ArchiveId) -> Self {
        Self { disk, archive }
    }

    /// Makes the KEK of `epoch`. One left by an interrupted roll is erased first: it never sealed anything that counts.
    pub fn create_kek(&self, epoch: u32) -> Result<OwnerKey, VaultError> {
        let key = OwnerKey::random();
        self.disk.delete(&kek_name(epoch))?;
        self.write(&kek_name(epoch), &key.0)?;
        Ok(key)
    }

    /// Reads the KEK of `epoch`.
    pub fn kek(&self, epoch: u32) -> Result<OwnerKey, VaultError> {
        self.read(&kek_name(epoch)).map(OwnerKey)
    }

    /// Erases the KEK of `epoch`; done already is a success.
    pub fn erase_kek(&self, epoch: u32) -> Result<(), VaultError> {
        Ok(self.disk.delete(&kek_name(epoch))?)
    }

    /// Epochs whose KEK is here.
    pub fn list_keks(&self) -> Result<Vec<u32>, VaultError> {
        let epoch = |name: String| name.strip_prefix(KEK_PREFIX).and_then(|n| n.parse().ok());
        Ok(self.disk.list("")?.into_iter().filter_map(|(name, _)| epoch(name)).collect())
    }

    /// Makes a named 256-bit key; the name must be free.
    pub fn create(&self, name: &str) -> Result<OwnerKey, VaultError> {
        let key = OwnerKey::random();
        self.write(name, &key.0)?;
        Ok(key)
    }

    /// Reads a named 256-bit key.
    pub fn named(&self, name: &str) -> Result<OwnerKey, VaultError> {
        self.read(name).map(OwnerKey)
    }

    /// A named 256-bit key; none when there is none of that name.
    pub fn named_if_any(&self, name: &str) -> Result<Option<OwnerKey>, VaultError> {
        match self.disk.len(name)? {
            Some(_) => self.named(name).map(Some),
            None => Ok(None),
        }
    }

    /// Puts the key `from` in the place of the key `to`, which is erased. Interrupted, it can be done again.
    pub fn replace(&self, from: &str, to: &str) -> Result<(), VaultError> {
        let key = self.named(from)?;
        self.erase(to)?;
        self.write(to, &key.0)?;
        self.erase(from)
    }

    /// Erases a named key.
    pub fn erase(&self, name: &str) -> Result<(), VaultError> {
        Ok(self.disk.delete(name)?)
    }

    /// Names of all key files.
    pub fn names(&self) -> Result<Vec<String>, VaultError> {
        Ok(self.disk.list("")?.into_iter().map(|(name, _)| name).collect())
    }

    /// The newest checkpoint that a witness cosigned, a note.
    pub fn witnessed(&self) -> Result<Option<Vec<u8>>, VaultError> {
        match self.disk.read(WITNESSED) {
            Ok(note) => Ok(Some(note)),
            Err(DiskError::Missing { .. }) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Keeps a checkpoint as the newest that a witness cosigned.
    pub fn keep_witnessed(&self, note: &[u8]) -> Result<(), VaultError> {
        Ok(self.disk.publish(WITNESSED, note)?)
    }

    fn write(&self, name: &str, key: &[u8; 32]) -> Result<(), VaultError> {
        let text = format!("muragat-key/1\narchive {}\nname {name}\nkey {}\n", self.archive, STANDARD.encode(key));
        Ok(self.disk.put_if_absent(&[(name.to_owned(), text.into_bytes())])?)
    }

    fn read(&self, name: &str) -> Result<[u8; 32], VaultError> {
        let wrong = || VaultError::Key { name: name.to_owned() };
        let bytes = self.disk.read(name).map_err(|e| match e {
            DiskError::Missing { .. } => wrong(),
            e => e.into(),
        })?;
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
        let head = format!("muragat-key/1\narchive {}\nname {name}\nkey ", self.archive);
        let encoded = text.strip_prefix(&head).and_then(|t| t.strip_suffix('\n')).ok_or_else(wrong)?;
        STANDARD.decode(encoded).ok().and_then(|k| k.try_into().ok()).ok_or_else(wrong)
    }
}
