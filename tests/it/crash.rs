//! Goal: after any single failure and any crash, every acknowledged record is whole and none other is half there.
//!
//! Method: one workload (taking in, refusing, a large document, several segments, folds of the vault, receipts added to
//! two records, one of which is spilled, reindexing at reopening) is run once to count its operations on the media, then once for every operation and every way to fail
//! it. After each run both a power cut (unsynced bytes lost, torn or kept) and a kill (they stay) are opened again.

use super::bed::{Bed, Content, accepted, content_of, submission, take_in};
use muragat::archive::Archive;
use muragat::error::{Error, ErrorCode};
use muragat::ingest::Status;
use muragat::ingest::amend::{Amended, add};
use muragat::ingest::spill::unsigned as spill;
use muragat::model::id::RecordId;
use muragat::model::submission::{ComponentEntry, Role};
use muragat::testing::{Failure, FaultPlan, Sequence};
use muragat::tlog::commit::SYSTEM_ACTOR;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

struct Load {
    _dir: tempfile::TempDir,
    paths: Vec<PathBuf>,
    contents: Vec<Content>,
    refused: PathBuf,
    receipt: PathBuf,
}

/// A receipt that is added to a record later.
const RECEIPT: &str = "түбіртек.txt";
const RECEIPT_BYTES: &[u8] = "Түбіртек: алушы тіркеді".as_bytes();

fn load() -> Load {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Sequence::new(7);
    let (mut paths, mut contents) = (Vec::new(), Vec::new());
    for number in 0..6u32 {
        // One is larger than a frame, so its frames reach the store before it is complete.
        let len = if number == 3 { 5_000_000 } else { 3_000 };
        let files = [("main.docx", numbers.noise(len)), ("қосымша.txt", numbers.text(2_000))];
        let (path, content) = submission(dir.path(), number, &files, "public");
        paths.push(path);
        contents.push(content);
    }
    let (refused, _) = submission(dir.path(), 99, &[("main.docx", vec![1; 10])], "public");
    std::fs::write(refused.join("stray.txt"), b"not listed").unwrap();
    let receipt = dir.path().join(RECEIPT);
    std::fs::write(&receipt, RECEIPT_BYTES).unwrap();
    Load { _dir: dir, paths, contents, refused, receipt }
}

/// What the outside was told.
#[derive(Default)]
struct Told {
    accepted: BTreeMap<RecordId, usize>,
    /// Records whose receipt was acknowledged.
    amended: BTreeSet<RecordId>,
    erasing: Option<RecordId>,
    erased: bool,
}

/// Runs the workload until something fails.
fn run(bed: &Bed, load: &Load, told: &mut Told) -> Result<(), Error> {
    let archive = bed.open()?;
    archive.tune(20_000, 4);
    let mut take = |archive: &Archive, which: &[usize]| -> Result<(), Error> {
        let paths: Vec<PathBuf> = which.iter().map(|i| load.paths[*i].clone()).collect();
        for answered in take_in(archive, &paths)? {
            match (accepted(&answered), answered.status) {
                (Some(record), _) => {
                    let which = load.paths.iter().position(|p| *p == answered.path).unwrap();
                    told.accepted.insert(record, which);
                }
                (None, Status::Failed(e)) => return Err(e),
                (None, status) => panic!("unexpected answer {status:?}"),
            }
        }
        Ok(())
    };
    take(&archive, &[0])?;
    take(&archive, &[1, 2])?;
    let answers = take_in(&archive, std::slice::from_ref(&load.refused))?;
    match answers.into_iter().next().unwrap().status {
        Status::Refused { reasons, .. } => assert_eq!(reasons[0].code, ErrorCode::IngFileUnlisted),
        Status::Failed(e) => return Err(e),
        status => panic!("unexpected answer {status:?}"),
    }
    archive.close()?;
    let archive = bed.open()?;
    archive.tune(20_000, 4);
    take(&archive, &[3])?;
    archive.settle()?;
    take(&archive, &[4, 5])?;
    archive.wait_index()?;
    let record = |which| *told.accepted.iter().find(|(_, w)| **w == which).unwrap().0;
    let (first, second) = (record(0), record(1));
    for record in [first, second] {
        let entry = ComponentEntry {
            path: RECEIPT.to_owned(),
            role: Role::Receipt,
            covers: Vec::new(),
            media_type: None,
            derivation: None,
        };
        let amended = add(&archive, record, entry, &load.receipt, None, SYSTEM_ACTOR)?;
        assert!(matches!(amended, Amended::Done { .. }), "{amended:?}");
        told.amended.insert(record);
    }
    told.erasing = Some(first);
    spill(&archive, first, SYSTEM_ACTOR)?;
    told.erased = true;
    archive.close()
}

/// Whether a record holds a submission whole, with or without its receipt.
fn is_whole(content: &Content, submitted: &Content) -> bool {
    let mut with_receipt = submitted.clone();
    with_receipt.insert(RECEIPT.to_owned(), RECEIPT_BYTES.to_vec());
    content == submitted || *content == with_receipt
}

/// Opens what a crash left and checks every promise.
fn check(bed: &Bed, load: &Load, told: &Told, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    for (record, which) in &told.accepted {
        match content_of(&archive, *record) {
            Ok(content) => {
                assert!(!(told.erased && told.erasing == Some(*record)), "{at}: an erased record opens");
                assert!(is_whole(&content, &load.contents[*which]), "{at}: record {record} is not whole");
                let receipt = content.contains_key(RECEIPT);
                assert!(receipt || !told.amended.contains(record), "{at}: record {record} lost its receipt");
            }
            Err(e) => {
                assert_eq!(told.erasing, Some(*record), "{at}: acknowledged record {record}: {e}");
                assert_eq!(e.code, ErrorCode::VltErased, "{at}: {e}");
            }
        }
    }
    // Whatever else is there is whole too: none half.
    for number in 0..archive.index_meta().records {
        let Some(row) = archive.index().record(number).unwrap() else { continue };
        if let Ok(content) = content_of(&archive, row.id()) {
            assert!(load.contents.iter().any(|c| is_whole(&content, c)), "{at}: record {} is half", row.id());
        } else {
            assert_eq!(told.erasing, Some(row.id()), "{at}: record {} does not open", row.id());
        }
    }
    // Life goes on: places of the journal that a lost batch had are used again, and all that is missing is taken in.
    let answers = take_in(&archive, &load.paths).unwrap();
    let lost = answers.iter().filter(|a| accepted(a).is_some()).count();
    // Of a spilled record nothing is left that could know its submission again.
    let known = told.accepted.len() - usize::from(told.erasing.is_some());
    assert!(lost + known <= load.paths.len(), "{at}: an acknowledged record was taken for new");
    for answered in &answers {
        let record = accepted(answered).or(match answered.status {
            Status::Held { record } => Some(record),
            _ => None,
        });
        assert!(record.is_some(), "{at}: {answered:?}");
    }
    archive.close().unwrap_or_else(|e| panic!("{at}: does not close: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}, afterwards: {:?}", report.findings);
    let archive = bed.open().unwrap();
    assert_eq!(archive.recovery().0.cut_bytes, 0, "{at}: a clean close leaves nothing to cut");
}

#[test]
fn any_failed_operation_leaves_every_acknowledged_record_whole() {
    let load = load();
    let plan = FaultPlan::count_only();
    let bed = Bed::new(&plan);
    let mut told = Told::default();
    run(&bed, &load, &mut told).unwrap();
    check(&bed.killed(), &load, &told, "no failure");
    let operations = plan.operations();
    assert!(operations > 80, "the workload is too small to prove much: {operations} operations");
    let mut runs = 0;
    for k in 0..operations + 4 {
        for failure in Failure::ALL {
            let plan = FaultPlan::fail_at(k, failure);
            let bed = Bed::new(&plan);
            let mut told = Told::default();
            let result = run(&bed, &load, &mut told);
            let at = format!("operation {k} ({:?}) {failure:?}", plan.log().last());
            // Threads may need an operation less in one run than in another; then nothing failed.
            assert!(result.is_err() || !plan.is_dead(), "{at}: a failure was swallowed");
            check(&bed.power_cut(k), &load, &told, &format!("{at}, power cut"));
            check(&bed.killed(), &load, &told, &format!("{at}, killed"));
            runs += 2;
        }
    }
    println!("{operations} operations, {runs} crashes");
}

#[test]
fn after_a_failed_write_nothing_is_written_until_reopened() {
    let load = load();
    let plan = FaultPlan::count_only();
    Bed::new(&plan).open().unwrap().close().unwrap();
    // The first operations after opening are those of the first act; a medium that recovers must not be believed.
    let plan = FaultPlan::fail_at_then(plan.operations() + 3, Failure::NotDone, false);
    let bed = Bed::new(&plan);
    let archive = bed.open().unwrap();
    let mut codes = Vec::new();
    for path in &load.paths[..3] {
        match take_in(&archive, std::slice::from_ref(path)) {
            Ok(answers) => codes.extend(answers.iter().map(|a| match &a.status {
                Status::Failed(e) => e.code,
                status => panic!("unexpected answer {status:?}"),
            })),
            Err(e) => codes.push(e.code),
        }
    }
    assert!(codes[1..].iter().all(|c| matches!(c, ErrorCode::StoLatched | ErrorCode::StoIo)), "{codes:?}");
    let operations = plan.operations();
    let _ = take_in(&archive, &load.paths[3..4]);
    assert!(
        plan.log()[usize::try_from(operations).unwrap()..].iter().all(|o| o.starts_with("append store/")),
        "{:?}",
        plan.log()
    );
    drop(archive);
    let archive = bed.open().unwrap();
    let answers = take_in(&archive, &load.paths[..3]).unwrap();
    assert_eq!(answers.iter().filter(|a| accepted(a).is_some()).count(), 3);
}

#[test]
fn a_damaged_index_row_leads_to_a_rebuild_and_never_to_an_answer() {
    let load = load();
    let bed = Bed::new(&FaultPlan::count_only());
    let archive = bed.open().unwrap();
    let mut told = Told::default();
    for answered in take_in(&archive, &load.paths[..3]).unwrap() {
        let which = load.paths.iter().position(|p| *p == answered.path).unwrap();
        told.accepted.insert(accepted(&answered).unwrap(), which);
    }
    archive.close().unwrap();
    let rows = bed.index.rows().len();
    for number in 0..rows {
        let bed = bed.killed();
        bed.index.damage(number);
        // Either opening notices and rebuilds, or the question that meets the row fails; no wrong answer.
        let archive = bed.open().unwrap();
        for (record, which) in &told.accepted {
            match content_of(&archive, *record) {
                Ok(content) => assert_eq!(content, load.contents[*which]),
                Err(e) => assert_eq!(e.code, ErrorCode::IdxFailed, "row {number}: {e}"),
            }
        }
        drop(archive);
        bed.index.damage(number);
    }
}
