//! One OCSP response (RFC 6960), parsed and kept with its bytes.
//!
//! A file or an answer from the net is an OCSPResponse; inside a CAdES signature stands the BasicOCSPResponse alone
//! (ETSI EN 319 122-1, revocation-values). Both become an [`OcspResponse`].
//!
//! Invariants
//!   - What is signed is a slice of the bytes as they came.
//!   - No bytes cause a panic, and what is kept beside the bytes is bounded by their length.
//!
//! It judges nothing: who may sign it and what it proves is [`revocation`](super::revocation)'s.

use super::alg::DigestAlgorithm;
use super::certificate::Certificate;
use super::crl::{Reason, content, read_extensions, whole};
use super::der::{DerError, Element, Reader, tag, write};
use super::limits::{CERTIFICATES_MAX, OCSP_ANSWERS_MAX, OCSP_BYTES_MAX};
use super::material::key_bits;
use super::oid::Oid;
use crate::model::digest::{Sha256, sha256};
use crate::model::strict::words;
use chrono::{DateTime, Utc};
use std::ops::Range;
use std::sync::Arc;

words! {
    /// OCSPResponseStatus (RFC 6960 §4.2.1).
    ResponseStatus {
        /// There is an answer.
        Successful = "successful",
        /// The request had no form.
        MalformedRequest = "malformedRequest",
        /// The responder failed.
        InternalError = "internalError",
        /// It asks to come again.
        TryLater = "tryLater",
        /// It wants a signed request.
        SigRequired = "sigRequired",
        /// It does not answer this client.
        Unauthorized = "unauthorized",
    }
}

/// Why bytes are no OCSP response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OcspError {
    /// It is longer than any that is accepted.
    #[error("an OCSP response of {bytes} bytes; at most {OCSP_BYTES_MAX} are read")]
    Length {
        /// How long it is.
        bytes: usize,
    },
    /// It does not have the form of one.
    #[error("OCSP response: {0}")]
    Form(#[from] DerError),
    /// The responder did not answer.
    #[error("OCSP response without an answer: {0}")]
    NoAnswer(ResponseStatus),
    /// The answer is of a type that is not known.
    #[error("OCSP response of the type {0}, which is not supported")]
    Type(Oid),
}

/// A parsed response that has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspResponse {
    der: Vec<u8>,
    /// SHA-256 of the bytes as they came: its name in reports and pools.
    pub sha256: Sha256,
    basic: Range<usize>,
    tbs: Range<usize>,
    signature_algorithm: Range<usize>,
    signature: Range<usize>,
    /// Who says that he has signed it.
    pub responder: ResponderId,
    /// When it was signed.
    pub produced_at: DateTime<Utc>,
    /// What it says, in its order.
    pub answers: Vec<Answer>,
    /// The certificates that it carries and that can be read.
    pub certificates: Vec<Arc<Certificate>>,
    /// extended-revoke (RFC 6960 §4.4.8): "revoked" may also mean "never issued".
    pub extended_revoke: bool,
    /// The value of the nonce (RFC 6960 §4.4.1).
    pub nonce: Option<Vec<u8>>,
    /// Critical extensions of the response that are not understood.
    pub unknown_critical: Vec<Oid>,
}

/// ResponderID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponderId {
    /// The Name of his certificate, as it stands.
    Name(Vec<u8>),
    /// SHA-1 of his key: of the bits in SubjectPublicKeyInfo.
    KeyHash(Vec<u8>),
}

/// CertID: which certificate an answer is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateId {
    /// How the two hashes are made; an unknown algorithm matches no certificate.
    pub algorithm: Option<DigestAlgorithm>,
    /// Hash of the issuer's Name.
    pub issuer_name_hash: Vec<u8>,
    /// Hash of the bits of the issuer's key.
    pub issuer_key_hash: Vec<u8>,
    /// Content octets of the serial number.
    pub serial: Vec<u8>,
}

/// CertStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerStatus {
    /// It is not revoked.
    Good,
    /// It is, or was never issued.
    Revoked {
        /// Since when.
        at: DateTime<Utc>,
        /// Why, where it is said.
        reason: Option<Reason>,
    },
    /// The responder does not know it.
    Unknown,
}

/// SingleResponse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which certificate it is about.
    pub id: CertificateId,
    /// What became of it.
    pub status: AnswerStatus,
    /// When that was known to be right.
    pub this_update: DateTime<Utc>,
    /// When more will be known at the latest; the national CA of Kazakhstan leaves it out.
    pub next_update: Option<DateTime<Utc>>,
    /// archiveCutoff (RFC 6960 §4.4.4): it knows of certificates that expired from then on.
    pub expired_from: Option<DateTime<Utc>>,
    /// Critical extensions that are not understood.
    pub unknown_critical: Vec<Oid>,
}

/// Content octets of object identifiers.
mod oid {
    /// id-pkix-ocsp-basic.
    pub(super) const BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 1];
    /// id-pkix-ocsp-nonce.
    pub(super) const NONCE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 2];
    /// id-pkix-ocsp-crl: which CRL the answer comes from.
    pub(super) const CRL: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 3];
    /// id-pkix-ocsp-archive-cutoff.
    pub(super) const ARCHIVE_CUTOFF: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 6];
    /// id-pkix-ocsp-extended-revoke.
    pub(super) const EXTENDED_REVOKE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 9];
    /// Entry extensions of CRLs that an answer may have (RFC 6960 §4.4.5): reasonCode, which says nothing beside the
    /// status, and invalidityDate.
    pub(super) const REASON: &[u8] = &[0x55, 0x1d, 21];
    pub(super) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
}

impl OcspResponse {
    /// Reads an OCSPResponse, or a BasicOCSPResponse by itself; nothing may follow it.
    pub fn parse(der: &[u8]) -> Result<Self, OcspError> {
        if der.len() > OCSP_BYTES_MAX {
            return Err(OcspError::Length { bytes: der.len() });
        }
        let mut file = Reader::der(der);
        let outer = file.expect(tag::SEQUENCE)?;
        file.end()?;
        // The one begins with its status, the other with the SEQUENCE that is signed.
        let basic = if outer.reader().peek() == Some(tag::ENUMERATED) { answer_of(&outer)? } else { outer };
        Self::of_basic(&basic, der)
    }

    /// RFC 6960 §4.2.1: BasicOCSPResponse and ResponseData.
    fn of_basic(basic: &Element<'_>, der: &[u8]) -> Result<Self, OcspError> {
        let mut parts = basic.reader();
        let tbs = parts.expect(tag::SEQUENCE)?;
        let algorithm = parts.expect(tag::SEQUENCE)?;
        let signature = parts.expect(tag::BIT_STRING)?;
        if signature.bit_string()?.0 != 0 {
            return Err(form("the signature value is not whole octets", &signature));
        }
        let carried = parts.optional(tag::context(0))?;
        parts.end()?;

        let mut fields = tbs.reader();
        if let Some(version) = fields.optional(tag::context(0))?
            && explicit(&version, tag::INTEGER)?.integer()? != [0]
        {
            return Err(form("a version that is not 1", &version));
        }
        let responder = fields.read()?;
        let responder = match responder.tag {
            BY_NAME => ResponderId::Name(explicit(&responder, tag::SEQUENCE)?.raw.to_vec()),
            BY_KEY => ResponderId::KeyHash(explicit(&responder, tag::OCTET_STRING)?.content.to_vec()),
            _ => return Err(form("a responder of an unknown kind", &responder)),
        };
        let produced_at = fields.expect(tag::GENERALIZED_TIME)?.time_with_fraction()?;
        let list = fields.expect(tag::SEQUENCE)?;
        let extensions = fields.optional(tag::context(1))?;
        fields.end()?;

        let mut response = Self {
            sha256: sha256(der),
            basic: whole(basic),
            tbs: whole(&tbs),
            signature_algorithm: whole(&algorithm),
            signature: {
                let content = content(&signature);
                content.start.saturating_add(1)..content.end
            },
            responder,
            produced_at,
            answers: Vec::new(),
            certificates: Vec::new(),
            extended_revoke: false,
            nonce: None,
            unknown_critical: Vec::new(),
            der: der.to_vec(),
        };
        let mut answers = list.reader();
        while !answers.is_empty() {
            let element = answers.expect(tag::SEQUENCE)?;
            if response.answers.len() == OCSP_ANSWERS_MAX {
                return Err(form("too many answers", &element));
            }
            response.answers.push(Answer::read(&element)?);
        }
        if let Some(extensions) = extensions {
            response.take_extensions(&extensions)?;
        }
        if let Some(carried) = carried {
            response.take_certificates(&carried)?;
        }
        Ok(response)
    }

    fn take_extensions(&mut self, element: &Element<'_>) -> Result<(), DerError> {
        for one in read_extensions(&explicit(element, tag::SEQUENCE)?)? {
            match one.oid {
                oid::EXTENDED_REVOKE => self.extended_revoke = true,
                oid::NONCE => self.nonce = Some(one.value.content.to_vec()),
                _ => self.unknown_critical.extend(one.unknown_critical()?),
            }
        }
        Ok(())
    }

    fn take_certificates(&mut self, element: &Element<'_>) -> Result<(), DerError> {
        let mut reader = explicit(element, tag::SEQUENCE)?.reader();
        let mut count = 0usize;
        while !reader.is_empty() {
            let certificate = reader.read()?;
            count = count.saturating_add(1);
            if count > CERTIFICATES_MAX {
                return Err(DerError { what: "too many certificates", at: certificate.at() });
            }
            // One that cannot be read is not needed by those who can be verified.
            self.certificates.extend(Certificate::parse(certificate.raw).map(Arc::new));
        }
        Ok(())
    }

    /// The bytes as they came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The BasicOCSPResponse in them.
    pub fn basic_der(&self) -> &[u8] {
        self.slice(&self.basic)
    }

    /// The signed part.
    pub fn tbs_der(&self) -> &[u8] {
        self.slice(&self.tbs)
    }

    /// The AlgorithmIdentifier of the signature.
    pub fn signature_algorithm_der(&self) -> &[u8] {
        self.slice(&self.signature_algorithm)
    }

    /// The octets of the signature value.
    pub fn signature_octets(&self) -> &[u8] {
        self.slice(&self.signature)
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

/// The request for the state of `certificate` (RFC 6960 §4.1.1), which `issuer` issued; none when the issuer's key
/// cannot be read.
///
/// SHA-1 names the issuer: it protects nothing here, and is what every responder understands (RFC 5019 §2.1.1). There
/// is no nonce: many responders give out answers that were made before and ignore it (RFC 5019 §2.1.1, §4), and how old
/// an answer may be is the policy's to say. So the same question has the same bytes.
pub fn request(certificate: &Certificate, issuer: &Certificate) -> Option<Vec<u8>> {
    let octets = |bytes: &[u8]| write(tag::OCTET_STRING, &[&DigestAlgorithm::Sha1.digest(bytes)]);
    let (name, key) = (octets(certificate.issuer_der()), octets(key_bits(issuer)?));
    let serial = write(tag::INTEGER, &[&certificate.serial]);
    let id = write(tag::SEQUENCE, &[SHA1_IDENTIFIER, &name, &key, &serial]);
    // OCSPRequest { TBSRequest { requestList { Request { reqCert } } } }.
    Some((0..4).fold(id, |inner, _| write(tag::SEQUENCE, &[&inner])))
}

/// AlgorithmIdentifier of SHA-1. With the NULL, which RFC 3370 §2.1 lets one leave out and some responders compare.
const SHA1_IDENTIFIER: &[u8] = &[0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];

/// The choices of ResponderID, both EXPLICIT.
pub(super) const BY_NAME: u8 = tag::context(1);
pub(super) const BY_KEY: u8 = tag::context(2);

/// The one element with `tag` in an EXPLICIT tag.
fn explicit<'a>(element: &Element<'a>, tag: u8) -> Result<Element<'a>, DerError> {
    let mut reader = element.reader();
    let inner = reader.expect(tag)?;
    reader.end()?;
    Ok(inner)
}

/// OCSPResponse → BasicOCSPResponse.
fn answer_of<'a>(outer: &Element<'a>) -> Result<Element<'a>, OcspError> {
    let mut fields = outer.reader();
    let status = fields.expect(tag::ENUMERATED)?;
    let bytes = fields.optional(tag::context(0))?;
    fields.end()?;
    let refused = match status.integer()? {
        [0] => None,
        [1] => Some(ResponseStatus::MalformedRequest),
        [2] => Some(ResponseStatus::InternalError),
        [3] => Some(ResponseStatus::TryLater),
        [5] => Some(ResponseStatus::SigRequired),
        [6] => Some(ResponseStatus::Unauthorized),
        _ => return Err(form("a response status that is unknown", &status)),
    };
    if let Some(refused) = refused {
        return Err(OcspError::NoAnswer(refused));
    }
    let bytes = bytes.ok_or_else(|| form("a successful response without an answer", &status))?;
    let mut parts = explicit(&bytes, tag::SEQUENCE)?.reader();
    let kind = parts.expect(tag::OID)?;
    let octets = parts.expect(tag::OCTET_STRING)?;
    parts.end()?;
    if kind.content != oid::BASIC {
        return Err(OcspError::Type(kind.oid()?));
    }
    Ok(explicit(&octets, tag::SEQUENCE)?)
}

impl Answer {
    fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let mut fields = element.reader();
        let id = CertificateId::read(&fields.expect(tag::SEQUENCE)?)?;
        let status = fields.read()?;
        let status = match status.tag {
            GOOD => AnswerStatus::Good,
            REVOKED => revoked(&status)?,
            UNKNOWN => AnswerStatus::Unknown,
            _ => return Err(DerError { what: "a status of an unknown kind", at: status.at() }),
        };
        let this_update = fields.expect(tag::GENERALIZED_TIME)?.time_with_fraction()?;
        let next_update = match fields.optional(tag::context(0))? {
            Some(next) => Some(explicit(&next, tag::GENERALIZED_TIME)?.time_with_fraction()?),
            None => None,
        };
        let mut answer =
            Self { id, status, this_update, next_update, expired_from: None, unknown_critical: Vec::new() };
        if let Some(extensions) = fields.optional(tag::context(1))? {
            for one in read_extensions(&explicit(&extensions, tag::SEQUENCE)?)? {
                match one.oid {
                    oid::ARCHIVE_CUTOFF => {
                        answer.expired_from = Some(one.only(tag::GENERALIZED_TIME)?.time_with_fraction()?);
                    }
                    oid::CRL | oid::REASON | oid::INVALIDITY_DATE => {}
                    _ => answer.unknown_critical.extend(one.unknown_critical()?),
                }
            }
        }
        fields.end()?;
        Ok(answer)
    }
}

/// The choices of CertStatus: NULL, RevokedInfo and NULL, all IMPLICIT.
const GOOD: u8 = tag::context_primitive(0);
const REVOKED: u8 = tag::context(1);
const UNKNOWN: u8 = tag::context_primitive(2);

fn revoked(element: &Element<'_>) -> Result<AnswerStatus, DerError> {
    let mut fields = element.reader();
    let at = fields.expect(tag::GENERALIZED_TIME)?.time_with_fraction()?;
    let reason = match fields.optional(tag::context(0))? {
        Some(reason) => Some(Reason::of_code(explicit(&reason, tag::ENUMERATED)?.integer()?)),
        None => None,
    };
    fields.end()?;
    Ok(AnswerStatus::Revoked { at, reason })
}

impl CertificateId {
    fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let mut fields = element.reader();
        let algorithm = fields.expect(tag::SEQUENCE)?;
        let name = fields.expect(tag::OCTET_STRING)?;
        let key = fields.expect(tag::OCTET_STRING)?;
        let serial = fields.expect(tag::INTEGER)?;
        fields.end()?;
        Ok(Self {
            algorithm: DigestAlgorithm::of_identifier(algorithm.raw).ok(),
            issuer_name_hash: name.content.to_vec(),
            issuer_key_hash: key.content.to_vec(),
            serial: serial.content.to_vec(),
        })
    }
}

fn form(what: &'static str, element: &Element<'_>) -> OcspError {
    OcspError::Form(DerError { what, at: element.at() })
}
