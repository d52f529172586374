//! Light stripping of Kazakh endings: forms of one word that meet in one stem.
//!
//! Kazakh puts endings one after another: stem, plural, possessive, case, person; a verb has voice, negation, tense or
//! participle before them. The endings here are the closed classes of any grammar of the language (plural, possessive,
//! case, predicative person; voice, gerund, participle, infinitive of verbs), each in its variants of vowel harmony and
//! of assimilation to the sound before it. Endings that make new words stay, but for the few that office texts use as
//! inflection (`-лық`, `-дағы`, `-шы`).
//!
//! How: at most [`ROUNDS_MAX`] times the longest ending goes that can stand after the sound before it and leaves
//! [`STEM_CHARS_MIN`] letters. Then a voiced last consonant, which stands only before a vowel, is what it is
//! at the end of a word: `түбіртегі` and `түбіртек` meet.
//!
//! All of it in the letters that a Russian keyboard has, so that `құжаттың` and `кужаттын` meet too; a question that
//! is typed right still finds its own letters first, by the words as they are written.
//!
//! It has no lexicon: a stem is a key for comparing, not a word, and now and then two words share one or one word has
//! two. Words of other languages pass through it unharmed enough, for both sides are stripped alike.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Letters of the longest ending.
const ENDING_CHARS_MAX: usize = 7;
/// Endings that go in one question; a verb of office texts has about three groups.
pub const ROUNDS_MAX: usize = 3;
/// Letters that a stem keeps: `заң`, `жыл`, `шот`. Shorter ones meet by chance.
pub const STEM_CHARS_MIN: usize = 3;

/// What an ending stands after: the sound before it chooses among its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Any,
    Vowel,
    Consonant,
    /// A vowel, or one of the sonorants that go with it: `р й у`.
    Open,
    /// A vowel or a voiced consonant.
    Voiced,
    /// A voiced consonant.
    VoicedConsonant,
    Voiceless,
    /// `м н ң`
    Nasal,
    /// A vowel or a nasal.
    VowelOrNasal,
    /// `з ж м н ң`
    Buzzing,
}

impl After {
    /// Whether an ending can stand after `c`, in plain letters. `у` is a vowel and a consonant in Kazakh.
    fn allows(self, c: char) -> bool {
        let vowel = "аеиоуыэюяё".contains(c);
        // Voiced letters at the end of a word are of loan words, and sound voiceless there.
        let voiceless = "пфктсшщчцхбвгд".contains(c);
        let consonant = !vowel || c == 'у' || c == 'и';
        let nasal = "мн".contains(c);
        match self {
            After::Any => true,
            After::Vowel => vowel,
            After::Consonant => consonant,
            After::Open => vowel || "рйу".contains(c),
            After::Voiced => !voiceless,
            After::VoicedConsonant => consonant && !voiceless,
            After::Voiceless => voiceless,
            After::Nasal => nasal,
            After::VowelOrNasal => vowel || nasal,
            After::Buzzing => nasal || "зж".contains(c),
        }
    }
}

/// The endings, in groups; the order does not matter, the longest that fits goes.
const ENDINGS: &[(After, &[&str])] = &[
    // Plural.
    (After::Open, &["лар", "лер"]),
    (After::VoicedConsonant, &["дар", "дер"]),
    (After::Voiceless, &["тар", "тер"]),
    // Possessive: my, your, your (polite), his, our.
    (After::Consonant, &["ым", "ім", "ың", "ің", "ыңыз", "іңіз", "ы", "і", "ымыз", "іміз"]),
    (After::Vowel, &["ңыз", "ңіз", "сы", "сі"]),
    // Genitive and accusative; the past of verbs has the same endings.
    (After::VowelOrNasal, &["ның", "нің"]),
    (After::Vowel, &["ны", "ні"]),
    (After::VoicedConsonant, &["дың", "дің"]),
    (After::Voiced, &["ды", "ді"]),
    (After::Voiceless, &["тың", "тің", "ты", "ті"]),
    // Dative.
    (After::Voiced, &["ға", "ге"]),
    (After::Voiceless, &["қа", "ке"]),
    // Locative and ablative.
    (After::Voiced, &["да", "де", "дан", "ден"]),
    (After::Voiceless, &["та", "те", "тан", "тен"]),
    (After::Nasal, &["нан", "нен"]),
    // Instrumental.
    (After::Voiced, &["мен"]),
    (After::Buzzing, &["бен"]),
    (After::Voiceless, &["пен"]),
    // Case after the possessive of the third person.
    (After::Consonant, &["ын", "ін", "ына", "іне", "ында", "інде", "ынан", "інен", "ының", "інің", "ымен", "імен"]),
    (After::Consonant, &["ындағы", "індегі"]),
    (After::Vowel, &["сын", "сін", "сына", "сіне", "сында", "сінде", "сынан", "сінен", "сының", "сінің"]),
    (After::Vowel, &["сымен", "сімен", "сындағы", "сіндегі"]),
    // What is at a place; what something is like.
    (After::Voiced, &["дағы", "дегі"]),
    (After::Voiceless, &["тағы", "тегі", "қы", "кі"]),
    (After::VoicedConsonant, &["ғы", "гі"]),
    (After::Open, &["лық", "лік"]),
    (After::VoicedConsonant, &["дық", "дік"]),
    (After::Voiceless, &["тық", "тік"]),
    // Person of a predicate; without.
    (After::Voiced, &["мын", "мін", "мыз", "міз"]),
    (After::Any, &["сың", "сің", "сыз", "сіз"]),
    // Infinitive, gerunds, participles, who does it.
    (After::Any, &["у", "ю", "ушы", "уші"]),
    (After::Consonant, &["ып", "іп", "атын", "етін"]),
    (After::Vowel, &["п", "йтын", "йтін"]),
    (After::Voiced, &["ған", "ген"]),
    (After::Voiceless, &["қан", "кен"]),
    // Tense with person; condition.
    (After::Consonant, &["ады", "еді", "амыз", "еміз"]),
    (After::Vowel, &["йды", "йді", "ймыз", "йміз"]),
    (After::Any, &["са", "се"]),
    // Voice.
    (After::Consonant, &["ыл", "іл", "ылу", "ілу", "ыну", "іну"]),
    (After::Vowel, &["лу"]),
    // Negation, with what follows it in a verb: by itself it would take the end of `хаттама` and `көшірме`.
    (After::Voiced, &["мау", "меу", "маған", "меген", "мады", "меді", "маса", "месе", "майды", "мейді", "май", "мей"]),
    (After::Buzzing, &["бау", "беу", "баған", "беген", "бады", "беді", "баса", "бесе", "байды", "бейді"]),
    (After::Voiceless, &["пау", "пеу", "паған", "пеген", "пады", "педі", "паса", "песе", "пайды", "пейді"]),
];

/// The letters that are typed for Kazakh ones on a Russian keyboard, in one another's place: what is compared.
fn plain(c: char) -> char {
    match c {
        'ә' => 'а',
        'ғ' => 'г',
        'қ' => 'к',
        'ң' => 'н',
        'ө' => 'о',
        'ұ' | 'ү' => 'у',
        'һ' => 'х',
        'і' => 'и',
        c => c,
    }
}

/// The stem of a folded word, in the letters of a Russian keyboard.
pub fn stem(word: &str) -> String {
    let mut stem: Vec<char> = word.chars().map(plain).collect();
    for _ in 0..ROUNDS_MAX {
        let fits = |n: &usize| {
            let (rest, ending) = stem.split_at(stem.len() - n);
            let after = plain_endings().get(ending);
            after.is_some_and(|after| rest.last().is_some_and(|c| after.iter().any(|after| after.allows(*c))))
        };
        let longest = (1..=ENDING_CHARS_MAX).rev().filter(|n| stem.len() >= STEM_CHARS_MIN + n).find(fits);
        let Some(n) = longest else { break };
        stem.truncate(stem.len() - n);
    }
    // `органы` is `орган` with a possessive or `орга` with an accusative; without a lexicon both are `орга`.
    if let [rest @ .., before, 'н'] = stem.as_slice()
        && After::Vowel.allows(*before)
        && rest.len() + 1 >= STEM_CHARS_MIN
    {
        stem.pop();
    }
    if let Some(last) = stem.last_mut() {
        *last = match *last {
            'б' => 'п',
            'г' => 'к',
            c => c,
        };
    }
    stem.into_iter().collect()
}

/// `word` in the letters of stems, for beginnings of words.
pub fn plain_letters(word: &str) -> String {
    word.chars().map(plain).collect()
}

/// The endings in plain letters, where some are one, with all they can stand after.
fn plain_endings() -> &'static HashMap<Vec<char>, Vec<After>> {
    static PLAIN: OnceLock<HashMap<Vec<char>, Vec<After>>> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let mut plain_endings: HashMap<Vec<char>, Vec<After>> = HashMap::new();
        for (after, ending) in ENDINGS.iter().flat_map(|(after, endings)| endings.iter().map(move |e| (after, e))) {
            plain_endings.entry(ending.chars().map(plain).collect()).or_default().push(*after);
        }
        plain_endings
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_have_one_stem() {
        for forms in [
            ["түбіртек", "түбіртегі", "түбіртектер", "түбіртекті", "түбіртекке"],
            ["мұрағат", "мұрағаты", "мұрағатқа", "мұрағаттардың", "мұрағаттық"],
            ["жүйе", "жүйесі", "жүйелердің", "жүйесіндегі", "жүйемен"],
            ["куәландыру", "куәландыратын", "куәландырылған", "куәландырып", "куәландырады"],
            ["сақтау", "сақтайды", "сақталу", "сақтаған", "сақталуы"],
            ["заң", "заңы", "заңымен", "заңдардың", "заңға"],
            ["орган", "органы", "органдардың", "органда", "органның"],
            ["қаулы", "қаулысы", "қаулысымен", "қаулының", "қаулыға"],
            ["хаттама", "хаттаманың", "хаттамалар", "хаттамасы", "хаттамаға"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn near_words_stay_apart_and_short_ones_whole() {
        for (a, b) in [("құжат", "құжатхана"), ("хат", "хаттама"), ("бақылау", "байланыс")]
        {
            assert_ne!(stem(a), stem(b), "{a} {b}");
        }
        for short in ["", "у", "ол", "іс", "бап"] {
            assert_eq!(stem(short), plain_letters(short), "{short}");
        }
    }

    #[test]
    fn a_russian_keyboard_gives_the_same_stem() {
        assert_eq!(stem("кужаттын"), stem("құжаттың"));
        assert_eq!(stem("коширмелери"), stem("көшірмелері"));
        assert_eq!(stem("толем"), stem("төлем"));
    }

    #[test]
    fn every_ending_is_as_long_as_the_bound_says() {
        let longest = plain_endings().keys().map(Vec::len).max();
        assert_eq!(longest, Some(ENDING_CHARS_MAX));
    }
}
