//! The paper twin of a record (қағаз түпнұсқа): noted, moved, listed, and missed where one must be.
//!
//! Acts about a paper are sealed under the key of its record and go with it: there is no paper without its record
//! (N 430 cl. 10). What becomes of the paper when the record is destroyed is for the act of destruction to say.
//!
//! A crash leaves an act whole or not begun.

use super::check_text;
use super::due::Judge;
use super::files::{File, check_short, record_row};
use crate::archive::{ActOwner, Archive};
use crate::error::{Error, ErrorCode};
use crate::index::fonds::PaperRow;
use crate::index::rows::RecordRow;
use crate::limits::SHEETS_MAX;
use crate::model::id::{ActorId, RecordId};
use crate::model::paper::{Move, Noting, PaperKind, Whereabouts};
use crate::retention::Status;
use crate::tlog::leaf::ActKind;
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// Papers of one record. Own bound: an original and a copy for every department.
const PAPERS_MAX: usize = 64;

/// Notes that a record has an original or a copy on paper. Gives its papers.
pub fn note(
    archive: &Archive,
    record: RecordId,
    (kind, sheets): (PaperKind, u32),
    whereabouts: Whereabouts,
    actor: ActorId,
) -> Result<Vec<PaperRow>, Error> {
    let papers = record_row(archive, record)?.papers;
    check_whereabouts(&whereabouts)?;
    if !(1..=SHEETS_MAX).contains(&sheets) {
        return Err(Error::new(ErrorCode::FilText, "sheets", format!("{sheets}, wanted 1 to {SHEETS_MAX}")));
    }
    let refused = |what: &str| Err(Error::new(ErrorCode::FilPaperExists, record.to_string(), what));
    if kind == PaperKind::Original && papers.iter().any(|paper| paper.kind() == PaperKind::Original) {
        return refused("a document has one original");
    }
    if papers.len() == PAPERS_MAX {
        return refused("no more papers of one record are noted");
    }
    let number = papers.iter().map(|paper| paper.number).max().map_or(1, |last| last.saturating_add(1));
    let noting = Noting { number, kind, sheets, whereabouts };
    commit(archive, ActKind::PaperNoted, record, noting.fields(), actor)
}

/// Moves a paper of a record, or gives it to another custodian. `number` may be left out when there is one.
pub fn relocate(
    archive: &Archive,
    record: RecordId,
    number: Option<u32>,
    (whereabouts, reason): (Whereabouts, &str),
    actor: ActorId,
) -> Result<Vec<PaperRow>, Error> {
    let papers = record_row(archive, record)?.papers;
    check_whereabouts(&whereabouts)?;
    check_text("reason", reason)?;
    let number = match (number, papers.as_slice()) {
        (Some(number), papers) if papers.iter().any(|paper| paper.number == number) => number,
        (None, [paper]) => paper.number,
        (None, [_, _, ..]) => {
            return Err(Error::new(ErrorCode::FilText, "number", format!("the record has {} papers", papers.len())));
        }
        _ => return Err(Error::new(ErrorCode::FilNoPaper, record.to_string(), "no such paper of the record")),
    };
    let moved = Move { number, whereabouts, reason: reason.to_owned() };
    commit(archive, ActKind::PaperMoved, record, moved.fields(), actor)
}

fn check_whereabouts(whereabouts: &Whereabouts) -> Result<(), Error> {
    check_text("place", &whereabouts.place)?;
    check_short("custodian", &whereabouts.custodian)
}

fn commit(
    archive: &Archive,
    kind: ActKind,
    record: RecordId,
    fields: Map<String, Value>,
    actor: ActorId,
) -> Result<Vec<PaperRow>, Error> {
    archive.commit_files(kind, actor, ActOwner::Known(record), fields, Vec::new())?;
    Ok(record_row(archive, record)?.papers)
}

/// The records that have papers, oldest first.
pub fn list(archive: &Archive) -> Result<Vec<RecordRow>, Error> {
    archive.wait_index()?;
    let index = archive.index();
    let mut found = Vec::new();
    for number in index.with_papers()? {
        found.extend(index.record(number)?);
    }
    Ok(found)
}

/// Whether documents of this file must have an original on paper: where the archive is configured so, for terms over a
/// number of years (akimat regulation, section 3).
pub fn is_original_required(archive: &Archive, judge: &Judge<'_>, file: &File, as_of: NaiveDate) -> bool {
    let Some(over) = archive.config().retention.paper_original_over_years else { return false };
    let is_permanent = judge.decide(file, as_of).status == Status::Permanent;
    is_permanent || judge.length(file, as_of).is_some_and(|length| length.is_over(over))
}

/// The records of a file of which no original on paper is noted.
pub fn without_original(archive: &Archive, file: RecordId) -> Result<Vec<RecordId>, Error> {
    let index = archive.index();
    let mut found = Vec::new();
    for number in index.filed(file)? {
        let row = index.record(number)?;
        found.extend(row.filter(|row| !has_original(row)).map(|row| row.id()));
    }
    Ok(found)
}

/// Whether an original on paper of a record is noted.
pub fn has_original(row: &RecordRow) -> bool {
    row.papers.iter().any(|paper| paper.kind() == PaperKind::Original)
}
