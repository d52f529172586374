//! Submissions that wait for what their signatures lack: kept encrypted apart from the holding, each under a key of its
//! own.
//!
//! A waiting submission is no record: it has no entry of acceptance, is not found by search and not given out. It ends
//! in one act that also erases its key, so that nothing of it can be read afterwards but what became a record or a
//! refusal.
//!
//! Invariants
//!   - Of what waits there is no more at a time than the configuration admits.
//!   - The same submission does not wait twice, however many threads take it in.
//!
//! What a crash leaves: the waiting submission as it was, or its end with the refusal; when it was accepted and the end
//! is missing, whoever touches it next finds the record and ends the waiting.

use super::documents::{ActBytes, OWN_SUBTREE};
use super::{ActOwner, Archive, Registration, Session, lock};
use crate::clock::Millis;
use crate::error::{Error, ErrorCode};
use crate::index::rows::{ActRow, StoredObject};
use crate::index::writer::Payload;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::ActDocument;
use crate::store::format::{ObjectKind, OwnerKey};
use crate::store::read::ObjectReader;
use crate::tlog::commit::{Act, Committed};
use crate::tlog::leaf::ActKind;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;

/// Submissions of one registration that may wait at a time. Own bound: the document, and what was sent by mistake or to
/// deceive; each of them is looked at whenever one more comes.
const SAME_REGISTRATION_MAX: usize = 16;

/// What waits, in numbers, and what begins to wait at this moment.
#[derive(Default)]
pub(super) struct WaitingRoom {
    /// How many wait and how many bytes they have; counted when first asked for.
    load: Option<(u64, u64)>,
    /// Registrations of which somebody is about to let a submission wait.
    begun: HashSet<Registration>,
}

/// The right to let submissions of one registration wait: nobody else has it at the same time, so that the same one
/// does not wait twice.
pub(crate) struct WaitingPlace<'a> {
    archive: &'a Archive,
    registration: &'a Registration,
    /// Bytes that room was taken for, until they are durable.
    taken: Option<u64>,
}

impl WaitingPlace<'_> {
    /// The submissions of the registration that wait, oldest first.
    pub(crate) fn others(&self) -> Result<Vec<RecordId>, Error> {
        let Registration { agency, number, date } = self.registration;
        self.archive.waiting_of(agency, number, date)
    }

    /// Takes room for one more with this many bytes.
    pub(crate) fn take(&mut self, bytes: u64) -> Result<(), Error> {
        let full = |what: String| Error::new(ErrorCode::SigWaitingFull, "waiting", what);
        if self.others()?.len() >= SAME_REGISTRATION_MAX {
            return Err(full(format!("{SAME_REGISTRATION_MAX} submissions of this registration wait")));
        }
        let policy = self.archive.policy();
        let mut room = lock(&self.archive.shared.waiting);
        let (count, held) = match room.load {
            Some(load) => load,
            None => self.archive.waiting_load()?,
        };
        room.load = Some((count, held));
        if count >= policy.waiting_max {
            return Err(full(format!("{count} submissions wait, the bound is {}", policy.waiting_max)));
        }
        if held.saturating_add(bytes) > policy.waiting_bytes_max {
            let bound = policy.waiting_bytes_max;
            return Err(full(format!("{held} bytes wait, {bytes} more would pass the bound of {bound}")));
        }
        room.load = Some((count + 1, held + bytes));
        self.taken = Some(bytes);
        Ok(())
    }

    /// The submission that room was taken for is durable.
    pub(crate) fn keep(&mut self) {
        self.taken = None;
    }
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        let mut room = lock(&self.archive.shared.waiting);
        room.begun.remove(self.registration);
        if let (Some(bytes), Some((count, held))) = (self.taken, &mut room.load) {
            (*count, *held) = (count.saturating_sub(1), held.saturating_sub(bytes));
        }
        self.archive.shared.waiting_moved.notify_all();
    }
}

/// A waiting submission.
pub struct Waiting {
    /// Its id.
    pub id: RecordId,
    /// The entry by which it began to wait.
    pub entry: u64,
    /// When that was.
    pub since: Millis,
    document: ActDocument,
    row: ActRow,
    key: OwnerKey,
}

/// A file of a waiting submission.
#[derive(Debug, Clone)]
pub struct WaitingEntry {
    /// Its path.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    stored: StoredObject,
}

impl Waiting {
    /// A field of what was noted about it.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.document.fields.get(name)
    }

    /// A text of what was noted about it.
    pub fn text(&self, name: &str) -> &str {
        self.document.text(name).unwrap_or_default()
    }

    /// Its files.
    pub fn files(&self) -> Vec<WaitingEntry> {
        let files = self.document.files();
        let entry = |(f, stored): (&crate::model::record::ActFile, &StoredObject)| WaitingEntry {
            path: f.name.clone(),
            size: f.size,
            stored: stored.clone(),
        };
        files.iter().zip(&self.row.files).map(entry).collect()
    }

    /// Digests of its files by path, `submission.json` among them.
    pub fn digests(&self) -> BTreeMap<String, Sha256> {
        self.document.files().into_iter().map(|f| (f.name, f.sha256)).collect()
    }

    /// A file for reading.
    pub fn file<'a>(&self, archive: &'a Archive, entry: &'a WaitingEntry) -> ObjectReader<'a> {
        archive.object(&self.key, self.id, ObjectKind::Component, &entry.stored)
    }
}

impl Archive {
    /// Seals a submission that waits: its files, and what is noted about it. `fields` name agency, registration number
    /// and document date.
    pub(crate) fn seal_waiting(
        &self,
        id: RecordId,
        actor: ActorId,
        fields: Map<String, Value>,
        files: Vec<ActBytes<'_>>,
    ) -> Result<(Act, Payload, Session), Error> {
        self.seal_document(ActKind::SubmissionWaiting, actor, ActOwner::New(id, OWN_SUBTREE), fields, files)
    }

    /// The right to let submissions of this registration wait; waits for whoever has it.
    pub(crate) fn waiting_place<'a>(&'a self, registration: &'a Registration) -> Result<WaitingPlace<'a>, Error> {
        let mut room = lock(&self.shared.waiting);
        while room.begun.contains(registration) {
            room = self.shared.waiting_moved.wait(room).unwrap_or_else(PoisonError::into_inner);
        }
        room.begun.insert(registration.clone());
        drop(room);
        let place = WaitingPlace { archive: self, registration, taken: None };
        // Whoever had it before has committed.
        self.wait_index()?;
        Ok(place)
    }

    /// How many submissions wait, and how many bytes they have.
    fn waiting_load(&self) -> Result<(u64, u64), Error> {
        let entries = self.index().waiting()?;
        let mut load = (0, 0);
        for (_, entry) in entries {
            load = (load.0 + 1, load.1 + self.waiting_bytes(entry)?);
        }
        Ok(load)
    }

    fn waiting_bytes(&self, entry: u64) -> Result<u64, Error> {
        let row = self.index().act(entry)?;
        Ok(row.iter().flat_map(|row| &row.files).map(|file| file.plain_len).sum())
    }

    /// The submissions that wait, oldest first.
    pub fn all_waiting(&self) -> Result<Vec<RecordId>, Error> {
        Ok(self.index().waiting()?.into_iter().map(|(id, _)| id).collect())
    }

    /// These submissions, oldest first and each once.
    ///
    /// # Errors
    ///
    /// One of them does not wait.
    pub fn waiting_in_order(&self, ids: &[RecordId]) -> Result<Vec<RecordId>, Error> {
        let mut entries = BTreeMap::new();
        for id in ids {
            entries.insert(self.waiting_entry(*id)?, *id);
        }
        Ok(entries.into_values().collect())
    }

    /// The submissions of a registration that wait, oldest first.
    pub fn waiting_of(&self, agency: &str, number: &str, date: &str) -> Result<Vec<RecordId>, Error> {
        self.waiting_in_order(&self.index().waiting_for(agency, number, date)?)
    }

    /// One submission that waits.
    pub fn waiting(&self, id: RecordId) -> Result<Waiting, Error> {
        let entry = self.waiting_entry(id)?;
        let (document, row) = self.document(entry)?;
        Ok(Waiting { id, entry, since: self.leaf(entry)?.t, document, row, key: self.owner_key(id)? })
    }

    fn waiting_entry(&self, id: RecordId) -> Result<u64, Error> {
        let unknown = || Error::new(ErrorCode::SigNotWaiting, id.to_string(), "no such submission waits");
        self.index().waiting_entry(id)?.ok_or_else(unknown)
    }

    /// Ends the waiting of these submissions and erases their keys, in one commit with the `refusals` of those that are
    /// refused: nothing that has its notice can be tried again. Gives what was committed, the refusals first.
    pub(crate) fn end_waiting(
        &self,
        ids: &[RecordId],
        refusals: Vec<(Act, Payload)>,
        actor: ActorId,
    ) -> Result<Vec<Committed>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut acts = refusals;
        let mut bytes = 0;
        for id in ids {
            bytes += self.waiting_bytes(self.waiting_entry(*id)?)?;
            let mut act = Act::new(ActKind::WaitingEnded, actor);
            act.rec = Some(*id);
            acts.push((act, Payload::None));
        }
        let committed = self.roll_vault(acts, actor)?;
        if let Some((count, held)) = &mut lock(&self.shared.waiting).load {
            let ended = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            (*count, *held) = (count.saturating_sub(ended), held.saturating_sub(bytes));
        }
        self.wait_index()?;
        Ok(committed)
    }
}
