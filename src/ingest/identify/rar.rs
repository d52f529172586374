//! RAR 1.4, 1.5–4 and 5 (technical notes that come with the programs, "RAR 5.0 archive format").
//!
//! Walks the headers from block to block. Packed data are passed over, names are read and nothing is unpacked.
//!
//! The PUID is told as PRONOM tells it (signatures 590, 591, 949): by the version that unpacks the first entry. It
//! knows 2.0, 2.9 and 5.0; other versions keep no PUID.

use super::bytes::{Bytes, Stop};
use super::{Budget, Format, Look, Source, tail};
use crate::error::ErrorCode;
use crate::model::format::{Basis, Family};
use std::collections::HashSet;

/// Entries of a file. Own bound: a record has some tens; what has ten thousand is a disk.
const ENTRIES_MAX: u64 = 10_000;
/// Blocks of a file: entries, each with a few blocks for rights, owners and streams. Own bound.
const BLOCKS_MAX: u64 = 5 * ENTRIES_MAX;
/// Unpacked size of all entries that is still no bomb. Own bound: 17 records of the largest size.
const UNPACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Unpacked size up to which the ratio does not matter: empty forms and spreadsheets shrink well.
const UNPACKED_BYTES_SMALL: u64 = 16 * 1024 * 1024;
/// Unpacked bytes of one byte of the file. Own bound: text shrinks to a tenth, tables to a fiftieth.
const RATIO_MAX: u64 = 100;
/// A header of RAR 5 ("Header size": at most 2 MB).
const HEADER_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Bytes of a name. Own bound: a path of Linux (`PATH_MAX`).
const NAME_BYTES_MAX: usize = 4096;

const MARK_14: &[u8] = b"RE~^";
const MARK_4: &[u8] = b"Rar!\x1a\x07\0";
const MARK_5: &[u8] = b"Rar!\x1a\x07\x01\0";

/// Looks into a file that begins with one of the three marks.
pub(super) fn look(source: &mut dyn Source, size: u64, work: &mut Budget) -> std::io::Result<Look> {
    let mut walk = Walk { bytes: Bytes::new(source, size, work), look: Look::default(), tally: Tally::default() };
    if let Err(stop) = walk.run() {
        stop.note(&mut walk.look, "a header or the data of an entry")?;
    }
    let Walk { mut look, tally, .. } = walk;
    if tally.in_one > UNPACKED_BYTES_SMALL && tally.in_one / RATIO_MAX > size {
        look.find(ErrorCode::FmtBomb, "", format!("{} bytes in a file of {size}", tally.in_one));
    }
    Ok(look)
}

/// What the entries add up to.
#[derive(Debug, Default)]
struct Tally {
    blocks: u64,
    entries: u64,
    /// Unpacked bytes of all entries.
    unpacked: u64,
    /// Of them, those of entries that are whole in this file: only they can be compared with its size.
    in_one: u64,
    names: HashSet<blake3::Hash>,
}

/// One entry, from whichever version.
#[derive(Debug, Default)]
struct Entry {
    name: String,
    /// Unpacked bytes; none when the header does not say.
    unpacked: Option<u64>,
    is_folder: bool,
    is_encrypted: bool,
    is_link: bool,
    /// Continued from another volume or in another.
    is_split: bool,
}

struct Walk<'a> {
    bytes: Bytes<'a>,
    look: Look,
    tally: Tally,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let mark = self.bytes.up_to(MARK_5.len())?;
        let (puid, version) = if mark.starts_with(MARK_5) { (Some("fmt/613"), "5.0") } else { (None, "") };
        let is_rar = [MARK_14, MARK_4, MARK_5].iter().any(|known| mark.starts_with(known));
        if is_rar {
            self.told(puid, version);
        }
        if mark.starts_with(MARK_5) {
            self.version_5()
        } else if mark.starts_with(MARK_4) {
            self.bytes.seek(MARK_4.len() as u64)?;
            self.version_4()
        } else if is_rar {
            self.version_14()
        } else {
            Ok(())
        }
    }

    fn told(&mut self, puid: Option<&'static str>, version: &'static str) {
        let name = "RAR Archive";
        self.look.format = Some(Format { family: Family::Rar, puid, name, version, basis: Basis::Signature });
    }

    fn find(&mut self, code: ErrorCode, detail: &str) {
        self.look.find(code, "", detail);
    }

    /// Counts a block; false when there are too many.
    fn block(&mut self) -> bool {
        self.tally.blocks += 1;
        if self.tally.blocks > BLOCKS_MAX {
            self.find(ErrorCode::FmtTooComplex, "too many blocks");
        }
        self.tally.blocks <= BLOCKS_MAX
    }

    /// Notes what is wrong with an entry; false when there are too many.
    fn entry(&mut self, entry: &Entry) -> bool {
        self.tally.entries += 1;
        if self.tally.entries > ENTRIES_MAX {
            self.find(ErrorCode::FmtEntriesTooMany, &format!("more than {ENTRIES_MAX} entries"));
            return false;
        }
        if entry.is_encrypted {
            self.find(ErrorCode::FmtEncrypted, "an encrypted entry");
        }
        if entry.is_split {
            self.find(ErrorCode::FmtPart, "an entry continues in another volume");
        }
        let unsafe_name = unsafe_name(&entry.name);
        if let Some(what) = unsafe_name {
            self.look.find(ErrorCode::FmtUnsafeEntry, &entry.name, what);
        }
        if entry.is_link {
            self.look.find(ErrorCode::FmtUnsafeEntry, &entry.name, "a link");
        }
        if !self.tally.names.insert(blake3::hash(entry.name.as_bytes())) {
            self.look.find(ErrorCode::FmtUnsafeEntry, &entry.name, "a repeated name");
        }
        match entry.unpacked {
            _ if entry.is_folder => {}
            Some(unpacked) => {
                self.tally.unpacked = self.tally.unpacked.saturating_add(unpacked);
                if !entry.is_split {
                    self.tally.in_one = self.tally.in_one.saturating_add(unpacked);
                }
            }
            None => self.find(ErrorCode::FmtOdd, "an entry that does not say its size"),
        }
        if self.tally.unpacked > UNPACKED_BYTES_MAX {
            self.find(ErrorCode::FmtBomb, &format!("more than {UNPACKED_BYTES_MAX} bytes unpacked"));
        }
        true
    }

    fn end(&mut self) -> Result<(), Stop> {
        let end = self.bytes.position();
        tail::behind(&mut self.bytes, end, &mut self.look)?;
        tail::hidden(&mut self.bytes, &mut self.look)
    }

    /// RAR 5.
    fn version_5(&mut self) -> Result<(), Stop> {
        loop {
            if self.bytes.left() == 0 {
                self.find(ErrorCode::FmtDamaged, "there is no end block");
                return Ok(());
            }
            if !self.block() {
                return Ok(());
            }
            let crc = u32::from_le_bytes(self.bytes.array()?);
            let Some(header) = self.header_5(crc)? else { return Ok(()) };
            let Some(block) = Block5::read(&header) else {
                self.find(ErrorCode::FmtDamaged, "a header is shorter than its fields");
                return Ok(());
            };
            match block.kind {
                Block5::MAIN if block.is_of_several() => self.find(ErrorCode::FmtPart, "one volume of several"),
                Block5::FILE | Block5::SERVICE => {
                    let Some(entry) = block.entry() else {
                        self.find(ErrorCode::FmtDamaged, "an entry is shorter than its fields");
                        return Ok(());
                    };
                    if block.kind == Block5::SERVICE {
                        self.service(&entry, block.extra);
                    } else if !self.entry(&entry) {
                        return Ok(());
                    }
                }
                Block5::ENCRYPTION => {
                    self.find(ErrorCode::FmtEncrypted, "the headers are encrypted");
                    return Ok(());
                }
                Block5::END => {
                    if block.is_of_several() {
                        self.find(ErrorCode::FmtPart, "one volume of several");
                    }
                    return self.end();
                }
                // Unknown blocks are passed over, as the format wants.
                _ => {}
            }
            self.bytes.skip(block.data_bytes)?;
        }
    }

    /// The header after its checksum, which covers its length too. None when it is wrong.
    fn header_5(&mut self, crc: u32) -> Result<Option<Vec<u8>>, Stop> {
        // A length of at most 2 MB has at most 3 bytes.
        let mut length = Vec::new();
        loop {
            let Some(byte) = self.bytes.byte()? else { return Err(Stop::End) };
            length.push(byte);
            if byte < 0x80 || length.len() == 3 {
                break;
            }
        }
        let header_bytes = Fields(&length).number().filter(|n| (1..=HEADER_BYTES_MAX).contains(n));
        let Some(header_bytes) = header_bytes.and_then(|n| usize::try_from(n).ok()) else {
            self.find(ErrorCode::FmtDamaged, "a header of an impossible length");
            return Ok(None);
        };
        let header = self.bytes.take(header_bytes)?;
        if crc32(&[&length, &header]) != crc {
            self.find(ErrorCode::FmtDamaged, "the checksum of a header is wrong");
            return Ok(None);
        }
        Ok(Some(header))
    }

    /// Service blocks belong to an entry or to the whole file.
    fn service(&mut self, service: &Entry, data: &[u8]) {
        if service.is_encrypted {
            self.find(ErrorCode::FmtEncrypted, "an encrypted entry");
        }
        // The name of an NTFS stream is a name too; programs have written where it led (CVE-2025-8088).
        let climbs = [b"..\\".as_slice(), b"../"].iter().any(|up| memchr::memmem::find(data, up).is_some());
        if service.name == "STM" && climbs {
            self.find(ErrorCode::FmtUnsafeEntry, "a stream whose name climbs");
        }
    }

    /// RAR 1.5 to 4.
    fn version_4(&mut self) -> Result<(), Stop> {
        let mut newest = 0;
        let mut is_first = true;
        loop {
            if self.bytes.left() == 0 {
                // End blocks came with 2.9.
                if newest >= 29 {
                    self.find(ErrorCode::FmtOdd, "there is no end block");
                } else if newest == 0 {
                    self.find(ErrorCode::FmtDamaged, "there is neither an entry nor an end block");
                }
                return self.end();
            }
            if !self.block() {
                return Ok(());
            }
            let [c1, c2, kind, f1, f2, s1, s2] = self.bytes.array()?;
            let flags = u16::from_le_bytes([f1, f2]);
            let Some(rest) = usize::from(u16::from_le_bytes([s1, s2])).checked_sub(7) else {
                self.find(ErrorCode::FmtDamaged, "a header of an impossible length");
                return Ok(());
            };
            let mut header = vec![kind, f1, f2, s1, s2];
            header.extend(self.bytes.take(rest)?);
            let block = Block4 { kind, flags, header: &header };
            if !block.has_checksum(u16::from_le_bytes([c1, c2])) {
                self.find(ErrorCode::FmtDamaged, "the checksum of a header is wrong");
                return Ok(());
            }
            match kind {
                Block4::MAIN => {
                    if flags & 0x0001 != 0 {
                        self.find(ErrorCode::FmtPart, "one volume of several");
                    }
                    if flags & 0x0080 != 0 {
                        self.find(ErrorCode::FmtEncrypted, "the headers are encrypted");
                        return Ok(());
                    }
                }
                Block4::FILE | Block4::SERVICE => {
                    let Some(entry) = block.entry() else {
                        self.find(ErrorCode::FmtDamaged, "an entry is shorter than its fields");
                        return Ok(());
                    };
                    let version = block.version();
                    newest = newest.max(version);
                    if is_first {
                        is_first = false;
                        match version {
                            20 => self.told(Some("x-fmt/264"), "2.0"),
                            29 => self.told(Some("fmt/411"), "2.9"),
                            _ => {}
                        }
                        if version < 20 {
                            self.find(ErrorCode::FmtOdd, "a version before 2.0");
                        }
                    }
                    if kind == Block4::SERVICE {
                        self.service(&entry, &header);
                    } else if !self.entry(&entry) {
                        return Ok(());
                    }
                }
                Block4::END => {
                    if flags & 0x0001 != 0 {
                        self.find(ErrorCode::FmtPart, "one volume of several");
                    }
                    return self.end();
                }
                _ => {}
            }
            let Some(data_bytes) = block.data_bytes() else {
                self.find(ErrorCode::FmtDamaged, "a header is shorter than its fields");
                return Ok(());
            };
            self.bytes.skip(data_bytes)?;
        }
    }

    /// RAR 1.4: no blocks but entries, no end block, no checksums of headers.
    fn version_14(&mut self) -> Result<(), Stop> {
        self.find(ErrorCode::FmtOdd, "a version before 2.0");
        self.bytes.seek(MARK_14.len() as u64)?;
        let [s1, s2, flags] = self.bytes.array()?;
        if flags & 0x01 != 0 {
            self.find(ErrorCode::FmtPart, "one volume of several");
        }
        self.bytes.seek(u64::from(u16::from_le_bytes([s1, s2])).max(7))?;
        while self.bytes.left() > 0 {
            let start = self.bytes.position();
            let fixed = self.bytes.take(21)?;
            let mut fields = Fields(&fixed);
            let (packed, unpacked) = (fields.long(), fields.long());
            let (_crc, header_bytes) = (fields.short(), fields.short().unwrap_or(0));
            let (_time, attributes, flags) = (fields.long(), fields.byte().unwrap_or(0), fields.byte().unwrap_or(0));
            let (_version, name_bytes) = (fields.byte(), fields.byte().unwrap_or(0));
            if usize::from(header_bytes) < fixed.len() + usize::from(name_bytes) {
                self.find(ErrorCode::FmtDamaged, "an entry is shorter than its fields");
                return Ok(());
            }
            let name = self.bytes.take(name_bytes.into())?;
            let entry = Entry {
                name: oem(&name),
                unpacked: unpacked.map(u64::from),
                is_folder: attributes & 0x10 != 0,
                is_encrypted: flags & 0x04 != 0,
                is_link: false,
                is_split: flags & 0x03 != 0,
            };
            if !self.entry(&entry) {
                return Ok(());
            }
            self.bytes.seek(start + u64::from(header_bytes))?;
            self.bytes.skip(packed.unwrap_or(0).into())?;
        }
        self.end()
    }
}

/// A block of RAR 5 without its checksum and its length.
struct Block5<'a> {
    kind: u64,
    flags: u64,
    /// Fields of this kind of block.
    body: &'a [u8],
    /// Records that may follow them.
    extra: &'a [u8],
    data_bytes: u64,
}

impl<'a> Block5<'a> {
    const MAIN: u64 = 1;
    const FILE: u64 = 2;
    const SERVICE: u64 = 3;
    const ENCRYPTION: u64 = 4;
    const END: u64 = 5;

    fn read(header: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(header);
        let kind = fields.number()?;
        let flags = fields.number()?;
        let extra_bytes = if flags & 0x01 != 0 { fields.number()? } else { 0 };
        let data_bytes = if flags & 0x02 != 0 { fields.number()? } else { 0 };
        let extra_at = fields.0.len().checked_sub(usize::try_from(extra_bytes).ok()?)?;
        let (body, extra) = fields.0.split_at_checked(extra_at)?;
        Some(Self { kind, flags, body, extra, data_bytes })
    }

    /// In the main block: a volume; in the end block: not the last one.
    fn is_of_several(&self) -> bool {
        Fields(self.body).number().is_some_and(|flags| flags & 0x01 != 0)
    }

    /// The fields of a file or service header.
    fn entry(&self) -> Option<Entry> {
        let mut fields = Fields(self.body);
        let flags = fields.number()?;
        let unpacked = fields.number()?;
        let _attributes = fields.number()?;
        if flags & 0x02 != 0 {
            fields.long()?;
        }
        if flags & 0x04 != 0 {
            fields.long()?;
        }
        let _compression = fields.number()?;
        let _host = fields.number()?;
        let name_bytes = usize::try_from(fields.number()?).ok()?;
        let name = String::from_utf8_lossy(fields.take(name_bytes)?).into_owned();
        let mut entry = Entry {
            name,
            unpacked: (flags & 0x08 == 0).then_some(unpacked),
            is_folder: flags & 0x01 != 0,
            is_encrypted: false,
            is_link: false,
            // Data continue from the previous volume (0x08) or in the next (0x10).
            is_split: self.flags & 0x18 != 0,
        };
        let mut extra = Fields(self.extra);
        // Readers stop at a record that is too short, and so do we.
        while let Some(record) = extra.number().and_then(|n| extra.take(usize::try_from(n).ok()?)) {
            let mut fields = Fields(record);
            match fields.number() {
                Some(0x01) => entry.is_encrypted = true,
                // Redirection: links of Unix and Windows, junctions and hard links; 5 is a copy inside the file.
                Some(0x05) => entry.is_link |= fields.number() != Some(5),
                _ => {}
            }
        }
        Some(entry)
    }
}

/// A block of RAR 1.5 to 4, from its kind on.
struct Block4<'a> {
    kind: u8,
    flags: u16,
    header: &'a [u8],
}

impl Block4<'_> {
    const MAIN: u8 = 0x73;
    const FILE: u8 = 0x74;
    const SERVICE: u8 = 0x7a;
    const END: u8 = 0x7b;

    /// Blocks of versions before 2.9 (0x75 to 0x79) have checksums over various parts and are not checked.
    fn has_checksum(&self, crc: u16) -> bool {
        if !matches!(self.kind, Self::MAIN | Self::FILE | Self::SERVICE | Self::END) {
            return (0x72..=0x7b).contains(&self.kind);
        }
        let low = |part: &[u8]| crc32(&[part]).to_le_bytes()[..2] == crc.to_le_bytes();
        if low(self.header) {
            return true;
        }
        // An old comment stands in the header, behind what the checksum covers.
        let covered = match self.kind {
            Self::MAIN if self.flags & 0x0002 != 0 => Some(11),
            Self::FILE if self.flags & 0x0008 != 0 => {
                self.entry_fields().and_then(|(fields, _)| self.header.len().checked_sub(fields.0.len()))
            }
            _ => None,
        };
        covered.and_then(|n| self.header.get(..n)).is_some_and(low)
    }

    /// What follows the name and its salt, and the name.
    fn entry_fields(&self) -> Option<(Fields<'_>, &[u8])> {
        let name_bytes = Fields(self.header.get(24..)?).short()?;
        let mut fields = Fields(self.header.get(30..)?);
        if self.flags & 0x0100 != 0 {
            fields.take(8)?;
        }
        let name = fields.take(name_bytes.into())?;
        if self.flags & 0x0400 != 0 {
            // Salt.
            fields.take(8)?;
        }
        Some((fields, name))
    }

    /// Bytes of data after the header.
    fn data_bytes(&self) -> Option<u64> {
        let low = || Fields(self.header.get(5..)?).long();
        Some(match self.kind {
            Self::FILE | Self::SERVICE => {
                let high = if self.flags & 0x0100 != 0 { Fields(self.header.get(30..)?).long()? } else { 0 };
                u64::from(high) << 32 | u64::from(low()?)
            }
            _ if self.flags & 0x8000 != 0 => low()?.into(),
            _ => 0,
        })
    }

    /// The version needed to unpack an entry, times ten.
    fn version(&self) -> u8 {
        self.header.get(22).copied().unwrap_or(0)
    }

    /// The fields of a file or service header.
    fn entry(&self) -> Option<Entry> {
        let mut fields = Fields(self.header.get(9..)?);
        let low = fields.long()?;
        let host = fields.byte()?;
        let attributes = Fields(self.header.get(26..)?).long()?;
        let is_large = self.flags & 0x0100 != 0;
        let high = if is_large { Fields(self.header.get(34..)?).long()? } else { 0 };
        let (_, name) = self.entry_fields()?;
        const UNIX: u8 = 3;
        Some(Entry {
            name: if self.flags & 0x0200 != 0 { wide(name) } else { oem(name) },
            unpacked: (is_large || low != u32::MAX).then_some(u64::from(high) << 32 | u64::from(low)),
            is_folder: self.flags & 0x00e0 == 0x00e0,
            is_encrypted: self.flags & 0x0004 != 0,
            // S_IFLNK.
            is_link: host == UNIX && attributes & 0xf000 == 0xa000,
            is_split: self.flags & 0x0003 != 0,
        })
    }
}

/// Numbers at the beginning of bytes.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn long(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    /// A number of variable length: seven bits a byte, the lowest first (RAR 5, "vint").
    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let placed = bits << shift;
            if placed >> shift != bits {
                return None;
            }
            value |= placed;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

fn crc32(parts: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    for part in parts {
        crc.update(part);
    }
    crc.sum()
}

/// A name in the character set of its writer, which nothing tells: bytes above ASCII keep their numbers.
fn oem(name: &[u8]) -> String {
    name.iter().map(|b| char::from(*b)).collect()
}

/// A name of RAR 2.9 to 4 with its Unicode form behind a zero; without a zero it is UTF-8.
///
/// The Unicode form says, two bits at a time, where each character comes from: its low byte alone, its low byte under
/// a common high byte, both bytes, or a run of characters of the first form.
fn wide(name: &[u8]) -> String {
    let Some(zero) = name.iter().position(|b| *b == 0) else {
        return String::from_utf8_lossy(name).into_owned();
    };
    let (plain, mut coded) = (name.get(..zero).unwrap_or_default(), Fields(name.get(zero + 1..).unwrap_or_default()));
    let mut units = Vec::new();
    wide_units(plain, &mut coded, &mut units);
    String::from_utf16_lossy(&units)
}

/// Decodes until the bytes end; what they do not say is left out.
fn wide_units(plain: &[u8], coded: &mut Fields<'_>, units: &mut Vec<u16>) -> Option<()> {
    let high = coded.byte()?;
    loop {
        let choices = coded.byte()?;
        for shift in [6, 4, 2, 0] {
            if units.len() > NAME_BYTES_MAX {
                return None;
            }
            match choices >> shift & 3 {
                0 => units.push(coded.byte()?.into()),
                1 => units.push(u16::from_le_bytes([coded.byte()?, high])),
                2 => units.push(coded.short()?),
                _ => {
                    let length = coded.byte()?;
                    let shifted = if length & 0x80 != 0 { Some(coded.byte()?) } else { None };
                    for _ in 0..usize::from(length & 0x7f) + 2 {
                        let low = *plain.get(units.len())?;
                        units.push(match shifted {
                            Some(by) => u16::from_le_bytes([low.wrapping_add(by), high]),
                            None => low.into(),
                        });
                    }
                }
            }
        }
    }
}

/// Why unpacking under this name could write elsewhere.
fn unsafe_name(name: &str) -> Option<&'static str> {
    let mut chars = name.chars();
    let (first, second) = (chars.next(), chars.next());
    if name.len() > NAME_BYTES_MAX {
        Some("a name that is too long")
    } else if matches!(first, Some('/' | '\\'))
        || (first.is_some_and(|c| c.is_ascii_alphabetic()) && second == Some(':'))
    {
        Some("an absolute path")
    } else if name.split(['/', '\\']).any(|part| part.trim_end_matches(' ') == "..") {
        Some("a climbing path")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn looked(content: &[u8]) -> Look {
        look(&mut Cursor::new(content), content.len() as u64, &mut Budget::default()).unwrap()
    }

    fn codes(content: &[u8]) -> Vec<ErrorCode> {
        looked(content).findings.into_iter().map(|f| f.code).collect()
    }

    fn vint(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value > 0x7f {
            bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap());
        bytes
    }

    /// A block of RAR 5 with its data.
    fn block_5(kind: u8, flags: u8, body: &[u8], extra: &[u8], data: &[u8]) -> Vec<u8> {
        let mut header = vec![kind, flags | u8::from(!extra.is_empty()) | u8::from(!data.is_empty()) << 1];
        if !extra.is_empty() {
            header.extend(vint(extra.len() as u64));
        }
        if !data.is_empty() {
            header.extend(vint(data.len() as u64));
        }
        header.extend([body, extra].concat());
        let length = vint(header.len() as u64);
        let crc = crc32(&[&length, &header]);
        [crc.to_le_bytes().as_slice(), &length, &header, data].concat()
    }

    /// A file of RAR 5 with the given unpacked size.
    fn file_5(name: &str, unpacked: u64, extra: &[u8]) -> Vec<u8> {
        let name_bytes = vint(name.len() as u64);
        let body = [&[0][..], &vint(unpacked), &[0x20, 0, 1], &name_bytes, name.as_bytes()].concat();
        block_5(2, 0, &body, extra, b"data")
    }

    fn rar_5(blocks: &[Vec<u8>]) -> Vec<u8> {
        [MARK_5.to_vec(), block_5(1, 0, &[0], &[], &[]), blocks.concat(), block_5(5, 0, &[0], &[], &[])].concat()
    }

    fn block_4(kind: u8, flags: u16, rest: &[u8], data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(7 + rest.len()).unwrap();
        let header = [&[kind], &flags.to_le_bytes()[..], &length.to_le_bytes(), rest].concat();
        [&crc32(&[&header]).to_le_bytes()[..2], &header, data].concat()
    }

    fn file_4(name: &[u8], flags: u16, version: u8, host: u8, attributes: u32) -> Vec<u8> {
        let mut rest = [4u32.to_le_bytes(), 100u32.to_le_bytes()].concat();
        rest.push(host);
        rest.extend([0; 8]);
        rest.extend([version, 0x30]);
        rest.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        rest.extend(attributes.to_le_bytes());
        rest.extend(name);
        block_4(0x74, 0x8000 | flags, &rest, b"data")
    }

    fn rar_4(main_flags: u16, blocks: &[Vec<u8>]) -> Vec<u8> {
        let end = block_4(0x7b, 0x4000, &[], &[]);
        [MARK_4.to_vec(), block_4(0x73, main_flags, &[0; 6], &[]), blocks.concat(), end].concat()
    }

    #[test]
    fn whole_files_have_no_findings_and_the_puid_of_pronom() {
        let look = looked(&rar_5(&[file_5("қат/хат.pdf", 10, &[]), file_5("b..c", 10, &[])]));
        assert_eq!((look.format.unwrap().puid, look.findings), (Some("fmt/613"), vec![]));
        for (version, puid) in [(20, Some("x-fmt/264")), (29, Some("fmt/411")), (36, None)] {
            let look = looked(&rar_4(0, &[file_4(b"a.txt", 0, version, 2, 0x20), file_4(b"b", 0, 20, 2, 0)]));
            assert_eq!((look.format.unwrap().puid, look.findings), (puid, vec![]), "{version}");
        }
        assert_eq!(codes(&rar_4(0, &[file_4(b"a.txt", 0, 15, 0, 0x20)])), [ErrorCode::FmtOdd]);
        assert!(looked(b"Rar!\x1a\x07\x02").format.is_none());
        assert!(looked(b"").format.is_none());
    }

    #[test]
    fn encryption_is_seen() {
        assert_eq!(codes(&rar_5(&[file_5("a", 1, &[2, 1, 0])])), [ErrorCode::FmtEncrypted]);
        let locked = [MARK_5, &block_5(4, 0, &[0, 0, 15], &[], &[]), b"sealed"].concat();
        assert_eq!(codes(&locked), [ErrorCode::FmtEncrypted]);
        assert_eq!(codes(&rar_4(0, &[file_4(b"a", 4, 29, 2, 0)])), [ErrorCode::FmtEncrypted]);
        assert_eq!(codes(&rar_4(0x80, &[b"sealed".to_vec()])), [ErrorCode::FmtEncrypted]);
    }

    #[test]
    fn volumes_are_parts() {
        assert_eq!(codes(&rar_4(1, &[file_4(b"a", 0, 29, 2, 0)])), [ErrorCode::FmtPart]);
        assert_eq!(codes(&rar_4(0, &[file_4(b"a", 2, 29, 2, 0)])), [ErrorCode::FmtPart]);
        let volume = [MARK_5.to_vec(), block_5(1, 0, &[1], &[], &[]), block_5(5, 0, &[1], &[], &[])].concat();
        assert_eq!(codes(&volume), [ErrorCode::FmtPart]);
        let body = [0, 1, 0, 0, 1, 1, b'a'];
        assert_eq!(codes(&rar_5(&[block_5(2, 0x10, &body, &[], b"d")])), [ErrorCode::FmtPart]);
    }

    #[test]
    fn unsafe_entries_are_seen() {
        for name in ["/a", "\\a", "c:a", "a/../b", "..\\a", "a/.. ", ".."] {
            assert_eq!(codes(&rar_5(&[file_5(name, 1, &[])])), [ErrorCode::FmtUnsafeEntry], "{name}");
            let old = file_4(name.as_bytes(), 0, 29, 2, 0);
            assert_eq!(codes(&rar_4(0, &[old])), [ErrorCode::FmtUnsafeEntry], "{name}");
        }
        for name in ["a", "a..b/c", "...", "қ:/a"] {
            assert_eq!(codes(&rar_5(&[file_5(name, 1, &[])])), [], "{name}");
        }
        assert_eq!(codes(&rar_5(&[file_5("a", 1, &[]), file_5("a", 1, &[])])), [ErrorCode::FmtUnsafeEntry]);
        for (kind, found) in [(1, true), (2, true), (3, true), (4, true), (5, false)] {
            let codes = codes(&rar_5(&[file_5("a", 1, &[5, 5, kind, 0, 1, b'x'])]));
            assert_eq!(codes, if found { vec![ErrorCode::FmtUnsafeEntry] } else { vec![] }, "{kind}");
        }
        assert_eq!(codes(&rar_4(0, &[file_4(b"a", 0, 29, 3, 0o120777)])), [ErrorCode::FmtUnsafeEntry]);
        assert_eq!(codes(&rar_4(0, &[file_4(b"a", 0, 29, 3, 0o100644)])), []);
        let stream = [0, 1, 0, 0, 0, 3, b'S', b'T', b'M'];
        let extra = [b"\x08\x07:..\\x.y".as_slice()].concat();
        assert_eq!(codes(&rar_5(&[block_5(3, 0, &stream, &extra, b"d")])), [ErrorCode::FmtUnsafeEntry]);
        assert_eq!(codes(&rar_5(&[block_5(3, 0, &stream, b"\x05\x07:x.y", b"d")])), []);
    }

    #[test]
    fn names_with_a_unicode_form_are_read() {
        // Three low bytes alone, then both bytes; then a low byte under the common high byte 4.
        assert_eq!(wide(b"../?\0\x04\x02../\x9b\x04"), "../қ");
        assert_eq!(wide(b"../?\0\x04\x01../\x9b"), "../қ");
        assert_eq!(wide(b"abcd\0\x04\xc0\x02"), "abcd");
        assert_eq!(wide(b"abcd\0\x04\xc0\x80\x01"), "\u{462}\u{463}");
        assert_eq!(wide(b"ab\0\x04\xc0\x7f"), "ab");
        assert_eq!(wide("қ".as_bytes()), "қ");
        let hidden = file_4(b"__/?\0\x04\x02../\x9b\x04", 0x0200, 29, 2, 0);
        assert_eq!(codes(&rar_4(0, &[hidden])), [ErrorCode::FmtUnsafeEntry]);
    }

    #[test]
    fn bombs_are_seen_before_unpacking() {
        assert_eq!(codes(&rar_5(&[file_5("a", UNPACKED_BYTES_SMALL, &[])])), []);
        assert_eq!(codes(&rar_5(&[file_5("a", UNPACKED_BYTES_SMALL + 100, &[])])), [ErrorCode::FmtBomb]);
        assert_eq!(codes(&rar_5(&[file_5("a", u64::MAX, &[]), file_5("b", u64::MAX, &[])])), [ErrorCode::FmtBomb]);
        let files: Vec<_> = (0..10_001).map(|n| file_5(&n.to_string(), 1, &[])).collect();
        assert_eq!(codes(&rar_5(&files[1..])), []);
        assert_eq!(codes(&rar_5(&files)), [ErrorCode::FmtEntriesTooMany]);
        let services = vec![block_5(3, 0, &[0, 1, 0, 0, 0, 1, b'x'], &[], &[]); 50_001];
        assert_eq!(codes(&rar_5(&services)), [ErrorCode::FmtTooComplex]);
    }

    #[test]
    fn damage_is_a_finding_wherever_it_is() {
        for whole in [rar_5(&[file_5("a.txt", 1, &[2, 1, 0])]), rar_4(0, &[file_4(b"a.txt", 4, 29, 2, 0)])] {
            for cut in 8..whole.len() {
                let codes = codes(&whole[..cut]);
                let at_end = codes.contains(&ErrorCode::FmtOdd);
                assert!(codes.contains(&ErrorCode::FmtDamaged) || at_end, "{cut} {codes:?}");
            }
            for at in MARK_5.len()..whole.len() {
                let mut other = whole.clone();
                other[at] ^= 0x10;
                looked(&other);
            }
        }
        let mut other = rar_5(&[file_5("a.txt", 1, &[])]);
        let at = other.len() - 20;
        other[at] ^= 1;
        assert_eq!(codes(&other), [ErrorCode::FmtDamaged]);
        let whole = rar_5(&[]);
        assert_eq!(codes(&[whole.as_slice(), b"more"].concat()), [ErrorCode::FmtOdd]);
        assert_eq!(codes(&[whole.as_slice(), b"PK\x03\x04"].concat()), [ErrorCode::FmtPolyglot]);
    }

    #[test]
    fn the_first_version_is_read() {
        let mut whole = [MARK_14, &[7, 0, 0]].concat();
        let entry = |name: &[u8], flags: u8| {
            let mut fields = [4u32.to_le_bytes(), 9u32.to_le_bytes()].concat();
            fields.extend([0, 0, 21 + u8::try_from(name.len()).unwrap(), 0, 0, 0, 0, 0, 0x20, flags, 2]);
            fields.extend([u8::try_from(name.len()).unwrap(), 0]);
            [&fields, name, b"data"].concat()
        };
        whole.extend(entry(b"A.TXT", 0));
        assert_eq!(codes(&whole), [ErrorCode::FmtOdd]);
        assert_eq!(looked(&whole).format.unwrap().puid, None);
        whole.extend(entry(b"..\\B.TXT", 4));
        assert_eq!(codes(&whole), [ErrorCode::FmtOdd, ErrorCode::FmtEncrypted, ErrorCode::FmtUnsafeEntry]);
        whole.pop();
        assert_eq!(codes(&whole).last(), Some(&ErrorCode::FmtDamaged));
    }
}
