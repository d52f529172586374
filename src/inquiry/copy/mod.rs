//! Certified copies on paper (N 430 cl. 34 to 37, akimat regulation section 3), for who is not connected to the
//! exchange; no inquiry is needed.
//!
//! ```text
//! prepare ─► a records officer or post operator compares the rendering with the original and signs ─► certify
//! ```
//! [`compose`] makes the copy from the record: the signatures are checked again, every page is rendered, sheets are
//! counted. [`say`] has what stands on paper, [`register`] the copies that were certified, [`extract`] the print that
//! is not certified.
//!
//! Invariants
//!   - What is certified is made from the record again, in the same call, and must be in every byte what was signed:
//!     nothing of what was given out is taken back.
//!   - A stamp says what the check said; there is none without a result, and under `n430` none for a negative one.
//!   - The number of a copy is its place among the `copy.certified` of the journal, so no two have one.
//!   - What is said of a copy lies under the key of its record and goes with it; entry and number stay.
//!
//! A crash leaves a copy certified or not; what was prepared leaves nothing in the archive. Whether a rendering is that
//! of the original is the word of who signs.

pub use crate::render::child::MEMORY;

pub mod compose;
pub mod extract;
pub mod register;
pub mod say;

use crate::archive::{ActOwner, Archive};
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::check_text;
use crate::ingest::approval::{Asked, approved_act, told};
use crate::model::canonical;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::ActDocument;
use crate::model::strict::words;
use crate::model::validation::{time_of, time_text};
use crate::render::sheet;
use crate::text::{Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::{DateTime, Utc};
use compose::{Composed, Terms};
use register::Issued;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The value of a copy's `schema` field.
pub const COPY_SCHEMA: &str = "muragat/paper-copy/1";
/// The statement that is signed.
pub const COPY_FILE: &str = "copy.json";
/// What the officer compares with the original.
pub const RENDERING_FILE: &str = "rendering.pdf";
/// What is printed.
pub const PAPER_FILE: &str = "paper-copy.pdf";
/// The signature in the act.
const SIGNATURE_FILE: &str = "signature-1.p7s";
/// How names of signatures in the act begin.
const SIGNATURES: &str = "signature-";
const OTHER_SIGNATURE: Text = text(
    "Көшірме басқа қолтаңбамен куәландырылған; оны тізілімнен алыңыз:",
    "Копия уже заверена другой подписью; возьмите её из реестра:",
    "The copy was certified by another signature; take it from the register:",
);
/// Who certifies a copy on paper (N 430 cl. 36).
const OFFICES: &[SignerKind] = &[SignerKind::RecordsOffice, SignerKind::PostOperator];
/// How long a prepared copy can be certified. Own bound: what is prepared on a Friday is signed on the Monday; later
/// the check and its date are to be made again.
const PREPARED_MS: u64 = 3 * 24 * 60 * 60 * 1000;
/// Bytes of a prepared copy.
pub const COPY_BYTES_MAX: usize = 4 * 1024 * 1024;

words! {
    /// By which rules a copy is certified.
    CopyProfile {
        /// Government decree N 430: there is no stamp for a negative check.
        N430 = "n430",
        /// The akimat regulation: a negative check has a stamp of its own.
        Akimat = "akimat",
    }
}

/// A copy that is to be compared and signed.
#[derive(Debug)]
pub struct Prepared {
    /// The statement, [`COPY_FILE`].
    pub bytes: Vec<u8>,
    /// The rendering, [`RENDERING_FILE`].
    pub rendering: Vec<u8>,
    /// What the statement says.
    pub value: Value,
}

/// Prepares a copy of a record for `recipient`. `memory` is a folder on a file system in memory.
///
/// # Errors
///
/// The record is restricted, destroyed or in search; its signatures do not pass; it cannot be rendered in full.
pub fn prepare(
    archive: &Archive,
    record: RecordId,
    (recipient, profile): (&str, CopyProfile),
    memory: &Path,
    actor: ActorId,
) -> Result<Prepared, Error> {
    check_text("recipient", recipient)?;
    archive.wait_index()?;
    let number = archive.index().copies()?.len() as u64 + 1;
    let now = archive.now().max(archive.head().t);
    let made = crate::clock::utc(now - now % 1000);
    let terms = Terms { record, number, made, recipient: recipient.trim().to_owned(), profile };
    let Composed { bytes, rendering, value, .. } = compose::compose(archive, &terms, memory, actor)?;
    Ok(Prepared { bytes, rendering, value })
}

/// Refuses a rendering that is not the one that `prepared` names: whoever signs compares that one. What is no prepared
/// copy is left to [`certify`].
pub fn check_rendering(prepared: &[u8], rendering: Sha256) -> Result<(), Error> {
    let value: Value = serde_json::from_slice(prepared).unwrap_or_default();
    let named = value.pointer("/rendering/sha256").and_then(Value::as_str);
    if named.is_some_and(|named| named != rendering.to_string()) {
        let what = format!("SHA-256 {rendering}, not that of {COPY_FILE}");
        return Err(Error::new(ErrorCode::CpyChanged, RENDERING_FILE, what));
    }
    Ok(())
}

/// What became of a signed copy.
#[derive(Debug)]
pub enum Certified {
    /// Certified now, or before by the same statement.
    Done(Box<Given>),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// A certified copy as it is given out.
#[derive(Debug)]
pub struct Given {
    /// Which copy it is.
    pub issued: Issued,
    /// The statement.
    pub bytes: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
    /// What is printed.
    pub paper: Vec<u8>,
}

/// Takes in the signature of who certifies a copy that was prepared, and makes what is printed. `extra` is material for
/// the signature beside that of the archive.
pub fn certify(
    archive: &Archive,
    record: RecordId,
    prepared: &[u8],
    (signatures, extra): (&[Vec<u8>], &Material),
    memory: &Path,
    actor: ActorId,
) -> Result<Certified, Error> {
    archive.wait_index()?;
    let digest = sha256(prepared);
    let before = || Ok::<_, Error>(register::of(archive, record)?.into_iter().find(|c| c.sha256() == Some(digest)));
    if let Some(copy) = before()? {
        return again(archive, &copy, signatures);
    }
    let certified = certify_new(archive, record, prepared, (signatures, extra), memory, actor);
    if certified.as_ref().is_err_and(|e| e.code == ErrorCode::CpyNumber) {
        // It was taken by another copy, or by this one, which came twice at once.
        archive.wait_index()?;
        if let Some(copy) = before()? {
            return again(archive, &copy, signatures);
        }
    }
    certified
}

fn certify_new(
    archive: &Archive,
    record: RecordId,
    prepared: &[u8],
    (signatures, extra): (&[Vec<u8>], &Material),
    memory: &Path,
    actor: ActorId,
) -> Result<Certified, Error> {
    let (terms, composed) = composed_again(archive, record, prepared, memory, actor)?;
    let asked = Asked {
        file: prepared,
        agency: &composed.agency,
        date: crate::clock::civil_date(u64::try_from(terms.made.timestamp_millis()).unwrap_or_default()),
        replaced: None,
        kinds: OFFICES,
        offices: &[],
        persons: 1,
        code: ErrorCode::CpySigned,
    };
    let (mut fields, mut files) = match approved_act(archive, (COPY_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Certified::Refused(refusals)),
    };
    let certifier = say::Certifier::of(&fields, &files);
    let paper = sheet::write(&composed.sheets(&say::blocks(&composed.value, Some(&certifier)), &terms))?;
    files.push((PAPER_FILE.to_owned(), paper.clone()));
    fields.extend(register_fields(&composed, &terms));
    let committed = archive.commit_together_deciding(|| {
        if archive.index().copies()?.len() as u64 + 1 != terms.number {
            return Err(number_taken(&terms));
        }
        compose::standing(archive, record)?;
        let act = Act::new(ActKind::CopyCertified, actor);
        let (act, payload, session) = archive.seal_files(act, ActOwner::Known(record), fields, files)?;
        Ok((vec![(act, payload)], vec![session]))
    })?;
    let issued = register::find(archive, terms.number)?;
    debug_assert_eq!(issued.entry, committed[0].index);
    Ok(Certified::Done(Box::new(give(archive, terms.number)?)))
}

/// The rendering of a copy that was prepared, for who is to compare it with the original. `memory` as for [`prepare`].
///
/// # Errors
///
/// Those of [`certify`] for what was prepared: too long ago, under a number that is taken, of what is not so any more.
pub fn rendering(
    archive: &Archive,
    record: RecordId,
    prepared: &[u8],
    memory: &Path,
    actor: ActorId,
) -> Result<Vec<u8>, Error> {
    archive.wait_index()?;
    Ok(composed_again(archive, record, prepared, memory, actor)?.1.rendering)
}

/// A prepared copy made again from the record: in every byte the same.
fn composed_again(
    archive: &Archive,
    record: RecordId,
    prepared: &[u8],
    memory: &Path,
    actor: ActorId,
) -> Result<(Terms, Composed), Error> {
    let terms = terms_of(prepared, record).map_err(|what| Error::new(ErrorCode::CpyPrepared, COPY_FILE, what))?;
    let now = archive.now().max(archive.head().t);
    let made = u64::try_from(terms.made.timestamp_millis()).unwrap_or_default();
    if made > now || now - made > PREPARED_MS {
        let what = format!("prepared at {}, which is too long ago or to come", time_text(terms.made));
        return Err(Error::new(ErrorCode::CpyPrepared, COPY_FILE, what));
    }
    if archive.index().copies()?.len() as u64 + 1 != terms.number {
        return Err(number_taken(&terms));
    }
    let composed = compose::compose(archive, &terms, memory, actor)?;
    if composed.bytes != prepared {
        let what = compose::difference(prepared, &composed.value);
        return Err(Error::new(ErrorCode::CpyChanged, COPY_FILE, what));
    }
    Ok((terms, composed))
}

/// A copy that was certified before: its own signatures give it out again, others have certified nothing.
fn again(archive: &Archive, before: &Issued, signatures: &[Vec<u8>]) -> Result<Certified, Error> {
    let files = before.document.as_ref().map(ActDocument::files).unwrap_or_default();
    let is_kept = |signature: &Vec<u8>| {
        let digest = sha256(signature);
        files.iter().any(|file| file.name.starts_with(SIGNATURES) && file.sha256 == digest)
    };
    if signatures.is_empty() || !signatures.iter().all(is_kept) {
        let number = before.number;
        let reason = told(ErrorCode::CpySigned, COPY_FILE, |lang| format!("{} № {number}", OTHER_SIGNATURE.get(lang)));
        return Ok(Certified::Refused(vec![reason]));
    }
    Ok(Certified::Done(Box::new(give(archive, before.number)?)))
}

/// A certified copy once more, byte for byte as it was printed.
///
/// # Errors
///
/// There is no such copy, or its record was destroyed and the copy with it.
pub fn give(archive: &Archive, number: u64) -> Result<Given, Error> {
    let issued = register::find(archive, number)?;
    if issued.document.is_none() {
        return Err(archive.no_record(issued.record));
    }
    let (document, row) = archive.document(issued.entry)?;
    let file = |name| archive.act_file(&row, &document, name);
    Ok(Given { bytes: file(COPY_FILE)?, signature: file(SIGNATURE_FILE)?, paper: file(PAPER_FILE)?, issued })
}

fn number_taken(terms: &Terms) -> Error {
    Error::new(ErrorCode::CpyNumber, terms.number.to_string(), "the number of the copy is not the next one")
}

/// What the register of copies says of one, beside who certified it.
fn register_fields(composed: &Composed, terms: &Terms) -> Map<String, Value> {
    let fields = json!({
        "number": terms.number, "recipient": terms.recipient, "profile": terms.profile.as_str(),
        "made": time_text(terms.made), "result": composed.value["check"]["result"], "sheets": composed.value["sheets"],
        "digests": composed.digests.iter().map(Sha256::to_string).collect::<Vec<_>>(),
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// What a prepared copy was prepared for.
fn terms_of(prepared: &[u8], record: RecordId) -> Result<Terms, String> {
    let value: Value = serde_json::from_slice(prepared).map_err(|_| "not JSON".to_owned())?;
    if value.get("schema").and_then(Value::as_str) != Some(COPY_SCHEMA) {
        return Err("no prepared copy".to_owned());
    }
    if canonical::to_vec(&value).ok().as_deref() != Some(prepared) {
        return Err("not canonical".to_owned());
    }
    let field = |key: &str| value.get(key).and_then(Value::as_str);
    let made: Option<DateTime<Utc>> = field("made").and_then(time_of);
    let terms = made.zip(value.get("number").and_then(Value::as_u64)).and_then(|(made, number)| {
        let (recipient, profile) = (field("recipient")?.to_owned(), CopyProfile::parse(field("profile")?)?);
        Some(Terms { record, number, made, recipient, profile })
    });
    let terms = terms.ok_or("a field is missing")?;
    let of = value.pointer("/record/record_id").and_then(Value::as_str);
    if of != Some(record.to_string().as_str()) {
        return Err("a copy of another record".to_owned());
    }
    Ok(terms)
}
