//! Receipts and notices as documents.
//!
//! It writes down what was read; a list says no title of a restricted record.

use super::refusals;
use crate::clock::rfc3339;
use crate::ingest::issue::{Issued, Officer, Prepared, Row, Subject};
use crate::model::digest::sha256;
use crate::model::validation::time_text;
use crate::text::Lang;
use serde_json::{Value, json};

/// The words that name what an answer is about: its kind and its record.
pub(crate) fn receipt_subject(subject: Subject) -> (&'static str, Value) {
    match subject {
        Subject::Record(record) => ("receipt", record.to_string().into()),
        Subject::Refusal(_) => ("notice", Value::Null),
    }
}

/// A receipt or notice in a list.
pub(crate) fn receipt_row(row: &Row) -> Value {
    let (kind, record) = receipt_subject(row.subject);
    json!({
        "kind": kind, "record_id": record, "entry": row.entry, "prepared": rfc3339(row.at),
        "due": row.due.last.to_string(), "calendar": row.due.basis.as_str(), "issued": row.is_issued,
        "overdue": row.is_overdue, "number": row.about.number, "title": row.about.title, "source": row.about.source,
    })
}

/// What became of the signature of a receipt or notice.
pub(crate) fn receipt_signed(subject: Subject, issued: &Issued, lang: Lang) -> Value {
    let (kind, record) = receipt_subject(subject);
    match issued {
        Issued::Done { entry } => json!({"status": "issued", "kind": kind, "record_id": record, "entry": entry}),
        Issued::Refused(reasons) => {
            json!({"status": "refused", "kind": kind, "record_id": record, "reasons": refusals(reasons, lang)})
        }
    }
}

/// A receipt or notice with who signed it and the names of files that were given out.
pub(crate) fn receipt(prepared: &Prepared, files: &[String]) -> Value {
    let mut value = receipt_row(&prepared.row);
    value["sha256"] = sha256(&prepared.bytes).to_string().into();
    let officer = |o: &Officer| json!({"subject": o.subject, "post": o.post, "signed": o.signed.map(time_text)});
    value["officers"] = prepared.officers.iter().map(officer).collect();
    value["files"] = files.into();
    value
}
