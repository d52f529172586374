//! What will fall due in the years to come, and what an edition would change before it is adopted.
//!
//! Every file is judged as it is now: one that is open, or of which something is not known, has no day and is counted
//! as such. Nothing is written.

use super::due::{Basis, in_parts, order};
use super::files::File;
use crate::archive::Archive;
use crate::error::Error;
use crate::retention::{Decision, RuleList, Status};
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
    let each = |simulation: &mut Simulation, file: File| {
        let before = judge.decide(&file, as_of);
        let Some((next, shortening)) = &next else { return simulation.count(&file, &before, as_of, last) };
        let (after, shortened) = (next.decide(&file, as_of), shortening.decide(&file, as_of));
        simulation.count(&file, &after, as_of, last);
        let day = |decision: &Decision| (decision.due, decision.status, decision.action);
        let shortened = Some(shortened).filter(|shortened| day(shortened) != day(&after));
        if day(&after) != day(&before) || shortened.is_some() {
            simulation.changes.push(Change { file, before, after, shortened });
        }
    };
    let [mut simulation, upper] = in_parts(archive, &each, &|_| {})?;
    simulation.add(upper);
    simulation.changes.sort_by(|a, b| order(&a.file, &b.file));
    Ok(simulation)
}

impl Load {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.documents += other.documents;
        self.held += other.held;
    }
}

impl Simulation {
    fn add(&mut self, other: Self) {
        other.years.into_iter().for_each(|(key, load)| self.years.entry(key).or_default().add(load));
        self.due.add(other.due);
        self.later.add(other.later);
        other.without.into_iter().for_each(|(status, files)| *self.without.entry(status).or_default() += files);
        self.changes.extend(other.changes);
    }

    fn count(&mut self, file: &File, decision: &Decision, as_of: NaiveDate, last: i32) {
        let Some(due) = decision.due else {
            *self.without.entry(decision.status).or_default() += 1;
            return;
        };
        let load = if due <= as_of {
            &mut self.due
        } else if due.year() > last {
            &mut self.later
        } else {
            let by = decision.by.as_ref();
            let list = by.map(|by| by.item.list.clone()).unwrap_or_default();
            let item = by.map(|by| by.variant.clone().unwrap_or_else(|| by.item.item.clone())).unwrap_or_default();
            self.years.entry((due.year(), list, item)).or_default()
        };
        load.files += 1;
        load.documents += u64::from(file.row.documents);
        load.held += u64::from(!decision.holds.is_empty());
    }
}
