//! The way of a record before it came to the archive that made the bundle: what the journals of the archives that had
//! it prove, by keys that the stranger has from them.
//!
//! A record that another archive handed over keeps the proofs of that one as a component ([`PROVENANCE_PATH`]). They
//! are held here against the record as it is in the bundle: the first group of its entries there must be made of the
//! components that it has here. When that archive had it from another one too, its proofs lie in those, and so on back
//! to the first receipt.
//!
//! Invariants
//!   - No key that comes in the bundle is believed; without one by hand the part of an archive is
//!     [`Outcome::Undecided`].
//!   - Every component that came with the record is one that the sender committed to, in the same part, and none that
//!     the sender committed to is missing.
//!   - What the receiving archive vouches for decides nothing here. Its bytes may be hostile: lengths are bounded, the
//!     archives are gone through one after another and are counted, and nothing is copied out of the component.
//!
//! It asks no clock and writes nothing.

use super::check::{Asked, prove as prove_existence};
use super::finding::{BundleReport, Check, Outcome};
use crate::clock::utc;
use crate::error::Error;
use crate::model::digest::{Digests, sha256, sha512_parts};
use crate::model::id::RecordId;
use crate::model::path::{PROVENANCE_PATH, is_own};
use crate::model::strict::shown;
use crate::model::submission::Role;
use crate::model::transferred::Transferred;
use crate::model::validation::time_text;
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::note::Note;
use crate::transfer::custody::{Custody, Part, Parts, Wanted, journal, prove};
use crate::transfer::layout;
use crate::transfer::read::source::{Source, Tar};
use crate::verify::evidence::check::ObjectDigests;
use crate::verify::limits::EVIDENCE_BYTES_MAX;
use crate::verify::material::Material;
use crate::verify::validation::Caches;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Cursor;

/// Archives that had a record one after another. Own bound: an office, an archive of an agency, of its successor, and
/// a state archive are four.
const ARCHIVES_MAX: usize = 8;
/// Bytes of a checkpoint or `sender.json`. Own bound: cosignatures of some hundred witnesses.
const NOTE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of other files of metadata: as many as are read of a package.
const METADATA_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Evidence records of one group that are judged. Own bound: several authorities, each renewed.
const EVIDENCE_MAX: usize = 64;
/// Characters of the name of a journal that are printed before it is checked. C2SP signed-note bounds it so.
const ORIGIN_CHARS_MAX: usize = 255;

/// A component that came with the record, as the bundle has it.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its path.
    pub path: String,
    /// Its part in the record.
    pub role: Role,
    /// Its bytes.
    pub len: u64,
    /// Digests of them.
    pub digests: Digests,
}

/// What a record says of where it came from.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The record here.
    pub record: RecordId,
    /// `transferred` of its manifest.
    pub transferred: &'a Value,
    /// The component that has the proofs.
    pub tar: &'a [u8],
    /// What came with the record.
    pub held: &'a [Held],
}

/// How it came out, and why.
type Said = (Outcome, String);

fn failed<T>(what: impl Into<String>) -> Result<T, Said> {
    Err((Outcome::Failed, what.into()))
}

/// Checks the whole way of a record.
pub fn check(
    claim: &Claim<'_>,
    (asked, material, caches): (&Asked<'_>, &Material, &Caches),
    report: &mut BundleReport,
) {
    let subject = format!("{}: {PROVENANCE_PATH}", claim.record);
    let mut next = Some((claim.transferred.clone(), claim.tar));
    for _ in 0..ARCHIVES_MAX {
        let Some((transferred, tar)) = next else { return };
        match of_archive(claim, (&transferred, tar), (asked, material, caches), report) {
            Ok(before) => next = before,
            Err((outcome, what)) => {
                report.add(Check::Provenance, outcome, subject, what);
                return;
            }
        }
    }
    if next.is_some() {
        let what = format!("more than {ARCHIVES_MAX} archives had it: those before are not checked");
        report.add(Check::Provenance, Outcome::Undecided, subject, what);
    }
}

/// Checks the part of one archive. Gives what that one says of where it had the record from, and its proofs.
fn of_archive<'a>(
    claim: &Claim<'a>,
    (transferred, bytes): (&Value, &'a [u8]),
    (asked, material, caches): (&Asked<'_>, &Material, &Caches),
    report: &mut BundleReport,
) -> Result<Option<(Value, &'a [u8])>, Said> {
    let Some(said) = Transferred::of_value(transferred) else {
        return failed("what the manifest says of where it came from cannot be read");
    };
    let tar = match Tar::open(Cursor::new(bytes)) {
        Ok(tar) => tar,
        Err(e) => return failed(e.to_string()),
    };
    if let Some(odd) = tar.odd().first() {
        return failed(format!("{}: {}", odd.path, odd.what));
    }
    let files = Files { bytes, tar: &tar, held: claim.held, used: RefCell::default() };
    let Some(sender) = files.small(layout::SENDER, NOTE_BYTES_MAX) else {
        if tar.entries().len() == 1 {
            let what = format!("archive {} sent it in a package without a journal: nothing is proven", said.archive);
            return Err((Outcome::Undecided, what));
        }
        return failed(format!("{} is not there", layout::SENDER));
    };
    let sender: Value = serde_json::from_slice(sender).unwrap_or_default();
    let text = |key: &str| sender.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("schema") != layout::SENDER_SCHEMA || text("archive") != said.archive.to_string() {
        return failed(format!("the record came from archive {}, and the proofs are of another", said.archive));
    }
    let Ok(record) = said.record.parse::<RecordId>() else {
        return failed(format!("{} is no record of a journal", shown(&said.record)));
    };
    let (note, entries) =
        (files.small(layout::CHECKPOINT, NOTE_BYTES_MAX), files.small(layout::JOURNAL, METADATA_BYTES_MAX));
    let (Some(note), Some(entries)) = (note, entries) else {
        return failed(format!("{} or {} is not there", layout::CHECKPOINT, layout::JOURNAL));
    };
    let origin = Note::read(note).and_then(|note| Checkpoint::parse(note.text)).map(|checkpoint| checkpoint.origin);
    let Some(origin) = origin else { return failed(format!("{}: no checkpoint", layout::CHECKPOINT)) };
    let mapped = sender.get("heads").and_then(Value::as_u64);
    let keys = asked.senders.iter().filter(|key| key.name == origin);
    let origin: String = shown(&origin).chars().take(ORIGIN_CHARS_MAX).collect();
    let mut read: Option<Result<_, Said>> = None;
    for key in keys {
        let found = journal(key, note, entries, mapped);
        read = Some(found.or_else(|(file, what)| failed(format!("journal {origin}: {file}: {what}"))));
        if matches!(read, Some(Ok(_))) {
            break;
        }
    }
    let Some(read) = read else {
        let what = format!(
            "nobody gave the key of journal {origin}: what archive {} proves of record {record} is not checked",
            said.archive
        );
        return Err((Outcome::Undecided, what));
    };
    let custody = match prove(&read?, &files, record) {
        Ok(Ok(custody)) => custody,
        Ok(Err(what)) => return failed(format!("journal {origin}: record {record}: {what}")),
        Err(e) => return failed(e.to_string()),
    };
    let (entry, time) = custody.accepted;
    let detail = format!(
        "record {record} of archive {}, journal {origin}: accepted there {} (entry {entry}); {} entries, \
         none left out; {} files are here as it committed to them",
        said.archive,
        time_text(utc(time)),
        custody.entries,
        custody.groups.iter().map(|group| group.components.len()).sum::<usize>(),
    );
    report.add(Check::Provenance, Outcome::Proven, format!("{}: {PROVENANCE_PATH}", claim.record), detail);
    evidence((claim.record, record), &custody, &files, (asked, material, caches), report);
    before(&custody, &files)
}

/// What the first entry says of an archive from which that one had the record, and the proofs of it.
fn before<'a>(custody: &Custody, files: &Files<'a, '_>) -> Result<Option<(Value, &'a [u8])>, Said> {
    let Some(first) = custody.groups.first() else { return Ok(None) };
    let tar = first.components.iter().find(|one| one.role == Role::Provenance);
    match (first.metadata.get("transferred"), tar) {
        (None, None) => Ok(None),
        (Some(said), Some(tar)) => match files.found(&tar.file) {
            Some(bytes) => Ok(Some((said.clone(), bytes))),
            None => failed(format!("{} is not there", tar.file)),
        },
        _ => failed("it came there from another archive, and what proves that is not there"),
    }
}

/// Since when the groups are proven to exist, by the authorities that the stranger trusts.
fn evidence(
    (here, record): (RecordId, RecordId),
    custody: &Custody,
    files: &Files<'_, '_>,
    (asked, material, caches): (&Asked<'_>, &Material, &Caches),
    report: &mut BundleReport,
) {
    let mut material = material.clone();
    for (_, bytes) in files.below(layout::MATERIAL) {
        // What is no material proves nothing.
        let _ = material.add_file(bytes);
    }
    for group in &custody.groups {
        let name = |one: &str| format!("{record}/{}/{one}", group.entry);
        let components = group.components.iter().map(|one| ObjectDigests::new(name(&one.path), &one.digests));
        let beside = group.beside.iter().zip([layout::GROUP_METADATA, layout::GROUP_SALT]);
        let objects: Vec<ObjectDigests> =
            components.chain(beside.map(|(digests, path)| ObjectDigests::new(name(path), digests))).collect();
        let mut is_proven = false;
        for number in 1..=EVIDENCE_MAX {
            let path = format!("{record}/{}", layout::evidence(group.entry, number));
            let Some(bytes) = files.small(&path, EVIDENCE_BYTES_MAX) else { break };
            let subject = format!("{here}: {PROVENANCE_PATH} {path}");
            let given = (asked, &material, caches);
            is_proven |= prove_existence(&subject, bytes, &objects, given, Check::Provenance, report).is_some();
        }
        if !is_proven {
            let subject = format!("{here}: {PROVENANCE_PATH} #{}", group.entry);
            let what = "no evidence record of it verifies: its time there is the word of that archive";
            report.add(Check::Provenance, Outcome::Undecided, subject, what);
        }
    }
}

/// The files of a record: those that came with it are components here, all others lie in the tar.
struct Files<'a, 't> {
    bytes: &'a [u8],
    tar: &'t Tar<Cursor<&'a [u8]>>,
    held: &'a [Held],
    /// Components that were found: none is found twice.
    used: RefCell<BTreeSet<String>>,
}

impl<'a> Files<'a, '_> {
    fn at(&self, index: usize) -> Option<&'a [u8]> {
        let entry = self.tar.entries().get(index)?;
        let (at, len) = (usize::try_from(entry.place).ok()?, usize::try_from(entry.len).ok()?);
        self.bytes.get(at..at.checked_add(len)?)
    }

    fn found(&self, path: &str) -> Option<&'a [u8]> {
        self.at(self.tar.find(path)?)
    }

    fn small(&self, path: &str, most: usize) -> Option<&'a [u8]> {
        self.found(path).filter(|bytes| bytes.len() <= most)
    }

    fn below(&self, folder: &str) -> impl Iterator<Item = (&str, &'a [u8])> {
        let entries = self.tar.entries().iter().enumerate();
        let below = entries.filter(move |(_, entry)| entry.path.starts_with(folder));
        below.filter_map(|(index, entry)| Some((&*entry.path, self.at(index)?)))
    }

    fn came(&self) -> impl Iterator<Item = &'a Held> {
        self.held.iter().filter(|one| !is_own(&one.path))
    }
}

impl Parts for Files<'_, '_> {
    fn bytes(&self, record: RecordId, path: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.small(&format!("{record}/{path}"), METADATA_BYTES_MAX).map(<[u8]>::to_vec))
    }

    fn component(&self, record: RecordId, wanted: Wanted<'_>) -> Result<Part, String> {
        let is_here = wanted.is_first && !is_own(wanted.path);
        let file = match is_here {
            true => wanted.path.to_owned(),
            false => format!("{record}/{}", layout::component(wanted.number, wanted.path)),
        };
        let missing = || format!("{} is not there", shown(&file));
        if is_here {
            let is_it = |one: &&Held| one.path == wanted.path && one.role == wanted.role;
            let held = self.came().find(is_it).ok_or_else(missing)?;
            if !self.used.borrow_mut().insert(file.clone()) {
                return Err(format!("{} stands twice", shown(&file)));
            }
            let Digests { sha256, sha512 } = held.digests;
            return Ok(Part { file, len: held.len, sha256, sha512: Some(sha512.0.to_vec()) });
        }
        let bytes = self.found(&file).ok_or_else(missing)?;
        let (len, sha512) = (bytes.len() as u64, Some(sha512_parts(&[bytes]).0.to_vec()));
        Ok(Part { file, len, sha256: sha256(bytes), sha512 })
    }

    fn count(&self, record: RecordId) -> usize {
        self.came().count() + self.below(&format!("{record}/{}", layout::DATA)).count()
    }
}
