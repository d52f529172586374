//! One record of a package on its way into the archive: what the sender's journal proves it to be, made a submission of
//! this archive, with everything that proves it as one tar.
//!
//! The description is made from the metadata file that the sender's entry commits to; `record.json` is asked for the
//! words of holds only. What was added there later is added here again, by the same acts ([`add`]). `muragat/` is the
//! place of what an archive adds itself, so the sender's own files there, like all that came later and the folders of
//! metadata, stand in the tar, under the names that they have in a package of the form `plain`: whoever has the record
//! can check the sender's commitments and proofs again.
//!
//! Invariants
//!   - Bytes are those that the sender's entry commits to.
//!   - Since when they exist is what evidence proves by the policy of this archive; else they exist since now.
//!   - A hold that keeps it there is told here, or the record is not taken.

use super::package::Package;
use crate::archive::Archive;
use crate::clock::{Millis, utc};
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::check_text;
use crate::filing::holds::Placing;
use crate::ingest::amend::{self, Amended, LATE_ROLES};
use crate::ingest::import::profile::Keep;
use crate::ingest::transferred::{Bytes, File};
use crate::limits::TEXT_LONG_CHARS_MAX;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::path::is_own;
use crate::model::strict::shown;
use crate::model::submission::{ComponentEntry, Derivation, Kind, Role, SUBMISSION_SCHEMA};
use crate::store::spool::Spooled;
use crate::transfer::custody::{Component, Custody, Group};
use crate::transfer::layout;
use crate::transfer::pack::sink::Sink;
use crate::transfer::pack::tar::Tar;
use crate::transfer::reply::Reason;
use crate::verify::evidence::check::{ObjectDigests, Question, verify};
use crate::verify::evidence::record::EvidenceRecord;
use crate::verify::material::Material;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Bytes of shared material that is kept at hand. Own bound: CRLs of some authorities.
const MATERIAL_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Holds of one record. Own bound: several bodies, each several times.
const HOLDS_MAX: usize = 1_000;

/// Why a record is refused, or what is to be said of it.
pub type Said = (Reason, String);

/// The shared material of a package: read once, for all its records.
pub struct Shared {
    /// As it is used.
    pub material: Material,
    /// Paths in the tree, with the bytes.
    files: BTreeMap<String, Vec<u8>>,
}

impl Shared {
    /// Reads it.
    pub fn read(package: &Package<'_>) -> Result<Self, Error> {
        let (mut material, mut files) = (Material::default(), BTreeMap::new());
        let mut left = MATERIAL_BYTES_MAX;
        let top = package.path("");
        let folder = package.path(layout::MATERIAL);
        for (_, path) in package.below(&folder) {
            let bytes = package.read(path)?;
            let too_much = || Error::new(ErrorCode::TrfNotTaken, layout::MATERIAL, "too much shared material");
            left = left.checked_sub(bytes.len()).ok_or_else(too_much)?;
            // What is none of these helps nobody, and the validation misses it by name.
            let _ = material.add_file(&bytes);
            files.insert(path[top.len()..].to_owned(), bytes);
        }
        Ok(Self { material, files })
    }
}

/// The files of a record, opened in the package.
pub struct Files<'p, 's> {
    package: &'p Package<'s>,
    paths: Vec<String>,
}

impl Bytes for Files<'_, '_> {
    fn open(&self, index: usize) -> io::Result<Box<dyn Read + '_>> {
        let found = self.paths.get(index).and_then(|path| self.package.source.find(path));
        self.package.source.open(found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?)
    }
}

impl<'p, 's> Files<'p, 's> {
    /// These files, from the top of the package.
    pub fn new(package: &'p Package<'s>, paths: Vec<String>) -> Self {
        Self { package, paths }
    }
}

/// A record as it is handed to intake.
pub struct Ready {
    /// `submission.json`.
    pub description: Vec<u8>,
    /// The files, and where they are in the package.
    pub files: Vec<(File, String)>,
    /// Since when they are proven to exist.
    pub since: Option<Millis>,
    /// Which doubts are kept with it.
    pub keep: Keep,
    /// Material that the sender kept with the record.
    pub extra: Material,
    /// What is to be said of it.
    pub remarks: Vec<Said>,
}

/// The digest of a record (docs/transfer-package.md §3), over what is in the folder. Of a package by another program
/// that over all files of the record, by their paths in the package.
pub fn digest<'f>(package: &Package<'_>, folder: &str, files: impl Iterator<Item = &'f str>) -> Result<Sha256, Error> {
    let mut lines = crate::model::digest::Sha256Writer::default();
    let mut files: Vec<&str> = files.collect();
    files.sort_unstable();
    for path in files {
        let within = path.strip_prefix(folder).unwrap_or(path);
        if layout::is_digested(within) {
            lines.update(format!("{}  {within}\n", package.told(path)?).as_bytes());
        }
    }
    Ok(lines.finish())
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

/// Makes a submission of what is proven.
///
/// # Errors
///
/// The medium or the archive fails; in the inner result why it cannot be a record here.
pub fn read(
    archive: &Archive,
    package: &Package<'_>,
    (agency, record, custody): (&str, RecordId, &Custody),
    shared: &Shared,
) -> Result<Result<Ready, Said>, Error> {
    let Some(first) = custody.groups.first() else { return Ok(Err((Reason::CustodyUnproven, String::new()))) };
    let said = &first.metadata;
    if Kind::parse_submitted(text(said, "kind").unwrap_or_default()).is_none() && said.get("kind").is_some() {
        return Ok(Err((Reason::Other, "a record that an archive made itself".to_owned())));
    }
    let own =
        |one: &&Component| is_own(&one.path) || matches!(one.role, Role::Report | Role::Issued | Role::Provenance);
    let sent: Vec<&Component> = first.components.iter().filter(|one| !own(one)).collect();
    let mut remarks = Vec::new();
    let mut map = Map::new();
    map.insert("schema".into(), SUBMISSION_SCHEMA.into());
    map.insert("agency".into(), agency.into());
    for key in ["profile", "kind", "direction", "nomenclature_index", "access_category", "file", "certified_by"] {
        if let Some(value) = said.get(key) {
            map.insert(key.into(), value.clone());
        }
    }
    let codes = said.get("codes").and_then(Value::as_array).into_iter().flatten();
    let codes: BTreeMap<String, String> =
        codes.filter_map(|one| Some((text(one, "field")?.to_owned(), text(one, "code")?.to_owned()))).collect();
    if !codes.is_empty() {
        let today = crate::clock::civil_date(archive.now());
        match archive.classifiers()?.check(&codes, today) {
            Ok(_) => drop(map.insert("codes".into(), json!(codes))),
            // Another archive has other editions: what was said there is in what the record brings along.
            Err(_) => remarks.push((Reason::Requisite, "codes of classifiers that are not adopted here".to_owned())),
        }
    }
    let component = |one: &&Component| {
        let mut value = Map::new();
        for key in ["path", "role", "covers", "media_type", "source", "tool"] {
            value.extend(one.said.get(key).map(|said| (key.to_owned(), said.clone())));
        }
        Value::Object(value)
    };
    map.insert("components".into(), sent.iter().map(component).collect());
    let file = |one: &&Component| {
        let file = File { path: one.path.clone(), len: one.len, sha256: one.digests.sha256 };
        (file, one.file.clone())
    };
    let files = sent.iter().map(file).collect();
    let mut extra = shared.material.clone();
    for one in custody.groups.iter().flat_map(|group| &group.components).filter(own) {
        // What the sender froze with the record: certificates of signers, and what said that they were not revoked.
        if matches!(one.role, Role::Certificate | Role::Revocation) {
            let _ = extra.add_file(&package.read(&one.file)?);
        }
    }
    let since = since(archive, package, (&package.folder(record), first), &extra)?;
    let verdict = said.pointer("/validation/verdict").and_then(Value::as_str);
    Ok(Ok(Ready {
        description: Value::Object(map).to_string().into_bytes(),
        files,
        since,
        // A signature that could not be proven there either does not refuse it; one that does not hold always does. Who
        // signed was judged there by registers that this archive does not have.
        keep: Keep { unsigned: true, unproven: verdict != Some("valid"), failed: false, formats: false, signers: true },
        extra,
        remarks,
    }))
}

/// Since when what an entry committed to is proven to exist: the earliest that an evidence record of it shows, by the
/// policy of this archive.
fn since(
    archive: &Archive,
    package: &Package<'_>,
    (folder, group): (&str, &Group),
    extra: &Material,
) -> Result<Option<Millis>, Error> {
    let policy = archive.validation_policy()?;
    let mut material = (*archive.material()?).clone();
    material.merge(extra);
    let now = archive.now().max(archive.head().t);
    let member = |digests| ObjectDigests::new("member", digests);
    let objects: Vec<ObjectDigests> =
        group.components.iter().map(|one| &one.digests).chain(&group.beside).map(member).collect();
    let mut since = None;
    for number in 1.. {
        let path = format!("{folder}{}", layout::evidence(group.entry, number));
        if package.source.find(&path).is_none() {
            break;
        }
        let Ok(record) = EvidenceRecord::read(&package.read(&path)?) else { continue };
        let report = verify(&Question {
            record: &record,
            objects: &objects,
            exactly: true,
            material: &material,
            policy: &policy.policy,
            at: utc(now - now % 1000),
            poe: &[],
            caches: archive.caches(),
        });
        let proven = report.proven_since.and_then(|time| Millis::try_from(time.timestamp_millis()).ok());
        since = since.into_iter().chain(proven).min();
    }
    Ok(since.filter(|since| *since <= now))
}

/// Writes what proves a record, with everything of it that the record itself does not have.
pub fn provenance(
    archive: &Archive,
    package: &Package<'_>,
    (record, custody): (RecordId, &Custody),
    shared: &Shared,
) -> Result<Spooled, Error> {
    let mut tar = Tar::new(archive.spool().object(), &package.name);
    let mut all: Vec<(String, String)> = Vec::new();
    let top = package.path("");
    let common = [layout::SENDER, layout::CHECKPOINT, layout::JOURNAL, layout::STAMPED];
    for path in common.into_iter().chain([layout::CONSISTENCY]).filter(|path| package.has(path)) {
        all.push((package.path(path), path.to_owned()));
    }
    for path in (1..).map(layout::stamped_evidence).take_while(|path| package.has(path)) {
        all.push((package.path(&path), path));
    }
    let groups = || custody.groups.iter();
    let named = groups().filter_map(|group| group.metadata.pointer("/validation/material")?.as_array()).flatten();
    let named: Vec<&str> = named.filter_map(Value::as_str).collect();
    for path in shared.files.keys() {
        let is_named = named.iter().any(|digest| path[layout::MATERIAL.len()..].starts_with(digest));
        // Certificates are small, and time-stamps may need any of them.
        if is_named || path.ends_with(".cer") {
            all.push((format!("{top}{path}"), path.clone()));
        }
    }
    let folder = package.folder(record);
    let is_kept = |path: &str| {
        let mut later = groups().enumerate().flat_map(|(part, group)| group.components.iter().map(move |c| (part, c)));
        later.any(|(part, one)| one.file == path && (part > 0 || is_own(&one.path)))
    };
    for (_, path) in package.below(&folder) {
        let within = &path[folder.len()..];
        if within.starts_with(layout::METADATA) || is_kept(path) {
            all.push((path.to_owned(), format!("{record}/{within}")));
        }
    }
    for (path, name) in &all {
        copy(package, path, name, &mut tar)?;
    }
    let failed = |e| Error::of_spool("spool", e);
    let (mut spooled, _) = tar.finish().map_err(failed)?;
    spooled.finish().map_err(failed)?;
    Ok(spooled)
}

/// Copies a file of the package into a tar.
pub fn copy(package: &Package<'_>, path: &str, name: &str, tar: &mut Tar<Spooled>) -> Result<(), Error> {
    let wanted = package.told(path)?;
    let index = package.source.find(path).unwrap_or_default();
    let len = package.source.entries().get(index).map_or(0, |entry| entry.len);
    let unread = |e| Error::caused(ErrorCode::IngReadFailed, shown(path), e);
    let failed = |e| Error::of_spool("spool", e);
    let mut reader = package.source.open(index).map_err(unread)?;
    let mut hasher = crate::model::digest::Sha256Writer::default();
    let mut buffer = vec![0; crate::limits::HASH_BUFFER_BYTES];
    tar.begin(name, len).map_err(failed)?;
    loop {
        let read = reader.read(&mut buffer).map_err(unread)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        tar.write(&buffer[..read]).map_err(failed)?;
    }
    tar.end().map_err(failed)?;
    if hasher.finish() == wanted {
        return Ok(());
    }
    Err(Error::new(ErrorCode::TrfNotWhole, shown(path), "changed since the package was judged"))
}

/// Adds to the record what was added to it at the sender, by the same acts; what it has already is not added again.
/// Gives what could not be added.
pub fn add(
    archive: &Archive,
    package: &Package<'_>,
    (record, custody): (RecordId, &Custody),
    actor: ActorId,
) -> Result<Vec<Said>, Error> {
    let mut remarks = Vec::new();
    // Cards that an earlier attempt added, in their order: one may say again what a card before it said, and is a
    // correction all the same.
    let row = archive.index().record_by_id(record)?;
    let cards = row.iter().flat_map(|row| &row.components).filter(|one| one.role() == Role::Card).skip(1);
    let mut cards = cards.map(|one| one.sha256).collect::<Vec<_>>().into_iter().peekable();
    for group in custody.groups.iter().skip(1) {
        let reason = text(&group.metadata, "reason").map(str::to_owned);
        for one in group.components.iter().filter(|one| !is_own(&one.path)) {
            let bytes = match package.read(&one.file) {
                // The record is here: what cannot be a part of it is told, and does not take it back.
                Err(e) if e.code == ErrorCode::TrfNotTaken => {
                    remarks.push((Reason::TooLarge, line(&e.to_string())));
                    continue;
                }
                bytes => bytes?,
            };
            let brought = amend::Brought::Bytes(&one.path, &bytes);
            let amended = if one.role == Role::Card {
                if cards.next_if_eq(&one.digests.sha256.0).is_some() {
                    continue;
                }
                amend::correct_card(archive, record, brought, reason.clone().unwrap_or_default(), actor)?
            } else if LATE_ROLES.contains(&one.role) {
                amend::add(archive, record, entry(one), brought, reason.clone(), actor)?
            } else {
                let refusal = Refusal::new(ErrorCode::RecRole, &*one.path, "of a role that is not added");
                Amended::Refused(vec![refusal])
            };
            if let Amended::Refused(refusals) = amended {
                let codes: Vec<&str> = refusals.iter().map(|refusal| refusal.code.as_str()).collect();
                let what = format!("added later, kept as it came and not as a part: {} {}", one.file, codes.join(" "));
                remarks.push((Reason::Other, what));
            }
            archive.wait_index()?;
        }
    }
    Ok(remarks)
}

fn entry(one: &Component) -> ComponentEntry {
    let covers = one.said.get("covers").and_then(Value::as_array).into_iter().flatten();
    let derivation = text(&one.said, "source").zip(text(&one.said, "tool"));
    ComponentEntry {
        path: one.path.clone(),
        role: one.role,
        covers: covers.filter_map(|path| path.as_str().map(str::to_owned)).collect(),
        media_type: text(&one.said, "media_type").map(str::to_owned),
        derivation: derivation.map(|(source, tool)| Derivation { source: source.to_owned(), tool: tool.to_owned() }),
    }
}

/// The holds that keep the record at the sender, by their ids there, to be placed anew here.
///
/// # Errors
///
/// The medium fails; in the inner result why they are not told whole.
pub fn holds(
    package: &Package<'_>,
    (record, custody): (RecordId, &Custody),
    sender: &str,
) -> Result<Result<Vec<(RecordId, Placing)>, Said>, Error> {
    let path = format!("{}{}", package.folder(record), layout::RECORD);
    let said: Value = serde_json::from_slice(&package.read(&path)?)
        .map_err(|e| Error::caused(ErrorCode::TrfNotTaken, shown(&path), e))?;
    let mut holds = Vec::new();
    for one in said.get("holds").and_then(Value::as_array).into_iter().flatten() {
        let id = text(one, "hold").and_then(|id| id.parse::<RecordId>().ok());
        let words = text(one, "owner").zip(text(one, "reason")).zip(text(one, "basis"));
        let Some((id, ((owner, reason), basis))) = id.zip(words) else {
            return Ok(Err((Reason::Missing, "a hold that cannot be read".to_owned())));
        };
        let is_kept = [&owner, &reason, &basis].iter().all(|text| check_text("hold", text).is_ok());
        if !is_kept || holds.len() >= HOLDS_MAX {
            return Ok(Err((Reason::Requisite, format!("the words of hold {id} cannot be kept"))));
        }
        // What its own entries say goes before the words: a hold that keeps it does so still.
        if one.get("lifted").is_some() && !custody.holds.contains(&id) {
            continue;
        }
        let origin = format!(" · {sender} {id}");
        let room = TEXT_LONG_CHARS_MAX.saturating_sub(origin.chars().count());
        let basis: String = basis.chars().take(room).chain(origin.chars()).collect();
        let review = text(one, "review").and_then(|day| day.parse().ok());
        let (owner, reason) = (owner.to_owned(), reason.to_owned());
        holds.push((id, Placing { owner, reason, basis, review, query: None }));
    }
    match custody.holds.iter().find(|hold| holds.iter().all(|(told, _)| told != *hold)) {
        Some(hold) => Ok(Err((Reason::Missing, format!("hold {hold} keeps it and is not told")))),
        None => Ok(Ok(holds)),
    }
}

/// What a refusal of intake is in the reply. Of what is secret nothing but the code is said.
pub fn reason(refusal: &Refusal) -> Said {
    use ErrorCode as E;
    let reason = match refusal.code {
        E::SigFailed => Reason::SignatureInvalid,
        // Which record of this archive it is, is nobody's business there.
        E::IngRegistrationTaken => return (Reason::Duplicate, refusal.code.to_string()),
        E::IngSecrecyMark | E::IngStateSecret => return (Reason::Secret, refusal.code.to_string()),
        E::IngOfficialUse => Reason::Access,
        E::TrfNotWhole | E::IngSizeMismatch => Reason::Fixity,
        E::IngFileMissing | E::IngMainMissing => Reason::Missing,
        E::IngFileUnlisted => Reason::Extra,
        E::IngContentTooLarge
        | E::IngSubmissionTooLarge
        | E::IngDescriptionTooLarge
        | E::IngEvidenceTooLarge
        | E::IngComponentsTooMany
        | E::IngEntriesTooMany => Reason::TooLarge,
        code if code.as_str().starts_with("SIG-") => Reason::SignatureUnproven,
        code if code.as_str().starts_with("FMT-") => Reason::Format,
        code if code.as_str().starts_with("ING-") => Reason::Requisite,
        _ => Reason::Other,
    };
    let detail = format!("{} {}: {}", refusal.code, refusal.subject, refusal.detail);
    (reason, line(&detail))
}

/// One line that a reply can have.
pub fn line(detail: &str) -> String {
    shown(detail).chars().filter(|c| !crate::model::strict::is_unprintable(*c)).take(1_000).collect()
}
