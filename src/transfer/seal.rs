//! Sealing: deciding what exactly goes, as one package with one digest.
//!
//! [`prepare`] maps the heads of all chains, writes the package of an approved list into nothing, and commits what came
//! out ([`Seal`], `schema/transfer-seal/1`): by what the package is written, its digest, and that of each record. From
//! then on the same program writes the same bytes, as often as a medium needs them.
//!
//! Invariants
//!   - `transfer.sealed` stands together with a `record.packed` for each record: before a byte of it leaves, the
//!     journal says of each record where it goes.
//!   - What is sealed is what the commission approved: the records of its list, each with the additions that it had
//!     then. Only its receipt may come later; anything else makes another transfer.
//!
//! A crash leaves the transfer sealed or not, and perhaps a map of heads, which is of use to others too.

use super::case::{Case, Stage};
use super::list::{List, Listed, reason_text};
use super::pack::format::TransferFormat;
use super::pack::sink::Nowhere;
use super::pack::write::{NotReady, Party, Plan, readiness, write};
use crate::access::open_handed;
use crate::archive::{ActOwner, Archive};
use crate::error::{Error, ErrorCode};
use crate::evidence::heads;
use crate::index::writer::Payload;
use crate::model::amendment::AmendmentKind;
use crate::model::canonical;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::text::Lang;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::transfer::layout::package_name;
use serde_json::{Map, Value, json};

/// The value of a seal's `schema` field.
pub const SEAL_SCHEMA: &str = "muragat/transfer-seal/1";
/// The seal in its act.
pub const SEAL_FILE: &str = "package.json";

/// A record as it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedRecord {
    /// The record.
    pub record: RecordId,
    /// Its digest in the package.
    pub digest: Sha256,
    /// How many additions it had.
    pub parts: u32,
}

/// A package that is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// By what it is written.
    pub plan: Plan,
    /// The word of its form.
    pub form: String,
    /// Its digest.
    pub digest: Sha256,
    /// Its files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Its records, in their order.
    pub records: Vec<SealedRecord>,
}

/// What became of sealing.
#[derive(Debug)]
pub enum Prepared {
    /// Sealed, as this entry of the journal.
    Done(u64, Box<Seal>),
    /// Some records are not ready; nothing was sealed.
    NotReady(Vec<NotReady>),
}

impl Seal {
    /// Name of the package.
    pub fn name(&self) -> String {
        package_name(self.plan.package)
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let party = |one: &Party| {
            let mut value = json!({"name": one.name, "code": one.code});
            if let Some(archive) = one.archive {
                value["archive"] = archive.to_string().into();
            }
            value
        };
        let record = |one: &SealedRecord| {
            let (record, digest) = (one.record.to_string(), one.digest.to_string());
            json!({"record_id": record, "digest": digest, "parts": one.parts})
        };
        let plan = &self.plan;
        let value = json!({
            "schema": SEAL_SCHEMA, "package": plan.package.to_string(), "transfer_id": plan.transfer.to_string(),
            "time": plan.time, "size": plan.size, "from": party(&plan.from), "to": party(&plan.to),
            "reason": plan.reason, "title": plan.title, "software": plan.software, "inventory": plan.inventory,
            "form": self.form, "digest": self.digest.to_string(), "files": self.files, "bytes": self.bytes,
            "records": self.records.iter().map(record).collect::<Value>(),
        });
        canonical::to_vec(&value).expect("a seal holds texts and whole numbers")
    }

    /// Reads what [`Self::encode`] gives.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let text = |key: &str| value.get(key)?.as_str();
        let owned = |key: &str| text(key).map(str::to_owned);
        let number = |key: &str| value.get(key)?.as_u64();
        let party = |key: &str| {
            let one = value.get(key)?;
            let text = |key: &str| one.get(key)?.as_str().map(str::to_owned);
            let archive = match one.get("archive") {
                None => None,
                Some(id) => Some(id.as_str()?.parse().ok()?),
            };
            Some(Party { name: text("name")?, code: text("code")?, archive })
        };
        let record = |one: &Value| {
            let text = |key: &str| one.get(key)?.as_str();
            let parts = one.get("parts")?.as_u64()?.try_into().ok()?;
            Some(SealedRecord {
                record: text("record_id")?.parse().ok()?,
                digest: text("digest")?.parse().ok()?,
                parts,
            })
        };
        let records = value.get("records")?.as_array()?.iter().map(record).collect::<Option<Vec<_>>>()?;
        let plan = Plan {
            package: text("package")?.parse().ok()?,
            transfer: text("transfer_id")?.parse().ok()?,
            time: number("time")?,
            size: number("size")?,
            from: party("from")?,
            to: party("to")?,
            reason: owned("reason")?,
            title: owned("title")?,
            software: owned("software")?,
            inventory: value.get("inventory")?.as_object()?.clone(),
            records: records.iter().map(|one| one.record).collect(),
        };
        let seal = Self {
            plan,
            form: owned("form")?,
            digest: text("digest")?.parse().ok()?,
            files: number("files")?,
            bytes: number("bytes")?,
            records,
        };
        (text("schema")? == SEAL_SCHEMA && seal.encode() == bytes).then_some(seal)
    }
}

/// Seals the package of an approved transfer. `progress` is told how many of how many records are read.
///
/// # Errors
///
/// [`ErrorCode::TrfStage`] when it is not approved; [`ErrorCode::TrfNotReady`] when a record is not the one that the
/// commission approved.
pub fn prepare(
    archive: &Archive,
    id: RecordId,
    format: &dyn TransferFormat,
    actor: ActorId,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Prepared, Error> {
    let _turn = archive.turn("transfer", id);
    let case = Case::read(archive, id)?;
    if let Some(entry) = case.row.sealed.filter(|_| case.stage() == Stage::Sealed) {
        // Whoever does not know whether it was sealed asks again.
        let seal = case.seal(archive)?;
        if seal.form == format.word() {
            return Ok(Prepared::Done(entry, Box::new(seal)));
        }
    }
    case.check_stage(&[Stage::Approved])?;
    let list = case.list(archive)?.ok_or_else(|| Error::new(ErrorCode::TrfStage, id.to_string(), "it has no list"))?;
    let listed: Vec<_> = list.files.iter().flat_map(|(_, records)| records.iter().copied()).collect();
    let parts = listed.iter().map(|one| approved_parts(archive, one)).collect::<Result<Vec<u32>, _>>()?;
    let records: Vec<RecordId> = listed.iter().map(|one| one.record).collect();
    let lacks = readiness(archive, &records)?;
    if !lacks.is_empty() {
        return Ok(Prepared::NotReady(lacks));
    }
    heads::map(archive, actor)?;
    archive.settle()?;
    let plan = plan(archive, &case, &list, records);
    let written = write(archive, &plan, format, &mut Nowhere::default(), progress)?;
    let sealed = |((record, digest), parts): ((RecordId, Sha256), u32)| SealedRecord { record, digest, parts };
    let seal = Seal {
        plan,
        form: format.word().to_owned(),
        digest: written.digest,
        files: written.files,
        bytes: written.bytes,
        records: written.records.into_iter().zip(parts).map(sealed).collect(),
    };
    let entry = commit(archive, &case, &seal, actor)?;
    Ok(Prepared::Done(entry, Box::new(seal)))
}

fn commit(archive: &Archive, case: &Case, seal: &Seal, actor: ActorId) -> Result<u64, Error> {
    let bytes = seal.encode();
    let fields = Map::from_iter([
        ("package".to_owned(), Value::from(seal.plan.package.to_string())),
        ("form".to_owned(), seal.form.clone().into()),
        ("digest".to_owned(), seal.digest.to_string().into()),
        ("sha256".to_owned(), sha256(&bytes).to_string().into()),
    ]);
    let committed = archive.commit_together_deciding(|| {
        case.check_as_read(archive)?;
        for one in &seal.records {
            // What came while it was written is not in it.
            check_unchanged(archive, one.record, one.parts)?;
        }
        let act = Act::new(ActKind::TransferSealed, actor);
        let files = vec![(SEAL_FILE.to_owned(), bytes)];
        let (act, payload, session) = archive.seal_files(act, ActOwner::Known(case.id), fields, files)?;
        let mut acts = vec![(act, payload)];
        acts.extend(seal.records.iter().map(|one| {
            let mut act = Act::new(ActKind::RecordPacked, actor);
            (act.rec, act.of) = (Some(one.record), Some(case.id));
            (act, Payload::None)
        }));
        Ok((acts, vec![session]))
    })?;
    Ok(committed[0].index)
}

/// How many additions a record has: those that the commission approved, and its receipt.
fn approved_parts(archive: &Archive, listed: &Listed) -> Result<u32, Error> {
    let opened = match open_handed(archive, listed.record) {
        Ok(opened) => opened,
        Err(e) if e.code.is_gone() || e.code == ErrorCode::ArcNoRecord => {
            return Err(Error::new(ErrorCode::TrfNotReady, listed.record.to_string(), "it is not there any more"));
        }
        Err(e) => return Err(e),
    };
    for part in opened.row.parts.iter().skip(listed.parts as usize) {
        if opened.amendment(part)?.1.kind != AmendmentKind::ReceiptIssued {
            let what = format!("entry {} added to it since the list was drawn up", part.entry);
            return Err(Error::new(ErrorCode::TrfNotReady, listed.record.to_string(), what));
        }
    }
    Ok(u32::try_from(opened.row.parts.len()).unwrap_or(u32::MAX))
}

/// That a record is there with as many additions as it had.
pub(super) fn check_unchanged(archive: &Archive, record: RecordId, parts: u32) -> Result<(), Error> {
    let changed = |what: String| Error::new(ErrorCode::TrfNotReady, record.to_string(), what);
    let row = archive.index().record_by_id(record)?.ok_or_else(|| changed("it is not there any more".to_owned()))?;
    match row.parts.len() {
        now if now == parts as usize => Ok(()),
        now => Err(changed(format!("{now} additions, the list has {parts}"))),
    }
}

fn plan(archive: &Archive, case: &Case, list: &List, records: Vec<RecordId>) -> Plan {
    let party = &case.party.party;
    let name = archive.config().issuer.name.clone().filter(|name| !name.trim().is_empty());
    // Titles are for people of both sides: Kazakh, as the act is.
    let (from, to) = (name.unwrap_or_else(|| case.agency.clone()), party.title.kk.clone());
    Plan {
        package: RecordId(crate::random::bytes()),
        transfer: case.id,
        time: archive.now().max(archive.head().t),
        size: archive.head().size,
        title: format!("{from} → {to} № {}", list.number),
        reason: format!("{}: {}", reason_text(case.reason).get(Lang::Kk), case.basis),
        from: Party { name: from, code: case.agency.clone(), archive: Some(archive.id()) },
        to: Party { name: to, code: party.bin.clone(), archive: Some(party.archive) },
        software: archive.program().version.clone(),
        inventory: list.facts(),
        records,
    }
}
