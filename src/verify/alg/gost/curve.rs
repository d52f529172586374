//! Points of a GOST curve in Weierstrass form, y² = x³ + ax + b, and the check of a signature upon them.
//!
//! Points are added in Jacobian coordinates; u·G + v·Q is one run of doublings for both scalars (Straus) over
//! non-adjacent forms, with a table of the base point made once for each curve. Invariants: an [`Affine`] is a point
//! of its curve other than infinity. Time varies with the values: only public data comes here (the signer for tests
//! makes no real signature). It knows no encoding, no identifier and no digest.

use super::field::{Modulus, Residue, Words, add_words};
use super::parameters::Parameters;
use std::fmt;

/// Width of the windows over the scalar of the base point, whose table is kept.
const BASE_WINDOW: u32 = 8;
/// Width of the windows over the scalar of a key, whose table is made for each signature.
const KEY_WINDOW: u32 = 5;

/// A curve, its base point and the order of that point.
pub(super) struct Curve<const N: usize> {
    field: Modulus<N>,
    order: Modulus<N>,
    a: Residue<N>,
    b: Residue<N>,
    a_is_minus_3: bool,
    has_cofactor: bool,
    /// G, 3G, 5G ... for windows of [`BASE_WINDOW`].
    base: Vec<Affine<N>>,
}

/// A point other than infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Affine<const N: usize> {
    x: Residue<N>,
    y: Residue<N>,
}

/// The point (x/z², y/z³), or infinity where z is 0.
#[derive(Debug, Clone, Copy)]
struct Jacobian<const N: usize> {
    x: Residue<N>,
    y: Residue<N>,
    z: Residue<N>,
}

/// A point that is added more than once, with the powers of z that an addition needs.
struct Addend<const N: usize> {
    point: Jacobian<N>,
    z_2: Residue<N>,
    z_3: Residue<N>,
}

/// Why two coordinates are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PointFault {
    /// A coordinate is not below the prime.
    Range,
    /// The curve's equation does not hold.
    OffCurve,
    /// The point is not of the order of the base point.
    SmallOrder,
}

impl<const N: usize> Curve<N> {
    /// The curve of a standard's parameters.
    pub(super) fn of(parameters: &Parameters) -> Self {
        let field = Modulus::new(words_of_hex(parameters.p));
        let order = Modulus::new(words_of_hex(parameters.q));
        let [a, b, x, y] =
            [parameters.a, parameters.b, parameters.x, parameters.y].map(|hex| field.reduce(&words_of_hex(hex)));
        let three = field.add(&field.double(&field.one()), &field.one());
        let a_is_minus_3 = field.add(&a, &three).is_zero();
        let has_cofactor = parameters.cofactor != 1;
        let mut curve = Self { field, order, a, b, a_is_minus_3, has_cofactor, base: Vec::new() };
        let base = curve.odd_multiples(&Affine { x, y }, BASE_WINDOW);
        let affine = |addend: &Addend<N>| curve.affine(&addend.point).expect("q is above each of these multiples");
        curve.base = base.iter().map(affine).collect();
        curve
    }

    /// The point with these coordinates, if it is a key's: in range, on the curve and of the order of the base point.
    pub(super) fn point(&self, x: &Words<N>, y: &Words<N>) -> Result<Affine<N>, PointFault> {
        let field = &self.field;
        let (Some(x), Some(y)) = (field.exact(x), field.exact(y)) else {
            return Err(PointFault::Range);
        };
        let point = Affine { x, y };
        if !self.holds(&point) {
            return Err(PointFault::OffCurve);
        }
        // Where the cofactor is 1 every point of the curve but infinity has the order of the base point. Else there are
        // small subgroups, and q·Q = O tells.
        if self.has_cofactor && !self.multiple(self.order.prime(), &point).z.is_zero() {
            return Err(PointFault::SmallOrder);
        }
        Ok(point)
    }

    /// Whether (r, s) is a signature of the digest `e` by `key` (GOST R 34.10-2012 §6.2, RFC 7091 §6.2).
    pub(super) fn verifies(&self, key: &Affine<N>, e: &Words<N>, r: &Words<N>, s: &Words<N>) -> bool {
        let order = &self.order;
        // Step 1: 0 < r < q, 0 < s < q.
        let (Some(r_residue), Some(s_residue)) = (order.exact(r), order.exact(s)) else {
            return false;
        };
        if r_residue.is_zero() || s_residue.is_zero() {
            return false;
        }
        // Steps 3 to 5: e is 1 where it would be 0; v = 1/e, z1 = s·v, z2 = -r·v.
        let e = self.digest_residue(e);
        let v = order.invert(&e);
        let z1 = order.words(&order.mul(&s_residue, &v));
        let z2 = order.words(&order.negate(&order.mul(&r_residue, &v)));
        // Steps 6 and 7: C = z1·G + z2·Q, and its x mod q is r.
        let c = self.sum_of_multiples(&z1, &z2, key);
        self.x_modulo_order_is(&c, r)
    }

    /// e mod q, or 1 where that is 0.
    fn digest_residue(&self, e: &Words<N>) -> Residue<N> {
        let e = self.order.reduce(e);
        if e.is_zero() { self.order.one() } else { e }
    }

    /// Whether the x-coordinate of a point, taken mod q, is `r`; infinity has none.
    fn x_modulo_order_is(&self, point: &Jacobian<N>, r: &Words<N>) -> bool {
        if point.z.is_zero() {
            return false;
        }
        // x = X/Z² is r, r + q, r + 2q ...: compared as X = x·Z², which spares the inversion. q is above p/5 on every
        // curve, so these are few.
        let z_2 = self.field.square(&point.z);
        let mut x = *r;
        while let Some(candidate) = self.field.exact(&x) {
            if self.field.mul(&candidate, &z_2) == point.x {
                return true;
            }
            let carry;
            (x, carry) = add_words(&x, self.order.prime());
            if carry {
                return false;
            }
        }
        false
    }

    fn holds(&self, point: &Affine<N>) -> bool {
        let field = &self.field;
        let slope = field.add(&field.square(&point.x), &self.a);
        field.square(&point.y) == field.add(&field.mul(&slope, &point.x), &self.b)
    }

    /// u·G + v·Q (Straus).
    fn sum_of_multiples(&self, u: &Words<N>, v: &Words<N>, key: &Affine<N>) -> Jacobian<N> {
        let table = self.odd_multiples(key, KEY_WINDOW);
        let u = signed_windows(u, BASE_WINDOW);
        let v = signed_windows(v, KEY_WINDOW);
        let mut sum = self.infinity();
        for (u, v) in u.iter().zip(&v).rev() {
            sum = self.double(&sum);
            if let Some((addend, negative)) = pick(&self.base, *u) {
                sum = self.add_affine(&sum, addend, negative);
            }
            if let Some((addend, negative)) = pick(&table, *v) {
                sum = self.add(&sum, addend, negative);
            }
        }
        sum
    }

    /// k·P, for any k and any point of the curve.
    fn multiple(&self, k: &Words<N>, point: &Affine<N>) -> Jacobian<N> {
        self.sum_of_multiples(&[0; N], k, point)
    }

    /// P, 3P, 5P ... as windows of `width` need them.
    fn odd_multiples(&self, point: &Affine<N>, width: u32) -> Vec<Addend<N>> {
        let one = Jacobian { x: point.x, y: point.y, z: self.field.one() };
        let two = self.addend(self.double(&one));
        let mut last = one;
        let mut table = vec![self.addend(one)];
        for _ in 1..1 << (width - 2) {
            last = self.add(&last, &two, false);
            table.push(self.addend(last));
        }
        table
    }

    fn infinity(&self) -> Jacobian<N> {
        Jacobian { x: self.field.one(), y: self.field.one(), z: Residue::ZERO }
    }

    fn addend(&self, point: Jacobian<N>) -> Addend<N> {
        let z_2 = self.field.square(&point.z);
        let z_3 = self.field.mul(&z_2, &point.z);
        Addend { point, z_2, z_3 }
    }

    fn affine(&self, point: &Jacobian<N>) -> Option<Affine<N>> {
        if point.z.is_zero() {
            return None;
        }
        let field = &self.field;
        let inverse = field.invert(&point.z);
        let inverse_2 = field.square(&inverse);
        let inverse_3 = field.mul(&inverse_2, &inverse);
        Some(Affine { x: field.mul(&point.x, &inverse_2), y: field.mul(&point.y, &inverse_3) })
    }

    /// 2P. A point of order 2 has y = 0 and infinity z = 0; the z of the result is then 0, as it must be.
    fn double(&self, p: &Jacobian<N>) -> Jacobian<N> {
        let f = &self.field;
        let z_2 = f.square(&p.z);
        let y_2 = f.square(&p.y);
        let beta = f.mul(&p.x, &y_2);
        // The slope: 3x² + a·z⁴, which for a = -3 is 3(x - z²)(x + z²).
        let third = if self.a_is_minus_3 { f.mul(&f.sub(&p.x, &z_2), &f.add(&p.x, &z_2)) } else { f.square(&p.x) };
        let mut alpha = f.add(&f.double(&third), &third);
        if !self.a_is_minus_3 {
            alpha = f.add(&alpha, &f.mul(&self.a, &f.square(&z_2)));
        }
        let beta_4 = f.double(&f.double(&beta));
        let x = f.sub(&f.square(&alpha), &f.double(&beta_4));
        let z = f.sub(&f.sub(&f.square(&f.add(&p.y, &p.z)), &y_2), &z_2);
        let y_4_8 = f.double(&f.double(&f.double(&f.square(&y_2))));
        let y = f.sub(&f.mul(&alpha, &f.sub(&beta_4, &x)), &y_4_8);
        Jacobian { x, y, z }
    }

    /// P + Q, or P - Q.
    fn add(&self, p: &Jacobian<N>, q: &Addend<N>, negative: bool) -> Jacobian<N> {
        let f = &self.field;
        let y_q = if negative { f.negate(&q.point.y) } else { q.point.y };
        if p.z.is_zero() {
            return Jacobian { y: y_q, ..q.point };
        }
        if q.point.z.is_zero() {
            return *p;
        }
        let z_2 = f.square(&p.z);
        let u_p = f.mul(&p.x, &q.z_2);
        let u_q = f.mul(&q.point.x, &z_2);
        let s_p = f.mul(&p.y, &q.z_3);
        let s_q = f.mul(&y_q, &f.mul(&z_2, &p.z));
        let z = f.mul(&p.z, &q.point.z);
        self.add_scaled(p, (&u_p, &s_p), (&u_q, &s_q), &z)
    }

    /// P + Q, or P - Q, where Q has z = 1.
    fn add_affine(&self, p: &Jacobian<N>, q: &Affine<N>, negative: bool) -> Jacobian<N> {
        let f = &self.field;
        let y_q = if negative { f.negate(&q.y) } else { q.y };
        if p.z.is_zero() {
            return Jacobian { x: q.x, y: y_q, z: f.one() };
        }
        let z_2 = f.square(&p.z);
        let u_q = f.mul(&q.x, &z_2);
        let s_q = f.mul(&y_q, &f.mul(&z_2, &p.z));
        self.add_scaled(p, (&p.x, &p.y), (&u_q, &s_q), &p.z)
    }

    /// The sum of two points brought to one z.
    #[inline]
    fn add_scaled(
        &self,
        p: &Jacobian<N>,
        (u_p, s_p): (&Residue<N>, &Residue<N>),
        (u_q, s_q): (&Residue<N>, &Residue<N>),
        z: &Residue<N>,
    ) -> Jacobian<N> {
        let f = &self.field;
        let h = f.sub(u_q, u_p);
        let r = f.sub(s_q, s_p);
        if h.is_zero() {
            // The same x: the same point, or its opposite.
            return if r.is_zero() { self.double(p) } else { self.infinity() };
        }
        let h_2 = f.square(&h);
        let h_3 = f.mul(&h, &h_2);
        let v = f.mul(u_p, &h_2);
        let x = f.sub(&f.sub(&f.square(&r), &h_3), &f.double(&v));
        let y = f.sub(&f.mul(&r, &f.sub(&v, &x)), &f.mul(s_p, &h_3));
        Jacobian { x, y, z: f.mul(z, &h) }
    }
}

/// Its table is of no use to a reader.
impl<const N: usize> fmt::Debug for Curve<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "curve of {} bits", 64 * N)
    }
}

/// Keys and signatures for tests, from numbers below q.
#[cfg(any(test, feature = "testing"))]
impl<const N: usize> Curve<N> {
    /// The coordinates of d·G.
    pub(super) fn test_key(&self, d: &Words<N>) -> (Words<N>, Words<N>) {
        let point = self.affine(&self.sum_of_multiples(d, &[0; N], &self.base[0])).expect("d is not 0");
        (self.field.words(&point.x), self.field.words(&point.y))
    }

    /// The signature (r, s) of the digest `e` by `d` with the one-time number `k` (RFC 7091 §6.1).
    pub(super) fn test_signature(&self, d: &Words<N>, e: &Words<N>, k: &Words<N>) -> (Words<N>, Words<N>) {
        let order = &self.order;
        let (x, _) = self.test_key(k);
        let r = order.reduce(&x);
        let s = order.add(&order.mul(&r, &order.reduce(d)), &order.mul(&order.reduce(k), &self.digest_residue(e)));
        (order.words(&r), order.words(&s))
    }
}

/// The multiple that an odd digit names, and whether it is taken negative; none for 0.
fn pick<T>(table: &[T], digit: i8) -> Option<(&T, bool)> {
    if digit == 0 {
        return None;
    }
    table.get(usize::from(digit.unsigned_abs()) / 2).map(|multiple| (multiple, digit < 0))
}

/// The digits of `scalar` in the non-adjacent form of `width` (at most 8), the least one first: each is 0 or odd and
/// below 2^(width-1) in absolute value, and of `width` neighbours at most one is not 0.
fn signed_windows<const N: usize>(scalar: &Words<N>, width: u32) -> Vec<i8> {
    let spare = 8 - width;
    let mut digits = vec![0; 64 * N + 1];
    let mut carry = 0;
    let mut at = 0;
    while at < digits.len() {
        let bits = low_byte(scalar, at);
        if bits & 1 == carry {
            at += 1;
            continue;
        }
        // Bits and carry are odd together: the lowest bit is 0 if there is a carry. The highest bit of the window is
        // its sign, and a negative digit carries one into the next window.
        let digit = ((bits | carry) << spare).cast_signed() >> spare;
        digits[at] = digit;
        carry = u8::from(digit < 0);
        at += usize::try_from(width).expect("at most 8");
    }
    digits
}

/// The eight bits of `words` from bit `at` upwards.
fn low_byte<const N: usize>(words: &Words<N>, at: usize) -> u8 {
    let word = |index: usize| words.get(index).copied().map_or(0, u128::from);
    ((word(at / 64 + 1) << 64 | word(at / 64)) >> (at % 64)).to_le_bytes()[0]
}

/// The words of a number in hexadecimal, as the standards print them.
fn words_of_hex<const N: usize>(hex: &str) -> Words<N> {
    let mut words = [0_u64; N];
    for (at, digit) in hex.chars().rev().enumerate() {
        let digit = digit.to_digit(16).expect("parameters are hexadecimal");
        words[at / 16] |= u64::from(digit) << (at % 16 * 4);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::parameters::{
        CRYPTO_PRO_A, CRYPTO_PRO_B, CRYPTO_PRO_C, EXAMPLE_256, EXAMPLE_512, TC26_256_A, TC26_512_A, TC26_512_B,
        TC26_512_C,
    };
    use super::*;
    use crypto_bigint::{NonZero, Odd, Uint};

    const OF_256: [&Parameters; 5] = [&CRYPTO_PRO_A, &CRYPTO_PRO_B, &CRYPTO_PRO_C, &TC26_256_A, &EXAMPLE_256];
    const OF_512: [&Parameters; 4] = [&TC26_512_A, &TC26_512_B, &TC26_512_C, &EXAMPLE_512];

    fn small<const N: usize>(number: u64) -> Words<N> {
        let mut words = [0; N];
        words[0] = number;
        words
    }

    fn minus<const N: usize>(a: &Words<N>, b: u64) -> Words<N> {
        *Uint::from_words(*a).wrapping_sub(&Uint::from_words(small(b))).as_words()
    }

    /// A repeatable sequence of numbers.
    fn numbers<const N: usize>(seed: u64) -> impl Iterator<Item = Words<N>> {
        let mut state = seed;
        std::iter::repeat_with(move || {
            std::array::from_fn(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state ^ state >> 31
            })
        })
    }

    /// The textbook: affine points, one inversion for each addition, double and add; infinity is none.
    struct Textbook<const N: usize> {
        p: Uint<N>,
        a: Uint<N>,
        q: Uint<N>,
        base: Option<(Uint<N>, Uint<N>)>,
    }

    impl<const N: usize> Textbook<N> {
        fn of(parameters: &Parameters) -> Self {
            let number = |hex: &str| Uint::from_words(words_of_hex::<N>(hex));
            let base = Some((number(parameters.x), number(parameters.y)));
            Self { p: number(parameters.p), a: number(parameters.a), q: number(parameters.q), base }
        }

        fn add(&self, one: Option<(Uint<N>, Uint<N>)>, two: Option<(Uint<N>, Uint<N>)>) -> Option<(Uint<N>, Uint<N>)> {
            let (Some((x1, y1)), Some((x2, y2))) = (one, two) else {
                return one.or(two);
            };
            let p = NonZero::new(self.p).unwrap();
            let (above, below) = if x1 != x2 {
                (y2.sub_mod(&y1, &p), x2.sub_mod(&x1, &p))
            } else if y1 == y2 && y1 != Uint::ZERO {
                let x_2 = x1.mul_mod(&x1, &p);
                (x_2.add_mod(&x_2, &p).add_mod(&x_2, &p).add_mod(&self.a, &p), y1.add_mod(&y1, &p))
            } else {
                return None;
            };
            let slope = above.mul_mod(&below.invert_odd_mod_vartime(&Odd::new(self.p).unwrap()).unwrap(), &p);
            let x = slope.mul_mod(&slope, &p).sub_mod(&x1, &p).sub_mod(&x2, &p);
            Some((x, slope.mul_mod(&x1.sub_mod(&x, &p), &p).sub_mod(&y1, &p)))
        }

        fn multiple(&self, k: &Uint<N>, point: Option<(Uint<N>, Uint<N>)>) -> Option<(Uint<N>, Uint<N>)> {
            let mut sum = None;
            for bit in (0..k.bits_vartime()).rev() {
                sum = self.add(sum, sum);
                if k.bit_vartime(bit) {
                    sum = self.add(sum, point);
                }
            }
            sum
        }

        fn verifies(&self, key: (Uint<N>, Uint<N>), e: &Uint<N>, r: &Uint<N>, s: &Uint<N>) -> bool {
            let q = NonZero::new(self.q).unwrap();
            if [r, s].iter().any(|number| **number == Uint::ZERO || **number >= self.q) {
                return false;
            }
            let e = e.rem_vartime(&q);
            let e = if e == Uint::ZERO { Uint::ONE } else { e };
            let v = e.invert_odd_mod_vartime(&Odd::new(self.q).unwrap()).unwrap();
            let z1 = s.mul_mod(&v, &q);
            let z2 = Uint::ZERO.sub_mod(&r.mul_mod(&v, &q), &q);
            let c = self.add(self.multiple(&z1, self.base), self.multiple(&z2, Some(key)));
            c.is_some_and(|(x, _)| x.rem_vartime(&q) == *r)
        }
    }

    fn plain<const N: usize>(curve: &Curve<N>, point: &Jacobian<N>) -> Option<(Uint<N>, Uint<N>)> {
        let point = curve.affine(point)?;
        Some((Uint::from_words(curve.field.words(&point.x)), Uint::from_words(curve.field.words(&point.y))))
    }

    fn base_has_its_order<const N: usize>(parameters: &Parameters) {
        let curve = Curve::<N>::of(parameters);
        let base = curve.base[0];
        assert_eq!(curve.base.len(), 64);
        assert!(curve.base.iter().all(|point| curve.holds(point)), "{parameters:?}");
        assert!(curve.multiple(curve.order.prime(), &base).z.is_zero(), "{parameters:?}");
        let before = curve.affine(&curve.multiple(&minus(curve.order.prime(), 1), &base)).unwrap();
        assert_eq!(before.x, base.x);
        assert_eq!(before.y, curve.field.negate(&base.y));
        let bits = |hex: &str| Uint::<N>::from_words(words_of_hex(hex)).bits_vartime();
        assert_eq!(bits(parameters.p) > bits(parameters.q), parameters.cofactor == 4);
        assert_eq!(curve.has_cofactor, parameters.cofactor == 4);
    }

    #[test]
    fn each_base_point_is_on_its_curve_and_has_its_order() {
        OF_256.into_iter().for_each(base_has_its_order::<4>);
        OF_512.into_iter().for_each(base_has_its_order::<8>);
    }

    /// An example of annex A of GOST R 34.10-2012 (the first is also RFC 7091 §7): private number, key, digest,
    /// one-time number, signature.
    fn example<const N: usize>(parameters: &Parameters, numbers: [&str; 7]) {
        let curve = Curve::<N>::of(parameters);
        let [d, x, y, e, k, r, s] = numbers.map(words_of_hex);
        assert_eq!(curve.test_key(&d), (x, y));
        assert_eq!(curve.test_signature(&d, &e, &k), (r, s));
        let key = curve.point(&x, &y).unwrap();
        assert!(curve.verifies(&key, &e, &r, &s));
        assert!(!curve.verifies(&key, &e, &s, &r));
        for bit in 0..64 * N {
            let flipped = |words: &Words<N>| {
                let mut words = *words;
                words[bit / 64] ^= 1 << (bit % 64);
                words
            };
            for fault in [curve.point(&flipped(&x), &y).err(), curve.point(&x, &flipped(&y)).err()] {
                assert!(matches!(fault, Some(PointFault::OffCurve | PointFault::Range)), "bit {bit}");
            }
            if bit % 16 == 5 {
                assert!(!curve.verifies(&key, &flipped(&e), &r, &s), "bit {bit} of e");
                assert!(!curve.verifies(&key, &e, &flipped(&r), &s), "bit {bit} of r");
                assert!(!curve.verifies(&key, &e, &r, &flipped(&s)), "bit {bit} of s");
            }
        }
    }

    #[test]
    fn the_examples_of_the_standard_verify() {
        example::<4>(
            &EXAMPLE_256,
            [
                "7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28",
                "7F2B49E270DB6D90D8595BEC458B50C58585BA1D4E9B788F6689DBD8E56FD80B",
                "26F1B489D6701DD185C8413A977B3CBBAF64D1C593D26627DFFB101A87FF77DA",
                "2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5",
                "77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3",
                "41AA28D2F1AB148280CD9ED56FEDA41974053554A42767B83AD043FD39DC0493",
                "01456C64BA4642A1653C235A98A60249BCD6D3F746B631DF928014F6C5BF9C40",
            ],
        );
        example::<8>(
            &EXAMPLE_512,
            [
                "0BA6048AADAE241BA40936D47756D7C93091A0E8514669700EE7508E508B1020\
                 72E8123B2200A0563322DAD2827E2714A2636B7BFD18AADFC62967821FA18DD4",
                "115DC5BC96760C7B48598D8AB9E740D4C4A85A65BE33C1815B5C320C854621DD\
                 5A515856D13314AF69BC5B924C8B4DDFF75C45415C1D9DD9DD33612CD530EFE1",
                "37C7C90CD40B0F5621DC3AC1B751CFA0E2634FA0503B3D52639F5D7FB72AFD61\
                 EA199441D943FFE7F0C70A2759A3CDB84C114E1F9339FDF27F35ECA93677BEEC",
                "3754F3CFACC9E0615C4F4A7C4D8DAB531B09B6F9C170C533A71D147035B0C591\
                 7184EE536593F4414339976C647C5D5A407ADEDB1D560C4FC6777D2972075B8C",
                "0359E7F4B1410FEACC570456C6801496946312120B39D019D455986E364F3658\
                 86748ED7A44B3E794434006011842286212273A6D14CF70EA3AF71BB1AE679F1",
                "2F86FA60A081091A23DD795E1E3C689EE512A3C82EE0DCC2643C78EEA8FCACD3\
                 5492558486B20F1C9EC197C90699850260C93BCBCD9C5C3317E19344E173AE36",
                "1081B394696FFE8E6585E7A9362D26B6325F56778AADBC081C0BFBE933D52FF5\
                 823CE288E8C4F362526080DF7F70CE406A6EEB1F56919CB92A9853BDE73E5B4A",
            ],
        );
    }

    fn agrees_with_the_textbook<const N: usize>(parameters: &Parameters, count: usize) {
        let curve = Curve::<N>::of(parameters);
        let textbook = Textbook::<N>::of(parameters);
        let mut numbers = numbers::<N>(u64::from(parameters.cofactor) + N as u64);
        let mut next = || curve.order.words(&curve.order.reduce(&numbers.next().unwrap()));
        for _ in 0..count {
            let (d, e, k, u) = (next(), next(), next(), next());
            let (x, y) = curve.test_key(&d);
            let textbook_key = textbook.multiple(&Uint::from_words(d), textbook.base).unwrap();
            assert_eq!((x, y), (*textbook_key.0.as_words(), *textbook_key.1.as_words()), "{parameters:?} {d:x?}");
            let key = curve.point(&x, &y).unwrap();
            let sum = plain(&curve, &curve.sum_of_multiples(&u, &k, &key));
            let textbook_sum = textbook.add(
                textbook.multiple(&Uint::from_words(u), textbook.base),
                textbook.multiple(&Uint::from_words(k), Some(textbook_key)),
            );
            assert_eq!(sum, textbook_sum, "{parameters:?} {d:x?} {u:x?} {k:x?}");
            let (r, s) = curve.test_signature(&d, &e, &k);
            let right =
                textbook.verifies(textbook_key, &Uint::from_words(e), &Uint::from_words(r), &Uint::from_words(s));
            assert!(right, "{parameters:?} {d:x?} {e:x?} {k:x?}");
            assert!(curve.verifies(&key, &e, &r, &s), "{parameters:?} {d:x?} {e:x?} {k:x?}");
        }
    }

    #[test]
    fn keys_sums_and_signatures_agree_with_a_textbook_implementation() {
        OF_256.into_iter().for_each(|parameters| agrees_with_the_textbook::<4>(parameters, 4));
        OF_512.into_iter().for_each(|parameters| agrees_with_the_textbook::<8>(parameters, 2));
    }

    fn edges<const N: usize>(parameters: &Parameters) {
        let curve = Curve::<N>::of(parameters);
        let order = *curve.order.prime();
        let (x, y) = curve.test_key(&small(5));
        let key = curve.point(&x, &y).unwrap();
        // The key is 5G: sums meet the same point, its opposite and infinity on the way.
        for v in [0, 1, 2, 16, 31] {
            for u in [0, 1, 5, 10, 127, 128] {
                let expected = if u + 5 * v == 0 { None } else { Some(curve.test_key(&small(u + 5 * v))) };
                let sum = plain(&curve, &curve.sum_of_multiples(&small(u), &small(v), &key));
                assert_eq!(sum.map(|(x, y)| (*x.as_words(), *y.as_words())), expected, "{u}G + {v}Q");
            }
            let none = curve.sum_of_multiples(&minus(&order, 5 * v), &small(v), &key);
            assert!(none.z.is_zero(), "-{v}·5G + {v}Q");
        }
        // e = 1 and s = r·d give k = 0: C is infinity, which has no x.
        let e = small(1);
        for r in [1, 2, 77] {
            assert!(!curve.verifies(&key, &e, &small(r), &small(5 * r)));
            assert!(!curve.verifies(&key, &[0; N], &small(r), &small(5 * r)));
        }
        // A digest that is 0 mod q counts as 1.
        let (r, s) = curve.test_signature(&small(5), &e, &small(9));
        assert!(curve.verifies(&key, &e, &r, &s));
        assert!(curve.verifies(&key, &[0; N], &r, &s));
        assert!(curve.verifies(&key, &order, &r, &s));
        assert!(!curve.verifies(&key, &small(2), &r, &s));
        // The scheme itself cannot tell a digest from its negative: C becomes -C, which has the same x.
        assert!(curve.verifies(&key, &minus(&order, 1), &r, &s));
        // Each number is within 1 and q - 1, and nothing above is reduced.
        let above = |number: &Words<N>| add_words(number, &order);
        for (number, carry) in [above(&r), above(&s)] {
            if !carry {
                assert!(!curve.verifies(&key, &e, &number, &s));
                assert!(!curve.verifies(&key, &e, &r, &number));
            }
        }
        for out in [[0; N], order, [u64::MAX; N]] {
            assert!(!curve.verifies(&key, &e, &out, &s));
            assert!(!curve.verifies(&key, &e, &r, &out));
        }
        // Coordinates are below p, even where p more would fit into the octets.
        let p = *curve.field.prime();
        assert_eq!(curve.point(&p, &y).err(), Some(PointFault::Range));
        assert_eq!(curve.point(&x, &p).err(), Some(PointFault::Range));
        assert_eq!(curve.point(&[u64::MAX; N], &y).err(), Some(PointFault::Range));
        assert!(curve.point(&[0; N], &[0; N]).is_err());
    }

    #[test]
    fn sums_and_ranges_are_right_at_their_edges() {
        OF_256.into_iter().for_each(edges::<4>);
        OF_512.into_iter().for_each(edges::<8>);
    }

    /// Points of the curve outside the subgroup of the base point: by x, with a root of x³ + ax + b (p is 3 mod 4).
    fn small_orders<const N: usize>(parameters: &Parameters) {
        let curve = Curve::<N>::of(parameters);
        let field = &curve.field;
        let p = Uint::<N>::from_words(*field.prime());
        let exponent = p.wrapping_add(&Uint::ONE).shr_vartime(2);
        assert_eq!(p.as_words()[0] % 4, 3);
        let mut faults = [0, 0];
        let mut of_order_2 = 0;
        for number in 0..64 {
            let x = field.reduce(&small(number));
            let square = field.add(&field.mul(&field.add(&field.square(&x), &curve.a), &x), &curve.b);
            let mut y = field.one();
            for bit in (0..exponent.bits_vartime()).rev() {
                y = field.square(&y);
                if exponent.bit_vartime(bit) {
                    y = field.mul(&y, &square);
                }
            }
            let point = Affine { x, y };
            if !curve.holds(&point) {
                continue;
            }
            let of_q = curve.multiple(curve.order.prime(), &point).z.is_zero();
            faults[usize::from(of_q)] += 1;
            let checked = curve.point(&small(number), &field.words(&y));
            assert_eq!(checked.err(), (!of_q).then_some(PointFault::SmallOrder), "x = {number}");
            // q times a point of the whole group is of the small subgroup: order 1, 2 or 4.
            if let Some(torsion) = curve.affine(&curve.multiple(curve.order.prime(), &point)) {
                let fault = curve.point(&field.words(&torsion.x), &field.words(&torsion.y)).err();
                assert_eq!(fault, Some(PointFault::SmallOrder));
                assert!(curve.multiple(&small(4), &torsion).z.is_zero());
                of_order_2 += usize::from(torsion.y.is_zero());
                // Twice a point of order 2 is infinity in each way to add.
                if torsion.y.is_zero() {
                    let once = curve.multiple(&small(1), &torsion);
                    assert!(curve.double(&once).z.is_zero());
                    assert!(curve.add_affine(&once, &torsion, false).z.is_zero());
                    assert!(curve.add_affine(&once, &torsion, true).z.is_zero());
                }
            }
        }
        assert!(faults[0] > 0 && faults[1] > 0 && of_order_2 > 0, "{faults:?} {of_order_2}");
    }

    #[test]
    fn points_of_small_order_are_no_keys() {
        small_orders::<4>(&TC26_256_A);
        small_orders::<8>(&TC26_512_C);
    }

    #[test]
    fn an_x_at_or_above_q_counts_modulo_q() {
        // Where the cofactor is 4, three of four points have such an x: many one-time numbers meet each quarter.
        let curve = Curve::<4>::of(&TC26_256_A);
        let (x, y) = curve.test_key(&small(5));
        let key = curve.point(&x, &y).unwrap();
        let mut quarters = [0; 4];
        for k in 1..40 {
            let (x, _) = curve.test_key(&small(k));
            let (r, s) = curve.test_signature(&small(5), &small(3), &small(k));
            quarters[usize::try_from(x[3] >> 62).unwrap()] += 1;
            assert!(curve.verifies(&key, &small(3), &r, &s));
        }
        assert!(quarters.iter().all(|count| *count > 2), "{quarters:?}");
    }

    #[test]
    fn windows_sum_up_to_their_scalar() {
        let edges = [[0; 4], small(1), [u64::MAX; 4], [0, 0, 0, 1 << 63], [u64::MAX, 0, u64::MAX, 0]];
        for scalar in edges.into_iter().chain(numbers(7).take(50)) {
            for width in 2..=8 {
                let digits = signed_windows(&scalar, width);
                let mut sum = Uint::<5>::ZERO;
                let mut last = None;
                for (at, digit) in digits.iter().enumerate().rev() {
                    sum = sum.wrapping_shl_vartime(1);
                    let absolute = Uint::from_u8(digit.unsigned_abs());
                    sum = if *digit < 0 { sum.wrapping_sub(&absolute) } else { sum.wrapping_add(&absolute) };
                    if *digit != 0 {
                        assert!(digit % 2 != 0 && u32::from(digit.unsigned_abs()) < 1 << (width - 1));
                        let distance = last.map_or(usize::MAX, |last: usize| last - at);
                        assert!(u32::try_from(distance).unwrap_or(u32::MAX) >= width);
                        last = Some(at);
                    }
                }
                let words = sum.as_words();
                assert_eq!((&words[..4], words[4]), (&scalar[..], 0), "width {width}");
            }
        }
    }
}
