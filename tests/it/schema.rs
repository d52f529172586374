//! The JSON Schemas and the readers agree.
//!
//! Goal: who checks a submission, a card, a classifier or a plan with the published schema gets the answer of the reader. Method:
//! every `schema/*/1/examples*/valid-*.json` passes both, every `invalid-*.json` fails both, and each invalid one differs
//! in one place from a valid one, so that it fails for the reason in its name. What a schema cannot say (paths that
//! differ only in letter case, a covered component that does not exist) is tested beside the reader. The rules of the
//! profiles are TOML, and what they ask of the card is what the card's schema asks.

use muragat::disposition::plan::Plan;
use muragat::model::card::{Card, CardKey, check_main};
use muragat::model::classifier::{Classifier, coded_fields};
use muragat::model::profile::{ALWAYS, Need};
use muragat::model::submission::{Profile, Submission};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A schema and a reader that must agree on a folder of examples.
struct Kind {
    schema: &'static str,
    /// The part of the schema that is meant, when it is not the whole.
    part: Option<&'static str>,
    examples: &'static str,
    reads: fn(&[u8]) -> bool,
    /// How many invalid examples there are at least.
    invalid_min: usize,
}

const KINDS: [Kind; 6] = [
    Kind {
        schema: "submission",
        part: None,
        examples: "examples",
        // A missing main file is judged with the card.
        reads: |bytes| Submission::parse(bytes).is_ok_and(|submission| check_main(&submission, None).is_none()),
        invalid_min: 40,
    },
    Kind {
        schema: "card",
        part: None,
        examples: "examples",
        reads: |bytes| reads_card(bytes, Profile::N430),
        invalid_min: 40,
    },
    Kind {
        schema: "card",
        part: Some("#/$defs/akimat"),
        examples: "examples-akimat",
        reads: |bytes| reads_card(bytes, Profile::Akimat),
        invalid_min: 10,
    },
    Kind {
        schema: "card",
        part: Some("#/$defs/organization"),
        examples: "examples-organization",
        reads: |bytes| reads_card(bytes, Profile::Organization),
        invalid_min: 10,
    },
    Kind {
        schema: "classifier",
        part: None,
        examples: "examples",
        reads: |bytes| Classifier::parse(bytes, "classifier.json").is_ok(),
        invalid_min: 20,
    },
    Kind {
        schema: "plan",
        part: None,
        examples: "examples",
        reads: |bytes| Plan::decode(bytes).is_ok(),
        invalid_min: 30,
    },
];

fn reads_card(bytes: &[u8], profile: Profile) -> bool {
    Card::parse(bytes, "card.json", profile.rules()).is_ok()
}

fn folder(schema: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{schema}/1"))
}

fn schema(name: &str) -> Value {
    let schema = fs::read(folder(name).join(format!("{name}.schema.json"))).unwrap();
    let schema = serde_json::from_slice(&schema).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    schema
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

impl Kind {
    fn name(&self) -> String {
        format!("{}/1/{}", self.schema, self.examples)
    }

    fn validator(&self) -> jsonschema::Validator {
        let mut schema = schema(self.schema);
        if let Some(part) = self.part {
            schema["$ref"] = json!(part);
        }
        validator(&schema)
    }

    fn examples(&self) -> Vec<(String, Vec<u8>)> {
        let read = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.expect("the folder can be listed");
            let bytes = fs::read(entry.path()).expect("an example can be read");
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        };
        let entries = fs::read_dir(folder(self.schema).join(self.examples)).expect("there are examples");
        let mut examples: Vec<_> = entries.map(read).collect();
        examples.sort();
        examples
    }
}

/// In how many places two values differ; an array of other length is one place.
pub(crate) fn differences(a: &Value, b: &Value) -> usize {
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
    for kind in KINDS {
        let (validator, place) = (kind.validator(), kind.name());
        let mut count = [0, 0];
        for (name, bytes) in kind.examples() {
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let valid = name.starts_with("valid-");
            assert!(valid || name.starts_with("invalid-"), "{place}/{name}");
            assert_eq!(validator.is_valid(&value), valid, "schema of {place}/{name}");
            assert_eq!((kind.reads)(&bytes), valid, "reader of {place}/{name}");
            count[usize::from(valid)] += 1;
        }
        assert!(count[0] >= kind.invalid_min && count[1] >= 2, "{place}: {count:?} examples");
    }
}

#[test]
fn an_invalid_example_has_one_fault() {
    for kind in KINDS {
        let (examples, place) = (kind.examples(), kind.name());
        let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        let (valid, invalid): (Vec<_>, Vec<_>) = examples.iter().partition(|(name, _)| name.starts_with("valid-"));
        for (name, bytes) in invalid {
            let nearest = valid.iter().map(|(_, near)| differences(&parse(near), &parse(bytes))).min();
            assert_eq!(nearest, Some(1), "{place}/{name}");
        }
    }
}

#[test]
fn examples_are_all_tried() {
    for name in ["submission", "card", "classifier", "plan"] {
        let tried: BTreeSet<&str> = KINDS.iter().filter(|kind| kind.schema == name).map(|kind| kind.examples).collect();
        let entries = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap());
        let folders = entries.filter(|entry| entry.path().is_dir());
        let found: BTreeSet<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), tried, "{name}");
    }
}

#[test]
fn the_rules_of_every_profile_follow_their_schema() {
    let validator = validator(&schema("profile"));
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder("profile")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let rules: toml::Value = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let mut rules = serde_json::to_value(rules).unwrap();
            assert!(validator.is_valid(&rules), "{}", path.display());
            found.insert(rules["id"].as_str().unwrap().to_owned());
            assert_eq!(path.file_stem().unwrap().to_str(), rules["id"].as_str(), "the file has the profile's name");
            for key in ["schema", "instrument", "valid_to", "formats", "requisites"] {
                let value = rules.as_object_mut().unwrap().remove(key).unwrap();
                assert!(!validator.is_valid(&rules), "{} without {key}", path.display());
                rules[key] = value;
            }
            rules["note"] = json!("x");
            assert!(!validator.is_valid(&rules), "{} with an unknown key", path.display());
        }
    }
    assert_eq!(found, Profile::ALL.iter().map(|profile| profile.as_str().to_owned()).collect());
}

#[test]
fn schemas_ask_for_what_the_profiles_ask() {
    let card = schema("card");
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let always = names(&card["$defs"]["card"]["required"]);
    assert_eq!(always, ["schema"].into_iter().chain(ALWAYS.iter().map(|k| k.as_str())).map(str::to_owned).collect());
    for profile in Profile::ALL {
        let part = &card["$defs"][profile.as_str()];
        let asked: BTreeSet<String> = names(&part["required"]).union(&always).cloned().collect();
        let said = CardKey::ALL.iter().filter(|key| profile.rules().need(**key) != Need::IfAny);
        let wanted: BTreeSet<String> =
            ["schema"].into_iter().chain(said.map(|k| k.as_str())).map(str::to_owned).collect();
        assert_eq!(asked, wanted, "{profile}");
    }
    // The keys of the card are listed in one order everywhere.
    let keys: BTreeSet<String> = CardKey::ALL.iter().map(|key| key.as_str().to_owned()).collect();
    let mut known: BTreeSet<String> =
        card["$defs"]["card"]["properties"].as_object().unwrap().keys().cloned().collect();
    // `documents` stands beside the fields of the law.
    assert!(known.remove("schema") && known.remove("documents"));
    assert_eq!(known, keys);
    let coded: BTreeSet<String> = coded_fields().map(str::to_owned).collect();
    assert_eq!(names(&schema("classifier")["properties"]["field"]["enum"]), coded);
    let codes = &schema("submission")["properties"]["codes"]["anyOf"][0]["propertyNames"]["enum"];
    assert_eq!(names(codes), coded);
}
