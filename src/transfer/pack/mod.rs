//! The package that records are handed over in.
//!
//! It has everything that one record must carry (N 430 cl. 8, 24, 27-29) and everything that proves it: originals byte
//! for byte, signatures and what they were validated by, card, file, term, holds, history, evidence, and the entries of
//! the journal with their proofs. `docs/transfer-package.md` has it byte for byte.
//!
//! [`write`](mod@write) goes over the records: `past` is the archive as the plan has it, [`record`] what goes with one
//! record, [`output`] writes each file once with its digests, [`format`](mod@format) what a form adds ([`mets`],
//! [`premis`], over [`markup`]), and [`sink`] is where the bytes go: a [`folder`], a [`tar`], or nowhere.
//!
//! It commits nothing and destroys nothing: which records go, who approved that, and what becomes of them at the
//! sender is for those who call it.

pub mod folder;
pub mod format;
pub mod markup;
pub mod mets;
pub mod output;
mod past;
pub mod premis;
pub mod record;
pub mod sink;
pub mod tar;
pub mod write;
