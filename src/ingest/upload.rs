//! A submission that was sent whole: a ZIP file in the spool.
//!
//! It takes the same path as one that lies on a disk; it is read from the spool, sealed when it is large, and gone when
//! it is dropped. Nothing of it is kept here.

use super::receive::ReceiveError;
use super::unpack::Container;
use crate::limits::{HASH_BUFFER_BYTES, SUBMISSION_BYTES_MAX};
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::submission::{SUBMISSION_FILE, Submission};
use crate::store::spool::Spooled;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A ZIP file that was sent.
#[derive(Debug)]
pub struct Upload {
    name: PathBuf,
    bytes: Mutex<Spooled>,
    len: u64,
}

impl Upload {
    /// What was sent under `name`, which names it in refusals.
    pub fn new(name: &str, mut bytes: Spooled) -> io::Result<Self> {
        bytes.finish()?;
        Ok(Self { name: PathBuf::from(name), len: bytes.len(), bytes: Mutex::new(bytes) })
    }

    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    pub(super) fn container(&self) -> Result<Container<'_>, ReceiveError> {
        Container::sent(&self.name, Box::new(Reader { upload: self, at: 0 }), self.len)
    }

    /// Digest of what was sent; none when the spool cannot be read.
    pub(super) fn digest(&self) -> Option<Sha256> {
        let mut reader = Reader { upload: self, at: 0 };
        let mut hasher = Sha256Writer::default();
        let mut buffer = vec![0; HASH_BUFFER_BYTES];
        loop {
            match reader.read(&mut buffer).ok()? {
                0 => return Some(hasher.finish()),
                n => hasher.update(&buffer[..n]),
            }
        }
    }

    /// The agency that it says it is of; none when that cannot be read, and then it is refused for that.
    pub fn agency(&self) -> Option<String> {
        let mut container = self.container().ok()?;
        let size = container.size(SUBMISSION_FILE).filter(|size| *size <= SUBMISSION_BYTES_MAX as u64)?;
        let mut description = Vec::new();
        container.read(SUBMISSION_FILE).ok()?.take(size).read_to_end(&mut description).ok()?;
        Submission::parse(&description).ok().map(|submission| submission.agency)
    }

    fn lock(&self) -> MutexGuard<'_, Spooled> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what was sent, with a place of its own.
struct Reader<'a> {
    upload: &'a Upload,
    at: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.upload.lock();
        bytes.seek(SeekFrom::Start(self.at))?;
        let count = bytes.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.upload.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the first byte"))?;
        Ok(self.at)
    }
}
