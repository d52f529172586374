//! The certificate of destruction: what the journal says of a plan, in a form that a stranger checks without us.
//!
//! A [`Certificate`] is canonical JSON (`schema/certificate/1`): a checkpoint; the entries of the plan, each with its
//! proof of inclusion and its act document, whose digest the entry has; the plan itself, whose digest those who signed
//! it signed; and what all that says, written out. [`verify`] takes it apart again: what is written out must be what
//! the entries say, so no word of it can be changed.
//!
//! It is made anew from the archive whenever it is asked for; of the same plan at the same size of the journal it is
//! the same bytes. It proves no more than the journal does: that no copy was made elsewhere it says it cannot prove.

use super::case::Case;
use super::destroy::{self, Condition, METHOD};
use super::plan::Plan;
pub use super::proved::Fault;
use super::proved::{Proved, of_note};
use crate::archive::Archive;
use crate::clock::{Millis, rfc3339};
use crate::error::{Error, ErrorCode};
use crate::model::canonical;
use crate::model::digest::sha256;
use crate::model::id::RecordId;
use crate::text::{Lang, Text, text};
use crate::tlog::checkpoint::{self, VerifierKey};
use crate::tlog::leaf::ActKind;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The value of a certificate's `schema` field.
pub const CERTIFICATE_SCHEMA: &str = "muragat/certificate/1";
/// Bytes of a certificate that are read. Own bound: the largest plan with all its documents.
pub const CERTIFICATE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What a certificate cannot claim, in every certificate.
pub const RESIDUAL: Text = text(
    "Журналда жазбалардың кездейсоқ идентификаторлары мен тұзды міндеттемелері қалады. Архивтен тыс жасалған \
     көшірмелер туралы архив білмейді және олардың жоқтығын дәлелдей алмайды. Тасымалдағыштағы ескі блоктар сақталуы \
     мүмкін, бірақ олар жойылған кілттерсіз ашылмайды.",
    "В журнале остаются случайные идентификаторы записей и солёные обязательства. О копиях, сделанных вне архива, \
     архив не знает и не может доказать, что их нет. На носителе могут остаться старые блоки, но без уничтоженных \
     ключей они не открываются.",
    "The journal keeps the random ids of the records and their salted commitments. Copies that were made outside are \
     not known to the archive, and it cannot prove that there are none. Old blocks may survive on the medium; without \
     the erased keys nobody opens them.",
);

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Name of the archive's log.
    pub origin: String,
    /// The plan.
    pub plan: Plan,
    /// When the keys were erased.
    pub executed: Millis,
    /// When nothing was left; none: not yet.
    pub completed: Option<Millis>,
    /// What is left of it, when the certificate was made before that.
    pub remaining: Vec<Condition>,
    /// The document of the destruction: files with their records, and what was kept.
    pub outcome: Map<String, Value>,
    /// The epoch of the vault after it.
    pub epoch: u32,
    /// Who signed what: act, and the signer as the act has it.
    pub signers: Vec<(ActKind, Value)>,
    /// Entries of the journal at that time.
    pub log_size: u64,
}

/// The certificate of a plan that was executed, and what it says: none leaves the archive that would not verify.
pub fn give(archive: &Archive, plan: RecordId) -> Result<(Vec<u8>, Certificate), Error> {
    let bytes = make(archive, plan)?;
    let certificate = verify(&bytes, &archive.config().vkey)
        .map_err(|e| Error::new(ErrorCode::StoChanged, plan.to_string(), e.to_string()))?;
    Ok((bytes, certificate))
}

/// The certificate of a plan that was executed.
pub fn make(archive: &Archive, plan: RecordId) -> Result<Vec<u8>, Error> {
    let case = Case::read(archive, plan)?;
    let Some(executed) = case.row.executed else {
        let what = format!("it is {}", case.stage(archive));
        return Err(Error::new(ErrorCode::DspStage, plan.to_string(), what));
    };
    let note = archive.settle()?;
    let log = archive.log()?;
    let row = &case.row;
    let mut indexes: Vec<u64> = vec![row.drafted];
    indexes.extend(row.proposed);
    indexes.extend(row.reviews.iter().chain(&row.approvals).chain(&row.authorised));
    indexes.push(executed);
    indexes.push(rolled(archive, executed)?);
    indexes.extend(row.completed);
    indexes.sort_unstable();
    let mut entries = Vec::with_capacity(indexes.len());
    for index in indexes {
        entries.push(Proved::read(archive, &log, index)?);
    }
    let remaining = match case.row.completed {
        Some(_) => Vec::new(),
        None => destroy::remaining(archive, &destroy::destroyed(archive, &case)?)?.into_iter().collect(),
    };
    let plan_text = String::from_utf8(case.plan.encode()).unwrap_or_default();
    let said = said(&note, &plan_text, &entries, remaining)
        .map_err(|Fault(what)| Error::new(ErrorCode::StoChanged, plan.to_string(), what))?;
    Ok(encode(&note, &plan_text, &entries, &said))
}

/// The roll of the vault that ends the batch of the destruction.
fn rolled(archive: &Archive, executed: u64) -> Result<u64, Error> {
    let (document, _) = archive.document(executed)?;
    let index = executed + 1 + entries_of(&document.fields);
    if archive.leaf(index)?.act == ActKind::VaultRolled {
        return Ok(index);
    }
    Err(Error::new(ErrorCode::StoChanged, executed.to_string(), "no roll of the vault follows"))
}

/// How many entries of files and records follow that of the destruction, before the roll.
fn entries_of(outcome: &Map<String, Value>) -> u64 {
    let count = |key: &str| outcome.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    let records: usize = records_of(outcome).map(Vec::len).sum();
    (count("destroyed") + count("holds") + records) as u64
}

fn encode(note: &str, plan: &str, entries: &[Proved], said: &Certificate) -> Vec<u8> {
    let value = json!({
        "schema": CERTIFICATE_SCHEMA, "checkpoint": note, "plan": plan, "said": said.value(),
        "entries": entries.iter().map(Proved::value).collect::<Vec<_>>(),
    });
    canonical::to_vec(&value).expect("a certificate holds texts and small numbers")
}

/// Checks a certificate with the verifier key of the archive's journal, and gives what it says.
pub fn verify(bytes: &[u8], key: &VerifierKey) -> Result<Certificate, Fault> {
    let fault = |what: &str| Fault(what.to_owned());
    if bytes.len() > CERTIFICATE_BYTES_MAX {
        return Err(fault("too large for a certificate"));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| fault("not JSON"))?;
    if value.get("schema").and_then(Value::as_str) != Some(CERTIFICATE_SCHEMA) {
        return Err(fault("not a certificate of destruction"));
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let (note, plan) = (text("checkpoint").ok_or_else(|| fault("no checkpoint"))?, text("plan"));
    let plan = plan.ok_or_else(|| fault("no plan"))?;
    let head = checkpoint::verify(note.as_bytes(), key).ok_or_else(|| fault("the checkpoint is not of this key"))?;
    let rows = value.get("entries").and_then(Value::as_array).ok_or_else(|| fault("no entries"))?;
    let entries = rows.iter().map(Proved::of).collect::<Option<Vec<_>>>();
    let entries = entries.ok_or_else(|| fault("an entry is malformed"))?;
    entries.iter().try_for_each(|proved| proved.check(&head))?;
    let conditions = value.get("said").and_then(|said| said.get("remaining")).and_then(Value::as_array);
    let conditions = conditions.into_iter().flatten().map(|word| word.as_str().and_then(Condition::parse));
    let remaining = conditions.collect::<Option<Vec<_>>>().ok_or_else(|| fault("an unknown condition"))?;
    let said = said(note, plan, &entries, remaining)?;
    // What is written out, byte for byte.
    if encode(note, plan, &entries, &said) != bytes {
        return Err(fault("what is written out is not what the entries say"));
    }
    Ok(said)
}

/// What proved entries say together.
fn said(note: &str, plan: &str, entries: &[Proved], remaining: Vec<Condition>) -> Result<Certificate, Fault> {
    let fault = |what: &str| Fault(what.to_owned());
    let (origin, log_size) = of_note(note)?;
    let read = Plan::decode(plan.as_bytes()).map_err(|_| fault("the plan is malformed"))?;
    let digest = sha256(plan.as_bytes()).to_string();
    let mut documents: BTreeMap<u64, Map<String, Value>> = BTreeMap::new();
    for proved in entries {
        if proved.leaf.act != ActKind::VaultRolled && proved.leaf.rec != Some(read.id) {
            return Err(Fault(format!("entry {} is not about the plan", proved.index)));
        }
        if let Some(fields) = proved.fields()? {
            documents.insert(proved.index, fields);
        }
    }
    let of = |act: ActKind| entries.iter().filter(move |proved| proved.leaf.act == act);
    let one = |act: ActKind| {
        let mut found = of(act);
        match (found.next(), found.next()) {
            (Some(proved), None) => Ok(proved),
            _ => Err(Fault(format!("not one entry {}", act.as_str()))),
        }
    };
    let (drafted, executed, rolled) =
        (one(ActKind::PlanDrafted)?, one(ActKind::DestroyExecuted)?, one(ActKind::VaultRolled)?);
    let outcome = documents.get(&executed.index).cloned().unwrap_or_default();
    for index in [drafted.index, executed.index] {
        let named = documents.get(&index).and_then(|document| document.get("plan_sha256")).and_then(Value::as_str);
        if named != Some(digest.as_str()) {
            return Err(Fault(format!("entry {index} is about another plan")));
        }
    }
    // One commit: the act, an entry for each record and file, the roll.
    if rolled.index != executed.index + 1 + entries_of(&outcome) || rolled.leaf.t != executed.leaf.t {
        return Err(fault("the roll of the vault is not that of the destruction"));
    }
    let mut signers = Vec::new();
    for proved in entries {
        let signed = documents.get(&proved.index).and_then(|document| document.get("signed"));
        match signed {
            Some(Value::Array(several)) => signers.extend(several.iter().map(|by| (proved.leaf.act, by.clone()))),
            Some(by) => signers.push((proved.leaf.act, by.clone())),
            None => {}
        }
    }
    let completed = of(ActKind::DestroyCompleted).next().map(|proved| proved.leaf.t);
    if completed.is_some() && !remaining.is_empty() {
        return Err(fault("it is complete, and something remains"));
    }
    Ok(Certificate {
        origin,
        plan: read,
        executed: executed.leaf.t,
        completed,
        remaining,
        outcome,
        epoch: rolled.leaf.epoch.unwrap_or_default(),
        signers,
        log_size,
    })
}

fn records_of(outcome: &Map<String, Value>) -> impl Iterator<Item = &Vec<Value>> {
    let files = outcome.get("destroyed").and_then(Value::as_array).into_iter().flatten();
    files.filter_map(|file| file.get("records")?.as_array())
}

impl Certificate {
    /// How many files and records it says are gone.
    pub fn counts(&self) -> (usize, usize) {
        let files = self.outcome.get("destroyed").and_then(Value::as_array).map_or(0, Vec::len);
        (files, records_of(&self.outcome).map(Vec::len).sum())
    }

    fn value(&self) -> Value {
        let (files, records) = self.counts();
        let signer = |(act, by): &(ActKind, Value)| json!({"act": act.as_str(), "by": by});
        let mut said = json!({
            "origin": self.origin, "test": self.plan.is_test, "agency": self.plan.agency, "number": self.plan.number,
            "plan_id": self.plan.id.to_string(), "files": files, "records": records,
            "executed": rfc3339(self.executed), "method": METHOD, "epoch": self.epoch, "log_size": self.log_size,
            "remaining": self.remaining.iter().map(|condition| condition.as_str()).collect::<Vec<_>>(),
            "status": if self.completed.is_some() { "completed" } else { "executed" },
            "signers": self.signers.iter().map(signer).collect::<Vec<_>>(),
            "residual": {"en": RESIDUAL.get(Lang::En), "kk": RESIDUAL.get(Lang::Kk), "ru": RESIDUAL.get(Lang::Ru)},
        });
        if let Some(completed) = self.completed {
            said["completed"] = rfc3339(completed).into();
        }
        said
    }
}
