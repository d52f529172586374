//! Selecting files for a transfer: which may go, to whom, and why.
//!
//! ```text
//! reason          | state archive                      | agency's own archive | successor
//! term            | permanent, its years are over      | any listed           | -
//! early           | permanent                          | any listed           | -
//! liquidation     | permanent, personnel               | -                    | any listed
//! reorganisation  | permanent, personnel               | -                    | any listed
//! ```
//! «Listed» is a file that an expert commission approved in an inventory (N 430 cl. 6(10), 6(8)).
//!
//! Invariants
//!   - A file is in one transfer at a time, and only when it is closed and nothing of it is in search.
//!   - A hold does not keep a file from being handed over: it goes along, and keeps what is here from being let go.
//!
//! A crash leaves files selected or not; nothing of them is changed.

use super::party::{self, Held};
use crate::archive::{ActOwner, Archive, OWN_SUBTREE};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::filing::files::{self, File};
use crate::filing::{check_text, handover, inventory};
use crate::index::filing::date;
use crate::model::fonds::InventoryKind;
use crate::model::id::{ActorId, RecordId};
use crate::model::party::PartyKind;
use crate::model::strict::words;
use crate::tlog::leaf::ActKind;
use chrono::{Datelike, NaiveDate};
use serde_json::Map;
use std::collections::BTreeSet;

/// Files of one transfer. Own bound: a person approves their list.
pub const FILES_MAX: usize = 5_000;
/// Records of one transfer. Own bound: they are one package.
pub const RECORDS_MAX: u64 = 100_000;

words! {
    /// Why files are handed over.
    Reason {
        /// The years are over that they are kept here.
        Term = "term",
        /// Before that, as both archives agreed.
        Early = "early",
        /// The agency ends.
        Liquidation = "liquidation",
        /// The agency becomes another one, or a part of one.
        Reorganisation = "reorganisation",
    }
}

/// What is to be handed over.
#[derive(Debug, Clone)]
pub struct Selection<'a> {
    /// Name of the party that takes it.
    pub to: &'a str,
    /// Why.
    pub reason: Reason,
    /// By which order or agreement.
    pub basis: &'a str,
    /// The files.
    pub files: &'a [RecordId],
}

/// Selects files. Gives the id of the transfer and the entry.
pub fn select(archive: &Archive, selection: &Selection<'_>, actor: ActorId) -> Result<(RecordId, u64), Error> {
    check_text("basis", selection.basis)?;
    let files: BTreeSet<RecordId> = selection.files.iter().copied().collect();
    if files.is_empty() || files.len() > FILES_MAX {
        let what = format!("{} files, wanted 1 to {FILES_MAX}", files.len());
        return Err(Error::new(ErrorCode::TrfFile, "files", what));
    }
    // Of two that select one file, the second finds the first.
    let _turn = archive.turn("transfer", "select");
    let party = party::find(archive, selection.to)?;
    let today = civil_date(archive.now());
    let taken = handover::under_way(archive)?;
    let mut records = 0;
    for id in &files {
        if let Some(transfer) = taken.get(id) {
            return Err(Error::new(ErrorCode::TrfTaken, id.to_string(), format!("it is in transfer {transfer}")));
        }
        let file = files::find(archive, *id)?;
        check(archive, &file, &party, selection.reason, today)?;
        records += u64::from(file.row.documents);
    }
    if records > RECORDS_MAX {
        return Err(Error::new(ErrorCode::TrfFile, "files", format!("{records} records, at most {RECORDS_MAX}")));
    }
    let mut fields = Map::new();
    fields.insert("agency".into(), party.party.agency.clone().into());
    fields.insert("party".into(), party.party.id.clone().into());
    // The party as it was known: a later file of the same id does not change to whom this goes.
    fields.insert("party_entry".into(), party.entry.into());
    fields.insert("reason".into(), selection.reason.as_str().into());
    fields.insert("basis".into(), selection.basis.into());
    fields.insert("selected".into(), files.iter().map(RecordId::to_string).collect());
    let id = RecordId(crate::random::bytes());
    let owner = ActOwner::New(id, OWN_SUBTREE);
    let entry = archive.commit_files(ActKind::TransferSelected, actor, owner, fields, Vec::new())?;
    Ok((id, entry))
}

/// Whether a file may go to a party for that reason.
pub(super) fn check(
    archive: &Archive,
    file: &File,
    party: &Held,
    reason: Reason,
    today: NaiveDate,
) -> Result<(), Error> {
    let refused = |what: String| Err(Error::new(ErrorCode::TrfFile, file.id.to_string(), what));
    let party = &party.party;
    if file.row.agency != party.agency {
        return refused(format!("it is not of {}", party.agency));
    }
    let Some(closed) = file.row.state().closed.and_then(date) else { return refused("it is open".to_owned()) };
    let Some(listed) = &file.row.listed else { return refused("it stands in no inventory".to_owned()) };
    let held = inventory::find(archive, listed.fonds, listed.number)?;
    if held.row.approved_until().is_none_or(|until| closed.year() > i32::from(until)) {
        let (fonds, number) = (listed.fonds, listed.number);
        return refused(format!("inventory {fonds}/{number} is not approved for {}", closed.year()));
    }
    if !may_go(party.kind, reason, held.row.kind()) {
        let (kind, reason) = (held.row.kind(), reason.as_str());
        return refused(format!("of inventory {kind}: by reason {reason} it does not go to {}", party.kind.as_str()));
    }
    if reason == Reason::Term {
        let Some(years) = party.years else { return refused(format!("party {} names no years", party.id)) };
        // Whole years after that of the closing: until their last day the file is kept here.
        let first = closed.year().saturating_add_unsigned(years).saturating_add(1);
        if today.year() < first {
            return refused(format!("closed {closed}, kept here until the end of {}", first - 1));
        }
    }
    let records = archive.index().filed(file.id)?;
    if records.len() != file.row.documents as usize {
        return refused(format!("{} of {} records are there", records.len(), file.row.documents));
    }
    for number in records {
        let Some(record) = archive.index().record(number)? else {
            return refused("a record of it is not there".to_owned());
        };
        if archive.index().missing_since(record.id())?.is_some() {
            return refused(format!("record {} is in search", record.id()));
        }
    }
    Ok(())
}

fn may_go(to: PartyKind, reason: Reason, kind: InventoryKind) -> bool {
    let is_end = matches!(reason, Reason::Liquidation | Reason::Reorganisation);
    match to {
        PartyKind::StateArchive if is_end => kind != InventoryKind::LongTerm,
        PartyKind::StateArchive => kind == InventoryKind::Permanent,
        PartyKind::AgencyArchive => !is_end,
        PartyKind::Successor => is_end,
        PartyKind::Sender => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_where_is_the_table_of_the_head() {
        let kinds = |to, reason| InventoryKind::ALL.iter().filter(|kind| may_go(to, reason, **kind)).count();
        for (reason, state, own, successor) in [
            (Reason::Term, 1, 3, 0),
            (Reason::Early, 1, 3, 0),
            (Reason::Liquidation, 2, 0, 3),
            (Reason::Reorganisation, 2, 0, 3),
        ] {
            assert_eq!(kinds(PartyKind::StateArchive, reason), state, "{reason:?}");
            assert_eq!(kinds(PartyKind::AgencyArchive, reason), own, "{reason:?}");
            assert_eq!(kinds(PartyKind::Successor, reason), successor, "{reason:?}");
            assert_eq!(kinds(PartyKind::Sender, reason), 0, "{reason:?}");
        }
        assert!(may_go(PartyKind::StateArchive, Reason::Term, InventoryKind::Permanent));
        assert!(!may_go(PartyKind::StateArchive, Reason::Liquidation, InventoryKind::LongTerm));
    }
}
