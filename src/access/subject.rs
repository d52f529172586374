//! What is held about a person, and who read it: the answer to somebody who asks for their own data.
//!
//! Cards and the signers of every record are looked at, the accounts and the registers of persons. Each record that is
//! found is opened like any other, so that a report is in the journal where a reading is.
//!
//! It takes as long as the archive is large, because numbers of signers are in no index. It does not look into the
//! content of documents, nor into act documents: who approved or confirmed something stands in that act.

use super::{Opened, Reader, Reading, open, reading};
use crate::archive::{Archive, Holder};
use crate::error::{Error, ErrorCode};
use crate::index::writer::read_id;
use crate::model::fold::words;
use crate::model::id::RecordId;
use crate::model::iin::Iin;
use crate::model::record::CardField;
use crate::tlog::leaf::ActKind;
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeSet;

/// Fields of a card that may name a person.
const FIELDS: &[CardField] = &[CardField::AddresseeSurname, CardField::ExecutorSurname, CardField::Title];

/// Who is asked about: a number, words of a name, or both.
#[derive(Debug, Clone)]
pub struct Person {
    iin: Option<Iin>,
    /// Folded words, all of which must be there; none: no name was given.
    words: Vec<String>,
}

impl Person {
    /// The person with this number or this name.
    ///
    /// # Errors
    ///
    /// When neither says who it is.
    pub fn new(iin: Option<Iin>, name: &str) -> Result<Self, Error> {
        let words = words(name);
        if iin.is_none() && words.is_empty() {
            return Err(Error::new(ErrorCode::AccInvalid, "subject", "a number or a name is wanted"));
        }
        Ok(Self { iin, words })
    }

    fn is_named_by(&self, text: &str) -> bool {
        let held: BTreeSet<String> = words(text).into_iter().collect();
        !self.words.is_empty() && self.words.iter().all(|word| held.contains(word))
    }
}

/// A record about the person.
#[derive(Debug, Clone)]
pub struct Held {
    /// The record.
    pub record: RecordId,
    /// The entry of its acceptance.
    pub entry: u64,
    /// Where they are named: words of card fields, and `signature`.
    pub places: BTreeSet<&'static str>,
    /// Who read it, oldest first, up to this report.
    pub readings: Vec<ReadBy>,
}

/// A reading of a record.
#[derive(Debug, Clone)]
pub struct ReadBy {
    /// Its entry.
    pub entry: u64,
    /// When.
    pub t: u64,
    /// The account, as far as known.
    pub account: Option<String>,
    /// What for and by which rule.
    pub said: Reading,
}

/// An office of the person, by a register that is in force.
#[derive(Debug, Clone)]
pub struct Office {
    /// Id and version of the register.
    pub register: (String, String),
    /// The office.
    pub kind: &'static str,
    /// Its term.
    pub term: (NaiveDate, Option<NaiveDate>),
}

/// What is held about a person.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Names of their accounts, closed ones among them.
    pub accounts: Vec<String>,
    /// Their offices.
    pub offices: Vec<Office>,
    /// The records, oldest first.
    pub records: Vec<Held>,
    /// Records that could not be looked at.
    pub unreadable: u64,
}

/// Looks for everything about a person. `progress` is told records done and in all.
pub fn report(
    archive: &Archive,
    person: &Person,
    reader: Reader<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, Error> {
    archive.wait_index()?;
    let mut found = Report::default();
    if let Some(iin) = &person.iin {
        let accounts = archive.accounts()?;
        let is_theirs = |holder: &Holder| matches!(holder, Holder::Person(held) if held == iin);
        found.accounts = accounts.all().filter(|a| is_theirs(&a.holder)).map(|a| a.name.clone()).collect();
        for register in archive.authorities()?.adopted() {
            found.offices.extend(register.persons_of(iin.digits()).map(|row| Office {
                register: (register.id.clone(), register.version.clone()),
                kind: row.kind.as_str(),
                term: (row.from, row.to),
            }));
        }
    }
    let records = archive.index_meta().records;
    for number in 0..records {
        progress(u64::from(number), u64::from(records));
        // The numbers of what was destroyed stay empty.
        let Some(row) = archive.index().record(number)? else { continue };
        let record = row.id();
        let mut places: BTreeSet<&'static str> = FIELDS
            .iter()
            .filter(|field| row.card_field_ever(**field).any(|text| person.is_named_by(text)))
            .map(|field| field.as_str())
            .collect();
        match signs(archive, record, person) {
            Ok(true) => drop(places.insert("signature")),
            Ok(false) => {}
            // One damaged record must not hide the others; how many there are is said.
            Err(_) => found.unreadable += 1,
        }
        if places.is_empty() {
            continue;
        }
        match open(archive, record, reader) {
            Ok(opened) => {
                let readings = read_by(archive, &opened)?;
                found.records.push(Held { record, entry: opened.row.entry, places, readings });
            }
            Err(e) if e.code == ErrorCode::AccPurpose => return Err(e),
            Err(_) => found.unreadable += 1,
        }
    }
    Ok(found)
}

/// Whether the person signed anything in a record, as the reports made at receipt say.
fn signs(archive: &Archive, record: RecordId, person: &Person) -> Result<bool, Error> {
    let reader = archive.index();
    let unknown = || archive.no_record(record);
    let id = read_id(reader.kv, reader.keys, record)?.ok_or_else(unknown)?;
    let key = archive.record_key(id.key, record)?;
    let row = reader.record_by_id(record)?.ok_or_else(unknown)?;
    let Some(validation) = Opened::unread(archive, row, id, key).validation()? else { return Ok(false) };
    let signatures = validation.get("signatures").and_then(Value::as_array).into_iter().flatten();
    let reports = signatures.filter_map(|one| one.pointer("/report/signatures")?.as_array()).flatten();
    let is_of = |report: &Value| {
        let text = |key: &str| report.pointer(&format!("/signer/{key}")).and_then(Value::as_str);
        let is_numbered = person.iin.as_ref().is_some_and(|iin| text("iin") == Some(iin.digits()));
        is_numbered || text("subject").is_some_and(|subject| person.is_named_by(subject))
    };
    Ok(reports.into_iter().any(is_of))
}

fn read_by(archive: &Archive, opened: &Opened<'_>) -> Result<Vec<ReadBy>, Error> {
    let (_, entries) = opened.history()?;
    let entries = entries.into_iter().filter(|entry| entry.leaf.act == ActKind::RecordRead);
    let read = |entry: super::HistoryEntry| {
        let said = reading(archive, entry.index, &entry.leaf)?;
        Ok(ReadBy { entry: entry.index, t: entry.leaf.t, account: entry.account, said })
    };
    entries.map(read).collect()
}
