//! What the full text found, as a document.
//!
//! It writes down what was found; what of it may be seen was decided before.

use super::{Masked, record_row};
use crate::access::text::find::{Found, FoundPlace, FoundRecord};
use crate::index::text::Place;
use serde_json::{Value, json};

/// A record with its places.
pub(crate) fn found_record(found: &FoundRecord) -> Value {
    json!({
        "record": record_row(&found.row, Masked::No), "has_all_words": found.has_all_words,
        "places": found.places.iter().map(place).collect::<Vec<_>>(),
    })
}

fn place(found: &FoundPlace) -> Value {
    let unit = match found.place {
        Place::Card => None,
        Place::Unit { unit, .. } => Some(unit),
    };
    let snippet = found.snippet.as_ref().map(|snippet| {
        // Places in characters: other programs do not count in bytes of UTF-8.
        let at = |byte: usize| snippet.text.get(..byte).map_or(0, |before| before.chars().count());
        let marks: Vec<Value> = snippet.ranges.iter().map(|r| json!([at(r.start), at(r.end)])).collect();
        json!({
            "text": snippet.text, "marks": marks, "cut_before": snippet.is_cut_before,
            "cut_after": snippet.is_cut_after,
        })
    });
    json!({
        "where": if unit.is_some() { "text" } else { "card" }, "component": found.component,
        "member": found.member.as_deref(), "page": found.page, "unit": unit, "snippet": snippet,
    })
}

/// How many records there are, by what they are.
pub(crate) fn found_summary(found: &Found) -> Value {
    let (total, all_words) = found.total;
    let counts = &found.counts;
    json!({
        "total": total, "all_words": all_words, "lag": found.lag,
        "counts": {
            "agency": counts.agency, "access": counts.access, "kind": counts.kind, "direction": counts.direction,
            "year": counts.year.iter().map(|(year, count)| (year.to_string(), json!(count)))
                .collect::<serde_json::Map<_, _>>(),
        },
    })
}
