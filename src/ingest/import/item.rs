//! One row of the table as a submission: `submission.json` and card are written from its values, and read again like
//! those of any Producer.
//!
//! A card that is written here says so: its software is the import and the system that the holding comes from. The
//! same row gives the same bytes, so that it is held when it comes again.

use super::super::approval::told;
use super::super::receive::Sip;
use super::super::unpack::{Container, Holding};
use super::profile::{Field, FileColumn, Keep, Profile};
use super::table::{Named, Row};
use crate::error::{ErrorCode, Refusal};
use crate::model::card::CARD_SCHEMA;
use crate::model::import::Imported;
use crate::model::path;
use crate::model::submission::{Role, SUBMISSION_FILE, SUBMISSION_SCHEMA};
use crate::text::{Text, text};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Name of the software on a card that an import wrote, before that of the system it comes from.
const SOFTWARE: &str = "muragat import";
/// Version of the way in which cards are written here.
const SOFTWARE_VERSION: &str = "1";

const OTHER_CARD: Text = text(
    "карточка кестенің осы жолынікі емес",
    "карточка не от этой строки таблицы",
    "the card is not that of the row",
);

/// A row on its way in.
pub(in crate::ingest) struct Item<'a> {
    /// Table and line: names it in messages.
    pub(in crate::ingest) name: PathBuf,
    /// Which doubts are kept.
    pub(in crate::ingest) keep: Keep,
    /// It is only tried: nothing of it is kept.
    pub(in crate::ingest) is_trial: bool,
    /// What the record says of where it came from.
    pub(in crate::ingest) imported: Imported,
    holding: &'a Holding,
    /// Files that were written from the row.
    made: Vec<(String, Vec<u8>)>,
    names: Vec<String>,
    number: String,
    date: String,
}

impl<'a> Item<'a> {
    /// The submission of `row`.
    pub(super) fn new(
        row: &Row,
        holding: &'a Holding,
        profile: &Profile,
        (name, is_trial, imported): (PathBuf, bool, Imported),
    ) -> Self {
        let is_card = |file: &&Named| file.column == FileColumn::Card;
        let card = match row.files.iter().find(is_card) {
            Some(file) => file.path.clone(),
            None => free_name(&row.files),
        };
        let mut made = vec![(SUBMISSION_FILE.to_owned(), submission(row, profile, &card))];
        if !row.files.iter().any(|file| file.path == card) {
            made.push((card, written_card(row, profile)));
        }
        Self {
            name,
            keep: profile.keep,
            is_trial,
            imported,
            holding,
            made,
            names: row.files.iter().map(|file| file.path.clone()).collect(),
            number: row.value(Field::RegistrationNumber).to_owned(),
            date: row.value(Field::DocumentDate).to_owned(),
        }
    }

    /// Its files.
    pub(in crate::ingest) fn container(&self) -> Container<'a> {
        Container::imported(self.holding, &self.made, &self.names)
    }

    /// A card of the old system must be that of its row.
    pub(in crate::ingest) fn check_card(&self, sip: &Sip<'_>) -> Result<(), Vec<Refusal>> {
        let card = &sip.submission.components[sip.submission.card_index()].path;
        let said = [
            (Field::RegistrationNumber, &self.number, sip.card.registration_number.clone()),
            (Field::DocumentDate, &self.date, sip.card.document_date.to_string()),
        ];
        let differs = said.into_iter().filter(|(_, wanted, found)| *wanted != found);
        let refusal = |(field, _, _): (Field, &String, String)| {
            told(ErrorCode::ImpRow, format!("{card}#/{field}"), |lang| OTHER_CARD.get(lang).to_owned())
        };
        let refusals: Vec<Refusal> = differs.map(refusal).collect();
        if refusals.is_empty() { Ok(()) } else { Err(refusals) }
    }
}

/// A name for the card beside the files of the row.
pub(super) fn free_name(files: &[Named]) -> String {
    let taken = |name: &str| files.iter().any(|file| path::clash(&file.path, name));
    let numbered = (2..).map(|n| format!("card-{n}.json"));
    let mut names = std::iter::once("card.json".to_owned()).chain(numbered);
    names.find(|name| !taken(name)).expect("a row has fewer files than there are numbers")
}

fn role(column: FileColumn) -> Role {
    match column {
        FileColumn::Main => Role::Main,
        FileColumn::Attachment => Role::Attachment,
        FileColumn::Signature => Role::Signature,
        FileColumn::Card => Role::Card,
        FileColumn::Certificate => Role::Certificate,
        FileColumn::Revocation => Role::Revocation,
        FileColumn::Timestamp => Role::Timestamp,
        FileColumn::Receipt => Role::Receipt,
    }
}

/// What a signature covers: what the row says, else the file of its own name without the last ending, else the only
/// file of the document. When none of these is there, the signature must carry its content.
fn covers(named: &Named, files: &[Named]) -> Vec<String> {
    if !named.covers.is_empty() || !matches!(named.column, FileColumn::Signature | FileColumn::Timestamp) {
        return named.covers.clone();
    }
    let stem = named.path.rsplit_once('.').map(|(stem, _)| stem);
    if let Some(file) = files.iter().find(|file| Some(file.path.as_str()) == stem) {
        return vec![file.path.clone()];
    }
    let mut content = files.iter().filter(|file| role(file.column).is_content());
    match (named.column, content.next(), content.next()) {
        (FileColumn::Signature, Some(only), None) => vec![only.path.clone()],
        _ => Vec::new(),
    }
}

/// The description of the submission that a row becomes; its card is `card`.
pub(super) fn submission(row: &Row, profile: &Profile, card: &str) -> Vec<u8> {
    let mut components = Vec::new();
    if !row.files.iter().any(|file| file.column == FileColumn::Card) {
        components.push(json!({"path": card, "role": Role::Card.as_str()}));
    }
    for file in &row.files {
        let mut component = json!({"path": file.path, "role": role(file.column).as_str()});
        let covers = covers(file, &row.files);
        if !covers.is_empty() {
            component["covers"] = covers.into();
        }
        components.push(component);
    }
    let mut map = Map::new();
    map.insert("schema".into(), SUBMISSION_SCHEMA.into());
    map.insert("agency".into(), profile.agency.clone().into());
    let fields =
        [Field::Profile, Field::Kind, Field::Direction, Field::NomenclatureIndex, Field::AccessCategory, Field::File];
    insert(&mut map, row, &fields);
    let certifier = [Field::CertifierRole, Field::CertifierPost, Field::CertifierSurname];
    if certifier.iter().any(|field| !row.value(*field).is_empty()) {
        let said = certifier.into_iter().zip(["role", "post", "surname"]);
        let said = said.filter(|(field, _)| !row.value(*field).is_empty());
        let certifier: Map<String, Value> =
            said.map(|(field, key)| (key.to_owned(), row.value(field).into())).collect();
        map.insert("certified_by".into(), certifier.into());
    }
    map.insert("components".into(), components.into());
    Value::Object(map).to_string().into_bytes()
}

/// The card that is written from a row.
pub(super) fn written_card(row: &Row, profile: &Profile) -> Vec<u8> {
    let mut map = Map::new();
    map.insert("schema".into(), CARD_SCHEMA.into());
    let name = format!("{SOFTWARE}: {}", profile.system);
    map.insert("software".into(), json!({"name": name, "version": SOFTWARE_VERSION}));
    let signatures = row.files.iter().filter(|file| file.column == FileColumn::Signature);
    map.insert("signatures".into(), signatures.map(|file| file.path.clone()).collect());
    let fields = [
        Field::DocumentType,
        Field::DocumentDate,
        Field::RegistrationNumber,
        Field::NomenclatureIndex,
        Field::Nature,
        Field::Title,
        Field::AddresseeBody,
        Field::AddresseePost,
        Field::AddresseeSurname,
        Field::ExecutorSurname,
        Field::ExecutorPhone,
        Field::PaperMark,
        Field::SenderBody,
        Field::Place,
    ];
    insert(&mut map, row, &fields);
    // What regulations want said of every document, if only that there is none: a blank cell says that.
    let mark = |field| Some(row.value(field)).filter(|value| !value.is_empty());
    map.insert("control_mark".into(), mark(Field::ControlMark).into());
    map.insert("filing_mark".into(), mark(Field::FilingMark).into());
    map.insert(
        "link".into(),
        match (mark(Field::LinkNumber), mark(Field::LinkDate)) {
            (None, None) => Value::Null,
            (number, date) => json!({"number": number, "date": date}),
        },
    );
    let sheets = [Field::SheetsDocument, Field::SheetsAttachments].map(|field| row.value(field));
    if sheets.iter().any(|text| !text.is_empty()) {
        // What is no number stays a text, and the card's own reading says what is wrong with it.
        let number = |text: &str| text.parse::<u32>().map_or_else(|_| Value::from(text), Value::from);
        let attachments = if sheets[1].is_empty() { "0" } else { sheets[1] };
        map.insert("sheets".into(), json!({"document": number(sheets[0]), "attachments": number(attachments)}));
    }
    Value::Object(map).to_string().into_bytes()
}

fn insert(map: &mut Map<String, Value>, row: &Row, fields: &[Field]) {
    for field in fields.iter().filter(|field| !row.value(**field).is_empty()) {
        map.insert(field.as_str().to_owned(), row.value(*field).into());
    }
}
