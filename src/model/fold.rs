//! Folding text for comparing it: the words that two spellings of one text have in common.
//!
//! Used alike for what is indexed and for what is asked, so the two can only differ together.
//!
//! The steps, in order
//!   1. Soft hyphens and invisible characters go; then lower case (full Unicode) and NFC; then stress marks that NFC
//!      could not join to a letter go. Not NFKC: that turns `№` into `No`.
//!   2. Words are runs of letters and digits. Everything else ends a word, hyphen, slash and full stop too, so
//!      `01-02/2026` is the phrase `01 02 2026`. `№` is a word of its own: `№15-қ` is `№ 15 қ`.
//!   3. A word longer than [`WORD_CHARS_MAX`] is cut there.
//!   4. A word of only I V X L C, in Latin or in Cyrillic look-alikes, is a Roman numeral in Latin letters.
//!   5. Any other word with a Cyrillic letter becomes Cyrillic throughout: Latin look-alikes are replaced, `ё` is `е`.
//!
//! Look-alikes are replaced after lower-casing, so a word folds the same in either case; the price is that a Latin
//! capital H standing for `Н` reads as `һ`.
//!
//! Folding folded words again changes nothing. It does not stem and knows no synonyms.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Characters kept of one word. The longest words of office Kazakh have about 30; more is not a word but data.
pub const WORD_CHARS_MAX: usize = 64;
/// Longest word read as a Roman numeral: `LXXXII` and `XXVIII` have six letters; longer runs are hardly numbers.
const ROMAN_CHARS_MAX: usize = 6;
/// The number sign, kept as a word: people ask for `№ 15`.
const NUMBER_SIGN: char = '№';

/// A folded word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The word.
    pub word: String,
    /// Its bytes in the text that was folded, from its first letter to its last.
    pub range: Range<usize>,
}

/// The folded words of `text`, in its order.
pub fn words(text: &str) -> Vec<String> {
    spans(text).into_iter().map(|span| span.word).collect()
}

/// The folded words of `text` with their places, in its order.
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut run: Option<Range<usize>> = None;
    for (at, c) in text.char_indices() {
        if is_word_char(c) {
            run = Some(run.map_or(at, |run| run.start)..at + c.len_utf8());
        } else if !is_invisible(c) {
            close(text, run.take(), &mut spans);
            if c == NUMBER_SIGN {
                spans.push(Span { word: c.to_string(), range: at..at + c.len_utf8() });
            }
        }
    }
    close(text, run, &mut spans);
    spans
}

/// Folds the run of word characters at `range`. One of stress marks alone is no word.
fn close(text: &str, range: Option<Range<usize>>, spans: &mut Vec<Span>) {
    let Some(range) = range else { return };
    let visible = text[range.clone()].chars().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase);
    // The second pass joins what stood apart only because of a mark that is gone.
    let folded = visible.nfc().filter(|c| !is_stress_mark(*c)).nfc();
    let word: String = folded.take(WORD_CHARS_MAX).collect();
    if !word.is_empty() {
        spans.push(Span { word: fold_word(&word), range });
    }
}

/// `text` for comparing whole fields: its folded words with single spaces between them.
pub fn exact(text: &str) -> String {
    words(text).join(" ")
}

/// A registration number for comparing: letters folded as in words, white space gone, signs kept, so that `03-12/17`
/// and `03/12-17` are two numbers. Every dash is one sign.
pub fn number(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let close = |word: &mut String, out: &mut String| {
        out.push_str(&words(word).concat());
        word.clear();
    };
    for c in text.nfc() {
        if is_word_char(c) || is_invisible(c) || is_stress_mark(c) {
            word.push(c);
            continue;
        }
        close(&mut word, &mut out);
        match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            c if c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    close(&mut word, &mut out);
    out
}

/// One lower-case word in its one spelling.
fn fold_word(word: &str) -> String {
    if let Some(numeral) = roman(word) {
        return numeral;
    }
    if word.chars().any(is_cyrillic) {
        return word.chars().map(cyrillic).collect();
    }
    word.to_owned()
}

/// `word` in Latin letters when it can be a Roman numeral: `VІІ` is often typed with a Latin V and Cyrillic І.
fn roman(word: &str) -> Option<String> {
    if word.chars().count() > ROMAN_CHARS_MAX {
        return None;
    }
    word.chars()
        .map(|c| match c {
            'i' | 'v' | 'x' | 'l' | 'c' => Some(c),
            'і' => Some('i'),
            'х' => Some('x'),
            'с' => Some('c'),
            _ => None,
        })
        .collect()
}

/// The Cyrillic letter that the lower-case letter `c` is, or looks like in a Cyrillic word (in either case: T is Т).
pub(super) fn cyrillic(c: char) -> char {
    match c {
        'a' => 'а',
        'c' => 'с',
        'e' | 'ë' | 'ё' => 'е',
        'i' => 'і',
        'o' => 'о',
        'p' => 'р',
        'x' => 'х',
        'y' => 'у',
        'h' => 'һ',
        'k' => 'к',
        'm' => 'м',
        't' => 'т',
        'b' => 'в',
        'ə' => 'ә',
        _ => c,
    }
}

/// Letters of the blocks Cyrillic and Cyrillic Supplement: every language of the country and its neighbours.
fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{0400}'..='\u{052F}')
}

/// Combining marks outside the block of [`is_stress_mark`] are part of their word: some scripts write vowels with them.
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// Combining Diacritical Marks: after NFC only those are left that make no letter, as the stress of `мұраға́т`.
fn is_stress_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}')
}

/// Characters that leave no ink and end no word: soft hyphen, zero-width characters, marks of writing direction.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{FEFF}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kazakh_letters_fold_case() {
        assert_eq!(words("ӘҒҚҢӨҰҮҺІ"), ["әғқңөұүһі"]);
        assert_eq!(words("ӘҒҚҢӨҰҮҺІ"), words("әғқңөұүһі"));
        assert_eq!(words("ТӨЛЕМ ШЛЮЗІ"), words("төлем шлюзі"));
        for letter in "әғқңөұүһі".chars() {
            let (small, large) = (format!("б{letter}л"), format!("Б{}Л", letter.to_uppercase()));
            assert_eq!(words(&small), words(&large));
            assert_eq!(words(&small), [small]);
        }
    }

    #[test]
    fn latin_look_alikes_in_cyrillic_words_are_cyrillic() {
        // As found in real documents.
        assert_eq!(words("iздестiру"), ["іздестіру"]);
        assert_eq!(words("iздестiру"), words("іздестіру"));
        assert_eq!(words("көшiрмесi"), ["көшірмесі"]);
        assert_eq!(words("Пёpлы фyтбольных"), ["перлы", "футбольных"]);
        assert_eq!(words("ҚOЛТAҢБA MЕКТEП"), ["қолтаңба", "мектеп"]);
        assert_eq!(words("əкім"), ["әкім"]);
        assert_eq!(words("Əкім"), words("ӘКІМ"));
        // Every pair, beside a Cyrillic letter and alone.
        for (latin, cyrillic) in "aceiopxyhkmtbə".chars().zip("асеіорхуһкмтвә".chars()) {
            assert_eq!(words(&format!("ж{latin}")), [format!("ж{cyrillic}")]);
            assert_eq!(words(&format!("{latin}q")), [format!("{latin}q")]);
        }
    }

    #[test]
    fn latin_words_stay_latin() {
        assert_eq!(words("Muragat archive, Cache"), ["muragat", "archive", "cache"]);
    }

    #[test]
    fn yo_is_ye_however_it_is_written() {
        for text in ["учёт", "УЧЁТ", "учет", "уче\u{308}т", "учëт"] {
            assert_eq!(words(text), ["учет"], "{text}");
        }
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_and_short_i_stays() {
        assert_eq!(words("тіркеуші\u{306}"), ["тіркеуші"]);
        assert_eq!(words("и\u{306}"), ["й"]);
        assert_eq!(words("И\u{306}од"), words("йод"));
        assert_ne!(words("и"), words("й"));
        assert_eq!(words("мұраға\u{301}т"), ["мұрағат"]);
    }

    #[test]
    fn roman_numerals_are_latin() {
        for text in ["VII", "VІІ", "vii", "vіі", "Vіi"] {
            assert_eq!(words(text), ["vii"], "{text}");
        }
        assert_eq!(words("ХІХ ғасыр"), ["xix", "ғасыр"]);
        assert_eq!(words("XXVІІІ"), ["xxviii"]);
        // Seven letters are a word, and one other letter makes it a word too.
        assert_eq!(words("ххххххх"), ["ххххххх"]);
        assert_eq!(words("хiт"), ["хіт"]);
    }

    #[test]
    fn codes_split_into_phrases_and_the_number_sign_is_a_word() {
        assert_eq!(words("01-02/2026"), ["01", "02", "2026"]);
        assert_eq!(words("№15-қ"), ["№", "15", "қ"]);
        assert_eq!(words("№ 15-Қ"), words("№15-қ"));
        assert_eq!(words("2026.01.05"), ["2026", "01", "05"]);
        assert_ne!(words("№ 15"), words("No 15"));
    }

    #[test]
    fn odd_spaces_part_words_and_invisible_characters_do_not() {
        assert_eq!(words("ішкі\u{a0}тәртіп\u{2009}туралы\u{3000}бұйрық"), ["ішкі", "тәртіп", "туралы", "бұйрық"]);
        assert_eq!(words("мұ\u{ad}ра\u{200b}ғат\u{feff}"), ["мұрағат"]);
        assert_eq!(words("и\u{200d}\u{306}"), ["й"]);
    }

    #[test]
    fn exact_compares_whole_fields() {
        assert_eq!(exact("  Үлгі ауданының\u{a0}ӘКІМІ "), "үлгі ауданының әкімі");
        assert_eq!(exact("Үлгi ауданының әкімі"), exact("үлгі АУДАНЫНЫҢ әкімі"));
        assert_ne!(exact("Үлгі ауданы"), exact("Үлгі ауданының"));
    }

    #[test]
    fn numbers_keep_their_signs() {
        assert_ne!(number("03-12/17"), number("03/12-17"));
        assert_ne!(number("1-23"), number("12-3"));
        assert_eq!(number("№ 15 – Қ"), number("№15-қ"));
        assert_eq!(number("15-К"), number("15-к"));
        // Latin look-alikes in a Cyrillic word.
        assert_eq!(number("15-жk"), number("15-жк"));
    }

    #[test]
    fn nothing_folds_to_nothing() {
        for text in ["", " ", "\u{ad}", "\u{301}", "–«»…", "\u{0}"] {
            assert!(words(text).is_empty(), "{text:?}");
            assert_eq!(exact(text), "");
        }
    }

    #[test]
    fn spans_say_where_words_stand() {
        let text = "Мұра\u{ad}ғат №15-Қ, көшiрме\u{301}сi!";
        let found: Vec<(String, &str)> = spans(text).into_iter().map(|s| (s.word, &text[s.range])).collect();
        let expected =
            [("мұрағат", "Мұра\u{ad}ғат"), ("№", "№"), ("15", "15"), ("қ", "Қ"), ("көшірмесі", "көшiрме\u{301}сi")];
        assert_eq!(found, expected.map(|(word, part)| (word.to_owned(), part)));
    }

    /// Words as they were cut before places were kept: fold the whole text, then part it.
    fn words_of_the_folded_text(text: &str) -> Vec<String> {
        let visible = text.chars().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase);
        let folded: String = visible.nfc().filter(|c| !is_stress_mark(*c)).nfc().collect();
        let folded = folded.replace(NUMBER_SIGN, " № ");
        let parts = folded.split(|c| !is_word_char(c) && c != NUMBER_SIGN).filter(|part| !part.is_empty());
        parts.map(|part| fold_word(&part.chars().take(WORD_CHARS_MAX).collect::<String>())).collect()
    }

    #[test]
    fn long_words_are_cut_at_the_bound_and_not_before() {
        for (length, kept) in [(63, 63), (64, 64), (65, 64), (1_000_000, 64)] {
            assert_eq!(words(&"қ".repeat(length)), ["қ".repeat(kept)]);
        }
    }

    #[test]
    fn long_input_takes_linear_time() {
        // A quadratic step would take hours here, so that the test ends is what it shows. The hardest inputs are long
        // runs of combining marks, in and out of order, which NFC must sort.
        let many = "iздестiру №15-қ ".repeat(200_000);
        assert_eq!(words(&many).len(), 800_000);
        assert_eq!(words(&format!("а{}", "\u{301}\u{316}".repeat(1_000_000))), ["а"]);
        assert_eq!(words(&"\u{5b0}\u{301}".repeat(1_000_000)).len(), 1);
    }

    /// Goal: folded text is a fixed point, and case never matters. Method: random strings over what real texts mix.
    #[test]
    fn folding_is_idempotent_and_blind_to_case() {
        const OFFICE: &str = "әғқңөұүһіӘҒҚҢӨҰҮҺІабвеёжийкорстухАВЕЁЙКМНОРСТУХ abcehikmopqtvxyzABCEHIKLMOPTVXY012\
            №-/.,«»\u{a0}\u{ad}\u{200b}\u{300}\u{301}\u{306}\u{308}\u{327}";
        // Letters with unusual case or composition, of scripts that the archive hardly meets.
        const ODD: &str = "\u{653}\u{627}\u{3099}\u{304b}\u{9c7}\u{9be}\u{1100}\u{1161}\u{11a8}İıßẞſKÅΩσςΣƏəЇїǅﬁⅦ²٣\
            \u{340}\u{345}\u{1f88}";
        let office: Vec<char> = OFFICE.chars().collect();
        let all: Vec<char> = OFFICE.chars().chain(ODD.chars()).collect();
        for seed in 1..=20_000u64 {
            let mut random = XorShift(seed);
            let length = random.next() % 24;
            let mut draw = |from: &[char]| (0..length).map(|_| from[random.next() % from.len()]).collect::<String>();
            let text = draw(&all);
            let once = words(&text);
            assert_eq!(words(&once.join(" ")), once, "seed {seed}: {text:?}");
            assert_eq!(words_of_the_folded_text(&text), once, "seed {seed}: {text:?}");
            for span in spans(&text) {
                assert_eq!(words(&text[span.range]), [span.word], "seed {seed}: {text:?}");
            }
            assert!(once.iter().all(|w| !w.is_empty() && w.chars().count() <= WORD_CHARS_MAX), "seed {seed}: {text:?}");
            assert_eq!(exact(&exact(&text)), exact(&text), "seed {seed}: {text:?}");

            let text = draw(&office);
            assert_eq!(words(&text.to_uppercase()), words(&text.to_lowercase()), "seed {seed}: {text:?}");
        }
    }

    /// A generator whose whole state is its seed, so that a failure is named by one number.
    struct XorShift(u64);

    impl XorShift {
        fn next(&mut self) -> usize {
            for _ in 0..2 {
                self.0 ^= self.0 << 13;
                self.0 ^= self.0 >> 7;
                self.0 ^= self.0 << 17;
            }
            usize::try_from(self.0 >> 33).unwrap()
        }
    }
}
