//! Documents of answers: what the command line prints with `--json` and the service sends, in one form for both.
//!
//! Each follows its schema in `schema/cli/1`. They are made of what was read and checked elsewhere; nothing is decided
//! here but how it is written down, and nothing is kept.

mod found;
mod papers;
mod record;
mod submission;
pub(crate) mod words;

pub(crate) use found::{found_record, found_summary};
pub(crate) use papers::papers;
pub(crate) use record::{Masked, RecordView, delivery, record_row};
pub(crate) use submission::answer;

use crate::error::Refusal;
use crate::text::Lang;
use serde_json::{Value, json};

/// Reasons of a refusal.
pub(crate) fn refusals(refusals: &[Refusal], lang: Lang) -> Value {
    let reason = |r: &Refusal| {
        let mut value = json!({
            "code": r.code.as_str(), "subject": r.subject, "detail": r.detail, "text": r.code.text(lang),
        });
        if let Some(said) = &r.said {
            value["found"] = said.get(lang).into();
        }
        value
    };
    refusals.iter().map(reason).collect()
}
