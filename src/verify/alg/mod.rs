//! One signature by one key: which algorithm it is, and whether it verifies.
//!
//! The identifier decides everything: the scheme, the digest, and for GOST the order of bytes. What it does not name
//! exactly is not supported; there is no fallback and nothing is tried twice.

use super::der::{DerError, Reader, tag};
use super::oid::Oid;

pub mod digest;
pub mod dsa;
pub mod ecdsa;
pub mod eddsa;
mod fast;
pub mod gost;
pub mod rsa;

pub use digest::DigestAlgorithm;
use gost::Family;

/// Why a signature does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// An algorithm, curve or parameter that is not supported.
    #[error("algorithm {0} is not supported{1}")]
    Unsupported(Oid, &'static str),
    /// The key is malformed, not on its curve, or out of range.
    #[error("public key: {0}")]
    Key(&'static str),
    /// The identifier or the value does not have its form.
    #[error("{0}")]
    Form(&'static str),
    /// The algorithm of the signature is not one for this key.
    #[error("a {key} key cannot have made a {signature} signature")]
    Mismatch {
        /// Kind of the key.
        key: &'static str,
        /// Kind of the signature.
        signature: &'static str,
    },
    /// Signature and message are said to be of different digests.
    #[error("the signature is over {signature}, but the message digest is {message}")]
    Digests {
        /// What the identifier of the signature names.
        signature: &'static str,
        /// What the signer names for the message.
        message: &'static str,
    },
    /// The value does not verify.
    #[error("the signature value does not verify")]
    Signature,
    /// The scheme signs the message itself (Ed25519), and only its digest is at hand.
    #[error("{0} signs the message itself, not a digest")]
    MessageNeeded(&'static str),
}

impl From<DerError> for AlgorithmError {
    fn from(error: DerError) -> Self {
        Self::Form(error.what)
    }
}

/// What was signed.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    /// The bytes.
    Bytes(&'a [u8]),
    /// Their digest by the algorithm of the signature; for a content that is not held in memory.
    Digest(&'a [u8]),
}

impl Message<'_> {
    /// The digest that the signature is over.
    fn digest(&self, by: DigestAlgorithm) -> Result<std::borrow::Cow<'_, [u8]>, AlgorithmError> {
        match self {
            Self::Bytes(bytes) => Ok(by.digest(bytes).into()),
            Self::Digest(digest) if digest.len() == by.octets() => Ok((*digest).into()),
            Self::Digest(_) => Err(AlgorithmError::Form("the message digest does not have its length")),
        }
    }
}

/// What a verification by a DSA key counts: four powers with numbers of up to 3,072 and 256 bits, some milliseconds.
const DSA_WEIGHT: usize = 8;

/// A public key that can be used: well-formed, on its curve and in range.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PublicKey {
    /// RSA (RFC 8017).
    Rsa(rsa::Key),
    /// ECDSA over a curve of NIST (FIPS 186-5).
    Ecdsa(ecdsa::Key),
    /// DSA (FIPS 186-4): old certificates have it. It counts only where a policy names it.
    Dsa(dsa::Key),
    /// Ed25519 (RFC 8032).
    Ed25519(eddsa::Key),
    /// GOST of Kazakhstan or of Russia.
    Gost(gost::GostKey),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// When it is malformed, of an algorithm that is not supported, or no usable key.
    pub fn of_spki(der: &[u8]) -> Result<Self, AlgorithmError> {
        let mut outer = Reader::der(der);
        let mut info = outer.expect(tag::SEQUENCE)?.reader();
        outer.end()?;
        let identifier = read_identifier(info.expect(tag::SEQUENCE)?.raw)?;
        let (unused, key) = info.expect(tag::BIT_STRING)?.bit_string()?;
        info.end()?;
        if unused != 0 {
            return Err(AlgorithmError::Key("its bit string is not whole octets"));
        }
        match identifier.oid.as_str() {
            oid::RSA => {
                // RFC 3279 §2.3.1 asks for NULL; it is absent in some old certificates.
                parameters_absent_or_null(&identifier, "the identifier of an RSA key has parameters")?;
                Ok(Self::Rsa(rsa::Key::read(key)?))
            }
            oid::RSA_PSS => Ok(Self::Rsa(rsa::Key::read_pss(key, identifier.parameters)?)),
            oid::DSA => Ok(Self::Dsa(dsa::Key::read(identifier.parameters, key)?)),
            oid::EC => Ok(Self::Ecdsa(ecdsa::Key::read(identifier.parameters, key)?)),
            oid::ED25519 => {
                parameters_absent(&identifier, "the identifier of an Ed25519 key has parameters")?;
                Ok(Self::Ed25519(eddsa::Key::read(key)?))
            }
            _ if Family::of_key(&identifier.oid).is_some() => {
                let parameters = identifier.parameters.ok_or(AlgorithmError::Key("it names no curve"))?;
                Ok(Self::Gost(gost::GostKey::of_spki(&identifier.oid, parameters, key)?))
            }
            _ => Err(unsupported(&identifier.oid)),
        }
    }

    /// Its kind, as policies and reports write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RSA",
            Self::Ecdsa(_) => "ECDSA",
            Self::Dsa(_) => "DSA",
            Self::Ed25519(_) => "Ed25519",
            Self::Gost(key) => key.family().kind(),
        }
    }

    /// What a verification by the key of a SubjectPublicKeyInfo counts in [`Work`](super::work::Work), with the reading
    /// of the key. The signer chooses the size of an RSA key; the others have the size of their curve and count one.
    pub fn weight_of_spki(der: &[u8]) -> usize {
        let weight = || -> Result<usize, AlgorithmError> {
            let mut info = Reader::der(der).expect(tag::SEQUENCE)?.reader();
            let identifier = read_identifier(info.expect(tag::SEQUENCE)?.raw)?;
            Ok(match identifier.oid.as_str() {
                // Not read here, for two of its four powers are in the reading.
                oid::DSA => DSA_WEIGHT,
                oid::RSA | oid::RSA_PSS => match Self::of_spki(der)? {
                    Self::Rsa(key) => key.weight(),
                    _ => 1,
                },
                _ => 1,
            })
        };
        // What cannot be read is not verified by either.
        weight().unwrap_or(1)
    }

    /// Bits of the modulus or of the order of the curve.
    pub fn bits(&self) -> u32 {
        match self {
            Self::Rsa(key) => key.bits(),
            Self::Ecdsa(key) => key.bits(),
            Self::Dsa(key) => key.bits(),
            Self::Ed25519(_) => 256,
            Self::Gost(key) => key.family().bits(),
        }
    }
}

/// What the AlgorithmIdentifier of a signature says, together with the digest of the message where it leaves that out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    oid: Oid,
    scheme: Scheme,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    RsaPkcs1(DigestAlgorithm),
    RsaPss(rsa::Pss),
    Ecdsa(DigestAlgorithm),
    Dsa(DigestAlgorithm),
    Ed25519,
    Gost(Family),
}

impl SignatureAlgorithm {
    /// Reads an AlgorithmIdentifier.
    ///
    /// In CMS the signer also names the digest of the message (`cms_digest`). An identifier that is only that of a key
    /// takes it. One that names a digest must name the same: RFC 5652 §5.4 knows one digest, and programs differ in
    /// which of two they believe (OpenSSL: that of the message).
    ///
    /// # Errors
    /// When it is malformed, not supported, or leaves the digest open where nothing else names it.
    pub fn of_identifier(der: &[u8], cms_digest: Option<DigestAlgorithm>) -> Result<Self, AlgorithmError> {
        use DigestAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
        let identifier = read_identifier(der)?;
        let open = || cms_digest.ok_or(AlgorithmError::Form("the identifier of the signature names no digest"));
        let scheme = match identifier.oid.as_str() {
            oid::SHA1_RSA | oid::SHA1_RSA_OIW => Scheme::RsaPkcs1(Sha1),
            oid::SHA224_RSA => Scheme::RsaPkcs1(Sha224),
            oid::SHA256_RSA => Scheme::RsaPkcs1(Sha256),
            oid::SHA384_RSA => Scheme::RsaPkcs1(Sha384),
            oid::SHA512_RSA => Scheme::RsaPkcs1(Sha512),
            oid::RSA => Scheme::RsaPkcs1(open()?),
            oid::RSA_PSS => {
                let parameters = identifier.parameters.ok_or(AlgorithmError::Form("RSASSA-PSS has no parameters"))?;
                Scheme::RsaPss(rsa::Pss::read(parameters)?)
            }
            oid::ECDSA_SHA1 => Scheme::Ecdsa(Sha1),
            oid::ECDSA_SHA224 => Scheme::Ecdsa(Sha224),
            oid::ECDSA_SHA256 => Scheme::Ecdsa(Sha256),
            oid::ECDSA_SHA384 => Scheme::Ecdsa(Sha384),
            oid::ECDSA_SHA512 => Scheme::Ecdsa(Sha512),
            oid::EC => Scheme::Ecdsa(open()?),
            oid::DSA_SHA1 => Scheme::Dsa(Sha1),
            oid::DSA_SHA224 => Scheme::Dsa(Sha224),
            oid::DSA_SHA256 => Scheme::Dsa(Sha256),
            oid::DSA => Scheme::Dsa(open()?),
            oid::ED25519 => {
                parameters_absent(&identifier, "the identifier of an Ed25519 signature has parameters")?;
                Scheme::Ed25519
            }
            _ => {
                // Older programs of Kazakhstan name the key in CMS; its family has one digest all the same.
                let of_key = || cms_digest.and_then(|_| Family::of_key(&identifier.oid));
                let family = Family::of_signature(&identifier.oid).or_else(of_key);
                Scheme::Gost(family.ok_or_else(|| unsupported(&identifier.oid))?)
            }
        };
        if !matches!(scheme, Scheme::RsaPss(_)) {
            // RFC 4055 §5 asks for NULL with RSA, RFC 5758 §3 for nothing with (EC)DSA; both are met in either form.
            parameters_absent_or_null(&identifier, "the identifier of a signature has parameters")?;
        }
        let algorithm = Self { oid: identifier.oid, scheme };
        // RFC 8419 §2.3: with Ed25519 the digest of the message must be SHA-512, the hash of the scheme itself.
        let own = algorithm.digest().unwrap_or(Sha512);
        match cms_digest {
            Some(message) if message != own => {
                Err(AlgorithmError::Digests { signature: own.name(), message: message.name() })
            }
            _ => Ok(algorithm),
        }
    }

    /// Its identifier as it stood.
    pub fn oid(&self) -> &Oid {
        &self.oid
    }

    /// The digest that is signed; none where the scheme signs the message itself.
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        match &self.scheme {
            Scheme::RsaPkcs1(digest) | Scheme::Ecdsa(digest) | Scheme::Dsa(digest) => Some(*digest),
            Scheme::RsaPss(pss) => Some(pss.digest),
            Scheme::Ed25519 => None,
            Scheme::Gost(family) => Some(digest_of(*family)),
        }
    }

    /// Its scheme, for people.
    pub fn name(&self) -> &'static str {
        match self.scheme {
            Scheme::RsaPkcs1(_) => "RSASSA-PKCS1-v1_5",
            Scheme::RsaPss(_) => "RSASSA-PSS",
            Scheme::Ecdsa(_) => "ECDSA",
            Scheme::Dsa(_) => "DSA",
            Scheme::Ed25519 => "Ed25519",
            Scheme::Gost(family) => family.kind(),
        }
    }
}

/// The one digest of a family.
fn digest_of(family: Family) -> DigestAlgorithm {
    match family {
        Family::Kz2004 => DigestAlgorithm::Gost34311,
        Family::Ru2001 => DigestAlgorithm::Gost341194,
        Family::Kz2015Of256 | Family::Ru2012Of256 => DigestAlgorithm::Streebog256,
        Family::Kz2015Of512 | Family::Ru2012Of512 => DigestAlgorithm::Streebog512,
    }
}

/// Verifies one signature value.
///
/// # Errors
/// [`AlgorithmError::Unsupported`] and [`AlgorithmError::MessageNeeded`] say that it cannot be judged; every other kind
/// says that this key did not sign this message so.
pub fn verify(
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    message: Message<'_>,
    signature: &[u8],
) -> Result<(), AlgorithmError> {
    if let Message::Bytes(bytes) = message
        && let Some(verdict) = fast::verify(key, &algorithm.scheme, bytes, signature)
    {
        return verdict;
    }
    match (key, &algorithm.scheme) {
        (PublicKey::Rsa(key), Scheme::RsaPkcs1(digest)) => {
            key.verify_pkcs1(*digest, &message.digest(*digest)?, signature)
        }
        (PublicKey::Rsa(key), Scheme::RsaPss(pss)) => key.verify_pss(pss, &message.digest(pss.digest)?, signature),
        (PublicKey::Ecdsa(key), Scheme::Ecdsa(digest)) => key.verify(&message.digest(*digest)?, signature),
        (PublicKey::Dsa(key), Scheme::Dsa(digest)) => key.verify(&message.digest(*digest)?, signature),
        (PublicKey::Ed25519(key), Scheme::Ed25519) => match message {
            Message::Bytes(bytes) => key.verify(bytes, signature),
            Message::Digest(_) => Err(AlgorithmError::MessageNeeded("Ed25519")),
        },
        (PublicKey::Gost(key), Scheme::Gost(family)) if key.family() == *family => {
            gost::verify(key, family.order(), &message.digest(digest_of(*family))?, signature)
        }
        _ => Err(AlgorithmError::Mismatch { key: key.kind(), signature: algorithm.name() }),
    }
}

/// An AlgorithmIdentifier (RFC 5280 §4.1.1.2), read no further.
struct Identifier<'a> {
    oid: Oid,
    /// The parameters as they stand.
    parameters: Option<&'a [u8]>,
}

fn read_identifier(der: &[u8]) -> Result<Identifier<'_>, AlgorithmError> {
    // Not strict: the outer layers of CMS are BER (RFC 5652 §2), and this stands in them.
    let mut outer = Reader::ber(der);
    let mut fields = outer.expect(tag::SEQUENCE)?.reader();
    outer.end()?;
    let oid = fields.expect(tag::OID)?.oid()?;
    let parameters = if fields.is_empty() { None } else { Some(fields.read()?.raw) };
    fields.end()?;
    Ok(Identifier { oid, parameters })
}

fn parameters_absent(identifier: &Identifier<'_>, what: &'static str) -> Result<(), AlgorithmError> {
    match identifier.parameters {
        None => Ok(()),
        Some(_) => Err(AlgorithmError::Form(what)),
    }
}

fn parameters_absent_or_null(identifier: &Identifier<'_>, what: &'static str) -> Result<(), AlgorithmError> {
    match identifier.parameters {
        None | Some([tag::NULL, 0]) => Ok(()),
        Some(_) => Err(AlgorithmError::Form(what)),
    }
}

/// Identifiers of keys and signatures.
mod oid {
    pub(super) const RSA: &str = "1.2.840.113549.1.1.1";
    pub(super) const RSA_PSS: &str = "1.2.840.113549.1.1.10";
    pub(super) const SHA1_RSA: &str = "1.2.840.113549.1.1.5";
    /// The same in older Microsoft programs (OIW).
    pub(super) const SHA1_RSA_OIW: &str = "1.3.14.3.2.29";
    pub(super) const SHA224_RSA: &str = "1.2.840.113549.1.1.14";
    pub(super) const SHA256_RSA: &str = "1.2.840.113549.1.1.11";
    pub(super) const SHA384_RSA: &str = "1.2.840.113549.1.1.12";
    pub(super) const SHA512_RSA: &str = "1.2.840.113549.1.1.13";
    pub(super) const EC: &str = "1.2.840.10045.2.1";
    pub(super) const ECDSA_SHA1: &str = "1.2.840.10045.4.1";
    pub(super) const ECDSA_SHA224: &str = "1.2.840.10045.4.3.1";
    pub(super) const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
    pub(super) const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
    pub(super) const ECDSA_SHA512: &str = "1.2.840.10045.4.3.4";
    pub(super) const DSA: &str = "1.2.840.10040.4.1";
    pub(super) const DSA_SHA1: &str = "1.2.840.10040.4.3";
    pub(super) const DSA_SHA224: &str = "2.16.840.1.101.3.4.3.1";
    pub(super) const DSA_SHA256: &str = "2.16.840.1.101.3.4.3.2";
    pub(super) const ED25519: &str = "1.3.101.112";
}

/// Names the algorithms that are known and not supported, so that a report says what it met.
fn unsupported(oid: &Oid) -> AlgorithmError {
    let name = match oid.as_str() {
        "1.2.840.113549.1.1.2" => " (MD2 with RSA)",
        "1.2.840.113549.1.1.3" => " (MD4 with RSA)",
        "1.2.840.113549.1.1.4" => " (MD5 with RSA)",
        "1.2.840.113549.1.1.15" => " (SHA-512/224 with RSA)",
        "1.2.840.113549.1.1.16" => " (SHA-512/256 with RSA)",
        "1.3.36.3.3.1.2" => " (RIPEMD-160 with RSA)",
        "1.3.101.110" | "1.3.101.111" => " (a key for key agreement)",
        "1.3.101.113" => " (Ed448)",
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => " (ML-DSA)",
        _ => "",
    };
    AlgorithmError::Unsupported(oid.clone(), name)
}

#[cfg(test)]
mod tests {
    use super::gost::test_signer::TestSigner;
    use super::*;
    use crate::verify::der::write;
    use p256::ecdsa::signature::hazmat::PrehashSigner;

    const MESSAGE: &[u8] = b"message";
    const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    const P256: &[u8] = &[tag::OID, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    const NULL: &[u8] = &[tag::NULL, 0];

    fn identifier(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
        write(tag::SEQUENCE, &[&write(tag::OID, &[oid]), parameters])
    }

    fn pkcs1(arc: u8) -> Vec<u8> {
        vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, arc]
    }

    fn ecdsa_sha2(arc: u8) -> Vec<u8> {
        identifier(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, arc], &[])
    }

    fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
        write(tag::SEQUENCE, &[algorithm, &write(tag::BIT_STRING, &[&[0], key])])
    }

    fn read(der: &[u8], cms: Option<DigestAlgorithm>) -> Result<SignatureAlgorithm, AlgorithmError> {
        SignatureAlgorithm::of_identifier(der, cms)
    }

    fn p256_key() -> (p256::ecdsa::SigningKey, Vec<u8>) {
        let signing = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let point = signing.verifying_key().to_sec1_point(false);
        (signing, spki(&identifier(EC, P256), point.as_bytes()))
    }

    fn ecdsa_value(signing: &p256::ecdsa::SigningKey, digest: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::Signature = signing.sign_prehash(digest).unwrap();
        let integer = |octets: &[u8]| {
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            let number = &octets[zeros..];
            let sign: &[u8] = if number[0] & 0x80 == 0 { &[] } else { &[0] };
            write(tag::INTEGER, &[sign, number])
        };
        let octets = signature.to_bytes();
        write(tag::SEQUENCE, &[&integer(&octets[..32]), &integer(&octets[32..])])
    }

    #[test]
    fn an_identifier_that_names_its_digest_needs_the_same_in_cms() {
        use DigestAlgorithm::{Sha1, Sha256, Sha512};
        let rsa = identifier(&pkcs1(11), NULL);
        assert_eq!(read(&rsa, None).unwrap().digest(), Some(Sha256));
        assert_eq!(read(&rsa, Some(Sha256)).unwrap().digest(), Some(Sha256));
        assert_eq!(read(&rsa, Some(Sha1)), Err(AlgorithmError::Digests { signature: "SHA-256", message: "SHA-1" }));
        let ed25519 = identifier(ED25519, &[]);
        assert!(read(&ed25519, Some(Sha512)).is_ok());
        assert!(read(&ed25519, Some(Sha256)).is_err());
        // The default hash of RSASSA-PSS is SHA-1.
        let pss = identifier(&pkcs1(10), &[tag::SEQUENCE, 0]);
        assert!(read(&pss, Some(Sha1)).is_ok());
        assert!(read(&pss, Some(Sha256)).is_err());
    }

    #[test]
    fn the_identifier_of_a_key_takes_the_digest_of_cms_and_needs_it() {
        for oid in [pkcs1(1), EC.to_vec(), vec![0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]] {
            let key = identifier(&oid, NULL);
            let algorithm = read(&key, Some(DigestAlgorithm::Sha384)).unwrap();
            assert_eq!(algorithm.digest(), Some(DigestAlgorithm::Sha384));
            assert!(matches!(read(&key, None), Err(AlgorithmError::Form(_))));
        }
    }

    #[test]
    fn parameters_of_a_signature_are_absent_or_null_but_with_ed25519_absent() {
        for oid in [pkcs1(11), vec![0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]] {
            assert!(read(&identifier(&oid, &[]), None).is_ok());
            assert!(read(&identifier(&oid, NULL), None).is_ok());
            assert!(read(&identifier(&oid, &[tag::SEQUENCE, 0]), None).is_err());
            assert!(read(&identifier(&oid, &[NULL, NULL].concat()), None).is_err());
        }
        assert!(read(&identifier(ED25519, NULL), None).is_err());
        assert!(read(&identifier(&pkcs1(10), &[]), None).is_err());
        assert!(read(&identifier(&pkcs1(10), NULL), None).is_err());
    }

    #[test]
    fn what_is_known_and_not_supported_is_named() {
        let text = |oid: &[u8]| read(&identifier(oid, NULL), None).unwrap_err().to_string();
        assert_eq!(text(&pkcs1(4)), "algorithm 1.2.840.113549.1.1.4 is not supported (MD5 with RSA)");
        assert!(text(&[0x2b, 0x65, 0x71]).ends_with("(Ed448)"));
        assert_eq!(text(&[0x2a, 0x03]), "algorithm 1.2.3 is not supported");
        let x25519 = spki(&identifier(&[0x2b, 0x65, 0x6e], &[]), &[9; 32]);
        assert!(matches!(
            PublicKey::of_spki(&x25519),
            Err(AlgorithmError::Unsupported(_, " (a key for key agreement)"))
        ));
    }

    #[test]
    fn a_signature_verifies_and_no_near_miss_does() {
        let (signing, spki) = p256_key();
        let key = PublicKey::of_spki(&spki).unwrap();
        assert_eq!((key.kind(), key.bits()), ("ECDSA", 256));
        // Digests shorter and longer than the order too.
        let sha2 = [(1, DigestAlgorithm::Sha224), (2, DigestAlgorithm::Sha256), (4, DigestAlgorithm::Sha512)];
        for (arc, digest) in sha2 {
            let algorithm = read(&ecdsa_sha2(arc), None).unwrap();
            let value = ecdsa_value(&signing, &digest.digest(MESSAGE));
            let verdict = |value: &[u8]| verify(&key, &algorithm, Message::Bytes(MESSAGE), value);
            assert_eq!(verdict(&value), Ok(()), "{digest:?}");
            assert_eq!(verify(&key, &algorithm, Message::Digest(&digest.digest(MESSAGE)), &value), Ok(()));
            assert!(verify(&key, &algorithm, Message::Digest(&digest.digest(b"massage")), &value).is_err());
            assert!(verify(&key, &algorithm, Message::Digest(&digest.digest(MESSAGE)[1..]), &value).is_err());
            for at in 0..value.len() {
                for bit in 0..8 {
                    let mut other = value.clone();
                    other[at] ^= 1 << bit;
                    assert!(verdict(&other).is_err(), "octet {at} bit {bit}");
                }
                assert!(verdict(&value[..at]).is_err(), "{at} octets");
            }
            assert!(verdict(&[&value[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn a_key_and_a_signature_of_different_kinds_do_not_meet() {
        let (signing, spki) = p256_key();
        let key = PublicKey::of_spki(&spki).unwrap();
        let value = ecdsa_value(&signing, &DigestAlgorithm::Sha256.digest(MESSAGE));
        for other in [identifier(&pkcs1(11), NULL), identifier(ED25519, &[])] {
            let verdict = verify(&key, &read(&other, None).unwrap(), Message::Bytes(MESSAGE), &value);
            assert!(matches!(verdict, Err(AlgorithmError::Mismatch { key: "ECDSA", .. })), "{verdict:?}");
        }
    }

    #[test]
    fn ed25519_signs_the_message_and_not_a_digest() {
        use ed25519_dalek::Signer;
        let signing = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
        let spki_der = spki(&identifier(ED25519, &[]), signing.verifying_key().as_bytes());
        let key = PublicKey::of_spki(&spki_der).unwrap();
        let algorithm = read(&identifier(ED25519, &[]), None).unwrap();
        let value = signing.sign(MESSAGE).to_bytes();
        assert_eq!(verify(&key, &algorithm, Message::Bytes(MESSAGE), &value), Ok(()));
        assert_eq!(verify(&key, &algorithm, Message::Bytes(b"massage"), &value), Err(AlgorithmError::Signature));
        let digest = DigestAlgorithm::Sha512.digest(MESSAGE);
        let verdict = verify(&key, &algorithm, Message::Digest(&digest), &value);
        assert_eq!(verdict, Err(AlgorithmError::MessageNeeded("Ed25519")));
        // Parameters, and points of small order or beyond the field, make no key.
        let point = signing.verifying_key().to_bytes();
        assert!(PublicKey::of_spki(&spki(&identifier(ED25519, NULL), &point)).is_err());
        let mut one = [0; 32];
        one[0] = 1;
        // p + 1, another form of one.
        let mut beyond = [0xff; 32];
        (beyond[0], beyond[31]) = (0xee, 0x7f);
        for octets in [&one[..], &beyond, &point[..31]] {
            assert!(PublicKey::of_spki(&spki(&identifier(ED25519, &[]), octets)).is_err());
        }
    }

    #[test]
    fn a_curve_is_given_by_name_and_a_point_lies_on_it() {
        let (signing, _) = p256_key();
        let point = |compressed| signing.verifying_key().to_sec1_point(compressed).as_bytes().to_vec();
        let of = |parameters: &[u8], point: &[u8]| PublicKey::of_spki(&spki(&identifier(EC, parameters), point));
        assert!(of(P256, &point(false)).is_ok());
        assert!(of(P256, &point(true)).is_ok());
        assert!(of(&[], &point(false)).is_err());
        assert!(of(NULL, &point(false)).is_err());
        assert!(matches!(of(&[tag::SEQUENCE, 3, 2, 1, 1], &point(false)), Err(AlgorithmError::Key(_))));
        let secp256k1 = [tag::OID, 5, 0x2b, 0x81, 0x04, 0x00, 0x0a];
        assert!(matches!(of(&secp256k1, &point(false)), Err(AlgorithmError::Unsupported(..))));
        let mut off = point(false);
        off[64] ^= 1;
        assert!(of(P256, &off).is_err());
        assert!(of(P256, &[0]).is_err());
        for first in [0x00, 0x01, 0x05, 0x06, 0x07] {
            let mut other = point(false);
            other[0] = first;
            assert!(of(P256, &other).is_err());
            let mut other = point(true);
            other[0] = first;
            assert!(of(P256, &other).is_err());
        }
    }

    #[test]
    fn a_truncated_key_is_no_key_and_no_flipped_bit_panics() {
        let (_, spki) = p256_key();
        for length in 0..spki.len() {
            assert!(PublicKey::of_spki(&spki[..length]).is_err());
        }
        assert!(PublicKey::of_spki(&[&spki[..], &[0]].concat()).is_err());
        for at in 0..spki.len() {
            let mut other = spki.clone();
            other[at] ^= 0x80;
            assert!(PublicKey::of_spki(&other).is_err(), "octet {at}");
        }
    }

    #[test]
    fn gost_signatures_verify_by_the_identifier_of_the_signature_and_in_cms_of_the_key() {
        let cases = [
            (Family::Kz2004, "1.2.398.3.10.1.1.1.1.1", "GOST34310", DigestAlgorithm::Gost34311),
            (Family::Kz2015Of256, "1.2.398.3.10.1.1.2.1.1", "GOST3410-2015", DigestAlgorithm::Streebog256),
            (Family::Kz2015Of512, "1.2.398.3.10.1.1.2.2.1", "GOST3410-2015", DigestAlgorithm::Streebog512),
            (Family::Ru2012Of512, "1.2.643.7.1.2.1.2.1", "GOST3410-2012", DigestAlgorithm::Streebog512),
        ];
        for (family, curve, kind, digest) in cases {
            let octets = digest.octets();
            let signer = TestSigner::new(family, curve, &vec![5; octets]);
            let spki = signer.spki();
            let key = PublicKey::of_spki(&spki).unwrap();
            assert_eq!((key.kind(), usize::try_from(key.bits()).unwrap()), (kind, octets * 8));
            let value = signer.sign(&digest.digest(MESSAGE), &vec![3; octets]);

            let algorithm = read(&signer.signature_algorithm(), None).unwrap();
            assert_eq!(algorithm.digest(), Some(digest));
            assert_eq!(verify(&key, &algorithm, Message::Bytes(MESSAGE), &value), Ok(()));
            assert_eq!(verify(&key, &algorithm, Message::Bytes(b"massage"), &value), Err(AlgorithmError::Signature));
            assert!(read(&signer.signature_algorithm(), Some(DigestAlgorithm::Sha256)).is_err());

            let key_oid = Reader::der(&spki).read().unwrap().reader().read().unwrap().reader().read().unwrap().raw;
            let named_by_key = write(tag::SEQUENCE, &[key_oid, NULL]);
            assert!(matches!(read(&named_by_key, None), Err(AlgorithmError::Unsupported(..))));
            assert!(read(&named_by_key, Some(DigestAlgorithm::Sha1)).is_err());
            let algorithm = read(&named_by_key, Some(digest)).unwrap();
            assert_eq!(verify(&key, &algorithm, Message::Bytes(MESSAGE), &value), Ok(()));
            // The other byte order, which another country's identifier would mean.
            let reversed: Vec<u8> = value.iter().rev().copied().collect();
            assert!(verify(&key, &algorithm, Message::Bytes(MESSAGE), &reversed).is_err());
        }
        let kz = TestSigner::new(Family::Kz2015Of512, "1.2.398.3.10.1.1.2.2.1", &[5; 64]);
        let ru = TestSigner::new(Family::Ru2012Of512, "1.2.643.7.1.2.1.2.1", &[5; 64]);
        let value = kz.sign(&DigestAlgorithm::Streebog512.digest(MESSAGE), &[3; 64]);
        let russian = read(&ru.signature_algorithm(), None).unwrap();
        let key = PublicKey::of_spki(&kz.spki()).unwrap();
        assert!(matches!(
            verify(&key, &russian, Message::Bytes(MESSAGE), &value),
            Err(AlgorithmError::Mismatch { .. })
        ));
    }
}
