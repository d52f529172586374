//! What another archive handed over, as documents.
//!
//! It decides nothing.

use super::refusals;
use crate::archive::Archive;
use crate::error::{Error, Refusal};
use crate::model::id::RecordId;
use crate::text::Lang;
use crate::transfer::accession::Accession;
use crate::transfer::reply::{Reason, Row};
use serde_json::{Value, json};

/// An accession; with its records when they are asked for.
pub(crate) fn accession(archive: &Archive, accession: &Accession, with_records: bool) -> Result<Value, Error> {
    let documents = accession.documents(archive)?;
    let (reply, act) = documents.as_ref().map_or((None, None), |(reply, act)| (Some(reply), Some(act)));
    let records = reply.filter(|_| with_records).map(|reply| reply.rows.iter().map(record).collect::<Value>());
    Ok(json!({
        "accession_id": accession.id.to_string(), "stage": accession.stage().as_str(), "agency": accession.agency,
        "party": accession.party.party.id, "package": accession.package, "digest": accession.digest.to_string(),
        "transfer": accession.transfer.map(|id| id.to_string()), "form": accession.form,
        "number": act.map(|act| act.number.clone()),
        "accepted": reply.map(|reply| reply.counts().0), "refused": reply.map(|reply| reply.counts().1),
        "records": records,
        "entries": {
            "received": accession.row.received, "checked": accession.row.checked, "replied": accession.row.replied,
            "agreed": accession.row.agreed,
        },
    }))
}

fn record(row: &Row) -> Value {
    let reason = |(reason, detail): &(Reason, String)| json!({"code": reason.as_str(), "detail": detail});
    json!({
        "record": row.record, "digest": row.digest.to_string(), "outcome": row.outcome.as_str(),
        "reasons": row.reasons.iter().map(reason).collect::<Value>(),
        "reference": row.reference.map(|id| id.to_string()),
    })
}

/// What a step came to, with the files that were written.
pub(crate) fn accession_done(status: &str, id: RecordId, entry: Option<u64>, files: &[String]) -> Value {
    json!({"status": status, "accession_id": id.to_string(), "entry": entry, "files": files})
}

/// Signatures that were not taken in.
pub(crate) fn accession_refused(id: RecordId, reasons: &[Refusal], lang: Lang) -> Value {
    json!({"status": "refused", "accession_id": id.to_string(), "reasons": refusals(reasons, lang)})
}
