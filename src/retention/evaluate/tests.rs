//! What becomes due when: tables with dates, properties, and another way of counting to compare with.
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

fn s(text: &str) -> String {
    text.to_owned()
}

fn title(text: &str) -> Title {
    Title { kk: s(text), ru: s(text), en: s(text) }
}

fn period(term: Term) -> Period {
    Period { term, start: Start::Usual, then: Then::Destroy }
}

fn years(years: u32) -> Period {
    period(Term::Years(years))
}

fn rule(item: &str, period: Period) -> Rule {
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
fn list(edition: &str, rules: Vec<Rule>) -> RuleList {
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

fn adopted(entry: u64, list: &RuleList) -> Edition<'_> {
    Edition { entry, list, is_shortening: false }
}

fn shortening(entry: u64, list: &RuleList) -> Edition<'_> {
    Edition { entry, list, is_shortening: true }
}

fn item(item: &str) -> Option<Item> {
    Some(Item { list: s("A"), item: s(item) })
}

fn state(entry: u64, closed: Option<&str>, name: &str) -> State {
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
fn file(closed: &str) -> Facts {
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

fn with_events(mut file: Facts, events: &[(&str, &str)]) -> Facts {
    for state in &mut file.states {
        state.events = events.iter().map(|(name, day)| (s(name), d(day))).collect();
    }
    file
}

/// The decision by one edition with one rule, a day after the calendar's end.
fn by(period: Period, file: &Facts) -> Decision {
    let list = list("2020", vec![rule("1", period)]);
    evaluate(file, &[adopted(1, &list)], d("9999-12-31"))
}

fn due(period: Period, file: &Facts) -> Option<String> {
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
    let at = |file: &Facts, day: &str| {
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
fn the_date_of_creation_chooses_the_years() {
    let term = Term::ByCreation { before: d("2003-01-01"), earlier: 75, later: 50 };
    for (oldest, expected) in
        [("2002-12-31", "2095-01-01"), ("2003-01-01", "2070-01-01"), ("1999-01-01", "2095-01-01")]
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
    let term = Term::Conditional {
        needs: vec![s("audited")],
        without: vec![s("dispute")],
        term: Box::new(Term::Years(5)),
    };
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
    let forever =
        Term::Conditional { needs: vec![s("audited")], without: vec![], term: Box::new(Term::Permanent) };
    let nested = period(Term::LongerOf(vec![Term::Years(5), forever]));
    assert_eq!(by(nested.clone(), &file("2019-03-05")).status, Status::Unknown);
    assert_eq!(by(nested, &with_events(file("2019-03-05"), &[("audited", "2020-01-01")])).status, Status::Permanent);
}

#[test]
fn what_is_not_known_is_never_due() {
    let full = list("2020", vec![rule("1", years(1))]);
    let check = |file: &Facts, editions: &[Edition<'_>], reason: Reason| {
        let decision = evaluate(file, editions, d("9999-12-31"));
        assert_eq!((decision.status, decision.due, decision.action), (Status::Unknown, None, None), "{reason:?}");
        assert_eq!(decision.reasons.iter().filter(|r| **r == reason).count(), 1, "{reason:?}: {:?}", decision.reasons);
    };
    let editions = [adopted(1, &full)];
    let good = file("2019-03-05");
    assert_eq!(evaluate(&good, &editions, d("9999-12-31")).status, Status::Due);

    let changed = |change: &dyn Fn(&mut Facts)| {
        let mut file = good.clone();
        change(&mut file);
        file
    };
    check(&changed(&|f| f.states[0].item = None), &editions, Reason::NoItem);
    check(&changed(&|f| f.states.clear()), &editions, Reason::NoItem);
    check(&good, &[], Reason::NoList(s("A")));
    let other = Item { list: s("B"), item: s("1") };
    check(&changed(&|f| f.states[0].item = Some(other.clone())), &editions, Reason::NoList(s("B")));
    let missing = Item { list: s("A"), item: s("2") };
    check(&changed(&|f| f.states[0].item = Some(missing.clone())), &editions, Reason::NoRule(missing.clone()));
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
        file.states[0].attributes = attributes.iter().map(|(name, value)| (s(name), s(value))).collect();
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
}

#[test]
fn another_item_a_corrected_event_or_closing_never_brings_the_day_nearer_by_itself() {
    let after = Term::AfterEvent { event: s("ended"), years: 1 };
    let list = list("2020", vec![rule("1", years(10)), rule("2", years(5)), rule("3", period(after))]);
    let editions = [adopted(1, &list)];
    let at = |states: Vec<State>| {
        let file = Facts { states, ..file("2019-03-05") };
        evaluate(&file, &editions, d("2020-06-01")).due.map(|day| day.to_string())
    };
    let signed = |state: State| State { is_shortening: true, ..state };
    let ended = |entry, day| {
        let mut state = state(entry, Some("2019-03-05"), "3");
        state.events.insert(s("ended"), d(day));
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
    let at = |states: &[State]| {
        let file = Facts { states: states.to_vec(), ..file("2019-03-05") };
        let decision = evaluate(&file, &editions, d("2021-06-01"));
        (decision.status, decision.due.map(|day| day.to_string()))
    };
    assert_eq!(at(&states[..1]), (Status::Open, None));
    assert_eq!(at(&states[..2]), (Status::Running, Some(s("2025-01-01"))));
    assert_eq!(at(&states), (Status::Open, None));
    states.push(state(13, Some("2021-01-01"), "1"));
    assert_eq!(at(&states), (Status::Running, Some(s("2027-01-01"))));
    // The day of the first closing is still kept.
    states[3].item = item("2");
    assert_eq!(at(&states), (Status::Running, Some(s("2025-01-01"))));
}

#[test]
fn a_decision_about_one_list_shortens_nothing_of_another() {
    let [long, short] = [10, 5].map(|n| list(&n.to_string(), vec![rule("1", years(n))]));
    let other = RuleList { id: s("B"), ..list("20", vec![rule("1", years(20))]) };
    let other_short = RuleList { id: s("B"), ..list("1", vec![rule("1", years(1))]) };
    let of_other = |entry| State {
        item: Some(Item { list: s("B"), item: s("1") }),
        ..state(entry, Some("2019-03-05"), "1")
    };
    let closed = Some("2019-03-05");
    let at = |states: Vec<State>, editions: &[Edition<'_>]| {
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
    let at = |file: &Facts, day: &str| evaluate(file, &editions, d(day));
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

    fn event(&mut self) -> String {
        s(self.pick(&["replaced", "audited", "dispute", "dispute_ended"]))
    }

    fn term(&mut self, depth: usize) -> Term {
        let years = self.number(30);
        match self.below(if depth == 0 { 9 } else { 13 }) {
            0 => Term::Permanent,
            1..=3 => Term::Years(years),
            4 => Term::UntilNeeded { at_least: years },
            5 => Term::UntilReplaced { years },
            6 => Term::AfterEvent { event: self.event(), years },
            7 => Term::ByCreation { before: self.day(), earlier: years + self.number(9), later: years },
            8 => if self.one_in(4) { Term::AsDocument } else { Term::Years(9000) },
            9 | 10 => Term::LongerOf((0..1 + self.below(3)).map(|_| self.term(depth - 1)).collect()),
            _ => Term::Conditional {
                needs: (0..self.below(2)).map(|_| self.event()).collect(),
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

    fn state(&mut self, entry: u64) -> State {
        let name = Item { list: s(self.pick(&["A", "A", "A", "B"])), item: s(self.pick(&["1", "1", "2", "3"])) };
        let mut state = State { item: (!self.one_in(12)).then_some(name), ..state(entry, None, "1") };
        state.closed = if self.one_in(4) { None } else { Some(self.day()) };
        if !self.one_in(4) {
            state.attributes.insert(s("role"), s(self.pick(&["head", "clerk", "guard"])));
        }
        for _ in 0..self.below(5) {
            let (event, day) = (self.event(), self.day());
            state.events.insert(event, day);
        }
        state.is_shortening = self.one_in(6);
        state
    }

    fn file(&mut self) -> Facts {
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
    // The generator reaches every status but the two that it cannot.
    for status in [
        Status::Unknown,
        Status::Permanent,
        Status::Open,
        Status::Running,
        Status::AwaitsPerson,
        Status::Due,
    ] {
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
        let (closed, newest, years, as_of) = (random.day(), random.day(), random.number(81), random.day());
        let mut file = file("2019-03-05");
        file.states[0].closed = Some(closed);
        file.newest = Some(newest);
        let term = usize::try_from(years).expect("small");
        let decision = evaluate(&file, &[adopted(1, &lists[term])], as_of);
        let expected = naive_due(parts(closed), parts(newest), years);
        assert_eq!(decision.due.map(parts), Some(expected), "case {case}: {closed} {newest} {years}");
        let status = if parts(as_of) >= expected { Status::Due } else { Status::Running };
        assert_eq!(decision.status, status, "case {case}");
    }
}

#[test]
#[ignore = "a measurement"]
fn how_long_a_million_decisions_take() {
    let lists = ["1", "2", "3"].map(|name| list(name, vec![rule("1", years(5)), rule("2", years(75))]));
    let others = ["B", "C"].map(|id| RuleList { id: s(id), ..list("1", vec![rule("1", years(5))]) });
    let simple = [adopted(1, &lists[0])];
    let more = [
        adopted(1, &lists[0]),
        adopted(2, &others[0]),
        adopted(3, &others[1]),
        adopted(30, &lists[1]),
        adopted(31, &lists[2]),
    ];
    let one = file("2019-03-05");
    let mut three = one.clone();
    three.states = vec![state(10, None, "1"), state(11, Some("2019-03-05"), "1"), state(12, Some("2019-03-05"), "2")];
    let as_of = d("2026-01-01");
    for (name, file, editions) in
        [("1 state, 1 edition", &one, &simple[..]), ("1 state, 5 editions", &one, &more), ("3 states", &three, &more)]
    {
        let began = std::time::Instant::now();
        let due = (0..1_000_000).filter(|_| evaluate(file, editions, as_of).status == Status::Due).count();
        eprintln!("{name}: {due} due, {:?}", began.elapsed());
    }
}
