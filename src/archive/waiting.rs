//! Submissions that wait for what their signatures lack: kept encrypted apart from the holding, each under a key of its
//! own.
//!
//! A waiting submission is no record: it has no entry of acceptance, is not found by search and not given out. It ends
//! in one act that also erases its key, so that nothing of it can be read afterwards but what became a record or a
//! refusal.
//!
//! What a crash leaves: the waiting submission as it was, or its end; when it was accepted and the end is missing, the
//! next try finds the record and ends the waiting.

use super::documents::ActBytes;
use super::{ActOwner, Archive, Session};
use crate::clock::Millis;
use crate::error::{Error, ErrorCode};
use crate::index::rows::{ActRow, StoredObject};
use crate::index::writer::{Payload, read_id};
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::ActDocument;
use crate::store::format::{ObjectKind, OwnerKey};
use crate::store::read::ObjectReader;
use crate::tlog::commit::{Act, Committed};
use crate::tlog::leaf::{ActKind, Leaf};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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
        self.seal_document(ActKind::SubmissionWaiting, actor, ActOwner::New(id), fields, files)
    }

    /// The submissions that wait, oldest first.
    pub fn all_waiting(&self) -> Result<Vec<Waiting>, Error> {
        let rows = self.index().waiting()?;
        rows.into_iter().map(|(id, entry)| self.open_waiting(id, entry)).collect()
    }

    /// One submission that waits.
    pub fn waiting(&self, id: RecordId) -> Result<Waiting, Error> {
        let unknown = || Error::new(ErrorCode::SigNotWaiting, id.to_string(), "no such submission waits");
        let entry = self.index().waiting()?.into_iter().find(|(waiting, _)| *waiting == id).ok_or_else(unknown)?.1;
        self.open_waiting(id, entry)
    }

    fn open_waiting(&self, id: RecordId, entry: u64) -> Result<Waiting, Error> {
        let (document, row) = self.document(entry)?;
        let leaf = Leaf::decode(entry, &self.log()?.entry(entry)?).map_err(crate::tlog::LogError::from)?;
        Ok(Waiting { id, entry, since: leaf.t, document, row, key: self.owner_key(id)? })
    }

    /// Ends the waiting of these submissions and erases their keys, in one commit.
    pub fn end_waiting(&self, ids: &[RecordId], actor: ActorId) -> Result<Vec<Committed>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut acts = Vec::with_capacity(ids.len());
        let mut erase = Vec::with_capacity(ids.len());
        for id in ids {
            let reader = self.index();
            let unknown = || Error::new(ErrorCode::SigNotWaiting, id.to_string(), "no such submission waits");
            let row = read_id(reader.kv, reader.keys, *id)?.ok_or_else(unknown)?;
            let mut act = Act::new(ActKind::WaitingEnded, actor);
            act.rec = Some(*id);
            acts.push(act);
            erase.push(row.key);
        }
        let committed = self.roll_vault(acts, &erase, actor)?;
        self.wait_index()?;
        Ok(committed)
    }
}
