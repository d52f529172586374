//! Receipts and notices after they were prepared: which there are, until when they must be signed, and how the
//! signature of a records officer issues them (N 430 cl. 14, 17-19, 40).
//!
//! The signature is a CMS that was made outside, over exactly the prepared bytes. It is validated by the policy and the
//! registers in force now; with it the answer is issued: a receipt by an amendment of its record, a notice by an act of
//! the register of refusals. The validation is kept beside the signature, and with it what it needed and was given for
//! it: certificates of CAs and CRLs as shared material, what names people beside the validation.
//!
//! Invariants
//!   - Nothing is issued twice, and nothing without a signature that passed.
//!   - A refused signature leaves no trace: a person at work made a slip.

use super::amend;
use super::receipt::{NOTICE_FILE, RECEIPT_FILE, due};
use super::share::keep_used;
use super::signatures::{Frozen, carried_authorities, freeze, verifier};
use crate::access;
use crate::archive::{ActOwner, Archive, Register};
use crate::clock::{Millis, civil_date, utc};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::{ComponentRow, RecordRow};
use crate::index::writer::read_id;
use crate::model::answer::Notice;
use crate::model::calendar::{CalendarBasis, Deadline};
use crate::model::canonical;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::path::{RECEIPT_PATH, RECEIPT_SIGNATURE_PATH, RECEIPT_VALIDATION_PATH};
use crate::model::record::ActDocument;
use crate::model::record::CardField;
use crate::model::submission::{AccessCategory, Role};
use crate::model::validation::{CreationBasis, SignatureVerdict, VALIDATION_SCHEMA, Validation};
use crate::text::{Said, Text, text};
use crate::tlog::leaf::ActKind;
use crate::verify::authority::{AuthorityVerdict, Signatory, Whose};
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use crate::verify::report::{PoeSource, Report, SignatureReport};
use crate::verify::validation::{InMemory, Question, validate};
use crate::verify::verdict::Indication;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The signature beside a receipt that was given out.
pub const RECEIPT_SIGNATURE_FILE: &str = "receipt.json.p7s";
/// The signature beside a notice, in the act that issued it too.
pub const NOTICE_SIGNATURE_FILE: &str = "notice.json.p7s";
/// The validation of that signature, in the act.
const NOTICE_VALIDATION_FILE: &str = "notice-validation.json";

const TO_COME: Text = text(
    "Қол қоюшы көрсеткен уақыт әлі келген жоқ: компьютер сағатын тексеріп, қайта қол қойыңыз.",
    "Время, указанное подписавшим, ещё не наступило: проверьте часы компьютера и подпишите снова.",
    "The time that the signer claims is to come: set the clock of the computer and sign again.",
);
const TOO_EARLY: Text = text(
    "Қол қоюшы көрсеткен уақыт құжат дайындалғаннан бұрын: компьютер сағатын тексеріп, қайта қол қойыңыз.",
    "Время, указанное подписавшим, раньше подготовки документа: проверьте часы компьютера и подпишите снова.",
    "The time that the signer claims is before the document was prepared: set the clock and sign again.",
);

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
    /// Until when the signature is in time.
    pub due: Deadline,
    /// Whether an officer has signed it.
    pub is_issued: bool,
    /// Whether it is unsigned after that day.
    pub is_overdue: bool,
    /// What it is about, as far as it may be said: nothing of a notice that withholds it.
    pub about: About,
}

/// What names the document of a receipt or notice in a list.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Registration number on the card.
    pub number: Option<String>,
    /// Title of the document; none of a restricted record, whose reading is in the journal.
    pub title: Option<String>,
    /// Who sent it: code of the agency, or for a notice the name of what was sent.
    pub source: Option<String>,
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
    /// Who signed it.
    pub officers: Vec<Officer>,
    /// The agency whose records office signs it.
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

/// Somebody who signed an answer.
#[derive(Debug, Clone)]
pub struct Officer {
    /// The subject of the certificate, as RFC 4514 writes it.
    pub subject: String,
    /// The post by the register in force then.
    pub post: Option<String>,
    /// When, as the signer claims.
    pub signed: Option<DateTime<Utc>>,
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

/// The subject that `text` names: the id of a record, or the entry of an acceptance or refusal.
pub fn subject(archive: &Archive, text: &str) -> Result<Subject, Error> {
    if let Ok(record) = text.parse::<RecordId>() {
        return Ok(Subject::Record(record));
    }
    let entry = text.parse::<u64>().ok().filter(|entry| *entry < archive.head().size).ok_or_else(|| none(text))?;
    let leaf = archive.leaf(entry)?;
    match (leaf.act, leaf.rec) {
        (ActKind::RecordAccepted, Some(record)) => Ok(Subject::Record(record)),
        // A refusal that repeats another one has the notice of that.
        (ActKind::SubmissionRefused, _) => {
            let repeats = archive.document(entry)?.0.fields.get("repeats").and_then(Value::as_u64);
            Ok(Subject::Refusal(repeats.unwrap_or(entry)))
        }
        _ => Err(none(text)),
    }
}

fn row(
    archive: &Archive,
    subject: Subject,
    entry: u64,
    at: Millis,
    is_issued: bool,
    about: About,
) -> Result<Row, Error> {
    let due = due(archive, at)?;
    let is_overdue = !is_issued && due.is_over(utc(archive.now()));
    Ok(Row { subject, entry, at, due, is_issued, is_overdue, about })
}

/// What the row of a record says of it without a reading.
fn about_record(row: &RecordRow) -> About {
    let field = |field| row.card_field(field).map(str::to_owned);
    let is_open = row.access() == AccessCategory::Public;
    About {
        number: field(CardField::RegistrationNumber),
        title: field(CardField::Title).filter(|_| is_open),
        source: Some(row.agency.clone()),
    }
}

/// What a notice says of what was sent.
fn about_notice(bytes: &[u8]) -> About {
    let sent = Notice::decode(bytes).ok().and_then(|notice| notice.sent).unwrap_or_default();
    About { number: sent.number, title: None, source: sent.source }
}

/// Receipts and notices that no officer has signed, oldest first.
pub fn unsigned(archive: &Archive) -> Result<Vec<Row>, Error> {
    archive.wait_index()?;
    let mut rows = Vec::new();
    for entry in archive.index().unsigned_answers()? {
        let leaf = archive.leaf(entry)?;
        let (subject, about) = match (leaf.act, leaf.rec) {
            (ActKind::RecordAccepted, Some(record)) => {
                // A record that was erased since has no receipt any more.
                let Some(row) = archive.index().record_by_id(record)? else { continue };
                (Subject::Record(record), about_record(&row))
            }
            _ => (Subject::Refusal(entry), notice(archive, entry)?.map(|(_, n)| about_notice(&n)).unwrap_or_default()),
        };
        rows.push(row(archive, subject, entry, leaf.t, false, about)?);
    }
    Ok(rows)
}

/// All receipts and notices, oldest first. It reads the whole journal.
pub fn all(archive: &Archive) -> Result<Vec<Row>, Error> {
    archive.wait_index()?;
    let unsigned = unsigned_entries(archive)?;
    let mut rows = Vec::new();
    for entry in 0..archive.index_meta().size {
        rows.extend(at(archive, entry, &unsigned)?);
    }
    Ok(rows)
}

/// Entries of acceptances and refusals whose answers no officer has signed.
pub fn unsigned_entries(archive: &Archive) -> Result<BTreeSet<u64>, Error> {
    Ok(archive.index().unsigned_answers()?.into_iter().collect())
}

/// The receipt or notice that an entry prepared; none when it is another act, or the record is erased.
pub fn at(archive: &Archive, entry: u64, unsigned: &BTreeSet<u64>) -> Result<Option<Row>, Error> {
    let leaf = archive.leaf(entry)?;
    let (subject, about) = match (leaf.act, leaf.rec) {
        (ActKind::RecordAccepted, Some(record)) => {
            let found = archive.index().record_by_id(record)?;
            let has = |c: &ComponentRow| c.role() == Role::Issued && c.path == RECEIPT_PATH;
            let Some(row) = found.filter(|row| row.components.iter().any(has)) else { return Ok(None) };
            (Subject::Record(record), about_record(&row))
        }
        (ActKind::SubmissionRefused, _) => match notice(archive, entry)? {
            Some((_, notice)) => (Subject::Refusal(entry), about_notice(&notice)),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    row(archive, subject, entry, leaf.t, !unsigned.contains(&entry), about).map(Some)
}

/// The notice of a refusal; none when it was made before there were notices.
fn notice(archive: &Archive, refusal: u64) -> Result<Option<(ActDocument, Vec<u8>)>, Error> {
    let (document, files) = archive.document(refusal)?;
    if !document.fields.contains_key("notice") {
        return Ok(None);
    }
    let bytes = archive.act_file(&files, &document, NOTICE_FILE)?;
    Ok(Some((document, bytes)))
}

/// The weakest of what the deadlines of these rows rest on.
pub fn basis(rows: &[Row]) -> CalendarBasis {
    rows.iter().map(|row| row.due.basis).max().unwrap_or(CalendarBasis::Official)
}

/// Whose records office signs: that of the body that keeps the archive, when it is named. An archive that nobody is
/// named for answers in the name of the agency whose document it is (N 430 cl. 17: the office that registered it).
fn issuer(archive: &Archive, of_document: Option<&str>) -> Option<String> {
    archive.config().issuer.agency.clone().or_else(|| of_document.map(str::to_owned))
}

/// The receipt or notice of `subject`. Reading that of a restricted record is a reading.
pub fn find<'r>(archive: &Archive, subject: Subject, reader: impl Into<access::Reader<'r>>) -> Result<Prepared, Error> {
    archive.wait_index()?;
    match subject {
        Subject::Record(record) => {
            let opened = access::open(archive, record, reader)?;
            let issued = |path: &str| opened.row.components.iter().find(|c| c.role() == Role::Issued && c.path == path);
            let receipt = issued(RECEIPT_PATH).ok_or_else(|| none(&record.to_string()))?;
            let bytes = opened.read(receipt)?;
            let signature = issued(RECEIPT_SIGNATURE_PATH).map(|c| opened.read(c)).transpose()?;
            let mut components = opened.row.components.iter();
            let validation =
                components.find(|c| c.path == RECEIPT_VALIDATION_PATH).map(|c| opened.read(c)).transpose()?;
            let (entry, at) = (opened.row.entry, opened.row.accepted);
            let row = row(archive, subject, entry, at, signature.is_some(), about_record(&opened.row))?;
            let officers = validation.as_deref().map(officers).unwrap_or_default();
            let agency = issuer(archive, Some(&opened.row.agency));
            Ok(Prepared { row, bytes, signature, officers, agency })
        }
        Subject::Refusal(entry) => {
            let leaf = archive.leaf(entry)?;
            if leaf.act != ActKind::SubmissionRefused {
                return Err(none(&entry.to_string()));
            }
            let (document, bytes) = notice(archive, entry)?.ok_or_else(|| none(&entry.to_string()))?;
            let is_issued = !archive.index().unsigned_answers()?.contains(&entry);
            let issued = if is_issued { Some(notice_signature(archive, entry)?) } else { None };
            let (signature, validation) = issued.unzip();
            let row = row(archive, subject, entry, leaf.t, is_issued, about_notice(&bytes))?;
            let officers = validation.as_deref().map(officers).unwrap_or_default();
            Ok(Prepared { row, bytes, signature, officers, agency: issuer(archive, document.text("agency")) })
        }
    }
}

/// Who signed an answer, as the validation says that is kept with the signature.
fn officers(validation: &[u8]) -> Vec<Officer> {
    let value: Value = serde_json::from_slice(validation).unwrap_or_default();
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let mut officers = Vec::new();
    for signature in list(value.get("signatures")) {
        let reports = list(signature.pointer("/report/signatures"));
        for (report, signer) in reports.iter().zip(list(signature.get("signers"))) {
            let time = text(report, "/claimed_signing_time").or_else(|| text(report, "/best_signature_time"));
            officers.push(Officer {
                subject: text(report, "/signer/subject").unwrap_or_default(),
                post: text(&signer, "/post"),
                signed: time.and_then(|time| time.parse().ok()),
            });
        }
    }
    officers
}

/// The signature of an issued notice with its validation: the register's entries are followed from the newest back to
/// the refusal.
fn notice_signature(archive: &Archive, refusal: u64) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let missing =
        || Error::new(ErrorCode::StoChanged, refusal.to_string(), "the act that issued the notice is missing");
    let register = archive.leaf(refusal)?.rec.ok_or_else(missing)?;
    let reader = archive.index();
    let mut next = read_id(reader.kv, reader.keys, register)?.map(|row| row.custody);
    while let Some(entry) = next.filter(|entry| *entry > refusal) {
        let leaf = archive.leaf(entry)?;
        if leaf.act == ActKind::NoticeIssued {
            let (document, files) = archive.document(entry)?;
            if document.fields.get("refusal").and_then(Value::as_u64) == Some(refusal) {
                let file = |name| archive.act_file(&files, &document, name);
                return Ok((file(NOTICE_SIGNATURE_FILE)?, file(NOTICE_VALIDATION_FILE)?));
            }
        }
        // Each step goes back: a chain that does not would never end.
        next = leaf.prev.filter(|prev| *prev < entry);
    }
    Err(missing())
}

/// Issues the receipt or notice of `subject` with the officer's signature, a CMS over exactly the prepared bytes; it is
/// validated with `extra` material beside that of the archive. `reader` is who signs it reads it as.
pub fn sign<'r>(
    archive: &Archive,
    subject: Subject,
    signature: &[u8],
    extra: Option<&Material>,
    reader: impl Into<access::Reader<'r>>,
    actor: ActorId,
) -> Result<Issued, Error> {
    // Held until it is issued: of two signatures the second is told of the first.
    let _turn = match subject {
        Subject::Record(record) => archive.turn(amend::TURN, record),
        Subject::Refusal(refusal) => archive.turn("refusal", refusal),
    };
    let prepared = find(archive, subject, reader)?;
    if prepared.row.is_issued {
        let what = "an officer has signed it before";
        return Err(Error::new(ErrorCode::SigAnswerIssued, prepared.row.entry.to_string(), what));
    }
    let (validation, frozen) = match check(archive, &prepared, signature, extra)? {
        Ok(checked) => checked,
        Err(refusals) => return Ok(Issued::Refused(refusals)),
    };
    // Durable before the answer that names it.
    let named: Vec<Sha256> = frozen.shared_digests.iter().copied().collect();
    keep_used(archive, &frozen.shared, &named, actor)?;
    let entry = match subject {
        Subject::Record(record) => amend::issue_receipt(archive, record, signature, &validation, frozen.own, actor)?,
        Subject::Refusal(refusal) => {
            let fields = json!({"refusal": refusal}).as_object().cloned().unwrap_or_default();
            let mut files = vec![
                (NOTICE_SIGNATURE_FILE.to_owned(), signature.to_vec()),
                (NOTICE_VALIDATION_FILE.to_owned(), validation),
            ];
            files.extend(frozen.own.into_iter().map(|(name, _, bytes)| (name, bytes)));
            let owner = ActOwner::Register(Register::Refusals);
            archive.commit_files(ActKind::NoticeIssued, actor, owner, fields, files)?
        }
    };
    Ok(Issued::Done { entry })
}

/// The validation that is kept with a signature, and what else of its material is; or why it issues nothing.
type Checked = Result<(Vec<u8>, Frozen), Vec<Refusal>>;

/// Validates the officer's signature.
fn check(archive: &Archive, prepared: &Prepared, signature: &[u8], extra: Option<&Material>) -> Result<Checked, Error> {
    let subject = prepared.signature_file();
    let Some(agency) = &prepared.agency else {
        let what = "the submission named no agency, and [archive] agency is not set";
        return Err(Error::new(ErrorCode::SigIssuerUnnamed, prepared.row.entry.to_string(), what));
    };
    let adopted = archive.validation_policy()?;
    if !adopted.is_adopted() {
        return Err(Error::new(ErrorCode::SigNoPolicy, "policy", "no validation policy was adopted"));
    }
    let (pool, authorities, now) = (archive.material()?, archive.authorities()?, archive.now());
    let mut material = (*pool).clone();
    if let Some(extra) = extra {
        material.merge(extra);
    }
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
    // An answer is issued when the signature is brought. Who has left office since the claimed day could have made the
    // claim today, and an answer that waited longer than that is signed by who is in office.
    let judge = |signed: &SignatureReport| {
        let on = |date| {
            let signatory = Signatory {
                iin: signed.signer.iin.as_deref(),
                bin: signed.signer.bin.as_deref(),
                role_oids: &signed.signer.role_oids,
                kind: SignerKind::RecordsOffice,
                body: Whose::Agency(agency),
                date,
            };
            (date, authorities.judge(&signatory, &adopted.policy))
        };
        let then = on(civil_date(u64::try_from(time(signed).timestamp_millis()).unwrap_or_default()));
        let today = on(civil_date(now));
        if today.1.distance() > then.1.distance() { today } else { then }
    };
    let mut refusals = Vec::new();
    let mut verdicts = Vec::new();
    for signed in &report.signatures {
        let conclusion = &signed.conclusion;
        if conclusion.indication != Indication::TotalPassed {
            let sub = conclusion.sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
            let refusal = refused(format!(
                "signer {}: {}{sub}: {}",
                signed.signer_index, conclusion.indication, conclusion.detail
            ));
            let missing = signed.all_missing();
            refusals.push(refusal.saying(Said::of(|lang| {
                let missing: Vec<String> = missing.iter().map(|one| one.text(lang)).collect();
                [vec![signed.said().get(lang).to_owned()], missing].concat().join(" — ")
            })));
            continue;
        }
        if signed.claimed_signing_time.is_some_and(|claimed| claimed > at + skew) {
            let refusal = refused(format!("signer {}: claims a time that is to come", signed.signer_index));
            refusals.push(refusal.saying(signed.said_of(|lang| TO_COME.get(lang).to_owned())));
        }
        // The bytes did not exist before they were prepared.
        if signed.claimed_signing_time.is_some_and(|claimed| claimed + skew < utc(prepared.row.at)) {
            let refusal =
                refused(format!("signer {}: claims a time before the answer was prepared", signed.signer_index));
            refusals.push(refusal.saying(signed.said_of(|lang| TOO_EARLY.get(lang).to_owned())));
        }
        // Nobody signs with a certificate that is not there yet.
        if signed.claimed_signing_time.zip(signed.signer.not_before).is_some_and(|(claimed, from)| claimed < from) {
            let refusal = refused(format!("signer {}: claims a time before the certificate", signed.signer_index));
            refusals.push(refusal.saying(signed.said_of(|lang| TOO_EARLY.get(lang).to_owned())));
        }
        verdicts.push((signed.signer_index, judge(signed).1));
    }
    if report.signatures.is_empty() {
        refusals.push(refused(report.conclusion().detail.clone()));
    }
    let is_authorised =
        |(_, verdict): &(usize, AuthorityVerdict)| matches!(verdict, AuthorityVerdict::Authorised { .. });
    // Who signs beside the officer does no harm; without an officer nothing is issued (N 430 cl. 17).
    if !verdicts.iter().any(is_authorised) {
        let detail = |(signer, verdict): &(usize, AuthorityVerdict)| {
            let kind = SignerKind::RecordsOffice;
            let refusal = refused(format!("signer {signer} as {}: {}", kind.as_str(), verdict.as_str()));
            let signed = report.signatures.iter().find(|signed| signed.signer_index == *signer);
            match signed {
                Some(signed) => {
                    let said = verdict.said(&[kind], judge(signed).0);
                    refusal.saying(signed.said_of(|lang| said.get(lang).to_owned()))
                }
                None => refusal,
            }
        };
        refusals.extend(verdicts.iter().map(detail));
    }
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    let registers = authorities.adopted().iter().map(|a| a.sha256).collect();
    let carried = carried_authorities(signature, &adopted.policy);
    let frozen = freeze(report.signatures.iter(), &pool, &Material::default(), extra, &carried);
    let shared = frozen.shared_digests.iter().copied().collect();
    let mut document = document(prepared, &report, &verdicts, adopted.policy.sha256, registers, shared);
    document["verifier"] = verifier(archive)?;
    let document = canonical::to_vec(&document).expect("reports hold strings and small integers");
    Ok(Ok((document, frozen)))
}

/// The best that is known of when it was made: what a time-stamp proves, then what the signer claims.
fn time(signed: &SignatureReport) -> DateTime<Utc> {
    let outside = |source| !matches!(source, PoeSource::Validation | PoeSource::Receipt);
    let proven = signed.poe.iter().any(|p| outside(p.source) && p.time == signed.best_signature_time);
    let claimed = signed.claimed_signing_time.filter(|_| !proven);
    claimed.unwrap_or(signed.best_signature_time)
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
