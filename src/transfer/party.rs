//! Which other archives are trusted: adopted by the signatures of two officers.
//!
//! A later file of the same id takes the place of the earlier one; both stay, so that what was answered under the
//! earlier key is judged by that. The key comes in that file and by no other way.
//!
//! A crash leaves a party adopted or not.

use crate::archive::{ActOwner, Archive, Register};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::Adopted;
use crate::ingest::approval::{Asked, approved_act};
use crate::model::id::ActorId;
use crate::model::party::{PARTY_FILE, PARTY_SCHEMA, Party, PartyKind};
use crate::tlog::checkpoint::VerifierKey;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use crate::verify::policy::SignerKind;

/// In which offices it is signed: whoever could name a key alone could have records let go for nothing.
const OFFICES: &[SignerKind] = &[SignerKind::Approver, SignerKind::Commission, SignerKind::RecordsOffice];

/// A party that was adopted.
#[derive(Debug, Clone)]
pub struct Held {
    /// The entry of its adoption.
    pub entry: u64,
    /// The party.
    pub party: Party,
    /// The key by which it answers.
    pub vkey: VerifierKey,
}

/// What became of a file that was to be adopted.
#[derive(Debug)]
pub enum Adoption {
    /// Adopted, as this entry of the journal.
    Done(u64),
    /// The same file is in force since this entry.
    Held(u64),
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Adopts a party that was read from `file`, as two officers of its agency signed it.
pub fn adopt(
    archive: &Archive,
    (party, file): (&Party, &[u8]),
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Adoption, Error> {
    // Of two that are the same, the second finds the first.
    let _turn = archive.turn("adoption", "party");
    let vkey = vkey(party).ok_or_else(|| Error::new(ErrorCode::TrfParty, "vkey", "not the key of a journal"))?;
    if party.archive == archive.id() || vkey == archive.config().vkey {
        return Err(Error::new(ErrorCode::TrfParty, &party.id, "it is this archive"));
    }
    let held = adopted(archive)?;
    let earlier = held.iter().rev().find(|held| held.party.id == party.id);
    if let Some(held) = earlier.filter(|held| held.party.sha256 == party.sha256) {
        return Ok(Adoption::Held(held.entry));
    }
    if let Some(held) = earlier.filter(|held| held.party.agency != party.agency) {
        let what = format!("entry {} has a party of this id of another agency", held.entry);
        return Err(Error::new(ErrorCode::TrfParty, &party.id, what));
    }
    let replaced = earlier.map(|held| archive.leaf(held.entry)).transpose()?.map(|leaf| leaf.t);
    let asked = Asked {
        file,
        agency: &party.agency,
        date: party.date,
        replaced,
        kinds: OFFICES,
        offices: &[SignerKind::Approver],
        persons: 2,
        code: ErrorCode::TrfPartySigned,
    };
    let (mut fields, files) = match approved_act(archive, (PARTY_FILE, &asked), signatures, extra, actor)? {
        Ok(sealed) => sealed,
        Err(refusals) => return Ok(Adoption::Refused(refusals)),
    };
    fields.insert("agency".into(), party.agency.clone().into());
    fields.insert("party".into(), party.id.clone().into());
    let owner = ActOwner::Register(Register::Archive);
    archive.commit_files(ActKind::PartyAdopted, actor, owner, fields, files).map(Adoption::Done)
}

/// What another archive is told of this one: all but what only it can know.
#[derive(Debug, Clone)]
pub struct Own<'a> {
    /// What it calls this one.
    pub id: &'a str,
    /// Code of its agency that this one is a party of.
    pub agency: &'a str,
    /// What this one is to that.
    pub kind: PartyKind,
    /// Years after which files come here.
    pub years: Option<u32>,
    /// By which agreement.
    pub basis: &'a str,
}

/// The file about this archive, for officers of another one to sign: read here as it will be read there.
///
/// # Errors
///
/// [`ErrorCode::TrfParty`]: a field is not as it must be, or this archive has no BIN.
pub fn own(archive: &Archive, own: &Own<'_>) -> Result<String, Error> {
    let config = archive.config();
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let none =
        || Error::new(ErrorCode::TrfParty, "bin", "muragat.toml does not say whose archive it is: [archive] bin");
    let bin = config.issuer.bin.clone().ok_or_else(none)?;
    let name = quoted(config.issuer.name.as_deref().unwrap_or(&config.vkey.name));
    let years = own.years.map(|years| format!("years = {years}\n")).unwrap_or_default();
    let toml = format!(
        "schema = \"{PARTY_SCHEMA}\"\nid = {}\nagency = {}\nkind = \"{}\"\nbin = {}\narchive = \"{}\"\nvkey = {}\n\
         answer_key = \"{}\"\n{years}basis = {}\ndate = \"{}\"\ntitle = {{ kk = {name}, ru = {name}, en = {name} }}\n",
        quoted(own.id),
        quoted(own.agency),
        own.kind,
        quoted(&bin),
        archive.id(),
        quoted(&config.vkey.to_string()),
        hex::encode(archive.answer_key()?.public()),
        quoted(own.basis),
        civil_date(archive.now()),
    );
    match Party::parse(toml.as_bytes(), PARTY_FILE) {
        Ok(_) => Ok(toml),
        Err(refusals) => {
            let first = refusals.into_iter().next();
            let (subject, what) = first.map(|first| (first.subject, first.detail)).unwrap_or_default();
            Err(Error::new(ErrorCode::TrfParty, subject, what))
        }
    }
}

/// Every party that was adopted, oldest first.
pub fn adopted(archive: &Archive) -> Result<Vec<Held>, Error> {
    archive.wait_index()?;
    archive.index().adopted(Adopted::Party)?.into_iter().map(|entry| read(archive, entry)).collect()
}

/// The party that an entry adopted.
pub(super) fn read(archive: &Archive, entry: u64) -> Result<Held, Error> {
    let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted file is not what was signed");
    let (document, row) = archive.document(entry)?;
    let file = archive.act_file(&row, &document, PARTY_FILE)?;
    let party = Party::parse(&file, PARTY_FILE).map_err(|_| changed())?;
    Ok(Held { entry, vkey: vkey(&party).ok_or_else(changed)?, party })
}

/// The party of this id that is in force.
pub fn find(archive: &Archive, id: &str) -> Result<Held, Error> {
    let unknown = || Error::new(ErrorCode::TrfNoParty, id, "no such party was adopted");
    adopted(archive)?.into_iter().rev().find(|held| held.party.id == id).ok_or_else(unknown)
}

fn vkey(party: &Party) -> Option<VerifierKey> {
    party.vkey.parse().ok()
}
