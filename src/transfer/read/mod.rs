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

use crate::limits::HASH_BUFFER_BYTES;
use crate::model::digest::{Sha256, Sha256Writer};
use crate::transfer::layout::{METS, TAG_MANIFESTS};
use source::Source;
use std::io::{self, Read};

pub mod bag;
pub mod check;
pub mod claims;
pub mod mets;
pub mod premis;
pub mod source;
pub mod xml;

/// The digest of a package of our form (docs/transfer-package.md §4): of a file that covers every other one. None when
/// it has no such file. It is worth as much as [`check::judge`] found that file to be.
pub fn digest(source: &dyn Source) -> io::Result<Option<Sha256>> {
    let Some(index) = source.find(TAG_MANIFESTS[1]).or_else(|| source.find(METS)) else { return Ok(None) };
    let (mut file, mut digest) = (source.open(index)?, Sha256Writer::default());
    let mut buffer = vec![0; HASH_BUFFER_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Some(digest.finish())),
            Ok(n) => digest.update(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
