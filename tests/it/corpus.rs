//! Goal: real documents go in, are kept, found, and come back byte for byte; the index can be thrown away.
//!
//! Method: every file of `../shared/corpus` (where it is present) becomes the main document of a submission, as a folder and the
//! whole set again as ZIP files; digests come from the corpus's own manifest, not from us. A made-up set does the same everywhere.

use super::bed::{accepted, content_of, submission};
use muragat::archive::{Archive, InitOptions, forget_index};
use muragat::audit::{Options as AuditOptions, audit};
use muragat::clock::SystemClock;
use muragat::config::{Action, Config, Policy};
use muragat::index::query::Query;
use muragat::index::rows::RecordRow;
use muragat::ingest::{Options, Status, ingest};
use muragat::model::digest::sha256;
use muragat::store::local::LocalDisk;
use muragat::testing::Sequence;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Answers of the index to many questions, by question.
fn answers(archive: &Archive, queries: &[String]) -> BTreeMap<String, Vec<String>> {
    let ask = |text: &String| {
        let mut found = Vec::new();
        let query = Query::parse(text).unwrap();
        let mut take = |number, row: RecordRow| {
            found.push(format!("{number} {} {:?}", row.id(), row.card));
            true
        };
        archive.index().search(&query, None, &mut take).unwrap();
        (text.clone(), found)
    };
    queries.iter().map(ask).collect()
}

fn round_trip(files: &[(String, Vec<u8>)], digests: &BTreeMap<String, String>) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("archive");
    let mut by_path = BTreeMap::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (number, (name, bytes)) in (0u32..).zip(files) {
        let folder = submission(&dir.path().join("in"), number, &[(name, bytes.clone())], "public").0;
        by_path.insert(folder.clone(), name.clone());
        paths.push(folder);
    }
    // Whatever it is: here it must come back. What intake says of it is the matter of `formats`.
    let policy = Policy { formats: Action::Flag, signatures: Action::Flag, ..Policy::default() };
    let options = InitOptions { policy, ..InitOptions::default() };
    let archive = Archive::create(&root, &options, Arc::new(SystemClock)).unwrap();
    let actor = archive.actor("test").unwrap();
    let options = Options { actor, threads: 2, material: None, stop: &AtomicBool::new(false) };
    let mut records = BTreeMap::new();
    ingest(&archive, &paths, &options, &mut |answered| {
        let record = accepted(&answered).unwrap_or_else(|| panic!("{answered:?}"));
        records.insert(by_path[&answered.path].clone(), record);
    });
    assert_eq!(records.len(), files.len());
    archive.wait_index().unwrap();
    for (name, record) in &records {
        let content = content_of(&archive, *record).unwrap();
        assert_eq!(sha256(&content[name]).to_string(), digests[name], "{name}");
    }
    // Taking the same in again keeps nothing twice.
    let mut held = 0;
    ingest(&archive, &paths, &options, &mut |answered| {
        held += usize::from(matches!(answered.status, Status::Held { .. }));
    });
    assert_eq!(held, files.len());
    let mut queries: Vec<String> =
        ["үлгі", "Үлгі ҚҰЖАТ", "хат", "agency:TEST-01", "date:2026-01", "index:01-02", "үлг 17"]
            .map(str::to_owned)
            .to_vec();
    queries.extend((0..files.len()).step_by(7).map(|n| format!("reg:{n}-қ")));
    queries.extend(files.iter().step_by(5).map(|(name, _)| format!("sha256:{}", digests[name])));
    queries.extend(records.values().step_by(11).map(|r| format!("id:{r}")));
    let before = answers(&archive, &queries);
    assert_eq!(before["үлгі"].len(), files.len());
    assert_eq!(before[&format!("sha256:{}", digests[&files[0].0])].len(), 1);
    archive.close().unwrap();
    let config = Config::load(&root).unwrap();
    let disk = LocalDisk::open_read_only(&root);
    let report = audit(&disk, &config, None, None, AuditOptions { every_byte: true, threads: 2 }, &|_, _| {}).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.records, files.len() as u64);
    // The index thrown away, and built again as a new generation: the same answers.
    std::fs::remove_dir_all(root.join("index")).unwrap();
    let archive = Archive::open(&root, Arc::new(SystemClock), &mut |_, _| {}).unwrap();
    assert_eq!(answers(&archive, &queries), before);
    archive.close().unwrap();
    forget_index(&root).unwrap();
    let archive = Archive::open(&root, Arc::new(SystemClock), &mut |_, _| {}).unwrap();
    assert_eq!(answers(&archive, &queries), before);
}

#[test]
fn real_documents_come_back_byte_for_byte() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(manifest) = std::fs::read_to_string(corpus.join("manifest.tsv")) else {
        println!("SKIPPED: ../shared/corpus is not here; the made-up set below runs everywhere");
        return;
    };
    let mut digests = BTreeMap::new();
    let mut files = Vec::new();
    for line in manifest.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let bytes = std::fs::read(corpus.join("files").join(fields[0])).unwrap();
        digests.insert(fields[0].to_owned(), fields[3].to_owned());
        files.push((fields[0].to_owned(), bytes));
    }
    assert!(files.len() > 100, "the corpus has {} files", files.len());
    round_trip(&files, &digests);
}

#[test]
fn made_up_documents_come_back_byte_for_byte() {
    let mut numbers = Sequence::new(11);
    let sizes = [1, 2, 262_143, 262_144, 262_145, 4_194_304, 4_194_305, 9_000_001, 30_000];
    let files: Vec<(String, Vec<u8>)> = sizes
        .iter()
        .enumerate()
        .map(|(i, size)| {
            let bytes = if i % 2 == 0 { numbers.text(*size) } else { numbers.noise(*size) };
            (format!("құжат-{i}.bin"), bytes)
        })
        .collect();
    let digests = files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes).to_string())).collect();
    round_trip(&files, &digests);
}
