//! The rows of inquiries: which acts each has, and which holds keep what it found.
//!
//! A row has numbers of entries and ids of holds, and nothing of what an inquiry is about: that is in its act
//! documents, which are sealed under its own key.

use super::IndexError;
use super::kv::after;
use super::query::Reader;
use super::rows;
use crate::model::id::RecordId;
use crate::tlog::leaf::ActKind;

/// An inquiry: the entries of its acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct InquiryRow {
    /// It was opened.
    pub opened: u64,
    /// Searches that were made under it.
    pub searches: Vec<u64>,
    /// Records and files that were put under it by name.
    pub taken: Vec<u64>,
    /// Signed answers.
    pub answers: Vec<u64>,
    /// Bundles.
    pub bundles: Vec<u64>,
    /// It was closed.
    pub closed: Option<u64>,
    /// Its holds, oldest first.
    pub holds: Vec<[u8; 16]>,
}

impl InquiryRow {
    /// Adds an act about the inquiry.
    pub fn add(&mut self, act: ActKind, entry: u64) {
        match act {
            ActKind::InquirySearched => self.searches.push(entry),
            ActKind::InquiryTaken => self.taken.push(entry),
            ActKind::InquiryAnswered => self.answers.push(entry),
            ActKind::InquiryBundled => self.bundles.push(entry),
            ActKind::InquiryClosed => self.closed = Some(entry),
            _ => {}
        }
    }

    /// The newest search or taking.
    pub fn newest_work(&self) -> Option<u64> {
        self.searches.last().max(self.taken.last()).copied()
    }

    /// The answer that covers all that was searched and taken.
    pub fn answered(&self) -> Option<u64> {
        let work = self.newest_work()?;
        self.answers.last().copied().filter(|answer| *answer > work)
    }
}

impl Reader<'_> {
    /// An inquiry.
    pub fn inquiry(&self, inquiry: RecordId) -> Result<Option<InquiryRow>, IndexError> {
        let key = rows::inquiry_key(inquiry);
        self.kv.get(&key)?.map(|value| self.keys.read(&key, &value)).transpose()
    }

    /// Every inquiry, also those that were closed.
    pub fn inquiries(&self) -> Result<Vec<(RecordId, InquiryRow)>, IndexError> {
        let mut inquiries = Vec::new();
        self.kv.range(&rows::key(b'q', &[]), &after(b"q"), false, &mut |key, value| {
            let id = key.last_chunk::<16>().map(|id| RecordId(*id));
            inquiries.extend(id.zip(Some(self.keys.read(key, value)?)));
            Ok(true)
        })?;
        Ok(inquiries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_does_not_cover_what_was_searched_after_it() {
        let mut row = InquiryRow { opened: 3, ..InquiryRow::default() };
        row.add(ActKind::InquiryAnswered, 4);
        assert_eq!(row.answered(), None, "nothing was searched");
        row.add(ActKind::InquirySearched, 5);
        assert_eq!(row.answered(), None);
        row.add(ActKind::InquiryAnswered, 7);
        assert_eq!(row.answered(), Some(7));
        row.add(ActKind::InquiryTaken, 8);
        assert_eq!((row.newest_work(), row.answered()), (Some(8), None));
    }
}
