//! The end of a whole archive (N 430 cl. 6(11)): nothing is left in it but what proves how everything else went.
//!
//! ```text
//! survey ─► approve, each agency ─► execute ─► (index and store written anew) ─► complete ─► signing key erased
//! ```
//! A [`Survey`] reads the journal and says what still stands. Officers of every agency sign a **decision**, a small
//! TOML file of `schema/decommission/1` that names the archive and the newest entry on which that depends: whatever
//! comes after it wants another one. [`execute`] erases what is left beside the permanent acts; from then on the
//! archive takes nothing in.
//!
//! Invariants
//!   - An owner of a key that the survey does not know stands: a later kind of act ends no archive by being forgotten.
//!   - Nothing is committed between the survey and the end.
//!   - Keys go only by `Archive::roll_vault_deciding`, so never while a hold keeps something.
//!   - What proves the destruction stays and opens: acts, inventories, plans, registers, policies, the journal.
//!
//! Order on disk: `archive.decommissioned` and the roll of the vault are one commit; a crash before it leaves the
//! archive in use, after it an archive that has ended, and [`complete`] goes on from wherever it is.
//!
//! It destroys no record: a record goes by a plan, by its spill, or by its release to another archive.

use super::case::DAY_MS;
use super::destroy::{self, METHOD};
use crate::archive::{ActOwner, Archive, Decided, Register};
use crate::clock::{Millis, civil_date, rfc3339};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::writer::Payload;
use crate::ingest::approval::{Asked, approved_act};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::document::{parse, required_date};
use crate::model::id::{ActorId, ArchiveId, RecordId};
use crate::model::means::{ARCHIVE_AGENCY, Program};
use crate::model::strict::{malformed, words};
use crate::tlog::commit::{Act, SYSTEM_ACTOR};
use crate::tlog::leaf::{ActKind, Leaf};
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use chrono::NaiveDate;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The value of a decision's `schema` field.
pub const DECISION_SCHEMA: &str = "muragat/decommission/1";
/// The decision in its act.
pub const DECISION_FILE: &str = "decision.toml";
/// Bytes of one decision. Own bound: a few names and numbers.
pub const DECISION_BYTES_MAX: usize = 64 * 1024;
/// How long a decision counts. Own bound: 30 days.
const DECISION_MAX: Millis = 30 * DAY_MS;
/// The offices in which it is signed: by one who approves destruction, and by another one or one of the commission.
const OFFICES: &[SignerKind] = &[SignerKind::Approver, SignerKind::Commission];

words! {
    /// What still stands in an archive.
    Standing {
        /// A record that was not destroyed, spilled or handed over.
        Record = "record",
        /// A submission that waits.
        Waiting = "waiting",
        /// A refusal whose notice no records officer has signed.
        Notice = "notice",
        /// A file that is open.
        File = "file",
        /// A plan that was neither cancelled nor executed.
        Plan = "plan",
        /// A destruction that is not complete.
        Destruction = "destruction",
        /// A hold that was not lifted.
        Hold = "hold",
        /// An inquiry that was not closed.
        Inquiry = "inquiry",
        /// A transfer to another archive that was not cancelled.
        Transfer = "transfer",
        /// A presence check that has not ended.
        Check = "check",
        /// Something with a key that this program does not know how to end.
        Unknown = "unknown",
    }
}

/// What has a key, as far as the journal has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// It ends before the archive does.
    Stands(Standing),
    /// Its key goes with the archive.
    Goes,
    /// Its key stays: it is permanent, or proves what is.
    Stays,
}

/// What the journal says of everything in an archive.
#[derive(Debug, Default)]
pub struct Survey {
    /// Entries that were read.
    pub size: u64,
    /// The newest entry that what stands depends on, and its time.
    pub entry: u64,
    at: Millis,
    /// Records accepted, without those of verification means, which stay.
    pub records: u32,
    /// Of them destroyed by a plan.
    pub destroyed: u32,
    /// Of them spilled.
    pub spilled: u32,
    /// Of them handed over to another archive.
    pub handed_over: u32,
    /// Those that stand or go.
    owners: BTreeMap<RecordId, Owner>,
    notices: Vec<u64>,
    /// Agencies, and the entry by which officers of each decided on the archive as it is.
    pub agencies: BTreeMap<String, Option<u64>>,
    approvals: Vec<u64>,
    named: Vec<u64>,
}

impl Survey {
    /// Reads the whole journal.
    pub fn read(archive: &Archive) -> Result<Self, Error> {
        archive.wait_index()?;
        let own = archive.index().subtree(ARCHIVE_AGENCY)?;
        let log = archive.log()?;
        let mut survey = Self { size: log.size(), ..Self::default() };
        let mut refused = BTreeSet::new();
        log.leaves::<Error>(0, log.size(), |index, leaf| {
            if leaf.act == ActKind::SubmissionRefused {
                refused.insert(index);
            }
            survey.take(index, &leaf, own);
            Ok(())
        })?;
        survey.notices = archive.index().unsigned_answers()?;
        survey.notices.retain(|entry| refused.contains(entry));
        for entry in std::mem::take(&mut survey.named) {
            let agency = archive.document(entry)?.0.text("agency").unwrap_or_default().to_owned();
            if agency != ARCHIVE_AGENCY {
                survey.agencies.insert(agency, None);
            }
        }
        for entry in std::mem::take(&mut survey.approvals) {
            let (document, _) = archive.document(entry)?;
            let is_of_now = document.fields.get("entry").and_then(serde_json::Value::as_u64) == Some(survey.entry);
            // Who decided long ago may have left, and the moment would be the choice of whoever runs the program.
            let is_recent = archive.now().saturating_sub(archive.leaf(entry)?.t) <= DECISION_MAX;
            let agency = document.text("agency").and_then(|agency| survey.agencies.get_mut(agency));
            if let Some(decided) = agency.filter(|_| is_of_now && is_recent) {
                *decided = Some(entry);
            }
        }
        Ok(survey)
    }

    /// Takes in an entry. `own` is the subtree of the archive's own records.
    fn take(&mut self, index: u64, leaf: &Leaf, own: Option<u32>) {
        use ActKind as A;
        let owner = match leaf.act {
            A::RecordAccepted if leaf.key.is_some_and(|key| Some(key.subtree) == own) => Owner::Stays,
            A::RecordAccepted => {
                self.records += 1;
                Owner::Stands(Standing::Record)
            }
            A::SubmissionWaiting => Owner::Stands(Standing::Waiting),
            A::FileOpened | A::FileReopened => Owner::Stands(Standing::File),
            // Without a record in it, because none stands when the archive ends.
            A::FileClosed | A::HoldLifted | A::InquiryClosed | A::RegisterCreated | A::SubmissionRefused => Owner::Goes,
            A::HoldPlaced => Owner::Stands(Standing::Hold),
            A::InquiryOpened => Owner::Stands(Standing::Inquiry),
            A::PlanDrafted => Owner::Stands(Standing::Plan),
            A::DestroyExecuted => Owner::Stands(Standing::Destruction),
            A::PresenceBegun => Owner::Stands(Standing::Check),
            A::TransferSelected | A::AccessionReceived => Owner::Stands(Standing::Transfer),
            A::PlanCancelled
            | A::TransferCancelled
            | A::TransferClosed
            | A::AccessionAgreed
            | A::DestroyCompleted
            | A::PresenceEnded
            | A::FondsOpened
            | A::InventoryOpened
            | A::ArchiveCreated
            // Who decided before it did not know what is missing.
            | A::LogSucceeded
            | A::HoldsConfirmed => Owner::Stays,
            A::AgencyAdded => {
                self.named.push(index);
                Owner::Stays
            }
            A::DecommissionApproved => {
                self.approvals.push(index);
                return;
            }
            // After the end: what stood before it is what was decided on.
            A::RemainderDestroyed => {
                leaf.rec.map(|rec| self.owners.remove(&rec));
                return;
            }
            // By whatever act a key goes: what it was the key of stands no more.
            act if act.erases() => {
                self.destroyed += u32::from(act == A::RecordDestroyed);
                self.handed_over += u32::from(act == A::RecordReleased);
                self.spilled += u32::from(act == A::RecordSpilled);
                Owner::Stays
            }
            _ if leaf.key.is_some() => Owner::Stands(Standing::Unknown),
            _ => return,
        };
        (self.entry, self.at) = (index, leaf.t);
        match (leaf.rec, owner) {
            (Some(rec), Owner::Stays) => drop(self.owners.remove(&rec)),
            (Some(rec), owner) => drop(self.owners.insert(rec, owner)),
            (None, _) => {}
        }
    }

    /// What still stands, by kind: ids, or entries of refusals.
    pub fn standing(&self) -> BTreeMap<Standing, Vec<String>> {
        let mut standing: BTreeMap<Standing, Vec<String>> = BTreeMap::new();
        for (id, owner) in &self.owners {
            if let Owner::Stands(what) = owner {
                standing.entry(*what).or_default().push(id.to_string());
            }
        }
        if !self.notices.is_empty() {
            standing.insert(Standing::Notice, self.notices.iter().map(u64::to_string).collect());
        }
        standing
    }

    /// What loses its key with the archive: the register of refusals, lifted holds, closed inquiries, files without
    /// records.
    pub fn going(&self) -> Vec<RecordId> {
        let goes = |(id, owner): (&RecordId, &Owner)| (*owner == Owner::Goes).then_some(*id);
        self.owners.iter().filter_map(goes).collect()
    }

    /// Refuses an archive in which something stands, or of which an agency has not decided.
    fn check(&self, archive: &Archive) -> Result<(), Error> {
        let standing = self.standing();
        if !standing.is_empty() {
            let counts: Vec<String> =
                standing.iter().map(|(what, ids)| format!("{}: {}", what.as_str(), ids.len())).collect();
            return Err(Error::new(ErrorCode::DcmStands, archive.id().to_string(), counts.join(", ")));
        }
        let missing: Vec<&str> =
            self.agencies.iter().filter(|(_, by)| by.is_none()).map(|(agency, _)| agency.as_str()).collect();
        // An archive without an agency never had a record; nobody can decide on it, and nobody needs to.
        if !missing.is_empty() || self.agencies.is_empty() {
            return Err(Error::new(ErrorCode::DcmUndecided, archive.id().to_string(), missing.join(", ")));
        }
        Ok(())
    }
}

/// A decision of an agency that the archive ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The archive.
    pub archive: ArchiveId,
    /// The name of its journal.
    pub origin: String,
    /// Code of the agency.
    pub agency: String,
    /// Its date.
    pub date: NaiveDate,
    /// The newest entry that what stands depends on.
    pub entry: u64,
    /// Records accepted, destroyed, spilled, handed over.
    pub records: [u32; 4],
    /// Why.
    pub reason: String,
}

impl Decision {
    /// The decision of an agency about an archive as it is now, to be signed.
    ///
    /// # Errors
    ///
    /// Something stands ([`ErrorCode::DcmStands`]), or the archive knows no such agency.
    pub fn draft(archive: &Archive, agency: &str, reason: &str) -> Result<Self, Error> {
        crate::filing::check_text("reason", reason)?;
        check_not_ended(archive)?;
        let survey = Survey::read(archive)?;
        match survey.check(archive) {
            Err(e) if e.code == ErrorCode::DcmStands => return Err(e),
            _ => {}
        }
        if !survey.agencies.contains_key(agency) {
            return Err(Error::new(ErrorCode::PrsAgency, agency, "no such agency"));
        }
        Ok(Self::of(archive, &survey, agency, civil_date(archive.now()), reason))
    }

    fn of(archive: &Archive, survey: &Survey, agency: &str, date: NaiveDate, reason: &str) -> Self {
        Self {
            archive: archive.id(),
            origin: archive.config().vkey.name.clone(),
            agency: agency.to_owned(),
            date,
            entry: survey.entry,
            records: [survey.records, survey.destroyed, survey.spilled, survey.handed_over],
            reason: reason.to_owned(),
        }
    }

    /// The file that is signed.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let [records, destroyed, spilled, handed_over] = self.records;
        // Left out when there are none, as in decisions of before there were transfers.
        let handed_over = if handed_over > 0 { format!("handed_over = {handed_over}\n") } else { String::new() };
        format!(
            "schema = \"{DECISION_SCHEMA}\"\narchive = \"{}\"\norigin = {}\nagency = {}\ndate = \"{}\"\nentry = {}\n\
             records = {records}\ndestroyed = {destroyed}\nspilled = {spilled}\n{handed_over}reason = {}\n",
            self.archive,
            quoted(&self.origin),
            quoted(&self.agency),
            self.date,
            self.entry,
            quoted(&self.reason),
        )
    }

    /// Reads a decision.
    ///
    /// # Errors
    ///
    /// Every fault, with its line.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        parse(bytes, name, DECISION_BYTES_MAX, ErrorCode::DcmDecision, |mut fields| {
            fields.schema(DECISION_SCHEMA);
            let archive = fields.text("archive", 32);
            let origin = fields.plain_text("origin", TEXT_SHORT_CHARS_MAX);
            let agency = fields.plain_text("agency", TEXT_SHORT_CHARS_MAX);
            let date = required_date(&mut fields, "date");
            let entry = fields.number("entry", 0, u32::MAX);
            let records = ["records", "destroyed", "spilled"].map(|key| fields.number(key, 0, u32::MAX));
            let handed_over = match fields.optional("handed_over") {
                None => Some(0),
                Some(value) => fields.read("handed_over", value, |value, at| {
                    let count = value.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0);
                    count.ok_or_else(|| malformed(at, "a number of records, not 0", &value))
                }),
            };
            let reason = fields.plain_text("reason", TEXT_LONG_CHARS_MAX);
            let id = archive.as_ref().and_then(|archive| archive.parse::<ArchiveId>().ok());
            if archive.is_some() && id.is_none() {
                fields.fault(ErrorCode::DcmDecision, "archive", "wanted 32 digits of 0-9 and a-f");
            }
            fields.end();
            let [records, destroyed, spilled] = records;
            Some(Self {
                archive: id?,
                origin: origin?,
                agency: agency?,
                date: date?,
                entry: entry?.into(),
                records: [records?, destroyed?, spilled?, handed_over?],
                reason: reason?,
            })
        })
    }
}

/// What became of a decision.
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

/// Takes in the signed decision of an agency. `extra` is material for its signatures beside that of the archive.
///
/// # Errors
///
/// Something stands in the archive, or it has ended.
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
    check_not_ended(archive)?;
    let survey = Survey::read(archive)?;
    let today = civil_date(archive.now());
    let is_usable = decision.date <= today && survey.agencies.contains_key(&decision.agency);
    let wanted = Decision::of(archive, &survey, &decision.agency, decision.date, &decision.reason);
    // Exactly as the program writes it: nothing that a signer reads and the archive does not.
    if !is_usable || wanted.to_toml().as_bytes() != file {
        let what = format!("it is not about archive {} as it is since entry {}", archive.id(), survey.entry);
        return Ok(Taken::Refused(vec![Refusal::new(ErrorCode::DcmDecision, DECISION_FILE, what)]));
    }
    match survey.check(archive) {
        Err(e) if e.code == ErrorCode::DcmStands => return Err(e),
        _ => {}
    }
    let asked = Asked {
        file,
        agency: &decision.agency,
        date: decision.date,
        // Who signed before the archive was as it is now did not sign for that.
        replaced: Some(survey.at),
        kinds: OFFICES,
        offices: &OFFICES[..1],
        persons: 2,
        code: ErrorCode::DcmSigned,
    };
    let (mut fields, files) = match approved_act(archive, (DECISION_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Taken::Refused(refusals)),
    };
    fields.insert("agency".into(), decision.agency.clone().into());
    fields.insert("entry".into(), decision.entry.into());
    fields.insert("reason".into(), decision.reason.clone().into());
    let owner = ActOwner::Register(Register::Archive);
    let entry = archive.commit_files(ActKind::DecommissionApproved, actor, owner, fields, files)?;
    Ok(Taken::Done { agency: decision.agency, entry })
}

/// Ends the archive: one commit with the act and the erasing of what goes with it. Gives the entry.
///
/// # Errors
///
/// Something stands, an agency has not decided, the clock cannot be right, or something was committed meanwhile.
pub fn execute(archive: &Archive, actor: ActorId) -> Result<u64, Error> {
    check_not_ended(archive)?;
    let survey = Survey::read(archive)?;
    survey.check(archive)?;
    survey.agencies.keys().try_for_each(|agency| archive.check_confirmed(agency))?;
    let (now, head) = (archive.now(), archive.head());
    if now < head.t {
        let what = format!("the clock says {}, the last entry is of {}", rfc3339(now), rfc3339(head.t));
        return Err(Error::new(ErrorCode::DspDate, archive.id().to_string(), what));
    }
    let committed = archive.roll_vault_deciding(
        || {
            let found = archive.index_meta().size;
            if found != survey.size {
                let what = format!("{} entries were looked at, there are {found}", survey.size);
                return Err(Error::new(ErrorCode::DcmMoved, archive.id().to_string(), what));
            }
            acts(archive, &survey, actor)
        },
        actor,
    )?;
    archive.wait_index()?;
    Ok(committed.first().map(|c| c.index).unwrap_or_default())
}

fn acts(archive: &Archive, survey: &Survey, actor: ActorId) -> Result<Decided, Error> {
    let going = survey.going();
    let mut fields = json!({
        "agencies": survey.agencies.keys().collect::<Vec<_>>(),
        "decisions": survey.agencies.values().flatten().collect::<Vec<_>>(),
        "destroyed": survey.destroyed, "entry": survey.entry, "method": METHOD, "program": Program::this().version,
        "records": survey.records, "remainder": going.iter().map(RecordId::to_string).collect::<Vec<_>>(),
        "spilled": survey.spilled,
    });
    if survey.handed_over > 0 {
        fields["handed_over"] = survey.handed_over.into();
    }
    let fields = fields.as_object().cloned().unwrap_or_default();
    let owner = ActOwner::Register(Register::Archive);
    let (act, payload, session) =
        archive.seal_document(ActKind::ArchiveDecommissioned, actor, owner, fields, Vec::new())?;
    let register = act.rec;
    let mut acts = vec![(act, payload)];
    for id in going {
        let mut act = Act::new(ActKind::RemainderDestroyed, actor);
        (act.rec, act.of) = (Some(id), register);
        acts.push((act, Payload::None));
    }
    Ok((acts, vec![session]))
}

/// Says in the journal that nothing is left of what went with the archive, and erases the key that signed it. Gives the
/// entry; in an archive that is complete nothing is done.
///
/// # Errors
///
/// The archive has not ended, or something is left ([`ErrorCode::DcmRemains`]).
pub fn complete(archive: &Archive) -> Result<u64, Error> {
    let id = archive.id().to_string();
    let ended = archive.ended();
    let ended = ended.ok_or_else(|| Error::new(ErrorCode::DcmUndecided, &*id, "the archive is in use"))?;
    if ended.is_complete {
        return Ok(archive.head().size - 1);
    }
    let log = archive.log()?;
    let mut owners = HashSet::new();
    log.leaves::<Error>(0, log.size(), |_, leaf| {
        owners.extend(leaf.rec.filter(|_| leaf.act.erases()));
        Ok(())
    })?;
    let remaining = destroy::remaining(archive, &owners)?;
    if !remaining.is_empty() {
        let words: Vec<&str> = remaining.iter().map(|condition| condition.as_str()).collect();
        return Err(Error::new(ErrorCode::DcmRemains, id, words.join(", ")));
    }
    let fields = json!({"ciphertext": "compacted", "custody_places": 0, "epoch": archive.head().vault.epoch,
        "index": "rewritten", "signing_key": "erased after this entry"});
    let fields = fields.as_object().cloned().unwrap_or_default();
    let owner = ActOwner::Register(Register::Archive);
    let entry = archive.commit_files(ActKind::DecommissionCompleted, SYSTEM_ACTOR, owner, fields, Vec::new())?;
    archive.erase_signing_key()?;
    Ok(entry)
}

fn check_not_ended(archive: &Archive) -> Result<(), Error> {
    match archive.ended() {
        None => Ok(()),
        Some(ended) => {
            let what = format!("the archive was decommissioned by entry {}", ended.entry);
            Err(Error::new(ErrorCode::ArcEnded, archive.id().to_string(), what))
        }
    }
}
