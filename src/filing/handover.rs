//! Which files are being handed over to another archive: for whoever would do something else with them.
//!
//! It reads the acts of transfers and holds no rules of theirs. It writes nothing.

use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::model::id::RecordId;
use crate::model::record::ActDocument;
use std::collections::BTreeMap;

/// The files of transfers that are under way, each with its transfer. It does not wait for the index, so that it can be
/// asked by who holds the committer.
pub fn under_way(archive: &Archive) -> Result<BTreeMap<RecordId, RecordId>, Error> {
    let mut files = BTreeMap::new();
    for (id, row) in archive.index().transfers()?.into_iter().filter(|(_, row)| row.is_open()) {
        let changed =
            || Error::new(ErrorCode::StoChanged, id.to_string(), "the document of the transfer cannot be read");
        let found = selected(&archive.document(row.selected)?.0).ok_or_else(changed)?;
        files.extend(found.into_iter().map(|file| (file, id)));
    }
    Ok(files)
}

/// The files that the act of a selection names.
pub(crate) fn selected(document: &ActDocument) -> Option<Vec<RecordId>> {
    let ids = document.fields.get("selected")?.as_array()?.iter();
    ids.map(|id| id.as_str()?.parse().ok()).collect()
}
