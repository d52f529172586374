//! Evidence records (RFC 4998) for what the journal commits to: made when somebody asks, from the journal and the
//! time-stamps.
//!
//! One is for one group: what a record was when it was accepted, or what was added to it later. Its first list has the
//! digests of the members, so whoever has the files needs nothing else. Of a group whose members are gone it has the
//! commitment alone (*stub*): it still says that something was committed to at that time, and not what.

use super::batch::ALGORITHM;
use super::stamp::{Stamped, checkpoint_record};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::index::writer::read_id;
use crate::model::digest::{Sha256, sha256_parts};
use crate::model::id::RecordId;
use crate::tlog::LogError;
use crate::tlog::leaf::Leaf;
use crate::verify::evidence::record::{ArchiveTimeStamp, ArchiveTimeStampChain, EvidenceRecord};
use crate::verify::evidence::tree::Lists;
use crate::verify::timestamp::TimestampToken;
use chrono::{DateTime, Utc};

/// An evidence record by one token.
pub struct Evidence {
    /// The record.
    pub record: EvidenceRecord,
    /// Since when it proves existence.
    pub time: DateTime<Utc>,
    /// Subject of the authority's certificate.
    pub authority: String,
}

/// The reduced tree of a leaf that is the digest of these members, and what is joined to it on the way up.
///
/// Of one member the first list has its sibling too, as RFC 4998 §4.2.2 makes it; of several only themselves, so that
/// it says which they are.
pub(super) fn reduced(mut members: Vec<Vec<u8>>, above: Vec<Vec<u8>>) -> Lists {
    let mut above = above.into_iter();
    if members.len() == 1 {
        match above.next() {
            Some(sibling) => members.push(sibling),
            // The token is over the digest itself.
            None => return Vec::new(),
        }
    }
    members.sort_unstable();
    std::iter::once(members).chain(above.map(|sibling| vec![sibling])).collect()
}

/// The entries of an owner that have a commitment, oldest first.
pub fn commitments(archive: &Archive, owner: RecordId) -> Result<Vec<(u64, Sha256)>, Error> {
    let reader = archive.index();
    let id = read_id(reader.kv, reader.keys, owner)?.ok_or_else(|| archive.no_record(owner))?;
    let mut found = Vec::new();
    let mut next = Some(id.custody);
    while let Some(index) = next {
        let leaf = archive.leaf(index)?;
        // Each step goes back: a chain that does not is not one, and would never end.
        if leaf.rec != Some(owner) || leaf.prev.is_some_and(|prev| prev >= index) {
            let what = format!("entry {index} is not in the chain of {owner}");
            return Err(LogError::integrity("tlog/tile/entries", what).into());
        }
        found.extend(leaf.g256.map(|g256| (index, g256)));
        next = leaf.prev;
    }
    found.reverse();
    Ok(found)
}

/// Evidence for the commitment of an entry, by each token of its batch: with the members' digests, or without any the
/// stub.
pub fn of_entry(archive: &Archive, entry: u64, members: &[Sha256]) -> Result<Vec<Evidence>, Error> {
    let not_stamped = || Error::new(ErrorCode::EvdNotStamped, entry.to_string(), "no batch has this entry");
    let stamped = batch_of(archive, entry)?.ok_or_else(not_stamped)?;
    let log = archive.log()?;
    let leaf = Leaf::decode(entry, &log.entry(entry)?).map_err(LogError::from)?;
    let g256 = leaf.g256.ok_or_else(not_stamped)?;
    let mut digests: Vec<Vec<u8>> = members.iter().map(|digest| digest.0.to_vec()).collect();
    digests.sort_unstable();
    if digests.is_empty() {
        digests.push(g256.0.to_vec());
    } else if sha256_parts(&digests.iter().map(Vec::as_slice).collect::<Vec<_>>()) != g256 {
        let what = "these are not the members of its group";
        return Err(Error::new(ErrorCode::StoChanged, entry.to_string(), what));
    }
    let above = stamped.batch(archive)?.above_entry(&log, entry)?.ok_or_else(not_stamped)?;
    let mut made = Vec::new();
    for (token, bytes) in stamped.tokens.iter().zip(stamped.token_bytes(archive)?) {
        let timestamps = vec![ArchiveTimeStamp::new(reduced(digests.clone(), above.clone()), bytes)];
        let record = EvidenceRecord::new(&[ALGORITHM], vec![ArchiveTimeStampChain { timestamps }]);
        made.push(Evidence { record, time: token.time, authority: token.authority.clone() });
    }
    Ok(made)
}

/// The checkpoint of a batch with the evidence for it, which is evidence for every entry before.
pub fn of_checkpoint(archive: &Archive, stamped: &Stamped) -> Result<(Vec<u8>, Vec<Evidence>), Error> {
    let batch = stamped.batch(archive)?;
    let mut made = Vec::new();
    for (token, bytes) in stamped.tokens.iter().zip(stamped.token_bytes(archive)?) {
        let read = TimestampToken::read(&bytes);
        let read = read.map_err(|e| Error::caused(ErrorCode::StoChanged, stamped.entry.to_string(), e))?;
        let record = checkpoint_record(&batch, &read);
        made.push(Evidence { record, time: token.time, authority: token.authority.clone() });
    }
    Ok((batch.note, made))
}

/// The batch that an entry is in.
fn batch_of(archive: &Archive, entry: u64) -> Result<Option<Stamped>, Error> {
    let acts = archive.index().adopted(crate::index::rows::Adopted::Evidence)?;
    // The act of a batch stands behind it, so the first act behind the entry is the one, or a later one when that batch
    // ended before.
    let first = acts.partition_point(|act| *act <= entry);
    for act in acts.into_iter().skip(first) {
        let stamped = Stamped::read(archive, act)?;
        if entry < stamped.to {
            return Ok((stamped.from <= entry).then_some(stamped));
        }
    }
    Ok(None)
}
