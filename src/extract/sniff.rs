//! What a member of a container is, by its content.
//!
//! Less than identification knows ([`ingest::identify`](crate::ingest::identify), a layer above): enough to choose a
//! reader, which finds out by itself whether the choice was right. A component comes with the family that
//! identification found and is not looked at here.
//!
//! It reads bytes in memory and nothing else.

use crate::model::format::Family;
use memchr::memmem;
use std::io::Cursor;

/// First bytes of a compound file (MS-CFB §2.2).
pub(super) const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// What content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// A family.
    Is(Family),
    /// An office package that is encrypted (MS-OFFCRYPTO §2.3).
    Encrypted,
}

/// Looks at content.
pub(super) fn sniff(bytes: &[u8]) -> Seen {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    Seen::Is(match bytes {
        _ if bytes.starts_with(COMPOUND) => return compound(bytes),
        [b'P', b'K', 3 | 5 | 7, ..] => package(bytes),
        [0xff, 0xd8, 0xff, ..] => Family::Jpeg,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Family::Tiff,
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] | [b'R', b'E', b'~', b'^', ..] => Family::Rar,
        _ if start.starts_with(b"{\\rtf") => Family::Rtf,
        _ if memmem::find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some() => Family::Pdf,
        _ if super::plain::text(bytes).is_some() => Family::Text,
        _ => Family::Unknown,
    })
}

/// Whether an entry of a compound file has this name. It is looked for in all bytes: a false one only costs the wrong
/// reader.
pub(super) fn has_entry(bytes: &[u8], name: &str) -> bool {
    let mut wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    wide.extend([0, 0]);
    memmem::find(bytes, &wide).is_some()
}

fn compound(bytes: &[u8]) -> Seen {
    let has = |name| has_entry(bytes, name);
    Seen::Is(match () {
        () if has("EncryptedPackage") => return Seen::Encrypted,
        () if has("WordDocument") => Family::Doc,
        () if has("PowerPoint Document") => Family::Ppt,
        () if has("Workbook") || has("Book") => Family::Xls,
        () => Family::Other,
    })
}

/// An office package (ECMA-376 part 2), else a ZIP file.
fn package(bytes: &[u8]) -> Family {
    let Ok(zip) = zip::ZipArchive::new(Cursor::new(bytes)) else { return Family::Zip };
    if zip.index_for_name("[Content_Types].xml").is_none() {
        return Family::Zip;
    }
    let has = |folder: &str| zip.file_names().flatten().any(|name| name.starts_with(folder));
    match () {
        () if has("word/") => Family::Docx,
        () if has("xl/") => Family::Xlsx,
        () if has("ppt/") => Family::Pptx,
        () => Family::Zip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::packed::tests::zip;

    #[test]
    fn content_decides() {
        let is = |bytes: &[u8], family| assert_eq!(sniff(bytes), Seen::Is(family), "{family}");
        is(b"%PDF-1.4", Family::Pdf);
        is(b"junk \x00 %PDF-1.4", Family::Pdf);
        is(b"{\\rtf1 }", Family::Rtf);
        is(b"\xff\xd8\xff\xe0", Family::Jpeg);
        is(b"II\x2a\0", Family::Tiff);
        is(b"Rar!\x1a\x07\x01\0", Family::Rar);
        is("Қаулы".as_bytes(), Family::Text);
        is(b"\0\x01\x02", Family::Unknown);
        is(b"PK\x03\x04 damaged", Family::Zip);
        is(&zip(&[("a.txt", b"a")]), Family::Zip);
        for (folder, family) in [("word", Family::Docx), ("xl", Family::Xlsx), ("ppt", Family::Pptx)] {
            let main = format!("{folder}/main.xml");
            is(&zip(&[("[Content_Types].xml", b"<Types/>"), (&main, b"<x/>")]), family);
            is(&zip(&[(&main, b"<x/>")]), Family::Zip);
        }
        let compound = |name: &str| {
            let mut bytes = COMPOUND.to_vec();
            bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes).chain([0, 0]));
            bytes
        };
        is(&compound("WordDocument"), Family::Doc);
        is(&compound("Book"), Family::Xls);
        is(&compound("PowerPoint Document"), Family::Ppt);
        is(&compound("WordDocumentX"), Family::Other);
        assert_eq!(sniff(&compound("EncryptedPackage")), Seen::Encrypted);
    }
}
