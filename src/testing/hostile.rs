//! Files that lie: small and harmless to keep, costly to whoever believes what they say of themselves.
//!
//! Written by hand after the format descriptions (APPNOTE 6.3.10, ECMA-376-2, ISO 32000-1, TIFF 6.0, T.81, RTF 1.9.1,
//! the technical note of RAR 5, MS-CFB), because a library refuses to write what is wrong. The same arguments give the
//! same bytes. What a builder makes without being told to lie is sound, so that a test can show that the lie alone is
//! what is refused.

use flate2::write::{DeflateEncoder, ZlibEncoder};
use flate2::{Compression, Crc};
use std::io::{self, Write};

/// Zeros written at a time.
static PIECE: [u8; 64 * 1024] = [0; 64 * 1024];

fn number<T: TryFrom<usize>>(count: usize) -> T {
    T::try_from(count).ok().expect("made-up files are small")
}

/// One entry of a ZIP file; every number in it can be wrong.
#[derive(Debug, Clone)]
pub struct ZipEntry {
    /// Its name as it stands in the file.
    pub name: Vec<u8>,
    /// The system that made it: 0 is Windows, 3 is Unix (4.4.2).
    pub made_by: u8,
    /// General purpose flags (4.4.4).
    pub flags: u16,
    /// Compression method (4.4.5).
    pub method: u16,
    /// Checksum of the contents.
    pub crc: u32,
    /// The data as they stand in the file.
    pub data: Vec<u8>,
    /// Number of bytes of the data, when it shall be another than is true.
    pub claimed_data: Option<u64>,
    /// Number of bytes that the contents have.
    pub size: u64,
    /// External attributes; the upper half is the mode of Unix.
    pub attributes: u32,
    /// Extra field of the directory.
    pub extra: Vec<u8>,
    /// Where the directory says that it begins, when it has no bytes of its own.
    pub place: Option<u32>,
}

impl ZipEntry {
    /// An entry that is stored.
    pub fn stored(name: &str, contents: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(contents);
        Self {
            name: name.into(),
            made_by: 0,
            // 4.4.4, bit 11: the name is UTF-8.
            flags: 1 << 11,
            method: 0,
            crc: crc.sum(),
            data: contents.to_vec(),
            claimed_data: None,
            size: number(contents.len()),
            attributes: 0,
            extra: Vec::new(),
            place: None,
        }
    }

    /// An entry that is deflated.
    pub fn deflated(name: &str, contents: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(contents).expect("memory takes everything");
        let data = encoder.finish().expect("memory takes everything");
        Self { method: 8, data, ..Self::stored(name, contents) }
    }

    /// An entry of so many zeros, deflated, and told truly.
    pub fn zeros(name: &str, count: u64) -> Self {
        let mut crc = Crc::new();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        pieces(count, |piece| {
            crc.update(piece);
            encoder.write_all(piece)
        });
        let data = encoder.finish().expect("memory takes everything");
        Self { method: 8, data, crc: crc.sum(), size: count, ..Self::stored(name, &[]) }
    }

    /// A symbolic link, as `zip --symlinks` stores it.
    pub fn link(name: &str, target: &str) -> Self {
        Self { made_by: 3, attributes: 0o120_777 << 16, ..Self::stored(name, target.as_bytes()) }
    }

    /// The local header and the data, as they stand in a file.
    pub fn local(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        let wide = self.wide();
        self.common(&mut out, wide.len());
        out.extend_from_slice(&self.name);
        out.extend_from_slice(&wide);
        out.extend_from_slice(&self.data);
        out
    }

    fn data_bytes(&self) -> u64 {
        self.claimed_data.unwrap_or(number(self.data.len()))
    }

    /// Zip64: both numbers when one of them needs it (4.5.3).
    fn wide(&self) -> Vec<u8> {
        let numbers = [self.size, self.data_bytes()];
        if numbers.iter().all(|number| *number < u64::from(u32::MAX)) {
            return Vec::new();
        }
        let mut extra = vec![1, 0, 16, 0];
        numbers.iter().for_each(|number| extra.extend(number.to_le_bytes()));
        extra
    }

    /// The fields that local header and directory have in common.
    fn common(&self, out: &mut Vec<u8>, extra: usize) {
        let short = |number: u64| if self.wide().is_empty() { u32::try_from(number).ok() } else { None };
        let shorts: [u16; 5] = [45, self.flags, self.method, 0, 0x21];
        shorts.iter().for_each(|short| out.extend(short.to_le_bytes()));
        let longs = [Some(self.crc), short(self.data_bytes()), short(self.size)];
        longs.iter().for_each(|long| out.extend(long.unwrap_or(u32::MAX).to_le_bytes()));
        [self.name.len(), extra].iter().for_each(|length| out.extend(number::<u16>(*length).to_le_bytes()));
    }

    fn directory(&self, at: u32, out: &mut Vec<u8>) {
        let extra = [self.wide(), self.extra.clone()].concat();
        out.extend(b"PK\x01\x02");
        out.extend([45, self.made_by]);
        self.common(out, extra.len());
        // No comment, first disk, no internal attributes.
        out.extend([0; 6]);
        out.extend(self.attributes.to_le_bytes());
        out.extend(at.to_le_bytes());
        out.extend_from_slice(&self.name);
        out.extend(extra);
    }
}

/// A ZIP file with these entries.
pub fn zip(entries: &[ZipEntry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        entry.directory(entry.place.unwrap_or(number(out.len())), &mut directory);
        if entry.place.is_none() {
            out.extend(entry.local());
        }
    }
    let at: u32 = number(out.len());
    let count: u16 = number(entries.len());
    let size: u32 = number(directory.len());
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    [count, count].iter().for_each(|count| out.extend(count.to_le_bytes()));
    [size, at].iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend([0, 0]);
    out
}

/// ZIP files in each other: so many levels, each with the one below it in several copies, and zeros in the lowest.
pub fn nested_zip(levels: u32, copies: u32, zeros: u64) -> Vec<u8> {
    let mut inner = zip(&[ZipEntry::zeros("0", zeros)]);
    for level in 1..levels {
        let copy = |n: u32| ZipEntry::deflated(&format!("{level}-{n}.zip"), &inner);
        inner = zip(&(0..copies).map(copy).collect::<Vec<_>>());
    }
    inner
}

const CONTENT_TYPES: &str = concat!(
    r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">"#,
    r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
    r#"<Default Extension="xml" ContentType="application/xml"/>"#,
    r#"<Override PartName="/word/document.xml" ContentType="application/"#,
    r#"vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#,
);

const RELATIONSHIPS: &str = concat!(
    r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r""#,
    r#" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument""#,
    r#" Target="word/document.xml"/></Relationships>"#,
);

/// A DOCX whose main part is `before` (a document type, perhaps), one document with `body` in it; and `more` entries.
pub fn docx(before: &str, body: &str, more: &[ZipEntry]) -> Vec<u8> {
    const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let document = format!(r#"{before}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>"#);
    let parts =
        [("[Content_Types].xml", CONTENT_TYPES), ("_rels/.rels", RELATIONSHIPS), ("word/document.xml", &document)];
    let mut entries: Vec<ZipEntry> =
        parts.iter().map(|(name, text)| ZipEntry::deflated(name, text.as_bytes())).collect();
    entries.extend_from_slice(more);
    zip(&entries)
}

/// A PDF of these objects, numbered from 1; the first is the catalog.
pub fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = String::from("0000000000 65535 f \n");
    for (i, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.extend(format!("{} 0 obj\n", i + 1).bytes());
        out.extend_from_slice(object);
        out.extend(b"\nendobj\n");
    }
    let at = out.len();
    let count = objects.len() + 1;
    let trailer = format!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n");
    out.extend(format!("xref\n0 {count}\n{table}{trailer}").bytes());
    out
}

/// The objects of a PDF with one page: catalog with `more` in it, page tree, page and the page's contents.
pub fn one_page(more: &str, contents: Vec<u8>) -> Vec<Vec<u8>> {
    vec![
        format!("<< /Type /Catalog /Pages 2 0 R {more} >>").into_bytes(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>".to_vec(),
        contents,
    ]
}

/// A stream object of a PDF.
pub fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<< /Length {} {dictionary} >>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend(b"\nendstream");
    out
}

/// So many zeros in the form of zlib (RFC 1950), which is what `FlateDecode` reads, packed at a level from 1 to 9.
pub fn zlib_zeros(count: u64, level: u32) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(level));
    pieces(count, |piece| encoder.write_all(piece));
    encoder.finish().expect("memory takes everything")
}

fn pieces(count: u64, mut write: impl FnMut(&[u8]) -> io::Result<()>) {
    let mut left = count;
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE.len());
        write(&PIECE[..part]).expect("memory takes everything");
        left -= number::<u64>(part);
    }
}

/// A TIFF of one image in one strip; `next` is the place of the directory after its own, zero when there is none. Its
/// own stands at 8.
pub fn tiff(width: u32, length: u32, strip: &[u8], next: u32) -> Vec<u8> {
    const DIRECTORY: u32 = 8;
    const FIELDS: u32 = 9;
    let strip_at = DIRECTORY + 2 + FIELDS * 12 + 4;
    // Kinds: 3 has two bytes, 4 has four.
    let fields: [(u16, u16, u32); 9] = [
        (256, 4, width),
        (257, 4, length),
        (258, 3, 1),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, strip_at),
        (277, 3, 1),
        (278, 4, length),
        (279, 4, number(strip.len())),
    ];
    let mut out = b"II*\0".to_vec();
    out.extend(DIRECTORY.to_le_bytes());
    out.extend(number::<u16>(fields.len()).to_le_bytes());
    for (tag, kind, value) in fields {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(1u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(next.to_le_bytes());
    out.extend_from_slice(strip);
    out
}

/// A JPEG of one component that says it has so many columns and lines; the picture itself is `scan`, in which no byte
/// is 255.
pub fn jpeg(columns: u16, lines: u16, scan: &[u8]) -> Vec<u8> {
    let mut out = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    out.extend(b"\xff\xc0\0\x0b\x08");
    [lines, columns].iter().for_each(|side| out.extend(side.to_be_bytes()));
    out.extend(b"\x01\x01\x11\0");
    out.extend(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0");
    out.extend_from_slice(scan);
    out.extend(b"\xff\xd9");
    out
}

/// One entry of a RAR file, stored.
#[derive(Debug, Clone, Default)]
pub struct RarEntry {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Vec<u8>,
    /// Number of bytes it claims to become.
    pub unpacked: u64,
    /// The data are encrypted.
    pub is_encrypted: bool,
    /// It is a symbolic link to this.
    pub link: Option<String>,
}

/// A RAR 5 file with these entries.
pub fn rar(entries: &[RarEntry]) -> Vec<u8> {
    const MAIN: u64 = 1;
    const FILE: u64 = 2;
    const END: u64 = 5;
    const UNIX: u64 = 1;
    let mut out = b"Rar!\x1a\x07\x01\0".to_vec();
    // Main and end header have flags of their own, both zero.
    rar_header(&mut out, &rar_numbers(&[MAIN, 0, 0]));
    for entry in entries {
        let mut extra = Vec::new();
        if entry.is_encrypted {
            // Version, flags, count of key derivations, salt and initial vector.
            let record = [rar_numbers(&[1, 0, 0, 15]), vec![7; 32]].concat();
            extra.extend(rar_numbers(&[number(record.len())]));
            extra.extend(record);
        }
        if let Some(target) = &entry.link {
            // Kind 1: symbolic link of Unix.
            let record = [rar_numbers(&[5, 1, 0, number(target.len())]), target.as_bytes().to_vec()].concat();
            extra.extend(rar_numbers(&[number(record.len())]));
            extra.extend(record);
        }
        // Flags: an extra area, data.
        let mut header = rar_numbers(&[FILE, 3, number(extra.len()), number(entry.data.len())]);
        // File flags, size, attributes, compression, system, length of the name.
        header.extend(rar_numbers(&[0, entry.unpacked, 0, 0, UNIX, number(entry.name.len())]));
        header.extend(entry.name.bytes());
        header.extend(extra);
        rar_header(&mut out, &header);
        out.extend_from_slice(&entry.data);
    }
    rar_header(&mut out, &rar_numbers(&[END, 0, 0]));
    out
}

fn rar_header(out: &mut Vec<u8>, header: &[u8]) {
    let length = rar_numbers(&[number(header.len())]);
    let mut crc = Crc::new();
    crc.update(&length);
    crc.update(header);
    out.extend(crc.sum().to_le_bytes());
    out.extend(length);
    out.extend_from_slice(header);
}

/// Numbers of variable length: seven bits a byte, the lowest first.
fn rar_numbers(numbers: &[u64]) -> Vec<u8> {
    let mut out = Vec::new();
    for number in numbers {
        let mut left = *number;
        while left >= 0x80 {
            out.push(0x80 | left.to_le_bytes()[0] & 0x7f);
            left >>= 7;
        }
        out.extend(left.to_le_bytes().first());
    }
    out
}

/// Streams of a compound file have at least so many bytes here, so that no mini stream is needed (MS-CFB 2.2).
pub const COMPOUND_STREAM_BYTES_MIN: usize = 4096;

/// A compound file of version 3 with up to three streams in its root; each is filled up with zeros to
/// [`COMPOUND_STREAM_BYTES_MIN`].
pub fn compound(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    const SECTOR: usize = 512;
    const FAT_SECTOR: u32 = 0xFFFF_FFFD;
    const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
    const NONE: u32 = 0xFFFF_FFFF;
    // Sector 0 is the FAT, sector 1 the directory.
    let mut fat = vec![FAT_SECTOR, END_OF_CHAIN];
    let mut directory = Vec::new();
    let mut body = Vec::new();
    let mut entry = |name: &str, kind: u8, right: u32, child: u32, start: u32, size: usize| {
        let mut bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let name_bytes: u16 = number(bytes.len() + 2);
        bytes.resize(64, 0);
        bytes.extend(name_bytes.to_le_bytes());
        // Black, no left neighbour.
        bytes.extend([kind, 1]);
        [NONE, right, child].iter().for_each(|link| bytes.extend(link.to_le_bytes()));
        bytes.resize(116, 0);
        bytes.extend(start.to_le_bytes());
        bytes.extend(number::<u64>(size).to_le_bytes());
        directory.extend(bytes);
    };
    entry("Root Entry", 5, NONE, if streams.is_empty() { NONE } else { 1 }, END_OF_CHAIN, 0);
    for (i, (name, contents)) in streams.iter().enumerate() {
        let start = fat.len();
        let size = contents.len().max(COMPOUND_STREAM_BYTES_MIN);
        body.extend_from_slice(contents);
        body.resize((start - 2) * SECTOR + size.next_multiple_of(SECTOR), 0);
        let end = start + size.div_ceil(SECTOR);
        fat.extend((start + 1..end).map(number::<u32>).chain([END_OF_CHAIN]));
        entry(name, 2, if i + 1 < streams.len() { number(i + 2) } else { NONE }, NONE, number(start), size);
    }
    fat.resize(SECTOR / 4, NONE);
    directory.resize(SECTOR, 0);

    let mut out = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    out.resize(24, 0);
    let shorts: [u16; 5] = [0x3e, 3, 0xfffe, 9, 6];
    shorts.iter().for_each(|short| out.extend(short.to_le_bytes()));
    out.resize(44, 0);
    let longs = [1, 1, 0, 4096, END_OF_CHAIN, 0, END_OF_CHAIN, 0];
    longs.iter().for_each(|long: &u32| out.extend(long.to_le_bytes()));
    // The FAT sectors that the header lists.
    out.extend(0u32.to_le_bytes());
    out.resize(SECTOR, 0xff);
    out.extend(fat.iter().flat_map(|next| next.to_le_bytes()));
    out.extend(directory);
    out.extend(body);
    out
}

/// A Word 97 document with this text behind its file information block (MS-DOC 2.5).
pub fn doc(text: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 0x400];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    // Identifier, version, the table stream is "1Table".
    put(0, &0xa5ecu16.to_le_bytes());
    put(2, &0x00c1u16.to_le_bytes());
    put(10, &0x0200u16.to_le_bytes());
    // The table of text pieces.
    put(0x01a2, &16u32.to_le_bytes());
    put(0x01a6, &64u32.to_le_bytes());
    block.extend_from_slice(text);
    compound(&[("1Table", Vec::new()), ("WordDocument", block)])
}
