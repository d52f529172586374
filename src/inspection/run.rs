//! Running a check: records in the order of the journal, a step at a time, from where it stopped.
//!
//! A step is an act (`presence.checked`) with the range of entries that was looked at and what was found; the marks
//! that it sets and takes off are entries of the same commit. So no finding is without its progress, and none is
//! counted twice. A step is at most `STEP_RECORDS` records or `STEP_MS` of work: that is what a crash can cost.
//!
//! An operating error ends the run after what was looked at before it is committed.

use super::record::{Headers, Looker};
use super::{Check, Looked, find, finding_value};
use crate::archive::{ActOwner, Archive};
use crate::error::{Error, ErrorCode};
use crate::index::writer::Payload;
use crate::ingest::repeat::InForce;
use crate::model::id::{ActorId, RecordId};
use crate::tlog::commit::Act;
use crate::tlog::leaf::{ActKind, Leaf};
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Records of one step.
const STEP_RECORDS: u64 = 1_000;
/// Milliseconds after which a step is committed with what it has.
const STEP_MS: u64 = 60_000;
/// Entries of the journal that are read at once to find the records among them.
const ENTRIES: u64 = 256;

/// How a check is run.
pub struct Run<'a> {
    /// The check.
    pub check: RecordId,
    /// Who runs it.
    pub actor: ActorId,
    /// Records to look at; all that are left when none is named.
    pub limit: Option<u64>,
    /// Threads that look.
    pub threads: usize,
    /// Set when nothing more is to be begun.
    pub stop: &'a AtomicBool,
}

/// What became of the mark of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is in search from now on.
    Set,
    /// It was in search and was found whole.
    TakenOff,
}

/// A record with something to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The record.
    pub record: RecordId,
    /// What a look at it came to.
    pub looked: Looked,
    /// What became of its mark.
    pub mark: Option<Mark>,
}

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Records looked at.
    pub records: u64,
    /// How many of them an act had erased.
    pub erased: u64,
    /// In how many something is not as it must be.
    pub flawed: u64,
    /// How many are in search from now on.
    pub missing: u64,
    /// How many were found again.
    pub found: u64,
    /// Every record of the check has been looked at.
    pub is_complete: bool,
}

/// What there is to look at next.
struct Stretch {
    records: Vec<(u64, Leaf)>,
    /// The first entry that is looked at, and the first that is not.
    from: u64,
    to: u64,
}

/// Goes on with a check. `seen` is told of records with findings or marks after their step is durable, `progress` how
/// many records were looked at.
pub fn run(
    archive: &Archive,
    run: &Run<'_>,
    seen: &mut dyn FnMut(&Seen),
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Done, Error> {
    let looker = Looker::new(archive);
    let mut in_force: Vec<InForce> = (0..run.threads.max(1)).map(|_| InForce::default()).collect();
    let mut done = Done::default();
    loop {
        let check = find(archive, run.check)?;
        if let Some(entry) = check.row.ended {
            return Err(Error::new(ErrorCode::PrsEnded, run.check.to_string(), format!("ended by entry {entry}")));
        }
        let Some((from, to)) = check.row.next() else {
            done.is_complete = true;
            return Ok(done);
        };
        let left = run.limit.map_or(STEP_RECORDS, |limit| (limit - done.records).min(STEP_RECORDS));
        if left == 0 || run.stop.load(Ordering::Relaxed) {
            return Ok(done);
        }
        let mut stretch = stretch(archive, &check, (from, to), left)?;
        let headers = looker.headers(&stretch.records)?;
        let (looked, failed) = look(archive, run, (&looker, &headers, &mut in_force), &stretch.records, &|n| {
            progress(check.row.counts()[0] + n);
        });
        if looked.len() < stretch.records.len() {
            stretch.to = stretch.records[looked.len()].0;
            stretch.records.truncate(looked.len());
        }
        // A step that came to nothing is no act.
        if stretch.to > stretch.from && (!looked.is_empty() || failed.is_none()) {
            let step = step(archive, run, &stretch, looked)?;
            for one in step.iter().filter(|one| one.mark.is_some() || !one.looked.findings().is_empty()) {
                seen(one);
            }
            let count = |is: fn(&Seen) -> bool| step.iter().filter(|one| is(one)).count() as u64;
            done.records += step.len() as u64;
            done.erased += count(|one| one.looked == Looked::Erased);
            done.flawed += count(|one| !one.looked.findings().is_empty());
            done.missing += count(|one| one.mark == Some(Mark::Set));
            done.found += count(|one| one.mark == Some(Mark::TakenOff));
        }
        if let Some(e) = failed {
            return Err(e);
        }
    }
}

/// The next records of a check, at most `records_max`.
fn stretch(archive: &Archive, check: &Check, (from, to): (u64, u64), records_max: u64) -> Result<Stretch, Error> {
    let mut stretch = Stretch { records: Vec::new(), from, to: from };
    // A reader believes the tiles of its size; it is made anew for every step, because each step adds entries.
    let log = archive.log()?;
    while stretch.to < to && (stretch.records.len() as u64) < records_max {
        let end = to.min((stretch.to / ENTRIES + 1) * ENTRIES);
        log.leaves::<Error>(stretch.to, end, |entry, leaf| {
            let is_meant = check.row.subtree.is_none_or(|subtree| leaf.key.is_some_and(|key| key.subtree == subtree));
            if leaf.act == ActKind::RecordAccepted && is_meant {
                stretch.records.push((entry, leaf));
            }
            Ok(())
        })?;
        stretch.to = end;
    }
    let keep = usize::try_from(records_max).unwrap_or(usize::MAX);
    if let Some((entry, _)) = stretch.records.get(keep) {
        stretch.to = *entry;
        stretch.records.truncate(keep);
    }
    Ok(stretch)
}

/// Looks at records on several threads: what came of the first of them in order, and the error that ended it.
fn look(
    archive: &Archive,
    run: &Run<'_>,
    (looker, headers, in_force): (&Looker<'_>, &Headers, &mut [InForce]),
    records: &[(u64, Leaf)],
    progress: &(dyn Fn(u64) + Sync),
) -> (Vec<Looked>, Option<Error>) {
    let begun = archive.now();
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<Option<Result<Looked, Error>>>> = Mutex::new(records.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for in_force in in_force {
            let (next, failed, results) = (&next, &failed, &results);
            scope.spawn(move || {
                loop {
                    let is_late = archive.now().saturating_sub(begun) >= STEP_MS;
                    if is_late || failed.load(Ordering::Relaxed) || run.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(record) = records.get(at) else { return };
                    let result = looker.look(record, headers, in_force);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
                    progress(at as u64 + 1);
                }
            });
        }
    });
    let (mut looked, mut error) = (Vec::new(), None);
    // Whoever takes a record looks at it, so those that were looked at are the first.
    for result in results.into_inner().unwrap_or_else(PoisonError::into_inner) {
        match result {
            Some(Ok(one)) => looked.push(one),
            Some(Err(e)) => {
                error = Some(e);
                break;
            }
            None => break,
        }
    }
    (looked, error)
}

/// Commits a step with its findings and marks.
fn step(archive: &Archive, run: &Run<'_>, stretch: &Stretch, looked: Vec<Looked>) -> Result<Vec<Seen>, Error> {
    let mut seen = Vec::with_capacity(looked.len());
    for ((_, leaf), looked) in stretch.records.iter().zip(looked) {
        let Some(record) = leaf.rec else { continue };
        let is_marked = archive.index().missing_since(record)?.is_some();
        let is_missing = looked.findings().iter().any(super::Finding::is_missing);
        let mark = match (is_marked, &looked) {
            (false, _) if is_missing => Some(Mark::Set),
            (true, Looked::Whole) => Some(Mark::TakenOff),
            _ => None,
        };
        seen.push(Seen { record, looked, mark });
    }
    let findings = seen.iter().flat_map(|one| one.looked.findings().iter().map(|f| finding_value(one.record, f)));
    let marked = |mark: Mark| seen.iter().filter(move |one| one.mark == Some(mark));
    let ids = |mark: Mark| marked(mark).map(|one| Value::from(one.record.to_string())).collect::<Value>();
    let count = |is: fn(&Looked) -> bool| seen.iter().filter(|one| is(&one.looked)).count() as u64;
    let fields = Map::from_iter([
        ("from".to_owned(), Value::from(stretch.from)),
        ("to".to_owned(), stretch.to.into()),
        ("records".to_owned(), (seen.len() as u64).into()),
        ("erased".to_owned(), count(|looked| *looked == Looked::Erased).into()),
        ("flawed".to_owned(), count(|looked| !looked.findings().is_empty()).into()),
        ("findings".to_owned(), findings.collect()),
        ("missing".to_owned(), ids(Mark::Set)),
        ("found".to_owned(), ids(Mark::TakenOff)),
    ]);
    let owner = ActOwner::Known(run.check);
    let (act, payload, session) =
        archive.seal_document(ActKind::PresenceChecked, run.actor, owner, fields, Vec::new())?;
    let mut acts = vec![(act, payload)];
    for (mark, kind) in [(Mark::Set, ActKind::RecordMissing), (Mark::TakenOff, ActKind::RecordFound)] {
        acts.extend(marked(mark).map(|one| {
            let mut act = Act::new(kind, run.actor);
            act.rec = Some(one.record);
            act.of = Some(run.check);
            (act, Payload::None)
        }));
    }
    archive.commit_together(acts)?;
    drop(session);
    Ok(seen)
}
