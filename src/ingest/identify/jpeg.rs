//! JPEG (ITU-T T.81 | ISO/IEC 10918-1).
//!
//! Walks the segments up to the end mark, passing over the coded data of the scans. Nothing is decoded.
//!
//! The kind is told by the first segment, as PRONOM tells it (signatures 66–70, 146–151, 697, 973, 974, 1879, 1880).
//! PRONOM also wants the end mark within the last bytes of the file, how many depends on the kind; here a missing end
//! and bytes behind it are findings and change no PUID.

use super::bytes::{Bytes, Stop};
use super::tiff::PIXELS_MAX;
use super::{Budget, Format, Look, Source, tail};
use crate::error::ErrorCode;
use crate::model::format::{Basis, Family};
use memchr::{memchr, memmem};

/// Segments of a picture. Own bound: a profile and extended metadata in parts of 64 KiB are some hundred.
const SEGMENTS_MAX: u32 = 100_000;
/// Bytes of a file that tell its kind, without the rest of an Exif segment.
const HEAD_BYTES: usize = 34;

// Markers (T.81 table B.1).
const SOF0: u8 = 0xc0;
const SOF2: u8 = 0xc2;
const SOF15: u8 = 0xcf;
const DHT: u8 = 0xc4;
const JPG: u8 = 0xc8;
const DAC: u8 = 0xcc;
const RST0: u8 = 0xd0;
const RST7: u8 = 0xd7;
const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DNL: u8 = 0xdc;
const TEM: u8 = 0x01;
const RESERVED_LAST: u8 = 0xbf;

/// Looks into a file that begins with `FF D8 FF`.
pub(super) fn look(source: &mut dyn Source, size: u64, work: &mut Budget) -> std::io::Result<Look> {
    let mut look = Look::default();
    let mut bytes = Bytes::new(source, size, work);
    let ended = format(&mut bytes).and_then(|format| {
        look.format = format;
        if format.is_some() { walk(&mut bytes, &mut look) } else { Ok(()) }
    });
    if let Err(stop) = ended {
        stop.note(&mut look, "a segment")?;
    }
    Ok(look)
}

/// The kind, by the first segment. None when this is no JPEG.
fn format(bytes: &mut Bytes<'_>) -> Result<Option<Format>, Stop> {
    let head = bytes.up_to(HEAD_BYTES)?;
    if !head.starts_with(&[0xff, SOI, 0xff]) {
        return Ok(None);
    }
    let (puid, name, version) = match (head.get(3), head.get(6..)) {
        (Some(0xe0), Some(segment)) => jfif(segment),
        (Some(0xe1), Some(segment)) if segment.starts_with(b"Exif\0\0") => {
            let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
            bytes.seek(12)?;
            exif(&bytes.up_to(length.saturating_sub(8))?)
        }
        (Some(0xe8), Some(segment)) if segment.starts_with(b"SPIFF\0\x01\0") => {
            Some(("fmt/112", "Still Picture Interchange File Format", "1.0"))
        }
        _ => None,
    }
    .unwrap_or(("fmt/41", "Raw JPEG Stream", ""));
    Ok(Some(Format { family: Family::Jpeg, puid: Some(puid), name, version, basis: Basis::Signature }))
}

type Kind = (&'static str, &'static str, &'static str);

/// Version and unit of density (JFIF 1.02, p. 5).
fn jfif(segment: &[u8]) -> Option<Kind> {
    const NAME: &str = "JPEG File Interchange Format";
    match segment.strip_prefix(b"JFIF\0\x01")? {
        [0, 0..=2, ..] => Some(("fmt/42", NAME, "1.00")),
        [1, 0..=2, ..] => Some(("fmt/43", NAME, "1.01")),
        [2, 0..=2, ..] => Some(("fmt/44", NAME, "1.02")),
        _ => None,
    }
}

/// The tag of the version, a field of four bytes (Exif 2.3 §4.6.5).
fn exif(tiff: &[u8]) -> Option<Kind> {
    const NAME: &str = "Exchangeable Image File Format (Compressed)";
    let tag: &[u8] = match tiff.get(..4)? {
        b"MM\0*" => b"\x90\0\0\x07\0\0\0\x04",
        b"II*\0" => b"\0\x90\x07\0\x04\0\0\0",
        _ => return None,
    };
    memmem::find_iter(tiff, tag).find_map(|at| match tiff.get(at + tag.len()..)? {
        [b'0', b'2', b'0', b'0', ..] => Some(("x-fmt/398", NAME, "2.0")),
        [b'0', b'2', b'1', b'0', ..] => Some(("x-fmt/390", NAME, "2.1")),
        [b'0', b'2', b'2', b'0', ..] => Some(("x-fmt/391", NAME, "2.2")),
        [b'0', b'2', b'2', b'1', ..] => Some(("fmt/645", NAME, "2.21")),
        [b'0', b'2', b'3', b'0'..=b'9', ..] => Some(("fmt/1507", NAME, "2.3.x")),
        _ => None,
    })
}

fn walk(bytes: &mut Bytes<'_>, look: &mut Look) -> Result<(), Stop> {
    bytes.seek(2)?;
    let mut width = None;
    let mut needs_length = false;
    let mut has_scan = false;
    for _ in 0..SEGMENTS_MAX {
        let Some(marker) = marker(bytes, look)? else {
            look.find(ErrorCode::FmtDamaged, "", "the file ends without an end mark");
            return Ok(());
        };
        match marker {
            EOI => {
                if width.is_none() || !has_scan {
                    look.find(ErrorCode::FmtDamaged, "", "there is no picture");
                }
                if needs_length {
                    look.find(ErrorCode::FmtOdd, "", "the number of lines is not said");
                }
                let end = bytes.position();
                tail::behind(bytes, end, look)?;
                return tail::hidden(bytes, look);
            }
            TEM | RST0..=RST7 => {}
            SOI | 0x00..=RESERVED_LAST => {
                look.find(ErrorCode::FmtDamaged, "", format!("the mark {marker:02x} stands where it must not"));
                return Ok(());
            }
            DHT | JPG | DAC => segment(bytes, look)?.skip(bytes)?,
            SOF0..=SOF15 => {
                let segment = segment(bytes, look)?;
                let [_, l1, l2, w1, w2, components] = segment.begin(bytes)?;
                if marker > SOF2 {
                    look.find(ErrorCode::FmtOdd, "", "a rare way of coding");
                }
                if width.is_some() {
                    look.find(ErrorCode::FmtDamaged, "", "a second frame");
                }
                let columns = u16::from_be_bytes([w1, w2]);
                let lines = u16::from_be_bytes([l1, l2]);
                if columns == 0 || components == 0 {
                    look.find(ErrorCode::FmtDamaged, "", "a frame without pixels");
                }
                // T.81 §B.2.2: zero lines are said later, after the first scan.
                needs_length |= lines == 0;
                width = Some(columns);
                size(columns, lines, look);
                segment.skip(bytes)?;
            }
            DNL => {
                let segment = segment(bytes, look)?;
                let lines = u16::from_be_bytes(segment.begin(bytes)?);
                needs_length &= lines == 0;
                size(width.unwrap_or(0), lines, look);
                segment.skip(bytes)?;
            }
            SOS => {
                if width.is_none() {
                    look.find(ErrorCode::FmtDamaged, "", "a scan without a frame");
                }
                has_scan = true;
                segment(bytes, look)?.skip(bytes)?;
                pass_scan(bytes)?;
            }
            _ => segment(bytes, look)?.skip(bytes)?,
        }
    }
    look.find(ErrorCode::FmtTooComplex, "", format!("more than {SEGMENTS_MAX} segments"));
    Ok(())
}

fn size(columns: u16, lines: u16, look: &mut Look) {
    if u64::from(columns) * u64::from(lines) > PIXELS_MAX {
        look.find(ErrorCode::FmtHugeImage, "", format!("an image of {columns} × {lines} pixels"));
    }
}

/// The next marker; none at the end. Readers pass over bytes between segments, with a warning.
fn marker(bytes: &mut Bytes<'_>, look: &mut Look) -> Result<Option<u8>, Stop> {
    loop {
        let rest = bytes.rest()?;
        if rest.is_empty() {
            return Ok(None);
        }
        let plain = memchr(0xff, rest).unwrap_or(rest.len());
        bytes.skip(plain as u64)?;
        if plain > 0 {
            look.find(ErrorCode::FmtOdd, "", "bytes between segments");
        }
        // Any number of FF may stand before the code (T.81 §B.1.1.2).
        let mut code = bytes.byte()?;
        while code == Some(0xff) {
            code = bytes.byte()?;
        }
        match code {
            Some(0) => look.find(ErrorCode::FmtOdd, "", "bytes between segments"),
            code => return Ok(code),
        }
    }
}

/// A segment whose length was read.
struct Segment {
    /// Offset after it.
    end: u64,
}

fn segment(bytes: &mut Bytes<'_>, look: &mut Look) -> Result<Segment, Stop> {
    let start = bytes.position();
    let length = u16::from_be_bytes(bytes.array()?);
    if length < 2 {
        look.find(ErrorCode::FmtDamaged, "", "a segment of an impossible length");
    }
    Ok(Segment { end: start + u64::from(length.max(2)) })
}

impl Segment {
    /// Its first bytes after the length.
    fn begin<const N: usize>(&self, bytes: &mut Bytes<'_>) -> Result<[u8; N], Stop> {
        if self.end.saturating_sub(bytes.position()) < N as u64 {
            return Err(Stop::End);
        }
        bytes.array()
    }

    fn skip(&self, bytes: &mut Bytes<'_>) -> Result<(), Stop> {
        bytes.seek(self.end)
    }
}

/// Passes over coded data up to the next marker: in them FF is followed by zero or is a restart (T.81 §F.1.2.3).
fn pass_scan(bytes: &mut Bytes<'_>) -> Result<(), Stop> {
    loop {
        let rest = bytes.rest()?;
        if rest.is_empty() {
            return Ok(());
        }
        let plain = memchr(0xff, rest).unwrap_or(rest.len());
        bytes.skip(plain as u64)?;
        let start = bytes.position();
        if bytes.byte()? != Some(0xff) {
            continue;
        }
        match bytes.peek()? {
            Some(0 | RST0..=RST7) => bytes.skip(1)?,
            // The last of them begins a marker.
            Some(0xff) => {}
            _ => return bytes.seek(start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const JFIF: &[u8] = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
    const FRAME: &[u8] = b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0";
    const SCAN: &[u8] = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0a\xff\0b\xff\xd0c";
    const END: &[u8] = b"\xff\xd9";

    fn jpeg(segments: &[&[u8]]) -> Vec<u8> {
        [b"\xff\xd8", segments.concat().as_slice()].concat()
    }

    fn looked(content: &[u8]) -> Look {
        look(&mut Cursor::new(content), content.len() as u64, &mut Budget::default()).unwrap()
    }

    fn codes(content: &[u8]) -> Vec<ErrorCode> {
        looked(content).findings.into_iter().map(|f| f.code).collect()
    }

    fn puid(first: &[u8]) -> Option<&'static str> {
        looked(&jpeg(&[first, FRAME, SCAN, END])).format.unwrap().puid
    }

    #[test]
    fn kinds_are_told_as_pronom_tells_them() {
        let with = |at: usize, byte: u8| {
            let mut jfif = JFIF.to_vec();
            jfif[at] = byte;
            puid(&jfif)
        };
        assert_eq!(with(10, 0), Some("fmt/42"));
        assert_eq!(with(10, 1), Some("fmt/43"));
        assert_eq!(with(10, 2), Some("fmt/44"));
        assert_eq!(with(10, 3), Some("fmt/41"));
        assert_eq!(with(11, 3), Some("fmt/41"));
        let exif = |version: &[u8]| {
            puid(&[b"\xff\xe1\0\x1eExif\0\0II*\0\x08\0\0\0\x01\0\0\x90\x07\0\x04\0\0\0", version].concat())
        };
        assert_eq!(exif(b"0200"), Some("x-fmt/398"));
        assert_eq!(exif(b"0210"), Some("x-fmt/390"));
        assert_eq!(exif(b"0220"), Some("x-fmt/391"));
        assert_eq!(exif(b"0221"), Some("fmt/645"));
        assert_eq!(exif(b"0231"), Some("fmt/1507"));
        assert_eq!(exif(b"0300"), Some("fmt/41"));
        let big_endian = b"\xff\xe1\0\x1eExif\0\0MM\0*\0\0\0\x08\0\x01\x90\0\0\x07\0\0\0\x040220";
        assert_eq!(puid(big_endian), Some("x-fmt/391"));
        assert_eq!(puid(&[JFIF, big_endian].concat()), Some("fmt/43"));
        assert_eq!(puid(b"\xff\xe8\0\x0aSPIFF\0\x01\0"), Some("fmt/112"));
        assert_eq!(puid(b""), Some("fmt/41"));
        assert!(looked(b"\xff\xd8").format.is_none());
    }

    #[test]
    fn whole_pictures_have_no_findings() {
        assert_eq!(codes(&jpeg(&[JFIF, FRAME, SCAN, END])), []);
        assert_eq!(codes(&jpeg(&[JFIF, b"\xff\xff\xff", FRAME, SCAN, b"\xff", SCAN, b"\xff\xff", END])), []);
        assert_eq!(codes(&jpeg(&[JFIF, FRAME, SCAN, END, b"\0\0"])), []);
    }

    #[test]
    fn what_is_missing_is_damage() {
        let whole = jpeg(&[JFIF, FRAME, SCAN, END]);
        for cut in 3..whole.len() {
            assert_eq!(codes(&whole[..cut]), [ErrorCode::FmtDamaged], "{cut}");
        }
        assert_eq!(codes(&jpeg(&[JFIF, FRAME, END])), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&jpeg(&[JFIF, SCAN, END])), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&jpeg(&[JFIF, FRAME, FRAME, SCAN, END])), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&jpeg(&[JFIF, FRAME, SCAN, b"\xff\x02", END])), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&jpeg(&[JFIF, FRAME, SCAN, b"\xff\xd8", END])), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&jpeg(&[b"\xff\xe0\0\x01", FRAME, SCAN, END])), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&jpeg(&[b"\xff\xc0\0\x02", SCAN, END])), [ErrorCode::FmtDamaged]);
        assert_eq!(codes(&jpeg(&[b"\xff\xfe\xff\xff", FRAME, SCAN, END])), [ErrorCode::FmtDamaged]);
    }

    #[test]
    fn sizes_are_read() {
        let frame = |lines: [u8; 2], columns: [u8; 2]| {
            [b"\xff\xc0\0\x0b\x08", lines.as_slice(), &columns, b"\x01\x01\x11\0"].concat()
        };
        let of = |frame: Vec<u8>, more: &[u8]| codes(&jpeg(&[JFIF, &frame, SCAN, more, END]));
        assert_eq!(of(frame([0xff; 2], [0xff; 2]), b""), [ErrorCode::FmtHugeImage]);
        // 31,622² and 31,623 × 31,623 stand on both sides of 1,000,000,000.
        assert_eq!(of(frame([0x7b, 0x86], [0x7b, 0x86]), b""), []);
        assert_eq!(of(frame([0x7b, 0x87], [0x7b, 0x87]), b""), [ErrorCode::FmtHugeImage]);
        assert_eq!(of(frame([0, 0], [0, 1]), b""), [ErrorCode::FmtOdd]);
        assert_eq!(of(frame([0, 0], [0, 1]), b"\xff\xdc\0\x04\0\x01"), []);
        assert_eq!(of(frame([0, 0], [0xff; 2]), b"\xff\xdc\0\x04\xff\xff"), [ErrorCode::FmtHugeImage]);
        assert_eq!(of(frame([0, 1], [0, 0]), b""), [ErrorCode::FmtDamaged]);
    }

    #[test]
    fn what_follows_the_end_is_told() {
        let with = |tail: &[u8]| codes(&jpeg(&[JFIF, FRAME, SCAN, END, tail]));
        assert_eq!(with(&jpeg(&[JFIF, FRAME, SCAN, END])), [ErrorCode::FmtOdd]);
        assert_eq!(with(b"\0\0\0\x18ftypmp42"), [ErrorCode::FmtEmbedded]);
        assert_eq!(with(b"PK\x03\x04"), [ErrorCode::FmtPolyglot]);
        assert_eq!(with(b"<?php x"), [ErrorCode::FmtPolyglot]);
        assert_eq!(codes(&jpeg(&[JFIF, b"junk", FRAME, SCAN, END])), [ErrorCode::FmtOdd]);
        assert_eq!(codes(&jpeg(&[JFIF, b"\xff\xc9", &FRAME[2..], SCAN, END])), [ErrorCode::FmtOdd]);
        let many = b"\xff\xfe\0\x02".repeat(100_000);
        assert_eq!(codes(&jpeg(&[JFIF, &many, FRAME, SCAN, END])), [ErrorCode::FmtTooComplex]);
    }
}
