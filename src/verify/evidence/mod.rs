//! Evidence records (RFC 4998): that data existed at a time, by a chain of time-stamps that outlives each of them.
//!
//! [`tree`] builds the hash trees whose root is stamped and the reduced trees that lead from one leaf to it; [`record`]
//! reads and writes the structures; [`check`] says what a record proves about data, as of a time and by a policy.
//! `docs/evidence.md` says it for people.
//!
//! Invariants
//!   - No bytes cause a panic, and work is bounded ([`limits`](super::limits), [`work`](super::work)).
//!   - What is read and written again is the same bytes: a renewal is over them (RFC 4998 §5.2).
//!   - Nothing is proven by default: what is not known, not given or not trusted is INDETERMINATE with a reason.
//!
//! It obtains no time-stamps, keeps nothing, and knows no archive: see `crate::evidence`.

pub mod check;
pub mod record;
pub mod report;
pub mod tree;
