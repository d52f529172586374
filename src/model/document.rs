//! A TOML file that a person writes, as plain data, and the parts that such files share.
//!
//! [`Fields`] take the data apart and find every fault with its place, a JSON pointer; [`with_lines`] adds the line of
//! the file, for files too long to count entries in.

use super::profile::Title;
use super::strict::{Faults, Fields, array_of, date_of, malformed};
use crate::error::{ErrorCode, Refusal};
use crate::limits::TEXT_LONG_CHARS_MAX;
use chrono::NaiveDate;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What `read` makes of the file that messages call `name`, or every fault, of `code` and with its line.
///
/// What is missing or malformed is said by the detail; the file is what is refused.
pub(crate) fn parse<T>(
    bytes: &[u8],
    name: &str,
    bytes_max: usize,
    code: ErrorCode,
    read: impl FnOnce(Fields) -> Option<T>,
) -> Result<T, Vec<Refusal>> {
    let of_code =
        |faults: Vec<Refusal>| -> Vec<Refusal> { faults.into_iter().map(|fault| Refusal { code, ..fault }).collect() };
    let value = document(bytes, name, bytes_max).map_err(of_code)?;
    let mut faults = Faults::default();
    let read = Fields::of(value, format!("{name}#"), &mut faults).and_then(read);
    faults.result(read).map_err(|faults| of_code(with_lines(faults, bytes, name)))
}

/// Reads TOML into plain data; a native date or time becomes its text, so both ways of writing one are the same.
///
/// Messages name the line and never repeat the text: a file of this kind may name people.
pub(crate) fn document(bytes: &[u8], name: &str, bytes_max: usize) -> Result<Value, Vec<Refusal>> {
    let refusal = |detail: String| vec![Refusal::new(ErrorCode::IngFieldMalformed, name, detail)];
    if bytes.len() > bytes_max {
        return Err(refusal(format!("{} bytes, at most {bytes_max} are admitted", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refusal("not UTF-8".to_owned()))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        refusal(format!("not TOML: line {line}"))
    })?;
    Ok(plain(toml::Value::Table(table)))
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
    }
}

/// The same faults of the file that messages call `name`, each with its line: `list.toml#/rule/16/years (line 211)`.
///
/// What is missing is on the line where the table begins that lacks it.
pub(crate) fn with_lines(faults: Vec<Refusal>, bytes: &[u8], name: &str) -> Vec<Refusal> {
    let read = std::str::from_utf8(bytes).ok().and_then(|text| Some((text, DeTable::parse(text).ok()?)));
    let Some((text, table)) = read else { return faults };
    let add = |fault: Refusal| {
        let pointer = fault.subject.strip_prefix(name).and_then(|place| place.strip_prefix("#/"));
        let Some(pointer) = pointer else { return fault };
        let start = start_of(&table, pointer);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        Refusal { subject: format!("{} (line {line})", fault.subject), ..fault }
    };
    faults.into_iter().map(add).collect()
}

/// Where in the file the value stands that `pointer` names, or the last table or array on the way to it.
fn start_of(table: &Spanned<DeTable<'_>>, pointer: &str) -> usize {
    let mut start = table.span().start;
    let (mut table, mut array) = (Some(table.get_ref()), None);
    for part in pointer.split('/') {
        let key = part.replace("~1", "/").replace("~0", "~");
        let found: Option<(usize, &DeValue<'_>)> = match (table, array) {
            (Some(table), _) => {
                let entry: Option<(&Spanned<_>, &Spanned<DeValue<'_>>)> = table.get_key_value(key.as_str());
                entry.map(|(name, value)| (name.span().start, value.get_ref()))
            }
            (None, Some(array)) => {
                let array: &toml::de::DeArray<'_> = array;
                let item = key.parse::<usize>().ok().and_then(|i| array.get(i));
                item.map(|item| (item.span().start, item.get_ref()))
            }
            (None, None) => None,
        };
        let Some((at, value)) = found else { break };
        start = at;
        (table, array) = (value.as_table(), value.as_array());
    }
    start
}

/// A table that must be there.
pub(crate) fn section<T>(fields: &mut Fields, key: &str, read: impl FnOnce(Fields) -> Option<T>) -> Option<T> {
    let value = fields.required(key)?;
    fields.inner(key, value).and_then(read)
}

/// The tables of an array, each with its own faults; none when the array is missing.
pub(crate) fn tables<T>(
    fields: &mut Fields,
    key: &str,
    items_max: usize,
    mut read: impl FnMut(Fields) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(value) = fields.optional(key) else { return Some(Vec::new()) };
    let items = fields.read(key, value, |value, at| array_of(value, at, items_max))?;
    let mut tables = Vec::with_capacity(items.len());
    let mut whole = true;
    for (i, item) in items.into_iter().enumerate() {
        match fields.item(&format!("{key}/{i}"), item).and_then(&mut read) {
            Some(table) => tables.push(table),
            None => whole = false,
        }
    }
    whole.then_some(tables)
}

/// The title in three languages.
pub(crate) fn title(mut inner: Fields) -> Option<Title> {
    let [kk, ru, en] = ["kk", "ru", "en"].map(|lang| inner.text(lang, TEXT_LONG_CHARS_MAX));
    inner.end();
    Some(Title { kk: kk?, ru: ru?, en: en? })
}

/// A day that must be there.
pub(crate) fn required_date(fields: &mut Fields, key: &str) -> Option<NaiveDate> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, at| date_of(&value, at))
}

/// A day that may be missing.
pub(crate) fn date_if_any(fields: &mut Fields, key: &str) -> Option<Option<NaiveDate>> {
    let Some(value) = fields.optional(key) else { return Some(None) };
    fields.read(key, value, |value, at| date_of(&value, at).map(Some))
}

/// Yes or no, which must be there.
pub(crate) fn flag(fields: &mut Fields, key: &str) -> Option<bool> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, at| value.as_bool().ok_or_else(|| malformed(at, "true or false", &value)))
}
