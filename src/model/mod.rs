//! Nouns without I/O: identifiers, digests, the submission, the card, the record; and how text is folded to compare it.
//!
//! Lowest layer: imports nothing of this crate but [`crate::error`], [`crate::limits`] and [`crate::text`].

pub mod amendment;
pub mod answer;
pub mod calendar;
pub mod canonical;
pub mod card;
pub mod case_file;
pub mod citation;
pub mod classifier;
pub mod cms;
pub mod container;
pub mod digest;
pub(crate) mod document;
pub mod extracted;
pub mod finding;
pub mod fold;
pub mod fonds;
pub mod form;
pub mod format;
pub mod id;
pub mod iin;
pub mod import;
pub mod material;
pub mod means;
pub mod missing;
pub mod nomenclature;
pub mod paper;
pub mod party;
pub mod path;
pub mod profile;
pub mod record;
pub mod secrecy;
pub(crate) mod source;
pub(crate) mod strict;
pub mod submission;
pub mod transferred;
pub mod url;
pub mod validation;
