//! The directory of a ZIP file: its end record, the entries it lists, and their names.
//!
//! [`zip::look`](super::zip::look) begins here: [`read_directory`] finds the end record from behind, with its 64-bit
//! extension, places the directory and parses it. [`is_at_end`] only tells whether there is one, for files that begin
//! as something else. APPNOTE 6.3.10 is the format; bare section numbers are its own.
//!
//! Invariants
//!   - The file is read through one buffer, [`Input`], and every byte of it is paid for.
//!   - Counts and sizes are held to [`ENTRIES_MAX`] and [`DIRECTORY_BYTES_MAX`] before the directory is in memory.
//!   - Where two readers could find two directories, or different ones, that is noted.
//!
//! It does not go to the entries themselves, nor judge what they are called.

use super::bytes::{self, Bytes};
use super::zip::Notes;
use super::{Budget, Source};
use crate::error::ErrorCode;
use memchr::memmem;
use std::io::SeekFrom;
use std::ops::Range;

/// Entries of one file. Own bound: a large OOXML workbook has some hundreds, a folder of scans a few thousand.
const ENTRIES_MAX: u64 = 10_000;
/// Bytes of a directory. Own bound: 10,000 entries with names and extra fields of 400 bytes each.
const DIRECTORY_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes read or inflated at a time.
pub(super) const PIECE_BYTES: usize = 64 * 1024;

pub(super) const LOCAL: &[u8; 4] = b"PK\x03\x04";
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
const END64: &[u8; 4] = b"PK\x06\x06";
const END64_LOCATOR: &[u8; 4] = b"PK\x06\x07";
const SIGNATURE: &[u8; 4] = b"PK\x05\x05";
/// Archive extra data record: stands before an encrypted directory (4.3.11, 7.3).
const DECRYPTION: &[u8; 4] = b"PK\x06\x08";
/// Data descriptor; at the beginning of a file the mark of a split one (8.5.3).
pub(super) const SPLIT: &[u8; 4] = b"PK\x07\x08";
/// A split file that needed only one part (8.5.4).
pub(super) const SPLIT_IN_ONE: &[u8; 4] = b"PK00";

pub(super) const LOCAL_BYTES: usize = 30;
const ENTRY_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// 4.3.16: an end record whose comment has 65,535 bytes.
const TAIL_BYTES: usize = END_BYTES + 65_535;
const END64_BYTES: usize = 56;
const LOCATOR_BYTES: usize = 20;

pub(super) const FLAG_ENCRYPTED: u16 = 1;
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
pub(super) const FLAG_STRONG: u16 = 1 << 6;
pub(super) const FLAG_UTF8: u16 = 1 << 11;
const FLAG_MASKED: u16 = 1 << 13;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
/// AE-x, the WinZip form of AES (4.5, appendix of APPNOTE 6.3).
const AES: u16 = 99;

/// What came of reading the directory.
pub(super) enum Directory {
    /// The entries, and where the directory begins.
    Read { entries: Vec<Entry>, at: u64 },
    /// It cannot be read or shall not be; the notes say why.
    Unread,
}

/// Finds and reads the directory, and notes what is wrong with it and what follows it.
pub(super) fn read_directory(input: &mut Input<'_>, notes: &mut Notes) -> Result<Directory, Stop> {
    let is_split = input.starts_with(0, SPLIT)?;
    let Some(end) = End::find(input, notes)? else {
        match is_split {
            true => notes.add(ErrorCode::FmtPart, "", "first part of a split ZIP file"),
            false => notes.add(ErrorCode::FmtDamaged, "", "no directory: it is cut off, or other bytes follow"),
        }
        return Ok(Directory::Unread);
    };
    if end.is_part {
        notes.add(ErrorCode::FmtPart, "", "the directory speaks of other parts");
        return Ok(Directory::Unread);
    }
    if end.entries > ENTRIES_MAX {
        let detail = format!("{} entries; {ENTRIES_MAX} are admitted", end.entries);
        notes.add(ErrorCode::FmtEntriesTooMany, "", detail);
        return Ok(Directory::Unread);
    }
    if is_split || input.starts_with(0, SPLIT_IN_ONE)? {
        notes.add(ErrorCode::FmtOdd, "", "mark of a split ZIP file on a whole one");
    }
    let Some((at, shift)) = place_directory(input, &end, notes)? else { return Ok(Directory::Unread) };
    if shift > 0 && end.behind < input.size && input.starts_with(0, LOCAL)? {
        notes.add(ErrorCode::FmtDamaged, "", "no directory but that of a ZIP file inside: it is cut off");
        return Ok(Directory::Unread);
    }
    if let Some((code, detail)) = bytes_behind(input, end.behind)? {
        notes.add(code, "", detail);
    }
    if end.directory_bytes > DIRECTORY_BYTES_MAX {
        let detail = format!("a directory of {} bytes; {DIRECTORY_BYTES_MAX} are admitted", end.directory_bytes);
        notes.add(ErrorCode::FmtEntriesTooMany, "", detail);
        return Ok(Directory::Unread);
    }
    let bytes = match input.exact(at, index(end.directory_bytes))? {
        Some(bytes) => bytes.to_vec(),
        None => return Ok(Directory::Unread),
    };
    input.held = Vec::new();
    let entries = parse_directory(&bytes, shift, notes);
    if length(entries.len()) > ENTRIES_MAX {
        notes.add(ErrorCode::FmtEntriesTooMany, "", format!("more than {ENTRIES_MAX} entries"));
        return Ok(Directory::Unread);
    }
    if length(entries.len()) != end.entries {
        let detail = format!("{} entries in the directory, {} in its end record", entries.len(), end.entries);
        notes.add(ErrorCode::FmtDamaged, "", detail);
    }
    if entries.is_empty() {
        notes.add(ErrorCode::FmtOdd, "", "no entries");
    }
    Ok(Directory::Read { entries, at })
}

/// Whether a ZIP file ends where these bytes end: an end record whose comment ends with them, and a directory that
/// begins where the record says. Both together do not happen by chance.
pub(super) fn is_at_end(bytes: &mut Bytes<'_>) -> Result<bool, bytes::Stop> {
    let from = bytes.size().saturating_sub(length(TAIL_BYTES));
    bytes.seek(from)?;
    let tail = bytes.up_to(TAIL_BYTES)?;
    for at in memmem::find_iter(&tail, END) {
        let Some(end) = tail.get(at..at + END_BYTES) else { break };
        if at + END_BYTES + usize::from(le16(end, 20)) == tail.len() && has_directory(bytes, from + length(at), end)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a directory begins where the end record `end`, which stands at `at`, or its 64-bit extension says.
fn has_directory(bytes: &mut Bytes<'_>, at: u64, end: &[u8]) -> Result<bool, bytes::Stop> {
    // By size and by offset: some readers go by the one, some by the other.
    let mut begins = vec![at.checked_sub(le32(end, 12).into()), Some(le32(end, 16).into())];
    if let Some(locator_at) = at.checked_sub(length(LOCATOR_BYTES)) {
        bytes.seek(locator_at)?;
        let locator: [u8; LOCATOR_BYTES] = bytes.array()?;
        if locator.starts_with(END64_LOCATOR) {
            let (declared_at, shifted_at) = (le64(&locator, 8), locator_at.saturating_sub(length(END64_BYTES)));
            for at in [declared_at.min(bytes.size()), shifted_at] {
                bytes.seek(at)?;
                let record = bytes.up_to(END64_BYTES)?;
                if record.len() == END64_BYTES && record.starts_with(END64) {
                    begins.extend([at.checked_sub(le64(&record, 40)), Some(le64(&record, 48))]);
                }
            }
        }
    }
    for begin in begins.into_iter().flatten() {
        bytes.seek(begin.min(bytes.size()))?;
        if bytes.up_to(ENTRY.len())? == ENTRY {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why reading ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The source reported it.
    Io(std::io::Error),
    /// The work is spent.
    Spent,
}

impl From<std::io::Error> for Stop {
    fn from(e: std::io::Error) -> Self {
        Stop::Io(e)
    }
}

/// The file, read through one buffer, every byte paid for.
pub(super) struct Input<'a> {
    source: &'a mut dyn Source,
    pub(super) size: u64,
    pub(super) work: &'a mut Budget,
    /// Where `held` begins.
    at: u64,
    held: Vec<u8>,
}

impl<'a> Input<'a> {
    /// Reads `source`, which has `size` bytes.
    pub(super) fn new(source: &'a mut dyn Source, size: u64, work: &'a mut Budget) -> Self {
        Self { source, size, work, at: 0, held: Vec::new() }
    }

    /// Bytes from `at` on: at least one and at most `most`; none at the end of the file.
    pub(super) fn piece(&mut self, at: u64, most: usize) -> Result<&[u8], Stop> {
        if !self.range().contains(&at) {
            self.fill(at, PIECE_BYTES)?;
        }
        let from = index(at.saturating_sub(self.at)).min(self.held.len());
        Ok(&self.held[from..self.held.len().min(from.saturating_add(most))])
    }

    /// Exactly `count` bytes from `at` on; none when the file ends before.
    pub(super) fn exact(&mut self, at: u64, count: usize) -> Result<Option<&[u8]>, Stop> {
        let Some(end) = at.checked_add(length(count)).filter(|end| *end <= self.size) else { return Ok(None) };
        if !(self.range().contains(&at) && end <= self.range().end) {
            self.fill(at, count.max(PIECE_BYTES))?;
        }
        let from = index(at - self.at);
        Ok(self.held.get(from..from + count))
    }

    fn starts_with(&mut self, at: u64, mark: &[u8]) -> Result<bool, Stop> {
        Ok(self.exact(at, mark.len())? == Some(mark))
    }

    fn range(&self) -> Range<u64> {
        self.at..self.at + length(self.held.len())
    }

    fn fill(&mut self, at: u64, most: usize) -> Result<(), Stop> {
        let count = index(self.size.saturating_sub(at)).min(most);
        self.spend(length(count))?;
        self.held.clear();
        self.held.resize(count, 0);
        self.at = at;
        self.source.seek(SeekFrom::Start(at))?;
        if let Err(e) = self.source.read_exact(&mut self.held) {
            self.held.clear();
            return Err(e.into());
        }
        Ok(())
    }

    pub(super) fn spend(&mut self, bytes: u64) -> Result<(), Stop> {
        if self.work.spend(bytes) { Ok(()) } else { Err(Stop::Spent) }
    }
}

pub(super) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

pub(super) fn index(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

pub(super) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(fixed(bytes, at))
}

pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(fixed(bytes, at))
}

fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(fixed(bytes, at))
}

/// `N` bytes of a header whose length was checked.
pub(super) fn fixed<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    *bytes[at..].first_chunk().expect("headers are read whole")
}

/// The end of the directory, with its 64-bit extension (4.3.14 to 4.3.16).
struct End {
    /// Where the directory must have ended.
    at: u64,
    /// The first byte behind the record and its comment.
    behind: u64,
    entries: u64,
    directory_at: u64,
    directory_bytes: u64,
    /// The file is one part of several.
    is_part: bool,
}

impl End {
    fn find(input: &mut Input<'_>, notes: &mut Notes) -> Result<Option<Self>, Stop> {
        let window = input.size.min(length(TAIL_BYTES));
        let start = input.size - window;
        let Some(tail) = input.exact(start, index(window))? else { return Ok(None) };
        let mut found: Option<usize> = None;
        let mut is_ambiguous = false;
        for at in memmem::rfind_iter(tail, END) {
            let Some(comment_end) = tail.get(at..at + END_BYTES).map(|end| at + END_BYTES + usize::from(le16(end, 20)))
            else {
                continue;
            };
            if comment_end > tail.len() {
                continue;
            }
            if found.is_none() {
                found = Some(at);
            } else if comment_end == tail.len() && is_plausible(&tail[at..], start + length(at)) {
                // One record inside the comment of another: readers from the end take the inner one.
                is_ambiguous = true;
            }
        }
        let Some(at) = found else { return Ok(None) };
        let record: [u8; END_BYTES] = fixed(tail, at);
        if is_ambiguous {
            notes.add(ErrorCode::FmtPolyglot, "", "a second ZIP directory in the comment");
        }
        let at = start + length(at);
        let behind = at + length(END_BYTES) + u64::from(le16(&record, 20));
        let (disk, directory_disk) = (le16(&record, 4), le16(&record, 6));
        let (entries_here, entries) = (le16(&record, 8), le16(&record, 10));
        let end = Self {
            at,
            behind,
            entries: entries.into(),
            directory_bytes: le32(&record, 12).into(),
            directory_at: le32(&record, 16).into(),
            // All ones: the number stands in the 64-bit record.
            is_part: [disk, directory_disk].iter().any(|disk| !matches!(*disk, 0 | u16::MAX))
                || entries_here != entries,
        };
        end.extended(input, notes)
    }

    /// Takes the numbers of the 64-bit record, if there is one.
    fn extended(self, input: &mut Input<'_>, notes: &mut Notes) -> Result<Option<Self>, Stop> {
        let Some(locator_at) = self.at.checked_sub(length(LOCATOR_BYTES)) else { return Ok(Some(self)) };
        let Some(locator) = input.exact(locator_at, LOCATOR_BYTES)? else { return Ok(Some(self)) };
        if !locator.starts_with(END64_LOCATOR) {
            return Ok(Some(self));
        }
        let (declared_at, disks) = (le64(locator, 8), le32(locator, 16));
        // Bytes before the ZIP file shift it; the record then stands directly before its locator.
        let shifted_at = locator_at.checked_sub(length(END64_BYTES));
        for at in [Some(declared_at), shifted_at].into_iter().flatten() {
            let Some(record) = input.exact(at, END64_BYTES)?.filter(|record| record.starts_with(END64)) else {
                continue;
            };
            let end = Self {
                at,
                behind: self.behind,
                entries: le64(record, 32),
                directory_bytes: le64(record, 40),
                directory_at: le64(record, 48),
                is_part: disks > 1 || le32(record, 16) != 0 || le32(record, 20) != 0,
            };
            let agrees = |short: u64, long: u64, ones: u64| short == ones || short == long;
            if !(agrees(self.entries, end.entries, u16::MAX.into())
                && agrees(self.directory_bytes, end.directory_bytes, u32::MAX.into())
                && agrees(self.directory_at, end.directory_at, u32::MAX.into()))
            {
                notes.add(ErrorCode::FmtDamaged, "", "the two end records of the directory disagree");
            }
            return Ok(Some(end));
        }
        notes.add(ErrorCode::FmtDamaged, "", "the 64-bit end record of the directory is missing");
        Ok(Some(self))
    }
}

/// Whether an end record at `at` could belong to a ZIP file and not to bytes that look like one.
fn is_plausible(record: &[u8], at: u64) -> bool {
    let (bytes, directory_at) = (u64::from(le32(record, 12)), u64::from(le32(record, 16)));
    bytes >= length(ENTRY_BYTES) && directory_at + bytes <= at
}

/// One entry as the directory has it.
pub(super) struct Entry {
    pub(super) raw_name: Vec<u8>,
    /// Its name; what is not UTF-8 is read as code page 866.
    pub(super) name: String,
    /// The name of the Unicode extra field, when it is another (Info-ZIP, 4.6.9).
    pub(super) other_name: Option<String>,
    pub(super) made_by: u8,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    /// Its declared size.
    pub(super) size: u64,
    pub(super) offset: u64,
    pub(super) attributes: u32,
}

impl Entry {
    /// Whether it can only be read with a key.
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED) != 0 || self.method == AES
    }

    /// Whether its contents can be read here.
    pub(super) fn is_readable(&self) -> bool {
        !self.is_encrypted() && matches!(self.method, STORED | DEFLATED)
    }
}

/// Where the directory begins, and by how many bytes before the ZIP file all its offsets are short.
fn place_directory(input: &mut Input<'_>, end: &End, notes: &mut Notes) -> Result<Option<(u64, u64)>, Stop> {
    let damaged = |notes: &mut Notes, detail: &str| {
        notes.add(ErrorCode::FmtDamaged, "", detail);
        Ok(None)
    };
    if end.entries == 0 && end.directory_bytes == 0 {
        return Ok(Some((end.at, 0)));
    }
    let by_size = end.at.checked_sub(end.directory_bytes).filter(|at| *at >= end.directory_at);
    let Some(by_size) = by_size else { return damaged(notes, "no room for the directory before its end record") };
    let stands_by_size = input.starts_with(by_size, ENTRY)?;
    if by_size == end.directory_at {
        return match stands_by_size {
            true => Ok(Some((by_size, 0))),
            false if input.starts_with(by_size, DECRYPTION)? => {
                notes.add(ErrorCode::FmtEncrypted, "", "the directory is encrypted");
                Ok(None)
            }
            false => damaged(notes, "no directory where its end record says"),
        };
    }
    match (stands_by_size, input.starts_with(end.directory_at, ENTRY)?) {
        (true, false) => Ok(Some((by_size, by_size - end.directory_at))),
        (false, true) => {
            notes.add(ErrorCode::FmtOdd, "", "bytes between the directory and its end record");
            Ok(Some((end.directory_at, 0)))
        }
        (true, true) => {
            notes.add(ErrorCode::FmtPolyglot, "", "two directories");
            Ok(Some((by_size, by_size - end.directory_at)))
        }
        (false, false) => damaged(notes, "no directory where its end record says"),
    }
}

fn parse_directory(bytes: &[u8], shift: u64, notes: &mut Notes) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while rest.starts_with(ENTRY) && length(entries.len()) <= ENTRIES_MAX {
        let Some((entry, behind)) = parse_entry(rest, shift) else {
            notes.add(ErrorCode::FmtDamaged, "", "an entry of the directory is cut off or contradicts itself");
            return entries;
        };
        entries.push(entry);
        rest = behind;
    }
    if !rest.is_empty() && !rest.starts_with(SIGNATURE) && length(entries.len()) <= ENTRIES_MAX {
        notes.add(ErrorCode::FmtDamaged, "", "bytes in the directory that are no entry");
    }
    entries
}

/// One entry and what comes behind it (4.3.12).
fn parse_entry(bytes: &[u8], shift: u64) -> Option<(Entry, &[u8])> {
    let (head, rest) = bytes.split_at_checked(ENTRY_BYTES)?;
    let (raw_name, rest) = rest.split_at_checked(usize::from(le16(head, 28)))?;
    let (extra, rest) = rest.split_at_checked(usize::from(le16(head, 30)))?;
    let rest = rest.get(usize::from(le16(head, 32))..)?;
    let mut wide = Wide::of(extra);
    let size = wide.number(le32(head, 24))?;
    let packed = wide.number(le32(head, 20))?;
    let offset = wide.number(le32(head, 42))?.checked_add(shift)?;
    let name = decode_name(raw_name);
    let other_name = unicode_name(extra).filter(|other| *other != name);
    let entry = Entry {
        raw_name: raw_name.to_vec(),
        name,
        other_name,
        made_by: head[5],
        flags: le16(head, 8),
        method: le16(head, 10),
        crc: le32(head, 16),
        packed,
        size,
        offset,
        attributes: le32(head, 38),
    };
    Some((entry, rest))
}

/// The content of the extra field with this id (4.5).
fn extra_field(mut extra: &[u8], id: u16) -> Option<&[u8]> {
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let (content, behind) = rest.split_at_checked(usize::from(le16(head, 2)))?;
        if le16(head, 0) == id {
            return Some(content);
        }
        extra = behind;
    }
    None
}

/// The 64-bit numbers of an extra field, for those of a header that are all ones (4.5.3).
pub(super) struct Wide<'a>(&'a [u8]);

impl<'a> Wide<'a> {
    pub(super) fn of(extra: &'a [u8]) -> Self {
        Self(extra_field(extra, 1).unwrap_or_default())
    }

    pub(super) fn number(&mut self, short: u32) -> Option<u64> {
        if short != u32::MAX {
            return Some(short.into());
        }
        let (long, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*long))
    }
}

/// The name in the Unicode path extra field (4.6.9), which newer readers prefer.
fn unicode_name(extra: &[u8]) -> Option<String> {
    let field = extra_field(extra, 0x7075)?;
    Some(String::from_utf8_lossy(field.get(5..)?).into_owned())
}

/// A name as it was meant: UTF-8, or code page 866, which Cyrillic machines wrote before.
pub(super) fn decode_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => raw.iter().map(|&byte| cp866(byte)).collect(),
    }
}

fn cp866(byte: u8) -> char {
    let base = match byte {
        0x80..=0xaf => 0x0410 - 0x80,
        0xe0..=0xef => 0x0440 - 0xe0,
        0xf0 => return 'Ё',
        0xf1 => return 'ё',
        0xfc => return '№',
        0..=0x7f => 0,
        _ => return char::REPLACEMENT_CHARACTER,
    };
    char::from_u32(base + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// What stands behind the end record, if anything.
fn bytes_behind(input: &mut Input<'_>, behind: u64) -> Result<Option<(ErrorCode, String)>, Stop> {
    let count = input.size - behind;
    if count == 0 {
        return Ok(None);
    }
    Ok(Some(match known_beginning(input.piece(behind, 16)?) {
        Some(what) => (ErrorCode::FmtPolyglot, format!("{what} behind the ZIP file")),
        None => (ErrorCode::FmtOdd, format!("{count} bytes behind the ZIP file")),
    }))
}

/// What begins with these bytes, when it is a format of its own.
pub(super) fn known_beginning(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: &[(&[u8], &str)] = &[
        (b"%PDF-", "a PDF"),
        (b"MZ", "a Windows program"),
        (b"\x7fELF", "a program"),
        (b"\xcf\xfa\xed\xfe", "a program"),
        (b"\xca\xfe\xba\xbe", "a program"),
        (b"#!", "a script"),
        (b"\xd0\xcf\x11\xe0", "an OLE2 file"),
        (b"{\\rtf", "an RTF"),
        (b"Rar!", "a RAR file"),
        (b"7z\xbc\xaf", "a 7z file"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"\xff\xd8\xff", "a JPEG"),
        (b"\x89PNG", "a PNG"),
        (b"GIF8", "a GIF"),
        (b"BM", "a bitmap"),
        (b"II*\0", "a TIFF"),
        (b"MM\0*", "a TIFF"),
        (b"RIFF", "a RIFF file"),
        (b"ID3", "an MP3"),
        (b"<", "markup"),
        (LOCAL, "another ZIP file"),
    ];
    BEGINNINGS.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(_, what)| *what)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ingest::identify::WORK_BYTES_MAX;
    use crate::ingest::identify::zip::ZIP;
    use flate2::{Compression, Crc, write::DeflateEncoder};
    use std::io::{Cursor, Write};

    /// An entry as it is written, with whatever lies a test wants.
    #[derive(Clone)]
    pub(in super::super) struct Made {
        pub(in super::super) name: Vec<u8>,
        pub(in super::super) local_name: Vec<u8>,
        pub(in super::super) data: Vec<u8>,
        pub(in super::super) size: u32,
        pub(in super::super) crc: u32,
        pub(in super::super) method: u16,
        pub(in super::super) flags: u16,
        pub(in super::super) made_by: u8,
        pub(in super::super) attributes: u32,
        pub(in super::super) extra: Vec<u8>,
    }

    impl Made {
        pub(in super::super) fn is(&self, name: &str) -> bool {
            self.name == name.as_bytes()
        }
    }

    /// A truthful stored entry.
    pub(in super::super) fn stored(name: &str, data: &[u8]) -> Made {
        let mut crc = Crc::new();
        crc.update(data);
        Made {
            name: name.into(),
            local_name: name.into(),
            data: data.to_vec(),
            size: u32::try_from(data.len()).unwrap(),
            crc: crc.sum(),
            method: STORED,
            flags: 0,
            made_by: 0,
            attributes: 0,
            extra: Vec::new(),
        }
    }

    /// A truthful deflated entry.
    pub(in super::super) fn deflated(name: &str, data: &[u8]) -> Made {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        Made { data: encoder.finish().unwrap(), method: DEFLATED, ..stored(name, data) }
    }

    /// The entry with a lie.
    pub(in super::super) fn with(mut made: Made, change: impl FnOnce(&mut Made)) -> Made {
        change(&mut made);
        made
    }

    fn numbers(out: &mut Vec<u8>, made: &Made) {
        out.extend(made.flags.to_le_bytes());
        out.extend(made.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(made.crc.to_le_bytes());
        out.extend(u32::try_from(made.data.len()).unwrap().to_le_bytes());
        out.extend(made.size.to_le_bytes());
    }

    /// Its local header and data.
    pub(in super::super) fn local(made: &Made) -> Vec<u8> {
        let mut out = [&LOCAL[..], &[20, 0]].concat();
        numbers(&mut out, made);
        out.extend(u16::try_from(made.local_name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(&made.local_name);
        out.extend(&made.data);
        out
    }

    /// Its header in the directory.
    pub(in super::super) fn in_directory(made: &Made, offset: usize) -> Vec<u8> {
        let mut out = [&ENTRY[..], &[20, made.made_by, 20, 0]].concat();
        numbers(&mut out, made);
        out.extend(u16::try_from(made.name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(made.extra.len()).unwrap().to_le_bytes());
        out.extend([0; 6]);
        out.extend(made.attributes.to_le_bytes());
        out.extend(u32::try_from(offset).unwrap().to_le_bytes());
        out.extend(&made.name);
        out.extend(&made.extra);
        out
    }

    /// An end record.
    pub(in super::super) fn end(count: u16, directory_bytes: usize, directory_at: usize, comment: &[u8]) -> Vec<u8> {
        let mut out = [&END[..], &[0; 4]].concat();
        out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        out.extend(u32::try_from(directory_bytes).unwrap().to_le_bytes());
        out.extend(u32::try_from(directory_at).unwrap().to_le_bytes());
        out.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
        out.extend(comment);
        out
    }

    /// A ZIP file of these entries.
    pub(in super::super) fn zip_of(entries: &[Made]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for made in entries {
            directory.extend(in_directory(made, out.len()));
            out.extend(local(made));
        }
        let at = out.len();
        out.extend(&directory);
        out.extend(end(u16::try_from(entries.len()).unwrap(), directory.len(), at, b""));
        out
    }

    /// The codes noted on reading the directory.
    fn codes(bytes: &[u8]) -> Vec<ErrorCode> {
        let (mut source, mut work, mut notes) = (Cursor::new(bytes), Budget::default(), Notes::default());
        read_directory(&mut Input::new(&mut source, length(bytes.len()), &mut work), &mut notes).unwrap();
        notes.into_look(ZIP).findings.into_iter().map(|f| f.code).collect()
    }

    fn ends(bytes: &[u8]) -> bool {
        let (mut source, mut work) = (Cursor::new(bytes), Budget::default());
        is_at_end(&mut Bytes::new(&mut source, length(bytes.len()), &mut work)).unwrap()
    }

    #[test]
    fn a_directory_that_is_not_where_or_what_its_end_says_is_damaged() {
        let a = stored("a", b"text");
        let (before, directory) = (local(&a), in_directory(&a, 0));
        let (at, size) = (before.len(), directory.len());
        let made = |end: Vec<u8>| [&before[..], &directory, &end].concat();
        assert_eq!(codes(&made(end(1, size, at, b""))), []);
        for (what, bytes) in [
            ("count", made(end(2, size, at, b""))),
            ("no directory there", made(end(1, size - 1, at + 1, b""))),
            ("directory behind its end", made(end(1, size, at + 1, b""))),
            ("no end", made(Vec::new())),
        ] {
            assert_eq!(codes(&bytes), [ErrorCode::FmtDamaged], "{what}");
        }
    }

    /// The 64-bit end record of a directory that ends at `at`, its locator, and an end record that is all ones.
    fn end64(directory_bytes: u64, directory_at: u64, at: u64) -> Vec<u8> {
        let mut out = [&END64[..], &44u64.to_le_bytes(), &[45, 0, 45, 0], &[0; 8]].concat();
        for number in [1, 1, directory_bytes, directory_at] {
            out.extend(number.to_le_bytes());
        }
        out.extend([&END64_LOCATOR[..], &[0; 4], &at.to_le_bytes(), &[1, 0, 0, 0]].concat());
        out.extend([&END[..], &[0; 4], &[0xff; 12], &[0; 2]].concat());
        out
    }

    #[test]
    fn the_64_bit_end_record_is_read() {
        let a = stored("a", b"text");
        let (before, directory) = (local(&a), in_directory(&a, 0));
        let (at, size) = (length(before.len()), length(directory.len()));
        let zip = [&before[..], &directory, &end64(size, at, at + size)].concat();
        assert_eq!(codes(&zip), []);
        assert!(ends(&zip) && ends(&[b"GIF89a", &zip[..]].concat()));
        let missing = [&before[..], &directory, &end64(size, at, at + size)[1..]].concat();
        assert!(codes(&missing).contains(&ErrorCode::FmtDamaged) && !ends(&missing));
    }

    #[test]
    fn a_comment_is_nothing_unless_it_is_a_directory() {
        let directory = in_directory(&stored("a", b"text"), 0);
        let at = local(&stored("a", b"text")).len();
        let commented = |comment: &[u8]| {
            [&local(&stored("a", b"text"))[..], &directory, &end(1, directory.len(), at, comment)].concat()
        };
        assert_eq!(codes(&commented(b"a comment")), []);
        assert_eq!(codes(&commented(&[b'x'; 65_535])), []);
        let hidden = [&directory[..], &end(1, directory.len(), at + directory.len() + END_BYTES, b"")].concat();
        assert!(codes(&commented(&hidden)).contains(&ErrorCode::FmtPolyglot));
    }

    #[test]
    fn too_many_entries_are_found_before_they_are_listed() {
        let entries: Vec<Made> = (0..20_000).map(|n| stored(&n.to_string(), b"")).collect();
        let bytes = zip_of(&entries);
        let mut work = Budget::default();
        let mut notes = Notes::default();
        let mut source = Cursor::new(&bytes);
        let read = read_directory(&mut Input::new(&mut source, length(bytes.len()), &mut work), &mut notes).unwrap();
        assert!(matches!(read, Directory::Unread) && notes.has(ErrorCode::FmtEntriesTooMany));
        assert!(WORK_BYTES_MAX - work.left < 200_000, "{} bytes were read", WORK_BYTES_MAX - work.left);
        // A count that lies.
        let at = bytes.len() - END_BYTES;
        let few = [&bytes[..at + 8], &[5, 0, 5, 0], &bytes[at + 12..]].concat();
        assert_eq!(codes(&few), [ErrorCode::FmtEntriesTooMany]);
        assert_eq!(codes(&zip_of(&entries[..index(ENTRIES_MAX)])), []);
        let long = with(stored("a", b""), |made| made.extra = vec![0; 65_535]);
        assert_eq!(codes(&zip_of(&vec![long; 65])), [ErrorCode::FmtEntriesTooMany], "a directory of 4 MiB");
    }

    #[test]
    fn parts_of_split_files_are_told() {
        let mut last = zip_of(&[stored("a", b"text")]);
        let at = last.len() - END_BYTES;
        last[at + 4..at + 8].copy_from_slice(&[1, 0, 1, 0]);
        assert_eq!(codes(&last), [ErrorCode::FmtPart]);
        assert_eq!(codes(&[&SPLIT[..], &local(&stored("a", b"text"))].concat()), [ErrorCode::FmtPart]);
        assert!(ends(&last[10..]));
        assert_eq!(codes(&last[10..]), [ErrorCode::FmtPart]);
    }

    #[test]
    fn a_zip_file_behind_another_is_seen_from_its_end() {
        let zip = zip_of(&[stored("a", b"text")]);
        let directory = in_directory(&stored("a", b""), 0);
        let decoy = [&directory[..], &end(1, directory.len(), 0, &[END, &[0; 18][..], b"x"].concat())].concat();
        let gap = [&directory[..], b"gap", &end(1, directory.len(), 0, b"")].concat();
        for (bytes, expected) in [
            (zip.clone(), true),
            ([&b"%PDF-1.7 ... %%EOF"[..], &zip].concat(), true),
            ([&zip[..], b"%PDF-1.7 ... %%EOF"].concat(), false),
            ([&zip[..], b"x"].concat(), false),
            (zip[..zip.len() - 1].to_vec(), false),
            (decoy, true),
            (gap, true),
            (b"%PDF-1.7 ... %%EOF".to_vec(), false),
            ([b"%PDF-1.7", &end(1, 50, 0, b"")[..]].concat(), false),
            (end(0, 0, 0, b""), false),
            (Vec::new(), false),
        ] {
            assert_eq!(ends(&bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn names_are_utf_8_or_code_page_866() {
        assert_eq!(decode_name("Бұйрық №1".as_bytes()), "Бұйрық №1");
        assert_eq!(decode_name(b"\x8f\xe0\xa8\xaa\xa0\xa7 \xfc1"), "Приказ №1");
        assert_eq!(decode_name(b"\xf0\xf1\xb0"), "Ёё\u{fffd}");
    }
}
