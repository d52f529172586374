//! What a search found by agency, category, kind, direction and year: links beside the hits that narrow the question.
//!
//! A link puts a field into the question or takes it out again, so the box above always says what is asked, and what
//! somebody typed there can be taken off by a link too. The counts are those of the search, and come from inside what
//! the caller may read.
//!
//! It asks nothing and decides nothing.

use super::frame::{Visit, number};
use super::html::{Html, encoded};
use crate::index::text::query::{CardTerm, Condition, fields};
use crate::model::submission::{AccessCategory, Direction, Kind};
use crate::text::{Text, text};
use crate::view::words::{access_text, direction_text, kind_text};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use std::cmp::Reverse;
use std::ops::Range;

/// Values of a group that stand there at once; the others are behind a button. Own bound.
const SHOWN: usize = 8;
/// Where the group begins, for links of the page.
pub(super) const PLACE: &str = "#narrow";

pub(super) const NARROW: Text = text("Іздеуді нақтылау", "Уточнить поиск", "Narrow the search");
const TAKE_OFF: Text = text("алып тастау", "снять", "take off");
const MORE: Text = text("Тағы", "Ещё", "More");

/// By what is counted: the name in the document of a search, what people call it, what a question calls it.
const GROUPS: [(&str, Text, By); 5] = [
    ("agency", text("Мемлекеттік орган", "Орган", "Agency"), By::Term(CardTerm::Agency)),
    ("access", text("Қолжетімділік", "Доступ", "Access"), By::Term(CardTerm::Access)),
    ("kind", text("Жазбаның түрі", "Вид записи", "Kind of record"), By::Term(CardTerm::Kind)),
    ("direction", text("Бағыты", "Направление", "Direction"), By::Term(CardTerm::Direction)),
    ("year", text("Құжаттың жылы", "Год документа", "Year of the document"), By::Year),
];

/// How a question asks for a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Term(CardTerm),
    Year,
}

impl By {
    /// What a value demands of a record; none when no question can say it.
    fn demand(self, value: &str) -> Option<Condition> {
        match self {
            By::Term(term) => Some(term.fold(value)).filter(|v| !v.is_empty()).map(|v| Condition::Is(term, v)),
            By::Year => {
                let year = value.parse().ok().filter(|_| value.len() == 4)?;
                let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
                Some(Condition::Dated(day(1, 1)?, day(12, 31)?))
            }
        }
    }

    /// The value that a condition demands, as far as it can be told.
    fn demanded(self, condition: &Condition) -> Option<String> {
        match condition {
            Condition::Is(term, value) if self == By::Term(*term) => Some(value.clone()),
            Condition::Dated(first, _) if self == By::Year => {
                Some(format!("{:04}", first.year())).filter(|year| self.demand(year).as_ref() == Some(condition))
            }
            _ => None,
        }
    }

    /// A value as a question asks for it.
    fn written(self, value: &str) -> String {
        match self {
            // A quotation mark would end the value; for comparing it is nothing.
            By::Term(term) => format!("{}:\"{}\"", term.as_str(), value.replace(['"', '“', '”', '„'], " ")),
            By::Year => format!("date:{value}"),
        }
    }

    /// A value as people call it.
    fn said(self, value: &str, visit: &Visit) -> String {
        // A question has the words of the value, and no signs between.
        fn of<T: Copy>(all: &[T], term: CardTerm, value: &str, name: fn(T) -> &'static str) -> Option<T> {
            all.iter().copied().find(|one| term.fold(name(*one)) == term.fold(value))
        }
        let text = match self {
            By::Term(term @ CardTerm::Access) => {
                of(AccessCategory::ALL, term, value, AccessCategory::as_str).map(access_text)
            }
            By::Term(term @ CardTerm::Kind) => of(Kind::ALL, term, value, Kind::as_str).map(kind_text),
            By::Term(term @ CardTerm::Direction) => {
                of(Direction::ALL, term, value, Direction::as_str).map(direction_text)
            }
            By::Term(_) | By::Year => None,
        };
        text.map_or_else(|| value.to_owned(), |text| visit.say(text).to_owned())
    }
}

/// A value that hits can be narrowed to, or are.
struct Choice {
    value: String,
    count: u64,
    /// The question that its link asks; none when none can.
    asks: Option<String>,
    is_chosen: bool,
}

/// The groups in which there is something to choose or to take off, with their choices.
pub(super) fn groups(q: &str, counts: &Value) -> Groups {
    let asked = fields(q);
    let group = |(name, title, by): (&str, Text, By)| {
        let counted = counts[name].as_object().into_iter().flatten();
        let mut choices: Vec<Choice> = counted
            .map(|(value, count)| {
                let demand = by.demand(value);
                let here = asked.iter().filter(|(_, condition)| demand.as_ref() == Some(condition));
                let ranges: Vec<Range<usize>> = here.map(|(range, _)| range.clone()).collect();
                let is_chosen = !ranges.is_empty();
                let narrowed = demand.map(|_| format!("{} {q}", by.written(value)));
                let asks = if is_chosen { Some(without(q, ranges)) } else { narrowed };
                Choice { value: value.clone(), count: count.as_u64().unwrap_or(0), asks, is_chosen }
            })
            .collect();
        match by {
            By::Year => choices.sort_by(|a, b| b.value.cmp(&a.value)),
            By::Term(_) => choices.sort_by_key(|choice| Reverse(choice.count)),
        }
        // What was chosen and is nowhere: it can be taken off all the same.
        let is_counted = |c: &Condition| choices.iter().any(|of| by.demand(&of.value).as_ref() == Some(c));
        let nowhere = asked.iter().filter(|(_, condition)| !is_counted(condition));
        let nowhere: Vec<Choice> = nowhere
            .filter_map(|(range, condition)| {
                let (value, asks) = (by.demanded(condition)?, Some(without(q, vec![range.clone()])));
                Some(Choice { value, count: 0, asks, is_chosen: true })
            })
            .collect();
        choices.extend(nowhere);
        choices.sort_by_key(|choice| !choice.is_chosen);
        let has_choice = choices.len() > 1 || choices.iter().any(|choice| choice.is_chosen);
        has_choice.then_some((name.to_owned(), title, by, choices))
    };
    Groups(GROUPS.into_iter().filter_map(group).collect())
}

/// What a search can be narrowed by.
pub(super) struct Groups(Vec<(String, Text, By, Vec<Choice>)>);

impl Groups {
    /// Whether there is nothing to choose.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The links.
    pub(super) fn write(&self, html: &mut Html, visit: &Visit) {
        html.el("nav", &[("class", "facets no-print"), ("aria-labelledby", &PLACE[1..])], |html| {
            html.say("h2", &[("id", &PLACE[1..])], visit.say(NARROW));
            for (name, title, by, choices) in &self.0 {
                let id = format!("by-{name}");
                html.say("h3", &[("id", &id)], visit.say(*title));
                let (shown, more) = choices.split_at(choices.len().min(SHOWN));
                let list = |html: &mut Html, choices: &[Choice]| {
                    html.el("ul", &[("aria-labelledby", &id)], |html| {
                        choices.iter().for_each(|choice| write(html, visit, *by, choice));
                    });
                };
                list(html, shown);
                if !more.is_empty() {
                    html.el("details", &[], |html| {
                        html.say("summary", &[], &format!("{}: {}", visit.say(MORE), more.len()));
                        list(html, more);
                    });
                }
            }
        });
    }
}

fn write(html: &mut Html, visit: &Visit, by: By, choice: &Choice) {
    let said = format!("{} ({})", by.said(&choice.value, visit), number(choice.count, visit.lang));
    html.el("li", &[], |html| {
        let Some(asks) = &choice.asks else { return html.text(&said) };
        let to = format!("/search?q={}", encoded(asks));
        if choice.is_chosen {
            html.el("a", &[("href", &to), ("aria-current", "true")], |html| {
                html.text(&said);
                html.say("span", &[("class", "off")], &format!(" – {}", visit.say(TAKE_OFF)));
            });
        } else {
            html.say("a", &[("href", &to)], &said);
        }
    });
}

/// A question without some of its parts. The space before one goes with it: what ends a question, and whether a space
/// follows, means something.
fn without(q: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| Reverse(range.start));
    let mut rest = q.to_owned();
    for range in ranges {
        let before = rest[..range.start].trim_end().len();
        let end = match before {
            0 => rest.len() - rest[range.end..].trim_start().len(),
            _ => range.end,
        };
        rest.replace_range(before..end, "");
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asks(q: &str, counts: &Value) -> Vec<(String, u64, String, bool)> {
        let all = groups(q, counts).0.into_iter().flat_map(|(.., choices)| choices);
        all.map(|c| (c.value, c.count, c.asks.unwrap_or_default(), c.is_chosen)).collect()
    }

    #[test]
    fn a_link_asks_for_less_and_the_same_link_for_as_much_as_before() {
        let counts = json!({"kind": {"scanned-copy": 1, "electronic-original": 2}, "agency": {"A": 3},
                            "year": {"2024": 1, "2025": 2}, "access": {"—": 1, "public": 2}});
        let q = "тасқын сер";
        let choice = |value: &str, count, asks: &str, is| (value.to_owned(), count, asks.to_owned(), is);
        let expected = [
            choice("public", 2, "access:\"public\" тасқын сер", false),
            choice("—", 1, "", false),
            choice("electronic-original", 2, "kind:\"electronic-original\" тасқын сер", false),
            choice("scanned-copy", 1, "kind:\"scanned-copy\" тасқын сер", false),
            choice("2025", 2, "date:2025 тасқын сер", false),
            choice("2024", 1, "date:2024 тасқын сер", false),
        ];
        assert_eq!(asks(q, &counts), expected, "one value alone is no choice");
        for (value, _, narrowed, _) in expected.iter().filter(|(_, _, asks, _)| !asks.is_empty()) {
            let back = asks(narrowed, &counts).into_iter().find(|(of, ..)| of == value).unwrap();
            assert_eq!((back.2.as_str(), back.3), (q, true), "{narrowed}");
        }
    }

    #[test]
    fn what_was_typed_is_taken_off_wherever_it_stands() {
        let off = |q: &str, counts: Value| {
            let chosen = asks(q, &counts).into_iter().filter(|(.., is_chosen)| *is_chosen);
            chosen.map(|(_, count, asks, _)| (count, asks)).collect::<Vec<_>>()
        };
        let kind = |count: u64| json!({"kind": {"electronic-original": count}});
        let q = "хат  kind:\"Electronic original\" сер ";
        assert_eq!(off(q, kind(3)), [(3, "хат сер ".to_owned())]);
        assert_eq!(off("kind:electronic-original хат kind:electronic-original", kind(3)), [(3, "хат".to_owned())]);
        // Also where nothing has it.
        assert_eq!(off("хат kind:none", kind(0)), [(0, "хат".to_owned())]);
        assert_eq!(off("date:2025", json!({})), [(0, String::new())]);
        assert_eq!(off("date:2025-03 reg:15", json!({"year": {"2025": 1}})), [], "no group has it");
    }

    #[test]
    fn a_value_is_one_value_whatever_is_in_it() {
        let counts = json!({"agency": {"a\" kind:none": 1, "B": 1}});
        let [_, (value, _, asks, _)] = &asks("x", &counts)[..] else { panic!("two") };
        assert_eq!(value, "a\" kind:none");
        let found = fields(asks);
        assert_eq!(found.len(), 1, "{asks}");
        assert_eq!(found[0].1, By::Term(CardTerm::Agency).demand(value).unwrap());
    }
}
