//! The only source of randomness: the operating system's generator, through `ring`.
//!
//! Keys, nonces, salts and ids come from here; tests that need the same numbers again use `testing::Sequence`.

use ring::rand::{SecureRandom, SystemRandom};

/// Fills `buffer` with random bytes.
///
/// A machine whose generator fails cannot make keys; going on would be worse than stopping, so that is an assertion.
pub fn fill(buffer: &mut [u8]) {
    SystemRandom::new().fill(buffer).expect("the operating system's random generator works");
}

/// An array of random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0u8; N];
    fill(&mut out);
    out
}
