//! Papers of a record as a document.
//!
//! It writes down what the index has; it looks nothing up.

use crate::clock::rfc3339;
use crate::index::fonds::{PaperRow, PlaceRow};
use serde_json::{Value, json};

/// The papers of a record as JSON.
pub(crate) fn papers(papers: &[PaperRow]) -> Value {
    let place = |place: &PlaceRow| {
        json!({
            "entry": place.entry, "time": rfc3339(place.t), "place": place.place, "custodian": place.custodian,
            "reason": place.reason,
        })
    };
    let paper = |paper: &PaperRow| {
        let places: Vec<Value> = paper.places.iter().map(place).collect();
        json!({"number": paper.number, "kind": paper.kind().as_str(), "sheets": paper.sheets, "places": places})
    };
    papers.iter().map(paper).collect()
}
