//! Proofs for strangers: inclusion in C2SP `tlog-proof` form, consistency as hashes.
//!
//! They hold nothing but hashes and a checkpoint, so they can be given to anybody; each is checked without this
//! program. [`InclusionProof::verify`] checks one as a stranger does: with the entry's bytes and a trust policy, and
//! without an archive.

use super::LogError;
use super::checkpoint::{Checkpoint, VerifierKey};
use super::read::LogReader;
use super::tree::{consistency_proof, inclusion_proof, leaf_hash, verify_inclusion};
use super::trust::{Judgement, NotValid, TrustPolicy};
use crate::model::digest::Sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How a proof of inclusion begins (C2SP tlog-proof).
pub const PROOF_HEAD: &str = "c2sp.org/tlog-proof@v1\n";
/// Longest proof taken from outside: a note, 63 hashes, and as much that is not authenticated.
pub const PROOF_BYTES_MAX: usize = 256 * 1024;
/// Hashes of a proof in a tree of at most 2^63 entries.
pub const HASHES_MAX: usize = 63;

/// A proof of inclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// The entry.
    pub index: u64,
    /// Hashes from the leaf to the root.
    pub hashes: Vec<Sha256>,
    /// The checkpoint that it is under, a note.
    pub note: String,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// It has not the form of a proof.
    #[error("it is no proof of inclusion: {0}")]
    Form(&'static str),
    /// Its checkpoint is none that can be believed.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] NotValid),
    /// The hashes do not lead from the entry to the root.
    #[error("the entry is not at {index} in the tree of {size} entries")]
    Inclusion {
        /// Where it is said to be.
        index: u64,
        /// Of how many.
        size: u64,
    },
}

impl InclusionProof {
    /// Reads a proof. Extra data is passed over: nothing authenticates it.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        let form = ProofError::Form;
        if text.len() > PROOF_BYTES_MAX {
            return Err(form("too long"));
        }
        let rest = text.strip_prefix(PROOF_HEAD).ok_or(form("another first line"))?;
        let (head, note) = rest.split_once("\n\n").ok_or(form("no checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            STANDARD.decode(extra).map_err(|_| form("extra data that is not base64"))?;
            lines.next();
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(form("no index"))?;
        let hashes: Option<Vec<Sha256>> = lines.map(hash).collect();
        let hashes = hashes.filter(|hashes| hashes.len() <= HASHES_MAX).ok_or(form("a line that is no hash"))?;
        Ok(Self { index, hashes, note: note.to_owned() })
    }

    /// The proof as text.
    pub fn encode(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
        format!("{PROOF_HEAD}index {}\n{hashes}\n{}", self.index, self.note)
    }

    /// Checks that `entry` is where the proof says, and what the policy says of the checkpoint. A quorum that is not
    /// met is a verdict, not an error. A policy without logs takes the log from elsewhere: `own`.
    pub fn verify(
        &self,
        entry: &[u8],
        policy: &TrustPolicy,
        own: Option<&VerifierKey>,
    ) -> Result<Judgement, ProofError> {
        let judged = policy.judge(self.note.as_bytes(), own)?;
        if !is_included(&judged.checkpoint, self.index, entry, &self.hashes) {
            return Err(ProofError::Inclusion { index: self.index, size: judged.checkpoint.size });
        }
        Ok(judged)
    }
}

/// Whether the entry is at `index` of the tree of a checkpoint.
pub fn is_included(checkpoint: &Checkpoint, index: u64, entry: &[u8], hashes: &[Sha256]) -> bool {
    verify_inclusion(leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root)
}

/// A decimal number in the one way in which it is written.
pub(super) fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// A hash as base64 in the one way in which it is written.
pub(super) fn hash(text: &str) -> Option<Sha256> {
    STANDARD.decode(text).ok().and_then(|bytes| Sha256::from_slice(&bytes))
}

/// The inclusion proof of entry `index` under `checkpoint`, which is a note of `size` entries (C2SP tlog-proof); the
/// reader has as many or more.
pub fn inclusion_text(reader: &LogReader<'_>, index: u64, size: u64, checkpoint: &str) -> Result<String, LogError> {
    let size = size.min(reader.size());
    if index >= size {
        return Err(LogError::NoEntry { index, size });
    }
    let hashes = inclusion_proof(reader, index, size)?;
    Ok(InclusionProof { index, hashes, note: checkpoint.to_owned() }.encode())
}

/// The consistency proof from `old` entries to the reader's size (RFC 6962 §2.1.2).
pub fn consistency(reader: &LogReader<'_>, old: u64) -> Result<Vec<Sha256>, LogError> {
    if old > reader.size() {
        return Err(LogError::NoEntry { index: old, size: reader.size() });
    }
    consistency_proof(reader, old, reader.size())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::checkpoint::LogSigner;
    use crate::tlog::tree::{merkle_root, node_hash};

    /// A proof of the second of three entries, and the policy that knows its log.
    fn proof() -> (InclusionProof, TrustPolicy) {
        let leaves = [b"a", b"b", b"c"].map(|entry| leaf_hash(entry));
        let log = LogSigner::new("example.org/log", &[7; 32]);
        let note = log.sign(3, merkle_root(&leaves)).unwrap();
        assert_eq!(merkle_root(&leaves), node_hash(&node_hash(&leaves[0], &leaves[1]), &leaves[2]));
        let policy = TrustPolicy::parse(format!("log {}\nquorum none\n", log.verifier()).as_bytes()).unwrap();
        (InclusionProof { index: 1, hashes: vec![leaves[0], leaves[2]], note }, policy)
    }

    #[test]
    fn a_proof_reads_back_and_verifies_for_its_entry_only() {
        let (proof, policy) = proof();
        let text = proof.encode();
        assert_eq!(InclusionProof::parse(&text), Ok(proof.clone()));
        let extra = text.replacen("index", "extra AAAA\nindex", 1);
        assert_eq!(InclusionProof::parse(&extra), Ok(proof.clone()));
        assert!(proof.verify(b"b", &policy, None).unwrap().is_met);
        assert_eq!(proof.verify(b"x", &policy, None), Err(ProofError::Inclusion { index: 1, size: 3 }));
        let elsewhere = InclusionProof { index: 0, ..proof.clone() };
        assert!(elsewhere.verify(b"b", &policy, None).is_err());
        let stranger = TrustPolicy::parse(b"quorum none\n").unwrap();
        assert!(matches!(proof.verify(b"b", &stranger, None), Err(ProofError::Checkpoint(NotValid::Log(_)))));
    }

    #[test]
    fn every_changed_character_of_a_proof_is_found() {
        let (proof, policy) = proof();
        let text = proof.encode();
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at) && text.as_bytes()[*at].is_ascii()) {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            let found = InclusionProof::parse(&changed).and_then(|proof| proof.verify(b"b", &policy, None));
            assert!(found.is_err(), "byte {at}");
        }
    }

    #[test]
    fn what_is_no_proof_is_not_read() {
        let text = proof().0.encode();
        for bad in [
            text.replacen("v1", "v2", 1),
            text.replacen("index 1", "index 01", 1),
            text.replacen("index 1\n", "", 1),
            text.replacen("\n\n", "\n", 2),
            text.replacen("index", "extra !\nindex", 1),
            text.replacen("index 1\n", "index 1\nshort\n", 1),
        ] {
            assert!(InclusionProof::parse(&bad).is_err(), "{bad}");
        }
    }
}
