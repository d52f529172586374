//! What a caller reaches of things that belong to agencies: files, holds, inquiries, plans, entries of the journal.
//!
//! Rights are decided by [`rights`](crate::access::rights); here it is only looked up whose a thing is. What belongs to
//! no agency is of the archive as a whole.

use super::caller::id;
use super::problem::Problem;
use super::service::{Ask, target};
use crate::access::rights::{Action, Scope, Target};
use crate::disposition::case::Case;
use crate::error::{Error, ErrorCode};
use crate::filing::handover;
use crate::index::filing::HoldTarget;
use crate::inquiry::desk::{self, Inquiry};
use crate::model::id::RecordId;
use crate::transfer;
use crate::transfer::accession::Accession;
use crate::view::Masked;
use std::collections::{BTreeSet, HashMap};

/// What an agency has, as rights see it.
pub(crate) fn of(agency: &str) -> Target<'_> {
    Target { agency: Some(agency), ..Target::default() }
}

/// How a thing in the scope is seen; none: it is not in the scope.
pub(crate) fn seen(scope: &Scope, target: &Target) -> Option<Masked> {
    let mut rows = scope.rows_of(target).peekable();
    rows.peek()?;
    Some(if rows.all(|row| row.masked) { Masked::Yes } else { Masked::No })
}

/// The same for what several agencies have a part in.
pub(crate) fn seen_of_any(scope: &Scope, agencies: &BTreeSet<String>) -> Option<Masked> {
    if agencies.is_empty() {
        return seen(scope, &Target::default());
    }
    let found = agencies.iter().filter_map(|agency| seen(scope, &of(agency)));
    found.reduce(|a, b| if a == Masked::No { a } else { b })
}

/// An inquiry that the caller works on. One of an agency that is not theirs is answered like none.
pub(crate) fn working(ask: &Ask, text: &str) -> Result<Inquiry, Problem> {
    let scope = ask.list(Action::InquiryWork)?;
    let id = id(text)?;
    ask.wait_index()?;
    let inquiry = desk::find(&ask.archive, id)?;
    let of_agency = of(&inquiry.opening.agency);
    if scope.contains(&of_agency) {
        return Ok(inquiry);
    }
    // Who may look at it is told that looking is all.
    if ask.reached(Action::InquirySee).contains(&of_agency) {
        ask.may(Action::InquiryWork, &of_agency)?;
    }
    Err(Error::new(ErrorCode::InqUnknown, id.to_string(), "no such inquiry").into())
}

/// What of the things that an inquiry names the caller may know.
pub(crate) struct Sight<'a> {
    ask: &'a Ask,
    listed: Scope,
    filed: Scope,
    owners: Owners<'a>,
}

impl<'a> Sight<'a> {
    pub(crate) fn new(ask: &'a Ask) -> Self {
        let (listed, filed) = (ask.reached(Action::RecordList), ask.reached(Action::FileSee));
        Self { ask, listed, filed, owners: Owners::new(ask) }
    }

    /// How a record or file is seen, also a destroyed one; none: not at all.
    pub(crate) fn of(&mut self, id: RecordId) -> Result<Option<Masked>, Problem> {
        Ok(match self.ask.index().record_by_id(id)? {
            Some(row) => seen(&self.listed, &target(&row)),
            // Of what was destroyed it is known whose it was, and no category.
            None => seen_of_any(&self.filed, self.owners.of(id)?),
        })
    }
}

/// Whose things are, remembered for one question.
pub(crate) struct Owners<'a> {
    ask: &'a Ask,
    known: HashMap<RecordId, BTreeSet<String>>,
}

impl<'a> Owners<'a> {
    pub(crate) fn new(ask: &'a Ask) -> Self {
        Self { ask, known: HashMap::new() }
    }

    /// The agencies that a record, file, hold, inquiry, plan, transfer, accession, fonds or inventory belongs to, also
    /// when it was destroyed; none of what is the archive's own, or unknown.
    pub(crate) fn of(&mut self, id: RecordId) -> Result<&BTreeSet<String>, Problem> {
        if !self.known.contains_key(&id) {
            let found = self.find(id)?;
            self.known.insert(id, found);
        }
        Ok(self.known.entry(id).or_default())
    }

    fn find(&mut self, id: RecordId) -> Result<BTreeSet<String>, Problem> {
        let (ask, index) = (self.ask, self.ask.index());
        let one = |agency: String| Ok(BTreeSet::from([agency]));
        match index.file_of(id)? {
            // A file has records of its own agency only, and its row is one for many of them.
            Some(Some(file)) => return Ok(self.of(file)?.clone()),
            Some(None) => return Ok(index.record_by_id(id)?.map(|row| row.agency).into_iter().collect()),
            None => {}
        }
        if let Some(row) = index.file(id)? {
            return one(row.agency);
        }
        if let Some(row) = index.hold(id)? {
            let mut agencies = BTreeSet::new();
            for target in row.targets {
                agencies.extend(self.of(target.id())?.iter().cloned());
            }
            return Ok(agencies);
        }
        if index.inquiry(id)?.is_some() {
            return one(desk::find(&ask.archive, id)?.opening.agency);
        }
        if index.plan(id)?.is_some() {
            return one(Case::read(&ask.archive, id)?.plan.agency);
        }
        if index.transfer(id)?.is_some() {
            return one(transfer::case::Case::read(&ask.archive, id)?.agency);
        }
        if index.accession(id)?.is_some() {
            return one(Accession::read(&ask.archive, id)?.agency);
        }
        if let Some(tomb) = index.tomb(id)? {
            return one(tomb.agency);
        }
        if let Some((plan, _)) = index.destroyed(id)? {
            if let Some(elsewhere) = handover::elsewhere(&ask.archive, id)? {
                return one(elsewhere.agency);
            }
            // What went with the whole archive had no plan.
            let is_planned = index.plan(plan)?.is_some();
            return if is_planned { one(Case::read(&ask.archive, plan)?.plan.agency) } else { Ok(BTreeSet::new()) };
        }
        let fonds = index.fonds()?;
        let number = index.inventories()?.into_iter().find(|(inventory, _)| *inventory == id).map(|(_, row)| row.fonds);
        let is_it =
            |(found, row): &(RecordId, crate::index::fonds::FondsRow)| *found == id || Some(row.number) == number;
        Ok(fonds.into_iter().find(is_it).map(|(_, row)| row.agency).into_iter().collect())
    }

    /// Those of a hold's targets that are in the scope, and how they are seen.
    pub(crate) fn targets(
        &mut self,
        scope: &Scope,
        targets: &[HoldTarget],
    ) -> Result<(Vec<HoldTarget>, Option<Masked>), Problem> {
        let (mut found, mut masked) = (Vec::new(), None);
        for target in targets {
            if let Some(how) = seen_of_any(scope, self.of(target.id())?) {
                found.push(*target);
                masked = Some(if masked == Some(Masked::No) { Masked::No } else { how });
            }
        }
        Ok((found, masked))
    }
}
