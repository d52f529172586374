//! Opening objects: whole, or any range of them.
//!
//! Locations come from the index and are hints: every frame read must carry the wanted object, owner and frame number,
//! and every chunk must open under its position. A wrong byte is a typed integrity error, never data.

use super::disk::{Disk, DiskError};
use super::format::{
    CHUNK_ZSTD, FRAME_BYTES_MAX, FRAME_DIGEST_BYTES, FRAME_HEADER_BYTES, FrameHeader, FrameLoc, ObjectKind, OwnerKey,
    TAG_BYTES, chunk_aad, chunk_nonce, segment_name, u32_at,
};
use crate::limits::{CHUNK_BYTES, FRAME_CHUNKS_MAX, FRAME_PLAIN_BYTES};
use crate::model::digest::Address;
use crate::model::id::{ObjectId, RecordId};
use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};

/// Why an object cannot be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The medium failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The bytes at the location are not that frame.
    #[error("{segment} at {offset}: not frame {frame_no} of object {object}")]
    Frame {
        /// Segment file.
        segment: String,
        /// Offset in it.
        offset: u64,
        /// Wanted frame.
        frame_no: u32,
        /// Wanted object.
        object: ObjectId,
    },
    /// A chunk does not open under the owner's key.
    #[error("{segment} at {offset}: chunk {position} of object {object} does not open")]
    Chunk {
        /// Segment file.
        segment: String,
        /// Offset of the frame.
        offset: u64,
        /// Position of the chunk in the object.
        position: u64,
        /// The object.
        object: ObjectId,
    },
    /// The range is outside the object.
    #[error("range {start}..{end} is outside an object of {len} bytes")]
    Range {
        /// First byte asked for.
        start: u64,
        /// End asked for.
        end: u64,
        /// Length of the object.
        len: u64,
    },
}

type GiveChunk<'a> = dyn FnMut(usize, &[u8]) -> Result<(), ReadError> + 'a;

/// One object that can be read.
#[derive(Clone)]
pub struct ObjectReader<'a> {
    disk: &'a dyn Disk,
    key: std::sync::Arc<ring::aead::LessSafeKey>,
    owner: RecordId,
    object: ObjectId,
    kind: ObjectKind,
    plain_len: u64,
    frames: &'a [FrameLoc],
}

impl<'a> ObjectReader<'a> {
    /// An object whose key, length and frames are known.
    pub fn new(
        disk: &'a dyn Disk,
        key: &OwnerKey,
        owner: RecordId,
        object: ObjectId,
        kind: ObjectKind,
        plain_len: u64,
        frames: &'a [FrameLoc],
    ) -> Self {
        let key = std::sync::Arc::new(key.object_key(owner, object));
        Self { disk, key, owner, object, kind, plain_len, frames }
    }

    /// Gives the plaintext of `start..end` in pieces of at most one chunk. Only the chunks asked for are read.
    pub fn read(
        &self,
        start: u64,
        end: u64,
        mut give: impl FnMut(&[u8]) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        if start > end || end > self.plain_len {
            return Err(ReadError::Range { start, end, len: self.plain_len });
        }
        let mut scratch = Scratch::default();
        let mut at = start;
        while at < end {
            let frame_no = at / FRAME_PLAIN_BYTES;
            let frame_start = frame_no * FRAME_PLAIN_BYTES;
            let first = usize::try_from((at - frame_start) / CHUNK_BYTES as u64).expect("within a frame");
            let to = end.min(frame_start + FRAME_PLAIN_BYTES);
            let stop = usize::try_from((to - frame_start).div_ceil(CHUNK_BYTES as u64)).expect("within a frame");
            self.frame(frame_no, first, stop, &mut scratch, &mut |chunk_no, chunk| {
                let chunk_start = frame_start + chunk_no as u64 * CHUNK_BYTES as u64;
                let skip = usize::try_from(at.saturating_sub(chunk_start)).expect("within a chunk");
                let keep = usize::try_from((to - chunk_start).min(chunk.len() as u64)).expect("within a chunk");
                give(&chunk[skip..keep])
            })?;
            at = to;
        }
        // An empty object still has one sealed chunk; opening it proves the object is what it claims.
        if self.plain_len == 0 {
            self.frame(0, 0, 1, &mut scratch, &mut |_, _| Ok(()))?;
        }
        Ok(())
    }

    /// The whole plaintext. For manifests and act documents, whose size is bounded.
    pub fn read_all(&self) -> Result<Vec<u8>, ReadError> {
        let mut out = Vec::with_capacity(usize::try_from(self.plain_len).unwrap_or(0));
        self.read(0, self.plain_len, |piece| {
            out.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(out)
    }

    /// The object as a file that can be read at any place; every byte is checked as by [`Self::read`].
    pub fn seekable(self) -> ObjectFile<'a> {
        ObjectFile { object: self, at: 0, chunk: Vec::new(), chunk_start: 0 }
    }

    fn frame(
        &self,
        frame_no: u64,
        first: usize,
        stop: usize,
        scratch: &mut Scratch,
        give: &mut GiveChunk<'_>,
    ) -> Result<(), ReadError> {
        let frame_no32 = u32::try_from(frame_no).expect("objects are far below 2^32 frames");
        let loc = usize::try_from(frame_no).ok().and_then(|i| self.frames.get(i));
        let Some(loc) = loc else {
            return Err(ReadError::Frame {
                segment: String::new(),
                offset: 0,
                frame_no: frame_no32,
                object: self.object,
            });
        };
        // The frame must be just the part of the object that it stands for, so lengths are never taken from the frame
        // alone.
        let frame_start = frame_no * FRAME_PLAIN_BYTES;
        let plain_len = self.plain_len.saturating_sub(frame_start).min(FRAME_PLAIN_BYTES);
        let segment = segment_name(loc.segment);
        let wrong = || ReadError::Frame {
            segment: segment_name(loc.segment),
            offset: loc.offset,
            frame_no: frame_no32,
            object: self.object,
        };
        // A small frame is one read; of a large one only header, table and the wanted chunks are.
        let frame_len = loc.len as usize;
        if frame_len > FRAME_BYTES_MAX {
            return Err(wrong());
        }
        let whole = frame_len <= 2 * CHUNK_BYTES || (first == 0 && stop == FRAME_CHUNKS_MAX);
        let head_len = if whole { frame_len } else { FRAME_HEADER_BYTES };
        scratch.frame.resize(head_len, 0);
        self.disk.read_at(&segment, loc.offset, &mut scratch.frame)?;
        let header = FrameHeader::decode(&scratch.frame).ok_or_else(wrong)?;
        if header.object != self.object
            || header.owner != self.owner
            || header.kind != self.kind
            || header.frame_no != frame_no32
            || header.frame_len() != frame_len
            || u64::from(header.plain_len) != plain_len
            || header.last != (frame_start + plain_len == self.plain_len)
            || stop > usize::from(header.chunks)
        {
            return Err(wrong());
        }
        let table_at = FRAME_HEADER_BYTES + header.body_len as usize;
        let table_len = usize::from(header.chunks) * 4;
        let table = if whole {
            scratch.frame[table_at..table_at + table_len].to_vec()
        } else {
            let mut table = vec![0; table_len];
            self.disk.read_at(&segment, loc.offset + table_at as u64, &mut table)?;
            table
        };
        let mut at = FRAME_HEADER_BYTES;
        for chunk_no in 0..usize::from(header.chunks) {
            let row = u32_at(&table, chunk_no * 4).ok_or_else(wrong)?;
            let sealed_len = (row & !CHUNK_ZSTD) as usize;
            if sealed_len < TAG_BYTES || at + sealed_len > table_at {
                return Err(wrong());
            }
            if (first..stop).contains(&chunk_no) {
                if whole {
                    scratch.sealed.clear();
                    scratch.sealed.extend_from_slice(&scratch.frame[at..at + sealed_len]);
                } else {
                    scratch.sealed.resize(sealed_len, 0);
                    self.disk.read_at(&segment, loc.offset + at as u64, &mut scratch.sealed)?;
                }
                let position = frame_no * FRAME_CHUNKS_MAX as u64 + chunk_no as u64;
                let last = header.last && chunk_no + 1 == usize::from(header.chunks);
                let plain_len = header.chunk_plain_len(chunk_no);
                let zstd = row & CHUNK_ZSTD != 0;
                let broken =
                    || ReadError::Chunk { segment: segment.clone(), offset: loc.offset, position, object: self.object };
                let aad = ring::aead::Aad::from(chunk_aad(&header, position, last, zstd, plain_len));
                let opened =
                    self.key.open_in_place(chunk_nonce(position), aad, &mut scratch.sealed).map_err(|_| broken())?;
                if zstd {
                    // No longer than it must be: what does not fit is refused, and a small object costs little.
                    scratch.plain.resize(plain_len, 0);
                    let plain = &mut scratch.plain[..];
                    let n = ZSTD.with_borrow_mut(|zstd| zstd.decompress_to_buffer(&*opened, plain));
                    if n.ok() != Some(plain_len) {
                        return Err(broken());
                    }
                    give(chunk_no, &scratch.plain)?;
                } else {
                    if opened.len() != plain_len {
                        return Err(broken());
                    }
                    give(chunk_no, opened)?;
                }
            }
            at += sealed_len;
        }
        Ok(())
    }
}

/// An object that is read like a file, a chunk at a time.
pub struct ObjectFile<'a> {
    object: ObjectReader<'a>,
    at: u64,
    chunk: Vec<u8>,
    chunk_start: u64,
}

impl Read for ObjectFile<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.object.plain_len;
        if self.at >= len || buf.is_empty() {
            return Ok(0);
        }
        if self.at < self.chunk_start || self.at >= self.chunk_start + self.chunk.len() as u64 {
            let start = self.at - self.at % CHUNK_BYTES as u64;
            self.chunk.clear();
            let chunk = &mut self.chunk;
            let take = |piece: &[u8]| {
                chunk.extend_from_slice(piece);
                Ok(())
            };
            // The reader gets the typed error back by `downcast`.
            self.object.read(start, len.min(start + CHUNK_BYTES as u64), take).map_err(io::Error::other)?;
            self.chunk_start = start;
        }
        let from = usize::try_from(self.at - self.chunk_start).expect("within a chunk");
        let n = buf.len().min(self.chunk.len() - from);
        buf[..n].copy_from_slice(&self.chunk[from..from + n]);
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for ObjectFile<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.object.plain_len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the beginning"))?;
        Ok(self.at)
    }
}

#[derive(Default)]
struct Scratch {
    frame: Vec<u8>,
    sealed: Vec<u8>,
    plain: Vec<u8>,
}

thread_local! {
    /// Making a context takes longer than opening a small object.
    static ZSTD: RefCell<zstd::bulk::Decompressor<'static>> =
        RefCell::new(zstd::bulk::Decompressor::new().expect("a zstd context can be made"));
}

/// Checks the digest that ends a frame and gives it. `frame` is the whole frame.
pub fn frame_digest(frame: &[u8]) -> Option<Address> {
    let (body, digest) = frame.split_at_checked(frame.len().checked_sub(FRAME_DIGEST_BYTES)?)?;
    (blake3::hash(body).as_bytes() == digest).then(|| Address::from_slice(digest)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ActId, ArchiveId};
    use crate::store::local::{Erasing, LocalDisk};
    use crate::store::scrub::{Damage, Depth, scan};
    use crate::store::seal::{Place, Sealer};
    use crate::store::segment::{SegmentWriter, StoreEnd};
    use crate::testing::{FaultDisk, FaultPlan, Sequence};
    use std::sync::Arc;

    const ARCHIVE: ArchiveId = ArchiveId([9; 16]);
    const OWNER: RecordId = RecordId([1; 16]);
    const FRAME: usize = CHUNK_BYTES * FRAME_CHUNKS_MAX;

    struct Stored {
        object: ObjectId,
        key: OwnerKey,
        plain: Vec<u8>,
        frames: Vec<FrameLoc>,
    }

    impl Stored {
        fn reader<'a>(&'a self, disk: &'a dyn Disk) -> ObjectReader<'a> {
            let len = self.plain.len() as u64;
            ObjectReader::new(disk, &self.key, OWNER, self.object, ObjectKind::Component, len, &self.frames)
        }

        fn read(&self, disk: &dyn Disk, start: u64, end: u64) -> Result<Vec<u8>, ReadError> {
            let mut out = Vec::new();
            self.reader(disk).read(start, end, |piece| {
                assert!(piece.len() <= CHUNK_BYTES, "pieces are at most a chunk");
                out.extend_from_slice(piece);
                Ok(())
            })?;
            Ok(out)
        }
    }

    fn store(writer: &mut SegmentWriter, plain: Vec<u8>) -> Stored {
        let key = OwnerKey::random();
        let place = Place { owner: OWNER, act: ActId([2; 16]), kind: ObjectKind::Component };
        let mut frames = Vec::new();
        let mut emit = |frame: crate::store::seal::Frame| {
            frames.push(writer.append(&frame.bytes).map_err(std::io::Error::other)?);
            Ok(())
        };
        let sealed = Sealer::default().seal(&key, place, &mut &plain[..], &mut |_| {}, &mut emit).unwrap();
        assert_eq!(sealed.plain_len, plain.len() as u64);
        Stored { object: sealed.object, key, plain, frames }
    }

    fn memory() -> Arc<FaultDisk> {
        Arc::new(FaultDisk::new(&FaultPlan::count_only()))
    }

    /// Objects on a disk of its own, and the length of its one segment.
    fn stored(plains: Vec<Vec<u8>>) -> (Arc<FaultDisk>, Vec<Stored>, u64) {
        let disk = memory();
        let mut writer = SegmentWriter::new(disk.clone(), ARCHIVE, StoreEnd::default());
        let objects = plains.into_iter().map(|plain| store(&mut writer, plain)).collect();
        (disk, objects, writer.end().len)
    }

    // Goal: what comes in goes out, whole and in every range. Method: sizes at every boundary of chunk and frame, bytes
    // that shrink and bytes that do not, on both media, over several segments; ranges at the boundaries and drawn.
    #[test]
    fn every_range_is_that_slice() {
        let sizes = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, FRAME - 1, FRAME, FRAME + 1, 9 * 1024 * 1024];
        let folder = tempfile::tempdir().unwrap();
        let local: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path(), Erasing::Nothing).unwrap());
        for disk in [local, memory()] {
            let mut writer = SegmentWriter::new(disk.clone(), ARCHIVE, StoreEnd::default());
            writer.set_segment_bytes(1 << 23);
            let mut draw = Sequence::new(3);
            let objects: Vec<Stored> = sizes
                .iter()
                .flat_map(|len| [draw.noise(*len), draw.text(*len)])
                .map(|plain| store(&mut writer, plain))
                .collect();
            assert!(writer.end().segment > 2);
            for stored in &objects {
                let len = stored.plain.len();
                assert!(stored.reader(disk.as_ref()).read_all().unwrap() == stored.plain, "{len} bytes");
                let mut ranges = vec![(0, 0), (len, len), (0, len.min(1)), (len.saturating_sub(1), len)];
                for edge in [CHUNK_BYTES, 2 * CHUNK_BYTES, FRAME, 2 * FRAME] {
                    ranges.extend([(edge - 1, edge + 1), (edge, edge + 1), (edge - 1, edge), (edge, edge)]);
                }
                ranges.extend((0..12).map(|_| {
                    let (a, b) = (draw.len_to(len), draw.len_to(len));
                    (a.min(b), a.max(b))
                }));
                for (start, end) in ranges.into_iter().filter(|(_, end)| *end <= len) {
                    let found = stored.read(disk.as_ref(), start as u64, end as u64).unwrap();
                    assert!(found == stored.plain[start..end], "{start}..{end} of {len}");
                }
                let len = len as u64;
                for (start, end) in [(0, len + 1), (len + 1, len + 1), (len + 1, u64::MAX), (1, 0)] {
                    let refused = stored.read(disk.as_ref(), start, end);
                    assert!(matches!(refused, Err(ReadError::Range { .. })), "{start}..{end} of {len}");
                }
            }
        }
    }

    // Goal: no changed byte is given as data, and the audit names the frame. Method: three bytes of each part of two
    // frames, and every byte of a small one, are changed in turn.
    #[test]
    fn a_changed_byte_is_an_error_and_is_named_without_keys() {
        let mut draw = Sequence::new(4);
        let (disk, objects, len) = stored(vec![draw.text(700), draw.noise(FRAME + 3 * CHUNK_BYTES)]);
        for stored in &objects {
            for loc in &stored.frames {
                let mut offsets: Vec<u64> = if loc.len < 4096 {
                    (0..u64::from(loc.len)).collect()
                } else {
                    let end = u64::from(loc.len);
                    let parts = [0..80, 80..end - 32 - 64, end - 32 - 64..end - 32, end - 32..end];
                    parts
                        .into_iter()
                        .flat_map(|p| [p.start, p.start + draw.below(p.end - p.start), p.end - 1])
                        .collect()
                };
                offsets.sort_unstable();
                offsets.dedup();
                for offset in offsets {
                    let bad = disk.copy();
                    let at = usize::try_from(loc.offset + offset).unwrap();
                    bad.corrupt(&segment_name(1), at, 1 << draw.below(8));
                    match stored.reader(&bad).read_all() {
                        Err(ReadError::Frame { .. } | ReadError::Chunk { .. }) => {}
                        Err(other) => panic!("byte {offset} of the frame at {}: {other}", loc.offset),
                        // Only the digest of the frame is no part of what a key opens.
                        Ok(plain) => {
                            assert!(offset >= u64::from(loc.len) - 32, "byte {offset} is not covered");
                            assert!(plain == stored.plain);
                        }
                    }
                    let mut damaged = Vec::new();
                    let mut name = |damage| damaged.push(damage);
                    scan(&bad, ARCHIVE, 1, 0, len, Depth::Bytes, &mut |_| {}, &mut name).unwrap();
                    let [Damage::FrameHeader { offset: found } | Damage::FrameDigest { offset: found, .. }] =
                        damaged[..]
                    else {
                        panic!("byte {offset}: {damaged:?}")
                    };
                    assert_eq!(found, loc.offset);
                }
            }
        }
    }

    #[test]
    fn nothing_opens_as_what_it_is_not() {
        let mut draw = Sequence::new(5);
        let (disk, objects, _) = stored(vec![draw.noise(2 * FRAME), draw.noise(2 * FRAME), draw.text(10)]);
        let [one, two, small] = &objects[..] else { panic!("three objects") };
        let len = one.plain.len() as u64;
        let disk = disk.as_ref();
        let read = |key: &OwnerKey, owner, object, kind, len, frames: &[FrameLoc]| {
            ObjectReader::new(disk, key, owner, object, kind, len, frames).read_all()
        };
        let kind = ObjectKind::Component;
        read(&one.key, OWNER, one.object, kind, len, &one.frames).unwrap();
        let refused = read(&two.key, OWNER, one.object, kind, len, &one.frames);
        assert!(matches!(refused, Err(ReadError::Chunk { position: 0, .. })), "another key");
        let refused = read(&one.key, RecordId([3; 16]), one.object, kind, len, &one.frames);
        assert!(matches!(refused, Err(ReadError::Frame { frame_no: 0, .. })), "another owner");
        let refused = read(&one.key, OWNER, one.object, ObjectKind::Manifest, len, &one.frames);
        assert!(matches!(refused, Err(ReadError::Frame { .. })), "another kind");
        let refused = read(&one.key, OWNER, two.object, kind, len, &one.frames);
        assert!(matches!(refused, Err(ReadError::Frame { .. })), "another object");
        let swapped = [one.frames[1], one.frames[0]];
        let refused = read(&one.key, OWNER, one.object, kind, len, &swapped);
        assert!(matches!(refused, Err(ReadError::Frame { frame_no: 0, .. })), "swapped frames");
        let foreign = [one.frames[0], two.frames[1]];
        let refused = read(&one.key, OWNER, one.object, kind, len, &foreign);
        assert!(matches!(refused, Err(ReadError::Frame { frame_no: 1, .. })), "a frame of another object");
        let refused = read(&one.key, OWNER, one.object, kind, len, &one.frames[..1]);
        assert!(matches!(refused, Err(ReadError::Frame { frame_no: 1, .. })), "a frame is missing");
        let first = one.frames[0];
        for wrong in [
            FrameLoc { offset: first.offset + 1, ..first },
            FrameLoc { len: first.len - 1, ..first },
            FrameLoc { len: first.len + 1, ..first },
            FrameLoc { len: 0, ..first },
            FrameLoc { len: 79, ..first },
        ] {
            let refused = read(&one.key, OWNER, one.object, kind, len, &[wrong, one.frames[1]]);
            assert!(matches!(refused, Err(ReadError::Frame { .. })), "{wrong:?}");
        }
        let refused = small.reader(disk).read(0, 10, |_| Err(ReadError::Range { start: 0, end: 0, len: 0 }));
        assert!(matches!(refused, Err(ReadError::Range { .. })), "the receiver's own error ends the reading");
        for wrong in [FrameLoc { segment: 7, ..first }, FrameLoc { offset: 1 << 40, ..first }] {
            let refused = read(&one.key, OWNER, one.object, kind, len, &[wrong, one.frames[1]]);
            assert!(matches!(refused, Err(ReadError::Disk(_))), "{wrong:?}");
        }
    }

    // Goal: an object is given whole or not at all, also when the length that the caller knows is not that of the
    // object.
    #[test]
    fn another_length_than_that_of_the_object_is_refused() {
        let mut draw = Sequence::new(6);
        let sizes = [0, 1, 100, CHUNK_BYTES, CHUNK_BYTES + 1, FRAME, FRAME + 1];
        let (disk, objects, _) = stored(sizes.iter().map(|len| draw.text(*len)).collect());
        for stored in &objects {
            let len = stored.plain.len() as u64;
            for wrong in
                [0, 1, len.saturating_sub(1), len + 1, len + 100, CHUNK_BYTES as u64, FRAME as u64, len + FRAME as u64]
                    .into_iter()
                    .filter(|wrong| *wrong != len)
            {
                let frames = stored.frames.repeat(2);
                let kind = ObjectKind::Component;
                let reader = ObjectReader::new(disk.as_ref(), &stored.key, OWNER, stored.object, kind, wrong, &frames);
                let refused = reader.read_all();
                assert!(matches!(refused, Err(ReadError::Frame { .. })), "{len} bytes read as {wrong}");
                if wrong > 0 {
                    let refused = reader.read(wrong - 1, wrong, |_| Ok(()));
                    assert!(matches!(refused, Err(ReadError::Frame { .. })), "the end of {len} bytes read as {wrong}");
                }
            }
        }
    }

    #[test]
    fn a_range_reads_only_its_chunks() {
        let mut draw = Sequence::new(7);
        let (disk, objects, _) = stored(vec![draw.noise(9 * 1024 * 1024)]);
        let stored = &objects[0];
        let cost = |start: usize, end: usize| {
            let before = disk.bytes_read();
            stored.read(disk.as_ref(), start as u64, end as u64).unwrap();
            disk.bytes_read() - before
        };
        let heads = (FRAME_HEADER_BYTES + 4 * FRAME_CHUNKS_MAX) as u64;
        let chunk = (CHUNK_BYTES + TAG_BYTES) as u64;
        assert_eq!(cost(10, 20), heads + chunk, "inside the first chunk");
        assert_eq!(cost(FRAME + CHUNK_BYTES - 1, FRAME + CHUNK_BYTES + 1), heads + 2 * chunk, "two chunks of frame 1");
        assert_eq!(cost(FRAME - 1, FRAME + 1), 2 * (heads + chunk), "two frames");
        assert_eq!(cost(5, 5), 0, "nothing");
        assert_eq!(cost(0, FRAME), u64::from(stored.frames[0].len), "a whole frame at once");
    }
}
