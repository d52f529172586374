//! DSA (FIPS 186-4 §4.7), verification only: old certificates and the NIST suite for paths have it.
//!
//! FIPS 186-5 withdrew it for new signatures, and a policy that does not name it has it unreliable at any time; here it
//! is only computed. The numbers of a key come from strangers, so the group is checked before it is used: with a
//! generator or a key outside the group of order `q` a signature could be made for any message.
//!
//! Nothing here is secret, so nothing is constant in time.

use super::AlgorithmError;
use crate::verify::der::{Reader, tag};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd, Resize};

/// Bits of `p` (FIPS 186-4 §4.2: 1024 to 3072).
const MODULUS_BITS: std::ops::RangeInclusive<u32> = 1024..=3072;
/// Bits of `q` (FIPS 186-4 §4.2).
const ORDER_BITS: [u32; 3] = [160, 224, 256];

/// A DSA key with its parameters.
#[derive(Debug, Clone)]
pub struct Key {
    /// Numbers modulo `q`.
    order: BoxedMontyParams,
    /// `q`, to reduce by.
    divisor: NonZero<BoxedUint>,
    generator: BoxedMontyForm,
    public: BoxedMontyForm,
    bits: u32,
}

impl Key {
    /// Reads Dss-Parms and DSAPublicKey (RFC 3279 §2.3.2).
    pub(super) fn read(parameters: Option<&[u8]>, key: &[u8]) -> Result<Self, AlgorithmError> {
        // The parameters may be those of the key above in a path, which puts them in before it asks.
        let parameters = parameters.ok_or(AlgorithmError::Key("it has no parameters"))?;
        let mut outer = Reader::der(parameters);
        let mut fields = outer.expect(tag::SEQUENCE)?.reader();
        outer.end()?;
        let (p, q, g) = (number(&mut fields)?, number(&mut fields)?, number(&mut fields)?);
        fields.end()?;
        let mut outer = Reader::der(key);
        let y = number(&mut outer)?;
        outer.end()?;

        let bits = p.bits_vartime();
        if !MODULUS_BITS.contains(&bits) || !ORDER_BITS.contains(&q.bits_vartime()) {
            return Err(AlgorithmError::Key("its p does not have 1024 to 3072 bits, or its q 160, 224 or 256"));
        }
        let even = AlgorithmError::Key("its p or its q is even");
        let divisor = NonZero::new(q.clone()).into_option().ok_or(even.clone())?;
        let modulus = BoxedMontyParams::new_vartime(Odd::new(p).into_option().ok_or(even.clone())?);
        let order = BoxedMontyParams::new_vartime(Odd::new(q.clone()).into_option().ok_or(even)?);
        // FIPS 186-4 §4.2 and SP 800-89 §5.3.1: both lie in the group of order q, and neither is 1.
        let member = |number: BoxedUint| {
            let outside = AlgorithmError::Key("its generator or its value is not in the group of order q");
            let is_small = number < **modulus.modulus() && number.bits_vartime() > 1;
            let form = is_small.then(|| form(number, &modulus)).ok_or(outside.clone())?;
            if form.pow(&q) == BoxedMontyForm::one(&modulus) { Ok(form) } else { Err(outside) }
        };
        let (generator, public) = (member(g)?, member(y)?);
        Ok(Self { order, divisor, generator, public, bits })
    }

    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// FIPS 186-4 §4.7. Of a digest longer than `q` the leftmost bits count.
    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<(), AlgorithmError> {
        let mut outer = Reader::der(signature);
        let mut fields = outer.expect(tag::SEQUENCE)?.reader();
        outer.end()?;
        let (r, s) = (number(&mut fields)?, number(&mut fields)?);
        fields.end()?;
        let q = self.divisor.as_ref();
        if [&r, &s].into_iter().any(|number| number.bits_vartime() == 0 || number >= q) {
            return Err(AlgorithmError::Signature);
        }
        let octets = usize::try_from(q.bits_vartime() / 8).expect("at most 32");
        let z = BoxedUint::from_be_slice_vartime(digest.get(..octets).unwrap_or(digest));
        // q is a prime, so the power q - 2 is the inverse (Fermat); if it is none, nothing verifies.
        let two = BoxedUint::from(2u8).resize(q.bits_precision());
        let w = form(s, &self.order).pow(&q.wrapping_sub(&two));
        let u1 = form(z.rem_vartime(&self.divisor), &self.order).mul(&w).retrieve();
        let u2 = form(r.clone(), &self.order).mul(&w).retrieve();
        let v = self.generator.pow(&u1).mul(&self.public.pow(&u2)).retrieve().rem_vartime(&self.divisor);
        if v == r { Ok(()) } else { Err(AlgorithmError::Signature) }
    }
}

/// A number below the modulus, in the form and the width that it computes with.
fn form(number: BoxedUint, modulus: &BoxedMontyParams) -> BoxedMontyForm {
    BoxedMontyForm::new(number.resize(modulus.bits_precision()), modulus)
}

/// An INTEGER that is not negative.
fn number(fields: &mut Reader<'_>) -> Result<BoxedUint, AlgorithmError> {
    let content = fields.expect(tag::INTEGER)?.integer()?;
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        return Err(AlgorithmError::Form("a number of DSA is negative"));
    }
    // Three times the longest p is refused before anything is computed with it.
    if content.len() > 1024 {
        return Err(AlgorithmError::Form("a number of DSA is too long"));
    }
    Ok(BoxedUint::from_be_slice_vartime(content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::alg::DigestAlgorithm;
    use crate::verify::der::write;

    // RFC 6979 §A.2.1.
    const P: &str = "0086F5CA03DCFEB225063FF830A0C769B9DD9D6153AD91D7CE27F787C43278B447E6533B86B18BED6E8A48B784A14C252C\
                     5BE0DBF60B86D6385BD2F12FB763ED8873ABFD3F5BA2E0A8C0A59082EAC056935E529DAF7C610467899C77ADEDFC846C88\
                     1870B7B19B2B58F9BE0521A17002E3BDD6B86685EE90B3D9A1B02B782B1779";
    const Q: &str = "00996F967F6C8E388D9E28D01E205FBA957A5698B1";
    const G: &str = "07B0F92546150B62514BB771E2A0C0CE387F03BDA6C56B505209FF25FD3C133D89BBCD97E904E09114D9A7DEFDEADFC907\
                     8EA544D2E401AEECC40BB9FBBF78FD87995A10A1C27CB7789B594BA7EFB5C4326A9FE59A070E136DB77175464ADCA417BE\
                     5DCE2F40D10A46A3A3943F26AB7FD9C0398FF8C76EE0A56826A8A88F1DBD";
    const Y: &str = "5DF5E01DED31D0297E274E1691C192FE5868FEF9E19A84776454B100CF16F65392195A38B90523E2542EE61871C0440CB8\
                     7C322FC4B4D2EC5E1E7EC766E1BE8D4CE935437DC11C3C8FD426338933EBFE739CB3465F4D3668C5E473508253B1E682F6\
                     5CBDC4FAE93C2EA212390E54905A86E2223170B44EAA7DA5DD9FFCFB7F3B";

    fn integer(digits: &str) -> Vec<u8> {
        write(tag::INTEGER, &[&hex::decode(digits).unwrap()])
    }

    fn key(p: &str, q: &str, g: &str, y: &str) -> Result<Key, AlgorithmError> {
        let parameters = write(tag::SEQUENCE, &[&integer(p), &integer(q), &integer(g)]);
        Key::read(Some(&parameters), &integer(y))
    }

    fn signature(r: &str, s: &str) -> Vec<u8> {
        write(tag::SEQUENCE, &[&integer(r), &integer(s)])
    }

    #[test]
    fn signatures_of_rfc_6979_verify_and_altered_ones_do_not() {
        let key = key(P, Q, G, Y).unwrap();
        let sha1 = DigestAlgorithm::Sha1.digest(b"sample");
        let of_sha1 = signature("2E1A0C2562B2912CAAF89186FB0F42001585DA55", "29EFB6B0AFF2D7A68EB70CA313022253B9A88DF5");
        key.verify(&sha1, &of_sha1).unwrap();
        // A digest longer than q is cut.
        let sha256 = DigestAlgorithm::Sha256.digest(b"sample");
        let of_sha256 =
            signature("0081F2F5850BE5BC123C43F71A3033E9384611C545", "4CDD914B65EB6C66A8AAAD27299BEE6B035F5E89");
        key.verify(&sha256, &of_sha256).unwrap();
        assert_eq!(key.verify(&sha256, &of_sha1), Err(AlgorithmError::Signature));
        for at in 0..of_sha1.len() {
            let mut altered = of_sha1.clone();
            altered[at] ^= 1;
            assert!(key.verify(&sha1, &altered).is_err(), "octet {at}");
            assert!(key.verify(&sha1, &of_sha1[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn zero_and_the_order_are_no_parts_of_a_signature() {
        let key = key(P, Q, G, Y).unwrap();
        let good = "29EFB6B0AFF2D7A68EB70CA313022253B9A88DF5";
        for (r, s) in [("00", good), (good, "00"), (Q, good), (good, Q)] {
            assert_eq!(key.verify(&[1; 20], &signature(r, s)), Err(AlgorithmError::Signature), "{r} {s}");
        }
    }

    #[test]
    fn a_generator_or_a_value_outside_the_group_is_refused() {
        // With 1 as the generator and as the value, r = 1 would verify over anything.
        for (g, y) in [("01", Y), (G, "01"), ("02", Y), (G, "02"), (P, Y), (G, "00")] {
            assert!(matches!(key(P, Q, g, y), Err(AlgorithmError::Key(_))), "{g} {y}");
        }
        assert!(key(P, "02", G, Y).is_err());
        assert!(key("05", Q, G, Y).is_err());
        assert!(Key::read(None, &integer(Y)).is_err());
    }
}
