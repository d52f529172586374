//! The rules of a profile, as data: what a regulation asks of a submission and of its card.
//!
//! One file of `schema/profile/1` for each [`Profile`], part of the program, read and checked once. Law that changes is
//! a change of these files: each says which instrument it comes from and when that was in force.
//!
//! Invariants of [`ProfileRules`]
//!   - Every field of the card has a requisite; those in [`ALWAYS`] are required, so the card can hold them plainly.
//!   - Its limits are within the bounds of [`crate::limits`], which containers are sized by.
//!
//! Whether the instrument was in force on the day of a document is for the reader of a report; intake takes a profile
//! as the Producer names it.

use super::card::CardKey;
use super::format::Family;
use super::strict::words;
use super::submission::{Kind, Profile, Role};
use crate::limits::{ATTACHMENTS_MAX, CONTENT_BYTES_MAX_N430};
use crate::text::Lang;
use chrono::NaiveDate;
use serde::de::{Deserialize, Deserializer, Error as _};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The value of a profile's `schema` field.
pub const PROFILE_SCHEMA: &str = "muragat/profile/1";

/// Fields of the card without which nothing is registered, so every profile requires them.
pub const ALWAYS: [CardKey; 6] = [
    CardKey::DocumentType,
    CardKey::DocumentDate,
    CardKey::RegistrationNumber,
    CardKey::NomenclatureIndex,
    CardKey::Software,
    CardKey::Signatures,
];

words! {
    /// How much a profile asks for a field of the card.
    Need {
        /// It must have a value.
        Required = "required",
        /// It must be said, if only that there is none (null): a forgotten mark is not the same as none.
        Nullable = "nullable",
        /// It may be missing.
        IfAny = "if_any",
    }
}

/// What a profile asks of one field of the card.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requisite {
    /// How much.
    pub need: Need,
    /// Clause that asks for it; empty when the instrument does not speak of the field.
    pub clause: String,
}

/// One name in three languages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Title {
    /// The name in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Kk => &self.kk,
            Lang::Ru => &self.ru,
            Lang::En => &self.en,
        }
    }
}

/// Families of formats that a profile admits.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formats {
    /// Files of the main content.
    pub main: Vec<Family>,
    /// Attachments.
    pub attachment: Vec<Family>,
    /// Files of the main content of a scanned copy (N 430 cl. 12).
    pub scanned: Vec<Family>,
}

/// The rules of one profile.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileRules {
    schema: String,
    /// The profile they belong to.
    pub id: Profile,
    /// Its name.
    pub title: Title,
    /// The act it comes from, as it names itself.
    pub instrument: String,
    /// The clauses of the act that it states.
    pub clauses: Vec<String>,
    /// First day on which they were in force in this wording.
    #[serde(deserialize_with = "day")]
    pub valid_from: NaiveDate,
    /// Last day; none while they are in force.
    #[serde(deserialize_with = "last_day")]
    pub valid_to: Option<NaiveDate>,
    /// Bytes that main content and attachments may have together.
    pub content_bytes_max: u64,
    /// How many attachments there may be.
    pub attachments_max: usize,
    /// Admitted formats.
    pub formats: Formats,
    /// What is asked of each field of the card.
    pub requisites: BTreeMap<CardKey, Requisite>,
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    last_day(deserializer)?.ok_or_else(|| D::Error::custom("the first day must be named"))
}

fn last_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(D::Error::custom)?;
    if date.to_string() == text { Ok(Some(date)) } else { Err(D::Error::custom("a date is written YYYY-MM-DD")) }
}

impl Profile {
    /// Its rules.
    pub fn rules(self) -> &'static ProfileRules {
        static N430: OnceLock<ProfileRules> = OnceLock::new();
        static AKIMAT: OnceLock<ProfileRules> = OnceLock::new();
        static ORGANIZATION: OnceLock<ProfileRules> = OnceLock::new();
        let (once, text) = match self {
            Profile::N430 => (&N430, include_str!("../../schema/profile/1/n430.toml")),
            Profile::Akimat => (&AKIMAT, include_str!("../../schema/profile/1/akimat.toml")),
            Profile::Organization => (&ORGANIZATION, include_str!("../../schema/profile/1/organization.toml")),
        };
        once.get_or_init(|| ProfileRules::parse(text, self).expect("a test reads every profile"))
    }
}

impl ProfileRules {
    /// Reads and checks a file of rules.
    fn parse(text: &str, profile: Profile) -> Result<Self, String> {
        let rules: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        rules.check(profile)?;
        Ok(rules)
    }

    fn check(&self, profile: Profile) -> Result<(), String> {
        let texts = [&self.title.kk, &self.title.ru, &self.title.en, &self.instrument];
        let lists = [&self.formats.main, &self.formats.attachment, &self.formats.scanned];
        // What the identifier cannot name, no rule can admit.
        let distinct = |families: &Vec<Family>| {
            let set: BTreeSet<Family> = families.iter().copied().collect();
            !set.is_empty()
                && set.len() == families.len()
                && !set.contains(&Family::Other)
                && !set.contains(&Family::Unknown)
        };
        let fault = if self.schema != PROFILE_SCHEMA || self.id != profile {
            "not the rules of this profile".to_owned()
        } else if texts.iter().any(|text| text.trim().is_empty()) || self.clauses.is_empty() {
            "title, instrument and clauses must be named".to_owned()
        } else if self.valid_to.is_some_and(|last| last < self.valid_from) {
            "ends before it begins".to_owned()
        } else if !(1..=CONTENT_BYTES_MAX_N430).contains(&self.content_bytes_max) {
            "content_bytes_max is out of bounds".to_owned()
        } else if self.attachments_max > ATTACHMENTS_MAX {
            "attachments_max is out of bounds".to_owned()
        } else if !lists.into_iter().all(distinct) {
            "a list of formats is empty, repeats itself, or admits what has no name".to_owned()
        } else if let Some(key) = CardKey::ALL.iter().find(|key| !self.requisites.contains_key(key)) {
            format!("nothing is said of {key}")
        } else if let Some(key) = ALWAYS.iter().find(|key| self.need(**key) != Need::Required) {
            format!("{key} must be required")
        } else {
            return Ok(());
        };
        Err(fault)
    }

    /// How much is asked for a field of the card.
    pub fn need(&self, key: CardKey) -> Need {
        self.requisites[&key].need
    }

    /// The families that a component of `role` may have in a submission of `kind`; none when its format is not ruled.
    pub fn formats_of(&self, kind: Kind, role: Role) -> Option<&[Family]> {
        match (role, kind) {
            (Role::Main, Kind::ScannedCopy) => Some(&self.formats.scanned),
            (Role::Main, Kind::ElectronicOriginal) => Some(&self.formats.main),
            (Role::Attachment, _) => Some(&self.formats.attachment),
            _ => None,
        }
    }

    /// Whether the instrument was in force in this wording on `day`.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::CONTENT_BYTES_MAX_AKIMAT;

    const N430_TOML: &str = include_str!("../../schema/profile/1/n430.toml");

    fn keys(rules: &ProfileRules, need: Need) -> Vec<&'static str> {
        CardKey::ALL.iter().filter(|key| rules.need(**key) == need).map(|key| key.as_str()).collect()
    }

    #[test]
    fn every_profile_has_its_rules_within_the_bounds_of_containers() {
        for profile in Profile::ALL {
            let rules = profile.rules();
            assert_eq!(rules.id, *profile);
            assert!(rules.content_bytes_max <= CONTENT_BYTES_MAX_N430, "{profile}");
            assert!(rules.attachments_max <= ATTACHMENTS_MAX, "{profile}");
            assert_eq!(rules.requisites.len(), CardKey::ALL.len(), "{profile}");
        }
        assert_eq!(Profile::N430.rules().content_bytes_max, CONTENT_BYTES_MAX_N430);
        assert_eq!(Profile::N430.rules().attachments_max, 6);
        assert_eq!(Profile::Akimat.rules().content_bytes_max, CONTENT_BYTES_MAX_AKIMAT);
    }

    #[test]
    fn n430_admits_what_clause_8_lists() {
        use Family::*;
        let rules = Profile::N430.rules();
        let all = [Pdf, Tiff, Jpeg, Rtf, Doc, Docx, Xls, Xlsx, Ppt, Pptx, Rar, Zip];
        let of = |kind, role| rules.formats_of(kind, role);
        assert_eq!(of(Kind::ElectronicOriginal, Role::Main), Some(&[Doc, Docx][..]));
        assert_eq!(of(Kind::ElectronicOriginal, Role::Attachment), Some(&all[..]));
        assert_eq!(of(Kind::ScannedCopy, Role::Main), Some(&all[..]));
        assert_eq!(of(Kind::ScannedCopy, Role::Signature), None);
        // The five families of the akimat's regulation are those that clause 8 puts into five groups.
        let akimat: BTreeSet<Family> = Profile::Akimat.rules().formats.main.iter().copied().collect();
        assert_eq!(akimat, BTreeSet::from(all));
    }

    #[test]
    fn requisites_are_those_of_the_instruments() {
        let rules = Profile::N430.rules();
        assert_eq!(keys(rules, Need::Required).len() + keys(rules, Need::Nullable).len(), 16, "18 fields, 2 if any");
        assert_eq!(keys(rules, Need::Nullable), ["control_mark", "filing_mark", "link"]);
        assert_eq!(keys(rules, Need::IfAny), ["addressee_post", "addressee_surname", "sender_body", "place"]);
        // Nine, of which the text is the main content.
        assert_eq!(keys(Profile::Akimat.rules(), Need::Required).len(), 8);
        for key in [CardKey::SenderBody, CardKey::Place] {
            assert_eq!(Profile::Akimat.rules().need(key), Need::Required);
        }
        assert!(keys(Profile::Organization.rules(), Need::Required).len() < 8);
    }

    #[test]
    fn an_instrument_is_in_force_from_its_first_to_its_last_day() {
        let on = |profile: Profile, day: &str| profile.rules().in_force(day.parse().unwrap());
        assert!(!on(Profile::N430, "2017-12-31") && on(Profile::N430, "2018-01-01"));
        assert!(on(Profile::N430, "2018-10-15") && !on(Profile::N430, "2018-10-16"), "repealed");
        assert!(on(Profile::Akimat, "2999-12-31"), "open");
    }

    #[test]
    fn rules_that_are_not_as_they_must_be_are_refused() {
        let parse = |text: &str| ProfileRules::parse(text, Profile::N430);
        assert!(parse(N430_TOML).is_ok());
        assert!(ProfileRules::parse(N430_TOML, Profile::Akimat).is_err());
        let bad = |from: &str, to: &str| {
            let text = N430_TOML.replacen(from, to, 1);
            assert_ne!(text, N430_TOML, "{from:?} is there");
            assert!(parse(&text).is_err(), "{from:?} -> {to:?}");
        };
        bad("attachments_max", "attachment_max");
        bad("attachments_max = 6", "attachments_max = 7");
        bad("content_bytes_max = 62_914_560", "content_bytes_max = 62_914_561");
        bad("content_bytes_max = 62_914_560", "content_bytes_max = 0");
        bad("attachments_max = 6", "attachments_max = 6\nnote = \"x\"");
        bad("muragat/profile/1", "muragat/profile/2");
        bad("valid_from = \"2018-01-01\"", "valid_from = \"\"");
        bad("valid_from = \"2018-01-01\"", "valid_from = \"2018-1-1\"");
        bad("valid_from = \"2018-01-01\"", "valid_from = \"2019-01-01\"");
        bad("main = [\"doc\", \"docx\"]", "main = []");
        bad("main = [\"doc\", \"docx\"]", "main = [\"doc\", \"doc\"]");
        bad("main = [\"doc\", \"docx\"]", "main = [\"doc\", \"odt\"]");
        bad("main = [\"doc\", \"docx\"]", "main = [\"doc\", \"other\"]");
        bad("nature = {", "# nature = {");
        bad("nature = {", "natur = {");
        bad("need = \"required\"", "need = \"optional\"");
        bad("document_type = { need = \"required\"", "document_type = { need = \"if_any\"");
        bad("document_type = { need = \"required\"", "document_type = { why = \"\", need = \"required\"");
    }
}
