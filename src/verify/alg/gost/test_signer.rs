//! A signer of GOST signatures for tests and benches only: the private number and the one-time number are the caller's.
//!
//! It exists so that signatures under Kazakhstan's identifiers can be made without other programs. It takes no care of
//! secrets at all (variable time, no erasure, no randomness), and is left out of what is shipped.

use super::field::Words;
use super::{AnyCurve, ByteOrder, Curve, Family, GostKey, curve_of, words_big, words_little};
use crate::verify::der::{tag, write};
use crate::verify::oid::Oid;

/// A private key whose number everybody knows.
#[derive(Debug, Clone)]
pub struct TestSigner {
    family: Family,
    curve: Oid,
    numbers: AnyCurve,
    private: Vec<u8>,
}

impl TestSigner {
    /// The key of the number `private` (greatest octet first, as long as the family's keys, below q) on the curve of
    /// this identifier.
    pub fn new(family: Family, curve: &str, private: &[u8]) -> Self {
        let curve: Oid = curve.parse().expect("an identifier");
        let numbers = curve_of(family, &curve).expect("a curve of this family");
        Self { family, curve, numbers, private: private.to_vec() }
    }

    /// The DER of the AlgorithmIdentifier of its signatures, with the NULL that both countries write.
    pub fn signature_algorithm(&self) -> Vec<u8> {
        write(tag::SEQUENCE, &[&oid(self.family.identifiers().signature), &write(tag::NULL, &[])])
    }

    /// The DER of its SubjectPublicKeyInfo.
    pub fn spki(&self) -> Vec<u8> {
        let algorithm = write(tag::SEQUENCE, &[&oid(self.family.identifiers().key), &self.parameters()]);
        write(tag::SEQUENCE, &[&algorithm, &write(tag::BIT_STRING, &[&[0], &self.key_octets()])])
    }

    /// Its public key.
    pub fn key(&self) -> GostKey {
        let algorithm = self.family.identifiers().key.parse().expect("an identifier");
        GostKey::of_spki(&algorithm, &self.parameters(), &self.key_octets()).expect("a key of this curve")
    }

    /// Its signature of a digest, with the one-time number `nonce` (as `private` is given), in the order of the family.
    pub fn sign(&self, digest: &[u8], nonce: &[u8]) -> Vec<u8> {
        match self.numbers {
            AnyCurve::Of256(curve) => self.sign_on(curve, digest, nonce),
            AnyCurve::Of512(curve) => self.sign_on(curve, digest, nonce),
        }
    }

    fn sign_on<const N: usize>(&self, curve: &Curve<N>, digest: &[u8], nonce: &[u8]) -> Vec<u8> {
        let size = "a number of the size of the key";
        let private = words_big(&self.private).expect(size);
        let digest = words_little(digest).expect(size);
        let (r, s) = curve.test_signature(&private, &digest, &words_big(nonce).expect(size));
        match self.family.order() {
            ByteOrder::LittleEndianRs => [octets(&r), octets(&s)].concat(),
            ByteOrder::BigEndianSr => {
                let mut octets = [octets(&r), octets(&s)].concat();
                octets.reverse();
                octets
            }
        }
    }

    pub(super) fn parameters(&self) -> Vec<u8> {
        write(tag::SEQUENCE, &[&oid(self.curve.as_str()), &oid(self.family.identifiers().digest)])
    }

    pub(super) fn key_octets(&self) -> Vec<u8> {
        write(
            tag::OCTET_STRING,
            &[&match self.numbers {
                AnyCurve::Of256(curve) => self.coordinates(curve),
                AnyCurve::Of512(curve) => self.coordinates(curve),
            }],
        )
    }

    fn coordinates<const N: usize>(&self, curve: &Curve<N>) -> Vec<u8> {
        let (x, y) = curve.test_key(&words_big(&self.private).expect("a number of the size of the key"));
        [octets(&x), octets(&y)].concat()
    }
}

/// The octets of a number, the least one first.
fn octets<const N: usize>(words: &Words<N>) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The DER of an object identifier (X.690 §8.19) that stands in the source.
pub fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u64>().expect("an arc"));
    let (first, second) = (arcs.next().expect("two arcs"), arcs.next().expect("two arcs"));
    let mut content = Vec::new();
    for arc in std::iter::once(first * 40 + second).chain(arcs) {
        let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let more = if group == 0 { 0 } else { 0x80 };
            content.push((arc >> (7 * group)).to_le_bytes()[0] & 0x7f | more);
        }
    }
    write(tag::OID, &[&content])
}
