//! Inventories of files (тізімдеме, опись): which files of a fonds are kept, each with its number.
//!
//! An inventory is of one kind, as the law has it: files kept for ever, files about the staff, files kept for more than
//! 10 years. It has an id and a key of its own; what it lists of a file is sealed under that key, so a file that was
//! destroyed is still found by its index, its year and its title. Where a title may name a person, in an inventory of
//! files about the staff or of a file of which that is said, the index stands for it.
//!
//! Invariants
//!   - A file stands in one inventory at most, of a fonds of its agency, and only once it is closed. It is not opened
//!     again afterwards.
//!   - Numbers are given from 1, in the order in which files are entered, and never twice.
//!   - An inventory that was approved up to a year takes no more files that were closed in that year or before it.
//!
//! Files are entered all or none, also after a crash.

use super::due::{self, Basis, Judge};
use super::files::{self, File, check_short};
use super::fonds::{self, Fonds};
use super::{check_number, check_text, check_whole};
use crate::archive::{ActOwner, Archive, OWN_SUBTREE};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::index::filing::{FileRow, date};
use crate::index::fonds::InventoryRow;
use crate::index::writer::Payload;
use crate::model::case_file::TITLE_NAMES_PERSON;
use crate::model::fonds::{Approval, InventoryKind, InventoryOpening, Unit};
use crate::model::id::{ActorId, RecordId};
use crate::model::nomenclature::YEARS;
use crate::retention::{Length, Status};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// Files that are kept for more years than this, and not for ever, have an inventory of their own (temporary over 10
/// years).
pub const LONG_TERM_OVER_YEARS: u32 = 10;
/// The attribute of a file by which it is one about the staff, and its value.
pub const PERSONNEL: (&str, &str) = ("personnel", "yes");
/// Files that are entered at once. Own bound: they are one commit and one document.
const ENTERED_MAX: usize = 10_000;
/// Files that come with an approval. Own bound: minutes, their signatures, the inventory itself.
pub const ATTACHMENTS_MAX: usize = 16;
/// Bytes of one of them. Own bound: a scan of a long inventory.
pub const ATTACHMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An inventory with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Its id.
    pub id: RecordId,
    /// What the index has of it.
    pub row: InventoryRow,
}

/// Opens an inventory.
pub fn open(archive: &Archive, opening: &InventoryOpening, actor: ActorId) -> Result<Inventory, Error> {
    let fonds = fonds::find(archive, opening.fonds)?;
    check_number("number", opening.number)?;
    check_text("title", &opening.title)?;
    if let Some(year) = opening.from.iter().chain(&opening.to).find(|year| !YEARS.contains(year)) {
        return Err(Error::new(ErrorCode::FilDay, year.to_string(), "no year of a nomenclature"));
    }
    if let (Some(from), Some(to)) = (opening.from, opening.to)
        && from > to
    {
        return Err(Error::new(ErrorCode::FilDay, from.to_string(), format!("after {to}")));
    }
    // An inventory whose document cannot be read may have this number.
    check_whole(archive)?;
    if find(archive, fonds.row.number, opening.number).is_ok() {
        let what = format!("fonds {} has an inventory with this number", opening.fonds);
        return Err(Error::new(ErrorCode::FilNumberTaken, opening.number.to_string(), what));
    }
    let owner = ActOwner::New(RecordId(crate::random::bytes()), OWN_SUBTREE);
    archive.commit_files(ActKind::InventoryOpened, actor, owner, opening.fields(), Vec::new())?;
    find(archive, opening.fonds, opening.number)
}

/// Every inventory, by the numbers of its fonds and its own.
pub fn list(archive: &Archive) -> Result<Vec<Inventory>, Error> {
    archive.wait_index()?;
    Ok(archive.index().inventories()?.into_iter().map(|(id, row)| Inventory { id, row }).collect())
}

/// The inventory with this number in the fonds with that number.
pub fn find(archive: &Archive, fonds: u32, number: u32) -> Result<Inventory, Error> {
    let unknown = || Error::new(ErrorCode::FilNoInventory, format!("{fonds}/{number}"), "no such inventory");
    let mut all = list(archive)?.into_iter();
    all.find(|inventory| inventory.row.fonds == fonds && inventory.row.number == number).ok_or_else(unknown)
}

/// The files of an inventory, as it lists them.
pub fn units(archive: &Archive, inventory: &Inventory) -> Result<Vec<Unit>, Error> {
    let units = archive.index().units(inventory.id)?;
    Ok(units.into_iter().map(|(number, row)| row.unit(number)).collect())
}

/// Enters closed files into an inventory, in this order: all of them, or none when one of them cannot be.
pub fn enter(
    archive: &Archive,
    (fonds, number): (u32, u32),
    ids: &[RecordId],
    actor: ActorId,
) -> Result<Vec<Unit>, Error> {
    let (fonds, inventory) = (fonds::find(archive, fonds)?, find(archive, fonds, number)?);
    // A number whose document cannot be read was given all the same.
    let basis = Basis::read(archive)?;
    let judge = basis.judge();
    if ids.is_empty() || ids.len() > ENTERED_MAX {
        let what = format!("{} files, wanted 1 to {ENTERED_MAX} at once", ids.len());
        return Err(Error::new(ErrorCode::FilText, "files", what));
    }
    let mut units = Vec::with_capacity(ids.len());
    let mut known = BTreeSet::new();
    for id in ids.iter().filter(|id| known.insert(**id)) {
        let file = files::find(archive, *id)?;
        check_enters(archive, &judge, &file, &fonds, &inventory.row)?;
        let number = u32::try_from(units.len() + 1).ok().and_then(|n| inventory.row.units.checked_add(n));
        let full = || Error::new(ErrorCode::FilNumberTaken, id.to_string(), "the inventory has no more numbers");
        units.push(unit(archive, number.ok_or_else(full)?, &file, inventory.row.kind())?);
    }
    let owner = ActOwner::Known(inventory.id);
    let (act, payload, session) =
        archive.seal_document(ActKind::InventoryEntered, actor, owner, Unit::fields(&units), Vec::new())?;
    let mut acts = vec![(act, payload)];
    acts.extend(units.iter().map(|unit| {
        let mut act = Act::new(ActKind::FileInventoried, actor);
        act.rec = Some(unit.file);
        act.of = Some(inventory.id);
        (act, Payload::None)
    }));
    archive.commit_together(acts)?;
    drop(session);
    Ok(units)
}

fn check_enters(
    archive: &Archive,
    judge: &Judge<'_>,
    file: &File,
    fonds: &Fonds,
    inventory: &InventoryRow,
) -> Result<(), Error> {
    let refused = |code, what: String| Err(Error::new(code, file.id.to_string(), what));
    if let Some(citation) = file.row.citation() {
        return refused(ErrorCode::FilListed, format!("it is {citation}"));
    }
    let Some(closed) = closed(&file.row) else {
        return refused(ErrorCode::FilOpen, "an open file has no last date and no number of documents yet".to_owned());
    };
    if file.row.documents == 0 {
        return refused(ErrorCode::FilNotOfInventory, "no record is in it".to_owned());
    }
    if !fonds.row.is_of(&file.row.agency) {
        return refused(ErrorCode::FilNotOfInventory, format!("it is of {}, the fonds is not", file.row.agency));
    }
    let belongs = kind_of(judge, file, civil_date(archive.now()));
    // That a file is about the staff is for a person to say, with the attribute or by entering it.
    let is_said = inventory.kind() == InventoryKind::Personnel && belongs != Some(InventoryKind::Personnel);
    if belongs != Some(inventory.kind()) && !is_said {
        let belongs = belongs.map_or("none", InventoryKind::as_str);
        return refused(ErrorCode::FilNotOfInventory, format!("its kind is {belongs}, that is {}", inventory.kind()));
    }
    match inventory.approved_until().filter(|until| closed.year() <= i32::from(*until)) {
        Some(until) => refused(ErrorCode::FilApproved, format!("closed {closed}, and approved up to {until}")),
        None => Ok(()),
    }
}

fn closed(row: &FileRow) -> Option<NaiveDate> {
    row.state().closed.and_then(date)
}

/// A file as it is listed. The dates are those of what is in it now.
fn unit(archive: &Archive, number: u32, file: &File, kind: InventoryKind) -> Result<Unit, Error> {
    let row = &file.row;
    let mut days = Vec::new();
    for record in archive.index().filed(file.id)? {
        days.extend(archive.index().record(record)?.and_then(|record| record.created));
    }
    let is_personal = may_name_person(row, kind);
    let not_closed = || Error::new(ErrorCode::FilOpen, file.id.to_string(), "it is open");
    Ok(Unit {
        number,
        file: file.id,
        index: row.index.clone(),
        year: row.year,
        volume: row.volume,
        title: (!is_personal).then(|| row.title.clone()),
        oldest: days.iter().min().copied().and_then(date),
        newest: days.iter().max().copied().and_then(date),
        closed: closed(row).ok_or_else(not_closed)?,
        documents: row.documents,
    })
}

/// Whether the title of a file may name a person, by what is known of it now.
pub(crate) fn may_name_person(row: &FileRow, kind: InventoryKind) -> bool {
    let is_named = row.state().attributes.get(TITLE_NAMES_PERSON).is_some_and(|value| value == "yes");
    kind == InventoryKind::Personnel || is_personnel(row) || is_named
}

fn is_personnel(row: &FileRow) -> bool {
    row.state().attributes.get(PERSONNEL.0).is_some_and(|value| value == PERSONNEL.1)
}

/// The kind of inventory that a file belongs into; none when it belongs into none, or that is not known.
pub fn kind_of(judge: &Judge<'_>, file: &File, as_of: NaiveDate) -> Option<InventoryKind> {
    if is_personnel(&file.row) {
        return Some(InventoryKind::Personnel);
    }
    if judge.decide(file, as_of).status == Status::Permanent {
        return Some(InventoryKind::Permanent);
    }
    match judge.length(file, as_of)? {
        Length::Permanent => Some(InventoryKind::Permanent),
        length => length.is_over(LONG_TERM_OVER_YEARS).then_some(InventoryKind::LongTerm),
    }
}

/// An expert commission approves an inventory for the years up to one that is over. `attached` are the scan or the
/// signed document of its minutes.
pub fn approve(
    archive: &Archive,
    (fonds, number): (u32, u32),
    approval: &Approval,
    attached: Vec<(String, Vec<u8>)>,
    actor: ActorId,
) -> Result<Inventory, Error> {
    let inventory = find(archive, fonds, number)?;
    check_short("minutes_number", &approval.minutes_number)?;
    let today = civil_date(archive.now());
    if i32::from(approval.until) >= today.year() || !YEARS.contains(&approval.until) {
        let what = format!("today is {today}: only years that are over are approved");
        return Err(Error::new(ErrorCode::FilDay, approval.until.to_string(), what));
    }
    if approval.minutes_date > today {
        return Err(Error::new(ErrorCode::FilDay, approval.minutes_date.to_string(), format!("today is {today}")));
    }
    if let Some(until) = inventory.row.approved_until().filter(|until| *until >= approval.until) {
        let what = format!("it is approved up to {until}");
        return Err(Error::new(ErrorCode::FilApproved, approval.until.to_string(), what));
    }
    check_attached(&attached)?;
    let owner = ActOwner::Known(inventory.id);
    archive.commit_files(ActKind::InventoryApproved, actor, owner, approval.fields(), attached)?;
    find(archive, fonds, number)
}

/// An approval stands on paper or a signed document, which is kept with it.
fn check_attached(attached: &[(String, Vec<u8>)]) -> Result<(), Error> {
    let refused = |what: String| Err(Error::new(ErrorCode::FilText, "attach", what));
    if attached.is_empty() || attached.len() > ATTACHMENTS_MAX {
        return refused(format!("{} files, wanted 1 to {ATTACHMENTS_MAX}", attached.len()));
    }
    let mut names = BTreeSet::new();
    for (name, bytes) in attached {
        check_short("attach", name)?;
        if !names.insert(name) {
            return refused(format!("{name} is named twice"));
        }
        if bytes.is_empty() || bytes.len() > ATTACHMENT_BYTES_MAX {
            return refused(format!("{name} has {} bytes, wanted 1 to {ATTACHMENT_BYTES_MAX}", bytes.len()));
        }
    }
    Ok(())
}

/// What is approved of the inventories of an agency, for the years up to one.
#[derive(Debug, Clone, Default)]
pub struct Approved {
    /// The kinds that are approved.
    pub kinds: BTreeSet<InventoryKind>,
    /// Inventories, by the numbers of fonds and inventory, that list a file of those years which nobody has approved.
    pub open: Vec<(u32, u32)>,
    /// Files that belong into an inventory, by what is known, and stand in none.
    pub unlisted: Vec<(File, InventoryKind)>,
}

impl Approved {
    /// Whether every kind is approved and no file is missing.
    pub fn is_whole(&self) -> bool {
        self.kinds.len() == InventoryKind::ALL.len() && self.unlisted.is_empty()
    }
}

/// Which of the three kinds of inventories are approved for an agency up to `year`, and which of its files that were
/// closed by then belong into one and stand in none.
///
/// A kind is approved when one inventory of it is approved up to `year`, and no other lists a file of those years that
/// nobody has approved.
pub fn inventories_approved(archive: &Archive, agency: &str, year: u16) -> Result<Approved, Error> {
    let basis = Basis::read(archive)?;
    let judge = basis.judge();
    let fonds: BTreeSet<u32> =
        fonds::list(archive)?.iter().filter(|fonds| fonds.row.is_of(agency)).map(|fonds| fonds.row.number).collect();
    let mut kinds: BTreeMap<InventoryKind, (bool, bool)> = BTreeMap::new();
    let mut open = Vec::new();
    for inventory in list(archive)?.iter().filter(|inventory| fonds.contains(&inventory.row.fonds)) {
        let until = inventory.row.approved_until().map_or(i32::MIN, i32::from);
        let years = units(archive, inventory)?.into_iter().map(|unit| unit.closed.year());
        let is_open = years.into_iter().any(|closed| closed <= i32::from(year) && closed > until);
        let (is_approved, has_open) = kinds.entry(inventory.row.kind()).or_default();
        *is_approved |= until >= i32::from(year);
        *has_open |= is_open;
        open.extend(is_open.then_some((inventory.row.fonds, inventory.row.number)));
    }
    let kinds = kinds.into_iter().filter(|(_, (is_approved, has_open))| *is_approved && !has_open);
    let mut approved = Approved { kinds: kinds.map(|(kind, _)| kind).collect(), open, unlisted: Vec::new() };
    let today = civil_date(archive.now());
    for file in due::files(archive)? {
        let is_of = file.row.agency == agency && file.row.listed.is_none();
        let is_by_then = closed(&file.row).is_some_and(|closed| closed.year() <= i32::from(year));
        if is_of
            && is_by_then
            && let Some(kind) = kind_of(&judge, &file, today)
        {
            approved.unlisted.push((file, kind));
        }
    }
    Ok(approved)
}
