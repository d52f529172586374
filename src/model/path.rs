//! Paths of components: what can be kept, and given back to a folder on any file system.
//!
//! A path is relative, with `/` between its segments. It stands in descriptions, manifests and exports alike, so it is
//! checked once, when it comes in.

use super::strict::is_unprintable;
use crate::limits::{PATH_BYTES_MAX, PATH_SEGMENT_BYTES_MAX};
use unicode_normalization::UnicodeNormalization;

/// The folder of what the archive itself adds to a record; no Producer's file lies in it.
pub const OWN_FOLDER: &str = "muragat";
/// What was found when the signatures were validated at receipt.
pub const VALIDATION_PATH: &str = "muragat/validation.json";
/// The receipt as prepared at acceptance.
pub const RECEIPT_PATH: &str = "muragat/receipt.json";
/// The records officer's signature of the receipt.
pub const RECEIPT_SIGNATURE_PATH: &str = "muragat/receipt.json.p7s";
/// What was found when that signature was validated.
pub const RECEIPT_VALIDATION_PATH: &str = "muragat/receipt-validation.json";

/// What came with a record from the archive that handed it over: its proofs, and what was its own there.
pub const PROVENANCE_PATH: &str = "muragat/sender.tar";

/// Whether a path lies in the archive's own folder.
pub fn is_own(path: &str) -> bool {
    path.split('/').next().is_some_and(|first| folded(first) == OWN_FOLDER)
}

/// Checks that `path` is relative, normalised and can be written on any file system.
///
/// # Errors
///
/// What is wrong with it, in technical English.
pub fn check(path: &str) -> Result<(), &'static str> {
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
    } else if path.contains([':', '*', '?', '"', '<', '>', '|']) {
        Err("path has a sign that Windows does not keep: one of : * ? \" < > |")
    } else if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        Err("path has an empty segment, '.' or '..'")
    } else if path.split('/').any(|segment| segment.len() > PATH_SEGMENT_BYTES_MAX) {
        Err("path has a segment of more than 255 bytes")
    } else if path.split('/').any(|segment| segment.ends_with([' ', '.'])) {
        Err("path has a segment that ends in a space or a full stop, which Windows drops")
    } else if path.split('/').any(is_device) {
        Err("path has a segment that is the name of a device on Windows")
    } else {
        Ok(())
    }
}

/// Whether Windows takes a file name for a device. What follows the first full stop or colon does not matter there, nor
/// do the spaces before it, nor letter case; the superscript digits count as digits.
fn is_device(segment: &str) -> bool {
    let name = segment.split(['.', ':']).next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    let numbered = name.strip_prefix("COM").or_else(|| name.strip_prefix("LPT"));
    matches!(name.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered.is_some_and(|rest| {
            let mut rest = rest.chars();
            matches!((rest.next(), rest.next()), (Some('1'..='9' | '¹' | '²' | '³'), None))
        })
}

/// Whether two paths cannot stand in one folder: the same file on some file system, or one the folder of the other.
pub(crate) fn clash(a: &str, b: &str) -> bool {
    let (a, b) = (folded(a), folded(b));
    let is_folder_of = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    a == b || is_folder_of(&a, &b) || is_folder_of(&b, &a)
}

/// The form in which two paths are the same file on a system that ignores case or composition.
pub(crate) fn folded(path: &str) -> String {
    // Up and down again joins letters with several lower forms (ς σ, ſ s), which lower-casing alone keeps apart.
    path.nfc().collect::<String>().to_uppercase().to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_clash_as_files_and_as_folders() {
        for (a, b) in [("a", "A"), ("a", "a/b"), ("A/b", "a"), ("й", "и\u{306}"), ("σ", "ς")] {
            assert!(clash(a, b) && clash(b, a), "{a} {b}");
        }
        for (a, b) in [("a", "ab"), ("a/b", "a/c"), ("a.b", "a/b"), ("и", "й")] {
            assert!(!clash(a, b) && !clash(b, a), "{a} {b}");
        }
    }
}
