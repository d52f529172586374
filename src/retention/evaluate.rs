//! The one function that says what is due: facts of a file, editions of the lists, a day → a decision with reasons.
//!
//! Years are counted as the calendar has them: a term of n years that begins on day D ends before the same day n years
//! later; 29 February that a year does not have counts as 1 March.

use super::decision::{Decision, Reason, Status};
use super::facts::{Edition, Facts};
use chrono::NaiveDate;

/// What becomes of `file` on the day `as_of`, by `editions` in the order of their adoption.
pub fn evaluate(file: &Facts, editions: &[Edition<'_>], as_of: NaiveDate) -> Decision {
    let _ = editions;
    Decision {
        file: Some(file.file),
        as_of,
        status: Status::Unknown,
        action: None,
        due: None,
        by: None,
        reasons: vec![Reason::NoItem],
        holds: Vec::new(),
    }
}
