//! Spilling: a record that should never have come in is made unreadable at once, whatever its term (N 430 cl. 1, 45).
//!
//! It is no destruction: nothing was due. So it has an approval of its own, an **act** of `schema/spill-act/1` that
//! names the record and one of a few grounds, signed by an official of the agency and by its records office
//! ([`super::approval`]). The act says nothing of what the record is about: it stays.
//!
//! Invariants
//!   - What a hold keeps is not spilled; the two officers cannot change that.
//!   - The act with its signatures is in the journal in the same commit in which the key goes.
//!
//! A crash leaves the record whole, or gone with its act.

use super::amend::find;
use super::approval::{Asked, approved_act, told};
use crate::archive::{ActOwner, Archive, Register};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::writer::Payload;
use crate::limits::TEXT_SHORT_CHARS_MAX;
use crate::model::document::{parse, required_date};
use crate::model::id::{ActorId, RecordId};
use crate::model::strict::words;
use crate::text::{Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;

/// The value of an act's `schema` field.
pub const SPILL_ACT_SCHEMA: &str = "muragat/spill-act/1";
/// The act in its act document.
pub const ACT_FILE: &str = "act.toml";
/// Bytes of one act. Own bound: a few words.
pub const ACT_BYTES_MAX: usize = 16 * 1024;

const OTHER: Text = text(
    "акт басқа жазба немесе басқа мекеме туралы",
    "акт о другой записи или другом органе",
    "the act is about another record or another agency",
);

words! {
    /// Why a record should never have come in.
    Ground {
        /// It carries a state secret.
        StateSecret = "state_secret",
        /// It is not a document of this agency, or no document.
        WrongIntake = "wrong_intake",
        /// It has a private key or a password in it (N 430 cl. 28).
        PrivateKey = "private_key",
    }
}

/// The act by which a record is spilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpillAct {
    /// Code of the agency.
    pub agency: String,
    /// Its date.
    pub date: NaiveDate,
    /// The record.
    pub record: RecordId,
    /// Why.
    pub ground: Ground,
}

impl SpillAct {
    /// The file that is signed.
    pub fn to_toml(&self) -> String {
        let agency = toml::Value::from(self.agency.as_str());
        format!(
            "schema = \"{SPILL_ACT_SCHEMA}\"\nagency = {agency}\ndate = \"{}\"\nrecord = \"{}\"\nground = \"{}\"\n",
            self.date, self.record, self.ground
        )
    }

    /// Reads an act.
    ///
    /// # Errors
    ///
    /// Every fault, with its line.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        parse(bytes, name, ACT_BYTES_MAX, ErrorCode::SplAct, |mut fields| {
            fields.schema(SPILL_ACT_SCHEMA);
            let agency = fields.plain_text("agency", TEXT_SHORT_CHARS_MAX);
            let date = required_date(&mut fields, "date");
            let record = fields.text("record", 32);
            let ground = fields.word("ground", Ground::parse, Ground::KNOWN);
            let id = record.as_ref().and_then(|record| record.parse::<RecordId>().ok());
            if record.is_some() && id.is_none() {
                fields.fault(ErrorCode::SplAct, "record", "wanted 32 digits of 0-9 and a-f");
            }
            fields.end();
            Some(Self { agency: agency?, date: date?, record: id?, ground: ground? })
        })
    }
}

/// What became of it.
#[derive(Debug)]
pub enum Spilled {
    /// Unreadable, as this entry of the journal.
    Done(u64),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Spills the record that a signed act names. `extra` is material for its signatures beside that of the archive.
pub fn spill(
    archive: &Archive,
    record: RecordId,
    act: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Spilled, Error> {
    let read = match SpillAct::parse(act, ACT_FILE) {
        Ok(read) => read,
        Err(refusals) => return Ok(Spilled::Refused(refusals)),
    };
    find(archive, record)?;
    let row = archive.index().record_by_id(record)?.ok_or_else(|| archive.no_record(record))?;
    if read.record != record || read.agency != row.agency || read.date > civil_date(archive.now()) {
        return Ok(Spilled::Refused(vec![told(ErrorCode::SplAct, ACT_FILE, |lang| OTHER.get(lang).to_owned())]));
    }
    archive.check_confirmed(&row.agency)?;
    let asked = Asked {
        file: act,
        agency: &row.agency,
        date: read.date,
        // An act that was signed before the record came in is not about it.
        replaced: Some(row.accepted),
        kinds: SignerKind::OF_DOCUMENTS,
        offices: SignerKind::OF_DOCUMENTS,
        persons: 2,
        code: ErrorCode::SplApproval,
    };
    let (mut fields, files) = match approved_act(archive, (ACT_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Spilled::Refused(refusals)),
    };
    fields.insert("record".into(), record.to_string().into());
    let committed = archive.roll_vault_deciding(
        || {
            let owner = ActOwner::Register(Register::Archive);
            let (approval, payload, session) =
                archive.seal_files(Act::new(ActKind::SpillApproved, actor), owner, fields, files)?;
            Ok((vec![(approval, payload), spilled(record, actor)], vec![session]))
        },
        actor,
    )?;
    archive.wait_index()?;
    Ok(Spilled::Done(committed.get(1).map(|c| c.index).unwrap_or_default()))
}

fn spilled(record: RecordId, actor: ActorId) -> (Act, Payload) {
    let mut act = Act::new(ActKind::RecordSpilled, actor);
    act.rec = Some(record);
    (act, Payload::None)
}

/// The same without an act, for tests of what comes after: no program that people run has it.
#[cfg(any(test, feature = "testing"))]
pub fn unsigned(archive: &Archive, record: RecordId, actor: ActorId) -> Result<u64, Error> {
    find(archive, record)?;
    let committed = archive.roll_vault(vec![spilled(record, actor)], actor)?;
    archive.wait_index()?;
    Ok(committed.first().map(|c| c.index).unwrap_or_default())
}
