//! A witness: cosigns checkpoints of the logs it knows, each going on from the one before (C2SP tlog-witness v1.0.0).
//!
//! It is no part of an archive: another agency runs it, with a key of its own and a small folder.
//! ```text
//! key                          its signing key
//! logs/<origin hash>/vkeys     keys of the log, one a line
//! logs/<origin hash>/checkpoint   what was cosigned last, with the log's and its own signature
//! logs/<origin hash>/fork-<kind>-<size>-<root>/kept, /offered   two notes of the log that do not go together
//! signed/<origin hash>         that something was cosigned of the log: without its checkpoint nothing is signed again
//! ```
//!
//! Invariants
//!   - One cosignature leaves at a time, and only after the checkpoint it is over is durable: no two that are
//!     inconsistent can leave, whatever is cut off when.
//!   - Check and keep are one step: nobody else writes the folder while it is open, and one request is judged at a
//!     time.
//!   - Times of cosignatures over one log never go back.
//!   - Of a log whose checkpoint was lost nothing is cosigned: it would be signed from its beginning once more.
//!
//! What a crash leaves: the old checkpoint or the new one, whole. A log whose answer was lost asks again and is told
//! the size. After a failed write nothing more is cosigned until it is opened again: what the medium holds is not
//! known.

mod judge;
mod serve;

pub use judge::{Accepted, Evidence, Refused, Reply, judge};
pub use serve::{Reports, ServeError, Server};

use crate::clock::Clock;
use crate::model::digest::sha256;
use crate::store::disk::{Disk, DiskError};
use crate::tlog::checkpoint::{Checkpoint, VerifierKey};
use crate::tlog::cosignature::{Cosigner, WitnessKey};
use crate::tlog::note::{Note, is_name};
use crate::tlog::request::AddCheckpoint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::{Arc, Mutex, PoisonError};

/// The file of the signing key.
pub const KEY: &str = "key";
const LOGS: &str = "logs";
const SIGNED: &str = "signed";
/// Pairs of notes that are kept for one log when a proof did not verify. Own bound: anybody who has a note of the log
/// can send it with a wrong proof. Splits are always kept: only the log's key can make one.
const INCONSISTENT_MAX: usize = 16;

/// What can go wrong with the folder of a witness.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The medium failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file is not as a witness writes it.
    #[error("{file}: {what}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        what: &'static str,
    },
    /// An earlier write failed; nothing is cosigned until the witness is opened again.
    #[error("nothing is cosigned until the witness is opened again, because {0}")]
    Latched(String),
}

/// Two notes of a log that do not go together and were kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// Name of the log.
    pub origin: String,
    /// What they show.
    pub evidence: Evidence,
    /// Their folder.
    pub folder: String,
}

/// A log that a witness knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLog {
    /// Its name.
    pub origin: String,
    /// Its keys.
    pub keys: Vec<VerifierKey>,
    /// What was cosigned last, and at which second.
    pub last: Option<(Checkpoint, u64)>,
    /// Kept pairs of notes.
    pub forks: Vec<Fork>,
}

/// An opened witness. Whoever opens it holds its folder.
pub struct Witness {
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    cosigner: Cosigner,
    /// Held while a request is judged and kept; why nothing more is cosigned, if so.
    latched: Mutex<Option<String>>,
}

/// The name of a log in the folder and in addresses: SHA-256 of its origin, in hexadecimal.
pub fn origin_hash(origin: &str) -> String {
    sha256(origin.as_bytes()).to_string()
}

fn malformed(file: impl Into<String>, what: &'static str) -> WitnessError {
    WitnessError::Malformed { file: file.into(), what }
}

/// What lies under a name; none when nothing does.
fn read_or_none(disk: &dyn Disk, name: &str) -> Result<Option<Vec<u8>>, DiskError> {
    match disk.read(name) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(DiskError::Missing { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

impl Witness {
    /// Makes a witness with a new key in an empty folder, and opens it.
    pub fn create(disk: Arc<dyn Disk>, name: &str, clock: Arc<dyn Clock>) -> Result<Self, WitnessError> {
        if !is_name(name) || name.len() > 255 {
            return Err(malformed(KEY, "a name has 1 to 255 bytes, no spaces and no plus sign"));
        }
        let seed = STANDARD.encode(crate::random::bytes::<32>());
        let text = format!("muragat-witness-key/1\nname {name}\nkey {seed}\n");
        disk.put_if_absent(&[(KEY.to_owned(), text.into_bytes())])?;
        Self::open(disk, clock)
    }

    /// Opens a witness.
    pub fn open(disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Result<Self, WitnessError> {
        let bytes = read_or_none(disk.as_ref(), KEY)?.ok_or_else(|| malformed(KEY, "is missing"))?;
        let read = || {
            let text = std::str::from_utf8(&bytes).ok()?.strip_prefix("muragat-witness-key/1\nname ")?;
            let (name, key) = text.strip_suffix('\n')?.split_once("\nkey ")?;
            Cosigner::new(name, &STANDARD.decode(key).ok()?.try_into().ok()?)
        };
        let cosigner = read().ok_or_else(|| malformed(KEY, "is no key of a witness"))?;
        Ok(Self { disk, clock, cosigner, latched: Mutex::default() })
    }

    /// Its verifier key.
    pub fn key(&self) -> &WitnessKey {
        self.cosigner.verifier()
    }

    /// Makes a log known by one of its keys; false when that key was known.
    pub fn add_log(&self, key: &VerifierKey) -> Result<bool, WitnessError> {
        let _one = self.latched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = self.keys(&key.name)?;
        if keys.contains(key) {
            return Ok(false);
        }
        keys.push(key.clone());
        let text: String = keys.iter().map(|key| format!("{key}\n")).collect();
        self.disk.publish(&format!("{LOGS}/{}/vkeys", origin_hash(&key.name)), text.as_bytes())?;
        Ok(true)
    }

    /// The logs that it knows, by name.
    pub fn logs(&self) -> Result<Vec<KnownLog>, WitnessError> {
        let mut logs = Vec::new();
        for (name, _) in self.disk.list(LOGS)? {
            let Some(folder) = name.strip_suffix("/vkeys") else { continue };
            let keys = self.read_keys(&name)?;
            let origin = keys.first().map(|key| key.name.clone()).ok_or_else(|| malformed(&name, "has no key"))?;
            let last = self.last(&origin)?.map(|last| (last.checkpoint, last.time));
            let fork = format!("{folder}/fork-");
            let forks = self.disk.list(folder)?.into_iter().map(|(name, _)| name);
            let mut forks: Vec<String> = forks
                .filter_map(|name| Some(name.strip_suffix("/offered")?.to_owned()))
                .filter(|name| name.starts_with(&fork))
                .collect();
            forks.sort();
            let split = format!("{fork}{}-", kind_of(Evidence::Split));
            let of = |folder: String| {
                let evidence = if folder.starts_with(&split) { Evidence::Split } else { Evidence::Inconsistent };
                Fork { origin: origin.clone(), evidence, folder }
            };
            let forks = forks.into_iter().map(of).collect();
            logs.push(KnownLog { origin, keys, last, forks });
        }
        logs.sort_by(|a, b| a.origin.cmp(&b.origin));
        Ok(logs)
    }

    /// What was cosigned last of the log with this hash of its origin, as a note: for monitors.
    pub fn checkpoint(&self, origin_hash: &str) -> Result<Option<Vec<u8>>, WitnessError> {
        let is_hash = origin_hash.len() == 64 && origin_hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match is_hash {
            true => Ok(read_or_none(self.disk.as_ref(), &format!("{LOGS}/{origin_hash}/checkpoint"))?),
            false => Ok(None),
        }
    }

    /// Answers a request: see [`Self::answer`].
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<Reply, WitnessError> {
        self.answer(body).map(|(reply, _)| reply)
    }

    /// Answers a request: judges it, keeps its checkpoint, and only then gives the cosignature. Gives also what was
    /// kept of a fork now, for the witness's own people: the log is told nothing of it.
    pub fn answer(&self, body: &[u8]) -> Result<(Reply, Option<Fork>), WitnessError> {
        let none = |reply| Ok((reply, None));
        let Some(request) = AddCheckpoint::parse(body) else { return none(Reply::Malformed("no request")) };
        let Some(origin) = judge::origin(&request) else { return none(Reply::Malformed("no checkpoint")) };
        let mut latched = self.latched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cause) = latched.as_ref() {
            return Err(WitnessError::Latched(cause.clone()));
        }
        let keys = self.keys(&origin)?;
        if keys.is_empty() {
            return none(Reply::UnknownLog);
        }
        let last = self.last(&origin)?;
        let kept = match judge(&keys, last.as_ref().map(|last| &last.checkpoint), &request) {
            Ok(accepted) => self.cosign(&accepted, last.as_ref()).map(|reply| (reply, None)),
            Err(Refused { reply, evidence }) => {
                let kept = evidence.map_or(Ok(None), |evidence| self.keep(&origin, evidence, last.as_ref(), &request));
                kept.map(|fork| (reply, fork))
            }
        };
        // The medium may have dropped bytes, so what it gives back now need not be what a power cut leaves.
        kept.inspect_err(|e| *latched = Some(e.to_string()))
    }

    fn cosign(&self, accepted: &Accepted, last: Option<&Last>) -> Result<Reply, WitnessError> {
        let Accepted { checkpoint, signatures } = accepted;
        let time = (self.clock.now() / 1000).max(1).max(last.map_or(0, |last| last.time));
        let line = self.cosigner.cosign(checkpoint, time);
        let note = format!("{}\n{signatures}{line}", checkpoint.text());
        let hash = origin_hash(&checkpoint.origin);
        // A crash before: nothing left. After it: the log asks again, from the size that it is told.
        self.disk.publish(&format!("{LOGS}/{hash}/checkpoint"), note.as_bytes())?;
        // Behind the checkpoint: without it there would be no way to go on.
        let signed = format!("{SIGNED}/{hash}");
        if read_or_none(self.disk.as_ref(), &signed)?.is_none() {
            self.disk.publish(&signed, format!("{}\n", checkpoint.origin).as_bytes())?;
        }
        Ok(Reply::Cosigned(line))
    }

    /// Keeps two notes of a log that do not go together; none when they are kept already.
    fn keep(
        &self,
        origin: &str,
        evidence: Evidence,
        last: Option<&Last>,
        request: &AddCheckpoint,
    ) -> Result<Option<Fork>, WitnessError> {
        let Some(last) = last else { return Ok(None) };
        let folder = format!("{LOGS}/{}", origin_hash(origin));
        let kind = kind_of(evidence);
        let Some(offered) = Note::read(request.note.as_bytes()).and_then(|note| Checkpoint::parse(note.text)) else {
            return Ok(None);
        };
        let name = format!("{folder}/fork-{kind}-{}-{}", offered.size, hex::encode(&offered.root.0[..8]));
        let held = self.disk.list(&folder)?;
        let is_full = held.iter().filter(|(name, _)| name.contains("/fork-proof-")).count() >= 2 * INCONSISTENT_MAX;
        let is_held = |part: &str| held.iter().any(|(held, _)| *held == format!("{name}/{part}"));
        if is_held("offered") || (evidence == Evidence::Inconsistent && is_full) {
            return Ok(None);
        }
        // What a crash left of an earlier attempt is what was known then, and stays.
        if !is_held("kept") {
            self.disk.put_if_absent(&[(format!("{name}/kept"), last.note.clone())])?;
        }
        self.disk.put_if_absent(&[(format!("{name}/offered"), request.note.clone().into_bytes())])?;
        Ok(Some(Fork { origin: origin.to_owned(), evidence, folder: name }))
    }

    fn keys(&self, origin: &str) -> Result<Vec<VerifierKey>, WitnessError> {
        let name = format!("{LOGS}/{}/vkeys", origin_hash(origin));
        match self.read_keys(&name) {
            Err(WitnessError::Disk(DiskError::Missing { .. })) => Ok(Vec::new()),
            keys => keys,
        }
    }

    fn read_keys(&self, name: &str) -> Result<Vec<VerifierKey>, WitnessError> {
        let bytes = self.disk.read(name)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed(name, "is not text"))?;
        text.lines().map(|line| line.parse().map_err(|_| malformed(name, "a line is no key"))).collect()
    }

    /// What was cosigned last. A file that is not there is a log that was never cosigned, or was lost, when something
    /// else knows that it was; one that cannot be read is damage. Then nothing is answered.
    fn last(&self, origin: &str) -> Result<Option<Last>, WitnessError> {
        let hash = origin_hash(origin);
        let name = format!("{LOGS}/{hash}/checkpoint");
        let Some(bytes) = read_or_none(self.disk.as_ref(), &name)? else {
            let is_signed = read_or_none(self.disk.as_ref(), &format!("{SIGNED}/{hash}"))?.is_some();
            // Pairs of notes are kept beside what was cosigned only: folders of before the mark have them.
            let is_forked = || {
                Ok::<_, DiskError>(
                    self.disk.list(&format!("{LOGS}/{hash}"))?.iter().any(|(name, _)| name.ends_with("/kept")),
                )
            };
            return match is_signed || is_forked()? {
                true => Err(malformed(name, "is lost: this witness has cosigned the log and must not begin again")),
                false => Ok(None),
            };
        };
        let read = |bytes: &[u8]| {
            let note = Note::read(bytes)?;
            let checkpoint = Checkpoint::parse(note.text).filter(|checkpoint| checkpoint.origin == origin)?;
            let time = self.key().time_on(&note).ok()??;
            Some((checkpoint, time))
        };
        match read(&bytes) {
            Some((checkpoint, time)) => Ok(Some(Last { checkpoint, time, note: bytes })),
            None => Err(malformed(name, "is not what this witness cosigned")),
        }
    }
}

/// What stands for a kind of evidence in the names of folders.
fn kind_of(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Split => "split",
        Evidence::Inconsistent => "proof",
    }
}

/// What was cosigned last.
struct Last {
    checkpoint: Checkpoint,
    time: u64,
    note: Vec<u8>,
}
