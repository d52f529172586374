//! Distribution points: which CRL a certificate asks for, and which certificates a CRL is for (RFC 5280 §4.2.1.13,
//! §5.2.5).
//!
//! [`scope`] is the comparison of both, RFC 5280 §6.3.3 (b) and (d). Names of directories are compared as names, all
//! other general names by their bytes: a URL is a name here and never a place to fetch from.
//!
//! It does not look at signatures, times or entries.

use super::super::certificate::Certificate;
use super::super::der::{DerError, Element, Reader, tag, write};
use super::super::name::names_match;

/// A set of reasons: bit n of ReasonFlags is bit n here (RFC 5280 §4.2.1.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReasonMask(u16);

impl ReasonMask {
    /// No reason.
    pub const NONE: Self = Self(0);
    /// Every reason there is: bits 1 to 8; bit 0 is not used.
    pub const ALL: Self = Self(0x1fe);

    fn of(element: &Element<'_>) -> Result<Self, DerError> {
        let (_, octets) = element.bit_string()?;
        let high = octets.first().copied().unwrap_or(0).reverse_bits();
        let low = octets.get(1).copied().unwrap_or(0).reverse_bits();
        Ok(Self(u16::from_le_bytes([high, low])).and(Self::ALL))
    }

    /// What is in both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in one of them.
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything of `other` is here.
    pub fn holds(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }
}

/// DistributionPointName.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PointName {
    /// General names, each as it stands; all of them name the same list.
    Full(Vec<Vec<u8>>),
    /// One relative name, below the name of the CRL issuer: the attributes as they stand.
    Relative(Vec<u8>),
}

impl PointName {
    /// From the content of the EXPLICIT tag around it.
    fn read(explicit: &Element<'_>) -> Result<Self, DerError> {
        let mut reader = explicit.reader();
        let choice = reader.read()?;
        reader.end()?;
        match choice.tag {
            FULL_NAME => Ok(Self::Full(general_names(&choice)?)),
            RELATIVE_NAME => Ok(Self::Relative(choice.content.to_vec())),
            _ => Err(DerError { what: "a distribution point name of an unknown kind", at: choice.at() }),
        }
    }

    /// All names it stands for, below one of `bases` where it is relative. Each is a GeneralName.
    fn expanded(&self, bases: &[&[u8]]) -> Vec<Vec<u8>> {
        match self {
            Self::Full(names) => names.clone(),
            Self::Relative(attributes) => bases.iter().filter_map(|base| below(base, attributes)).collect(),
        }
    }
}

const FULL_NAME: u8 = tag::context(0);
const RELATIVE_NAME: u8 = tag::context(1);
/// directoryName of GeneralName; a Name is a CHOICE, so the tag is explicit.
const DIRECTORY_NAME: u8 = tag::context(4);

/// IssuingDistributionPoint: what a CRL is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuingDistributionPoint {
    /// Its own name.
    pub name: Option<PointName>,
    /// It has no certificates of CAs.
    pub only_user: bool,
    /// It has no other certificates than those of CAs.
    pub only_ca: bool,
    /// It has attribute certificates only.
    pub only_attribute: bool,
    /// It has revocations for these reasons only.
    pub only_some_reasons: Option<ReasonMask>,
    /// It may have certificates of other issuers.
    pub indirect: bool,
}

impl IssuingDistributionPoint {
    /// Reads the value of the extension.
    pub fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let mut fields = element.reader();
        let mut point = Self::default();
        if let Some(name) = fields.optional(tag::context(0))? {
            point.name = Some(PointName::read(&name)?);
        }
        point.only_user = implicit_flag(&mut fields, 1)?;
        point.only_ca = implicit_flag(&mut fields, 2)?;
        if let Some(reasons) = fields.optional(tag::context_primitive(3))? {
            point.only_some_reasons = Some(ReasonMask::of(&reasons)?);
        }
        point.indirect = implicit_flag(&mut fields, 4)?;
        point.only_attribute = implicit_flag(&mut fields, 5)?;
        fields.end()?;
        Ok(point)
    }
}

fn implicit_flag(fields: &mut Reader<'_>, number: u8) -> Result<bool, DerError> {
    match fields.optional(tag::context_primitive(number))? {
        Some(flag) => flag.boolean(),
        None => Ok(false),
    }
}

/// DistributionPoint: where a certificate says that its revocation is to be found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DistributionPoint {
    /// Names of the list.
    pub name: Option<PointName>,
    /// The list has these reasons only; all without the field.
    pub reasons: Option<ReasonMask>,
    /// Who signs the list, when it is not the issuer of the certificate: names as they stand.
    pub crl_issuers: Vec<Vec<u8>>,
}

impl DistributionPoint {
    /// Reads one DistributionPoint as it stands in a certificate.
    pub fn parse(der: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader::der(der);
        let element = reader.expect(tag::SEQUENCE)?;
        reader.end()?;
        let mut fields = element.reader();
        let mut point = Self::default();
        if let Some(name) = fields.optional(tag::context(0))? {
            point.name = Some(PointName::read(&name)?);
        }
        if let Some(reasons) = fields.optional(tag::context_primitive(1))? {
            point.reasons = Some(ReasonMask::of(&reasons)?);
        }
        if let Some(issuers) = fields.optional(tag::context(2))? {
            point.crl_issuers = directory_names(&general_names(&issuers)?);
        }
        fields.end()?;
        Ok(point)
    }

    /// Where its list is said to be. What stands there is text by a stranger: whoever goes there asks first whether he
    /// may.
    fn urls(&self) -> impl Iterator<Item = String> {
        let names = match &self.name {
            Some(PointName::Full(names)) => names.as_slice(),
            _ => &[],
        };
        names.iter().filter_map(|name| url_of(name))
    }

    /// The points of a certificate, and after them the one that RFC 5280 §6.3.3 adds: the name of the issuer. A
    /// malformed one points nowhere.
    pub fn all_of(certificate: &Certificate) -> Vec<Self> {
        let points = certificate.extensions.crl_distribution_points.iter();
        let mut all: Vec<Self> = points.filter_map(|der| Self::parse(der).ok()).collect();
        let issuer = PointName::Full(vec![directory_name(certificate.issuer_der())]);
        all.push(Self { name: Some(issuer), ..Self::default() });
        all
    }
}

/// Where a certificate says that its CRLs are: complete ones, then deltas (RFC 5280 §4.2.1.13, §4.2.1.15).
pub fn crl_urls(certificate: &Certificate) -> Vec<String> {
    let extensions = &certificate.extensions;
    let points = extensions.crl_distribution_points.iter().chain(&extensions.freshest_crl);
    let points: Vec<DistributionPoint> = points.filter_map(|der| DistributionPoint::parse(der).ok()).collect();
    points.iter().flat_map(DistributionPoint::urls).collect()
}

/// Why a CRL is not for a certificate at one of its distribution points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutOfScope(pub &'static str);

/// For which reasons a complete CRL answers about `certificate` at `point`: RFC 5280 §6.3.3 (b) and (d).
pub fn scope(
    certificate: &Certificate,
    point: &DistributionPoint,
    crl_issuer: &[u8],
    issuing: Option<&IssuingDistributionPoint>,
) -> Result<ReasonMask, OutOfScope> {
    // (b)(1).
    if point.crl_issuers.is_empty() {
        if !names_match(crl_issuer, certificate.issuer_der()) {
            return Err(OutOfScope("the CRL is of another issuer than the certificate"));
        }
    } else if !point.crl_issuers.iter().any(|name| names_match(crl_issuer, name)) {
        return Err(OutOfScope("the distribution point names another CRL issuer"));
    } else if !issuing.is_some_and(|issuing| issuing.indirect) {
        return Err(OutOfScope("the distribution point asks for an indirect CRL"));
    }
    let Some(issuing) = issuing else {
        return Ok(point.reasons.unwrap_or(ReasonMask::ALL));
    };
    // (b)(2)(i).
    if let Some(name) = &issuing.name {
        let listed = name.expanded(&[crl_issuer]);
        let asked = match &point.name {
            Some(name) if point.crl_issuers.is_empty() => name.expanded(&[certificate.issuer_der()]),
            Some(name) => name.expanded(&point.crl_issuers.iter().map(Vec::as_slice).collect::<Vec<_>>()),
            None => point.crl_issuers.iter().map(|name| directory_name(name)).collect(),
        };
        if !listed.iter().any(|name| asked.iter().any(|other| general_names_match(name, other))) {
            return Err(OutOfScope("the CRL is for another distribution point"));
        }
    }
    // (b)(2)(ii) to (iv).
    let is_ca = certificate.extensions.basic_constraints.is_some_and(|constraints| constraints.ca);
    if issuing.only_user && is_ca {
        return Err(OutOfScope("the CRL is for user certificates only, and this is one of a CA"));
    }
    if issuing.only_ca && !is_ca {
        return Err(OutOfScope("the CRL is for certificates of CAs only"));
    }
    if issuing.only_attribute {
        return Err(OutOfScope("the CRL is for attribute certificates only"));
    }
    // (d).
    let reasons = point.reasons.unwrap_or(ReasonMask::ALL);
    Ok(reasons.and(issuing.only_some_reasons.unwrap_or(ReasonMask::ALL)))
}

/// Whether two lists have the same scope (RFC 5280 §5.2.4), both of the issuer `crl_issuer`.
pub fn same_scope(
    a: Option<&IssuingDistributionPoint>,
    b: Option<&IssuingDistributionPoint>,
    crl_issuer: &[u8],
) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let flags = |point: &IssuingDistributionPoint| {
        (point.only_user, point.only_ca, point.only_attribute, point.indirect, point.only_some_reasons)
    };
    let names_agree = match (&a.name, &b.name) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let (a, b) = (a.expanded(&[crl_issuer]), b.expanded(&[crl_issuer]));
            a.iter().any(|name| b.iter().any(|other| general_names_match(name, other)))
        }
        _ => false,
    };
    flags(a) == flags(b) && names_agree
}

/// Each GeneralName of GeneralNames, as it stands.
pub fn general_names(names: &Element<'_>) -> Result<Vec<Vec<u8>>, DerError> {
    let mut all = Vec::new();
    let mut reader = names.reader();
    while !reader.is_empty() {
        all.push(reader.read()?.raw.to_vec());
    }
    Ok(all)
}

/// The names of directories among general names.
pub fn directory_names(names: &[Vec<u8>]) -> Vec<Vec<u8>> {
    names.iter().filter_map(|name| directory_name_of(name)).map(<[u8]>::to_vec).collect()
}

fn directory_name_of(general_name: &[u8]) -> Option<&[u8]> {
    let element = Reader::der(general_name).expect(DIRECTORY_NAME).ok()?;
    Some(element.content)
}

/// uniformResourceIdentifier [6] IA5String of GeneralName.
fn url_of(general_name: &[u8]) -> Option<String> {
    let element = Reader::der(general_name).expect(tag::context_primitive(6)).ok()?;
    Some(String::from_utf8_lossy(element.content).into_owned())
}

fn general_names_match(a: &[u8], b: &[u8]) -> bool {
    match (directory_name_of(a), directory_name_of(b)) {
        (Some(a), Some(b)) => names_match(a, b),
        _ => a == b,
    }
}

/// A Name as a GeneralName.
fn directory_name(name: &[u8]) -> Vec<u8> {
    write(DIRECTORY_NAME, &[name])
}

/// The GeneralName of the directory entry with these attributes below the Name `base`; none when `base` is no name.
fn below(base: &[u8], attributes: &[u8]) -> Option<Vec<u8>> {
    let parts = Reader::der(base).expect(tag::SEQUENCE).ok()?.content;
    let last = write(tag::SET, &[attributes]);
    Some(directory_name(&write(tag::SEQUENCE, &[parts, &last])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuing(fields: &[u8]) -> Result<IssuingDistributionPoint, DerError> {
        let der = write(tag::SEQUENCE, &[fields]);
        IssuingDistributionPoint::read(&Reader::der(&der).read().unwrap())
    }

    #[test]
    fn reasons_are_the_named_bits_and_no_others() {
        let mask = |bits: &[u8]| {
            let der = write(tag::context_primitive(3), &[bits]);
            issuing(&der).map(|point| point.only_some_reasons.unwrap())
        };
        // keyCompromise and cACompromise are bits 1 and 2.
        assert_eq!(mask(&[5, 0x60]).unwrap(), ReasonMask(0b110));
        assert_eq!(mask(&[7, 0x7f, 0x80]).unwrap(), ReasonMask::ALL);
        assert_eq!(mask(&[7, 0xff, 0x80]).unwrap(), ReasonMask::ALL, "bit 0 means nothing");
        assert_eq!(mask(&[0]).unwrap(), ReasonMask::NONE);
        assert!(mask(&[]).is_err());
        let (some, rest) = (mask(&[5, 0x60]).unwrap(), mask(&[7, 0x1f, 0x80]).unwrap());
        assert!(!some.holds(ReasonMask::ALL) && some.or(rest).holds(ReasonMask::ALL));
        assert_eq!(some.and(rest), ReasonMask::NONE);
    }

    #[test]
    fn the_fields_of_an_issuing_point_stand_in_their_order_and_once() {
        let flag = |number: u8| [0x80 | number, 1, 0xff];
        let point = issuing(&[flag(1), flag(4)].concat()).unwrap();
        assert!(point.only_user && point.indirect && !point.only_ca && !point.only_attribute);
        assert_eq!(issuing(&[]).unwrap(), IssuingDistributionPoint::default());
        for wrong in [&[flag(4), flag(1)][..], &[flag(1), flag(1)], &[flag(6)], &[[0x81, 1, 1]], &[[0x81, 1, 0x7f]]] {
            assert!(issuing(&wrong.concat()).is_err(), "{wrong:x?}");
        }
        for choice in [0xa2, 0x80] {
            assert!(issuing(&write(tag::context(0), &[&write(choice, &[])])).is_err());
        }
    }

    #[test]
    fn a_relative_name_stands_below_the_issuer() {
        let attribute =
            |text: &[u8]| write(tag::SEQUENCE, &[&[6, 3, 0x55, 4, 3], &write(tag::PRINTABLE_STRING, &[text])]);
        let rdn = |text: &[u8]| write(tag::SET, &[&attribute(text)]);
        let issuer = write(tag::SEQUENCE, &[&rdn(b"CA")]);
        let relative = PointName::Relative(attribute(b"list 1"));
        let full = |last: &[u8]| directory_name(&write(tag::SEQUENCE, &[&rdn(b"CA"), &rdn(last)]));
        let expanded = relative.expanded(&[&issuer]);
        assert_eq!(expanded, [full(b"list 1")]);
        assert!(general_names_match(&expanded[0], &full(b"LIST  1")), "compared as a name");
        assert!(!general_names_match(&expanded[0], &full(b"list 2")));
        assert!(relative.expanded(&[]).is_empty() && relative.expanded(&[b"no name"]).is_empty());
        // Other general names are compared by their bytes.
        let url = |text: &[u8]| write(tag::context_primitive(6), &[text]);
        assert!(general_names_match(&url(b"http://a/x"), &url(b"http://a/x")));
        assert!(!general_names_match(&url(b"http://a/x"), &url(b"http://A/x")));
    }
}
