//! A package as one uncompressed tar (POSIX.1-2017 ustar), written as it comes: to a file, a tape or a connection.
//!
//! One form only: regular files of mode 0644, owner 0, time 0, in the order in which they are written, no folders and
//! no extensions. So the same package is the same bytes, and an upload that was cut off goes on where it stood.
//!
//! It reads nothing back. A tar that is not whole lacks its two last blocks.

use super::sink::{Left, Sink};
use crate::transfer::layout::is_plain;
use std::io::{self, Write};

/// A block.
const BLOCK_BYTES: usize = 512;
/// A record, to whose multiple a whole tar is filled up (POSIX.1-2017, pax, "ustar Interchange Format").
const RECORD_BYTES: u64 = 20 * BLOCK_BYTES as u64;
/// Largest file that eleven octal digits can say.
const LEN_MAX: u64 = 0o77_777_777_777;
const NAME_BYTES: usize = 100;
const PREFIX_BYTES: usize = 155;

/// Writes a tar.
pub struct Tar<W> {
    out: W,
    /// The folder that all is in.
    folder: String,
    left: Left,
    at: u64,
}

impl<W: Write> Tar<W> {
    /// An empty one, whose files lie in the folder of this name.
    pub fn new(out: W, folder: &str) -> Self {
        Self { out, folder: folder.to_owned(), left: Left::default(), at: 0 }
    }

    /// Ends it. Gives its length beside what it was written to, which is flushed.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        self.zeros(2 * BLOCK_BYTES as u64)?;
        self.zeros(self.at.next_multiple_of(RECORD_BYTES) - self.at)?;
        self.out.flush()?;
        Ok((self.out, self.at))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn zeros(&mut self, count: u64) -> io::Result<()> {
        let block = [0; BLOCK_BYTES];
        let mut left = count;
        while left > 0 {
            let piece = left.min(BLOCK_BYTES as u64);
            self.put(&block[..usize::try_from(piece).unwrap_or(BLOCK_BYTES)])?;
            left -= piece;
        }
        Ok(())
    }
}

/// How long a tar of files with these lengths is.
pub fn len_of(files: impl IntoIterator<Item = u64>) -> u64 {
    let block = BLOCK_BYTES as u64;
    let bytes: u64 = files.into_iter().map(|len| block + len.next_multiple_of(block)).sum();
    (bytes + 2 * block).next_multiple_of(RECORD_BYTES)
}

fn header(path: &str, len: u64) -> Option<[u8; BLOCK_BYTES]> {
    let (prefix, name) = match path.len() {
        0..=NAME_BYTES => ("", path),
        // The name is as short as it can be, so that the rest fits.
        _ => path
            .match_indices('/')
            .map(|(at, _)| (&path[..at], &path[at + 1..]))
            .find(|(_, name)| name.len() <= NAME_BYTES)?,
    };
    if prefix.len() > PREFIX_BYTES || name.is_empty() || len > LEN_MAX {
        return None;
    }
    let mut block = [0; BLOCK_BYTES];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{len:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    put(345, prefix.as_bytes());
    // Summed with its own field as spaces.
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(block)
}

impl<W: Write> Sink for Tar<W> {
    fn begin(&mut self, path: &str, len: u64) -> io::Result<()> {
        let path = format!("{}/{path}", self.folder);
        let bad = || io::Error::new(io::ErrorKind::InvalidInput, format!("no tar can hold {path} of {len} bytes"));
        let header = header(&path, len).filter(|_| is_plain(&path)).ok_or_else(bad)?;
        self.left.begin(len)?;
        self.put(&header)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.left.take(bytes.len())?;
        self.put(bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.left.end()?;
        self.zeros(self.at.next_multiple_of(BLOCK_BYTES as u64) - self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tar_is_blocks_of_one_form() {
        let mut tar = Tar::new(Vec::new(), "p-1");
        for (path, bytes) in [("a", &b""[..]), ("b/c", &[7; 513])] {
            tar.begin(path, bytes.len() as u64).unwrap();
            tar.write(bytes).unwrap();
            tar.end().unwrap();
        }
        let (bytes, len) = tar.finish().unwrap();
        assert_eq!((bytes.len() as u64, len), (RECORD_BYTES, len_of([0, 513])));
        assert_eq!(&bytes[..5], b"p-1/a");
        assert_eq!(&bytes[512..519], b"p-1/b/c");
        assert_eq!(&bytes[257..265], b"ustar\x0000");
        // The checksum of a header is that of its other bytes.
        let sum: u32 = (0..512).map(|at| if (148..156).contains(&at) { 32 } else { u32::from(bytes[at]) }).sum();
        assert_eq!(&bytes[148..156], format!("{sum:06o}\0 ").as_bytes());
        assert!(bytes[1024 + 513..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn long_paths_are_split_and_those_too_long_refused() {
        let long = format!("{}/{}", "a".repeat(150), "b".repeat(100));
        assert!(header(&long, 0).is_some());
        assert!(header(&format!("{}/{}", "a".repeat(156), "b".repeat(100)), 0).is_none());
        assert!(header(&"b".repeat(101), 0).is_none());
        assert!(header("a", LEN_MAX).is_some() && header("a", LEN_MAX + 1).is_none());
        let mut tar = Tar::new(Vec::new(), "p-1");
        assert!(tar.begin("құжат", 0).is_err() && tar.begin("../a", 0).is_err());
    }
}
