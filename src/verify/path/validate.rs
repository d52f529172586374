//! One chain, put to RFC 5280 §6.1.
//!
//! The steps are those of the standard, in its order and with its letters, from the certificate below the anchor down
//! to the leaf. What it adds is the purpose of the leaf and, for a CA, extendedKeyUsage as a constraint (see
//! [`Purpose`]).
//!
//! Revocation, (a)(3) of §6.1.3, is not looked at here.

use super::budget::Budget;
use super::error::{Constraint, PathError};
use super::key::SigningKey;
use super::names::{NameConstraints, NameStop};
use super::policies::{Policies, PolicyStop};
use super::{PathInputs, Purpose};
use crate::model::digest::Sha256;
use crate::verify::certificate::{Certificate, KeyUsage, extension};
use crate::verify::der::{DerError, Reader, tag};
use crate::verify::limits::PATH_CERTIFICATES_MAX;
use crate::verify::oid::Oid;
use std::collections::BTreeSet;
use std::sync::Arc;

/// anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
const ANY_PURPOSE: &str = "2.5.29.37.0";
/// id-kp-timeStamping (RFC 3161 §2.3).
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// id-kp-OCSPSigning (RFC 6960 §4.2.2.2).
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// Qualifiers of a policy that are understood: id-qt-cps and id-qt-unotice (RFC 5280 §4.2.1.4).
const QUALIFIERS: [&str; 2] = ["1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2"];

/// A path that validated; only [`validate`] makes one.
#[derive(Debug, Clone)]
pub struct Path {
    certificates: Vec<Arc<Certificate>>,
    policies: BTreeSet<Oid>,
}

impl Path {
    /// The certificates, leaf first and anchor last. A leaf that is the anchor is both.
    pub fn certificates(&self) -> &[Arc<Certificate>] {
        &self.certificates
    }

    /// The policies that are valid along the path and acceptable (RFC 5280 §6.1.5 (g)).
    pub fn policies(&self) -> &BTreeSet<Oid> {
        &self.policies
    }
}

/// Validates a chain, leaf first and anchor last. That the last one is trusted is for the caller to say.
pub fn validate(chain: &[Arc<Certificate>], inputs: &PathInputs<'_>, budget: &mut Budget) -> Result<Path, PathError> {
    budget.begin_path();
    if let Some(leaf) = chain.first()
        && chain.len() > PATH_CERTIFICATES_MAX
    {
        let what = Constraint::Length { found: chain.len(), allowed: PATH_CERTIFICATES_MAX };
        return Err(broken(leaf, what, "5280 §6.1"));
    }
    let Some((anchor, below)) = chain.split_last() else {
        return Ok(Path { certificates: Vec::new(), policies: BTreeSet::new() });
    };
    // A leaf that is trusted itself needs no path, but is still for what it is for.
    let mut state = State {
        inputs,
        issuer: anchor,
        key: SigningKey::of(anchor, None),
        policies: Policies::new(inputs.policies, below.len()),
        names: NameConstraints::default(),
        path_len: below.len(),
        path_len_set_by: (anchor.sha256, u32::MAX),
    };
    for (index, certificate) in below.iter().enumerate().rev() {
        budget.call()?;
        let is_last = index == 0;
        state.basics(certificate, budget)?;
        state.subject(certificate, is_last, budget)?;
        if !is_last {
            state.prepare_next(certificate, budget)?;
        }
        extensions(certificate)?;
    }
    let leaf = below.first().unwrap_or(anchor);
    purpose(leaf, inputs.purpose)?;
    let policies = match below.is_empty() {
        true => BTreeSet::new(),
        false => state.policies.wrap_up(leaf).map_err(|stop| policy_error(leaf, stop))?,
    };
    Ok(Path { certificates: chain.to_vec(), policies })
}

fn broken(certificate: &Certificate, what: Constraint, section: &'static str) -> PathError {
    PathError::Constraint { certificate: certificate.sha256, what, section }
}

fn policy_error(certificate: &Certificate, stop: PolicyStop) -> PathError {
    match stop {
        PolicyStop::Constraint(what, section) => broken(certificate, Constraint::Policy(what), section),
        PolicyStop::Budget(error) => PathError::Budget(error),
    }
}

fn name_error(certificate: &Certificate, stop: NameStop) -> PathError {
    match stop {
        NameStop::Name(name, what) => broken(certificate, Constraint::Name { name, what }, "5280 §6.1.3 (b), (c)"),
        NameStop::Budget(error) => PathError::Budget(error),
    }
}

/// The state of RFC 5280 §6.1.2.
struct State<'a> {
    inputs: &'a PathInputs<'a>,
    issuer: &'a Certificate,
    key: SigningKey<'a>,
    policies: Policies<'a>,
    names: NameConstraints,
    /// max_path_length: the length of the path at first (§6.1.2 (k)), as the anchor's own constraint is no input.
    path_len: usize,
    /// Which certificate said so, and what it said.
    path_len_set_by: (Sha256, u32),
}

impl<'a> State<'a> {
    /// RFC 5280 §6.1.3 (a).
    fn basics(&mut self, certificate: &Certificate, budget: &mut Budget) -> Result<(), PathError> {
        // (1).
        if let Err(source) = self.key.check(certificate, self.inputs.cache, budget)? {
            let (certificate, issuer) = (certificate.sha256, self.issuer.sha256);
            return Err(PathError::Signature { certificate, issuer, source });
        }
        // (2).
        if let Some(at) = self.inputs.at {
            let (sha256, not_before, not_after) = (certificate.sha256, certificate.not_before, certificate.not_after);
            if at < not_before {
                return Err(PathError::NotYetValid { certificate: sha256, not_before, at });
            }
            if at > not_after {
                return Err(PathError::Expired { certificate: sha256, not_after, at });
            }
        }
        // (4).
        if certificate.issuer_key != self.issuer.subject_key {
            return Err(broken(certificate, Constraint::NameChaining, "5280 §6.1.3 (a)(4)"));
        }
        Ok(())
    }

    /// RFC 5280 §6.1.3 (b) to (f).
    fn subject(&mut self, certificate: &Certificate, is_last: bool, budget: &mut Budget) -> Result<(), PathError> {
        if is_last || !certificate.is_self_issued() {
            self.names.check(certificate, budget).map_err(|stop| name_error(certificate, stop))?;
        }
        self.policies.take(certificate, is_last, budget).map_err(|stop| policy_error(certificate, stop))
    }

    /// RFC 5280 §6.1.4.
    fn prepare_next(&mut self, certificate: &'a Certificate, budget: &mut Budget) -> Result<(), PathError> {
        let extensions = &certificate.extensions;
        // (a), (b), (h), (i), (j).
        self.policies.prepare_next(certificate, budget).map_err(|stop| policy_error(certificate, stop))?;
        // (c) to (f).
        self.key = SigningKey::of(certificate, Some(&self.key));
        self.issuer = certificate;
        // (g).
        if let Some(constraints) = &extensions.name_constraints {
            self.names.add(constraints).map_err(|stop| name_error(certificate, stop))?;
        }
        // (k). A certificate of version 1 or 2 could be known as a CA by other means, and none are known here.
        if certificate.version != 3 {
            return Err(broken(certificate, Constraint::Version { found: certificate.version }, "5280 §6.1.4 (k)"));
        }
        let Some(basic) = extensions.basic_constraints.filter(|basic| basic.ca) else {
            return Err(broken(certificate, Constraint::NotCa, "5280 §6.1.4 (k)"));
        };
        // (l).
        if !certificate.is_self_issued() {
            let (set_by, allowed) = self.path_len_set_by;
            self.path_len = self
                .path_len
                .checked_sub(1)
                .ok_or_else(|| broken(certificate, Constraint::PathLength { set_by, allowed }, "5280 §6.1.4 (l)"))?;
        }
        // (m).
        if let Some(allowed) = basic.path_len
            && let Ok(count) = usize::try_from(allowed)
            && count < self.path_len
        {
            (self.path_len, self.path_len_set_by) = (count, (certificate.sha256, allowed));
        }
        // (n).
        key_usage(certificate, KeyUsage::KEY_CERT_SIGN, "5280 §6.1.4 (n)")?;
        ca_purpose(certificate, self.inputs.purpose)
    }
}

/// RFC 5280 §6.1.4 (o), §6.1.5 (f): critical extensions that nobody understands; and those that cannot be read.
fn extensions(certificate: &Certificate) -> Result<(), PathError> {
    let extensions = &certificate.extensions;
    if let Some(oid) = extensions.unknown_critical.first() {
        return Err(broken(certificate, Constraint::UnknownCritical(oid.clone()), "5280 §4.2"));
    }
    if let Some((oid, what)) = extensions.malformed.first() {
        return Err(broken(certificate, Constraint::Malformed(oid.clone(), what), "5280 §4.2"));
    }
    // RFC 5280 §4.2.1.4: a critical one is understood together with its qualifiers, or not at all.
    if extensions.policies_critical {
        for (_, qualifiers) in extensions.policies.iter().flatten() {
            if !qualifiers_known(qualifiers).unwrap_or(false) {
                let policies = extension::CERTIFICATE_POLICIES.parse().expect("a constant");
                let what = Constraint::Malformed(policies, "a qualifier that is not understood");
                return Err(broken(certificate, what, "5280 §4.2.1.4"));
            }
        }
    }
    Ok(())
}

/// PolicyQualifiers: none, or SEQUENCE OF SEQUENCE { policyQualifierId, qualifier }.
fn qualifiers_known(qualifiers: &[u8]) -> Result<bool, DerError> {
    let mut file = Reader::der(qualifiers);
    let Some(outer) = file.optional(tag::SEQUENCE)? else {
        return Ok(true);
    };
    let mut members = outer.reader();
    while !members.is_empty() {
        let oid = members.expect(tag::SEQUENCE)?.reader().expect(tag::OID)?.oid()?;
        if !QUALIFIERS.contains(&oid.as_str()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// keyUsage, where it is there, has one of these bits.
fn key_usage(certificate: &Certificate, wanted: u16, section: &'static str) -> Result<(), PathError> {
    match certificate.extensions.key_usage {
        Some(usage) if wanted != 0 && !usage.any(wanted) => {
            Err(broken(certificate, Constraint::KeyUsage { found: usage.0, wanted }, section))
        }
        _ => Ok(()),
    }
}

/// extendedKeyUsage, where it is there, has one of these purposes or any.
fn extended_key_usage(certificate: &Certificate, wanted: &[Oid]) -> Result<(), PathError> {
    match &certificate.extensions.extended_key_usage {
        Some(found) if !wanted.is_empty() && !found.iter().any(|one| *one == ANY_PURPOSE || wanted.contains(one)) => {
            let what = Constraint::ExtendedKeyUsage { found: found.clone(), wanted: wanted.to_vec() };
            Err(broken(certificate, what, "5280 §4.2.1.12"))
        }
        _ => Ok(()),
    }
}

fn one(oid: &str) -> Vec<Oid> {
    vec![oid.parse().expect("a constant")]
}

/// What a CA above the leaf may be for.
fn ca_purpose(certificate: &Certificate, purpose: Purpose<'_>) -> Result<(), PathError> {
    match purpose {
        Purpose::Signing { extended_key_usage_any, .. } => extended_key_usage(certificate, extended_key_usage_any),
        Purpose::TimeStamping => extended_key_usage(certificate, &one(TIME_STAMPING)),
        Purpose::Any | Purpose::OcspSigning | Purpose::CrlSigning => Ok(()),
    }
}

/// What the leaf has to be for.
fn purpose(leaf: &Certificate, purpose: Purpose<'_>) -> Result<(), PathError> {
    const SIGNING: u16 = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
    let extensions = &leaf.extensions;
    let found = || extensions.extended_key_usage.clone().unwrap_or_default();
    match purpose {
        Purpose::Any => Ok(()),
        Purpose::Signing { key_usage_any, extended_key_usage_any } => {
            key_usage(leaf, key_usage_any, "5280 §4.2.1.3")?;
            extended_key_usage(leaf, extended_key_usage_any)
        }
        Purpose::TimeStamping => {
            key_usage(leaf, SIGNING, "3161 §2.3")?;
            // RFC 3161 §2.3: critical, and this purpose alone.
            let wanted = one(TIME_STAMPING);
            if found() == wanted && extensions.extended_key_usage_critical {
                return Ok(());
            }
            Err(broken(leaf, Constraint::ExtendedKeyUsage { found: found(), wanted }, "3161 §2.3"))
        }
        Purpose::OcspSigning => {
            key_usage(leaf, SIGNING, "5280 §4.2.1.3")?;
            // RFC 6960 §4.2.2.2: named, so that any purpose is not enough.
            let wanted = one(OCSP_SIGNING);
            if found().iter().any(|purpose| wanted.contains(purpose)) {
                return Ok(());
            }
            Err(broken(leaf, Constraint::ExtendedKeyUsage { found: found(), wanted }, "6960 §4.2.2.2"))
        }
        Purpose::CrlSigning => key_usage(leaf, KeyUsage::CRL_SIGN, "5280 §6.3.3 (f)"),
    }
}
