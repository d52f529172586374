//! What holds of every decision, over made-up files and lists, and another way of counting to compare with.
//!
//! A failure names its seed, from which the same file, editions and day are drawn again.

use super::super::rule::{RuleList, Variant};
use super::tests::{adopted, evaluate, file, list, rule, s, state, years};
use super::*;
use crate::model::id::RecordId;
use std::collections::BTreeMap;

/// A generator whose whole state is its seed, so that a failure is named by one number.
struct XorShift(u64);

impl XorShift {
    fn below(&mut self, bound: usize) -> usize {
        for _ in 0..2 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
        }
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn number(&mut self, bound: u32) -> u32 {
        u32::try_from(self.below(usize::try_from(bound).expect("32 bits"))).expect("32 bits")
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A day of 2000 to 2029, often one at an edge.
    fn day(&mut self) -> NaiveDate {
        let year = 2000 + i32::try_from(self.below(30)).expect("small");
        let (month, day) = match self.below(6) {
            0 => (12, 31),
            1 => (1, 1),
            2 => (2, 29),
            _ => (1 + self.number(12), 1 + self.number(28)),
        };
        NaiveDate::from_ymd_opt(year, month, day).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).expect("a day")
    }

    fn some_day(&mut self) -> Option<NaiveDate> {
        (!self.one_in(12)).then(|| self.day())
    }

    fn event(&mut self) -> &'static str {
        self.pick(&["replaced", "audited", "dispute", "dispute_ended"])
    }

    fn term(&mut self, depth: usize) -> Term {
        let years = self.number(30);
        match self.below(if depth == 0 { 9 } else { 13 }) {
            0 => Term::Permanent,
            1..=3 => Term::Years(years),
            4 => Term::UntilNeeded { at_least: years },
            5 => Term::UntilReplaced { years },
            6 => Term::AfterEvent { event: s(self.event()), years },
            7 => Term::ByCreation { before: self.day(), earlier: years + self.number(9), later: years },
            8 if self.one_in(4) => Term::AsDocument,
            8 => Term::Years(9000),
            9 | 10 => Term::LongerOf((0..1 + self.below(3)).map(|_| self.term(depth - 1)).collect()),
            _ => Term::Conditional {
                needs: (0..self.below(2)).map(|_| s(self.event())).collect(),
                without: (0..self.below(2)).map(|_| s("dispute")).collect(),
                term: Box::new(self.term(depth - 1)),
            },
        }
    }

    fn period(&mut self) -> Period {
        Period {
            term: self.term(2),
            start: self.pick(&[Start::Usual, Start::Usual, Start::DayAfterClosing, Start::YearAfterEvent]),
            then: self.pick(&[Then::Destroy, Then::Destroy, Then::Expert]),
        }
    }

    fn list(&mut self) -> RuleList {
        let mut made = list("2020", Vec::new());
        made.id = s(self.pick(&["A", "A", "B"]));
        made.edition = format!("{}", self.number(1000));
        if self.one_in(4) {
            made.valid_from = self.day();
        }
        for name in ["1", "2", "3"] {
            if self.one_in(12) {
                continue;
            }
            let mut rule = rule(name, self.period());
            if self.one_in(3) {
                let (attribute, value) = (s("role"), s(self.pick(&["head", "clerk"])));
                rule.variants = vec![Variant { item: Some(s("1(1)")), attribute, value, period: self.period() }];
            }
            made.rules.insert(s(name), rule);
        }
        made
    }

    fn state(&mut self, entry: u64) -> State<'static> {
        let name = Item { list: self.pick(&["A", "A", "A", "B"]), item: self.pick(&["1", "1", "2", "3"]) };
        let mut state = State { item: (!self.one_in(12)).then_some(name), ..state(entry, None, "1") };
        state.closed = if self.one_in(4) { None } else { Some(self.day()) };
        if !self.one_in(4) {
            state.attributes.insert("role", self.pick(&["head", "clerk", "guard"]));
        }
        for _ in 0..self.below(5) {
            let (event, day) = (self.event(), self.day());
            state.events.insert(event, day);
        }
        state.is_shortening = self.one_in(6);
        state
    }

    fn file(&mut self) -> Facts<'static> {
        let states: Vec<_> = (0..1 + self.below(4)).collect();
        let states = states.into_iter().map(|n| self.state(10 + 10 * n as u64)).collect();
        let rulings = (0..self.below(8).saturating_sub(5)).map(|_| {
            let (entry, day) = (u64::from(self.number(100)), self.day());
            match self.below(5) {
                0 => Ruling::Forever { entry },
                1 | 2 => Ruling::NotBefore { entry, day },
                _ => Ruling::NotNeeded { entry, day },
            }
        });
        let rulings = rulings.collect();
        Facts {
            file: RecordId([1; 16]),
            oldest: self.some_day(),
            newest: self.some_day(),
            documents: if self.one_in(20) { 0 } else { 3 },
            states,
            rulings,
            holds: Vec::new(),
        }
    }

    /// Editions adopted between the entries 1 and 60, each at an entry of its own.
    fn adoptions(&mut self) -> Vec<(u64, RuleList, bool)> {
        let mut adoptions = Vec::new();
        for entry in [1, 2, 13, 16, 24, 33, 37, 41, 58] {
            if entry < 3 || self.one_in(3) {
                adoptions.push((entry, self.list(), self.one_in(3)));
            }
        }
        adoptions
    }
}

fn editions(adoptions: &[(u64, RuleList, bool)]) -> Vec<Edition<'_>> {
    let edition = |(entry, list, is_shortening)| Edition { entry, list, is_shortening };
    adoptions.iter().map(|(entry, list, is)| edition((*entry, list, *is))).collect()
}

/// How far off the day is that something can be destroyed: the day, then waiting for a person, then never.
fn lateness(decision: &Decision) -> (u8, Option<NaiveDate>) {
    match (decision.status, decision.due) {
        (_, Some(day)) => (0, Some(day)),
        (_, None) => (1, None),
    }
}

const SEEDS: u64 = 20_000;

#[test]
fn properties_of_a_decision() {
    let mut seen = BTreeMap::new();
    for seed in 1..=SEEDS {
        let mut random = XorShift(seed);
        let (file, adoptions, as_of) = (random.file(), random.adoptions(), random.day());
        let as_of = as_of.with_year(as_of.year() + 20).unwrap_or(as_of);
        let editions = editions(&adoptions);
        let decision = evaluate(&file, &editions, as_of);
        *seen.entry(decision.status).or_insert(0) += 1;

        assert_eq!(decision, evaluate(&file, &editions, as_of), "seed {seed}: twice");
        let is_due = |decision: &Decision| decision.status == Status::Due;
        assert!(!is_due(&decision) || decision.due.is_some_and(|day| day <= as_of), "seed {seed}: due");
        if !matches!(decision.status, Status::Running | Status::Held | Status::Due) {
            assert_eq!(decision.due, None, "seed {seed}: a day without a term");
        }
        assert!(crate::model::canonical::to_vec(&decision.value()).is_ok(), "seed {seed}: canonical");

        // Order changes nothing.
        let mut shuffled = editions.clone();
        for n in (1..shuffled.len()).rev() {
            shuffled.swap(n, random.below(n + 1));
        }
        assert_eq!(decision, evaluate(&file, &shuffled, as_of), "seed {seed}: order");

        // A hold changes no day and makes nothing due.
        let mut held = file.clone();
        held.holds = vec![Hold { id: RecordId([2; 16]), record: None }];
        let held = evaluate(&held, &editions, as_of);
        assert_eq!(held.due, decision.due, "seed {seed}: hold");
        assert!(!is_due(&held), "seed {seed}: hold");

        // A later day never makes undue, and never puts off.
        let later_day = as_of.with_year(as_of.year() + 1 + random.below(30) as i32).unwrap_or(NaiveDate::MAX);
        let later = evaluate(&file, &editions, later_day);
        assert!(!is_due(&decision) || is_due(&later), "seed {seed}: later");
        assert!(lateness(&later) <= lateness(&decision), "seed {seed}: later");

        // Unknown start: never due.
        let undated = Facts { newest: None, ..file.clone() };
        assert_eq!(evaluate(&undated, &editions, NaiveDate::MAX).due, None, "seed {seed}: no date");

        // Nothing that comes without a decision to shorten brings the day nearer, also one that comes after it.
        let before = lateness(&decision);
        for _ in 0..3 {
            let mut more = file.clone();
            more.states.push(State { entry: 60, is_shortening: false, ..random.state(60) });
            let mut adopted = adoptions.clone();
            adopted.push((60, random.list(), false));
            if decision.status == Status::Unknown || decision.status == Status::Open {
                continue;
            }
            // The newest state before decides what is known; reopened and closed again is longer by its own day.
            let by_state = evaluate(&more, &editions, as_of);
            assert!(lateness(&by_state) >= before, "seed {seed}: state\n{decision:?}\n{by_state:?}");
            let by_edition = evaluate(&file, &self::editions(&adopted), as_of);
            assert!(lateness(&by_edition) >= before, "seed {seed}: edition\n{decision:?}\n{by_edition:?}");
            if decision.status == Status::Permanent {
                for changed in [by_state, by_edition] {
                    assert!(matches!(changed.status, Status::Permanent | Status::Unknown), "seed {seed}: for ever");
                }
            }
        }
    }
    // The generator reaches every status but those that need a hold or no file.
    for status in [Status::Unknown, Status::Permanent, Status::Open, Status::Running, Status::AwaitsPerson, Status::Due]
    {
        assert!(seen.get(&status).is_some_and(|count| *count > 200), "{status:?}: {seen:?}");
    }
}

/// Counts year by year from 1 January of the year after closing; knows nothing of dates but their year.
fn naive_due(closed: (i32, u32, u32), newest: (i32, u32, u32), years: u32) -> (i32, u32, u32) {
    let mut year = closed.max(newest).0 + 1;
    for _ in 0..years {
        year += 1;
    }
    (year, 1, 1)
}

#[test]
fn years_after_closing_agree_with_another_way_of_counting() {
    let parts = |day: NaiveDate| (day.year(), day.month(), day.day());
    let lists: Vec<_> = (0..=80).map(|n| list("2020", vec![rule("1", years(n))])).collect();
    let mut random = XorShift(2026);
    for case in 0..100_000 {
        let (closed, newest, term, as_of) = (random.day(), random.day(), random.number(81), random.day());
        let mut file = file("2019-03-05");
        file.states[0].closed = Some(closed);
        file.newest = Some(newest);
        let decision = evaluate(&file, &[adopted(1, &lists[usize::try_from(term).expect("small")])], as_of);
        let expected = naive_due(parts(closed), parts(newest), term);
        assert_eq!(decision.due.map(parts), Some(expected), "case {case}: {closed} {newest} {term}");
        let status = if parts(as_of) >= expected { Status::Due } else { Status::Running };
        assert_eq!(decision.status, status, "case {case}");
    }
}
