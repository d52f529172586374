//! `muragat transfer select|draw-up|approve|cancel|status`: handing files over to another archive.
//!
//! Sending, answers and letting go are not there yet. `status` only reads; `draw-up` of a list that is drawn up gives
//! it again.

use super::beside::give_out;
use super::file::file_id;
use super::ingest::print_refusals;
use super::signed::Signatures;
use super::{Common, id_of};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::transfer::approve::{self, Signed};
use crate::transfer::case::{self, Case, Stage};
use crate::transfer::list::{self, reason_text};
use crate::transfer::select::{self, Reason, Selection};
use crate::view;
use std::path::{Path, PathBuf};

/// Arguments of `transfer`.
#[derive(clap::Args)]
pub(super) struct TransferArgs {
    #[command(subcommand)]
    command: TransferCommand,
}

#[derive(clap::Subcommand)]
enum TransferCommand {
    /// Select closed files for another archive.
    Select {
        /// Name of that archive, see `party list`.
        #[arg(long, value_name = "PARTY")]
        to: String,
        /// Why: term, early, liquidation or reorganisation.
        #[arg(long, value_name = "REASON", value_parser = reason)]
        reason: Reason,
        /// The order or agreement by which they go.
        #[arg(long, value_name = "TEXT")]
        basis: String,
        /// Ids of files.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<String>,
    },
    /// Draw up the list of what is handed over, for the commission to sign; one that is drawn up is given again.
    DrawUp {
        /// Id of the transfer.
        id: String,
        /// A folder for the list and its texts, as new files.
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// Take in the signatures of the expert commission over the list.
    Approve {
        /// Id of the transfer.
        id: String,
        #[command(flatten)]
        signatures: Signatures,
    },
    /// Cancel a transfer; its files stay and can be selected again.
    Cancel {
        /// Id of the transfer.
        id: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Every transfer, or one with its files.
    Status {
        /// Id of the transfer.
        id: Option<String>,
    },
}

fn reason(word: &str) -> Result<Reason, String> {
    Reason::parse(word).ok_or_else(|| format!("known: {}", Reason::KNOWN))
}

const SELECTED: Text = text("Тапсыруға іріктелді", "Отобрано для передачи", "Selected for transfer");
const DRAWN_UP: Text = text("Тізімдеме жасалды", "Опись составлена", "The list is drawn up");
const APPROVED: Text = text("Тізімдеме бекітілді", "Опись утверждена", "The list is approved");
const NOT_APPROVED: Text = text("Тізімдеме бекітілмеді", "Опись не утверждена", "The list is not approved");
const CANCELLED: Text = text("Тапсыру тоқтатылды", "Передача отменена", "The transfer is cancelled");
const NOTHING: Text = text("Тапсыру жоқ.", "Передач нет.", "There are no transfers.");
const WRITTEN: Text = text("жазылды", "записано", "written");
const FILES: Text = text("іс", "дел", "files");

fn stage_text(stage: Stage) -> Text {
    match stage {
        Stage::Selected => text("іріктелді", "отобрано", "selected"),
        Stage::Listed => text("тізімдеме комиссияда", "опись на утверждении", "the commission has the list"),
        Stage::Approved => text("тізімдеме бекітілді", "опись утверждена", "the list is approved"),
        Stage::Cancelled => text("тоқтатылды", "отменено", "cancelled"),
    }
}

fn transfer_id(text: &str) -> Result<RecordId, Error> {
    id_of(text, ErrorCode::TrfUnknown, "a transfer id")
}

fn done(common: &Common, status: &str, said: Text, id: RecordId, entry: u64) {
    if common.json() {
        common.print_json(&view::transfer_done(status, ("transfer_id", &id.to_string()), entry));
    } else {
        out!("{}: {id} (#{entry})", said.get(common.lang()));
    }
}

impl TransferArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            TransferCommand::Select { to, reason, basis, files } => {
                let files = files.iter().map(|id| file_id(id)).collect::<Result<Vec<_>, _>>()?;
                let selection = Selection { to: &to, reason, basis: &basis, files: &files };
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let (id, entry) = select::select(&archive, &selection, actor)?;
                done(common, "selected", SELECTED, id, entry);
                archive.close()?;
                Ok(Exit::Ok)
            }
            TransferCommand::DrawUp { id, output } => draw_up(common, &id, output.as_deref()),
            TransferCommand::Approve { id, signatures } => take_approval(common, &id, &signatures),
            TransferCommand::Cancel { id, reason } => {
                let id = transfer_id(&id)?;
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let entry = approve::cancel(&archive, id, &reason, actor)?;
                done(common, "cancelled", CANCELLED, id, entry);
                archive.close()?;
                Ok(Exit::Ok)
            }
            TransferCommand::Status { id } => status(common, id.as_deref()),
        }
    }
}

fn draw_up(common: &Common, id: &str, output: Option<&Path>) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let case = Case::read(&archive, id)?;
    let (list, entry) = match (case.list(&archive)?, case.row.listed) {
        (Some(list), Some(entry)) => (list, entry),
        _ => list::draw_up(&archive, id, actor)?,
    };
    let written = match output {
        Some(folder) => give_out(folder, &list.files_out())?,
        None => Vec::new(),
    };
    let lang = common.lang();
    if common.json() {
        let mut value = view::transfer_done("listed", ("transfer_id", &id.to_string()), entry);
        value["number"] = list.number.clone().into();
        value["list_sha256"] = list.sha256().to_string().into();
        value["files"] = written.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        common.print_json(&value);
    } else {
        out!("{}: {} (#{entry})", DRAWN_UP.get(lang), list.number);
        if written.is_empty() {
            // What a person wrote stands in it: nothing of that may steer the terminal.
            list.text(lang).lines().for_each(|line| out!("{}", shown(line)));
        }
        written.iter().for_each(|path| out!("{}: {}", WRITTEN.get(lang), shown(&path.to_string_lossy())));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn take_approval(common: &Common, id: &str, signatures: &Signatures) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let (signatures, extra) = signatures.read(common)?;
    let exit = match approve::approve(&archive, id, &signatures, &extra, actor)? {
        Signed::Done(entry) => {
            done(common, "approved", APPROVED, id, entry);
            Exit::Ok
        }
        Signed::Refused(refusals) => {
            if common.json() {
                let id = id.to_string();
                common.print_json(&view::transfer_refused(("transfer_id", &id), &refusals, common.lang()));
            } else {
                out!("{}: {id}", NOT_APPROVED.get(common.lang()));
                print_refusals(&refusals, common.lang());
            }
            Exit::Refused
        }
    };
    archive.close()?;
    Ok(exit)
}

fn status(common: &Common, id: Option<&str>) -> Result<Exit, Error> {
    let id = id.map(transfer_id).transpose()?;
    let archive = common.open()?;
    let cases = match id {
        Some(id) => vec![Case::read(&archive, id)?],
        None => case::all(&archive)?,
    };
    if cases.is_empty() && !common.json() {
        common.say(NOTHING.get(common.lang()));
    }
    for case in &cases {
        print(common, &archive, case, id.is_some())?;
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn print(common: &Common, archive: &Archive, case: &Case, is_whole: bool) -> Result<(), Error> {
    let lang = common.lang();
    if common.json() {
        common.print_json(&view::transfer(archive, case)?);
        return Ok(());
    }
    let number = case.list(archive)?.map(|list| format!(" · № {}", list.number)).unwrap_or_default();
    let (stage, reason) = (stage_text(case.stage()).get(lang), reason_text(case.reason).get(lang));
    out!("{}{number} · {stage}", case.id);
    let (to, files) = (shown(case.party.party.title.get(lang)), case.files.len());
    out!("  {} → {to} · {reason}: {} · {files} {}", shown(&case.agency), shown(&case.basis), FILES.get(lang));
    if let Some(why) = case.cancelled_why(archive)? {
        out!("  {}", shown(&why));
    }
    if is_whole {
        case.files.iter().for_each(|file| out!("  {file}"));
    }
    Ok(())
}
