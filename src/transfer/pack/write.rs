//! Writing a transfer package: one pass over the records, in a stream, the same bytes for the same plan.
//!
//! [`readiness`] says of records what keeps them from being handed over. [`write`](write()) writes a package of those
//! that are ready, by a [`Plan`], in a [`TransferFormat`], into a [`Sink`]. Sealing a package is writing it into
//! [`Nowhere`](super::sink::Nowhere), which gives its digest; sending it is writing it again, and the caller
//! compares.
//!
//! Invariants
//!   - Nothing here asks what time it is, and nothing is taken from the archive that came behind the plan's
//!     checkpoint (`past`). The same plan gives the same bytes by the same program, as long as the
//!     records are there.
//!   - Every component that goes into a package has the digests of its manifest, or writing fails.
//!   - Memory is that of one record's metadata, and about a hundred bytes for each record before it: its METS file
//!     and its digest. Lists of digests and the METS file of the package wait in the spool, sealed.
//!
//! Before a byte leaves, the caller MUST have committed the act that hands the records over, with an entry for each: no
//! entry of reading is made here. Whether they may be handed over, to whom and why is not asked here.
//!
//! A crash leaves what the sink leaves. It writes nothing into the archive.

use super::format::{PackageFiles, RecordFiles, TransferFormat};
use super::mets::{Described, Kind, Represented};
use super::output::{Output, RecordDigest, Told};
use super::past::{Past, not_ready};
use super::premis;
use super::record::Contents;
use super::sink::Sink;
use crate::access::open_handed;
use crate::archive::{Archive, LIST_FILE};
use crate::clock::{Millis, rfc3339};
use crate::error::{Error, ErrorCode};
use crate::evidence::group::shared_material;
use crate::evidence::record::Object;
use crate::evidence::stamp::Stamped;
use crate::index::rows::Adopted;
use crate::model::canonical;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ArchiveId, RecordId};
use crate::model::strict::{is_unprintable, words};
use crate::text::{Text, text};
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::note::Note;
use crate::tlog::tree::consistency_proof;
use crate::transfer::layout::{self, mdtype};
use crate::verify::policy::Policy;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How a person checks a package without any program of ours.
const VERIFY: &str = include_str!("VERIFY.txt");
/// The schemas that go with a package, by their names.
const SCHEMAS: [(&str, &str); 3] = [
    ("inventory.schema.json", include_str!("../../../schema/transfer/1/inventory.schema.json")),
    ("record.schema.json", include_str!("../../../schema/transfer/1/record.schema.json")),
    ("sender.schema.json", include_str!("../../../schema/transfer/1/sender.schema.json")),
];
/// Records of a package. Own bound: the rows of their METS files and their digests are in memory, some ten megabytes.
pub const RECORDS_MAX: usize = 100_000;

/// Who hands over, or takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Name of the body.
    pub name: String,
    /// Its code: that of the agency, or its BIN.
    pub code: String,
    /// Its archive, when it is known.
    pub archive: Option<ArchiveId>,
}

/// What a package is written by. All of it is decided when the package is sealed, and kept with that act: the same plan
/// gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Id of the package: random, a new one for each package.
    pub package: RecordId,
    /// The transfer that it is of.
    pub transfer: RecordId,
    /// The time that the package bears: all times in it are this one or those of entries.
    pub time: Millis,
    /// Entries of the checkpoint that all proofs are under. A map of heads MUST be among them, behind every entry about
    /// the records that the package is to have; what came behind that map is not in it.
    pub size: u64,
    /// Who hands over.
    pub from: Party,
    /// Who is to take.
    pub to: Party,
    /// Why: a sentence.
    pub reason: String,
    /// What the package is called: one line, for people.
    pub title: String,
    /// Version of the program that sealed it. Another version may write other bytes, and then says so.
    pub software: String,
    /// What the act of the inventory says: its number, its approval, its rows. Without fractions, as canonical JSON is.
    pub inventory: Map<String, Value>,
    /// The records, in the order of the inventory.
    pub records: Vec<RecordId>,
}

/// A package that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its digest: SHA-256 of `tagmanifest-sha512.txt` of a bag, of `METS.xml` of a bare package.
    pub digest: Sha256,
    /// Files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// The digest of each record, in their order: the same in every form.
    pub records: Vec<(RecordId, Sha256)>,
}

words! {
    /// What keeps a record from being handed over.
    Lack {
        /// There is no such record.
        Unknown = "unknown",
        /// It is named twice.
        Twice = "twice",
        /// Its key was erased.
        Erased = "erased",
        /// An entry about it has no time-stamp yet.
        NotStamped = "not_stamped",
        /// Its receipt was prepared, and no officer has signed it.
        ReceiptNotIssued = "receipt_not_issued",
        /// It, or a part of it, is in search.
        InSearch = "in_search",
        /// Material that its signatures were validated by is not there.
        NoMaterial = "no_material",
        /// Entries of the journal were lost: what was in them is not known.
        EntriesLost = "entries_lost",
        /// Something that the index has seen cannot be read.
        IndexDamaged = "index_damaged",
    }
}

impl Lack {
    /// What it means, for people.
    pub fn text(self) -> Text {
        match self {
            Lack::Unknown => text("мұндай құжат жоқ", "такого документа нет", "no such record"),
            Lack::Twice => text("тізімде екі рет аталған", "назван дважды", "it is named twice"),
            Lack::Erased => text("құжат жойылған", "документ уничтожен", "the record was destroyed"),
            Lack::NotStamped => text(
                "уақыт белгісі әлі қойылмаған: алдымен evidence timestamp",
                "ещё нет метки времени: сначала evidence timestamp",
                "it has no time-stamp yet: evidence timestamp first",
            ),
            Lack::ReceiptNotIssued => {
                text("түбіртекке әлі қол қойылмаған", "квитанция ещё не подписана", "its receipt is not signed yet")
            }
            Lack::InSearch => text("құжат іздестіруде", "документ в розыске", "it is in search"),
            Lack::NoMaterial => text(
                "қолтаңба тексерілген материал жоқ",
                "нет материала, которым проверялась подпись",
                "material that a signature was validated by is missing",
            ),
            Lack::EntriesLost => text(
                "журнал жазбалары жоғалған: оларда не болғаны белгісіз",
                "записи журнала утрачены: что в них было, неизвестно",
                "entries of the journal were lost: nobody knows what was in them",
            ),
            Lack::IndexDamaged => text(
                "оқылмайтын жазбалар бар: audit орындаңыз",
                "есть записи, которые не читаются: выполните audit",
                "there are entries that cannot be read: run audit",
            ),
        }
    }
}

/// Something that keeps a record, or all of them, from being handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReady {
    /// The record; none: all of them.
    pub record: Option<RecordId>,
    /// What.
    pub lack: Lack,
    /// Which entry, digest or log, in technical English; empty when there is nothing to add.
    pub detail: String,
}

/// What keeps these records from being handed over, as the archive is now; nothing when they are ready. It reads no
/// content.
pub fn readiness(archive: &Archive, records: &[RecordId]) -> Result<Vec<NotReady>, Error> {
    archive.wait_index()?;
    let mut found = Vec::new();
    let of_all = |lack, detail: String| NotReady { record: None, lack, detail };
    let damaged = archive.index_meta().damaged;
    if damaged > 0 {
        found.push(of_all(Lack::IndexDamaged, format!("{damaged} entries")));
    }
    for log in archive.earlier_logs()? {
        found.push(of_all(Lack::EntriesLost, format!("#{}: {}", log.entry, log.missing())));
    }
    let batches = Stamped::all(archive)?;
    let is_stamped = |entry: u64| batches.iter().any(|batch| batch.from <= entry && entry < batch.to);
    let mut known = BTreeSet::new();
    for id in records {
        let mut lacks = Vec::new();
        let mut lack = |lack, detail: String| lacks.push(NotReady { record: Some(*id), lack, detail });
        if !known.insert(*id) {
            lack(Lack::Twice, String::new());
        }
        match open_handed(archive, *id) {
            Err(e) if e.code == ErrorCode::ArcNoRecord => lack(Lack::Unknown, String::new()),
            Err(e) if e.code.is_gone() => lack(Lack::Erased, String::new()),
            Err(e) => return Err(e),
            Ok(opened) => {
                let row = &opened.row;
                for entry in std::iter::once(row.entry).chain(row.parts.iter().map(|part| part.entry)) {
                    if !is_stamped(entry) {
                        lack(Lack::NotStamped, format!("#{entry}"));
                    }
                }
                if row.awaits_receipt() {
                    lack(Lack::ReceiptNotIssued, String::new());
                }
                if let Some(entry) = opened.missing_since()? {
                    lack(Lack::InSearch, format!("#{entry}"));
                }
                for (digest, is_there) in shared_material(archive, &opened.manifest()?)? {
                    if !is_there {
                        lack(Lack::NoMaterial, digest.to_string());
                    }
                }
            }
        }
        found.append(&mut lacks);
    }
    Ok(found)
}

/// Writes a package. `progress` is told how many of how many records are written.
///
/// # Errors
///
/// [`ErrorCode::TrfNotReady`] when a record is not as the plan has it: it has no time-stamp, or came or was filed anew
/// behind the map of heads. [`ErrorCode::ArcOutput`] when the sink fails. What was written then is no package.
pub fn write(
    archive: &Archive,
    plan: &Plan,
    format: &dyn TransferFormat,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Written, Error> {
    check(plan)?;
    let mut past = Past::new(archive, plan)?;
    let mut out = Output::new(sink, archive.spool(), format.is_bag());
    let tree = format.tree(plan);
    let (mut digests, mut represented) = (Vec::with_capacity(plan.records.len()), Vec::new());
    let total = plan.records.len() as u64;
    for (done, id) in (0..).zip(&plan.records) {
        progress(done, total);
        let folder = format!("{tree}{}", format.record(*id));
        let (digest, one) = record(&mut past, plan, format, &mut out, &folder, *id)?;
        digests.push((*id, digest));
        represented.extend(one);
    }
    let digest = package(&mut past, plan, format, &mut out, &tree, &represented)?;
    progress(total, total);
    let (bytes, files) = out.written();
    Ok(Written { digest, files, bytes, records: digests })
}

fn check(plan: &Plan) -> Result<(), Error> {
    let refused = |what: String| Err(not_ready(plan.package, what));
    if plan.records.is_empty() || plan.records.len() > RECORDS_MAX {
        return refused(format!("{} records, wanted 1 to {RECORDS_MAX}", plan.records.len()));
    }
    if plan.records.iter().collect::<BTreeSet<_>>().len() != plan.records.len() {
        return refused("a record is named twice".to_owned());
    }
    if canonical::to_vec(&without_nulls(Value::Object(plan.inventory.clone()))).is_err() {
        return refused("the inventory has a number that canonical JSON does not".to_owned());
    }
    // They stand in lines of a bag.
    let texts =
        [&plan.from.name, &plan.from.code, &plan.to.name, &plan.to.code, &plan.reason, &plan.title, &plan.software];
    match texts.into_iter().find(|text| text.trim().is_empty() || text.contains(is_unprintable)) {
        Some(text) => refused(format!("{text:?} is no line of text")),
        None => Ok(()),
    }
}

/// Writes what goes beside components or records, and remembers it.
struct Beside<'o, 's> {
    out: &'o mut Output<'s>,
    folder: String,
    metadata: Vec<Described>,
}

impl Beside<'_, '_> {
    fn put(&mut self, path: &str, kind: Kind, bytes: &[u8]) -> Result<(), Error> {
        let told = self.out.bytes(&self.folder, path, bytes)?;
        self.metadata.push(Described { kind, told });
        Ok(())
    }

    fn json(&mut self, path: &str, word: &'static str, value: &Value) -> Result<(), Error> {
        let bytes = canonical::to_vec(value).map_err(|e| Error::caused(ErrorCode::StoChanged, path, e))?;
        self.put(path, Kind::DescriptiveOther(word), &bytes)
    }

    fn proof(&mut self, path: &str, word: &'static str, bytes: &[u8]) -> Result<(), Error> {
        self.put(path, Kind::PreservationOther(word), bytes)
    }
}

fn record<'a>(
    past: &mut Past<'a>,
    plan: &Plan,
    format: &dyn TransferFormat,
    out: &mut Output<'_>,
    folder: &str,
    id: RecordId,
) -> Result<(Sha256, Option<Represented>), Error> {
    let contents: Contents<'a> = Contents::read(past, id)?;
    let mut components: Vec<Told> = Vec::with_capacity(contents.components.len());
    for placed in &contents.components {
        let (component, opened) = (&placed.component, &contents.opened);
        let row = opened.component(&component.path)?;
        let told = out.stream(folder, &placed.file, component.size, &mut |give| opened.whole(row, give))?;
        if told.digests != component.digests {
            let what = format!("{} of {id} does not have the digests of its manifest", component.path);
            return Err(Error::new(ErrorCode::StoChanged, component.path.clone(), what));
        }
        components.push(told);
    }
    let mut beside = Beside { out, folder: folder.to_owned(), metadata: Vec::new() };
    beside.json(layout::RECORD, mdtype::RECORD, &contents.said)?;
    beside.put(layout::DC, Kind::Descriptive("DC"), premis::record_dc(&contents).as_bytes())?;
    for proven in &contents.groups {
        let entry = proven.group.entry;
        let metadata = layout::group_file(entry, layout::GROUP_METADATA);
        beside.proof(&metadata, mdtype::GROUP, &proven.group.metadata)?;
        beside.proof(&layout::group_file(entry, layout::GROUP_SALT), mdtype::SALT, &proven.group.salt)?;
        for (number, one) in (1..).zip(&proven.evidence) {
            beside.proof(&layout::evidence(entry, number), mdtype::EVIDENCE, &one.record.to_der())?;
        }
    }
    beside.proof(layout::PROOFS, mdtype::PROOFS, contents.proofs(past)?.as_bytes())?;
    let metadata = beside.metadata;
    let mut digest = RecordDigest::default();
    for told in components.iter().chain(metadata.iter().map(|one| &one.told)) {
        digest.take(&told.path, told.digests.sha256);
    }
    let files = RecordFiles { folder, components: &components, metadata };
    Ok((digest.finish(), format.record_ends(out, plan, &contents, files)?))
}

fn package(
    past: &mut Past<'_>,
    plan: &Plan,
    format: &dyn TransferFormat,
    out: &mut Output<'_>,
    tree: &str,
    records: &[Represented],
) -> Result<Sha256, Error> {
    let archive = past.archive;
    let mut beside = Beside { out, folder: tree.to_owned(), metadata: Vec::new() };
    beside.json(layout::INVENTORY, mdtype::INVENTORY, &inventory(past, plan)?)?;
    let name = layout::package_name(plan.package);
    beside.put(layout::DC, Kind::Descriptive("DC"), premis::package_dc(&name, plan).as_bytes())?;
    let note = archive.own_note_at(past.size)?;
    beside.proof(layout::CHECKPOINT, mdtype::CHECKPOINT, note.as_bytes())?;
    let mut lines = String::new();
    for index in past.journal_entries()? {
        let entry = past.entry(index)?;
        lines.push_str(&past.proof_line(index, &entry)?);
    }
    beside.proof(layout::JOURNAL, mdtype::PROOFS, lines.as_bytes())?;
    let stamped = stamped(past, &mut beside)?;
    beside.json(layout::SENDER, mdtype::SENDER, &sender(past, plan, stamped)?)?;
    material(past, &mut beside)?;
    policies(past, &mut beside)?;
    let Beside { out, metadata, .. } = beside;
    let documentation = [out.bytes(tree, layout::VERIFY, VERIFY.as_bytes())?];
    let mut schemas = Vec::new();
    for (name, schema) in SCHEMAS {
        schemas.push(out.bytes(tree, &format!("{}{name}", layout::SCHEMAS), schema.as_bytes())?);
    }
    let files = PackageFiles { metadata, documentation: &documentation, schemas: &schemas, records };
    format.package_ends(out, archive.spool(), plan, files)
}

fn party(one: &Party) -> Value {
    json!({"name": one.name, "code": one.code, "archive": one.archive.map(|id| id.to_string())})
}

fn without_nulls(mut value: Value) -> Value {
    canonical::drop_nulls(&mut value);
    value
}

fn inventory(past: &mut Past<'_>, plan: &Plan) -> Result<Value, Error> {
    let (fonds, inventories) = past.inventories()?;
    Ok(without_nulls(json!({
        "schema": layout::INVENTORY_SCHEMA, "package": layout::package_name(plan.package),
        "transfer": plan.transfer.to_string(), "time": rfc3339(plan.time), "title": plan.title, "reason": plan.reason,
        "from": party(&plan.from), "to": party(&plan.to), "fonds": fonds, "inventories": inventories,
        "inventory": plan.inventory,
        "records": plan.records.iter().map(RecordId::to_string).collect::<Value>(),
    })))
}

/// The newest stamped checkpoint with its evidence: evidence for every entry before it. Gives its size.
fn stamped(past: &mut Past<'_>, beside: &mut Beside<'_, '_>) -> Result<Option<u64>, Error> {
    let Some(stamped) = past.maker.newest().cloned() else { return Ok(None) };
    let batch = stamped.batch(past.archive)?;
    for (number, one) in (1..).zip(past.maker.evidence(&stamped, &Object::checkpoint(&batch))?) {
        beside.proof(&layout::stamped_evidence(number), mdtype::EVIDENCE, &one.record.to_der())?;
    }
    beside.proof(layout::STAMPED, mdtype::CHECKPOINT, &batch.note)?;
    let size = Note::read(&batch.note).and_then(|note| Checkpoint::parse(note.text)).map_or(0, |found| found.size);
    let hashes = consistency_proof(past.log(), size, past.size)?;
    let text: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
    beside.proof(layout::CONSISTENCY, mdtype::CONSISTENCY, text.as_bytes())?;
    let to = stamped.to;
    past.stamped.insert(stamped.entry, stamped);
    Ok(Some(to))
}

fn sender(past: &Past<'_>, plan: &Plan, stamped: Option<u64>) -> Result<Value, Error> {
    let archive = past.archive;
    let vkey = &archive.config().vkey;
    Ok(without_nulls(json!({
        "schema": layout::SENDER_SCHEMA, "archive": archive.id().to_string(), "origin": vkey.name,
        "vkey": vkey.to_string(), "size": past.size, "heads": past.cut, "stamped": stamped,
        "test": archive.is_test(), "software": plan.software,
    })))
}

/// Shared certificates and revocation data, each once: what validated time-stamps, then what validated signatures.
fn material(past: &mut Past<'_>, beside: &mut Beside<'_, '_>) -> Result<(), Error> {
    let archive = past.archive;
    let mut done = BTreeSet::new();
    for stamped in past.stamped.values() {
        for (name, bytes) in past.maker.material(stamped)? {
            let digest = sha256(&bytes);
            let extension = match name.split_once('-').map_or("", |(kind, _)| kind) {
                "certificate" => "cer",
                "crl" => "crl",
                _ => "ocsp",
            };
            if done.insert(digest) {
                beside.proof(&layout::material(digest, extension), mdtype::MATERIAL, &bytes)?;
            }
        }
    }
    let kinds: BTreeMap<Sha256, u8> =
        archive.index().material()?.into_iter().map(|(digest, row)| (digest, row.kind)).collect();
    for digest in past.material.iter().filter(|digest| !done.contains(*digest)) {
        let gone = || Error::new(ErrorCode::StoChanged, digest.to_string(), "shared material cannot be read");
        let bytes = archive.material_file(*digest)?.ok_or_else(gone)?;
        let extension = if kinds.get(digest) == Some(&0) { "cer" } else { "crl" };
        beside.proof(&layout::material(*digest, extension), mdtype::MATERIAL, &bytes)?;
    }
    Ok(())
}

/// The validation policies that records name, the lists of periods that decide their terms, and the policy of
/// witnesses. Registers of signers are not among them: they name persons who have nothing to do with these records.
/// What a register said of a signer is in the record's own validation report.
fn policies(past: &mut Past<'_>, beside: &mut Beside<'_, '_>) -> Result<(), Error> {
    let archive = past.archive;
    let mut policies = BTreeMap::new();
    for (entry, policy) in archive.adopted_policies()?.into_iter().filter(|(entry, _)| *entry < past.cut) {
        if past.policies.contains(&policy.sha256) {
            policies.insert(policy.sha256, entry);
        }
    }
    for (digest, entry) in policies {
        past.policies.remove(&digest);
        beside.proof(&layout::policy(digest), mdtype::POLICY, &archive.adopted_file(entry)?)?;
    }
    let built_in = Policy::built_in_file();
    if past.policies.contains(&sha256(built_in)) {
        beside.proof(&layout::policy(sha256(built_in)), mdtype::POLICY, built_in)?;
    }
    let mut lists = BTreeMap::new();
    for entry in &past.lists {
        let (document, row) = archive.document(*entry)?;
        let bytes = archive.act_file(&row, &document, LIST_FILE)?;
        lists.insert(sha256(&bytes), bytes);
    }
    for (digest, bytes) in lists {
        beside.proof(&layout::list(digest), mdtype::LIST, &bytes)?;
    }
    let witnesses = archive.index().adopted(Adopted::Witnesses)?;
    let log = match witnesses.into_iter().rfind(|entry| *entry < past.cut) {
        Some(entry) => archive.adopted_file(entry)?,
        None => format!("log {}\nquorum none\n", archive.config().vkey).into_bytes(),
    };
    beside.proof(layout::LOG_POLICY, mdtype::POLICY, &log)
}
