//! The work that all signatures of one submission may cost together.
//!
//! The budgets of [`path`](super::path) and [`revocation`](super::revocation) bound one question. One object asks many:
//! for each of its signers and each of their time-stamps, for each chain, for each certificate of it, and again for
//! the signers of CRLs and OCSP answers. CAs that certify one another make each of these dear, so all of them draw on
//! one [`Work`], and so do all objects of a submission when they are validated with the same one.
//!
//! Invariants
//!   - What is counted depends on what was asked with this [`Work`] and in which order, and on nothing else. A caller
//!     makes one for a submission (or one for an object), asks in the order of the submission, and does not share it
//!     with others. So a report is still a function of its input.
//!   - A verification counts by what its key costs: a signer chooses the size of an RSA key.
//!   - A cache changes no count: what a cache of the archive knows is charged as if it were verified anew. What repeats
//!     *within* the submission is charged once, because it was paid for here.
//!   - Work that is used up is an error of its own ([`BudgetError`]). Nothing is concluded from what was broken off: it
//!     is INDETERMINATE, with a check named `budget` in the report.

use super::alg::PublicKey;
use super::limits::{WORK_LOOKUPS_MAX, WORK_SIGNATURES_MAX, WORK_STEPS_MAX};
use crate::model::digest::Sha256;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A kind of work came to its limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("broken off: more than {limit} {what}")]
pub struct BudgetError {
    /// What was counted.
    pub what: &'static str,
    /// How many were wanted when it stopped.
    pub wanted: usize,
    /// How many are allowed.
    pub limit: usize,
}

/// One kind of work.
#[derive(Debug, Clone)]
pub(super) struct Counter {
    what: &'static str,
    pub(super) spent: usize,
    limit: usize,
}

impl Counter {
    pub(super) fn new(what: &'static str, limit: usize) -> Self {
        Self { what, spent: 0, limit }
    }

    pub(super) fn spend(&mut self, count: usize) -> Result<(), BudgetError> {
        let wanted = self.spent.saturating_add(count);
        if wanted > self.limit {
            return Err(BudgetError { what: self.what, wanted, limit: self.limit });
        }
        self.spent = wanted;
        Ok(())
    }
}

/// What one submission has left. A clone draws on the same.
#[derive(Debug, Clone)]
pub struct Work(Rc<RefCell<Counters>>);

#[derive(Debug)]
struct Counters {
    signatures: Counter,
    steps: Counter,
    lookups: Counter,
    /// Signatures that were counted and are remembered: what was signed, and the key.
    counted: BTreeSet<(Sha256, Sha256)>,
}

impl Default for Work {
    /// The limits of [`limits`](super::limits).
    fn default() -> Self {
        Self::of(WORK_SIGNATURES_MAX, WORK_STEPS_MAX, WORK_LOOKUPS_MAX)
    }
}

impl Work {
    /// So many signature verifications (those by keys that cost more count more), steps of path building, and CRLs and
    /// OCSP answers that are looked at.
    pub fn of(signatures: usize, steps: usize, lookups: usize) -> Self {
        Self(Rc::new(RefCell::new(Counters {
            signatures: Counter::new("signature verifications in one submission", signatures),
            steps: Counter::new("steps of path building in one submission", steps),
            lookups: Counter::new("CRLs and OCSP answers looked at in one submission", lookups),
            counted: BTreeSet::new(),
        })))
    }

    /// A signature is to be verified by a key of this weight ([`PublicKey::weight_of_spki`]), and nothing remembers the
    /// outcome.
    pub(super) fn signature(&self, weight: usize) -> Result<(), BudgetError> {
        self.0.borrow_mut().signatures.spend(weight)
    }

    /// A signature is to be verified by a key, and the outcome is remembered: the same pair costs nothing again.
    pub(crate) fn signature_once(&self, signed: Sha256, key: Sha256, spki: &[u8]) -> Result<(), BudgetError> {
        let mut counters = self.0.borrow_mut();
        if counters.counted.contains(&(signed, key)) {
            return Ok(());
        }
        counters.signatures.spend(PublicKey::weight_of_spki(spki))?;
        counters.counted.insert((signed, key));
        Ok(())
    }

    /// So many certificates, names or policies are looked at.
    pub(super) fn steps(&self, count: usize) -> Result<(), BudgetError> {
        self.0.borrow_mut().steps.spend(count)
    }

    /// So many CRLs, OCSP answers or possible signers of them are looked at.
    pub(super) fn lookups(&self, count: usize) -> Result<(), BudgetError> {
        self.0.borrow_mut().lookups.spend(count)
    }

    /// Signature verifications by their weight, steps and lookups so far.
    pub fn spent(&self) -> (usize, usize, usize) {
        let counters = self.0.borrow();
        (counters.signatures.spent, counters.steps.spent, counters.lookups.spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::sha256;

    #[test]
    fn every_kind_of_work_has_its_limit_and_clones_share_it() {
        let work = Work::of(2, 3, 4);
        let other = work.clone();
        let name = |n: u8| sha256(&[n]);
        work.signature_once(name(1), name(2), &[]).unwrap();
        other.signature_once(name(1), name(2), &[]).unwrap();
        other.signature(1).unwrap();
        assert_eq!(work.signature(1).unwrap_err().limit, 2);
        let error = work.signature_once(name(1), name(3), &[]).unwrap_err();
        assert_eq!(error.to_string(), "broken off: more than 2 signature verifications in one submission");
        // What was refused was not counted as done, and what was paid for stays paid.
        assert!(other.signature_once(name(1), name(3), &[]).is_err());
        work.signature_once(name(1), name(2), &[]).unwrap();
        other.steps(3).unwrap();
        assert_eq!(work.steps(1).unwrap_err().wanted, 4);
        other.lookups(4).unwrap();
        assert!(work.lookups(1).is_err());
        assert_eq!(other.spent(), (2, 3, 4));
    }
}
