//! Prospective chains: depth first from the leaf over every certificate that has the issuer's name and whose key
//! verifies (RFC 4158 §2.4 weighs the ways of searching).
//!
//! A signature is verified before the search goes on from a certificate, so that certificates with the right names and
//! foreign keys lead nowhere. Constraints are not looked at: a chain that breaks one is found, and then refused with
//! the reason.

use super::budget::Budget;
use super::error::{Constraint, PathError};
use super::key::SigningKey;
use super::{BudgetError, PathInputs};
use crate::verify::certificate::Certificate;
use crate::verify::limits::PATH_CERTIFICATES_MAX;
use crate::verify::name::NameKey;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Certificates by the name of their subject; each once, in an order that depends on nothing but the set.
#[derive(Debug, Clone, Default)]
pub struct Pool(BTreeMap<NameKey, Vec<Arc<Certificate>>>);

impl Pool {
    /// The pool of these certificates.
    pub fn new(certificates: impl IntoIterator<Item = Arc<Certificate>>) -> Self {
        let mut pool = Self::default();
        for certificate in certificates {
            pool.0.entry(certificate.subject_key).or_default().push(certificate);
        }
        for same_name in pool.0.values_mut() {
            same_name.sort_by_key(|certificate| certificate.sha256);
            same_name.dedup_by_key(|certificate| certificate.sha256);
        }
        pool
    }

    /// Those with this name.
    pub fn of_subject(&self, name: &NameKey) -> &[Arc<Certificate>] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether this very certificate is in it.
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.of_subject(&certificate.subject_key).iter().any(|one| one.sha256 == certificate.sha256)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Certificate>> {
        self.0.values().flatten()
    }
}

/// A certificate that may come next, and whether it is an anchor.
type Candidate = (Arc<Certificate>, bool);

/// Finds the chains from a leaf to an anchor, one at a time.
#[derive(Debug)]
pub struct Chains<'a> {
    inputs: PathInputs<'a>,
    /// The chain so far, leaf first.
    chain: Vec<Arc<Certificate>>,
    /// For each certificate of the chain, what is left to try above it; the next one last.
    open: Vec<Vec<Candidate>>,
    /// The leaf itself is an anchor, and that chain was not given yet.
    leaf_is_anchor: bool,
    /// The failure that came furthest, with the length of the chain it ended.
    failure: (usize, PathError),
}

impl<'a> Chains<'a> {
    /// Nothing is searched yet.
    pub fn new(leaf: &Arc<Certificate>, inputs: &PathInputs<'a>) -> Self {
        Self {
            inputs: *inputs,
            chain: vec![Arc::clone(leaf)],
            open: vec![candidates(leaf, inputs)],
            leaf_is_anchor: inputs.anchors.contains(leaf),
            failure: (0, PathError::NoChain { certificate: leaf.sha256 }),
        }
    }

    /// The next chain, leaf first and anchor last; none when there are no more. A leaf that is an anchor is a chain by
    /// itself.
    pub fn next(&mut self, budget: &mut Budget) -> Result<Option<Vec<Arc<Certificate>>>, BudgetError> {
        if self.leaf_is_anchor {
            self.leaf_is_anchor = false;
            return Ok(Some(self.chain.clone()));
        }
        while let (Some(below), Some(open)) = (self.chain.last().cloned(), self.open.last_mut()) {
            let Some((candidate, is_anchor)) = open.pop() else {
                self.open.pop();
                self.chain.pop();
                continue;
            };
            budget.call()?;
            if self.repeats(&candidate) {
                continue;
            }
            let key = SigningKey::of(&candidate, None);
            // One that has to borrow its parameters from above can be used when the chain is whole.
            if !key.lacks_parameters()
                && let Err(source) = key.check(&below, self.inputs.cache, budget)?
            {
                self.note_failure(PathError::Signature { certificate: below.sha256, issuer: candidate.sha256, source });
                continue;
            }
            if is_anchor {
                let mut chain = self.chain.clone();
                chain.push(candidate);
                return Ok(Some(chain));
            }
            // The candidate and at least an anchor would have to fit.
            let found = self.chain.len().saturating_add(2);
            if found > PATH_CERTIFICATES_MAX {
                let what = Constraint::Length { found, allowed: PATH_CERTIFICATES_MAX };
                let certificate = candidate.sha256;
                self.note_failure(PathError::Constraint { certificate, what, section: "5280 §6.1" });
                continue;
            }
            let above = candidates(&candidate, &self.inputs);
            budget.candidates(above.len())?;
            self.chain.push(Arc::clone(&candidate));
            if above.is_empty() {
                self.note_failure(PathError::NoChain { certificate: candidate.sha256 });
            }
            self.open.push(above);
        }
        Ok(None)
    }

    /// Why there was no chain; of use when there was none.
    pub fn failure(&self) -> PathError {
        self.failure.1.clone()
    }

    fn note_failure(&mut self, error: PathError) {
        if self.chain.len() > self.failure.0 {
            self.failure = (self.chain.len(), error);
        }
    }

    /// RFC 4158 §2.4.2: the same name with the same key leads in a circle, in whatever certificate.
    fn repeats(&self, candidate: &Certificate) -> bool {
        self.chain.iter().any(|link| {
            link.sha256 == candidate.sha256
                || (link.subject_key == candidate.subject_key && link.spki_der() == candidate.spki_der())
        })
    }
}

/// What may come above a certificate, the most likely last: anchors, then the key that the certificate points to, then
/// those that are valid at the time, then the younger.
fn candidates(below: &Certificate, inputs: &PathInputs<'_>) -> Vec<Candidate> {
    let anchors = inputs.anchors.of_subject(&below.issuer_key).iter().map(|one| (Arc::clone(one), true));
    let others = inputs.pool.of_subject(&below.issuer_key).iter();
    let others = others.filter(|one| !inputs.anchors.contains(one)).map(|one| (Arc::clone(one), false));
    let mut candidates: Vec<Candidate> = anchors.chain(others).collect();
    let wanted_key = below.extensions.authority_key_id.as_ref();
    candidates.sort_by_key(|(one, is_anchor)| {
        let key = one.extensions.subject_key_id.as_ref();
        // One without an identifier may be the one that is meant; one with another identifier hardly is.
        let key_rank = match (wanted_key, key) {
            (Some(wanted), Some(key)) if wanted == key => 2,
            (Some(_), Some(_)) => 0,
            _ => 1,
        };
        let is_valid = inputs.at.is_none_or(|at| one.is_valid_at(at));
        (key_rank, *is_anchor, is_valid, one.not_before, one.sha256)
    });
    candidates
}
