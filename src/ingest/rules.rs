//! Intake rules: what becomes of what the identifier found, and of marks of secrecy.
//!
//! The profile says which families are admitted where (N 430 cl. 8), the archive's policy decides what the law leaves
//! open, and the rest is refused. What is not refused stays with the component as a flag.
//!
//! It reads no bytes: everything it decides on is in the [`Identification`].

use crate::config::{Action, Policy};
use crate::error::{ErrorCode, Refusal};
use crate::model::card::Card;
use crate::model::format::{Family, Finding, Identification};
use crate::model::profile::ProfileRules;
use crate::model::record::{Flag, card_fields};
use crate::model::secrecy::{self, Level};
use crate::model::submission::{AccessCategory, Kind, Role};

/// Where a component stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// Its name, by which the extension is known.
    pub(super) path: &'a str,
    /// Its part in the record.
    pub(super) role: Role,
    /// The kind of the record.
    pub(super) kind: Kind,
}

/// Judges one component: adds what follows from its place to the findings, and gives the reasons to refuse it.
pub(super) fn judge(
    policy: &Policy,
    rules: &ProfileRules,
    place: Place<'_>,
    found: &mut Identification,
) -> Vec<Refusal> {
    if place.role.is_content() {
        add_findings_of_place(rules, place, found);
    }
    let refused = found.findings.iter().filter(|finding| action(policy, place.role, finding.code) == Action::Refuse);
    refused
        .map(|finding| {
            let inside = if finding.place.is_empty() { String::new() } else { format!("{}: ", finding.place) };
            Refusal::new(finding.code, place.path, format!("{inside}{}", finding.detail))
        })
        .collect()
}

fn add_findings_of_place(rules: &ProfileRules, place: Place<'_>, found: &mut Identification) {
    let mut add = |code, detail: String| {
        if found.findings.iter().all(|f| f.code != code) {
            found.findings.push(Finding { code, place: String::new(), detail });
        }
    };
    if found.family == Family::Unknown {
        add(ErrorCode::FmtUnknown, "no known format".to_owned());
        return;
    }
    if rules.formats_of(place.kind, place.role).is_some_and(|families| !families.contains(&found.family)) {
        let what = if found.name.is_empty() { found.family.as_str() } else { &found.name };
        let detail = format!("content is {what}, which is not admitted as {}", place.role.as_str());
        add(ErrorCode::FmtNotAdmitted, detail);
    }
    let named = extension(place.path).map(|extension| (family_of(&extension), extension));
    match named {
        Some((Some(named), extension)) if named == found.family => {
            if !CLAUSE_8_NAMES.contains(&extension.as_str()) {
                add(ErrorCode::FmtNameDiffers, format!(".{extension} is a variant that clause 8 does not name"));
            }
        }
        // Word itself saves RTF under this name.
        Some((Some(Family::Doc), _)) if found.family == Family::Rtf => {
            add(ErrorCode::FmtNameDiffers, "RTF under the name of a Word document".to_owned());
        }
        Some((Some(named), extension)) => {
            let detail =
                format!("content is {}, the name ends in .{extension} ({})", found.family.as_str(), named.as_str());
            add(ErrorCode::FmtMismatch, detail);
        }
        Some((None, _)) | None => {
            add(ErrorCode::FmtNameDiffers, format!("the name does not say {}", found.family.as_str()));
        }
    }
}

/// Marks of secrecy in what a person writes when something is added to a record as `path`.
pub(super) fn marks_of_addition<'a>(
    path: &str,
    texts: impl Iterator<Item = &'a str>,
    access: AccessCategory,
) -> Vec<Flag> {
    let mut flags = flags_of(secrecy::marks(texts.map(|text| (path.to_owned(), text))), access);
    flags.dedup();
    flags
}

/// Marks of secrecy in the card and in file names (N 430 cl. 1, 45). A mark for official use is what it should be where
/// the document is declared as such.
pub(super) fn marks(card: &Card, card_path: &str, names: &[&str], access: AccessCategory) -> Vec<Flag> {
    let fields = card_fields(card).into_iter().map(|(field, value)| (format!("{card_path}#/{field}"), value));
    let texts: Vec<(String, String)> =
        fields.chain(names.iter().map(|name| ((*name).to_owned(), (*name).to_owned()))).collect();
    flags_of(secrecy::marks(texts.iter().map(|(subject, text)| (subject.clone(), text.as_str()))), access)
}

fn flags_of(found: Vec<secrecy::Mark>, access: AccessCategory) -> Vec<Flag> {
    let flag = |mark: secrecy::Mark| match mark.level {
        Level::State => Some(Flag { code: ErrorCode::IngSecrecyMark, subject: mark.subject }),
        Level::Official if access == AccessCategory::OfficialUse => None,
        Level::Official => Some(Flag { code: ErrorCode::IngOfficialUseMark, subject: mark.subject }),
    };
    found.into_iter().filter_map(flag).collect()
}

/// The refusal that a mark is when policy does not make it an alarm.
pub(super) fn mark_refused(mark: Flag) -> Refusal {
    Refusal::new(mark.code, mark.subject, "a mark of secrecy")
}

/// What is done with a finding.
fn action(policy: &Policy, role: Role, code: ErrorCode) -> Action {
    use ErrorCode::*;
    match code {
        // N 430 cl. 28: private keys are never accepted, whatever the policy.
        IngPrivateKey => Action::Refuse,
        FmtNameDiffers | FmtOdd => Action::Flag,
        _ if policy.formats == Action::Flag => Action::Flag,
        // Nobody could read the document later.
        FmtEncrypted if role == Role::Main => Action::Refuse,
        FmtEncrypted => policy.encrypted_attachments,
        FmtMacros => policy.macros,
        FmtActive => policy.active_content,
        FmtEmbedded => policy.embedded_files,
        FmtUnknown => policy.unknown_formats,
        FmtPart => policy.archive_parts,
        _ => Action::Refuse,
    }
}

/// The names of formats in N 430 cl. 8, with the usual short form of TIFF.
const CLAUSE_8_NAMES: [&str; 14] =
    ["doc", "docx", "rtf", "pdf", "tif", "tiff", "jpg", "jpeg", "xls", "xlsx", "ppt", "pptx", "rar", "zip"];

/// The extension of a name, in lower case.
pub(super) fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_lowercase())
}

/// The family that a name promises.
pub(super) fn promised_family(path: &str) -> Option<Family> {
    family_of(&extension(path)?)
}

/// The family that an extension promises.
pub(super) fn family_of(extension: &str) -> Option<Family> {
    Some(match extension {
        "doc" | "dot" => Family::Doc,
        "docx" | "docm" | "dotx" | "dotm" => Family::Docx,
        "rtf" => Family::Rtf,
        "pdf" => Family::Pdf,
        "tif" | "tiff" => Family::Tiff,
        "jpg" | "jpeg" | "jpe" | "jfif" => Family::Jpeg,
        "xls" | "xlt" => Family::Xls,
        "xlsx" | "xlsm" | "xlsb" | "xltx" | "xltm" => Family::Xlsx,
        "ppt" | "pps" | "pot" => Family::Ppt,
        "pptx" | "pptm" | "ppsx" | "ppsm" | "potx" | "potm" => Family::Pptx,
        "rar" => Family::Rar,
        "zip" => Family::Zip,
        "p7m" | "p7s" | "cms" | "sig" | "sgn" => Family::Cms,
        "json" => Family::Json,
        "xml" => Family::Xml,
        "txt" => Family::Text,
        // Known to everybody, and none of ours: a document under such a name is not what it says.
        "exe" | "com" | "scr" | "dll" | "bat" | "cmd" | "js" | "vbs" | "ps1" | "sh" | "jar" | "msi" | "html"
        | "htm" | "png" | "gif" | "bmp" | "svg" | "mp3" | "mp4" | "avi" | "7z" | "gz" | "tar" | "odt" | "ods"
        | "odp" => Family::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::format::Basis;
    use crate::model::submission::Profile;

    fn found(family: Family) -> Identification {
        Identification {
            family,
            puid: None,
            name: String::new(),
            version: String::new(),
            basis: Basis::Signature,
            findings: Vec::new(),
        }
    }

    fn codes(
        path: &str,
        role: Role,
        kind: Kind,
        mut found: Identification,
        policy: &Policy,
    ) -> (Vec<ErrorCode>, usize) {
        let refused = judge(policy, Profile::N430.rules(), Place { path, role, kind }, &mut found);
        (refused.iter().map(|r| r.code).collect(), found.findings.len())
    }

    #[test]
    fn families_are_admitted_where_the_decree_says() {
        let (original, scan) = (Kind::ElectronicOriginal, Kind::ScannedCopy);
        let judge = |path, role, kind, family| codes(path, role, kind, found(family), &Policy::default());
        assert_eq!(judge("a.docx", Role::Main, original, Family::Docx), (vec![], 0));
        assert_eq!(judge("a.DOC", Role::Main, original, Family::Doc), (vec![], 0));
        assert_eq!(judge("a.pdf", Role::Main, original, Family::Pdf).0, [ErrorCode::FmtNotAdmitted]);
        assert_eq!(judge("a.pdf", Role::Attachment, original, Family::Pdf), (vec![], 0));
        assert_eq!(judge("a.tiff", Role::Main, scan, Family::Tiff), (vec![], 0));
        assert_eq!(judge("a.txt", Role::Attachment, original, Family::Text).0, [ErrorCode::FmtNotAdmitted]);
        assert_eq!(judge("a.pdf", Role::Attachment, original, Family::Unknown).0, [ErrorCode::FmtUnknown]);
        assert_eq!(judge("a.bin", Role::Receipt, original, Family::Unknown), (vec![], 0), "only content has a list");
    }

    #[test]
    fn names_must_not_lie() {
        let judge =
            |path, family| codes(path, Role::Attachment, Kind::ElectronicOriginal, found(family), &Policy::default());
        assert_eq!(judge("a.docx", Family::Pdf).0, [ErrorCode::FmtMismatch]);
        assert_eq!(judge("a.pdf.exe", Family::Pdf).0, [ErrorCode::FmtMismatch]);
        assert_eq!(judge("a.doc", Family::Rtf), (vec![], 1), "a flag");
        assert_eq!(judge("a.rtf", Family::Doc).0, [ErrorCode::FmtMismatch]);
        assert_eq!(judge("a", Family::Pdf), (vec![], 1));
        assert_eq!(judge("1.2", Family::Pdf), (vec![], 1));
        assert_eq!(judge(".pdf", Family::Pdf), (vec![], 1));
    }

    #[test]
    fn policy_decides_what_the_law_leaves_open() {
        let with = |code, policy: &Policy, role| {
            let mut found = found(Family::Docx);
            found.findings.push(Finding { code, place: "x".into(), detail: "y".into() });
            codes("a.docx", role, Kind::ElectronicOriginal, found, policy).0
        };
        let flags = Policy::default();
        let strict = Policy {
            macros: Action::Refuse,
            active_content: Action::Refuse,
            embedded_files: Action::Refuse,
            encrypted_attachments: Action::Refuse,
            archive_parts: Action::Refuse,
            ..Policy::default()
        };
        let takeover = Policy { formats: Action::Flag, ..Policy::default() };
        for code in [
            ErrorCode::FmtMacros,
            ErrorCode::FmtActive,
            ErrorCode::FmtEmbedded,
            ErrorCode::FmtEncrypted,
            ErrorCode::FmtPart,
        ] {
            assert!(with(code, &flags, Role::Attachment).is_empty());
            assert_eq!(with(code, &strict, Role::Attachment), [code]);
        }
        assert_eq!(with(ErrorCode::FmtEncrypted, &flags, Role::Main), [ErrorCode::FmtEncrypted]);
        for code in [ErrorCode::FmtBomb, ErrorCode::FmtPolyglot, ErrorCode::FmtDamaged, ErrorCode::FmtTooComplex] {
            assert_eq!(with(code, &flags, Role::Receipt), [code], "hostile in any role");
            assert!(with(code, &takeover, Role::Main).is_empty());
        }
        assert_eq!(with(ErrorCode::IngPrivateKey, &takeover, Role::Main), [ErrorCode::IngPrivateKey]);
    }
}
