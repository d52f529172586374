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
//! | `L` | actor 8, record id 16 | time of the actor's last reading entry, checked |

use super::seal::{IndexKeys, WideToken};
use crate::model::digest::Sha256;
use crate::model::fold;
use crate::model::id::{ActId, ActorId, ObjectId, RecordId};
use crate::model::record::{CardField, Component, Manifest};
use crate::model::submission::{AccessCategory, Direction, Profile, Role};
use crate::store::format::FrameLoc;
use crate::store::segment::StoreEnd;
use crate::vault::KeySlot;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;

/// Version of the rows: another one means rebuild.
pub const ROWS_VERSION: u32 = 1;

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
}

impl Meta {
    /// The state of an empty index.
    pub fn empty(generation: u32) -> Self {
        let root = crate::tlog::tree::empty_root().0;
        Self { version: ROWS_VERSION, generation, size: 0, root, records: 0, damaged: 0, scan_from: (0, 0) }
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
}

/// An entry with objects of its own that is not the acceptance of a record.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ActRow {
    /// Owner of the act document.
    pub owner: [u8; 16],
    /// The act document.
    pub document: StoredObject,
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
    /// Positions in [`CardField::ALL`] with values.
    pub card: Vec<(u8, String)>,
    /// The components.
    pub components: Vec<ComponentRow>,
    /// The manifest.
    pub manifest: StoredObject,
}

fn position<T: PartialEq>(all: &[T], value: &T) -> u8 {
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
        let component = |c: &Component| {
            let stored = StoredObject { object: c.object.0, plain_len: c.size, frames: locate(c)? };
            Some(ComponentRow {
                path: c.path.clone(),
                role: position(Role::ALL, &c.role),
                sha256: c.digests.sha256.0,
                stored,
            })
        };
        Some(Self {
            record: manifest.record.0,
            act: act.0,
            entry,
            accepted,
            agency: manifest.agency.clone(),
            direction: position(Direction::ALL, &manifest.direction),
            profile: position(Profile::ALL, &manifest.profile),
            access: position(AccessCategory::ALL, &manifest.access_category),
            nomenclature_index: manifest.nomenclature_index.clone(),
            file: manifest.file.clone(),
            card: manifest.card.iter().map(|(f, v)| (position(CardField::ALL, f), v.clone())).collect(),
            components: manifest.components.iter().map(component).collect::<Option<_>>()?,
            manifest: stored_manifest,
        })
    }

    /// Its id.
    pub fn id(&self) -> RecordId {
        RecordId(self.record)
    }

    /// A field of the card.
    pub fn card_field(&self, wanted: CardField) -> Option<&str> {
        let at = position(CardField::ALL, &wanted);
        self.card.iter().find(|(field, _)| *field == at).map(|(_, value)| value.as_str())
    }

    /// Which way the document went.
    pub fn direction(&self) -> Direction {
        Direction::ALL[usize::from(self.direction)]
    }

    /// Who may see it.
    pub fn access(&self) -> AccessCategory {
        AccessCategory::ALL[usize::from(self.access)]
    }

    /// The content a submission is compared by: roles and digests, sorted.
    pub fn content(&self) -> Vec<(u8, Sha256)> {
        let mut content: Vec<_> = self.components.iter().map(|c| (c.role, Sha256(c.sha256))).collect();
        content.sort_unstable();
        content
    }

    /// The words a free search looks at, folded.
    pub fn words(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for (field, value) in &self.card {
            if is_text(CardField::ALL[usize::from(*field)]) {
                words.extend(fold::words(value));
            }
        }
        for value in [Some(&self.agency), Some(&self.nomenclature_index), self.file.as_ref()].into_iter().flatten() {
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
        ("direction", row.direction().as_str().to_owned()),
        ("access", row.access().as_str().to_owned()),
        ("profile", Profile::ALL[usize::from(row.profile)].as_str().to_owned()),
    ];
    for field in CardField::ALL.iter().filter(|f| !is_text(**f)) {
        values.extend(row.card_field(*field).map(|v| (field.as_str(), fold::exact(v))));
    }
    values
}

/// The known-file token: whether this file is in the archive can be asked only with the index key, per agency.
pub fn file_token(keys: &IndexKeys, agency: &str, sha256: &Sha256) -> WideToken {
    keys.wide(space::FILE, &[agency.as_bytes(), &sha256.0])
}

/// The token of a registration.
pub fn registration_token(keys: &IndexKeys, agency: &str, number: &str, date: &str) -> WideToken {
    keys.wide(space::REGISTRATION, &[agency.as_bytes(), fold::exact(number).as_bytes(), date.as_bytes()])
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

/// The key of an id's row.
pub fn id_key(record: RecordId) -> Vec<u8> {
    key(b'I', &[&record.0])
}

/// The key of an actor's row.
pub fn actor_key(actor: ActorId) -> Vec<u8> {
    key(b'P', &[&actor.0])
}

/// The key of an actor's last reading of a record.
pub fn reading_key(actor: ActorId, record: RecordId) -> Vec<u8> {
    key(b'L', &[&actor.0, &record.0])
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
