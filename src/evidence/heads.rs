//! Putting the heads of all chains into the journal, and proving one of them.
//!
//! The maps are those of the entries before the one that has their roots. They come from the index, which follows the
//! journal; an audit makes them again from the journal itself.

use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::index::writer::Payload;
use crate::model::id::{ActorId, RecordId};
use crate::tlog::LogError;
use crate::tlog::commit::Act;
use crate::tlog::heads::{ChainHead, HeadMap, HeadProof, OwnerHeads};
use crate::tlog::leaf::{ActKind, Chain, Heads};
use std::collections::BTreeMap;

/// Commits the maps of all that is in the journal. Gives the entry.
pub fn map(archive: &Archive, actor: ActorId) -> Result<u64, Error> {
    let committed = archive.commit_together_deciding(|| {
        let owners = archive.index().heads()?;
        let (custody, readings) = (of_chain(&owners, Chain::Custody), of_chain(&owners, Chain::Reading));
        let mut act = Act::new(ActKind::HeadsMapped, actor);
        let heads = Heads { owners: custody.owners(), custody: custody.root(), readings: readings.root() };
        act.heads = Some(heads);
        Ok((vec![(act, Payload::None)], Vec::new()))
    })?;
    Ok(committed.first().map(|c| c.index).unwrap_or_default())
}

fn of_chain(owners: &[(RecordId, OwnerHeads)], chain: Chain) -> HeadMap {
    HeadMap::new(chain, owners.iter().map(|(owner, heads)| (*owner, heads.of(chain))))
}

/// The maps of an entry, made again.
pub struct Maps {
    /// The entry that has their roots.
    pub entry: u64,
    /// The roots.
    pub heads: Heads,
    custody: HeadMap,
    readings: HeadMap,
}

impl Maps {
    /// The newest ones among the first `size` entries; none when there are none.
    pub fn before(archive: &Archive, size: u64) -> Result<Option<Self>, Error> {
        let mapped = archive.index().adopted(Adopted::Heads)?;
        let Some(entry) = mapped.into_iter().rfind(|entry| *entry < size) else { return Ok(None) };
        let owners = owners_before(archive, entry)?;
        let (custody, readings) = (of_chain(&owners, Chain::Custody), of_chain(&owners, Chain::Reading));
        let heads = Heads { owners: custody.owners(), custody: custody.root(), readings: readings.root() };
        if archive.leaf(entry)?.heads != Some(heads) {
            let what = format!("entry {entry} maps other heads than the entries before it have");
            return Err(LogError::integrity("tlog/tile/entries", what).into());
        }
        Ok(Some(Self { entry, heads, custody, readings }))
    }

    /// The heads of an owner's custody and of its readings; none when the owner is newer.
    pub fn prove(&self, owner: RecordId) -> Option<(HeadProof, HeadProof)> {
        self.custody.proof(owner).zip(self.readings.proof(owner))
    }
}

/// The heads of all owners as they were before an entry: those of today, with what came since taken back.
fn owners_before(archive: &Archive, entry: u64) -> Result<Vec<(RecordId, OwnerHeads)>, Error> {
    archive.wait_index()?;
    let mut owners: BTreeMap<RecordId, OwnerHeads> = archive.index().heads()?.into_iter().collect();
    let log = archive.log()?;
    let mut since = Vec::new();
    log.leaves::<Error>(entry, log.size(), |_, leaf| {
        since.extend(leaf.rec.map(|owner| (owner, leaf.act.chain(), leaf.prev)));
        Ok(())
    })?;
    for (owner, chain, prev) in since.into_iter().rev() {
        let Some(heads) = owners.get_mut(&owner) else { continue };
        let head = heads.of_mut(chain);
        *head = ChainHead { count: head.count.saturating_sub(1), newest: prev };
        if *heads == OwnerHeads::default() {
            owners.remove(&owner);
        }
    }
    Ok(owners.into_iter().collect())
}

/// That an owner is in no map yet.
pub fn not_mapped(owner: RecordId) -> Error {
    let what = "no entry heads.mapped is behind its first entry; `evidence timestamp` makes one";
    Error::new(ErrorCode::EvdNoHeads, owner.to_string(), what)
}
