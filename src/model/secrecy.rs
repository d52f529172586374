//! Marks of secrecy in what a submission says of itself: fields of the card, names of files.
//!
//! A net for slips, beside the access category that the Producer declares: N 430 cl. 1 and 45 keep state secrets out of
//! the system altogether. It finds the words of the marks however they are typed (letter case, look-alike letters of
//! other scripts, Kazakh letters written without their tails, letters spaced out or dotted), and not the words that are
//! only made of them (құпиялы, секретарь).
//!
//! A text that speaks of secrets is found too («құпия сөз»): whether a mark refuses or alarms is a policy, not decided
//! here. It looks into no component.

use super::fold;

/// How secret a mark says the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A state secret: «құпия», «өте құпия», «секретно», «совершенно секретно».
    State,
    /// For official use: «ҚБПҮ», «ДСП» and their long forms.
    Official,
}

/// A mark that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The text it stands in, as the caller named it.
    pub subject: String,
    /// What it says.
    pub level: Level,
}

// As `skeleton` writes them.
const STATE: [&str; 2] = ["купия", "секретно"];
const SPACED_STATE: [&str; 4] = ["купия", "отекупия", "секретно", "совершенносекретно"];
const OFFICIAL: [&str; 2] = ["кбпу", "дсп"];
const OFFICIAL_PHRASES: [&[&str]; 2] =
    [&["кызмет", "бабында", "пайдалану", "ушін"], &["для", "служебного", "пользования"]];
/// "not" before a mark, as in «не секретно», and after one, as in «құпия емес».
const NOT_BEFORE: &str = "не";
const NOT_AFTER: &str = "емес";

/// Whether `text` carries the mark of a state secret.
pub fn is_state_secret(text: &str) -> bool {
    is_state(&skeletons(text))
}

/// The marks in `texts`, each level at most once a text.
pub fn marks<'a>(texts: impl Iterator<Item = (String, &'a str)>) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (subject, text) in texts {
        let words = skeletons(text);
        if is_state(&words) {
            marks.push(Mark { subject: subject.clone(), level: Level::State });
        }
        if is_official(&words, text) {
            marks.push(Mark { subject, level: Level::Official });
        }
    }
    marks
}

fn is_state(words: &[String]) -> bool {
    let is_mark = |word: &str| STATE.contains(&bare(word));
    let denied = |i: usize| {
        i.checked_sub(1).is_some_and(|before| words[before] == NOT_BEFORE)
            || words.get(i + 1).is_some_and(|after| after == NOT_AFTER)
    };
    // A mark spaced out is a run of single letters, with at most a one-letter word on either side: longer ones make
    // another word of it (с е к р е т н о с т ь).
    let short = |rest: &str| rest.chars().count() <= 1;
    let spaced = |run: &str| {
        let at = |mark| run.split_once(mark).is_some_and(|(before, after)| short(before) && short(after));
        SPACED_STATE.into_iter().any(at)
    };
    words.iter().enumerate().any(|(i, word)| is_mark(word) && !denied(i)) || runs(words).iter().any(|run| spaced(run))
}

fn is_official(words: &[String], text: &str) -> bool {
    // Initials run together as well (А.Д., С.П. Мысалов), so a short mark is a whole run: of the text, or of one piece
    // between spaces (15-Д.С.П.).
    let whole_run = |words: &[String]| runs(words).iter().any(|run| OFFICIAL.contains(&run.as_str()));
    words.iter().any(|word| OFFICIAL.contains(&bare(word)))
        || OFFICIAL_PHRASES.iter().any(|phrase| words.windows(phrase.len()).any(|window| window == *phrase))
        || OFFICIAL_PHRASES.iter().any(|phrase| runs(words).iter().any(|run| run.contains(&phrase.concat())))
        || whole_run(words)
        || text.split_whitespace().any(|piece| whole_run(&skeletons(piece)))
}

/// `word` without the digits around it: 15дсп and дсп15 are registration numbers of marked documents.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| c.is_numeric())
}

/// Single letters that follow one another, joined.
fn runs(words: &[String]) -> Vec<String> {
    let letter = |word: &String| {
        let mut chars = word.chars();
        let first = chars.next().filter(|c| c.is_alphabetic())?;
        chars.next().is_none().then_some(first)
    };
    let runs = words.split(|word| letter(word).is_none());
    runs.filter(|run| run.len() > 1).map(|run| run.iter().filter_map(letter).collect()).collect()
}

/// The folded words of `text`, with every letter replaced by the plain Cyrillic one it looks like.
fn skeletons(text: &str) -> Vec<String> {
    fold::words(text).into_iter().map(|word| word.chars().map(skeleton).collect()).collect()
}

/// Beyond [`fold`]: words that are Latin or Greek throughout, and Kazakh letters as they are typed without a Kazakh
/// keyboard. Far too coarse for search, where қ and к are two letters.
fn skeleton(c: char) -> char {
    match c {
        'a' | 'α' | 'ә' | 'ə' => 'а',
        'b' | 'β' => 'в',
        'c' | 'ϲ' => 'с',
        'e' | 'ε' => 'е',
        'γ' | 'ғ' => 'г',
        'δ' => 'д',
        'i' | 'ι' | 'ӏ' => 'і',
        'k' | 'κ' | 'қ' | 'ҡ' | 'ӄ' => 'к',
        'm' | 'μ' => 'м',
        // H and Η are Н in capitals; folding has made һ of the former.
        'h' | 'η' | 'һ' | 'ң' | 'ӈ' => 'н',
        'o' | 'ο' | 'ө' => 'о',
        'p' | 'ρ' => 'р',
        'π' => 'п',
        't' | 'τ' => 'т',
        'y' | 'υ' | 'ұ' | 'ү' | 'ў' => 'у',
        'x' | 'χ' => 'х',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(text: &str) -> Vec<Level> {
        marks([("s".to_owned(), text)].into_iter()).into_iter().map(|mark| mark.level).collect()
    }

    #[test]
    fn marks_of_state_secrets_are_found() {
        for text in [
            "құпия",
            "ҚҰПИЯ",
            "Өте құпия",
            "Секретно",
            "Совершенно секретно",
            "СОВЕРШЕННО СЕКРЕТНО. Экз. № 1",
            "«Құпия» белгісі",
            "есеп_секретно.docx",
            "Құпия/хат.pdf",
            "секретно-2.pdf",
            "секретно2.pdf",
            // Look-alikes: one letter, all letters, another script, capitals.
            "cекретно",
            "CEКPETHO",
            "CEKPETHO",
            "ϹΕΚΡΕΤΗΟ",
            "ceкpeтнo",
            "құпия".to_uppercase().replace('Қ', "K").replace('Ұ', "Y").as_str(),
            // Without a Kazakh keyboard.
            "купия",
            "ОТЕ КУПИЯ",
            // Spaced out, dotted, underlined, invisible characters, strokes.
            "с е к р е т н о",
            "С Е К Р Е Т Н О",
            "C E K P E T H O",
            "гриф: с е к р е т н о, экз. 2",
            "и с е к р е т н о",
            "с.е.к.р.е.т.н.о.",
            "с_е_к_р_е_т_н_о.pdf",
            "қ ұ п и я",
            "Ө Т Е  Қ Ұ П И Я",
            "с о в е р ш е н н о   с е к р е т н о",
            "сек\u{ad}рет\u{200b}но",
            "с\u{336}е\u{336}к\u{336}ретно",
            "не только секретно",
        ] {
            assert_eq!(levels(text), [Level::State], "{text}");
        }
    }

    #[test]
    fn marks_for_official_use_are_found() {
        for text in [
            "ҚБПҮ",
            "қбпү",
            "KБПY",
            "ДСП",
            "дсп",
            "ДCП",
            "ΔCΠ",
            "Д.С.П.",
            "Д. С. П.",
            "Д С П",
            "Қ.Б.П.Ү.",
            "15-ДСП",
            "15дсп",
            "дсп15",
            "№15ДСП",
            "15-Д.С.П. и приложения",
            "ДСП-15/2026",
            "приказ_ДСП.docx",
            "приказ_д.с.п..docx",
            "бұйрық ҚБПҮ.pdf",
            "Қызмет бабында пайдалану үшін",
            "ҚЫЗМЕТ  БАБЫНДА-ПАЙДАЛАНУ ҮШІН",
            "қызмет_бабында_пайдалану_үшiн.docx",
            "Для служебного пользования",
            "(для  служебного пользования)",
            "д л я с л у ж е б н о г о п о л ь з о в а н и я",
        ] {
            assert_eq!(levels(text), [Level::Official], "{text}");
        }
    }

    #[test]
    fn near_misses_are_no_marks() {
        for text in [
            "",
            "құпиялы",
            "құпиялылық",
            "құпиялар туралы",
            "Мемлекеттік құпияларды қорғау",
            "құпиясыз",
            "секретный",
            "секретарь",
            "Секретариат",
            "секреты",
            "рассекречено",
            "несекретно",
            "не секретно",
            "н е с е к р е т н о",
            "құпия емес",
            "секрет но",
            "қызмет бабында",
            "пайдалану үшін қызмет бабында",
            "для служебного автомобиля",
            "служебного пользования",
            "ДСПА",
            "АДСП",
            "дспк15",
            "д1сп",
            "DSP",
            "secret",
            "А.Д. С.П. Мысалов",
            "А.Д., С.П. Мысалов",
            "Д.С. Мысалов",
            "копия",
            "Көпия",
            "с е к р е т а р ь",
            "с е к р е т н о с т ь",
            "қ ұ п и я л ы",
        ] {
            assert_eq!(levels(text), [], "{text}");
        }
    }

    #[test]
    fn each_text_is_named_and_each_level_once() {
        let texts = [
            ("card.json#/title", "Секретно, құпия, с е к р е т н о"),
            ("card.json#/nature", "Хат"),
            ("a.docx", "секретно_дсп_ДСП.docx"),
        ];
        let found = marks(texts.into_iter().map(|(subject, text)| (subject.to_owned(), text)));
        let wanted = [("card.json#/title", Level::State), ("a.docx", Level::State), ("a.docx", Level::Official)];
        assert_eq!(found, wanted.map(|(subject, level)| Mark { subject: subject.to_owned(), level }));
    }
}
