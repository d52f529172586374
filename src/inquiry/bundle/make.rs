//! Committing a bundle, and writing it: at once, or again at any later time.
//!
//! [`commit`] puts the reading of every record into the journal, writes what is said of them, and commits to all of it:
//! one entry `record.bundled` for each record, in its chain of readings, and `inquiry.bundled` for the whole; then it
//! maps the heads, so that the bundle can show that nothing was left out. [`write()`] makes the file from what was
//! committed and the journal of a size: the same act and size give the same bytes, for as long as the records are
//! there.
//!
//! Invariants
//!   - Every record in it was read under the inquiry, and the entry of that is durable before a byte leaves.
//!   - What is written has the digests that were committed to, or is an error.
//!
//! A crash leaves readings, or the whole act; the file is the caller's, and is made again.

use super::asic::{self, Container, Failed, evidence_name, manifest_name};
use super::{
    CHECKPOINT, CONSISTENCY, LOG_POLICY, MATERIAL, RECORDS_MAX, REPORT, REPORT_SCHEMA, STAMPED, SUMS,
    VALIDATION_POLICY, container_of, entry_file, head_file, report, sums,
};
use crate::access::{Opened, Reader, open_under};
use crate::archive::{ActOwner, Archive};
use crate::clock::rfc3339;
use crate::config::Readings;
use crate::error::{Error, ErrorCode};
use crate::evidence::group::{Group, groups, shared_material};
use crate::evidence::heads::Maps;
use crate::evidence::record::{Maker, Object};
use crate::evidence::stamp::Stamped;
use crate::filing::{cite, due};
use crate::index::filing::HoldTarget;
use crate::index::rows::{ActRow, Adopted};
use crate::inquiry::desk::{self, Inquiry, standing};
use crate::model::canonical;
use crate::model::container::{CONTAINER_BYTES_MAX, MEMBERS_MAX, Member as Stored, Writer, len_of};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::{ActDocument, CardField};
use crate::model::validation::time_text;
use crate::text::Lang;
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::commit::Act;
use crate::tlog::leaf::{ActKind, Chain};
use crate::tlog::note::Note;
use crate::tlog::proof::InclusionProof;
use crate::tlog::read::LogReader;
use crate::tlog::tree::{consistency_proof, inclusion_proof};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// How a person without any program of ours checks a bundle.
const VERIFY: &str = include_str!("VERIFY.txt");
/// The same as a program in the standard library of Python.
const PROGRAM: &str = include_str!("verify.py");

/// Something that a bundle should have and has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What, as [`report::missing_text`] knows it.
    pub what: &'static str,
    /// Of what.
    pub subject: String,
}

/// Files by their names.
type Files = BTreeMap<String, Vec<u8>>;

/// What is written for a bundle once.
#[derive(Default)]
struct Generated {
    bundle: Files,
    records: BTreeMap<RecordId, Files>,
    /// Shared material by digest: it is in the archive already.
    material: BTreeSet<Sha256>,
}

/// Commits a bundle of these records, of all that is under the inquiry when none is named. Gives its entry, and what
/// it lacks.
pub fn commit<'r>(
    archive: &Archive,
    id: RecordId,
    records: &BTreeSet<RecordId>,
    readings: Readings,
    reader: impl Into<Reader<'r>>,
) -> Result<(u64, Vec<Missing>), Error> {
    let reader = reader.into();
    let actor = reader.actor();
    archive.wait_index()?;
    let inquiry = standing(archive, id)?;
    let records = if records.is_empty() { under(archive, &inquiry)? } else { records.clone() };
    if records.is_empty() {
        return Err(Error::new(ErrorCode::InqNothing, id.to_string(), "no record is under it"));
    }
    if records.len() > RECORDS_MAX {
        let what = format!("{} records, at most {RECORDS_MAX} in a bundle", records.len());
        return Err(Error::new(ErrorCode::InqLarge, id.to_string(), what));
    }
    let opened: Vec<Opened<'_>> =
        records.iter().map(|record| desk::read(archive, id, *record, reader)).collect::<Result<_, _>>()?;
    let mut maker = Maker::new(archive)?;
    let mut missing = Vec::new();
    let mut generated = Generated::default();
    for one in &opened {
        about_record(archive, one, &mut maker, &mut generated, &mut missing)?;
    }
    about_bundle(archive, &inquiry, readings, &opened, &mut maker, &mut generated, &mut missing)?;
    // What came with the tokens already is not written twice.
    let held: BTreeSet<Sha256> = generated
        .bundle
        .iter()
        .filter(|(name, _)| name.starts_with(MATERIAL))
        .map(|(_, bytes)| sha256(bytes))
        .collect();
    generated.material.retain(|digest| !held.contains(digest));
    let plan = Plan::new(archive, &opened, &generated, u64::MAX)?;
    plan.check_size(id, &Files::new())?;
    let sums = plan.sums();
    let parts: Vec<usize> = opened.iter().map(|one| one.row.parts.len()).collect();
    let committed = archive.commit_together_deciding(|| {
        standing(archive, id)?;
        for (record, parts) in records.iter().zip(parts) {
            let now = archive.index().record_by_id(*record)?.map(|row| row.parts.len());
            if now != Some(parts) {
                return Err(Error::new(ErrorCode::InqChanged, record.to_string(), "it changed meanwhile"));
            }
        }
        let (mut acts, mut sessions) = (Vec::new(), Vec::new());
        for (record, files) in generated.records {
            let mut act = Act::new(ActKind::RecordBundled, actor);
            act.of = Some(id);
            let owner = ActOwner::Known(record);
            let (act, payload, session) = archive.seal_files(act, owner, Map::new(), files.into_iter().collect())?;
            acts.push((act, payload));
            sessions.push(session);
        }
        let ids = |ids: &mut dyn Iterator<Item = String>| ids.map(Value::from).collect::<Value>();
        let fields = Map::from_iter([
            ("records".to_owned(), ids(&mut records.iter().map(RecordId::to_string))),
            ("material".to_owned(), ids(&mut generated.material.iter().map(Sha256::to_string))),
            ("readings".to_owned(), readings.as_str().into()),
            ("sums_sha256".to_owned(), sha256(sums.as_bytes()).to_string().into()),
        ]);
        let act = Act::new(ActKind::InquiryBundled, actor);
        let files = generated.bundle.into_iter().collect();
        let (act, payload, session) = archive.seal_files(act, ActOwner::Known(id), fields, files)?;
        acts.push((act, payload));
        sessions.push(session);
        Ok((acts, sessions))
    })?;
    crate::evidence::heads::map(archive, actor)?;
    Ok((committed.last().map(|one| one.index).unwrap_or_default(), missing))
}

/// Records that are under an inquiry, by itself or with their file.
pub fn under(archive: &Archive, inquiry: &Inquiry) -> Result<BTreeSet<RecordId>, Error> {
    let mut records = BTreeSet::new();
    for target in inquiry.targets(archive)? {
        match target {
            HoldTarget::Record(record) => drop(records.insert(RecordId(record))),
            HoldTarget::File(file) => {
                records.extend(cite::records(archive, RecordId(file))?.iter().map(|row| row.id()));
            }
        }
    }
    Ok(records)
}

/// Evidence records of a record, and what is said of it.
fn about_record(
    archive: &Archive,
    opened: &Opened<'_>,
    maker: &mut Maker<'_>,
    generated: &mut Generated,
    missing: &mut Vec<Missing>,
) -> Result<(), Error> {
    let record = opened.row.id();
    let mut files = Files::new();
    let mut told = Vec::new();
    for group in groups(opened, u64::MAX)? {
        let mut evidence = Vec::new();
        match maker.of_group(&group)? {
            None => missing.push(Missing { what: "evidence", subject: format!("{record} #{}", group.entry) }),
            Some((stamped, found)) => {
                for (number, one) in (1..).zip(found) {
                    let name = evidence_name(group.entry, number);
                    evidence.push(json!({"file": name, "time": time_text(one.time), "authority": one.authority}));
                    files.insert(name, one.record.to_der());
                    let xml = asic::manifest(group.entry, number, &group.members);
                    files.insert(manifest_name(group.entry, number), xml.into_bytes());
                }
                keep_material(maker, &stamped, generated)?;
            }
        }
        let time = rfc3339(archive.leaf(group.entry)?.t);
        told.push(json!({"entry": group.entry, "time": time, "evidence": evidence}));
    }
    let manifest = opened.manifest()?;
    for (digest, is_there) in shared_material(archive, &manifest)? {
        if is_there {
            generated.material.insert(digest);
        } else {
            missing.push(Missing { what: "material", subject: digest.to_string() });
        }
    }
    let said = record_value(archive, opened, &told)?;
    files.insert("report.json".to_owned(), canonical::to_vec(&said).expect("a report holds texts and small numbers"));
    files.insert("report.html".to_owned(), report::html(&said));
    generated.records.insert(record, files);
    Ok(())
}

fn keep_material(maker: &Maker<'_>, stamped: &Stamped, generated: &mut Generated) -> Result<(), Error> {
    for (name, bytes) in maker.material(stamped)? {
        generated.bundle.insert(format!("{MATERIAL}{name}"), bytes);
    }
    Ok(())
}

/// The report about a record.
fn record_value(archive: &Archive, opened: &Opened<'_>, groups: &[Value]) -> Result<Value, Error> {
    let row = &opened.row;
    let manifest = opened.manifest()?;
    let mut components = Vec::new();
    let amendments = opened.amendments()?;
    for component in manifest.components.iter().chain(amendments.iter().flat_map(|(_, part)| &part.components)) {
        components.push(json!({
            "path": format!("{}{}", asic::CONTENT, component.path), "role": component.role.as_str(),
            "size": component.size, "sha256": component.digests.sha256.to_string(),
            "format": component.format.as_ref().map_or("", |format| format.name.as_str()),
        }));
    }
    let (custody, _) = opened.history()?;
    let history = custody.iter().map(|one| {
        let mut value = json!({
            "entry": one.index, "time": rfc3339(one.leaf.t), "act": one.leaf.act.as_str(),
        });
        if let Some(of) = one.leaf.of {
            value["of"] = of.to_string().into();
        }
        value
    });
    let (_, decision) = due::why(archive, row.id(), crate::clock::civil_date(archive.now()))?;
    let texts: Map<String, Value> =
        Lang::ALL.iter().map(|(name, lang)| ((*name).to_owned(), decision.sentences(*lang).into())).collect();
    let field = |field| row.card_field(field).unwrap_or_default();
    let mut value = json!({
        "schema": "muragat/bundle-record/1", "record_id": row.id().to_string(), "agency": row.agency,
        "registration_number": field(CardField::RegistrationNumber), "document_date": field(CardField::DocumentDate),
        "document_type": field(CardField::DocumentType), "title": field(CardField::Title),
        "access_category": row.access().as_str(), "profile": manifest.profile.as_str(),
        "accepted": report::time(row.accepted), "entry": row.entry, "test": archive.is_test(),
        "components": components, "groups": groups, "custody": history.collect::<Value>(),
        "retention": {"decision": decision.value(), "text": texts},
    });
    canonical::drop_nulls(&mut value);
    if let Some(validation) = &manifest.validation {
        value["signatures"] = validation.verdict.as_str().into();
        value["validation"] = validation.value();
    }
    Ok(value)
}

/// What is said of the whole, and what belongs to no record.
fn about_bundle(
    archive: &Archive,
    inquiry: &Inquiry,
    readings: Readings,
    opened: &[Opened<'_>],
    maker: &mut Maker<'_>,
    generated: &mut Generated,
    missing: &mut Vec<Missing>,
) -> Result<(), Error> {
    let config = archive.config();
    let policy = match archive.witnesses()? {
        Some((entry, _)) => archive.adopted_file(entry)?,
        None => format!("log {}\nquorum none\n", config.vkey).into_bytes(),
    };
    let validation = archive.validation_policy()?.entry.map(|entry| archive.adopted_file(entry)).transpose()?;
    let opening = &inquiry.opening;
    let mut value = json!({
        "schema": REPORT_SCHEMA, "archive": archive.id().to_string(), "origin": config.vkey.name,
        "vkey": config.vkey.to_string(), "issuer": config.issuer.name, "test": archive.is_test(),
        "inquiry": inquiry.id.to_string(), "opened": inquiry.row.opened, "authority": opening.authority,
        "case": opening.case, "basis": opening.basis, "requester": opening.requester,
        "due": opening.due.to_string(), "agency": opening.agency, "made": report::time(archive.now()),
        "program": format!("muragat {}", env!("CARGO_PKG_VERSION")), "readings": readings.as_str(),
        "records": opened.iter().map(|one| one.row.id().to_string()).collect::<Value>(),
    });
    for log in archive.earlier_logs()? {
        let origin = log.succession.was.name.clone();
        let lost = Missing { what: "lost", subject: format!("#{} {origin}: {}", log.entry, log.missing()) };
        missing.push(lost);
    }
    match Stamped::all(archive)?.pop() {
        None => missing.push(Missing { what: "stamped", subject: config.vkey.name.clone() }),
        Some(stamped) => {
            let batch = stamped.batch(archive)?;
            for (number, one) in (1..).zip(maker.evidence(&stamped, &Object::checkpoint(&batch))?) {
                generated.bundle.insert(format!("{STAMPED}-{number}.ers"), one.record.to_der());
            }
            keep_material(maker, &stamped, generated)?;
            value["stamped_size"] = stamped.to.into();
            generated.bundle.insert(STAMPED.to_owned(), batch.note);
        }
    }
    let lacks = missing.iter().map(|one| json!({"what": one.what, "subject": one.subject}));
    value["missing"] = lacks.collect();
    canonical::drop_nulls(&mut value);
    let files = &mut generated.bundle;
    files.insert(LOG_POLICY.to_owned(), policy);
    if let Some(validation) = validation {
        files.insert(VALIDATION_POLICY.to_owned(), validation);
    }
    files.insert("VERIFY.txt".to_owned(), VERIFY.as_bytes().to_vec());
    files.insert("verify.py".to_owned(), PROGRAM.as_bytes().to_vec());
    files.insert(REPORT.to_owned(), canonical::to_vec(&value).expect("a report holds texts and small numbers"));
    files.insert("report.html".to_owned(), report::html(&value));
    Ok(())
}

/// What stands outside `proof/`.
struct Plan<'a> {
    files: Files,
    /// With checksum and digest.
    containers: BTreeMap<String, (Container<'a>, u32, Sha256)>,
}

impl<'a> Plan<'a> {
    /// From what was written once, and the records as they were among the first `size` entries.
    fn new(archive: &Archive, opened: &'a [Opened<'a>], generated: &Generated, size: u64) -> Result<Self, Error> {
        let mut files = generated.bundle.clone();
        let mut containers = BTreeMap::new();
        for one in opened {
            let record = one.row.id();
            let mut meta_inf = Files::new();
            for (name, bytes) in generated.records.get(&record).into_iter().flatten() {
                if name.starts_with(asic::META_INF) {
                    meta_inf.insert(name.clone(), bytes.clone());
                } else {
                    files.insert(format!("records/{record}/{name}"), bytes.clone());
                }
            }
            let groups: Vec<Group> = groups(one, size)?;
            let container = Container::new(one, &groups, &meta_inf)?;
            let (crc, digest) = container.digests()?;
            containers.insert(container_of(record), (container, crc, digest));
        }
        for digest in &generated.material {
            let gone = || Error::new(ErrorCode::StoChanged, digest.to_string(), "shared material cannot be read");
            files.insert(format!("{MATERIAL}{digest}"), archive.material_file(*digest)?.ok_or_else(gone)?);
        }
        Ok(Self { files, containers })
    }

    /// Refuses a bundle that is larger than its form can be, with what else goes into it.
    fn check_size(&self, id: RecordId, more: &Files) -> Result<(), Error> {
        let lens = self.files.iter().chain(more).map(|(name, bytes)| (name.as_str(), bytes.len() as u64));
        let containers = self.containers.iter().map(|(name, (container, ..))| (name.as_str(), container.size()));
        let (len, members) = (len_of(lens.chain(containers)), self.files.len() + more.len() + self.containers.len());
        if len <= CONTAINER_BYTES_MAX && members <= MEMBERS_MAX {
            return Ok(());
        }
        Err(Error::new(ErrorCode::InqLarge, id.to_string(), format!("{len} bytes in {members} members")))
    }

    fn sums(&self) -> String {
        let files = self.files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes)));
        let containers = self.containers.iter().map(|(name, (_, _, digest))| (name.clone(), *digest));
        sums(&files.chain(containers).collect())
    }
}

/// The bundles of an inquiry, oldest first: the entry of each, and the size of the journal that it was first made
/// under.
pub fn list(archive: &Archive, inquiry: &Inquiry) -> Result<Vec<(u64, u64)>, Error> {
    let maps = archive.index().adopted(Adopted::Heads)?;
    let size = |entry: u64| maps.iter().find(|map| **map > entry).map_or(entry, |map| *map) + 1;
    Ok(inquiry.row.bundles.iter().map(|entry| (*entry, size(*entry))).collect())
}

/// The size of the journal under which a bundle is made the same again, as [`list`] gives it. The map of heads that is
/// behind it is made now when a crash left none.
pub fn settle(archive: &Archive, inquiry: &Inquiry, entry: u64, actor: ActorId) -> Result<u64, Error> {
    let none = || Error::new(ErrorCode::InqNoBundle, inquiry.id.to_string(), format!("entry {entry} is none of it"));
    if !inquiry.row.bundles.contains(&entry) {
        return Err(none());
    }
    archive.wait_index()?;
    if !archive.index().adopted(Adopted::Heads)?.iter().any(|map| *map > entry) {
        crate::evidence::heads::map(archive, actor)?;
        archive.wait_index()?;
    }
    let is_it = |one: &(u64, u64)| one.0 == entry;
    list(archive, inquiry)?.into_iter().find(is_it).map(|(_, size)| size).ok_or_else(none)
}

/// The records of a bundle, ascending.
pub fn records_of(archive: &Archive, entry: u64) -> Result<Vec<RecordId>, Error> {
    Ok(records_in(&archive.document(entry)?.0))
}

fn records_in(document: &ActDocument) -> Vec<RecordId> {
    let ids = document.fields.get("records").and_then(Value::as_array).into_iter().flatten();
    ids.filter_map(|one| one.as_str()?.parse().ok()).collect()
}

/// Under which checkpoint a bundle is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// The newest.
    Newest,
    /// The newest that witnesses cosigned.
    Cosigned,
    /// That of this size.
    Size(u64),
}

/// A bundle that was written.
#[derive(Debug)]
pub struct Written {
    /// The act that committed to it.
    pub entry: u64,
    /// The size of its checkpoint.
    pub size: u64,
    /// The records in it.
    pub records: Vec<RecordId>,
    /// What it lacks.
    pub missing: Vec<Missing>,
}

/// Writes the newest bundle of an inquiry under a checkpoint.
///
/// # Errors
///
/// No bundle of it was committed before that checkpoint, it is larger than a bundle can be, or a record in it is gone.
pub fn write<'r>(
    archive: &Archive,
    id: RecordId,
    under: Under,
    reader: impl Into<Reader<'r>>,
    out: &mut dyn Write,
) -> Result<Written, Error> {
    write_one(archive, id, None, under, &reader.into(), out)
}

/// Writes the bundle of an entry under a checkpoint, as [`write()`] writes the newest one.
pub fn write_of<'r>(
    archive: &Archive,
    id: RecordId,
    entry: u64,
    under: Under,
    reader: impl Into<Reader<'r>>,
    out: &mut dyn Write,
) -> Result<Written, Error> {
    write_one(archive, id, Some(entry), under, &reader.into(), out)
}

fn write_one(
    archive: &Archive,
    id: RecordId,
    wanted: Option<u64>,
    under: Under,
    reader: &Reader<'_>,
    out: &mut dyn Write,
) -> Result<Written, Error> {
    archive.wait_index()?;
    let inquiry = desk::find(archive, id)?;
    let note = note_under(archive, under)?;
    let size = size_of(note.as_bytes());
    let none = || Error::new(ErrorCode::InqNoBundle, id.to_string(), format!("none before {size} entries"));
    let is_it = |entry: &u64| *entry < size && wanted.is_none_or(|wanted| wanted == *entry);
    let entry = inquiry.row.bundles.iter().copied().rfind(is_it).ok_or_else(none)?;
    let (document, row) = archive.document(entry)?;
    let damaged = |what: &str| Error::new(ErrorCode::StoChanged, entry.to_string(), what);
    let ids = |key: &str| document.fields.get(key).and_then(Value::as_array).into_iter().flatten();
    let records = records_in(&document);
    let readings = document.text("readings").and_then(Readings::parse).ok_or_else(|| damaged("no word of readings"))?;
    let first = entry.checked_sub(records.len() as u64).ok_or_else(|| damaged("too many records"))?;
    let mut generated = Generated {
        material: ids("material").filter_map(|one| one.as_str()?.parse().ok()).collect(),
        ..Generated::default()
    };
    generated.bundle = files_of(archive, &document, &row)?;
    // The reading is in the journal before anything of it is opened, also when it is written again; what was given out
    // may be given out again when the inquiry is closed.
    let opened: Vec<Opened<'_>> =
        records.iter().map(|record| open_under(archive, *record, id, reader)).collect::<Result<_, _>>()?;
    for (bundled, record) in (first..).zip(&records) {
        let (document, row) = archive.document(bundled)?;
        generated.records.insert(*record, files_of(archive, &document, &row)?);
    }
    let plan = Plan::new(archive, &opened, &generated, entry)?;
    let sums = plan.sums();
    if document.text("sums_sha256") != Some(&sha256(sums.as_bytes()).to_string()) {
        return Err(damaged("what was committed to cannot be made again"));
    }
    let mut more = Files::from([(SUMS.to_owned(), sums.into_bytes())]);
    let proofs = Proofs { archive, log: archive.log()?, size, note: &note };
    proofs.write(id, (entry, &document), (&records, readings), plan.files.get(STAMPED), &mut more)?;
    plan.check_size(id, &more)?;
    let Plan { mut files, containers } = plan;
    files.extend(more);
    let mut missing = Vec::new();
    let lacks: Value = files.get(REPORT).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    for one in lacks.get("missing").and_then(Value::as_array).into_iter().flatten() {
        let subject = one.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_it = |what: &&str| one.get("what").and_then(Value::as_str) == Some(what);
        let what = ["evidence", "stamped", "material", "lost"].into_iter().find(is_it);
        missing.extend(what.map(|what| Missing { what, subject }));
    }
    if let Some((_, policy)) = archive.witnesses()?
        && !policy.judge(note.as_bytes(), Some(&archive.config().vkey)).is_ok_and(|judged| judged.is_met)
    {
        missing.push(Missing { what: "quorum", subject: size.to_string() });
    }
    let names: BTreeSet<&String> = files.keys().chain(containers.keys()).collect();
    let mut writer = Writer::new(out);
    let failed = |e| Error::from(Failed::from(e));
    for name in names {
        match containers.get(name) {
            Some((container, crc, _)) => {
                let member = Stored { name: name.clone(), len: container.size(), crc: *crc };
                writer.member(member, |out| container.write(out).map_err(Failed))?;
            }
            None => writer.bytes(name, &files[name]).map_err(failed)?,
        }
    }
    writer.finish().map_err(failed)?;
    Ok(Written { entry, size, records, missing })
}

fn files_of(archive: &Archive, document: &ActDocument, row: &ActRow) -> Result<Files, Error> {
    let one = |name: String| Ok((name.clone(), archive.act_file(row, document, &name)?));
    document.files().into_iter().map(|file| one(file.name)).collect()
}

/// The size that a checkpoint of ours names.
fn size_of(note: &[u8]) -> u64 {
    Note::read(note).and_then(|note| Checkpoint::parse(note.text)).map_or(0, |checkpoint| checkpoint.size)
}

fn note_under(archive: &Archive, under: Under) -> Result<String, Error> {
    match under {
        Under::Newest => archive.settle(),
        Under::Cosigned => {
            let none = || Error::new(ErrorCode::WitUnknown, "checkpoint", "no witness has cosigned one yet");
            Ok(archive.cosigned()?.ok_or_else(none)?.note)
        }
        Under::Size(size) => archive.note_at(size),
    }
}

/// What stands in `proof/`.
struct Proofs<'a> {
    archive: &'a Archive,
    /// The journal as it is now: of an older size the tiles may be gone, and their hashes follow from these.
    log: LogReader<'a>,
    size: u64,
    note: &'a str,
}

impl Proofs<'_> {
    fn write(
        &self,
        inquiry: RecordId,
        (bundled, document): (u64, &ActDocument),
        (records, readings): (&[RecordId], Readings),
        stamped: Option<&Vec<u8>>,
        files: &mut Files,
    ) -> Result<(), Error> {
        let maps = Maps::before(self.archive, self.size)?;
        let behind = || Error::new(ErrorCode::InqNoBundle, inquiry.to_string(), "no map of heads is behind it");
        let maps = maps.filter(|maps| maps.entry > bundled).ok_or_else(behind)?;
        let mut entries = BTreeSet::from([bundled, maps.entry]);
        // Where entries were lost the journal says so, and so does the bundle.
        let lost = self.archive.index().adopted(Adopted::Succession)?;
        entries.extend(lost.into_iter().filter(|entry| *entry < self.size));
        for record in records {
            let (custody, reading) = maps.prove(*record).ok_or_else(|| self.archive.no_record(*record))?;
            for proof in [&custody, &reading] {
                files.insert(head_file(*record, proof.chain.as_str()), proof.to_text().into_bytes());
                let mut next = proof.head.newest;
                while let Some(index) = next {
                    let leaf = self.archive.leaf(index)?;
                    next = leaf.prev.filter(|prev| *prev < index);
                    let is_shown = match (proof.chain, readings) {
                        (Chain::Custody, _) | (_, Readings::All) => true,
                        (_, Readings::Own) => leaf.of == Some(inquiry),
                        (_, Readings::Count) => false,
                    };
                    if is_shown {
                        entries.insert(index);
                    }
                }
            }
        }
        for index in entries {
            let hashes = inclusion_proof(&self.log, index, self.size)?;
            let proof = InclusionProof { index, hashes, note: self.note.to_owned() };
            files.insert(entry_file(index, "entry"), self.log.entry(index)?);
            files.insert(entry_file(index, "tlog-proof"), proof.encode().into_bytes());
        }
        files.insert(entry_file(bundled, "document"), document.encode());
        files.insert(CHECKPOINT.to_owned(), self.note.as_bytes().to_vec());
        if let Some(stamped) = stamped {
            let hashes = consistency_proof(&self.log, size_of(stamped), self.size)?;
            let text: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
            files.insert(CONSISTENCY.to_owned(), text.into_bytes());
        }
        Ok(())
    }
}
