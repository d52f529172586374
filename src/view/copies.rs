//! Certified copies on paper as documents.
//!
//! Numbers of persons are masked. It decides nothing.

use super::refusals;
use crate::clock::civil_date;
use crate::error::Refusal;
use crate::inquiry::copy::Prepared;
use crate::inquiry::copy::register::Issued;
use crate::model::digest::sha256;
use crate::model::id::RecordId;
use crate::model::iin::masked;
use crate::text::Lang;
use serde_json::{Value, json};

/// A copy that is to be compared and signed.
pub(crate) fn copy_prepared(record: RecordId, prepared: &Prepared) -> Value {
    let value = &prepared.value;
    json!({
        "status": "prepared", "record_id": record.to_string(), "number": value["number"], "sheets": value["sheets"],
        "result": value["check"]["result"], "sha256": sha256(&prepared.bytes).to_string(),
        "rendering": value["rendering"]["sha256"], "copy": value,
    })
}

/// A signature that certified nothing.
pub(crate) fn copy_refused(record: RecordId, reasons: &[Refusal], lang: Lang) -> Value {
    json!({"status": "refused", "record_id": record.to_string(), "reasons": refusals(reasons, lang)})
}

/// A copy in the register.
pub(crate) fn copy_row(copy: &Issued) -> Value {
    let certifier = copy.certifier().map(
        |certifier| json!({"kind": certifier.kind.as_str(), "post": certifier.post, "iin": masked(&certifier.iin)}),
    );
    let mut value = json!({
        "number": copy.number, "entry": copy.entry, "record_id": copy.record.to_string(),
        "date": civil_date(copy.at).to_string(), "destroyed": copy.document.is_none(), "certifier": certifier,
    });
    for name in ["sha256", "sheets", "recipient", "profile", "result"] {
        value[name] = copy.field(name).cloned().into();
    }
    value
}
