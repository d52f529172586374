//! What is added to a record after its acceptance.
//!
//! An *amendment* has the form of a manifest: canonical JSON of what is added and why, with a salt and stored objects
//! of its own, sealed under the record's key. Its group commitment stands in the leaf of its act; those of the manifest
//! and of earlier amendments stay as they are. `docs/format.md` §5.7.

use super::canonical;
use super::digest::{Sha256, Sha512};
use super::format::Identification;
use super::id::RecordId;
use super::record::{
    CardField, Component, Flag, ManifestError, Member, card_of, card_value, check_canonical, components_of, flags_of,
    flags_value, group, members, salt_file, salt_of, text,
};
use super::strict::words;
use serde_json::{Map, Value, json};

words! {
    /// What an amendment adds.
    AmendmentKind {
        /// A component that came late: a receipt, a mark, revocation data, a representation.
        ComponentAdded = "component_added",
        /// A new version of the card.
        CardCorrected = "card_corrected",
        /// The formats, identified again; the earlier finding stays.
        FormatsIdentified = "formats_identified",
        /// A records officer's signature of the prepared receipt: with it the receipt is issued (N 430 cl. 17).
        ReceiptIssued = "receipt_issued",
    }
}

/// An addition to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The record.
    pub record: RecordId,
    /// What it adds.
    pub kind: AmendmentKind,
    /// Why, as a person wrote it.
    pub reason: Option<String>,
    /// The fields of the new card version.
    pub card: Option<Vec<(CardField, String)>>,
    /// The components it brings.
    pub components: Vec<Component>,
    /// Flags that are not about the format of one component.
    pub flags: Vec<Flag>,
    /// Formats found again, by path of the component.
    pub formats: Vec<(String, Identification)>,
    /// Name, version and PRONOM edition of what identified the formats.
    pub identifier: String,
    /// Its own secret salt.
    pub salt: [u8; 32],
}

impl Amendment {
    /// An amendment without components yet.
    pub fn new(record: RecordId, kind: AmendmentKind, reason: Option<String>, identifier: String) -> Self {
        let salt = crate::random::bytes();
        Self {
            record,
            kind,
            reason,
            card: None,
            components: Vec::new(),
            flags: Vec::new(),
            formats: Vec::new(),
            identifier,
            salt,
        }
    }

    /// The metadata file: a member of the group.
    pub fn metadata(&self) -> Vec<u8> {
        canonical::to_vec(&self.metadata_value()).expect("metadata holds strings and sizes")
    }

    fn metadata_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("schema".into(), "muragat/amendment/1".into());
        map.insert("record_id".into(), self.record.to_string().into());
        map.insert("kind".into(), self.kind.as_str().into());
        map.insert("identifier".into(), self.identifier.clone().into());
        if let Some(reason) = &self.reason {
            map.insert("reason".into(), reason.clone().into());
        }
        if let Some(card) = &self.card {
            map.insert("card".into(), card_value(card));
        }
        if !self.flags.is_empty() {
            map.insert("flags".into(), flags_value(&self.flags));
        }
        if !self.formats.is_empty() {
            let found = |(path, format): &(String, Identification)| json!({"format": format.value(), "path": path});
            map.insert("formats".into(), self.formats.iter().map(found).collect());
        }
        map.insert("components".into(), self.components.iter().map(Component::value).collect());
        Value::Object(map)
    }

    /// Its bytes, as sealed in the store.
    pub fn encode(&self) -> Vec<u8> {
        let value = json!({
            "amendment": self.metadata_value(),
            "objects": self.components.iter().map(Component::object_value).collect::<Vec<_>>(),
            "salt": hex::encode(self.salt),
            "v": 1,
        });
        canonical::to_vec(&value).expect("an amendment holds strings and sizes")
    }

    /// Reads an amendment.
    pub fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| ManifestError(e.to_string()))?;
        check_canonical(&value, bytes)?;
        let found = Self::of_value(&value).ok_or_else(|| ManifestError("a field is missing or malformed".into()))?;
        // Anything that this program would not write again is not believed.
        if found.encode() == bytes { Ok(found) } else { Err(ManifestError("has unknown fields".into())) }
    }

    fn of_value(value: &Value) -> Option<Self> {
        let amendment = value.get("amendment")?;
        let format = |f: &Value| Some((text(f, "path")?.to_owned(), Identification::of_value(f.get("format")?)?));
        Some(Self {
            record: text(amendment, "record_id")?.parse().ok()?,
            kind: AmendmentKind::parse(text(amendment, "kind")?)?,
            reason: text(amendment, "reason").map(str::to_owned),
            card: amendment.get("card").map(|c| card_of(c).ok_or(())).transpose().ok()?,
            components: components_of(amendment.get("components")?, value.get("objects")?)?,
            flags: flags_of(amendment.get("flags"))?,
            formats: match amendment.get("formats") {
                None => Vec::new(),
                Some(list) => list.as_array()?.iter().map(format).collect::<Option<_>>()?,
            },
            identifier: text(amendment, "identifier")?.to_owned(),
            salt: salt_of(value)?,
        })
    }

    /// The salted group commitment, as of a manifest.
    pub fn group(&self) -> (Sha256, Sha512) {
        group(&self.components, &self.metadata(), &self.salt)
    }

    /// What the commitment is over.
    pub fn members(&self) -> Vec<Member> {
        members(&self.components, &self.metadata(), &self.salt)
    }

    /// The salt file.
    pub fn salt_file(&self) -> Vec<u8> {
        salt_file(&self.salt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use crate::model::format::{Basis, Family, Finding};

    fn sample() -> Amendment {
        let mut component = crate::model::record::tests::sample().components.remove(0);
        let format = Identification {
            family: Family::Docx,
            puid: Some("fmt/412".into()),
            name: "Microsoft Word for Windows".into(),
            version: "2007 onwards".into(),
            basis: Basis::Container,
            findings: vec![Finding { code: ErrorCode::FmtMacros, place: "word/x.bin".into(), detail: "VBA".into() }],
        };
        component.format = Some(format.clone());
        let reason = Some("Кешіккен түбіртек".into());
        let mut amendment = Amendment::new(RecordId([1; 16]), AmendmentKind::ComponentAdded, reason, "x/1".into());
        amendment.card = Some(vec![(CardField::Title, "Үлгі".into())]);
        amendment.components = vec![component];
        amendment.formats = vec![("main.docx".into(), format)];
        amendment
    }

    #[test]
    fn an_amendment_decodes_to_itself_only() {
        let amendment = sample();
        let bytes = amendment.encode();
        assert_eq!(Amendment::decode(&bytes).unwrap(), amendment);
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("component_added", "component_removed"),
            ("FMT-006", "FMT-999"),
            ("\"reason\"", "\"raeson\""),
        ] {
            assert!(text.contains(from));
            assert!(Amendment::decode(text.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn its_salt_hides_its_members() {
        let amendment = sample();
        let mut other = amendment.clone();
        other.salt = [9; 32];
        assert_ne!(amendment.group(), other.group());
    }
}
