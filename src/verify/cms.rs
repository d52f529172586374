//! Reading of CMS SignedData (RFC 5652 §5), and of PKCS #7 1.5 as far as the two are alike (RFC 2315 §9).
//!
//! [`SignedData::read`] gives every part as a slice of the bytes that came. What was signed is never encoded again,
//! except on request where RFC 5652 §5.4 asks for it ([`Attributes::der_set`]). [`without_content`] makes a small
//! object of a large one, so that a content is digested as a stream.
//!
//! Invariants
//!   - No bytes cause a panic; signers, attributes, certificates and bytes are bounded by [`limits`](super::limits).
//!   - [`SignedData::parts`], [`SignerInfo::parts`] and [`Attributes::parts`], joined, are the bytes that were read.
//!   - What stands twice where it may stand once is an error where it is asked for, and never the first of the two.
//!
//! It verifies nothing, decides nothing, and reads no certificate, CRL or OCSP answer: it says where they lie.

pub mod attributes;

use super::der::{self, DerError, Element, Reader, tag};
use super::limits::{ATTRIBUTES_MAX, CERTIFICATES_MAX, CMS_BYTES_MAX, REVOCATIONS_MAX, SIGNERS_MAX};
use super::oid::Oid;
use crate::model::cms as place;
use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// id-signedData (RFC 5652 §5.1).
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
/// id-ri-ocsp-response (RFC 5940 §2.1).
const RI_OCSP_RESPONSE: &str = "1.3.6.1.5.5.7.16.2";
/// id-pkix-ocsp-basic (RFC 6960 §4.2.1), which older CAdES writers put in the same place.
const OCSP_BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

/// Why an object is no SignedData that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CmsError {
    /// It is not encoded as it should be.
    #[error(transparent)]
    Der(#[from] DerError),
    /// It is another kind of CMS object.
    #[error("content type {0} is no SignedData")]
    NotSigned(Oid),
    /// More of something than is looked at.
    #[error("more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// More bytes than are looked at, not counting the content.
    #[error("{len} bytes without the content, more than {CMS_BYTES_MAX}")]
    TooLarge {
        /// How many there are.
        len: usize,
    },
}

/// Refuses what goes beyond a limit.
fn within(count: usize, max: usize, what: &'static str) -> Result<(), CmsError> {
    if count > max { Err(CmsError::TooMany { what, max }) } else { Ok(()) }
}

/// A SignedData (RFC 5652 §5.1).
#[derive(Debug, Clone)]
pub struct SignedData<'a> {
    /// The object with its ContentInfo around it, and nothing behind it.
    pub raw: &'a [u8],
    /// Bytes behind the object, which are no part of it.
    pub trailing: usize,
    /// `version`.
    pub version: u64,
    /// `digestAlgorithms`.
    pub digest_algorithms: Vec<AlgorithmIdentifier<'a>>,
    /// `eContentType`.
    pub content_type: Oid,
    /// `eContentType`, the whole element.
    pub content_type_raw: &'a [u8],
    /// `eContent`.
    pub content: Content<'a>,
    /// Certificates among `certificates`, in their order.
    pub certificates: Vec<&'a [u8]>,
    /// Attribute certificates and other forms among `certificates`; they are not read.
    pub other_certificates: usize,
    /// `crls`, in their order.
    pub revocations: Vec<RevocationInfo<'a>>,
    /// `signerInfos`, in their order.
    pub signers: Vec<SignerInfo<'a>>,
    /// The field `certificates`, the whole element.
    pub certificates_raw: Option<&'a [u8]>,
    /// The field `crls`, the whole element.
    pub revocations_raw: Option<&'a [u8]>,
    parts: Vec<&'a [u8]>,
}

/// The content of a SignedData (RFC 5652 §5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content<'a> {
    /// It lies elsewhere: the signature is detached.
    Absent,
    /// It was inside and [`without_content`] left it out.
    LeftOut,
    /// It is inside; pieces are joined.
    Octets(Cow<'a, [u8]>),
    /// It is inside and no OCTET STRING, as PKCS #7 allowed (RFC 5652 §5.2.1): the whole element.
    Other(Element<'a>),
}

/// One of `crls` (RFC 5652 §10.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevocationInfo<'a> {
    /// A CertificateList.
    Crl(&'a [u8]),
    /// An OCSPResponse (RFC 5940 §2.1), also where it stands without its form or under the other one.
    OcspResponse(&'a [u8]),
    /// A BasicOCSPResponse.
    BasicOcspResponse(&'a [u8]),
    /// Another form: its identifier, and its value as it stands.
    Other(Oid, &'a [u8]),
}

/// An AlgorithmIdentifier (RFC 5280 §4.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmIdentifier<'a> {
    /// The algorithm.
    pub oid: Oid,
    /// Its parameters.
    pub parameters: Option<Element<'a>>,
    /// The whole element.
    pub raw: &'a [u8],
    element: Element<'a>,
}

/// One signer (RFC 5652 §5.3).
#[derive(Debug, Clone)]
pub struct SignerInfo<'a> {
    /// The whole element.
    pub raw: &'a [u8],
    /// `version`.
    pub version: u64,
    /// `sid`.
    pub sid: SignerIdentifier<'a>,
    /// `digestAlgorithm`.
    pub digest_algorithm: AlgorithmIdentifier<'a>,
    /// `signedAttrs`.
    pub signed: Option<Attributes<'a>>,
    /// `signatureAlgorithm`.
    pub signature_algorithm: AlgorithmIdentifier<'a>,
    /// `signature`.
    pub signature: Cow<'a, [u8]>,
    /// `unsignedAttrs`.
    pub unsigned: Option<Attributes<'a>>,
    /// The six fields before `unsignedAttrs`, one after another, as an archive time-stamp covers them.
    pub signed_fields: &'a [u8],
    /// Whether it was found in a countersignature attribute, and signs another signature (RFC 5652 §11.4).
    pub is_countersignature: bool,
    parts: Vec<&'a [u8]>,
}

/// How a signer names the certificate (RFC 5652 §5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerIdentifier<'a> {
    /// By its issuer and serial number.
    IssuerSerial {
        /// The Name, the whole element.
        issuer: &'a [u8],
        /// Content octets of the number.
        serial: &'a [u8],
    },
    /// By its subjectKeyIdentifier.
    KeyId(Cow<'a, [u8]>),
}

/// The attributes of a signer, signed or unsigned.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    /// The whole element, with its tag `[0]` or `[1]`.
    pub raw: &'a [u8],
    /// In their order.
    pub list: Vec<Attribute<'a>>,
    element: Element<'a>,
}

/// One attribute (RFC 5652 §5.3).
#[derive(Debug, Clone)]
pub struct Attribute<'a> {
    /// `attrType`.
    pub oid: Oid,
    /// `attrValues`, in their order.
    pub values: Vec<Element<'a>>,
    /// The whole element.
    pub raw: &'a [u8],
    element: Element<'a>,
}

impl<'a> SignedData<'a> {
    /// Reads the SignedData at the start of `bytes`.
    pub fn read(bytes: &'a [u8]) -> Result<Self, CmsError> {
        let mut reader = Reader::ber(bytes);
        // RFC 5652 §3: ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }.
        let info = reader.expect(tag::SEQUENCE)?;
        let trailing = reader.rest().len();
        let mut fields = info.reader();
        let kind = fields.expect(tag::OID)?;
        let kind_oid = kind.oid()?;
        if kind_oid != SIGNED_DATA {
            return Err(CmsError::NotSigned(kind_oid));
        }
        let explicit = fields.expect(tag::context(0))?;
        fields.end()?;
        let mut fields = explicit.reader();
        let signed = fields.expect(tag::SEQUENCE)?;
        fields.end()?;

        // RFC 5652 §5.1: SignedData ::= SEQUENCE { version, digestAlgorithms SET, encapContentInfo,
        // certificates [0] OPTIONAL, crls [1] OPTIONAL, signerInfos SET }.
        let mut fields = signed.reader();
        let version = fields.expect(tag::INTEGER)?;
        let algorithms = fields.expect(tag::SET)?;
        let encapsulated = fields.expect(tag::SEQUENCE)?;
        let certificates = fields.optional(tag::context(0))?;
        let revocations = fields.optional(tag::context(1))?;
        let signers = fields.expect(tag::SET)?;
        fields.end()?;

        let len = info.raw.len().saturating_sub(encapsulated.raw.len());
        if len > CMS_BYTES_MAX {
            return Err(CmsError::TooLarge { len });
        }
        let (content_type, content) = read_encapsulated(&encapsulated)?;
        let raw_of = |field: &Option<Element<'a>>| field.map(|field| field.raw);
        let parts = [info.header(), kind.raw, explicit.header(), signed.header(), version.raw, algorithms.raw]
            .into_iter()
            .chain([encapsulated.raw])
            .chain(raw_of(&certificates))
            .chain(raw_of(&revocations))
            .chain([signers.raw, signed.footer(), explicit.footer(), info.footer()])
            .collect();
        let (certificates_raw, revocations_raw) = (raw_of(&certificates), raw_of(&revocations));
        let (certificates, other_certificates) = match certificates {
            Some(field) => read_certificates(&field)?,
            None => (Vec::new(), 0),
        };
        Ok(Self {
            raw: info.raw,
            trailing,
            version: version.u64()?,
            digest_algorithms: read_all(&algorithms, SIGNERS_MAX, "digest algorithms", |element| {
                AlgorithmIdentifier::read(element)
            })?,
            content_type: content_type.oid()?,
            content_type_raw: content_type.raw,
            content,
            certificates,
            other_certificates,
            revocations: match revocations {
                Some(field) => read_all(&field, REVOCATIONS_MAX, "CRLs and OCSP answers", RevocationInfo::read)?,
                None => Vec::new(),
            },
            signers: read_all(&signers, SIGNERS_MAX, "signers", SignerInfo::read)?,
            certificates_raw,
            revocations_raw,
            parts,
        })
    }

    /// Its parts: joined, they are [`raw`](Self::raw).
    pub fn parts(&self) -> &[&'a [u8]] {
        &self.parts
    }
}

/// Reads all that `field` holds.
fn read_all<'a, T>(
    field: &Element<'a>,
    max: usize,
    what: &'static str,
    read: impl Fn(Element<'a>) -> Result<T, CmsError>,
) -> Result<Vec<T>, CmsError> {
    let mut reader = field.reader();
    let mut list = Vec::new();
    while !reader.is_empty() {
        within(list.len().saturating_add(1), max, what)?;
        list.push(read(reader.read()?)?);
    }
    Ok(list)
}

/// RFC 5652 §5.2: EncapsulatedContentInfo ::= SEQUENCE { eContentType, eContent [0] EXPLICIT OCTET STRING OPTIONAL }.
fn read_encapsulated<'a>(encapsulated: &Element<'a>) -> Result<(Element<'a>, Content<'a>), CmsError> {
    let mut fields = encapsulated.reader();
    let content_type = fields.expect(tag::OID)?;
    let Some(explicit) = fields.optional(tag::context(0))? else {
        fields.end()?;
        return Ok((content_type, Content::Absent));
    };
    fields.end()?;
    let mut fields = explicit.reader();
    let element = fields.read()?;
    fields.end()?;
    let content = match element.tag {
        tag::OCTET_STRING | tag::OCTET_STRING_PIECES => Content::Octets(element.octets()?),
        _ => Content::Other(element),
    };
    Ok((content_type, content))
}

/// RFC 5652 §10.2.2, §10.2.3: of the forms of a certificate, X.509 alone has a universal tag.
fn read_certificates<'a>(field: &Element<'a>) -> Result<(Vec<&'a [u8]>, usize), CmsError> {
    let forms = read_all(field, CERTIFICATES_MAX, "certificates", Ok)?;
    let certificates: Vec<_> = forms.iter().filter(|form| form.tag == tag::SEQUENCE).map(|form| form.raw).collect();
    let others = forms.len().saturating_sub(certificates.len());
    Ok((certificates, others))
}

impl<'a> RevocationInfo<'a> {
    fn read(element: Element<'a>) -> Result<Self, CmsError> {
        if element.tag == tag::SEQUENCE {
            return Ok(if is_ocsp_response(&element) {
                Self::OcspResponse(element.raw)
            } else {
                Self::Crl(element.raw)
            });
        }
        if element.tag != tag::context(1) {
            return Err(DerError { what: "another form of revocation data than RFC 5652 has", at: element.at() }.into());
        }
        // RFC 5652 §10.2.1: OtherRevocationInfoFormat ::= SEQUENCE { otherRevInfoFormat OID, otherRevInfo ANY }.
        let mut fields = element.reader();
        let form = fields.expect(tag::OID)?.oid()?;
        let value = fields.read()?;
        fields.end()?;
        Ok(match form.as_str() {
            RI_OCSP_RESPONSE | OCSP_BASIC if is_ocsp_response(&value) => Self::OcspResponse(value.raw),
            RI_OCSP_RESPONSE | OCSP_BASIC => Self::BasicOcspResponse(value.raw),
            _ => Self::Other(form, value.raw),
        })
    }
}

/// RFC 6960 §4.2.1: an OCSPResponse begins with an ENUMERATED, a BasicOCSPResponse and a CertificateList with a
/// SEQUENCE. Some writers name the one and carry the other.
fn is_ocsp_response(element: &Element<'_>) -> bool {
    element.reader().peek() == Some(tag::ENUMERATED)
}

impl<'a> AlgorithmIdentifier<'a> {
    /// Reads the SEQUENCE of an algorithm and its parameters.
    pub fn read(element: Element<'a>) -> Result<Self, CmsError> {
        let mut fields = sequence(&element)?.reader();
        let oid = fields.expect(tag::OID)?.oid()?;
        let parameters = if fields.is_empty() { None } else { Some(fields.read()?) };
        fields.end()?;
        Ok(Self { oid, parameters, raw: element.raw, element })
    }

    /// In DER, which it need not be in an object that is BER.
    pub fn to_der(&self) -> Result<Vec<u8>, DerError> {
        self.element.to_der()
    }
}

fn sequence<'a, 'e>(element: &'e Element<'a>) -> Result<&'e Element<'a>, DerError> {
    if element.tag != tag::SEQUENCE {
        return Err(DerError { what: "another element than belongs in this place", at: element.at() });
    }
    Ok(element)
}

impl<'a> SignerInfo<'a> {
    /// Reads one SignerInfo of `signerInfos`.
    pub fn read(element: Element<'a>) -> Result<Self, CmsError> {
        // RFC 5652 §5.3: SignerInfo ::= SEQUENCE { version, sid, digestAlgorithm, signedAttrs [0] OPTIONAL,
        // signatureAlgorithm, signature OCTET STRING, unsignedAttrs [1] OPTIONAL }.
        let mut fields = sequence(&element)?.reader();
        let version = fields.expect(tag::INTEGER)?;
        let sid = fields.read()?;
        let digest_algorithm = fields.expect(tag::SEQUENCE)?;
        let signed = fields.optional(tag::context(0))?;
        let signature_algorithm = fields.expect(tag::SEQUENCE)?;
        let signature = match fields.optional(tag::OCTET_STRING_PIECES)? {
            Some(signature) => signature,
            None => fields.expect(tag::OCTET_STRING)?,
        };
        let unsigned = fields.optional(tag::context(1))?;
        fields.end()?;
        let unsigned_len = unsigned.map_or(0, |field| field.raw.len());
        let signed_len = element.content.len().saturating_sub(unsigned_len);
        let parts = [element.header(), version.raw, sid.raw, digest_algorithm.raw]
            .into_iter()
            .chain(signed.map(|field| field.raw))
            .chain([signature_algorithm.raw, signature.raw])
            .chain(unsigned.map(|field| field.raw))
            .chain([element.footer()])
            .collect();
        Ok(Self {
            raw: element.raw,
            version: version.u64()?,
            sid: SignerIdentifier::read(&sid)?,
            digest_algorithm: AlgorithmIdentifier::read(digest_algorithm)?,
            signed: signed.map(Attributes::read).transpose()?,
            signature_algorithm: AlgorithmIdentifier::read(signature_algorithm)?,
            signature: signature.octets()?,
            unsigned: unsigned.map(Attributes::read).transpose()?,
            signed_fields: element.content.get(..signed_len).unwrap_or_default(),
            is_countersignature: false,
            parts,
        })
    }

    /// Its parts: joined, they are [`raw`](Self::raw).
    pub fn parts(&self) -> &[&'a [u8]] {
        &self.parts
    }
}

impl<'a> SignerIdentifier<'a> {
    fn read(element: &Element<'a>) -> Result<Self, CmsError> {
        match element.tag {
            tag::SEQUENCE => {
                let mut fields = element.reader();
                let issuer = fields.expect(tag::SEQUENCE)?.raw;
                let serial = fields.expect(tag::INTEGER)?.integer()?;
                fields.end()?;
                Ok(Self::IssuerSerial { issuer, serial })
            }
            // [0] IMPLICIT OCTET STRING, in one piece or in pieces.
            0x80 | 0xa0 => Ok(Self::KeyId(element.octets()?)),
            _ => Err(DerError { what: "another form of signer identifier than RFC 5652 has", at: element.at() }.into()),
        }
    }
}

impl<'a> Attributes<'a> {
    fn read(element: Element<'a>) -> Result<Self, CmsError> {
        let list = read_all(&element, ATTRIBUTES_MAX, "attributes", Attribute::read)?;
        within(list.iter().map(|attribute| attribute.values.len()).sum(), ATTRIBUTES_MAX, "values of attributes")?;
        Ok(Self { raw: element.raw, list, element })
    }

    /// Its parts: joined, they are [`raw`](Self::raw).
    pub fn parts(&self) -> Vec<&'a [u8]> {
        let attributes = self.list.iter().map(|attribute| attribute.raw);
        [self.element.header()].into_iter().chain(attributes).chain([self.element.footer()]).collect()
    }

    /// What is signed by RFC 5652 §5.4: the attributes in DER, as a SET OF.
    pub fn der_set(&self) -> Result<Vec<u8>, DerError> {
        let mut attributes = self.list.iter().map(|a| a.element.to_der()).collect::<Result<Vec<_>, _>>()?;
        der::sort_set_of(&mut attributes);
        let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
        Ok(der::write(tag::SET, &attributes))
    }

    /// What is signed by programs that do not sort: the attributes as they are stored, with the tag of a SET OF.
    pub fn stored_set(&self) -> Vec<u8> {
        let stored = self.raw.get(1..).unwrap_or_default();
        [&[tag::SET], stored].concat()
    }

    /// Whether the attributes stand in the order of DER (X.690 §11.6).
    pub fn is_sorted(&self) -> bool {
        self.list.is_sorted_by(|a, b| a.raw <= b.raw)
    }
}

impl<'a> Attribute<'a> {
    /// Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }.
    fn read(element: Element<'a>) -> Result<Self, CmsError> {
        let mut fields = sequence(&element)?.reader();
        let oid = fields.expect(tag::OID)?.oid()?;
        let values = fields.expect(tag::SET)?;
        fields.end()?;
        let values = read_all(&values, ATTRIBUTES_MAX, "values of an attribute", Ok)?;
        Ok(Self { oid, values, raw: element.raw, element })
    }
}

/// A SignedData with its content left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The object in a frame of its own: certificates, CRLs and signers are byte for byte those of the source.
    pub bytes: Vec<u8>,
    /// Where the content lies in the source, for digesting it as a stream.
    pub content: place::Content,
    /// Bytes behind the object in the source.
    pub trailing: u64,
}

impl Outline {
    /// Reads it. A content that is attached is [`Content::LeftOut`].
    pub fn signed_data(&self) -> Result<SignedData<'_>, CmsError> {
        let mut signed = SignedData::read(&self.bytes)?;
        if self.content != place::Content::Detached {
            signed.content = Content::LeftOut;
        }
        signed.trailing = usize::try_from(self.trailing).unwrap_or(usize::MAX);
        Ok(signed)
    }
}

/// Why a content cannot be left out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutlineError {
    /// The object cannot be walked over.
    #[error(transparent)]
    Walk(#[from] place::CmsError),
    /// More bytes than are looked at.
    #[error("{len} bytes without the content, more than {CMS_BYTES_MAX}")]
    TooLarge {
        /// How many there are.
        len: u64,
    },
}

/// Reads the SignedData at the start of `source` without its content; none when there is no SignedData.
///
/// The frame around the parts is new, so [`SignedData::raw`] of the outline is not that of the source, and a content
/// that is no OCTET STRING (PKCS #7) is left out too.
pub fn without_content(source: &mut (impl Read + Seek)) -> Result<Option<Outline>, OutlineError> {
    let Some(place::Cms { content, len, frame: Some(frame), .. }) = place::read(source)? else { return Ok(None) };
    let total = source.seek(SeekFrom::End(0)).map_err(place::CmsError::Io)?;
    let lens = [&frame.before, &frame.content_type, &frame.behind].map(|part| part.end.saturating_sub(part.start));
    let outline_len = lens.iter().fold(0, |sum: u64, len| sum.saturating_add(*len));
    if usize::try_from(outline_len).is_ok_and(|len| len <= CMS_BYTES_MAX) {
        let mut part = |place: Range<u64>| read_part(source, place).map_err(place::CmsError::Io);
        let (before, content_type, behind) = (part(frame.before)?, part(frame.content_type)?, part(frame.behind)?);
        let encapsulated = der::write(tag::SEQUENCE, &[&content_type]);
        let signed = der::write(tag::SEQUENCE, &[&before, &encapsulated, &behind]);
        let explicit = der::write(tag::context(0), &[&signed]);
        let bytes = der::write(tag::SEQUENCE, &[SIGNED_DATA_ELEMENT, &explicit]);
        return Ok(Some(Outline { bytes, content, trailing: total.saturating_sub(len) }));
    }
    Err(OutlineError::TooLarge { len: outline_len })
}

/// [`SIGNED_DATA`], encoded.
const SIGNED_DATA_ELEMENT: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 7, 2];

/// Reads a part of the source into memory. Its length is bounded by the caller.
fn read_part(source: &mut (impl Read + Seek), place: Range<u64>) -> io::Result<Vec<u8>> {
    let len = place.end.saturating_sub(place.start);
    source.seek(SeekFrom::Start(place.start))?;
    let mut bytes = Vec::new();
    source.by_ref().take(len).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()) != Ok(len) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::attributes::*;
    use super::*;
    use crate::verify::limits::DEPTH_MAX;
    use std::io::Cursor;

    pub(crate) type Form = fn(u8, &[&[u8]]) -> Vec<u8>;

    pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        der::write(tag, parts)
    }

    /// Indefinite length.
    pub(crate) fn open(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat()
    }

    pub(crate) fn seq(parts: &[&[u8]]) -> Vec<u8> {
        tlv(tag::SEQUENCE, parts)
    }

    pub(crate) fn oid(dotted: &str) -> Vec<u8> {
        let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
        let mut content = Vec::new();
        for arc in [&[arcs[0] * 40 + arcs[1]], &arcs[2..]].concat() {
            let octets = (0..10).rev().map(|at| (arc >> (7 * at)) as u8 & 0x7f).skip_while(|octet| *octet == 0);
            let mut octets: Vec<u8> = octets.map(|octet| octet | 0x80).collect();
            *octets.last_mut().unwrap_or(&mut 0) &= 0x7f;
            content.extend(if octets.is_empty() { vec![0] } else { octets });
        }
        tlv(tag::OID, &[&content])
    }

    pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
        tlv(tag::OCTET_STRING, &[bytes])
    }

    pub(crate) fn algorithm(dotted: &str) -> Vec<u8> {
        seq(&[&oid(dotted), &[5, 0]])
    }

    pub(crate) fn attribute(dotted: &str, values: &[&[u8]]) -> Vec<u8> {
        seq(&[&oid(dotted), &tlv(tag::SET, values)])
    }

    pub(crate) const DATA: &str = "1.2.840.113549.1.7.1";
    pub(crate) const SHA256: &str = "2.16.840.1.101.3.4.2.1";
    pub(crate) const SHA1: &str = "1.3.14.3.2.26";

    /// A signer with these attributes.
    pub(crate) fn signer(form: Form, signed: &[&[u8]], unsigned: &[&[u8]]) -> Vec<u8> {
        let name = seq(&[&tlv(tag::SET, &[&seq(&[&oid("2.5.4.3"), &tlv(tag::UTF8_STRING, &["ТЕСТ".as_bytes()])])])]);
        let optional = |tag, parts: &[&[u8]]| if parts.is_empty() { Vec::new() } else { form(tag, parts) };
        form(
            tag::SEQUENCE,
            &[
                &[2, 1, 1],
                &form(tag::SEQUENCE, &[&name, &[2, 2, 0x12, 0x34]]),
                &algorithm(SHA256),
                &optional(tag::context(0), signed),
                &algorithm("1.2.840.113549.1.1.11"),
                &octets(&[9; 64]),
                &optional(tag::context(1), unsigned),
            ],
        )
    }

    pub(crate) fn mandatory() -> [Vec<u8>; 2] {
        [attribute(CONTENT_TYPE, &[&oid(DATA)]), attribute(MESSAGE_DIGEST, &[&octets(&[7; 32])])]
    }

    /// The parts of a made-up object that tests change.
    struct Object {
        form: Form,
        content_type: &'static str,
        content: Vec<u8>,
        certificates: Vec<u8>,
        revocations: Vec<u8>,
        signers: Vec<u8>,
    }

    impl Object {
        fn new(form: Form) -> Self {
            let [first, second] = mandatory();
            let ocsp = |wrapped: &[u8]| tlv(tag::context(1), &[&oid(RI_OCSP_RESPONSE), wrapped]);
            Self {
                form,
                content_type: DATA,
                content: octets(b"text"),
                certificates: [certificate(1), tlv(tag::context(1), &[&[2, 1, 1]]), certificate(2)].concat(),
                revocations: [crl(), ocsp(&ocsp_response()), ocsp_response(), ocsp(&crl()), other_revocation()]
                    .concat(),
                signers: signer(form, &[&first, &second], &[&attribute(SIGNATURE_TIMESTAMP, &[&seq(&[])])]),
            }
        }

        fn write(&self) -> Vec<u8> {
            let Self { form, content, certificates, revocations, signers, .. } = self;
            let optional = |tag, part: &[u8]| if part.is_empty() { Vec::new() } else { form(tag, &[part]) };
            let content = optional(tag::context(0), content);
            let signed = form(
                tag::SEQUENCE,
                &[
                    &[2, 1, 5],
                    &form(tag::SET, &[&algorithm(SHA256), &algorithm(SHA1)]),
                    &form(tag::SEQUENCE, &[&oid(self.content_type), &content]),
                    &optional(tag::context(0), certificates),
                    &optional(tag::context(1), revocations),
                    &form(tag::SET, &[signers]),
                ],
            );
            form(tag::SEQUENCE, &[&oid(SIGNED_DATA), &form(tag::context(0), &[&signed])])
        }
    }

    fn certificate(number: u8) -> Vec<u8> {
        seq(&[&seq(&[&[2, 1, number]])])
    }

    fn crl() -> Vec<u8> {
        seq(&[&seq(&[&algorithm(SHA256)])])
    }

    fn ocsp_response() -> Vec<u8> {
        seq(&[&[tag::ENUMERATED, 1, 0]])
    }

    fn other_revocation() -> Vec<u8> {
        tlv(tag::context(1), &[&oid("1.2.3.4"), &[5, 0]])
    }

    const FORMS: [Form; 2] = [tlv, open];

    #[test]
    fn every_part_is_a_slice_and_the_slices_are_the_bytes() {
        for form in FORMS {
            let bytes = Object::new(form).write();
            let signed = SignedData::read(&bytes).unwrap();
            assert_eq!((signed.raw, signed.trailing), (&bytes[..], 0));
            assert_eq!(signed.parts().concat(), bytes);
            assert_eq!(signed.version, 5);
            assert_eq!(signed.digest_algorithms.iter().map(|a| a.oid.as_str()).collect::<Vec<_>>(), [SHA256, SHA1]);
            assert_eq!(signed.content_type, DATA);
            assert_eq!(signed.content, Content::Octets(b"text".into()));
            assert_eq!(signed.certificates, [certificate(1), certificate(2)]);
            assert_eq!(signed.other_certificates, 1);
            let other = "1.2.3.4".parse().unwrap();
            assert_eq!(
                signed.revocations,
                [
                    RevocationInfo::Crl(&crl()),
                    RevocationInfo::OcspResponse(&ocsp_response()),
                    RevocationInfo::OcspResponse(&ocsp_response()),
                    RevocationInfo::BasicOcspResponse(&crl()),
                    RevocationInfo::Other(other, &[5, 0]),
                ]
            );
            let [signer] = signed.signers.as_slice() else { panic!("one signer") };
            assert_eq!(signer.parts().concat(), signer.raw);
            assert_eq!(signer.signature, &[9; 64][..]);
            let SignerIdentifier::IssuerSerial { issuer, serial } = &signer.sid else { panic!("by its issuer") };
            assert_eq!((issuer[0], *serial), (tag::SEQUENCE, &[0x12, 0x34][..]));
            let (signed, unsigned) = (signer.signed.as_ref().unwrap(), signer.unsigned.as_ref().unwrap());
            assert_eq!(signed.parts().concat(), signed.raw);
            let fields = [signer.parts()[0], signer.signed_fields, unsigned.raw, signer.parts().last().unwrap()];
            assert_eq!(fields.concat(), signer.raw);
            assert_eq!(signer.digest_algorithm.to_der().unwrap(), signer.digest_algorithm.raw);
            assert_eq!(signer.digest_algorithm.parameters.unwrap().tag, tag::NULL);
        }
    }

    #[test]
    fn contents_are_absent_or_joined_or_of_another_type() {
        for form in FORMS {
            let read = |content: &[u8]| {
                let bytes = Object { content: content.to_vec(), ..Object::new(form) }.write();
                SignedData::read(&bytes).map(|signed| match signed.content {
                    Content::Absent => "absent".into(),
                    Content::LeftOut => "left out".into(),
                    Content::Octets(octets) => String::from_utf8(octets.into_owned()).unwrap(),
                    Content::Other(element) => format!("tag {:#x}", element.tag),
                })
            };
            assert_eq!(read(&[]).unwrap(), "absent");
            assert_eq!(read(&octets(b"")).unwrap(), "");
            assert_eq!(read(&open(tag::OCTET_STRING_PIECES, &[&octets(b"te"), &octets(b"xt")])).unwrap(), "text");
            assert_eq!(read(&seq(&[&[2, 1, 1]])).unwrap(), "tag 0x30");
            assert!(read(&[octets(b"a"), octets(b"b")].concat()).is_err());
            assert!(read(&tlv(tag::OCTET_STRING_PIECES, &[&[2, 1, 1]])).is_err());
        }
    }

    #[test]
    fn a_cut_object_is_refused_wherever_it_is_cut() {
        for form in FORMS {
            let bytes = Object::new(form).write();
            for len in 0..bytes.len() {
                assert!(SignedData::read(&bytes[..len]).is_err(), "{len} of {}", bytes.len());
            }
            let longer = [&bytes[..], b"more"].concat();
            let signed = SignedData::read(&longer).unwrap();
            assert_eq!((signed.raw, signed.trailing), (&bytes[..], 4));
        }
    }

    // Goal: no bytes cause a panic. Method: every bit of a whole object flipped, one at a time.
    #[test]
    fn a_flipped_bit_never_stops_the_reader() {
        for form in FORMS {
            let mut bytes = Object::new(form).write();
            for at in 0..bytes.len() * 8 {
                bytes[at / 8] ^= 1 << (at % 8);
                if let Ok(signed) = SignedData::read(&bytes) {
                    assert_eq!(signed.parts().concat(), bytes[..bytes.len() - signed.trailing], "bit {at}");
                    for signer in &signed.signers {
                        assert_eq!(signer.parts().concat(), signer.raw, "bit {at}");
                        signer.faults();
                        if let Some(attributes) = &signer.signed {
                            let _ = attributes.der_set();
                        }
                    }
                }
                bytes[at / 8] ^= 1 << (at % 8);
            }
        }
    }

    #[test]
    fn limits_are_kept() {
        let read = |change: &dyn Fn(&mut Object)| {
            let mut object = Object::new(tlv);
            change(&mut object);
            SignedData::read(&object.write()).map(drop)
        };
        let too_many = |what, max| Err(CmsError::TooMany { what, max });
        let one = signer(tlv, &[], &[]);
        assert_eq!(read(&|o| o.signers = one.repeat(SIGNERS_MAX)), Ok(()));
        assert_eq!(read(&|o| o.signers = one.repeat(SIGNERS_MAX + 1)), too_many("signers", SIGNERS_MAX));
        assert_eq!(read(&|o| o.signers.clear()), Ok(()), "certificates alone");
        assert_eq!(read(&|o| o.certificates = certificate(1).repeat(CERTIFICATES_MAX)), Ok(()));
        let beyond = CERTIFICATES_MAX + 1;
        assert_eq!(
            read(&|o| o.certificates = certificate(1).repeat(beyond)),
            too_many("certificates", CERTIFICATES_MAX)
        );
        assert_eq!(read(&|o| o.revocations = crl().repeat(REVOCATIONS_MAX)), Ok(()));
        assert!(read(&|o| o.revocations = crl().repeat(REVOCATIONS_MAX + 1)).is_err());

        let attributes = |count: usize, values: usize| {
            let one = attribute("1.2.3", &vec![&[5, 0][..]; values]);
            signer(tlv, &vec![&one[..]; count], &[])
        };
        assert_eq!(read(&|o| o.signers = attributes(ATTRIBUTES_MAX, 1)), Ok(()));
        assert!(read(&|o| o.signers = attributes(ATTRIBUTES_MAX + 1, 0)).is_err());
        assert_eq!(read(&|o| o.signers = attributes(1, ATTRIBUTES_MAX)), Ok(()));
        assert!(read(&|o| o.signers = attributes(1, ATTRIBUTES_MAX + 1)).is_err());
        assert!(read(&|o| o.signers = attributes(2, ATTRIBUTES_MAX / 2 + 1)).is_err());

        let large = |len| read(&|o| o.certificates = seq(&[&vec![5; len]]));
        let around = Object { certificates: Vec::new(), ..Object::new(tlv) }.write().len() + 40;
        assert_eq!(large(CMS_BYTES_MAX - around), Ok(()));
        assert!(matches!(large(CMS_BYTES_MAX), Err(CmsError::TooLarge { .. })));
        let content = |len| read(&|o| o.content = octets(&vec![5; len]));
        assert_eq!(content(CMS_BYTES_MAX + 1), Ok(()), "a content is not counted");
        let deep = (0..DEPTH_MAX).fold(vec![5, 0], |inner, _| open(tag::SEQUENCE, &[&inner]));
        assert!(read(&|o| o.certificates = deep.clone()).is_err());
    }

    #[test]
    fn objects_that_are_no_signed_data_are_refused() {
        let enveloped = seq(&[&oid("1.2.840.113549.1.7.3"), &tlv(tag::context(0), &[&seq(&[])])]);
        assert!(
            matches!(SignedData::read(&enveloped), Err(CmsError::NotSigned(kind)) if kind == "1.2.840.113549.1.7.3")
        );
        for bad in [seq(&[&oid(SIGNED_DATA)]), seq(&[]), vec![], vec![0x30], b"MIIB".to_vec()] {
            assert!(matches!(SignedData::read(&bad), Err(CmsError::Der(_))), "{bad:?}");
        }
        let bad = |change: &dyn Fn(&mut Object)| {
            let mut object = Object::new(tlv);
            change(&mut object);
            assert!(SignedData::read(&object.write()).is_err());
        };
        bad(&|o| o.revocations = tlv(tag::context(2), &[]));
        bad(&|o| o.revocations = tlv(tag::context(1), &[&oid("1.2.3")]));
        bad(&|o| o.revocations = tlv(tag::context(1), &[&oid("1.2.3"), &[5, 0], &[5, 0]]));
        bad(&|o| o.signers = vec![5, 0]);
        bad(&|o| o.signers = signer(tlv, &[&[5, 0]], &[]));
        bad(&|o| o.signers = signer(tlv, &[&seq(&[&oid("1.2.3")])], &[]));
    }

    #[test]
    fn signers_are_named_by_key_too() {
        let named = |sid: &[u8]| {
            let parts = [&[2, 1, 3][..], sid, &algorithm(SHA256), &algorithm(SHA256), &octets(&[1])];
            let bytes = seq(&parts);
            SignerInfo::read(Reader::ber(&bytes).read().unwrap()).map(|signer| format!("{:?}", signer.sid))
        };
        assert_eq!(named(&[0x80, 2, 1, 2]).unwrap(), "KeyId([1, 2])");
        assert_eq!(named(&[0xa0, 6, 4, 1, 1, 4, 1, 2]).unwrap(), "KeyId([1, 2])");
        assert!(named(&[0x81, 2, 1, 2]).is_err());
        assert!(named(&seq(&[&seq(&[]), &[2, 2, 0, 1]])).is_err(), "X.690 §8.3.2");
    }

    // RFC 5652 §5.4: what is signed is the DER of a SET OF; some programs sign what they store.
    #[test]
    fn signed_attributes_have_a_der_form_and_a_stored_form() {
        let [first, second] = mandatory();
        let read = |form: Form, attributes: &[&[u8]]| {
            let bytes = Object { signers: signer(form, attributes, &[]), ..Object::new(form) }.write();
            let signed = SignedData::read(&bytes).unwrap();
            let attributes = signed.signers[0].signed.as_ref().unwrap();
            (attributes.der_set().unwrap(), attributes.stored_set(), attributes.is_sorted())
        };
        let sorted = tlv(tag::SET, &[&first, &second]);
        assert!(first < second);
        assert_eq!(read(tlv, &[&first, &second]), (sorted.clone(), sorted.clone(), true));
        assert_eq!(read(tlv, &[&second, &first]), (sorted.clone(), tlv(tag::SET, &[&second, &first]), false));
        assert_eq!(read(open, &[&first, &second]), (sorted.clone(), open(tag::SET, &[&first, &second]), true));
        // A value in pieces and a SET OF in another order are put into DER, too.
        let pieces = open(tag::OCTET_STRING_PIECES, &[&octets(&[7; 20]), &octets(&[7; 12])]);
        let loose = open(tag::SEQUENCE, &[&oid(MESSAGE_DIGEST), &open(tag::SET, &[&pieces])]);
        assert_eq!(read(open, &[&first, &loose]).0, sorted);
    }

    #[test]
    fn a_content_is_left_out_and_all_else_is_the_same() {
        let large = vec![0x55; 300_000];
        let pieces: Vec<Vec<u8>> = large.chunks(1000).map(octets).collect();
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        for form in FORMS {
            for content in [vec![], octets(&large), open(tag::OCTET_STRING_PIECES, &pieces), seq(&[&[5, 0]])] {
                let bytes = [Object { content: content.clone(), ..Object::new(form) }.write(), vec![1, 2, 3]].concat();
                let whole = SignedData::read(&bytes).unwrap();
                let outline = without_content(&mut Cursor::new(&bytes)).unwrap().unwrap();
                let small = outline.signed_data().unwrap();
                assert!(outline.bytes.len() < 1000);
                assert_eq!(small.content, if content.is_empty() { Content::Absent } else { Content::LeftOut });
                assert_eq!((small.trailing, outline.trailing), (3, 3));
                assert_eq!((small.version, &small.content_type), (whole.version, &whole.content_type));
                assert_eq!(small.digest_algorithms.len(), whole.digest_algorithms.len());
                assert_eq!(small.content_type_raw, whole.content_type_raw);
                assert_eq!(small.certificates_raw, whole.certificates_raw);
                assert_eq!(small.certificates, whole.certificates);
                assert_eq!(small.revocations_raw, whole.revocations_raw);
                assert_eq!(small.revocations, whole.revocations);
                let raw = |signed: &SignedData<'_>| signed.signers.iter().map(|s| s.raw.to_vec()).collect::<Vec<_>>();
                assert_eq!(raw(&small), raw(&whole));
                let set = |signed: &SignedData<'_>| signed.signers[0].signed.as_ref().unwrap().stored_set();
                assert_eq!(set(&small), set(&whole));
                if let place::Content::Attached { pieces, .. } = &outline.content {
                    let mut streamed = Vec::new();
                    pieces.reader(Cursor::new(&bytes)).read_to_end(&mut streamed).unwrap();
                    assert_eq!(whole.content, Content::Octets(streamed.into()));
                }
            }
        }
    }

    #[test]
    fn no_outline_is_made_of_what_is_no_signed_data() {
        let outline = |bytes: &[u8]| without_content(&mut Cursor::new(bytes));
        let enveloped = seq(&[&oid("1.2.840.113549.1.7.3"), &tlv(tag::context(0), &[&seq(&[])])]);
        assert!(matches!(outline(&enveloped), Ok(None)));
        assert!(matches!(outline(b"text"), Ok(None)));
        let bytes = Object::new(open).write();
        for len in 24..bytes.len() {
            assert!(matches!(outline(&bytes[..len]), Err(OutlineError::Walk(_))), "{len}");
        }
        let large = Object { certificates: seq(&[&vec![5; CMS_BYTES_MAX]]), ..Object::new(tlv) }.write();
        assert!(matches!(outline(&large), Err(OutlineError::TooLarge { .. })));
    }
}
