//! Where the content of a CMS object lies (RFC 5652), and the text that may be wrapped around one.
//!
//! [`read`] walks over DER and BER, of definite and indefinite length, and notes the places of the pieces of an
//! attached content; [`Pieces::reader`] then reads them as one run of bytes. [`Unwrapped`] takes off base64 and PEM.
//! Neither holds a content in memory.
//!
//! Invariants
//!   - No bytes cause a panic; depth, elements and index are bounded by the constants below.
//!   - What is given lies within the object, and the object ends within the source.
//!
//! It verifies nothing, and reads neither signers nor certificates: it only steps over them.

use crate::error::ErrorCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

/// Elements inside one another that are stepped into. Own bound: OpenSSL stops at 30.
pub const DEPTH_MAX: usize = 32;
/// Elements that are stepped over one by one, pieces of the content among them; the index is 16 bytes a piece. Own
/// bound: the largest content (60 MiB) in pieces of 120 octets; OpenSSL and Bouncy Castle write about 1000 octets.
pub const ELEMENTS_MAX: usize = 1 << 19;
/// First bytes of a source that say whether it is CMS. Own bound: blanks, a PEM line, and 64 characters of base64.
pub const HEAD_BYTES: usize = 256;
/// Longest object identifier of a content type. Own bound; the longest in use has 11 octets.
const OID_BYTES_MAX: u64 = 64;

/// What was found in a CMS object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cms {
    /// The content.
    pub content: Content,
    /// Whether anybody signed: without signers it only carries certificates (RFC 5652 §5.1).
    pub has_signers: bool,
    /// Bytes of the object from the start of the source. What comes behind them is no part of it.
    pub len: u64,
    /// Where the parts of a SignedData lie around its content; none when it is encrypted.
    pub frame: Option<Frame>,
}

/// The parts of a SignedData around its content (RFC 5652 §5.1): places in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// `version` and `digestAlgorithms`.
    pub before: Range<u64>,
    /// `eContentType`, a whole element.
    pub content_type: Range<u64>,
    /// `certificates`, `crls` and `signerInfos`.
    pub behind: Range<u64>,
}

/// The content of a CMS object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// It is inside.
    Attached {
        /// Its type.
        kind: ContentKind,
        /// Where it lies.
        pieces: Pieces,
    },
    /// It lies elsewhere.
    Detached,
    /// It is inside but no OCTET STRING, as PKCS #7 allowed (RFC 5652 §5.2.1).
    NotOctets,
    /// The object is none of SignedData: its content is encrypted.
    Encrypted,
}

/// What an attached content is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    /// A document (id-data, RFC 5652 §4).
    Data,
    /// The object is a time-stamp token (RFC 3161 §2.4.2).
    TimeStamp,
    /// Something else.
    Other,
}

/// Why a CMS object could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CmsError {
    /// It begins as CMS does and goes on as it may not.
    #[error("{what} at byte {at}")]
    Damaged {
        /// What.
        what: &'static str,
        /// Where in the source.
        at: u64,
    },
    /// Elements lie inside one another deeper than [`DEPTH_MAX`].
    #[error("elements nested deeper than {DEPTH_MAX} at byte {at}")]
    Nested {
        /// Where in the source.
        at: u64,
    },
    /// It is in more than [`ELEMENTS_MAX`] pieces.
    #[error("more than {ELEMENTS_MAX} elements at byte {at}")]
    TooMany {
        /// Where in the source.
        at: u64,
    },
    /// The source could not be read: says nothing about the object.
    #[error("cannot read the object")]
    Io(#[source] io::Error),
}

impl CmsError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Damaged { .. } => ErrorCode::FmtDamaged,
            Self::Nested { .. } => ErrorCode::FmtNested,
            Self::TooMany { .. } => ErrorCode::FmtTooComplex,
            Self::Io(_) => ErrorCode::IngReadFailed,
        }
    }
}

/// Takes out again what [`Unwrapped`] or [`ContentReader`] put into an error of its stream.
impl From<io::Error> for CmsError {
    fn from(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(Self::Io)
    }
}

impl From<CmsError> for io::Error {
    fn from(error: CmsError) -> Self {
        match error {
            CmsError::Io(error) => error,
            error => io::Error::new(io::ErrorKind::InvalidData, error),
        }
    }
}

fn damaged<T>(what: &'static str, at: u64) -> Result<T, CmsError> {
    Err(CmsError::Damaged { what, at })
}

/// Reads the CMS object at the start of `source`; none when there is no SignedData and nothing encrypted.
pub fn read(source: &mut (impl Read + Seek)) -> Result<Option<Cms>, CmsError> {
    let len = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let Some(kind) = object_kind(&head) else { return Ok(None) };
    source.rewind()?;
    let mut walk = Walk { source: BufReader::new(source), at: 0, elements: 0 };
    // RFC 5652 §3: ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }.
    let all = Element { tag: SEQUENCE, end: len, is_definite: true };
    let info = walk.enter(&all, SEQUENCE)?;
    walk.step_over(&info, OID)?;
    let explicit = walk.enter(&info, CONTEXT_0)?;
    let (content, has_signers, frame) = match kind {
        ObjectKind::Signed => {
            let (content, has_signers, frame) = walk.signed_data(&explicit)?;
            (content, has_signers, Some(frame))
        }
        ObjectKind::Encrypted => {
            walk.step_over(&explicit, SEQUENCE)?;
            (Content::Encrypted, false, None)
        }
    };
    walk.close(&explicit)?;
    walk.close(&info)?;
    Ok(Some(Cms { content, has_signers, len: walk.at, frame }))
}

const OCTET_STRING: u8 = 0x04;
const OCTET_STRING_PIECES: u8 = 0x24;
const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;

/// 1.2.840.113549.1, the arc of PKCS.
const PKCS: [u8; 7] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01];

enum ObjectKind {
    Signed,
    Encrypted,
}

/// What the first bytes of a source say it is.
fn object_kind(head: &[u8]) -> Option<ObjectKind> {
    let rest = head.strip_prefix(&[SEQUENCE])?;
    let (&first, rest) = rest.split_first()?;
    let length_octets = if first > 0x80 { usize::from(first & 0x7f) } else { 0 };
    let rest = rest.get(length_octets..)?.strip_prefix(&[OID])?;
    let (&oid_len, rest) = rest.split_first()?;
    match rest.get(..usize::from(oid_len))?.strip_prefix(&PKCS)? {
        // RFC 5652 §5.1.
        [7, 2] => Some(ObjectKind::Signed),
        // EnvelopedData and EncryptedData (RFC 5652 §6.1, §8), signedAndEnvelopedData (RFC 2315 §11),
        // AuthEnvelopedData (RFC 5083 §2.1).
        [7, 3 | 4 | 6] | [9, 16, 1, 23] => Some(ObjectKind::Encrypted),
        _ => None,
    }
}

fn content_kind(oid: &[u8]) -> ContentKind {
    match oid.strip_prefix(&PKCS) {
        Some([7, 1]) => ContentKind::Data,
        Some([9, 16, 1, 4]) => ContentKind::TimeStamp,
        _ => ContentKind::Other,
    }
}

/// An element that was stepped into.
#[derive(Clone, Copy)]
struct Element {
    tag: u8,
    /// Where it ends; of indefinite length: where it must have ended.
    end: u64,
    is_definite: bool,
}

/// One pass over the elements of an object (X.690 §8.1).
struct Walk<R> {
    source: BufReader<R>,
    at: u64,
    elements: usize,
}

impl<R: Read + Seek> Walk<R> {
    /// RFC 5652 §5.1: SignedData ::= SEQUENCE { version, digestAlgorithms SET, encapContentInfo,
    /// certificates [0] OPTIONAL, crls [1] OPTIONAL, signerInfos SET }.
    fn signed_data(&mut self, parent: &Element) -> Result<(Content, bool, Frame), CmsError> {
        let signed = self.enter(parent, SEQUENCE)?;
        let start = self.at;
        self.step_over(&signed, INTEGER)?;
        self.step_over(&signed, SET)?;
        let before = start..self.at;
        let (content, content_type) = self.encapsulated(&signed)?;
        let start = self.at;
        for tag in [CONTEXT_0, CONTEXT_1] {
            if self.peek(&signed)? == Some(tag) {
                self.step_over(&signed, tag)?;
            }
        }
        let signers = self.enter(&signed, SET)?;
        let has_signers = self.peek(&signers)?.is_some();
        self.leave(&signers)?;
        let behind = start..self.at;
        self.close(&signed)?;
        Ok((content, has_signers, Frame { before, content_type, behind }))
    }

    /// RFC 5652 §5.2: EncapsulatedContentInfo ::= SEQUENCE { eContentType,
    /// eContent [0] EXPLICIT OCTET STRING OPTIONAL }.
    fn encapsulated(&mut self, parent: &Element) -> Result<(Content, Range<u64>), CmsError> {
        let info = self.enter(parent, SEQUENCE)?;
        let start = self.at;
        let kind = content_kind(&self.oid(&info)?);
        let content_type = start..self.at;
        let content = match self.peek(&info)? {
            None => Content::Detached,
            Some(_) => {
                let explicit = self.enter(&info, CONTEXT_0)?;
                let element = self.next(&explicit)?;
                let content = if let OCTET_STRING | OCTET_STRING_PIECES = element.tag {
                    Content::Attached { kind, pieces: self.pieces(element)? }
                } else {
                    self.leave(&element)?;
                    Content::NotOctets
                };
                self.close(&explicit)?;
                content
            }
        };
        self.close(&info)?;
        Ok((content, content_type))
    }

    /// The places of the bytes of an OCTET STRING, whose pieces may be in pieces again (X.690 §8.7.3).
    fn pieces(&mut self, string: Element) -> Result<Pieces, CmsError> {
        let mut pieces = Pieces { list: Vec::new(), len: 0 };
        let mut open = vec![string];
        while let Some(element) = open.pop() {
            if element.tag == OCTET_STRING {
                let len = element.end - self.at;
                if len > 0 {
                    pieces.list.push(Piece { start: pieces.len, at: self.at });
                    pieces.len += len;
                }
                self.leave(&element)?;
            } else if self.peek(&element)?.is_none() {
                self.close(&element)?;
            } else if open.len() + 1 == DEPTH_MAX {
                return Err(CmsError::Nested { at: self.at });
            } else {
                let piece = self.next(&element)?;
                if !matches!(piece.tag, OCTET_STRING | OCTET_STRING_PIECES) {
                    return damaged("a piece of the content is no OCTET STRING", self.at);
                }
                open.extend([element, piece]);
            }
        }
        Ok(pieces)
    }

    fn oid(&mut self, parent: &Element) -> Result<Vec<u8>, CmsError> {
        let element = self.enter(parent, OID)?;
        let len = element.end - self.at;
        if len > OID_BYTES_MAX {
            return damaged("an object identifier is too long", self.at);
        }
        let mut oid = Vec::new();
        self.source.by_ref().take(len).read_to_end(&mut oid)?;
        self.at = element.end;
        Ok(oid)
    }

    /// Steps into the next element of `parent`, which must have `tag`.
    fn enter(&mut self, parent: &Element, tag: u8) -> Result<Element, CmsError> {
        let at = self.at;
        let element = self.next(parent)?;
        if element.tag != tag {
            return damaged("another element than RFC 5652 has in this place", at);
        }
        Ok(element)
    }

    fn step_over(&mut self, parent: &Element, tag: u8) -> Result<(), CmsError> {
        let element = self.enter(parent, tag)?;
        self.leave(&element)
    }

    /// The tag of the next element of `parent`; none at its end.
    fn peek(&mut self, parent: &Element) -> Result<Option<u8>, CmsError> {
        if self.at == parent.end && parent.is_definite {
            return Ok(None);
        }
        if self.at >= parent.end {
            return damaged("the object ends too early", self.at);
        }
        let tag = self.source.fill_buf()?.first().copied();
        Ok(tag.filter(|tag| parent.is_definite || *tag != 0))
    }

    /// Leaves an element after its last inner one.
    fn close(&mut self, element: &Element) -> Result<(), CmsError> {
        if self.peek(element)?.is_some() {
            return damaged("more elements than RFC 5652 has in this place", self.at);
        }
        // X.690 §8.1.5: end-of-contents octets.
        if !element.is_definite && (self.byte(element.end)?, self.byte(element.end)?) != (0, 0) {
            return damaged("a broken end of an element", self.at);
        }
        Ok(())
    }

    /// Leaves an element, stepping over all that is left of it.
    fn leave(&mut self, element: &Element) -> Result<(), CmsError> {
        if element.is_definite {
            return self.skip(element);
        }
        // Elements of indefinite length inside one another all have the same bound.
        let mut depth = 1;
        while depth > 0 {
            if self.peek(element)?.is_none() {
                self.close(element)?;
                depth -= 1;
                continue;
            }
            let inner = self.next(element)?;
            if inner.is_definite {
                self.skip(&inner)?;
            } else if depth == DEPTH_MAX {
                return Err(CmsError::Nested { at: self.at });
            } else {
                depth += 1;
            }
        }
        Ok(())
    }

    /// Steps over what is left of an element of definite length.
    fn skip(&mut self, element: &Element) -> Result<(), CmsError> {
        let Ok(by) = i64::try_from(element.end - self.at) else { return damaged("an endless element", self.at) };
        self.source.seek_relative(by)?;
        self.at = element.end;
        Ok(())
    }

    /// Reads identifier and length of the next element of `parent` (X.690 §8.1.2, §8.1.3).
    fn next(&mut self, parent: &Element) -> Result<Element, CmsError> {
        let at = self.at;
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(CmsError::TooMany { at });
        }
        let tag = self.byte(parent.end)?;
        if tag == 0 {
            return damaged("an end of an element that has not begun", at);
        }
        // The number of a high tag is of no interest; no element here has one.
        if tag & 0x1f == 0x1f {
            while self.byte(parent.end)? & 0x80 != 0 {}
        }
        let is_constructed = tag & 0x20 != 0;
        let len = match self.byte(parent.end)? {
            0x80 if is_constructed => return Ok(Element { tag, end: parent.end, is_definite: false }),
            0x80 | 0xff => return damaged("a length that X.690 forbids", at),
            short @ ..0x80 => u64::from(short),
            long => {
                let mut len = 0u64;
                for _ in 0..long & 0x7f {
                    // Leading zeros are BER; a length that overflows ends outside of any source.
                    let octet = u64::from(self.byte(parent.end)?);
                    len = if len >> 56 == 0 { (len << 8) | octet } else { u64::MAX };
                }
                len
            }
        };
        match self.at.checked_add(len) {
            Some(end) if end <= parent.end => Ok(Element { tag, end, is_definite: true }),
            _ => damaged("an element that is longer than what it lies in", at),
        }
    }

    fn byte(&mut self, end: u64) -> Result<u8, CmsError> {
        if self.at >= end {
            return damaged("the object ends too early", self.at);
        }
        let mut byte = [0];
        self.source.read_exact(&mut byte)?;
        self.at += 1;
        let [byte] = byte;
        Ok(byte)
    }
}

/// The places of an attached content in its source.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Pieces {
    /// In order; none is empty.
    list: Vec<Piece>,
    len: u64,
}

#[derive(Clone, PartialEq, Eq)]
struct Piece {
    /// Where it begins in the content; the next one begins where it ends.
    start: u64,
    /// Where it begins in the source.
    at: u64,
}

impl Pieces {
    /// Bytes of the content.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A reader of the content; `source` is the one it was found in.
    pub fn reader<R: Read + Seek>(&self, source: R) -> ContentReader<'_, R> {
        ContentReader { pieces: self, source, at: 0, source_at: None }
    }
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pieces({} bytes in {})", self.len, self.list.len())
    }
}

/// The bytes of an attached content, as if they lay in one run.
///
/// A `read` gives at most the rest of one piece; a source that was cut since is [`CmsError::Damaged`].
#[derive(Debug)]
pub struct ContentReader<'a, R> {
    pieces: &'a Pieces,
    source: R,
    at: u64,
    /// Where the source stands, when it is known.
    source_at: Option<u64>,
}

impl<R: Read + Seek> Read for ContentReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.pieces.list.partition_point(|piece| piece.start <= self.at);
        let Some(piece) = next.checked_sub(1).and_then(|this| self.pieces.list.get(this)) else { return Ok(0) };
        let end = self.pieces.list.get(next).map_or(self.pieces.len, |piece| piece.start);
        let left = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
        if left == 0 {
            return Ok(0);
        }
        let source_at = piece.at + (self.at - piece.start);
        if self.source_at.take() != Some(source_at) {
            self.source.seek(SeekFrom::Start(source_at))?;
        }
        let count = self.source.read(&mut buffer[..left])?;
        if count == 0 {
            return Err(CmsError::Damaged { what: "the source ends inside the content", at: source_at }.into());
        }
        self.at += count as u64;
        self.source_at = Some(source_at + count as u64);
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for ContentReader<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.pieces.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the first byte"))?;
        Ok(self.at)
    }
}

/// The text that is wrapped around a CMS object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// Base64 (RFC 4648 §4), in one line or many.
    Base64,
    /// PEM (RFC 7468), with this label.
    Pem(&'static str),
}

/// RFC 7468 §8 and §9, and what older OpenSSL wrote.
const PEM_LABELS: [&str; 3] = ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"];
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
/// Base64 of the longest beginning of an object in use.
const BASE64_HEAD_CHARS: usize = 48;

/// How the object that begins with `head` ([`HEAD_BYTES`] of it are enough) is wrapped; none when it is not, or is no
/// CMS.
pub fn wrapping(head: &[u8]) -> Option<Wrapping> {
    let text = &head[text_start(head)..];
    if text.starts_with(b"-----") {
        let is_label = |label: &&str| text.starts_with(pem_line("BEGIN", label).as_bytes());
        return PEM_LABELS.into_iter().find(is_label).map(Wrapping::Pem);
    }
    let chars: Vec<u8> = text.iter().copied().filter(|b| !is_blank(*b)).take(BASE64_HEAD_CHARS).collect();
    let whole = chars.len() - chars.len() % 4;
    let bytes = STANDARD.decode(chars.get(..whole)?).ok()?;
    object_kind(&bytes).map(|_| Wrapping::Base64)
}

/// Behind the byte order mark and blanks.
fn text_start(head: &[u8]) -> usize {
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    head.len() - text.trim_ascii_start().len()
}

fn pem_line(word: &str, label: &str) -> String {
    format!("-----{word} {label}-----")
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The bytes inside a text, decoded as they are read.
///
/// Strict where the bytes are concerned (RFC 4648 §3): whole groups, padding, no other characters than blanks, nothing
/// behind the end. What is wrong comes as an [`io::Error`] that [`CmsError::from`] takes out again.
pub struct Unwrapped<R> {
    source: R,
    /// The last line of PEM; empty for plain base64.
    footer: String,
    place: InText,
    /// Base64 characters that are not decoded yet.
    chars: Vec<u8>,
    is_padded: bool,
    bytes: Vec<u8>,
    /// How many of `bytes` were given.
    given: usize,
    /// Where the source stands.
    at: u64,
}

#[derive(Debug, Clone, Copy)]
enum InText {
    Body,
    /// After so many characters of the footer.
    Footer(usize),
    Behind,
}

/// Takes off the text around the CMS object in `source`; none when [`wrapping`] sees none.
pub fn unwrapped<R: Read + Seek>(mut source: R) -> io::Result<Option<Unwrapped<R>>> {
    source.rewind()?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let (header, footer) = match wrapping(&head) {
        None => return Ok(None),
        Some(Wrapping::Base64) => (0, String::new()),
        Some(Wrapping::Pem(label)) => (pem_line("BEGIN", label).len(), pem_line("END", label)),
    };
    let at = source.seek(SeekFrom::Start((text_start(&head) + header) as u64))?;
    let (chars, bytes) = (Vec::new(), Vec::new());
    Ok(Some(Unwrapped { source, footer, place: InText::Body, chars, is_padded: false, bytes, given: 0, at }))
}

impl<R: Read> Unwrapped<R> {
    /// Decodes the next piece of the text; false at its end.
    fn decode_more(&mut self) -> Result<bool, CmsError> {
        let mut text = [0; 8192];
        let count = self.source.read(&mut text)?;
        for byte in &text[..count] {
            self.take(*byte)?;
            self.at += 1;
        }
        let whole = self.chars.len() - self.chars.len() % 4;
        self.bytes.clear();
        self.given = 0;
        if STANDARD.decode_vec(&self.chars[..whole], &mut self.bytes).is_err() {
            return damaged("broken base64", self.at);
        }
        self.chars.drain(..whole);
        if count > 0 {
            return Ok(true);
        }
        let is_behind = matches!(self.place, InText::Behind) || self.footer.is_empty();
        if !is_behind || !self.chars.is_empty() {
            return damaged("the text ends too early", self.at);
        }
        Ok(false)
    }

    fn take(&mut self, byte: u8) -> Result<(), CmsError> {
        match self.place {
            InText::Body if is_blank(byte) => {}
            InText::Body if byte == b'-' && !self.footer.is_empty() => self.place = InText::Footer(1),
            InText::Body => {
                // Whether it is of the alphabet is seen when it is decoded.
                if self.is_padded && byte != b'=' {
                    return damaged("more base64 behind its padding", self.at);
                }
                self.is_padded = byte == b'=';
                self.chars.push(byte);
            }
            InText::Footer(matched) => {
                if self.footer.as_bytes().get(matched) != Some(&byte) {
                    return damaged("another end of PEM than its beginning", self.at);
                }
                let is_whole = matched + 1 == self.footer.len();
                self.place = if is_whole { InText::Behind } else { InText::Footer(matched + 1) };
            }
            InText::Behind if is_blank(byte) => {}
            InText::Behind => return damaged("more text behind the end of PEM", self.at),
        }
        Ok(())
    }
}

impl<R: Read> Read for Unwrapped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.bytes.len() {
            if !self.decode_more()? {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.bytes.len() - self.given);
        buffer[..count].copy_from_slice(&self.bytes[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sequence;
    use std::io::Cursor;

    const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 7, 1];
    const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 7, 2];
    const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 9, 16, 1, 4];

    type Form = fn(u8, &[&[u8]]) -> Vec<u8>;

    /// Definite length.
    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let mut out = vec![tag];
        match content.len() {
            n @ 0..=127 => out.push(n as u8),
            n @ 128..=255 => out.extend([0x81, n as u8]),
            n @ 256..=65_535 => out.extend([0x82, (n >> 8) as u8, n as u8]),
            n => out.extend([0x84, (n >> 24) as u8, (n >> 16) as u8, (n >> 8) as u8, n as u8]),
        }
        out.extend(content);
        out
    }

    /// Indefinite length.
    fn open(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat()
    }

    fn algorithms(form: Form) -> Vec<u8> {
        form(SET, &[&tlv(SEQUENCE, &[&tlv(OID, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]])])])
    }

    fn signed(form: Form, content_type: &[u8], content: &[&[u8]], signers: &[&[u8]]) -> Vec<u8> {
        let content: Vec<u8> = content.concat();
        let explicit = if content.is_empty() { Vec::new() } else { form(CONTEXT_0, &[&content]) };
        let encapsulated = form(SEQUENCE, &[&tlv(OID, &[content_type]), &explicit]);
        let certificates = form(CONTEXT_0, &[&form(SEQUENCE, &[&tlv(INTEGER, &[&[5; 200]])])]);
        let crls = form(CONTEXT_1, &[&tlv(SEQUENCE, &[])]);
        let signers = form(SET, signers);
        let version = tlv(INTEGER, &[&[1]]);
        let signed = form(SEQUENCE, &[&version, &algorithms(form), &encapsulated, &certificates, &crls, &signers]);
        form(SEQUENCE, &[&tlv(OID, &[SIGNED]), &form(CONTEXT_0, &[&signed])])
    }

    fn signer() -> Vec<u8> {
        tlv(SEQUENCE, &[&tlv(INTEGER, &[&[1]]), &tlv(OCTET_STRING, &[&[9; 64]])])
    }

    fn octets(bytes: &[u8]) -> Vec<u8> {
        tlv(OCTET_STRING, &[bytes])
    }

    /// A document attached in pieces, as a program writes it that does not know the length.
    fn streamed(pieces: &[&[u8]]) -> Vec<u8> {
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| octets(piece)).collect();
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        signed(open, DATA, &[&open(OCTET_STRING_PIECES, &pieces)], &[&signer()])
    }

    fn read_bytes(bytes: &[u8]) -> Result<Option<Cms>, CmsError> {
        read(&mut Cursor::new(bytes))
    }

    fn attached(bytes: &[u8]) -> (ContentKind, Vec<u8>) {
        let Cms { content: Content::Attached { kind, pieces }, len, .. } = read_bytes(bytes).unwrap().unwrap() else {
            panic!("attached");
        };
        assert_eq!(len, bytes.len() as u64);
        let mut content = Vec::new();
        pieces.reader(Cursor::new(bytes)).read_to_end(&mut content).unwrap();
        assert_eq!(pieces.len(), content.len() as u64);
        assert_eq!(pieces.is_empty(), content.is_empty());
        (kind, content)
    }

    #[test]
    fn attached_content_is_found_in_every_encoding() {
        let text = Sequence::new(1).text(70_000);
        for len in [0, 1, 127, 128, 300, text.len()] {
            let text = &text[..len];
            for form in [tlv as Form, open] {
                let whole = signed(form, DATA, &[&octets(text)], &[&signer()]);
                assert_eq!(attached(&whole), (ContentKind::Data, text.to_vec()), "{len} bytes");
                // Pieces of pieces, some of them empty (X.690 §8.7.3).
                let (a, b) = text.split_at(len / 3);
                let inner = form(OCTET_STRING_PIECES, &[&octets(&[]), &octets(b), &open(OCTET_STRING_PIECES, &[])]);
                let outer = form(OCTET_STRING_PIECES, &[&octets(a), &inner]);
                let pieces = signed(form, DATA, &[&outer], &[&signer()]);
                assert_eq!(attached(&pieces), (ContentKind::Data, text.to_vec()), "{len} bytes in pieces");
            }
            let pieces: Vec<&[u8]> = text.chunks(1000).collect();
            assert_eq!(attached(&streamed(&pieces)).1, text, "{len} bytes");
        }
        let token = signed(tlv, TST_INFO, &[&octets(b"token")], &[&signer()]);
        assert_eq!(attached(&token), (ContentKind::TimeStamp, b"token".to_vec()));
        let other = signed(tlv, &[0x2a, 3], &[&octets(b"other")], &[&signer()]);
        assert_eq!(attached(&other), (ContentKind::Other, b"other".to_vec()));
    }

    #[test]
    fn what_has_no_content_says_why() {
        for form in [tlv as Form, open] {
            let found = |bytes: &[u8]| {
                let cms = read_bytes(bytes).unwrap().unwrap();
                assert_eq!(cms.len, bytes.len() as u64);
                (cms.content, cms.has_signers)
            };
            assert_eq!(found(&signed(form, DATA, &[], &[&signer()])), (Content::Detached, true));
            assert_eq!(found(&signed(form, DATA, &[], &[&signer(), &signer()])), (Content::Detached, true));
            assert_eq!(found(&signed(form, DATA, &[], &[])), (Content::Detached, false));
            let sequence = form(SEQUENCE, &[&octets(b"PKCS #7")]);
            assert_eq!(found(&signed(form, DATA, &[&sequence], &[&signer()])), (Content::NotOctets, true));
            for oid in [&[7, 3][..], &[7, 4], &[7, 6], &[9, 16, 1, 23]] {
                let oid = tlv(OID, &[&PKCS, oid]);
                let inner = form(SEQUENCE, &[&tlv(INTEGER, &[&[0]]), &open(CONTEXT_0, &[&octets(b"sealed")])]);
                let bytes = form(SEQUENCE, &[&oid, &form(CONTEXT_0, &[&inner])]);
                assert_eq!(found(&bytes), (Content::Encrypted, false));
            }
        }
        for oid in [&[7, 1][..], &[7, 5], &[7, 22], &[9, 16, 1, 9], &[9, 16, 1, 2], &[7], &[8, 2]] {
            let inner = octets(b"none of them");
            let bytes = tlv(SEQUENCE, &[&tlv(OID, &[&PKCS, oid]), &tlv(CONTEXT_0, &[&inner])]);
            assert_eq!(read_bytes(&bytes).unwrap(), None, "{oid:?}");
        }
        for bytes in [&b""[..], b"0", b"0\x80", b"%PDF-1.7", b"MIIB", &tlv(SEQUENCE, &[&tlv(INTEGER, &[&[3]])])] {
            assert_eq!(read_bytes(bytes).unwrap(), None, "{bytes:?}");
        }
    }

    #[test]
    fn what_lies_behind_is_no_part_of_it() {
        for form in [tlv as Form, open] {
            let mut bytes = signed(form, DATA, &[&octets(b"text")], &[&signer()]);
            let len = bytes.len() as u64;
            bytes.extend([0, 0, 0x30, 0x80]);
            assert_eq!(read_bytes(&bytes).unwrap().unwrap().len, len);
        }
    }

    fn samples() -> [Vec<u8>; 4] {
        [
            signed(tlv, DATA, &[&octets(&[7; 300])], &[&signer()]),
            signed(open, DATA, &[&octets(b"text")], &[&signer()]),
            streamed(&[b"one", b"two", &[3; 200]]),
            signed(tlv, DATA, &[&tlv(OCTET_STRING_PIECES, &[&octets(b"a"), &octets(b"b")])], &[]),
        ]
    }

    #[test]
    fn a_cut_object_is_damaged_wherever_it_is_cut() {
        for bytes in samples() {
            for len in 0..bytes.len() {
                match read_bytes(&bytes[..len]) {
                    Ok(None) => assert!(len < 24, "{len} bytes say what it is"),
                    Err(e) => assert_eq!(e.code(), ErrorCode::FmtDamaged, "{len} bytes: {e}"),
                    Ok(Some(_)) => panic!("{len} of {} bytes", bytes.len()),
                }
            }
        }
    }

    // Goal: no bytes cause a panic, and what is given can be read. Method: random changes of whole objects.
    #[test]
    fn changed_bytes_are_read_or_refused() {
        for seed in 0..20_000 {
            let mut draw = Sequence::new(seed);
            let mut bytes = samples()[draw.len_to(3)].clone();
            for _ in 0..=draw.len_to(3) {
                let at = draw.len_to(bytes.len() - 1);
                match draw.below(4) {
                    0 => bytes[at] ^= 1 << draw.below(8),
                    1 => bytes[at] = [0, 0x80, 0x84, 0x88, 0xff, 0x24, 0x30, 0x04][draw.len_to(7)],
                    2 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, draw.draw() as u8),
                }
            }
            if let Ok(Some(Cms { content: Content::Attached { pieces, .. }, len, .. })) = read_bytes(&bytes) {
                assert!(len <= bytes.len() as u64, "seed {seed}");
                let mut content = Vec::new();
                pieces.reader(Cursor::new(&bytes)).read_to_end(&mut content).unwrap();
                assert_eq!(content.len() as u64, pieces.len(), "seed {seed}");
            }
        }
    }

    #[test]
    fn limits_are_kept() {
        let code = |bytes: &[u8]| read_bytes(bytes).map_err(|e| e.code());
        let nested = |form: Form, tag: u8, depth: usize| (0..depth).fold(octets(b"x"), |inner, _| form(tag, &[&inner]));
        for form in [tlv as Form, open] {
            let content = |depth| signed(form, DATA, &[&nested(form, OCTET_STRING_PIECES, depth)], &[]);
            assert!(code(&content(DEPTH_MAX - 1)).is_ok());
            assert_eq!(code(&content(DEPTH_MAX)), Err(ErrorCode::FmtNested));
            assert_eq!(code(&content(20_000)), Err(ErrorCode::FmtNested));
        }
        let signers = |depth| signed(open, DATA, &[], &[&nested(open, SEQUENCE, depth)]);
        assert!(code(&signers(DEPTH_MAX - 1)).is_ok());
        assert_eq!(code(&signers(DEPTH_MAX)), Err(ErrorCode::FmtNested));

        let many = |count: usize| {
            let pieces = [0x04, 0x01, 0x55].repeat(count);
            signed(open, DATA, &[&open(OCTET_STRING_PIECES, &[&pieces])], &[])
        };
        assert!(code(&many(ELEMENTS_MAX - 20)).is_ok());
        assert_eq!(code(&many(ELEMENTS_MAX)), Err(ErrorCode::FmtTooComplex));
        let many = signed(open, DATA, &[], &[&[5, 0].repeat(ELEMENTS_MAX)]);
        assert_eq!(code(&many), Err(ErrorCode::FmtTooComplex));

        let long = signed(tlv, &[0x2a; OID_BYTES_MAX as usize + 1], &[], &[]);
        assert_eq!(code(&long), Err(ErrorCode::FmtDamaged));
        assert!(code(&signed(tlv, &[0x2a; OID_BYTES_MAX as usize], &[], &[])).is_ok());
    }

    #[test]
    fn lengths_that_lie_are_damage() {
        let object = |length: &[u8]| {
            let bytes = signed(tlv, DATA, &[&octets(b"text")], &[&signer()]);
            let bytes = [&[SEQUENCE], length, &bytes[3..]].concat();
            read_bytes(&bytes).map_err(|e| e.code())
        };
        let bytes = signed(tlv, DATA, &[&octets(b"text")], &[&signer()]);
        assert_eq!(bytes[1], 0x82, "two octets of length");
        let len = u16::from_be_bytes([bytes[2], bytes[3]]);
        let body = |length: &[u8]| object(&[length, &[]].concat());
        let [high, low] = len.to_be_bytes();
        // `bytes[3..]` still begins with the low octet of the length.
        assert!(body(&[0x82, high]).is_ok(), "as it was");
        assert!(body(&[0x86, 0, 0, 0, 0, high]).is_ok(), "leading zeros");
        assert_eq!(body(&[0x82, high + 1]), Err(ErrorCode::FmtDamaged));
        assert_eq!(body(&[0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Err(ErrorCode::FmtDamaged));
        assert_eq!(body(&[0x8a, 1, 0, 0, 0, 0, 0, 0, 0, high]), Err(ErrorCode::FmtDamaged), "2^64 and more");
        assert!(low > 0);

        // Elements out of place, an unexpected end mark, more than there may be.
        let text = octets(b"text");
        for content in [
            &[&text[..], &text][..],
            &[&[0, 0]],
            &[&open(OCTET_STRING_PIECES, &[&tlv(SEQUENCE, &[])])],
            &[&[OCTET_STRING, 0x80, 0, 0]],
            &[&[OCTET_STRING_PIECES, 0x80, OCTET_STRING, 1, 1, 0, 1]],
            &[&[OCTET_STRING, 0xff]],
        ] {
            let bytes = signed(tlv, DATA, content, &[&signer()]);
            assert_eq!(read_bytes(&bytes).map_err(|e| e.code()), Err(ErrorCode::FmtDamaged), "{content:?}");
        }
    }

    #[test]
    fn places_of_the_content_are_those_of_a_vector() {
        let mut draw = Sequence::new(3);
        let text = draw.noise(5000);
        let mut rest = text.as_slice();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(draw.len_to(300).min(rest.len()));
            pieces.push(piece);
            rest = behind;
        }
        let bytes = streamed(&pieces);
        let Content::Attached { pieces, .. } = read_bytes(&bytes).unwrap().unwrap().content else { panic!("attached") };
        let mut reader = pieces.reader(Cursor::new(&bytes));
        for _ in 0..2000 {
            let at = draw.len_to(text.len() + 5);
            let from = match draw.below(3) {
                0 => SeekFrom::Start(at as u64),
                1 => SeekFrom::End(at as i64 - text.len() as i64),
                _ => SeekFrom::Current(at as i64 - reader.stream_position().unwrap() as i64),
            };
            assert_eq!(reader.seek(from).unwrap(), at as u64);
            let mut buffer = Vec::new();
            let len = draw.len_to(1000);
            (&mut reader).take(len as u64).read_to_end(&mut buffer).unwrap();
            assert!(buffer == text[at.min(text.len())..(at + len).min(text.len())], "{len} bytes at {at}");
        }
        assert!(reader.seek(SeekFrom::Current(-6000)).is_err());

        let mut cut = pieces.reader(Cursor::new(&bytes[..3000]));
        let error = CmsError::from(cut.read_to_end(&mut Vec::new()).unwrap_err());
        assert_eq!(error.code(), ErrorCode::FmtDamaged);
    }

    fn unwrap_text(text: &[u8]) -> Result<Option<Vec<u8>>, CmsError> {
        let Some(mut reader) = unwrapped(Cursor::new(text))? else { return Ok(None) };
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn lines(base64: &str, width: usize, end: &str) -> String {
        let chunks = base64.as_bytes().chunks(width);
        chunks.map(|line| format!("{}{end}", std::str::from_utf8(line).unwrap())).collect()
    }

    #[test]
    fn texts_around_an_object_are_taken_off() {
        for padding in 0..3 {
            // Longer than one reading of the source.
            let bytes = signed(tlv, DATA, &[&octets(&Sequence::new(9).noise(20_000 + padding))], &[&signer()]);
            let base64 = STANDARD.encode(&bytes);
            let body = lines(&base64, 64, "\n");
            for label in PEM_LABELS {
                for text in [
                    format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n"),
                    format!("-----BEGIN {label}-----\r\n{}-----END {label}-----", lines(&base64, 76, "\r\n")),
                    format!("-----BEGIN {label}-----{base64}-----END {label}-----"),
                    format!("\u{feff}\n -----BEGIN {label}-----\n{base64}\n-----END {label}-----\n\n"),
                ] {
                    assert_eq!(wrapping(&text.as_bytes()[..HEAD_BYTES]), Some(Wrapping::Pem(label)));
                    assert!(unwrap_text(text.as_bytes()).unwrap().unwrap() == bytes, "{label}");
                }
            }
            for text in [base64.clone(), body, format!("\u{feff}{base64}\r\n"), format!("\n\n{base64}")] {
                assert_eq!(wrapping(&text.as_bytes()[..HEAD_BYTES]), Some(Wrapping::Base64));
                assert!(unwrap_text(text.as_bytes()).unwrap().unwrap() == bytes);
            }
            // A byte at a time, too.
            let reader = unwrapped(Cursor::new(&base64)).unwrap().unwrap();
            assert!(BufReader::with_capacity(1, reader).bytes().map(Result::unwrap).eq(bytes.iter().copied()));
        }
        for (bytes, name) in samples().iter().zip(0..) {
            let text = STANDARD.encode(bytes);
            assert_eq!(wrapping(text.as_bytes()), Some(Wrapping::Base64), "sample {name}");
        }
    }

    #[test]
    fn other_texts_are_left_alone() {
        let certificate = tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&tlv(INTEGER, &[&[7; 100]])])]);
        let base64 = STANDARD.encode(&certificate);
        for text in [
            String::new(),
            "  \n".into(),
            "MII".into(),
            "MIIB".into(),
            "Мұрағат".into(),
            "-----".into(),
            format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"),
            format!("-----BEGIN CMS----\n{base64}"),
            format!("text\n-----BEGIN CMS-----\n{base64}"),
            base64,
        ] {
            assert_eq!(wrapping(text.as_bytes()), None, "{text}");
            assert_eq!(unwrap_text(text.as_bytes()).unwrap(), None, "{text}");
        }
        for bytes in samples() {
            assert_eq!(wrapping(&bytes), None, "bare objects are no text");
        }
    }

    #[test]
    fn broken_texts_are_refused() {
        let base64 = STANDARD.encode(signed(tlv, DATA, &[&octets(&[1; 102])], &[&signer()]));
        assert!(base64.ends_with("="), "has padding");
        let bare = base64.trim_end_matches('=');
        let pem = |body: &str, end: &str| format!("-----BEGIN CMS-----\n{body}\n{end}");
        const END: &str = "-----END CMS-----";
        assert!(unwrap_text(pem(&base64, END).as_bytes()).is_ok());
        for text in [
            bare.to_owned(),
            format!("{base64}="),
            format!("{base64}===="),
            format!("{base64}{base64}"),
            format!("{bare}!"),
            format!("{}*{}", &base64[..100], &base64[101..]),
            format!("{base64}-----END CMS-----"),
            format!("{}\0", base64),
            pem(&base64, ""),
            pem(&base64, "-----END PKCS7-----"),
            pem(&base64, "-----END CMS----"),
            pem(&base64, "-----END CMS-----x"),
            pem(&base64, "-----END CMS-----\n-----BEGIN CMS-----\n"),
            pem(bare, END),
            pem(&base64[..99], END),
        ] {
            let error = unwrap_text(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::FmtDamaged, "{text}: {error}");
        }
    }

    #[test]
    fn a_source_that_fails_is_no_damage() {
        struct Broken(u64);
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        impl Seek for Broken {
            fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
                Ok(self.0)
            }
        }
        assert_eq!(read(&mut Broken(100)).unwrap_err().code(), ErrorCode::IngReadFailed);
        assert_eq!(
            unwrapped(Broken(100)).map(drop).map_err(|e| CmsError::from(e).code()),
            Err(ErrorCode::IngReadFailed)
        );
        let error = CmsError::from(io::Error::from(CmsError::TooMany { at: 7 }));
        assert_eq!(error.code(), ErrorCode::FmtTooComplex);
    }
}
