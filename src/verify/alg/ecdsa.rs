//! ECDSA over the curves P-256, P-384 and P-521 (FIPS 186-5 §6.4.2, SEC 1 §4.1.4).
//!
//! The signature value is read as DER and nothing looser (RFC 5480 §2.2.3 as X.690 §11 has it): one signature has one
//! form. Both `s` and `n - s` are accepted, as the standard says.
//!
//! Curves given by their parameters instead of a name are not supported (RFC 5480 §2.1.1 forbids them): who chooses
//! the generator can make a key for any signature (CVE-2020-0601).

use super::AlgorithmError;
use crate::verify::der::{Reader, tag};
use p256::ecdsa::signature::hazmat::PrehashVerifier;

/// A key on one of the curves.
#[derive(Debug, Clone)]
pub struct Key(Curve);

#[derive(Debug, Clone)]
enum Curve {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl Key {
    /// Reads the parameters of the identifier and the point, compressed or not.
    pub(super) fn read(parameters: Option<&[u8]>, point: &[u8]) -> Result<Self, AlgorithmError> {
        let not_named = AlgorithmError::Key("its curve is not given by a name");
        let mut reader = Reader::der(parameters.ok_or(not_named.clone())?);
        let element = reader.read()?;
        reader.end()?;
        if element.tag != tag::OID {
            return Err(not_named);
        }
        let curve = element.oid()?;
        // SEC 1 §2.3.4; the crates also read a form of one coordinate without its sign.
        if !matches!(point.first(), Some(0x02..=0x04)) {
            return Err(AlgorithmError::Key("its point is neither compressed nor uncompressed"));
        }
        let no_point = |_| AlgorithmError::Key("it is no point of its curve");
        Ok(Self(match curve.as_str() {
            "1.2.840.10045.3.1.7" => Curve::P256(p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(no_point)?),
            "1.3.132.0.34" => Curve::P384(p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(no_point)?),
            "1.3.132.0.35" => Curve::P521(p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(no_point)?),
            _ => return Err(AlgorithmError::Unsupported(curve, " (a curve)")),
        }))
    }

    pub(super) fn bits(&self) -> u32 {
        match self.0 {
            Curve::P256(_) => 256,
            Curve::P384(_) => 384,
            Curve::P521(_) => 521,
        }
    }

    /// The point without compression when the curve is P-256.
    pub(super) fn p256_point(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Curve::P256(key) => Some(key.to_sec1_point(false).as_bytes().to_vec()),
            _ => None,
        }
    }

    /// Verifies over a digest of any length: a longer one than the order is cut, a shorter one is a smaller number
    /// (FIPS 186-5 §6.4.2, step 3).
    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), AlgorithmError> {
        let value = self.fixed(signature)?;
        // Zero, and what is not below the order, is refused by `from_slice`.
        let verified = match &self.0 {
            Curve::P256(key) => {
                p256::ecdsa::Signature::from_slice(&value).and_then(|value| key.verify_prehash(digest, &value))
            }
            Curve::P384(key) => {
                p384::ecdsa::Signature::from_slice(&value).and_then(|value| key.verify_prehash(digest, &value))
            }
            Curve::P521(key) => {
                p521::ecdsa::Signature::from_slice(&value).and_then(|value| key.verify_prehash(digest, &value))
            }
        };
        verified.map_err(|_| AlgorithmError::Signature)
    }

    /// `r` and `s` of an ECDSA-Sig-Value (RFC 5480 appendix A), each as long as the order.
    pub(super) fn fixed(&self, signature: &[u8]) -> Result<Vec<u8>, AlgorithmError> {
        let octets = usize::try_from(self.bits().div_ceil(8)).expect("the largest order has 66 octets");
        let mut outer = Reader::der(signature);
        let mut fields = outer.expect(tag::SEQUENCE)?.reader();
        outer.end()?;
        let mut value = Vec::with_capacity(octets * 2);
        for _ in 0..2 {
            let integer = fields.expect(tag::INTEGER)?.integer()?;
            if integer.first().is_none_or(|first| first & 0x80 != 0) {
                return Err(AlgorithmError::Signature);
            }
            let number = integer.strip_prefix(&[0]).unwrap_or(integer);
            let zeros = octets.checked_sub(number.len()).ok_or(AlgorithmError::Signature)?;
            value.resize(value.len() + zeros, 0);
            value.extend_from_slice(number);
        }
        fields.end()?;
        Ok(value)
    }
}
