//! `muragat nomenclature check|adopt|list`: which files an agency keeps in a year (N 430 cl. 33, 50).
//!
//! `check` needs no archive.

use super::ingest::print_refusals;
use super::{Common, read_up_to, refusals_json};
use crate::error::{Error, Exit, Refusal};
use crate::filing::nomenclature::{Adopted, adopt, adopted};
use crate::model::nomenclature::{NOMENCLATURE_BYTES_MAX, Nomenclature};
use crate::model::strict::shown;
use crate::text::{Text, text};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `nomenclature`.
#[derive(clap::Args)]
pub(super) struct NomenclatureArgs {
    #[command(subcommand)]
    command: NomenclatureCommand,
}

#[derive(clap::Subcommand)]
enum NomenclatureCommand {
    /// Check a nomenclature; needs no archive.
    Check {
        /// The nomenclature, as schema/nomenclature/1 says.
        file: PathBuf,
    },
    /// Adopt the nomenclature of an agency for a year: files are opened by it.
    Adopt {
        /// The nomenclature, as schema/nomenclature/1 says.
        file: PathBuf,
    },
    /// The nomenclatures that were adopted, oldest first.
    List,
}

const VALID: Text = text("дұрыс", "верна", "valid");
const ADOPTED: Text = text("енгізілді", "введена", "adopted");
const HELD: Text = text("бұрын енгізілген", "уже введена", "adopted before");
const REFUSED: Text = text("енгізілмеді", "не введена", "not adopted");
const MALFORMED: Text = text("қате", "с ошибками", "malformed");
const NOTHING: Text = text("Номенклатура енгізілмеген.", "Номенклатур нет.", "No nomenclature was adopted.");
const FILES: Text = text("іс", "дел", "files");
const NOT_AGREED: Text = text("архивпен келісілмеген", "с архивом не согласована", "the archive has not agreed to it");
const NO_ITEM: Text = text(
    "тармағы жоқ, мерзімі ешқашан аяқталмайтын істер",
    "дел без статьи перечня: их срок никогда не истечёт",
    "files without an item of a list: they are never due",
);

impl NomenclatureArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            NomenclatureCommand::Check { file } => {
                let (_, read) = read(&file)?;
                let (status, word) = if read.is_ok() { ("valid", VALID) } else { ("refused", MALFORMED) };
                answer(common, &file, (status, word), &read, None);
                Ok(if read.is_ok() { Exit::Ok } else { Exit::Refused })
            }
            NomenclatureCommand::Adopt { file } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let (bytes, read) = read(&file)?;
                let done = match &read {
                    Ok(nomenclature) => Some(adopt(&archive, nomenclature, &bytes, actor)?),
                    Err(_) => None,
                };
                let (status, entry) = match done {
                    Some(Adopted::Done(entry)) => (("adopted", ADOPTED), Some(entry)),
                    Some(Adopted::Held(entry)) => (("held", HELD), Some(entry)),
                    None => (("refused", REFUSED), None),
                };
                answer(common, &file, status, &read, entry);
                archive.close()?;
                Ok(if read.is_ok() { Exit::Ok } else { Exit::Refused })
            }
            NomenclatureCommand::List => list(common),
        }
    }
}

type Read = Result<Nomenclature, Vec<Refusal>>;

fn read(path: &Path) -> Result<(Vec<u8>, Read), Error> {
    let bytes = read_up_to(path, NOMENCLATURE_BYTES_MAX)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let read = Nomenclature::parse(&bytes, &name);
    Ok((bytes, read))
}

fn facts(nomenclature: &Nomenclature) -> Value {
    json!({
        "agency": nomenclature.agency, "year": nomenclature.year, "approved": nomenclature.approved.to_string(),
        "agreed": nomenclature.agreed.map(|day| day.to_string()), "files": nomenclature.rows.len(),
        "without_item": without_item(nomenclature), "sha256": nomenclature.sha256.to_string(),
    })
}

fn without_item(nomenclature: &Nomenclature) -> usize {
    nomenclature.rows.iter().filter(|row| row.item.is_none()).count()
}

fn answer(common: &Common, file: &Path, (status, word): (&str, Text), read: &Read, entry: Option<u64>) {
    let lang = common.lang();
    if common.json() {
        let mut value = json!({"status": status});
        match read {
            Ok(nomenclature) => value["nomenclature"] = facts(nomenclature),
            Err(refusals) => value["reasons"] = refusals_json(refusals, lang),
        }
        if let Some(entry) = entry {
            value["entry"] = entry.into();
        }
        common.print_json(&value);
        return;
    }
    out!("{}: {}", word.get(lang), shown(&file.to_string_lossy()));
    match read {
        Ok(nomenclature) => print(common, nomenclature, entry),
        Err(refusals) => print_refusals(refusals, lang),
    }
}

fn print(common: &Common, nomenclature: &Nomenclature, entry: Option<u64>) {
    let lang = common.lang();
    let entry = entry.map(|entry| format!(" (#{entry})")).unwrap_or_default();
    let files = nomenclature.rows.len();
    out!("  {} · {} · {files} {}{entry}", shown(&nomenclature.agency), nomenclature.year, FILES.get(lang));
    if nomenclature.agreed.is_none() {
        out!("  {}", NOT_AGREED.get(lang));
    }
    match without_item(nomenclature) {
        0 => {}
        count => out!("  {}: {count}", NO_ITEM.get(lang)),
    }
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let held = adopted(&archive)?;
    if held.is_empty() && !common.json() {
        common.say(NOTHING.get(common.lang()));
    }
    for held in &held {
        if common.json() {
            let mut value = facts(&held.nomenclature);
            value["entry"] = held.entry.into();
            common.print_json(&value);
        } else {
            print(common, &held.nomenclature, Some(held.entry));
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}
