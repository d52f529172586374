//! Where readers put text: it is cleaned, cut into units, counted, and passed on as it comes.
//!
//! Invariants
//!   - What passes keeps the rules of [`crate::model::extracted`], whatever a reader puts in.
//!   - After the bounds of a document nothing passes, and readers are told to stop.
//!   - Members of one container tree share its bounds: unpacked bytes, members, text.
//!
//! It runs in the limited process; the process that asked checks the bounds once more.

use crate::model::extracted::{Outcome, Reason, UNIT_BYTES_MAX};
use std::io;
use std::sync::Arc;

/// Text of one document. Own bound: the largest component (60 MiB) as plain prose has less, a book less than 4 MiB.
pub const TEXT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Units of one document. Own bound: half of the rows that a full sheet of a workbook can have; about 100 MiB.
pub const UNITS_MAX: usize = 500_000;
/// Members of a container, in all depths, that are looked at. Own bound: a submission may have 64 components.
pub(super) const MEMBERS_MAX: usize = 2_000;
/// Bytes of the path of a member; a longer one is cut. That of a component has the same bound.
pub(super) const PATH_BYTES_MAX: usize = crate::limits::PATH_BYTES_MAX;
/// What all members of a container may unpack to. Own bound: four times the content of a record, in memory one by one.
pub(super) const UNPACKED_MAX: u64 = 256 * 1024 * 1024;
/// What one member may unpack to. Own bound: twice the content of a record.
pub(super) const MEMBER_MAX: u64 = 128 * 1024 * 1024;
/// How much more than its packed size a member may unpack to. Own bound: the XML of workbooks deflates to a 20th.
const RATIO_MAX: u64 = 100;
/// Unpacked bytes for which no ratio is asked: what small files of blanks reach. Own bound.
const RATIO_FLOOR: u64 = 16 * 1024 * 1024;

/// What is passed on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// What follows is of this member; of the document itself when empty.
    Path(&'a str),
    /// A unit.
    Unit(Option<u32>, &'a str),
    /// A member that gave no text, or not all.
    Member(&'a str, Outcome, Option<Reason>),
    /// The member is done: what was passed on must not wait.
    Flush,
}

/// Takes the text of one document.
pub(super) struct Sink<'a> {
    to: &'a mut dyn FnMut(Piece<'_>) -> io::Result<()>,
    path: Option<Arc<str>>,
    bytes: usize,
    units: usize,
    /// Units of the member at hand.
    of_member: usize,
    members: usize,
    unpacked: u64,
    cut: bool,
    /// Nothing more can be passed on.
    is_full: bool,
    clean: String,
}

impl<'a> Sink<'a> {
    /// One that passes on to `to`.
    pub(super) fn new(to: &'a mut dyn FnMut(Piece<'_>) -> io::Result<()>) -> Self {
        Self {
            to,
            path: None,
            bytes: 0,
            units: 0,
            of_member: 0,
            members: 0,
            unpacked: 0,
            cut: false,
            is_full: false,
            clean: String::new(),
        }
    }

    /// Takes a paragraph or a row. False: nothing more will be taken.
    pub(super) fn put(&mut self, page: Option<u32>, raw: &str) -> bool {
        let mut clean = std::mem::take(&mut self.clean);
        clean.clear();
        tidy(raw, &mut clean);
        let mut rest = clean.as_str();
        while !rest.is_empty() && !self.is_full {
            let (part, behind) = split(rest);
            rest = behind;
            if self.bytes + part.len() > TEXT_BYTES_MAX || self.units == UNITS_MAX {
                (self.cut, self.is_full) = (true, true);
                break;
            }
            self.bytes += part.len();
            self.units += 1;
            self.of_member += 1;
            // Nobody reads any more: there is nothing left to do for this document.
            self.is_full = (self.to)(Piece::Unit(page, part)).is_err();
        }
        self.clean = clean;
        !self.is_full
    }

    /// Each line as a unit.
    pub(super) fn put_lines(&mut self, page: Option<u32>, text: &str) -> bool {
        text.split(['\n', '\r', '\u{c}', '\u{2029}']).all(|line| self.put(page, line))
    }

    /// What was put must not wait: what comes next may take long.
    pub(super) fn flush(&mut self) {
        self.pass(Piece::Flush);
    }

    /// Says that text is missing.
    pub(super) fn note_cut(&mut self) {
        self.cut = true;
    }

    /// Whether text is missing.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether the text is more than what is taken of one document.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether the document or member at hand has given text.
    pub(super) fn has_text(&self) -> bool {
        self.of_member > 0
    }

    /// What a member with these packed bytes may unpack to now.
    pub(super) fn allowance(&self, packed: u64) -> u64 {
        let by_ratio = packed.saturating_mul(RATIO_MAX).max(RATIO_FLOOR);
        by_ratio.min(MEMBER_MAX).min(UNPACKED_MAX.saturating_sub(self.unpacked))
    }

    /// Counts what was unpacked.
    pub(super) fn note_unpacked(&mut self, bytes: u64) {
        self.unpacked = self.unpacked.saturating_add(bytes);
    }

    /// Counts a member. False: one too many.
    pub(super) fn admit_member(&mut self) -> bool {
        self.members += 1;
        if self.members > MEMBERS_MAX {
            self.cut = true;
        }
        self.members <= MEMBERS_MAX
    }

    /// Reads a member by `read` and says what came of it.
    pub(super) fn member(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> (Outcome, Option<Reason>),
    ) -> (Outcome, Option<Reason>) {
        let outer = self.path.clone();
        let path: Arc<str> = joined(outer.as_deref(), name).into();
        let units = std::mem::replace(&mut self.of_member, 0);
        self.path = Some(path.clone());
        self.pass(Piece::Path(&path));
        let (outcome, reason) = read(self);
        self.cut |= matches!(outcome, Outcome::Limit | Outcome::Failed);
        if outcome != Outcome::Text {
            self.pass(Piece::Member(&path, outcome, reason));
        }
        self.pass(Piece::Path(outer.as_deref().unwrap_or_default()));
        self.pass(Piece::Flush);
        self.path = outer;
        self.of_member += units;
        (outcome, reason)
    }

    fn pass(&mut self, piece: Piece<'_>) {
        self.is_full |= (self.to)(piece).is_err();
    }
}

/// The path of a member, within the bound.
fn joined(outer: Option<&str>, name: &str) -> String {
    let mut path = outer.map(|outer| format!("{outer}/")).unwrap_or_default();
    path.extend(name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
    path.truncate(path.floor_char_boundary(PATH_BYTES_MAX));
    path
}

/// Single blanks, no control characters, nothing that is not seen and would part a word in two.
fn tidy(raw: &str, clean: &mut String) {
    for c in raw.chars() {
        match c {
            // Soft hyphen, zero-width space and joiners, byte-order mark; noncharacters.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => {}
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_whitespace() || c.is_control() => {
                if !clean.is_empty() && !clean.ends_with(' ') {
                    clean.push(' ');
                }
            }
            c => clean.push(c),
        }
    }
    clean.truncate(clean.trim_end().len());
}

/// The first unit of a clean text, and what is behind it: at a blank where there is one.
fn split(text: &str) -> (&str, &str) {
    if text.len() <= UNIT_BYTES_MAX {
        return (text, "");
    }
    let end = text.floor_char_boundary(UNIT_BYTES_MAX);
    let blank = text[..end].rfind(' ').filter(|at| *at > 0).unwrap_or(end);
    (&text[..blank], text[blank..].trim_start())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::extracted::{Member, Unit};

    /// What a reader puts into a sink.
    #[derive(Debug, Default)]
    pub(in crate::extract) struct Got {
        pub(in crate::extract) units: Vec<Unit>,
        pub(in crate::extract) members: Vec<Member>,
        pub(in crate::extract) cut: bool,
    }

    impl Got {
        pub(in crate::extract) fn texts(&self) -> Vec<&str> {
            self.units.iter().map(|unit| unit.text.as_str()).collect()
        }
    }

    pub(in crate::extract) fn collect<T>(read: impl FnOnce(&mut Sink<'_>) -> T) -> (T, Got) {
        let (mut got, mut path) = (Got::default(), None::<Arc<str>>);
        let mut cut = false;
        let mut to = |piece: Piece<'_>| {
            match piece {
                Piece::Path("") => path = None,
                Piece::Path(at) => path = Some(at.into()),
                Piece::Unit(page, text) => {
                    got.units.push(Unit { path: path.clone(), page, text: text.to_owned() });
                }
                Piece::Member(path, outcome, reason) => {
                    got.members.push(Member { path: path.into(), outcome, reason });
                }
                Piece::Flush => {}
            }
            Ok(())
        };
        let mut sink = Sink::new(&mut to);
        let result = read(&mut sink);
        cut |= sink.is_cut();
        got.cut = cut;
        (result, got)
    }

    #[test]
    fn text_is_cleaned_and_cut_at_words() {
        let long = "сөз ".repeat(3000);
        let ((), got) = collect(|sink| {
            assert!(sink.put(Some(2), "  а\u{a0}\tб\u{0}в\u{ad}г\u{200b}д \r\n"));
            assert!(sink.put(None, " \t\u{feff} "));
            assert!(sink.put(None, &long));
            assert!(sink.put(None, &"ә".repeat(UNIT_BYTES_MAX)));
        });
        assert_eq!((got.units[0].text.as_str(), got.units[0].page), ("а б вгд", Some(2)));
        let words: usize = got.units[1..].iter().map(|unit| unit.text.matches("сөз").count()).sum();
        assert_eq!(words, 3000);
        for unit in &got.units {
            assert!(unit.text.len() <= UNIT_BYTES_MAX && unit.text.trim() == unit.text && !unit.text.is_empty());
        }
        assert_eq!(got.units[1..].iter().map(|unit| unit.text.matches('ә').count()).sum::<usize>(), UNIT_BYTES_MAX);
        assert!(!got.cut);
    }

    #[test]
    fn more_than_the_bounds_is_cut_and_said() {
        let (taken, got) = collect(|sink| (0..UNITS_MAX + 2).filter(|_| sink.put(None, "а")).count());
        assert!(got.cut && got.units.len() == UNITS_MAX && taken == UNITS_MAX);
        let block = "а".repeat(UNIT_BYTES_MAX / 2);
        let ((), got) = collect(|sink| while sink.put(None, &block) {});
        assert!(got.cut && got.units.len() * UNIT_BYTES_MAX == TEXT_BYTES_MAX);
    }

    #[test]
    fn paths_of_members_are_nested_bounded_and_left_again() {
        let ((), got) = collect(|sink| {
            sink.put(None, "до");
            sink.member("a.zip", |sink| {
                sink.member("б\u{1}.docx", |sink| {
                    sink.put(None, "ішінде");
                    (Outcome::Text, None)
                })
            });
            sink.member(&"ү".repeat(5000), |_| (Outcome::Encrypted, None));
            sink.put(None, "кейін");
        });
        let paths: Vec<Option<&str>> = got.units.iter().map(|unit| unit.path.as_deref()).collect();
        assert_eq!(paths, [None, Some("a.zip/б\u{fffd}.docx"), None]);
        assert_eq!(got.members.len(), 1);
        assert!(got.members[0].path.len() <= PATH_BYTES_MAX && got.members[0].outcome == Outcome::Encrypted);
    }

    #[test]
    fn a_member_may_unpack_to_what_its_packed_size_allows_and_all_of_them_to_a_sum() {
        let ((), _) = collect(|sink| {
            assert_eq!(sink.allowance(0), RATIO_FLOOR);
            assert_eq!(sink.allowance(1024 * 1024), 100 * 1024 * 1024);
            assert_eq!(sink.allowance(u64::MAX), MEMBER_MAX);
            sink.note_unpacked(UNPACKED_MAX - 5);
            assert_eq!(sink.allowance(u64::MAX), 5);
            assert_eq!((0..MEMBERS_MAX + 7).filter(|_| sink.admit_member()).count(), MEMBERS_MAX);
            assert!(sink.is_cut());
        });
    }
}
