//! What stands behind the end of a format, or hides in it.
//!
//! Readers of ZIP and PDF look for their marks near the end of a file and do not care what comes first, so one file can
//! be two documents: the one that was approved and the one that another program shows.

use super::Look;
use super::bytes::{Bytes, Stop};
use super::zip_directory::is_at_end;
use crate::error::ErrorCode;
use memchr::memmem;

/// Bytes behind the end that are looked at. Own bound: another format begins soon or is not found by its readers.
const BEHIND_BYTES: usize = 64 * 1024;
/// A PDF header is looked for in the first and its end mark in the last 1,024 bytes (Acrobat's implementation notes
/// 13 and 18 to the PDF reference 1.7, appendix H).
const PDF_MARK_BYTES: usize = 1024;

/// Notes what follows `end`, where the format is complete. Padding with zeros and white space is nothing.
pub(super) fn behind(bytes: &mut Bytes<'_>, end: u64, look: &mut Look) -> Result<(), Stop> {
    bytes.seek(end)?;
    loop {
        let rest = bytes.rest()?;
        if rest.is_empty() {
            return Ok(());
        }
        let padding = rest.iter().take_while(|b| matches!(b, 0 | b' ' | b'\t' | b'\r' | b'\n')).count();
        if padding == 0 {
            break;
        }
        bytes.skip(padding as u64)?;
    }
    let more = bytes.left();
    // The length before `ftyp` begins with three zeros, which look like padding.
    let zeros = (bytes.position() - end).min(3);
    bytes.seek(bytes.position() - zeros)?;
    let head = bytes.up_to(BEHIND_BYTES)?;
    match other_format(usize::try_from(zeros).ok().and_then(|n| head.get(n..)).unwrap_or_default()) {
        Some(name) => look.find(ErrorCode::FmtPolyglot, "", format!("{name} follows the end")),
        // Phones append a short film to a photograph ("motion photo").
        None if has_film(&head) => look.find(ErrorCode::FmtEmbedded, "", "a film follows the end"),
        None => look.find(ErrorCode::FmtOdd, "", format!("{more} bytes follow the end")),
    }
    Ok(())
}

/// Notes a ZIP or PDF that shares all its bytes with the format.
pub(super) fn hidden(bytes: &mut Bytes<'_>, look: &mut Look) -> Result<(), Stop> {
    if is_at_end(bytes)? {
        look.find(ErrorCode::FmtPolyglot, "", "the directory of a ZIP file stands at the end");
    }
    bytes.seek(0)?;
    let first = bytes.up_to(PDF_MARK_BYTES)?;
    if memmem::find(&first, b"%PDF-").is_some() {
        bytes.seek(bytes.size().saturating_sub(PDF_MARK_BYTES as u64))?;
        let last = bytes.up_to(PDF_MARK_BYTES)?;
        if memmem::find(&last, b"%%EOF").is_some() {
            look.find(ErrorCode::FmtPolyglot, "", "a PDF stands around it");
        }
    }
    Ok(())
}

fn other_format(head: &[u8]) -> Option<&'static str> {
    const AT_START: [(&[u8], &str); 7] = [
        (b"Rar!\x1a\x07", "a RAR file"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file"),
        (b"\x7fELF", "a program"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE2 file"),
        (b"\x89PNG\r\n", "a PNG image"),
        (b"GIF8", "a GIF image"),
        (b"MSCF\0\0\0\0", "a cabinet file"),
    ];
    const ANYWHERE: [(&[u8], &str); 6] = [
        (b"pk\x03\x04", "a ZIP file"),
        (b"%pdf-", "a PDF"),
        (b"<?php", "a PHP program"),
        (b"<html", "an HTML page"),
        (b"<!doctype html", "an HTML page"),
        (b"<script", "a script"),
    ];
    if let Some((_, name)) = AT_START.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Some(name);
    }
    if is_windows_program(head) {
        return Some("a program");
    }
    let lower = head.to_ascii_lowercase();
    ANYWHERE.iter().find(|(mark, _)| memmem::find(&lower, mark).is_some()).map(|(_, name)| *name)
}

/// Two letters say little; the new header that they point to says more.
fn is_windows_program(head: &[u8]) -> bool {
    let Some(&[a, b, c, d]) = head.get(60..64) else { return false };
    let Ok(at) = usize::try_from(u32::from_le_bytes([a, b, c, d])) else { return false };
    head.starts_with(b"MZ") && head.get(at..).is_some_and(|new| new.starts_with(b"PE\0\0"))
}

/// The first box of an MP4 or QuickTime film: a small length and `ftyp` (ISO/IEC 14496-12 §4.3).
fn has_film(head: &[u8]) -> bool {
    memmem::find_iter(head, b"ftyp")
        .any(|at| at.checked_sub(4).and_then(|n| head.get(n..n + 3)).is_some_and(|length| length == [0, 0, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::identify::Budget;
    use std::io::Cursor;

    fn codes(content: &[u8], end: u64) -> Vec<ErrorCode> {
        let mut look = Look::default();
        let mut work = Budget::default();
        let mut source = Cursor::new(content);
        let mut bytes = Bytes::new(&mut source, content.len() as u64, &mut work);
        behind(&mut bytes, end, &mut look).unwrap();
        hidden(&mut bytes, &mut look).unwrap();
        look.findings.into_iter().map(|f| f.code).collect()
    }

    fn zip() -> Vec<u8> {
        let mut zip = b"PK\x03\x04body".to_vec();
        zip.extend(b"PK\x01\x02directory");
        zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x0d\0\0\0\x08\0\0\0\0\0");
        zip
    }

    #[test]
    fn padding_is_nothing_and_more_is_odd() {
        assert_eq!(codes(b"end", 3), []);
        assert_eq!(codes(b"end\r\n\0", 3), []);
        assert_eq!(codes(&[vec![b'e'; 3], vec![0; 100_000]].concat(), 3), []);
        assert_eq!(codes(b"end\0more", 3), [ErrorCode::FmtOdd]);
    }

    #[test]
    fn another_format_is_a_polyglot() {
        let zip = zip();
        assert_eq!(codes(&[b"end".as_slice(), &zip].concat(), 3), [ErrorCode::FmtPolyglot]);
        // Inside the format, reachable only from the end.
        assert_eq!(codes(&[b"end".as_slice(), &zip].concat(), 3 + zip.len() as u64), [ErrorCode::FmtPolyglot]);
        let mut off = zip;
        off.push(b'x');
        let size = off.len() as u64;
        assert_eq!(codes(&off, size), [], "the comment does not end with the file");
        for tail in ["%PDF-1.7", "junk <?PHP echo", "<!DOCTYPE html>", "Rar!\x1a\x07"] {
            assert_eq!(codes(format!("end{tail}").as_bytes(), 3), [ErrorCode::FmtPolyglot], "{tail}");
        }
        assert_eq!(codes(b"x%PDF-1.4 and %%EOF", 19), [ErrorCode::FmtPolyglot]);
        assert_eq!(codes(b"x%PDF-1.4 and %%EO", 18), []);
    }

    #[test]
    fn a_film_is_embedded() {
        assert_eq!(codes(b"end\0\0\0\x18ftypmp42", 3), [ErrorCode::FmtEmbedded]);
        assert_eq!(codes(b"endMark\0\0\0\x18ftypmp42", 3), [ErrorCode::FmtEmbedded]);
        assert_eq!(codes(b"endMark ftypmp42", 3), [ErrorCode::FmtOdd]);
    }
}
