//! What a log and a witness say to each other: the bodies of `add-checkpoint` (C2SP tlog-witness v1.0.0).
//!
//! The same bytes go over HTTP and in files by courier. Reading here checks the form; what they prove is for
//! [`witness`](crate::witness) and [`archive`](crate::archive) to say.

use super::proof::{HASHES_MAX, decimal, hash};
use crate::model::digest::Sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longest request: a note and 63 hashes.
pub const REQUEST_BYTES_MAX: usize = super::note::NOTE_BYTES_MAX + 4 * 1024;
/// Content type of an answer 409.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// A request for a cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness is thought to know.
    pub old: u64,
    /// Consistency proof from there.
    pub proof: Vec<Sha256>,
    /// The checkpoint, a note.
    pub note: String,
}

impl AddCheckpoint {
    /// Reads a request; none when it has not the form of one.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= REQUEST_BYTES_MAX)?;
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = decimal(lines.next()?.strip_prefix("old ")?)?;
        let proof = lines.map(hash).collect::<Option<Vec<_>>>()?;
        (proof.len() <= HASHES_MAX).then(|| Self { old, proof, note: note.to_owned() })
    }

    /// The body.
    pub fn encode(&self) -> String {
        let proof: String = self.proof.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
        format!("old {}\n{proof}\n{}", self.old, self.note)
    }
}

/// The size in the body of an answer 409.
pub fn read_size(body: &[u8]) -> Option<u64> {
    decimal(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_read_back_and_near_misses_do_not() {
        let request = AddCheckpoint { old: 7, proof: vec![Sha256([1; 32]), Sha256([2; 32])], note: "a\n\nb\n".into() };
        let text = request.encode();
        assert_eq!(AddCheckpoint::parse(text.as_bytes()), Some(request.clone()));
        for bad in [
            text.replacen("old 7", "old 07", 1),
            text.replacen("old 7", "old -7", 1),
            text.replacen("old 7", "size 7", 1),
            text.replacen("AQE", "AQ", 1),
            text.replacen("\n\n", "\n", 2),
            AddCheckpoint { proof: vec![Sha256([1; 32]); 64], ..request.clone() }.encode(),
        ] {
            assert_eq!(AddCheckpoint::parse(bad.as_bytes()), None, "{bad}");
        }
        let most = AddCheckpoint { proof: vec![Sha256([1; 32]); 63], ..request };
        assert_eq!(AddCheckpoint::parse(most.encode().as_bytes()), Some(most));
        assert_eq!((read_size(b"12\n"), read_size(b"12"), read_size(b"012\n")), (Some(12), None, None));
    }
}
