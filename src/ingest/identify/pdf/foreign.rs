//! What stands around a PDF in its file: junk, or another format that makes the file something else as well.
//!
//! Junk before the header and after the end is odd and no more, as programs leave some there. A format of its own is
//! not: the file is another one to other programs, which no reader of the PDF sees.

use super::super::Look;
use super::input::len64;
use super::lexer::{Scanner, is_space};
use crate::error::ErrorCode::{FmtOdd, FmtPolyglot};
use memchr::memmem;
use std::io;

/// Where the header may begin (PDF Reference 1.7, appendix H.3, note 13).
pub(super) const HEADER_BYTES: usize = 1024;

/// First bytes of formats that something else than a careless program puts together with a PDF.
const FOREIGN: [(&[u8], &str); 18] = [
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Unix program"),
    (b"\xca\xfe\xba\xbe", "a Java class or macOS program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"#!", "a script"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"Rar!\x1a\x07", "a RAR file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
    (b"\x1f\x8b\x08", "a gzip file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE2 file"),
    (b"{\\rtf", "an RTF document"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\0\x05\x16\0", "an AppleSingle file"),
    (b"\0\x05\x16\x07", "an AppleDouble file"),
];

/// What makes bytes a web page or a script of a web server, in lower case.
const WEB: [&[u8]; 5] = [b"<!doctype html", b"<html", b"<script", b"<?php", b"<svg"];

/// The name of the format that begins with `bytes`.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

/// What stands before the header.
pub(super) fn find_before_header(junk: &[u8], look: &mut Look) {
    if junk.is_empty() {
        return;
    }
    let lower = junk.to_ascii_lowercase();
    let web = WEB.iter().any(|tag| memmem::find(&lower, tag).is_some());
    if let Some(name) = foreign(junk).or(web.then_some("a web page")) {
        look.find(FmtPolyglot, "", format!("{name} begins before the PDF header"));
    }
    look.find(FmtOdd, "", format!("junk before the header: {} bytes", junk.len()));
}

/// A ZIP directory at the end makes the file a ZIP file too (APPNOTE 4.3.16).
pub(super) fn find_zip(tail: &[u8], size: u64, scanner: &mut Scanner<'_, '_>, look: &mut Look) -> io::Result<()> {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let Some(hit) = memmem::rfind(tail, b"PK\x05\x06") else { return Ok(()) };
    let Some(record) = tail.get(hit..hit + 22) else { return Ok(()) };
    let at = size - len64(tail.len()) + len64(hit);
    let comment = number(&record[20..22]);
    let last = memmem::rfind(tail, b"startxref").is_none_or(|start| start < hit);
    // A ZIP file in a stream of the PDF has its end there; one that ends with the PDF has claimed the rest of it.
    if at + 22 + comment != size && !last {
        return Ok(());
    }
    let directory_at = at.saturating_sub(number(&record[12..16]));
    if scanner.input.bytes_at(directory_at, 4)? == b"PK\x01\x02" {
        look.find(FmtPolyglot, "", "the file ends with the directory of a ZIP file");
    }
    Ok(())
}

/// What follows the last `startxref`.
pub(super) fn find_after_end(after: &[u8], look: &mut Look) {
    let Some(mark) = memmem::rfind(after, b"%%EOF") else {
        look.find(FmtOdd, "", "no %%EOF after the last startxref");
        return;
    };
    // From the first mark on: what stands between two of them is junk as well.
    let first = memmem::find(after, b"%%EOF").unwrap_or(mark);
    let rest = after[first + 5..].trim_ascii_start();
    let junk = rest.iter().filter(|byte| !is_space(**byte)).count();
    if let Some(name) = foreign(rest) {
        look.find(FmtPolyglot, "", format!("{name} follows the end of the PDF"));
    } else if junk > 0 || rest.len() > HEADER_BYTES {
        look.find(FmtOdd, "", format!("{} bytes follow the end mark", rest.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::made::{assert_codes, document, stream};
    use crate::error::ErrorCode::{FmtEmbedded, FmtOdd, FmtPolyglot};

    #[test]
    fn junk_before_the_header_is_odd_and_another_format_there_is_worse() {
        let mut bytes = b"junk\n".to_vec();
        bytes.extend(document("", &[]));
        assert_codes(&bytes, &[FmtOdd]);
        for start in [&b"MZ\x90"[..], b"\x7fELF", b"PK\x03\x04", b"\n<!-- --><SCRIPT>alert(1)</script>"] {
            let mut bytes = start.to_vec();
            bytes.extend(document("", &[]));
            assert_codes(&bytes, &[FmtPolyglot, FmtOdd]);
        }
    }

    #[test]
    fn a_zip_directory_at_the_end_is_found() {
        let mut zip = document("", &[]);
        let directory = zip.len();
        zip.extend(b"PK\x01\x02");
        zip.extend([0; 42]);
        zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        zip.extend(u32::try_from(46).unwrap().to_le_bytes());
        zip.extend(u32::try_from(directory).unwrap().to_le_bytes());
        zip.extend([0, 0]);
        assert_codes(&zip, &[FmtPolyglot, FmtOdd]);
    }

    #[test]
    fn an_attached_archive_file_is_no_second_file() {
        let mut zip = b"PK\x01\x02".to_vec();
        zip.extend([0; 42]);
        zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0\0\0\0\0\0\0");
        assert_codes(&document("", &[stream("/Type/EmbeddedFile", &zip)]), &[FmtEmbedded]);
    }
}
