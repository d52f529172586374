//! The file (іс, дело): what its acts say of it, as their act documents hold it.
//!
//! A file is the unit of retention: it has an index in the nomenclature of an agency, a year and a volume, and records
//! are put into it. It is opened, closed, sometimes opened again; events that terms begin with are recorded for it; and
//! what it is kept by may change. Each of these is an act with a document under the file's own key, because titles and
//! reasons may name people.
//!
//! Dates are civil dates in Almaty.

use super::id::RecordId;
use super::strict::words;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

words! {
    /// In which form the documents of a file are kept (N 430 cl. 33, 50).
    FileForm {
        /// Electronic documents.
        Electronic = "electronic",
        /// Paper.
        Paper = "paper",
        /// Both.
        Mixed = "mixed",
    }
}

/// The attribute of a file by which it is said that its title names a person: `yes`.
pub const TITLE_NAMES_PERSON: &str = "title_names_person";

/// An item of a list of retention periods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListItem {
    /// Id of the list.
    pub list: String,
    /// The item in it.
    pub item: String,
}

impl ListItem {
    /// As acts and decisions write it.
    pub(crate) fn value(&self) -> Value {
        json!({"item": self.item, "list": self.list})
    }

    fn of(value: &Value) -> Option<Self> {
        Some(Self { list: text(value, "list")?, item: text(value, "item")? })
    }
}

impl std::fmt::Display for ListItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.list, self.item)
    }
}

impl std::str::FromStr for ListItem {
    type Err = &'static str;

    /// `LIST/ITEM`; items may have slashes of their own (`2/2`), ids of lists have none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((list, item)) if !list.is_empty() && !item.is_empty() => {
                Ok(Self { list: list.to_owned(), item: item.to_owned() })
            }
            _ => Err("an item is written LIST/ITEM"),
        }
    }
}

/// What a file is when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Code of the agency.
    pub agency: String,
    /// Index in the nomenclature.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume, from 1.
    pub volume: u16,
    /// Title.
    pub title: String,
    /// In which form its documents are kept.
    pub form: FileForm,
    /// What it is kept by; none: not known, so it is never due.
    pub item: Option<ListItem>,
    /// Attributes that variants of rules ask for.
    pub attributes: BTreeMap<String, String>,
    /// What it was split from, when it was.
    pub split: Option<Split>,
}

/// A volume that was split from another one goes on from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The volume that records are taken out of.
    pub part_of: RecordId,
    /// Why.
    pub reason: String,
    /// The events that were recorded of it, with their days.
    pub events: BTreeMap<String, NaiveDate>,
    /// When the oldest and the newest record that was ever in it were made; none when that is not known of all.
    pub dates: Option<(NaiveDate, NaiveDate)>,
}

/// What an act changes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is closed on a day.
    Closed(NaiveDate),
    /// It is open again.
    Reopened,
    /// Another item, or other attributes.
    Reclassified {
        /// The item, when it changes.
        item: Option<ListItem>,
        /// Attributes that are set.
        attributes: BTreeMap<String, String>,
    },
    /// An event on its day; the last one recorded counts.
    Event {
        /// Its name.
        event: String,
        /// The day.
        day: NaiveDate,
    },
}

fn text(value: &Value, key: &str) -> Option<String> {
    Some(value.get(key)?.as_str()?.to_owned())
}

fn day(value: &Value, key: &str) -> Option<NaiveDate> {
    text(value, key)?.parse().ok()
}

fn number(fields: &Map<String, Value>, key: &str) -> Option<u16> {
    fields.get(key)?.as_u64()?.try_into().ok()
}

fn attributes_of(fields: &Map<String, Value>) -> Option<BTreeMap<String, String>> {
    let Some(value) = fields.get("attributes") else { return Some(BTreeMap::new()) };
    value.as_object()?.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

impl Opening {
    /// The fields of the act document.
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("agency".into(), self.agency.clone().into());
        fields.insert("index".into(), self.index.clone().into());
        fields.insert("year".into(), self.year.into());
        fields.insert("volume".into(), self.volume.into());
        fields.insert("title".into(), self.title.clone().into());
        fields.insert("form".into(), self.form.as_str().into());
        put_classification(&mut fields, self.item.as_ref(), &self.attributes);
        if let Some(split) = &self.split {
            fields.insert("part_of".into(), split.part_of.to_string().into());
            fields.insert("reason".into(), split.reason.clone().into());
            if let Some((oldest, newest)) = split.dates {
                fields.insert("oldest".into(), oldest.to_string().into());
                fields.insert("newest".into(), newest.to_string().into());
            }
            if !split.events.is_empty() {
                let events = split.events.iter().map(|(name, day)| (name.clone(), day.to_string().into()));
                fields.insert("events".into(), Value::Object(events.collect()));
            }
        }
        fields
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| Some(fields.get(key)?.as_str()?.to_owned());
        Some(Self {
            agency: text("agency")?,
            index: text("index")?,
            year: number(fields, "year")?,
            volume: number(fields, "volume")?,
            title: text("title")?,
            form: FileForm::parse(&text("form")?)?,
            item: item_of(fields)?,
            attributes: attributes_of(fields)?,
            split: if fields.contains_key("part_of") { Some(Split::of_fields(fields)?) } else { None },
        })
    }
}

impl Split {
    fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| fields.get(key)?.as_str();
        let event = |(name, day): (&String, &Value)| Some((name.clone(), day.as_str()?.parse().ok()?));
        let events = match fields.get("events") {
            None => BTreeMap::new(),
            Some(events) => events.as_object()?.iter().map(event).collect::<Option<_>>()?,
        };
        let dates = match (text("oldest"), text("newest")) {
            (None, None) => None,
            (oldest, newest) => Some((oldest?.parse().ok()?, newest?.parse().ok()?)),
        };
        Some(Self { part_of: text("part_of")?.parse().ok()?, reason: text("reason")?.to_owned(), events, dates })
    }
}

fn put_classification(fields: &mut Map<String, Value>, item: Option<&ListItem>, attributes: &BTreeMap<String, String>) {
    if let Some(item) = item {
        fields.insert("item".into(), item.value());
    }
    if !attributes.is_empty() {
        fields.insert("attributes".into(), json!(attributes));
    }
}

fn item_of(fields: &Map<String, Value>) -> Option<Option<ListItem>> {
    match fields.get("item") {
        None => Some(None),
        Some(value) => ListItem::of(value).map(Some),
    }
}

impl Change {
    /// The fields of the act document, with the reason that was given.
    pub fn fields(&self, reason: Option<&str>) -> Map<String, Value> {
        let mut fields = Map::new();
        match self {
            Change::Closed(day) => drop(fields.insert("date".into(), day.to_string().into())),
            Change::Reopened => {}
            Change::Reclassified { item, attributes } => put_classification(&mut fields, item.as_ref(), attributes),
            Change::Event { event, day } => {
                fields.insert("event".into(), event.clone().into());
                fields.insert("date".into(), day.to_string().into());
            }
        }
        if let Some(reason) = reason {
            fields.insert("reason".into(), reason.into());
        }
        fields
    }

    /// Reads the closing of a file.
    pub fn closed(fields: &Map<String, Value>) -> Option<Self> {
        day(&Value::Object(fields.clone()), "date").map(Change::Closed)
    }

    /// Reads a reclassification.
    pub fn reclassified(fields: &Map<String, Value>) -> Option<Self> {
        Some(Change::Reclassified { item: item_of(fields)?, attributes: attributes_of(fields)? })
    }

    /// Reads an event.
    pub fn event(fields: &Map<String, Value>) -> Option<Self> {
        let fields = Value::Object(fields.clone());
        Some(Change::Event { event: text(&fields, "event")?, day: day(&fields, "date")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_read_back() {
        let item: ListItem = "kz-sample/2/2".parse().unwrap();
        assert_eq!(
            (item.list.as_str(), item.item.as_str(), item.to_string().as_str()),
            ("kz-sample", "2/2", "kz-sample/2/2")
        );
        assert!(["", "x", "/x", "x/"].iter().all(|text| text.parse::<ListItem>().is_err()));
        let attributes = BTreeMap::from([("role".to_owned(), "head".to_owned())]);
        let opening = Opening {
            agency: "A".into(),
            index: "01-05".into(),
            year: 2026,
            volume: 2,
            title: "Хат алмасу".into(),
            form: FileForm::Electronic,
            item: Some(item.clone()),
            attributes: attributes.clone(),
            split: None,
        };
        assert_eq!(Opening::of_fields(&opening.fields()), Some(opening.clone()));
        let day = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap();
        for (events, dates) in
            [(BTreeMap::new(), None), (BTreeMap::from([("replaced".to_owned(), day)]), Some((day, day)))]
        {
            let split =
                Some(Split { part_of: RecordId([3; 16]), reason: "Көлемі үлкен".into(), events, dates });
            let split = Opening { split, ..opening.clone() };
            assert_eq!(Opening::of_fields(&split.fields()), Some(split));
        }
        let bare = Opening { item: None, attributes: BTreeMap::new(), ..opening };
        assert_eq!(Opening::of_fields(&bare.fields()), Some(bare));
        let closed = Change::Closed(day);
        assert_eq!(Change::closed(&closed.fields(Some("x"))), Some(closed));
        let again = Change::Reclassified { item: Some(item), attributes };
        assert_eq!(Change::reclassified(&again.fields(None)), Some(again));
        let event = Change::Event { event: "replaced".into(), day };
        assert_eq!(Change::event(&event.fields(None)), Some(event.clone()));
        assert_eq!(Change::event(&Change::Reopened.fields(None)), None);
    }
}
