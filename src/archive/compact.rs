//! Compaction of an opened archive, and whether something of an owner still lies in the store.
//!
//! Compaction moves frames, and the index of the running archive has their old places: so it ends the archive, and
//! whoever goes on opens it again. The index is then built anew.
//!
//! What a crash leaves: see [`tlog::compact`](crate::tlog::compact); the next open finishes it.

use super::{Archive, lock};
use crate::error::Error;
use crate::model::id::{ActorId, RecordId};
use crate::tlog::compact::{Compacted, segments_with};
use std::collections::HashSet;

impl Archive {
    /// Removes from the store what was sealed under keys that acts of the journal erased, and closes the archive.
    pub fn compact(mut self, actor: ActorId) -> Result<Compacted, Error> {
        self.end()?;
        Ok(lock(&self.shared.core).compact(actor)?)
    }

    /// Numbers of the segments that still have something of these owners; empty when nothing of them is left.
    ///
    /// # Errors
    ///
    /// A segment is damaged: what lies in it cannot be said.
    pub fn uncompacted(&self, owners: &HashSet<RecordId>) -> Result<Vec<u32>, Error> {
        Ok(segments_with(self.disk(), self.config.archive_id, self.head().store, owners)?)
    }
}
