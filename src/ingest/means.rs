//! Depositing the verification means: the program that validates becomes a record of the archive.
//!
//! The record has the program, its source with all it is built from, the policy in force, and `means.json`, which says
//! what is there. No submission can be of its kind or agency; formats, limits of size and signatures are not asked of
//! it, because the archive makes it itself. Each source is deposited once; what was missing then comes later as a
//! record of its own, which names the first.
//!
//! Invariants
//!   - A source is kept only when its digest is that of the program: `bundle` reads the very bytes
//!     that are sealed.
//!   - What is missing is said in the record, with the reason.
//!
//! It finds no files: the program's own and the bundle are given to it.

use super::bundle::Bundle;
use super::component::{Received, Stop, spool_failed};
use super::identify::identifier;
use super::keep::{SealedRecord, seal_record};
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::config::MeansKept;
use crate::error::{Error, ErrorCode};
use crate::index::rows::RecordRow;
use crate::index::writer::Payload;
use crate::limits::CHUNK_BYTES;
use crate::model::card::{Card, Software};
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::id::{ActorId, RecordId};
use crate::model::means::{
    ARCHIVE_AGENCY, ARCHIVE_INDEX, MEANS_FILE, Means, Missing, MissingReason, POLICY_FILE, PROGRAM_FILE, Part, Program,
    SOURCE_FILE,
};
use crate::model::record::Manifest;
use crate::model::submission::{Kind, Role, Submission};
use crate::store::seal::{Sealer, fill};
use std::io::{Read, Seek, SeekFrom};

/// What is to be deposited.
pub struct Given<'a> {
    /// The file of the running program.
    pub program: &'a mut dyn Read,
    /// Its source, with the name that messages use.
    pub source: Option<(&'a str, &'a mut dyn Read)>,
    /// Why there is no source.
    pub no_source: MissingReason,
}

/// A deposit that is durable.
#[derive(Debug)]
pub struct Deposited {
    /// The record.
    pub record: RecordId,
    /// Its entry.
    pub entry: u64,
    /// What it holds and what it lacks.
    pub means: Means,
}

/// Whether the program at work has to be deposited: an upgrade, or a new archive.
pub fn is_due(archive: &Archive) -> Result<bool, Error> {
    Ok(archive.config().means != MeansKept::None && archive.means()?.is_none())
}

/// Checks that a bundle, which messages call `name`, has the source of a program and all that it is built from.
///
/// # Errors
///
/// [`ErrorCode::MeaOtherSource`], [`ErrorCode::MeaBundle`].
pub fn check_source(program: &Program, name: &str, bundle: &mut dyn Read) -> Result<(), Error> {
    let bundle = Bundle::read(bundle).map_err(|e| Error::caused(e.code(), name, e))?;
    let found = bundle.source();
    if found != program.source.to_string() {
        let what = format!("it has the source {found}, the program was built from {}", program.source);
        return Err(Error::new(ErrorCode::MeaOtherSource, name, what));
    }
    bundle.check_whole().map_err(|e| Error::caused(e.code(), name, e))
}

/// Deposits the means of the program at work.
///
/// # Errors
///
/// Those of [`check_source`]; then nothing is kept.
pub fn deposit(archive: &Archive, given: Given<'_>, actor: ActorId) -> Result<Deposited, Error> {
    let program = archive.program().clone();
    let is_full = archive.config().means == MeansKept::Full || given.source.is_some();
    let held = archive.means_of(&program)?;
    let mut parts = Parts { archive, received: Vec::new(), parts: Vec::new(), missing: Vec::new() };
    match given.source {
        Some((name, reader)) => parts.source(name, reader, &program)?,
        None if is_full => parts.miss(SOURCE_FILE, given.no_source, None),
        None => parts.miss(SOURCE_FILE, MissingReason::Reference, None),
    }
    let binary = match holder(&held, PROGRAM_FILE) {
        Some(record) => {
            parts.miss(PROGRAM_FILE, MissingReason::Held, Some(record));
            digest(given.program)?
        }
        None if is_full => parts.add(PROGRAM_FILE, given.program)?,
        None => {
            parts.miss(PROGRAM_FILE, MissingReason::Reference, None);
            digest(given.program)?
        }
    };
    match archive.validation_policy()?.entry {
        _ if !is_full => parts.miss(POLICY_FILE, MissingReason::Reference, None),
        None => parts.miss(POLICY_FILE, MissingReason::NoPolicy, None),
        Some(entry) => parts.add(POLICY_FILE, &mut archive.adopted_file(entry)?.as_slice()).map(drop)?,
    }
    let Parts { mut received, parts, missing, .. } = parts;
    let means = Means { program, binary, parts, missing };
    let main = Received::own(archive.spool(), MEANS_FILE.into(), Role::Main, &means.encode())?;
    received.insert(0, main);
    let record = RecordId(crate::random::bytes());
    let manifest = manifest(archive, record, &means.program);
    let sealed = seal_record(archive, &mut Sealer::default(), actor, manifest, received);
    let SealedRecord { act, row, session } = sealed.map_err(|stop| match stop {
        Stop::Failed(e) => e,
        Stop::Refused(_) | Stop::Held(_) | Stop::Tried(_) => unreachable!("sealing refuses nothing"),
    })?;
    let entry = archive.commit(act, Payload::Record(row), None, Some(session))?.entry();
    archive.wait_index()?;
    archive.forget_means();
    Ok(Deposited { record, entry, means })
}

/// The record that has a part.
fn holder(held: &[RecordRow], path: &str) -> Option<RecordId> {
    held.iter().find(|row| row.components.iter().any(|c| c.path == path)).map(RecordRow::id)
}

/// The components of the record while it is put together.
struct Parts<'a> {
    archive: &'a Archive,
    received: Vec<Received>,
    parts: Vec<Part>,
    missing: Vec<Missing>,
}

impl Parts<'_> {
    fn miss(&mut self, path: &'static str, reason: MissingReason, record: Option<RecordId>) {
        self.missing.push(Missing { path, reason, record });
    }

    fn add(&mut self, path: &'static str, reader: &mut dyn Read) -> Result<Sha256, Error> {
        let mut file = Received::own_file(self.archive.spool(), path.into(), Role::Attachment, reader)?;
        let sha256 = file.sha256().map_err(|e| spool_failed(path, e))?;
        self.parts.push(Part { path, size: file.bytes.len(), sha256 });
        self.received.push(file);
        Ok(sha256)
    }

    /// Adds the source, when it is that of the program.
    fn source(&mut self, name: &str, reader: &mut dyn Read, program: &Program) -> Result<(), Error> {
        self.add(SOURCE_FILE, reader)?;
        let file = self.received.last_mut().expect("it was added");
        file.bytes.seek(SeekFrom::Start(0)).map_err(|e| spool_failed(SOURCE_FILE, e))?;
        check_source(program, name, &mut file.bytes)
    }
}

fn digest(reader: &mut dyn Read) -> Result<Sha256, Error> {
    let mut hasher = Sha256Writer::default();
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let n = fill(reader, &mut buffer).map_err(|e| Error::caused(ErrorCode::IngReadFailed, PROGRAM_FILE, e))?;
        hasher.update(&buffer[..n]);
        if n < buffer.len() {
            return Ok(hasher.finish());
        }
    }
}

/// The manifest without its components. Its card lies in it alone: nobody sent one.
fn manifest(archive: &Archive, record: RecordId, program: &Program) -> Manifest {
    let submission = Submission::own(Kind::VerificationMeans, ARCHIVE_AGENCY, ARCHIVE_INDEX);
    let software = Software { name: env!("CARGO_PKG_NAME").into(), version: program.version.clone() };
    let what = "Тексеру құралдары / Средства проверки";
    let today = civil_date(archive.now());
    let mut card = Card::own(what, today, program.number(), ARCHIVE_INDEX.into(), software);
    // Who looks for the means of a program finds them by the end of the title.
    card.title = Some(format!(
        "Қолтаңбаларды тексерген бағдарлама, бастапқы мәтіні / Программа, проверявшая подписи, исходный текст: {}",
        program.source
    ));
    Manifest::new(record, &submission, &card, Vec::new(), identifier())
}
