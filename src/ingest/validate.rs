//! The limits of a submission: what its profile and its agency admit.
//!
//! Pure: declared sizes in, a [`Refusal`] out. It is asked before the card or any component is read, so that a
//! submission that is too large costs nothing. Formats of the components are not its business.

use crate::error::{ErrorCode, Refusal};
use crate::limits::{CARD_BYTES_MAX, EVIDENCE_BYTES_MAX};
use crate::model::submission::{Role, SUBMISSION_FILE, Submission};

/// Checks the declared `sizes` of the components, in the order of the submission's list.
///
/// `content_bytes_max` is the agency's own limit for main content and attachments together; the lower of it and the
/// profile's limit wins.
///
/// # Errors
///
/// A [`Refusal`] about the component that is empty or goes over a limit, named by its path.
pub fn check_limits(submission: &Submission, sizes: &[u64], content_bytes_max: Option<u64>) -> Result<(), Refusal> {
    assert_eq!(sizes.len(), submission.components.len(), "one size for each component");
    let profile_max = submission.profile.rules().content_bytes_max;
    let content_max = content_bytes_max.map_or(profile_max, |agency_max| agency_max.min(profile_max));
    let mut content = 0u64;
    let mut evidence = 0u64;
    for (component, &size) in submission.components.iter().zip(sizes) {
        let refuse = |code, detail: String| Err(Refusal::new(code, component.path.as_str(), detail));
        if size == 0 {
            return refuse(ErrorCode::IngFileEmpty, "the file has no bytes".to_owned());
        }
        match component.role {
            Role::Card => {
                if usize::try_from(size).map_or(true, |size| size > CARD_BYTES_MAX) {
                    let detail = format!("{size} bytes, at most {CARD_BYTES_MAX} are admitted");
                    return refuse(ErrorCode::IngDescriptionTooLarge, detail);
                }
            }
            role if role.is_content() => {
                content = content.saturating_add(size);
                if content > content_max {
                    // N 430 cl. 7; the akimat's regulation; the policy of the agency.
                    let detail = format!(
                        "{content} bytes of content with this file, {content_max} are admitted (profile {})",
                        submission.profile
                    );
                    return refuse(ErrorCode::IngContentTooLarge, detail);
                }
            }
            _ => {
                evidence = evidence.saturating_add(size);
                if evidence > EVIDENCE_BYTES_MAX {
                    let detail = format!("{evidence} bytes with this file, {EVIDENCE_BYTES_MAX} are admitted");
                    return refuse(ErrorCode::IngEvidenceTooLarge, detail);
                }
            }
        }
    }
    Ok(())
}

/// Checks that the container holds the listed files and no others; gives their declared sizes in the order of the list.
///
/// # Errors
///
/// A [`Refusal`] about the first file that is listed and missing, or there and not listed: nothing is lost silently.
pub(crate) fn match_files<'a>(
    submission: &Submission,
    size_of: impl Fn(&str) -> Option<u64>,
    names: impl Iterator<Item = &'a str>,
) -> Result<Vec<u64>, Refusal> {
    let mut sizes = Vec::with_capacity(submission.components.len());
    for (i, component) in submission.components.iter().enumerate() {
        let missing = || {
            let detail = format!("listed as {SUBMISSION_FILE}#/components/{i} and not there");
            Refusal::new(ErrorCode::IngFileMissing, component.path.as_str(), detail)
        };
        sizes.push(size_of(&component.path).ok_or_else(missing)?);
    }
    for name in names {
        if name != SUBMISSION_FILE && !submission.components.iter().any(|c| c.path == name) {
            let detail = format!("there, but not listed in {SUBMISSION_FILE}");
            return Err(Refusal::new(ErrorCode::IngFileUnlisted, name, detail));
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{CONTENT_BYTES_MAX_AKIMAT, CONTENT_BYTES_MAX_N430};
    use crate::model::submission::{AccessCategory, ComponentEntry, Direction, Kind, Profile};

    fn submission(profile: Profile, roles: &[Role]) -> Submission {
        let component = |(i, &role): (usize, &Role)| ComponentEntry {
            path: format!("{i}"),
            role,
            covers: Vec::new(),
            media_type: None,
            derivation: None,
        };
        Submission {
            profile,
            kind: Kind::ElectronicOriginal,
            certified_by: None,
            codes: std::collections::BTreeMap::new(),
            agency: "DEMO".to_owned(),
            direction: Direction::Internal,
            nomenclature_index: "1".to_owned(),
            file: None,
            access_category: AccessCategory::Public,
            components: roles.iter().enumerate().map(component).collect(),
        }
    }

    #[track_caller]
    fn refused(result: Result<(), Refusal>, code: ErrorCode, subject: &str) {
        let refusal = result.unwrap_err();
        assert_eq!((refusal.code, refusal.subject.as_str()), (code, subject));
    }

    #[test]
    fn content_is_limited_to_the_byte() {
        let roles = [Role::Card, Role::Main, Role::Attachment, Role::Signature];
        for (profile, max) in [(Profile::N430, CONTENT_BYTES_MAX_N430), (Profile::Akimat, CONTENT_BYTES_MAX_AKIMAT)] {
            let submission = submission(profile, &roles);
            // The card and the signature do not count.
            assert!(check_limits(&submission, &[9, max - 2, 1, 5], None).is_ok());
            assert!(check_limits(&submission, &[9, max - 1, 1, 5], None).is_ok());
            refused(check_limits(&submission, &[9, max, 1, 5], None), ErrorCode::IngContentTooLarge, "2");
            refused(check_limits(&submission, &[9, u64::MAX, 1, 5], None), ErrorCode::IngContentTooLarge, "1");
            // The lower limit wins, whichever it is.
            assert!(check_limits(&submission, &[9, 99, 1, 5], Some(100)).is_ok());
            refused(check_limits(&submission, &[9, 100, 1, 5], Some(100)), ErrorCode::IngContentTooLarge, "2");
            refused(check_limits(&submission, &[9, max, 1, 5], Some(u64::MAX)), ErrorCode::IngContentTooLarge, "2");
        }
    }

    #[test]
    fn card_and_evidence_have_their_own_limits() {
        let submission = submission(Profile::N430, &[Role::Card, Role::Main, Role::Receipt, Role::Representation]);
        let card_max = CARD_BYTES_MAX as u64;
        assert!(check_limits(&submission, &[card_max, 1, EVIDENCE_BYTES_MAX - 1, 1], None).is_ok());
        refused(check_limits(&submission, &[card_max + 1, 1, 1, 1], None), ErrorCode::IngDescriptionTooLarge, "0");
        refused(check_limits(&submission, &[1, 1, EVIDENCE_BYTES_MAX, 1], None), ErrorCode::IngEvidenceTooLarge, "3");
        for empty in 0..4 {
            let mut sizes = [1; 4];
            sizes[empty] = 0;
            refused(check_limits(&submission, &sizes, None), ErrorCode::IngFileEmpty, &empty.to_string());
        }
    }

    #[test]
    fn files_and_list_must_match() {
        let submission = submission(Profile::N430, &[Role::Card, Role::Main]);
        let run = |names: &[&str]| {
            match_files(&submission, |n| names.iter().position(|x| *x == n).map(|i| i as u64), names.iter().copied())
        };
        assert_eq!(run(&["1", "submission.json", "0"]), Ok(vec![2, 0]));
        refused(run(&["0", "submission.json"]).map(drop), ErrorCode::IngFileMissing, "1");
        refused(run(&["0", "1", "submission.json", ".DS_Store"]).map(drop), ErrorCode::IngFileUnlisted, ".DS_Store");
    }
}
