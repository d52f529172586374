//! The page tree of a PDF file, and the other trees that are linked in the same way (ISO 32000-1, 7.7.3).
//!
//! A tree can go in a circle, be deep without need, or share its branches until they are more than anybody can walk.
//! Every node is visited once, and nothing here recurses.

use super::super::Look;
use super::marks::OBJECTS_MAX;
use crate::error::ErrorCode::{FmtBomb, FmtLoop, FmtNested};
use std::collections::BTreeMap;

/// Nodes of the page tree above one page. Own bound: balanced trees of ten have six for a million pages.
const TREE_DEPTH_MAX: u32 = 100;
/// Pages that a tree may lead to; nodes that share their children multiply them. Own bound.
const PAGES_MAX: u64 = 1_000_000;

/// The page tree (7.7.3), and the other trees that are linked in the same way.
#[derive(Debug, Default)]
pub(super) struct Tree {
    kids: BTreeMap<u32, Vec<u32>>,
    parents: BTreeMap<u32, u32>,
    links: usize,
}

/// What is known of a node.
#[derive(Clone, Copy)]
enum Visit {
    Open,
    Done { depth: u32, pages: u64 },
}

impl Tree {
    /// Puts a node, in place of an earlier one of that number; false when there are too many.
    pub(super) fn put(&mut self, number: u32, kids: Vec<u32>, parent: Option<u32>) -> bool {
        match parent {
            Some(parent) => self.parents.insert(number, parent),
            None => self.parents.remove(&number),
        };
        self.links += kids.len();
        if self.links > OBJECTS_MAX {
            return false;
        }
        if kids.is_empty() {
            self.kids.remove(&number);
        } else {
            self.kids.insert(number, kids);
        }
        true
    }

    /// Puts the findings down.
    pub(super) fn report(&self, look: &mut Look) {
        if self.kids_in_circle(look) || self.parents_in_circle() {
            look.find(FmtLoop, "", "the page tree or another tree of nodes goes in a circle");
        }
    }

    /// Goes down from every node, without recursion; whether a node is below itself.
    fn kids_in_circle(&self, look: &mut Look) -> bool {
        let mut visits: BTreeMap<u32, Visit> = BTreeMap::new();
        let mut circle = false;
        for &root in self.kids.keys() {
            if visits.contains_key(&root) {
                continue;
            }
            visits.insert(root, Visit::Open);
            // A node, the place of its next child, and what its children have shown.
            let mut path = vec![(root, 0, 0u32, 0u64)];
            while let Some((node, next, depth, pages)) = path.last_mut() {
                let Some(&kid) = self.kids.get(node).and_then(|kids| kids.get(*next)) else {
                    let done = Visit::Done { depth: depth.saturating_add(1), pages: *pages };
                    visits.insert(*node, done);
                    path.pop();
                    continue;
                };
                match visits.get(&kid) {
                    Some(Visit::Open) => {
                        circle = true;
                        *next += 1;
                    }
                    Some(Visit::Done { depth: below, pages: more }) => {
                        *depth = (*depth).max(*below);
                        *pages = pages.saturating_add(*more);
                        *next += 1;
                    }
                    None if self.kids.contains_key(&kid) => {
                        visits.insert(kid, Visit::Open);
                        path.push((kid, 0, 0, 0));
                    }
                    None => {
                        *pages = pages.saturating_add(1);
                        *next += 1;
                    }
                }
            }
        }
        let done = visits.values().filter_map(|visit| match visit {
            Visit::Done { depth, pages } => Some((*depth, *pages)),
            Visit::Open => None,
        });
        let (depth, pages) = done.fold((0, 0), |most, one| (most.0.max(one.0), most.1.max(one.1)));
        if depth > TREE_DEPTH_MAX {
            look.find(FmtNested, "", format!("a tree of nodes is {depth} deep"));
        }
        if pages > PAGES_MAX {
            look.find(FmtBomb, "", format!("a tree of nodes has more than {PAGES_MAX} ends"));
        }
        circle
    }

    /// Goes up from every node of the page tree.
    fn parents_in_circle(&self) -> bool {
        // The start of the walk that first came to a node.
        let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
        for &start in self.parents.keys() {
            let mut node = start;
            loop {
                match seen.insert(node, start) {
                    Some(walk) if walk == start => return true,
                    Some(_) => break,
                    None => {}
                }
                match self.parents.get(&node) {
                    Some(&parent) => node = parent,
                    None => break,
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::made::{PAGE, assert_codes, file};
    use crate::error::ErrorCode::{FmtBomb, FmtLoop, FmtNested};

    #[test]
    fn circles_are_found() {
        let catalog = || b"<</Type/Catalog/Pages 2 0 R>>".to_vec();
        let nodes = |second: &str, third: &str| file("1.4", &[catalog(), second.into(), third.into()], "");
        let down = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
        assert_codes(&nodes(down, "<</Type/Pages/Kids[2 0 R]>>"), &[FmtLoop]);
        assert_codes(&nodes("<</Type/Pages/Kids[2 0 R]>>", PAGE), &[FmtLoop]);
        assert_codes(&nodes("<</Type/Pages/Kids[]/Parent 3 0 R>>", "<</Type/Pages/Parent 2 0 R>>"), &[FmtLoop]);
        assert_codes(&nodes(down, PAGE), &[]);
        let elsewhere = [catalog(), b"<</Type/Pages/Kids 3 0 R>>".to_vec(), b"[2 0 R]".to_vec()];
        assert_codes(&file("1.4", &elsewhere, ""), &[FmtLoop]);
    }

    #[test]
    fn deep_trees_and_trees_that_multiply_are_found() {
        let tree = |count: usize, copies: usize| {
            let mut objects = vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec()];
            for number in 2..count + 2 {
                let kids = format!("{} 0 R ", number + 1).repeat(copies);
                objects.push(format!("<</Type/Pages/Kids[{kids}]>>").into_bytes());
            }
            objects.push(PAGE.into());
            file("1.4", &objects, "")
        };
        assert_codes(&tree(100, 1), &[]);
        assert_codes(&tree(101, 1), &[FmtNested]);
        assert_codes(&tree(19, 2), &[]);
        assert_codes(&tree(20, 2), &[FmtBomb]);
    }
}
