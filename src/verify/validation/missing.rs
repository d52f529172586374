//! What more material could turn an INDETERMINATE, all of it at once: whoever fetches one CRL should not learn only
//! then that a certificate is missing too.
//!
//! Where a chain is open, what stands above the missing certificate is not known yet. Revocation data that are at hand
//! are not verified here: that is done when the chain is whole.

use super::super::certificate::Certificate;
use super::super::cms::SignerIdentifier;
use super::super::der::Reader;
use super::super::limits::PATH_CERTIFICATES_MAX;
use super::super::name;
use super::super::policy::RevocationRules;
use super::super::revocation::distribution::{DistributionPoint, PointName};
use super::session::Session;
use crate::model::missing::{Missing, Wanted};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// A CRL or OCSP answer about `certificate` that is fresh at `at`.
pub(super) fn revocation(certificate: &Certificate, rules: &RevocationRules, at: DateTime<Utc>) -> Missing {
    let extensions = &certificate.extensions;
    let mut urls: Vec<String> = DistributionPoint::all_of(certificate).iter().flat_map(addresses).collect();
    urls.extend(extensions.ocsp_urls.iter().cloned());
    Missing {
        what: fresh(rules, at),
        issuer: Some(name::rfc4514(certificate.issuer_der())),
        subject: Some(name::rfc4514(certificate.subject_der())),
        serial: Some(hex::encode(&certificate.serial)),
        key_id: extensions.authority_key_id.as_ref().map(hex::encode),
        urls,
    }
}

/// How old an answer without a nextUpdate may be is another thing for CRLs and for OCSP; the stricter is enough for
/// both.
fn fresh(rules: &RevocationRules, at: DateTime<Utc>) -> Wanted {
    let age = TimeDelta::seconds(i64::from(rules.crl_age_max_s.min(rules.ocsp_age_max_s)));
    Wanted::Revocation { valid_at: at, issued_from: at.checked_sub_signed(age).unwrap_or(at) }
}

/// The addresses of a distribution point that are URIs.
fn addresses(point: &DistributionPoint) -> Vec<String> {
    let Some(PointName::Full(names)) = &point.name else { return Vec::new() };
    // uniformResourceIdentifier [6] IA5String.
    let uri = |name: &Vec<u8>| {
        let name = Reader::ber(name).read().ok().filter(|name| name.tag == 0x86)?;
        Some(String::from_utf8_lossy(name.content).into_owned())
    };
    names.iter().filter_map(uri).collect()
}

/// What a chain lacks that ends before an anchor: revocation data of what there is, and the certificate above it.
/// Nothing when it ends in a self-issued certificate, which no material makes an anchor.
pub(super) fn of_open_chain(session: &Session<'_>, leaf: &Arc<Certificate>, rules: &RevocationRules) -> Vec<Missing> {
    let at = session.question.at;
    let mut missing = Vec::new();
    let mut next = leaf;
    for _ in 0..PATH_CERTIFICATES_MAX {
        if next.is_self_issued() {
            return Vec::new();
        }
        if rules.required && !has_revocation(session, next.issuer_der(), &next.serial, at) {
            missing.push(revocation(next, rules, at));
        }
        match session.material.certificates_named(next.issuer_der()).next() {
            Some(issuer) => next = issuer,
            // An anchor that is not trusted at the time is not missing.
            None if is_anchor(session, next.issuer_der()) => return Vec::new(),
            None => {
                missing.push(Missing {
                    what: Wanted::Certificate,
                    issuer: None,
                    subject: Some(name::rfc4514(next.issuer_der())),
                    serial: None,
                    key_id: next.extensions.authority_key_id.as_ref().map(hex::encode),
                    urls: Vec::new(),
                });
                return missing;
            }
        }
    }
    Vec::new()
}

fn is_anchor(session: &Session<'_>, subject: &[u8]) -> bool {
    let policy = session.question.policy;
    let mut anchors = policy.anchors.iter().chain(&policy.tsa_anchors);
    anchors.any(|anchor| name::names_match(anchor.certificate.subject_der(), subject))
}

/// The certificate that a signer names, and revocation data about it.
pub(super) fn of_signer(session: &Session<'_>, sid: &SignerIdentifier<'_>) -> Vec<Missing> {
    let one = |what, issuer, serial, key_id| Missing { what, issuer, subject: None, serial, key_id, urls: Vec::new() };
    let (rules, at) = (&session.question.policy.revocation, session.question.at);
    match sid {
        SignerIdentifier::IssuerSerial { issuer, serial } => {
            let (name, number) = (Some(name::rfc4514(issuer)), Some(hex::encode(serial)));
            let mut missing = vec![one(Wanted::Certificate, name.clone(), number.clone(), None)];
            if rules.required && !has_revocation(session, issuer, serial, at) {
                missing.push(one(fresh(rules, at), name, number, None));
            }
            missing
        }
        SignerIdentifier::KeyId(id) => vec![one(Wanted::Certificate, None, None, Some(hex::encode(id)))],
    }
}

fn has_revocation(session: &Session<'_>, issuer: &[u8], serial: &[u8], at: DateTime<Utc>) -> bool {
    let is_fresh = |next: Option<DateTime<Utc>>| next.is_none_or(|next| at <= next);
    session.material.crls_of(issuer).any(|crl| is_fresh(crl.next_update))
        || session
            .material
            .answers_about(serial)
            .any(|(response, index)| response.answers.get(index).is_some_and(|answer| is_fresh(answer.next_update)))
}
