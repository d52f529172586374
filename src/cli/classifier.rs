//! `muragat classifier adopt|list`: the reference data that codes in submissions come from (N 430 cl. 9).
//!
//! An edition is kept with its signature as it came; whether that is valid is not looked at yet, and the list says so.

use super::Common;
use super::ingest::print_refusals;
use crate::error::{Error, Exit};
use crate::ingest::classify::{Adopted, adopt};
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::view;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `classifier`.
#[derive(clap::Args)]
pub(super) struct ClassifierArgs {
    #[command(subcommand)]
    command: ClassifierCommand,
}

#[derive(clap::Subcommand)]
enum ClassifierCommand {
    /// Adopt an edition of a classifier: from now on codes are checked by it.
    Adopt(Adopt),
    /// The editions that were adopted, oldest first.
    List,
}

#[derive(clap::Args)]
struct Adopt {
    /// The edition, as schema/classifier/1 says.
    file: PathBuf,
    /// The detached signature of its signer.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

const ADOPTED: Text = text("енгізілді", "введён", "adopted");
const HELD: Text = text("бұрын енгізілген", "уже введён", "adopted before");
const REFUSED: Text = text("енгізілмеді", "не введён", "not adopted");
const NOTHING: Text = text("Жіктеуіш енгізілмеген.", "Классификаторов нет.", "No classifier was adopted.");
const CODES: Text = text("код", "кодов", "codes");
const UNSIGNED: Text = text("қолтаңбасыз", "без подписи", "unsigned");
const NOT_VALIDATED: Text = text("қолтаңбасы тексерілмеген", "подпись не проверена", "signature not validated");

impl ClassifierArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            ClassifierCommand::Adopt(args) => args.run(common),
            ClassifierCommand::List => list(common),
        }
    }
}

impl Adopt {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let adopted = adopt(&archive, &self.file, self.signature.as_deref(), actor)?;
        let lang = common.lang();
        let file = shown(&self.file.to_string_lossy());
        let (value, exit) = match &adopted {
            Adopted::Done { edition, entry } => {
                let value = json!({
                    "status": "adopted", "classifier": edition.id, "edition": edition.edition, "field": edition.field,
                    "codes": edition.entries.len(), "entry": entry,
                });
                (value, Exit::Ok)
            }
            Adopted::Held => (json!({"status": "held"}), Exit::Ok),
            Adopted::Refused(refusals) => {
                let exit = refusals.first().map_or(Exit::Refused, |r| r.code.exit());
                (json!({"status": "refused", "reasons": view::refusals(refusals, lang)}), exit)
            }
        };
        if common.json() {
            common.print_json(&value);
        } else {
            match &adopted {
                Adopted::Done { edition, entry } => out!(
                    "{}: {} {} · {} · {} {} (#{entry})",
                    ADOPTED.get(lang),
                    shown(&edition.id),
                    shown(&edition.edition),
                    edition.field,
                    edition.entries.len(),
                    CODES.get(lang),
                ),
                Adopted::Held => out!("{}: {file}", HELD.get(lang)),
                Adopted::Refused(refusals) => {
                    out!("{}: {file}", REFUSED.get(lang));
                    print_refusals(refusals, lang);
                }
            }
        }
        archive.close()?;
        Ok(exit)
    }
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let adopted = archive.adopted_classifiers()?;
    if adopted.is_empty() && !common.json() {
        common.say(NOTHING.get(lang));
    }
    for (entry, held) in &adopted {
        let c = &held.classifier;
        if common.json() {
            common.print_json(&json!({
                "classifier": c.id, "edition": c.edition, "field": c.field, "valid_from": c.valid_from.to_string(),
                "valid_to": c.valid_to.map(|d| d.to_string()), "signer": c.signer, "instrument": c.instrument,
                "required": c.required, "codes": c.entries.len(), "sha256": held.sha256.to_string(), "entry": entry,
                "signature_status": if held.signed { "not validated" } else { "unsigned" },
            }));
            continue;
        }
        let until = c.valid_to.map(|d| d.to_string()).unwrap_or_default();
        out!("{} {} · {} · {}..{until}", shown(&c.id), shown(&c.edition), c.field, c.valid_from);
        out!("  {} · {}", shown(c.title.get(lang)), shown(&c.signer));
        let signed = if held.signed { NOT_VALIDATED } else { UNSIGNED };
        out!("  {} {} · {} · #{entry}", c.entries.len(), CODES.get(lang), signed.get(lang));
    }
    archive.close()?;
    Ok(Exit::Ok)
}
