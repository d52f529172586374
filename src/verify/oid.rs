//! Object identifiers, in the dotted form that reports and policies use.
//!
//! One identifier has one text, so comparing texts compares identifiers.

use std::fmt;

/// An object identifier in dotted form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(String);

impl Oid {
    /// Reads the content octets of an OBJECT IDENTIFIER (X.690 §8.19); none when they are malformed.
    pub fn of_content(octets: &[u8]) -> Option<Self> {
        let (last, _) = octets.split_last()?;
        if *last & 0x80 != 0 {
            return None;
        }
        let mut text = String::new();
        let mut arc: u128 = 0;
        let mut starts = true;
        for octet in octets {
            // A subidentifier has no leading zeros, and one beyond 128 bits (a UUID arc) exists nowhere.
            if (starts && *octet == 0x80) || arc >> 121 != 0 {
                return None;
            }
            arc = arc << 7 | u128::from(octet & 0x7f);
            starts = octet & 0x80 == 0;
            if !starts {
                continue;
            }
            if text.is_empty() {
                let first = (arc / 40).min(2);
                text = format!("{first}.{}", arc - first * 40);
            } else {
                text.push('.');
                text.push_str(&arc.to_string());
            }
            arc = 0;
        }
        Some(Self(text))
    }

    /// The content octets of the OBJECT IDENTIFIER; none when an arc has more than 128 bits.
    pub fn to_content(&self) -> Option<Vec<u8>> {
        let mut arcs = self.0.split('.').map(|arc| arc.parse::<u128>().ok());
        // X.690 §8.19.4: the first two arcs are one subidentifier.
        let first = arcs.next()??.checked_mul(40)?.checked_add(arcs.next()??)?;
        let mut content = Vec::new();
        for arc in std::iter::once(Some(first)).chain(arcs) {
            let arc = arc?;
            let groups = (0..19).rev().map(|group| u8::try_from(arc >> (7 * group) & 0x7f).unwrap_or(0));
            let significant: Vec<u8> = groups.skip_while(|group| *group == 0).collect();
            let (last, high) = significant.split_last().unwrap_or((&0, &[]));
            content.extend(high.iter().map(|group| group | 0x80));
            content.push(*last);
        }
        Some(content)
    }

    /// The dotted form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// From a dotted form that a policy or a constant says; not checked further than its characters.
impl std::str::FromStr for Oid {
    type Err = OidError;
    fn from_str(text: &str) -> Result<Self, OidError> {
        let arcs = text.split('.').count();
        let is_arc = |arc: &str| {
            !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
        };
        if arcs < 2 || text.len() > 255 || !text.split('.').all(is_arc) {
            return Err(OidError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Text that is no object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no object identifier in dotted form")]
pub struct OidError(pub String);

impl PartialEq<str> for Oid {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Oid {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_forms_are_those_of_the_standards() {
        let of = |octets: &[u8]| Oid::of_content(octets).map(|o| o.to_string());
        assert_eq!(of(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]).unwrap(), "1.2.840.113549.1.7.2");
        assert_eq!(of(&[0x88, 0x37, 0x03]).unwrap(), "2.999.3");
        assert_eq!(of(&[0x55, 0x1d, 0x20, 0x00]).unwrap(), "2.5.29.32.0");
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[0x2a, 0x86]), None);
        assert_eq!(of(&[0x2a, 0x80, 0x01]), None);
        assert_eq!(of(&[0xff; 40]), None);
    }

    #[test]
    fn content_octets_are_written_as_they_were_read() {
        let octets: [&[u8]; 5] = [
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2],
            &[0x88, 0x37, 3],
            &[0x55, 0x1d, 0x20, 0],
            &[0],
            &[0x81, 0],
        ];
        for octets in octets {
            assert_eq!(Oid::of_content(octets).unwrap().to_content().unwrap(), octets);
        }
        let largest = [&[0x2a, 0x83], [0xff; 17].as_slice(), &[0x7f]].concat();
        assert_eq!(Oid::of_content(&largest).unwrap().to_content().unwrap(), largest);
        let beyond: Oid = format!("1.2.{}", "9".repeat(40)).parse().unwrap();
        assert_eq!(beyond.to_content(), None);
    }

    #[test]
    fn a_policy_cannot_name_what_is_no_oid() {
        assert!("1.2.398.3.3.4.1.1".parse::<Oid>().is_ok());
        for bad in ["", "1", "1..2", "1.02", "1.2.x", "1.2 "] {
            assert!(bad.parse::<Oid>().is_err(), "{bad}");
        }
    }
}
