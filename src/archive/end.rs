//! The end of an archive: after `archive.decommissioned` it takes nothing in, and its signing key goes last of all.
//!
//! The committer refuses what comes after ([`tlog::end`](crate::tlog::end)); here is what an opened archive says of it.
//! The key folder's signing key is a private key of the archive's own office, and withdrawn when the last entry is
//! signed (N 430 cl. 6(11)).
//!
//! What a crash leaves: the last entry with the key still there; the next open erases it.

use super::{Archive, LOG_KEY, lock};
use crate::error::Error;
use crate::model::id::{ArchiveId, RecordId};
use crate::tlog::commit::Committer;
use crate::tlog::end::Ended;
use crate::vault::VaultError;
use crate::vault::keys::KeyFolder;

impl Archive {
    /// The end of the archive, if it has ended.
    pub fn ended(&self) -> Option<Ended> {
        lock(&self.shared.core).ended()
    }

    /// Forgets that it has ended, as no program does: for tests of who finds out.
    #[cfg(any(test, feature = "testing"))]
    pub fn forget_end(&self) {
        lock(&self.shared.core).set_ended(None);
    }

    /// Its id.
    pub fn id(&self) -> ArchiveId {
        self.config.archive_id
    }

    /// The registers of the archive and of refusals.
    pub(crate) fn register_ids(&self) -> [RecordId; 2] {
        self.shared.registers.map(|(id, _)| id)
    }

    /// Erases the signing key after the last entry of all, and with it the key for answers, which is derived from it.
    pub(crate) fn erase_signing_key(&self) -> Result<(), Error> {
        *lock(&self.shared.answer_key) = None;
        let mut core = lock(&self.shared.core);
        // What it signed must be published: nobody can sign it again.
        core.settle()?;
        assert!(core.ended().is_some_and(|ended| ended.is_complete), "an archive in use needs its signing key");
        Ok(self.shared.keys.erase(LOG_KEY)?)
    }
}

/// A signing key is there exactly as long as there is something to sign.
pub(super) fn check_signer(core: &Committer, keys: &KeyFolder) -> Result<(), Error> {
    match (core.ended().is_some_and(|ended| ended.is_complete), core.can_sign()) {
        (true, true) => Ok(keys.erase(LOG_KEY)?),
        (false, false) => Err(VaultError::Key { name: LOG_KEY.to_owned() }.into()),
        _ => Ok(()),
    }
}
