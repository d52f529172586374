//! The table of an import: CSV by the profile in, rows with what is wrong with each out.
//!
//! The table is read whole before a row of it is taken in: what two rows claim both is refused in both, because nobody
//! but a person knows whose it is. A fault of one row leaves the others alone; a fault of the table refuses it.
//!
//! Every cell is searched for marks of state secrecy before anything else is said of its row, those of passed-over
//! columns and of a row with a cell too many too.

use super::super::approval::told;
use super::super::unpack::Holding;
use super::profile::{Field, FileColumn, Profile};
use crate::error::{ErrorCode, Refusal};
use crate::limits::COMPONENTS_MAX;
use crate::model::digest::{Sha256, sha256};
use crate::model::fold;
use crate::model::path;
use crate::model::secrecy;
use crate::model::strict::{FAULTS_MAX, shown};
use crate::model::submission::is_secret_category;
use crate::text::{Lang, Text, text};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of one table. Own bound: the rows below with long titles; a larger holding comes in several tables.
pub(super) const TABLE_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Rows of one table. Own bound.
const ROWS_MAX: usize = 200_000;
/// Columns of one table. Own bound: all that a profile can name, and as many again that it does not.
const COLUMNS_MAX: usize = 512;
/// Between a signature and what it covers. No path has this sign.
const COVERS: char = '>';

const TOO_LARGE: Text =
    text("кестеде байт саны шектен көп", "в таблице байтов больше", "the table has more bytes than");
const TOO_MANY: Text = text("кестеде жол саны шектен көп", "в таблице строк больше", "the table has more rows than");
const TOO_WIDE: Text =
    text("кестеде баған саны шектен көп", "в таблице столбцов больше", "the table has more columns than");
const TOO_MANY_FILES: Text =
    text("жолда файл саны шектен көп", "в строке файлов больше", "the row names more files than");
const EMPTY: Text = text("кесте бос", "таблица пуста", "the table is empty");
const NOT_UTF8: Text = text(
    "жол UTF-8 емес; кестені «CSV UTF-8» түрінде сақтаңыз",
    "строка не в UTF-8; сохраните таблицу как «CSV UTF-8»",
    "line is not UTF-8; save the table as «CSV UTF-8»",
);
const UNREADABLE: Text = text("кесте CSV емес", "таблица не CSV", "the table is not CSV");
const COLUMN_TWICE: Text = text("баған екі рет бар", "столбец есть дважды", "the column is there twice");
const COLUMN_UNKNOWN: Text = text(
    "баған бейінде де, оның «ignore» тізімінде де жоқ",
    "столбца нет ни в профиле, ни в его «ignore»",
    "the column is not in the profile, nor in its `ignore`",
);
const COLUMN_MISSING: Text =
    text("бейіндегі баған кестеде жоқ", "столбца профиля нет в таблице", "the column of the profile is missing");
const CELLS: Text = text(
    "жолдағы және тақырыптағы ұяшықтар саны әртүрлі",
    "в строке и в заголовке разное число ячеек",
    "the row and the header have different numbers of cells",
);
const CODE_UNKNOWN: Text = text(
    "бейінде бұл кодтың мәні көрсетілмеген",
    "в профиле не сказано, что означает этот код",
    "the profile does not say what this code stands for",
);
const DATE_FORM: Text = text("бұл мына түрдегі күн емес:", "это не дата в виде", "this is no date written");
const NO_COVERS: Text = text(
    "басқа файлдарды қолтаңба мен уақыт белгісі ғана қамтиды",
    "другие файлы охватывает только подпись или метка времени",
    "only a signature or a time-stamp covers other files",
);
const BLANK: Text = text("ұяшық бос", "ячейка пуста", "the cell is blank");
const PERIOD: Text = text(
    "құжат күні бейін кезеңінен тыс",
    "дата документа вне периода профиля",
    "the date of the document is outside the period of the profile",
);
const LATER: Text = text("бүгіннен кейінгі күн", "дата позже сегодняшней", "the date is later than today");
const SAME_REGISTRATION: Text = text(
    "дәл осы тіркеу басқа жолда да бар",
    "та же регистрация есть и в другой строке",
    "the same registration is on another line too",
);
const SAME_FILE: Text = text(
    "дәл осы файл басқа жолда да аталған",
    "тот же файл назван и в другой строке",
    "the same file is named on another line too",
);
const NO_FILE: Text = text(
    "кестеде аталған файл қалтада жоқ",
    "файла, названного в таблице, нет в папке",
    "the folder has no such file, which the table names",
);

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
    /// The code of the mark of state secrecy that it bears, in whatever cell: then it is told by codes only.
    pub(super) secret: Option<ErrorCode>,
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

    fn fault(&mut self, code: ErrorCode, subject: &str, say: impl Fn(Lang) -> String) {
        self.note(told(code, shown(subject), say));
    }

    /// Notes a fault; those past [`FAULTS_MAX`] are not named.
    fn note(&mut self, fault: Refusal) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
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
        let refused = |say: &dyn Fn(Lang) -> String| vec![told(ErrorCode::ImpTable, name, say)];
        if bytes.len() > TABLE_BYTES_MAX {
            return Err(refused(&|lang| format!("{} {TABLE_BYTES_MAX}", TOO_LARGE.get(lang))));
        }
        if let Err(e) = std::str::from_utf8(bytes) {
            let line = Lines::default().to(bytes, e.valid_up_to());
            return Err(refused(&|lang| format!("#{line}: {}", NOT_UTF8.get(lang))));
        }
        // Ragged rows are told one by one; so is what else is wrong with a row.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader =
            csv::ReaderBuilder::new().delimiter(profile.delimiter).has_headers(false).flexible(true).from_reader(text);
        let mut records = reader.records();
        let unreadable = |e: csv::Error| refused(&|lang| format!("{}: {e}", UNREADABLE.get(lang)));
        let empty = || refused(&|lang| EMPTY.get(lang).to_owned());
        let header = records.next().transpose().map_err(unreadable)?.ok_or_else(empty)?;
        if header.len() > COLUMNS_MAX {
            return Err(refused(&|lang| format!("{} {COLUMNS_MAX}", TOO_WIDE.get(lang))));
        }
        let columns = Columns::of(&header, profile, name)?;
        let (mut rows, mut lines) = (Vec::new(), Lines::default());
        for record in records {
            let record = record.map_err(unreadable)?;
            if rows.len() == ROWS_MAX {
                return Err(refused(&|lang| format!("{} {ROWS_MAX}", TOO_MANY.get(lang))));
            }
            let line = lines.of_record(text, &record);
            rows.push(columns.row((line, &record), header.len(), profile, today));
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
                faults.extend(holding.fault(&file.path).map(|fault| match fault.code {
                    // Its text speaks of a file of the Producer; here the table is what names files.
                    ErrorCode::IngFileMissing => {
                        told(ErrorCode::ImpRow, fault.subject, |lang| NO_FILE.get(lang).to_owned())
                    }
                    _ => fault,
                }));
            }
            faults.into_iter().for_each(|fault| row.note(fault));
        }
        // Of a file whose name has a mark of state secrecy only that it is there is said.
        let told = |name: &str| match secrecy::is_state_secret(name) {
            true => ErrorCode::IngSecrecyMark.to_string(),
            false => name.to_owned(),
        };
        holding.names().filter(|name| !named.contains(*name)).map(told).collect()
    }
}

/// Counts lines up to places that come one after the other. CR LF, LF and CR each end a line, in quotes too: that is
/// how an editor numbers them. The CSV reader counts a CR LF only when it reads on.
struct Lines {
    at: usize,
    line: u64,
}

impl Default for Lines {
    fn default() -> Self {
        Self { at: 0, line: 1 }
    }
}

impl Lines {
    /// The line of the byte at `at`.
    fn to(&mut self, bytes: &[u8], at: usize) -> u64 {
        for i in self.at..at.min(bytes.len()) {
            let (byte, next) = (bytes.get(i), bytes.get(i + 1));
            let is_end = byte == Some(&b'\n') || (byte == Some(&b'\r') && next != Some(&b'\n'));
            self.line += u64::from(is_end);
        }
        self.at = at.max(self.at);
        self.line
    }

    /// The line on which a record begins.
    fn of_record(&mut self, bytes: &[u8], record: &csv::StringRecord) -> u64 {
        let from = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(self.at);
        // The reader begins a record with the end of the line before it, and with blank lines that it passes over.
        let rest = bytes.get(from..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.to(bytes, from + ends)
    }
}

/// Positions of columns in a row.
struct Columns {
    fields: Vec<(Field, usize)>,
    files: Vec<(FileColumn, usize)>,
    /// Their names, by position.
    names: Vec<String>,
    /// What the profile gives to rows that has a mark of state secrecy: defaults, and what codes stand for.
    secret: BTreeSet<String>,
}

impl Columns {
    fn of(header: &csv::StringRecord, profile: &Profile, table: &str) -> Result<Self, Vec<Refusal>> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let mut faults = Vec::new();
        let fault = |name: &str, what: Text| {
            told(ErrorCode::ImpTable, table, |lang| format!("{:?}: {}", shown(name), what.get(lang)))
        };
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) {
                faults.push(fault(name, COLUMN_TWICE));
            }
            let is_known = profile.columns.values().chain(profile.files.values()).any(|known| known == name)
                || profile.ignored.contains(name);
            if !is_known {
                faults.push(fault(name, COLUMN_UNKNOWN));
            }
        }
        let mut place = |wanted: &String| {
            let found = names.iter().position(|name| name == wanted);
            if found.is_none() {
                faults.push(fault(wanted, COLUMN_MISSING));
            }
            found
        };
        let fields = profile.columns.iter().filter_map(|(field, name)| Some((*field, place(name)?))).collect();
        let files = profile.files.iter().filter_map(|(column, name)| Some((*column, place(name)?))).collect();
        if !faults.is_empty() {
            faults.truncate(FAULTS_MAX);
            return Err(faults);
        }
        let given = profile.defaults.values().chain(profile.values.values().flat_map(BTreeMap::values));
        let secret = given.filter(|text| secrecy::is_state_secret(text)).cloned().collect();
        Ok(Self { fields, files, names, secret })
    }

    fn row(&self, (line, record): (u64, &csv::StringRecord), cells: usize, profile: &Profile, today: NaiveDate) -> Row {
        let mut row = self.read(line, record, cells, profile, today);
        let is_marked = record.iter().any(|cell| is_secret_category(cell.trim()))
            || row.values.values().any(|value| self.secret.contains(value));
        row.secret = match is_secret_category(row.value(Field::AccessCategory)) {
            true => Some(ErrorCode::IngStateSecret),
            false => is_marked.then_some(ErrorCode::IngSecrecyMark),
        };
        row
    }

    fn read(&self, line: u64, record: &csv::StringRecord, cells: usize, profile: &Profile, today: NaiveDate) -> Row {
        let mut row =
            Row { line, values: profile.defaults.clone(), files: Vec::new(), faults: Vec::new(), secret: None };
        if record.len() != cells {
            row.fault(ErrorCode::ImpRow, "", |lang| format!("{}: {} / {cells}", CELLS.get(lang), record.len()));
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
        let mut named = 0;
        'columns: for (column, at) in &self.files {
            for item in cell(*at).split(profile.list_separator).map(str::trim).filter(|item| !item.is_empty()) {
                named += 1;
                // A row with more is refused, whatever they are.
                if named > COMPONENTS_MAX {
                    row.fault(ErrorCode::ImpRow, &self.names[*at], |lang| {
                        format!("{} {COMPONENTS_MAX}", TOO_MANY_FILES.get(lang))
                    });
                    break 'columns;
                }
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
                row.fault(ErrorCode::ImpRow, column, |lang| CODE_UNKNOWN.get(lang).to_owned());
            }
            return value;
        }
        if !field.is_date() {
            return Some(text.to_owned());
        }
        let date = profile.date_format.read(text);
        if date.is_none() {
            row.fault(ErrorCode::ImpRow, column, |lang| format!("{} {}", DATE_FORM.get(lang), profile.date_format));
        }
        date.map(|date| date.to_string())
    }

    /// One file of a cell: a path, behind a signature what it covers.
    fn file(&self, row: &mut Row, column: FileColumn, item: &str, name: &str) {
        let has_covers = matches!(column, FileColumn::Signature | FileColumn::Timestamp);
        // Tables of Windows systems have backslashes, which no path of a record has.
        let mut paths = item.split(COVERS).map(|path| path.trim().replace('\\', "/"));
        let path = paths.next().unwrap_or_default();
        let covers: Vec<String> = paths.by_ref().take(COMPONENTS_MAX).collect();
        if paths.next().is_some() {
            row.fault(ErrorCode::ImpRow, name, |lang| format!("{} {COMPONENTS_MAX}", TOO_MANY_FILES.get(lang)));
            return;
        }
        if !covers.is_empty() && !has_covers {
            row.fault(ErrorCode::ImpRow, name, |lang| NO_COVERS.get(lang).to_owned());
        }
        if let Err(what) = path::check(&path) {
            row.note(Refusal::new(ErrorCode::IngPathUnsafe, shown(&path), what));
            return;
        }
        row.files.push(Named { column, path, covers });
    }
}

fn check_dates(row: &mut Row, profile: &Profile, today: NaiveDate) {
    for field in [Field::RegistrationNumber, Field::DocumentDate] {
        if row.value(field).is_empty() && row.faults.is_empty() {
            row.fault(ErrorCode::IngFieldMissing, field.as_str(), |lang| BLANK.get(lang).to_owned());
        }
    }
    let (from, to) = profile.period;
    if let Some(date) = row.date(Field::DocumentDate)
        && !(from..=to).contains(&date)
    {
        let say = |lang| format!("{}: {date}; {from}..{to}", PERIOD.get(lang));
        row.fault(ErrorCode::ImpPeriod, Field::DocumentDate.as_str(), say);
    }
    if row.date(Field::ReceiptDate).is_some_and(|date| date > today) {
        row.fault(ErrorCode::ImpRow, Field::ReceiptDate.as_str(), |lang| LATER.get(lang).to_owned());
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
    let mut note = |claimed: &[usize], subject: &str, what: Text| {
        for i in claimed {
            let others: Vec<String> =
                claimed.iter().filter(|other| *other != i).take(3).map(|other| format!("#{}", lines[*other])).collect();
            let say = |lang| format!("{}: {}", what.get(lang), others.join(", "));
            rows[*i].fault(ErrorCode::ImpRepeated, subject, say);
        }
    };
    for claimed in registrations.values().filter(|claimed| claimed.len() > 1) {
        note(claimed, Field::RegistrationNumber.as_str(), SAME_REGISTRATION);
    }
    for (path, claimed) in files.iter().filter(|(_, claimed)| claimed.len() > 1) {
        note(claimed, path, SAME_FILE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Тіркеу нөмірі;Құжат күні;Түскен күні;Түскен нөмірі;Тақырыбы;Файл";

    fn read(table: &str) -> Result<Table, Vec<Refusal>> {
        let profile = include_bytes!("../../../schema/import/1/examples/valid-least.toml");
        let profile = Profile::parse(profile, "profile.toml").unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
        Table::read(table.as_bytes(), "t.csv", &profile, today)
    }

    fn lines(table: &str) -> Vec<u64> {
        read(table).unwrap().rows.iter().map(|row| row.line).collect()
    }

    #[test]
    fn a_table_has_few_columns_and_a_row_few_files_and_faults() {
        let wide = |columns: usize| (6..columns).map(|n| format!(";{n}")).collect::<String>();
        let faults = read(&format!("{HEADER}{}", wide(COLUMNS_MAX))).unwrap_err();
        assert!(faults.len() == FAULTS_MAX && faults[0].detail.contains("not in the profile"), "{faults:?}");
        let faults = read(&format!("{HEADER}{}", wide(COLUMNS_MAX + 1))).unwrap_err();
        assert!(faults.len() == 1 && faults[0].detail.ends_with("columns than 512"), "{faults:?}");

        let separator = include_str!("../../../schema/import/1/examples/valid-least.toml");
        assert!(separator.contains("list_separator = \"|\""));
        let row = |files: &[String]| read(&format!("{HEADER}\n1;05.03.2019;;;а;{}", files.join("|"))).unwrap();
        let names = |count: usize, end: &str| (0..count).map(|n| format!("{n}.docx{end}")).collect::<Vec<_>>();
        assert_eq!(row(&names(COMPONENTS_MAX, "")).rows[0].faults, []);
        for (files, end) in [(COMPONENTS_MAX + 1, ""), (COMPONENTS_MAX * 100, ""), (COMPONENTS_MAX * 100, "/../")] {
            let table = row(&names(files, end));
            let row = &table.rows[0];
            assert!(row.files.len() <= COMPONENTS_MAX && row.faults.len() <= FAULTS_MAX && !row.faults.is_empty());
        }
        let covers = names(1, &">a".repeat(COMPONENTS_MAX + 1));
        let table = row(&covers);
        assert!(table.rows[0].files.is_empty() && table.rows[0].faults[0].detail.ends_with("files than 64"));
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let row = |title: &str| format!("1;05.03.2019;;;{title};1.docx");
        for bom in ["", "\u{feff}"] {
            for end in ["\n", "\r\n", "\r"] {
                let rows = [HEADER.to_owned(), row("а"), row(&format!("\"б{end}в{end}г\"")), row("д"), row("е")];
                let whole = format!("{bom}{}{end}", rows.join(end));
                assert_eq!(lines(&whole), [2, 3, 6, 7], "{end:?}");
                assert_eq!(lines(whole.trim_end()), [2, 3, 6, 7], "{end:?}, without an end");
                let blank = format!("{bom}{HEADER}{end}{end}{}{end}{end}{end}{}", row("а"), row("б"));
                assert_eq!(lines(&blank), [3, 6], "{end:?}, blank lines");
            }
        }
    }
}
