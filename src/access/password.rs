//! Passwords of the accounts that set an archive up: argon2id, as RFC 9106 §4 recommends where memory is short.
//!
//! A hash says how it was made, so that a later program with other figures still reads it. Comparing takes the same
//! time whether the account exists or not: [`check`] of no hash computes one all the same.
//!
//! It keeps nothing and says nothing about an account.

use crate::error::{Error, ErrorCode};
use argon2::{Algorithm, Argon2, Params, Version};

/// Characters of a password at least. Own bound: it is typed seldom, by few.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Bytes of a password at most. Own bound: more is no password.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// RFC 9106 §4, the second recommended option: 64 MiB, 3 passes, 4 lanes.
const FIGURES: Figures = Figures { memory_kib: 65_536, passes: 3, lanes: 4 };
/// Memory that a hash may ask for, so that a damaged one stops nothing. Own bound: 1 GiB.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// RFC 9106 §3.1: 128 bits of salt suffice.
const SALT_BYTES: usize = 16;
/// 256 bits of hash.
const HASH_BYTES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Figures {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Figures {
    fn hash(self, password: &str, salt: &[u8]) -> Option<[u8; HASH_BYTES]> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES)).ok()?;
        let mut hash = [0; HASH_BYTES];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(password.as_bytes(), salt, &mut hash).ok()?;
        Some(hash)
    }
}

/// The hash of a new password, as it is kept.
///
/// # Errors
///
/// When it is too short or too long.
pub fn hash(password: &str) -> Result<String, Error> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        let what =
            format!("{PASSWORD_CHARS_MIN} characters at least and {PASSWORD_BYTES_MAX} bytes at most are wanted");
        return Err(Error::new(ErrorCode::AccInvalid, "password", what));
    }
    let salt = crate::random::bytes::<SALT_BYTES>();
    let failed = || Error::new(ErrorCode::AccInvalid, "password", "it cannot be hashed");
    Ok(written(FIGURES, &salt, &FIGURES.hash(password, &salt).ok_or_else(failed)?))
}

fn written(figures: Figures, salt: &[u8], hash: &[u8]) -> String {
    let Figures { memory_kib, passes, lanes } = figures;
    format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${}${}", hex::encode(salt), hex::encode(hash))
}

fn read(kept: &str) -> Option<(Figures, Vec<u8>, [u8; HASH_BYTES])> {
    let mut parts = kept.strip_prefix("$argon2id$v=19$")?.split('$');
    let (figures, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let mut figures = figures.split(',');
    let mut number = |key: &str| figures.next()?.strip_prefix(key)?.parse::<u32>().ok();
    let figures = Figures { memory_kib: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
    let hash = hex::decode(hash).ok()?.try_into().ok()?;
    (figures.memory_kib <= MEMORY_KIB_MAX && parts.next().is_none()).then_some((figures, hex::decode(salt).ok()?, hash))
}

/// Whether a password is the one of which `kept` is the hash; without a hash it never is, after the same work.
pub fn check(password: &str, kept: Option<&str>) -> bool {
    let known = kept.and_then(read);
    let (figures, salt, hash) = known.clone().unwrap_or((FIGURES, vec![0; SALT_BYTES], [0; HASH_BYTES]));
    let is_short = password.len() <= PASSWORD_BYTES_MAX;
    let found = if is_short { figures.hash(password, &salt) } else { None };
    known.is_some() && found.is_some_and(|found| same(&found, &hash))
}

/// Whether two digests are the same, in a time that does not depend on where they differ.
pub(super) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    let differs = a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b));
    std::hint::black_box(differs) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_a_near_miss_is_not() {
        let kept = hash("үлгі құпиясөз 1").unwrap();
        assert!(check("үлгі құпиясөз 1", Some(&kept)));
        assert!(!check("үлгі құпиясөз 2", Some(&kept)) && !check("үлгі құпиясөз 1", None));
        assert_ne!(hash("үлгі құпиясөз 1").unwrap(), kept, "each has a salt of its own");
        assert!(hash("он бір әріп").is_err() && hash(&"ә".repeat(513)).is_err());
        // Figures that this program does not use any more are read; those that would take all memory are not.
        let old = Figures { memory_kib: 64, passes: 1, lanes: 1 };
        let older = written(old, &[7; 16], &old.hash("үлгі", &[7; 16]).unwrap());
        assert!(check("үлгі", Some(&older)));
        for damaged in ["", "$argon2id$v=19$m=64,t=1,p=1$00", &older.replace("m=64", "m=99999999"), &older[1..]] {
            assert!(!check("үлгі", Some(damaged)), "{damaged}");
        }
    }

    #[test]
    fn digests_are_the_same_when_every_byte_is() {
        for at in 0..32 {
            let mut other = [5; 32];
            other[at] ^= 1;
            assert!(same(&[5; 32], &[5; 32]) && !same(&[5; 32], &other));
        }
    }
}
