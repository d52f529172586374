//! One component on its way in: received, identified and judged, sealed.
//!
//! Received into the spool once, so that what was identified and what is sealed are the same bytes, whatever becomes of
//! the Producer's file meanwhile. Used by acceptance and by everything that is added to a record later.
//!
//! What reaches the disk: ciphertext of large components in the spool, then sealed frames. A crash leaves frames whose
//! key was never written, and spool files whose key is gone.

use super::identify::{CMS_NAME, identify};
use super::receive::ReceiveError;
use super::rules::{self, Place, extension, family_of};
use super::secrets::PrivateKeyScan;
use crate::archive::Session;
use crate::config::Policy;
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::StoredObject;
use crate::limits::HASH_BUFFER_BYTES;
use crate::model::cms::CmsError;
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::format::{Family, Finding, Identification};
use crate::model::id::{ActId, ObjectId, RecordId};
use crate::model::profile::ProfileRules;
use crate::model::record::{Component, InnerContent};
use crate::model::submission::{ComponentEntry, Kind, Role};
use crate::store::envelope::{Carried, carried};
use crate::store::format::{FrameLoc, ObjectKind, OwnerKey};
use crate::store::seal::{Frame, SealedObject, Sealer, fill};
use crate::store::spool::{self, Spool, Spooled};
use crate::tlog::LogError;
use crate::tlog::commit::Act;
use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Sealed frames that one submission keeps in memory before they go to the store: the frames of small submissions are
/// appended only when the whole submission has passed.
const HELD_FRAMES_BYTES: usize = 4 * 1024 * 1024;

/// Why something was not handed to the commit.
pub(super) enum Stop {
    /// With reasons, never none.
    Refused(Vec<Refusal>),
    /// It is held already.
    Held(RecordId),
    /// Not decided.
    Failed(Error),
    /// Only tried: it would become a record with these flags.
    Tried(Vec<String>),
}

impl From<ReceiveError> for Stop {
    fn from(e: ReceiveError) -> Self {
        match e {
            ReceiveError::Refused(refusals) => Stop::Refused(refusals),
            ReceiveError::Io { ref path, .. } => Stop::Failed(Error::caused(e.code(), path.display().to_string(), e)),
        }
    }
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Stop::Failed(e)
    }
}

impl From<LogError> for Stop {
    fn from(e: LogError) -> Self {
        Stop::Failed(e.into())
    }
}

impl From<crate::index::IndexError> for Stop {
    fn from(e: crate::index::IndexError) -> Self {
        Stop::Failed(e.into())
    }
}

/// A component in the spool.
pub(super) struct Received {
    /// What the Producer says of it.
    pub(super) entry: ComponentEntry,
    /// Its bytes.
    pub(super) bytes: Spooled,
    digest: Option<Sha256>,
    format: Option<Identification>,
    content: Option<InnerContent>,
}

/// Passes bytes on and looks for private keys in them.
struct Scanned<'a> {
    inner: &'a mut dyn Read,
    scan: PrivateKeyScan,
}

impl Read for Scanned<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.scan.update(&buf[..n]);
        Ok(n)
    }
}

impl Received {
    /// Reads a component from its bounded stream. `path` names the stream when it cannot be read.
    pub(super) fn read(
        spool: &Spool,
        entry: ComponentEntry,
        reader: &mut dyn Read,
        path: &Path,
    ) -> Result<Self, ReceiveError> {
        let mut scanned = Scanned { inner: reader, scan: PrivateKeyScan::new() };
        let bytes =
            spool::fill(spool, &mut scanned).map_err(|e| ReceiveError::of_stream(&path.join(&entry.path), e))?;
        if let Some(kind) = scanned.scan.finish() {
            return Err(ReceiveError::Refused(vec![Refusal::new(ErrorCode::IngPrivateKey, entry.path, kind)]));
        }
        Ok(Self { entry, bytes, digest: None, format: None, content: None })
    }

    /// A component that the archive itself adds.
    pub(super) fn own(spool: &Spool, path: String, role: Role, bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = bytes;
        Self::own_file(spool, path, role, &mut reader)
    }

    /// The same of what is read from a file, which may be large.
    pub(super) fn own_file(spool: &Spool, path: String, role: Role, reader: &mut dyn Read) -> Result<Self, Error> {
        let bytes = spool::fill(spool, reader).map_err(|e| spool_failed(&path, e))?;
        let entry = ComponentEntry { path, role, covers: Vec::new(), media_type: None, derivation: None };
        Ok(Self { entry, bytes, digest: None, format: None, content: None })
    }

    /// A component that a record holds, as it was when the record was accepted.
    pub(super) fn held(component: &Component, bytes: Spooled) -> Self {
        let entry = ComponentEntry {
            path: component.path.clone(),
            role: component.role,
            covers: component.covers.clone(),
            media_type: component.media_type.clone(),
            derivation: component.derived.clone(),
        };
        let (format, content) = (component.format.clone(), component.content.clone());
        Self { entry, bytes, digest: None, format, content }
    }

    /// The family that identification found.
    pub(super) fn family(&self) -> Option<Family> {
        self.format.as_ref().map(|format| format.family)
    }

    /// Codes of what identification found in it and in a content it carries.
    pub(super) fn findings(&self) -> impl Iterator<Item = ErrorCode> {
        let formats = self.format.iter().chain(self.content.as_ref().map(|content| &content.format));
        formats.flat_map(|format| &format.findings).map(|finding| finding.code)
    }

    /// Sets its bytes to the first one.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.bytes.rewind()
    }

    /// The name of the content it carries, once identified.
    pub(super) fn content_path(&self) -> Option<&str> {
        self.content.as_ref().map(|content| content.path.as_str())
    }

    /// All its bytes; for a card, which is small.
    pub(super) fn whole(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.bytes.seek(SeekFrom::Start(0))?;
        self.bytes.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// SHA-256 of its bytes, which are read for it once.
    pub(super) fn sha256(&mut self) -> io::Result<Sha256> {
        match self.digest {
            Some(digest) => Ok(digest),
            None => Ok(*self.digest.insert(sha256(&mut self.bytes)?)),
        }
    }

    /// Identifies its format and that of a content it carries, and gives the reasons to refuse it. `taken` says whether
    /// a name belongs to another component.
    pub(super) fn identify(
        &mut self,
        spool: &Spool,
        policy: &Policy,
        profile: &ProfileRules,
        kind: Kind,
        taken: &dyn Fn(&str) -> bool,
    ) -> io::Result<Vec<Refusal>> {
        let (path, role) = (self.entry.path.clone(), self.entry.role);
        let named = rules::promised_family(&path);
        let size = self.bytes.len();
        let mut format = identify(&mut self.bytes, size, named)?;
        // Only documents are judged by what their envelope carries; a signature may well carry its content again.
        let carried = match format.family {
            Family::Cms | Family::Text if role.is_content() => self.carried(spool, &mut format)?,
            _ => None,
        };
        let mut refusals = Vec::new();
        if let Some(mut inner) = carried {
            let name = inner_name(&path, taken);
            let named = rules::promised_family(&name);
            let size = inner.len();
            let mut found = identify(&mut inner, size, named)?;
            refusals.extend(rules::judge(policy, profile, Place { path: &name, role, kind }, &mut found));
            self.content = Some(InnerContent { path: name, size, sha256: sha256(&mut inner)?, format: found });
        } else {
            refusals.extend(rules::judge(policy, profile, Place { path: &path, role, kind }, &mut format));
        }
        self.format = Some(format);
        Ok(refusals)
    }

    /// The document that an attached CMS carries. What else the envelope shows is added to its format.
    fn carried(&mut self, spool: &Spool, format: &mut Identification) -> io::Result<Option<Spooled>> {
        let mut find = |code, detail: String| format.findings.push(Finding { code, place: String::new(), detail });
        let document = match carried(spool, &mut self.bytes) {
            Ok(Carried::NotCms) => return Ok(None),
            Ok(Carried::Document(document)) => Some(*document),
            Ok(Carried::Nothing) => None,
            Ok(Carried::Encrypted) => {
                find(ErrorCode::FmtEncrypted, "the envelope is encrypted for its addressee".to_owned());
                None
            }
            Err(CmsError::Io(e)) => return Err(e),
            Err(e) => {
                find(e.code(), e.to_string());
                None
            }
        };
        format.family = Family::Cms;
        format.name = CMS_NAME.to_owned();
        format.puid = None;
        Ok(document)
    }

    /// Seals it under the record's key.
    pub(super) fn seal(mut self, sealing: &mut Sealing<'_>) -> Result<Component, Stop> {
        let entry = self.entry;
        self.bytes.seek(SeekFrom::Start(0)).map_err(|e| spool_failed(&entry.path, e))?;
        let sealed = sealing.seal(ObjectKind::Component, &mut self.bytes, &entry.path)?;
        Ok(Component {
            path: entry.path,
            role: entry.role,
            covers: entry.covers,
            media_type: entry.media_type,
            size: sealed.plain_len,
            digests: sealed.digests,
            object: sealed.object,
            address: sealed.address,
            format: self.format,
            content: self.content,
            derived: entry.derivation,
        })
    }
}

/// An error of the spool: the archive's, not the Producer's.
pub(super) fn spool_failed(path: &str, e: io::Error) -> Error {
    Error::of_spool(format!("spool: {path}"), e)
}

pub(super) fn sha256(source: &mut (impl Read + Seek)) -> io::Result<Sha256> {
    source.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256Writer::default();
    let mut buffer = [0; HASH_BUFFER_BYTES];
    loop {
        let n = fill(source, &mut buffer)?;
        hasher.update(&buffer[..n]);
        if n < buffer.len() {
            break;
        }
    }
    Ok(hasher.finish())
}

/// The name under which the content of an attached CMS is given out: its own without the ending of the envelope.
fn inner_name(path: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let envelope = extension(path).filter(|e| family_of(e) == Some(Family::Cms));
    let stem = envelope.and_then(|e| path.get(..path.len() - e.len() - 1)).unwrap_or(path);
    let mut name = stem.to_owned();
    let mut number = 1;
    // Beside its own envelope, and beside everything else of the record.
    while name == path || taken(&name) {
        name = if number == 1 { format!("content/{stem}") } else { format!("content-{number}/{stem}") };
        number += 1;
    }
    name
}

/// What one act seals, and where it goes.
pub(super) struct Sealing<'a> {
    /// Reused buffers.
    pub(super) sealer: &'a mut Sealer,
    /// The record's key.
    pub(super) key: &'a OwnerKey,
    /// The record.
    pub(super) record: RecordId,
    /// The act.
    pub(super) act: ActId,
    /// Frames on their way to the store.
    pub(super) frames: Frames,
}

impl Sealing<'_> {
    /// Seals one object of the act.
    pub(super) fn seal(&mut self, kind: ObjectKind, bytes: &mut dyn Read, name: &str) -> Result<SealedObject, Stop> {
        let place = crate::store::seal::Place { owner: self.record, act: self.act, kind };
        let frames = &mut self.frames;
        let sealed = self.sealer.seal(self.key, place, bytes, &mut |_| {}, &mut |frame| frames.push(frame));
        sealed.map_err(|e| match self.frames.failed.take() {
            Some(failed) => Stop::Failed(failed.into()),
            None => Stop::Failed(spool_failed(name, e)),
        })
    }

    /// Seals the document that ends the act, puts everything into the store, and gives where the document lies.
    pub(super) fn end(&mut self, kind: ObjectKind, document: &[u8], act: &mut Act) -> Result<StoredObject, Stop> {
        let sealed = self.seal(kind, &mut &*document, "the document of the act")?;
        act.addresses.push(sealed.address);
        self.frames.flush()?;
        let frames = self.frames.locs.get(&sealed.object).cloned().expect("just appended");
        Ok(StoredObject { object: sealed.object.0, plain_len: sealed.plain_len, frames })
    }
}

/// Sealed frames of one act on their way to the store.
pub(super) struct Frames {
    pub(super) session: Session,
    held: Vec<Frame>,
    held_bytes: usize,
    pub(super) locs: HashMap<ObjectId, Vec<FrameLoc>>,
    failed: Option<LogError>,
}

impl Frames {
    pub(super) fn new(session: Session) -> Self {
        Self { session, held: Vec::new(), held_bytes: 0, locs: HashMap::new(), failed: None }
    }

    fn push(&mut self, frame: Frame) -> io::Result<()> {
        self.held_bytes += frame.bytes.len();
        self.held.push(frame);
        if self.held_bytes >= HELD_FRAMES_BYTES
            && let Err(e) = self.flush()
        {
            self.failed = Some(e);
            return Err(io::Error::other("the store failed"));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LogError> {
        for frame in self.held.drain(..) {
            let loc = self.session.append(&frame)?;
            self.locs.entry(frame.object).or_default().push(loc);
        }
        self.held_bytes = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_of_an_envelope_has_a_name_of_its_own() {
        let name = |path, taken: &[&str]| inner_name(path, &|n| taken.contains(&n));
        assert_eq!(name("хат.docx.p7m", &[]), "хат.docx");
        assert_eq!(name("a/хат.docx.P7S", &[]), "a/хат.docx");
        assert_eq!(name("хат.docx", &[]), "content/хат.docx");
        assert_eq!(name("хат.docx.p7m", &["хат.docx"]), "content/хат.docx");
        assert_eq!(name("хат.docx.p7m", &["хат.docx", "content/хат.docx"]), "content-2/хат.docx");
    }
}
