//! An inquiry is opened, records are put under it and read, and it is closed.
//!
//! What it keeps is kept by ordinary holds that name it: each search or taking places one over what no earlier hold of
//! the inquiry keeps. So the one function that says what is due, and every way by which a key goes, know of it.
//!
//! Invariants
//!   - What is read was found by the inquiry or put under it by name, and the inquiry is open.
//!   - An inquiry is closed when all that was searched and taken is answered, or with the reason why it is not; its
//!     holds are lifted in the same commit.
//!
//! A crash leaves an act whole or not begun.

use crate::access::{self, Opened, Reader};
use crate::archive::{ActOwner, Archive, OWN_SUBTREE};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::filing::check_text;
use crate::filing::holds::{self, HoldActs, Placing};
use crate::index::filing::{HoldRow, HoldTarget};
use crate::index::inquiry::InquiryRow;
use crate::model::id::{ActorId, RecordId};
use crate::model::means::ARCHIVE_AGENCY;
use crate::model::record::ActDocument;
use crate::tlog::leaf::ActKind;
use chrono::NaiveDate;
use serde_json::Map;
use std::collections::BTreeSet;

/// What is said of an inquiry when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Code of the agency whose records office answers.
    pub agency: String,
    /// Who asks: a court, a prosecutor, another body.
    pub authority: String,
    /// Its case or matter.
    pub case: String,
    /// By which law or decision it may ask.
    pub basis: String,
    /// The person or office that signed the request.
    pub requester: String,
    /// When it is to be answered.
    pub due: NaiveDate,
}

/// An inquiry as it is shown.
#[derive(Debug, Clone)]
pub struct Inquiry {
    /// Its id.
    pub id: RecordId,
    /// What the index has of it.
    pub row: InquiryRow,
    /// What was said when it was opened.
    pub opening: Opening,
}

impl Inquiry {
    /// Whether it is neither closed nor answered, and the day on which it is due is over.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.row.closed.is_none() && self.row.answered().is_none() && self.opening.due < today
    }

    /// Records and files that are under it, in ascending order, by its holds. One that went with what it once kept has
    /// none any more.
    pub fn targets(&self, archive: &Archive) -> Result<BTreeSet<HoldTarget>, Error> {
        Ok(own_holds(archive, &self.row)?.into_iter().flat_map(|(_, hold)| hold.targets).collect())
    }
}

/// Opens an inquiry. Without an agency it is the one that issues what the archive says, or the only one that there is.
/// Gives its id and the entry.
pub fn open(
    archive: &Archive,
    opening: Opening,
    agency: Option<&str>,
    actor: ActorId,
) -> Result<(RecordId, u64), Error> {
    archive.wait_index()?;
    let mut agencies = archive.index().agency_codes()?;
    agencies.remove(ARCHIVE_AGENCY);
    let issuer = archive.config().issuer.agency.clone();
    let agency = match agency {
        Some(agency) => Some(agency.to_owned()).filter(|code| agencies.contains(code) || issuer.as_ref() == Some(code)),
        None if issuer.is_some() => issuer,
        None if agencies.len() == 1 => agencies.first().cloned(),
        None => None,
    };
    let unknown = || {
        let known: Vec<&str> = agencies.iter().map(String::as_str).collect();
        Error::new(ErrorCode::InqAgency, "agency", format!("known: {}", known.join(", ")))
    };
    let agency = agency.ok_or_else(unknown)?;
    let Opening { authority, case, basis, requester, due, .. } = opening;
    let mut fields = Map::new();
    for (name, text) in [("authority", authority), ("case", case), ("basis", basis), ("requester", requester)] {
        check_text(name, &text)?;
        fields.insert(name.into(), text.into());
    }
    fields.insert("agency".into(), agency.into());
    fields.insert("due".into(), due.to_string().into());
    let id = RecordId(crate::random::bytes());
    let owner = ActOwner::New(id, OWN_SUBTREE);
    let entry = archive.commit_files(ActKind::InquiryOpened, actor, owner, fields, Vec::new())?;
    Ok((id, entry))
}

/// The inquiry with this id.
pub fn find(archive: &Archive, id: RecordId) -> Result<Inquiry, Error> {
    let unknown = || Error::new(ErrorCode::InqUnknown, id.to_string(), "no such inquiry");
    let row = archive.index().inquiry(id)?.ok_or_else(unknown)?;
    let (document, _) = archive.document(row.opened)?;
    let changed = || Error::new(ErrorCode::StoChanged, id.to_string(), "the document of the inquiry cannot be read");
    Ok(Inquiry { id, opening: opening(&document).ok_or_else(changed)?, row })
}

/// The same, when it is open.
pub(super) fn standing(archive: &Archive, id: RecordId) -> Result<Inquiry, Error> {
    let inquiry = find(archive, id)?;
    match inquiry.row.closed {
        None => Ok(inquiry),
        Some(entry) => Err(Error::new(ErrorCode::InqClosed, id.to_string(), format!("closed by entry {entry}"))),
    }
}

/// Every inquiry, oldest first; those that were closed only when they are asked for.
pub fn list(archive: &Archive, with_closed: bool) -> Result<Vec<Inquiry>, Error> {
    archive.wait_index()?;
    let mut rows = archive.index().inquiries()?;
    rows.retain(|(_, row)| with_closed || row.closed.is_none());
    rows.sort_by_key(|(_, row)| row.opened);
    rows.into_iter().map(|(id, _)| find(archive, id)).collect()
}

/// Inquiries whose day is over and that are neither answered nor closed.
pub fn overdue(archive: &Archive) -> Result<Vec<Inquiry>, Error> {
    let today = civil_date(archive.now());
    let mut open = list(archive, false)?;
    open.retain(|inquiry| inquiry.is_overdue(today));
    Ok(open)
}

/// Puts records and files under an inquiry by name. Gives the entry.
pub fn take(archive: &Archive, id: RecordId, targets: &[HoldTarget], actor: ActorId) -> Result<u64, Error> {
    let targets: BTreeSet<HoldTarget> = targets.iter().copied().collect();
    if targets.is_empty() {
        return Err(Error::new(ErrorCode::HldTargets, "targets", "no record and no file"));
    }
    let committed = archive.commit_together_deciding(|| {
        let inquiry = standing(archive, id)?;
        targets.iter().try_for_each(|target| holds::check_target(archive, *target))?;
        let fields = Map::from_iter([("targets".to_owned(), targets.iter().map(|target| target.value()).collect())]);
        let owner = ActOwner::Known(id);
        let (act, payload, session) = archive.seal_document(ActKind::InquiryTaken, actor, owner, fields, Vec::new())?;
        let (mut acts, mut sessions) = (vec![(act, payload)], vec![session]);
        if let Some((more, session)) = keep(archive, &inquiry, &targets, actor)? {
            acts.extend(more);
            sessions.push(session);
        }
        Ok((acts, sessions))
    })?;
    Ok(committed[0].index)
}

/// The acts of a hold over what no hold of the inquiry keeps yet; none when all of it is kept.
pub(super) fn keep(
    archive: &Archive,
    inquiry: &Inquiry,
    targets: &BTreeSet<HoldTarget>,
    actor: ActorId,
) -> Result<Option<HoldActs>, Error> {
    let kept = inquiry.targets(archive)?;
    let new: Vec<HoldTarget> = targets.difference(&kept).copied().collect();
    if new.is_empty() {
        return Ok(None);
    }
    let opening = &inquiry.opening;
    let placing = Placing {
        owner: opening.authority.clone(),
        // The case stays under the key of the inquiry.
        reason: format!("inquiry {}", inquiry.id),
        basis: opening.basis.clone(),
        review: None,
        query: None,
    };
    let (_, acts) = holds::placing_acts(archive, &placing, &new, Some(inquiry.id), actor)?;
    Ok(Some(acts))
}

/// Opens a record for reading under an inquiry: the entry that names the inquiry is durable before a byte is given.
///
/// # Errors
///
/// The inquiry is closed, or the record is not under it.
pub fn read<'a, 'r>(
    archive: &'a Archive,
    id: RecordId,
    record: RecordId,
    reader: impl Into<Reader<'r>>,
) -> Result<Opened<'a>, Error> {
    archive.wait_index()?;
    let inquiry = standing(archive, id)?;
    let file = archive.index().file_of(record)?.ok_or_else(|| archive.no_record(record))?;
    let targets = inquiry.targets(archive)?;
    let is_under = |file: RecordId| targets.contains(&HoldTarget::File(file.0));
    if !targets.contains(&HoldTarget::Record(record.0)) && !file.is_some_and(is_under) {
        return Err(Error::new(ErrorCode::InqNotUnder, record.to_string(), format!("not under inquiry {id}")));
    }
    access::open_under(archive, record, id, &reader.into())
}

/// How an inquiry ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// What came of it.
    pub outcome: String,
    /// Why it ends without an answer, when it does.
    pub without_answer: Option<String>,
}

/// Closes an inquiry and lifts its holds. Gives the entry.
///
/// # Errors
///
/// Something of it was not answered, and no reason is given for that; or the other way round.
pub fn close(archive: &Archive, id: RecordId, closing: &Closing, actor: ActorId) -> Result<u64, Error> {
    check_text("outcome", &closing.outcome)?;
    if let Some(reason) = &closing.without_answer {
        check_text("without_answer", reason)?;
    }
    let committed = archive.commit_together_deciding(|| {
        let inquiry = standing(archive, id)?;
        match (inquiry.row.answered(), &closing.without_answer) {
            (None, None) => {
                let what = "no signed answer covers all that was searched and taken";
                return Err(Error::new(ErrorCode::InqUnanswered, id.to_string(), what));
            }
            // The register would say that it was not answered.
            (Some(answer), Some(_)) => {
                let what = format!("entry {answer} answers all that was searched and taken");
                return Err(Error::new(ErrorCode::FilText, "without_answer", what));
            }
            _ => {}
        }
        let mut fields = Map::from_iter([("outcome".to_owned(), closing.outcome.clone().into())]);
        if let Some(reason) = &closing.without_answer {
            fields.insert("without_answer".into(), reason.clone().into());
        }
        let owner = ActOwner::Known(id);
        let (act, payload, session) =
            archive.seal_document(ActKind::InquiryClosed, actor, owner, fields, Vec::new())?;
        let (mut acts, mut sessions) = (vec![(act, payload)], vec![session]);
        let reason = format!("inquiry {id} closed");
        for (hold, row) in own_holds(archive, &inquiry.row)?.iter().filter(|(_, row)| row.lifted.is_none()) {
            let (more, session) = holds::lifting_acts(archive, (*hold, row), &reason, actor)?;
            acts.extend(more);
            sessions.push(session);
        }
        Ok((acts, sessions))
    })?;
    Ok(committed[0].index)
}

/// What was said when an inquiry was closed.
pub fn closing(archive: &Archive, inquiry: &Inquiry) -> Result<Option<Closing>, Error> {
    let Some(entry) = inquiry.row.closed else { return Ok(None) };
    let (document, _) = archive.document(entry)?;
    let text = |key: &str| document.text(key).map(str::to_owned);
    let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the document of the act cannot be read");
    Ok(Some(Closing { outcome: text("outcome").ok_or_else(changed)?, without_answer: text("without_answer") }))
}

/// The holds of an inquiry that are still there, oldest first.
fn own_holds(archive: &Archive, row: &InquiryRow) -> Result<Vec<(RecordId, HoldRow)>, Error> {
    let mut found = Vec::new();
    for hold in row.holds.iter().map(|hold| RecordId(*hold)) {
        found.extend(archive.index().hold(hold)?.map(|row| (hold, row)));
    }
    Ok(found)
}

fn opening(document: &ActDocument) -> Option<Opening> {
    let text = |key: &str| document.text(key).map(str::to_owned);
    Some(Opening {
        agency: text("agency")?,
        authority: text("authority")?,
        case: text("case")?,
        basis: text("basis")?,
        requester: text("requester")?,
        due: text("due")?.parse().ok()?,
    })
}
