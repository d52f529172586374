//! Holds (тыйым, запрет): what must not be disposed of, whatever its term says, until the hold is lifted.
//!
//! A hold has an id and a key of its own; its document names who asked for it, why, by which law, and what it keeps.
//! In the same commit each record and file that it keeps gets an entry that names the hold, so the custody of a record
//! shows its holds. A hold on a file keeps its records too, also those that are put into it later; one on a record
//! keeps the file that it is in. Several may keep the same.
//!
//! Invariants
//!   - A hold takes effect with its commit, and in the one function that says what is due.
//!   - Lifting is an act of its own with a reason; nothing lifts a hold by itself, its review date neither.
//!   - A hold of an inquiry is lifted when the inquiry is closed, and by nothing else.
//!
//! A crash leaves the hold whole or not begun.

use super::check_text;
use crate::archive::{ActOwner, Archive, OWN_SUBTREE, Session};
use crate::error::{Error, ErrorCode};
use crate::index::filing::{HoldRow, HoldTarget};
use crate::index::writer::Payload;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::ActDocument;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use chrono::NaiveDate;
use serde_json::Map;

/// What one hold may keep. Own bound: its document and its entries are one commit.
const TARGETS_MAX: usize = 100_000;

/// The acts that place or lift a hold, and the session that is kept until they are committed.
pub(crate) type HoldActs = (Vec<(Act, Payload)>, Session);

/// What is said of a hold when it is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placing {
    /// Who asked for it: a body or an office.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// By which law, decision or request.
    pub basis: String,
    /// When somebody should look whether it is still needed.
    pub review: Option<NaiveDate>,
    /// The query by which the records were found, when one was.
    pub query: Option<String>,
}

/// A hold as it is shown.
#[derive(Debug, Clone)]
pub struct Hold {
    /// Its id.
    pub id: RecordId,
    /// What the index has of it.
    pub row: HoldRow,
    /// What was said when it was placed.
    pub placing: Placing,
}

/// Places a hold on records and files. Gives its id and the entry.
pub fn place(
    archive: &Archive,
    placing: &Placing,
    targets: &[HoldTarget],
    actor: ActorId,
) -> Result<(RecordId, u64), Error> {
    let mut placed = None;
    let committed = archive.commit_together_deciding(|| {
        let (id, (acts, session)) = placing_acts(archive, placing, targets, None, actor)?;
        placed = Some(id);
        Ok((acts, vec![session]))
    })?;
    let id = placed.expect("what was committed was placed");
    Ok((id, committed[0].index))
}

/// The acts that place a hold, to be decided on at the head of the journal: nobody is told of a hold on what was
/// destroyed meanwhile. Gives its id too. A hold of an inquiry names it.
pub(crate) fn placing_acts(
    archive: &Archive,
    placing: &Placing,
    targets: &[HoldTarget],
    inquiry: Option<RecordId>,
    actor: ActorId,
) -> Result<(RecordId, HoldActs), Error> {
    for (name, text) in [("owner", &placing.owner), ("reason", &placing.reason), ("basis", &placing.basis)] {
        check_text(name, text)?;
    }
    if let Some(query) = &placing.query {
        check_text("query", query)?;
    }
    let mut targets = targets.to_vec();
    targets.sort_unstable();
    targets.dedup();
    if targets.is_empty() || targets.len() > TARGETS_MAX {
        return Err(Error::new(ErrorCode::HldTargets, "targets", format!("{} records and files", targets.len())));
    }
    for target in &targets {
        check_target(archive, *target)?;
    }
    let id = RecordId(crate::random::bytes());
    let mut fields = Map::new();
    fields.insert("owner".into(), placing.owner.clone().into());
    fields.insert("reason".into(), placing.reason.clone().into());
    fields.insert("basis".into(), placing.basis.clone().into());
    if let Some(review) = placing.review {
        fields.insert("review".into(), review.to_string().into());
    }
    if let Some(query) = &placing.query {
        fields.insert("query".into(), query.clone().into());
    }
    if let Some(inquiry) = inquiry {
        fields.insert("inquiry".into(), inquiry.to_string().into());
    }
    fields.insert("targets".into(), targets.iter().map(|target| target.value()).collect());
    let owner = ActOwner::New(id, OWN_SUBTREE);
    let (act, payload, session) = archive.seal_document(ActKind::HoldPlaced, actor, owner, fields, Vec::new())?;
    let mut acts = vec![(act, payload)];
    acts.extend(targets.iter().map(|target| (about(ActKind::HoldCovers, *target, id, actor), Payload::None)));
    Ok((id, (acts, session)))
}

/// Lifts a hold. Gives the entry.
pub fn lift(archive: &Archive, id: RecordId, reason: &str, actor: ActorId) -> Result<u64, Error> {
    let row = row(archive, id)?;
    if let Some(inquiry) = row.inquiry.map(RecordId) {
        let what = format!("it is of inquiry {inquiry}");
        return Err(Error::new(ErrorCode::HldInquiry, id.to_string(), what));
    }
    if let Some(lifted) = row.lifted {
        return Err(Error::new(ErrorCode::HldLifted, id.to_string(), format!("lifted by entry {lifted}")));
    }
    let (acts, session) = lifting_acts(archive, (id, &row), reason, actor)?;
    let committed = archive.commit_together(acts)?;
    drop(session);
    Ok(committed[0].index)
}

/// The acts that lift a hold.
pub(crate) fn lifting_acts(
    archive: &Archive,
    (id, row): (RecordId, &HoldRow),
    reason: &str,
    actor: ActorId,
) -> Result<HoldActs, Error> {
    check_text("reason", reason)?;
    let fields = Map::from_iter([("reason".to_owned(), reason.into())]);
    let owner = ActOwner::Known(id);
    let (act, payload, session) = archive.seal_document(ActKind::HoldLifted, actor, owner, fields, Vec::new())?;
    let mut acts = vec![(act, payload)];
    acts.extend(row.targets.iter().map(|target| (about(ActKind::HoldUncovers, *target, id, actor), Payload::None)));
    Ok((acts, session))
}

/// The hold with this id.
pub fn find(archive: &Archive, id: RecordId) -> Result<Hold, Error> {
    let row = row(archive, id)?;
    let (document, _) = archive.document(row.placed)?;
    let changed = || Error::new(ErrorCode::StoChanged, id.to_string(), "the document of the hold cannot be read");
    Ok(Hold { id, placing: placing(&document).ok_or_else(changed)?, row })
}

/// Every hold, oldest first; those that were lifted only when they are asked for.
pub fn list(archive: &Archive, with_lifted: bool) -> Result<Vec<Hold>, Error> {
    let mut rows = archive.index().holds()?;
    rows.retain(|(_, row)| with_lifted || row.lifted.is_none());
    rows.sort_by_key(|(_, row)| row.placed);
    rows.into_iter().map(|(id, _)| find(archive, id)).collect()
}

fn placing(document: &ActDocument) -> Option<Placing> {
    let text = |key: &str| document.text(key).map(str::to_owned);
    Some(Placing {
        owner: text("owner")?,
        reason: text("reason")?,
        basis: text("basis")?,
        review: text("review").and_then(|day| day.parse().ok()),
        query: text("query"),
    })
}

fn row(archive: &Archive, id: RecordId) -> Result<HoldRow, Error> {
    let unknown = || Error::new(ErrorCode::HldUnknown, id.to_string(), "no such hold");
    archive.index().hold(id)?.ok_or_else(unknown)
}

/// Refuses what is not there, or was destroyed.
pub(crate) fn check_target(archive: &Archive, target: HoldTarget) -> Result<(), Error> {
    let id = target.id();
    match target {
        HoldTarget::File(_) => super::files::find(archive, id).map(drop),
        HoldTarget::Record(_) => archive.index().record_by_id(id)?.map(drop).ok_or_else(|| archive.no_record(id)),
    }
}

fn about(kind: ActKind, target: HoldTarget, hold: RecordId, actor: ActorId) -> Act {
    let mut act = Act::new(kind, actor);
    act.rec = Some(target.id());
    act.of = Some(hold);
    act
}
