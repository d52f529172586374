//! Goal: an archive of every format version ever written opens, is whole, and gives back what it holds; a damaged one says where.
//!
//! Method: `tests/golden/store/v*/` are real archives with their keys, written by `tools/golden` of their time and never changed.
//! Each is opened in a copy (opening writes); `damaged.json` beside it lists changes that the audit must name.

use super::bed::content_of;
use muragat::archive::Archive;
use muragat::audit::{AuditReport, Options as AuditOptions, audit};
use muragat::clock::FixedClock;
use muragat::config::Config;
use muragat::error::ErrorCode;
use muragat::model::digest::sha256;
use muragat::model::id::RecordId;
use muragat::store::local::{Erasing, LocalDisk};
use muragat::vault::keys::KeyFolder;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

fn versions() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn look(root: &Path) -> AuditReport {
    let config = Config::load(root).unwrap();
    let keys = Arc::new(LocalDisk::open(&config.keys_path(root), Erasing::Nothing).unwrap());
    let keys = KeyFolder::new(keys, config.archive_id);
    let options = AuditOptions { every_byte: true, threads: 1 };
    audit(&LocalDisk::open_read_only(root), &config, Some(&keys), None, options, &|_, _| {}).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_golden_store_opens_and_gives_back_what_it_holds() {
    for version in versions() {
        let dir = tempfile::tempdir().unwrap();
        copy(&version, dir.path());
        let root = dir.path().join("archive");
        let expected = json(&version.join("expected.json"));
        let report = look(&root);
        assert!(report.is_clean(), "{}: {:?}", version.display(), report.findings);
        assert_eq!(report.entries, expected["entries"].as_u64().unwrap());
        assert_eq!(report.records, expected["records"].as_u64().unwrap());
        let clock = Arc::new(FixedClock(AtomicU64::new(1_800_000_000_000)));
        let archive = Archive::open(&root, clock, &mut |_, _| {}).unwrap();
        assert!(archive.recovery().1, "a golden store has no index");
        assert_eq!(archive.head().size, expected["entries"].as_u64().unwrap());
        let held = expected["held"].as_object().unwrap();
        assert!(held.len() > 5);
        for (record, wanted) in held {
            let content = content_of(&archive, record.parse::<RecordId>().unwrap()).unwrap();
            assert_eq!(sha256(&content["main.docx"]).to_string(), wanted["main_sha256"], "record {record}");
            let reg = wanted["registration_number"].as_str().unwrap();
            let query = muragat::index::query::Query::parse(&format!("reg:{reg}")).unwrap();
            let mut found = Vec::new();
            let mut take = |_, row: muragat::index::rows::RecordRow| {
                found.push(row.id().to_string());
                true
            };
            archive.index().search(&query, None, &mut take).unwrap();
            assert!(found.contains(record), "{reg} finds {found:?}");
        }
        let erased: RecordId = expected["erased"].as_str().unwrap().parse().unwrap();
        assert_eq!(content_of(&archive, erased).unwrap_err().code, ErrorCode::VltErased);
        archive.close().unwrap();
        assert!(look(&root).is_clean());
    }
}

#[test]
fn every_damaged_variant_of_a_golden_store_is_named() {
    for version in versions() {
        for damage in json(&version.join("damaged.json")).as_array().unwrap() {
            let dir = tempfile::tempdir().unwrap();
            copy(&version, dir.path());
            let root = dir.path().join("archive");
            let file = damage["file"].as_str().unwrap();
            let mut bytes = std::fs::read(root.join(file)).unwrap();
            match damage["cut_to"].as_u64() {
                Some(len) => bytes.truncate(usize::try_from(len).unwrap()),
                None => {
                    let at = usize::try_from(damage["offset"].as_u64().unwrap()).unwrap();
                    bytes[at] ^= u8::try_from(damage["xor"].as_u64().unwrap()).unwrap();
                }
            }
            std::fs::write(root.join(file), bytes).unwrap();
            let report = look(&root);
            assert!(report.findings.iter().any(|f| f.file == file), "{damage}: {:?}", report.findings);
        }
    }
}
