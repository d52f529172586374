//! Documents of answers: what the command line prints with `--json` and the service sends, in one form for both.
//!
//! Each follows its schema in `schema/cli/1`. They are made of what was read and checked elsewhere; nothing is decided
//! here but how it is written down, and nothing is kept.

mod accession;
mod copies;
mod disposal;
mod file;
mod form;
mod found;
mod growth;
mod hold;
mod inquiry;
mod papers;
mod receipt;
mod record;
mod retention;
mod submission;
mod token;
mod transfer;
pub(crate) mod words;

pub(crate) use accession::{accession, accession_done, accession_refused};
pub(crate) use copies::{copy_prepared, copy_refused, copy_row};
pub(crate) use disposal::{plan, plan_cancelled, plan_completed, plan_executed, plan_taken};
pub(crate) use file::{destroyed_file, file, file_filled, file_record};
pub(crate) use form::{form_facts, form_print};
pub(crate) use found::{found_record, found_summary};
pub(crate) use growth::amended;
pub(crate) use hold::{hold, hold_lifted, hold_of, hold_placed};
pub(crate) use inquiry::{InquiryView, bundled, inquiry_done, inquiry_given, inquiry_refused, inquiry_row, searched};
pub(crate) use papers::papers;
pub(crate) use receipt::{receipt, receipt_row, receipt_signed};
pub(crate) use record::{HIDDEN, Masked, RecordView, delivery, record_row};
pub(crate) use retention::{Why, due_row, rules_adopted, rules_row};
pub(crate) use retention::{nomenclature, nomenclature_adopted, nomenclature_row, nomenclature_whole};
pub(crate) use submission::answer;
pub(crate) use token::token;
pub(crate) use transfer::{
    handed_over, party, transfer, transfer_done, transfer_files, transfer_not_ready, transfer_refused,
    transfer_released,
};

use crate::error::Refusal;
use crate::text::Lang;
use serde_json::{Value, json};

/// What was not taken in, with its reasons.
pub(crate) fn refused(reasons: &[Refusal], lang: Lang) -> Value {
    json!({"status": "refused", "reasons": refusals(reasons, lang)})
}

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
