//! Arithmetic modulo a fixed odd prime of `N` words of 64 bits: coordinates of points and scalars of GOST curves.
//!
//! A [`Residue`] is kept in the form its [`Modulus`] chose once: as it is when the prime is 2^(64N) - c with a small c
//! (the high half of a product is folded back with one row of multiplications), and otherwise in Montgomery's form.
//! Invariants: a residue is always below its modulus, so equal residues have equal words; residues of two moduli are
//! never mixed. Time varies with the values: only public data comes here. It knows no curve.

use crypto_bigint::{Odd, Uint};
use std::cmp::Ordering;

/// `N` words of a number, the least one first.
pub(super) type Words<const N: usize> = [u64; N];

/// A number below its modulus, in the form that modulus keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Residue<const N: usize>(Words<N>);

impl<const N: usize> Residue<N> {
    /// 0, which is the same in each form.
    pub(super) const ZERO: Self = Self([0; N]);

    /// Whether it is 0.
    pub(super) fn is_zero(&self) -> bool {
        self.0 == [0; N]
    }
}

/// How a product of two residues is brought back below the modulus.
#[derive(Debug, Clone, Copy)]
enum Reduction {
    /// The modulus is 2^(64N) - c: the high half of the product counts c times.
    Fold(u64),
    /// Montgomery's: the words hold the residue times 2^(64N); this is -1/modulus mod 2^64.
    Montgomery(u64),
}

/// An odd prime and what arithmetic needs to know of it.
#[derive(Debug)]
pub(super) struct Modulus<const N: usize> {
    prime: Words<N>,
    reduction: Reduction,
    one: Residue<N>,
    /// The factor that brings plain words into the kept form.
    entry: Words<N>,
}

impl<const N: usize> Modulus<N> {
    /// The arithmetic of `prime`, which is odd.
    pub(super) fn new(prime: Words<N>) -> Self {
        let mut one = [0; N];
        one[0] = 1;
        // c = 2^(64N) - prime; it is small when it has one word, with room for the fold of a carry.
        let (c, _) = sub_words(&[0; N], &prime);
        if c[0] >> 32 == 0 && c[1..].iter().all(|word| *word == 0) {
            return Self { prime, reduction: Reduction::Fold(c[0]), one: Residue(one), entry: one };
        }
        // Newton: each step doubles the number of right bits of 1/prime mod 2^64; an odd number is its own inverse
        // mod 8.
        let mut inverse = prime[0];
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(prime[0].wrapping_mul(inverse)));
        }
        let mut modulus =
            Self { prime, reduction: Reduction::Montgomery(inverse.wrapping_neg()), one: Residue(one), entry: one };
        // 1 doubled 64N times is 2^(64N), which is 1 in the kept form; as often again it is the factor of entry.
        let mut power = Residue(one);
        for _ in 0..64 * N {
            power = modulus.double(&power);
        }
        modulus.one = power;
        for _ in 0..64 * N {
            power = modulus.double(&power);
        }
        modulus.entry = power.0;
        modulus
    }

    /// The prime.
    pub(super) fn prime(&self) -> &Words<N> {
        &self.prime
    }

    /// 1.
    pub(super) fn one(&self) -> Residue<N> {
        self.one
    }

    /// The residue of any `N` words.
    pub(super) fn reduce(&self, words: &Words<N>) -> Residue<N> {
        // One factor may be anything below 2^(64N): both reductions then still end below twice the prime.
        self.mul(&Residue(*words), &Residue(self.entry))
    }

    /// The residue of `words`, or none when they are not below the prime.
    pub(super) fn exact(&self, words: &Words<N>) -> Option<Residue<N>> {
        (compare(words, &self.prime) == Ordering::Less).then(|| self.reduce(words))
    }

    /// The plain words of a residue.
    pub(super) fn words(&self, a: &Residue<N>) -> Words<N> {
        match self.reduction {
            Reduction::Fold(_) => a.0,
            Reduction::Montgomery(_) => {
                let mut one = [0; N];
                one[0] = 1;
                self.mul(a, &Residue(one)).0
            }
        }
    }

    /// a + b.
    #[inline]
    pub(super) fn add(&self, a: &Residue<N>, b: &Residue<N>) -> Residue<N> {
        // As a - (p - b): a borrow then says at once whether p is to be added, and no carry is to be thought of.
        let (opposite, _) = sub_words(&self.prime, &b.0);
        self.sub(a, &Residue(opposite))
    }

    /// 2a.
    #[inline]
    pub(super) fn double(&self, a: &Residue<N>) -> Residue<N> {
        self.add(a, a)
    }

    /// a - b.
    #[inline]
    pub(super) fn sub(&self, a: &Residue<N>, b: &Residue<N>) -> Residue<N> {
        let (difference, borrow) = sub_words(&a.0, &b.0);
        let mask = u64::from(borrow).wrapping_neg();
        let (sum, _) = add_words(&difference, &self.prime.map(|word| word & mask));
        Residue(sum)
    }

    /// -a.
    #[inline]
    pub(super) fn negate(&self, a: &Residue<N>) -> Residue<N> {
        self.sub(&Residue::ZERO, a)
    }

    /// a · b.
    #[inline]
    pub(super) fn mul(&self, a: &Residue<N>, b: &Residue<N>) -> Residue<N> {
        self.reduce_product(product(&a.0, &b.0))
    }

    /// a².
    #[inline]
    pub(super) fn square(&self, a: &Residue<N>) -> Residue<N> {
        self.reduce_product(square_product(&a.0))
    }

    /// 1/a, and 0 for 0.
    pub(super) fn invert(&self, a: &Residue<N>) -> Residue<N> {
        // Bernstein and Yang's "safegcd", several times quicker than Fermat's power. Its words are ours where they have
        // 64 bits; elsewhere this does not compile.
        let odd = Odd::new(Uint::from_words(self.prime)).expect("a modulus is odd");
        let inverse = Uint::from_words(self.words(a)).invert_odd_mod_vartime(&odd);
        inverse.into_option().map_or(Residue::ZERO, |inverse| self.reduce(inverse.as_words()))
    }

    #[inline]
    fn reduce_product(&self, product: [Words<N>; 2]) -> Residue<N> {
        match self.reduction {
            Reduction::Fold(c) => self.fold(product, c),
            Reduction::Montgomery(factor) => self.montgomery(product, factor),
        }
    }

    #[inline]
    fn fold(&self, [low, high]: [Words<N>; 2], c: u64) -> Residue<N> {
        let mut sum = low;
        let mut carry = 0;
        for (word, high) in sum.iter_mut().zip(&high) {
            (*word, carry) = high.carrying_mul_add(c, *word, carry);
        }
        // The carry is at most c, so carry · c is one word; if adding it overflows, what is left is small, and c more
        // cannot overflow again.
        let (sum, overflow) = add_word(&sum, carry.wrapping_mul(c));
        let (sum, _) = add_word(&sum, c & u64::from(overflow).wrapping_neg());
        if compare(&sum, &self.prime) == Ordering::Less {
            return Residue(sum);
        }
        Residue(sub_words(&sum, &self.prime).0)
    }

    #[inline]
    fn montgomery(&self, mut product: [Words<N>; 2], factor: u64) -> Residue<N> {
        let words = product.as_flattened_mut();
        let mut overflow = false;
        for i in 0..N {
            let multiple = words[i].wrapping_mul(factor);
            let mut carry = 0;
            for j in 0..N {
                (words[i + j], carry) = multiple.carrying_mul_add(self.prime[j], words[i + j], carry);
            }
            (words[i + N], overflow) = words[i + N].carrying_add(carry, overflow);
        }
        Residue(self.below(product[1], overflow))
    }

    /// `words` and a carry of 2^(64N), which are below twice the prime, brought below the prime.
    #[inline]
    fn below(&self, words: Words<N>, carry: bool) -> Words<N> {
        let (less, borrow) = sub_words(&words, &self.prime);
        // A choice by masks: either case is as likely, and a branch would be guessed wrongly half the time.
        let keep = u64::from(borrow & !carry).wrapping_neg();
        std::array::from_fn(|i| words[i] & keep | less[i] & !keep)
    }
}

/// Which of two numbers is greater.
fn compare<const N: usize>(a: &Words<N>, b: &Words<N>) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

/// a + b, and whether it has a carry.
#[inline]
pub(super) fn add_words<const N: usize>(a: &Words<N>, b: &Words<N>) -> (Words<N>, bool) {
    let mut sum = [0; N];
    let mut carry = false;
    for i in 0..N {
        (sum[i], carry) = a[i].carrying_add(b[i], carry);
    }
    (sum, carry)
}

/// a - b, and whether it has a borrow.
#[inline]
fn sub_words<const N: usize>(a: &Words<N>, b: &Words<N>) -> (Words<N>, bool) {
    let mut difference = [0; N];
    let mut borrow = false;
    for i in 0..N {
        (difference[i], borrow) = a[i].borrowing_sub(b[i], borrow);
    }
    (difference, borrow)
}

/// a + one word, and whether it has a carry.
#[inline]
fn add_word<const N: usize>(a: &Words<N>, b: u64) -> (Words<N>, bool) {
    let mut words = [0; N];
    words[0] = b;
    add_words(a, &words)
}

/// The low and the high half of a · b.
#[inline]
fn product<const N: usize>(a: &Words<N>, b: &Words<N>) -> [Words<N>; 2] {
    let mut product = [[0; N]; 2];
    let words = product.as_flattened_mut();
    for i in 0..N {
        let mut carry = 0;
        for j in 0..N {
            (words[i + j], carry) = a[i].carrying_mul_add(b[j], words[i + j], carry);
        }
        words[i + N] = carry;
    }
    product
}

/// The low and the high half of a²: each product of two different words is taken once and doubled.
#[inline]
fn square_product<const N: usize>(a: &Words<N>) -> [Words<N>; 2] {
    let mut product = [[0; N]; 2];
    let words = product.as_flattened_mut();
    for i in 0..N {
        let mut carry = 0;
        for j in i + 1..N {
            (words[i + j], carry) = a[i].carrying_mul_add(a[j], words[i + j], carry);
        }
        words[i + N] = carry;
    }
    let mut top = 0;
    let mut carry = false;
    for i in 0..N {
        let (low, high) = a[i].carrying_mul(a[i], 0);
        let (even, odd) = (words[2 * i], words[2 * i + 1]);
        (words[2 * i], carry) = (even << 1 | top).carrying_add(low, carry);
        (words[2 * i + 1], carry) = (odd << 1 | even >> 63).carrying_add(high, carry);
        top = odd >> 63;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto_bigint::NonZero;

    /// Moduli of each kind: folded, just above a power of two, arbitrary, with spare top bits, of a curve's order.
    const MODULI_256: [&str; 5] = [
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97",
        "8000000000000000000000000000000000000000000000000000000000000c99",
        "9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d759b",
        "400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67",
        "ffffffffffffffffffffffffffffffff6c611070995ad10045841b09b761b893",
    ];
    const MODULI_512: [&str; 2] = [
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffdc7",
        "4531acd1fe0023c7550d267b6b2fee80922b14b2ffb90f04d4eb7c09b5d2d15d\
         a82f2d7ecb1dbac719905c5eecc423f1d86e25edbe23c595d644aaf187e6e6df",
    ];

    /// Numbers at the edges of words and of the modulus, and a few in between.
    fn samples<const N: usize>(prime: &Words<N>) -> Vec<Words<N>> {
        let mut samples = vec![[0; N], [u64::MAX; N], *prime];
        for small in [1, 2, 616, 617, 618, u64::MAX] {
            let mut words = [0; N];
            words[0] = small;
            samples.push(words);
            samples.push(sub_words(prime, &words).0);
            samples.push(sub_words(&[0; N], &words).0);
        }
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..12 {
            samples.push(std::array::from_fn(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state ^ state >> 29
            }));
        }
        samples
    }

    fn agrees<const N: usize>(hex: &str) {
        let octets = hex::decode(hex).unwrap();
        let mut prime: Words<N> =
            std::array::from_fn(|i| u64::from_be_bytes(octets[8 * i..8 * i + 8].try_into().unwrap()));
        prime.reverse();
        let modulus = Modulus::new(prime);
        let other = Uint::<N>::from_words(prime);
        let non_zero = NonZero::new(other).unwrap();
        let samples = samples(&prime);
        for a in &samples {
            let (x, other_x) = (modulus.reduce(a), Uint::from_words(*a).rem_vartime(&non_zero));
            assert_eq!(modulus.words(&x), *other_x.as_words(), "{hex}: {a:x?}");
            assert_eq!(modulus.exact(a).is_some(), *other_x.as_words() == *a);
            assert_eq!(x.is_zero(), other_x == Uint::ZERO);
            assert_eq!(modulus.words(&modulus.square(&x)), *other_x.mul_mod(&other_x, &non_zero).as_words());
            assert_eq!(modulus.words(&modulus.negate(&x)), *Uint::ZERO.sub_mod(&other_x, &non_zero).as_words());
            let inverse = modulus.invert(&x);
            let unit = if x.is_zero() { Residue::ZERO } else { modulus.one() };
            assert_eq!(modulus.mul(&inverse, &x), unit, "{hex}: 1/{a:x?}");
            for b in &samples {
                let (y, other_y) = (modulus.reduce(b), Uint::from_words(*b).rem_vartime(&non_zero));
                assert_eq!(modulus.words(&modulus.add(&x, &y)), *other_x.add_mod(&other_y, &non_zero).as_words());
                assert_eq!(modulus.words(&modulus.sub(&x, &y)), *other_x.sub_mod(&other_y, &non_zero).as_words());
                assert_eq!(modulus.words(&modulus.mul(&x, &y)), *other_x.mul_mod(&other_y, &non_zero).as_words());
            }
        }
    }

    #[test]
    fn arithmetic_agrees_with_another_implementation() {
        for hex in MODULI_256 {
            agrees::<4>(hex);
        }
        for hex in MODULI_512 {
            agrees::<8>(hex);
        }
    }
}
