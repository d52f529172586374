//! Tagged Image File Format: TIFF 6.0 and BigTIFF.
//!
//! Walks the chain of directories and the directories below them (`SubIFDs`), and checks that the picture data they
//! name lie inside the file. Nothing is decoded.
//!
//! Profiles of TIFF are told by their tags, wherever the directories lie; PRONOM looks for the same tags only near the
//! beginning and the end.

use super::bytes::{Bytes, Stop};
use super::{Budget, Format, Look, Source, tail};
use crate::error::ErrorCode;
use crate::model::format::{Basis, Family};
use std::collections::HashSet;

/// Pixels of one image. Own bound: A0 at 600 dpi, the largest drawing an office scans, has 558 million.
pub(super) const PIXELS_MAX: u64 = 1_000_000_000;
/// Directories of a file. Own bound: a page is one directory, and a thousand pages are a thick file.
const DIRECTORIES_MAX: usize = 10_000;
/// Entries of all directories together: directories may overlap, so the size of the file is no bound. Own bound: ten
/// thousand pages of 50 entries.
const ENTRIES_MAX: u64 = 500_000;
/// Strips and tiles of all images together. Own bound: the largest image in tiles of 64 × 64 has 245,000.
const STRIPS_MAX: u64 = 1_000_000;
/// Strips whose places are read at once.
const STRIPS_AT_ONCE: u64 = 256;
/// Directories below one directory. Own bound: pyramids and camera files have fewer than 20.
const SUB_DIRECTORIES_MAX: u64 = 1000;

// Tags of TIFF 6.0 unless another source is named.
const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
const PHOTOMETRIC: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const SAMPLES_PER_PIXEL: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_BYTE_COUNTS: u16 = 279;
const PLANAR: u16 = 284;
const TILE_WIDTH: u16 = 322;
const TILE_LENGTH: u16 = 323;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;
/// TIFF technical note 1.
const SUB_DIRECTORIES: u16 = 330;
/// The whole picture as one JPEG stream, outside of strips (TIFF 6.0 §22).
const JPEG_STREAM: u16 = 513;
/// GeoTIFF 1.0 §2.4.
const GEO_KEYS: u16 = 34_735;
/// Exif 2.3 §4.6.3 and §4.6.5.
const EXIF_DIRECTORY: u16 = 34_665;
const EXIF_VERSION: u16 = 36_864;
/// ISO 12234-2, TIFF/EP.
const EP_STANDARD_ID: u16 = 37_398;
/// DNG 1.4, chapter 4.
const DNG_VERSION: u16 = 50_706;

/// Looks into a file that begins with `II` or `MM` and 42 or 43.
pub(super) fn look(source: &mut dyn Source, size: u64, work: &mut Budget) -> std::io::Result<Look> {
    let mut look = Look::default();
    let mut bytes = Bytes::new(source, size, work);
    let header = match Header::read(&mut bytes) {
        Ok(Some(header)) => header,
        Ok(None) => return Ok(look),
        Err(stop) => {
            stop.note(&mut look, "the header")?;
            return Ok(look);
        }
    };
    let mut walk =
        Walk { bytes, big: header.big, little: header.little, profile: Profile::default(), entries: 0, strips: 0 };
    let ended = walk.run(header.first, &mut look);
    look.format = Some(walk.format());
    if let Err(stop) = ended {
        stop.note(&mut look, "a directory")?;
    }
    Ok(look)
}

struct Header {
    big: bool,
    little: bool,
    /// Offset of the first directory; none when the header of BigTIFF is not the known one.
    first: Option<u64>,
}

impl Header {
    fn read(bytes: &mut Bytes<'_>) -> Result<Option<Self>, Stop> {
        let (little, big) = match &bytes.up_to(4)?[..] {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return Ok(None),
        };
        let first = if big {
            let sizes = bytes.array::<4>()?;
            let first = long8(bytes.array()?, little);
            // Size of an offset, and zero (BigTIFF design).
            let known = if little { [8, 0, 0, 0] } else { [0, 8, 0, 0] };
            (sizes == known).then_some(first)
        } else {
            Some(long(bytes.array()?, little).into())
        };
        Ok(Some(Self { big, little, first }))
    }
}

/// A field of a directory whose value matters here.
#[derive(Debug, Clone, Copy)]
struct Field {
    kind: u16,
    count: u64,
    /// Where its values stand.
    at: u64,
}

impl Field {
    /// Bytes of one value; none for kinds that are no unsigned whole number.
    fn value_bytes(&self) -> Option<u64> {
        match self.kind {
            3 => Some(2),
            4 | 13 => Some(4),
            16 | 18 => Some(8),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
struct Directory {
    fields: Vec<(u16, Field)>,
    /// Offset of the next one; zero at the end of the chain.
    next: u64,
}

impl Directory {
    fn field(&self, tag: u16) -> Option<Field> {
        self.fields.iter().find(|(t, _)| *t == tag).map(|(_, field)| *field)
    }
}

/// Tags that make a TIFF something more.
#[derive(Debug, Default)]
struct Profile {
    dng: Option<[u8; 4]>,
    is_ep: bool,
    is_geo: bool,
    exif: Option<[u8; 4]>,
}

struct Walk<'a> {
    bytes: Bytes<'a>,
    big: bool,
    little: bool,
    profile: Profile,
    entries: u64,
    strips: u64,
}

impl Walk<'_> {
    fn run(&mut self, first: Option<u64>, look: &mut Look) -> Result<(), Stop> {
        let Some(first) = first else {
            look.find(ErrorCode::FmtDamaged, "", "the header of BigTIFF has unknown values");
            return Ok(());
        };
        if first == 0 {
            look.find(ErrorCode::FmtDamaged, "", "there is no directory");
            return Ok(());
        }
        let mut met = HashSet::new();
        // Offset, and whether it is a directory of the chain.
        let mut ahead = vec![(first, true)];
        while let Some((offset, in_chain)) = ahead.pop() {
            if !met.insert(offset) {
                look.find(ErrorCode::FmtLoop, "", format!("the directory at {offset} is met again"));
                continue;
            }
            if met.len().saturating_add(ahead.len()) > DIRECTORIES_MAX {
                look.find(ErrorCode::FmtTooComplex, "", format!("more than {DIRECTORIES_MAX} directories"));
                return Ok(());
            }
            let Some(directory) = self.directory(offset, look)? else { return Ok(()) };
            self.image(&directory, in_chain, look)?;
            self.profile(&directory)?;
            if in_chain && directory.next != 0 {
                ahead.push((directory.next, true));
            }
            if let Some(field) = directory.field(SUB_DIRECTORIES) {
                if field.count > SUB_DIRECTORIES_MAX {
                    look.find(ErrorCode::FmtTooComplex, "", "too many directories below one");
                    return Ok(());
                }
                let below = self.values(field, 0, field.count)?;
                ahead.extend(below.into_iter().filter(|offset| *offset != 0).map(|offset| (offset, false)));
            }
        }
        tail::hidden(&mut self.bytes, look)
    }

    /// Reads a directory, keeping the fields that matter. None when it is too large.
    fn directory(&mut self, offset: u64, look: &mut Look) -> Result<Option<Directory>, Stop> {
        self.bytes.seek(offset)?;
        let count = if self.big { self.long8()? } else { self.short()?.into() };
        self.entries = self.entries.saturating_add(count);
        if self.entries > ENTRIES_MAX {
            look.find(ErrorCode::FmtTooComplex, "", format!("more than {ENTRIES_MAX} entries"));
            return Ok(None);
        }
        let mut directory = Directory::default();
        for _ in 0..count {
            let tag = self.short()?;
            let kind = self.short()?;
            let count = self.word()?;
            let inline = self.bytes.position();
            let offset = self.word()?;
            let known = [
                IMAGE_WIDTH,
                IMAGE_LENGTH,
                PHOTOMETRIC,
                STRIP_OFFSETS,
                SAMPLES_PER_PIXEL,
                ROWS_PER_STRIP,
                STRIP_BYTE_COUNTS,
                PLANAR,
                TILE_WIDTH,
                TILE_LENGTH,
                TILE_OFFSETS,
                TILE_BYTE_COUNTS,
                SUB_DIRECTORIES,
                JPEG_STREAM,
                GEO_KEYS,
                EXIF_DIRECTORY,
                EXIF_VERSION,
                EP_STANDARD_ID,
                DNG_VERSION,
            ];
            // The first of repeated tags counts, as in libtiff; the list stays short whatever the directory holds.
            if known.contains(&tag) && directory.field(tag).is_none() {
                let value_bytes = match kind {
                    3 => 2,
                    4 | 13 => 4,
                    16 | 18 => 8,
                    _ => 1,
                };
                let fits = count.checked_mul(value_bytes).is_some_and(|n| n <= if self.big { 8 } else { 4 });
                directory.fields.push((tag, Field { kind, count, at: if fits { inline } else { offset } }));
            }
        }
        directory.next = self.word()?;
        Ok(Some(directory))
    }

    /// Checks the picture of a directory. Directories below others need not have one.
    fn image(&mut self, directory: &Directory, in_chain: bool, look: &mut Look) -> Result<(), Stop> {
        let width = self.first(directory, IMAGE_WIDTH)?;
        let length = self.first(directory, IMAGE_LENGTH)?;
        let (Some(width), Some(length)) = (width, length) else {
            if in_chain {
                look.find(ErrorCode::FmtDamaged, "", "an image has no width or no length");
            }
            return Ok(());
        };
        if width == 0 || length == 0 {
            look.find(ErrorCode::FmtDamaged, "", "an image of no pixels");
            return Ok(());
        }
        if width.checked_mul(length).is_none_or(|pixels| pixels > PIXELS_MAX) {
            look.find(ErrorCode::FmtHugeImage, "", format!("an image of {width} × {length} pixels"));
            // Its strips are as many as it is large; nothing about it is to be trusted.
            return Ok(());
        }
        if directory.field(PHOTOMETRIC).is_none() {
            look.find(ErrorCode::FmtOdd, "", "the meaning of the pixels is not said");
        }
        let places = directory.field(TILE_OFFSETS).map(|field| (field, TILE_BYTE_COUNTS));
        let Some((offsets, counts)) = places.or(directory.field(STRIP_OFFSETS).map(|f| (f, STRIP_BYTE_COUNTS))) else {
            if directory.field(JPEG_STREAM).is_none() {
                look.find(ErrorCode::FmtDamaged, "", "an image has no data");
            }
            return Ok(());
        };
        let expected = match counts {
            TILE_BYTE_COUNTS => self.tiles(directory, width, length)?,
            _ => self.strips(directory, length)?,
        };
        match expected {
            Some(expected) if offsets.count >= expected => {}
            Some(expected) => {
                let found = offsets.count;
                look.find(ErrorCode::FmtDamaged, "", format!("an image has {found} of its {expected} strips or tiles"));
            }
            None => look.find(ErrorCode::FmtDamaged, "", "strips or tiles without a size"),
        }
        self.places(offsets, directory.field(counts), look)
    }

    /// Strips that an image must have (TIFF 6.0 p. 39).
    fn strips(&mut self, directory: &Directory, length: u64) -> Result<Option<u64>, Stop> {
        // The default is one strip.
        let rows = self.first(directory, ROWS_PER_STRIP)?.unwrap_or(u64::MAX);
        if rows == 0 {
            return Ok(None);
        }
        Ok(length.div_ceil(rows).checked_mul(self.planes(directory)?))
    }

    /// Tiles that an image must have (TIFF 6.0 p. 67).
    fn tiles(&mut self, directory: &Directory, width: u64, length: u64) -> Result<Option<u64>, Stop> {
        let across = self.first(directory, TILE_WIDTH)?.unwrap_or(0);
        let down = self.first(directory, TILE_LENGTH)?.unwrap_or(0);
        if across == 0 || down == 0 {
            return Ok(None);
        }
        let tiles = width.div_ceil(across).checked_mul(length.div_ceil(down));
        let planes = self.planes(directory)?;
        Ok(tiles.and_then(|tiles| tiles.checked_mul(planes)))
    }

    fn planes(&mut self, directory: &Directory) -> Result<u64, Stop> {
        Ok(match self.first(directory, PLANAR)? {
            Some(2) => self.first(directory, SAMPLES_PER_PIXEL)?.unwrap_or(1),
            _ => 1,
        })
    }

    /// Checks that all strips or tiles lie inside the file.
    fn places(&mut self, offsets: Field, counts: Option<Field>, look: &mut Look) -> Result<(), Stop> {
        let Some(counts) = counts else {
            // Old writers left them out; readers then take all up to the end.
            look.find(ErrorCode::FmtOdd, "", "the sizes of strips or tiles are not said");
            return Ok(());
        };
        if offsets.value_bytes().is_none() || counts.value_bytes().is_none() {
            look.find(ErrorCode::FmtDamaged, "", "places of strips or tiles of an unknown kind");
            return Ok(());
        }
        if counts.count < offsets.count {
            look.find(ErrorCode::FmtDamaged, "", "fewer sizes than strips or tiles");
        }
        let total = offsets.count.min(counts.count);
        self.strips = self.strips.saturating_add(total);
        if self.strips > STRIPS_MAX {
            look.find(ErrorCode::FmtTooComplex, "", format!("more than {STRIPS_MAX} strips or tiles"));
            return Ok(());
        }
        let mut is_empty = true;
        let mut done = 0;
        while done < total {
            let part = (total - done).min(STRIPS_AT_ONCE);
            let starts = self.values(offsets, done, part)?;
            let sizes = self.values(counts, done, part)?;
            for (start, size) in starts.into_iter().zip(sizes) {
                if size == 0 {
                    // A tile that is not there: empty parts of maps are left out.
                    continue;
                }
                is_empty = false;
                if start.checked_add(size).is_none_or(|end| end > self.bytes.size()) {
                    look.find(ErrorCode::FmtDamaged, "", "a strip or tile reaches beyond the end");
                    return Ok(());
                }
            }
            done += part;
        }
        if is_empty {
            look.find(ErrorCode::FmtDamaged, "", "an image has no data");
        }
        Ok(())
    }

    /// Notes the tags by which profiles are told.
    fn profile(&mut self, directory: &Directory) -> Result<(), Stop> {
        if let Some(field) = directory.field(DNG_VERSION) {
            self.profile.dng = self.four(field)?.or(self.profile.dng);
        }
        if let Some(field) = directory.field(EP_STANDARD_ID) {
            self.profile.is_ep |= self.four(field)?.is_some();
        }
        self.profile.is_geo |= directory.field(GEO_KEYS).is_some_and(|field| field.kind == 3);
        if let Some(offset) = self.first(directory, EXIF_DIRECTORY)? {
            // Damage of what describes the picture does not damage the picture.
            let version = match self.directory(offset, &mut Look::default()) {
                Ok(exif) => exif.and_then(|exif| exif.field(EXIF_VERSION)),
                Err(Stop::End) => None,
                Err(stop) => return Err(stop),
            };
            if let Some(field) = version {
                self.profile.exif = self.four(field)?.or(self.profile.exif);
            }
        }
        Ok(())
    }

    /// Four bytes of a field that has just four.
    fn four(&mut self, field: Field) -> Result<Option<[u8; 4]>, Stop> {
        if !matches!(field.kind, 1 | 7) || field.count != 4 {
            return Ok(None);
        }
        self.bytes.seek(field.at)?;
        self.bytes.array().map(Some)
    }

    /// The first value of a field; none when the field is not there or is no number.
    fn first(&mut self, directory: &Directory, tag: u16) -> Result<Option<u64>, Stop> {
        let field = directory.field(tag).filter(|field| field.count > 0 && field.value_bytes().is_some());
        match field {
            Some(field) => Ok(self.values(field, 0, 1)?.first().copied()),
            None => Ok(None),
        }
    }

    /// `count` values of a field, from the value `from` on. None at all when it is no number.
    fn values(&mut self, field: Field, from: u64, count: u64) -> Result<Vec<u64>, Stop> {
        let Some(value_bytes) = field.value_bytes() else { return Ok(Vec::new()) };
        let at = from.checked_mul(value_bytes).and_then(|n| field.at.checked_add(n)).ok_or(Stop::End)?;
        self.bytes.seek(at)?;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(match value_bytes {
                2 => self.short()?.into(),
                4 => long(self.bytes.array()?, self.little).into(),
                _ => self.long8()?,
            });
        }
        Ok(values)
    }

    fn short(&mut self) -> Result<u16, Stop> {
        let bytes = self.bytes.array()?;
        Ok(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn long8(&mut self) -> Result<u64, Stop> {
        Ok(long8(self.bytes.array()?, self.little))
    }

    /// An offset or a count: 4 bytes, in BigTIFF 8.
    fn word(&mut self) -> Result<u64, Stop> {
        if self.big { self.long8() } else { Ok(long(self.bytes.array()?, self.little).into()) }
    }

    fn format(&self) -> Format {
        let profile = &self.profile;
        let (family, puid, name, version) = if self.big {
            (Family::Tiff, "fmt/1917", "BigTIFF", "")
        } else if let Some((puid, version)) = profile.dng.and_then(dng) {
            // Raw data of a camera need other programs than images do.
            (Family::Other, puid, "Digital Negative Format (DNG)", version)
        } else if profile.is_ep {
            (Family::Tiff, "fmt/154", "Tagged Image File Format for Electronic Photography (TIFF/EP)", "")
        } else if profile.is_geo {
            (Family::Tiff, "fmt/155", "Geographic Tagged Image File Format (GeoTIFF)", "")
        } else if let Some((puid, version)) = profile.exif.and_then(exif) {
            (Family::Tiff, puid, "Exchangeable Image File Format (Uncompressed)", version)
        } else {
            (Family::Tiff, "fmt/353", "Tagged Image File Format", "")
        };
        Format { family, puid: Some(puid), name, version, basis: Basis::Signature }
    }
}

/// PUID and version of a Digital Negative.
fn dng(version: [u8; 4]) -> Option<(&'static str, &'static str)> {
    Some(match version {
        [1, 0, 0, 0] => ("fmt/436", "1.0"),
        [1, 1, 0, 0] => ("fmt/152", "1.1"),
        [1, 2, 0, 0] => ("fmt/437", "1.2"),
        [1, 3, 0, 0] => ("fmt/438", "1.3"),
        [1, 4, 0, 0] => ("fmt/730", "1.4"),
        [1, 5, 0, 0] => ("fmt/1841", "1.5"),
        [1, 6, 0, 0] => ("fmt/1842", "1.6"),
        [1, 7, 0, 0] => ("fmt/1943", "1.7"),
        _ => return None,
    })
}

/// PUID and version of an uncompressed Exif picture; PRONOM knows no later version.
fn exif(version: [u8; 4]) -> Option<(&'static str, &'static str)> {
    Some(match &version {
        b"0200" => ("x-fmt/399", "2.0"),
        b"0210" => ("x-fmt/388", "2.1"),
        b"0220" => ("x-fmt/387", "2.2"),
        _ => return None,
    })
}

fn long(bytes: [u8; 4], little: bool) -> u32 {
    if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
}

fn long8(bytes: [u8; 8], little: bool) -> u64 {
    if little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const SHORT: u16 = 3;
    const LONG: u16 = 4;

    fn looked(content: &[u8]) -> Look {
        look(&mut Cursor::new(content), content.len() as u64, &mut Budget::default()).unwrap()
    }

    fn codes(content: &[u8]) -> Vec<ErrorCode> {
        looked(content).findings.into_iter().map(|f| f.code).collect()
    }

    fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
        [tag.to_le_bytes().as_slice(), &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    }

    fn directory(entries: &[Vec<u8>], next: u32) -> Vec<u8> {
        let count = u16::try_from(entries.len()).unwrap();
        [count.to_le_bytes().as_slice(), &entries.concat(), &next.to_le_bytes()].concat()
    }

    /// A page of 10 × 10 pixels with its data in the header, which is long enough.
    fn page() -> Vec<Vec<u8>> {
        vec![
            entry(IMAGE_WIDTH, SHORT, 1, 10),
            entry(IMAGE_LENGTH, LONG, 1, 10),
            entry(PHOTOMETRIC, SHORT, 1, 0),
            entry(STRIP_OFFSETS, LONG, 1, 8),
            entry(STRIP_BYTE_COUNTS, LONG, 1, 20),
        ]
    }

    fn tiff(directories: &[Vec<u8>]) -> Vec<u8> {
        [b"II*\0\x08\0\0\0".as_slice(), &directories.concat()].concat()
    }

    fn changed(at: usize, entry: Vec<u8>) -> Vec<ErrorCode> {
        let mut page = page();
        page[at] = entry;
        codes(&tiff(&[directory(&page, 0)]))
    }

    fn with(more: Vec<u8>) -> Look {
        looked(&tiff(&[directory(&[page(), vec![more]].concat(), 0)]))
    }

    #[test]
    fn whole_pages_have_no_findings() {
        let look = looked(&tiff(&[directory(&page(), 0)]));
        assert_eq!((look.format.unwrap().puid, look.findings), (Some("fmt/353"), vec![]));
        let next = u32::try_from(tiff(&[directory(&page(), 0)]).len()).unwrap();
        assert_eq!(codes(&tiff(&[directory(&page(), next), directory(&page(), 0)])), []);
        let big_endian = [
            b"MM\0*\0\0\0\x08\0\x05".as_slice(),
            b"\x01\0\0\x03\0\0\0\x01\0\x0a\0\0\x01\x01\0\x03\0\0\0\x01\0\x0a\0\0\x01\x06\0\x03\0\0\0\x01\0\0\0\0",
            b"\x01\x11\0\x04\0\0\0\x01\0\0\0\x08\x01\x17\0\x04\0\0\0\x01\0\0\0\x14\0\0\0\0",
        ];
        assert_eq!(codes(&big_endian.concat()), []);
        assert!(looked(b"II\x2a").format.is_none());
        assert!(looked(b"").format.is_none());
    }

    #[test]
    fn big_tiff_has_long_words() {
        let field = |tag: u16, value: u64| {
            [tag.to_le_bytes().as_slice(), &[4, 0], &1u64.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        let tags = [(256, 10), (257, 10), (262, 0), (273, 8), (279, 20)];
        let fields: Vec<u8> = tags.iter().flat_map(|(tag, value)| field(*tag, *value)).collect();
        let whole =
            [b"II+\0\x08\0\0\0".as_slice(), &16u64.to_le_bytes(), &5u64.to_le_bytes(), &fields, &[0; 8]].concat();
        let look = looked(&whole);
        assert_eq!((look.format.unwrap().puid, look.findings), (Some("fmt/1917"), vec![]));
        let mut other = whole;
        other[4] = 4;
        assert_eq!(codes(&other), [ErrorCode::FmtDamaged]);
    }

    #[test]
    fn profiles_are_told_by_their_tags() {
        let puid = |more| with(more).format.unwrap().puid;
        assert_eq!(puid(entry(GEO_KEYS, SHORT, 4, 8)), Some("fmt/155"));
        assert_eq!(puid(entry(GEO_KEYS, LONG, 4, 8)), Some("fmt/353"));
        assert_eq!(puid(entry(EP_STANDARD_ID, 1, 4, 1 << 24)), Some("fmt/154"));
        assert_eq!(puid(entry(DNG_VERSION, 1, 4, 0x0401)), Some("fmt/730"));
        assert_eq!(with(entry(DNG_VERSION, 1, 4, 0x0401)).format.unwrap().family, Family::Other);
        let exif = directory(&[entry(EXIF_VERSION, 7, 4, u32::from_le_bytes(*b"0220"))], 0);
        let at = u32::try_from(tiff(&[directory(&[page(), page()[..1].to_vec()].concat(), 0)]).len()).unwrap();
        let main = [page(), vec![entry(EXIF_DIRECTORY, LONG, 1, at)]].concat();
        let look = looked(&tiff(&[directory(&main, 0), exif]));
        assert_eq!((look.format.unwrap().puid, look.findings), (Some("x-fmt/387"), vec![]));
        assert_eq!(with(entry(EXIF_DIRECTORY, LONG, 1, 9999)).findings, []);
    }

    #[test]
    fn chains_that_go_in_a_circle_end() {
        assert_eq!(codes(&tiff(&[directory(&page(), 8)])), [ErrorCode::FmtLoop]);
        let look = with(entry(SUB_DIRECTORIES, LONG, 1, 8));
        assert_eq!(look.findings[0].code, ErrorCode::FmtLoop);
        assert_eq!(with(entry(SUB_DIRECTORIES, LONG, 5000, 8)).findings[0].code, ErrorCode::FmtTooComplex);
        // Ten thousand empty directories below each other, each the next of the one before.
        let chain: Vec<u8> = (1..=10_001u32).flat_map(|n| directory(&[], 8 + 6 * n)).collect();
        let codes = codes(&tiff(&[chain]));
        assert_eq!(codes, [ErrorCode::FmtDamaged, ErrorCode::FmtTooComplex]);
    }

    #[test]
    fn entries_are_counted_over_all_directories() {
        let mut long = page();
        long.resize(60_000, entry(0xffff, LONG, 1, 0));
        assert_eq!(codes(&tiff(&[directory(&long, 0)])), []);
        let size = u32::try_from(directory(&long, 0).len()).unwrap();
        let many: Vec<_> = (1..=10).map(|n| directory(&long, if n < 10 { 8 + n * size } else { 0 })).collect();
        assert_eq!(codes(&tiff(&many)), [ErrorCode::FmtTooComplex]);
    }

    #[test]
    fn what_is_missing_is_damage() {
        let whole = tiff(&[directory(&page(), 0)]);
        for cut in 4..whole.len() {
            assert_eq!(codes(&whole[..cut]), [ErrorCode::FmtDamaged], "{cut}");
        }
        assert_eq!(codes(b"II*\0\0\0\0\0"), [ErrorCode::FmtDamaged]);
        for at in [0, 1, 3] {
            let mut page = page();
            page.remove(at);
            assert_eq!(codes(&tiff(&[directory(&page, 0)])), [ErrorCode::FmtDamaged], "{at}");
        }
        for at in [2, 4] {
            let mut page = page();
            page.remove(at);
            assert_eq!(codes(&tiff(&[directory(&page, 0)])), [ErrorCode::FmtOdd], "{at}");
        }
        assert_eq!(codes(&tiff(&[directory(&page(), 9999)])), [ErrorCode::FmtDamaged]);
    }

    #[test]
    fn data_lie_inside_the_file() {
        let size = u32::try_from(tiff(&[directory(&page(), 0)]).len()).unwrap();
        assert_eq!(changed(3, entry(STRIP_OFFSETS, LONG, 1, size - 20)), []);
        assert_eq!(changed(3, entry(STRIP_OFFSETS, LONG, 1, size - 19)), [ErrorCode::FmtDamaged]);
        assert_eq!(changed(4, entry(STRIP_BYTE_COUNTS, LONG, 1, u32::MAX)), [ErrorCode::FmtDamaged]);
        assert_eq!(changed(4, entry(STRIP_BYTE_COUNTS, LONG, 1, 0)), [ErrorCode::FmtDamaged]);
        assert_eq!(changed(3, entry(STRIP_OFFSETS, LONG, 0, 8)), [ErrorCode::FmtDamaged]);
        assert_eq!(changed(3, entry(STRIP_OFFSETS, 12, 1, 8)), [ErrorCode::FmtDamaged]);
        assert_eq!(changed(3, entry(STRIP_OFFSETS, LONG, u32::MAX, 8)), [ErrorCode::FmtDamaged]);
        assert_eq!(with(entry(ROWS_PER_STRIP, SHORT, 1, 10)).findings, []);
        assert_eq!(with(entry(ROWS_PER_STRIP, SHORT, 1, 9)).findings[0].code, ErrorCode::FmtDamaged);
        assert_eq!(with(entry(ROWS_PER_STRIP, SHORT, 1, 0)).findings[0].code, ErrorCode::FmtDamaged);
    }

    #[test]
    fn huge_images_are_seen() {
        assert_eq!(changed(0, entry(IMAGE_WIDTH, LONG, 1, 100_000_000)), []);
        assert_eq!(changed(0, entry(IMAGE_WIDTH, LONG, 1, 100_000_001)), [ErrorCode::FmtHugeImage]);
        assert_eq!(changed(0, entry(IMAGE_WIDTH, LONG, 1, 0)), [ErrorCode::FmtDamaged]);
    }
}
