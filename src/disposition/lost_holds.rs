//! Which holds were placed in entries that were lost: the statement that unlocks disposal again.
//!
//! After `log.succeeded` nobody inside knows which holds stood in the lost entries. What they kept is put under holds
//! again first (`hold place`); then officers of each agency sign a **statement**, a small TOML file of
//! `schema/lost-holds/1`, that names those holds, or none. From then on what belongs to that agency can be destroyed
//! again ([`Archive::locked_agencies`]).
//!
//! Invariants
//!   - Two persons in office sign it, one of them of the records office, after the log went on.
//!   - Every hold that it names was placed since then, and stands.
//!   - A refused statement leaves no trace.
//!
//! A crash leaves the statement taken in, or not. It cannot know of a hold that nobody remembers.

use crate::archive::{ActOwner, Archive, Register};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::ingest::approval::{Asked, approved_act};
use crate::limits::TEXT_SHORT_CHARS_MAX;
use crate::model::document::{parse, required_date, tables};
use crate::model::id::{ActorId, ArchiveId, RecordId};
use crate::model::strict::Fields;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The value of a statement's `schema` field.
pub const LOST_HOLDS_SCHEMA: &str = "muragat/lost-holds/1";
/// The statement in its act.
pub const LOST_HOLDS_FILE: &str = "lost-holds.toml";
/// Bytes of one statement. Own bound: the ids of some thousands of holds.
pub const LOST_HOLDS_BYTES_MAX: usize = 256 * 1024;
/// Holds in one statement. Own bound.
const HOLDS_MAX: usize = 4096;
/// The offices in which it is signed, of which the first must be among them: that one keeps the holds.
const OFFICES: &[SignerKind] =
    &[SignerKind::RecordsOffice, SignerKind::Official, SignerKind::Commission, SignerKind::Approver];

/// What officers of an agency say of the holds that were lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostHolds {
    /// The archive.
    pub archive: ArchiveId,
    /// The present name of its log.
    pub origin: String,
    /// The entry by which the log went on.
    pub succeeded: u64,
    /// Code of the agency.
    pub agency: String,
    /// Its date.
    pub date: NaiveDate,
    /// The holds that stand for those that were lost; empty: none was.
    pub holds: BTreeSet<RecordId>,
}

impl LostHolds {
    /// The statement of an agency about an archive as it is now, to be signed.
    ///
    /// # Errors
    ///
    /// Nothing was lost, the archive knows no such agency, or a hold does not stand or was there before.
    pub fn draft(archive: &Archive, agency: &str, holds: &BTreeSet<RecordId>) -> Result<Self, Error> {
        archive.wait_index()?;
        Self::now(archive, agency, holds)
    }

    /// The same by what the index has.
    fn now(archive: &Archive, agency: &str, holds: &BTreeSet<RecordId>) -> Result<Self, Error> {
        let of = |what: String| Error::new(ErrorCode::HldStatement, agency, what);
        let succeeded = archive.succeeded()?.ok_or_else(|| of("no entry of the journal was lost".into()))?;
        if !archive.index().agency_codes()?.contains(agency) {
            return Err(Error::new(ErrorCode::PrsAgency, agency, "no such agency"));
        }
        for id in holds {
            let row = archive.index().hold(*id)?;
            let row = row.ok_or_else(|| Error::new(ErrorCode::HldUnknown, id.to_string(), "no such hold"))?;
            if row.placed <= succeeded || row.lifted.is_some() {
                return Err(of(format!("hold {id} was there before entry {succeeded}, or was lifted")));
            }
        }
        Ok(Self {
            archive: archive.config().archive_id,
            origin: archive.config().vkey.name.clone(),
            succeeded,
            agency: agency.to_owned(),
            date: civil_date(archive.now()),
            holds: holds.clone(),
        })
    }

    /// The file that is signed.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = format!(
            "schema = \"{LOST_HOLDS_SCHEMA}\"\narchive = \"{}\"\norigin = {}\nsucceeded = {}\nagency = {}\n\
             date = \"{}\"\nholds = {}\n",
            self.archive,
            quoted(&self.origin),
            self.succeeded,
            quoted(&self.agency),
            self.date,
            self.holds.len(),
        );
        for id in &self.holds {
            let _ = write!(out, "\n[[hold]]\nid = \"{id}\"\n");
        }
        out
    }

    /// Reads a statement from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// Every fault, with its line.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        parse(bytes, name, LOST_HOLDS_BYTES_MAX, ErrorCode::HldStatement, |mut fields| {
            fields.schema(LOST_HOLDS_SCHEMA);
            let archive = id(&mut fields, "archive");
            let origin = fields.plain_text("origin", TEXT_SHORT_CHARS_MAX);
            let succeeded = fields.number("succeeded", 0, u32::MAX);
            let agency = fields.plain_text("agency", TEXT_SHORT_CHARS_MAX);
            let date = required_date(&mut fields, "date");
            let count = fields.number("holds", 0, u32::MAX);
            let holds = tables(&mut fields, "hold", HOLDS_MAX, |mut hold| {
                let id = id(&mut hold, "id");
                hold.end();
                id
            });
            let holds = holds.map(BTreeSet::from_iter);
            if let (Some(count), Some(holds)) = (count, &holds)
                && u32::try_from(holds.len()) != Ok(count)
            {
                fields.fault(ErrorCode::HldStatement, "holds", format!("{} holds are named", holds.len()));
            }
            fields.end();
            Some(Self {
                archive: archive?,
                origin: origin?,
                succeeded: succeeded?.into(),
                agency: agency?,
                date: date?,
                holds: holds?,
            })
        })
    }
}

/// An id, in the one way in which it is written.
fn id<T: std::str::FromStr + ToString>(fields: &mut Fields<'_>, key: &str) -> Option<T> {
    let text = fields.text(key, 32)?;
    let id = text.parse::<T>().ok().filter(|id| id.to_string() == text);
    if id.is_none() {
        fields.fault(ErrorCode::HldStatement, key, "wanted 32 digits of 0-9 and a-f");
    }
    id
}

/// What became of a statement.
#[derive(Debug)]
pub enum Taken {
    /// Taken in, as this entry of the journal.
    Done {
        /// The agency.
        agency: String,
        /// The entry.
        entry: u64,
    },
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Takes in a signed statement. `extra` is material for its signatures beside that of the archive.
pub fn take(
    archive: &Archive,
    file: &[u8],
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Taken, Error> {
    let statement = match LostHolds::parse(file, LOST_HOLDS_FILE) {
        Ok(statement) => statement,
        Err(refusals) => return Ok(Taken::Refused(refusals)),
    };
    let wanted = LostHolds::draft(archive, &statement.agency, &statement.holds)?;
    let is_usable = statement.date <= wanted.date;
    // Exactly as the program writes it: nothing that a signer reads and the archive does not.
    if !is_usable || (LostHolds { date: statement.date, ..wanted.clone() }).to_toml().as_bytes() != file {
        let what = format!("it is not about archive {} since entry {}", wanted.archive, wanted.succeeded);
        return Ok(Taken::Refused(vec![Refusal::new(ErrorCode::HldStatement, LOST_HOLDS_FILE, what)]));
    }
    let asked = Asked {
        file,
        agency: &statement.agency,
        date: statement.date,
        // Who signed before did not know what was lost.
        replaced: Some(archive.leaf(statement.succeeded)?.t),
        kinds: OFFICES,
        offices: &OFFICES[..1],
        persons: 2,
        code: ErrorCode::HldSigned,
    };
    let (mut fields, files) = match approved_act(archive, (LOST_HOLDS_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Taken::Refused(refusals)),
    };
    fields.insert("agency".into(), statement.agency.clone().into());
    fields.insert("holds".into(), statement.holds.iter().map(RecordId::to_string).collect());
    fields.insert("succeeded".into(), statement.succeeded.into());
    let committed = archive.commit_together_deciding(|| {
        // A hold that was lifted meanwhile, or a log that went on again, is not what was signed.
        if LostHolds::now(archive, &statement.agency, &statement.holds)?.succeeded != statement.succeeded {
            return Err(Error::new(ErrorCode::HldStatement, &*statement.agency, "the log went on again meanwhile"));
        }
        let owner = ActOwner::Register(Register::Archive);
        let act = Act::new(ActKind::HoldsConfirmed, actor);
        let (act, payload, session) = archive.seal_files(act, owner, fields, files)?;
        Ok((vec![(act, payload)], vec![session]))
    })?;
    let entry = committed.first().map(|c| c.index).unwrap_or_default();
    Ok(Taken::Done { agency: statement.agency, entry })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(holds: &[u8]) -> LostHolds {
        LostHolds {
            archive: ArchiveId([1; 16]),
            origin: "example.org/log/2".into(),
            succeeded: 12,
            agency: "TEST-01".into(),
            date: "2026-03-05".parse().unwrap(),
            holds: holds.iter().map(|byte| RecordId([*byte; 16])).collect(),
        }
    }

    #[test]
    fn a_statement_is_read_as_it_is_written() {
        for holds in [&[][..], &[3], &[3, 4]] {
            let written = statement(holds);
            assert_eq!(LostHolds::parse(written.to_toml().as_bytes(), "s").unwrap(), written);
        }
    }

    #[test]
    fn every_fault_is_refused() {
        let text = statement(&[3, 4]).to_toml();
        for (from, to) in [
            ("lost-holds/1", "lost-holds/2"),
            ("archive = \"01", "archive = \"0g"),
            ("succeeded = 12", "succeeded = -1"),
            ("agency = \"TEST-01\"\n", ""),
            ("2026-03-05", "05.03.2026"),
            ("holds = 2", "holds = 3"),
            ("id = \"03", "id = \"0x"),
            ("archive = \"01", "archive = \"0A"),
            ("id = \"04", "all = true\nid = \"04"),
        ] {
            assert!(text.contains(from), "{from}");
            let faults = LostHolds::parse(text.replacen(from, to, 1).as_bytes(), "s").unwrap_err();
            assert!(faults.iter().all(|fault| fault.code == ErrorCode::HldStatement), "{from}: {faults:?}");
        }
    }
}
