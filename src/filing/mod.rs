//! Arranging records: the nomenclature, files (іс, дело), what happens to them, fonds and inventories, papers, holds.
//!
//! Stands between intake and retention. Every step is an act in the journal: a file is opened under an index of the
//! nomenclature with a key of its own, records are put into it, it is closed, and what its term depends on is recorded.
//! [`facts`] gathers what `retention` judges.
//!
//! Invariants
//!   - What an act changes is added; what stood before stays readable and keeps counting (`retention`).
//!   - A hold is taken whenever anything can be written, and says of each record and file in the journal what it keeps.
//!
//! A crash leaves an act whole or not begun. Nothing here destroys anything.

pub mod cite;
pub mod due;
pub mod facts;
pub mod files;
pub mod fonds;
pub mod handover;
pub mod holds;
pub mod inventory;
pub mod nomenclature;
pub mod paper;
pub mod simulate;
pub mod split;

use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::limits::TEXT_LONG_CHARS_MAX;
use crate::model::strict::is_unprintable;

/// Refuses a text that nobody could read later.
pub(crate) fn check_text(name: &str, text: &str) -> Result<(), Error> {
    let count = text.chars().count();
    if text.trim().is_empty() || count > TEXT_LONG_CHARS_MAX || text.contains(is_unprintable) {
        let what = format!("{count} characters; wanted 1 to {TEXT_LONG_CHARS_MAX}, printable and not blank");
        return Err(Error::new(ErrorCode::FilText, name, what));
    }
    Ok(())
}

/// Refuses a number that no citation can have.
fn check_number(name: &str, number: u32) -> Result<(), Error> {
    if number == 0 {
        return Err(Error::new(ErrorCode::FilText, name, "numbers begin with 1"));
    }
    Ok(())
}

/// Refuses while something that the index has seen cannot be read: it may have been what is asked about.
fn check_whole(archive: &Archive) -> Result<(), Error> {
    let damaged = archive.index_meta().damaged;
    if damaged > 0 {
        let what = format!("{damaged} entries of the journal brought what cannot be read; run audit");
        return Err(Error::new(ErrorCode::StoChanged, "index", what));
    }
    Ok(())
}
