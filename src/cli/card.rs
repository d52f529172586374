//! `muragat card correct`: a new version of a record's card.
//!
//! The card that was accepted stays, and so does every version since; search finds the values of all.

use super::Common;
use super::record::end;
use super::show::record_id;
use crate::error::{Error, Exit};
use crate::ingest::amend::correct_card;
use std::path::PathBuf;

/// Arguments of `card`.
#[derive(clap::Args)]
pub(super) struct CardArgs {
    #[command(subcommand)]
    command: CardCommand,
}

#[derive(clap::Subcommand)]
enum CardCommand {
    /// Give a record a new version of its card; the earlier ones stay.
    Correct(Correct),
}

#[derive(clap::Args)]
struct Correct {
    /// Id of the record.
    id: String,
    /// The corrected card.
    file: PathBuf,
    /// Why it is corrected.
    #[arg(long)]
    reason: String,
}

impl CardArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let CardCommand::Correct(correct) = self.command;
        let id = record_id(&correct.id)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let amended = correct_card(&archive, id, &correct.file, correct.reason, actor)?;
        end(common, archive, id, amended)
    }
}
