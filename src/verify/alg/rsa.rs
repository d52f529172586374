//! RSA signatures (RFC 8017): RSASSA-PKCS1-v1_5 and RSASSA-PSS, verification only.
//!
//! The expected encoding of PKCS #1 v1.5 is built whole and compared whole; nothing is parsed out of a decrypted
//! value, so there is no room for the forgeries that parsers with leniency have (CVE-2006-4339, CVE-2018-16152).
//!
//! Nothing here is secret, so nothing is constant in time.

use super::{AlgorithmError, DigestAlgorithm, read_identifier};
use crate::verify::der::{Reader, tag};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};

/// Bits of the smallest modulus. No authority issued less since 2000; how long 1,024 bits are enough says the policy.
const MODULUS_BITS_MIN: u32 = 1024;
/// Bits of the largest modulus. `ring` takes no more; a larger one costs a sender nothing and us much.
const MODULUS_BITS_MAX: u32 = 8192;
/// Bits of the largest public exponent. `ring` takes no more (`PUBLIC_EXPONENT_MAX_VALUE`), for the same reason.
const EXPONENT_BITS_MAX: u32 = 33;

/// An RSA key with what repeated verifications share.
#[derive(Debug, Clone)]
pub struct Key {
    modulus: BoxedMontyParams,
    exponent: u64,
    bits: u32,
    only: Only,
    /// The RSAPublicKey as it stood.
    der: Vec<u8>,
}

/// What a key may be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Only {
    /// A key with the identifier rsaEncryption.
    Any,
    /// A key with the identifier id-RSASSA-PSS, and with the parameters it names if it names some.
    Pss(Option<Pss>),
}

/// Parameters of RSASSA-PSS (RFC 4055 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pss {
    pub(super) digest: DigestAlgorithm,
    mask_digest: DigestAlgorithm,
    salt_octets: usize,
}

impl Key {
    /// Reads an RSAPublicKey (RFC 8017 §A.1.1) of a key with the identifier rsaEncryption.
    pub(super) fn read(der: &[u8]) -> Result<Self, AlgorithmError> {
        Self::read_for(der, Only::Any)
    }

    /// The same of a key with the identifier id-RSASSA-PSS and the parameters beside it.
    pub(super) fn read_pss(der: &[u8], parameters: Option<&[u8]>) -> Result<Self, AlgorithmError> {
        // RFC 4055 §3.1: without parameters any may be used with the key.
        Self::read_for(der, Only::Pss(parameters.map(Pss::read).transpose()?))
    }

    fn read_for(der: &[u8], only: Only) -> Result<Self, AlgorithmError> {
        let mut outer = Reader::der(der);
        let mut fields = outer.expect(tag::SEQUENCE)?.reader();
        outer.end()?;
        let modulus = fields.expect(tag::INTEGER)?.integer()?;
        let exponent = fields.expect(tag::INTEGER)?.integer()?;
        fields.end()?;

        let modulus = positive(modulus)?;
        let bits = bits(modulus);
        if bits < MODULUS_BITS_MIN {
            return Err(AlgorithmError::Key("its modulus has less than 1024 bits"));
        }
        // It may be a good key all the same, so this says only that it is not judged.
        if bits > MODULUS_BITS_MAX {
            return Err(too_large(" (RSA with a modulus of more than 8192 bits)"));
        }
        let modulus = Odd::new(BoxedUint::from_be_slice_vartime(modulus)).into_option();
        let modulus = modulus.ok_or(AlgorithmError::Key("its modulus is even"))?;

        let exponent = positive(exponent)?;
        if self::bits(exponent) > EXPONENT_BITS_MAX {
            return Err(too_large(" (RSA with an exponent of more than 33 bits)"));
        }
        let exponent = exponent.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        // RFC 8017 §3.1: between 3 and n - 1, and prime to an even number.
        if exponent < 3 || exponent.is_multiple_of(2) {
            return Err(AlgorithmError::Key("its exponent is not an odd number from 3"));
        }
        Ok(Self { modulus: BoxedMontyParams::new_vartime(modulus), exponent, bits, only, der: der.to_vec() })
    }

    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// The RSAPublicKey as it stood.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// What a verification costs, in those by a key of 2,048 bits with the exponent 65,537, rounded up: a
    /// multiplication for each bit of the exponent but the first, and one more for each of these that is set, each as
    /// dear as the square of the length.
    pub(super) fn weight(&self) -> usize {
        let steps = u64::from(self.exponent.ilog2() + self.exponent.count_ones() - 1);
        let bits = u64::from(self.bits);
        let weight = (bits * bits * steps).div_ceil(2048 * 2048 * 17);
        usize::try_from(weight).expect("the largest key weighs 61")
    }

    /// A key for any scheme, of a size that `ring` takes: 2,048 to 8,192 bits, and an exponent of at most 33 bits.
    pub(super) fn is_usual(&self) -> bool {
        self.only == Only::Any && self.bits >= 2048
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2).
    pub(super) fn verify_pkcs1(
        &self,
        algorithm: DigestAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), AlgorithmError> {
        if self.only != Only::Any {
            return Err(AlgorithmError::Mismatch { key: "RSASSA-PSS", signature: "RSASSA-PKCS1-v1_5" });
        }
        let expected = pkcs1_encoding(algorithm, digest, self.octets())?;
        if self.apply(signature)? == expected { Ok(()) } else { Err(AlgorithmError::Signature) }
    }

    /// RSASSA-PSS (RFC 8017 §8.1.2).
    pub(super) fn verify_pss(&self, pss: &Pss, digest: &[u8], signature: &[u8]) -> Result<(), AlgorithmError> {
        if let Only::Pss(Some(of_key)) = &self.only {
            // RFC 4055 §3.3: the functions of the key, and a salt that is not shorter.
            if (pss.digest, pss.mask_digest) != (of_key.digest, of_key.mask_digest)
                || pss.salt_octets < of_key.salt_octets
            {
                return Err(AlgorithmError::Form("the parameters of RSASSA-PSS are not those the key is for"));
            }
        }
        let encoded = self.apply(signature)?;
        // The encoding has one bit less than the modulus: when that is a whole octet less, the octet is zero.
        let encoded_bits = self.bits.saturating_sub(1);
        let encoded = if encoded_bits.is_multiple_of(8) {
            encoded.strip_prefix(&[0]).ok_or(AlgorithmError::Signature)?
        } else {
            &encoded
        };
        if pss.is_encoding(encoded, encoded_bits, digest) { Ok(()) } else { Err(AlgorithmError::Signature) }
    }

    /// Octets of the modulus and so of a signature.
    fn octets(&self) -> usize {
        usize::try_from(self.bits.div_ceil(8)).expect("the largest modulus has 1024 octets")
    }

    /// RSAVP1 (RFC 8017 §5.2.2): the value to the power of the exponent, as long as the modulus.
    fn apply(&self, signature: &[u8]) -> Result<Vec<u8>, AlgorithmError> {
        if signature.len() != self.octets() {
            return Err(AlgorithmError::Signature);
        }
        let precision = self.modulus.bits_precision();
        let value = BoxedUint::from_be_slice(signature, precision).map_err(|_| AlgorithmError::Signature)?;
        if value >= **self.modulus.modulus() {
            return Err(AlgorithmError::Signature);
        }
        let base = BoxedMontyForm::new(value, &self.modulus);
        let mut power = base.clone();
        for bit in (0..self.exponent.ilog2()).rev() {
            power = power.square();
            if self.exponent >> bit & 1 == 1 {
                power = power.mul(&base);
            }
        }
        let octets = power.retrieve().to_be_bytes();
        // Limbs are wider than octets; the number is below the modulus, so what is cut off is zero.
        Ok(octets.iter().skip(octets.len().saturating_sub(self.octets())).copied().collect())
    }
}

/// A key that would cost too much.
fn too_large(what: &'static str) -> AlgorithmError {
    AlgorithmError::Unsupported(super::oid::RSA.parse().expect("it is dotted numbers"), what)
}

/// The octets of a positive INTEGER without the sign.
fn positive(integer: &[u8]) -> Result<&[u8], AlgorithmError> {
    let number = integer.strip_prefix(&[0]).unwrap_or(integer);
    match integer.first() {
        Some(first) if first & 0x80 == 0 && !number.is_empty() => Ok(number),
        _ => Err(AlgorithmError::Key("modulus or exponent is not a positive number")),
    }
}

/// Bits of a number without leading zero octets; too many for a modulus is only that.
fn bits(number: &[u8]) -> u32 {
    let first = number.first().map_or(8, |first| first.leading_zeros());
    u32::try_from(number.len()).map_or(u32::MAX, |octets| octets.saturating_mul(8).saturating_sub(first))
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2). The parameters of the digest are NULL there and never absent (§A.2.4).
fn pkcs1_encoding(algorithm: DigestAlgorithm, digest: &[u8], octets: usize) -> Result<Vec<u8>, AlgorithmError> {
    // The DER that stands before the digest (§9.2, note 1).
    let prefix: &[u8] = match algorithm {
        DigestAlgorithm::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
        DigestAlgorithm::Sha224 => b"\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c",
        DigestAlgorithm::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        DigestAlgorithm::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        DigestAlgorithm::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        _ => return Err(AlgorithmError::Unsupported(algorithm.oid(), " with RSA")),
    };
    // 00 01 FF .. FF 00 DigestInfo; the smallest modulus leaves room for 42 octets FF, and the standard asks for 8.
    let mut out = vec![0xff; octets.saturating_sub(prefix.len() + digest.len() + 1)];
    if let [first, second, ..] = out.as_mut_slice() {
        (*first, *second) = (0, 1);
    }
    out.push(0);
    out.extend_from_slice(prefix);
    out.extend_from_slice(digest);
    Ok(out)
}

impl Pss {
    /// Reads RSASSA-PSS-params (RFC 4055 §3.1). A field that is left out has its default.
    pub(super) fn read(der: &[u8]) -> Result<Self, AlgorithmError> {
        let mut outer = Reader::der(der);
        let mut fields = outer.expect(tag::SEQUENCE)?.reader();
        outer.end()?;
        let mut pss = Self { digest: DigestAlgorithm::Sha1, mask_digest: DigestAlgorithm::Sha1, salt_octets: 20 };
        if let Some(field) = fields.optional(0xa0)? {
            pss.digest = DigestAlgorithm::of_identifier(field.content)?;
        }
        if let Some(field) = fields.optional(0xa1)? {
            let mask = read_identifier(field.content)?;
            if mask.oid != "1.2.840.113549.1.1.8" {
                return Err(AlgorithmError::Unsupported(mask.oid, " (a mask of RSASSA-PSS)"));
            }
            let digest = mask.parameters.ok_or(AlgorithmError::Form("MGF1 names no digest"))?;
            pss.mask_digest = DigestAlgorithm::of_identifier(digest)?;
        }
        if let Some(field) = fields.optional(0xa2)? {
            let mut content = field.reader();
            let salt = content.expect(tag::INTEGER)?.u64()?;
            content.end()?;
            // A longer salt than a modulus fits no encoding.
            let salt = u32::try_from(salt).ok().filter(|octets| *octets <= MODULUS_BITS_MAX / 8);
            pss.salt_octets = salt
                .and_then(|octets| usize::try_from(octets).ok())
                .ok_or(AlgorithmError::Form("the salt of RSASSA-PSS is longer than any modulus"))?;
        }
        if let Some(field) = fields.optional(0xa3)? {
            let mut content = field.reader();
            let trailer = content.expect(tag::INTEGER)?.u64()?;
            content.end()?;
            if trailer != 1 {
                return Err(AlgorithmError::Form("the trailer field of RSASSA-PSS is not 1"));
            }
        }
        fields.end()?;
        Ok(pss)
    }

    /// EMSA-PSS-VERIFY (RFC 8017 §9.1.2) from step 3: step 1 cannot fail, and step 2 made the digest.
    fn is_encoding(&self, encoded: &[u8], encoded_bits: u32, digest: &[u8]) -> bool {
        let Some((0xbc, rest)) = encoded.split_last().map(|(last, rest)| (*last, rest)) else {
            return false;
        };
        let Some(mask_octets) = rest.len().checked_sub(digest.len()) else {
            return false;
        };
        let (masked, hash) = rest.split_at(mask_octets);
        // Steps 6 and 9: the bits beyond those of the encoding are zero.
        let unused_bits = encoded_bits.next_multiple_of(8) - encoded_bits;
        let used = 0xffu8 >> unused_bits;
        if masked.first().is_none_or(|first| first & !used != 0) {
            return false;
        }
        let mask = self.mask(hash, mask_octets);
        let mut block: Vec<u8> = masked.iter().zip(&mask).map(|(a, b)| a ^ b).collect();
        if let Some(first) = block.first_mut() {
            *first &= used;
        }
        // Steps 4 and 10: zeros, then 01, then the salt.
        let Some((padding, salt)) = block.len().checked_sub(self.salt_octets).map(|at| block.split_at(at)) else {
            return false;
        };
        let Some((1, zeros)) = padding.split_last().map(|(last, rest)| (*last, rest)) else {
            return false;
        };
        if zeros.iter().any(|octet| *octet != 0) {
            return false;
        }
        let mut hasher = self.digest.hasher();
        hasher.update(&[0; 8]);
        hasher.update(digest);
        hasher.update(salt);
        hasher.finish() == hash
    }

    /// MGF1 (RFC 8017 §B.2.1).
    fn mask(&self, seed: &[u8], octets: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(octets + self.mask_digest.octets());
        for counter in 0u32.. {
            if out.len() >= octets {
                break;
            }
            let mut hasher = self.mask_digest.hasher();
            hasher.update(seed);
            hasher.update(&counter.to_be_bytes());
            out.extend_from_slice(&hasher.finish());
        }
        out.truncate(octets);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::der::write;

    fn der(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        write(tag::SEQUENCE, &[&write(tag::INTEGER, &[modulus]), &write(tag::INTEGER, &[exponent])])
    }

    /// An odd number of so many bits, as the content of an INTEGER.
    fn modulus(bits: usize) -> Vec<u8> {
        let mut out = vec![0xff; bits.div_ceil(8)];
        out[0] >>= (8 - bits % 8) % 8;
        if out[0] & 0x80 != 0 {
            out.insert(0, 0);
        }
        out
    }

    #[test]
    fn a_modulus_has_its_bounds_and_is_odd() {
        let read = |modulus: &[u8]| Key::read(&der(modulus, &[1, 0, 1]));
        for bits in [1024, 1025, 2047, 2048, 8192] {
            let key = read(&modulus(bits)).unwrap();
            assert_eq!(usize::try_from(key.bits()).unwrap(), bits);
            assert_eq!(key.octets(), bits.div_ceil(8));
        }
        for bits in [8, 1023] {
            assert_eq!(read(&modulus(bits)).unwrap_err(), AlgorithmError::Key("its modulus has less than 1024 bits"));
        }
        for bits in [8193, 16_384, 65_536] {
            let error = read(&modulus(bits)).unwrap_err();
            assert!(matches!(error, AlgorithmError::Unsupported(..)), "{bits} {error}");
            assert!(error.to_string().ends_with("(RSA with a modulus of more than 8192 bits)"), "{error}");
        }
        let mut even = modulus(2048);
        *even.last_mut().unwrap() = 0xfe;
        assert_eq!(read(&even).unwrap_err(), AlgorithmError::Key("its modulus is even"));
        assert!(read(&[0]).is_err());
        // Negative, for its first bit is set.
        assert!(read(&modulus(2048)[1..]).is_err());
    }

    #[test]
    fn an_exponent_is_an_odd_number_of_at_most_33_bits() {
        let read = |exponent: &[u8]| Key::read(&der(&modulus(1024), exponent));
        for good in [&[3][..], &[1, 0, 1], &[0, 0xff, 0xff, 0xff, 0xff], &[1, 0xff, 0xff, 0xff, 0xff]] {
            assert!(read(good).is_ok(), "{good:?}");
        }
        for bad in [&[0][..], &[1], &[2], &[4], &[0x81], &[1, 0, 0]] {
            assert!(matches!(read(bad), Err(AlgorithmError::Key(_))), "{bad:?}");
        }
        for large in [&[2, 0, 0, 0, 1][..], &[0x7f; 8], &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &[1; 99]]
        {
            assert!(matches!(read(large), Err(AlgorithmError::Unsupported(..))), "{large:?}");
        }
    }

    #[test]
    fn a_key_weighs_what_it_costs() {
        let weight = |bits: usize, exponent: &[u8]| Key::read(&der(&modulus(bits), exponent)).unwrap().weight();
        let usual = &[1, 0, 1];
        let sizes = [1024, 2048, 2049, 3072, 4096, 8192];
        assert_eq!(sizes.map(|bits| weight(bits, usual)), [1, 1, 2, 3, 4, 16]);
        assert_eq!((weight(2048, &[3]), weight(8192, &[3])), (1, 2));
        assert_eq!(weight(8192, &[1, 0xff, 0xff, 0xff, 0xff]), 61);
        // So a submission with keys that cost much comes to its end sooner.
        let verified = |weight: usize| {
            let work = crate::verify::work::Work::default();
            (0..).take_while(|_| work.signature(weight).is_ok()).count()
        };
        assert_eq!((verified(1), verified(4), verified(61)), (4096, 1024, 67));
    }

    #[test]
    fn a_value_is_as_long_as_the_modulus_and_below_it() {
        let key = Key::read(&der(&modulus(1024), &[3])).unwrap();
        let below = [&[0xff; 127][..], &[0xfe]].concat();
        // n - 1 is -1, and its cube is itself.
        assert_eq!(key.apply(&below).unwrap(), below);
        assert!(key.apply(&[0xff; 128]).is_err());
        assert!(key.apply(&below[1..]).is_err());
        assert!(key.apply(&[&[0], &below[..]].concat()).is_err());
        let two = [&[0; 127][..], &[2]].concat();
        assert_eq!(key.apply(&two).unwrap(), [&[0; 127][..], &[8]].concat());
    }

    #[test]
    fn the_encoding_is_that_of_the_standard() {
        let digest = DigestAlgorithm::Sha512.digest(b"");
        let encoding = pkcs1_encoding(DigestAlgorithm::Sha512, &digest, 128).unwrap();
        assert_eq!(encoding.len(), 128);
        assert_eq!(&encoding[..3], [0, 1, 0xff]);
        assert_eq!(encoding[128 - 64 - 19 - 1], 0);
        assert!(encoding.ends_with(&digest));
        let streebog = pkcs1_encoding(DigestAlgorithm::Streebog256, &[0; 32], 256);
        assert!(matches!(streebog, Err(AlgorithmError::Unsupported(..))));
    }

    fn sha256() -> Vec<u8> {
        let oid = write(tag::OID, &[&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]]);
        write(tag::SEQUENCE, &[&oid])
    }

    fn parameters(fields: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let fields: Vec<u8> = fields.iter().flat_map(|(n, field)| write(tag::context(*n), &[field])).collect();
        write(tag::SEQUENCE, &[&fields])
    }

    #[test]
    fn parameters_of_pss_have_defaults_and_an_order() {
        let all = Pss::read(&parameters(&[])).unwrap();
        let sha1 = DigestAlgorithm::Sha1;
        assert_eq!(all, Pss { digest: sha1, mask_digest: sha1, salt_octets: 20 });
        let integer = |value: &[u8]| write(tag::INTEGER, &[value]);
        let some = Pss::read(&parameters(&[(0, sha256()), (2, integer(&[32])), (3, integer(&[1]))])).unwrap();
        assert_eq!((some.digest, some.mask_digest, some.salt_octets), (DigestAlgorithm::Sha256, sha1, 32));
        assert!(Pss::read(&parameters(&[(2, integer(&[32])), (0, sha256())])).is_err());
        assert!(Pss::read(&parameters(&[(0, sha256()), (0, sha256())])).is_err());
        assert!(Pss::read(&parameters(&[(4, integer(&[1]))])).is_err());
        assert!(Pss::read(&parameters(&[(3, integer(&[2]))])).is_err());
        // A mask that is no MGF1, and one without its digest.
        assert!(Pss::read(&parameters(&[(1, sha256())])).is_err());
        assert!(Pss::read(&parameters(&[(2, integer(&[0x04, 0x00]))])).is_ok());
        assert!(Pss::read(&parameters(&[(2, integer(&[0x04, 0x01]))])).is_err());
        assert!(Pss::read(&parameters(&[(2, integer(&[0xff]))])).is_err());
        let whole = parameters(&[(0, sha256()), (2, integer(&[32]))]);
        for length in 0..whole.len() {
            assert!(Pss::read(&whole[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_key_for_pss_is_for_its_parameters_alone() {
        let der = der(&modulus(1024), &[3]);
        let digest = DigestAlgorithm::Sha256.digest(b"");
        let only = Key::read_pss(&der, Some(&parameters(&[(0, sha256())]))).unwrap();
        let verdict = only.verify_pkcs1(DigestAlgorithm::Sha256, &digest, &[0; 128]);
        assert!(matches!(verdict, Err(AlgorithmError::Mismatch { .. })));
        let pss = |salt_octets, mask_digest| Pss { digest: DigestAlgorithm::Sha256, mask_digest, salt_octets };
        let verdict = |pss: Pss| only.verify_pss(&pss, &digest, &[0; 128]);
        assert_eq!(verdict(pss(20, DigestAlgorithm::Sha1)), Err(AlgorithmError::Signature));
        assert_eq!(verdict(pss(21, DigestAlgorithm::Sha1)), Err(AlgorithmError::Signature));
        assert!(matches!(verdict(pss(19, DigestAlgorithm::Sha1)), Err(AlgorithmError::Form(_))));
        assert!(matches!(verdict(pss(20, DigestAlgorithm::Sha256)), Err(AlgorithmError::Form(_))));
        let any = Key::read_pss(&der, None).unwrap();
        assert_eq!(
            any.verify_pss(&pss(0, DigestAlgorithm::Sha256), &digest, &[0; 128]),
            Err(AlgorithmError::Signature)
        );
        assert!(any.verify_pkcs1(DigestAlgorithm::Sha256, &digest, &[0; 128]).is_err());
        assert!(!any.is_usual());
    }
}
