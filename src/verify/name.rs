//! Names of X.501, as certificates carry them: compared by RFC 5280 §7.1, written by RFC 4514.
//!
//! Two names are the same when their texts are, whatever string types carry them: letters without regard to case, runs
//! of spaces as one space. Preparation is that of RFC 4518 in short: compatibility normalisation (NFKC), case folding,
//! insignificant spaces; its table of prohibited characters is not applied, so a character that is unassigned today
//! only ever equals itself.
//!
//! A value that is no string is compared by its bytes. A name that is malformed equals nothing but the same bytes.

use super::der::{DerError, Element, Reader, tag};
use super::oid::Oid;
use crate::model::digest::{Sha256, sha256, sha256_parts};
use std::fmt::Write;
use unicode_normalization::UnicodeNormalization;

/// Object identifiers of attributes (RFC 5280 §4.1.2.4 and appendix A).
pub mod attribute {
    /// commonName.
    pub const COMMON_NAME: &str = "2.5.4.3";
    /// surname.
    pub const SURNAME: &str = "2.5.4.4";
    /// serialNumber; in Kazakhstan `IIN` and the individual identification number.
    pub const SERIAL_NUMBER: &str = "2.5.4.5";
    /// countryName.
    pub const COUNTRY: &str = "2.5.4.6";
    /// localityName.
    pub const LOCALITY: &str = "2.5.4.7";
    /// stateOrProvinceName.
    pub const STATE: &str = "2.5.4.8";
    /// streetAddress.
    pub const STREET: &str = "2.5.4.9";
    /// organizationName.
    pub const ORGANIZATION: &str = "2.5.4.10";
    /// organizationalUnitName; in Kazakhstan `BIN` and the business identification number.
    pub const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";
    /// title.
    pub const TITLE: &str = "2.5.4.12";
    /// givenName; in Kazakhstan the patronymic.
    pub const GIVEN_NAME: &str = "2.5.4.42";
    /// organizationIdentifier (ETSI EN 319 412-1).
    pub const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";
    /// emailAddress (PKCS #9).
    pub const EMAIL: &str = "1.2.840.113549.1.9.1";
    /// domainComponent.
    pub const DOMAIN_COMPONENT: &str = "0.9.2342.19200300.100.1.25";
    /// userId.
    pub const USER_ID: &str = "0.9.2342.19200300.100.1.1";
}

/// Names of attribute types as LDAP registers them (RFC 4514 §3, RFC 4519), and the usual one of e-mail.
const SHORT_NAMES: [(&str, &str); 15] = [
    (attribute::COMMON_NAME, "CN"),
    (attribute::SURNAME, "SN"),
    (attribute::SERIAL_NUMBER, "serialNumber"),
    (attribute::COUNTRY, "C"),
    (attribute::LOCALITY, "L"),
    (attribute::STATE, "ST"),
    (attribute::STREET, "STREET"),
    (attribute::ORGANIZATION, "O"),
    (attribute::ORGANIZATIONAL_UNIT, "OU"),
    (attribute::TITLE, "title"),
    (attribute::GIVEN_NAME, "givenName"),
    (attribute::ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
    (attribute::EMAIL, "emailAddress"),
    (attribute::DOMAIN_COMPONENT, "DC"),
    (attribute::USER_ID, "UID"),
];

/// A value prepared for comparison.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Prepared {
    /// A string, whatever its type was.
    Text(String),
    /// Anything else: the encoding.
    Bytes(Vec<u8>),
}

/// A relative distinguished name: a set, so in a fixed order.
type PreparedRdn = Vec<(Oid, Prepared)>;

/// One attribute of a name.
struct Attribute<'a> {
    oid: Oid,
    value: Element<'a>,
}

/// Whether two encoded names are the same (RFC 5280 §7.1).
pub fn names_match(a: &[u8], b: &[u8]) -> bool {
    a == b || NameKey::of(a) == NameKey::of(b)
}

/// Whether `name` lies in the subtree of `base`: it begins with all its parts (RFC 5280 §7.1). Every name lies within
/// the empty one.
pub fn is_within_subtree(name: &[u8], base: &[u8]) -> bool {
    matches!((PreparedName::of(name), PreparedName::of(base)), (Some(name), Some(base)) if name.is_within(&base))
}

/// A name as it is compared, for one who compares it often: equal names have equal keys, and other names other ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(Sha256);

impl NameKey {
    /// The key of an encoded name.
    pub fn of(name: &[u8]) -> Self {
        let Ok(prepared) = prepared(name) else {
            return Self(sha256_parts(&[b"malformed", name]));
        };
        let mut octets = b"prepared".to_vec();
        let mut put = |kind: u8, value: &[u8]| {
            octets.push(kind);
            octets.extend_from_slice(&u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
            octets.extend_from_slice(value);
        };
        for rdn in &prepared {
            put(b'r', &[]);
            for (oid, value) in rdn {
                put(b'o', oid.as_str().as_bytes());
                match value {
                    Prepared::Text(text) => put(b't', text.as_bytes()),
                    Prepared::Bytes(bytes) => put(b'b', bytes),
                }
            }
        }
        Self(sha256(&octets))
    }
}

/// A name as it is compared, for one who asks for subtrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedName(Vec<PreparedRdn>);

impl PreparedName {
    /// From an encoded name; none when it is malformed.
    pub fn of(name: &[u8]) -> Option<Self> {
        prepared(name).ok().map(Self)
    }

    /// Whether it begins with all parts of `base`.
    pub fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

/// Whether an encoded name has no parts.
pub fn is_empty(name: &[u8]) -> bool {
    rdns(name).is_ok_and(|parts| parts.is_empty())
}

/// The texts of all attributes of one type, in the order of the name. What is no string is left out.
pub fn attributes(name: &[u8], oid: &str) -> Vec<String> {
    let parts = rdns(name).unwrap_or_default();
    parts.iter().flatten().filter(|part| part.oid == oid).filter_map(|part| text(&part.value)).collect()
}

/// The name as RFC 4514 writes it: most specific part first. A malformed one is its bytes.
pub fn rfc4514(name: &[u8]) -> String {
    let Ok(parts) = rdns(name) else {
        return format!("#{}", hex::encode(name));
    };
    let mut out = String::new();
    for rdn in parts.iter().rev() {
        if !out.is_empty() {
            out.push(',');
        }
        for (index, part) in rdn.iter().enumerate() {
            if index > 0 {
                out.push('+');
            }
            let short = SHORT_NAMES.iter().find(|(oid, _)| part.oid == *oid).map(|(_, short)| *short);
            out.push_str(short.unwrap_or(part.oid.as_str()));
            out.push('=');
            // RFC 4514 §2.4: a type in dotted form has its value in hexadecimal.
            match text(&part.value).filter(|_| short.is_some()) {
                Some(text) => escape(&text, &mut out),
                None => {
                    out.push('#');
                    out.push_str(&hex::encode(part.value.raw));
                }
            }
        }
    }
    out
}

/// RFC 4514 §2.4. Control characters too are written as octets: a report has them visible.
fn escape(text: &str, out: &mut String) {
    let last = text.chars().count().saturating_sub(1);
    for (index, c) in text.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            '#' if index == 0 => out.push_str("\\#"),
            ' ' if index == 0 || index == last => out.push_str("\\ "),
            c if c.is_control() => {
                for octet in c.encode_utf8(&mut [0; 4]).bytes() {
                    write!(out, "\\{octet:02X}").expect("a String takes everything");
                }
            }
            c => out.push(c),
        }
    }
}

fn prepared(name: &[u8]) -> Result<Vec<PreparedRdn>, DerError> {
    let prepare = |part: Attribute<'_>| {
        let value = match text(&part.value) {
            Some(text) => Prepared::Text(prepare_text(&text)),
            None => Prepared::Bytes(part.value.raw.to_vec()),
        };
        (part.oid, value)
    };
    let mut out = Vec::new();
    for rdn in rdns(name)? {
        let mut parts: PreparedRdn = rdn.into_iter().map(prepare).collect();
        parts.sort();
        out.push(parts);
    }
    Ok(out)
}

/// RFC 4518 §2, for caseIgnoreMatch.
pub(super) fn prepare_text(text: &str) -> String {
    // By upper case to lower case, so that letters with several small forms (sigma) become one.
    let folded = text.nfkc().filter(|c| !is_mapped_to_nothing(*c)).map(|c| if is_mapped_to_space(c) { ' ' } else { c });
    let folded: String = folded.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect();
    let mut out = String::with_capacity(folded.len());
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// RFC 4518 §2.2.
fn is_mapped_to_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{034f}' | '\u{1806}' | '\u{180b}'..='\u{180d}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' | '\u{206a}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffc}'
    ) || (c.is_control() && !is_mapped_to_space(c))
}

/// RFC 4518 §2.2.
fn is_mapped_to_space(c: char) -> bool {
    matches!(c, '\u{0009}'..='\u{000d}' | '\u{0085}') || (c.is_whitespace() && !c.is_control())
}

/// The parts of a Name: SEQUENCE OF SET OF SEQUENCE { type, value }.
fn rdns(name: &[u8]) -> Result<Vec<Vec<Attribute<'_>>>, DerError> {
    let mut file = Reader::der(name);
    let outer = file.expect(tag::SEQUENCE)?;
    file.end()?;
    let mut sets = outer.reader();
    let mut out = Vec::new();
    while !sets.is_empty() {
        let mut members = sets.expect(tag::SET)?.reader();
        let mut rdn = Vec::new();
        while !members.is_empty() {
            let mut pair = members.expect(tag::SEQUENCE)?.reader();
            rdn.push(Attribute { oid: pair.expect(tag::OID)?.oid()?, value: pair.read()? });
            pair.end()?;
        }
        out.push(rdn);
    }
    Ok(out)
}

/// The text of a string of whatever type; none when it is no string, or not one of its type.
fn text(value: &Element<'_>) -> Option<String> {
    match value.tag {
        tag::UTF8_STRING => String::from_utf8(value.content.to_vec()).ok(),
        // Issuers write more than the types allow (`@` and `*` in a PrintableString); what is ASCII is clear.
        tag::PRINTABLE_STRING | tag::IA5_STRING | tag::NUMERIC_STRING | tag::VISIBLE_STRING => {
            value.content.is_ascii().then(|| value.content.iter().map(|octet| char::from(*octet)).collect())
        }
        // T.61 by its name, ISO 8859-1 in every certificate that has it.
        tag::TELETEX_STRING => Some(value.content.iter().map(|octet| char::from(*octet)).collect()),
        tag::BMP_STRING => {
            let (units, rest) = value.content.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            char::decode_utf16(units).collect::<Result<String, _>>().ok().filter(|_| rest.is_empty())
        }
        tag::UNIVERSAL_STRING => {
            let (units, rest) = value.content.as_chunks::<4>();
            let text: Option<String> = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect();
            text.filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::der::write;

    const CN: &[u8] = &[6, 3, 0x55, 4, 3];
    const OU: &[u8] = &[6, 3, 0x55, 4, 11];

    fn part(oid: &[u8], tag: u8, content: &[u8]) -> Vec<u8> {
        write(tag::SEQUENCE, &[oid, &write(tag, &[content])])
    }

    /// A name of parts that are sets of attributes.
    fn name(parts: &[&[Vec<u8>]]) -> Vec<u8> {
        let sets: Vec<Vec<u8>> =
            parts.iter().map(|part| write(tag::SET, &part.iter().map(Vec::as_slice).collect::<Vec<_>>())).collect();
        write(tag::SEQUENCE, &sets.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn cn(tag: u8, content: &[u8]) -> Vec<u8> {
        name(&[&[part(CN, tag, content)]])
    }

    fn utf8(text: &str) -> Vec<u8> {
        cn(tag::UTF8_STRING, text.as_bytes())
    }

    #[test]
    fn one_text_is_one_name_whatever_the_type_of_its_string() {
        let plain = utf8("Test CA");
        for other in [
            cn(tag::PRINTABLE_STRING, b"Test CA"),
            cn(tag::IA5_STRING, b"TEST ca"),
            cn(tag::TELETEX_STRING, b"test CA"),
            cn(tag::BMP_STRING, &[0, b'T', 0, b'e', 0, b's', 0, b't', 0, b' ', 0, b'C', 0, b'A']),
            utf8("  test \u{a0} \t ca "),
            utf8("Te\u{ad}st CA"),
            // Full-width letters.
            utf8("\u{ff34}est CA"),
        ] {
            assert!(names_match(&plain, &other), "{}", rfc4514(&other));
            assert_eq!(NameKey::of(&plain), NameKey::of(&other));
        }
        for other in [utf8("TestCA"), utf8("Test CA 2"), utf8("Tést CA"), utf8(""), name(&[])] {
            assert!(!names_match(&plain, &other), "{}", rfc4514(&other));
        }
        assert!(names_match(&utf8("ТЕСТОВ Үлгі ӘҒҚҢӨҰҮҺІ"), &utf8("тестов үлгі әғқңөұүһі")));
        assert!(names_match(&utf8("Straße ΣΑΣ"), &utf8("STRASSE σας")));
        // Latin A is not Cyrillic А.
        assert!(!names_match(&utf8("A"), &utf8("А")));
    }

    #[test]
    fn parts_are_sets_and_their_order_counts() {
        let (a, b) = (part(CN, tag::UTF8_STRING, b"a"), part(OU, tag::UTF8_STRING, b"b"));
        assert!(names_match(&name(&[&[a.clone(), b.clone()]]), &name(&[&[b.clone(), a.clone()]])));
        assert!(!names_match(
            &name(&[std::slice::from_ref(&a), std::slice::from_ref(&b)]),
            &name(&[std::slice::from_ref(&b), std::slice::from_ref(&a)])
        ));
        assert!(!names_match(
            &name(&[std::slice::from_ref(&a), std::slice::from_ref(&b)]),
            &name(&[&[a.clone(), b.clone()]])
        ));
        assert!(!names_match(&name(&[std::slice::from_ref(&a)]), &name(&[&[a.clone(), a.clone()]])));
        assert!(!names_match(&name(&[&[a]]), &name(&[&[part(OU, tag::UTF8_STRING, b"a")]])));
    }

    #[test]
    fn a_subtree_holds_what_begins_with_it() {
        let (a, b) = (part(CN, tag::UTF8_STRING, b"a"), part(OU, tag::UTF8_STRING, b"b"));
        let (short, long) =
            (name(&[std::slice::from_ref(&a)]), name(&[std::slice::from_ref(&a), std::slice::from_ref(&b)]));
        assert!(is_within_subtree(&long, &short) && is_within_subtree(&short, &short));
        assert!(is_within_subtree(&short, &name(&[])));
        assert!(!is_within_subtree(&short, &long));
        assert!(!is_within_subtree(&long, &name(&[&[b]])));
        assert!(!is_within_subtree(&long, &long[..long.len() - 1]));
    }

    #[test]
    fn what_is_malformed_equals_only_itself() {
        let good = utf8("a");
        for len in 0..good.len() {
            let cut = &good[..len];
            assert!(!names_match(cut, &good) && names_match(cut, cut), "{len}");
            assert!(attributes(cut, attribute::COMMON_NAME).is_empty());
            assert_eq!(rfc4514(cut), format!("#{}", hex::encode(cut)));
        }
        // A string that is none of its type is compared by its octets.
        let (one, other) = (cn(tag::UTF8_STRING, &[0xff]), cn(tag::UTF8_STRING, &[0xfe]));
        assert!(names_match(&one, &one) && !names_match(&one, &other));
        assert!(attributes(&one, attribute::COMMON_NAME).is_empty());
        assert!(!names_match(&cn(tag::BMP_STRING, &[0]), &cn(tag::BMP_STRING, &[])));
        assert!(!names_match(&cn(tag::BMP_STRING, &[0xd8, 0]), &cn(tag::UTF8_STRING, &[])));
    }

    #[test]
    fn rfc_4514_writes_the_last_part_first_and_escapes() {
        let two = [part(CN, tag::UTF8_STRING, b"a+b"), part(OU, tag::PRINTABLE_STRING, b"c")];
        let parts = name(&[&[part(&[6, 3, 0x55, 4, 6], tag::PRINTABLE_STRING, b"KZ")], &two]);
        assert_eq!(rfc4514(&parts), "CN=a\\+b+OU=c,C=KZ");
        assert_eq!(rfc4514(&utf8(" #a, \"b\" ")), "CN=\\ #a\\, \\\"b\\\"\\ ");
        assert_eq!(rfc4514(&utf8("#a")), "CN=\\#a");
        assert_eq!(rfc4514(&utf8("a\nURL")), "CN=a\\0AURL");
        assert_eq!(rfc4514(&name(&[&[part(&[6, 2, 0x2a, 3], tag::UTF8_STRING, b"x")]])), "1.2.3=#0c0178");
        assert_eq!(rfc4514(&name(&[])), "");
        let person = name(&[
            &[part(&[6, 3, 0x55, 4, 5], tag::PRINTABLE_STRING, b"IIN123456789011")],
            &[part(OU, tag::UTF8_STRING, b"BIN123456789021"), part(OU, tag::UTF8_STRING, "Бөлім".as_bytes())],
        ]);
        assert_eq!(attributes(&person, attribute::SERIAL_NUMBER), ["IIN123456789011"]);
        assert_eq!(attributes(&person, attribute::ORGANIZATIONAL_UNIT), ["BIN123456789021", "Бөлім"]);
    }
}
