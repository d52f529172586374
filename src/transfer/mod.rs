//! Handing records over to another archive: what is selected, listed, approved, packed, sent, answered and let go.
//!
//! ```text
//! party ─► select ─► list ─► approve ─► (pack ─► send ─► answers ─► act ─► release)
//! ```
//! What stands in brackets has no commands yet. A transfer has an id and a key of its own; its acts stay when what it
//! was about is gone, because they say where that is.
//!
//! [`pack`] writes the package that goes, [`read`] judges packages of whatever program, and [`layout`] says where
//! everything stands in ours. [`custody`] says what a sender's journal proves of a record.
//!
//! Nothing here opens a connection.

pub mod accession;
pub mod act;
pub mod answer;
pub mod approve;
pub mod case;
pub mod certificate;
pub mod counterpart;
pub mod custody;
pub mod layout;
pub mod list;
pub mod pack;
pub mod party;
pub mod read;
pub mod release;
pub mod release_document;
pub mod reply;
pub mod seal;
pub mod select;
pub mod send;
pub mod take;
