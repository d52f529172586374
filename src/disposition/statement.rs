//! What people sign about a plan: small TOML files of `schema/disposal-statement/1`.
//!
//! A statement names the plan and its digest, who makes it in which office, what is decided, and when. It is drawn up
//! by the program, signed outside, and worth nothing without its signature ([`super::sign`]). A review speaks of every
//! file of the plan by itself: no word of it means all of them.
//!
//! It reads no archive and no clock; whoever has a statement drawn up says what time it is.

use super::plan::Plan;
use crate::clock::{Millis, civil_date, utc};
use crate::config::Disposal;
use crate::error::{Error, ErrorCode, Refusal};
use crate::limits::TEXT_LONG_CHARS_MAX;
use crate::model::case_file::ListItem;
use crate::model::digest::Sha256;
use crate::model::document::{date_if_any, parse, required_date, tables};
use crate::model::id::RecordId;
use crate::model::strict::{Fields, is_unprintable, words};
use crate::verify::policy::SignerKind;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The value of a statement's `schema` field.
pub const STATEMENT_SCHEMA: &str = "muragat/disposal-statement/1";
/// Bytes of one statement. Own bound: the files of a plan with reasons.
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

words! {
    /// What a statement does.
    StatementKind {
        /// It proposes the plan.
        Propose = "propose",
        /// It says of every file what is to become of it.
        Review = "review",
        /// It approves the destruction.
        Approve = "approve",
        /// It says which day it is: the destruction goes by it, and not by the clock alone.
        ConfirmDate = "confirm_date",
    }
}

impl StatementKind {
    /// The office in which it is made; none: see [`DATE_KINDS`].
    pub fn office(self) -> Option<SignerKind> {
        match self {
            Self::Propose => Some(SignerKind::RecordsOffice),
            Self::Review => Some(SignerKind::Commission),
            Self::Approve => Some(SignerKind::Approver),
            Self::ConfirmDate => None,
        }
    }
}

/// In which offices the day may be confirmed.
pub const DATE_KINDS: &[SignerKind] =
    &[SignerKind::Official, SignerKind::RecordsOffice, SignerKind::Commission, SignerKind::Approver];

/// What a member of the commission says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be destroyed.
    Destroy,
    /// It is kept for ever.
    Forever,
    /// It is kept until this day at least.
    Extend(NaiveDate),
    /// It is kept by another item.
    Reclassify(ListItem),
}

words! {
    /// The words of [`Verdict`].
    VerdictWord {
        /// It may be destroyed.
        Destroy = "destroy",
        /// It is kept for ever.
        Forever = "forever",
        /// It is kept longer.
        Extend = "extend",
        /// It is kept by another item.
        Reclassify = "reclassify",
    }
}

impl Verdict {
    /// Its word.
    pub fn word(&self) -> VerdictWord {
        match self {
            Self::Destroy => VerdictWord::Destroy,
            Self::Forever => VerdictWord::Forever,
            Self::Extend(_) => VerdictWord::Extend,
            Self::Reclassify(_) => VerdictWord::Reclassify,
        }
    }
}

/// What a review says of the files of its plan.
#[derive(Debug, Clone, Default)]
pub struct FilesSaid {
    /// Verdicts by number of the file.
    pub verdicts: BTreeMap<u32, Verdict>,
    /// Why files are kept.
    pub reasons: BTreeMap<u32, String>,
    /// Whether files without a verdict may be destroyed: each is written down by itself.
    pub rest: bool,
}

/// A review speaks of every file of its plan and of no other, and says why it keeps one.
fn check_verdicts(
    plan: &Plan,
    verdicts: &BTreeMap<u32, Verdict>,
    reasons: &BTreeMap<u32, String>,
) -> Result<(), Error> {
    let refused = |place: &str, what: String| Err(Error::new(ErrorCode::DspArguments, place, what));
    let is_of_plan = |number: &u32| plan.items.iter().any(|item| item.number == *number);
    if let Some(number) = verdicts.keys().chain(reasons.keys()).find(|number| !is_of_plan(number)) {
        return refused(&number.to_string(), format!("the plan has no file {number}"));
    }
    if let Some(item) = plan.items.iter().find(|item| !verdicts.contains_key(&item.number)) {
        return refused("verdict", format!("file {} has none; `rest` destroys what is not named", item.number));
    }
    let keeps = verdicts.iter().filter(|(_, verdict)| **verdict != Verdict::Destroy).map(|(number, _)| number);
    match keeps.into_iter().find(|number| !reasons.contains_key(number)) {
        Some(number) => refused("reason", format!("file {number} is kept for no reason")),
        None => Ok(()),
    }
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// The plan.
    pub plan: RecordId,
    /// Its digest.
    pub plan_sha256: Sha256,
    /// Who makes it: the number of the person. None where several sign the same statement.
    pub person: Option<String>,
    /// When it is made; the day of it in Almaty is the one that `confirm_date` confirms.
    pub time: DateTime<Utc>,
    /// The day.
    pub date: NaiveDate,
    /// Of a review: verdicts with reasons, by number of the file.
    pub verdicts: BTreeMap<u32, (Verdict, Option<String>)>,
}

impl Statement {
    /// A statement about a plan that is to be signed.
    pub fn draft(kind: StatementKind, plan: &Plan, person: Option<&str>, time: DateTime<Utc>, date: NaiveDate) -> Self {
        Self {
            kind,
            plan: plan.id,
            plan_sha256: plan.sha256(),
            person: person.map(str::to_owned),
            time,
            date,
            verdicts: BTreeMap::new(),
        }
    }

    /// The file that is signed. `plan` gives each file its name, for the reader.
    pub fn to_toml(&self, plan: &Plan) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = format!(
            "schema = {}\nact = {}\nplan = {}\nplan_sha256 = {}\n",
            quoted(STATEMENT_SCHEMA),
            quoted(self.kind.as_str()),
            quoted(&self.plan.to_string()),
            quoted(&self.plan_sha256.to_string()),
        );
        if let Some(person) = &self.person {
            let _ = writeln!(out, "person = {}", quoted(person));
        }
        if let Some(office) = self.kind.office() {
            let _ = writeln!(out, "office = {}", quoted(office.as_str()));
        }
        // What the plan asks for, before the eyes of who signs.
        let Disposal { reviews, approvals, cooling_days, minutes, inventories } = plan.asked;
        let asked = format!(
            "reviews {reviews}, approvals {approvals}, cooling_days {cooling_days}, minutes {minutes}, \
             inventories {inventories}"
        );
        let _ = writeln!(out, "asked = {}", quoted(&asked));
        let time = self.time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let _ = writeln!(out, "time = {}\ndate = {}", quoted(&time), quoted(&self.date.to_string()));
        for (number, (verdict, reason)) in &self.verdicts {
            let item = plan.items.iter().find(|item| item.number == *number);
            let name = item.map(|item| format!("{} {}", item.name(), item.title)).unwrap_or_default();
            let _ = write!(out, "\n[[file]]\nnumber = {number}\nname = {}\n", quoted(&name));
            let _ = writeln!(out, "verdict = {}", quoted(verdict.word().as_str()));
            match verdict {
                Verdict::Extend(day) => drop(writeln!(out, "until = {}", quoted(&day.to_string()))),
                Verdict::Reclassify(item) => drop(writeln!(out, "item = {}", quoted(&item.to_string()))),
                Verdict::Destroy | Verdict::Forever => {}
            }
            if let Some(reason) = reason {
                let _ = writeln!(out, "reason = {}", quoted(reason));
            }
        }
        out
    }

    /// The file to be signed now, with what is said of files; or why it could not be taken in, and is not worth
    /// signing.
    ///
    /// # Errors
    ///
    /// Who signs it is not given, or a review does not speak of every file of its plan, and says why it keeps one
    /// ([`ErrorCode::DspArguments`]).
    pub fn drawn_up(
        kind: StatementKind,
        plan: &Plan,
        person: Option<&str>,
        said: FilesSaid,
        now: Millis,
    ) -> Result<Result<String, Vec<Refusal>>, Error> {
        let FilesSaid { mut verdicts, mut reasons, rest } = said;
        // Statements say whole seconds.
        let now = now - now % 1000;
        let mut statement = Self::draft(kind, plan, person, utc(now), civil_date(now));
        if rest {
            for item in &plan.items {
                verdicts.entry(item.number).or_insert(Verdict::Destroy);
            }
        }
        if kind != StatementKind::ConfirmDate && person.is_none() {
            return Err(Error::new(ErrorCode::DspArguments, "person", "who signs it is not given"));
        }
        if kind == StatementKind::Review {
            check_verdicts(plan, &verdicts, &reasons)?;
        }
        statement.verdicts = verdicts.into_iter().map(|(n, verdict)| (n, (verdict, reasons.remove(&n)))).collect();
        let toml = statement.to_toml(plan);
        Ok(Self::parse(toml.as_bytes(), "statement.toml").map(|_| toml))
    }

    /// Reads a statement from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// Every fault, with its line.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        parse(bytes, name, STATEMENT_BYTES_MAX, ErrorCode::DspStatement, statement)
    }
}

fn statement(mut fields: Fields<'_>) -> Option<Statement> {
    fields.schema(STATEMENT_SCHEMA);
    let kind = fields.word("act", StatementKind::parse, StatementKind::KNOWN);
    let plan = parsed(&mut fields, "plan", 32);
    let plan_sha256 = parsed(&mut fields, "plan_sha256", 64);
    let person = fields.text_if_any("person", 12);
    let office = fields.text_if_any("office", 32);
    // This and the names of files are for the reader; that they are those of the plan is seen when it is taken in.
    let _ = fields.text_if_any("asked", TEXT_LONG_CHARS_MAX);
    let time = time(&mut fields);
    let date = required_date(&mut fields, "date");
    let verdicts = tables(&mut fields, "file", super::plan::FILES_MAX, verdict);
    let verdicts = verdicts.and_then(|rows| {
        let count = rows.len();
        let verdicts: BTreeMap<_, _> = rows.into_iter().collect();
        if verdicts.len() < count {
            fields.fault(ErrorCode::DspStatement, "file", "a file stands twice");
            return None;
        }
        Some(verdicts)
    });
    let mut wrong = false;
    if let (Some(kind), Some(person), Some(office), Some(verdicts)) = (kind, &person, &office, &verdicts) {
        let wanted = kind.office().map(SignerKind::as_str);
        if office.as_deref() != wanted {
            let what = wanted.map_or("an office is not named here".to_owned(), |wanted| format!("wanted {wanted:?}"));
            fields.fault(ErrorCode::DspStatement, "office", what);
            wrong = true;
        }
        if person.is_some() != wanted.is_some() {
            let what = if wanted.is_some() { "missing" } else { "several persons sign this" };
            fields.fault(ErrorCode::DspStatement, "person", what);
            wrong = true;
        }
        let is_past = |verdict: &Verdict| matches!((verdict, date), (Verdict::Extend(day), Some(date)) if *day <= date);
        if verdicts.values().any(|(verdict, _)| is_past(verdict)) {
            fields.fault(ErrorCode::DspStatement, "file", "a file is kept until a day that is to come");
            wrong = true;
        }
        if (kind == StatementKind::Review) == verdicts.is_empty() {
            fields.fault(ErrorCode::DspStatement, "file", "a review has verdicts, and nothing else has");
            wrong = true;
        }
    }
    fields.end();
    if wrong {
        return None;
    }
    Some(Statement {
        kind: kind?,
        plan: plan?,
        plan_sha256: plan_sha256?,
        person: person?,
        time: time?,
        date: date?,
        verdicts: verdicts?,
    })
}

/// A text of so many characters that is a value of `T`.
fn parsed<T: std::str::FromStr + ToString>(fields: &mut Fields<'_>, key: &str, chars: usize) -> Option<T> {
    let text = fields.text(key, chars)?;
    let value = text.parse::<T>().ok().filter(|value| value.to_string() == text);
    if value.is_none() {
        fields.fault(ErrorCode::DspStatement, key, format!("wanted {chars} digits of 0-9 and a-f"));
    }
    value
}

fn time(fields: &mut Fields<'_>) -> Option<DateTime<Utc>> {
    let text = fields.text("time", 32)?;
    let time = DateTime::parse_from_rfc3339(&text).ok().map(|time| time.with_timezone(&Utc));
    if time.is_none() {
        fields.fault(ErrorCode::DspStatement, "time", "wanted a time of RFC 3339");
    }
    time
}

type Row = (u32, (Verdict, Option<String>));

fn verdict(mut fields: Fields<'_>) -> Option<Row> {
    let number = fields.number("number", 1, u32::MAX);
    let _ = fields.text_if_any("name", 2 * TEXT_LONG_CHARS_MAX);
    let word = fields.word("verdict", VerdictWord::parse, VerdictWord::KNOWN);
    let until = date_if_any(&mut fields, "until");
    let item = fields.text_if_any("item", TEXT_LONG_CHARS_MAX);
    let reason = fields.text_if_any("reason", TEXT_LONG_CHARS_MAX);
    let (word, until, item, reason) = (word?, until?, item?, reason?);
    if reason.as_ref().is_some_and(|reason| reason.contains(is_unprintable)) {
        fields.fault(ErrorCode::DspStatement, "reason", "it has what cannot be printed");
        return None;
    }
    if (word != VerdictWord::Destroy) && reason.is_none() {
        fields.fault(ErrorCode::DspStatement, "reason", "what is kept is kept for a reason");
    }
    let verdict = match (word, until, item) {
        (VerdictWord::Destroy, None, None) => Some(Verdict::Destroy),
        (VerdictWord::Forever, None, None) => Some(Verdict::Forever),
        (VerdictWord::Extend, Some(day), None) => Some(Verdict::Extend(day)),
        (VerdictWord::Reclassify, None, Some(item)) => item.parse().ok().map(Verdict::Reclassify),
        _ => None,
    };
    if verdict.is_none() {
        let what = "`extend` goes with `until`, `reclassify` with `item` (LIST/ITEM), the others with neither";
        fields.fault(ErrorCode::DspStatement, "verdict", what);
    }
    fields.end();
    Some((number?, (verdict?, reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEW: &str = r#"
schema = "muragat/disposal-statement/1"
act = "review"
plan = "00112233445566778899aabbccddeeff"
plan_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
person = "000000000001"
office = "commission"
time = "2026-03-05T04:05:06Z"
date = "2026-03-05"

[[file]]
number = 1
verdict = "destroy"

[[file]]
number = 2
verdict = "extend"
until = "2030-01-01"
reason = "Тексеру жүріп жатыр"
"#;

    #[test]
    fn a_review_is_read() {
        let read = Statement::parse(REVIEW.as_bytes(), "s").unwrap();
        assert_eq!((read.kind, read.verdicts.len()), (StatementKind::Review, 2));
        assert_eq!(read.verdicts[&2].0, Verdict::Extend("2030-01-01".parse().unwrap()));
    }

    #[test]
    fn every_fault_is_refused() {
        for (from, to) in [
            ("disposal-statement/1", "disposal-statement/2"),
            ("\"review\"", "\"agree\""),
            ("\"review\"", "\"approve\""),
            ("aabbccddeeff", "AABBCCDDEEFF"),
            ("7852b855", ""),
            ("person = \"000000000001\"\n", ""),
            ("\"commission\"", "\"approver\""),
            ("04:05:06Z", ""),
            ("\"2026-03-05\"", "\"05.03.2026\""),
            ("number = 2", "number = 1"),
            ("number = 2", "number = 0"),
            ("verdict = \"destroy\"", "verdict = \"keep\""),
            ("2030-01-01", "2026-03-05"),
            ("Тексеру жүріп", "Тексеру \u{202e} жүріп"),
            ("verdict = \"destroy\"", "verdict = \"forever\""),
            ("verdict = \"destroy\"", "verdict = \"destroy\"\nuntil = \"2030-01-01\""),
            ("until = \"2030-01-01\"\n", ""),
            ("reason = \"Тексеру жүріп жатыр\"\n", ""),
            ("number = 1", "number = 1\nall = true"),
        ] {
            assert!(REVIEW.contains(from), "{from}");
            let faults = Statement::parse(REVIEW.replacen(from, to, 1).as_bytes(), "s").unwrap_err();
            assert!(faults.iter().all(|fault| fault.code == ErrorCode::DspStatement), "{from} -> {to}: {faults:?}");
        }
        let none = REVIEW.split("[[file]]").next().unwrap();
        assert!(Statement::parse(none.as_bytes(), "s").is_err(), "a review of nothing");
        let date = none.replace("review", "confirm_date").replace("person = \"000000000001\"\n", "");
        assert!(Statement::parse(date.as_bytes(), "s").is_err(), "several persons have several offices");
        assert!(Statement::parse(date.replace("office = \"commission\"\n", "").as_bytes(), "s").is_ok());
    }
}
