//! The path from the root to a key, and the rewriting of paths.
//!
//! A rewritten page has a new key and a new name, and so has everything above it, up to the root; the old pages stay
//! until the roll is decided.

use super::page::{
    PageRef, Position, Root, SLOTS_PER_PAGE, decode_inner, decode_leaf, encode_inner, encode_leaf, page_name,
};
use super::{KeySlot, OwnedKey, Subtree, VaultError};
use crate::model::id::{ArchiveId, PageId};
use crate::store::disk::Disk;
use crate::store::format::OwnerKey;
use std::collections::{BTreeMap, BTreeSet};

/// New pages are made durable in groups of this many, so memory stays flat for any number of them.
const PAGES_PER_PUT: usize = 256;

/// Pages below one page of `level`.
fn span(level: u8) -> u64 {
    SLOTS_PER_PAGE.saturating_pow(u32::from(level))
}

fn load(disk: &dyn Disk, page: &PageRef) -> Result<Vec<u8>, VaultError> {
    let name = page_name(page.page);
    let file = disk.read(&name)?;
    if *blake3::hash(&file).as_bytes() != page.digest {
        return Err(VaultError::Changed { name });
    }
    Ok(file)
}

fn load_inner(disk: &dyn Disk, archive: ArchiveId, at: Position, page: &PageRef) -> Result<Vec<PageRef>, VaultError> {
    decode_inner(&load(disk, page)?, archive, at, &page.key)
        .ok_or_else(|| VaultError::Sealed { name: page_name(page.page) })
}

/// Opens leaf page `index` of a subtree.
pub fn load_leaf(
    disk: &dyn Disk,
    archive: ArchiveId,
    subtree: u32,
    index: u64,
    page: &PageRef,
) -> Result<Vec<Option<OwnedKey>>, VaultError> {
    let at = Position { subtree, level: 0, index };
    decode_leaf(&load(disk, page)?, archive, at, &page.key)
        .ok_or_else(|| VaultError::Sealed { name: page_name(page.page) })
}

/// The leaf page that holds `slot`, or `None` when no page does.
pub fn find_leaf(
    disk: &dyn Disk,
    archive: ArchiveId,
    root: &Root,
    slot: KeySlot,
) -> Result<Option<PageRef>, VaultError> {
    let Some(subtree) = root.subtrees.get(&slot.subtree) else { return Ok(None) };
    if slot.slot >= subtree.slots {
        return Ok(None);
    }
    let leaf = slot.slot / SLOTS_PER_PAGE;
    let mut page = subtree.top.clone();
    for level in (1..subtree.height).rev() {
        let at = Position { subtree: slot.subtree, level, index: leaf / span(level) };
        let children = load_inner(disk, archive, at, &page)?;
        let child = usize::try_from(leaf / span(level - 1) % SLOTS_PER_PAGE).expect("below 256");
        match children.into_iter().nth(child) {
            Some(next) => page = next,
            None => return Err(VaultError::Sealed { name: page_name(page.page) }),
        }
    }
    Ok(Some(page))
}

/// Writes the pages that `add` and `erase` touch anew, with their path to the root, and gives the pages they replace.
///
/// The new pages are durable on return; `root` is changed in memory only.
pub fn rewrite(
    disk: &dyn Disk,
    archive: ArchiveId,
    root: &mut Root,
    add: &BTreeMap<KeySlot, OwnedKey>,
    erase: &[KeySlot],
) -> Result<Vec<PageId>, VaultError> {
    let mut touched: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
    for slot in add.keys().chain(erase) {
        touched.entry(slot.subtree).or_default().insert(slot.slot / SLOTS_PER_PAGE);
    }
    let erase: BTreeSet<KeySlot> = erase.iter().copied().collect();
    let mut writer = Writer { disk, archive, waiting: Vec::new(), replaced: Vec::new() };
    for (number, leaves) in touched {
        let old = root.subtrees.get(&number).cloned();
        let old_slots = old.as_ref().map_or(0, |s| s.slots);
        let added = add.range(KeySlot { subtree: number, slot: 0 }..=KeySlot { subtree: number, slot: u64::MAX });
        let slots = added.last().map_or(old_slots, |(s, _)| old_slots.max(s.slot + 1));
        let height = (1..).find(|h| span(*h) >= slots).expect("256^8 is 2^64");
        let mut subtree = Rewrite { number, old, add, erase: &erase, slots, leaves, writer: &mut writer };
        let top = subtree.page(height - 1, 0)?;
        root.subtrees.insert(number, Subtree { height, slots, top });
    }
    writer.flush()?;
    Ok(writer.replaced)
}

struct Writer<'a> {
    disk: &'a dyn Disk,
    archive: ArchiveId,
    waiting: Vec<(String, Vec<u8>)>,
    replaced: Vec<PageId>,
}

impl Writer<'_> {
    fn put(&mut self, key: OwnerKey, file: Vec<u8>) -> Result<PageRef, VaultError> {
        let page = PageId(crate::random::bytes());
        let digest = *blake3::hash(&file).as_bytes();
        self.waiting.push((page_name(page), file));
        if self.waiting.len() >= PAGES_PER_PUT {
            self.flush()?;
        }
        Ok(PageRef { page, digest, key })
    }

    fn flush(&mut self) -> Result<(), VaultError> {
        self.disk.put_if_absent(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
}

struct Rewrite<'a, 'b> {
    number: u32,
    old: Option<Subtree>,
    add: &'a BTreeMap<KeySlot, OwnedKey>,
    erase: &'a BTreeSet<KeySlot>,
    slots: u64,
    leaves: BTreeSet<u64>,
    writer: &'a mut Writer<'b>,
}

impl Rewrite<'_, '_> {
    /// The page at this place, rewritten if a touched leaf lies below it or the tree has grown above the old top.
    fn page(&mut self, level: u8, index: u64) -> Result<PageRef, VaultError> {
        let old = self.old_page(level, index)?;
        self.page_below(level, index, old)
    }

    fn page_below(&mut self, level: u8, index: u64, old: Option<PageRef>) -> Result<PageRef, VaultError> {
        let below = index * span(level)..(index + 1) * span(level);
        if let Some(old) = &old
            && self.leaves.range(below).next().is_none()
        {
            return Ok(old.clone());
        }
        let at = Position { subtree: self.number, level, index };
        let (disk, archive) = (self.writer.disk, self.writer.archive);
        let key = OwnerKey::random();
        let file = if level == 0 {
            let mut rows = match &old {
                Some(old) => load_leaf(disk, archive, self.number, index, old)?,
                None => Vec::new(),
            };
            let first = index * SLOTS_PER_PAGE;
            let count = usize::try_from((self.slots - first).min(SLOTS_PER_PAGE)).expect("at most 256");
            rows.resize(count, None);
            for (i, row) in (first..).zip(rows.iter_mut()) {
                let slot = KeySlot { subtree: self.number, slot: i };
                if self.erase.contains(&slot) {
                    *row = None;
                } else if let Some(owned) = self.add.get(&slot) {
                    *row = Some(owned.clone());
                }
            }
            encode_leaf(archive, at, &key, &rows)
        } else {
            let old_children = match &old {
                Some(old) => load_inner(disk, archive, at, old)?,
                None => Vec::new(),
            };
            let first = index * SLOTS_PER_PAGE;
            let pages = self.slots.div_ceil(SLOTS_PER_PAGE).div_ceil(span(level - 1));
            let count = usize::try_from((pages - first).min(SLOTS_PER_PAGE)).expect("at most 256");
            let mut children = Vec::with_capacity(count);
            for (i, child) in (first..).zip(0..count) {
                let old_child = match old_children.get(child) {
                    Some(old) => Some(old.clone()),
                    None => self.old_page(level - 1, i)?,
                };
                children.push(self.page_below(level - 1, i, old_child)?);
            }
            encode_inner(archive, at, &key, &children)
        };
        self.writer.replaced.extend(old.map(|o| o.page));
        self.writer.put(key, file)
    }

    /// The old page at this place when it was the old top; a tree that grows puts the old top under new pages.
    fn old_page(&self, level: u8, index: u64) -> Result<Option<PageRef>, VaultError> {
        Ok(self.old.as_ref().filter(|o| index == 0 && o.height == level + 1).map(|o| o.top.clone()))
    }
}

/// All pages of the tree, following the clear references only; each is checked against its parent's digest.
pub fn pages(disk: &dyn Disk, archive: ArchiveId, root: &Root) -> Result<BTreeSet<PageId>, VaultError> {
    let mut found = BTreeSet::new();
    for (number, subtree) in &root.subtrees {
        let top = (subtree.top.page, subtree.top.digest);
        walk_clear(disk, archive, *number, subtree.height - 1, 0, top, &mut |name, ok| {
            found.insert(name);
            if ok { Ok(()) } else { Err(VaultError::Changed { name: page_name(name) }) }
        })?;
    }
    Ok(found)
}

/// Walks the pages below one page by their clear references. Leaf pages are reported without being read unless `visit`
/// does.
pub fn walk_clear(
    disk: &dyn Disk,
    archive: ArchiveId,
    subtree: u32,
    level: u8,
    index: u64,
    page: (PageId, [u8; 32]),
    visit: &mut dyn FnMut(PageId, bool) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    if level == 0 {
        return visit(page.0, true);
    }
    let file = disk.read(&page_name(page.0))?;
    let at = Position { subtree, level, index };
    let children =
        (*blake3::hash(&file).as_bytes() == page.1).then(|| super::page::clear_children(&file, archive, at)).flatten();
    visit(page.0, children.is_some())?;
    for (i, child) in (index * SLOTS_PER_PAGE..).zip(children.unwrap_or_default()) {
        walk_clear(disk, archive, subtree, level - 1, i, child, visit)?;
    }
    Ok(())
}
