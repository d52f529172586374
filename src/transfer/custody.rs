//! What a sender's journal proves about a record: that it is this one, and that nothing is left out.
//!
//! The key of that journal was brought by hand; what it is held against brings none. Under its checkpoint stand the
//! entries of each record, and the map of heads, by which the chain of a record is shown whole. The entries commit to
//! groups: every component with the metadata file and the salt. So the metadata file that is read here is the one that
//! the sender had when it took the record in, and what is said beside it is held against that.
//!
//! Who takes a package in reads it by this, and who checks a bundle of what was taken in does so again, without any
//! archive: where the files lie is said by [`Parts`].
//!
//! Invariants
//!   - What is given back follows from the key and the bytes alone. The words of the sender about it are not asked.
//!   - All of it may be hostile: nothing is followed into itself, and memory is that of the files that are read.
//!
//! It writes nothing.

use super::layout;
use crate::clock::Millis;
use crate::error::Error;
use crate::model::digest::{Digests, Sha256, Sha512, sha256, sha512_parts};
use crate::model::id::RecordId;
use crate::model::submission::Role;
use crate::tlog::checkpoint::{self, Checkpoint, VerifierKey};
use crate::tlog::heads::HeadProof;
use crate::tlog::leaf::{ActKind, Chain, Heads, Leaf};
use crate::tlog::tree::{leaf_hash, verify_inclusion};
use serde_json::Value;
use std::collections::BTreeSet;

/// A component that the metadata file names.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its number over all groups, from 1.
    pub number: usize,
    /// Its path in the record.
    pub path: &'a str,
    /// Its part in the record.
    pub role: Role,
    /// Whether it came with the acceptance, and not later.
    pub is_first: bool,
}

/// What was found for it.
#[derive(Debug, Clone)]
pub struct Part {
    /// Where it lies, for messages and for who reads it.
    pub file: String,
    /// Its bytes.
    pub len: u64,
    /// SHA-256 of them.
    pub sha256: Sha256,
    /// SHA-512 of them, where it is known: it must be the one that the metadata file says.
    pub sha512: Option<Vec<u8>>,
}

/// Where the files of records lie.
pub trait Parts {
    /// The bytes of a small file in the folder of a record; none when it is not there.
    ///
    /// # Errors
    ///
    /// When the medium fails.
    fn bytes(&self, record: RecordId, path: &str) -> Result<Option<Vec<u8>>, Error>;

    /// A component.
    ///
    /// # Errors
    ///
    /// Why it is not the one, in technical English.
    fn component(&self, record: RecordId, wanted: Wanted<'_>) -> Result<Part, String>;

    /// How many files there are that must be components.
    fn count(&self, record: RecordId) -> usize;
}

/// The sender's journal, as far as it came along.
pub struct Journal {
    checkpoint: Checkpoint,
    heads: Heads,
}

/// A component of the record, as an entry of the sender commits to it.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its path there.
    pub path: String,
    /// Its part in the record.
    pub role: Role,
    /// Where it lies: in a package the file, from the top.
    pub file: String,
    /// Its bytes.
    pub len: u64,
    /// Digests of them.
    pub digests: Digests,
    /// What the metadata file says of it.
    pub said: Value,
}

/// What one entry of the sender committed to.
#[derive(Debug, Clone)]
pub struct Group {
    /// The entry.
    pub entry: u64,
    /// The metadata file, read.
    pub metadata: Value,
    /// The metadata file and the salt file.
    pub beside: [Digests; 2],
    /// The components.
    pub components: Vec<Component>,
}

/// What is proven of a record.
pub struct Custody {
    /// What it consists of: the acceptance, then the additions.
    pub groups: Vec<Group>,
    /// The holds that kept it when the package was made, by entries about itself.
    pub holds: BTreeSet<RecordId>,
    /// The entry by which it was taken in there, and its time by the clock there.
    pub accepted: (u64, Millis),
    /// How many entries are about it.
    pub entries: usize,
}

/// Reads the journal: its checkpoint by the key, the lines of entries that belong to no record, and which of them has
/// the map of heads.
///
/// # Errors
///
/// Which file does not hold, and what is wrong with it, in technical English.
pub fn journal(
    key: &VerifierKey,
    note: &[u8],
    entries: &[u8],
    mapped: Option<u64>,
) -> Result<Journal, (&'static str, String)> {
    let checkpoint = checkpoint::verify(note, key)
        .ok_or_else(|| (layout::CHECKPOINT, "not signed by the key of that archive".to_owned()))?;
    let mut heads = None;
    for line in lines(entries) {
        let (index, leaf) = proven(&line, &checkpoint).map_err(|what| (layout::JOURNAL, what))?;
        if Some(index) == mapped {
            heads = leaf.heads;
        }
    }
    let heads = heads.ok_or_else(|| (layout::JOURNAL, "it has no map of heads".to_owned()))?;
    Ok(Journal { checkpoint, heads })
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Value> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

/// An entry of a line, when it is under the checkpoint.
fn proven(line: &Value, checkpoint: &Checkpoint) -> Result<(u64, Leaf), String> {
    let index = line.get("index").and_then(Value::as_u64).ok_or("a line without an index")?;
    let entry = line.get("entry").and_then(Value::as_str).ok_or("a line without an entry")?.as_bytes();
    let hashes = line.get("proof").and_then(Value::as_array).ok_or("a line without a proof")?;
    let hashes: Option<Vec<Sha256>> = hashes.iter().map(|hash| hash.as_str()?.parse().ok()).collect();
    let hashes = hashes.ok_or("a proof that cannot be read")?;
    if !verify_inclusion(leaf_hash(entry), index, checkpoint.size, &hashes, checkpoint.root) {
        return Err(format!("entry {index} is not in the journal"));
    }
    Ok((index, Leaf::decode(index, entry).map_err(|e| e.to_string())?))
}

/// Proves a record.
///
/// # Errors
///
/// The medium fails; in the inner result what does not hold, in technical English.
pub fn prove(journal: &Journal, parts: &dyn Parts, record: RecordId) -> Result<Result<Custody, String>, Error> {
    let Some(proofs) = parts.bytes(record, layout::PROOFS)? else {
        return Ok(Err("it has no entries of the journal".to_owned()));
    };
    let leaves = match chain(journal, lines(&proofs), record) {
        Ok(leaves) => leaves,
        Err(what) => return Ok(Err(what)),
    };
    let mut groups = Vec::new();
    let mut number = 0;
    for (entry, leaf) in leaves.iter().filter(|(_, leaf)| leaf.g256.is_some()) {
        let read = |name| parts.bytes(record, &layout::group_file(*entry, name));
        let (Some(metadata), Some(salt)) = (read(layout::GROUP_METADATA)?, read(layout::GROUP_SALT)?) else {
            return Ok(Err(format!("what entry {entry} commits to is not there")));
        };
        let place = (record, groups.is_empty(), &mut number);
        match group(parts, place, (*entry, leaf), (&metadata, &salt)) {
            Ok(group) => groups.push(group),
            Err(what) => return Ok(Err(format!("entry {entry}: {what}"))),
        }
    }
    let is_first = groups.first().is_some_and(|group| {
        group.metadata.get("record_id").and_then(Value::as_str) == Some(record.to_string().as_str())
    });
    let accepted = leaves.first().filter(|(_, leaf)| is_first && leaf.act == ActKind::RecordAccepted);
    let Some(accepted) = accepted.map(|(entry, leaf)| (*entry, leaf.t)) else {
        return Ok(Err("its first entry does not take it in".to_owned()));
    };
    if parts.count(record) != number {
        return Ok(Err("no entry commits to a file of it".to_owned()));
    }
    let mut holds = BTreeSet::new();
    for (_, leaf) in &leaves {
        match (leaf.act, leaf.of) {
            (ActKind::HoldCovers, Some(hold)) => drop(holds.insert(hold)),
            (ActKind::HoldUncovers, Some(hold)) => drop(holds.remove(&hold)),
            _ => {}
        }
    }
    Ok(Ok(Custody { groups, holds, accepted, entries: leaves.len() }))
}

/// The whole custody chain, oldest first.
fn chain(journal: &Journal, lines: impl Iterator<Item = Value>, record: RecordId) -> Result<Vec<(u64, Leaf)>, String> {
    let mut entries = Vec::new();
    let mut head = None;
    for line in lines {
        match line.get("head").and_then(Value::as_str) {
            None => entries.push(proven(&line, &journal.checkpoint)?),
            Some(word) if word == Chain::Custody.as_str() => {
                head = line.get("proof").and_then(Value::as_str).and_then(HeadProof::parse);
            }
            Some(_) => {}
        }
    }
    let is_its = |head: &HeadProof| head.owner == record && head.chain == Chain::Custody && head.holds(&journal.heads);
    let head = head.filter(is_its).ok_or("the head of its entries does not hold")?;
    let mut next = head.head.newest;
    for (index, leaf) in entries.iter().rev() {
        if next != Some(*index) || leaf.rec != Some(record) || leaf.prev.is_some_and(|prev| prev >= *index) {
            return Err(format!("entry {index} is not the one that must stand there"));
        }
        next = leaf.prev;
    }
    if next.is_some() || head.head.count != entries.len() as u64 {
        return Err("an entry is left out".to_owned());
    }
    Ok(entries)
}

/// What an entry committed to is there, byte for byte.
fn group(
    parts: &dyn Parts,
    (record, is_first, number): (RecordId, bool, &mut usize),
    (entry, leaf): (u64, &Leaf),
    (metadata, salt): (&[u8], &[u8]),
) -> Result<Group, String> {
    let value: Value = serde_json::from_slice(metadata).map_err(|e| e.to_string())?;
    let malformed = "its metadata file cannot be read";
    let mut components = Vec::new();
    for one in value.get("components").and_then(Value::as_array).ok_or(malformed)? {
        let text = |key: &str| one.get(key).and_then(Value::as_str).ok_or(malformed);
        *number += 1;
        let path = text("path")?.to_owned();
        let role = Role::parse(text("role")?).ok_or(malformed)?;
        let part = parts.component(record, Wanted { number: *number, path: &path, role, is_first })?;
        let digests = Digests { sha256: part.sha256, sha512: text("sha512")?.parse().map_err(|_| malformed)? };
        // The second digest is of these bytes too, where it is known: the commitment is by both.
        if part.sha512.is_some_and(|told| told != digests.sha512.0) {
            return Err(format!("{} has another SHA-512", part.file));
        }
        components.push(Component { role, len: part.len, said: one.clone(), path, file: part.file, digests });
    }
    let beside = [metadata, salt].map(|bytes| Digests { sha256: sha256(bytes), sha512: sha512_parts(&[bytes]) });
    let members = || components.iter().map(|one| &one.digests).chain(&beside);
    let mut first: Vec<Sha256> = members().map(|digests| digests.sha256).collect();
    let mut second: Vec<Sha512> = members().map(|digests| digests.sha512).collect();
    first.sort_unstable();
    second.sort_unstable();
    let first = sha256(&first.iter().flat_map(|digest| digest.0).collect::<Vec<u8>>());
    let second = sha512_parts(&[&second.iter().flat_map(|digest| digest.0).collect::<Vec<u8>>()]);
    if leaf.g256 != Some(first) || leaf.g512 != Some(second) {
        return Err("the files are not what it commits to".to_owned());
    }
    Ok(Group { entry, metadata: value, beside, components })
}
