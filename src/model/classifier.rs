//! Classifiers: shared reference data in signed editions, and which code was in force on a day (N 430 cl. 9).
//!
//! A [`Classifier`] is one edition of the codes for one field, read from `schema/classifier/1`. [`Classifiers`] are the
//! editions that an archive has adopted, in the order of adoption. Intake checks the codes of a submission against them
//! and keeps with the record which edition each code was taken from, so an old record keeps its old code.
//!
//! It reads no file and no clock, and adopts nothing: an edition is adopted by an act of the archive.

use super::card::CardKey;
use super::profile::Title;
use super::strict::{Faults, Fields, array_of, date_of, parse, word_of};
use super::submission::SUBMISSION_FILE;
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The value of a classifier's `schema` field.
pub const CLASSIFIER_SCHEMA: &str = "muragat/classifier/1";
/// Bytes of one edition. Own bound: the entries below with names of ordinary length.
pub const CLASSIFIER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Entries of one edition. Own bound: the country's largest classifiers, of places and of bodies, have fewer.
pub const CLASSIFIER_ENTRIES_MAX: usize = 100_000;

/// The field whose code is that of the agency itself.
const AGENCY: &str = "agency";

/// The fields that can have a code: those of the card, and `agency`.
pub fn coded_fields() -> impl Iterator<Item = &'static str> {
    CardKey::ALL.iter().map(|key| key.as_str()).chain([AGENCY])
}

/// One code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in Kazakh.
    pub kk: String,
    /// In Russian.
    pub ru: Option<String>,
    /// In English.
    pub en: Option<String>,
    /// First day of its own term, when it has one.
    pub valid_from: Option<NaiveDate>,
    /// Last day of its own term, when it has one.
    pub valid_to: Option<NaiveDate>,
}

/// One edition of a classifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classifier {
    /// Id of the classifier, the same in all editions.
    pub id: String,
    /// The field it has codes for.
    pub field: &'static str,
    /// Name of the edition.
    pub edition: String,
    /// First day on which the edition is in force.
    pub valid_from: NaiveDate,
    /// Last day; none while it is in force.
    pub valid_to: Option<NaiveDate>,
    /// The body or office that set it.
    pub signer: String,
    /// The act that set it.
    pub instrument: String,
    /// Its name.
    pub title: Title,
    /// Whether a submission must give a code for the field.
    pub required: bool,
    /// The codes.
    pub entries: BTreeMap<String, Entry>,
}

impl Classifier {
    /// Reads an edition from the file that messages call `path`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, as `classifier.json#/entries/3/code`.
    pub fn parse(bytes: &[u8], path: &str) -> Result<Self, Vec<Refusal>> {
        if bytes.len() > CLASSIFIER_BYTES_MAX {
            let detail = format!("{} bytes, at most {CLASSIFIER_BYTES_MAX} are admitted", bytes.len());
            return Err(vec![Refusal::new(ErrorCode::IngFieldMalformed, path, detail)]);
        }
        let value = parse(bytes)
            .map_err(|error| vec![Refusal::new(ErrorCode::IngFieldMalformed, path, format!("not JSON: {error}"))])?;
        let mut faults = Faults::default();
        let classifier = Fields::of(value, format!("{path}#"), &mut faults).and_then(classifier);
        faults.result(classifier)
    }

    /// Whether `code` is in force on `day`, which lies in the term of the edition.
    fn has(&self, code: &str, day: NaiveDate) -> bool {
        let entry = self.entries.get(code);
        entry
            .is_some_and(|e| e.valid_from.is_none_or(|first| first <= day) && e.valid_to.is_none_or(|last| day <= last))
    }
}

fn classifier(mut fields: Fields) -> Option<Classifier> {
    fields.schema(CLASSIFIER_SCHEMA);
    let id = fields.text("id", TEXT_SHORT_CHARS_MAX);
    let field = fields.required("field").and_then(|value| {
        let known = || coded_fields().map(|field| format!("{field:?} ")).collect::<String>();
        let find = |text: &str| coded_fields().find(|field| *field == text);
        fields.read("field", value, |value, subject| word_of(&value, subject, find, &known()))
    });
    let edition = fields.text("edition", TEXT_SHORT_CHARS_MAX);
    let term = term(&mut fields, true);
    let signer = fields.text("signer", TEXT_LONG_CHARS_MAX);
    let instrument = fields.text("instrument", TEXT_LONG_CHARS_MAX);
    let title = fields.required("title").and_then(|value| title(&mut fields, value));
    let required = fields.required("required").and_then(|value| {
        let flag = value.as_bool();
        if flag.is_none() {
            fields.fault(ErrorCode::IngFieldMalformed, "required", "wanted true or false");
        }
        flag
    });
    let entries = fields.required("entries").and_then(|value| entries(&mut fields, value));
    fields.end();
    let (valid_from, valid_to) = term?;
    Some(Classifier {
        id: id?,
        field: field?,
        edition: edition?,
        valid_from: valid_from?,
        valid_to,
        signer: signer?,
        instrument: instrument?,
        title: title?,
        required: required?,
        entries: entries?,
    })
}

fn title(fields: &mut Fields, value: Value) -> Option<Title> {
    let mut inner = fields.inner("title", value)?;
    let [kk, ru, en] = ["kk", "ru", "en"].map(|lang| inner.text(lang, TEXT_LONG_CHARS_MAX));
    inner.end();
    Some(Title { kk: kk?, ru: ru?, en: en? })
}

/// The first and the last day of a term; the first must be there when `begins`.
fn term(fields: &mut Fields, begins: bool) -> Option<(Option<NaiveDate>, Option<NaiveDate>)> {
    let first = if begins { fields.required("valid_from").map(Some) } else { Some(fields.optional("valid_from")) };
    let first = first.and_then(|value| day(fields, "valid_from", value));
    let last = fields.optional("valid_to");
    let last = day(fields, "valid_to", last);
    let (first, last) = (first?, last?);
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        fields.fault(ErrorCode::IngFieldMalformed, "valid_to", "the last day is before the first");
    }
    Some((first, last))
}

fn day(fields: &mut Fields, key: &str, value: Option<Value>) -> Option<Option<NaiveDate>> {
    match value {
        None => Some(None),
        Some(value) => fields.read(key, value, |value, subject| date_of(&value, subject)).map(Some),
    }
}

fn entries(fields: &mut Fields, value: Value) -> Option<BTreeMap<String, Entry>> {
    let items = fields.read("entries", value, |value, at| array_of(value, at, CLASSIFIER_ENTRIES_MAX))?;
    if items.is_empty() {
        fields.fault(ErrorCode::IngFieldMalformed, "entries", "a classifier has at least one code");
    }
    let mut entries = BTreeMap::new();
    let mut whole = true;
    for (i, item) in items.into_iter().enumerate() {
        let Some(mut inner) = fields.item(&format!("entries/{i}"), item) else {
            whole = false;
            continue;
        };
        let code = inner.text("code", TEXT_SHORT_CHARS_MAX);
        let kk = inner.text("kk", TEXT_LONG_CHARS_MAX);
        let (ru, en) = (inner.text_if_any("ru", TEXT_LONG_CHARS_MAX), inner.text_if_any("en", TEXT_LONG_CHARS_MAX));
        let term = term(&mut inner, false);
        if code.as_ref().is_some_and(|code| entries.contains_key(code)) {
            inner.fault(ErrorCode::IngFieldMalformed, "code", "the code of another entry");
        }
        inner.end();
        let entry = || {
            let (valid_from, valid_to) = term?;
            Some((code?, Entry { kk: kk?, ru: ru?, en: en?, valid_from, valid_to }))
        };
        match entry() {
            Some((code, entry)) => {
                entries.insert(code, entry);
            }
            None => whole = false,
        }
    }
    whole.then_some(entries)
}

/// A code that a submission gave, and where it is explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeUsed {
    /// The field it stands for.
    pub field: String,
    /// The code.
    pub code: String,
    /// Id of the classifier.
    pub classifier: String,
    /// The edition that was in force.
    pub edition: String,
}

/// The editions an archive has adopted.
#[derive(Debug, Clone, Default)]
pub struct Classifiers {
    /// In the order of adoption.
    adopted: Vec<Classifier>,
}

impl Classifiers {
    /// The editions in the order in which they were adopted.
    pub fn new(adopted: Vec<Classifier>) -> Self {
        Self { adopted }
    }

    /// Adds an edition that was adopted after all others.
    pub fn adopt(&mut self, edition: Classifier) {
        self.adopted.push(edition);
    }

    /// The editions in the order in which they were adopted.
    pub fn adopted(&self) -> &[Classifier] {
        &self.adopted
    }

    /// The edition for `field` on `day`: of those that have begun the one that began last, of several the one adopted
    /// last. When that one has ended, there is none: it had replaced the older ones.
    pub fn in_force(&self, field: &str, day: NaiveDate) -> Option<&Classifier> {
        let begun = self.adopted.iter().filter(|c| c.field == field && c.valid_from <= day);
        // Of equal ones this gives the last.
        let newest = begun.max_by_key(|c| c.valid_from)?;
        newest.valid_to.is_none_or(|last| day <= last).then_some(newest)
    }

    /// Checks the codes of a submission on `day`: each must be in the edition in force, and every classifier that is
    /// required must have one.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every code that is unknown or missing, as `submission.json#/codes/document_type`.
    pub fn check(&self, codes: &BTreeMap<String, String>, day: NaiveDate) -> Result<Vec<CodeUsed>, Vec<Refusal>> {
        let mut used = Vec::with_capacity(codes.len());
        let mut faults = Faults::default();
        let mut unknown = |field: &str, detail: String| {
            faults.add(ErrorCode::IngCodeUnknown, format!("{SUBMISSION_FILE}#/codes/{field}"), detail);
        };
        for (field, code) in codes {
            match self.in_force(field, day) {
                None => unknown(field, format!("no classifier for this field is in force on {day}")),
                Some(edition) if !edition.has(code, day) => {
                    unknown(field, format!("not in {} {} on {day}", edition.id, edition.edition));
                }
                Some(edition) => used.push(CodeUsed {
                    field: field.clone(),
                    code: code.clone(),
                    classifier: edition.id.clone(),
                    edition: edition.edition.clone(),
                }),
            }
        }
        let fields: BTreeSet<&str> = self.adopted.iter().map(|c| c.field).collect();
        for edition in fields.into_iter().filter_map(|field| self.in_force(field, day)) {
            if edition.required && !codes.contains_key(edition.field) {
                unknown(edition.field, format!("{} {} requires a code", edition.id, edition.edition));
            }
        }
        faults.result(Some(used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        json!({
            "schema": CLASSIFIER_SCHEMA, "id": "document-types", "field": "document_type", "edition": "2026-1",
            "valid_from": "2026-01-01", "valid_to": null,
            "signer": "Үлгі архив органы", "instrument": "Үлгі бұйрық № 1",
            "title": {"kk": "Құжат түрлері", "ru": "Виды документов", "en": "Document types"}, "required": false,
            "entries": [
                {"code": "02", "kk": "Хат", "ru": "Письмо", "en": "Letter"},
                {"code": "01", "kk": "Бұйрық"},
                {"code": "03", "kk": "Акт", "valid_from": "2026-02-01", "valid_to": "2026-02-28"},
            ],
        })
    }

    fn with(pointer: &str, new: Value) -> Value {
        let mut value = sample();
        *value.pointer_mut(pointer).unwrap() = new;
        value
    }

    fn parse_value(value: &Value) -> Result<Classifier, Vec<Refusal>> {
        Classifier::parse(&serde_json::to_vec(value).unwrap(), "c.json")
    }

    #[track_caller]
    fn refused(value: &Value, wanted: &[(ErrorCode, &str)]) {
        let found: Vec<_> = parse_value(value).unwrap_err().into_iter().map(|r| (r.code, r.subject)).collect();
        let wanted: Vec<_> = wanted.iter().map(|(code, at)| (*code, format!("c.json#{at}"))).collect();
        assert_eq!(found, wanted);
    }

    fn edition(name: &str, from: &str, to: Option<&str>, codes: &[&str]) -> Classifier {
        let entries: Vec<Value> = codes.iter().map(|code| json!({"code": code, "kk": "Үлгі"})).collect();
        let mut value = with("/edition", json!(name));
        value["valid_from"] = json!(from);
        value["valid_to"] = json!(to);
        value["entries"] = json!(entries);
        parse_value(&value).unwrap()
    }

    fn codes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect()
    }

    fn on(day: &str) -> NaiveDate {
        day.parse().unwrap()
    }

    #[test]
    fn an_edition_is_read() {
        let classifier = parse_value(&sample()).unwrap();
        assert_eq!((classifier.field, classifier.entries.len()), ("document_type", 3));
        assert_eq!(classifier.entries["01"].ru, None);
        for field in coded_fields() {
            assert!(parse_value(&with("/field", json!(field))).is_ok(), "{field}");
        }
        assert_eq!(coded_fields().count(), CardKey::ALL.len() + 1);
    }

    #[test]
    fn faults_of_an_edition_are_all_named() {
        use ErrorCode::*;
        refused(&with("/field", json!("sheets_document")), &[(IngFieldMalformed, "/field")]);
        refused(&with("/valid_from", Value::Null), &[(IngFieldMalformed, "/valid_from")]);
        refused(&with("/valid_to", json!("2025-12-31")), &[(IngFieldMalformed, "/valid_to")]);
        assert!(parse_value(&with("/valid_to", json!("2026-01-01"))).is_ok(), "a term of one day");
        refused(&with("/required", json!("no")), &[(IngFieldMalformed, "/required")]);
        refused(&with("/entries", json!([])), &[(IngFieldMalformed, "/entries")]);
        refused(&with("/entries/2/code", json!("02")), &[(IngFieldMalformed, "/entries/2/code")]);
        refused(&with("/entries/2/valid_to", json!("2026-01-31")), &[(IngFieldMalformed, "/entries/2/valid_to")]);
        refused(&with("/title/ru", json!("")), &[(IngFieldMalformed, "/title/ru")]);
        let mut value = with("/entries/0", json!({"code": 2, "name": "Хат"}));
        value["entries"][1] = json!("01");
        value.as_object_mut().unwrap().remove("signer");
        value["note"] = json!(1);
        refused(
            &value,
            &[
                (IngFieldMissing, "/signer"),
                (IngFieldMalformed, "/entries/0/code"),
                (IngFieldMissing, "/entries/0/kk"),
                (IngKeyUnknown, "/entries/0/name"),
                (IngFieldMalformed, "/entries/1"),
                (IngKeyUnknown, "/note"),
            ],
        );
        for bytes in [&b"{"[..], b"[]", b"{\"id\":\"a\",\"id\":\"a\"}"] {
            assert_eq!(Classifier::parse(bytes, "c.json").unwrap_err()[0].code, IngFieldMalformed);
        }
    }

    #[test]
    fn an_edition_is_bounded() {
        let many = |count: usize| {
            let entry = |i: usize| json!({"code": i.to_string(), "kk": "Ү"});
            with("/entries", (0..count).map(entry).collect())
        };
        assert_eq!(parse_value(&many(CLASSIFIER_ENTRIES_MAX)).unwrap().entries.len(), CLASSIFIER_ENTRIES_MAX);
        refused(&many(CLASSIFIER_ENTRIES_MAX + 1), &[(ErrorCode::IngFieldMalformed, "/entries")]);
        let large = vec![b' '; CLASSIFIER_BYTES_MAX + 1];
        assert!(Classifier::parse(&large, "c.json").unwrap_err()[0].detail.contains("bytes"));
        assert!(Classifier::parse(&large[1..], "c.json").unwrap_err()[0].detail.contains("JSON"));
    }

    #[test]
    fn the_edition_in_force_is_the_one_that_began_last_then_the_one_adopted_last() {
        let classifiers = Classifiers::new(vec![
            edition("b", "2026-03-01", Some("2026-03-31"), &["2"]),
            edition("a", "2026-01-01", None, &["1"]),
            edition("a corrected", "2026-01-01", None, &["1", "9"]),
        ]);
        let name = |day: &str| classifiers.in_force("document_type", on(day)).map(|c| c.edition.as_str());
        assert_eq!(name("2025-12-31"), None);
        assert_eq!(name("2026-01-01"), Some("a corrected"));
        assert_eq!(name("2026-02-28"), Some("a corrected"));
        assert_eq!((name("2026-03-01"), name("2026-03-31")), (Some("b"), Some("b")));
        assert_eq!(name("2026-04-01"), None, "an edition that was replaced does not come back");
        assert_eq!(classifiers.in_force("agency", on("2026-02-01")), None);
    }

    #[test]
    fn codes_are_checked_on_their_day() {
        let mut classifiers = Classifiers::default();
        classifiers.adopt(parse_value(&sample()).unwrap());
        let check = |pairs: &[(&str, &str)], day: &str| classifiers.check(&codes(pairs), on(day));
        assert_eq!(check(&[], "2026-02-01"), Ok(vec![]));
        let used = CodeUsed {
            field: "document_type".to_owned(),
            code: "02".to_owned(),
            classifier: "document-types".to_owned(),
            edition: "2026-1".to_owned(),
        };
        assert_eq!(check(&[("document_type", "02")], "2026-02-01"), Ok(vec![used]));
        // A code has its own term.
        for (day, known) in [("2026-01-31", false), ("2026-02-01", true), ("2026-02-28", true), ("2026-03-01", false)] {
            assert_eq!(check(&[("document_type", "03")], day).is_ok(), known, "{day}");
        }
        let subjects = |pairs: &[(&str, &str)], day: &str| -> Vec<String> {
            let refusals = check(pairs, day).unwrap_err();
            assert!(refusals.iter().all(|r| r.code == ErrorCode::IngCodeUnknown));
            refusals.into_iter().map(|r| r.subject).collect()
        };
        let both = ["submission.json#/codes/agency", "submission.json#/codes/document_type"];
        assert_eq!(subjects(&[("document_type", "2"), ("agency", "1")], "2026-02-01"), both);
        assert_eq!(subjects(&[("document_type", "02")], "2025-12-31"), both[1..], "not in force yet");
    }

    #[test]
    fn a_required_classifier_wants_its_code_while_it_is_in_force() {
        let classifiers = Classifiers::new(vec![parse_value(&with("/required", json!(true))).unwrap()]);
        let refusals = classifiers.check(&codes(&[]), on("2026-01-01")).unwrap_err();
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].code, ErrorCode::IngCodeUnknown);
        assert_eq!(refusals[0].subject, "submission.json#/codes/document_type");
        assert!(classifiers.check(&codes(&[]), on("2025-12-31")).is_ok());
        assert!(classifiers.check(&codes(&[("document_type", "01")]), on("2026-01-01")).is_ok());
    }
}
