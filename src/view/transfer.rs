//! Transfers to other archives, and those archives, as documents.
//!
//! What people wrote is hidden from who sees transfers masked: names of bodies, bases, reasons, posts. It decides
//! nothing.

use super::record::{HIDDEN, Masked};
use super::refusals;
use crate::archive::Archive;
use crate::clock::rfc3339;
use crate::error::{Error, Refusal};
use crate::filing::handover::Elsewhere;
use crate::index::released::ReleasedRow;
use crate::model::id::RecordId;
use crate::text::Lang;
use crate::transfer::case::{self, Case, Stage};
use crate::transfer::list::List;
use crate::transfer::pack::write::NotReady;
use crate::transfer::party::Held;
use crate::transfer::release::{self, Why};
use crate::transfer::reply::Reply;
use crate::transfer::seal::Seal;
use serde_json::{Value, json};
use std::path::PathBuf;

fn text(text: &str, masked: Masked) -> &str {
    if masked == Masked::Yes { HIDDEN } else { text }
}

/// Another archive.
pub(crate) fn party(held: &Held, masked: Masked) -> Value {
    let party = &held.party;
    let title = |title| text(title, masked);
    let mut value = json!({
        "party": party.id, "entry": held.entry, "agency": party.agency, "kind": party.kind.as_str(),
        "title": {"kk": title(&party.title.kk), "ru": title(&party.title.ru), "en": title(&party.title.en)},
        "bin": party.bin, "archive": party.archive.to_string(), "vkey": held.vkey.to_string(),
        "answer_key": hex::encode(party.answer_key), "basis": text(&party.basis, masked),
        "date": party.date.to_string(), "sha256": party.sha256.to_string(),
    });
    value["years"] = party.years.into();
    value
}

/// When an entry was made; none of none.
pub(super) fn time_of(archive: &Archive, entry: Option<u64>) -> Result<Option<String>, Error> {
    entry.map(|entry| Ok(rfc3339(archive.leaf(entry)?.t))).transpose()
}

fn times_of(archive: &Archive, entries: &[u64]) -> Result<Vec<String>, Error> {
    entries.iter().map(|entry| Ok(rfc3339(archive.leaf(*entry)?.t))).collect()
}

/// When each step of a transfer was done.
fn times(archive: &Archive, case: &Case) -> Result<Value, Error> {
    let (row, time) = (&case.row, |entry| time_of(archive, entry));
    Ok(json!({
        "selected": time(Some(row.selected))?, "listed": time(row.listed)?, "approved": time(row.approved)?,
        "sealed": time(row.sealed)?, "sent": times_of(archive, &row.sent)?, "delivered": time(row.delivered)?,
        "replied": time(row.replied)?, "agreed": time(row.agreed)?, "released": times_of(archive, &row.released)?,
        "closed": time(row.closed)?, "cancelled": time(row.cancelled)?,
    }))
}

/// A transfer, with what its list says of it.
pub(crate) fn transfer(archive: &Archive, case: &Case, masked: Masked) -> Result<Value, Error> {
    let list = case.list(archive)?;
    let approved = case.approved_by(archive)?;
    let seal = case.row.sealed.map(|_| case.seal(archive)).transpose()?;
    let reply = case.row.replied.map(|_| case.replied(archive)).transpose()?.map(|replied| replied.reply);
    let due = case::receipt_due(archive, case)?;
    let hidden = |said: &str| text(said, masked).to_owned();
    Ok(json!({
        "transfer_id": case.id.to_string(), "stage": case.stage().as_str(), "agency": case.agency,
        "awaits": release::awaits(archive, case)?, "times": times(archive, case)?,
        "party": case.party.party.id, "reason": case.reason.as_str(), "basis": hidden(&case.basis),
        "file_ids": case.files.iter().map(RecordId::to_string).collect::<Vec<_>>(),
        "number": list.as_ref().map(|list| list.number.clone()),
        "list_sha256": list.as_ref().map(|list| list.sha256().to_string()),
        "records": list.as_ref().map(|list| list.records()),
        "approved": approved.iter()
            .map(|by| json!({"post": hidden(&by.post), "signed": by.signed})).collect::<Vec<_>>(),
        "cancelled": case.cancelled_why(archive)?.map(|why| hidden(&why)),
        "entries": {
            "selected": case.row.selected, "listed": case.row.listed, "approved": case.row.approved,
            "sealed": case.row.sealed, "sent": case.row.sent, "delivered": case.row.delivered,
            "replied": case.row.replied, "agreed": case.row.agreed, "released": case.row.released,
            "closed": case.row.closed, "cancelled": case.row.cancelled,
        },
        "package": seal.as_ref().map(|seal| json!({
            "name": seal.name(), "form": seal.form, "digest": seal.digest.to_string(), "files": seal.files,
            "bytes": seal.bytes, "records": seal.records.len(),
        })),
        "receipt_due": due.as_ref().map(|due| due.last.to_string()),
        "overdue": due.as_ref().is_some_and(|due| case::is_late(archive, due)),
        "release_from": release::from(archive, case)?.map(rfc3339),
        "reply": reply.as_ref().map(|reply| {
            let (accepted, refused) = reply.counts();
            let said = reply.rows.iter().filter(|row| !row.reasons.is_empty());
            json!({
                "accepted": accepted, "refused": refused,
                "said": said.map(|row| json!({
                    "record_id": row.record, "outcome": row.outcome.as_str(),
                    "reasons": row.reasons.iter()
                        .map(|(code, detail)| json!({"code": code.as_str(), "detail": hidden(detail)}))
                        .collect::<Value>(),
                })).collect::<Value>(),
            })
        }),
    }))
}

/// Where a record or file is that was handed over.
///
/// Number and date stand in `row`, when they were kept.
pub(crate) fn handed_over(id: RecordId, found: &Elsewhere, row: Option<&ReleasedRow>) -> Value {
    let title = &found.party.title;
    let (file, index, year, volume, name) = &found.file;
    json!({
        "status": "handed_over", "id": id.to_string(), "act": found.act, "transfer_id": found.transfer.to_string(),
        "entry": found.entry, "time": rfc3339(found.at), "archive": found.party.archive.to_string(),
        "to": {"kk": title.kk, "ru": title.ru, "en": title.en},
        "reference": found.reference.map(|id| id.to_string()), "agency": found.agency,
        "file": {"file_id": file.to_string(), "index": index, "year": year, "volume": volume, "title": name},
        "registration_number": row.and_then(|row| row.number.as_ref()),
        "document_date": row.and_then(|row| row.date.as_ref()),
    })
}

/// What keeps records from being packed.
pub(crate) fn transfer_not_ready(id: RecordId, lacks: &[NotReady], lang: Lang) -> Value {
    let lack = |lack: &NotReady| {
        json!({
            "record_id": lack.record.map(|id| id.to_string()), "lack": lack.lack.as_str(),
            "text": lack.lack.text().get(lang), "detail": lack.detail,
        })
    };
    json!({"status": "not_ready", "transfer_id": id.to_string(), "lacks": lacks.iter().map(lack).collect::<Value>()})
}

/// Files that were given out.
pub(crate) fn transfer_files(id: RecordId, written: &[PathBuf]) -> Value {
    let files: Value = written.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    json!({"status": "given_out", "transfer_id": id.to_string(), "files": files})
}

/// What became of a release.
pub(crate) fn transfer_released(
    id: RecordId,
    entry: Option<u64>,
    released: &[RecordId],
    kept: &[(RecordId, Why)],
) -> Value {
    let kept = kept.iter().map(|(record, why)| json!({"record_id": record.to_string(), "why": why.as_str()}));
    json!({
        "status": if entry.is_some() { "released" } else { "nothing" }, "transfer_id": id.to_string(), "entry": entry,
        "record_ids": released.iter().map(RecordId::to_string).collect::<Value>(), "kept": kept.collect::<Value>(),
    })
}

/// What an act about a transfer, or about another archive, came to; `what` says which of both, `id` which one.
pub(crate) fn transfer_done(status: &str, (what, id): (&str, &str), entry: u64) -> Value {
    let mut value = json!({"status": status, "entry": entry});
    value[what] = id.into();
    value
}

/// A list that is drawn up.
pub(crate) fn transfer_listed(list: &List, entry: u64, files: &[PathBuf]) -> Value {
    let mut value = transfer_done(Stage::Listed.as_str(), ("transfer_id", &list.transfer.to_string()), entry);
    value["number"] = list.number.clone().into();
    value["list_sha256"] = list.sha256().to_string().into();
    value["files"] = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    value
}

/// A package that is sealed.
pub(crate) fn transfer_sealed(id: RecordId, entry: u64, seal: &Seal) -> Value {
    let mut value = transfer_done(Stage::Sealed.as_str(), ("transfer_id", &id.to_string()), entry);
    value["package"] = seal.name().into();
    value["form"] = seal.form.clone().into();
    value["digest"] = seal.digest.to_string().into();
    value["records"] = seal.records.len().into();
    value["package_files"] = seal.files.into();
    value["bytes"] = seal.bytes.into();
    value
}

/// A reply that was taken in.
pub(crate) fn transfer_replied(id: RecordId, entry: u64, reply: &Reply) -> Value {
    let (accepted, refused) = reply.counts();
    let mut value = transfer_done(Stage::Replied.as_str(), ("transfer_id", &id.to_string()), entry);
    value["accepted"] = accepted.into();
    value["refused"] = refused.into();
    value
}

/// An act that both have signed.
pub(crate) fn transfer_agreed(id: RecordId, entry: u64, files: &[PathBuf]) -> Value {
    let mut value = transfer_done(Stage::Agreed.as_str(), ("transfer_id", &id.to_string()), entry);
    value["files"] = files.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    value
}

/// Signatures that were not taken in.
pub(crate) fn transfer_refused((what, id): (&str, &str), reasons: &[Refusal], lang: Lang) -> Value {
    let mut value = json!({"status": "refused", "reasons": refusals(reasons, lang)});
    value[what] = id.into();
    value
}
