//! Strict reading of JSON that others wrote.
//!
//! A repeated key, an unknown key, a missing field and a value of the wrong kind are all refused, and every
//! [`Refusal`] names its place as a JSON pointer (RFC 6901): `submission.json#/components/2/role`. Two programs that
//! read the same bytes must see the same card, so nothing is guessed, converted or skipped. One pass finds every fault
//! ([`Faults`]), except in what is no JSON at all.

use crate::error::{ErrorCode, Refusal};
use crate::text::{Said, Text, text};
use chrono::{Datelike, NaiveDate};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Reads one JSON value; a repeated key in any object is an error (RFC 8259 §4 leaves its meaning open).
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Strict>(bytes).map(|strict| strict.0)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("key {:?} is repeated", shown(&key))));
            }
            let Strict(value) = access.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// Characters of a foreign name that a message repeats.
const SHOWN_CHARS_MAX: usize = 300;

/// A foreign name made fit for a message: control characters escaped, too long names cut.
///
/// A file name can carry terminal commands or turn the direction of the text around it.
pub(crate) fn shown(name: &str) -> String {
    let mut out = String::new();
    for (count, c) in name.chars().enumerate() {
        if count == SHOWN_CHARS_MAX {
            out.push('…');
            break;
        }
        if is_unprintable(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether `c` is a control character, or one that turns the direction of writing and so hides what a name says.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Faults of one description that are named; who has more wrote it with another schema in hand.
pub(crate) const FAULTS_MAX: usize = 64;

/// The faults of one description, in the order they were met: a Producer mends all of them at once.
#[derive(Default)]
pub(crate) struct Faults(Vec<Refusal>);

impl Faults {
    /// Notes a fault; those past [`FAULTS_MAX`] are not named.
    pub(crate) fn push(&mut self, refusal: Refusal) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(refusal);
        }
    }

    /// Notes a fault of `code`.
    pub(crate) fn add(&mut self, code: ErrorCode, subject: impl Into<String>, detail: impl Into<String>) {
        self.push(Refusal::new(code, subject, detail));
    }

    /// The value, or the fault of reading it noted.
    pub(crate) fn check<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.push(refusal)).ok()
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was found; empty when nothing was.
    pub(crate) fn into_vec(self) -> Vec<Refusal> {
        self.0
    }

    /// What was read when it has no fault. `read` MUST be there, or a fault must have been noted.
    pub(crate) fn result<T>(self, read: Option<T>) -> Result<T, Vec<Refusal>> {
        match read {
            Some(read) if self.0.is_empty() => Ok(read),
            read => {
                assert!(read.is_some() || !self.0.is_empty(), "what cannot be read has a fault");
                Err(self.0)
            }
        }
    }
}

/// The fields of one JSON object, taken one by one; [`Fields::end`] refuses what nobody took.
///
/// A method gives [`None`] when it noted a fault, so that one pass finds all of them.
pub(crate) struct Fields<'f> {
    map: Map<String, Value>,
    /// The object's place: `card.json#` or `card.json#/link`.
    at: String,
    faults: &'f mut Faults,
}

impl<'f> Fields<'f> {
    /// The fields of `value`, which stands at `at`.
    pub(crate) fn of(value: Value, at: impl Into<String>, faults: &'f mut Faults) -> Option<Self> {
        let at = at.into();
        match value {
            Value::Object(map) => Some(Self { map, at, faults }),
            other => {
                faults.push(malformed(at, "an object", &other));
                None
            }
        }
    }

    /// The fields of `value`, which is the value of `key`.
    pub(crate) fn inner(&mut self, key: &str, value: Value) -> Option<Fields<'_>> {
        let at = self.subject(key);
        Fields::of(value, at, self.faults)
    }

    /// The fields of `item`, which stands at `place` below this object: `components/2`.
    pub(crate) fn item(&mut self, place: &str, item: Value) -> Option<Fields<'_>> {
        let at = format!("{}/{place}", self.at);
        Fields::of(item, at, self.faults)
    }

    /// The place of `key`.
    pub(crate) fn subject(&self, key: &str) -> String {
        // RFC 6901 §3: these two characters are escaped in a pointer.
        format!("{}/{}", self.at, shown(&key.replace('~', "~0").replace('/', "~1")))
    }

    /// Notes a fault of `key`.
    pub(crate) fn fault(&mut self, code: ErrorCode, key: &str, detail: impl Into<String>) {
        let subject = self.subject(key);
        self.faults.add(code, subject, detail);
    }

    /// What `read` makes of `value`, the value of `key`.
    pub(crate) fn read<T>(
        &mut self,
        key: &str,
        value: Value,
        read: impl FnOnce(Value, String) -> Result<T, Refusal>,
    ) -> Option<T> {
        let subject = self.subject(key);
        self.faults.check(read(value, subject))
    }

    /// The value of `key`, which must be there; it may be null.
    pub(crate) fn required(&mut self, key: &str) -> Option<Value> {
        let value = self.map.remove(key);
        if value.is_none() {
            self.fault(ErrorCode::IngFieldMissing, key, "field is missing");
        }
        value
    }

    /// The value of `key`, when it is there and not null.
    pub(crate) fn optional(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, key: &str, chars_max: usize) -> Option<String> {
        let value = self.required(key)?;
        self.read(key, value, |value, subject| text_of(value, subject, chars_max))
    }

    /// A text that must be there and shows as it is written.
    pub(crate) fn plain_text(&mut self, key: &str, chars_max: usize) -> Option<String> {
        let value = self.required(key)?;
        self.read(key, value, |value, subject| plain_text_of(value, subject, chars_max))
    }

    /// A text that may be missing or null.
    pub(crate) fn text_if_any(&mut self, key: &str, chars_max: usize) -> Option<Option<String>> {
        match self.optional(key) {
            None => Some(None),
            Some(value) => self.read(key, value, |value, subject| text_of(value, subject, chars_max)).map(Some),
        }
    }

    /// One of the words that `parse` knows.
    pub(crate) fn word<T>(&mut self, key: &str, parse: fn(&str) -> Option<T>, known: &str) -> Option<T> {
        let value = self.required(key)?;
        self.read(key, value, |value, subject| word_of(&value, subject, parse, known))
    }

    /// One of the words that `parse` knows; `absent` when it is missing or null.
    pub(crate) fn word_or<T>(&mut self, key: &str, parse: fn(&str) -> Option<T>, known: &str, absent: T) -> Option<T> {
        match self.optional(key) {
            None => Some(absent),
            Some(value) => self.read(key, value, |value, subject| word_of(&value, subject, parse, known)),
        }
    }

    /// A whole number from `min` to `max`.
    pub(crate) fn number(&mut self, key: &str, min: u32, max: u32) -> Option<u32> {
        let value = self.required(key)?;
        let number = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| (min..=max).contains(n));
        let wanted = || format!("a whole number from {min} to {max}");
        let said = || Said::of(|lang| format!("{}: {min}–{max}.", NUMBER_WANTED.get(lang)));
        self.read(key, value, |value, subject| {
            number.ok_or_else(|| malformed(subject, &wanted(), &value).saying(said()))
        })
    }

    /// The texts of an array of at most `items_max`, each with its own fault.
    pub(crate) fn texts(&mut self, key: &str, value: Value, items_max: usize, chars_max: usize) -> Option<Vec<String>> {
        let items = self.read(key, value, |value, subject| array_of(value, subject, items_max))?;
        let subject = self.subject(key);
        let text = |(i, item)| self.faults.check(text_of(item, format!("{subject}/{i}"), chars_max));
        let texts: Vec<Option<String>> = items.into_iter().enumerate().map(text).collect();
        texts.into_iter().collect()
    }

    /// The `schema` field, which must be exactly `name`.
    pub(crate) fn schema(&mut self, name: &str) -> Option<()> {
        let value = self.required("schema")?;
        if value.as_str() == Some(name) {
            return Some(());
        }
        self.read("schema", value, |value, subject| Err(malformed(subject, &format!("{name:?}"), &value)))
    }

    /// Refuses every key that was not taken.
    pub(crate) fn end(mut self) {
        let keys: Vec<String> = std::mem::take(&mut self.map).into_iter().map(|(key, _)| key).collect();
        for key in keys.iter().take(FAULTS_MAX) {
            self.fault(ErrorCode::IngKeyUnknown, key, "key is not in the schema");
        }
    }
}

const BLANK: Text = text("Мәтін бос.", "Текст пустой.", "The text is blank.");
const CONTROL: Text =
    text("Мәтінде басқару таңбасы бар.", "В тексте есть управляющий символ.", "The text has a control character.");
const TOO_LONG: Text = text(
    "Мәтін тым ұзын, таңба саны ең көбі",
    "Текст слишком длинный, символов не больше",
    "Too long, characters at most",
);
const TEXT_WANTED: Text = text("Мәтін болуы тиіс.", "Должен быть текст.", "It must be a text.");
const ONE_OF: Text = text("Мыналардың бірі болуы тиіс", "Должно быть одно из", "It must be one of");
const DATE_WANTED: Text = text(
    "ЖЖЖЖ-АА-КК түріндегі күн болуы тиіс, 1900 жылдан бастап.",
    "Должна быть дата вида ГГГГ-ММ-ДД, не раньше 1900 года.",
    "It must be a date as YYYY-MM-DD, not before 1900.",
);
const NUMBER_WANTED: Text = text("Бүтін сан болуы тиіс", "Должно быть целое число", "It must be a whole number");

/// The text in `value`: not blank, no control characters, at most `chars_max` characters.
pub(crate) fn text_of(value: Value, subject: String, chars_max: usize) -> Result<String, Refusal> {
    let Value::String(text) = value else {
        let said = Said::of(|lang| TEXT_WANTED.get(lang).to_owned());
        return Err(malformed(subject, "a text", &value).saying(said));
    };
    let (fault, said) = if text.trim().is_empty() {
        ("text is blank".to_owned(), Said::of(|lang| BLANK.get(lang).to_owned()))
    } else if text.chars().any(char::is_control) {
        ("text has a control character".to_owned(), Said::of(|lang| CONTROL.get(lang).to_owned()))
    } else if text.chars().count() > chars_max {
        let said = Said::of(|lang| format!("{}: {chars_max}.", TOO_LONG.get(lang)));
        (format!("text is longer than {chars_max} characters"), said)
    } else {
        return Ok(text);
    };
    Err(Refusal::new(ErrorCode::IngFieldMalformed, subject, fault).saying(said))
}

/// The same for a text that people approve: nothing in it turns the direction of writing either.
pub(crate) fn plain_text_of(value: Value, subject: String, chars_max: usize) -> Result<String, Refusal> {
    let text = text_of(value, subject.clone(), chars_max)?;
    if text.contains(is_unprintable) {
        let said = Said::of(|lang| CONTROL.get(lang).to_owned());
        let what = "text has a character that turns the direction of writing";
        return Err(Refusal::new(ErrorCode::IngFieldMalformed, subject, what).saying(said));
    }
    Ok(text)
}

/// The word in `value`.
pub(crate) fn word_of<T>(
    value: &Value,
    subject: String,
    parse: fn(&str) -> Option<T>,
    known: &str,
) -> Result<T, Refusal> {
    value.as_str().and_then(parse).ok_or_else(|| {
        let said = Said::of(|lang| format!("{}: {}.", ONE_OF.get(lang), known.trim_end()));
        malformed(subject, &format!("one of {known}"), value).saying(said)
    })
}

/// Earliest year of a date: a slip of the pen before it would move every date reckoned from it.
const YEAR_MIN: i32 = 1900;

/// The date in `value`, as ISO 8601 writes it.
pub(crate) fn date_of(value: &Value, subject: String) -> Result<NaiveDate, Refusal> {
    // The library also reads "2026-1-5" and "+2026-01-05"; one date has one text here, so it is printed and compared.
    let read = |text: &str| {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        (date.to_string() == text && date.year() >= YEAR_MIN && text.len() == 10).then_some(date)
    };
    let wanted = "one of the days since 1900, written YYYY-MM-DD";
    let said = || Said::of(|lang| DATE_WANTED.get(lang).to_owned());
    value.as_str().and_then(read).ok_or_else(|| malformed(subject, wanted, value).saying(said()))
}

/// The items of `value`, at most `items_max`.
pub(crate) fn array_of(value: Value, subject: String, items_max: usize) -> Result<Vec<Value>, Refusal> {
    match value {
        Value::Array(items) if items.len() <= items_max => Ok(items),
        Value::Array(items) => Err(Refusal::new(
            ErrorCode::IngFieldMalformed,
            subject,
            format!("{} items, at most {items_max} are admitted", items.len()),
        )),
        other => Err(malformed(subject, "an array", &other)),
    }
}

/// The refusal of a value that is not what is wanted. It repeats no text of the value: a card names people.
pub(crate) fn malformed(subject: String, wanted: &str, found: &Value) -> Refusal {
    let kind = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let fault = if wanted == kind { String::new() } else { format!(", found {kind}") };
    Refusal::new(ErrorCode::IngFieldMalformed, subject, format!("wanted {wanted}{fault}"))
}

/// An enum of words: the variants, their text form and the way back, in one table.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every value there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The words, for a message.
            pub const KNOWN: &'static str = concat!($("\"", $word, "\" ",)+);

            /// The word as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value of a word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_is_refused_at_any_depth() {
        assert!(parse(br#"{"a": 1, "b": [{"a": 1}, {"a": 2}]}"#).is_ok());
        assert!(parse(br#"{"a": 1, "a": 1}"#).unwrap_err().to_string().contains("repeated"));
        assert!(parse(br#"{"b": [{"a": 1, "\u0061": 2}]}"#).is_err());
        assert!(parse(b"{} {}").is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err(), "depth is bounded");
    }

    #[test]
    fn values_come_through_unchanged() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"қ"],"b":{}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn names_are_shown_without_their_commands() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}қ"), "a\\u{1b}[2J\\u{202e}қ");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), SHOWN_CHARS_MAX + 1);
    }

    #[test]
    fn what_is_wrong_with_a_value_is_said_for_people() {
        let said = |refusal: Refusal| refusal.said.expect("a sentence for people").kk;
        let text = |value: Value| said(text_of(value, String::new(), 3).unwrap_err());
        assert_eq!(text(" ".into()), BLANK.kk);
        assert_eq!(text("a\u{7}".into()), CONTROL.kk);
        assert_eq!(text("абвг".into()), "Мәтін тым ұзын, таңба саны ең көбі: 3.");
        assert_eq!(text(1.into()), TEXT_WANTED.kk);
        assert_eq!(said(date_of(&"05.03.2019".into(), String::new()).unwrap_err()), DATE_WANTED.kk);
        let word = word_of(&"x".into(), String::new(), |word| (word == "a").then_some(()), "\"a\" ");
        assert_eq!(said(word.unwrap_err()), "Мыналардың бірі болуы тиіс: \"a\".");
    }

    #[test]
    fn pointers_are_escaped() {
        let mut faults = Faults::default();
        Fields::of(serde_json::json!({"a/b~": 1}), "x#", &mut faults).unwrap().end();
        assert_eq!(faults.into_vec()[0].subject, "x#/a~1b~0");
    }

    #[test]
    fn one_pass_finds_every_fault_up_to_the_bound() {
        let mut faults = Faults::default();
        let value = serde_json::json!({"b": 1, "list": ["x", "", 2], "z": 0, "y": 0});
        let mut fields = Fields::of(value, "x#", &mut faults).unwrap();
        assert_eq!((fields.text("a", 9), fields.text("b", 9)), (None, None));
        let list = fields.required("list").unwrap();
        assert_eq!(fields.texts("list", list, 3, 9), None);
        fields.end();
        let found: Vec<_> = faults.into_vec().into_iter().map(|r| (r.code.as_str(), r.subject)).collect();
        let (missing, malformed, unknown) = ("ING-003", "ING-004", "ING-002");
        let wanted = [
            (missing, "a"),
            (malformed, "b"),
            (malformed, "list/1"),
            (malformed, "list/2"),
            (unknown, "y"),
            (unknown, "z"),
        ];
        assert_eq!(found, wanted.map(|(code, at)| (code, format!("x#/{at}"))));

        let many: Map<String, Value> = (0..1000).map(|i| (i.to_string(), Value::Null)).collect();
        let mut faults = Faults::default();
        Fields::of(many.into(), "x#", &mut faults).unwrap().end();
        assert_eq!(faults.result(Some(())).unwrap_err().len(), FAULTS_MAX);
    }
}
