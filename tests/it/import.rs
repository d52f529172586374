//! Existing holdings come in by a profile that two officers approved, and never look better than they are.
//!
//! Goal: a profile counts only with two distinct officers in office; each row of a table becomes a record, is held, or
//! is refused with its reason; what cannot be verified says so wherever it is shown; a trial writes nothing, and an
//! import that was cut off can be run again. Method: the library on a real folder, with the bench of signed
//! submissions; each row is a sound one with one thing changed.

use super::bed::Bed;
use super::common::docx;
use super::signed::{AGENCY, Bench, DAY_MS, at, codes};
use muragat::access;
use muragat::archive::{Archive, PolicyFile};
use muragat::audit::{Options as AuditOptions, audit};
use muragat::cli::samples::signer::Validity;
use muragat::config::Config;
use muragat::error::ErrorCode;
use muragat::index::query::Query;
use muragat::index::rows::RecordRow;
use muragat::ingest::import::approve::{Adopted, adopt};
use muragat::ingest::import::profile::Profile;
use muragat::ingest::import::{Outcome, Reported, Run, Summary, adopted, csv_of, imports, in_force, run};
use muragat::ingest::share::NotShared;
use muragat::model::id::RecordId;
use muragat::model::submission::Role;
use muragat::model::validation::{CreationBasis, SignatureVerdict};
use muragat::store::local::{Erasing, LocalDisk};
use muragat::testing::{Failure, FaultPlan};
use muragat::text::Lang;
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const HEADER: &str = "№;Күні;Тақырыбы;Түскен күні;Түскен №;Файл;Қосымша;ЭЦҚ;Карточка";

/// A profile that is used from the day of the bench on.
pub(crate) fn profile(bench: &Bench, version: &str, keep: &str) -> String {
    let day = |ms: u64| at(ms).format("%Y-%m-%d").to_string();
    let (today, until) = (day(bench.now()), day(bench.now() + 30 * DAY_MS));
    format!(
        r#"schema = "muragat/import/1"
id = "old"
version = "{version}"
date = {today}
until = {until}
agency = "{AGENCY}"
system = "Үлгі ЭҚАЖ 2.4"
basis = "Үлгі бұйрық № 5"
period = {{ from = 2015-01-01, to = {until} }}
keep = {{ {keep} }}

[table]
delimiter = ";"
list_separator = "|"
date_format = "DD.MM.YYYY"

[columns]
registration_number = "№"
document_date = "Күні"
title = "Тақырыбы"
receipt_date = "Түскен күні"
receipt_number = "Түскен №"

[files]
main = "Файл"
attachment = "Қосымша"
signature = "ЭЦҚ"
card = "Карточка"

[defaults]
profile = "n430"
direction = "outgoing"
access_category = "public"
nomenclature_index = "01-05"
document_type = "Хат"
nature = "Сынақ"
sheets_document = "1"
addressee_body = "Үлгі мекемесі"
executor_surname = "Үлгібаев"
executor_phone = "+7 000 000 00 00"
paper_mark = "none"
"#
    )
}

const KEEP: &str = "unsigned = true, unproven = true";

/// A holding on disk: files and a table.
struct Holding {
    folder: tempfile::TempDir,
    rows: Vec<String>,
}

impl Holding {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("files")).unwrap();
        Self { folder, rows: Vec::new() }
    }

    fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.files().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// A row of 5 March 2019, whose files are named.
    fn row(&mut self, number: &str, files: [&str; 4]) {
        self.line(&format!("{number};05.03.2019;Хат {number};06.03.2019;К-{number};{}", files.join(";")));
    }

    fn line(&mut self, line: &str) {
        self.rows.push(line.to_owned());
    }

    fn table(&self) -> PathBuf {
        let path = self.folder.path().join("table.csv");
        fs::write(&path, format!("\u{feff}{HEADER}\r\n{}\r\n", self.rows.join("\r\n"))).unwrap();
        path
    }
}

fn text(number: &str) -> Vec<u8> {
    docx(&format!("Бұл {number} құжаты ойдан шығарылған."))
}

/// A holding with one row of each kind, by number.
fn holding(bench: &Bench) -> Holding {
    let office = &bench.office;
    let mut holding = Holding::new();
    let long_ago = at(bench.now() - 300 * DAY_MS);
    // 1: everything that the policy asks for, with a card of its own.
    let draft = bench.draft("1");
    let mut card = draft.card.clone();
    card["document_date"] = "2019-03-05".into();
    card["signatures"] = serde_json::json!(["1/main.docx.p7s"]);
    card["documents"][0]["path"] = "1/main.docx".into();
    let card = card.to_string().into_bytes();
    holding.file("1/main.docx", &draft.main);
    holding.file("1/main.docx.p7s", draft.signature.as_ref().unwrap());
    holding.file("1/card.json.p7s", office.clerk.sign_detached(&card, at(bench.now())));
    holding.file("1/card.json", &card);
    holding.row("1", ["1/main.docx", "", "1/main.docx.p7s|1/card.json.p7s", "1/card.json"]);
    // 2: a signature that held once; 3: of an issuer that nobody trusts; 4: of nobody in the register.
    for (number, by) in [("2", &office.brief), ("3", &office.foreign), ("4", &office.stranger)] {
        let main = text(number);
        let time = if number == "2" { at(bench.now() - 2 * DAY_MS + 60_000) } else { long_ago };
        holding.file(&format!("{number}.docx"), &main);
        holding.file(&format!("{number}.p7s"), by.sign_detached(&main, time));
        holding.row(number, [&format!("{number}.docx"), "", &format!("{number}.p7s"), ""]);
    }
    // 5: no signature. Its paths are written as Windows writes them.
    holding.file("2019/5.docx", text("5"));
    holding.file("2019/5-a.docx", text("5-a"));
    holding.row("5", ["2019\\5.docx", "2019\\5-a.docx", "", ""]);
    // 6: another document than the signed one.
    holding.file("6.docx", text("6"));
    holding.file("6.docx.p7s", office.official.sign_detached(&text("other"), long_ago));
    holding.row("6", ["6.docx", "", "6.docx.p7s", ""]);
    // 7: out of the folder; 8: not there; 9: a link.
    fs::write(holding.folder.path().join("outside.docx"), text("7")).unwrap();
    holding.row("7", ["../outside.docx", "", "", ""]);
    holding.row("8", ["8.docx", "", "", ""]);
    std::os::unix::fs::symlink(holding.folder.path().join("outside.docx"), holding.files().join("9.docx")).unwrap();
    holding.row("9", ["9.docx", "", "", ""]);
    // 10: before the period; 11 twice; 12 and 13 name one file.
    holding.file("10.docx", text("10"));
    holding.line("10;05.03.2014;Хат;;;10.docx;;;");
    for name in ["11-a.docx", "11-b.docx", "12.docx"] {
        holding.file(name, text(name));
    }
    holding.row("11", ["11-a.docx", "", "", ""]);
    holding.row("11 ", ["11-b.docx", "", "", ""]);
    holding.row("12", ["12.docx", "", "", ""]);
    holding.row("13", ["12.docx", "", "", ""]);
    // A cell too few; a date that is none; a mark of secrecy; a private key; a format that is not admitted.
    holding.line("14;05.03.2019;Хат;;;");
    holding.file("15.docx", text("15"));
    holding.line("15;31.02.2019;Хат;;;15.docx;;;");
    holding.file("16.docx", text("16"));
    holding.line("16;05.03.2019;Өте құпия;;;16.docx;;;");
    holding.file("17.docx", text("17"));
    holding.file("17.txt", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n");
    holding.row("17", ["17.docx", "17.txt", "", ""]);
    holding.file("18.txt", "Plain text.");
    holding.row("18", ["18.txt", "", "", ""]);
    holding.file("nobody.docx", text("nobody"));
    holding
}

fn parsed(toml: &str) -> Profile {
    Profile::parse(toml.as_bytes(), "profile.toml").unwrap()
}

fn approve(bench: &Bench, archive: &Archive, toml: &str) -> Profile {
    let sign = |by: &muragat::cli::samples::signer::Signer| by.sign_detached(toml.as_bytes(), at(bench.now()));
    let signatures = [sign(&bench.office.official), sign(&bench.office.clerk)];
    match adopt(archive, (toml.as_bytes(), "p.toml"), &signatures, &Material::default(), SYSTEM_ACTOR).unwrap() {
        Adopted::Done { profile, .. } => *profile,
        other => panic!("{other:?}"),
    }
}

/// Imports or tries a holding; gives the report by line, and the sums.
fn import(archive: &Archive, holding: &Holding, profile: &Profile, is_trial: bool) -> (Vec<Line>, Summary) {
    let table = holding.table();
    let (rows, summary) = import_table(archive, &table, &holding.files(), profile, is_trial);
    (rows, summary.unwrap())
}

/// A row of the report, without the time of its entry.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    number: String,
    status: &'static str,
    record: Option<RecordId>,
    signatures: Option<&'static str>,
    codes: Vec<&'static str>,
    cells: [String; 9],
}

fn import_table(
    archive: &Archive,
    table: &Path,
    files: &Path,
    profile: &Profile,
    is_trial: bool,
) -> (Vec<Line>, Result<Summary, Vec<muragat::error::Refusal>>) {
    let stop = AtomicBool::new(false);
    let asked = Run { table, files, profile, is_trial, actor: SYSTEM_ACTOR, threads: 2, material: None, stop: &stop };
    let mut rows = Vec::new();
    let mut take = |row: &Reported| {
        if let Outcome::Failed(e) = &row.outcome {
            panic!("{e:?}");
        }
        rows.push(Line {
            number: row.number.clone(),
            status: row.outcome.as_str(),
            record: row.record(),
            signatures: row.signatures(),
            codes: row.codes(),
            cells: row.cells(Lang::Ru),
        });
    };
    let summary = run(archive, &asked, &mut take).unwrap();
    archive.wait_index().unwrap();
    (rows, summary)
}

fn audit_is_clean(bench: &Bench) {
    let config = Config::load(&bench.root()).unwrap();
    let disk = LocalDisk::open(&bench.root(), Erasing::Vault).unwrap();
    let options = AuditOptions { every_byte: true, threads: 2 };
    let report = audit(&disk, &config, None, None, options, &|_, _| {}).unwrap();
    assert!(report.is_clean(), "{report:?}");
}

/// All files of the archive but its index, which can be built again, with their bytes.
fn truths(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("index") => {}
                true => folders.push(path),
                false => drop(found.insert(path.clone(), fs::read(path).unwrap())),
            }
        }
    }
    found
}

fn row(archive: &Archive, record: RecordId) -> RecordRow {
    archive.index().record_by_id(record).unwrap().unwrap()
}

fn found(archive: &Archive, query: &str) -> usize {
    let mut count = 0;
    let query = Query::parse(query).unwrap();
    archive
        .index()
        .search(&query, None, &mut |_, _| {
            count += 1;
            true
        })
        .unwrap();
    count
}

#[test]
fn a_profile_counts_with_two_officers_in_office_and_not_otherwise() {
    let bench = Bench::new();
    let archive = bench.open();
    let toml = profile(&bench, "1", KEEP);
    let office = &bench.office;
    let now = at(bench.now());
    let sign = |by: &muragat::cli::samples::signer::Signer| by.sign_detached(toml.as_bytes(), now);
    let refused = |signatures: &[Vec<u8>], why: &str| {
        let before = archive.head().size;
        let adopted = adopt(&archive, (toml.as_bytes(), "p.toml"), signatures, &Material::default(), SYSTEM_ACTOR);
        let Adopted::Refused(reasons) = adopted.unwrap() else { panic!("adopted: {why}") };
        assert!(reasons.iter().all(|r| r.code == ErrorCode::ImpApproval), "{why}: {reasons:?}");
        assert!(reasons.iter().any(|r| r.detail.contains(why)), "{why}: {reasons:?}");
        assert_eq!(archive.head().size, before, "nothing is left of it");
    };
    let (official, clerk) = (sign(&office.official), sign(&office.clerk));
    refused(&[], "0 of 2");
    refused(std::slice::from_ref(&clerk), "1 of 2");
    refused(&[clerk.clone(), office.clerk.sign_detached(toml.as_bytes(), at(bench.now() - 1000))], "1 of 2");
    refused(&[clerk.clone(), sign(&office.stranger)], "unknown");
    refused(&[clerk.clone(), sign(&office.foreign)], "NO_CERTIFICATE_CHAIN_FOUND");
    refused(&[clerk.clone(), office.official.sign_detached(b"another profile", now)], "HASH_FAILURE");
    refused(&[clerk.clone(), b"no signature".to_vec()], "");
    let early = at(bench.now() - 3 * DAY_MS);
    refused(&[clerk.clone(), office.official.sign_detached(toml.as_bytes(), early)], "the file is of");
    let late = at(bench.now() + DAY_MS);
    refused(&[clerk.clone(), office.official.sign_detached(toml.as_bytes(), late)], "to come");

    let held = approve(&bench, &archive, &toml);
    assert_eq!(held.sha256, parsed(&toml).sha256);
    let adopt_again = |toml: &str| {
        adopt(
            &archive,
            (toml.as_bytes(), "p.toml"),
            &[official.clone(), clerk.clone()],
            &Material::default(),
            SYSTEM_ACTOR,
        )
        .unwrap()
    };
    assert!(matches!(adopt_again(&toml), Adopted::Held));
    let Adopted::Refused(reasons) = adopt_again(&toml.replace("№ 5", "№ 6")) else { panic!("adopted twice") };
    assert_eq!(codes(&reasons).into_keys().collect::<Vec<_>>(), ["IMP-002"]);
    let listed = adopted(&archive).unwrap();
    let approvals: Vec<&str> = listed[0].approvals.iter().map(|a| a.iin.as_str()).collect();
    assert_eq!((listed.len(), approvals), (1, vec!["000000000001", "000000000002"]));
    assert_eq!(listed[0].file, toml.as_bytes());
    assert_eq!(in_force(&archive, "other").unwrap_err().code, ErrorCode::ImpNoProfile);
}

#[test]
fn an_approval_that_another_replaced_brings_nothing_back() {
    let bench = Bench::new();
    let archive = bench.open();
    let loose = profile(&bench, "1", "unsigned = true, unproven = true, failed = true");
    let strict = profile(&bench, "2", "unsigned = false, unproven = false");
    let sign =
        |by: &muragat::cli::samples::signer::Signer, toml: &str| by.sign_detached(toml.as_bytes(), at(bench.now()));
    let both = |toml: &str| [sign(&bench.office.official, toml), sign(&bench.office.clerk, toml)];
    let adopt = |toml: &str, signatures: &[Vec<u8>]| {
        adopt(&archive, (toml.as_bytes(), "p.toml"), signatures, &Material::default(), SYSTEM_ACTOR).unwrap()
    };
    let approval = both(&loose);
    assert!(matches!(adopt(&loose, &approval), Adopted::Done { .. }));
    assert!(matches!(adopt(&loose, &approval), Adopted::Held), "in force");
    bench.later(10_000);
    assert!(matches!(adopt(&strict, &both(&strict)), Adopted::Done { .. }));
    let size = archive.head().size;
    let refused = |toml: &str, signatures: &[Vec<u8>], why: &str| {
        let Adopted::Refused(reasons) = adopt(toml, signatures) else { panic!("adopted again") };
        assert_eq!(codes(&reasons).into_keys().collect::<Vec<_>>(), ["IMP-002"]);
        assert!(reasons[0].detail.contains(why), "{reasons:?}");
        assert!(reasons[0].said.is_some());
        assert_eq!(archive.head().size, size, "nothing is left of it");
        assert_eq!(in_force(&archive, "old").unwrap().profile.sha256, parsed(&strict).sha256);
    };
    // Neither the old signatures nor new ones over the old file; nor other content under the old version.
    refused(&loose, &approval, "replaced");
    refused(&loose, &both(&loose), "replaced");
    let other = loose.replace("№ 5", "№ 6");
    refused(&other, &both(&other), "other content");
    assert!(matches!(adopt(&strict, &approval), Adopted::Held), "what is in force stays, and needs no signatures");
    // The officers may want it back: that is a new version.
    bench.later(10_000);
    let again = profile(&bench, "3", "unsigned = true, unproven = true, failed = true");
    assert!(matches!(adopt(&again, &approval), Adopted::Refused(_)));
    assert!(matches!(adopt(&again, &both(&again)), Adopted::Done { .. }));
}

#[test]
fn an_approval_made_before_the_version_in_force_was_adopted_is_none() {
    let bench = Bench::new();
    let archive = bench.open();
    let loose = profile(&bench, "1", "unsigned = true, unproven = true, failed = true");
    let strict = profile(&bench, "2", "unsigned = false, unproven = false");
    let sign =
        |by: &muragat::cli::samples::signer::Signer, toml: &str| by.sign_detached(toml.as_bytes(), at(bench.now()));
    let adopt = |toml: &str, signatures: &[Vec<u8>], extra: &Material| {
        adopt(&archive, (toml.as_bytes(), "p.toml"), signatures, extra, SYSTEM_ACTOR).unwrap()
    };
    // The officers signed it, thought better of it, and signed another.
    let never_adopted = [sign(&bench.office.official, &loose), sign(&bench.office.clerk, &loose)];
    bench.later(60_000);
    let wanted = [sign(&bench.office.official, &strict), sign(&bench.office.clerk, &strict)];
    // Lists that do not come in are named: one of a time to come, one of another key.
    let (now, mut lists) = (bench.now(), Material::default());
    let tomorrow = Validity { from: at(now + DAY_MS), until: at(now + 2 * DAY_MS) };
    lists.add_file(&bench.office.root.crl(7, tomorrow, &[])).unwrap();
    lists.add_file(&bench.office.other_root.crl(8, tomorrow, &[])).unwrap();
    let Adopted::Done { shared, .. } = adopt(&strict, &wanted, &lists) else { panic!("refused") };
    assert_eq!((shared.left_for(NotShared::NotYet), shared.left_for(NotShared::NoIssuer)), (1, 1));
    bench.later(60_000);
    let size = archive.head().size;
    let refused = |signatures: &[Vec<u8>], why: &str| {
        let Adopted::Refused(reasons) = adopt(&loose, signatures, &Material::default()) else { panic!("adopted") };
        assert!(reasons.iter().all(|r| r.code == ErrorCode::ImpApproval && r.said.is_some()), "{reasons:?}");
        assert!(reasons.iter().any(|r| r.detail.contains(why)), "{reasons:?}");
        assert_eq!(archive.head().size, size, "nothing is left of it");
    };
    refused(&never_adopted, "the version in force is of");
    // One that is new does not help the other.
    let clerk = sign(&bench.office.clerk, &loose);
    refused(&[never_adopted[0].clone(), clerk.clone()], "the version in force is of");
    refused(&vec![clerk.clone(); 9], "more files of signatures");
    let anew = [sign(&bench.office.official, &loose), clerk];
    assert!(matches!(adopt(&loose, &anew, &Material::default()), Adopted::Done { .. }), "signed again");
}

#[test]
fn two_officials_without_the_records_office_and_an_officer_of_the_past_approve_nothing() {
    let bench = Bench::new();
    let archive = bench.open();
    let trust = bench.office.trust(bench.now());
    let toml = profile(&bench, "1", KEEP);
    let sign = |by: &muragat::cli::samples::signer::Signer| by.sign_detached(toml.as_bytes(), at(bench.now()));
    let adopt = |signatures: &[Vec<u8>]| {
        let adopted =
            adopt(&archive, (toml.as_bytes(), "p.toml"), signatures, &Material::default(), SYSTEM_ACTOR).unwrap();
        let Adopted::Refused(reasons) = adopted else { panic!("adopted") };
        reasons.into_iter().map(|r| r.detail).collect::<Vec<_>>().join("; ")
    };
    bench.adopt(&archive, &super::signed::register_with_stranger(&trust.authority));
    let two = adopt(&[sign(&bench.office.official), sign(&bench.office.stranger)]);
    assert!(two.contains("records office"), "{two}");
    // The clerk left yesterday.
    let yesterday = at(bench.now() - DAY_MS).format("%Y-%m-%d").to_string();
    let register = trust.authority.replacen("version = \"1\"", "version = \"3\"", 1);
    let place = register.find("kind = \"records_office\"").unwrap();
    let register = format!("{}to = \"{yesterday}\"\n{}", &register[..place], &register[place..]);
    bench.adopt(&archive, &register);
    let past = adopt(&[sign(&bench.office.official), sign(&bench.office.clerk)]);
    assert!(past.contains("out_of_term"), "{past}");
}

#[test]
fn rows_become_records_that_never_look_better_than_they_are() {
    let bench = Bench::new();
    let archive = bench.open();
    let toml = profile(&bench, "1", KEEP);
    let profile = approve(&bench, &archive, &toml);
    let holding = holding(&bench);
    archive.close().unwrap();

    // A trial says the same and writes nothing; it takes a profile that nobody approved, too.
    let before = truths(&bench.root());
    let archive = bench.open();
    let (tried, sums) = import(&archive, &holding, &parsed(&toml), true);
    assert!(sums.act.is_none());
    archive.close().unwrap();
    assert_eq!(truths(&bench.root()), before, "byte for byte");

    let archive = bench.open();
    let (rows, summary) = import(&archive, &holding, &profile, false);
    let without_record = |row: &Line| {
        let mut cells = row.cells.clone();
        cells[4].clear();
        cells
    };
    assert_eq!(
        rows.iter().map(without_record).collect::<Vec<_>>(),
        tried.iter().map(without_record).collect::<Vec<_>>()
    );
    assert_eq!(summary.unnamed, ["nobody.docx"]);

    let by = |number: &str| rows.iter().filter(|row| row.number == number).collect::<Vec<_>>();
    for (number, signatures) in [
        ("1", "valid"),
        ("2", "not_verifiable"),
        ("3", "not_verifiable"),
        ("4", "not_verifiable"),
        ("5", "not_verifiable"),
    ] {
        let row = by(number)[0];
        assert_eq!((row.status, row.signatures), ("accepted", Some(signatures)), "{row:?}");
    }
    for (number, codes) in [
        ("6", ["SIG-001", "SIG-005", "SIG-008"].as_slice()),
        ("7", &["ING-011"]),
        ("8", &["IMP-007"]),
        ("9", &["ING-018"]),
        ("10", &["IMP-008"]),
        ("11", &["IMP-009"]),
        ("12", &["IMP-009"]),
        ("13", &["IMP-009"]),
        ("15", &["IMP-007"]),
        ("17", &["ING-029"]),
        ("18", &["FMT-002"]),
    ] {
        for row in by(number) {
            assert_eq!(row.status, "refused", "{row:?}");
            assert!(codes.iter().all(|code| row.codes.contains(code)), "{row:?}");
        }
    }
    assert_eq!(by("11").len(), 2);
    let nameless: Vec<_> = rows.iter().filter(|row| row.number.is_empty()).collect();
    let found_codes: Vec<_> = nameless.iter().map(|row| row.codes.clone()).collect();
    assert_eq!(found_codes, [vec!["IMP-007"], vec!["ING-033"]], "the ragged row, and the secret one");
    let secret = &nameless[1].cells[8];
    assert!(secret.starts_with("ING-033") && !secret.contains(':'), "nothing is said of what is secret: {secret}");
    // In the language of who reads, and of what the import knows: it has no submission.json.
    for (number, words) in
        [("8", "нет в папке"), ("10", "вне периода"), ("11", "#13"), ("15", "не дата в виде DD.MM.YYYY")]
    {
        let reasons = &by(number)[0].cells[8];
        assert!(reasons.contains(words) && !reasons.contains("submission.json"), "{reasons}");
    }
    // The table has CR LF, as spreadsheets write it.
    assert_eq!((rows[0].cells[0].as_str(), rows[1].cells[0].as_str()), ("2", "3"));

    for (number, verdict, basis) in [
        ("1", SignatureVerdict::Valid, CreationBasis::Claimed),
        ("2", SignatureVerdict::NotVerifiable, CreationBasis::Recorded),
        ("3", SignatureVerdict::NotVerifiable, CreationBasis::Recorded),
        ("4", SignatureVerdict::NotVerifiable, CreationBasis::Claimed),
        ("5", SignatureVerdict::NotVerifiable, CreationBasis::Recorded),
    ] {
        let record = by(number)[0].record.unwrap();
        let opened = access::open(&archive, record, SYSTEM_ACTOR).unwrap();
        let manifest = opened.manifest().unwrap();
        let validation = manifest.validation.clone().unwrap();
        assert_eq!((validation.verdict, validation.created_basis), (verdict, basis), "{number}");
        let flags: Vec<&str> = opened.row.flags.iter().map(String::as_str).collect();
        let wanted = if verdict == SignatureVerdict::Valid { vec![] } else { vec!["SIG-012"] };
        assert_eq!(flags, wanted, "{number}");
        if basis == CreationBasis::Recorded {
            assert_eq!(validation.created_on.to_string(), "2019-03-05", "never the day of the import");
        }
        let imported = manifest.imported.unwrap();
        assert_eq!(imported.receipt_number, Some(format!("К-{number}")));
        assert_eq!(imported.receipt_date.unwrap().to_string(), "2019-03-06");
        assert_eq!((Some(imported.act), imported.profile), (summary.act, profile.sha256));
        assert_eq!(imported.line.to_string(), by(number)[0].cells[0]);
        let issued = opened.row.components.iter().any(|c| c.role() == Role::Issued);
        assert!(!issued, "the old system gave the receipt");
        assert_eq!(opened.row.verdict(), Some(verdict));
    }
    let unsigned = access::open(&archive, by("5")[0].record.unwrap(), SYSTEM_ACTOR).unwrap();
    assert_eq!(unsigned.component("2019/5.docx").unwrap().role(), Role::Main);
    assert_eq!(unsigned.read(unsigned.component("2019/5.docx").unwrap()).unwrap(), text("5"));
    drop(unsigned);

    assert_eq!(found(&archive, "signatures:not_verifiable"), 4);
    assert_eq!(found(&archive, "signatures:valid"), 1);
    assert_eq!(found(&archive, "receipt:К-3"), 1);
    assert_eq!(found(&archive, "receipt_date:2019-03-06"), 5);
    for (value, count) in [("2019", 5), ("2019-03", 5), ("2018..2019-03-06", 5), ("2019-04", 0), ("2018", 0)] {
        assert_eq!(found(&archive, &format!("receipt_date:{value}")), count, "{value}");
    }
    assert_eq!(found(&archive, &format!("import:{}", summary.act.unwrap())), 5);
    assert!(archive.all_waiting().unwrap().is_empty());
    assert!(archive.index().unsigned_answers().unwrap().is_empty(), "no receipt, no notice");

    // Again: what was taken is held, and nothing is taken twice.
    let size = archive.index_meta().records;
    let (again, _) = import(&archive, &holding, &profile, false);
    for (first, second) in rows.iter().zip(&again) {
        let wanted = if first.status == "accepted" { "held" } else { "refused" };
        assert_eq!((second.status, second.record), (wanted, first.record), "{second:?}");
    }
    assert_eq!(archive.index_meta().records, size);
    let runs = imports(&archive).unwrap();
    let counts = |i: usize| runs[i].ended.clone().unwrap().1;
    assert_eq!((runs.len(), counts(0)["accepted"], counts(1)["held"]), (2, 5, 5));
    let taken: Vec<RecordRow> = again.iter().filter_map(|r| r.record).map(|record| row(&archive, record)).collect();
    archive.close().unwrap();
    audit_is_clean(&bench);

    // An index built anew has the same rows.
    muragat::archive::forget_index(&bench.root()).unwrap();
    let archive = bench.open();
    for before in taken {
        assert_eq!(row(&archive, before.id()), before);
    }
    assert_eq!(archive.index_meta().damaged, 0);
    assert_eq!(imports(&archive).unwrap().len(), 2);
}

#[test]
fn of_a_row_with_a_mark_of_secrecy_codes_are_told_and_nothing_else_whatever_its_other_faults() {
    let bench = Bench::new();
    let archive = bench.open();
    let toml = profile(&bench, "1", KEEP).replacen(
        "[columns]",
        "ignore = [\"Гриф\"]\n\n[columns]\naccess_category = \"Қол\"\ncontrol_mark = \"БМ\"",
        1,
    ) + "\n[values.control_mark]\n\"А\" = \"Бақылауда\"\n\"Б\" = \"Құпия\"\n";
    let mut holding = Holding::new();
    for name in ["0.docx", "5.docx", "құпия.docx", "nobody.docx"] {
        holding.file(name, text(name));
    }
    let header = format!("{HEADER};БМ;Гриф;Қол");
    let mut wanted = Vec::new();
    for (n, row, codes) in [
        (2, "S-2;05.03.2014;Құпия;06.03.2019;К-2;5.docx;;;;;;", &["IMP-008", "IMP-009", "ING-033"][..]),
        (3, "S-3;05.03.2019;Өте құпия;;;5.docx;;;;;;", &["IMP-009", "ING-033"]),
        (4, "S-4 құпия;05.03.2019;T;;;nofile.docx;;;;;;", &["IMP-007", "ING-033"]),
        (5, "S-5;05.03.2019;T;;;../құпия/x.docx;;;;;;", &["ING-011", "ING-033"]),
        (6, "S-6;05.03.2019;Секретно;;;6.docx;;;;;;extra;", &["IMP-007", "ING-033"]),
        (7, "S-7;31.02.2019;T;;;7.docx;;;;;Секретно;", &["IMP-007", "ING-033"]),
        (8, "S-8;05.03.2019;T;;Құпия 5;0.docx;;;;;;", &["ING-033"]),
        (9, "S-9;05.03.2019;T;;;9.docx;;;;Құпия;;", &["IMP-007", "ING-033"]),
        (10, "S-10;05.03.2019;T;;;10.docx;;;;Б;;", &["IMP-007", "ING-033"]),
        (11, "S-11;05.03.2019;T;;;11.docx;;;;;;STATE-SECRET", &["IMP-007", "ING-015"]),
    ] {
        holding.line(row);
        wanted.push((n, codes.to_vec()));
    }
    let table = holding.table();
    let text = fs::read_to_string(&table).unwrap().replacen(HEADER, &header, 1);
    fs::write(&table, text).unwrap();
    let profile = approve(&bench, &archive, &toml);
    for is_trial in [true, false] {
        let (rows, summary) = import_table(&archive, &table, &holding.files(), &profile, is_trial);
        assert_eq!(rows.len(), wanted.len());
        for (row, (line, codes)) in rows.iter().zip(&wanted) {
            let [at, number, date, status, record, signatures, flags, told, reasons] = &row.cells;
            assert_eq!((at, status.as_str(), &row.codes), (&line.to_string(), "refused", codes));
            assert_eq!([number, date, record, signatures, flags], [""; 5], "line {line}");
            assert_eq!(*told, codes.join(" "));
            assert_eq!(reasons.split("; ").collect::<BTreeSet<_>>(), codes.iter().copied().collect(), "line {line}");
        }
        let summary = summary.unwrap();
        assert_eq!(summary.unnamed, ["nobody.docx", "ING-033"], "nor the name of a file");
    }
}

#[test]
fn the_profile_decides_which_doubts_are_kept() {
    let bench = Bench::new();
    let archive = bench.open();
    let holding = holding(&bench);
    let statuses = |keep: &str| {
        let (rows, _) = import(&archive, &holding, &parsed(&profile(&bench, "1", keep)), true);
        let status = |number: &str| rows.iter().find(|row| row.number == number).unwrap().status;
        ["1", "2", "5", "6", "17", "18"].map(status)
    };
    let (yes, no) = ("accepted", "refused");
    assert_eq!(statuses("unsigned = false, unproven = false"), [yes, no, no, no, no, no]);
    // The card of row 2 is not signed either.
    assert_eq!(statuses("unsigned = true, unproven = false"), [yes, no, yes, no, no, no]);
    assert_eq!(statuses("unsigned = false, unproven = true"), [yes, no, no, no, no, no]);
    assert_eq!(statuses("unsigned = true, unproven = true"), [yes, yes, yes, no, no, no]);
    let all = "unsigned = true, unproven = true, failed = true, formats = true";
    assert_eq!(statuses(all), [yes, yes, yes, yes, no, yes], "a private key never");
}

#[test]
fn an_import_that_was_cut_off_is_finished_by_the_next() {
    let bench = Bench::new();
    let archive = bench.open();
    let profile = approve(&bench, &archive, &profile(&bench, "1", KEEP));
    let mut holding = Holding::new();
    for number in ["1", "2", "3"] {
        holding.file(&format!("{number}.docx"), text(number));
        holding.row(number, [&format!("{number}.docx"), "", "", ""]);
    }
    // The first is taken; then a person stops it, or the power goes: what is left is an import without an end.
    let part = Holding { rows: holding.rows[..1].to_vec(), ..Holding::new() };
    part.file("1.docx", text("1"));
    let (first, _) = import(&archive, &part, &profile, false);
    let (rows, summary) = import(&archive, &holding, &profile, false);
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), ["held", "accepted", "accepted"]);
    assert_eq!(rows[0].record, first[0].record);
    let held = access::open(&archive, rows[0].record.unwrap(), SYSTEM_ACTOR).unwrap();
    assert_ne!(Some(held.manifest().unwrap().imported.unwrap().act), summary.act, "it names the import it came by");
    drop(held);

    let table = holding.table();
    let stopped = AtomicBool::new(true);
    let (files, threads) = (holding.files(), 1);
    let asked = Run {
        table: &table,
        files: &files,
        profile: &profile,
        is_trial: false,
        actor: SYSTEM_ACTOR,
        threads,
        material: None,
        stop: &stopped,
    };
    let mut count = 0;
    let summary = run(&archive, &asked, &mut |row| {
        assert!(matches!(row.outcome, Outcome::NotBegun));
        count += 1;
    });
    assert!(summary.unwrap().unwrap().is_stopped);
    assert_eq!(count, 3, "every row is said");
}

#[test]
fn after_any_crash_the_same_import_takes_the_rest() {
    let mut holding = Holding::new();
    for number in ["1", "2", "3"] {
        holding.file(&format!("{number}.docx"), text(number));
        holding.row(number, [&format!("{number}.docx"), "", "", ""]);
    }
    let bench = Bench::bare();
    let profile = parsed(&profile(&bench, "1", KEEP));
    let adopted = Bed::new(&FaultPlan::count_only());
    let archive = adopted.open().unwrap();
    let trust = bench.office.trust(bench.now());
    archive.adopt_policy(trust.policy.as_bytes(), PolicyFile::Policy, SYSTEM_ACTOR).unwrap();
    archive.close().unwrap();
    let (table, files, stop) = (holding.table(), holding.files(), AtomicBool::new(false));
    let asked = Run {
        table: &table,
        files: &files,
        profile: &profile,
        is_trial: false,
        actor: SYSTEM_ACTOR,
        threads: 1,
        material: None,
        stop: &stop,
    };
    let under = |plan: &Arc<FaultPlan>| {
        let mut bed = adopted.killed();
        bed.disk = Arc::new(bed.disk.copy().under(plan));
        bed.keys = Arc::new(bed.keys.copy().under(plan));
        bed
    };
    let count = FaultPlan::count_only();
    let bed = under(&count);
    let archive = bed.open().unwrap();
    run(&archive, &asked, &mut |_| {}).unwrap().unwrap();
    archive.close().unwrap();
    assert!(count.operations() > 10, "{:?}", count.log());
    for k in 0..count.operations() {
        let failure = Failure::ALL[usize::try_from(k).unwrap() % 3];
        let plan = FaultPlan::fail_at(k, failure);
        let bed = under(&plan);
        let mut told = Vec::new();
        if let Ok(archive) = bed.open() {
            // What fails is a row that says so, or the end of the import that was not written.
            let _ = run(&archive, &asked, &mut |row| told.extend(row.record()));
        }
        let bed = bed.power_cut(k);
        let archive = bed.open().unwrap();
        let mut rows = Vec::new();
        let summary = run(&archive, &asked, &mut |row| rows.push((row.outcome.as_str(), row.record().unwrap())));
        assert!(summary.unwrap().unwrap().failure.is_none());
        for record in told {
            assert!(rows.contains(&("held", record)), "operation {k} {failure:?}: {rows:?}");
        }
        assert_eq!(archive.index_meta().records, 3, "operation {k} {failure:?}: each row once");
        let imports = imports(&archive).unwrap();
        assert!(imports.last().unwrap().ended.is_some());
        archive.close().unwrap();
        let report = bed.audit();
        assert!(report.is_clean(), "operation {k} {failure:?}: {:?}", report.findings);
    }
}

#[test]
fn a_table_that_is_not_that_of_the_profile_is_refused_whole() {
    let bench = Bench::new();
    let archive = bench.open();
    let profile = parsed(&profile(&bench, "1", KEEP));
    let holding = Holding::new();
    let path = holding.folder.path().join("t.csv");
    let refused = |bytes: &[u8], why: &str| {
        fs::write(&path, bytes).unwrap();
        let (rows, summary) = import_table(&archive, &path, &holding.files(), &profile, true);
        let reasons = summary.unwrap_err();
        assert!(rows.is_empty());
        let said = |r: &muragat::error::Refusal| r.code == ErrorCode::ImpTable && r.detail.contains(why);
        assert!(reasons.iter().any(said), "{why}: {reasons:?}");
    };
    refused(b"", "empty");
    refused(&[HEADER.as_bytes(), b"\r\n1;\xd2\xe5\xf1\xf2"].concat(), "#2: line is not UTF-8");
    refused(HEADER.replace("Күні;", "").as_bytes(), "\"Күні\": the column of the profile is missing");
    refused(HEADER.replace(';', ",").as_bytes(), "of the profile is missing");
    refused(format!("{HEADER};Ескерту").as_bytes(), "\"Ескерту\": the column is not in the profile");
    refused(format!("{HEADER};№").as_bytes(), "\"№\": the column is there twice");
}

#[test]
fn an_import_needs_a_policy_and_keeps_its_term() {
    let bench = Bench::bare();
    let archive = bench.open();
    let profile = parsed(&profile(&bench, "1", KEEP));
    let mut holding = Holding::new();
    holding.file("1.docx", text("1"));
    holding.row("1", ["1.docx", "", "", ""]);
    let (table, files, stop) = (holding.table(), holding.files(), AtomicBool::new(false));
    let asked = Run {
        table: &table,
        files: &files,
        profile: &profile,
        is_trial: false,
        actor: SYSTEM_ACTOR,
        threads: 1,
        material: None,
        stop: &stop,
    };
    assert_eq!(run(&archive, &asked, &mut |_| {}).unwrap_err().code, ErrorCode::SigNoPolicy);
    let trust = bench.office.trust(bench.now());
    bench.adopt(&archive, &trust.policy);
    bench.later(31 * DAY_MS);
    let reasons = run(&archive, &asked, &mut |_| {}).unwrap().unwrap_err();
    assert_eq!(codes(&reasons).into_keys().collect::<Vec<_>>(), ["IMP-005"]);
}

#[test]
fn a_report_is_no_program_for_a_spreadsheet() {
    let cells = |text: &str| ["1", text, "", "refused", "", "", "", "", ""].map(str::to_owned);
    let report = csv_of([cells("=HYPERLINK(\"x\")"), cells("қ-1, \"а\"")].into_iter());
    let report = String::from_utf8(report).unwrap();
    assert!(report.contains("'=HYPERLINK") && !report.contains(",=HYPERLINK"), "{report}");
    assert!(report.contains("\"қ-1, \"\"а\"\"\""), "{report}");
}

#[test]
fn real_files_come_in_as_they_are() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let Ok(entries) = fs::read_dir(&corpus) else {
        eprintln!("skipped: no corpus in {}", corpus.display());
        return;
    };
    let bench = Bench::new();
    let archive = bench.open();
    let toml = profile(&bench, "1", "unsigned = true, unproven = true, formats = true");
    let profile = approve(&bench, &archive, &toml);
    let mut holding = Holding::new();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    for (n, path) in paths.iter().take(60).enumerate() {
        let name = format!("{n}-{}", path.file_name().unwrap().to_str().unwrap());
        holding.file(&name, fs::read(path).unwrap());
        holding.row(&format!("{n}"), [&name, "", "", ""]);
    }
    let (rows, _) = import(&archive, &holding, &profile, false);
    let taken: Vec<_> = rows.iter().filter(|row| row.status == "accepted").collect();
    assert!(!taken.is_empty(), "{:?}", rows.first());
    assert!(taken.iter().all(|row| row.signatures == Some("not_verifiable")));
    for row in &taken {
        let opened = access::open(&archive, row.record.unwrap(), SYSTEM_ACTOR).unwrap();
        let main = opened.row.components.iter().find(|c| c.role() == Role::Main).unwrap();
        assert_eq!(opened.read(main).unwrap(), fs::read(holding.files().join(&main.path)).unwrap());
    }
    eprintln!("{} of {} real files were taken in", taken.len(), rows.len());
    archive.close().unwrap();
    audit_is_clean(&bench);
}
