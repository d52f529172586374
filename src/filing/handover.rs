//! Which files are being handed over to another archive, and where those are that went: for whoever would do something
//! else with them, or looks for them here.
//!
//! It reads the acts of transfers and holds no rules of theirs. It writes nothing.

use crate::archive::Archive;
use crate::clock::Millis;
use crate::error::{Error, ErrorCode};
use crate::index::released::ReleasedRow;
use crate::index::transfer::TransferRow;
use crate::model::id::RecordId;
use crate::model::party::{PARTY_FILE, Party};
use crate::model::record::ActDocument;
use serde_json::Value;
use std::collections::BTreeMap;

/// The files of transfers that are under way, each with its transfer. It does not wait for the index, so that it can be
/// asked by who holds the committer.
pub fn under_way(archive: &Archive) -> Result<BTreeMap<RecordId, RecordId>, Error> {
    let mut files = BTreeMap::new();
    for (id, row) in archive.index().transfers()?.into_iter().filter(|(_, row)| row.is_open()) {
        let changed =
            || Error::new(ErrorCode::StoChanged, id.to_string(), "the document of the transfer cannot be read");
        let mut found = selected(&archive.document(row.selected)?.0).ok_or_else(changed)?;
        if let Some(agreed) = row.agreed {
            // What the other archive does not keep is under way no more.
            let free = ids(&archive.document(agreed)?.0, "free").ok_or_else(changed)?;
            found.retain(|file| !free.contains(file));
        }
        files.extend(found.into_iter().map(|file| (file, id)));
    }
    Ok(files)
}

/// The files that the act of a selection names.
pub(crate) fn selected(document: &ActDocument) -> Option<Vec<RecordId>> {
    ids(document, "selected")
}

fn ids(document: &ActDocument, key: &str) -> Option<Vec<RecordId>> {
    let ids = document.fields.get(key)?.as_array()?.iter();
    ids.map(|id| id.as_str()?.parse().ok()).collect()
}

/// Where something is that was handed over and let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The transfer.
    pub transfer: RecordId,
    /// The entry of the act that let it go, and its time.
    pub entry: u64,
    /// When that was.
    pub at: Millis,
    /// Number of the act of both archives.
    pub act: String,
    /// Who keeps it.
    pub party: Party,
    /// Its id there; a file has none.
    pub reference: Option<RecordId>,
    /// Whose it was.
    pub agency: String,
    /// The file that it is, or was in: id, index, year, volume, title.
    pub file: (RecordId, String, u64, u64, String),
    /// Records of that file that went with the same act.
    pub documents: u64,
}

/// Where a record or file is that was handed over; none when it was not. It does not wait for the index.
pub fn elsewhere(archive: &Archive, id: RecordId) -> Result<Option<Elsewhere>, Error> {
    let Some((transfer, _)) = archive.index().destroyed(id)? else { return Ok(None) };
    let Some(row) = archive.index().transfer(transfer)? else { return Ok(None) };
    if let Some(row) = archive.index().released(id)? {
        return released(archive, &row).map(Some);
    }
    let changed = || changed(transfer);
    let party = party(archive, &row)?;
    for entry in row.released.iter().rev() {
        let document = archive.document(*entry)?.0;
        let act = document.text("number").ok_or_else(changed)?.to_owned();
        for file in document.fields.get("released").and_then(Value::as_array).into_iter().flatten() {
            if let Some((agency, file, documents, reference)) = found(file, id) {
                let (entry, at) = (*entry, archive.leaf(*entry)?.t);
                return Ok(Some(Elsewhere { transfer, entry, at, act, party, reference, agency, file, documents }));
            }
        }
    }
    Err(changed())
}

/// The same of a record by what the index has of it: the document of the release, which names all of them, is not read.
pub fn released(archive: &Archive, row: &ReleasedRow) -> Result<Elsewhere, Error> {
    let transfer = RecordId(row.transfer);
    let of = archive.index().transfer(transfer)?.ok_or_else(|| changed(transfer))?;
    Ok(Elsewhere {
        transfer,
        entry: row.entry,
        at: archive.leaf(row.entry)?.t,
        act: row.act.clone(),
        party: party(archive, &of)?,
        reference: Some(RecordId(row.reference)),
        agency: row.agency.clone(),
        file: (RecordId(row.file), row.index.clone(), row.year.into(), row.volume.into(), row.title.clone()),
        documents: row.documents.into(),
    })
}

fn changed(transfer: RecordId) -> Error {
    Error::new(ErrorCode::StoChanged, transfer.to_string(), "the documents of the transfer cannot be read")
}

/// The other archive, as it was known when the transfer was selected.
fn party(archive: &Archive, row: &TransferRow) -> Result<Party, Error> {
    let changed = || Error::new(ErrorCode::StoChanged, row.selected.to_string(), "the party cannot be read");
    let selected = archive.document(row.selected)?.0;
    let entry = selected.fields.get("party_entry").and_then(Value::as_u64).ok_or_else(changed)?;
    let (document, at) = archive.document(entry)?;
    Party::parse(&archive.act_file(&at, &document, PARTY_FILE)?, PARTY_FILE).map_err(|_| changed())
}

type Found = (String, (RecordId, String, u64, u64, String), u64, Option<RecordId>);

/// What a file of such an act says, when it is this one or has this record.
fn found(file: &Value, id: RecordId) -> Option<Found> {
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    let id_of = |value: &Value, key: &str| value.get(key)?.as_str()?.parse::<RecordId>().ok();
    let number = |key: &str| file.get(key)?.as_u64();
    let own = id_of(file, "file_id")?;
    let mut records = file.get("records")?.as_array()?.iter();
    let record = records.find(|record| id_of(record, "record_id") == Some(id));
    if own != id && record.is_none() {
        return None;
    }
    let named = (own, text(file, "index")?, number("year")?, number("volume")?, text(file, "title")?);
    let reference = record.and_then(|record| id_of(record, "reference"));
    Some((text(file, "agency")?, named, number("documents")?, reference))
}
