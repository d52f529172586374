//! What a record that another archive handed over says of where it came from (`docs/transfer.md`).
//!
//! It names the accession, and the record as the other archive knew it. What that archive says of the record, and what
//! proves it, is a component of its own ([`PROVENANCE_PATH`](super::path::PROVENANCE_PATH)).
//!
//! It is read from manifests and written into them; it judges nothing.

use super::digest::Sha256;
use super::id::{ArchiveId, RecordId};
use super::record::text;
use super::strict::is_unprintable;
use serde_json::{Value, json};

/// Characters of the name of a record there. Own bound: of a package by another program it is the path of a folder.
const RECORD_CHARS_MAX: usize = 1_024;

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transferred {
    /// The accession by which it came.
    pub accession: RecordId,
    /// The archive that handed it over.
    pub archive: ArchiveId,
    /// Its id there; of a package by another program the name of its folder.
    pub record: String,
    /// Digest of the package.
    pub package: Sha256,
}

impl Transferred {
    /// It as JSON.
    pub fn value(&self) -> Value {
        json!({
            "accession": self.accession.to_string(), "archive": self.archive.to_string(),
            "package": self.package.to_string(), "record": self.record,
        })
    }

    /// Reads it.
    pub fn of_value(value: &Value) -> Option<Self> {
        let record = text(value, "record")?;
        let is_name = !record.is_empty() && record.chars().count() <= RECORD_CHARS_MAX;
        Some(Self {
            accession: text(value, "accession")?.parse().ok()?,
            archive: text(value, "archive")?.parse().ok()?,
            record: Some(record).filter(|name| is_name && !name.contains(is_unprintable))?.to_owned(),
            package: text(value, "package")?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::sha256;

    #[test]
    fn it_decodes_to_itself() {
        let transferred = Transferred {
            accession: RecordId([1; 16]),
            archive: ArchiveId([2; 16]),
            record: RecordId([3; 16]).to_string(),
            package: sha256(b"package"),
        };
        assert_eq!(Transferred::of_value(&transferred.value()), Some(transferred.clone()));
        for bad in ["", "a\nb"] {
            let mut value = transferred.value();
            value["record"] = bad.into();
            assert_eq!(Transferred::of_value(&value), None);
        }
    }
}
