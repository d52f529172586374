//! What a record of an imported holding says of where it came from (`docs/import.md`).
//!
//! Date and number of the original receipt are the word of the old system. They are shown and searched, and prove
//! nothing: no signature is judged by them, and no date of creation is taken from them.

use super::digest::Sha256;
use super::id::ActId;
use super::record::text;
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// Where an imported record came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The act that began the import.
    pub act: ActId,
    /// Line of the table; its header is line 1.
    pub line: u64,
    /// Digest of the profile by which it was taken in.
    pub profile: Sha256,
    /// When the old system received the document, as it says.
    pub receipt_date: Option<NaiveDate>,
    /// Under which number.
    pub receipt_number: Option<String>,
}

impl Imported {
    /// It as JSON.
    pub fn value(&self) -> Value {
        let mut map = Map::new();
        map.insert("act".into(), self.act.to_string().into());
        map.insert("line".into(), self.line.into());
        map.insert("profile".into(), self.profile.to_string().into());
        if let Some(date) = self.receipt_date {
            map.insert("receipt_date".into(), date.to_string().into());
        }
        if let Some(number) = &self.receipt_number {
            map.insert("receipt_number".into(), number.clone().into());
        }
        map.into()
    }

    /// Reads it.
    pub fn of_value(value: &Value) -> Option<Self> {
        Some(Self {
            act: text(value, "act")?.parse().ok()?,
            line: value.get("line")?.as_u64()?,
            profile: text(value, "profile")?.parse().ok()?,
            receipt_date: text(value, "receipt_date").map(|date| date.parse().map_err(drop)).transpose().ok()?,
            receipt_number: text(value, "receipt_number").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::sha256;

    #[test]
    fn it_decodes_to_itself() {
        let whole = Imported {
            act: ActId([1; 16]),
            line: 17,
            profile: sha256(b"profile"),
            receipt_date: NaiveDate::from_ymd_opt(2019, 3, 4),
            receipt_number: Some("К-17".into()),
        };
        let least = Imported { receipt_date: None, receipt_number: None, ..whole.clone() };
        for imported in [whole, least] {
            assert_eq!(Imported::of_value(&imported.value()), Some(imported.clone()));
            let mut value = imported.value();
            value["receipt_date"] = "yesterday".into();
            assert_eq!(Imported::of_value(&value), None);
        }
    }
}
