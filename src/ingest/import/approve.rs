//! Adopting the profile of an import, approved by two officers of the agency whose holding it is
//! ([`super::super::approval`]), one of them of the records office.
//!
//! Profile, signatures and reports are sealed together. An id and version are adopted once: what another version
//! replaced, or was signed before it and never adopted, comes back only when it is signed again.

use super::super::approval::{Approved, Asked, approve, keep_material, signed_files, told};
use super::super::share::Shared;
use super::HeldProfile;
use super::profile::Profile;
use crate::archive::{ActOwner, Archive, Register};
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::id::ActorId;
use crate::text::{Text, text};
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;

/// The profile in the act of its adoption.
pub(super) const PROFILE_FILE: &str = "profile.toml";

const OTHER_CONTENT: Text = text(
    "бұл нұсқа басқа мазмұнмен енгізілген",
    "эта версия введена с другим содержанием",
    "this version was adopted with other content",
);
const REPLACED: Text = text(
    "бұл нұсқа бұрын енгізіліп, кейін басқасымен ауыстырылған; бұрынғы қолтаңбалар оны қайтармайды",
    "эта версия была введена и затем заменена другой; прежние подписи её не возвращают",
    "this version was adopted before and another replaced it; the old signatures do not bring it back",
);
/// What became of a profile.
#[derive(Debug)]
pub enum Adopted {
    /// Adopted, as this entry of the journal.
    Done {
        /// The profile.
        profile: Box<Profile>,
        /// The entry.
        entry: u64,
        /// What became of the material that was given with it.
        shared: Shared,
    },
    /// The same file is the version in force.
    Held,
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Adopts the profile in `file`, which messages call `name`, with the signatures that approve it. `extra` is material
/// for their validation beside that of the archive.
pub fn adopt(
    archive: &Archive,
    (file, name): (&[u8], &str),
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Adopted, Error> {
    let profile = match Profile::parse(file, name) {
        Ok(profile) => profile,
        Err(refusals) => return Ok(Adopted::Refused(refusals)),
    };
    let held: Vec<HeldProfile> =
        super::adopted(archive)?.into_iter().filter(|held| held.profile.id == profile.id).collect();
    if held.last().is_some_and(|last| last.profile.sha256 == profile.sha256) {
        return Ok(Adopted::Held);
    }
    if let Some(before) = held.iter().find(|held| held.profile.version == profile.version) {
        let is_same = before.profile.sha256 == profile.sha256;
        let what = if is_same { REPLACED } else { OTHER_CONTENT };
        let refusal = told(ErrorCode::ImpTaken, name, |lang| {
            format!("{} {} (#{}): {}", profile.id, profile.version, before.entry, what.get(lang))
        });
        return Ok(Adopted::Refused(vec![refusal]));
    }
    let asked = Asked {
        file,
        agency: &profile.agency,
        date: profile.date,
        replaced: held.last().map(|last| last.at),
        kinds: SignerKind::OF_DOCUMENTS,
        offices: &[SignerKind::RecordsOffice],
        persons: 2,
        code: ErrorCode::ImpApproval,
    };
    let approved = match approve(archive, &asked, signatures, extra)? {
        Ok(approved) => approved,
        Err(refusals) => return Ok(Adopted::Refused(refusals)),
    };
    let shared = keep_material(archive, signatures, &approved, extra, actor)?;
    let entry = commit(archive, (file, &profile), signatures, &approved, extra, actor)?;
    Ok(Adopted::Done { profile: Box::new(profile), entry, shared })
}

fn commit(
    archive: &Archive,
    (file, profile): (&[u8], &Profile),
    signatures: &[Vec<u8>],
    approved: &Approved,
    extra: &Material,
    actor: ActorId,
) -> Result<u64, Error> {
    let mut fields = approved.fields();
    for (key, value) in [("id", &profile.id), ("sha256", &profile.sha256.to_string()), ("version", &profile.version)] {
        fields.insert(key.to_owned(), value.clone().into());
    }
    let files = signed_files(archive, (PROFILE_FILE, file), signatures, approved, extra);
    let owner = ActOwner::Register(Register::Archive);
    archive.commit_files(ActKind::ImportAdopted, actor, owner, fields, files)
}
