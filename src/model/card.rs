//! The registration-control card: the 18 fields of N 430 clause 8, typed.
//!
//! The card is a component of its own, kept byte for byte; this is the reading of it. Fields that the regulation
//! marks "бар болса" (if any) may be missing, all others must be there. Where a document has no mark or no link, the
//! card says so with null: a field that was forgotten is not the same as a mark that was not made.
//!
//! It does not judge whether a value is true (a known document type, an existing post): classifiers do that later.

use super::strict::{Fields, array_of, parse, text_of, word_of, words};
use super::submission::{Role, SUBMISSION_FILE, Submission};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{
    CARD_BYTES_MAX, COMPONENTS_MAX, PATH_BYTES_MAX, SHEETS_MAX, TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX,
};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;

/// The value of the card's `schema` field.
pub const CARD_SCHEMA: &str = "muragat/card/1";

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

/// The 18 fields, in the order of N 430 clause 8.
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
    /// 7: nature of the question.
    pub nature: String,
    /// 8: title, or short contents.
    pub title: String,
    /// 9: numbers of sheets.
    pub sheets: Sheets,
    /// 10: the body it is addressed to.
    pub addressee_body: String,
    /// 11: post of the addressee, if any.
    pub addressee_post: Option<String>,
    /// 12: surname of the addressee, if any.
    pub addressee_surname: Option<String>,
    /// 13: surname of the executor.
    pub executor_surname: String,
    /// 14: telephone number of the executor.
    pub executor_phone: String,
    /// 15: mark of control; none when it is not under control.
    pub control_mark: Option<String>,
    /// 16: mark that it was executed and filed; none while it was not.
    pub filing_mark: Option<String>,
    /// 17: link to the number and date of the document it answers; none for a document on own initiative.
    pub link: Option<Link>,
    /// 18: mark of a paper original or a paper copy.
    pub paper_mark: PaperMark,
}

impl Card {
    /// Reads the card from its component, which the submission lists as `path`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about the first field that is missing or malformed, as `card.json#/registration_number`.
    pub fn parse(bytes: &[u8], path: &str) -> Result<Self, Refusal> {
        if bytes.len() > CARD_BYTES_MAX {
            let detail = format!("{} bytes, at most {CARD_BYTES_MAX} are admitted", bytes.len());
            return Err(Refusal::new(ErrorCode::IngDescriptionTooLarge, path, detail));
        }
        let value = parse(bytes)
            .map_err(|error| Refusal::new(ErrorCode::IngCardUnreadable, path, format!("not JSON: {error}")))?;
        let mut fields = Fields::of(value, format!("{path}#"))?;
        fields.schema(CARD_SCHEMA)?;
        let card = Self {
            document_type: fields.text("document_type", TEXT_SHORT_CHARS_MAX)?,
            document_date: date(&mut fields, "document_date")?,
            registration_number: fields.text("registration_number", TEXT_SHORT_CHARS_MAX)?,
            nomenclature_index: fields.text("nomenclature_index", TEXT_SHORT_CHARS_MAX)?,
            software: software(&mut fields)?,
            signatures: signatures(&mut fields)?,
            nature: fields.text("nature", TEXT_LONG_CHARS_MAX)?,
            title: fields.text("title", TEXT_LONG_CHARS_MAX)?,
            sheets: sheets(&mut fields)?,
            addressee_body: fields.text("addressee_body", TEXT_LONG_CHARS_MAX)?,
            addressee_post: fields.text_if_any("addressee_post", TEXT_SHORT_CHARS_MAX)?,
            addressee_surname: fields.text_if_any("addressee_surname", TEXT_SHORT_CHARS_MAX)?,
            executor_surname: fields.text("executor_surname", TEXT_SHORT_CHARS_MAX)?,
            executor_phone: phone(&mut fields)?,
            control_mark: fields.text_or_null("control_mark", TEXT_LONG_CHARS_MAX)?,
            filing_mark: fields.text_or_null("filing_mark", TEXT_LONG_CHARS_MAX)?,
            link: link(&mut fields)?,
            paper_mark: fields.word("paper_mark", PaperMark::parse, PaperMark::KNOWN)?,
        };
        fields.end()?;
        Ok(card)
    }
}

/// Checks that the card and the submission speak of the same document.
///
/// # Errors
///
/// A [`Refusal`] about the field of the card that disagrees.
pub fn check_card_agrees(submission: &Submission, card: &Card) -> Result<(), Refusal> {
    let path = &submission.components[submission.card_index()].path;
    let disagrees = |field: &str, detail: String| {
        Err(Refusal::new(ErrorCode::IngCardDisagrees, format!("{path}#/{field}"), detail))
    };
    if card.nomenclature_index != submission.nomenclature_index {
        return disagrees("nomenclature_index", format!("not the one of {SUBMISSION_FILE}#/nomenclature_index"));
    }
    for (i, signed) in card.signatures.iter().enumerate() {
        // A signature is a file of its own, or stands inside the document it signs.
        let carries = |role: Role| role == Role::Signature || role.is_content();
        if !submission.components.iter().any(|c| c.path == *signed && carries(c.role)) {
            let detail = "names no signature and no signed file of the submission";
            return disagrees(&format!("signatures/{i}"), detail.to_owned());
        }
    }
    Ok(())
}

/// Earliest year of a document: a slip of the pen before it would move every date reckoned from it.
const YEAR_MIN: i32 = 1900;

fn date(fields: &mut Fields, key: &str) -> Result<NaiveDate, Refusal> {
    let value = fields.required(key)?;
    // The library also reads "2026-1-5" and "+2026-01-05"; one date has one text here, so it is printed and compared.
    let read = |text: &str| {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        (date.to_string() == text && date.year() >= YEAR_MIN && text.len() == 10).then_some(date)
    };
    word_of(&value, fields.subject(key), read, "the days since 1900, written YYYY-MM-DD")
}

fn software(fields: &mut Fields) -> Result<Software, Refusal> {
    let mut inner = Fields::of(fields.required("software")?, fields.subject("software"))?;
    let software = Software {
        name: inner.text("name", TEXT_SHORT_CHARS_MAX)?,
        version: inner.text("version", TEXT_SHORT_CHARS_MAX)?,
    };
    inner.end()?;
    Ok(software)
}

// The field must be there, but the list may be empty: until signatures are checked, demanding one would prove
// nothing, and paper arrivals registered by an electronic copy (N 430 cl. 12) come unsigned.
fn signatures(fields: &mut Fields) -> Result<Vec<String>, Refusal> {
    let subject = fields.subject("signatures");
    let items = array_of(fields.required("signatures")?, subject.clone(), COMPONENTS_MAX)?;
    items.into_iter().enumerate().map(|(i, v)| text_of(v, format!("{subject}/{i}"), PATH_BYTES_MAX)).collect()
}

fn sheets(fields: &mut Fields) -> Result<Sheets, Refusal> {
    let mut inner = Fields::of(fields.required("sheets")?, fields.subject("sheets"))?;
    let sheets = Sheets {
        document: inner.number("document", 1, SHEETS_MAX)?,
        attachments: inner.number("attachments", 0, SHEETS_MAX)?,
    };
    inner.end()?;
    Ok(sheets)
}

fn phone(fields: &mut Fields) -> Result<String, Refusal> {
    let phone = fields.text("executor_phone", TEXT_SHORT_CHARS_MAX)?;
    // Inner numbers, extensions and words around them are usual, so only the least is asked for.
    if phone.chars().any(|c| c.is_ascii_digit()) {
        return Ok(phone);
    }
    Err(Refusal::new(ErrorCode::IngFieldMalformed, fields.subject("executor_phone"), "no digit in it"))
}

fn link(fields: &mut Fields) -> Result<Option<Link>, Refusal> {
    let value = fields.required("link")?;
    if value == Value::Null {
        return Ok(None);
    }
    let mut inner = Fields::of(value, fields.subject("link"))?;
    let link = Link { number: inner.text("number", TEXT_SHORT_CHARS_MAX)?, date: date(&mut inner, "date")? };
    inner.end()?;
    Ok(Some(link))
}

#[cfg(test)]
mod tests {
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

    fn parse_value(value: &Value) -> Result<Card, Refusal> {
        Card::parse(&serde_json::to_vec(value).unwrap(), "k/card.json")
    }

    #[track_caller]
    fn refused(value: &Value, code: ErrorCode, field: &str) {
        let refusal = parse_value(value).unwrap_err();
        assert_eq!((refusal.code, refusal.subject), (code, format!("k/card.json#/{field}")));
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
        assert_eq!(card.sheets, Sheets { document: 2, attachments: 0 });
        assert_eq!(card.link.unwrap().number, "17");
        assert_eq!((card.control_mark, card.paper_mark), (None, PaperMark::NoPaper));
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
        assert_eq!(Card::parse(b"{", "c").unwrap_err().code, ErrorCode::IngCardUnreadable);
        assert_eq!(
            Card::parse(&vec![b' '; CARD_BYTES_MAX + 1], "c").unwrap_err().code,
            ErrorCode::IngDescriptionTooLarge
        );
    }

    #[test]
    fn refusals_repeat_nothing_of_the_card() {
        let refusal = parse_value(&with("/document_date", json!("Мысалов"))).unwrap_err();
        assert!(!refusal.to_string().contains("Мысалов"));
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
        let agrees = |value: &Value| check_card_agrees(&submission, &parse_value(value).unwrap());
        assert!(agrees(&sample()).is_ok());
        assert!(agrees(&with("/signatures", json!(["m.docx", "a.p7s"]))).is_ok(), "a signature inside the file");
        assert!(agrees(&with("/signatures", json!([]))).is_ok());
        let refusal = agrees(&with("/nomenclature_index", json!("03-13"))).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.subject.as_str()),
            (ErrorCode::IngCardDisagrees, "k/card.json#/nomenclature_index")
        );
        let refusal = agrees(&with("/signatures", json!(["a.p7s", "k/card.json"]))).unwrap_err();
        assert_eq!(refusal.subject, "k/card.json#/signatures/1");
    }
}
