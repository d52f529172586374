//! Everything that a validation may look at beside the signature: certificates, CRLs and OCSP responses.
//!
//! A pool by digest. Its order is that of the digests, however it was filled, so the same material gives the same
//! report; what was parsed once is shared by all pools that hold it. [`Material::entries`] is what is frozen with a
//! record, and [`Material::add_entry`] takes it back.
//!
//! It judges nothing and fetches nothing. Whoever fills it bounds how much comes in.

use super::alg::DigestAlgorithm;
use super::certificate::{Certificate, CertificateError};
use super::cms::{CmsError, RevocationInfo, SignedData};
use super::crl::{Crl, CrlError, shortest};
use super::der::{Reader, tag};
use super::name::NameKey;
use super::ocsp::{BY_KEY, BY_NAME, OcspError, OcspResponse};
use super::wrap::{self, WrapError};
use crate::model::digest::Sha256;
use crate::model::strict::words;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

words! {
    /// What a piece of material is.
    MaterialKind {
        /// A certificate.
        Certificate = "certificate",
        /// A complete or delta CRL.
        Crl = "crl",
        /// An OCSP response.
        Ocsp = "ocsp",
    }
}

/// Why a file is no material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialError {
    /// It is none of what can be read.
    #[error("neither a certificate, a CRL, an OCSP response nor a bag of certificates")]
    Unknown,
    /// Nothing can be taken out of what is around it.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// A bag of certificates that cannot be read.
    #[error(transparent)]
    Bag(#[from] CmsError),
    /// A certificate that cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A CRL that cannot be read.
    #[error(transparent)]
    Crl(#[from] CrlError),
    /// An OCSP response that cannot be read.
    #[error(transparent)]
    Ocsp(#[from] OcspError),
}

/// A pool of certificates, CRLs and OCSP responses.
#[derive(Debug, Clone, Default)]
pub struct Material {
    certificates: BTreeMap<Sha256, Arc<Certificate>>,
    crls: BTreeMap<Sha256, Arc<Crl>>,
    responses: BTreeMap<Sha256, Arc<OcspResponse>>,
    by_subject: BTreeMap<NameKey, BTreeSet<Sha256>>,
    /// By the identifier that a certificate states, and by SHA-1 of the bits of its key.
    by_key: BTreeMap<Vec<u8>, BTreeSet<Sha256>>,
    by_crl_issuer: BTreeMap<NameKey, BTreeSet<Sha256>>,
    by_answer_serial: BTreeMap<Vec<u8>, BTreeSet<(Sha256, usize)>>,
}

impl Material {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a certificate.
    pub fn add_certificate(&mut self, certificate: Arc<Certificate>) {
        let digest = certificate.sha256;
        if self.certificates.contains_key(&digest) {
            return;
        }
        self.by_subject.entry(certificate.subject_key).or_default().insert(digest);
        if let Some(key_id) = &certificate.extensions.subject_key_id {
            self.by_key.entry(key_id.clone()).or_default().insert(digest);
        }
        if let Some(hash) = key_hash(&certificate) {
            self.by_key.entry(hash).or_default().insert(digest);
        }
        self.certificates.insert(digest, certificate);
    }

    /// Takes a CRL.
    pub fn add_crl(&mut self, crl: Arc<Crl>) {
        self.by_crl_issuer.entry(crl.issuer_key).or_default().insert(crl.sha256);
        self.crls.insert(crl.sha256, crl);
    }

    /// Takes an OCSP response. The certificates in it stay in it: they are for its own signature.
    pub fn add_ocsp(&mut self, response: Arc<OcspResponse>) {
        for (index, answer) in response.answers.iter().enumerate() {
            self.by_answer_serial
                .entry(shortest(&answer.id.serial).to_vec())
                .or_default()
                .insert((response.sha256, index));
        }
        self.responses.insert(response.sha256, response);
    }

    /// Takes whatever a file holds: certificates, CRLs, OCSP responses and PKCS #7 or CMS objects with such, in DER,
    /// base64 or PEM. Gives what it took, in the order of the file. Of a file in error nothing is taken.
    pub fn add_file(&mut self, bytes: &[u8]) -> Result<Vec<(MaterialKind, Sha256)>, MaterialError> {
        let mut pieces = Vec::new();
        // A large CRL is not copied first only because it might have been text.
        if bytes.first() == Some(&tag::SEQUENCE) {
            Piece::read(bytes, &mut pieces)?;
        } else {
            for block in wrap::unwrap(bytes)? {
                Piece::read(&block.bytes, &mut pieces)?;
            }
        }
        Ok(pieces.into_iter().map(|piece| self.add_piece(piece)).collect())
    }

    fn add_piece(&mut self, piece: Piece) -> (MaterialKind, Sha256) {
        match piece {
            Piece::Certificate(one) => {
                let digest = one.sha256;
                self.add_certificate(one);
                (MaterialKind::Certificate, digest)
            }
            Piece::Crl(one) => {
                let digest = one.sha256;
                self.add_crl(one);
                (MaterialKind::Crl, digest)
            }
            Piece::Ocsp(one) => {
                let digest = one.sha256;
                self.add_ocsp(one);
                (MaterialKind::Ocsp, digest)
            }
        }
    }

    /// Takes all of another pool.
    pub fn merge(&mut self, other: &Self) {
        other.certificates.values().for_each(|certificate| self.add_certificate(Arc::clone(certificate)));
        other.crls.values().for_each(|crl| self.add_crl(Arc::clone(crl)));
        other.responses.values().for_each(|response| self.add_ocsp(Arc::clone(response)));
    }

    /// The certificates, by digest.
    pub fn certificates(&self) -> impl ExactSizeIterator<Item = &Arc<Certificate>> {
        self.certificates.values()
    }

    /// The CRLs, by digest.
    pub fn crls(&self) -> impl ExactSizeIterator<Item = &Arc<Crl>> {
        self.crls.values()
    }

    /// The OCSP responses, by digest.
    pub fn ocsp_responses(&self) -> impl ExactSizeIterator<Item = &Arc<OcspResponse>> {
        self.responses.values()
    }

    /// The certificate with this digest.
    pub fn certificate(&self, digest: &Sha256) -> Option<&Arc<Certificate>> {
        self.certificates.get(digest)
    }

    /// Certificates with this subject, whatever string types it is written in.
    pub fn certificates_named(&self, subject: &[u8]) -> impl Iterator<Item = &Arc<Certificate>> {
        let digests = self.by_subject.get(&NameKey::of(subject)).into_iter().flatten();
        digests.filter_map(|digest| self.certificates.get(digest))
    }

    /// Certificates with this subjectKeyIdentifier, or whose key has this SHA-1.
    pub fn certificates_with_key_id(&self, key_id: &[u8]) -> impl Iterator<Item = &Arc<Certificate>> {
        let digests = self.by_key.get(key_id).into_iter().flatten();
        digests.filter_map(|digest| self.certificates.get(digest))
    }

    /// CRLs of this issuer, complete and delta.
    pub fn crls_of(&self, issuer: &[u8]) -> impl Iterator<Item = &Arc<Crl>> {
        let digests = self.by_crl_issuer.get(&NameKey::of(issuer)).into_iter().flatten();
        digests.filter_map(|digest| self.crls.get(digest))
    }

    /// OCSP responses that say something of this serial number (content octets), each with the position of its answer.
    /// Of which issuer's certificate it is said, [`CertificateId`](super::ocsp::CertificateId) tells.
    pub fn answers_about(&self, serial: &[u8]) -> impl Iterator<Item = (&Arc<OcspResponse>, usize)> {
        let places = self.by_answer_serial.get(shortest(serial)).into_iter().flatten();
        places.filter_map(|(digest, index)| Some((self.responses.get(digest)?, *index)))
    }

    /// Everything, in a fixed order: certificates, CRLs, OCSP responses, each by digest. The bytes are those that came.
    pub fn entries(&self) -> impl Iterator<Item = (MaterialKind, Sha256, &[u8])> {
        let certificates = self.certificates.values().map(|one| (MaterialKind::Certificate, one.sha256, &*one.der));
        let crls = self.crls.values().map(|one| (MaterialKind::Crl, one.sha256, one.der()));
        let responses = self.responses.values().map(|one| (MaterialKind::Ocsp, one.sha256, one.der()));
        certificates.chain(crls).chain(responses)
    }

    /// Takes the bytes of one entry.
    pub fn add_entry(&mut self, kind: MaterialKind, bytes: &[u8]) -> Result<(), MaterialError> {
        let piece = Piece::parse(kind, bytes)?;
        self.add_piece(piece);
        Ok(())
    }
}

/// One thing that was read and not taken yet.
enum Piece {
    Certificate(Arc<Certificate>),
    Crl(Arc<Crl>),
    Ocsp(Arc<OcspResponse>),
}

impl Piece {
    fn parse(kind: MaterialKind, der: &[u8]) -> Result<Self, MaterialError> {
        Ok(match kind {
            MaterialKind::Certificate => Self::Certificate(Arc::new(Certificate::parse(der)?)),
            MaterialKind::Crl => Self::Crl(Arc::new(Crl::parse(der)?)),
            MaterialKind::Ocsp => Self::Ocsp(Arc::new(OcspResponse::parse(der)?)),
        })
    }

    /// Reads one structure, or what a bag holds.
    fn read(bytes: &[u8], pieces: &mut Vec<Self>) -> Result<(), MaterialError> {
        let Some(shape) = Shape::of(bytes) else { return Err(MaterialError::Unknown) };
        let kind = match shape {
            Shape::One(kind) => kind,
            Shape::Bag => return Self::read_bag(bytes, pieces),
        };
        pieces.push(Self::parse(kind, bytes)?);
        Ok(())
    }

    /// A CMS or PKCS #7 object; its signatures do not matter here.
    fn read_bag(bytes: &[u8], pieces: &mut Vec<Self>) -> Result<(), MaterialError> {
        let bag = SignedData::read(bytes)?;
        for der in &bag.certificates {
            pieces.push(Self::parse(MaterialKind::Certificate, der)?);
        }
        for revocation in &bag.revocations {
            match revocation {
                RevocationInfo::Crl(der) => pieces.push(Self::parse(MaterialKind::Crl, der)?),
                RevocationInfo::OcspResponse(der) | RevocationInfo::BasicOcspResponse(der) => {
                    pieces.push(Self::parse(MaterialKind::Ocsp, der)?);
                }
                RevocationInfo::Other(..) => {}
            }
        }
        Ok(())
    }
}

/// What bytes are by their first elements.
enum Shape {
    One(MaterialKind),
    Bag,
}

impl Shape {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut outer = Reader::ber(bytes).read().ok()?.reader();
        let first = outer.read().ok()?;
        match first.tag {
            // OCSPResponse begins with its status, ContentInfo with its type.
            tag::ENUMERATED => return Some(Self::One(MaterialKind::Ocsp)),
            tag::OID => return Some(Self::Bag),
            tag::SEQUENCE => {}
            _ => return None,
        }
        let mut fields = first.reader();
        let version = fields.optional(tag::context(0)).ok()?;
        Some(Self::One(match (version, fields.peek()?) {
            // ResponderID comes first in ResponseData, a serial number in a certificate that states its version.
            (_, BY_NAME | BY_KEY) => MaterialKind::Ocsp,
            (Some(_), _) => MaterialKind::Certificate,
            // Behind the algorithm and the issuer a CRL has a time, and a certificate of version 1 its validity.
            (None, _) => {
                fields.optional(tag::INTEGER).ok()?;
                fields.expect(tag::SEQUENCE).ok()?;
                fields.expect(tag::SEQUENCE).ok()?;
                match fields.peek()? {
                    tag::UTC_TIME | tag::GENERALIZED_TIME => MaterialKind::Crl,
                    _ => MaterialKind::Certificate,
                }
            }
        }))
    }
}

/// SHA-1 of the bits of a key, as RFC 5280 §4.2.1.2 (1) and RFC 6960 §4.2.1 name keys.
pub(super) fn key_hash(certificate: &Certificate) -> Option<Vec<u8>> {
    key_bits(certificate).map(|bits| DigestAlgorithm::Sha1.digest(bits))
}

/// The bits of the key in SubjectPublicKeyInfo, without the octet that counts unused ones.
pub(super) fn key_bits(certificate: &Certificate) -> Option<&[u8]> {
    let info = Reader::der(certificate.spki_der()).expect(tag::SEQUENCE).ok()?;
    let mut fields = info.reader();
    fields.expect(tag::SEQUENCE).ok()?;
    Some(fields.expect(tag::BIT_STRING).ok()?.bit_string().ok()?.1)
}
