//! What falls due and why, the lists of periods, the nomenclature: as documents.
//!
//! The one function of `retention` decides; here it is written down.

use super::file::file;
use super::record::{HIDDEN, Masked};
use crate::archive::{AdoptedList, Adoption, Archive};
use crate::error::Error;
use crate::filing::due::{self, Basis};
use crate::filing::files::File;
use crate::filing::nomenclature::Held;
use crate::filing::paper;
use crate::model::id::RecordId;
use crate::model::nomenclature::{Nomenclature, Row};
use crate::retention::{Decision, RuleList};
use crate::text::Lang;
use chrono::NaiveDate;
use serde_json::{Value, json};

/// A file that is due, held or awaits a person.
pub(crate) fn due_row(of: &File, decision: &Decision, masked: Masked) -> Value {
    json!({"file": file(of, masked), "decision": decision.value()})
}

/// What becomes of a file, or of a record with its file, on a day.
pub(crate) struct Why {
    pub(crate) file: Option<File>,
    pub(crate) decision: Decision,
    /// An original on paper must exist.
    pub(crate) is_paper_required: bool,
    /// Of how many closed documents none is noted: of the record that was asked for, or of those in the file.
    pub(crate) papers_missing: usize,
}

impl Why {
    /// Asks it.
    pub(crate) fn read(archive: &Archive, id: RecordId, as_of: NaiveDate) -> Result<Self, Error> {
        let (file, decision) = due::why(archive, id, as_of)?;
        let (is_paper_required, papers_missing) = papers(archive, id, file.as_ref(), as_of)?;
        Ok(Self { file, decision, is_paper_required, papers_missing })
    }

    /// The document.
    pub(crate) fn value(&self, masked: Masked, lang: Lang) -> Value {
        json!({
            "file": self.file.as_ref().map(|of| file(of, masked)), "decision": self.decision.value(),
            "sentences": self.decision.sentences(lang), "paper_original_required": self.is_paper_required,
            "paper_original_missing": self.papers_missing,
        })
    }
}

fn papers(archive: &Archive, id: RecordId, file: Option<&File>, as_of: NaiveDate) -> Result<(bool, usize), Error> {
    let Some(file) = file else { return Ok((false, 0)) };
    let is_required = paper::is_original_required(archive, &Basis::read(archive)?.judge(), file, as_of);
    if !is_required || file.row.is_open() {
        return Ok((is_required, 0));
    }
    let mut missing = paper::without_original(archive, file.id)?;
    missing.retain(|record| id == file.id || *record == id);
    Ok((true, missing.len()))
}

/// An adopted edition of a list of periods.
pub(crate) fn rules_row(held: &AdoptedList) -> Value {
    let list = &held.list;
    json!({
        "list": list.id, "edition": list.edition, "status": list.status.as_str(),
        "valid_from": list.valid_from.to_string(), "instrument": list.instrument, "rules": list.rules.len(),
        "sha256": list.sha256.to_string(), "shortens": held.is_shortening, "entry": held.entry,
    })
}

/// What a nomenclature is.
pub(crate) fn nomenclature(nomenclature: &Nomenclature) -> Value {
    let without_item = nomenclature.rows.iter().filter(|row| row.item.is_none()).count();
    json!({
        "agency": nomenclature.agency, "year": nomenclature.year, "approved": nomenclature.approved.to_string(),
        "agreed": nomenclature.agreed.map(|day| day.to_string()), "files": nomenclature.rows.len(),
        "without_item": without_item, "sha256": nomenclature.sha256.to_string(),
    })
}

/// A nomenclature and what became of its adoption.
pub(crate) fn nomenclature_adopted(read: &Nomenclature, adoption: &Adoption) -> Value {
    let (status, entry) = match adoption {
        Adoption::Done(entry) => ("adopted", Some(*entry)),
        Adoption::Held(entry) => ("held", *entry),
    };
    json!({"status": status, "nomenclature": nomenclature(read), "entry": entry})
}

/// A list of periods and what became of its adoption.
pub(crate) fn rules_adopted(list: &RuleList, is_new: bool, entry: u64) -> Value {
    json!({
        "status": if is_new { "adopted" } else { "held" }, "list": list.id, "edition": list.edition,
        "sha256": list.sha256.to_string(), "entry": entry,
    })
}

/// One that was adopted.
pub(crate) fn nomenclature_row(held: &Held) -> Value {
    let mut value = nomenclature(&held.nomenclature);
    value["entry"] = held.entry.into();
    value
}

/// The same with its files.
pub(crate) fn nomenclature_whole(held: &Held, masked: Masked) -> Value {
    let is_masked = masked == Masked::Yes;
    let row = |row: &Row| {
        json!({
            "index": row.index, "title": if is_masked { HIDDEN } else { &row.title },
            "item": row.item.as_ref().map(|item| item.to_string()),
            "form": row.form.as_str(), "note": row.note.as_ref().filter(|_| !is_masked),
        })
    };
    let mut value = nomenclature_row(held);
    value["rows"] = held.nomenclature.rows.iter().map(row).collect();
    value
}
