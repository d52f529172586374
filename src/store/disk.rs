//! The one storage trait: all that the archive asks of a medium.
//!
//! [`LocalDisk`](super::local::LocalDisk) is local files; an S3-compatible bucket fits the same contract (an appended
//! extent is one immutable object, `swap` is a conditional put, `replace` a copy and a delete). Names are relative
//! paths with `/`. There is no punching of holes and no renaming in the contract.

use std::io;
use std::sync::Arc;

/// What a medium can answer instead of doing.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// The operating system refused or failed a step.
    #[error("cannot {step} {name}")]
    Io {
        /// What was being done.
        step: &'static str,
        /// To which file.
        name: String,
        /// The system's own error.
        #[source]
        source: Arc<io::Error>,
    },
    /// There is no such file.
    #[error("{name} is missing")]
    Missing {
        /// The file.
        name: String,
    },
    /// The file ends before the bytes asked for.
    #[error("{name} holds {len} bytes, {wanted} are needed")]
    Short {
        /// The file.
        name: String,
        /// Its length.
        len: u64,
        /// The end of what was asked for.
        wanted: u64,
    },
    /// The name is taken by other bytes.
    #[error("{name} exists with other bytes")]
    Exists {
        /// The file.
        name: String,
    },
    /// The value to be swapped is not the expected one.
    #[error("{name} is at {found}, expected {expected}")]
    Swapped {
        /// The file.
        name: String,
        /// What the caller believed.
        expected: u64,
        /// What is there.
        found: u64,
    },
}

impl DiskError {
    /// An [`Io`](DiskError::Io) error, or [`Missing`](DiskError::Missing) when the system says so.
    pub fn io(step: &'static str, name: &str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return DiskError::Missing { name: name.to_owned() };
        }
        DiskError::Io { step, name: name.to_owned(), source: Arc::new(source) }
    }

    /// True when the medium is full.
    pub fn is_full(&self) -> bool {
        matches!(self, DiskError::Io { source, .. } if is_full(source))
    }
}

/// Whether an error says that there is no room: on the medium, for its owner, or for a file of that length.
pub fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::StorageFull | E::QuotaExceeded | E::FileTooLarge)
}

/// One value of a swapped cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Counts the swaps; the first value has 1.
    pub seq: u64,
    /// The value.
    pub bytes: Vec<u8>,
}

/// What a swapped cell holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    /// The newest whole value.
    pub newest: Option<Cell>,
    /// A slot that is not whole: a torn write, or rot. The caller decides which (see `tlog::recover`).
    pub damaged: bool,
}

/// The largest value that fits a swapped cell.
pub const CELL_BYTES_MAX: usize = super::local::SLOT_BYTES - super::local::SLOT_OVERHEAD;

/// A medium. Every method is safe to call from several threads; one writer a name.
pub trait Disk: Send + Sync {
    /// Writes `bytes` at `at`, which MUST be the current end of `name` (0 makes the file). The bytes MAY be lost,
    /// wholly or in part, until [`sync`](Disk::sync) returns.
    fn append(&self, name: &str, at: u64, bytes: &[u8]) -> Result<(), DiskError>;

    /// MUST NOT return success before all bytes appended to `name`, and its existence, survive a power cut. After a
    /// failure the caller MUST NOT append or sync again before reopening: the medium may have dropped the bytes.
    fn sync(&self, name: &str) -> Result<(), DiskError>;

    /// Shortens `name` to `len` bytes. MUST be durable on return.
    fn cut(&self, name: &str, len: u64) -> Result<(), DiskError>;

    /// Makes files that are written once. After a crash each MUST be whole or absent; on success all MUST survive a
    /// power cut. A name that exists with the same bytes is a success; with other bytes it is [`DiskError::Exists`].
    fn put_if_absent(&self, files: &[(String, Vec<u8>)]) -> Result<(), DiskError>;

    /// Replaces a derived file whole. After a crash the old or the new bytes MUST be there; on success the new MUST
    /// survive.
    fn publish(&self, name: &str, bytes: &[u8]) -> Result<(), DiskError>;

    /// Gives `name` the bytes of `from`, all of which are synced, and removes `from`. After a crash `name` MUST have
    /// the old or the new bytes, and `from` MUST still be there whole while they are the old ones; on success the new
    /// MUST survive.
    fn replace(&self, name: &str, from: &str) -> Result<(), DiskError>;

    /// Fills `buffer` from `at`; fewer bytes in the file are [`DiskError::Short`].
    fn read_at(&self, name: &str, at: u64, buffer: &mut [u8]) -> Result<(), DiskError>;

    /// The length of `name`, or `None` when there is no such file.
    fn len(&self, name: &str) -> Result<Option<u64>, DiskError>;

    /// Names and lengths of all files under the folder `prefix` (at any depth), sorted by name. Temporary files of
    /// interrupted writes MUST NOT be listed.
    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, DiskError>;

    /// Removes `name`; MUST be durable on return. A medium for keys MUST overwrite the bytes first where it can.
    /// Removing what is not there is a success.
    fn delete(&self, name: &str) -> Result<(), DiskError>;

    /// Replaces the value of the cell `name` if its count is `expected` (0: there is none yet). MUST be durable on
    /// success. After a crash the old or the new value MUST be there; a torn slot MAY be reported as damaged beside the
    /// old one.
    fn swap(&self, name: &str, expected: u64, next: &[u8]) -> Result<(), DiskError>;

    /// Reads the cell `name`.
    fn cells(&self, name: &str) -> Result<Cells, DiskError>;

    /// Reads a whole file.
    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
        let len = self.len(name)?.ok_or_else(|| DiskError::Missing { name: name.to_owned() })?;
        let len = usize::try_from(len).map_err(|_| DiskError::Short { name: name.to_owned(), len, wanted: len })?;
        let mut bytes = vec![0; len];
        self.read_at(name, 0, &mut bytes)?;
        Ok(bytes)
    }
}
