//! Checking the vault's files against the lock record, without any key.
//!
//! The digests go from the lock record over root and inner pages to every page; files that nothing refers to are named
//! too.

use super::page::{ClearRoot, Position, Root, clear_children, page_name, page_of_name, root_name};
use super::{VaultState, journal};
use crate::model::id::{ArchiveId, PageId};
use crate::store::disk::{Disk, DiskError};
use std::collections::BTreeSet;

/// One thing wrong in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The file is not the one that was committed.
    Changed(String),
    /// The file is missing.
    Missing(String),
    /// Nothing refers to the file.
    Stray(String),
}

/// Counts of what was checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Pages of the tree.
    pub pages: u64,
    /// Bytes read.
    pub bytes: u64,
}

/// Checks journal, root and every page.
pub fn check(
    disk: &dyn Disk,
    archive: ArchiveId,
    state: &VaultState,
    damaged: &mut dyn FnMut(Damage),
) -> Result<Counts, DiskError> {
    let mut counts = Counts::default();
    let journal_name = journal::journal_name(state.root_no);
    let journal_len = usize::try_from(state.journal_len).unwrap_or(usize::MAX);
    match disk.read(&journal_name) {
        Ok(bytes) => {
            counts.bytes += bytes.len() as u64;
            if bytes.get(..journal_len).is_none_or(|b| *blake3::hash(b).as_bytes() != state.journal_digest) {
                damaged(Damage::Changed(journal_name.clone()));
            }
        }
        Err(DiskError::Missing { name }) => damaged(Damage::Missing(name)),
        Err(e) => return Err(e),
    }
    let mut live = BTreeSet::new();
    let mut tree_damaged = false;
    let root_name = root_name(state.root_no);
    match disk.read(&root_name) {
        Ok(file) => {
            counts.bytes += file.len() as u64;
            let clear = (*blake3::hash(&file).as_bytes() == state.root_digest)
                .then(|| Root::decode_clear(&file, archive, state.epoch, state.root_no))
                .flatten();
            match clear {
                Some(clear) => {
                    let mut note = |damage| {
                        tree_damaged = true;
                        damaged(damage);
                    };
                    Walk { disk, archive, live: &mut live, counts: &mut counts, damaged: &mut note }.root(&clear)?;
                    // Below a damaged page nothing is known, so what lies there would only seem stray.
                    let files = if tree_damaged { Vec::new() } else { disk.list("vault")? };
                    for (name, _) in files {
                        let known = name == journal_name
                            || name == root_name
                            || page_of_name(&name).is_some_and(|p| live.contains(&p));
                        if !known {
                            damaged(Damage::Stray(name));
                        }
                    }
                }
                None => damaged(Damage::Changed(root_name)),
            }
        }
        Err(DiskError::Missing { name }) => damaged(Damage::Missing(name)),
        Err(e) => return Err(e),
    }
    Ok(counts)
}

struct Walk<'a> {
    disk: &'a dyn Disk,
    archive: ArchiveId,
    live: &'a mut BTreeSet<PageId>,
    counts: &'a mut Counts,
    damaged: &'a mut dyn FnMut(Damage),
}

impl Walk<'_> {
    fn root(&mut self, clear: &ClearRoot) -> Result<(), DiskError> {
        for (subtree, height, _, page, digest) in &clear.rows {
            let level = height.saturating_sub(1);
            self.page(Position { subtree: *subtree, level, index: 0 }, *page, digest)?;
        }
        Ok(())
    }

    fn page(&mut self, at: Position, page: PageId, digest: &[u8; 32]) -> Result<(), DiskError> {
        self.live.insert(page);
        self.counts.pages += 1;
        let file = match self.disk.read(&page_name(page)) {
            Err(DiskError::Missing { name }) => {
                (self.damaged)(Damage::Missing(name));
                return Ok(());
            }
            file => file?,
        };
        self.counts.bytes += file.len() as u64;
        let children = (blake3::hash(&file).as_bytes() == digest)
            .then(|| if at.level == 0 { Some(Vec::new()) } else { clear_children(&file, self.archive, at) })
            .flatten();
        let Some(children) = children else {
            (self.damaged)(Damage::Changed(page_name(page)));
            return Ok(());
        };
        let first = at.index * super::page::SLOTS_PER_PAGE;
        for (index, (child, child_digest)) in (first..).zip(children) {
            self.page(Position { level: at.level - 1, index, ..at }, child, &child_digest)?;
        }
        Ok(())
    }
}
