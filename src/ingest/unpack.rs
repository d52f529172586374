//! Opening the container of a submission: a folder, a ZIP file, or what the archive itself holds of one that waits.
//!
//! Second step of [`Sip::open`](super::receive::Sip::open). A container knows the names and the declared sizes of
//! all its files before a byte of them is read, and gives their bytes as streams; nothing is unpacked to disk.
//!
//! Invariants
//!   - Names are UTF-8, relative and unique; nothing but regular files, never a link.
//!   - The number of entries, the size of a ZIP directory and the sum of the declared sizes are bounded before
//!     anything is read.
//!   - A ZIP file means one thing to every reader: its two sets of headers agree, no entry overlaps another, nothing
//!     stands before it, and entries are stored or deflated, never encrypted.

use super::receive::ReceiveError;
use crate::error::{ErrorCode, Refusal};
use crate::limits::{
    CONTAINER_BYTES_MAX, CONTAINER_ENTRIES_MAX, HOLDING_FILES_MAX, ZIP_DIRECTORY_BYTES_MAX, ZIP_OVERHEAD_BYTES_MAX,
};
use crate::model::path;
use crate::model::strict::shown;
use crate::model::submission::SUBMISSION_FILE;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

/// An opened container.
pub(crate) struct Container<'a> {
    path: PathBuf,
    source: Source<'a>,
    /// The files by name, relative to the folder of `submission.json`.
    files: BTreeMap<String, Entry>,
}

enum Source<'a> {
    Folder,
    /// Files that were written for it; all others lie in a folder.
    Imported(BTreeMap<String, Vec<u8>>),
    Zip(Box<ZipArchive<Metered<'a>>>),
    /// Opens a file by its position in the list.
    Held(Opener<'a>),
}

/// Opens a file of a list by its position.
pub(crate) type Opener<'a> = Box<dyn Fn(usize) -> Box<dyn Read + 'a> + 'a>;

#[derive(Clone, Copy)]
struct Entry {
    size: u64,
    /// Number of the entry in the ZIP directory or in the list; zero in a folder.
    index: usize,
    /// Which file it is and when it last changed; none but in a folder.
    stamp: Option<Stamp>,
}

/// A file and its state: another file, or the same one written to, has another stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            file: (metadata.dev(), metadata.ino()),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The folder of a holding that is imported: regular files by name, and what in it cannot be taken, with the reason.
pub(crate) struct Holding {
    root: PathBuf,
    files: BTreeMap<String, Entry>,
    odd: BTreeMap<String, Refusal>,
}

impl Holding {
    /// Lists the folder at `root` with all folders in it. No link is followed.
    pub(crate) fn open(root: &Path) -> Result<Self, ReceiveError> {
        let (mut files, mut odd) = (BTreeMap::new(), BTreeMap::new());
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let path = root.join(&folder);
            for entry in fs::read_dir(&path).map_err(|source| ReceiveError::io(&path, source))? {
                let entry = entry.map_err(|source| ReceiveError::io(&path, source))?;
                if files.len() + odd.len() >= HOLDING_FILES_MAX {
                    let detail = format!("more than {HOLDING_FILES_MAX} files; import it in parts");
                    return Err(Refusal::new(ErrorCode::IngEntriesTooMany, file_name(root), detail).into());
                }
                let name = format!("{folder}{}", entry.file_name().to_string_lossy());
                let metadata = fs::symlink_metadata(entry.path()).map_err(|e| ReceiveError::io(&entry.path(), e))?;
                let stamp = Some(Stamp::of(&metadata));
                if entry.file_name().to_str().is_none() || path::check(&name).is_err() {
                    let what = "file name cannot be kept";
                    odd.insert(name.clone(), Refusal::new(ErrorCode::IngPathUnsafe, shown(&name), what));
                } else if metadata.is_dir() {
                    folders.push(format!("{name}/"));
                } else if metadata.is_file() {
                    files.insert(name, Entry { size: metadata.len(), index: 0, stamp });
                } else {
                    odd.insert(name.clone(), not_a_file(&name));
                }
            }
        }
        Ok(Self { root: root.to_owned(), files, odd })
    }

    /// Names of all files, also of those that cannot be taken.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().chain(self.odd.keys()).map(String::as_str)
    }

    /// Why a file of this name cannot be taken; none when it can.
    pub(crate) fn fault(&self, name: &str) -> Option<Refusal> {
        if self.files.contains_key(name) {
            return None;
        }
        let missing = || Refusal::new(ErrorCode::IngFileMissing, shown(name), "no such file in the folder");
        Some(self.odd.get(name).cloned().unwrap_or_else(missing))
    }
}

impl<'a> Container<'a> {
    /// A submission of an imported holding: files that were written for it, and files of the folder by name.
    pub(crate) fn imported(holding: &Holding, made: &[(String, Vec<u8>)], names: &[String]) -> Self {
        let of_folder = names.iter().filter_map(|name| Some((name.clone(), *holding.files.get(name)?)));
        let written = |(name, bytes): &(String, Vec<u8>)| {
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            (name.clone(), Entry { size, index: 0, stamp: None })
        };
        Self {
            path: holding.root.clone(),
            files: of_folder.chain(made.iter().map(written)).collect(),
            source: Source::Imported(made.iter().cloned().collect()),
        }
    }

    /// The files of a submission that the archive holds: names with sizes, and how they are opened. They passed every
    /// check of a container when they came.
    pub(crate) fn held(name: &str, files: &[(String, u64)], open: Opener<'a>) -> Self {
        let entry =
            |(index, (name, size)): (usize, &(String, u64))| (name.clone(), Entry { size: *size, index, stamp: None });
        Self {
            path: PathBuf::from(name),
            source: Source::Held(open),
            files: files.iter().enumerate().map(entry).collect(),
        }
    }

    /// Opens the folder or ZIP file at `path` and lists what is in it.
    pub(crate) fn open(path: &Path) -> Result<Self, ReceiveError> {
        // A linked submission is not followed: it would take in what lies elsewhere on this machine. A folder of
        // submissions may well be reached through a link.
        let metadata = fs::symlink_metadata(path).map_err(|source| ReceiveError::io(path, source))?;
        if metadata.is_symlink() {
            return Err(not_a_file(&file_name(path)).into());
        }
        let container = if metadata.is_dir() {
            Self { path: path.to_owned(), source: Source::Folder, files: list_folder(path)? }
        } else if metadata.is_file() {
            let mut file = open_at_once(path).map_err(|source| ReceiveError::io(path, source))?;
            let len = file.metadata().map_err(|source| ReceiveError::io(path, source))?.len();
            check_len(path, len)?;
            file.rewind().map_err(|source| ReceiveError::io(path, source))?;
            open_zip(path, Box::new(file), len)?
        } else {
            let detail = "neither a folder nor a ZIP file";
            return Err(Refusal::new(ErrorCode::IngContainerUnreadable, file_name(path), detail).into());
        };
        container.checked()
    }

    /// Opens a ZIP file of `len` bytes that was sent under the name `path`.
    pub(crate) fn sent(path: &Path, bytes: Box<dyn ReadSeek + 'a>, len: u64) -> Result<Self, ReceiveError> {
        check_len(path, len)?;
        open_zip(path, bytes, len)?.checked()
    }

    fn checked(self) -> Result<Self, ReceiveError> {
        // Checked before anything is read. A sum of 256 numbers can still overflow 64 bits when a ZIP directory lies.
        let total = self.files.values().try_fold(0u64, |sum, entry| sum.checked_add(entry.size));
        if total.is_none_or(|total| total > CONTAINER_BYTES_MAX) {
            let detail = format!("files claim more than {CONTAINER_BYTES_MAX} bytes in all");
            return Err(Refusal::new(ErrorCode::IngSubmissionTooLarge, self.name(), detail).into());
        }
        Ok(self)
    }

    /// The name a refusal of the whole container gives.
    pub(crate) fn name(&self) -> String {
        file_name(&self.path)
    }

    /// Names of all files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Declared size of a file, when there is one of that name.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        self.files.get(name).map(|entry| entry.size)
    }

    /// Refuses a file of a folder that is no longer in the state in which it was listed: what was read of it may be a
    /// mixture of two states.
    pub(crate) fn check_unchanged(&self, name: &str) -> Result<(), ReceiveError> {
        let Some(stamp) = self.files.get(name).and_then(|entry| entry.stamp) else { return Ok(()) };
        let path = self.path.join(name);
        let metadata = fs::symlink_metadata(&path).map_err(|source| ReceiveError::io(&path, source))?;
        if Stamp::of(&metadata) == stamp {
            return Ok(());
        }
        Err(Refusal::new(ErrorCode::IngSizeMismatch, shown(name), "the file was changed while it was read").into())
    }

    /// The bytes of the file called `name`, which must be there. They are not yet held to the declared size.
    pub(crate) fn read(&mut self, name: &str) -> Result<Box<dyn Read + '_>, ReceiveError> {
        let entry = &self.files[name];
        match &mut self.source {
            Source::Folder => Ok(Box::new(open_in_folder(&self.path, name, entry)?)),
            Source::Imported(made) => match made.get(name) {
                Some(bytes) => Ok(Box::new(bytes.as_slice())),
                None => Ok(Box::new(open_in_folder(&self.path, name, entry)?)),
            },
            Source::Zip(archive) => {
                let path = &self.path;
                let file = archive.by_index(entry.index).map_err(|error| zip_error(path, error))?;
                Ok(Box::new(ZipStream { inner: file, name: name.to_owned() }))
            }
            Source::Held(open) => Ok(open(entry.index)),
        }
    }
}

/// Opens a file that a person names, with its length. What is no regular file is refused before it is opened: a pipe
/// would wait for its writer.
pub(crate) fn open_regular(path: &Path) -> Result<(File, u64), ReceiveError> {
    let io = |source| ReceiveError::io(path, source);
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(not_a_file(&file_name(path)).into());
    }
    // A link that a person names is meant.
    let file = open_at_once(&path.canonicalize().map_err(io)?).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(not_a_file(&file_name(path)).into());
    }
    Ok((file, metadata.len()))
}

/// The last segment of `path`: machine paths are nobody's business in a notice of refusal.
fn file_name(path: &Path) -> String {
    shown(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
}

fn list_folder(root: &Path) -> Result<BTreeMap<String, Entry>, ReceiveError> {
    let mut files = BTreeMap::new();
    let mut folders = vec![String::new()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        let entries = fs::read_dir(&path).map_err(|source| ReceiveError::io(&path, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| ReceiveError::io(&path, source))?;
            count += 1;
            if count > CONTAINER_ENTRIES_MAX {
                return Err(too_many_entries(file_name(root)).into());
            }
            let os_name = entry.file_name();
            let name = os_name.to_str().map(|name| format!("{folder}{name}"));
            let Some(name) = name.filter(|name| path::check(name).is_ok()) else {
                let subject = shown(&format!("{folder}{}", os_name.to_string_lossy()));
                return Err(Refusal::new(ErrorCode::IngPathUnsafe, subject, "file name cannot be kept").into());
            };
            // Not followed: a link would take in a file from elsewhere on this machine.
            let metadata = fs::symlink_metadata(entry.path()).map_err(|e| ReceiveError::io(&entry.path(), e))?;
            if metadata.is_dir() {
                folders.push(format!("{name}/"));
            } else if metadata.is_file() {
                files.insert(name, Entry { size: metadata.len(), index: 0, stamp: Some(Stamp::of(&metadata)) });
            } else {
                return Err(not_a_file(&name).into());
            }
        }
    }
    Ok(files)
}

fn open_in_folder(root: &Path, name: &str, entry: &Entry) -> Result<File, ReceiveError> {
    let path = root.join(name);
    // What it is now is asked of the opened file: between listing and opening it may have become another one, and so
    // may every folder on the way to it.
    let file = open_at_once(&path).map_err(|source| match source.raw_os_error() {
        Some(libc::ELOOP | libc::ENXIO) => not_a_file(name).into(),
        _ => ReceiveError::io(&path, source),
    })?;
    let opened = file.metadata().map_err(|source| ReceiveError::io(&path, source))?;
    let stamp = Stamp::of(&opened);
    if !opened.is_file() || entry.stamp.is_none_or(|listed| listed.file != stamp.file) {
        return Err(not_a_file(name).into());
    }
    if entry.stamp != Some(stamp) {
        let detail = format!("{} bytes when listed, {} when opened; it was written to", entry.size, opened.len());
        return Err(Refusal::new(ErrorCode::IngSizeMismatch, name, detail).into());
    }
    Ok(file)
}

/// Opens a file without waiting for the writer of a pipe, and without following a link.
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(path)
}

/// Refuses what is longer than any submission before anything of it is read.
fn check_len(path: &Path, len: u64) -> Result<(), ReceiveError> {
    if len <= CONTAINER_BYTES_MAX + ZIP_OVERHEAD_BYTES_MAX {
        return Ok(());
    }
    let detail = "ZIP file is larger than any submission";
    Err(Refusal::new(ErrorCode::IngSubmissionTooLarge, file_name(path), detail).into())
}

fn open_zip<'a>(path: &Path, mut file: Box<dyn ReadSeek + 'a>, len: u64) -> Result<Container<'a>, ReceiveError> {
    let io = |source| ReceiveError::io(path, source);
    let refuse = |code, detail: &str| ReceiveError::from(Refusal::new(code, file_name(path), detail));
    check_end(file.as_mut(), len).map_err(io)?.map_err(|what| refuse(ErrorCode::IngContainerUnreadable, what))?;
    // The library reads the directory whole; the meter bounds how much of it there can be.
    let meter = Arc::new(AtomicU64::new(ZIP_DIRECTORY_BYTES_MAX));
    let metered = Metered { file, left: Arc::clone(&meter) };
    // No search for a ZIP file behind other bytes: a file that is also something else is no plain submission.
    let config = zip::read::Config { archive_offset: zip::read::ArchiveOffset::Known(0) };
    let mut archive =
        ZipArchive::with_config(config, metered).map_err(|error| match meter.load(Ordering::Relaxed) {
            0 => too_many_entries(file_name(path)).into(),
            _ => zip_error(path, error),
        })?;
    if archive.len() > CONTAINER_ENTRIES_MAX {
        return Err(too_many_entries(file_name(path)).into());
    }
    meter.store(u64::MAX, Ordering::Relaxed);
    if archive.has_duplicate_names() {
        return Err(refuse(ErrorCode::IngPathConflict, "two entries have the same name"));
    }
    let entries = list_zip(&archive)?;
    // Local headers, directory and data must tell the same story, or another reader would take out other documents.
    archive.validate_header_consistency().map_err(|error| zip_error(path, error))?;
    let files = unwrap_folder(entries);
    Ok(Container { path: path.to_owned(), source: Source::Zip(Box::new(archive)), files })
}

/// Checks that the directory ends where its end record begins, and the record at the end of the file: else another
/// reader, who searches from the end, finds another directory.
fn check_end(file: &mut (dyn ReadSeek + '_), len: u64) -> io::Result<Result<(), &'static str>> {
    const END_BYTES: u64 = 22;
    const COMMENT_BYTES_MAX: u64 = 65_535;
    const END64_AND_LOCATOR_BYTES: u64 = 56 + 20;
    let tail_at = len.saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
    file.seek(SeekFrom::Start(tail_at))?;
    let mut tail = Vec::new();
    file.take(END_BYTES + COMMENT_BYTES_MAX).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let u16_at = |at: usize| tail.get(at..at + 2).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]])));
    let u32_at = |at: usize| tail.get(at..at + 4).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]])));
    let Some(at) = memchr::memmem::rfind(&tail, b"PK\x05\x06") else { return Ok(Err("no end record")) };
    let end_at = tail_at + at as u64;
    let (Some(size), Some(offset), Some(comment)) = (u32_at(at + 12), u32_at(at + 16), u16_at(at + 20)) else {
        return Ok(Err("the end record is cut off"));
    };
    if end_at + END_BYTES + comment != len {
        return Ok(Err("the end record does not end the file"));
    }
    // The long form stands before the short one, and its sizes are the library's to read.
    let is_long = size == u64::from(u32::MAX) || offset == u64::from(u32::MAX);
    let before = if is_long { end_at.checked_sub(END64_AND_LOCATOR_BYTES) } else { Some(end_at) };
    if !is_long && before != Some(offset + size) {
        return Ok(Err("the directory does not end where its end record begins"));
    }
    Ok(before.map(drop).ok_or("the end record has no room for its long form"))
}

fn list_zip(archive: &ZipArchive<Metered<'_>>) -> Result<BTreeMap<String, Entry>, ReceiveError> {
    const KIND_MASK: u32 = 0o170_000;
    const KIND_FILE: u32 = 0o100_000;
    const KIND_FOLDER: u32 = 0o040_000;

    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let Ok(entry) = archive.by_index_data(index) else { unreachable!("the index is below the number of entries") };
        // Old ZIP programs wrote names in the code page of the machine; guessing it would rename documents.
        let Ok(name) = std::str::from_utf8(entry.name_raw()) else {
            let subject = shown(&String::from_utf8_lossy(entry.name_raw()));
            return Err(Refusal::new(ErrorCode::IngPathUnsafe, subject, "file name is not UTF-8").into());
        };
        let refuse = |code, detail: &str| ReceiveError::from(Refusal::new(code, shown(name), detail));
        path::check(name.strip_suffix('/').unwrap_or(name)).map_err(|fault| refuse(ErrorCode::IngPathUnsafe, fault))?;
        let is_folder = name.ends_with('/');
        // Zero: the program that made the ZIP kept no kind.
        let kind = entry.unix_mode().unwrap_or(0) & KIND_MASK;
        if kind != 0 && kind != if is_folder { KIND_FOLDER } else { KIND_FILE } {
            return Err(not_a_file(name).into());
        }
        if entry.encrypted() {
            return Err(refuse(ErrorCode::IngZipEncrypted, "entry is encrypted"));
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(refuse(ErrorCode::IngZipMethod, "entry is neither stored nor deflated"));
        }
        if is_folder {
            if entry.size() > 0 {
                return Err(refuse(ErrorCode::IngContainerUnreadable, "folder entry has contents"));
            }
        } else if files.insert(name.to_owned(), Entry { size: entry.size(), index, stamp: None }).is_some() {
            return Err(refuse(ErrorCode::IngPathConflict, "two entries have the same name"));
        }
    }
    Ok(files)
}

/// Takes off a single top-level folder that holds everything, `submission.json` among it.
fn unwrap_folder(files: BTreeMap<String, Entry>) -> BTreeMap<String, Entry> {
    let folder = files.keys().next().and_then(|name| name.split_once('/')).map(|(folder, _)| format!("{folder}/"));
    match folder {
        Some(folder)
            if files.keys().all(|name| name.starts_with(&folder))
                && files.contains_key(&format!("{folder}{SUBMISSION_FILE}")) =>
        {
            files.into_iter().map(|(name, entry)| (name[folder.len()..].to_owned(), entry)).collect()
        }
        _ => files,
    }
}

fn too_many_entries(subject: String) -> Refusal {
    Refusal::new(ErrorCode::IngEntriesTooMany, subject, format!("more than {CONTAINER_ENTRIES_MAX} files and folders"))
}

fn not_a_file(name: &str) -> Refusal {
    Refusal::new(ErrorCode::IngEntryNotAFile, shown(name), "a link, a device or another thing that is no regular file")
}

/// What the ZIP library reports: an error of the disk, or a fault of the file.
fn zip_error(path: &Path, error: ZipError) -> ReceiveError {
    match error {
        ZipError::Io(source) if is_from_disk(&source) => ReceiveError::io(path, source),
        error => Refusal::new(ErrorCode::IngContainerUnreadable, file_name(path), error.to_string()).into(),
    }
}

/// Whether the operating system reported it, rather than a decoder that found bytes it cannot read.
fn is_from_disk(error: &io::Error) -> bool {
    error.raw_os_error().is_some()
}

/// Bytes that can be read from any place.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Bytes of which only so many may be read.
struct Metered<'a> {
    file: Box<dyn ReadSeek + 'a>,
    left: Arc<AtomicU64>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other("more is read than a submission needs"));
        }
        let count = self.file.read(buf)?;
        let spent = u64::try_from(count).unwrap_or(u64::MAX);
        self.left.store(left.saturating_sub(spent), Ordering::Relaxed);
        Ok(count)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The bytes of one ZIP entry; what the decoder cannot read is a refusal of that entry.
struct ZipStream<R> {
    inner: R,
    name: String,
}

impl<R: Read> Read for ZipStream<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf).map_err(|error| {
            if is_from_disk(&error) || error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            let refusal = Refusal::new(ErrorCode::IngContainerUnreadable, self.name.as_str(), error.to_string());
            io::Error::new(io::ErrorKind::InvalidData, refusal)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    const DEFLATED: SimpleFileOptions = SimpleFileOptions::DEFAULT.compression_method(CompressionMethod::Deflated);

    fn zip_of(names: &[&str]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, DEFLATED).unwrap();
            zip.write_all(format!("bytes of {name}").as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn open_bytes(bytes: &[u8]) -> Result<Container<'static>, ReceiveError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        Container::open(file.path())
    }

    #[track_caller]
    fn refused(result: Result<Container<'_>, ReceiveError>, code: ErrorCode) -> String {
        match result.map(drop).unwrap_err() {
            ReceiveError::Refused(mut refusals) => {
                let refusal = refusals.remove(0);
                assert_eq!(refusal.code, code, "{refusal}");
                refusal.subject
            }
            other => panic!("{other}"),
        }
    }

    /// Replaces every `from` in a ZIP file by `to`, in local header and directory alike.
    fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let places: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i..].starts_with(from)).collect();
        assert!(!places.is_empty());
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        bytes
    }

    fn position(bytes: &[u8], mark: &[u8]) -> usize {
        (0..bytes.len()).find(|&i| bytes[i..].starts_with(mark)).unwrap()
    }

    #[test]
    fn a_zip_is_listed_and_read() {
        let mut container = open_bytes(&zip_of(&["submission.json", "б/а.docx"])).unwrap();
        assert_eq!(container.names().collect::<Vec<_>>(), ["submission.json", "б/а.docx"]);
        assert_eq!(container.size("б/а.docx"), Some(19));
        let mut text = String::new();
        container.read("б/а.docx").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "bytes of б/а.docx");
    }

    #[test]
    fn one_folder_around_everything_is_taken_off() {
        let names = |names: &[&str]| open_bytes(&zip_of(names)).unwrap().names().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(names(&["x/submission.json", "x/a/b"]), ["a/b", "submission.json"]);
        // Not when something stands beside it, and not twice.
        assert_eq!(names(&["x/submission.json", "y"]), ["x/submission.json", "y"]);
        assert_eq!(names(&["x/y/submission.json"]), ["x/y/submission.json"]);
        assert_eq!(names(&["x/submission.json", "xy/a"]), ["x/submission.json", "xy/a"]);
    }

    #[test]
    fn unsafe_names_are_refused() {
        for name in ["../a", "/a", "a/../../b", "a\\b", "C:/a", "a\u{1b}b", "a//b"] {
            refused(
                open_bytes(&patched(
                    zip_of(&[&"N".repeat(name.len())]),
                    "N".repeat(name.len()).as_bytes(),
                    name.as_bytes(),
                )),
                ErrorCode::IngPathUnsafe,
            );
        }
        let subject = refused(open_bytes(&patched(zip_of(&["NNN"]), b"NNN", b"N\xe9N")), ErrorCode::IngPathUnsafe);
        assert_eq!(subject, "N\u{fffd}N");
    }

    #[test]
    fn repeated_names_are_refused() {
        let twice = patched(zip_of(&["one.txt", "two.txt"]), b"two.txt", b"one.txt");
        refused(open_bytes(&twice), ErrorCode::IngPathConflict);
    }

    #[test]
    fn links_and_folders_with_contents_are_refused() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink("link", "/etc/passwd", DEFLATED).unwrap();
        assert_eq!(refused(open_bytes(&zip.finish().unwrap().into_inner()), ErrorCode::IngEntryNotAFile), "link");
        let folder = patched(zip_of(&["folder!"]), b"folder!", b"folder/");
        refused(open_bytes(&folder), ErrorCode::IngEntryNotAFile);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_directory("folder", DEFLATED).unwrap();
        assert_eq!(open_bytes(&zip.finish().unwrap().into_inner()).unwrap().names().count(), 0);
    }

    #[test]
    fn encryption_and_rare_methods_are_refused() {
        let bytes = zip_of(&["a"]);
        let central = position(&bytes, b"PK\x01\x02");
        // APPNOTE 4.4.4 and 4.4.5: flags at 6 (local) and 8 (directory), method behind them.
        let change = |local: usize, directory: usize, value: u8| {
            let mut bytes = bytes.clone();
            bytes[local] = value;
            bytes[central + directory] = value;
            open_bytes(&bytes)
        };
        refused(change(6, 8, 1), ErrorCode::IngZipEncrypted);
        refused(change(8, 10, 12), ErrorCode::IngZipMethod);
        refused(change(8, 10, 99), ErrorCode::IngZipMethod);
    }

    #[test]
    fn a_zip_that_can_be_read_in_two_ways_is_refused() {
        let bytes = zip_of(&["aaa", "bbb"]);
        let mut renamed = bytes.clone();
        let local = position(&bytes, b"aaa");
        renamed[local] = b'c';
        refused(open_bytes(&renamed), ErrorCode::IngContainerUnreadable);
        let mut prefixed = b"#!/bin/sh\n".to_vec();
        prefixed.extend_from_slice(&bytes);
        refused(open_bytes(&prefixed), ErrorCode::IngContainerUnreadable);
        // The second entry points to the data of the first.
        let mut overlapping = zip_of(&["aaa", "aab"]);
        let second = position(&overlapping, b"PK\x01\x02") + 49;
        assert!(overlapping[second..].starts_with(b"PK\x01\x02"));
        overlapping[second + 42..second + 46].fill(0);
        refused(open_bytes(&overlapping), ErrorCode::IngContainerUnreadable);
    }

    #[test]
    fn broken_files_are_refused() {
        let bytes = zip_of(&["aaa", "bbb"]);
        for n in 0..bytes.len() {
            refused(open_bytes(&bytes[..n]), ErrorCode::IngContainerUnreadable);
        }
        refused(open_bytes(b"%PDF-1.7"), ErrorCode::IngContainerUnreadable);
        // Any one wrong byte: refused here, or when the entry is read, or harmless; never a panic, never other bytes.
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x55;
            let Ok(mut container) = open_bytes(&bytes) else { continue };
            let names: Vec<String> = container.names().map(str::to_owned).collect();
            for name in names {
                let Ok(mut stream) = container.read(&name) else { continue };
                let mut read = Vec::new();
                if stream.read_to_end(&mut read).is_ok() {
                    assert_eq!(read, format!("bytes of {name}").as_bytes(), "byte {at}");
                }
            }
        }
    }

    #[test]
    fn entries_directory_and_claims_are_bounded() {
        let names: Vec<String> = (0..=CONTAINER_ENTRIES_MAX).map(|i| format!("f{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        refused(open_bytes(&zip_of(&names)), ErrorCode::IngEntriesTooMany);
        assert!(open_bytes(&zip_of(&names[1..])).is_ok());
        // A directory of 1.5 MiB is not read to its end.
        let long: Vec<String> = (0..25).map(|i| format!("{i:060000}")).collect();
        let long: Vec<&str> = long.iter().map(String::as_str).collect();
        refused(open_bytes(&zip_of(&long)), ErrorCode::IngEntriesTooMany);
        // A claimed size of almost 4 GiB, in both headers.
        let bytes = zip_of(&["a"]);
        let central = position(&bytes, b"PK\x01\x02");
        let mut huge = bytes.clone();
        huge[22..26].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
        huge[central + 24..central + 28].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
        refused(open_bytes(&huge), ErrorCode::IngSubmissionTooLarge);
    }

    #[test]
    fn a_folder_is_listed_without_following_links() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/ә.pdf"), "12345").unwrap();
        fs::write(folder.path().join(".DS_Store"), "1").unwrap();
        let container = Container::open(folder.path()).unwrap();
        assert_eq!(container.names().collect::<Vec<_>>(), [".DS_Store", "a/b/ә.pdf"]);
        assert_eq!(container.size("a/b/ә.pdf"), Some(5));
        #[cfg(unix)]
        {
            let link = folder.path().join("a/link");
            for target in ["b/ә.pdf", "b", "nowhere"] {
                std::os::unix::fs::symlink(target, &link).unwrap();
                assert_eq!(refused(Container::open(folder.path()), ErrorCode::IngEntryNotAFile), "a/link");
                fs::remove_file(&link).unwrap();
            }
            let socket = std::os::unix::net::UnixListener::bind(&link).unwrap();
            refused(Container::open(folder.path()), ErrorCode::IngEntryNotAFile);
            drop(socket);
            fs::remove_file(&link).unwrap();
        }
        for i in 0..CONTAINER_ENTRIES_MAX {
            fs::write(folder.path().join(format!("f{i}")), "1").unwrap();
        }
        refused(Container::open(folder.path()), ErrorCode::IngEntriesTooMany);
    }

    #[test]
    fn a_file_swapped_after_listing_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        let mut container = Container::open(folder.path()).unwrap();
        fs::write(&path, "123456").unwrap();
        assert_eq!(container.read("a").map(drop).unwrap_err().code(), ErrorCode::IngSizeMismatch);
        fs::remove_file(&path).unwrap();
        assert_eq!(container.read("a").map(drop).unwrap_err().code(), ErrorCode::IngNoSuchPath);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
            assert_eq!(container.read("a").map(drop).unwrap_err().code(), ErrorCode::IngEntryNotAFile);
        }
    }
}
