//! What is known of a file, and by which editions it is judged: the input of [`super::evaluate()`].
//!
//! A file changes by acts: closed, reopened, another item, an event recorded or corrected. Each such act leaves a
//! [`State`]. All states count, not only the last one: what would have become due later by an earlier state stays due
//! later, until a state that came with a signed decision to shorten. [`super::evaluate()`] says how.

use super::rule::RuleList;
use crate::model::case_file::ListItem;
use crate::model::id::RecordId;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What is known of one file. Its texts are borrowed from where they were read: of a million records most files are
/// looked at once and forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts<'a> {
    /// The file.
    pub file: RecordId,
    /// Date of creation of its oldest document; none when it has none or a date is not known.
    pub oldest: Option<NaiveDate>,
    /// Date of creation of its newest document; none when it has none or a date is not known.
    pub newest: Option<NaiveDate>,
    /// How many documents are in it.
    pub documents: u32,
    /// What acts made of it, oldest first, never none.
    pub states: Vec<State<'a>>,
    /// What commissions ruled about it, oldest first.
    pub rulings: Vec<Ruling>,
    /// The holds on it and on its records.
    pub holds: Vec<Hold>,
}

/// A file as one act left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State<'a> {
    /// The entry of the act.
    pub entry: u64,
    /// When it was closed; none while it is open.
    pub closed: Option<NaiveDate>,
    /// What it is kept by; none: no item is known.
    pub item: Option<Item<'a>>,
    /// Attributes that variants of rules ask for.
    pub attributes: BTreeMap<&'a str, &'a str>,
    /// Events with their days.
    pub events: BTreeMap<&'a str, NaiveDate>,
    /// A signed decision to shorten came with the act: earlier states do not count any more.
    pub is_shortening: bool,
}

/// An item of a list, as a file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Id of the list.
    pub list: &'a str,
    /// The item in it.
    pub item: &'a str,
}

impl Item<'_> {
    /// For a derivation.
    pub(super) fn owned(self) -> ListItem {
        ListItem { list: self.list.to_owned(), item: self.item.to_owned() }
    }
}

/// What a commission ruled about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It is kept for ever.
    Forever {
        /// The entry of the act.
        entry: u64,
    },
    /// It is kept until this day at least.
    NotBefore {
        /// The entry of the act.
        entry: u64,
        /// The first day on which it may be due again.
        day: NaiveDate,
    },
    /// It is not needed any more: terms until needed have ended.
    NotNeeded {
        /// The entry of the act.
        entry: u64,
        /// The day of the ruling.
        day: NaiveDate,
    },
}

/// A hold that is not lifted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hold {
    /// The hold.
    pub id: RecordId,
    /// The record of the file that it is on; none: the whole file.
    pub record: Option<RecordId>,
}

/// An adopted edition of a list.
#[derive(Debug, Clone, Copy)]
pub struct Edition<'a> {
    /// The entry of its adoption.
    pub entry: u64,
    /// The edition.
    pub list: &'a RuleList,
    /// A signed decision to shorten came with it: earlier editions of the list do not count any more.
    pub is_shortening: bool,
}
