//! Import: an existing holding, a table and a folder, becomes records (docs/import.md).
//!
//! Each row becomes a submission (`item`) that takes the ordinary path, `Worker::take_in`. What is different is said
//! by a [`Profile`] that two officers approved ([`approve`]): which doubts about signatures and formats are kept with a
//! record instead of refusing it. Nothing waits, and no receipt or notice is prepared: the old system gave its own.
//!
//! Invariants
//!   - A record with a doubt is never called valid, an unsigned one neither.
//!   - `import.begun` is durable before the first row; each record names it.
//!   - A trial takes the same path and writes nothing.
//!   - Of a row that is refused, the archive keeps its line and the codes.
//!   - Of a row with a mark of state secrecy that does not become a record nothing else is said either, to nobody.
//!
//! A crash leaves some rows taken and no `import.ended`. The same import again finds them held and takes the rest.

pub mod approve;
mod item;
mod judge;
pub mod profile;
mod table;

use super::approval::{Approval, told};
use super::receive::ReceiveError;
use super::unpack::{Holding, open_regular};
use super::{Decided, Event, From, Status, Worker, is_secret};
use crate::archive::{ActOwner, Archive, Register};
use crate::clock::{Millis, civil_date};
use crate::config::Action;
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::id::{ActId, ActorId, RecordId};
use crate::model::import::Imported;
use crate::model::secrecy;
use crate::text::{Lang, TECHNICAL, Text, text};
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use approve::PROFILE_FILE;
pub(super) use item::Item;
use profile::{Field, FileColumn, PROFILE_BYTES_MAX, Profile};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use table::{Named, Row, TABLE_BYTES_MAX, Table};

/// The report in the act that ends an import.
const REPORT_FILE: &str = "report.csv";

const TERM: Text = text("бейінді қолдану мерзімі", "срок применения профиля", "it may be used in the term");

/// A refusal on one line, for people. Of what is secret the detail was taken away, so only the code is left.
fn reason(refusal: &Refusal, lang: Lang) -> String {
    let (code, subject) = (refusal.code, &refusal.subject);
    match &refusal.said {
        Some(said) => format!("{code} {subject}: {}", said.get(lang)),
        None if refusal.detail.is_empty() => code.to_string(),
        None => {
            format!("{code} {subject}: {} {}: {}", code.text(lang), TECHNICAL.get(lang), refusal.detail)
        }
    }
}

/// A profile that the archive adopted.
#[derive(Debug, Clone)]
pub struct HeldProfile {
    /// The entry of its adoption.
    pub entry: u64,
    /// When that was.
    pub at: Millis,
    /// The profile.
    pub profile: Profile,
    /// Its file.
    pub file: Vec<u8>,
    /// Who approved it.
    pub approvals: Vec<Approval>,
}

/// An import that began.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The entry by which it began.
    pub entry: u64,
    /// When that was.
    pub at: Millis,
    /// Its act, which its records name.
    pub act: ActId,
    /// Digest of its profile.
    pub profile: String,
    /// Rows of its table.
    pub rows: u64,
    /// The entry by which it ended, and how many rows had each outcome; none when it was cut off.
    pub ended: Option<(u64, BTreeMap<String, u64>)>,
}

/// How an import is run.
pub struct Run<'a> {
    /// The table.
    pub table: &'a Path,
    /// The folder of the files.
    pub files: &'a Path,
    /// The profile.
    pub profile: &'a Profile,
    /// Nothing is written: what would become of each row is said.
    pub is_trial: bool,
    /// Who runs it.
    pub actor: ActorId,
    /// Threads that read and seal.
    pub threads: usize,
    /// Material for the validation of signatures, beside that of the archive.
    pub material: Option<&'a Material>,
    /// Set by Ctrl-C: what is begun is finished, nothing more is begun.
    pub stop: &'a AtomicBool,
}

/// What became of a row.
#[derive(Debug)]
pub enum Outcome {
    /// It is a record now; in a trial, it would be one and has no id.
    Accepted(Option<RecordId>),
    /// It is a record already.
    Held(RecordId),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
    /// Not decided: it could not be read, or the archive failed.
    Failed(Error),
    /// The import was stopped before it.
    NotBegun,
}

impl Outcome {
    /// The word for reports: stable.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Accepted(_) => "accepted",
            Outcome::Held(_) => "held",
            Outcome::Refused(_) => "refused",
            Outcome::Failed(_) => "failed",
            Outcome::NotBegun => "not_begun",
        }
    }
}

/// A row in the report.
#[derive(Debug)]
pub struct Reported {
    /// Line of the table.
    pub line: u64,
    /// Registration number in the table.
    pub number: String,
    /// Date of the document in the table.
    pub date: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Codes of its flags.
    pub flags: Vec<String>,
}

impl Reported {
    /// The record, when there is one.
    pub fn record(&self) -> Option<RecordId> {
        match self.outcome {
            Outcome::Accepted(record) => record,
            Outcome::Held(record) => Some(record),
            _ => None,
        }
    }

    /// What its signatures are worth, when it was taken in now.
    pub fn signatures(&self) -> Option<&'static str> {
        let doubted = self.flags.iter().any(|flag| flag == ErrorCode::SigNotVerifiable.as_str());
        matches!(self.outcome, Outcome::Accepted(_)).then_some(if doubted { "not_verifiable" } else { "valid" })
    }

    /// Codes of why it was not taken in, each once.
    pub fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<&str> = match &self.outcome {
            Outcome::Refused(reasons) => reasons.iter().map(|reason| reason.code.as_str()).collect(),
            Outcome::Failed(error) => vec![error.code.as_str()],
            _ => Vec::new(),
        };
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The row of the report for a person who reads `lang`: see [`HEADER`].
    pub fn cells(&self, lang: Lang) -> [String; 9] {
        let reasons = match &self.outcome {
            Outcome::Refused(reasons) => {
                reasons.iter().map(|refusal| reason(refusal, lang)).collect::<Vec<_>>().join("; ")
            }
            Outcome::Failed(error) if error.what.is_empty() => error.code.to_string(),
            Outcome::Failed(error) => {
                format!("{} {}: {error}", error.code.text(lang), TECHNICAL.get(lang))
            }
            _ => String::new(),
        };
        [
            self.line.to_string(),
            self.number.clone(),
            self.date.clone(),
            self.outcome.as_str().to_owned(),
            self.record().map(|record| record.to_string()).unwrap_or_default(),
            self.signatures().unwrap_or_default().to_owned(),
            self.flags.join(" "),
            self.codes().join(" "),
            reasons,
        ]
    }
}

/// Columns of the report.
pub const HEADER: [&str; 9] =
    ["line", "registration_number", "document_date", "status", "record_id", "signatures", "flags", "codes", "reasons"];

/// Writes rows of a report as CSV. A cell that a spreadsheet would take for a formula is made a text.
pub fn csv_of<'r>(rows: impl Iterator<Item = [String; 9]> + 'r) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let text =
        |cell: String| if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell };
    let header = HEADER.map(str::to_owned);
    for cells in std::iter::once(header).chain(rows) {
        writer.write_record(cells.map(text)).expect("writing to memory does not fail");
    }
    writer.into_inner().expect("writing to memory does not fail")
}

/// What became of an import.
#[derive(Debug, Default)]
pub struct Summary {
    /// Its act; none of a trial.
    pub act: Option<ActId>,
    /// Rows by outcome.
    pub counts: BTreeMap<&'static str, u64>,
    /// Refusals and failures by code: in how many rows.
    pub codes: BTreeMap<&'static str, u64>,
    /// How many of the accepted are not verifiable.
    pub not_verifiable: u64,
    /// Files of the folder that no row names.
    pub unnamed: Vec<String>,
    /// The worst of the failures.
    pub failure: Option<ErrorCode>,
    /// It was stopped before its end.
    pub is_stopped: bool,
}

impl Summary {
    fn count(&mut self, row: &Reported) {
        *self.counts.entry(row.outcome.as_str()).or_default() += 1;
        for code in row.codes() {
            *self.codes.entry(code).or_default() += 1;
        }
        self.not_verifiable += u64::from(row.signatures() == Some("not_verifiable"));
        self.is_stopped |= matches!(row.outcome, Outcome::NotBegun);
        if let Outcome::Failed(error) = &row.outcome
            && self.failure.is_none_or(|worst| worst.exit() != crate::error::Exit::Integrity)
        {
            self.failure = Some(error.code);
        }
    }
}

/// A document of another system, described as a submission.
pub struct Described {
    /// `submission.json`.
    pub description: Vec<u8>,
    /// The name of its card, and the card.
    pub card: (String, Vec<u8>),
}

/// Describes a document of which only these values and files are known; a profile gives the others.
pub fn described(profile: &Profile, values: &BTreeMap<Field, String>, files: &[(FileColumn, String)]) -> Described {
    let mut all = profile.defaults.clone();
    all.extend(values.clone());
    let named =
        |(column, path): &(FileColumn, String)| Named { column: *column, path: path.clone(), covers: Vec::new() };
    let row = Row { line: 0, values: all, files: files.iter().map(named).collect(), faults: Vec::new(), secret: None };
    let card = item::free_name(&row.files);
    let description = item::submission(&row, profile, &card);
    Described { description, card: (card, item::written_card(&row, profile)) }
}

/// Reads a file that a person names, of at most `bytes_max` bytes.
fn bytes(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Error> {
    let subject = || path.display().to_string();
    let failed = |e: ReceiveError| Error::caused(e.code(), subject(), e);
    let (file, _) = open_regular(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let read = file.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| failed(ReceiveError::io(path, e)))?;
    Ok(bytes)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A profile's file with its name, and what was read of it.
pub type ReadProfile = (Vec<u8>, String, Result<Profile, Vec<Refusal>>);

/// Reads and checks a profile; needs no archive.
pub fn read(path: &Path) -> Result<ReadProfile, Error> {
    let (bytes, name) = (bytes(path, PROFILE_BYTES_MAX)?, name_of(path));
    let profile = Profile::parse(&bytes, &name);
    Ok((bytes, name, profile))
}

fn changed(entry: u64, what: &str) -> Error {
    Error::new(ErrorCode::StoChanged, entry.to_string(), what)
}

/// Every adopted profile, oldest first.
pub fn adopted(archive: &Archive) -> Result<Vec<HeldProfile>, Error> {
    let entries = archive.index().adopted(crate::index::rows::Adopted::ImportProfile)?;
    let read = |entry: u64| {
        let (document, row) = archive.document(entry)?;
        let file = archive.act_file(&row, &document, PROFILE_FILE)?;
        let profile = Profile::held(&file).map_err(|_| changed(entry, "the profile is not what was checked"))?;
        let approved = document.fields.get("approved").and_then(Value::as_array).into_iter().flatten();
        let approvals = approved.filter_map(Approval::of_value).collect();
        Ok(HeldProfile { entry, at: archive.leaf(entry)?.t, profile, file, approvals })
    };
    entries.into_iter().map(read).collect()
}

/// The version of a profile that was adopted last.
pub fn in_force(archive: &Archive, id: &str) -> Result<HeldProfile, Error> {
    let none = || Error::new(ErrorCode::ImpNoProfile, id, "no profile of this id was adopted");
    adopted(archive)?.into_iter().rfind(|held| held.profile.id == id).ok_or_else(none)
}

/// Every import, oldest first.
pub fn imports(archive: &Archive) -> Result<Vec<Begun>, Error> {
    let mut imports: Vec<Begun> = Vec::new();
    for entry in archive.index().adopted(crate::index::rows::Adopted::Import)? {
        let (leaf, (document, _)) = (archive.leaf(entry)?, archive.document(entry)?);
        let number = |key: &str| document.fields.get(key).and_then(Value::as_u64).unwrap_or_default();
        if leaf.act == ActKind::ImportBegun {
            let profile = document.text("profile").unwrap_or_default().to_owned();
            imports.push(Begun { entry, at: leaf.t, act: leaf.id, profile, rows: number("rows"), ended: None });
            continue;
        }
        let of = document.text("import").and_then(|act| act.parse::<ActId>().ok());
        let counts = document.fields.get("counts").and_then(Value::as_object).into_iter().flatten();
        let counts = counts.filter_map(|(key, count)| Some((key.clone(), count.as_u64()?))).collect();
        if let Some(begun) = imports.iter_mut().find(|begun| Some(begun.act) == of) {
            begun.ended = Some((entry, counts));
        }
    }
    Ok(imports)
}

/// Imports the holding, or tries it, and gives each row to `report`, in the order of the table.
///
/// # Errors
///
/// An operating error; in the inner result the reasons why the table as a whole is refused.
pub fn run(
    archive: &Archive,
    run: &Run<'_>,
    report: &mut dyn FnMut(&Reported),
) -> Result<Result<Summary, Vec<Refusal>>, Error> {
    if !archive.validation_policy()?.is_adopted() {
        return Err(Error::new(ErrorCode::SigNoPolicy, "policy", "no validation policy was adopted"));
    }
    let today = civil_date(archive.now());
    if !run.is_trial && !run.profile.in_term(today) {
        let (date, until) = (run.profile.date, run.profile.until);
        let say = |lang| format!("{}: {date}..{until}", TERM.get(lang));
        return Ok(Err(vec![told(ErrorCode::ImpTerm, run.profile.id.as_str(), say)]));
    }
    let name = name_of(run.table);
    let holding = match Holding::open(run.files) {
        Ok(holding) => holding,
        Err(ReceiveError::Refused(refusals)) => return Ok(Err(refusals)),
        Err(e) => return Err(Error::caused(e.code(), run.files.display().to_string(), e)),
    };
    let mut table = match Table::read(&bytes(run.table, TABLE_BYTES_MAX)?, &name, run.profile, today) {
        Ok(table) => table,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let unnamed = table.check_files(&holding);
    refuse_secret(&mut table.rows, archive.policy().secrecy_marks);
    let act = if run.is_trial { ActId([0; 16]) } else { begin(archive, run, &table)? };
    let mut summary = Summary { act: (!run.is_trial).then_some(act), unnamed, ..Summary::default() };
    let mut kept = Vec::with_capacity(if run.is_trial { 0 } else { table.rows.len() });
    rows(archive, run, (&mut table, &holding, act), &mut |row| {
        summary.count(row);
        report(row);
        if !run.is_trial {
            kept.push(kept_of(row));
        }
    });
    if !run.is_trial {
        end(archive, run, act, &summary, csv_of(kept.into_iter()))?;
    }
    Ok(Ok(summary))
}

/// The row of the report that the journal keeps. Codes only: of what was refused nothing is kept.
fn kept_of(row: &Reported) -> [String; 9] {
    let [line, _, _, status, record, signatures, flags, codes, _] = row.cells(Lang::default());
    [line, String::new(), String::new(), status, record, signatures, flags, codes, String::new()]
}

/// Takes in the rows, on several threads, and gives each in the order of the table.
fn rows(
    archive: &Archive,
    run: &Run<'_>,
    (table, holding, act): (&mut Table, &Holding, ActId),
    give: &mut dyn FnMut(&Reported),
) {
    let mut done: BTreeMap<usize, Reported> = BTreeMap::new();
    let mut sound = Vec::new();
    let mut places = HashMap::new();
    for (i, row) in table.rows.iter_mut().enumerate() {
        if row.faults.is_empty() {
            places.insert(place(&table.name, row), i);
            sound.push(i);
        } else {
            let refused = Outcome::Refused(std::mem::take(&mut row.faults));
            done.insert(i, reported(row, &table.name, refused, Vec::new()));
        }
    }
    let table = &*table;
    let next = AtomicUsize::new(0);
    let mut given = 0;
    let mut give_ready = |done: &mut BTreeMap<usize, Reported>, given: &mut usize| {
        while let Some(row) = done.remove(given) {
            give(&row);
            *given += 1;
        }
    };
    let (answers, events) = channel();
    std::thread::scope(|scope| {
        for _ in 0..run.threads.max(1) {
            let (answers, next, sound) = (answers.clone(), &next, &sound);
            scope.spawn(move || {
                let mut worker = Worker::new(archive, run.actor, run.material, answers);
                while !run.stop.load(Ordering::Relaxed) {
                    let Some(i) = sound.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let row = &table.rows[*i];
                    let imported = Imported {
                        act,
                        line: row.line,
                        profile: run.profile.sha256,
                        receipt_date: row.date(Field::ReceiptDate),
                        receipt_number: Some(row.value(Field::ReceiptNumber).to_owned()).filter(|n| !n.is_empty()),
                    };
                    let about = (place(&table.name, row), run.is_trial, imported);
                    let item = Item::new(row, holding, run.profile, about);
                    worker.submission(From::Import(&item));
                }
            });
        }
        drop(answers);
        give_ready(&mut done, &mut given);
        for event in events {
            let (path, outcome, flags) = outcome(event);
            let i = places[&path];
            done.insert(i, reported(&table.rows[i], &table.name, outcome, flags));
            give_ready(&mut done, &mut given);
        }
    });
    // What was not begun because a person stopped the import.
    for (i, row) in table.rows.iter().enumerate().skip(given) {
        done.entry(i).or_insert_with(|| reported(row, &table.name, Outcome::NotBegun, Vec::new()));
    }
    give_ready(&mut done, &mut given);
}

/// Names a row in messages.
fn place(table: &str, row: &Row) -> PathBuf {
    PathBuf::from(format!("{table}#{}", row.line))
}

/// What a worker or the commit says of a row.
fn outcome(event: Event) -> (PathBuf, Outcome, Vec<String>) {
    match event {
        Event::Refused { path, refusals, .. } => (path, Outcome::Refused(refusals), Vec::new()),
        Event::Tried { path, flags } => (path, Outcome::Accepted(None), flags),
        Event::Decided(decided) => {
            let Decided { path, status, .. } = *decided;
            match status {
                Status::Accepted { record, flags, .. } => (path, Outcome::Accepted(Some(record)), flags),
                Status::Held { record } => (path, Outcome::Held(record), Vec::new()),
                Status::Failed(error) => (path, Outcome::Failed(error), Vec::new()),
                Status::Refused { reasons, .. } | Status::Waiting { reasons, .. } => {
                    (path, Outcome::Refused(reasons), Vec::new())
                }
            }
        }
    }
}

/// Refuses what has a mark of state secrecy before any of its files is read: the mark may stand in a cell of which no
/// submission is made.
fn refuse_secret(rows: &mut [Row], marks: Action) {
    for row in rows {
        if let Some(code) = row.secret.filter(|code| *code == ErrorCode::IngStateSecret || marks == Action::Refuse) {
            row.faults.push(Refusal::new(code, "", ""));
        }
    }
}

/// The row of the report. Of a secret document nothing is said but the codes, whatever else is wrong with it (N 430
/// cl. 1, 45). What the policy takes in with an alarm is told: it is found by these in the archive.
fn reported(row: &Row, table: &str, outcome: Outcome, flags: Vec<String>) -> Reported {
    let is_secret = row.secret.is_some()
        || match &outcome {
            Outcome::Refused(reasons) => is_secret(reasons, table),
            _ => secrecy::is_state_secret(table),
        };
    let is_told = !is_secret || matches!(outcome, Outcome::Accepted(_) | Outcome::Held(_));
    let text = |field| if is_told { row.value(field).to_owned() } else { String::new() };
    let (number, date) = (text(Field::RegistrationNumber), text(Field::DocumentDate));
    let outcome = match outcome {
        Outcome::Refused(reasons) if !is_told => {
            let codes: BTreeSet<ErrorCode> = reasons.iter().map(|reason| reason.code).collect();
            Outcome::Refused(codes.into_iter().map(|code| Refusal::new(code, "", "")).collect())
        }
        Outcome::Failed(error) if !is_told => Outcome::Failed(Error::new(error.code, "", "")),
        outcome => outcome,
    };
    Reported { line: row.line, number, date, outcome, flags }
}

/// Commits that the import begins. The table itself is not kept: it names what may be refused.
fn begin(archive: &Archive, run: &Run<'_>, table: &Table) -> Result<ActId, Error> {
    let act = Act::new(ActKind::ImportBegun, run.actor);
    let id = act.id;
    let name = if secrecy::is_state_secret(&table.name) { "" } else { table.name.as_str() };
    let fields = json!({
        "profile": run.profile.sha256.to_string(), "rows": table.rows.len(), "table": name,
        "table_sha256": table.sha256.to_string(),
    });
    commit(archive, act, fields, Vec::new())?;
    Ok(id)
}

fn end(archive: &Archive, run: &Run<'_>, import: ActId, summary: &Summary, report: Vec<u8>) -> Result<(), Error> {
    let act = Act::new(ActKind::ImportEnded, run.actor);
    let fields = json!({"counts": summary.counts, "import": import.to_string(), "unnamed": summary.unnamed.len()});
    commit(archive, act, fields, vec![(REPORT_FILE.to_owned(), report)])?;
    archive.wait_index()?;
    Ok(())
}

fn commit(archive: &Archive, act: Act, fields: Value, files: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
    let fields: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
    let (act, payload, session) = archive.seal_files(act, ActOwner::Register(Register::Archive), fields, files)?;
    archive.commit(act, payload, None, Some(session))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_a_mark_is_told_by_codes_only_whatever_becomes_of_it() {
        let values = [(Field::RegistrationNumber, "12-қ"), (Field::DocumentDate, "2019-03-05")];
        let values: BTreeMap<Field, String> = values.map(|(field, text)| (field, text.to_owned())).into();
        let row = |secret| Row { line: 7, values: values.clone(), files: Vec::new(), faults: Vec::new(), secret };
        let outcomes: [fn() -> Outcome; 3] = [
            || Outcome::Refused(vec![told(ErrorCode::ImpRow, "хат.docx", |lang| LATER.get(lang).to_owned())]),
            || Outcome::Failed(Error::new(ErrorCode::IngReadFailed, "хат.docx", "no such device")),
            || Outcome::NotBegun,
        ];
        const LATER: Text = text("кейін", "позже", "later");
        for outcome in outcomes {
            let told = |secret, table| reported(&row(secret), table, outcome(), Vec::new()).cells(Lang::Kk);
            for cells in [told(Some(ErrorCode::IngSecrecyMark), "t.csv"), told(None, "құпия.csv")] {
                let [line, number, date, status, record, signatures, flags, codes, reasons] = cells;
                assert_eq!((line.as_str(), status.as_str()), ("7", outcome().as_str()));
                assert_eq!([number, date, record, signatures, flags], [""; 5]);
                assert_eq!(reasons, codes, "the codes and nothing else");
            }
            let [_, number, date, .., codes, reasons] = told(None, "t.csv");
            assert_eq!((number.as_str(), date.as_str()), ("12-қ", "2019-03-05"));
            assert!(codes.is_empty() || reasons.len() > codes.len(), "{reasons}");
            let kept = kept_of(&reported(&row(None), "t.csv", outcome(), Vec::new())).concat();
            assert_eq!(kept, format!("7{}{codes}", outcome().as_str()), "in the journal codes of every row");
        }
    }
}
