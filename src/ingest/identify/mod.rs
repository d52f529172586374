//! File formats by content: what a component is, whatever its name says.
//!
//! [`identify`] looks at the first bytes, chooses the reader of the family and lets it look inside. A reader is
//! bounded in memory by its own constants and in work by one [`Budget`]; it never panics, never unpacks to disk, never
//! opens active content and never follows a link.
//!
//! What is found is a list of [`Finding`]s; what becomes of them is decided by the intake rules, not here.
//!
//! Identification is not validation: a file can have its format and still be unreadable for its own program.

mod bytes;
mod jpeg;
mod ole;
mod ole_office;
mod ooxml;
mod pdf;
mod rar;
mod rtf;
mod tail;
mod tiff;
mod xml;
mod zip;
mod zip_directory;

use crate::error::ErrorCode;
use crate::model::format::{Basis, Family, Finding, Identification};
use file_format::FileFormat;
use std::io::{self, Read, Seek, SeekFrom};

/// Name of this identifier, kept with every identification.
pub const IDENTIFIER: &str = "muragat-identify";
/// Its version: changes when any result could.
pub const IDENTIFIER_VERSION: &str = "1";
/// The PRONOM edition that the identifiers were taken from.
pub const PRONOM_EDITION: &str = "V125";

/// Name, version and PRONOM edition, as kept with every identification.
pub fn identifier() -> String {
    format!("{IDENTIFIER}/{IDENTIFIER_VERSION} PRONOM {PRONOM_EDITION}")
}

/// What a signed message is called; PRONOM has no identifier for it.
pub const CMS_NAME: &str = "Cryptographic Message Syntax, SignedData";

/// First bytes by which the reader is chosen. A PDF may begin within the first KiB.
const HEAD_BYTES: usize = 4096;

/// Identifies the format of `source`, which has `size` bytes. `named` is the family that its name promises; it only
/// decides where the content cannot: which office document is inside an encrypted package.
///
/// # Errors
/// Only those that the source itself reports; a damaged file is a finding.
pub fn identify(source: &mut dyn Source, size: u64, named: Option<Family>) -> io::Result<Identification> {
    let mut work = Budget::default();
    let mut head = Vec::with_capacity(HEAD_BYTES);
    source.seek(SeekFrom::Start(0))?;
    source.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    source.seek(SeekFrom::Start(0))?;
    let mut look = match &head[..] {
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => ole::look(source, size, named, &mut work)?,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] | [b'P', b'K', b'0', b'0', ..] => {
            zip::look(source, size, &mut work, 0)?
        }
        [0xff, 0xd8, 0xff, ..] => jpeg::look(source, size, &mut work)?,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => tiff::look(source, size, &mut work)?,
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] | [b'R', b'E', b'~', b'^', ..] => rar::look(source, size, &mut work)?,
        head if trimmed(head).starts_with(b"{\\rtf") => rtf::look(source, size, &mut work)?,
        // Before looking for a PDF: a signed message may well carry one.
        head if der(head).is_some() => return Ok(by_signature(head)),
        head if holds_pdf(head) => pdf::look(source, size, &mut work)?,
        // The last volume of a split ZIP, or a ZIP behind something that is no format of its own.
        _ if zip::ends_here(source, size, &mut work)? => zip::look(source, size, &mut work, 0)?,
        head => return Ok(by_signature(head)),
    };
    if look.findings.len() == FINDINGS_MAX {
        // The list is full: what did not fit is said to be there.
        look.findings[FINDINGS_MAX - 1].detail.push_str(" (and more)");
    }
    let Some(format) = look.format else {
        return Ok(Identification { findings: look.findings, ..plain(Family::Unknown, None, "") });
    };
    Ok(Identification {
        version: format.version.to_owned(),
        basis: format.basis,
        findings: look.findings,
        ..plain(format.family, format.puid, format.name)
    })
}

/// An identification by the first bytes alone.
fn plain(family: Family, puid: Option<&str>, name: &str) -> Identification {
    Identification {
        family,
        puid: puid.map(str::to_owned),
        name: name.to_owned(),
        version: String::new(),
        basis: if family == Family::Unknown { Basis::Nothing } else { Basis::Signature },
        findings: Vec::new(),
    }
}

/// Whether a PDF begins here: its header stands within the first KiB, and not as a word in a text.
fn holds_pdf(head: &[u8]) -> bool {
    let start = &head[..head.len().min(1024)];
    let found = memchr::memmem::find(start, b"%PDF-");
    let speaks_of_it = || is_text(head) && memchr::memmem::find(head, b" obj").is_none();
    found.is_some_and(|at| at == 0 || !speaks_of_it())
}

/// The head without a byte-order mark and white space before its first sign.
fn trimmed(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

/// Formats that no reader looks into: the descriptions that come with a document, and what is known but not admitted.
fn by_signature(head: &[u8]) -> Identification {
    if let Some(found) = der(head) {
        return found;
    }
    let text = trimmed(head);
    let lower: Vec<u8> = text.iter().take(256).map(u8::to_ascii_lowercase).collect();
    if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
        return plain(Family::Other, Some("fmt/96"), "Hypertext Markup Language");
    }
    let known = FileFormat::from_bytes(head);
    match known {
        FileFormat::ArbitraryBinaryData | FileFormat::Empty | FileFormat::PlainText => {}
        FileFormat::ExtensibleMarkupLanguage => {
            return plain(Family::Xml, Some("fmt/101"), "Extensible Markup Language");
        }
        known => return plain(Family::Other, None, known.name()),
    }
    if text.is_empty() || !is_text(head) {
        return plain(Family::Unknown, None, "");
    }
    match text[0] {
        b'{' | b'[' => plain(Family::Json, Some("fmt/817"), "JSON Data Interchange Format"),
        b'<' => plain(Family::Xml, Some("fmt/101"), "Extensible Markup Language"),
        _ if text.starts_with(b"-----BEGIN ") => plain(Family::Text, None, "PEM"),
        _ => plain(Family::Text, Some("x-fmt/111"), "Plain Text File"),
    }
}

/// Structures of certificates and signatures, by their first elements (X.690, RFC 5652 §3, RFC 5280 §4.1).
fn der(head: &[u8]) -> Option<Identification> {
    // PKCS #7 content types: data, signedData, envelopedData and so on.
    const PKCS7: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7];
    let rest = head.strip_prefix(&[0x30])?;
    let (&first, rest) = rest.split_first()?;
    let content = match first {
        0x80 => rest,
        0x81..=0x84 => rest.get(usize::from(first & 0x7f)..)?,
        0..=0x7f => rest,
        _ => return None,
    };
    if let Some([kind, ..]) = content.strip_prefix(PKCS7) {
        let name = if *kind == 2 { CMS_NAME } else { "Cryptographic Message Syntax" };
        return Some(plain(Family::Cms, None, name));
    }
    // A SEQUENCE in a SEQUENCE, or a small INTEGER or ENUMERATED first: certificates, CRLs, OCSP answers, time-stamps.
    matches!(content, [0x30, 0x80..=0x84, ..] | [0x0a | 0x02, 1, _, 0x30 | 0xa0, ..])
        .then(|| plain(Family::Other, None, "ASN.1 structure"))
}

/// UTF-8 without control characters; the last character may be cut off.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}

/// Bytes that can be read at any place.
pub trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// Work that one identification may still do: bytes read from the source and bytes inflated, together.
///
/// One budget for everything inside a file, so that nesting cannot multiply it.
#[derive(Debug)]
pub struct Budget {
    left: u64,
}

/// Bytes that one identification may read and inflate. Own bound: the largest content (60 MiB) is read a few times and
/// its inner streams may grow tenfold; at 300 MB/s it is spent in seconds.
pub const WORK_BYTES_MAX: u64 = 1024 * 1024 * 1024;

impl Default for Budget {
    fn default() -> Self {
        Self { left: WORK_BYTES_MAX }
    }
}

impl Budget {
    /// Takes `bytes` of work; false when it is spent, and then the reader stops with [`ErrorCode::FmtTooComplex`].
    pub fn spend(&mut self, bytes: u64) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                false
            }
        }
    }
}

/// What a reader of one family found.
#[derive(Debug, Default)]
pub struct Look {
    /// The format, when it was recognised.
    pub format: Option<Format>,
    /// What was met on the way.
    pub findings: Vec<Finding>,
}

/// A format that a reader recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Its family.
    pub family: Family,
    /// PRONOM unique identifier.
    pub puid: Option<&'static str>,
    /// Its name in PRONOM.
    pub name: &'static str,
    /// Its version in PRONOM; empty when it has none.
    pub version: &'static str,
    /// What the recognition rests on.
    pub basis: Basis,
}

/// Findings of one look, at most this many: a hostile file has one in every entry.
const FINDINGS_MAX: usize = 16;

impl Look {
    /// Notes a finding; each code and place once.
    pub fn find(&mut self, code: ErrorCode, place: &str, detail: impl Into<String>) {
        let place = crate::model::strict::shown(place);
        let known = self.findings.iter().any(|f| f.code == code && f.place == place);
        if !known && self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { code, place, detail: detail.into() });
        }
    }
}
