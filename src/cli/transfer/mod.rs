//! `muragat transfer`: handing files over to another archive, from their selection to the day when they go from here.
//!
//! `status`, `act`, `certificate` and `release` without a signed file only read. What was done is done again without
//! harm: `draw-up` of a list that is drawn up gives it again, `send` writes one more medium, `take` of the same answer
//! says so.

mod answers;
pub(in crate::cli) mod certificate;
mod line;
mod package;
mod release;

use super::beside::give_out;
use super::file::file_id;
use super::ingest::print_refusals;
use super::signed::{MaterialPaths, Signatures};
use super::{Common, id_of};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::transfer::approve::{self, Signed};
use crate::transfer::case::{self, Case, Stage};
use crate::transfer::list::{self, reason_text};
use crate::transfer::pack::format::{self, TransferFormat};
use crate::transfer::select::{self, Reason, Selection};
use crate::transfer::send::Way;
use crate::view;
use line::Line;
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
    /// Seal the package of an approved list: decide its bytes and its digest.
    Prepare {
        /// Id of the transfer.
        id: String,
        /// Form of the package: bag, eark or plain.
        #[arg(long, value_name = "FORM", default_value = "bag", value_parser = form)]
        form: &'static dyn TransferFormat,
    },
    /// Write the sealed package to a medium, in clear text, or send it to the service of the other archive.
    Send {
        /// Id of the transfer.
        id: String,
        /// The folder in which it is written, as a new folder or file.
        #[arg(long, value_name = "DIR", required_unless_present = "to", conflicts_with = "to")]
        into: Option<PathBuf>,
        /// One uncompressed tar instead of a folder.
        #[arg(long, conflicts_with = "to")]
        tar: bool,
        #[command(flatten)]
        line: Line,
    },
    /// Fetch the reply from the service of the other archive, and once the act is signed here bring it there.
    Exchange {
        /// Id of the transfer.
        id: String,
        #[command(flatten)]
        line: Line,
        #[command(flatten)]
        material: MaterialPaths,
    },
    /// Take in the receipt or the reply of the other archive.
    Take {
        /// The file that it gave.
        #[arg(value_name = "ANSWER")]
        file: PathBuf,
        #[command(flatten)]
        material: MaterialPaths,
    },
    /// Give out the reply and the act of both archives, and once it is signed here what goes back.
    Act {
        /// Id of the transfer.
        id: String,
        /// A folder for the files, as new ones.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Take in the signature of an officer of this side over the act.
    Sign {
        /// Id of the transfer.
        id: String,
        #[command(flatten)]
        signatures: Signatures,
        /// A folder for what goes back to the other archive.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Let go what the other archive keeps: without a file, draw up what two officers sign.
    Release {
        /// Id of the transfer.
        id: String,
        /// What two officers have signed.
        #[arg(value_name = "RELEASE", required_unless_present = "output", conflicts_with = "output")]
        file: Option<PathBuf>,
        #[command(flatten)]
        signatures: Signatures,
        /// A folder for what is to be signed, as new files.
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// The certificate of what was let go, which a stranger checks: `verify FILE --vkey KEY`.
    Certificate {
        /// Id of the transfer.
        id: String,
        /// Write it into this file.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// End a transfer of which nothing is left to be let go; the store is compacted.
    Close {
        /// Id of the transfer.
        id: String,
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

fn form(word: &str) -> Result<&'static dyn TransferFormat, String> {
    format::parse(word).ok_or_else(|| format!("known: {}", format::ALL.map(TransferFormat::word).join(" ")))
}

const SELECTED: Text = text("Тапсыруға іріктелді", "Отобрано для передачи", "Selected for transfer");
const DRAWN_UP: Text = text("Тізімдеме жасалды", "Опись составлена", "The list is drawn up");
const APPROVED: Text = text("Тізімдеме бекітілді", "Опись утверждена", "The list is approved");
const NOT_APPROVED: Text = text("Тізімдеме бекітілмеді", "Опись не утверждена", "The list is not approved");
const CANCELLED: Text = text("Тапсыру тоқтатылды", "Передача отменена", "The transfer is cancelled");
const NOTHING: Text = text("Тапсыру жоқ.", "Передач нет.", "There are no transfers.");
const RECEIPT_DUE: Text = text("түбіртек мерзімі", "квитанция до", "receipt due by");
const LATE: Text = text("мерзімі өтті", "срок прошёл", "overdue");
const WAITING: Text = text(
    "Онда сақталады, әлі осында да бар (тыйым салынған немесе шығарылмаған)",
    "Хранится там, но ещё и здесь (под запретом или не выбыло)",
    "Kept there, and still here too (held, or not let go)",
);
const RELEASE_FROM: Text = text("шығаруға болатын уақыт", "выбытие возможно с", "can be let go from");
const WRITTEN: Text = text("жазылды", "записано", "written");
const FILES: Text = text("іс", "дел", "files");
const CLOSED: Text = text("Тапсыру аяқталды", "Передача завершена", "The transfer is over");

fn stage_text(stage: Stage) -> Text {
    match stage {
        Stage::Selected => text("іріктелді", "отобрано", "selected"),
        Stage::Listed => text("тізімдеме комиссияда", "опись на утверждении", "the commission has the list"),
        Stage::Approved => text("тізімдеме бекітілді", "опись утверждена", "the list is approved"),
        Stage::Sealed => text("пакет дайын", "пакет подготовлен", "the package is sealed"),
        Stage::Sent => text("пакет жазылды", "пакет записан", "the package is written"),
        Stage::Delivered => text("екінші архивке жетті", "получен другим архивом", "the other archive has it"),
        Stage::Replied => text("жауап келді", "есть ответ", "the reply is here"),
        Stage::Agreed => text("актіге қол қойылды", "акт подписан", "the act is signed"),
        Stage::Released => text("шығарылды", "документы выбыли", "records were let go"),
        Stage::Closed => text("аяқталды", "завершена", "over"),
        Stage::Cancelled => text("тоқтатылды", "отменено", "cancelled"),
    }
}

fn transfer_id(text: &str) -> Result<RecordId, Error> {
    id_of(text, ErrorCode::TrfUnknown, "a transfer id")
}

fn done_value(status: &str, id: &str, entry: u64) -> serde_json::Value {
    view::transfer_done(status, ("transfer_id", id), entry)
}

fn done(common: &Common, status: &str, said: Text, id: RecordId, entry: u64) {
    if common.json() {
        common.print_json(&done_value(status, &id.to_string(), entry));
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
            TransferCommand::Prepare { id, form } => package::prepare(common, &id, form),
            TransferCommand::Send { id, into: Some(into), tar, .. } => {
                package::send(common, &id, &into, if tar { Way::Tar } else { Way::Folder })
            }
            TransferCommand::Send { id, line, .. } => line::send(common, &id, &line),
            TransferCommand::Exchange { id, line, material } => line::exchange(common, &id, &line, &material),
            TransferCommand::Take { file, material } => answers::take(common, &file, &material),
            TransferCommand::Act { id, output } => answers::act(common, &id, &output),
            TransferCommand::Sign { id, signatures, output } => answers::sign(common, &id, &signatures, &output),
            TransferCommand::Release { id, file: Some(file), signatures, .. } => {
                release::execute(common, &id, &file, &signatures)
            }
            TransferCommand::Release { id, output, .. } => release::draw_up(common, &id, &output.unwrap_or_default()),
            TransferCommand::Certificate { id, output } => certificate::give(common, &id, output.as_deref()),
            TransferCommand::Close { id } => release::close(common, &id),
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
        common.print_json(&view::transfer_listed(&list, entry, &written));
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
        common.print_json(&view::transfer(archive, case, view::Masked::No)?);
        return Ok(());
    }
    let number = case.list(archive)?.map(|list| format!(" · № {}", list.number)).unwrap_or_default();
    let (stage, reason) = (stage_text(case.stage()).get(lang), reason_text(case.reason).get(lang));
    out!("{}{number} · {stage}", case.id);
    let (to, files) = (shown(case.party.party.title.get(lang)), case.files.len());
    out!("  {} → {to} · {reason}: {} · {files} {}", shown(&case.agency), shown(&case.basis), FILES.get(lang));
    if case.row.sealed.is_some() {
        let seal = case.seal(archive)?;
        out!("  {} · SHA-256 {}", seal.name(), seal.digest);
    }
    if case.row.replied.is_some() {
        answers::told(&case.replied(archive)?.reply, lang);
    }
    if let Some(due) = case::receipt_due(archive, case)? {
        let late = if case::is_late(archive, &due) { format!(" · {}", LATE.get(lang)) } else { String::new() };
        out!("  {} {}{late}", RECEIPT_DUE.get(lang), due.last.format("%d.%m.%Y"));
    }
    let is_waiting = matches!(case.stage(), Stage::Agreed | Stage::Released);
    if let Some(from) = crate::transfer::release::from(archive, case)?.filter(|_| is_waiting) {
        out!("  {} {}", RELEASE_FROM.get(lang), crate::clock::local_text(from));
    }
    if case.stage() == Stage::Released {
        let waiting = crate::transfer::release::open(archive, case)?.waiting.len();
        out!("  {}: {waiting}", WAITING.get(lang));
    }
    if let Some(why) = case.cancelled_why(archive)? {
        out!("  {}", shown(&why));
    }
    if is_whole {
        case.files.iter().for_each(|file| out!("  {file}"));
    }
    Ok(())
}
