//! The successor log: how an archive that lost its newest entries goes on without signing a second history.
//!
//! The entries that are left stay as they are, in the same tree. The log takes a new name and a new key; its first
//! entry under them is `log.succeeded`, which names the key of before and the newest checkpoint that is known by it.
//! The key of before is erased. Disposal stays locked, agency by agency, until two officers have said which holds were
//! placed in what was lost: a hold must not be destroyed with what it keeps for want of its entry.
//!
//! Order
//!   1. The new key is made in the key folder, as `log-ed25519.next`.
//!   2. One commit has the act; its checkpoint is by the new key. **The lock record decides**: before it the log is the
//!      old one, after it the new one, and the key in whose name the newest bundle is signed says which
//!      ([`Signers`](crate::tlog::recover::Signers)).
//!   3. The checkpoint is published, the configuration names the new key, the old key is erased and the new one takes
//!      its place. A crash before the end leaves `log-ed25519.next`, and the next open goes on.
//!
//! Invariants
//!   - Only an archive that is shown a newer checkpoint by its own key goes on so; one that shows two histories never.
//!   - No key signs both at the size of the cut and behind it.
//!   - The commit by which keys go refuses what belongs to an agency whose officers have not confirmed its holds.
//!
//! It does not look for what was lost, and cannot say that what is left is a beginning of it.

use super::{Archive, LOG_KEY, Register, documents, lock};
use crate::config::{CONFIG_FILE, Config};
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::limits::TEXT_LONG_CHARS_MAX;
use crate::model::id::RecordId;
use crate::model::means::ARCHIVE_AGENCY;
use crate::store::disk::{Disk, DiskError};
use crate::tlog::LogError;
use crate::tlog::checkpoint::{Checkpoint, LogSigner, VerifierKey, verify};
use crate::tlog::commit::{Act, Committer, SYSTEM_ACTOR};
use crate::tlog::fork::evidence;
use crate::tlog::leaf::{ActKind, Succession};
use crate::tlog::recover::Signers;
use crate::tlog::tree::root_at;
use crate::vault::VaultError;
use crate::vault::keys::KeyFolder;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// The key that the log is to go on under, until it has taken the place of the one before.
pub const NEXT_LOG_KEY: &str = "log-ed25519.next";
/// Longest name of a log. Own bound.
const ORIGIN_BYTES_MAX: usize = 255;

/// Whether a log may have this name.
pub(super) fn is_origin(name: &str) -> bool {
    !name.is_empty() && name.len() <= ORIGIN_BYTES_MAX && !name.chars().any(|c| c <= ' ' || c == '+' || c == '\u{7f}')
}

/// What is said when a log goes on under a new name and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succeeding {
    /// The newest known checkpoint by the key of before; the one that the archive knows by itself, when none is given.
    pub last: Option<Vec<u8>>,
    /// The new name; the one before with its number, when none is given.
    pub name: Option<String>,
    /// Why; kept with the act.
    pub reason: String,
    /// The account of who does it.
    pub account: String,
}

/// A log that ended by going on under another name and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierLog {
    /// The entry `log.succeeded`, which is the size at the cut: the last one that the key of before signs for.
    pub entry: u64,
    /// What that says.
    pub succession: Succession,
}

impl EarlierLog {
    /// Entries that are missing, as far as is known.
    pub fn missing(&self) -> u64 {
        self.succession.size.saturating_sub(self.entry)
    }
}

impl Archive {
    /// The names and keys that the log had before, oldest first.
    pub fn earlier_logs(&self) -> Result<Vec<EarlierLog>, Error> {
        self.wait_index()?;
        let mut logs = Vec::new();
        for entry in self.index().adopted(Adopted::Succession)? {
            let wrong = || LogError::integrity("tlog/tile/entries", format!("entry {entry} succeeds no log"));
            let succession = self.leaf(entry)?.log.ok_or_else(wrong)?;
            logs.push(EarlierLog { entry, succession });
        }
        Ok(logs)
    }

    /// The signed note of the journal when it had `size` entries, without cosignatures: the same bytes whatever
    /// witnesses said since.
    pub(crate) fn own_note_at(&self, size: u64) -> Result<String, Error> {
        let newest = self.settle()?;
        let log = self.log()?;
        if size > log.size() {
            return Err(LogError::NoEntry { index: size, size: log.size() }.into());
        }
        if size == log.size() {
            return Ok(newest);
        }
        let root = root_at(&log, size)?;
        let gone = || Error::new(ErrorCode::InqNoBundle, size.to_string(), "the key of the journal is erased");
        lock(&self.shared.core).sign(size, root).ok_or_else(gone)
    }

    /// A checkpoint by the log's key, or by one of before at a size that it signed for; none when it is by no such key.
    pub fn own_checkpoint(&self, note: &[u8]) -> Result<Option<Checkpoint>, Error> {
        if let Some(checkpoint) = verify(note, &self.config.vkey) {
            return Ok(Some(checkpoint));
        }
        let logs = self.earlier_logs()?;
        let by = |log: &EarlierLog| verify(note, &log.succession.was).filter(|found| found.size <= log.entry);
        Ok(logs.iter().find_map(by))
    }

    /// Goes on under a new name and key, from an older copy of the journal. Gives what the log was.
    ///
    /// # Errors
    ///
    /// No newer checkpoint by the log's key is known or given ([`ErrorCode::LogWhole`]); the one that is given is not
    /// by that key ([`ErrorCode::LogLast`]) or not the newest known ([`ErrorCode::LogNotNewest`]); the journal has two
    /// histories ([`ErrorCode::LogForked`]); the name was used before ([`ErrorCode::LogName`]); the archive has ended.
    pub fn succeed(&mut self, asked: &Succeeding) -> Result<EarlierLog, Error> {
        if let Some(ended) = self.ended() {
            return Err(LogError::Ended { entry: ended.entry }.into());
        }
        let blank = asked.reason.trim().is_empty() || asked.reason.chars().any(char::is_control);
        if blank || asked.reason.chars().count() > TEXT_LONG_CHARS_MAX {
            let what = "blank, too long, or with a control character";
            return Err(Error::new(ErrorCode::IngFieldMalformed, "reason", what));
        }
        // A new account would be an entry under the key of before; its name is in the act.
        let actor = self.index().actor(&asked.account)?.unwrap_or(SYSTEM_ACTOR);
        let was = self.config.vkey.clone();
        let (note, last) = self.newest_known(asked.last.as_deref())?;
        let name = self.next_name(asked.name.as_deref())?;
        // One that an interrupted run left never signed what counts.
        self.shared.keys.erase(NEXT_LOG_KEY)?;
        let signer = LogSigner::new(&name, &self.shared.keys.create(NEXT_LOG_KEY)?.0);
        let vkey = signer.verifier().clone();
        let succession = Succession { vkey: vkey.clone(), was, size: last.size, root: last.root };
        let mut act = Act::new(ActKind::LogSucceeded, actor);
        act.log = Some(succession.clone());
        let committed = self.commit_deciding(
            || {
                let cut = self.index_meta().size;
                // Somebody may have committed since it was looked at.
                if last.size <= cut {
                    return Err(whole(self, last.size, cut));
                }
                let fields = json!({
                    "account": asked.account, "key": "erased after this entry", "last": note,
                    "missing": last.size.saturating_sub(cut), "reason": asked.reason, "size": cut,
                });
                let fields = fields.as_object().cloned().unwrap_or_default();
                let owner = documents::ActOwner::Register(Register::Archive);
                let (act, payload, session) = self.seal_files(act, owner, fields, Vec::new())?;
                Ok((vec![(act, payload)], vec![session]))
            },
            |core, acts| Ok(core.succeed(acts, signer)?),
        )?;
        self.wait_index()?;
        let entry = committed.first().map(|c| c.index).unwrap_or_default();
        *lock(&self.shared.answer_key) = None;
        {
            let mut core = lock(&self.shared.core);
            core.settle()?;
            finish(&core, &self.shared.keys, self.shared.disk.as_ref(), &mut self.config)?;
        }
        Ok(EarlierLog { entry, succession })
    }

    /// The newest checkpoint by the log's key that is known or `given`, which must name more entries than there are.
    fn newest_known(&self, given: Option<&[u8]>) -> Result<(String, Checkpoint), Error> {
        let (head, log, key) = (self.head(), self.log()?, &self.config.vkey);
        let known = evidence(self.disk(), Some(&self.shared.keys))?;
        let mut notes: Vec<(String, Vec<u8>, Checkpoint)> =
            known.into_iter().filter_map(|(file, note)| verify(&note, key).map(|found| (file, note, found))).collect();
        if let Some(note) = given {
            let not_ours = || Error::new(ErrorCode::LogLast, "--last", format!("it is not signed by {key}"));
            notes.push(("--last".to_owned(), note.to_vec(), verify(note, key).ok_or_else(not_ours)?));
        }
        for (file, _, found) in &notes {
            let is_ours = || root_at(&log, found.size).is_ok_and(|root| root == found.root);
            let twice = notes.iter().any(|(_, _, other)| other.size == found.size && other.root != found.root);
            if (found.size <= head.size && !is_ours()) || twice {
                return Err(LogError::Forked { file: file.clone(), size: found.size }.into());
            }
        }
        let named = given.and_then(|_| notes.last()).map(|(_, _, found)| found.size);
        // The last of its size: what is given counts more than what is known.
        let newest = notes.into_iter().max_by_key(|(_, _, found)| found.size);
        let (file, note, newest) = newest.ok_or_else(|| whole(self, 0, head.size))?;
        if newest.size <= head.size {
            return Err(whole(self, newest.size, head.size));
        }
        if let Some(named) = named.filter(|named| *named < newest.size) {
            let what = format!("it has {named} entries, {file} shows {}", newest.size);
            return Err(Error::new(ErrorCode::LogNotNewest, "--last", what));
        }
        let note = String::from_utf8(note).map_err(|_| LogError::integrity(file, "is not text"))?;
        Ok((note, newest))
    }

    fn next_name(&self, asked: Option<&str>) -> Result<String, Error> {
        let earlier = self.earlier_logs()?;
        let used: Vec<&str> = earlier.iter().map(|log| log.succession.was.name.as_str()).collect();
        let now = self.config.vkey.name.as_str();
        let name = asked.map_or_else(|| numbered(now), str::to_owned);
        if !is_origin(&name) {
            return Err(Error::new(ErrorCode::LogName, &*name, "a log's name has no spaces and no plus sign"));
        }
        if name == now || used.contains(&name.as_str()) {
            return Err(Error::new(ErrorCode::LogName, &*name, "the log had this name before"));
        }
        Ok(name)
    }

    /// The entry by which the log went on last, if it ever did.
    pub fn succeeded(&self) -> Result<Option<u64>, Error> {
        Ok(self.index().adopted(Adopted::Succession)?.pop())
    }

    /// Agencies whose officers have not said which holds were placed in what was lost: nothing of theirs is destroyed.
    pub fn locked_agencies(&self) -> Result<BTreeSet<String>, Error> {
        let Some(cut) = self.succeeded()? else { return Ok(BTreeSet::new()) };
        let mut codes = self.index().agency_codes()?;
        codes.remove(ARCHIVE_AGENCY);
        for entry in self.index().adopted(Adopted::HoldsConfirmed)?.into_iter().filter(|entry| *entry > cut) {
            if let Some(agency) = self.document(entry)?.0.text("agency") {
                codes.remove(agency);
            }
        }
        Ok(codes)
    }

    /// Refuses the destruction of what belongs to an agency whose officers have not confirmed its holds.
    pub(crate) fn check_confirmed(&self, agency: &str) -> Result<(), Error> {
        if self.locked_agencies()?.contains(agency) { Err(lost_holds(agency)) } else { Ok(()) }
    }

    /// The same for what an act of this kind erases the key of. What waits was never in the holding: no hold keeps it.
    pub(super) fn check_unlocked(&self, kind: ActKind, owner: RecordId) -> Result<(), Error> {
        let locked = self.locked_agencies()?;
        let Some(first) = locked.first().filter(|_| kind != ActKind::WaitingEnded) else { return Ok(()) };
        let index = self.index();
        let agency = match index.record_by_id(owner)? {
            Some(row) => Some(row.agency),
            None => index.file(owner)?.map(|row| row.agency),
        };
        match agency {
            Some(agency) if locked.contains(&agency) => Err(lost_holds(&agency)),
            Some(_) => Ok(()),
            // A lifted hold goes with the records that it kept; what goes with the archive is of every agency.
            None if kind == ActKind::HoldDestroyed => Ok(()),
            None => Err(lost_holds(first)),
        }
    }
}

fn whole(archive: &Archive, known: u64, size: u64) -> Error {
    let what = format!("the newest checkpoint that is known has {known} entries, the journal {size}");
    Error::new(ErrorCode::LogWhole, archive.id().to_string(), what)
}

fn lost_holds(agency: &str) -> Error {
    let what = "the holds that were placed in the lost entries are not confirmed";
    Error::new(ErrorCode::HldUnconfirmed, agency, what)
}

/// The name with its number: `a` is followed by `a/2`, that by `a/3`.
fn numbered(name: &str) -> String {
    let split = name.rsplit_once('/').and_then(|(base, number)| Some((base, number.parse::<u32>().ok()?)));
    match split.filter(|(base, number)| !base.is_empty() && *number > 1 && name.ends_with(&format!("/{number}"))) {
        Some((base, number)) => format!("{base}/{}", u64::from(number) + 1),
        None => format!("{name}/2"),
    }
}

/// Who may have signed the newest head: the key that the configuration names, or the one that the log was going over
/// to.
pub(super) fn signers(keys: &KeyFolder, config: &Config) -> Result<Signers, Error> {
    let next = keys.named_if_any(NEXT_LOG_KEY)?;
    let own = match keys.named(LOG_KEY) {
        Ok(seed) => LogSigner::new(&config.vkey.name, &seed.0),
        Err(VaultError::Key { .. }) => LogSigner::erased(config.vkey.clone()),
        Err(e) => return Err(e.into()),
    };
    match *own.verifier() == config.vkey {
        true => Ok(Signers { own, next }),
        // The configuration names the next one already.
        false if next.is_some() => Ok(Signers { own: LogSigner::erased(config.vkey.clone()), next }),
        false => {
            let what = "the signing key is not the one named in the configuration";
            Err(Error::new(ErrorCode::VltKeyMissing, LOG_KEY, what))
        }
    }
}

/// Step 3, or the undoing of step 1 when nothing was committed. Done already, it does nothing.
pub(super) fn finish(core: &Committer, keys: &KeyFolder, disk: &dyn Disk, config: &mut Config) -> Result<(), Error> {
    let Some(next) = keys.named_if_any(NEXT_LOG_KEY)? else { return Ok(()) };
    let current: &VerifierKey = core.verifier();
    if LogSigner::new(&current.name, &next.0).verifier() != current {
        return Ok(keys.erase(NEXT_LOG_KEY)?);
    }
    if config.vkey != *current {
        name_key(disk, &config.vkey, current)?;
        config.vkey = current.clone();
    }
    Ok(keys.replace(NEXT_LOG_KEY, LOG_KEY)?)
}

/// Writes the new key into the configuration, of which everything else stays as people wrote it.
fn name_key(disk: &dyn Disk, was: &VerifierKey, now: &VerifierKey) -> Result<(), Error> {
    let bytes = match disk.read(CONFIG_FILE) {
        Ok(bytes) => bytes,
        // Only where whoever opens the archive keeps its configuration elsewhere.
        Err(DiskError::Missing { .. }) => return Ok(()),
        Err(e) => return Err(LogError::from(e).into()),
    };
    let text = String::from_utf8_lossy(&bytes).replacen(&was.to_string(), &now.to_string(), 1);
    let read = Config::parse(&text, Path::new(CONFIG_FILE))?;
    if read.vkey != *now {
        let what = format!("vkey is neither {was} nor {now}");
        return Err(Error::new(ErrorCode::CfgUnreadable, CONFIG_FILE, what));
    }
    Ok(disk.publish(CONFIG_FILE, text.as_bytes()).map_err(LogError::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbered() {
        for (name, next) in [
            ("a", "a/2"),
            ("a/2", "a/3"),
            ("a/9", "a/10"),
            ("a/1", "a/1/2"),
            ("a/02", "a/02/2"),
            ("a/log", "a/log/2"),
            ("/2", "/2/2"),
            ("a/4294967295", "a/4294967296"),
        ] {
            assert_eq!(numbered(name), next);
        }
    }
}
