//! Marking what was asked for in the text of a unit, and cutting a snippet around the best place.
//!
//! The text is analysed as it was for the index, and a word is marked when a form of it is a form of a word of the
//! question; phrases are marked where they stand side by side. Ranges are bytes of the text that was given, on borders
//! of its characters.
//!
//! It is given texts that whoever asks may see; it reads nothing itself.

use super::analysis::{self, Analyser, Stems};
use super::kazakh;
use super::query::{TextQuery, Word};
use crate::model::fold::Span;
use std::ops::Range;

/// Characters of a snippet.
pub const SNIPPET_CHARS_MAX: usize = 240;
/// Characters before the first mark, so that it is read in its sentence.
const BEFORE_CHARS: usize = 40;
/// Ranges of one text.
pub const MARKS_MAX: usize = 10_000;

/// A question, ready for marking texts.
pub struct Marker {
    analyser: Analyser,
    words: Vec<Wanted>,
    phrases: Vec<Vec<String>>,
}

/// A word with everything that stands for it.
struct Wanted {
    word: Word,
    stems: Stems,
    plain: String,
    is_loose: bool,
    synonyms: Vec<Vec<Stems>>,
}

/// What was asked for in a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marked {
    /// To be marked: bytes of the text, ascending, apart from each other.
    pub ranges: Vec<Range<usize>>,
    /// The best piece.
    pub snippet: Snippet,
}

/// A piece of a text with its marks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snippet {
    /// The piece; white space is single spaces.
    pub text: String,
    /// To be marked: bytes of `text`.
    pub ranges: Vec<Range<usize>>,
    /// Text was left out before it.
    pub is_cut_before: bool,
    /// Text was left out behind it.
    pub is_cut_after: bool,
}

impl Marker {
    /// For a question, and the words of it that the answer says were looked for with a wrong letter.
    pub fn new(query: &TextQuery, loosened: &[String]) -> Self {
        let mut analyser = Analyser::default();
        let texts: Vec<&str> = query.words.iter().map(|word| word.text.as_str()).collect();
        let mut stems = |words: Vec<&str>| words.into_iter().map(|word| analyser.stems(word)).collect::<Vec<_>>();
        let wanted = |(i, word): (usize, &Word)| Wanted {
            stems: stems(vec![&word.text]).pop().unwrap_or_default(),
            plain: kazakh::plain_letters(&word.text),
            is_loose: loosened.contains(&word.text),
            synonyms: analysis::synonyms(&texts[i..]).into_iter().map(&mut stems).collect(),
            word: word.clone(),
        };
        let words = query.words.iter().enumerate().map(wanted).collect();
        Self { analyser, words, phrases: query.phrases.clone() }
    }

    /// Marks a text.
    pub fn mark(&mut self, text: &str) -> Marked {
        let spans = analysis::words(text);
        // Which word of the question each word of the text is; phrases are words behind the last.
        let mut found: Vec<Option<usize>> = vec![None; spans.len()];
        let mut all_stems = Vec::with_capacity(spans.len());
        for (at, span) in spans.iter().enumerate() {
            let stems = self.analyser.stems(&span.word);
            if let Some(i) = self.words.iter().position(|wanted| wanted.is(&span.word, &stems)) {
                found[at] = Some(i);
            }
            all_stems.push(stems);
        }
        self.mark_series(&spans, &all_stems, &mut found);
        let marks: Vec<(Range<usize>, usize)> =
            spans.iter().zip(&found).filter_map(|(span, i)| i.map(|i| (span.range.clone(), i))).collect();
        let mut ranges: Vec<Range<usize>> = marks.iter().map(|(range, _)| range.clone()).collect();
        // Words of one letter-spaced word have one place.
        ranges.dedup();
        ranges.truncate(MARKS_MAX);
        let snippet = snippet(text, &spans, &marks);
        Marked { ranges, snippet }
    }

    /// Marks phrases, and synonyms of several words.
    fn mark_series(&self, spans: &[Span], stems: &[Stems], found: &mut [Option<usize>]) {
        for (i, phrase) in self.phrases.iter().enumerate() {
            mark_each(found, phrase.len(), self.words.len() + i, |at, n| spans[at].word == phrase[n]);
        }
        for (i, wanted) in self.words.iter().enumerate() {
            for spelling in wanted.synonyms.iter().filter(|spelling| spelling.len() > 1) {
                mark_each(found, spelling.len(), i, |at, n| is_form(&stems[at], &spelling[n]));
            }
        }
    }
}

/// Marks every place where `len` words in a row are as `is` says.
fn mark_each(found: &mut [Option<usize>], len: usize, mark: usize, is: impl Fn(usize, usize) -> bool) {
    for at in 0..(found.len() + 1).saturating_sub(len) {
        if (0..len).all(|n| is(at + n, n)) {
            found[at..at + len].iter_mut().for_each(|found| *found = Some(found.unwrap_or(mark)));
        }
    }
}

/// Two words with a stem in common.
fn is_form(a: &Stems, b: &Stems) -> bool {
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    same(&a.kk, &b.kk) || same(&a.ru, &b.ru) || same(&a.en, &b.en)
}

impl Wanted {
    fn is(&self, word: &str, stems: &Stems) -> bool {
        let near = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => is_near(a, b),
            _ => false,
        };
        let begins = || word.starts_with(&self.word.text) || kazakh::plain_letters(word).starts_with(&self.plain);
        self.word.text == word
            || is_form(&self.stems, stems)
            || self.word.is_prefix && begins()
            || self.synonyms.iter().any(|spelling| matches!(spelling.as_slice(), [one] if is_form(one, stems)))
            || self.is_loose
                && (is_near(&self.word.text, word)
                    || near(&self.stems.kk, &stems.kk)
                    || near(&self.stems.ru, &stems.ru)
                    || near(&self.stems.en, &stems.en))
    }
}

/// One letter wrong, missing, too many, or two exchanged.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], []) => true,
        ([_, a @ ..], []) | ([], [_, a @ ..]) => a.is_empty(),
        ([a0, a @ ..], [b0, b @ ..]) => {
            let exchanged = match (a, b) {
                ([a1, a @ ..], [b1, b @ ..]) => a0 == b1 && a1 == b0 && a == b,
                _ => false,
            };
            a == b || exchanged || a == [&[*b0], b].concat() || b == [&[*a0], a].concat()
        }
    }
}

/// The piece with the most different words of the question, and among such the most marks.
fn snippet(text: &str, spans: &[Span], marks: &[(Range<usize>, usize)]) -> Snippet {
    // Places of characters, so that lengths are characters and ranges bytes.
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let char_at = |byte: usize| starts.partition_point(|start| *start < byte);
    let chars = starts.len() - 1;
    let room = SNIPPET_CHARS_MAX - BEFORE_CHARS;
    let mut best = (0, 0, 0);
    let mut last = 0;
    for (first, (range, _)) in marks.iter().enumerate() {
        let end = char_at(range.start) + room;
        last = last.max(first);
        while marks.get(last).is_some_and(|(mark, _)| char_at(mark.end) <= end) {
            last += 1;
        }
        let inside = &marks[first..last];
        let different = inside.iter().fold(0u64, |bits, (_, i)| bits | 1 << (i % 64)).count_ones();
        if (different, inside.len()) > (best.0, best.1) {
            best = (different, inside.len(), first);
        }
    }
    let anchor = marks.get(best.2).map_or(0, |(range, _)| char_at(range.start));
    let mut from = anchor.saturating_sub(BEFORE_CHARS).min(chars.saturating_sub(SNIPPET_CHARS_MAX));
    let mut to = (from + SNIPPET_CHARS_MAX).min(chars);
    // Whole words, unless one word is longer than the piece.
    let border =
        |char: usize| spans.iter().find(|span| span.range.start < starts[char] && starts[char] < span.range.end);
    if let Some(word) = border(from) {
        let end = char_at(word.range.end);
        from = if end <= anchor.max(from) || anchor == 0 { end.min(to) } else { from };
    }
    if to < chars
        && let Some(word) = border(to)
    {
        let start = char_at(word.range.start);
        to = if start > anchor { start.max(from) } else { to };
    }
    piece(text, starts[from]..starts[to], marks)
}

/// A piece of the text with single spaces, and its marks.
fn piece(text: &str, range: Range<usize>, marks: &[(Range<usize>, usize)]) -> Snippet {
    let mut out = String::new();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut marks =
        marks.iter().map(|(mark, _)| mark).filter(|mark| range.start <= mark.start && mark.end <= range.end);
    let mut mark = marks.next();
    let mut began = None;
    for (at, c) in text[range.clone()].char_indices() {
        let at = range.start + at;
        if mark.is_some_and(|mark| at == mark.start) {
            began = Some(out.len());
        }
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        while let Some(done) = mark.filter(|mark| mark.end <= at + c.len_utf8()) {
            if let Some(began) = began.take() {
                ranges.push(began..out.len());
            }
            mark = marks.find(|next| next.start >= done.end);
        }
    }
    let kept = out.trim_end().len();
    out.truncate(kept);
    Snippet {
        text: out,
        ranges,
        is_cut_before: !text[..range.start].trim().is_empty(),
        is_cut_after: !text[range.end..].trim().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'t>(query: &str, text: &'t str) -> Vec<&'t str> {
        let query = TextQuery::parse(query).unwrap();
        Marker::new(&query, &[]).mark(text).ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_are_marked_in_every_form_that_finds_them() {
        let text = "Резервтiк КӨШІРМЕЛЕРІН жасау; көшірме, криптографиялық қорғау. Документы архива.";
        assert_eq!(marked("резервтік көшірменің ", text), ["Резервтiк", "КӨШІРМЕЛЕРІН", "көшірме"]);
        assert_eq!(marked("крипто", text), ["криптографиялық"]);
        assert_eq!(marked("документ ", text), ["Документы"]);
        assert_eq!(marked("мұрағат ", text), ["архива"]);
        assert_eq!(marked("\"криптографиялық қорғау\"", text), ["криптографиялық", "қорғау"]);
        assert_eq!(marked("\"қорғау криптографиялық\"", text), [""; 0]);
        assert_eq!(marked("сервер ", text), [""; 0]);
    }

    #[test]
    fn letter_spaced_words_synonym_phrases_and_slips_are_marked() {
        assert_eq!(marked("қазақстан ", "Қ а з а қ с т а н  Премьер-Министрі"), ["Қ а з а қ с т а н"]);
        let text = "электрондық цифрлық қолтаңбаны тексеру";
        assert_eq!(marked("ЭЦҚ", text), ["электрондық", "цифрлық", "қолтаңбаны"]);
        let query = TextQuery::parse("тексрру ").unwrap();
        let marked = Marker::new(&query, &["тексрру".to_owned()]).mark(text);
        assert_eq!(&text[marked.ranges[0].clone()], "тексеру");
    }

    #[test]
    fn one_letter_is_near_and_two_are_not() {
        for (a, b) in [("хат", "хат"), ("хат", "хот"), ("хат", "хаат"), ("хат", "ха"), ("хат", "аха"), ("хат", "хта")]
        {
            assert_eq!(is_near(a, b), (a, b) != ("хат", "аха"), "{a} {b}");
            assert_eq!(is_near(b, a), (a, b) != ("хат", "аха"), "{b} {a}");
        }
        assert!(!is_near("хат", "хоо") && !is_near("хат", "х") && is_near("", "х") && is_near("", ""));
    }

    #[test]
    fn a_snippet_is_the_piece_with_the_most_words_asked_for() {
        let filler = "мәтін ".repeat(100);
        let text = format!("Резервтік қуат. {filler}\n\nРезервтік   көшірме  жасау. {filler}");
        let query = TextQuery::parse("резервтік көшірме ").unwrap();
        let Marked { ranges, snippet } = Marker::new(&query, &[]).mark(&text);
        assert_eq!(ranges.len(), 3);
        let words: Vec<&str> = snippet.ranges.iter().map(|range| &snippet.text[range.clone()]).collect();
        assert_eq!(words, ["Резервтік", "көшірме"]);
        assert!(snippet.text.contains("Резервтік көшірме жасау."), "{}", snippet.text);
        assert!(snippet.is_cut_before && snippet.is_cut_after);
        assert!(snippet.text.chars().count() <= SNIPPET_CHARS_MAX);
        assert!(snippet.text.split(' ').all(|word| word.is_empty() || text.split_whitespace().any(|w| w == word)));
        let short = Marker::new(&query, &[]).mark("Жоспар");
        assert_eq!(
            (short.snippet.text.as_str(), short.snippet.is_cut_before, short.snippet.is_cut_after),
            ("Жоспар", false, false)
        );
        assert_eq!(Marker::new(&query, &[]).mark(""), Marked::default());
        let long = "қ".repeat(1_000);
        assert_eq!(Marker::new(&query, &[]).mark(&long).snippet.text.chars().count(), SNIPPET_CHARS_MAX);
    }

    #[test]
    fn long_texts_take_linear_time() {
        let text = "резервтік көшірме жасау ".repeat(40_000);
        let query = TextQuery::parse("резервтік көшірме ").unwrap();
        assert_eq!(Marker::new(&query, &[]).mark(&text).ranges.len(), MARKS_MAX);
    }
}
