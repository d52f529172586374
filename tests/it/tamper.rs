//! Goal: one changed byte, a missing file or a short one, anywhere in the three truths, is found and named.
//!
//! Method: an archive with several segments, vault pages and full and partial tiles; each file in turn is changed at its first,
//! last and some other bytes, cut short, and removed, and the audit must name that file. The clean archive is the control.

use super::bed::{Bed, accepted, submission, take_in};
use muragat::model::id::RecordId;
use muragat::store::Disk;
use muragat::testing::{FaultPlan, Sequence};
use std::path::PathBuf;

fn archive() -> (Bed, Vec<RecordId>) {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Sequence::new(3);
    let mut submit = |range: std::ops::Range<u32>| -> Vec<PathBuf> {
        range.map(|n| submission(dir.path(), n, &[("main.docx", numbers.noise(700))], "public").0).collect()
    };
    let bed = Bed::new(&FaultPlan::count_only());
    let mut records = Vec::new();
    for range in [0..290, 290..300] {
        let archive = bed.open().unwrap();
        archive.tune(200_000, 100);
        let answers = take_in(&archive, &submit(range)).unwrap();
        records.extend(answers.iter().map(|a| accepted(a).unwrap()));
        archive.close().unwrap();
    }
    (bed, records)
}

#[test]
fn every_change_is_found_and_named() {
    let (bed, _) = archive();
    let report = bed.audit();
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.records, 300);
    let files = bed.disk.files();
    let (mut numbers, mut tried) = (Sequence::new(1), 0);
    for class in
        ["store/", "vault/page-", "vault/root-", "vault/journal-", "tlog/lock", "tlog/staged-", "tlog/checkpoint"]
    {
        assert!(files.keys().any(|name| name.starts_with(class)), "the archive has no {class}: {:?}", files.keys());
    }
    for class in ["tlog/tile/0/000", "tlog/tile/0/001.p/", "tlog/tile/1/000.p/", "tlog/tile/entries/000"] {
        assert!(files.keys().any(|name| name.starts_with(class)), "the archive has no {class}: {:?}", files.keys());
    }
    for (name, bytes) in &files {
        let mut offsets = vec![0, bytes.len() - 1];
        offsets.extend((0..12).map(|_| numbers.len_to(bytes.len() - 1)));
        for offset in offsets {
            let bed = bed.killed();
            bed.disk.corrupt(name, offset, 1 << numbers.below(8));
            named(&bed, name, &format!("byte {offset} of {}", bytes.len()));
            tried += 1;
        }
        let short = bed.killed();
        short.disk.cut(name, bytes.len() as u64 - 1).unwrap();
        named(&short, name, "cut short");
        let missing = bed.killed();
        missing.disk.delete(name).unwrap();
        // A partial tile of an older checkpoint may be missing: it is a convenience of readers who come late.
        if !name.contains(".p/") || is_newest_partial(name, &files) {
            named(&missing, name, "missing");
        }
    }
    println!("{tried} changed bytes in {} files", files.len());
}

fn is_newest_partial(name: &str, files: &std::collections::BTreeMap<String, Vec<u8>>) -> bool {
    let (folder, width) = name.rsplit_once('/').unwrap();
    let width: u64 = width.parse().unwrap();
    files.keys().filter_map(|n| n.strip_prefix(folder)?.strip_prefix('/')?.parse::<u64>().ok()).all(|w| w <= width)
}

fn named(bed: &Bed, name: &str, what: &str) {
    let report = bed.audit();
    let named = report.findings.iter().any(|f| f.file == name);
    // The parts of the journal hold each other; where a whole file is gone, what refers to it is named as well.
    assert!(named, "{name}, {what}: not named in {:?}", report.findings);
}

#[test]
fn a_stray_file_is_named() {
    let (bed, _) = archive();
    for name in ["store/notes.txt", "vault/page-00", "tlog/tile/0/notes"] {
        let bed = bed.killed();
        bed.disk.plant(name, b"?");
        named(&bed, name, "stray");
    }
}

#[test]
fn an_older_lock_record_is_refused() {
    let (bed, _) = archive();
    // The lock record of a smaller archive state, put back over a newer journal: a rollback.
    let small = bed.killed();
    let lock = small.disk.files()["tlog/lock"].clone();
    let dir = tempfile::tempdir().unwrap();
    let more = submission(dir.path(), 999, &[("main.docx", vec![7; 300])], "public").0;
    let archive = bed.open().unwrap();
    take_in(&archive, &[more]).unwrap();
    archive.close().unwrap();
    let newest = bed.disk.files();
    bed.disk.plant("tlog/lock", &lock);
    let error = bed.open().err().expect("a rolled-back lock record must not open");
    assert_eq!(error.code, muragat::error::ErrorCode::LogIntegrity, "{error}");
    // Refusing changed nothing: with the right lock record back, everything is whole.
    let mut after = bed.disk.files();
    assert_eq!(after.insert("tlog/lock".to_owned(), newest["tlog/lock"].clone()), Some(lock.clone()));
    assert_eq!(after, newest);
    // An older checkpoint beside it hides the newer size; the tiles still show it.
    bed.disk.plant("tlog/checkpoint", &small.disk.files()["tlog/checkpoint"]);
    assert!(bed.open().is_err(), "a rolled-back lock record and checkpoint must not open");
    assert_eq!(bed.disk.files()["store/00000001.seg"], newest["store/00000001.seg"]);
    bed.disk.plant("tlog/checkpoint", &newest["tlog/checkpoint"]);
    named(&bed, "tlog/lock", "rolled back");
}
