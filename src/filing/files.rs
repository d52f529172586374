//! The life of a file (іс, дело): opened, filled, closed, sometimes opened again.
//!
//! Every act about a file has a document under the file's own key, which lies in the agency's part of the vault. A
//! record that is put into a file gets an entry that names both; only moving it needs a reason, which is sealed under
//! the record's key.
//!
//! Invariants
//!   - Records are put into open files of their own agency only.
//!   - A file is closed on a day that has come, and not before its newest document was made.
//!
//! A crash leaves an act whole or not begun; of several records that are put into a file at once, all or none.

use super::due::Basis;
use super::{check_text, nomenclature};
use crate::archive::{ActOwner, Archive, Turn};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::index::filing::{FileRow, date, day};
use crate::index::rows::RecordRow;
use crate::index::writer::Payload;
use crate::limits::TEXT_SHORT_CHARS_MAX;
use crate::model::case_file::{Change, FileForm, ListItem, Opening};
use crate::model::id::{ActorId, RecordId};
use crate::model::nomenclature::YEARS;
use crate::retention::Status;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use chrono::{Datelike, NaiveDate};
use serde_json::Map;
use std::collections::{BTreeMap, HashSet};

/// Records that are put into a file at once. Own bound: they are one commit.
pub(crate) const ENTERED_MAX: usize = 10_000;
/// Attributes and events of one file. Own bound: rules ask for a few.
const NAMES_MAX: usize = 32;

/// One act of filing at a time in an agency: of two that are the same, the second sees what the first did.
pub(super) const TURN: &str = "filing";

/// What is asked for when a file is opened.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Code of the agency.
    pub agency: String,
    /// Index in the nomenclature.
    pub index: String,
    /// The year.
    pub year: u16,
    /// Number of the volume; none: the next one.
    pub volume: Option<u16>,
    /// Title; none: that of the nomenclature.
    pub title: Option<String>,
    /// What it is kept by; none: what the nomenclature says.
    pub item: Option<ListItem>,
    /// Attributes that variants of rules ask for.
    pub attributes: BTreeMap<String, String>,
}

/// A file with its id.
#[derive(Debug, Clone)]
pub struct File {
    /// Its id.
    pub id: RecordId,
    /// What the index has of it.
    pub row: FileRow,
}

/// Opens a file. Gives it as it is in the index.
pub fn open(archive: &Archive, asked: &Asked, actor: ActorId) -> Result<File, Error> {
    let refused = |code, subject: &str, what: String| Error::new(code, subject, what);
    if !YEARS.contains(&asked.year) {
        return Err(refused(ErrorCode::FilDay, "year", format!("{} is no year of a nomenclature", asked.year)));
    }
    check_short("agency", &asked.agency)?;
    check_short("index", &asked.index)?;
    check_attributes(&asked.attributes)?;
    let _turn = archive.turn(TURN, &asked.agency);
    let held = nomenclature::in_force(archive, &asked.agency, asked.year)?;
    let row = held.as_ref().and_then(|held| held.nomenclature.row(&asked.index));
    if held.is_some() && row.is_none() {
        let what = format!("the nomenclature of {} for {} has no such index", asked.agency, asked.year);
        return Err(refused(ErrorCode::FilNotInNomenclature, &asked.index, what));
    }
    let planned = row.and_then(|row| row.item.as_ref());
    if let (Some(planned), Some(item)) = (planned, &asked.item)
        && planned != item
    {
        let what = format!("the nomenclature says {planned}; another item needs a reclassification with a reason");
        return Err(refused(ErrorCode::FilNotInNomenclature, &asked.index, what));
    }
    let title = asked.title.clone().or_else(|| row.map(|row| row.title.clone()));
    let Some(title) = title else {
        let what = format!("no nomenclature of {} for {} was adopted, and no title is given", asked.agency, asked.year);
        return Err(refused(ErrorCode::FilNotInNomenclature, &asked.index, what));
    };
    check_text("title", &title)?;
    let next = next_volume(archive, &asked.agency, &asked.index, asked.year)?;
    let volume = asked.volume.or(next).unwrap_or(u16::MAX);
    if volume == 0 || archive.index().volumes(&asked.agency, &asked.index, asked.year)?.contains(&volume) {
        return Err(refused(ErrorCode::FilExists, &asked.index, format!("volume {volume} of {}", asked.year)));
    }
    let opening = Opening {
        agency: asked.agency.clone(),
        index: asked.index.clone(),
        year: asked.year,
        volume,
        title,
        form: row.map_or(FileForm::Electronic, |row| row.form),
        item: asked.item.clone().or_else(|| row.and_then(|row| row.item.clone())),
        attributes: asked.attributes.clone(),
        split: None,
    };
    let id = RecordId(crate::random::bytes());
    let subtree = archive.subtree(&asked.agency, actor)?;
    let owner = ActOwner::New(id, subtree);
    let (act, payload, session) =
        archive.seal_document(ActKind::FileOpened, actor, owner, opening.fields(), Vec::new())?;
    archive.commit(act, payload, None, Some(session))?;
    archive.wait_index()?;
    find(archive, id)
}

/// The number of the next volume, while there is one.
pub(super) fn next_volume(archive: &Archive, agency: &str, index: &str, year: u16) -> Result<Option<u16>, Error> {
    Ok(archive.index().volumes(agency, index, year)?.last().copied().unwrap_or(0).checked_add(1))
}

/// The file with this id.
pub fn find(archive: &Archive, id: RecordId) -> Result<File, Error> {
    if let Some(row) = archive.index().file(id)? {
        return Ok(File { id, row });
    }
    let destroyed = archive.index().destroyed(id)?.is_some();
    let unknown = || Error::new(ErrorCode::FilUnknown, id.to_string(), "no such file");
    Err(if destroyed { archive.no_record(id) } else { unknown() })
}

/// The file with this id, and the turn of its agency: what is found stays so until the act is done.
pub(super) fn find_in_turn(archive: &Archive, id: RecordId) -> Result<(File, Turn<'_>), Error> {
    let turn = archive.turn(TURN, &find(archive, id)?.row.agency);
    Ok((find(archive, id)?, turn))
}

/// Closes an open file on `day`.
pub fn close(archive: &Archive, id: RecordId, day: NaiveDate, actor: ActorId) -> Result<File, Error> {
    let (file, _turn) = find_in_turn(archive, id)?;
    check_open(&file)?;
    let refused = |what: String| Err(Error::new(ErrorCode::FilDay, day.to_string(), what));
    let today = civil_date(archive.now());
    if day > today {
        return refused(format!("today is {today}"));
    }
    if day.year() < i32::from(file.row.year) {
        return refused(format!("it is a file of {}", file.row.year));
    }
    if let Some(newest) = file.row.newest.and_then(date).filter(|newest| *newest > day) {
        return refused(format!("the newest document of the file was made on {newest}"));
    }
    change(archive, id, &Change::Closed(day), None, actor)
}

/// Opens a closed file again.
pub fn reopen(archive: &Archive, id: RecordId, reason: &str, actor: ActorId) -> Result<File, Error> {
    let (file, _turn) = find_in_turn(archive, id)?;
    if file.row.is_open() {
        return Err(Error::new(ErrorCode::FilOpen, id.to_string(), "it is open"));
    }
    // What an inventory lists of it is final.
    if let Some(citation) = file.row.citation() {
        return Err(Error::new(ErrorCode::FilListed, id.to_string(), format!("it is {citation}")));
    }
    change(archive, id, &Change::Reopened, Some(reason), actor)
}

/// Changes what a file is kept by: its item, or attributes that rules ask for.
pub fn reclassify(
    archive: &Archive,
    id: RecordId,
    item: Option<ListItem>,
    attributes: BTreeMap<String, String>,
    reason: &str,
    actor: ActorId,
) -> Result<File, Error> {
    check_attributes(&attributes)?;
    if item.is_none() && attributes.is_empty() {
        return Err(Error::new(ErrorCode::FilText, "item", "nothing is changed"));
    }
    let (file, _turn) = find_in_turn(archive, id)?;
    let known = file.row.state().attributes.len();
    if known + attributes.len() > NAMES_MAX {
        return Err(Error::new(ErrorCode::FilText, "attributes", format!("at most {NAMES_MAX}")));
    }
    change(archive, id, &Change::Reclassified { item, attributes }, Some(reason), actor)
}

/// Records an event that a term depends on. One that is recorded again on another day is a correction, and needs a
/// reason.
pub fn event(
    archive: &Archive,
    id: RecordId,
    event: &str,
    on: NaiveDate,
    reason: Option<&str>,
    actor: ActorId,
) -> Result<File, Error> {
    check_name("event", event)?;
    let (file, _turn) = find_in_turn(archive, id)?;
    let today = civil_date(archive.now());
    if on > today {
        return Err(Error::new(ErrorCode::FilDay, on.to_string(), format!("today is {today}")));
    }
    let events = &file.row.state().events;
    if events.get(event) == Some(&day(on)) {
        return Ok(file);
    }
    if events.contains_key(event) && reason.is_none() {
        let what = format!("{event} was recorded for another day; a correction needs a reason");
        return Err(Error::new(ErrorCode::FilText, "reason", what));
    }
    if !events.contains_key(event) && events.len() == NAMES_MAX {
        return Err(Error::new(ErrorCode::FilText, "event", format!("at most {NAMES_MAX}")));
    }
    change(archive, id, &Change::Event { event: event.to_owned(), day: on }, reason, actor)
}

fn change(
    archive: &Archive,
    id: RecordId,
    change: &Change,
    reason: Option<&str>,
    actor: ActorId,
) -> Result<File, Error> {
    if let Some(reason) = reason {
        check_text("reason", reason)?;
    }
    let kind = match change {
        Change::Closed(_) => ActKind::FileClosed,
        Change::Reopened => ActKind::FileReopened,
        Change::Reclassified { .. } => ActKind::FileReclassified,
        Change::Event { .. } => ActKind::EventRecorded,
    };
    let (act, payload, session) =
        archive.seal_document(kind, actor, ActOwner::Known(id), change.fields(reason), Vec::new())?;
    archive.commit(act, payload, None, Some(session))?;
    archive.wait_index()?;
    find(archive, id)
}

/// What became of the records that were to be put into a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    /// Put into the file now.
    pub entered: Vec<RecordId>,
    /// In it already.
    pub held: Vec<RecordId>,
}

/// Puts records into an open file of their agency: all of them, or none when one of them cannot be. `reason` is why
/// those that are in another file are moved.
pub fn enter(
    archive: &Archive,
    id: RecordId,
    records: &[RecordId],
    reason: Option<&str>,
    actor: ActorId,
) -> Result<Entered, Error> {
    let (file, _turn) = find_in_turn(archive, id)?;
    check_open(&file)?;
    if let Some(reason) = reason {
        check_text("reason", reason)?;
    }
    if records.len() > ENTERED_MAX {
        let what = format!("{} records, at most {ENTERED_MAX} at once", records.len());
        return Err(Error::new(ErrorCode::FilText, "records", what));
    }
    let mut result = Entered::default();
    let mut known = HashSet::new();
    let (mut acts, mut sessions, mut left) = (Vec::new(), Vec::new(), Vec::new());
    // Read for the first one that leaves another file.
    let mut basis = None;
    for record in records {
        let row = record_row(archive, *record)?;
        if row.agency != file.row.agency {
            let what = format!("a record of {}, the file is of {}", row.agency, file.row.agency);
            return Err(Error::new(ErrorCode::FilForeign, record.to_string(), what));
        }
        if !known.insert(*record) {
            continue;
        }
        match (row.filed, reason) {
            (Some(filed), _) if filed == id.0 => {
                result.held.push(*record);
                continue;
            }
            (Some(filed), None) => {
                let what = format!("it is in file {}", RecordId(filed));
                return Err(Error::new(ErrorCode::FilElsewhere, record.to_string(), what));
            }
            (Some(filed), Some(reason)) => {
                let basis = match &basis {
                    Some(basis) => basis,
                    None => &*basis.insert(Basis::read(archive)?),
                };
                check_leaves(archive, basis, *record, (RecordId(filed), &file))?;
                left.push((*record, RecordId(filed)));
                let fields = Map::from_iter([("reason".to_owned(), reason.into())]);
                let owner = ActOwner::Known(*record);
                let (mut act, payload, session) =
                    archive.seal_document(ActKind::RecordFiled, actor, owner, fields, Vec::new())?;
                act.of = Some(id);
                acts.push((act, payload));
                sessions.push(session);
            }
            (None, _) => {
                let mut act = Act::new(ActKind::RecordFiled, actor);
                act.rec = Some(*record);
                act.of = Some(id);
                acts.push((act, Payload::None));
            }
        }
        result.entered.push(*record);
    }
    if !acts.is_empty() {
        archive.commit_together_deciding(|| {
            // Once more at the head of the journal: a hold that came meanwhile keeps the file with all its records.
            left.iter().try_for_each(|(record, from)| check_not_held(archive, *record, *from))?;
            Ok((acts, sessions))
        })?;
    }
    Ok(result)
}

/// Refuses to take a record out of a file that a hold keeps.
pub(crate) fn check_not_held(archive: &Archive, record: RecordId, from: RecordId) -> Result<(), Error> {
    match archive.index().holds_on(from)?.first() {
        Some(hold) => {
            let what = format!("hold {hold} keeps file {from}");
            Err(Error::new(ErrorCode::HldHeld, record.to_string(), what))
        }
        None => Ok(()),
    }
}

/// Refuses to take a record out of a file where that could bring the day nearer on which it is due, or free it from a
/// hold: for the first a signed decision is needed (`disposition::refile`), the second nothing allows.
fn check_leaves(
    archive: &Archive,
    basis: &Basis,
    record: RecordId,
    (from, to): (RecordId, &File),
) -> Result<(), Error> {
    check_not_held(archive, record, from)?;
    let from = find(archive, from)?;
    let refused = |what: String| Err(Error::new(ErrorCode::FilSooner, record.to_string(), what));
    if from.row.states.iter().any(|state| state.closed.is_some()) {
        return refused(format!("file {} was closed, so it has a day", from.id));
    }
    let today = civil_date(archive.now());
    let judge = basis.judge();
    let is_permanent = |file: &File| judge.decide(file, today).status == Status::Permanent;
    if is_permanent(&from) && !is_permanent(to) {
        return refused(format!("file {} is kept for ever", from.id));
    }
    match (judge.length(&from, today), judge.length(to, today)) {
        (Some(here), there) if there.is_none_or(|there| there < here) => {
            refused(format!("file {} is kept longer, or for how long {} is kept is not known", from.id, to.id))
        }
        _ => Ok(()),
    }
}

pub(super) fn record_row(archive: &Archive, record: RecordId) -> Result<RecordRow, Error> {
    archive.index().record_by_id(record)?.ok_or_else(|| archive.no_record(record))
}

pub(crate) fn check_open(file: &File) -> Result<(), Error> {
    if file.row.is_open() {
        return Ok(());
    }
    Err(Error::new(ErrorCode::FilClosed, file.id.to_string(), "it is closed"))
}

pub(super) fn check_short(name: &str, text: &str) -> Result<(), Error> {
    check_text(name, text)?;
    if text.chars().count() > TEXT_SHORT_CHARS_MAX {
        return Err(Error::new(ErrorCode::FilText, name, format!("more than {TEXT_SHORT_CHARS_MAX} characters")));
    }
    Ok(())
}

/// Names of attributes and events are words of rules.
fn check_name(place: &str, name: &str) -> Result<(), Error> {
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if is_name {
        return Ok(());
    }
    Err(Error::new(ErrorCode::FilText, place, "a name has 1 to 64 of a-z, 0-9 and _"))
}

fn check_attributes(attributes: &BTreeMap<String, String>) -> Result<(), Error> {
    if attributes.len() > NAMES_MAX {
        return Err(Error::new(ErrorCode::FilText, "attributes", format!("at most {NAMES_MAX}")));
    }
    for (name, value) in attributes {
        check_name("attribute", name)?;
        check_short(name, value)?;
    }
    Ok(())
}
