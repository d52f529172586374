//! What Kazakhstan's certificates say beyond X.509: who the person and the body are, and in which role.
//!
//! Identification numbers stand in the subject, roles in extendedKeyUsage (not in certificatePolicies). What does not
//! have exactly the form of the National Certification Authority is no number: a body that happens to be named
//! `BIN12` has none. Names of roles are those of the authority's test service (NCANode, `CertificateKeyUser`).
//!
//! It checks no digit of a number against its check digit, and asks no register.

use super::certificate::Certificate;
use super::name::{attribute, attributes};
use super::oid::Oid;
use crate::text::{Text, text};

/// The arc of roles in extendedKeyUsage.
const ROLES: &str = "1.2.398.3.3.4.";

/// Digits of both identification numbers.
const NUMBER_DIGITS: usize = 12;

/// Who a certificate is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Individual identification number: `serialNumber=IIN…`.
    pub iin: Option<String>,
    /// Business identification number: `OU=BIN…`.
    pub bin: Option<String>,
    /// Roles, in the order of the certificate.
    pub role_oids: Vec<Oid>,
}

/// Reads the identity in `certificate`.
pub fn identity(certificate: &Certificate) -> Identity {
    let purposes = certificate.extensions.extended_key_usage.as_deref().unwrap_or_default();
    Identity {
        iin: number(certificate.subject_der(), attribute::SERIAL_NUMBER, "IIN"),
        bin: number(certificate.subject_der(), attribute::ORGANIZATIONAL_UNIT, "BIN"),
        role_oids: purposes.iter().filter(|oid| is_role(oid)).cloned().collect(),
    }
}

/// Whether `oid` is a role.
pub fn is_role(oid: &Oid) -> bool {
    oid.as_str().starts_with(ROLES)
}

/// The number behind `prefix`; none when there are two, because nobody could say which is meant.
fn number(subject: &[u8], attribute: &str, prefix: &str) -> Option<String> {
    let is_number = |digits: &str| digits.len() == NUMBER_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    let values = attributes(subject, attribute);
    let mut numbers = values.iter().filter_map(|value| value.strip_prefix(prefix)).filter(|digits| is_number(digits));
    let number = numbers.next()?;
    numbers.all(|other| other == number).then(|| number.to_owned())
}

/// The name of a role; none for one that is not known.
pub fn role_text(oid: &Oid) -> Option<Text> {
    Some(match oid.as_str() {
        "1.2.398.3.3.4.1.1" => text("жеке тұлға", "физическое лицо", "natural person"),
        "1.2.398.3.3.4.1.2" => text("заңды тұлға", "юридическое лицо", "legal entity"),
        "1.2.398.3.3.4.1.2.1" => text("бірінші басшы", "первый руководитель", "first head of the legal entity"),
        "1.2.398.3.3.4.1.2.2" => {
            text("қол қою құқығы бар тұлға", "лицо с правом подписи", "person with the right to sign")
        }
        "1.2.398.3.3.4.1.2.3" => text(
            "қаржы құжаттарына қол қою құқығы бар тұлға",
            "лицо с правом подписи финансовых документов",
            "person with the right to sign financial documents",
        ),
        "1.2.398.3.3.4.1.2.4" => {
            text("кадр бөлімінің қызметкері", "сотрудник отдела кадров", "staff of human resources")
        }
        "1.2.398.3.3.4.1.2.5" => text("ұйым қызметкері", "сотрудник организации", "employee of the legal entity"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::der::{tag, write};
    use super::*;

    fn name(parts: &[(&[u8], &str)]) -> Vec<u8> {
        let rdn = |(oid, value): &(&[u8], &str)| {
            let oid = write(tag::OID, &[oid]);
            let value = write(tag::UTF8_STRING, &[value.as_bytes()]);
            write(tag::SET, &[&write(tag::SEQUENCE, &[&oid, &value])])
        };
        let parts: Vec<Vec<u8>> = parts.iter().map(rdn).collect();
        write(tag::SEQUENCE, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    const SERIAL: &[u8] = &[0x55, 0x04, 0x05];
    const OU: &[u8] = &[0x55, 0x04, 0x0b];

    #[test]
    fn only_the_exact_form_is_a_number() {
        let iin = |value: &str| number(&name(&[(SERIAL, value)]), attribute::SERIAL_NUMBER, "IIN");
        assert_eq!(iin("IIN123456789011").as_deref(), Some("123456789011"));
        for near in ["IIN12345678901", "IIN1234567890111", "iin123456789011", "123456789011", "IIN12345678901x", "IIN"]
        {
            assert_eq!(iin(near), None, "{near}");
        }
        assert_eq!(number(&name(&[(OU, "IIN123456789011")]), attribute::SERIAL_NUMBER, "IIN"), None);
    }

    #[test]
    fn another_unit_does_not_hide_the_number_and_two_numbers_are_none() {
        let bin = |parts: &[(&[u8], &str)]| number(&name(parts), attribute::ORGANIZATIONAL_UNIT, "BIN");
        assert_eq!(bin(&[(OU, "Бөлім"), (OU, "BIN123456789021")]).as_deref(), Some("123456789021"));
        assert_eq!(bin(&[(OU, "BIN123456789021"), (OU, "BIN123456789022")]), None);
        assert_eq!(number(b"\x30\x05", attribute::ORGANIZATIONAL_UNIT, "BIN"), None);
    }

    #[test]
    fn roles_are_known_by_their_arc_and_named_when_known() {
        let oid = |text: &str| text.parse::<Oid>().unwrap();
        assert!(is_role(&oid("1.2.398.3.3.4.3.1")) && role_text(&oid("1.2.398.3.3.4.3.1")).is_none());
        assert!(role_text(&oid("1.2.398.3.3.4.1.2.1")).is_some());
        assert!(!is_role(&oid("1.2.398.3.3.40.1")) && !is_role(&oid("1.2.398.3.3.4")));
    }
}
