//! Handing answers to a Producer: files beside the submission, or in a folder of their own.
//!
//! The folder is `<submission>.answer`. One that is there already is left as it is: when it holds the same files
//! nothing is written, else the next number is taken (`<submission>.answer-2`).
//!
//! That a medium cannot be written is said and is no failure: receipts and notices are in the archive (`receipt show`).

use super::Common;
use crate::ingest::receipt::Answer;
use crate::ingest::{Answered, Status};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const NOT_WRITTEN: Text = text(
    "Жауаптар жіберілімнің жанына жазылмады (архивте бар: «receipt show»)",
    "Ответы не записаны рядом с отправлением (они есть в архиве: «receipt show»)",
    "Answers were not written beside the submission (they are in the archive: `receipt show`)",
);
/// Own bound: more answers to one submission mean that something else is wrong.
const FOLDERS_MAX: u32 = 1000;

/// Where the answers of one run go.
pub(super) struct Answers {
    place: Place,
    failed: u64,
}

enum Place {
    Nowhere,
    Beside,
    In(PathBuf),
    /// A folder of its own for each waiting submission, by its id.
    Waiting(PathBuf),
}

/// Where the answers to what waited go: it lies in the archive, so there is nothing for them to lie beside.
const WAITED_ENDING: &str = ".answers";
const WRITTEN_TO: Text = text("жауаптар", "ответы", "answers");

impl Answers {
    /// Into `folder`, or beside each submission; nowhere when they are not wanted.
    pub(super) fn new(folder: Option<PathBuf>, wanted: bool) -> Self {
        let place = match (folder, wanted) {
            (Some(folder), _) => Place::In(folder),
            (None, true) => Place::Beside,
            (None, false) => Place::Nowhere,
        };
        Self { place, failed: 0 }
    }

    /// Of submissions that waited in the archive `root`: into `folder`, else into `<archive>.answers` beside the
    /// archive; nowhere when they are not wanted.
    pub(super) fn of_waiting(folder: Option<PathBuf>, wanted: bool, root: &Path) -> Self {
        let place = match (folder, wanted) {
            (Some(folder), _) => Place::Waiting(folder),
            (None, true) => Place::Waiting(beside(root)),
            (None, false) => Place::Nowhere,
        };
        Self { place, failed: 0 }
    }

    /// Writes the answers to a submission that waited, once it is decided, and says where. One that still waits was
    /// told so when it came.
    pub(super) fn write_decided(&mut self, id: RecordId, answered: &Answered, common: &Common) {
        let Place::Waiting(folder) = &self.place else { return };
        if matches!(answered.status, Status::Waiting { .. }) || answered.answers.is_empty() {
            return;
        }
        let name = answered.path.file_name().unwrap_or_default();
        let place = folder.join(id.to_string());
        self.write_at(&place.join(name), answered, common);
        common.say(&format!("{}: {}", WRITTEN_TO.get(common.lang()), shown(&place.to_string_lossy())));
    }

    /// Writes the answers of a submission. The first failure is said with its cause, the others are counted.
    pub(super) fn write(&mut self, answered: &Answered, common: &Common) {
        let beside = match &self.place {
            _ if answered.answers.is_empty() => return,
            Place::Nowhere | Place::Waiting(_) => return,
            Place::Beside => answered.path.clone(),
            Place::In(folder) => folder.join(answered.path.file_name().unwrap_or_default()),
        };
        self.write_at(&beside, answered, common);
    }

    fn write_at(&mut self, beside: &Path, answered: &Answered, common: &Common) {
        if let Err(e) = write(beside, &answered.answers) {
            self.failed += 1;
            if self.failed == 1 {
                let path = shown(&beside.to_string_lossy());
                common.say(&format!("{}: {path}: {e}", NOT_WRITTEN.get(common.lang())));
            }
        }
    }

    /// Says how many were not written, when it was more than the one that was said.
    pub(super) fn end(&self, common: &Common) {
        if self.failed > 1 {
            common.say(&format!("{}: {}", NOT_WRITTEN.get(common.lang()), self.failed));
        }
    }
}

/// `<archive>.answers` beside the archive, as its keys lie beside it.
fn beside(root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut name = root.file_name().unwrap_or_default().to_owned();
    name.push(WAITED_ENDING);
    root.with_file_name(name)
}

fn write(submission: &Path, answers: &[Answer]) -> io::Result<()> {
    // A path such as `.` has no name of its own; its real one does.
    let submission = match submission.file_name() {
        Some(_) => submission.to_owned(),
        None => submission.canonicalize()?,
    };
    let name = submission.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    if let Some(parent) = submission.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)?;
    }
    for number in 1..=FOLDERS_MAX {
        let mut own = OsString::from(name);
        own.push(if number == 1 { ".answer".to_owned() } else { format!(".answer-{number}") });
        let folder = submission.with_file_name(own);
        match std::fs::create_dir(&folder) {
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

/// Writes a new file; one that is there is never overwritten.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes sure that a new file can be written there, and leaves none: asked before long work whose result it is to hold.
pub(super) fn check_new(path: &Path) -> io::Result<()> {
    std::fs::File::create_new(path)?;
    std::fs::remove_file(path)
}

/// Whether a folder holds exactly these files.
fn holds(folder: &Path, answers: &[Answer]) -> bool {
    let read = || -> io::Result<BTreeMap<OsString, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            files.insert(entry.file_name(), std::fs::read(entry.path())?);
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
            write(&submission, &answer(text)).unwrap();
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
        assert!(write(&file.join("0017"), &[]).is_err());
        assert!(write(Path::new("/"), &[]).is_err());
    }
}
