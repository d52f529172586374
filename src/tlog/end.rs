//! Whether the archive has ended, by its journal alone.
//!
//! Behind `archive.decommissioned` only a few kinds of entries stand ([`ActKind::follows_end`]): so the end of the
//! journal tells, whatever the index says. Of an archive in use one or two entries are looked at.

use super::LogError;
use super::leaf::ActKind;
use super::read::LogReader;
use super::tree::TILE_WIDTH;

/// The end of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The entry `archive.decommissioned`.
    pub entry: u64,
    /// Whether the journal has its last entry, `decommission.completed`.
    pub is_complete: bool,
}

/// Reads the journal backwards until it tells.
pub fn find(log: &LogReader<'_>) -> Result<Option<Ended>, LogError> {
    let mut is_complete = false;
    let mut to = log.size();
    while to > 0 {
        let from = (to - 1) / TILE_WIDTH * TILE_WIDTH;
        let mut acts = Vec::new();
        log.leaves::<LogError>(from, to, |index, leaf| {
            acts.push((index, leaf.act));
            Ok(())
        })?;
        for (entry, act) in acts.into_iter().rev() {
            is_complete |= act == ActKind::DecommissionCompleted;
            if act == ActKind::ArchiveDecommissioned {
                return Ok(Some(Ended { entry, is_complete }));
            }
            if !act.follows_end() {
                return Ok(None);
            }
        }
        to = from;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FixedClock;
    use crate::model::id::ArchiveId;
    use crate::testing::{FaultDisk, FaultPlan};
    use crate::tlog::checkpoint::LogSigner;
    use crate::tlog::commit::{Act, SYSTEM_ACTOR};
    use crate::tlog::recover;
    use crate::vault::keys::KeyFolder;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU64;

    /// What is found in a journal of these acts.
    fn found(acts: &[ActKind]) -> Option<Ended> {
        let none = FaultPlan::count_only();
        let (disk, keys) = (Arc::new(FaultDisk::new(&none)), Arc::new(FaultDisk::new(&none)));
        let (id, signer) = (ArchiveId([1; 16]), LogSigner::new("example.org/log", &[7; 32]));
        let clock = Arc::new(FixedClock(AtomicU64::new(1)));
        let mut core = recover::create(disk.clone(), KeyFolder::new(keys, id), id, signer, clock).unwrap();
        core.commit(acts.iter().map(|act| Act::new(*act, SYSTEM_ACTOR)).collect()).unwrap();
        core.settle().unwrap();
        find(&LogReader::new(disk.as_ref(), acts.len() as u64)).unwrap()
    }

    #[test]
    fn the_end_is_found_behind_however_many_entries_that_may_follow_it() {
        use ActKind::{ArchiveDecommissioned as End, DecommissionCompleted as Last, MaterialAdded as Other};
        let follows = ActKind::ALL.iter().filter(|act| act.follows_end() && **act != Last);
        let before = [Other; 200];
        for count in [0, 1, 55, 56, 57, 700] {
            let behind: Vec<ActKind> = follows.clone().copied().cycle().take(count).collect();
            let ended = |is_complete| Some(Ended { entry: 200, is_complete });
            let journal = [&before[..], &[End], &behind].concat();
            assert_eq!(found(&journal), ended(false), "{count}");
            assert_eq!(found(&[&journal[..], &[Last]].concat()), ended(true), "{count}");
            assert_eq!(found(&[&before[..], &behind].concat()), None, "{count}");
            // Nobody but a forger writes that; the audit names it.
            assert_eq!(found(&[&journal[..], &[Other]].concat()), None, "{count}");
        }
        assert_eq!(found(&[End]), Some(Ended { entry: 0, is_complete: false }));
    }
}
