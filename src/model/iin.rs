//! The individual identification number of a person, which no text shows whole by accident.
//!
//! Printed it is masked ([`Iin::masked`]); who needs the digits asks for them by name ([`Iin::digits`]), so that a
//! search of the sources finds every place that does.
//!
//! It does not say whether the control digit holds: registers warn about that (`verify/authority.rs`).

use std::fmt;

/// An individual identification number: twelve digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iin(String);

impl Iin {
    /// The number in a text of exactly twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self(text.to_owned()))
    }

    /// All twelve digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// What lists show. The first six digits are the day of birth, so they are what is hidden.
    pub fn masked(&self) -> String {
        masked(&self.0)
    }
}

/// The same for a number that came as a text: of what is no such number nothing is shown.
pub fn masked(number: &str) -> String {
    let end = if number.len() == 12 { number.get(6..) } else { None };
    format!("******{}", end.unwrap_or("******"))
}

impl fmt::Display for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iin({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_twelve_digits_and_shows_six() {
        let iin = Iin::parse("000000123456").unwrap();
        assert_eq!((iin.to_string(), iin.digits()), ("******123456".to_owned(), "000000123456"));
        assert_eq!(format!("{iin:?}"), "Iin(******123456)");
        for text in ["", "00000012345", "0000001234567", "00000012345a", " 00000012345"] {
            assert_eq!(Iin::parse(text), None, "{text}");
        }
        assert_eq!(masked("КЕҢСЕ"), "************", "a text that is no number shows nothing");
    }
}
