//! What a package brings along of the sender's journal, held against it by [`custody`].
//!
//! The key is that of the party that was adopted by hand ([`Held`]); a package brings none. It must be of that party's
//! archive, and for this one.
//!
//! It writes nothing.

use super::package::Package;
use crate::error::{Error, ErrorCode};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::transfer::custody::{self, Journal, Part, Parts, Wanted};
use crate::transfer::layout;
use crate::transfer::party::Held;
use serde_json::Value;

fn not_sender(subject: &str, what: impl Into<String>) -> Error {
    Error::new(ErrorCode::TrfNotSender, shown(subject), what)
}

/// Reads the journal by the key of the party.
///
/// # Errors
///
/// It is another archive's, for another archive, or not signed by that key.
pub fn journal(package: &Package<'_>, sender: &Value, party: &Held, own: &str) -> Result<Journal, Error> {
    let text = |key: &str| sender.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("schema") != layout::SENDER_SCHEMA {
        return Err(not_sender(layout::SENDER, "of another form"));
    }
    if text("archive") != party.party.archive.to_string() {
        return Err(not_sender(layout::SENDER, format!("it is of archive {}", shown(text("archive")))));
    }
    let to = package.inventory.pointer("/to/archive").and_then(Value::as_str);
    if let Some(other) = to.filter(|to| *to != own) {
        return Err(not_sender(layout::INVENTORY, format!("it is for archive {}", shown(other))));
    }
    let (note, entries) = (package.bytes(layout::CHECKPOINT)?, package.bytes(layout::JOURNAL)?);
    let mapped = sender.get("heads").and_then(Value::as_u64);
    custody::journal(&party.vkey, &note, &entries, mapped).map_err(|(file, what)| not_sender(file, what))
}

impl Parts for Package<'_> {
    fn bytes(&self, record: RecordId, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = format!("{}{path}", self.folder(record));
        self.source.find(&path).map(|_| self.read(&path)).transpose()
    }

    fn component(&self, record: RecordId, wanted: Wanted<'_>) -> Result<Part, String> {
        let file = format!("{}{}", self.folder(record), layout::component(wanted.number, wanted.path));
        let found = self.source.find(&file).ok_or_else(|| format!("{file} is not there"))?;
        let sha256 = self.told(&file).map_err(|e| e.to_string())?;
        let len = self.source.entries().get(found).map_or(0, |entry| entry.len);
        Ok(Part { len, sha256, sha512: self.told_512(&file), file })
    }

    fn count(&self, record: RecordId) -> usize {
        self.below(&format!("{}{}", self.folder(record), layout::DATA)).count()
    }
}
