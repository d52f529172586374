//! What the sender's journal proves about a record: that it is this one, and that nothing is left out.
//!
//! The key of that journal was brought by hand ([`Held`]); a package brings none. Under its checkpoint stand the
//! entries of each record, and the map of heads, by which the chain of a record is shown whole. The entries commit to
//! groups: every component with the metadata file and the salt. So the metadata file that is read here is the one that
//! the sender had when it took the record in, and what `record.json` says beside it is held against that.
//!
//! Invariants
//!   - What is given back follows from the key and the bytes alone. The words of the sender about it are not asked.
//!
//! It writes nothing.

use super::package::Package;
use crate::error::{Error, ErrorCode};
use crate::model::digest::{Digests, Sha256, Sha512, sha256, sha512_parts};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::model::submission::Role;
use crate::tlog::checkpoint::{self, Checkpoint};
use crate::tlog::heads::HeadProof;
use crate::tlog::leaf::{ActKind, Chain, Heads, Leaf};
use crate::tlog::tree::{leaf_hash, verify_inclusion};
use crate::transfer::layout;
use crate::transfer::party::Held;
use serde_json::Value;
use std::collections::BTreeSet;

/// The sender's journal, as far as the package has it.
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
    /// The file that it is in the package, from the top.
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
}

fn not_sender(subject: &str, what: impl Into<String>) -> Error {
    Error::new(ErrorCode::TrfNotSender, shown(subject), what)
}

/// Reads the journal by the key of the party.
///
/// # Errors
///
/// It is another archive's, for another archive, or not signed by that key.
pub fn journal(package: &Package<'_>, sender: &Value, party: &Held, own: &str) -> Result<Journal, Error> {
    let text = |key: &str| sender.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("schema") != layout::SENDER_SCHEMA {
        return Err(not_sender(layout::SENDER, "of another form"));
    }
    if text("archive") != party.party.archive.to_string() {
        return Err(not_sender(layout::SENDER, format!("it is of archive {}", shown(text("archive")))));
    }
    let to = package.inventory.pointer("/to/archive").and_then(Value::as_str);
    if let Some(other) = to.filter(|to| *to != own) {
        return Err(not_sender(layout::INVENTORY, format!("it is for archive {}", shown(other))));
    }
    let note = package.bytes(layout::CHECKPOINT)?;
    let checkpoint = checkpoint::verify(&note, &party.vkey)
        .ok_or_else(|| not_sender(layout::CHECKPOINT, "not signed by the key of that archive"))?;
    let mut heads = None;
    for line in lines(&package.bytes(layout::JOURNAL)?) {
        let (index, leaf) = proven(&line, &checkpoint).map_err(|what| not_sender(layout::JOURNAL, what))?;
        if Some(index) == sender.get("heads").and_then(Value::as_u64) {
            heads = leaf.heads;
        }
    }
    let heads = heads.ok_or_else(|| not_sender(layout::JOURNAL, "it has no map of heads"))?;
    Ok(Journal { checkpoint, heads })
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
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
pub fn prove(journal: &Journal, package: &Package<'_>, record: RecordId) -> Result<Result<Custody, String>, Error> {
    let folder = package.folder(record);
    let file = |path: &str| format!("{folder}{path}");
    let proofs = file(layout::PROOFS);
    if package.source.find(&proofs).is_none() {
        return Ok(Err("it has no entries of the journal".to_owned()));
    }
    let leaves = match chain(journal, &lines(&package.read(&proofs)?), record) {
        Ok(leaves) => leaves,
        Err(what) => return Ok(Err(what)),
    };
    let mut groups = Vec::new();
    let mut number = 0;
    for (entry, leaf) in leaves.iter().filter(|(_, leaf)| leaf.g256.is_some()) {
        let places = [layout::GROUP_METADATA, layout::GROUP_SALT].map(|name| file(&layout::group_file(*entry, name)));
        if places.iter().any(|place| package.source.find(place).is_none()) {
            return Ok(Err(format!("what entry {entry} commits to is not there")));
        }
        let [metadata, salt] = [package.read(&places[0])?, package.read(&places[1])?];
        match group(package, (&folder, &mut number), (*entry, leaf), (&metadata, &salt)) {
            Ok(group) => groups.push(group),
            Err(what) => return Ok(Err(format!("entry {entry}: {what}"))),
        }
    }
    let is_first = groups.first().is_some_and(|group| {
        group.metadata.get("record_id").and_then(Value::as_str) == Some(record.to_string().as_str())
    });
    let data = file(layout::DATA);
    if !is_first || leaves.first().is_none_or(|(_, leaf)| leaf.act != ActKind::RecordAccepted) {
        return Ok(Err("its first entry does not take it in".to_owned()));
    }
    if package.below(&data).count() != number {
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
    Ok(Ok(Custody { groups, holds }))
}

/// The whole custody chain, oldest first.
fn chain(journal: &Journal, lines: &[Value], record: RecordId) -> Result<Vec<(u64, Leaf)>, String> {
    let mut entries = Vec::new();
    let mut head = None;
    for line in lines {
        match line.get("head").and_then(Value::as_str) {
            None => entries.push(proven(line, &journal.checkpoint)?),
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
    package: &Package<'_>,
    (folder, number): (&str, &mut usize),
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
        let file = format!("{folder}{}", layout::component(*number, &path));
        let found = package.source.find(&file).ok_or_else(|| format!("{file} is not there"))?;
        let sha256 = package.told(&file).map_err(|e| e.to_string())?;
        let digests = Digests { sha256, sha512: text("sha512")?.parse().map_err(|_| malformed)? };
        // The second digest is of these bytes too, where the package tells it: the commitment is by both.
        if package.told_512(&file).is_some_and(|told| told != digests.sha512.0) {
            return Err(format!("{file} has another SHA-512"));
        }
        components.push(Component {
            role: Role::parse(text("role")?).ok_or(malformed)?,
            len: package.source.entries().get(found).map_or(0, |entry| entry.len),
            said: one.clone(),
            path,
            file,
            digests,
        });
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
