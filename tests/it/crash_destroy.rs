//! A destruction that is cut off anywhere leaves each file whole, or gone with its act, and comes to its end later.
//!
//! Goal: no failure and no power cut leaves a half of a record, a key without its record's act, or an act without its
//! effect. Method: an approved plan is made once with real signatures; its archive is put on media that fail; execution,
//! compaction and completion are run to count their operations, then once for every operation, each failed in one of
//! several ways. What a kill and what a power cut leaves is opened, checked against what was told, and brought to its
//! end by the same steps.

use super::bed::{Bed, NOW};
use super::disposal::Due;
use super::signed::Bench;
use muragat::access;
use muragat::archive::Archive;
use muragat::config::Config;
use muragat::disposition::case::{Case, Stage};
use muragat::disposition::certificate;
use muragat::disposition::destroy::{self, Executed};
use muragat::error::{Error, ErrorCode};
use muragat::model::id::RecordId;
use muragat::testing::{Failure, FaultDisk, FaultPlan};
use muragat::tlog::commit::SYSTEM_ACTOR;
use muragat::verify::material::Material;
use std::path::Path;
use std::sync::Arc;

/// The files of an archive that was closed.
pub(crate) struct Closed {
    files: Vec<(String, Vec<u8>)>,
    keys: Vec<(String, Vec<u8>)>,
    config: Config,
    now: u64,
}

struct Load {
    closed: Closed,
    plan: RecordId,
    statement: (String, Vec<Vec<u8>>),
    going: Vec<RecordId>,
    staying: Vec<(RecordId, Vec<u8>)>,
}

fn read(folder: &Path, under: &[&str]) -> Vec<(String, Vec<u8>)> {
    let files = super::disposal::all_files(folder).into_iter();
    let named = files.map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), bytes));
    named.filter(|(name, _)| under.is_empty() || under.iter().any(|folder| name.starts_with(folder))).collect()
}

fn main_of(archive: &Archive, record: RecordId) -> Result<Vec<u8>, Error> {
    let opened = access::open(archive, record, SYSTEM_ACTOR)?;
    opened.read(opened.component("main.docx")?)
}

fn load() -> Load {
    let due = Due::of(&["1", "3", "1"]);
    let plan = due.approved(&[]);
    due.go_to("2028-01-17");
    due.bench.later(2_000);
    let archive = due.bench.open();
    let going = [0, 2].map(|n| due.files[n].1).to_vec();
    let staying = vec![(due.files[1].1, main_of(&archive, due.files[1].1).unwrap())];
    Load { closed: Closed::of(&due, archive), plan: plan.id, statement: due.day(&plan), going, staying }
}

impl Closed {
    pub(crate) fn of(due: &Due, archive: Archive) -> Self {
        Self::of_bench(&due.bench, archive)
    }

    pub(crate) fn of_bench(bench: &Bench, archive: Archive) -> Self {
        let config = archive.config().clone();
        archive.close().unwrap();
        let root = bench.root();
        Self {
            files: read(&root, &["store/", "vault/", "tlog/"]),
            keys: read(&root.with_extension("keys"), &[]),
            config,
            now: bench.now(),
        }
    }

    /// The same on media that fail after `plan`.
    pub(crate) fn bed(&self, plan: &Arc<FaultPlan>) -> Bed {
        let (mut bed, none) = (Bed::new(&FaultPlan::count_only()), FaultPlan::count_only());
        let medium = |files: &[(String, Vec<u8>)]| {
            let disk = FaultDisk::new(&none);
            files.iter().for_each(|(name, bytes)| disk.plant(name, bytes));
            Arc::new(disk.copy().under(plan))
        };
        (bed.disk, bed.keys, bed.config) = (medium(&self.files), medium(&self.keys), self.config.clone());
        assert!(self.now > NOW);
        bed.now = self.now;
        bed
    }
}

/// What the outside was told.
#[derive(Default)]
struct Told {
    executed: bool,
    completed: bool,
}

/// Brings the plan to its end, from wherever it is.
fn run(bed: &Bed, load: &Load, told: &mut Told) -> Result<(), Error> {
    let archive = bed.open()?;
    archive.tune(20_000, 4);
    if Case::read(&archive, load.plan)?.stage(&archive) == Stage::Approved {
        let (toml, signatures) = &load.statement;
        let executed =
            destroy::execute(&archive, load.plan, toml.as_bytes(), signatures, &Material::default(), SYSTEM_ACTOR)?;
        let Executed::Done { destroyed, kept, .. } = executed else { panic!("{executed:?}") };
        assert_eq!((destroyed.len(), kept.len()), (2, 0));
        told.executed = true;
    }
    archive.close()?;
    bed.open()?.compact(SYSTEM_ACTOR)?;
    let archive = bed.open()?;
    destroy::complete(&archive, load.plan, SYSTEM_ACTOR)?;
    told.completed = true;
    archive.close()
}

fn check(bed: &Bed, load: &Load, told: &Told, at: &str) {
    let archive = bed.open().unwrap_or_else(|e| panic!("{at}: does not open: {e}"));
    let report = bed.audit();
    assert!(report.is_clean(), "{at}: {:?}", report.findings);
    let stage = Case::read(&archive, load.plan).unwrap().stage(&archive);
    let is_gone = matches!(stage, Stage::Executed | Stage::Completed);
    assert!(is_gone || !told.executed, "{at}: it was executed, and is {stage}");
    assert!(stage == Stage::Completed || !told.completed, "{at}: it was completed, and is {stage}");
    for record in &load.going {
        match main_of(&archive, *record) {
            Ok(_) => assert!(!is_gone, "{at}: {record} is destroyed and can be read"),
            Err(e) => {
                assert!(is_gone && e.code == ErrorCode::ArcDestroyed, "{at}: {record}, {stage}: {e:?}");
            }
        }
    }
    for (record, bytes) in &load.staying {
        assert_eq!(&main_of(&archive, *record).unwrap_or_else(|e| panic!("{at}: {record}: {e}")), bytes, "{at}");
    }
    archive.close().unwrap();
    // It comes to its end.
    let mut told = Told::default();
    run(bed, load, &mut told).unwrap_or_else(|e| panic!("{at}: does not come to its end: {e:?}"));
    let archive = bed.open().unwrap();
    let certificate = certificate::make(&archive, load.plan).unwrap();
    let read = certificate::verify(&certificate, &archive.config().vkey).unwrap();
    assert!(read.completed.is_some() && read.counts() == (2, 2), "{at}");
    assert!(load.going.iter().all(|record| main_of(&archive, *record).is_err()), "{at}");
    assert!(bed.audit().is_clean(), "{at}");
}

#[test]
fn a_destruction_that_is_cut_off_leaves_no_half_and_comes_to_its_end() {
    let load = load();
    let count = FaultPlan::count_only();
    run(&load.closed.bed(&count), &load, &mut Told::default()).unwrap();
    let operations = count.operations();
    assert!(operations > 30, "{operations}");
    for operation in 1..=operations {
        let failure = Failure::ALL[usize::try_from(operation).unwrap() % Failure::ALL.len()];
        let bed = load.closed.bed(&FaultPlan::fail_at(operation, failure));
        let mut told = Told::default();
        let result = run(&bed, &load, &mut told);
        let at = format!("operation {operation} of {operations}, {failure:?}, {result:?}");
        check(&bed.killed(), &load, &told, &format!("{at}, killed"));
        check(&bed.power_cut(operation), &load, &told, &format!("{at}, power cut"));
    }
}
