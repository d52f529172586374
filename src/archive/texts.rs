//! The full text of an opened archive: opened when it is first asked for, and built again when it cannot be used.
//!
//! Its words are sealed under a key that follows from the key of the index's generation. When that is replaced because
//! something was erased, the words of what is gone are taken out and the rest goes over to the new key ([`roll`]);
//! words that did not go over cannot be opened any more, and are built anew from the texts that are kept, which are
//! sealed under the keys of their records.
//!
//! A crash leaves what [`index::text`](crate::index::text) says: the last commit, or nothing, and both are caught up.

use super::{Archive, lock};
use crate::error::Error;
use crate::index::IndexError;
use crate::index::seal::IndexKeys;
use crate::index::text::TextIndex;
use crate::index::text::kept::Kept;
use crate::store::disk::Disk;
use crate::store::local::{Erasing, LocalDisk};
use crate::tlog::LogError;
use crate::tlog::read::LogReader;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

/// The folder of the full text in the archive's.
pub const TEXT: &str = "text";

fn words(root: &Path) -> Result<Arc<dyn Disk>, Error> {
    Ok(Arc::new(LocalDisk::open(&root.join(TEXT).join("words"), Erasing::Nothing).map_err(LogError::from)?))
}

/// Takes the words over to another generation of the index, without those of records that are gone. What cannot be
/// taken over stays under the old key, and is built anew.
pub(super) fn roll(root: &Path, disk: &dyn Disk, size: u64, (old, new): (&IndexKeys, &IndexKeys)) {
    let taken = || -> Result<(), Error> {
        if !root.join(TEXT).is_dir() {
            return Ok(());
        }
        let index = TextIndex::open(words(root)?, &old.text_key())?;
        let Some(watermark) = index.watermark() else { return Ok(()) };
        let mut gone = Vec::new();
        LogReader::new(disk, size).leaves::<LogError>(0, size, |_, leaf| {
            // Of what never had words nothing is removed.
            gone.extend(leaf.rec.filter(|_| leaf.act.erases()));
            Ok(())
        })?;
        gone.iter().try_for_each(|record| index.remove(*record))?;
        index.commit(watermark)?;
        index.purge(&gone)?;
        Ok(index.roll(&new.text_key())?)
    };
    // Whoever asks next finds words under a key that is gone, and has them built anew.
    let _ = taken();
}

/// The full text of an archive.
pub struct Texts {
    /// Words and where they stand.
    pub index: TextIndex,
    /// The texts.
    pub kept: Kept,
    following: Mutex<()>,
}

impl Texts {
    /// Held by who brings the words up to the journal.
    pub(crate) fn following(&self) -> MutexGuard<'_, ()> {
        lock(&self.following)
    }
}

impl Archive {
    /// Entries that the full text does not have yet; none when nobody has opened it.
    pub(crate) fn text_lag(&self) -> Option<u64> {
        let texts = lock(&self.shared.texts).clone()?;
        Some(self.head().size.saturating_sub(texts.index.watermark().unwrap_or(0)))
    }

    /// The full text. What follows the journal and what asks have the same one.
    pub fn texts(&self) -> Result<Arc<Texts>, Error> {
        let mut texts = lock(&self.shared.texts);
        if let Some(texts) = texts.as_ref() {
            return Ok(texts.clone());
        }
        let folder = self.root().join(TEXT);
        let disk = words(self.root())?;
        let key = self.shared.index_keys.text_key();
        let index = match TextIndex::open(disk.clone(), &key) {
            Err(e) if e.wants_rebuild() => {
                TextIndex::remove_files(disk.as_ref())?;
                TextIndex::open(disk, &key)?
            }
            opened => opened?,
        };
        let kept = match Kept::open(&folder.join("kept")) {
            // What is kept can be taken from the documents again.
            Err(IndexError::Engine(_)) => {
                let kept = LocalDisk::open(&folder.join("kept"), Erasing::Nothing).map_err(LogError::from)?;
                TextIndex::remove_files(&kept)?;
                Kept::open(&folder.join("kept"))?
            }
            opened => opened?,
        };
        let opened = Arc::new(Texts { index, kept, following: Mutex::default() });
        *texts = Some(opened.clone());
        Ok(opened)
    }
}
