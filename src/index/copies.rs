//! The rows of certified paper copies: which entry certified one, and of which record.
//!
//! A row is made from the entry alone, so it is there also when the key of the record is erased: the copies of an
//! archive are counted by the journal, and the number of a copy is its place among them. What is said of a copy lies
//! in its act document, under the key of the record, and goes with it.

use super::IndexError;
use super::kv::after;
use super::query::Reader;
use super::rows;
use crate::model::id::RecordId;

impl Reader<'_> {
    /// Every certified copy, oldest first: entry and record. The number of a copy is its place, from 1.
    pub fn copies(&self) -> Result<Vec<(u64, RecordId)>, IndexError> {
        let mut copies = Vec::new();
        self.kv.range(&rows::key(b'k', &[]), &after(b"k"), false, &mut |key, value| {
            let entry = key.last_chunk::<8>().map(|entry| u64::from_be_bytes(*entry));
            copies.extend(entry.zip(Some(RecordId(self.keys.read(key, value)?))));
            Ok(true)
        })?;
        Ok(copies)
    }
}
