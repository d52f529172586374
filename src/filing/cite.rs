//! What a citation names: a file, or a record in it.
//!
//! Only reads. A file whose key was erased is still listed in its inventory, and is answered as one that is not known
//! by its id.

use super::files::{self, File};
use super::inventory;
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::index::rows::RecordRow;
use crate::model::citation::Citation;
use crate::model::id::RecordId;

/// What a citation names.
#[derive(Debug)]
pub struct Cited {
    /// The file.
    pub file: File,
    /// The record, when the citation names a document.
    pub record: Option<RecordRow>,
}

/// Finds what a citation names.
pub fn find(archive: &Archive, citation: &Citation) -> Result<Cited, Error> {
    let unknown = |what: &str| Error::new(ErrorCode::FilNoInventory, citation.to_string(), what);
    let listed = inventory::find(archive, citation.fonds, citation.inventory)?;
    let unit = archive.index().unit(listed.id, citation.unit)?;
    let unit = unit.ok_or_else(|| unknown("the inventory has no such file"))?;
    let file = files::find(archive, RecordId(unit.file))?;
    let record = match citation.document {
        None => None,
        Some(wanted) => {
            let mut rows = records(archive, file.id)?.into_iter();
            let found = rows.find(|row| row.number_in_file == Some(wanted));
            Some(found.ok_or_else(|| unknown("the file has no such document"))?)
        }
    };
    Ok(Cited { file, record })
}

/// The records of a file, by their numbers in it.
pub fn records(archive: &Archive, file: RecordId) -> Result<Vec<RecordRow>, Error> {
    let index = archive.index();
    let mut rows = Vec::new();
    for number in index.filed(file)? {
        rows.extend(index.record(number)?);
    }
    rows.sort_by_key(|row| row.number_in_file);
    Ok(rows)
}

/// The citation of a record in a file.
pub fn of(file: &File, record: &RecordRow) -> Option<Citation> {
    Some(Citation { document: record.number_in_file, ..file.row.citation()? })
}
