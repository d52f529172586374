//! The text of documents, for search: in limited processes, because documents come from strangers.
//!
//! [`Extractors::extract`] sends a component to a child ([`child`]) of this same program and takes its text as units
//! ([`crate::model::extracted`]). What a component is has been found by identification and is not decided by its name.
//! Office documents, PDF, RAR and ZIP are read by crates that are pinned, RTF by a reader of our own; pictures have no
//! text, and nothing here recognises letters in them.
//!
//! Invariants
//!   - A document can harm its own extraction only.
//!   - Plaintext is in memory and in pipes, never on disk; a crash leaves nothing.
//!   - Same bytes, same build, same text.
//!
//! Text is derived: nothing of intake waits for it or fails by it. `docs/full-text.md` §2 has formats and limits.

pub mod child;
mod frame;
mod office;
mod packed;
mod pdf;
mod plain;
mod pool;
mod read;
mod rtf;
mod sink;
mod sniff;

pub use pool::{DOCUMENTS_MAX, Extractors, INPUT_BYTES_MAX, Settings, WALL};
pub use sink::{TEXT_BYTES_MAX, UNITS_MAX};
