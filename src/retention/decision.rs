//! The decision about a file, with its derivation: every step from the rule to the day, as data and as sentences.
//!
//! The same object is printed by `why`, listed by `due`, frozen in a plan of disposal and sealed into its act.

use crate::model::case_file::ListItem;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use chrono::NaiveDate;

/// What becomes of a file on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The file; none: a record that is in no file.
    pub file: Option<RecordId>,
    /// The day that was asked about.
    pub as_of: NaiveDate,
    /// Where it stands.
    pub status: Status,
    /// What may be done when it is due.
    pub action: Option<Action>,
    /// The first day on which it is due; none: never, by what is known.
    pub due: Option<NaiveDate>,
    /// The rule that gives the day; none when no rule was found.
    pub by: Option<By>,
    /// The rule that gives the day, or the one that counts now, is of a sample list.
    pub is_sample: bool,
    /// How the day was found, in order.
    pub reasons: Vec<Reason>,
    /// Holds on it: (hold, record of the file that it is on).
    pub holds: Vec<(RecordId, Option<RecordId>)>,
}

impl Decision {
    /// About a record that is in no file.
    pub fn unfiled(as_of: NaiveDate) -> Self {
        Self {
            file: None,
            as_of,
            status: Status::Unfiled,
            action: None,
            due: None,
            by: None,
            is_sample: false,
            reasons: vec![Reason::Unfiled],
            holds: Vec::new(),
        }
    }
}

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A record that is in no file: never due.
    Unfiled,
    /// Something is not known: never due.
    Unknown,
    /// Kept for ever.
    Permanent,
    /// The file is open, so nothing runs.
    Open,
    /// The term runs.
    Running,
    /// The term is over, and a person decides whether it is still needed.
    AwaitsPerson,
    /// The term is over, and a hold keeps it.
    Held,
    /// The term is over.
    Due,
}

/// What may be done with what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Selected for destruction.
    Destroy,
    /// A commission decides.
    Expert,
}

/// The rule behind a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Item of the list.
    pub item: ListItem,
    /// Item of the variant that matched, when it has one of its own.
    pub variant: Option<String>,
    /// Name of the edition.
    pub edition: String,
    /// Digest of the edition.
    pub sha256: Sha256,
    /// Whether the edition is a sample.
    pub is_sample: bool,
    /// The entry by which the edition was adopted.
    pub adopted: u64,
}

/// One step of a derivation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The record is in no file.
    Unfiled,
    /// The file was not closed.
    Open,
    /// The file has no document.
    Empty,
    /// A date of creation of a document is not known.
    UnknownDate,
    /// No item is known for the file.
    NoItem,
    /// No adopted edition has this list.
    NoList(String),
    /// The edition has no such item.
    NoRule(ListItem),
    /// A variant asks for an attribute that the file does not have.
    NoAttribute(String),
    /// An event has not happened, or is not recorded.
    NoEvent(String),
    /// An event happened that must not have, and has not ended.
    Happened(String),
    /// The term is that of the document.
    AsDocument,
    /// The rule that counts.
    Rule(By),
    /// For ever.
    Permanent,
    /// The file was closed on this day.
    Closed(NaiveDate),
    /// The newest document is younger than the closing, so it decides.
    Newest(NaiveDate),
    /// A document was made before the date: the number of years for such files.
    MadeBefore(NaiveDate),
    /// All documents were made on the date or later.
    MadeSince(NaiveDate),
    /// An event on its day.
    Event(String, NaiveDate),
    /// Years are counted from this day.
    Start(NaiveDate),
    /// So many years, and the first day after them.
    Years(u32, NaiveDate),
    /// The end lies beyond the year 9999: never due.
    Beyond,
    /// Not due before this day, on which the file was closed or an event happened that the term needs.
    NotBefore(NaiveDate),
    /// The edition is in force only from this day on: nothing is due by it earlier.
    NotInForce(NaiveDate),
    /// The longest of several terms ends on this day.
    Longest(NaiveDate),
    /// By an earlier state or edition it is due only on this day, and nobody signed a decision to shorten.
    NotShortened {
        /// The entry by which the earlier state or edition began.
        entry: u64,
        /// The later day; none: never.
        day: Option<NaiveDate>,
    },
    /// A commission ruled: for ever.
    RuledForever(u64),
    /// A commission ruled: not before this day.
    RuledNotBefore(u64, NaiveDate),
    /// A commission ruled on this day that it is not needed any more.
    RuledNotNeeded(u64, NaiveDate),
    /// Whether it is still needed is for a person to say.
    StillNeeded,
    /// A hold keeps it: the hold, and the record that it is on.
    Hold(RecordId, Option<RecordId>),
}
