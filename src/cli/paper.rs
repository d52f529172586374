//! `muragat paper add|move|list`: originals and copies of records on paper.
//!
//! Every command but `list` is an act and answers with the papers of the record as they are then.

use super::Common;
use super::show::record_id;
use crate::clock::local_text;
use crate::error::{Error, Exit};
use crate::filing::paper;
use crate::index::fonds::PaperRow;
use crate::model::id::RecordId;
use crate::model::paper::{PaperKind, Whereabouts};
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::view;
use serde_json::json;

/// Arguments of `paper`.
#[derive(clap::Args)]
pub(super) struct PaperArgs {
    #[command(subcommand)]
    command: PaperCommand,
}

#[derive(clap::Subcommand)]
enum PaperCommand {
    /// Note that a record has an original or a copy on paper.
    Add {
        /// Id of the record.
        record: String,
        /// original or copy.
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: PaperKind,
        /// How many sheets it has.
        #[arg(long, value_name = "N")]
        sheets: u32,
        /// Where it lies: building, room, shelf, box.
        #[arg(long, value_name = "TEXT")]
        place: String,
        /// Who keeps it: a post.
        #[arg(long, value_name = "TEXT")]
        custodian: String,
    },
    /// A paper lies elsewhere, or has another custodian.
    Move {
        /// Id of the record.
        record: String,
        /// Number of the paper, when the record has several.
        #[arg(long, value_name = "N")]
        number: Option<u32>,
        /// Where it lies from now on.
        #[arg(long, value_name = "TEXT")]
        place: String,
        /// Who keeps it from now on: a post.
        #[arg(long, value_name = "TEXT")]
        custodian: String,
        /// Why; kept with the act.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The records that have papers, oldest first.
    List {
        /// Only those of this agency.
        #[arg(long, value_name = "CODE")]
        agency: Option<String>,
    },
}

fn kind(word: &str) -> Result<PaperKind, String> {
    PaperKind::parse(word).ok_or_else(|| format!("known: {}", PaperKind::KNOWN))
}

const NOTHING: Text = text("Қағаз нұсқалар тіркелмеген.", "Бумажных экземпляров не учтено.", "No papers are noted.");
const SHEETS: Text = text("парақ", "листов", "sheets");

pub(super) fn kind_text(kind: PaperKind) -> Text {
    match kind {
        PaperKind::Original => text("қағаз түпнұсқа", "бумажный подлинник", "paper original"),
        PaperKind::Copy => text("қағаздағы көшірме", "копия на бумаге", "paper copy"),
    }
}

impl PaperArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = match self.command {
            PaperCommand::List { agency } => {
                let archive = common.open()?;
                let mut found = paper::list(&archive)?;
                found.retain(|row| agency.as_ref().is_none_or(|agency| *agency == row.agency));
                if found.is_empty() && !common.json() {
                    common.say(NOTHING.get(common.lang()));
                }
                found.iter().for_each(|row| print(common, row.id(), &row.papers));
                archive
            }
            PaperCommand::Add { record, kind, sheets, place, custodian } => {
                let archive = common.open_to_act()?;
                let (actor, id) = (common.actor(&archive)?, record_id(&record)?);
                let whereabouts = Whereabouts { place, custodian };
                print(common, id, &paper::note(&archive, id, (kind, sheets), whereabouts, actor)?);
                archive
            }
            PaperCommand::Move { record, number, place, custodian, reason } => {
                let archive = common.open_to_act()?;
                let (actor, id) = (common.actor(&archive)?, record_id(&record)?);
                let whereabouts = Whereabouts { place, custodian };
                let papers = paper::relocate(&archive, id, number, (whereabouts, &reason), actor)?;
                print(common, id, &papers);
                archive
            }
        };
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// The papers of a record for people.
pub(super) fn print_papers(papers: &[PaperRow], lang: Lang) {
    for paper in papers {
        let (kind, sheets) = (kind_text(paper.kind()).get(lang), SHEETS.get(lang));
        out!("  {}. {kind} · {} {sheets}", paper.number, paper.sheets);
        for place in &paper.places {
            let reason = place.reason.as_deref().map(|reason| format!(": {}", shown(reason))).unwrap_or_default();
            let (at, custodian) = (local_text(place.t), shown(&place.custodian));
            out!("     {at} {} · {custodian}{reason}", shown(&place.place));
        }
    }
}

fn print(common: &Common, record: RecordId, papers: &[PaperRow]) {
    if common.json() {
        common.print_json(&json!({"record_id": record.to_string(), "papers": view::papers(papers)}));
        return;
    }
    out!("{record}");
    print_papers(papers, common.lang());
}
