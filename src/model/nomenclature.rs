//! The nomenclature of files (істер номенклатурасы, номенклатура дел): which files an agency keeps in a year.
//!
//! A [`Nomenclature`] is one TOML file of `schema/nomenclature/1`: for every index the title of the file, the item of
//! a list that it is kept by, and its form (N 430 cl. 33, 50). An agency has one a year; a later version of the same
//! year replaces it for files that are opened from then on, and changes none that is open already.
//!
//! It reads no file and no clock.

use super::case_file::{FileForm, ListItem};
use super::digest::{Sha256, sha256};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::collections::BTreeSet;

/// The value of a nomenclature's `schema` field.
pub const NOMENCLATURE_SCHEMA: &str = "muragat/nomenclature/1";
/// Bytes of one nomenclature. Own bound: the rows below with long titles.
pub const NOMENCLATURE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Rows of one nomenclature. Own bound: the largest ministries have some thousand files a year.
const ROWS_MAX: usize = 20_000;
/// Years that a nomenclature may be for.
pub const YEARS: std::ops::RangeInclusive<u16> = 1900..=2999;

/// A file that the nomenclature has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its index: `01-05`.
    pub index: String,
    /// Its title.
    pub title: String,
    /// What it is kept by, `LIST/ITEM`; none: not known, so its files are never due.
    #[serde(default, deserialize_with = "item")]
    pub item: Option<ListItem>,
    /// In which form its documents are kept.
    #[serde(deserialize_with = "form")]
    pub form: FileForm,
    /// A remark.
    pub note: Option<String>,
}

/// The files of an agency in a year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nomenclature {
    schema: String,
    /// Code of the agency.
    pub agency: String,
    /// The year.
    pub year: u16,
    /// When the head of the agency approved it.
    #[serde(deserialize_with = "date")]
    pub approved: NaiveDate,
    /// When the archive agreed to it; none: it has not.
    #[serde(default, deserialize_with = "date_if_any")]
    pub agreed: Option<NaiveDate>,
    /// Its files.
    #[serde(rename = "row")]
    pub rows: Vec<Row>,
    /// SHA-256 of the file.
    #[serde(skip, default = "of_nothing")]
    pub sha256: Sha256,
}

fn of_nothing() -> Sha256 {
    sha256(b"")
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    let date = text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| D::Error::custom("a date is written YYYY-MM-DD"))
}

fn date_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    date(deserializer).map(Some)
}

fn item<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ListItem>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

fn form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FileForm, D::Error> {
    let text = String::deserialize(deserializer)?;
    FileForm::parse(&text).ok_or_else(|| D::Error::custom(format!("a form is one of {}", FileForm::KNOWN)))
}

impl Nomenclature {
    /// Reads a nomenclature from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about the first fault of form, or about every fault of content.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let refusal = |at: &str, detail: String| {
            let subject = if at.is_empty() { name.to_owned() } else { format!("{name}#{at}") };
            Refusal::new(ErrorCode::FilNomenclature, subject, detail)
        };
        if bytes.len() > NOMENCLATURE_BYTES_MAX {
            let detail = format!("{} bytes, at most {NOMENCLATURE_BYTES_MAX} are admitted", bytes.len());
            return Err(vec![refusal("", detail)]);
        }
        let text = std::str::from_utf8(bytes).map_err(|e| vec![refusal("", e.to_string())])?;
        let read: Self = toml::from_str(text).map_err(|e| vec![refusal("", e.to_string())])?;
        let mut faults = Vec::new();
        if read.schema != NOMENCLATURE_SCHEMA {
            faults.push(refusal("/schema", format!("wanted {NOMENCLATURE_SCHEMA:?}")));
        }
        if !is_text(&read.agency, TEXT_SHORT_CHARS_MAX) {
            faults.push(refusal("/agency", "blank, too long or unprintable".to_owned()));
        }
        if !YEARS.contains(&read.year) {
            faults.push(refusal("/year", format!("a year from {} to {}", YEARS.start(), YEARS.end())));
        }
        if read.rows.is_empty() || read.rows.len() > ROWS_MAX {
            faults.push(refusal("/row", format!("from 1 to {ROWS_MAX} rows")));
        }
        let mut known = BTreeSet::new();
        for (n, row) in read.rows.iter().enumerate() {
            let at = |field: &str| format!("/row/{n}/{field}");
            if !is_text(&row.index, TEXT_SHORT_CHARS_MAX) {
                faults.push(refusal(&at("index"), "blank, too long or unprintable".to_owned()));
            }
            if !known.insert(&row.index) {
                faults.push(refusal(&at("index"), format!("{:?} stands twice", row.index)));
            }
            for (field, text) in [("title", Some(&row.title)), ("note", row.note.as_ref())] {
                if text.is_some_and(|text| !is_text(text, TEXT_LONG_CHARS_MAX)) {
                    faults.push(refusal(&at(field), "blank, too long or unprintable".to_owned()));
                }
            }
        }
        faults.truncate(super::strict::FAULTS_MAX);
        if faults.is_empty() { Ok(Self { sha256: sha256(bytes), ..read }) } else { Err(faults) }
    }

    /// The row of an index.
    pub fn row(&self, index: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.index == index)
    }
}

fn is_text(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= chars_max && !text.contains(super::strict::is_unprintable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
schema = "muragat/nomenclature/1"
agency = "ҮЛГІ-01"
year = 2026
approved = "2025-12-20"

[[row]]
index = "01-05"
title = "Негізгі қызмет бойынша хат алмасу"
item = "KZ-SAMPLE/s-22"
form = "electronic"

[[row]]
index = "01-06"
title = "Бұйрықтар"
form = "mixed"
note = "бар болса"
"#;

    #[test]
    fn a_nomenclature_is_read() {
        let read = Nomenclature::parse(SAMPLE.as_bytes(), "n").unwrap();
        assert_eq!((read.rows.len(), read.year, read.agreed), (2, 2026, None));
        assert_eq!(read.row("01-05").unwrap().item.as_ref().unwrap().item, "s-22");
        assert_eq!(read.row("01-06").unwrap().item, None);
        assert!(read.row("01").is_none());
    }

    #[test]
    fn every_fault_is_refused() {
        for (from, to, place) in [
            ("nomenclature/1", "nomenclature/2", "n#/schema"),
            ("2026", "26", "n#/year"),
            ("01-06", "01-05", "n#/row/1/index"),
            ("Бұйрықтар", " ", "n#/row/1/title"),
            ("бар болса", "\\u0007", "n#/row/1/note"),
            ("ҮЛГІ-01", "", "n#/agency"),
            ("2025-12-20", "20.12.2025", "n"),
            ("electronic", "digital", "n"),
            ("KZ-SAMPLE/s-22", "s-22", "n"),
            ("[[row]]", "[[rows]]", "n"),
        ] {
            let faults = Nomenclature::parse(SAMPLE.replacen(from, to, 1).as_bytes(), "n").unwrap_err();
            assert_eq!((faults.len(), faults[0].subject.as_str()), (1, place), "{from} -> {to}: {faults:?}");
            assert_eq!(faults[0].code, ErrorCode::FilNomenclature);
        }
        assert!(Nomenclature::parse(b"\xff", "n").is_err() && Nomenclature::parse(b"", "n").is_err());
    }
}
