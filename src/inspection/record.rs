//! Looking at one record: is all of it there, does it open, is it what was accepted, do its signatures still hold.
//!
//! First every frame against its own digest and all of them against the entry in the journal, which needs no key; then
//! every object is opened and compared with the digest taken at acceptance; then the signatures are validated again by
//! what was known then (`ingest::repeat`), and whatever passed must pass. A record of which a part is missing or
//! damaged is not validated: the part is the finding.
//!
//! The index gives the places. When it was built again over a damaged store it lacks what could not be read; then the
//! headers of the store are looked through for it, so that the finding is the same as before.
//!
//! It reads and changes nothing.

use super::{Finding, Looked};
use crate::access::Opened;
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::index::IndexError;
use crate::index::rows::{AmendmentRow, RecordRow, StoredObject};
use crate::index::writer::read_id;
use crate::ingest::repeat::{InForce, Repeated, again};
use crate::model::amendment::Amendment;
use crate::model::digest::{Address, Sha256};
use crate::model::id::{ActId, ObjectId, RecordId};
use crate::model::record::{Component, Manifest};
use crate::model::submission::Role;
use crate::store::disk::DiskError;
use crate::store::format::{
    FRAME_BYTES_MAX, FRAME_BYTES_MIN, FrameLoc, ObjectKind, OwnerKey, object_address, segment_name,
};
use crate::store::read::frame_digest;
use crate::store::scrub::{self, Damage, Depth, Scanned};
use crate::tlog::LogError;
use crate::tlog::commit::object_commitment;
use crate::tlog::leaf::{ActKind, Leaf};
use crate::verify::material::Material;
use crate::verify::verdict::Indication;
use serde_json::Value;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// What is read once for all records of a run.
pub(super) struct Looker<'a> {
    archive: &'a Archive,
    /// Shared material by digest; none for a piece that is not there or cannot be read.
    material: Mutex<HashMap<Sha256, Option<Material>>>,
}

/// What the frame headers of the store say of acts that the index lacks.
#[derive(Default)]
pub(super) struct Headers {
    frames: HashMap<ActId, Vec<Scanned>>,
    /// A segment is not there, or shorter than it was committed.
    has_lost: bool,
    /// A place where no frame begins and one must.
    damage: Option<FrameLoc>,
}

/// An object that was found by its frames.
struct Found {
    kind: ObjectKind,
    stored: StoredObject,
}

impl Headers {
    /// The whole objects of an act.
    fn objects(&self, act: ActId) -> HashMap<ObjectId, Found> {
        let mut objects: HashMap<ObjectId, Vec<&Scanned>> = HashMap::new();
        for frame in self.frames.get(&act).into_iter().flatten() {
            objects.entry(frame.header.object).or_default().push(frame);
        }
        let whole = |(object, mut frames): (ObjectId, Vec<&Scanned>)| {
            frames.sort_unstable_by_key(|frame| frame.header.frame_no);
            let is_whole = frames.iter().zip(0..).all(|(frame, no)| frame.header.frame_no == no);
            let last = frames.last().filter(|last| is_whole && last.header.last)?;
            let plain_len = frames.iter().map(|frame| u64::from(frame.header.plain_len)).sum();
            let frames = frames.iter().map(|frame| frame.loc).collect();
            let stored = StoredObject { object: object.0, plain_len, frames };
            Some((object, Found { kind: last.header.kind, stored }))
        };
        objects.into_iter().filter_map(whole).collect()
    }

    /// Where an object would be that has no frames. When no segment is lost it is the place that is damaged.
    fn instead(&self) -> Vec<FrameLoc> {
        if self.has_lost { Vec::new() } else { self.damage.into_iter().collect() }
    }
}

/// An object as its frames are.
enum Stored {
    Whole(Address),
    Missing,
    Damaged,
}

/// An object of a record.
struct Part<'r> {
    subject: String,
    /// The finding when it is not there.
    missing: ErrorCode,
    stored: &'r StoredObject,
}

impl<'a> Looker<'a> {
    pub(super) fn new(archive: &'a Archive) -> Self {
        Self { archive, material: Mutex::default() }
    }

    /// Looks through the store for what the index lacks of these records; nothing while it could read everything.
    pub(super) fn headers(&self, records: &[(u64, Leaf)]) -> Result<Headers, Error> {
        let mut wanted = HashSet::new();
        if self.archive.index_meta().damaged == 0 {
            return Ok(Headers::default());
        }
        for (_, leaf) in records {
            let Some(record) = leaf.rec else { continue };
            let row = self.archive.index().record_by_id(record)?;
            wanted.extend(row.is_none().then_some(leaf.id));
            let has = |entry| row.iter().flat_map(|row| &row.parts).any(|part| part.entry == entry);
            let amended = self.custody(record)?.into_iter().filter(|(_, leaf)| leaf.act == ActKind::RecordAmended);
            wanted.extend(amended.filter(|(entry, _)| !has(*entry)).map(|(_, leaf)| leaf.id));
        }
        if wanted.is_empty() { Ok(Headers::default()) } else { self.scan(&wanted) }
    }

    fn scan(&self, wanted: &HashSet<ActId>) -> Result<Headers, Error> {
        let (disk, archive, end) = (self.archive.disk(), self.archive.config().archive_id, self.archive.head().store);
        let mut headers = Headers::default();
        // How long a closed segment must be is in the journal.
        let (log, mut closed) = (self.archive.log()?, HashMap::new());
        log.leaves::<Error>(0, log.size(), |_, leaf| {
            closed.extend(leaf.segment.map(|segment| (segment.number, segment.len)));
            Ok(())
        })?;
        for number in 1..=end.segment {
            let Some(len) = disk.len(&segment_name(number)).map_err(LogError::from)? else {
                headers.has_lost = true;
                continue;
            };
            let committed = if number == end.segment { end.len } else { closed.get(&number).copied().unwrap_or(len) };
            let Headers { frames, has_lost, damage } = &mut headers;
            let take = &mut |found: Scanned| {
                if wanted.contains(&found.header.act) {
                    frames.entry(found.header.act).or_default().push(found);
                }
            };
            let note = &mut |noted| match noted {
                Damage::Short { .. } => *has_lost = true,
                Damage::FrameHeader { offset } | Damage::FrameDigest { offset, .. } => {
                    let len = u32::try_from(FRAME_BYTES_MIN).unwrap_or_default();
                    *damage = damage.or(Some(FrameLoc { segment: number, offset, len }));
                }
                Damage::SegmentHeader => {}
            };
            scrub::scan(disk, archive, number, 0, committed, Depth::Headers, take, note).map_err(LogError::from)?;
        }
        Ok(headers)
    }

    /// Looks at the record that `leaf` accepted as `entry`.
    pub(super) fn look(
        &self,
        (entry, leaf): &(u64, Leaf),
        headers: &Headers,
        in_force: &mut InForce,
    ) -> Result<Looked, Error> {
        let (Some(record), Some(slot)) = (leaf.rec, leaf.key) else {
            return Err(LogError::integrity("tlog/tile/entries", format!("entry {entry} accepts no record")).into());
        };
        let key = match self.archive.key(slot, record) {
            Ok(key) => key,
            Err(e) if matches!(e.code, ErrorCode::VltErased | ErrorCode::VltIntegrity | ErrorCode::StoMissing) => {
                // The act and the erasing are one commit, so the index has the act once it has what is committed now.
                self.archive.wait_index()?;
                let is_erased = self.custody(record)?.iter().any(|(_, leaf)| leaf.act.erases());
                let finding = Finding::new(ErrorCode::PrsKeyMissing, "key");
                return Ok(if is_erased { Looked::Erased } else { Looked::Flawed(vec![finding]) });
            }
            Err(e) => return Err(e),
        };
        let reader = self.archive.index();
        let unknown = || IndexError::Engine(format!("no row of the record of entry {entry}"));
        let id = read_id(reader.kv, reader.keys, record)?.ok_or_else(unknown)?;
        let mut findings = Vec::new();
        let row = match reader.record_by_id(record)? {
            Some(row) => Some(row),
            None => self.unlisted(*entry, leaf, &key, headers)?,
        };
        let Some(mut row) = row else {
            let code = self.without(headers, leaf.id, ObjectKind::Manifest);
            return Ok(Looked::Flawed(vec![Finding::new(code, "manifest")]));
        };
        let mut acts = vec![(leaf.clone(), 0)];
        let amended = self.custody(record)?.into_iter().rev().filter(|(_, leaf)| leaf.act == ActKind::RecordAmended);
        for (number, (entry, leaf)) in (1..).zip(amended) {
            let has = |row: &RecordRow| row.parts.iter().position(|part| part.entry == entry).map(|at| at + 1);
            if has(&row).is_none()
                && let Some(amendment) = self.unlisted_amendment(entry, &leaf, &key, headers)?
            {
                row.amend(&amendment);
            }
            match has(&row) {
                Some(part) => acts.push((leaf, part)),
                None => {
                    let code = self.without(headers, leaf.id, ObjectKind::Amendment);
                    findings.push(Finding::new(code, format!("amendment/{number}")));
                }
            }
        }
        for (leaf, part) in &acts {
            findings.extend(self.stored(leaf, &row, *part));
        }
        let opened = Opened::unread(self.archive, row, id, key);
        self.contents(&opened, &mut findings, in_force)?;
        Ok(if findings.is_empty() { Looked::Whole } else { Looked::Flawed(findings) })
    }

    /// Opens what is whole as it lies, and validates again when nothing was found.
    fn contents(&self, opened: &Opened<'_>, findings: &mut Vec<Finding>, in_force: &mut InForce) -> Result<(), Error> {
        let damaged = |subject: String| Finding::new(ErrorCode::PrsObjectDamaged, subject);
        let is_known = |findings: &[Finding], subject: &str| findings.iter().any(|found| found.subject == subject);
        let mut manifest = None;
        if !is_known(findings, "manifest") {
            manifest = unless_damaged(opened.manifest())?;
            findings.extend(manifest.is_none().then(|| damaged("manifest".to_owned())));
        }
        for (at, part) in opened.row.parts.iter().enumerate() {
            let subject = format!("amendment/{}", at + 1);
            if !is_known(findings, &subject) && unless_damaged(opened.amendment(part))?.is_none() {
                findings.push(damaged(subject));
            }
        }
        for (at, component) in opened.row.components.iter().enumerate() {
            let subject = component_subject(at);
            if !is_known(findings, &subject) && unless_damaged(opened.whole(component, &mut |_| Ok(())))?.is_none() {
                findings.push(damaged(subject));
            }
        }
        if let Some(manifest) = manifest.filter(|_| findings.is_empty()) {
            findings.extend(self.validated(opened, &manifest, in_force)?);
        }
        Ok(())
    }

    /// The row of a record that the index could not read, from its manifest; none when that cannot be read either.
    fn unlisted(&self, entry: u64, leaf: &Leaf, key: &OwnerKey, headers: &Headers) -> Result<Option<RecordRow>, Error> {
        let objects = headers.objects(leaf.id);
        let Some(bytes) = self.metadata(leaf, key, &objects, ObjectKind::Manifest)? else { return Ok(None) };
        let Ok(manifest) = Manifest::decode(&bytes.0) else { return Ok(None) };
        let locate = |component: &Component| Some(headers_frames(headers, &objects, component));
        Ok(RecordRow::new(&manifest, leaf.id, entry, leaf.t, bytes.1, locate))
    }

    /// The same of something that was added to a record.
    fn unlisted_amendment(
        &self,
        entry: u64,
        leaf: &Leaf,
        key: &OwnerKey,
        headers: &Headers,
    ) -> Result<Option<AmendmentRow>, Error> {
        let objects = headers.objects(leaf.id);
        let Some(bytes) = self.metadata(leaf, key, &objects, ObjectKind::Amendment)? else { return Ok(None) };
        let Ok(amendment) = Amendment::decode(&bytes.0) else { return Ok(None) };
        let locate = |component: &Component| Some(headers_frames(headers, &objects, component));
        Ok(AmendmentRow::new(&amendment, leaf.id, entry, bytes.1, locate))
    }

    /// The manifest or amendment of an act, and where it lies.
    fn metadata(
        &self,
        leaf: &Leaf,
        key: &OwnerKey,
        objects: &HashMap<ObjectId, Found>,
        kind: ObjectKind,
    ) -> Result<Option<(Vec<u8>, StoredObject)>, Error> {
        let found = objects.values().find(|found| found.kind == kind);
        let Some((found, owner)) = found.zip(leaf.rec) else { return Ok(None) };
        let bytes = self.archive.object(key, owner, kind, &found.stored).read_all().map_err(Error::from);
        Ok(unless_damaged(bytes)?.map(|bytes| (bytes, found.stored.clone())))
    }

    /// The finding of a manifest or amendment that cannot be read: it is there, or it is not.
    fn without(&self, headers: &Headers, act: ActId, kind: ObjectKind) -> ErrorCode {
        let is_there = headers.objects(act).values().any(|found| found.kind == kind) || !headers.instead().is_empty();
        if is_there { ErrorCode::PrsObjectDamaged } else { ErrorCode::PrsObjectMissing }
    }

    /// The entries of what was done with a record, newest first. One that nothing was done with since has none.
    fn custody(&self, record: RecordId) -> Result<Vec<(u64, Leaf)>, Error> {
        let reader = self.archive.index();
        let id = read_id(reader.kv, reader.keys, record)?.filter(|id| id.custody_count > 1);
        let mut entries = Vec::new();
        let mut next = id.map(|id| id.custody);
        while let Some(entry) = next {
            let leaf = self.archive.leaf(entry)?;
            if leaf.rec != Some(record) || leaf.prev.is_some_and(|prev| prev >= entry) {
                return Err(Error::new(ErrorCode::LogIntegrity, entry.to_string(), "the record's chain is broken"));
            }
            next = leaf.prev;
            entries.push((entry, leaf));
        }
        Ok(entries)
    }

    /// The objects of a part of a record: their frames, and all of them against the entry in the journal.
    fn stored(&self, leaf: &Leaf, row: &RecordRow, part: usize) -> Vec<Finding> {
        let mut parts = Vec::new();
        for (at, component) in row.components.iter().enumerate().filter(|(_, c)| c.part as usize == part) {
            let missing = match component.role() {
                Role::Signature | Role::Timestamp => ErrorCode::PrsSignatureMissing,
                Role::Certificate | Role::Revocation => ErrorCode::PrsCertificateMissing,
                _ => ErrorCode::PrsObjectMissing,
            };
            parts.push(Part { subject: component_subject(at), missing, stored: &component.stored });
        }
        let (subject, stored) = match part.checked_sub(1).and_then(|at| row.parts.get(at)) {
            None => ("manifest".to_owned(), &row.manifest),
            Some(amended) => (format!("amendment/{part}"), &amended.amendment),
        };
        parts.push(Part { subject: subject.clone(), missing: ErrorCode::PrsObjectMissing, stored });
        let (mut findings, mut addresses) = (Vec::new(), Vec::new());
        for part in parts {
            match self.frames(part.stored) {
                Stored::Whole(address) => addresses.push(address),
                Stored::Missing => findings.push(Finding::new(part.missing, part.subject)),
                Stored::Damaged => findings.push(Finding::new(ErrorCode::PrsObjectDamaged, part.subject)),
            }
        }
        // Whole frames that are not those of the act: the index, or somebody, put others in their place.
        if findings.is_empty() && object_commitment(&addresses) != leaf.obj {
            findings.push(Finding::new(ErrorCode::PrsObjectDamaged, subject));
        }
        findings
    }

    /// Reads every frame of an object and compares it with the digest that ends it.
    fn frames(&self, stored: &StoredObject) -> Stored {
        let mut digests = Vec::with_capacity(stored.frames.len());
        let mut frame = Vec::new();
        for loc in &stored.frames {
            if loc.len as usize > FRAME_BYTES_MAX {
                return Stored::Damaged;
            }
            frame.resize(loc.len as usize, 0);
            match self.archive.disk().read_at(&segment_name(loc.segment), loc.offset, &mut frame) {
                Ok(()) => match frame_digest(&frame) {
                    Some(digest) => digests.push(digest),
                    None => return Stored::Damaged,
                },
                Err(DiskError::Missing { .. } | DiskError::Short { .. }) => return Stored::Missing,
                // A place that the medium does not give is a finding too: the check goes on with the other records.
                Err(_) => return Stored::Damaged,
            }
        }
        if digests.is_empty() { Stored::Missing } else { Stored::Whole(object_address(&digests)) }
    }

    /// Whether what the report of receipt rests on is there, and whatever passed then passes.
    fn validated(
        &self,
        opened: &Opened<'_>,
        manifest: &Manifest,
        in_force: &mut InForce,
    ) -> Result<Vec<Finding>, Error> {
        let Some(validation) = &manifest.validation else { return Ok(Vec::new()) };
        let mut findings = Vec::new();
        let mut named = Material::default();
        for digest in &validation.material {
            if !self.add_material(*digest, &mut named)? {
                findings.push(Finding::new(ErrorCode::PrsMaterialMissing, format!("material/{digest}")));
            }
        }
        if !findings.is_empty() {
            return Ok(findings);
        }
        // What passed rests on what the report names; what did not pass is nothing to be lost.
        let failed = match self.again(opened, manifest, in_force, named)? {
            Ok(repeated) => failed_since(&repeated.frozen, &repeated.again),
            Err(finding) => return Ok(vec![finding]),
        };
        if failed.is_empty() {
            return Ok(findings);
        }
        // Once more by all that the archive had then, as `validate --record` does.
        let mut all = Material::default();
        let rows = self.archive.index().material()?.into_iter().filter(|(_, row)| row.entry < opened.row.entry);
        for digest in rows.map(|(digest, _)| digest).chain(validation.material.iter().copied()) {
            self.add_material(digest, &mut all)?;
        }
        let failed = match self.again(opened, manifest, in_force, all)? {
            Ok(repeated) => failed_since(&repeated.frozen, &repeated.again),
            Err(finding) => return Ok(vec![finding]),
        };
        let place = |path: &String| opened.row.components.iter().position(|c| c.path == *path);
        let subject = |path| place(path).map_or_else(|| "record".to_owned(), component_subject);
        Ok(failed.iter().map(|path| Finding::new(ErrorCode::PrsSignatureInvalid, subject(path))).collect())
    }

    /// Validates again; the finding is that what it was validated by is not there. The record's own objects were read
    /// before and are whole.
    fn again(
        &self,
        opened: &Opened<'_>,
        manifest: &Manifest,
        in_force: &mut InForce,
        pool: Material,
    ) -> Result<Result<Repeated, Finding>, Error> {
        match again(self.archive, opened, manifest, in_force, |_| Ok(pool)) {
            Ok(repeated) => Ok(Ok(repeated)),
            Err(e) if e.code == ErrorCode::MeaNotHeld || is_damage(&e) => {
                let policy = manifest.validation.as_ref().map(|validation| validation.policy.to_string());
                let subject = format!("material/{}", policy.unwrap_or_default());
                Ok(Err(Finding::new(ErrorCode::PrsMaterialMissing, subject)))
            }
            Err(e) => Err(e),
        }
    }

    /// Adds a piece of shared material, when it is there.
    fn add_material(&self, digest: Sha256, to: &mut Material) -> Result<bool, Error> {
        let mut known = self.material.lock().unwrap_or_else(PoisonError::into_inner);
        let piece = match known.entry(digest) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let file = unless_damaged(self.archive.material_file(digest))?.flatten();
                new.insert(file.and_then(|file| {
                    let mut piece = Material::default();
                    piece.add_file(&file).is_ok().then_some(piece)
                }))
            }
        };
        Ok(piece.as_ref().map(|piece| to.merge(piece)).is_some())
    }
}

/// Where a component lies by the headers.
fn headers_frames(headers: &Headers, objects: &HashMap<ObjectId, Found>, component: &Component) -> Vec<FrameLoc> {
    objects.get(&component.object).map_or_else(|| headers.instead(), |found| found.stored.frames.clone())
}

fn component_subject(at: usize) -> String {
    format!("component/{}", at + 1)
}

/// Whether an error says that stored bytes are missing or not what they must be.
fn is_damage(e: &Error) -> bool {
    matches!(e.code, ErrorCode::StoMissing | ErrorCode::StoChanged)
}

fn unless_damaged<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if is_damage(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Paths of signatures and time-stamps of which something passed in the first report and does not in the second.
fn failed_since(frozen: &[u8], again: &[u8]) -> BTreeSet<String> {
    if frozen == again {
        return BTreeSet::new();
    }
    let (before, now) = (indications(frozen), indications(again));
    let has_failed = |(of, before): (&Pair, &Vec<Option<Indication>>)| {
        let none = Vec::new();
        let now = now.get(of).unwrap_or(&none);
        let is_lost = |(at, before): (usize, &Option<Indication>)| {
            matches!(before, Some(Indication::TotalPassed | Indication::Passed)) && now.get(at) != Some(before)
        };
        before.iter().enumerate().any(is_lost).then(|| of.0.clone())
    };
    before.iter().filter_map(has_failed).collect()
}

/// A signature and what it covers, as paths.
type Pair = (String, String);

/// What a validation in full says of the signatures in each object over each file it covers.
fn indications(document: &[u8]) -> BTreeMap<Pair, Vec<Option<Indication>>> {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found = BTreeMap::new();
    for list in ["signatures", "timestamps"] {
        for object in document.get(list).and_then(Value::as_array).into_iter().flatten() {
            let reports = object.pointer("/report/signatures").and_then(Value::as_array).into_iter().flatten();
            let indications = reports.map(|report| Indication::parse(&text(report, "indication"))).collect();
            found.insert((text(object, "component"), text(object, "covers")), indications);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(signatures: &[(&str, &str, &[&str])]) -> Vec<u8> {
        let object = |(component, covers, indications): &(&str, &str, &[&str])| {
            let reports: Vec<Value> = indications.iter().map(|i| json!({"indication": i})).collect();
            json!({"component": component, "covers": covers, "report": {"signatures": reports}})
        };
        json!({"signatures": signatures.iter().map(object).collect::<Vec<_>>(), "timestamps": []}).to_string().into()
    }

    #[test]
    fn only_what_passed_then_and_does_not_now_is_lost() {
        let then = report(&[("a", "x", &["TOTAL-PASSED", "INDETERMINATE"]), ("b", "x", &["TOTAL-FAILED"])]);
        let lost = |now: &[(&str, &str, &[&str])]| Vec::from_iter(failed_since(&then, &report(now)));
        assert!(failed_since(&then, &then).is_empty());
        // What else a report says may differ: another version of the program words it in another way.
        assert!(lost(&[("a", "x", &["TOTAL-PASSED", "TOTAL-FAILED"]), ("b", "x", &["TOTAL-PASSED"])]).is_empty());
        for now in ["TOTAL-FAILED", "INDETERMINATE", "something else"] {
            assert_eq!(lost(&[("a", "x", &[now, "INDETERMINATE"])]), ["a"], "{now}");
        }
        assert_eq!(lost(&[("b", "x", &["TOTAL-FAILED"])]), ["a"], "no word about it any more");
        assert_eq!(lost(&[("a", "y", &["TOTAL-PASSED"])]), ["a"], "it covers another file now");
        assert_eq!(lost(&[("a", "x", &[])]), ["a"]);
    }
}
