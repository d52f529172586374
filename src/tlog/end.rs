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
