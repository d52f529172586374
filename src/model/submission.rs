//! The submission: what a Producer sends, and which component plays which part.
//!
//! First thing read by ingest. `submission.json` (schema/submission/1) points to the components; it is not one of them.
//!
//! Invariants of a parsed [`Submission`]
//!   - Exactly one card, at least one main file, at most six attachments (N 430 cl. 7, 8, 22).
//!   - Every path is relative, normalised and unique on any file system, so that a record can be given back to a
//!     folder.
//!   - A covered component exists, and only a signature or a time-stamp covers.
//!
//! It reads no file but the one it is given: whether the components are there is a question for ingest.

use super::strict::{Fields, array_of, is_unprintable, malformed, parse, text_of, word_of, words};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{
    ATTACHMENTS_MAX, COMPONENTS_MAX, CONTENT_BYTES_MAX_AKIMAT, CONTENT_BYTES_MAX_N430, PATH_BYTES_MAX,
    PATH_SEGMENT_BYTES_MAX, SUBMISSION_BYTES_MAX, TEXT_SHORT_CHARS_MAX,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;

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
    /// `official_use` and `state_secret` are known and refused (N 430 cl. 1, 45), so they are no values of this type.
    AccessCategory {
        /// Open to everybody.
        Public = "public",
        /// Limited by law or contract.
        Confidential = "confidential",
    }
}

words! {
    /// The rules a submission follows.
    Profile {
        /// Government decree N 430 on electronic document circulation.
        N430 = "n430",
        /// The akimat regulation: smaller documents.
        Akimat = "akimat",
    }
}

impl Profile {
    /// Bytes that main content and attachments may have together.
    pub fn content_bytes_max(self) -> u64 {
        match self {
            Profile::N430 => CONTENT_BYTES_MAX_N430,
            Profile::Akimat => CONTENT_BYTES_MAX_AKIMAT,
        }
    }
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
}

/// A submission whose structure has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The rules it follows; N 430 when it names none.
    pub profile: Profile,
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
    /// The components, in the order of the list.
    pub components: Vec<ComponentEntry>,
}

impl Submission {
    /// Reads `submission.json`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] whose subject is the JSON pointer of the first fault found.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > SUBMISSION_BYTES_MAX {
            let detail = format!("{} bytes, at most {SUBMISSION_BYTES_MAX} are admitted", bytes.len());
            return Err(Refusal::new(ErrorCode::IngDescriptionTooLarge, SUBMISSION_FILE, detail));
        }
        let value = parse(bytes).map_err(|error| {
            Refusal::new(ErrorCode::IngSubmissionUnreadable, SUBMISSION_FILE, format!("not JSON: {error}"))
        })?;
        let mut fields = Fields::of(value, format!("{SUBMISSION_FILE}#"))?;
        fields.schema(SUBMISSION_SCHEMA)?;
        let profile = match fields.optional("profile") {
            None => Profile::N430,
            Some(value) => word_of(&value, fields.subject("profile"), Profile::parse, Profile::KNOWN)?,
        };
        let submission = Self {
            profile,
            agency: agency(&mut fields)?,
            direction: fields.word("direction", Direction::parse, Direction::KNOWN)?,
            nomenclature_index: fields.text("nomenclature_index", TEXT_SHORT_CHARS_MAX)?,
            file: fields.text_if_any("file", TEXT_SHORT_CHARS_MAX)?,
            access_category: access_category(&mut fields)?,
            components: components(&mut fields)?,
        };
        fields.end()?;
        check_roles(&submission.components)?;
        check_paths(&submission.components)?;
        check_covers(&submission.components)?;
        Ok(submission)
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

fn agency(fields: &mut Fields) -> Result<String, Refusal> {
    let agency = fields.text("agency", AGENCY_CHARS_MAX)?;
    // A code is compared, printed and used as a key, so it is plain ASCII with a letter or digit in front.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if agency.starts_with(|c: char| c.is_ascii_alphanumeric()) && agency.chars().all(plain) {
        return Ok(agency);
    }
    let detail = "wanted a code of ASCII letters, digits, '.', '_' and '-'";
    Err(Refusal::new(ErrorCode::IngFieldMalformed, fields.subject("agency"), detail))
}

fn access_category(fields: &mut Fields) -> Result<AccessCategory, Refusal> {
    let value = fields.required("access_category")?;
    let subject = fields.subject("access_category");
    match value.as_str() {
        // N 430 cl. 1, 45: no state secret is received or kept in this system.
        Some("state_secret") => {
            Err(Refusal::new(ErrorCode::IngStateSecret, subject, "state secrets are never taken in"))
        }
        Some("official_use") => {
            Err(Refusal::new(ErrorCode::IngOfficialUse, subject, "no policy admits documents for official use"))
        }
        _ => word_of(&value, subject, AccessCategory::parse, AccessCategory::KNOWN),
    }
}

fn components(fields: &mut Fields) -> Result<Vec<ComponentEntry>, Refusal> {
    let subject = fields.subject("components");
    let Value::Array(items) = fields.required("components")? else {
        return Err(Refusal::new(ErrorCode::IngFieldMalformed, subject, "wanted an array"));
    };
    if items.len() > COMPONENTS_MAX {
        let detail = format!("{} components, at most {COMPONENTS_MAX} are admitted", items.len());
        return Err(Refusal::new(ErrorCode::IngComponentsTooMany, subject, detail));
    }
    items.into_iter().enumerate().map(|(i, item)| component(item, format!("{subject}/{i}"))).collect()
}

fn component(item: Value, at: String) -> Result<ComponentEntry, Refusal> {
    let mut fields = Fields::of(item, at)?;
    let Value::String(path) = fields.required("path")? else {
        return Err(Refusal::new(ErrorCode::IngFieldMalformed, fields.subject("path"), "wanted a text"));
    };
    let role = fields.word("role", Role::parse, Role::KNOWN)?;
    let covers = match fields.optional("covers") {
        None => Vec::new(),
        Some(value) => {
            let subject = fields.subject("covers");
            let items = array_of(value, subject.clone(), COMPONENTS_MAX)?;
            let paths = items.into_iter().enumerate();
            paths.map(|(i, item)| text_of(item, format!("{subject}/{i}"), PATH_BYTES_MAX)).collect::<Result<_, _>>()?
        }
    };
    let media_type = fields.optional("media_type").map(|v| media_type(v, fields.subject("media_type"))).transpose()?;
    fields.end()?;
    Ok(ComponentEntry { path, role, covers, media_type })
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

fn check_roles(components: &[ComponentEntry]) -> Result<(), Refusal> {
    let places = |role| components.iter().enumerate().filter(move |(_, c)| c.role == role).map(|(i, _)| i);
    let list = format!("{SUBMISSION_FILE}#/components");
    // N 430 cl. 22: a document is registered by its card.
    let mut cards = places(Role::Card);
    if cards.next().is_none() {
        return Err(Refusal::new(ErrorCode::IngCardCount, list, "no component has the role \"card\""));
    }
    if let Some(second) = cards.next() {
        return Err(Refusal::new(ErrorCode::IngCardCount, format!("{list}/{second}/role"), "a second card"));
    }
    // N 430 cl. 8: the content part is one or several files.
    if places(Role::Main).next().is_none() {
        return Err(Refusal::new(ErrorCode::IngMainMissing, list, "no component has the role \"main\""));
    }
    // N 430 cl. 7.
    if let Some(extra) = places(Role::Attachment).nth(ATTACHMENTS_MAX) {
        let detail = format!("more than {ATTACHMENTS_MAX} attachments");
        return Err(Refusal::new(ErrorCode::IngAttachmentsTooMany, format!("{list}/{extra}/role"), detail));
    }
    Ok(())
}

fn check_paths(components: &[ComponentEntry]) -> Result<(), Refusal> {
    let subject = |i: usize| format!("{SUBMISSION_FILE}#/components/{i}/path");
    let mut seen = HashMap::new();
    let mut folders = HashSet::new();
    for (i, component) in components.iter().enumerate() {
        check_path(&component.path).map_err(|fault| Refusal::new(ErrorCode::IngPathUnsafe, subject(i), fault))?;
        let folded = fold_path(&component.path);
        if folded == SUBMISSION_FILE {
            let detail = "submission.json describes the components and is none of them";
            return Err(Refusal::new(ErrorCode::IngPathUnsafe, subject(i), detail));
        }
        folders.extend(folded.match_indices('/').map(|(end, _)| folded[..end].to_owned()));
        if let Some(first) = seen.insert(folded, i) {
            let detail =
                format!("the same as component {first} (letter case and composition do not distinguish files)");
            return Err(Refusal::new(ErrorCode::IngPathConflict, subject(i), detail));
        }
    }
    match seen.into_iter().filter(|(path, _)| folders.contains(path)).map(|(_, i)| i).min() {
        None => Ok(()),
        Some(i) => Err(Refusal::new(ErrorCode::IngPathConflict, subject(i), "also the folder of another component")),
    }
}

/// Checks that `path` is relative, normalised and can be written on any file system.
///
/// # Errors
///
/// What is wrong with it, in technical English.
pub fn check_path(path: &str) -> Result<(), &'static str> {
    let drive = |path: &str| matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if path.is_empty() {
        Err("path is empty")
    } else if path.len() > PATH_BYTES_MAX {
        Err("path is too long")
    } else if path.chars().any(is_unprintable) {
        Err("path has a control character")
    } else if path.contains('\\') {
        Err("path has a backslash; segments are separated by '/'")
    } else if path.starts_with('/') || drive(path) {
        Err("path is absolute")
    } else if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        Err("path has an empty segment, '.' or '..'")
    } else if path.split('/').any(|segment| segment.len() > PATH_SEGMENT_BYTES_MAX) {
        Err("path has a segment of more than 255 bytes")
    } else {
        Ok(())
    }
}

/// The form in which two paths are the same file on a system that ignores case or composition.
fn fold_path(path: &str) -> String {
    // Up and down again joins letters with several lower forms (ς σ, ſ s), which lower-casing alone keeps apart.
    path.nfc().collect::<String>().to_uppercase().to_lowercase().nfc().collect()
}

fn check_covers(components: &[ComponentEntry]) -> Result<(), Refusal> {
    for (i, component) in components.iter().enumerate() {
        let at = format!("{SUBMISSION_FILE}#/components/{i}/covers");
        if !component.covers.is_empty() && !matches!(component.role, Role::Signature | Role::Timestamp) {
            let detail = format!("a component of role {:?} covers nothing", component.role.as_str());
            return Err(Refusal::new(ErrorCode::IngCoversWrong, at, detail));
        }
        for (k, path) in component.covers.iter().enumerate() {
            let fault = if !components.iter().any(|c| c.path == *path) {
                "no such component"
            } else if *path == component.path {
                "a component does not cover itself"
            } else if component.covers[..k].contains(path) {
                "named twice"
            } else {
                continue;
            };
            return Err(Refusal::new(ErrorCode::IngCoversWrong, format!("{at}/{k}"), fault));
        }
    }
    Ok(())
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

    fn parse_value(value: &Value) -> Result<Submission, Refusal> {
        Submission::parse(&serde_json::to_vec(value).unwrap())
    }

    #[track_caller]
    fn refused(value: &Value, code: ErrorCode, subject: &str) {
        let refusal = parse_value(value).unwrap_err();
        assert_eq!((refusal.code, refusal.subject.as_str()), (code, subject), "{refusal}");
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
        refused(&with("/access_category", json!("official_use")), IngOfficialUse, "submission.json#/access_category");
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
        for bytes in [&b""[..], b"{", b"\xff", b"{\"a\":1,\"a\":1}", b"\xef\xbb\xbf{}"] {
            assert_eq!(Submission::parse(bytes).unwrap_err().code, ErrorCode::IngSubmissionUnreadable);
        }
        assert_eq!(Submission::parse(b"[]").unwrap_err().code, ErrorCode::IngFieldMalformed);
        let large = vec![b' '; SUBMISSION_BYTES_MAX + 1];
        assert_eq!(Submission::parse(&large).unwrap_err().code, ErrorCode::IngDescriptionTooLarge);
        assert_eq!(Submission::parse(&large[1..]).unwrap_err().code, ErrorCode::IngSubmissionUnreadable);
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
        refused(
            &with("/components/1/role", json!("representation")),
            ErrorCode::IngMainMissing,
            "submission.json#/components",
        );
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
            &long,
            &deep,
        ];
        for path in bad {
            let value = with_components(&[json!({"path": path, "role": "receipt"})]);
            refused(&value, ErrorCode::IngPathUnsafe, "submission.json#/components/3/path");
        }
        let segment = "x".repeat(255);
        for path in ["a", "..a", "a..", ".a", "қ/ә.pdf", "sub/submission.json", "ab:c", &segment] {
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
}
