//! The verifier is preserved with what it verified.
//!
//! Goal: the archive has the program that made its reports, whole and once, and a report can be made again, byte for
//! byte, from what the archive holds. Method: the library with a small file in the program's place and a bundle of this
//! very source; reports of every kind of signature, repeated after everything they rest on has been replaced.

use super::bed::{content_of, take_in};
use super::cli_json::Bench as Cli;
use super::common::{Sample, docx};
use super::signed::{Bench, DAY_MS, at, register_with_stranger};
use muragat::access;
use muragat::archive::{Archive, forget_index};
use muragat::audit::{Options as AuditOptions, audit};
use muragat::cli::samples::signer::Revocation;
use muragat::config::{Action, CONFIG_FILE, Config, MeansKept};
use muragat::error::{ErrorCode, Exit};
use muragat::index::query::Query;
use muragat::ingest::means::{Deposited, Given, deposit, is_due};
use muragat::ingest::repeat::repeat;
use muragat::ingest::waiting::retry;
use muragat::ingest::{Answered, Status};
use muragat::model::digest::sha256;
use muragat::model::id::RecordId;
use muragat::model::means::{MissingReason, Program, SOURCE};
use muragat::model::submission::{AccessCategory, Kind};
use muragat::store::local::LocalDisk;
use muragat::tlog::commit::SYSTEM_ACTOR;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

const PROGRAM: &[u8] = b"a small file in the place of the program";

/// The source of this program as `tools/means/pack` packs it.
fn bundle() -> Vec<u8> {
    packed(&bundle_files(), &[])
}

/// The files of a bundle. In the place of each crate is a small file that its list names.
fn bundle_files() -> BTreeMap<String, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths =
        vec!["Cargo.lock".to_owned(), "Cargo.toml".into(), "README.md".into(), "tools/means/build.rs".into()];
    for folder in ["schema", "src"] {
        walk(root, folder, &mut paths);
    }
    let read = |path: String| (path.clone(), std::fs::read(root.join(path)).unwrap());
    let mut files: BTreeMap<String, Vec<u8>> = paths.into_iter().map(read).collect();
    files.insert(".cargo/config.toml".into(), cargo_config("pack").into_bytes());
    let lock: toml::Table = toml::from_str(std::str::from_utf8(&files["Cargo.lock"]).unwrap()).unwrap();
    for package in lock["package"].as_array().unwrap() {
        let text = |field: &str| package.get(field).and_then(toml::Value::as_str);
        let Some(checksum) = text("checksum") else { continue };
        let folder = format!("vendor/{}-{}", text("name").unwrap(), text("version").unwrap());
        let list = json!({"files": {"src/lib.rs": sha256(b"a crate").to_string()}, "package": checksum});
        files.insert(format!("{folder}/.cargo-checksum.json"), list.to_string().into_bytes());
        files.insert(format!("{folder}/src/lib.rs"), b"a crate".to_vec());
    }
    files
}

/// What a script of `tools/means` writes for cargo.
fn cargo_config(script: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/means").join(script);
    let text = std::fs::read_to_string(script).unwrap();
    let (_, text) = text.split_once("config.toml\" <<'END'\n").or(text.split_once("config.toml <<'END'\n")).unwrap();
    text.split_once("END\n").unwrap().0.to_owned()
}

/// Files as a tar file, with `more` entries behind them, packed.
fn packed(files: &BTreeMap<String, Vec<u8>>, more: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (path, bytes) in files {
        tar.extend(tar_entry(&format!("muragat/{path}"), b'0', bytes));
    }
    tar.extend(more);
    tar.extend([0; 1024]);
    zstd::encode_all(tar.as_slice(), 1).unwrap()
}

fn tar_entry(name: &str, kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut block = [0; 512];
    // Every path here is shorter than the field.
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[148..156].fill(b' ');
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar  \0");
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = [&block, bytes].concat();
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() { walk(root, &path, paths) } else { paths.push(path) }
    }
}

/// Changes the configuration of a bench.
fn configure(bench: &Bench, change: impl FnOnce(&mut Config)) {
    let mut config = Config::load(&bench.root()).unwrap();
    change(&mut config);
    std::fs::write(bench.root().join(CONFIG_FILE), config.to_text()).unwrap();
}

fn kept(means: MeansKept) -> Bench {
    let bench = Bench::new();
    configure(&bench, |config| config.means = means);
    bench
}

fn put(archive: &Archive, source: Option<&[u8]>) -> Result<Deposited, muragat::error::Error> {
    let (mut program, mut bytes) = (PROGRAM, source.unwrap_or_default());
    let source = source.is_some().then_some(("source.tar.zst", &mut bytes as &mut dyn Read));
    deposit(archive, Given { program: &mut program, source, no_source: MissingReason::NoSource }, SYSTEM_ACTOR)
}

fn audit_is_clean(bench: &Bench) {
    let archive = bench.open();
    archive.settle().unwrap();
    let config = archive.config().clone();
    archive.close().unwrap();
    let disk = LocalDisk::open(&bench.root(), muragat::store::local::Erasing::Vault).unwrap();
    let options = AuditOptions { every_byte: true, threads: 2 };
    let report = audit(&disk, &config, None, None, options, &|_, _| {}).unwrap();
    assert!(report.is_clean(), "{report:?}");
}

fn means_json(archive: &Archive, record: RecordId) -> Value {
    let value = serde_json::from_slice(&content_of(archive, record).unwrap()["means.json"]).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/means/1/means.schema.json");
    let schema = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    if let Err(e) = jsonschema::validator_for(&schema).unwrap().validate(&value) {
        panic!("{e} at {}: {value}", e.instance_path());
    }
    value
}

fn found(archive: &Archive, query: &str) -> Vec<RecordId> {
    let mut found = Vec::new();
    let query = Query::parse(query).unwrap();
    archive
        .index()
        .search(&query, None, &mut |_, row| {
            found.push(row.id());
            true
        })
        .unwrap();
    found
}

#[test]
fn what_is_deposited_is_given_back_byte_for_byte() {
    let bench = kept(MeansKept::Full);
    let archive = bench.open();
    assert!(is_due(&archive).unwrap());
    let source = bundle();
    let deposited = put(&archive, Some(&source)).unwrap();
    assert!(!is_due(&archive).unwrap());
    let check = |archive: &Archive| {
        let content = content_of(archive, deposited.record).unwrap();
        assert_eq!((&content["program"][..], &content["source.tar.zst"]), (PROGRAM, &source));
        assert_eq!(content["policy.toml"], bench.office.trust(super::bed::NOW).policy.into_bytes());
        let means = means_json(archive, deposited.record);
        assert_eq!((&means["program"]["source"], &means["missing"]), (&json!(SOURCE), &json!([])));
        assert_eq!(means["program_sha256"], sha256(PROGRAM).to_string());
        assert_eq!(archive.means().unwrap(), Some(deposited.record));
        assert_eq!(found(archive, "kind:verification_means agency:_archive"), [deposited.record]);
    };
    check(&archive);
    // What retention will ask of it.
    let row = access::open(&archive, deposited.record, SYSTEM_ACTOR).unwrap().row;
    assert_eq!(
        (row.kind(), row.access(), &row.nomenclature_index[..]),
        (Kind::VerificationMeans, AccessCategory::Public, "00")
    );
    archive.close().unwrap();
    audit_is_clean(&bench);
    forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    check(&archive);
    assert_eq!(archive.index_meta().damaged, 0);
}

#[test]
fn the_source_of_another_program_is_not_kept() {
    let bench = kept(MeansKept::Full);
    let mut archive = bench.open();
    let source = bundle();
    let head = archive.head().size;
    let refused = |archive: &Archive, source: &[u8]| put(archive, Some(source)).unwrap_err().code;
    assert_eq!(refused(&archive, b"no bundle"), ErrorCode::MeaBundle);
    assert_eq!(refused(&archive, &source[..source.len() / 2]), ErrorCode::MeaBundle);
    archive.upgrade(Program { source: sha256(b"another"), ..Program::this() });
    assert_eq!(refused(&archive, &source), ErrorCode::MeaOtherSource);
    archive.upgrade(Program::this());
    assert_eq!((archive.head().size, archive.means().unwrap()), (head, None), "nothing was kept");
    put(&archive, Some(&source)).unwrap();
}

#[test]
fn a_bundle_that_unpacks_to_something_else_is_not_kept() {
    assert_eq!(cargo_config("pack"), cargo_config("repeat"));
    let bench = kept(MeansKept::Full);
    let archive = bench.open();
    let head = archive.head().size;
    let refused = |source: &[u8], why: &str| {
        let error = put(&archive, Some(source)).unwrap_err();
        assert_eq!(error.code, ErrorCode::MeaBundle);
        let said = format!("{error:?}");
        assert!(said.contains(why), "{said}");
    };
    let files = bundle_files();
    let changed = |path: &str, bytes: Option<&[u8]>| {
        let mut files = files.clone();
        assert!(files.remove(path).is_some(), "{path}");
        files.extend(bytes.map(|bytes| (path.to_owned(), bytes.to_vec())));
        packed(&files, &[])
    };
    // The real files, and one that a name of pax puts over them.
    let pax = tar_entry("muragat/PaxHeaders/junk", b'x', b"28 path=muragat/src/main.rs\n");
    let junk = tar_entry("muragat/junk", b'0', b"fn main() {}");
    refused(&packed(&files, &[pax, junk].concat()), "neither a regular file nor a folder");
    let twice = tar_entry("muragat/src/main.rs", b'0', b"fn main() {}");
    refused(&packed(&files, &twice), "a name that was there before");
    let config = b"[build]\nrustc-wrapper = \"tools/wrapper\"\n";
    refused(&changed(".cargo/config.toml", Some(config)), "it is not the text that tools/means/pack writes");
    let list = files.keys().find(|path| path.starts_with("vendor/sha2-")).unwrap();
    refused(&changed(list, None), "a crate of Cargo.lock is missing");
    let code = list.replace(".cargo-checksum.json", "src/lib.rs");
    refused(&changed(&code, Some(b"another crate")), "it does not have the digest that its crate lists");
    refused(&changed(&code, None), "a file of a crate is missing");
    assert_eq!((archive.head().size, archive.means().unwrap()), (head, None), "nothing was kept");
    put(&archive, Some(&packed(&files, &[]))).unwrap();
}

#[test]
fn an_upgrade_is_deposited_once_and_the_old_program_stays() {
    let bench = kept(MeansKept::Full);
    let next = Program { version: "9.9.9".into(), source: sha256(b"next") };
    let mut archive = bench.open();
    let first = put(&archive, None).unwrap().record;
    assert_eq!(means_json(&archive, first)["missing"], json!([{"path": "source.tar.zst", "reason": "no_source"}]));
    archive.upgrade(next.clone());
    assert!(is_due(&archive).unwrap());
    let second = put(&archive, None).unwrap().record;
    assert!(!is_due(&archive).unwrap());
    archive.close().unwrap();

    let mut archive = bench.open();
    assert_eq!(archive.means().unwrap(), Some(first), "each program finds its own");
    archive.upgrade(next);
    assert!(!is_due(&archive).unwrap());
    assert_eq!(archive.means().unwrap(), Some(second));
    // What differs in the digest only is another program.
    archive.upgrade(Program { version: "9.9.9".into(), source: sha256(b"near") });
    assert!(is_due(&archive).unwrap());
    assert_eq!(archive.all_means().unwrap().len(), 2);
    // The source that comes later is a record of its own, and keeps nothing twice.
    archive.upgrade(Program::this());
    let later = put(&archive, Some(&bundle())).unwrap().record;
    assert_eq!(archive.means().unwrap(), Some(later));
    let held = json!([{"path": "program", "reason": "held", "record": first.to_string()}]);
    assert_eq!(means_json(&archive, later)["missing"], held);
    archive.close().unwrap();
    audit_is_clean(&bench);
}

#[test]
fn what_is_kept_is_what_the_configuration_says() {
    let bench = kept(MeansKept::Reference);
    let archive = bench.open();
    let record = put(&archive, None).unwrap().record;
    let content = content_of(&archive, record).unwrap();
    assert_eq!(content.keys().collect::<Vec<_>>(), ["means.json"]);
    let means = means_json(&archive, record);
    assert_eq!(means["program_sha256"], sha256(PROGRAM).to_string());
    let reasons: Vec<&Value> = means["missing"].as_array().unwrap().iter().map(|m| &m["reason"]).collect();
    assert_eq!(reasons, ["reference"; 3]);
    assert!(!is_due(&kept(MeansKept::None).open()).unwrap());
}

#[test]
fn nobody_submits_verification_means() {
    let bench = kept(MeansKept::Full);
    let archive = bench.open();
    let inbox = bench.folder.path().join("in");
    let refused = |field: &str, value: &str, number: &str| {
        let path = Sample::new(number).with(field, json!(value)).write(&inbox, number);
        let answered = take_in(&archive, &[path]).unwrap().swap_remove(0);
        let Status::Refused { reasons, .. } = answered.status else { panic!("{:?}", answered.status) };
        assert_eq!(reasons[0].code, ErrorCode::IngFieldMalformed);
        assert_eq!(reasons[0].subject, format!("submission.json#/{field}"));
    };
    refused("kind", "verification_means", "1");
    refused("agency", "_archive", "2");
    assert_eq!(archive.all_means().unwrap(), []);
}

fn accepted(answered: &Answered) -> RecordId {
    let Status::Accepted { record, .. } = &answered.status else { panic!("{:?}", answered.status) };
    *record
}

/// Repeats a report and compares; gives the report.
#[track_caller]
fn same_again(archive: &Archive, record: RecordId) -> Value {
    let repeated = repeat(archive, record, SYSTEM_ACTOR).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(text(&repeated.again), text(&repeated.frozen));
    assert!(repeated.is_equal());
    serde_json::from_slice(&repeated.frozen).unwrap()
}

#[test]
fn a_report_names_its_program_and_is_made_again_byte_for_byte() {
    let bench = Bench::bare();
    let trust = bench.office.trust(bench.now());
    let mut archive = bench.open();
    bench.adopt(&archive, &trust.policy);
    bench.adopt(&archive, &trust.authority);
    // Before anything of the program was kept.
    let waits = bench.take(&archive, &bench.draft("1"));
    let Status::Waiting { id, .. } = waits.status else { panic!("{:?}", waits.status) };
    bench.later(DAY_MS);
    bench.share(&archive, &bench.office.crl(bench.now(), &[]));
    let mut waited = None;
    retry(&archive, &[id], None, SYSTEM_ACTOR, &mut |tried| waited = Some(accepted(&tried.answered))).unwrap();
    let report = same_again(&archive, waited.unwrap());
    assert_eq!(report["verifier"], Program::this().value());

    let means = put(&archive, None).unwrap().record;
    let detached = accepted(&bench.take(&archive, &bench.draft("2")));
    let mut draft = bench.draft("3");
    draft.main = bench.office.official.sign_attached(&docx("Қолтаңба ішінде."), at(bench.now() - 120_000));
    draft.card["documents"] = json!([{"path": "main.docx", "sha256": sha256(&draft.main).to_string()}]);
    draft.card["signatures"] = json!(["main.docx"]);
    draft.signature = None;
    let attached = accepted(&bench.take(&archive, &draft));
    for record in [detached, attached] {
        let report = same_again(&archive, record);
        assert_eq!(report["verifier"]["record"], means.to_string());
        assert_eq!(report["verifier"]["source"], SOURCE);
    }

    // Whatever is believed later: another register, a revocation, a policy, a program.
    bench.later(DAY_MS);
    bench.adopt(&archive, &register_with_stranger(&trust.authority));
    bench.adopt(&archive, &trust.policy.replacen("version = \"", "version = \"9", 1));
    let revocation = Revocation { signer: &bench.office.official, at: at(bench.now() - 30 * DAY_MS), reason: 1 };
    bench.share(&archive, &bench.office.crl(bench.now(), &[revocation]));
    archive.upgrade(Program { version: "9.9.9".into(), source: sha256(b"next") });
    let refused = bench.take(&archive, &bench.draft("4"));
    assert!(matches!(refused.status, Status::Refused { .. }), "the revocation is believed today");
    for record in [waited.unwrap(), detached, attached] {
        same_again(&archive, record);
    }
    archive.close().unwrap();
    forget_index(&bench.root()).unwrap();
    same_again(&bench.open(), detached);
}

#[test]
fn what_could_not_be_confirmed_is_said_again_in_the_same_words() {
    let bench = Bench::new();
    configure(&bench, |config| (config.policy.signatures, config.policy.formats) = (Action::Flag, Action::Flag));
    let archive = bench.open();
    let mut foreign = bench.draft("1");
    foreign.signature = Some(bench.office.foreign.sign_detached(&foreign.main, at(bench.now())));
    let mut tampered = bench.draft("2");
    tampered.signature = Some(bench.office.official.sign_detached(b"another text", at(bench.now())));
    let mut unsigned = bench.draft("3");
    (unsigned.signature, unsigned.card_signature) = (None, Some(None));
    unsigned.card["signatures"] = json!([]);
    for draft in [foreign, tampered, unsigned] {
        let report = same_again(&archive, accepted(&bench.take(&archive, &draft)));
        assert_ne!(report["doubts"], json!([]));
    }
    let means = put(&archive, None).unwrap().record;
    let code = repeat(&archive, means, SYSTEM_ACTOR).unwrap_err().code;
    assert_eq!(code, ErrorCode::ArcNoComponent, "what was not validated cannot be repeated");

    // A signature with a time-stamp, of other keys than ours.
    let Some(vectors) = std::env::var_os("MURAGAT_VECTORS") else {
        eprintln!("skipped: a time-stamped signature, no MURAGAT_VECTORS");
        return;
    };
    let read = |name: &str| std::fs::read(Path::new(&vectors).join("rsa2048").join(name)).unwrap();
    let anchor = |kind: &str, name: &str| {
        let pem = String::from_utf8(read(&format!("{name}/ca.pem"))).unwrap();
        format!("\n[[{kind}]]\ngeneration = \"test\"\npem = \"\"\"\n{pem}\"\"\"\n")
    };
    let policy = include_str!("../../schema/policy/1/default.toml");
    let policy = policy.replacen("id = \"muragat-default\"", "id = \"stamped\"", 1);
    let anchors = [anchor("signature_anchor", "root"), anchor("timestamp_anchor", "tsaroot")].concat();
    bench.adopt(&archive, &(policy + &anchors));
    bench.share(&archive, &read("ca-2025.crl"));
    let mut stamped = bench.draft("4");
    stamped.main = read("doc.txt");
    stamped.card["documents"] = json!([]);
    stamped.signature = Some(read("good-t.p7s"));
    let report = same_again(&archive, accepted(&bench.take(&archive, &stamped)));
    let tokens = report.pointer("/signatures/0/report/signatures/0/timestamps").unwrap();
    assert_eq!(tokens.as_array().unwrap().len(), 1, "{report}");
}

#[test]
fn the_command_line_keeps_names_and_repeats() {
    let cli = Cli::empty();
    let made = cli.line(&["init", "--signatures", "flag", "--means", "reference"], Exit::Ok, "init");
    let doctor = cli.line(&["doctor"], Exit::Ok, "doctor");
    assert_eq!((&doctor["means"], &doctor["program"]["source"]), (&made["means"], &json!(SOURCE)));
    let advice: Vec<&Value> = doctor["advice"].as_array().unwrap().iter().map(|a| &a["code"]).collect();
    assert!(advice.contains(&&json!("means-partial")), "{advice:?}");
    let record = cli.record(&Sample::new("1-қ"), "1");
    let rows = cli.run(&["means", "list", "--json"]).exits(Exit::Ok).json();
    assert_eq!((rows.len(), &rows[0]["record_id"]), (1, &made["means"]), "the same program is not deposited again");
    assert_eq!(cli.show(&record)["validation"]["verifier"]["record"], made["means"]);
    let repeated = cli.line(&["validate", "--record", &record, "--output", "again.json"], Exit::Ok, "validate-record");
    assert_eq!((&repeated["equal"], &repeated["same_program"]), (&json!(true), &json!(true)));
    let again = std::fs::read(cli.path("again.json")).unwrap();
    assert_eq!(repeated["sha256"], sha256(&again).to_string());
    let wrong = cli.file("wrong.tar.zst", zstd::encode_all([0; 1024].as_slice(), 1).unwrap());
    let error = cli.line(&["means", "deposit", "--source", &wrong], Exit::Refused, "error");
    assert_eq!(error["error"]["code"], "MEA-001");
    let error = cli.line(&["init", "other", "--source", &wrong], Exit::Refused, "error");
    assert_eq!((&error["error"]["code"], cli.path("other").exists()), (&json!("MEA-001"), false));
    cli.run(&["validate", "--record", &record, "--as-of", "2026-01-01"]).exits(Exit::Usage);
    assert!(cli.run(&["--version"]).exits(Exit::Ok).stdout.contains(SOURCE));

    // An archive from before: the first act brings the program, a look does not.
    let old = Cli::new();
    let config = old.archive().join(CONFIG_FILE);
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("means = \"none\"", "means = \"reference\"")).unwrap();
    let kept = || old.run(&["means", "list", "--json"]).exits(Exit::Ok).json().len();
    assert_eq!(kept(), 0);
    old.record(&Sample::new("1-қ"), "1");
    assert_eq!(kept(), 1);
    old.record(&Sample::new("2-қ"), "2");
    assert_eq!(kept(), 1);
}

#[test]
fn everything_the_program_includes_is_part_of_its_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(root, "src", &mut paths);
    for path in paths.iter().filter(|path| path.ends_with(".rs")) {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        for at in ["include_str!(\"", "include_bytes!(\""].iter().flat_map(|mark| text.match_indices(mark)) {
            let name = text[at.0 + at.1.len()..].split('"').next().unwrap();
            let file = root.join(path).parent().unwrap().join(name).canonicalize().unwrap();
            let file = file.strip_prefix(root.canonicalize().unwrap()).unwrap().to_owned();
            assert!(file.starts_with("schema") || file.starts_with("src"), "{path} includes {}", file.display());
        }
    }
}
