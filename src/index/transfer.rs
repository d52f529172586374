//! The rows of transfers: which acts each has.
//!
//! A row has numbers of entries and nothing of what is handed over: that is in the act documents.

use super::IndexError;
use super::kv::after;
use super::query::Reader;
use super::rows;
use crate::model::id::RecordId;
use crate::tlog::leaf::ActKind;

/// A transfer: the entries of its acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct TransferRow {
    /// Files were selected.
    pub selected: u64,
    /// The list was drawn up.
    pub listed: Option<u64>,
    /// The commission approved it.
    pub approved: Option<u64>,
    /// It came to nothing.
    pub cancelled: Option<u64>,
}

impl TransferRow {
    /// Adds an act about the transfer.
    pub fn add(&mut self, act: ActKind, entry: u64) {
        match act {
            ActKind::TransferListed => self.listed = Some(entry),
            ActKind::TransferApproved => self.approved = Some(entry),
            ActKind::TransferCancelled => self.cancelled = Some(entry),
            _ => {}
        }
    }

    /// Whether it is still under way.
    pub fn is_open(&self) -> bool {
        self.cancelled.is_none()
    }
}

impl Reader<'_> {
    /// A transfer.
    pub fn transfer(&self, transfer: RecordId) -> Result<Option<TransferRow>, IndexError> {
        let key = rows::transfer_key(transfer);
        self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()
    }

    /// Every transfer, also those that came to nothing.
    pub fn transfers(&self) -> Result<Vec<(RecordId, TransferRow)>, IndexError> {
        let mut transfers = Vec::new();
        self.kv.range(&rows::key(rows::TRANSFER, &[]), &after(&[rows::TRANSFER]), false, &mut |key, value| {
            let id = key.last_chunk::<16>().map(|id| RecordId(*id));
            transfers.extend(id.zip(Some(self.keys.read(key, value)?)));
            Ok(true)
        })?;
        Ok(transfers)
    }
}
