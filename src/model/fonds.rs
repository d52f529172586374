//! Fonds (қор, фонд) and inventories of files (тізімдеме, опись): what their acts say of them.
//!
//! A fonds is what one body left, and goes on when another body takes over from it. An inventory lists files of a
//! fonds, of one kind; each file has its number in it. Numbers of fonds are unique in the archive, those of inventories
//! in their fonds.
//!
//! Titles of inventories, and of the files in them, are searched for as long as there is an archive, so both have keys
//! that no disposal of a file erases (`docs/decisions/0009-fonds-and-inventories.md`).

use super::id::RecordId;
use super::strict::words;
use chrono::NaiveDate;
use serde_json::{Map, Value};

words! {
    /// Which files an inventory lists.
    InventoryKind {
        /// Files that are kept for ever.
        Permanent = "permanent",
        /// Files about the staff.
        Personnel = "personnel",
        /// Files that are kept for more than 10 years, not for ever.
        LongTerm = "long_term",
    }
}

/// A fonds as it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FondsOpening {
    /// Its number.
    pub number: u32,
    /// Its name: that of the body.
    pub name: String,
    /// Code of the agency.
    pub agency: String,
}

/// Another body takes over a fonds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// From when.
    pub date: NaiveDate,
    /// Its name.
    pub name: String,
    /// Its code, when it has another one.
    pub agency: Option<String>,
}

/// An inventory as it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryOpening {
    /// Number of its fonds.
    pub fonds: u32,
    /// Its number in the fonds.
    pub number: u32,
    /// Which files it lists.
    pub kind: InventoryKind,
    /// Its title.
    pub title: String,
    /// First year of the period that it is for.
    pub from: Option<u16>,
    /// Last year of it.
    pub to: Option<u16>,
}

/// A file as its inventory lists it: all that is left to be found when the file's own key is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its number in the inventory.
    pub number: u32,
    /// The file.
    pub file: RecordId,
    /// Its index in the nomenclature.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume.
    pub volume: u16,
    /// Its title; none where it may name a person: the index stands for it.
    pub title: Option<String>,
    /// When the oldest record in it was made.
    pub oldest: Option<NaiveDate>,
    /// When the newest was.
    pub newest: Option<NaiveDate>,
    /// When it was closed.
    pub closed: NaiveDate,
    /// How many records are in it.
    pub documents: u32,
}

/// What an expert commission approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The inventory is approved for the years up to this one.
    pub until: u16,
    /// Number of the commission's minutes.
    pub minutes_number: String,
    /// Their date.
    pub minutes_date: NaiveDate,
}

fn text(fields: &Map<String, Value>, key: &str) -> Option<String> {
    Some(fields.get(key)?.as_str()?.to_owned())
}

fn number<T: TryFrom<u64>>(fields: &Map<String, Value>, key: &str) -> Option<T> {
    fields.get(key)?.as_u64()?.try_into().ok()
}

fn day(fields: &Map<String, Value>, key: &str) -> Option<NaiveDate> {
    fields.get(key)?.as_str()?.parse().ok()
}

/// What may be left out: none when it is, an error when it is there and wrong.
fn optional<T>(
    fields: &Map<String, Value>,
    key: &str,
    read: impl FnOnce(&Map<String, Value>, &str) -> Option<T>,
) -> Option<Option<T>> {
    if fields.contains_key(key) { read(fields, key).map(Some) } else { Some(None) }
}

fn fields<const N: usize>(pairs: [(&str, Option<Value>); N]) -> Map<String, Value> {
    pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

impl FondsOpening {
    /// The fields of the act document.
    pub fn fields(&self) -> Map<String, Value> {
        let (number, name, agency) = (self.number.into(), self.name.clone().into(), self.agency.clone().into());
        fields([("number", Some(number)), ("name", Some(name)), ("agency", Some(agency))])
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        Some(Self { number: number(fields, "number")?, name: text(fields, "name")?, agency: text(fields, "agency")? })
    }
}

impl Succession {
    /// The fields of the act document.
    pub fn fields(&self) -> Map<String, Value> {
        fields([
            ("date", Some(self.date.to_string().into())),
            ("name", Some(self.name.clone().into())),
            ("agency", self.agency.clone().map(Into::into)),
        ])
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            date: day(fields, "date")?,
            name: text(fields, "name")?,
            agency: optional(fields, "agency", text)?,
        })
    }
}

impl InventoryOpening {
    /// The fields of the act document.
    pub fn fields(&self) -> Map<String, Value> {
        fields([
            ("fonds", Some(self.fonds.into())),
            ("number", Some(self.number.into())),
            ("inventory", Some(self.kind.as_str().into())),
            ("title", Some(self.title.clone().into())),
            ("from", self.from.map(Into::into)),
            ("to", self.to.map(Into::into)),
        ])
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            fonds: number(fields, "fonds")?,
            number: number(fields, "number")?,
            kind: InventoryKind::parse(&text(fields, "inventory")?)?,
            title: text(fields, "title")?,
            from: optional(fields, "from", number)?,
            to: optional(fields, "to", number)?,
        })
    }
}

impl Unit {
    /// As the act document and the command line have it.
    pub fn value(&self) -> Value {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string().into());
        Value::Object(fields([
            ("unit", Some(self.number.into())),
            ("file", Some(self.file.to_string().into())),
            ("index", Some(self.index.clone().into())),
            ("year", Some(self.year.into())),
            ("volume", Some(self.volume.into())),
            ("title", self.title.clone().map(Into::into)),
            ("oldest", day(self.oldest)),
            ("newest", day(self.newest)),
            ("closed", day(Some(self.closed))),
            ("documents", Some(self.documents.into())),
        ]))
    }

    fn of(value: &Value) -> Option<Self> {
        let fields = value.as_object()?;
        Some(Self {
            number: number(fields, "unit")?,
            file: text(fields, "file")?.parse().ok()?,
            index: text(fields, "index")?,
            year: number(fields, "year")?,
            volume: number(fields, "volume")?,
            title: optional(fields, "title", text)?,
            oldest: optional(fields, "oldest", day)?,
            newest: optional(fields, "newest", day)?,
            closed: day(fields, "closed")?,
            documents: number(fields, "documents")?,
        })
    }

    /// The fields of the act document by which files are entered.
    pub fn fields(units: &[Self]) -> Map<String, Value> {
        fields([("units", Some(units.iter().map(Self::value).collect()))])
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Vec<Self>> {
        fields.get("units")?.as_array()?.iter().map(Self::of).collect()
    }
}

impl Approval {
    /// The fields of the act document.
    pub fn fields(&self) -> Map<String, Value> {
        fields([
            ("until", Some(self.until.into())),
            ("minutes_number", Some(self.minutes_number.clone().into())),
            ("minutes_date", Some(self.minutes_date.to_string().into())),
        ])
    }

    /// Reads what [`Self::fields`] gives.
    pub fn of_fields(fields: &Map<String, Value>) -> Option<Self> {
        Some(Self {
            until: number(fields, "until")?,
            minutes_number: text(fields, "minutes_number")?,
            minutes_date: day(fields, "minutes_date")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_read_back() {
        let day = NaiveDate::from_ymd_opt(2026, 2, 1).unwrap();
        let fonds = FondsOpening { number: 123, name: "Үлгі әкімдігі".into(), agency: "A".into() };
        assert_eq!(FondsOpening::of_fields(&fonds.fields()), Some(fonds));
        for agency in [None, Some("B".to_owned())] {
            let succession = Succession { date: day, name: "Үлгі басқармасы".into(), agency };
            assert_eq!(Succession::of_fields(&succession.fields()), Some(succession));
        }
        for kind in InventoryKind::ALL {
            let (number, title) = (4, "Тұрақты сақталатын істер".to_owned());
            let opening = InventoryOpening { fonds: 123, number, kind: *kind, title, from: Some(2020), to: Some(2025) };
            assert_eq!(InventoryOpening::of_fields(&opening.fields()), Some(opening.clone()));
            let bare = InventoryOpening { from: None, to: None, ..opening };
            assert_eq!(InventoryOpening::of_fields(&bare.fields()), Some(bare));
        }
        let approval = Approval { until: 2025, minutes_number: "3".into(), minutes_date: day };
        assert_eq!(Approval::of_fields(&approval.fields()), Some(approval));
        let unit = Unit {
            number: 56,
            file: RecordId([7; 16]),
            index: "01-05".into(),
            year: 2025,
            volume: 1,
            title: Some("Хат алмасу".into()),
            oldest: Some(day),
            newest: Some(day),
            closed: day,
            documents: 3,
        };
        let bare = Unit { title: None, oldest: None, newest: None, ..unit.clone() };
        let units = vec![unit, bare];
        assert_eq!(Unit::of_fields(&Unit::fields(&units)), Some(units.clone()));
        let mut wrong = Unit::fields(&units);
        wrong["units"][1]["closed"] = "2026-02-30".into();
        assert_eq!(Unit::of_fields(&wrong), None);
    }
}
