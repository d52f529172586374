//! One certificate (RFC 5280 §4), parsed once and kept with its bytes.
//!
//! x509-parser reads the structure; the values of extensions are read here, by [`der`](super::der), because their raw
//! forms are needed. What is signed is always a slice of the bytes as they came, never something encoded again.
//!
//! Invariants
//!   - Every range lies within the bytes.
//!   - An extension that stands twice, or that constrains a path and is malformed, is named in
//!     [`Extensions::malformed`], and no path with such a certificate validates.
//!
//! It judges nothing: a certificate that parses may still be wrong in every respect. URLs in it are text by a stranger:
//! they are kept as they stand (one real CA certificate has a line break in one) and never followed from here.

use super::alg::{self, AlgorithmError, Message, PublicKey, SignatureAlgorithm};
use super::der::{DerError, Element, Reader, tag};
use super::limits::CERTIFICATE_BYTES_MAX;
use super::name::NameKey;
use super::oid::Oid;
use crate::model::digest::{Sha256, sha256};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::ops::Range;
use x509_parser::certificate::{TbsCertificate, X509CertificateParser};
use x509_parser::extensions::X509Extension;
use x509_parser::nom::Parser;
use x509_parser::time::ASN1Time;

/// Why bytes are no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Longer than any real certificate.
    #[error("a certificate of {bytes} bytes; the limit is {limit}")]
    Length {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It does not have the form of RFC 5280 §4.1.
    #[error("not a certificate: {0}")]
    Form(String),
}

impl From<DerError> for CertificateError {
    fn from(error: DerError) -> Self {
        Self::Form(error.to_string())
    }
}

/// A parsed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The bytes, DER.
    pub der: Vec<u8>,
    /// SHA-256 of the bytes: its name in reports and pools.
    pub sha256: Sha256,
    /// Where the signed part lies.
    pub tbs: Range<usize>,
    /// Where the AlgorithmIdentifier of the signature lies (the outer one).
    pub signature_algorithm: Range<usize>,
    /// True when the inner AlgorithmIdentifier is the same (RFC 5280 §4.1.1.2).
    pub algorithms_agree: bool,
    /// Where the octets of the signature value lie.
    pub signature: Range<usize>,
    /// Where the Name of the issuer lies.
    pub issuer: Range<usize>,
    /// Where the Name of the subject lies.
    pub subject: Range<usize>,
    /// The issuer's name prepared for comparison.
    pub issuer_key: NameKey,
    /// The subject's name prepared for comparison.
    pub subject_key: NameKey,
    /// Where the SubjectPublicKeyInfo lies.
    pub spki: Range<usize>,
    /// Content octets of the serial number, as they stand.
    pub serial: Vec<u8>,
    /// 1, 2 or 3.
    pub version: u8,
    /// First second of validity.
    pub not_before: DateTime<Utc>,
    /// Last second of validity.
    pub not_after: DateTime<Utc>,
    /// The extensions that are understood.
    pub extensions: Extensions,
}

/// The extensions of a certificate (RFC 5280 §4.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions {
    /// `cA` and `pathLenConstraint`; none without the extension.
    pub basic_constraints: Option<BasicConstraints>,
    /// Bits of keyUsage.
    pub key_usage: Option<KeyUsage>,
    /// Purposes; none without the extension.
    pub extended_key_usage: Option<Vec<Oid>>,
    /// Whether extendedKeyUsage is critical (RFC 3161 §2.3 wants it for a TSA).
    pub extended_key_usage_critical: bool,
    /// certificatePolicies: each policy with its qualifiers as they stand.
    pub policies: Option<Vec<(Oid, Vec<u8>)>>,
    /// Whether certificatePolicies is critical.
    pub policies_critical: bool,
    /// policyMappings: from the issuer's domain to the subject's.
    pub policy_mappings: Vec<(Oid, Oid)>,
    /// policyConstraints.
    pub require_explicit_policy: Option<u32>,
    /// policyConstraints.
    pub inhibit_policy_mapping: Option<u32>,
    /// inhibitAnyPolicy.
    pub inhibit_any_policy: Option<u32>,
    /// nameConstraints: the value of the extension as it stands.
    pub name_constraints: Option<Vec<u8>>,
    /// subjectAltName: the value of the extension as it stands.
    pub subject_alt_name: Option<Vec<u8>>,
    /// subjectKeyIdentifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// authorityKeyIdentifier, its keyIdentifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// authorityKeyIdentifier, its issuer (GeneralNames as they stand) and serial number.
    pub authority_issuer_serial: Option<(Vec<u8>, Vec<u8>)>,
    /// cRLDistributionPoints: each DistributionPoint as it stands.
    pub crl_distribution_points: Vec<Vec<u8>>,
    /// freshestCRL: each DistributionPoint as it stands.
    pub freshest_crl: Vec<Vec<u8>>,
    /// authorityInfoAccess, id-ad-ocsp: what is said to be a URL. Never trusted, never fetched from here.
    pub ocsp_urls: Vec<String>,
    /// id-pkix-ocsp-nocheck is there (RFC 6960 §4.2.2.2.1).
    pub ocsp_no_check: bool,
    /// Critical extensions that are not understood (RFC 5280 §4.2: the certificate must be rejected).
    pub unknown_critical: Vec<Oid>,
    /// An extension that stands twice (RFC 5280 §4.2: it must not), or is malformed: which, and what is wrong.
    pub malformed: Vec<(Oid, &'static str)>,
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// It is a CA.
    pub ca: bool,
    /// How many CA certificates may follow.
    pub path_len: Option<u32>,
}

/// keyUsage (RFC 5280 §4.2.1.3): bit 0 of the extension is bit 0 here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    /// digitalSignature.
    pub const DIGITAL_SIGNATURE: u16 = 1;
    /// nonRepudiation, later named contentCommitment.
    pub const NON_REPUDIATION: u16 = 1 << 1;
    /// keyCertSign.
    pub const KEY_CERT_SIGN: u16 = 1 << 5;
    /// cRLSign.
    pub const CRL_SIGN: u16 = 1 << 6;

    /// Whether one of these bits is set.
    pub fn any(self, bits: u16) -> bool {
        self.0 & bits != 0
    }
}

impl Certificate {
    /// Reads one certificate; nothing may follow it.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateError::Length { bytes: der.len(), limit: CERTIFICATE_BYTES_MAX });
        }
        // RFC 5280 §4.1: tbsCertificate, signatureAlgorithm, signatureValue.
        let mut file = Reader::der(der);
        let outer = file.expect(tag::SEQUENCE)?;
        file.end()?;
        let mut parts = outer.reader();
        let tbs_element = parts.expect(tag::SEQUENCE)?;
        let algorithm = parts.expect(tag::SEQUENCE)?;
        let signature = parts.expect(tag::BIT_STRING)?.content.get(1..).ok_or(form("no signature value"))?;
        parts.end()?;

        let (_, parsed) = X509CertificateParser::new()
            .with_deep_parse_extensions(false)
            .parse(der)
            .map_err(|error| CertificateError::Form(error.to_string()))?;
        let tbs = &parsed.tbs_certificate;
        // x509-parser leaves what follows the last field unread, and what is signed is all of it.
        if tbs.as_ref() != tbs_element.raw {
            return Err(form("something follows the extensions"));
        }
        let version = match tbs.version.0 {
            0 => 1,
            1 => 2,
            2 => 3,
            _ => return Err(form("the version is none of 1, 2 and 3")),
        };
        let within = |slice: &[u8]| range_of(der, slice).ok_or_else(|| form("a field lies outside"));
        let serial = within(tbs.raw_serial())?;
        let issuer = within(tbs.issuer.as_raw())?;
        // The inner AlgorithmIdentifier is what lies between the serial number and the issuer.
        let inner_algorithm = der.get(serial.end..issuer.start).unwrap_or_default();
        Ok(Self {
            sha256: sha256(der),
            tbs: within(tbs_element.raw)?,
            signature_algorithm: within(algorithm.raw)?,
            algorithms_agree: inner_algorithm == algorithm.raw,
            signature: within(signature)?,
            issuer,
            issuer_key: NameKey::of(tbs.issuer.as_raw()),
            subject: within(tbs.subject.as_raw())?,
            subject_key: NameKey::of(tbs.subject.as_raw()),
            spki: within(tbs.subject_pki.raw)?,
            serial: tbs.raw_serial().to_vec(),
            version,
            not_before: time(tbs.validity.not_before)?,
            not_after: time(tbs.validity.not_after)?,
            extensions: Extensions::read(tbs, version)?,
            der: der.to_vec(),
        })
    }

    /// The signed part.
    pub fn tbs_der(&self) -> &[u8] {
        self.slice(&self.tbs)
    }

    /// The outer AlgorithmIdentifier of the signature.
    pub fn signature_algorithm_der(&self) -> &[u8] {
        self.slice(&self.signature_algorithm)
    }

    /// The octets of the signature value.
    pub fn signature_octets(&self) -> &[u8] {
        self.slice(&self.signature)
    }

    /// The Name of the issuer.
    pub fn issuer_der(&self) -> &[u8] {
        self.slice(&self.issuer)
    }

    /// The Name of the subject.
    pub fn subject_der(&self) -> &[u8] {
        self.slice(&self.subject)
    }

    /// The SubjectPublicKeyInfo.
    pub fn spki_der(&self) -> &[u8] {
        self.slice(&self.spki)
    }

    /// The key of the subject.
    pub fn public_key(&self) -> Result<PublicKey, AlgorithmError> {
        PublicKey::of_spki(self.spki_der())
    }

    /// The algorithm of its signature.
    pub fn signed_with(&self) -> Result<SignatureAlgorithm, AlgorithmError> {
        SignatureAlgorithm::of_identifier(self.signature_algorithm_der(), None)
    }

    /// Whether its signature verifies by the key of `issuer`. Names and everything else are the path's business.
    pub fn verify_signed_by(&self, issuer: &Self) -> Result<(), AlgorithmError> {
        self.verify_by_key(&issuer.public_key()?)
    }

    /// The same by a key that is at hand.
    pub fn verify_by_key(&self, key: &PublicKey) -> Result<(), AlgorithmError> {
        // RFC 5280 §4.1.1.2: the inner identifier is signed and the outer is not, so they have to be the same.
        if !self.algorithms_agree {
            return Err(AlgorithmError::Form("the two algorithm identifiers of the certificate differ"));
        }
        // X.690 §8.6.2: the octet before them counts unused bits. No scheme signs with less than whole octets, and a
        // count that was tampered with must not go unseen.
        if self.signature.start.checked_sub(1).and_then(|at| self.der.get(at)) != Some(&0) {
            return Err(AlgorithmError::Signature);
        }
        alg::verify(key, &self.signed_with()?, Message::Bytes(self.tbs_der()), self.signature_octets())
    }

    /// Whether it names itself as its issuer (RFC 5280 §6.1: self-issued; the key may be another).
    pub fn is_self_issued(&self) -> bool {
        self.issuer_key == self.subject_key
    }

    /// Whether it is valid at `at`; both ends belong to the validity (RFC 5280 §4.1.2.5).
    pub fn is_valid_at(&self, at: DateTime<Utc>) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        // The fields are public; one who builds a certificate by hand with ranges that lie outside gets nothing.
        self.der.get(range.clone()).unwrap_or_default()
    }
}

/// Where `part`, a slice of `whole`, lies in it.
fn range_of(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

fn form(what: &str) -> CertificateError {
    CertificateError::Form(what.to_owned())
}

fn time(time: ASN1Time) -> Result<DateTime<Utc>, CertificateError> {
    DateTime::from_timestamp(time.timestamp(), 0).ok_or_else(|| form("a time of validity is out of range"))
}

/// Object identifiers of extensions, RFC 5280 §4.2 unless said otherwise.
pub mod extension {
    /// subjectKeyIdentifier.
    pub const SUBJECT_KEY_ID: &str = "2.5.29.14";
    /// keyUsage.
    pub const KEY_USAGE: &str = "2.5.29.15";
    /// subjectAltName.
    pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
    /// issuerAltName.
    pub const ISSUER_ALT_NAME: &str = "2.5.29.18";
    /// basicConstraints.
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    /// nameConstraints.
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    /// cRLDistributionPoints.
    pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
    /// certificatePolicies.
    pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
    /// policyMappings.
    pub const POLICY_MAPPINGS: &str = "2.5.29.33";
    /// authorityKeyIdentifier.
    pub const AUTHORITY_KEY_ID: &str = "2.5.29.35";
    /// policyConstraints.
    pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
    /// extKeyUsage.
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    /// freshestCRL.
    pub const FRESHEST_CRL: &str = "2.5.29.46";
    /// inhibitAnyPolicy.
    pub const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
    /// authorityInfoAccess.
    pub const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
    /// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
    pub const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
    /// id-ad-ocsp, an access method in authorityInfoAccess.
    pub const ACCESS_OCSP: &str = "1.3.6.1.5.5.7.48.1";
}

impl Extensions {
    fn read(tbs: &TbsCertificate<'_>, version: u8) -> Result<Self, CertificateError> {
        let mut read = Self::default();
        let mut seen: Vec<Oid> = Vec::new();
        for extension in tbs.extensions() {
            let oid = Oid::of_content(extension.oid.as_bytes())
                .ok_or_else(|| form("the identifier of an extension is malformed"))?;
            if version != 3 {
                // RFC 5280 §4.1.2.9.
                read.malformed.push((oid, "extensions need version 3"));
                continue;
            }
            if seen.contains(&oid) {
                read.malformed.push((oid, "stands twice"));
                continue;
            }
            if let Err(what) = read.take(&oid, extension) {
                read.malformed.push((oid.clone(), what));
            }
            seen.push(oid);
        }
        Ok(read)
    }

    fn take(&mut self, oid: &Oid, extension: &X509Extension<'_>) -> Result<(), &'static str> {
        let value = extension.value;
        let taken = match oid.as_str() {
            extension::BASIC_CONSTRAINTS => basic_constraints(value).map(|v| self.basic_constraints = Some(v)),
            extension::KEY_USAGE => key_usage(value).map(|v| self.key_usage = Some(v)),
            extension::EXTENDED_KEY_USAGE => {
                self.extended_key_usage_critical = extension.critical;
                members(value, |e| e.oid()).map(|v| self.extended_key_usage = Some(v))
            }
            extension::CERTIFICATE_POLICIES => {
                self.policies_critical = extension.critical;
                policies(value).map(|v| self.policies = Some(v))
            }
            extension::POLICY_MAPPINGS => members(value, mapping).map(|v| self.policy_mappings = v),
            extension::POLICY_CONSTRAINTS => policy_constraints(value).map(|(require, inhibit)| {
                self.require_explicit_policy = require;
                self.inhibit_policy_mapping = inhibit;
            }),
            extension::INHIBIT_ANY_POLICY => {
                whole(value).and_then(|e| skip_certs(&e, tag::INTEGER)).map(|v| self.inhibit_any_policy = Some(v))
            }
            extension::NAME_CONSTRAINTS => sequence(value).map(|_| self.name_constraints = Some(value.to_vec())),
            // RFC 5280 §4.2.1.6 wants at least one name of those who issue, and leaves open what others do without one.
            // An empty list names nobody, and is an error only where its issuer made it critical. Constraints on names
            // then hold for the subject, as if the extension were not there.
            extension::SUBJECT_ALT_NAME if !extension.critical && *value == [tag::SEQUENCE, 0] => Ok(()),
            extension::SUBJECT_ALT_NAME => sequence(value).map(|_| self.subject_alt_name = Some(value.to_vec())),
            extension::CRL_DISTRIBUTION_POINTS => points(value).map(|v| self.crl_distribution_points = v),
            extension::FRESHEST_CRL => points(value).map(|v| self.freshest_crl = v),
            // The rest are hints: they help to find a path and constrain none. A malformed one says nothing, and is an
            // error of the certificate only where its issuer made it critical.
            extension::SUBJECT_KEY_ID => hint(extension, octets(value)).map(|v| self.subject_key_id = v),
            extension::AUTHORITY_KEY_ID => hint(extension, authority_key(value)).map(|v| {
                (self.authority_key_id, self.authority_issuer_serial) = v.unwrap_or_default();
            }),
            extension::AUTHORITY_INFO_ACCESS => {
                hint(extension, ocsp_urls(value)).map(|v| self.ocsp_urls = v.unwrap_or_default())
            }
            // RFC 5280 §4.2.1.7: it takes no part in the validation.
            extension::ISSUER_ALT_NAME => Ok(()),
            extension::OCSP_NO_CHECK => {
                self.ocsp_no_check = true;
                Ok(())
            }
            _ => {
                if extension.critical {
                    self.unknown_critical.push(oid.clone());
                }
                Ok(())
            }
        };
        taken.map_err(|error| error.what)
    }
}

/// The value of an extension that constrains nothing: none when it is malformed and not critical.
fn hint<T>(extension: &X509Extension<'_>, value: Result<T, DerError>) -> Result<Option<T>, DerError> {
    match value {
        Ok(value) => Ok(Some(value)),
        Err(_) if !extension.critical => Ok(None),
        Err(error) => Err(error),
    }
}

/// The one element that `value` is.
fn whole(value: &[u8]) -> Result<Element<'_>, DerError> {
    let mut reader = Reader::der(value);
    let element = reader.read()?;
    reader.end()?;
    Ok(element)
}

/// A SEQUENCE that is not empty.
fn sequence(value: &[u8]) -> Result<Reader<'_>, DerError> {
    let mut reader = Reader::der(value);
    let element = reader.expect(tag::SEQUENCE)?;
    reader.end()?;
    if element.content.is_empty() {
        return Err(malformed("an empty SEQUENCE"));
    }
    Ok(element.reader())
}

/// The members of a SEQUENCE OF, each read by `read`.
fn members<'a, T>(value: &'a [u8], read: impl Fn(&Element<'a>) -> Result<T, DerError>) -> Result<Vec<T>, DerError> {
    let mut reader = sequence(value)?;
    let mut out = Vec::new();
    while !reader.is_empty() {
        out.push(read(&reader.read()?)?);
    }
    Ok(out)
}

fn malformed(what: &'static str) -> DerError {
    DerError { what, at: 0 }
}

fn wants(element: &Element<'_>, tag: u8) -> Result<(), DerError> {
    if element.tag == tag { Ok(()) } else { Err(malformed("an element of another type")) }
}

/// RFC 5280 §4.2.1.9.
fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, DerError> {
    let outer = whole(value)?;
    wants(&outer, tag::SEQUENCE)?;
    let mut reader = outer.reader();
    // An explicit FALSE is not DER, and older issuers write it.
    let ca = reader.optional(tag::BOOLEAN)?.map_or(Ok(false), |e| e.boolean())?;
    let path_len = reader.optional(tag::INTEGER)?.map(|e| skip_certs(&e, tag::INTEGER)).transpose()?;
    reader.end()?;
    Ok(BasicConstraints { ca, path_len })
}

/// A number of certificates. One that is too great to matter is the greatest one.
fn skip_certs(element: &Element<'_>, expected: u8) -> Result<u32, DerError> {
    wants(element, expected)?;
    match element.content {
        [] => Err(malformed("an INTEGER without octets")),
        [first, ..] if first & 0x80 != 0 => Err(malformed("a negative number of certificates")),
        [0, second, ..] if second & 0x80 == 0 => Err(malformed("an INTEGER with a needless octet")),
        octets => Ok(octets.iter().fold(0, |number: u32, octet| {
            number.checked_mul(256).and_then(|n| n.checked_add(u32::from(*octet))).unwrap_or(u32::MAX)
        })),
    }
}

/// RFC 5280 §4.2.1.3. Bit 0 of a BIT STRING is the first bit of its first octet.
fn key_usage(value: &[u8]) -> Result<KeyUsage, DerError> {
    let (unused, octets) = whole_of(value, tag::BIT_STRING)?.bit_string()?;
    let bits = octets.iter().take(2).enumerate().fold(0, |bits, (index, octet)| {
        let last = index.checked_add(1) == Some(octets.len());
        let octet = if last { octet & 0xff_u8.checked_shl(u32::from(unused)).unwrap_or(0) } else { *octet };
        bits | u16::from(octet.reverse_bits()) << (8 * index)
    });
    Ok(KeyUsage(bits))
}

fn whole_of(value: &[u8], expected: u8) -> Result<Element<'_>, DerError> {
    let element = whole(value)?;
    wants(&element, expected)?;
    Ok(element)
}

/// RFC 5280 §4.2.1.4: no policy stands twice.
fn policies(value: &[u8]) -> Result<Vec<(Oid, Vec<u8>)>, DerError> {
    let policies = members(value, policy)?;
    let distinct: BTreeSet<&Oid> = policies.iter().map(|(oid, _)| oid).collect();
    if distinct.len() < policies.len() {
        return Err(malformed("a policy that stands twice"));
    }
    Ok(policies)
}

/// RFC 5280 §4.2.1.4: a policy, and its qualifiers as they stand.
fn policy(element: &Element<'_>) -> Result<(Oid, Vec<u8>), DerError> {
    wants(element, tag::SEQUENCE)?;
    let mut reader = element.reader();
    let policy = reader.expect(tag::OID)?.oid()?;
    let qualifiers = reader.optional(tag::SEQUENCE)?.map(|e| e.raw.to_vec()).unwrap_or_default();
    reader.end()?;
    Ok((policy, qualifiers))
}

/// RFC 5280 §4.2.1.5.
fn mapping(element: &Element<'_>) -> Result<(Oid, Oid), DerError> {
    wants(element, tag::SEQUENCE)?;
    let mut reader = element.reader();
    let pair = (reader.expect(tag::OID)?.oid()?, reader.expect(tag::OID)?.oid()?);
    reader.end()?;
    Ok(pair)
}

/// RFC 5280 §4.2.1.11: requireExplicitPolicy [0], inhibitPolicyMapping [1].
fn policy_constraints(value: &[u8]) -> Result<(Option<u32>, Option<u32>), DerError> {
    let mut reader = sequence(value)?;
    let require = reader.optional(0x80)?.map(|e| skip_certs(&e, 0x80)).transpose()?;
    let inhibit = reader.optional(0x81)?.map(|e| skip_certs(&e, 0x81)).transpose()?;
    reader.end()?;
    Ok((require, inhibit))
}

/// RFC 5280 §4.2.1.13: each DistributionPoint as it stands.
fn points(value: &[u8]) -> Result<Vec<Vec<u8>>, DerError> {
    members(value, |element| {
        wants(element, tag::SEQUENCE)?;
        Ok(element.raw.to_vec())
    })
}

/// RFC 5280 §4.2.1.2.
fn octets(value: &[u8]) -> Result<Vec<u8>, DerError> {
    Ok(whole_of(value, tag::OCTET_STRING)?.content.to_vec())
}

/// The key identifier, and the issuer with the serial number.
type AuthorityKey = (Option<Vec<u8>>, Option<(Vec<u8>, Vec<u8>)>);

/// RFC 5280 §4.2.1.1: keyIdentifier [0], authorityCertIssuer [1], authorityCertSerialNumber [2].
fn authority_key(value: &[u8]) -> Result<AuthorityKey, DerError> {
    let outer = whole_of(value, tag::SEQUENCE)?;
    let mut reader = outer.reader();
    let key = reader.optional(0x80)?.map(|e| e.content.to_vec());
    let issuer = reader.optional(0xa1)?.map(|e| e.content.to_vec());
    let serial = reader.optional(0x82)?.map(|e| e.content.to_vec());
    reader.end()?;
    Ok((key, issuer.zip(serial)))
}

/// RFC 5280 §4.2.2.1: the locations of OCSP responders that are URIs.
fn ocsp_urls(value: &[u8]) -> Result<Vec<String>, DerError> {
    let found = members(value, |element| {
        wants(element, tag::SEQUENCE)?;
        let mut reader = element.reader();
        let method = reader.expect(tag::OID)?.oid()?;
        let location = reader.read()?;
        reader.end()?;
        // uniformResourceIdentifier [6] IA5String.
        let is_ocsp = method == extension::ACCESS_OCSP && location.tag == 0x86;
        Ok(is_ocsp.then(|| String::from_utf8_lossy(location.content).into_owned()))
    })?;
    Ok(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::path::made::{Made, basic, extension, key_usage, policies, policy, sequence};
    use std::fs;
    use std::path::Path;

    const ROOT: (&str, u8) = ("Root", 1);
    const LEAF: (&str, u8) = ("Leaf", 2);

    fn leaf_with(value: Vec<u8>) -> Extensions {
        Certificate::parse(&Made::new(LEAF, ROOT).with(value).der()).unwrap().extensions
    }

    #[test]
    fn slices_are_those_that_stand_in_the_bytes() {
        let made = Made::ca(LEAF, ROOT);
        let der = made.der();
        let certificate = Certificate::parse(&der).unwrap();
        assert_eq!(certificate.der, der);
        assert_eq!(certificate.issuer_der(), made.issuer);
        assert_eq!(certificate.subject_der(), made.subject);
        assert_eq!(certificate.serial, [made.serial]);
        assert_eq!((certificate.version, certificate.algorithms_agree), (3, true));
        assert_eq!(certificate.not_before.to_rfc3339(), "2020-01-01T00:00:00+00:00");
        let parts = [certificate.tbs_der(), certificate.signature_algorithm_der()].concat();
        let start = certificate.tbs.start;
        assert_eq!(der[start..start + parts.len()], parts);
        assert!(der.ends_with(certificate.signature_octets()));
        assert_eq!(certificate.signature_octets().len(), 64);
        let root = Certificate::parse(&Made::ca(ROOT, ROOT).der()).unwrap();
        certificate.verify_signed_by(&root).unwrap();
        assert_eq!(certificate.verify_signed_by(&certificate), Err(AlgorithmError::Signature));
        assert!(root.is_self_issued() && !certificate.is_self_issued());
    }

    #[test]
    fn cut_or_followed_by_anything_it_is_no_certificate() {
        let der = Made::ca(LEAF, ROOT).der();
        for len in 0..der.len() {
            assert!(Certificate::parse(&der[..len]).is_err(), "{len}");
        }
        assert!(Certificate::parse(&[der.as_slice(), &[0]].concat()).is_err());
        let long = vec![0; CERTIFICATE_BYTES_MAX + 1];
        let length = CertificateError::Length { bytes: CERTIFICATE_BYTES_MAX + 1, limit: CERTIFICATE_BYTES_MAX };
        assert_eq!(Certificate::parse(&long), Err(length));
    }

    #[test]
    fn no_flipped_bit_goes_unseen() {
        let root = Certificate::parse(&Made::ca(ROOT, ROOT).der()).unwrap();
        let der = Made::ca(LEAF, ROOT).der();
        for bit in 0..der.len() * 8 {
            let mut flipped = der.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(certificate) = Certificate::parse(&flipped) {
                assert!(certificate.verify_signed_by(&root).is_err(), "bit {bit}");
            }
        }
    }

    #[test]
    fn the_extensions_are_read() {
        let read = leaf_with(basic(true, Some(3)));
        assert_eq!(read.basic_constraints, Some(BasicConstraints { ca: true, path_len: Some(3) }));
        assert_eq!(leaf_with(basic(false, None)).basic_constraints.map(|b| b.ca), Some(false));
        let usage = leaf_with(key_usage(&[0xc0])).key_usage.unwrap();
        assert_eq!(usage.0, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION);
        // decipherOnly is the ninth bit.
        assert_eq!(leaf_with(key_usage(&[0x06, 0x80])).key_usage, Some(KeyUsage(0x160)));
        let read = leaf_with(policies(&[policy(1), policy(2)]));
        let oids: Vec<String> = read.policies.unwrap().into_iter().map(|(oid, _)| oid.to_string()).collect();
        assert_eq!(oids, ["2.999.1", "2.999.2"]);
        let constraints = sequence(&[&[0x80, 1, 0], &[0x81, 1, 5]]);
        let read = leaf_with(extension(36, true, &constraints));
        assert_eq!((read.require_explicit_policy, read.inhibit_policy_mapping), (Some(0), Some(5)));
        assert_eq!(leaf_with(extension(54, true, &[2, 1, 7])).inhibit_any_policy, Some(7));
        assert_eq!(leaf_with(extension(14, false, &[4, 2, 8, 9])).subject_key_id, Some(vec![8, 9]));
        let authority = sequence(&[&[0x80, 1, 8], &[0xa1, 2, 0x82, 0], &[0x82, 1, 5]]);
        let read = leaf_with(extension(35, false, &authority));
        assert_eq!(read.authority_key_id, Some(vec![8]));
        assert_eq!(read.authority_issuer_serial, Some((vec![0x82, 0], vec![5])));
    }

    #[test]
    fn what_an_extension_must_not_be_is_named() {
        let huge = sequence(&[&[1, 1, 0xff], &[2, 6, 1, 0, 0, 0, 0, 0]]);
        assert_eq!(leaf_with(extension(19, true, &huge)).basic_constraints.unwrap().path_len, Some(u32::MAX));
        for (last, value) in [
            (19, sequence(&[&[1, 1, 0xff], &[2, 1, 0xff]])),
            (19, sequence(&[&[1, 1, 0xff], &[2, 2, 0, 1]])),
            (19, sequence(&[&[1, 1, 1]])),
            (19, vec![0x30, 0, 0]),
            (15, vec![3, 0]),
            (37, sequence(&[])),
            (37, sequence(&[&[5, 0]])),
            (32, sequence(&[&sequence(&[&policy(1)]), &sequence(&[&policy(1)])])),
            (33, sequence(&[&sequence(&[&policy(1)])])),
            (36, sequence(&[])),
            (54, vec![2, 1, 0x80]),
            (30, sequence(&[])),
            (17, vec![4, 0]),
            (31, sequence(&[&[5, 0]])),
        ] {
            let read = leaf_with(extension(last, false, &value));
            assert_eq!(read.malformed.len(), 1, "{last} {value:02x?}");
            assert_eq!(read.malformed[0].0, format!("2.5.29.{last}").as_str());
        }
    }

    #[test]
    fn every_shared_certificate_is_read_and_every_cut_one_refused() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors"));
        let folders = ["pkits/certs", "kz-ncanode/src/test/resources/ca", "kz-ncanode/src/test/resources/certs"];
        let mut count = 0;
        for entry in folders.iter().filter_map(|f| fs::read_dir(folder.join(f)).ok()).flatten() {
            let path = entry.unwrap().path();
            let der = fs::read(&path).unwrap();
            if der.first() != Some(&tag::SEQUENCE) {
                continue;
            }
            let certificate = Certificate::parse(&der).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            assert_eq!(certificate.extensions.malformed, [], "{path:?}");
            for len in (0..der.len()).step_by(31) {
                assert!(Certificate::parse(&der[..len]).is_err(), "{path:?} {len}");
            }
            count += 1;
        }
        if count == 0 {
            eprintln!("skipped: no certificates in {}", folder.display());
        } else {
            assert!(count >= 405, "{count}");
        }
    }
}
