//! What a citation names: a file, or a record in it.
//!
//! Only reads. A file that was destroyed is still listed in its inventory, so its citation names it, and with a
//! document too: what became of it is said by its id.

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

/// The file that a citation names.
fn file_id(archive: &Archive, citation: &Citation) -> Result<RecordId, Error> {
    let listed = inventory::find(archive, citation.fonds, citation.inventory)?;
    let unit = archive.index().unit(listed.id, citation.unit)?;
    Ok(RecordId(unit.ok_or_else(|| unknown(citation, "the inventory has no such file"))?.file))
}

fn unknown(citation: &Citation, what: &str) -> Error {
    Error::new(ErrorCode::FilNoInventory, citation.to_string(), what)
}

/// The id of the record or file that a citation names; of the file when that was destroyed.
pub fn id(archive: &Archive, citation: &Citation) -> Result<RecordId, Error> {
    let file = file_id(archive, citation)?;
    if archive.index().destroyed(file)?.is_some() {
        return Ok(file);
    }
    Ok(find(archive, citation)?.record.map_or(file, |row| row.id()))
}

/// Finds what a citation names.
pub fn find(archive: &Archive, citation: &Citation) -> Result<Cited, Error> {
    let file = files::find(archive, file_id(archive, citation)?)?;
    let record = match citation.document {
        None => None,
        Some(wanted) => {
            let mut rows = records(archive, file.id)?.into_iter();
            let found = rows.find(|row| row.number_in_file == Some(wanted));
            Some(found.ok_or_else(|| unknown(citation, "the file has no such document"))?)
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
