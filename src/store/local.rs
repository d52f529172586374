//! Local files: the implementation of [`Disk`] that every archive starts with, and the only file-system calls of the
//! truths.
//!
//! What a crash leaves: `append` may leave any part of the unsynced bytes; `put_if_absent` and `publish` may leave a
//! `*.tmp` file, which is never listed and which [`LocalDisk::open`] removes; `swap` may leave one of two slots torn.

use super::disk::{CELL_BYTES_MAX, Cell, Cells, Disk, DiskError};
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// Bytes of one slot of a cell: a page of common file systems, so that the two slots never share a block.
pub(super) const SLOT_BYTES: usize = 4096;
/// Magic 8, sequence 8, length 4, BLAKE3 32.
pub(super) const SLOT_OVERHEAD: usize = 52;
const SLOT_MAGIC: &[u8; 8] = b"MRGSLOT1";
/// Open files kept for reading and appending.
const HANDLES_MAX: usize = 128;

/// Which files are overwritten before they are unlinked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasing {
    /// None.
    Nothing,
    /// Those of the vault: an archive's folder.
    Vault,
    /// All: a key folder.
    Everything,
}

/// A folder of files.
pub struct LocalDisk {
    root: PathBuf,
    erasing: Erasing,
    handles: Mutex<Handles>,
}

#[derive(Default)]
struct Handles {
    open: HashMap<String, Arc<File>>,
    /// Files made since their folder was last synced.
    unsynced_names: BTreeSet<String>,
}

impl LocalDisk {
    /// Opens the folder `root`, making it if needed, and removes temporary files of interrupted writes.
    pub fn open(root: &Path, erasing: Erasing) -> Result<Self, DiskError> {
        let disk = Self { root: root.to_owned(), erasing, handles: Mutex::default() };
        let shown = root.display().to_string();
        fs::create_dir_all(root).map_err(|e| DiskError::io("create", &shown, e))?;
        if let Some(parent) = root.parent().filter(|p| !p.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        let mut temporary = Vec::new();
        walk(root, "", &mut |name, _| {
            if name.ends_with(".tmp") {
                temporary.push(name.to_owned());
            }
        })
        .map_err(|e| DiskError::io("list", &shown, e))?;
        for name in temporary {
            // Never overwritten: a crash between linking and unlinking leaves two names of one file.
            let path = disk.path(&name);
            fs::remove_file(&path).map_err(|e| DiskError::io("remove temporary", &name, e))?;
            path.parent().map_or(Ok(()), sync_folder)?;
        }
        Ok(disk)
    }

    /// Opens the folder `root` for reading only: nothing is made or removed.
    pub fn open_read_only(root: &Path) -> Self {
        Self { root: root.to_owned(), erasing: Erasing::Nothing, handles: Mutex::default() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn handles(&self) -> MutexGuard<'_, Handles> {
        // A panic while the map was held leaves it whole: it is a cache.
        self.handles.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn handle(&self, name: &str, create: bool) -> Result<Arc<File>, DiskError> {
        let mut handles = self.handles();
        if let Some(file) = handles.open.get(name) {
            return Ok(file.clone());
        }
        let path = self.path(name);
        let opened = OpenOptions::new().read(true).write(true).open(&path).or_else(|e| match e.kind() {
            // A read-only medium or owner: reading still works, and writing then says so itself.
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => File::open(&path),
            _ => Err(e),
        });
        let file = match opened {
            Ok(file) => file,
            Err(e) if create && e.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    self.make_folder(folder)?;
                }
                let made = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
                handles.unsynced_names.insert(name.to_owned());
                made.map_err(|e| DiskError::io("create", name, e))?
            }
            Err(e) => return Err(DiskError::io("open", name, e)),
        };
        if handles.open.len() >= HANDLES_MAX {
            handles.open.clear();
        }
        let file = Arc::new(file);
        handles.open.insert(name.to_owned(), file.clone());
        Ok(file)
    }

    // A folder whose own entry is lost takes its files with it, so each new level is synced into its parent at once.
    fn make_folder(&self, folder: &Path) -> Result<(), DiskError> {
        let mut missing = Vec::new();
        let mut at = folder;
        while !at.exists() {
            missing.push(at.to_owned());
            match at.parent() {
                Some(parent) => at = parent,
                None => break,
            }
        }
        for level in missing.into_iter().rev() {
            match fs::create_dir(&level) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(DiskError::io("create", &level.display().to_string(), e));
                }
                _ => {}
            }
            if let Some(parent) = level.parent() {
                sync_folder(parent)?;
            }
        }
        Ok(())
    }

    fn write_temporary(&self, name: &str, bytes: &[u8]) -> Result<(PathBuf, File), DiskError> {
        let path = self.path(&format!("{name}.tmp"));
        if let Some(folder) = path.parent() {
            self.make_folder(folder)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| DiskError::io("create", name, e))?;
        file.write_all(bytes).map_err(|e| DiskError::io("write", name, e))?;
        Ok((path, file))
    }

    fn forget(&self, name: &str) {
        self.handles().open.remove(name);
    }
}

fn sync_folder(folder: &Path) -> Result<(), DiskError> {
    let sync = || File::open(folder)?.sync_all();
    sync().map_err(|e| DiskError::io("sync folder", &folder.display().to_string(), e))
}

fn walk(folder: &Path, prefix: &str, visit: &mut dyn FnMut(&str, u64)) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else { continue };
        let name = if prefix.is_empty() { file_name.to_owned() } else { format!("{prefix}/{file_name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), &name, visit)?;
        } else if kind.is_file() {
            visit(&name, entry.metadata()?.len());
        }
    }
    Ok(())
}

impl Disk for LocalDisk {
    fn append(&self, name: &str, at: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.handle(name, true)?.write_all_at(bytes, at).map_err(|e| DiskError::io("append to", name, e))
    }

    fn sync(&self, name: &str) -> Result<(), DiskError> {
        let file = self.handle(name, false)?;
        file.sync_data().map_err(|e| DiskError::io("sync", name, e))?;
        if self.handles().unsynced_names.contains(name) {
            if let Some(folder) = self.path(name).parent() {
                sync_folder(folder)?;
            }
            self.handles().unsynced_names.remove(name);
        }
        Ok(())
    }

    fn cut(&self, name: &str, len: u64) -> Result<(), DiskError> {
        let file = self.handle(name, false)?;
        file.set_len(len).and_then(|()| file.sync_all()).map_err(|e| DiskError::io("cut", name, e))
    }

    fn put_if_absent(&self, files: &[(String, Vec<u8>)]) -> Result<(), DiskError> {
        let mut written = Vec::with_capacity(files.len());
        let mut folders = BTreeSet::new();
        for (name, bytes) in files {
            if let Some(len) = self.len(name)? {
                if len != bytes.len() as u64 || self.read(name)? != *bytes {
                    return Err(DiskError::Exists { name: name.clone() });
                }
                // It may be there from before a kill and never have been synced; success promises that it is.
                let file = File::open(self.path(name)).and_then(|file| file.sync_all());
                file.map_err(|e| DiskError::io("sync", name, e))?;
                folders.extend(self.path(name).parent().map(Path::to_owned));
                continue;
            }
            let (temporary, file) = self.write_temporary(name, bytes)?;
            written.push((name, temporary, file));
        }
        // All are written before the first wait, so the first sync carries most of the others with it.
        for (name, temporary, file) in &written {
            file.sync_all().map_err(|e| DiskError::io("sync", name, e))?;
            // A hard link fails when the name exists: the one atomic create-if-absent that local files have.
            let path = self.path(name);
            fs::hard_link(temporary, &path).map_err(|e| DiskError::io("create", name, e))?;
            fs::remove_file(temporary).map_err(|e| DiskError::io("remove temporary", name, e))?;
            folders.extend(path.parent().map(Path::to_owned));
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that replaces a file whole")]
    fn publish(&self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let (temporary, file) = self.write_temporary(name, bytes)?;
        file.sync_all().map_err(|e| DiskError::io("sync", name, e))?;
        let path = self.path(name);
        fs::rename(&temporary, &path).map_err(|e| DiskError::io("publish", name, e))?;
        self.forget(name);
        path.parent().map_or(Ok(()), sync_folder)
    }

    #[expect(clippy::disallowed_methods, reason = "the file is whole and synced before it takes its place")]
    fn replace(&self, name: &str, from: &str) -> Result<(), DiskError> {
        let path = self.path(name);
        fs::rename(self.path(from), &path).map_err(|e| DiskError::io("replace", name, e))?;
        self.forget(name);
        self.forget(from);
        path.parent().map_or(Ok(()), sync_folder)
    }

    fn read_at(&self, name: &str, at: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        let file = self.handle(name, false)?;
        file.read_exact_at(buffer, at).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => DiskError::Short {
                name: name.to_owned(),
                len: file.metadata().map_or(0, |m| m.len()),
                wanted: at.saturating_add(buffer.len() as u64),
            },
            _ => DiskError::io("read", name, e),
        })
    }

    fn len(&self, name: &str) -> Result<Option<u64>, DiskError> {
        match fs::metadata(self.path(name)) {
            Ok(m) if m.is_file() => Ok(Some(m.len())),
            Ok(_) => Ok(None),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(DiskError::io("look at", name, e)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, DiskError> {
        let mut found = Vec::new();
        walk(&self.path(prefix), prefix.trim_end_matches('/'), &mut |name, len| {
            if !name.ends_with(".tmp") {
                found.push((name.to_owned(), len));
            }
        })
        .map_err(|e| DiskError::io("list", prefix, e))?;
        found.sort();
        Ok(found)
    }

    fn delete(&self, name: &str) -> Result<(), DiskError> {
        self.forget(name);
        let path = self.path(name);
        let erase = match self.erasing {
            Erasing::Nothing => false,
            Erasing::Vault => name.starts_with("vault/"),
            Erasing::Everything => true,
        };
        if erase && let Some(len) = self.len(name)? {
            // On a flash or journalling medium the old blocks may survive this; docs/threat-model.md says so, and why
            // the epoch roll does not depend on it.
            let overwrite = || {
                let file = OpenOptions::new().write(true).open(&path)?;
                let zeros = [0u8; SLOT_BYTES];
                for at in (0..len).step_by(SLOT_BYTES) {
                    let n = usize::try_from((len - at).min(SLOT_BYTES as u64)).expect("at most a slot");
                    file.write_all_at(&zeros[..n], at)?;
                }
                file.sync_all()
            };
            overwrite().map_err(|e| DiskError::io("overwrite", name, e))?;
        }
        match fs::remove_file(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(DiskError::io("remove", name, e)),
            Ok(()) => path.parent().map_or(Ok(()), sync_folder),
        }
    }

    fn swap(&self, name: &str, expected: u64, next: &[u8]) -> Result<(), DiskError> {
        assert!(next.len() <= CELL_BYTES_MAX, "a cell holds {CELL_BYTES_MAX} bytes");
        let found = self.cells(name)?.newest.map_or(0, |c| c.seq);
        if found != expected {
            return Err(DiskError::Swapped { name: name.to_owned(), expected, found });
        }
        let seq = expected + 1;
        let file = self.handle(name, true)?;
        let slot = encode_slot(&Cell { seq, bytes: next.to_vec() });
        // The older slot is overwritten; the newest value stays whole until this write is durable.
        let at = (seq % 2) * SLOT_BYTES as u64;
        file.write_all_at(&slot, at).map_err(|e| DiskError::io("swap", name, e))?;
        if expected == 0 {
            // Both slots exist from the first day, so later swaps change no file length.
            file.write_all_at(&encode_slot(&Cell { seq: 0, bytes: Vec::new() }), 0)
                .map_err(|e| DiskError::io("swap", name, e))?;
        }
        self.sync(name)
    }

    fn cells(&self, name: &str) -> Result<Cells, DiskError> {
        if self.len(name)?.is_none() {
            return Ok(Cells::default());
        }
        let mut cells = Cells::default();
        for slot in 0..2u64 {
            let mut bytes = vec![0u8; SLOT_BYTES];
            match self.read_at(name, slot * SLOT_BYTES as u64, &mut bytes) {
                Err(DiskError::Short { .. }) => cells.damaged = true,
                result => {
                    result?;
                    match decode_slot(&bytes) {
                        Some(cell) if cell.seq % 2 == slot => {
                            if cell.seq > 0 && cells.newest.as_ref().is_none_or(|n| n.seq < cell.seq) {
                                cells.newest = Some(cell);
                            }
                        }
                        _ => cells.damaged = true,
                    }
                }
            }
        }
        // Whatever follows the two slots was not written by us.
        cells.damaged |= self.len(name)?.is_some_and(|len| len > 2 * SLOT_BYTES as u64);
        Ok(cells)
    }
}

/// The bytes of one slot: magic, sequence, length, value, zeros, BLAKE3 of all before it.
pub(crate) fn encode_slot(cell: &Cell) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend_from_slice(SLOT_MAGIC);
    slot.extend_from_slice(&cell.seq.to_le_bytes());
    slot.extend_from_slice(&u32::try_from(cell.bytes.len()).expect("a cell fits its slot").to_le_bytes());
    slot.extend_from_slice(&cell.bytes);
    slot.resize(SLOT_BYTES - 32, 0);
    let digest = blake3::hash(&slot);
    slot.extend_from_slice(digest.as_bytes());
    slot
}

/// Reads one slot; `None` when any byte of it is not as written.
pub(crate) fn decode_slot(slot: &[u8]) -> Option<Cell> {
    let (body, digest) = slot.split_at_checked(SLOT_BYTES - 32)?;
    if blake3::hash(body).as_bytes() != digest {
        return None;
    }
    let rest = body.strip_prefix(SLOT_MAGIC)?;
    let seq = u64::from_le_bytes(rest.get(..8)?.try_into().ok()?);
    let len = usize::try_from(u32::from_le_bytes(rest.get(8..12)?.try_into().ok()?)).ok()?;
    Some(Cell { seq, bytes: rest.get(12..12 + len)?.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> (tempfile::TempDir, LocalDisk) {
        let dir = tempfile::tempdir().unwrap();
        let disk = LocalDisk::open(&dir.path().join("d"), Erasing::Everything).unwrap();
        (dir, disk)
    }

    #[test]
    fn put_if_absent_keeps_the_first_bytes() {
        let (_dir, disk) = disk();
        let put = |b: &[u8]| disk.put_if_absent(&[("a/b/c".into(), b.to_vec())]);
        put(b"one").unwrap();
        put(b"one").unwrap();
        assert!(matches!(put(b"two"), Err(DiskError::Exists { .. })));
        assert_eq!(disk.read("a/b/c").unwrap(), b"one");
        assert_eq!(disk.list("a").unwrap(), vec![("a/b/c".to_owned(), 3)]);
    }

    #[test]
    fn what_takes_a_place_is_read_there_at_once() {
        let (_dir, disk) = disk();
        for (name, bytes) in [("s/1", &b"the old bytes"[..]), ("s/1.new", b"new")] {
            disk.append(name, 0, bytes).unwrap();
            disk.sync(name).unwrap();
        }
        // Both files are open.
        disk.replace("s/1", "s/1.new").unwrap();
        assert_eq!(disk.read("s/1").unwrap(), b"new");
        assert_eq!(disk.list("s").unwrap(), vec![("s/1".to_owned(), 3)]);
        assert!(matches!(disk.replace("s/1", "s/1.new"), Err(DiskError::Missing { .. })));
        disk.append("s/1.new", 0, b"another").unwrap();
        assert_eq!(disk.read("s/1").unwrap(), b"new", "no handle is left of the file that moved");
    }

    #[test]
    fn a_cell_survives_a_torn_slot_and_says_so() {
        let (_dir, disk) = disk();
        assert_eq!(disk.cells("lock").unwrap(), Cells::default());
        for i in 0..5u64 {
            disk.swap("lock", i, &[u8::try_from(i).unwrap(); 10]).unwrap();
        }
        assert!(matches!(disk.swap("lock", 4, b"x"), Err(DiskError::Swapped { found: 5, .. })));
        assert_eq!(disk.cells("lock").unwrap().newest.unwrap().seq, 5);
        assert!(!disk.cells("lock").unwrap().damaged);
        // The newest value (5) is in slot 1; damage it.
        let file = OpenOptions::new().write(true).open(disk.path("lock")).unwrap();
        file.write_all_at(b"!", SLOT_BYTES as u64 + 30).unwrap();
        let cells = disk.cells("lock").unwrap();
        assert!(cells.damaged);
        assert_eq!(cells.newest.unwrap().seq, 4);
    }

    #[test]
    fn every_byte_of_a_cell_is_covered() {
        let (_dir, disk) = disk();
        disk.swap("lock", 0, b"a").unwrap();
        disk.swap("lock", 1, b"b").unwrap();
        let whole = fs::read(disk.path("lock")).unwrap();
        for at in (0..whole.len()).step_by(61) {
            let mut bad = whole.clone();
            bad[at] ^= 4;
            fs::write(disk.path("lock"), &bad).unwrap();
            assert!(disk.cells("lock").unwrap().damaged, "byte {at}");
        }
    }

    #[test]
    fn temporary_files_are_gone_after_reopening() {
        let (dir, disk) = disk();
        fs::write(disk.path("x.tmp"), b"half").unwrap();
        // What a kill between linking and unlinking leaves: two names of one file.
        disk.put_if_absent(&[("y".into(), b"whole".to_vec())]).unwrap();
        fs::hard_link(disk.path("y"), disk.path("y.tmp")).unwrap();
        assert_eq!(disk.list("").unwrap().len(), 1);
        drop(disk);
        let disk = LocalDisk::open(&dir.path().join("d"), Erasing::Everything).unwrap();
        assert!(!disk.path("x.tmp").exists() && !disk.path("y.tmp").exists());
        assert_eq!(disk.read("y").unwrap(), b"whole");
    }
}
