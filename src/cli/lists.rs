//! `muragat rules act|adopt|list|simulate`: lists of retention periods in an archive.
//!
//! `act` writes what is to be signed outside; `simulate` writes nothing.

use super::file::file_line;
use super::ingest::print_refusals;
use super::rules::{read, read_with_file};
use super::signed::Signatures;
use super::{Common, read_up_to};
use crate::clock::civil_date;
use crate::error::{Error, Exit};
use crate::filing::simulate::{Change, Load, Simulation, simulate};
use crate::ingest::lists::{ACT_BYTES_MAX, Adopted, RulesAct, adopt};
use crate::model::calendar::CalendarStatus;
use crate::model::strict::shown;
use crate::retention::{Decision, RuleList};
use crate::text::{Text, text};
use crate::view::{self, Masked};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `rules act`.
#[derive(clap::Args)]
pub(super) struct Act {
    /// The list, as schema/retention/1 says.
    file: PathBuf,
    /// Code of the agency whose head adopts it.
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// Date of the act, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    date: NaiveDate,
    /// Why, and what was decided.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Terms may become shorter by this edition.
    #[arg(long)]
    shortens: bool,
}

/// Arguments of `rules adopt`.
#[derive(clap::Args)]
#[command(mut_arg("signatures", |arg| arg.requires("act")))]
pub(super) struct Adopt {
    /// The list, as schema/retention/1 says.
    file: PathBuf,
    /// The act by which it is adopted, from `rules act`, signed by an official and by one of the records office; a
    /// sample needs none.
    #[arg(long, value_name = "FILE")]
    act: Option<PathBuf>,
    #[command(flatten)]
    signatures: Signatures,
}

/// Arguments of `rules simulate`.
#[derive(clap::Args)]
pub(super) struct Simulate {
    /// The first day, YYYY-MM-DD; today when not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// How many years after that of the first day are listed one by one.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=200))]
    years: u32,
    /// As if this edition were adopted: what it would change.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
}

const ADOPTED: Text = text("енгізілді", "введён", "adopted");
const HELD: Text = text("бұрын енгізілген", "уже введён", "adopted before");
const REFUSED: Text = text("енгізілмеді", "не введён", "not adopted");
const NOTHING: Text = text("Тізбе енгізілмеген.", "Перечней нет.", "No list was adopted.");
const SAMPLE: Text = text(
    "үлгі: ол бойынша сынақ архивінен басқа жерде ештеңе жойылмайды",
    "образец: по нему ничего не уничтожается, кроме как в тестовом архиве",
    "a sample: nothing is destroyed by it but in an archive for tests",
);
const SHORTENS: Text =
    text("мерзімді қысқарту туралы шешіммен", "с решением о сокращении сроков", "with a decision to shorten terms");
const RULES: Text = text("тармақ", "пунктов", "items");
const FILES: Text = text("іс", "дел", "files");
const DOCUMENTS: Text = text("құжат", "документов", "documents");
const ON_HOLD: Text = text("тыйыммен", "под запретом", "on hold");
const DUE: Text = text("мерзімі өткен", "срок уже истёк", "due already");
const LATER: Text = text("кейінірек", "позже", "later");
const CHANGES: Text = text("жаңа басылым өзгертеді", "новая редакция меняет", "the new edition changes");
const IF_SHORTENED: Text =
    text("қысқарту туралы шешім болса", "при решении о сокращении", "with a decision to shorten");

impl Act {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let list = match read(&self.file)? {
            Ok(list) => list,
            Err(refusals) => return Ok(refuse(&refusals, common)),
        };
        let act = RulesAct::drawn_up(&list, &self.agency, self.date, self.shortens, &self.reason)?;
        out_raw!("{act}");
        Ok(Exit::Ok)
    }
}

fn refuse(refusals: &[crate::error::Refusal], common: &Common) -> Exit {
    let lang = common.lang();
    if common.json() {
        common.print_json(&view::refused(refusals, lang));
    } else {
        out!("{}", REFUSED.get(lang));
        print_refusals(refusals, lang);
    }
    refusals.first().map_or(Exit::Refused, |refusal| refusal.code.exit())
}

impl Adopt {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let (list, file) = match read_with_file(&self.file)? {
            Ok(read) => read,
            Err(refusals) => return Ok(refuse(&refusals, common)),
        };
        let act = self.act.as_ref().map(|path| read_up_to(path, ACT_BYTES_MAX)).transpose()?;
        let (signatures, extra) = self.signatures.read(common)?;
        let adopted = adopt(&archive, (&list, &file), act.as_deref(), &signatures, &extra, actor)?;
        let (is_new, word, entry) = match adopted {
            Adopted::Done(entry) => (true, ADOPTED, entry),
            Adopted::Held(entry) => (false, HELD, entry),
            Adopted::Refused(refusals) => {
                archive.close()?;
                return Ok(refuse(&refusals, common));
            }
        };
        let lang = common.lang();
        if common.json() {
            common.print_json(&view::rules_adopted(&list, is_new, entry));
        } else {
            out!("{}: {} {} (#{entry})", word.get(lang), shown(&list.id), shown(&list.edition));
            if list.status == CalendarStatus::Sample {
                out!("  {}", SAMPLE.get(lang));
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// `rules list`.
pub(super) fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let lists = archive.adopted_lists()?;
    if lists.is_empty() && !common.json() {
        common.say(NOTHING.get(lang));
    }
    for held in lists.iter() {
        let list = &held.list;
        if common.json() {
            common.print_json(&view::rules_row(held));
            continue;
        }
        let (id, edition, rules) = (shown(&list.id), shown(&list.edition), list.rules.len());
        out!("{id} {edition} · {rules} {} · {} (#{})", RULES.get(lang), list.valid_from, held.entry);
        out!("  {}", shown(&list.instrument));
        if list.status == CalendarStatus::Sample {
            out!("  {}", SAMPLE.get(lang));
        }
        if held.is_shortening {
            out!("  {}", SHORTENS.get(lang));
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}

impl Simulate {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let next: Option<RuleList> = match self.list.as_deref().map(read).transpose()? {
            None => None,
            Some(Ok(list)) => Some(list),
            Some(Err(refusals)) => return Ok(refuse(&refusals, common)),
        };
        let as_of = self.as_of.unwrap_or_else(|| civil_date(archive.now()));
        let simulation = simulate(&archive, as_of, self.years, next.as_ref())?;
        if common.json() {
            common.print_json(&simulation_json(as_of, &simulation));
        } else {
            print(as_of, &simulation, common);
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn load_json(load: &Load) -> Value {
    json!({"files": load.files, "documents": load.documents, "held": load.held})
}

fn simulation_json(as_of: NaiveDate, simulation: &Simulation) -> Value {
    let year = |((year, list, item), load): (&(i32, String, String), &Load)| {
        let mut value = load_json(load);
        value["year"] = (*year).into();
        value["list"] = list.clone().into();
        value["item"] = item.clone().into();
        value
    };
    let change = |change: &Change| {
        json!({
            "file": view::file(&change.file, Masked::No), "before": change.before.value(),
            "after": change.after.value(),
            "shortened": change.shortened.as_ref().map(Decision::value),
        })
    };
    let without: serde_json::Map<String, Value> =
        simulation.without.iter().map(|(status, count)| (status.as_str().to_owned(), (*count).into())).collect();
    json!({
        "as_of": as_of.to_string(), "due": load_json(&simulation.due), "later": load_json(&simulation.later),
        "years": simulation.years.iter().map(year).collect::<Value>(), "without": without,
        "changes": simulation.changes.iter().map(change).collect::<Value>(),
    })
}

fn load_line(load: &Load, common: &Common) -> String {
    let lang = common.lang();
    let held = if load.held > 0 { format!(" · {} {}", ON_HOLD.get(lang), load.held) } else { String::new() };
    format!("{} {} · {} {}{held}", load.files, FILES.get(lang), load.documents, DOCUMENTS.get(lang))
}

fn print(as_of: NaiveDate, simulation: &Simulation, common: &Common) {
    let lang = common.lang();
    out!("{as_of}: {}: {}", DUE.get(lang), load_line(&simulation.due, common));
    let mut last = None;
    for ((year, list, item), load) in &simulation.years {
        if last != Some(*year) {
            out!("{year}");
            last = Some(*year);
        }
        out!("  {}: {}", shown(&format!("{list}/{item}")), load_line(load, common));
    }
    out!("{}: {}", LATER.get(lang), load_line(&simulation.later, common));
    for (status, count) in &simulation.without {
        out!("{}: {count} {}", status.text(lang), FILES.get(lang));
    }
    if !simulation.changes.is_empty() {
        out!("{}:", CHANGES.get(lang));
    }
    let standing = |decision: &Decision| match decision.due {
        Some(day) => day.to_string(),
        None => decision.status.text(lang).to_owned(),
    };
    for change in &simulation.changes {
        out!("  {} {}", change.file.id, file_line(&change.file, common));
        let shortened = change.shortened.as_ref();
        let shortened =
            shortened.map(|d| format!(" ({}: {})", IF_SHORTENED.get(lang), standing(d))).unwrap_or_default();
        out!("    {} → {}{shortened}", standing(&change.before), standing(&change.after));
    }
}
