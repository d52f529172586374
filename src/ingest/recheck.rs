//! Checking the signatures of a record again, now: by the policy, the registers and the material in force.
//!
//! Other than repeating ([`super::repeat`]) it asks no old question: what was valid at receipt may be unconfirmed
//! today. The receipt by the archive is the proof that a signature existed then. It changes nothing: the report of the
//! receipt stays what it is.

use super::component::Stop;
use super::import::profile::Keep;
use super::repeat::{card, gather, submission};
use super::signatures::{Basis, Receipt, Verdict, verifier};
use crate::access::Opened;
use crate::archive::Archive;
use crate::clock::Millis;
use crate::config::Action;
use crate::error::Error;
use crate::model::record::Manifest;
use crate::model::validation::SignatureVerdict;
use serde_json::Value;

/// What the check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every signature that the policy asks for is there, valid, and of a signer with authority.
    Positive,
    /// A signature did not pass, and nothing that may still come can turn that: the document would be refused today.
    Negative,
    /// Neither: the document would wait, is not signed, or the authority of a signer is not shown.
    Undecided,
}

/// A check, made again.
#[derive(Debug)]
pub(crate) struct Rechecked {
    /// All signatures together.
    pub(crate) outcome: Outcome,
    /// The validation in full (`schema/validation/1`).
    pub(crate) document: Value,
}

/// Checks the signatures of a record that is open. None of a record from before there were validations.
pub(crate) fn recheck(archive: &Archive, opened: &Opened<'_>, manifest: &Manifest) -> Result<Option<Rechecked>, Error> {
    let Some(validation) = &manifest.validation else { return Ok(None) };
    let (mut received, extra) = gather(archive, opened, manifest)?;
    let submission = submission(manifest, &received);
    let card = card(opened, manifest)?;
    let (adopted, authorities, pool) = (archive.validation_policy()?, archive.authorities()?, archive.material()?);
    let verifier = verifier(archive)?;
    // Never before the newest entry: a clock that is set back would bring back what has ended.
    let now = archive.now().max(archive.head().t);
    let mut judge = |mode: Action, keep: Option<Keep>| {
        let asked = Receipt {
            archive,
            submission: &submission,
            card: &card,
            extra: Some(&extra),
            since: Millis::try_from(validation.received.timestamp_millis()).unwrap_or_default(),
            now,
            keep,
        };
        let (policy, pool) = (&adopted.policy, &*pool);
        let basis = Basis { mode, policy, authorities: &authorities, pool, verifier: verifier.clone() };
        asked.judge_by(&mut received, &basis).map_err(|stop| match stop {
            Stop::Failed(e) => e,
            Stop::Refused(_) | Stop::Held(_) | Stop::Tried(_) => {
                unreachable!("a record that is held is judged, never refused")
            }
        })
    };
    // First as what was accepted, which is not refused again: what is found is said. Then as what arrives today.
    let keep = manifest.keeps_doubts().then_some(Keep::ALL);
    let Verdict::Accepted(mut judgement) = judge(Action::Flag, keep)? else {
        unreachable!("nothing is refused or waits in this mode")
    };
    let document: Value = serde_json::from_slice(&judgement.document()?).unwrap_or_default();
    let is_passed = document.pointer("/verdicts/signatures").and_then(Value::as_str) == Some("passed");
    let outcome = match judge(Action::Refuse, None)? {
        Verdict::Accepted(_) if judgement.validation.verdict == SignatureVerdict::Valid => Outcome::Positive,
        Verdict::Refused(_) if !is_passed && judgement.validation.verdict != SignatureVerdict::Unsigned => {
            Outcome::Negative
        }
        _ => Outcome::Undecided,
    };
    Ok(Some(Rechecked { outcome, document }))
}
