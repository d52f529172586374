//! What will fall due in the years to come, and what an edition would change before it is adopted.
//!
//! Every file is judged as it is now: one that is open, or of which something is not known, has no day and is counted
//! as such. Nothing is written.

use super::due::{Basis, order};
use super::files::{File, find};
use crate::archive::Archive;
use crate::error::Error;
use crate::retention::{Decision, RuleList, Standing, Status};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// What falls due in one year by one item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Files.
    pub files: u64,
    /// Records in them.
    pub documents: u64,
    /// Files among them that are held today.
    pub held: u64,
}

/// A file whose day an edition changes.
#[derive(Debug, Clone)]
pub struct Change {
    /// The file.
    pub file: File,
    /// By what is adopted now.
    pub before: Decision,
    /// If the edition were adopted.
    pub after: Decision,
    /// If it were adopted with a signed decision to shorten, when that gives another day.
    pub shortened: Option<Decision>,
}

/// A simulation.
#[derive(Debug, Default)]
pub struct Simulation {
    /// By year, then list and item.
    pub years: BTreeMap<(i32, String, String), Load>,
    /// Files that are due before the first day.
    pub due: Load,
    /// Files that are due after the last year.
    pub later: Load,
    /// Files without a day, by where they stand.
    pub without: BTreeMap<Status, u64>,
    /// What the edition would change.
    pub changes: Vec<Change>,
}

/// Judges all files from `as_of` on for so many years; with `next`, as if that edition were adopted.
pub fn simulate(archive: &Archive, as_of: NaiveDate, years: u32, next: Option<&RuleList>) -> Result<Simulation, Error> {
    let basis = Basis::read(archive)?;
    // An edition that is to come is looked at on its first day.
    let as_of = next.map_or(as_of, |list| as_of.max(list.valid_from));
    let last = as_of.year().saturating_add(i32::try_from(years).unwrap_or(i32::MAX));
    let judge = basis.judge();
    let next = next.map(|list| (basis.judge_with(list, false), basis.judge_with(list, true)));
    let day = |standing: &Standing<'_>| (standing.due, standing.status, standing.action);
    let (mut simulation, mut changed) = (Simulation::default(), Vec::new());
    archive.index().each_file(&mut |id, row| {
        let count = (row.documents, !basis.holds().of(id).is_empty());
        let Some((next, shortening)) = &next else {
            return simulation.count(&judge.standing(id, row, as_of), count, as_of, last);
        };
        let before = judge.standing(id, row.clone(), as_of);
        let after = next.standing(id, row.clone(), as_of);
        simulation.count(&after, count, as_of, last);
        if day(&before) != day(&after) || day(&after) != day(&shortening.standing(id, row, as_of)) {
            changed.push(id);
        }
    })?;
    for id in changed {
        let Some((next, shortening)) = &next else { continue };
        let file = find(archive, id)?;
        let [before, after, shortened] = [&judge, next, shortening].map(|judge| judge.decide(&file, as_of));
        let day = |decision: &Decision| (decision.due, decision.status, decision.action);
        let shortened = Some(shortened).filter(|shortened| day(shortened) != day(&after));
        simulation.changes.push(Change { file, before, after, shortened });
    }
    simulation.changes.sort_by(|a, b| order(&a.file, &b.file));
    Ok(simulation)
}

impl Simulation {
    /// `of` are the documents of the file, and whether it is held today.
    fn count(&mut self, standing: &Standing<'_>, of: (u32, bool), as_of: NaiveDate, last: i32) {
        let Some(due) = standing.due else {
            *self.without.entry(standing.status).or_default() += 1;
            return;
        };
        let load = if due <= as_of {
            &mut self.due
        } else if due.year() > last {
            &mut self.later
        } else {
            let (list, item) = standing.item.map(|item| (item.list, item.item)).unwrap_or_default();
            self.years.entry((due.year(), list.to_owned(), item.to_owned())).or_default()
        };
        load.files += 1;
        load.documents += u64::from(of.0);
        load.held += u64::from(of.1);
    }
}
