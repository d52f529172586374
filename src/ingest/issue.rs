//! Receipts and notices after they were prepared: which there are, until when they must be signed, and how the
//! signature of a records officer issues them (N 430 cl. 14, 17-19, 40).
//!
//! The signature is a CMS that was made outside, over exactly the prepared bytes. It is validated by the policy and the
//! registers in force now; with it the answer is issued: a receipt by an amendment of its record, a notice by an act of
//! the register of refusals. The validation is kept beside the signature.
//!
//! Invariants
//!   - Nothing is issued twice, and nothing without a signature that passed.
//!   - A refused signature leaves no trace: a person at work made a slip.

use super::amend;
use super::receipt::{NOTICE_FILE, RECEIPT_FILE, calendar, due};
use super::signatures::verifier;
use crate::access;
use crate::archive::{ActOwner, Archive, Register};
use crate::clock::{Millis, civil_date, utc};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::writer::read_id;
use crate::model::canonical;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::path::{RECEIPT_PATH, RECEIPT_SIGNATURE_PATH};
use crate::model::submission::Role;
use crate::model::validation::{CreationBasis, SignatureVerdict, VALIDATION_SCHEMA, Validation};
use crate::tlog::LogError;
use crate::tlog::leaf::{ActKind, Leaf};
use crate::verify::authority::{AuthorityVerdict, Signatory};
use crate::verify::policy::SignerKind;
use crate::verify::report::{Report, SignatureReport};
use crate::verify::validation::{InMemory, Question, validate};
use crate::verify::verdict::Indication;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read;

/// The signature beside a receipt that was given out.
pub const RECEIPT_SIGNATURE_FILE: &str = "receipt.json.p7s";
/// The signature beside a notice, in the act that issued it too.
pub const NOTICE_SIGNATURE_FILE: &str = "notice.json.p7s";
/// The validation of that signature, in the act.
const NOTICE_VALIDATION_FILE: &str = "notice-validation.json";

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A receipt of this record.
    Record(RecordId),
    /// The notice of the refusal that has this entry.
    Refusal(u64),
}

/// A receipt or notice in the list.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is about.
    pub subject: Subject,
    /// The entry of the acceptance or refusal.
    pub entry: u64,
    /// When that was.
    pub at: Millis,
    /// The last day on which the signature is in time.
    pub due: NaiveDate,
    /// Whether an officer has signed it.
    pub is_issued: bool,
    /// Whether it is unsigned after that day.
    pub is_overdue: bool,
}

/// A receipt or notice with its bytes.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Its row in the list.
    pub row: Row,
    /// The bytes to be signed.
    pub bytes: Vec<u8>,
    /// The officer's signature, when it is issued.
    pub signature: Option<Vec<u8>>,
    agency: Option<String>,
}

impl Prepared {
    /// Name of the file that has the bytes.
    pub fn file(&self) -> &'static str {
        match self.row.subject {
            Subject::Record(_) => RECEIPT_FILE,
            Subject::Refusal(_) => NOTICE_FILE,
        }
    }

    /// Name of the file that has the signature.
    pub fn signature_file(&self) -> &'static str {
        match self.row.subject {
            Subject::Record(_) => RECEIPT_SIGNATURE_FILE,
            Subject::Refusal(_) => NOTICE_SIGNATURE_FILE,
        }
    }
}

/// What became of a signature.
#[derive(Debug)]
pub enum Issued {
    /// The answer is issued by this entry.
    Done {
        /// The entry.
        entry: u64,
    },
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

fn none(subject: &str) -> Error {
    Error::new(ErrorCode::SigNoAnswer, subject, "no receipt or notice was prepared")
}

fn leaf(archive: &Archive, entry: u64) -> Result<Leaf, Error> {
    Ok(Leaf::decode(entry, &archive.log()?.entry(entry)?).map_err(LogError::from)?)
}

/// The subject that `text` names: the id of a record, or the entry of an acceptance or refusal.
pub fn subject(archive: &Archive, text: &str) -> Result<Subject, Error> {
    if let Ok(record) = text.parse::<RecordId>() {
        return Ok(Subject::Record(record));
    }
    let entry = text.parse::<u64>().ok().filter(|entry| *entry < archive.head().size).ok_or_else(|| none(text))?;
    let leaf = leaf(archive, entry)?;
    match (leaf.act, leaf.rec) {
        (ActKind::RecordAccepted, Some(record)) => Ok(Subject::Record(record)),
        (ActKind::SubmissionRefused, _) => Ok(Subject::Refusal(entry)),
        _ => Err(none(text)),
    }
}

fn row(archive: &Archive, subject: Subject, entry: u64, at: Millis, is_issued: bool) -> Result<Row, Error> {
    let due = due(archive, at)?;
    let is_overdue = !is_issued && civil_date(archive.now()) > due;
    Ok(Row { subject, entry, at, due, is_issued, is_overdue })
}

/// Receipts and notices that no officer has signed, oldest first.
pub fn unsigned(archive: &Archive) -> Result<Vec<Row>, Error> {
    archive.wait_index()?;
    let mut rows = Vec::new();
    for entry in archive.index().unsigned_answers()? {
        let leaf = leaf(archive, entry)?;
        let subject = match (leaf.act, leaf.rec) {
            // A record that was erased since has no receipt any more.
            (ActKind::RecordAccepted, Some(record)) if archive.index().record_by_id(record)?.is_none() => continue,
            (ActKind::RecordAccepted, Some(record)) => Subject::Record(record),
            _ => Subject::Refusal(entry),
        };
        rows.push(row(archive, subject, entry, leaf.t, false)?);
    }
    Ok(rows)
}

/// All receipts and notices, oldest first. It reads the whole journal.
pub fn all(archive: &Archive) -> Result<Vec<Row>, Error> {
    archive.wait_index()?;
    let unsigned: BTreeSet<u64> = archive.index().unsigned_answers()?.into_iter().collect();
    let mut rows = Vec::new();
    for entry in 0..archive.index_meta().size {
        let leaf = leaf(archive, entry)?;
        let subject = match (leaf.act, leaf.rec) {
            (ActKind::RecordAccepted, Some(record)) => {
                // An erased record has no receipt any more.
                let Some(row) = archive.index().record_by_id(record)? else { continue };
                let has = row.components.iter().any(|c| c.role() == Role::Issued && c.path == RECEIPT_PATH);
                if !has {
                    continue;
                }
                Subject::Record(record)
            }
            (ActKind::SubmissionRefused, _) if has_notice(archive, entry)? => Subject::Refusal(entry),
            _ => continue,
        };
        rows.push(row(archive, subject, entry, leaf.t, !unsigned.contains(&entry))?);
    }
    Ok(rows)
}

fn has_notice(archive: &Archive, entry: u64) -> Result<bool, Error> {
    Ok(archive.document(entry)?.0.fields.contains_key("notice"))
}

/// Whether the deadlines of these rows are counted by a calendar that was made for them.
pub fn is_covered(rows: &[Row]) -> bool {
    rows.iter().all(|row| calendar().covers(row.due))
}

/// The receipt or notice of `subject`. Reading that of a restricted record is a reading by `actor`.
pub fn find(archive: &Archive, subject: Subject, actor: ActorId) -> Result<Prepared, Error> {
    archive.wait_index()?;
    match subject {
        Subject::Record(record) => {
            let opened = access::open(archive, record, actor)?;
            let issued = |path: &str| opened.row.components.iter().find(|c| c.role() == Role::Issued && c.path == path);
            let receipt = issued(RECEIPT_PATH).ok_or_else(|| none(&record.to_string()))?;
            let bytes = opened.read(receipt)?;
            let signature = issued(RECEIPT_SIGNATURE_PATH).map(|c| opened.read(c)).transpose()?;
            let (entry, at) = (opened.row.entry, opened.row.accepted);
            let row = row(archive, subject, entry, at, signature.is_some())?;
            Ok(Prepared { row, bytes, signature, agency: archive.config().issuer.agency.clone() })
        }
        Subject::Refusal(entry) => {
            let leaf = leaf(archive, entry)?;
            let (document, files) = archive.document(entry)?;
            if leaf.act != ActKind::SubmissionRefused || !document.fields.contains_key("notice") {
                return Err(none(&entry.to_string()));
            }
            let bytes = archive.act_file(&files, &document, NOTICE_FILE)?;
            let is_issued = !archive.index().unsigned_answers()?.contains(&entry);
            let signature = if is_issued { Some(notice_signature(archive, entry)?) } else { None };
            let row = row(archive, subject, entry, leaf.t, is_issued)?;
            Ok(Prepared { row, bytes, signature, agency: archive.config().issuer.agency.clone() })
        }
    }
}

/// The signature of an issued notice: the register's entries are followed from the newest back to the refusal.
fn notice_signature(archive: &Archive, refusal: u64) -> Result<Vec<u8>, Error> {
    let missing =
        || Error::new(ErrorCode::StoChanged, refusal.to_string(), "the act that issued the notice is missing");
    let register = leaf(archive, refusal)?.rec.ok_or_else(missing)?;
    let reader = archive.index();
    let mut next = read_id(reader.kv, reader.keys, register)?.map(|row| row.custody);
    while let Some(entry) = next.filter(|entry| *entry > refusal) {
        let leaf = leaf(archive, entry)?;
        if leaf.act == ActKind::NoticeIssued {
            let (document, files) = archive.document(entry)?;
            if document.fields.get("refusal").and_then(Value::as_u64) == Some(refusal) {
                return archive.act_file(&files, &document, NOTICE_SIGNATURE_FILE);
            }
        }
        // Each step goes back: a chain that does not would never end.
        next = leaf.prev.filter(|prev| *prev < entry);
    }
    Err(missing())
}

/// Issues the receipt or notice of `subject` with the officer's signature, a CMS over exactly the prepared bytes.
pub fn sign(archive: &Archive, subject: Subject, signature: &[u8], actor: ActorId) -> Result<Issued, Error> {
    let prepared = find(archive, subject, actor)?;
    if prepared.row.is_issued {
        let what = "an officer has signed it before";
        return Err(Error::new(ErrorCode::SigAnswerIssued, prepared.row.entry.to_string(), what));
    }
    let validation = match check(archive, &prepared, signature)? {
        Ok(validation) => validation,
        Err(refusals) => return Ok(Issued::Refused(refusals)),
    };
    let entry = match subject {
        Subject::Record(record) => amend::issue_receipt(archive, record, signature, &validation, actor)?,
        Subject::Refusal(refusal) => {
            let fields = json!({"refusal": refusal}).as_object().cloned().unwrap_or_default();
            let (mut signature, mut validation) = (signature, validation.as_slice());
            let files: Vec<(String, &mut dyn Read)> = vec![
                (NOTICE_SIGNATURE_FILE.to_owned(), &mut signature),
                (NOTICE_VALIDATION_FILE.to_owned(), &mut validation),
            ];
            let owner = ActOwner::Register(Register::Refusals);
            let (act, payload, session) = archive.seal_document(ActKind::NoticeIssued, actor, owner, fields, files)?;
            let entry = archive.commit(act, payload, None, Some(session))?.entry();
            archive.wait_index()?;
            entry
        }
    };
    Ok(Issued::Done { entry })
}

/// Validates the officer's signature; gives the validation that is kept with it, or why it does not issue the answer.
fn check(archive: &Archive, prepared: &Prepared, signature: &[u8]) -> Result<Result<Vec<u8>, Vec<Refusal>>, Error> {
    let subject = prepared.signature_file();
    let adopted = archive.validation_policy()?;
    if !adopted.is_adopted() {
        return Err(Error::new(ErrorCode::SigNoPolicy, "policy", "no validation policy was adopted"));
    }
    let (material, authorities, now) = (archive.material()?, archive.authorities()?, archive.now());
    // Reports say whole seconds, so that is what was asked.
    let at = utc(now - now % 1000);
    let question = Question {
        object: signature,
        object_digest: None,
        content: Some(&InMemory(&prepared.bytes)),
        material: &material,
        policy: &adopted.policy,
        at,
        poe: &[],
        caches: archive.caches(),
    };
    let report = validate(&question).map_err(|e| Error::caused(ErrorCode::IngReadFailed, subject, e))?;
    let refused = |detail: String| Refusal::new(ErrorCode::SigAnswer, subject, detail);
    let skew = chrono::Duration::seconds(adopted.policy.receipt.clock_skew_max_s.into());
    let mut refusals = Vec::new();
    let mut verdicts = Vec::new();
    for signed in &report.signatures {
        let conclusion = &signed.conclusion;
        if conclusion.indication != Indication::TotalPassed {
            let sub = conclusion.sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
            refusals.push(refused(format!(
                "signer {}: {}{sub}: {}",
                signed.signer_index, conclusion.indication, conclusion.detail
            )));
            continue;
        }
        if signed.claimed_signing_time.is_some_and(|claimed| claimed > at + skew) {
            refusals.push(refused(format!("signer {}: claims a time that is to come", signed.signer_index)));
        }
        // The bytes did not exist before they were prepared.
        if signed.claimed_signing_time.is_some_and(|claimed| claimed + skew < utc(prepared.row.at)) {
            refusals
                .push(refused(format!("signer {}: claims a time before the answer was prepared", signed.signer_index)));
        }
        let signatory = Signatory {
            iin: signed.signer.iin.as_deref(),
            bin: signed.signer.bin.as_deref(),
            role_oids: &signed.signer.role_oids,
            kind: SignerKind::RecordsOffice,
            agency: prepared.agency.as_deref(),
            date: civil_date(u64::try_from(time(signed).timestamp_millis()).unwrap_or_default()),
        };
        verdicts.push((signed.signer_index, authorities.judge(&signatory, &adopted.policy)));
    }
    if report.signatures.is_empty() {
        refusals.push(refused(report.conclusion().detail.clone()));
    }
    let is_authorised =
        |(_, verdict): &(usize, AuthorityVerdict)| matches!(verdict, AuthorityVerdict::Authorised { .. });
    // Who signs beside the officer does no harm; without an officer nothing is issued (N 430 cl. 17).
    if !verdicts.iter().any(is_authorised) {
        let detail = |(signer, verdict): &(usize, AuthorityVerdict)| {
            refused(format!("signer {signer} as {}: {}", SignerKind::RecordsOffice.as_str(), verdict.as_str()))
        };
        refusals.extend(verdicts.iter().map(detail));
    }
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    let registers = authorities.adopted().iter().map(|a| a.sha256).collect();
    let mut document =
        document(prepared, &report, &verdicts, adopted.policy.sha256, registers, used(&report, archive)?);
    document["verifier"] = verifier(archive)?;
    Ok(Ok(canonical::to_vec(&document).expect("reports hold strings and small integers")))
}

/// The best that is known of when it was made.
fn time(signed: &SignatureReport) -> DateTime<Utc> {
    signed.claimed_signing_time.unwrap_or(signed.best_signature_time)
}

/// Shared material that the validation used.
fn used(report: &Report, archive: &Archive) -> Result<Vec<Sha256>, Error> {
    let mut used = BTreeSet::new();
    for signed in &report.signatures {
        used.extend(signed.chain.iter().copied());
        used.extend(signed.revocation.iter().map(|r| r.digest));
        for timestamp in &signed.timestamps {
            used.extend(timestamp.chain.iter().copied());
            used.extend(timestamp.revocation.iter().map(|r| r.digest));
        }
    }
    let mut shared = Vec::new();
    for digest in used {
        if archive.index().has_material(digest)? {
            shared.push(digest);
        }
    }
    Ok(shared)
}

/// The validation in full, in the form of that of a record (`schema/validation/1`).
fn document(
    prepared: &Prepared,
    report: &Report,
    verdicts: &[(usize, AuthorityVerdict)],
    policy: Sha256,
    authorities: Vec<Sha256>,
    material: Vec<Sha256>,
) -> Value {
    let claimed = report.signatures.iter().filter_map(|s| s.claimed_signing_time).max();
    let summary = Validation {
        verdict: SignatureVerdict::Valid,
        received: report.validation_time,
        proven: None,
        claimed,
        created_on: civil_date(
            u64::try_from(claimed.unwrap_or(report.validation_time).timestamp_millis()).unwrap_or_default(),
        ),
        created_basis: if claimed.is_some() { CreationBasis::Claimed } else { CreationBasis::Received },
        policy,
        authorities,
        material,
    };
    let signer = |(_, verdict): &(usize, AuthorityVerdict)| {
        let mut value = json!({"authority": verdict.as_str()});
        if let AuthorityVerdict::Authorised { post, basis, .. } = verdict {
            value["kind"] = SignerKind::RecordsOffice.as_str().into();
            value["post"] = post.as_str().into();
            value["basis"] = basis.as_str().into();
        }
        value
    };
    let (component, covers) = match prepared.row.subject {
        Subject::Record(_) => (RECEIPT_SIGNATURE_PATH, RECEIPT_PATH),
        Subject::Refusal(_) => (NOTICE_SIGNATURE_FILE, NOTICE_FILE),
    };
    json!({
        "doubts": [],
        "schema": VALIDATION_SCHEMA,
        "signatures": [{
            "component": component, "covers": covers, "report": report.to_value(),
            "signers": verdicts.iter().map(signer).collect::<Vec<_>>(),
        }],
        "summary": summary.value(),
        "timestamps": [],
        "verdicts": {"authority": "passed", "requisites": "passed", "signatures": "passed"},
    })
}
