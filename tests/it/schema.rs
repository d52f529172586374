//! The JSON Schemas and the readers agree.
//!
//! Goal: who checks a submission or a card with the published schema gets the answer ingest gives. Method: every
//! `schema/*/1/examples/valid-*.json` passes both, every `invalid-*.json` fails both, and each invalid one differs in
//! one place from a valid one, so that it fails for the reason in its name. What a schema cannot say (paths that
//! differ only in letter case, a covered component that does not exist) is tested beside the reader.

use muragat::model::card::Card;
use muragat::model::submission::Submission;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;

type Reader = fn(&[u8]) -> bool;

const KINDS: [(&str, Reader); 2] = [
    ("submission", |bytes| Submission::parse(bytes).is_ok()),
    ("card", |bytes| Card::parse(bytes, "card.json").is_ok()),
];

fn examples(kind: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{kind}/1/examples"));
    let read = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.expect("the folder can be listed");
        let bytes = fs::read(entry.path()).expect("an example can be read");
        (entry.file_name().to_string_lossy().into_owned(), bytes)
    };
    let mut examples: Vec<_> = fs::read_dir(folder).expect("there are examples").map(read).collect();
    examples.sort();
    examples
}

/// In how many places two values differ; an array of other length is one place.
fn differences(a: &Value, b: &Value) -> usize {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let shared: usize = a.iter().filter_map(|(key, value)| Some(differences(value, b.get(key)?))).sum();
            let only_a = a.keys().filter(|key| !b.contains_key(*key)).count();
            let only_b = b.keys().filter(|key| !a.contains_key(*key)).count();
            shared + only_a + only_b
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).map(|(a, b)| differences(a, b)).sum()
        }
        (a, b) => usize::from(a != b),
    }
}

#[test]
fn schema_and_reader_give_the_same_answer() {
    for (kind, reads) in KINDS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{kind}/1/{kind}.schema.json"));
        let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let mut count = [0, 0];
        for (name, bytes) in examples(kind) {
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let valid = name.starts_with("valid-");
            assert!(valid || name.starts_with("invalid-"), "{kind}/{name}");
            assert_eq!(validator.is_valid(&value), valid, "schema of {kind}: {name}");
            assert_eq!(reads(&bytes), valid, "reader of {kind}: {name}");
            count[usize::from(valid)] += 1;
        }
        assert!(count[0] >= 20 && count[1] >= 2, "{kind}: {count:?} examples");
    }
}

#[test]
fn an_invalid_example_has_one_fault() {
    for (kind, _) in KINDS {
        let examples = examples(kind);
        let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        let (valid, invalid): (Vec<_>, Vec<_>) = examples.iter().partition(|(name, _)| name.starts_with("valid-"));
        for (name, bytes) in invalid {
            let nearest = valid.iter().map(|(_, near)| differences(&parse(near), &parse(bytes))).min();
            assert_eq!(nearest, Some(1), "{kind}/{name}");
        }
    }
}
