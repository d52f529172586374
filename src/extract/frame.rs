//! What the two processes say to each other over the pipes.
//!
//! To the child: `D`, the family as a word behind its length (one byte), the length of the document (8 bytes, least
//! significant first), the document. From the child: frames of a kind (one byte), a length (4 bytes, least significant
//! first) and a payload. First `H`, once: the version of this protocol (one byte) and what the system confines it by.
//! Then for every document any number of `P` (path of the member that units follow for; empty for the document itself),
//! `U` (page, 4 bytes, 0 for none; text), `M` (a member: outcome, NUL, reason, NUL, path), and one `E` (outcome, NUL,
//! reason, NUL, `0` or `1` for cut, NUL, extractor).
//!
//! Invariants
//!   - No length that comes from the other side is taken before it is compared with a bound.
//!   - The child is not trusted: what it says is checked like a file of a stranger.
//!
//! Both sides are the same build, so the protocol has no older versions. Nothing of it reaches disk.

use super::sink::{PATH_BYTES_MAX, Piece};
use crate::model::extracted::{Member, Outcome, Reason, UNIT_BYTES_MAX, Unit};
use crate::model::format::Family;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Version of the protocol.
const VERSION: u8 = 1;
/// Bytes of a payload: a unit with its page, and room for the path of a member.
const PAYLOAD_MAX: usize = UNIT_BYTES_MAX + PATH_BYTES_MAX;

const DOCUMENT: u8 = b'D';
const HELLO: u8 = b'H';
const PATH: u8 = b'P';
const UNIT: u8 = b'U';
const MEMBER: u8 = b'M';
const END: u8 = b'E';

/// What the child says of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Units that follow are of this member.
    Path(Option<Arc<str>>),
    /// A unit; its path is the one said before.
    Unit(Unit),
    /// A member that gave no text, or not all.
    Member(Member),
    /// The document is done.
    End { outcome: Outcome, reason: Option<Reason>, cut: bool, extractor: String },
}

/// Announces a document of `len` bytes, which follow.
pub(super) fn write_request(to: &mut impl Write, family: Family, len: u64) -> io::Result<()> {
    let word = family.as_str();
    let mut head = vec![DOCUMENT, u8::try_from(word.len()).map_err(io::Error::other)?];
    head.extend_from_slice(word.as_bytes());
    head.extend_from_slice(&len.to_le_bytes());
    to.write_all(&head)
}

/// Reads what announces a document; none at the end.
pub(super) fn read_request(from: &mut impl Read) -> io::Result<Option<(Family, u64)>> {
    let mut head = [0; 1];
    if from.read(&mut head)? == 0 {
        return Ok(None);
    }
    let mut len = [0; 1];
    from.read_exact(&mut len)?;
    let mut word = vec![0; usize::from(len[0])];
    from.read_exact(&mut word)?;
    let mut size = [0; 8];
    from.read_exact(&mut size)?;
    let family = std::str::from_utf8(&word).ok().and_then(Family::parse);
    match (head, family) {
        ([DOCUMENT], Some(family)) => Ok(Some((family, u64::from_le_bytes(size)))),
        _ => Err(invalid("no request")),
    }
}

/// Says hello.
pub(super) fn write_hello(to: &mut impl Write, level: &str) -> io::Result<()> {
    write(to, HELLO, &[&[VERSION], level.as_bytes()])
}

/// Reads what confines the child.
pub(super) fn read_hello(from: &mut impl Read) -> io::Result<String> {
    let mut payload = Vec::new();
    match (read(from, &mut payload)?, payload.split_first()) {
        (HELLO, Some((&VERSION, level))) => Ok(text(level)?.to_owned()),
        _ => Err(invalid("no hello of this version")),
    }
}

/// Passes on a piece.
pub(super) fn write_piece(to: &mut impl Write, piece: Piece<'_>) -> io::Result<()> {
    match piece {
        Piece::Path(path) => write(to, PATH, &[path.as_bytes()]),
        Piece::Unit(page, text) => write(to, UNIT, &[&page.unwrap_or(0).to_le_bytes(), text.as_bytes()]),
        Piece::Member(path, outcome, reason) => {
            let reason = reason.map_or("", Reason::as_str).as_bytes();
            write(to, MEMBER, &[outcome.as_str().as_bytes(), b"\0", reason, b"\0", path.as_bytes()])
        }
        Piece::Flush => to.flush(),
    }
}

/// Says that a document is done.
pub(super) fn write_end(
    to: &mut impl Write,
    outcome: Outcome,
    reason: Option<Reason>,
    cut: bool,
    extractor: &str,
) -> io::Result<()> {
    let (reason, cut) = (reason.map_or("", Reason::as_str), if cut { "1" } else { "0" });
    let payload = [outcome.as_str(), reason, cut, extractor].join("\0");
    write(to, END, &[payload.as_bytes()])?;
    to.flush()
}

/// Reads an answer; `path` is that of the units.
pub(super) fn read_answer(from: &mut impl Read, payload: &mut Vec<u8>, path: Option<&Arc<str>>) -> io::Result<Answer> {
    match read(from, payload)? {
        PATH => {
            let path = text(payload)?;
            if path.len() > PATH_BYTES_MAX {
                return Err(invalid("path too long"));
            }
            Ok(Answer::Path((!path.is_empty()).then(|| path.into())))
        }
        UNIT => {
            let (page, said) = payload.split_first_chunk::<4>().ok_or_else(|| invalid("unit too short"))?;
            let (page, said) = (u32::from_le_bytes(*page), text(said)?);
            if said.is_empty() || said.len() > UNIT_BYTES_MAX || said.chars().any(char::is_control) {
                return Err(invalid("no unit"));
            }
            Ok(Answer::Unit(Unit { path: path.cloned(), page: (page > 0).then_some(page), text: said.to_owned() }))
        }
        MEMBER => {
            let mut parts = text(payload)?.splitn(3, '\0');
            let (outcome, reason) = judgement(&mut parts)?;
            let path = parts.next().filter(|path| path.len() <= PATH_BYTES_MAX).ok_or_else(|| invalid("no member"))?;
            Ok(Answer::Member(Member { path: path.into(), outcome, reason }))
        }
        END => {
            let mut parts = text(payload)?.splitn(4, '\0');
            let (outcome, reason) = judgement(&mut parts)?;
            let cut = match parts.next() {
                Some("0") => false,
                Some("1") => true,
                _ => return Err(invalid("no end")),
            };
            let is_name = |name: &&str| name.len() <= 64 && !name.chars().any(char::is_control);
            let extractor = parts.next().filter(is_name).ok_or_else(|| invalid("no extractor"))?.to_owned();
            Ok(Answer::End { outcome, reason, cut, extractor })
        }
        _ => Err(invalid("no answer")),
    }
}

fn judgement<'a>(parts: &mut impl Iterator<Item = &'a str>) -> io::Result<(Outcome, Option<Reason>)> {
    let outcome = parts.next().and_then(Outcome::parse).ok_or_else(|| invalid("no outcome"))?;
    let reason = match parts.next() {
        Some("") => None,
        Some(word) => Some(Reason::parse(word).ok_or_else(|| invalid("no reason"))?),
        None => return Err(invalid("no reason")),
    };
    Ok((outcome, reason))
}

fn write(to: &mut impl Write, kind: u8, parts: &[&[u8]]) -> io::Result<()> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    assert!(len <= PAYLOAD_MAX, "payloads are bounded before they are said");
    to.write_all(&[kind])?;
    to.write_all(&u32::try_from(len).map_err(io::Error::other)?.to_le_bytes())?;
    parts.iter().try_for_each(|part| to.write_all(part))
}

fn read(from: &mut impl Read, payload: &mut Vec<u8>) -> io::Result<u8> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let [kind, len @ ..] = head;
    let len = usize::try_from(u32::from_le_bytes(len)).map_err(io::Error::other)?;
    if len > PAYLOAD_MAX {
        return Err(invalid("payload too long"));
    }
    payload.clear();
    payload.resize(len, 0);
    from.read_exact(payload)?;
    Ok(kind)
}

fn text(payload: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(payload).map_err(|_| invalid("no UTF-8"))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut bytes = Vec::new();
        write_request(&mut bytes, Family::Docx, 7).unwrap();
        let mut from = bytes.as_slice();
        assert_eq!(read_request(&mut from).unwrap(), Some((Family::Docx, 7)));
        assert_eq!(read_request(&mut from).unwrap(), None);
        for cut in 1..bytes.len() {
            assert!(read_request(&mut &bytes[..cut]).is_err(), "{cut}");
        }
        let mut bytes = Vec::new();
        write_hello(&mut bytes, "level").unwrap();
        assert_eq!(read_hello(&mut bytes.as_slice()).unwrap(), "level");
        bytes[5] += 1;
        assert!(read_hello(&mut bytes.as_slice()).is_err(), "another version");

        let mut bytes = Vec::new();
        let longest = "ә".repeat(UNIT_BYTES_MAX / 2);
        write_piece(&mut bytes, Piece::Unit(None, "жоқ")).unwrap();
        write_piece(&mut bytes, Piece::Path("a/б")).unwrap();
        write_piece(&mut bytes, Piece::Unit(Some(3), &longest)).unwrap();
        write_piece(&mut bytes, Piece::Member("a/б", Outcome::Limit, Some(Reason::Time))).unwrap();
        write_piece(&mut bytes, Piece::Path("")).unwrap();
        write_end(&mut bytes, Outcome::Text, None, true, "x/1").unwrap();
        let (mut from, mut payload) = (bytes.as_slice(), Vec::new());
        let path: Arc<str> = "a/б".into();
        let mut next = |path| read_answer(&mut from, &mut payload, path).unwrap();
        assert_eq!(next(None), Answer::Unit(Unit { path: None, page: None, text: "жоқ".into() }));
        assert_eq!(next(None), Answer::Path(Some(path.clone())));
        let unit = Unit { path: Some(path.clone()), page: Some(3), text: longest };
        assert_eq!(next(Some(&path)), Answer::Unit(unit));
        let member = Member { path: path.clone(), outcome: Outcome::Limit, reason: Some(Reason::Time) };
        assert_eq!(next(None), Answer::Member(member));
        assert_eq!(next(None), Answer::Path(None));
        let end = Answer::End { outcome: Outcome::Text, reason: None, cut: true, extractor: "x/1".into() };
        assert_eq!(next(None), end);
    }

    #[test]
    fn what_a_child_must_not_say_is_refused() {
        let frame = |kind: u8, payload: &[u8]| {
            let mut bytes = vec![kind];
            bytes.extend(u32::try_from(payload.len()).unwrap().to_le_bytes());
            bytes.extend(payload);
            bytes
        };
        let is_refused = |bytes: &[u8]| read_answer(&mut &*bytes, &mut Vec::new(), None).is_err();
        assert!(!is_refused(&frame(UNIT, b"\x01\0\0\0text")));
        assert!(is_refused(&frame(UNIT, b"\x01\0\0\0te\nxt")));
        assert!(is_refused(&frame(UNIT, b"\x01\0\0\0")));
        assert!(is_refused(&frame(UNIT, b"\x01\0\0")));
        assert!(is_refused(&frame(UNIT, b"\x01\0\0\0\xff")));
        assert!(is_refused(&frame(UNIT, &[b'a'; UNIT_BYTES_MAX + 5])));
        assert!(is_refused(&frame(PATH, &[b'a'; PATH_BYTES_MAX + 1])));
        assert!(!is_refused(&frame(END, b"failed\0damaged\x000\0x/1")));
        assert!(is_refused(&frame(END, b"failed\0other\x000\0x/1")));
        assert!(is_refused(&frame(END, b"other\0\x000\0x/1")));
        assert!(is_refused(&frame(END, b"text\0\x002\0x/1")));
        assert!(is_refused(&frame(END, b"text\0\x000")));
        assert!(is_refused(&frame(MEMBER, b"text")));
        assert!(is_refused(&frame(b'?', b"")));
        // A length that is not followed by as much, and one beyond the bound that must not be reserved.
        assert!(is_refused(b"U\x08\0\0\0abc"));
        assert!(is_refused(b"U\xff\xff\xff\xff"));
    }
}
