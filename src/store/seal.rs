//! From plaintext to sealed frames, in a stream.
//!
//! One pass over the bytes takes both evidence digests, compresses, seals and hashes. Memory is one frame (at most 4.2
//! MB) and two chunks, whatever the size of the document.
//!
//! Plaintext never touches the disk: a frame leaves this module sealed.

use super::format::{
    CHUNK_ZSTD, FRAME_DIGEST_BYTES, FRAME_HEADER_BYTES, FrameHeader, ObjectKind, OwnerKey, TAG_BYTES, chunk_aad,
    chunk_nonce, object_address,
};
use crate::limits::{CHUNK_BYTES, FRAME_CHUNKS_MAX};
use crate::model::digest::{Address, DigestWriter, Digests};
use crate::model::id::{ActId, ObjectId, RecordId};
use std::io::{self, Read};

/// zstd level: 1. Level 3 gained 0.3 % on office files at 1.5 to 1.8 times the processor time (storage research §3).
const ZSTD_LEVEL: i32 = 1;
/// After this many chunks in a row that did not shrink, only every [`RETRY_EVERY`]th is tried: such files are
/// compressed already, and trying costs a tenth of an ingest.
const GIVE_UP_AFTER: u32 = 2;
/// See [`GIVE_UP_AFTER`].
const RETRY_EVERY: u32 = 8;

/// Whose object it is, and with which act it comes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The owner of the key.
    pub owner: RecordId,
    /// The act.
    pub act: ActId,
    /// What it is.
    pub kind: ObjectKind,
}

/// One sealed frame, ready to be appended.
#[derive(Debug)]
pub struct Frame {
    /// The object it belongs to.
    pub object: ObjectId,
    /// The whole frame.
    pub bytes: Vec<u8>,
}

/// What was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedObject {
    /// Its random id.
    pub object: ObjectId,
    /// BLAKE3 of the stored bytes.
    pub address: Address,
    /// Plaintext bytes.
    pub plain_len: u64,
    /// Bytes of all its frames.
    pub stored_len: u64,
    /// Digests of the plaintext.
    pub digests: Digests,
}

/// Reusable buffers for sealing; one a thread.
pub struct Sealer {
    zstd: zstd::bulk::Compressor<'static>,
    this: Vec<u8>,
    next: Vec<u8>,
    packed: Vec<u8>,
}

impl Default for Sealer {
    fn default() -> Self {
        Self {
            zstd: zstd::bulk::Compressor::new(ZSTD_LEVEL).expect("level 1 exists"),
            this: vec![0; CHUNK_BYTES],
            next: vec![0; CHUNK_BYTES],
            packed: vec![0; zstd::zstd_safe::compress_bound(CHUNK_BYTES)],
        }
    }
}

impl Sealer {
    /// Seals all of `plain` as one new object, giving each frame to `emit` and each piece of plaintext to `inspect`.
    ///
    /// A retry draws a new object id, so a key never seals two texts at one position.
    pub fn seal(
        &mut self,
        key: &OwnerKey,
        place: Place,
        plain: &mut dyn Read,
        inspect: &mut dyn FnMut(&[u8]),
        emit: &mut dyn FnMut(Frame) -> io::Result<()>,
    ) -> io::Result<SealedObject> {
        let object = ObjectId(crate::random::bytes());
        let object_key = key.object_key(place.owner, object);
        let mut digests = DigestWriter::default();
        let mut addresses = Vec::new();
        let (mut plain_len, mut stored_len, mut position) = (0u64, 0u64, 0u64);
        let mut stubborn = 0u32;
        let mut this_len = fill(plain, &mut self.this)?;
        loop {
            // One frame. Chunks are sealed into their final place behind the header.
            let mut bytes = Vec::with_capacity(FRAME_HEADER_BYTES + this_len + this_len / 8 + 128);
            bytes.resize(FRAME_HEADER_BYTES, 0);
            let mut header = FrameHeader {
                kind: place.kind,
                last: false,
                chunks: 0,
                body_len: 0,
                plain_len: 0,
                frame_no: u32::try_from(addresses.len()).expect("objects are far below 2^32 frames"),
                owner: place.owner,
                act: place.act,
                object,
            };
            let mut table = [0u32; FRAME_CHUNKS_MAX];
            while !header.last && usize::from(header.chunks) < FRAME_CHUNKS_MAX {
                // Whether a chunk is the last one is sealed into it, so the next must be seen first.
                let next_len = if this_len == CHUNK_BYTES { fill(plain, &mut self.next)? } else { 0 };
                header.last = next_len == 0;
                let raw = &self.this[..this_len];
                digests.update(raw);
                inspect(raw);
                let try_it = stubborn < GIVE_UP_AFTER || stubborn.is_multiple_of(RETRY_EVERY);
                let packed_len =
                    if try_it { self.zstd.compress_to_buffer(raw, &mut self.packed[..])? } else { raw.len() };
                // Worth it only when more than 1/32 is gained: reading a raw chunk is faster.
                let zstd = packed_len + packed_len / 32 < raw.len();
                stubborn = if zstd { 0 } else { stubborn + 1 };
                let start = bytes.len();
                bytes.extend_from_slice(if zstd { &self.packed[..packed_len] } else { raw });
                let aad = chunk_aad(&header, position, header.last, zstd, raw.len());
                let tag = object_key
                    .seal_in_place_separate_tag(chunk_nonce(position), ring::aead::Aad::from(aad), &mut bytes[start..])
                    .map_err(|_| io::Error::other("a chunk of 256 KiB is within the limits of AES-GCM"))?;
                bytes.extend_from_slice(tag.as_ref());
                let sealed_len = u32::try_from(bytes.len() - start).expect("a chunk is small");
                table[usize::from(header.chunks)] = sealed_len | if zstd { CHUNK_ZSTD } else { 0 };
                header.chunks += 1;
                header.body_len += sealed_len;
                header.plain_len += u32::try_from(raw.len()).expect("a chunk is small");
                plain_len += raw.len() as u64;
                position += 1;
                std::mem::swap(&mut self.this, &mut self.next);
                this_len = next_len;
            }
            for row in &table[..usize::from(header.chunks)] {
                bytes.extend_from_slice(&row.to_le_bytes());
            }
            bytes[..FRAME_HEADER_BYTES].copy_from_slice(&header.encode());
            let address = Address(*blake3::hash(&bytes).as_bytes());
            bytes.extend_from_slice(&address.0);
            debug_assert_eq!(bytes.len(), header.frame_len());
            assert!(header.body_len as usize <= bytes.len() - FRAME_HEADER_BYTES - FRAME_DIGEST_BYTES);
            assert!(header.body_len as usize >= usize::from(header.chunks) * TAG_BYTES);
            addresses.push(address);
            stored_len += bytes.len() as u64;
            emit(Frame { object, bytes })?;
            if header.last {
                let address = object_address(&addresses);
                return Ok(SealedObject { object, address, plain_len, stored_len, digests: digests.finish() });
            }
        }
    }
}

/// Reads until `buffer` is full or the input ends.
pub fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match input.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::{sha256, sha512_parts};
    use crate::store::format::u32_at;
    use crate::testing::Sequence;

    const PLACE: Place = Place { owner: RecordId([1; 16]), act: ActId([2; 16]), kind: ObjectKind::Component };

    fn seal(key: &OwnerKey, plain: &[u8]) -> (SealedObject, Vec<Vec<u8>>) {
        let mut frames = Vec::new();
        let mut seen = Vec::new();
        let mut emit = |frame: Frame| {
            frames.push(frame.bytes);
            Ok(())
        };
        let mut inspect = |piece: &[u8]| seen.extend_from_slice(piece);
        let sealed = Sealer::default().seal(key, PLACE, &mut &plain[..], &mut inspect, &mut emit).unwrap();
        assert!(seen == plain, "inspect sees every byte once");
        (sealed, frames)
    }

    #[test]
    fn frames_and_digests_are_those_of_the_plaintext() {
        let mut bytes = Sequence::new(1);
        const FRAME: usize = CHUNK_BYTES * FRAME_CHUNKS_MAX;
        for (len, frame_count) in [(0, 1), (1, 1), (CHUNK_BYTES, 1), (FRAME, 1), (FRAME + 1, 2), (2 * FRAME, 2)] {
            let plain = bytes.noise(len);
            let (sealed, frames) = seal(&OwnerKey::random(), &plain);
            assert_eq!(frames.len(), frame_count, "{len} bytes");
            assert_eq!(sealed.plain_len, len as u64);
            assert_eq!(sealed.stored_len, frames.iter().map(|f| f.len() as u64).sum::<u64>());
            assert_eq!(sealed.digests.sha256, sha256(&plain));
            assert_eq!(sealed.digests.sha512, sha512_parts(&[&plain]));
            let headers: Vec<_> = frames.iter().map(|f| FrameHeader::decode(f).unwrap()).collect();
            let last: Vec<bool> = headers.iter().map(|h| h.last).collect();
            assert!(last.iter().rev().skip(1).all(|last| !last) && last.last() == Some(&true), "{len} bytes: {last:?}");
            assert!((0..).zip(&headers).all(|(no, h)| h.frame_no == no && h.object == sealed.object));
            let addresses: Vec<Address> =
                frames.iter().map(|f| Address::from_slice(&f[f.len() - FRAME_DIGEST_BYTES..]).unwrap()).collect();
            assert_eq!(sealed.address, object_address(&addresses));
        }
    }

    #[test]
    fn a_text_sealed_twice_shares_nothing() {
        let key = OwnerKey::random();
        let (one, one_frames) = seal(&key, b"the same text");
        let (two, two_frames) = seal(&key, b"the same text");
        assert_ne!(one.object, two.object);
        assert_ne!(one.address, two.address);
        let body = FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + 13;
        assert_ne!(one_frames[0][body.clone()], two_frames[0][body]);
    }

    // What shrinks is compressed, what does not is stored as it is: also when both are in one file, where compressing
    // is given up and taken up again.
    #[test]
    fn chunks_are_compressed_where_it_gains() {
        let mut bytes = Sequence::new(2);
        let mut plain = bytes.text(CHUNK_BYTES);
        plain.extend(bytes.noise(4 * CHUNK_BYTES));
        plain.extend(bytes.text(11 * CHUNK_BYTES));
        let (_, frames) = seal(&OwnerKey::random(), &plain);
        let header = FrameHeader::decode(&frames[0]).unwrap();
        let table = FRAME_HEADER_BYTES + header.body_len as usize;
        let zstd = |chunk: usize| u32_at(&frames[0], table + 4 * chunk).unwrap() & CHUNK_ZSTD != 0;
        assert!(zstd(0), "text");
        assert!((1..5).all(|chunk| !zstd(chunk)), "noise");
        assert!((9..16).all(zstd), "text again, found after at most 8 chunks");
    }

    #[test]
    fn a_failing_reader_or_writer_ends_the_sealing() {
        struct Broken(usize);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0 == 0 {
                    return Err(io::Error::other("broken"));
                }
                let len = buffer.len().min(self.0);
                self.0 -= len;
                Ok(len)
            }
        }
        let key = OwnerKey::random();
        let mut sealer = Sealer::default();
        for len in [0, 10, CHUNK_BYTES, 17 * CHUNK_BYTES] {
            let sealed = sealer.seal(&key, PLACE, &mut Broken(len), &mut |_| {}, &mut |_| Ok(()));
            assert!(sealed.is_err(), "{len} bytes");
        }
        let full = sealer.seal(&key, PLACE, &mut &b"text"[..], &mut |_| {}, &mut |_| Err(io::Error::other("full")));
        assert!(full.is_err());
        // The same sealer goes on with the next object.
        let whole = sealer.seal(&key, PLACE, &mut &b"text"[..], &mut |_| {}, &mut |_| Ok(())).unwrap();
        assert_eq!(whole.digests.sha256, sha256(b"text"));
    }
}
