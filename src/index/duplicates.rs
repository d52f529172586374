//! The same file in more than one record: by the known-file tokens, which are keyed and of one agency.
//!
//! Tokens only find candidates; what is given was compared by its digest. Nothing here decides what becomes of it.

use super::IndexError;
use super::kv::after;
use super::query::Reader;
use super::rows::{self, RecordRow, key};
use crate::model::digest::Sha256;
use crate::model::id::RecordId;

impl Reader<'_> {
    /// Records of the same agency that hold the same main content and attachments under another registration; the
    /// oldest, at most [`SAME_CONTENT_MAX`].
    pub fn same_content(&self, row: &RecordRow) -> Result<Vec<RecordId>, IndexError> {
        let content = document(row);
        let Some((_, first)) = content.first() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let token = rows::file_token(self.keys, &row.agency, &Sha256(*first));
        for number in self.wide_at_most(b'K', token, 4 * SAME_CONTENT_MAX)? {
            if found.len() == SAME_CONTENT_MAX {
                break;
            }
            let other = self.record(number)?.filter(|other| other.id() != row.id());
            found.extend(other.filter(|other| document(other) == content).map(|other| other.id()));
        }
        Ok(found)
    }

    /// Gives the main files and attachments that are in more than one record of an agency.
    pub fn duplicates(&self, agency: Option<&str>, give: &mut dyn FnMut(Duplicate)) -> Result<(), IndexError> {
        // Rows of one file in one agency have one token and stand side by side, so the scan holds only what is double.
        let mut group: (Vec<u8>, Vec<u32>) = Default::default();
        let mut groups = Vec::new();
        self.kv.range(&key(b'K', &[]), &after(b"K"), false, &mut |key, value| {
            self.keys.read::<()>(key, value)?;
            let Some((token, number)) = key.split_last_chunk::<4>() else { return Ok(true) };
            let number = u32::from_be_bytes(*number);
            if group.0 == token {
                group.1.push(number);
                return Ok(true);
            }
            let done = std::mem::replace(&mut group, (token.to_vec(), vec![number]));
            if done.1.len() > 1 {
                groups.push(done);
            }
            Ok(true)
        })?;
        if group.1.len() > 1 {
            groups.push(group);
        }
        for (token, numbers) in groups {
            let mut records = Vec::new();
            for number in numbers {
                records.extend(self.record(number)?);
            }
            let Some(first) = records.first().filter(|r| agency.is_none_or(|a| a == r.agency)) else { continue };
            let named =
                |sha256: &[u8; 32]| rows::file_token(self.keys, &first.agency, &Sha256(*sha256))[..] == token[1..];
            // A file may be a receipt in one record, or inside an envelope, and the document itself in others.
            let files = records.iter().flat_map(documents).find(|(sha256, _)| named(sha256));
            let Some((sha256, size)) = files.map(|(sha256, size)| (Sha256(sha256), size)) else { continue };
            let holds = |r: &RecordRow| documents(r).any(|(digest, _)| digest == sha256.0);
            let agency = first.agency.clone();
            records.retain(holds);
            if records.len() > 1 {
                give(Duplicate { sha256, size, agency, records });
            }
        }
        Ok(())
    }
}

/// How many records with the same content are named: a form letter can be in thousands.
pub const SAME_CONTENT_MAX: usize = 8;

/// A file that is in more than one record of an agency.
#[derive(Debug, Clone)]
pub struct Duplicate {
    /// Its digest.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
    /// Code of the agency.
    pub agency: String,
    /// The records, oldest first.
    pub records: Vec<RecordRow>,
}

/// Main files, attachments and what their envelopes carry: digests and lengths.
fn documents(row: &RecordRow) -> impl Iterator<Item = ([u8; 32], u64)> {
    let content = row.components.iter().filter(|c| c.role().is_content());
    content.flat_map(|c| {
        let inner = c.content.as_ref().map(|inner| (inner.sha256, inner.size));
        [Some((c.sha256, c.stored.plain_len)), inner].into_iter().flatten()
    })
}

/// Roles and digests of main content and attachments, sorted: what makes two documents the same text.
fn document(row: &RecordRow) -> Vec<(u8, [u8; 32])> {
    let content = row.components.iter().filter(|c| c.role().is_content());
    let mut digests: Vec<_> = content.map(|c| (c.role, c.sha256)).collect();
    digests.sort_unstable();
    digests
}
