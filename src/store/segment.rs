//! Appending frames to the open segment.
//!
//! What a crash leaves: bytes beyond the length in the lock record. They are orphans of acts that were never
//! acknowledged, and [`tlog::recover`](crate::tlog::recover) cuts them. A new segment is named by the lock record only
//! after it is synced.

use super::disk::{Disk, DiskError};
use super::format::{FrameLoc, SEGMENT_HEADER_BYTES, segment_header, segment_name};
use crate::limits::SEGMENT_BYTES;
use crate::model::id::ArchiveId;
use std::sync::Arc;

/// The end of the store: the open segment and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreEnd {
    /// Number of the open segment, from 1; 0 before the first frame.
    pub segment: u32,
    /// Its length.
    pub len: u64,
}

/// The one appender.
pub struct SegmentWriter {
    disk: Arc<dyn Disk>,
    archive: ArchiveId,
    end: StoreEnd,
    /// Segments with bytes that no sync covers yet.
    unsynced: Vec<u32>,
    segment_bytes: u64,
    /// The first failed append. The file may hold a part of that frame, so nothing is appended after it.
    failed: Option<DiskError>,
}

impl SegmentWriter {
    /// Goes on at `end`.
    pub fn new(disk: Arc<dyn Disk>, archive: ArchiveId, end: StoreEnd) -> Self {
        Self { disk, archive, end, unsynced: Vec::new(), segment_bytes: SEGMENT_BYTES, failed: None }
    }

    /// Makes segments of this size, so that tests see several.
    #[cfg(any(test, feature = "testing"))]
    pub fn set_segment_bytes(&mut self, bytes: u64) {
        self.segment_bytes = bytes;
    }

    /// Where the next frame goes.
    pub fn end(&self) -> StoreEnd {
        self.end
    }

    /// Appends one frame. Not durable before the files of [`take_unsynced`](Self::take_unsynced) are synced.
    ///
    /// After a failure every later call fails with the same error, until the archive is reopened.
    pub fn append(&mut self, frame: &[u8]) -> Result<FrameLoc, DiskError> {
        self.unless_failed(|writer| writer.append_frame(frame))
    }

    fn unless_failed<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, DiskError>) -> Result<T, DiskError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let result = step(self);
        if let Err(e) = &result {
            self.failed = Some(e.clone());
        }
        result
    }

    /// The first failed append, if any.
    pub fn failed(&self) -> Option<&DiskError> {
        self.failed.as_ref()
    }

    /// Closes the open segment, whatever its length, and begins the next one. Durable as a frame is.
    pub fn begin_next(&mut self) -> Result<(), DiskError> {
        self.unless_failed(Self::begin_segment)
    }

    fn begin_segment(&mut self) -> Result<(), DiskError> {
        let next = StoreEnd { segment: self.end.segment + 1, len: SEGMENT_HEADER_BYTES as u64 };
        self.disk.append(&segment_name(next.segment), 0, &segment_header(self.archive, next.segment))?;
        self.unsynced.push(next.segment);
        self.end = next;
        Ok(())
    }

    fn append_frame(&mut self, frame: &[u8]) -> Result<FrameLoc, DiskError> {
        if self.end.segment == 0 || self.end.len >= self.segment_bytes {
            self.begin_segment()?;
        }
        self.disk.append(&segment_name(self.end.segment), self.end.len, frame)?;
        if self.unsynced.last() != Some(&self.end.segment) {
            self.unsynced.push(self.end.segment);
        }
        let len = u32::try_from(frame.len()).expect("a frame is at most 4.2 MB");
        let loc = FrameLoc { segment: self.end.segment, offset: self.end.len, len };
        self.end.len += u64::from(len);
        Ok(loc)
    }

    /// Names of the files that must be synced before the frames so far are durable; the caller syncs them.
    pub fn take_unsynced(&mut self) -> Vec<String> {
        self.unsynced.drain(..).map(segment_name).collect()
    }
}
