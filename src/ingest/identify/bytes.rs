//! Buffered reading of a source under a budget.
//!
//! Invariants
//!   - At most [`BUFFER_BYTES`] are held beyond what a reader asked for with [`Bytes::take`].
//!   - Every byte that comes from the source was taken from the [`Budget`] before.

use super::{Budget, Look, Source};
use crate::error::ErrorCode;
use std::io::{self, SeekFrom};

/// Bytes read at once. Small, because the readers of tables jump: ten thousand jumps then cost 80 MiB of the budget.
const BUFFER_BYTES: usize = 8 * 1024;

/// Why a reader stopped before it had seen everything.
#[derive(Debug)]
pub(super) enum Stop {
    /// The source reported an error.
    Io(io::Error),
    /// The budget is spent.
    Spent,
    /// The bytes end where the format needs more of them.
    End,
}

impl Stop {
    /// Makes a finding of it; only an error of the source stays an error. `what` is where the end was met.
    pub(super) fn note(self, look: &mut Look, what: &str) -> io::Result<()> {
        match self {
            Stop::Io(e) => return Err(e),
            Stop::Spent => look.find(ErrorCode::FmtTooComplex, "", "the work limit was reached"),
            Stop::End => look.find(ErrorCode::FmtDamaged, "", format!("the file ends inside {what}")),
        }
        Ok(())
    }
}

/// The bytes of a source of known size, read forward, with jumps.
pub(super) struct Bytes<'a> {
    source: &'a mut dyn Source,
    work: &'a mut Budget,
    size: u64,
    buffer: Vec<u8>,
    /// Offset of the buffer in the source.
    start: u64,
    /// Position in the buffer.
    at: usize,
}

impl<'a> Bytes<'a> {
    /// Reads `source`, which has `size` bytes, from its beginning.
    pub(super) fn new(source: &'a mut dyn Source, size: u64, work: &'a mut Budget) -> Self {
        Self { source, work, size, buffer: Vec::new(), start: 0, at: 0 }
    }

    /// Size of the source.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.start.saturating_add(self.at as u64)
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> u64 {
        self.size.saturating_sub(self.position())
    }

    /// Jumps to `offset`, which may be the end but not beyond it.
    pub(super) fn seek(&mut self, offset: u64) -> Result<(), Stop> {
        if offset > self.size {
            return Err(Stop::End);
        }
        let inside = offset.checked_sub(self.start).and_then(|n| usize::try_from(n).ok());
        match inside.filter(|n| *n <= self.buffer.len()) {
            Some(at) => self.at = at,
            None => {
                self.buffer.clear();
                self.start = offset;
                self.at = 0;
            }
        }
        Ok(())
    }

    /// Jumps `bytes` forward.
    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Stop> {
        self.seek(self.position().checked_add(bytes).ok_or(Stop::End)?)
    }

    /// The bytes at hand, at least one unless this is the end. [`skip`](Self::skip) moves over them.
    pub(super) fn rest(&mut self) -> Result<&[u8], Stop> {
        if self.at == self.buffer.len() && self.left() > 0 {
            self.start = self.position();
            self.at = 0;
            // The lesser of the two fits in both types.
            let want = usize::try_from(self.left()).unwrap_or(usize::MAX).min(BUFFER_BYTES);
            self.buffer.resize(want, 0);
            let filled = self.fill();
            if filled.is_err() {
                self.buffer.clear();
            }
            filled?;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    fn fill(&mut self) -> Result<(), Stop> {
        if !self.work.spend(self.buffer.len() as u64) {
            return Err(Stop::Spent);
        }
        self.source.seek(SeekFrom::Start(self.start)).map_err(Stop::Io)?;
        self.source.read_exact(&mut self.buffer).map_err(|e| match e.kind() {
            // The source is shorter than it was said to be.
            io::ErrorKind::UnexpectedEof => Stop::End,
            _ => Stop::Io(e),
        })
    }

    /// The next byte, which stays; none at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Stop> {
        Ok(self.rest()?.first().copied())
    }

    /// The next byte; none at the end.
    pub(super) fn byte(&mut self) -> Result<Option<u8>, Stop> {
        let byte = self.peek()?;
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// The next `count` bytes. The caller bounds `count`.
    pub(super) fn take(&mut self, count: usize) -> Result<Vec<u8>, Stop> {
        if self.left() < count as u64 {
            return Err(Stop::End);
        }
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            let rest = self.rest()?;
            let part = rest.get(..count - taken.len()).unwrap_or(rest);
            taken.extend_from_slice(part);
            self.at += part.len();
        }
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        Ok(self.take(N)?.try_into().expect("take gave N bytes"))
    }

    /// At most the next `count` bytes: fewer at the end.
    pub(super) fn up_to(&mut self, count: usize) -> Result<Vec<u8>, Stop> {
        self.take(usize::try_from(self.left()).unwrap_or(usize::MAX).min(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn reads_forward_and_jumps() {
        let content: Vec<u8> = (0..20_000u32).map(|n| n as u8).collect();
        let mut source = Cursor::new(content.clone());
        let mut work = Budget::default();
        let mut bytes = Bytes::new(&mut source, 20_000, &mut work);
        assert_eq!(bytes.byte().unwrap(), Some(0));
        assert_eq!(bytes.take(10_000).unwrap(), content[1..10_001]);
        bytes.seek(5).unwrap();
        assert_eq!(bytes.array::<2>().unwrap(), [5, 6]);
        bytes.seek(20_000).unwrap();
        assert_eq!(bytes.byte().unwrap(), None);
        assert!(matches!(bytes.seek(20_001), Err(Stop::End)));
        assert!(matches!(bytes.skip(u64::MAX), Err(Stop::End)));
        bytes.seek(19_999).unwrap();
        assert!(matches!(bytes.take(2), Err(Stop::End)));
        assert_eq!(bytes.up_to(2).unwrap().len(), 1);
    }

    #[test]
    fn a_spent_budget_and_a_short_source_stop_it() {
        let mut source = Cursor::new(vec![0; 10]);
        let mut work = Budget { left: 9 };
        assert!(matches!(Bytes::new(&mut source, 10, &mut work).byte(), Err(Stop::Spent)));
        let mut work = Budget::default();
        assert!(matches!(Bytes::new(&mut source, 11, &mut work).byte(), Err(Stop::End)));
    }
}
