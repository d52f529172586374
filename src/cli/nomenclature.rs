//! `muragat nomenclature check|adopt|list`: which files an agency keeps in a year (N 430 cl. 33, 50).
//!
//! `check` needs no archive.

use super::Common;
use super::adoption::{Adoptable, adopt, check};
use crate::archive::{Adoption, Archive};
use crate::error::{Error, Exit, Refusal};
use crate::filing::nomenclature::{self, adopted};
use crate::model::id::ActorId;
use crate::model::nomenclature::{NOMENCLATURE_BYTES_MAX, Nomenclature};
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::view;
use serde_json::Value;
use std::path::PathBuf;

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
            NomenclatureCommand::Check { file } => check::<Nomenclature>(common, &file),
            NomenclatureCommand::Adopt { file } => adopt::<Nomenclature>(common, &file),
            NomenclatureCommand::List => list(common),
        }
    }
}

impl Adoptable for Nomenclature {
    const NAME: &'static str = "nomenclature";
    const BYTES_MAX: usize = NOMENCLATURE_BYTES_MAX;

    fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        Nomenclature::parse(bytes, name)
    }

    fn adopt(&self, archive: &Archive, bytes: &[u8], actor: ActorId) -> Result<Adoption, Error> {
        nomenclature::adopt(archive, self, bytes, actor)
    }

    fn facts(&self) -> Value {
        view::nomenclature(self)
    }

    fn print(&self, common: &Common, entry: Option<u64>) {
        let lang = common.lang();
        let entry = entry.map(|entry| format!(" (#{entry})")).unwrap_or_default();
        let files = self.rows.len();
        out!("  {} · {} · {files} {}{entry}", shown(&self.agency), self.year, FILES.get(lang));
        if self.agreed.is_none() {
            out!("  {}", NOT_AGREED.get(lang));
        }
        match without_item(self) {
            0 => {}
            count => out!("  {}: {count}", NO_ITEM.get(lang)),
        }
    }
}

fn without_item(nomenclature: &Nomenclature) -> usize {
    nomenclature.rows.iter().filter(|row| row.item.is_none()).count()
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let held = adopted(&archive)?;
    if held.is_empty() && !common.json() {
        common.say(NOTHING.get(common.lang()));
    }
    for held in &held {
        if common.json() {
            common.print_json(&view::nomenclature_row(held));
        } else {
            held.nomenclature.print(common, Some(held.entry));
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}
