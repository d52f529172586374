//! ZIP and RAR: the documents inside are read too, each by its content.
//!
//! A ZIP member is unpacked in memory, one at a time; RAR goes through `rars`, which decodes member by member. Bounds
//! on packed and unpacked bytes, on members and on depth are those of [`sink`](super::sink); nothing is believed that
//! a directory says of sizes. Names are text to show, not paths: nothing is written under them, so none can climb out.
//!
//! Invariants
//!   - The whole tree of containers of one document shares its bounds; a bomb costs what they allow and is said.
//!   - A member that cannot be read does not keep the others from being read, except in a solid RAR, where they hang
//!     together.

use super::read::{Found, read};
use super::sink::{MEMBER_MAX, MEMBERS_MAX, Sink, UNPACKED_MAX};
use super::sniff::{Seen, sniff};
use crate::model::extracted::{Outcome, Reason};
use rars::filename::LegacyNameEncoding;
use rars::{ArchiveReadOptions, ArchiveReader, ErrorKind, ExtractionDecision, ExtractionErrorAction};
use std::cell::RefCell;
use std::io::{self, Cursor, Read, Write};
use std::rc::Rc;
use zip::result::ZipError;

/// Name and version of what opens ZIP, as Cargo.lock pins it.
pub(super) const ZIP_NAME: &str = "zip/9";
/// Name and version of what opens RAR, as Cargo.toml pins it.
pub(super) const RAR_NAME: &str = "rars/0.12.3";

/// Containers in a container that are opened.
pub(super) const DEPTH_MAX: u32 = 2;
/// Headers of one RAR file. Own bound: members, and as many services.
const RAR_HEADERS_MAX: u64 = 2 * MEMBERS_MAX as u64;
/// Bytes of these headers. Own bound.
const RAR_HEADER_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Dictionary of RAR 5 and later. Own bound: WinRAR takes 32 MiB by itself; half of what the process may have.
const RAR_DICTIONARY_MAX: u64 = 256 * 1024 * 1024;
/// What the reader may take for itself. Own bound: the dictionary and a member beside it.
const RAR_WORKSPACE_MAX: u64 = 512 * 1024 * 1024;

/// What became of the members of a container.
#[derive(Default)]
struct Tally {
    worst: Option<(Outcome, Option<Reason>)>,
    has_text: bool,
}

impl Tally {
    fn add(&mut self, outcome: Outcome, reason: Option<Reason>) {
        let rank = |outcome| match outcome {
            Outcome::Text => 0,
            Outcome::NoTextLayer => 1,
            Outcome::Unsupported => 2,
            Outcome::Failed => 3,
            Outcome::Encrypted => 4,
            Outcome::Limit => 5,
        };
        self.has_text |= outcome == Outcome::Text;
        if self.worst.is_none_or(|(worst, _)| rank(outcome) > rank(worst)) {
            self.worst = Some((outcome, reason));
        }
    }

    /// Any text makes a container one with text; else it is what its worst member is.
    fn sum(self) -> (Outcome, Option<Reason>) {
        if self.has_text { (Outcome::Text, None) } else { self.worst.unwrap_or((Outcome::NoTextLayer, None)) }
    }
}

/// Reads a member that is unpacked.
fn member(name: &str, bytes: Vec<u8>, depth: u32, sink: &mut Sink<'_>) -> (Outcome, Option<Reason>) {
    sink.member(name, |sink| match sniff(&bytes) {
        Seen::Encrypted => (Outcome::Encrypted, None),
        Seen::Is(family) => {
            let Found { outcome, reason, .. } = read(family, bytes, depth + 1, sink);
            (outcome, reason)
        }
    })
}

/// A name as UTF-8 where it is that; else as DOS wrote it in these parts.
fn decoded(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::IBM866.decode_without_bom_handling(name).0.into_owned(),
    }
}

/// Reads a ZIP file.
pub(super) fn read_zip(bytes: &[u8], depth: u32, sink: &mut Sink<'_>) -> (Outcome, Option<Reason>) {
    if depth > DEPTH_MAX {
        return (Outcome::Limit, Some(Reason::Nesting));
    }
    let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return (Outcome::Failed, Some(Reason::Damaged));
    };
    let mut tally = Tally::default();
    for index in 0..zip.len() {
        if sink.is_full() {
            break;
        }
        let mut entry = match zip.by_index_raw(index) {
            Ok(entry) if entry.is_dir() => continue,
            Ok(entry) => entry,
            Err(_) => {
                tally.add(Outcome::Failed, Some(Reason::Damaged));
                continue;
            }
        };
        if !sink.admit_member() {
            tally.add(Outcome::Limit, Some(Reason::Members));
            break;
        }
        let name = decoded(entry.name_raw());
        let (packed, is_encrypted) = (entry.compressed_size().min(bytes.len() as u64), entry.encrypted());
        // The raw reader only gave the name.
        let _ = entry.read(&mut []);
        drop(entry);
        let (outcome, reason) = if is_encrypted {
            sink.member(&name, |_| (Outcome::Encrypted, None))
        } else {
            match zip.by_index(index) {
                Ok(entry) => match unpack(entry, packed, sink) {
                    Ok(unpacked) => member(&name, unpacked, depth, sink),
                    Err(fault) => sink.member(&name, |_| fault),
                },
                Err(ZipError::UnsupportedArchive(_)) => sink.member(&name, |_| (Outcome::Unsupported, None)),
                Err(_) => sink.member(&name, |_| (Outcome::Failed, Some(Reason::Damaged))),
            }
        };
        tally.add(outcome, reason);
    }
    tally.sum()
}

/// Unpacks as much as a member may have.
fn unpack(from: impl Read, packed: u64, sink: &mut Sink<'_>) -> Result<Vec<u8>, (Outcome, Option<Reason>)> {
    let allowance = sink.allowance(packed);
    let mut bytes = Vec::new();
    let read = from.take(allowance + 1).read_to_end(&mut bytes);
    sink.note_unpacked(bytes.len() as u64);
    match read {
        Err(_) => Err((Outcome::Failed, Some(Reason::Damaged))),
        Ok(_) if bytes.len() as u64 > allowance => Err((Outcome::Limit, Some(Reason::Unpacked))),
        Ok(_) => Ok(bytes),
    }
}

/// Takes a member of a RAR file up to its allowance; what is beyond it is counted and dropped, because the members
/// behind may need it to have been decoded.
#[derive(Clone, Default)]
struct Bounded(Rc<RefCell<Taken>>);

#[derive(Default)]
struct Taken {
    name: String,
    bytes: Vec<u8>,
    allowance: u64,
    is_over: bool,
    is_open: bool,
    is_damaged: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = self.0.borrow_mut();
        if taken.bytes.len() as u64 + bytes.len() as u64 > taken.allowance {
            taken.is_over = true;
            taken.bytes = Vec::new();
            taken.allowance = 0;
        } else {
            taken.bytes.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a RAR file. Volumes of a split one are not put together.
pub(super) fn read_rar(bytes: Vec<u8>, depth: u32, sink: &mut Sink<'_>) -> (Outcome, Option<Reason>) {
    if depth > DEPTH_MAX {
        return (Outcome::Limit, Some(Reason::Nesting));
    }
    let options = ArchiveReadOptions::new()
        .with_max_header_count(RAR_HEADERS_MAX)
        .with_max_header_bytes(RAR_HEADER_BYTES_MAX)
        .with_rar50_dictionary_size_limit(RAR_DICTIONARY_MAX)
        .with_max_reader_workspace_bytes(RAR_WORKSPACE_MAX)
        .with_max_member_output_bytes(MEMBER_MAX)
        .with_max_total_output_bytes(UNPACKED_MAX);
    let archive = match ArchiveReader::read_owned_with_options(bytes, options) {
        Ok(archive) => archive,
        Err(error) => return judge(&error),
    };
    let tally = RefCell::new(Tally::default());
    let target = Bounded::default();
    let sink = RefCell::new(sink);
    // The member before is whole when the next is asked about.
    let settle = || {
        let mut taken = std::mem::take(&mut *target.0.borrow_mut());
        if !taken.is_open {
            return;
        }
        let mut sink = sink.borrow_mut();
        sink.note_unpacked(taken.bytes.len() as u64);
        let unpacked = std::mem::take(&mut taken.bytes);
        let (outcome, reason) = match (taken.is_over, taken.is_damaged) {
            (true, _) => sink.member(&taken.name, |_| (Outcome::Limit, Some(Reason::Unpacked))),
            (_, true) => sink.member(&taken.name, |_| (Outcome::Failed, Some(Reason::Damaged))),
            _ => member(&taken.name, unpacked, depth, &mut sink),
        };
        tally.borrow_mut().add(outcome, reason);
    };
    let decide = |entry: &rars::ArchiveMember| {
        settle();
        let meta = &entry.meta;
        if meta.is_directory || meta.is_redirection {
            return Ok(ExtractionDecision::Skip);
        }
        let mut sink = sink.borrow_mut();
        if sink.is_full() {
            return Ok(ExtractionDecision::Stop);
        }
        if !sink.admit_member() {
            tally.borrow_mut().add(Outcome::Limit, Some(Reason::Members));
            return Ok(ExtractionDecision::Stop);
        }
        let name = entry.decoded_name(Some(LegacyNameEncoding::Cp866)).map(|name| decoded(&name)).unwrap_or_default();
        let unread = match () {
            () if meta.is_encrypted => Some(Outcome::Encrypted),
            () if meta.is_split_before || meta.is_split_after => Some(Outcome::Unsupported),
            () => None,
        };
        if let Some(outcome) = unread {
            sink.member(&name, |_| (outcome, None));
            tally.borrow_mut().add(outcome, None);
            return Ok(ExtractionDecision::Skip);
        }
        let allowance = sink.allowance(meta.packed_size.max(1));
        *target.0.borrow_mut() = Taken { name, allowance, is_open: true, ..Taken::default() };
        Ok(ExtractionDecision::Extract(Box::new(target.clone())))
    };
    let on_error = |_: &rars::ArchiveMember, _: &rars::Error| {
        target.0.borrow_mut().is_damaged = true;
        Ok(ExtractionErrorAction::Continue)
    };
    let done = archive.extract_with_control_and_errors(options, decide, on_error);
    if let Err(error) = &done {
        target.0.borrow_mut().is_damaged = true;
        let (outcome, reason) = judge(error);
        sink.borrow_mut().note_cut();
        tally.borrow_mut().add(outcome, reason);
    }
    settle();
    tally.into_inner().sum()
}

/// What an error of the RAR reader means.
fn judge(error: &rars::Error) -> (Outcome, Option<Reason>) {
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => (Outcome::Encrypted, None),
        // Decryption is not built in: what asks for it is encrypted.
        ErrorKind::UnsupportedFeature if error.to_string().contains("encrypt") => (Outcome::Encrypted, None),
        ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat => (Outcome::Unsupported, None),
        ErrorKind::ResourceLimit => (Outcome::Limit, Some(Reason::Unpacked)),
        _ => (Outcome::Failed, Some(Reason::Damaged)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::extract::sink::tests::{Got, collect};
    use zip::write::{SimpleFileOptions, ZipWriter};

    pub(in crate::extract) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes) in files {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read(bytes: &[u8]) -> (Outcome, Option<Reason>, Got) {
        let ((outcome, reason), got) = collect(|sink| read_zip(bytes, 0, sink));
        (outcome, reason, got)
    }

    #[test]
    fn documents_inside_are_read_by_content_and_named() {
        let inner = zip(&[("ішкі.rtf", b"{\\rtf1 deep\\par}")]);
        let bytes =
            zip(&[("a/", b""), ("қаулы.doc", b"{\\rtf1 one\\par two}"), ("x.bin", b"\0\x01"), ("b.zip", &inner)]);
        let (outcome, _, got) = read(&bytes);
        assert_eq!(outcome, Outcome::Text);
        let found: Vec<(&str, &str)> =
            got.units.iter().map(|unit| (unit.path.as_deref().unwrap(), unit.text.as_str())).collect();
        assert_eq!(found, [("қаулы.doc", "one"), ("қаулы.doc", "two"), ("b.zip/ішкі.rtf", "deep")]);
        let members: Vec<_> = got.members.iter().map(|member| (&*member.path, member.outcome)).collect();
        assert_eq!(members, [("x.bin", Outcome::Unsupported)]);
        assert!(!got.cut);
    }

    #[test]
    fn a_container_without_text_says_what_its_worst_member_is() {
        let of = |files: &[(&str, &[u8])]| read(&zip(files)).0;
        assert_eq!(of(&[]), Outcome::NoTextLayer);
        assert_eq!(of(&[("a.jpg", b"\xff\xd8\xff\xe0")]), Outcome::NoTextLayer);
        assert_eq!(of(&[("a.jpg", b"\xff\xd8\xff\xe0"), ("b", b"\0")]), Outcome::Unsupported);
        assert_eq!(of(&[("b", b"\0"), ("c.rtf", b"{\\rtf1 x}")]), Outcome::Text);
        assert_eq!(read(b"PK\x03\x04").0, Outcome::Failed);
    }

    #[test]
    fn a_bomb_costs_what_is_allowed() {
        let blanks = vec![b' '; 24 * 1024 * 1024];
        let (outcome, reason, got) = read(&zip(&[("a.txt", &blanks), ("b.txt", b"after")]));
        assert_eq!((outcome, reason, got.texts()), (Outcome::Text, None, vec!["after"]));
        assert_eq!((got.members[0].outcome, got.members[0].reason), (Outcome::Limit, Some(Reason::Unpacked)));
        assert!(got.cut);
        // Within the ratio it is read: blanks are no text.
        let (outcome, _, _) = read(&zip(&[("a.txt", &blanks[..8 * 1024 * 1024])]));
        assert_eq!(outcome, Outcome::NoTextLayer);
        // Many members that are each allowed: their sum is not.
        let some = &blanks[..15 * 1024 * 1024];
        let names: Vec<String> = (0..20).map(|n| format!("{n}.txt")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), some)).collect();
        let (outcome, reason, got) = read(&zip(&files));
        assert_eq!((outcome, reason), (Outcome::Limit, Some(Reason::Unpacked)));
        assert_eq!(got.members.iter().filter(|member| member.outcome == Outcome::Limit).count(), 3);
    }

    #[test]
    fn depth_and_members_are_bounded() {
        let mut bytes = zip(&[("in.txt", b"deepest")]);
        for _ in 0..2 {
            bytes = zip(&[("c.zip", &bytes)]);
        }
        assert_eq!(read(&bytes).2.texts(), ["deepest"]);
        bytes = zip(&[("c.zip", &bytes), ("b.txt", b"beside")]);
        let (outcome, _, got) = read(&bytes);
        assert_eq!((outcome, got.texts()), (Outcome::Text, vec!["beside"]));
        assert_eq!(got.members[0].reason, Some(Reason::Nesting));
        let names: Vec<String> = (0..MEMBERS_MAX + 10).map(|n| n.to_string()).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
        let (outcome, _, got) = read(&zip(&files));
        assert!(outcome == Outcome::Text && got.cut && got.units.len() == MEMBERS_MAX);
    }

    #[test]
    fn names_are_utf_8_or_else_those_of_dos() {
        assert_eq!(decoded("Қаулы".as_bytes()), "Қаулы");
        assert_eq!(decoded(&[0x8f, 0xe0, 0xa8]), "При");
    }

    #[test]
    fn an_encrypted_member_is_named() {
        // General purpose flag bit 0 in both headers, as a writer with a password sets it.
        let mut bytes = zip(&[("secret.rtf", b"{\\rtf1 no}"), ("open.rtf", b"{\\rtf1 yes}")]);
        bytes[6] |= 1;
        let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        bytes[directory + 8] |= 1;
        let (outcome, _, got) = read(&bytes);
        assert_eq!((outcome, got.texts()), (Outcome::Text, vec!["yes"]));
        assert_eq!((&*got.members[0].path, got.members[0].outcome), ("secret.rtf", Outcome::Encrypted));
    }
}
