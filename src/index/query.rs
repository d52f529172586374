//! Questions to the index.
//!
//! A query is words and `field:value` pairs, all of which must hold. Words are folded as at indexing, so letter case,
//! Kazakh look-alikes and homoglyphs do not matter; a word of three letters or more also finds longer words that begin
//! with it. Tokens only find candidates: every answer is checked against the record's own row, newest records first.

use super::IndexError;
use super::filing::{FileRow, FileView, HoldRow, PlanRow, TombRow};
use super::fonds::{FondsRow, InventoryRow, UnitRow};
use super::inspection::CheckRow;
use super::kv::{Kv, after};
use super::rows::{
    self, ActRow, ActorRow, Adopted, IdRow, MaterialRow, RecordRow, WaitingRow, date, is_text, key, prefix, space,
};
use super::seal::{IndexKeys, Token, WideToken};
use crate::clock::civil_date;
use crate::model::digest::Sha256;
use crate::model::fold;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::CardField;
use crate::tlog::heads::OwnerHeads;
use crate::tlog::leaf::Chain;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// A word in any text field.
    Word(String),
    /// All of these words in one field.
    In(Field, Vec<String>),
    /// This value of a field that is compared whole.
    Is(&'static str, String),
    /// A date within bounds.
    Between(u8, NaiveDate, NaiveDate),
    /// The date of the original receipt of an imported record, within bounds.
    Receipt(NaiveDate, NaiveDate),
    /// This record.
    Id(RecordId),
    /// A component with this digest.
    File(Sha256),
}

/// A field with words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Card(CardField),
    Agency,
    File,
    /// The number of the original receipt of an imported record.
    Receipt,
}

/// A checked query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pub(super) conditions: Vec<Condition>,
}

/// Names of fields as a query writes them, beside the card's own names.
const ALIASES: &[(&str, CardField)] = &[
    ("reg", CardField::RegistrationNumber),
    ("index", CardField::NomenclatureIndex),
    ("type", CardField::DocumentType),
    ("addressee", CardField::AddresseeBody),
    ("executor", CardField::ExecutorSurname),
    ("phone", CardField::ExecutorPhone),
    ("control", CardField::ControlMark),
    ("filed", CardField::FilingMark),
    ("link", CardField::LinkNumber),
    ("paper", CardField::PaperMark),
];

impl Query {
    /// Reads a query: words and `field:value`, a value with spaces in double quotes.
    pub fn parse(text: &str) -> Result<Self, IndexError> {
        let mut conditions = Vec::new();
        for term in terms(text)? {
            match term.split_once(':') {
                Some((name, value)) if is_name(name) => conditions.push(condition(name, value)?),
                _ => conditions.extend(fold::words(&term).into_iter().map(Condition::Word)),
            }
        }
        if conditions.is_empty() {
            return Err(IndexError::Query("nothing to search for".into()));
        }
        Ok(Self { conditions })
    }

    /// Its words, folded, when it asks for words alone: what is left of a destroyed file has nothing else.
    pub fn words_only(&self) -> Option<Vec<&str>> {
        let words = self.conditions.iter().map(|condition| match condition {
            Condition::Word(word) => Some(word.as_str()),
            _ => None,
        });
        words.collect()
    }

    /// The ids that it asks for.
    pub fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.conditions.iter().filter_map(|condition| match condition {
            Condition::Id(id) => Some(*id),
            _ => None,
        })
    }

    /// Adds: a component with this digest.
    pub fn with_file(mut self, sha256: Sha256) -> Self {
        self.conditions.push(Condition::File(sha256));
        self
    }
}

/// The canonical text of a query: folded, each condition with its field, and read back as the same query.
impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let day = |day: &NaiveDate| {
            let is_open = [NaiveDate::MIN, NaiveDate::MAX].contains(day);
            if is_open { String::new() } else { day.to_string() }
        };
        let texts = self.conditions.iter().map(|condition| match condition {
            Condition::Word(word) => word.clone(),
            Condition::In(field, words) => {
                let name = match field {
                    Field::Card(field) => field.as_str(),
                    Field::Agency => "agency",
                    Field::File => "file",
                    Field::Receipt => "receipt",
                };
                format!("{name}:\"{}\"", words.join(" "))
            }
            Condition::Is(field, value) => format!("{field}:\"{value}\""),
            Condition::Between(which, from, to) => {
                let name = if *which == date::ACCEPTED { "received" } else { "date" };
                format!("{name}:{}..{}", day(from), day(to))
            }
            Condition::Receipt(from, to) => format!("receipt_date:{from}..{to}"),
            Condition::Id(id) => format!("id:{id}"),
            Condition::File(sha256) => format!("sha256:{sha256}"),
        });
        f.write_str(&texts.collect::<Vec<_>>().join(" "))
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn terms(text: &str) -> Result<Vec<String>, IndexError> {
    let (mut terms, mut term, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => terms.push(std::mem::take(&mut term)),
            c => term.push(c),
        }
    }
    if quoted {
        return Err(IndexError::Query("a quotation mark is not closed".into()));
    }
    terms.push(term);
    terms.retain(|t| !t.is_empty());
    Ok(terms)
}

fn condition(name: &str, value: &str) -> Result<Condition, IndexError> {
    let wrong = |what: &str| IndexError::Query(format!("{name}:{value}: {what}"));
    let card = CardField::parse(name).or_else(|| ALIASES.iter().find(|(n, _)| *n == name).map(|(_, f)| *f));
    let words = || {
        let words = fold::words(value);
        if words.is_empty() { Err(wrong("no word in the value")) } else { Ok(words) }
    };
    match (name, card) {
        ("id", _) => Ok(Condition::Id(value.parse().map_err(|_| wrong("not a record id"))?)),
        ("sha256", _) => Ok(Condition::File(value.parse().map_err(|_| wrong("not a SHA-256 digest"))?)),
        ("date" | "document_date", _) => between(date::DOCUMENT, value).ok_or_else(|| wrong("not a date or range")),
        ("received" | "accepted", _) => between(date::ACCEPTED, value).ok_or_else(|| wrong("not a date or range")),
        ("agency", _) => Ok(Condition::In(Field::Agency, words()?)),
        ("file", _) => Ok(Condition::In(Field::File, words()?)),
        ("kind", _) => Ok(Condition::Is("kind", value.to_owned())),
        ("direction", _) => Ok(Condition::Is("direction", value.to_owned())),
        ("access", _) => Ok(Condition::Is("access", value.to_owned())),
        ("profile", _) => Ok(Condition::Is("profile", value.to_owned())),
        ("flag", _) => Ok(Condition::Is("flag", value.to_ascii_lowercase())),
        ("signatures", _) => Ok(Condition::Is("signatures", value.to_owned())),
        ("import", _) => Ok(Condition::Is("import", value.to_ascii_lowercase())),
        ("receipt", _) => Ok(Condition::In(Field::Receipt, words()?)),
        ("receipt_date", _) => match between(date::DOCUMENT, value) {
            Some(Condition::Between(_, from, to)) if (to - from).num_days() < RECEIPT_DAYS_MAX => {
                Ok(Condition::Receipt(from, to))
            }
            Some(_) => Err(wrong("name both ends of the range, at most 100 years apart")),
            None => Err(wrong("not a date or range")),
        },
        (_, Some(field)) if is_text(field) => Ok(Condition::In(Field::Card(field), words()?)),
        (_, Some(field)) => Ok(Condition::Is(field.as_str(), fold::exact(value))),
        (_, None) => {
            let known: Vec<&str> = CardField::ALL.iter().map(|f| f.as_str()).collect();
            let more = "id sha256 date received agency file kind direction access profile flag \
                        signatures import receipt receipt_date";
            let aliases: Vec<&str> = ALIASES.iter().map(|(n, _)| *n).collect();
            Err(wrong(&format!("no such field; known: {more} {} {}", aliases.join(" "), known.join(" "))))
        }
    }
}

/// Days that one question about dates of original receipts may span. Each is looked up by itself: the index has them as
/// values, not in order.
const RECEIPT_DAYS_MAX: i64 = 36_525;

/// `2026-01-05`, `2026-01`, `2026`, or a range of these `FROM..TO` with either end open.
pub(super) fn days(value: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (from, to) = value.split_once("..").unwrap_or((value, value));
    let first = if from.is_empty() { NaiveDate::MIN } else { bounds(from)?.0 };
    let last = if to.is_empty() { NaiveDate::MAX } else { bounds(to)?.1 };
    (from.len() + to.len() > 0 && first <= last).then_some((first, last))
}

fn between(which: u8, value: &str) -> Option<Condition> {
    days(value).map(|(first, last)| Condition::Between(which, first, last))
}

fn bounds(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let parts: Vec<u32> = text.split('-').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let day = |y: u32, m, d| NaiveDate::from_ymd_opt(i32::try_from(y).ok()?, m, d);
    match parts.as_slice() {
        [y] if text.len() == 4 => Some((day(*y, 1, 1)?, day(*y, 12, 31)?)),
        [y, m] => {
            let next = if *m == 12 { day(y.checked_add(1)?, 1, 1) } else { day(*y, m + 1, 1) };
            Some((day(*y, *m, 1)?, next?.pred_opt()?))
        }
        [y, m, d] => Some((day(*y, *m, *d)?, day(*y, *m, *d)?)),
        _ => None,
    }
}

/// The index, for questions.
pub struct Reader<'a> {
    /// The engine.
    pub kv: &'a dyn Kv,
    /// Its keys.
    pub keys: &'a IndexKeys,
}

impl Reader<'_> {
    /// The record numbered `number`.
    pub fn record(&self, number: u32) -> Result<Option<RecordRow>, IndexError> {
        let key = rows::record_key(number);
        self.kv.get(&key)?.map(|value| self.keys.open(&key, &value)).transpose()
    }

    /// The record with this id.
    pub fn record_by_id(&self, id: RecordId) -> Result<Option<RecordRow>, IndexError> {
        match super::writer::read_id(self.kv, self.keys, id)?.and_then(|row| row.number) {
            Some(number) => self.record(number),
            None => Ok(None),
        }
    }

    /// The file that a record is in, by the row of its id; none when there is no record with this id.
    pub fn file_of(&self, record: RecordId) -> Result<Option<Option<RecordId>>, IndexError> {
        let row = super::writer::read_id(self.kv, self.keys, record)?;
        Ok(row.filter(|row| row.number.is_some()).map(|row| row.filed.map(RecordId)))
    }

    /// The actor of an account.
    pub fn actor(&self, account: &str) -> Result<Option<ActorId>, IndexError> {
        let key = key(b'U', &[&self.keys.wide(space::ACCOUNT, &[account.as_bytes()])]);
        self.kv.get(&key)?.map(|v| self.keys.read::<[u8; 8]>(&key, &v).map(ActorId)).transpose()
    }

    /// The account of an actor.
    pub fn account(&self, actor: ActorId) -> Result<Option<ActorRow>, IndexError> {
        let key = rows::actor_key(actor);
        self.kv.get(&key)?.map(|v| self.keys.open(&key, &v)).transpose()
    }

    /// The vault's subtree of an agency.
    pub fn subtree(&self, agency: &str) -> Result<Option<u32>, IndexError> {
        let key = key(b'Y', &[&self.keys.wide(space::AGENCY, &[agency.as_bytes()])]);
        self.kv.get(&key)?.map(|v| self.keys.read(&key, &v)).transpose()
    }

    /// How many agencies there are.
    pub fn agencies(&self) -> Result<u32, IndexError> {
        let mut count = 0;
        self.kv.range(&key(b'Y', &[]), &after(b"Y"), false, &mut |_, _| {
            count += 1;
            Ok(true)
        })?;
        Ok(count)
    }

    /// The newest entries of every owner, in ascending order of their ids.
    pub fn heads(&self) -> Result<Vec<(RecordId, OwnerHeads)>, IndexError> {
        let mut heads = Vec::new();
        let from = key(b'I', &[]);
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            let row: IdRow = self.keys.read(key, value)?;
            let (custody, reading) = (row.head(Chain::Custody), row.head(Chain::Reading));
            heads.extend(key.last_chunk().map(|id| (RecordId(*id), OwnerHeads { custody, reading })));
            Ok(true)
        })?;
        Ok(heads)
    }

    /// When the actor's last reading entry about a record was written, under this inquiry or under none.
    pub fn last_reading(
        &self,
        actor: ActorId,
        record: RecordId,
        inquiry: Option<RecordId>,
    ) -> Result<Option<u64>, IndexError> {
        let key = rows::reading_key(actor, record, inquiry);
        self.kv.get(&key)?.map(|v| self.keys.read(&key, &v)).transpose()
    }

    /// The act document of an entry.
    pub fn act(&self, entry: u64) -> Result<Option<ActRow>, IndexError> {
        let key = key(b'A', &[&entry.to_be_bytes()]);
        self.kv.get(&key)?.map(|v| self.keys.read(&key, &v)).transpose()
    }

    /// Entries by which something was adopted, oldest first.
    pub fn adopted(&self, what: Adopted) -> Result<Vec<u64>, IndexError> {
        let mut entries = Vec::new();
        let from = key(b'T', &[&[what as u8]]);
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            entries.extend(key.last_chunk::<8>().map(|n| u64::from_be_bytes(*n)));
            Ok(true)
        })?;
        Ok(entries)
    }

    /// A file (іс).
    pub fn file(&self, file: RecordId) -> Result<Option<FileRow>, IndexError> {
        let key = rows::file_key(file);
        self.kv.get(&key)?.map(|value| self.keys.open(&key, &value)).transpose()
    }

    /// Every file, in the order of their ids.
    pub fn files(&self) -> Result<Vec<(RecordId, FileRow)>, IndexError> {
        self.sealed_by_id(b'F')
    }

    /// Gives every file, in the order of their ids, with texts that are gone after it: nothing is copied.
    pub fn each_file(&self, each: &mut dyn FnMut(RecordId, FileView<'_>)) -> Result<(), IndexError> {
        let mut buffer = Vec::new();
        self.kv.range(&key(b'F', &[]), &after(b"F"), false, &mut |key, value| {
            let row = self.keys.open_in(key, value, &mut buffer)?;
            if let Some(id) = key.last_chunk::<16>() {
                each(RecordId(*id), row);
            }
            Ok(true)
        })
    }

    /// Numbers of the volumes under an index in a year, ascending.
    pub fn volumes(&self, agency: &str, index: &str, year: u16) -> Result<Vec<u16>, IndexError> {
        let from = key(b'v', &[&rows::volumes_token(self.keys, agency, index, year)]);
        let mut volumes = Vec::new();
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            let volume = key.get(from.len()..).and_then(|rest| rest.first_chunk::<2>());
            volumes.extend(volume.map(|volume| u16::from_be_bytes(*volume)));
            Ok(true)
        })?;
        Ok(volumes)
    }

    /// Numbers of the records in a file, ascending.
    pub fn filed(&self, file: RecordId) -> Result<Vec<u32>, IndexError> {
        Ok(self.filed_ids(file)?.into_iter().map(|(number, _)| number).collect())
    }

    /// The same with their ids, without opening their rows.
    pub fn filed_ids(&self, file: RecordId) -> Result<Vec<(u32, RecordId)>, IndexError> {
        let from = key(b'J', &[&file.0]);
        let mut records = Vec::new();
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            let record = RecordId(self.keys.read(key, value)?);
            records.extend(key.last_chunk::<4>().map(|number| (u32::from_be_bytes(*number), record)));
            Ok(true)
        })?;
        Ok(records)
    }

    /// Every fonds, in the order of their numbers.
    pub fn fonds(&self) -> Result<Vec<(RecordId, FondsRow)>, IndexError> {
        let mut rows: Vec<(RecordId, FondsRow)> = self.sealed_by_id(b'f')?;
        rows.sort_by_key(|(_, row)| row.number);
        Ok(rows)
    }

    /// Every inventory, by the numbers of its fonds and its own.
    pub fn inventories(&self) -> Result<Vec<(RecordId, InventoryRow)>, IndexError> {
        let mut rows: Vec<(RecordId, InventoryRow)> = self.sealed_by_id(b'i')?;
        rows.sort_by_key(|(_, row)| (row.fonds, row.number));
        Ok(rows)
    }

    fn sealed_by_id<T: bincode::Decode<()>>(&self, kind: u8) -> Result<Vec<(RecordId, T)>, IndexError> {
        let mut rows = Vec::new();
        self.kv.range(&key(kind, &[]), &after(&[kind]), false, &mut |key, value| {
            let row = self.keys.open(key, value)?;
            rows.extend(key.last_chunk::<16>().map(|id| (RecordId(*id), row)));
            Ok(true)
        })?;
        Ok(rows)
    }

    /// The files of an inventory with their numbers, ascending.
    pub fn units(&self, inventory: RecordId) -> Result<Vec<(u32, UnitRow)>, IndexError> {
        let from = key(b'u', &[&inventory.0]);
        let mut units = Vec::new();
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            let row = self.keys.open(key, value)?;
            units.extend(key.last_chunk::<4>().map(|number| (u32::from_be_bytes(*number), row)));
            Ok(true)
        })?;
        Ok(units)
    }

    /// The file with this number in an inventory.
    pub fn unit(&self, inventory: RecordId, number: u32) -> Result<Option<UnitRow>, IndexError> {
        let key = rows::unit_key(inventory, number);
        self.kv.get(&key)?.map(|value| self.keys.open(&key, &value)).transpose()
    }

    /// Numbers of the records that have papers, ascending.
    pub fn with_papers(&self) -> Result<Vec<u32>, IndexError> {
        let mut numbers = Vec::new();
        self.kv.range(&key(b'p', &[]), &after(b"p"), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            numbers.extend(key.last_chunk::<4>().map(|number| u32::from_be_bytes(*number)));
            Ok(true)
        })?;
        Ok(numbers)
    }

    /// A hold.
    pub fn hold(&self, hold: RecordId) -> Result<Option<HoldRow>, IndexError> {
        let key = rows::hold_key(hold);
        self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()
    }

    /// Every hold, also those that were lifted.
    pub fn holds(&self) -> Result<Vec<(RecordId, HoldRow)>, IndexError> {
        let mut holds = Vec::new();
        self.kv.range(&key(b'H', &[]), &after(b"H"), false, &mut |key, value| {
            let row = self.keys.read(key, value)?;
            holds.extend(key.last_chunk::<16>().map(|id| (RecordId(*id), row)));
            Ok(true)
        })?;
        Ok(holds)
    }

    /// A plan of destruction.
    pub fn plan(&self, plan: RecordId) -> Result<Option<PlanRow>, IndexError> {
        let key = rows::plan_key(plan);
        self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()
    }

    /// All plans.
    pub fn plans(&self) -> Result<Vec<(RecordId, PlanRow)>, IndexError> {
        let mut plans = Vec::new();
        self.kv.range(&key(b'N', &[]), &after(b"N"), false, &mut |key, value| {
            let id = key.last_chunk::<16>().map(|id| RecordId(*id));
            plans.extend(id.zip(Some(self.keys.read(key, value)?)));
            Ok(true)
        })?;
        Ok(plans)
    }

    /// By which plan and entry a record or file was destroyed.
    pub fn destroyed(&self, id: RecordId) -> Result<Option<(RecordId, u64)>, IndexError> {
        let key = rows::destroyed_key(id);
        let row: Option<([u8; 16], u64)> = self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()?;
        Ok(row.map(|(plan, entry)| (RecordId(plan), entry)))
    }

    /// What is left of a file that was destroyed.
    pub fn tomb(&self, file: RecordId) -> Result<Option<TombRow>, IndexError> {
        let key = rows::tomb_key(file);
        self.kv.get(&key)?.map(|value| self.keys.open(&key, &value)).transpose()
    }

    /// What is left of all files that were destroyed.
    pub fn tombs(&self) -> Result<Vec<(RecordId, TombRow)>, IndexError> {
        let mut tombs = Vec::new();
        self.kv.range(&key(b'S', &[]), &after(b"S"), false, &mut |key, value| {
            let id = key.last_chunk::<16>().map(|id| RecordId(*id));
            tombs.extend(id.zip(Some(self.keys.open(key, value)?)));
            Ok(true)
        })?;
        Ok(tombs)
    }

    /// What is held by what: records and files with the holds that keep them.
    pub fn held(&self) -> Result<Vec<(RecordId, RecordId)>, IndexError> {
        let mut held = Vec::new();
        self.kv.range(&key(b'B', &[]), &after(b"B"), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            let (target, hold) = (key.get(1..17), key.last_chunk::<16>());
            held.extend(target.and_then(|t| t.try_into().ok()).zip(hold).map(|(t, h)| (RecordId(t), RecordId(*h))));
            Ok(true)
        })?;
        Ok(held)
    }

    /// The holds that keep a record or a file by itself.
    pub fn holds_on(&self, target: RecordId) -> Result<Vec<RecordId>, IndexError> {
        let from = key(b'B', &[&target.0]);
        let mut holds = Vec::new();
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            holds.extend(key.last_chunk::<16>().map(|id| RecordId(*id)));
            Ok(true)
        })?;
        Ok(holds)
    }

    /// A presence-and-condition check.
    pub fn check(&self, check: RecordId) -> Result<Option<CheckRow>, IndexError> {
        let key = rows::check_key(check);
        self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()
    }

    /// Every presence-and-condition check.
    pub fn checks(&self) -> Result<Vec<(RecordId, CheckRow)>, IndexError> {
        let mut checks = Vec::new();
        self.kv.range(&key(b'c', &[]), &after(b"c"), false, &mut |key, value| {
            let row = self.keys.read(key, value)?;
            checks.extend(key.last_chunk::<16>().map(|id| (RecordId(*id), row)));
            Ok(true)
        })?;
        Ok(checks)
    }

    /// The entry by which a record is in search.
    pub fn missing_since(&self, record: RecordId) -> Result<Option<u64>, IndexError> {
        let key = rows::missing_key(record);
        self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()
    }

    /// Every record that is in search, with the entry of its mark.
    pub fn missing(&self) -> Result<Vec<(RecordId, u64)>, IndexError> {
        let mut missing = Vec::new();
        self.kv.range(&key(b'm', &[]), &after(b"m"), false, &mut |key, value| {
            let entry = self.keys.read(key, value)?;
            missing.extend(key.last_chunk::<16>().map(|id| (RecordId(*id), entry)));
            Ok(true)
        })?;
        Ok(missing)
    }

    /// Shared material for the validation of signatures: digests of the files, and what they are.
    pub fn material(&self) -> Result<Vec<(Sha256, MaterialRow)>, IndexError> {
        let mut rows = Vec::new();
        self.kv.range(&key(b'X', &[]), &after(b"X"), false, &mut |key, value| {
            let row = self.keys.read(key, value)?;
            rows.extend(key.last_chunk::<32>().map(|sha256| (Sha256(*sha256), row)));
            Ok(true)
        })?;
        Ok(rows)
    }

    /// Whether this file is shared material already.
    pub fn has_material(&self, sha256: Sha256) -> Result<bool, IndexError> {
        Ok(self.kv.get(&key(b'X', &[&sha256.0]))?.is_some())
    }

    /// Submissions that wait, with the entries by which they began to, oldest first.
    pub fn waiting(&self) -> Result<Vec<(RecordId, u64)>, IndexError> {
        let mut rows = Vec::new();
        self.kv.range(&key(b'Q', &[]), &after(b"Q"), false, &mut |key, value| {
            let row: WaitingRow = self.keys.read(key, value)?;
            rows.extend(key.last_chunk::<16>().map(|id| (RecordId(*id), row.entry)));
            Ok(true)
        })?;
        rows.sort_by_key(|(_, entry)| *entry);
        Ok(rows)
    }

    /// Waiting submissions of one registration (agency, number, date).
    pub fn waiting_for(&self, agency: &str, number: &str, date: &str) -> Result<Vec<RecordId>, IndexError> {
        let token = rows::registration_token(self.keys, agency, number, date);
        let from = key(b'V', &[&token]);
        let mut ids = Vec::new();
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            ids.extend(key.last_chunk::<16>().map(|id| RecordId(*id)));
            Ok(true)
        })?;
        Ok(ids)
    }

    /// The entry by which a submission began to wait, while it does.
    pub fn waiting_entry(&self, id: RecordId) -> Result<Option<u64>, IndexError> {
        let key = key(b'Q', &[&id.0]);
        let row = self.kv.get(&key)?.map(|v| self.keys.read::<WaitingRow>(&key, &v)).transpose()?;
        Ok(row.map(|row| row.entry))
    }

    /// The refusal that has the notice about what was sent and why it was refused.
    pub fn refused_before(&self, sent: Sha256) -> Result<Option<u64>, IndexError> {
        let key = key(b'E', &[&self.keys.wide(space::REFUSED, &[&sent.0])]);
        self.kv.get(&key)?.map(|v| self.keys.read(&key, &v)).transpose()
    }

    /// Entries of acceptances and refusals whose answer no officer has signed, oldest first.
    pub fn unsigned_answers(&self) -> Result<Vec<u64>, IndexError> {
        let mut entries = Vec::new();
        self.kv.range(&key(b'O', &[]), &after(b"O"), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            entries.extend(key.last_chunk::<8>().map(|n| u64::from_be_bytes(*n)));
            Ok(true)
        })?;
        Ok(entries)
    }

    /// Records of one registration (agency, number, date).
    pub fn registered(&self, agency: &str, number: &str, date: &str) -> Result<Vec<u32>, IndexError> {
        self.wide(b'G', rows::registration_token(self.keys, agency, number, date))
    }

    fn wide(&self, kind: u8, token: WideToken) -> Result<Vec<u32>, IndexError> {
        self.wide_at_most(kind, token, usize::MAX)
    }

    pub(super) fn wide_at_most(&self, kind: u8, token: WideToken, most: usize) -> Result<Vec<u32>, IndexError> {
        let from = key(kind, &[&token]);
        let mut found = Vec::new();
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            found.extend(key.last_chunk::<4>().map(|n| u32::from_be_bytes(*n)));
            Ok(found.len() < most)
        })?;
        Ok(found)
    }

    /// Gives all records with numbers below `before`, newest first, until `give` answers false.
    pub fn newest(&self, before: Option<u32>, give: &mut dyn FnMut(u32, RecordRow) -> bool) -> Result<(), IndexError> {
        let end = before.map_or_else(|| after(b"R"), rows::record_key);
        self.kv.range(&key(b'R', &[]), &end, true, &mut |key, value| {
            let number = key.last_chunk::<4>().map(|number| u32::from_be_bytes(*number));
            let row = self.keys.open(key, value)?;
            Ok(number.is_none_or(|number| give(number, row)))
        })
    }

    /// Gives the records that fulfil `query`, newest first, until `give` answers false.
    pub fn search(
        &self,
        query: &Query,
        before: Option<u32>,
        give: &mut dyn FnMut(u32, RecordRow) -> bool,
    ) -> Result<(), IndexError> {
        let mut candidates: Option<Vec<u32>> = None;
        for condition in &query.conditions {
            let found = self.candidates(condition)?;
            candidates = Some(match candidates {
                None => found,
                Some(so_far) => intersect(&so_far, &found),
            });
        }
        let before = before.unwrap_or(u32::MAX);
        for number in candidates.unwrap_or_default().into_iter().rev().filter(|n| *n < before) {
            let Some(row) = self.record(number)? else { continue };
            if query.conditions.iter().all(|c| fulfils(&row, c)) && !give(number, row) {
                break;
            }
        }
        Ok(())
    }

    /// Ascending numbers of records that may fulfil a condition; every one that does is among them.
    fn candidates(&self, condition: &Condition) -> Result<Vec<u32>, IndexError> {
        match condition {
            Condition::Word(word) => self.word(word),
            Condition::In(_, words) => {
                let mut found: Option<Vec<u32>> = None;
                for word in words {
                    let these = self.word(word)?;
                    found = Some(found.map_or(these.clone(), |f| intersect(&f, &these)));
                }
                Ok(found.unwrap_or_default())
            }
            Condition::Is(field, value) => self.postings(self.keys.token(space::FIELD, &format!("{field}={value}"))),
            Condition::Between(which, from, to) => self.dates(*which, *from, *to),
            Condition::Receipt(from, to) => {
                let mut found = BTreeSet::new();
                for day in from.iter_days().take_while(|day| day <= to) {
                    found.extend(self.postings(self.keys.token(space::FIELD, &format!("receipt_date={day}")))?);
                }
                Ok(found.into_iter().collect())
            }
            Condition::Id(id) => {
                let row = super::writer::read_id(self.kv, self.keys, *id)?;
                Ok(row.and_then(|r| r.number).into_iter().collect())
            }
            Condition::File(sha256) => {
                // The token is per agency, so each agency of the archive is asked.
                let mut found = BTreeSet::new();
                for agency in self.agency_codes()? {
                    found.extend(self.wide(b'K', rows::file_token(self.keys, &agency, sha256))?);
                }
                Ok(found.into_iter().collect())
            }
        }
    }

    /// Codes of all agencies.
    pub fn agency_codes(&self) -> Result<BTreeSet<String>, IndexError> {
        let mut codes = BTreeSet::new();
        self.kv.range(&key(b'C', &[]), &after(b"C"), false, &mut |key, value| {
            codes.insert(self.keys.open::<String>(key, value)?);
            Ok(true)
        })?;
        Ok(codes)
    }

    fn word(&self, word: &str) -> Result<Vec<u32>, IndexError> {
        let mut found: BTreeSet<u32> = self.postings(self.keys.token(space::WORD, word))?.into_iter().collect();
        let letters = word.chars().count();
        // Words that are longer than this one and begin with it are under the longest indexed prefix of it.
        let longer = match letters {
            0..3 => None,
            3..5 => Some((space::PREFIX_3, prefix(word, 3).unwrap_or(word))),
            _ => Some((space::PREFIX_5, prefix(word, 5).unwrap_or(word))),
        };
        if let Some((space, prefix)) = longer {
            found.extend(self.postings(self.keys.token(space, prefix))?);
        }
        Ok(found.into_iter().collect())
    }

    fn postings(&self, token: Token) -> Result<Vec<u32>, IndexError> {
        let from = key(b'W', &[&token]);
        let mut found = Vec::new();
        self.kv.range(&from, &after(&from), false, &mut |key, value| {
            let mut last = 0u32;
            for difference in self.keys.read::<Vec<u32>>(key, value)? {
                last = last.saturating_add(difference);
                found.push(last);
            }
            Ok(true)
        })?;
        // A record that grew stands in a list that begins later than others end.
        if !found.is_sorted() {
            found.sort_unstable();
        }
        Ok(found)
    }

    fn dates(&self, which: u8, from: NaiveDate, to: NaiveDate) -> Result<Vec<u32>, IndexError> {
        let first = key(b'D', &[&[which], &rows::days(from).to_be_bytes()]);
        let last = after(&key(b'D', &[&[which], &rows::days(to).to_be_bytes()]));
        let mut found = BTreeSet::new();
        self.kv.range(&first, &last, false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            found.extend(key.last_chunk::<4>().map(|n| u32::from_be_bytes(*n)));
            Ok(true)
        })?;
        Ok(found.into_iter().collect())
    }
}

fn intersect(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().copied().filter(|n| long.binary_search(n).is_ok()).collect()
}

pub(super) fn begins(words: &[String], wanted: &str) -> bool {
    let long_enough = wanted.chars().nth(2).is_some();
    words.iter().any(|w| w == wanted || (long_enough && w.starts_with(wanted)))
}

/// Whether a record fulfils a condition, from its own row.
fn fulfils(row: &RecordRow, condition: &Condition) -> bool {
    match condition {
        Condition::Word(word) => begins(&row.words().into_iter().collect::<Vec<_>>(), word),
        Condition::In(field, words) => {
            let holds = |text: &str| {
                let found = fold::words(text);
                words.iter().all(|w| begins(&found, w))
            };
            match field {
                Field::Card(field) => row.card_field_ever(*field).any(holds),
                Field::Agency => holds(&row.agency),
                Field::File => row.file.as_deref().is_some_and(holds),
                Field::Receipt => row.receipt_number().is_some_and(holds),
            }
        }
        Condition::Is(field, value) => rows::field_values(row).iter().any(|(f, v)| f == field && v == value),
        Condition::Between(which, from, to) => {
            let within = |day: NaiveDate| (*from..=*to).contains(&day);
            match *which {
                date::ACCEPTED => within(civil_date(row.accepted)),
                _ => row.card_field_ever(CardField::DocumentDate).filter_map(|d| d.parse().ok()).any(within),
            }
        }
        Condition::Receipt(from, to) => {
            let day = row.imported.as_ref().and_then(|imported| imported.receipt_date.as_ref()?.parse().ok());
            day.is_some_and(|day: NaiveDate| (*from..=*to).contains(&day))
        }
        Condition::Id(id) => row.id() == *id,
        Condition::File(sha256) => {
            let holds = |digest: &[u8; 32]| *digest == sha256.0;
            row.components.iter().any(|c| holds(&c.sha256) || c.content.as_ref().is_some_and(|c| holds(&c.sha256)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_or_refused_with_a_reason() {
        assert!(Query::parse("").is_err());
        assert!(Query::parse("\"open").is_err());
        assert!(Query::parse("nofield:x").unwrap_err().to_string().contains("no such field"));
        assert!(Query::parse("date:2026-13").is_err());
        assert!(Query::parse("date:2026-02-30").is_err());
        assert!(Query::parse("date:2027..2026").is_err());
        let q = Query::parse("date:2024-02 reg:\"15-қ\" Бұйрық").unwrap();
        assert_eq!(q.conditions.len(), 3);
        let d = |s: &str| s.parse::<NaiveDate>().unwrap();
        assert_eq!(q.conditions[0], Condition::Between(date::DOCUMENT, d("2024-02-01"), d("2024-02-29")));
        assert_eq!(
            Query::parse("received:2026..").unwrap().conditions[0],
            Condition::Between(date::ACCEPTED, d("2026-01-01"), NaiveDate::MAX)
        );
        let receipt = |value: &str| Query::parse(&format!("receipt_date:{value}")).map(|q| q.conditions[0].clone());
        for (value, from, to) in [
            ("2020", "2020-01-01", "2020-12-31"),
            ("2020-06", "2020-06-01", "2020-06-30"),
            ("2020-06-05", "2020-06-05", "2020-06-05"),
            ("2019-12..2020", "2019-12-01", "2020-12-31"),
        ] {
            assert_eq!(receipt(value).unwrap(), Condition::Receipt(d(from), d(to)), "{value}");
        }
        for (value, why) in [("2020..", "both ends"), ("..2020", "both ends"), ("1800..2020", "100 years")] {
            assert!(receipt(value).unwrap_err().to_string().contains(why), "{value}");
        }
        assert!(receipt("05.06.2020").is_err() && receipt("2020-13").is_err() && receipt("").is_err());
    }

    #[test]
    fn the_canonical_text_of_a_query_is_read_back_as_the_same_query() {
        let sha256 = Sha256([7; 32]);
        for text in [
            "  Бұйрық   ҚАРЖЫ ".to_owned(),
            "reg:\"15-қ / 7\" date:2024-02 received:2026.. agency:TEST-01".to_owned(),
            "title:\"Хат туралы\" file:01-05 receipt:17 receipt_date:2020 sheets_document:3".to_owned(),
            "id:00112233445566778899aabbccddeeff kind:electronic_original flag:SIG-012 date:..2026".to_owned(),
            format!("sha256:{sha256}"),
        ] {
            let query = Query::parse(&text).unwrap();
            let canonical = query.to_string();
            assert_eq!(Query::parse(&canonical).unwrap(), query, "{text} -> {canonical}");
            assert_eq!(Query::parse(&canonical).unwrap().to_string(), canonical);
        }
        assert_eq!(Query::parse("Бұйрық қаржы").unwrap().words_only().map(|words| words.len()), Some(2));
        assert_eq!(Query::parse("бұйрық date:2026").unwrap().words_only(), None);
    }

    #[test]
    fn intersection_keeps_order() {
        assert_eq!(intersect(&[1, 3, 5, 9], &[3, 4, 9]), vec![3, 9]);
        assert_eq!(intersect(&[], &[1]), Vec::<u32>::new());
    }
}
