//! The schemas of answers and of the calendar, and their readers, agree.
//!
//! Goal: who checks a receipt, a notice, a confirmation or a calendar with the published schema gets the answer the
//! reader gives. Method: every `schema/answer/1/examples-*/valid-*.json` passes both, every `invalid-*.json` fails both
//! and differs in one place from a valid one. What a schema cannot say (that the text says what the fields say, that
//! times are in order) is tested beside the readers.

use super::schema::differences;
use muragat::model::answer::{Answer, Confirmation, Notice, Receipt};
use muragat::model::calendar::{CalendarStatus, WorkCalendar};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A kind of answer, its reader, and how many invalid examples there are at least.
type Kind = (&'static str, fn(&[u8]) -> bool, usize);

const KINDS: [Kind; 3] = [
    ("receipt", |bytes| Receipt::decode(bytes).is_ok(), 50),
    ("notice", |bytes| Notice::decode(bytes).is_ok(), 40),
    ("confirmation", |bytes| Confirmation::decode(bytes).is_ok(), 35),
];

fn folder(schema: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{schema}/1"))
}

fn validator(path: &Path) -> jsonschema::Validator {
    let schema = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn examples(kind: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder("answer").join(format!("examples-{kind}"))).unwrap();
    let mut examples: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
        })
        .collect();
    examples.sort();
    examples
}

#[test]
fn schema_and_reader_give_the_same_answer() {
    for (kind, reads, invalid_min) in KINDS {
        let validator = validator(&folder("answer").join(format!("{kind}.schema.json")));
        let mut count = [0, 0];
        for (name, bytes) in examples(kind) {
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let valid = name.starts_with("valid-");
            assert!(valid || name.starts_with("invalid-"), "{kind}/{name}");
            assert_eq!(validator.is_valid(&value), valid, "schema of {kind}/{name}");
            assert_eq!(reads(&bytes), valid, "reader of {kind}/{name}");
            assert_eq!(Answer::decode(&bytes).is_ok(), valid, "{kind}/{name}");
            count[usize::from(valid)] += 1;
        }
        assert!(count[0] >= invalid_min && count[1] >= 3, "{kind}: {count:?} examples");
    }
}

#[test]
fn an_invalid_example_has_one_fault() {
    for (kind, _, _) in KINDS {
        let examples = examples(kind);
        let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        let (valid, invalid): (Vec<_>, Vec<_>) = examples.iter().partition(|(name, _)| name.starts_with("valid-"));
        for (name, bytes) in invalid {
            let nearest = valid.iter().map(|(_, near)| differences(&parse(near), &parse(bytes))).min();
            assert_eq!(nearest, Some(1), "{kind}/{name}");
        }
    }
}

#[test]
fn the_sample_calendar_follows_its_schema() {
    let validator = validator(&folder("calendar").join("calendar.schema.json"));
    let text = fs::read_to_string(folder("calendar").join("kz-sample.toml")).unwrap();
    assert_eq!(WorkCalendar::parse(&text).unwrap().status, CalendarStatus::Sample);
    let mut value = serde_json::to_value(toml::from_str::<toml::Value>(&text).unwrap()).unwrap();
    assert!(validator.is_valid(&value));
    for key in ["schema", "id", "edition", "status", "title", "instrument", "valid_from", "valid_to", "weekend"] {
        let kept = value.as_object_mut().unwrap().remove(key).unwrap();
        assert!(!validator.is_valid(&value), "without {key}");
        value[key] = kept;
    }
    for (pointer, wrong) in [
        ("/status", json!("draft")),
        ("/weekend/0", json!("caturday")),
        ("/weekend/0", json!("sunday")),
        ("/yearly/0/day", json!("1-1")),
        ("/yearly/0/moves", json!(1)),
        ("/valid_from", json!("2023-1-1")),
    ] {
        let mut changed = value.clone();
        *changed.pointer_mut(pointer).unwrap() = wrong.clone();
        assert!(!validator.is_valid(&changed), "{pointer}");
        let text = toml::to_string(&changed).unwrap();
        assert!(WorkCalendar::parse(&text).is_err(), "{pointer}");
    }
    assert!(WorkCalendar::parse(&toml::to_string(&value).unwrap()).is_ok());
}
