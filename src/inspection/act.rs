//! The act of a check with its result sheet: what was looked at, by whose order, by whom and when, and what was found.
//!
//! The sheet is put together from the act documents of the check's steps, whenever it is asked for; at the end it is
//! sealed with the act, as JSON for programs (`schema/presence/1`) and as a text that is printed and signed. The form
//! of the text is data: `inspection/act.kk.txt` and its two translations.
//!
//! A crash leaves the check without its act; it is ended again.

use super::{Check, find};
use crate::archive::{ActOwner, Archive};
use crate::clock::{local_text, rfc3339};
use crate::error::{Error, ErrorCode};
use crate::model::id::{ActorId, RecordId};
use crate::text::{Lang, Text, text};
use crate::tlog::leaf::ActKind;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The schema of the result sheet.
pub const SHEET_SCHEMA: &str = "muragat/presence/1";
/// The sheet among the files of the act.
const SHEET_FILE: &str = "sheet.json";

const ALL_RECORDS: Text = text("барлық жазба", "все записи", "all records");
const NOTHING: Text = text("жоқ", "нет", "none");
const SYSTEM: Text = text("жүйе", "система", "the system");

/// A result sheet.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The sheet as JSON.
    pub value: Value,
    /// The entry of the act, when the check has ended.
    pub ended: Option<u64>,
}

/// Ends a check of which every record was looked at, and seals its act. Gives the entry.
pub fn end(archive: &Archive, id: RecordId, actor: ActorId) -> Result<u64, Error> {
    let check = find(archive, id)?;
    if let Some(entry) = check.row.ended {
        return Err(Error::new(ErrorCode::PrsEnded, id.to_string(), format!("ended by entry {entry}")));
    }
    if let Some((from, to)) = check.row.next() {
        let what = format!("records of entries {from} to {to} were not looked at");
        return Err(Error::new(ErrorCode::PrsNotDone, id.to_string(), what));
    }
    let sheet = compose(archive, &check)?;
    let at = local_text(archive.now());
    let mut files: Vec<(String, Vec<u8>)> = vec![(SHEET_FILE.to_owned(), sheet.to_string().into_bytes())];
    files.extend(LANGS.map(|(lang, _)| (act_file(lang), print(&sheet, &at, lang).into_bytes())));
    let fields = ["records", "erased", "flawed"].map(|key| (key.to_owned(), sheet[key].clone()));
    let mut bytes: Vec<(String, &[u8])> = files.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice())).collect();
    let files = bytes.iter_mut().map(|(name, bytes)| (name.clone(), bytes as &mut dyn std::io::Read)).collect();
    let (act, payload, session) =
        archive.seal_document(ActKind::PresenceEnded, actor, ActOwner::Known(id), Map::from_iter(fields), files)?;
    let entry = archive.commit_together(vec![(act, payload)])?[0].index;
    drop(session);
    Ok(entry)
}

/// The sheet of a check: the one that was sealed, or as far as it has come.
pub fn sheet(archive: &Archive, id: RecordId) -> Result<Sheet, Error> {
    let check = find(archive, id)?;
    let value = match check.row.ended {
        None => compose(archive, &check)?,
        Some(entry) => {
            let bytes = sealed_file(archive, entry, SHEET_FILE)?;
            serde_json::from_slice(&bytes).map_err(|e| Error::caused(ErrorCode::StoChanged, SHEET_FILE, e))?
        }
    };
    Ok(Sheet { value, ended: check.row.ended })
}

/// The text of a check's act; of one that has not ended, as far as it has come.
pub fn act_text(archive: &Archive, id: RecordId, lang: Lang) -> Result<String, Error> {
    let check = find(archive, id)?;
    match check.row.ended {
        None => Ok(print(&compose(archive, &check)?, "—", lang)),
        Some(entry) => {
            let bytes = sealed_file(archive, entry, &act_file(lang))?;
            String::from_utf8(bytes).map_err(|e| Error::caused(ErrorCode::StoChanged, act_file(lang), e))
        }
    }
}

fn sealed_file(archive: &Archive, entry: u64, name: &str) -> Result<Vec<u8>, Error> {
    let (document, row) = archive.document(entry)?;
    archive.act_file(&row, &document, name)
}

/// The sheet from the documents of the steps. One that cannot be read is an error: its findings would be missing.
fn compose(archive: &Archive, check: &Check) -> Result<Value, Error> {
    let who = |entry: u64| -> Result<Value, Error> {
        let leaf = archive.leaf(entry)?;
        let account = archive.index().account(leaf.actor)?.map(|account| account.name);
        Ok(json!({"entry": entry, "time": rfc3339(leaf.t), "by": account}))
    };
    let mut steps = Vec::new();
    let (mut findings, mut missing, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for step in &check.row.steps {
        let (document, _) = archive.document(step.entry)?;
        let list = |key: &str| document.fields.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut value = who(step.entry)?;
        for (key, number) in [("records", step.records), ("erased", step.erased), ("flawed", step.flawed)] {
            value[key] = number.into();
        }
        steps.push(value);
        findings.extend(list("findings").into_iter().map(|mut finding| {
            finding["entry"] = step.entry.into();
            finding
        }));
        missing.extend(list("missing"));
        found.extend(list("found"));
    }
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in &findings {
        codes.entry(field(finding, "code")).or_default().insert(field(finding, "record_id"));
    }
    let codes: Map<String, Value> = codes.into_iter().map(|(code, records)| (code, records.len().into())).collect();
    let [records, erased, flawed] = check.row.counts();
    Ok(json!({
        "schema": SHEET_SCHEMA, "check_id": check.id.to_string(), "basis": check.basis, "agency": check.agency,
        "ordered": who(check.row.begun)?, "is_complete": check.row.next().is_none(), "steps": steps,
        "records": records, "erased": erased, "flawed": flawed, "whole": records - erased - flawed,
        "codes": codes, "findings": findings, "missing": missing, "found": found,
    }))
}

fn field(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The forms of the act.
const LANGS: [(Lang, &str); 3] = [
    (Lang::Kk, include_str!("act.kk.txt")),
    (Lang::Ru, include_str!("act.ru.txt")),
    (Lang::En, include_str!("act.en.txt")),
];

fn act_file(lang: Lang) -> String {
    let lang = match lang {
        Lang::Kk => "kk",
        Lang::Ru => "ru",
        Lang::En => "en",
    };
    format!("act.{lang}.txt")
}

/// The act as a text, made on `at`.
fn print(sheet: &Value, at: &str, lang: Lang) -> String {
    let form = LANGS.iter().find(|(known, _)| *known == lang).map_or("", |(_, form)| form);
    let by = |act: &Value| {
        let account = act.get("by").and_then(Value::as_str);
        account.unwrap_or(SYSTEM.get(lang)).to_owned()
    };
    let moment = |act: &Value| {
        let time = chrono::DateTime::parse_from_rfc3339(&field(act, "time")).map(|time| time.timestamp_millis());
        local_text(time.ok().and_then(|ms| u64::try_from(ms).ok()).unwrap_or_default())
    };
    let array = |key: &str| sheet.get(key).and_then(Value::as_array).into_iter().flatten();
    let lines =
        |lines: Vec<String>| if lines.is_empty() { format!("  {}", NOTHING.get(lang)) } else { lines.join("\n") };
    let code_text = |code: &str| ErrorCode::parse(code).map_or("", |code| code.text(lang));
    let codes = sheet.get("codes").and_then(Value::as_object).into_iter().flatten();
    let codes = lines(codes.map(|(code, count)| format!("  {code}: {count} · {}", code_text(code))).collect());
    let ids = |key: &str| lines(array(key).map(|id| format!("  {}", id.as_str().unwrap_or_default())).collect());
    let step = |step: &Value| format!("  #{} · {} · {} · {}", step["entry"], moment(step), by(step), step["records"]);
    let finding = |found: &Value| {
        let [record, code, subject] = ["record_id", "code", "subject"].map(|key| field(found, key));
        format!("  {record} · {code} · {subject}")
    };
    let ordered = &sheet["ordered"];
    fill(form, |name| match name {
        "check" => field(sheet, "check_id"),
        "basis" => field(sheet, "basis"),
        "scope" => sheet["agency"].as_str().unwrap_or(ALL_RECORDS.get(lang)).to_owned(),
        "ordered" => format!("{} · {} · #{}", moment(ordered), by(ordered), ordered["entry"]),
        "made" => at.to_owned(),
        "steps" => lines(array("steps").map(step).collect()),
        "codes" => codes.clone(),
        "findings" => lines(array("findings").map(finding).collect()),
        "missing" | "found" => ids(name),
        number => sheet.get(number).map(Value::to_string).unwrap_or_default(),
    })
}

/// Puts values in the places of a form, each `{name}` once: what a value says is never a place.
fn fill(form: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut rest = form;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        text += before;
        text += &value(name);
        rest = after;
    }
    text + rest
}
