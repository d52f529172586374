//! Keys of the index, sealed rows and tokens.
//!
//! A row with text is AES-256-GCM under a random nonce, bound to its key. A row of numbers only carries four bytes of
//! keyed BLAKE3. A token is keyed BLAKE3 of a folded word, so that equal words meet and nobody without the key reads
//! them.

use super::IndexError;
use crate::store::format::OwnerKey;
use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::error::DecodeError;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// A word of the index.
pub type Token = [u8; 8];
/// A token of something that must not collide by chance: a file, a registration.
pub type WideToken = [u8; 16];

/// The keys of one generation.
pub struct IndexKeys {
    /// Number of the generation.
    pub generation: u32,
    rows: LessSafeKey,
    tokens: [u8; 32],
    checks: [u8; 32],
    texts: OwnerKey,
}

impl IndexKeys {
    /// The keys derived from the index key of a generation (BLAKE3 derive_key, one context each).
    pub fn new(generation: u32, key: &OwnerKey) -> Self {
        let rows = blake3::derive_key("muragat 2026 index v1 rows", &key.0);
        let rows = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &rows).expect("a key of 32 bytes"));
        let tokens = blake3::derive_key("muragat 2026 index v1 tokens", &key.0);
        let checks = blake3::derive_key("muragat 2026 index v1 checks", &key.0);
        let texts = OwnerKey(blake3::derive_key("muragat 2026 index v1 texts", &key.0));
        Self { generation, rows, tokens, checks, texts }
    }

    /// The key of the full text of this generation.
    pub fn text_key(&self) -> OwnerKey {
        self.texts.clone()
    }

    /// The token of a word; `space` keeps words, prefixes and fields apart.
    pub fn token(&self, space: u8, word: &str) -> Token {
        let wide = self.wide(space, &[word.as_bytes()]);
        let mut token = [0; 8];
        token.copy_from_slice(&wide[..8]);
        token
    }

    /// A wide token of several parts.
    pub fn wide(&self, space: u8, parts: &[&[u8]]) -> WideToken {
        let mut hasher = blake3::Hasher::new_keyed(&self.tokens);
        hasher.update(&[space]);
        for part in parts {
            // Lengths keep ("ab","c") and ("a","bc") apart.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut token = [0; 16];
        token.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        token
    }

    /// Seals a value under its key in the index.
    pub fn seal<T: bincode::Encode>(&self, key: &[u8], value: &T) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = crate::random::bytes();
        let mut out = nonce.to_vec();
        bincode::encode_into_std_write(value, &mut out, bincode::config::standard()).expect("memory takes any row");
        let tag = self
            .rows
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(key), &mut out[NONCE_LEN..])
            .expect("a row is far below the limits of AES-GCM");
        out.extend_from_slice(tag.as_ref());
        out
    }

    /// Opens what [`seal`](Self::seal) made.
    pub fn open<T: bincode::Decode<()>>(&self, key: &[u8], value: &[u8]) -> Result<T, IndexError> {
        decode(self.unseal(key, value, &mut Vec::new())?).ok_or_else(|| damaged(key))
    }

    /// The same into a buffer that is used again, for rows that borrow from it.
    pub fn open_in<'b, T: bincode::BorrowDecode<'b, ()>>(
        &self,
        key: &[u8],
        value: &[u8],
        buffer: &'b mut Vec<u8>,
    ) -> Result<T, IndexError> {
        let plain: &'b [u8] = self.unseal(key, value, buffer)?;
        let decoded = bincode::borrow_decode_from_slice(plain, LIMITED);
        whole(decoded, plain).ok_or_else(|| damaged(key))
    }

    fn unseal<'b>(&self, key: &[u8], value: &[u8], buffer: &'b mut Vec<u8>) -> Result<&'b mut [u8], IndexError> {
        let (nonce, sealed) = value.split_first_chunk::<NONCE_LEN>().ok_or_else(|| damaged(key))?;
        buffer.clear();
        buffer.extend_from_slice(sealed);
        self.rows.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(key), buffer).map_err(|_| damaged(key))
    }

    /// A value of numbers with its check.
    pub fn checked<T: bincode::Encode>(&self, key: &[u8], value: &T) -> Vec<u8> {
        let mut out = bincode::encode_to_vec(value, bincode::config::standard()).expect("memory takes any row");
        let check = self.check(key, &out);
        out.extend_from_slice(&check);
        out
    }

    /// Reads what [`checked`](Self::checked) made.
    pub fn read<T: bincode::Decode<()>>(&self, key: &[u8], value: &[u8]) -> Result<T, IndexError> {
        let (plain, check) = value.split_last_chunk::<4>().ok_or_else(|| damaged(key))?;
        if self.check(key, plain) != *check {
            return Err(damaged(key));
        }
        decode(plain).ok_or_else(|| damaged(key))
    }

    fn check(&self, key: &[u8], value: &[u8]) -> [u8; 4] {
        let mut hasher = blake3::Hasher::new_keyed(&self.checks);
        hasher.update(&(key.len() as u64).to_le_bytes());
        hasher.update(key);
        hasher.update(value);
        let mut check = [0; 4];
        check.copy_from_slice(&hasher.finalize().as_bytes()[..4]);
        check
    }
}

fn damaged(key: &[u8]) -> IndexError {
    IndexError::Damaged { key: hex::encode(key) }
}

/// How rows are read.
const LIMITED: Configuration<LittleEndian, Varint, Limit<{ 16 << 20 }>> = bincode::config::standard().with_limit();

fn decode<T: bincode::Decode<()>>(plain: &[u8]) -> Option<T> {
    whole(bincode::decode_from_slice(plain, LIMITED), plain)
}

/// A row, when nothing is left after it.
fn whole<T>(decoded: Result<(T, usize), DecodeError>, plain: &[u8]) -> Option<T> {
    decoded.ok().filter(|(_, len)| *len == plain.len()).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_open_under_their_own_key_and_place_only() {
        let keys = IndexKeys::new(1, &OwnerKey([1; 32]));
        let value = ("Үлгі".to_owned(), 7u32);
        let sealed = keys.seal(b"R1", &value);
        assert!(!sealed.windows(4).any(|w| w == "Үл".as_bytes()));
        assert_eq!(keys.open::<(String, u32)>(b"R1", &sealed).unwrap(), value);
        assert!(keys.open::<(String, u32)>(b"R2", &sealed).is_err(), "moved row");
        let mut buffer = vec![7; 900];
        assert_eq!(keys.open_in::<(&str, u32)>(b"R1", &sealed, &mut buffer).unwrap(), ("Үлгі", 7));
        assert!(keys.open_in::<(&str, u32)>(b"R2", &sealed, &mut buffer).is_err(), "moved row, borrowed");
        assert!(keys.open_in::<&str>(b"R1", &sealed, &mut buffer).is_err(), "something is left after the row");
        assert!(IndexKeys::new(2, &OwnerKey([2; 32])).open::<(String, u32)>(b"R1", &sealed).is_err());
        let checked = keys.checked(b"I1", &5u64);
        assert_eq!(keys.read::<u64>(b"I1", &checked).unwrap(), 5);
        for bit in 0..checked.len() * 8 {
            let mut bad = checked.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.read::<u64>(b"I1", &bad).is_err(), "bit {bit}");
        }
        assert!(keys.read::<u64>(b"I2", &checked).is_err(), "moved row");
    }
}
