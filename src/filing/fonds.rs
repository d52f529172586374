//! Fonds (қор, фонд): opened with a number, and taken over by other bodies.
//!
//! A fonds has an id and a key of its own in the archive's subtree, so its name outlives the files in it. A body that
//! takes it over is added; the number never changes, because citations name it.
//!
//! A crash leaves an act whole or not begun.

use super::files::check_short;
use super::{check_number, check_text};
use crate::archive::{ActOwner, Archive, OWN_SUBTREE};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::index::filing::{date, day};
use crate::index::fonds::FondsRow;
use crate::model::fonds::{FondsOpening, Succession};
use crate::model::id::{ActorId, RecordId};
use crate::tlog::leaf::ActKind;

/// A fonds with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fonds {
    /// Its id.
    pub id: RecordId,
    /// What the index has of it.
    pub row: FondsRow,
}

/// Opens a fonds.
pub fn open(archive: &Archive, opening: &FondsOpening, actor: ActorId) -> Result<Fonds, Error> {
    check_number("number", opening.number)?;
    check_text("name", &opening.name)?;
    check_short("agency", &opening.agency)?;
    // A fonds whose document cannot be read may have this number.
    super::check_whole(archive)?;
    if list(archive)?.iter().any(|fonds| fonds.row.number == opening.number) {
        return Err(Error::new(ErrorCode::FilNumberTaken, opening.number.to_string(), "a fonds has this number"));
    }
    let owner = ActOwner::New(RecordId(crate::random::bytes()), OWN_SUBTREE);
    archive.commit_files(ActKind::FondsOpened, actor, owner, opening.fields(), Vec::new())?;
    find(archive, opening.number)
}

/// Another body takes over a fonds.
pub fn succeed(archive: &Archive, number: u32, succession: &Succession, actor: ActorId) -> Result<Fonds, Error> {
    let fonds = find(archive, number)?;
    check_text("name", &succession.name)?;
    if let Some(agency) = &succession.agency {
        check_short("agency", agency)?;
    }
    let refused = |what: String| Err(Error::new(ErrorCode::FilDay, succession.date.to_string(), what));
    let today = civil_date(archive.now());
    if succession.date > today {
        return refused(format!("today is {today}"));
    }
    let last = fonds.row.successors.last().map(|successor| successor.from);
    if let Some(last) = last.filter(|last| *last > day(succession.date)).and_then(date) {
        return refused(format!("the fonds was taken over on {last}"));
    }
    let owner = ActOwner::Known(fonds.id);
    archive.commit_files(ActKind::FondsSucceeded, actor, owner, succession.fields(), Vec::new())?;
    find(archive, number)
}

/// Every fonds, by number.
pub fn list(archive: &Archive) -> Result<Vec<Fonds>, Error> {
    archive.wait_index()?;
    Ok(archive.index().fonds()?.into_iter().map(|(id, row)| Fonds { id, row }).collect())
}

/// The fonds with this number.
pub fn find(archive: &Archive, number: u32) -> Result<Fonds, Error> {
    let unknown = || Error::new(ErrorCode::FilNoInventory, number.to_string(), "no such fonds");
    list(archive)?.into_iter().find(|fonds| fonds.row.number == number).ok_or_else(unknown)
}
