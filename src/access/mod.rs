//! Access: what the archive shows and gives out.
//!
//! Invariants
//!   - A restricted record is read only after the reading is in the journal: one durable entry a person, record,
//!     purpose and 15 minutes, with who, what for and by which rule sealed under the record's key. Under an inquiry
//!     that holds for every record, and each inquiry has entries of its own.
//!   - Who asks for a record about persons says what for.
//!   - A component is given byte for byte, checked against its digest while it is given; a wrong byte is an error,
//!     never data.
//!
//! Who may read is decided by one function, [`rights::decide`]; whoever can read the key folder needs none
//! (docs/threat-model.md).

pub mod grants;
pub mod login;
#[cfg(feature = "oidc")]
pub mod openid;
pub mod password;
pub mod rights;
pub mod subject;
pub mod text;
pub mod tokens;

use crate::archive::{ActOwner, Archive};
use crate::error::{Error, ErrorCode};
use crate::index::rows::{ComponentRow, ContentRow, IdRow, PartRow, RecordRow};
use crate::index::writer::read_id;
use crate::limits::CHUNK_BYTES;
use crate::model::amendment::Amendment;
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::id::{ActorId, RecordId};
use crate::model::path::VALIDATION_PATH;
use crate::model::record::{Manifest, Member};
use crate::model::submission::AccessCategory;
use crate::store::envelope::{Carried, carried};
use crate::store::format::{ObjectKind, OwnerKey};
use crate::store::read::ReadError;
use crate::store::seal::fill;
use crate::tlog::commit::Act;
use crate::tlog::leaf::{ActKind, Leaf};
use serde_json::{Map, Value};
use std::io::Write;
use std::path::{Path, PathBuf};

/// One reading entry stands for this long (design, invariant 3).
const READING_MS: u64 = 15 * 60 * 1000;

/// Who reads a record.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    actor: ActorId,
    rule: &'a str,
    purpose: Option<&'a str>,
    is_asking: bool,
}

impl<'a> Reader<'a> {
    /// Somebody who asks for a record, with the rule by which they may ([`rights::Decision::rule`]) and what for.
    pub fn asking(actor: ActorId, rule: &'a str, purpose: Option<&'a str>) -> Self {
        Self { actor, rule, purpose, is_asking: true }
    }

    /// Somebody who reads under an inquiry, by this rule. What for is said by the inquiry, which the entry names; more
    /// may be said.
    pub fn under_inquiry(actor: ActorId, rule: &'a str, purpose: Option<&'a str>) -> Self {
        Self { actor, rule, purpose, is_asking: purpose.is_some() }
    }

    /// Who it is.
    pub fn actor(&self) -> ActorId {
        self.actor
    }
}

/// An act of the archive's own, which says itself what it reads for.
impl From<ActorId> for Reader<'_> {
    fn from(actor: ActorId) -> Self {
        Self { actor, rule: rights::LOCAL, purpose: None, is_asking: false }
    }
}

/// Characters of a purpose. Own bound: a sentence.
const PURPOSE_CHARS_MAX: usize = 500;

/// Whether a record is about persons: personal data are confidential by the law on personal data, so that is how a
/// record with them comes.
pub fn is_about_persons(access: AccessCategory) -> bool {
    access == AccessCategory::Confidential
}

/// A record that may be read: the reading is in the journal where it must be.
pub struct Opened<'a> {
    archive: &'a Archive,
    /// The record as the index has it.
    pub row: RecordRow,
    /// Its key's place and the heads of its chains.
    pub id: IdRow,
    key: OwnerKey,
}

/// Opens a record for reading.
pub fn open<'a, 'r>(
    archive: &'a Archive,
    record: RecordId,
    reader: impl Into<Reader<'r>>,
) -> Result<Opened<'a>, Error> {
    open_for(archive, record, &reader.into(), None)
}

/// The same for reading under an inquiry, which the entry names.
pub(crate) fn open_under<'a>(
    archive: &'a Archive,
    record: RecordId,
    inquiry: RecordId,
    reader: &Reader<'_>,
) -> Result<Opened<'a>, Error> {
    open_for(archive, record, reader, Some(inquiry))
}

fn open_for<'a>(
    archive: &'a Archive,
    record: RecordId,
    who: &Reader<'_>,
    inquiry: Option<RecordId>,
) -> Result<Opened<'a>, Error> {
    let reader = archive.index();
    let unknown = || archive.no_record(record);
    let id = read_id(reader.kv, reader.keys, record)?.filter(|id| id.number.is_some()).ok_or_else(unknown)?;
    // The key first: an erased record answers with its own code.
    let key = archive.record_key(id.key, record)?;
    let damaged = || Error::new(ErrorCode::StoChanged, record.to_string(), "the record's manifest is damaged");
    let row = reader.record_by_id(record)?.ok_or_else(damaged)?;
    if who.is_asking {
        check_purpose(record, &row, who.purpose)?;
    }
    if inquiry.is_some() || row.access() != AccessCategory::Public {
        log_reading(archive, record, &id, inquiry, who)?;
    }
    let id = read_id(reader.kv, reader.keys, record)?.unwrap_or(id);
    Ok(Opened { archive, row, id, key })
}

/// Opens a record that is handed over. The act by which that is done is in the journal, names the record, and is in its
/// chain like any other: the caller MUST have committed it before a byte leaves, as it MUST before a bundle is given
/// out. No entry of reading is made beside it.
pub(crate) fn open_handed(archive: &Archive, record: RecordId) -> Result<Opened<'_>, Error> {
    let reader = archive.index();
    let unknown = || archive.no_record(record);
    let id = read_id(reader.kv, reader.keys, record)?.filter(|id| id.number.is_some()).ok_or_else(unknown)?;
    let key = archive.record_key(id.key, record)?;
    let damaged = || Error::new(ErrorCode::StoChanged, record.to_string(), "the record's manifest is damaged");
    let row = reader.record_by_id(record)?.ok_or_else(damaged)?;
    Ok(Opened::unread(archive, row, id, key))
}

/// The members of what an entry committed to, for evidence about it, which gives nothing of it to anybody: no reading
/// is logged. None when the key of the owner is erased, or the entry is about no record.
pub(crate) fn members(archive: &Archive, owner: RecordId, entry: u64) -> Result<Option<Vec<Member>>, Error> {
    let reader = archive.index();
    let Some(id) = read_id(reader.kv, reader.keys, owner)? else { return Ok(None) };
    let Some(row) = archive.index().record_by_id(owner)? else { return Ok(None) };
    let key = match archive.record_key(id.key, owner) {
        Err(e) if e.code.is_gone() => return Ok(None),
        key => key?,
    };
    let opened = Opened::unread(archive, row, id, key);
    if opened.row.entry == entry {
        return Ok(Some(opened.manifest()?.members()));
    }
    let part = opened.row.parts.iter().find(|part| part.entry == entry);
    Ok(part.map(|part| opened.amendment(part)).transpose()?.map(|(_, amendment)| amendment.members()))
}

/// What a record about persons is read for is said, and said in words.
fn check_purpose(record: RecordId, row: &RecordRow, purpose: Option<&str>) -> Result<(), Error> {
    let wrong = |what: &str| Err(Error::new(ErrorCode::AccPurpose, record.to_string(), what));
    match purpose {
        None if is_about_persons(row.access()) => wrong("no purpose was given"),
        Some(purpose) if purpose.trim().is_empty() || purpose.chars().any(char::is_control) => {
            wrong("the purpose is no line of text")
        }
        Some(purpose) if purpose.chars().count() > PURPOSE_CHARS_MAX => {
            wrong(&format!("the purpose has more than {PURPOSE_CHARS_MAX} characters"))
        }
        _ => Ok(()),
    }
}

/// Log first: the entry is durable before a byte leaves.
fn log_reading(
    archive: &Archive,
    record: RecordId,
    id: &IdRow,
    inquiry: Option<RecordId>,
    who: &Reader<'_>,
) -> Result<(), Error> {
    let now = archive.now();
    let is_recent = |at: u64| now >= at && now - at < READING_MS;
    let last = archive.index().last_reading(who.actor, record, inquiry)?;
    if last.is_some_and(is_recent) && stands(archive, id, inquiry, who, &is_recent)? {
        return Ok(());
    }
    let mut fields = Map::from_iter([("rule".to_owned(), Value::from(who.rule))]);
    if let Some(account) = archive.index().account(who.actor)? {
        fields.insert("account".to_owned(), account.name.into());
    }
    if let Some(purpose) = who.purpose {
        fields.insert("purpose".to_owned(), purpose.into());
    }
    let mut act = Act::new(ActKind::RecordRead, who.actor);
    act.of = inquiry;
    let (act, payload, session) = archive.seal_files(act, ActOwner::Known(record), fields, Vec::new())?;
    archive.commit(act, payload, None, Some(session))?;
    archive.wait_index()?;
    Ok(())
}

/// Whether an entry that is recent speaks of this reading too: by the same rule, for the same purpose.
fn stands(
    archive: &Archive,
    id: &IdRow,
    inquiry: Option<RecordId>,
    who: &Reader<'_>,
    is_recent: &dyn Fn(u64) -> bool,
) -> Result<bool, Error> {
    let mut next = id.reading;
    while let Some(entry) = next {
        let leaf = archive.leaf(entry)?;
        if !is_recent(leaf.t) {
            return Ok(false);
        }
        if leaf.act == ActKind::RecordRead && leaf.actor == who.actor && leaf.of == inquiry {
            let said = reading(archive, entry, &leaf)?;
            if said.rule.as_deref() == Some(who.rule) && said.purpose.as_deref() == who.purpose {
                return Ok(true);
            }
        }
        // Each step goes back in the journal, so it ends.
        next = leaf.prev.filter(|prev| *prev < entry);
    }
    Ok(false)
}

/// What an entry of the reading chain says beside who and when; nothing of one from before that was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What for.
    pub purpose: Option<String>,
    /// By which rule.
    pub rule: Option<String>,
}

/// What is said of a reading.
pub fn reading(archive: &Archive, entry: u64, leaf: &Leaf) -> Result<Reading, Error> {
    if leaf.act != ActKind::RecordRead || leaf.doc.is_none() {
        return Ok(Reading::default());
    }
    let (document, _) = archive.document(entry)?;
    let text = |key: &str| document.text(key).map(str::to_owned);
    Ok(Reading { purpose: text("purpose"), rule: text("rule") })
}

/// An entry of a record's history.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// Its place in the journal.
    pub index: u64,
    /// The entry.
    pub leaf: Leaf,
    /// The account behind the actor, as far as known.
    pub account: Option<String>,
}

impl<'a> Opened<'a> {
    /// A record for a check of the holding, which gives nothing of it to anybody: the act that ordered the check is in
    /// the journal, and no reading is.
    pub(crate) fn unread(archive: &'a Archive, row: RecordRow, id: IdRow, key: OwnerKey) -> Self {
        Self { archive, row, id, key }
    }
}

impl Opened<'_> {
    /// The record's manifest.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        let owner = self.row.id();
        let reader = self.archive.object(&self.key, owner, ObjectKind::Manifest, &self.row.manifest);
        let manifest = Manifest::decode(&reader.read_all()?)
            .map_err(|e| Error::caused(ErrorCode::StoChanged, owner.to_string(), e))?;
        let entry = self.archive.leaf(self.row.entry)?;
        // The journal's commitment is the truth; a manifest that does not lead to it is not this record's.
        if entry.g256 != Some(manifest.group().0) || manifest.record != owner {
            let what = "the manifest does not lead to the commitment in the journal";
            return Err(Error::new(ErrorCode::StoChanged, owner.to_string(), what));
        }
        Ok(manifest)
    }

    /// The entry by which it is in search («іздестіруде»): a check did not find it, or a part of it.
    pub fn missing_since(&self) -> Result<Option<u64>, Error> {
        Ok(self.archive.index().missing_since(self.row.id())?)
    }

    /// Records of the agency with the same main content and attachments.
    pub fn same_content(&self) -> Result<Vec<RecordId>, Error> {
        Ok(self.archive.index().same_content(&self.row)?)
    }

    /// What was added to the record later, oldest first, each with its entry.
    pub fn amendments(&self) -> Result<Vec<(Leaf, Amendment)>, Error> {
        self.row.parts.iter().map(|part| self.amendment(part)).collect()
    }

    /// One of them.
    pub(crate) fn amendment(&self, part: &PartRow) -> Result<(Leaf, Amendment), Error> {
        let owner = self.row.id();
        let reader = self.archive.object(&self.key, owner, ObjectKind::Amendment, &part.amendment);
        let amendment = Amendment::decode(&reader.read_all()?)
            .map_err(|e| Error::caused(ErrorCode::StoChanged, owner.to_string(), e))?;
        let entry = self.archive.leaf(part.entry)?;
        if entry.g256 != Some(amendment.group().0) || amendment.record != owner {
            let what = "the amendment does not lead to its commitment in the journal";
            return Err(Error::new(ErrorCode::StoChanged, owner.to_string(), what));
        }
        Ok((entry, amendment))
    }

    /// The record's entries, oldest first: what was done with it, and apart from that who read it.
    pub fn history(&self) -> Result<(Vec<HistoryEntry>, Vec<HistoryEntry>), Error> {
        Ok((self.chain(Some(self.id.custody))?, self.chain(self.id.reading)?))
    }

    fn chain(&self, head: Option<u64>) -> Result<Vec<HistoryEntry>, Error> {
        let entry = |(index, leaf): (u64, Leaf)| {
            let account = self.archive.index().account(leaf.actor)?.map(|a| a.name);
            Ok(HistoryEntry { index, leaf, account })
        };
        self.archive.chain(self.row.id(), head)?.into_iter().map(entry).collect()
    }

    /// The component at `path`.
    pub fn component(&self, path: &str) -> Result<&ComponentRow, Error> {
        let found = self.row.components.iter().find(|c| c.path == path);
        found.ok_or_else(|| Error::new(ErrorCode::ArcNoComponent, path, "the record has no such component"))
    }

    /// The attached CMS that carries the content at `path`.
    pub fn content_at(&self, path: &str) -> Option<(&ComponentRow, &ContentRow)> {
        let carried = |c: &'_ ComponentRow| c.content.as_ref().is_some_and(|content| content.path == path);
        let component = self.row.components.iter().find(|c| carried(c))?;
        Some((component, component.content.as_ref()?))
    }

    /// Gives bytes `start..end` of a component; only the chunks asked for are read and checked.
    pub fn range(
        &self,
        component: &ComponentRow,
        start: u64,
        end: u64,
        give: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let reader = self.archive.object(&self.key, self.row.id(), ObjectKind::Component, &component.stored);
        let mut failed = None;
        let result = reader.read(start, end, |piece| {
            give(piece).map_err(|e| {
                failed = Some(e);
                ReadError::Range { start, end, len: component.stored.plain_len }
            })
        });
        match failed {
            Some(e) => Err(Error::caused(ErrorCode::ArcOutput, component.path.clone(), e)),
            None => Ok(result?),
        }
    }

    /// Gives a whole component and checks its SHA-256 at the end. Until `Ok` comes, what was given is not to be
    /// trusted.
    pub fn whole(
        &self,
        component: &ComponentRow,
        give: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let mut hasher = Sha256Writer::default();
        self.range(component, 0, component.stored.plain_len, &mut |piece| {
            hasher.update(piece);
            give(piece)
        })?;
        if hasher.finish().0 != component.sha256 {
            let what = "the bytes do not have the digest taken at acceptance";
            return Err(Error::new(ErrorCode::StoChanged, component.path.clone(), what));
        }
        Ok(())
    }

    /// All bytes of a component of the archive's own, which are few.
    pub fn read(&self, component: &ComponentRow) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.whole(component, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// What was found when the signatures were validated at receipt; none of a record from before that.
    pub fn validation(&self) -> Result<Option<serde_json::Value>, Error> {
        let Ok(component) = self.component(VALIDATION_PATH) else { return Ok(None) };
        let value = serde_json::from_slice(&self.read(component)?);
        value.map(Some).map_err(|e| Error::caused(ErrorCode::StoChanged, VALIDATION_PATH, e))
    }

    /// Gives the content that an attached CMS carries, and checks its SHA-256 at the end, as [`Self::whole`] does.
    pub fn content(
        &self,
        component: &ComponentRow,
        content: &ContentRow,
        give: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let object = self.archive.object(&self.key, self.row.id(), ObjectKind::Component, &component.stored);
        let failed = |e| Error::of_object(&content.path, e);
        let changed = |what: &str| Error::new(ErrorCode::StoChanged, content.path.clone(), what);
        let carried = carried(self.archive.spool(), &mut object.seekable()).map_err(|e| failed(e.into()))?;
        let Carried::Document(mut inner) = carried else { return Err(changed("no content in it")) };
        let mut hasher = Sha256Writer::default();
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let n = fill(&mut inner, &mut buffer).map_err(failed)?;
            hasher.update(&buffer[..n]);
            give(&buffer[..n]).map_err(|e| Error::caused(ErrorCode::ArcOutput, content.path.clone(), e))?;
            if n < buffer.len() {
                break;
            }
        }
        if hasher.finish().0 != content.sha256 {
            return Err(changed("the bytes do not have the digest taken at acceptance"));
        }
        Ok(())
    }

    /// Writes every component below `folder` under its own path, and beside an attached CMS the content it carries. An
    /// existing file is never overwritten, and a file whose bytes turn out wrong is removed again.
    pub fn export(&self, folder: &Path) -> Result<Vec<Exported>, Error> {
        let mut written = Vec::new();
        for component in &self.row.components {
            written.push(Exported {
                path: write_new(folder, &component.path, &mut |give| self.whole(component, give))?,
                size: component.stored.plain_len,
                sha256: Sha256(component.sha256),
            });
            if let Some(content) = &component.content {
                written.push(Exported {
                    path: write_new(folder, &content.path, &mut |give| self.content(component, content, give))?,
                    size: content.size,
                    sha256: Sha256(content.sha256),
                });
            }
        }
        Ok(written)
    }
}

/// A file that was given out.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Where it was written.
    pub path: PathBuf,
    /// Length in bytes.
    pub size: u64,
    /// Digest of its bytes, as taken at acceptance.
    pub sha256: Sha256,
}

type Give<'a> = dyn FnMut(&[u8]) -> std::io::Result<()> + 'a;

fn write_new(
    folder: &Path,
    name: &str,
    whole: &mut dyn FnMut(&mut Give<'_>) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let path = folder.join(name);
    let failed = |e| Error::caused(ErrorCode::ArcOutput, path.display().to_string(), e);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    let result = whole(&mut |piece| file.write_all(piece));
    if let Err(e) = result.and_then(|()| file.sync_all().map_err(failed)) {
        // The export failed either way; a leftover would be worse than a missing file.
        let _ = std::fs::remove_file(&path);
        return Err(e);
    }
    Ok(path)
}
