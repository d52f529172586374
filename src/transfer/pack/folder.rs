//! A package as a folder, or as a tar in a file: written beside its name, and given the name when it is whole.
//!
//! Order on disk: `NAME.partial/` and in it file after file; at the end one sync of the whole file system, then the
//! renaming, then the folder that it stands in. A sync for each of a hundred thousand small files would take longer
//! than all else. A crash before the renaming leaves `NAME.partial`, which says by its name what it is; the next
//! attempt takes it away and begins anew. Nothing else is ever written over.
//!
//! The package is plaintext, so only the owner may enter the folder.

use super::sink::{Left, Sink};
use super::tar::Tar;
use crate::limits::HASH_BUFFER_BYTES;
use crate::transfer::layout::is_plain;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes a package into a folder.
pub struct Folder {
    target: PathBuf,
    partial: PathBuf,
    /// The folder of the file before: the next one is in it mostly.
    last: PathBuf,
    file: Option<File>,
    left: Left,
}

impl Folder {
    /// A new folder of this name in `into`, which exists.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] when the package is there.
    pub fn create(into: &Path, name: &str) -> io::Result<Self> {
        if !is_plain(name) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name} is no name of a package")));
        }
        let (target, partial) = (into.join(name), into.join(format!("{name}.partial")));
        check_free(&target)?;
        clear(&partial)?;
        DirBuilder::new().mode(0o700).create(&partial)?;
        Ok(Self { target, partial, last: PathBuf::new(), file: None, left: Left::default() })
    }

    /// Gives the package its name, once all of it is durable.
    pub fn finish(self) -> io::Result<PathBuf> {
        if self.file.is_some() {
            return Err(io::Error::other("the last file has not ended"));
        }
        // Files and folders alike, and an error of any of them (Linux 5.8).
        rustix::fs::syncfs(File::open(&self.partial)?)?;
        give_name(&self.partial, &self.target)?;
        Ok(self.target)
    }

    fn folders(&mut self, path: &str) -> io::Result<()> {
        let Some((folders, _)) = path.rsplit_once('/') else { return Ok(()) };
        if self.last == Path::new(folders) {
            return Ok(());
        }
        let mut folder = self.partial.clone();
        for segment in folders.split('/') {
            folder.push(segment);
            match DirBuilder::new().mode(0o700).create(&folder) {
                // Nobody else may enter it, so it is of an earlier file.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && fs::symlink_metadata(&folder)?.is_dir() => {}
                made => made?,
            }
        }
        self.last = PathBuf::from(folders);
        Ok(())
    }
}

/// Renames to a name that nothing has, and makes that durable.
pub(crate) fn give_name(partial: &Path, target: &Path) -> io::Result<()> {
    // Somebody may have made it meanwhile; an empty folder, or a file, would be replaced without a word.
    match renameat_with(CWD, partial, CWD, target, RenameFlags::NOREPLACE) {
        // A file system that cannot promise that: looked at just before.
        Err(Errno::INVAL | Errno::NOSYS) => {
            check_free(target)?;
            rustix::fs::rename(partial, target)?;
        }
        renamed => renamed?,
    }
    if let Some(parent) = target.parent() {
        File::open(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?.sync_all()?;
    }
    Ok(())
}

/// Takes away what an attempt that was cut off left: nothing else bears the name of a package with that ending.
fn clear(partial: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(partial) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(partial),
        Ok(_) => fs::remove_file(partial),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// That nothing has this name.
pub(crate) fn check_free(path: &Path) -> io::Result<()> {
    // A link that leads nowhere is there too.
    match fs::symlink_metadata(path) {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, path.display().to_string())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// Writes a package into one file, as an uncompressed tar ([`Tar`]).
pub struct TarFile {
    target: PathBuf,
    partial: PathBuf,
    tar: Tar<BufWriter<File>>,
}

impl TarFile {
    /// A new file `NAME.tar` in `into`, which exists.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] when it is there.
    pub fn create(into: &Path, name: &str) -> io::Result<Self> {
        if !is_plain(name) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name} is no name of a package")));
        }
        let (target, partial) = (into.join(format!("{name}.tar")), into.join(format!("{name}.tar.partial")));
        check_free(&target)?;
        clear(&partial)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        let tar = Tar::new(BufWriter::with_capacity(HASH_BUFFER_BYTES, file), name);
        Ok(Self { target, partial, tar })
    }

    /// Gives the file its name, once all of it is durable.
    pub fn finish(self) -> io::Result<PathBuf> {
        let (out, _) = self.tar.finish()?;
        out.into_inner().map_err(|e| e.into_error())?.sync_all()?;
        give_name(&self.partial, &self.target)?;
        Ok(self.target)
    }
}

impl Sink for TarFile {
    fn begin(&mut self, path: &str, len: u64) -> io::Result<()> {
        self.tar.begin(path, len)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tar.write(bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.tar.end()
    }
}

impl Sink for Folder {
    fn begin(&mut self, path: &str, len: u64) -> io::Result<()> {
        if !is_plain(path) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path} is no plain path")));
        }
        self.left.begin(len)?;
        self.folders(path)?;
        self.file = Some(OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.partial.join(path))?);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.left.take(bytes.len())?;
        let none = || io::Error::other("no file has begun");
        self.file.as_mut().ok_or_else(none)?.write_all(bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.left.end()?;
        let none = || io::Error::other("no file has begun");
        self.file.take().map(drop).ok_or_else(none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(folder: &mut Folder, path: &str, bytes: &[u8]) -> io::Result<()> {
        folder.begin(path, bytes.len() as u64)?;
        folder.write(bytes)?;
        folder.end()
    }

    #[test]
    fn a_package_has_its_name_only_when_it_is_whole_and_nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::create(dir.path(), "p-1").unwrap();
        one(&mut folder, "data/a/b.txt", b"content").unwrap();
        assert!(one(&mut folder, "data/a/b.txt", b"other").is_err(), "twice");
        assert!(!dir.path().join("p-1").exists() && dir.path().join("p-1.partial").exists());
        // An attempt that was cut off is begun anew.
        let mut folder = Folder::create(dir.path(), "p-1").unwrap();
        one(&mut folder, "data/a/b.txt", b"content").unwrap();
        folder.finish().unwrap();
        assert_eq!(Folder::create(dir.path(), "p-1").err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        let mut folder = Folder::create(dir.path(), "p-2").unwrap();
        one(&mut folder, "data/a/b.txt", b"content").unwrap();
        for bad in ["../a", "/a", "a/../b", "a b"] {
            assert!(folder.begin(bad, 0).is_err(), "{bad}");
        }
        let done = folder.finish().unwrap();
        assert_eq!(fs::read(done.join("data/a/b.txt")).unwrap(), b"content");
        assert!(!dir.path().join("p-2.partial").exists());
        assert!(Folder::create(dir.path(), "p-2").is_err());
        // Made by somebody else meanwhile.
        let folder = Folder::create(dir.path(), "p-3").unwrap();
        fs::create_dir(dir.path().join("p-3")).unwrap();
        assert!(folder.finish().is_err());
    }
}
