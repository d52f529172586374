//! A test bed: made-up submissions, archives on fault disks, and the checks that every crash test makes.

use muragat::access;
use muragat::archive::{Archive, InitOptions, Parts, create_truths};
use muragat::audit::{AuditReport, Options as AuditOptions, audit};
use muragat::clock::{Clock, FixedClock};
use muragat::config::{Action, Config, MeansKept, Policy};
use muragat::error::Error;
use muragat::ingest::{Answered, Options, Status, ingest};
use muragat::model::id::{ArchiveId, RecordId};
use muragat::testing::{FaultDisk, FaultPlan, MemoryIndex, Sequence, card};
use muragat::vault::keys::KeyFolder;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// 2026-03-05T04:05:06.007Z.
pub(crate) const NOW: u64 = 1_772_683_506_007;

/// Components of a record by path.
pub(crate) type Content = BTreeMap<String, Vec<u8>>;

/// Writes a made-up submission with these files (the first is the main one) and gives its folder and content.
pub(crate) fn submission(into: &Path, number: u32, files: &[(&str, Vec<u8>)], access: &str) -> (PathBuf, Content) {
    let folder = into.join(format!("s{number:04}"));
    std::fs::create_dir_all(&folder).unwrap();
    let card = card(number);
    let mut content = Content::from([("card.json".to_owned(), serde_json::to_vec_pretty(&card).unwrap())]);
    let mut components = vec![json!({"path": "card.json", "role": "card"})];
    for (i, (name, bytes)) in files.iter().enumerate() {
        components.push(json!({"path": name, "role": if i == 0 { "main" } else { "attachment" }}));
        content.insert((*name).to_owned(), bytes.clone());
    }
    let description = json!({
        "schema": "muragat/submission/1", "agency": "TEST-01", "direction": "internal", "nomenclature_index": "01-02",
        "access_category": access, "components": components,
    });
    std::fs::write(folder.join("submission.json"), description.to_string()).unwrap();
    for (name, bytes) in &content {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    (folder, content)
}

/// An archive that takes documents without signatures: what these tests are about is another matter.
pub(crate) fn unsigned() -> InitOptions {
    let policy = Policy { signatures: Action::Flag, ..Policy::default() };
    InitOptions { policy, means: MeansKept::None, ..InitOptions::default() }
}

/// A small DOCX, for a main document that is not what a test is about.
pub(crate) fn cover() -> Vec<u8> {
    use muragat::cli::samples::docx::{Block, write};
    write(&[Block::Paragraph("Ойдан шығарылған хат.")], &|text| text.to_owned()).unwrap()
}

/// An archive's media and configuration.
pub(crate) struct Bed {
    pub(crate) disk: Arc<FaultDisk>,
    pub(crate) keys: Arc<FaultDisk>,
    pub(crate) index: MemoryIndex,
    pub(crate) config: Config,
    /// Where the clock stands.
    pub(crate) now: u64,
    /// Real, because what lies in it dies with the process anyway.
    spool: Arc<tempfile::TempDir>,
}

fn clock(now: u64) -> Arc<dyn Clock> {
    Arc::new(FixedClock(AtomicU64::new(now)))
}

fn spool() -> Arc<tempfile::TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

impl Bed {
    /// A new archive on media that fail after `plan`, which counts from after its making.
    pub(crate) fn new(plan: &Arc<FaultPlan>) -> Self {
        let none = FaultPlan::count_only();
        let (disk, keys) = (Arc::new(FaultDisk::new(&none)), Arc::new(FaultDisk::new(&none)));
        let mut config =
            create_truths(disk.clone(), keys.clone(), ArchiveId([9; 16]), "test.example/log", clock(NOW), false)
                .unwrap();
        // The documents are made up of noise: what they are is not what these tests are about.
        config.policy.formats = Action::Flag;
        config.policy.signatures = Action::Flag;
        let disk = Arc::new(disk.copy().under(plan));
        let keys = Arc::new(keys.copy().under(plan));
        Self { disk, keys, index: MemoryIndex::default(), config, now: NOW, spool: spool() }
    }

    /// Opens the archive.
    pub(crate) fn open(&self) -> Result<Archive, Error> {
        self.open_at(self.now)
    }

    /// Opens the archive when it is `now`.
    pub(crate) fn open_at(&self, now: u64) -> Result<Archive, Error> {
        let parts = Parts {
            disk: self.disk.clone(),
            keys: self.keys.clone(),
            index: Box::new(self.index.clone()),
            clock: clock(now),
            spool: self.spool.path().join("spool"),
        };
        Archive::assemble(parts, self.config.clone(), Path::new("."), &mut |_, _| {})
    }

    /// A copy of the media, independent of these, that fails after `plan`.
    pub(crate) fn under(&self, plan: &Arc<FaultPlan>) -> Self {
        Self {
            disk: Arc::new(self.disk.copy().under(plan)),
            keys: Arc::new(self.keys.copy().under(plan)),
            index: self.index.crash(),
            config: self.config.clone(),
            now: self.now,
            spool: spool(),
        }
    }

    /// What a power cut leaves.
    pub(crate) fn power_cut(&self, seed: u64) -> Self {
        let none = FaultPlan::count_only();
        let mut seeds = Sequence::new(seed);
        Self {
            disk: Arc::new(self.disk.crash(seeds.draw()).under(&none)),
            keys: Arc::new(self.keys.crash(seeds.draw()).under(&none)),
            index: self.index.crash(),
            config: self.config.clone(),
            now: self.now,
            spool: spool(),
        }
    }

    /// What a killed process leaves on a machine that goes on.
    pub(crate) fn killed(&self) -> Self {
        let none = FaultPlan::count_only();
        Self {
            disk: Arc::new(self.disk.copy().under(&none)),
            keys: Arc::new(self.keys.copy().under(&none)),
            index: self.index.clone(),
            config: self.config.clone(),
            now: self.now,
            spool: spool(),
        }
    }

    /// The same on media that fail after `plan`.
    pub(crate) fn killed_under(&self, plan: &Arc<FaultPlan>) -> Self {
        Self {
            disk: Arc::new(self.disk.copy().under(plan)),
            keys: Arc::new(self.keys.copy().under(plan)),
            ..self.killed()
        }
    }

    /// The same media without the index.
    pub(crate) fn without_index(&self) -> Self {
        Self { index: MemoryIndex::default(), ..self.killed() }
    }

    /// Audits the media as they lie.
    pub(crate) fn audit(&self) -> AuditReport {
        let keys = KeyFolder::new(self.keys.clone(), self.config.archive_id);
        let options = AuditOptions { every_byte: true, threads: 2 };
        audit(self.disk.as_ref(), &self.config, Some(&keys), None, options, &|_, _| {}).unwrap()
    }
}

/// Takes in submissions, all in one run, and gives the answers.
pub(crate) fn take_in(archive: &Archive, paths: &[PathBuf]) -> Result<Vec<Answered>, Error> {
    let actor = archive.actor("test")?;
    let mut answers = Vec::new();
    let options = Options { actor, threads: 2, material: None, stop: &AtomicBool::new(false) };
    ingest(archive, paths, &options, &mut |answered| answers.push(answered));
    Ok(answers)
}

/// The record of an accepted answer.
pub(crate) fn accepted(answered: &Answered) -> Option<RecordId> {
    match answered.status {
        Status::Accepted { record, .. } => Some(record),
        _ => None,
    }
}

/// Reads all components of a record, checked against their digests.
pub(crate) fn content_of(archive: &Archive, record: RecordId) -> Result<Content, Error> {
    let actor = archive.actor("test")?;
    let opened = access::open(archive, record, actor)?;
    opened.manifest()?;
    let mut content = Content::new();
    // What the archive itself adds is another matter.
    for component in opened.row.components.iter().filter(|c| !muragat::model::path::is_own(&c.path)) {
        let mut bytes = Vec::new();
        opened.whole(component, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        content.insert(component.path.clone(), bytes);
    }
    Ok(content)
}
