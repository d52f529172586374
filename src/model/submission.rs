//! The submission: what a Producer sends, and which component plays which part.
//!
//! First thing read by ingest. `submission.json` (schema/submission/1) points to the components; it is not one of them.
//!
//! Invariants of a parsed [`Submission`]
//!   - Exactly one card, and no more attachments than the profile admits (N 430 cl. 7, 22).
//!   - Every path is relative, normalised and unique on any file system, so that a record can be given back to a
//!     folder.
//!   - A covered component exists, and only a signature or a time-stamp covers.
//!   - A representation, and nothing else, names what it was derived from and with what.
//!   - A scanned copy, and nothing else, names who certified it (N 430 cl. 12, 36).
//!
//! Whether there is a main file is asked when the card is known, see [`check_main`](super::card::check_main).
//!
//! It reads no file but the one it is given: whether the components are there is a question for ingest.

use super::classifier::coded_fields;
use super::path;
use super::secrecy;
use super::strict::{Faults, Fields, malformed, parse, word_of, words};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{COMPONENTS_MAX, PATH_BYTES_MAX, SUBMISSION_BYTES_MAX, TEXT_SHORT_CHARS_MAX};
use crate::text::{Text, text};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The file that describes a submission.
pub const SUBMISSION_FILE: &str = "submission.json";
/// The value of its `schema` field.
pub const SUBMISSION_SCHEMA: &str = "muragat/submission/1";

words! {
    /// The part a component plays in the record.
    Role {
        /// The registration-control card (N 430 cl. 8), one to a record.
        Card = "card",
        /// A file of the main content.
        Main = "main",
        /// An attachment to it.
        Attachment = "attachment",
        /// A detached signature.
        Signature = "signature",
        /// A certificate that came with the document.
        Certificate = "certificate",
        /// A CRL or OCSP answer that came with it.
        Revocation = "revocation",
        /// A time-stamp token.
        Timestamp = "timestamp",
        /// A receipt of sending or of registration.
        Receipt = "receipt",
        /// A form derived from an original, never the original itself.
        Representation = "representation",
        /// A mark of execution that came later; no submission has one.
        Mark = "mark",
        /// What the archive found when it validated the signatures; no submission has one.
        Report = "report",
        /// What the archive issued about the record, its receipt; no submission has one.
        Issued = "issued",
        /// What came with the record from the archive that handed it over, and proves it; no submission has one.
        Provenance = "provenance",
    }
}

impl Role {
    /// Whether the component is part of the document that N 430 cl. 7 limits: main content or attachment.
    pub fn is_content(self) -> bool {
        matches!(self, Role::Main | Role::Attachment)
    }
}

words! {
    /// Which way the document went.
    Direction {
        /// Received from another body.
        Incoming = "incoming",
        /// Sent to another body.
        Outgoing = "outgoing",
        /// Neither.
        Internal = "internal",
    }
}

words! {
    /// Who may see the record.
    ///
    /// `state_secret` is known and refused (N 430 cl. 1, 45), so it is no value of this type. Whether an archive takes
    /// documents for official use is its own policy.
    AccessCategory {
        /// Open to everybody.
        Public = "public",
        /// Limited by law or contract.
        Confidential = "confidential",
        /// For official use (ҚБПҮ).
        OfficialUse = "official_use",
    }
}

impl AccessCategory {
    /// As people read it.
    pub fn text(self) -> Text {
        match self {
            Self::Public => text("ашық", "открытый", "public"),
            Self::Confidential => text("құпиялы", "конфиденциальный", "confidential"),
            Self::OfficialUse => {
                text("қызмет бабында пайдалану үшін", "для служебного пользования", "for official use")
            }
        }
    }
}

words! {
    /// The rules a submission follows; [`Profile::rules`] has them.
    Profile {
        /// Government decree N 430 on electronic document circulation.
        N430 = "n430",
        /// The akimat regulation: smaller documents.
        Akimat = "akimat",
        /// Decree N 430, section 3: organisations that are no state bodies.
        Organization = "organization",
    }
}

words! {
    /// What the main content is.
    Kind {
        /// A document that was made electronically and has no paper original.
        ElectronicOriginal = "electronic_original",
        /// The electronic copy by which a document that came on paper only is registered (N 430 cl. 12).
        ScannedCopy = "scanned_copy",
        /// The program that validates, which the archive keeps itself (`docs/verification-means.md`); no submission is
        /// one.
        VerificationMeans = "verification_means",
    }
}

impl Kind {
    /// The kinds that a Producer submits.
    pub const SUBMITTED: &'static [Self] = &[Self::ElectronicOriginal, Self::ScannedCopy];
    /// Their words, for a message.
    pub const SUBMITTED_KNOWN: &'static str = "\"electronic_original\" \"scanned_copy\" ";

    /// The value of a word that a Producer may use.
    pub fn parse_submitted(word: &str) -> Option<Self> {
        Self::parse(word).filter(|kind| Self::SUBMITTED.contains(kind))
    }
}

words! {
    /// Who may certify the electronic copy of a paper document (N 430 cl. 36).
    CertifierRole {
        /// Who prepares a document, for paper attached to it.
        Executor = "executor",
        /// An officer of the records office, for paper that arrived.
        RecordsOfficer = "records_officer",
    }
}

/// Who certified a scanned copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certifier {
    /// In which role.
    pub role: CertifierRole,
    /// Post, if any.
    pub post: Option<String>,
    /// Surname.
    pub surname: String,
}

/// Where a representation comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// Path of the component it shows.
    pub source: String,
    /// Name and version of what made it.
    pub tool: String,
}

/// One component, as the submission lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentEntry {
    /// Path inside the submission, with `/` between the segments.
    pub path: String,
    /// Its part in the record.
    pub role: Role,
    /// Paths of the components that a signature or a time-stamp covers; empty when it carries its content itself.
    pub covers: Vec<String>,
    /// Media type as the Producer named it; a claim, not a finding.
    pub media_type: Option<String>,
    /// Where it comes from; a representation has it and nothing else.
    pub derivation: Option<Derivation>,
}

/// A submission whose structure has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The rules it follows; N 430 when it names none.
    pub profile: Profile,
    /// What its main content is; an electronic original when it does not say.
    pub kind: Kind,
    /// Who certified it; a scanned copy has it and nothing else.
    pub certified_by: Option<Certifier>,
    /// Code of the agency that owns the record.
    pub agency: String,
    /// Which way the document went.
    pub direction: Direction,
    /// Index in the agency's nomenclature of files.
    pub nomenclature_index: String,
    /// The file (іс) it belongs to, when it is known already.
    pub file: Option<String>,
    /// Who may see it.
    pub access_category: AccessCategory,
    /// Codes of classifiers (N 430 cl. 9), by the field of the card that they stand for, or `agency`.
    pub codes: BTreeMap<String, String>,
    /// The components, in the order of the list.
    pub components: Vec<ComponentEntry>,
}

impl Submission {
    /// The description of a record that the archive makes itself.
    pub fn own(kind: Kind, agency: &str, nomenclature_index: &str) -> Self {
        Self {
            profile: Profile::N430,
            kind,
            certified_by: None,
            agency: agency.to_owned(),
            direction: Direction::Internal,
            nomenclature_index: nomenclature_index.to_owned(),
            file: None,
            access_category: AccessCategory::Public,
            codes: BTreeMap::new(),
            components: Vec::new(),
        }
    }

    /// Reads `submission.json`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault, whose subject is its JSON pointer. That there is no main file is among them
    /// only beside another fault.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Refusal>> {
        if bytes.len() > SUBMISSION_BYTES_MAX {
            let detail = format!("{} bytes, at most {SUBMISSION_BYTES_MAX} are admitted", bytes.len());
            return Err(vec![Refusal::new(ErrorCode::IngDescriptionTooLarge, SUBMISSION_FILE, detail)]);
        }
        let value = parse(bytes).map_err(|error| {
            vec![Refusal::new(ErrorCode::IngSubmissionUnreadable, SUBMISSION_FILE, format!("not JSON: {error}"))]
        })?;
        let mut faults = Faults::default();
        let read = Fields::of(value, format!("{SUBMISSION_FILE}#"), &mut faults).and_then(description);
        let submission = read.and_then(|(profile, submission, listed)| {
            check_roles(&listed, profile, &mut faults);
            check_paths(&listed, &mut faults);
            check_covers(&listed, &mut faults);
            check_sources(&listed, &mut faults);
            // When nothing else is at fault, the card decides what a missing main file means.
            if !faults.is_empty() && has_no(Role::Main, &listed) {
                faults.push(main_missing());
            }
            let components = listed.into_iter().map(Listed::entry).collect::<Option<Vec<_>>>()?;
            Some(Self { components, ..submission? })
        });
        faults.result(submission)
    }

    /// Position of the card in [`Self::components`].
    pub fn card_index(&self) -> usize {
        self.components.iter().position(|c| c.role == Role::Card).expect("a parsed submission has one card")
    }
}

/// Characters of an agency code.
const AGENCY_CHARS_MAX: usize = 64;
/// Bytes of a media type: two names of at most 127 (RFC 6838 §4.2) and the slash.
const MEDIA_TYPE_BYTES_MAX: usize = 255;

/// The description, its components apart: as far as they can be read, they are checked also when the rest is at fault.
fn description(mut fields: Fields) -> Option<(Option<Profile>, Option<Submission>, Vec<Listed>)> {
    fields.schema(SUBMISSION_SCHEMA);
    let profile = fields.word_or("profile", Profile::parse, Profile::KNOWN, Profile::N430);
    let kind = fields.word_or("kind", Kind::parse, Kind::SUBMITTED_KNOWN, Kind::ElectronicOriginal);
    if kind == Some(Kind::VerificationMeans) {
        fields.fault(ErrorCode::IngFieldMalformed, "kind", "made by the archive itself, not sent to it");
    }
    let agency = agency(&mut fields);
    let direction = fields.word("direction", Direction::parse, Direction::KNOWN);
    let certified_by = certified_by(&mut fields, kind, direction);
    let nomenclature_index = fields.text("nomenclature_index", TEXT_SHORT_CHARS_MAX);
    let file = fields.text_if_any("file", TEXT_SHORT_CHARS_MAX);
    let access_category = access_category(&mut fields);
    let codes = codes(&mut fields);
    let listed = components(&mut fields);
    fields.end();
    let submission = move || {
        Some(Submission {
            profile: profile?,
            kind: kind?,
            certified_by: certified_by?,
            agency: agency?,
            direction: direction?,
            nomenclature_index: nomenclature_index?,
            file: file?,
            access_category: access_category?,
            codes: codes?,
            components: Vec::new(),
        })
    };
    Some((profile, submission(), listed?))
}

fn agency(fields: &mut Fields) -> Option<String> {
    let agency = fields.text("agency", AGENCY_CHARS_MAX)?;
    // A code is compared, printed and used as a key, so it is plain ASCII with a letter or digit in front.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if agency.starts_with(|c: char| c.is_ascii_alphanumeric()) && agency.chars().all(plain) {
        return Some(agency);
    }
    fields.fault(ErrorCode::IngFieldMalformed, "agency", "wanted a code of ASCII letters, digits, '.', '_' and '-'");
    None
}

/// Whether an access category says that the document is a state secret, in whatever words and letters: none is received
/// or kept in this system (N 430 cl. 1, 45).
pub fn is_secret_category(word: &str) -> bool {
    word.to_lowercase().replace(['-', ' '], "_") == "state_secret" || secrecy::is_state_secret(word)
}

fn access_category(fields: &mut Fields) -> Option<AccessCategory> {
    let value = fields.required("access_category")?;
    if value.as_str().is_some_and(is_secret_category) {
        fields.fault(ErrorCode::IngStateSecret, "access_category", "state secrets are never taken in");
        return None;
    }
    fields.read("access_category", value, |value, subject| {
        word_of(&value, subject, AccessCategory::parse, AccessCategory::KNOWN)
    })
}

fn certified_by(fields: &mut Fields, kind: Option<Kind>, direction: Option<Direction>) -> Option<Option<Certifier>> {
    const KEY: &str = "certified_by";
    let Some(value) = fields.optional(KEY) else {
        if kind == Some(Kind::ScannedCopy) {
            fields.fault(ErrorCode::IngCertifier, KEY, "a scanned copy names who certified it");
        }
        return Some(None);
    };
    if kind == Some(Kind::ElectronicOriginal) {
        fields.fault(ErrorCode::IngCertifier, KEY, "an electronic original has signatures and no certifier");
        return None;
    }
    let mut inner = fields.inner(KEY, value)?;
    let role = inner.word("role", CertifierRole::parse, CertifierRole::KNOWN);
    let post = inner.text_if_any("post", TEXT_SHORT_CHARS_MAX);
    let surname = inner.text("surname", TEXT_SHORT_CHARS_MAX);
    // N 430 cl. 36(2): paper that arrived is certified by the records office; the executor certifies what is attached
    // to a document of the own body, 36(1).
    if (direction, role) == (Some(Direction::Incoming), Some(CertifierRole::Executor)) {
        inner.fault(ErrorCode::IngCertifier, "role", "what arrived on paper is certified by a records officer");
    }
    inner.end();
    Some(Some(Certifier { role: role?, post: post?, surname: surname? }))
}

fn codes(fields: &mut Fields) -> Option<BTreeMap<String, String>> {
    let Some(value) = fields.optional("codes") else { return Some(BTreeMap::new()) };
    let mut inner = fields.inner("codes", value)?;
    let given = coded_fields().map(|field| Some((field.to_owned(), inner.text_if_any(field, TEXT_SHORT_CHARS_MAX)?)));
    // All are read before any is missed, so that every fault is found.
    let given: Vec<Option<(String, Option<String>)>> = given.collect();
    inner.end();
    let given: Option<Vec<_>> = given.into_iter().collect();
    Some(given?.into_iter().filter_map(|(field, code)| Some((field, code?))).collect())
}

/// A component as far as it can be read.
struct Listed {
    path: Option<String>,
    role: Option<Role>,
    covers: Option<Vec<String>>,
    media_type: Option<Option<String>>,
    derivation: Option<Option<Derivation>>,
}

impl Listed {
    fn entry(self) -> Option<ComponentEntry> {
        Some(ComponentEntry {
            path: self.path?,
            role: self.role?,
            covers: self.covers?,
            media_type: self.media_type?,
            derivation: self.derivation?,
        })
    }
}

fn components(fields: &mut Fields) -> Option<Vec<Listed>> {
    let value = fields.required("components")?;
    let Value::Array(items) = value else {
        fields.fault(ErrorCode::IngFieldMalformed, "components", "wanted an array");
        return None;
    };
    if items.len() > COMPONENTS_MAX {
        let detail = format!("{} components, at most {COMPONENTS_MAX} are admitted", items.len());
        fields.fault(ErrorCode::IngComponentsTooMany, "components", detail);
        return None;
    }
    let place = |i: usize| format!("components/{i}");
    let unreadable = || Listed { path: None, role: None, covers: None, media_type: None, derivation: None };
    let read = |(i, item)| fields.item(&place(i), item).map_or_else(unreadable, component);
    Some(items.into_iter().enumerate().map(read).collect())
}

fn component(mut fields: Fields) -> Listed {
    let path = fields.required("path").and_then(|value| {
        fields.read("path", value, |value, subject| match value {
            Value::String(path) => Ok(path),
            other => Err(malformed(subject, "a path", &other)),
        })
    });
    let role = fields.word("role", Role::parse, Role::KNOWN);
    if matches!(role, Some(Role::Mark | Role::Report | Role::Issued | Role::Provenance)) {
        fields.fault(ErrorCode::IngFieldMalformed, "role", "added to a record by the archive, not sent with it");
    }
    let covers = match fields.optional("covers") {
        None => Some(Vec::new()),
        Some(value) => fields.texts("covers", value, COMPONENTS_MAX, PATH_BYTES_MAX),
    };
    let media_type = match fields.optional("media_type") {
        None => Some(None),
        Some(value) => fields.read("media_type", value, media_type).map(Some),
    };
    let derivation = derivation(&mut fields, role);
    fields.end();
    Listed { path, role, covers, media_type, derivation }
}

fn derivation(fields: &mut Fields, role: Option<Role>) -> Option<Option<Derivation>> {
    if role == Some(Role::Representation) {
        let (source, tool) = (fields.text("source", PATH_BYTES_MAX), fields.text("tool", TEXT_SHORT_CHARS_MAX));
        return Some(Some(Derivation { source: source?, tool: tool? }));
    }
    for key in ["source", "tool"] {
        // What a component of no known role has is not judged.
        if fields.optional(key).is_some() && role.is_some() {
            fields.fault(ErrorCode::IngFieldMalformed, key, "only a representation is derived from another component");
        }
    }
    Some(None)
}

// RFC 6838 §4.2: type "/" subtype, each of restricted-name characters; parameters are not taken.
fn media_type(value: Value, subject: String) -> Result<String, Refusal> {
    let name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    match value {
        Value::String(text)
            if text.len() <= MEDIA_TYPE_BYTES_MAX && text.split_once('/').is_some_and(|(t, s)| name(t) && name(s)) =>
        {
            Ok(text)
        }
        other => Err(malformed(subject, "a media type such as \"application/pdf\"", &other)),
    }
}

/// The refusal of a submission without main content (N 430 cl. 8: one or several files).
pub(super) fn main_missing() -> Refusal {
    let list = format!("{SUBMISSION_FILE}#/components");
    Refusal::new(ErrorCode::IngMainMissing, list, "no component has the role \"main\"")
}

/// Whether no component has this role. A role that cannot be read may be the one.
fn has_no(role: Role, listed: &[Listed]) -> bool {
    listed.iter().all(|component| component.role.is_some_and(|other| other != role))
}

fn check_roles(listed: &[Listed], profile: Option<Profile>, faults: &mut Faults) {
    let places = |role| listed.iter().enumerate().filter(move |(_, c)| c.role == Some(role)).map(|(i, _)| i);
    let list = format!("{SUBMISSION_FILE}#/components");
    // N 430 cl. 22: a document is registered by its card.
    if has_no(Role::Card, listed) {
        faults.add(ErrorCode::IngCardCount, &list, "no component has the role \"card\"");
    }
    for other in places(Role::Card).skip(1) {
        faults.add(ErrorCode::IngCardCount, format!("{list}/{other}/role"), "a second card");
    }
    // N 430 cl. 7.
    if let Some(max) = profile.map(|profile| profile.rules().attachments_max)
        && let Some(extra) = places(Role::Attachment).nth(max)
    {
        let detail = format!("more than {max} attachments");
        faults.add(ErrorCode::IngAttachmentsTooMany, format!("{list}/{extra}/role"), detail);
    }
}

fn check_paths(listed: &[Listed], faults: &mut Faults) {
    let subject = |i: usize| format!("{SUBMISSION_FILE}#/components/{i}/path");
    let mut seen = HashMap::new();
    let mut folders = HashSet::new();
    for (i, component) in listed.iter().enumerate() {
        let Some(path) = &component.path else { continue };
        if let Err(fault) = path::check(path) {
            faults.add(ErrorCode::IngPathUnsafe, subject(i), fault);
            continue;
        }
        if path::is_own(path) {
            faults.add(ErrorCode::IngPathUnsafe, subject(i), "the folder of what the archive itself adds");
            continue;
        }
        let folded = path::folded(path);
        if folded == SUBMISSION_FILE {
            let detail = "submission.json describes the components and is none of them";
            faults.add(ErrorCode::IngPathUnsafe, subject(i), detail);
            continue;
        }
        folders.extend(folded.match_indices('/').map(|(end, _)| folded[..end].to_owned()));
        if let Some(first) = seen.get(&folded) {
            let detail =
                format!("the same as component {first} (letter case and composition do not distinguish files)");
            faults.add(ErrorCode::IngPathConflict, subject(i), detail);
        } else {
            seen.insert(folded, i);
        }
    }
    let mut both: Vec<usize> = seen.into_iter().filter(|(path, _)| folders.contains(path)).map(|(_, i)| i).collect();
    both.sort_unstable();
    for i in both {
        faults.add(ErrorCode::IngPathConflict, subject(i), "also the folder of another component");
    }
}

fn check_covers(listed: &[Listed], faults: &mut Faults) {
    for (i, component) in listed.iter().enumerate() {
        let at = format!("{SUBMISSION_FILE}#/components/{i}/covers");
        let (Some(role), Some(covers)) = (component.role, &component.covers) else { continue };
        if !covers.is_empty() && !matches!(role, Role::Signature | Role::Timestamp) {
            let detail = format!("a component of role {:?} covers nothing", role.as_str());
            faults.add(ErrorCode::IngCoversWrong, at, detail);
            continue;
        }
        for (k, path) in covers.iter().enumerate() {
            let fault = if Some(path) == component.path.as_ref() {
                "a component does not cover itself"
            } else if is_absent(path, listed) {
                "no such component"
            } else if covers[..k].contains(path) {
                "named twice"
            } else {
                continue;
            };
            faults.add(ErrorCode::IngCoversWrong, format!("{at}/{k}"), fault);
        }
    }
}

/// Whether no component has this path. A path that cannot be read may be the one.
fn is_absent(path: &str, listed: &[Listed]) -> bool {
    listed.iter().all(|component| component.path.as_ref().is_some_and(|other| other != path))
}

fn check_sources(listed: &[Listed], faults: &mut Faults) {
    for (i, component) in listed.iter().enumerate() {
        let Some(Some(derivation)) = &component.derivation else { continue };
        let source = listed.iter().find(|other| other.path.as_ref() == Some(&derivation.source));
        let fault = if is_absent(&derivation.source, listed) {
            "no such component"
        } else if source.is_some_and(|source| source.role == Some(Role::Representation)) {
            // So that every representation leads to what it shows, and none to itself.
            "a representation comes from an original, not from a representation"
        } else {
            continue;
        };
        let at = format!("{SUBMISSION_FILE}#/components/{i}/source");
        faults.add(ErrorCode::IngFieldMalformed, at, fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        json!({
            "schema": SUBMISSION_SCHEMA,
            "agency": "DEMO",
            "direction": "incoming",
            "nomenclature_index": "03-12",
            "access_category": "public",
            "components": [
                {"path": "card.json", "role": "card"},
                {"path": "хат.docx", "role": "main", "media_type": "application/msword"},
                {"path": "sig/хат.p7s", "role": "signature", "covers": ["хат.docx", "card.json"]},
            ],
        })
    }

    fn parse_value(value: &Value) -> Result<Submission, Vec<Refusal>> {
        Submission::parse(&serde_json::to_vec(value).unwrap())
    }

    #[track_caller]
    fn refused(value: &Value, code: ErrorCode, subject: &str) {
        let refusals = parse_value(value).unwrap_err();
        assert_eq!(pairs(&refusals), [(code, subject)], "{refusals:?}");
    }

    fn pairs(refusals: &[Refusal]) -> Vec<(ErrorCode, &str)> {
        refusals.iter().map(|r| (r.code, r.subject.as_str())).collect()
    }

    fn with(pointer: &str, new: Value) -> Value {
        let mut value = sample();
        *value.pointer_mut(pointer).unwrap() = new;
        value
    }

    fn with_components(more: &[Value]) -> Value {
        let mut value = sample();
        value["components"].as_array_mut().unwrap().extend_from_slice(more);
        value
    }

    #[test]
    fn a_whole_submission_is_read() {
        let submission = parse_value(&sample()).unwrap();
        assert_eq!(submission.profile, Profile::N430);
        assert_eq!((submission.kind, &submission.certified_by), (Kind::ElectronicOriginal, &None));
        assert_eq!(submission.card_index(), 0);
        assert_eq!(submission.components[2].covers, ["хат.docx", "card.json"]);
        assert_eq!(submission.file, None);
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
    }

    #[test]
    fn fields_are_refused_by_name() {
        use ErrorCode::*;
        for key in ["schema", "agency", "direction", "nomenclature_index", "access_category", "components"] {
            let mut value = sample();
            value.as_object_mut().unwrap().remove(key);
            refused(&value, IngFieldMissing, &format!("submission.json#/{key}"));
        }
        refused(&with("/schema", json!("muragat/submission/2")), IngFieldMalformed, "submission.json#/schema");
        refused(&with("/direction", json!("Incoming")), IngFieldMalformed, "submission.json#/direction");
        refused(&with("/agency", json!("../x")), IngFieldMalformed, "submission.json#/agency");
        refused(&with("/agency", json!("Ә")), IngFieldMalformed, "submission.json#/agency");
        refused(&with("/nomenclature_index", json!(" ")), IngFieldMalformed, "submission.json#/nomenclature_index");
        let official = parse_value(&with("/access_category", json!("official_use"))).unwrap();
        assert_eq!(official.access_category, AccessCategory::OfficialUse, "a policy decides on it");
        refused(&with("/access_category", json!("state_secret")), IngStateSecret, "submission.json#/access_category");
        refused(&with("/access_category", json!("secret")), IngFieldMalformed, "submission.json#/access_category");
        refused(&with("/components/1/role", json!("Main")), IngFieldMalformed, "submission.json#/components/1/role");
        refused(
            &with("/components/1/media_type", json!("pdf")),
            IngFieldMalformed,
            "submission.json#/components/1/media_type",
        );
        refused(&with("/components", json!({})), IngFieldMalformed, "submission.json#/components");
        let mut value = sample();
        value["profile"] = json!("n431");
        refused(&value, IngFieldMalformed, "submission.json#/profile");
        let mut value = sample();
        value["components"][1]["size"] = json!(1);
        refused(&value, IngKeyUnknown, "submission.json#/components/1/size");
        let mut value = sample();
        value["note"] = json!("x");
        refused(&value, IngKeyUnknown, "submission.json#/note");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let whole = |bytes: &[u8], code, subject: &str| {
            assert_eq!(pairs(&Submission::parse(bytes).unwrap_err()), [(code, subject)]);
        };
        for bytes in [&b""[..], b"{", b"\xff", b"{\"a\":1,\"a\":1}", b"\xef\xbb\xbf{}"] {
            whole(bytes, ErrorCode::IngSubmissionUnreadable, "submission.json");
        }
        whole(b"[]", ErrorCode::IngFieldMalformed, "submission.json#");
        let large = vec![b' '; SUBMISSION_BYTES_MAX + 1];
        whole(&large, ErrorCode::IngDescriptionTooLarge, "submission.json");
        whole(&large[1..], ErrorCode::IngSubmissionUnreadable, "submission.json");
    }

    #[test]
    fn counts_of_roles_are_bounded() {
        let attachment = |i: usize| json!({"path": format!("a{i}.pdf"), "role": "attachment"});
        let six: Vec<Value> = (0..6).map(attachment).collect();
        let seven: Vec<Value> = (0..7).map(attachment).collect();
        assert!(parse_value(&with_components(&six)).is_ok());
        refused(&with_components(&seven), ErrorCode::IngAttachmentsTooMany, "submission.json#/components/9/role");
        refused(
            &with_components(&[json!({"path": "b.json", "role": "card"})]),
            ErrorCode::IngCardCount,
            "submission.json#/components/3/role",
        );
        refused(&with("/components/0/role", json!("main")), ErrorCode::IngCardCount, "submission.json#/components");
        // Without main content it is read, and the card says what that means; beside another fault it is one more.
        let mut value = with("/components/1/role", json!("receipt"));
        assert!(parse_value(&value).is_ok());
        value["direction"] = json!("up");
        let refusals = parse_value(&value).unwrap_err();
        let main = (ErrorCode::IngMainMissing, "submission.json#/components");
        assert_eq!(pairs(&refusals), [(ErrorCode::IngFieldMalformed, "submission.json#/direction"), main]);
        let fill = |n: usize| -> Vec<Value> {
            (0..n).map(|i| json!({"path": format!("c{i}.cer"), "role": "certificate"})).collect()
        };
        assert!(parse_value(&with_components(&fill(COMPONENTS_MAX - 3))).is_ok());
        refused(
            &with_components(&fill(COMPONENTS_MAX - 2)),
            ErrorCode::IngComponentsTooMany,
            "submission.json#/components",
        );
    }

    #[test]
    fn unsafe_paths_are_refused() {
        let long = "x".repeat(256);
        let deep = "x/".repeat(600) + "x";
        let bad = [
            "",
            "/a",
            "..",
            "a/../b",
            "./a",
            "a/.",
            "a//b",
            "a/",
            "a\\b",
            "C:a",
            "c:/a",
            "a\0b",
            "a\nb",
            "a\u{202e}b",
            "submission.json",
            "Submission.JSON",
            "a.",
            "a..",
            "a ",
            "a./b",
            "қ /b",
            "con",
            "Aux",
            "PRN.docx",
            "nul.tar.gz",
            "x/NUL/y",
            "nul .txt",
            "con:x",
            "COM1",
            "com9.p7s",
            "LPT3.x",
            "lpt².x",
            "CONIN$",
            "conout$.txt",
            &long,
            &deep,
        ];
        for path in bad {
            let value = with_components(&[json!({"path": path, "role": "receipt"})]);
            refused(&value, ErrorCode::IngPathUnsafe, "submission.json#/components/3/path");
        }
        let segment = "x".repeat(255);
        let near = ["cone", "xcon", "con-1", ".con", "a.nul", "com", "com10", "com0", "coma", "lpt", "lpt12", "com1a"];
        let good = ["a", "..a", "a..b", ".a", " a", "қ/ә.pdf", "sub/submission.json", "a b", &segment];
        for path in near.into_iter().chain(good) {
            let value = with_components(&[json!({"path": path, "role": "receipt"})]);
            assert!(parse_value(&value).is_ok(), "{path}");
        }
    }

    #[test]
    fn paths_that_meet_on_some_file_system_are_refused() {
        // Same, other case, NFD for NFC (й), and a file that would be a folder.
        for path in ["хат.docx", "ХАТ.DOCX", "Card.Json", "sig", "SIG"] {
            let value = with_components(&[json!({"path": path, "role": "receipt"})]);
            refused(&value, ErrorCode::IngPathConflict, "submission.json#/components/3/path");
        }
        let pair = [
            json!({"path": "\u{439}.pdf", "role": "receipt"}),
            json!({"path": "\u{438}\u{306}.pdf", "role": "receipt"}),
        ];
        refused(&with_components(&pair), ErrorCode::IngPathConflict, "submission.json#/components/4/path");
        assert!(parse_value(&with_components(&[json!({"path": "sig/b", "role": "receipt"})])).is_ok());
    }

    #[test]
    fn covers_name_other_components() {
        use ErrorCode::IngCoversWrong;
        let covers = "submission.json#/components/2/covers";
        refused(&with("/components/2/covers", json!(["хат.pdf"])), IngCoversWrong, &format!("{covers}/0"));
        refused(&with("/components/2/covers", json!(["sig/хат.p7s"])), IngCoversWrong, &format!("{covers}/0"));
        refused(
            &with("/components/2/covers", json!(["card.json", "card.json"])),
            IngCoversWrong,
            &format!("{covers}/1"),
        );
        refused(&with("/components/2/covers", json!([1])), ErrorCode::IngFieldMalformed, &format!("{covers}/0"));
        refused(&with("/components/2/role", json!("receipt")), IngCoversWrong, covers);
        assert!(parse_value(&with("/components/2/role", json!("timestamp"))).is_ok());
        assert!(parse_value(&with("/components/2/covers", json!([]))).is_ok());
    }

    #[test]
    fn every_fault_has_its_own_reason() {
        use ErrorCode::*;
        let all = json!({
            "schema": SUBMISSION_SCHEMA, "profile": "n431", "kind": "copy", "agency": "Ә", "direction": "up",
            "access_category": "state_secret", "file": "", "note": 1, "codes": {"agency": 1, "title": "", "x": "1"},
            "components": [
                {"path": "card.json", "role": "card"},
                {"path": "../a", "role": "main", "size": 1},
                {"path": "b.p7s", "role": "signature", "covers": ["", "c.docx", "b.p7s", 3]},
                {"path": "c.p7s", "role": "signature", "covers": ["c.docx", "c.p7s", "card.json", "card.json"]},
                {"path": "CARD.json", "role": "card", "media_type": "x"},
                {"path": "d.pdf", "role": "representation", "source": "e.docx"},
                {"path": "e.pdf", "role": "receipt", "tool": "x", "covers": ["card.json"]},
                {"role": "Main"},
                5,
                {"path": "m", "role": "mark"},
            ],
        });
        let wanted = [
            (IngFieldMalformed, "profile"),
            (IngFieldMalformed, "kind"),
            (IngFieldMalformed, "agency"),
            (IngFieldMalformed, "direction"),
            (IngFieldMissing, "nomenclature_index"),
            (IngFieldMalformed, "file"),
            (IngStateSecret, "access_category"),
            (IngFieldMalformed, "codes/title"),
            (IngFieldMalformed, "codes/agency"),
            (IngKeyUnknown, "codes/x"),
            (IngKeyUnknown, "components/1/size"),
            (IngFieldMalformed, "components/2/covers/0"),
            (IngFieldMalformed, "components/2/covers/3"),
            (IngFieldMalformed, "components/4/media_type"),
            (IngFieldMissing, "components/5/tool"),
            (IngFieldMalformed, "components/6/tool"),
            (IngFieldMissing, "components/7/path"),
            (IngFieldMalformed, "components/7/role"),
            (IngFieldMalformed, "components/8"),
            (IngFieldMalformed, "components/9/role"),
            (IngKeyUnknown, "note"),
            (IngCardCount, "components/4/role"),
            (IngPathUnsafe, "components/1/path"),
            (IngPathConflict, "components/4/path"),
            (IngCoversWrong, "components/3/covers/1"),
            (IngCoversWrong, "components/3/covers/3"),
            (IngCoversWrong, "components/6/covers"),
        ];
        let refusals = parse_value(&all).unwrap_err();
        let wanted = wanted.map(|(code, at)| (code, format!("submission.json#/{at}")));
        let found: Vec<_> = refusals.into_iter().map(|r| (r.code, r.subject)).collect();
        assert_eq!(found, wanted);
        // Bounded.
        let mut many = sample();
        many["components"] = (0..COMPONENTS_MAX).map(|_| json!({})).collect();
        assert_eq!(parse_value(&many).unwrap_err().len(), crate::model::strict::FAULTS_MAX);
    }

    #[test]
    fn a_scanned_copy_names_its_certifier() {
        use ErrorCode::IngCertifier;
        let scanned = |direction: &str, certified_by: Value| {
            let mut value = with("/direction", json!(direction));
            value["kind"] = json!("scanned_copy");
            value["certified_by"] = certified_by;
            value
        };
        let (field, role) = ("submission.json#/certified_by", "submission.json#/certified_by/role");
        let officer = json!({"role": "records_officer", "post": "Кеңсе маманы", "surname": "Үлгібаев"});
        let executor = json!({"role": "executor", "surname": "Үлгібаев"});
        let submission = parse_value(&scanned("incoming", officer.clone())).unwrap();
        assert_eq!(submission.kind, Kind::ScannedCopy);
        assert_eq!(submission.certified_by.unwrap().role, CertifierRole::RecordsOfficer);
        // N 430 cl. 36: what arrived is certified by the records office only.
        refused(&scanned("incoming", executor.clone()), IngCertifier, role);
        for direction in ["internal", "outgoing"] {
            assert!(parse_value(&scanned(direction, officer.clone())).is_ok());
            assert!(parse_value(&scanned(direction, executor.clone())).is_ok());
        }
        refused(&scanned("incoming", Value::Null), IngCertifier, field);
        let mut value = sample();
        value["certified_by"] = officer;
        refused(&value, IngCertifier, field);
        value["kind"] = json!("electronic_original");
        refused(&value, IngCertifier, field);
        value["certified_by"] = Value::Null;
        assert!(parse_value(&value).is_ok());
        let malformed = ErrorCode::IngFieldMalformed;
        refused(&scanned("incoming", json!({"role": "post_operator", "surname": "Ү"})), malformed, role);
        refused(&scanned("incoming", json!("Үлгібаев")), malformed, field);
        let nameless = scanned("incoming", json!({"role": "records_officer"}));
        refused(&nameless, ErrorCode::IngFieldMissing, &format!("{field}/surname"));
    }

    #[test]
    fn a_representation_names_its_source_and_its_tool() {
        use ErrorCode::{IngFieldMalformed, IngFieldMissing};
        let at = |key: &str| format!("submission.json#/components/3/{key}");
        let derived = |source: &str| {
            with_components(&[json!({"path": "r.pdf", "role": "representation", "source": source, "tool": "Үлгі 1.0"})])
        };
        let submission = parse_value(&derived("хат.docx")).unwrap();
        let derivation = Derivation { source: "хат.docx".to_owned(), tool: "Үлгі 1.0".to_owned() };
        assert_eq!(submission.components[3].derivation, Some(derivation));
        for source in ["хат.pdf", "r.pdf", "ХАТ.docx"] {
            refused(&derived(source), IngFieldMalformed, &at("source"));
        }
        for key in ["source", "tool"] {
            let mut value = derived("хат.docx");
            value["components"][3].as_object_mut().unwrap().remove(key);
            refused(&value, IngFieldMissing, &at(key));
            let mut value = sample();
            value["components"][1][key] = json!("card.json");
            refused(&value, IngFieldMalformed, &format!("submission.json#/components/1/{key}"));
        }
        let mut chain = derived("хат.docx");
        let second = json!({"path": "s.pdf", "role": "representation", "source": "r.pdf", "tool": "x"});
        chain["components"].as_array_mut().unwrap().push(second);
        refused(&chain, IngFieldMalformed, "submission.json#/components/4/source");
    }

    #[test]
    fn codes_stand_for_fields_of_the_card_or_the_agency() {
        let mut value = sample();
        value["codes"] = json!({"agency": "100", "document_type": "05", "title": null});
        let codes = parse_value(&value).unwrap().codes;
        assert_eq!(
            codes.into_iter().collect::<Vec<_>>(),
            [("agency".to_owned(), "100".to_owned()), ("document_type".to_owned(), "05".to_owned()),]
        );
        value["codes"] = json!({"sheets_document": "1"});
        refused(&value, ErrorCode::IngKeyUnknown, "submission.json#/codes/sheets_document");
        value["codes"] = json!(["05"]);
        refused(&value, ErrorCode::IngFieldMalformed, "submission.json#/codes");
    }

    #[test]
    fn a_mark_of_execution_is_not_sent_with_the_document() {
        let value = with_components(&[json!({"path": "mark.json", "role": "mark"})]);
        refused(&value, ErrorCode::IngFieldMalformed, "submission.json#/components/3/role");
    }
}
