//! The work that one question about a path may cost, so that no set of certificates holds the validator up.
//!
//! Certificates that name one another make exponentially many chains (rustls-webpki met them, and bounds them in the
//! same way); name constraints and policies multiply. Each kind of work has a limit, and reaching it is an error of its
//! own: nothing is concluded from a search that was broken off.
//!
//! What is counted depends only on the question. A signature counts once in it whether or not a cache knows the answer,
//! so a warm cache never lets through what a cold one would not.

use crate::model::digest::Sha256;
use crate::verify::limits::{NAME_COMPARISONS_MAX, PATH_CALLS_MAX, PATH_SIGNATURES_MAX, POLICY_NODES_MAX};
use std::collections::BTreeSet;

/// A kind of work came to its limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the search needs more than {limit} {what}")]
pub struct BudgetError {
    /// What was counted.
    pub what: &'static str,
    /// How many were wanted when it stopped.
    pub wanted: usize,
    /// How many are allowed.
    pub limit: usize,
}

/// What is left for one question.
#[derive(Debug, Clone)]
pub struct Budget {
    signatures: Counter,
    calls: Counter,
    comparisons: Counter,
    policy_nodes: Counter,
    /// Signatures that were counted: certificate and key.
    counted: BTreeSet<(Sha256, Sha256)>,
}

#[derive(Debug, Clone)]
struct Counter {
    what: &'static str,
    spent: usize,
    limit: usize,
}

impl Counter {
    fn new(what: &'static str, limit: usize) -> Self {
        Self { what, spent: 0, limit }
    }

    fn spend(&mut self, count: usize) -> Result<(), BudgetError> {
        let wanted = self.spent.saturating_add(count);
        if wanted > self.limit {
            return Err(BudgetError { what: self.what, wanted, limit: self.limit });
        }
        self.spent = wanted;
        Ok(())
    }
}

impl Default for Budget {
    /// The limits of [`limits`](crate::verify::limits).
    fn default() -> Self {
        Self {
            signatures: Counter::new("signature verifications", PATH_SIGNATURES_MAX),
            calls: Counter::new("steps", PATH_CALLS_MAX),
            comparisons: Counter::new("comparisons of name constraints", NAME_COMPARISONS_MAX),
            policy_nodes: Counter::new("nodes of a policy graph", POLICY_NODES_MAX),
            counted: BTreeSet::new(),
        }
    }
}

impl Budget {
    /// One certificate is to be verified by one key. The same pair costs nothing the second time.
    pub(super) fn signature(&mut self, certificate: Sha256, key: Sha256) -> Result<(), BudgetError> {
        if self.counted.contains(&(certificate, key)) {
            return Ok(());
        }
        self.signatures.spend(1)?;
        self.counted.insert((certificate, key));
        Ok(())
    }

    /// One certificate is looked at.
    pub(super) fn call(&mut self) -> Result<(), BudgetError> {
        self.calls.spend(1)
    }

    /// A name is to be compared with so many constraints.
    pub(super) fn comparisons(&mut self, count: usize) -> Result<(), BudgetError> {
        self.comparisons.spend(count)
    }

    /// The nodes of a policy graph and the links between them become so many more.
    pub(super) fn policy_nodes(&mut self, count: usize) -> Result<(), BudgetError> {
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
            budget.signature(name(n), name(0)).unwrap();
            budget.signature(name(n), name(0)).unwrap();
        }
        assert_eq!(budget.signatures_spent(), PATH_SIGNATURES_MAX);
        let error = budget.signature(name(0), name(1)).unwrap_err();
        assert_eq!((error.wanted, error.limit), (PATH_SIGNATURES_MAX + 1, PATH_SIGNATURES_MAX));
        // What was counted before is still free.
        budget.signature(name(0), name(0)).unwrap();
    }
}
