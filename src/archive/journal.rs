//! The journal of an open archive: publishing it, and reading entries of it.
//!
//! Who needs tiles, proofs or a stretch of entries publishes first ([`Archive::log`]); one entry is read where it is,
//! for to publish is a sync of every tile at the edge. A crash leaves what [`crate::tlog::recover`] publishes again. It
//! believes its tiles: that they are the committed ones is checked when the archive is opened, and by the audit.

use super::{Archive, lock};
use crate::error::{Error, ErrorCode};
use crate::model::id::RecordId;
use crate::tlog::LogError;
use crate::tlog::leaf::Leaf;
use crate::tlog::read::LogReader;

impl Archive {
    /// Publishes tiles and checkpoint of all that is committed, and gives the checkpoint's note.
    pub fn settle(&self) -> Result<String, Error> {
        let mut core = lock(&self.shared.core);
        core.settle()?;
        let note = self.shared.disk.read(&crate::tlog::commit::checkpoint_name()).map_err(LogError::from)?;
        String::from_utf8(note).map_err(|_| LogError::integrity("tlog/checkpoint", "is not text").into())
    }

    /// The signed note of the journal when it had `size` entries: the one that witnesses cosigned, where that is kept,
    /// else signed again, which gives the bytes that it had then.
    pub(crate) fn note_at(&self, size: u64) -> Result<String, Error> {
        self.settle()?;
        if let Some(shown) = self.cosigned()?.filter(|shown| shown.checkpoint.size == size) {
            return Ok(shown.note);
        }
        self.own_note_at(size)
    }

    /// A reader of the journal up to its head, which is published first.
    pub fn log(&self) -> Result<LogReader<'_>, Error> {
        let mut core = lock(&self.shared.core);
        // After a failed write nothing more is published, and reading what is there goes on.
        if core.latched().is_none() {
            core.settle()?;
        }
        Ok(LogReader::new(self.disk(), core.published()))
    }

    /// An entry of the journal.
    pub fn leaf(&self, entry: u64) -> Result<Leaf, Error> {
        let core = lock(&self.shared.core);
        let (published, size) = (core.published(), core.head().size);
        let unpublished = core.unpublished(entry).map(<[u8]>::to_vec);
        drop(core);
        let bytes = match unpublished {
            Some(bytes) => bytes,
            None if entry < published => LogReader::new(self.disk(), published).entry(entry)?,
            None => return Err(LogError::NoEntry { index: entry, size }.into()),
        };
        Ok(Leaf::decode(entry, &bytes).map_err(LogError::from)?)
    }

    /// A chain of entries about an owner from its newest entry back to its first, given oldest first. Each step goes
    /// back in the journal, so it ends.
    ///
    /// # Errors
    /// When an entry is about another owner, or names one that is not before it.
    pub fn chain(&self, owner: RecordId, newest: Option<u64>) -> Result<Vec<(u64, Leaf)>, Error> {
        let mut entries = Vec::new();
        let mut next = newest;
        while let Some(index) = next {
            let leaf = self.leaf(index)?;
            if leaf.rec != Some(owner) || leaf.prev.is_some_and(|prev| prev >= index) {
                let what = format!("the entry is not in the chain of {owner}");
                return Err(Error::new(ErrorCode::LogIntegrity, index.to_string(), what));
            }
            next = leaf.prev;
            entries.push((index, leaf));
        }
        entries.reverse();
        Ok(entries)
    }
}
