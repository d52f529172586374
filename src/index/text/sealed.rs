//! The files of the full-text index, sealed: a directory of tantivy over a [`Disk`].
//!
//! Every file has a random 256-bit key of its own and a random name. Its plaintext is cut into blocks of
//! [`BLOCK_BYTES`], each AES-256-GCM; the nonce is the number of the block and whether it is the last, so that blocks
//! can be neither exchanged nor left out. Keys, names and lengths stand in the *table*, and in it also the two small
//! files in which tantivy names its segments. The table is sealed under the key of a generation, which lies outside.
//!
//! Invariants
//!   - The table names only files that are whole and synced. It is replaced whole; that is the only commit point.
//!   - A byte that is not as it was written is an error, never data. The first one is remembered, see
//!     [`SealedDirectory::damage`].
//!   - A file is unlinked only when no table on the medium names it and nobody reads it.
//!   - Plaintext is in memory only: a block while it is written, what was asked for while it is read, and the block of
//!     each open file that was read last.
//!
//! Order on disk: blocks of new files, sync of each, table, unlinking of what went. A crash before the table leaves the
//! last one, and files that it does not name: the next opening removes them.
//!
//! Destruction: a file that went is not in the next table, and [`SealedDirectory::roll`] seals that one under a new
//! generation. Once the key of the old one is erased, no key of a file that went follows from anything on any medium.
//!
//! It does not stop who can write the folder from putting back an older table of the same generation: the index is
//! derived, and its watermark says where it stands.

use crate::index::IndexError;
use crate::store::disk::{Disk, DiskError};
use crate::store::format::OwnerKey;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, OwnedBytes, TerminatingWrite, WatchCallback,
    WatchHandle, WritePtr,
};

/// Plaintext bytes of a block. A posting list of a rare word is shorter, so that this is what a word costs to read.
pub const BLOCK_BYTES: usize = 16 * 1024;
const TAG_BYTES: usize = 16;
const SEALED_BYTES: usize = BLOCK_BYTES + TAG_BYTES;
/// The table.
const TABLE: &str = "table";
/// Where the files are.
const FILES: &str = "files";
const TABLE_MAGIC: &[u8; 8] = b"MRGTEXT1";
const SALT_BYTES: usize = 32;
/// The largest table: some thousand files. Segments are merged, so that there are some hundred.
const TABLE_BYTES_MAX: usize = 8 << 20;
/// The file of tantivy that names the segments of a commit.
const META: &str = "meta.json";

/// A file: its key, its place and its length.
struct Sealed {
    name: String,
    key: LessSafeKey,
    bytes: zeroize::Zeroizing<[u8; 32]>,
    len: u64,
}

/// A row of the table.
#[derive(bincode::Encode, bincode::Decode)]
struct Row {
    path: String,
    name: String,
    key: [u8; 32],
    len: u64,
}

impl Drop for Row {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.key);
    }
}

/// What the table holds.
#[derive(Default, bincode::Encode, bincode::Decode)]
struct Table {
    files: Vec<Row>,
    small: Vec<(String, Vec<u8>)>,
}

struct State {
    key: OwnerKey,
    files: BTreeMap<String, Arc<Sealed>>,
    small: BTreeMap<String, Vec<u8>>,
    /// Being written.
    open: BTreeSet<String>,
    /// Out of the next table, still on the medium.
    gone: Vec<Arc<Sealed>>,
    damage: Option<String>,
    /// A write failed: what the medium holds is known again when the directory is opened again.
    failed: bool,
}

struct Inner {
    disk: Arc<dyn Disk>,
    state: Mutex<State>,
}

/// The sealed directory; clones are the same one.
#[derive(Clone)]
pub struct SealedDirectory(Arc<Inner>);

impl std::fmt::Debug for SealedDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedDirectory")
    }
}

fn aead(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes"))
}

/// The nonce of a block. A key seals one file once, so that no nonce comes twice under it.
fn nonce(block: u64, last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[..8].copy_from_slice(&block.to_be_bytes());
    bytes[8] = u8::from(last);
    Nonce::assume_unique_for_key(bytes)
}

impl Sealed {
    fn new(name: String, key: [u8; 32], len: u64) -> Self {
        Self { name, key: aead(&key), bytes: zeroize::Zeroizing::new(key), len }
    }

    /// A file of no bytes has one block of none.
    fn blocks(&self) -> u64 {
        self.len.div_ceil(BLOCK_BYTES as u64).max(1)
    }

    /// Bytes on the medium.
    fn stored(&self) -> u64 {
        self.len + self.blocks() * TAG_BYTES as u64
    }
}

impl SealedDirectory {
    /// Opens the directory on `disk`, empty when there is no table, and removes files that the table does not name.
    pub fn open(disk: Arc<dyn Disk>, key: &OwnerKey) -> Result<Self, IndexError> {
        let table = match disk.len(TABLE)? {
            None => Table::default(),
            Some(len) if len > TABLE_BYTES_MAX as u64 => return Err(IndexError::Generation),
            Some(_) => open_table(key, disk.read(TABLE)?)?,
        };
        let mut files = BTreeMap::new();
        for row in &table.files {
            files.insert(row.path.clone(), Arc::new(Sealed::new(row.name.clone(), row.key, row.len)));
        }
        let named: BTreeSet<&str> = files.values().map(|file| file.name.as_str()).collect();
        for (name, _) in disk.list(FILES)? {
            if !named.contains(name.as_str()) {
                disk.delete(&name)?;
            }
        }
        let small = table.small.into_iter().collect();
        let state = State {
            key: key.clone(),
            files,
            small,
            open: BTreeSet::new(),
            gone: Vec::new(),
            damage: None,
            failed: false,
        };
        Ok(Self(Arc::new(Inner { disk, state: Mutex::new(state) })))
    }

    /// True when nothing was ever committed here.
    pub fn is_empty(&self) -> bool {
        !self.state().small.contains_key(META)
    }

    /// The first damage that was met since the opening: an answer or a merge made after it is not to be believed.
    pub fn damage(&self) -> Option<String> {
        self.state().damage.clone()
    }

    /// Seals the table under a new generation. Keys of files that went are in neither; the caller erases the old
    /// generation's key when this has returned.
    pub fn roll(&self, key: &OwnerKey) -> Result<(), IndexError> {
        let mut state = self.state();
        let old = std::mem::replace(&mut state.key, key.clone());
        if let Err(e) = self.publish(&mut state) {
            state.key = old;
            return Err(e.into());
        }
        Ok(())
    }

    /// Files that went and are still on the medium, because somebody reads them.
    pub fn lingering(&self) -> usize {
        let mut state = self.state();
        self.unlink(&mut state);
        state.gone.len()
    }

    /// The files that the table names, as the engine calls them.
    pub fn paths(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    /// Bytes on the medium that the table names.
    pub fn stored_bytes(&self) -> u64 {
        self.state().files.values().map(|file| file.stored()).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one insertion or removal: a panic leaves the maps whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, state: &mut State) -> Result<(), DiskError> {
        let row = |(path, file): (&String, &Arc<Sealed>)| Row {
            path: path.clone(),
            name: file.name.clone(),
            key: *file.bytes,
            len: file.len,
        };
        let small = state.small.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
        let table = Table { files: state.files.iter().map(row).collect(), small };
        let written = if state.failed {
            Err(DiskError::io("publish", TABLE, io::Error::other("a write failed before")))
        } else {
            self.0.disk.publish(TABLE, &seal_table(&state.key, &table))
        };
        match written {
            Ok(()) => self.unlink(state),
            Err(_) => state.failed = true,
        }
        written
    }

    /// After a failed write or sync the medium may have dropped bytes that no later sync brings back.
    fn write(&self, step: impl FnOnce(&dyn Disk) -> Result<(), DiskError>) -> io::Result<()> {
        if self.state().failed {
            return Err(io::Error::other("a write failed before"));
        }
        step(self.0.disk.as_ref()).map_err(|e| {
            self.state().failed = true;
            io::Error::other(e)
        })
    }

    /// Unlinks what no table names and nobody reads. What cannot be unlinked now goes later, at the latest when the
    /// directory is opened again; without its key it is noise.
    fn unlink(&self, state: &mut State) {
        state.gone.retain(|file| Arc::strong_count(file) > 1 || self.0.disk.delete(&file.name).is_err());
    }

    fn damaged(&self, name: &str) -> io::Error {
        let mut state = self.state();
        state.damage.get_or_insert_with(|| name.to_owned());
        io::Error::new(io::ErrorKind::InvalidData, format!("{name} is damaged"))
    }

    fn read(&self, file: &Sealed, range: Range<u64>) -> io::Result<Vec<u8>> {
        if range.start > range.end || range.end > file.len {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a range behind the end of the file"));
        }
        if range.start == range.end {
            return Ok(Vec::new());
        }
        const BLOCK: u64 = BLOCK_BYTES as u64;
        let (first, last) = (range.start / BLOCK, (range.end - 1) / BLOCK);
        let from = first * SEALED_BYTES as u64;
        let to = ((last + 1) * SEALED_BYTES as u64).min(file.stored());
        let mut bytes = vec![0; usize::try_from(to - from).map_err(io::Error::other)?];
        self.0.disk.read_at(&file.name, from, &mut bytes).map_err(|e| match e {
            DiskError::Short { .. } | DiskError::Missing { .. } => self.damaged(&file.name),
            e => io::Error::other(e),
        })?;
        // Blocks are opened where they lie and then moved together: one buffer for any length.
        let mut len = 0;
        for (block, at) in (first..=last).zip((0..bytes.len()).step_by(SEALED_BYTES)) {
            let end = (at + SEALED_BYTES).min(bytes.len());
            let is_last = block + 1 == file.blocks();
            let opened = file.key.open_in_place(nonce(block, is_last), Aad::empty(), &mut bytes[at..end]);
            let plain = opened.map_err(|_| self.damaged(&file.name))?.len();
            bytes.copy_within(at..at + plain, len);
            len += plain;
        }
        bytes.truncate(len);
        let skip = usize::try_from(range.start - first * BLOCK).map_err(io::Error::other)?;
        bytes.drain(..skip);
        bytes.truncate(usize::try_from(range.end - range.start).map_err(io::Error::other)?);
        Ok(bytes)
    }
}

fn seal_table(key: &OwnerKey, table: &Table) -> Vec<u8> {
    // A fresh key for every table, drawn from a random salt, so that its nonce may be fixed.
    let salt: [u8; SALT_BYTES] = crate::random::bytes();
    let plain = bincode::encode_to_vec(table, bincode::config::standard()).expect("memory takes any table");
    let mut plain = zeroize::Zeroizing::new(plain);
    let tag = table_key(key, &salt)
        .seal_in_place_separate_tag(nonce(0, true), Aad::from(TABLE_MAGIC), &mut plain)
        .expect("a table is far below the limits of AES-GCM");
    [TABLE_MAGIC.as_slice(), &salt, &plain, tag.as_ref()].concat()
}

fn open_table(key: &OwnerKey, bytes: Vec<u8>) -> Result<Table, IndexError> {
    let damaged = || IndexError::Generation;
    let rest = bytes.strip_prefix(TABLE_MAGIC).ok_or_else(damaged)?;
    let (salt, sealed) = rest.split_first_chunk::<SALT_BYTES>().ok_or_else(damaged)?;
    let mut sealed = zeroize::Zeroizing::new(sealed.to_vec());
    let opened = table_key(key, salt).open_in_place(nonce(0, true), Aad::from(TABLE_MAGIC), &mut sealed);
    let plain = opened.map_err(|_| damaged())?;
    let config = bincode::config::standard().with_limit::<TABLE_BYTES_MAX>();
    let (table, len): (Table, usize) = bincode::decode_from_slice(plain, config).map_err(|_| damaged())?;
    if len == plain.len() { Ok(table) } else { Err(damaged()) }
}

fn table_key(key: &OwnerKey, salt: &[u8; SALT_BYTES]) -> LessSafeKey {
    let table = zeroize::Zeroizing::new(blake3::derive_key("muragat 2026 index v1 full-text table", &key.0));
    aead(blake3::keyed_hash(&table, salt).as_bytes())
}

/// Reads one file; what it was opened on stays readable for as long as this is held.
struct Reading {
    directory: SealedDirectory,
    file: Arc<Sealed>,
    /// The block that was read last: lists of words that begin alike lie side by side, and are asked for one by one.
    last: Mutex<Option<(u64, OwnedBytes)>>,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file.name)
    }
}

impl HasLen for Reading {
    fn len(&self) -> usize {
        usize::try_from(self.file.len).unwrap_or(usize::MAX)
    }
}

impl FileHandle for Reading {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let block = range.start / BLOCK_BYTES;
        if range.is_empty() || (range.end - 1) / BLOCK_BYTES != block || range.end > self.len() {
            return Ok(OwnedBytes::new(self.directory.read(&self.file, range.start as u64..range.end as u64)?));
        }
        let start = block * BLOCK_BYTES;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = match &*last {
            Some((number, bytes)) if *number == block as u64 => bytes.clone(),
            _ => {
                let end = (start + BLOCK_BYTES).min(self.len());
                let bytes = OwnedBytes::new(self.directory.read(&self.file, start as u64..end as u64)?);
                *last = Some((block as u64, bytes.clone()));
                bytes
            }
        };
        Ok(bytes.slice(range.start - start..range.end - start))
    }
}

/// Writes one file.
struct Writing {
    directory: SealedDirectory,
    path: String,
    name: String,
    key: zeroize::Zeroizing<[u8; 32]>,
    aead: LessSafeKey,
    /// Plaintext of the block that is not sealed yet.
    block: Vec<u8>,
    blocks: u64,
}

impl Writing {
    fn seal(&mut self, last: bool) -> io::Result<()> {
        let len = self.block.len();
        self.aead
            .seal_in_place_append_tag(nonce(self.blocks, last), Aad::empty(), &mut self.block)
            .map_err(|_| io::Error::other("sealing failed"))?;
        assert!(last || len == BLOCK_BYTES, "only the last block may be short");
        let at = self.blocks * SEALED_BYTES as u64;
        self.directory.write(|disk| disk.append(&self.name, at, &self.block))?;
        self.block.clear();
        self.blocks += 1;
        Ok(())
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full block waits for the next byte: only then it is known not to be the last.
        if self.block.len() == BLOCK_BYTES && !bytes.is_empty() {
            self.seal(false)?;
        }
        let taken = bytes.len().min(BLOCK_BYTES - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Writing {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        let len = self.blocks * BLOCK_BYTES as u64 + self.block.len() as u64;
        self.seal(true)?;
        self.directory.write(|disk| disk.sync(&self.name))?;
        let file = Arc::new(Sealed::new(self.name.clone(), *self.key, len));
        let mut state = self.directory.state();
        state.open.remove(&self.path);
        state.files.insert(self.path.clone(), file);
        Ok(())
    }
}

impl Drop for Writing {
    // What was not finished is no file; its bytes go at the next opening.
    fn drop(&mut self) {
        self.directory.state().open.remove(&self.path);
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl Directory for SealedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let file = self.state().files.get(&text(path)).cloned();
        let file = file.ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))?;
        Ok(Arc::new(Reading { directory: self.clone(), file, last: Mutex::new(None) }))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        let mut state = self.state();
        let path_text = text(path);
        let small = state.small.remove(&path_text).is_some();
        match state.files.remove(&path_text) {
            // Not unlinked before a table without it is on the medium.
            Some(file) => state.gone.push(file),
            None if small => {}
            None => return Err(DeleteError::FileDoesNotExist(path.to_owned())),
        }
        Ok(())
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        let (state, path) = (self.state(), text(path));
        Ok(state.files.contains_key(&path) || state.small.contains_key(&path) || state.open.contains(&path))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let mut state = self.state();
        let path_text = text(path);
        if state.files.contains_key(&path_text) || !state.open.insert(path_text.clone()) {
            return Err(OpenWriteError::FileAlreadyExists(PathBuf::from(path)));
        }
        let name: [u8; 12] = crate::random::bytes();
        let key = zeroize::Zeroizing::new(crate::random::bytes());
        let writing = Writing {
            directory: self.clone(),
            path: path_text,
            name: format!("{FILES}/{}", hex::encode(name)),
            aead: aead(&key),
            key,
            block: Vec::with_capacity(SEALED_BYTES),
            blocks: 0,
        };
        Ok(BufWriter::new(Box::new(writing)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let found = self.state().small.get(&text(path)).cloned();
        found.ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let (mut state, path) = (self.state(), text(path));
        let is_commit = path == META;
        let before = state.small.insert(path.clone(), data.to_vec());
        // The list of files that tantivy keeps beside may wait for the next commit: what the table does not name is
        // removed at opening anyway.
        if is_commit && let Err(e) = self.publish(&mut state) {
            match before {
                Some(before) => state.small.insert(path, before),
                None => state.small.remove(&path),
            };
            return Err(io::Error::other(e));
        }
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut state = self.state();
        // Files are synced one by one, and a commit publishes the table: only what went is left to be made durable.
        if state.gone.is_empty() { Ok(()) } else { self.publish(&mut state).map_err(io::Error::other) }
    }

    fn acquire_lock(&self, _: &Lock) -> Result<DirectoryLock, LockError> {
        // One process holds the archive, and one handle in it this directory.
        Ok(DirectoryLock::from(Box::new(())))
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        // Readers are reloaded by the commit itself.
        Ok(WatchHandle::empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FaultDisk, FaultPlan};

    const KEY: OwnerKey = OwnerKey([3; 32]);

    impl SealedDirectory {
        /// Plaintext of everything that the table names.
        pub(in crate::index::text) fn everything(&self) -> Vec<Vec<u8>> {
            let (files, small) = {
                let state = self.state();
                (state.files.values().cloned().collect::<Vec<_>>(), state.small.values().cloned().collect::<Vec<_>>())
            };
            small.into_iter().chain(files.iter().map(|file| self.read(file, 0..file.len).unwrap())).collect()
        }
    }

    fn directory() -> (Arc<FaultDisk>, SealedDirectory) {
        let disk = Arc::new(FaultDisk::new(&FaultPlan::count_only()));
        let directory = SealedDirectory::open(disk.clone(), &KEY).unwrap();
        (disk, directory)
    }

    fn write(directory: &SealedDirectory, path: &str, bytes: &[u8]) {
        let mut writer = directory.open_write(Path::new(path)).unwrap();
        for piece in bytes.chunks(1_000) {
            writer.write_all(piece).unwrap();
        }
        writer.terminate().unwrap();
    }

    #[test]
    fn every_range_of_a_file_is_that_slice() {
        let (disk, directory) = directory();
        for len in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES + 5] {
            let bytes: Vec<u8> = (0..len).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect();
            let path = format!("f{len}");
            write(&directory, &path, &bytes);
            let file = directory.open_read(Path::new(&path)).unwrap();
            assert_eq!(file.len(), len);
            let edges = [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, len];
            for from in edges.into_iter().filter(|at| *at <= len) {
                for to in edges.into_iter().filter(|at| (from..=len).contains(at)) {
                    let read = file.read_bytes_slice(from..to).unwrap();
                    assert_eq!(read.as_slice(), &bytes[from..to], "{len}: {from}..{to}");
                }
            }
        }
        // Only the block that is asked for is read.
        let before = disk.bytes_read();
        let path = format!("f{}", 3 * BLOCK_BYTES + 5);
        let file = directory.open_read(Path::new(&path)).unwrap();
        file.read_bytes_slice(2 * BLOCK_BYTES + 3..2 * BLOCK_BYTES + 9).unwrap();
        assert_eq!(disk.bytes_read() - before, SEALED_BYTES as u64);
    }

    #[test]
    fn blocks_are_neither_exchanged_nor_left_out() {
        let (disk, directory) = directory();
        write(&directory, "a", &vec![5; 2 * BLOCK_BYTES + 10]);
        directory.atomic_write(Path::new(META), b"{}").unwrap();
        let (name, bytes) = disk.files().into_iter().find(|(name, _)| name.starts_with(FILES)).unwrap();
        let (first, rest) = bytes.split_at(SEALED_BYTES);
        let (second, last) = rest.split_at(SEALED_BYTES);
        let others = [[second, first, last].concat(), [first, second].concat(), [first, last].concat()];
        for other in others {
            let disk = disk.copy();
            disk.plant(&name, &other);
            let directory = SealedDirectory::open(Arc::new(disk), &KEY).unwrap();
            let file = directory.open_read(Path::new("a")).unwrap();
            assert!(file.read_bytes().is_err());
            assert_eq!(directory.damage(), Some(name.clone()));
        }
    }

    #[test]
    fn a_file_that_went_is_read_to_the_end_and_then_unlinked() {
        let (disk, directory) = directory();
        write(&directory, "a", b"text");
        directory.atomic_write(Path::new(META), b"{}").unwrap();
        let reader = directory.open_read(Path::new("a")).unwrap();
        directory.delete(Path::new("a")).unwrap();
        assert!(directory.open_read(Path::new("a")).is_err());
        assert!(matches!(directory.delete(Path::new("a")), Err(DeleteError::FileDoesNotExist(_))));
        directory.sync_directory().unwrap();
        assert_eq!(reader.read_bytes().unwrap().as_slice(), b"text");
        assert_eq!((directory.lingering(), disk.list(FILES).unwrap().len()), (1, 1));
        drop(reader);
        assert_eq!((directory.lingering(), disk.list(FILES).unwrap().len()), (0, 0));
    }

    #[test]
    fn a_table_opens_under_its_generation_only_and_names_nothing_in_clear() {
        let (disk, directory) = directory();
        write(&directory, "segment.term", b"text");
        directory.atomic_write(Path::new(META), b"payload").unwrap();
        let old = disk.read(TABLE).unwrap();
        for needle in ["segment", "payload", "files/"] {
            assert!(!old.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
        }
        let new = OwnerKey([4; 32]);
        directory.roll(&new).unwrap();
        assert!(open_table(&new, old.clone()).is_err());
        assert!(open_table(&KEY, disk.read(TABLE).unwrap()).is_err());
        assert_eq!(open_table(&new, disk.read(TABLE).unwrap()).unwrap().files.len(), 1);
        for at in 0..old.len() {
            let mut changed = old.clone();
            changed[at] ^= 1;
            assert!(open_table(&KEY, changed).is_err(), "byte {at}");
            assert!(open_table(&KEY, old[..at].to_vec()).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_name_is_written_once() {
        let (_, directory) = directory();
        let open = directory.open_write(Path::new("a")).unwrap();
        assert!(directory.exists(Path::new("a")).unwrap());
        assert!(matches!(directory.open_write(Path::new("a")), Err(OpenWriteError::FileAlreadyExists(_))));
        open.terminate().unwrap();
        assert!(matches!(directory.open_write(Path::new("a")), Err(OpenWriteError::FileAlreadyExists(_))));
    }
}
