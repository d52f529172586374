//! A package that is an uncompressed tar: ustar (POSIX.1-1988) with the records `path` and `size` of pax.
//!
//! The headers are walked once; members are read where they lie. Everything that two programs could read differently is
//! refused: other forms of tar, links, sparse files, numbers that are not octal, names twice, bytes between members
//! or behind the end that are not zero. So every byte of the file counts, but for times in pax headers.
//!
//! One folder in which all members lie is the folder of the package, and is no part of their names.

use super::{Entry, Listing, Odd, Source, safe};
use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

/// Bytes of a block; headers and contents begin at a multiple of it.
const BLOCK: u64 = 512;
const BLOCK_BYTES: usize = 512;
/// Bytes of one pax header that are read. Own bound: a path of 1024 bytes and a few times.
const PAX_BYTES_MAX: u64 = 64 * 1024;
/// Zeros behind the end that are read: a tape drive writes records of at most 1 MiB. Own bound.
const TAIL_BYTES_MAX: u64 = 1024 * 1024;
/// Folders at the top that are remembered. Own bound: two are one too many.
const TOPS_MAX: usize = 8;

/// A tar that was listed.
#[derive(Debug)]
pub struct Tar<R> {
    name: Option<String>,
    listing: Listing,
    medium: Mutex<Medium<R>>,
}

/// What is read from, and where it stands.
#[derive(Debug)]
struct Medium<R> {
    reader: R,
    at: u64,
    len: u64,
}

impl<R: Read + Seek> Medium<R> {
    fn read_at(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at != at {
            self.reader.seek(SeekFrom::Start(at))?;
            self.at = at;
        }
        let read = self.reader.read(buffer)?;
        self.at += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read)
    }

    /// Fills the buffer; false when the file ends before.
    fn fill(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<bool> {
        let mut done = 0;
        while done < buffer.len() {
            let begun = at + u64::try_from(done).unwrap_or(u64::MAX);
            match self.read_at(begun, &mut buffer[done..])? {
                0 => return Ok(false),
                read => done += read,
            }
        }
        Ok(true)
    }

    /// Whether the bytes from `at` to `end` are zero.
    fn is_zero(&mut self, mut at: u64, end: u64) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        while at < end {
            let want = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
            if !self.fill(at, &mut buffer[..want])? || buffer[..want].iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            at += u64::try_from(want).unwrap_or(u64::MAX);
        }
        Ok(true)
    }
}

impl<R: Read + Seek> Tar<R> {
    /// Lists the members of a tar. What is wrong with its form is odd, and ends the list.
    ///
    /// # Errors
    ///
    /// When the medium fails, or there are more files than [`FILES_MAX`](super::FILES_MAX).
    pub fn open(mut reader: R) -> io::Result<Self> {
        let len = reader.seek(SeekFrom::End(0))?;
        let mut medium = Medium { reader, at: len, len };
        let mut listing = Listing::default();
        let mut folders = BTreeSet::new();
        if let Err(fault) = walk(&mut medium, &mut listing, &mut folders)? {
            listing.note(format!("byte {}", fault.at), fault.what);
        }
        let name = strip(&mut listing, &folders);
        listing.end();
        Ok(Self { name, listing, medium: Mutex::new(medium) })
    }

    /// The medium again.
    pub fn into_inner(self) -> R {
        self.medium.into_inner().unwrap_or_else(PoisonError::into_inner).reader
    }
}

impl<R: Read + Seek + Send> Source for Tar<R> {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn entries(&self) -> &[Entry] {
        &self.listing.entries
    }

    fn odd(&self) -> &[Odd] {
        &self.listing.odd
    }

    fn open(&self, index: usize) -> io::Result<Box<dyn Read + '_>> {
        let Some(entry) = self.listing.entries.get(index) else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no such file"));
        };
        Ok(Box::new(Member { medium: &self.medium, at: entry.place, left: entry.len }))
    }
}

/// The bytes of one member.
struct Member<'a, R> {
    medium: &'a Mutex<Medium<R>>,
    at: u64,
    left: u64,
}

impl<R: Read + Seek> Read for Member<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if want == 0 {
            return Ok(0);
        }
        let mut medium = self.medium.lock().unwrap_or_else(PoisonError::into_inner);
        let read = medium.read_at(self.at, &mut buffer[..want])?;
        drop(medium);
        if read == 0 {
            return Err(io::Error::other("the file changed while it was read"));
        }
        let done = u64::try_from(read).unwrap_or(u64::MAX);
        (self.at, self.left) = (self.at + done, self.left - done);
        Ok(read)
    }
}

/// What is wrong with the form, and where.
struct Fault {
    at: u64,
    what: String,
}

/// Walks the headers.
fn walk<R: Read + Seek>(
    medium: &mut Medium<R>,
    listing: &mut Listing,
    folders: &mut BTreeSet<String>,
) -> io::Result<Result<(), Fault>> {
    let len = medium.len;
    let mut at = 0;
    let mut pax = Pax::default();
    loop {
        let fault = |what: &str| Ok(Err(Fault { at, what: what.to_owned() }));
        let mut block = [0; BLOCK_BYTES];
        if !medium.fill(at, &mut block)? {
            return fault("the tar ends in the middle");
        }
        if block.iter().all(|byte| *byte == 0) {
            if pax != Pax::default() {
                return fault("a pax header without a member");
            }
            if len - at < 2 * BLOCK {
                return fault("the tar ends in the middle");
            }
            if len - at > TAIL_BYTES_MAX || !medium.is_zero(at, len)? {
                return fault("something stands behind the end of the tar");
            }
            return Ok(Ok(()));
        }
        let header = match Header::read(&block) {
            Ok(header) => header,
            Err(what) => return fault(what),
        };
        let size = match (pax.size, header.kind) {
            (Some(size), b'0') => size,
            (Some(_), _) => return fault("a pax length of something that is no file"),
            _ => header.size,
        };
        let begun = at + BLOCK;
        let Some(end) = begun.checked_add(size).filter(|end| *end <= len) else {
            return fault("the tar ends in the middle");
        };
        let next = end.div_ceil(BLOCK) * BLOCK;
        if next > len {
            return fault("the tar ends in the middle");
        }
        if !medium.is_zero(end, next)? {
            return fault("bytes between two members are not zero");
        }
        match header.kind {
            b'x' => {
                if pax != Pax::default() || size > PAX_BYTES_MAX {
                    return fault("two pax headers for one member, or one that is too long");
                }
                let mut text = vec![0; usize::try_from(size).unwrap_or_default()];
                if !medium.fill(begun, &mut text)? {
                    return fault("the tar ends in the middle");
                }
                match Pax::read(&text) {
                    Ok(read) => pax = read,
                    Err(what) => return fault(what),
                }
            }
            kind => {
                let Pax { path, .. } = std::mem::take(&mut pax);
                let path = path.unwrap_or(header.path);
                // How `tar .` begins each name.
                let path = path.strip_prefix("./").map(str::to_owned).unwrap_or(path);
                match kind {
                    b'0' => listing.take(path, size, begun)?,
                    b'5' if size == 0 => {
                        let folder = path.trim_end_matches('/');
                        let top = folder.split('/').next().unwrap_or_default();
                        match safe(folder) {
                            Ok(()) if folders.len() < TOPS_MAX => drop(folders.insert(top.to_owned())),
                            Ok(()) => {}
                            // The folder that `tar .` was run in.
                            Err(_) if folder.is_empty() && path.is_empty() => {}
                            Err(what) => listing.note(path, what),
                        }
                    }
                    b'1' | b'2' => listing.note(path, "a link"),
                    b'3' | b'4' | b'6' => listing.note(path, "a device"),
                    b'L' | b'K' | b'S' => {
                        return fault("a form of GNU tar; write it with --format=ustar or --format=posix");
                    }
                    b'g' => return fault("a global pax header"),
                    _ => return fault("a kind of member that is not known"),
                }
            }
        }
        at = next;
    }
}

/// Takes the one folder in which all lies off the names; gives its name.
fn strip(listing: &mut Listing, folders: &BTreeSet<String>) -> Option<String> {
    let paths = listing.entries.iter().map(|entry| &*entry.path);
    let mut tops = paths.map(|path| path.split_once('/').map(|(top, _)| top));
    let top = tops.next()??.to_owned();
    if !tops.all(|other| other == Some(top.as_str())) {
        return None;
    }
    for entry in &mut listing.entries {
        if let Some(rest) = entry.path.get(top.len() + 1..) {
            entry.path = rest.into();
        }
    }
    for folder in folders.iter().filter(|folder| **folder != top) {
        listing.note(folder.clone(), "a folder beside the folder of the package");
    }
    Some(top)
}

/// A header of ustar.
struct Header {
    path: String,
    size: u64,
    kind: u8,
}

impl Header {
    fn read(block: &[u8; BLOCK_BYTES]) -> Result<Self, &'static str> {
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(i, byte)| match i {
                // POSIX: the sum is taken with spaces in its own place.
                148..156 => u64::from(b' '),
                _ => u64::from(*byte),
            })
            .sum();
        // Six digits, a zero, a space: as every program writes it. Another form would leave a byte that nothing covers.
        let told = match &block[148..156] {
            [digits @ .., 0, b' '] => octal(digits),
            _ => None,
        };
        if told != Some(sum) {
            return Err("the checksum of a header is wrong");
        }
        if &block[257..265] != b"ustar\x0000" {
            return Err(match &block[257..265] {
                b"ustar  \0" => "a form of GNU tar; write it with --format=ustar or --format=posix",
                _ => "no header of a tar (ustar)",
            });
        }
        let text = |field: &[u8]| {
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            let (text, rest) = field.split_at(end);
            let is_clean = rest.iter().all(|byte| *byte == 0);
            is_clean.then(|| std::str::from_utf8(text).ok().map(str::to_owned)).flatten()
        };
        let (Some(name), Some(prefix)) = (text(&block[..100]), text(&block[345..500])) else {
            return Err("a name that is not UTF-8 or has something behind its end");
        };
        let size = match &block[124..136] {
            [digits @ .., 0 | b' '] => octal(digits),
            _ => None,
        };
        let Some(size) = size else { return Err("a length that is not octal") };
        let kind = if block[156] == 0 { b'0' } else { block[156] };
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        Ok(Self { path, size, kind })
    }
}

fn octal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, digit| match digit {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// What a pax header says of the next member.
#[derive(Default, PartialEq, Eq)]
struct Pax {
    path: Option<String>,
    size: Option<u64>,
    /// Something was said, if only a time.
    is_given: bool,
}

impl Pax {
    /// `LENGTH KEY=VALUE\n`, again and again (POSIX.1-2001, pax). Times and owners change no content.
    fn read(mut text: &[u8]) -> Result<Self, &'static str> {
        const FORM: &str = "a pax header that cannot be read";
        let mut pax = Self { is_given: true, ..Self::default() };
        while !text.is_empty() {
            let space = text.iter().take(20).position(|byte| *byte == b' ').ok_or(FORM)?;
            let digits = std::str::from_utf8(&text[..space]).map_err(|_| FORM)?;
            let len: usize = digits.parse().map_err(|_| FORM)?;
            if digits.starts_with(['0', '+']) || len <= space + 1 || len > text.len() {
                return Err(FORM);
            }
            let (record, rest) = text.split_at(len);
            let record = record[space + 1..].strip_suffix(b"\n").ok_or(FORM)?;
            let record = std::str::from_utf8(record).map_err(|_| FORM)?;
            let (key, value) = record.split_once('=').ok_or(FORM)?;
            let is_first = match key {
                "path" => pax.path.replace(value.to_owned()).is_none(),
                "size" => {
                    let size = value.parse().ok().filter(|_| value.bytes().all(|byte| byte.is_ascii_digit()));
                    pax.size.replace(size.ok_or(FORM)?).is_none()
                }
                "mtime" | "atime" | "ctime" | "uid" | "gid" | "uname" | "gname" | "comment" => true,
                // Sparse files, links, other encodings: another content than the bytes that are here.
                _ => return Err("a pax record that is not known"),
            };
            if !is_first {
                return Err("a pax record that stands twice");
            }
            text = rest;
        }
        Ok(pax)
    }
}
