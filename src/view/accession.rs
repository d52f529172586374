//! What another archive handed over, as documents.
//!
//! What people wrote is hidden from who sees them masked: details of reasons, and names that another program gave. It
//! decides nothing.

use super::record::{HIDDEN, Masked};
use super::refusals;
use super::transfer::time_of;
use crate::archive::Archive;
use crate::error::{Error, Refusal};
use crate::model::id::RecordId;
use crate::text::Lang;
use crate::transfer::accession::Accession;
use crate::transfer::layout;
use crate::transfer::reply::{Reason, Row};
use serde_json::{Value, json};

/// An accession; with its records when they are asked for.
pub(crate) fn accession(
    archive: &Archive,
    accession: &Accession,
    with_records: bool,
    masked: Masked,
) -> Result<Value, Error> {
    let documents = accession.documents(archive)?;
    let (reply, act) = documents.as_ref().map_or((None, None), |(reply, act)| (Some(reply), Some(act)));
    let records = reply
        .filter(|_| with_records)
        .map(|reply| reply.rows.iter().map(|row| accession_record(row, masked)).collect::<Value>());
    let is_own = layout::package_of(&accession.package).is_some();
    let package = if is_own || masked == Masked::No { accession.package.as_str() } else { HIDDEN };
    let (row, time) = (&accession.row, |entry| time_of(archive, entry));
    Ok(json!({
        "accession_id": accession.id.to_string(), "stage": accession.stage().as_str(), "agency": accession.agency,
        "party": accession.party.party.id, "package": package, "digest": accession.digest.to_string(),
        "transfer": accession.transfer.map(|id| id.to_string()), "form": accession.form,
        "number": act.map(|act| act.number.clone()),
        "accepted": reply.map(|reply| reply.counts().0), "refused": reply.map(|reply| reply.counts().1),
        "records": records,
        "entries": {
            "received": row.received, "checked": row.checked, "replied": row.replied, "agreed": row.agreed,
        },
        "times": {
            "received": time(Some(row.received))?, "checked": time(row.checked)?, "replied": time(row.replied)?,
            "agreed": time(row.agreed)?,
        },
    }))
}

/// What became of a record of an accession.
pub(crate) fn accession_record(row: &Row, masked: Masked) -> Value {
    let hidden = |text: &str| if masked == Masked::Yes { HIDDEN.to_owned() } else { text.to_owned() };
    let reason = |(reason, detail): &(Reason, String)| json!({"code": reason.as_str(), "detail": hidden(detail)});
    let is_id = row.record.parse::<RecordId>().is_ok();
    json!({
        "record": if is_id { row.record.clone() } else { hidden(&row.record) },
        "digest": row.digest.to_string(), "outcome": row.outcome.as_str(),
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
