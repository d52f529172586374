//! Packages that came from elsewhere: read and judged, and never believed.
//!
//! A package is a BagIt bag whose payload is one E-ARK package (METS, PREMIS), such a package alone, or a bag alone.
//! [`source`] is what a package is read from, [`bag`], [`mets`] and [`premis`] read what it says of itself, [`xml`] is
//! what the last two stand on, and [`check`] holds all of it against the bytes. Nothing here knows an archive.
//!
//! Invariants
//!   - Nothing that comes in a package is held whole but what is bounded: a component may have any length, and a
//!     package any number of files up to [`source::FILES_MAX`].
//!   - Who made a package is for others to say.

pub mod bag;
pub mod check;
pub mod claims;
pub mod mets;
pub mod premis;
pub mod source;
pub mod xml;
