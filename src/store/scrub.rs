//! Checking stored bytes without any key.
//!
//! [`scan`] walks the frames of one segment up to its committed length. A header that does not decode is named with its
//! offset, and the walk goes on at the next byte sequence that is a whole header, so one flipped bit does not hide what
//! follows.

use super::disk::{Disk, DiskError};
use super::format::{
    FRAME_BYTES_MAX, FRAME_BYTES_MIN, FRAME_DIGEST_BYTES, FRAME_HEADER_BYTES, FRAME_MAGIC, FrameHeader, FrameLoc,
    SEGMENT_HEADER_BYTES, segment_header, segment_name,
};
use super::read::frame_digest;
use crate::model::digest::Address;
use crate::model::id::ArchiveId;
use std::fmt;

/// One thing wrong in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The segment header is not that of this archive and number.
    SegmentHeader,
    /// No frame begins where one must.
    FrameHeader {
        /// Offset of the damage.
        offset: u64,
    },
    /// The bytes of a frame do not have the digest that ends it.
    FrameDigest {
        /// Offset of the frame.
        offset: u64,
        /// Its header.
        header: FrameHeader,
    },
    /// The segment is shorter than committed.
    Short {
        /// Its length.
        len: u64,
        /// The committed length.
        committed: u64,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::SegmentHeader => write!(f, "the header is not that of this segment and archive"),
            Damage::FrameHeader { offset } => write!(f, "no frame begins at byte {offset}, where one must"),
            Damage::FrameDigest { offset, header } => {
                let (object, act) = (header.object, header.act);
                write!(f, "frame at byte {offset} does not have its digest (object {object}, act {act})")
            }
            Damage::Short { len, committed } => write!(f, "holds {len} bytes, {committed} were committed"),
        }
    }
}

/// A file that holds a segment: its own, or the one that compaction made to take its place.
#[derive(Debug, Clone, Copy)]
pub struct SegmentFile<'a> {
    /// The archive.
    pub archive: ArchiveId,
    /// Number of the segment.
    pub number: u32,
    /// Name of the file.
    pub name: &'a str,
}

/// One frame as found by [`scan`].
#[derive(Debug, Clone, Copy)]
pub struct Scanned {
    /// Where it lies.
    pub loc: FrameLoc,
    /// Its header.
    pub header: FrameHeader,
    /// The digest that ends it: checked against the bytes when the scan reads bodies, else as claimed.
    pub digest: Address,
}

/// How much [`scan`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Headers and digests only.
    Headers,
    /// Every byte.
    Bytes,
}

/// Bytes read at once when every byte is read: small enough to stay in a core's cache until they are hashed.
const WINDOW_BYTES: usize = 1024 * 1024;
/// Bytes read at once when only headers are wanted: several small frames, or the end of a large one and what follows.
const HEADERS_BYTES: usize = 16 * 1024;

/// Walks the frames of segment `number` from its start (or `from`, a frame's offset) to `committed`.
#[expect(
    clippy::too_many_arguments,
    reason = "where, how far, how deep, and two takers; no two of them belong together"
)]
pub fn scan(
    disk: &dyn Disk,
    archive: ArchiveId,
    number: u32,
    from: u64,
    committed: u64,
    depth: Depth,
    found: &mut dyn FnMut(Scanned),
    damaged: &mut dyn FnMut(Damage),
) -> Result<(), DiskError> {
    let file = SegmentFile { archive, number, name: &segment_name(number) };
    scan_file(disk, file, from, committed, depth, found, damaged)
}

/// Walks the frames of a file as [`scan`] does those of a segment.
pub fn scan_file(
    disk: &dyn Disk,
    file: SegmentFile<'_>,
    from: u64,
    committed: u64,
    depth: Depth,
    found: &mut dyn FnMut(Scanned),
    damaged: &mut dyn FnMut(Damage),
) -> Result<(), DiskError> {
    let mut walk = Walk::new(disk, file, from, committed, depth, damaged)?;
    while let Some(frame) = walk.next(damaged)? {
        found(frame);
    }
    Ok(())
}

/// The walk of [`scan_file`], a frame at a time.
pub struct Walk<'a> {
    window: Window<'a>,
    segment: u32,
    at: u64,
    /// Damage before `at` is named, and the next whole header is looked for.
    lost: bool,
}

impl<'a> Walk<'a> {
    /// Begins at the start of the file, or at `from`, a frame's offset.
    pub fn new(
        disk: &'a dyn Disk,
        file: SegmentFile<'_>,
        from: u64,
        committed: u64,
        depth: Depth,
        damaged: &mut dyn FnMut(Damage),
    ) -> Result<Self, DiskError> {
        let SegmentFile { archive, number, name } = file;
        let len = disk.len(name)?.ok_or_else(|| DiskError::Missing { name: name.to_owned() })?;
        if len < committed {
            damaged(Damage::Short { len, committed });
        }
        let end = len.min(committed);
        let mut at = from;
        if at == 0 {
            at = end.min(SEGMENT_HEADER_BYTES as u64);
            if at == SEGMENT_HEADER_BYTES as u64 {
                let mut header = [0u8; SEGMENT_HEADER_BYTES];
                disk.read_at(name, 0, &mut header)?;
                if header != segment_header(archive, number) {
                    damaged(Damage::SegmentHeader);
                }
            }
        }
        let window = Window { disk, name: name.to_owned(), end, start: 0, bytes: Vec::new(), depth };
        Ok(Self { window, segment: number, at, lost: false })
    }

    /// Where the next frame begins; `None` behind the last.
    pub fn next_at(&self) -> Option<u64> {
        Some(self.at).filter(|at| *at < self.window.end)
    }

    /// The next frame.
    pub fn next(&mut self, damaged: &mut dyn FnMut(Damage)) -> Result<Option<Scanned>, DiskError> {
        let Self { window, segment, at: next, lost } = self;
        let end = window.end;
        while *next < end {
            let at = *next;
            let header = window.get(at, FRAME_HEADER_BYTES)?.and_then(FrameHeader::decode);
            let Some(header) = header.filter(|h| at + h.frame_len() as u64 <= end) else {
                // Name the damage once, then look for the next whole header.
                if !std::mem::replace(lost, true) {
                    damaged(Damage::FrameHeader { offset: at });
                }
                *next = next_magic(window, at + 1, end)?;
                continue;
            };
            *lost = false;
            let len = header.frame_len();
            debug_assert!((FRAME_BYTES_MIN..=FRAME_BYTES_MAX).contains(&len));
            *next = at + len as u64;
            let len_u32 = u32::try_from(len).expect("a frame is at most 4.2 MB");
            let loc = FrameLoc { segment: *segment, offset: at, len: len_u32 };
            let digest = match window.depth {
                Depth::Headers => {
                    let digest_at = *next - FRAME_DIGEST_BYTES as u64;
                    window.get(digest_at, FRAME_DIGEST_BYTES)?.and_then(Address::from_slice)
                }
                Depth::Bytes => {
                    let digest = window.get(at, len)?.and_then(frame_digest);
                    if digest.is_none() {
                        damaged(Damage::FrameDigest { offset: at, header });
                    }
                    digest
                }
            };
            if let Some(digest) = digest {
                return Ok(Some(Scanned { loc, header, digest }));
            }
        }
        Ok(None)
    }
}

struct Window<'a> {
    disk: &'a dyn Disk,
    name: String,
    end: u64,
    start: u64,
    bytes: Vec<u8>,
    depth: Depth,
}

impl Window<'_> {
    /// `len` bytes from `at`, or `None` past the end. Reads ahead what is likely to be wanted too.
    fn get(&mut self, at: u64, len: usize) -> Result<Option<&[u8]>, DiskError> {
        if at + len as u64 > self.end {
            return Ok(None);
        }
        let inside = at >= self.start && at + len as u64 <= self.start + self.bytes.len() as u64;
        if !inside {
            let ahead = match self.depth {
                Depth::Headers => len.max(HEADERS_BYTES),
                Depth::Bytes => len.max(WINDOW_BYTES),
            };
            let ahead = ahead.min(usize::try_from(self.end - at).unwrap_or(usize::MAX));
            self.bytes.resize(ahead, 0);
            self.start = at;
            if let Err(e) = self.disk.read_at(&self.name, at, &mut self.bytes) {
                self.bytes.clear();
                return Err(e);
            }
        }
        let from = usize::try_from(at - self.start).expect("within the window");
        Ok(self.bytes.get(from..from + len))
    }
}

/// The first place from `from` on where the bytes are a whole frame header; `end`, or the end of the file, if none is.
pub fn next_header(disk: &dyn Disk, name: &str, from: u64, end: u64) -> Result<u64, DiskError> {
    let end = end.min(disk.len(name)?.unwrap_or(0));
    let name = name.to_owned();
    let mut window = Window { disk, name, end, start: 0, bytes: Vec::new(), depth: Depth::Headers };
    let mut at = next_magic(&mut window, from, end)?;
    while at < end && window.get(at, FRAME_HEADER_BYTES)?.and_then(FrameHeader::decode).is_none() {
        at = next_magic(&mut window, at + 1, end)?;
    }
    Ok(at)
}

fn next_magic(window: &mut Window<'_>, from: u64, end: u64) -> Result<u64, DiskError> {
    const STEP: usize = 64 * 1024;
    let mut at = from;
    while at + FRAME_MAGIC.len() as u64 <= end {
        let len = STEP.min(usize::try_from(end - at).unwrap_or(STEP));
        let Some(bytes) = window.get(at, len)? else { break };
        if let Some(hit) = memchr::memmem::find(bytes, FRAME_MAGIC) {
            return Ok(at + hit as u64);
        }
        at += (len - FRAME_MAGIC.len() + 1) as u64;
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ActId, ObjectId, RecordId};
    use crate::store::format::{ObjectKind, OwnerKey};
    use crate::store::seal::{Frame, Place, Sealer};
    use crate::store::segment::{SegmentWriter, StoreEnd};
    use crate::testing::{FaultDisk, FaultPlan, Sequence};
    use std::sync::Arc;

    const ARCHIVE: ArchiveId = ArchiveId([9; 16]);

    /// A segment of objects of these sizes; of the one before the last only the first frame is there.
    fn segment(sizes: &[usize]) -> (Arc<FaultDisk>, Vec<FrameLoc>, u64) {
        let disk = Arc::new(FaultDisk::new(&FaultPlan::count_only()));
        let mut writer = SegmentWriter::new(disk.clone(), ARCHIVE, StoreEnd::default());
        let mut draw = Sequence::new(1);
        let mut locs = Vec::new();
        for (i, len) in sizes.iter().enumerate() {
            let mut frames: Vec<Frame> = Vec::new();
            let place = Place { owner: RecordId([1; 16]), act: ActId([2; 16]), kind: ObjectKind::Component };
            let plain = draw.noise(*len);
            let emit = &mut |frame| {
                frames.push(frame);
                Ok(())
            };
            Sealer::default().seal(&OwnerKey::random(), place, &mut &plain[..], &mut |_| {}, emit).unwrap();
            frames.truncate(if i + 2 == sizes.len() { 1 } else { usize::MAX });
            locs.extend(frames.iter().map(|frame| writer.append(&frame.bytes).unwrap()));
        }
        (disk, locs, writer.end().len)
    }

    fn walk(disk: &dyn Disk, from: u64, committed: u64, depth: Depth) -> (Vec<Scanned>, Vec<Damage>) {
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        scan(disk, ARCHIVE, 1, from, committed, depth, &mut |f| found.push(f), &mut |d| damaged.push(d)).unwrap();
        (found, damaged)
    }

    fn locs(found: &[Scanned]) -> Vec<FrameLoc> {
        found.iter().map(|f| f.loc).collect()
    }

    const BOTH: [Depth; 2] = [Depth::Headers, Depth::Bytes];
    // One of them with two frames; the orphan has lost its second.
    const SIZES: [usize; 6] = [100, 70_000, 4_500_000, 0, 4_500_000, 300];

    // An act that was cut short by a crash leaves frames without the last one. They are no damage.
    #[test]
    fn all_frames_are_found_orphans_too() {
        let (disk, written, len) = segment(&SIZES);
        assert_eq!(written.len(), 7);
        for depth in BOTH {
            let (found, damaged) = walk(disk.as_ref(), 0, len, depth);
            assert_eq!((locs(&found), damaged), (written.clone(), vec![]));
            let objects: std::collections::BTreeSet<ObjectId> = found.iter().map(|f| f.header.object).collect();
            assert_eq!(objects.len(), SIZES.len());
            assert!(!found[5].header.last, "the orphan");
            for f in &found {
                let name = segment_name(1);
                let mut frame = vec![0; f.loc.len as usize];
                disk.read_at(&name, f.loc.offset, &mut frame).unwrap();
                assert_eq!(frame_digest(&frame), Some(f.digest));
            }
            // From a frame on, and up to a frame: as the index and the lock record ask.
            let (found, damaged) = walk(disk.as_ref(), written[2].offset, written[4].offset, depth);
            assert_eq!((locs(&found), damaged), (written[2..4].to_vec(), vec![]));
        }
    }

    #[test]
    fn a_damaged_header_is_named_once_and_hides_nothing_behind_it() {
        let (disk, written, len) = segment(&SIZES);
        for (i, loc) in written.iter().enumerate() {
            for byte in [0, 4, 8, 79] {
                let bad = disk.copy();
                bad.corrupt(&segment_name(1), usize::try_from(loc.offset).unwrap() + byte, 0x10);
                for depth in BOTH {
                    let (found, damaged) = walk(&bad, 0, len, depth);
                    assert_eq!(damaged, [Damage::FrameHeader { offset: loc.offset }], "byte {byte} of frame {i}");
                    let mut others = written.clone();
                    others.remove(i);
                    assert_eq!(locs(&found), others, "byte {byte} of frame {i}");
                }
            }
        }
    }

    #[test]
    fn two_damaged_headers_are_two_damages() {
        let (disk, written, len) = segment(&SIZES);
        for i in [1, 4] {
            disk.corrupt(&segment_name(1), usize::try_from(written[i].offset).unwrap(), 1);
        }
        let (found, damaged) = walk(disk.as_ref(), 0, len, Depth::Bytes);
        assert_eq!(damaged, [1, 4].map(|i: usize| Damage::FrameHeader { offset: written[i].offset }));
        assert_eq!(found.len(), written.len() - 2);
    }

    // The magic may be in sealed bytes by chance, and a whole header only with its check.
    #[test]
    fn a_magic_inside_a_lost_frame_is_no_frame() {
        let (disk, written, len) = segment(&SIZES);
        let mut bytes = disk.read(&segment_name(1)).unwrap();
        let lost = usize::try_from(written[1].offset).unwrap();
        bytes[lost] ^= 1;
        // Also across the step of the search.
        for at in [lost + 200, lost + 65_536 - 2, lost + 65_537 - 2, lost + 69_000] {
            bytes[at..at + 4].copy_from_slice(FRAME_MAGIC);
        }
        disk.plant(&segment_name(1), &bytes);
        for depth in BOTH {
            let (found, damaged) = walk(disk.as_ref(), 0, len, depth);
            assert_eq!(damaged, [Damage::FrameHeader { offset: written[1].offset }]);
            assert_eq!(found.len(), written.len() - 1);
        }
    }

    // A frame must be found wherever its magic falls on the steps of the search.
    #[test]
    fn the_search_does_not_step_over_a_frame() {
        for shift in 0..12 {
            let (disk, written, len) = segment(&[65_536 - 140 + shift, 50, 50, 50]);
            disk.corrupt(&segment_name(1), usize::try_from(written[0].offset).unwrap() + 5, 1);
            let (found, _) = walk(disk.as_ref(), 0, len, Depth::Headers);
            assert_eq!(locs(&found), written[1..], "shift {shift}");
        }
    }

    #[test]
    fn a_damaged_body_is_named_by_a_full_scan() {
        let (disk, written, len) = segment(&SIZES);
        let loc = written[2];
        disk.corrupt(&segment_name(1), usize::try_from(loc.offset).unwrap() + 2_000_000, 1);
        let (found, damaged) = walk(disk.as_ref(), 0, len, Depth::Bytes);
        assert!(matches!(damaged[..], [Damage::FrameDigest { offset, .. }] if offset == loc.offset), "{damaged:?}");
        assert_eq!(found.len(), written.len() - 1);
        assert_eq!(walk(disk.as_ref(), 0, len, Depth::Headers).1, [], "headers are whole");
    }

    #[test]
    fn a_short_segment_says_how_short_and_gives_what_is_whole() {
        let (disk, written, len) = segment(&SIZES);
        let name = segment_name(1);
        let bytes = disk.read(&name).unwrap();
        let at = usize::try_from(written[3].offset).unwrap();
        for (cut, lost) in
            [(at, None), (at + 79, Some(at)), (at + 80, Some(at)), (bytes.len() - 1, Some(written[6].offset as usize))]
        {
            disk.plant(&name, &bytes[..cut]);
            for depth in BOTH {
                let (found, damaged) = walk(disk.as_ref(), 0, len, depth);
                let mut expected = vec![Damage::Short { len: cut as u64, committed: len }];
                expected.extend(lost.map(|at| Damage::FrameHeader { offset: at as u64 }));
                assert_eq!(damaged, expected, "cut at {cut}");
                assert_eq!(found.len(), if cut + 1 == bytes.len() { 6 } else { 3 });
            }
        }
        for cut in [0, 63] {
            disk.plant(&name, &bytes[..cut]);
            let (found, damaged) = walk(disk.as_ref(), 0, len, Depth::Bytes);
            assert_eq!(damaged, [Damage::Short { len: cut as u64, committed: len }]);
            assert!(found.is_empty());
        }
        let missing = FaultDisk::new(&FaultPlan::count_only());
        let scanned = scan(&missing, ARCHIVE, 1, 0, len, Depth::Bytes, &mut |_| {}, &mut |_| {});
        assert!(matches!(scanned, Err(DiskError::Missing { .. })));
    }

    #[test]
    fn a_segment_of_another_archive_or_number_is_named() {
        let (disk, written, len) = segment(&SIZES);
        let bytes = disk.read(&segment_name(1)).unwrap();
        for byte in [0, 8, 24, 28, 32, 63] {
            let bad = disk.copy();
            bad.corrupt(&segment_name(1), byte, 1);
            let (found, damaged) = walk(&bad, 0, len, Depth::Headers);
            assert_eq!((found.len(), damaged), (written.len(), vec![Damage::SegmentHeader]), "byte {byte}");
        }
        disk.plant(&segment_name(2), &bytes);
        let mut damaged = Vec::new();
        scan(disk.as_ref(), ARCHIVE, 2, 0, len, Depth::Headers, &mut |_| {}, &mut |d| damaged.push(d)).unwrap();
        assert_eq!(damaged, [Damage::SegmentHeader]);
    }

    // What follows the committed length was never acknowledged and is not looked at.
    #[test]
    fn bytes_behind_the_committed_length_are_ignored() {
        let (disk, written, len) = segment(&SIZES);
        disk.append(&segment_name(1), len, &[0xAA; 5000]).unwrap();
        for depth in BOTH {
            let (found, damaged) = walk(disk.as_ref(), 0, len, depth);
            assert_eq!((found.len(), damaged), (written.len(), vec![]));
        }
    }
}
