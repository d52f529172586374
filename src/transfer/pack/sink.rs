//! Where the files of a package go, one after the other: a folder, a tar, or nowhere.
//!
//! The writer says of each file its path and its exact length before its bytes, so that a sink needs no memory for
//! them and no place of its own: what goes over a wire is never staged, and plaintext reaches a disk only as the
//! package that somebody asked for.
//!
//! Invariants
//!   - Paths are plain ASCII ([`is_plain`](crate::transfer::layout::is_plain)), each once, in the order in which they
//!     come.
//!   - A package that is not whole does not look like one: a folder is renamed at its end, a tar has no end.
//!
//! It knows nothing of what the files mean. Ending a package is the caller's: by
//! [`Folder::finish`](super::folder::Folder::finish) or [`Tar::finish`](super::tar::Tar::finish), when the digest of
//! what was written is the one that was sealed.

use std::io;

/// Takes the files of a package.
pub trait Sink {
    /// A file begins. All bytes of the one before MUST have come.
    fn begin(&mut self, path: &str, len: u64) -> io::Result<()>;

    /// The next bytes of it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// It ends. The sink MUST refuse a file that has not the length that was said.
    fn end(&mut self) -> io::Result<()>;
}

/// Counts what comes against what was said.
#[derive(Debug, Default)]
pub(super) struct Left(Option<u64>);

impl Left {
    /// A file begins.
    pub(super) fn begin(&mut self, len: u64) -> io::Result<()> {
        if self.0.replace(len).is_some() { Err(io::Error::other("the file before has not ended")) } else { Ok(()) }
    }

    /// So many bytes come.
    pub(super) fn take(&mut self, bytes: usize) -> io::Result<()> {
        let left = self.0.and_then(|left| left.checked_sub(u64::try_from(bytes).ok()?));
        let more = || io::Error::new(io::ErrorKind::InvalidData, "more bytes than were said");
        self.0 = Some(left.ok_or_else(more)?);
        Ok(())
    }

    /// It ends.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.0.take() {
            Some(0) => Ok(()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "fewer bytes than were said")),
        }
    }
}

/// Keeps nothing: for what is only to be counted and digested.
#[derive(Debug, Default)]
pub struct Nowhere(Left);

impl Sink for Nowhere {
    fn begin(&mut self, _path: &str, len: u64) -> io::Result<()> {
        self.0.begin(len)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.take(bytes.len())
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_length_that_was_said() {
        let mut sink = Nowhere::default();
        sink.begin("a", 3).unwrap();
        sink.write(b"ab").unwrap();
        assert!(sink.begin("b", 0).is_err(), "the first has not ended");
        let mut sink = Nowhere::default();
        sink.begin("a", 3).unwrap();
        sink.write(b"ab").unwrap();
        assert!(sink.end().is_err(), "too few");
        sink.begin("a", 1).unwrap();
        assert!(sink.write(b"ab").is_err(), "too many");
        let mut sink = Nowhere::default();
        assert!(sink.write(b"a").is_err() && sink.end().is_err(), "nothing has begun");
        sink.begin("a", 0).unwrap();
        sink.end().unwrap();
    }
}
