//! Copying what stays of a closed segment into a file beside it.
//!
//! Frames are copied verbatim and in order, each checked against the digest that ends it: damage is found here and not
//! carried on. Memory is one frame and a window, whatever the segment holds.
//!
//! What a crash leaves: the segment as it was, and a part of the copy, which means nothing before the journal names it.
//!
//! It does not decide what stays, and puts nothing in place: see [`tlog::compact`](crate::tlog::compact).

use super::disk::{Disk, DiskError};
use super::format::{FrameHeader, segment_header};
use super::read::frame_digest;
use super::scrub::{Damage, Depth, Scanned, SegmentFile, scan_file};

/// Bytes gathered before they are written.
const WINDOW_BYTES: usize = 1024 * 1024;

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The medium failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Something that stays is not as it was written.
    #[error("{0}")]
    Damaged(Damage),
}

/// Copies the frames of `file`, which is `len` bytes long, that `keep` names into the new file `to`, and syncs it.
pub fn copy(
    disk: &dyn Disk,
    file: SegmentFile<'_>,
    len: u64,
    to: &str,
    keep: &dyn Fn(&FrameHeader) -> bool,
) -> Result<(), CopyError> {
    let mut copy = Copy { disk, from: file.name, to, len: 0, pending: Vec::new() };
    copy.pending.extend_from_slice(&segment_header(file.archive, file.number));
    let mut failed = None;
    let mut damage = None;
    let mut take = |frame: Scanned| {
        if failed.is_none() && keep(&frame.header) {
            failed = copy.frame(&frame).err();
        }
    };
    scan_file(disk, file, 0, len, Depth::Headers, &mut take, &mut |d| {
        damage.get_or_insert(d);
    })?;
    if let Some(e) = damage.map(CopyError::Damaged).or(failed) {
        return Err(e);
    }
    copy.write()?;
    Ok(disk.sync(to)?)
}

struct Copy<'a> {
    disk: &'a dyn Disk,
    from: &'a str,
    to: &'a str,
    /// Bytes written.
    len: u64,
    pending: Vec<u8>,
}

impl Copy<'_> {
    fn frame(&mut self, frame: &Scanned) -> Result<(), CopyError> {
        let start = self.pending.len();
        self.pending.resize(start + frame.loc.len as usize, 0);
        self.disk.read_at(self.from, frame.loc.offset, &mut self.pending[start..])?;
        if frame_digest(&self.pending[start..]) != Some(frame.digest) {
            let damage = Damage::FrameDigest { offset: frame.loc.offset, header: frame.header };
            return Err(CopyError::Damaged(damage));
        }
        if self.pending.len() >= WINDOW_BYTES {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), DiskError> {
        self.disk.append(self.to, self.len, &self.pending)?;
        self.len += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}
