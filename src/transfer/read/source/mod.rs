//! What a package is read from: a list of files with their lengths, and each of them as a stream.
//!
//! A [`Folder`] is one on this machine; a [`Tar`] is an uncompressed tar over anything that can be read at any place,
//! so that what lies sealed in a spool is judged without its plaintext touching a disk.
//!
//! Invariants
//!   - Only regular files have an entry. Links, devices and names that climb out are [`Odd`], and are never followed.
//!   - A name stands once, and no two names are one file on some file system.
//!   - Memory: a name and two numbers for each file.
//!
//! It does not say what the files mean, and writes nothing.

mod folder;
mod tar;

pub use folder::{Folder, open};
pub use tar::Tar;

use crate::limits::{PATH_BYTES_MAX, PATH_SEGMENT_BYTES_MAX};
use crate::model::path::folded;
use crate::model::strict::{is_unprintable, shown};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Files of a package. Own bound: 10,000 records have 160,000 of them, and each costs some 200 bytes of memory.
pub const FILES_MAX: usize = 1_000_000;
/// What is odd in a package and is named; what is more is counted with the last. Own bound.
pub const ODD_MAX: usize = 1_000;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name from the top of the package, with `/`.
    pub path: Box<str>,
    /// Its bytes.
    pub len: u64,
    /// Where it lies: who reads files in this order reads forward.
    pub place: u64,
}

/// Something in a package that is no file to be read, or makes the list ambiguous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// What it is called there, fit for a message.
    pub path: String,
    /// What is wrong with it, in technical English.
    pub what: String,
}

/// A package that can be read, by several threads.
pub trait Source: Sync {
    /// Name of the folder that is the package; none when it has none.
    fn name(&self) -> Option<&str>;

    /// All files. They MUST be in the order of their paths' bytes, each path once.
    fn entries(&self) -> &[Entry];

    /// What is there beside files.
    fn odd(&self) -> &[Odd];

    /// The bytes of the file at this place of [`entries`](Source::entries), from its beginning. The stream MUST fail
    /// when the file is another one than when it was listed.
    ///
    /// # Errors
    ///
    /// When the medium fails.
    fn open(&self, index: usize) -> io::Result<Box<dyn Read + '_>>;

    /// The place of a file in the list.
    fn find(&self, path: &str) -> Option<usize> {
        self.entries().binary_search_by(|entry| (*entry.path).cmp(path)).ok()
    }
}

/// Whether a name can be taken: relative, without a step up, and to be shown as it is.
///
/// # Errors
///
/// What is wrong with it, in technical English.
pub fn safe(path: &str) -> Result<(), &'static str> {
    if path.is_empty() || path.len() > PATH_BYTES_MAX {
        Err("a name that is empty or too long")
    } else if path.starts_with('/') || matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
        Err("a name that is absolute")
    } else if path.contains('\\') {
        Err("a name with a backslash")
    } else if path.chars().any(is_unprintable) {
        Err("a name with a control character")
    } else if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        Err("a name with an empty segment, '.' or '..'")
    } else if path.split('/').any(|segment| segment.len() > PATH_SEGMENT_BYTES_MAX) {
        Err("a name with a segment of more than 255 bytes")
    } else {
        Ok(())
    }
}

/// Whether every sign of a name is one that each system writes alike.
pub fn is_portable(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

/// A list that grows: it takes files, notes what is odd, and ends sorted.
#[derive(Debug, Default)]
struct Listing {
    entries: Vec<Entry>,
    odd: Vec<Odd>,
    unnamed: u64,
}

impl Listing {
    fn take(&mut self, path: String, len: u64, place: u64) -> io::Result<()> {
        if let Err(what) = safe(&path) {
            self.note(path, what);
            return Ok(());
        }
        if self.entries.len() >= FILES_MAX {
            let what = format!("more than {FILES_MAX} files");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        self.entries.push(Entry { path: path.into(), len, place });
        Ok(())
    }

    fn note(&mut self, path: String, what: impl Into<String>) {
        if self.odd.len() < ODD_MAX {
            self.odd.push(Odd { path: shown(&path), what: what.into() });
        } else {
            self.unnamed += 1;
        }
    }

    /// Sorts the list. Of a name that stands twice the first stays.
    fn end(&mut self) {
        self.entries.sort_by(|a, b| a.path.cmp(&b.path).then(a.place.cmp(&b.place)));
        let mut twice = Vec::new();
        self.entries.dedup_by(|later, first| {
            let is_same = later.path == first.path;
            if is_same {
                twice.push(later.path.to_string());
            }
            is_same
        });
        for path in twice {
            self.note(path, "a name that stands twice");
        }
        self.clashes();
        if self.unnamed > 0 {
            self.odd.push(Odd { path: String::new(), what: format!("and {} more like these", self.unnamed) });
        }
    }

    /// Names that are one file on a system that ignores case or composition, and files that are folders of others.
    fn clashes(&mut self) {
        // Of most names the key is made while they are compared: nothing is kept of it.
        let is_other = |entry: &Entry| !entry.path.is_ascii();
        let others = self.entries.iter().enumerate().filter(|(_, entry)| is_other(entry));
        let others: BTreeMap<usize, String> = others.map(|(at, entry)| (at, folded(&entry.path))).collect();
        let key = |at: usize| {
            let path: &str = others.get(&at).map_or(&self.entries[at].path, String::as_str);
            // A folder sorts directly before what is in it.
            path.bytes().map(|byte| if byte == b'/' { 0 } else { byte.to_ascii_lowercase() })
        };
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by(|a, b| key(*a).cmp(key(*b)));
        let clash = |pair: &[usize]| {
            let [a, b] = pair else { return None };
            let (mut file, mut next) = (key(*a), key(*b));
            let is_within = file.all(|byte| next.next() == Some(byte)) && matches!(next.next(), None | Some(0));
            is_within.then_some(*b)
        };
        let found: Vec<usize> = order.windows(2).filter_map(clash).collect();
        for at in found {
            let path = self.entries[at].path.to_string();
            self.note(path, "a name that is another one's, or lies in a file, on some file system");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_climb_out_are_none() {
        for bad in ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "C:/a", "a\nb", "a\u{202e}b"] {
            assert!(safe(bad).is_err(), "{bad}");
        }
        for good in ["a", "a/b.c", "бұйрық №1.docx", "a b", "..a", "a%0Ab"] {
            assert!(safe(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_name_stands_once_on_every_file_system() {
        let odd = |paths: &[&str]| {
            let mut listing = Listing::default();
            for path in paths {
                listing.take((*path).to_owned(), 0, 0).unwrap();
            }
            listing.end();
            listing.odd.len()
        };
        assert_eq!(odd(&["a", "b", "a.b", "a b/c"]), 0);
        assert_eq!(odd(&["a", "a"]), 1);
        assert_eq!(odd(&["a/x", "A/x"]), 1);
        assert_eq!(odd(&["a", "A/x"]), 1);
        assert_eq!(odd(&["й", "и\u{306}"]), 1);
    }
}
