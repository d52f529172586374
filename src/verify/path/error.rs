//! Why there is no path, precisely enough to choose a sub-indication of EN 319 102-1 by it.
//!
//! Every variant names the certificate by its digest and carries both sides of what was compared. It chooses nothing:
//! the same error means one thing for a signer and another for a time-stamp.

use super::budget::BudgetError;
use crate::model::digest::Sha256;
use crate::verify::alg::AlgorithmError;
use crate::verify::oid::Oid;
use chrono::{DateTime, Utc};

/// Why there is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// No certificate at hand is that of the issuer: by name, nothing leads further.
    #[error("no issuer of certificate {certificate} is at hand, and it is no trust anchor")]
    NoChain {
        /// The last certificate of the chain that came furthest.
        certificate: Sha256,
    },
    /// A certificate has the issuer's name, and the signature does not verify by its key.
    #[error("certificate {certificate} does not verify by the key of {issuer}")]
    Signature {
        /// The certificate that is signed.
        certificate: Sha256,
        /// The certificate with the key.
        issuer: Sha256,
        /// Why not; an algorithm that is not supported is not a broken signature.
        #[source]
        source: AlgorithmError,
    },
    /// It is used before its validity.
    #[error("certificate {certificate} is valid from {not_before}, used at {at}")]
    NotYetValid {
        /// Which.
        certificate: Sha256,
        /// Its first second.
        not_before: DateTime<Utc>,
        /// When.
        at: DateTime<Utc>,
    },
    /// It is used after its validity.
    #[error("certificate {certificate} is valid until {not_after}, used at {at}")]
    Expired {
        /// Which.
        certificate: Sha256,
        /// Its last second.
        not_after: DateTime<Utc>,
        /// When.
        at: DateTime<Utc>,
    },
    /// It breaks a constraint.
    #[error("certificate {certificate}: {what} (RFC {section})")]
    Constraint {
        /// Which.
        certificate: Sha256,
        /// What is wrong.
        what: Constraint,
        /// Document and section that say so.
        section: &'static str,
    },
    /// The search was broken off: nothing is known.
    #[error(transparent)]
    Budget(#[from] BudgetError),
}

impl PathError {
    /// The certificate that it is about.
    pub fn certificate(&self) -> Option<Sha256> {
        match self {
            Self::NoChain { certificate }
            | Self::Signature { certificate, .. }
            | Self::NotYetValid { certificate, .. }
            | Self::Expired { certificate, .. }
            | Self::Constraint { certificate, .. } => Some(*certificate),
            Self::Budget(_) => None,
        }
    }
}

/// What a certificate breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Constraint {
    /// It issued a certificate and is no CA: by basicConstraints, or for want of them.
    #[error("it issued a certificate and is no CA")]
    NotCa,
    /// A CA certificate of an old version says nothing about being one.
    #[error("it issued a certificate and has version {found}, wanted 3")]
    Version {
        /// Its version.
        found: u8,
    },
    /// One CA certificate more than a pathLenConstraint above it admits, self-issued ones not counted.
    #[error("one CA certificate more than the {allowed} that {set_by} allows")]
    PathLength {
        /// The certificate with the constraint.
        set_by: Sha256,
        /// How many it admits.
        allowed: u32,
    },
    /// keyUsage does not admit what the key is used for.
    #[error("keyUsage bits {found:#06x}, wanted one of {wanted:#06x}")]
    KeyUsage {
        /// Its bits.
        found: u16,
        /// Bits of which one is needed.
        wanted: u16,
    },
    /// extendedKeyUsage does not admit what the key is used for.
    #[error("extendedKeyUsage has {found:?}, wanted {wanted:?}")]
    ExtendedKeyUsage {
        /// Its purposes.
        found: Vec<Oid>,
        /// Purposes of which one is needed.
        wanted: Vec<Oid>,
    },
    /// Policies.
    #[error("{0}")]
    Policy(&'static str),
    /// Name constraints.
    #[error("{what}: {name}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Its issuer has another name than it says.
    #[error("the certificate above it has another name than its issuer")]
    NameChaining,
    /// A critical extension that is not understood.
    #[error("critical extension {0} is not understood")]
    UnknownCritical(Oid),
    /// An extension that is malformed.
    #[error("extension {0}: {1}")]
    Malformed(Oid, &'static str),
    /// More certificates than any real path has.
    #[error("a path of {found} certificates, allowed {allowed}")]
    Length {
        /// How many.
        found: usize,
        /// How many are allowed.
        allowed: usize,
    },
}
