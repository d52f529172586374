//! Whether something shows that this journal is not the newest one under its key: a rollback, or a fork.
//!
//! Evidence is a checkpoint that the log's own key signed, in one of these files: `witnessed` in the key folder,
//! `tlog/cosigned`, what a witness keeps of us (`tlog/witness/`), what was learned of another history (`tlog/fork/`).
//! It conflicts when it names more entries than there are, or another root. Then nothing is committed: going on would
//! sign a second history, and that cannot be mended. Nothing else is stopped: reading, auditing and proving go on.
//!
//! Invariants
//!   - Only what the log's key signed stops an archive. What a server merely says does not.
//!   - It is judged anew at each opening, against the journal that is there: when the newer copy is put back, the
//!     conflict is gone by itself; a fork never goes.
//!
//! What a crash leaves: an evidence file or none; each is written whole.

use super::LogError;
use super::checkpoint::{Checkpoint, VerifierKey, verify};
use super::lock::Head;
use super::read::LogReader;
use super::tree::root_at;
use crate::store::disk::{Disk, DiskError};
use crate::vault::keys::{KeyFolder, WITNESSED};

/// The folder of what shows another history.
pub const FORK: &str = "tlog/fork";
/// The folder of what each witness said last.
pub const WITNESS: &str = "tlog/witness";
/// The checkpoint that is shown to strangers with its cosignatures.
pub const COSIGNED: &str = "tlog/cosigned";

/// Why nothing more is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The file that shows it.
    pub file: String,
    /// Entries of the checkpoint in it.
    pub size: u64,
    /// Entries of this journal.
    pub ours: u64,
}

impl Conflict {
    /// Whether it shows another root at a size that this journal has, so that no copy of the journal can heal it. When
    /// it does not, it is of a longer journal: whether that goes on from this one cannot be known here.
    pub fn is_fork(&self) -> bool {
        self.size <= self.ours
    }
}

impl From<Conflict> for LogError {
    fn from(conflict: Conflict) -> Self {
        let Conflict { file, size, ours } = conflict;
        if size > ours { LogError::RolledBack { file, size, ours } } else { LogError::Forked { file, size } }
    }
}

/// The conflict that a checkpoint shows, if any. Tiles that cannot be read lead to no root, and so count as another.
pub fn conflict(file: &str, found: &Checkpoint, log: &LogReader<'_>, head: &Head) -> Option<Conflict> {
    let is_same = found.size <= head.size && root_at(log, found.size).is_ok_and(|root| root == found.root);
    (!is_same).then(|| Conflict { file: file.to_owned(), size: found.size, ours: head.size })
}

/// Every note that may show a conflict, with the name of its file.
pub fn evidence(disk: &dyn Disk, keys: Option<&KeyFolder>) -> Result<Vec<(String, Vec<u8>)>, LogError> {
    let mut notes = Vec::new();
    if let Some(note) = keys.map(KeyFolder::witnessed).transpose()?.flatten() {
        notes.push((format!("keys/{WITNESSED}"), note));
    }
    match disk.read(COSIGNED) {
        Ok(note) => notes.push((COSIGNED.to_owned(), note)),
        Err(DiskError::Missing { .. }) => {}
        Err(e) => return Err(e.into()),
    }
    for folder in [WITNESS, FORK] {
        for (name, _) in disk.list(folder)? {
            notes.push((name.clone(), disk.read(&name)?));
        }
    }
    Ok(notes)
}

/// Looks for a conflict; a fork weighs more than a rollback.
pub(super) fn find(
    disk: &dyn Disk,
    keys: &KeyFolder,
    key: &VerifierKey,
    log: &LogReader<'_>,
    head: &Head,
) -> Result<Option<Conflict>, LogError> {
    let notes = evidence(disk, Some(keys))?;
    let found = notes.iter().filter_map(|(file, note)| conflict(file, &verify(note, key)?, log, head));
    Ok(found.max_by_key(|conflict| (conflict.is_fork(), conflict.size)))
}
