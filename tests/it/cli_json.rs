//! The command line as a program sees it.
//!
//! Goal: `--json` prints what `schema/cli/1` says and nothing else on stdout, exit codes are those of docs/errors.md,
//! people get advice in their language on stderr, and a record grows as docs/intake.md says. Method: the real binary on
//! archives in a temporary folder. Every line is checked against its schema, and then without each of its keys and with
//! one key more, which must not pass.

use super::bed::unsigned;
use super::decommission::{complete, destroy_all};
use super::disposal::{Due, placing};
use super::signed::{AGENCY, Office, at, register_with_disposal};
use super::transfer::Sender;
use super::transfer_release::Two;
use crate::common::{MAIN, Sample, docx};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Datelike;
use jsonschema::Validator;
use muragat::archive::Archive;
use muragat::cli::samples::signer::{Signer, Validity};
use muragat::clock::{Clock, FixedClock, SystemClock, civil_date};
use muragat::disposition::plan::Plan;
use muragat::disposition::propose::{Asked, draft};
use muragat::disposition::statement::Verdict;
use muragat::error::Exit;
use muragat::filing::holds;
use muragat::index::filing::HoldTarget;
use muragat::ingest::{Intake, Status};
use muragat::model::amendment::AmendmentKind;
use muragat::model::fonds::InventoryKind;
use muragat::model::format::{Basis, Family};
use muragat::model::id::RecordId;
use muragat::model::record::CardField;
use muragat::model::submission::{AccessCategory, CertifierRole, Direction, Kind, Profile, Role};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::tlog::leaf::ActKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tempfile::TempDir;

/// The list of retention periods that comes with the project.
const SAMPLE_LIST: &[u8] = include_bytes!("../../retention-rules/kz-sample.toml");

/// What a command answered.
pub(crate) struct Answer {
    exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    /// Its lines, each a JSON document.
    pub(crate) fn json(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    pub(crate) fn exits(self, wanted: Exit) -> Self {
        assert_eq!(self.exit, wanted as i32, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// A folder with an archive.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn new() -> Self {
        let bench = Self::empty();
        bench.run(&["init", "--signatures", "flag", "--means", "none"]).exits(Exit::Ok);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.path("archive")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muragat"));
        command.env_remove("MURAGAT_LANG").env("MURAGAT_ARCHIVE", self.archive());
        let output = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        Answer {
            exit: output.status.code().expect("the program ends by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What `ingest` answers to a sample.
    fn ingest(&self, sample: &Sample, name: &str, exit: Exit) -> Value {
        let folder = sample.write(&self.path("in"), name);
        let answer = self.run(&["ingest", "--json", text(&folder)]).exits(exit).json().swap_remove(0);
        check("ingest-answer", &answer);
        answer
    }

    /// Takes a sample in and gives the id of its record.
    pub(crate) fn record(&self, sample: &Sample, name: &str) -> String {
        id(&self.ingest(sample, name, Exit::Ok))
    }

    /// The one line of a command, which follows its schema.
    pub(crate) fn line(&self, arguments: &[&str], exit: Exit, name: &str) -> Value {
        let mut lines = self.run(&[arguments, &["--json"]].concat()).exits(exit).json();
        assert_eq!(lines.len(), 1, "{arguments:?}");
        let line = lines.swap_remove(0);
        check(name, &line);
        line
    }

    pub(crate) fn show(&self, record: &str) -> Value {
        self.line(&["show", record], Exit::Ok, "show")
    }

    /// Ids of the records that a query finds.
    fn found(&self, query: &str) -> Vec<String> {
        self.run(&["search", query, "--json"]).exits(Exit::Ok).json().iter().map(id).collect()
    }

    /// The archive adopts policy and register of an office, and takes its list of revoked certificates.
    fn trusts(&self, office: &Office) {
        let trust = office.trust(SystemClock.now());
        for (name, toml) in [("trust.toml", &trust.policy), ("register.toml", &trust.authority)] {
            self.run(&["policy", "adopt", &self.file(name, toml)]).exits(Exit::Ok);
        }
        self.run(&["material", "add", &self.file("root.crl", &trust.crl)]).exits(Exit::Ok);
    }

    /// Writes a file beside the archive and gives its path.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), bytes).unwrap();
        text(&self.path(name)).to_owned()
    }
}

/// The record that a line names.
fn id(line: &Value) -> String {
    line["record_id"].as_str().unwrap().to_owned()
}

/// The codes of a refusal.
fn codes(answer: &Value) -> Vec<&str> {
    assert_eq!(answer["status"], "refused", "{answer}");
    answer["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

/// An edition of a classifier of document types.
fn classifier(edition: &str, code: &str) -> String {
    let titles = json!({"kk": "Құжат түрлері", "ru": "Виды документов", "en": "Document types"});
    json!({
        "schema": "muragat/classifier/1", "id": "document-types", "field": "document_type", "edition": edition,
        "valid_from": "2026-01-01", "signer": "Үлгі архив органы", "instrument": "Үлгі бұйрық № 1", "title": titles,
        "required": false, "entries": [{"code": code, "kk": "Хат"}],
    })
    .to_string()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/cli/1")
}

fn schema(name: &str) -> Value {
    serde_json::from_slice(&fs::read(schemas().join(format!("{name}.schema.json"))).unwrap()).unwrap()
}

fn validator(name: &str) -> Validator {
    let schema = schema(name);
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// A value is as its schema says; without one of its keys, or with one more, it is not.
pub(crate) fn check(name: &str, value: &Value) {
    let validator = validator(name);
    if let Err(e) = validator.validate(value) {
        panic!("{name}: {e} at {}: {value}", e.instance_path());
    }
    let mut more = value.clone();
    more["surprise"] = json!(1);
    assert!(!validator.is_valid(&more), "{name} takes any key");
    for key in value.as_object().unwrap().keys() {
        let mut less = value.clone();
        less.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&less), "{name} does without {key}");
    }
}

/// Runs commands and checks their lines, noting which schemas were met.
struct Checked<'a> {
    bench: &'a Bench,
    met: BTreeSet<String>,
}

impl Checked<'_> {
    /// Codes of what `doctor` advises.
    fn advice(&mut self) -> BTreeSet<String> {
        let said = self.run(&["doctor"], Exit::Ok, &["doctor"]);
        said[0]["advice"].as_array().unwrap().iter().map(|a| a["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Runs a command with `--json`; the names are the schemas of its lines.
    fn run(&mut self, arguments: &[&str], exit: Exit, names: &[&str]) -> Vec<Value> {
        let answer = self.bench.run(&[arguments, &["--json"]].concat()).exits(exit);
        let lines = answer.json();
        assert_eq!(lines.len(), names.len(), "{arguments:?}: {}", answer.stdout);
        for (name, line) in names.iter().zip(&lines) {
            check(name, line);
            self.met.insert((*name).to_owned());
        }
        lines
    }
}

/// Accounts, tokens, a client certificate, and a permit of the reading room.
fn accounts_are_kept(checked: &mut Checked<'_>, record: &str) {
    let bench = checked.bench;
    let today = muragat::clock::civil_date(SystemClock.now()).to_string();
    let added = checked.run(&["user", "add", "оқырман", "--person", "000000000007"], Exit::Ok, &["user-row"]);
    assert_eq!((&added[0]["person"], &added[0]["grants"]), (&json!("******000007"), &json!([])));
    checked.run(&["user", "add", "оқырман", "--service", "s"], Exit::Conflict, &["error"]);
    checked.run(&["user", "add", "second", "--person", "000000000007"], Exit::Conflict, &["error"]);
    checked.run(&["user", "add", "бос орын", "--service", "s"], Exit::Usage, &["error"]);
    // Its password is a line of stdin, which has none here.
    checked.run(&["user", "add", "setup", "--bootstrap"], Exit::Usage, &["error"]);
    checked.run(&["user", "add", "machine", "--service", "үлгі-жүйе"], Exit::Ok, &["user-row"]);
    let office = Office::new(SystemClock.now());
    let certificate = bench.file("machine.cer", office.official.certificate());
    let bound = checked.run(&["user", "bind-certificate", "machine", &certificate], Exit::Ok, &["user-row"]);
    assert_eq!(bound[0]["certificates"].as_array().unwrap().len(), 1);
    checked.run(&["user", "bind-certificate", "оқырман", &certificate], Exit::Usage, &["error"]);
    let issue = ["token", "issue", "machine", "--scope", "submit", "--until"];
    let issued = checked.run(&[&issue[..], &[&today]].concat(), Exit::Ok, &["token-row"]);
    let (id, token) = (issued[0]["token_id"].as_str().unwrap(), issued[0]["token"].as_str().unwrap());
    assert!(token.starts_with(&format!("mrg_{id}_")));
    checked.run(&[&issue[..], &["2020-01-01"]].concat(), Exit::Usage, &["error"]);
    let theirs = ["token", "issue", "оқырман", "--scope", "submit", "--until", &today];
    checked.run(&theirs, Exit::Usage, &["error"]);
    checked.run(&["token", "issue", "machine", "--scope", "all", "--until", &today], Exit::Usage, &["error"]);
    let listed = checked.run(&["token", "list"], Exit::Ok, &["token-row"]);
    assert_eq!((&listed[0]["token"], &listed[0]["revoked"]), (&Value::Null, &Value::Null), "it was shown once");
    let revoked = checked.run(&["token", "revoke", id, "--reason", "Сынақ"], Exit::Ok, &["token-row"]);
    assert!(revoked[0]["revoked"].is_u64());
    checked.run(&["token", "revoke", id, "--reason", "Сынақ"], Exit::NotFound, &["error"]);
    let permit = ["reading", "permit", "оқырман", record, "--until", &today, "--basis", "Оқу залы, өтініш № 1"];
    let permitted = checked.run(&permit, Exit::Ok, &["reading-row"]);
    let shown = checked.run(&["user", "show", "оқырман"], Exit::Ok, &["user-row"]);
    assert_eq!((&shown[0]["grants"][0]["role"], &shown[0]["grants"][0]["records"]), (&json!("reader"), &json!(1)));
    let entry = permitted[0]["entry"].to_string();
    checked.run(&["reading", "end", &entry, "--reason", "Сынақ"], Exit::Ok, &["reading-row"]);
    let rows = checked.run(&["reading", "list"], Exit::Ok, &["reading-row"]);
    assert!(rows[0]["ended"].is_u64());
    let closed = checked.run(&["user", "close", "оқырман", "--reason", "Сынақ"], Exit::Ok, &["user-row"]);
    assert!(closed[0]["closed"].is_u64());
    assert_eq!(checked.run(&["user", "list"], Exit::Ok, &["user-row"; 2])[0]["account"], "machine");
    let advice = checked.advice();
    assert!(advice.contains("rights-open"), "{advice:?}: no two approvers say what the accounts may do");
}

/// The nomenclature, a file with a record, and a hold.
fn records_are_arranged(checked: &mut Checked<'_>, record: &str) {
    let bench = checked.bench;
    let text = fs::read_to_string("schema/nomenclature/1/examples/valid-two-rows.toml").unwrap();
    let nomenclature = bench.file("nomenclature.toml", text.replace("ҮЛГІ-01", "TEST-01"));
    let wrong = bench.file("wrong.toml", text.replace("mixed", "digital"));
    checked.run(&["nomenclature", "check", &nomenclature], Exit::Ok, &["nomenclature-answer"]);
    let refused = checked.run(&["nomenclature", "check", &wrong], Exit::Refused, &["nomenclature-answer"]);
    assert_eq!(codes(&refused[0]), ["FIL-001"]);
    for status in ["adopted", "held"] {
        let answer = checked.run(&["nomenclature", "adopt", &nomenclature], Exit::Ok, &["nomenclature-answer"]);
        assert_eq!(answer[0]["status"], status);
    }
    checked.run(&["nomenclature", "adopt", &wrong], Exit::Refused, &["nomenclature-answer"]);
    checked.run(&["nomenclature", "list"], Exit::Ok, &["nomenclature-row"]);
    let open = ["file", "open", "--agency", "TEST-01", "--year", "2026", "--index"];
    checked.run(&[&open[..], &["01-07"]].concat(), Exit::Refused, &["error"]);
    let opened = checked.run(&[&open[..], &["01-05", "--set", "role=head"]].concat(), Exit::Ok, &["file-row"]);
    assert_eq!((&opened[0]["item"], &opened[0]["closed"]), (&json!("KZ-SAMPLE/s-22"), &Value::Null));
    let file = opened[0]["file_id"].as_str().unwrap().to_owned();
    let added = checked.run(&["file", "add", &file, record], Exit::Ok, &["file-added"]);
    assert_eq!(added[0]["added"], json!([record]));
    let event = ["file", "event", &file, "contract_ended", "--date", "2026-01-05"];
    checked.run(&event, Exit::Ok, &["file-row"]);
    let again = ["file", "reclassify", &file, "--item", "kz-sample/s-19", "--reason", "Қате тармақ"];
    checked.run(&again, Exit::Ok, &["file-row"]);
    let today = muragat::clock::civil_date(SystemClock.now()).to_string();
    let closed = checked.run(&["file", "close", &file, "--date", &today], Exit::Ok, &["file-row"]);
    assert_eq!((&closed[0]["closed"], &closed[0]["documents"]), (&json!(today), &json!(1)));
    checked.run(&["file", "close", &file, "--date", &today], Exit::Conflict, &["error"]);
    checked.run(&["file", "reopen", &file, "--reason", "Құжат келді"], Exit::Ok, &["file-row"]);
    checked.run(&["file", "list", "--title", "хат АЛМАСУ"], Exit::Ok, &["file-row"]);
    checked.run(&["file", "list", "--year", "2025"], Exit::Ok, &[]);
    let place = ["hold", "place", record, "--file", &file, "--query", "Сынақ", "--owner", "Прокуратура"];
    let place = [&place[..], &["--reason", "Тергеу", "--basis", "№ 5 сұрау", "--review", "2026-01-01"]].concat();
    let placed = checked.run(&place, Exit::Ok, &["hold-answer"]);
    let hold = placed[0]["hold_id"].as_str().unwrap().to_owned();
    let held = checked.run(&["hold", "list"], Exit::Ok, &["hold-row"]);
    assert_eq!(held[0]["targets"].as_array().unwrap().len(), 5, "four records found, one of them named too; a file");
    let advice = checked.advice();
    assert!(advice.contains("hold-review") && advice.contains("files-unknown"), "{advice:?}");
    // By the sample, what this file holds is kept for five years.
    let official = fs::read_to_string("retention-rules/kz-sample.toml").unwrap();
    let changed = bench.file("changed.toml", official.replacen("years = 5\n", "years = 6\n", 1));
    let official = bench.file("official.toml", official.replace("\"sample\"", "\"official\""));
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/retention-rules/kz-sample.toml");
    checked.run(&["rules", "list"], Exit::Ok, &[]);
    assert_eq!(codes(&checked.run(&["rules", "adopt", &official], Exit::Refused, &["rules-answer"])[0]), ["RET-003"]);
    for status in ["adopted", "held"] {
        let answer = checked.run(&["rules", "adopt", sample], Exit::Ok, &["rules-answer"]);
        assert_eq!(answer[0]["status"], status);
    }
    assert_eq!(codes(&checked.run(&["rules", "adopt", &official], Exit::Conflict, &["rules-answer"])[0]), ["RET-002"]);
    assert_eq!(codes(&checked.run(&["rules", "adopt", &changed], Exit::Refused, &["rules-answer"])[0]), ["RET-001"]);
    checked.run(&["rules", "list"], Exit::Ok, &["rules-row"]);
    let again = [
        "file",
        "reclassify",
        &file,
        "--item",
        "KZ-SAMPLE/2/2",
        "--set",
        "concerns=others",
        "--reason",
        "Тізбе енгізілді",
    ];
    checked.run(&again, Exit::Ok, &["file-row"]);
    checked.run(&["file", "close", &file, "--date", &today], Exit::Ok, &["file-row"]);
    let why = checked.run(&["why", record], Exit::Ok, &["why"]);
    assert_eq!((&why[0]["decision"]["status"], &why[0]["file"]["file_id"]), (&json!("running"), &json!(file)));
    let never = checked.run(&["why", record, "--as-of", "9000-01-01"], Exit::Ok, &["why"]);
    assert_eq!(never[0]["decision"]["status"], "held");
    let due = checked.run(&["due", "--as-of", "9000-01-01"], Exit::Ok, &["due-row"]);
    assert_eq!(due[0]["decision"], never[0]["decision"], "both are asked of one function");
    checked.run(&["due"], Exit::Ok, &[]);
    checked.run(&["due", "--unfiled"], Exit::Ok, &["unfiled-row"; 3]);
    let unfiled = checked.run(&["search", "Сынақ"], Exit::Ok, &["search-row"; 4]);
    let other = unfiled.iter().map(id).find(|other| other != record).unwrap();
    let why = checked.run(&["why", &other], Exit::Ok, &["why"]);
    assert_eq!((&why[0]["decision"]["status"], &why[0]["file"]), (&json!("unfiled"), &Value::Null));
    checked.run(&["why", &"0".repeat(32)], Exit::NotFound, &["error"]);
    let simulated = checked.run(&["rules", "simulate", "--years", "100"], Exit::Ok, &["rules-simulate"]);
    assert_eq!(simulated[0]["years"][0]["files"], json!(1));
    let longer = fs::read_to_string(sample).unwrap().replace("edition = \"1\"", "edition = \"2\"");
    let longer = bench.file("longer.toml", longer.replace("item = \"s-03\"", "item = \"s-99\""));
    let simulated = checked.run(&["rules", "simulate", "--list", &longer], Exit::Ok, &["rules-simulate"]);
    assert_eq!(simulated[0]["changes"], json!([]), "nothing changes for this file");
    checked.run(&["rules", "simulate", "--list", &changed], Exit::Refused, &["rules-answer"]);

    let advice = checked.advice();
    assert!(advice.contains("list-sample") && !advice.contains("files-unknown"), "{advice:?}");
    let spill = spilling(bench, record);
    checked.run(&spill.iter().map(String::as_str).collect::<Vec<_>>(), Exit::Conflict, &["error"]);
    checked.run(&["hold", "lift", &hold, "--reason", "Аяқталды"], Exit::Ok, &["hold-answer"]);
    checked.run(&["hold", "lift", &hold, "--reason", "Аяқталды"], Exit::Conflict, &["error"]);
    checked.run(&["hold", "list"], Exit::Ok, &[]);
    checked.run(&["hold", "list", "--all"], Exit::Ok, &["hold-row"]);
}

/// Fonds, an inventory, citations, papers, and a file that is split. The second record is restricted.
fn inventories_are_made(checked: &mut Checked<'_>, record: &str, restricted: &str) {
    let open = ["fonds", "open", "--number", "123", "--name", "Үлгі әкімдігі", "--agency", "TEST-01"];
    checked.run(&open, Exit::Ok, &["fonds-row"]);
    checked.run(&open, Exit::Conflict, &["error"]);
    let succeed = ["fonds", "succeed", "123", "--name", "Үлгі басқармасы", "--date", "2026-01-01"];
    checked.run(&succeed, Exit::Ok, &["fonds-row"]);
    let rows = checked.run(&["fonds", "list"], Exit::Ok, &["fonds-row"]);
    assert_eq!(rows[0]["successors"][0]["agency"], Value::Null);
    let which = ["--fonds", "123", "--number", "4"];
    let inventory = |command: &str, more: &[&str]| -> Vec<String> {
        let words = [&["inventory", command], which.as_slice(), more].concat();
        words.into_iter().map(str::to_owned).collect()
    };
    let run = |checked: &mut Checked<'_>, command: &str, more: &[&str], exit, names: &[&str]| {
        let words = inventory(command, more);
        checked.run(&words.iter().map(String::as_str).collect::<Vec<_>>(), exit, names)
    };
    let title = ["--kind", "long_term", "--title", "Ұзақ сақталатын істер", "--from", "2020"];
    run(checked, "open", &title, Exit::Ok, &["inventory-row"]);
    run(checked, "files", &[], Exit::Ok, &[]);

    let open = ["file", "open", "--agency", "TEST-01", "--index", "09-01", "--year", "2025", "--title", "Жарғы"];
    let opened = checked.run(&[&open[..], &["--item", "KZ-SAMPLE/50"]].concat(), Exit::Ok, &["file-row"]);
    let file = opened[0]["file_id"].as_str().unwrap().to_owned();
    checked.run(&["file", "records", &file], Exit::Ok, &[]);
    checked.run(&["file", "add", &file, restricted, record], Exit::Ok, &["file-added"]);
    let rows = checked.run(&["file", "records", &file], Exit::Ok, &["file-record"; 2]);
    assert_eq!((&rows[0]["number"], &rows[0]["title"]), (&json!(1), &Value::Null));
    assert_eq!((&rows[1]["record_id"], &rows[1]["citation"]), (&json!(record), &Value::Null));
    let split = ["file", "split", &file, "--records", restricted, "--reason", "Көлемі үлкен"];
    let part = checked.run(&split, Exit::Ok, &["file-row"]);
    assert_eq!((&part[0]["part_of"], &part[0]["volume"]), (&json!(file), &json!(2)));
    checked.run(&split, Exit::Conflict, &["error"]);
    let today = muragat::clock::civil_date(SystemClock.now());
    run(checked, "enter", &[&file], Exit::Conflict, &["error"]);
    checked.run(&["file", "close", &file, "--date", &today.to_string()], Exit::Ok, &["file-row"]);

    let unasked = checked.run(&["why", record], Exit::Ok, &["why"]);
    assert_eq!(unasked[0]["paper_original_required"], json!(false));
    let config = checked.bench.archive().join("muragat.toml");
    let asked = "\n[retention]\npaper_original_over_years = 10\n";
    fs::write(&config, fs::read_to_string(&config).unwrap() + asked).unwrap();
    let why = checked.run(&["why", record], Exit::Ok, &["why"]);
    assert_eq!((&why[0]["paper_original_required"], &why[0]["paper_original_missing"]), (&json!(true), &json!(1)));
    assert!(checked.advice().contains("paper-original"));
    let whereabouts = ["--place", "2-қойма, 14-сөре", "--custodian", "архивші"];
    let add = ["paper", "add", record, "--kind", "original", "--sheets", "5"];
    checked.run(&[&add[..], &whereabouts].concat(), Exit::Ok, &["paper-row"]);
    checked.run(&[&add[..], &whereabouts].concat(), Exit::Conflict, &["error"]);
    let moved = ["paper", "move", record, "--reason", "Жөндеу"];
    let moved = checked.run(&[&moved[..], &whereabouts].concat(), Exit::Ok, &["paper-row"]);
    assert_eq!(moved[0]["papers"][0]["places"][1]["reason"], "Жөндеу");
    checked.run(&["paper", "list", "--agency", "TEST-01"], Exit::Ok, &["paper-row"]);
    checked.run(&["paper", "list", "--agency", "TEST-02"], Exit::Ok, &[]);
    assert!(!checked.advice().contains("paper-original"), "the other volume is open");

    let entered = run(checked, "enter", &[&file], Exit::Ok, &["inventory-unit"]);
    assert_eq!((&entered[0]["unit"], &entered[0]["citation"]), (&json!(1), &json!("Қ.123 Т.4 І.1")));
    run(checked, "enter", &[&file], Exit::Conflict, &["error"]);
    let minutes = checked.bench.file("minutes.pdf", b"%PDF-1.7");
    let until = (today.format("%Y").to_string().parse::<u16>().unwrap() - 1).to_string();
    let approve = ["--until", &until, "--minutes-number", "3", "--minutes-date", "2026-01-05", "--attach", &minutes];
    run(checked, "approve", &approve, Exit::Ok, &["inventory-row"]);
    run(checked, "approve", &approve, Exit::Conflict, &["error"]);
    let rows = checked.run(&["inventory", "list", "--fonds", "123"], Exit::Ok, &["inventory-row"]);
    assert_eq!(
        (&rows[0]["files"], &rows[0]["approved"][0]["until"]),
        (&json!(1), &json!(until.parse::<u16>().unwrap()))
    );
    assert_eq!(run(checked, "files", &[], Exit::Ok, &["inventory-unit"]), entered);

    let rows = checked.run(&["file", "list", "--cite", "F.123 I.4 U.1"], Exit::Ok, &["file-row"]);
    assert_eq!((&rows[0]["file_id"], &rows[0]["citation"]), (&json!(file), &json!("Қ.123 Т.4 І.1")));
    let wrong = checked.run(&["file", "list", "--cite", "Қ.123"], Exit::Refused, &["error"]);
    assert_eq!(wrong[0]["error"]["code"], "FIL-017");
    checked.run(&["show", "Қ.123 Т.4 І.2"], Exit::NotFound, &["error"]);
    assert_eq!(checked.run(&["show", "Ф.123 Оп.4 Д.1"], Exit::Ok, &["file-row"]), rows);
    let shown = checked.run(&["show", "Ф.123 Оп.4 Д.1 Док.2"], Exit::Ok, &["show"]);
    assert_eq!((&shown[0]["record_id"], &shown[0]["filed"]["file_id"]), (&json!(record), &json!(file)));
    assert_eq!((&shown[0]["filed"]["citation"], &shown[0]["holds"]), (&json!("Қ.123 Т.4 І.1 Құ.2"), &json!([])));
    assert_eq!(shown[0]["papers"], moved[0]["papers"]);
    let of_file = checked.run(&["why", "Қ.123 Т.4 І.1"], Exit::Ok, &["why"]);
    let of_record = checked.run(&["why", "Қ.123 Т.4 І.1 Құ.2"], Exit::Ok, &["why"]);
    assert_eq!(of_file[0]["decision"], of_record[0]["decision"]);
    let found = checked.run(&["search", "Қ.123", "Т.4", "І.1"], Exit::Ok, &["search-row"]);
    assert_eq!(found[0]["record_id"], json!(record));
    let rows = checked.run(&["file", "records", "қ123т4і1"], Exit::Ok, &["file-record"]);
    assert_eq!(rows[0]["citation"], "Қ.123 Т.4 І.1 Құ.2");
}

/// Forms are checked, adopted and printed.
fn forms_are_printed(checked: &mut Checked<'_>) {
    let text = fs::read_to_string("schema/form/1/examples/valid-inventory.toml").unwrap();
    let text = text.replace("inventory-permanent", "inventory-long-term");
    let form = checked.bench.file("form.toml", &text);
    let wrong = checked.bench.file("wrong.toml", text.replace("citation", "colour"));
    checked.run(&["form", "check", &form], Exit::Ok, &["form-answer"]);
    let refused = checked.run(&["form", "check", &wrong], Exit::Refused, &["form-answer"]);
    assert_eq!(codes(&refused[0]), ["FRM-001"]);
    checked.run(&["form", "list"], Exit::Ok, &["form-row"; 6]);
    let print = ["form", "print", "inventory", "--fonds", "123", "--number", "4"];
    let sample = checked.run(&print, Exit::Ok, &["form-print"]);
    assert_eq!((&sample[0]["entry"], &sample[0]["values"]["minutes_number"]), (&Value::Null, &json!("3")));
    for status in ["adopted", "held"] {
        let answer = checked.run(&["form", "adopt", &form], Exit::Ok, &["form-answer"]);
        assert_eq!(answer[0]["status"], status);
    }
    checked.run(&["form", "adopt", &wrong], Exit::Refused, &["form-answer"]);
    let other = checked.bench.file("other.toml", text.replace("Қорытынды", "Тізім"));
    checked.run(&["form", "adopt", &other], Exit::Conflict, &["error"]);
    let rows = checked.run(&["form", "list"], Exit::Ok, &["form-row"; 7]);
    assert_eq!((&rows[3]["in_force"], &rows[6]["in_force"]), (&json!(false), &json!(true)));
    let printed = checked.run(&print, Exit::Ok, &["form-print"]);
    assert_eq!((&printed[0]["form"]["edition"], &printed[0]["rows"]), (&json!("2"), &sample[0]["rows"]));
    let html = checked.bench.run(&print).exits(Exit::Ok).stdout;
    assert!(html.contains("<td>Қ.123 Т.4 І.1</td>"), "{html}");
    let file = checked.bench.path("inventory.html");
    let into = [&print[..], &["--output", file.to_str().unwrap(), "--lang", "ru"]].concat();
    checked.run(&into, Exit::Ok, &["form-print"]);
    assert!(fs::read_to_string(&file).unwrap().contains("<td>Ф.123 Оп.4 Д.1</td>"));
    checked.run(&into, Exit::Conflict, &["error"]);
    let count = ["form", "print", "year-count", "--agency", "TEST-01", "--year", "2025"];
    let count = checked.run(&count, Exit::Ok, &["form-print"]);
    assert_eq!(count[0]["values"]["opened"], "2", "two volumes");
    checked.run(&["form", "print", "act-of-selection", &"0".repeat(32)], Exit::NotFound, &["error"]);
}

/// A check of presence and condition, cut in two, with its act.
fn everything_is_looked_at(checked: &mut Checked<'_>) {
    checked.run(&["presence", "begin", "--basis", " "], Exit::Refused, &["error"]);
    let begun = checked.run(&["presence", "begin", "--basis", "№ 7 бұйрық"], Exit::Ok, &["presence-answer"]);
    let check = begun[0]["check_id"].as_str().unwrap().to_owned();
    let advice = checked.advice();
    assert!(advice.contains("presence-open") && !advice.contains("in-search"), "{advice:?}");
    checked.run(&["presence", "end", &check], Exit::Conflict, &["error"]);
    let run = ["presence", "run", &check];
    let first = checked.run(&[&run[..], &["--limit", "3"]].concat(), Exit::Ok, &["presence-summary"]);
    assert_eq!((&first[0]["summary"]["records"], &first[0]["summary"]["is_complete"]), (&json!(3), &json!(false)));
    let rest = checked.run(&run, Exit::Ok, &["presence-summary"]);
    assert_eq!((&rest[0]["summary"]["records"], &rest[0]["summary"]["erased"]), (&json!(1), &json!(1)));
    let status = checked.run(&["presence", "status", &check], Exit::Ok, &["presence-status"]);
    assert_eq!((&status[0]["checks"][0]["records"], &status[0]["in_search"]), (&json!(4), &json!([])));
    checked.run(&["presence", "end", &check], Exit::Ok, &["presence-answer"]);
    let sheet = checked.run(&["presence", "show", &check], Exit::Ok, &["presence-show"]);
    assert_eq!(
        (&sheet[0]["whole"], &sheet[0]["erased"], &sheet[0]["steps"][1]["records"]),
        (&json!(3), &json!(1), &json!(1))
    );
    let printed = checked.bench.run(&["presence", "show", &check, "--lang", "ru"]).exits(Exit::Ok).stdout;
    assert!(printed.starts_with("АКТ ПРОВЕРКИ") && printed.contains("№ 7 бұйрық"), "{printed}");
    checked.run(&run, Exit::Conflict, &["error"]);
    checked.run(&["presence", "status", &"0".repeat(32)], Exit::NotFound, &["error"]);
    assert!(!checked.advice().contains("presence-open"));
}

/// What a lost object makes of a record, in everything that speaks of it; then it comes back.
fn a_record_is_in_search(checked: &mut Checked<'_>) {
    let bench = Bench::new();
    let archive = Archive::open(&bench.archive(), Arc::new(SystemClock), &mut |_, _| {}).unwrap();
    archive.tune(1, 100);
    let folder = Sample::new("7-қ").write(&bench.path("in"), "7");
    let record = super::bed::accepted(&super::bed::take_in(&archive, &[folder]).unwrap()[0]).unwrap();
    archive.wait_index().unwrap();
    let row = archive.index().record_by_id(record).unwrap().unwrap();
    let main = row.components.iter().position(|component| component.path == MAIN).unwrap();
    let segment = row.components[main].stored.frames[0].segment;
    let segment = bench.archive().join(muragat::store::format::segment_name(segment));
    archive.close().unwrap();
    let record = record.to_string();
    assert_eq!(bench.show(&record)["in_search"], Value::Null);
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..muragat::store::format::SEGMENT_HEADER_BYTES]).unwrap();

    let mut own = Checked { bench: &bench, met: BTreeSet::new() };
    let check = |own: &mut Checked<'_>, exit| {
        let begun = own.run(&["presence", "begin", "--basis", "№ 7 бұйрық"], Exit::Ok, &["presence-answer"]);
        let check = begun[0]["check_id"].as_str().unwrap().to_owned();
        let row = own.run(&["presence", "run", &check], exit, &["presence-row", "presence-summary"]).swap_remove(0);
        own.run(&["presence", "end", &check], Exit::Ok, &["presence-answer"]);
        (check, row)
    };
    let (first, row) = check(&mut own, Exit::Integrity);
    let finding = json!([{"code": "PRS-001", "subject": format!("component/{}", main + 1)}]);
    assert_eq!(row, json!({"record_id": record, "findings": finding, "mark": "set"}));
    let status = own.run(&["presence", "status"], Exit::Ok, &["presence-status"]).swap_remove(0);
    let (mark, by) = (&status["in_search"][0]["entry"], &status["in_search"][0]["check_id"]);
    assert_eq!(*by, json!(first));
    assert_eq!(bench.show(&record)["in_search"], *mark);
    let shown = bench.run(&["show", &record]).exits(Exit::Ok).stdout;
    assert!(shown.contains(&format!("ІЗДЕСТІРУДЕ: #{mark}")), "{shown}");
    assert!(own.advice().contains("in-search"));
    let sheet = own.run(&["presence", "show", &first], Exit::Ok, &["presence-show"]).swap_remove(0);
    assert_eq!((&sheet["findings"][0]["code"], &sheet["missing"]), (&json!("PRS-001"), &json!([record])));

    fs::write(&segment, &bytes).unwrap();
    assert_eq!(bench.show(&record)["in_search"], *mark, "nothing takes the mark off but a check");
    let (_, row) = check(&mut own, Exit::Ok);
    assert_eq!(row, json!({"record_id": record, "findings": [], "mark": "taken_off"}));
    assert_eq!(bench.show(&record)["in_search"], Value::Null);
    assert!(!own.advice().contains("in-search"));
    checked.met.extend(own.met);
}

#[test]
fn every_line_follows_its_schema() {
    let bench = Bench::empty();
    let inbox = bench.path("in");
    let main = Sample::new("1-қ").write(&inbox, "1-accepted").join(MAIN);
    Sample::new("2-қ").confidential().write(&inbox, "2-confidential");
    Sample::new("3-қ").without("registration_number").write(&inbox, "3-refused");
    // The policy of this archive takes over what there is, and says what is wrong with it.
    Sample::new("4-қ").main(b"Plain text.".to_vec()).write(&inbox, "4-flagged");
    let twin = Sample::new("1-қ").card_with("registration_number", json!("5-қ")).write(&bench.path("twin"), "5-same");
    let mut checked = Checked { bench: &bench, met: BTreeSet::new() };

    checked.run(&["init", "--formats", "flag", "--signatures", "flag", "--means", "none"], Exit::Ok, &["init"]);
    let answers = [["ingest-answer"; 4].as_slice(), &["ingest-summary"]].concat();
    let first = checked.run(&["ingest", text(&inbox), "--threads", "1"], Exit::Refused, &answers);
    let again = checked.run(&["ingest", text(&inbox), "--threads", "1"], Exit::Refused, &answers);
    let twin = checked.run(&["ingest", text(&twin)], Exit::Ok, &answers[3..]).swap_remove(0);
    let failed = checked.run(&["ingest", "absent"], Exit::NotFound, &answers[3..]);
    let statuses = |lines: &[Value]| -> Vec<String> {
        let mut statuses: Vec<_> = lines.iter().filter_map(|l| Some(l["status"].as_str()?.to_owned())).collect();
        statuses.sort();
        statuses
    };
    assert_eq!(statuses(&first), ["accepted", "accepted", "accepted", "refused"]);
    assert_eq!(statuses(&again), ["held", "held", "held", "refused"]);
    assert_eq!(statuses(&failed), ["failed"]);
    let summary = &first[4]["summary"];
    assert_eq!((&summary["accepted"], &summary["flagged"], &summary["refused"]), (&json!(3), &json!(3), &json!(1)));
    let flags = json!({"FMT-002": 1, "FMT-003": 1, "SIG-012": 3});
    assert_eq!((&summary["codes"], &summary["flags"]), (&json!({"ING-003": 1}), &flags));
    let line = |name: &str| first.iter().find(|l| l["path"].as_str().is_some_and(|path| path.ends_with(name))).unwrap();
    let of = |name: &str| id(line(name));
    assert_eq!(codes(line("3-refused")), ["ING-003"]);
    assert_eq!(line("4-flagged")["flags"], json!(["FMT-002", "FMT-003", "SIG-012"]));
    let (public, confidential, same) = (of("1-accepted"), of("2-confidential"), id(&twin));
    assert_eq!(twin["same_content"], json!([public]));

    let shown = checked.run(&["show", &public], Exit::Ok, &["show"]);
    assert_eq!((&shown[0]["signature_status"], &shown[0]["readings"]), (&json!("unsigned"), &json!([])));
    assert_eq!(shown[0]["same_content"], json!([same]));
    let subject = ["subject", "report", "--surname", "Үлгібаев", "--purpose", "Өтініш № 2"];
    let report = checked.run(&subject, Exit::Ok, &["subject-report"]);
    let read: Vec<(&Value, usize)> = report[0]["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (&r["record_id"], r["readings"].as_array().unwrap().len()))
        .collect();
    assert_eq!(read.len(), 4, "{report:?}");
    assert!(read.iter().all(|(record, readings)| *readings == usize::from(**record == json!(confidential))));
    let nobody = ["subject", "report", "--iin", "000000000099", "--purpose", "Өтініш № 3"];
    assert_eq!(checked.run(&nobody, Exit::Ok, &["subject-report"])[0]["records"], json!([]));
    checked.run(&["subject", "report", "--iin", "99", "--purpose", "p"], Exit::Usage, &["error"]);
    checked.run(&["subject", "report", "--purpose", "p"], Exit::Usage, &["error"]);
    let refused = checked.run(&["show", &confidential], Exit::Usage, &["error"]);
    assert_eq!(refused[0]["error"]["code"], "ACC-004", "what for?");
    let shown = checked.run(&["show", &confidential, "--purpose", "Сынақ"], Exit::Ok, &["show"]);
    assert_eq!(
        shown[0]["readings"].as_array().unwrap().len(),
        2,
        "a restricted record is read on the record, as it was for the report"
    );
    let shown = checked.run(&["show", &of("4-flagged")], Exit::Ok, &["show"]);
    assert_eq!(shown[0]["flags"], json!(["FMT-002", "FMT-003", "SIG-012"]));

    let rows = checked.run(&["search", "Сынақ"], Exit::Ok, &["search-row"; 4]);
    for row in rows {
        assert_eq!(row["title"].is_null(), row["record_id"] == json!(confidential), "{row}");
    }
    let rows = checked.run(&["search", "--content", text(&main)], Exit::Ok, &["search-row"; 2]);
    assert_eq!(rows[1]["record_id"], json!(public));
    checked.run(&["search", "жоқсөз"], Exit::Ok, &[]);
    checked.run(&["text"], Exit::Ok, &["text"]);
    let rows = checked.run(&["search", "--text", "Сынақ"], Exit::Ok, &["search-text-row"; 4]);
    assert!(rows.iter().all(|row| row["places"][0]["where"] == "card"), "{rows:?}");
    let rows = checked.run(&["duplicates"], Exit::Ok, &["duplicates-row"]);
    assert_eq!(rows[0]["records"][0]["registration_number"], "1-қ");

    let edition = bench.file("1.json", classifier("1", "02"));
    let other = bench.file("2.json", classifier("1", "03"));
    checked.run(&["classifier", "adopt", &edition], Exit::Ok, &["classifier-answer"]);
    checked.run(&["classifier", "adopt", &edition], Exit::Ok, &["classifier-answer"]);
    checked.run(&["classifier", "adopt", &other], Exit::Conflict, &["classifier-answer"]);
    checked.run(&["classifier", "list"], Exit::Ok, &["classifier-row"]);

    let receipt = bench.file("receipt.txt", "Түбіртек");
    let add = ["record", "add", &public, &receipt, "--role", "receipt", "--reason", "Кешікті"];
    let added = checked.run(&add, Exit::Ok, &["record-answer"]);
    assert_eq!((&added[0]["status"], &added[0]["paths"]), (&json!("amended"), &json!(["receipt.txt"])));
    assert_eq!(checked.run(&add, Exit::Ok, &["record-answer"])[0]["status"], "held");
    let corrected = Sample::new("1-қ").card_with("title", json!("Түзетілген хат")).card;
    let corrected = bench.file("corrected.json", corrected.to_string());
    let correct = ["card", "correct", &public, &corrected, "--reason", "Қате"];
    checked.run(&correct, Exit::Ok, &["record-answer"]);
    let refused = checked.run(&correct, Exit::Conflict, &["record-answer"]);
    assert_eq!(codes(&refused[0]), ["REC-003"]);
    checked.run(&["record", "identify", &public], Exit::Ok, &["record-answer"]);
    let derived = ["--role", "representation", "--source", MAIN, "--tool", "Үлгі 1.0", "--as", "main.txt"];
    let derived = [&["record", "add", public.as_str(), receipt.as_str()], derived.as_slice()].concat();
    checked.run(&derived, Exit::Ok, &["record-answer"]);
    let shown = checked.run(&["show", &public], Exit::Ok, &["show"]);
    let kinds: Vec<&Value> = shown[0]["amendments"].as_array().unwrap().iter().map(|a| &a["kind"]).collect();
    assert_eq!(kinds, ["component_added", "card_corrected", "formats_identified", "component_added"]);

    let files = ["get-row"; 6];
    checked.run(&["get", &public, "-o", "out"], Exit::Ok, &files);
    assert_eq!(fs::read(bench.path("out").join(MAIN)).unwrap(), Sample::new("1-қ").main);

    answers_are_issued(&mut checked);
    checked.run(&["validate", "--record", &public], Exit::Ok, &["validate-record"]);

    accounts_are_kept(&mut checked, &public);
    records_are_arranged(&mut checked, &public);
    inventories_are_made(&mut checked, &of("4-flagged"), &confidential);
    forms_are_printed(&mut checked);

    let full = checked.run(&["audit"], Exit::Ok, &["audit"]);
    assert_eq!((&full[0]["every_byte"], &full[0]["records"]), (&json!(true), &json!(4)));
    let fast = checked.run(&["audit", "--fast"], Exit::Ok, &["audit"]);
    assert_eq!(fast[0]["every_byte"], json!(false));
    let rebuilt = checked.run(&["reindex"], Exit::Ok, &["reindex"]);
    assert_eq!(rebuilt[0]["records"], json!(4));
    checked.run(&["doctor"], Exit::Ok, &["doctor"]);
    let spill = spilling(&bench, &same);
    let mut spill: Vec<&str> = spill.iter().map(String::as_str).collect();
    let signature = spill.split_off(spill.len() - 2);
    let refused = checked.run(&spill, Exit::Refused, &["record-answer"]);
    assert_eq!(codes(&refused[0]), ["SPL-002"], "one signature is not two");
    checked.run(&[spill, signature].concat(), Exit::Ok, &["record-spill"]);
    for status in ["compacted", "unchanged"] {
        let compacted = checked.run(&["compact"], Exit::Ok, &["compact"]);
        assert_eq!(compacted[0]["status"], status);
    }

    everything_is_looked_at(&mut checked);
    a_record_is_in_search(&mut checked);

    let head = checked.run(&["log", "checkpoint"], Exit::Ok, &["log-checkpoint"]);
    let entries = head[0]["size"].as_u64().unwrap();
    let names = vec!["log-entry"; usize::try_from(entries).unwrap()];
    let log = checked.run(&["log", "entries"], Exit::Ok, &names);
    assert!(log.iter().enumerate().all(|(i, line)| line["index"] == json!(i)));
    let about = checked.run(&["log", "entries", "--record", &public], Exit::Ok, &["log-entry"; 8]);
    let acts: Vec<&Value> = about.iter().map(|line| &line["entry"]["act"]).collect();
    assert_eq!(acts[..5], ["record.accepted", "record.amended", "record.amended", "record.amended", "record.amended"]);
    assert_eq!(acts[5..], ["record.filed", "hold.covers", "hold.uncovers"]);
    checked.run(&["log", "checkpoint", "--vkey"], Exit::Ok, &["log-vkey"]);
    checked.run(&["log", "proof", "--inclusion", "2"], Exit::Ok, &["log-inclusion"]);
    checked.run(&["log", "proof", "--consistency", "3"], Exit::Ok, &["log-consistency"]);
    fs::write(bench.path("old"), head[0]["checkpoint"].as_str().unwrap()).unwrap();
    let proof = checked.run(&["log", "proof", "--consistency", "old"], Exit::Ok, &["log-consistency"]);
    assert_eq!(proof[0]["old_root"], head[0]["root"]);

    // What signatures are judged by, and what waits for them.
    let signed = super::signed::Bench::bare();
    let trust = signed.office.trust(signed.now());
    let (policy, authority) =
        (bench.file("policy.toml", &trust.policy), bench.file("authority.toml", &trust.authority));
    let crl = bench.file("root.crl", signed.office.crl(signed.now(), &[]));
    let of_signed = ["--archive", text(&signed.root())].map(str::to_owned);
    let with = |arguments: &[&str]| -> Vec<String> {
        of_signed.iter().cloned().chain(arguments.iter().map(|a| (*a).to_owned())).collect()
    };
    let mut run = |arguments: &[&str], names: &[&str]| {
        let arguments = with(arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        checked.run(&arguments, Exit::Ok, names)
    };
    let calendar = text(&schemas().parent().unwrap().join("../calendar/1/kz-sample.toml")).to_owned();
    run(&["policy", "check", &policy, &authority, &calendar], &["policy-check"; 3]);
    run(&["policy", "adopt", &policy], &["policy-answer"]);
    run(&["policy", "adopt", &authority], &["policy-answer"]);
    run(&["policy", "adopt", &calendar], &["policy-answer"]);
    assert_eq!(run(&["policy", "adopt", &calendar], &["policy-answer"])[0]["status"], "held");
    let rows = run(&["policy", "list"], &["policy-row"; 3]);
    assert_eq!((&rows[2]["kind"], &rows[2]["in_force"]), (&json!("calendar"), &json!(true)));
    let archive = signed.open();
    signed.take(&archive, &signed.draft("1"));
    archive.close().unwrap();
    let waits = run(&["waiting", "list"], &["waiting-row"]).swap_remove(0);
    assert_eq!(waits["missing"][0]["kind"], "revocation");
    assert!(waits["reasons"][0]["found"].is_string());
    let doctor = run(&["doctor"], &["doctor"]).swap_remove(0);
    assert_eq!((&doctor["waiting"], &doctor["registers"][0]["version"]), (&json!(1), &json!("1")));
    assert!(doctor["advice"].as_array().unwrap().iter().any(|advice| advice["code"] == "waiting"));
    run(&["material", "add", &crl], &["material-answer"]);
    let kept = run(&["material", "list"], &["material-row"]).swap_remove(0);
    assert!(kept["issuer"].is_string() && kept["until"].is_string() && kept["subject"].is_null(), "{kept}");
    let config = signed.root().join("muragat.toml");
    let allowed = "\n[material]\nfetch = [\"http://127.0.0.1:9/\"]\n";
    fs::write(&config, fs::read_to_string(&config).unwrap() + allowed).unwrap();
    let fetch = ["material", "fetch", "--dry-run", "--url", "http://127.0.0.1:9/root.crl"];
    assert_eq!(run(&fetch, &["material-fetch-row"])[0]["outcome"], "planned");
    run(&["means", "deposit"], &["means-answer"]);
    run(&["means", "deposit"], &["means-answer"]);
    run(&["means", "list"], &["means-row"]);
    // A file that is none keeps no other from being taken, and is named.
    let day = Validity { from: at(signed.now()), until: at(signed.now() + DAY_MS) };
    let (page, absent) = (bench.file("page.crl", "<html>"), text(&bench.path("absent.crl")).to_owned());
    let foreign = bench.file("foreign.crl", signed.office.other_root.crl(1, day, &[]));
    let add = with(&["material", "add", &page, &crl, &foreign, &absent]);
    let add: Vec<&str> = add.iter().map(String::as_str).collect();
    let added = checked.run(&add, Exit::Refused, &["material-answer"]).swap_remove(0);
    assert_eq!((&added["kept"], &added["foreign"]), (&json!(1), &json!(1)));
    let left = |n: usize| (added["left"][n]["reason"].clone(), added["left"][n]["code"].clone());
    assert_eq!(left(0), (json!("unreadable"), json!("SIG-017")));
    assert_eq!(left(1), (json!("unreadable"), json!("ING-030")));
    assert_eq!(left(2), (json!("no_issuer"), json!(null)));
    assert_eq!(added["left"][2]["path"], json!(foreign));
    what_is_decided_is_answered(&signed, waits["waiting_id"].as_str().unwrap());

    witnesses_are_asked(&mut checked);
    holdings_are_imported(&mut checked);
    lists_are_compared(&mut checked);
    records_are_let_go(&mut checked);
    files_are_handed_over(&mut checked);
    records_are_taken_in(&mut checked);
    files_are_destroyed(&mut checked);
    an_archive_ends(&mut checked);
    time_is_stamped(&mut checked);
    copies_are_printed(&mut checked);
    authorities_ask(&mut checked);

    let error = checked.run(&["show", "0123"], Exit::NotFound, &["error"]);
    assert_eq!(error[0]["error"]["code"], "ARC-002");

    let files = fs::read_dir(schemas()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.map(|f| f.trim_end_matches(".schema.json").to_owned()).collect();
    assert_eq!(checked.met, files, "every schema was met");
}

/// A witness is made and asked by courier and by HTTP; what it signed is shown and verified without the archive.
fn witnesses_are_asked(checked: &mut Checked<'_>) {
    let bench = checked.bench;
    let path = |name: &str| text(&bench.path(name)).to_owned();
    let dir = path("witness");
    let made = checked.run(&["witness", "init", &dir, "--name", "w.example/1"], Exit::Ok, &["witness-init"]);
    checked.run(&["witness", "init", &dir, "--name", "w.example/1"], Exit::Configuration, &["error"]);
    let vkey = checked.run(&["log", "checkpoint", "--vkey"], Exit::Ok, &["log-vkey"])[0]["vkey"].clone();
    let vkey = vkey.as_str().unwrap();
    let (request, answer) = (path("request.txt"), path("answer.txt"));
    let policy = |url: &str| {
        let key = made[0]["vkey"].as_str().unwrap();
        bench.file("witnesses.txt", format!("log {vkey}\nwitness a {key} {url}\nquorum a\n"))
    };
    let ask = ["log", "witness", "request", "a", "-o", &request];
    checked.run(&ask, Exit::NotFound, &["error"]);
    let wrong = bench.file("wrong.txt", "quorum none\nquorum none\n");
    let refused = checked.run(&["log", "witness", "check", &wrong], Exit::Refused, &["log-witness-answer"]);
    assert_eq!((codes(&refused[0]), &refused[0]["reasons"][0]["subject"]), (vec!["WIT-001"], &json!("wrong.txt:2")));
    let file = policy("");
    checked.run(&["log", "witness", "check", &file], Exit::Ok, &["log-witness-answer"]);
    for status in ["adopted", "held"] {
        let adopted = checked.run(&["log", "witness", "adopt", &file], Exit::Ok, &["log-witness-answer"]);
        assert_eq!(adopted[0]["status"], status);
    }
    let shown = checked.run(&["log", "witness", "show"], Exit::Ok, &["log-witness-show"]).swap_remove(0);
    assert_eq!((&shown["cosigned_size"], &shown["is_met"]), (&Value::Null, &Value::Null));
    checked.run(&["log", "checkpoint", "--cosigned"], Exit::NotFound, &["error"]);
    let none = checked.run(&["log", "proof", "--inclusion", "0", "--cosigned"], Exit::NotFound, &["error"]);
    assert_eq!(none[0]["error"]["code"], "WIT-011");
    assert!(checked.advice().contains("witness-quorum"));

    let asked = checked.run(&ask, Exit::Ok, &["log-witness-request"]).swap_remove(0);
    let sign = ["witness", "sign", &dir, &request, "-o", &answer];
    assert_eq!(checked.run(&sign, Exit::NotFound, &["error"])[0]["error"]["code"], "WIT-007");
    for status in ["added", "known"] {
        let log = checked.run(&["witness", "add-log", &dir, vkey], Exit::Ok, &["witness-log"]);
        assert_eq!(log[0]["status"], status);
    }
    checked.run(&["witness", "show", &dir], Exit::Ok, &["witness-show"]);
    let signed = checked.run(&sign, Exit::Ok, &["witness-sign"]);
    assert_eq!((&signed[0]["status"], &signed[0]["http_status"]), (&json!("cosigned"), &json!(200)));
    fs::remove_file(&answer).unwrap();
    let again = checked.run(&sign, Exit::Conflict, &["witness-sign"]);
    assert_eq!(again[0]["status"], "conflict");
    let size = checked.run(&["log", "witness", "accept", &answer, "--witness", "a"], Exit::Conflict, &["error"]);
    assert_eq!(size[0]["error"]["code"], "WIT-004");
    fs::remove_file(&answer).unwrap();
    fs::remove_file(&request).unwrap();
    let old = asked["size"].to_string();
    checked.run(&[&ask[..], &["--old", &old]].concat(), Exit::Ok, &["log-witness-request"]);
    checked.run(&sign, Exit::Ok, &["witness-sign"]);
    let accepted = checked.run(&["log", "witness", "accept", &answer], Exit::Ok, &["log-witness-row"]);
    assert_eq!((&accepted[0]["status"], &accepted[0]["size"]), (&json!("cosigned"), &asked["size"]));
    let shown = checked.run(&["log", "witness", "show"], Exit::Ok, &["log-witness-show"]).swap_remove(0);
    assert_eq!((&shown["cosigned_size"], &shown["is_met"]), (&asked["size"], &json!(true)));
    let log = checked.run(&["witness", "show", &dir], Exit::Ok, &["witness-show"]).swap_remove(0);
    assert_eq!(log["logs"][0]["size"], asked["size"]);
    let cosigned = checked.run(&["log", "checkpoint", "--cosigned"], Exit::Ok, &["log-checkpoint"]).swap_remove(0);
    assert!(!checked.advice().contains("no-witness"));

    // A stranger with the proof, the entry and a policy: the files as they are written.
    let file_of = |name: &str| text(&bench.path(name)).to_owned();
    let (proof, beside) = (file_of("5.tlog-proof"), file_of("5.tlog-proof.entry"));
    let write = ["log", "proof", "--inclusion", "5", "--cosigned", "-o", &proof];
    let written = checked.run(&write, Exit::Ok, &["log-inclusion"]).swap_remove(0);
    assert_eq!((&written["size"], &written["entry_file"]), (&asked["size"], &json!(beside)));
    let believed = ["verify", &proof, "--entry", &beside, "--trust", &file];
    assert_eq!(checked.run(&believed, Exit::Ok, &["verify-row"])[0]["signers"], json!(["a"]));
    assert_eq!(checked.run(&write, Exit::Conflict, &["error"])[0]["error"]["code"], "ARC-004", "it is there");
    let newest = checked.run(&["log", "checkpoint"], Exit::Ok, &["log-checkpoint"])[0]["size"].as_u64().unwrap();
    let cosigned_size = asked["size"].as_u64().unwrap();
    assert_eq!(newest, cosigned_size);
    let at_size = |size: u64| {
        ["log", "proof", "--inclusion", "0", "--at-size"].map(str::to_owned).into_iter().chain([size.to_string()])
    };
    let mut at_size = |size: u64, exit, name: &str| {
        let arguments: Vec<String> = at_size(size).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        checked.run(&arguments, exit, &[name]).swap_remove(0)
    };
    assert_eq!(at_size(cosigned_size, Exit::Ok, "log-inclusion")["size"], cosigned_size);
    assert_eq!(at_size(cosigned_size - 1, Exit::NotFound, "error")["error"]["code"], "WIT-011");
    assert_eq!(at_size(newest + 1, Exit::NotFound, "error")["error"]["code"], "LOG-002");
    let proof = checked.run(&["log", "proof", "--inclusion", "0"], Exit::Ok, &["log-inclusion"]).swap_remove(0);
    let (note, bare) = (cosigned["checkpoint"].as_str().unwrap(), proof["tlog_proof"].as_str().unwrap());
    let with = format!("{}\n\n{note}", bare.split("\n\n").next().unwrap());
    let (bare, with) = (bench.file("bare.tlog-proof", bare), bench.file("0.tlog-proof", with));
    let entry = STANDARD.decode(proof["entry_base64"].as_str().unwrap()).unwrap();
    let (entry, other) = (bench.file("0.entry", &entry), bench.file("1.entry", [entry.as_slice(), b" "].concat()));
    let verify = |proof: &str, entry: &str, trust: &str| {
        ["verify", proof, "--entry", entry, "--trust", trust].map(str::to_owned)
    };
    let mut verdict = |arguments: [String; 6], exit| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        checked.run(&arguments, exit, &["verify-row"]).swap_remove(0)
    };
    assert_eq!(verdict(verify(&with, &entry, &file), Exit::Ok)["signers"], json!(["a"]));
    verdict(verify(&bare, &entry, &file), Exit::Incomplete);
    verdict(verify(&with, &other, &file), Exit::Integrity);
    let unknown = bench.file("unknown.txt", "quorum none\n");
    verdict(verify(&with, &entry, &unknown), Exit::Incomplete);
    checked.run(&["verify", &with], Exit::Incomplete, &["verify-row"]);

    // By HTTP.
    let mut serving = Command::new(env!("CARGO_BIN_EXE_muragat"))
        .args(["witness", "serve", &dir, "--listen", "127.0.0.1:0", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(serving.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let listens: Value = serde_json::from_str(&line).unwrap();
    check("witness-serve", &listens);
    checked.met.insert("witness-serve".to_owned());
    let url = listens["address"].as_str().unwrap();
    let file = policy(url);
    checked.run(&["log", "witness", "adopt", &file], Exit::Ok, &["log-witness-answer"]);
    let rows = checked.run(&["log", "witness", "push"], Exit::Configuration, &["log-witness-row"]);
    assert_eq!((&rows[0]["status"], &rows[0]["code"]), (&json!("not_allowed"), &json!("WIT-010")));
    let config = bench.archive().join("muragat.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + &format!("\n[witness]\nallow = [\"{url}\"]\n")).unwrap();
    let rows = checked.run(&["log", "witness", "push"], Exit::Ok, &["log-witness-row"]);
    assert_eq!(rows[0]["status"], "cosigned");
    assert!(Command::new("kill").arg(serving.id().to_string()).status().unwrap().success());
    assert!(serving.wait().unwrap().success(), "it stops in good order");
    let audit = checked.run(&["audit"], Exit::Ok, &["audit"]);
    assert_eq!(audit[0]["findings"], json!([]));
}

/// The arguments by which a record is spilled, with an act that two officers sign; the archive trusts them.
fn spilling(bench: &Bench, record: &str) -> Vec<String> {
    let act = bench.run(&["record", "spill-act", record, "--ground", "wrong_intake"]).exits(Exit::Ok).stdout;
    // A signature has whole seconds, and is not from before the record came in.
    std::thread::sleep(Duration::from_millis(1100));
    let (now, file) = (SystemClock.now(), bench.file("spill.toml", &act));
    let office = Office::new(now);
    let mut arguments = ["record", "spill", record, "--confirm", record, "--act", &file].map(str::to_owned).to_vec();
    for (name, who) in [("spill-a.p7s", &office.official), ("spill-b.p7s", &office.clerk)] {
        let signature = bench.file(name, who.sign_detached(act.as_bytes(), at(now)));
        arguments.extend(["--signature".to_owned(), signature]);
    }
    arguments
}

/// A value is as a schema outside `schema/cli` says, and not without one of its keys or with one more.
fn follows(path: &str, value: &Value, optional: &[&str]) {
    let schema = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(path)).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    if let Err(e) = validator.validate(value) {
        panic!("{path}: {e} at {}", e.instance_path());
    }
    let mut more = value.clone();
    more["surprise"] = json!(1);
    assert!(!validator.is_valid(&more), "{path} takes any key");
    for key in value.as_object().unwrap().keys().filter(|key| !optional.contains(&key.as_str())) {
        let mut less = value.clone();
        less.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&less), "{path} does without {key}");
    }
}

/// An inquiry is opened, searched under, answered and closed; its hold is nobody else's to lift.
fn authorities_ask(checked: &mut Checked<'_>) {
    let now = SystemClock.now();
    let signed = super::signed::Bench::bare_at(now - DAY_MS);
    let (signed, archive, trust) = signed.trusting();
    signed.share(&archive, &trust.crl);
    let record = super::receipt::accepted(&signed.take(&archive, &signed.draft("1-қ"))).to_string();
    archive.close().unwrap();
    let (bench, root) = (checked.bench, signed.root());
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let open = ["inquiry", "open", "--authority", "Үлгі соты", "--case", "№ 7 іс", "--basis", "АПК"];
    let open = [&open[..], &["--requester", "Судья", "--due", "2020-01-01"]].concat();
    assert_eq!(
        run(&[&open[..], &["--agency", "NONE"]].concat(), Exit::Refused, &["error"])[0]["error"]["code"],
        "INQ-003"
    );
    let opened = run(&open, Exit::Ok, &["inquiry-answer"]).swap_remove(0);
    let id = opened["inquiry_id"].as_str().unwrap().to_owned();
    assert!(run(&["doctor"], Exit::Ok, &["doctor"])[0].to_string().contains("inquiry-overdue"));
    assert_eq!(run(&["inquiry", "answer", &id], Exit::Conflict, &["error"])[0]["error"]["code"], "INQ-006");
    // An inquiry is no record of which there could be evidence.
    let nowhere = bench.path("inquiry-evidence");
    let evidence = ["evidence", "record", &id, "-o", text(&nowhere)];
    assert_eq!(run(&evidence, Exit::NotFound, &["error"])[0]["error"]["code"], "ARC-002");
    let out = bench.path("inquiry-read");
    let read = ["inquiry", "read", &id, &record, "-o", text(&out)];
    assert_eq!(run(&read, Exit::Denied, &["error"])[0]["error"]["code"], "INQ-005");
    let search = ["inquiry", "search", &id, "reg:1-қ"];
    let found = run(&search, Exit::Ok, &["inquiry-search"]).swap_remove(0);
    assert_eq!((&found["found"], &found["destroyed"]), (&json!([record]), &json!([])));
    run(&["inquiry", "take", &id, &record], Exit::Ok, &["inquiry-answer"]);
    let files = bench.run(&[&["--archive", text(&root)], &read[..]].concat()).exits(Exit::Ok).stdout.lines().count();
    let again = ["inquiry", "read", &id, &record, "-o", text(&bench.path("inquiry-again"))].map(str::to_owned);
    run(&again.iter().map(String::as_str).collect::<Vec<_>>(), Exit::Ok, &vec!["get-row"; files]);
    let held = run(&["hold", "list"], Exit::Ok, &["hold-row"]).swap_remove(0);
    assert_eq!(held["inquiry_id"], json!(id));
    let lift = ["hold", "lift", held["hold_id"].as_str().unwrap(), "--reason", "r"];
    assert_eq!(run(&lift, Exit::Conflict, &["error"])[0]["error"]["code"], "HLD-005");
    let case = bench.path("case.zip");
    let bundle = ["inquiry", "bundle", &id, "-o", text(&case)];
    let made = run(&bundle, Exit::Incomplete, &["inquiry-bundle"]).swap_remove(0);
    let lacks: Vec<&Value> = made["missing"].as_array().unwrap().iter().map(|one| &one["what"]).collect();
    assert_eq!(lacks, ["evidence", "stamped"]);
    assert_eq!(run(&bundle, Exit::Conflict, &["error"])[0]["error"]["code"], "ARC-004", "never over another file");
    let row = run(&["verify", text(&case)], Exit::Incomplete, &["verify-row"]).swap_remove(0);
    assert_eq!((&row["kind"], &row["status"]), (&json!("bundle"), &json!("undecided")));
    let mut members = zip::ZipArchive::new(fs::File::open(&case).unwrap()).unwrap();
    for (schema, name, optional) in [
        ("report", "report.json".to_owned(), vec!["issuer", "stamped_size"]),
        ("record", format!("records/{record}/report.json"), vec!["signatures", "validation"]),
    ] {
        let said: Value = serde_json::from_reader(members.by_name(&name).unwrap()).unwrap();
        follows(&format!("bundle/1/{schema}.schema.json"), &said, &optional);
    }
    let mut changed = fs::read(&case).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let mut beheaded = fs::read(&case).unwrap();
    beheaded[0] ^= 1;
    for (name, changed) in [("changed.zip", changed), ("beheaded", beheaded), ("empty.zip", Vec::new())] {
        let changed = bench.file(name, changed);
        assert_eq!(run(&["verify", &changed], Exit::Integrity, &["verify-row"])[0]["status"], "failed", "{name}");
    }
    let close = ["inquiry", "close", &id, "--outcome", "Жауап берілді"];
    assert_eq!(run(&close, Exit::Conflict, &["error"])[0]["error"]["code"], "INQ-007");
    let folder = bench.path("inquiry-answer");
    let give = ["inquiry", "answer", &id, "-o", text(&folder)];
    let given = run(&give, Exit::Ok, &["inquiry-given"]).swap_remove(0);
    assert_eq!((&given["status"], &given["answer"]["outcome"]), (&json!("unsigned"), &json!("found")));
    follows("inquiry-answer/2/inquiry-answer.schema.json", &given["answer"], &[]);
    let bytes = fs::read(folder.join("answer.json")).unwrap();
    assert!(fs::read_to_string(folder.join("answer.kk.txt")).unwrap().contains("СҰРАУ САЛУҒА ЖАУАП"));
    // A signature says whole seconds, and must be later than what it is about.
    std::thread::sleep(Duration::from_millis(1100));
    let sign = |name: &str, who: &Signer| bench.file(name, who.sign_detached(&bytes, at(SystemClock.now())));
    let [wrong, right] = [sign("official.p7s", &signed.office.official), sign("clerk.p7s", &signed.office.clerk)];
    let refused = run(&["inquiry", "answer", &id, "--signature", &wrong], Exit::Refused, &["inquiry-answer"]);
    assert_eq!(codes(&refused[0]), ["INQ-008"]);
    let taken = ["inquiry", "answer", &id, "--signature", &right];
    let first = run(&taken, Exit::Ok, &["inquiry-answer"]).swap_remove(0);
    assert_eq!(run(&taken, Exit::Ok, &["inquiry-answer"])[0]["entry"], first["entry"], "taken in once");
    let given = run(&give, Exit::Ok, &["inquiry-given"]).swap_remove(0);
    assert_eq!((&given["status"], given["files"].as_array().unwrap().len()), (&json!("signed"), 5));
    let signed_answer = folder.join("answer.json");
    let policy = bench.file("court-policy.toml", trust.policy.clone());
    let crl = bench.file("court.crl", trust.crl.clone());
    let by = ["--policy", &policy, "--material", &crl];
    let row = run(&[&["verify", text(&signed_answer)], &by[..]].concat(), Exit::Ok, &["verify-row"]).swap_remove(0);
    assert_eq!((&row["kind"], &row["status"]), (&json!("inquiry-answer"), &json!("verified")));
    let other = String::from_utf8(bytes.clone()).unwrap().replacen("табылды", "табылмады", 1);
    assert_ne!(other.as_bytes(), bytes);
    let other = bench.file("other-answer.json", other);
    fs::copy(folder.join("answer.json.p7s"), format!("{other}.p7s")).unwrap();
    run(&[&["verify", &other], &by[..]].concat(), Exit::Integrity, &["verify-row"]);
    let row = run(&["inquiry", "list", "--open"], Exit::Ok, &["inquiry-row"]).swap_remove(0);
    assert_eq!((&row["overdue"], &row["answered"]), (&json!(false), &given["entry"]));
    run(&close, Exit::Ok, &["inquiry-answer"]);
    let shown = run(&["inquiry", "show", &id], Exit::Ok, &["inquiry-show"]).swap_remove(0);
    assert_eq!((&shown["outcome"], &shown["targets"]), (&json!("Жауап берілді"), &json!([{"record": record}])));
    run(&["inquiry", "list", "--open"], Exit::Ok, &[]);
    assert_eq!(run(&search, Exit::Conflict, &["error"])[0]["error"]["code"], "INQ-002");
    let printed = bench.path("register.html");
    let register = ["inquiry", "register", "-o", text(&printed)];
    assert_eq!(run(&register, Exit::Ok, &["form-print"])[0]["rows"].as_array().unwrap().len(), 1);
    assert!(fs::read_to_string(&printed).unwrap().contains("Үлгі соты"));
    for (lang, is_said) in [("en", true), ("ru", false)] {
        let said = bench.run(&["--archive", text(&root), "inquiry", "register", "--lang", lang]).exits(Exit::Ok).stderr;
        assert_eq!(said.contains("in Kazakh and Russian only"), is_said, "{said}");
    }
    let history = run(&["show", &record], Exit::Ok, &["show"]).swap_remove(0).to_string();
    assert!(history.contains("record.read") && history.contains("hold.covers"), "{history}");
    assert!(run(&["audit", "--full"], Exit::Ok, &["audit"])[0]["findings"].as_array().unwrap().is_empty());
    the_reader_of_the_format_accepts(&root);
}

/// A copy on paper is prepared, certified, found again and printed without certifying.
fn copies_are_printed(checked: &mut Checked<'_>) {
    let desk = super::paper_copy::Desk::of(super::signed::Bench::bare_at(SystemClock.now() - DAY_MS));
    let archive = desk.bench.open();
    let record = desk.scanned(&archive, "1-қ").to_string();
    archive.close().unwrap();
    let (bench, root, out) = (checked.bench, desk.bench.root(), checked.bench.path("copy"));
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let copy = ["inquiry", "paper-copy", &record];
    let prepare = [&copy[..], &["--recipient", "Азамат", "-o", text(&out)]].concat();
    let prepared = run(&prepare, Exit::Ok, &["paper-copy"]).swap_remove(0);
    follows("paper-copy/1/paper-copy.schema.json", &prepared["copy"], &[]);
    let bytes = fs::read(out.join("copy.json")).unwrap();
    let sign = |name: &str, who: &Signer| bench.file(name, who.sign_detached(&bytes, at(SystemClock.now())));
    let office = &desk.bench.office;
    let [wrong, right] = [sign("copy-official.p7s", &office.official), sign("copy-clerk.p7s", &office.clerk)];
    let certify = |signature: &str| [&copy[..], &["--from", text(&out), "--signature", signature]].concat().join("\n");
    let refused = certify(&wrong);
    let refused = run(&refused.split('\n').collect::<Vec<_>>(), Exit::Refused, &["paper-copy"]);
    assert_eq!(codes(&refused[0]), ["CPY-010"]);
    run(&["inquiry", "copies"], Exit::Ok, &[]);
    let right = certify(&right);
    let arguments: Vec<&str> = right.split('\n').collect();
    // The officer compared this rendering and no other.
    let rendering = fs::read(out.join("rendering.pdf")).unwrap();
    fs::write(out.join("rendering.pdf"), [&rendering[..], b"\n"].concat()).unwrap();
    let changed = run(&arguments, Exit::Conflict, &["error"]);
    assert_eq!(changed[0]["error"]["code"], "CPY-009");
    assert_eq!(changed[0]["error"]["subject"], "rendering.pdf");
    run(&["inquiry", "copies"], Exit::Ok, &[]);
    fs::remove_file(out.join("rendering.pdf")).unwrap();
    let certified = run(&arguments, Exit::Ok, &["copy-row"]).swap_remove(0);
    assert_eq!((&certified["status"], &certified["number"]), (&json!("certified"), &json!(1)));
    let digest = prepared["sha256"].as_str().unwrap();
    let found = run(&["inquiry", "copies", "--digest", digest], Exit::Ok, &["copy-row"]).swap_remove(0);
    assert_eq!((&found["record_id"], &found["certifier"]["kind"]), (&json!(record), &json!("records_office")));
    let again = bench.path("copy-again");
    run(&["inquiry", "copies", "--number", "1", "-o", text(&again)], Exit::Ok, &["copy-row"]);
    assert_eq!(fs::read(again.join("paper-copy.pdf")).unwrap(), fs::read(out.join("paper-copy.pdf")).unwrap());
    // As text it says result and profile, and that nothing was certified anew.
    for arguments in [&["inquiry", "copies"][..], &["inquiry", "copies", "--number", "1", "-o", text(&again)]] {
        let said = bench.run(&[&["--archive", text(&root), "--lang", "en"], arguments].concat()).exits(Exit::Ok).stdout;
        assert!(said.contains("Result: POSITIVE · profile: n430") && said.contains("sheets: "), "{said}");
        assert_eq!(said.contains("given out again"), arguments.len() > 2, "{said}");
        assert!(!said.contains("is certified"), "{said}");
    }
    let unknown = run(&["inquiry", "copies", "--number", "2"], Exit::NotFound, &["error"]);
    assert_eq!(unknown[0]["error"]["code"], "CPY-012");
    let print = [&copy[..], &["--extract", "-o", text(&out)]].concat();
    assert_eq!(run(&print, Exit::Ok, &["paper-copy"])[0]["status"], "uncertified");
    let history = run(&["show", &record], Exit::Ok, &["show"]).swap_remove(0).to_string();
    assert!(history.contains("copy.certified"), "{history}");
    assert!(run(&["audit", "--full"], Exit::Ok, &["audit"])[0]["findings"].as_array().unwrap().is_empty());
    the_reader_of_the_format_accepts(&root);
}

/// A batch is stamped over the network, one by file; evidence records and heads are given out.
fn time_is_stamped(checked: &mut Checked<'_>) {
    let now = SystemClock.now();
    let signed = super::signed::Bench::bare_at(now - DAY_MS);
    let (signed, archive, trust) = signed.trusting();
    signed.share(&archive, &trust.crl);
    signed.adopt(&archive, &super::evidence::policy(&signed));
    let record = super::receipt::accepted(&signed.take(&archive, &signed.draft("1"))).to_string();
    archive.close().unwrap();
    let stamper = Arc::new(super::evidence::authority(&signed));
    let (bench, root) = (checked.bench, signed.root());
    let (answering, longer) = (stamper.clone(), super::evidence::lasting(&signed, 1500));
    let server = super::fetch::Server::new(move |path, request| {
        let by = if path == "/longer" { &longer } else { &*answering };
        super::fetch::Reply::Body(by.answer(request, at(SystemClock.now())).unwrap())
    });
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let heads = ["log", "proof", "--heads", &record];
    assert_eq!(run(&heads, Exit::NotFound, &["error"])[0]["error"]["code"], "EVD-001");
    let asked = run(&["evidence", "timestamp"], Exit::Configuration, &["error"]).swap_remove(0);
    assert_eq!(asked["error"]["code"], "EVD-002");
    let config = root.join("muragat.toml");
    let before = fs::read_to_string(&config).unwrap();
    let with = |urls: &[&str]| fs::write(&config, format!("{before}\n[evidence]\nauthorities = {urls:?}\n")).unwrap();
    // One does not answer, one does: the time-stamp of that one is kept, and the other is named.
    let dead = "http://127.0.0.1:9/tsa";
    with(&[dead]);
    let failed = run(&["evidence", "timestamp"], Exit::Temporary, &["evidence-answer"]).swap_remove(0);
    assert_eq!((&failed["status"], &failed["failed"][0]["code"]), (&json!("failed"), &json!("NET-003")));
    with(&[dead, &server.at("/tsa?a=b")]);
    let kept = run(&["evidence", "timestamp"], Exit::Ok, &["evidence-answer"]).swap_remove(0);
    assert_eq!((&kept["failed"][0]["url"], &kept["tokens"].as_array().unwrap().len()), (&json!(dead), &1));
    assert_eq!(server.asked(), ["/tsa?a=b"]);
    let nothing = run(&["evidence", "timestamp"], Exit::Ok, &["evidence-answer"]).swap_remove(0);
    assert_eq!(nothing["status"], "nothing");
    run(&heads, Exit::Ok, &["log-heads"]);
    // By file.
    run(&["record", "identify", &record], Exit::Ok, &["record-answer"]);
    let (request, answer) = (bench.path("batch.tsq"), bench.path("batch.tsr"));
    let beside = bench.path("batch.tsq.checkpoint");
    fs::write(&beside, "of before").unwrap();
    run(&["evidence", "request", "-o", text(&request)], Exit::Conflict, &["error"]);
    assert!(!request.exists(), "both files or none");
    fs::remove_file(&beside).unwrap();
    run(&["evidence", "request", "-o", text(&request)], Exit::Ok, &["evidence-request"]);
    fs::write(&answer, stamper.answer(&fs::read(&request).unwrap(), at(SystemClock.now())).unwrap()).unwrap();
    let accept = ["evidence", "accept", text(&answer), "--checkpoint", text(&beside)];
    run(&accept, Exit::Ok, &["evidence-answer"]);
    assert_eq!(run(&accept, Exit::Refused, &["error"])[0]["error"]["code"], "EVD-006");
    let status = run(&["evidence", "status"], Exit::Ok, &["evidence-status"]).swap_remove(0);
    assert_eq!((status["batches"].as_array().unwrap().len(), &status["unstamped"]), (2, &json!(0)));
    assert_eq!(
        run(&["evidence", "renew", "--by", "2020-01-01"], Exit::Ok, &["evidence-renew"])[0]["status"],
        "nothing"
    );
    with(&[&server.at("/tsa?a=b")]);
    let short = run(&["evidence", "renew", "--all"], Exit::Refused, &["evidence-renew"]).swap_remove(0);
    assert_eq!(short["status"], "failed", "it would end no later than what it renews");
    with(&[&server.at("/longer")]);
    let renewed = run(&["evidence", "renew", "--all"], Exit::Ok, &["evidence-renew"]).swap_remove(0);
    assert_eq!((&renewed["kind"], &renewed["renews"]), (&json!("timestamp"), &json!(2)));
    let (ask, answer) = (bench.path("renew.tsq"), bench.path("renew.tsr"));
    let rehash = ["evidence", "renew", "--all", "--kind", "hash-tree"];
    let asked = run(&[&rehash[..], &["--request", text(&ask)]].concat(), Exit::Ok, &["evidence-renew"]).swap_remove(0);
    assert_eq!(asked["status"], "requested");
    fs::write(&answer, stamper.answer(&fs::read(&ask).unwrap(), at(SystemClock.now())).unwrap()).unwrap();
    let taken = [&rehash[..], &["--answer", text(&answer)]].concat();
    assert_eq!(run(&taken, Exit::Ok, &["evidence-renew"])[0]["status"], "renewed");
    let out = bench.path("evidence");
    run(&["evidence", "record", &record, "-o", text(&out)], Exit::Ok, &["evidence-row"; 2]);
    run(&["evidence", "checkpoint", "-o", text(&bench.path("checkpoint"))], Exit::Ok, &["evidence-row"]);
    assert!(run(&["audit", "--full"], Exit::Ok, &["audit"])[0]["findings"].as_array().unwrap().is_empty());
}

/// What was handed over is let go, and where it is stands in every answer; no clock is moved for the program.
fn records_are_let_go(checked: &mut Checked<'_>) {
    // A minute ago: what is signed by the moved clock is never later than the program's.
    let now = SystemClock.now() - 60_000;
    let two = || {
        let due = Due::closed(super::signed::Bench::bare_at(now - 1100 * DAY_MS), &["3", "3"]);
        due.go_to(&civil_date(now - 9 * DAY_MS).to_string());
        let (year, today) = (u16::try_from(civil_date(now).year() - 1).unwrap(), due.today().to_string());
        Two::of(Sender::of(due, year, &today))
    };
    let own = checked.bench;
    let out = own.path("handed-over");
    let sign = |name: &str, who: &Signer, bytes: &[u8]| own.file(name, who.sign_detached(bytes, at(SystemClock.now())));
    // The first is agreed on in the past, so that its days of cooling off are over.
    let first = two();
    first.agree([muragat::transfer::reply::Outcome::Accepted, muragat::transfer::reply::Outcome::Refused]);
    first.sender.due.go_to_open(&first.archive, &civil_date(now).to_string());
    let (bench, id) = (&first.sender.due.bench, first.transfer.to_string());
    let [gone, file] = [first.record(0), first.sender.file(0)].map(|id| id.to_string());
    first.archive.close().unwrap();
    let root = bench.root();
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let row = run(&["transfer", "status", &id], Exit::Ok, &["transfer-row"]).swap_remove(0);
    assert_eq!((&row["stage"], &row["reply"]["refused"]), (&json!("agreed"), &json!(1)));
    run(&["transfer", "release", &id, "-o", text(&out)], Exit::Ok, &["transfer-answer"]);
    let release = fs::read(out.join("release.json")).unwrap();
    follows("transfer-release/2/transfer-release.schema.json", &serde_json::from_slice(&release).unwrap(), &[]);
    let drawn = out.join("release.json");
    let one = sign("release-a.p7s", &bench.office.approvers[0], &release);
    let two_of_them = sign("release-b.p7s", &bench.office.clerk, &release);
    let execute = ["transfer", "release", &id, text(&drawn), "--signature", &one];
    assert_eq!(codes(&run(&execute, Exit::Refused, &["transfer-answer"])[0])[0], "TRF-013");
    let execute = [&execute[..], &["--signature", &two_of_them]].concat();
    let released = run(&execute, Exit::Ok, &["transfer-answer"]).swap_remove(0);
    assert_eq!((&released["status"], &released["record_ids"]), (&json!("released"), &json!([gone])));
    let shown = run(&["show", &gone], Exit::Ok, &["handed-over"]).swap_remove(0);
    assert_eq!((&shown["transfer_id"], &shown["act"]), (&json!(id), &json!("2028-4")));
    assert_eq!(run(&["why", &file], Exit::Ok, &["handed-over"])[0]["status"], "handed_over");
    assert_eq!(run(&["get", &gone], Exit::NotFound, &["error"])[0]["error"]["code"], "ARC-008");
    let listed = run(&["file", "list"], Exit::Ok, &["file-row", "destroyed-row"]).swap_remove(1);
    assert_eq!((&listed["status"], &listed["transfer_id"]), (&json!("handed_over"), &json!(id)));
    assert_eq!(run(&["transfer", "close", &id], Exit::Ok, &["transfer-answer"])[0]["status"], "closed");
    let found = run(&["search", "reg:01-05/0"], Exit::Ok, &["handed-over"]).swap_remove(0);
    assert_eq!((&found["id"], &found["registration_number"]), (&json!(gone), &json!("01-05/0")));
    run(&["search", "reg:01-05/0 title:Басқа"], Exit::Ok, &[]);
    let units = run(
        &["inventory", "files", "--fonds", "123", "--number", "1"],
        Exit::Ok,
        &["inventory-unit", "inventory-unit"],
    );
    assert_eq!((&units[0]["gone"]["status"], &units[1]["gone"]), (&json!("handed_over"), &Value::Null));
    let certificate = own.path("certificate.json");
    let answer = own
        .run(&["--archive", text(&root), "--json", "transfer", "certificate", &id, "-o", text(&certificate)])
        .exits(Exit::Ok);
    follows("certificate/2/certificate.schema.json", &answer.json()[0], &[]);
    assert_eq!(fs::read(&certificate).unwrap(), answer.stdout.trim_end().as_bytes());
    let vkey = own.run(&["--archive", text(&root), "log", "checkpoint", "--vkey"]).exits(Exit::Ok).stdout;
    let verified =
        run(&["verify", text(&certificate), "--vkey", vkey.trim()], Exit::Ok, &["verify-row"]).swap_remove(0);
    assert_eq!((&verified["kind"], &verified["status"]), (&json!("certificate"), &json!("verified")));
    run(&["verify", text(&certificate)], Exit::Incomplete, &["verify-row"]);
    let changed = own.file("changed.json", answer.stdout.replacen("\"number\":\"2028-4\"", "\"number\":\"2028-5\"", 1));
    run(&["verify", &changed, "--vkey", vkey.trim()], Exit::Integrity, &["verify-row"]);
    let status = run(&["decommission", "status"], Exit::Ok, &["decommission-status"]).swap_remove(0);
    assert_eq!((&status["handed_over"], &status["destroyed"]), (&json!(1), &json!(0)));
    assert!(run(&["audit", "--full"], Exit::Ok, &["audit"])[0]["findings"].as_array().unwrap().is_empty());

    // The second goes by the program up to the act of both.
    let second = two();
    let (bench, id) = (&second.sender.due.bench, second.transfer.to_string());
    second.sender.due.go_to_open(&second.archive, &civil_date(now).to_string());
    let root = bench.root();
    let Two { sender, archive, state, transfer, folder } = second;
    archive.close().unwrap();
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let lacks = run(&["transfer", "prepare", &id], Exit::Conflict, &["transfer-answer"]).swap_remove(0);
    assert_eq!(lacks["status"], "not_ready");
    let archive = sender.due.bench.open();
    let second = Two { sender, archive, state, transfer, folder };
    second.ready();
    let Two { sender, archive, state, transfer, folder } = second;
    archive.close().unwrap();
    let sealed = run(&["transfer", "prepare", &id], Exit::Ok, &["transfer-answer"]).swap_remove(0);
    assert_eq!((&sealed["status"], &sealed["form"]), (&json!("sealed"), &json!("bag")));
    let medium = checked_folder(&out, "medium");
    let send = ["transfer", "send", &id, "--into", text(&medium)];
    assert_eq!(run(&send, Exit::Ok, &["transfer-answer"])[0]["was_there"], json!(false));
    let row = run(&["transfer", "status", &id], Exit::Ok, &["transfer-row"]).swap_remove(0);
    assert!(row["receipt_due"].is_string() && row["overdue"] == json!(false), "{row}");
    // What the other archive answers.
    let archive = sender.due.bench.open();
    let second = Two { sender, archive, state, transfer, folder };
    let case = muragat::transfer::case::Case::read(&second.archive, second.transfer).unwrap();
    let seal = case.seal(&second.archive).unwrap();
    follows("transfer-seal/1/transfer-seal.schema.json", &serde_json::from_slice(&seal.encode()).unwrap(), &[]);
    let accepted = [muragat::transfer::reply::Outcome::Accepted, muragat::transfer::reply::Outcome::AcceptedWithRemark];
    let reply = second.reply(&seal, accepted);
    let (receipt, replying) = (second.receipt(&seal), second.replying(&seal, &reply));
    let Two { sender, archive, .. } = second;
    archive.close().unwrap();
    for answer in [&receipt, &replying] {
        follows(
            "transfer-answer/1/transfer-answer.schema.json",
            &serde_json::from_slice(answer).unwrap(),
            &["transfer"],
        );
    }
    let [receipt, replying] = [("receipt.json", receipt), ("reply-answer.json", replying)].map(|(name, bytes)| {
        let path = out.join(name);
        fs::write(&path, bytes).unwrap();
        path
    });
    let mut taken = |path: &Path| run(&["transfer", "take", text(path)], Exit::Ok, &["transfer-answer"]).swap_remove(0);
    assert_eq!(taken(&receipt)["status"], "delivered");
    assert_eq!(taken(&replying)["status"], "replied");
    let act_folder = out.join("act");
    let act = ["transfer", "act", &id, "-o", text(&act_folder)];
    assert_eq!(run(&act, Exit::Ok, &["transfer-answer"])[0]["status"], "given_out");
    let bytes = fs::read(act_folder.join("act.json")).unwrap();
    follows("transfer-act/2/transfer-act.schema.json", &serde_json::from_slice(&bytes).unwrap(), &["transfer"]);
    let reply = fs::read(act_folder.join("reply.json")).unwrap();
    follows(
        "transfer-reply/1/transfer-reply.schema.json",
        &serde_json::from_slice(&reply).unwrap(),
        &["transfer", "reference"],
    );
    std::thread::sleep(Duration::from_millis(1100));
    let signature = act_folder.join("act.p7s");
    let office = &sender.due.bench.office;
    fs::write(&signature, office.approvers[0].sign_detached(&bytes, at(SystemClock.now()))).unwrap();
    let sign = ["transfer", "sign", &id, "--signature", text(&signature), "-o", text(&act_folder)];
    assert_eq!(run(&sign, Exit::Ok, &["transfer-answer"])[0]["status"], "agreed");
    let early = ["transfer", "release", &id, "-o", text(&act_folder)];
    assert_eq!(run(&early, Exit::Conflict, &["error"])[0]["error"]["code"], "TRF-014");
    let own = out.join("own.toml");
    let own = ["--id", "x", "--agency", "A", "--kind", "sender", "--basis", "Үлгі", "-o", text(&own)];
    let refused = run(&[&["party", "own"], &own[..]].concat(), Exit::Refused, &["error"]).swap_remove(0);
    assert_eq!(refused["error"]["code"], "TRF-001", "it has no BIN");
}

fn checked_folder(parent: &Path, name: &str) -> PathBuf {
    let folder = parent.join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Another archive is adopted, and files are selected, listed, approved and cancelled for it; no clock is moved for the
/// program.
fn files_are_handed_over(checked: &mut Checked<'_>) {
    let now = SystemClock.now();
    let due = Due::closed(super::signed::Bench::bare_at(now - 1100 * DAY_MS), &["3", "3"]);
    due.go_to(&civil_date(now - 9 * DAY_MS).to_string());
    let archive = due.bench.open();
    let year = u16::try_from(civil_date(now).year() - 1).unwrap();
    super::transfer::listed(
        &archive,
        InventoryKind::Permanent,
        &[due.files[0].0, due.files[1].0],
        year,
        &due.today().to_string(),
    );
    let file = super::transfer::party_file(&archive, &due.today().to_string(), "state_archive");
    archive.close().unwrap();
    let (bench, office) = (checked.bench, &due.bench.office);
    let root = due.bench.root();
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let sign =
        |name: &str, who: &Signer, bytes: &[u8]| bench.file(name, who.sign_detached(bytes, at(SystemClock.now())));
    run(&["party", "list"], Exit::Ok, &[]);
    let party = bench.file("party.toml", &file);
    let broken = bench.file("broken.toml", file.replace("bin", "bim"));
    assert_eq!(codes(&run(&["party", "adopt", &broken], Exit::Refused, &["party-answer"])[0]), ["TRF-001"; 2]);
    assert_eq!(codes(&run(&["party", "adopt", &party], Exit::Refused, &["party-answer"])[0])[0], "TRF-002");
    let two = [&office.approvers[0], &office.commission[0]].map(|who| (who, file.as_bytes()));
    let two = [sign("a.p7s", two[0].0, two[0].1), sign("b.p7s", two[1].0, two[1].1)];
    let adopt = ["party", "adopt", &party, "--signature", &two[0], "--signature", &two[1]];
    assert_eq!(run(&adopt, Exit::Ok, &["party-answer"])[0]["status"], "adopted");
    assert_eq!(run(&adopt, Exit::Ok, &["party-answer"])[0]["status"], "held");
    assert_eq!(run(&["party", "list"], Exit::Ok, &["party-row"])[0]["party"], "state-1");

    run(&["transfer", "status"], Exit::Ok, &[]);
    let ids = [0, 1].map(|n| due.files[n].0.to_string());
    let to = ["--to", "state-1", "--basis", "Үлгі бұйрық № 7", "--reason"];
    let select = |reason: &'static str| [&["transfer", "select", &ids[0], &ids[1]], &to[..], &[reason]].concat();
    assert_eq!(run(&select("term"), Exit::Refused, &["error"])[0]["error"]["code"], "TRF-005");
    let selected = run(&select("early"), Exit::Ok, &["transfer-answer"]).swap_remove(0);
    assert_eq!(run(&select("early"), Exit::Conflict, &["error"])[0]["error"]["code"], "TRF-006");
    let id = selected["transfer_id"].as_str().unwrap().to_owned();
    let folder = bench.path("transfer-list");
    let draw_up = ["transfer", "draw-up", &id, "-o", text(&folder)];
    let listed = run(&draw_up, Exit::Ok, &["transfer-answer"]).swap_remove(0);
    let bytes = fs::read(folder.join("transfer-list.json")).unwrap();
    let list: Value = serde_json::from_slice(&bytes).unwrap();
    follows("transfer-list/1/transfer-list.schema.json", &list, &["title", "oldest", "newest"]);
    assert_eq!(listed["list_sha256"], json!(muragat::model::digest::sha256(&bytes).to_string()));
    assert!(fs::read_to_string(folder.join("transfer-list.kk.txt")).unwrap().contains("ТАПСЫРУ ТІЗІМДЕМЕСІ"));
    // A signature says whole seconds, and must be later than what it is about.
    std::thread::sleep(Duration::from_millis(1100));
    let [wrong, right] = [sign("w.p7s", &office.clerk, &bytes), sign("r.p7s", &office.commission[0], &bytes)];
    let approve = |signature: &str| ["transfer", "approve", &id, "--signature", signature].map(str::to_owned);
    fn words(arguments: &[String]) -> Vec<&str> {
        arguments.iter().map(String::as_str).collect()
    }
    let refused = run(&words(&approve(&wrong)), Exit::Refused, &["transfer-answer"]).swap_remove(0);
    assert_eq!(codes(&refused)[0], "TRF-008");
    assert_eq!(run(&words(&approve(&right)), Exit::Ok, &["transfer-answer"])[0]["status"], "approved");
    let row = run(&["transfer", "status", &id], Exit::Ok, &["transfer-row"]).swap_remove(0);
    assert_eq!((&row["stage"], &row["records"]), (&json!("approved"), &json!(2)));
    assert_eq!(row["number"], list["number"]);
    run(&["transfer", "cancel", &id, "--reason", "Үлгі"], Exit::Ok, &["transfer-answer"]);
    assert_eq!(
        run(&["transfer", "cancel", &id, "--reason", "Үлгі"], Exit::Conflict, &["error"])[0]["error"]["code"],
        "TRF-007"
    );
    let nobody = "0".repeat(32);
    assert_eq!(run(&["transfer", "status", &nobody], Exit::NotFound, &["error"])[0]["error"]["code"], "TRF-004");
    assert_eq!(run(&["transfer", "status"], Exit::Ok, &["transfer-row"])[0]["cancelled"], "Үлгі");
    assert!(run(&["audit", "--full"], Exit::Ok, &["audit"])[0]["findings"].as_array().unwrap().is_empty());
}

/// A package of another archive is received, answered and agreed on; one that is not whole is not.
fn records_are_taken_in(checked: &mut Checked<'_>) {
    let world = super::accession::World::at(SystemClock.now() - 3_600_000, true);
    let (bench, office) = (checked.bench, &world.receiver.office);
    fs::create_dir_all(bench.path("packages")).unwrap();
    let (package, _) = world.write(&bench.path("packages"), 1, &muragat::transfer::pack::format::PlainBag);
    let file = world.party_file(world.sending.id(), &world.sending.config().vkey.to_string());
    let (key, sender, own) = (world.sending.answer_key().unwrap(), world.sending.id(), world.archive.id());
    world.archive.close().unwrap();
    let root = world.receiver.root();
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let sign =
        |name: &str, who: &Signer, bytes: &[u8]| bench.file(name, who.sign_detached(bytes, at(SystemClock.now())));
    let party = bench.file("sender.toml", &file);
    let two = [&office.approvers[0], &office.commission[0]].map(|who| (who, file.as_bytes()));
    let two = [sign("a.p7s", two[0].0, two[0].1), sign("b.p7s", two[1].0, two[1].1)];
    run(&["party", "adopt", &party, "--signature", &two[0], "--signature", &two[1]], Exit::Ok, &["party-answer"]);
    run(&["accession", "list"], Exit::Ok, &[]);
    let out = bench.path("accession");
    let receive = ["accession", "receive", text(&package), "--from", "sender-1", "-o", text(&out)];
    let info = fs::read(package.join("bag-info.txt")).unwrap();
    fs::write(package.join("bag-info.txt"), [&info[..], b"More: 1\n"].concat()).unwrap();
    let refused = run(&receive, Exit::Integrity, &["accession-answer"]).swap_remove(0);
    assert_eq!((&refused["status"], &refused["code"]), (&json!("not_whole"), &json!("TRF-031")));
    assert!(!out.exists(), "nothing is answered");
    fs::write(package.join("bag-info.txt"), info).unwrap();
    let other = ["accession", "receive", text(&package), "--from", "sender-2", "-o", text(&out)];
    assert_eq!(run(&other, Exit::NotFound, &["error"])[0]["error"]["code"], "TRF-003");
    let received = run(&receive, Exit::Ok, &["accession-answer"]).swap_remove(0);
    assert_eq!((&received["status"], received["files"].as_array().unwrap().len()), (&json!("checked"), 9));
    assert_eq!(run(&receive, Exit::Ok, &["accession-answer"])[0], received, "once more the same");
    let id = received["accession_id"].as_str().unwrap().to_owned();
    let row = run(&["accession", "list"], Exit::Ok, &["accession-row"]).swap_remove(0);
    assert_eq!((&row["stage"], &row["accepted"], &row["records"]), (&json!("checked"), &json!(3), &Value::Null));
    let row = run(&["accession", "show", &id], Exit::Ok, &["accession-row"]).swap_remove(0);
    let reference = row["records"][0]["reference"].as_str().unwrap().to_owned();
    let shown = run(&["show", &reference], Exit::Ok, &["show"]).swap_remove(0);
    assert_eq!(shown["transferred"]["accession"], json!(id));
    assert_eq!(shown["holds"].as_array().unwrap().len(), 1);
    // A signature says whole seconds, and must be later than what it is about.
    std::thread::sleep(Duration::from_millis(1100));
    let [reply, act] = ["reply.json", "act.json"].map(|name| fs::read(out.join(name)).unwrap());
    let with = |who: &Signer, name: &str| {
        [sign(&format!("{name}-r.p7s"), who, &reply), sign(&format!("{name}-a.p7s"), who, &act)]
    };
    let (wrong, right) = (with(&office.clerk, "wrong"), with(&office.stranger, "right"));
    let answer = |of: &[String; 2]| {
        let words =
            ["accession", "reply", &id, "--reply-signature", &of[0], "--act-signature", &of[1], "-o", text(&out)];
        words.map(str::to_owned)
    };
    fn words(arguments: &[String]) -> Vec<&str> {
        arguments.iter().map(String::as_str).collect()
    }
    let refused = run(&words(&answer(&wrong)), Exit::Refused, &["accession-answer"]).swap_remove(0);
    assert_eq!(codes(&refused)[0], "TRF-036");
    assert_eq!(run(&words(&answer(&right)), Exit::Ok, &["accession-answer"])[0]["status"], "replied");
    assert_eq!(run(&words(&answer(&right)), Exit::Ok, &["accession-answer"])[0]["status"], "held");
    let given = fs::read(out.join("reply-answer.json")).unwrap();
    let replied = muragat::transfer::answer::Answer::claimed(&given).unwrap();
    let agreed = muragat::transfer::answer::Answer {
        kind: muragat::transfer::answer::AnswerKind::Act,
        by: sender,
        to: own,
        files: vec![
            ("act-sender-1.p7s".to_owned(), office.official.sign_detached(&act, at(SystemClock.now()))),
            ("act.json".to_owned(), act.clone()),
        ],
        ..replied
    };
    let agreed = bench.file("agreed.json", agreed.sign(&key));
    let replayed = bench.file("replayed.json", &given);
    let agree = |answer: &str| ["accession", "agree", &id, answer].map(str::to_owned);
    assert_eq!(run(&words(&agree(&replayed)), Exit::Refused, &["error"])[0]["error"]["code"], "TRF-037");
    assert_eq!(run(&words(&agree(&agreed)), Exit::Ok, &["accession-answer"])[0]["status"], "agreed");
    assert_eq!(run(&words(&agree(&agreed)), Exit::Ok, &["accession-answer"])[0]["status"], "held");
    let nobody = "0".repeat(32);
    assert_eq!(run(&["accession", "show", &nobody], Exit::NotFound, &["error"])[0]["error"]["code"], "TRF-034");
    run(&["accession", "list"], Exit::Ok, &["accession-row"]);
    assert!(run(&["audit", "--full"], Exit::Ok, &["audit"])[0]["findings"].as_array().unwrap().is_empty());
}

/// Plans are drawn up, signed, cancelled, executed and certified, and what is gone is shown as gone. The archive is one
/// whose files have been due for long, and whose plans were approved some days ago: no clock is moved for the program.
fn files_are_destroyed(checked: &mut Checked<'_>) {
    let now = SystemClock.now();
    let due = Due::closed(super::signed::Bench::bare_at(now - 1100 * DAY_MS), &["1", "1", "1", "1"]);
    due.go_to(&civil_date(now - 9 * DAY_MS).to_string());
    let archive = due.bench.open();
    let [gone, longer, held, last] = [0, 1, 2, 3].map(|n| due.files[n].0);
    let hold =
        |file: RecordId| holds::place(&archive, &placing(), &[HoldTarget::File(file.0)], SYSTEM_ACTOR).unwrap().0;
    let hold_id = hold(held).to_string();
    let nothing = draft(&archive, &Asked { files: vec![last], ..due.asked() }, SYSTEM_ACTOR).unwrap();
    let plan = due.plan(&archive);
    for (plan, verdicts) in [(&nothing, &[][..]), (&plan, &[(2, Verdict::Extend("2999-01-01".parse().unwrap()))])] {
        due.propose(&archive, plan);
        due.review(&archive, plan, verdicts);
        due.approve(&archive, plan);
    }
    hold(last);
    archive.close().unwrap();

    let (bench, office) = (checked.bench, &due.bench.office);
    let root = due.bench.root();
    let mut run = |arguments: &[&str], exit, names: &[&str]| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, names)
    };
    let plans = run(&["disposal", "list"], Exit::Ok, &["disposal-plan"; 2]);
    assert_eq!(plans.iter().map(|plan| plan["stage"].as_str().unwrap()).collect::<Vec<_>>(), ["approved"; 2]);
    let of_nothing = nothing.id.to_string();
    let id = plan.id.to_string();
    let shown = run(&["disposal", "show", &id], Exit::Ok, &["disposal-plan"]).swap_remove(0);
    assert_eq!((&shown["files"][1]["keeps"], &shown["held"][0]["hold_id"]), (&json!("extend"), &json!(hold_id)));
    run(&["disposal", "certificate", &id], Exit::Conflict, &["error"]);

    // Two persons may approve, and the third is an administrator too.
    let config = root.join("muragat.toml");
    let of_two = fs::read_to_string(&config).unwrap();
    fs::write(&config, of_two.replace("approvals = 2", "approvals = 3")).unwrap();
    assert!(run(&["doctor"], Exit::Ok, &["doctor"])[0].to_string().contains("no-quorum"));
    fs::write(&config, of_two).unwrap();
    assert!(!run(&["doctor"], Exit::Ok, &["doctor"])[0].to_string().contains("no-quorum"));

    // A register that nobody signed judges submissions only; two approvers confirm it.
    let next = register_with_disposal(&due.bench.office.trust(due.bench.now()).authority);
    let next = next.replacen("version = \"2\"", "version = \"3\"", 1);
    let register = bench.file("next.toml", &next);
    std::thread::sleep(Duration::from_millis(1100));
    let signatures: Vec<String> = due
        .bench
        .office
        .approvers
        .iter()
        .enumerate()
        .map(|(n, who)| bench.file(&format!("{n}.p7s"), who.sign_detached(next.as_bytes(), at(SystemClock.now()))))
        .collect();
    let adopt = ["policy", "adopt", &register, "--signature", &signatures[0]];
    assert_eq!(codes(&run(&adopt, Exit::Refused, &["policy-answer"])[0]), ["POL-003"]);
    assert_eq!(run(&adopt[..3], Exit::Ok, &["policy-answer"])[0]["confirmed"], false);
    assert!(run(&["doctor"], Exit::Ok, &["doctor"])[0].to_string().contains("unconfirmed-policy"));
    let rows = run(&["policy", "list"], Exit::Ok, &["policy-row"; 4]);
    let marks = |row: &Value| ["in_force", "confirmed", "decides"].map(|key| row[key].as_bool().unwrap());
    assert_eq!((marks(&rows[2]), marks(&rows[3])), ([false, true, true], [true, false, false]));
    let adopt = [&adopt[..], &["--signature", &signatures[1]]].concat();
    assert_eq!(run(&adopt, Exit::Ok, &["policy-answer"])[0]["confirmed"], true);
    assert!(!run(&["doctor"], Exit::Ok, &["doctor"])[0].to_string().contains("unconfirmed-policy"));
    assert_eq!(run(&["policy", "show"], Exit::Ok, &["policy-check"])[0]["confirmed"], true);

    // The day is confirmed by two officers, and by no less.
    let signed = |plan: &str, act: &str, more: &[&str], signers: &[&Signer]| -> Vec<String> {
        // A signature has whole seconds, and is not from before the step before.
        std::thread::sleep(Duration::from_millis(1100));
        let file = bench.path("statement.toml");
        let _ = fs::remove_file(&file);
        let write = ["--archive", text(&root), "disposal", "statement", plan, "--act", act, "-o", text(&file)];
        bench.run(&[&write, more].concat()).exits(Exit::Ok);
        let (statement, now) = (fs::read(&file).unwrap(), SystemClock.now());
        let mut arguments = vec!["--statement".to_owned(), text(&file).to_owned()];
        for (n, signer) in signers.iter().enumerate() {
            let signature = bench.file(&format!("{n}.p7s"), signer.sign_detached(&statement, at(now)));
            arguments.extend(["--signature".to_owned(), signature]);
        }
        arguments
    };
    let with = |command: &[&str], more: &[String]| -> Vec<String> {
        command.iter().map(|word| (*word).to_owned()).chain(more.iter().cloned()).collect()
    };
    fn words(arguments: &[String]) -> Vec<&str> {
        arguments.iter().map(String::as_str).collect()
    }
    let two = [&office.official, &office.approvers[0]];
    let execute = with(&["disposal", "execute", &of_nothing], &signed(&of_nothing, "confirm_date", &[], &two));
    let done = run(&words(&execute), Exit::Conflict, &["disposal-execute"]).swap_remove(0);
    assert_eq!((&done["status"], &done["kept"][0]["why"]), (&json!("nothing"), &json!("held")));
    let execute = with(&["disposal", "execute", &id], &signed(&id, "confirm_date", &[], &two));
    let refused = run(&words(&execute)[..execute.len() - 2], Exit::Refused, &["disposal-answer"]);
    assert_eq!(codes(&refused[0]), ["DSP-008"]);
    let done = run(&words(&execute), Exit::Ok, &["disposal-execute"]).swap_remove(0);
    assert_eq!((&done["destroyed"], &done["kept"][0]["why"]), (&json!([gone.to_string()]), &json!("verdict")));
    run(&words(&execute), Exit::Conflict, &["error"]);

    // What is gone is said to be gone, wherever it is looked for.
    let record = due.files[0].1.to_string();
    let files = json!([gone.to_string(), gone.to_string()]);
    for command in ["show", "why"] {
        let rows = [&record, &gone.to_string()].map(|id| run(&[command, id], Exit::Ok, &["destroyed"]).swap_remove(0));
        assert_eq!(json!([rows[0]["file_id"], rows[1]["file_id"]]), files);
        assert_eq!((&rows[0]["plan_id"], &rows[0]["stage"]), (&json!(id), &json!("executed")));
    }
    let rows = ["file-row", "file-row", "file-row", "destroyed-row"];
    let listed = run(&["file", "list", "--title", "алмасу"], Exit::Ok, &rows);
    assert_eq!((&listed[3]["file_id"], &listed[3]["act"]), (&json!(gone.to_string()), &json!(plan.number)));
    run(&["search", "алмасу"], Exit::Ok, &["destroyed-row"]);
    run(&["get", &record, "-o", text(&bench.path("gone"))], Exit::NotFound, &["error"]);

    // An answer names its certificate, and can be given out again into the same folder when the journal has gone on.
    let open = ["inquiry", "open", "--authority", "Үлгі соты", "--case", "1", "--basis", "АПК"];
    let open = [&open[..], &["--requester", "Судья", "--due", "2090-01-01"]].concat();
    let inquiry = run(&open, Exit::Ok, &["inquiry-answer"])[0]["inquiry_id"].as_str().unwrap().to_owned();
    run(&["inquiry", "search", &inquiry, &format!("id:{record}")], Exit::Ok, &["inquiry-search"]);
    let answered = bench.path("destroyed-answer");
    for _ in 0..2 {
        let give = ["inquiry", "answer", &inquiry, "-o", text(&answered)];
        let given = run(&give, Exit::Ok, &["inquiry-given"]).swap_remove(0);
        assert_eq!((&given["answer"]["outcome"], given["files"].as_array().unwrap().len()), (&json!("destroyed"), 5));
        let other = run(&open, Exit::Ok, &["inquiry-answer"])[0]["inquiry_id"].as_str().unwrap().to_owned();
        let end = ["inquiry", "close", &other, "--outcome", "-", "--without-answer", "-"];
        run(&end, Exit::Ok, &["inquiry-answer"]);
    }

    let certificate = |stage: &str| {
        let answer = bench.run(&["--archive", text(&root), "disposal", "certificate", &id, "--json"]).exits(Exit::Ok);
        let value = answer.json().swap_remove(0);
        follows("certificate/1/certificate.schema.json", &value, &[]);
        assert_eq!(value["said"]["status"], stage);
        let plan: Value = serde_json::from_str(value["plan"].as_str().unwrap()).unwrap();
        follows("plan/1/plan.schema.json", &plan, &["minutes"]);
        (value, bench.file(&format!("{stage}.json"), answer.stdout.trim_end()))
    };
    let (value, executed) = certificate("executed");
    assert_eq!(value["said"]["remaining"], json!(["ciphertext"]));
    let completed = run(&["disposal", "complete", &id], Exit::Ok, &["disposal-answer"]).swap_remove(0);
    assert_eq!(completed["status"], "completed");
    let (value, complete) = certificate("completed");
    assert_eq!((&value["said"]["remaining"], &value["said"]["files"]), (&json!([]), &json!(1)));
    the_reader_of_the_format_accepts(&root);

    // A stranger checks it with the key of the journal, and with no other.
    let vkey = run(&["log", "checkpoint", "--vkey"], Exit::Ok, &["log-vkey"])[0]["vkey"].as_str().unwrap().to_owned();
    let key_file = bench.file("vkey", format!("{vkey}\n"));
    for (file, key) in [(&executed, &vkey), (&complete, &key_file)] {
        let row = run(&["verify", file, "--vkey", key], Exit::Ok, &["verify-row"]).swap_remove(0);
        assert_eq!(
            (&row["kind"], &row["status"], &row["key"]),
            (&json!("certificate"), &json!("verified"), &json!("given"))
        );
    }
    let row = run(&["verify", &complete], Exit::Incomplete, &["verify-row"]).swap_remove(0);
    let origin = vkey.split('+').next().unwrap();
    assert!(row["detail"].as_str().unwrap().contains(origin), "{row}");
    run(&["verify", &complete, "--vkey", "muragat-0"], Exit::Usage, &["error"]);
    let other = bench.run(&["log", "checkpoint", "--vkey"]).exits(Exit::Ok).stdout;
    run(&["verify", &complete, "--vkey", other.trim()], Exit::Integrity, &["verify-row"]);
    let whole = fs::read_to_string(&complete).unwrap();
    for (from, to) in
        [("\"files\":1", "\"files\":2"), ("\"status\":\"completed\"", "\"status\":\"executed\""), ("}", "} ")]
    {
        let changed = bench.file("changed.json", whole.replacen(from, to, 1));
        let row = run(&["verify", &changed, "--vkey", &vkey], Exit::Integrity, &["verify-row"]).swap_remove(0);
        assert_eq!((&row["kind"], &row["status"]), (&json!("certificate"), &json!("failed")), "{from}");
    }
    let said = bench.run(&["verify", &complete, "--vkey", &vkey]).exits(Exit::Ok).stdout;
    assert!(said.contains("расталды: ") && said.contains("жою аяқталды") && said.contains(&plan.number), "{said}");

    // Another plan, step by step; it is cancelled in the end.
    run(&["hold", "lift", &hold_id, "--reason", "Аяқталды"], Exit::Ok, &["hold-answer"]);
    let minutes = bench.file("minutes.txt", "Хаттама");
    let today = civil_date(now).to_string();
    let out = bench.path("plan.json");
    let propose = ["disposal", "propose", "--agency", AGENCY];
    run(&propose, Exit::Refused, &["error"]);
    let propose = [&propose[..], &["--minutes", &minutes, "--minutes-number", "8", "--minutes-date", &today]].concat();
    let drawn = run(&[&propose[..], &["-o", text(&out)]].concat(), Exit::Ok, &["disposal-plan"]).swap_remove(0);
    let (id, bytes) = (drawn["plan_id"].as_str().unwrap(), fs::read(&out).unwrap());
    assert_eq!(Plan::decode(&bytes).unwrap().items[0].file, held);
    follows("plan/1/plan.schema.json", &serde_json::from_slice(&bytes).unwrap(), &["minutes"]);
    let statement = signed(id, "propose", &["--person", "000000000002"], &[&office.official]);
    let refused = run(&words(&with(&["disposal", "propose"], &statement)), Exit::Refused, &["disposal-answer"]);
    assert_eq!(codes(&refused[0]), ["DSP-008"]);
    let by_member = ["--person", "000000000011", "--rest"];
    for (act, more, signer) in [
        ("propose", &["--person", "000000000002"][..], &office.clerk),
        ("review", &by_member, &office.commission[0]),
        ("approve", &["--person", "000000000013"], &office.approvers[0]),
    ] {
        let statement = signed(id, act, more, &[signer]);
        let taken = run(&words(&with(&["disposal", act], &statement)), Exit::Ok, &["disposal-answer"]).swap_remove(0);
        assert_eq!((&taken["status"], &taken["act"]), (&json!("taken"), &json!(act)));
    }
    let shown = run(&["disposal", "show", id], Exit::Ok, &["disposal-plan"]).swap_remove(0);
    assert_eq!((&shown["stage"], &shown["executable_from"]), (&json!("reviewed"), &Value::Null), "one of two approved");
    run(&["disposal", "cancel", id, "--reason", "Қате"], Exit::Ok, &["disposal-answer"]);
    run(&["disposal", "cancel", id, "--reason", "Қате"], Exit::Conflict, &["error"]);
    assert!(longer != held && run(&["audit"], Exit::Ok, &["audit"])[0]["clean"] == json!(true));
    let head = run(&["log", "checkpoint"], Exit::Ok, &["log-checkpoint"]).swap_remove(0);
    let entries = usize::try_from(head["size"].as_u64().unwrap()).unwrap();
    run(&["log", "entries"], Exit::Ok, &vec!["log-entry"; entries]);
    the_reader_of_the_format_accepts(&root);
}

/// An archive of which nothing stands any more is ended by what two persons sign.
fn an_archive_ends(checked: &mut Checked<'_>) {
    let now = SystemClock.now();
    let due = Due::closed(super::signed::Bench::bare_at(now - 1100 * DAY_MS), &["1"]);
    due.go_to(&civil_date(now - 9 * DAY_MS).to_string());
    let (bench, root) = (checked.bench, due.bench.root());
    let mut run = |arguments: &[&str], exit, name: &str| {
        checked.run(&[&["--archive", text(&root)], arguments].concat(), exit, &[name]).swap_remove(0)
    };
    let status = ["decommission", "status"];
    let before = run(&status, Exit::Ok, "decommission-status");
    assert_eq!((&before["status"], &before["standing"][0]["what"]), (&json!("in_use"), &json!("record")));
    let statement = ["--archive", text(&root), "decommission", "statement", "--agency", AGENCY, "--reason", "Үлгі"];
    bench.run(&statement).exits(Exit::Conflict);
    complete(&due, &destroy_all(&due));
    the_log_goes_on(&due, bench, &mut run);
    let now = next_second();

    let written = bench.run(&statement).exits(Exit::Ok).stdout;
    let decision = bench.file("decision.toml", &written);
    let [first, second] =
        due.bench.office.approvers.each_ref().map(|who| who.sign_detached(written.as_bytes(), at(now)));
    let (first, second) = (bench.file("first.p7s", first), bench.file("second.p7s", second));
    let approve = ["decommission", "approve", "--statement", &decision, "--signature", &first];
    assert_eq!(codes(&run(&approve, Exit::Refused, "decommission-answer")), ["DCM-003"]);
    let ready = run(&status, Exit::Ok, "decommission-status");
    assert_eq!((&ready["status"], &ready["agencies"][0]["decided"]), (&json!("ready"), &Value::Null));
    let id = ready["archive_id"].as_str().unwrap();
    let execute = ["decommission", "execute", "--confirm", id];
    assert_eq!(run(&execute, Exit::Conflict, "error")["error"]["code"], "DCM-004");
    let taken = run(&[&approve[..], &["--signature", &second]].concat(), Exit::Ok, "decommission-answer");
    assert_eq!((&taken["status"], &taken["agency"]), (&json!("taken"), &json!(AGENCY)));
    run(&["decommission", "execute"], Exit::Usage, "error");
    let complete = run(&execute, Exit::Ok, "decommission-answer");
    let after = run(&status, Exit::Ok, "decommission-status");
    assert_eq!((&after["status"], &after["ended"]), (&json!("complete"), &complete["entry"]));
    assert_eq!(after["agencies"][0]["decided"], taken["entry"]);
    assert_eq!(run(&execute, Exit::Ok, "decommission-answer"), complete, "repeated");
    assert_eq!(run(&["means", "deposit"], Exit::Conflict, "error")["error"]["code"], "ARC-007");
    run(&["show", &due.files[0].1.to_string()], Exit::Ok, "destroyed");
    the_reader_of_the_format_accepts(&root);
    for lang in ["kk", "ru", "en"] {
        let said = bench.run(&["--archive", text(&root), "--lang", lang, "decommission", "status"]).exits(Exit::Ok);
        assert!(said.stdout.starts_with(id), "{}", said.stdout);
    }
}

/// A time whose whole second is behind all that was: signatures name whole seconds.
fn next_second() -> u64 {
    std::thread::sleep(std::time::Duration::from_millis(1100));
    SystemClock.now()
}

/// The archive is put back from an older copy and goes on under a new name and key.
fn the_log_goes_on(due: &Due, bench: &Bench, run: &mut impl FnMut(&[&str], Exit, &str) -> Value) {
    let (root, copy) = (due.bench.root(), due.bench.folder.path().join("copy"));
    super::disposal::copy_tree(&root, &copy);
    due.bench.open().actor("lost").unwrap();
    let newer = run(&["log", "checkpoint"], Exit::Ok, "log-checkpoint");
    let note = bench.file("newer.checkpoint", newer["checkpoint"].as_str().unwrap());
    fs::remove_dir_all(&root).unwrap();
    super::disposal::copy_tree(&copy, &root);
    let was = run(&["log", "vkeys"], Exit::Ok, "log-vkeys-row");
    assert_eq!((&was["from"], &was["to"]), (&json!(0), &Value::Null));
    let id =
        run(&["decommission", "status"], Exit::Ok, "decommission-status")["archive_id"].as_str().unwrap().to_owned();
    let succeed = ["log", "succeed", "--reason", "Үлгі", "--last", &note, "--confirm"];
    assert_eq!(run(&[&succeed[..], &["x"]].concat(), Exit::Usage, "error")["error"]["code"], "CLI-002");
    let known = ["log", "succeed", "--reason", "Үлгі", "--last", "known", "--confirm", &id];
    assert_eq!(run(&known, Exit::Conflict, "error")["error"]["code"], "LOG-007");
    let done = run(&[&succeed[..], &[&id]].concat(), Exit::Ok, "log-succeed");
    assert_eq!((&done["was"], &done["last_size"], &done["missing"]), (&was["vkey"], &newer["size"], &json!(1)));
    assert_eq!(run(&["log", "checkpoint", "--vkey"], Exit::Ok, "log-vkey")["vkey"], done["vkey"]);
    let rows = bench.run(&["--archive", text(&root), "--json", "log", "vkeys"]).exits(Exit::Ok).json();
    rows.iter().for_each(|row| check("log-vkeys-row", row));
    let keys: Vec<_> = rows.iter().map(|row| (&row["vkey"], &row["to"])).collect();
    assert_eq!(keys, [(&done["was"], &done["entry"]), (&done["vkey"], &Value::Null)]);
    run(&["audit"], Exit::Ok, "audit");
    let advised = |run: &mut dyn FnMut(&[&str], Exit, &str) -> Value| {
        let said = run(&["doctor"], Exit::Ok, "doctor");
        said["advice"].as_array().unwrap().iter().any(|advice| advice["code"] == "holds-unconfirmed")
    };
    assert!(advised(run));
    let statement = ["--archive", text(&root), "hold", "statement", "--agency", AGENCY, "--none"];
    let written = bench.run(&statement).exits(Exit::Ok).stdout;
    let office = &due.bench.office;
    let now = next_second();
    let [first, second] = [&office.clerk, &office.official].map(|who| who.sign_detached(written.as_bytes(), at(now)));
    let (statement, first) = (bench.file("lost-holds.toml", &written), bench.file("clerk.p7s", first));
    let second = bench.file("official.p7s", second);
    let confirm = ["hold", "confirm", "--statement", &statement, "--signature", &first];
    assert_eq!(codes(&run(&confirm, Exit::Refused, "hold-answer")), ["HLD-008"]);
    let taken = run(&[&confirm[..], &["--signature", &second]].concat(), Exit::Ok, "hold-answer");
    assert_eq!((&taken["status"], &taken["agency"]), (&json!("confirmed"), &json!(AGENCY)));
    assert!(!advised(run));
}

/// The reader that was written from docs/format.md alone finds the archive whole; it needs Python with two packages.
fn the_reader_of_the_format_accepts(root: &Path) {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"))).unwrap_or_default();
    // Where tools/reader/run makes it.
    let own = cache.join("muragat-check/reader/bin/python");
    let pythons = [own.as_path(), Path::new("python3")];
    let usable = |python: &&Path| {
        let asked = Command::new(python).args(["-c", "import cryptography, zstandard, tomllib"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    let Some(python) = pythons.into_iter().find(usable) else {
        eprintln!("skipped: no Python with cryptography and zstandard for tools/reader");
        return;
    };
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/reader/muragat_reader.py");
    let output = Command::new(python).arg(reader).arg(root).arg("verify").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("all is well"), "{said}");
}

/// What waited is answered in a folder beside the archive, when it is decided and not before.
fn what_is_decided_is_answered(signed: &super::signed::Bench, id: &str) {
    // The clock of the program is not that of the bench: its CRL is too old or too new, and the submission still waits.
    let bench = Bench::empty();
    let root = signed.root();
    let retry = ["--archive", text(&root), "waiting", "retry"];
    let said = bench.run(&retry).exits(Exit::Incomplete);
    let folder = signed.folder.path().join("archive.answers").join(id);
    assert!(!folder.exists(), "{}", said.stderr);
    let refuse = ["--archive", text(&root), "waiting", "refuse", id, "--reason", "мерзімі өтті"];
    let said = bench.run(&refuse).exits(Exit::Ok);
    assert!(said.stderr.contains("archive.answers"), "{}", said.stderr);
    assert!(folder.join("1.answer").join("notice.json").is_file());
}

/// Lists of retention periods need no archive: a fault has its line, and a shorter term is named.
fn lists_are_compared(checked: &mut Checked<'_>) {
    let bench = checked.bench;
    let list = std::str::from_utf8(SAMPLE_LIST).unwrap();
    let old = bench.file("old.toml", list);
    let broken = bench.file("broken.toml", list.replacen("years = 75", "yers = 75", 1));
    let answers = checked.run(&["rules", "check", &old, &broken], Exit::Refused, &["rules-check"; 2]);
    let names: Vec<&Value> = answers[0]["warnings"].as_array().unwrap().iter().map(|w| &w["name"]).collect();
    assert_eq!(names, ["sample", "not-official"]);
    let line = list.lines().position(|line| line == "years = 75").unwrap() + 1;
    let subject = answers[1]["reasons"][1]["subject"].as_str().unwrap();
    assert!(subject.ends_with(&format!("/yers (line {line})")), "{subject}");
    assert_eq!(codes(&answers[1]), ["RET-001", "RET-001"]);

    // Unclaimed work books: a floor of 50 years becomes one of 40.
    let new = bench.file("new.toml", list.replacen("at_least = 50", "at_least = 40", 1));
    let same = checked.run(&["rules", "diff", &old, &old], Exit::Ok, &["rules-diff"]).swap_remove(0);
    assert_eq!((&same["changes"], &same["may_shorten"]), (&json!([]), &json!([])));
    let shorter = checked.run(&["rules", "diff", &old, &new], Exit::Ok, &["rules-diff"]).swap_remove(0);
    let fields = json!([{"field": "term", "old": "until_needed, at_least 50", "new": "until_needed, at_least 40"}]);
    let item = &shorter["changes"][0]["item"];
    assert_eq!(shorter["changes"], json!([{"item": item, "change": "changed", "shorter": "yes", "fields": fields}]));
    assert_eq!(shorter["may_shorten"], json!([item]));
    checked.run(&["rules", "diff", &broken, &new], Exit::Refused, &["rules-diff"]);
    let said = bench.run(&["rules", "diff", &old, &new]).exits(Exit::Ok).stdout;
    assert!(said.contains("МЕРЗІМ ҚЫСҚАРАДЫ"), "{said}");
    let said = bench.run(&["rules", "check", &old, "--lang", "ru"]).exits(Exit::Ok).stdout;
    assert!(said.contains("исправен") && said.contains("не закон"), "{said}");
}

/// A holding is tried, imported and found; by then the archive has a policy.
fn holdings_are_imported(checked: &mut Checked<'_>) {
    let bench = checked.bench;
    let now = SystemClock.now();
    let office = Office::new(now);
    let day = |ms: u64| at(ms).format("%Y-%m-%d").to_string();
    // The day of the program is that of Almaty, which begins before that of UTC.
    let (first, last) = (day(now - DAY_MS), day(now + 30 * DAY_MS));
    let example = include_str!("../../schema/import/1/examples/valid-least.toml");
    let profile = example
        .replacen("2026-03-01", &first, 1)
        .replacen("2026-05-31", &last, 1)
        .replacen("\"DEMO\"", "\"TEST-01\"", 1)
        .replacen("from = \"2015", "from = \"2014", 1);
    let file = bench.file("profile.toml", &profile);
    checked.run(&["import", "check", &file], Exit::Ok, &["import-check"]);
    let broken = bench.file("broken.toml", profile.replacen("agency", "agensy", 1));
    let refused = checked.run(&["import", "check", &broken], Exit::Refused, &["import-answer"]);
    assert_eq!(codes(&refused[0]), ["IMP-001", "IMP-001"]);

    let head = "Тіркеу нөмірі;Құжат күні;Түскен күні;Түскен нөмірі;Тақырыбы;Файл";
    let rows = "71-қ;05.03.2019;06.03.2019;К-71;Хат;71.docx\n72-қ;05.03.1999;;;Хат;72.docx";
    let table = bench.file("table.csv", format!("{head}\n{rows}\n"));
    fs::create_dir(bench.path("holding")).unwrap();
    for name in ["71.docx", "72.docx", "73.docx"] {
        fs::write(bench.path("holding").join(name), docx(name)).unwrap();
    }
    let answers = ["import-row", "import-row", "import-summary"];
    let run = ["import", &table, "--files", "holding", "--profile"];
    let with = |more: &[&'static str]| -> Vec<String> {
        run.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
    };
    let mut import = |more: &[&'static str], exit, names: &[&str]| {
        let arguments = with(more);
        checked.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), exit, names)
    };
    let tried = import(&["profile.toml", "--dry-run", "--report", "trial.csv"], Exit::Refused, &answers);
    assert_eq!((&tried[0]["status"], &tried[1]["status"]), (&json!("accepted"), &json!("refused")));
    assert_eq!(tried[2]["summary"]["unnamed"], json!(["73.docx"]));
    assert_eq!(import(&["old-system"], Exit::NotFound, &["error"])[0]["error"]["code"], "IMP-004");
    // That the report cannot be written is said before the first row, and what is there stays.
    for place in ["nowhere/trial.csv", "trial.csv"] {
        let refused = import(&["profile.toml", "--dry-run", "--report", place], Exit::Conflict, &["error"]);
        assert_eq!(refused[0]["error"]["code"], "ARC-004", "{place}");
    }
    let report = fs::read_to_string(bench.path("trial.csv")).unwrap();
    assert_eq!((report.lines().count(), report.contains("IMP-008")), (3, true), "{report}");

    let sign = |name: &str, by: &muragat::cli::samples::signer::Signer| {
        bench.file(name, by.sign_detached(profile.as_bytes(), at(now)))
    };
    let (a, b) = (sign("a.p7s", &office.official), sign("b.p7s", &office.clerk));
    let week = Validity { from: at(now), until: at(now + 7 * DAY_MS) };
    let foreign = bench.file("other.crl", office.other_root.crl(1, week, &[]));
    let mut adopt = |signatures: &[&str], exit| {
        let given = signatures.iter().flat_map(|signature| ["--signature", signature]);
        let more = ["import", "adopt", &file, "--material", &foreign];
        let arguments: Vec<&str> = more.into_iter().chain(given).collect();
        checked.run(&arguments, exit, &["import-answer"]).swap_remove(0)
    };
    assert_eq!(codes(&adopt(&[&a, &a], Exit::Refused)), ["IMP-003"]);
    let done = adopt(&[&a, &b], Exit::Ok);
    assert_eq!((&done["status"], &done["left"][0]["reason"]), (&json!("adopted"), &json!("no_issuer")));
    assert_eq!(adopt(&[&a, &b], Exit::Ok)["status"], "held");

    let mut import = |exit, names: &[&str]| {
        let arguments = with(&["old-system"]);
        checked.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), exit, names)
    };
    let taken = import(Exit::Refused, &answers);
    assert_eq!(taken[0]["signatures"], "not_verifiable");
    assert_eq!(import(Exit::Refused, &answers)[0]["status"], "held");
    fs::write(&table, "a;b\n").unwrap();
    assert_eq!(codes(&import(Exit::Refused, &["import-answer"])[0])[0], "IMP-006");
    checked.run(&["import", "list"], Exit::Ok, &["import-profile", "import-run", "import-run"]);
    checked.run(&["import", "show", "old-system"], Exit::Ok, &["import-show"]);
    let record = id(&taken[0]);
    let shown = checked.run(&["show", &record], Exit::Ok, &["show"]);
    assert_eq!(shown[0]["signature_status"], "not_verifiable");
    assert_eq!(shown[0]["imported"]["receipt_number"], "К-71");
    let rows = checked.run(&["search", "receipt:К-71"], Exit::Ok, &["search-row"]);
    assert_eq!((&rows[0]["signatures"], id(&rows[0])), (&json!("not_verifiable"), record.clone()));
    // In three languages, and nowhere as valid.
    for (lang, words) in [("kk", "расталмаған"), ("ru", "не подтверждены"), ("en", "not confirmed")]
    {
        for command in [["show", &record], ["search", "receipt:К-71"]] {
            let answer = bench.run(&[command.as_slice(), &["--lang", lang]].concat()).exits(Exit::Ok);
            assert!(answer.stdout.contains(words), "{}", answer.stdout);
        }
        let shown = bench.run(&["show", &record, "--lang", lang]).exits(Exit::Ok);
        assert!(shown.stdout.contains("К-71") && shown.stdout.contains("05.03.2019"), "{}", shown.stdout);
    }
}

/// The notices of what was refused are listed, given out, signed and verified.
fn answers_are_issued(checked: &mut Checked<'_>) {
    let bench = checked.bench;
    let now = SystemClock.now();
    let office = Office::new(now);
    let trust = office.trust(now);
    let policy = bench.file("trust.toml", &trust.policy);
    let crl = bench.file("root.crl", &trust.crl);
    bench.run(&["policy", "adopt", &policy]).exits(Exit::Ok);
    bench.run(&["policy", "adopt", &bench.file("register.toml", &trust.authority)]).exits(Exit::Ok);
    bench.run(&["material", "add", &crl]).exits(Exit::Ok);
    // What was refused twice with a card that nobody could read has two notices; another submission has its own.
    let refused = Sample::new("8-қ").without("title").write(&bench.path("more"), "8");
    bench.run(&["ingest", text(&refused)]).exits(Exit::Refused);
    let rows = checked.run(&["receipt", "list", "--unsigned"], Exit::Ok, &["receipt-row"; 3]);
    assert_eq!((&rows[0]["kind"], &rows[0]["overdue"]), (&json!("notice"), &json!(false)));
    assert_eq!(rows[0]["calendar"], "sample", "no calendar was adopted");
    let entry = rows[0]["entry"].to_string();
    let show = ["receipt", "show", &entry, "-o", "notice"];
    let shown = checked.run(&show, Exit::Ok, &["receipt-show"]).swap_remove(0);
    assert_eq!(shown["files"], json!(["notice/notice.json", "notice/notice.txt"]));
    let notice = fs::read(bench.path("notice/notice.json")).unwrap();
    let wrong = bench.file("wrong.p7s", office.official.sign_detached(&notice, at(now)));
    let right = bench.file("right.p7s", office.clerk.sign_detached(&notice, at(now)));
    let mut sign = |signature: &str, exit| {
        let sign = ["receipt", "sign", &entry, "--signature", signature];
        checked.run(&sign, exit, &[if exit == Exit::Conflict { "error" } else { "receipt-answer" }]).swap_remove(0)
    };
    assert_eq!(codes(&sign(&wrong, Exit::Refused)), ["SIG-014"]);
    assert_eq!(sign(&right, Exit::Ok)["status"], "issued");
    assert_eq!(sign(&right, Exit::Conflict)["error"]["code"], "SIG-015");
    let rows = checked.run(&["receipt", "list", "--all"], Exit::Ok, &["receipt-row"; 3]);
    assert_eq!((&rows[0]["issued"], &rows[1]["issued"]), (&json!(true), &json!(false)));
    let shown = checked.run(&show, Exit::Ok, &["receipt-show"]).swap_remove(0);
    assert_eq!(shown["files"].as_array().unwrap().len(), 3);
    assert_eq!(shown["officers"].as_array().unwrap().len(), 1);
    assert!(shown["officers"][0]["post"].is_string() && shown["officers"][0]["signed"].is_string());
    let left = checked.run(&["receipt", "list"], Exit::Ok, &["receipt-row"; 2]);
    assert_eq!((&left[0]["entry"], &left[0]["source"]), (&rows[1]["entry"], &rows[1]["source"]));
    checked.run(&["receipt", "show", "0"], Exit::NotFound, &["error"]);

    let verify = ["verify", "notice/notice.json", "--policy", &policy, "--material", &crl];
    let row = checked.run(&verify, Exit::Ok, &["verify-row"]).swap_remove(0);
    assert_eq!(row["signers"].as_array().unwrap().len(), 1);
    let pdf = bench.file("letter.pdf", b"%PDF-1.7");
    for file in [&pdf, &policy, &crl] {
        let error = checked.run(&["validate", file], Exit::Refused, &["error"]).swap_remove(0);
        assert_eq!(error["error"]["code"], "SIG-026");
    }
    let lines = checked.run(&["validate", &pdf, "nosuch", &pdf], Exit::NotFound, &["error"; 3]);
    let codes: Vec<_> = lines.iter().map(|line| line["error"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["SIG-026", "ING-030", "SIG-026"], "one file that is missing does not stop the others");
    assert_eq!((&row["kind"], &row["status"], &row["key"]), (&json!("notice"), &json!("verified"), &Value::Null));
    fs::write(bench.path("notice/notice.json.p7s"), fs::read(&wrong).unwrap().split_last().unwrap().1).unwrap();
    checked.run(&verify, Exit::Integrity, &["verify-row"]);
    let answer = "in/1-accepted.answer/confirmation.json";
    let row = checked.run(&["verify", answer], Exit::Ok, &["verify-row"]).swap_remove(0);
    assert_eq!((&row["kind"], &row["key"]), (&json!("confirmation"), &json!("beside")));
    checked.run(&["verify", answer, "--key", &"00".repeat(32)], Exit::Integrity, &["verify-row"]);
    let error = checked.run(&["verify", answer, "--key", &policy], Exit::Usage, &["error"]).swap_remove(0);
    assert_eq!(error["error"]["code"], "CLI-003", "a file that is no key is not an unreadable submission");
    checked.run(&["verify", &policy], Exit::Refused, &["verify-row"]);
    let says = |arguments: &[&str], exit, what: &[&str]| {
        let said = bench.run(&[arguments, &["--lang", "kk"]].concat()).exits(exit).stdout;
        assert!(what.iter().all(|what| said.contains(what)), "{said}");
    };
    says(&["verify", answer], Exit::Ok, &["расталды: ", ": қабылданды\n"]);
    says(
        &["verify", answer, "--key", &"00".repeat(32)],
        Exit::Integrity,
        &["РАСТАЛМАДЫ: ", "Растау басқа кілтпен берілген"],
    );
    let changed = fs::read_to_string(bench.path(answer)).unwrap().replacen("accepted", "refused", 1);
    says(&["verify", &bench.file("changed.json", changed)], Exit::Integrity, &["өзгертілген немесе бүлінген"]);
    fs::write(bench.path("notice/notice.json.p7s"), fs::read(&wrong).unwrap()).unwrap();
    // Signed by one who is no officer of the records office: the signature is valid, and no more is said.
    says(&verify, Exit::Ok, &["қолтаңбасы расталды: ", "Тексерілген жоқ: қол қоюшы архивтің"]);
    checked.run(&["verify", "in/3-refused.answer/notice.json"], Exit::Incomplete, &["verify-row"]);
}

#[test]
fn schemas_know_every_act_and_field() {
    // A pointer to the list in a schema, and the words of the program.
    fn same<T: Copy>(name: &str, pointer: &str, all: &[T], word: fn(T) -> &'static str) {
        let list = schema(name).pointer(pointer).cloned().unwrap_or_else(|| panic!("{name}{pointer}"));
        assert_eq!(list, json!(all.iter().map(|one| word(*one)).collect::<Vec<_>>()), "{name}{pointer}");
    }
    same("log-entry", "/properties/entry/properties/act/enum", ActKind::ALL, ActKind::as_str);
    same("show", "/$defs/history/properties/act/enum", ActKind::ALL, ActKind::as_str);
    same("show", "/$defs/card/propertyNames/enum", CardField::ALL, CardField::as_str);
    same("show", "/$defs/component/properties/role/enum", Role::ALL, Role::as_str);
    same("show", "/$defs/format/properties/family/enum", Family::ALL, Family::as_str);
    same("show", "/$defs/format/properties/basis/enum", Basis::ALL, Basis::as_str);
    same("show", "/$defs/amendment/properties/kind/enum", AmendmentKind::ALL, AmendmentKind::as_str);
    same("show", "/properties/kind/enum", Kind::ALL, Kind::as_str);
    same("show", "/properties/profile/enum", Profile::ALL, Profile::as_str);
    same("show", "/properties/direction/enum", Direction::ALL, Direction::as_str);
    same("show", "/properties/access_category/enum", AccessCategory::ALL, AccessCategory::as_str);
    same("search-row", "/properties/access_category/enum", AccessCategory::ALL, AccessCategory::as_str);
    same("search-row", "/properties/kind/enum", Kind::ALL, Kind::as_str);
    let role = "/properties/certified_by/oneOf/1/properties/role/enum";
    same("show", role, CertifierRole::ALL, CertifierRole::as_str);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "takes the key folder away, as a medium that is not mounted")]
fn exit_codes_are_those_of_the_page() {
    let bench = Bench::new();
    let record = bench.record(&Sample::new("1-қ"), "1");
    let refused = Sample::new("2-қ").without("title").write(&bench.path("in"), "2");
    let other = Sample::new("1-қ").main(docx("Басқа мәтін.")).write(&bench.path("in"), "3");
    fs::create_dir(bench.path("plain")).unwrap();
    let (receipt, malformed) = (bench.file("receipt.txt", "Түбіртек"), bench.file("malformed.json", "{}"));

    let cases: [(&[&str], Exit); 31] = [
        (&["audit"], Exit::Ok),
        (&["search", "nothing-of-this-kind"], Exit::Ok),
        (&["ingest", text(&refused)], Exit::Refused),
        (&["ingest", text(&other)], Exit::Refused),
        (&[], Exit::Usage),
        (&["burn"], Exit::Usage),
        (&["show"], Exit::Usage),
        (&["audit", "--fast", "--full"], Exit::Usage),
        (&["search", "colour:red"], Exit::Usage),
        (&["get", &record, "--component", MAIN, "--range", "0-99999"], Exit::Usage),
        (&["show", "00000000000000000000000000000000"], Exit::NotFound),
        (&["get", &record, "--component", "absent"], Exit::NotFound),
        (&["log", "proof", "--inclusion", "999"], Exit::NotFound),
        (&["ingest", "absent"], Exit::NotFound),
        (&["init"], Exit::Conflict),
        (&["get", &record, "-o", "out"], Exit::Ok),
        (&["get", &record, "-o", "out"], Exit::Conflict),
        (&["doctor", "--archive", "plain"], Exit::Configuration),
        (&["reindex", "--archive", "absent"], Exit::Configuration),
        (&["audit", "--archive", "plain"], Exit::Configuration),
        (&["record", "add", &record, &receipt, "--role", "receipt"], Exit::Ok),
        (&["record", "add", &record, &receipt, "--role", "signature"], Exit::Conflict),
        (&["record", "add", &record, &receipt, "--role", "main", "--as", "2.txt"], Exit::Refused),
        (&["record", "add", &record, &receipt, "--role", "reason"], Exit::Usage),
        (&["record", "add", &record, "absent", "--role", "receipt", "--as", "2.txt"], Exit::NotFound),
        (&["card", "correct", &record, &malformed], Exit::Usage),
        (&["card", "correct", &record, &malformed, "--reason", "Сынақ"], Exit::Refused),
        (&["classifier", "adopt", &malformed], Exit::Refused),
        (&["classifier", "adopt", "absent"], Exit::NotFound),
        (&["record", "identify", "00000000000000000000000000000000"], Exit::NotFound),
        (&["record", "spill", &record], Exit::Usage),
    ];
    for (arguments, wanted) in cases {
        let answer = bench.run(arguments);
        assert_eq!(answer.exit, wanted as i32, "{arguments:?}: {}{}", answer.stdout, answer.stderr);
    }

    fs::rename(bench.path("archive.keys"), bench.path("away")).unwrap();
    bench.run(&["show", &record]).exits(Exit::Configuration);
    bench.run(&["audit"]).exits(Exit::Ok);
    fs::rename(bench.path("away"), bench.path("archive.keys")).unwrap();
    bench.run(&["show", &record]).exits(Exit::Ok);
}

#[test]
fn a_flipped_byte_ends_with_the_integrity_code() {
    let bench = Bench::new();
    bench.record(&Sample::new("1-қ"), "1");
    // The first record of an agency is followed by the act that added the agency; nothing follows the second.
    let record = bench.record(&Sample::new("2-қ"), "2");
    let segment = bench.archive().join("store/00000001.seg");
    let sound = fs::read(&segment).unwrap();
    // From the end: the manifest is last, the document before it.
    for back in [1, sound.len() / 4, sound.len() / 2] {
        let mut damaged = sound.clone();
        let at = damaged.len() - back;
        damaged[at] ^= 1;
        fs::write(&segment, damaged).unwrap();
        let answer = bench.run(&["audit", "--json"]).exits(Exit::Integrity);
        let report = &answer.json()[0];
        check("audit", report);
        assert_eq!(report["clean"], json!(false));
        let named = |finding: &Value| finding["file"].as_str().unwrap().contains("store/00000001.seg");
        assert!(report["findings"].as_array().unwrap().iter().any(named), "{report}");
    }
    // Before the chunk table (4 bytes) and the digest (32) of the last frame lies the sealed manifest, without which no
    // record is shown (docs/format.md §2.2).
    let mut damaged = sound.clone();
    let at = damaged.len() - 37;
    damaged[at] ^= 1;
    fs::write(&segment, damaged).unwrap();
    let answer = bench.run(&["show", &record, "--json"]).exits(Exit::Integrity);
    check("error", &answer.json()[0]);
    fs::write(&segment, sound).unwrap();
    bench.run(&["show", &record]).exits(Exit::Ok);
    bench.run(&["audit"]).exits(Exit::Ok);
}

#[test]
fn advice_comes_in_three_languages() {
    let bench = Bench::new();
    let advice = |arguments: &[&str]| bench.run(&[&["show", "0123"], arguments].concat()).exits(Exit::NotFound).stderr;
    for (arguments, wanted) in [
        (&[] as &[&str], "қате: ARC-002 0123: Мұндай жазба жоқ."),
        (&["--lang", "kk"], "қате: ARC-002 0123: Мұндай жазба жоқ."),
        (&["--lang", "ru"], "ошибка: ARC-002 0123: Такой записи нет."),
        (&["--lang", "en"], "error: ARC-002 0123: There is no such record."),
        (&["--lang", "en", "--json"], "error: ARC-002 0123: There is no such record."),
    ] {
        let stderr = advice(arguments);
        // What it means stands first, in the language; the technical English comes after it and is marked as such.
        assert!(stderr.contains(wanted), "{arguments:?}: {stderr}");
    }
    bench.run(&["show", "0123", "--lang", "de"]).exits(Exit::Usage);

    let refused = Sample::new("1-қ").without("title").write(&bench.path("in"), "1");
    for (lang, wanted) in
        [("kk", "Міндетті деректеме жоқ."), ("ru", "Нет обязательного реквизита."), ("en", "A required")]
    {
        let said = bench.run(&["ingest", text(&refused), "--lang", lang]).exits(Exit::Refused).stdout;
        assert!(said.contains("ING-003 card.json#/title") && said.contains(wanted), "{lang}: {said}");
    }
}

#[test]
fn without_json_no_line_is_json() {
    let bench = Bench::new();
    let record = bench.record(&Sample::new("1-қ"), "1");
    let refused = Sample::new("2-қ").without("title").write(&bench.path("in"), "2");
    let (receipt, edition) = (bench.file("receipt.txt", "Түбіртек"), bench.file("1.json", classifier("1", "02")));
    let corrected = Sample::new("1-қ").card_with("title", json!("Түзетілген хат")).card;
    let corrected = bench.file("corrected.json", corrected.to_string());
    let list = bench.file("list.toml", SAMPLE_LIST);
    bench.record(&Sample::new("1-қ").card_with("registration_number", json!("3-қ")), "3");
    let cases: [&[&str]; 25] = [
        &["ingest", text(&refused)],
        &["record", "add", &record, &receipt, "--role", "receipt"],
        &["record", "add", &record, &receipt, "--role", "receipt"],
        &["record", "add", &record, &receipt, "--role", "main"],
        &["record", "identify", &record],
        &["card", "correct", &record, &corrected, "--reason", "Сынақ"],
        &["classifier", "adopt", &edition],
        &["classifier", "adopt", &edition],
        &["classifier", "list"],
        &["duplicates"],
        &["show", &record],
        &["show", "0123"],
        &["search", "Сынақ"],
        &["get", &record, "-o", "out"],
        &["audit"],
        &["reindex"],
        &["doctor"],
        &["log", "checkpoint"],
        &["log", "checkpoint", "--vkey"],
        &["log", "entries"],
        &["log", "proof", "--inclusion", "1"],
        &["log", "proof", "--consistency", "1"],
        &["rules", "check", &list],
        &["rules", "diff", &list, &list],
        &["record", "spill", &record, "--confirm", &record, "--act", "absent.toml", "--signature", "absent.p7s"],
    ];
    for arguments in cases {
        let stdout = bench.run(arguments).stdout;
        let is_json = |line: &&str| serde_json::from_str::<Value>(line).is_ok_and(|v| v.is_object() || v.is_array());
        assert_eq!(stdout.lines().find(is_json), None, "{arguments:?}");
    }
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

#[test]
fn a_receipt_that_comes_thirty_days_later_joins_the_record() {
    let bench = Bench::empty();
    let accepted = SystemClock.now() - 30 * DAY_MS - 1000;
    let archive = Archive::create(&bench.archive(), &unsigned(), Arc::new(FixedClock(AtomicU64::new(accepted))));
    let archive = archive.unwrap();
    let actor = archive.actor("test").unwrap();
    let folder = Sample::new("1-қ").write(&bench.path("in"), "1");
    let Status::Accepted { record, .. } = Intake::new(&archive, actor).take(&folder).status else { panic!() };
    archive.close().unwrap();
    let record = record.to_string();

    let before = bench.show(&record);
    assert_eq!((&before["delivery"], &before["amendments"]), (&json!("not delivered"), &json!([])));
    let said = bench.run(&["show", &record]).exits(Exit::Ok).stdout;
    assert!(said.contains("жеткізілмеген"), "N 430 cl. 18: {said}");

    let receipt = bench.file("түбіртек.txt", "Құжат алынды.");
    let add = ["record", "add", &record, &receipt, "--role", "receipt", "--reason", "Алушы бір айдан кейін жіберді"];
    let added = bench.line(&add, Exit::Ok, "record-answer");
    assert_eq!((&added["status"], &added["paths"]), (&json!("amended"), &json!(["түбіртек.txt"])));

    let after = bench.show(&record);
    assert_eq!(after["delivery"], "delivered");
    let amendment = &after["amendments"][0];
    assert_eq!((&amendment["part"], &amendment["kind"]), (&json!(1), &json!("component_added")));
    assert_eq!(amendment["reason"], "Алушы бір айдан кейін жіберді");
    let day = |time: &Value| time.as_str().unwrap()[..10].parse::<chrono::NaiveDate>().unwrap();
    assert_eq!((day(&amendment["time"]) - day(&after["accepted"])).num_days(), 30);
    let components = after["components"].as_array().unwrap();
    assert_eq!(components.iter().map(|c| &c["part"]).collect::<Vec<_>>(), [&json!(0), &json!(0), &json!(0), &json!(1)]);
    // What was accepted is as it was, with its commitment; the addition has one of its own.
    assert_eq!(components[..3], before["components"].as_array().unwrap()[..]);
    assert_eq!((&after["g256"], &after["card"]), (&before["g256"], &before["card"]));
    assert_ne!(amendment["g256"], after["g256"]);
    assert_eq!(after["custody"][1]["act"], "record.amended");
    let said = bench.run(&["show", &record]).exits(Exit::Ok).stdout;
    assert!(said.contains("жеткізілген") && !said.contains("жеткізілмеген"), "{said}");

    bench.run(&["get", &record, "-o", "out"]).exits(Exit::Ok);
    assert_eq!(fs::read(bench.path("out/түбіртек.txt")).unwrap(), "Құжат алынды.".as_bytes());
    assert_eq!(bench.line(&["audit"], Exit::Ok, "audit")["clean"], json!(true));
    bench.run(&["reindex"]).exits(Exit::Ok);
    assert_eq!(bench.show(&record)["amendments"], after["amendments"], "the index is built from the truths");

    // The same again is held, another file under the name is not taken, and originals are not added.
    assert_eq!(bench.line(&add, Exit::Ok, "record-answer")["status"], "held");
    let other = bench.file("other.txt", "Басқа түбіртек.");
    let named = ["record", "add", &record, &other, "--role", "receipt", "--as", "түбіртек.txt"];
    assert_eq!(codes(&bench.line(&named, Exit::Conflict, "record-answer")), ["REC-002"]);
    let main = ["record", "add", &record, &other, "--role", "attachment"];
    assert_eq!(codes(&bench.line(&main, Exit::Refused, "record-answer")), ["REC-001"]);
    assert_eq!(bench.show(&record)["amendments"], after["amendments"]);
}

#[test]
fn a_corrected_card_is_a_new_version_beside_the_first() {
    let bench = Bench::new();
    let record = bench.record(&Sample::new("1-қ"), "1");
    let correct = |card: &Value, exit| {
        let file = bench.file("card.json", card.to_string());
        let arguments = ["card", "correct", &record, &file, "--reason", "Тақырыптағы қате"];
        bench.line(&arguments, exit, "record-answer")
    };
    let corrected = Sample::new("1-қ").card_with("title", json!("Жаңартылған тақырып")).card;
    let corrected = Sample { card: corrected, ..Sample::new("1-қ") }.card_with("registration_number", json!("1/1-қ"));

    let answer = correct(&corrected.card, Exit::Ok);
    assert_eq!(answer["paths"], json!(["card.2.json"]));
    let shown = bench.show(&record);
    assert_eq!(shown["card"]["title"], "Жаңартылған тақырып");
    assert_eq!(shown["first_card"]["title"], "Сынақ хаты 1-қ");
    assert_eq!(shown["amendments"][0]["card"], shown["card"]);
    for query in ["title:жаңартылған", "title:хаты", "reg:1-қ", "reg:1/1-қ"] {
        assert_eq!(bench.found(query), [record.as_str()], "newest and old values are found: {query}");
    }
    let said = bench.run(&["show", &record, "--lang", "en"]).exits(Exit::Ok).stdout;
    assert!(said.contains("Title: Сынақ хаты 1-қ → Жаңартылған тақырып"), "{said}");
    bench.run(&["get", &record, "-o", "out"]).exits(Exit::Ok);
    assert_eq!(fs::read(bench.path("out/card.json")).unwrap(), Sample::new("1-қ").card.to_string().as_bytes());
    assert_eq!(fs::read(bench.path("out/card.2.json")).unwrap(), corrected.card.to_string().as_bytes());

    assert_eq!(codes(&correct(&corrected.card, Exit::Conflict)), ["REC-003"]);
    let refiled = corrected.card_with("nomenclature_index", json!("01-06")).card;
    assert_eq!(codes(&correct(&refiled, Exit::Refused)), ["REC-004"]);
    let signed = Sample::new("1-қ").card_with("signatures", json!(["a.p7s"])).card;
    assert_eq!(codes(&correct(&signed, Exit::Refused)), ["REC-004"]);
    assert_eq!(codes(&correct(&Sample::new("1-қ").without("title").card, Exit::Refused)), ["ING-003"]);
    let marked = Sample::new("1-қ").card_with("title", json!("Өте құпия")).card;
    assert_eq!(codes(&correct(&marked, Exit::Refused)), ["ING-033"]);

    // The submission it came from is held already; the number it had by mistake is free, the one it has is not.
    assert_eq!(bench.ingest(&Sample::new("1-қ"), "1", Exit::Ok)["status"], "held");
    let other = |number| Sample::new(number).main(docx("Басқа құжат."));
    assert_eq!(codes(&bench.ingest(&other("1/1-қ"), "2", Exit::Refused)), ["ING-032"]);
    assert_eq!(bench.ingest(&other("1-қ"), "3", Exit::Ok)["status"], "accepted");
    bench.run(&["audit"]).exits(Exit::Ok);
}

#[test]
fn a_spilled_record_is_gone_and_the_fact_stays() {
    let bench = Bench::new();
    let kept = bench.record(&Sample::new("1-қ"), "1");
    let record = bench.record(&Sample::new("2-қ"), "2");
    let receipt = bench.file("receipt.txt", "Құжат алынды.");
    bench.run(&["record", "add", &record, &receipt, "--role", "receipt"]).exits(Exit::Ok);

    bench.run(&["record", "spill", &record]).exits(Exit::Usage);
    bench.trusts(&Office::new(SystemClock.now()));
    let spill = spilling(&bench, &record);
    let spill: Vec<&str> = spill.iter().map(String::as_str).collect();
    let mut unconfirmed = spill.clone();
    unconfirmed[4] = &kept;
    let error = bench.line(&unconfirmed, Exit::Usage, "error");
    assert_eq!(error["error"]["code"], "CLI-002");
    assert_eq!(bench.show(&record)["record_id"], json!(record), "nothing was done");

    let spilled = bench.line(&spill, Exit::Ok, "record-spill");
    let error = |arguments: &[&str]| {
        bench.line(arguments, Exit::NotFound, "error")["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(error(&["show", &record]), "VLT-003");
    assert_eq!(error(&["get", &record, "-o", "out"]), "VLT-003");
    assert_eq!(error(&["record", "add", &record, &receipt, "--role", "receipt"]), "VLT-003");
    assert_eq!(error(&["record", "identify", &record]), "VLT-003");
    assert_eq!(error(&spill), "VLT-003");
    assert!(!bench.path("out").exists());
    let content = bench.file(MAIN, Sample::new("2-қ").main);
    let by_content = bench.run(&["search", "--content", &content, "--json"]).exits(Exit::Ok).stdout;
    assert_eq!(by_content, "");
    for query in ["2-қ", "reg:2-қ", "title:2-қ", &format!("id:{record}")] {
        assert_eq!(bench.found(query), [] as [&str; 0], "{query}");
    }

    let log = bench.run(&["log", "entries", "--record", &record, "--json"]).exits(Exit::Ok).json();
    let acts: Vec<&Value> = log.iter().map(|line| &line["entry"]["act"]).collect();
    assert_eq!(acts, ["record.accepted", "record.amended", "record.spilled"]);
    assert_eq!(log[2]["index"], spilled["entry"]);
    assert_eq!(log[2]["entry"].get("doc"), None, "only the fact");
    assert_eq!(bench.show(&kept)["card"]["registration_number"], "1-қ");
    assert_eq!(bench.line(&["audit"], Exit::Ok, "audit")["clean"], json!(true));
    bench.run(&["reindex"]).exits(Exit::Ok);
    assert_eq!(error(&["show", &record]), "VLT-003");
    assert_eq!(bench.found("reg:1-қ"), [kept]);
}

#[test]
fn the_same_file_in_two_records_is_reported_and_not_merged() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["duplicates", "--json"]).exits(Exit::Ok).stdout, "");
    let first = bench.record(&Sample::new("1-қ"), "1");
    let twin = Sample::new("1-қ").card_with("registration_number", json!("2-қ"));
    let answer = bench.ingest(&twin, "2", Exit::Ok);
    assert_eq!((&answer["status"], &answer["same_content"]), (&json!("accepted"), &json!([first])));
    let second = id(&answer);
    assert_eq!(bench.show(&first)["same_content"], json!([second]), "the relation is shown on both");
    assert_eq!(bench.show(&second)["same_content"], json!([first]));
    // The file of another agency is its own matter, and so is another file.
    let elsewhere = Sample::new("1-қ").with("agency", json!("TEST-02"));
    assert_eq!(bench.ingest(&elsewhere, "3", Exit::Ok)["same_content"], json!([]));
    bench.record(&Sample::new("3-қ"), "4");

    let row = bench.line(&["duplicates"], Exit::Ok, "duplicates-row");
    assert_eq!(row["agency"], "TEST-01");
    assert_eq!(row["size"], json!(Sample::new("1-қ").main.len()));
    let records = json!([
        {"record_id": first, "registration_number": "1-қ"},
        {"record_id": second, "registration_number": "2-қ"},
    ]);
    assert_eq!(row["records"], records);
    assert_eq!(bench.line(&["duplicates", "--agency", "TEST-01"], Exit::Ok, "duplicates-row"), row);
    assert_eq!(bench.run(&["duplicates", "--agency", "TEST-02", "--json"]).exits(Exit::Ok).stdout, "");
    bench.trusts(&Office::new(SystemClock.now()));
    let spill = spilling(&bench, &second);
    bench.run(&spill.iter().map(String::as_str).collect::<Vec<_>>()).exits(Exit::Ok);
    assert_eq!(bench.run(&["duplicates", "--json"]).exits(Exit::Ok).stdout, "");
}

#[test]
fn codes_are_those_of_the_edition_in_force() {
    let bench = Bench::new();
    let coded = |number, code: &str| Sample::new(number).with("codes", json!({"document_type": code}));
    let answer = bench.ingest(&coded("1-қ", "02"), "1", Exit::Refused);
    assert_eq!(codes(&answer), ["ING-035"], "no classifier yet");

    let edition = bench.file("1.json", classifier("2026-1", "02"));
    let adopted = bench.line(&["classifier", "adopt", &edition], Exit::Ok, "classifier-answer");
    assert_eq!((&adopted["edition"], &adopted["codes"]), (&json!("2026-1"), &json!(1)));
    let old = bench.record(&coded("1-қ", "02"), "1");
    let answer = bench.ingest(&coded("2-қ", "99"), "2", Exit::Refused);
    assert_eq!(codes(&answer), ["ING-035"]);
    assert_eq!(answer["reasons"][0]["subject"], "submission.json#/codes/document_type");

    let other = bench.file("other.json", classifier("2026-1", "03"));
    let refused = bench.line(&["classifier", "adopt", &other], Exit::Conflict, "classifier-answer");
    assert_eq!(codes(&refused), ["CLS-002"]);
    let next = bench.file("2.json", classifier("2026-2", "99"));
    bench.line(&["classifier", "adopt", &next], Exit::Ok, "classifier-answer");
    bench.record(&coded("2-қ", "99"), "2");
    assert_eq!(codes(&bench.ingest(&coded("3-қ", "02"), "3", Exit::Refused)), ["ING-035"]);
    // A record keeps the code of its day.
    let used = json!([
        {"field": "document_type", "code": "02", "classifier": "document-types", "edition": "2026-1"},
    ]);
    assert_eq!(bench.show(&old)["codes"], used);
    let rows = bench.run(&["classifier", "list", "--json"]).exits(Exit::Ok).json();
    rows.iter().for_each(|row| check("classifier-row", row));
    assert_eq!(rows.iter().map(|row| &row["edition"]).collect::<Vec<_>>(), ["2026-1", "2026-2"]);
    assert!(rows.iter().all(|row| row["signature_status"] == "unsigned"));
}

#[test]
fn what_intake_refuses_and_flags_follows_the_policy_of_the_archive() {
    let bench = Bench::new();
    let plain = Sample::new("1-қ").main(b"Plain text.".to_vec());
    let marked = |number| Sample::new(number).card_with("nature", json!("Совершенно секретно"));
    let official = |number| Sample::new(number).with("access_category", json!("official_use"));
    assert_eq!(codes(&bench.ingest(&plain, "1", Exit::Refused)), ["FMT-002", "FMT-003"], "every reason at once");
    let refused = bench.ingest(&marked("2-қ"), "2", Exit::Refused);
    assert_eq!(codes(&refused), ["ING-033"]);
    assert_eq!(refused["reasons"][0]["subject"], "card.json#/nature");
    assert_eq!(codes(&bench.ingest(&official("3-қ"), "3", Exit::Refused)), ["ING-016"]);
    assert_eq!(bench.found("direction:outgoing"), [] as [&str; 0]);

    let config = bench.archive().join("muragat.toml");
    let text = fs::read_to_string(&config).unwrap();
    let changed = ["formats", "secrecy_marks", "official_use"].iter().fold(text, |text, key| {
        let (refuse, flag) = (format!("{key} = \"refuse\""), format!("{key} = \"flag\""));
        assert!(text.contains(&refuse), "{text}");
        text.replace(&refuse, &flag)
    });
    fs::write(&config, changed).unwrap();
    assert_eq!(bench.ingest(&plain, "1", Exit::Ok)["flags"], json!(["FMT-002", "FMT-003", "SIG-012"]));
    assert_eq!(bench.ingest(&marked("2-қ"), "2", Exit::Ok)["flags"], json!(["ING-033", "SIG-012"]));
    let record = bench.record(&official("3-қ"), "3");
    let shown = bench.show(&record);
    assert_eq!(shown["access_category"], "official_use");
    assert_eq!(shown["readings"].as_array().unwrap().len(), 1, "restricted: read on the record");
    assert_eq!(bench.found("flag:ING-033").len(), 1);
}

#[test]
fn a_scan_is_never_called_an_original() {
    let bench = Bench::new();
    let scan = |number| {
        let certifier = json!({"role": "records_officer", "post": "Маман", "surname": "Үлгібаев"});
        Sample::new(number).with("kind", json!("scanned_copy")).with("certified_by", certifier)
    };
    let record = bench.record(&scan("1-қ"), "1");
    let shown = bench.show(&record);
    assert_eq!((&shown["kind"], &shown["certified_by"]["surname"]), (&json!("scanned_copy"), &json!("Үлгібаев")));
    for (lang, wanted) in [("kk", "түпнұсқа емес"), ("ru", "не подлинник"), ("en", "not an original")]
    {
        let said = bench.run(&["show", &record, "--lang", lang]).exits(Exit::Ok).stdout;
        assert!(said.contains(wanted), "{lang}: {said}");
    }
    assert_eq!(bench.found("kind:scanned_copy"), [record]);
    assert!(bench.run(&["search", "reg:1-қ"]).exits(Exit::Ok).stdout.contains("түпнұсқа емес"));
    let uncertified = Sample::new("2-қ").with("kind", json!("scanned_copy"));
    assert_eq!(codes(&bench.ingest(&uncertified, "2", Exit::Refused)), ["ING-037"]);
}

/// An attached CMS around `content`, without signers: SignedData of RFC 5652 §5.1, in DER.
fn attached_cms(content: &[u8]) -> Vec<u8> {
    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let inside = parts.concat();
        let len = u16::try_from(inside.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], len.as_slice(), &inside].concat()
    }
    const SIGNED_DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    const DATA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    let inside = der(0x30, &[DATA, &der(0xa0, &[&der(4, &[content])])]);
    let signed = der(0x30, &[&[2, 1, 1], &der(0x31, &[]), &inside, &der(0x31, &[])]);
    der(0x30, &[SIGNED_DATA, &der(0xa0, &[&signed])])
}

#[test]
fn an_attached_cms_is_judged_by_what_it_carries_and_given_out_with_it() {
    let bench = Bench::new();
    let document = Sample::new("1-қ").main;
    let cms = attached_cms(&document);
    let named = |number, name: &str| {
        let components = json!([{"path": "card.json", "role": "card"}, {"path": name, "role": "main"}]);
        Sample::new(number).with("components", components)
    };
    let send = |sample: &Sample, folder: &str, name: &str, bytes: &[u8], exit| {
        let path = sample.write(&bench.path("in"), folder);
        fs::remove_file(path.join(MAIN)).unwrap();
        fs::write(path.join(name), bytes).unwrap();
        bench.run(&["ingest", "--json", text(&path)]).exits(exit).json().swap_remove(0)
    };
    let record = id(&send(&named("1-қ", "хат.docx.p7m"), "1", "хат.docx.p7m", &cms, Exit::Ok));
    let shown = bench.show(&record);
    let main = &shown["components"][1];
    assert_eq!((&main["path"], &main["format"]["family"]), (&json!("хат.docx.p7m"), &json!("cms")));
    assert_eq!((&main["content"]["path"], &main["content"]["format"]["puid"]), (&json!("хат.docx"), &json!("fmt/412")));
    bench.run(&["get", &record, "-o", "out"]).exits(Exit::Ok);
    assert_eq!(fs::read(bench.path("out/хат.docx.p7m")).unwrap(), cms);
    assert_eq!(fs::read(bench.path("out/хат.docx")).unwrap(), document);
    let inside = bench.file(MAIN, &document);
    assert_eq!(bench.run(&["search", "--content", &inside, "--json"]).json().len(), 1, "found by what it carries");

    let text = attached_cms(b"Plain text.");
    let refused = send(&named("2-қ", "хат.docx.p7m"), "2", "хат.docx.p7m", &text, Exit::Refused);
    assert_eq!(codes(&refused), ["FMT-002", "FMT-003"]);
}
