//! Full text: what the documents say, found by words, by those who may read it.
//!
//! [`follow`] takes the text out of what came in and keeps the words up with the journal; [`find`] asks. Both work on
//! [`Texts`](crate::archive::Texts), which can be lost and made again. Nothing of intake waits for it.
//!
//! Invariants
//!   - Taking the text of a record for the words gives nothing of it to anybody: no reading is logged for it.
//!   - A piece of text is shown of public records only; what a restricted record says is read by opening it.

pub mod find;
pub mod follow;
