//! The bundle for an inquiry: one file with originals and everything that shows to a stranger what they are.
//!
//! ```text
//! SHA256SUMS                 every member but itself and those of proof/; the journal commits to it
//! VERIFY.txt verify.py       how to check without any program of ours
//! report.html report.json    what it is about, in three languages
//! records/ID/record.asice    originals, metadata and salts of the record, evidence records (ASiC-E, EN 319 162-1)
//! records/ID/report.*        what the archive says of the record
//! evidence/  material/       the checkpoint that authorities stamped; certificates and revocation data
//! trust/                     the policies that the archive itself judges by; nobody has to believe them
//! proof/                     checkpoint, entries with their proofs, heads
//! ```
//! [`make`] commits the bundle and writes it, [`asic`] lays out the container of a record, [`report`] writes what
//! people read, [`check`] takes a bundle apart without an archive, with [`provenance`] for what other
//! archives prove of a record that they handed over, and [`finding`] is what it says.
//!
//! Invariants
//!   - The act `inquiry.bundled` commits to each byte outside `proof/`; what is in `proof/` proves itself.
//!   - Of the same act and the same size of the journal a bundle is the same bytes: what was written for it once is
//!     sealed with the act, under the key of the record that it is about.
//!   - It says nothing of another inquiry: of readings it has its own, or all, or their number, as configured.

pub mod asic;
pub mod check;
pub mod finding;
pub mod make;
pub mod provenance;
pub mod report;

use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Records of a bundle. Own bound: the container counts its members in 16 bits, and a record with a long history has
/// some sixty of them.
pub const RECORDS_MAX: usize = 1000;
/// The list of digests.
pub const SUMS: &str = "SHA256SUMS";
/// Proofs begin so.
pub const PROOF: &str = "proof/";
/// The checkpoint that all proofs are under.
pub const CHECKPOINT: &str = "proof/checkpoint";
/// That the stamped checkpoint is of the same journal.
pub const CONSISTENCY: &str = "proof/consistency";
/// The checkpoint that authorities stamped.
pub const STAMPED: &str = "evidence/checkpoint";
/// The policy of witnesses that the archive has, or one that names its log only.
pub const LOG_POLICY: &str = "trust/log-policy.txt";
/// The validation policy of the archive.
pub const VALIDATION_POLICY: &str = "trust/validation-policy.toml";
/// Certificates and revocation data.
pub const MATERIAL: &str = "material/";
/// What the archive says of the bundle.
pub const REPORT: &str = "report.json";
/// The value of its `schema` field.
pub const REPORT_SCHEMA: &str = "muragat/bundle/1";

/// Where the container of a record is.
pub fn container_of(record: RecordId) -> String {
    format!("records/{record}/record.asice")
}

/// The file of an entry.
pub fn entry_file(index: u64, what: &str) -> String {
    format!("{PROOF}{index}.{what}")
}

/// The file that proves one head of a record.
pub fn head_file(record: RecordId, chain: &str) -> String {
    format!("{PROOF}{record}.{chain}")
}

/// `SHA256SUMS` as `sha256sum` writes and reads it: digest, two spaces, name; in ascending order of names.
pub fn sums(digests: &BTreeMap<String, Sha256>) -> String {
    let mut text = String::new();
    for (name, digest) in digests.iter().filter(|(name, _)| *name != SUMS && !name.starts_with(PROOF)) {
        let _ = writeln!(text, "{digest}  {name}");
    }
    text
}
