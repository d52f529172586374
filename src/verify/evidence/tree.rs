//! Hash trees of archive time-stamps, and the reduced trees that lead from one leaf to the root (RFC 4998 §4.2).
//!
//! A node is the digest of its children, sorted in binary ascending order and joined; an odd node is carried up. A leaf
//! is the digest of one data object, or of a group of them: [`group_hash`]. A reduced tree is a list of lists: the
//! first holds the leaf (or the members of the group), each further one what is joined to the result of the one before.
//!
//! Invariants
//!   - [`fold`] of what [`HashTree::lists`] or [`HashTree::group_lists`] gives is the root.
//!   - All values of a tree have the length of its digest algorithm: digests of several lengths, joined and sorted,
//!     would not say where one ends.
//!
//! A tree proves nothing by itself, and has no mark that tells a leaf from a node: what a value is a digest of, the
//! caller shows by the data.

use super::super::alg::DigestAlgorithm;

/// reducedHashtree: SEQUENCE OF PartialHashtree, each a SEQUENCE OF digests.
pub type Lists = Vec<Vec<Vec<u8>>>;

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// There is no leaf.
    #[error("a tree without leaves")]
    Empty,
    /// A leaf is no digest of the tree's algorithm.
    #[error("leaf {index} has {found} octets, a digest of this tree has {wanted}")]
    Length {
        /// Which leaf.
        index: usize,
        /// Its octets.
        found: usize,
        /// Octets of a digest.
        wanted: usize,
    },
}

/// A binary hash tree over digests.
#[derive(Debug, Clone)]
pub struct HashTree {
    algorithm: DigestAlgorithm,
    /// Leaves first; the last level is the root alone.
    levels: Vec<Vec<Vec<u8>>>,
}

impl HashTree {
    /// Builds the tree over these leaves, in this order.
    ///
    /// # Errors
    /// When there is no leaf, or one is not as long as a digest.
    pub fn build(algorithm: DigestAlgorithm, leaves: &[Vec<u8>]) -> Result<Self, TreeError> {
        let wanted = algorithm.octets();
        if let Some((index, leaf)) = leaves.iter().enumerate().find(|(_, leaf)| leaf.len() != wanted) {
            return Err(TreeError::Length { index, found: leaf.len(), wanted });
        }
        if leaves.is_empty() {
            return Err(TreeError::Empty);
        }
        let mut levels = vec![leaves.to_vec()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| group_hash(algorithm, pair)).collect();
            levels.push(above);
        }
        Ok(Self { algorithm, levels })
    }

    /// What is stamped: the root. Of one leaf it is the leaf.
    pub fn root(&self) -> &[u8] {
        self.levels.last().and_then(|level| level.first()).expect("a tree has a root")
    }

    /// Number of leaves.
    pub fn leaves(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// The reduced tree of one leaf as RFC 4998 §4.2.2 makes it: the first list has the leaf and its sibling. Of the
    /// only leaf it is empty, and the archive time-stamp has none. Nothing when there is no such leaf.
    pub fn lists(&self, index: usize) -> Option<Lists> {
        let leaf = self.levels.first()?.get(index)?;
        let mut siblings = self.siblings(index).into_iter();
        let Some(first) = siblings.next() else { return Some(Vec::new()) };
        let first = sorted(&[leaf.clone(), first]);
        Some(std::iter::once(first).chain(siblings.map(|sibling| vec![sibling])).collect())
    }

    /// The [`reduced`] tree of a leaf that is the digest of this group. Nothing when there is no such leaf, or the
    /// group is another.
    pub fn group_lists(&self, index: usize, members: &[Vec<u8>]) -> Option<Lists> {
        let leaf = self.levels.first()?.get(index)?;
        if members.is_empty() || group_hash(self.algorithm, members) != *leaf {
            return None;
        }
        Some(reduced(members, self.siblings(index)))
    }

    /// What is joined to the way up from a leaf, from the bottom.
    pub fn siblings(&self, leaf: usize) -> Vec<Vec<u8>> {
        let mut siblings = Vec::new();
        let mut index = leaf;
        for level in &self.levels {
            // The odd node at the end has no sibling and is carried up.
            siblings.extend(level.get(index ^ 1).cloned());
            index /= 2;
        }
        siblings
    }
}

/// The reduced tree of a leaf that is the digest of a group with these members, and what is joined to it on the way up
/// (RFC 4998 §4.3, §5.2): the first list has the members and nothing else, so that it says which they are.
///
/// A group of one has its digest alone in the first list; when it is also the only leaf, there are no lists: the token
/// is over the digest itself.
pub fn reduced(members: &[Vec<u8>], siblings: Vec<Vec<u8>>) -> Lists {
    if members.len() == 1 && siblings.is_empty() {
        return Vec::new();
    }
    std::iter::once(sorted(members)).chain(siblings.into_iter().map(|sibling| vec![sibling])).collect()
}

/// The digest of a group of data objects by the digests of its members: of one member its own digest (RFC 4998 §4.2.1).
pub fn group_hash(algorithm: DigestAlgorithm, members: &[Vec<u8>]) -> Vec<u8> {
    match members {
        [one] => one.clone(),
        members => algorithm.digest(&sorted(members).concat()),
    }
}

/// What takes the place of the digest `h` of a data object in the first archive time-stamp of a further chain, where
/// `ha` is the digest of all chains before it (RFC 4998 §5.2). By position: the RFC says "concatenate" and sorts only
/// what lies in lists.
pub fn renewed_hash(algorithm: DigestAlgorithm, h: &[u8], ha: &[u8]) -> Vec<u8> {
    algorithm.digest(&[h, ha].concat())
}

/// The root that a reduced tree leads to (RFC 4998 §4.3): the digest of the first list, sorted, joins the next list.
/// Nothing of a tree without lists, or with an empty one.
pub fn fold(algorithm: DigestAlgorithm, lists: &[Vec<Vec<u8>>]) -> Option<Vec<u8>> {
    let mut result: Option<Vec<u8>> = None;
    for list in lists {
        if list.is_empty() {
            return None;
        }
        let mut members = list.clone();
        members.extend(result.take());
        result = Some(group_hash(algorithm, &members));
    }
    result
}

fn sorted(values: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

    fn leaves(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|i| SHA256.digest(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_leaf_of_trees_of_1_to_40_leads_to_the_root_and_no_other_digest_does() {
        for count in 1..=40 {
            let leaves = leaves(count);
            let tree = HashTree::build(SHA256, &leaves).unwrap();
            assert_eq!(tree.leaves(), count);
            for (index, leaf) in leaves.iter().enumerate() {
                let lists = tree.lists(index).unwrap();
                let own = tree.group_lists(index, std::slice::from_ref(leaf)).unwrap();
                if count == 1 {
                    assert_eq!((lists, own, tree.root()), (Vec::new(), Vec::new(), leaf.as_slice()));
                    continue;
                }
                assert!(lists[0].contains(leaf) && lists[0].len() == 2 && lists[0].is_sorted());
                assert_eq!(own[0], std::slice::from_ref(leaf));
                assert_eq!(fold(SHA256, &lists).unwrap(), tree.root());
                assert_eq!(fold(SHA256, &own).unwrap(), tree.root());
                let mut other = own;
                other[0][0][31] ^= 1;
                assert_ne!(fold(SHA256, &other).unwrap(), tree.root());
            }
            assert_eq!(tree.lists(count), None);
        }
    }

    /// RFC 4998 §4.2.1: sorted, joined, hashed; the order of members is no matter.
    #[test]
    fn a_node_is_the_digest_of_its_sorted_children() {
        let [a, b, c] = <[Vec<u8>; 3]>::try_from(leaves(3)).unwrap();
        let (low, high) = if a < b { (&a, &b) } else { (&b, &a) };
        let ab = SHA256.digest(&[low.as_slice(), high].concat());
        assert_eq!(group_hash(SHA256, &[a.clone(), b.clone()]), ab);
        assert_eq!(group_hash(SHA256, &[b.clone(), a.clone()]), ab);
        let (low, high) = if ab < c { (&ab, &c) } else { (&c, &ab) };
        let root = SHA256.digest(&[low.as_slice(), high].concat());
        assert_eq!(HashTree::build(SHA256, &[a, b, c]).unwrap().root(), root);
    }

    #[test]
    fn the_first_list_of_a_group_has_its_members_and_a_stub_their_hash() {
        let members = leaves(3);
        let g = group_hash(SHA256, &members);
        let mut all = vec![g.clone()];
        all.extend(leaves(6).into_iter().skip(3));
        let tree = HashTree::build(SHA256, &all).unwrap();
        let lists = tree.group_lists(0, &members).unwrap();
        assert_eq!((lists[0].len(), fold(SHA256, &lists).unwrap()), (3, tree.root().to_vec()));
        let stub = tree.lists(0).unwrap();
        assert!(stub[0].contains(&g) && !stub.concat().contains(&members[0]));
        assert_eq!(fold(SHA256, &stub).unwrap(), tree.root());
        assert_eq!(tree.group_lists(0, &members[..2]), None);
        assert_eq!(tree.group_lists(0, &[]), None);
        let alone = HashTree::build(SHA256, &[g]).unwrap();
        assert_eq!(fold(SHA256, &alone.group_lists(0, &members).unwrap()).unwrap(), alone.root());
    }

    #[test]
    fn a_renewed_digest_depends_on_the_position() {
        let [h, ha] = <[Vec<u8>; 2]>::try_from(leaves(2)).unwrap();
        assert_eq!(renewed_hash(SHA256, &h, &ha), SHA256.digest(&[h.clone(), ha.clone()].concat()));
        assert_ne!(renewed_hash(SHA256, &h, &ha), renewed_hash(SHA256, &ha, &h));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        assert_eq!(HashTree::build(SHA256, &[]).unwrap_err(), TreeError::Empty);
        let short = [vec![0; 32], vec![0; 31]];
        let wanted = TreeError::Length { index: 1, found: 31, wanted: 32 };
        assert_eq!(HashTree::build(SHA256, &short).unwrap_err(), wanted);
        assert_eq!(fold(SHA256, &[]), None);
        assert_eq!(fold(SHA256, &[leaves(2), Vec::new()]), None);
    }
}
