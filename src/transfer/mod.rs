//! Handing records over to another archive: the package that they go in.
//!
//! A package has everything that one record must carry (N 430 cl. 8, 24, 27-29) and everything that proves it:
//! originals byte for byte, signatures and what they were validated by, card, file, term, holds, history, evidence,
//! and the entries of the journal with their proofs. `docs/transfer-package.md` has it byte for byte.
//!
//! [`layout`] says where everything stands. [`write`](mod@write) goes over the records: `past` is the archive as the
//! plan has it, [`record`] what goes with one record, [`output`] writes each file once with its digests,
//! [`format`](mod@format) what a form adds ([`mets_write`], [`premis_write`], over [`markup`]), and [`sink`] is where
//! the bytes go: a [`folder`], a [`tar`], or nowhere.
//!
//! It commits nothing and destroys nothing: which records go, who approved that, and what becomes of them at the
//! sender is for those who call it.

pub mod folder;
pub mod format;
pub mod layout;
pub mod markup;
pub mod mets_write;
pub mod output;
mod past;
pub mod premis_write;
pub mod record;
pub mod sink;
pub mod tar;
pub mod write;
