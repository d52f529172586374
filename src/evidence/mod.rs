//! Evidence: what an outsider says of the time at which the journal, and every record in it, was as it is.
//!
//! A *batch* is a range of entries of the journal. Its hash tree (RFC 4998 §4.2) has the digest of the signed
//! checkpoint behind it and the group commitment of every record and addition in it; one time-stamp of its root (RFC
//! 3161) is evidence for all of them. An evidence record for any one of them follows from the journal and the
//! time-stamp, and is made when somebody asks ([`record`]).
//!
//! In this order: [`heads`] puts the roots of the maps of heads into the journal; [`batch`] makes the tree; authorities
//! are asked, over the network by [`fetch`](crate::fetch) or by files; [`stamp`] checks what they answer and seals it
//! with an act; [`status`] says what ends when.
//!
//! Invariants
//!   - A time-stamp is kept only when it verifies by the policy in force, as a stranger would verify it.
//!   - Batches do not overlap and leave nothing out: each begins where the one before ended.
//!   - The tree of a batch follows from the entries alone; what is kept of it is for speed.
//!
//! It reads no component of a record: the commitments stand in the journal, where nobody without the salt can tell what
//! they are of.

pub mod batch;
pub mod group;
pub mod heads;
pub mod record;
pub mod renew;
pub mod stamp;
pub mod status;
