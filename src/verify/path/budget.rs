//! The work that one question about a path may cost, so that no set of certificates holds the validator up.
//!
//! Certificates that name one another make exponentially many chains (rustls-webpki met them, and bounds them in the
//! same way); name constraints and policies multiply. Each kind of work has a limit, and reaching it is an error of its
//! own: nothing is concluded from a search that was broken off. What a question costs is charged to the [`Work`] of its
//! submission too.
//!
//! What is counted depends only on the question, and on what the submission asked before it. A signature counts once in
//! it whether or not a cache knows the answer, so a warm cache never lets through what a cold one would not.

use crate::model::digest::Sha256;
use crate::verify::limits::{NAME_COMPARISONS_MAX, PATH_CALLS_MAX, PATH_SIGNATURES_MAX, POLICY_NODES_MAX};
use crate::verify::work::{Counter, Work};
use std::collections::BTreeSet;

pub use crate::verify::work::BudgetError;

/// What is left for one question.
#[derive(Debug, Clone)]
pub struct Budget {
    signatures: Counter,
    calls: Counter,
    comparisons: Counter,
    policy_nodes: Counter,
    /// Signatures that were counted: certificate and key.
    counted: BTreeSet<(Sha256, Sha256)>,
    /// What is left for all questions of the submission.
    work: Work,
}

impl Default for Budget {
    /// A question that is asked by itself.
    fn default() -> Self {
        Self::within(&Work::default())
    }
}

impl Budget {
    /// The limits of [`limits`](crate::verify::limits) for one question, and no more than `work` has left.
    pub fn within(work: &Work) -> Self {
        Self {
            signatures: Counter::new("signature verifications for one path", PATH_SIGNATURES_MAX),
            calls: Counter::new("steps for one path", PATH_CALLS_MAX),
            comparisons: Counter::new("comparisons of name constraints", NAME_COMPARISONS_MAX),
            policy_nodes: Counter::new("nodes of a policy graph", POLICY_NODES_MAX),
            counted: BTreeSet::new(),
            work: work.clone(),
        }
    }

    /// One certificate is to be verified by one key. The same pair costs nothing the second time.
    pub(super) fn signature(&mut self, certificate: Sha256, key: Sha256, spki: &[u8]) -> Result<(), BudgetError> {
        if self.counted.contains(&(certificate, key)) {
            return Ok(());
        }
        self.signatures.spend(1)?;
        self.work.signature_once(certificate, key, spki)?;
        self.counted.insert((certificate, key));
        Ok(())
    }

    /// One certificate is looked at.
    pub(super) fn call(&mut self) -> Result<(), BudgetError> {
        self.work.steps(1)?;
        self.calls.spend(1)
    }

    /// So many certificates may come above one, and are put in order.
    pub(super) fn candidates(&mut self, count: usize) -> Result<(), BudgetError> {
        self.work.steps(count)
    }

    /// A name is to be compared with so many constraints.
    pub(super) fn comparisons(&mut self, count: usize) -> Result<(), BudgetError> {
        self.work.steps(count)?;
        self.comparisons.spend(count)
    }

    /// The nodes of a policy graph and the links between them become so many more.
    pub(super) fn policy_nodes(&mut self, count: usize) -> Result<(), BudgetError> {
        self.work.steps(count)?;
        self.policy_nodes.spend(count)
    }

    /// Name constraints and policies are counted for each path; a new one begins.
    pub(super) fn begin_path(&mut self) {
        self.comparisons.spent = 0;
        self.policy_nodes.spent = 0;
    }

    /// Signature verifications so far.
    pub fn signatures_spent(&self) -> usize {
        self.signatures.spent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_once_and_the_one_beyond_the_limit_is_refused() {
        let mut budget = Budget::default();
        let name = |n: usize| crate::model::digest::sha256(&n.to_be_bytes());
        for n in 0..PATH_SIGNATURES_MAX {
            budget.signature(name(n), name(0), &[]).unwrap();
            budget.signature(name(n), name(0), &[]).unwrap();
        }
        assert_eq!(budget.signatures_spent(), PATH_SIGNATURES_MAX);
        let error = budget.signature(name(0), name(1), &[]).unwrap_err();
        assert_eq!((error.wanted, error.limit), (PATH_SIGNATURES_MAX + 1, PATH_SIGNATURES_MAX));
        // What was counted before is still free.
        budget.signature(name(0), name(0), &[]).unwrap();
    }
}
