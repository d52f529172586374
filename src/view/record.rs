//! A record as a document: in a list, and whole with all its evidence.
//!
//! What an auditor sees is masked: kinds, dates and acts stay; titles, names, numbers, paths and digests do not.
//!
//! Invariants
//!   - A list is no reading of a record: the title of one that is restricted is not in it.
//!
//! It reads nothing that was not opened for it.

use super::papers;
use crate::access::{HistoryEntry, Opened};
use crate::archive::Archive;
use crate::clock::{civil_date, rfc3339};
use crate::error::Error;
use crate::filing::cite;
use crate::filing::due::Basis;
use crate::filing::files::{self, File};
use crate::filing::paper::is_original_required;
use crate::index::rows::RecordRow;
use crate::model::amendment::Amendment;
use crate::model::classifier::CodeUsed;
use crate::model::format::{Finding, Identification};
use crate::model::id::RecordId;
use crate::model::import::Imported;
use crate::model::record::{CardField, Component, Manifest};
use crate::model::submission::{AccessCategory, Direction, Role};
use crate::model::transferred::Transferred;
use crate::tlog::leaf::Leaf;
use serde_json::{Value, json};

/// Whether titles, names, numbers and paths stay hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Masked {
    /// Everything is shown.
    No,
    /// They are hidden.
    Yes,
}

/// What stands for a text that is hidden.
pub(crate) const HIDDEN: &str = "***";

/// A record in a list.
pub(crate) fn record_row(row: &RecordRow, masked: Masked) -> Value {
    let is_open = row.access() == AccessCategory::Public && masked == Masked::No;
    let field = |f| row.card_field(f).unwrap_or_default();
    json!({
        "record_id": row.id().to_string(),
        "agency": row.agency,
        "registration_number": if masked == Masked::Yes { HIDDEN } else { field(CardField::RegistrationNumber) },
        "document_date": field(CardField::DocumentDate),
        "document_type": field(CardField::DocumentType),
        "title": is_open.then(|| field(CardField::Title)),
        "kind": row.kind().as_str(),
        "nomenclature_index": row.nomenclature_index,
        "file": row.file.as_ref().filter(|_| masked == Masked::No),
        "access_category": row.access().as_str(),
        "accepted": rfc3339(row.accepted),
        "signatures": row.verdict().map(|verdict| verdict.as_str()),
        "receipt_number": row.receipt_number().filter(|_| masked == Masked::No),
    })
}

/// N 430 cl. 18: what was sent without a receipt counts as not delivered.
pub(crate) fn delivery(row: &RecordRow) -> Option<&'static str> {
    let received = row.components.iter().any(|c| c.role() == Role::Receipt);
    match row.direction() {
        Direction::Outgoing if received => Some("delivered"),
        Direction::Outgoing => Some("not delivered"),
        _ => None,
    }
}

/// A record with all its evidence, read and checked.
pub(crate) struct RecordView<'a> {
    pub(crate) row: &'a RecordRow,
    pub(crate) manifest: Manifest,
    pub(crate) amendments: Vec<(Leaf, Amendment)>,
    pub(crate) custody: Vec<HistoryEntry>,
    pub(crate) readings: Vec<HistoryEntry>,
    pub(crate) same_content: Vec<RecordId>,
    pub(crate) validation: Option<Value>,
    pub(crate) filed: Option<File>,
    /// Holds that keep it, each with whether it is on the record itself.
    pub(crate) holds: Vec<(RecordId, bool)>,
    /// An original on paper must exist.
    pub(crate) needs_paper: bool,
    pub(crate) in_search: Option<u64>,
}

impl<'a> RecordView<'a> {
    /// Reads a record that is open.
    pub(crate) fn read(archive: &Archive, opened: &'a Opened<'_>) -> Result<Self, Error> {
        let (custody, readings) = opened.history()?;
        let id = opened.row.id();
        archive.wait_index()?;
        let filed = opened.row.filed.map(|file| files::find(archive, RecordId(file))).transpose()?;
        let index = archive.index();
        let mut holds: Vec<(RecordId, bool)> = index.holds_on(id)?.into_iter().map(|hold| (hold, true)).collect();
        if let Some(file) = &filed {
            holds.extend(index.holds_on(file.id)?.into_iter().map(|hold| (hold, false)));
        }
        let needs_paper = match (&filed, Basis::read(archive)) {
            (Some(file), Ok(basis)) => is_original_required(archive, &basis.judge(), file, civil_date(archive.now())),
            // While anything cannot be read, nothing is said of terms; the record is shown all the same.
            _ => false,
        };
        Ok(Self {
            row: &opened.row,
            manifest: opened.manifest()?,
            amendments: opened.amendments()?,
            custody,
            readings,
            same_content: opened.same_content()?,
            validation: opened.validation()?,
            filed,
            holds,
            needs_paper,
            in_search: opened.missing_since()?,
        })
    }

    /// Components of all parts, with the number of the part that brought them.
    pub(crate) fn components(&self) -> impl Iterator<Item = (usize, &Component)> {
        let later = (1..).zip(&self.amendments).flat_map(|(part, (_, a))| a.components.iter().map(move |c| (part, c)));
        self.manifest.components.iter().map(|c| (0, c)).chain(later)
    }

    /// The newest card.
    pub(crate) fn card(&self) -> &[(CardField, String)] {
        let corrected = self.amendments.iter().rev().find_map(|(_, a)| a.card.as_ref());
        corrected.unwrap_or(&self.manifest.card)
    }

    /// The document.
    pub(crate) fn value(&self, masked: Masked) -> Value {
        let entry = |e: &HistoryEntry| {
            json!({
                "entry": e.index, "act": e.leaf.act.as_str(), "time": rfc3339(e.leaf.t),
                "actor": e.leaf.actor.to_string(), "account": e.account,
            })
        };
        let fields = |card: &[(CardField, String)]| {
            card.iter().map(|(f, v)| (f.as_str().to_owned(), Value::from(v.clone()))).collect::<serde_json::Map<_, _>>()
        };
        let amendment = |(part, (leaf, a)): (usize, &(Leaf, Amendment))| {
            json!({
                "part": part, "kind": a.kind.as_str(), "time": rfc3339(leaf.t), "reason": a.reason,
                "card": a.card.as_ref().map(|card| fields(card)), "g256": a.group().0.to_string(),
                "identifier": a.identifier,
                "formats": a.formats.iter().map(|(path, f)| json!({"path": path, "format": format_json(f)}))
                    .collect::<Vec<_>>(),
            })
        };
        let manifest = &self.manifest;
        let certified = manifest
            .certified_by
            .as_ref()
            .map(|c| json!({"role": c.role.as_str(), "post": c.post, "surname": c.surname}));
        let code =
            |c: &CodeUsed| json!({"field": c.field, "code": c.code, "classifier": c.classifier, "edition": c.edition});
        let value = json!({
            "record_id": manifest.record.to_string(),
            "agency": manifest.agency,
            "kind": manifest.kind.as_str(),
            "certified_by": certified,
            "direction": manifest.direction.as_str(),
            "delivery": delivery(self.row),
            "profile": manifest.profile.as_str(),
            "nomenclature_index": manifest.nomenclature_index,
            "file": manifest.file,
            "filed": self.filed.as_ref().map(|file| json!({
                "file_id": file.id.to_string(), "index": file.row.index, "year": file.row.year,
                "volume": file.row.volume, "title": file.row.title, "number": self.row.number_in_file,
                "citation": cite::of(file, self.row).map(|citation| citation.to_string()),
            })),
            "holds": self.holds.iter()
                .map(|(hold, is_own)| json!({"hold": hold.to_string(), "on": if *is_own { "record" } else { "file" }}))
                .collect::<Vec<_>>(),
            "papers": papers(&self.row.papers),
            "paper_original_required": self.needs_paper,
            "access_category": manifest.access_category.as_str(),
            "accepted": rfc3339(self.row.accepted),
            "signature_status": manifest.validation.as_ref().map_or("not validated", |v| v.verdict.as_str()),
            "validation": self.validation,
            "imported": manifest.imported.as_ref().map(Imported::value),
            "transferred": manifest.transferred.as_ref().map(Transferred::value),
            "in_search": self.in_search,
            "flags": self.row.flags,
            "codes": manifest.codes.iter().map(code).collect::<Vec<_>>(),
            "card": fields(self.card()),
            "first_card": (!self.row.earlier_cards.is_empty()).then(|| fields(&manifest.card)),
            "components": self.components().map(|(part, c)| component_json(c, part)).collect::<Vec<_>>(),
            "amendments": (1..).zip(&self.amendments).map(amendment).collect::<Vec<_>>(),
            "same_content": self.same_content.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "identifier": manifest.identifier,
            "g256": manifest.group().0.to_string(),
            "custody": self.custody.iter().map(entry).collect::<Vec<_>>(),
            "readings": self.readings.iter().map(entry).collect::<Vec<_>>(),
        });
        if masked == Masked::Yes { hide(value) } else { value }
    }
}

/// Fields of a card that name nobody and say nothing of the matter.
const PLAIN: [CardField; 4] =
    [CardField::DocumentType, CardField::DocumentDate, CardField::NomenclatureIndex, CardField::Software];

/// Takes out of a record's document what an auditor does not see.
fn hide(mut value: Value) -> Value {
    for name in ["certified_by", "validation", "imported", "transferred", "file", "filed", "first_card"] {
        value[name] = Value::Null;
    }
    // A digest tells who has the file that it is this one; a path names people.
    for name in ["papers", "codes", "components", "same_content"] {
        value[name] = json!([]);
    }
    if let Some(card) = value["card"].as_object_mut() {
        card.retain(|name, _| PLAIN.iter().any(|field| field.as_str() == name));
        card.insert(CardField::RegistrationNumber.as_str().to_owned(), HIDDEN.into());
    }
    for amendment in value["amendments"].as_array_mut().into_iter().flatten() {
        amendment["reason"] = Value::Null;
        amendment["card"] = Value::Null;
        amendment["formats"] = json!([]);
    }
    value
}

fn format_json(f: &Identification) -> Value {
    let finding = |f: &Finding| json!({"code": f.code.as_str(), "place": f.place, "detail": f.detail});
    json!({
        "puid": f.puid, "family": f.family.as_str(), "name": f.name, "version": f.version,
        "basis": f.basis.as_str(), "findings": f.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn component_json(c: &Component, part: usize) -> Value {
    let content = c.content.as_ref().map(|content| {
        json!({
            "path": content.path, "size": content.size, "sha256": content.sha256.to_string(),
            "format": format_json(&content.format),
        })
    });
    json!({
        "path": c.path, "role": c.role.as_str(), "covers": c.covers, "size": c.size,
        "sha256": c.digests.sha256.to_string(), "sha512": c.digests.sha512.to_string(),
        "media_type": c.media_type, "part": part, "format": c.format.as_ref().map(format_json), "content": content,
        "source": c.derived.as_ref().map(|d| &d.source), "tool": c.derived.as_ref().map(|d| &d.tool),
    })
}
