//! What a witness answers to `add-checkpoint`, as a pure function (C2SP tlog-witness v1.0.0, "add-checkpoint").
//!
//! The checks stand in the order of the specification, each with its status. It reads no file and signs nothing.

use crate::tlog::checkpoint::{Checkpoint, VerifierKey};
use crate::tlog::note::Note;
use crate::tlog::request::{AddCheckpoint, SIZE_TYPE};
use crate::tlog::tree::{empty_root, verify_consistency};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 200: the cosignature line.
    Cosigned(String),
    /// 400: it is no request.
    Malformed(&'static str),
    /// 403: no trusted key of the log signed it, or a line of one does not verify.
    NotSigned,
    /// 404: the log is not known.
    UnknownLog,
    /// 409: the size that the witness knows.
    Conflict(u64),
    /// 422: it does not go on from what the witness knows.
    Inconsistent(&'static str),
}

impl Reply {
    /// Its HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Reply::Cosigned(_) => 200,
            Reply::Malformed(_) => 400,
            Reply::NotSigned => 403,
            Reply::UnknownLog => 404,
            Reply::Conflict(_) => 409,
            Reply::Inconsistent(_) => 422,
        }
    }

    /// Its content type.
    pub fn content_type(&self) -> &'static str {
        if let Reply::Conflict(_) = self { SIZE_TYPE } else { "text/plain; charset=utf-8" }
    }

    /// Its body.
    pub fn body(&self) -> String {
        match self {
            Reply::Cosigned(line) => line.clone(),
            Reply::Conflict(size) => format!("{size}\n"),
            Reply::Malformed(what) | Reply::Inconsistent(what) => format!("{what}\n"),
            Reply::NotSigned => "no trusted key of the log signed this\n".to_owned(),
            Reply::UnknownLog => "the log is not known\n".to_owned(),
        }
    }
}

/// Why two notes that the log signed are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The same size with another root: the two notes alone prove that the log has two histories.
    Split,
    /// A consistency proof that does not verify: the log, or who sent it, may have made a mistake.
    Inconsistent,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The answer.
    pub reply: Reply,
    /// Whether what was sent is kept beside what the witness knows.
    pub evidence: Option<Evidence>,
}

/// A checkpoint that may be cosigned once it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The signature lines of the log's keys, with their line breaks.
    pub signatures: String,
}

/// The name of the log that a request is about; none when it is no request that can be judged.
///
/// Checkpoints with extension lines are none: what they say is known to nobody but their log.
pub(super) fn origin(request: &AddCheckpoint) -> Option<String> {
    Checkpoint::parse(Note::read(request.note.as_bytes())?.text).map(|checkpoint| checkpoint.origin)
}

/// Judges a request about a log with these keys, of which `known` was cosigned last.
pub fn judge(keys: &[VerifierKey], known: Option<&Checkpoint>, request: &AddCheckpoint) -> Result<Accepted, Refused> {
    let refused = |reply| Err(Refused { reply, evidence: None });
    let Some(note) = Note::read(request.note.as_bytes()) else { return refused(Reply::Malformed("no note")) };
    let Some(checkpoint) = Checkpoint::parse(note.text) else { return refused(Reply::Malformed("no checkpoint")) };
    let own = keys.iter().filter(|key| key.name == checkpoint.origin);
    let mut signatures = String::new();
    for key in own {
        match key.signatures_on(&note) {
            Err(_) => return refused(Reply::NotSigned),
            Ok(_) => {
                let lines = note.lines.iter().filter(|line| line.name == key.name && line.id == key.id());
                signatures.extend(lines.map(|line| format!("{}\n", line.raw)));
            }
        }
    }
    if signatures.is_empty() {
        return refused(Reply::NotSigned);
    }
    if request.old > checkpoint.size {
        return refused(Reply::Malformed("the old size is greater than the size of the checkpoint"));
    }
    let split = known.filter(|known| known.size == checkpoint.size && known.root != checkpoint.root);
    let split = split.map(|_| Evidence::Split);
    let size = known.map_or(0, |known| known.size);
    if request.old != size {
        return Err(Refused { reply: Reply::Conflict(size), evidence: split });
    }
    let inconsistent = |what, evidence| Err(Refused { reply: Reply::Inconsistent(what), evidence: Some(evidence) });
    if split.is_some() {
        return inconsistent("another root at the same size", Evidence::Split);
    }
    if checkpoint.size == 0 && checkpoint.root != empty_root() {
        return inconsistent("another root than that of the empty tree", Evidence::Inconsistent);
    }
    // RFC 6962 §2.1.2; from size 0 the proof is empty, and any tree goes on from the empty one.
    let is_consistent = match known.filter(|known| known.size > 0) {
        Some(known) => verify_consistency(known.size, known.root, checkpoint.size, checkpoint.root, &request.proof),
        None => request.proof.is_empty(),
    };
    if !is_consistent {
        return inconsistent("the consistency proof does not verify", Evidence::Inconsistent);
    }
    Ok(Accepted { checkpoint, signatures })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;
    use crate::tlog::checkpoint::LogSigner;
    use crate::tlog::tree::{leaf_hash, merkle_root, node_hash};

    fn leaves() -> [Sha256; 3] {
        [b"a", b"b", b"c"].map(|entry| leaf_hash(entry))
    }

    fn head(size: usize) -> Checkpoint {
        Checkpoint { origin: "log".into(), size: size as u64, root: merkle_root(&leaves()[..size]) }
    }

    fn log() -> LogSigner {
        LogSigner::new("log", &[7; 32])
    }

    fn request(old: u64, proof: &[Sha256], size: u64, root: Sha256) -> AddCheckpoint {
        AddCheckpoint { old, proof: proof.to_vec(), note: log().sign(size, root).unwrap() }
    }

    fn answer(known: Option<usize>, request: &AddCheckpoint) -> (u16, Option<Evidence>) {
        let known = known.map(head);
        match judge(&[log().verifier().clone()], known.as_ref(), request) {
            Ok(accepted) => {
                assert!(accepted.signatures.starts_with("\u{2014} log "));
                (200, None)
            }
            Err(refused) => (refused.reply.status(), refused.evidence),
        }
    }

    #[test]
    fn each_check_of_the_specification_has_its_answer() {
        let l = leaves();
        let proof = [l[2]];
        let (good, other) = (head(3).root, Sha256([9; 32]));
        assert_eq!(node_hash(&head(2).root, &l[2]), good);
        // (known, request) → status, evidence.
        let cases = [
            (None, request(0, &[], 3, good), 200, None),
            (None, request(0, &[], 0, empty_root()), 200, None),
            (None, request(0, &[], 0, other), 422, Some(Evidence::Inconsistent)),
            (None, request(0, &proof, 3, good), 422, Some(Evidence::Inconsistent)),
            (None, request(2, &proof, 3, good), 409, None),
            (Some(0), request(0, &[], 3, good), 200, None),
            (Some(0), request(0, &[], 0, empty_root()), 200, None),
            (Some(0), request(0, &[], 0, other), 422, Some(Evidence::Split)),
            (Some(2), request(2, &proof, 3, good), 200, None),
            (Some(2), request(2, &[], 3, good), 422, Some(Evidence::Inconsistent)),
            (Some(2), request(2, &[other], 3, good), 422, Some(Evidence::Inconsistent)),
            (Some(2), request(0, &[], 3, good), 409, None),
            (Some(2), request(2, &[], 2, head(2).root), 200, None),
            (Some(2), request(2, &proof, 2, head(2).root), 422, Some(Evidence::Inconsistent)),
            (Some(2), request(2, &[], 2, other), 422, Some(Evidence::Split)),
            (Some(2), request(0, &[], 2, other), 409, Some(Evidence::Split)),
            (Some(3), request(2, &[], 2, head(2).root), 409, None),
            (Some(3), request(3, &[], 2, head(2).root), 400, None),
        ];
        for (at, (known, request, status, evidence)) in cases.into_iter().enumerate() {
            assert_eq!(answer(known, &request), (status, evidence), "case {at}");
        }
    }

    #[test]
    fn only_a_trusted_key_of_the_log_opens_the_door() {
        let good = request(0, &[], 3, head(3).root);
        let with = |note: String| AddCheckpoint { note, ..good.clone() };
        let stranger = LogSigner::new("log", &[8; 32]).sign(3, head(3).root).unwrap();
        assert_eq!(answer(None, &with(stranger.clone())).0, 403);
        let both = good.note.clone() + stranger.rsplit_once("\n\n").unwrap().1;
        assert_eq!(answer(None, &with(both)).0, 200, "an unknown key is ignored");
        let wrong = good.note.replace("\n3\n", "\n4\n");
        assert_eq!(answer(None, &with(wrong)).0, 403, "a known key that does not verify");
        assert_eq!(answer(None, &with("log\n3\n".into())).0, 400);
        let extended = good.note.replacen("\n\n", "\nextension\n\n", 1);
        assert_eq!((answer(None, &with(extended.clone())).0, origin(&with(extended))), (400, None));
        assert_eq!(origin(&good), Some("log".to_owned()));
    }

    #[test]
    fn answers_have_the_bodies_of_the_specification() {
        let conflict = Reply::Conflict(12);
        assert_eq!((conflict.content_type(), conflict.body().as_str()), ("text/x.tlog.size", "12\n"));
        assert_eq!(Reply::Cosigned("line\n".into()).body(), "line\n");
    }
}
