//! Transfers to other archives, and those archives, as documents.
//!
//! It decides nothing.

use super::refusals;
use crate::archive::Archive;
use crate::error::{Error, Refusal};
use crate::model::id::RecordId;
use crate::text::Lang;
use crate::transfer::case::Case;
use crate::transfer::party::Held;
use serde_json::{Value, json};

/// Another archive.
pub(crate) fn party(held: &Held) -> Value {
    let party = &held.party;
    let mut value = json!({
        "party": party.id, "entry": held.entry, "agency": party.agency, "kind": party.kind.as_str(),
        "title": {"kk": party.title.kk, "ru": party.title.ru, "en": party.title.en}, "bin": party.bin,
        "archive": party.archive.to_string(), "vkey": held.vkey.to_string(),
        "answer_key": hex::encode(party.answer_key), "basis": party.basis,
        "date": party.date.to_string(), "sha256": party.sha256.to_string(),
    });
    value["years"] = party.years.into();
    value
}

/// A transfer, with what its list says of it.
pub(crate) fn transfer(archive: &Archive, case: &Case) -> Result<Value, Error> {
    let list = case.list(archive)?;
    let approved = case.approved_by(archive)?;
    Ok(json!({
        "transfer_id": case.id.to_string(), "stage": case.stage().as_str(), "agency": case.agency,
        "party": case.party.party.id, "reason": case.reason.as_str(), "basis": case.basis,
        "file_ids": case.files.iter().map(RecordId::to_string).collect::<Vec<_>>(),
        "number": list.as_ref().map(|list| list.number.clone()),
        "list_sha256": list.as_ref().map(|list| list.sha256().to_string()),
        "records": list.as_ref().map(|list| list.records()),
        "approved": approved.iter().map(|by| json!({"post": by.post, "signed": by.signed})).collect::<Vec<_>>(),
        "cancelled": case.cancelled_why(archive)?,
        "entries": {
            "selected": case.row.selected, "listed": case.row.listed, "approved": case.row.approved,
            "cancelled": case.row.cancelled,
        },
    }))
}

/// What an act about a transfer, or about another archive, came to; `what` says which of both, `id` which one.
pub(crate) fn transfer_done(status: &str, (what, id): (&str, &str), entry: u64) -> Value {
    let mut value = json!({"status": status, "entry": entry});
    value[what] = id.into();
    value
}

/// Signatures that were not taken in.
pub(crate) fn transfer_refused((what, id): (&str, &str), reasons: &[Refusal], lang: Lang) -> Value {
    let mut value = json!({"status": "refused", "reasons": refusals(reasons, lang)});
    value[what] = id.into();
    value
}
