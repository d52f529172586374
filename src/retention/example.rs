//! The worked examples of a list, run: what the rule says of a file must be what the example says.
//!
//! `rules check` and the tests run them by the same [`evaluate()`] that decides about files. Reading a list does not:
//! one that was adopted stays readable whatever becomes of its examples.

use super::list::LIST_BYTES_MAX;
use super::rule::{Example, RuleList};
use super::{Edition, Facts, Item, State, Status, evaluate};
use crate::error::{ErrorCode, Refusal};
use crate::model::document::{document, with_lines};
use crate::model::id::RecordId;
use chrono::NaiveDate;
use serde_json::Value;

/// An example that does not come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// Item of its rule.
    pub item: String,
    /// Its place among the examples of the rule, from 0.
    pub example: usize,
    /// What the example says.
    pub wanted: Option<NaiveDate>,
    /// What the rule says.
    pub found: Option<NaiveDate>,
}

/// Reads a list from the file that messages call `name`, and runs its examples.
///
/// # Errors
///
/// A [`Refusal`] about every fault, or else about every example that does not come out, each with its line.
pub fn check(bytes: &[u8], name: &str) -> Result<RuleList, Vec<Refusal>> {
    let list = RuleList::parse(bytes, name)?;
    let differing = run(&list);
    if differing.is_empty() {
        return Ok(list);
    }
    let data = document(bytes, name, LIST_BYTES_MAX)?;
    let rules = data["rule"].as_array().map(Vec::as_slice).unwrap_or_default();
    let day = |day: Option<NaiveDate>| day.map_or("never".to_owned(), |day| day.to_string());
    let refusal = |differs: Differs| {
        let is_rule = |rule: &Value| rule["item"].as_str() == Some(&differs.item);
        let rule = rules.iter().position(is_rule).unwrap_or_default();
        let what = format!("due: the example says {}, the rule says {}", day(differs.wanted), day(differs.found));
        let place = format!("{name}#/rule/{rule}/example/{}", differs.example);
        Refusal::new(ErrorCode::RetMalformed, place, what)
    };
    Err(with_lines(differing.into_iter().map(refusal).collect(), bytes, name))
}

/// The examples that do not come out, by item.
pub fn run(list: &RuleList) -> Vec<Differs> {
    // What the rule says is asked, and not since when it is in force.
    let list = &RuleList { valid_from: NaiveDate::MIN, ..list.clone() };
    let mut differing = Vec::new();
    for rule in list.rules.values() {
        for (i, example) in rule.examples.iter().enumerate() {
            let found = due(list, &rule.item, example);
            if found != example.due {
                differing.push(Differs { item: rule.item.clone(), example: i, wanted: example.due, found });
            }
        }
    }
    differing
}

/// The first day on which the file of an example is due by an item of the list.
fn due(list: &RuleList, item: &str, example: &Example) -> Option<NaiveDate> {
    let state = State {
        entry: 1,
        closed: example.closed,
        item: Some(Item { list: &list.id, item }),
        attributes: example.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        events: example.events.iter().map(|(event, day)| (event.as_str(), *day)).collect(),
        is_shortening: false,
    };
    let file = Facts {
        file: RecordId([0; 16]),
        oldest: example.oldest,
        newest: example.newest,
        documents: 1,
        states: vec![state],
        rulings: Vec::new(),
        holds: Vec::new(),
    };
    let editions = [Edition { entry: 0, list, is_shortening: false }];
    // Asked late, so that every event of the example has happened.
    let asked = evaluate(&file, &editions, NaiveDate::MAX);
    // A day counts only when the file is due on it and was not on the day before.
    let on = |day: NaiveDate| evaluate(&file, &editions, day).status == Status::Due;
    asked.due.filter(|day| on(*day) && day.pred_opt().is_some_and(|before| !on(before)))
}
