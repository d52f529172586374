//! Texts that people read, in Kazakh, Russian and English.
//!
//! Kazakh is the first language (informatisation law of 2007, article 12(3)). A text is a [`Text`] with all three
//! languages; there is no way to write one with a language missing, so an untranslated text does not compile.

use std::str::FromStr;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Kazakh, the default.
    #[default]
    Kk,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Lang {
    /// All of them by their names (ISO 639-1), the first language first.
    pub const ALL: [(&str, Lang); 3] = [("kk", Lang::Kk), ("ru", Lang::Ru), ("en", Lang::En)];

    /// Its name (ISO 639-1).
    pub fn name(self) -> &'static str {
        text("kk", "ru", "en").get(self)
    }
}

impl FromStr for Lang {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Lang::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, lang)| lang).ok_or_else(|| format!("unknown language {text:?}; known: kk, ru, en"))
    }
}

/// One text in the three languages.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Kazakh.
    pub kk: &'static str,
    /// Russian.
    pub ru: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// The text in `lang`.
    pub fn get(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Kk => self.kk,
            Lang::Ru => self.ru,
            Lang::En => self.en,
        }
    }
}

/// A [`Text`] from its three languages.
pub const fn text(kk: &'static str, ru: &'static str, en: &'static str) -> Text {
    Text { kk, ru, en }
}

/// A sentence made with names and dates, in the three languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Said {
    /// What `say` says in each language.
    pub fn of(say: impl Fn(Lang) -> String) -> Self {
        Self { kk: say(Lang::Kk), ru: say(Lang::Ru), en: say(Lang::En) }
    }

    /// The sentence in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Kk => &self.kk,
            Lang::Ru => &self.ru,
            Lang::En => &self.en,
        }
    }
}

/// What stands before what was found, where that is in technical English.
pub const TECHNICAL: Text = text("Техникалық мәлімет", "Технические сведения", "Technical detail");
