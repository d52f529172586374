//! A package that is a folder on this machine.
//!
//! It is listed once. Links, devices, and what lies on another file system are noted and never followed; a file is
//! opened without following links, and must be the one that was listed. Nothing is written.

use super::{Entry, FILES_MAX, Listing, Odd, Source, Tar};
use rustix::fs::OFlags;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A folder that was listed.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    name: Option<String>,
    device: u64,
    listing: Listing,
}

impl Folder {
    /// Lists the folder at `root` with all folders in it.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or has more files or folders than [`FILES_MAX`].
    pub fn open(root: &Path) -> io::Result<Self> {
        // Who names a package by `.` or through a link means the folder behind it.
        let root = fs::canonicalize(root)?;
        let device = fs::symlink_metadata(&root)?.dev();
        let mut listing = Listing::default();
        let mut folders = vec![String::new()];
        let mut count = 0;
        while let Some(folder) = folders.pop() {
            count += 1;
            if count > FILES_MAX {
                let what = format!("more than {FILES_MAX} folders");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            for entry in fs::read_dir(root.join(&folder))? {
                let entry = entry?;
                let file_name = entry.file_name();
                let name = format!("{folder}{}", file_name.to_string_lossy());
                let metadata = fs::symlink_metadata(entry.path())?;
                if file_name.to_str().is_none() {
                    listing.note(name, "a name that is not UTF-8");
                } else if metadata.dev() != device {
                    listing.note(name, "on another file system");
                } else if metadata.is_dir() {
                    match super::safe(&name) {
                        Ok(()) => folders.push(format!("{name}/")),
                        Err(what) => listing.note(name, what),
                    }
                } else if metadata.is_file() {
                    listing.take(name, metadata.len(), metadata.ino())?;
                } else {
                    listing.note(name, "no regular file: a link, a device or the like");
                }
            }
        }
        listing.end();
        let name = root.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        Ok(Self { root, name, device, listing })
    }
}

impl Source for Folder {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn entries(&self) -> &[Entry] {
        &self.listing.entries
    }

    fn odd(&self) -> &[Odd] {
        &self.listing.odd
    }

    fn open(&self, index: usize) -> io::Result<Box<dyn Read + '_>> {
        let Some(entry) = self.listing.entries.get(index) else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no such file"));
        };
        // Not waiting for a pipe that has come in its place.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(self.root.join(&*entry.path))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.dev() != self.device || metadata.ino() != entry.place {
            return Err(io::Error::other(format!("{} is another file than when it was listed", entry.path)));
        }
        Ok(Box::new(Exact { file, left: entry.len }))
    }
}

/// A file of the length that was listed: one that has grown or shrunk fails.
struct Exact {
    file: File,
    left: u64,
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let len = u64::try_from(read).unwrap_or(u64::MAX);
        if len > self.left || (read == 0 && self.left > 0 && !buffer.is_empty()) {
            return Err(io::Error::other("the file changed while it was read"));
        }
        self.left -= len;
        Ok(read)
    }
}

/// The package that lies there: a folder, or a tar.
///
/// # Errors
///
/// When it cannot be read, or is neither.
pub fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    if path.is_dir() { Ok(Box::new(Folder::open(path)?)) } else { Ok(Box::new(Tar::open(File::open(path)?)?)) }
}
