//! Append-only, encrypted, content-addressed bytes: the first truth.
//!
//! An *object* (a component, a manifest, an act document) is one or more *frames* in a *segment*; `docs/format.md` §2
//! has every byte. [`seal`] makes frames from plaintext, [`segment`] appends them, [`read`] opens objects or ranges of
//! them, [`scrub`] checks stored bytes without any key, [`compact`] copies what stays of a segment.
//!
//! Invariants
//!   - A frame once committed is never changed; compaction copies frames verbatim.
//!   - The address of an object is BLAKE3 over stored bytes, so it says nothing about the plaintext.
//!   - Every byte of a segment is covered by a digest that `audit` recomputes.
//!
//! It does not decide what is committed (the lock record does, see [`tlog::commit`](crate::tlog::commit)), and it knows
//! no retention.

pub mod compact;
pub mod disk;
pub mod envelope;
pub mod format;
pub mod local;
pub mod parts;
pub mod read;
pub mod scrub;
pub mod seal;
pub mod segment;
pub mod spool;

pub use disk::{Disk, DiskError};
pub use format::{FrameLoc, ObjectKind};
