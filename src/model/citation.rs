//! The archival citation of a file or a document: fonds, inventory, file, and the document's number in its file.
//!
//! «Қ.123 Т.4 І.56», with a document «Қ.123 Т.4 І.56 Құ.3»; in Russian «Ф.123 Оп.4 Д.56 Док.3», in English
//! `F.123 I.4 U.56 D.3`. The words before the numbers are those of archives (қор, тізімдеме, іс; фонд, опись, дело;
//! fonds, inventory, unit); that of the document is this archive's own, because archives cite sheets of paper.
//!
//! Invariants
//!   - Every form that is printed reads back as the same citation, and so do all three languages.
//!   - Letters may be small or capital, Latin or Cyrillic look-alikes; full stops, commas and spaces are free. Nothing
//!     else may stand there, and a number is never put together from two.

use super::fold;
use crate::text::Lang;
use std::fmt;
use std::str::FromStr;

/// Where a file or a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    /// Number of the fonds.
    pub fonds: u32,
    /// Number of the inventory in it.
    pub inventory: u32,
    /// Number of the file in the inventory.
    pub unit: u32,
    /// Number of the document in the file; none: the file itself.
    pub document: Option<u32>,
}

/// A text that is no citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no citation: «Қ.123 Т.4 І.56», «Ф.123 Оп.4 Д.56» or \"F.123 I.4 U.56\" is wanted, numbers from 1")]
pub struct ParseCitationError;

/// What stands before the numbers, in each language.
const MARKS: [(Lang, [&str; 4]); 3] =
    [(Lang::Kk, ["Қ", "Т", "І", "Құ"]), (Lang::Ru, ["Ф", "Оп", "Д", "Док"]), (Lang::En, ["F", "I", "U", "D"])];

impl Citation {
    /// As it is written in `lang`.
    pub fn text(&self, lang: Lang) -> String {
        let [fonds, inventory, unit, document] = marks(lang);
        let mut text = format!("{fonds}.{} {inventory}.{} {unit}.{}", self.fonds, self.inventory, self.unit);
        if let Some(number) = self.document {
            text.push_str(&format!(" {document}.{number}"));
        }
        text
    }
}

fn marks(lang: Lang) -> [&'static str; 4] {
    let [first, ..] = MARKS;
    MARKS.into_iter().find(|(other, _)| *other == lang).unwrap_or(first).1
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::Kk))
    }
}

impl FromStr for Citation {
    type Err = ParseCitationError;

    fn from_str(text: &str) -> Result<Self, ParseCitationError> {
        if !text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '.' | ',')) {
            return Err(ParseCitationError);
        }
        let words = fold::words(text);
        let runs: Vec<&str> = words.iter().flat_map(|word| runs(word)).collect();
        let (pairs, rest) = runs.as_chunks::<2>();
        if !rest.is_empty() || !(3..=4).contains(&pairs.len()) {
            return Err(ParseCitationError);
        }
        let is_of =
            |marks: &[&str; 4]| pairs.iter().zip(marks).all(|([mark, _], wanted)| folded(mark) == folded(wanted));
        if !MARKS.iter().any(|(_, marks)| is_of(marks)) {
            return Err(ParseCitationError);
        }
        let mut numbers = pairs.iter().map(|[_, number]| number_of(number));
        let mut next = || numbers.next().unwrap_or(Err(ParseCitationError));
        let (fonds, inventory, unit) = (next()?, next()?, next()?);
        Ok(Self { fonds, inventory, unit, document: numbers.next().transpose()? })
    }
}

fn number_of(digits: &str) -> Result<u32, ParseCitationError> {
    digits.parse().ok().filter(|number| *number > 0).ok_or(ParseCitationError)
}

/// A folded word as runs of digits and of what is no digit.
fn runs(word: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        runs.push(run);
        rest = after;
    }
    runs
}

/// A mark in one spelling: alone it may have been read as Latin, and `І` as a Roman one.
fn folded(mark: &str) -> String {
    mark.chars().flat_map(char::to_lowercase).map(fold::cyrillic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Citation = Citation { fonds: 123, inventory: 4, unit: 56, document: None };
    const DOCUMENT: Citation = Citation { document: Some(3), ..FILE };

    #[test]
    fn it_is_written_in_three_languages_and_reads_back() {
        assert_eq!(FILE.to_string(), "Қ.123 Т.4 І.56");
        assert_eq!(DOCUMENT.to_string(), "Қ.123 Т.4 І.56 Құ.3");
        assert_eq!(FILE.text(Lang::Ru), "Ф.123 Оп.4 Д.56");
        assert_eq!(DOCUMENT.text(Lang::Ru), "Ф.123 Оп.4 Д.56 Док.3");
        assert_eq!(FILE.text(Lang::En), "F.123 I.4 U.56");
        assert_eq!(DOCUMENT.text(Lang::En), "F.123 I.4 U.56 D.3");
        let largest = Citation { fonds: u32::MAX, inventory: 1, unit: u32::MAX, document: Some(1) };
        for citation in [FILE, DOCUMENT, largest] {
            for (lang, _) in MARKS {
                assert_eq!(citation.text(lang).parse(), Ok(citation));
            }
        }
    }

    #[test]
    fn look_alikes_case_and_spaces_are_free() {
        // Latin T and I, Cyrillic І; small letters; no spaces, many, commas.
        for text in [
            "Қ.123 T.4 I.56",
            "қ.123 т.4 і.56",
            "Қ123Т4І56",
            "  Қ. 123,  Т. 4,\u{a0}І. 56 ",
            "Ф.123 Oп.4 Д.56",
            "ф123 оп4 д56",
            "f.123, i.4, u.56",
            "F.0123 І.4 U.56",
        ] {
            assert_eq!(text.parse(), Ok(FILE), "{text}");
        }
        for text in ["Қ.123 Т.4 І.56 ҚҰ.3", "Ф.123 ОП.4 Д.56 док 3", "F123I4U56D3"] {
            assert_eq!(text.parse(), Ok(DOCUMENT), "{text}");
        }
    }

    #[test]
    fn what_is_almost_a_citation_is_none() {
        for text in [
            "",
            "Қ.123",
            "Қ.123 Т.4",
            "Қ.123 Т.4 І.",
            "Қ.0 Т.4 І.56",
            "Қ.123 Т.4 І.0",
            "Қ.4294967296 Т.4 І.56",
            "Қ.12 3 Т.4 І.56",
            "Қ.12-3 Т.4 І.56",
            "Қ.123/Т.4/І.56",
            "Т.4 Қ.123 І.56",
            "Ф.123 Т.4 І.56",
            "Қ.123 Т.4 І.56 Д.3",
            "Қ.123 Т.4 І.56 Құ.3 Құ.4",
            "Қ.123 Т.4 І.56 Құ",
            "Қ.123 Т.4 І.56а",
            "123 4 56",
            "бұйрық 15-қ",
        ] {
            assert_eq!(text.parse::<Citation>(), Err(ParseCitationError), "{text}");
        }
    }
}
