//! The expert commission approves the list of a transfer; or it is cancelled.
//!
//! What is signed are the bytes of the list; the person who selected its files does not approve it. A crash leaves it
//! approved or not, cancelled or not.

use super::case::{Case, Stage, before_second};
use super::list::LIST_FILE;
pub use super::take::Taken as Signed;
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::filing::check_text;
use crate::ingest::approval::{Asked, approved_by_others};
use crate::model::id::{ActorId, RecordId};
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;
use serde_json::Map;

/// In which office a list is approved.
const OFFICES: &[SignerKind] = &[SignerKind::Commission];

/// Takes in the signatures of members of the commission over the list: as many persons as review a destruction, and not
/// of who selected its files.
pub fn approve(
    archive: &Archive,
    id: RecordId,
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Signed, Error> {
    let case = Case::read(archive, id)?;
    if let Some(entry) = case.row.approved.filter(|_| case.stage() == Stage::Approved) {
        // Whoever does not know whether it was taken in sends it again.
        let (document, row) = archive.document(entry)?;
        let names = (1..=signatures.len()).map(|n| format!("signature-{n}.p7s"));
        let same = names
            .zip(signatures)
            .all(|(name, one)| archive.act_file(&row, &document, &name).is_ok_and(|held| held == *one));
        let count = document.files().iter().filter(|file| file.name.starts_with("signature-")).count();
        if same && count == signatures.len() {
            return Ok(Signed::Done(entry));
        }
    }
    case.check_stage(&[Stage::Listed])?;
    let list = case.list(archive)?.ok_or_else(|| Error::new(ErrorCode::TrfStage, id.to_string(), "it has no list"))?;
    let drawn_up = archive.leaf(case.row.listed.unwrap_or_default())?.t;
    let bytes = list.encode();
    let asked = Asked {
        file: &bytes,
        agency: &case.agency,
        date: civil_date(drawn_up),
        // Nobody approves a list before it is drawn up.
        replaced: Some(before_second(drawn_up)),
        kinds: OFFICES,
        offices: OFFICES,
        persons: archive.config().disposal.reviews.max(1) as usize,
        code: ErrorCode::TrfSigned,
    };
    let requester = case.selected_by(archive)?;
    match approved_by_others(archive, (LIST_FILE, &asked, requester.as_ref()), signatures, extra, actor)? {
        Ok(sealed) => case.commit(archive, ActKind::TransferApproved, sealed, actor).map(Signed::Done),
        Err(refusals) => Ok(Signed::Refused(refusals)),
    }
}

/// Cancels a transfer: its files stay, and can be selected again. Gives the entry.
pub fn cancel(archive: &Archive, id: RecordId, reason: &str, actor: ActorId) -> Result<u64, Error> {
    check_text("reason", reason)?;
    let case = Case::read(archive, id)?;
    // Once the other archive said that it came, it may keep some of it: then only its reply ends the transfer.
    case.check_stage(&[Stage::Selected, Stage::Listed, Stage::Approved, Stage::Sealed, Stage::Sent])?;
    let fields = Map::from_iter([("reason".to_owned(), reason.into())]);
    case.commit(archive, ActKind::TransferCancelled, (fields, Vec::new()), actor)
}
