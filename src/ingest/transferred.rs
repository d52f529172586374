//! A record that another archive handed over, taken in by the path of every submission (`docs/transfer.md`).
//!
//! Who reads a package makes an [`Item`] of each record: a description as a Producer would have sent it, the files with
//! the digests that they must have, and what proves where it came from, which the record keeps as one component of the
//! archive's own. [`Taking`] hands it to `Worker::take_in`: formats, signatures, marks of secrecy and registration are
//! judged by the rules of this archive. What is different is said by `Item`: since when the files are proven to exist,
//! and which doubts are kept with the record because it was kept with them before.
//!
//! Invariants
//!   - What the other archive found is not read here: nothing is valid because it was valid there.
//!   - Bytes that are not those that were judged in the package refuse the record.
//!   - Nothing waits, nothing is refused in the journal, and no receipt is prepared: who handed over is answered.
//!
//! A crash leaves the record taken in or not.

use super::component::{Received, Stop, spool_failed};
use super::import::profile::Keep;
use super::unpack::Container;
use super::{Decided, Event, From, Status, Worker};
use crate::archive::Archive;
use crate::clock::Millis;
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::path::PROVENANCE_PATH;
use crate::model::submission::{Role, SUBMISSION_FILE};
use crate::model::transferred::Transferred;
use crate::store::spool::{Spool, Spooled};
use crate::verify::material::Material;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};

/// A file of the record as the package has it.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path in the record.
    pub path: String,
    /// Its bytes.
    pub len: u64,
    /// What they must be.
    pub sha256: Sha256,
}

/// Gives the bytes of the files of a record.
pub trait Bytes {
    /// Those of the file at this place of [`Item::files`], from the first one.
    ///
    /// # Errors
    ///
    /// When the medium fails.
    fn open(&self, index: usize) -> io::Result<Box<dyn Read + '_>>;
}

/// A record on its way in.
pub struct Item<'a> {
    /// What messages call it.
    pub name: PathBuf,
    /// `submission.json`.
    pub description: Vec<u8>,
    /// Its files.
    pub files: Vec<File>,
    /// Their bytes.
    pub bytes: &'a dyn Bytes,
    /// Since when they are proven to exist; none: since now.
    pub since: Option<Millis>,
    /// Which doubts are kept with it.
    pub keep: Keep,
    /// Material for its signatures, beside that of the archive and its own.
    pub extra: Material,
    /// Where it comes from.
    pub transferred: Transferred,
    /// What proves that, as the component that the record keeps.
    pub provenance: RefCell<Spooled>,
}

/// What became of a record.
#[derive(Debug)]
pub enum Taken {
    /// It is a record here now.
    Accepted(RecordId),
    /// The same document is a record here already.
    Held(RecordId),
    /// Refused with reasons, never none; nothing of it is kept.
    Refused(Vec<Refusal>),
    /// Not decided: it could not be read, or the archive failed.
    Failed(Error),
}

/// Takes in one record after another, waiting for each.
pub struct Taking<'a> {
    worker: Worker<'a>,
    events: Receiver<Event>,
}

impl<'a> Taking<'a> {
    /// What `actor` takes in.
    pub fn new(archive: &'a Archive, actor: ActorId) -> Self {
        let (answers, events) = channel();
        Self { worker: Worker::new(archive, actor, None, answers), events }
    }

    /// Takes in a record, and says what became of it when that is durable.
    pub fn take(&mut self, item: &Item<'_>) -> Taken {
        self.worker.submission(From::Transferred(item));
        match self.events.recv().expect("every submission is answered once") {
            Event::Refused { refusals, .. } => Taken::Refused(refusals),
            Event::Tried { .. } => unreachable!("nothing is tried here"),
            Event::Decided(decided) => match *decided {
                Decided { status: Status::Accepted { record, .. }, .. } => Taken::Accepted(record),
                Decided { status: Status::Held { record }, .. } => Taken::Held(record),
                Decided { status: Status::Refused { reasons, .. } | Status::Waiting { reasons, .. }, .. } => {
                    Taken::Refused(reasons)
                }
                Decided { status: Status::Failed(error), .. } => Taken::Failed(error),
            },
        }
    }
}

/// A file that could not be opened: the first read says so.
struct Unreadable(Option<io::Error>);

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| io::Error::other("the file could not be opened")))
    }
}

impl Item<'_> {
    /// Its files, with the description.
    pub(super) fn container(&self) -> Container<'_> {
        let description = (SUBMISSION_FILE.to_owned(), self.description.len() as u64);
        let files = self.files.iter().map(|file| (file.path.clone(), file.len));
        let files: Vec<(String, u64)> = std::iter::once(description).chain(files).collect();
        let open = move |index: usize| -> Box<dyn Read + '_> {
            let Some(index) = index.checked_sub(1) else { return Box::new(self.description.as_slice()) };
            self.bytes.open(index).unwrap_or_else(|e| Box::new(Unreadable(Some(e))))
        };
        Container::held(&self.name.to_string_lossy(), &files, Box::new(open))
    }

    /// That what was received is what was judged in the package: a medium may have changed since.
    pub(super) fn check(&self, received: &mut [Received]) -> Result<(), Stop> {
        let wanted: BTreeMap<&str, Sha256> = self.files.iter().map(|file| (file.path.as_str(), file.sha256)).collect();
        for component in received {
            let digest = component.sha256().map_err(|e| spool_failed(&component.entry.path, e))?;
            if wanted.get(component.entry.path.as_str()) != Some(&digest) {
                let path = component.entry.path.clone();
                let refusal = Refusal::new(ErrorCode::TrfNotWhole, path, "not the bytes that the package tells");
                return Err(Stop::Refused(vec![refusal]));
            }
        }
        Ok(())
    }

    /// What proves where it comes from, as a component of the archive's own.
    pub(super) fn component(&self, spool: &Spool) -> Result<Received, Error> {
        let mut bytes = self.provenance.borrow_mut();
        bytes.seek(SeekFrom::Start(0)).map_err(|e| spool_failed(PROVENANCE_PATH, e))?;
        Received::own_file(spool, PROVENANCE_PATH.to_owned(), Role::Provenance, &mut *bytes)
    }
}
