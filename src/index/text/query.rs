//! What is asked of the full text: words, phrases, beginnings of words, and fields of the card.
//!
//! A question is read by this page and never by the engine's own query language, so that it can do no more than what
//! is written here. Words are analysed as the text is.
//!
//! | written | asks for |
//! |---|---|
//! | `резервтік көшірме` | units with these words in any form; those with all of them first |
//! | `"резервтік көшірме"` | only units with exactly these words side by side |
//! | `крипто*` | words that begin so; the last word of a question is read so too |
//! | `agency:` `kind:` `direction:` `access:` `index:` `reg:` `date:` `id:` | only records with this on their card |
//!
//! Every part is bounded; what is beyond is an error that says so. No text makes it panic.

use crate::index::IndexError;
use crate::model::fold;
use crate::model::id::RecordId;
use chrono::NaiveDate;
use std::ops::Range;

/// Characters of a question. A pasted sentence has some hundred.
pub const QUESTION_CHARS_MAX: usize = 1_000;
/// Words of a question; a record's words found are kept as bits of one number.
pub const QUESTION_WORDS_MAX: usize = 32;
/// Phrases, and fields, of a question.
const PARTS_MAX: usize = 16;
/// Letters of a beginning at least: of fewer, half of all words begin so.
pub const PREFIX_CHARS_MIN: usize = 3;

/// A word that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Folded.
    pub text: String,
    /// Longer words that begin with it are meant too.
    pub is_prefix: bool,
}

/// A field of the card that is compared whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardTerm {
    /// The agency.
    Agency,
    /// The kind of record.
    Kind,
    /// Incoming, outgoing, internal.
    Direction,
    /// The access category.
    Access,
    /// The index in the nomenclature.
    Index,
    /// The registration number.
    Registration,
}

impl CardTerm {
    /// All, in the order of the table above.
    pub const ALL: [CardTerm; 6] = [
        CardTerm::Agency,
        CardTerm::Kind,
        CardTerm::Direction,
        CardTerm::Access,
        CardTerm::Index,
        CardTerm::Registration,
    ];

    /// As a question writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            CardTerm::Agency => "agency",
            CardTerm::Kind => "kind",
            CardTerm::Direction => "direction",
            CardTerm::Access => "access",
            CardTerm::Index => "index",
            CardTerm::Registration => "reg",
        }
    }

    /// A value as it is compared: numbers keep their signs, other values are their words.
    pub fn fold(self, value: &str) -> String {
        match self {
            CardTerm::Index | CardTerm::Registration => fold::number(value),
            _ => fold::exact(value),
        }
    }
}

/// A condition on the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// This value, folded.
    Is(CardTerm, String),
    /// The date of the document within these days.
    Dated(NaiveDate, NaiveDate),
    /// This record.
    Id(RecordId),
}

/// A checked question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextQuery {
    /// Wanted, in the order written.
    pub words: Vec<Word>,
    /// Written without a space between, as `01-02/2026`: units that have them side by side are better. Places of the
    /// first and behind the last of [`words`](Self::words).
    pub runs: Vec<(usize, usize)>,
    /// Demanded, each word for word.
    pub phrases: Vec<Vec<String>>,
    /// Demanded of the record.
    pub conditions: Vec<Condition>,
}

impl TextQuery {
    /// Reads a question.
    pub fn parse(text: &str) -> Result<Self, IndexError> {
        let wrong = |what: String| Err(IndexError::Query(what));
        if text.chars().nth(QUESTION_CHARS_MAX).is_some() {
            return wrong(format!("longer than {QUESTION_CHARS_MAX} characters"));
        }
        let mut query = Self::default();
        let parts = parts(text);
        let is_open = parts.last().is_some_and(|part| part.is_open);
        for part in parts {
            match part.name {
                Some(name) => query.conditions.push(condition(name, &part.text)?),
                None if part.is_quoted => {
                    let phrase: Vec<String> = words(&part.text);
                    if !phrase.is_empty() {
                        query.phrases.push(phrase);
                    }
                }
                None => query.add(&part.text),
            }
        }
        if is_open && let Some(last) = query.words.last_mut() {
            last.is_prefix |= last.text.chars().count() >= PREFIX_CHARS_MIN;
        }
        let asked = query.words.len() + query.phrases.iter().map(Vec::len).sum::<usize>();
        if asked > QUESTION_WORDS_MAX {
            return wrong(format!("{asked} words, at most {QUESTION_WORDS_MAX} can be asked for"));
        }
        if query.phrases.len() > PARTS_MAX || query.conditions.len() > PARTS_MAX {
            return wrong(format!("more than {PARTS_MAX} phrases or fields"));
        }
        if asked == 0 && query.conditions.is_empty() {
            return wrong("nothing to search for".into());
        }
        Ok(query)
    }

    /// Adds what stood between two spaces.
    fn add(&mut self, text: &str) {
        let from = self.words.len();
        let text = text.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '*' && c != '№');
        let (text, is_prefix) = text.strip_suffix('*').map_or((text, false), |text| (text, true));
        self.words.extend(words(text).into_iter().map(|text| Word { text, is_prefix: false }));
        if let Some(last) = self.words[from..].last_mut() {
            last.is_prefix = is_prefix && last.text.chars().count() >= PREFIX_CHARS_MIN;
        }
        if self.words.len() > from + 1 {
            self.runs.push((from, self.words.len()));
        }
    }
}

/// The fields that a question names, each with its bytes in it: a question without those asks for the same of more
/// records.
pub fn fields(text: &str) -> Vec<(Range<usize>, Condition)> {
    let named = |part: Part<'_>| Some((part.range, condition(part.name?, &part.text).ok()?));
    parts(text).into_iter().filter_map(named).collect()
}

fn words(text: &str) -> Vec<String> {
    super::analysis::words(text).into_iter().map(|span| span.word).collect()
}

/// A part of a question.
struct Part<'a> {
    name: Option<&'a str>,
    text: String,
    /// Its bytes in the question, with the name.
    range: Range<usize>,
    is_quoted: bool,
    /// It ends the question, and no space follows: it may be half a word.
    is_open: bool,
}

/// Cuts a question at its spaces and quotation marks. One that is not closed ends with the question: it is being typed.
fn parts(question: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = question.trim_start();
    // Words by themselves stay together, for letter-spaced words are seen only side by side.
    let mut plain = String::new();
    while !rest.is_empty() {
        let (name, value) = field(rest);
        let (is_quoted, end, next) = match value.strip_prefix(is_quote) {
            Some(inside) => {
                let end = inside.find(is_quote).unwrap_or(inside.len());
                (true, &inside[..end], inside[end..].strip_prefix(is_quote).unwrap_or_default())
            }
            None => {
                let end = value.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(value.len());
                (false, &value[..end], &value[end..])
            }
        };
        let is_open = next.is_empty() && !is_quoted;
        if name.is_none() && !is_quoted && is_single_letter(end) && !next.is_empty() {
            // Kept for the next: a letter of a word that is written with spaces.
            plain.push_str(end);
            plain.push(' ');
        } else {
            let text = if name.is_none() && !is_quoted { std::mem::take(&mut plain) + end } else { end.to_owned() };
            if !plain.is_empty() {
                parts.push(gathered(&mut plain));
            }
            let range = question.len() - rest.len()..question.len() - next.len();
            parts.push(Part { name, text, range, is_quoted, is_open });
        }
        rest = next.trim_start();
    }
    if !plain.is_empty() {
        parts.push(gathered(&mut plain));
    }
    parts
}

/// Letters that were kept, and belong to nothing that follows.
fn gathered(plain: &mut String) -> Part<'static> {
    Part { name: None, text: std::mem::take(plain), range: 0..0, is_quoted: false, is_open: false }
}

fn is_single_letter(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

/// The name of a field at the start, and what follows it.
fn field(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((name, value))
            if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()) && !value.starts_with("//") =>
        {
            (Some(name), value)
        }
        _ => (None, text),
    }
}

fn condition(name: &str, value: &str) -> Result<Condition, IndexError> {
    let wrong = |what: &str| IndexError::Query(format!("{name}:{value}: {what}"));
    if let Some(term) = CardTerm::ALL.into_iter().find(|term| term.as_str() == name) {
        let value = term.fold(value);
        return if value.is_empty() { Err(wrong("no word in the value")) } else { Ok(Condition::Is(term, value)) };
    }
    match name {
        "date" => match crate::index::query::days(value) {
            Some((first, last)) => Ok(Condition::Dated(first, last)),
            None => Err(wrong("not a date or range")),
        },
        "id" => value.parse().map(Condition::Id).map_err(|_| wrong("not a record id")),
        _ => {
            let known: Vec<&str> = CardTerm::ALL.iter().map(|term| term.as_str()).collect();
            Err(wrong(&format!("no such field; known: {} date id", known.join(" "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Sequence;

    fn words(query: &TextQuery) -> Vec<(&str, bool)> {
        query.words.iter().map(|word| (word.text.as_str(), word.is_prefix)).collect()
    }

    #[test]
    fn words_phrases_beginnings_and_fields_are_told_apart() {
        let query =
            TextQuery::parse("Резервтік «көшірме» \"қуат көзі\" крипто* agency:\"Үлгі аудан\" date:2025 сер").unwrap();
        let expected = [("резервтік", false), ("көшірме", false), ("крипто", true), ("сер", true)];
        assert_eq!(words(&query), expected);
        assert_eq!(query.phrases, [["қуат", "көзі"]]);
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let dated = Condition::Dated(day(2025, 1, 1), day(2025, 12, 31));
        assert_eq!(query.conditions, [Condition::Is(CardTerm::Agency, "үлгі аудан".into()), dated]);
        // A finished word is no beginning, nor are two letters; a phrase that is not closed ends with the question.
        assert_eq!(words(&TextQuery::parse("сервер ").unwrap()), [("сервер", false)]);
        assert_eq!(words(&TextQuery::parse("МО").unwrap()), [("мо", false)]);
        assert_eq!(TextQuery::parse("\"қуат кө").unwrap().phrases, [["қуат", "кө"]]);
    }

    #[test]
    fn fields_are_found_where_they_stand() {
        let question = " kind:unknown Қ а agency:\"Үлгі аудан\" \"access:public\" colour:red date:2025 хат date:x сер";
        let is = |term, value: &str| Condition::Is(term, value.to_owned());
        let found = fields(question);
        let written: Vec<&str> = found.iter().map(|(range, _)| &question[range.clone()]).collect();
        assert_eq!(written, ["kind:unknown", "agency:\"Үлгі аудан\"", "date:2025"]);
        assert_eq!(found[0].1, is(CardTerm::Kind, "unknown"));
        assert_eq!(found[1].1, is(CardTerm::Agency, "үлгі аудан"));
        assert_eq!(fields("хат agency:\"Үлгі").pop(), Some((7..23, is(CardTerm::Agency, "үлгі"))), "being typed");
    }

    #[test]
    fn what_is_written_together_is_a_run_and_spaced_letters_a_word() {
        let query = TextQuery::parse("хат 01-02/2026 № 15").unwrap();
        assert_eq!(query.runs, [(1, 4)]);
        assert_eq!(words(&TextQuery::parse("Қ а з а қ с т а н").unwrap())[0].0, "қазақстан");
        assert_eq!(words(&TextQuery::parse("а және б").unwrap()).len(), 3);
    }

    #[test]
    fn what_is_not_understood_or_too_much_is_said() {
        for text in ["", "  ", "\"\"", "–", "*", "colour:red", "date:yesterday", "id:12", "agency:", "reg:\"\""] {
            assert!(matches!(TextQuery::parse(text), Err(IndexError::Query(_))), "{text:?}");
        }
        let many = |n: usize| "хат ".repeat(n);
        assert!(TextQuery::parse(&many(QUESTION_WORDS_MAX)).is_ok());
        assert!(TextQuery::parse(&many(QUESTION_WORDS_MAX + 1)).is_err());
        assert!(TextQuery::parse(&format!("\"{}\"", many(QUESTION_WORDS_MAX + 1))).is_err());
        assert!(TextQuery::parse(&"date:2025 ".repeat(PARTS_MAX)).is_ok());
        assert!(TextQuery::parse(&"date:2025 ".repeat(PARTS_MAX + 1)).is_err());
        let long = |n: usize| "қ".repeat(n);
        assert!(TextQuery::parse(&long(QUESTION_CHARS_MAX)).is_ok());
        assert!(TextQuery::parse(&long(QUESTION_CHARS_MAX + 1)).is_err());
        assert!(TextQuery::parse("https://egov.kz").is_ok());
    }

    /// Goal: no question makes anything panic. Method: random pieces of the language, asked of a small index and marked
    /// in a text.
    #[test]
    fn no_text_makes_a_question_panic() {
        use crate::index::text::highlight::Marker;
        use crate::index::text::{Facets, Page, Scope, TextIndex, Unit};
        const PIECES: [&str; 30] = [
            "хат",
            "ХАТЫ",
            "резервтік",
            "*",
            "\"",
            "“",
            "«",
            ":",
            "agency:",
            "date:",
            "2025",
            "..",
            "id:",
            " ",
            " ",
            "\u{a0}",
            "№",
            "15-Қ",
            "қ",
            "а",
            "\0",
            "\u{301}",
            "\u{ad}",
            "ab",
            "ﬁ",
            "İ",
            "🙂",
            "(",
            "AND",
            "көшiрме",
        ];
        let disk = crate::testing::FaultDisk::new(&crate::testing::FaultPlan::count_only());
        let index = TextIndex::open(std::sync::Arc::new(disk), &crate::store::format::OwnerKey([1; 32])).unwrap();
        let text = "Резервтік көшірме туралы хат № 15-Қ ab";
        let unit = Unit { component: 0, unit: 0, text };
        index.put(RecordId([1; 16]), &Facets::default(), "хат", &[unit]).unwrap();
        index.commit(1).unwrap();
        for seed in 0..5_000 {
            let mut random = Sequence::new(seed);
            let pieces = random.below(12);
            let piece = |random: &mut Sequence| PIECES[usize::try_from(random.below(30)).unwrap()];
            let question: String = (0..pieces).map(|_| piece(&mut random)).collect();
            let Ok(query) = TextQuery::parse(&question) else { continue };
            let answer = index.search(&query, &Scope::all(), Page { after: None, limit: 3 });
            let answer = answer.unwrap_or_else(|e| panic!("seed {seed} {question:?}: {e}"));
            let mut marker = Marker::new(&query, &answer.loosened);
            for text in [text, &question] {
                let marked = marker.mark(text);
                assert!(marked.ranges.iter().all(|range| text.get(range.clone()).is_some()), "seed {seed}");
                let snippet = &marked.snippet;
                assert!(snippet.ranges.iter().all(|range| snippet.text.get(range.clone()).is_some()), "seed {seed}");
            }
        }
    }
}
