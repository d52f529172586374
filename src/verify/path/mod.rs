//! Certification paths (RFC 5280 §6): from a certificate to a trust anchor.
//!
//! [`Chains`] finds the chains that names and signatures admit, one after another and in a fixed order; [`validate`]
//! puts one to RFC 5280 §6.1; [`build`] does both and gives the first path that holds. EN 319 102-1 §5.2.6 tries
//! chains in turn with revocation data, and §5.6.2 moves the time along one chain, so a validator may use the parts
//! by themselves.
//!
//! Invariants
//!   - The answer depends on the arguments alone: time is one of them, and the caches change nothing but the effort.
//!   - Work is bounded by the [`Budget`]; one that is used up is an error of its own and never an answer.
//!   - A chain has no certificate twice and no name twice with the same key, so there are no loops.
//!
//! Of an anchor only its name and its key count (RFC 5280 §6.1.1 (d)); until when it is trusted is the policy's. What
//! became of a certificate after it was issued is revocation's.

mod budget;
mod cache;
mod chain;
mod error;
mod key;
mod names;
mod policies;
mod validate;

#[cfg(test)]
pub(crate) mod made;
#[cfg(test)]
mod tests;

pub use budget::{Budget, BudgetError};
pub use cache::{CertificateCache, SignatureCache};
pub use chain::{Chains, Pool};
pub use error::{Constraint, PathError};
pub use key::signing_key;
pub use policies::{ANY_POLICY, PolicyInputs};
pub use validate::{Path, validate};

use super::certificate::Certificate;
use super::oid::Oid;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// What the certificate at the end of the path is for.
///
/// RFC 5280 §6.1 does not look at extendedKeyUsage. Here the one of a CA constrains what is below it, as validators
/// commonly have it, for signing and time-stamps; not for OCSP, whose responders the CA appoints itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// Whatever it is for: RFC 5280 §6.1 and no more.
    Any,
    /// Signatures of documents.
    Signing {
        /// Bits of which keyUsage, where it is there, has one; 0 asks for nothing.
        key_usage_any: u16,
        /// Purposes of which extendedKeyUsage, where it is there, has one; empty asks for nothing.
        extended_key_usage_any: &'a [Oid],
    },
    /// Time-stamps (RFC 3161 §2.3).
    TimeStamping,
    /// Answers about other certificates (RFC 6960 §4.2.2.2).
    OcspSigning,
    /// Certificate revocation lists (RFC 5280 §6.3.3 (f)).
    CrlSigning,
}

/// What a path is looked for with.
#[derive(Debug, Clone, Copy)]
pub struct PathInputs<'a> {
    /// Where a path may end.
    pub anchors: &'a Pool,
    /// What may stand between.
    pub pool: &'a Pool,
    /// When every certificate has to be valid; without it validity is not looked at.
    pub at: Option<DateTime<Utc>>,
    /// What is asked of policies.
    pub policies: &'a PolicyInputs,
    /// What the certificate is for.
    pub purpose: Purpose<'a>,
    /// Signatures that were verified before.
    pub cache: &'a SignatureCache,
}

/// Finds a path from `leaf` to an anchor that validates.
///
/// When there is none, the error is that of the chain which came furthest: one that reached an anchor before one that
/// did not, and among those the one whose trouble lies nearest to the leaf.
pub fn build(leaf: &Arc<Certificate>, inputs: &PathInputs<'_>, budget: &mut Budget) -> Result<Path, PathError> {
    let mut chains = Chains::new(leaf, inputs);
    let mut best: Option<(usize, PathError)> = None;
    while let Some(chain) = chains.next(budget)? {
        match validate(&chain, inputs, budget) {
            Ok(path) => return Ok(path),
            Err(error @ PathError::Budget(_)) => return Err(error),
            Err(error) => {
                let distance = error.certificate().and_then(|c| chain.iter().position(|link| link.sha256 == c));
                let distance = distance.unwrap_or(chain.len());
                if best.as_ref().is_none_or(|(least, _)| distance < *least) {
                    best = Some((distance, error));
                }
            }
        }
    }
    Err(best.map_or_else(|| chains.failure(), |(_, error)| error))
}
