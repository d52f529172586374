//! Inquiries of authorities as documents.
//!
//! What people wrote is hidden from who sees inquiries masked: bodies, cases, bases, queries, outcomes. It decides
//! nothing.

use super::record::{HIDDEN, Masked};
use super::refusals;
use crate::archive::Archive;
use crate::error::{Error, Refusal};
use crate::index::filing::HoldTarget;
use crate::inquiry::answer::Prepared;
use crate::inquiry::bundle::make::{self, Missing, Written};
use crate::inquiry::desk::{self, Closing, Inquiry};
use crate::inquiry::search::{self, Searched, Within};
use crate::model::digest::sha256;
use crate::model::id::RecordId;
use crate::text::Lang;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

fn text(text: &str, masked: Masked) -> &str {
    if masked == Masked::Yes { HIDDEN } else { text }
}

/// An inquiry in a list.
pub(crate) fn inquiry_row(inquiry: &Inquiry, today: NaiveDate, masked: Masked) -> Value {
    let (row, opening) = (&inquiry.row, &inquiry.opening);
    json!({
        "inquiry_id": inquiry.id.to_string(), "entry": row.opened, "agency": opening.agency,
        "authority": text(&opening.authority, masked), "case": text(&opening.case, masked),
        "basis": text(&opening.basis, masked), "requester": text(&opening.requester, masked),
        "due": opening.due.to_string(), "overdue": inquiry.is_overdue(today),
        "searches": row.searches, "taken": row.taken, "answers": row.answers, "answered": row.answered(),
        "closed": row.closed,
    })
}

/// A search under an inquiry.
pub(crate) fn searched(id: RecordId, searched: &Searched, masked: Masked) -> Value {
    let mut value = json!({
        "inquiry_id": id.to_string(), "entry": searched.entry, "query": text(&searched.query, masked),
        "canonical": text(&searched.canonical, masked), "size": searched.size, "root": searched.root.to_string(),
        "unreadable": searched.unreadable, "reaches_destroyed": searched.reaches_destroyed,
        "found": searched.found.iter().map(RecordId::to_string).collect::<Vec<_>>(),
        "destroyed": searched.destroyed.iter().map(RecordId::to_string).collect::<Vec<_>>(),
    });
    value["within"] = searched.within.as_ref().map(Within::value).into();
    value
}

/// What an act of the desk came to.
pub(crate) fn inquiry_done(status: &str, id: RecordId, entry: u64) -> Value {
    json!({"status": status, "inquiry_id": id.to_string(), "entry": entry})
}

/// A signature of an answer that was not taken in.
pub(crate) fn inquiry_refused(id: RecordId, reasons: &[Refusal], lang: Lang) -> Value {
    json!({"status": "refused", "inquiry_id": id.to_string(), "reasons": refusals(reasons, lang)})
}

/// An answer that is given out, with its files.
pub(crate) fn inquiry_given(id: RecordId, prepared: &Prepared, files: Vec<Value>) -> Value {
    let answer: Value = serde_json::from_slice(&prepared.bytes).unwrap_or_default();
    json!({
        "status": if prepared.signed.is_some() { "signed" } else { "unsigned" }, "inquiry_id": id.to_string(),
        "entry": prepared.signed.as_ref().map(|(_, entry)| *entry), "sha256": sha256(&prepared.bytes).to_string(),
        "answer": answer, "files": files,
    })
}

/// A bundle that was written.
pub(crate) fn bundled(id: RecordId, written: &Written) -> Value {
    let missing = |one: &Missing| json!({"what": one.what, "subject": one.subject});
    json!({
        "status": if written.missing.is_empty() { "complete" } else { "incomplete" },
        "inquiry_id": id.to_string(), "entry": written.entry, "size": written.size,
        "records": written.records.iter().map(ToString::to_string).collect::<Value>(),
        "missing": written.missing.iter().map(missing).collect::<Value>(),
    })
}

/// An inquiry with all that was done under it.
pub(crate) struct InquiryView {
    pub(crate) inquiry: Inquiry,
    pub(crate) searches: Vec<Searched>,
    pub(crate) holds: Vec<String>,
    pub(crate) targets: BTreeSet<HoldTarget>,
    /// Entries of bundles, each with the size of the journal under which it is made again.
    pub(crate) bundles: Vec<(u64, u64)>,
    pub(crate) closing: Option<Closing>,
}

impl InquiryView {
    /// Reads it.
    pub(crate) fn read(archive: &Archive, inquiry: Inquiry) -> Result<Self, Error> {
        let made = |entry: &u64| search::find(archive, *entry);
        Ok(Self {
            searches: inquiry.row.searches.iter().map(made).collect::<Result<_, _>>()?,
            holds: inquiry.row.holds.iter().map(|hold| RecordId(*hold).to_string()).collect(),
            targets: inquiry.targets(archive)?,
            bundles: make::list(archive, &inquiry)?,
            closing: desk::closing(archive, &inquiry)?,
            inquiry,
        })
    }

    /// Leaves of the records and files that it names those that may be known of.
    pub(crate) fn keep<E>(&mut self, mut is_known: impl FnMut(RecordId) -> Result<bool, E>) -> Result<(), E> {
        let mut known = BTreeMap::new();
        let named = self.searches.iter().flat_map(|one| one.found.iter().chain(&one.destroyed)).copied();
        for id in named.chain(self.targets.iter().map(|target| target.id())) {
            if let Entry::Vacant(new) = known.entry(id) {
                new.insert(is_known(id)?);
            }
        }
        let is_known = |id: &RecordId| known.get(id).copied().unwrap_or_default();
        self.targets.retain(|target| is_known(&target.id()));
        for one in &mut self.searches {
            one.found.retain(is_known);
            one.destroyed.retain(is_known);
        }
        Ok(())
    }

    /// The document.
    pub(crate) fn value(&self, today: NaiveDate, masked: Masked) -> Value {
        let id = self.inquiry.id;
        let mut value = inquiry_row(&self.inquiry, today, masked);
        value["searches"] = self.searches.iter().map(|one| searched(id, one, masked)).collect();
        value["holds"] = self.holds.clone().into();
        value["bundles"] = self.bundles.iter().map(|(entry, size)| json!({"entry": entry, "size": size})).collect();
        value["targets"] = self.targets.iter().map(|target| target.value()).collect();
        let said = |what: &str| text(what, masked).to_owned();
        value["outcome"] = self.closing.as_ref().map(|closing| said(&closing.outcome)).into();
        let without = self.closing.as_ref().and_then(|closing| closing.without_answer.as_deref());
        value["without_answer"] = without.map(said).into();
        value
    }
}
