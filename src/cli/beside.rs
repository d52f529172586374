//! Writing files that belong together: all of them or none, or what was given out before once more.
//!
//! None is written over. A crash between two of them leaves the first ones; whoever runs the command again is told that
//! they are there, and takes them away.

use super::answers::{check_new, write_new, write_private};
use crate::error::{Error, ErrorCode};
use std::io;
use std::path::{Path, PathBuf};

/// The name of what lies beside a file: its own with an ending more.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Writes new files. When one of them is there already, or cannot be written, none is left.
pub(super) fn write_all_new(files: &[(&Path, &[u8])]) -> Result<(), Error> {
    let failed = |path: &Path, e: io::Error| Error::caused(ErrorCode::ArcOutput, path.display().to_string(), e);
    for (path, _) in files {
        check_new(path).map_err(|e| failed(path, e))?;
    }
    for (at, (path, bytes)) in files.iter().enumerate() {
        if let Err(e) = write_new(path, bytes) {
            // What `write_new` began is of no use to anybody; it was not there before.
            let is_own = e.kind() != io::ErrorKind::AlreadyExists;
            for (path, _) in files.iter().take(at + usize::from(is_own)) {
                // The first failure is the one that is told.
                let _ = std::fs::remove_file(path);
            }
            return Err(failed(path, e));
        }
    }
    Ok(())
}

/// Writes files into a folder as new ones that only who runs the program reads, and gives their paths: answers and acts
/// name people. What was given out before and is the same still stands.
pub(super) fn give_out(folder: &Path, files: &[(impl AsRef<Path>, impl AsRef<[u8]>)]) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path| {
        let subject = path.display().to_string();
        move |e| Error::caused(ErrorCode::ArcOutput, subject, e)
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut written = Vec::new();
    for (name, bytes) in files {
        let (path, bytes) = (folder.join(name), bytes.as_ref());
        if !std::fs::read(&path).is_ok_and(|found| found == bytes) {
            write_private(&path, bytes).map_err(failed(&path))?;
        }
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), with_ending(&folder.path().join("one"), ".entry"));
        std::fs::write(&two, b"here before").unwrap();
        let files: [(&Path, &[u8]); 2] = [(&one, b"1"), (&two, b"2")];
        let refused = write_all_new(&files).unwrap_err();
        assert_eq!((refused.code, refused.subject), (ErrorCode::ArcOutput, two.display().to_string()));
        assert!(!one.exists());
        assert_eq!(std::fs::read(&two).unwrap(), b"here before");
        std::fs::remove_file(&two).unwrap();
        write_all_new(&files).unwrap();
        assert_eq!((std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap()), (b"1".to_vec(), b"2".to_vec()));
        assert!(write_all_new(&files).is_err());
        assert_eq!(std::fs::read(&one).unwrap(), b"1", "what was there stays");
    }
}
