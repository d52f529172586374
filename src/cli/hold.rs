//! `muragat hold place|lift|list|statement|confirm`: what must not be disposed of, whatever its term says.
//!
//! A query is asked once, when the hold is placed: what it finds then is what the hold keeps.

use super::disposal::refused;
use super::file::file_id;
use super::show::record_id;
use super::signed::{Signatures, SignedFiles};
use super::{Common, id_of};
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::disposition::lost_holds::{self, LOST_HOLDS_BYTES_MAX, LostHolds, Taken};
use crate::error::{Error, ErrorCode, Exit};
use crate::filing::holds::{self, Placing};
use crate::index::filing::HoldTarget;
use crate::index::query::Query;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::view;
use chrono::NaiveDate;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `hold`.
#[derive(clap::Args)]
pub(super) struct HoldArgs {
    #[command(subcommand)]
    command: HoldCommand,
}

#[derive(clap::Subcommand)]
enum HoldCommand {
    /// Place a hold on records, files, or what a query finds now; it takes effect at once.
    Place(Place),
    /// Lift a hold.
    Lift {
        /// Id of the hold.
        id: String,
        /// Why; kept with the act.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The holds, oldest first.
    List {
        /// Also those that were lifted.
        #[arg(long)]
        all: bool,
    },
    /// Print what officers of an agency sign after entries of the journal were lost: which holds were among them.
    Statement {
        /// Code of the agency.
        #[arg(long, value_name = "CODE")]
        agency: String,
        /// A hold that stands for one that was lost; may be repeated.
        #[arg(long = "hold", value_name = "ID", required_unless_present = "none")]
        holds: Vec<String>,
        /// No hold was lost.
        #[arg(long, conflicts_with = "holds")]
        none: bool,
    },
    /// Take in that statement with its signatures: what belongs to the agency can be destroyed again.
    Confirm(Confirm),
}

#[derive(clap::Args)]
struct Confirm {
    /// The statement (`hold statement`), signed by a records officer and another officer of the agency.
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    #[command(flatten)]
    signatures: Signatures,
}

#[derive(clap::Args)]
struct Place {
    /// Ids of records.
    #[arg(value_name = "RECORD")]
    records: Vec<String>,
    /// A file with all its records, also those that are put into it later; may be repeated.
    #[arg(long = "file", value_name = "ID")]
    files: Vec<String>,
    /// All records that this query finds now; later ones are not kept by it.
    #[arg(long, value_name = "QUERY")]
    query: Option<String>,
    /// Who asks for it: a body or an office.
    #[arg(long, value_name = "TEXT")]
    owner: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// By which law, decision or request.
    #[arg(long, value_name = "TEXT")]
    basis: String,
    /// When somebody should look whether it is still needed, YYYY-MM-DD; it does not end by itself.
    #[arg(long, value_name = "DATE")]
    review: Option<NaiveDate>,
}

const PLACED: Text = text("тыйым салынды", "запрет наложен", "hold placed");
const CONFIRMED: Text = text("тыйымдар расталды", "запреты подтверждены", "holds confirmed");
const LIFTED: Text = text("тыйым алынды", "запрет снят", "hold lifted");
const COVERS: Text = text("қамтиды", "охватывает", "covers");
const NOTHING: Text = text("Тыйым жоқ.", "Запретов нет.", "There are no holds.");
const REVIEW: Text = text("қайта қарау", "пересмотр", "review");
const OVERDUE: Text = text("мерзімі өтті", "срок прошёл", "overdue");
const RECORDS: Text = text("жазба", "записей", "records");
const FILES: Text = text("іс", "дел", "files");

impl HoldArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            HoldCommand::Place(args) => args.run(common),
            HoldCommand::Lift { id, reason } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let id = id_of(&id, ErrorCode::HldUnknown, "a hold id")?;
                let entry = holds::lift(&archive, id, &reason, actor)?;
                if common.json() {
                    common.print_json(&view::hold_lifted(id, entry));
                } else {
                    out!("{}: {id} (#{entry})", LIFTED.get(common.lang()));
                }
                archive.close()?;
                Ok(Exit::Ok)
            }
            HoldCommand::List { all } => list(common, all),
            HoldCommand::Statement { agency, holds, none: _ } => {
                let archive = common.open()?;
                let hold = |id: &String| id_of(id, ErrorCode::HldUnknown, "a hold id");
                let holds = holds.iter().map(hold).collect::<Result<_, _>>()?;
                out_raw!("{}", LostHolds::draft(&archive, &agency, &holds)?.to_toml());
                archive.close()?;
                Ok(Exit::Ok)
            }
            HoldCommand::Confirm(args) => args.run(common),
        }
    }
}

impl Confirm {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let SignedFiles { document: statement, signatures, extra } =
            self.signatures.read_with(&self.statement, LOST_HOLDS_BYTES_MAX, common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        match lost_holds::take(&archive, &statement, &signatures, &extra, actor)? {
            Taken::Refused(refusals) => refused(common, &refusals, archive),
            Taken::Done { agency, entry } => {
                if common.json() {
                    common.print_json(&json!({"status": "confirmed", "agency": agency, "entry": entry}));
                } else {
                    out!("{}: {} (#{entry})", CONFIRMED.get(common.lang()), shown(&agency));
                }
                archive.close()?;
                Ok(Exit::Ok)
            }
        }
    }
}

impl Place {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let mut targets = Vec::new();
        for record in &self.records {
            targets.push(HoldTarget::Record(record_id(record)?.0));
        }
        for file in &self.files {
            targets.push(HoldTarget::File(file_id(file)?.0));
        }
        if let Some(query) = &self.query {
            targets.extend(found(&archive, query)?);
        }
        let placing = Placing {
            owner: self.owner,
            reason: self.reason,
            basis: self.basis,
            review: self.review,
            query: self.query,
        };
        let (id, entry) = holds::place(&archive, &placing, &targets, actor)?;
        let covered = holds::find(&archive, id)?.row.targets;
        if common.json() {
            common.print_json(&view::hold_placed(id, entry, covered.len()));
        } else {
            let lang = common.lang();
            out!("{}: {id} (#{entry}) · {} {}", PLACED.get(lang), COVERS.get(lang), counts(&covered, common));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn found(archive: &Archive, query: &str) -> Result<Vec<HoldTarget>, Error> {
    let query = Query::parse(query)?;
    let mut targets = Vec::new();
    archive.wait_index()?;
    archive.index().search(&query, None, &mut |_, row| {
        targets.push(HoldTarget::Record(row.record));
        true
    })?;
    Ok(targets)
}

fn counts(targets: &[HoldTarget], common: &Common) -> String {
    let lang = common.lang();
    let files = targets.iter().filter(|target| matches!(target, HoldTarget::File(_))).count();
    let parts = [(targets.len() - files, RECORDS), (files, FILES)];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {}", word.get(lang))).collect();
    parts.join(", ")
}

fn list(common: &Common, all: bool) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let today = civil_date(archive.now());
    let held = holds::list(&archive, all)?;
    if held.is_empty() && !common.json() {
        common.say(NOTHING.get(lang));
    }
    for hold in &held {
        if common.json() {
            common.print_json(&view::hold(hold));
            continue;
        }
        let placing = &hold.placing;
        let lifted = hold.row.lifted.map(|entry| format!(" · {} #{entry}", LIFTED.get(lang))).unwrap_or_default();
        out!("{} · {} · #{}{lifted}", hold.id, counts(&hold.row.targets, common), hold.row.placed);
        out!("  {} · {}", shown(&placing.owner), shown(&placing.basis));
        out!("  {}", shown(&placing.reason));
        if let Some(review) = placing.review {
            let overdue = if review < today && hold.row.lifted.is_none() { OVERDUE.get(lang) } else { "" };
            out!("  {}: {review} {overdue}", REVIEW.get(lang));
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}
