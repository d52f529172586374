//! The lists of `retention-rules/` are data that hold: each is read, and each of its worked examples comes out.
//!
//! Goal: what a list says of a file with dates is what the one function that decides says of it. Method: every file of
//! the folder is read by the schema and by the reader, its examples are run; then one date is changed, and the example
//! must be named with its line. What a schema cannot say is refused by the reader, each fault with its line.

use chrono::TimeDelta;
use muragat::error::{ErrorCode, Refusal};
use muragat::model::calendar::CalendarStatus;
use muragat::retention::example;
use muragat::retention::list::TermWord;
use muragat::retention::{RuleList, Start, Term};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const SAMPLE: &[u8] = include_bytes!("../../retention-rules/kz-sample.toml");
const WHOLE: &str = include_str!("../../schema/retention/1/examples/valid-whole.toml");

/// The lists, by file name.
fn lists() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("retention-rules");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
    let mut lists: Vec<_> = files.filter(|(name, _)| name.ends_with(".toml")).collect();
    lists.sort();
    assert!(lists.len() >= 2, "there are lists");
    lists
}

fn refused(text: &str) -> Vec<Refusal> {
    let refusals = RuleList::parse(text.as_bytes(), "list.toml").unwrap_err();
    assert!(refusals.iter().all(|refusal| refusal.code == ErrorCode::RetMalformed), "{refusals:?}");
    refusals
}

/// The fault of the whole example with one text in place of another.
fn fault(old: &str, new: &str) -> (String, String) {
    assert_eq!(WHOLE.matches(old).count(), 1, "{old}");
    let mut refusals = refused(&WHOLE.replacen(old, new, 1));
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let refusal = refusals.remove(0);
    (refusal.subject, refusal.detail)
}

#[test]
fn every_example_of_every_list_comes_out() {
    for (name, bytes) in lists() {
        let list = RuleList::parse(&bytes, &name).unwrap_or_else(|refusals| panic!("{refusals:#?}"));
        assert!(list.rules.values().all(|rule| !rule.examples.is_empty()), "{name}: every rule has an example");
        let differing = example::run(&list);
        assert!(differing.is_empty(), "{name}: {differing:#?}");
    }
}

#[test]
fn an_example_that_does_not_come_out_is_named_with_its_line() {
    let (wrong, right) = ("due = \"2025-01-01\"", "due = \"2024-12-31\"");
    let text = std::str::from_utf8(SAMPLE).unwrap().replacen(wrong, right, 1);
    let at = text.lines().position(|line| line == right).unwrap();
    // The line on which the example begins.
    let line = text.lines().take(at).enumerate().filter(|(_, line)| *line == "[[rule.example]]").last().unwrap().0 + 1;
    let refusals = example::check(text.as_bytes(), "list.toml").unwrap_err();
    let named = |refusal: &Refusal| refusal.subject.ends_with(&format!("(line {line})"));
    assert!(refusals.iter().any(named), "line {line}: {refusals:#?}");
}

#[test]
fn the_lists_here_are_samples_and_say_so() {
    for (name, bytes) in lists() {
        let list = RuleList::parse(&bytes, &name).unwrap();
        assert_eq!(list.status, CalendarStatus::Sample, "{name}");
        assert!(name.ends_with("-sample.toml") && list.id.ends_with("-SAMPLE"), "{name}: {}", list.id);
        assert!(list.rules.values().all(|rule| rule.source.confidence != "official"), "{name}");
        assert!(String::from_utf8(bytes).unwrap().contains("ҮЛГІ, ЗАҢ ЕМЕС"), "{name}");
    }
}

#[test]
fn the_lists_show_every_term_every_start_and_the_edges_of_the_calendar() {
    let (mut terms, mut starts, mut days) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut spans_years = false;
    for (name, bytes) in lists() {
        let list = RuleList::parse(&bytes, &name).unwrap();
        for rule in list.rules.values() {
            let variants = rule.variants.iter().map(|variant| &variant.period);
            for period in std::iter::once(&rule.period).chain(variants) {
                terms.insert(period.term.word());
                starts.insert(period.start.as_str());
            }
            for example in &rule.examples {
                days.extend(example.closed.map(|day| day.format("%m-%d").to_string()));
                spans_years |= example.oldest.zip(example.newest).is_some_and(|(a, b)| b - a > TimeDelta::days(366));
            }
        }
    }
    assert_eq!(terms, TermWord::ALL.iter().copied().collect());
    assert_eq!(starts.len(), 3, "{starts:?}");
    assert!(["02-29", "12-31", "01-01"].iter().all(|day| days.contains(*day)), "{days:?}");
    assert!(spans_years);
}

#[test]
fn terms_are_read_as_they_are_written() {
    let list = RuleList::parse(WHOLE.as_bytes(), "list.toml").unwrap();
    let term = |item: &str| &list.rules[item].period.term;
    let event = |event: &str, years| Term::AfterEvent { event: event.to_owned(), years };
    assert_eq!(*term("1"), Term::Permanent);
    assert_eq!((term("2"), list.rules["2"].period.start), (&Term::Years(75), Start::DayAfterClosing));
    assert_eq!(*term("3"), Term::UntilNeeded { at_least: 1 });
    assert_eq!(*term("4"), Term::UntilReplaced { years: 0 });
    assert_eq!((term("5"), list.rules["5"].period.start), (&event("contract_ended", 5), Start::YearAfterEvent));
    let Term::ByCreation { before, earlier, later } = term("6") else { panic!("{:?}", term("6")) };
    assert_eq!((before.to_string().as_str(), *earlier, *later), ("2003-01-01", 75, 50));
    assert_eq!(*term("7"), Term::LongerOf(vec![Term::Years(5), event("debt_settled", 3)]));
    let (needs, without) = (vec!["audit_done".to_owned()], vec!["dispute".to_owned()]);
    assert_eq!(*term("8"), Term::Conditional { needs, without, term: Box::new(Term::Years(5)) });
    assert_eq!(*term("9"), Term::AsDocument);
    assert_eq!(list.rules["7"].period.start, Start::Usual, "what is not said is usual");
}

#[test]
fn a_fault_names_its_line() {
    let line = |needle: &str| WHOLE.lines().position(|line| line.contains(needle)).unwrap() + 1;
    let at = format!("list.toml#/rule/1/years (line {})", line("years = 75"));
    assert_eq!(fault("years = 75", "years = -75").0, at);
    // What is missing is on the line where its table begins.
    let (subject, _) = fault("at_least = 1\n", "");
    let begins = WHOLE.lines().collect::<Vec<_>>();
    let item = line("item = \"3\"");
    assert_eq!(begins[item - 2], "[[rule]]");
    assert_eq!(subject, format!("list.toml#/rule/2/at_least (line {})", item - 1));
    let (subject, _) = fault("event = \"debt_settled\", years = 3", "event = \"debt_settled\", years = 3000");
    assert_eq!(subject, format!("list.toml#/rule/6/longer_of/1/years (line {})", line("debt_settled")));
    // All at once, each on its own line.
    let two = WHOLE.replacen("at_least = 1", "at_least = -1", 1).replacen("years = 0", "years = 5000", 1);
    let subjects: Vec<String> = refused(&two).into_iter().map(|refusal| refusal.subject).collect();
    let wanted = [("/rule/2/at_least", line("at_least = 1")), ("/rule/3/years", line("years = 0"))];
    assert_eq!(subjects, wanted.map(|(place, line)| format!("list.toml#{place} (line {line})")));
}

#[test]
fn what_a_schema_cannot_say_is_refused() {
    let twice = "stands twice";
    let inside = "cannot stand inside";
    let deep = "inner = { term = \"longer_of\", longer_of = [{ term = \"years\", years = 1 }, \
                { term = \"conditional\", needs = [\"a\"], inner = { term = \"LAST\" } }] }";
    let too_deep =
        deep.replace("\"LAST\"", "\"conditional\", needs = [\"b\"], inner = { term = \"years\", years = 1 }");
    let inner = "inner = { term = \"years\", years = 5 }";
    for (old, new, wanted) in [
        ("item = \"3\"", "item = \"1\"", twice),
        ("item = \"3\"", "item = \"2(1)\"", twice),
        ("item = \"2(1)\"", "item = \"9\"", twice),
        ("value = \"guest\"", "value = \"head\"", "never reached"),
        ("earlier = 75", "earlier = 50", "not longer"),
        ("earlier = 75", "earlier = 49", "not longer"),
        ("without = [\"dispute\"]", "without = [\"audit_done\"]", "both needed and"),
        (inner, too_deep.as_str(), inside),
        (
            "then = \"destroy\"\n\n[[rule]]\nitem = \"8\"",
            "then = \"destroy\"\nstart = \"late\"\n\n[[rule]]\nitem = \"8\"",
            "",
        ),
        ("newest = \"2017-12-30\"", "newest = \"2016-02-28\"", "before `oldest`"),
        ("closed = \"2017-12-31\"", "closed = \"2016-02-28\"", "before its first document"),
        ("due = \"2093-01-01\"", "due = \"2017-12-30\"", "before the end of the file"),
    ] {
        let (subject, detail) = fault(old, new);
        assert!(detail.contains(wanted) && subject.contains(" (line "), "{new}: {subject}: {detail}");
    }
    let fits = deep.replace("\"LAST\"", "\"years\", years = 1");
    assert!(RuleList::parse(WHOLE.replacen(inner, &fits, 1).as_bytes(), "list.toml").is_ok(), "as deep as may be");
}

#[test]
fn what_is_no_list_is_refused_and_never_more() {
    for bytes in [&b""[..], b"\xff", b"{}", b"schema = ", b"rule = 1", b"rule = []"] {
        assert!(RuleList::parse(bytes, "list.toml").is_err());
    }
    assert_eq!(RuleList::parse(b"a = 1\nb = [", "list.toml").unwrap_err()[0].detail, "not TOML: line 2");
    let large = format!("{WHOLE}# {}", "x".repeat(4 * 1024 * 1024));
    assert_eq!(refused(&large).len(), 1);
    // Tables inside one another, as deep as the bytes allow.
    for deep in [
        "a.".repeat(200_000) + "a = 1",
        "a = ".to_owned() + &"[".repeat(200_000),
        format!("[{}a]", "a.".repeat(200_000)),
    ] {
        assert!(RuleList::parse(deep.as_bytes(), "list.toml").is_err());
    }
    // However it is cut, it is refused or read, and nothing else.
    for end in (0..WHOLE.len()).filter(|end| WHOLE.is_char_boundary(*end)).step_by(7) {
        let _ = RuleList::parse(&WHOLE.as_bytes()[..end], "list.toml");
    }
}
