//! Handing records over to another archive: what is selected, listed, approved, packed, sent, answered and let go.
//!
//! ```text
//! party ─► select ─► list ─► approve ─► (pack ─► send ─► answers ─► act ─► release)
//! ```
//! What stands in brackets is not there yet. A transfer has an id and a key of its own; its acts stay when what it was
//! about is gone, because they say where that is.
//!
//! What is sent is a package: a BagIt bag whose payload is one E-ARK package (METS, PREMIS), such a package alone, or a
//! bag alone. [`source`] is what a package is read from, [`bag`], [`mets`] and [`premis`] read what it says of itself,
//! [`xml`] is what the last two stand on, and [`check`] holds all of it against the bytes. They know no archive.
//!
//! Invariants
//!   - Nothing that comes in a package is held whole but what is bounded: a component may have any length, and a
//!     package any number of files up to [`source::FILES_MAX`].
//!   - Nothing in a package is believed: who made it is for others to say.
//!
//! Nothing here opens a connection.

pub mod approve;
pub mod bag;
pub mod case;
pub mod check;
pub mod claims;
pub mod list;
pub mod mets;
pub mod party;
pub mod premis;
pub mod select;
pub mod source;
pub mod xml;
