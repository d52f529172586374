//! What one edition of a list changes against another, item by item, and whether a term can become shorter by it.
//!
//! Whether a term becomes shorter is answered with care: `No` only where no file at all can fall due earlier, `Yes`
//! where a number of years, a start or a condition lets one, and `Unknown` otherwise, which counts as `Yes`. It looks
//! at lists alone and at no file.

use super::rule::{Period, Rule, RuleList, Start, Term, Then, Variant};
use crate::model::strict::words;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

words! {
    /// What happened to an item.
    ChangeKind {
        /// It is new.
        Added = "added",
        /// It is gone: nothing is due by it any more.
        Removed = "removed",
        /// It says something else.
        Changed = "changed",
    }
}

words! {
    /// Whether a file can fall due earlier than before.
    Shorter {
        /// Some file can.
        Yes = "yes",
        /// No file can.
        No = "no",
        /// Neither is shown; it counts as if one could.
        Unknown = "unknown",
    }
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The item.
    pub item: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// What is different.
    pub fields: Vec<FieldChange>,
    /// Whether its term can become shorter.
    pub shorter: Shorter,
}

/// A field that is different: `years`, or of a case `variant person=head: term`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// What it said; none: it was not there.
    pub old: Option<String>,
    /// What it says; none: it is not there any more.
    pub new: Option<String>,
}

/// What `new` changes against `old`, by item.
pub fn diff(old: &RuleList, new: &RuleList) -> Vec<Change> {
    let items: BTreeSet<&String> = old.rules.keys().chain(new.rules.keys()).collect();
    let change = |item: &String| {
        let (old, new) = (old.rules.get(item), new.rules.get(item));
        let fields = differences(&fields_of(old), &fields_of(new));
        let (kind, shorter) = match (old, new) {
            // No file was kept by it before; and by what is gone, no file is due.
            (None, _) => (ChangeKind::Added, Shorter::No),
            (_, None) => (ChangeKind::Removed, Shorter::No),
            (Some(old), Some(new)) => (ChangeKind::Changed, of_rules(old, new)),
        };
        (!fields.is_empty()).then(|| Change { item: item.clone(), kind, fields, shorter })
    };
    items.into_iter().filter_map(change).collect()
}

fn differences(old: &[(String, String)], new: &[(String, String)]) -> Vec<FieldChange> {
    let (was, is): (BTreeMap<_, _>, BTreeMap<_, _>) = (old.iter().cloned().collect(), new.iter().cloned().collect());
    let gone = old.iter().filter(|(field, _)| !is.contains_key(field));
    let names = new.iter().chain(gone).map(|(field, _)| field.clone());
    let change = |field: String| {
        let (old, new) = (was.get(&field).cloned(), is.get(&field).cloned());
        (old != new).then_some(FieldChange { field, old, new })
    };
    names.filter_map(change).collect()
}

/// The fields of a rule as texts, in the order of the file.
fn fields_of(rule: Option<&Rule>) -> Vec<(String, String)> {
    let Some(rule) = rule else { return Vec::new() };
    let mut fields = Vec::new();
    let mut add = |field: String, text: String| fields.push((field, text));
    for (lang, text) in [("kk", &rule.kind.kk), ("ru", &rule.kind.ru), ("en", &rule.kind.en)] {
        add(format!("kind.{lang}"), text.clone());
    }
    period_fields("", &rule.period, &mut add);
    // The first case that matches counts, so their order says something.
    let cases: Vec<String> = rule.variants.iter().map(case).collect();
    if !cases.is_empty() {
        add("variants".to_owned(), cases.join(", "));
    }
    for (case, variant) in cases.iter().zip(&rule.variants) {
        let prefix = format!("variant {case}: ");
        if let Some(item) = &variant.item {
            add(format!("{prefix}item"), item.clone());
        }
        period_fields(&prefix, &variant.period, &mut add);
    }
    for (i, note) in rule.notes.iter().enumerate() {
        for (lang, text) in [("kk", &note.text.kk), ("ru", &note.text.ru), ("en", &note.text.en)] {
            add(format!("note {}.{lang}", i + 1), text.clone());
        }
    }
    add("source.place".to_owned(), rule.source.place.clone());
    add("source.confidence".to_owned(), rule.source.confidence.clone());
    for (i, example) in rule.examples.iter().enumerate() {
        let day = |day: Option<chrono::NaiveDate>| day.map_or("-".to_owned(), |day| day.to_string());
        let named = |name: &String, value: &dyn fmt::Display| format!(" {name}={value}");
        let attributes: String = example.attributes.iter().map(|(name, value)| named(name, value)).collect();
        let events: String = example.events.iter().map(|(name, value)| named(name, value)).collect();
        let dates = format!("{}..{} {}", day(example.oldest), day(example.newest), day(example.closed));
        add(format!("example {}", i + 1), format!("{dates}{attributes}{events}: {}", day(example.due)));
    }
    fields
}

fn period_fields(prefix: &str, period: &Period, add: &mut impl FnMut(String, String)) {
    add(format!("{prefix}term"), period.term.to_string());
    if !matches!(period.term, Term::Permanent | Term::AsDocument) {
        add(format!("{prefix}start"), period.start.as_str().to_owned());
        add(format!("{prefix}then"), period.then.as_str().to_owned());
    }
}

fn case(variant: &Variant) -> String {
    format!("{}={}", variant.attribute, variant.value)
}

impl fmt::Display for Term {
    /// One line: `years 5`, `longer_of (years 5, after_event debt_settled + 3)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match self {
            Term::Permanent | Term::AsDocument => write!(f, "{word}"),
            Term::Years(years) => write!(f, "{word} {years}"),
            Term::UntilNeeded { at_least } => write!(f, "{word}, at_least {at_least}"),
            Term::UntilReplaced { years } => write!(f, "{word} + {years}"),
            Term::AfterEvent { event, years } => write!(f, "{word} {event} + {years}"),
            Term::ByCreation { before, earlier, later } => write!(f, "{word}: before {before} {earlier}, else {later}"),
            Term::LongerOf(terms) => {
                let terms: Vec<String> = terms.iter().map(Term::to_string).collect();
                write!(f, "{word} ({})", terms.join(", "))
            }
            Term::Conditional { needs, without, term } => {
                let (needs, without) = (needs.join(", "), without.join(", "));
                write!(f, "{word} (needs {needs}; without {without}): {term}")
            }
        }
    }
}

fn of_rules(old: &Rule, new: &Rule) -> Shorter {
    let cases = |rule: &Rule| rule.variants.iter().map(case).collect::<Vec<_>>();
    if cases(old) == cases(new) {
        let variants = old.variants.iter().zip(&new.variants);
        let pairs = variants.map(|(old, new)| of_periods(&old.period, &new.period));
        return worst(pairs.chain([of_periods(&old.period, &new.period)]));
    }
    // Which files went from which case to which, nobody can say: no term that was may be longer than one that is.
    let periods = |rule: &'_ Rule| -> Vec<Period> {
        std::iter::once(&rule.period).chain(rule.variants.iter().map(|variant| &variant.period)).cloned().collect()
    };
    let (was, is) = (periods(old), periods(new));
    let all = was.iter().flat_map(|old| is.iter().map(move |new| of_periods(old, new)));
    match worst(all) {
        Shorter::No => Shorter::No,
        Shorter::Yes | Shorter::Unknown => match of_periods(&old.period, &new.period) {
            Shorter::Yes => Shorter::Yes,
            Shorter::No | Shorter::Unknown => Shorter::Unknown,
        },
    }
}

/// `Yes` when any is, `No` when all are.
fn worst(all: impl IntoIterator<Item = Shorter>) -> Shorter {
    let mut worst = Shorter::No;
    for one in all {
        match one {
            Shorter::Yes => return Shorter::Yes,
            Shorter::Unknown => worst = Shorter::Unknown,
            Shorter::No => {}
        }
    }
    worst
}

fn of_periods(old: &Period, new: &Period) -> Shorter {
    let term = of_terms((&old.term, old.start), (&new.term, new.start));
    // The day is the same, but no commission looks any more.
    let is_looser = old.then == Then::Expert && new.then == Then::Destroy && old.term != Term::AsDocument;
    match term {
        Shorter::No if is_looser => Shorter::Unknown,
        term => term,
    }
}

fn of_terms((old, from): (&Term, Start), (new, to): (&Term, Start)) -> Shorter {
    match (old, new) {
        (_, Term::Permanent) | (Term::AsDocument, Term::AsDocument) => Shorter::No,
        (_, Term::AsDocument) | (Term::AsDocument, _) => Shorter::Unknown,
        (Term::Permanent, _) => Shorter::Yes,
        // A condition can only put off; without it, files fall due that it kept.
        (
            Term::Conditional { needs, without, term },
            Term::Conditional { needs: more_needs, without: more_without, term: inner },
        ) => {
            let holds = |less: &[String], more: &[String]| less.iter().all(|event| more.contains(event));
            match holds(needs, more_needs) && holds(without, more_without) {
                true => of_terms((term, from), (inner, to)),
                false => Shorter::Yes,
            }
        }
        (old, Term::Conditional { term, .. }) => of_terms((old, from), (term, to)),
        // The longest is not before any one of them.
        (Term::LongerOf(terms), new) => worst(terms.iter().map(|old| of_terms((old, from), (new, to)))),
        (old, Term::LongerOf(terms)) => {
            let mut all = terms.iter().map(|new| of_terms((old, from), (new, to)));
            if all.any(|one| one == Shorter::No) { Shorter::No } else { Shorter::Unknown }
        }
        (Term::Conditional { .. }, _) => Shorter::Yes,
        (old, new) => of_leaves((old, from), (new, to)),
    }
}

/// Of terms that have no other inside.
fn of_leaves((old, from): (&Term, Start), (new, to): (&Term, Start)) -> Shorter {
    let event = |term: &Term| match term {
        Term::UntilReplaced { years } => Some(("replaced".to_owned(), *years)),
        Term::AfterEvent { event, years } => Some((event.clone(), *years)),
        _ => None,
    };
    match (event(old), event(new)) {
        (Some((before, was)), Some((event, is))) if before == event => {
            return of_years(was, is, from == Start::YearAfterEvent && to != Start::YearAfterEvent);
        }
        (None, None) => {}
        // Which comes first, nobody can say.
        _ => return Shorter::Unknown,
    }
    let is_earlier = from != Start::DayAfterClosing && to == Start::DayAfterClosing;
    match (old, new) {
        // A person can keep them for longer than any number of years.
        (Term::UntilNeeded { at_least: was }, Term::UntilNeeded { at_least: is }) => of_years(*was, *is, is_earlier),
        (Term::UntilNeeded { .. }, _) => Shorter::Yes,
        (
            Term::ByCreation { before: was, earlier, later },
            Term::ByCreation { before: is, earlier: new_earlier, later: new_later },
        ) => {
            let moved = if is < was { of_years(*earlier, *new_later, is_earlier) } else { Shorter::No };
            let years = [of_years(*earlier, *new_earlier, is_earlier), of_years(*later, *new_later, is_earlier)];
            worst(years.into_iter().chain([moved]))
        }
        (old, new) => match (most(old), least(new)) {
            (Some(was), Some(is)) => of_years(was, is, is_earlier),
            _ => Shorter::Unknown,
        },
    }
}

/// The most years that a term which closing begins can have.
fn most(term: &Term) -> Option<u32> {
    match term {
        Term::Years(years) => Some(*years),
        Term::ByCreation { earlier, .. } => Some(*earlier),
        _ => None,
    }
}

/// The least.
fn least(term: &Term) -> Option<u32> {
    match term {
        Term::Years(years) => Some(*years),
        Term::UntilNeeded { at_least } => Some(*at_least),
        Term::ByCreation { later, .. } => Some(*later),
        _ => None,
    }
}

/// By the number of years, and whether they now begin earlier than before.
fn of_years(was: u32, is: u32, begins_earlier: bool) -> Shorter {
    match begins_earlier {
        _ if is < was => Shorter::Yes,
        false => Shorter::No,
        true if is == was => Shorter::Yes,
        // A start moves by a year at most, but by how much depends on the day.
        true => Shorter::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = include_str!("../../schema/retention/1/examples/valid-whole.toml");

    fn list(text: &str) -> RuleList {
        RuleList::parse(text.as_bytes(), "list.toml").unwrap_or_else(|refusals| panic!("{refusals:#?}"))
    }

    /// What one text in place of another changes in the whole example.
    fn changes(old: &str, new: &str) -> Vec<Change> {
        assert_eq!(LIST.matches(old).count(), 1, "{old}");
        diff(&list(LIST), &list(&LIST.replacen(old, new, 1)))
    }

    fn shorter(old: &str, new: &str) -> Shorter {
        let changes = changes(old, new);
        assert_eq!(changes.len(), 1, "{old} -> {new}: {changes:#?}");
        changes[0].shorter
    }

    /// The period of a rule of the whole example with this term.
    fn period(term: &str) -> Period {
        let ends = if term.contains("\"permanent\"") || term == "term = \"as_document\"" {
            ""
        } else {
            "then = \"destroy\"\n"
        };
        let text = LIST.replacen("term = \"as_document\"\n", &format!("{term}\n{ends}"), 1);
        list(&text).rules["9"].period.clone()
    }

    #[test]
    fn the_same_list_changes_nothing() {
        assert_eq!(diff(&list(LIST), &list(LIST)), []);
    }

    #[test]
    fn fields_are_named_with_both_values() {
        let found = changes("years = 75", "years = 50");
        let field = FieldChange {
            field: "term".to_owned(),
            old: Some("years 75".to_owned()),
            new: Some("years 50".to_owned()),
        };
        let wanted =
            Change { item: "2".to_owned(), kind: ChangeKind::Changed, fields: vec![field], shorter: Shorter::Yes };
        assert_eq!(found, [wanted]);
        let found = changes("kk = \"Ескертпе\"", "kk = \"Басқа\"");
        assert_eq!((found[0].fields[0].field.as_str(), found[0].shorter), ("note 1.kk", Shorter::No));
        let found = changes("item = \"3\"", "item = \"3-1\"");
        let kinds: Vec<_> = found.iter().map(|c| (c.item.as_str(), c.kind, c.shorter)).collect();
        assert_eq!(kinds, [("3", ChangeKind::Removed, Shorter::No), ("3-1", ChangeKind::Added, Shorter::No)]);
        assert!(found[0].fields.iter().all(|f| f.new.is_none()) && found[1].fields.iter().all(|f| f.old.is_none()));
    }

    #[test]
    fn what_can_become_shorter_is_said() {
        let variant = "value = \"guest\"\nterm = \"years\"\nyears = 3";
        for (old, new, wanted) in [
            ("years = 75", "years = 76", Shorter::No),
            ("years = 75", "years = 74", Shorter::Yes),
            ("at_least = 1", "at_least = 0", Shorter::Yes),
            ("at_least = 1", "at_least = 2", Shorter::No),
            (variant, "value = \"guest\"\nterm = \"years\"\nyears = 2", Shorter::Yes),
            (variant, "value = \"guest\"\nterm = \"years\"\nyears = 4", Shorter::No),
            // Another case: whose files it takes over is not known.
            (variant, "value = \"visitor\"\nterm = \"years\"\nyears = 3", Shorter::Unknown),
            ("start = \"year_after_event\"\n", "", Shorter::Yes),
            ("start = \"day_after_closing\"\n", "", Shorter::No),
            (
                "start = \"year_after_event\"\nthen = \"expert\"",
                "start = \"year_after_event\"\nthen = \"destroy\"",
                Shorter::Unknown,
            ),
            ("event = \"contract_ended\"", "event = \"debt_settled\"", Shorter::Unknown),
            ("before = \"2003-01-01\"", "before = \"2002-12-31\"", Shorter::Yes),
            ("before = \"2003-01-01\"", "before = \"2003-01-02\"", Shorter::No),
            ("later = 50", "later = 49", Shorter::Yes),
            ("earlier = 75", "earlier = 76", Shorter::No),
            ("event = \"debt_settled\", years = 3", "event = \"debt_settled\", years = 2", Shorter::Unknown),
            ("event = \"debt_settled\", years = 3", "event = \"debt_settled\", years = 4", Shorter::No),
            ("without = [\"dispute\"]", "without = []", Shorter::Yes),
            ("without = [\"dispute\"]", "without = [\"dispute\", \"audit\"]", Shorter::No),
            ("inner = { term = \"years\", years = 5 }", "inner = { term = \"years\", years = 4 }", Shorter::Yes),
        ] {
            assert_eq!(shorter(old, new), wanted, "{old} -> {new}");
        }
    }

    #[test]
    fn another_term_is_shorter_unless_it_is_shown_not_to_be() {
        let permanent = "term = \"permanent\"";
        let years = "term = \"years\"\nyears = 5";
        let needed = "term = \"until_needed\"\nat_least = 5";
        let audited = "term = \"conditional\"\nneeds = [\"audit_done\"]\ninner = { term = \"years\", years = 5 }";
        let longest = "term = \"longer_of\"\nlonger_of = [{ term = \"years\", years = 5 }, \
                       { term = \"after_event\", event = \"debt_settled\", years = 3 }]";
        for (old, new, wanted) in [
            (years, permanent, Shorter::No),
            (permanent, years, Shorter::Yes),
            (years, needed, Shorter::No),
            (needed, years, Shorter::Yes),
            (years, audited, Shorter::No),
            (audited, years, Shorter::Yes),
            (years, longest, Shorter::No),
            (longest, years, Shorter::Unknown),
            (years, "term = \"as_document\"", Shorter::Unknown),
            (years, "term = \"until_replaced\"\nyears = 9", Shorter::Unknown),
            (
                "term = \"until_replaced\"\nyears = 2",
                "term = \"after_event\"\nevent = \"replaced\"\nyears = 1",
                Shorter::Yes,
            ),
            (years, "term = \"by_creation\"\nbefore = \"2003-01-01\"\nearlier = 6\nlater = 5", Shorter::No),
            (years, "term = \"by_creation\"\nbefore = \"2003-01-01\"\nearlier = 6\nlater = 4", Shorter::Yes),
        ] {
            assert_eq!(of_periods(&period(old), &period(new)), wanted, "{old} -> {new}");
        }
    }
}
