//! Uploads that come in parts and outlive a restart.
//!
//! An upload is one file of the spool: a head with its own key, sealed under the spool key of the day, and then what
//! came, frame after frame. What was confirmed is durable. When the process ends in the middle of a part, the frames
//! that are whole stay, and the sender goes on after them.
//!
//! Invariants
//!   - No plaintext reaches the disk. Every frame has a random nonce, because a torn one is sealed again with other
//!     bytes; a frame opens only at its own place.
//!   - Without the spool key of its day nobody reads an upload; the key is erased when the last upload of its day may
//!     have expired.
//!   - What is longer than its whole frames is cut when it is opened: the tail of a write that did not end.
//!
//! | file `spool/up-<id>` | bytes |
//! |---|---|
//! | day | length u8, text: the key of which day seals the head |
//! | head | length u32 LE, nonce 12, sealed JSON: owner, length, name, key, time; bound to the id |
//! | frame | length u32 LE of the sealed bytes, nonce 12, sealed bytes (AES-256-GCM); bound to its number and offset |
//!
//! It does not look at what comes, and keeps nothing that is finished: the caller takes it and removes it.

use super::format::TAG_BYTES;
use super::spool::{Spool, Spooled};
use crate::limits::CHUNK_BYTES;
use crate::model::id::RecordId;
use crate::store::format::OwnerKey;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What the names of uploads in the spool begin with.
pub(super) const PREFIX: &str = "up-";
/// Bytes of a sealed head. Own bound: a name and a few numbers.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What is known of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The account that sends it.
    pub owner: String,
    /// Bytes in all.
    pub length: u64,
    /// The name it was given.
    pub name: String,
    /// When it was begun, in milliseconds.
    pub begun: u64,
    /// The day of the spool key that seals its head.
    pub day: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    about: About,
    key: String,
}

/// One upload.
pub struct Parts {
    path: PathBuf,
    file: File,
    key: LessSafeKey,
    about: About,
    /// Bytes that are there.
    offset: u64,
    frames: u64,
    /// Length of the file up to the last whole frame.
    end: u64,
}

// What it holds stays out of every print.
impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts")
            .field("length", &self.about.length)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

fn cipher(key: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are a key"))
}

fn path_of(spool: &Spool, id: RecordId) -> PathBuf {
    spool.folder().join(format!("{PREFIX}{id}"))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// The day of the spool key of an upload, without any key: it stands before the sealed head.
fn read_day(file: &mut File) -> io::Result<String> {
    let mut len = [0; 1];
    file.read_exact(&mut len)?;
    let mut day = vec![0; usize::from(len[0])];
    file.read_exact(&mut day)?;
    String::from_utf8(day).map_err(|_| invalid("the day of an upload is no text"))
}

/// An opened upload: the file, what is known of it, its key, and where its frames begin.
type Opened = (File, About, Zeroizing<Vec<u8>>, u64);

fn open_head(spool: &Spool, id: RecordId, spool_key: &dyn Fn(&str) -> Option<OwnerKey>) -> io::Result<Option<Opened>> {
    let path = path_of(spool, id);
    let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let day = read_day(&mut file)?;
    let Some(spool_key) = spool_key(&day) else { return Ok(None) };
    let mut len = [0; 4];
    file.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len) as usize;
    let mut nonce = [0; NONCE_LEN];
    file.read_exact(&mut nonce)?;
    if len > HEAD_BYTES_MAX {
        return Err(invalid("the head of an upload is too long"));
    }
    let mut sealed = vec![0; len];
    file.read_exact(&mut sealed)?;
    let nonce = Nonce::assume_unique_for_key(nonce);
    let plain = cipher(&spool_key.0).open_in_place(nonce, Aad::from(id.0), &mut sealed);
    let plain = plain.map_err(|_| invalid("the head of an upload was changed"))?;
    let head: Head = serde_json::from_slice(plain).map_err(io::Error::other)?;
    let key = Zeroizing::new(hex::decode(&head.key).map_err(io::Error::other)?);
    if key.len() != 32 {
        return Err(invalid("the key of an upload is not one"));
    }
    let end = 1 + day.len() as u64 + 4 + NONCE_LEN as u64 + len as u64;
    Ok(Some((file, head.about, key, end)))
}

/// What is known of an upload, without its frames; none when there is none or its key is gone.
pub fn about(spool: &Spool, id: RecordId, spool_key: &dyn Fn(&str) -> Option<OwnerKey>) -> io::Result<Option<About>> {
    Ok(open_head(spool, id, spool_key)?.map(|(_, about, _, _)| about))
}

impl Parts {
    /// Begins an upload; `spool_key` is the key of `about.day`.
    pub fn create(spool: &Spool, id: RecordId, about: About, spool_key: &OwnerKey) -> io::Result<Self> {
        match fs::DirBuilder::new().mode(0o700).create(spool.folder()) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
        let path = path_of(spool, id);
        let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        let key = Zeroizing::new(crate::random::bytes::<32>());
        let head = Head { about: about.clone(), key: hex::encode(key.as_slice()) };
        let mut sealed = serde_json::to_vec(&head).map_err(io::Error::other)?;
        let nonce: [u8; NONCE_LEN] = crate::random::bytes();
        cipher(&spool_key.0)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(id.0), &mut sealed)
            .map_err(|_| io::Error::other("a head is within the limits of AES-GCM"))?;
        let day = about.day.as_bytes();
        let mut bytes = vec![u8::try_from(day.len()).map_err(io::Error::other)?];
        bytes.extend_from_slice(day);
        bytes.extend_from_slice(&u32::try_from(sealed.len()).map_err(io::Error::other)?.to_le_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        file.write_all(&bytes)?;
        file.sync_all()?;
        File::open(spool.folder())?.sync_all()?;
        let end = bytes.len() as u64;
        Ok(Self { path, file, key: cipher(key.as_slice()), about, offset: 0, frames: 0, end })
    }

    /// Opens an upload; none when there is none. `spool_key` gives the key of a day, when it is still there.
    pub fn open(spool: &Spool, id: RecordId, spool_key: &dyn Fn(&str) -> Option<OwnerKey>) -> io::Result<Option<Self>> {
        let Some((file, about, key, end)) = open_head(spool, id, spool_key)? else { return Ok(None) };
        let path = path_of(spool, id);
        let mut parts = Self { path, file, key: cipher(&key), about, offset: 0, frames: 0, end };
        parts.find_end()?;
        Ok(Some(parts))
    }

    /// Finds the end of the last whole frame and cuts off what is behind it.
    fn find_end(&mut self) -> io::Result<()> {
        while let Some((plain, len)) = self.next_frame()? {
            self.offset += plain.len() as u64;
            self.frames += 1;
            self.end += len;
        }
        self.file.set_len(self.end)?;
        Ok(())
    }

    /// The frame behind the last one that was counted, and its length in the file; none when it is not whole.
    fn next_frame(&mut self) -> io::Result<Option<(Zeroizing<Vec<u8>>, u64)>> {
        let mut len = [0; 4];
        if !read_whole(&mut self.file, self.end, &mut len)? {
            return Ok(None);
        }
        let len = u32::from_le_bytes(len) as usize;
        if !(TAG_BYTES + 1..=CHUNK_BYTES + TAG_BYTES).contains(&len) {
            return Ok(None);
        }
        let mut nonce = [0; NONCE_LEN];
        let mut sealed = Zeroizing::new(vec![0; len]);
        let is_whole = read_whole(&mut self.file, self.end + 4, &mut nonce)?
            && read_whole(&mut self.file, self.end + 4 + NONCE_LEN as u64, &mut sealed)?;
        if !is_whole {
            return Ok(None);
        }
        if self.key.open_in_place(Nonce::assume_unique_for_key(nonce), self.place(), &mut sealed).is_err() {
            return Ok(None);
        }
        sealed.truncate(len - TAG_BYTES);
        Ok(Some((sealed, 4 + NONCE_LEN as u64 + len as u64)))
    }

    /// What a frame is bound to: its number and where it begins.
    fn place(&self) -> Aad<[u8; 16]> {
        let mut place = [0; 16];
        place[..8].copy_from_slice(&self.frames.to_le_bytes());
        place[8..].copy_from_slice(&self.offset.to_le_bytes());
        Aad::from(place)
    }

    /// What is known of it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Bytes that are there.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether all of it is there.
    pub fn is_whole(&self) -> bool {
        self.offset == self.about.length
    }

    /// Adds bytes at the end; durable after [`Self::sync`].
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.offset + bytes.len() as u64 > self.about.length {
            return Err(invalid("more than was announced"));
        }
        for chunk in bytes.chunks(CHUNK_BYTES) {
            let mut sealed = chunk.to_vec();
            let nonce: [u8; NONCE_LEN] = crate::random::bytes();
            self.key
                .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), self.place(), &mut sealed)
                .map_err(|_| io::Error::other("a frame is within the limits of AES-GCM"))?;
            let mut frame = u32::try_from(sealed.len()).map_err(io::Error::other)?.to_le_bytes().to_vec();
            frame.extend_from_slice(&nonce);
            frame.append(&mut sealed);
            self.file.write_all_at(&frame, self.end)?;
            self.frames += 1;
            self.end += frame.len() as u64;
            self.offset += chunk.len() as u64;
        }
        Ok(())
    }

    /// Makes what was added durable.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// All of it, in the spool.
    pub fn gather(mut self, spool: &Spool) -> io::Result<Spooled> {
        let all = self.about.length;
        (self.offset, self.frames) = (0, 0);
        let mut object = spool.object();
        self.end = self.begin()?;
        while let Some((plain, len)) = self.next_frame()? {
            object.write_all(&plain)?;
            self.offset += plain.len() as u64;
            self.frames += 1;
            self.end += len;
        }
        if self.offset != all {
            return Err(invalid("an upload is not whole any more"));
        }
        object.finish()?;
        Ok(object)
    }

    /// All of it, to be read at any place where it lies: a second copy of something large would need as much room
    /// again. Nothing is added to it any more.
    pub fn reader(mut self) -> io::Result<Whole> {
        let mut at = self.begin()?;
        let (mut places, mut offset) = (Vec::new(), 0);
        while offset < self.about.length {
            let mut len = [0; 4];
            let is_there = read_whole(&mut self.file, at, &mut len)?;
            let plain = u64::from(u32::from_le_bytes(len)).checked_sub(TAG_BYTES as u64).filter(|plain| *plain > 0);
            let Some(plain) = plain.filter(|_| is_there) else { break };
            places.push((offset, at));
            offset += plain;
            at += 4 + NONCE_LEN as u64 + TAG_BYTES as u64 + plain;
        }
        if offset != self.about.length {
            return Err(invalid("an upload is not whole any more"));
        }
        Ok(Whole { parts: self, places, at: 0, frame: None })
    }

    /// Whether the file is still the one that was opened: it may have been removed meanwhile.
    pub fn is_there(&self) -> bool {
        let of = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let open = self.file.metadata().map(of).ok();
        open.is_some() && open == fs::symlink_metadata(&self.path).map(of).ok()
    }

    /// Where the first frame begins.
    fn begin(&mut self) -> io::Result<u64> {
        let mut len = [0; 1];
        let mut head = [0; 4];
        let whole =
            read_whole(&mut self.file, 0, &mut len)? && read_whole(&mut self.file, 1 + u64::from(len[0]), &mut head)?;
        let head = u64::from(u32::from_le_bytes(head));
        if whole { Ok(1 + u64::from(len[0]) + 4 + NONCE_LEN as u64 + head) } else { Err(invalid("no head")) }
    }

    /// Removes it.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// An upload that is whole, to be read at any place. A frame that was changed fails where it is read.
pub struct Whole {
    parts: Parts,
    /// Of each frame: the offset of its first byte, and where it lies in the file.
    places: Vec<(u64, u64)>,
    at: u64,
    /// The frame that was read last, by its number.
    frame: Option<(usize, Zeroizing<Vec<u8>>)>,
}

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whole").field("parts", &self.parts).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.parts.about.length || buffer.is_empty() {
            return Ok(0);
        }
        let number = self.places.partition_point(|(offset, _)| *offset <= self.at) - 1;
        let (offset, place) = self.places[number];
        if self.frame.as_ref().is_none_or(|(held, _)| *held != number) {
            (self.parts.offset, self.parts.frames, self.parts.end) = (offset, number as u64, place);
            let changed = || invalid("a frame of an upload was changed");
            let (plain, _) = self.parts.next_frame()?.ok_or_else(changed)?;
            self.frame = Some((number, plain));
        }
        let plain = self.frame.as_ref().map_or(&[][..], |(_, plain)| plain.as_slice());
        let skipped = usize::try_from(self.at - offset).map_err(io::Error::other)?;
        let rest = plain.get(skipped..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Whole {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.parts.about.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "before the beginning"))?;
        Ok(self.at)
    }
}

/// Reads all of `bytes` at a place; false when the file ends before.
fn read_whole(file: &mut File, at: u64, bytes: &mut [u8]) -> io::Result<bool> {
    match file.read_exact_at(bytes, at) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

/// The uploads of a spool with the days of their keys.
pub fn uploads(spool: &Spool) -> io::Result<Vec<(RecordId, String)>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(spool.folder()) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let Some(id) = id_of(&path) else { continue };
        // One whose head was never whole has no day, and no key.
        let day = File::open(&path).and_then(|mut file| read_day(&mut file)).unwrap_or_default();
        found.push((id, day));
    }
    Ok(found)
}

/// Removes an upload, whether it can be read or not.
pub fn remove(spool: &Spool, id: RecordId) -> io::Result<()> {
    match fs::remove_file(path_of(spool, id)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn id_of(path: &Path) -> Option<RecordId> {
    path.file_name()?.to_str()?.strip_prefix(PREFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: RecordId = RecordId([7; 16]);
    const KEY: OwnerKey = OwnerKey([9; 32]);

    fn about(length: u64) -> About {
        let day = "2026-11-23".to_owned();
        About { owner: "a".to_owned(), length, name: "x.zip".to_owned(), begun: 5, day }
    }

    fn key(day: &str) -> Option<OwnerKey> {
        (day == "2026-11-23").then_some(KEY)
    }

    fn spool() -> (tempfile::TempDir, Spool) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().join("spool"));
        (folder, spool)
    }

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 7 % 251) as u8).collect()
    }

    #[test]
    fn an_upload_goes_on_after_a_restart_and_comes_out_as_it_was_sent() {
        let (_folder, spool) = spool();
        let all = bytes(CHUNK_BYTES * 2 + 100);
        let mut parts = Parts::create(&spool, ID, about(all.len() as u64), &KEY).unwrap();
        let mut at = 0;
        for step in [1, 10, CHUNK_BYTES + 3, CHUNK_BYTES - 9] {
            parts.append(&all[at..at + step]).unwrap();
            parts.sync().unwrap();
            at += step;
            drop(parts);
            spool.clear().unwrap();
            parts = Parts::open(&spool, ID, &key).unwrap().unwrap();
            assert_eq!((parts.offset(), parts.about()), (at as u64, &about(all.len() as u64)));
        }
        assert!(!parts.is_whole());
        parts.append(&all[at..]).unwrap();
        assert!(parts.is_whole());
        assert!(parts.append(b"x").is_err(), "more than was announced");
        let mut out = Vec::new();
        parts.gather(&spool).unwrap().read_to_end(&mut out).unwrap();
        assert_eq!(out, all);
        let raw = fs::read(path_of(&spool, ID)).unwrap();
        assert!(memchr::memmem::find(&raw, &all[..64]).is_none(), "no plaintext");
    }

    /// Goal: what lies in frames is read in place like a file, from anywhere, and a frame that was changed is not.
    #[test]
    fn a_whole_upload_is_read_at_any_place() {
        let (_folder, spool) = spool();
        let all = bytes(CHUNK_BYTES + 1000);
        let mut parts = Parts::create(&spool, ID, about(all.len() as u64), &KEY).unwrap();
        for part in all[..1000].chunks(7).chain([&all[1000..]]) {
            parts.append(part).unwrap();
        }
        let mut whole = Parts::open(&spool, ID, &key).unwrap().unwrap().reader().unwrap();
        for at in (0..all.len()).step_by(977).chain([0, 6, 7, 999, 1000, all.len() - 1, all.len(), all.len() + 5]) {
            assert_eq!(whole.seek(SeekFrom::Start(at as u64)).unwrap(), at as u64);
            let mut buffer = vec![0; 2000.min(all.len().saturating_sub(at))];
            whole.read_exact(&mut buffer).unwrap();
            assert!(buffer == all[at.min(all.len())..][..buffer.len()], "{at}");
        }
        assert_eq!(whole.read(&mut [0; 9]).unwrap(), 0, "the end");
        assert_eq!(whole.seek(SeekFrom::End(-3)).unwrap(), all.len() as u64 - 3);
        assert!(whole.seek(SeekFrom::Current(i64::MIN)).is_err());
        let mut raw = fs::read(path_of(&spool, ID)).unwrap();
        let last = raw.len() - 1;
        raw[last] ^= 1;
        fs::write(path_of(&spool, ID), raw).unwrap();
        let mut whole = whole;
        whole.seek(SeekFrom::Start(0)).unwrap();
        assert!(io::copy(&mut whole, &mut io::sink()).is_err(), "a changed frame");
        let short = Parts::create(&spool, RecordId([8; 16]), about(9), &KEY).unwrap();
        assert!(short.is_there() && short.reader().is_err(), "not whole");
        let gone = Parts::create(&spool, RecordId([6; 16]), about(9), &KEY).unwrap();
        remove(&spool, RecordId([6; 16])).unwrap();
        assert!(!gone.is_there());
    }

    /// Goal: a process that is killed at any byte of a part leaves the frames before, and the sender goes on after
    /// them.
    #[test]
    fn a_file_that_was_cut_anywhere_goes_on_at_its_last_whole_frame() {
        let (_folder, spool) = spool();
        let all = bytes(300);
        let mut parts = Parts::create(&spool, ID, about(300), &KEY).unwrap();
        let mut ends = vec![(parts.end, 0u64)];
        for part in all[..250].chunks(50) {
            parts.append(part).unwrap();
            ends.push((parts.end, parts.offset()));
        }
        let whole = fs::read(path_of(&spool, ID)).unwrap();
        for len in usize::try_from(ends[0].0).unwrap()..=whole.len() {
            fs::write(path_of(&spool, ID), &whole[..len]).unwrap();
            let mut parts = Parts::open(&spool, ID, &key).unwrap().unwrap();
            let wanted = ends.iter().rev().find(|(end, _)| *end <= len as u64).unwrap().1;
            assert_eq!(parts.offset(), wanted, "cut at {len}");
            parts.append(&all[usize::try_from(wanted).unwrap()..]).unwrap();
            let mut out = Vec::new();
            parts.gather(&spool).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(out, all, "cut at {len}");
        }
    }

    #[test]
    fn a_changed_or_moved_upload_is_not_read() {
        let (_folder, spool) = spool();
        let mut parts = Parts::create(&spool, ID, about(20), &KEY).unwrap();
        parts.append(&bytes(20)).unwrap();
        let whole = fs::read(path_of(&spool, ID)).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(path_of(&spool, ID), &changed).unwrap();
            // A frame that does not open ends the upload before it; a head that does not is no upload.
            let read = Parts::open(&spool, ID, &key);
            assert!(read.is_err() || read.unwrap().is_none_or(|parts| parts.offset() == 0), "byte {at}");
        }
        let other = RecordId([8; 16]);
        fs::write(path_of(&spool, other), &whole).unwrap();
        assert!(Parts::open(&spool, other, &key).is_err(), "moved");
        fs::write(path_of(&spool, ID), &whole).unwrap();
        assert!(Parts::open(&spool, ID, &|_| None).unwrap().is_none(), "the key of its day is gone");
        assert_eq!(uploads(&spool).unwrap().len(), 2);
        remove(&spool, ID).unwrap();
        remove(&spool, ID).unwrap();
        assert!(Parts::open(&spool, ID, &key).unwrap().is_none());
    }
}
