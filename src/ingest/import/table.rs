//! The table of an import: CSV by the profile in, rows with what is wrong with each out.
//!
//! The table is read whole before a row of it is taken in: what two rows claim both is refused in both, because nobody
//! but a person knows whose it is. A fault of one row leaves the others alone; a fault of the table refuses it.

use super::super::unpack::Holding;
use super::profile::{Field, FileColumn, Profile};
use crate::error::{ErrorCode, Refusal};
use crate::model::digest::{Sha256, sha256};
use crate::model::fold;
use crate::model::path;
use crate::model::strict::shown;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of one table. Own bound: the rows below with long titles; a larger holding comes in several tables.
pub(super) const TABLE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Rows of one table. Own bound.
const ROWS_MAX: usize = 200_000;
/// Between a signature and what it covers. No path has this sign.
const COVERS: char = '>';

/// A file that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) column: FileColumn,
    pub(super) path: String,
    /// What a signature or time-stamp covers.
    pub(super) covers: Vec<String>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    /// Line of the table on which it begins; the header is line 1.
    pub(super) line: u64,
    /// Values by field: of the cell, or the default. A date is written as ISO 8601 has it.
    pub(super) values: BTreeMap<Field, String>,
    pub(super) files: Vec<Named>,
    /// What is wrong with it.
    pub(super) faults: Vec<Refusal>,
}

impl Row {
    /// A value, empty when there is none.
    pub(super) fn value(&self, field: Field) -> &str {
        self.values.get(&field).map_or("", String::as_str)
    }

    /// A value that is a date.
    pub(super) fn date(&self, field: Field) -> Option<NaiveDate> {
        self.value(field).parse().ok()
    }

    fn fault(&mut self, code: ErrorCode, subject: &str, detail: impl Into<String>) {
        self.faults.push(Refusal::new(code, shown(subject), detail));
    }
}

/// A table that was read.
#[derive(Debug)]
pub(super) struct Table {
    /// Name of the file.
    pub(super) name: String,
    pub(super) sha256: Sha256,
    pub(super) rows: Vec<Row>,
}

impl Table {
    /// Reads the table that messages call `name`.
    pub(super) fn read(bytes: &[u8], name: &str, profile: &Profile, today: NaiveDate) -> Result<Self, Vec<Refusal>> {
        let refusal = |detail: String| vec![Refusal::new(ErrorCode::ImpTable, name, detail)];
        if bytes.len() > TABLE_BYTES_MAX {
            return Err(refusal(format!("more than {TABLE_BYTES_MAX} bytes")));
        }
        if let Err(e) = std::str::from_utf8(bytes) {
            let line = bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            return Err(refusal(format!("line {line} is not UTF-8; save the table as CSV UTF-8")));
        }
        // Ragged rows are told one by one; so is what else is wrong with a row.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader =
            csv::ReaderBuilder::new().delimiter(profile.delimiter).has_headers(false).flexible(true).from_reader(text);
        let mut records = reader.records();
        let unreadable = |e: csv::Error| refusal(e.to_string());
        let header =
            records.next().transpose().map_err(unreadable)?.ok_or_else(|| refusal("it is empty".to_owned()))?;
        let columns = Columns::of(&header, profile).map_err(|details| {
            details.into_iter().map(|detail| Refusal::new(ErrorCode::ImpTable, name, detail)).collect::<Vec<_>>()
        })?;
        let mut rows = Vec::new();
        for record in records {
            let record = record.map_err(unreadable)?;
            if rows.len() == ROWS_MAX {
                return Err(refusal(format!("more than {ROWS_MAX} rows")));
            }
            rows.push(columns.row(&record, header.len(), profile, today));
        }
        check_repeated(&mut rows);
        Ok(Self { name: name.to_owned(), sha256: sha256(bytes), rows })
    }

    /// Notes what the folder does not have, and gives the files in it that no row names.
    pub(super) fn check_files(&mut self, holding: &Holding) -> Vec<String> {
        let mut named = BTreeSet::new();
        for row in &mut self.rows {
            let mut faults = Vec::new();
            for file in &row.files {
                named.insert(file.path.clone());
                faults.extend(holding.fault(&file.path));
            }
            row.faults.append(&mut faults);
        }
        holding.names().filter(|name| !named.contains(*name)).map(str::to_owned).collect()
    }
}

/// Positions of columns in a row.
struct Columns {
    fields: Vec<(Field, usize)>,
    files: Vec<(FileColumn, usize)>,
    /// Their names, by position.
    names: Vec<String>,
}

impl Columns {
    fn of(header: &csv::StringRecord, profile: &Profile) -> Result<Self, Vec<String>> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let mut faults = Vec::new();
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                faults.push(format!("column {:?} is there twice", shown(name)));
            }
            let is_known = profile.columns.values().chain(profile.files.values()).any(|known| known == name)
                || profile.ignored.contains(name);
            if !is_known {
                faults.push(format!("column {:?} is not in the profile, nor in its `ignore`", shown(name)));
            }
        }
        let mut place = |wanted: &String| {
            let found = names.iter().position(|name| name == wanted);
            if found.is_none() {
                faults.push(format!("column {:?} of the profile is missing", shown(wanted)));
            }
            found
        };
        let fields = profile.columns.iter().filter_map(|(field, name)| Some((*field, place(name)?))).collect();
        let files = profile.files.iter().filter_map(|(column, name)| Some((*column, place(name)?))).collect();
        if faults.is_empty() { Ok(Self { fields, files, names }) } else { Err(faults) }
    }

    fn row(&self, record: &csv::StringRecord, cells: usize, profile: &Profile, today: NaiveDate) -> Row {
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row { line, values: profile.defaults.clone(), files: Vec::new(), faults: Vec::new() };
        if record.len() != cells {
            row.fault(ErrorCode::ImpRow, "", format!("{} cells, the header has {cells}", record.len()));
            return row;
        }
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        for (field, at) in &self.fields {
            let text = cell(*at);
            if text.is_empty() {
                continue;
            }
            if let Some(value) = self.value(&mut row, *field, text, &self.names[*at], profile) {
                row.values.insert(*field, value);
            }
        }
        for (column, at) in &self.files {
            for item in cell(*at).split(profile.list_separator).map(str::trim).filter(|item| !item.is_empty()) {
                self.file(&mut row, *column, item, &self.names[*at]);
            }
        }
        check_dates(&mut row, profile, today);
        row
    }

    /// The value of a field; none when it is not as it must be.
    fn value(&self, row: &mut Row, field: Field, text: &str, column: &str, profile: &Profile) -> Option<String> {
        if let Some(values) = profile.values.get(&field) {
            let value = values.get(text).cloned();
            if value.is_none() {
                row.fault(ErrorCode::ImpRow, column, "the profile does not say what this code stands for");
            }
            return value;
        }
        if !field.is_date() {
            return Some(text.to_owned());
        }
        let date = profile.date_format.read(text);
        if date.is_none() {
            row.fault(ErrorCode::ImpRow, column, format!("no date written {}", profile.date_format));
        }
        date.map(|date| date.to_string())
    }

    /// One file of a cell: a path, behind a signature what it covers.
    fn file(&self, row: &mut Row, column: FileColumn, item: &str, name: &str) {
        let has_covers = matches!(column, FileColumn::Signature | FileColumn::Timestamp);
        // Tables of Windows systems have backslashes, which no path of a record has.
        let mut paths = item.split(COVERS).map(|path| path.trim().replace('\\', "/"));
        let path = paths.next().unwrap_or_default();
        let covers: Vec<String> = paths.collect();
        if !covers.is_empty() && !has_covers {
            row.fault(ErrorCode::ImpRow, name, "only a signature or a time-stamp covers other files");
        }
        if let Err(what) = path::check(&path) {
            row.fault(ErrorCode::IngPathUnsafe, &path, what);
            return;
        }
        row.files.push(Named { column, path, covers });
    }
}

fn check_dates(row: &mut Row, profile: &Profile, today: NaiveDate) {
    for field in [Field::RegistrationNumber, Field::DocumentDate] {
        if row.value(field).is_empty() && row.faults.is_empty() {
            row.fault(ErrorCode::IngFieldMissing, field.as_str(), "the cell is blank");
        }
    }
    let (from, to) = profile.period;
    if let Some(date) = row.date(Field::DocumentDate)
        && !(from..=to).contains(&date)
    {
        row.fault(ErrorCode::ImpPeriod, Field::DocumentDate.as_str(), format!("{date} is not from {from} to {to}"));
    }
    if row.date(Field::ReceiptDate).is_some_and(|date| date > today) {
        row.fault(ErrorCode::ImpRow, Field::ReceiptDate.as_str(), "later than today");
    }
}

/// Notes what two rows both claim: a registration, or a file. Certificates and revocation data may serve many rows.
fn check_repeated(rows: &mut [Row]) {
    let mut registrations: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    let mut files: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        let number = fold::number(row.value(Field::RegistrationNumber));
        if !number.is_empty() {
            registrations.entry((number, row.value(Field::DocumentDate).to_owned())).or_default().push(i);
        }
        let shared = |named: &&Named| matches!(named.column, FileColumn::Certificate | FileColumn::Revocation);
        let paths: BTreeSet<&str> = row.files.iter().filter(|f| !shared(f)).map(|f| f.path.as_str()).collect();
        for path in paths {
            files.entry(path.to_owned()).or_default().push(i);
        }
    }
    let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
    let mut note = |claimed: &[usize], subject: &str, what: &str| {
        for i in claimed {
            let others: Vec<String> =
                claimed.iter().filter(|other| *other != i).take(3).map(|other| lines[*other].to_string()).collect();
            rows[*i].fault(ErrorCode::ImpRepeated, subject, format!("{what} of line {} too", others.join(", ")));
        }
    };
    for claimed in registrations.values().filter(|claimed| claimed.len() > 1) {
        note(claimed, Field::RegistrationNumber.as_str(), "the registration");
    }
    for (path, claimed) in files.iter().filter(|(_, claimed)| claimed.len() > 1) {
        note(claimed, path, "a file");
    }
}
