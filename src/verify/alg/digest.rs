//! Digests of others' signatures: every hash function that a signature, a token or an OCSP answer may name.
//!
//! A variant is a function, not an identifier: Kazakhstan and Russia gave Streebog identifiers of their own, and both
//! name the same variant. Who must show the identifier as it stood keeps the one that was read.
//!
//! It does not judge how strong a function is: that is a dated rule of the policy.

use super::{AlgorithmError, parameters_absent_or_null, read_identifier};
use crate::verify::oid::Oid;
use sha1::digest::Digest;

macro_rules! digests {
    ($(
        $(#[$doc:meta])*
        $variant:ident($hasher:ty), $name:literal, $octets:literal, $oid:literal $(, $more:literal)*;
    )*) => {
        /// A hash function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DigestAlgorithm {
            $($(#[$doc])* $variant,)*
        }

        impl DigestAlgorithm {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The function with this identifier.
            pub fn of_oid(oid: &Oid) -> Option<Self> {
                match oid.as_str() {
                    $($oid $(| $more)* => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Its identifier; of several, the one that Kazakhstan uses.
            pub fn oid(self) -> Oid {
                let text = match self {
                    $(Self::$variant => $oid,)*
                };
                text.parse().expect("the identifiers of the table are dotted numbers")
            }

            /// Its name, as policies and reports write it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Octets of a digest.
            pub fn octets(self) -> usize {
                match self {
                    $(Self::$variant => $octets,)*
                }
            }

            /// Digest of bytes that are at hand.
            pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
                match self {
                    $(Self::$variant => <$hasher>::digest(bytes).to_vec(),)*
                }
            }

            /// For bytes that come in pieces.
            pub fn hasher(self) -> Hasher {
                Hasher(match self {
                    $(Self::$variant => State::$variant(<$hasher>::new()),)*
                })
            }
        }

        #[derive(Clone)]
        enum State {
            $($variant($hasher),)*
        }

        impl Hasher {
            /// Takes the next piece.
            pub fn update(&mut self, piece: &[u8]) {
                match &mut self.0 {
                    $(State::$variant(state) => state.update(piece),)*
                }
            }

            /// The digest of all pieces.
            pub fn finish(self) -> Vec<u8> {
                match self.0 {
                    $(State::$variant(state) => state.finalize().to_vec(),)*
                }
            }
        }
    };
}

digests! {
    /// SHA-1 (FIPS 180-4).
    Sha1(sha1::Sha1), "SHA-1", 20, "1.3.14.3.2.26";
    /// SHA-224 (FIPS 180-4).
    Sha224(sha2::Sha224), "SHA-224", 28, "2.16.840.1.101.3.4.2.4";
    /// SHA-256 (FIPS 180-4).
    Sha256(sha2::Sha256), "SHA-256", 32, "2.16.840.1.101.3.4.2.1";
    /// SHA-384 (FIPS 180-4).
    Sha384(sha2::Sha384), "SHA-384", 48, "2.16.840.1.101.3.4.2.2";
    /// SHA-512 (FIPS 180-4).
    Sha512(sha2::Sha512), "SHA-512", 64, "2.16.840.1.101.3.4.2.3";
    /// GOST 34.311-95 as Kazakhstan uses it: the S-box is the "test" one of GOST R 34.11-94, annex A. The second
    /// identifier is how keys name it.
    Gost34311(gost94::Gost94Test), "GOST 34.311-95", 32, "1.2.398.3.10.1.3.1", "1.2.398.3.10.1.3.1.1.0";
    /// GOST R 34.11-94 with the S-box of RFC 4357 §11.2.
    Gost341194(gost94::Gost94CryptoPro), "GOST R 34.11-94", 32, "1.2.643.2.2.9";
    /// GOST R 34.11-2012 with 256 bits (RFC 6986).
    Streebog256(streebog::Streebog256), "Streebog-256", 32, "1.2.398.3.10.1.3.2", "1.2.643.7.1.1.2.2";
    /// GOST R 34.11-2012 with 512 bits (RFC 6986).
    Streebog512(streebog::Streebog512), "Streebog-512", 64, "1.2.398.3.10.1.3.3", "1.2.643.7.1.1.2.3";
}

/// Takes the digest of bytes that come in pieces.
#[derive(Clone)]
pub struct Hasher(State);

impl DigestAlgorithm {
    /// Reads an AlgorithmIdentifier of a digest.
    ///
    /// # Errors
    /// When it is malformed, has parameters, or names a function that is not supported.
    pub fn of_identifier(der: &[u8]) -> Result<Self, AlgorithmError> {
        let identifier = read_identifier(der)?;
        let digest = Self::of_oid(&identifier.oid).ok_or_else(|| unsupported(&identifier.oid))?;
        // RFC 5754 §2: absent is right, NULL must be accepted.
        parameters_absent_or_null(&identifier, "the identifier of a digest has parameters")?;
        Ok(digest)
    }
}

/// Names the functions that are known and not supported, so that a report says what it met.
fn unsupported(oid: &Oid) -> AlgorithmError {
    let name = match oid.as_str() {
        "1.2.840.113549.2.2" => " (MD2)",
        "1.2.840.113549.2.4" => " (MD4)",
        "1.2.840.113549.2.5" => " (MD5)",
        "1.3.36.3.2.1" => " (RIPEMD-160)",
        "2.16.840.1.101.3.4.2.5" => " (SHA-512/224)",
        "2.16.840.1.101.3.4.2.6" => " (SHA-512/256)",
        "2.16.840.1.101.3.4.2.7" => " (SHA3-224)",
        "2.16.840.1.101.3.4.2.8" => " (SHA3-256)",
        "2.16.840.1.101.3.4.2.9" => " (SHA3-384)",
        "2.16.840.1.101.3.4.2.10" => " (SHA3-512)",
        "2.16.840.1.101.3.4.2.11" => " (SHAKE128)",
        "2.16.840.1.101.3.4.2.12" => " (SHAKE256)",
        _ => "",
    };
    AlgorithmError::Unsupported(oid.clone(), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers for the message `abc` where the standard gives one.
    #[test]
    fn every_function_gives_its_known_answer() {
        let abc = |digest: DigestAlgorithm| hex::encode(digest.digest(b"abc"));
        assert_eq!(abc(DigestAlgorithm::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(abc(DigestAlgorithm::Sha224).starts_with("23097d223405d8228642a477bda255b3"));
        assert!(abc(DigestAlgorithm::Sha256).starts_with("ba7816bf8f01cfea414140de5dae2223"));
        assert!(abc(DigestAlgorithm::Sha384).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert!(abc(DigestAlgorithm::Sha512).starts_with("ddaf35a193617abacc417349ae204131"));
        // GOST R 34.11-94, annex A.3.1.
        let message = b"This is message, length=32 bytes";
        let test = hex::encode(DigestAlgorithm::Gost34311.digest(message));
        assert_eq!(test, "b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa");
        let cryptopro = hex::encode(DigestAlgorithm::Gost341194.digest(message));
        assert_eq!(cryptopro, "2cefc2f7b7bdc514e18ea57fa74ff357e7fa17d652c75f69cb1be7893ede48eb");
        // RFC 6986 §10.1: message M1.
        let m1 = b"012345678901234567890123456789012345678901234567890123456789012";
        assert!(hex::encode(DigestAlgorithm::Streebog512.digest(m1)).starts_with("1b54d01a4af5b9d5cc3d86d68d285462"));
        assert!(hex::encode(DigestAlgorithm::Streebog256.digest(m1)).starts_with("9d151eefd8590b89daa6ba6cb74af927"));
    }

    #[test]
    fn pieces_give_the_digest_of_the_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for digest in DigestAlgorithm::ALL {
            let mut hasher = digest.hasher();
            for piece in bytes.chunks(77) {
                hasher.update(piece);
            }
            let whole = digest.digest(&bytes);
            assert_eq!(hasher.finish(), whole, "{digest:?}");
            assert_eq!(whole.len(), digest.octets());
        }
    }

    #[test]
    fn identifiers_of_two_countries_are_one_function() {
        for digest in DigestAlgorithm::ALL {
            assert_eq!(DigestAlgorithm::of_oid(&digest.oid()), Some(*digest));
        }
        let of = |text: &str| DigestAlgorithm::of_oid(&text.parse().unwrap());
        assert_eq!(of("1.2.643.7.1.1.2.2"), Some(DigestAlgorithm::Streebog256));
        assert_eq!(of("1.2.643.7.1.1.2.3"), Some(DigestAlgorithm::Streebog512));
        assert_eq!(of("1.2.398.3.10.1.3.1.1.0"), Some(DigestAlgorithm::Gost34311));
        assert_eq!(of("1.2.398.3.10.1.3.1.1"), None);
        assert_eq!(of("1.2.398.3.10.1.3"), None);
    }

    #[test]
    fn an_identifier_has_no_parameters_or_null() {
        let absent = [0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a];
        let null = [0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00];
        assert_eq!(DigestAlgorithm::of_identifier(&absent), Ok(DigestAlgorithm::Sha1));
        assert_eq!(DigestAlgorithm::of_identifier(&null), Ok(DigestAlgorithm::Sha1));
        for (at, of) in [(9, 0x04), (10, 0x01), (8, 0x80)] {
            let mut other = null;
            other[at] = of;
            assert!(DigestAlgorithm::of_identifier(&other).is_err(), "{at} {of}");
        }
        for length in 0..null.len() {
            assert!(DigestAlgorithm::of_identifier(&null[..length]).is_err());
        }
        let twice = [0x30, 0x0b, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x05, 0x00];
        assert!(DigestAlgorithm::of_identifier(&twice).is_err());
        let beyond = [0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x00];
        assert!(DigestAlgorithm::of_identifier(&beyond).is_err());
    }

    #[test]
    fn a_function_that_is_not_supported_is_named() {
        let md5 = [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05];
        let error = DigestAlgorithm::of_identifier(&md5).unwrap_err();
        assert_eq!(error.to_string(), "algorithm 1.2.840.113549.2.5 is not supported (MD5)");
    }
}
