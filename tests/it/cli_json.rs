//! The command line as a program sees it.
//!
//! Goal: `--json` prints what `schema/cli/1` says and nothing else on stdout, exit codes are those of docs/errors.md,
//! and people get advice in their language on stderr. Method: the real binary on archives in a temporary folder. Every
//! line is checked against its schema, and then without each of its keys and with one key more, which must not pass.

use crate::common::{MAIN, Sample};
use jsonschema::Validator;
use muragat::error::Exit;
use muragat::model::record::CardField;
use muragat::tlog::leaf::ActKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What a command answered.
struct Answer {
    exit: i32,
    stdout: String,
    stderr: String,
}

impl Answer {
    /// Its lines, each a JSON document.
    fn json(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    fn exits(self, wanted: Exit) -> Self {
        assert_eq!(self.exit, wanted as i32, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// A folder with an archive.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn new() -> Self {
        let bench = Self::empty();
        bench.run(&["init"]).exits(Exit::Ok);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn archive(&self) -> PathBuf {
        self.path("archive")
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muragat"));
        command.env_remove("MURAGAT_LANG").env("MURAGAT_ARCHIVE", self.archive());
        let output = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        Answer {
            exit: output.status.code().expect("the program ends by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Takes a sample in and gives the id of its record.
    fn record(&self, sample: &Sample, name: &str) -> String {
        let folder = sample.write(&self.path("in"), name);
        let answer = self.run(&["ingest", "--json", text(&folder)]).exits(Exit::Ok);
        answer.json()[0]["record_id"].as_str().unwrap().to_owned()
    }
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
fn check(name: &str, value: &Value) {
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

#[test]
fn every_line_follows_its_schema() {
    let bench = Bench::empty();
    let inbox = bench.path("in");
    let main = Sample::new("1-қ").write(&inbox, "1-accepted").join(MAIN);
    Sample::new("2-қ").confidential().write(&inbox, "2-confidential");
    Sample::new("3-қ").without("registration_number").write(&inbox, "3-refused");
    let mut checked = Checked { bench: &bench, met: BTreeSet::new() };

    checked.run(&["init"], Exit::Ok, &["init"]);
    let answers = ["ingest-answer", "ingest-answer", "ingest-answer", "ingest-summary"];
    let first = checked.run(&["ingest", text(&inbox), "--threads", "1"], Exit::Refused, &answers);
    let again = checked.run(&["ingest", text(&inbox), "--threads", "1"], Exit::Refused, &answers);
    let failed = checked.run(&["ingest", "absent"], Exit::NotFound, &["ingest-answer", "ingest-summary"]);
    let statuses = |lines: &[Value]| -> Vec<String> {
        let mut statuses: Vec<_> = lines.iter().filter_map(|l| Some(l["status"].as_str()?.to_owned())).collect();
        statuses.sort();
        statuses
    };
    assert_eq!(statuses(&first), ["accepted", "accepted", "refused"]);
    assert_eq!(statuses(&again), ["held", "held", "refused"]);
    assert_eq!(statuses(&failed), ["failed"]);
    assert_eq!(first[3]["summary"]["codes"], json!({"ING-003": 1}));
    let of = |name: &str| {
        let line = first.iter().find(|l| l["path"].as_str().is_some_and(|path| path.ends_with(name))).unwrap();
        line["record_id"].as_str().unwrap().to_owned()
    };
    let (public, confidential) = (of("1-accepted"), of("2-confidential"));

    let shown = checked.run(&["show", &public], Exit::Ok, &["show"]);
    assert_eq!(shown[0]["signature_status"], "not validated");
    assert_eq!(shown[0]["readings"], json!([]));
    let shown = checked.run(&["show", &confidential], Exit::Ok, &["show"]);
    assert_eq!(shown[0]["readings"].as_array().unwrap().len(), 1, "a restricted record is read on the record");

    let rows = checked.run(&["search", "Сынақ"], Exit::Ok, &["search-row", "search-row"]);
    for row in rows {
        assert_eq!(row["title"].is_null(), row["record_id"] == json!(confidential), "{row}");
    }
    let rows = checked.run(&["search", "--content", text(&main)], Exit::Ok, &["search-row"]);
    assert_eq!(rows[0]["record_id"], json!(public));
    checked.run(&["search", "жоқсөз"], Exit::Ok, &[]);

    checked.run(&["get", &public, "-o", "out"], Exit::Ok, &["get-row", "get-row"]);
    assert_eq!(fs::read(bench.path("out").join(MAIN)).unwrap(), Sample::new("1-қ").main);

    let full = checked.run(&["audit"], Exit::Ok, &["audit"]);
    assert_eq!((&full[0]["every_byte"], &full[0]["records"]), (&json!(true), &json!(2)));
    let fast = checked.run(&["audit", "--fast"], Exit::Ok, &["audit"]);
    assert_eq!(fast[0]["every_byte"], json!(false));
    let rebuilt = checked.run(&["reindex"], Exit::Ok, &["reindex"]);
    assert_eq!(rebuilt[0]["records"], json!(2));
    checked.run(&["doctor"], Exit::Ok, &["doctor"]);

    let head = checked.run(&["log", "checkpoint"], Exit::Ok, &["log-checkpoint"]);
    let entries = head[0]["size"].as_u64().unwrap();
    let names = vec!["log-entry"; usize::try_from(entries).unwrap()];
    let log = checked.run(&["log", "entries"], Exit::Ok, &names);
    assert!(log.iter().enumerate().all(|(i, line)| line["index"] == json!(i)));
    let about = checked.run(&["log", "entries", "--record", &public], Exit::Ok, &["log-entry"]);
    assert_eq!(about[0]["entry"]["act"], "record.accepted");
    checked.run(&["log", "checkpoint", "--vkey"], Exit::Ok, &["log-vkey"]);
    checked.run(&["log", "proof", "--inclusion", "2"], Exit::Ok, &["log-inclusion"]);
    checked.run(&["log", "proof", "--consistency", "3"], Exit::Ok, &["log-consistency"]);
    fs::write(bench.path("old"), head[0]["checkpoint"].as_str().unwrap()).unwrap();
    let proof = checked.run(&["log", "proof", "--consistency", "old"], Exit::Ok, &["log-consistency"]);
    assert_eq!(proof[0]["old_root"], head[0]["root"]);

    let error = checked.run(&["show", "0123"], Exit::NotFound, &["error"]);
    assert_eq!(error[0]["error"]["code"], "ARC-002");

    let files = fs::read_dir(schemas()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.map(|f| f.trim_end_matches(".schema.json").to_owned()).collect();
    assert_eq!(checked.met, files, "every schema was met");
}

#[test]
fn schemas_know_every_act_and_field() {
    let acts: Vec<&str> = ActKind::ALL.iter().map(|act| act.as_str()).collect();
    assert_eq!(schema("log-entry")["properties"]["entry"]["properties"]["act"]["enum"], json!(acts));
    for chain in ["custody", "readings"] {
        assert_eq!(schema("show")["properties"][chain]["items"]["properties"]["act"]["enum"], json!(acts));
    }
    let fields = schema("show")["properties"]["card"]["propertyNames"]["enum"].clone();
    let fields: Vec<&str> = fields.as_array().unwrap().iter().map(|field| field.as_str().unwrap()).collect();
    assert_eq!(fields, CardField::ALL.iter().map(|field| field.as_str()).collect::<Vec<_>>());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "takes the key folder away, as a medium that is not mounted")]
fn exit_codes_are_those_of_the_page() {
    let bench = Bench::new();
    let record = bench.record(&Sample::new("1-қ"), "1");
    let refused = Sample::new("2-қ").without("title").write(&bench.path("in"), "2");
    let other = Sample { main: b"other".to_vec(), ..Sample::new("1-қ") }.write(&bench.path("in"), "3");
    fs::create_dir(bench.path("plain")).unwrap();

    let cases: [(&[&str], Exit); 20] = [
        (&["audit"], Exit::Ok),
        (&["search", "nothing-of-this-kind"], Exit::Ok),
        (&["ingest", text(&refused)], Exit::Refused),
        (&["ingest", text(&other)], Exit::Refused),
        (&[], Exit::Usage),
        (&["burn"], Exit::Usage),
        (&["show"], Exit::Usage),
        (&["audit", "--fast", "--full"], Exit::Usage),
        (&["search", "colour:red"], Exit::Usage),
        (&["get", &record, "--component", MAIN, "--range", "0-9999"], Exit::Usage),
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
        (&[] as &[&str], "\nкеңес: Мұндай жазба жоқ."),
        (&["--lang", "kk"], "\nкеңес: Мұндай жазба жоқ."),
        (&["--lang", "ru"], "\nсовет: Такой записи нет."),
        (&["--lang", "en"], "\nhint: There is no such record."),
        (&["--lang", "en", "--json"], "\nhint: There is no such record."),
    ] {
        let stderr = advice(arguments);
        assert!(stderr.contains(wanted), "{arguments:?}: {stderr}");
        assert!(stderr.contains("ARC-002"), "{arguments:?}: {stderr}");
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
    let cases: [&[&str]; 13] = [
        &["ingest", text(&refused)],
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
    ];
    for arguments in cases {
        let stdout = bench.run(arguments).stdout;
        let is_json = |line: &&str| serde_json::from_str::<Value>(line).is_ok_and(|v| v.is_object() || v.is_array());
        assert_eq!(stdout.lines().find(is_json), None, "{arguments:?}");
    }
}
