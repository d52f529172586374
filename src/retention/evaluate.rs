//! The one function that says what is due: facts of a file, editions of the lists, a day → a decision with reasons.
//!
//! Years are counted as the calendar has them: a term of n years that begins on day D ends before the same day n years
//! later; 29 February that a year does not have counts as 1 March.
//!
//! A file's history is a line of points: a new one begins with each act that changes the file, and with each edition
//! of the list that it is then kept by. The newest point says what holds now. The earlier ones can only put the day
//! off, so that a term never becomes shorter by itself. A signed decision to shorten takes earlier points out:
//!   - one with an act on the file, all points of its earlier states;
//!   - one with an edition, the points of earlier editions of the same list. It says nothing of other lists, and
//!     nothing while the edition is not in force.
//!
//! At an earlier point the file may have been open: then it counts as if it had been closed on the latest day on which
//! it ever was, so that nobody shortens a term by changing the item just before the file is closed. An earlier point of
//! which nothing is known has no day and puts nothing off. While the file is open it has no day; but what was to be
//! kept for ever stays so.

use super::decision::{Action, By, Decision, Reason, Status};
use super::facts::{Edition, Facts, Hold, Item, Ruling, State};
use super::rule::{Period, Start, Term, Then};
use crate::model::calendar::CalendarStatus;
use chrono::{Datelike, NaiveDate};

mod length;
pub use length::{Length, length};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

/// The last year of the calendar that documents can write (RFC 3339: four digits).
const YEAR_MAX: i32 = 9999;

/// Where a file stands on a day: a decision without its derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Where it stands.
    pub status: Status,
    /// What may be done when it is due.
    pub action: Option<Action>,
    /// The first day on which it is due; none: never, by what is known.
    pub due: Option<NaiveDate>,
    /// The item that gives the day: of the variant, where it has one of its own; none when no rule was found.
    pub item: Option<Item<'a>>,
    /// The rule that gives the day, or the one that counts now, is of a sample list.
    pub is_sample: bool,
}

/// What becomes of `file` on the day `as_of`. The order of `editions` does not matter, their entries do.
pub fn evaluate(file: &Facts<'_>, editions: &[Edition<'_>], as_of: NaiveDate) -> Decision {
    let mut steps = Steps(Some(Vec::with_capacity(8)));
    let (Standing { status, action, due, is_sample, .. }, by) = stand(file, editions, as_of, &mut steps);
    Decision {
        file: Some(file.file),
        as_of,
        status,
        action,
        due,
        by: by.map(|by| by.by()),
        is_sample,
        reasons: steps.0.unwrap_or_default(),
        holds: file.holds.iter().map(|hold| (hold.id, hold.record)).collect(),
    }
}

/// The same without the derivation, for who asks about many files to show some of them.
pub fn standing<'a>(file: &Facts<'a>, editions: &[Edition<'a>], as_of: NaiveDate) -> Standing<'a> {
    stand(file, editions, as_of, &mut Steps(None)).0
}

/// Counts. What is told of it goes to `steps` and decides nothing.
fn stand<'a>(
    file: &Facts<'a>,
    editions: &[Edition<'a>],
    as_of: NaiveDate,
    steps: &mut Steps,
) -> (Standing<'a>, Option<Found<'a>>) {
    let ruled = not_needed(file);
    // The last state that came with a decision to shorten, and what came after it.
    let first = file.states.iter().rposition(|state| state.is_shortening).unwrap_or(0);
    let states = &file.states[first..];

    let current = states.last();
    // The latest of its closings, while it is closed.
    let latest_closing = states.iter().filter_map(|state| state.closed).max();
    let closed = latest_closing.filter(|_| current.is_some_and(|now| now.closed.is_some()));
    let newest = current.and_then(|state| newest_edition(editions, state, u64::MAX));
    let (mut found, mut ends) = match current {
        Some(state) => judge(file, (state, state.closed), newest, ruled, as_of, steps),
        None => {
            steps.tell(|| Reason::NoItem);
            (None, Err(Never::Unknown))
        }
    };
    let is_now = |state: &State<'_>, edition: &Edition<'_>| {
        current.is_some_and(|s| std::ptr::eq(s, state)) && newest.is_some_and(|e| std::ptr::eq(e, edition))
    };
    let mut is_expert = found.as_ref().is_some_and(|found| found.period.then == Then::Expert);
    let mut is_sample = found.as_ref().is_some_and(Found::is_sample);

    // What is not known now is not known, whatever was known before.
    if ends != Err(Never::Unknown) {
        // The earlier point that ends last, and of several the oldest.
        let mut latest: Option<(Ends, u64, Found<'_>)> = None;
        let asks_now = ends.as_ref().is_ok_and(|now| now.asks);
        let mut asks = asks_now;
        for (n, state) in states.iter().enumerate() {
            let next = states.get(n + 1).map(|next| next.entry);
            let before = newest_edition(editions, state, state.entry);
            let during = editions.iter().filter(|edition| is_during(state, next, edition));
            for edition in before.into_iter().chain(during) {
                if is_now(state, edition) || is_cut(states, editions, edition, as_of) {
                    continue;
                }
                let at = (state, state.closed.or(closed));
                let (Some(found), Ok(past)) = judge(file, at, Some(edition), ruled, as_of, &mut Steps(None)) else {
                    continue;
                };
                asks |= past.asks;
                is_expert |= found.period.then == Then::Expert;
                let entry = state.entry.max(edition.entry);
                let is_later = |(ends, since, _): &(Ends, u64, Found<'_>)| {
                    past.end > ends.end || (past.end == ends.end && entry < *since)
                };
                if latest.as_ref().is_none_or(is_later) {
                    latest = Some((past, entry, found));
                }
            }
        }
        if let Some((past, entry, by)) = latest {
            let is_longer = match ends {
                Ok(now) => past.end > now.end,
                Err(_) => past.end == End::Permanent,
            };
            if is_longer {
                let day = if let End::Day(day) = past.end { Some(day) } else { None };
                steps.tell(|| Reason::NotShortened { entry, day });
                is_sample |= by.is_sample();
                found = Some(by);
                ends = Ok(past);
            }
        }
        if let (Ok(ends @ Ends { end: End::Day(_), .. }), true) = (&mut ends, asks) {
            // Said already where the term that counts now waits for a person too.
            if !asks_now {
                steps.tell(|| Reason::StillNeeded);
            }
            ends.asks = true;
        }
    }

    apply_rulings(&file.rulings, &mut ends, steps);
    for Hold { id, record } in &file.holds {
        steps.tell(|| Reason::Hold(*id, *record));
    }
    let (status, due) = match ends {
        Err(Never::Unknown) => (Status::Unknown, None),
        Err(Never::Open) => (Status::Open, None),
        Ok(Ends { end: End::Permanent, .. }) => (Status::Permanent, None),
        Ok(Ends { end: End::Day(day), asks }) if day.year() <= YEAR_MAX => {
            let status = match as_of >= day {
                false => Status::Running,
                true if !file.holds.is_empty() => Status::Held,
                true if asks => Status::AwaitsPerson,
                true => Status::Due,
            };
            (status, (!asks).then_some(day))
        }
        Ok(Ends { end: End::Day(_) | End::Beyond, .. }) => {
            steps.tell(|| Reason::Beyond);
            (Status::Running, None)
        }
    };
    let action = match status {
        Status::Unfiled | Status::Unknown | Status::Permanent | Status::Open => None,
        _ if is_expert => Some(Action::Expert),
        _ => Some(Action::Destroy),
    };
    let item = found.as_ref().map(|found| Item { item: found.variant.unwrap_or(found.item.item), ..found.item });
    (Standing { status, action, due, item, is_sample }, found)
}

/// The newest edition of the list of `state` up to `entry`.
fn newest_edition<'a, 'b>(editions: &'b [Edition<'a>], state: &State<'_>, entry: u64) -> Option<&'b Edition<'a>> {
    let list = state.item?.list;
    editions.iter().filter(|e| e.entry <= entry && e.list.id == list).max_by_key(|e| e.entry)
}

/// Whether `edition` was adopted while the file was in `state`, which ended with the entry `next`, and is of its list.
fn is_during(state: &State<'_>, next: Option<u64>, edition: &Edition<'_>) -> bool {
    edition.entry > state.entry
        && next.is_none_or(|next| edition.entry < next)
        && state.item.is_some_and(|item| item.list == edition.list.id)
}

/// Whether a later edition of the list, in force and adopted while the file was kept by the list, came with a signed
/// decision to shorten.
fn is_cut(states: &[State<'_>], editions: &[Edition<'_>], edition: &Edition<'_>, as_of: NaiveDate) -> bool {
    let cuts = |later: &&Edition<'_>| {
        later.is_shortening
            && later.entry > edition.entry
            && later.list.id == edition.list.id
            && later.list.valid_from <= as_of
    };
    let is_of_file = |later: &Edition<'_>| {
        let next = |n: usize| states.get(n + 1).map(|next| next.entry);
        states.iter().enumerate().any(|(n, state)| is_during(state, next(n), later))
    };
    editions.iter().filter(cuts).any(is_of_file)
}

/// The latest ruling that the file is not needed any more, if it was made of the file as it was closed last: documents
/// may have come to a file that was opened again.
fn not_needed(file: &Facts<'_>) -> Option<(u64, NaiveDate)> {
    let closed = file.states.iter().rev().take_while(|state| state.closed.is_some()).last()?.entry;
    let rulings = file.rulings.iter().filter_map(|ruling| match ruling {
        Ruling::NotNeeded { entry, day } if *entry > closed => Some((*entry, *day)),
        _ => None,
    });
    rulings.max_by_key(|(entry, _)| *entry)
}

/// A ruling for ever stays; of those that put the day off, the latest counts.
fn apply_rulings(rulings: &[Ruling], ends: &mut Result<Ends, Never>, steps: &mut Steps) {
    let forever = |ruling: &Ruling| if let Ruling::Forever { entry } = ruling { Some(*entry) } else { None };
    let not_before =
        |ruling: &Ruling| if let Ruling::NotBefore { entry, day } = ruling { Some((*entry, *day)) } else { None };
    if let Some(entry) = rulings.iter().filter_map(forever).max() {
        steps.tell(|| Reason::RuledForever(entry));
        *ends = Ok(Ends { end: End::Permanent, asks: false });
    } else if let Some((entry, day)) = rulings.iter().filter_map(not_before).max() {
        steps.tell(|| Reason::RuledNotBefore(entry, day));
        if let Ok(ends) = ends {
            ends.end = ends.end.max(End::Day(day));
        }
    }
}

/// When a term ends. The order is that of lateness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// This is the first day after it.
    Day(NaiveDate),
    /// After the year 9999.
    Beyond,
    /// Never.
    Permanent,
}

/// When a term ends, and whether a person must then say that the documents are not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    end: End,
    asks: bool,
}

impl Ends {
    fn at(end: End) -> Self {
        Self { end, asks: false }
    }
}

/// Why a term has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Never {
    /// Something is not known.
    Unknown,
    /// The file is open.
    Open,
}

/// The steps of a derivation; none where only the end is asked for.
struct Steps(Option<Vec<Reason>>);

impl Steps {
    /// Adds a step. What is missing or happened is said once, also when several terms ask for it; arithmetic is
    /// repeated, because each line goes on from the one before.
    fn tell(&mut self, reason: impl FnOnce() -> Reason) {
        if let Some(steps) = &mut self.0 {
            let reason = reason();
            if matches!(reason, Reason::Start(_) | Reason::Years(..)) || !steps.contains(&reason) {
                steps.push(reason);
            }
        }
    }
}

/// The rule that counts at one point.
struct Found<'a> {
    item: Item<'a>,
    edition: Edition<'a>,
    variant: Option<&'a str>,
    period: &'a Period,
}

impl Found<'_> {
    fn is_sample(&self) -> bool {
        self.edition.list.status == CalendarStatus::Sample
    }

    fn by(&self) -> By {
        By {
            item: self.item.owned(),
            variant: self.variant.map(str::to_owned),
            edition: self.edition.list.edition.clone(),
            sha256: self.edition.list.sha256,
            is_sample: self.is_sample(),
            adopted: self.edition.entry,
        }
    }
}

/// The rule of `state` in `edition`, and the variant of it that its attributes ask for.
fn find<'a>(state: &State<'a>, edition: Option<&Edition<'a>>, steps: &mut Steps) -> Option<Found<'a>> {
    let Some(item) = state.item else {
        steps.tell(|| Reason::NoItem);
        return None;
    };
    let Some(edition) = edition else {
        steps.tell(|| Reason::NoList(item.list.to_owned()));
        return None;
    };
    let Some(rule) = edition.list.rules.get(item.item) else {
        steps.tell(|| Reason::NoRule(item.owned()));
        return None;
    };
    let mut found = Found { item, edition: *edition, variant: None, period: &rule.period };
    for variant in &rule.variants {
        let Some(value) = state.attributes.get(variant.attribute.as_str()) else {
            // The variant might match, or not: a guess could shorten the term.
            steps.tell(|| Reason::NoAttribute(variant.attribute.clone()));
            return None;
        };
        if *value == variant.value.as_str() {
            found.variant = variant.item.as_deref();
            found.period = &variant.period;
            break;
        }
    }
    Some(found)
}

/// When the term of the file ends by one point of its history, closed on this day.
fn judge<'a>(
    file: &Facts<'_>,
    (state, closed): (&State<'a>, Option<NaiveDate>),
    edition: Option<&Edition<'a>>,
    ruled: Option<(u64, NaiveDate)>,
    as_of: NaiveDate,
    steps: &mut Steps,
) -> (Option<Found<'a>>, Result<Ends, Never>) {
    let Some(found) = find(state, edition, steps) else {
        return (None, Err(Never::Unknown));
    };
    steps.tell(|| Reason::Rule(found.by()));
    match closed {
        None => steps.tell(|| Reason::Open),
        Some(_) if file.documents == 0 => {
            steps.tell(|| Reason::Empty);
            return (Some(found), Err(Never::Unknown));
        }
        Some(closed) => {
            steps.tell(|| Reason::Closed(closed));
            if let Some(newest) = file.newest.filter(|newest| *newest > closed) {
                steps.tell(|| Reason::Newest(newest));
            }
        }
    }
    let start = found.period.start;
    let mut ends = Count { file, state, closed, start, ruled, steps }.term(&found.period.term);
    if closed.is_none() && ends != Ok(Ends::at(End::Permanent)) {
        ends = Err(Never::Open);
    }
    let in_force = found.edition.list.valid_from;
    if let (Ok(ends), true) = (&mut ends, in_force > as_of) {
        steps.tell(|| Reason::NotInForce(in_force));
        ends.end = ends.end.max(End::Day(in_force));
    }
    (Some(found), ends)
}

/// What a term is counted with.
struct Count<'a> {
    file: &'a Facts<'a>,
    state: &'a State<'a>,
    closed: Option<NaiveDate>,
    start: Start,
    /// Entry and day of the ruling that the file is not needed any more.
    ruled: Option<(u64, NaiveDate)>,
    steps: &'a mut Steps,
}

impl Count<'_> {
    fn term(&mut self, term: &Term) -> Result<Ends, Never> {
        match term {
            Term::Permanent => {
                self.steps.tell(|| Reason::Permanent);
                Ok(Ends::at(End::Permanent))
            }
            Term::Years(years) => self.after_closing(*years).map(Ends::at),
            Term::UntilNeeded { at_least } => {
                let end = self.after_closing(*at_least)?;
                let Some((entry, day)) = self.ruled else {
                    self.steps.tell(|| Reason::StillNeeded);
                    return Ok(Ends { end, asks: true });
                };
                self.steps.tell(|| Reason::RuledNotNeeded(entry, day));
                Ok(Ends::at(end.max(End::Day(day))))
            }
            Term::UntilReplaced { years } => self.after_event("replaced", *years),
            Term::AfterEvent { event, years } => self.after_event(event, *years),
            Term::ByCreation { before, earlier, later } => {
                let Some(oldest) = self.file.oldest else {
                    return Err(self.unknown(|| Reason::UnknownDate));
                };
                let is_earlier = oldest < *before;
                self.steps.tell(|| if is_earlier { Reason::MadeBefore(*before) } else { Reason::MadeSince(*before) });
                self.after_closing(if is_earlier { *earlier } else { *later }).map(Ends::at)
            }
            Term::LongerOf(terms) => self.longest(terms),
            Term::Conditional { needs, without, term } => self.conditional(needs, without, term),
            Term::AsDocument => Err(self.unknown(|| Reason::AsDocument)),
        }
    }

    fn unknown(&mut self, reason: impl FnOnce() -> Reason) -> Never {
        self.steps.tell(reason);
        Never::Unknown
    }

    /// The day of closing, or that of the newest document where it is later.
    fn base(&mut self) -> Result<NaiveDate, Never> {
        let closed = self.closed.ok_or(Never::Open)?;
        match self.file.newest {
            Some(newest) => Ok(closed.max(newest)),
            None => Err(self.unknown(|| Reason::UnknownDate)),
        }
    }

    fn after_closing(&mut self, years: u32) -> Result<End, Never> {
        let base = self.base()?;
        let start = match self.start {
            Start::DayAfterClosing => base.succ_opt(),
            // The year after an event means nothing for a term without one.
            Start::Usual | Start::YearAfterEvent => new_year_after(base),
        };
        Ok(self.years(start, years))
    }

    fn after_event(&mut self, event: &str, years: u32) -> Result<Ends, Never> {
        let Some(day) = self.event(event) else {
            return Err(self.unknown(|| Reason::NoEvent(event.to_owned())));
        };
        let start = match self.start {
            Start::Usual => Some(day),
            Start::YearAfterEvent => new_year_after(day),
            Start::DayAfterClosing => self.base()?.succ_opt().map(|after| after.max(day)),
        };
        let end = self.years(start, years);
        let base = self.base()?;
        Ok(Ends::at(self.not_before(end, base)))
    }

    fn longest(&mut self, terms: &[Term]) -> Result<Ends, Never> {
        // All are looked at, so that all that is missing is told. None at all: nothing is known.
        let mut longest = None;
        for term in terms {
            let ends = self.term(term);
            longest = Some(match (longest, ends) {
                (None, ends) => ends,
                (Some(Ok(a)), Ok(b)) => Ok(Ends { end: a.end.max(b.end), asks: a.asks || b.asks }),
                (Some(Ok(Ends { end: End::Permanent, .. })), Err(_)) => Ok(Ends::at(End::Permanent)),
                (Some(Err(_)), Ok(Ends { end: End::Permanent, .. })) => Ok(Ends::at(End::Permanent)),
                (Some(Err(Never::Unknown)), _) | (_, Err(Never::Unknown)) => Err(Never::Unknown),
                (Some(Err(Never::Open)), _) | (_, Err(Never::Open)) => Err(Never::Open),
            });
        }
        let ends = longest.unwrap_or(Err(Never::Unknown))?;
        match ends.end {
            End::Permanent => Ok(Ends::at(End::Permanent)),
            End::Day(day) => {
                self.steps.tell(|| Reason::Longest(day));
                Ok(ends)
            }
            End::Beyond => Ok(ends),
        }
    }

    fn conditional(&mut self, needs: &[String], without: &[String], term: &Term) -> Result<Ends, Never> {
        let mut last = None;
        let mut is_met = true;
        for event in needs {
            match self.event(event) {
                Some(day) => last = last.max(Some(day)),
                None => {
                    self.steps.tell(|| Reason::NoEvent(event.clone()));
                    is_met = false;
                }
            }
        }
        for event in without {
            let Some(began) = self.event(event) else { continue };
            match self.event(&format!("{event}_ended")) {
                Some(ended) if ended >= began => last = last.max(Some(ended)),
                _ => {
                    self.steps.tell(|| Reason::Happened(event.clone()));
                    is_met = false;
                }
            }
        }
        if !is_met {
            return Err(Never::Unknown);
        }
        let ends = self.term(term)?;
        let end = last.map_or(ends.end, |day| self.not_before(ends.end, day));
        Ok(Ends { end, ..ends })
    }

    /// The day of an event, which becomes a step.
    fn event(&mut self, event: &str) -> Option<NaiveDate> {
        let day = *self.state.events.get(event)?;
        self.steps.tell(|| Reason::Event(event.to_owned(), day));
        Some(day)
    }

    fn not_before(&mut self, end: End, day: NaiveDate) -> End {
        if end < End::Day(day) {
            self.steps.tell(|| Reason::NotBefore(day));
        }
        end.max(End::Day(day))
    }

    fn years(&mut self, start: Option<NaiveDate>, years: u32) -> End {
        let end = start.and_then(|start| Some((start, years_after(start, years)?)));
        let Some((start, day)) = end else { return End::Beyond };
        self.steps.tell(|| Reason::Start(start));
        self.steps.tell(|| Reason::Years(years, day));
        End::Day(day)
    }
}

/// 1 January of the next year; none when the calendar has no such day.
fn new_year_after(day: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year() + 1, 1, 1)
}

/// The same day some years later; 29 February that the year does not have: 1 March. None after the year 9999.
fn years_after(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    let year = i32::try_from(i64::from(day.year()) + i64::from(years)).ok()?;
    let year = (year <= YEAR_MAX).then_some(year)?;
    day.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}
