//! Heads: for each owner the newest entry of its two chains, as two maps whose roots stand in the journal.
//!
//! Proofs of inclusion show that an entry is there; none shows that another one is not. Here is what does: the entry
//! `heads.mapped` has the roots of two Merkle trees (RFC 6962 §2.1) over all owners in ascending order of their ids,
//! one leaf for each owner and chain with the newest entry and how many there are. Whoever follows `prev` from the
//! newest entry to the first has the whole chain, and nothing was left out before that entry.
//!
//! Custody and reading are maps of their own, so that one is shown without the other. A proof names one owner; its
//! hashes say nothing of others, whose ids are random.
//!
//! The maps follow from the journal alone: whoever has a copy of it can make them again, as `audit` does. No I/O.

use super::leaf::{Chain, Heads, Leaf};
use super::tree::{Nodes, inclusion_proof, leaf_hash, node_hash, root_at, verify_inclusion};
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// First line of a proof.
const PROOF: &str = "muragat/head-proof/1";
/// Lines of a proof that are read: a tree has at most 64 levels.
const PROOF_LINES_MAX: usize = 7 + 64;

/// The newest entry of a chain, and how many it has; none when the chain is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainHead {
    /// How many entries.
    pub count: u64,
    /// The newest of them.
    pub newest: Option<u64>,
}

/// The heads of an owner's two chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnerHeads {
    /// What was done with it.
    pub custody: ChainHead,
    /// Who read it.
    pub reading: ChainHead,
}

impl OwnerHeads {
    /// The head of one chain.
    pub fn of(&self, chain: Chain) -> ChainHead {
        match chain {
            Chain::Custody => self.custody,
            Chain::Reading => self.reading,
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, chain: Chain) -> &mut ChainHead {
        match chain {
            Chain::Custody => &mut self.custody,
            Chain::Reading => &mut self.reading,
        }
    }
}

/// The heads of all owners, taken entry by entry.
#[derive(Debug, Clone, Default)]
pub struct HeadsSoFar(BTreeMap<RecordId, OwnerHeads>);

impl HeadsSoFar {
    /// Takes the next entry.
    pub fn take(&mut self, index: u64, leaf: &Leaf) {
        let Some(owner) = leaf.rec else { return };
        let head = self.0.entry(owner).or_default().of_mut(leaf.act.chain());
        *head = ChainHead { count: head.count + 1, newest: Some(index) };
    }

    /// The heads of an owner; empty ones when no entry was about it.
    pub fn of(&self, owner: RecordId) -> OwnerHeads {
        self.0.get(&owner).copied().unwrap_or_default()
    }

    /// Makes the heads of an owner what they were before; empty ones take it out.
    pub fn put_back(&mut self, owner: RecordId, heads: OwnerHeads) {
        if heads == OwnerHeads::default() {
            self.0.remove(&owner);
        } else {
            self.0.insert(owner, heads);
        }
    }

    /// What an entry `heads.mapped` at this place must have.
    pub fn roots(&self) -> Heads {
        let map = |chain| HeadMap::new(chain, self.0.iter().map(|(owner, heads)| (*owner, heads.of(chain)))).root();
        Heads { owners: self.0.len() as u64, custody: map(Chain::Custody), readings: map(Chain::Reading) }
    }
}

/// The map of one chain.
pub struct HeadMap {
    chain: Chain,
    rows: Vec<(RecordId, ChainHead)>,
    /// Hashes of perfect subtrees by height, those that are whole.
    levels: Vec<Vec<Sha256>>,
}

impl HeadMap {
    /// The map of these owners, which come in ascending order of their ids.
    pub fn new(chain: Chain, owners: impl IntoIterator<Item = (RecordId, ChainHead)>) -> Self {
        let rows: Vec<_> = owners.into_iter().collect();
        assert!(rows.is_sorted_by(|a, b| a.0 < b.0), "owners come in order, each once");
        let leaves = rows.iter().map(|(owner, head)| leaf_hash(row_text(chain, *owner, *head).as_bytes())).collect();
        let mut levels: Vec<Vec<Sha256>> = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let above = level.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
            levels.push(above);
        }
        Self { chain, rows, levels }
    }

    /// How many owners.
    pub fn owners(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The root.
    pub fn root(&self) -> Sha256 {
        let Ok(root) = root_at(self, self.owners());
        root
    }

    /// The proof of what the map says of an owner; none when it is not in the map.
    pub fn proof(&self, owner: RecordId) -> Option<HeadProof> {
        let at = self.rows.binary_search_by_key(&owner, |(id, _)| *id).ok()?;
        let (index, owners) = (at as u64, self.owners());
        let Ok(hashes) = inclusion_proof(self, index, owners);
        Some(HeadProof { chain: self.chain, owner, head: self.rows[at].1, index, owners, hashes })
    }
}

impl Nodes for HeadMap {
    type Error = Infallible;
    fn node(&self, height: u32, index: u64) -> Result<Sha256, Infallible> {
        Ok(self.levels[height as usize][usize::try_from(index).expect("owners are counted in memory")])
    }
}

/// What is hashed for one owner: its chain, its id, how many entries and the newest of them, a line each.
fn row_text(chain: Chain, owner: RecordId, head: ChainHead) -> String {
    let newest = head.newest.map_or_else(|| "-".to_owned(), |newest| newest.to_string());
    format!("{}\n{owner}\n{}\n{newest}\n", chain.as_str(), head.count)
}

/// The proof that the newest entry of an owner's chain is what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadProof {
    /// Which chain.
    pub chain: Chain,
    /// Whose.
    pub owner: RecordId,
    /// Its head.
    pub head: ChainHead,
    /// Place of the owner among all.
    index: u64,
    /// Owners in the map.
    owners: u64,
    /// Leaf to root.
    hashes: Vec<Sha256>,
}

impl HeadProof {
    /// The proof as text.
    pub fn to_text(&self) -> String {
        let row = row_text(self.chain, self.owner, self.head);
        let mut text = format!("{PROOF}\n{row}index {}\nowners {}\n", self.index, self.owners);
        for hash in &self.hashes {
            text.push_str(&STANDARD.encode(hash.0));
            text.push('\n');
        }
        text
    }

    /// Reads a proof; none when it is not written as [`to_text`](Self::to_text) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n').take(PROOF_LINES_MAX);
        let mut line = || lines.next();
        if line()? != PROOF {
            return None;
        }
        let (chain, owner) = (Chain::parse(line()?)?, line()?.parse().ok()?);
        let count = line()?.parse().ok()?;
        let newest = Some(line()?).filter(|newest| *newest != "-").map(str::parse).transpose().ok()?;
        let index = line()?.strip_prefix("index ")?.parse().ok()?;
        let owners = line()?.strip_prefix("owners ")?.parse().ok()?;
        let hashes = lines.map(|hash| Sha256::from_slice(&STANDARD.decode(hash).ok()?)).collect::<Option<_>>()?;
        let proof = Self { chain, owner, head: ChainHead { count, newest }, index, owners, hashes };
        // One way to write it only, and no more than was read.
        (proof.to_text() == text && (count == 0) == newest.is_none()).then_some(proof)
    }

    /// Whether it holds under the roots of an entry `heads.mapped`.
    pub fn holds(&self, heads: &Heads) -> bool {
        let root = match self.chain {
            Chain::Custody => heads.custody,
            Chain::Reading => heads.readings,
        };
        let leaf = leaf_hash(row_text(self.chain, self.owner, self.head).as_bytes());
        self.owners == heads.owners && verify_inclusion(leaf, self.index, self.owners, &self.hashes, root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ActId, ActorId};
    use crate::tlog::leaf::ActKind;

    fn owner(number: u8) -> RecordId {
        RecordId([number; 16])
    }

    fn so_far(owners: u8) -> HeadsSoFar {
        let mut heads = HeadsSoFar::default();
        for index in 0..u64::from(owners) * 3 {
            let kind = if index % 5 == 4 { ActKind::RecordRead } else { ActKind::RecordAmended };
            let mut leaf = Leaf::new(kind, ActId([0; 16]), 0, ActorId([0; 8]));
            leaf.rec = Some(owner((index % u64::from(owners)) as u8));
            heads.take(index, &leaf);
        }
        heads
    }

    #[test]
    fn every_owner_of_every_map_is_proven_and_no_other_head_is() {
        for owners in 1..=20 {
            let heads = so_far(owners);
            let roots = heads.roots();
            for chain in [Chain::Custody, Chain::Reading] {
                let map = HeadMap::new(chain, heads.0.iter().map(|(id, heads)| (*id, heads.of(chain))));
                for number in 0..owners {
                    let proof = map.proof(owner(number)).unwrap();
                    assert!(proof.holds(&roots), "{owners} {number}");
                    assert_eq!(HeadProof::parse(&proof.to_text()).as_ref(), Some(&proof));
                    let mut older = proof.clone();
                    older.head.count += 1;
                    assert!(!older.holds(&roots), "another count");
                    let mut other = proof.clone();
                    other.head.newest = Some(999);
                    assert!(!other.holds(&roots), "another entry");
                    let mut other = proof.clone();
                    other.owner = owner(number.wrapping_add(1));
                    assert!(!other.holds(&roots), "another owner");
                    let mut other = proof.clone();
                    other.chain = if chain == Chain::Custody { Chain::Reading } else { Chain::Custody };
                    assert!(!other.holds(&roots), "another chain");
                    let mut other = proof;
                    other.owners += 1;
                    assert!(!other.holds(&roots), "another number of owners");
                }
                assert_eq!(map.proof(owner(owners)), None);
            }
        }
    }

    #[test]
    fn a_proof_is_written_in_one_way_only() {
        let heads = so_far(5);
        let map = HeadMap::new(Chain::Reading, heads.0.iter().map(|(id, heads)| (*id, heads.reading)));
        let text = map.proof(owner(4)).unwrap().to_text();
        assert!(HeadProof::parse(&text).is_some());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).ok().and_then(|text| HeadProof::parse(&text));
            assert!(changed.is_none_or(|proof| !proof.holds(&heads.roots())), "byte {at}");
        }
        for bad in [format!("{text}\n"), text.replace("index 4", "index 04"), text.trim_end().to_owned()] {
            assert_eq!(HeadProof::parse(&bad), None, "{bad}");
        }
    }
}
