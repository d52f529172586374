//! Signed decisions to shorten the term of a file.
//!
//! A file is due no earlier than any earlier state of it said (`retention`), whatever act came after. A **decision**
//! takes the earlier states out: a small TOML file of `schema/shortening/1` that names the file, the newest entry about
//! it, the day as it is and as it will be, signed by an official of the agency and by its records office
//! ([`crate::ingest::approval`]). It speaks of exactly that state: whatever happens to the file later counts anew.
//!
//! Invariants
//!   - What is signed is what happens: file, entry and both days are computed again when it is taken in.
//!   - A hold keeps the file all the same.
//!
//! A crash leaves the decision taken in or not.

use crate::archive::{ActOwner, Archive};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::due::Basis;
use crate::filing::files::{File, find};
use crate::ingest::approval::{Asked, approved_act};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::document::{date_if_any, parse, required_date};
use crate::model::id::{ActorId, RecordId};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use std::fmt::Write;

/// The value of a decision's `schema` field.
pub const SHORTENING_SCHEMA: &str = "muragat/shortening/1";
/// The decision in its act.
pub const DECISION_FILE: &str = "decision.toml";
/// Bytes of one decision. Own bound: a few names.
pub const DECISION_BYTES_MAX: usize = 64 * 1024;

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Code of the agency.
    pub agency: String,
    /// Its date.
    pub date: NaiveDate,
    /// The file.
    pub file: RecordId,
    /// The newest entry about the file that its term depends on.
    pub entry: u64,
    /// The day on which it is due without the decision; none: never, by what is known.
    pub before: Option<NaiveDate>,
    /// The day with it.
    pub after: Option<NaiveDate>,
    /// Why.
    pub reason: String,
}

impl Decision {
    /// The decision about a file as it is now, to be signed.
    ///
    /// # Errors
    ///
    /// Nothing would change ([`ErrorCode::DspShortening`]).
    pub fn draft(archive: &Archive, file: RecordId, reason: &str) -> Result<Self, Error> {
        crate::filing::check_text("reason", reason)?;
        archive.wait_index()?;
        let file = find(archive, file)?;
        let date = civil_date(archive.now());
        let (before, after) = days(archive, &file, date)?;
        if before == after {
            let what = "the earlier states of the file do not put its day off";
            return Err(Error::new(ErrorCode::DspShortening, file.id.to_string(), what));
        }
        let (agency, entry) = (file.row.agency.clone(), file.row.state().entry);
        Ok(Self { agency, date, file: file.id, entry, before, after, reason: reason.to_owned() })
    }

    /// The file that is signed.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = format!(
            "schema = {}\nagency = {}\ndate = \"{}\"\nfile = \"{}\"\nentry = {}\n",
            quoted(SHORTENING_SCHEMA),
            quoted(&self.agency),
            self.date,
            self.file,
            self.entry
        );
        for (key, day) in [("due_before", self.before), ("due_after", self.after)] {
            if let Some(day) = day {
                let _ = writeln!(out, "{key} = \"{day}\"");
            }
        }
        let _ = writeln!(out, "reason = {}", quoted(&self.reason));
        out
    }

    /// Reads a decision.
    ///
    /// # Errors
    ///
    /// Every fault, with its line.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        parse(bytes, name, DECISION_BYTES_MAX, ErrorCode::DspShortening, |mut fields| {
            fields.schema(SHORTENING_SCHEMA);
            let agency = fields.plain_text("agency", TEXT_SHORT_CHARS_MAX);
            let date = required_date(&mut fields, "date");
            let file = fields.text("file", 32);
            let entry = fields.number("entry", 0, u32::MAX);
            let before = date_if_any(&mut fields, "due_before");
            let after = date_if_any(&mut fields, "due_after");
            let reason = fields.plain_text("reason", TEXT_LONG_CHARS_MAX);
            let id = file.as_ref().and_then(|file| file.parse::<RecordId>().ok());
            if file.is_some() && id.is_none() {
                fields.fault(ErrorCode::DspShortening, "file", "wanted 32 digits of 0-9 and a-f");
            }
            fields.end();
            Some(Self {
                agency: agency?,
                date: date?,
                file: id?,
                entry: entry?.into(),
                before: before?,
                after: after?,
                reason: reason?,
            })
        })
    }
}

/// The day on which a file is due, and the day if its last state came with a decision to shorten.
fn days(archive: &Archive, file: &File, day: NaiveDate) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Error> {
    let basis = Basis::of_index(archive)?;
    let judge = basis.judge();
    let mut shortened = file.clone();
    if let Some(state) = shortened.row.states.last_mut() {
        state.is_shortening = true;
    }
    Ok((judge.decide(file, day).due, judge.decide(&shortened, day).due))
}

/// What became of a decision.
#[derive(Debug)]
pub enum Taken {
    /// Taken in; it is about this file.
    Done(RecordId),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Takes in a signed decision. `extra` is material for its signatures beside that of the archive.
pub fn take(
    archive: &Archive,
    file: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Taken, Error> {
    let decision = match Decision::parse(file, DECISION_FILE) {
        Ok(decision) => decision,
        Err(refusals) => return Ok(Taken::Refused(refusals)),
    };
    archive.wait_index()?;
    if let Err(what) = check(archive, &decision)? {
        return Ok(Taken::Refused(vec![Refusal::new(ErrorCode::DspShortening, DECISION_FILE, what)]));
    }
    let asked = Asked {
        file,
        agency: &decision.agency,
        date: decision.date,
        // Who signed before the file was as it is now did not sign for that.
        replaced: Some(archive.leaf(decision.entry)?.t),
        kinds: SignerKind::OF_DOCUMENTS,
        offices: SignerKind::OF_DOCUMENTS,
        persons: 2,
        code: ErrorCode::DspSigned,
    };
    let (mut fields, files) = match approved_act(archive, (DECISION_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Taken::Refused(refusals)),
    };
    fields.insert("reason".into(), decision.reason.clone().into());
    archive.commit_together_deciding(|| {
        if let Err(what) = check(archive, &decision)? {
            return Err(Error::new(ErrorCode::DspShortening, decision.file.to_string(), what));
        }
        let owner = ActOwner::Known(decision.file);
        let (act, payload, session) =
            archive.seal_files(Act::new(ActKind::FileShortened, actor), owner, fields, files)?;
        Ok((vec![(act, payload)], vec![session]))
    })?;
    Ok(Taken::Done(decision.file))
}

/// Whether a decision is about its file as it is at the head of the journal; else why not.
fn check(archive: &Archive, decision: &Decision) -> Result<Result<(), String>, Error> {
    let file = find(archive, decision.file)?;
    if file.row.agency != decision.agency {
        return Ok(Err("the file is of another agency".to_owned()));
    }
    let entry = file.row.state().entry;
    if entry != decision.entry {
        return Ok(Err(format!("the file has changed: its newest state is of entry {entry}")));
    }
    let today = civil_date(archive.now());
    if decision.date > today {
        return Ok(Err(format!("it is of {}, today is {today}", decision.date)));
    }
    let found = days(archive, &file, today)?;
    if found != (decision.before, decision.after) {
        return Ok(Err(format!("the days are {:?} and {:?}", found.0, found.1)));
    }
    Ok(Ok(()))
}
