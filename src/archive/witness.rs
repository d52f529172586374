//! What witnesses of the journal are asked and what they said; and the stop when they know another history.
//!
//! Files in clear, as the journal is: `tlog/witness/<key>.asked` is the checkpoint that a witness was last asked for,
//! `tlog/witness/<key>` the newest that it cosigned, `tlog/cosigned` what strangers are shown: the newest checkpoint
//! that meets the quorum of the policy in force or, until one does, the newest with any cosignature. A commit touches
//! none of them. The newest cosigned one is also in the key folder, written first: an archive folder that is put back
//! from an older copy is found out by it (`tlog::fork`).
//!
//! Invariants
//!   - A cosignature is kept only when it verifies over a checkpoint of this journal, at a size whose root is still
//!     the same.
//!   - Only a note that the log's own key signed stops the archive. Both notes are then kept in `tlog/fork/`.
//!   - A stopped archive neither asks for cosignatures nor keeps any: they would help a second history along.
//!
//! What a crash leaves: some of these files, each whole. Asking again brings the rest.

use super::{Adoption, Archive, lock};
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::store::disk::DiskError;
use crate::tlog::LogError;
use crate::tlog::checkpoint::{Checkpoint, verify};
use crate::tlog::commit::Committer;
use crate::tlog::cosignature::WitnessKey;
use crate::tlog::fork::{COSIGNED, Conflict, FORK, WITNESS, conflict};
use crate::tlog::leaf::ActKind;
use crate::tlog::note::{self, Note};
use crate::tlog::proof::consistency;
use crate::tlog::read::LogReader;
use crate::tlog::request::{AddCheckpoint, read_size};
use crate::tlog::tree::root_at;
use crate::tlog::trust::{Judgement, TrustPolicy, TrustedWitness};
use std::collections::BTreeMap;

/// A request to a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The body, for HTTP or for a file.
    pub body: String,
    /// The checkpoint that it asks for.
    pub note: String,
    /// The size that the witness is thought to know.
    pub old: u64,
    /// The size that it is asked for.
    pub size: u64,
}

/// What the answer of a witness was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Its cosignature over the checkpoint of this size, at this second.
    Cosigned {
        /// Entries.
        size: u64,
        /// When.
        time: u64,
    },
    /// It knows the log at this size, which this journal has passed.
    Knows(u64),
    /// A checkpoint that it keeps, of this size, which is of this journal.
    Agrees(u64),
}

/// The checkpoint for strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The note with its cosignatures.
    pub note: String,
    /// Its head.
    pub checkpoint: Checkpoint,
    /// What the policy in force says of it; none without a policy.
    pub judged: Option<Judgement>,
}

impl Archive {
    /// What shows that this is not the newest journal under its key, if anything does: then nothing is committed.
    pub fn conflict(&self) -> Option<Conflict> {
        lock(&self.shared.core).conflict().cloned()
    }

    /// Whether the memory of what witnesses cosigned, in the key folder, can be used. One that our key did not sign
    /// shows nothing: an older copy of the archive would not be found out by it. The next cosignature replaces it.
    pub fn remembers(&self) -> Result<bool, Error> {
        match self.shared.keys.witnessed()? {
            None => Ok(true),
            // One by a key of before may name entries that are lost: it is why the log went on.
            Some(note) => {
                let by = |key| verify(&note, key).is_some();
                Ok(by(&self.config().vkey) || self.earlier_logs()?.iter().any(|log| by(&log.succession.was)))
            }
        }
    }

    /// The policy of witnesses in force, with the entry of its adoption. One that was adopted before the log went on
    /// under a new name and key is of the log before: its witnesses know nothing of this one.
    pub fn witnesses(&self) -> Result<Option<(u64, TrustPolicy)>, Error> {
        let Some(entry) = self.index().adopted(Adopted::Witnesses)?.pop() else { return Ok(None) };
        if self.succeeded()?.is_some_and(|succeeded| succeeded > entry) {
            return Ok(None);
        }
        let changed = |_| Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted policy cannot be read");
        Ok(Some((entry, TrustPolicy::parse(&self.adopted_file(entry)?).map_err(changed)?)))
    }

    /// Adopts a policy of witnesses that was read from `file`.
    pub fn adopt_witnesses(&self, policy: &TrustPolicy, file: &[u8], actor: ActorId) -> Result<Adoption, Error> {
        // Of a log that had another key before, a policy says which of them it means.
        let is_named = policy.logs.iter().any(|log| log.key == self.config().vkey);
        let may_be_unnamed = policy.logs.is_empty() && self.succeeded()?.is_none();
        if !is_named && !may_be_unnamed {
            let what = format!("no log line has the key of this archive, {}", self.config().vkey);
            return Err(Error::new(ErrorCode::WitPolicy, "log", what));
        }
        match self.witnesses()? {
            Some((entry, held)) if held.sha256 == policy.sha256 => Ok(Adoption::Held(Some(entry))),
            _ => self.adopt_file(ActKind::WitnessesAdopted, file, actor).map(Adoption::Done),
        }
    }

    /// The policy of witnesses in force, without which none can be asked.
    pub fn witnesses_to_ask(&self) -> Result<TrustPolicy, Error> {
        if let Some((_, policy)) = self.witnesses()? {
            return Ok(policy);
        }
        let what = match self.succeeded()? {
            Some(_) => format!("adopt a policy that names the log as it is since it went on: {}", self.config().vkey),
            None => "no policy of witnesses was adopted".to_owned(),
        };
        Err(Error::new(ErrorCode::WitUnknown, "policy", what))
    }

    /// A witness of the policy in force by its name there.
    pub fn witness(&self, name: &str) -> Result<TrustedWitness, Error> {
        let unknown = || Error::new(ErrorCode::WitUnknown, name, "the policy names no such witness");
        self.witnesses_to_ask()?.witness(name).cloned().ok_or_else(unknown)
    }

    /// The newest checkpoint that a witness cosigned, and when.
    pub fn witnessed(&self, key: &WitnessKey) -> Result<Option<(Checkpoint, u64)>, Error> {
        let Some(bytes) = self.read_or_none(&file_of(key))? else { return Ok(None) };
        let read = |note: &Note<'_>| Some((Checkpoint::parse(note.text)?, key.time_on(note).ok()??));
        // What it signed of a log that went on under this name counts for nothing here.
        let is_ours = |(checkpoint, _): &(Checkpoint, u64)| checkpoint.origin == self.config().vkey.name;
        Ok(Note::read(&bytes).as_ref().and_then(read).filter(is_ours))
    }

    /// Makes a request to a witness about the present checkpoint, from the size `old`, or from what it cosigned last.
    pub fn ask_witness(&self, key: &WitnessKey, old: Option<u64>) -> Result<Asked, Error> {
        if let Some(conflict) = self.conflict() {
            return Err(LogError::from(conflict).into());
        }
        let old = match old {
            Some(old) => old,
            None => self.witnessed(key)?.map_or(0, |(checkpoint, _)| checkpoint.size),
        };
        let note = self.settle()?;
        let log = self.log()?;
        let size = verify(note.as_bytes(), &self.config().vkey).map_or(0, |checkpoint| checkpoint.size);
        let reader = LogReader::new(self.disk(), size);
        if log.size() < size || old > size {
            return Err(LogError::NoEntry { index: old, size }.into());
        }
        let body = AddCheckpoint { old, proof: consistency(&reader, old)?, note: note.clone() }.encode();
        self.disk().publish(&asked_of(key), note.as_bytes()).map_err(LogError::from)?;
        Ok(Asked { body, note, old, size })
    }

    /// Takes what a witness answered to what it was asked last: see [`Self::take_answer_to`].
    pub fn take_answer(&self, witness: &TrustedWitness, answer: &[u8]) -> Result<Taken, Error> {
        let asked = self.read_or_none(&asked_of(&witness.key))?;
        self.take_answer_to(witness, asked.as_deref(), answer)
    }

    /// Takes what a witness answered: cosignature lines over the checkpoint that it was `asked` for, the size of an
    /// answer 409, or a checkpoint that it keeps.
    ///
    /// # Errors
    ///
    /// A checkpoint by our own key that is not of this journal stops the archive, and is the error. A size beyond ours
    /// is one too: it proves nothing, so it stops nothing.
    pub fn take_answer_to(
        &self,
        witness: &TrustedWitness,
        asked: Option<&[u8]>,
        answer: &[u8],
    ) -> Result<Taken, Error> {
        let mut core = lock(&self.shared.core);
        let head = *core.head();
        if let Some(size) = read_size(answer) {
            if size > head.size {
                let what = format!("it names {size} entries, here are {}", head.size);
                return Err(Error::new(ErrorCode::LogNewerSaid, witness.name.clone(), what));
            }
            return Ok(Taken::Knows(size));
        }
        if Note::read(answer).is_some() {
            return self.take_note(&mut core, witness, answer);
        }
        let refused = |what: String| Error::new(ErrorCode::WitAnswer, witness.name.clone(), what);
        let asked = asked.ok_or_else(|| refused("it was never asked".into()))?;
        let lines = note::read_lines(answer);
        let lines = lines.ok_or_else(|| refused("neither signature lines nor a size nor a note".into()))?;
        let own = lines.iter().filter(|line| line.name == witness.key.name && line.id == witness.key.id());
        let own: String = own.map(|line| format!("{}\n", line.raw)).collect();
        self.take_cosigned(&core, witness, &[asked, own.as_bytes()].concat()).map_err(|e| match e.code {
            ErrorCode::WitAnswer => {
                let size = verify(asked, &self.config().vkey).map_or(0, |checkpoint| checkpoint.size);
                refused(format!("{}; it was compared with the request of {size} entries", e.what))
            }
            _ => e,
        })
    }

    /// A checkpoint that a witness keeps of this log.
    fn take_note(&self, core: &mut Committer, witness: &TrustedWitness, bytes: &[u8]) -> Result<Taken, Error> {
        let refused = |what: &str| Error::new(ErrorCode::WitAnswer, witness.name.clone(), what);
        let found = verify(bytes, &self.config().vkey).ok_or_else(|| refused("a note that our log did not sign"))?;
        // What is not published cannot be compared; after a failed write this says so.
        core.settle()?;
        let (head, log) = (*core.head(), LogReader::new(self.disk(), core.published()));
        let name = format!("{FORK}/{:020}-{}", found.size, hex::encode(&found.root.0[..8]));
        if let Some(conflict) = conflict(&name, &found, &log, &head) {
            let ours = self.disk().read(&crate::tlog::commit::checkpoint_name()).map_err(LogError::from)?;
            let files = [(name, bytes.to_vec()), (format!("{FORK}/{:020}-ours", head.size), ours)];
            core.stop(conflict.clone());
            // Also where it survives that this folder is replaced by yet another copy.
            let known = self.shared.keys.witnessed()?.and_then(|note| verify(&note, &self.config().vkey));
            if known.is_none_or(|known| known.size < found.size) {
                self.shared.keys.keep_witnessed(bytes)?;
            }
            self.disk().put_if_absent(&files).or_else(exists_is_kept).map_err(LogError::from)?;
            return Err(LogError::from(conflict).into());
        }
        match witness.key.time_on(&Note::read(bytes).ok_or_else(|| refused("no note"))?) {
            Ok(Some(_)) => self.take_cosigned(core, witness, bytes),
            _ => Ok(Taken::Agrees(found.size)),
        }
    }

    /// Keeps a note of this journal with a cosignature.
    fn take_cosigned(&self, core: &Committer, witness: &TrustedWitness, bytes: &[u8]) -> Result<Taken, Error> {
        if let Some(conflict) = core.conflict() {
            return Err(LogError::from(conflict.clone()).into());
        }
        let refused = |what: String| Error::new(ErrorCode::WitAnswer, witness.name.clone(), what);
        let (own, key) = (&self.config().vkey, &witness.key);
        let note = Note::read(bytes).ok_or_else(|| refused("no note".into()))?;
        let time = key.time_on(&note).map_err(|e| refused(e.to_string()))?;
        let time = time.ok_or_else(|| refused("it has no line of the witness's key".into()))?;
        let checkpoint = verify(bytes, own).ok_or_else(|| refused("a note that our log did not sign".into()))?;
        let log = LogReader::new(self.disk(), core.published());
        let is_ours = checkpoint.size <= log.size() && root_at(&log, checkpoint.size)? == checkpoint.root;
        if !is_ours {
            return Err(refused(format!("the checkpoint of {} entries is not of this journal", checkpoint.size)));
        }
        let size = checkpoint.size;
        // Lines of others in what came were not looked at: one forged line would spoil the whole note.
        let is_checked = |name: &str, id| (name, id) == (&own.name, own.id()) || (name, id) == (&key.name, key.id());
        let by_both = Joined::of(&note, is_checked).text(&checkpoint);
        let publish = |name: &str, note: &str| self.disk().publish(name, note.as_bytes()).map_err(LogError::from);
        // The newest of all, where an older copy of the archive cannot hide it; first, so that a crash loses no
        // warning.
        let known = self.shared.keys.witnessed()?.and_then(|note| verify(&note, own));
        let is_older =
            |known: &Checkpoint| known.size <= size && root_at(&log, known.size).is_ok_and(|root| root == known.root);
        if known.as_ref().is_none_or(is_older) {
            self.shared.keys.keep_witnessed(by_both.as_bytes())?;
        }
        if self.witnessed(key)?.is_none_or(|(known, _)| known.size <= size) {
            publish(&file_of(key), &by_both)?;
        }
        let joined = self.joined(&by_both, &checkpoint)?;
        let policy = self.witnesses()?.map(|(_, policy)| policy);
        let meets = |note: &str| {
            policy.as_ref().is_some_and(|p| p.judge(note.as_bytes(), Some(own)).is_ok_and(|judged| judged.is_met))
        };
        let is_better = self.cosigned()?.is_none_or(|shown| {
            // First whether it meets the quorum, then how new it is; at the same size it has all lines of before.
            (meets(&joined), size) >= (meets(&shown.note), shown.checkpoint.size)
        });
        if is_better {
            publish(COSIGNED, &joined)?;
        }
        Ok(Taken::Cosigned { size, time })
    }

    /// A checkpoint with every cosignature over it that is known.
    fn joined(&self, note: &str, checkpoint: &Checkpoint) -> Result<String, Error> {
        let mut joined = Joined::default();
        let kept = self.disk().list(WITNESS).map_err(LogError::from)?.into_iter().map(|(name, _)| name);
        for name in kept.chain([COSIGNED.to_owned()]).filter(|name| !name.ends_with(ASKED)) {
            let Some(bytes) = self.read_or_none(&name)? else { continue };
            if let Some(other) = Note::read(&bytes).filter(|other| other.text == checkpoint.text()) {
                joined.add(&other, |_, _| true);
            }
        }
        // What came now counts more than an older line of the same key.
        if let Some(note) = Note::read(note.as_bytes()) {
            joined.add(&note, |_, _| true);
        }
        Ok(joined.text(checkpoint))
    }

    /// The checkpoint that strangers are shown, with its cosignatures.
    pub fn cosigned(&self) -> Result<Option<Shown>, Error> {
        let Some(bytes) = self.read_or_none(COSIGNED)? else { return Ok(None) };
        // A damaged one is named by the audit and is made again from what each witness said.
        let read = verify(&bytes, &self.config().vkey).zip(String::from_utf8(bytes).ok());
        let Some((checkpoint, note)) = read else { return Ok(None) };
        let judged = match self.witnesses()? {
            None => None,
            Some((_, policy)) => policy.judge(note.as_bytes(), Some(&self.config().vkey)).ok(),
        };
        Ok(Some(Shown { note, checkpoint, judged }))
    }

    /// The checkpoint for strangers, when it meets the quorum of the policy in force.
    ///
    /// # Errors
    /// When no kept one does.
    pub fn cosigned_enough(&self) -> Result<Shown, Error> {
        let none = |what: String| Error::new(ErrorCode::WitNoCheckpoint, "cosigned", what);
        let shown = self.cosigned()?.ok_or_else(|| none("no witness has cosigned one yet".into()))?;
        match shown.judged.as_ref().map(|judged| judged.is_met) {
            Some(true) => Ok(shown),
            Some(false) => Err(none(format!("that of {} entries does not meet the quorum", shown.checkpoint.size))),
            None => Err(none("no policy of witnesses judges it".into())),
        }
    }

    /// A signed checkpoint of this size, with every cosignature over it that is known, if one is kept: the present one,
    /// one that a witness signed or was asked for, or one of `others`.
    pub fn checkpoint_of(&self, size: u64, others: Vec<Vec<u8>>) -> Result<Option<String>, Error> {
        let log = self.log()?;
        if size > log.size() {
            return Err(LogError::NoEntry { index: size, size: log.size() }.into());
        }
        let mut notes = vec![self.settle()?.into_bytes()];
        for name in self.disk().list(WITNESS).map_err(LogError::from)?.into_iter().map(|(name, _)| name) {
            notes.extend(self.read_or_none(&name)?);
        }
        notes.extend(self.read_or_none(COSIGNED)?);
        notes.extend(others);
        let root = root_at(&log, size)?;
        for note in notes {
            let found = verify(&note, &self.config().vkey).filter(|found| (found.size, found.root) == (size, root));
            if let Some((found, note)) = found.zip(String::from_utf8(note).ok()) {
                return self.joined(&note, &found).map(Some);
            }
        }
        Ok(None)
    }

    fn read_or_none(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        match self.disk().read(name) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(DiskError::Missing { .. }) => Ok(None),
            Err(e) => Err(LogError::from(e).into()),
        }
    }
}

/// The same root was learned before, by a note with other cosignatures: the first stays.
fn exists_is_kept(error: DiskError) -> Result<(), DiskError> {
    if matches!(error, DiskError::Exists { .. }) { Ok(()) } else { Err(error) }
}

const ASKED: &str = ".asked";

fn file_of(key: &WitnessKey) -> String {
    let Sha256(digest) = sha256(key.to_string().as_bytes());
    format!("{WITNESS}/{}", hex::encode(&digest[..16]))
}

fn asked_of(key: &WitnessKey) -> String {
    file_of(key) + ASKED
}

/// Signature lines of one checkpoint, one a key.
#[derive(Default)]
struct Joined {
    lines: BTreeMap<(String, [u8; 4]), String>,
}

impl Joined {
    fn of(note: &Note<'_>, is_wanted: impl Fn(&str, [u8; 4]) -> bool) -> Self {
        let mut joined = Self::default();
        joined.add(note, is_wanted);
        joined
    }

    fn add(&mut self, note: &Note<'_>, is_wanted: impl Fn(&str, [u8; 4]) -> bool) {
        for line in note.lines.iter().filter(|line| is_wanted(line.name, line.id)) {
            self.lines.insert((line.name.to_owned(), line.id), line.raw.to_owned());
        }
    }

    /// The note. The line of the log's name comes first, as readers expect it.
    fn text(&self, checkpoint: &Checkpoint) -> String {
        let (log, others): (Vec<_>, Vec<_>) = self.lines.iter().partition(|((name, _), _)| *name == checkpoint.origin);
        let lines: String = log.into_iter().chain(others).map(|(_, raw)| format!("{raw}\n")).collect();
        format!("{}\n{lines}", checkpoint.text())
    }
}
