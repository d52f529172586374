//! Another archive that records are handed over to, or taken over from, as this one knows it.
//!
//! A [`Party`] is one TOML file of `schema/party/1` for one agency of this archive: who the other archive is, by which
//! keys it proves and answers, and after how many years files go there. Keys come by hand, from people to people:
//! nothing that is sent can bring one.
//!
//! It reads no file and no clock.

use super::digest::{Sha256, sha256};
use super::document::{self, required_date, section, title};
use super::id::ArchiveId;
use super::profile::Title;
use super::strict::{Fields, malformed, words};
use crate::error::{ErrorCode, Refusal};
use crate::limits::{TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use chrono::NaiveDate;

/// The value of a party's `schema` field.
pub const PARTY_SCHEMA: &str = "muragat/party/1";
/// The file in the act that adopts it.
pub const PARTY_FILE: &str = "party.toml";
/// Bytes of one file. Own bound: a few names.
pub const PARTY_BYTES_MAX: usize = 64 * 1024;
/// Characters of a journal's key with its name. Own bound: names of hosts with a path.
const VKEY_CHARS_MAX: usize = 500;
/// Years that files are kept before they go to another archive. Own bound: a century.
const YEARS_MAX: u32 = 100;

words! {
    /// What the other archive is to the agency.
    PartyKind {
        /// The state archive, which keeps for ever what the agency hands over.
        StateArchive = "state_archive",
        /// The agency's own archive, which keeps for a time what its offices hand over.
        AgencyArchive = "agency_archive",
        /// The archive of the body that takes over from the agency.
        Successor = "successor",
        /// The one that hands over to this archive.
        Sender = "sender",
    }
}

/// Another archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its name in commands.
    pub id: String,
    /// Code of the agency of this archive that it is a party of.
    pub agency: String,
    /// What it is to that.
    pub kind: PartyKind,
    /// What people call it.
    pub title: Title,
    /// BIN of the body that keeps it.
    pub bin: String,
    /// Its id.
    pub archive: ArchiveId,
    /// Key of its journal, with the name: its proofs are under that.
    pub vkey: String,
    /// Ed25519 key by which it signs its answers.
    pub answer_key: [u8; 32],
    /// Whole years after that of their closing for which files are kept here; none: nothing goes there by term.
    pub years: Option<u32>,
    /// By which act.
    pub basis: String,
    /// Date of the file.
    pub date: NaiveDate,
    /// SHA-256 of the file.
    pub sha256: Sha256,
}

impl Party {
    /// Reads the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about every fault.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let read = document::parse(bytes, name, PARTY_BYTES_MAX, ErrorCode::TrfParty, party)?;
        Ok(Self { sha256: sha256(bytes), ..read })
    }
}

fn party(mut fields: Fields) -> Option<Party> {
    fields.schema(PARTY_SCHEMA);
    let id = checked(&mut fields, "id", "letters a to z, digits and -", |id| {
        let is_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !id.is_empty() && id.len() <= 64 && id.chars().all(is_char)
    });
    let agency = fields.plain_text("agency", TEXT_SHORT_CHARS_MAX);
    let kind = fields.word("kind", PartyKind::parse, PartyKind::KNOWN);
    let title = section(&mut fields, "title", title);
    let bin = checked(&mut fields, "bin", "12 digits", |bin| {
        bin.len() == 12 && bin.bytes().all(|byte| byte.is_ascii_digit())
    });
    let archive = checked(&mut fields, "archive", "the id of an archive", |id| id.parse::<ArchiveId>().is_ok());
    let vkey = fields.plain_text("vkey", VKEY_CHARS_MAX);
    let answer_key = checked(&mut fields, "answer_key", "64 digits of a key", |key| key_of(key).is_some());
    let years = match fields.optional("years") {
        None => Some(None),
        Some(value) => fields.read("years", value, |value, at| {
            let years = value.as_u64().and_then(|years| u32::try_from(years).ok());
            let years = years.filter(|years| *years <= YEARS_MAX);
            years.map(Some).ok_or_else(|| malformed(at, "years, up to 100", &value))
        }),
    };
    let basis = fields.plain_text("basis", TEXT_LONG_CHARS_MAX);
    let date = required_date(&mut fields, "date");
    fields.end();
    Some(Party {
        id: id?,
        agency: agency?,
        kind: kind?,
        title: title?,
        bin: bin?,
        archive: archive?.parse().ok()?,
        vkey: vkey?,
        answer_key: key_of(&answer_key?)?,
        years: years?,
        basis: basis?,
        date: date?,
        sha256: sha256(b""),
    })
}

/// A key in small hexadecimal digits.
fn key_of(text: &str) -> Option<[u8; 32]> {
    let key = hex::decode(text).ok()?.try_into().ok()?;
    (hex::encode(key) == text).then_some(key)
}

/// A text that must be there and of that form.
fn checked(fields: &mut Fields, key: &str, wanted: &str, is_good: impl Fn(&str) -> bool) -> Option<String> {
    let value = fields.required(key)?;
    fields.read(key, value, |value, at| {
        let text = value.as_str().filter(|text| is_good(text)).map(str::to_owned);
        text.ok_or_else(|| malformed(at, wanted, &value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
schema = "muragat/party/1"
id = "state-1"
agency = "ҮЛГІ-01"
kind = "state_archive"
bin = "000000000200"
archive = "00000000000000000000000000000001"
vkey = "state.example/log+12345678+AQ=="
answer_key = "0909090909090909090909090909090909090909090909090909090909090909"
years = 5
basis = "Үлгі келісім"
date = "2026-01-05"
title = { kk = "Үлгі мемлекеттік архиві", ru = "Государственный архив (пример)", en = "State archive (sample)" }
"#;

    #[test]
    fn a_party_is_read_and_every_fault_is_named() {
        let party = Party::parse(SAMPLE.as_bytes(), "p").unwrap();
        assert_eq!((party.id.as_str(), party.kind, party.years), ("state-1", PartyKind::StateArchive, Some(5)));
        for (from, to, subject) in [
            ("state-1", "State 1", "p#/id"),
            ("state_archive", "friend", "p#/kind"),
            ("000000000200", "12", "p#/bin"),
            ("years = 5", "years = 101", "p#/years"),
            ("\"0909", "\"09", "p#/answer_key"),
            ("years = 5", "year = 5", "p#/year"),
            ("basis = \"Үлгі келісім\"", "", "p#/basis"),
            ("00000000000000000000000000000001", "1", "p#/archive"),
        ] {
            let refusals = Party::parse(SAMPLE.replace(from, to).as_bytes(), "p").unwrap_err();
            let named = refusals.iter().any(|r| r.subject.starts_with(subject) && r.code == ErrorCode::TrfParty);
            assert!(named, "{from}: {refusals:?}");
        }
    }
}
