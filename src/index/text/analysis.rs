//! One analysis of text for what is indexed, what is asked and what is marked, so that the three differ only together.
//!
//! Words are those of [`fold`], with the places where they stand. Each word is kept as it is and,
//! by its letters, in up to three stems:
//!
//! | word | Kazakh stem | Russian stem | English stem |
//! |---|---|---|---|
//! | Cyrillic with a letter that only Kazakh has | yes | | |
//! | other Cyrillic | yes | yes | |
//! | Latin | | | yes |
//! | with a digit, `№`, or of fewer than three letters | | | |
//!
//! Letter-spaced words (`Қ а з а қ с т а н`) are one word. Synonyms are a table of spellings that people use for one
//! thing; they are applied to questions, never to what is indexed, so that a new synonym needs no new index.
//!
//! It guesses no language and knows no stop words.

use super::kazakh;
use crate::model::fold::{self, Span};
use std::collections::HashMap;
use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream};

/// Letters of a word that is stemmed at least.
const STEMMED_CHARS_MIN: usize = 3;
/// Single letters in a row that are one word written with spaces. Three may be a list: `а б в`.
const SPACED_LETTERS_MIN: usize = 4;
/// Stems kept for words that come again. Half of all words of a text are among its commonest few hundred.
const KEPT_WORDS_MAX: usize = 50_000;

/// A stem in one of the fields of stems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stems {
    /// By Kazakh endings.
    pub kk: Option<String>,
    /// By Russian endings.
    pub ru: Option<String>,
    /// By English endings.
    pub en: Option<String>,
}

/// Makes stems, and remembers them.
pub struct Analyser {
    russian: TextAnalyzer,
    english: TextAnalyzer,
    kept: HashMap<String, Stems>,
}

impl Default for Analyser {
    fn default() -> Self {
        let snowball = |language| TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(language)).build();
        Self { russian: snowball(Language::Russian), english: snowball(Language::English), kept: HashMap::new() }
    }
}

impl Analyser {
    /// The stems of a folded word.
    pub fn stems(&mut self, word: &str) -> Stems {
        if let Some(stems) = self.kept.get(word) {
            return stems.clone();
        }
        let stems = self.make(word);
        if self.kept.len() >= KEPT_WORDS_MAX {
            self.kept.clear();
        }
        self.kept.insert(word.to_owned(), stems.clone());
        stems
    }

    fn make(&mut self, word: &str) -> Stems {
        if word.chars().count() < STEMMED_CHARS_MIN || !word.chars().all(char::is_alphabetic) {
            return Stems::default();
        }
        if word.is_ascii() {
            return Stems { en: Some(one(&mut self.english, word)), ..Stems::default() };
        }
        if !word.chars().all(is_cyrillic) {
            return Stems::default();
        }
        let kk = Some(kazakh::stem(word));
        let ru = (!word.chars().any(is_kazakh_only)).then(|| self.russian_stem(word));
        Stems { kk, ru, en: None }
    }
}

impl Analyser {
    /// Snowball takes `архив` and `норматив` for gerunds and makes `арх` of the one and `архив` of `архива`. In office
    /// texts such words are nouns.
    fn russian_stem(&mut self, word: &str) -> String {
        if word.ends_with("ив") || word.ends_with("ыв") { word.to_owned() } else { one(&mut self.russian, word) }
    }
}

fn one(analyser: &mut TextAnalyzer, word: &str) -> String {
    let mut stream = analyser.token_stream(word);
    if stream.advance() { stream.token().text.clone() } else { word.to_owned() }
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{0400}'..='\u{052F}')
}

/// Letters of Kazakh that Russian does not have.
fn is_kazakh_only(c: char) -> bool {
    "әғқңөұүһі".contains(c)
}

/// The words of a text with their places; letter-spaced words joined.
pub fn words(text: &str) -> Vec<Span> {
    let spans = fold::spans(text);
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    let mut rest = spans.as_slice();
    while let Some(first) = rest.first() {
        let letters = spaced(text, rest);
        if letters < SPACED_LETTERS_MIN {
            out.push(first.clone());
            rest = &rest[1..];
            continue;
        }
        let (run, after) = rest.split_at(letters);
        let range = first.range.start..run.last().map_or(first.range.end, |last| last.range.end);
        let joined: String = text[range.clone()].chars().filter(|c| !c.is_whitespace()).collect();
        // Folded again as one word: a letter by itself may have been read as a numeral.
        out.extend(fold::words(&joined).into_iter().map(|word| Span { word, range: range.clone() }));
        rest = after;
    }
    out
}

/// How many of the first spans are single letters with exactly one space between each two.
fn spaced(text: &str, spans: &[Span]) -> usize {
    let is_letter = |span: &Span| {
        let mut chars = text[span.range.clone()].chars();
        chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
    };
    let is_near = |pair: &&[Span]| {
        let mut gap = text[pair[0].range.end..pair[1].range.start].chars();
        is_letter(&pair[1]) && gap.next().is_some_and(char::is_whitespace) && gap.next().is_none()
    };
    if !spans.first().is_some_and(is_letter) {
        return 0;
    }
    1 + spans.windows(2).take_while(is_near).count()
}

/// Spellings that mean one thing, folded; each finds the others of its row. Several words stand for it together, in any
/// form.
///
/// The abbreviations are those of the acts on electronic documents in their editions; the pairs are the Kazakh word and
/// the loan or Russian word that acts use side by side.
const SYNONYMS: &[&[&str]] = &[
    &["эқабж", "бэқаж", "эқаж", "эқж"],
    &["эцқ", "электрондық цифрлық қолтаңба", "эцп", "электронная цифровая подпись"],
    &["мұрағат", "архив"],
    &["құжат", "документ"],
    &["көшірме", "копия"],
    &["бұйрық", "приказ"],
    &["қаулы", "постановление"],
    &["заң", "закон"],
    &["хат", "письмо"],
    &["шарт", "договор"],
    &["қр", "қазақстан республикасы"],
    &["рк", "республика казахстан"],
];

/// The other spellings of what `words` begin with, each as the words it is written with. Words are compared by their
/// Kazakh stems.
pub fn synonyms(words: &[&str]) -> Vec<Vec<&'static str>> {
    let is_this = |spelling: &&&str| {
        let mut asked = words.iter();
        spelling.split(' ').all(|word| asked.next().is_some_and(|asked| kazakh::stem(asked) == kazakh::stem(word)))
    };
    let rows = SYNONYMS.iter().filter(|row| row.iter().any(|spelling| is_this(&spelling)));
    let others = rows.flat_map(|row| row.iter().filter(|spelling| !is_this(spelling)));
    others.map(|spelling| spelling.split(' ').collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_the_stems_of_its_letters() {
        let mut analyser = Analyser::default();
        let mut stems = |word: &str| {
            let stems = analyser.stems(word);
            (stems.kk.is_some(), stems.ru.is_some(), stems.en.is_some())
        };
        assert_eq!(stems("құжаттың"), (true, false, false));
        assert_eq!(stems("документов"), (true, true, false));
        assert_eq!(stems("archives"), (false, false, true));
        for word in ["15", "№", "15қ", "10mb", "мо", "ii", "αβγδ"] {
            assert_eq!(stems(word), (false, false, false), "{word}");
        }
        for (a, b) in [("документов", "документ"), ("архивов", "архив"), ("отзыва", "отзыв")]
        {
            assert_eq!(analyser.stems(a).ru, analyser.stems(b).ru, "{a}");
        }
        assert_eq!(analyser.stems("archives").en, analyser.stems("archive").en);
    }

    #[test]
    fn letter_spaced_words_are_one_and_lists_are_not() {
        let found = |text: &str| words(text).into_iter().map(|span| span.word).collect::<Vec<_>>();
        assert_eq!(found("Қ а з а қ с т а н  Премьер"), ["қазақстан", "премьер"]);
        assert_eq!(found("Қ\u{a0}а\u{a0}з\u{a0}а\u{a0}қ"), ["қазақ"]);
        assert_eq!(found("а б в"), ["а", "б", "в"]);
        assert_eq!(found("а, б, в, г, д"), ["а", "б", "в", "г", "д"]);
        assert_eq!(found("1 2 3 4 5"), ["1", "2", "3", "4", "5"]);
        // Each letter by itself would be a numeral in Latin.
        assert_eq!(found("С і л т е м е"), ["сілтеме"]);
    }

    #[test]
    fn synonyms_are_found_in_any_form_and_from_several_words() {
        assert!(synonyms(&["мұрағаттың"]).contains(&vec!["архив"]));
        assert!(synonyms(&["архивте"]).contains(&vec!["мұрағат"]));
        assert!(synonyms(&["эцқ"]).contains(&vec!["электрондық", "цифрлық", "қолтаңба"]));
        assert!(synonyms(&["электрондық", "цифрлық", "қолтаңбаны", "тексеру"]).contains(&vec!["эцқ"]));
        assert!(synonyms(&["электрондық", "құжат"]).is_empty());
        assert!(synonyms(&[]).is_empty());
    }
}
