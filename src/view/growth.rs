//! Additions to a record as documents: late components, corrected cards.
//!
//! It writes down what became of one; it decides nothing.

use super::refusals;
use crate::ingest::amend::Amended;
use crate::model::id::RecordId;
use crate::text::Lang;
use serde_json::{Value, json};

/// What became of an addition to a record.
pub(crate) fn amended(record: RecordId, amended: &Amended, lang: Lang) -> Value {
    let record = record.to_string();
    match amended {
        Amended::Done { entry, paths } => {
            json!({"status": "amended", "record_id": record, "entry": entry, "paths": paths})
        }
        Amended::Held { path } => json!({"status": "held", "record_id": record, "paths": [path]}),
        Amended::Refused(reasons) => {
            json!({"status": "refused", "record_id": record, "reasons": refusals(reasons, lang)})
        }
    }
}
