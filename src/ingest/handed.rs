//! Answers handed to a Producer as files beside the submission.
//!
//! The folder is `<submission>.answer`. One that is there already is left as it is: when it holds the same files
//! nothing is written, else the next number is taken (`<submission>.answer-2`). A crash leaves a folder without all its
//! files, beside which the next number is taken. Receipts and notices are in the archive as well.

use super::receipt::Answer;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, create_dir, create_dir_all, read, read_dir};
use std::io::{self, Write};
use std::path::Path;

/// Own bound: more answers to one submission mean that something else is wrong.
const FOLDERS_MAX: u32 = 1000;

/// Writes the answers to a submission beside it.
pub fn write_beside(submission: &Path, answers: &[Answer]) -> io::Result<()> {
    // A path such as `.` has no name of its own; its real one does.
    let submission = match submission.file_name() {
        Some(_) => submission.to_owned(),
        None => submission.canonicalize()?,
    };
    let name = submission.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    if let Some(parent) = submission.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_dir_all(parent)?;
    }
    for number in 1..=FOLDERS_MAX {
        let mut own = OsString::from(name);
        own.push(if number == 1 { ".answer".to_owned() } else { format!(".answer-{number}") });
        let folder = submission.with_file_name(own);
        match create_dir(&folder) {
            Ok(()) => return answers.iter().try_for_each(|(name, bytes)| write_new(&folder.join(name), bytes)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                if holds(&folder, answers) {
                    return Ok(());
                }
            }
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Whether a folder holds exactly these files.
fn holds(folder: &Path, answers: &[Answer]) -> bool {
    let read = || -> io::Result<BTreeMap<OsString, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for entry in read_dir(folder)? {
            let entry = entry?;
            files.insert(entry.file_name(), read(entry.path())?);
        }
        Ok(files)
    };
    let wanted = answers.iter().map(|(name, bytes)| (OsString::from(name), bytes.clone()));
    read().is_ok_and(|files| files == wanted.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_answer_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let submission = folder.path().join("0017.zip");
        let answer = |text: &str| vec![("confirmation.json".to_owned(), text.as_bytes().to_vec())];
        for text in ["a", "a", "b", "b", "a"] {
            write_beside(&submission, &answer(text)).unwrap();
        }
        let read = |name: &str| std::fs::read(folder.path().join(name).join("confirmation.json")).unwrap();
        assert_eq!((read("0017.zip.answer"), read("0017.zip.answer-2")), (b"a".to_vec(), b"b".to_vec()));
        assert!(!folder.path().join("0017.zip.answer-3").exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert!(write_beside(&file.join("0017"), &[]).is_err());
        assert!(write_beside(Path::new("/"), &[]).is_err());
    }
}
