//! What becomes due when: tables with dates.
//!
//! Dates are written as text and lists are built here, so that a test can be read without a rule file beside it.

use super::super::rule::{Rule, RuleList, Source, Variant};
use super::*;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::model::profile::Title;
use crate::text::Lang;
use std::collections::BTreeMap;

fn d(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub(super) fn s(text: &str) -> String {
    text.to_owned()
}

fn title(text: &str) -> Title {
    Title { kk: s(text), ru: s(text), en: s(text) }
}

fn period(term: Term) -> Period {
    Period { term, start: Start::Usual, then: Then::Destroy }
}

pub(super) fn years(years: u32) -> Period {
    period(Term::Years(years))
}

pub(super) fn rule(item: &str, period: Period) -> Rule {
    Rule {
        item: s(item),
        kind: title("Шарттар"),
        period,
        variants: Vec::new(),
        notes: Vec::new(),
        source: Source { place: s("сынақ"), confidence: s("sample") },
        examples: Vec::new(),
    }
}

/// An edition of the list "A", official, in force since 2000.
pub(super) fn list(edition: &str, rules: Vec<Rule>) -> RuleList {
    RuleList {
        id: s("A"),
        edition: s(edition),
        title: title("Тізбе"),
        instrument: s("бұйрық"),
        authority: s("орган"),
        valid_from: d("2000-01-01"),
        status: CalendarStatus::Official,
        rules: rules.into_iter().map(|rule| (rule.item.clone(), rule)).collect(),
        sha256: Sha256([7; 32]),
    }
}

pub(super) fn adopted(entry: u64, list: &RuleList) -> Edition<'_> {
    Edition { entry, list, is_shortening: false }
}

fn shortening(entry: u64, list: &RuleList) -> Edition<'_> {
    Edition { entry, list, is_shortening: true }
}

fn item(item: &'static str) -> Option<Item<'static>> {
    Some(Item { list: "A", item })
}

pub(super) fn state(entry: u64, closed: Option<&str>, name: &'static str) -> State<'static> {
    State {
        entry,
        closed: closed.map(d),
        item: item(name),
        attributes: BTreeMap::new(),
        events: BTreeMap::new(),
        is_shortening: false,
    }
}

/// A file of item 1, closed once; its documents are a year older than the closing.
pub(super) fn file(closed: &str) -> Facts<'static> {
    let day = d(closed).checked_sub_days(chrono::Days::new(365)).expect("a day");
    Facts {
        file: RecordId([1; 16]),
        oldest: Some(day),
        newest: Some(day),
        documents: 3,
        states: vec![state(10, Some(closed), "1")],
        rulings: Vec::new(),
        holds: Vec::new(),
    }
}

fn with_events(mut file: Facts<'static>, events: &[(&'static str, &str)]) -> Facts<'static> {
    for state in &mut file.states {
        state.events = events.iter().map(|(name, day)| (*name, d(day))).collect();
    }
    file
}

/// The decision; without its derivation it is the same, in every test.
pub(super) fn evaluate(file: &Facts<'_>, editions: &[Edition<'_>], as_of: NaiveDate) -> Decision {
    let decision = super::evaluate(file, editions, as_of);
    let Decision { status, action, due, is_sample, ref by, .. } = decision;
    let item = by.as_ref().map(|by| Item { list: &by.item.list, item: by.variant.as_ref().unwrap_or(&by.item.item) });
    assert_eq!(standing(file, editions, as_of), Standing { status, action, due, item, is_sample });
    decision
}

/// The decision by one edition with one rule, a day after the calendar's end.
fn by(period: Period, file: &Facts<'_>) -> Decision {
    let list = list("2020", vec![rule("1", period)]);
    evaluate(file, &[adopted(1, &list)], d("9999-12-31"))
}

fn due(period: Period, file: &Facts<'_>) -> Option<String> {
    by(period, file).due.map(|day| day.to_string())
}

#[test]
fn a_term_of_years_begins_with_the_year_after_closing() {
    for (closed, term, expected) in [
        ("2019-03-05", 5, "2025-01-01"),
        ("2019-12-31", 5, "2025-01-01"),
        ("2020-01-01", 5, "2026-01-01"),
        ("2020-02-29", 1, "2022-01-01"),
        ("2019-03-05", 0, "2020-01-01"),
        ("2019-03-05", 75, "2095-01-01"),
        ("1919-06-01", 100, "2020-01-01"),
        ("2019-03-05", 7979, "9999-01-01"),
    ] {
        assert_eq!(due(years(term), &file(closed)).as_deref(), Some(expected), "{closed} + {term}");
    }
}

#[test]
fn the_last_day_of_the_term_is_not_due_and_the_next_is() {
    let list = list("2020", vec![rule("1", years(5))]);
    let file = file("2019-03-05");
    let status = |day: &str| evaluate(&file, &[adopted(1, &list)], d(day)).status;
    assert_eq!(status("2019-03-05"), Status::Running);
    assert_eq!(status("2024-12-31"), Status::Running);
    assert_eq!(status("2025-01-01"), Status::Due);
    assert_eq!(status("9999-12-31"), Status::Due);
}

#[test]
fn the_derivation_shows_every_step_of_the_arithmetic() {
    let decision = by(years(5), &file("2019-03-05"));
    let rule = decision.by.clone().expect("a rule");
    assert_eq!((rule.edition.as_str(), rule.adopted, rule.is_sample), ("2020", 1, false));
    assert_eq!(decision.action, Some(Action::Destroy));
    assert_eq!(
        decision.reasons,
        [
            Reason::Rule(rule),
            Reason::Closed(d("2019-03-05")),
            Reason::Start(d("2020-01-01")),
            Reason::Years(5, d("2025-01-01"))
        ]
    );
    assert_eq!(
        decision.sentences(Lang::Ru),
        [
            "Перечень «A», редакция 2020, пункт 1 (запись журнала № 1).",
            "Дело закрыто 05.03.2019.",
            "Срок начинается 01.01.2020.",
            "Срок 5 лет: считается истёкшим с 01.01.2025.",
            "На 31.12.9999: срок хранения истёк; можно выделить к уничтожению (с 01.01.2025)."
        ]
    );
    assert_eq!(
        decision.sentences(Lang::Kk),
        [
            "«A» тізбесі, 2020 басылымы, 1 тармағы (журналдағы жазба № 1).",
            "Іс 05.03.2019 күні жабылды.",
            "Мерзім 01.01.2020 күнінен басталады.",
            "Мерзім 5 жыл: 01.01.2025 күнінен бастап өткен болып саналады.",
            "31.12.9999 күніне: сақтау мерзімі өтті; жоюға бөлуге болады (01.01.2025 күнінен бастап)."
        ]
    );
}

#[test]
fn the_last_document_of_a_file_decides() {
    let mut spans = file("2019-12-31");
    spans.oldest = Some(d("2015-02-01"));
    spans.newest = Some(d("2019-12-31"));
    assert_eq!(due(years(5), &spans).as_deref(), Some("2025-01-01"));
    assert!(!by(years(5), &spans).reasons.contains(&Reason::Newest(d("2019-12-31"))));
    // Filed after the closing.
    spans.newest = Some(d("2020-01-01"));
    assert_eq!(due(years(5), &spans).as_deref(), Some("2026-01-01"));
    assert!(by(years(5), &spans).reasons.contains(&Reason::Newest(d("2020-01-01"))));
}

#[test]
fn terms_beyond_the_year_9999_are_never_due() {
    for (closed, term) in [("2019-03-05", 7980), ("2019-03-05", u32::MAX), ("9999-01-01", 0), ("9998-06-01", 1)] {
        let decision = by(years(term), &file(closed));
        assert_eq!((decision.status, decision.due), (Status::Running, None), "{closed} + {term}");
        assert!(decision.reasons.contains(&Reason::Beyond));
    }
    let mut file = file("9998-06-01");
    assert_eq!(due(years(0), &file).as_deref(), Some("9999-01-01"));
    // Days that the calendar library has and documents do not.
    for day in [NaiveDate::MAX, NaiveDate::from_ymd_opt(10_000, 1, 1).expect("a day")] {
        file.newest = Some(day);
        for start in [Start::Usual, Start::DayAfterClosing, Start::YearAfterEvent] {
            let event = Term::AfterEvent { event: s("e"), years: 0 };
            for term in [Term::Years(0), event, Term::UntilNeeded { at_least: 0 }] {
                let file = with_events(file.clone(), &[("e", "2020-01-01")]);
                let decision = by(Period { start, ..period(term) }, &file);
                assert_eq!((decision.status, decision.due), (Status::Running, None));
            }
        }
    }
    file.newest = Some(d("9998-06-01"));
    file.rulings = vec![Ruling::NotBefore { entry: 12, day: NaiveDate::MAX }];
    assert_eq!(by(years(0), &file).status, Status::Running);
}

#[test]
fn years_after_29_february_end_on_1_march_where_the_day_is_missing() {
    let file = with_events(file("2019-03-05"), &[("ended", "2020-02-29")]);
    let after = |years| period(Term::AfterEvent { event: s("ended"), years });
    assert_eq!(due(after(0), &file).as_deref(), Some("2020-02-29"));
    assert_eq!(due(after(1), &file).as_deref(), Some("2021-03-01"));
    assert_eq!(due(after(4), &file).as_deref(), Some("2024-02-29"));
    assert_eq!(due(after(80), &file).as_deref(), Some("2100-03-01"));
    let next_day = Period { start: Start::DayAfterClosing, ..years(1) };
    let mut closed = self::file("2020-02-28");
    assert_eq!(due(next_day.clone(), &closed).as_deref(), Some("2021-03-01"));
    closed.states[0].closed = Some(d("2020-02-29"));
    assert_eq!(due(next_day.clone(), &closed).as_deref(), Some("2021-03-01"));
    closed.states[0].closed = Some(d("2020-12-31"));
    assert_eq!(due(next_day, &closed).as_deref(), Some("2022-01-01"));
}

#[test]
fn terms_after_an_event_begin_with_it_and_never_end_before_the_file() {
    let after = |start, years| Period { start, ..period(Term::AfterEvent { event: s("ended"), years }) };
    for (start, years, event, expected) in [
        (Start::Usual, 3, "2021-05-10", "2024-05-10"),
        (Start::Usual, 0, "2021-05-10", "2021-05-10"),
        // The event was long before the closing.
        (Start::Usual, 3, "2010-05-10", "2019-03-05"),
        (Start::YearAfterEvent, 3, "2021-05-10", "2025-01-01"),
        (Start::YearAfterEvent, 3, "2021-12-31", "2025-01-01"),
        (Start::YearAfterEvent, 3, "2022-01-01", "2026-01-01"),
        (Start::YearAfterEvent, 0, "2010-05-10", "2019-03-05"),
        (Start::DayAfterClosing, 3, "2010-05-10", "2022-03-06"),
        (Start::DayAfterClosing, 3, "2021-05-10", "2024-05-10"),
    ] {
        let file = with_events(file("2019-03-05"), &[("ended", event)]);
        assert_eq!(due(after(start, years), &file).as_deref(), Some(expected), "{start:?} {years} {event}");
    }
    let decision = by(after(Start::Usual, 3), &file("2019-03-05"));
    assert_eq!((decision.status, decision.due), (Status::Unknown, None));
    assert!(decision.reasons.contains(&Reason::NoEvent(s("ended"))));
    // The newest document is the end of the file.
    let mut late = with_events(file("2019-03-05"), &[("ended", "2010-05-10")]);
    late.newest = Some(d("2019-07-01"));
    let decision = by(after(Start::Usual, 3), &late);
    assert_eq!(decision.due, Some(d("2019-07-01")));
    assert!(decision.reasons.contains(&Reason::NotBefore(d("2019-07-01"))));
}

#[test]
fn until_replaced_waits_for_the_event() {
    let term = period(Term::UntilReplaced { years: 3 });
    assert_eq!(by(term.clone(), &file("2019-03-05")).status, Status::Unknown);
    let file = with_events(file("2019-03-05"), &[("replaced", "2020-01-15")]);
    assert_eq!(due(term, &file).as_deref(), Some("2023-01-15"));
    assert_eq!(due(period(Term::UntilReplaced { years: 0 }), &file).as_deref(), Some("2020-01-15"));
}

#[test]
fn until_needed_ends_when_a_person_says_so_and_not_before_its_floor() {
    let list = list("2020", vec![rule("1", period(Term::UntilNeeded { at_least: 1 }))]);
    let mut file = file("2019-03-05");
    let at = |file: &Facts<'_>, day: &str| {
        let decision = evaluate(file, &[adopted(1, &list)], d(day));
        (decision.status, decision.due.map(|day| day.to_string()))
    };
    assert_eq!(at(&file, "2020-12-31"), (Status::Running, None));
    assert_eq!(at(&file, "2021-01-01"), (Status::AwaitsPerson, None));
    assert_eq!(at(&file, "9999-01-01"), (Status::AwaitsPerson, None));
    file.rulings = vec![Ruling::NotNeeded { entry: 12, day: d("2019-06-01") }];
    assert_eq!(at(&file, "2020-12-31"), (Status::Running, Some(s("2021-01-01"))));
    assert_eq!(at(&file, "2021-01-01"), (Status::Due, Some(s("2021-01-01"))));
    file.rulings = vec![Ruling::NotNeeded { entry: 12, day: d("2023-06-01") }];
    assert_eq!(at(&file, "2023-05-31"), (Status::Running, Some(s("2023-06-01"))));
    assert_eq!(at(&file, "2023-06-01"), (Status::Due, Some(s("2023-06-01"))));
    // Said of the file before it was opened again: other documents may have come.
    file.states = vec![state(10, Some("2019-03-05"), "1"), state(20, None, "1"), state(21, Some("2020-03-05"), "1")];
    assert_eq!(at(&file, "2024-01-01"), (Status::AwaitsPerson, None));
    file.rulings.push(Ruling::NotNeeded { entry: 22, day: d("2023-07-01") });
    assert_eq!(at(&file, "2024-01-01"), (Status::Due, Some(s("2023-07-01"))));
}

#[test]
fn what_a_person_must_say_is_asked_also_when_an_earlier_term_ends_later() {
    let rules = vec![rule("1", years(10)), rule("2", period(Term::UntilNeeded { at_least: 1 }))];
    let list = list("2020", rules);
    let mut file = file("2019-03-05");
    file.states = vec![state(10, Some("2019-03-05"), "1"), state(20, Some("2019-03-05"), "2")];
    let at = |file: &Facts<'_>, day: &str| evaluate(file, &[adopted(1, &list)], d(day));
    assert_eq!((at(&file, "2040-01-01").status, at(&file, "2040-01-01").due), (Status::AwaitsPerson, None));
    assert_eq!(at(&file, "2029-12-31").status, Status::Running);
    file.holds = vec![Hold { id: RecordId([9; 16]), record: None }];
    assert_eq!(at(&file, "2040-01-01").status, Status::Held, "what is held is said to be held");
    file.holds.clear();
    file.rulings = vec![Ruling::NotNeeded { entry: 30, day: d("2021-01-01") }];
    assert_eq!(at(&file, "2030-01-01").status, Status::Due);
}

#[test]
fn the_date_of_creation_chooses_the_years() {
    let term = Term::ByCreation { before: d("2003-01-01"), earlier: 75, later: 50 };
    for (oldest, expected) in [("2002-12-31", "2095-01-01"), ("2003-01-01", "2070-01-01"), ("1999-01-01", "2095-01-01")]
    {
        let file = Facts { oldest: Some(d(oldest)), ..file("2019-03-05") };
        assert_eq!(due(period(term.clone()), &file).as_deref(), Some(expected), "{oldest}");
    }
    let decision = by(period(term), &Facts { oldest: None, ..file("2019-03-05") });
    assert_eq!((decision.status, decision.due), (Status::Unknown, None));
    assert!(decision.reasons.contains(&Reason::UnknownDate));
}

#[test]
fn of_several_terms_the_longest_counts() {
    let after = |years| Term::AfterEvent { event: s("ended"), years };
    let file = with_events(file("2019-03-05"), &[("ended", "2022-05-10")]);
    for (terms, status, expected) in [
        (vec![Term::Years(5), after(1)], Status::Due, Some("2025-01-01")),
        (vec![after(5), Term::Years(5)], Status::Due, Some("2027-05-10")),
        (vec![Term::Years(5), Term::Permanent], Status::Permanent, None),
        (vec![Term::AsDocument, Term::Permanent], Status::Permanent, None),
        (vec![Term::Permanent, Term::AsDocument], Status::Permanent, None),
        (vec![Term::Years(5), Term::AsDocument], Status::Unknown, None),
        (vec![Term::Years(5), Term::UntilReplaced { years: 0 }], Status::Unknown, None),
        (vec![Term::Years(5), Term::Years(9000)], Status::Running, None),
        (vec![Term::Years(5), Term::UntilNeeded { at_least: 0 }], Status::AwaitsPerson, None),
        (vec![Term::Years(1), Term::LongerOf(vec![Term::Years(2), Term::Years(9)])], Status::Due, Some("2029-01-01")),
        (vec![Term::LongerOf(vec![Term::AsDocument]), Term::Years(9)], Status::Unknown, None),
        (vec![], Status::Unknown, None),
    ] {
        let decision = by(period(Term::LongerOf(terms.clone())), &file);
        assert_eq!((decision.status, decision.due), (status, expected.map(d)), "{terms:?}");
    }
    // A floor and a person: both must have ended.
    let both = Term::LongerOf(vec![Term::Years(5), Term::UntilNeeded { at_least: 0 }]);
    let mut ruled = file;
    ruled.rulings = vec![Ruling::NotNeeded { entry: 12, day: d("2021-01-01") }];
    assert_eq!(due(period(both), &ruled).as_deref(), Some("2025-01-01"));
}

#[test]
fn a_condition_must_be_met_before_anything_is_due() {
    let term =
        Term::Conditional { needs: vec![s("audited")], without: vec![s("dispute")], term: Box::new(Term::Years(5)) };
    for (events, expected) in [
        (&[][..], None),
        (&[("audited", "2020-05-05")], Some("2025-01-01")),
        (&[("audited", "2026-05-05")], Some("2026-05-05")),
        (&[("audited", "2020-05-05"), ("dispute", "2020-06-01")], None),
        (&[("audited", "2020-05-05"), ("dispute", "2020-06-01"), ("dispute_ended", "2020-05-31")], None),
        (&[("audited", "2020-05-05"), ("dispute", "2020-06-01"), ("dispute_ended", "2020-06-01")], Some("2025-01-01")),
        (&[("audited", "2020-05-05"), ("dispute", "2020-06-01"), ("dispute_ended", "2027-01-09")], Some("2027-01-09")),
        (&[("audited", "2020-05-05"), ("dispute_ended", "2027-01-09")], Some("2025-01-01")),
        (&[("dispute", "2020-06-01"), ("dispute_ended", "2020-07-01")], None),
    ] {
        let decision = by(period(term.clone()), &with_events(file("2019-03-05"), events));
        assert_eq!(decision.due, expected.map(d), "{events:?}");
        assert_eq!(decision.status, if expected.is_some() { Status::Due } else { Status::Unknown }, "{events:?}");
    }
    let decision = by(period(term), &with_events(file("2019-03-05"), &[("dispute", "2020-06-01")]));
    assert!(decision.reasons.contains(&Reason::NoEvent(s("audited"))));
    assert!(decision.reasons.contains(&Reason::Happened(s("dispute"))));
    // Kept for ever only when the condition is met; what is not known is not permanent either.
    let forever = Term::Conditional { needs: vec![s("audited")], without: vec![], term: Box::new(Term::Permanent) };
    let nested = period(Term::LongerOf(vec![Term::Years(5), forever]));
    assert_eq!(by(nested.clone(), &file("2019-03-05")).status, Status::Unknown);
    assert_eq!(by(nested, &with_events(file("2019-03-05"), &[("audited", "2020-01-01")])).status, Status::Permanent);
}

#[test]
fn what_is_not_known_is_never_due() {
    let full = list("2020", vec![rule("1", years(1))]);
    let check = |file: &Facts<'_>, editions: &[Edition<'_>], reason: Reason| {
        let decision = evaluate(file, editions, d("9999-12-31"));
        assert_eq!((decision.status, decision.due, decision.action), (Status::Unknown, None, None), "{reason:?}");
        assert_eq!(decision.reasons.iter().filter(|r| **r == reason).count(), 1, "{reason:?}: {:?}", decision.reasons);
    };
    let editions = [adopted(1, &full)];
    let good = file("2019-03-05");
    assert_eq!(evaluate(&good, &editions, d("9999-12-31")).status, Status::Due);

    let changed = |change: &dyn Fn(&mut Facts<'static>)| {
        let mut file = good.clone();
        change(&mut file);
        file
    };
    check(&changed(&|f| f.states[0].item = None), &editions, Reason::NoItem);
    check(&changed(&|f| f.states.clear()), &editions, Reason::NoItem);
    check(&good, &[], Reason::NoList(s("A")));
    let other = Item { list: "B", item: "1" };
    check(&changed(&|f| f.states[0].item = Some(other)), &editions, Reason::NoList(s("B")));
    let missing = Item { list: "A", item: "2" };
    check(&changed(&|f| f.states[0].item = Some(missing)), &editions, Reason::NoRule(missing.owned()));
    check(&changed(&|f| f.newest = None), &editions, Reason::UnknownDate);
    check(&changed(&|f| f.documents = 0), &editions, Reason::Empty);
    let as_document = list("2020", vec![rule("1", period(Term::AsDocument))]);
    check(&good, &[adopted(1, &as_document)], Reason::AsDocument);
    // Two terms ask for the same date, and it is said once.
    let twice = list("2020", vec![rule("1", period(Term::LongerOf(vec![Term::Years(1), Term::Years(2)])))]);
    check(&changed(&|f| f.newest = None), &[adopted(1, &twice)], Reason::UnknownDate);
    let event = list("2020", vec![rule("1", period(Term::AfterEvent { event: s("e"), years: 1 }))]);
    check(&changed(&|f| f.newest = None), &[adopted(1, &event)], Reason::NoEvent(s("e")));
    let late = with_events(changed(&|f| f.newest = None), &[("e", "2020-01-01")]);
    check(&late, &[adopted(1, &event)], Reason::UnknownDate);

    let unfiled = Decision::unfiled(d("2020-01-01"));
    assert_eq!((unfiled.status, unfiled.due, unfiled.file), (Status::Unfiled, None, None));
}

#[test]
fn the_first_variant_that_matches_counts_and_a_missing_attribute_is_never_guessed() {
    let variant = |attribute: &str, value: &str, item: Option<&str>, period| Variant {
        item: item.map(s),
        attribute: s(attribute),
        value: s(value),
        period,
    };
    let mut rule = rule("462", years(75));
    rule.variants = vec![
        variant("role", "political", Some("462(1)"), period(Term::Permanent)),
        variant("role", "clerk", None, years(50)),
        variant("copy", "yes", Some("462(2)"), years(5)),
        variant("role", "head", None, years(1)),
    ];
    let list = list("2020", vec![rule]);
    for (attributes, status, expected, item) in [
        (&[("role", "political")][..], Status::Permanent, None, Some("462(1)")),
        (&[("role", "clerk")], Status::Due, Some("2070-01-01"), None),
        (&[("role", "head"), ("copy", "yes")], Status::Due, Some("2025-01-01"), Some("462(2)")),
        (&[("role", "head"), ("copy", "no")], Status::Due, Some("2021-01-01"), None),
        (&[("role", "guard"), ("copy", "no")], Status::Due, Some("2095-01-01"), None),
        (&[("role", "guard")], Status::Unknown, None, None),
        (&[("copy", "yes")], Status::Unknown, None, None),
        (&[], Status::Unknown, None, None),
    ] {
        let mut file = file("2019-03-05");
        file.states[0].item = self::item("462");
        file.states[0].attributes = attributes.iter().copied().collect();
        let decision = evaluate(&file, &[adopted(1, &list)], d("9999-12-31"));
        assert_eq!((decision.status, decision.due), (status, expected.map(d)), "{attributes:?}");
        assert_eq!(decision.by.and_then(|by| by.variant).as_deref(), item, "{attributes:?}");
        let asked = decision.reasons.iter().filter(|r| matches!(r, Reason::NoAttribute(_))).count();
        assert_eq!(asked, usize::from(status == Status::Unknown), "{attributes:?}");
    }
}

#[test]
fn nothing_runs_while_a_file_is_open() {
    let open = Facts { states: vec![state(10, None, "1")], ..file("2019-03-05") };
    let open = with_events(open, &[("ended", "2020-01-01")]);
    let after = |event: &str| period(Term::AfterEvent { event: s(event), years: 1 });
    for period in [years(0), after("ended"), after("other"), period(Term::AsDocument)] {
        let decision = by(period, &open);
        assert_eq!((decision.status, decision.due, decision.action), (Status::Open, None, None));
        assert!(decision.reasons.contains(&Reason::Open));
    }
    // What is known is told all the same.
    assert!(by(after("ended"), &open).reasons.contains(&Reason::Years(1, d("2021-01-01"))));
    assert!(by(after("other"), &open).reasons.contains(&Reason::NoEvent(s("other"))));
    assert_eq!(by(period(Term::Permanent), &open).status, Status::Permanent);
    assert_eq!(by(years(1), &Facts { documents: 0, newest: None, oldest: None, ..open }).status, Status::Open);
}

#[test]
fn a_shorter_edition_counts_only_with_a_signed_decision() {
    let [long, short, longer] = [10, 5, 15].map(|n| list(&n.to_string(), vec![rule("1", years(n))]));
    let file = file("2019-03-05");
    let day = |editions: &[Edition<'_>]| evaluate(&file, editions, d("2020-06-01")).due.map(|day| day.to_string());
    assert_eq!(day(&[adopted(1, &long)]).as_deref(), Some("2030-01-01"));
    // Adopted before the file began: it was never kept by the earlier one.
    assert_eq!(day(&[adopted(1, &long), adopted(9, &short)]).as_deref(), Some("2025-01-01"));
    assert_eq!(day(&[adopted(1, &long), adopted(10, &short)]).as_deref(), Some("2025-01-01"));
    assert_eq!(day(&[adopted(1, &long), adopted(11, &short)]).as_deref(), Some("2030-01-01"));
    assert_eq!(day(&[adopted(1, &long), shortening(11, &short)]).as_deref(), Some("2025-01-01"));
    assert_eq!(day(&[adopted(1, &long), adopted(11, &longer)]).as_deref(), Some("2035-01-01"));
    assert_eq!(day(&[adopted(1, &long), adopted(11, &longer), adopted(12, &short)]).as_deref(), Some("2035-01-01"));
    assert_eq!(day(&[adopted(1, &long), shortening(11, &short), adopted(12, &longer)]).as_deref(), Some("2035-01-01"));
    assert_eq!(day(&[adopted(1, &long), shortening(11, &short), adopted(12, &short)]).as_deref(), Some("2025-01-01"));
    // A simulated edition stands after everything.
    assert_eq!(day(&[adopted(1, &long), shortening(u64::MAX, &short)]).as_deref(), Some("2025-01-01"));

    let decision = evaluate(&file, &[adopted(1, &long), adopted(11, &short)], d("2020-06-01"));
    assert!(decision.reasons.contains(&Reason::Years(5, d("2025-01-01"))));
    // The earlier point began with the file's own act.
    assert!(decision.reasons.contains(&Reason::NotShortened { entry: 10, day: Some(d("2030-01-01")) }));
    assert_eq!(decision.by.map(|by| by.edition).as_deref(), Some("10"));
}

#[test]
fn a_decision_to_shorten_counts_from_the_day_when_its_edition_is_in_force() {
    let long = list("10", vec![rule("1", years(10))]);
    let short = RuleList { valid_from: d("2026-07-01"), ..list("5", vec![rule("1", years(5))]) };
    let file = file("2019-03-05");
    let editions = [adopted(1, &long), shortening(11, &short)];
    let at = |editions: &[Edition<'_>], day: &str| {
        let decision = evaluate(&file, editions, d(day));
        (decision.status, decision.due.map(|day| day.to_string()))
    };
    assert_eq!(at(&editions, "2026-06-30"), (Status::Running, Some(s("2030-01-01"))));
    assert_eq!(at(&editions, "2026-07-01"), (Status::Due, Some(s("2025-01-01"))));
    // No edition but the one to come.
    assert_eq!(at(&editions[1..], "2026-06-30"), (Status::Running, Some(s("2026-07-01"))));
    assert_eq!(at(&editions[1..], "2026-07-01"), (Status::Due, Some(s("2025-01-01"))));
}

#[test]
fn a_term_that_was_for_ever_stays_so_until_somebody_signs() {
    let forever = list("1", vec![rule("1", period(Term::Permanent))]);
    let short = list("2", vec![rule("1", years(5))]);
    for (file, later) in [
        (file("2019-03-05"), Status::Due),
        (Facts { states: vec![state(10, None, "1")], ..file("2019-03-05") }, Status::Open),
    ] {
        let decision = evaluate(&file, &[adopted(1, &forever), adopted(11, &short)], d("9999-12-31"));
        assert_eq!((decision.status, decision.due), (Status::Permanent, None));
        assert!(decision.reasons.contains(&Reason::NotShortened { entry: 10, day: None }));
        let decision = evaluate(&file, &[adopted(1, &forever), shortening(11, &short)], d("9999-12-31"));
        assert_eq!(decision.status, later);
    }
    // Never due either way, and what is missing must be seen.
    let mut file = file("2019-03-05");
    file.states.push(State { item: None, ..state(12, Some("2019-03-05"), "1") });
    assert_eq!(evaluate(&file, &[adopted(1, &forever)], d("9999-12-31")).status, Status::Unknown);
}

#[test]
fn another_item_a_corrected_event_or_closing_never_brings_the_day_nearer_by_itself() {
    let after = Term::AfterEvent { event: s("ended"), years: 1 };
    let list = list("2020", vec![rule("1", years(10)), rule("2", years(5)), rule("3", period(after))]);
    let editions = [adopted(1, &list)];
    let at = |states: Vec<State<'static>>| {
        let file = Facts { states, ..file("2019-03-05") };
        evaluate(&file, &editions, d("2020-06-01")).due.map(|day| day.to_string())
    };
    let signed = |state: State<'static>| State { is_shortening: true, ..state };
    let ended = |entry, day| {
        let mut state = state(entry, Some("2019-03-05"), "3");
        state.events.insert("ended", d(day));
        state
    };
    let closed = Some("2019-03-05");
    assert_eq!(at(vec![state(10, closed, "1"), state(11, closed, "2")]).as_deref(), Some("2030-01-01"));
    assert_eq!(at(vec![state(10, closed, "1"), signed(state(11, closed, "2"))]).as_deref(), Some("2025-01-01"));
    assert_eq!(at(vec![state(10, closed, "2"), state(11, closed, "1")]).as_deref(), Some("2030-01-01"));
    // What was unknown had no day to keep.
    let unknown = State { item: None, ..state(10, closed, "1") };
    assert_eq!(at(vec![unknown.clone(), state(11, closed, "2")]).as_deref(), Some("2025-01-01"));
    // What is unknown now is unknown, whatever it was.
    let unknown = State { entry: 12, ..unknown };
    assert_eq!(at(vec![state(10, closed, "1"), unknown.clone()]), None);
    assert_eq!(at(vec![state(10, closed, "1"), unknown, state(13, closed, "2")]).as_deref(), Some("2030-01-01"));

    // Each decision to shorten takes out what was before it.
    let states = vec![state(10, closed, "1"), signed(state(11, closed, "2")), state(12, closed, "1")];
    assert_eq!(at(states.clone()).as_deref(), Some("2030-01-01"));
    assert_eq!(at([states, vec![signed(state(13, closed, "2"))]].concat()).as_deref(), Some("2025-01-01"));
    // Of several points that end on one day, the one that began first is told.
    let states = vec![state(10, closed, "1"), state(11, closed, "1"), state(12, closed, "2")];
    let decision = evaluate(&Facts { states, ..file("2019-03-05") }, &editions, d("2020-06-01"));
    assert!(decision.reasons.contains(&Reason::NotShortened { entry: 10, day: Some(d("2030-01-01")) }));

    assert_eq!(at(vec![ended(10, "2025-01-01"), ended(11, "2020-01-01")]).as_deref(), Some("2026-01-01"));
    assert_eq!(at(vec![ended(10, "2025-01-01"), signed(ended(11, "2020-01-01"))]).as_deref(), Some("2021-01-01"));
    assert_eq!(at(vec![ended(10, "2020-01-01"), ended(11, "2025-01-01")]).as_deref(), Some("2026-01-01"));

    let other_day = Some("2018-03-05");
    assert_eq!(at(vec![state(10, closed, "2"), state(11, other_day, "2")]).as_deref(), Some("2025-01-01"));
    assert_eq!(at(vec![state(10, closed, "2"), signed(state(11, other_day, "2"))]).as_deref(), Some("2024-01-01"));
}

#[test]
fn a_file_that_was_opened_again_is_counted_from_its_last_closing() {
    let list = list("2020", vec![rule("1", years(5)), rule("2", years(1))]);
    let editions = [adopted(1, &list)];
    let mut states = vec![state(10, None, "1"), state(11, Some("2019-03-05"), "1"), state(12, None, "1")];
    let at = |states: &[State<'static>]| {
        let file = Facts { states: states.to_vec(), ..file("2019-03-05") };
        let decision = evaluate(&file, &editions, d("2021-06-01"));
        (decision.status, decision.due.map(|day| day.to_string()))
    };
    assert_eq!(at(&states[..1]), (Status::Open, None));
    assert_eq!(at(&states[..2]), (Status::Running, Some(s("2025-01-01"))));
    assert_eq!(at(&states), (Status::Open, None));
    states.push(state(13, Some("2021-01-01"), "1"));
    assert_eq!(at(&states), (Status::Running, Some(s("2027-01-01"))));
    // What it was kept by while it was open again is counted from that closing too.
    states[3].item = item("2");
    assert_eq!(at(&states), (Status::Running, Some(s("2027-01-01"))));
}

#[test]
fn an_item_that_is_changed_before_the_file_is_closed_shortens_nothing() {
    let list = list("2020", vec![rule("1", years(9)), rule("2", years(1))]);
    let editions = [adopted(1, &list)];
    let at = |states: Vec<State<'static>>| {
        let decision = evaluate(&Facts { states, ..file("2019-03-05") }, &editions, d("2021-06-01"));
        let is_said = decision.reasons.iter().any(|reason| matches!(reason, Reason::NotShortened { entry: 10, .. }));
        (decision.due.map(|day| day.to_string()), is_said)
    };
    let closed = Some("2019-03-05");
    let changed = vec![state(10, None, "1"), state(11, None, "2"), state(12, closed, "2")];
    assert_eq!(at(changed.clone()), (Some(s("2029-01-01")), true));
    assert_eq!(at(vec![state(10, closed, "1"), state(11, closed, "2")]), (Some(s("2029-01-01")), true), "the same");
    let mut decided = changed;
    decided.push(State { is_shortening: true, ..state(13, closed, "2") });
    assert_eq!(at(decided), (Some(s("2021-01-01")), false), "but for a signed decision");
    assert_eq!(at(vec![state(10, None, "2"), state(11, None, "1"), state(12, closed, "1")]).0, Some(s("2029-01-01")));
    // Closed again on an earlier day: neither closing is forgotten.
    let again = vec![state(10, None, "1"), state(11, Some("2020-03-05"), "2"), state(12, closed, "2")];
    assert_eq!(at(again).0, Some(s("2030-01-01")));
}

#[test]
fn a_decision_about_one_list_shortens_nothing_of_another() {
    let [long, short] = [10, 5].map(|n| list(&n.to_string(), vec![rule("1", years(n))]));
    let other = RuleList { id: s("B"), ..list("20", vec![rule("1", years(20))]) };
    let other_short = RuleList { id: s("B"), ..list("1", vec![rule("1", years(1))]) };
    let of_other = |entry| State { item: Some(Item { list: "B", item: "1" }), ..state(entry, Some("2019-03-05"), "1") };
    let closed = Some("2019-03-05");
    let at = |states: Vec<State<'static>>, editions: &[Edition<'_>]| {
        evaluate(&Facts { states, ..file("2019-03-05") }, editions, d("2020-06-01")).due.map(|day| day.to_string())
    };
    // A list that the file never had.
    let editions = [adopted(1, &long), adopted(2, &other), shortening(11, &other_short)];
    assert_eq!(at(vec![state(10, closed, "1")], &editions).as_deref(), Some("2030-01-01"));
    // A list that it had before, shortened after it left it.
    let states = vec![of_other(10), state(11, closed, "1")];
    let editions = [adopted(1, &long), adopted(2, &other), shortening(12, &other_short)];
    assert_eq!(at(states.clone(), &editions).as_deref(), Some("2040-01-01"));
    // Its own list: what it had by the other one stays.
    let editions = [adopted(1, &long), adopted(2, &other), shortening(12, &short)];
    assert_eq!(at(states, &editions).as_deref(), Some("2040-01-01"));
    // Shortened while the file had it, then another list.
    let states = vec![of_other(10), state(12, closed, "1")];
    let editions = [adopted(1, &short), adopted(2, &other), shortening(11, &other_short)];
    assert_eq!(at(states, &editions).as_deref(), Some("2025-01-01"));
}

#[test]
fn a_term_that_waits_for_a_person_goes_on_waiting_when_the_rule_changes() {
    let first = list("1", vec![rule("1", period(Term::UntilNeeded { at_least: 3 }))]);
    let second = list("2", vec![rule("1", years(1))]);
    let mut file = file("2019-03-05");
    let editions = [adopted(1, &first), adopted(11, &second)];
    let at = |file: &Facts<'_>, day: &str| evaluate(file, &editions, d(day));
    assert_eq!(at(&file, "2022-12-31").status, Status::Running);
    let waits = at(&file, "2023-01-01");
    assert_eq!((waits.status, waits.due), (Status::AwaitsPerson, None));
    assert!(waits.reasons.contains(&Reason::StillNeeded));
    file.rulings = vec![Ruling::NotNeeded { entry: 12, day: d("2020-01-01") }];
    assert_eq!(at(&file, "2023-01-01").due, Some(d("2023-01-01")));
}

#[test]
fn one_point_that_wants_a_commission_is_enough() {
    let expert = list("1", vec![rule("1", Period { then: Then::Expert, ..years(5) })]);
    let plain = list("2", vec![rule("1", years(10))]);
    let file = file("2019-03-05");
    let action = |editions: &[Edition<'_>]| evaluate(&file, editions, d("2020-06-01")).action;
    assert_eq!(action(&[adopted(1, &expert)]), Some(Action::Expert));
    assert_eq!(action(&[adopted(1, &plain)]), Some(Action::Destroy));
    assert_eq!(action(&[adopted(1, &expert), adopted(11, &plain)]), Some(Action::Expert));
    assert_eq!(action(&[adopted(1, &expert), shortening(11, &plain)]), Some(Action::Destroy));
}

#[test]
fn a_sample_list_is_seen_in_every_decision_that_it_makes() {
    let official = list("1", vec![rule("1", years(10))]);
    let sample = |n| RuleList { status: CalendarStatus::Sample, ..list("2", vec![rule("1", years(n))]) };
    let (short, long) = (sample(5), sample(20));
    let file = file("2019-03-05");
    let is_sample = |editions: &[Edition<'_>]| evaluate(&file, editions, d("2020-06-01")).is_sample;
    assert!(!is_sample(&[adopted(1, &official)]));
    assert!(is_sample(&[adopted(1, &short)]));
    // The official one gives the day, and the sample is what counts now.
    assert!(is_sample(&[adopted(1, &official), adopted(11, &short)]));
    assert!(is_sample(&[adopted(1, &long), adopted(11, &official)]));
    assert!(!is_sample(&[adopted(1, &short), adopted(11, &official)]));
}

#[test]
fn rulings_keep_longer_and_one_for_ever_is_not_undone() {
    let forever = |entry| Ruling::Forever { entry };
    let until = |entry, day| Ruling::NotBefore { entry, day: d(day) };
    for (rulings, status, expected) in [
        (vec![until(12, "2030-05-05")], Status::Running, Some("2030-05-05")),
        (vec![until(12, "2020-05-05")], Status::Due, Some("2025-01-01")),
        // The latest counts, also when it says less.
        (vec![until(12, "2040-05-05"), until(13, "2030-05-05")], Status::Running, Some("2030-05-05")),
        (vec![until(13, "2030-05-05"), until(12, "2040-05-05")], Status::Running, Some("2030-05-05")),
        (vec![forever(12)], Status::Permanent, None),
        (vec![forever(12), until(13, "2026-01-01")], Status::Permanent, None),
        (vec![until(12, "2026-01-01"), forever(13)], Status::Permanent, None),
        // Nobody asked whether it is needed.
        (vec![Ruling::NotNeeded { entry: 12, day: d("2019-12-12") }], Status::Due, Some("2025-01-01")),
    ] {
        let list = list("2020", vec![rule("1", years(5))]);
        let file = Facts { rulings: rulings.clone(), ..file("2019-03-05") };
        let decision = evaluate(&file, &[adopted(1, &list)], d("2026-01-01"));
        assert_eq!((decision.status, decision.due), (status, expected.map(d)), "{rulings:?}");
    }
    // For ever, even though nothing else is known of it.
    let unknown = Facts { rulings: vec![forever(12)], newest: None, ..file("2019-03-05") };
    assert_eq!(by(years(5), &unknown).status, Status::Permanent);
    let unknown = Facts { rulings: vec![until(12, "2020-01-01")], newest: None, ..file("2019-03-05") };
    assert_eq!((by(years(5), &unknown).status, by(years(5), &unknown).due), (Status::Unknown, None));
}

#[test]
fn a_hold_keeps_what_is_due_and_changes_no_day() {
    let list = list("2020", vec![rule("1", years(5))]);
    let mut file = file("2019-03-05");
    file.holds = vec![
        Hold { id: RecordId([2; 16]), record: None },
        Hold { id: RecordId([3; 16]), record: Some(RecordId([4; 16])) },
    ];
    let at = |day| evaluate(&file, &[adopted(1, &list)], d(day));
    assert_eq!((at("2024-12-31").status, at("2025-01-01").status), (Status::Running, Status::Held));
    let held = at("2025-01-01");
    assert_eq!((held.due, held.action), (Some(d("2025-01-01")), Some(Action::Destroy)));
    assert_eq!(held.holds, [(RecordId([2; 16]), None), (RecordId([3; 16]), Some(RecordId([4; 16])))]);
    assert!(held.reasons.contains(&Reason::Hold(RecordId([3; 16]), Some(RecordId([4; 16])))));
}
