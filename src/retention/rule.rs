//! A list of retention periods: one edition of it, with its rules.
//!
//! The words are those of the law: a list (тізбе, перечень) has items (тармақ, пункт), an item a kind of documents and
//! a period. The file is `schema/retention/1`; `docs/retention.md` says what every term means, with examples.
//!
//! It does not say which edition counts for a file: [`super::evaluate()`] does.

use crate::model::calendar::CalendarStatus;
use crate::model::digest::Sha256;
use crate::model::profile::Title;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// One edition of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleList {
    /// Id of the list, the same in all editions.
    pub id: String,
    /// Name of the edition.
    pub edition: String,
    /// Its name.
    pub title: Title,
    /// The act of law that it is.
    pub instrument: String,
    /// Who approved it.
    pub authority: String,
    /// First day on which it is in force.
    pub valid_from: NaiveDate,
    /// Whether it is the real one: by a sample nothing is destroyed but in an archive for tests.
    pub status: CalendarStatus,
    /// Its rules by item.
    pub rules: BTreeMap<String, Rule>,
    /// Digest of the file.
    pub sha256: Sha256,
}

/// What a list says of one kind of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The item.
    pub item: String,
    /// The kind of documents.
    pub kind: Title,
    /// How long, when no variant matches.
    pub period: Period,
    /// Special cases; the first that matches counts.
    pub variants: Vec<Variant>,
    /// Remarks.
    pub notes: Vec<Note>,
    /// Where the rule was read, and how sure that is.
    pub source: Source,
    /// Examples with dates, which the tests of the list run.
    pub examples: Vec<Example>,
}

/// A special case of a rule: `when` an attribute of the file has this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its item, when it has one of its own: `462(1)`.
    pub item: Option<String>,
    /// The attribute of the file.
    pub attribute: String,
    /// The value that it must have.
    pub value: String,
    /// How long.
    pub period: Period,
}

/// How long documents are kept, counted from when, and what then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// How long.
    pub term: Term,
    /// From when a number of years is counted.
    pub start: Start,
    /// What becomes of the documents then.
    pub then: Then,
}

/// How long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// For ever: handed over to a state archive, never destroyed here.
    Permanent,
    /// A number of years.
    Years(u32),
    /// Until a person says that they are not needed any more; not before a number of years, which may be 0.
    UntilNeeded {
        /// Years at least.
        at_least: u32,
    },
    /// A number of years after the event `replaced`.
    UntilReplaced {
        /// Years after it; 0 is allowed.
        years: u32,
    },
    /// A number of years after an event.
    AfterEvent {
        /// Name of the event.
        event: String,
        /// Years after it; 0 is allowed.
        years: u32,
    },
    /// Another number of years for documents that were made before a date.
    ByCreation {
        /// The date.
        before: NaiveDate,
        /// Years when any document of the file was made before it.
        earlier: u32,
        /// Years when all were made on it or later.
        later: u32,
    },
    /// The longest of several.
    LongerOf(Vec<Term>),
    /// A term that counts only when events happened, and others did not or have ended.
    Conditional {
        /// Events that must have happened.
        needs: Vec<String>,
        /// Events `x` that must not have happened, or after which `x_ended` happened.
        without: Vec<String>,
        /// The term.
        term: Box<Term>,
    },
    /// As long as the document that it belongs to (N 430 cl. 24): never due by itself.
    AsDocument,
}

/// From when years are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// 1 January of the year after the file was closed: the rule when a list says nothing. Terms that begin with an
    /// event begin on its day.
    Usual,
    /// The day after the file was closed.
    DayAfterClosing,
    /// 1 January of the year after the event, for terms that begin with one.
    YearAfterEvent,
}

/// What becomes of documents when their term is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// They may be selected for destruction.
    Destroy,
    /// An expert commission (СК, ЭК) decides: for ever, longer, or destroyed.
    Expert,
}

/// A remark of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The remark.
    pub text: Title,
}

/// Where a rule was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The place.
    pub place: String,
    /// `official`, or how far it was checked.
    pub confidence: String,
}

/// A worked example: a file with dates, and what the rule says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Date of the oldest document.
    pub oldest: Option<NaiveDate>,
    /// Date of the newest document.
    pub newest: Option<NaiveDate>,
    /// When the file was closed; none: it is open.
    pub closed: Option<NaiveDate>,
    /// Attributes of the file.
    pub attributes: BTreeMap<String, String>,
    /// Events with their days.
    pub events: BTreeMap<String, NaiveDate>,
    /// The first day on which it is due; none: never, by what is known.
    pub due: Option<NaiveDate>,
}
