//! The register of authority: who may sign, for which body, in which office, from when to when (N 430 cl. 15 (3)).
//!
//! An [`Authority`] is one version of a TOML file (`schema/authority/1`; docs/policy.md). [`Authorities`] are the
//! registers that an archive has adopted. A signatory is judged at the date of the signature; who is not in a register
//! is [`AuthorityVerdict::Unknown`], which is INDETERMINATE and never passes.
//!
//! A register names people. No message of this module repeats a name or a number: it names the place in the file.
//! It reads no file and no clock, and it judges no signature and no certificate.

use super::oid::Oid;
use super::policy::{AuthorityDecisions, Decision, Policy, SignerKind, fault_at, oids_of};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::digest::{Sha256, sha256};
use crate::model::document::{date_if_any, document, required_date, section, tables, title};
use crate::model::profile::Title;
use crate::model::strict::{Faults, Fields, malformed};
use crate::model::submission::AccessCategory;
use crate::text::{Said, Text, text};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The value of a register's `schema` field.
pub const AUTHORITY_SCHEMA: &str = "muragat/authority/1";
/// Bytes of one register. Own bound: the persons below, with posts and bases of ordinary length.
pub const AUTHORITY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Persons of one register. Own bound: the state service of the whole country has fewer.
pub const PERSONS_MAX: usize = 100_000;
/// Machines of one register. Own bound.
pub const SERVICES_MAX: usize = 1_000;
/// Bodies of one register. Own bound.
pub const BODIES_MAX: usize = 10_000;

/// One version of a register.
#[derive(Clone)]
pub struct Authority {
    /// Its name, the same in all versions.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: Title,
    /// First day on which it is meant to be used.
    pub valid_from: NaiveDate,
    /// SHA-256 of the file.
    pub sha256: Sha256,
    /// The bodies, in the order of the file.
    pub bodies: Vec<Body>,
    /// The persons, in the order of the file.
    pub persons: Vec<Person>,
    /// The machines, in the order of the file.
    pub services: Vec<Service>,
    /// Positions in `persons`, by number of the person.
    by_iin: BTreeMap<String, Vec<usize>>,
}

/// Without its people.
impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("id", &self.id).field("version", &self.version).finish_non_exhaustive()
    }
}

/// A body whose people sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Business identification number.
    pub bin: String,
    /// Its code as an agency, when it sends to this archive.
    pub agency: Option<String>,
    /// Its name.
    pub name: String,
}

/// A person in an office: one row of the register.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Individual identification number.
    pub iin: String,
    /// The body.
    pub bin: String,
    /// The office.
    pub kind: SignerKind,
    /// The post.
    pub post: String,
    /// One of these must be in the certificate; empty asks for nothing beyond the policy.
    pub roles: Vec<Oid>,
    /// Whether a certificate that names no body will do.
    pub personal_certificate: bool,
    /// First day in the office.
    pub from: NaiveDate,
    /// Last day; none while it lasts.
    pub to: Option<NaiveDate>,
    /// The act that gives the authority.
    pub basis: String,
    /// The categories of records that the office reaches: those that are open to everybody when the row names none.
    pub access: BTreeSet<AccessCategory>,
}

/// A machine in an office: what it may do is confirmed by officers, like what persons may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Name of its account.
    pub name: String,
    /// The body that runs it.
    pub bin: String,
    /// The office, one of [`SignerKind::OF_SERVICES`].
    pub kind: SignerKind,
    /// First day.
    pub from: NaiveDate,
    /// Last day; none while it lasts.
    pub to: Option<NaiveDate>,
    /// The act that gives it what it has.
    pub basis: String,
    /// The categories of records that it reaches.
    pub access: BTreeSet<AccessCategory>,
}

impl Service {
    /// Whether the term of the row has this day.
    pub fn is_in_office(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }
}

impl Person {
    /// Whether the term of the row has this day.
    pub fn is_in_office(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }
}

/// Without the number and the post: what is printed for an engineer names nobody.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("kind", &self.kind).field("from", &self.from).finish_non_exhaustive()
    }
}

/// The bodies for one of which a signature must be made.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Any body of the register.
    Any,
    /// A body of this agency.
    Agency(&'a str),
    /// A body of this agency, or one with one of these business identification numbers.
    AgencyOr(&'a str, &'a BTreeSet<String>),
}

/// What is known of somebody who signed.
#[derive(Clone, Copy)]
pub struct Signatory<'a> {
    /// The person, as the certificate says.
    pub iin: Option<&'a str>,
    /// The body, as the certificate says.
    pub bin: Option<&'a str>,
    /// Roles in extendedKeyUsage.
    pub role_oids: &'a [Oid],
    /// The office in which the signature is needed.
    pub kind: SignerKind,
    /// Whose signature it must be.
    pub body: Whose<'a>,
    /// The date of the signature.
    pub date: NaiveDate,
}

/// Whether somebody had the authority to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorityVerdict {
    /// Yes.
    Authorised {
        /// The post.
        post: String,
        /// The act that gives the authority.
        basis: String,
        /// Name and version of the register, and the digest of its file.
        register: (String, String, Sha256),
    },
    /// The certificate has none of the roles that the policy or the register asks for.
    WrongRole,
    /// In the office, but not on that day. The term is that of the first such row.
    OutOfTerm {
        /// First day in the office.
        from: NaiveDate,
        /// Last day.
        to: Option<NaiveDate>,
    },
    /// Of the body, but in another office.
    WrongKind,
    /// In the register, for another body than the certificate or the agency says.
    WrongBody,
    /// Nobody of whom a register speaks: INDETERMINATE.
    Unknown,
}

impl AuthorityVerdict {
    /// The word for reports: stable.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Authorised { .. } => "authorised",
            Self::WrongRole => "wrong_role",
            Self::OutOfTerm { .. } => "out_of_term",
            Self::WrongKind => "wrong_kind",
            Self::WrongBody => "wrong_body",
            Self::Unknown => "unknown",
        }
    }

    /// What was found, for people, of somebody who signed as one of `kinds` on `date`.
    pub fn said(&self, kinds: &[SignerKind], date: NaiveDate) -> Said {
        Said::of(|lang| {
            let offices: Vec<&str> = kinds.iter().map(|kind| kind.text().get(lang)).collect();
            let term = match self {
                Self::OutOfTerm { from, to } => {
                    let to = to.map_or("…".to_owned(), day);
                    format!(" ({} – {to})", day(*from))
                }
                _ => String::new(),
            };
            let (office, asked) = (OFFICE.get(lang), offices.join(" / "));
            format!("{}{term}. {office}: {asked}; {}: {}.", self.text().get(lang), DATE.get(lang), day(date))
        })
    }

    /// What was found, in words.
    pub fn text(&self) -> Text {
        match self {
            Self::Authorised { .. } => text("Өкілеттігі бар", "Полномочия есть", "The signer had the authority"),
            Self::WrongRole => text(
                "Тіркеу куәлігінде саясат немесе тізілім талап ететін рөл жоқ",
                "В регистрационном свидетельстве нет роли, которой требует политика или реестр",
                "The certificate has none of the roles that the policy or the register asks for",
            ),
            Self::OutOfTerm { .. } => text(
                "Қол қойылған күні тізілімдегі өкілеттік мерзімінен тыс",
                "Дата подписи вне срока полномочий по реестру",
                "The date of the signature is outside the term of the register",
            ),
            Self::WrongKind => text(
                "Тізілім бойынша қол қоюшы басқа қызметте",
                "По реестру подписавший в другой должности",
                "By the register the signer is in another office",
            ),
            Self::WrongBody => text(
                "Тізілім бойынша қол қоюшы басқа ұйымнан",
                "По реестру подписавший из другой организации",
                "By the register the signer is of another body",
            ),
            Self::Unknown => text(
                "Қол қоюшы ешбір өкілеттіктер тізілімінде жоқ",
                "Подписавшего нет ни в одном реестре полномочий",
                "The signer is in no register of authority",
            ),
        }
    }

    /// What becomes of the document; none when the signatory is authorised.
    pub fn decision(&self, decisions: &AuthorityDecisions) -> Option<Decision> {
        match self {
            Self::Authorised { .. } => None,
            Self::WrongRole => Some(decisions.wrong_role),
            Self::OutOfTerm { .. } => Some(decisions.out_of_term),
            Self::WrongKind => Some(decisions.wrong_kind),
            Self::WrongBody => Some(decisions.wrong_body),
            Self::Unknown => Some(decisions.unknown),
        }
    }

    /// Of several rows about a person the one nearest to authority speaks.
    pub fn distance(&self) -> u8 {
        match self {
            Self::Authorised { .. } => 0,
            Self::WrongRole => 1,
            Self::OutOfTerm { .. } => 2,
            Self::WrongKind => 3,
            Self::WrongBody => 4,
            Self::Unknown => 5,
        }
    }
}

const OFFICE: Text = text("Қажетті қызметі", "Нужная должность", "Office asked for");
const DATE: Text = text("қол қойылған күні", "дата подписи", "date of the signature");

fn day(date: NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

/// A number that does not satisfy its control digit: a slip of the pen, or a number made for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddNumber {
    /// Where it stands: `/person/3/iin`.
    pub place: String,
}

/// Whether the last digit of an IIN or BIN is the one that the other eleven give.
///
/// Both are twelve digits. The last is the sum of the first eleven, weighted by 1 to 11, modulo 11; when that is 10, by
/// the weights 3 to 11, 1, 2; when it is 10 again, there is no such number.
pub fn control_digit_holds(number: &str) -> bool {
    let Some(digits) = digits(number) else { return false };
    let [first @ .., last] = digits;
    let sum = |weights: [u32; 11]| first.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    let control = match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]),
        control => control,
    };
    control == last
}

/// The twelve digits of an IIN or BIN.
fn digits(number: &str) -> Option<[u32; 12]> {
    let digits: Option<Vec<u32>> = number.chars().map(|c| c.to_digit(10)).collect();
    digits?.try_into().ok()
}

impl Authority {
    /// Reads a register from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, as `authority.toml#/person/3/from`.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let value = document(bytes, name, AUTHORITY_BYTES_MAX)?;
        let mut faults = Faults::default();
        let authority = Fields::of(value, format!("{name}#"), &mut faults).and_then(authority);
        faults.result(authority.map(|authority| Self { sha256: sha256(bytes), ..authority }))
    }

    /// The numbers whose control digit does not hold.
    pub fn odd_numbers(&self) -> Vec<OddNumber> {
        let bodies = self.bodies.iter().enumerate().map(|(i, body)| (format!("/body/{i}/bin"), &body.bin));
        let persons = self.persons.iter().enumerate().map(|(i, person)| (format!("/person/{i}/iin"), &person.iin));
        let odd = bodies.chain(persons).filter(|(_, number)| !control_digit_holds(number));
        odd.map(|(place, _)| OddNumber { place }).collect()
    }

    /// The agencies of a body; none for a body that is no agency here.
    pub fn agencies_of(&self, bin: &str) -> BTreeSet<&str> {
        self.bodies.iter().filter(|body| body.bin == bin).filter_map(|body| body.agency.as_deref()).collect()
    }

    /// The rows of a person.
    pub fn persons_of(&self, iin: &str) -> impl Iterator<Item = &Person> {
        self.by_iin.get(iin).into_iter().flatten().filter_map(|row| self.persons.get(*row))
    }

    /// What this register says of a signatory.
    fn judge(&self, signatory: &Signatory) -> AuthorityVerdict {
        let persons = signatory.iin.into_iter().flat_map(|iin| self.persons_of(iin));
        let verdicts = persons.map(|person| self.judge_by(person, signatory));
        verdicts.min_by_key(AuthorityVerdict::distance).unwrap_or(AuthorityVerdict::Unknown)
    }

    /// The numbers of the bodies for which this register lets a signatory sign.
    fn bodies(&self, signatory: &Signatory) -> impl Iterator<Item = &str> {
        let persons = signatory.iin.into_iter().flat_map(|iin| self.persons_of(iin));
        let allowed = |p: &&Person| matches!(self.judge_by(p, signatory), AuthorityVerdict::Authorised { .. });
        persons.filter(allowed).map(|person| person.bin.as_str())
    }

    fn judge_by(&self, person: &Person, signatory: &Signatory) -> AuthorityVerdict {
        let is_of_agency = |agency: &str| {
            let mut of_agency = self.bodies.iter().filter(|body| body.agency.as_deref() == Some(agency));
            of_agency.any(|body| body.bin == person.bin)
        };
        let is_wanted = match signatory.body {
            Whose::Any => true,
            Whose::Agency(agency) => is_of_agency(agency),
            Whose::AgencyOr(agency, bins) => is_of_agency(agency) || bins.contains(&person.bin),
        };
        let is_of_body = match signatory.bin {
            Some(bin) => bin == person.bin,
            None => person.personal_certificate,
        };
        if !is_of_body || !is_wanted {
            return AuthorityVerdict::WrongBody;
        }
        if person.kind != signatory.kind {
            return AuthorityVerdict::WrongKind;
        }
        if !person.is_in_office(signatory.date) {
            return AuthorityVerdict::OutOfTerm { from: person.from, to: person.to };
        }
        if !person.roles.is_empty() && !person.roles.iter().any(|role| signatory.role_oids.contains(role)) {
            return AuthorityVerdict::WrongRole;
        }
        AuthorityVerdict::Authorised {
            post: person.post.clone(),
            basis: person.basis.clone(),
            register: (self.id.clone(), self.version.clone(), self.sha256),
        }
    }
}

/// The registers that an archive has adopted: of each id the version that was adopted last.
#[derive(Debug, Clone, Default)]
pub struct Authorities {
    adopted: Vec<Authority>,
}

impl Authorities {
    /// Whether a machine is in an administrator's office on a day, of any body.
    pub fn is_administrating_service(&self, name: &str, day: NaiveDate) -> bool {
        let rows = self.adopted.iter().flat_map(|register| &register.services).filter(|row| row.name == name);
        rows.filter(|row| row.kind == SignerKind::Administrator).any(|row| row.is_in_office(day))
    }

    /// Adds a register, in place of an earlier version of it.
    pub fn adopt(&mut self, authority: Authority) {
        self.adopted.retain(|held| held.id != authority.id);
        self.adopted.push(authority);
    }

    /// The registers.
    pub fn adopted(&self) -> &[Authority] {
        &self.adopted
    }

    /// Whether a person is an administrator on a day, of any body.
    pub fn is_administrator(&self, iin: &str, day: NaiveDate) -> bool {
        let rows = self.adopted.iter().flat_map(|register| register.persons_of(iin));
        rows.filter(|person| person.kind == SignerKind::Administrator).any(|person| person.is_in_office(day))
    }

    /// The persons in one of these offices of an agency on a day who are no administrators: their numbers, by office.
    pub fn in_office(&self, agency: &str, kinds: &[SignerKind], day: NaiveDate) -> BTreeSet<(SignerKind, &str)> {
        let mut found = BTreeSet::new();
        for register in &self.adopted {
            for person in register.persons.iter().filter(|p| kinds.contains(&p.kind) && p.is_in_office(day)) {
                let is_of = |body: &&Body| body.bin == person.bin && body.agency.as_deref() == Some(agency);
                if register.bodies.iter().any(|body| is_of(&body)) && !self.is_administrator(&person.iin, day) {
                    found.insert((person.kind, person.iin.as_str()));
                }
            }
        }
        found
    }

    /// The persons who are approvers of any body on a day or later, and no administrators from then on: their numbers.
    pub fn approvers_from(&self, day: NaiveDate) -> BTreeSet<&str> {
        let of = |kind: SignerKind| -> BTreeSet<&str> {
            let rows = self.adopted.iter().flat_map(|register| &register.persons);
            let rows = rows.filter(|p| p.kind == kind && p.to.is_none_or(|last| day <= last));
            rows.map(|person| person.iin.as_str()).collect()
        };
        of(SignerKind::Approver).difference(&of(SignerKind::Administrator)).copied().collect()
    }

    /// The numbers of the bodies for which somebody may sign who has the authority to.
    pub fn bodies(&self, signatory: &Signatory) -> BTreeSet<String> {
        self.adopted.iter().flat_map(|authority| authority.bodies(signatory)).map(str::to_owned).collect()
    }

    /// Whether somebody had the authority to sign, by all registers and by the roles that the policy accepts.
    pub fn judge(&self, signatory: &Signatory, policy: &Policy) -> AuthorityVerdict {
        self.judge_with(&Self::default(), signatory, policy)
    }

    /// The same where each register speaks together with the version of it in `others`, if there is one: the worse of
    /// both counts.
    pub fn judge_with(&self, others: &Self, signatory: &Signatory, policy: &Policy) -> AuthorityVerdict {
        // The role is in the certificate: no register can mend it.
        if !policy.role_accepted(signatory.kind, signatory.role_oids) {
            return AuthorityVerdict::WrongRole;
        }
        let verdicts = self.adopted.iter().map(|register| {
            let verdict = register.judge(signatory);
            let other = others.adopted.iter().find(|other| other.id == register.id);
            let other = other.map(|other| other.judge(signatory));
            other.filter(|other| other.distance() > verdict.distance()).unwrap_or(verdict)
        });
        verdicts.min_by_key(AuthorityVerdict::distance).unwrap_or(AuthorityVerdict::Unknown)
    }
}

fn authority(mut fields: Fields) -> Option<Authority> {
    fields.schema(AUTHORITY_SCHEMA);
    let id = fields.text("id", TEXT_SHORT_CHARS_MAX);
    let version = fields.text("version", TEXT_SHORT_CHARS_MAX);
    let valid_from = required_date(&mut fields, "valid_from");
    let title = section(&mut fields, "title", title);
    let bodies = tables(&mut fields, "body", BODIES_MAX, body);
    let persons = tables(&mut fields, "person", PERSONS_MAX, person);
    let services = tables(&mut fields, "service", SERVICES_MAX, service);
    if let (Some(bodies), Some(persons)) = (&bodies, &persons) {
        check_rows(&mut fields, bodies, persons);
    }
    if let (Some(bodies), Some(services)) = (&bodies, &services) {
        check_services(&mut fields, bodies, services);
    }
    fields.end();
    let persons = persons?;
    let mut by_iin: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, person) in persons.iter().enumerate() {
        by_iin.entry(person.iin.clone()).or_default().push(row);
    }
    Some(Authority {
        id: id?,
        version: version?,
        title: title?,
        valid_from: valid_from?,
        sha256: sha256(b""),
        bodies: bodies?,
        persons,
        services: services?,
        by_iin,
    })
}

fn check_rows(fields: &mut Fields, bodies: &[Body], persons: &[Person]) {
    let mut seen = BTreeSet::new();
    for (i, body) in bodies.iter().enumerate() {
        if !seen.insert((&body.bin, &body.agency)) {
            fault_at(fields, "body", i, "the body of another row");
        }
    }
    let bins: BTreeSet<&str> = bodies.iter().map(|body| body.bin.as_str()).collect();
    let mut seen = BTreeSet::new();
    for (i, person) in persons.iter().enumerate() {
        if !bins.contains(person.bin.as_str()) {
            fault_at(fields, "person", i, "bin is that of no body of this register");
        }
        if !seen.insert((&person.iin, &person.bin, person.kind, &person.post, person.from)) {
            fault_at(fields, "person", i, "the person, office, post and first day of another row");
        }
    }
}

fn check_services(fields: &mut Fields, bodies: &[Body], services: &[Service]) {
    let bins: BTreeSet<&str> = bodies.iter().map(|body| body.bin.as_str()).collect();
    let mut seen = BTreeSet::new();
    for (i, service) in services.iter().enumerate() {
        if !bins.contains(service.bin.as_str()) {
            fault_at(fields, "service", i, "bin is that of no body of this register");
        }
        if !SignerKind::OF_SERVICES.contains(&service.kind) {
            fault_at(fields, "service", i, "an office in which a person decides");
        }
        if !seen.insert((&service.name, &service.bin, service.kind, service.from)) {
            fault_at(fields, "service", i, "the name, body, office and first day of another row");
        }
    }
}

/// The categories that a row names. A row from before the key reaches what is open to everybody.
fn access_of(fields: &mut Fields) -> Option<BTreeSet<AccessCategory>> {
    let Some(value) = fields.optional("access") else { return Some(BTreeSet::from([AccessCategory::Public])) };
    fields.read("access", value, |value, at| {
        let words = value.as_array().map(|words| words.iter().map(|w| AccessCategory::parse(w.as_str()?)));
        let access: Option<BTreeSet<AccessCategory>> = words.and_then(Iterator::collect);
        // A category that is named twice is a slip of the pen about another one.
        let access = access.filter(|access| value.as_array().is_some_and(|words| words.len() == access.len()));
        access.ok_or_else(|| malformed(at, &format!("an array of {}", AccessCategory::KNOWN.trim_end()), &value))
    })
}

fn service(mut fields: Fields) -> Option<Service> {
    let name = fields.text("name", TEXT_SHORT_CHARS_MAX);
    let bin = number(&mut fields, "bin");
    let kind = fields.word("kind", SignerKind::parse, SignerKind::KNOWN);
    let from = required_date(&mut fields, "from");
    let to = date_if_any(&mut fields, "to");
    let basis = fields.text("basis", TEXT_LONG_CHARS_MAX);
    let access = access_of(&mut fields);
    term(&mut fields, from, to.flatten());
    fields.end();
    Some(Service { name: name?, bin: bin?, kind: kind?, from: from?, to: to?, basis: basis?, access: access? })
}

/// A term ends on its first day at the earliest.
fn term(fields: &mut Fields, from: Option<NaiveDate>, to: Option<NaiveDate>) {
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        fields.fault(ErrorCode::IngFieldMalformed, "to", "the last day is before the first");
    }
}

fn body(mut fields: Fields) -> Option<Body> {
    let bin = number(&mut fields, "bin");
    let agency = fields.text_if_any("agency", TEXT_SHORT_CHARS_MAX);
    let name = fields.text("name", TEXT_LONG_CHARS_MAX);
    fields.end();
    Some(Body { bin: bin?, agency: agency?, name: name? })
}

fn person(mut fields: Fields) -> Option<Person> {
    let iin = number(&mut fields, "iin");
    let bin = number(&mut fields, "bin");
    let kind = fields.word("kind", SignerKind::parse, SignerKind::KNOWN);
    let post = fields.text("post", TEXT_LONG_CHARS_MAX);
    let roles = match fields.optional("roles") {
        None => Some(Vec::new()),
        Some(value) => oids_of(&mut fields, "roles", value),
    };
    let personal_certificate = match fields.optional("personal_certificate") {
        None => Some(false),
        Some(value) => fields.read("personal_certificate", value, |value, at| {
            value.as_bool().ok_or_else(|| malformed(at, "true or false", &value))
        }),
    };
    let from = required_date(&mut fields, "from");
    let to = date_if_any(&mut fields, "to");
    let basis = fields.text("basis", TEXT_LONG_CHARS_MAX);
    let access = access_of(&mut fields);
    term(&mut fields, from, to.flatten());
    fields.end();
    Some(Person {
        iin: iin?,
        bin: bin?,
        kind: kind?,
        post: post?,
        roles: roles?,
        personal_certificate: personal_certificate?,
        from: from?,
        to: to?,
        basis: basis?,
        access: access?,
    })
}

/// An IIN or BIN: twelve digits as a text, since a spreadsheet and a number lose leading zeros.
fn number(fields: &mut Fields, key: &str) -> Option<String> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, at| {
        let found = value.as_str().filter(|text| digits(text).is_some()).map(str::to_owned);
        found.ok_or_else(|| malformed(at, "twelve digits in quotes", &value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::policy::Roles;

    const HEAD: &str = "1.2.398.3.3.4.1.2.1";
    const EMPLOYEE: &str = "1.2.398.3.3.4.1.2.5";

    const REGISTER: &str = r#"
schema = "muragat/authority/1"
id = "example"
version = "1"
valid_from = "2026-01-01"
title = { kk = "Үлгі", ru = "Пример", en = "Example" }

[[body]]
bin = "123456789021"
agency = "DEMO"
name = "Үлгі әкімдігі"

[[body]]
bin = "123456789022"
name = "Үлгі мекемесі"

[[person]]
iin = "123456789011"
bin = "123456789021"
kind = "official"
post = "Бөлім басшысы"
roles = ["1.2.398.3.3.4.1.2.1"]
from = "2026-01-01"
to = "2026-12-31"
basis = "Үлгі бұйрық № 5"

[[person]]
iin = "123456789012"
bin = "123456789022"
kind = "records_office"
post = "Кеңсе маманы"
personal_certificate = true
from = "2026-02-01"
basis = "Үлгі бұйрық № 6"
"#;

    fn on(day: &str) -> NaiveDate {
        day.parse().unwrap()
    }

    fn adopted(text: &str) -> Authorities {
        let mut authorities = Authorities::default();
        authorities.adopt(Authority::parse(text.as_bytes(), "a.toml").unwrap());
        authorities
    }

    fn judge(authorities: &Authorities, change: impl FnOnce(&mut Signatory)) -> &'static str {
        judge_as(HEAD, authorities, change)
    }

    fn judge_as(role: &str, authorities: &Authorities, change: impl FnOnce(&mut Signatory)) -> &'static str {
        let roles = [role.parse().unwrap()];
        let mut signatory = Signatory {
            iin: Some("123456789011"),
            bin: Some("123456789021"),
            role_oids: &roles,
            kind: SignerKind::Official,
            body: Whose::Agency("DEMO"),
            date: on("2026-06-01"),
        };
        change(&mut signatory);
        let any = Policy { roles: Roles::default(), ..Policy::built_in() };
        authorities.judge(&signatory, &any).as_str()
    }

    #[test]
    fn authority_is_judged_at_the_date_of_the_signature() {
        let authorities = adopted(REGISTER);
        for (day, wanted) in [
            ("2025-12-31", "out_of_term"),
            ("2026-01-01", "authorised"),
            ("2026-12-31", "authorised"),
            ("2027-01-01", "out_of_term"),
        ] {
            assert_eq!(judge(&authorities, |s| s.date = on(day)), wanted, "{day}");
        }
        assert_eq!(judge(&authorities, |s| s.body = Whose::Any), "authorised", "any body of the register");
    }

    #[test]
    fn who_is_not_in_a_register_is_unknown_and_never_authorised() {
        let authorities = adopted(REGISTER);
        for iin in [None, Some("123456789013"), Some("IIN123456789011"), Some("")] {
            assert_eq!(judge(&authorities, |s| s.iin = iin), "unknown", "{iin:?}");
        }
        assert_eq!(judge(&Authorities::default(), |_| ()), "unknown");
        let decisions = Policy::built_in().authority;
        assert_eq!(AuthorityVerdict::Unknown.decision(&decisions), Some(Decision::Wait));
        assert_eq!(AuthorityVerdict::WrongBody.decision(&decisions), Some(Decision::Refuse));
    }

    #[test]
    fn body_office_and_role_must_be_those_of_the_row() {
        let authorities = adopted(REGISTER);
        assert_eq!(judge(&authorities, |s| s.bin = Some("123456789022")), "wrong_body");
        assert_eq!(judge(&authorities, |s| s.bin = None), "wrong_body");
        assert_eq!(judge(&authorities, |s| s.body = Whose::Agency("OTHER")), "wrong_body");
        assert_eq!(judge(&authorities, |s| s.kind = SignerKind::RecordsOffice), "wrong_kind");
        assert_eq!(judge_as(EMPLOYEE, &authorities, |_| ()), "wrong_role");

        let office = |s: &mut Signatory| {
            (s.iin, s.bin, s.kind, s.body) = (Some("123456789012"), None, SignerKind::RecordsOffice, Whose::Any);
        };
        assert_eq!(judge(&authorities, office), "authorised", "a personal certificate will do");
        let of_other = |s: &mut Signatory| {
            office(s);
            s.bin = Some("123456789021");
        };
        assert_eq!(judge(&authorities, of_other), "wrong_body");
    }

    #[test]
    fn one_of_several_bodies_will_do() {
        let (authorities, roles) = (adopted(REGISTER), [HEAD.parse().unwrap()]);
        let any = Policy { roles: Roles::default(), ..Policy::built_in() };
        let signatory = Signatory {
            iin: Some("123456789011"),
            bin: Some("123456789021"),
            role_oids: &roles,
            kind: SignerKind::Official,
            body: Whose::Any,
            date: on("2026-06-01"),
        };
        for (agency, bin, wanted) in [
            ("OTHER", "123456789021", "authorised"),
            ("OTHER", "123456789022", "wrong_body"),
            ("DEMO", "123456789022", "authorised"),
        ] {
            let bins = BTreeSet::from([bin.to_owned()]);
            let verdict = authorities.judge(&Signatory { body: Whose::AgencyOr(agency, &bins), ..signatory }, &any);
            assert_eq!(verdict.as_str(), wanted, "{agency} {bin}");
        }
        assert_eq!(authorities.bodies(&signatory), BTreeSet::from(["123456789021".to_owned()]));
        let of_other = Signatory { body: Whose::Agency("OTHER"), ..signatory };
        assert_eq!(authorities.bodies(&of_other), BTreeSet::new());
    }

    #[test]
    fn the_role_that_the_policy_asks_for_comes_before_the_register() {
        let roles = [EMPLOYEE.parse().unwrap()];
        let signatory = Signatory {
            iin: None,
            bin: None,
            role_oids: &roles,
            kind: SignerKind::Official,
            body: Whose::Any,
            date: on("2026-06-01"),
        };
        let verdict = Authorities::default().judge(&signatory, &Policy::built_in());
        assert_eq!(verdict, AuthorityVerdict::WrongRole);
    }

    #[test]
    fn a_row_reaches_what_is_open_unless_it_names_more_and_a_machine_holds_no_office_of_decisions() {
        use AccessCategory::{Confidential, OfficialUse, Public};
        let read = |text: &str| Authority::parse(text.as_bytes(), "a.toml");
        let old = read(REGISTER).unwrap();
        assert!(old.services.is_empty() && old.persons.iter().all(|p| p.access == BTreeSet::from([Public])));
        let wider = REGISTER.replacen("basis =", "access = [\"public\", \"confidential\"]\nbasis =", 1);
        assert_eq!(read(&wider).unwrap().persons[0].access, BTreeSet::from([Public, Confidential]));
        assert!(read(&REGISTER.replacen("basis =", "access = [\"state_secret\"]\nbasis =", 1)).is_err());
        let service = |kind: &str, bin: &str| {
            format!(
                "{REGISTER}\n[[service]]\nname = \"үлгі-жүйе\"\nbin = \"{bin}\"\nkind = \"{kind}\"\n\
                 from = \"2026-01-01\"\nbasis = \"Үлгі\"\naccess = [\"official_use\"]\n"
            )
        };
        for kind in SignerKind::ALL {
            let is_taken = read(&service(kind.as_str(), "123456789021")).is_ok();
            assert_eq!(is_taken, SignerKind::OF_SERVICES.contains(kind), "{kind}");
        }
        assert!(read(&service("clerk", "123456789029")).is_err(), "of no body");
        let clerk = read(&service("clerk", "123456789021")).unwrap();
        assert_eq!(clerk.services[0].access, BTreeSet::from([OfficialUse]));
        assert_eq!(clerk.agencies_of("123456789021"), BTreeSet::from(["DEMO"]));
        assert!(clerk.agencies_of("123456789022").is_empty());
    }

    #[test]
    fn of_several_rows_the_nearest_to_authority_speaks() {
        let second = REGISTER.split("\n[[person]]").nth(1).unwrap();
        let later = second.replace("2026-01-01", "2027-01-01").replace("2026-12-31", "2027-12-31");
        let authorities = adopted(&format!("{REGISTER}\n[[person]]{later}"));
        assert_eq!(judge(&authorities, |s| s.date = on("2026-12-31")), "authorised");
        assert_eq!(judge(&authorities, |s| s.date = on("2027-01-01")), "authorised");
        assert_eq!(judge(&authorities, |s| s.date = on("2028-01-01")), "out_of_term");
    }

    #[test]
    fn a_version_takes_the_place_of_the_one_before() {
        let mut authorities = adopted(REGISTER);
        let none = REGISTER.split("\n[[body]]").next().unwrap();
        let read = |text: &str| Authority::parse(text.as_bytes(), "a.toml").unwrap();
        authorities.adopt(read(&none.replace("example", "second")));
        assert_eq!((authorities.adopted().len(), judge(&authorities, |_| ())), (2, "authorised"));
        authorities.adopt(read(none));
        assert_eq!((authorities.adopted().len(), judge(&authorities, |_| ())), (2, "unknown"));
    }

    #[test]
    fn faults_name_their_row_and_no_person() {
        for (from, to, place) in [
            ("bin = \"123456789021\"\nagency", "bin = \"12345678902\"\nagency", "/body/0/bin"),
            ("iin = \"123456789011\"", "iin = \"12345678901x\"", "/person/0/iin"),
            ("iin = \"123456789011\"", "iin = \"12345678901१\"", "/person/0/iin"),
            ("iin = \"123456789011\"", "iin = 123456789011", "/person/0/iin"),
            ("kind = \"official\"", "kind = \"executor\"", "/person/0/kind"),
            ("to = \"2026-12-31\"", "to = \"2025-12-31\"", "/person/0/to"),
            ("bin = \"123456789022\"\nkind", "bin = \"123456789023\"\nkind", "/person/1"),
            ("bin = \"123456789022\"\nname", "bin = \"123456789021\"\nagency = \"DEMO\"\nname", "/body/1"),
            ("personal_certificate = true", "personal_certificate = 1", "/person/1/personal_certificate"),
        ] {
            let text = REGISTER.replacen(from, to, 1);
            assert_ne!(text, REGISTER, "{from}");
            let refusals = Authority::parse(text.as_bytes(), "a.toml").unwrap_err();
            assert_eq!(refusals[0].subject, format!("a.toml#{place}"), "{from} -> {to}");
            let said = format!("{refusals:?}");
            assert!(!said.contains("1234567") && !said.contains("маман"), "{said}");
        }
        let twice = REGISTER.split("\n[[person]]").nth(2).unwrap();
        let refusals = Authority::parse(format!("{REGISTER}\n[[person]]{twice}").as_bytes(), "a.toml").unwrap_err();
        assert_eq!(refusals[0].subject, "a.toml#/person/2");
        let read = Authority::parse(REGISTER.as_bytes(), "a.toml").unwrap();
        let shown = format!("{read:?} {:?}", read.persons);
        assert!(!shown.contains("1234567") && !shown.contains("маман"), "{shown}");
    }

    #[test]
    fn control_digits_are_those_of_the_rule() {
        assert!(control_digit_holds("100000000001") && !control_digit_holds("100000000002"));
        // 1*10 = 10 by the tenth weight, then 1*1 = 1 by the second weights.
        assert!(control_digit_holds("000000000101") && !control_digit_holds("000000000100"));
        for number in ["123456789011", "123456789021", "", "1000000000011", "10000000000x"] {
            assert!(!control_digit_holds(number), "{number}");
        }
        let authority = Authority::parse(REGISTER.as_bytes(), "a.toml").unwrap();
        let places: Vec<String> = authority.odd_numbers().into_iter().map(|odd| odd.place).collect();
        assert_eq!(places, ["/body/0/bin", "/body/1/bin", "/person/0/iin", "/person/1/iin"]);
    }
}
