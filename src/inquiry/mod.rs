//! The inquiry desk: what a court, a prosecutor or another authority asks the archive for, from request to answer.
//!
//! ```text
//! open ─► search, take ─► read ─► answer (signed outside) ─► close
//! ```
//! An inquiry has an id and a key of its own. [`desk`] opens and closes it and puts records under it, [`search`] asks
//! the archive on its behalf, [`answer`] writes what was found, or that nothing was, to be signed, and [`register`]
//! lists what came in a year.
//!
//! Invariants
//!   - A search is in the journal before its result is seen, and a reading before a byte of content, whatever the
//!     access category of the record.
//!   - What was found stays: in the commit of the search a hold begins to keep it, and only closing the inquiry ends
//!     it.
//!   - What an inquiry says of people and cases is sealed under its own key; entries have random ids only.
//!   - An answer says nothing of another inquiry.
//!
//! A crash leaves each act whole or not begun. Nothing here destroys, and nothing is handed over.

pub mod answer;
pub mod bundle;
pub mod copy;
pub mod desk;
pub mod register;
pub mod search;
