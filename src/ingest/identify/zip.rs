//! ZIP files: what is inside, and whether every reader would see the same.
//!
//! [`look`] has the directory read by [`zip_directory`](super::zip_directory), lets [`ooxml`](super::ooxml) say which
//! format it is, and then goes once over all entries in the order of their bytes: local headers against the directory,
//! contents inflated and counted, ZIP files in ZIP files looked at in their turn. APPNOTE 6.3.10 is the format; bare
//! section numbers are its own.
//!
//! Invariants
//!   - Nothing is unpacked to disk. In memory are the directory, one piece of contents, and for each level of nesting
//!     one inner ZIP file (up to [`NESTED_BYTES_MAX`]).
//!   - Declared numbers are judged before anything is inflated, and what is inflated is held to them.
//!   - Each code is noted once, with its first place and the number of the others: a hostile file cannot fill the list
//!     with one and so hide another.
//!
//! It does not decrypt, and reads no method but stored and deflated.

use super::bytes::{self, Bytes};
use super::ooxml::{self, Contents};
use super::zip_directory::{
    DEFLATED, Directory, Entry, FLAG_DESCRIPTOR, FLAG_ENCRYPTED, FLAG_STRONG, FLAG_UTF8, Input, LOCAL, LOCAL_BYTES,
    PIECE_BYTES, SPLIT, SPLIT_IN_ONE, STORED, Stop, Wide, decode_name, fixed, index, is_at_end, known_beginning, le16,
    le32, length, read_directory,
};
use super::{Budget, Format, Look, Source};
use crate::error::ErrorCode;
use crate::ingest::secrets::PrivateKeyScan;
use crate::model::format::{Basis, Family};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use memchr::memmem;
use std::collections::HashSet;
use std::io::Cursor;
use unicode_normalization::UnicodeNormalization;

/// What an entry takes from the budget. Own bound: with all archives inside, some 260,000 entries.
const ENTRY_WORK_BYTES: u64 = 4 * 1024;
/// Growth from which contents are a bomb. Apache POI, `ZipSecureFile`: a minimum inflate ratio of 0.01.
const RATIO_MAX: u64 = 100;
/// Contents that may grow at any ratio: an empty sheet or a white page does, and 16 MiB hurt nobody. Own bound.
const RATIO_FREE_BYTES: u64 = 16 * 1024 * 1024;
/// Contents of one file. Own bound: the largest document (60 MiB) grown seventeenfold.
const INFLATED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// ZIP files in ZIP files: an office document in a ZIP file with a workbook in it is 2.
const NESTED_MAX: u32 = 3;
/// Bytes of an inner ZIP file that is looked into. Own bound: several are open at once, on every thread.
const NESTED_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// ZIP without further meaning.
pub(super) const ZIP: Format =
    Format { family: Family::Zip, puid: Some("x-fmt/263"), name: "ZIP Format", version: "", basis: Basis::Signature };

/// Looks into the ZIP file of `size` bytes; `depth` is 0 for one that is in no other.
pub(super) fn look(source: &mut dyn Source, size: u64, work: &mut Budget, depth: u32) -> std::io::Result<Look> {
    let mut format = ZIP;
    let mut notes = Notes::default();
    match look_inside(Input::new(source, size, work), depth, &mut format, &mut notes) {
        Ok(()) => {}
        Err(Stop::Io(e)) => return Err(e),
        Err(Stop::Spent) => notes.add(ErrorCode::FmtTooComplex, "", "more work than one file may take"),
    }
    Ok(notes.into_look(format))
}

/// Whether a ZIP file ends where this file ends, whatever its beginning says: behind another format, or as the last
/// part of a split one.
pub(super) fn ends_here(source: &mut dyn Source, size: u64, work: &mut Budget) -> std::io::Result<bool> {
    match is_at_end(&mut Bytes::new(source, size, work)) {
        Ok(found) => Ok(found),
        Err(bytes::Stop::Io(e)) => Err(e),
        Err(bytes::Stop::Spent | bytes::Stop::End) => Ok(false),
    }
}

fn look_inside(mut input: Input<'_>, depth: u32, format: &mut Format, notes: &mut Notes) -> Result<(), Stop> {
    let (entries, directory_at) = match read_directory(&mut input, notes)? {
        Directory::Read { entries, at } => (entries, at),
        Directory::Unread => {
            // What it was is still told by the first entries, unless they are those of a part.
            if !notes.has(ErrorCode::FmtPart)
                && let Some(front) = ooxml::from_front(input.piece(0, PIECE_BYTES)?)
            {
                *format = front;
            }
            return Ok(());
        }
    };
    // Names are compared and judged, here and in every archive inside: that is work too.
    if !input.work.spend(ENTRY_WORK_BYTES * length(entries.len())) {
        return Err(Stop::Spent);
    }
    let mut zip = ZipFile { input, entries, inflater: Decompress::new(false), out: vec![0; PIECE_BYTES] };
    let is_bomb = judge_sizes(&zip.entries, zip.input.size, notes);
    let contents = ooxml::recognise(&mut zip, notes)?;
    *format = contents.format;
    judge_names(&zip.entries, contents.is_package(), notes);
    if is_bomb {
        return Ok(());
    }
    read_all(&mut zip, directory_at, &contents, depth, notes)?;
    Ok(())
}

/// The findings of one look, each code once.
#[derive(Default)]
pub(super) struct Notes(Vec<Note>);

struct Note {
    code: ErrorCode,
    place: String,
    detail: String,
    /// Further places of the same code.
    more: u32,
}

impl Notes {
    /// Notes a finding.
    pub(super) fn add(&mut self, code: ErrorCode, place: &str, detail: impl Into<String>) {
        match self.0.iter_mut().find(|note| note.code == code) {
            Some(note) if note.place == place => {}
            Some(note) => note.more = note.more.saturating_add(1),
            None => self.0.push(Note { code, place: place.to_owned(), detail: detail.into(), more: 0 }),
        }
    }

    pub(super) fn has(&self, code: ErrorCode) -> bool {
        self.0.iter().any(|note| note.code == code)
    }

    pub(super) fn into_look(self, format: Format) -> Look {
        let mut look = Look { format: Some(format), findings: Vec::new() };
        for Note { code, place, detail, more } in self.0 {
            let detail = if more > 0 { format!("{detail} (and {more} more)") } else { detail };
            look.find(code, &place, detail);
        }
        look
    }
}

/// Judges the sizes that the directory declares; true when nothing shall be inflated.
fn judge_sizes(entries: &[Entry], file_bytes: u64, notes: &mut Notes) -> bool {
    let grows = |size: u64, packed: u64| size > RATIO_FREE_BYTES && size / RATIO_MAX > packed;
    for entry in entries.iter().filter(|entry| grows(entry.size, entry.packed)) {
        notes.add(ErrorCode::FmtBomb, &entry.name, format!("{} bytes claim to become {}", entry.packed, entry.size));
    }
    let total = entries.iter().fold(0u64, |total, entry| total.saturating_add(entry.size));
    if total > INFLATED_BYTES_MAX || grows(total, file_bytes) {
        notes.add(ErrorCode::FmtBomb, "", format!("{file_bytes} bytes claim to become {total}"));
    }
    notes.has(ErrorCode::FmtBomb)
}

fn judge_names(entries: &[Entry], is_package: bool, notes: &mut Notes) {
    let mut seen = HashSet::new();
    for entry in entries {
        for name in [Some(&entry.name), entry.other_name.as_ref()].into_iter().flatten() {
            if let Some(fault) = name_fault(name) {
                notes.add(ErrorCode::FmtUnsafeEntry, &entry.name, fault);
            }
            if name.contains('\\') {
                // A package is not unpacked, and Office opens such ones.
                let code = if is_package { ErrorCode::FmtOdd } else { ErrorCode::FmtUnsafeEntry };
                notes.add(code, &entry.name, "name with a backslash");
            }
        }
        if entry.other_name.is_some() {
            notes.add(ErrorCode::FmtOdd, &entry.name, "two names for one entry");
        }
        if entry.flags & FLAG_UTF8 != 0 && std::str::from_utf8(&entry.raw_name).is_err() {
            notes.add(ErrorCode::FmtOdd, &entry.name, "name claims to be UTF-8 and is not");
        }
        if is_link(entry) {
            notes.add(ErrorCode::FmtUnsafeEntry, &entry.name, "a link or device");
        }
        // Windows and macOS would write one over the other; a trailing dot or space is nothing to Windows.
        let folded: String = entry.name.nfc().flat_map(char::to_lowercase).collect();
        if !seen.insert(folded.trim_end_matches(['/', '.', ' ']).to_owned()) {
            notes.add(ErrorCode::FmtUnsafeEntry, &entry.name, "a name that is there already");
        }
    }
}

fn name_fault(name: &str) -> Option<&'static str> {
    let drive = name.as_bytes().get(..2).is_some_and(|start| start[0].is_ascii_alphabetic() && start[1] == b':');
    if name.is_empty() {
        Some("no name")
    } else if name.starts_with(['/', '\\']) || drive {
        Some("an absolute path")
    } else if name.split(['/', '\\']).any(|segment| segment == "..") {
        Some("a path that climbs out of its folder")
    } else if name.contains('\0') {
        Some("a name with NUL, which ends it for some readers")
    } else {
        None
    }
}

fn is_link(entry: &Entry) -> bool {
    // APPNOTE 4.4.2: FAT, NTFS, VFAT; there the lower half has the attributes of Windows.
    const WINDOWS: [u8; 3] = [0, 10, 14];
    const REPARSE_POINT: u32 = 0x400;
    // Character device, block device, link: the others cannot be made by unpacking.
    let special = matches!((entry.attributes >> 16) & 0o170_000, 0o020_000 | 0o060_000 | 0o120_000);
    special || (WINDOWS.contains(&entry.made_by) && entry.attributes & REPARSE_POINT != 0)
}

/// An opened ZIP file.
pub(super) struct ZipFile<'a> {
    input: Input<'a>,
    pub(super) entries: Vec<Entry>,
    inflater: Decompress,
    out: Vec<u8>,
}

impl ZipFile<'_> {
    /// Hands the contents of an entry to `feed` piece by piece until that says false; what is wrong is noted.
    ///
    /// Gives whether all of it was read and is what the directory says.
    pub(super) fn read(
        &mut self,
        number: usize,
        notes: &mut Notes,
        feed: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool, Stop> {
        let Some(data_at) = self.check_local(number, notes)? else { return Ok(false) };
        self.inflate(number, data_at, notes, feed)
    }

    /// Where the data of an entry begins, when its local header is there; holds it against the directory (4.3.7).
    fn check_local(&mut self, number: usize, notes: &mut Notes) -> Result<Option<u64>, Stop> {
        let entry = &self.entries[number];
        let mut damaged = |detail: &str| notes.add(ErrorCode::FmtDamaged, &entry.name, detail);
        let Some(head) = self.input.exact(entry.offset, LOCAL_BYTES)?.filter(|head| head.starts_with(LOCAL)) else {
            damaged("no entry where the directory says");
            return Ok(None);
        };
        let head: [u8; LOCAL_BYTES] = fixed(head, 0);
        let (name_bytes, extra_bytes) = (usize::from(le16(&head, 26)), usize::from(le16(&head, 28)));
        let names_at = entry.offset + length(LOCAL_BYTES);
        let Some(names) = self.input.exact(names_at, name_bytes + extra_bytes)? else {
            damaged("cut off");
            return Ok(None);
        };
        let (name, extra) = names.split_at(name_bytes);
        if name != entry.raw_name {
            damaged("another name in the directory than before the entry");
        }
        const TELLING: u16 = FLAG_ENCRYPTED | FLAG_STRONG;
        if le16(&head, 8) != entry.method || (le16(&head, 6) ^ entry.flags) & TELLING != 0 {
            damaged("another method in the directory than before the entry");
        }
        // 4.4.4: with a descriptor the numbers stand behind the data.
        if le16(&head, 6) & FLAG_DESCRIPTOR == 0 {
            let mut wide = Wide::of(extra);
            let size = wide.number(le32(&head, 22));
            let packed = wide.number(le32(&head, 18));
            if (size, packed, le32(&head, 14)) != (Some(entry.size), Some(entry.packed), entry.crc) {
                damaged("another size or checksum in the directory than before the entry");
            }
        }
        let data_at = names_at + length(name_bytes + extra_bytes);
        if data_at.checked_add(entry.packed).is_none_or(|end| end > self.input.size) {
            damaged("cut off");
            return Ok(None);
        }
        Ok(Some(data_at))
    }

    fn inflate(
        &mut self,
        number: usize,
        data_at: u64,
        notes: &mut Notes,
        feed: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool, Stop> {
        let entry = &self.entries[number];
        if !entry.is_readable() {
            return Ok(false);
        }
        let deflated = entry.method == DEFLATED;
        self.inflater.reset(false);
        let mut crc = Crc::new();
        let (mut at, mut left, mut size) = (data_at, entry.packed, 0u64);
        let mut ended = !deflated && left == 0;
        let fault = loop {
            if ended {
                break match () {
                    () if size < entry.size => Some("shorter than declared"),
                    () if left > 0 => Some("bytes behind the end of its data"),
                    () if crc.sum() != entry.crc => Some("its checksum is another"),
                    () => None,
                };
            }
            let most = index(left).min(PIECE_BYTES);
            let piece = if most > 0 { self.input.piece(at, most)? } else { &[] };
            let (used, out) = if deflated {
                let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
                let status = self.inflater.decompress(piece, &mut self.out, FlushDecompress::None);
                let used = self.inflater.total_in() - read;
                let made = self.inflater.total_out() - written;
                ended = matches!(status, Ok(Status::StreamEnd));
                if status.is_err() || (used == 0 && made == 0 && !ended) {
                    break Some("its data are broken or cut off");
                }
                (used, &self.out[..index(made)])
            } else {
                ended = length(piece.len()) >= left;
                (length(piece.len()), piece)
            };
            at += used;
            left -= used;
            size += length(out.len());
            if size > entry.size {
                notes.add(ErrorCode::FmtBomb, &entry.name, format!("becomes more than the declared {}", entry.size));
                return Ok(false);
            }
            crc.update(out);
            let go_on = feed(out);
            if deflated {
                let made = length(out.len());
                self.input.spend(made)?;
            }
            if !go_on {
                return Ok(false);
            }
        };
        if let Some(fault) = fault {
            notes.add(ErrorCode::FmtDamaged, &entry.name, fault);
        }
        Ok(fault.is_none())
    }
}

/// Goes over all entries in the order of their bytes.
fn read_all(
    zip: &mut ZipFile<'_>,
    directory_at: u64,
    contents: &Contents,
    depth: u32,
    notes: &mut Notes,
) -> Result<(), Stop> {
    let mut order: Vec<usize> = (0..zip.entries.len()).collect();
    order.sort_by_key(|&number| zip.entries[number].offset);
    let mut previous = Previous::default();
    for number in order {
        let offset = zip.entries[number].offset;
        judge_gap(&mut zip.input, &previous, offset, notes)?;
        let entry = &zip.entries[number];
        if entry.is_encrypted() {
            notes.add(ErrorCode::FmtEncrypted, &entry.name, "encrypted");
        } else if !entry.is_readable() {
            notes.add(ErrorCode::FmtOdd, &entry.name, format!("compression method {}", entry.method));
        }
        let Some(data_at) = zip.check_local(number, notes)? else {
            previous = Previous { end: offset, ..previous };
            continue;
        };
        let entry = &zip.entries[number];
        previous = Previous {
            end: data_at + entry.packed,
            has_descriptor: entry.flags & FLAG_DESCRIPTOR != 0,
            is_entry: true,
        };
        read_one(zip, number, data_at, contents, depth, notes)?;
        if notes.has(ErrorCode::FmtBomb) {
            return Ok(());
        }
    }
    judge_gap(&mut zip.input, &previous, directory_at, notes)
}

/// What stands before a place: the beginning of the file, or an entry.
#[derive(Default, Clone, Copy)]
struct Previous {
    end: u64,
    has_descriptor: bool,
    is_entry: bool,
}

/// Judges what stands between two entries, before the first or behind the last.
fn judge_gap(input: &mut Input<'_>, previous: &Previous, until: u64, notes: &mut Notes) -> Result<(), Stop> {
    let Some(gap) = until.checked_sub(previous.end) else {
        notes.add(ErrorCode::FmtDamaged, "", "entries that overlap each other or the directory");
        return Ok(());
    };
    // 4.3.9: three numbers, two of them of 4 or 8 bytes, with or without a mark.
    let is_descriptor = previous.has_descriptor && matches!(gap, 12 | 16 | 20 | 24);
    let is_split_mark = !previous.is_entry && gap == 4 && {
        let start = input.piece(0, 4)?;
        start == SPLIT || start == SPLIT_IN_ONE
    };
    if gap == 0 || is_descriptor || is_split_mark {
        return Ok(());
    }
    let bytes = input.piece(previous.end, index(gap).min(PIECE_BYTES))?;
    if !previous.is_entry {
        match known_beginning(bytes) {
            Some(what) => notes.add(ErrorCode::FmtPolyglot, "", format!("{what} before the ZIP file")),
            None => notes.add(ErrorCode::FmtOdd, "", format!("{gap} bytes before the ZIP file")),
        }
    } else if memmem::find(bytes, LOCAL).is_some() {
        // A reader that goes from front to back shows it, others do not.
        notes.add(ErrorCode::FmtDamaged, "", "an entry that the directory does not have");
    } else {
        notes.add(ErrorCode::FmtOdd, "", format!("{gap} bytes that belong to no entry"));
    }
    Ok(())
}

/// Reads one entry for all who want to see it.
fn read_one(
    zip: &mut ZipFile<'_>,
    number: usize,
    data_at: u64,
    contents: &Contents,
    depth: u32,
    notes: &mut Notes,
) -> Result<(), Stop> {
    let size = zip.entries[number].size;
    let mut part = contents.part(&zip.entries, number);
    let mut keys = (!contents.is_package()).then(PrivateKeyScan::new);
    let mut inner = Inner::new(size);
    let is_whole = zip.inflate(number, data_at, notes, &mut |piece| {
        inner.update(piece);
        if let Some(part) = &mut part {
            part.update(piece);
        }
        if let Some(keys) = &mut keys {
            keys.update(piece);
        }
        true
    })?;
    let name = &zip.entries[number].name;
    if let Some(kind) = keys.and_then(PrivateKeyScan::finish) {
        notes.add(ErrorCode::IngPrivateKey, name, kind);
    }
    if !is_whole {
        return Ok(());
    }
    if let Some(part) = part {
        part.finish(name, notes);
    }
    if !inner.is_zip() {
        return Ok(());
    }
    if depth >= NESTED_MAX {
        notes.add(ErrorCode::FmtNested, name, format!("a ZIP file in {NESTED_MAX} others"));
    } else if size > NESTED_BYTES_MAX {
        notes.add(ErrorCode::FmtOdd, name, format!("a ZIP file of {size} bytes, too large to be looked into"));
    } else {
        let mut bytes = Cursor::new(inner.bytes);
        for finding in look(&mut bytes, size, zip.input.work, depth + 1)?.findings {
            let place = match finding.place.as_str() {
                "" => name.clone(),
                inner => format!("{name}/{inner}"),
            };
            notes.add(finding.code, &place, finding.detail);
        }
    }
    Ok(())
}

/// Keeps the contents of an entry as long as they can be a ZIP file that is looked into.
struct Inner {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl Inner {
    fn new(size: u64) -> Self {
        let bytes_max = if size > NESTED_BYTES_MAX { LOCAL.len() } else { index(size) };
        Self { bytes: Vec::new(), bytes_max }
    }

    fn update(&mut self, piece: &[u8]) {
        let room = self.bytes_max - self.bytes.len();
        self.bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if !self.can_be_zip() {
            *self = Self { bytes: Vec::new(), bytes_max: 0 };
        }
    }

    fn can_be_zip(&self) -> bool {
        let start = &self.bytes[..self.bytes.len().min(LOCAL.len())];
        [LOCAL, SPLIT].iter().any(|mark| mark.starts_with(start))
    }

    fn is_zip(&self) -> bool {
        self.bytes.len() >= LOCAL.len() && self.can_be_zip()
    }
}

/// Names and data of the entries at the front of a ZIP file without a directory; the data go on to the end of `front`.
pub(super) fn front_entries(front: &[u8]) -> impl Iterator<Item = (String, FrontData<'_>)> {
    memmem::find_iter(front, LOCAL).filter_map(|at| {
        let (head, rest) = front[at..].split_at_checked(LOCAL_BYTES)?;
        let (name, rest) = rest.split_at_checked(usize::from(le16(head, 26)))?;
        let data = rest.get(usize::from(le16(head, 28))..).unwrap_or_default();
        Some((decode_name(name), FrontData { method: le16(head, 8), data }))
    })
}

/// Data of unknown length.
pub(super) struct FrontData<'a> {
    method: u16,
    data: &'a [u8],
}

impl FrontData<'_> {
    /// Up to `most` bytes of the contents, as far as they are there.
    pub(super) fn contents(&self, most: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(most);
        match self.method {
            STORED => out.extend_from_slice(&self.data[..self.data.len().min(most)]),
            // Broken data give what came out before; the caller looks for whole elements in it.
            DEFLATED => drop(Decompress::new(false).decompress_vec(self.data, &mut out, FlushDecompress::None)),
            _ => {}
        }
        out
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::zip_directory::tests::{Made, deflated, end, in_directory, local, stored, with, zip_of};
    use super::*;
    use ::zip::write::{SimpleFileOptions, ZipWriter};
    use std::io::{Read, Seek, SeekFrom, Write};

    pub(in super::super) fn look_at(bytes: &[u8]) -> Look {
        look(&mut Cursor::new(bytes), length(bytes.len()), &mut Budget::default(), 0).unwrap()
    }

    /// The codes and places found.
    #[track_caller]
    pub(in super::super) fn found(bytes: &[u8]) -> Vec<(ErrorCode, String)> {
        look_at(bytes).findings.into_iter().map(|f| (f.code, f.place)).collect()
    }

    #[track_caller]
    fn only(bytes: &[u8], code: ErrorCode, place: &str) {
        assert_eq!(found(bytes), [(code, place.to_owned())]);
    }

    #[track_caller]
    fn nothing(bytes: &[u8]) {
        let look = look_at(bytes);
        assert_eq!((look.format, look.findings), (Some(ZIP), Vec::new()));
    }

    #[test]
    fn good_files_of_several_writers_have_no_findings() {
        nothing(&zip_of(&[stored("a.txt", b"text"), deflated("b/c.txt", &[b'x'; 5000]), stored("b/", b"")]));
        for options in [
            SimpleFileOptions::DEFAULT,
            SimpleFileOptions::DEFAULT.compression_method(::zip::CompressionMethod::Stored),
            SimpleFileOptions::DEFAULT.large_file(true),
        ] {
            let mut seeking = ZipWriter::new(Cursor::new(Vec::new()));
            seeking.start_file("құжат.txt", options).unwrap();
            seeking.write_all(&[b'y'; 70_000]).unwrap();
            nothing(&seeking.finish().unwrap().into_inner());
            // Without seeking back, the numbers stand behind the data.
            let mut bytes = Vec::new();
            let mut streaming = ZipWriter::new_stream(&mut bytes);
            for name in ["a", "b"] {
                streaming.start_file(name, options).unwrap();
                streaming.write_all(&[b'z'; 1000]).unwrap();
            }
            streaming.finish().unwrap();
            nothing(&bytes);
        }
    }

    #[test]
    fn a_cut_off_file_is_damaged_wherever_it_ends() {
        let bytes = zip_of(&[stored("a", b"text"), deflated("b", b"more text")]);
        for n in 4..bytes.len() {
            assert!(found(&bytes[..n]).iter().any(|(code, _)| *code == ErrorCode::FmtDamaged), "{n} bytes");
        }
    }

    #[test]
    fn no_changed_byte_makes_it_panic() {
        let bytes =
            zip_of(&[stored("a", b"text"), deflated("b", &[b'x'; 300]), stored("c", &zip_of(&[stored("d", b"")]))]);
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at].wrapping_add(1)] {
                let mut changed = bytes.clone();
                changed[at] = value;
                look_at(&changed);
            }
        }
    }

    #[test]
    fn what_two_readers_would_see_differently_is_damaged() {
        let a = || stored("a", b"text");
        for (what, entry) in [
            ("name", with(a(), |made| made.local_name = b"b".to_vec())),
            ("longer name", with(a(), |made| made.local_name = b"aa".to_vec())),
            ("checksum", with(a(), |made| made.crc += 1)),
            ("shorter", with(a(), |made| made.size += 1)),
            ("shorter, deflated", with(deflated("a", b"text"), |made| made.size += 1)),
            ("broken data", with(deflated("a", b"text"), |made| made.data[0] = 0xff)),
            ("cut off data", with(deflated("a", &[7; 500]), |made| made.data.truncate(made.data.len() - 1))),
            ("bytes behind the data", with(deflated("a", b"text"), |made| made.data.push(0))),
        ] {
            assert_eq!(found(&zip_of(&[entry, stored("z", b"z")])), [(ErrorCode::FmtDamaged, "a".into())], "{what}");
        }
        let good = zip_of(&[a()]);
        let directory = in_directory(&a(), 0);
        let at = local(&a()).len();
        for (what, bytes) in [
            (
                "two entries, one place",
                [&good[..at], &directory, &directory, &end(2, directory.len() * 2, at, b"")].concat(),
            ),
            (
                "an entry only in front",
                [&good[..at], &good[..at], &directory, &end(1, directory.len(), at * 2, b"")].concat(),
            ),
        ] {
            assert!(found(&bytes).iter().any(|(code, _)| *code == ErrorCode::FmtDamaged), "{what}");
        }
    }

    #[test]
    fn other_files_before_and_behind_are_polyglots_and_junk_is_odd() {
        let good = zip_of(&[stored("a", b"text")]);
        for (before, behind, code) in [
            (&b"MZ\x90\0 a program"[..], &b""[..], ErrorCode::FmtPolyglot),
            (b"%PDF-1.7 and so on", b"", ErrorCode::FmtPolyglot),
            (&good, b"", ErrorCode::FmtPolyglot),
            (b"", b"%PDF-1.7 and so on", ErrorCode::FmtPolyglot),
            (b"junk", b"", ErrorCode::FmtOdd),
            (b"", b"\0\0", ErrorCode::FmtOdd),
            (b"PK00", b"", ErrorCode::FmtOdd),
        ] {
            only(&[before, &good, behind].concat(), code, "");
        }
        // The same with offsets that count what stands before.
        let directory = in_directory(&stored("a", b""), 4);
        let sfx = [&b"MZ.."[..], &local(&stored("a", b"")), &directory, &end(1, directory.len(), 35, b"")].concat();
        only(&sfx, ErrorCode::FmtPolyglot, "");
    }

    #[test]
    fn encrypted_entries_are_found_and_not_read() {
        for flags in [FLAG_ENCRYPTED, FLAG_ENCRYPTED | FLAG_STRONG, 1 << 13] {
            let entry = with(stored("secret", b"????"), |made| (made.flags, made.crc) = (flags, 0));
            only(&zip_of(&[stored("a", b""), entry]), ErrorCode::FmtEncrypted, "secret");
        }
        only(&zip_of(&[with(stored("aes", b"????"), |made| made.method = 99)]), ErrorCode::FmtEncrypted, "aes");
    }

    #[test]
    fn methods_that_cannot_be_read_are_odd() {
        for method in [1, 9, 12, 14, 93] {
            only(&zip_of(&[with(stored("a", b"????"), |made| made.method = method)]), ErrorCode::FmtOdd, "a");
        }
    }

    #[test]
    fn bombs_are_found_by_what_they_claim_and_by_what_they_do() {
        let free = usize::try_from(RATIO_FREE_BYTES).unwrap();
        nothing(&zip_of(&[deflated("zeros", &vec![0; free])]));
        let bomb = found(&zip_of(&[deflated("zeros", &vec![0; free + 1])]));
        assert_eq!(bomb, [(ErrorCode::FmtBomb, "zeros".into())]);
        let halves = [deflated("a", &vec![0; free]), deflated("b", &vec![0; free])];
        only(&zip_of(&halves), ErrorCode::FmtBomb, "");
        only(&zip_of(&[with(deflated("a", &[0; 9000]), |made| made.size = 8999)]), ErrorCode::FmtBomb, "a");
        let gigabyte = with(stored("a", b""), |made| made.size = 1 << 30);
        assert!(found(&zip_of(&[gigabyte, stored("b", b"b")])).contains(&(ErrorCode::FmtBomb, "a".into())));
    }

    #[test]
    fn unsafe_names_and_links_are_found() {
        for name in ["/a", "../a", "a/../../b", "..", "C:/a", "c:a", "a\\b", "\\\\host\\a", "", "a\0b"] {
            only(&zip_of(&[stored(name, b"")]), ErrorCode::FmtUnsafeEntry, &crate::model::strict::shown(name));
        }
        for name in ["a..b", "..a/b", "ab:c", "a/.b/c", "қосымша №1.doc"] {
            nothing(&zip_of(&[stored(name, b"")]));
        }
        for names in [["a", "a"], ["A.txt", "a.TXT"], ["Ә", "ә"], ["й", "и\u{306}"], ["a", "a/"], ["a", "a."]] {
            only(&zip_of(&names.map(|name| stored(name, b""))), ErrorCode::FmtUnsafeEntry, names[1]);
        }
        let mode = |mode: u32| with(stored("a", b"to"), |made| (made.made_by, made.attributes) = (3, mode << 16));
        only(&zip_of(&[mode(0o120_777)]), ErrorCode::FmtUnsafeEntry, "a");
        nothing(&zip_of(&[mode(0o100_644)]));
        only(&zip_of(&[with(stored("a", b"to"), |made| made.attributes = 0x400)]), ErrorCode::FmtUnsafeEntry, "a");
    }

    #[test]
    fn names_in_an_old_code_page_are_accepted_and_shown() {
        let old = |flags| {
            with(stored("", b""), |made| {
                made.name = b"\x8f\xe0\xa8\xaa\xa0\xa7 \xfc1".to_vec();
                made.local_name = made.name.clone();
                made.flags = flags;
            })
        };
        nothing(&zip_of(&[old(0)]));
        only(&zip_of(&[old(FLAG_UTF8)]), ErrorCode::FmtOdd, "Приказ №1");
        // The extra field of Info-ZIP: version, checksum of the other name, name.
        let field = |name: &str| {
            let content = [&[1, 0, 0, 0, 0], name.as_bytes()].concat();
            [&[0x75, 0x70, u8::try_from(content.len()).unwrap(), 0][..], &content].concat()
        };
        nothing(&zip_of(&[with(old(0), |made| made.extra = field("Приказ №1"))]));
        let other = found(&zip_of(&[with(stored("a", b""), |made| made.extra = field("../b"))]));
        assert_eq!(other, [(ErrorCode::FmtUnsafeEntry, "a".into()), (ErrorCode::FmtOdd, "a".into())]);
    }

    #[test]
    fn inner_zip_files_are_looked_into_to_their_depth() {
        let nest = |inner: Vec<u8>, times: usize| {
            (0..times).fold(inner, |inner, _| zip_of(&[deflated("n.zip", &inner), stored("x", b"PK")]))
        };
        let slip = zip_of(&[stored("../a", b"")]);
        only(&nest(slip.clone(), 1), ErrorCode::FmtUnsafeEntry, "n.zip/../a");
        only(&nest(slip.clone(), 3), ErrorCode::FmtUnsafeEntry, "n.zip/n.zip/n.zip/../a");
        only(&nest(slip, 4), ErrorCode::FmtNested, "n.zip/n.zip/n.zip/n.zip");
        only(&nest(zip_of(&[stored("a", b"")])[..40].to_vec(), 1), ErrorCode::FmtDamaged, "n.zip");
        let mut large = vec![0; usize::try_from(NESTED_BYTES_MAX).unwrap() + 1];
        large[..4].copy_from_slice(LOCAL);
        only(&zip_of(&[stored("n.zip", &large)]), ErrorCode::FmtOdd, "n.zip");
    }

    #[test]
    fn private_keys_are_found_wherever_they_lie() {
        // Made-up bytes: the shape of a key, not a key.
        let key = b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n";
        let zip = zip_of(&[stored("a.txt", b"text"), deflated("keys/a.pem", key)]);
        only(&zip, ErrorCode::IngPrivateKey, "keys/a.pem");
        only(&zip_of(&[stored("b.zip", &zip)]), ErrorCode::IngPrivateKey, "b.zip/keys/a.pem");
    }

    #[test]
    fn work_is_bounded_and_errors_of_the_source_are_errors() {
        let bytes = zip_of(&[deflated("a", &[0; 1_000_000])]);
        let mut work = Budget { left: 500_000 };
        let spent = look(&mut Cursor::new(&bytes), length(bytes.len()), &mut work, 0).unwrap();
        assert_eq!(spent.findings.iter().map(|f| f.code).collect::<Vec<_>>(), [ErrorCode::FmtTooComplex]);

        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the disk failed"))
            }
        }
        impl Seek for Broken {
            fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
                Ok(0)
            }
        }
        assert!(look(&mut Broken, 100, &mut Budget::default(), 0).is_err());
        assert!(ends_here(&mut Broken, 100, &mut Budget::default()).is_err());
        let ends = |left| ends_here(&mut Cursor::new(&bytes), length(bytes.len()), &mut Budget { left }).unwrap();
        assert!(ends(100_000) && !ends(10));
    }

    #[test]
    fn many_findings_of_one_kind_hide_no_other() {
        let mut entries: Vec<Made> = (0..100).map(|n| stored(&format!("../{n}"), b"")).collect();
        entries.push(with(stored("secret", b"????"), |made| made.flags = FLAG_ENCRYPTED));
        let look = look_at(&zip_of(&entries));
        assert_eq!(
            look.findings.iter().map(|f| f.code).collect::<Vec<_>>(),
            [ErrorCode::FmtUnsafeEntry, ErrorCode::FmtEncrypted]
        );
        assert!(look.findings[0].detail.ends_with("(and 99 more)"));
    }
}
