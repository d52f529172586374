//! Cross-reference sections of a PDF file: the way into it from its end, and back from update to update
//! (ISO 32000-1, 7.5).
//!
//! They tell whether a file is cut off, damaged or encrypted. They do not tell where its objects are: those are found
//! without them, by their [`Marks`].

use super::super::Look;
use super::foreign::{find_after_end, find_zip};
use super::input::len64;
use super::lexer::{Scanner, Token};
use super::marks::Marks;
use super::objects::{Facts, Kind};
use crate::error::ErrorCode::{FmtDamaged, FmtLoop, FmtOdd, FmtPolyglot, FmtTooComplex};
use memchr::memmem;
use std::collections::BTreeSet;
use std::io;

/// Where the last `startxref` is looked for. Own bound: readers look at the last KiB, some at more.
const END_BYTES: usize = 64 * 1024;
/// How far beside the place it names a cross-reference section is still found. Own bound: a header edited by hand.
const OFF_BY_BYTES: u64 = 64;
/// Cross-reference sections of one file, one for each update. Own bound.
const SECTIONS_MAX: usize = 10_000;

/// Trailers that are looked at for encryption. Own bound: one for each update, and nobody saves a document so often.
const TRAILERS_MAX: usize = 1_000;

/// What the end of the file leads to.
pub(super) struct End {
    /// Whether the section in force says that the file is encrypted; none when no section was found.
    pub(super) encrypted: Option<bool>,
}

/// A cross-reference section that was found.
struct CrossReferences {
    facts: Facts,
    /// Offset after the word `xref`, when it is a table.
    table: Option<u64>,
}

impl End {
    /// Follows the last `startxref` (7.5.5). Only the last counts: a linearised file has one near its beginning, which
    /// is all that is left when such a file is cut off.
    pub(super) fn read(scanner: &mut Scanner<'_, '_>, marks: &Marks, header: u64, look: &mut Look) -> io::Result<Self> {
        let size = scanner.input.size;
        let tail_at = size.saturating_sub(len64(END_BYTES));
        let tail = scanner.input.bytes_at(tail_at, END_BYTES)?;
        find_zip(&tail, scanner.input.size, scanner, look)?;
        let Some(start) = memmem::rfind(&tail, b"startxref") else {
            look.find(FmtDamaged, "", "no startxref in the last 64 KiB");
            return Self::without_sections(scanner, marks, look);
        };
        let start_at = tail_at + len64(start);
        let after = &tail[start + 9..];
        find_after_end(after, look);
        if marks.objects.iter().rev().take_while(|mark| mark.start > start_at).any(|mark| mark.number.is_some()) {
            look.find(FmtDamaged, "", "objects follow the last startxref: the last update is cut off");
        }
        scanner.seek(start_at + 9);
        let Token::Int(stated) = scanner.token()? else {
            look.find(FmtDamaged, "", "startxref without a number");
            return Self::without_sections(scanner, marks, look);
        };
        let mut exact = true;
        let mut found = None;
        // Offsets count from the header (ISO 32000-2, 7.5.2), in a file that was appended whole from its own; in files
        // with junk before the header often from their beginning.
        let bases = [marks.last_header, header, 0];
        for base in bases {
            if found.is_none()
                && let Some(at) = base.checked_add(stated)
                && let Some(section) = CrossReferences::at(scanner, marks, at)?
            {
                found = Some((base, at, section));
            }
        }
        if found.is_none()
            && let Some(at) = header.checked_add(stated)
            && let Some((near, section)) = CrossReferences::near(scanner, marks, at)?
        {
            look.find(FmtOdd, "", format!("startxref {stated} misses its section, which is at {near}"));
            found = Some((header, near, section));
            exact = false;
        }
        let Some((base, at, section)) = found else {
            look.find(FmtDamaged, "", format!("startxref {stated} leads to no cross-reference section"));
            return Self::without_sections(scanner, marks, look);
        };
        if base > header {
            look.find(FmtPolyglot, "", format!("another whole PDF begins at {base}"));
        }
        if let Some(table) = section.table {
            match check_table(scanner, marks, table, base)? {
                (_, 0) => {}
                // A file that was edited by hand has its table beside its place, and what it names too: readers make a
                // new one. A table in its place that is wrong throughout says that what it names is gone.
                (0, _) if exact => {
                    look.find(FmtDamaged, "", "no entry of the cross-reference table leads to an object");
                }
                (_, wrong) => {
                    look.find(FmtOdd, "", format!("{wrong} entries of the cross-reference table lead to no object"));
                }
            }
        }
        // Any trailer counts, not only the one that is found for the section in force: one in a comment must not hide
        // the real one behind it, and no update takes encryption away.
        let encrypted = section.facts.encrypt || Self::some_trailer_encrypts(scanner, marks, look)?;
        follow_updates(scanner, marks, base, at, section, look)?;
        Ok(Self { encrypted: Some(encrypted) })
    }

    fn some_trailer_encrypts(scanner: &mut Scanner<'_, '_>, marks: &Marks, look: &mut Look) -> io::Result<bool> {
        if marks.trailers.len() > TRAILERS_MAX {
            look.find(FmtTooComplex, "", format!("more than {TRAILERS_MAX} trailers"));
        }
        for &trailer in marks.trailers.iter().take(TRAILERS_MAX) {
            scanner.seek(trailer);
            if Facts::walk(scanner)?.encrypt {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Without a section in force, any trailer may say that the file is encrypted.
    fn without_sections(scanner: &mut Scanner<'_, '_>, marks: &Marks, look: &mut Look) -> io::Result<Self> {
        let encrypted = Self::some_trailer_encrypts(scanner, marks, look)?;
        Ok(Self { encrypted: encrypted.then_some(true) })
    }
}

impl CrossReferences {
    /// The section at `at`: a table with its trailer, or a stream.
    fn at(scanner: &mut Scanner<'_, '_>, marks: &Marks, at: u64) -> io::Result<Option<Self>> {
        if at >= scanner.input.size {
            return Ok(None);
        }
        scanner.seek(at);
        if scanner.follows(b"xref")? {
            let table = scanner.at();
            let next = marks.trailers.partition_point(|&trailer| trailer < table);
            let Some(&trailer) = marks.trailers.get(next) else { return Ok(None) };
            scanner.seek(trailer);
            return Ok(Some(Self { facts: Facts::walk(scanner)?, table: Some(table) }));
        }
        if !marks.begins_at(at) {
            return Ok(None);
        }
        let next = marks.objects.partition_point(|mark| mark.start < at);
        let Some(mark) = marks.objects.get(next) else { return Ok(None) };
        scanner.seek(mark.body);
        let facts = Facts::walk(scanner)?;
        Ok((facts.kind == Kind::CrossReference).then_some(Self { facts, table: None }))
    }

    /// A section a few bytes beside `at`, and where.
    fn near(scanner: &mut Scanner<'_, '_>, marks: &Marks, at: u64) -> io::Result<Option<(u64, Self)>> {
        let from = at.saturating_sub(OFF_BY_BYTES);
        let region = scanner.input.bytes_at(from, 2 * usize::try_from(OFF_BY_BYTES).unwrap_or(0))?;
        for hit in memmem::find_iter(&region, b"xref") {
            if region[..hit].ends_with(b"start") {
                continue;
            }
            let near = from + len64(hit);
            if let Some(section) = Self::at(scanner, marks, near)? {
                return Ok(Some((near, section)));
            }
        }
        let first = marks.objects.partition_point(|mark| mark.start < from);
        for mark in marks.objects[first..].iter().take_while(|mark| mark.start <= at.saturating_add(OFF_BY_BYTES)) {
            if let Some(section) = Self::at(scanner, marks, mark.start)? {
                return Ok(Some((mark.start, section)));
            }
        }
        Ok(None)
    }
}

/// Entries of the table in force that lead to objects, and those that do not (7.5.4).
fn check_table(s: &mut Scanner<'_, '_>, marks: &Marks, table: u64, base: u64) -> io::Result<(u64, u64)> {
    let (mut right, mut wrong) = (0u64, 0u64);
    s.seek(table);
    while let (Token::Int(_), Token::Int(count)) = (s.token()?, s.token()?) {
        for _ in 0..count {
            let (Token::Int(at), Token::Int(_), Token::Word(word)) = (s.token()?, s.token()?, s.token()?) else {
                break;
            };
            // Offset 0 is the header: writers leave it for objects they dropped.
            if word.get() != b"n" || at == 0 {
                continue;
            }
            if marks.begins_at(at) || base.checked_add(at).is_some_and(|at| marks.begins_at(at)) {
                right += 1;
            } else {
                wrong += 1;
            }
        }
    }
    Ok((right, wrong))
}

/// Goes back from update to update (7.5.6).
fn follow_updates(
    scanner: &mut Scanner<'_, '_>,
    marks: &Marks,
    base: u64,
    last: u64,
    last_section: CrossReferences,
    look: &mut Look,
) -> io::Result<()> {
    let mut seen = BTreeSet::from([last]);
    let mut section = last_section;
    while let Some(at) = section.facts.prev.and_then(|prev| base.checked_add(prev)) {
        // Many writers leave a wrong one behind; readers then do without the older objects.
        let Some(next) = CrossReferences::at(scanner, marks, at)? else { break };
        if !seen.insert(at) {
            look.find(FmtLoop, "", "the chain of cross-reference sections goes in a circle");
            break;
        }
        if seen.len() > SECTIONS_MAX {
            look.find(FmtTooComplex, "", format!("more than {SECTIONS_MAX} cross-reference sections"));
            break;
        }
        section = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::made::{PAGE, PAGES, assert_codes, document, file, look_at, noise, stream, zeros};
    use crate::error::ErrorCode::{FmtDamaged, FmtEncrypted, FmtLoop, FmtOdd, FmtPolyglot};
    use memchr::memmem;

    #[test]
    fn a_file_that_ends_early_is_damaged_wherever_it_ends() {
        let whole = document("", &[stream("", &noise(500))]);
        let start = memmem::rfind(&whole, b"startxref").unwrap();
        for length in 12..start {
            let look = look_at(&whole[..length]);
            assert!(look.findings.iter().any(|finding| finding.code == FmtDamaged), "{length}: {:?}", look.findings);
        }
    }

    #[test]
    fn a_linearised_file_that_ends_early_is_damaged() {
        // The first section stands at the beginning, with a startxref of its own.
        let mut bytes = b"%PDF-1.4\n1 0 obj<</Linearized 1/L 900>>endobj\n".to_vec();
        let section = bytes.len();
        bytes.extend(b"xref\n0 1\n0000000000 65535 f \ntrailer<</Root 2 0 R/Prev 0>>\nstartxref\n0\n%%EOF\n");
        bytes.extend(b"2 0 obj<</Type/Catalog/Pages 3 0 R>>endobj\n");
        bytes.extend(b"3 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n");
        assert_codes(&bytes, &[FmtOdd, FmtDamaged]);
        bytes.extend(format!("startxref\n{section}\n%%EOF\n").bytes());
        bytes.resize(900, b' ');
        assert_codes(&bytes, &[]);
    }

    #[test]
    fn small_faults_at_the_end_are_odd() {
        let whole = document("", &[]);
        assert_codes(whole.strip_suffix(b"%%EOF\n").unwrap(), &[FmtOdd]);
        assert_codes(&[&whole[..], b"\r\n \0\0"].concat(), &[]);
        assert_codes(&[&whole[..], b"<!-- served in 0.1 s -->"].concat(), &[FmtOdd]);
        assert_codes(&[&whole[..], b"\nMZ\x90\0"].concat(), &[FmtPolyglot]);
        assert_codes(&[&whole[..], b"\n7 0 obj<</A 1>>"].concat(), &[FmtOdd, FmtDamaged]);
        let text = String::from_utf8(whole).unwrap();
        let (body, end) = text.rsplit_once("startxref\n").unwrap();
        let at: usize = end.lines().next().unwrap().parse().unwrap();
        assert_codes(format!("{body}startxref\n{}\n%%EOF", at - 20).as_bytes(), &[FmtOdd]);
        assert_codes(format!("{body}startxref\n{}\n%%EOF", at * 9).as_bytes(), &[FmtDamaged]);
        assert_codes(format!("{body}startxref\n9\n%%EOF").as_bytes(), &[FmtDamaged]);
    }

    #[test]
    fn a_second_whole_file_is_found() {
        let first = document("", &[]);
        assert_codes(&[&first[..], &first[..]].concat(), &[FmtPolyglot]);
    }

    #[test]
    fn updates_in_a_circle_are_found() {
        let with = |trailer: &str| {
            let objects = ["<</Type/Catalog/Pages 2 0 R>>".into(), PAGES.into(), PAGE.into()];
            file("1.4", &objects, trailer)
        };
        let start = memmem::rfind(&with(""), b"xref\n0").unwrap();
        assert_codes(&with(&format!("/Prev {start:03}")), &[FmtLoop]);
    }

    #[test]
    fn encryption_is_found_in_the_trailer_in_force() {
        let objects =
            ["<</Type/Catalog/Pages 2 0 R>>".into(), PAGES.into(), PAGE.into(), b"<</Filter/Standard>>".to_vec()];
        assert_codes(&file("1.4", &objects, "/Encrypt 4 0 R"), &[FmtEncrypted]);
        assert_codes(&file("1.4", &objects, "/Encrypt null"), &[]);
        let stray = document("", &[b"<</Encrypt 4 0 R>>".to_vec()]);
        assert_codes(&stray, &[]);
        // Nothing is unpacked then, neither scripts nor bombs.
        let mut objects = objects.to_vec();
        objects.push(stream("/Filter/FlateDecode", &zeros(70)));
        assert_codes(&file("1.4", &objects, "/Encrypt 4 0 R"), &[FmtEncrypted]);
    }
}
