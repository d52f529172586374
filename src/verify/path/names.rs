//! Name constraints along a path (RFC 5280 §4.2.1.10 and §6.1).
//!
//! A name has to lie in every permitted set that speaks of its form, and in no excluded one. What cannot be compared is
//! refused: a form that is not understood, a name or a constraint that is malformed, a subtree with a minimum or
//! maximum.
//!
//! It compares names with constraints and nothing else; whether a name is that of anyone is not asked here.

use super::budget::{Budget, BudgetError};
use crate::verify::certificate::Certificate;
use crate::verify::der::{DerError, Element, Reader, tag};
use crate::verify::name::{PreparedName, attribute, attributes, is_empty, rfc4514};

/// Why name constraints stop a path.
#[derive(Debug)]
pub(super) enum NameStop {
    /// The name that is not admitted, and why.
    Name(String, &'static str),
    /// Too many comparisons.
    Budget(BudgetError),
}

impl From<BudgetError> for NameStop {
    fn from(error: BudgetError) -> Self {
        Self::Budget(error)
    }
}

/// Tags of GeneralName (RFC 5280 §4.2.1.6).
mod general {
    pub(super) const RFC822: u8 = 0x81;
    pub(super) const DNS: u8 = 0x82;
    pub(super) const DIRECTORY: u8 = 0xa4;
    pub(super) const URI: u8 = 0x86;
    pub(super) const IP: u8 = 0x87;
}

/// A name, or the base of a subtree.
#[derive(Debug)]
enum Name {
    Directory(PreparedName),
    Mail(String),
    Dns(String),
    Uri(String),
    Ip(Vec<u8>),
    /// Of a form that is not understood, or malformed; with its tag.
    Unclear(u8),
}

impl Name {
    fn of(element: &Element<'_>) -> Self {
        let ascii = || Some(element.content).filter(|c| c.is_ascii()).and_then(|c| String::from_utf8(c.to_vec()).ok());
        let clear = match element.tag {
            // The Name is a CHOICE, so its tag is explicit.
            general::DIRECTORY => PreparedName::of(element.content).map(Self::Directory),
            general::RFC822 => ascii().map(Self::Mail),
            general::DNS => ascii().map(Self::Dns),
            general::URI => ascii().map(Self::Uri),
            general::IP => Some(Self::Ip(element.content.to_vec())),
            _ => None,
        };
        clear.unwrap_or(Self::Unclear(element.tag))
    }

    fn tag(&self) -> u8 {
        match self {
            Self::Directory(_) => general::DIRECTORY,
            Self::Mail(_) => general::RFC822,
            Self::Dns(_) => general::DNS,
            Self::Uri(_) => general::URI,
            Self::Ip(_) => general::IP,
            Self::Unclear(tag) => *tag,
        }
    }
}

/// What one nameConstraints extension says.
#[derive(Debug, Default)]
struct Constraints {
    permitted: Vec<Name>,
    excluded: Vec<Name>,
}

/// permitted_subtrees and excluded_subtrees (RFC 5280 §6.1.2 (b), (c)): what each certificate said, side by side, which
/// is the intersection of the one and the union of the other.
#[derive(Debug, Default)]
pub(super) struct NameConstraints(Vec<Constraints>);

impl NameConstraints {
    /// RFC 5280 §6.1.4 (g). The value was seen to be a SEQUENCE when the certificate was parsed.
    pub(super) fn add(&mut self, extension: &[u8]) -> Result<(), NameStop> {
        let constraints = read_constraints(extension)
            .map_err(|error| NameStop::Name(error.to_string(), "name constraints that are malformed"))?;
        self.0.push(constraints);
        Ok(())
    }

    /// RFC 5280 §6.1.3 (b), (c).
    pub(super) fn check(&self, certificate: &Certificate, budget: &mut Budget) -> Result<(), NameStop> {
        if self.0.is_empty() {
            return Ok(());
        }
        let subject = certificate.subject_der();
        if !is_empty(subject) {
            let name = PreparedName::of(subject).map_or(Name::Unclear(general::DIRECTORY), Name::Directory);
            self.check_name(&name, || rfc4514(subject), budget)?;
        }
        match &certificate.extensions.subject_alt_name {
            Some(value) => {
                let malformed =
                    |error: DerError| NameStop::Name(error.to_string(), "alternative names that are malformed");
                let mut names = Reader::der(value).read().map_err(malformed)?.reader();
                while !names.is_empty() {
                    let element = names.read().map_err(malformed)?;
                    self.check_name(&Name::of(&element), || shown(&element), budget)?;
                }
            }
            // RFC 5280 §4.2.1.10: without alternative names the constraints on addresses are for emailAddress.
            None => {
                for address in attributes(subject, attribute::EMAIL) {
                    self.check_name(&Name::Mail(address.clone()), || address, budget)?;
                }
            }
        }
        Ok(())
    }

    fn check_name(&self, name: &Name, shown: impl FnOnce() -> String, budget: &mut Budget) -> Result<(), NameStop> {
        let mut reason = None;
        for constraints in &self.0 {
            budget.comparisons(constraints.permitted.len().saturating_add(constraints.excluded.len()))?;
            let mut permitted = constraints.permitted.iter().filter(|base| base.tag() == name.tag()).peekable();
            let mut excluded = constraints.excluded.iter().filter(|base| base.tag() == name.tag()).peekable();
            if permitted.peek().is_none() && excluded.peek().is_none() {
                continue;
            }
            let speaks_of_permitted = permitted.peek().is_some();
            // None of `within` is "cannot be said", which admits nothing.
            if excluded.any(|base| within(name, base, true) != Some(false)) {
                reason = Some("a name in an excluded subtree");
            } else if speaks_of_permitted && !permitted.any(|base| within(name, base, false) == Some(true)) {
                reason = Some("a name outside the permitted subtrees");
            }
        }
        match reason {
            Some(reason) => Err(NameStop::Name(shown(), reason)),
            None => Ok(()),
        }
    }
}

/// A GeneralName for a message.
fn shown(element: &Element<'_>) -> String {
    match element.tag {
        general::DIRECTORY => rfc4514(element.content),
        general::RFC822 | general::DNS | general::URI => element.content.escape_ascii().to_string(),
        _ => hex::encode(element.raw),
    }
}

/// NameConstraints ::= SEQUENCE { permittedSubtrees [0], excludedSubtrees [1] }.
fn read_constraints(extension: &[u8]) -> Result<Constraints, DerError> {
    let mut file = Reader::der(extension);
    let mut parts = file.expect(tag::SEQUENCE)?.reader();
    let mut read = Constraints::default();
    for (number, bases) in [(0, &mut read.permitted), (1, &mut read.excluded)] {
        let Some(subtrees) = parts.optional(tag::context(number))? else {
            continue;
        };
        let mut subtrees = subtrees.reader();
        while !subtrees.is_empty() {
            // GeneralSubtree ::= SEQUENCE { base, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }. RFC 5280 has neither.
            let mut subtree = subtrees.expect(tag::SEQUENCE)?.reader();
            let base = subtree.read()?;
            let minimum = subtree.optional(tag::context_primitive(0))?;
            let is_plain = minimum.is_none_or(|minimum| minimum.content == [0]) && subtree.is_empty();
            bases.push(if is_plain { Name::of(&base) } else { Name::Unclear(base.tag) });
        }
    }
    parts.end()?;
    Ok(read)
}

/// Whether `name` lies in the subtree of `base`, of the same form. None when that cannot be said. A wildcard lies in an
/// excluded subtree when one of its hosts does.
fn within(name: &Name, base: &Name, excluded: bool) -> Option<bool> {
    match (name, base) {
        (Name::Directory(name), Name::Directory(base)) => Some(name.is_within(base)),
        (Name::Mail(name), Name::Mail(base)) => mail_within(name, base),
        (Name::Dns(name), Name::Dns(base)) => {
            let is_host = host_within(name.strip_prefix("*.").unwrap_or(name), name, base)?;
            let covers = excluded && name.strip_prefix("*.").is_some_and(|parent| is_subdomain(base, parent));
            Some(is_host || covers)
        }
        (Name::Uri(name), Name::Uri(base)) => uri_within(name, base),
        (Name::Ip(name), Name::Ip(base)) => ip_within(name, base),
        _ => None,
    }
}

/// Whether `host` is `domain` or lies below it; letters without regard to case.
fn is_subdomain(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    domain.is_empty() || host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A host has labels of letters, digits, `-` and `_`, and no empty one.
fn is_host(host: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    host.split('.').all(is_label)
}

/// dNSName: the domain and all below it. With a point before it, as some issuers write, only what is below it.
fn host_within(plain: &str, name: &str, base: &str) -> Option<bool> {
    if !is_host(plain) {
        return None;
    }
    Some(match base.strip_prefix('.') {
        Some(domain) => is_subdomain(name, domain) && !name.eq_ignore_ascii_case(domain),
        None => is_subdomain(name, base),
    })
}

/// rfc822Name: one mailbox, all at one host, or all at hosts below a domain (with a point before it).
fn mail_within(name: &str, base: &str) -> Option<bool> {
    let (mailbox, host) = name.rsplit_once('@').filter(|(mailbox, host)| !mailbox.is_empty() && is_host(host))?;
    Some(match base.rsplit_once('@') {
        Some((base_mailbox, base_host)) => mailbox == base_mailbox && host.eq_ignore_ascii_case(base_host),
        None => host_or_below(host, base),
    })
}

/// The host itself, or with a point before it only what is below it. An empty base is any host.
fn host_or_below(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_subdomain(host, domain) && !host.eq_ignore_ascii_case(domain),
        None => base.is_empty() || host.eq_ignore_ascii_case(base),
    }
}

/// uniformResourceIdentifier: its host. RFC 5280 §4.2.1.10: a URI without a host name is refused.
fn uri_within(name: &str, base: &str) -> Option<bool> {
    let (_, rest) = name.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host_port)| host_port);
    let host = host_port.split_once(':').map_or(host_port, |(host, _)| host);
    let is_address = host.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    if is_address || !is_host(host) {
        return None;
    }
    Some(host_or_below(host, base))
}

/// iPAddress: address and mask of the same length (RFC 4632); the mask has its ones before its zeros.
fn ip_within(name: &[u8], base: &[u8]) -> Option<bool> {
    let (address, mask) = base.split_at_checked(base.len() / 2)?;
    if !matches!(name.len(), 4 | 16) || !matches!(base.len(), 8 | 32) {
        return None;
    }
    if name.len() != address.len() {
        return Some(false);
    }
    let ones = mask.iter().map(|octet| octet.leading_ones()).take_while(|ones| *ones == 8).count();
    let is_mask = mask.iter().skip(ones).enumerate().all(|(index, octet)| {
        octet.leading_ones().checked_add(octet.trailing_zeros()) == Some(8) && (index == 0 || *octet == 0)
    });
    if !is_mask {
        return None;
    }
    Some(name.iter().zip(address).zip(mask).all(|((name, address), mask)| name & mask == address & mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lie_in_their_domain_and_in_no_other() {
        for (name, base, expected) in [
            ("example.kz", "example.kz", Some(true)),
            ("A.Example.KZ", "example.kz", Some(true)),
            ("aexample.kz", "example.kz", Some(false)),
            ("example.kz", "a.example.kz", Some(false)),
            ("example.kz", ".example.kz", Some(false)),
            ("a.example.kz", ".example.kz", Some(true)),
            ("anything", "", Some(true)),
            ("*.example.kz", "example.kz", Some(true)),
            ("example.kz.", "example.kz", None),
            ("a..kz", "kz", None),
            ("", "", None),
        ] {
            let (name, base) = (Name::Dns(name.to_owned()), Name::Dns(base.to_owned()));
            assert_eq!(within(&name, &base, false), expected, "{name:?} {base:?}");
        }
        // A wildcard may be the host that is excluded.
        let (wild, base) = (Name::Dns("*.example.kz".to_owned()), Name::Dns("secret.example.kz".to_owned()));
        assert_eq!(within(&wild, &base, true), Some(true));
        assert_eq!(within(&wild, &base, false), Some(false));
    }

    #[test]
    fn addresses_lie_at_a_host_or_below_a_domain() {
        for (name, base, expected) in [
            ("a@example.kz", "example.kz", Some(true)),
            ("a@EXAMPLE.kz", "example.kz", Some(true)),
            ("a@mail.example.kz", "example.kz", Some(false)),
            ("a@mail.example.kz", ".example.kz", Some(true)),
            ("a@example.kz", ".example.kz", Some(false)),
            ("a@example.kz", "a@example.kz", Some(true)),
            ("A@example.kz", "a@example.kz", Some(false)),
            ("\"a@b\"@example.kz", "example.kz", Some(true)),
            ("example.kz", "example.kz", None),
            ("@example.kz", "example.kz", None),
            ("a@", "", None),
        ] {
            assert_eq!(mail_within(name, base), expected, "{name} {base}");
        }
    }

    #[test]
    fn of_a_uri_the_host_counts() {
        for (name, base, expected) in [
            ("http://example.kz/a", "example.kz", Some(true)),
            ("ldap://user:word@Example.kz:389/a?b", "example.kz", Some(true)),
            ("http://a.example.kz", "example.kz", Some(false)),
            ("http://a.example.kz", ".example.kz", Some(true)),
            ("http://evil.kz/@example.kz", "example.kz", Some(false)),
            ("http://evil.kz#@example.kz", "example.kz", Some(false)),
            ("http://10.0.0.1/", "", None),
            ("http://[::1]/", "", None),
            ("urn:example:a", "", None),
            ("http:///a", "", None),
        ] {
            assert_eq!(uri_within(name, base), expected, "{name} {base}");
        }
    }

    #[test]
    fn an_address_lies_in_a_network_of_its_kind() {
        let net = [10, 1, 0, 0, 255, 255, 240, 0];
        assert_eq!(ip_within(&[10, 1, 15, 255], &net), Some(true));
        assert_eq!(ip_within(&[10, 1, 16, 0], &net), Some(false));
        assert_eq!(ip_within(&[0; 16], &net), Some(false));
        assert_eq!(ip_within(&[0; 16], &[0; 32]), Some(true));
        assert_eq!(ip_within(&[10, 1, 0], &net), None);
        assert_eq!(ip_within(&[10, 1, 0, 0], &net[..7]), None);
        // A mask with a gap is none.
        assert_eq!(ip_within(&[10, 1, 0, 0], &[10, 1, 0, 0, 255, 0, 255, 0]), None);
        assert_eq!(ip_within(&[10, 1, 0, 0], &[10, 1, 0, 0, 255, 0xf1, 0, 0]), None);
    }

    #[test]
    fn name_constraints_that_are_cut_are_refused() {
        let value = [0x30, 11, 0xa0, 9, 0x30, 7, 0x82, 2, b'k', b'z', 0x80, 1, 0];
        assert_eq!(read_constraints(&value).unwrap().permitted.len(), 1);
        for len in 0..value.len() {
            assert!(read_constraints(&value[..len]).is_err(), "{len}");
        }
        // A minimum that is not 0 cannot be compared with.
        let mut minimum = value;
        minimum[12] = 1;
        assert!(matches!(read_constraints(&minimum).unwrap().permitted[..], [Name::Unclear(general::DNS)]));
    }
}
