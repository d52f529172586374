//! The rows of transfers and accessions: which acts each has.
//!
//! A row has numbers of entries, and of an accession what says that a package came before; nothing of what is handed
//! over: that is in the act documents.

use super::IndexError;
use super::kv::after;
use super::query::Reader;
use super::rows;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::model::record::ActDocument;
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
    /// The package was decided.
    pub sealed: Option<u64>,
    /// The package was written, once for each medium.
    pub sent: Vec<u64>,
    /// The other archive signed that it came.
    pub delivered: Option<u64>,
    /// It signed which records it keeps.
    pub replied: Option<u64>,
    /// Both signed the act.
    pub agreed: Option<u64>,
    /// Records were let go.
    pub released: Vec<u64>,
    /// It is over.
    pub closed: Option<u64>,
    /// It came to nothing.
    pub cancelled: Option<u64>,
}

impl TransferRow {
    /// Adds an act about the transfer.
    pub fn add(&mut self, act: ActKind, entry: u64) {
        match act {
            ActKind::TransferListed => self.listed = Some(entry),
            ActKind::TransferApproved => self.approved = Some(entry),
            ActKind::TransferSealed => self.sealed = Some(entry),
            ActKind::TransferSent => self.sent.push(entry),
            ActKind::TransferDelivered => self.delivered = Some(entry),
            ActKind::TransferReplied => self.replied = Some(entry),
            ActKind::TransferAgreed => self.agreed = Some(entry),
            ActKind::TransferReleased => self.released.push(entry),
            ActKind::TransferClosed => self.closed = Some(entry),
            ActKind::TransferCancelled => self.cancelled = Some(entry),
            _ => {}
        }
    }

    /// Whether it is still under way.
    pub fn is_open(&self) -> bool {
        self.cancelled.is_none() && self.closed.is_none()
    }
}

/// An accession: the entries of its acts.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct AccessionRow {
    /// Digest of the package: the same package twice is one accession.
    pub digest: [u8; 32],
    /// The package came.
    pub received: u64,
    /// Its records were judged.
    pub checked: Option<u64>,
    /// An officer signed which are kept.
    pub replied: Option<u64>,
    /// Both signed the act.
    pub agreed: Option<u64>,
}

impl AccessionRow {
    /// The row of an accession that came as `entry`.
    pub fn received(document: &ActDocument, entry: u64) -> Option<Self> {
        let digest: Sha256 = document.text("digest")?.parse().ok()?;
        Some(Self { digest: digest.0, received: entry, checked: None, replied: None, agreed: None })
    }

    /// Adds an act about the accession.
    pub fn add(&mut self, act: ActKind, entry: u64) {
        match act {
            ActKind::AccessionChecked => self.checked = Some(entry),
            ActKind::AccessionReplied => self.replied = Some(entry),
            ActKind::AccessionAgreed => self.agreed = Some(entry),
            _ => {}
        }
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
        self.all_of(rows::TRANSFER)
    }

    /// An accession.
    pub fn accession(&self, accession: RecordId) -> Result<Option<AccessionRow>, IndexError> {
        let key = rows::accession_key(accession);
        self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()
    }

    /// Every accession.
    pub fn accessions(&self) -> Result<Vec<(RecordId, AccessionRow)>, IndexError> {
        self.all_of(rows::ACCESSION)
    }

    fn all_of<T: bincode::Decode<()>>(&self, first: u8) -> Result<Vec<(RecordId, T)>, IndexError> {
        let mut all = Vec::new();
        self.kv.range(&rows::key(first, &[]), &after(&[first]), false, &mut |key, value| {
            let id = key.last_chunk::<16>().map(|id| RecordId(*id));
            all.extend(id.zip(Some(self.keys.read(key, value)?)));
            Ok(true)
        })?;
        Ok(all)
    }
}
