//! Sealing act documents: what a person wrote or what names a person, under the key of its owner.
//!
//! Files may come with a document: objects of their own under the same key, listed in it. The document is the last
//! object of its act in the store, so that the act is whole when it is found.
//!
//! What reaches the disk: frames in the open segment; a crash before the commit leaves frames of no act, which recovery
//! cuts.

use super::{Archive, Register, Session, lock};
use crate::error::{Error, ErrorCode};
use crate::index::rows::{ActRow, StoredObject};
use crate::index::writer::Payload;
use crate::model::digest::Sha256;
use crate::model::id::{ActId, ActorId, RecordId};
use crate::model::record::{ActDocument, ActFile};
use crate::store::format::{FrameLoc, ObjectKind, OwnerKey};
use crate::store::seal::{Frame, Place, SealedObject, Sealer};
use crate::tlog::LogError;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use serde_json::{Map, Value};
use std::io::Read;

/// Under whose key an act document is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActOwner {
    /// A register of the archive.
    Register(Register),
    /// A new owner with a key of its own in this subtree of the vault: it can be erased by itself.
    New(RecordId, u32),
    /// An owner that has its key already.
    Known(RecordId),
}

/// The subtree of the vault for what belongs to no agency.
pub(crate) const OWN_SUBTREE: u32 = 0;

/// A file that goes with an act document: its name and its bytes.
pub(crate) type ActBytes<'a> = (String, &'a mut dyn Read);

impl Archive {
    /// Seals an act document with its files under the key of its owner.
    pub(crate) fn seal_document(
        &self,
        kind: ActKind,
        actor: ActorId,
        owner: ActOwner,
        fields: Map<String, Value>,
        files: Vec<ActBytes<'_>>,
    ) -> Result<(Act, Payload, Session), Error> {
        self.seal_act(Act::new(kind, actor), owner, fields, files)
    }

    /// The same for an act whose id the document or a file names.
    pub(crate) fn seal_act(
        &self,
        mut act: Act,
        owner: ActOwner,
        mut fields: Map<String, Value>,
        files: Vec<ActBytes<'_>>,
    ) -> Result<(Act, Payload, Session), Error> {
        let kind = act.kind;
        let (owner, key) = match owner {
            ActOwner::Register(register) => {
                let (owner, slot) = self.shared.registers[register as usize];
                (owner, self.key(slot, owner)?)
            }
            ActOwner::New(owner, subtree) => {
                let key = OwnerKey::random();
                act.new_key = Some((subtree, key.clone()));
                (owner, key)
            }
            ActOwner::Known(owner) => (owner, self.owner_key(owner)?),
        };
        act.rec = Some(owner);
        fields.insert("kind".into(), kind.as_str().into());
        let mut document = ActDocument::new(fields);
        let session = self.session();
        let append = &mut |frame: Frame| session.append(&frame);
        let mut listed = Vec::with_capacity(files.len());
        let mut stored = Vec::with_capacity(files.len());
        for (name, bytes) in files {
            let place = Place { owner, act: act.id, kind: ObjectKind::Component };
            let (object, location) = seal_object(&key, place, bytes, append)?;
            act.addresses.push(object.address);
            listed.push(ActFile {
                name,
                size: object.plain_len,
                sha256: object.digests.sha256,
                object: object.object,
                address: object.address,
            });
            stored.push(location);
        }
        if !listed.is_empty() {
            document.set_files(&listed);
        }
        let sealed = seal(&key, owner, act.id, &document, append)?;
        act.doc = Some(sealed.sha256);
        act.addresses.push(sealed.object.address);
        let row = ActRow { owner: owner.0, document: sealed.stored, files: stored };
        Ok((act, Payload::Document(document, row), session))
    }

    /// The same with files that are in memory.
    pub(crate) fn seal_files(
        &self,
        act: Act,
        owner: ActOwner,
        fields: Map<String, Value>,
        files: Vec<(String, Vec<u8>)>,
    ) -> Result<(Act, Payload, Session), Error> {
        let mut files: Vec<(String, &[u8])> =
            files.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice())).collect();
        let files = files.iter_mut().map(|(name, bytes)| (std::mem::take(name), bytes as &mut dyn Read)).collect();
        self.seal_act(act, owner, fields, files)
    }

    /// Commits an act document with files that are in memory, waits until the index has it, and gives its entry.
    pub(crate) fn commit_files(
        &self,
        kind: ActKind,
        actor: ActorId,
        owner: ActOwner,
        fields: Map<String, Value>,
        files: Vec<(String, Vec<u8>)>,
    ) -> Result<u64, Error> {
        let (act, payload, session) = self.seal_files(Act::new(kind, actor), owner, fields, files)?;
        let entry = self.commit(act, payload, None, Some(session))?.entry();
        self.wait_index()?;
        Ok(entry)
    }

    /// The act document of an entry, with the places of its files.
    pub(crate) fn document(&self, entry: u64) -> Result<(ActDocument, ActRow), Error> {
        let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the act document cannot be read");
        let row = self.index().act(entry)?.ok_or_else(changed)?;
        let owner = RecordId(row.owner);
        let key = self.owner_key(owner)?;
        let bytes = self.object(&key, owner, ObjectKind::ActDocument, &row.document).read_all()?;
        // The commitment in the journal is not compared here: the object is sealed, and `audit` compares both.
        Ok((ActDocument::decode(&bytes).map_err(|_| changed())?, row))
    }

    /// The bytes of a file that came with an act, checked against its digest.
    pub(crate) fn act_file(&self, row: &ActRow, document: &ActDocument, name: &str) -> Result<Vec<u8>, Error> {
        let changed = || Error::new(ErrorCode::StoChanged, name, "a file of an act cannot be read");
        let files = document.files();
        let (file, stored) = files.iter().zip(&row.files).find(|(f, _)| f.name == name).ok_or_else(changed)?;
        let owner = RecordId(row.owner);
        let key = self.owner_key(owner)?;
        let bytes = self.object(&key, owner, ObjectKind::Component, stored).read_all()?;
        if crate::model::digest::sha256(&bytes) != file.sha256 { Err(changed()) } else { Ok(bytes) }
    }

    /// The document of an entry and all its files, for tests that look for what must be gone.
    #[cfg(any(test, feature = "testing"))]
    pub fn act_bytes(&self, entry: u64) -> Result<Vec<Vec<u8>>, Error> {
        let (document, row) = self.document(entry)?;
        let mut all = vec![document.encode()];
        for file in document.files() {
            all.push(self.act_file(&row, &document, &file.name)?);
        }
        Ok(all)
    }

    /// The key of a register or of an owner that the index knows.
    pub(crate) fn owner_key(&self, owner: RecordId) -> Result<OwnerKey, Error> {
        let unknown = || Error::new(ErrorCode::ArcNoRecord, owner.to_string(), "no such owner");
        let slot = match self.shared.registers.iter().find(|(register, _)| *register == owner) {
            Some((_, slot)) => *slot,
            None => {
                let reader = self.index();
                crate::index::writer::read_id(reader.kv, reader.keys, owner)?.ok_or_else(unknown)?.key
            }
        };
        self.key(slot, owner)
    }

    /// Forgets what was read before from adopted documents and shared material.
    pub(crate) fn forget_adopted(&self) {
        *lock(&self.shared.classifiers) = None;
        *lock(&self.shared.validation_policy) = None;
        *lock(&self.shared.authorities) = None;
        *lock(&self.shared.confirmed) = None;
        *lock(&self.shared.calendars) = None;
        *lock(&self.shared.lists) = None;
    }
}

/// A sealed act document.
pub(super) struct SealedDocument {
    pub(super) object: SealedObject,
    pub(super) sha256: Sha256,
    pub(super) stored: StoredObject,
}

/// Seals an act document.
pub(super) fn seal(
    key: &OwnerKey,
    owner: RecordId,
    act: ActId,
    document: &ActDocument,
    append: &mut dyn FnMut(Frame) -> Result<FrameLoc, LogError>,
) -> Result<SealedDocument, Error> {
    let place = Place { owner, act, kind: ObjectKind::ActDocument };
    let (object, stored) = seal_object(key, place, &mut document.encode().as_slice(), append)?;
    Ok(SealedDocument { sha256: object.digests.sha256, object, stored })
}

fn seal_object(
    key: &OwnerKey,
    place: Place,
    bytes: &mut dyn Read,
    append: &mut dyn FnMut(Frame) -> Result<FrameLoc, LogError>,
) -> Result<(SealedObject, StoredObject), Error> {
    let mut frames = Vec::new();
    let mut failed = None;
    let sealed = Sealer::default().seal(key, place, bytes, &mut |_| {}, &mut |frame| match append(frame) {
        Ok(loc) => {
            frames.push(loc);
            Ok(())
        }
        Err(e) => {
            failed = Some(e);
            Err(std::io::Error::other("the store failed"))
        }
    });
    match (sealed, failed) {
        (_, Some(e)) => Err(e.into()),
        (Err(e), None) => Err(Error::caused(ErrorCode::StoIo, "spool", e)),
        (Ok(object), None) => {
            let stored = StoredObject { object: object.object.0, plain_len: object.plain_len, frames };
            Ok((object, stored))
        }
    }
}
