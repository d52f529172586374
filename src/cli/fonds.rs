//! `muragat fonds open|succeed|list`: fonds (қор, фонд), whose numbers stand in citations.
//!
//! Every command but `list` is an act and answers with the fonds as it is then.

use super::Common;
use crate::error::{Error, Exit};
use crate::filing::fonds::{self, Fonds};
use crate::index::filing::date;
use crate::model::fonds::{FondsOpening, Succession};
use crate::model::strict::shown;
use crate::text::{Text, text};
use chrono::NaiveDate;
use serde_json::{Value, json};

/// Arguments of `fonds`.
#[derive(clap::Args)]
pub(super) struct FondsArgs {
    #[command(subcommand)]
    command: FondsCommand,
}

#[derive(clap::Subcommand)]
enum FondsCommand {
    /// Open a fonds.
    Open {
        /// Its number; unique in the archive.
        #[arg(long, value_name = "N")]
        number: u32,
        /// Its name: that of the body.
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// Code of the agency.
        #[arg(long, value_name = "CODE")]
        agency: String,
    },
    /// Another body takes over a fonds.
    Succeed {
        /// Number of the fonds.
        number: u32,
        /// Name of the body.
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// From when, YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        date: NaiveDate,
        /// Its code, when it has another one.
        #[arg(long, value_name = "CODE")]
        agency: Option<String>,
    },
    /// Every fonds, by number.
    List,
}

const NOTHING: Text = text("Қор жоқ.", "Фондов нет.", "There are no fonds.");
const FONDS: Text = text("Қор", "Фонд", "Fonds");
const SINCE: Text = text("құқық мирасқоры", "правопреемник", "successor");

impl FondsArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = match self.command {
            FondsCommand::List => {
                let archive = common.open()?;
                let found = fonds::list(&archive)?;
                if found.is_empty() && !common.json() {
                    common.say(NOTHING.get(common.lang()));
                }
                found.iter().for_each(|fonds| print(common, fonds));
                archive
            }
            FondsCommand::Open { number, name, agency } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                print(common, &fonds::open(&archive, &FondsOpening { number, name, agency }, actor)?);
                archive
            }
            FondsCommand::Succeed { number, name, date, agency } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                print(common, &fonds::succeed(&archive, number, &Succession { date, name, agency }, actor)?);
                archive
            }
        };
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn fonds_json(fonds: &Fonds) -> Value {
    let row = &fonds.row;
    let successors: Vec<Value> = row
        .successors
        .iter()
        .map(|s| json!({"date": date(s.from).map(|day| day.to_string()), "name": s.name, "agency": s.agency}))
        .collect();
    json!({
        "fonds_id": fonds.id.to_string(), "number": row.number, "name": row.name, "agency": row.agency,
        "entry": row.opened, "successors": successors,
    })
}

fn print(common: &Common, fonds: &Fonds) {
    if common.json() {
        common.print_json(&fonds_json(fonds));
        return;
    }
    let (lang, row) = (common.lang(), &fonds.row);
    out!("{} {} · {} ({}) · #{}", FONDS.get(lang), row.number, shown(&row.name), shown(&row.agency), row.opened);
    for successor in &row.successors {
        let agency = successor.agency.as_deref().map(|code| format!(" ({})", shown(code))).unwrap_or_default();
        let from = date(successor.from).map(|day| day.to_string()).unwrap_or_default();
        out!("  {} {from}: {}{agency}", SINCE.get(lang), shown(&successor.name));
    }
}
