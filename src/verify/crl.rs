//! One certificate revocation list (RFC 5280 §5), kept as its bytes with an index of serial numbers.
//!
//! A parser that makes an object of each entry was seen to need 243 MB for one production list of the national CA,
//! where an index needs about 12. So every entry is checked once for its form, and four bytes of it stay: where it
//! begins. What it says is read again when somebody asks for its serial number.
//!
//! Invariants
//!   - What is signed is a slice of the bytes as they came.
//!   - Beyond the bytes an entry costs 4 bytes; one that names another certificate issuer than the entry before it
//!     (indirect lists only) 8 bytes more.
//!   - No bytes cause a panic, and parsing is linear but for the sorting of the index.
//!
//! It judges nothing: whose list it is, what it covers and whether it is fresh is [`revocation`](super::revocation)'s.

use super::der::{DerError, Element, Reader, tag};
use super::limits::{CRL_BYTES_MAX, EXTENSIONS_MAX};
use super::name::NameKey;
use super::oid::Oid;
use super::revocation::distribution::IssuingDistributionPoint;
use crate::model::digest::{Sha256, sha256};
use crate::model::strict::words;
use chrono::{DateTime, Utc};
use std::cmp::Ordering;
use std::ops::Range;

words! {
    /// Why a certificate was revoked (RFC 5280 §5.3.1).
    Reason {
        /// No reason is given, or one that has no name.
        Unspecified = "unspecified",
        /// The key of the certificate is, or may be, in other hands.
        KeyCompromise = "keyCompromise",
        /// The key of the CA is.
        CaCompromise = "cACompromise",
        /// The subject belongs to another body.
        AffiliationChanged = "affiliationChanged",
        /// Another certificate takes its place.
        Superseded = "superseded",
        /// It is not needed any more.
        CessationOfOperation = "cessationOfOperation",
        /// Suspended: this alone can be taken back.
        CertificateHold = "certificateHold",
        /// In a delta list: it is not revoked any more, or has expired.
        RemoveFromCrl = "removeFromCRL",
        /// A right that it states was withdrawn.
        PrivilegeWithdrawn = "privilegeWithdrawn",
        /// The key of the attribute authority is in other hands.
        AaCompromise = "aACompromise",
    }
}

impl Reason {
    /// From a CRLReason. A number without a name is a revocation all the same.
    pub fn of_code(code: &[u8]) -> Self {
        match code {
            [1] => Self::KeyCompromise,
            [2] => Self::CaCompromise,
            [3] => Self::AffiliationChanged,
            [4] => Self::Superseded,
            [5] => Self::CessationOfOperation,
            [6] => Self::CertificateHold,
            [8] => Self::RemoveFromCrl,
            [9] => Self::PrivilegeWithdrawn,
            [10] => Self::AaCompromise,
            _ => Self::Unspecified,
        }
    }
}

/// Why bytes are no certificate revocation list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// It is longer than any that is accepted.
    #[error("a CRL of {bytes} bytes; at most {CRL_BYTES_MAX} are read")]
    Length {
        /// How long it is.
        bytes: usize,
    },
    /// It does not have the form of a CRL.
    #[error("CRL: {0}")]
    Form(#[from] DerError),
}

/// A parsed CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crl {
    der: Vec<u8>,
    /// SHA-256 of the bytes: its name in reports and pools.
    pub sha256: Sha256,
    tbs: Range<usize>,
    signature_algorithm: Range<usize>,
    /// True when the inner AlgorithmIdentifier is the same (RFC 5280 §5.1.1.2).
    pub algorithms_agree: bool,
    signature: Range<usize>,
    issuer: Range<usize>,
    /// The issuer's name prepared for comparison.
    pub issuer_key: NameKey,
    /// 1 or 2.
    pub version: u8,
    /// When it was issued.
    pub this_update: DateTime<Utc>,
    /// When the next one is issued at the latest; RFC 5280 §5.1.2.5 demands it, older lists lack it.
    pub next_update: Option<DateTime<Utc>>,
    /// The extensions that are understood.
    pub extensions: CrlExtensions,
    /// The entries without the header around them.
    entries: Range<usize>,
    /// Where each entry begins, from the start of the entries; sorted by serial number, then by place.
    index: Vec<u32>,
    /// Indirect lists: from which entry on (place) another certificate issuer holds, sorted.
    issuers: Vec<IssuerChange>,
}

/// RFC 5280 §5.3.3: an entry without certificateIssuer has the issuer of the entry before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct IssuerChange {
    /// The first entry that has it.
    from: u32,
    /// Where the GeneralNames lie.
    names_at: u32,
}

/// Extensions of a CRL (RFC 5280 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CrlExtensions {
    /// authorityKeyIdentifier, its keyIdentifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// authorityKeyIdentifier as it stands.
    pub authority_key: Option<Vec<u8>>,
    /// cRLNumber, without leading zeros.
    pub number: Option<Number>,
    /// BaseCRLNumber of deltaCRLIndicator: this is a delta CRL.
    pub delta_base: Option<Number>,
    /// issuingDistributionPoint.
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
    /// expiredCertsOnCRL (X.509 §9.5.2.8): certificates that expired from then on are still listed.
    pub expired_from: Option<DateTime<Utc>>,
    /// Critical extensions that are not understood, of the list or of an entry (RFC 5280 §5.2, §5.3: it must not be
    /// used to determine the status of any certificate).
    pub unknown_critical: Vec<Oid>,
}

/// A number that is not below 0, compared by value however long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(Vec<u8>);

impl Number {
    fn of(element: &Element<'_>) -> Result<Self, DerError> {
        match element.integer()? {
            [first, ..] if first & 0x80 != 0 => Err(DerError { what: "a CRL number below 0", at: element.at() }),
            [0, rest @ ..] => Ok(Self(rest.to_vec())),
            octets => Ok(Self(octets.to_vec())),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

/// What a CRL says of one serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Content octets of the serial number.
    pub serial: &'a [u8],
    /// revocationDate.
    pub revoked_at: DateTime<Utc>,
    /// reasonCode; none where the extension is absent.
    pub reason: Option<Reason>,
    /// invalidityDate: since when the key is thought to have been in other hands.
    pub invalid_since: Option<DateTime<Utc>>,
    /// The GeneralNames of the certificate issuer; none where it is the issuer of the list.
    pub issuer: Option<&'a [u8]>,
}

/// Content octets of object identifiers of extensions.
mod extension {
    pub(super) const ISSUER_ALT_NAME: &[u8] = &[0x55, 0x1d, 18];
    pub(super) const NUMBER: &[u8] = &[0x55, 0x1d, 20];
    pub(super) const REASON: &[u8] = &[0x55, 0x1d, 21];
    pub(super) const HOLD_INSTRUCTION: &[u8] = &[0x55, 0x1d, 23];
    pub(super) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
    pub(super) const DELTA_INDICATOR: &[u8] = &[0x55, 0x1d, 27];
    pub(super) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
    pub(super) const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];
    pub(super) const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 35];
    pub(super) const FRESHEST: &[u8] = &[0x55, 0x1d, 46];
    pub(super) const EXPIRED_CERTIFICATES: &[u8] = &[0x55, 0x1d, 60];
}

impl Crl {
    /// Reads one CRL; nothing may follow it.
    pub fn parse(der: &[u8]) -> Result<Self, CrlError> {
        if der.len() > CRL_BYTES_MAX {
            return Err(CrlError::Length { bytes: der.len() });
        }
        let mut file = Reader::der(der);
        let outer = file.expect(tag::SEQUENCE)?;
        file.end()?;
        // RFC 5280 §5.1: tbsCertList, signatureAlgorithm, signatureValue.
        let mut parts = outer.reader();
        let tbs = parts.expect(tag::SEQUENCE)?;
        let algorithm = parts.expect(tag::SEQUENCE)?;
        let signature = parts.expect(tag::BIT_STRING)?;
        parts.end()?;
        if signature.bit_string()?.0 != 0 {
            return Err(form("the signature value is not whole octets", &signature));
        }

        let mut fields = tbs.reader();
        let version = match fields.optional(tag::INTEGER)? {
            None => 1,
            // RFC 5280 §5.1.2.1: v2(1); v1 has no field.
            Some(element) if element.integer()? == [1] => 2,
            Some(element) => return Err(form("a version that is not 2", &element)),
        };
        let inner_algorithm = fields.expect(tag::SEQUENCE)?;
        let issuer = fields.expect(tag::SEQUENCE)?;
        let this_update = fields.read()?.time()?;
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(fields.read()?.time()?),
            _ => None,
        };
        let revoked = fields.optional(tag::SEQUENCE)?;
        let mut extensions = CrlExtensions::default();
        if let Some(element) = fields.optional(tag::context(0))? {
            if version == 1 {
                return Err(form("extensions in version 1", &element));
            }
            extensions.take(&element)?;
        }
        fields.end()?;

        let mut crl = Self {
            sha256: sha256(der),
            tbs: whole(&tbs),
            signature_algorithm: whole(&algorithm),
            algorithms_agree: inner_algorithm.raw == algorithm.raw,
            signature: {
                let content = content(&signature);
                content.start.saturating_add(1)..content.end
            },
            issuer: whole(&issuer),
            issuer_key: NameKey::of(issuer.raw),
            version,
            this_update,
            next_update,
            extensions,
            entries: revoked.as_ref().map(content).unwrap_or_default(),
            index: Vec::new(),
            issuers: Vec::new(),
            der: Vec::new(),
        };
        if let Some(revoked) = revoked {
            crl.take_entries(&revoked)?;
        }
        crl.der = der.to_vec();
        crl.index.shrink_to_fit();
        crl.issuers.shrink_to_fit();
        let mut index = std::mem::take(&mut crl.index);
        index.sort_unstable_by(|a, b| crl.serial_at(*a).cmp(crl.serial_at(*b)).then(a.cmp(b)));
        crl.index = index;
        Ok(crl)
    }

    /// Checks the form of every entry and remembers where it begins.
    fn take_entries(&mut self, revoked: &Element<'_>) -> Result<(), CrlError> {
        let mut entries = revoked.reader();
        let mut issuer: Option<&[u8]> = None;
        while !entries.is_empty() {
            let element = entries.expect(tag::SEQUENCE)?;
            let from = offset(element.at().saturating_sub(self.entries.start), &element)?;
            let read = ReadEntry::of(&element)?;
            if self.version == 1 && read.has_extensions {
                return Err(form("an extension of an entry in version 1", &element));
            }
            let unknown = &mut self.extensions.unknown_critical;
            if unknown.len() < EXTENSIONS_MAX {
                unknown.extend(read.unknown_critical.filter(|oid| !unknown.contains(oid)));
            }
            if let Some(names) = read.issuer.filter(|names| issuer != Some(names.raw)) {
                self.issuers.push(IssuerChange { from, names_at: offset(names.at(), &names)? });
                issuer = Some(names.raw);
            }
            self.index.push(from);
        }
        Ok(())
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The signed part.
    pub fn tbs_der(&self) -> &[u8] {
        self.slice(self.tbs.clone())
    }

    /// The outer AlgorithmIdentifier of the signature.
    pub fn signature_algorithm_der(&self) -> &[u8] {
        self.slice(self.signature_algorithm.clone())
    }

    /// The octets of the signature value.
    pub fn signature_octets(&self) -> &[u8] {
        self.slice(self.signature.clone())
    }

    /// The Name of the issuer.
    pub fn issuer_der(&self) -> &[u8] {
        self.slice(self.issuer.clone())
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Bytes of memory it takes beside its own bytes.
    pub fn index_bytes(&self) -> usize {
        size_of_val(self.index.as_slice()).saturating_add(size_of_val(self.issuers.as_slice()))
    }

    /// Whether it is a delta CRL (RFC 5280 §5.2.4).
    pub fn is_delta(&self) -> bool {
        self.extensions.delta_base.is_some()
    }

    /// Whether it may have entries of other certificate issuers (RFC 5280 §5.2.5).
    pub fn is_indirect(&self) -> bool {
        self.extensions.issuing_distribution_point.as_ref().is_some_and(|point| point.indirect)
    }

    /// The entries with this serial number (content octets), in the order of the list. An indirect list may have
    /// several, of different issuers.
    pub fn find<'a>(&'a self, serial: &'a [u8]) -> impl Iterator<Item = Entry<'a>> {
        let serial = shortest(serial);
        let start = self.index.partition_point(|at| self.serial_at(*at) < serial);
        let found = self.index.get(start..).unwrap_or_default().iter();
        found.take_while(move |at| self.serial_at(**at) == serial).filter_map(|at| self.entry_at(*at))
    }

    /// All entries, in the order of their serial numbers.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.index.iter().filter_map(|at| self.entry_at(*at))
    }

    fn slice(&self, range: Range<usize>) -> &[u8] {
        self.der.get(range).unwrap_or_default()
    }

    /// The bytes of the entries from one of them on.
    fn rest_at(&self, at: u32) -> &[u8] {
        let entries = self.slice(self.entries.clone());
        usize::try_from(at).ok().and_then(|at| entries.get(at..)).unwrap_or_default()
    }

    fn serial_at(&self, at: u32) -> &[u8] {
        // Nothing fails here: the entry was read before its place came into the index.
        let serial = || Reader::der(self.rest_at(at)).read().ok()?.reader().read().ok();
        serial().map(|element| shortest(element.content)).unwrap_or_default()
    }

    fn entry_at(&self, at: u32) -> Option<Entry<'_>> {
        let element = Reader::der(self.rest_at(at)).read().ok()?;
        let mut entry = ReadEntry::of(&element).ok()?.entry;
        let change = self.issuers.partition_point(|change| change.from <= at).checked_sub(1);
        entry.issuer = change.and_then(|change| self.issuers.get(change)).and_then(|change| {
            let names = self.der.get(usize::try_from(change.names_at).ok()?..)?;
            Some(Reader::der(names).read().ok()?.raw)
        });
        Some(entry)
    }
}

/// An integer without the octets that DER leaves out: some CAs write them, and the number is the same.
pub(super) fn shortest(mut octets: &[u8]) -> &[u8] {
    while let [first @ (0 | 0xff), rest @ ..] = octets {
        // What is left must not be nothing, and must have the same sign.
        if rest.first().is_none_or(|next| (*first == 0) != (next & 0x80 == 0)) {
            break;
        }
        octets = rest;
    }
    octets
}

/// One entry by itself.
struct ReadEntry<'a> {
    /// Its issuer is left open.
    entry: Entry<'a>,
    /// The GeneralNames of certificateIssuer.
    issuer: Option<Element<'a>>,
    has_extensions: bool,
    /// A critical extension that is not understood.
    unknown_critical: Option<Oid>,
}

impl<'a> ReadEntry<'a> {
    fn of(element: &Element<'a>) -> Result<Self, DerError> {
        let mut fields = element.reader();
        let serial = fields.expect(tag::INTEGER)?;
        if serial.content.is_empty() {
            return Err(DerError { what: "an integer without octets", at: serial.at() });
        }
        let revoked_at = fields.read()?.time()?;
        let extensions = fields.optional(tag::SEQUENCE)?;
        fields.end()?;
        let entry = Entry { serial: serial.content, revoked_at, reason: None, invalid_since: None, issuer: None };
        let mut read = Self { entry, issuer: None, has_extensions: extensions.is_some(), unknown_critical: None };
        let Some(extensions) = extensions else { return Ok(read) };
        for one in read_extensions(&extensions)? {
            match one.oid {
                extension::REASON => {
                    read.entry.reason = Some(Reason::of_code(one.only(tag::ENUMERATED)?.integer()?));
                }
                extension::INVALIDITY_DATE => {
                    read.entry.invalid_since = Some(one.only(tag::GENERALIZED_TIME)?.time()?);
                }
                extension::CERTIFICATE_ISSUER => read.issuer = Some(one.only(tag::SEQUENCE)?),
                extension::HOLD_INSTRUCTION => {}
                _ => read.unknown_critical = read.unknown_critical.or(one.unknown_critical()?),
            }
        }
        Ok(read)
    }
}

impl CrlExtensions {
    fn take(&mut self, element: &Element<'_>) -> Result<(), DerError> {
        let mut explicit = element.reader();
        let extensions = explicit.expect(tag::SEQUENCE)?;
        explicit.end()?;
        for one in read_extensions(&extensions)? {
            match one.oid {
                extension::AUTHORITY_KEY => {
                    let key = one.only(tag::SEQUENCE)?;
                    let key_id = key.reader().optional(tag::context_primitive(0))?;
                    self.authority_key_id = key_id.map(|id| id.content.to_vec());
                    self.authority_key = Some(key.raw.to_vec());
                }
                extension::NUMBER => self.number = Some(Number::of(&one.only(tag::INTEGER)?)?),
                extension::DELTA_INDICATOR => self.delta_base = Some(Number::of(&one.only(tag::INTEGER)?)?),
                extension::ISSUING_DISTRIBUTION_POINT => {
                    let point = IssuingDistributionPoint::read(&one.only(tag::SEQUENCE)?)?;
                    self.issuing_distribution_point = Some(point);
                }
                extension::EXPIRED_CERTIFICATES => {
                    self.expired_from = Some(one.only(tag::GENERALIZED_TIME)?.time()?);
                }
                // Names and hints that take no part in the decision.
                extension::FRESHEST | extension::ISSUER_ALT_NAME => {}
                _ => self.unknown_critical.extend(one.unknown_critical()?),
            }
        }
        Ok(())
    }
}

/// One extension as it stands (RFC 5280 §4.1).
pub(super) struct RawExtension<'a> {
    /// Content octets of its identifier.
    pub oid: &'a [u8],
    pub critical: bool,
    /// The OCTET STRING.
    pub value: Element<'a>,
}

impl<'a> RawExtension<'a> {
    /// Its value, which is one element with `tag`.
    pub(super) fn only(&self, tag: u8) -> Result<Element<'a>, DerError> {
        let mut reader = self.value.reader();
        let element = reader.expect(tag)?;
        reader.end()?;
        Ok(element)
    }

    /// Its identifier when it is critical.
    pub(super) fn unknown_critical(&self) -> Result<Option<Oid>, DerError> {
        let malformed = DerError { what: "an object identifier that is malformed", at: self.value.at() };
        self.critical.then(|| Oid::of_content(self.oid).ok_or(malformed)).transpose()
    }
}

/// Reads Extensions. None may stand twice (RFC 5280 §4.2).
pub(super) fn read_extensions<'a>(extensions: &Element<'a>) -> Result<Vec<RawExtension<'a>>, DerError> {
    let mut all: Vec<RawExtension<'a>> = Vec::new();
    let mut reader = extensions.reader();
    while !reader.is_empty() {
        let element = reader.expect(tag::SEQUENCE)?;
        let mut fields = element.reader();
        let oid = fields.expect(tag::OID)?;
        let critical = match fields.optional(tag::BOOLEAN)? {
            Some(flag) => flag.boolean()?,
            None => false,
        };
        let value = fields.expect(tag::OCTET_STRING)?;
        fields.end()?;
        if all.iter().any(|other| other.oid == oid.content) {
            return Err(DerError { what: "an extension that stands twice", at: element.at() });
        }
        if all.len() == EXTENSIONS_MAX {
            return Err(DerError { what: "too many extensions", at: element.at() });
        }
        all.push(RawExtension { oid: oid.content, critical, value });
    }
    Ok(all)
}

fn form(what: &'static str, element: &Element<'_>) -> CrlError {
    CrlError::Form(DerError { what, at: element.at() })
}

/// Places fit into 32 bits because of [`CRL_BYTES_MAX`].
fn offset(at: usize, element: &Element<'_>) -> Result<u32, CrlError> {
    u32::try_from(at).map_err(|_| form("a place beyond 32 bits", element))
}

/// Where an element lies.
pub(super) fn whole(element: &Element<'_>) -> Range<usize> {
    element.at()..element.at().saturating_add(element.raw.len())
}

/// Where its content lies; DER has nothing behind the content.
pub(super) fn content(element: &Element<'_>) -> Range<usize> {
    let end = element.at().saturating_add(element.raw.len());
    end.saturating_sub(element.content.len())..end
}

const _: () = assert!(CRL_BYTES_MAX <= u32::MAX as usize, "places of entries are 32 bits");

#[cfg(test)]
mod tests {
    use super::super::der::write;
    use super::*;

    const ALGORITHM: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];

    fn time(text: &str) -> Vec<u8> {
        write(tag::GENERALIZED_TIME, &[text.as_bytes()])
    }

    fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
        let flag = if critical { vec![1, 1, 0xff] } else { vec![] };
        write(tag::SEQUENCE, &[&write(tag::OID, &[oid]), &flag, &write(tag::OCTET_STRING, &[value])])
    }

    fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
        let extensions = match extensions {
            [] => Vec::new(),
            all => write(tag::SEQUENCE, &[&all.concat()]),
        };
        write(tag::SEQUENCE, &[&write(tag::INTEGER, &[serial]), &time("20250102030405Z"), &extensions])
    }

    fn name(text: &str) -> Vec<u8> {
        let attribute = write(tag::SEQUENCE, &[&[6, 3, 0x55, 4, 3], &write(tag::UTF8_STRING, &[text.as_bytes()])]);
        write(tag::SEQUENCE, &[&write(tag::SET, &[&attribute])])
    }

    fn issuer_extension(text: &str) -> Vec<u8> {
        let names = write(tag::SEQUENCE, &[&write(tag::context(4), &[&name(text)])]);
        extension(super::extension::CERTIFICATE_ISSUER, true, &names)
    }

    fn list(version: Option<u8>, entries: &[u8], extensions: Option<&[Vec<u8>]>) -> Vec<u8> {
        let version = version.map(|v| vec![2, 1, v]).unwrap_or_default();
        let extensions = extensions
            .map(|all| write(tag::context(0), &[&write(tag::SEQUENCE, &[&all.concat()])]))
            .unwrap_or_default();
        let (from, to) = (time("20250101000000Z"), time("20250201000000Z"));
        let entries = write(tag::SEQUENCE, &[entries]);
        let tbs = write(tag::SEQUENCE, &[&version, ALGORITHM, &name("CA"), &from, &to, &entries, &extensions]);
        write(tag::SEQUENCE, &[&tbs, ALGORITHM, &write(tag::BIT_STRING, &[&[0, 1, 2, 3]])])
    }

    fn found(crl: &Crl, serial: &[u8]) -> usize {
        crl.find(serial).count()
    }

    #[test]
    fn two_hundred_thousand_entries_cost_four_bytes_each_and_are_all_found() {
        // A step that is prime to 2^24 visits serial numbers in no order.
        let serial = |n: u32| [&[0x11], &(n.wrapping_mul(0x9e_3779) & 0xff_ffff).to_be_bytes()[..]].concat();
        let reason = [extension(super::extension::REASON, false, &[0x0a, 1, 1])];
        let entries: Vec<u8> = (0..200_000).flat_map(|n| entry(&serial(n), &reason)).collect();
        let der = list(Some(1), &entries, None);
        let crl = Crl::parse(&der).unwrap();
        assert_eq!((crl.len(), crl.index_bytes()), (200_000, 800_000));
        for n in (0..200_000).step_by(7) {
            let serial = serial(n);
            let all: Vec<Entry<'_>> = crl.find(&serial).collect();
            assert_eq!(all.len(), 1);
            assert_eq!((all[0].serial, all[0].reason), (serial.as_slice(), Some(Reason::KeyCompromise)));
        }
        for n in 200_000..200_100 {
            assert_eq!(found(&crl, &serial(n)), 0);
        }
    }

    #[test]
    fn serial_numbers_are_equal_by_value_and_no_further() {
        let entries = [entry(&[0x00, 0xff], &[]), entry(&[0xff], &[]), entry(&[0], &[]), entry(&[1, 0], &[])].concat();
        let crl = Crl::parse(&list(Some(1), &entries, None)).unwrap();
        // 255, -1, 0 and 256; as DER writes them, and with octets to spare.
        for same in [&[0x00, 0xff][..], &[0x00, 0x00, 0xff], &[0xff], &[0xff, 0xff], &[0], &[0, 0], &[1, 0], &[0, 1, 0]]
        {
            assert_eq!(found(&crl, same), 1, "{same:x?}");
        }
        for other in [&[][..], &[1], &[2], &[0x7f], &[0xff, 0x00], &[0xff, 0x7f], &[1, 0, 0]] {
            assert_eq!(found(&crl, other), 0, "{other:x?}");
        }
    }

    #[test]
    fn an_entry_has_the_issuer_of_the_entry_before_it() {
        let entries = [
            entry(&[9], &[]),
            entry(&[1], &[issuer_extension("A")]),
            entry(&[8], &[]),
            entry(&[2], &[issuer_extension("B")]),
            entry(&[1], &[]),
            entry(&[7], &[issuer_extension("B")]),
        ];
        let crl = Crl::parse(&list(Some(1), &entries.concat(), None)).unwrap();
        let of = |text: &str| Some(write(tag::SEQUENCE, &[&write(tag::context(4), &[&name(text)])]));
        let issuers = |serial: u8| -> Vec<Option<Vec<u8>>> {
            crl.find(&[serial]).map(|entry| entry.issuer.map(<[u8]>::to_vec)).collect()
        };
        assert_eq!(issuers(9), [None]);
        assert_eq!(issuers(8), [of("A")]);
        assert_eq!(issuers(1), [of("A"), of("B")]);
        assert_eq!(issuers(7), [of("B")]);
        // Two changes: that of the last entry is none.
        assert_eq!(crl.index_bytes(), 6 * 4 + 2 * 8);
    }

    #[test]
    fn a_critical_extension_that_is_not_understood_is_remembered_wherever_it_stands() {
        let unknown = |critical| extension(&[0x55, 0x1d, 0x7e], critical, &[5, 0]);
        let oids = |der: &[u8]| Crl::parse(der).unwrap().extensions.unknown_critical;
        assert_eq!(oids(&list(Some(1), &entry(&[1], &[unknown(true)]), None)), ["2.5.29.126"]);
        assert_eq!(oids(&list(Some(1), &entry(&[1], &[]), Some(&[unknown(true)]))), ["2.5.29.126"]);
        assert!(oids(&list(Some(1), &entry(&[1], &[unknown(false)]), Some(&[unknown(false)]))).is_empty());
    }

    #[test]
    fn what_a_version_does_not_have_is_refused() {
        assert_eq!(Crl::parse(&list(None, &entry(&[1], &[]), None)).unwrap().version, 1);
        let reason = [extension(super::extension::REASON, false, &[0x0a, 1, 1])];
        assert!(Crl::parse(&list(None, &entry(&[1], &reason), None)).is_err());
        assert!(Crl::parse(&list(None, &[], Some(&reason))).is_err());
        for version in [0, 2, 3] {
            assert!(Crl::parse(&list(Some(version), &[], None)).is_err());
        }
    }

    #[test]
    fn extensions_twice_or_too_many_are_refused() {
        let one = |n: u8| extension(&[0x55, 0x1d, 0x60, n], false, &[5, 0]);
        let count = |count: u8| (0..count).map(one).collect::<Vec<_>>();
        let limit = u8::try_from(EXTENSIONS_MAX).unwrap();
        assert!(Crl::parse(&list(Some(1), &[], Some(&count(limit)))).is_ok());
        assert!(Crl::parse(&list(Some(1), &[], Some(&count(limit + 1)))).is_err());
        assert!(Crl::parse(&list(Some(1), &entry(&[1], &count(limit + 1)), None)).is_err());
        assert!(Crl::parse(&list(Some(1), &[], Some(&[one(1), one(1)]))).is_err());
    }

    #[test]
    fn numbers_compare_by_value() {
        let number = |octets: &[u8]| extension(super::extension::NUMBER, false, &write(tag::INTEGER, &[octets]));
        let of =
            |octets: &[u8]| Crl::parse(&list(Some(1), &[], Some(&[number(octets)]))).map(|crl| crl.extensions.number);
        assert!(of(&[2]).unwrap() < of(&[1, 0]).unwrap());
        assert!(of(&[0x7f]).unwrap() < of(&[0, 0x80]).unwrap());
        assert!(of(&[0]).unwrap() < of(&[1]).unwrap());
        assert_eq!(of(&[5]).unwrap(), of(&[5]).unwrap());
        assert!(of(&[0x80]).is_err(), "below 0");
    }

    #[test]
    fn a_list_cut_off_anywhere_or_with_a_changed_octet_is_no_panic() {
        let entries = [entry(&[1], &[issuer_extension("A")]), entry(&[2], &[])].concat();
        let reason = [extension(super::extension::NUMBER, false, &[2, 1, 1])];
        let der = list(Some(1), &entries, Some(&reason));
        assert!(Crl::parse(&der).is_ok());
        for end in 0..der.len() {
            assert!(Crl::parse(&der[..end]).is_err(), "{end}");
        }
        assert!(Crl::parse(&[der.as_slice(), &[0]].concat()).is_err(), "something follows");
        for at in 0..der.len() {
            for bit in 0..8 {
                let mut other = der.clone();
                other[at] ^= 1 << bit;
                if let Ok(crl) = Crl::parse(&other) {
                    assert_eq!(crl.entries().count(), crl.len());
                }
            }
        }
    }
}
