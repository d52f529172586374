//! The plan of a destruction: a frozen list of files with the reason of every date.
//!
//! A [`Plan`] is canonical JSON (`schema/plan/1`), and its SHA-256 is what people sign: no byte of it changes after it
//! was drawn up. It names records by their ids and files as the law wants them named in the act of selection; the title
//! of a file that names a person is replaced by its index ([`Item::title`]).
//!
//! It reads no archive and no clock.

use crate::config::Disposal;
use crate::filing::files::File;
use crate::model::canonical;
use crate::model::case_file::TITLE_NAMES_PERSON;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::RecordId;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The value of a plan's `schema` field.
pub const PLAN_SCHEMA: &str = "muragat/plan/1";
/// Files of one plan. Own bound: a person can review so many, and they are one commit.
pub const FILES_MAX: usize = 5_000;
/// Records of one plan. Own bound: each is an entry of one commit.
pub const RECORDS_MAX: usize = 100_000;

/// A file of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number in the plan, from 1.
    pub number: u32,
    /// The file.
    pub file: RecordId,
    /// Index in the nomenclature.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume.
    pub volume: u16,
    /// Its title; its index, when the title names a person.
    pub title: String,
    /// First and last date of its documents.
    pub dates: (NaiveDate, NaiveDate),
    /// Its records, ascending.
    pub records: Vec<RecordId>,
    /// The decision by which it is due, as `retention` gives it.
    pub decision: Value,
}

/// A file that would be due and is held: it stays, and the plan names what keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The file.
    pub file: RecordId,
    /// The hold.
    pub hold: RecordId,
    /// The record that the hold is on; none: the file.
    pub record: Option<RecordId>,
}

/// The minutes of the expert commission, which come with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes {
    /// Their number.
    pub number: String,
    /// Their date.
    pub date: NaiveDate,
    /// SHA-256 of the file, which is sealed with the plan.
    pub sha256: Sha256,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: RecordId,
    /// Name of the archive's log.
    pub origin: String,
    /// Whether the archive is one for tests.
    pub is_test: bool,
    /// Code of the agency.
    pub agency: String,
    /// Number of the act of selection.
    pub number: String,
    /// The day that the files were judged on.
    pub as_of: NaiveDate,
    /// Entries of the journal at that time.
    pub log_size: u64,
    /// What was asked for when it was drawn up.
    pub asked: Disposal,
    /// The minutes.
    pub minutes: Option<Minutes>,
    /// Its files, by year, index and volume.
    pub items: Vec<Item>,
    /// Files that are held.
    pub kept: Vec<Kept>,
}

/// Bytes that are no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a plan of {PLAN_SCHEMA}")]
pub struct NoPlan;

impl Item {
    /// The number, index, year and volume of a file in one line.
    pub fn name(&self) -> String {
        format!("{}. {} ({}, {})", self.number, self.index, self.year, self.volume)
    }

    fn value(&self) -> Value {
        json!({
            "number": self.number, "file_id": self.file.to_string(), "index": self.index, "year": self.year,
            "volume": self.volume, "title": self.title, "oldest": self.dates.0.to_string(),
            "newest": self.dates.1.to_string(), "documents": self.records.len(),
            "records": self.records.iter().map(RecordId::to_string).collect::<Vec<_>>(), "decision": self.decision,
        })
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str();
        let number = |key: &str| value.get(key)?.as_u64();
        let records = value.get("records")?.as_array()?;
        Some(Self {
            number: number("number")?.try_into().ok()?,
            file: text("file_id")?.parse().ok()?,
            index: text("index")?.to_owned(),
            year: number("year")?.try_into().ok()?,
            volume: number("volume")?.try_into().ok()?,
            title: text("title")?.to_owned(),
            dates: (text("oldest")?.parse().ok()?, text("newest")?.parse().ok()?),
            records: records.iter().map(|id| id.as_str()?.parse().ok()).collect::<Option<_>>()?,
            decision: value.get("decision")?.clone(),
        })
    }
}

impl Kept {
    fn value(&self) -> Value {
        let mut value = json!({"file_id": self.file.to_string(), "hold_id": self.hold.to_string()});
        if let Some(record) = self.record {
            value["record_id"] = record.to_string().into();
        }
        value
    }

    fn of(value: &Value) -> Option<Self> {
        let id = |key: &str| value.get(key)?.as_str()?.parse().ok();
        Some(Self { file: id("file_id")?, hold: id("hold_id")?, record: id("record_id") })
    }
}

impl Plan {
    /// How many records it has.
    pub fn records(&self) -> usize {
        self.items.iter().map(|item| item.records.len()).sum()
    }

    /// Files and records by the year of the file.
    pub fn totals(&self) -> BTreeMap<u16, (usize, usize)> {
        let mut totals: BTreeMap<u16, (usize, usize)> = BTreeMap::new();
        for item in &self.items {
            let total = totals.entry(item.year).or_default();
            total.0 += 1;
            total.1 += item.records.len();
        }
        totals
    }

    /// The bytes that are signed.
    pub fn encode(&self) -> Vec<u8> {
        let mut map = Map::new();
        map.insert("schema".into(), PLAN_SCHEMA.into());
        map.insert("plan_id".into(), self.id.to_string().into());
        map.insert("origin".into(), self.origin.clone().into());
        map.insert("test".into(), self.is_test.into());
        map.insert("agency".into(), self.agency.clone().into());
        map.insert("number".into(), self.number.clone().into());
        map.insert("as_of".into(), self.as_of.to_string().into());
        map.insert("log_size".into(), self.log_size.into());
        let Disposal { reviews, approvals, cooling_days, minutes, inventories } = self.asked;
        let asked = json!({
            "approvals": approvals, "cooling_days": cooling_days, "inventories": inventories, "minutes": minutes,
            "reviews": reviews,
        });
        map.insert("asked".into(), asked);
        if let Some(minutes) = &self.minutes {
            let (number, date, sha256) = (&minutes.number, minutes.date.to_string(), minutes.sha256.to_string());
            map.insert("minutes".into(), json!({"date": date, "number": number, "sha256": sha256}));
        }
        map.insert("items".into(), self.items.iter().map(Item::value).collect());
        map.insert("kept".into(), self.kept.iter().map(Kept::value).collect());
        let totals = self
            .totals()
            .into_iter()
            .map(|(year, (files, documents))| json!({"documents": documents, "files": files, "year": year}));
        map.insert("totals".into(), totals.collect());
        canonical::to_vec(&Value::Object(map)).expect("a plan holds texts, small numbers and sealed decisions")
    }

    /// Reads what [`Self::encode`] gives, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, NoPlan> {
        let value: Value = serde_json::from_slice(bytes).map_err(|_| NoPlan)?;
        let plan = Self::of(&value).ok_or(NoPlan)?;
        if plan.encode() == bytes { Ok(plan) } else { Err(NoPlan) }
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str();
        let asked = value.get("asked")?;
        let count = |key: &str| asked.get(key)?.as_u64()?.try_into().ok();
        let minutes = match value.get("minutes") {
            None => None,
            Some(minutes) => {
                let text = |key: &str| minutes.get(key)?.as_str();
                let (date, sha256) = (text("date")?.parse().ok()?, text("sha256")?.parse().ok()?);
                Some(Minutes { number: text("number")?.to_owned(), date, sha256 })
            }
        };
        Some(Self {
            id: text("plan_id")?.parse().ok()?,
            origin: text("origin")?.to_owned(),
            is_test: value.get("test")?.as_bool()?,
            agency: text("agency")?.to_owned(),
            number: text("number")?.to_owned(),
            as_of: text("as_of")?.parse().ok()?,
            log_size: value.get("log_size")?.as_u64()?,
            asked: Disposal {
                reviews: count("reviews")?,
                approvals: count("approvals")?,
                cooling_days: count("cooling_days")?,
                minutes: asked.get("minutes")?.as_bool()?,
                inventories: asked.get("inventories")?.as_bool()?,
            },
            minutes,
            items: value.get("items")?.as_array()?.iter().map(Item::of).collect::<Option<_>>()?,
            kept: value.get("kept")?.as_array()?.iter().map(Kept::of).collect::<Option<_>>()?,
        })
    }

    /// The digest of the bytes: what people sign.
    pub fn sha256(&self) -> Sha256 {
        sha256(&self.encode())
    }
}

/// The title of a file as acts give it.
pub fn title(file: &File) -> String {
    match file.row.state().attributes.get(TITLE_NAMES_PERSON).map(String::as_str) {
        Some("yes") => file.row.index.clone(),
        _ => file.row.title.clone(),
    }
}
