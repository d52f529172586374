//! Writing files that belong together: all of them or none, or what was given out before once more.
//!
//! None is written over. A crash between two of them leaves the first ones; whoever runs the command again is told that
//! they are there, and takes them away.

use super::answers::{check_new, write_new, write_private};
use crate::error::{Error, ErrorCode};
use crate::transfer::pack::folder::{check_free, give_name};
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
/// name people. What was given out before and is the same still stands. A crash leaves each of them whole or not there,
/// so the same command gives them out again.
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
            write_whole(&path, bytes).map_err(failed(&path))?;
        }
        written.push(path);
    }
    Ok(written)
}

/// Writes a new private file that has its name only when it is whole: `NAME.partial` of an attempt that was cut off
/// goes.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    check_free(path)?;
    let partial = with_ending(path, ".partial");
    match std::fs::remove_file(&partial) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    write_private(&partial, bytes)?;
    let named = give_name(&partial, path);
    if named.is_err() {
        // Somebody was quicker. The first failure is the one that is told.
        let _ = std::fs::remove_file(&partial);
    }
    named
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

    #[test]
    fn what_was_cut_off_is_given_out_whole_by_the_same_again() {
        let folder = tempfile::tempdir().unwrap();
        let (out, files) = (folder.path().join("out"), [("receipt.json", b"whole"), ("reply.json", b"other")]);
        // As a kill in the middle of the second file leaves it.
        std::fs::create_dir(&out).unwrap();
        std::fs::write(out.join("receipt.json"), b"whole").unwrap();
        std::fs::write(out.join("reply.json.partial"), b"oth").unwrap();
        for _ in 0..2 {
            let written = give_out(&out, &files).unwrap();
            assert_eq!(written, [out.join("receipt.json"), out.join("reply.json")]);
            let mut names: Vec<_> = std::fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, ["receipt.json", "reply.json"]);
            assert_eq!(std::fs::read(out.join("reply.json")).unwrap(), b"other");
        }
        // What somebody else has put there is nobody's to write over.
        std::fs::write(out.join("reply.json"), b"mine").unwrap();
        assert_eq!(give_out(&out, &files).unwrap_err().code, ErrorCode::ArcOutput);
        assert_eq!(std::fs::read(out.join("reply.json")).unwrap(), b"mine");
    }
}
