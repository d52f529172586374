//! What intake says of real files, row by row.
//!
//! Goal: for every file of the outside corpus a person looked at it and decided; intake decides the same, names the
//! same PRONOM identifier, and nothing of a refused file remains. Method: `tests/formats.tsv` is the table;
//! each file becomes a submission in the role that the table says, all go in in one run under the default policy, and
//! the answers are compared. A row that has become untrue fails, and so does a file without a row.

use super::bed::cover;
use super::bed::unsigned;
use muragat::access;
use muragat::archive::Archive;
use muragat::audit::{Options as AuditOptions, audit};
use muragat::clock::SystemClock;
use muragat::config::Config;
use muragat::ingest::{Answered, Options, Status, ingest};
use muragat::store::local::LocalDisk;
use muragat::testing::card;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// One row of the table.
#[derive(Debug)]
struct Row {
    file: &'static str,
    role: &'static str,
    /// `accept`, or codes after `flag:` or `refuse:`.
    verdict: &'static str,
    puid: &'static str,
}

fn table() -> Vec<Row> {
    let lines = include_str!("../formats.tsv").lines().skip(1);
    let row = |line: &'static str| {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 5, "{line}");
        assert!(fields[4].len() > 5, "every verdict has its reason: {line}");
        Row { file: fields[0], role: fields[1], verdict: fields[2], puid: fields[3] }
    };
    lines.map(row).collect()
}

/// A submission with this file in this role.
fn submission(into: &Path, number: u32, file: &Path, role: &str) -> PathBuf {
    let folder = into.join(format!("s{number:04}"));
    std::fs::create_dir_all(&folder).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let mut components = vec![json!({"path": "card.json", "role": "card"}), json!({"path": name, "role": role})];
    if role != "main" {
        std::fs::write(folder.join("cover.docx"), cover()).unwrap();
        components.push(json!({"path": "cover.docx", "role": "main"}));
    }
    let description = json!({
        "schema": "muragat/submission/1", "agency": "TEST-01", "direction": "internal", "nomenclature_index": "01-02",
        "access_category": "public", "components": components,
    });
    std::fs::write(folder.join("submission.json"), description.to_string()).unwrap();
    std::fs::write(folder.join("card.json"), card(number).to_string()).unwrap();
    std::fs::copy(file, folder.join(name)).unwrap();
    folder
}

fn verdict(answered: &Answered) -> String {
    let codes = |codes: BTreeSet<String>| codes.into_iter().collect::<Vec<_>>().join(",");
    match &answered.status {
        Status::Accepted { flags, .. } => {
            // That nothing is signed is not what the table is about.
            let found: BTreeSet<String> = flags.iter().filter(|code| *code != "SIG-012").cloned().collect();
            if found.is_empty() { "accept".to_owned() } else { format!("flag:{}", codes(found)) }
        }
        Status::Refused { reasons, .. } => {
            format!("refuse:{}", codes(reasons.iter().map(|r| r.code.to_string()).collect()))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn intake_says_of_every_file_what_the_table_says() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let Ok(listed) = std::fs::read_dir(&files) else {
        println!("SKIPPED: ../shared/corpus is not here");
        return;
    };
    let listed: BTreeSet<String> = listed.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    let table = table();
    let rows: BTreeSet<String> = table.iter().map(|row| row.file.to_owned()).collect();
    assert_eq!(listed, rows, "every file has its row, and every row its file");
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0u32..)
        .zip(&table)
        .map(|(number, row)| submission(&dir.path().join("in"), number, &files.join(row.file), row.role))
        .collect();
    let root = dir.path().join("archive");
    let archive = Archive::create(&root, &unsigned(), Arc::new(SystemClock)).unwrap();
    let actor = archive.actor("test").unwrap();
    let mut answers = BTreeMap::new();
    ingest(
        &archive,
        &paths,
        &Options { actor, threads: 2, material: None, stop: &AtomicBool::new(false) },
        &mut |answered| {
            answers.insert(answered.path.clone(), answered);
        },
    );
    archive.wait_index().unwrap();
    let mut wrong = Vec::new();
    for (row, path) in table.iter().zip(&paths) {
        let answered = &answers[path];
        let found = verdict(answered);
        let puid = match &answered.status {
            Status::Accepted { record, .. } => {
                let opened = access::open(&archive, *record, actor).unwrap();
                let manifest = opened.manifest().unwrap();
                let component = manifest.components.iter().find(|c| c.path == row.file).unwrap();
                component.format.as_ref().unwrap().puid.clone().unwrap_or_else(|| "-".to_owned())
            }
            // Nothing is kept of it, so there is nothing to name.
            _ => "-".to_owned(),
        };
        if (found.as_str(), puid.as_str()) != (row.verdict, row.puid) {
            wrong.push(format!("{}\t{}\t{found}\t{puid}", row.file, row.role));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows differ:\n{}", wrong.len(), table.len(), wrong.join("\n"));
    archive.close().unwrap();
    // Nothing of what was refused: no frames beside those of accepted records and of the refusals, no spool.
    let config = Config::load(&root).unwrap();
    let disk = LocalDisk::open_read_only(&root);
    let report = audit(&disk, &config, None, None, AuditOptions { every_byte: true, threads: 2 }, &|_, _| {}).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.unreferenced_objects, 0);
    assert!(std::fs::read_dir(root.join("spool")).map_or(0, Iterator::count) == 0, "the spool is empty");
}
