//! A file (іс, дело) as a document, the records in it, and what is left of one that was destroyed.
//!
//! A list is no reading of a record: the title of one that is restricted is not in it. Titles and what attributes say
//! are hidden from who sees files masked. It looks nothing up.

use super::record::{HIDDEN, Masked};
use crate::filing::cite;
use crate::filing::files::{Entered, File};
use crate::index::filing::{TombRow, date};
use crate::index::rows::RecordRow;
use crate::model::id::RecordId;
use crate::model::record::CardField;
use crate::model::submission::AccessCategory;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A file.
pub(crate) fn file(file: &File, masked: Masked) -> Value {
    let (row, state, is_masked) = (&file.row, file.row.state(), masked == Masked::Yes);
    let day = |day: Option<i32>| day.and_then(date).map(|day| day.to_string());
    let events: BTreeMap<&str, Option<String>> =
        state.events.iter().map(|(event, on)| (event.as_str(), day(Some(*on)))).collect();
    json!({
        "file_id": file.id.to_string(), "agency": row.agency, "index": row.index, "year": row.year,
        "volume": row.volume, "title": if is_masked { HIDDEN } else { &row.title }, "form": row.form,
        "item": row.item().map(|item| item.to_string()),
        "attributes": if is_masked { json!({}) } else { json!(state.attributes) }, "events": events,
        "closed": day(state.closed), "documents": row.documents,
        "oldest": day(row.oldest), "newest": day(row.newest),
        "citation": row.citation().map(|citation| citation.to_string()),
        "part_of": row.part_of.map(|file| RecordId(file).to_string()),
    })
}

/// A record in its file.
pub(crate) fn file_record(file: &File, row: &RecordRow, masked: Masked) -> Value {
    let is_masked = masked == Masked::Yes;
    let is_open = row.access() == AccessCategory::Public && !is_masked;
    let field = |field| row.card_field(field).unwrap_or_default();
    json!({
        "number": row.number_in_file, "record_id": row.id().to_string(),
        "date": row.created.and_then(date).map(|day| day.to_string()),
        "registration_number": if is_masked { HIDDEN } else { field(CardField::RegistrationNumber) },
        "title": is_open.then(|| field(CardField::Title)),
        "citation": cite::of(file, row).map(|citation| citation.to_string()),
    })
}

/// Which records are in a file now.
pub(crate) fn file_filled(file: RecordId, entered: &Entered) -> Value {
    let ids = |ids: &[RecordId]| ids.iter().map(RecordId::to_string).collect::<Vec<_>>();
    json!({"file_id": file.to_string(), "added": ids(&entered.entered), "held": ids(&entered.held)})
}

/// What is left of a file that was destroyed, or that another archive keeps.
pub(crate) fn destroyed_file(id: RecordId, tomb: &TombRow, masked: Masked) -> Value {
    let (status, by) = if tomb.is_handed_over { ("handed_over", "transfer_id") } else { ("destroyed", "plan_id") };
    let mut value = json!({
        "status": status, "file_id": id.to_string(), "agency": tomb.agency, "index": tomb.index,
        "year": tomb.year, "volume": tomb.volume,
        "title": if masked == Masked::Yes { HIDDEN } else { &tomb.title }, "documents": tomb.documents,
        "act": tomb.number, "entry": tomb.entry,
    });
    value[by] = RecordId(tomb.plan).to_string().into();
    value
}
