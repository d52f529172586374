//! Splitting a file into volumes: the next volume is opened and records are moved into it, in one commit.
//!
//! The new volume goes on from the old one: title, item, attributes, events, and the dates of what that once held. So
//! no term comes nearer by a split. What a move of a record could not do is refused here too: nothing leaves a file
//! that was ever closed or that a hold keeps, and what is kept for ever stays so.
//!
//! A crash leaves the volume with all its records, or neither.

use super::check_text;
use super::due::{Basis, Judge};
use super::files::{ENTERED_MAX, File, check_not_held, check_open, find, find_in_turn, next_volume, record_row};
use crate::archive::{ActOwner, Archive};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::index::filing::{FileRow, date};
use crate::model::case_file::{FileForm, Opening, Split};
use crate::model::id::{ActorId, RecordId};
use crate::model::record::ActDocument;
use crate::retention::Status;
use crate::tlog::leaf::ActKind;
use serde_json::Map;
use std::collections::BTreeSet;

/// Opens the next volume of a file and moves records into it. Gives the new volume.
pub fn split(
    archive: &Archive,
    id: RecordId,
    records: &[RecordId],
    reason: &str,
    actor: ActorId,
) -> Result<File, Error> {
    check_text("reason", reason)?;
    let (file, _turn) = find_in_turn(archive, id)?;
    check_open(&file)?;
    let basis = Basis::read(archive)?;
    if let Some(hold) = basis.holds().of(id).first() {
        return Err(Error::new(ErrorCode::HldHeld, id.to_string(), format!("hold {} keeps the file", hold.id)));
    }
    if file.row.states.iter().any(|state| state.closed.is_some()) {
        return Err(Error::new(ErrorCode::FilSooner, id.to_string(), "the file was closed, so it has a day"));
    }
    let records: BTreeSet<RecordId> = records.iter().copied().collect();
    for record in &records {
        if record_row(archive, *record)?.filed != Some(id.0) {
            return Err(Error::new(ErrorCode::FilElsewhere, record.to_string(), format!("it is not in file {id}")));
        }
    }
    let stay = usize::try_from(file.row.documents).unwrap_or(usize::MAX).saturating_sub(records.len());
    if records.is_empty() || records.len() > ENTERED_MAX || stay == 0 {
        let what = format!("{} records of {}: some move and some stay", records.len(), file.row.documents);
        return Err(Error::new(ErrorCode::FilText, "records", what));
    }
    let opening = opening(archive, &file, reason)?;
    let part = RecordId(crate::random::bytes());
    check_not_sooner(archive, &basis.judge(), &file, part, &opening)?;
    let owner = ActOwner::New(part, archive.subtree(&file.row.agency, actor)?);
    let (act, payload, session) =
        archive.seal_document(ActKind::FileOpened, actor, owner, opening.fields(), Vec::new())?;
    let (mut acts, mut sessions) = (vec![(act, payload)], vec![session]);
    for record in records {
        let fields = Map::from_iter([("reason".to_owned(), reason.into())]);
        let owner = ActOwner::Known(record);
        let (mut act, payload, session) =
            archive.seal_document(ActKind::RecordFiled, actor, owner, fields, Vec::new())?;
        act.of = Some(part);
        acts.push((act, payload));
        sessions.push(session);
    }
    archive.commit_together_deciding(|| {
        // Once more at the head of the journal: a hold that came meanwhile keeps the file with all its records.
        check_not_held(archive, id, id)?;
        Ok((acts, sessions))
    })?;
    find(archive, part)
}

fn opening(archive: &Archive, file: &File, reason: &str) -> Result<Opening, Error> {
    let (row, state) = (&file.row, file.row.state());
    let last = || Error::new(ErrorCode::FilExists, file.id.to_string(), "there is no next volume");
    Ok(Opening {
        agency: row.agency.clone(),
        index: row.index.clone(),
        year: row.year,
        volume: next_volume(archive, &row.agency, &row.index, row.year)?.ok_or_else(last)?,
        title: row.title.clone(),
        form: FileForm::parse(&row.form).unwrap_or(FileForm::Electronic),
        item: row.item(),
        attributes: state.attributes.clone(),
        split: Some(Split {
            part_of: file.id,
            reason: reason.to_owned(),
            events: state.events.iter().filter_map(|(event, on)| Some((event.clone(), date(*on)?))).collect(),
            dates: row.dates(),
        }),
    })
}

/// Judges the volume as it would be: nothing in it may be kept for less than in the file that it is taken from.
fn check_not_sooner(
    archive: &Archive,
    judge: &Judge<'_>,
    file: &File,
    part: RecordId,
    opening: &Opening,
) -> Result<(), Error> {
    let malformed = || Error::new(ErrorCode::FilText, file.id.to_string(), "the volume cannot be opened as it is");
    let document = ActDocument::new(opening.fields());
    let row = FileRow::opened(&document, archive.head().size).ok_or_else(malformed)?;
    let (part, today) = (File { id: part, row }, civil_date(archive.now()));
    let is_permanent = |file: &File| judge.decide(file, today).status == Status::Permanent;
    let (before, after) = (judge.length(file, today), judge.length(&part, today));
    let is_shorter = before.zip(after).is_some_and(|(before, after)| after < before);
    if is_shorter || (is_permanent(file) && !is_permanent(&part)) {
        let what = "by an earlier item the file is kept longer than the volume would be";
        return Err(Error::new(ErrorCode::FilSooner, file.id.to_string(), what));
    }
    Ok(())
}
