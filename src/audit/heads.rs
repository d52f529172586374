//! The maps of heads that the journal names, made again from its entries.
//!
//! A full audit makes every one again; a fast one the newest, which is the one that bundles are given under.

use crate::model::id::RecordId;
use crate::tlog::heads::{HeadsSoFar, OwnerHeads};
use crate::tlog::leaf::{Heads, Leaf};
use std::collections::BTreeMap;

/// Takes entries in order, and finds those whose maps are not what the entries before them make.
#[derive(Default)]
pub(super) struct HeadsCheck {
    so_far: HeadsSoFar,
    every: bool,
    newest: Option<(u64, Heads)>,
    /// Owners that entries behind the newest map are about, as they were then.
    before: BTreeMap<RecordId, OwnerHeads>,
    wrong: Vec<u64>,
}

impl HeadsCheck {
    /// A check of every map, or of the newest.
    pub(super) fn new(every: bool) -> Self {
        Self { every, ..Self::default() }
    }

    /// Takes the next entry.
    pub(super) fn take(&mut self, index: u64, leaf: &Leaf) {
        if let Some(heads) = leaf.heads {
            if self.every && self.so_far.roots() != heads {
                self.wrong.push(index);
            }
            self.newest = Some((index, heads));
            self.before.clear();
        }
        if let Some(owner) = leaf.rec.filter(|_| self.newest.is_some() && !self.every) {
            self.before.entry(owner).or_insert_with(|| self.so_far.of(owner));
        }
        self.so_far.take(index, leaf);
    }

    /// The entries whose maps are wrong.
    pub(super) fn wrong(mut self) -> Vec<u64> {
        if let Some((index, heads)) = self.newest.filter(|_| !self.every) {
            for (owner, then) in self.before {
                self.so_far.put_back(owner, then);
            }
            if self.so_far.roots() != heads {
                self.wrong.push(index);
            }
        }
        self.wrong
    }
}
