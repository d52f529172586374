//! Arranging records: the nomenclature, files (іс, дело), what happens to them, and holds.
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

pub mod due;
pub mod facts;
pub mod files;
pub mod holds;
pub mod nomenclature;
pub mod simulate;

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
