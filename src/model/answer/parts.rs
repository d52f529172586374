//! The parts that answers share: bodies, times, files, the archive, the program; each written and read the same way
//! everywhere.
//!
//! Invariants
//!   - A [`Moment`] is whole seconds, written twice: Almaty time with its offset and UTC, and both are the same time.
//!   - No list of files names one path twice.

use super::super::calendar::almaty;
use super::super::digest::Sha256;
use super::super::id::ArchiveId;
use super::super::strict::{Fields, array_of, date_of, is_unprintable, text_of, word_of};
use super::super::submission::{Profile, Role};
use super::super::validation::{time_of, time_text};
use crate::error::ErrorCode;
use crate::limits::{CONTAINER_ENTRIES_MAX, PATH_BYTES_MAX, TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::text::Lang;
use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, Timelike, Utc};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::str::FromStr;

/// A moment as answers say it: whole seconds, in Almaty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// The moment `time`; parts of a second are cut off.
    pub fn of(time: DateTime<Utc>) -> Self {
        let local = almaty(time);
        Self(local.with_nanosecond(0).unwrap_or(local))
    }

    /// The moment `millis` milliseconds after 1970-01-01T00:00:00Z.
    pub fn of_millis(millis: u64) -> Self {
        // Out of range only for times that no clock of ours can give.
        let time = i64::try_from(millis).ok().and_then(DateTime::from_timestamp_millis);
        Self::of(time.unwrap_or(DateTime::UNIX_EPOCH))
    }

    /// The moment in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        self.0.to_utc()
    }

    /// The civil date in Almaty.
    pub fn civil_date(self) -> NaiveDate {
        self.0.date_naive()
    }

    /// For people, in both times: `05.01.2026 15:00:00 +05:00 (2026-01-05T10:00:00Z)`.
    pub(super) fn shown(self) -> String {
        format!("{} ({})", self.0.format("%d.%m.%Y %H:%M:%S %:z"), time_text(self.utc()))
    }

    pub(super) fn value(self) -> Value {
        json!({"almaty": self.0.to_rfc3339_opts(SecondsFormat::Secs, false), "utc": time_text(self.utc())})
    }

    /// The offset is the one that was written: a later law on the time zone does not change an old answer.
    fn of_texts(local: &str, utc: &str) -> Option<Self> {
        let moment = Self(DateTime::parse_from_rfc3339(local).ok()?);
        (time_of(utc)? == moment.utc() && moment.value() == json!({"almaty": local, "utc": utc})).then_some(moment)
    }

    pub(super) fn read(fields: &mut Fields, key: &str) -> Option<Self> {
        let value = fields.required(key)?;
        Self::of_value(fields, key, value)
    }

    pub(super) fn read_if_any(fields: &mut Fields, key: &str) -> Option<Option<Self>> {
        match fields.optional(key) {
            None => Some(None),
            Some(value) => Self::of_value(fields, key, value).map(Some),
        }
    }

    fn of_value(fields: &mut Fields, key: &str, value: Value) -> Option<Self> {
        let mut inner = fields.inner(key, value)?;
        let (local, utc) = (inner.text("almaty", TEXT_SHORT_CHARS_MAX), inner.text("utc", TEXT_SHORT_CHARS_MAX));
        let moment = Self::of_texts(&local?, &utc?);
        if moment.is_none() {
            inner.fault(ErrorCode::IngFieldMalformed, "almaty", "wanted one time of whole seconds in both forms");
        }
        inner.end();
        moment
    }
}

/// A body: who issues an answer, or who gets it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Its name.
    pub name: Option<String>,
    /// Its code as an agency of the archive.
    pub agency: Option<String>,
    /// Its business identification number (БСН, БИН): 12 digits.
    pub bin: Option<String>,
}

impl Body {
    pub(super) fn value(&self) -> Value {
        object([("name", self.name.clone()), ("agency", self.agency.clone()), ("bin", self.bin.clone())])
    }

    pub(super) fn read(fields: &mut Fields, key: &str, value: Value) -> Option<Self> {
        let mut inner = fields.inner(key, value)?;
        let name = inner.text_if_any("name", TEXT_LONG_CHARS_MAX);
        let agency = inner.text_if_any("agency", TEXT_SHORT_CHARS_MAX);
        let bin = inner.text_if_any("bin", TEXT_SHORT_CHARS_MAX);
        let digits = |bin: &String| bin.len() == 12 && bin.bytes().all(|b| b.is_ascii_digit());
        if bin.as_ref().is_some_and(|bin| bin.as_ref().is_some_and(|bin| !digits(bin))) {
            inner.fault(ErrorCode::IngFieldMalformed, "bin", "wanted 12 digits");
        }
        if (&name, &agency, &bin) == (&Some(None), &Some(None), &Some(None)) {
            inner.fault(ErrorCode::IngFieldMissing, "name", "a body has a name, a code or a number");
        }
        inner.end();
        Some(Self { name: name?, agency: agency?, bin: bin? })
    }

    pub(super) fn read_if_any(fields: &mut Fields, key: &str) -> Option<Option<Self>> {
        match fields.optional(key) {
            None => Some(None),
            Some(value) => Self::read(fields, key, value).map(Some),
        }
    }

    /// The issuer of an answer, which has a name.
    pub(super) fn read_sender(fields: &mut Fields, key: &str) -> Option<Self> {
        let value = fields.required(key)?;
        let body = Self::read(fields, key, value)?;
        if body.name.is_none() {
            fields.fault(ErrorCode::IngFieldMalformed, key, "who issues an answer has a name");
        }
        Some(body)
    }
}

/// The archive that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveName {
    /// Its id.
    pub id: ArchiveId,
    /// Origin of its journal.
    pub origin: String,
}

impl ArchiveName {
    pub(super) fn value(&self) -> Value {
        json!({"id": self.id.to_string(), "origin": self.origin})
    }

    pub(super) fn read(fields: &mut Fields) -> Option<Self> {
        let value = fields.required("archive")?;
        let mut inner = fields.inner("archive", value)?;
        let (id, origin) = (hex_of(&mut inner, "id"), inner.text("origin", TEXT_LONG_CHARS_MAX));
        inner.end();
        Some(Self { id: id?, origin: origin? })
    }
}

/// The program that made the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl System {
    /// This program.
    pub fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() }
    }

    pub(super) fn value(&self) -> Value {
        json!({"name": self.name, "version": self.version})
    }

    pub(super) fn read(fields: &mut Fields) -> Option<Self> {
        let value = fields.required("system")?;
        let mut inner = fields.inner("system", value)?;
        let (name, version) = (inner.text("name", TEXT_SHORT_CHARS_MAX), inner.text("version", TEXT_SHORT_CHARS_MAX));
        inner.end();
        Some(Self { name: name?, version: version? })
    }
}

/// The rules that a submission was taken by, with their name as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The profile.
    pub profile: Profile,
    /// Its name in Kazakh.
    pub kk: String,
    /// In Russian.
    pub ru: String,
}

impl Rules {
    /// The rules of `profile` as this program knows them.
    pub fn of(profile: Profile) -> Self {
        let title = &profile.rules().title;
        Self { profile, kk: title.kk.clone(), ru: title.ru.clone() }
    }

    /// Their name; the English one is that of this program.
    pub(super) fn title(&self, lang: Lang) -> &str {
        match lang {
            Lang::Kk => &self.kk,
            Lang::Ru => &self.ru,
            Lang::En => &self.profile.rules().title.en,
        }
    }

    pub(super) fn value(&self) -> Value {
        json!({"profile": self.profile.as_str(), "kk": self.kk, "ru": self.ru})
    }

    pub(super) fn read(fields: &mut Fields, value: Value) -> Option<Self> {
        let mut inner = fields.inner("rules", value)?;
        let profile = inner.word("profile", Profile::parse, Profile::KNOWN);
        let [kk, ru] = ["kk", "ru"].map(|lang| inner.text(lang, TEXT_LONG_CHARS_MAX));
        inner.end();
        Some(Self { profile: profile?, kk: kk?, ru: ru? })
    }
}

/// A file that was received, bound by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// Path inside the submission.
    pub path: String,
    /// Its part in the record, as far as known.
    pub role: Option<Role>,
    /// Length in bytes.
    pub size: u64,
    /// Digest of its bytes.
    pub sha256: Sha256,
}

impl FileDigest {
    pub(super) fn list_value(files: &[Self]) -> Value {
        let value = |file: &Self| {
            let mut map = Map::new();
            map.insert("path".into(), file.path.clone().into());
            if let Some(role) = file.role {
                map.insert("role".into(), role.as_str().into());
            }
            map.insert("sha256".into(), file.sha256.to_string().into());
            map.insert("size".into(), file.size.into());
            Value::Object(map)
        };
        files.iter().map(value).collect()
    }

    /// The files in `files`, which must be there and may be empty.
    pub(super) fn read_list(fields: &mut Fields) -> Option<Vec<Self>> {
        let value = fields.required("files")?;
        let items = fields.read("files", value, |value, at| array_of(value, at, CONTAINER_ENTRIES_MAX))?;
        let mut paths = HashSet::new();
        let mut file = |(i, item)| {
            let mut inner = fields.item(&format!("files/{i}"), item)?;
            let path = inner.text("path", PATH_BYTES_MAX);
            if path.as_ref().is_some_and(|path| !paths.insert(path.clone())) {
                inner.fault(ErrorCode::IngFieldMalformed, "path", "the path of another file");
            }
            let role = match inner.optional("role") {
                None => Some(None),
                Some(value) => inner.read("role", value, |v, at| word_of(&v, at, Role::parse, Role::KNOWN)).map(Some),
            };
            let (sha256, size) = (hex_of(&mut inner, "sha256"), integer(&mut inner, "size"));
            inner.end();
            Some(Self { path: path?, role: role?, size: size?, sha256: sha256? })
        };
        // All are read before any is missed, so that every fault is found.
        let files: Vec<Option<Self>> = items.into_iter().enumerate().map(&mut file).collect();
        files.into_iter().collect()
    }
}

/// An object of the texts that are there.
pub(super) fn object<const N: usize>(entries: [(&str, Option<String>); N]) -> Value {
    let present = entries.into_iter().filter_map(|(key, text)| Some((key.to_owned(), Value::from(text?))));
    Value::Object(present.collect())
}

/// An identifier or digest: hexadecimal digits in small letters.
pub(super) fn hex_of<T: FromStr + ToString>(fields: &mut Fields, key: &str) -> Option<T> {
    let value = fields.required(key)?;
    hex_value(fields, key, &value)
}

/// The same, which may be missing.
pub(super) fn hex_if_any<T: FromStr + ToString>(fields: &mut Fields, key: &str) -> Option<Option<T>> {
    match fields.optional(key) {
        None => Some(None),
        Some(value) => hex_value(fields, key, &value).map(Some),
    }
}

fn hex_value<T: FromStr + ToString>(fields: &mut Fields, key: &str, value: &Value) -> Option<T> {
    let text = value.as_str().unwrap_or_default();
    // One value has one text.
    let parsed = text.parse().ok().filter(|parsed: &T| parsed.to_string() == text);
    if parsed.is_none() {
        fields.fault(ErrorCode::IngFieldMalformed, key, "wanted digits 0-9 and a-f of the right number");
    }
    parsed
}

/// A whole number that every JSON reader keeps exact.
pub(super) fn integer(fields: &mut Fields, key: &str) -> Option<u64> {
    let value = fields.required(key)?;
    let number = value.as_u64();
    if number.is_none() {
        fields.fault(ErrorCode::IngFieldMalformed, key, "wanted a whole number");
    }
    number
}

pub(super) fn date_if_any(fields: &mut Fields, key: &str) -> Option<Option<NaiveDate>> {
    match fields.optional(key) {
        None => Some(None),
        Some(value) => fields.read(key, value, |value, subject| date_of(&value, subject)).map(Some),
    }
}

pub(super) fn date(fields: &mut Fields, key: &str) -> Option<NaiveDate> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, subject| date_of(&value, subject))
}

/// A text that was found in what a Producer sent, made fit for an answer: what cannot be printed is escaped, what is
/// too long is cut. None when nothing is left.
pub(super) fn fit(text: &str, chars_max: usize) -> Option<String> {
    let mut out = escaped(text.trim());
    if let Some((end, _)) = out.char_indices().nth(chars_max) {
        // Room for the mark that says it was cut.
        let keep = out.char_indices().nth(chars_max.saturating_sub(1)).map_or(end, |(at, _)| at);
        out.truncate(keep);
        out.push('…');
    }
    (!out.trim().is_empty()).then_some(out)
}

/// `text` with everything escaped that a page would not show as it stands: who signs a page must see what it says.
pub(super) fn escaped(text: &str) -> String {
    let hidden = |c: char| {
        // Line and paragraph separators begin a line on some screens and not on others; the rest has no width.
        let unseen = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
        is_unprintable(c) || matches!(c, '\u{2028}' | '\u{2029}') || unseen
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// A code of a reason: `ING-004`.
pub(super) fn code(fields: &mut Fields, key: &str) -> Option<String> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, subject| text_of(value, subject, TEXT_SHORT_CHARS_MAX))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::digest::sha256;

    pub(in super::super) fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    pub(in super::super) fn moment(utc: &str) -> Moment {
        Moment::of(time_of(utc).unwrap())
    }

    pub(in super::super) fn archive() -> ArchiveName {
        ArchiveName { id: ArchiveId([1; 16]), origin: "archive.example.kz/demo".into() }
    }

    pub(in super::super) fn sender() -> Body {
        let bin = Some("000140000017".into());
        Body { name: Some("Үлгі архиві".into()), agency: Some("DEMO".into()), bin }
    }

    pub(in super::super) fn recipient() -> Body {
        Body { name: Some("Мысал басқармасы".into()), agency: Some("DEMO-2".into()), bin: None }
    }

    pub(in super::super) fn rules() -> Rules {
        // Not as the program names them, so that a new name changes no example.
        Rules {
            profile: Profile::N430, kk: "Үлгі қағидалар".into(), ru: "Правила-образец".into()
        }
    }

    pub(in super::super) fn system() -> System {
        System { name: "muragat".into(), version: "0.1.0".into() }
    }

    pub(in super::super) fn files() -> Vec<FileDigest> {
        let file =
            |path: &str, role, size| FileDigest { path: path.to_owned(), role, size, sha256: sha256(path.as_bytes()) };
        vec![file("card.json", Some(Role::Card), 812), file("hat.docx", Some(Role::Main), 20_480), file("x", None, 0)]
    }

    #[test]
    fn a_moment_is_whole_seconds_in_two_forms() {
        let time = DateTime::from_timestamp_millis(1_767_607_200_999).unwrap();
        assert_eq!(Moment::of(time), Moment::of_millis(1_767_607_200_000));
        assert_eq!(Moment::of(time).shown(), "05.01.2026 15:00:00 +05:00 (2026-01-05T10:00:00Z)");
        // The offset of the day: six hours before 1 March 2024.
        assert_eq!(moment("2024-02-29T17:59:59Z").shown(), "29.02.2024 23:59:59 +06:00 (2024-02-29T17:59:59Z)");
        // Then the clocks went back, so that this hour came twice; the offset tells which.
        assert_eq!(moment("2024-02-29T18:00:00Z").shown(), "29.02.2024 23:00:00 +05:00 (2024-02-29T18:00:00Z)");
        assert_eq!(moment("2024-02-29T19:00:00Z").civil_date(), day("2024-03-01"));
        assert_eq!(Moment::of_millis(u64::MAX), Moment::of_millis(0));

        let utc = "2026-01-05T10:00:00Z";
        assert_eq!(Moment::of_texts("2026-01-05T15:00:00+05:00", utc), Some(moment(utc)));
        // Another law on the time zone would not make it wrong.
        assert!(Moment::of_texts("2026-01-05T16:00:00+06:00", utc).is_some());
        for local in [
            "2026-01-05T15:00:01+05:00",
            "2026-01-05T15:00:00+06:00",
            "2026-01-05T15:00:00.0+05:00",
            "2026-01-05 15:00:00+05:00",
            "2026-01-05T15:00:00",
            "",
        ] {
            assert_eq!(Moment::of_texts(local, utc), None, "{local}");
        }
        assert_eq!(Moment::of_texts("2026-01-05T15:00:00+05:00", "2026-01-05T15:00:00+05:00"), None);
    }

    #[test]
    fn what_a_page_would_hide_is_escaped() {
        assert_eq!(escaped("Қаулы «№ 1» – e\u{301}"), "Қаулы «№ 1» – e\u{301}");
        for c in ['\u{202e}', '\u{2066}', '\u{2028}', '\u{2029}', '\u{200b}', '\u{feff}', '\n', '\u{85}'] {
            assert_eq!(escaped(&format!("a{c}b")), format!("a{}b", c.escape_default()));
        }
        assert_eq!(fit("  a  ", 9).as_deref(), Some("a"));
        assert_eq!((fit("", 9), fit(" \n", 9)), (None, None));
        assert_eq!(fit("қазақ", 5).as_deref(), Some("қазақ"));
        assert_eq!(fit("қазақ", 4).as_deref(), Some("қаз…"));
    }
}
