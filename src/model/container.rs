//! A ZIP container with one form only: members stored as they are, in a given order, with one fixed date, nothing
//! between or behind them (PKWARE APPNOTE 6.3.10 without ZIP64, compression, encryption and extra fields).
//!
//! Any unpacker reads it. Here it is read as strictly as it is written, so each of its bytes is checked: a container
//! with one changed byte is another one or none. That is why it is not left to a library, whose headers may differ from
//! one version to the next.
//!
//! Invariants
//!   - What [`read`] accepts is what [`Writer`] makes of the same members.
//!   - Names are relative paths with safe segments, each once.
//!
//! It holds no member in memory, and knows nothing of what the members mean. What a crash leaves is the caller's.

use super::digest::{Sha256, Sha256Writer};
use crate::limits::PATH_BYTES_MAX;
use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Largest container: the format counts in 32 bits, and its highest value means ZIP64.
pub const CONTAINER_BYTES_MAX: u64 = u32::MAX as u64 - 1;
/// Most members, for the same reason.
pub const MEMBERS_MAX: usize = u16::MAX as usize - 1;
/// Longest name in bytes. Own bound: a path of a component, below a folder of ours.
const NAME_BYTES_MAX: usize = PATH_BYTES_MAX + 64;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: u64 = 46;
const END_BYTES: u64 = 22;
/// Version 2.0: stored members in folders.
const VERSION: u16 = 20;
/// Made by the same version on a system with POSIX modes.
const MADE_BY: u16 = 3 << 8 | VERSION;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;
/// 1 January 1980, the first day that the format knows.
const DATE: u16 = 1 << 5 | 1;
/// A regular file that its owner may write and all may read.
const MODE: u32 = 0o100_644 << 16;

/// A member of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path.
    pub name: String,
    /// Where its bytes begin.
    pub at: u64,
    /// How many they are.
    pub len: u64,
    /// CRC-32 of its bytes.
    pub crc: u32,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
}

/// Why bytes are no container that this module writes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// They cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// They are not in the one form.
    #[error("at byte {at}: {what}")]
    Form {
        /// Where.
        at: u64,
        /// What, in technical English.
        what: &'static str,
    },
}

/// The name and length of a member to be written, with its CRC-32, which stands before its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path.
    pub name: String,
    /// Bytes.
    pub len: u64,
    /// CRC-32 of them.
    pub crc: u32,
}

/// How long a container with these members is.
pub fn len_of<'a>(members: impl IntoIterator<Item = (&'a str, u64)>) -> u64 {
    let one = |(name, len): (&str, u64)| LOCAL_BYTES + CENTRAL_BYTES + 2 * name.len() as u64 + len;
    members.into_iter().map(one).fold(END_BYTES, u64::saturating_add)
}

fn header(member: &Member, at: Option<u64>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 + member.name.len());
    let len = u32::try_from(member.len).unwrap_or(u32::MAX);
    bytes.extend(if at.is_some() { CENTRAL } else { LOCAL }.to_le_bytes());
    if at.is_some() {
        bytes.extend(MADE_BY.to_le_bytes());
    }
    for field in [VERSION, UTF8, 0, 0, DATE] {
        bytes.extend(field.to_le_bytes());
    }
    for field in [member.crc, len, len] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(u16::try_from(member.name.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    if let Some(at) = at {
        // No comment, the first disk, no internal attributes.
        bytes.extend([0; 6]);
        bytes.extend(MODE.to_le_bytes());
        bytes.extend(u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
    }
    bytes.extend(member.name.as_bytes());
    bytes
}

/// The directory at the end, of members with the places of their headers.
fn directory(members: &[(Member, u64)], at: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = members.iter().flat_map(|(member, at)| header(member, Some(*at))).collect();
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let count = u16::try_from(members.len()).unwrap_or(u16::MAX).to_le_bytes();
    bytes.extend(END.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend([count, count].concat());
    bytes.extend(len.to_le_bytes());
    bytes.extend(u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// Writes a container.
pub struct Writer<W> {
    out: W,
    at: u64,
    members: Vec<(Member, u64)>,
}

impl<W: Write> Writer<W> {
    /// An empty one.
    pub fn new(out: W) -> Self {
        Self { out, at: 0, members: Vec::new() }
    }

    /// Adds a member, whose bytes `give` writes: as many as it says, with that CRC.
    ///
    /// # Errors
    ///
    /// When it gives others, what was written is no container.
    pub fn member<E: From<io::Error>>(
        &mut self,
        member: Member,
        give: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), E> {
        let head = header(&member, None);
        self.out.write_all(&head)?;
        let mut counted = Counted { out: &mut self.out, crc: crc32fast::Hasher::new(), len: 0 };
        give(&mut counted)?;
        let (crc, len) = (counted.crc.finalize(), counted.len);
        if (crc, len) != (member.crc, member.len) {
            return Err(io::Error::other(format!("{} is not what was announced", member.name)).into());
        }
        let at = self.at;
        self.at += head.len() as u64 + len;
        self.members.push((member, at));
        Ok(())
    }

    /// Adds a member that is in memory.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let member = Member { name: name.to_owned(), len: bytes.len() as u64, crc: crc32fast::hash(bytes) };
        self.member(member, |out| out.write_all(bytes))
    }

    /// Writes the directory.
    pub fn finish(mut self) -> io::Result<()> {
        let total = self.at.saturating_add(directory_len(&self.members));
        if total > CONTAINER_BYTES_MAX || self.members.len() > MEMBERS_MAX {
            return Err(io::Error::other("too large for a container"));
        }
        self.out.write_all(&directory(&self.members, self.at))
    }
}

fn directory_len(members: &[(Member, u64)]) -> u64 {
    END_BYTES + members.iter().map(|(member, _)| CENTRAL_BYTES + member.name.len() as u64).sum::<u64>()
}

struct Counted<'a, W> {
    out: &'a mut W,
    crc: crc32fast::Hasher,
    len: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.out.write(bytes)?;
        self.crc.update(&bytes[..n]);
        self.len += n as u64;
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Reads the container in `len` bytes from `at` of a file, every byte of it, and lists its members.
///
/// # Errors
///
/// When it is not in the one form, or cannot be read.
pub fn read<R: Read + Seek>(file: &mut R, at: u64, len: u64) -> Result<Vec<Entry>, ContainerError> {
    let begin = at;
    let end = at.checked_add(len).filter(|_| len <= CONTAINER_BYTES_MAX);
    let end = end.ok_or(ContainerError::Form { at, what: "longer than a container can be" })?;
    file.seek(SeekFrom::Start(begin))?;
    let mut file = io::BufReader::with_capacity(1 << 16, file);
    let (mut at, mut entries, mut members, mut names) = (begin, Vec::new(), Vec::new(), HashSet::new());
    let mut signature = [0; 4];
    loop {
        let wrong = |what| ContainerError::Form { at, what };
        let left = end - at;
        if left < END_BYTES {
            return Err(wrong("it is cut off"));
        }
        file.read_exact(&mut signature)?;
        if signature != LOCAL.to_le_bytes() {
            break;
        }
        let mut head = [0; LOCAL_BYTES as usize - 4];
        if left < LOCAL_BYTES {
            return Err(wrong("it is cut off"));
        }
        file.read_exact(&mut head)?;
        let number = |from: usize| u32::from_le_bytes([head[from], head[from + 1], head[from + 2], head[from + 3]]);
        let (crc, len) = (number(10), u64::from(number(14)));
        let name_len = usize::from(u16::from_le_bytes([head[22], head[23]]));
        if name_len > NAME_BYTES_MAX || left < LOCAL_BYTES + name_len as u64 + len {
            return Err(wrong("a member reaches beyond the end"));
        }
        let mut name = vec![0; name_len];
        file.read_exact(&mut name)?;
        let name = String::from_utf8(name).map_err(|_| wrong("a name that is not UTF-8"))?;
        if !is_safe(&name) || !names.insert(name.to_lowercase()) || entries.len() == MEMBERS_MAX {
            return Err(wrong("a name that is not safe, or stands twice"));
        }
        let member = Member { name, len, crc };
        if header(&member, None) != [signature.as_slice(), &head, member.name.as_bytes()].concat() {
            return Err(wrong("a header in another form"));
        }
        let data = at + LOCAL_BYTES + name_len as u64;
        let mut digest = Sha256Writer::default();
        let mut hasher = crc32fast::Hasher::new();
        let mut rest = len;
        let mut buffer = [0; 1 << 14];
        while rest > 0 {
            let n = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
            file.read_exact(&mut buffer[..n])?;
            digest.update(&buffer[..n]);
            hasher.update(&buffer[..n]);
            rest -= n as u64;
        }
        if hasher.finalize() != crc {
            return Err(wrong("the checksum of a member is wrong"));
        }
        let entry = Entry { name: member.name.clone(), at: data, len, crc, sha256: digest.finish() };
        entries.push(entry);
        members.push((member, at - begin));
        at = data + len;
    }
    let expected = directory(&members, at - begin);
    let wrong = |what| ContainerError::Form { at, what };
    if expected.len() as u64 != end - at {
        return Err(wrong("a directory of another length"));
    }
    let mut found = vec![0; expected.len()];
    found[..4].copy_from_slice(&signature);
    file.read_exact(&mut found[4..])?;
    if found != expected { Err(wrong("a directory that does not fit the members")) } else { Ok(entries) }
}

/// Whether a name leads to one place below the folder that it is unpacked into, on every system.
fn is_safe(name: &str) -> bool {
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && !segment.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
    };
    !name.is_empty() && name.split('/').all(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn sample() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        writer.bytes("mimetype", b"application/vnd.etsi.asic-e+zip").unwrap();
        writer.bytes("бұйрық/1.txt", "Қағаз".as_bytes()).unwrap();
        writer.bytes("empty", b"").unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn listed(bytes: &[u8]) -> Result<Vec<Entry>, ContainerError> {
        read(&mut Cursor::new(bytes), 0, bytes.len() as u64)
    }

    #[test]
    fn what_is_written_is_read_here_and_by_others() {
        let bytes = sample();
        let names: Vec<(String, u64)> = listed(&bytes).unwrap().into_iter().map(|e| (e.name, e.len)).collect();
        assert_eq!(names, [("mimetype".into(), 31), ("бұйрық/1.txt".into(), 10), ("empty".into(), 0)]);
        let announced = names.iter().map(|(name, len)| (name.as_str(), *len));
        assert_eq!(len_of(announced), bytes.len() as u64);
        // An ASiC reader finds the type at this place (EN 319 162-1, A.1).
        assert_eq!(&bytes[30..38], b"mimetype");
        let mut theirs = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let mut text = String::new();
        theirs.by_name("бұйрық/1.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "Қағаз");
        assert_eq!(theirs.len(), 3);
    }

    #[test]
    fn every_changed_bit_makes_it_none_or_another() {
        let bytes = sample();
        let original = listed(&bytes).unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                // A member and its checksum may change together only when two bits do.
                assert!(listed(&changed).is_err(), "byte {at}, bit {bit}");
            }
        }
        for cut in 0..bytes.len() {
            assert!(listed(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(listed(&[bytes.as_slice(), b"\0"].concat()).is_err());
        let inner = [b"before".as_slice(), &bytes, b"behind"].concat();
        let moved = read(&mut Cursor::new(&inner), 6, bytes.len() as u64).unwrap();
        assert_eq!(moved.len(), original.len());
        assert!(moved.iter().zip(&original).all(|(a, b)| (a.at, a.sha256) == (b.at + 6, b.sha256)));
    }

    #[test]
    fn unsafe_and_repeated_names_are_refused() {
        for name in ["", "/a", "a//b", "../a", "a/..", "a\\b", "c:a", "a\nb", "./a"] {
            assert!(!is_safe(name), "{name:?}");
        }
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        writer.bytes("a", b"1").unwrap();
        writer.bytes("A", b"2").unwrap();
        writer.finish().unwrap();
        assert!(listed(&bytes).is_err(), "one file on some systems");
    }

    #[test]
    fn a_member_that_is_not_as_announced_fails() {
        let mut writer = Writer::new(Vec::new());
        let member = Member { name: "a".into(), len: 1, crc: 0 };
        assert!(writer.member::<io::Error>(member, |out| out.write_all(b"x")).is_err());
    }
}
