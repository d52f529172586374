//! The spool: bytes of a submission that must be read more than once before it is decided.
//!
//! A [`Spooled`] object is filled through [`Write`] and then read through [`Read`] and [`Seek`], any number of times.
//! Up to [`SPOOL_MEMORY_BYTES`] it stays in memory; what is larger lies in a file of the archive's `spool/` folder, in
//! chunks sealed with AES-256-GCM under a key of its own.
//!
//! Invariants
//!   - No plaintext and no key reaches the disk. A crash leaves files that nobody can read; [`Spool::clear`] removes
//!     them when the archive is opened.
//!   - A chunk is what was written, or reading it is an error of kind [`io::ErrorKind::InvalidData`].
//!   - A key seals a chunk number once: an object that was read, or whose writing failed, takes no more bytes.
//!
//! What reaches the disk: chunk after chunk, ciphertext and tag, no header. Nothing is synced: nothing is kept.
//!
//! Uploads over a restart are [`parts`](super::parts); this does not guard against swapping or dumping of memory.

use super::parts::PREFIX;
use crate::limits::CHUNK_BYTES;
use crate::store::format::{TAG_BYTES, chunk_nonce};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, UnboundKey};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of an object that stay in memory. Own bound: most letters and every card need less, and all components of the
/// largest submission are 64 MiB.
pub const SPOOL_MEMORY_BYTES: usize = 1024 * 1024;
/// A sealed chunk in the file; only the last one is shorter.
const SEALED_BYTES: u64 = (CHUNK_BYTES + TAG_BYTES) as u64;
/// Smallest buffer of an object.
const BUFFER_BYTES_MIN: usize = 4096;

const _: () = assert!(SPOOL_MEMORY_BYTES.is_multiple_of(CHUNK_BYTES), "memory is spilled in whole chunks");

/// The folder of spooled objects.
#[derive(Debug, Clone)]
pub struct Spool {
    folder: PathBuf,
}

impl Spool {
    /// A spool in `folder`, which is made when the first object needs it.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what a crash left in the folder: all but uploads that come in parts.
    ///
    /// Only the holder of the archive may call it, and before any object is made.
    pub fn clear(&self) -> io::Result<()> {
        match fs::symlink_metadata(&self.folder) {
            Ok(metadata) if metadata.is_dir() => {}
            // A link would have the files of another folder removed.
            Ok(_) => return Err(io::Error::new(io::ErrorKind::NotADirectory, "the spool is not a folder")),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        }
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// A new empty object.
    pub fn object(&self) -> Spooled {
        Spooled {
            folder: self.folder.clone(),
            file: None,
            plain: Zeroizing::default(),
            loaded: None,
            state: State::Filling,
            len: 0,
            at: 0,
        }
    }
}

/// Reads all of `reader` into a new object.
///
/// The caller bounds `reader`.
pub fn fill(spool: &Spool, reader: &mut dyn Read) -> io::Result<Spooled> {
    let mut object = spool.object();
    // Small: all of it is cleared and overwritten for every object, however short.
    let mut buffer = Zeroizing::new([0; 8 * 1024]);
    loop {
        match reader.read(&mut buffer[..]) {
            Ok(0) => break,
            Ok(n) => object.write_all(&buffer[..n])?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    object.finish()?;
    Ok(object)
}

/// One object in the spool: first filled, then read.
///
/// The first [`Read`] or [`Seek`] ends the filling and begins at the first byte. What it holds is gone when it is
/// dropped.
pub struct Spooled {
    folder: PathBuf,
    file: Option<SealedFile>,
    /// While filling: what is not sealed yet. After that: the whole object, or one chunk of the file.
    plain: Zeroizing<Vec<u8>>,
    /// Which chunk of the file `plain` is.
    loaded: Option<u64>,
    state: State,
    len: u64,
    at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Filling,
    Full,
    Failed,
}

impl Spooled {
    /// Its length in bytes; while it is being filled, up to now.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Ends the filling. Reading does it too; here an error of the disk is met while the writer still knows why.
    pub fn finish(&mut self) -> io::Result<()> {
        match self.state {
            State::Full => return Ok(()),
            State::Failed => return Err(failed()),
            State::Filling => {}
        }
        self.state = State::Failed;
        if let Some(file) = &mut self.file {
            file.seal(&self.plain, Some(self.len))?;
            file.sealed = Vec::new();
            self.loaded = Some(last_chunk(self.len));
        }
        self.state = State::Full;
        Ok(())
    }

    /// Seals what is in memory, because more comes.
    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(SealedFile::create(&self.folder)?),
        };
        for chunk in self.plain.chunks(CHUNK_BYTES) {
            file.seal(chunk, None)?;
        }
        self.plain.clear();
        // From now on a chunk at a time, with room for its tag when it is read.
        if self.plain.capacity() > CHUNK_BYTES + TAG_BYTES {
            self.plain = Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES));
        }
        Ok(())
    }

    /// Bytes that are gathered before they are sealed.
    fn limit(&self) -> usize {
        if self.file.is_some() { CHUNK_BYTES } else { SPOOL_MEMORY_BYTES }
    }

    /// The bytes from the current place to the end of their chunk.
    fn here(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.len {
            return Ok(&[]);
        }
        let start = match &self.file {
            None => self.at,
            Some(file) => {
                let number = self.at / CHUNK_BYTES as u64;
                if self.loaded != Some(number) {
                    self.loaded = None;
                    file.open(number, self.len, &mut self.plain)?;
                    self.loaded = Some(number);
                }
                self.at % CHUNK_BYTES as u64
            }
        };
        Ok(&self.plain[usize::try_from(start).expect("within a buffer")..])
    }
}

// What it holds stays out of every print.
impl std::fmt::Debug for Spooled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spooled").field("len", &self.len).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Write for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.state {
            State::Filling => {}
            State::Full => return Err(io::Error::other("a spooled object that was read takes no more bytes")),
            State::Failed => return Err(failed()),
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        if self.plain.len() == self.limit() {
            self.state = State::Failed;
            self.spill()?;
            self.state = State::Filling;
        }
        let count = bytes.len().min(self.limit() - self.plain.len());
        push(&mut self.plain, &bytes[..count]);
        self.len += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Spooled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.finish()?;
        let here = self.here()?;
        let count = here.len().min(buffer.len());
        buffer[..count].copy_from_slice(&here[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Spooled {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.finish()?;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the first byte"))?;
        Ok(self.at)
    }
}

/// A file of sealed chunks; removed when dropped.
struct SealedFile {
    path: PathBuf,
    file: File,
    key: LessSafeKey,
    /// Chunks sealed so far: the number of the next.
    count: u64,
    /// One chunk on its way to the disk.
    sealed: Vec<u8>,
}

impl SealedFile {
    fn create(folder: &Path) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
        let path = folder.join(hex::encode(crate::random::bytes::<16>()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        let key = Zeroizing::new(crate::random::bytes::<32>());
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("32 bytes are a key"));
        Ok(Self { path, file, key, count: 0, sealed: Vec::new() })
    }

    /// Seals the next chunk; `total` is the length of the object, given with the last one.
    fn seal(&mut self, plain: &[u8], total: Option<u64>) -> io::Result<()> {
        // Large enough from the start: a buffer that grows leaves its bytes behind.
        self.sealed.clear();
        self.sealed.reserve_exact(CHUNK_BYTES + TAG_BYTES);
        self.sealed.extend_from_slice(plain);
        let sealed =
            self.key.seal_in_place_append_tag(chunk_nonce(self.count), chunk_aad(self.count, total), &mut self.sealed);
        sealed.map_err(|_| io::Error::other("a chunk of 256 KiB is within the limits of AES-GCM"))?;
        self.count += 1;
        self.file.write_all(&self.sealed)
    }

    /// Reads and opens chunk `number` of an object of `len` bytes into `plain`.
    fn open(&self, number: u64, len: u64, plain: &mut Zeroizing<Vec<u8>>) -> io::Result<()> {
        let changed = || io::Error::new(io::ErrorKind::InvalidData, format!("chunk {number} in the spool was changed"));
        let last = last_chunk(len);
        let bytes = if number == last { len - last * CHUNK_BYTES as u64 } else { CHUNK_BYTES as u64 };
        let bytes = usize::try_from(bytes).expect("a chunk is small");
        plain.resize(bytes + TAG_BYTES, 0);
        self.file.read_exact_at(plain, number * SEALED_BYTES).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => changed(),
            _ => e,
        })?;
        let aad = chunk_aad(number, (number == last).then_some(len));
        if self.key.open_in_place(chunk_nonce(number), aad, plain).is_err() {
            plain.zeroize();
            return Err(changed());
        }
        plain.truncate(bytes);
        Ok(())
    }
}

impl Drop for SealedFile {
    fn drop(&mut self) {
        // Left behind it is ciphertext without a key, and goes at the next opening.
        let _ = fs::remove_file(&self.path);
    }
}

/// The number of the last chunk of `len` bytes, which are not none.
fn last_chunk(len: u64) -> u64 {
    (len - 1) / CHUNK_BYTES as u64
}

/// The additional data of a chunk: its number, whether it is the last, and then the length of the whole object, which
/// is not known before.
fn chunk_aad(number: u64, total: Option<u64>) -> Aad<[u8; 17]> {
    let mut aad = [0; 17];
    aad[..8].copy_from_slice(&number.to_le_bytes());
    aad[8] = u8::from(total.is_some());
    aad[9..].copy_from_slice(&total.unwrap_or(0).to_le_bytes());
    Aad::from(aad)
}

/// Appends without leaving a copy behind: a vector that grows by itself frees its old bytes as they are.
fn push(plain: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let len = plain.len() + bytes.len();
    if len > plain.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(len.max(2 * plain.capacity()).max(BUFFER_BYTES_MIN)));
        larger.extend_from_slice(plain);
        *plain = larger;
    }
    plain.extend_from_slice(bytes);
}

fn failed() -> io::Error {
    io::Error::other("writing to the spool failed before")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sequence;
    use memchr::memmem::find;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    const MARK: &[u8] = b"a line of the letter that nobody may find again; ";

    fn spool() -> (TempDir, Spool) {
        let home = tempfile::tempdir().unwrap();
        let spool = Spool::new(home.path().join("spool"));
        (home, spool)
    }

    fn files(spool: &Spool) -> Vec<PathBuf> {
        fs::read_dir(&spool.folder).map_or(Vec::new(), |all| all.map(|entry| entry.unwrap().path()).collect())
    }

    fn marked(len: usize) -> Vec<u8> {
        MARK.iter().copied().cycle().take(len).collect()
    }

    fn read_all(object: &mut Spooled) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        object.rewind()?;
        object.read_to_end(&mut bytes).map(|_| bytes)
    }

    #[test]
    fn what_was_written_is_read_as_often_as_wanted() {
        let (_home, spool) = spool();
        let mut noise = Sequence::new(1);
        const M: usize = SPOOL_MEMORY_BYTES;
        const C: usize = CHUNK_BYTES;
        for len in [0, 1, C - 1, C, C + 1, M - 1, M, M + 1, M + C - 1, M + C, M + C + 1, 3 * M, 3 * M + 7] {
            let plain = noise.noise(len);
            let mut object = fill(&spool, &mut plain.as_slice()).unwrap();
            assert_eq!((object.len(), object.is_empty()), (len as u64, len == 0));
            assert_eq!(files(&spool).len(), usize::from(len > M), "{len} bytes");
            for _ in 0..2 {
                assert!(read_all(&mut object).unwrap() == plain, "{len} bytes");
            }
            drop(object);
            assert!(files(&spool).is_empty(), "{len} bytes");
        }
    }

    // Model: random writes, then random places and lengths, must agree with a vector.
    #[test]
    fn places_are_those_of_a_vector() {
        let (_home, spool) = spool();
        for seed in 0..12 {
            let mut draw = Sequence::new(seed);
            let mut object = spool.object();
            let mut plain = Vec::new();
            let len = draw.len_to(2 * SPOOL_MEMORY_BYTES);
            while plain.len() < len {
                let longest = if draw.below(2) == 0 { 100_000 } else { 700_000 };
                let piece_len = draw.len_to(longest);
                let piece = draw.noise(piece_len);
                object.write_all(&piece).unwrap();
                plain.extend(piece);
            }
            for _ in 0..200 {
                let at = draw.len_to(plain.len() + 10);
                let mut buffer = vec![0; draw.len_to(5000)];
                let from = match draw.below(3) {
                    0 => SeekFrom::Start(at as u64),
                    1 => SeekFrom::End(at as i64 - plain.len() as i64),
                    _ => SeekFrom::Current(at as i64 - object.stream_position().unwrap() as i64),
                };
                assert_eq!(object.seek(from).unwrap(), at as u64, "seed {seed}");
                let wanted = plain.get(at..).unwrap_or_default();
                let wanted = &wanted[..wanted.len().min(buffer.len())];
                let mut count = 0;
                while count < wanted.len() {
                    count += object.read(&mut buffer[count..wanted.len()]).unwrap();
                }
                assert!(buffer[..count] == *wanted, "seed {seed}, {count} bytes at {at}");
                assert!(count == buffer.len() || object.read(&mut buffer).unwrap() == 0, "seed {seed}");
            }
            assert!(object.seek(SeekFrom::End(-(plain.len() as i64) - 1)).is_err(), "seed {seed}");
        }
    }

    // Goal: a crash leaves nothing to read. Method: forget objects in every state, so that nothing is cleaned up, and
    // hunt for their plaintext in all that is in the folder.
    #[test]
    fn a_crash_leaves_no_plaintext() {
        let (home, spool) = spool();
        let plain = marked(3 * SPOOL_MEMORY_BYTES + 1000);
        for len in [100, SPOOL_MEMORY_BYTES, SPOOL_MEMORY_BYTES + 1, 2 * SPOOL_MEMORY_BYTES, plain.len()] {
            let mut filling = spool.object();
            filling.write_all(&plain[..len]).unwrap();
            let mut read = fill(&spool, &mut &plain[..len]).unwrap();
            read_all(&mut read).unwrap();
            std::mem::forget((filling, read));
        }
        let left = files(&spool);
        assert_eq!(left.len(), 6);
        for path in left {
            let bytes = fs::read(&path).unwrap();
            assert!(bytes.len() >= SPOOL_MEMORY_BYTES, "{} bytes", bytes.len());
            for rotation in 0..MARK.len() {
                let window = &plain[rotation..rotation + 8];
                assert_eq!(find(&bytes, window), None, "{}", path.display());
            }
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing beside the spool");
        spool.clear().unwrap();
        assert!(files(&spool).is_empty());
    }

    #[test]
    fn equal_objects_share_no_sealed_bytes() {
        let (_home, spool) = spool();
        let plain = vec![7; 2 * SPOOL_MEMORY_BYTES];
        let objects = [(); 2].map(|()| fill(&spool, &mut plain.as_slice()).unwrap());
        let sealed: Vec<Vec<u8>> = files(&spool).iter().map(|path| fs::read(path).unwrap()).collect();
        let chunks: Vec<&[u8]> = sealed.iter().flat_map(|file| file.chunks(CHUNK_BYTES + TAG_BYTES)).collect();
        let starts: std::collections::BTreeSet<&[u8]> = chunks.iter().map(|chunk| &chunk[..32]).collect();
        assert_eq!((chunks.len(), starts.len()), (16, 16));
        drop(objects);
    }

    #[test]
    fn only_the_owner_may_look() {
        let (_home, spool) = spool();
        let object = fill(&spool, &mut marked(2 * SPOOL_MEMORY_BYTES).as_slice()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&spool.folder), 0o700);
        assert_eq!(mode(&files(&spool)[0]), 0o600);
        drop(object);
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let (_home, spool) = spool();
        let plain = marked(6 * CHUNK_BYTES + 100);
        const SEALED: usize = CHUNK_BYTES + TAG_BYTES;
        let changed = |what: &str, change: &dyn Fn(&mut Vec<u8>), chunk: Option<usize>| {
            let mut object = fill(&spool, &mut plain.as_slice()).unwrap();
            let path = &files(&spool)[0];
            let mut bytes = fs::read(path).unwrap();
            change(&mut bytes);
            fs::write(path, bytes).unwrap();
            // The last chunk is still in memory; another must be read first.
            object.read_exact(&mut [0; 10]).unwrap_or_default();
            for number in 0..7 {
                object.seek(SeekFrom::Start((number * CHUNK_BYTES) as u64)).unwrap();
                let mut start = [0; 10];
                match object.read_exact(&mut start) {
                    Ok(()) => assert!(
                        chunk != Some(number) && start[..] == plain[number * CHUNK_BYTES..][..10],
                        "{what}: {number}"
                    ),
                    Err(e) => {
                        assert_eq!((e.kind(), chunk), (io::ErrorKind::InvalidData, Some(number)), "{what}: {e}");
                    }
                }
            }
        };
        changed("nothing", &|_| {}, None);
        changed("more behind the end", &|bytes| bytes.push(0), None);
        changed("cut", &|bytes| bytes.truncate(bytes.len() - 1), Some(6));
        changed("no last chunk", &|bytes| bytes.truncate(6 * SEALED), Some(6));
        for number in 0..7 {
            let end = |bytes: &Vec<u8>| bytes.len().min((number + 1) * SEALED);
            changed("a bit", &|bytes| bytes[number * SEALED + 5] ^= 1, Some(number));
            changed(
                "a bit of the tag",
                &|bytes| {
                    let end = end(bytes);
                    bytes[end - 1] ^= 0x80
                },
                Some(number),
            );
        }
        changed("a chunk twice", &|bytes| bytes.copy_within(..SEALED, SEALED), Some(1));
    }

    #[test]
    fn filling_ends_with_the_first_reading() {
        let (_home, spool) = spool();
        for len in [10, 2 * SPOOL_MEMORY_BYTES] {
            let mut object = fill(&spool, &mut marked(len).as_slice()).unwrap();
            assert!(object.write(b"more").is_err());
            let mut object = fill(&spool, &mut marked(len).as_slice()).unwrap();
            object.rewind().unwrap();
            assert!(object.write(b"more").is_err());
            assert_eq!(read_all(&mut object).unwrap(), marked(len));
        }
    }

    // A spool that is a file stands for a disk that fails: nothing is taken or given afterwards.
    #[test]
    fn a_failed_object_stays_failed() {
        let home = tempfile::NamedTempFile::new().unwrap();
        let spool = Spool::new(home.path().to_owned());
        let mut object = spool.object();
        object.write_all(&marked(SPOOL_MEMORY_BYTES)).unwrap();
        for _ in 0..2 {
            assert!(object.write(b"more").is_err());
            assert!(object.read(&mut [0; 10]).is_err());
            assert!(object.rewind().is_err());
        }
        assert!(fill(&spool, &mut marked(SPOOL_MEMORY_BYTES + 1).as_slice()).is_err());
    }

    #[test]
    fn a_reader_that_fails_leaves_nothing() {
        let (_home, spool) = spool();
        let reader = marked(2 * SPOOL_MEMORY_BYTES);
        let failing = tempfile::tempdir().unwrap();
        let mut broken = reader.as_slice().chain(File::open(failing.path()).unwrap());
        assert!(fill(&spool, &mut broken).is_err());
        assert!(files(&spool).is_empty());
    }

    #[test]
    fn clearing_removes_all_and_follows_no_link() {
        let (home, spool) = spool();
        spool.clear().unwrap();
        assert!(!spool.folder.exists(), "made on demand");
        fs::create_dir_all(spool.folder.join("a/b")).unwrap();
        fs::write(spool.folder.join("a/b/c"), "c").unwrap();
        fs::write(spool.folder.join("d"), "d").unwrap();
        let other = home.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("kept"), "kept").unwrap();
        std::os::unix::fs::symlink(&other, spool.folder.join("link")).unwrap();
        spool.clear().unwrap();
        assert!(files(&spool).is_empty());
        assert!(other.join("kept").exists());

        let linked = home.path().join("linked");
        std::os::unix::fs::symlink(&other, &linked).unwrap();
        assert!(Spool::new(linked).clear().is_err());
        assert!(other.join("kept").exists());
    }
}
