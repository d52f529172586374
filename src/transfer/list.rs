//! The list of what is handed over (тапсыру тізімдемесі, сдаточная опись): the files of a transfer, each as its
//! inventory has it, with its records.
//!
//! A [`List`] is canonical JSON (`schema/transfer-list/1`) with the same in three languages for people; its bytes are
//! what the commission signs, and what is handed over is judged by it. A title that may name a person is left out where
//! the inventory leaves it out.
//!
//! Invariants
//!   - A list is drawn up once. What changes afterwards (a record that grew, a file that was opened again) makes
//!     another transfer.
//!   - Numbers of lists of an agency in a year are given from 1, and never twice: a cancelled one keeps its number.
//!
//! A crash leaves a list drawn up or not.

use super::case::{self, Case, Stage};
use super::select;
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::filing::{files, inventory};
use crate::model::canonical::{self, said};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::text::{Lang, Text, text};
use crate::tlog::leaf::ActKind;
use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The value of a list's `schema` field.
pub const LIST_SCHEMA: &str = "muragat/transfer-list/1";
/// The list in its act.
pub const LIST_FILE: &str = "transfer-list.json";

/// A record as it was when the list was drawn up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The record.
    pub record: RecordId,
    /// How many additions it had.
    pub parts: u32,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The transfer.
    pub transfer: RecordId,
    /// Its number.
    pub number: String,
    /// The files, in the order of the list, each with its records.
    pub files: Vec<(RecordId, Vec<Listed>)>,
    value: Value,
}

/// Bytes that are no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a list of {LIST_SCHEMA}")]
pub struct NoList;

impl List {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        canonical::to_vec(&self.value).expect("a list holds texts and small numbers")
    }

    /// What is signed.
    pub fn sha256(&self) -> Sha256 {
        sha256(&self.encode())
    }

    /// Records of all files.
    pub fn records(&self) -> usize {
        self.files.iter().map(|(_, records)| records.len()).sum()
    }

    /// Reads what [`Self::encode`] gives: canonical, and saying in each language what its fields say.
    ///
    /// # Errors
    ///
    /// Anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, NoList> {
        let value: Value = serde_json::from_slice(bytes).map_err(|_| NoList)?;
        let list = Self::of(value).ok_or(NoList)?;
        let is_said = |(name, lang): (&str, Lang)| {
            list.value.get("text").and_then(|text| text.get(name)?.as_str()) == Some(&render(&list.value, lang))
        };
        if Lang::ALL.into_iter().all(is_said) && list.encode() == bytes { Ok(list) } else { Err(NoList) }
    }

    fn of(value: Value) -> Option<Self> {
        if value.get("schema")?.as_str()? != LIST_SCHEMA {
            return None;
        }
        let record = |value: &Value| {
            let parts = value.get("parts")?.as_u64()?.try_into().ok()?;
            Some(Listed { record: value.get("record_id")?.as_str()?.parse().ok()?, parts })
        };
        let file = |value: &Value| {
            let records = value.get("records")?.as_array()?.iter().map(record).collect::<Option<_>>()?;
            Some((value.get("file_id")?.as_str()?.parse().ok()?, records))
        };
        Some(Self {
            transfer: value.get("transfer_id")?.as_str()?.parse().ok()?,
            number: value.get("number")?.as_str()?.to_owned(),
            files: value.get("units")?.as_array()?.iter().map(file).collect::<Option<_>>()?,
            value,
        })
    }

    /// What it says, without the texts for people.
    pub fn facts(&self) -> Map<String, Value> {
        let mut facts = self.value.as_object().cloned().unwrap_or_default();
        facts.remove("text");
        facts
    }

    /// Its text in a language, as people read it.
    pub fn text(&self, lang: Lang) -> String {
        render(&self.value, lang)
    }

    /// The list and its texts: files as they are given out.
    pub fn files_out(&self) -> Vec<(String, Vec<u8>)> {
        let texts = Lang::ALL.into_iter().map(|(name, lang)| {
            let text = self.text(lang).into_bytes();
            (format!("transfer-list.{name}.txt"), text)
        });
        std::iter::once((LIST_FILE.to_owned(), self.encode())).chain(texts).collect()
    }
}

/// Draws up the list of a transfer, every file judged again. Gives it and the entry.
pub fn draw_up(archive: &Archive, id: RecordId, actor: ActorId) -> Result<(List, u64), Error> {
    // Of two that draw up a list, the second has the next number.
    let _turn = archive.turn("transfer", "list");
    let case = Case::read(archive, id)?;
    case.check_stage(&[Stage::Selected])?;
    let today = civil_date(archive.now());
    let number = next_number(archive, &case.agency, today)?;
    let list = compose(archive, &case, &number, today)?;
    let mut fields = Map::new();
    fields.insert("number".into(), number.into());
    fields.insert("sha256".into(), list.sha256().to_string().into());
    let files = vec![(LIST_FILE.to_owned(), list.encode())];
    let entry = case.commit(archive, ActKind::TransferListed, (fields, files), actor)?;
    Ok((list, entry))
}

/// The number after those of the agency's lists of this year.
fn next_number(archive: &Archive, agency: &str, today: NaiveDate) -> Result<String, Error> {
    let mut count = 0;
    for case in case::all(archive)?.iter().filter(|case| case.agency == agency) {
        let Some(entry) = case.row.listed else { continue };
        count += u32::from(civil_date(archive.leaf(entry)?.t).year() == today.year());
    }
    Ok(format!("{}-{}", today.year(), count + 1))
}

fn compose(archive: &Archive, case: &Case, number: &str, today: NaiveDate) -> Result<List, Error> {
    let mut units = Vec::with_capacity(case.files.len());
    let mut documents = 0;
    for id in &case.files {
        let file = files::find(archive, *id)?;
        select::check(archive, &file, &case.party, case.reason, today)?;
        let not_listed = || Error::new(ErrorCode::TrfFile, id.to_string(), "it stands in no inventory");
        let at = file.row.listed.ok_or_else(not_listed)?;
        let held = inventory::find(archive, at.fonds, at.number)?;
        let unit = inventory::units(archive, &held)?.into_iter().find(|unit| unit.number == at.unit);
        let mut value = unit.ok_or_else(not_listed)?.value();
        let mut records = Vec::new();
        for number in archive.index().filed(*id)? {
            let row = archive.index().record(number)?.ok_or_else(not_listed)?;
            records.push(json!({"record_id": row.id().to_string(), "parts": row.parts.len()}));
        }
        documents += records.len();
        value["file_id"] = value["file"].take();
        value["fonds"] = at.fonds.into();
        value["inventory"] = at.number.into();
        value["kind"] = held.row.kind().as_str().into();
        value["documents"] = records.len().into();
        value["records"] = records.into();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("file");
            // It can have been found out after the inventory was signed.
            if inventory::may_name_person(&file.row, held.row.kind()) {
                fields.remove("title");
            }
        }
        units.push(value);
    }
    let place = |value: &Value| ["fonds", "inventory", "unit"].map(|key| value[key].as_u64());
    units.sort_by_key(place);
    for (at, unit) in units.iter_mut().enumerate() {
        unit["number"] = (at + 1).into();
    }
    let (party, config) = (&case.party.party, archive.config());
    let title = json!({"kk": party.title.kk, "ru": party.title.ru, "en": party.title.en});
    let mut value = json!({
        "schema": LIST_SCHEMA, "archive": archive.id().to_string(), "origin": config.vkey.name,
        "issuer": config.issuer.name.clone().unwrap_or_default(), "test": archive.is_test(),
        "transfer_id": case.id.to_string(), "number": number, "date": today.to_string(), "agency": case.agency,
        "party": {
            "id": party.id, "kind": party.kind.as_str(), "title": title, "bin": party.bin,
            "archive": party.archive.to_string(), "vkey": party.vkey,
        },
        "reason": case.reason.as_str(), "basis": case.basis, "files": units.len(), "documents": documents,
        "units": units,
    });
    let texts: Map<String, Value> =
        Lang::ALL.iter().map(|(name, lang)| ((*name).to_owned(), render(&value, *lang).into())).collect();
    value["text"] = texts.into();
    let wrong = || Error::new(ErrorCode::TrfFile, case.id.to_string(), "the list is not as it must be");
    List::of(value).ok_or_else(wrong)
}

const TITLE: Text = text("ТАПСЫРУ ТІЗІМДЕМЕСІ №", "СДАТОЧНАЯ ОПИСЬ №", "TRANSFER LIST NO.");
const TEST: Text = text("СЫНАҚ АРХИВІ", "ТЕСТОВЫЙ АРХИВ", "TEST ARCHIVE");
const FROM: Text = text("Тапсыратын мекеме", "Передаёт", "Handed over by");
const TO: Text = text("Қабылдайтын архив", "Принимает", "Taken by");
const REASON: Text = text("Себебі", "Основание", "Reason");
const FONDS: Text = text("қор", "фонд", "fonds");
const INVENTORY: Text = text("тізімдеме", "опись", "inventory");
const UNIT: Text = text("іс №", "ед. хр.", "unit");
const VOLUME: Text = text("том", "том", "volume");
const DOCUMENTS: Text = text("құжат", "документов", "documents");
const FILES: Text = text("іс", "дел", "files");
const TOTAL: Text = text("БАРЛЫҒЫ", "ВСЕГО", "IN ALL");

/// A reason in words.
pub fn reason_text(reason: select::Reason) -> Text {
    match reason {
        select::Reason::Term => text("сақтау мерзімі өтті", "истёк срок хранения в архиве", "its years here are over"),
        select::Reason::Early => text("мерзімінен бұрын тапсыру", "досрочная передача", "early handover"),
        select::Reason::Liquidation => text("таратылу", "ликвидация", "liquidation"),
        select::Reason::Reorganisation => text("қайта ұйымдастырылу", "реорганизация", "reorganisation"),
    }
}

/// The list for people, from its fields alone.
fn render(value: &Value, lang: Lang) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    let name = Lang::ALL.iter().find(|(_, other)| *other == lang).map_or("kk", |(name, _)| name);
    line(format!("{} {}, {}", TITLE.get(lang), said(value, "number"), said(value, "date")));
    if value.get("test") == Some(&Value::Bool(true)) {
        line(TEST.get(lang).to_owned());
    }
    let from = [said(value, "agency"), said(value, "issuer"), said(value, "origin"), said(value, "archive")];
    let from: Vec<String> = from.into_iter().filter(|part| !part.is_empty()).collect();
    line(format!("{}: {}", FROM.get(lang), from.join(" · ")));
    let party = value.get("party").unwrap_or(&Value::Null);
    let title = party.get("title").map(|title| said(title, name)).unwrap_or_default();
    line(format!("{}: {title} · {} · {}", TO.get(lang), said(party, "bin"), said(party, "archive")));
    let reason = select::Reason::parse(&said(value, "reason")).map_or("", |reason| reason_text(reason).get(lang));
    line(format!("{}: {reason}; {}\n", REASON.get(lang), said(value, "basis")));
    for unit in value.get("units").and_then(Value::as_array).into_iter().flatten() {
        let title = Some(said(unit, "title")).filter(|title| !title.is_empty());
        let title = title.map(|title| format!(" «{title}»")).unwrap_or_default();
        line(format!(
            "{}. {}{title} ({}, {} {})",
            said(unit, "number"),
            said(unit, "index"),
            said(unit, "year"),
            VOLUME.get(lang),
            said(unit, "volume"),
        ));
        line(format!(
            "   {} {} · {} {} · {} {} · {} – {} · {} {}",
            FONDS.get(lang),
            said(unit, "fonds"),
            INVENTORY.get(lang),
            said(unit, "inventory"),
            UNIT.get(lang),
            said(unit, "unit"),
            said(unit, "oldest"),
            said(unit, "newest"),
            said(unit, "documents"),
            DOCUMENTS.get(lang),
        ));
    }
    let (files, documents) = (said(value, "files"), said(value, "documents"));
    line(format!("\n{}: {files} {}, {documents} {}", TOTAL.get(lang), FILES.get(lang), DOCUMENTS.get(lang)));
    out
}
