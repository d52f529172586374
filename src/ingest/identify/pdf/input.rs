//! The bytes of a PDF file, taken from the budget as they are read.
//!
//! Everything that looks into a PDF reads through [`Input`]. When the budget is spent, everything looks as if the file
//! ended there, and [`Input::spent`] says so.

use super::super::{Budget, Source};
use std::io::{self, Read, SeekFrom};

/// A length in memory as a length in a file.
pub(super) fn len64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// The file, and the work that may still be done on it.
pub(super) struct Input<'a> {
    source: &'a mut dyn Source,
    /// Bytes of the file.
    pub(super) size: u64,
    /// The budget.
    pub(super) work: &'a mut Budget,
    /// Whether the budget came to its end.
    pub(super) spent: bool,
    /// What the source reported while a decoder was reading: a decoder's own errors are no errors of the source.
    pub(super) failed: Option<io::Error>,
}

impl<'a> Input<'a> {
    pub(super) fn new(source: &'a mut dyn Source, size: u64, work: &'a mut Budget) -> Self {
        Self { source, size, work, spent: false, failed: None }
    }

    /// Takes `bytes` of work; false when it is spent.
    pub(super) fn spend(&mut self, bytes: u64) -> bool {
        self.spent |= !self.work.spend(bytes);
        !self.spent
    }

    /// Reads at `at` until `into` is full or the file ends.
    pub(super) fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = into.len().min(left);
        if wanted == 0 || !self.spend(len64(wanted)) {
            return Ok(0);
        }
        self.source.seek(SeekFrom::Start(at))?;
        let mut done = 0;
        while done < wanted {
            match self.source.read(&mut into[done..wanted]) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// The bytes from `at`, at most `max`.
    pub(super) fn bytes_at(&mut self, at: u64, max: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; max.min(left)];
        let read = self.read_at(at, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

/// The bytes of a stream between two offsets of the file.
pub(super) struct Section<'s, 'a> {
    input: &'s mut Input<'a>,
    at: u64,
    end: u64,
}

impl<'s, 'a> Section<'s, 'a> {
    pub(super) fn new(input: &'s mut Input<'a>, at: u64, end: u64) -> Self {
        Self { input, at, end }
    }
}

impl Read for Section<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = into.len().min(left);
        match self.input.read_at(self.at, &mut into[..wanted]) {
            Ok(read) => {
                self.at += len64(read);
                Ok(read)
            }
            Err(error) => {
                let kind = error.kind();
                self.input.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}
