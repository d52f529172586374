//! Every layout constant of segments and frames, with version; encoding and decoding of headers. No I/O.
//!
//! `docs/format.md` §2 is the same in tables. A reader refuses what is newer than it knows.

use crate::limits::{CHUNK_BYTES, FRAME_CHUNKS_MAX};
use crate::model::digest::Address;
use crate::model::id::{ActId, ArchiveId, ObjectId, RecordId};

/// Magic of a segment file.
pub const SEGMENT_MAGIC: &[u8; 8] = b"MRGSEG01";
/// Length of a segment header: magic 8, archive 16, number 4, zeros 4, BLAKE3 32.
pub const SEGMENT_HEADER_BYTES: usize = 64;
/// Magic of a frame.
pub const FRAME_MAGIC: &[u8; 4] = b"MRGF";
/// Version of the frame layout.
pub const FRAME_VERSION: u8 = 1;
/// Length of a frame header.
pub const FRAME_HEADER_BYTES: usize = 80;
/// Length of the digest that ends a frame.
pub const FRAME_DIGEST_BYTES: usize = 32;
/// Length of an AEAD tag (AES-256-GCM, NIST SP 800-38D).
pub const TAG_BYTES: usize = 16;
/// In the chunk table: the chunk is a zstd frame (RFC 8878), otherwise raw.
pub const CHUNK_ZSTD: u32 = 1 << 31;
/// Smallest frame: header, one empty sealed chunk, its table row, digest.
pub const FRAME_BYTES_MIN: usize = FRAME_HEADER_BYTES + TAG_BYTES + 4 + FRAME_DIGEST_BYTES;
/// Largest frame.
pub const FRAME_BYTES_MAX: usize =
    FRAME_HEADER_BYTES + FRAME_CHUNKS_MAX * (CHUNK_BYTES + TAG_BYTES + 4) + FRAME_DIGEST_BYTES;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ObjectKind {
    /// A component: a file of the submission, byte for byte.
    Component = 1,
    /// The manifest of a record's group: canonical JSON.
    Manifest = 2,
    /// An act document: canonical JSON.
    ActDocument = 3,
    /// The manifest of what is added to a record later: canonical JSON.
    Amendment = 4,
}

impl ObjectKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Component, Self::Manifest, Self::ActDocument, Self::Amendment].into_iter().find(|k| *k as u8 == byte)
    }
}

/// Where a frame lies. Derived (compaction moves frames), so it is kept in the index only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bincode::Encode, bincode::Decode)]
pub struct FrameLoc {
    /// Segment number.
    pub segment: u32,
    /// Offset of the frame header in the segment.
    pub offset: u64,
    /// Length of the whole frame.
    pub len: u32,
}

/// The clear header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// What the object is.
    pub kind: ObjectKind,
    /// This is the object's last frame.
    pub last: bool,
    /// Chunks in this frame, 1 to 16.
    pub chunks: u8,
    /// Bytes of all sealed chunks of this frame.
    pub body_len: u32,
    /// Plaintext bytes of this frame.
    pub plain_len: u32,
    /// Position of the frame in its object, from 0.
    pub frame_no: u32,
    /// Whose key seals it.
    pub owner: RecordId,
    /// The act it came with.
    pub act: ActId,
    /// The object.
    pub object: ObjectId,
}

impl FrameHeader {
    /// Length of the whole frame on disk.
    pub fn frame_len(&self) -> usize {
        FRAME_HEADER_BYTES + self.body_len as usize + usize::from(self.chunks) * 4 + FRAME_DIGEST_BYTES
    }

    /// The header as stored.
    pub fn encode(&self) -> [u8; FRAME_HEADER_BYTES] {
        let mut out = [0u8; FRAME_HEADER_BYTES];
        out[0..4].copy_from_slice(FRAME_MAGIC);
        out[4] = FRAME_VERSION;
        out[5] = self.kind as u8;
        out[6] = u8::from(self.last);
        out[7] = self.chunks;
        out[8..12].copy_from_slice(&self.body_len.to_le_bytes());
        out[12..16].copy_from_slice(&self.plain_len.to_le_bytes());
        out[16..20].copy_from_slice(&self.frame_no.to_le_bytes());
        out[20..36].copy_from_slice(&self.owner.0);
        out[36..52].copy_from_slice(&self.act.0);
        out[52..76].copy_from_slice(&self.object.0);
        let check = header_check(&out);
        out[76..80].copy_from_slice(&check);
        out
    }

    /// Reads a header; `None` when a byte of it is not as written, or a number is outside its limits.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; FRAME_HEADER_BYTES] = bytes.get(..FRAME_HEADER_BYTES)?.try_into().ok()?;
        if &bytes[0..4] != FRAME_MAGIC || bytes[4] != FRAME_VERSION || bytes[76..80] != header_check(bytes) {
            return None;
        }
        let header = Self {
            kind: ObjectKind::from_byte(bytes[5])?,
            last: match bytes[6] {
                0 => false,
                1 => true,
                _ => return None,
            },
            chunks: bytes[7],
            body_len: u32_at(bytes, 8)?,
            plain_len: u32_at(bytes, 12)?,
            frame_no: u32_at(bytes, 16)?,
            owner: RecordId::from_slice(&bytes[20..36])?,
            act: ActId::from_slice(&bytes[36..52])?,
            object: ObjectId::from_slice(&bytes[52..76])?,
        };
        let chunks = usize::from(header.chunks);
        let plain = header.plain_len as usize;
        // A frame that is not the last is full; the last one has just the chunks its plaintext needs (at least one).
        let fits = chunks == plain.div_ceil(CHUNK_BYTES).max(1)
            && chunks <= FRAME_CHUNKS_MAX
            && (header.last || plain == CHUNK_BYTES * FRAME_CHUNKS_MAX)
            && header.body_len as usize >= chunks * TAG_BYTES
            && header.body_len as usize <= plain + chunks * TAG_BYTES;
        fits.then_some(header)
    }

    /// Plaintext bytes of chunk `i` of this frame.
    pub fn chunk_plain_len(&self, i: usize) -> usize {
        let before = i * CHUNK_BYTES;
        (self.plain_len as usize).saturating_sub(before).min(CHUNK_BYTES)
    }
}

fn header_check(header: &[u8; FRAME_HEADER_BYTES]) -> [u8; 4] {
    let digest = blake3::hash(&header[..76]);
    let mut check = [0u8; 4];
    check.copy_from_slice(&digest.as_bytes()[..4]);
    check
}

/// A little-endian number at `at`.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A little-endian number at `at`.
pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The header of segment `number`.
pub fn segment_header(archive: ArchiveId, number: u32) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut out = [0u8; SEGMENT_HEADER_BYTES];
    out[0..8].copy_from_slice(SEGMENT_MAGIC);
    out[8..24].copy_from_slice(&archive.0);
    out[24..28].copy_from_slice(&number.to_le_bytes());
    let digest = blake3::hash(&out[..32]);
    out[32..64].copy_from_slice(digest.as_bytes());
    out
}

/// The file name of segment `number`.
pub fn segment_name(number: u32) -> String {
    format!("store/{number:08}.seg")
}

/// The number in a segment's file name.
pub fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("store/")?.strip_suffix(".seg")?;
    digits.parse().ok().filter(|n| segment_name(*n) == name)
}

/// The file that compaction makes to take the place of segment `number`.
pub fn compacted_name(number: u32) -> String {
    format!("{}.new", segment_name(number))
}

/// The number of the segment whose place a file is to take.
pub fn compacted_number(name: &str) -> Option<u32> {
    segment_number(name.strip_suffix(".new")?)
}

/// The address of an object from the digests of its frames, in order (docs/format.md §2.3).
pub fn object_address(frames: &[Address]) -> Address {
    match frames {
        [one] => *one,
        many => {
            let mut hasher = blake3::Hasher::new();
            for frame in many {
                hasher.update(&frame.0);
            }
            Address(*hasher.finalize().as_bytes())
        }
    }
}

/// The additional data of one chunk: which bytes it is, of what, and in which form.
pub fn chunk_aad(header: &FrameHeader, position: u64, last: bool, zstd: bool, plain_len: usize) -> [u8; 70] {
    let mut aad = [0u8; 70];
    aad[0..16].copy_from_slice(&header.owner.0);
    aad[16..32].copy_from_slice(&header.act.0);
    aad[32..56].copy_from_slice(&header.object.0);
    aad[56] = header.kind as u8;
    aad[57..65].copy_from_slice(&position.to_le_bytes());
    aad[65] = u8::from(last) | (u8::from(zstd) << 1);
    aad[66..70].copy_from_slice(&u32::try_from(plain_len).expect("a chunk is small").to_le_bytes());
    aad
}

/// The nonce of one chunk: its position. A key seals one object once, so a position never repeats under a key.
pub fn chunk_nonce(position: u64) -> ring::aead::Nonce {
    let mut nonce = [0u8; 12];
    nonce[..8].copy_from_slice(&position.to_le_bytes());
    ring::aead::Nonce::assume_unique_for_key(nonce)
}

/// A 256-bit key of a record (or register), zeroed when dropped.
#[derive(Clone, PartialEq, Eq, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct OwnerKey(pub [u8; 32]);

impl OwnerKey {
    /// A new random key.
    pub fn random() -> Self {
        Self(crate::random::bytes())
    }

    /// The key of one object: HKDF-SHA-256 (RFC 5869), salt the object's id, info the purpose and the owner.
    pub fn object_key(&self, owner: RecordId, object: ObjectId) -> ring::aead::LessSafeKey {
        let salt = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, &object.0);
        let pseudo_random = salt.extract(&self.0);
        let info = [b"muragat object v1".as_slice(), &owner.0];
        let expanded = pseudo_random.expand(&info, &ring::aead::AES_256_GCM).expect("32 bytes are a valid length");
        ring::aead::LessSafeKey::new(ring::aead::UnboundKey::from(expanded))
    }
}

impl std::fmt::Debug for OwnerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> FrameHeader {
        FrameHeader {
            kind: ObjectKind::Component,
            last: true,
            chunks: 2,
            body_len: 1000,
            plain_len: CHUNK_BYTES as u32 + 1,
            frame_no: 3,
            owner: RecordId([1; 16]),
            act: ActId([2; 16]),
            object: ObjectId([3; 24]),
        }
    }

    #[test]
    fn header_decodes_to_itself_and_every_flipped_bit_is_refused() {
        let bytes = header().encode();
        assert_eq!(FrameHeader::decode(&bytes), Some(header()));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHeader::decode(&bad), None, "bit {bit}");
        }
        assert_eq!(FrameHeader::decode(&bytes[..79]), None);
    }

    #[test]
    fn numbers_outside_their_limits_are_refused() {
        let bad = |f: fn(&mut FrameHeader)| {
            let mut h = header();
            f(&mut h);
            FrameHeader::decode(&h.encode())
        };
        assert!(bad(|h| h.chunks = 1).is_none(), "plaintext needs two chunks");
        assert!(bad(|h| h.chunks = 17).is_none());
        assert!(bad(|h| h.last = false).is_none(), "a frame that is not the last is full");
        assert!(bad(|h| h.body_len = 31).is_none(), "shorter than its tags");
        assert!(bad(|h| h.body_len = h.plain_len + 33).is_none(), "longer than raw chunks with tags");
    }

    #[test]
    fn segment_names_parse_back() {
        assert_eq!(segment_number(&segment_name(7)), Some(7));
        assert_eq!(segment_number("store/7.seg"), None);
        assert_eq!(segment_number("store/00000007.seg.old"), None);
    }
}
