//! File formats by content: what a component is, whatever its name says.
//!
//! `identify` looks at the first bytes, chooses the reader of the family and lets it look inside. A reader is
//! bounded in memory by its own constants and in work by one [`Budget`]; it never panics, never unpacks to disk, never
//! opens active content and never follows a link.
//!
//! What is found is a list of [`Finding`]s; what becomes of them is decided by the intake rules, not here.
//!
//! Identification is not validation: a file can have its format and still be unreadable for its own program.

use crate::error::ErrorCode;
use crate::model::format::{Basis, Family, Finding};
use std::io::{Read, Seek};

/// Name of this identifier, kept with every identification.
pub const IDENTIFIER: &str = "muragat-identify";
/// Its version: changes when any result could.
pub const IDENTIFIER_VERSION: &str = "1";
/// The PRONOM edition that the identifiers were taken from.
pub const PRONOM_EDITION: &str = "V125";

/// Bytes that can be read at any place.
pub trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// Work that one identification may still do: bytes read from the source and bytes inflated, together.
///
/// One budget for everything inside a file, so that nesting cannot multiply it.
#[derive(Debug)]
pub struct Budget {
    left: u64,
}

/// Bytes that one identification may read and inflate. Own bound: the largest content (60 MiB) is read a few times and
/// its inner streams may grow tenfold; at 300 MB/s it is spent in seconds.
pub const WORK_BYTES_MAX: u64 = 1024 * 1024 * 1024;

impl Default for Budget {
    fn default() -> Self {
        Self { left: WORK_BYTES_MAX }
    }
}

impl Budget {
    /// Takes `bytes` of work; false when it is spent, and then the reader stops with [`ErrorCode::FmtTooComplex`].
    pub fn spend(&mut self, bytes: u64) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                false
            }
        }
    }
}

/// What a reader of one family found.
#[derive(Debug, Default)]
pub struct Look {
    /// The format, when it was recognised.
    pub format: Option<Format>,
    /// What was met on the way.
    pub findings: Vec<Finding>,
}

/// A format that a reader recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Its family.
    pub family: Family,
    /// PRONOM unique identifier.
    pub puid: Option<&'static str>,
    /// Its name in PRONOM.
    pub name: &'static str,
    /// Its version in PRONOM; empty when it has none.
    pub version: &'static str,
    /// What the recognition rests on.
    pub basis: Basis,
}

/// Findings of one look, at most this many: a hostile file has one in every entry.
const FINDINGS_MAX: usize = 16;

impl Look {
    /// Notes a finding; each code and place once.
    pub fn find(&mut self, code: ErrorCode, place: &str, detail: impl Into<String>) {
        let place = crate::model::strict::shown(place);
        let known = self.findings.iter().any(|f| f.code == code && f.place == place);
        if !known && self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { code, place, detail: detail.into() });
        }
    }
}
