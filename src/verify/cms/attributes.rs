//! The attributes of a signer that validation asks for (RFC 5652 §11, RFC 5035, ETSI EN 319 122-1, RFC 5126).
//!
//! Each function reads one attribute out of [`Attributes`]. Which signature it belongs to, and whether it is right, is
//! for the caller to say.
//!
//! Invariants
//!   - An attribute that may stand once, with one value, is given only then; otherwise it is an [`AttributeError`].
//!   - What is given are slices of the signature. Nothing is decoded that was not asked for.
//!
//! It does not say where an attribute may stand: [`SignerInfo::faults`] does.

use super::super::der::{DerError, Element, tag};
use super::super::oid::Oid;
use super::{AlgorithmIdentifier, Attribute, Attributes, CmsError, SignedData, SignerInfo};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

/// id-contentType (RFC 5652 §11.1).
pub const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
/// id-messageDigest (RFC 5652 §11.2).
pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
/// id-signingTime (RFC 5652 §11.3).
pub const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
/// id-countersignature (RFC 5652 §11.4).
pub const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";
/// id-aa-signingCertificate (RFC 5035 §5.4.1).
pub const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
/// id-aa-signingCertificateV2 (RFC 5035 §3).
pub const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// id-aa-ets-sigPolicyId (EN 319 122-1 §5.2.9).
pub const SIGNATURE_POLICY: &str = "1.2.840.113549.1.9.16.2.15";
/// id-aa-signatureTimeStampToken (EN 319 122-1 §5.3).
pub const SIGNATURE_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.14";
/// id-aa-ets-contentTimestamp (EN 319 122-1 §5.2.8).
pub const CONTENT_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.20";
/// id-aa-ets-certificateRefs (EN 319 122-1 §A.1.1.1).
pub const CERTIFICATE_REFERENCES: &str = "1.2.840.113549.1.9.16.2.21";
/// id-aa-ets-revocationRefs (EN 319 122-1 §A.1.2.1).
pub const REVOCATION_REFERENCES: &str = "1.2.840.113549.1.9.16.2.22";
/// id-aa-ets-certValues (EN 319 122-1 §A.1.1.2).
pub const CERTIFICATE_VALUES: &str = "1.2.840.113549.1.9.16.2.23";
/// id-aa-ets-revocationValues (EN 319 122-1 §A.1.2.2).
pub const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
/// id-aa-ets-archiveTimestampV2 (RFC 5126 §6.4.1).
pub const ARCHIVE_TIMESTAMP_V2: &str = "1.2.840.113549.1.9.16.2.48";
/// id-aa-ets-archiveTimestampV3 (EN 319 122-1 §5.5.3).
pub const ARCHIVE_TIMESTAMP_V3: &str = "0.4.0.1733.2.4";
/// id-aa-er-internal (RFC 4998 §A.1).
pub const EVIDENCE_RECORD_INTERNAL: &str = "1.2.840.113549.1.9.16.2.49";
/// id-aa-er-external (RFC 4998 §A.2).
pub const EVIDENCE_RECORD_EXTERNAL: &str = "1.2.840.113549.1.9.16.2.50";
/// id-aa-ets-longTermValidation (EN 319 122-1 §A.2.5).
pub const LONG_TERM_VALIDATION: &str = "0.4.0.1733.2.2";
/// id-aa-ATSHashIndex (TS 101 733 §6.4.2).
pub const HASH_INDEX: &str = "0.4.0.1733.2.5";
/// id-aa-ATSHashIndex-v3 (EN 319 122-1 §5.5.2).
pub const HASH_INDEX_V3: &str = "0.4.0.19122.1.5";

/// SHA-1, which the first form of signing-certificate always has (RFC 5035 §5.4.1).
const SHA1: &str = "1.3.14.3.2.26";
/// SHA-256, the default of the second form (RFC 5035 §4).
const SHA256: &str = "2.16.840.1.101.3.4.2.1";

/// Signed attributes that may stand once and with one value.
const SIGNED_ONCE: [&str; 6] =
    [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SIGNATURE_POLICY];

/// Why an attribute cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// It stands more than once.
    #[error("attribute {0} stands {1} times, where it may stand once")]
    Repeated(Oid, usize),
    /// It has not exactly one value.
    #[error("attribute {0} has {1} values, where it must have one")]
    Values(Oid, usize),
    /// Its value cannot be read.
    #[error("attribute {oid}: {source}")]
    Malformed {
        /// Which.
        oid: Oid,
        /// Why.
        #[source]
        source: CmsError,
    },
}

/// Something in the attributes of a signer that RFC 5652 forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The attribute.
    pub oid: Oid,
    /// What is wrong with it.
    pub what: &'static str,
}

/// A certificate as a signer names it (ESSCertID, ESSCertIDv2; RFC 5035 §4, §5.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateId<'a> {
    /// Digest algorithm.
    pub algorithm: Oid,
    /// Digest of the whole certificate.
    pub digest: Cow<'a, [u8]>,
    /// Issuer (GeneralNames, the whole element) and serial number (content octets).
    pub issuer_serial: Option<(&'a [u8], &'a [u8])>,
}

/// The signature policy that a signer names (EN 319 122-1 §5.2.9.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignaturePolicy<'a> {
    /// It follows from the content or from elsewhere.
    Implied,
    /// It is named.
    Named {
        /// Its identifier.
        policy: Oid,
        /// Digest algorithm and digest of the policy; some writers leave them out.
        digest: Option<(Oid, Cow<'a, [u8]>)>,
    },
}

/// What is carried to prove what became of certificates (RevocationValues, EN 319 122-1 §A.1.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevocationValues<'a> {
    /// Each CertificateList.
    pub crls: Vec<&'a [u8]>,
    /// Each BasicOCSPResponse, which has no OCSPResponse around it.
    pub basic_ocsp_responses: Vec<&'a [u8]>,
    /// Another form: its identifier, and its value as it stands.
    pub other: Option<(Oid, &'a [u8])>,
}

/// What an archive time-stamp covers besides the signer (ATSHashIndex, EN 319 122-1 §5.5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashIndex<'a> {
    /// Digest algorithm of the entries.
    pub algorithm: Oid,
    /// Digests of the entries of `certificates`.
    pub certificates: Vec<Cow<'a, [u8]>>,
    /// Digests of the entries of `crls`.
    pub revocations: Vec<Cow<'a, [u8]>>,
    /// Digests of the unsigned attributes.
    pub attributes: Vec<Cow<'a, [u8]>>,
    /// The value as it stands.
    pub raw: &'a [u8],
    /// True for the third version, whose last list has an entry for each value of an attribute.
    pub is_v3: bool,
}

impl<'a> Attributes<'a> {
    /// Attributes of one kind, in their order.
    pub fn all(&self, oid: &str) -> impl Iterator<Item = &Attribute<'a>> {
        self.list.iter().filter(move |attribute| attribute.oid == *oid)
    }

    /// Whether there is an attribute of this kind.
    pub fn has(&self, oid: &str) -> bool {
        self.all(oid).next().is_some()
    }

    /// Values of all attributes of one kind, in their order, as they stand.
    pub fn values(&self, oid: &str) -> Vec<&'a [u8]> {
        self.all(oid).flat_map(|attribute| &attribute.values).map(|value| value.raw).collect()
    }

    /// The value of an attribute that may stand once and with one value.
    pub fn single(&self, oid: &str) -> Result<Option<Element<'a>>, AttributeError> {
        let mut found = self.all(oid);
        let Some(attribute) = found.next() else { return Ok(None) };
        let others = found.count();
        if others > 0 {
            return Err(AttributeError::Repeated(attribute.oid.clone(), others.saturating_add(1)));
        }
        match attribute.values.as_slice() {
            [value] => Ok(Some(*value)),
            values => Err(AttributeError::Values(attribute.oid.clone(), values.len())),
        }
    }

    /// Reads the value of an attribute that may stand once and with one value.
    fn read_single<T>(
        &self,
        oid: &str,
        read: impl FnOnce(Element<'a>) -> Result<T, CmsError>,
    ) -> Result<Option<T>, AttributeError> {
        let Some(value) = self.single(oid)? else { return Ok(None) };
        read(value).map(Some).map_err(|source| self.malformed(oid, source))
    }

    fn malformed(&self, oid: &str, source: CmsError) -> AttributeError {
        let attribute = self.all(oid).next().expect("it was read");
        AttributeError::Malformed { oid: attribute.oid.clone(), source }
    }

    /// content-type (RFC 5652 §11.1).
    pub fn content_type(&self) -> Result<Option<Oid>, AttributeError> {
        self.read_single(CONTENT_TYPE, |value| Ok(value.oid()?))
    }

    /// message-digest (RFC 5652 §11.2).
    pub fn message_digest(&self) -> Result<Option<Cow<'a, [u8]>>, AttributeError> {
        self.read_single(MESSAGE_DIGEST, |value| Ok(value.octets()?))
    }

    /// signing-time (RFC 5652 §11.3): what the signer claims.
    pub fn signing_time(&self) -> Result<Option<DateTime<Utc>>, AttributeError> {
        self.read_single(SIGNING_TIME, |value| Ok(value.time()?))
    }

    /// signing-certificate in its first form, always with SHA-1: the signer's certificate first (RFC 5035 §5.4).
    pub fn signing_certificate(&self) -> Result<Option<Vec<CertificateId<'a>>>, AttributeError> {
        self.read_single(SIGNING_CERTIFICATE, |value| read_certificate_ids(&value, false))
    }

    /// signing-certificate-v2: the signer's certificate first (RFC 5035 §3).
    pub fn signing_certificate_v2(&self) -> Result<Option<Vec<CertificateId<'a>>>, AttributeError> {
        self.read_single(SIGNING_CERTIFICATE_V2, |value| read_certificate_ids(&value, true))
    }

    /// signature-policy-identifier (EN 319 122-1 §5.2.9.1).
    pub fn signature_policy(&self) -> Result<Option<SignaturePolicy<'a>>, AttributeError> {
        self.read_single(SIGNATURE_POLICY, |value| read_policy(&value))
    }

    /// Every token of signature-time-stamp (EN 319 122-1 §5.3).
    pub fn signature_timestamps(&self) -> Vec<&'a [u8]> {
        self.values(SIGNATURE_TIMESTAMP)
    }

    /// Every token of content-time-stamp (EN 319 122-1 §5.2.8).
    pub fn content_timestamps(&self) -> Vec<&'a [u8]> {
        self.values(CONTENT_TIMESTAMP)
    }

    /// Every token of archive-time-stamp, second form (RFC 5126 §6.4.1).
    pub fn archive_timestamps_v2(&self) -> Vec<&'a [u8]> {
        self.values(ARCHIVE_TIMESTAMP_V2)
    }

    /// Every token of archive-time-stamp-v3 (EN 319 122-1 §5.5.3).
    pub fn archive_timestamps_v3(&self) -> Vec<&'a [u8]> {
        self.values(ARCHIVE_TIMESTAMP_V3)
    }

    /// Every value of long-term-validation, as it stands (EN 319 122-1 §A.2.5).
    pub fn long_term_validations(&self) -> Vec<&'a [u8]> {
        self.values(LONG_TERM_VALIDATION)
    }

    /// Every evidence record, about an attached and about a detached content, as it stands (RFC 4998 §A).
    pub fn evidence_records(&self) -> Vec<&'a [u8]> {
        [self.values(EVIDENCE_RECORD_INTERNAL), self.values(EVIDENCE_RECORD_EXTERNAL)].concat()
    }

    /// Whether certificates or revocation data are only referred to (EN 319 122-1 §A.1.1.1, §A.1.2.1).
    pub fn has_references(&self) -> bool {
        self.has(CERTIFICATE_REFERENCES) || self.has(REVOCATION_REFERENCES)
    }

    /// certificate-values: each certificate (EN 319 122-1 §A.1.1.2).
    pub fn certificate_values(&self) -> Result<Vec<&'a [u8]>, AttributeError> {
        let values = self.read_single(CERTIFICATE_VALUES, |value| read_list(&value, |element| Ok(element.raw)))?;
        Ok(values.unwrap_or_default())
    }

    /// revocation-values (EN 319 122-1 §A.1.2.2).
    pub fn revocation_values(&self) -> Result<RevocationValues<'a>, AttributeError> {
        let values = self.read_single(REVOCATION_VALUES, |value| read_revocation_values(&value))?;
        Ok(values.unwrap_or_default())
    }

    /// ats-hash-index-v3 or ats-hash-index: an unsigned attribute of an archive time-stamp (EN 319 122-1 §5.5.2).
    pub fn hash_index(&self) -> Result<Option<HashIndex<'a>>, AttributeError> {
        match self.read_single(HASH_INDEX_V3, |value| read_hash_index(&value, true))? {
            Some(index) => Ok(Some(index)),
            None => self.read_single(HASH_INDEX, |value| read_hash_index(&value, false)),
        }
    }

    /// Every countersignature: what it signs is the signature value of this signer (RFC 5652 §11.4).
    pub fn countersignatures(&self) -> Result<Vec<SignerInfo<'a>>, AttributeError> {
        let values = self.all(COUNTERSIGNATURE).flat_map(|attribute| &attribute.values);
        let read = |value: &Element<'a>| match SignerInfo::read(*value) {
            Ok(signer) => Ok(SignerInfo { is_countersignature: true, ..signer }),
            Err(source) => Err(self.malformed(COUNTERSIGNATURE, source)),
        };
        values.map(read).collect()
    }
}

impl SignerInfo<'_> {
    /// Everything in the attributes that RFC 5652 §5.3 and §11 forbid: attributes that stand twice, have no or several
    /// values, are missing, or are in the wrong place.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut add = |attribute: &Attribute<'_>, what| faults.push(Fault { oid: attribute.oid.clone(), what });
        for oid in SIGNED_ONCE {
            for (attributes, is_signed) in [(&self.signed, true), (&self.unsigned, false)] {
                let Some(first) = attributes.as_ref().and_then(|attributes| attributes.all(oid).next()) else {
                    continue;
                };
                let single = attributes.as_ref().map(|attributes| attributes.single(oid));
                match single {
                    _ if !is_signed => add(first, "stands among the unsigned attributes and must be signed"),
                    Some(Err(AttributeError::Repeated(..))) => add(first, "stands more than once"),
                    Some(Err(_)) => add(first, "has not exactly one value"),
                    _ => {}
                }
            }
        }
        let Some(signed) = &self.signed else { return faults };
        // RFC 5652 §11.4: a countersignature is unsigned.
        if let Some(attribute) = signed.all(COUNTERSIGNATURE).next() {
            add(attribute, "stands among the signed attributes and must be unsigned");
        }
        // RFC 5652 §11.4: a countersignature has no content type.
        if let Some(attribute) = signed.all(CONTENT_TYPE).next().filter(|_| self.is_countersignature) {
            add(attribute, "stands in a countersignature");
        }
        // RFC 5652 §5.3: signed attributes have at least these two.
        for (oid, is_needed) in [(CONTENT_TYPE, !self.is_countersignature), (MESSAGE_DIGEST, true)] {
            if is_needed && !signed.has(oid) {
                let oid = oid.parse().expect("an object identifier of ours");
                faults.push(Fault { oid, what: "is missing among the signed attributes" });
            }
        }
        faults
    }
}

impl HashIndex<'_> {
    /// What the imprint of an archive-time-stamp-v3 with this index is the digest of (EN 319 122-1 §5.5.3).
    ///
    /// `content_digest` is the digest of the signed content by the algorithm of the imprint. Every field is taken as it
    /// stands: the standard keeps BER where the signature has it.
    pub fn imprint_input(&self, signed: &SignedData<'_>, signer: &SignerInfo<'_>, content_digest: &[u8]) -> Vec<u8> {
        [signed.content_type_raw, content_digest, signer.signed_fields, self.raw].concat()
    }
}

/// Reads all that a SEQUENCE holds.
fn read_list<'a, T>(
    element: &Element<'a>,
    read: impl Fn(Element<'a>) -> Result<T, DerError>,
) -> Result<Vec<T>, CmsError> {
    super::read_all(super::sequence(element)?, super::CERTIFICATES_MAX, "values in an attribute", |e| Ok(read(e)?))
}

/// RFC 5035 §3: SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies OPTIONAL }.
fn read_certificate_ids<'a>(value: &Element<'a>, is_v2: bool) -> Result<Vec<CertificateId<'a>>, CmsError> {
    let mut fields = super::sequence(value)?.reader();
    let list = fields.expect(tag::SEQUENCE)?;
    fields.optional(tag::SEQUENCE)?;
    fields.end()?;
    super::read_all(&list, super::CERTIFICATES_MAX, "certificates in an attribute", |id| {
        read_certificate_id(&id, is_v2)
    })
}

/// RFC 5035 §4: ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT id-sha256, certHash OCTET STRING,
/// issuerSerial SEQUENCE { issuer GeneralNames, serialNumber } OPTIONAL }; ESSCertID has no algorithm (§5.4.1).
fn read_certificate_id<'a>(id: &Element<'a>, is_v2: bool) -> Result<CertificateId<'a>, CmsError> {
    let mut fields = super::sequence(id)?.reader();
    let default = if is_v2 { SHA256 } else { SHA1 };
    let algorithm = match fields.peek() {
        Some(tag::SEQUENCE) if is_v2 => AlgorithmIdentifier::read(fields.read()?)?.oid,
        _ => default.parse().expect("an object identifier of ours"),
    };
    let digest = fields.read()?.octets()?;
    let issuer_serial = match fields.optional(tag::SEQUENCE)? {
        None => None,
        Some(element) => {
            let mut fields = element.reader();
            let issuer = fields.expect(tag::SEQUENCE)?.raw;
            let serial = fields.expect(tag::INTEGER)?.integer()?;
            fields.end()?;
            Some((issuer, serial))
        }
    };
    fields.end()?;
    Ok(CertificateId { algorithm, digest, issuer_serial })
}

/// EN 319 122-1 §5.2.9.1: SignaturePolicy ::= CHOICE { SEQUENCE { sigPolicyId, sigPolicyHash SEQUENCE { algorithm,
/// OCTET STRING }, sigPolicyQualifiers OPTIONAL }, NULL }.
fn read_policy<'a>(value: &Element<'a>) -> Result<SignaturePolicy<'a>, CmsError> {
    if value.tag == tag::NULL {
        return Ok(SignaturePolicy::Implied);
    }
    let mut fields = super::sequence(value)?.reader();
    let policy = fields.expect(tag::OID)?.oid()?;
    let digest = match fields.optional(tag::SEQUENCE)? {
        None => None,
        Some(element) => {
            let mut fields = element.reader();
            let algorithm = AlgorithmIdentifier::read(fields.expect(tag::SEQUENCE)?)?.oid;
            let digest = fields.read()?.octets()?;
            fields.end()?;
            Some((algorithm, digest))
        }
    };
    fields.optional(tag::SEQUENCE)?;
    fields.end()?;
    Ok(SignaturePolicy::Named { policy, digest })
}

/// RFC 5126 §6.3.4: RevocationValues ::= SEQUENCE { crlVals [0] SEQUENCE OF CertificateList OPTIONAL,
/// ocspVals [1] SEQUENCE OF BasicOCSPResponse OPTIONAL, otherRevVals [2] OPTIONAL }, all EXPLICIT.
fn read_revocation_values<'a>(value: &Element<'a>) -> Result<RevocationValues<'a>, CmsError> {
    let mut fields = super::sequence(value)?.reader();
    let mut list = |number| -> Result<Vec<&'a [u8]>, CmsError> {
        let Some(explicit) = fields.optional(tag::context(number))? else { return Ok(Vec::new()) };
        let mut inner = explicit.reader();
        let list = inner.expect(tag::SEQUENCE)?;
        inner.end()?;
        read_list(&list, |element| Ok(element.raw))
    };
    let (crls, basic_ocsp_responses) = (list(0)?, list(1)?);
    let other = match fields.optional(tag::context(2))? {
        None => None,
        Some(explicit) => {
            let mut inner = explicit.reader();
            // OtherRevVals ::= SEQUENCE { otherRevValType OBJECT IDENTIFIER, otherRevVals ANY }.
            let mut fields = inner.expect(tag::SEQUENCE)?.reader();
            inner.end()?;
            let form = fields.expect(tag::OID)?.oid()?;
            let value = fields.read()?.raw;
            fields.end()?;
            Some((form, value))
        }
    };
    fields.end()?;
    Ok(RevocationValues { crls, basic_ocsp_responses, other })
}

/// EN 319 122-1 §5.5.2: ATSHashIndexV3 ::= SEQUENCE { hashIndAlgorithm, certificatesHashIndex, crlsHashIndex,
/// unsignedAttrValuesHashIndex }, each a SEQUENCE OF OCTET STRING. In the first version the algorithm has a default,
/// SHA-256 (TS 101 733 §6.4.2).
fn read_hash_index<'a>(value: &Element<'a>, is_v3: bool) -> Result<HashIndex<'a>, CmsError> {
    let mut fields = super::sequence(value)?.reader();
    let first = fields.expect(tag::SEQUENCE)?;
    let (algorithm, certificates) = if first.reader().peek() == Some(tag::OID) {
        (AlgorithmIdentifier::read(first)?.oid, fields.expect(tag::SEQUENCE)?)
    } else if is_v3 {
        return Err(DerError { what: "a hash index without its algorithm", at: first.at() }.into());
    } else {
        (SHA256.parse().expect("an object identifier of ours"), first)
    };
    let revocations = fields.expect(tag::SEQUENCE)?;
    let attributes = fields.expect(tag::SEQUENCE)?;
    fields.end()?;
    let digests = |list: &Element<'a>| read_list(list, |element| element.octets());
    Ok(HashIndex {
        algorithm,
        certificates: digests(&certificates)?,
        revocations: digests(&revocations)?,
        attributes: digests(&attributes)?,
        raw: value.raw,
        is_v3,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::der::Reader;
    use super::super::tests::{DATA, algorithm, attribute, mandatory, octets, oid, open, seq, signer, tlv};
    use super::*;

    const NULL: &[u8] = &[5, 0];

    /// Reads a signer with these signed and unsigned attributes.
    fn with<T>(signed: &[&[u8]], unsigned: &[&[u8]], ask: impl FnOnce(&SignerInfo<'_>) -> T) -> T {
        let bytes = signer(tlv, signed, unsigned);
        ask(&SignerInfo::read(Reader::ber(&bytes).read().unwrap()).unwrap())
    }

    /// Asks signed attributes that are one attribute with one value.
    fn ask<T>(oid: &str, value: &[u8], ask: impl FnOnce(&Attributes<'_>) -> T) -> T {
        with(&[&attribute(oid, &[value])], &[], |signer| ask(signer.signed.as_ref().unwrap()))
    }

    #[test]
    fn the_attributes_of_rfc_5652_are_read() {
        let time = tlv(tag::UTC_TIME, &[b"250301100000Z"]);
        let [first, second] = mandatory();
        with(&[&first, &second, &attribute(SIGNING_TIME, &[&time])], &[], |signer| {
            let signed = signer.signed.as_ref().unwrap();
            assert_eq!(signed.content_type().unwrap().unwrap(), DATA);
            assert_eq!(signed.message_digest().unwrap().unwrap(), &[7; 32][..]);
            assert_eq!(signed.signing_time().unwrap().unwrap().to_rfc3339(), "2025-03-01T10:00:00+00:00");
            assert_eq!(signed.signing_certificate().unwrap(), None);
            assert_eq!(signed.signature_policy().unwrap(), None);
            assert!(signed.countersignatures().unwrap().is_empty());
            assert_eq!(signer.faults(), []);
        });
        let malformed = ask(SIGNING_TIME, NULL, |a| a.signing_time().unwrap_err());
        assert!(matches!(malformed, AttributeError::Malformed { oid, .. } if oid == SIGNING_TIME));
        assert!(ask(CONTENT_TYPE, NULL, |a| a.content_type().is_err()));
        assert!(ask(MESSAGE_DIGEST, &oid(DATA), |a| a.message_digest().is_err()));
    }

    #[test]
    fn what_stands_twice_is_no_answer() {
        let [first, second] = mandatory();
        let other = attribute(MESSAGE_DIGEST, &[&octets(&[8; 32])]);
        with(&[&first, &second, &other], &[], |signer| {
            let signed = signer.signed.as_ref().unwrap();
            assert!(matches!(signed.message_digest(), Err(AttributeError::Repeated(_, 2))));
            assert!(signed.content_type().is_ok());
            let [fault] = &signer.faults()[..] else { panic!("one fault") };
            assert_eq!((fault.oid.as_str(), fault.what), (MESSAGE_DIGEST, "stands more than once"));
        });
        for values in [&[][..], &[octets(&[7; 32]), octets(&[8; 32])]] {
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            with(&[&first, &attribute(MESSAGE_DIGEST, &values)], &[], |signer| {
                let error = signer.signed.as_ref().unwrap().message_digest().unwrap_err();
                assert!(matches!(error, AttributeError::Values(_, count) if count == values.len()));
                assert_eq!(signer.faults()[0].what, "has not exactly one value");
            });
        }
        // The same value twice is no better.
        with(&[&first, &second, &second], &[], |signer| assert_eq!(signer.faults().len(), 1));
    }

    #[test]
    fn attributes_in_the_wrong_place_are_faults() {
        let [first, second] = mandatory();
        let faults = |signed: &[&[u8]], unsigned: &[&[u8]]| {
            with(signed, unsigned, |signer| signer.faults().iter().map(|f| f.oid.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(faults(&[&first, &second], &[]), [""; 0]);
        assert_eq!(faults(&[], &[]), [""; 0], "no signed attributes at all");
        assert_eq!(faults(&[&first], &[]), [MESSAGE_DIGEST]);
        assert_eq!(faults(&[&second], &[]), [CONTENT_TYPE]);
        assert_eq!(faults(&[&first, &second], &[&second]), [MESSAGE_DIGEST]);
        assert_eq!(faults(&[], &[&attribute(SIGNING_TIME, &[NULL])]), [SIGNING_TIME]);
        let counter = attribute(COUNTERSIGNATURE, &[NULL]);
        assert_eq!(faults(&[&first, &second, &counter], &[]), [COUNTERSIGNATURE]);
        assert_eq!(faults(&[&first, &second], &[&counter, &counter]), [""; 0]);
    }

    #[test]
    fn certificates_are_named_by_digest() {
        let issuer = seq(&[&tlv(tag::context(4), &[&seq(&[])])]);
        let issuer_serial = seq(&[&issuer, &[2, 1, 9]]);
        let v1 = seq(&[&seq(&[&seq(&[&octets(&[1; 20]), &issuer_serial]), &seq(&[&octets(&[2; 20])])])]);
        ask(SIGNING_CERTIFICATE, &v1, |attributes| {
            let ids = attributes.signing_certificate().unwrap().unwrap();
            assert_eq!(ids.len(), 2);
            assert_eq!((ids[0].algorithm.as_str(), &ids[0].digest[..]), (SHA1, &[1; 20][..]));
            assert_eq!(ids[0].issuer_serial, Some((&issuer[..], &[9][..])));
            assert_eq!(ids[1].issuer_serial, None);
            assert_eq!(attributes.signing_certificate_v2(), Ok(None));
        });
        let sha512 = "2.16.840.1.101.3.4.2.3";
        let ids = seq(&[&seq(&[&octets(&[1; 32])]), &seq(&[&algorithm(sha512), &octets(&[2; 64]), &issuer_serial])]);
        ask(SIGNING_CERTIFICATE_V2, &seq(&[&ids, &seq(&[])]), |attributes| {
            let ids = attributes.signing_certificate_v2().unwrap().unwrap();
            assert_eq!(ids.iter().map(|id| id.algorithm.as_str()).collect::<Vec<_>>(), [SHA256, sha512]);
        });
        // The first form has no algorithm.
        ask(SIGNING_CERTIFICATE, &seq(&[&ids]), |attributes| assert!(attributes.signing_certificate().is_err()));
        for bad in
            [seq(&[]), seq(&[&seq(&[&seq(&[])])]), seq(&[&seq(&[&seq(&[&octets(&[1]), NULL])])]), seq(&[&ids, NULL])]
        {
            assert!(ask(SIGNING_CERTIFICATE_V2, &bad, |attributes| attributes.signing_certificate_v2().is_err()));
        }
    }

    #[test]
    fn signature_policies_are_named_or_implied() {
        let read = |value: &[u8]| {
            ask(SIGNATURE_POLICY, value, |attributes| {
                attributes.signature_policy().map(|policy| match policy.unwrap() {
                    SignaturePolicy::Implied => "implied".into(),
                    SignaturePolicy::Named { policy, digest: Some((algorithm, digest)) } => {
                        format!("{policy} {algorithm} {}", hex::encode(digest))
                    }
                    SignaturePolicy::Named { policy, digest: None } => policy.to_string(),
                })
            })
        };
        assert_eq!(read(NULL).unwrap(), "implied");
        let digest = seq(&[&algorithm(SHA256), &octets(&[0xab])]);
        assert_eq!(read(&seq(&[&oid("1.2.3"), &digest])).unwrap(), format!("1.2.3 {SHA256} ab"));
        assert_eq!(read(&seq(&[&oid("1.2.3"), &digest, &seq(&[])])).unwrap(), format!("1.2.3 {SHA256} ab"));
        assert_eq!(read(&seq(&[&oid("1.2.3")])).unwrap(), "1.2.3");
        assert!(read(&seq(&[])).is_err());
        assert!(read(&octets(&[])).is_err());
    }

    #[test]
    fn tokens_of_all_attributes_are_given_in_order() {
        let two = attribute(SIGNATURE_TIMESTAMP, &[&seq(&[&[2, 1, 1]]), &seq(&[&[2, 1, 2]])]);
        let third = attribute(SIGNATURE_TIMESTAMP, &[&seq(&[&[2, 1, 3]])]);
        let archive = attribute(ARCHIVE_TIMESTAMP_V3, &[&seq(&[])]);
        with(&[], &[&two, &archive, &third], |signer| {
            let unsigned = signer.unsigned.as_ref().unwrap();
            let tokens = unsigned.signature_timestamps();
            assert_eq!(tokens, [seq(&[&[2, 1, 1]]), seq(&[&[2, 1, 2]]), seq(&[&[2, 1, 3]])]);
            assert_eq!(unsigned.archive_timestamps_v3().len(), 1);
            assert!(unsigned.archive_timestamps_v2().is_empty() && unsigned.content_timestamps().is_empty());
            assert!(unsigned.long_term_validations().is_empty() && !unsigned.has_references());
        });
        let record = attribute(EVIDENCE_RECORD_EXTERNAL, &[&seq(&[])]);
        with(&[], &[&attribute(REVOCATION_REFERENCES, &[&seq(&[])]), &record], |signer| {
            assert!(signer.unsigned.as_ref().unwrap().has_references());
            assert_eq!(signer.unsigned.as_ref().unwrap().evidence_records(), [seq(&[])]);
        });
    }

    #[test]
    fn carried_certificates_and_revocation_data_are_given() {
        let [first, second] = [1, 2].map(|number| seq(&[&[2, 1, number]]));
        ask(CERTIFICATE_VALUES, &seq(&[&first, &second]), |attributes| {
            assert_eq!(attributes.certificate_values().unwrap(), [&first[..], &second]);
            assert_eq!(attributes.revocation_values(), Ok(RevocationValues::default()));
        });
        let explicit = |number, list: &[&[u8]]| tlv(tag::context(number), &[&seq(list)]);
        let value = seq(&[
            &explicit(0, &[&first]),
            &explicit(1, &[&second, &first]),
            &explicit(2, &[&oid("1.2.3"), &octets(&[1])]),
        ]);
        ask(REVOCATION_VALUES, &value, |attributes| {
            let values = attributes.revocation_values().unwrap();
            assert_eq!(values.crls, [&first[..]]);
            assert_eq!(values.basic_ocsp_responses, [&second[..], &first]);
            assert_eq!(values.other, Some(("1.2.3".parse().unwrap(), &octets(&[1])[..])));
            assert_eq!(attributes.certificate_values(), Ok(vec![]));
        });
        for good in [seq(&[]), seq(&[&explicit(1, &[])])] {
            assert!(ask(REVOCATION_VALUES, &good, |attributes| attributes.revocation_values().is_ok()));
        }
        for bad in [
            seq(&[&explicit(1, &[]), &explicit(0, &[])]),
            seq(&[&tlv(tag::context(0), &[])]),
            seq(&[&tlv(tag::context(0), &[&seq(&[]), &seq(&[])])]),
            seq(&[&explicit(2, &[&oid("1.2.3")])]),
            octets(&[]),
        ] {
            assert!(ask(REVOCATION_VALUES, &bad, |attributes| attributes.revocation_values().is_err()), "{bad:?}");
        }
    }

    #[test]
    fn hash_indexes_are_of_two_versions() {
        let list = |entries: &[&[u8]]| {
            seq(&entries.iter().map(|e| octets(e)).collect::<Vec<_>>().iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        let lists = [list(&[&[1]]), list(&[]), list(&[&[3], &[4]])];
        let sha512 = "2.16.840.1.101.3.4.2.3";
        let whole = seq(&[&algorithm(sha512), &lists[0], &lists[1], &lists[2]]);
        let short = seq(&[&lists[0], &lists[1], &lists[2]]);
        for (kind, value, algorithm, is_v3) in [
            (HASH_INDEX_V3, &whole, sha512, true),
            (HASH_INDEX, &whole, sha512, false),
            (HASH_INDEX, &short, SHA256, false),
        ] {
            ask(kind, value, |attributes| {
                let index = attributes.hash_index().unwrap().unwrap();
                assert_eq!((index.algorithm.as_str(), index.is_v3, index.raw), (algorithm, is_v3, &value[..]));
                let lens = (index.certificates.len(), index.revocations.len(), index.attributes.len());
                assert_eq!(lens, (1, 0, 2));
            });
        }
        assert!(ask(HASH_INDEX_V3, &short, |attributes| attributes.hash_index().is_err()));
        assert!(ask(HASH_INDEX_V3, &seq(&[&algorithm(sha512), &lists[0]]), |attributes| attributes
            .hash_index()
            .is_err()));
        assert!(ask(SIGNING_TIME, NULL, |attributes| attributes.hash_index() == Ok(None)));
    }

    #[test]
    fn countersignatures_are_signers_again() {
        let inner = signer(open, &[&attribute(MESSAGE_DIGEST, &[&octets(&[1; 32])])], &[]);
        with(&[], &[&attribute(COUNTERSIGNATURE, &[&inner, &inner])], |signer| {
            let counter = signer.unsigned.as_ref().unwrap().countersignatures().unwrap();
            assert_eq!(counter.len(), 2);
            assert_eq!(counter[0].raw, inner);
            assert_eq!(counter[0].faults(), []);
        });
        let [first, second] = mandatory();
        let inner = signer(tlv, &[&first, &second], &[]);
        with(&[], &[&attribute(COUNTERSIGNATURE, &[&inner])], |signer| {
            let counter = signer.unsigned.as_ref().unwrap().countersignatures().unwrap();
            assert_eq!(counter[0].faults()[0].what, "stands in a countersignature");
        });
        assert!(ask(COUNTERSIGNATURE, NULL, |attributes| attributes.countersignatures().is_err()));
    }
}
