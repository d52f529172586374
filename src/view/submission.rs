//! What became of a submission, as a document.
//!
//! It writes down what intake decided; it decides nothing.

use super::refusals;
use crate::ingest::{Answered, Status};
use crate::model::missing::Missing;
use crate::text::Lang;
use serde_json::{Value, json};

/// What became of one submission.
pub(crate) fn answer(answered: &Answered, lang: Lang) -> Value {
    let mut value = match &answered.status {
        Status::Accepted { record, entry, flags, same_content } => json!({
            "status": "accepted", "record_id": record.to_string(), "entry": entry, "flags": flags,
            "same_content": same_content.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Status::Held { record } => json!({"status": "held", "record_id": record.to_string()}),
        Status::Refused { reasons, entry, repeats } => json!({
            "status": "refused", "entry": entry, "notice_entry": repeats.unwrap_or(*entry),
            "reasons": refusals(reasons, lang),
        }),
        Status::Waiting { id, entry, reasons, missing, same_registration } => json!({
            "status": "waiting", "waiting_id": id.to_string(), "entry": entry, "reasons": refusals(reasons, lang),
            "missing": missing.iter().map(Missing::value).collect::<Vec<_>>(),
            "same_registration": same_registration.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Status::Failed(error) => json!({
            "status": "failed", "code": error.code.as_str(), "subject": error.subject,
            "detail": error.what, "text": error.code.text(lang),
        }),
    };
    value["path"] = json!(answered.path.to_string_lossy());
    value["bytes"] = json!(answered.bytes);
    value
}
