//! Identification of the signing certificate and cryptographic verification (EN 319 102-1 §5.2.3, §5.2.7).
//!
//! The value is verified over the signed attributes in DER, whatever their encoding in the object (RFC 5652 §5.4). An
//! object that stores them otherwise is accepted with a note.
//!
//! It trusts no certificate: that is the chain's.

use super::super::alg::{self, AlgorithmError, DigestAlgorithm, Message, PublicKey, SignatureAlgorithm};
use super::super::certificate::Certificate;
use super::super::cms::attributes::{AttributeError, CertificateId};
use super::super::cms::{Attributes, Content as Attached, SignedData, SignerIdentifier, SignerInfo};
use super::super::der::tag;
use super::super::name::{self, names_match};
use super::super::oid::Oid;
use super::super::verdict::{Conclusion, SubIndication};
use super::super::work::BudgetError;
use super::algorithms::Used;
use super::findings::Findings;
use super::missing;
use super::session::Session;
use super::{Content, ContentError};
use std::sync::Arc;

/// Certificates of one name and number that are tried. Own bound: an issuer numbers each once (RFC 5280 §4.1.2.2).
const CANDIDATES_MAX: usize = 8;
/// id-data: the only content that may be signed without signed attributes (RFC 5652 §5.3).
const DATA: &str = "1.2.840.113549.1.7.1";

/// What was verified of one signer.
#[derive(Default)]
pub(super) struct Verified {
    /// The certificate by whose key the value verifies; when none does, the first that is meant.
    pub(super) certificate: Option<Arc<Certificate>>,
    /// Whether a signed reference to the certificate was checked.
    pub(super) has_reference: bool,
    /// Digest algorithm and digest of the content, as the signature says, or as it is where the signature does not.
    pub(super) signed_digest: Option<(Oid, Vec<u8>)>,
    pub(super) algorithms: Vec<Used>,
}

fn fail(sub: SubIndication, detail: impl Into<String>) -> Conclusion {
    Conclusion::indeterminate(sub, detail)
}

/// Goes through both blocks for one signer.
pub(super) fn verify(
    session: &Session<'_>,
    signed: &SignedData<'_>,
    signer: &SignerInfo<'_>,
    contents: &Contents<'_>,
    findings: &mut Findings,
) -> Result<Verified, ContentError> {
    let (candidates, has_reference) = identify(session, signer, findings);
    let mut verified =
        Verified { certificate: candidates.first().map(Arc::clone), has_reference, ..Verified::default() };
    let digest = match DigestAlgorithm::of_identifier(signer.digest_algorithm.raw) {
        Ok(digest) => digest,
        Err(error) => {
            findings.fail("crypto", "algorithms", unverifiable(&error));
            return Ok(verified);
        }
    };
    verified.algorithms.push(Used { oid: digest.oid(), name: digest.name(), bits: 0 });
    let algorithm = match SignatureAlgorithm::of_identifier(signer.signature_algorithm.raw, Some(digest)) {
        Ok(algorithm) => Some(algorithm),
        Err(error) => {
            findings.fail("crypto", "algorithms", unverifiable(&error));
            None
        }
    };
    let signed_bytes = match &signer.signed {
        Some(attributes) => {
            verified.signed_digest = check_digest(attributes, digest, contents, findings)?;
            signed_attributes(attributes, findings).map(|bytes| vec![Signed::Attributes(bytes)])
        }
        None => {
            accept_without_attributes(session, signed, contents, findings)?;
            let contents = contents_without_attributes(digest, contents, findings)?;
            verified.signed_digest = contents.first().map(|c| (digest.oid(), c.digest(digest)));
            (!contents.is_empty()).then_some(contents)
        }
    };
    let (Some(algorithm), Some(signed_bytes)) = (algorithm, signed_bytes) else { return Ok(verified) };
    let mut failure = None;
    for certificate in candidates.into_iter().take(CANDIDATES_MAX) {
        let weight = PublicKey::weight_of_spki(certificate.spki_der()) * signed_bytes.len();
        if let Err(error) = session.work.signature(weight) {
            findings.fail("crypto", "budget", used_up(&error));
            return Ok(verified);
        }
        match check_value(&certificate, &algorithm, &signed_bytes, &signer.signature) {
            Ok(key) => {
                findings.ok("crypto", "signature", format!("{} by {} {}", algorithm.name(), key.kind(), key.bits()));
                verified.algorithms.extend(Used::of_signature(&algorithm, &key));
                verified.certificate = Some(certificate);
                return Ok(verified);
            }
            // The first is the one that is meant.
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    if let Some(error) = failure {
        findings.fail("crypto", "signature", unverifiable(&error));
    }
    Ok(verified)
}

/// What follows when the work is used up, wherever that is: nothing is known, and nothing that may still come would
/// make the object smaller.
pub(super) fn used_up(error: &BudgetError) -> Conclusion {
    fail(SubIndication::CertificateChainGeneralFailure, error.to_string())
}

fn check_value(
    certificate: &Certificate,
    algorithm: &SignatureAlgorithm,
    signed: &[Signed<'_>],
    signature: &[u8],
) -> Result<PublicKey, AlgorithmError> {
    let key = certificate.public_key()?;
    signed.iter().try_for_each(|signed| alg::verify(&key, algorithm, signed.message(), signature))?;
    Ok(key)
}

/// What follows when a value cannot be verified.
fn unverifiable(error: &AlgorithmError) -> Conclusion {
    match error {
        AlgorithmError::Unsupported(..) => fail(SubIndication::CryptoConstraintsFailure, error.to_string()),
        AlgorithmError::MessageNeeded(_) => fail(SubIndication::SignedDataNotFound, error.to_string()),
        _ => Conclusion::failed(SubIndication::SigCryptoFailure, error.to_string()),
    }
}

/// EN 319 102-1 §5.2.3: the certificates that the signer may mean, in a fixed order; and whether a signed reference
/// says which it is.
fn identify(session: &Session<'_>, signer: &SignerInfo<'_>, findings: &mut Findings) -> (Vec<Arc<Certificate>>, bool) {
    const BLOCK: &str = "identification";
    let named: Vec<Arc<Certificate>> = match &signer.sid {
        SignerIdentifier::IssuerSerial { issuer, serial } => {
            let is_meant = |c: &&Arc<Certificate>| c.serial == *serial && names_match(c.issuer_der(), issuer);
            session.material.certificates().filter(is_meant).map(Arc::clone).collect()
        }
        SignerIdentifier::KeyId(id) => session.material.certificates_with_key_id(id).map(Arc::clone).collect(),
    };
    let missing = |detail: String| fail(SubIndication::NoSigningCertificateFound, detail);
    if named.is_empty() {
        findings.missing.extend(missing::of_signer(session, &signer.sid));
        let detail = match &signer.sid {
            SignerIdentifier::IssuerSerial { issuer, serial } => {
                format!("certificate {} of {} is not at hand", hex::encode(serial), name::rfc4514(issuer))
            }
            SignerIdentifier::KeyId(id) => format!("no certificate with key identifier {} is at hand", hex::encode(id)),
        };
        findings.fail(BLOCK, "certificate", missing(detail));
        return (named, false);
    }
    let references = match references(signer) {
        Ok(references) => references,
        Err(error) => {
            findings.fail(BLOCK, "reference", fail(SubIndication::SigConstraintsFailure, error.to_string()));
            return (named, false);
        }
    };
    if references.is_empty() {
        findings.warn(BLOCK, "reference", "no signed attribute says which certificate is meant (CMS, not CAdES)");
        return (named, false);
    }
    let is_referred = |c: &Arc<Certificate>| references.iter().all(|id| refers_to(id, c));
    let referred: Vec<_> = named.into_iter().filter(is_referred).collect();
    if referred.is_empty() {
        findings.missing.extend(missing::of_signer(session, &signer.sid));
        let digests: Vec<String> = references.iter().map(|id| hex::encode(&id.digest)).collect();
        let detail = format!("no certificate at hand has the digest that was signed: {}", digests.join(", "));
        findings.fail(BLOCK, "reference", missing(detail));
        return (referred, true);
    }
    // RFC 5035 §5.4: issuer and serial number are there to identify; the digest decides.
    let agrees = |id: &CertificateId<'_>| {
        id.issuer_serial.is_none_or(|(_, serial)| referred.iter().all(|certificate| certificate.serial == serial))
    };
    if references.iter().all(agrees) {
        findings.ok(BLOCK, "reference", "the signed reference is that of the certificate");
    } else {
        let detail = "the signed reference has another serial number than the certificate that it is the digest of";
        findings.fail(BLOCK, "reference", fail(SubIndication::SigConstraintsFailure, detail));
    }
    (referred, true)
}

/// The first entry of each form of the attribute: the signer's certificate (RFC 5035 §3, §5.4).
fn references<'a>(signer: &SignerInfo<'a>) -> Result<Vec<CertificateId<'a>>, AttributeError> {
    let Some(attributes) = &signer.signed else { return Ok(Vec::new()) };
    let forms = [attributes.signing_certificate_v2()?, attributes.signing_certificate()?];
    Ok(forms.into_iter().flatten().filter_map(|list| list.into_iter().next()).collect())
}

fn refers_to(id: &CertificateId<'_>, certificate: &Certificate) -> bool {
    DigestAlgorithm::of_oid(&id.algorithm).is_some_and(|digest| digest.digest(&certificate.der) == *id.digest)
}

/// What the value is over.
enum Signed<'a> {
    Attributes(Vec<u8>),
    Content(&'a [u8]),
    ContentDigest(Vec<u8>),
}

impl Signed<'_> {
    fn message(&self) -> Message<'_> {
        match self {
            Self::Attributes(bytes) => Message::Bytes(bytes),
            Self::Content(bytes) => Message::Bytes(bytes),
            Self::ContentDigest(digest) => Message::Digest(digest),
        }
    }

    fn digest(&self, algorithm: DigestAlgorithm) -> Vec<u8> {
        match self {
            Self::Attributes(bytes) => algorithm.digest(bytes),
            Self::Content(bytes) => algorithm.digest(bytes),
            Self::ContentDigest(digest) => digest.clone(),
        }
    }
}

/// RFC 5652 §5.4: the DER encoding of the attributes, also where they are stored otherwise.
fn signed_attributes(attributes: &Attributes<'_>, findings: &mut Findings) -> Option<Vec<u8>> {
    match attributes.der_set() {
        Ok(der) => {
            if der != attributes.stored_set() {
                findings.warn("crypto", "attributes", "the signed attributes are not stored in DER; verified in DER");
            }
            Some(der)
        }
        Err(error) => {
            findings.fail("crypto", "attributes", Conclusion::failed(SubIndication::FormatFailure, error.to_string()));
            None
        }
    }
}

/// EN 319 102-1 §5.2.7.4 (1): the message digest against every content at hand.
fn check_digest(
    attributes: &Attributes<'_>,
    digest: DigestAlgorithm,
    contents: &Contents<'_>,
    findings: &mut Findings,
) -> Result<Option<(Oid, Vec<u8>)>, ContentError> {
    let expected = match attributes.message_digest() {
        Ok(Some(expected)) => expected.into_owned(),
        Ok(None) => {
            let detail = "the signed attributes have no message digest";
            findings.fail("crypto", "digest", Conclusion::failed(SubIndication::FormatFailure, detail));
            return Ok(None);
        }
        Err(error) => {
            findings.fail("crypto", "digest", Conclusion::failed(SubIndication::FormatFailure, error.to_string()));
            return Ok(None);
        }
    };
    let attached = contents.attached.map(|content| content.digest(digest)).transpose()?;
    let given = contents.given.map(|content| content.digest(digest)).transpose()?;
    let mut is_known = false;
    for (name, found) in [("attached content", attached), ("given content", given)] {
        let Some(found) = found else { continue };
        is_known = true;
        if found == expected {
            findings.ok("crypto", "digest", format!("{name}: {} {}", digest.name(), hex::encode(&found)));
        } else {
            let (digest, found, wanted) = (digest.name(), hex::encode(&found), hex::encode(&expected));
            let detail = format!("{name} has {digest} {found}, signed was {wanted}");
            findings.fail("crypto", "digest", Conclusion::failed(SubIndication::HashFailure, detail));
        }
    }
    if !is_known {
        let detail = format!("the content with {} {} is not at hand", digest.name(), hex::encode(&expected));
        findings.fail("crypto", "digest", fail(SubIndication::SignedDataNotFound, detail));
    }
    Ok(Some((digest.oid(), expected)))
}

/// The content octets, when they are in the object.
pub(super) fn attached<'a>(signed: &'a SignedData<'_>) -> Option<&'a [u8]> {
    match &signed.content {
        Attached::Octets(bytes) => Some(bytes),
        // RFC 5652 §5.2.1: of a content of PKCS #7 that is no OCTET STRING, tag and length are not digested.
        Attached::Other(element) => Some(element.content),
        Attached::Absent | Attached::LeftOut => None,
    }
}

/// What a signature may be over: the content in the object, and the one that is given.
#[derive(Clone, Copy)]
pub(super) struct Contents<'a> {
    pub(super) attached: Option<&'a dyn Content>,
    pub(super) given: Option<&'a dyn Content>,
}

impl<'a> Contents<'a> {
    fn all(&self) -> impl Iterator<Item = &'a dyn Content> + use<'a> {
        self.attached.into_iter().chain(self.given)
    }
}

/// Whether a signature without signed attributes may count.
///
/// The value over signed attributes is over their DER encoding with the tag of a SET, and nothing in it says so (RFC
/// 5652 §5.4). So a value over attributes is as good over a content that is these attributes, and a value over such a
/// content is as good over attributes of the content's choice. Contents that look like attributes are refused here
/// whatever the policy says. Who signs them elsewhere signs whatever they name: only a signer, or a policy that asks
/// for signed attributes wherever the key is used, prevents that.
fn accept_without_attributes(
    session: &Session<'_>,
    signed: &SignedData<'_>,
    contents: &Contents<'_>,
    findings: &mut Findings,
) -> Result<(), ContentError> {
    let mut refuse =
        |detail: String| findings.fail("crypto", "attributes", fail(SubIndication::SigConstraintsFailure, detail));
    if signed.content_type != DATA {
        refuse(format!("content of type {} is signed without signed attributes", signed.content_type));
    }
    for content in contents.all() {
        if looks_like_attributes(&content.head()?) {
            let detail = "the content is a set of attributes, signed without signed attributes: whoever signed it may \
                          have signed another content";
            refuse(detail.to_owned());
        }
    }
    // EN 319 122-1 §6.3: content-type, message-digest and the reference to the certificate are signed attributes.
    if session.question.policy.signer.signed_attributes_required {
        refuse("it has no signed attributes, which the policy asks for".to_owned());
    }
    Ok(())
}

/// Whether a content begins as a SET of Attribute does: the SET, a SEQUENCE in it, an object identifier in that. More
/// than that is refused, so that no encoding of attributes that some program accepts slips through; no text and no
/// format of documents begins like this.
fn looks_like_attributes(head: &[u8]) -> bool {
    let inside = |bytes, wanted| header(bytes).and_then(|(tag, rest)| (tag == wanted).then_some(rest));
    let first = inside(head, tag::SET).and_then(|set| inside(set, tag::SEQUENCE));
    first.and_then(<[u8]>::first) == Some(&tag::OID)
}

/// Tag and what follows the length, whatever form the length has.
fn header(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let more = if length & 0x80 == 0 { 0 } else { usize::from(length & 0x7f) };
    Some((*tag, rest.get(more..)?))
}

/// Without signed attributes the value is over the content itself: over every one at hand.
fn contents_without_attributes<'a>(
    digest: DigestAlgorithm,
    contents: &Contents<'a>,
    findings: &mut Findings,
) -> Result<Vec<Signed<'a>>, ContentError> {
    if let (Some(attached), Some(given)) = (contents.attached, contents.given)
        && attached.digest(digest)? != given.digest(digest)?
    {
        let detail = "the given content is not the attached one";
        findings.fail("crypto", "digest", Conclusion::failed(SubIndication::HashFailure, detail));
    }
    let signed = |content: &'a dyn Content| {
        Ok(match content.bytes() {
            Some(bytes) => Signed::Content(bytes),
            None => Signed::ContentDigest(content.digest(digest)?),
        })
    };
    let signed = contents.all().map(signed).collect::<Result<Vec<_>, ContentError>>()?;
    if signed.is_empty() {
        findings.fail("crypto", "digest", fail(SubIndication::SignedDataNotFound, "the content is not at hand"));
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_signed_attributes_do_is_recognised_in_any_form_of_length() {
        for (head, is_like) in [
            (&[0x31, 0x0d, 0x30, 0x0b, 0x06, 0x09][..], true),
            (&[0x31, 0x81, 0x90, 0x30, 0x82, 0x01, 0x02, 0x06], true),
            (&[0x31, 0x80, 0x30, 0x80, 0x06], true),
            // A SEQUENCE around it, a set of strings, a sequence of numbers, and less than it takes.
            (&[0x30, 0x0d, 0x30, 0x0b, 0x06], false),
            (&[0x31, 0x04, 0x0c, 0x02], false),
            (&[0x31, 0x05, 0x30, 0x03, 0x02], false),
            (&[0x31, 0x0d, 0x30, 0x0b], false),
            (&[0x31, 0x88], false),
            (&[], false),
            (b"1. 0rder", false),
            (b"%PDF-1.7", false),
        ] {
            assert_eq!(looks_like_attributes(head), is_like, "{head:02x?}");
        }
    }
}
