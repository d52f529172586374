//! Handing answers to a Producer: files beside the submission, or in a folder of their own.
//!
//! The folder is `<submission>.answer`. One that is there already is left as it is: when it holds the same files
//! nothing is written, else the next number is taken (`<submission>.answer-2`).
//!
//! That a medium cannot be written is said and is no failure: receipts and notices are in the archive (`receipt show`).

use super::Common;
use crate::ingest::handed::write_beside;
use crate::ingest::{Answered, Status};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const NOT_WRITTEN: Text = text(
    "Жауаптар жіберілімнің жанына жазылмады (архивте бар: «receipt show»)",
    "Ответы не записаны рядом с отправлением (они есть в архиве: «receipt show»)",
    "Answers were not written beside the submission (they are in the archive: `receipt show`)",
);
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
        if let Err(e) = write_beside(beside, &answered.answers) {
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

/// Writes a new file; one that is there is never overwritten.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_to(std::fs::OpenOptions::new().write(true).create_new(true).open(path)?, path, bytes)
}

/// The same of a file that only who runs the program reads: it names people.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_to(std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?, path, bytes)
}

fn write_to(mut file: std::fs::File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // A part of it would be in the way of the next attempt. The first failure is the one that is told.
        let _ = std::fs::remove_file(path);
    }
    written
}

/// Makes sure that a new file can be written there, and leaves none: asked before long work whose result it is to hold.
pub(super) fn check_new(path: &Path) -> io::Result<()> {
    std::fs::File::create_new(path)?;
    std::fs::remove_file(path)
}
