//! What is added to an accepted record: a late component, a corrected card, formats identified again.
//!
//! An accepted record grows and never changes (design §2). Each addition is an act of its own with its own salt and
//! commitment, sealed under the record's key, so that it is found, shown, audited and erased with the record.
//!
//! Invariants
//!   - Originals are not added: main content, attachments and the first card are what was accepted.
//!   - A path stands for one component of the record for ever.
//!   - A refused addition leaves the record as it was, and nothing in the journal: the record was not offered to the
//!     archive by a Producer, a person at work made a slip.
//!
//! Order on disk: as an acceptance; the amendment is the last object of its act.

use super::component::{Frames, Received, Sealing, Stop, sha256, spool_failed};
use super::identify::{identifier, identify};
use super::receive::{BoundedReader, ReceiveError};
use super::rules;
use super::unpack::open_regular;
use crate::archive::{Archive, Outcome, Registration};
use crate::clock::civil_date;
use crate::config::Action;
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::{AmendmentRow, ComponentRow, IdRow, RecordRow};
use crate::index::writer::{Payload, read_id};
use crate::limits::{CARD_BYTES_MAX, COMPONENTS_MAX, EVIDENCE_BYTES_MAX, TEXT_LONG_CHARS_MAX};
use crate::model::amendment::{Amendment, AmendmentKind};
use crate::model::card::{Card, check_dates};
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::id::{ActorId, RecordId};
use crate::model::path;
use crate::model::record::{CardField, card_fields};
use crate::model::submission::{ComponentEntry, Profile, Role, SUBMISSION_FILE};
use crate::store::envelope::{Carried, carried};
use crate::store::format::{ObjectKind, OwnerKey};
use crate::store::seal::Sealer;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What became of an addition.
#[derive(Debug)]
pub enum Amended {
    /// Durable, as this entry of the journal.
    Done {
        /// The entry.
        entry: u64,
        /// Paths of the components that it brought.
        paths: Vec<String>,
    },
    /// The record has it already, under this path.
    Held {
        /// The path.
        path: String,
    },
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

impl Amended {
    fn of(result: Result<Self, Stop>) -> Result<Self, Error> {
        match result {
            Ok(amended) => Ok(amended),
            Err(Stop::Refused(refusals)) => Ok(Amended::Refused(refusals)),
            Err(Stop::Held(_) | Stop::Tried(_)) => unreachable!("only a whole submission is held already, or tried"),
            Err(Stop::Failed(e)) => Err(e),
        }
    }
}

/// Components of a record with all that came later. Own bound: its row in the index is read as one piece.
const LATE_COMPONENTS_MAX: usize = 4 * COMPONENTS_MAX;
/// The same when a card is corrected: what was added to a record must not keep its card from being put right.
const CARD_COMPONENTS_MAX: usize = LATE_COMPONENTS_MAX + COMPONENTS_MAX;

/// One addition to a record at a time: of two that are the same, the second finds the first.
pub(super) const TURN: &str = "record";

/// Roles that can be added to an accepted record.
pub const LATE_ROLES: [Role; 7] = [
    Role::Receipt,
    Role::Mark,
    Role::Signature,
    Role::Certificate,
    Role::Revocation,
    Role::Timestamp,
    Role::Representation,
];

/// What is brought to a record.
#[derive(Debug, Clone, Copy)]
pub enum Brought<'a> {
    /// A file of this machine.
    File(&'a Path),
    /// Bytes that came under this name.
    Bytes(&'a str, &'a [u8]),
}

impl<'a> From<&'a Path> for Brought<'a> {
    fn from(file: &'a Path) -> Self {
        Self::File(file)
    }
}

impl<'a> From<&'a PathBuf> for Brought<'a> {
    fn from(file: &'a PathBuf) -> Self {
        Self::File(file)
    }
}

impl Brought<'_> {
    /// Its name without the folder.
    fn name(&self) -> String {
        let path = match self {
            Self::File(path) => path,
            Self::Bytes(name, _) => Path::new(name),
        };
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// Adds a late component. Its path in the record is that of `entry`.
pub fn add<'a>(
    archive: &Archive,
    record: RecordId,
    entry: ComponentEntry,
    file: impl Into<Brought<'a>>,
    reason: Option<String>,
    actor: ActorId,
) -> Result<Amended, Error> {
    let _turn = archive.turn(TURN, record);
    let grown = Grown::open(archive, record, actor)?;
    Amended::of(grown.add(entry, file.into(), reason))
}

/// Gives the record a new version of its card.
pub fn correct_card<'a>(
    archive: &Archive,
    record: RecordId,
    file: impl Into<Brought<'a>>,
    reason: String,
    actor: ActorId,
) -> Result<Amended, Error> {
    let _turn = archive.turn(TURN, record);
    let grown = Grown::open(archive, record, actor)?;
    Amended::of(grown.correct_card(file.into(), reason))
}

/// The same only if the record still has one of these states of its card: what somebody decided by a card that was
/// corrected meanwhile is not done. It is looked at in the turn in which the card is given, so nothing comes between.
pub fn correct_card_if<'a>(
    archive: &Archive,
    record: RecordId,
    expected: &[String],
    file: impl Into<Brought<'a>>,
    reason: String,
    actor: ActorId,
) -> Result<Amended, Error> {
    let _turn = archive.turn(TURN, record);
    let grown = Grown::open(archive, record, actor)?;
    if !expected.contains(&card_state(&grown.row)) {
        let what = "the record has another card than the one that was seen";
        return Err(Error::new(ErrorCode::SrvPrecondition, record.to_string(), what));
    }
    Amended::of(grown.correct_card(file.into(), reason))
}

/// Which card a record has: another word after each correction, also after one that says again what an earlier card
/// said. It is made of the id of the card's object, which is drawn at random, and so says nothing of the card.
pub fn card_state(row: &RecordRow) -> String {
    let newest = row.components.iter().rfind(|component| component.role() == Role::Card);
    let mut state = Sha256Writer::default();
    state.update(b"muragat card state\0");
    state.update(&row.record);
    state.update(&newest.map_or([0; 24], |component| component.stored.object));
    hex::encode(&state.finish().0[..16])
}

/// Identifies the formats of all components again. What was found before stays beside it.
pub fn identify_again(archive: &Archive, record: RecordId, actor: ActorId) -> Result<Amended, Error> {
    let _turn = archive.turn(TURN, record);
    let grown = Grown::open(archive, record, actor)?;
    Amended::of(grown.identify_again())
}

/// Adds the officer's signature of the receipt and its validation: with them the receipt is issued. Gives the entry.
/// Who calls has the turn of the record.
pub(super) fn issue_receipt(
    archive: &Archive,
    record: RecordId,
    signature: &[u8],
    validation: &[u8],
    material: Vec<(String, Role, Vec<u8>)>,
    actor: ActorId,
) -> Result<u64, Error> {
    let grown = Grown::open(archive, record, actor)?;
    let spool = archive.spool();
    let mut components = vec![
        Received::own(spool, path::RECEIPT_SIGNATURE_PATH.to_owned(), Role::Issued, signature)?,
        Received::own(spool, path::RECEIPT_VALIDATION_PATH.to_owned(), Role::Report, validation)?,
    ];
    for (name, role, bytes) in material {
        // Named by its digest: what the record has from its own validation is not kept twice.
        if grown.named(&name).is_none() {
            components.push(Received::own(spool, name, role, &bytes)?);
        }
    }
    let amendment = Amendment::new(record, AmendmentKind::ReceiptIssued, None, identifier());
    match Amended::of(grown.commit(amendment, components, None))? {
        Amended::Done { entry, .. } => Ok(entry),
        Amended::Held { .. } | Amended::Refused(_) => unreachable!("the archive's own components are not judged"),
    }
}

pub(super) fn find(archive: &Archive, record: RecordId) -> Result<(IdRow, OwnerKey), Error> {
    let reader = archive.index();
    let unknown = || archive.no_record(record);
    let id = read_id(reader.kv, reader.keys, record)?.filter(|id| id.number.is_some()).ok_or_else(unknown)?;
    // An erased record answers with its own code.
    let key = archive.record_key(id.key, record)?;
    Ok((id, key))
}

/// A record that grows.
struct Grown<'a> {
    archive: &'a Archive,
    actor: ActorId,
    row: RecordRow,
    key: OwnerKey,
}

impl<'a> Grown<'a> {
    fn open(archive: &'a Archive, record: RecordId, actor: ActorId) -> Result<Self, Error> {
        archive.wait_index()?;
        let (_, key) = find(archive, record)?;
        let damaged = || Error::new(ErrorCode::StoChanged, record.to_string(), "the record's manifest is damaged");
        let row = archive.index().record_by_id(record)?.ok_or_else(damaged)?;
        Ok(Self { archive, actor, row, key })
    }

    fn profile(&self) -> Profile {
        Profile::ALL[usize::from(self.row.profile)]
    }

    fn named(&self, path: &str) -> Option<&ComponentRow> {
        let content = |c: &ComponentRow| c.content.as_ref().is_some_and(|inner| path::clash(&inner.path, path));
        self.row.components.iter().find(|c| path::clash(&c.path, path) || content(c))
    }

    fn add(&self, entry: ComponentEntry, file: Brought<'_>, reason: Option<String>) -> Result<Amended, Stop> {
        self.check_entry(&entry, reason.as_deref())?;
        let name = file.name();
        let tool = entry.derivation.as_ref().map(|d| d.tool.as_str());
        let texts = [Some(entry.path.as_str()), Some(name.as_str()), reason.as_deref(), tool];
        let mut flags = rules::marks_of_addition(&entry.path, texts.into_iter().flatten(), self.row.access());
        if self.archive.policy().secrecy_marks == Action::Refuse && !flags.is_empty() {
            return Err(Stop::Refused(flags.drain(..).map(rules::mark_refused).collect()));
        }
        let role = entry.role;
        let (mut received, _) = self.receive(entry, file, EVIDENCE_BYTES_MAX)?;
        let digest = received.sha256().map_err(|e| spool_failed(&received.entry.path, e))?;
        if let Some(held) = self.row.components.iter().find(|c| c.role() == role && c.sha256 == digest.0) {
            return Ok(Amended::Held { path: held.path.clone() });
        }
        if self.named(&received.entry.path).is_some() {
            let path = received.entry.path.clone();
            return Err(refused(ErrorCode::RecPathTaken, path, "the record has another file under this name"));
        }
        let refusals = self.identify(&mut received)?;
        if !refusals.is_empty() {
            return Err(Stop::Refused(refusals));
        }
        let mut amendment = Amendment::new(self.row.id(), AmendmentKind::ComponentAdded, reason, identifier());
        amendment.flags = flags;
        self.commit(amendment, vec![received], None)
    }

    fn identify(&self, received: &mut Received) -> Result<Vec<Refusal>, Stop> {
        let taken = |name: &str| self.named(name).is_some();
        let (spool, policy) = (self.archive.spool(), self.archive.policy());
        let refusals = received.identify(spool, policy, self.profile().rules(), self.row.kind(), &taken);
        refusals.map_err(|e| spool_failed(&received.entry.path, e).into())
    }

    fn check_entry(&self, entry: &ComponentEntry, reason: Option<&str>) -> Result<(), Stop> {
        if !LATE_ROLES.contains(&entry.role) {
            let detail = format!("the role {} is not added to an accepted record", entry.role.as_str());
            return Err(refused(ErrorCode::RecRole, entry.path.clone(), &detail));
        }
        if let Err(fault) = path::check(&entry.path) {
            return Err(refused(ErrorCode::IngPathUnsafe, entry.path.clone(), fault));
        }
        if path::is_own(&entry.path) {
            let detail = "the folder of what the archive itself adds";
            return Err(refused(ErrorCode::IngPathUnsafe, entry.path.clone(), detail));
        }
        if path::clash(&entry.path, SUBMISSION_FILE) {
            return Err(refused(ErrorCode::IngPathUnsafe, entry.path.clone(), "the name of a description"));
        }
        check_texts(&entry.path, [entry.derivation.as_ref().map(|d| d.tool.as_str()), reason])?;
        self.check_room(&entry.path, LATE_COMPONENTS_MAX)?;
        let mut covers = entry.covers.clone();
        covers.sort_unstable();
        covers.dedup();
        if covers.len() != entry.covers.len() {
            return Err(refused(ErrorCode::IngCoversWrong, entry.path.clone(), "a component is named twice"));
        }
        let unknown = |path: &&String| self.row.components.iter().all(|c| c.path != **path);
        if let Some(path) = entry.covers.iter().chain(entry.derivation.as_ref().map(|d| &d.source)).find(unknown) {
            return Err(refused(ErrorCode::IngCoversWrong, path.clone(), "the record has no such component"));
        }
        let source = entry.derivation.as_ref().map(|d| d.source.as_str());
        let derived = |c: &ComponentRow| c.role() == Role::Representation && Some(c.path.as_str()) == source;
        if self.row.components.iter().any(derived) {
            let detail = "a representation shows an original, not another representation";
            return Err(refused(ErrorCode::IngFieldMalformed, entry.path.clone(), detail));
        }
        let covering = matches!(entry.role, Role::Signature | Role::Timestamp);
        if !covering && !entry.covers.is_empty() {
            let detail = "only a signature or a time-stamp covers something";
            return Err(refused(ErrorCode::IngCoversWrong, entry.path.clone(), detail));
        }
        if (entry.role == Role::Representation) != entry.derivation.is_some() {
            let detail = "a representation names its source and its tool, and nothing else does";
            return Err(refused(ErrorCode::IngFieldMalformed, entry.path.clone(), detail));
        }
        Ok(())
    }

    fn check_room(&self, path: &str, most: usize) -> Result<(), Stop> {
        let held = self.row.components.len();
        if held < most {
            return Ok(());
        }
        let detail = format!("the record has {held} components, with what came later at most {most} are admitted");
        Err(refused(ErrorCode::IngComponentsTooMany, path.to_owned(), &detail))
    }

    fn correct_card(&self, file: Brought<'_>, reason: String) -> Result<Amended, Stop> {
        let path = self.card_path();
        check_texts(&path, [Some(reason.as_str()), None])?;
        self.check_room(&path, CARD_COMPONENTS_MAX)?;
        let entry = ComponentEntry {
            path: path.clone(),
            role: Role::Card,
            covers: Vec::new(),
            media_type: None,
            derivation: None,
        };
        let (mut received, bytes) = self.receive(entry, file, CARD_BYTES_MAX as u64)?;
        let card = Card::parse(&bytes, &path, self.profile().rules()).map_err(Stop::Refused)?;
        let mut faults = check_dates(&card, &path, civil_date(self.archive.now()));
        for (i, signed) in card.signatures.iter().enumerate() {
            let carries = |c: &&ComponentRow| c.role() == Role::Signature || c.role().is_content();
            if !self.row.components.iter().filter(carries).any(|c| c.path == *signed) {
                let detail = "names no signature and no signed file of the record";
                faults.push(Refusal::new(ErrorCode::RecCard, format!("{path}#/signatures/{i}"), detail));
            }
        }
        if card.nomenclature_index != self.row.nomenclature_index {
            // Filing a document elsewhere is an act of its own, with its effect on retention.
            let detail = "the record is filed under another index";
            faults.push(Refusal::new(ErrorCode::RecCard, format!("{path}#/nomenclature_index"), detail));
        }
        let mut flags = rules::marks(&card, &path, &[], self.row.access());
        flags.extend(rules::marks_of_addition(&path, [reason.as_str()].into_iter(), self.row.access()));
        if self.archive.policy().secrecy_marks == Action::Refuse {
            faults.extend(flags.drain(..).map(rules::mark_refused));
        }
        if !faults.is_empty() {
            return Err(Stop::Refused(faults));
        }
        let faults = self.identify(&mut received)?;
        if !faults.is_empty() {
            return Err(Stop::Refused(faults));
        }
        let fields = card_fields(&card);
        let newest: Vec<(CardField, String)> =
            self.row.card.iter().map(|(f, v)| (CardField::ALL[usize::from(*f)], v.clone())).collect();
        if fields == newest {
            return Err(refused(ErrorCode::RecNoChange, path, "every field is as it was"));
        }
        let registration = Registration {
            agency: self.row.agency.clone(),
            number: card.registration_number.clone(),
            date: card.document_date.to_string(),
        };
        let mut amendment = Amendment::new(self.row.id(), AmendmentKind::CardCorrected, Some(reason), identifier());
        amendment.card = Some(fields);
        amendment.flags = flags;
        self.commit(amendment, vec![received], Some(registration))
    }

    /// The path of the next card: that of the first one with its version.
    fn card_path(&self) -> String {
        let first = self.row.components.iter().find(|c| c.role() == Role::Card).map_or("card.json", |c| &c.path);
        let (stem, ending) = first.rsplit_once('.').unwrap_or((first, "json"));
        let mut version = self.row.earlier_cards.len() + 2;
        loop {
            let path = format!("{stem}.{version}.{ending}");
            // A name that is as long as names can be has no room for a number.
            let path = if path::check(&path).is_ok() { path } else { format!("card.{version}.json") };
            if self.named(&path).is_none() {
                return path;
            }
            version += 1;
        }
    }

    fn identify_again(&self) -> Result<Amended, Stop> {
        let mut amendment = Amendment::new(self.row.id(), AmendmentKind::FormatsIdentified, None, identifier());
        for component in &self.row.components {
            let object = self.archive.object(&self.key, self.row.id(), ObjectKind::Component, &component.stored);
            let mut object = object.seekable();
            let named = rules::promised_family(&component.path);
            let found = identify(&mut object, component.stored.plain_len, named);
            let found = found.map_err(|e| Error::of_object(&component.path, e))?;
            amendment.formats.push((component.path.clone(), found));
            if let Some(content) = &component.content {
                let carried = carried(self.archive.spool(), &mut object);
                let carried = carried.map_err(|e| Error::of_object(&content.path, e.into()))?;
                if let Carried::Document(mut inner) = carried {
                    let found = identify(&mut *inner, content.size, rules::promised_family(&content.path));
                    amendment.formats.push((content.path.clone(), found.map_err(|e| spool_failed(&content.path, e))?));
                }
            }
        }
        self.commit(amendment, Vec::new(), None)
    }

    /// Receives what is brought into the spool; a card is given whole too.
    fn receive(&self, entry: ComponentEntry, file: Brought<'_>, bytes_max: u64) -> Result<(Received, Vec<u8>), Stop> {
        let (opened, len, place): (Box<dyn Read + '_>, u64, &Path) = match file {
            Brought::File(path) => {
                let (opened, len) = open_regular(path)?;
                (Box::new(opened), len, path)
            }
            Brought::Bytes(name, bytes) => (Box::new(bytes), bytes.len() as u64, Path::new(name)),
        };
        let path = entry.path.clone();
        if len == 0 {
            return Err(refused(ErrorCode::IngFileEmpty, path, "the file has no bytes"));
        }
        if len > bytes_max {
            let detail = format!("{len} bytes, at most {bytes_max} are admitted");
            let code = match entry.role {
                Role::Card => ErrorCode::IngDescriptionTooLarge,
                _ => ErrorCode::IngEvidenceTooLarge,
            };
            return Err(refused(code, path, &detail));
        }
        let mut stream = BoundedReader::new(opened, path.as_str(), len);
        let mut received = Received::read(self.archive.spool(), entry, &mut stream, place)?;
        let bytes = match received.entry.role {
            Role::Card => received.whole().map_err(|e| spool_failed(&path, e))?,
            _ => Vec::new(),
        };
        Ok((received, bytes))
    }

    /// Seals and commits the amendment with its components.
    fn commit(
        &self,
        mut amendment: Amendment,
        received: Vec<Received>,
        registration: Option<Registration>,
    ) -> Result<Amended, Stop> {
        let record = self.row.id();
        let mut act = Act::new(ActKind::RecordAmended, self.actor);
        act.rec = Some(record);
        let (mut sealer, frames) = (Sealer::default(), Frames::new(self.archive.session()));
        let mut sealing = Sealing { sealer: &mut sealer, key: &self.key, record, act: act.id, frames };
        for component in received {
            let component = component.seal(&mut sealing)?;
            act.addresses.push(component.address);
            amendment.components.push(component);
        }
        let stored = sealing.end(ObjectKind::Amendment, &amendment.encode(), &mut act)?;
        let frames = sealing.frames;
        act.group = Some(amendment.group());
        let row = AmendmentRow::new(&amendment, act.id, 0, stored, |c| frames.locs.get(&c.object).cloned());
        let payload = Payload::Amendment(Box::new(row.expect("every sealed object was appended")));
        let asked = registration.clone();
        match self.archive.commit(act, payload, registration, Some(frames.session))? {
            Outcome::Done(committed) => {
                self.archive.wait_index()?;
                let paths = amendment.components.into_iter().map(|c| c.path).collect();
                Ok(Amended::Done { entry: committed.index, paths })
            }
            Outcome::Conflict(other) => {
                let asked = asked.expect("only a registration is in conflict");
                Err(Stop::Refused(vec![super::taken(&asked, other)]))
            }
            Outcome::Held(_) => unreachable!("only an acceptance is held already"),
        }
    }
}

/// What a person writes about an addition is held to what a card is held to.
fn check_texts(path: &str, texts: [Option<&str>; 2]) -> Result<(), Stop> {
    for text in texts.into_iter().flatten() {
        let fits = !text.trim().is_empty() && text.chars().count() <= TEXT_LONG_CHARS_MAX;
        if !fits || text.chars().any(char::is_control) {
            let detail = "a reason or tool is blank, too long or has a control character";
            return Err(refused(ErrorCode::IngFieldMalformed, path.to_owned(), detail));
        }
    }
    Ok(())
}

fn refused(code: ErrorCode, subject: String, detail: &str) -> Stop {
    Stop::Refused(vec![Refusal::new(code, subject, detail)])
}

/// SHA-256 of a file of this machine, for questions by content.
pub fn file_digest(path: &Path) -> Result<Sha256, Error> {
    let failed = |e: ReceiveError| Error::caused(e.code(), path.display().to_string(), e);
    let (mut file, _) = open_regular(path).map_err(failed)?;
    sha256(&mut file).map_err(|e| failed(ReceiveError::io(path, e)))
}
