//! The registration-control card: the 18 fields of N 430 clause 8, typed, and two of the akimat regulation.
//!
//! The card is a component of its own, kept byte for byte; this is the reading of it. Which fields must be there is
//! said by the profile of the submission ([`ProfileRules`]); a field that a profile wants said may be null where a
//! document has no mark or no link: a field that was forgotten is not the same as a mark that was not made.
//!
//! It does not judge whether a value is true (a known document type, an existing post): classifiers do that later.

use super::digest::Sha256;
use super::profile::{Need, ProfileRules};
use super::strict::{Faults, Fields, date_of, parse, text_of, word_of, words};
use super::submission::{Role, SUBMISSION_FILE, Submission};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{
    CARD_BYTES_MAX, COMPONENTS_MAX, PATH_BYTES_MAX, SHEETS_MAX, TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX,
};
use crate::text::{Said, Text, text};
use chrono::NaiveDate;
use serde_json::Value;

/// The value of the card's `schema` field.
pub const CARD_SCHEMA: &str = "muragat/card/1";

words! {
    /// A key of the card. `CardField` of the record is the same, flattened.
    CardKey {
        /// 1.
        DocumentType = "document_type",
        /// 2.
        DocumentDate = "document_date",
        /// 3.
        RegistrationNumber = "registration_number",
        /// 4.
        NomenclatureIndex = "nomenclature_index",
        /// 5.
        Software = "software",
        /// 6.
        Signatures = "signatures",
        /// 7.
        Nature = "nature",
        /// 8.
        Title = "title",
        /// 9.
        Sheets = "sheets",
        /// 10.
        AddresseeBody = "addressee_body",
        /// 11.
        AddresseePost = "addressee_post",
        /// 12.
        AddresseeSurname = "addressee_surname",
        /// 13.
        ExecutorSurname = "executor_surname",
        /// 14.
        ExecutorPhone = "executor_phone",
        /// 15.
        ControlMark = "control_mark",
        /// 16.
        FilingMark = "filing_mark",
        /// 17.
        Link = "link",
        /// 18.
        PaperMark = "paper_mark",
        /// Akimat regulation, section 2: official name of the sending body.
        SenderBody = "sender_body",
        /// The same: place where the document was made.
        Place = "place",
    }
}

words! {
    /// Whether paper stands beside the electronic document (field 18).
    PaperMark {
        /// A paper original exists.
        Original = "original",
        /// A paper copy exists.
        Copy = "copy",
        /// No paper exists.
        NoPaper = "none",
    }
}

/// The software that made the document (field 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Software {
    /// Name of the document-management system.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Numbers of sheets (field 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheets {
    /// Of the main document.
    pub document: u32,
    /// Of the attachments together.
    pub attachments: u32,
}

/// The document this one answers (field 17).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its registration number.
    pub number: String,
    /// Its registration date.
    pub date: NaiveDate,
}

/// The 18 fields, in the order of N 430 clause 8, and two of the akimat regulation.
///
/// What every profile requires is there; the rest is there when the profile requires it or the Producer gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// 1: name of the document type.
    pub document_type: String,
    /// 2: date of the document.
    pub document_date: NaiveDate,
    /// 3: registration number.
    pub registration_number: String,
    /// 4: index in the nomenclature of files.
    pub nomenclature_index: String,
    /// 5: name and version of the software that made it.
    pub software: Software,
    /// 6: paths of the components that carry the electronic digital signatures.
    pub signatures: Vec<String>,
    /// Beside 6: the files the card speaks of, each with the SHA-256 of its bytes. The office signs the card and names
    /// the signed document in it (N 430 cl. 41), so that the card cannot be put beside another document.
    pub documents: Vec<(String, Sha256)>,
    /// 7: nature of the question.
    pub nature: Option<String>,
    /// 8: title, or short contents.
    pub title: Option<String>,
    /// 9: numbers of sheets.
    pub sheets: Option<Sheets>,
    /// 10: the body it is addressed to.
    pub addressee_body: Option<String>,
    /// 11: post of the addressee.
    pub addressee_post: Option<String>,
    /// 12: surname of the addressee.
    pub addressee_surname: Option<String>,
    /// 13: surname of the executor.
    pub executor_surname: Option<String>,
    /// 14: telephone number of the executor.
    pub executor_phone: Option<String>,
    /// 15: mark of control; none when it is not under control.
    pub control_mark: Option<String>,
    /// 16: mark that it was executed and filed; none while it was not.
    pub filing_mark: Option<String>,
    /// 17: link to the number and date of the document it answers; none for a document on own initiative.
    pub link: Option<Link>,
    /// 18: mark of a paper original or a paper copy.
    pub paper_mark: Option<PaperMark>,
    /// Akimat regulation, section 2: official name of the sending body.
    pub sender_body: Option<String>,
    /// The same: place where the document was made.
    pub place: Option<String>,
}

impl Card {
    /// The card of a record that the archive makes itself: what is required, and nothing that a submission brings.
    pub fn own(
        document_type: &str,
        document_date: NaiveDate,
        registration_number: String,
        nomenclature_index: String,
        software: Software,
    ) -> Self {
        Self {
            document_type: document_type.to_owned(),
            document_date,
            registration_number,
            nomenclature_index,
            software,
            signatures: Vec::new(),
            documents: Vec::new(),
            nature: None,
            title: None,
            sheets: None,
            addressee_body: None,
            addressee_post: None,
            addressee_surname: None,
            executor_surname: None,
            executor_phone: None,
            control_mark: None,
            filing_mark: None,
            link: None,
            paper_mark: None,
            sender_body: None,
            place: None,
        }
    }

    /// Reads the card from its component, which the submission lists as `path`, by the rules of its profile.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every field that is missing, malformed or unknown, as `card.json#/registration_number`.
    pub fn parse(bytes: &[u8], path: &str, rules: &ProfileRules) -> Result<Self, Vec<Refusal>> {
        if bytes.len() > CARD_BYTES_MAX {
            let detail = format!("{} bytes, at most {CARD_BYTES_MAX} are admitted", bytes.len());
            return Err(vec![Refusal::new(ErrorCode::IngDescriptionTooLarge, path, detail)]);
        }
        let value = parse(bytes)
            .map_err(|error| vec![Refusal::new(ErrorCode::IngCardUnreadable, path, format!("not JSON: {error}"))])?;
        let mut faults = Faults::default();
        let card =
            Fields::of(value, format!("{path}#"), &mut faults).and_then(|fields| CardFields { fields, rules }.read());
        faults.result(card)
    }
}

/// The fields of a card and what is asked of them.
struct CardFields<'f> {
    fields: Fields<'f>,
    rules: &'f ProfileRules,
}

impl CardFields<'_> {
    fn read(mut self) -> Option<Card> {
        self.fields.schema(CARD_SCHEMA);
        // All are read before any is missed, so that every fault is found.
        let document_type = self.fields.text("document_type", TEXT_SHORT_CHARS_MAX);
        let document_date = date(&mut self.fields, "document_date");
        let registration_number = self.fields.text("registration_number", TEXT_SHORT_CHARS_MAX);
        let nomenclature_index = self.fields.text("nomenclature_index", TEXT_SHORT_CHARS_MAX);
        let software = software(&mut self.fields);
        let signatures = signatures(&mut self.fields);
        let documents = documents(&mut self.fields);
        let nature = self.long(CardKey::Nature);
        let title = self.long(CardKey::Title);
        let sheets = self.field(CardKey::Sheets, sheets);
        let addressee_body = self.long(CardKey::AddresseeBody);
        let addressee_post = self.short(CardKey::AddresseePost);
        let addressee_surname = self.short(CardKey::AddresseeSurname);
        let executor_surname = self.short(CardKey::ExecutorSurname);
        let executor_phone = self.field(CardKey::ExecutorPhone, phone);
        let control_mark = self.long(CardKey::ControlMark);
        let filing_mark = self.long(CardKey::FilingMark);
        let link = self.field(CardKey::Link, link);
        let paper_mark = self.field(CardKey::PaperMark, |fields, key, value| {
            fields.read(key, value, |value, subject| word_of(&value, subject, PaperMark::parse, PaperMark::KNOWN))
        });
        let sender_body = self.long(CardKey::SenderBody);
        let place = self.short(CardKey::Place);
        self.fields.end();
        Some(Card {
            document_type: document_type?,
            document_date: document_date?,
            registration_number: registration_number?,
            nomenclature_index: nomenclature_index?,
            software: software?,
            signatures: signatures?,
            documents: documents?,
            nature: nature?,
            title: title?,
            sheets: sheets?,
            addressee_body: addressee_body?,
            addressee_post: addressee_post?,
            addressee_surname: addressee_surname?,
            executor_surname: executor_surname?,
            executor_phone: executor_phone?,
            control_mark: control_mark?,
            filing_mark: filing_mark?,
            link: link?,
            paper_mark: paper_mark?,
            sender_body: sender_body?,
            place: place?,
        })
    }

    /// The value of `key`, as much as the profile asks for it. The outer [`None`] is a fault that was noted.
    fn field<T>(
        &mut self,
        key: CardKey,
        read: impl FnOnce(&mut Fields, &str, Value) -> Option<T>,
    ) -> Option<Option<T>> {
        let name = key.as_str();
        let value = match self.rules.need(key) {
            Need::Required => Some(self.fields.required(name)?),
            Need::Nullable => Some(self.fields.required(name)?).filter(|value| !value.is_null()),
            Need::IfAny => self.fields.optional(name),
        };
        match value {
            None => Some(None),
            Some(value) => read(&mut self.fields, name, value).map(Some),
        }
    }

    fn short(&mut self, key: CardKey) -> Option<Option<String>> {
        self.field(key, |fields, name, value| fields.read(name, value, |v, at| text_of(v, at, TEXT_SHORT_CHARS_MAX)))
    }

    fn long(&mut self, key: CardKey) -> Option<Option<String>> {
        self.field(key, |fields, name, value| fields.read(name, value, |v, at| text_of(v, at, TEXT_LONG_CHARS_MAX)))
    }
}

const OTHER_INDEX: Text = text(
    "Карточкадағы істің индексі submission.json файлындағыдан басқа.",
    "Индекс дела в карточке не тот, что в submission.json.",
    "The index of the file in the card is not the one in submission.json.",
);
const NO_SIGNATURE: Text = text(
    "Құжаттың қолтаңбасы жоқ: карточка қолтаңбаны атайды, ал жіберілімде бірде-бір қолтаңба файлы жоқ.",
    "У документа нет подписи: карточка её называет, а в отправлении нет ни одного файла подписи.",
    "The document has no signature: the card names one, and no file of the submission is a signature.",
);
const NO_SUCH_SIGNATURE: Text = text(
    "Карточка атаған қолтаңба жіберілімде жоқ.",
    "Подписи, которую называет карточка, в отправлении нет.",
    "The signature that the card names is not in the submission.",
);
const OTHER_DIGEST: Text = text(
    "Файл карточкада аталғаннан басқа: хэші сәйкес келмейді. Ол карточкадан кейін өзгертілген болуы мүмкін.",
    "Файл не тот, что назван в карточке: его хэш другой. Возможно, он изменён после карточки.",
    "The file is not the one that the card names: its digest differs. It may have been changed later.",
);
const NO_SUCH_DOCUMENT: Text = text(
    "Карточка атаған файл жіберілімнің негізгі файлдары мен қосымшаларының арасында жоқ.",
    "Файла, который называет карточка, нет среди основных файлов и приложений отправления.",
    "The file that the card names is no main file and no attachment of the submission.",
);

/// Checks that the card and the submission speak of the same document: a [`Refusal`] about every field of the card that
/// disagrees.
pub fn check_card_agrees(submission: &Submission, card: &Card) -> Vec<Refusal> {
    let path = &submission.components[submission.card_index()].path;
    let mut faults = Faults::default();
    let is_signed = submission.components.iter().any(|c| c.role == Role::Signature);
    for (i, signed) in card.signatures.iter().enumerate() {
        // A signature is a file of its own, or stands inside the document it signs.
        let carries = |role: Role| role == Role::Signature || role.is_content();
        if !submission.components.iter().any(|c| c.path == *signed && carries(c.role)) {
            let detail = "names no signature and no signed file of the submission";
            let refusal = Refusal::new(ErrorCode::IngCardDisagrees, format!("{path}#/signatures/{i}"), detail);
            let found = if is_signed { NO_SUCH_SIGNATURE } else { NO_SIGNATURE };
            faults.push(refusal.saying(Said::of(|lang| found.get(lang).to_owned())));
        }
    }
    if card.nomenclature_index != submission.nomenclature_index {
        let detail = format!("not the one of {SUBMISSION_FILE}#/nomenclature_index");
        let refusal = Refusal::new(ErrorCode::IngCardDisagrees, format!("{path}#/nomenclature_index"), detail);
        faults.push(refusal.saying(Said::of(|lang| OTHER_INDEX.get(lang).to_owned())));
    }
    faults.into_vec()
}

/// Checks that every file the card names by its digest has that digest: a [`Refusal`] about each that has not.
/// `digests` are those of the components, in the order of the submission.
pub fn check_documents(submission: &Submission, card: &Card, digests: &[Sha256]) -> Vec<Refusal> {
    let path = &submission.components[submission.card_index()].path;
    let mut faults = Faults::default();
    for (i, (named, digest)) in card.documents.iter().enumerate() {
        let found = submission.components.iter().zip(digests).find(|(c, _)| c.path == *named && c.role.is_content());
        let (detail, said) = match found {
            Some((_, found)) if found == digest => continue,
            Some((_, found)) => (format!("{named} has the digest {found}, the card says {digest}"), OTHER_DIGEST),
            None => (format!("{named} is no main file and no attachment of the submission"), NO_SUCH_DOCUMENT),
        };
        let refusal = Refusal::new(ErrorCode::IngCardDisagrees, format!("{path}#/documents/{i}"), detail);
        faults.push(refusal.saying(Said::of(|lang| said.get(lang).to_owned())));
    }
    faults.into_vec()
}

/// Checks that the submission has a main file, which [`Submission::parse`] leaves to the card: paper that is only noted
/// (N 430 cl. 10) is another fault than a file that was forgotten. `card` is none when it could not be read.
pub fn check_main(submission: &Submission, card: Option<&Card>) -> Option<Refusal> {
    if submission.components.iter().any(|c| c.role == Role::Main) {
        return None;
    }
    let path = &submission.components[submission.card_index()].path;
    match card.and_then(|card| card.paper_mark) {
        Some(PaperMark::Original | PaperMark::Copy) => {
            let detail = "paper is marked, and the electronic document is not there";
            Some(Refusal::new(ErrorCode::IngPaperOnly, format!("{path}#/paper_mark"), detail))
        }
        Some(PaperMark::NoPaper) | None => Some(super::submission::main_missing()),
    }
}

const STATED: Text = text("Көрсетілген күн", "Указанная дата", "Date stated");
const RECEIVED: Text = text("түскен күні", "дата поступления", "day of receipt");

/// Checks that no date of the card, which the submission lists as `path`, is later than the day of receipt: a
/// [`Refusal`] about every one that is.
pub fn check_dates(card: &Card, path: &str, today: NaiveDate) -> Vec<Refusal> {
    let dates = [("document_date", Some(card.document_date)), ("link/date", card.link.as_ref().map(|link| link.date))];
    let later = dates.into_iter().filter(|(_, date)| date.is_some_and(|date| date > today));
    later
        .map(|(field, date)| {
            let detail = format!("later than the day of receipt, {today}");
            let day = |date: NaiveDate| date.format("%d.%m.%Y").to_string();
            let said = Said::of(|lang| {
                let found = date.map(day).unwrap_or_default();
                format!("{}: {found}; {}: {}.", STATED.get(lang), RECEIVED.get(lang), day(today))
            });
            Refusal::new(ErrorCode::IngDateFuture, format!("{path}#/{field}"), detail).saying(said)
        })
        .collect()
}

fn date(fields: &mut Fields, key: &str) -> Option<NaiveDate> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, subject| date_of(&value, subject))
}

fn software(fields: &mut Fields) -> Option<Software> {
    let value = fields.required("software")?;
    let mut inner = fields.inner("software", value)?;
    let (name, version) = (inner.text("name", TEXT_SHORT_CHARS_MAX), inner.text("version", TEXT_SHORT_CHARS_MAX));
    inner.end();
    Some(Software { name: name?, version: version? })
}

// The field must be there, but the list may be empty: until signatures are checked, demanding one would prove
// nothing, and paper arrivals registered by an electronic copy (N 430 cl. 12) come unsigned.
fn signatures(fields: &mut Fields) -> Option<Vec<String>> {
    let value = fields.required("signatures")?;
    fields.texts("signatures", value, COMPONENTS_MAX, PATH_BYTES_MAX)
}

fn documents(fields: &mut Fields) -> Option<Vec<(String, Sha256)>> {
    let Some(value) = fields.optional("documents") else { return Some(Vec::new()) };
    let Value::Array(items) = value else {
        fields.fault(ErrorCode::IngFieldMalformed, "documents", "wanted an array");
        return None;
    };
    if items.len() > COMPONENTS_MAX {
        let detail = format!("{} items, at most {COMPONENTS_MAX} are admitted", items.len());
        fields.fault(ErrorCode::IngFieldMalformed, "documents", detail);
        return None;
    }
    let mut document = |(i, item)| {
        let mut inner = fields.item(&format!("documents/{i}"), item)?;
        let path = inner.text("path", PATH_BYTES_MAX);
        let digest = inner.text("sha256", TEXT_SHORT_CHARS_MAX);
        // One digest has one text, so that two readers compare the same letters.
        let parsed = digest.as_ref().and_then(|d| d.parse().ok()).filter(|s: &Sha256| Some(s.to_string()) == digest);
        if digest.is_some() && parsed.is_none() {
            inner.fault(ErrorCode::IngFieldMalformed, "sha256", "wanted 64 digits 0-9 and a-f");
        }
        inner.end();
        Some((path?, parsed?))
    };
    // All are read before any is missed, so that every fault is found.
    let read: Vec<Option<(String, Sha256)>> = items.into_iter().enumerate().map(&mut document).collect();
    read.into_iter().collect()
}

fn sheets(fields: &mut Fields, key: &str, value: Value) -> Option<Sheets> {
    let mut inner = fields.inner(key, value)?;
    let (document, attachments) = (inner.number("document", 1, SHEETS_MAX), inner.number("attachments", 0, SHEETS_MAX));
    inner.end();
    Some(Sheets { document: document?, attachments: attachments? })
}

const NO_DIGIT: Text = text(
    "Телефон нөмірінде бірде-бір цифр жоқ.",
    "В номере телефона нет ни одной цифры.",
    "There is no digit in the telephone number.",
);

fn phone(fields: &mut Fields, key: &str, value: Value) -> Option<String> {
    fields.read(key, value, |value, subject| {
        let phone = text_of(value, subject.clone(), TEXT_SHORT_CHARS_MAX)?;
        // Inner numbers, extensions and words around them are usual, so only the least is asked for.
        if phone.chars().any(|c| c.is_ascii_digit()) {
            return Ok(phone);
        }
        let said = Said::of(|lang| NO_DIGIT.get(lang).to_owned());
        Err(Refusal::new(ErrorCode::IngFieldMalformed, subject, "no digit in it").saying(said))
    })
}

fn link(fields: &mut Fields, key: &str, value: Value) -> Option<Link> {
    let mut inner = fields.inner(key, value)?;
    let (number, date) = (inner.text("number", TEXT_SHORT_CHARS_MAX), date(&mut inner, "date"));
    inner.end();
    Some(Link { number: number?, date: date? })
}

#[cfg(test)]
mod tests {
    use super::super::profile::ALWAYS;
    use super::super::submission::Profile;
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        json!({
            "schema": CARD_SCHEMA,
            "document_type": "Қызметтік хат",
            "document_date": "2026-01-05",
            "registration_number": "03-12/17",
            "nomenclature_index": "03-12",
            "software": {"name": "Үлгі ЭҚАЖ", "version": "1.0"},
            "signatures": ["a.p7s"],
            "nature": "Сұрау салу",
            "title": "Мұрағат қоры туралы",
            "sheets": {"document": 2, "attachments": 0},
            "addressee_body": "Үлгі басқармасы",
            "addressee_post": "Басшы",
            "addressee_surname": "Мысалов",
            "executor_surname": "Үлгібаев",
            "executor_phone": "+7 7172 00-00-00",
            "control_mark": null,
            "filing_mark": "Іске, 03-12",
            "link": {"number": "17", "date": "2025-12-30"},
            "paper_mark": "none",
        })
    }

    fn parse_as(profile: Profile, value: &Value) -> Result<Card, Vec<Refusal>> {
        Card::parse(&serde_json::to_vec(value).unwrap(), "k/card.json", profile.rules())
    }

    fn parse_value(value: &Value) -> Result<Card, Vec<Refusal>> {
        parse_as(Profile::N430, value)
    }

    fn pairs(refusals: Vec<Refusal>) -> Vec<(ErrorCode, String)> {
        refusals.into_iter().map(|r| (r.code, r.subject.replace("k/card.json#/", ""))).collect()
    }

    #[track_caller]
    fn refused(value: &Value, code: ErrorCode, field: &str) {
        assert_eq!(pairs(parse_value(value).unwrap_err()), [(code, field.to_owned())]);
    }

    fn with(pointer: &str, new: Value) -> Value {
        let mut value = sample();
        *value.pointer_mut(pointer).unwrap() = new;
        value
    }

    #[test]
    fn the_eighteen_fields_are_read() {
        let card = parse_value(&sample()).unwrap();
        assert_eq!(card.document_date, NaiveDate::from_ymd_opt(2026, 1, 5).unwrap());
        assert_eq!(card.sheets.unwrap(), Sheets { document: 2, attachments: 0 });
        assert_eq!(card.link.unwrap().number, "17");
        assert_eq!((card.control_mark, card.paper_mark), (None, Some(PaperMark::NoPaper)));
        // schema + 18.
        assert_eq!(sample().as_object().unwrap().len(), 19);
    }

    #[test]
    fn only_what_the_regulation_marks_as_if_any_may_be_missing() {
        for key in sample().as_object().unwrap().keys() {
            let mut value = sample();
            value.as_object_mut().unwrap().remove(key);
            if matches!(key.as_str(), "addressee_post" | "addressee_surname") {
                assert!(parse_value(&value).is_ok(), "{key}");
            } else {
                refused(&value, ErrorCode::IngFieldMissing, key);
            }
            value[key] = Value::Null;
            let may_be_null = ["addressee_post", "addressee_surname", "control_mark", "filing_mark", "link"];
            assert_eq!(parse_value(&value).is_ok(), may_be_null.contains(&key.as_str()), "{key}");
            value[key] = json!(true);
            refused(&value, ErrorCode::IngFieldMalformed, key);
        }
    }

    #[test]
    fn malformed_values_are_refused_by_name() {
        let bad = |pointer: &str, new: Value| {
            refused(&with(pointer, new), ErrorCode::IngFieldMalformed, pointer.trim_start_matches('/'));
        };
        for date in ["2026-1-5", "+2026-01-05", "2026-02-29", "05.01.2026", "1899-12-31", "12026-01-05", " 2026-01-05"]
        {
            bad("/document_date", json!(date));
            bad("/link/date", json!(date));
        }
        assert!(parse_value(&with("/document_date", json!("2024-02-29"))).is_ok());
        bad("/title", json!(" \u{a0}"));
        bad("/title", json!("а\nб"));
        bad("/title", json!("қ".repeat(TEXT_LONG_CHARS_MAX + 1)));
        assert!(parse_value(&with("/title", json!("қ".repeat(TEXT_LONG_CHARS_MAX)))).is_ok());
        bad("/registration_number", json!(17));
        bad("/sheets/document", json!(0));
        bad("/sheets/document", json!(1.0));
        bad("/sheets/document", json!("2"));
        bad("/sheets/attachments", json!(-1));
        bad("/sheets/attachments", json!(SHEETS_MAX + 1));
        bad("/signatures", json!("a.p7s"));
        bad("/signatures/0", json!(""));
        bad("/software/version", json!(""));
        bad("/executor_phone", json!("жоқ"));
        bad("/paper_mark", json!("Copy"));
        let mut value = sample();
        value["link"]["index"] = json!("1");
        refused(&value, ErrorCode::IngKeyUnknown, "link/index");
        let whole = |bytes: &[u8]| Card::parse(bytes, "c", Profile::N430.rules()).unwrap_err();
        assert_eq!(pairs(whole(b"{")), [(ErrorCode::IngCardUnreadable, "c".to_owned())]);
        assert_eq!(pairs(whole(b"[]")), [(ErrorCode::IngFieldMalformed, "c#".to_owned())]);
        let large = vec![b' '; CARD_BYTES_MAX + 1];
        assert_eq!(pairs(whole(&large)), [(ErrorCode::IngDescriptionTooLarge, "c".to_owned())]);
    }

    #[test]
    fn refusals_repeat_nothing_of_the_card() {
        let refusals = parse_value(&with("/document_date", json!("Мысалов"))).unwrap_err();
        assert!(!refusals[0].to_string().contains("Мысалов"));
    }

    #[test]
    fn every_fault_has_its_own_reason() {
        use ErrorCode::*;
        // An empty card: each field that must be said, by its name.
        let missing: Vec<String> = pairs(parse_value(&json!({})).unwrap_err()).into_iter().map(|(_, f)| f).collect();
        let mut wanted: Vec<&str> = vec!["schema"];
        let optional = ["addressee_post", "addressee_surname", "sender_body", "place"];
        wanted.extend(CardKey::ALL.iter().map(|key| key.as_str()).filter(|key| !optional.contains(key)));
        assert_eq!(missing, wanted);

        let mut value = sample();
        value["schema"] = json!("muragat/card/2");
        value["document_date"] = json!("2026-13-01");
        value.as_object_mut().unwrap().remove("registration_number");
        value["software"] = json!({"name": "", "build": "x"});
        value["signatures"] = json!(["a.p7s", 1, ""]);
        value["sheets"] = json!({"document": 0, "attachments": "1"});
        value["addressee_post"] = json!(5);
        value["link"] = json!({"number": "1"});
        value["note"] = json!(1);
        let wanted = [
            (IngFieldMalformed, "schema"),
            (IngFieldMalformed, "document_date"),
            (IngFieldMissing, "registration_number"),
            (IngFieldMalformed, "software/name"),
            (IngFieldMissing, "software/version"),
            (IngKeyUnknown, "software/build"),
            (IngFieldMalformed, "signatures/1"),
            (IngFieldMalformed, "signatures/2"),
            (IngFieldMalformed, "sheets/document"),
            (IngFieldMalformed, "sheets/attachments"),
            (IngFieldMalformed, "addressee_post"),
            (IngFieldMissing, "link/date"),
            (IngKeyUnknown, "note"),
        ];
        assert_eq!(pairs(parse_value(&value).unwrap_err()), wanted.map(|(code, field)| (code, field.to_owned())));
    }

    #[test]
    fn each_profile_asks_for_its_own_fields() {
        let mut whole = sample();
        whole["sender_body"] = json!("Үлгі ауданы әкімінің аппараты");
        whole["place"] = json!("Үлгі ауылы");
        for profile in Profile::ALL {
            assert!(parse_as(*profile, &whole).is_ok(), "{profile}: every field may be given in every profile");
            for key in CardKey::ALL {
                let mut value = whole.clone();
                value.as_object_mut().unwrap().remove(key.as_str());
                let missing = [(ErrorCode::IngFieldMissing, key.as_str().to_owned())];
                match (profile.rules().need(*key), parse_as(*profile, &value)) {
                    (Need::IfAny, Ok(_)) => {}
                    (Need::Required | Need::Nullable, Err(refusals)) => assert_eq!(pairs(refusals), missing),
                    (need, _) => panic!("{profile}: {key} is {need}"),
                }
                value[key.as_str()] = Value::Null;
                let null = parse_as(*profile, &value);
                assert_eq!(null.is_ok(), profile.rules().need(*key) != Need::Required, "{profile}: {key} is null");
            }
        }
        // The nine of the akimat (the text is the main content), and what registration needs.
        let least = |more: &[CardKey]| {
            let mut value = whole.clone();
            let kept = |key: &str| key == "schema" || CardKey::parse(key).is_some_and(|k| more.contains(&k));
            value.as_object_mut().unwrap().retain(|key, _| kept(key) || ALWAYS.iter().any(|k| k.as_str() == key));
            value
        };
        assert!(parse_as(Profile::Akimat, &least(&[CardKey::SenderBody, CardKey::Place])).is_ok());
        assert!(parse_as(Profile::Akimat, &least(&[CardKey::SenderBody])).is_err());
        let card = parse_as(Profile::Organization, &least(&[CardKey::Title])).unwrap();
        assert_eq!((card.nature, card.paper_mark, card.sheets), (None, None, None));
        assert!(parse_as(Profile::Organization, &least(&[])).is_err());
    }

    #[test]
    fn dates_after_the_day_of_receipt_are_refused() {
        let card = parse_value(&sample()).unwrap();
        let on = |day: &str| pairs(check_dates(&card, "k/card.json", day.parse().unwrap()));
        assert_eq!(on("2026-01-05"), []);
        assert_eq!(on("2026-01-04"), [(ErrorCode::IngDateFuture, "document_date".to_owned())]);
        let both = ["document_date", "link/date"].map(|field| (ErrorCode::IngDateFuture, field.to_owned()));
        assert_eq!(on("2025-12-29"), both);
        let alone = parse_value(&with("/link", Value::Null)).unwrap();
        assert_eq!(check_dates(&alone, "c", "2025-12-29".parse().unwrap()).len(), 1);
    }

    #[test]
    fn paper_alone_is_not_a_forgotten_file() {
        let submission = |role: &str| {
            let value = json!({
                "schema": "muragat/submission/1", "agency": "DEMO", "direction": "incoming",
                "nomenclature_index": "03-12", "access_category": "public",
                "components": [{"path": "k/card.json", "role": "card"}, {"path": "a.pdf", "role": role}],
            });
            Submission::parse(&serde_json::to_vec(&value).unwrap()).unwrap()
        };
        let card = |mark: &str| parse_value(&with("/paper_mark", json!(mark))).unwrap();
        let found = |submission: &Submission, card: Option<&Card>| {
            check_main(submission, card).map(|refusal| (refusal.code, refusal.subject))
        };
        let paper = Some((ErrorCode::IngPaperOnly, "k/card.json#/paper_mark".to_owned()));
        let missing = Some((ErrorCode::IngMainMissing, "submission.json#/components".to_owned()));
        let without = submission("attachment");
        assert_eq!(found(&without, Some(&card("original"))), paper);
        assert_eq!(found(&without, Some(&card("copy"))), paper);
        assert_eq!(found(&without, Some(&card("none"))), missing);
        assert_eq!(found(&without, None), missing);
        assert_eq!(found(&submission("main"), Some(&card("original"))), None, "paper beside the document is no fault");
    }

    #[test]
    fn the_card_agrees_with_its_submission() {
        let submission = Submission::parse(
            &serde_json::to_vec(&json!({
                "schema": "muragat/submission/1", "agency": "DEMO", "direction": "internal",
                "nomenclature_index": "03-12", "access_category": "public",
                "components": [
                    {"path": "m.docx", "role": "main"}, {"path": "k/card.json", "role": "card"},
                    {"path": "a.p7s", "role": "signature", "covers": ["m.docx"]},
                ],
            }))
            .unwrap(),
        )
        .unwrap();
        let agrees = |value: &Value| pairs(check_card_agrees(&submission, &parse_value(value).unwrap()));
        assert_eq!(agrees(&sample()), []);
        assert_eq!(agrees(&with("/signatures", json!(["m.docx", "a.p7s"]))), [], "a signature inside the file");
        assert_eq!(agrees(&with("/signatures", json!([]))), []);
        let mut value = with("/nomenclature_index", json!("03-13"));
        value["signatures"] = json!(["a.p7s", "k/card.json", "b.p7s"]);
        let fields = ["signatures/1", "signatures/2", "nomenclature_index"];
        assert_eq!(agrees(&value), fields.map(|field| (ErrorCode::IngCardDisagrees, field.to_owned())));

        let said = |submission: &Submission| {
            let refusals = check_card_agrees(submission, &parse_value(&value).unwrap());
            refusals[0].said.clone().unwrap().kk
        };
        assert_eq!(said(&submission), NO_SUCH_SIGNATURE.kk);
        let mut unsigned = submission.clone();
        unsigned.components.retain(|c| c.role != Role::Signature);
        assert_eq!(said(&unsigned), NO_SIGNATURE.kk, "that there is no signature at all is said plainly");
    }
}
