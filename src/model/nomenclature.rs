//! The nomenclature of files (істер номенклатурасы, номенклатура дел): which files an agency keeps in a year.
//!
//! A [`Nomenclature`] is one TOML file of `schema/nomenclature/1`: for every index the title of the file, the item of
//! a list that it is kept by, and its form (N 430 cl. 33, 50). An agency has one a year; a later version of the same
//! year replaces it for files that are opened from then on, and changes none that is open already.
//!
//! It reads no file and no clock.

use super::case_file::{FileForm, ListItem};
use super::digest::{Sha256, sha256};
use super::document::{self, date_if_any, required_date, tables};
use super::strict::{Fields, malformed, plain_text_of};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use chrono::NaiveDate;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its index: `01-05`.
    pub index: String,
    /// Its title.
    pub title: String,
    /// What it is kept by, `LIST/ITEM`; none: not known, so its files are never due.
    pub item: Option<ListItem>,
    /// In which form its documents are kept.
    pub form: FileForm,
    /// A remark.
    pub note: Option<String>,
}

/// The files of an agency in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nomenclature {
    /// Code of the agency.
    pub agency: String,
    /// The year.
    pub year: u16,
    /// When the head of the agency approved it.
    pub approved: NaiveDate,
    /// When the archive agreed to it; none: it has not.
    pub agreed: Option<NaiveDate>,
    /// Its files.
    pub rows: Vec<Row>,
    /// SHA-256 of the file.
    pub sha256: Sha256,
}

impl Nomenclature {
    /// Reads a nomenclature from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, as `nomenclature.toml#/row/16/form (line 211)`; rows are counted from 0.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let code = ErrorCode::FilNomenclature;
        let read = document::parse(bytes, name, NOMENCLATURE_BYTES_MAX, code, nomenclature)?;
        Ok(Self { sha256: sha256(bytes), ..read })
    }

    /// The row of an index.
    pub fn row(&self, index: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.index == index)
    }
}

fn nomenclature(mut fields: Fields) -> Option<Nomenclature> {
    fields.schema(NOMENCLATURE_SCHEMA);
    let agency = fields.plain_text("agency", TEXT_SHORT_CHARS_MAX);
    let year = fields.number("year", (*YEARS.start()).into(), (*YEARS.end()).into());
    let (approved, agreed) = (required_date(&mut fields, "approved"), date_if_any(&mut fields, "agreed"));
    let mut known = BTreeSet::new();
    let rows = tables(&mut fields, "row", ROWS_MAX, |inner| row(inner, &mut known));
    if rows.as_ref().is_some_and(Vec::is_empty) {
        fields.fault(ErrorCode::IngFieldMissing, "row", format!("from 1 to {ROWS_MAX} rows"));
    }
    fields.end();
    Some(Nomenclature {
        agency: agency?,
        year: u16::try_from(year?).ok()?,
        approved: approved?,
        agreed: agreed?,
        rows: rows?,
        sha256: sha256(b""),
    })
}

/// A row; `known` are the indexes before it.
fn row(mut fields: Fields, known: &mut BTreeSet<String>) -> Option<Row> {
    let index = fields.plain_text("index", TEXT_SHORT_CHARS_MAX);
    if let Some(index) = index.as_ref().filter(|index| !known.insert((*index).clone())) {
        fields.fault(ErrorCode::IngFieldMalformed, "index", format!("{index:?} stands twice"));
    }
    let title = fields.plain_text("title", TEXT_LONG_CHARS_MAX);
    let item = match fields.optional("item") {
        None => Some(None),
        Some(value) => fields.read("item", value, |value, at| {
            let item = value.as_str().and_then(|text| text.parse().ok());
            item.map(Some).ok_or_else(|| malformed(at, "an item, written LIST/ITEM", &value))
        }),
    };
    let form = fields.word("form", FileForm::parse, FileForm::KNOWN);
    let note = match fields.optional("note") {
        None => Some(None),
        Some(value) => fields.read("note", value, |value, at| plain_text_of(value, at, TEXT_LONG_CHARS_MAX).map(Some)),
    };
    fields.end();
    Some(Row { index: index?, title: title?, item: item?, form: form?, note: note? })
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
            ("nomenclature/1", "nomenclature/2", "/schema (line 2)"),
            ("2026", "26", "/year (line 4)"),
            ("01-06", "01-05", "/row/1/index (line 14)"),
            ("Бұйрықтар", " ", "/row/1/title (line 15)"),
            ("бар болса", "\\u0007", "/row/1/note (line 17)"),
            ("бар болса", "\\u202e", "/row/1/note (line 17)"),
            ("Бұйрықтар", "Бұйрық\\u2066тар", "/row/1/title (line 15)"),
            ("ҮЛГІ-01", "", "/agency (line 3)"),
            ("2025-12-20", "20.12.2025", "/approved (line 5)"),
            ("electronic", "digital", "/row/0/form (line 11)"),
            ("KZ-SAMPLE/s-22", "s-22", "/row/0/item (line 10)"),
            ("[[row]]", "[[rows]]", "/rows (line 7)"),
            ("form = \"mixed\"", "", "/row/1/form (line 13)"),
        ] {
            let faults = Nomenclature::parse(SAMPLE.replacen(from, to, 1).as_bytes(), "n").unwrap_err();
            let place = format!("n#{place}");
            assert_eq!((faults.len(), &faults[0].subject), (1, &place), "{from} -> {to}: {faults:?}");
            assert_eq!(faults[0].code, ErrorCode::FilNomenclature);
        }
        let rowless = &SAMPLE[..SAMPLE.find("[[row]]").unwrap()];
        assert_eq!(Nomenclature::parse(rowless.as_bytes(), "n").unwrap_err().len(), 1);
        assert!(Nomenclature::parse(b"\xff", "n").is_err() && Nomenclature::parse(b"", "n").is_err());
    }
}
