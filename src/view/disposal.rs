//! Plans of destruction as documents.
//!
//! Titles, and the posts of who signed, are hidden from who sees plans masked. It decides nothing.

use super::record::{HIDDEN, Masked};
use crate::archive::Archive;
use crate::disposition::case::{Case, Signed};
use crate::disposition::destroy::{self, Why};
use crate::disposition::plan::Item;
use crate::disposition::statement::{StatementKind, Verdict};
use crate::error::Error;
use crate::model::id::RecordId;
use serde_json::{Value, json};

/// A statement that was taken in.
pub(crate) fn plan_taken(kind: StatementKind, entry: u64) -> Value {
    json!({"status": "taken", "act": kind.as_str(), "entry": entry})
}

/// A plan that was cancelled.
pub(crate) fn plan_cancelled(plan: RecordId, entry: u64) -> Value {
    json!({"status": "cancelled", "plan_id": plan.to_string(), "entry": entry})
}

/// A plan of which nothing is left.
pub(crate) fn plan_completed(plan: RecordId, entry: u64) -> Value {
    json!({"status": "completed", "plan_id": plan.to_string(), "entry": entry})
}

/// What became of a plan: `entry` is none when nothing was done.
pub(crate) fn plan_executed(plan: RecordId, entry: Option<u64>, destroyed: &[Item], kept: &[(Item, Why)]) -> Value {
    let kept = kept
        .iter()
        .map(|(item, why)| json!({"file_id": item.file.to_string(), "number": item.number, "why": why.as_str()}));
    json!({
        "status": if entry.is_some() { "executed" } else { "nothing" }, "plan_id": plan.to_string(), "entry": entry,
        "records": destroyed.iter().map(|item| item.records.len()).sum::<usize>(),
        "destroyed": destroyed.iter().map(|item| item.file.to_string()).collect::<Vec<_>>(),
        "kept": kept.collect::<Vec<_>>(),
    })
}

/// A plan with its files and who signed what.
pub(crate) fn plan(archive: &Archive, case: &Case, masked: Masked) -> Result<Value, Error> {
    let outcome = destroy::outcome(archive, case)?;
    let became = |number: u32| outcome.get(&number).map(|why| why.map_or("destroyed", Why::as_str));
    let text = |text: &str| if masked == Masked::Yes { HIDDEN.to_owned() } else { text.to_owned() };
    let signed = |signed: &Signed| {
        json!({
            "entry": signed.entry, "office": signed.by.kind.as_str(), "post": text(&signed.by.post),
            "signed": signed.by.signed,
            "keeps": signed.verdicts.iter().filter(|(_, (verdict, _))| *verdict != Verdict::Destroy)
                .map(|(number, _)| *number).collect::<Vec<_>>(),
        })
    };
    let plan = &case.plan;
    Ok(json!({
        "plan_id": plan.id.to_string(), "number": plan.number, "agency": plan.agency, "as_of": plan.as_of.to_string(),
        "stage": case.stage(archive).as_str(), "sha256": plan.sha256().to_string(),
        "executable_from": case.executable_from(archive).map(|day| day.to_string()),
        "files": plan.items.iter().map(|item| json!({
            "number": item.number, "file_id": item.file.to_string(), "index": item.index, "year": item.year,
            "volume": item.volume, "title": text(&item.title), "records": item.records.len(),
            "keeps": case.kept_by(item.number).map(|verdict| verdict.word().as_str()), "outcome": became(item.number),
        })).collect::<Vec<_>>(),
        "held": plan.kept.iter().map(|kept| json!({
            "file_id": kept.file.to_string(), "hold_id": kept.hold.to_string(),
            "record_id": kept.record.map(|record| record.to_string()),
        })).collect::<Vec<_>>(),
        "proposed": case.proposed.as_ref().map(signed),
        "reviews": case.reviews.iter().map(signed).collect::<Vec<_>>(),
        "approvals": case.approvals.iter().map(signed).collect::<Vec<_>>(),
        "executed": case.row.executed, "completed": case.row.completed, "cancelled": case.row.cancelled,
    }))
}
