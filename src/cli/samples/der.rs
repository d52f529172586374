//! Writing DER: just what a demonstration certificate and a signature need.
//!
//! Every function returns one whole encoding (X.690 §10: definite, shortest lengths). It reads nothing: what comes from
//! outside is read by the verify step.

use chrono::{DateTime, Datelike, Utc};

/// Universal tags (X.680 §8.6), with the bit for "constructed" where the type is.
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The tag of SET and SET OF; signed attributes are signed under it (RFC 5652 §5.4).
const SET: u8 = 0x31;

/// One value: tag, length, content.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    // X.690 §8.1.3, §10.1: one byte up to 127, else the number of length bytes and the length without leading zeros.
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let digits = &length[length.iter().take_while(|b| **b == 0).count()..];
            out.push(0x80 | u8::try_from(digits.len()).expect("a length has at most 8 bytes"));
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of the encodings given.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, &parts.concat())
}

/// SET OF, its members in the order DER wants (X.690 §11.6).
pub(super) fn set_of(members: &[&[u8]]) -> Vec<u8> {
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    value(SET, &sorted.concat())
}

/// The context-specific, constructed value `[number]` around `content`.
pub(super) fn context(number: u8, content: &[u8]) -> Vec<u8> {
    assert!(number < 31, "longer tags are not written");
    value(0xa0 | number, content)
}

/// INTEGER from the big-endian bytes of a number that is not negative.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let digits = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
    // X.690 §8.3: a first bit of one would read as a negative number, and nought still has one byte.
    if digits.first().is_none_or(|first| *first >= 0x80) {
        return value(INTEGER, &[&[0], digits].concat());
    }
    value(INTEGER, digits)
}

/// BOOLEAN TRUE; FALSE is never written, as it is the default wherever we write one.
pub(super) fn boolean_true() -> Vec<u8> {
    value(BOOLEAN, &[0xff])
}

/// BIT STRING whose last `unused` bits do not count.
pub(super) fn bit_string(unused: u8, bytes: &[u8]) -> Vec<u8> {
    value(BIT_STRING, &[&[unused], bytes].concat())
}

/// OCTET STRING.
pub(super) fn octet_string(bytes: &[u8]) -> Vec<u8> {
    value(OCTET_STRING, bytes)
}

/// UTF8String.
pub(super) fn utf8_string(text: &str) -> Vec<u8> {
    value(UTF8_STRING, text.as_bytes())
}

/// OBJECT IDENTIFIER from its numbers, at least two (X.690 §8.19).
pub(super) fn object_identifier(numbers: &[u32]) -> Vec<u8> {
    let [first, second, rest @ ..] = numbers else { panic!("an object identifier has two numbers or more") };
    let mut content = Vec::new();
    for number in std::iter::once(first * 40 + second).chain(rest.iter().copied()) {
        // Groups of seven bits, the highest first; all but the last carry the top bit.
        for shift in [28, 21, 14, 7] {
            if number >> shift != 0 {
                content.push(0x80 | low_seven_bits(number >> shift));
            }
        }
        content.push(low_seven_bits(number));
    }
    value(OBJECT_IDENTIFIER, &content)
}

fn low_seven_bits(number: u32) -> u8 {
    u8::try_from(number & 0x7f).expect("seven bits fit a byte")
}

/// Time: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5, RFC 5652 §11.3).
pub(super) fn time(at: DateTime<Utc>) -> Vec<u8> {
    if (1950..2050).contains(&at.year()) {
        return value(UTC_TIME, at.format("%y%m%d%H%M%SZ").to_string().as_bytes());
    }
    value(GENERALIZED_TIME, at.format("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn lengths_are_the_shortest() {
        assert_eq!(octet_string(&[7; 127])[..2], [0x04, 0x7f]);
        assert_eq!(octet_string(&[7; 128])[..3], [0x04, 0x81, 0x80]);
        assert_eq!(octet_string(&[7; 256])[..4], [0x04, 0x82, 0x01, 0x00]);
        assert_eq!(octet_string(&[]), [0x04, 0x00]);
    }

    #[test]
    fn integers_are_positive_and_shortest() {
        assert_eq!(integer(&[]), [0x02, 1, 0]);
        assert_eq!(integer(&[0, 0]), [0x02, 1, 0]);
        assert_eq!(integer(&[0, 0x7f]), [0x02, 1, 0x7f]);
        assert_eq!(integer(&[0x80]), [0x02, 2, 0, 0x80]);
    }

    #[test]
    fn object_identifiers_known_answers() {
        // ecdsa-with-SHA256 (RFC 5758 §3.2) and sha256 (RFC 5754 §2.2) as every library writes them.
        assert_eq!(hex::encode(object_identifier(&[1, 2, 840, 10045, 4, 3, 2])), "06082a8648ce3d040302");
        assert_eq!(hex::encode(object_identifier(&[2, 16, 840, 1, 101, 3, 4, 2, 1])), "0609608648016503040201");
    }

    #[test]
    fn set_members_are_sorted() {
        assert_eq!(set_of(&[&[5, 0], &[1, 1, 255]]), [0x31, 5, 1, 1, 255, 5, 0]);
    }

    #[test]
    fn the_form_of_time_changes_in_2050() {
        let at = |year| Utc.with_ymd_and_hms(year, 12, 31, 23, 59, 59).unwrap();
        assert_eq!(time(at(2049)), [&[0x17, 13], &b"491231235959Z"[..]].concat());
        assert_eq!(time(at(2050)), [&[0x18, 15], &b"20501231235959Z"[..]].concat());
    }
}
