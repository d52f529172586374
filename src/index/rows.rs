//! The rows: keys, values, and what one record puts into the index.
//!
//! | first byte | key | value |
//! |---|---|---|
//! | `M` | - | [`Meta`], checked |
//! | `I` | record id 16 | [`IdRow`], checked |
//! | `R` | record number u32 BE | [`RecordRow`], sealed |
//! | `W` | token 8, first record number u32 BE | record numbers, ascending, as differences; checked |
//! | `D` | which date u8, days u32 BE, record number u32 BE | empty, checked |
//! | `K` | known-file token 16, record number u32 BE | empty, checked |
//! | `G` | registration token 16, record number u32 BE | empty, checked |
//! | `A` | entry index u64 BE | [`ActRow`], checked |
//! | `P` | actor 8 | [`ActorRow`], sealed |
//! | `U` | token of the account name 16 | actor 8, checked |
//! | `Y` | token of the agency code 16 | subtree u32, checked |
//! | `C` | token of the agency code 16 | the code, sealed |
//! | `T` | [`Adopted`] u8, entry index u64 BE of the adoption | empty, checked |
//! | `X` | SHA-256 of a CA certificate or CRL | [`MaterialRow`], checked |
//! | `Q` | id 16 of a waiting submission | [`WaitingRow`], checked |
//! | `V` | registration token 16, id 16 of a waiting submission | empty, checked |
//! | `O` | entry index u64 BE of an acceptance or refusal whose answer no officer has signed | empty, checked |
//! | `E` | token of what was sent and refused 16 | entry index u64 of the refusal that has the notice, checked |
//! | `F` | id 16 of a file | [`FileRow`](super::filing::FileRow), sealed |
//! | `v` | token of agency, index and year 16, volume u16 BE, id 16 of the file | empty, checked |
//! | `J` | id 16 of a file, record number u32 BE | id 16 of the record, checked: it is in the file |
//! | `H` | id 16 of a hold | [`HoldRow`](super::filing::HoldRow), checked |
//! | `B` | id 16 of a record or file, id 16 of a hold that keeps it | empty, checked |
//! | `N` | id 16 of a plan of destruction | [`PlanRow`](super::filing::PlanRow), checked |
//! | `Z` | id 16 of a record or file that was destroyed | id 16 of the plan, and the entry, checked |
//! | `S` | id 16 of a file that was destroyed | [`TombRow`](super::filing::TombRow), sealed |
//! | `f` | id 16 of a fonds | [`FondsRow`](super::fonds::FondsRow), sealed |
//! | `i` | id 16 of an inventory | [`InventoryRow`](super::fonds::InventoryRow), sealed |
//! | `u` | id 16 of an inventory, number of the file in it u32 BE | [`UnitRow`](super::fonds::UnitRow), sealed |
//! | `p` | record number u32 BE | empty, checked: the record has papers |
//! | `c` | id 16 of a presence check | [`CheckRow`](super::inspection::CheckRow), checked |
//! | `m` | id 16 of a record in search | entry index u64 of the mark, checked |
//! | `q` | id 16 of an inquiry | [`InquiryRow`](super::inquiry::InquiryRow), checked |
//! | `k` | entry index u64 BE of a certified paper copy | id 16 of the record, checked |
//! | `t` | id 16 of a transfer | [`TransferRow`](super::transfer::TransferRow), checked |
//! | `a` | id 16 of an accession | [`AccessionRow`](super::transfer::AccessionRow), checked |
//! | `r` | id 16 of a record that another archive keeps | [`ReleasedRow`](super::released::ReleasedRow), sealed |
//! | `w` | token 8 of a word of its number or agency, its id 16 | empty, checked |
//! | `d` | days u32 BE of its date, its id 16 | empty, checked |
//! | `L` | actor 8, record id 16; under an inquiry also its id 16 | time of the actor's last reading entry, checked |

use super::filing;
use super::fonds::PaperRow;
use super::seal::{IndexKeys, WideToken};
use crate::model::amendment::Amendment;
use crate::model::digest::Sha256;
use crate::model::fold;
use crate::model::id::{ActId, ActorId, ObjectId, RecordId};
use crate::model::path::{self, RECEIPT_PATH, RECEIPT_SIGNATURE_PATH};
use crate::model::record::{CardField, Component, Manifest};
use crate::model::submission::{AccessCategory, Direction, Kind, Profile, Role};
use crate::model::validation::SignatureVerdict;
use crate::store::format::FrameLoc;
use crate::store::segment::StoreEnd;
use crate::tlog::heads::ChainHead;
use crate::tlog::leaf::Chain;
use crate::vault::KeySlot;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;

/// Version of the rows: another one means rebuild.
pub const ROWS_VERSION: u32 = 13;

/// State of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Meta {
    /// [`ROWS_VERSION`].
    pub version: u32,
    /// Generation of the index key.
    pub generation: u32,
    /// The watermark: entries of the journal that are in the index.
    pub size: u64,
    /// Root of the journal at the watermark.
    pub root: [u8; 32],
    /// Records numbered so far.
    pub records: u32,
    /// Entries whose manifest or act document could not be read.
    pub damaged: u32,
    /// Frames before this place belong to acts below the watermark, or to none.
    pub scan_from: (u32, u64),
    /// Holds traces of a record whose key was erased: the next open writes a new generation under a new key.
    pub stale: bool,
}

impl Meta {
    /// The state of an empty index.
    pub fn empty(generation: u32) -> Self {
        let root = crate::tlog::tree::empty_root().0;
        Self {
            version: ROWS_VERSION,
            generation,
            size: 0,
            root,
            records: 0,
            damaged: 0,
            scan_from: (0, 0),
            stale: false,
        }
    }

    /// Where a catch-up scan of the store begins.
    pub fn scan_from(&self) -> StoreEnd {
        StoreEnd { segment: self.scan_from.0, len: self.scan_from.1 }
    }
}

/// Where one object lies.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct StoredObject {
    /// Its id.
    pub object: [u8; 24],
    /// Plaintext length.
    pub plain_len: u64,
    /// Its frames, in order.
    pub frames: Vec<FrameLoc>,
}

impl StoredObject {
    /// Its id.
    pub fn id(&self) -> ObjectId {
        ObjectId(self.object)
    }
}

/// What is known of a record or register by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct IdRow {
    /// Number of the record; none for a register.
    pub number: Option<u32>,
    /// Place of its key.
    pub key: KeySlot,
    /// Its newest custody entry.
    pub custody: u64,
    /// How many custody entries it has.
    pub custody_count: u32,
    /// Its newest reading entry.
    pub reading: Option<u64>,
    /// How many reading entries it has.
    pub reading_count: u32,
    /// The file that the record is in, beside its own row: whoever asks for many needs not open those.
    pub filed: Option<[u8; 16]>,
}

impl IdRow {
    /// The head of one of its chains.
    pub fn head(&self, chain: Chain) -> ChainHead {
        match chain {
            Chain::Custody => ChainHead { count: self.custody_count.into(), newest: Some(self.custody) },
            Chain::Reading => ChainHead { count: self.reading_count.into(), newest: self.reading },
        }
    }
}

/// An entry with objects of its own that is not the acceptance of a record.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ActRow {
    /// Owner of the act document.
    pub owner: [u8; 16],
    /// The act document.
    pub document: StoredObject,
    /// The files that came with it, in the order of its list.
    pub files: Vec<StoredObject>,
}

/// A submission that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct WaitingRow {
    /// The entry by which it began to wait.
    pub entry: u64,
    /// The token of its registration.
    pub registration: WideToken,
}

/// What the archive adopts, edition after edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// Classifiers (N 430 cl. 9).
    Classifier = 0,
    /// Validation policies.
    Policy = 1,
    /// Registers of signers.
    Authority = 2,
    /// Keys that the archive signs its answers with.
    AnswerKey = 3,
    /// Calendars of working days.
    Calendar = 4,
    /// Profiles for imports.
    ImportProfile = 5,
    /// Imports: where they began and ended.
    Import = 6,
    /// Nomenclatures of files.
    Nomenclature = 7,
    /// Editions of lists of retention periods.
    Rules = 8,
    /// Editions of forms.
    Form = 9,
    /// Time-stamps of the journal, which outsiders gave.
    Evidence = 10,
    /// Entries that map the heads of all chains; they adopt nothing, and are asked for in the same way.
    Heads = 11,
    /// Renewals of time-stamps.
    Renewal = 12,
    /// Policies of witnesses.
    Witnesses = 13,
    /// Entries by which the log went on under a new name and key.
    Succession = 14,
    /// Statements of officers about the holds that were placed in entries that were lost.
    HoldsConfirmed = 15,
    /// Accounts, tokens, bound certificates and permits of the reading room.
    Account = 16,
    /// Other archives, as officers signed who they are.
    Party = 17,
}

/// Material for the validation of signatures that records share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct MaterialRow {
    /// The entry that brought it.
    pub entry: u64,
    /// 0 a CA certificate, 1 a CRL, 2 a delta CRL.
    pub kind: u8,
    /// SHA-256 of the issuer's name: of several CRLs of one issuer the newest are loaded.
    pub issuer: [u8; 32],
    /// When a CRL was made, in seconds; of a certificate its first second.
    pub made: i64,
}

/// An actor's account.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ActorRow {
    /// Name of the account.
    pub name: String,
}

/// One component of a record.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ComponentRow {
    /// Path inside the submission.
    pub path: String,
    /// Position in [`Role::ALL`].
    pub role: u8,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Where it is stored.
    pub stored: StoredObject,
    /// Which part of the record brought it: 0 is the acceptance, n the nth amendment.
    pub part: u32,
    /// The content that an attached CMS carries.
    pub content: Option<ContentRow>,
}

/// The document inside an attached CMS.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ContentRow {
    /// The name it is given out under.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

impl ComponentRow {
    fn new(component: &Component, frames: Vec<FrameLoc>, part: u32) -> Self {
        let content = component.content.as_ref();
        Self {
            path: component.path.clone(),
            role: position(Role::ALL, &component.role),
            sha256: component.digests.sha256.0,
            stored: StoredObject { object: component.object.0, plain_len: component.size, frames },
            part,
            content: content.map(|c| ContentRow { path: c.path.clone(), size: c.size, sha256: c.sha256.0 }),
        }
    }

    /// Its part in the record.
    pub fn role(&self) -> Role {
        Role::ALL[usize::from(self.role)]
    }
}

/// A later part of a record.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct PartRow {
    /// The act that added it.
    pub act: [u8; 16],
    /// Its entry.
    pub entry: u64,
    /// The amendment.
    pub amendment: StoredObject,
}

/// Fields of a card: positions in [`CardField::ALL`] with values.
pub type CardRow = Vec<(u8, String)>;

/// What an amendment changes in its record's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendmentRow {
    /// The part itself.
    pub part: PartRow,
    /// The new card.
    pub card: Option<CardRow>,
    /// The components it brings; their part number is given when it is applied.
    pub components: Vec<ComponentRow>,
    /// Codes of findings.
    pub flags: BTreeSet<String>,
}

impl AmendmentRow {
    /// The row of an amendment. `locate` gives the frames of an object.
    pub fn new(
        amendment: &Amendment,
        act: ActId,
        entry: u64,
        stored: StoredObject,
        mut locate: impl FnMut(&Component) -> Option<Vec<FrameLoc>>,
    ) -> Option<Self> {
        let component = |c: &Component| Some(ComponentRow::new(c, locate(c)?, 0));
        let again = amendment.formats.iter().flat_map(|(_, format)| &format.findings);
        Some(Self {
            part: PartRow { act: act.0, entry, amendment: stored },
            card: amendment.card.as_ref().map(|card| card_row(card)),
            components: amendment.components.iter().map(component).collect::<Option<_>>()?,
            flags: component_flags(&amendment.components)
                .chain(again.map(|f| f.code.to_string()))
                .chain(amendment.flags.iter().map(|f| f.code.to_string()))
                .collect(),
        })
    }
}

fn created(manifest: &Manifest) -> Option<NaiveDate> {
    let on_card = || manifest.card.iter().find(|(field, _)| *field == CardField::DocumentDate)?.1.parse().ok();
    manifest.validation.as_ref().map(|validation| validation.created_on).or_else(on_card)
}

fn card_row(card: &[(CardField, String)]) -> CardRow {
    card.iter().map(|(f, v)| (position(CardField::ALL, f), v.clone())).collect()
}

/// Codes of what identification found in components and in the content they carry.
fn component_flags(components: &[Component]) -> impl Iterator<Item = String> {
    let formats = components.iter().flat_map(|c| c.format.iter().chain(c.content.as_ref().map(|inner| &inner.format)));
    formats.flat_map(|format| &format.findings).map(|finding| finding.code.to_string())
}

/// Where an imported record came from.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ImportedRow {
    /// The act that began the import.
    pub act: [u8; 16],
    /// Date of the original receipt, ISO 8601.
    pub receipt_date: Option<String>,
    /// Its number.
    pub receipt_number: Option<String>,
}

/// A record as search and reading need it.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct RecordRow {
    /// Its id.
    pub record: [u8; 16],
    /// The act of acceptance.
    pub act: [u8; 16],
    /// The entry of acceptance.
    pub entry: u64,
    /// When it was accepted.
    pub accepted: u64,
    /// Code of the agency.
    pub agency: String,
    /// Position in [`Kind::ALL`].
    pub kind: u8,
    /// Position in [`Direction::ALL`].
    pub direction: u8,
    /// Position in [`Profile::ALL`].
    pub profile: u8,
    /// Position in [`AccessCategory::ALL`].
    pub access: u8,
    /// Index in the nomenclature.
    pub nomenclature_index: String,
    /// The file.
    pub file: Option<String>,
    /// The newest card.
    pub card: CardRow,
    /// Its earlier versions, oldest first.
    pub earlier_cards: Vec<CardRow>,
    /// The components of all parts.
    pub components: Vec<ComponentRow>,
    /// The manifest.
    pub manifest: StoredObject,
    /// What was added later, oldest first.
    pub parts: Vec<PartRow>,
    /// Codes of flags.
    pub flags: BTreeSet<String>,
    /// What the signatures were worth at receipt: position in [`SignatureVerdict::ALL`].
    pub verdict: Option<u8>,
    /// Where it came from, when it was imported.
    pub imported: Option<ImportedRow>,
    /// Its date of creation: of its signature, else of its card (N 430 cl. 42).
    pub created: Option<filing::Day>,
    /// The file (іс) that it was put into.
    pub filed: Option<[u8; 16]>,
    /// Its number in that file.
    pub number_in_file: Option<u32>,
    /// Its originals and copies on paper, in the order of their numbers.
    pub papers: Vec<PaperRow>,
}

pub(super) fn position<T: PartialEq>(all: &[T], value: &T) -> u8 {
    let at = all.iter().position(|v| v == value).expect("every value is in the list of all");
    u8::try_from(at).expect("the lists are short")
}

impl RecordRow {
    /// The row of an accepted record. `locate` gives the frames of an object.
    pub fn new(
        manifest: &Manifest,
        act: ActId,
        entry: u64,
        accepted: u64,
        stored_manifest: StoredObject,
        mut locate: impl FnMut(&Component) -> Option<Vec<FrameLoc>>,
    ) -> Option<Self> {
        let component = |c: &Component| Some(ComponentRow::new(c, locate(c)?, 0));
        let flags = manifest.flags.iter().map(|f| f.code.to_string());
        Some(Self {
            record: manifest.record.0,
            act: act.0,
            entry,
            accepted,
            agency: manifest.agency.clone(),
            kind: position(Kind::ALL, &manifest.kind),
            direction: position(Direction::ALL, &manifest.direction),
            profile: position(Profile::ALL, &manifest.profile),
            access: position(AccessCategory::ALL, &manifest.access_category),
            nomenclature_index: manifest.nomenclature_index.clone(),
            file: manifest.file.clone(),
            card: card_row(&manifest.card),
            earlier_cards: Vec::new(),
            components: manifest.components.iter().map(component).collect::<Option<_>>()?,
            manifest: stored_manifest,
            parts: Vec::new(),
            flags: component_flags(&manifest.components).chain(flags).collect(),
            verdict: manifest.validation.as_ref().map(|v| position(SignatureVerdict::ALL, &v.verdict)),
            imported: manifest.imported.as_ref().map(|i| ImportedRow {
                act: i.act.0,
                receipt_date: i.receipt_date.map(|date| date.to_string()),
                receipt_number: i.receipt_number.clone(),
            }),
            created: created(manifest).map(filing::day),
            filed: None,
            number_in_file: None,
            papers: Vec::new(),
        })
    }

    /// Adds a later part.
    pub fn amend(&mut self, amendment: &AmendmentRow) {
        self.parts.push(amendment.part.clone());
        let part = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        self.components.extend(amendment.components.iter().map(|c| ComponentRow { part, ..c.clone() }));
        if let Some(card) = &amendment.card {
            self.earlier_cards.push(std::mem::replace(&mut self.card, card.clone()));
        }
        self.flags.extend(amendment.flags.iter().cloned());
    }

    /// Whether a receipt was prepared that no officer has signed yet.
    pub fn awaits_receipt(&self) -> bool {
        let issued = |path: &str| self.components.iter().any(|c| c.role() == Role::Issued && c.path == path);
        issued(RECEIPT_PATH) && !issued(RECEIPT_SIGNATURE_PATH)
    }

    /// Its id.
    pub fn id(&self) -> RecordId {
        RecordId(self.record)
    }

    /// A field of the newest card.
    pub fn card_field(&self, wanted: CardField) -> Option<&str> {
        let at = position(CardField::ALL, &wanted);
        self.card.iter().find(|(field, _)| *field == at).map(|(_, value)| value.as_str())
    }

    /// The card and its earlier versions.
    fn cards(&self) -> impl Iterator<Item = &CardRow> {
        self.earlier_cards.iter().chain([&self.card])
    }

    /// A field in every version of the card: search finds newest and old values.
    pub fn card_field_ever(&self, wanted: CardField) -> impl Iterator<Item = &str> {
        let at = position(CardField::ALL, &wanted);
        let field = move |card: &'_ CardRow| card.iter().position(|(field, _)| *field == at);
        self.cards().filter_map(move |card| field(card).map(|i| card[i].1.as_str()))
    }

    /// Which way the document went.
    pub fn direction(&self) -> Direction {
        Direction::ALL[usize::from(self.direction)]
    }

    /// Whether it is an original.
    pub fn kind(&self) -> Kind {
        Kind::ALL[usize::from(self.kind)]
    }

    /// Who may see it.
    pub fn access(&self) -> AccessCategory {
        AccessCategory::ALL[usize::from(self.access)]
    }

    /// What the signatures were worth at receipt; none when they were not validated.
    pub fn verdict(&self) -> Option<SignatureVerdict> {
        self.verdict.map(|at| SignatureVerdict::ALL[usize::from(at)])
    }

    /// The number of the original receipt of an imported record.
    pub fn receipt_number(&self) -> Option<&str> {
        self.imported.as_ref()?.receipt_number.as_deref()
    }

    /// The content a submission is compared by: roles and digests of what the Producer sent, sorted.
    pub fn content(&self) -> Vec<(u8, Sha256)> {
        let accepted = self.components.iter().filter(|c| c.part == 0 && !path::is_own(&c.path));
        let mut content: Vec<_> = accepted.map(|c| (c.role, Sha256(c.sha256))).collect();
        content.sort_unstable();
        content
    }

    /// The words a free search looks at, folded.
    pub fn words(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for (field, value) in self.cards().flatten() {
            if is_text(CardField::ALL[usize::from(*field)]) {
                words.extend(fold::words(value));
            }
        }
        let own = [Some(self.agency.as_str()), Some(&self.nomenclature_index), self.file.as_deref()];
        for value in own.into_iter().chain([self.receipt_number()]).flatten() {
            words.extend(fold::words(value));
        }
        words
    }
}

/// Fields that a free search looks at. Numbers of sheets and the like are found by their field name only.
pub fn is_text(field: CardField) -> bool {
    !matches!(
        field,
        CardField::SheetsDocument | CardField::SheetsAttachments | CardField::PaperMark | CardField::Signatures
    )
}

/// Spaces that keep tokens of different kinds apart.
pub mod space {
    /// A whole word.
    pub const WORD: u8 = 1;
    /// The first three letters of a word of four or more.
    pub const PREFIX_3: u8 = 2;
    /// The first five letters of a word of six or more.
    pub const PREFIX_5: u8 = 3;
    /// A word of a field that only that field finds.
    pub const FIELD: u8 = 4;
    /// A component's bytes.
    pub const FILE: u8 = 5;
    /// A registration: agency, number, date.
    pub const REGISTRATION: u8 = 6;
    /// An account.
    pub const ACCOUNT: u8 = 7;
    /// An agency.
    pub const AGENCY: u8 = 8;
    /// What was sent and why it was refused.
    pub const REFUSED: u8 = 9;
    /// The volumes under an index in a year: agency, index, year.
    pub const VOLUMES: u8 = 10;
}

/// Which date a `D` row is of.
pub mod date {
    /// Of the document.
    pub const DOCUMENT: u8 = 1;
    /// Of acceptance.
    pub const ACCEPTED: u8 = 2;
}

/// The first `n` letters of a word that has more.
pub fn prefix(word: &str, n: usize) -> Option<&str> {
    word.char_indices().nth(n).map(|(at, _)| &word[..at])
}

/// All tokens under which a record is found by words.
pub fn tokens(keys: &IndexKeys, row: &RecordRow) -> BTreeSet<[u8; 8]> {
    let mut tokens = BTreeSet::new();
    for word in row.words() {
        tokens.insert(keys.token(space::WORD, &word));
        if let Some(p) = prefix(&word, 3) {
            tokens.insert(keys.token(space::PREFIX_3, p));
        }
        if let Some(p) = prefix(&word, 5) {
            tokens.insert(keys.token(space::PREFIX_5, p));
        }
    }
    for (field, value) in field_values(row) {
        tokens.insert(keys.token(space::FIELD, &format!("{field}={value}")));
    }
    tokens
}

/// Values that only their own field finds, exactly.
pub fn field_values(row: &RecordRow) -> Vec<(&'static str, String)> {
    let mut values = vec![
        ("kind", row.kind().as_str().to_owned()),
        ("direction", row.direction().as_str().to_owned()),
        ("access", row.access().as_str().to_owned()),
        ("profile", Profile::ALL[usize::from(row.profile)].as_str().to_owned()),
    ];
    values.extend(row.flags.iter().map(|code| ("flag", code.to_ascii_lowercase())));
    values.extend(row.verdict().map(|verdict| ("signatures", verdict.as_str().to_owned())));
    if let Some(imported) = &row.imported {
        values.push(("import", ActId(imported.act).to_string()));
        values.extend(imported.receipt_date.clone().map(|date| ("receipt_date", date)));
    }
    for field in CardField::ALL.iter().filter(|f| !is_text(**f)) {
        values.extend(row.card_field_ever(*field).map(|v| (field.as_str(), fold::exact(v))));
    }
    values
}

/// The known-file token: whether this file is in the archive can be asked only with the index key, per agency.
pub fn file_token(keys: &IndexKeys, agency: &str, sha256: &Sha256) -> WideToken {
    keys.wide(space::FILE, &[agency.as_bytes(), &sha256.0])
}

/// The token of a registration.
pub fn registration_token(keys: &IndexKeys, agency: &str, number: &str, date: &str) -> WideToken {
    keys.wide(space::REGISTRATION, &[agency.as_bytes(), fold::number(number).as_bytes(), date.as_bytes()])
}

/// The token of the volumes under an index in a year.
pub fn volumes_token(keys: &IndexKeys, agency: &str, index: &str, year: u16) -> WideToken {
    keys.wide(space::VOLUMES, &[agency.as_bytes(), index.as_bytes(), &year.to_be_bytes()])
}

/// Days as an unsigned number that sorts, from the proleptic Gregorian day count.
pub fn days(date: NaiveDate) -> u32 {
    // The day number of year 1 is 1; no calendar date of chrono is below i32's range.
    u32::try_from(i64::from(date.num_days_from_ce()) + (1 << 31)).unwrap_or(0)
}

/// Makes the key of a row from its parts.
pub fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|p| p.len()).sum::<usize>());
    key.push(kind);
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// The key of a record's row.
pub fn record_key(number: u32) -> Vec<u8> {
    key(b'R', &[&number.to_be_bytes()])
}

/// The key of a file's row.
pub fn file_key(file: RecordId) -> Vec<u8> {
    key(b'F', &[&file.0])
}

/// The key of the row by which the volume that a file is, is found.
pub fn volume_key(keys: &IndexKeys, file: RecordId, row: &filing::FileRow) -> Vec<u8> {
    let token = volumes_token(keys, &row.agency, &row.index, row.year);
    key(b'v', &[&token, &row.volume.to_be_bytes(), &file.0])
}

/// The key of a hold's row.
pub fn hold_key(hold: RecordId) -> Vec<u8> {
    key(b'H', &[&hold.0])
}

/// The key of a fonds' row.
pub fn fonds_key(fonds: RecordId) -> Vec<u8> {
    key(b'f', &[&fonds.0])
}

/// The key of an inventory's row.
pub fn inventory_key(inventory: RecordId) -> Vec<u8> {
    key(b'i', &[&inventory.0])
}

/// The key of the row of a file in an inventory.
pub fn unit_key(inventory: RecordId, number: u32) -> Vec<u8> {
    key(b'u', &[&inventory.0, &number.to_be_bytes()])
}

/// The key of the row that says that a record has papers.
pub fn papers_key(number: u32) -> Vec<u8> {
    key(b'p', &[&number.to_be_bytes()])
}

/// The key of a plan's row.
pub fn plan_key(plan: RecordId) -> Vec<u8> {
    key(b'N', &[&plan.0])
}

/// The key of the row that says by what a record or file was destroyed.
pub fn destroyed_key(id: RecordId) -> Vec<u8> {
    key(b'Z', &[&id.0])
}

/// The key of what is left of a file that was destroyed.
pub fn tomb_key(file: RecordId) -> Vec<u8> {
    key(b'S', &[&file.0])
}

/// The key of a presence check's row.
pub fn check_key(check: RecordId) -> Vec<u8> {
    key(b'c', &[&check.0])
}

/// The key of the mark of a record in search.
pub fn missing_key(record: RecordId) -> Vec<u8> {
    key(b'm', &[&record.0])
}

/// The key of an inquiry's row.
pub fn inquiry_key(inquiry: RecordId) -> Vec<u8> {
    key(b'q', &[&inquiry.0])
}

/// The first byte of the rows of transfers.
pub const TRANSFER: u8 = b't';

/// The key of a transfer's row.
pub fn transfer_key(transfer: RecordId) -> Vec<u8> {
    key(TRANSFER, &[&transfer.0])
}

/// First byte of accessions.
pub const ACCESSION: u8 = b'a';

/// Key of an accession.
pub fn accession_key(accession: RecordId) -> Vec<u8> {
    key(ACCESSION, &[&accession.0])
}

/// First byte of the words by which a record that another archive keeps is found.
pub const RELEASED_WORD: u8 = b'w';
/// First byte of the days by which it is found.
pub const RELEASED_DAY: u8 = b'd';

/// The key of a record that another archive keeps.
pub fn released_key(record: RecordId) -> Vec<u8> {
    key(b'r', &[&record.0])
}

/// The key of a certified paper copy.
pub fn copy_key(entry: u64) -> Vec<u8> {
    key(b'k', &[&entry.to_be_bytes()])
}

/// The key of an id's row.
pub fn id_key(record: RecordId) -> Vec<u8> {
    key(b'I', &[&record.0])
}

/// The key of an actor's row.
pub fn actor_key(actor: ActorId) -> Vec<u8> {
    key(b'P', &[&actor.0])
}

/// The key of an actor's last reading of a record, under an inquiry or under none.
pub fn reading_key(actor: ActorId, record: RecordId, inquiry: Option<RecordId>) -> Vec<u8> {
    let inquiry = inquiry.as_ref().map_or(&[][..], |inquiry| &inquiry.0);
    key(b'L', &[&actor.0, &record.0, inquiry])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_sort_as_dates() {
        let d = |s: &str| days(s.parse().unwrap());
        assert!(d("0001-01-01") < d("1899-12-31") && d("1899-12-31") < d("2026-02-28"));
        assert_eq!(d("2024-03-01") - d("2024-02-28"), 2);
    }

    #[test]
    fn a_prefix_is_shorter_than_its_word() {
        assert_eq!(prefix("құжат", 3), Some("құж"));
        assert_eq!(prefix("құж", 3), None);
    }
}
