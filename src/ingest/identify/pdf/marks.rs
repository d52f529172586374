//! Marks of a PDF file: where its objects, its trailers and its header begin (ISO 32000-1, 7.3.10 and 7.5).
//!
//! The cross-reference table is not trusted: [`marks`] finds every `obj` in the raw bytes, also inside strings,
//! comments and streams, where a table could point a reader to something a plain scan would miss.

use super::input::{Input, len64};
use super::lexer::is_space;
use memchr::memmem::Finder;
use std::io;

/// Objects of one file, those in object streams included. Own bound: a book of a thousand pages has 100,000.
pub(super) const OBJECTS_MAX: usize = 1_000_000;
/// Block of the file that marks are searched in.
const BLOCK_BYTES: usize = 256 * 1024;
/// Bytes of a block kept before the next one, so that a mark with its numbers is seen whole.
const OVERLAP_BYTES: usize = 64;

/// Where an object begins, by its `N G obj`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Offset of its number.
    pub(super) start: u64,
    /// Offset after `obj`.
    pub(super) body: u64,
    /// Its number; none when what stands before `obj` is no pair of numbers.
    pub(super) number: Option<u32>,
}

/// What the raw bytes of the file show.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// All objects, by offset.
    pub(super) objects: Vec<Mark>,
    /// Offsets after each `trailer`.
    pub(super) trailers: Vec<u64>,
    /// The last `%PDF-`.
    pub(super) last_header: u64,
    /// Whether there were more objects than [`OBJECTS_MAX`].
    pub(super) too_many: bool,
    /// Places in `objects` by number, then offset.
    by_number: Vec<u32>,
}

impl Marks {
    /// The last object of that number: an update of a file is appended to it (7.5.6).
    pub(super) fn find(&self, number: u32) -> Option<&Mark> {
        let mark = |place: u32| usize::try_from(place).ok().and_then(|place| self.objects.get(place));
        let after = self.by_number.partition_point(|&place| mark(place).and_then(|m| m.number) <= Some(number));
        let found = mark(*self.by_number.get(after.checked_sub(1)?)?)?;
        (found.number == Some(number)).then_some(found)
    }

    /// Whether an object begins at `at`, or a few bytes of white space later.
    pub(super) fn begins_at(&self, at: u64) -> bool {
        let after = self.objects.partition_point(|mark| mark.start < at);
        self.objects.get(after).is_some_and(|mark| mark.start - at <= 4)
    }
}

/// Finds every mark in the raw bytes of the file.
pub(super) fn marks(input: &mut Input<'_>) -> io::Result<Marks> {
    let object = Finder::new(b"obj");
    let trailer = Finder::new(b"trailer");
    let header = Finder::new(b"%PDF-");
    let mut marks = Marks::default();
    let mut block = Vec::with_capacity(BLOCK_BYTES + OVERLAP_BYTES);
    let mut at = 0;
    // Hits that end before this place of the block were counted in the block before.
    let mut known = 0;
    loop {
        block.resize(known + BLOCK_BYTES, 0);
        let read = input.read_at(at, &mut block[known..])?;
        block.truncate(known + read);
        if read == 0 {
            break;
        }
        let base = at - len64(known);
        for hit in object.find_iter(&block).filter(|hit| hit + 3 > known) {
            // Neither `endobj` nor `object` is one.
            let before = hit.checked_sub(1).and_then(|before| block.get(before));
            if before.is_some_and(u8::is_ascii_alphabetic) || block.get(hit + 3).is_some_and(u8::is_ascii_alphabetic) {
                continue;
            }
            if marks.objects.len() == OBJECTS_MAX {
                marks.too_many = true;
                break;
            }
            let (start, number) = number_before(&block[..hit]);
            let body = base + len64(hit + 3);
            marks.objects.push(Mark { start: base + len64(start), body, number });
        }
        let ends = trailer.find_iter(&block).map(|hit| hit + 7).filter(|&end| end > known);
        let left = OBJECTS_MAX - marks.trailers.len();
        marks.trailers.extend(ends.map(|end| base + len64(end)).take(left));
        if let Some(hit) = header.find_iter(&block).last() {
            marks.last_header = base + len64(hit);
        }
        at += len64(read);
        let keep = block.len().min(OVERLAP_BYTES);
        block.drain(..block.len() - keep);
        known = keep;
    }
    // Cannot fail: there are at most OBJECTS_MAX of them.
    marks.by_number = (0..u32::try_from(marks.objects.len()).unwrap_or(0)).collect();
    let objects = &marks.objects;
    let number = |place: &u32| usize::try_from(*place).ok().and_then(|place| objects.get(place)?.number);
    // Stable: objects of one number stay in the order of the file.
    marks.by_number.sort_by_key(number);
    Ok(marks)
}

/// The object number in `N G ` at the end of `before`, and where it begins.
fn number_before(before: &[u8]) -> (usize, Option<u32>) {
    let spaces = |end: usize| before[..end].iter().rposition(|b| !is_space(*b)).map_or(0, |last| last + 1);
    let digits = |end: usize| before[..end].iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |last| last + 1);
    let generation_end = spaces(before.len());
    let generation = digits(generation_end);
    let number_end = spaces(generation);
    let number = digits(number_end);
    if generation == generation_end || number_end == generation || number == number_end {
        return (before.len(), None);
    }
    let text = std::str::from_utf8(&before[number..number_end]).ok();
    (number, text.and_then(|text| text.parse().ok()))
}

/// Names the object, when its number is known.
pub(super) fn of(number: Option<u32>) -> String {
    number.map_or(String::new(), |number| format!(" (object {number})"))
}

#[cfg(test)]
mod tests {
    use super::super::super::Budget;
    use super::*;
    use std::io::Cursor;

    #[test]
    fn marks_are_found_once_across_blocks() {
        for shift in 0..16 {
            let mut bytes = vec![b' '; BLOCK_BYTES - shift];
            bytes.extend(b" 12 0 obj endobj trailer object 7 obj");
            let mut source = Cursor::new(&bytes);
            let mut budget = Budget::default();
            let mut input = Input::new(&mut source, len64(bytes.len()), &mut budget);
            let marks = marks(&mut input).unwrap();
            let numbers: Vec<_> = marks.objects.iter().map(|mark| mark.number).collect();
            assert_eq!(numbers, [Some(12), None], "{shift}");
            assert_eq!(marks.objects[0].start, len64(BLOCK_BYTES - shift + 1));
            assert_eq!(marks.trailers.len(), 1);
            assert_eq!(marks.find(12).map(|mark| mark.body), Some(marks.objects[0].body));
            assert!(marks.find(11).is_none() && marks.find(13).is_none());
        }
    }
}
