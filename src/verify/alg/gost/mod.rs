//! GOST signatures: keys as certificates carry them, and whether a signature is of a digest by a key.
//!
//! Kazakhstan's GOST 34.310-2004 and GOST 34.10-2015, and Russia's GOST R 34.10-2001 and 34.10-2012, are one scheme
//! over elliptic curves (RFC 7091) in different clothes: identifiers, curves, and the order of bytes in a signature.
//! All of that follows from the identifier of the key ([`Family`]); nothing is tried twice. `field` is the arithmetic,
//! `curve` the points and the check, `parameters` the numbers of the standards.
//!
//! Invariant: a [`GostKey`] is on its curve, in range and of the order of the base point. Only public data comes here,
//! so nothing takes care to run in constant time. It makes no digest: which one a signature is over, the caller says.

use super::AlgorithmError;
use crate::verify::der::{DerError, Reader, tag};
use crate::verify::oid::Oid;
use curve::{Affine, Curve, PointFault};
use field::Words;
use std::sync::LazyLock;

mod curve;
mod field;
mod parameters;
#[cfg(any(test, feature = "testing"))]
pub mod test_signer;

/// Which standard a key or a signature is of, by whose identifiers, and of which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Kazakhstan's GOST 34.310-2004, with GOST 34.311-95.
    Kz2004,
    /// Kazakhstan's GOST 34.10-2015 of 256 bits, with Streebog-256.
    Kz2015Of256,
    /// Kazakhstan's GOST 34.10-2015 of 512 bits, with Streebog-512.
    Kz2015Of512,
    /// Russia's GOST R 34.10-2001, with GOST R 34.11-94.
    Ru2001,
    /// Russia's GOST R 34.10-2012 of 256 bits, with Streebog-256.
    Ru2012Of256,
    /// Russia's GOST R 34.10-2012 of 512 bits, with Streebog-512.
    Ru2012Of512,
}

/// How a signature value holds its two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    /// r, then s, each with its least octet first: Kazakhstan's.
    LittleEndianRs,
    /// s, then r, each with its greatest octet first: Russia's (RFC 4491 §2.2.2, RFC 9215 §2).
    BigEndianSr,
}

/// The identifiers of a family.
struct Identifiers {
    key: &'static str,
    signature: &'static str,
    /// The digest that a key's parameters may name. For the older standards it names an S-box too, and there are
    /// others: what was signed with another one must not be taken for a false signature.
    digest: &'static str,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 6] =
        [Self::Kz2004, Self::Kz2015Of256, Self::Kz2015Of512, Self::Ru2001, Self::Ru2012Of256, Self::Ru2012Of512];

    /// The family of a key's algorithm identifier.
    pub fn of_key(oid: &Oid) -> Option<Self> {
        Self::ALL.into_iter().find(|family| *oid == family.identifiers().key)
    }

    /// The family of a signature's algorithm identifier.
    pub fn of_signature(oid: &Oid) -> Option<Self> {
        Self::ALL.into_iter().find(|family| *oid == family.identifiers().signature)
    }

    /// The name of the standard, as reports say it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Kz2004 => "GOST34310",
            Self::Kz2015Of256 | Self::Kz2015Of512 => "GOST3410-2015",
            Self::Ru2001 => "GOST3410-2001",
            Self::Ru2012Of256 | Self::Ru2012Of512 => "GOST3410-2012",
        }
    }

    /// The size of keys: bits of a coordinate.
    pub fn bits(self) -> u32 {
        match self {
            Self::Kz2004 | Self::Kz2015Of256 | Self::Ru2001 | Self::Ru2012Of256 => 256,
            Self::Kz2015Of512 | Self::Ru2012Of512 => 512,
        }
    }

    /// How signatures of this family hold their numbers.
    pub fn order(self) -> ByteOrder {
        match self {
            Self::Kz2004 | Self::Kz2015Of256 | Self::Kz2015Of512 => ByteOrder::LittleEndianRs,
            Self::Ru2001 | Self::Ru2012Of256 | Self::Ru2012Of512 => ByteOrder::BigEndianSr,
        }
    }

    fn identifiers(self) -> Identifiers {
        let (key, signature, digest) = match self {
            Self::Kz2004 => ("1.2.398.3.10.1.1.1.1", "1.2.398.3.10.1.1.1.2", "1.2.398.3.10.1.3.1.1.0"),
            Self::Kz2015Of256 => ("1.2.398.3.10.1.1.2.1", "1.2.398.3.10.1.1.2.3.1", "1.2.398.3.10.1.3.2"),
            Self::Kz2015Of512 => ("1.2.398.3.10.1.1.2.2", "1.2.398.3.10.1.1.2.3.2", "1.2.398.3.10.1.3.3"),
            // RFC 4491 §2.2, §2.3; RFC 4357 §11.2 for the digest with its S-box.
            Self::Ru2001 => ("1.2.643.2.2.19", "1.2.643.2.2.3", "1.2.643.2.2.30.1"),
            // RFC 9215 §2, §4.
            Self::Ru2012Of256 => ("1.2.643.7.1.1.1.1", "1.2.643.7.1.1.3.2", "1.2.643.7.1.1.2.2"),
            Self::Ru2012Of512 => ("1.2.643.7.1.1.1.2", "1.2.643.7.1.1.3.3", "1.2.643.7.1.1.2.3"),
        };
        Identifiers { key, signature, digest }
    }
}

static CRYPTO_PRO_A: LazyLock<Curve<4>> = LazyLock::new(|| Curve::of(&parameters::CRYPTO_PRO_A));
static CRYPTO_PRO_B: LazyLock<Curve<4>> = LazyLock::new(|| Curve::of(&parameters::CRYPTO_PRO_B));
static CRYPTO_PRO_C: LazyLock<Curve<4>> = LazyLock::new(|| Curve::of(&parameters::CRYPTO_PRO_C));
static TC26_256_A: LazyLock<Curve<4>> = LazyLock::new(|| Curve::of(&parameters::TC26_256_A));
static TC26_512_A: LazyLock<Curve<8>> = LazyLock::new(|| Curve::of(&parameters::TC26_512_A));
static TC26_512_B: LazyLock<Curve<8>> = LazyLock::new(|| Curve::of(&parameters::TC26_512_B));
static TC26_512_C: LazyLock<Curve<8>> = LazyLock::new(|| Curve::of(&parameters::TC26_512_C));

/// A curve by its size. The tables of each are made when its first key is read.
#[derive(Debug, Clone, Copy)]
enum AnyCurve {
    Of256(&'static LazyLock<Curve<4>>),
    Of512(&'static LazyLock<Curve<8>>),
}

/// The curve that a key's first parameter names; none for one that keys of this family do not have.
fn curve_of(family: Family, oid: &Oid) -> Option<AnyCurve> {
    let curve = match (family, oid.as_str()) {
        (Family::Kz2004, "1.2.398.3.10.1.1.1.1.1") => AnyCurve::Of256(&CRYPTO_PRO_A),
        (Family::Kz2015Of256, "1.2.398.3.10.1.1.2.1.1") => AnyCurve::Of256(&TC26_256_A),
        (Family::Kz2015Of512, "1.2.398.3.10.1.1.2.2.1") => AnyCurve::Of512(&TC26_512_A),
        // RFC 4357 §11.4: sets A, B, C, and XchA, XchB, which are A and C again.
        (Family::Ru2001 | Family::Ru2012Of256, "1.2.643.2.2.35.1" | "1.2.643.2.2.36.0") => {
            AnyCurve::Of256(&CRYPTO_PRO_A)
        }
        (Family::Ru2001 | Family::Ru2012Of256, "1.2.643.2.2.35.2") => AnyCurve::Of256(&CRYPTO_PRO_B),
        (Family::Ru2001 | Family::Ru2012Of256, "1.2.643.2.2.35.3" | "1.2.643.2.2.36.1") => {
            AnyCurve::Of256(&CRYPTO_PRO_C)
        }
        // RFC 9215: sets B, C and D of 256 bits are those of RFC 4357.
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.1") => AnyCurve::Of256(&TC26_256_A),
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.2") => AnyCurve::Of256(&CRYPTO_PRO_A),
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.3") => AnyCurve::Of256(&CRYPTO_PRO_B),
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.4") => AnyCurve::Of256(&CRYPTO_PRO_C),
        (Family::Ru2012Of512, "1.2.643.7.1.2.1.2.1") => AnyCurve::Of512(&TC26_512_A),
        (Family::Ru2012Of512, "1.2.643.7.1.2.1.2.2") => AnyCurve::Of512(&TC26_512_B),
        (Family::Ru2012Of512, "1.2.643.7.1.2.1.2.3") => AnyCurve::Of512(&TC26_512_C),
        _ => return None,
    };
    Some(curve)
}

/// A public key: a point of a known curve.
#[derive(Debug, Clone)]
pub struct GostKey {
    family: Family,
    point: Point,
}

#[derive(Debug, Clone)]
enum Point {
    Of256(&'static Curve<4>, Affine<4>),
    Of512(&'static Curve<8>, Affine<8>),
}

impl GostKey {
    /// The key of a SubjectPublicKeyInfo: its algorithm, the DER of the algorithm's parameters, and the octets of its
    /// BIT STRING (RFC 4491 §2.3.2, RFC 9215 §4; Kazakhstan's keys have the same form).
    ///
    /// # Errors
    /// When the identifiers are not supported, or the octets are malformed or no key of the curve that they name.
    pub fn of_spki(algorithm: &Oid, parameters: &[u8], octets: &[u8]) -> Result<Self, AlgorithmError> {
        let Some(family) = Family::of_key(algorithm) else {
            return Err(AlgorithmError::Unsupported(algorithm.clone(), " as a GOST key"));
        };
        let (curve, digest) = read_parameters(parameters).map_err(|_| AlgorithmError::Form("GOST key parameters"))?;
        if let Some(digest) = digest
            && digest != family.identifiers().digest
        {
            return Err(AlgorithmError::Unsupported(digest, " as the digest of a GOST key"));
        }
        let Some(any_curve) = curve_of(family, &curve) else {
            return Err(AlgorithmError::Unsupported(curve, " as the curve of a GOST key"));
        };
        let coordinates = read_coordinates(octets).map_err(|_| AlgorithmError::Key("the octets of a GOST key"))?;
        let point = match any_curve {
            AnyCurve::Of256(curve) => Point::Of256(curve, point_of(curve, &coordinates)?),
            AnyCurve::Of512(curve) => Point::Of512(curve, point_of(curve, &coordinates)?),
        };
        Ok(Self { family, point })
    }

    /// Which family the key is of.
    pub fn family(&self) -> Family {
        self.family
    }
}

/// Whether `signature` is of `digest` by `key`, the numbers of the signature being held in `order`.
///
/// # Errors
/// [`AlgorithmError::Signature`] when it is not; [`AlgorithmError::Form`] when signature or digest are of another size.
pub fn verify(key: &GostKey, order: ByteOrder, digest: &[u8], signature: &[u8]) -> Result<(), AlgorithmError> {
    let verifies = match &key.point {
        Point::Of256(curve, point) => verifies(curve, point, order, digest, signature)?,
        Point::Of512(curve, point) => verifies(curve, point, order, digest, signature)?,
    };
    if verifies { Ok(()) } else { Err(AlgorithmError::Signature) }
}

fn verifies<const N: usize>(
    curve: &Curve<N>,
    key: &Affine<N>,
    order: ByteOrder,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, AlgorithmError> {
    // The digest is read as a number with its least octet first, in Kazakhstan (found on its certificates) as in Russia
    // (RFC 4491 §2.2.2).
    let e = words_little(digest).ok_or(AlgorithmError::Form("the digest does not have the size of the GOST key"))?;
    let form = AlgorithmError::Form("the GOST signature does not have the size of the key");
    let Some((first, second)) = signature.split_at_checked(8 * N) else {
        return Err(form);
    };
    let numbers = match order {
        ByteOrder::LittleEndianRs => words_little(first).zip(words_little(second)),
        ByteOrder::BigEndianSr => words_big(second).zip(words_big(first)),
    };
    let (r, s) = numbers.ok_or(form)?;
    Ok(curve.verifies(key, &e, &r, &s))
}

/// The curve and the digest that parameters name: SEQUENCE { curve OID, digest OID OPTIONAL, cipher OID OPTIONAL }.
fn read_parameters(der: &[u8]) -> Result<(Oid, Option<Oid>), DerError> {
    let mut outer = Reader::der(der);
    let sequence = outer.expect(tag::SEQUENCE)?;
    outer.end()?;
    let mut parameters = sequence.reader();
    let curve = parameters.expect(tag::OID)?.oid()?;
    let digest = parameters.optional(tag::OID)?.map(|element| element.oid()).transpose()?;
    // The cipher (RFC 4491 §2.3.2) is for agreeing on keys; a signature has nothing to do with it.
    if let Some(cipher) = parameters.optional(tag::OID)? {
        cipher.oid()?;
    }
    parameters.end()?;
    Ok((curve, digest))
}

/// The octets of x and y: those of an OCTET STRING inside the BIT STRING.
fn read_coordinates(octets: &[u8]) -> Result<Vec<u8>, DerError> {
    let mut outer = Reader::der(octets);
    let coordinates = outer.expect(tag::OCTET_STRING)?.octets()?.into_owned();
    outer.end()?;
    Ok(coordinates)
}

/// The point of x and then y, each with its least octet first.
fn point_of<const N: usize>(curve: &Curve<N>, coordinates: &[u8]) -> Result<Affine<N>, AlgorithmError> {
    let (x, y) = coordinates
        .split_at_checked(8 * N)
        .and_then(|(x, y)| words_little(x).zip(words_little(y)))
        .ok_or(AlgorithmError::Key("it does not have the size of its curve"))?;
    curve.point(&x, &y).map_err(|fault| {
        AlgorithmError::Key(match fault {
            PointFault::Range => "a coordinate is not below the prime of the curve",
            PointFault::OffCurve => "the point is not on its curve",
            PointFault::SmallOrder => "the point is not of the order of the curve's base point",
        })
    })
}

/// The number of exactly 8N octets, the least one first.
fn words_little<const N: usize>(octets: &[u8]) -> Option<Words<N>> {
    let (chunks, rest) = octets.as_chunks::<8>();
    if chunks.len() != N || !rest.is_empty() {
        return None;
    }
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_le_bytes(*chunk);
    }
    Some(words)
}

/// The number of exactly 8N octets, the greatest one first.
fn words_big<const N: usize>(octets: &[u8]) -> Option<Words<N>> {
    let mut words: Words<N> = words_little(octets)?;
    words.reverse();
    Some(words.map(u64::swap_bytes))
}

#[cfg(test)]
mod tests {
    use super::test_signer::{TestSigner, oid};
    use super::*;
    use crate::verify::alg;
    use crate::verify::der::write;

    /// Every curve under every family that may name it.
    const CURVES: [(Family, &str); 20] = [
        (Family::Kz2004, "1.2.398.3.10.1.1.1.1.1"),
        (Family::Kz2015Of256, "1.2.398.3.10.1.1.2.1.1"),
        (Family::Kz2015Of512, "1.2.398.3.10.1.1.2.2.1"),
        (Family::Ru2001, "1.2.643.2.2.35.1"),
        (Family::Ru2001, "1.2.643.2.2.35.2"),
        (Family::Ru2001, "1.2.643.2.2.35.3"),
        (Family::Ru2001, "1.2.643.2.2.36.0"),
        (Family::Ru2001, "1.2.643.2.2.36.1"),
        (Family::Ru2012Of256, "1.2.643.2.2.35.1"),
        (Family::Ru2012Of256, "1.2.643.2.2.35.2"),
        (Family::Ru2012Of256, "1.2.643.2.2.35.3"),
        (Family::Ru2012Of256, "1.2.643.2.2.36.0"),
        (Family::Ru2012Of256, "1.2.643.2.2.36.1"),
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.1"),
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.2"),
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.3"),
        (Family::Ru2012Of256, "1.2.643.7.1.2.1.1.4"),
        (Family::Ru2012Of512, "1.2.643.7.1.2.1.2.1"),
        (Family::Ru2012Of512, "1.2.643.7.1.2.1.2.2"),
        (Family::Ru2012Of512, "1.2.643.7.1.2.1.2.3"),
    ];

    fn octets_of(family: Family) -> usize {
        usize::try_from(family.bits() / 8).unwrap()
    }

    fn key_oid(family: Family) -> Oid {
        family.identifiers().key.parse().unwrap()
    }

    /// A signer on this curve with its key, a digest and its signature.
    fn signed(family: Family, curve: &str) -> (TestSigner, GostKey, Vec<u8>, Vec<u8>) {
        let size = octets_of(family);
        let signer = TestSigner::new(family, curve, &vec![0x2b; size]);
        let digest: Vec<u8> = (0..size).map(|at| u8::try_from(at * 3 + 1).unwrap()).collect();
        let signature = signer.sign(&digest, &vec![0x1d; size]);
        let key = signer.key();
        (signer, key, digest, signature)
    }

    fn other(order: ByteOrder) -> ByteOrder {
        match order {
            ByteOrder::LittleEndianRs => ByteOrder::BigEndianSr,
            ByteOrder::BigEndianSr => ByteOrder::LittleEndianRs,
        }
    }

    #[test]
    fn each_identifier_names_one_family() {
        for family in Family::ALL {
            let identifiers = family.identifiers();
            let [key, signature, digest] =
                [identifiers.key, identifiers.signature, identifiers.digest].map(|oid| oid.parse::<Oid>().unwrap());
            assert_eq!(Family::of_key(&key), Some(family));
            assert_eq!(Family::of_signature(&signature), Some(family));
            assert_eq!(Family::of_key(&signature), None);
            assert_eq!(Family::of_signature(&key), None);
            assert_eq!(Family::of_signature(&digest), None);
            assert!(CURVES.iter().any(|(curve_family, _)| *curve_family == family));
        }
    }

    #[test]
    fn a_curve_is_known_to_its_own_families_only() {
        for (_, curve) in CURVES {
            for family in Family::ALL {
                let known = curve_of(family, &curve.parse().unwrap()).is_some();
                assert_eq!(known, CURVES.contains(&(family, curve)), "{family:?} {curve}");
            }
        }
    }

    #[test]
    fn a_signature_on_each_curve_verifies_in_its_own_order_only() {
        for (family, curve) in CURVES {
            let (_, key, digest, signature) = signed(family, curve);
            assert_eq!(key.family(), family);
            assert_eq!(verify(&key, family.order(), &digest, &signature), Ok(()), "{family:?} {curve}");
            let wrong = verify(&key, other(family.order()), &digest, &signature);
            assert_eq!(wrong, Err(AlgorithmError::Signature), "{family:?} {curve}");
            // The same numbers in the other order of bytes are the same signature there.
            let mut reversed = signature.clone();
            reversed.reverse();
            assert_eq!(verify(&key, other(family.order()), &digest, &reversed), Ok(()));
            assert_eq!(verify(&key, family.order(), &digest, &reversed), Err(AlgorithmError::Signature));
            let mut swapped = signature.clone();
            swapped.rotate_left(octets_of(family));
            assert_eq!(verify(&key, family.order(), &digest, &swapped), Err(AlgorithmError::Signature));
        }
    }

    #[test]
    fn what_the_test_signer_encodes_is_read_and_verified_as_any_signature() {
        for (family, curve) in CURVES {
            let (signer, _, digest, signature) = signed(family, curve);
            let key = alg::PublicKey::of_spki(&signer.spki()).unwrap();
            assert_eq!((key.kind(), key.bits()), (family.kind(), family.bits()));
            let algorithm = alg::SignatureAlgorithm::of_identifier(&signer.signature_algorithm(), None).unwrap();
            assert_eq!(alg::verify(&key, &algorithm, alg::Message::Digest(&digest), &signature), Ok(()), "{curve}");
        }
    }

    #[test]
    fn no_changed_octet_of_signature_or_digest_passes() {
        for (family, curve) in [CURVES[0], CURVES[2], CURVES[13]] {
            let (_, key, digest, signature) = signed(family, curve);
            for at in 0..signature.len() {
                let mut changed = signature.clone();
                changed[at] ^= 1 << (at % 8);
                assert_eq!(verify(&key, family.order(), &digest, &changed), Err(AlgorithmError::Signature), "{at}");
            }
            for at in 0..digest.len() {
                let mut changed = digest.clone();
                changed[at] ^= 1 << (at % 8);
                assert_eq!(verify(&key, family.order(), &changed, &signature), Err(AlgorithmError::Signature), "{at}");
            }
            for zero in [0..octets_of(family), octets_of(family)..signature.len(), 0..signature.len()] {
                let mut changed = signature.clone();
                changed[zero].fill(0);
                assert_eq!(verify(&key, family.order(), &digest, &changed), Err(AlgorithmError::Signature));
            }
            let stranger = TestSigner::new(family, curve, &vec![0x2c; octets_of(family)]).key();
            assert_eq!(verify(&stranger, family.order(), &digest, &signature), Err(AlgorithmError::Signature));
        }
    }

    #[test]
    fn a_signature_or_digest_of_another_size_is_malformed() {
        for (family, curve) in [CURVES[0], CURVES[2]] {
            let (_, key, digest, signature) = signed(family, curve);
            let longer = [&signature[..], &[0]].concat();
            for len in (0..signature.len()).chain([signature.len() + 1]) {
                let form = verify(&key, family.order(), &digest, &longer[..len]);
                assert!(matches!(form, Err(AlgorithmError::Form(_))), "{len}");
            }
            let longer = [&digest[..], &digest].concat();
            for len in (0..digest.len()).chain([digest.len() + 1, 2 * digest.len()]) {
                let form = verify(&key, family.order(), &longer[..len], &signature);
                assert!(matches!(form, Err(AlgorithmError::Form(_))), "{len}");
            }
        }
    }

    #[test]
    fn a_key_on_an_unknown_curve_or_with_another_digest_is_not_supported() {
        let (signer, ..) = signed(Family::Kz2004, "1.2.398.3.10.1.1.1.1.1");
        let of = |key: &str, names: &[&str]| {
            let parts: Vec<Vec<u8>> = names.iter().map(|name| oid(name)).collect();
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            GostKey::of_spki(&key.parse().unwrap(), &write(tag::SEQUENCE, &parts), &signer.key_octets()).map(|_| ())
        };
        let unsupported = |oid: &str, result| match result {
            Err(AlgorithmError::Unsupported(named, _)) => assert_eq!(named, oid),
            other => panic!("{other:?}"),
        };
        const KZ: &str = "1.2.398.3.10.1.1.1.1";
        const KZ_A: &str = "1.2.398.3.10.1.1.1.1.1";
        assert_eq!(of(KZ, &[KZ_A, "1.2.398.3.10.1.3.1.1.0"]), Ok(()));
        assert_eq!(of(KZ, &[KZ_A]), Ok(()));
        unsupported("1.2.398.3.10.1.1.1.1.2", of(KZ, &["1.2.398.3.10.1.1.1.1.2"]));
        unsupported("1.2.643.2.2.35.1", of(KZ, &["1.2.643.2.2.35.1"]));
        unsupported("1.2.398.3.10.1.3.3", of(KZ, &[KZ_A, "1.2.398.3.10.1.3.3"]));
        unsupported("1.2.840.113549.1.1.1", of("1.2.840.113549.1.1.1", &[KZ_A]));
        // The curve of the standard's examples is for examples; another S-box gives other digests.
        unsupported("1.2.643.2.2.35.0", of("1.2.643.2.2.19", &["1.2.643.2.2.35.0"]));
        unsupported("1.2.643.7.1.2.1.2.0", of("1.2.643.7.1.1.1.2", &["1.2.643.7.1.2.1.2.0"]));
        unsupported("1.2.643.2.2.30.0", of("1.2.643.2.2.19", &["1.2.643.2.2.35.1", "1.2.643.2.2.30.0"]));
        // RFC 4491 §2.3.2 allows a third identifier, and no fourth.
        const CIPHER: &str = "1.2.643.2.2.31.1";
        let three = ["1.2.643.2.2.35.1", "1.2.643.2.2.30.1", CIPHER];
        assert_eq!(of("1.2.643.2.2.19", &three), Ok(()));
        let four = [three[0], three[1], CIPHER, CIPHER];
        assert!(matches!(of("1.2.643.2.2.19", &four), Err(AlgorithmError::Form(_))));
        // The same octets are no point of a curve with other coefficients, and have not the size of a greater one.
        assert!(matches!(of("1.2.643.2.2.19", &["1.2.643.2.2.35.2"]), Err(AlgorithmError::Key(_))));
        let greater = of("1.2.643.7.1.1.1.2", &["1.2.643.7.1.2.1.2.1"]);
        assert!(matches!(greater, Err(AlgorithmError::Key(_))));
    }

    #[test]
    fn a_cut_or_changed_key_is_refused() {
        for (family, curve) in [CURVES[0], CURVES[1], CURVES[2]] {
            let (signer, ..) = signed(family, curve);
            let (algorithm, parameters, octets) = (key_oid(family), signer.parameters(), signer.key_octets());
            let of = |parameters: &[u8], octets: &[u8]| GostKey::of_spki(&algorithm, parameters, octets);
            assert!(of(&parameters, &octets).is_ok());
            for len in 0..parameters.len() {
                assert!(of(&parameters[..len], &octets).is_err(), "{len}");
            }
            for len in 0..octets.len() {
                assert!(matches!(of(&parameters, &octets[..len]), Err(AlgorithmError::Key(_))), "{len}");
            }
            assert!(of(&[&parameters[..], &[0]].concat(), &octets).is_err());
            assert!(of(&parameters, &[&octets[..], &[0]].concat()).is_err());
            for at in 0..parameters.len() {
                let mut changed = parameters.clone();
                changed[at] ^= 1;
                assert!(of(&changed, &octets).is_err(), "{at}");
            }
            for at in 0..octets.len() {
                let mut changed = octets.clone();
                changed[at] ^= 1;
                assert!(matches!(of(&parameters, &changed), Err(AlgorithmError::Key(_))), "{at}");
            }
            let zero = write(tag::OCTET_STRING, &[&vec![0; 2 * octets_of(family)]]);
            assert!(matches!(of(&parameters, &zero), Err(AlgorithmError::Key(_))));
        }
    }
}
