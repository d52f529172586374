//! The register of certified copies: number, record, digest, officer, day, sheets and recipient of each.
//!
//! Read anew from the journal and the act documents. Of a copy whose record was destroyed number, record and day are
//! left: who got it is a person's data and went with the record (N 430 cl. 24: as its document).
//!
//! It writes nothing.

use crate::archive::Archive;
use crate::clock::{Millis, civil_date};
use crate::error::{Error, ErrorCode};
use crate::ingest::approval::Approval;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::model::record::ActDocument;
use chrono::Datelike;
use serde_json::Value;

/// A certified copy.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Its number.
    pub number: u64,
    /// The entry that certified it.
    pub entry: u64,
    /// Of which record.
    pub record: RecordId,
    /// When it was certified.
    pub at: Millis,
    /// What is said of it; none when its record was destroyed.
    pub document: Option<ActDocument>,
}

impl Issued {
    /// A field of what is said of it.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.document.as_ref()?.fields.get(name)
    }

    /// A text of it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    /// Digest of the statement that was signed.
    pub fn sha256(&self) -> Option<Sha256> {
        self.text("sha256")?.parse().ok()
    }

    /// Number of sheets.
    pub fn sheets(&self) -> Option<u64> {
        self.field("sheets")?.as_u64()
    }

    /// Who certified it.
    pub fn certifier(&self) -> Option<Approval> {
        self.field("approved")?.as_array()?.first().and_then(Approval::of_value)
    }

    /// Whether this digest stands in it: of the statement, of the rendering, of a part of the record.
    pub fn has_digest(&self, digest: Sha256) -> bool {
        let digest = digest.to_string();
        self.field("digests").and_then(Value::as_array).into_iter().flatten().any(|one| one.as_str() == Some(&digest))
    }
}

/// The copies that were certified in a year, or all, oldest first.
pub fn list(archive: &Archive, year: Option<i32>) -> Result<Vec<Issued>, Error> {
    archive.wait_index()?;
    let mut all = read(archive, |_| true)?;
    all.retain(|copy| year.is_none_or(|year| civil_date(copy.at).year() == year));
    Ok(all)
}

/// The copies of a record.
pub fn of(archive: &Archive, record: RecordId) -> Result<Vec<Issued>, Error> {
    read(archive, |of| of == record)
}

/// The copy with a number.
pub fn find(archive: &Archive, number: u64) -> Result<Issued, Error> {
    let unknown = || Error::new(ErrorCode::CpyUnknown, number.to_string(), "no such copy");
    let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).ok_or_else(unknown)?;
    let (entry, record) = archive.index().copies()?.get(at).copied().ok_or_else(unknown)?;
    issued(archive, number, entry, record)
}

/// The copies in which a digest stands.
pub fn with_digest(archive: &Archive, digest: Sha256) -> Result<Vec<Issued>, Error> {
    let mut all = list(archive, None)?;
    all.retain(|copy| copy.has_digest(digest));
    Ok(all)
}

fn read(archive: &Archive, wanted: impl Fn(RecordId) -> bool) -> Result<Vec<Issued>, Error> {
    let copies = archive.index().copies()?;
    let numbered = (1u64..).zip(copies).filter(|(_, (_, record))| wanted(*record));
    numbered.map(|(number, (entry, record))| issued(archive, number, entry, record)).collect()
}

fn issued(archive: &Archive, number: u64, entry: u64, record: RecordId) -> Result<Issued, Error> {
    let is_there = archive.index().record_by_id(record)?.is_some();
    let document = is_there.then(|| archive.document(entry)).transpose()?.map(|(document, _)| document);
    Ok(Issued { number, entry, record, at: archive.leaf(entry)?.t, document })
}
