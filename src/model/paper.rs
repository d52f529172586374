//! The paper twin of a record: an original or a copy on paper, where it lies and who keeps it.
//!
//! A record may have one original and several copies on paper, each with its number, from 1. Places and custodians may
//! name people, so acts about them are sealed under the key of the record, and go with it (N 430 cl. 10: paper without
//! its electronic document is not kept).

use super::strict::words;
use serde_json::{Map, Value, json};

words! {
    /// What the paper is.
    PaperKind {
        /// The document itself, signed on paper.
        Original = "original",
        /// A copy of it.
        Copy = "copy",
    }
}

/// A paper as it is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noting {
    /// Its number among the papers of the record.
    pub number: u32,
    /// What it is.
    pub kind: PaperKind,
    /// How many sheets it has.
    pub sheets: u32,
    /// Where it lies and who keeps it.
    pub whereabouts: Whereabouts,
}

/// Where a paper lies and who keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The place: building, room, shelf, box.
    pub place: String,
    /// The custodian: a post.
    pub custodian: String,
}

/// A paper is moved, or its custodian changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Its number among the papers of the record.
    pub number: u32,
    /// Where it is from now on.
    pub whereabouts: Whereabouts,
    /// Why.
    pub reason: String,
}

fn text(fields: &Map<String, Value>, key: &str) -> Option<String> {
    Some(fields.get(key)?.as_str()?.to_owned())
}

fn number(fields: &Map<String, Value>, key: &str) -> Option<u32> {
    fields.get(key)?.as_u64()?.try_into().ok()
}

impl Whereabouts {
    fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        Some(Self { place: text(fields, "place")?, custodian: text(fields, "custodian")? })
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

impl Noting {
    /// The fields of the act document.
    pub fn fields(&self) -> Map<String, Value> {
        let Whereabouts { place, custodian } = &self.whereabouts;
        object(json!({
            "number": self.number, "paper": self.kind.as_str(), "sheets": self.sheets, "place": place,
            "custodian": custodian,
        }))
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            number: number(fields, "number")?,
            kind: PaperKind::parse(&text(fields, "paper")?)?,
            sheets: number(fields, "sheets")?,
            whereabouts: Whereabouts::of_fields(fields)?,
        })
    }
}

impl Move {
    /// The fields of the act document.
    pub fn fields(&self) -> Map<String, Value> {
        let Whereabouts { place, custodian } = &self.whereabouts;
        object(json!({"number": self.number, "place": place, "custodian": custodian, "reason": self.reason}))
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        let (number, reason) = (number(fields, "number")?, text(fields, "reason")?);
        Some(Self { number, whereabouts: Whereabouts::of_fields(fields)?, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_read_back() {
        let whereabouts = Whereabouts { place: "2-қойма, 14-сөре".into(), custodian: "архивші".into() };
        for kind in PaperKind::ALL {
            let noting = Noting { number: 1, kind: *kind, sheets: 5, whereabouts: whereabouts.clone() };
            assert_eq!(Noting::of_fields(&noting.fields()), Some(noting));
        }
        let moved = Move { number: 2, whereabouts, reason: "Жөндеу".into() };
        assert_eq!(Move::of_fields(&moved.fields()), Some(moved.clone()));
        assert_eq!(Noting::of_fields(&moved.fields()), None);
    }
}
