//! The RFC 6962 Merkle tree: hashes, the right edge in tiles, and proofs. No I/O.
//!
//! Leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖ right), split at the largest power of two below n (RFC
//! 6962 §2.1).

use crate::model::digest::{Sha256, sha256_parts};

/// Hashes in a full tile (C2SP tlog-tiles).
pub const TILE_WIDTH: u64 = 256;
/// Binary levels of one tile: 2^8 = 256.
pub const TILE_HEIGHT: u32 = 8;

/// The hash of one entry.
pub fn leaf_hash(entry: &[u8]) -> Sha256 {
    sha256_parts(&[&[0], entry])
}

/// The hash of two subtrees.
pub fn node_hash(left: &Sha256, right: &Sha256) -> Sha256 {
    sha256_parts(&[&[1], &left.0, &right.0])
}

/// The root of the empty tree: SHA-256 of nothing.
pub fn empty_root() -> Sha256 {
    sha256_parts(&[])
}

/// The Merkle tree hash over subtree hashes of one height, left to right.
pub fn merkle_root(hashes: &[Sha256]) -> Sha256 {
    match hashes {
        [] => empty_root(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split_point(many.len() as u64) as usize);
            node_hash(&merkle_root(left), &merkle_root(right))
        }
    }
}

/// The largest power of two below `n`, for n > 1 (RFC 6962 §2.1).
pub fn split_point(n: u64) -> u64 {
    assert!(n > 1, "one leaf is not split");
    1 << (63 - (n - 1).leading_zeros())
}

/// A tile that has become full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullTile {
    /// Tile level.
    pub level: u8,
    /// Number of the tile in its level.
    pub index: u64,
    /// Its 256 hashes.
    pub hashes: Vec<Sha256>,
}

/// The right edge of the tree: the hashes of the partial tile of each level. All that appending needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Sha256>>,
}

impl Edge {
    /// An edge from the partial tiles of a tree of `size` entries; `None` when their widths are not those of that size.
    pub fn new(size: u64, levels: Vec<Vec<Sha256>>) -> Option<Self> {
        let mut rest = size;
        for level in &levels {
            if level.len() as u64 != rest % TILE_WIDTH {
                return None;
            }
            rest /= TILE_WIDTH;
        }
        (rest == 0).then_some(Self { size, levels })
    }

    /// Entries in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Hashes of the partial tile of each level, lowest first.
    pub fn levels(&self) -> &[Vec<Sha256>] {
        &self.levels
    }

    /// Appends one leaf hash; tiles that become full are given to `full`.
    pub fn push(&mut self, leaf: Sha256, full: &mut Vec<FullTile>) {
        let mut carry = Some(leaf);
        let mut level = 0usize;
        let mut index = self.size / TILE_WIDTH;
        self.size += 1;
        while let Some(hash) = carry.take() {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            if self.levels[level].len() as u64 == TILE_WIDTH {
                let hashes = std::mem::take(&mut self.levels[level]);
                carry = Some(merkle_root(&hashes));
                full.push(FullTile { level: u8::try_from(level).expect("at most 8 levels"), index, hashes });
            }
            level += 1;
            index /= TILE_WIDTH;
        }
    }

    /// The perfect subtrees of the tree, largest first.
    fn peaks(&self) -> Vec<Sha256> {
        let mut peaks = Vec::new();
        for level in self.levels.iter().rev() {
            peaks_of(level, &mut peaks);
        }
        peaks
    }

    /// The root hash.
    pub fn root(&self) -> Sha256 {
        join_peaks(&self.peaks())
    }

    /// The frontier at the same size.
    pub fn frontier(&self) -> Frontier {
        Frontier { size: self.size, peaks: self.peaks() }
    }
}

fn join_peaks(peaks: &[Sha256]) -> Sha256 {
    match peaks.split_last() {
        None => empty_root(),
        Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
    }
}

/// The perfect subtrees that make up hashes of one level, largest first.
fn peaks_of(hashes: &[Sha256], peaks: &mut Vec<Sha256>) {
    let mut rest = hashes;
    while !rest.is_empty() {
        let len = 1usize << (usize::BITS - 1 - rest.len().leading_zeros());
        peaks.push(merkle_root(&rest[..len]));
        rest = &rest[len..];
    }
}

/// The stack of perfect subtrees, kept leaf by leaf: a second way to the same root, for checking the first before
/// signing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Sha256>,
}

impl Frontier {
    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Sha256) {
        let mut hash = leaf;
        // Each trailing one bit of the old size is a finished subtree of the same height to the left.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a one bit of the size is a peak");
            hash = node_hash(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root hash.
    pub fn root(&self) -> Sha256 {
        join_peaks(&self.peaks)
    }
}

/// Gives node hashes of a tree: height 0 is a leaf hash.
pub trait Nodes {
    /// What goes wrong when a node cannot be had.
    type Error;
    /// The hash of the perfect subtree of `height` number `index`.
    fn node(&self, height: u32, index: u64) -> Result<Sha256, Self::Error>;
}

/// The hash of leaves `lo..hi`, where `lo` is a multiple of the subtree's size (RFC 6962 §2.1 over stored nodes).
fn range_hash<N: Nodes>(nodes: &N, lo: u64, hi: u64) -> Result<Sha256, N::Error> {
    let n = hi - lo;
    if n.is_power_of_two() {
        return nodes.node(n.trailing_zeros(), lo / n);
    }
    let k = split_point(n);
    Ok(node_hash(&range_hash(nodes, lo, lo + k)?, &range_hash(nodes, lo + k, hi)?))
}

/// The root hash of the first `size` leaves.
pub fn root_at<N: Nodes>(nodes: &N, size: u64) -> Result<Sha256, N::Error> {
    if size == 0 { Ok(empty_root()) } else { range_hash(nodes, 0, size) }
}

/// The inclusion proof of leaf `index` in a tree of `size` (RFC 6962 §2.1.1), leaf to root.
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Sha256>, N::Error> {
    assert!(index < size, "the leaf is in the tree");
    let (mut lo, mut hi) = (0, size);
    let mut proof = Vec::new();
    while hi - lo > 1 {
        let k = split_point(hi - lo);
        if index < lo + k {
            proof.push(range_hash(nodes, lo + k, hi)?);
            hi = lo + k;
        } else {
            proof.push(range_hash(nodes, lo, lo + k)?);
            lo += k;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The consistency proof from `old` to `size` (RFC 6962 §2.1.2).
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, size: u64) -> Result<Vec<Sha256>, N::Error> {
    assert!(old <= size, "a log only grows");
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    let (mut lo, mut hi) = (0, size);
    let mut proof = Vec::new();
    // SUBPROOF: `whole` says that the old tree's root over lo..old is known to the verifier.
    let mut whole = true;
    loop {
        if hi == old {
            if !whole {
                proof.push(range_hash(nodes, lo, hi)?);
            }
            break;
        }
        let k = split_point(hi - lo);
        if old <= lo + k {
            proof.push(range_hash(nodes, lo + k, hi)?);
            hi = lo + k;
        } else {
            proof.push(range_hash(nodes, lo, lo + k)?);
            lo += k;
            whole = false;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Checks an inclusion proof (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf: Sha256, index: u64, size: u64, proof: &[Sha256], root: Sha256) -> bool {
    if index >= size {
        return false;
    }
    let (mut f, mut s, mut r) = (index, size - 1, leaf);
    for p in proof {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            r = node_hash(p, &r);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            r = node_hash(&r, p);
        }
        f >>= 1;
        s >>= 1;
    }
    s == 0 && r == root
}

/// Checks a consistency proof (RFC 9162 §2.1.4.2).
pub fn verify_consistency(old: u64, old_root: Sha256, size: u64, root: Sha256, proof: &[Sha256]) -> bool {
    if old > size {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && old_root == empty_root();
    }
    let mut path = proof.iter();
    let first = if old.is_power_of_two() { Some(&old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut f, mut s) = (old - 1, size - 1);
    while f & 1 == 1 {
        f >>= 1;
        s >>= 1;
    }
    let (mut fr, mut sr) = (*first, *first);
    for c in path {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            fr = node_hash(c, &fr);
            sr = node_hash(c, &sr);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            sr = node_hash(&sr, c);
        }
        f >>= 1;
        s >>= 1;
    }
    s == 0 && fr == old_root && sr == root
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Leaves(Vec<Sha256>);
    impl Nodes for Leaves {
        type Error = ();
        fn node(&self, height: u32, index: u64) -> Result<Sha256, ()> {
            let n = 1usize << height;
            let at = usize::try_from(index).unwrap() * n;
            Ok(merkle_root(&self.0[at..at + n]))
        }
    }

    fn leaves(n: u64) -> Leaves {
        Leaves((0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect())
    }

    #[test]
    fn rfc_6962_test_vectors() {
        // The vectors used by the reference implementations of RFC 6962: roots after each of eight entries.
        let entries: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let hashes: Vec<Sha256> = entries.iter().map(|e| leaf_hash(e)).collect();
        assert_eq!(empty_root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let root = |n: usize| merkle_root(&hashes[..n]).to_string();
        assert_eq!(root(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(root(2), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(root(8), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn three_ways_to_the_root_agree() {
        let (mut edge, mut frontier, mut full) = (Edge::default(), Frontier::default(), Vec::new());
        let all = leaves(70_000);
        for (i, leaf) in all.0.iter().enumerate() {
            edge.push(*leaf, &mut full);
            frontier.push(*leaf);
            let n = i + 1;
            if n < 600 || n % 8191 == 0 || n == 65_536 || n == 70_000 {
                assert_eq!(edge.root(), frontier.root(), "size {n}");
                assert_eq!(edge.root(), merkle_root(&all.0[..n]), "size {n}");
                assert_eq!(Edge::new(n as u64, edge.levels().to_vec()).as_ref(), Some(&edge));
                assert!(Edge::new(n as u64 + 1, edge.levels().to_vec()).is_none());
            }
        }
        assert_eq!(full.len(), 70_000 / 256 + 1);
    }

    #[test]
    fn every_proof_verifies_and_every_altered_one_fails() {
        for size in 1..=33u64 {
            let all = leaves(size);
            let root = root_at(&all, size).unwrap();
            for index in 0..size {
                let leaf = all.0[index as usize];
                let proof = inclusion_proof(&all, index, size).unwrap();
                assert!(verify_inclusion(leaf, index, size, &proof, root));
                assert!(!verify_inclusion(leaf, index + 1, size, &proof, root));
                assert!(!verify_inclusion(empty_root(), index, size, &proof, root));
                let mut longer = proof.clone();
                longer.push(root);
                assert!(!verify_inclusion(leaf, index, size, &longer, root));
                for i in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[i].0[5] ^= 1;
                    assert!(!verify_inclusion(leaf, index, size, &bad, root));
                    assert!(!verify_inclusion(leaf, index, size, &proof[..i], root));
                }
            }
            for old in 0..=size {
                let old_root = root_at(&all, old).unwrap();
                let proof = consistency_proof(&all, old, size).unwrap();
                assert!(verify_consistency(old, old_root, size, root, &proof), "{old} of {size}");
                let mut other = old_root;
                other.0[0] ^= 1;
                assert!(!verify_consistency(old, other, size, root, &proof));
                for i in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[i].0[5] ^= 1;
                    assert!(!verify_consistency(old, old_root, size, root, &bad));
                    assert!(!verify_consistency(old, old_root, size, root, &proof[..i]));
                }
            }
        }
    }
}
