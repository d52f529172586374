//! Judging what a profile gives: a default or a code that no document could have, and a field that the regulation wants
//! and nothing gives, would refuse every row. Officers should hear that before they sign.
//!
//! Nothing is decided here: rows are made up, become submissions like any row ([`item`](super::item)), and the readers
//! of submission and card say what is wrong. A fault is one that no choice of the other cells heals; what a column
//! gives is judged row by row at the import. Rows with a card of the old system need no field of the card.

use super::item::{submission, written_card};
use super::profile::{Field, FileColumn, Profile};
use super::table::{Named, Row};
use crate::error::{ErrorCode, Refusal};
use crate::model::card::Card;
use crate::model::strict::{FAULTS_MAX, shown};
use crate::model::submission::{self as model, CertifierRole, Direction, Kind, SUBMISSION_FILE, Submission};
use crate::text::{Said, Text, text};
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "card.json";
/// What a cell has, where every text will do.
const ANY_TEXT: &str = "1";
/// What a cell has, where a date is wanted.
const ANY_DATE: &str = "2000-01-01";

const DEFAULT: Text = text(
    "бұл әдепкі мәнмен ешбір құжат қабылданбайды",
    "с этим значением по умолчанию ни один документ не будет принят",
    "with this default no document would be taken in",
);
const CODED: Text = text(
    "кодтың бұл мәнімен ешбір құжат қабылданбайды",
    "с этим значением кода ни один документ не будет принят",
    "with this value of a code no document would be taken in",
);
const MISSING: Text = text(
    "міндетті деректеменің бағаны да, әдепкі мәні де жоқ",
    "у обязательного реквизита нет ни столбца, ни значения по умолчанию",
    "a required field has neither a column nor a default",
);
const OF_PROFILE: Text = text(
    "бұл мәнмен ешбір құжат қабылданбайды",
    "с этим значением ни один документ не будет принят",
    "with this value no document would be taken in",
);

/// What in the profile, which messages call `name`, would refuse every row.
pub(super) fn faults(profile: &Profile, name: &str) -> Vec<Refusal> {
    let refusal = |key: &str, what: Text, found: &Refusal| {
        let detail = format!("{}: {} {}", what.en, found.code, found.detail);
        let said = Said::of(|lang| what.get(lang).to_owned());
        Refusal::new(ErrorCode::ImpProfile, format!("{name}#/{key}"), detail).saying(said)
    };
    let mut faults = Vec::new();
    let mut any = rows(profile, None);
    for key in ["agency", "system"] {
        faults.extend(never(profile, &mut any, None, key).map(|found| refusal(key, OF_PROFILE, &found)));
    }
    for field in Field::ALL {
        let mut rows = rows(profile, Some(*field));
        let mut fixed = |value| never(profile, &mut rows, Some((*field, value)), field.as_str());
        if let Some(value) = profile.defaults.get(field) {
            let found = fixed(Some(value));
            faults.extend(found.map(|found| refusal(&format!("defaults/{field}"), DEFAULT, &found)));
        } else if !profile.columns.contains_key(field) {
            // The card of the old system may have it.
            let is_due = |found: &Refusal| found.subject.starts_with(SUBMISSION_FILE) || !has_cards(profile);
            let found = fixed(None).filter(is_due);
            faults.extend(found.map(|found| refusal(&format!("defaults/{field}"), MISSING, &found)));
        }
        let mut sound = BTreeSet::new();
        for (code, value) in profile.values.get(field).into_iter().flatten() {
            if faults.len() >= FAULTS_MAX || sound.contains(value) {
                continue;
            }
            match fixed(Some(value)) {
                Some(found) => faults.push(refusal(&format!("values/{field}/{}", shown(code)), CODED, &found)),
                None => drop(sound.insert(value)),
            }
        }
    }
    faults.truncate(FAULTS_MAX);
    faults
}

fn has_cards(profile: &Profile) -> bool {
    profile.files.contains_key(&FileColumn::Card)
}

/// The fault at `key` that each of `rows` has with this value of a field, or with none. The row that has no such fault
/// comes first after that: it will most likely heal the next value too.
fn never(profile: &Profile, rows: &mut [Row], fixed: Option<(Field, Option<&String>)>, key: &str) -> Option<Refusal> {
    // A role stands only where there may be a certifier; elsewhere the certifier as a whole is refused.
    let is_role = matches!(fixed, Some((Field::CertifierRole, Some(_))));
    let is_of = |found: &Refusal| {
        key_of(profile, &found.subject) == Some(key) || (is_role && found.subject.ends_with("#/certified_by"))
    };
    let mut first = None;
    for i in 0..rows.len() {
        let row = &mut rows[i];
        match fixed {
            Some((field, Some(value))) => drop(row.values.insert(field, value.clone())),
            Some((field, None)) => drop(row.values.remove(&field)),
            None => {}
        }
        let found = judged(profile, row).into_iter().find(&is_of);
        let Some(found) = found else {
            rows.swap(0, i);
            return None;
        };
        first.get_or_insert(found);
    }
    first
}

/// Rows with every choice that other fields depend on, with all optional cells and with none; `fixed` has no choice.
/// A choice is one of a few known words, so that there are few rows: of a code that stands for another word only the
/// word itself is judged.
fn rows(profile: &Profile, fixed: Option<Field>) -> Vec<Row> {
    let mut rows: Vec<Row> = [false, true].map(|is_blank| made_up(profile, is_blank)).into();
    for (field, words) in [
        (Field::Profile, model::Profile::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()),
        (Field::Kind, Kind::SUBMITTED.iter().map(|word| word.as_str()).collect()),
        (Field::Direction, Direction::ALL.iter().map(|word| word.as_str()).collect()),
        (Field::CertifierRole, CertifierRole::ALL.iter().map(|word| word.as_str()).collect()),
    ] {
        // Rows that leave the rules to the default must come in by the rules of the default.
        let is_given = field == Field::Profile && profile.defaults.contains_key(&field);
        if fixed == Some(field) || is_given || !profile.columns.contains_key(&field) {
            continue;
        }
        let is_coded =
            |word: &str| profile.values.get(&field).is_some_and(|codes| codes.values().any(|value| value == word));
        let coded: Vec<&str> = words.iter().copied().filter(|word| is_coded(word)).collect();
        // When no code stands for a known word, which is said of each, any word may be meant.
        let words = if coded.is_empty() { words } else { coded };
        let mut choices: Vec<Option<&str>> = words.into_iter().map(Some).collect();
        match profile.defaults.get(&field) {
            Some(default) => choices.push(Some(default)),
            None if Field::ALWAYS.contains(&field) => {}
            None => choices.push(None),
        }
        choices.sort_unstable();
        choices.dedup();
        let with = |row: Row| {
            choices.iter().map(move |choice| {
                let mut values = row.values.clone();
                match choice {
                    Some(word) => drop(values.insert(field, (*word).to_owned())),
                    None => drop(values.remove(&field)),
                }
                row_of(values)
            })
        };
        rows = rows.into_iter().flat_map(with).collect();
    }
    rows
}

/// A row whose cells have something that is right, or nothing where they may.
fn made_up(profile: &Profile, is_blank: bool) -> Row {
    let mut values = profile.defaults.clone();
    for field in profile.columns.keys() {
        if is_blank && !Field::OF_TABLE.contains(field) && !Field::ALWAYS.contains(field) {
            continue;
        }
        let value = match field {
            Field::Profile => model::Profile::N430.as_str(),
            Field::Kind => Kind::ElectronicOriginal.as_str(),
            Field::Direction => Direction::Internal.as_str(),
            Field::CertifierRole => CertifierRole::RecordsOfficer.as_str(),
            Field::AccessCategory => model::AccessCategory::Public.as_str(),
            Field::PaperMark => crate::model::card::PaperMark::NoPaper.as_str(),
            field if field.is_date() => ANY_DATE,
            _ => ANY_TEXT,
        };
        values.insert(*field, value.to_owned());
    }
    row_of(values)
}

fn row_of(values: BTreeMap<Field, String>) -> Row {
    let main = Named { column: FileColumn::Main, path: "main".to_owned(), covers: Vec::new() };
    Row { line: 0, values, files: vec![main], faults: Vec::new(), secret: None }
}

/// What the readers find in the submission and in the card that a row becomes.
fn judged(profile: &Profile, row: &Row) -> Vec<Refusal> {
    let mut found = Submission::parse(&submission(row, profile, CARD)).err().unwrap_or_default();
    if let Some(rules) = model::Profile::parse(row.value(Field::Profile)).map(model::Profile::rules) {
        found.extend(Card::parse(&written_card(row, profile), CARD, rules).err().unwrap_or_default());
    }
    found
}

/// The key of the profile that a place in submission or card comes from.
fn key_of(profile: &Profile, subject: &str) -> Option<&'static str> {
    let (_, place) = subject.split_once("#/")?;
    let field = match place {
        "agency" => return Some("agency"),
        "software/name" => return Some("system"),
        "sheets" | "sheets/document" => Field::SheetsDocument,
        "sheets/attachments" => Field::SheetsAttachments,
        "link" | "link/number" => Field::LinkNumber,
        "link/date" => Field::LinkDate,
        "certified_by" => {
            let certifier = [Field::CertifierRole, Field::CertifierPost, Field::CertifierSurname];
            certifier.into_iter().find(|field| profile.defaults.contains_key(field)).unwrap_or(Field::CertifierSurname)
        }
        "certified_by/role" => Field::CertifierRole,
        "certified_by/post" => Field::CertifierPost,
        "certified_by/surname" => Field::CertifierSurname,
        place => Field::parse(place)?,
    };
    Some(field.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../../schema/import/1/examples/valid-whole.toml");
    const LEAST: &str = include_str!("../../../schema/import/1/examples/valid-least.toml");

    fn found(toml: &str) -> Vec<String> {
        match Profile::parse(toml.as_bytes(), "p.toml") {
            Ok(_) => Vec::new(),
            Err(faults) => {
                assert!(faults.iter().all(|fault| fault.code == ErrorCode::ImpProfile), "{faults:?}");
                faults.into_iter().map(|fault| fault.subject.replacen("p.toml#/", "", 1)).collect()
            }
        }
    }

    fn with(toml: &str, from: &str, to: &str) -> String {
        assert_eq!(toml.matches(from).count(), 1, "{from:?} is there once");
        toml.replacen(from, to, 1)
    }

    #[test]
    fn a_default_that_no_card_can_have_is_a_fault_that_names_its_key() {
        assert_eq!((found(WHOLE), found(LEAST)), (vec![], vec![]));
        for (from, to, key) in [
            ("executor_phone = \"+7 000 000 00 00\"", "executor_phone = \"көрсетілмеген\"", "defaults/executor_phone"),
            ("sheets_document = \"1\"", "sheets_document = \"0\"", "defaults/sheets_document"),
            ("paper_mark = \"none\"", "paper_mark = \"жоқ\"", "defaults/paper_mark"),
            ("direction = \"outgoing\"", "direction = \"sideways\"", "defaults/direction"),
            ("profile = \"n430\"", "profile = \"n431\"", "defaults/profile"),
            // The column may have another, but who leaves its cell blank gets this.
            ("access_category = \"public\"", "access_category = \"secret\"", "defaults/access_category"),
            ("kind = \"electronic_original\"", "kind = \"scanned_copy\"", "defaults/certifier_surname"),
            ("paper_mark = \"none\"", "paper_mark = \"none\"\nlink_number = \"5\"", "defaults/link_date"),
            ("\"А\" = \"public\"", "\"А\" = \"open\"", "values/access_category/А"),
            ("agency = \"DEMO\"", "agency = \"ДЕМО\"", "agency"),
        ] {
            // With a card of the old system for some rows, a field that is missing may still be in that card.
            let toml = with(WHOLE, "card = \"Карточка\"\n", "");
            assert_eq!(found(&with(&toml, from, to)), [key], "{to}");
        }
    }

    #[test]
    fn a_field_of_the_card_that_nothing_gives_is_a_fault() {
        let without = |field: &str| with(WHOLE, field, "");
        let sheets = without("sheets_document = \"1\"\n");
        assert_eq!(found(&sheets), [""; 0], "the cards of the old system may have it");
        let own = |toml: &str| with(toml, "card = \"Карточка\"\n", "");
        assert_eq!(found(&own(&sheets)), ["defaults/sheets_document"]);
        assert_eq!(found(&own(&without("title = \"Тақырыбы\"\n"))), ["defaults/title"]);
        assert_eq!(found(&with(LEAST, "title = \"Тақырыбы\"\n", "")), ["defaults/title"]);
        // When the table says by which rules a row comes, some of them want no title.
        let columns = with(LEAST, "title = \"Тақырыбы\"\n", "profile = \"Ереже\"\n");
        let columns = with(&columns, "profile = \"organization\"\n", "sender_body = \"Үлгі\"\nplace = \"Алматы\"\n");
        assert_eq!(found(&columns), [""; 0]);
    }

    #[test]
    fn a_profile_with_many_codes_is_judged_at_once() {
        let fields = ["profile", "kind", "direction", "certifier_role"];
        let columns: String = fields.iter().map(|field| format!("{field} = \"{field}\"\n")).collect();
        let toml = with(LEAST, "title = \"Тақырыбы\"\n", &format!("title = \"Тақырыбы\"\n{columns}"));
        let toml = ["profile = \"organization\"\n", "direction = \"incoming\"\n"]
            .iter()
            .fold(toml, |toml, default| with(&toml, default, ""));
        let coded = |codes: &dyn Fn(&str) -> String| -> String {
            let tables = fields.iter().map(|field| format!("\n[values.{field}]\n{}", codes(field)));
            std::iter::once(toml.clone()).chain(tables).collect()
        };
        // Words that nobody knows: each is a fault, and no product of them is made.
        let unknown = |_: &str| (0..60).map(|n| format!("c{n} = \"v{n}\"\n")).collect::<String>();
        let faults = found(&coded(&unknown));
        assert_eq!((faults.len(), faults[0].as_str()), (FAULTS_MAX, "values/profile/c0"));
        let one = |field: &str| match field {
            "profile" => "a = \"organization\"\nb = \"organisation\"\n".to_owned(),
            _ => "x = \"v\"\n".to_owned(),
        };
        let wanted = ["values/profile/b", "values/kind/x", "values/direction/x", "values/certifier_role/x"];
        assert_eq!(found(&coded(&one)), wanted);
        let sound = |field: &str| match field {
            "profile" => "a = \"organization\"\n",
            "kind" => "x = \"scanned_copy\"\ny = \"electronic_original\"\n",
            "direction" => "x = \"incoming\"\n",
            _ => "x = \"records_officer\"\n",
        };
        assert_eq!(found(&coded(&|field: &str| sound(field).to_owned())), [""; 0]);
        for toml in [toml.clone(), coded(&unknown), coded(&one)] {
            let profile = Profile::held(toml.as_bytes()).unwrap();
            assert!(rows(&profile, None).len() <= 500, "known words only");
        }
    }

    #[test]
    fn what_was_adopted_stays_readable() {
        let toml = with(WHOLE, "executor_phone = \"+7 000 000 00 00\"", "executor_phone = \"көрсетілмеген\"");
        assert!(Profile::parse(toml.as_bytes(), "p.toml").is_err());
        assert!(Profile::held(toml.as_bytes()).is_ok());
    }
}
