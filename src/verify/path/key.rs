//! The key that a certificate is verified by: working_public_key of RFC 5280 §6.1.2 (g) to (i).
//!
//! A DSA key may leave its parameters out and take those of the key above it (RFC 3279 §2.3.2); with any other
//! algorithm the key stands in one certificate. What is signed and how is the certificate's and the algorithm's
//! business.

use super::budget::{Budget, BudgetError};
use super::cache::SignatureCache;
use crate::model::digest::{Sha256, sha256};
use crate::verify::alg::{AlgorithmError, PublicKey};
use crate::verify::certificate::Certificate;
use crate::verify::der::{DerError, Reader, tag, write};
use std::borrow::Cow;
use std::sync::Arc;

/// id-dsa (RFC 3279 §2.3.2).
const DSA: &str = "1.2.840.10040.4.1";

/// A SubjectPublicKeyInfo to verify by.
#[derive(Debug)]
pub(super) struct SigningKey<'a> {
    spki: Cow<'a, [u8]>,
    sha256: Sha256,
}

/// The parts of a SubjectPublicKeyInfo with a DSA key.
struct DsaKey<'a> {
    oid: &'a [u8],
    parameters: Option<&'a [u8]>,
    key: &'a [u8],
}

impl<'a> SigningKey<'a> {
    /// The key of `certificate`, with the parameters of the key above where it has none (RFC 5280 §6.1.4 (d) to (f)).
    pub(super) fn of(certificate: &'a Certificate, above: Option<&SigningKey<'_>>) -> Self {
        let own = certificate.spki_der();
        let spki = match (dsa(own), above.and_then(|above| dsa(&above.spki))) {
            (Some(DsaKey { oid, parameters: None, key }), Some(DsaKey { parameters: Some(borrowed), .. })) => {
                Cow::Owned(write(tag::SEQUENCE, &[&write(tag::SEQUENCE, &[oid, borrowed]), key]))
            }
            _ => Cow::Borrowed(own),
        };
        Self { sha256: sha256(&spki), spki }
    }

    /// Whether it is of no use without the key above.
    pub(super) fn lacks_parameters(&self) -> bool {
        dsa(&self.spki).is_some_and(|key| key.parameters.is_none())
    }

    /// Whether `certificate` verifies by it.
    pub(super) fn check(
        &self,
        certificate: &Certificate,
        cache: &SignatureCache,
        budget: &mut Budget,
    ) -> Result<Result<(), AlgorithmError>, BudgetError> {
        budget.signature(certificate.sha256, self.sha256, &self.spki)?;
        Ok(cache
            .verified(certificate.sha256, self.sha256, || certificate.verify_by_key(&PublicKey::of_spki(&self.spki)?)))
    }
}

/// The SubjectPublicKeyInfo of what `certificate` signed, when `above` is the validated path above it, its issuer
/// first.
pub fn signing_key(certificate: &Certificate, above: &[Arc<Certificate>]) -> Vec<u8> {
    let mut key = None;
    for link in above.iter().rev() {
        key = Some(SigningKey::of(link, key.as_ref()));
    }
    SigningKey::of(certificate, key.as_ref()).spki.into_owned()
}

fn dsa(spki: &[u8]) -> Option<DsaKey<'_>> {
    let read = || -> Result<Option<DsaKey<'_>>, DerError> {
        let mut parts = Reader::der(spki).read()?.reader();
        let mut identifier = parts.expect(tag::SEQUENCE)?.reader();
        let oid = identifier.expect(tag::OID)?;
        if oid.oid()? != DSA {
            return Ok(None);
        }
        // RFC 3279 has them absent; a NULL is as empty.
        let parameters = identifier.optional(tag::SEQUENCE)?.map(|parameters| parameters.raw);
        Ok(Some(DsaKey { oid: oid.raw, parameters, key: parts.expect(tag::BIT_STRING)?.raw }))
    };
    read().ok().flatten()
}
