//! Handing records over to another archive: what is selected, listed, approved, packed, sent, answered and let go.
//!
//! ```text
//! party ─► select ─► list ─► approve ─► (pack ─► send ─► answers ─► act ─► release)
//! ```
//! What stands in brackets is not there yet. A transfer has an id and a key of its own; its acts stay when what it was
//! about is gone, because they say where that is.
//!
//! Nothing here opens a connection.

pub mod approve;
pub mod case;
pub mod list;
pub mod party;
pub mod select;
