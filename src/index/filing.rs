//! The rows of files (іс, дело) and of holds, and how their acts change them.
//!
//! A file's row has all states that acts left of it, because what would have become due later by an earlier one stays
//! due later (`retention`). Which records are in a file is rows of its own; a record's row names its file.

use crate::model::case_file::{Change, ListItem, Opening};
use crate::model::citation::Citation;
use crate::model::fold;
use crate::model::id::RecordId;
use crate::model::record::ActDocument;
use crate::tlog::leaf::ActKind;
use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use std::collections::BTreeMap;

/// A day as a row has it: from the proleptic Gregorian day count.
pub type Day = i32;

/// The day of a date.
pub fn day(date: NaiveDate) -> Day {
    date.num_days_from_ce()
}

/// The date of a day.
pub fn date(day: Day) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(day)
}

/// A file as one act left it.
pub type StateRow = StateOf<String>;

/// A file.
pub type FileRow = FileOf<String>;

/// A file whose texts are borrowed from where its row was opened: many are read, and few are kept.
pub type FileView<'a> = FileOf<&'a str>;

/// A file as one act left it, with texts of the kind `S`.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct StateOf<S: Ord> {
    /// The entry of the act.
    pub entry: u64,
    /// When it was closed.
    pub closed: Option<Day>,
    /// List and item.
    pub item: Option<(S, S)>,
    /// Attributes.
    pub attributes: BTreeMap<S, S>,
    /// Events with their days.
    pub events: BTreeMap<S, Day>,
    /// A signed decision to shorten came with the act: earlier states count no more.
    pub is_shortening: bool,
}

/// A file with texts of the kind `S`.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct FileOf<S: Ord> {
    /// Code of the agency.
    pub agency: S,
    /// Index in the nomenclature.
    pub index: S,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume.
    pub volume: u16,
    /// Title.
    pub title: S,
    /// In which form its documents are kept, as its act says it.
    pub form: S,
    /// What acts made of it, oldest first, never none.
    pub states: Vec<StateOf<S>>,
    /// How many records are in it.
    pub documents: u32,
    /// Creation of the oldest record that was ever in it.
    pub oldest: Option<Day>,
    /// Creation of the newest record that was ever in it.
    pub newest: Option<Day>,
    /// A record was put into it whose date of creation is not known.
    pub has_undated: bool,
    /// How many numbers were given to records that were put into it; none is given twice.
    pub numbered: u32,
    /// Where it stands in an inventory.
    pub listed: Option<ListedRow>,
    /// The volume that it was split from.
    pub part_of: Option<[u8; 16]>,
    /// What commissions ruled, oldest first: the entry and the ruling.
    pub rulings: Vec<(u64, RulingRow)>,
}

/// Where a file stands in an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ListedRow {
    /// The inventory.
    pub inventory: [u8; 16],
    /// Number of the fonds.
    pub fonds: u32,
    /// Number of the inventory in it.
    pub number: u32,
    /// Number of the file in the inventory.
    pub unit: u32,
}

/// What a commission ruled about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum RulingRow {
    /// It is kept for ever.
    Forever,
    /// It is kept until this day at least.
    NotBefore(Day),
    /// It is not needed any more, since this day.
    NotNeeded(Day),
}

/// A plan of destruction: the entries of its acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct PlanRow {
    /// It was drawn up.
    pub drafted: u64,
    /// Its proposer signed it.
    pub proposed: Option<u64>,
    /// Members of the commission reviewed it.
    pub reviews: Vec<u64>,
    /// Persons approved it.
    pub approvals: Vec<u64>,
    /// It will not be executed.
    pub cancelled: Option<u64>,
    /// Its destruction began; more than once when it was cut off.
    pub authorised: Vec<u64>,
    /// The keys were erased.
    pub executed: Option<u64>,
    /// Nothing is left.
    pub completed: Option<u64>,
}

impl PlanRow {
    /// Adds an act about the plan.
    pub fn add(&mut self, act: ActKind, entry: u64) {
        match act {
            ActKind::PlanProposed => self.proposed = Some(entry),
            ActKind::PlanReviewed => self.reviews.push(entry),
            ActKind::PlanApproved => self.approvals.push(entry),
            ActKind::PlanCancelled => self.cancelled = Some(entry),
            ActKind::DestroyAuthorised => self.authorised.push(entry),
            ActKind::DestroyExecuted => self.executed = Some(entry),
            ActKind::DestroyCompleted => self.completed = Some(entry),
            _ => {}
        }
    }
}

/// The ruling in the document of `file.ruled`.
pub fn ruling_of(document: &ActDocument) -> Option<RulingRow> {
    let date = || Some(day(document.text("date")?.parse().ok()?));
    match document.text("ruling")? {
        "forever" => Some(RulingRow::Forever),
        "not_before" => date().map(RulingRow::NotBefore),
        "not_needed" => date().map(RulingRow::NotNeeded),
        _ => None,
    }
}

/// What is left of a file that was destroyed: what its act says of it.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct TombRow {
    /// The plan by which it was destroyed, or the transfer by which it went to another archive.
    pub plan: [u8; 16],
    /// Another archive keeps it.
    pub is_handed_over: bool,
    /// Number of the act.
    pub number: String,
    /// The entry of the destruction.
    pub entry: u64,
    /// Code of the agency.
    pub agency: String,
    /// Index in the nomenclature.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume.
    pub volume: u16,
    /// Title; the index where a title names a person.
    pub title: String,
    /// How many records were in it.
    pub documents: u32,
}

impl StateRow {
    fn view(&self) -> StateOf<&str> {
        StateOf {
            entry: self.entry,
            closed: self.closed,
            item: self.item.as_ref().map(|(list, item)| (list.as_str(), item.as_str())),
            attributes: self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            events: self.events.iter().map(|(event, day)| (event.as_str(), *day)).collect(),
            is_shortening: self.is_shortening,
        }
    }
}

impl FileRow {
    /// The row of a file that was opened as `entry`.
    pub fn opened(document: &ActDocument, entry: u64) -> Option<Self> {
        let opening = Opening::of_fields(&document.fields)?;
        let state = StateRow {
            entry,
            closed: None,
            item: opening.item.map(|item| (item.list, item.item)),
            attributes: opening.attributes,
            events: opening.split.iter().flat_map(|s| &s.events).map(|(name, on)| (name.clone(), day(*on))).collect(),
            is_shortening: false,
        };
        let dates = opening.split.as_ref().and_then(|split| split.dates);
        Some(Self {
            agency: opening.agency,
            index: opening.index,
            year: opening.year,
            volume: opening.volume,
            title: opening.title,
            form: opening.form.as_str().to_owned(),
            states: vec![state],
            documents: 0,
            // What the whole once held never makes a part of it due earlier.
            oldest: dates.map(|(oldest, _)| day(oldest)),
            newest: dates.map(|(_, newest)| day(newest)),
            has_undated: opening.split.is_some() && dates.is_none(),
            numbered: 0,
            listed: None,
            part_of: opening.split.map(|split| split.part_of.0),
            rulings: Vec::new(),
        })
    }

    /// The same with borrowed texts.
    pub fn view(&self) -> FileView<'_> {
        FileView {
            agency: &self.agency,
            index: &self.index,
            year: self.year,
            volume: self.volume,
            title: &self.title,
            form: &self.form,
            states: self.states.iter().map(StateRow::view).collect(),
            documents: self.documents,
            oldest: self.oldest,
            newest: self.newest,
            has_undated: self.has_undated,
            numbered: self.numbered,
            listed: self.listed,
            part_of: self.part_of,
            rulings: self.rulings.clone(),
        }
    }

    /// Creation of the oldest and the newest record that was ever in it, when it is known of all.
    pub fn dates(&self) -> Option<(NaiveDate, NaiveDate)> {
        Some((date(self.oldest?)?, date(self.newest?)?)).filter(|_| !self.has_undated)
    }

    /// Its citation, once it stands in an inventory.
    pub fn citation(&self) -> Option<Citation> {
        let ListedRow { fonds, number, unit, .. } = self.listed?;
        Some(Citation { fonds, inventory: number, unit, document: None })
    }

    /// Its last state.
    pub fn state(&self) -> &StateRow {
        self.states.last().expect("a file has the state it was opened in")
    }

    /// Whether records can be put into it.
    pub fn is_open(&self) -> bool {
        self.state().closed.is_none()
    }

    /// What it is kept by now.
    pub fn item(&self) -> Option<ListItem> {
        self.state().item.clone().map(|(list, item)| ListItem { list, item })
    }

    /// Adds the state that an act leaves.
    pub fn change(&mut self, change: Change, entry: u64) {
        let mut state = StateRow { entry, is_shortening: false, ..self.state().clone() };
        match change {
            Change::Closed(date) => state.closed = Some(day(date)),
            Change::Reopened => state.closed = None,
            Change::Reclassified { item, attributes } => {
                if let Some(item) = item {
                    state.item = Some((item.list, item.item));
                }
                state.attributes.extend(attributes);
            }
            Change::Event { event, day: date } => drop(state.events.insert(event, day(date))),
        }
        self.states.push(state);
    }

    /// The next number of a record in it.
    pub fn next_number(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }

    /// A signed decision takes its earlier states out.
    pub fn shorten(&mut self, entry: u64) {
        self.states.push(StateRow { entry, is_shortening: true, ..self.state().clone() });
    }

    /// A record that was made on `created` is put into it.
    pub fn enter(&mut self, created: Option<Day>) {
        self.documents += 1;
        match created {
            Some(day) => {
                self.oldest = Some(self.oldest.map_or(day, |oldest| oldest.min(day)));
                self.newest = Some(self.newest.map_or(day, |newest| newest.max(day)));
            }
            None => self.has_undated = true,
        }
    }

    /// A record is taken out of it. Its dates stay: what a file once held never makes it due earlier.
    pub fn leave(&mut self) {
        self.documents = self.documents.saturating_sub(1);
    }
}

impl TombRow {
    /// The files that an act of destruction names as destroyed.
    pub fn all(document: &ActDocument, plan: RecordId, entry: u64) -> Option<Vec<(RecordId, Self)>> {
        let files = document.fields.get("destroyed")?.as_array()?;
        Self::of(files.iter(), (document.text("number")?, plan, entry), false)
    }

    /// The files that went to another archive, with their last record, by the act that let records go.
    pub fn handed_over(document: &ActDocument, transfer: RecordId, entry: u64) -> Option<Vec<(RecordId, Self)>> {
        let files = document.fields.get("released")?.as_array()?;
        let whole = files.iter().filter(|file| file.get("whole").and_then(Value::as_bool) == Some(true));
        Self::of(whole, (document.text("number")?, transfer, entry), true)
    }

    fn of<'v>(
        files: impl Iterator<Item = &'v Value>,
        (number, plan, entry): (&str, RecordId, u64),
        is_handed_over: bool,
    ) -> Option<Vec<(RecordId, Self)>> {
        let file = |file: &Value| {
            let text = |key: &str| Some(file.get(key)?.as_str()?.to_owned());
            let count = |key: &str| file.get(key)?.as_u64();
            let id = text("file_id")?.parse().ok()?;
            let row = Self {
                plan: plan.0,
                is_handed_over,
                number: number.to_owned(),
                entry,
                agency: text("agency")?,
                index: text("index")?,
                year: count("year")?.try_into().ok()?,
                volume: count("volume")?.try_into().ok()?,
                title: text("title")?,
                documents: count("documents")?.try_into().ok()?,
            };
            Some((id, row))
        };
        files.map(file).collect()
    }

    /// Whether all of these folded words stand in its index, title or year.
    pub fn has_words(&self, words: &[impl AsRef<str>]) -> bool {
        let mut own = fold::words(&self.title);
        own.extend(fold::words(&self.index));
        own.push(self.year.to_string());
        words.iter().all(|word| own.iter().any(|other| other.starts_with(word.as_ref())))
    }
}

/// What a hold keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, bincode::Encode, bincode::Decode)]
pub enum HoldTarget {
    /// A record, and with it its file.
    Record([u8; 16]),
    /// A file with all records, also those that are put into it later.
    File([u8; 16]),
}

impl HoldTarget {
    /// The id of the record or file.
    pub fn id(self) -> RecordId {
        match self {
            HoldTarget::Record(id) | HoldTarget::File(id) => RecordId(id),
        }
    }

    /// As the act document has it.
    pub fn value(self) -> Value {
        match self {
            HoldTarget::Record(id) => serde_json::json!({"record": RecordId(id).to_string()}),
            HoldTarget::File(id) => serde_json::json!({"file": RecordId(id).to_string()}),
        }
    }

    /// Reads what [`Self::value`] gives.
    pub fn of(value: &Value) -> Option<Self> {
        let id = |key: &str| Some(value.get(key)?.as_str()?.parse::<RecordId>().ok()?.0);
        id("record").map(HoldTarget::Record).or_else(|| id("file").map(HoldTarget::File))
    }
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct HoldRow {
    /// The entry that placed it.
    pub placed: u64,
    /// The entry that lifted it.
    pub lifted: Option<u64>,
    /// What it keeps, ascending.
    pub targets: Vec<HoldTarget>,
    /// The inquiry that it is of, and with which alone it is lifted.
    pub inquiry: Option<[u8; 16]>,
}

impl HoldRow {
    /// The row of a hold that was placed as `entry`.
    pub fn placed(document: &ActDocument, entry: u64) -> Option<Self> {
        let targets = document.fields.get("targets")?.as_array()?;
        let mut targets: Vec<_> = targets.iter().map(HoldTarget::of).collect::<Option<_>>()?;
        targets.sort_unstable();
        targets.dedup();
        let inquiry = match document.text("inquiry") {
            None => None,
            Some(id) => Some(id.parse::<RecordId>().ok()?.0),
        };
        Some(Self { placed: entry, lifted: None, targets, inquiry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::case_file::{FileForm, Split};

    #[test]
    fn a_part_goes_on_with_the_dates_of_the_whole_and_without_them_it_is_never_due() {
        let (oldest, newest) = (date(700_000).unwrap(), date(700_100).unwrap());
        let opened = |dates| {
            let split = Split { part_of: RecordId([3; 16]), reason: "x".into(), events: BTreeMap::new(), dates };
            let opening = Opening {
                agency: "A".into(),
                index: "01-05".into(),
                year: 2026,
                volume: 2,
                title: "Хат алмасу".into(),
                form: FileForm::Electronic,
                item: None,
                attributes: BTreeMap::new(),
                split: Some(split),
            };
            FileRow::opened(&ActDocument::new(opening.fields()), 7).unwrap()
        };
        let mut part = opened(Some((oldest, newest)));
        assert_eq!((part.dates(), part.documents), (Some((oldest, newest)), 0));
        part.enter(Some(700_050));
        assert_eq!(part.dates(), Some((oldest, newest)));
        let unknown = opened(None);
        assert_eq!((unknown.dates(), unknown.has_undated), (None, true));
    }
}
