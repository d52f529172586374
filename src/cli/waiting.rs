//! `muragat waiting list|retry|refuse`: submissions whose signatures cannot be judged yet.
//!
//! They are kept encrypted apart from the holding and are no records. When the term of the policy is over, the list
//! says so, and a person decides.

use super::Common;
use super::answers::Answers;
use super::ingest::{SAME_REGISTRATION, print_answer, print_missing, print_refusals};
use super::show::record_id;
use crate::archive::{Archive, Waiting};
use crate::clock::{local_text, rfc3339};
use crate::error::{Error, Exit};
use crate::ingest::Status;
use crate::ingest::waiting::{self, missing, reasons, same_registration};
use crate::model::id::{ActorId, RecordId};
use crate::model::missing::Missing;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::verify::material::Material;
use crate::view;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `waiting`.
#[derive(clap::Args)]
pub(super) struct WaitingArgs {
    #[command(subcommand)]
    command: WaitingCommand,
}

#[derive(clap::Subcommand)]
enum WaitingCommand {
    /// The submissions that wait, oldest first, each with what it lacked when it began to wait; `retry` says what is
    /// missing now.
    List,
    /// Try again: all of them, or those named.
    #[command(after_help = RETRY_EXAMPLES)]
    Retry(Retry),
    /// Refuse a submission that waits: a person's decision.
    Refuse(Refuse),
}

#[derive(clap::Args)]
struct Retry {
    /// Ids of waiting submissions; all when none is given.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Certificates, CRLs and OCSP answers, beside those of the archive: files or folders.
    #[arg(long, value_name = "PATH")]
    material: Vec<PathBuf>,
    /// Folder for the answers to what is decided; `<archive>.answers` beside the archive when not given.
    #[arg(long, value_name = "DIR")]
    answers: Option<PathBuf>,
    /// Write no answers: receipts and notices are in the archive all the same.
    #[arg(long, conflicts_with = "answers")]
    no_answers: bool,
}

#[derive(clap::Args)]
struct Refuse {
    /// Id of the waiting submission, from `waiting list`.
    id: String,
    /// Why: stands in the notice, for the sender.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Folder for the answers; `<archive>.answers` beside the archive when not given.
    #[arg(long, value_name = "DIR")]
    answers: Option<PathBuf>,
    /// Write no answers: the notice is in the archive all the same.
    #[arg(long, conflicts_with = "answers")]
    no_answers: bool,
}

const RETRY_EXAMPLES: &str = "\
Examples:
  muragat waiting list                                   what waits, and what each lacked when it began to wait
  muragat material add ca.crl && muragat waiting retry   all of them, after a new CRL
  muragat waiting retry 3f0c…9a --material answer.ors    one, with an OCSP answer that names a person";

const NOTHING: Text = text("Күтіп тұрған құжат жоқ.", "Ожидающих документов нет.", "Nothing waits.");
const SINCE: Text = text("қабылданған уақыты", "получен", "received");
const MISSED: Text = text(
    "Күте бастағанда жетіспегені",
    "Чего не хватало, когда ожидание началось",
    "What was missing when it began to wait",
);
const BEGAN: Text =
    text("күте бастағанда анықталғаны", "обнаружено, когда ожидание началось", "found when it began to wait");
const NOW: Text = text(
    "Күту басталғандағы жағдай көрсетілген. Қазір не жетіспейтінін «waiting retry» айтады.",
    "Показано то, что было при начале ожидания. Чего не хватает сейчас, скажет «waiting retry».",
    "This is what was found when each began to wait. `waiting retry` says what is missing now.",
);
const OVERDUE: Text = text(
    "мерзімі өтті: шешім қабылдаңыз («waiting refuse» немесе деректерді қосып «waiting retry»)",
    "срок истёк: примите решение («waiting refuse» или «waiting retry» с новыми данными)",
    "the term is over: decide (`waiting refuse`, or `waiting retry` with new material)",
);

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

impl WaitingArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            WaitingCommand::List => list(common),
            WaitingCommand::Retry(args) => args.run(common),
            WaitingCommand::Refuse(args) => args.run(common),
        }
    }
}

/// Whether the policy's term is over.
pub(super) fn is_overdue(archive: &Archive, waiting: &Waiting) -> Result<bool, Error> {
    let term = u64::from(archive.validation_policy()?.policy.waiting.term_days) * DAY_MS;
    Ok(archive.now().saturating_sub(waiting.since) > term)
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let all = archive.all_waiting()?;
    for id in &all {
        let waiting = &archive.waiting(*id)?;
        let overdue = is_overdue(&archive, waiting)?;
        let beside = same_registration(&archive, waiting)?;
        if common.json() {
            common.print_json(&row_json(waiting, overdue, &beside, common));
            continue;
        }
        out!("{} {} ({})", waiting.id, shown(waiting.text("source")), shown(waiting.text("agency")));
        out!("  № {} · {}", shown(waiting.text("registration_number")), shown(waiting.text("document_date")));
        out!("  {}: {}", SINCE.get(lang), local_text(waiting.since));
        if overdue {
            out!("  {}", OVERDUE.get(lang));
        }
        for other in beside {
            out!("  {}: {other}", SAME_REGISTRATION.get(lang));
        }
        out!("  {}:", BEGAN.get(lang));
        print_refusals(&reasons(waiting), lang);
        print_missing(MISSED, &missing(waiting), lang);
    }
    if all.is_empty() && !common.json() {
        out!("{}", NOTHING.get(lang));
    }
    if !all.is_empty() {
        common.say(NOW.get(lang));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn row_json(waiting: &Waiting, overdue: bool, beside: &[RecordId], common: &Common) -> Value {
    json!({
        "waiting_id": waiting.id.to_string(), "entry": waiting.entry, "since": rfc3339(waiting.since),
        "overdue": overdue, "source": waiting.text("source"), "agency": waiting.text("agency"),
        "registration_number": waiting.text("registration_number"), "document_date": waiting.text("document_date"),
        "reasons": view::refusals(&reasons(waiting), common.lang()),
        "same_registration": beside.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "missing": missing(waiting).iter().map(Missing::value).collect::<Vec<_>>(),
    })
}

impl Retry {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let material = super::material::read(&self.material, common)?;
        let ids = match self.ids.as_slice() {
            [] => archive.all_waiting()?,
            ids => ids.iter().map(|id| record_id(id)).collect::<Result<Vec<_>, _>>()?,
        };
        let mut answers = Answers::of_waiting(self.answers, !self.no_answers, archive.root());
        let exit = try_again(&archive, &ids, &material, actor, &mut answers, common)?;
        answers.end(common);
        archive.close()?;
        Ok(exit)
    }
}

/// Tries waiting submissions again with this material, and prints what became of each.
pub(super) fn try_again(
    archive: &Archive,
    ids: &[RecordId],
    material: &Material,
    actor: ActorId,
    answers: &mut Answers,
    common: &Common,
) -> Result<Exit, Error> {
    let mut exit = Exit::Ok;
    waiting::retry(archive, ids, Some(material), actor, &mut |tried| {
        answers.write_decided(tried.id, &tried.answered, common);
        if common.json() {
            common.print_json(&view::answer(&tried.answered, common.lang()));
        } else {
            print_answer(&tried.answered, common.lang());
        }
        let found = match &tried.answered.status {
            Status::Accepted { .. } | Status::Held { .. } => Exit::Ok,
            Status::Refused { .. } => Exit::Refused,
            Status::Waiting { .. } => Exit::Incomplete,
            Status::Failed(error) => error.code.exit(),
        };
        if exit == Exit::Ok || matches!(&tried.answered.status, Status::Failed(_)) {
            exit = found;
        }
    })?;
    Ok(exit)
}

impl Refuse {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let id = record_id(&self.id)?;
        let answered = waiting::refuse(&archive, id, &self.reason, actor)?;
        Answers::of_waiting(self.answers, !self.no_answers, archive.root()).write_decided(id, &answered, common);
        if common.json() {
            common.print_json(&view::answer(&answered, common.lang()));
        } else {
            print_answer(&answered, common.lang());
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}
