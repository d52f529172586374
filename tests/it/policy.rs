//! The JSON Schemas of the files that an archive adopts, and their readers, agree: policies, registers, nomenclatures,
//! profiles of imports, lists of retention periods and the acts that adopt them; and of what officers sign about a plan
//! of destruction, a spill or lost holds.
//!
//! Goal: who checks such a file with the published schema gets the answer that the archive gives. Method: every
//! `schema/*/1/examples/valid-*.toml` passes both, every `invalid-*.toml` fails
//! both, says in its first line what is wrong, and differs in one place from a valid one. What a schema cannot say is
//! tested beside the readers. The policy and the forms of the project follow
//! their schemas too.

use super::schema::differences;
use muragat::disposition::decommission::Decision as End;
use muragat::disposition::lost_holds::LostHolds;
use muragat::disposition::refile::Refiling;
use muragat::disposition::shorten::Decision;
use muragat::disposition::statement::Statement;
use muragat::ingest::import::profile::Profile;
use muragat::ingest::lists::RulesAct;
use muragat::ingest::spill::SpillAct;
use muragat::model::form::Form;
use muragat::model::nomenclature::Nomenclature;
use muragat::retention::RuleList;
use muragat::verify::authority::Authority;
use muragat::verify::policy::Policy;
use muragat::verify::verdict::SubIndication;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A schema and a reader that must agree.
struct Kind {
    schema: &'static str,
    reads: fn(&[u8]) -> bool,
    /// How many invalid examples there are at least.
    invalid_min: usize,
}

const KINDS: [Kind; 13] = [
    Kind { schema: "policy", reads: |bytes| Policy::parse(bytes, "policy.toml").is_ok(), invalid_min: 40 },
    Kind { schema: "authority", reads: |bytes| Authority::parse(bytes, "authority.toml").is_ok(), invalid_min: 20 },
    Kind { schema: "nomenclature", reads: |bytes| Nomenclature::parse(bytes, "n.toml").is_ok(), invalid_min: 20 },
    Kind { schema: "form", reads: |bytes| Form::parse(bytes, "form.toml").is_ok(), invalid_min: 20 },
    Kind { schema: "import", reads: |bytes| Profile::parse(bytes, "profile.toml").is_ok(), invalid_min: 30 },
    Kind { schema: "rules-act", reads: |bytes| RulesAct::parse(bytes).is_ok(), invalid_min: 20 },
    Kind { schema: "shortening", reads: |bytes| Decision::parse(bytes, "d.toml").is_ok(), invalid_min: 15 },
    Kind { schema: "refiling", reads: |bytes| Refiling::parse(bytes, "d.toml").is_ok(), invalid_min: 20 },
    Kind { schema: "decommission", reads: |bytes| End::parse(bytes, "d.toml").is_ok(), invalid_min: 20 },
    Kind { schema: "lost-holds", reads: |bytes| LostHolds::parse(bytes, "s.toml").is_ok(), invalid_min: 20 },
    Kind { schema: "spill-act", reads: |bytes| SpillAct::parse(bytes, "act.toml").is_ok(), invalid_min: 10 },
    Kind {
        schema: "disposal-statement",
        reads: |bytes| Statement::parse(bytes, "statement.toml").is_ok(),
        invalid_min: 30,
    },
    Kind { schema: "retention", reads: |bytes| RuleList::parse(bytes, "list.toml").is_ok(), invalid_min: 50 },
];

fn folder(schema: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{schema}/1"))
}

fn schema(name: &str) -> Value {
    let bytes = fs::read(folder(name).join(format!("{name}.schema.json"))).unwrap();
    let schema = serde_json::from_slice(&bytes).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    schema
}

fn validator(name: &str) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(&schema(name)).unwrap()
}

/// The file as data.
fn data(text: &str) -> Value {
    let table: toml::Table = text.parse().unwrap();
    serde_json::to_value(table).unwrap()
}

fn examples(schema: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder(schema).join("examples")).unwrap().map(|entry| entry.unwrap());
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    let mut examples: Vec<_> = entries.map(read).collect();
    examples.sort();
    examples
}

#[test]
fn schema_and_reader_give_the_same_answer() {
    for kind in KINDS {
        let validator = validator(kind.schema);
        let mut count = [0, 0];
        for (name, text) in examples(kind.schema) {
            let valid = name.starts_with("valid-");
            assert!(valid || name.starts_with("invalid-"), "{name}");
            assert!(text.starts_with(if valid { "# " } else { "# Wrong: " }), "{name} says what it is");
            assert_eq!(validator.is_valid(&data(&text)), valid, "schema of {}/{name}", kind.schema);
            assert_eq!((kind.reads)(text.as_bytes()), valid, "reader of {}/{name}", kind.schema);
            count[usize::from(valid)] += 1;
        }
        assert!(count[0] >= kind.invalid_min && count[1] >= 2, "{}: {count:?} examples", kind.schema);
    }
}

#[test]
fn an_invalid_example_has_one_fault() {
    for kind in KINDS {
        let examples = examples(kind.schema);
        let (valid, invalid): (Vec<_>, Vec<_>) = examples.iter().partition(|(name, _)| name.starts_with("valid-"));
        for (name, text) in invalid {
            let nearest = valid.iter().map(|(_, near)| differences(&data(near), &data(text))).min();
            assert_eq!(nearest, Some(1), "{}/{name}", kind.schema);
        }
    }
}

#[test]
fn the_forms_of_the_program_follow_the_schema() {
    let validator = validator("form");
    for entry in fs::read_dir(folder("form").join("default")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(validator.is_valid(&data(&text)), "{text}");
    }
}

#[test]
fn the_default_policy_follows_the_schema() {
    let text = fs::read_to_string(folder("policy").join("default.toml")).unwrap();
    assert!(validator("policy").is_valid(&data(&text)));
    assert!(Policy::parse(text.as_bytes(), "default.toml").is_ok());
}

#[test]
fn the_schema_asks_for_every_sub_indication() {
    let schema = schema("policy");
    let asked = schema["properties"]["decisions"]["required"].as_array().unwrap();
    let asked: BTreeSet<&str> = asked.iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(asked, SubIndication::ALL.iter().map(|s| s.as_str()).collect());
    let said = schema["properties"]["decisions"]["properties"].as_object().unwrap();
    assert_eq!(said.len(), asked.len());
}
