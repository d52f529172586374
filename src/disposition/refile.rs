//! Signed decisions to move records out of a file that does not let them go.
//!
//! A record leaves a file freely only while nothing can come nearer by it ([`crate::filing::files`]). What was once
//! closed, or is kept longer than the other file, lets go of a record by a **decision** alone: a small TOML file of
//! `schema/refiling/1` that names both files as they are and the records, signed by an official of the agency and by
//! its records office ([`crate::ingest::approval`]).
//!
//! Invariants
//!   - What is signed is what happens: the decision is drawn up again when it is taken in, and must be the same.
//!   - A hold keeps the records where they are all the same, and so does an inventory in which their file stands.
//!
//! A crash leaves all the records of a decision moved, or none.

use crate::archive::{ActOwner, Archive};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::filing::due::Basis;
use crate::filing::files::{File, check_not_held, check_open, find};
use crate::ingest::approval::{Asked, approved_act};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::document::{date_if_any, parse, required_date};
use crate::model::id::{ActorId, RecordId};
use crate::model::strict::Fields;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The value of a decision's `schema` field.
pub const REFILING_SCHEMA: &str = "muragat/refiling/1";
/// The decision in its acts.
pub const REFILING_FILE: &str = "decision.toml";
/// Bytes of one decision. Own bound: as many records as one decision may name, 40 bytes each.
pub const REFILING_BYTES_MAX: usize = 64 * 1024;
/// Records of one decision. Own bound: each of their acts has a copy of the decision.
pub const REFILED_MAX: usize = 1_000;

/// A file as a decision names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The file.
    pub file: RecordId,
    /// The newest entry about the file that its term depends on.
    pub entry: u64,
    /// Its index, year and volume, for who signs.
    pub name: String,
    /// What it is kept by; none: not known.
    pub item: Option<String>,
}

impl Side {
    fn of(file: &File) -> Self {
        let row = &file.row;
        Self {
            file: file.id,
            entry: row.state().entry,
            name: format!("{} ({}, {})", row.index, row.year, row.volume),
            item: row.item().map(|item| item.to_string()),
        }
    }
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refiling {
    /// Code of the agency.
    pub agency: String,
    /// Its date.
    pub date: NaiveDate,
    /// The file that the records are in.
    pub from: Side,
    /// The day on which that file is due; none: never, by what is known.
    pub due: Option<NaiveDate>,
    /// The file that they go into, which is open and so has no day yet.
    pub to: Side,
    /// The records.
    pub records: BTreeSet<RecordId>,
    /// Why.
    pub reason: String,
}

impl Refiling {
    /// The decision about files as they are now, to be signed.
    ///
    /// # Errors
    ///
    /// The records are not in that file, the other one is closed or of another agency, or a hold or an inventory keeps
    /// what is in the file as it is.
    pub fn draft(
        archive: &Archive,
        (from, to): (RecordId, RecordId),
        records: &BTreeSet<RecordId>,
        reason: &str,
    ) -> Result<Self, Error> {
        archive.wait_index()?;
        Self::of_index(archive, (from, to), records, reason, civil_date(archive.now()))
    }

    fn of_index(
        archive: &Archive,
        (from, to): (RecordId, RecordId),
        records: &BTreeSet<RecordId>,
        reason: &str,
        date: NaiveDate,
    ) -> Result<Self, Error> {
        crate::filing::check_text("reason", reason)?;
        let (from, to) = (find(archive, from)?, find(archive, to)?);
        if from.id == to.id {
            return Err(Error::new(ErrorCode::FilText, to.id.to_string(), "the records are in this very file"));
        }
        if from.row.agency != to.row.agency {
            let what = format!("a file of {}, the records are of {}", to.row.agency, from.row.agency);
            return Err(Error::new(ErrorCode::FilForeign, to.id.to_string(), what));
        }
        check_open(&to)?;
        if let Some(citation) = from.row.citation() {
            return Err(Error::new(ErrorCode::FilListed, from.id.to_string(), citation.to_string()));
        }
        if records.is_empty() || records.len() > REFILED_MAX {
            let what = format!("{} records, 1 to {REFILED_MAX} are moved at once", records.len());
            return Err(Error::new(ErrorCode::FilText, "records", what));
        }
        for record in records {
            if archive.index().file_of(*record)?.ok_or_else(|| archive.no_record(*record))? != Some(from.id) {
                let what = format!("it is not in file {}", from.id);
                return Err(Error::new(ErrorCode::FilRefiling, record.to_string(), what));
            }
            check_not_held(archive, *record, from.id)?;
        }
        Ok(Self {
            agency: from.row.agency.clone(),
            date,
            due: Basis::of_index(archive)?.judge().decide(&from, date).due,
            from: Side::of(&from),
            to: Side::of(&to),
            records: records.clone(),
            reason: reason.to_owned(),
        })
    }

    /// The file that is signed.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = format!(
            "schema = {}\nagency = {}\ndate = \"{}\"\n",
            quoted(REFILING_SCHEMA),
            quoted(&self.agency),
            self.date
        );
        if let Some(day) = self.due {
            let _ = writeln!(out, "due = \"{day}\"");
        }
        let _ = writeln!(out, "reason = {}", quoted(&self.reason));
        let records: Vec<String> = self.records.iter().map(|record| format!("    \"{record}\",\n")).collect();
        let _ = writeln!(out, "records = [\n{}]", records.concat());
        for (key, side) in [("from", &self.from), ("to", &self.to)] {
            let _ = write!(
                out,
                "\n[{key}]\nfile = \"{}\"\nentry = {}\nname = {}\n",
                side.file,
                side.entry,
                quoted(&side.name)
            );
            if let Some(item) = &side.item {
                let _ = writeln!(out, "item = {}", quoted(item));
            }
        }
        out
    }

    /// Reads a decision.
    ///
    /// # Errors
    ///
    /// Every fault, with its line.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        parse(bytes, name, REFILING_BYTES_MAX, ErrorCode::FilRefiling, |mut fields| {
            fields.schema(REFILING_SCHEMA);
            let agency = fields.plain_text("agency", TEXT_SHORT_CHARS_MAX);
            let date = required_date(&mut fields, "date");
            let due = date_if_any(&mut fields, "due");
            let reason = fields.plain_text("reason", TEXT_LONG_CHARS_MAX);
            let records = records(&mut fields);
            let [from, to] = ["from", "to"].map(|key| {
                let value = fields.required(key)?;
                side(fields.inner(key, value)?)
            });
            fields.end();
            Some(Self {
                agency: agency?,
                date: date?,
                from: from?,
                due: due?,
                to: to?,
                records: records?,
                reason: reason?,
            })
        })
    }
}

fn records(fields: &mut Fields) -> Option<BTreeSet<RecordId>> {
    let value = fields.required("records")?;
    let texts = fields.texts("records", value, REFILED_MAX, 32)?;
    let records: Option<BTreeSet<RecordId>> = texts.iter().map(|text| text.parse().ok()).collect();
    let records = records.filter(|records| !records.is_empty() && records.len() == texts.len());
    if records.is_none() {
        fields.fault(ErrorCode::FilRefiling, "records", "wanted ids of records, each once");
    }
    records
}

fn side(mut fields: Fields) -> Option<Side> {
    let file = fields.text("file", 32);
    let id = file.as_ref().and_then(|file| file.parse().ok());
    if file.is_some() && id.is_none() {
        fields.fault(ErrorCode::FilRefiling, "file", "wanted 32 digits of 0-9 and a-f");
    }
    let entry = fields.number("entry", 0, u32::MAX);
    let name = fields.plain_text("name", TEXT_LONG_CHARS_MAX);
    let item = fields.text_if_any("item", TEXT_SHORT_CHARS_MAX);
    fields.end();
    Some(Side { file: id?, entry: entry?.into(), name: name?, item: item? })
}

/// What became of a decision.
#[derive(Debug)]
pub enum Refiled {
    /// These records are in the other file.
    Done(Refiling),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Takes in a signed decision and moves its records. `extra` is material for its signatures beside that of the archive.
///
/// # Errors
///
/// Those of [`Refiling::draft`].
pub fn refile(
    archive: &Archive,
    file: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Refiled, Error> {
    let decision = match Refiling::parse(file, REFILING_FILE) {
        Ok(decision) => decision,
        Err(refusals) => return Ok(Refiled::Refused(refusals)),
    };
    archive.wait_index()?;
    if let Err(what) = check(archive, &decision)? {
        return Ok(Refiled::Refused(vec![Refusal::new(ErrorCode::FilRefiling, REFILING_FILE, what)]));
    }
    let asked = Asked {
        file,
        agency: &decision.agency,
        date: decision.date,
        // Who signed before the files were as they are now did not sign for that.
        replaced: Some(archive.leaf(decision.from.entry.max(decision.to.entry))?.t),
        kinds: SignerKind::OF_DOCUMENTS,
        offices: SignerKind::OF_DOCUMENTS,
        persons: 2,
        code: ErrorCode::DspSigned,
    };
    let (mut fields, files) = match approved_act(archive, (REFILING_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Refiled::Refused(refusals)),
    };
    fields.insert("reason".into(), decision.reason.clone().into());
    archive.commit_together_deciding(|| {
        if let Err(what) = check(archive, &decision)? {
            return Err(Error::new(ErrorCode::FilRefiling, REFILING_FILE, what));
        }
        let (mut acts, mut sessions) = (Vec::new(), Vec::new());
        for record in &decision.records {
            let act = Act::new(ActKind::RecordFiled, actor);
            let owner = ActOwner::Known(*record);
            let (mut act, payload, session) = archive.seal_files(act, owner, fields.clone(), files.clone())?;
            act.of = Some(decision.to.file);
            acts.push((act, payload));
            sessions.push(session);
        }
        Ok((acts, sessions))
    })?;
    Ok(Refiled::Done(decision))
}

/// Whether a decision is the one that would be drawn up at the head of the journal; else what is not so any more.
fn check(archive: &Archive, decision: &Refiling) -> Result<Result<(), String>, Error> {
    let today = civil_date(archive.now());
    if decision.date > today {
        return Ok(Err(format!("it is of {}, today is {today}", decision.date)));
    }
    let sides = (decision.from.file, decision.to.file);
    let now = Refiling::of_index(archive, sides, &decision.records, &decision.reason, decision.date)?;
    Ok(match now {
        now if now == *decision => Ok(()),
        now if now.from != decision.from => Err(format!("file {} is not as the decision says", now.from.file)),
        now if now.to != decision.to => Err(format!("file {} is not as the decision says", now.to.file)),
        now if now.agency != decision.agency => Err("the files are of another agency".to_owned()),
        now => Err(format!("the day of file {} is {:?}", now.from.file, now.due)),
    })
}
