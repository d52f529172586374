//! Digests, and the hashers that take them.
//!
//! [`Address`] is BLAKE3 of *stored* (sealed) bytes; [`Sha256`] and [`Sha512`] are over a component's own bytes.
//! They are separate types, so that a ciphertext address can never pass for evidence about a document.

use sha2::Digest;
use std::fmt;
use std::str::FromStr;

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Takes the digest from bytes of the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [[0; 2]; $bytes];
                hex::encode_to_slice(self.0, text.as_flattened_mut()).map_err(|_| fmt::Error)?;
                f.write_str(std::str::from_utf8(text.as_flattened()).map_err(|_| fmt::Error)?)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), hex::encode(&self.0[..6]))
            }
        }
        impl FromStr for $name {
            type Err = hex::FromHexError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0u8; $bytes];
                hex::decode_to_slice(text, &mut bytes)?;
                Ok(Self(bytes))
            }
        }
    };
}

digest!(
    /// BLAKE3 of stored bytes: the address of a frame or of an object.
    Address, 32
);
digest!(
    /// SHA-256 (FIPS 180-4).
    Sha256, 32
);
digest!(
    /// SHA-512 (FIPS 180-4), kept for the day SHA-256 is no longer enough (RFC 4998 hash-tree renewal).
    Sha512, 64
);

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Sha256 {
    sha256_parts(&[bytes])
}

/// SHA-256 of the concatenation of `parts`.
pub fn sha256_parts(parts: &[&[u8]]) -> Sha256 {
    let mut hasher = Sha256Writer::default();
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

/// SHA-256 of bytes that come in pieces.
pub struct Sha256Writer(ring::digest::Context);

impl Default for Sha256Writer {
    fn default() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }
}

impl Sha256Writer {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Sha256 {
        Sha256::from_slice(self.0.finish().as_ref()).expect("SHA-256 has 32 bytes")
    }
}

/// SHA-512 of the concatenation of `parts`.
pub fn sha512_parts(parts: &[&[u8]]) -> Sha512 {
    let mut hasher = sha2::Sha512::new();
    for part in parts {
        hasher.update(part);
    }
    Sha512(hasher.finalize().into())
}

/// Both evidence digests of one component, taken in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256 of the component.
    pub sha256: Sha256,
    /// SHA-512 of the component.
    pub sha512: Sha512,
}

/// Takes [`Digests`] of a stream piece by piece.
pub struct DigestWriter {
    sha256: Sha256Writer,
    // ring has no vector code for SHA-512; this crate's was 1.2 times as fast here.
    sha512: sha2::Sha512,
}

impl Default for DigestWriter {
    fn default() -> Self {
        Self { sha256: Sha256Writer::default(), sha512: sha2::Sha512::new() }
    }
}

impl DigestWriter {
    /// Adds the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.sha256.update(piece);
        self.sha512.update(piece);
    }

    /// Ends the stream.
    pub fn finish(self) -> Digests {
        Digests { sha256: self.sha256.finish(), sha512: Sha512(self.sha512.finalize().into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // FIPS 180-4 examples, message "abc".
        let mut w = DigestWriter::default();
        w.update(b"a");
        w.update(b"bc");
        let d = w.finish();
        assert_eq!(d.sha256.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(d.sha512.to_string().starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(d.sha256, sha256(b"abc"));
        assert_eq!(d.sha512, sha512_parts(&[b"ab", b"c"]));
    }
}
