//! A hold (тыйым, запрет) as a document.
//!
//! What people wrote when it was placed is hidden from who sees holds masked. It looks nothing up.

use super::record::{HIDDEN, Masked};
use crate::filing::holds::Hold;
use crate::index::filing::HoldTarget;
use crate::model::id::RecordId;
use serde_json::{Value, json};

/// A hold with all that it keeps.
pub(crate) fn hold(hold: &Hold) -> Value {
    hold_of(hold, &hold.row.targets, Masked::No)
}

/// A hold with those of its targets that are seen. The query is told to who sees all of them: it speaks of the others.
pub(crate) fn hold_of(hold: &Hold, targets: &[HoldTarget], masked: Masked) -> Value {
    let (placing, is_masked) = (&hold.placing, masked == Masked::Yes);
    let is_whole = targets.len() == hold.row.targets.len() && !is_masked;
    let text = |text: &str| if is_masked { HIDDEN.to_owned() } else { text.to_owned() };
    json!({
        "hold_id": hold.id.to_string(), "entry": hold.row.placed, "lifted": hold.row.lifted,
        "owner": text(&placing.owner), "reason": text(&placing.reason), "basis": text(&placing.basis),
        "review": placing.review.map(|day| day.to_string()), "query": placing.query.as_ref().filter(|_| is_whole),
        "inquiry_id": hold.row.inquiry.map(|id| RecordId(id).to_string()),
        "targets": targets.iter().map(|target| target.value()).collect::<Vec<_>>(),
    })
}

/// A hold that was placed.
pub(crate) fn hold_placed(id: RecordId, entry: u64, covers: usize) -> Value {
    json!({"status": "placed", "hold_id": id.to_string(), "entry": entry, "covers": covers})
}

/// A hold that was lifted.
pub(crate) fn hold_lifted(id: RecordId, entry: u64) -> Value {
    json!({"status": "lifted", "hold_id": id.to_string(), "entry": entry})
}
