//! What is left of a record that another archive keeps: number and date, by which it is still found, and where it is.
//!
//! The rows come from the document of the release alone, which names number and date of records to which access was not
//! restricted; of others there is no row, and only their id is known. A query finds such a record when everything that
//! it asks for can be told from this: words, number, agency, date of the document, id. Tokens only find candidates, as
//! with records that are here.
//!
//! The rows go with the index and come back with it: the document stays.

use super::IndexError;
use super::kv::after;
use super::query::{Condition, Field, Query, Reader, begins};
use super::rows::{self, date, key, prefix, space};
use super::seal::{IndexKeys, Token};
use crate::model::fold;
use crate::model::id::RecordId;
use crate::model::record::{ActDocument, CardField};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeSet;

/// A record that another archive keeps.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ReleasedRow {
    /// The transfer by which it went.
    pub transfer: [u8; 16],
    /// The entry of the release.
    pub entry: u64,
    /// Number of the act of both archives.
    pub act: String,
    /// Its id in the other archive.
    pub reference: [u8; 16],
    /// Its registration number.
    pub number: Option<String>,
    /// The date of the document, ISO 8601.
    pub date: Option<String>,
    /// Code of the agency.
    pub agency: String,
    /// The file that it was in.
    pub file: [u8; 16],
    /// Index of that.
    pub index: String,
    /// The year of the nomenclature.
    pub year: u16,
    /// Number of the volume.
    pub volume: u16,
    /// Title of the file; the index where a title names a person.
    pub title: String,
    /// Records of that file that went with the same act.
    pub documents: u32,
}

impl ReleasedRow {
    /// The records of a release of which number or date is kept; none when the document is not as it must be.
    pub fn all(document: &ActDocument, transfer: RecordId, entry: u64) -> Option<Vec<(RecordId, Self)>> {
        let act = document.text("number")?;
        let mut rows = Vec::new();
        for file in document.fields.get("released")?.as_array()? {
            let text = |key: &str| file.get(key)?.as_str().map(str::to_owned);
            let number = |key: &str| file.get(key)?.as_u64();
            for record in file.get("records")?.as_array()? {
                let said = |key: &str| record.get(key).and_then(Value::as_str).map(str::to_owned);
                let id = |key: &str| record.get(key)?.as_str()?.parse::<RecordId>().ok();
                if said("number").or_else(|| said("date")).is_none() {
                    continue;
                }
                let row = Self {
                    transfer: transfer.0,
                    entry,
                    act: act.to_owned(),
                    reference: id("reference")?.0,
                    number: said("number"),
                    date: said("date"),
                    agency: text("agency")?,
                    file: text("file_id")?.parse::<RecordId>().ok()?.0,
                    index: text("index")?,
                    year: number("year")?.try_into().ok()?,
                    volume: number("volume")?.try_into().ok()?,
                    title: text("title")?,
                    documents: number("documents")?.try_into().ok()?,
                };
                rows.push((id("record_id")?, row));
            }
        }
        Some(rows)
    }

    /// The date of the document.
    pub fn day(&self) -> Option<NaiveDate> {
        self.date.as_deref()?.parse().ok()
    }

    fn words(&self) -> BTreeSet<String> {
        let own = [Some(&self.agency), self.number.as_ref()];
        own.into_iter().flatten().flat_map(|value| fold::words(value)).collect()
    }

    /// The keys by which it is found.
    pub(super) fn places(&self, keys: &IndexKeys, record: RecordId) -> Vec<Vec<u8>> {
        let mut tokens = BTreeSet::new();
        for word in self.words() {
            tokens.insert(keys.token(space::WORD, &word));
            tokens.extend(prefix(&word, 3).map(|prefix| keys.token(space::PREFIX_3, prefix)));
            tokens.extend(prefix(&word, 5).map(|prefix| keys.token(space::PREFIX_5, prefix)));
        }
        let words = tokens.iter().map(|token| key(rows::RELEASED_WORD, &[token, &record.0]));
        let day = self.day().map(|day| key(rows::RELEASED_DAY, &[&rows::days(day).to_be_bytes(), &record.0]));
        words.chain(day).collect()
    }

    fn fulfils(&self, record: RecordId, condition: &Condition) -> bool {
        let holds = |text: &str, words: &[String]| {
            let found = fold::words(text);
            words.iter().all(|word| begins(&found, word))
        };
        match condition {
            Condition::Word(word) => begins(&self.words().into_iter().collect::<Vec<_>>(), word),
            Condition::In(Field::Card(_), words) => self.number.as_deref().is_some_and(|number| holds(number, words)),
            Condition::In(_, words) => holds(&self.agency, words),
            Condition::Between(_, from, to) => self.day().is_some_and(|day| (*from..=*to).contains(&day)),
            Condition::Id(id) => *id == record,
            Condition::Is(..) | Condition::Receipt(..) | Condition::File(_) => false,
        }
    }
}

impl Query {
    /// Whether everything that it asks for can be told of a record that another archive keeps.
    pub fn reaches_released(&self) -> bool {
        let is_known = |condition: &Condition| match condition {
            Condition::Word(_) | Condition::Id(_) => true,
            Condition::In(field, _) => matches!(field, Field::Card(CardField::RegistrationNumber) | Field::Agency),
            Condition::Between(which, ..) => *which == date::DOCUMENT,
            Condition::Is(..) | Condition::Receipt(..) | Condition::File(_) => false,
        };
        !self.conditions.is_empty() && self.conditions.iter().all(is_known)
    }
}

impl Reader<'_> {
    /// A record that another archive keeps; none when neither its number nor its date was kept.
    pub fn released(&self, record: RecordId) -> Result<Option<ReleasedRow>, IndexError> {
        let key = rows::released_key(record);
        self.kv.get(&key)?.map(|value| self.keys.open(&key, &value)).transpose()
    }

    /// Gives the records that another archive keeps and that fulfil a query, in the order of their ids, until `give`
    /// answers false.
    pub fn find_released(
        &self,
        query: &Query,
        give: &mut dyn FnMut(RecordId, ReleasedRow) -> bool,
    ) -> Result<(), IndexError> {
        if !query.reaches_released() {
            return Ok(());
        }
        let mut candidates: Option<BTreeSet<RecordId>> = None;
        for condition in &query.conditions {
            let found = self.released_candidates(condition)?;
            candidates = Some(match candidates {
                None => found,
                Some(so_far) => so_far.intersection(&found).copied().collect(),
            });
        }
        for record in candidates.unwrap_or_default() {
            let Some(row) = self.released(record)? else { continue };
            if query.conditions.iter().all(|condition| row.fulfils(record, condition)) && !give(record, row) {
                break;
            }
        }
        Ok(())
    }

    fn released_candidates(&self, condition: &Condition) -> Result<BTreeSet<RecordId>, IndexError> {
        let all_of = |words: &[String]| {
            let mut found: Option<BTreeSet<RecordId>> = None;
            for word in words {
                let these = self.released_word(word)?;
                found = Some(match found {
                    None => these,
                    Some(so_far) => so_far.intersection(&these).copied().collect(),
                });
            }
            Ok::<_, IndexError>(found.unwrap_or_default())
        };
        match condition {
            Condition::Word(word) => self.released_word(word),
            Condition::In(_, words) => all_of(words),
            Condition::Between(_, from, to) => {
                let first = key(rows::RELEASED_DAY, &[&rows::days(*from).to_be_bytes()]);
                let last = after(&key(rows::RELEASED_DAY, &[&rows::days(*to).to_be_bytes()]));
                self.released_under(&first, &last)
            }
            Condition::Id(id) => Ok([*id].into()),
            Condition::Is(..) | Condition::Receipt(..) | Condition::File(_) => Ok(BTreeSet::new()),
        }
    }

    fn released_word(&self, word: &str) -> Result<BTreeSet<RecordId>, IndexError> {
        let under = |token: Token| {
            let first = key(rows::RELEASED_WORD, &[&token]);
            self.released_under(&first, &after(&first))
        };
        let mut found = under(self.keys.token(space::WORD, word))?;
        // As with records that are here: longer words are under the longest indexed prefix.
        let longer = match word.chars().count() {
            0..3 => None,
            3..5 => Some((space::PREFIX_3, prefix(word, 3).unwrap_or(word))),
            _ => Some((space::PREFIX_5, prefix(word, 5).unwrap_or(word))),
        };
        if let Some((space, prefix)) = longer {
            found.extend(under(self.keys.token(space, prefix))?);
        }
        Ok(found)
    }

    fn released_under(&self, first: &[u8], last: &[u8]) -> Result<BTreeSet<RecordId>, IndexError> {
        let mut found = BTreeSet::new();
        self.kv.range(first, last, false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            found.extend(key.last_chunk::<16>().map(|id| RecordId(*id)));
            Ok(true)
        })?;
        Ok(found)
    }
}
