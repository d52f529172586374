//! Cryptographic constraints (EN 319 102-1 §5.2.8): whether the policy thinks an algorithm reliable at a time.
//!
//! Dates are data of the policy; here is only the question. An algorithm that was reliable once fails for want of a
//! proof of existence; one that never was fails for good.

use super::super::alg::{PublicKey, SignatureAlgorithm};
use super::super::certificate::Certificate;
use super::super::oid::Oid;
use super::super::policy::{Policy, Reliability};
use super::super::report::{AlgorithmUsed, rfc3339};
use super::super::verdict::{Conclusion, SubIndication};
use chrono::{DateTime, Utc};

/// An algorithm with the length of its key; 0 for a digest.
pub(super) struct Used {
    pub(super) oid: Oid,
    pub(super) name: &'static str,
    pub(super) bits: u32,
}

impl Used {
    /// The algorithms of one signature by one key.
    pub(super) fn of_signature(algorithm: &SignatureAlgorithm, key: &PublicKey) -> Vec<Self> {
        let digest = algorithm.digest().map(|digest| Self { oid: digest.oid(), name: digest.name(), bits: 0 });
        let key = Self { oid: algorithm.oid().clone(), name: key.kind(), bits: key.bits() };
        digest.into_iter().chain([key]).collect()
    }

    /// The algorithms by which `issuer` signed `certificate`; none when they are not supported, which the path says.
    pub(super) fn of_certificate(certificate: &Certificate, issuer: &Certificate) -> Vec<Self> {
        match (certificate.signed_with(), issuer.public_key()) {
            (Ok(algorithm), Ok(key)) => Self::of_signature(&algorithm, &key),
            _ => Vec::new(),
        }
    }

    /// The line of the report, and what is wrong when it is not reliable at `at`.
    pub(super) fn judge(&self, policy: &Policy, at: DateTime<Utc>) -> (AlgorithmUsed, Option<Conclusion>) {
        let name = if self.bits == 0 { self.name.to_owned() } else { format!("{} {}", self.name, self.bits) };
        let (ok_until, problem) = match policy.reliability(self.name, self.bits, at) {
            Reliability::Reliable { until } => (until, None),
            Reliability::Ended { when } => {
                let detail = format!("{name} is reliable until {}, wanted at {}", rfc3339(when), rfc3339(at));
                (Some(when), Some(Conclusion::indeterminate(SubIndication::CryptoConstraintsFailureNoPoe, detail)))
            }
            Reliability::Unknown => {
                let detail = format!("{name} is not reliable by the policy");
                (None, Some(Conclusion::indeterminate(SubIndication::CryptoConstraintsFailure, detail)))
            }
        };
        (AlgorithmUsed { oid: self.oid.clone(), name, ok_until }, problem)
    }
}
