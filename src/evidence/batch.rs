//! The hash tree of a batch of the journal (RFC 4998 §4.2).
//!
//! Its first leaf is the digest of the signed checkpoint behind the batch. The others are the roots of *groups*: a
//! group is what one bundle of 256 entries has of the batch, and its leaves are the commitments (`g256`) of entries in
//! order. So the tree of a record is made from one bundle of the journal and a list of 32 bytes for each group.
//!
//! It is a function of the entries and the checkpoint. What is kept with the time-stamp ([`Batch::groups_file`]) saves
//! going through all of them again, and is never believed: the time-stamp is over the root.

use crate::error::Error;
use crate::model::digest::{Sha256, sha256};
use crate::tlog::LogError;
use crate::tlog::leaf::Leaf;
use crate::tlog::read::LogReader;
use crate::tlog::tree::TILE_WIDTH;
use crate::verify::alg::DigestAlgorithm;
use crate::verify::evidence::tree::HashTree;
use chrono::{DateTime, Utc};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The digest algorithm of a batch.
pub const ALGORITHM: DigestAlgorithm = DigestAlgorithm::Sha256;
/// Bytes of one group in the file of groups.
const GROUP_BYTES: usize = 8 + 32;

/// The commitments of one bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    /// Number of the bundle.
    bundle: u64,
    /// Root of its tree.
    root: Sha256,
}

/// A batch with its tree.
pub struct Batch {
    /// Its entries.
    pub entries: Range<u64>,
    /// The checkpoint behind it: a signed note.
    pub note: Vec<u8>,
    /// Before this time it cannot have been stamped; known of one that is to be stamped.
    pub(super) since: Option<DateTime<Utc>>,
    groups: Vec<Group>,
    tree: HashTree,
    /// The group that was read last: who makes evidence of many records asks for those of one bundle one after another.
    last: Mutex<Option<Arc<Leaves>>>,
}

/// The commitments of one bundle with their tree, which has the root that was stamped.
struct Leaves {
    bundle: u64,
    commitments: Vec<(u64, Sha256)>,
    tree: HashTree,
}

impl Batch {
    /// Makes the batch of these entries.
    pub fn read(log: &LogReader<'_>, entries: Range<u64>, note: Vec<u8>) -> Result<Self, Error> {
        let mut groups = Vec::new();
        let mut at = entries.start;
        while at < entries.end {
            let bundle = at / TILE_WIDTH;
            let leaves = commitments(log, &entries, bundle)?;
            groups.extend(tree_of(&leaves).map(|tree| Group { bundle, root: root_of(&tree) }));
            at = (bundle + 1) * TILE_WIDTH;
        }
        Ok(Self::of(entries, note, groups))
    }

    /// The batch with groups as they were kept; none when the file is not one of groups.
    pub fn known(entries: Range<u64>, note: Vec<u8>, groups: &[u8]) -> Option<Self> {
        let rows = groups.chunks_exact(GROUP_BYTES);
        if !rows.remainder().is_empty() {
            return None;
        }
        let group = |row: &[u8]| {
            let (bundle, root) = row.split_first_chunk::<8>()?;
            Some(Group { bundle: u64::from_be_bytes(*bundle), root: Sha256::from_slice(root)? })
        };
        Some(Self::of(entries, note, rows.map(group).collect::<Option<_>>()?))
    }

    fn of(entries: Range<u64>, note: Vec<u8>, groups: Vec<Group>) -> Self {
        let leaves: Vec<Vec<u8>> =
            std::iter::once(sha256(&note)).chain(groups.iter().map(|g| g.root)).map(|h| h.0.to_vec()).collect();
        let tree = HashTree::build(ALGORITHM, &leaves).expect("the checkpoint is a leaf, and all are SHA-256");
        Self { entries, note, since: None, groups, tree, last: Mutex::default() }
    }

    /// What is stamped.
    pub fn root(&self) -> Sha256 {
        root_of(&self.tree)
    }

    /// The groups, to be kept: for each the number of its bundle, 8 bytes big-endian, and its root.
    pub fn groups_file(&self) -> Vec<u8> {
        self.groups.iter().flat_map(|g| [g.bundle.to_be_bytes().as_slice(), &g.root.0].concat()).collect()
    }

    /// What leads from the digest of the checkpoint to the root: what is joined to it, from the bottom.
    pub fn above_checkpoint(&self) -> Vec<Vec<u8>> {
        self.tree.siblings(0)
    }

    /// The same from the commitment of an entry; none when the batch has no commitment of it.
    pub fn above_entry(&self, log: &LogReader<'_>, entry: u64) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let bundle = entry / TILE_WIDTH;
        let Ok(group) = self.groups.binary_search_by_key(&bundle, |group| group.bundle) else { return Ok(None) };
        let Some(leaves) = self.leaves(log, group)? else { return Ok(None) };
        let Ok(at) = leaves.commitments.binary_search_by_key(&entry, |(index, _)| *index) else { return Ok(None) };
        let mut above = leaves.tree.siblings(at);
        above.extend(self.tree.siblings(group + 1));
        Ok(Some(above))
    }

    /// The commitments of a group; none when there are none.
    fn leaves(&self, log: &LogReader<'_>, group: usize) -> Result<Option<Arc<Leaves>>, Error> {
        let Group { bundle, root } = self.groups[group];
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaves) = last.as_ref().filter(|leaves| leaves.bundle == bundle) {
            return Ok(Some(leaves.clone()));
        }
        let commitments = commitments(log, &self.entries, bundle)?;
        let Some(tree) = tree_of(&commitments) else { return Ok(None) };
        if root_of(&tree) != root {
            let what = format!("bundle {bundle} has other commitments than were stamped");
            return Err(LogError::integrity("tlog/tile/entries", what).into());
        }
        let leaves = Arc::new(Leaves { bundle, commitments, tree });
        Ok(Some(last.insert(leaves).clone()))
    }
}

/// The commitments of the batch in one bundle, each with its entry.
fn commitments(log: &LogReader<'_>, entries: &Range<u64>, bundle: u64) -> Result<Vec<(u64, Sha256)>, Error> {
    let mut found = Vec::new();
    for (index, entry) in (bundle * TILE_WIDTH..).zip(log.bundle(bundle)?) {
        if entries.contains(&index) {
            let leaf = Leaf::decode(index, &entry).map_err(LogError::from)?;
            found.extend(leaf.g256.map(|g256| (index, g256)));
        }
    }
    Ok(found)
}

/// The tree of a group; none when it has no commitment.
fn tree_of(leaves: &[(u64, Sha256)]) -> Option<HashTree> {
    let leaves: Vec<Vec<u8>> = leaves.iter().map(|(_, g256)| g256.0.to_vec()).collect();
    HashTree::build(ALGORITHM, &leaves).ok()
}

fn root_of(tree: &HashTree) -> Sha256 {
    Sha256::from_slice(tree.root()).expect("SHA-256 has 32 bytes")
}
