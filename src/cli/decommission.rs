//! `muragat decommission status|statement|approve|execute`: the end of a whole archive.
//!
//! `execute` does all that is left to do, from wherever the archive is: the act, the index and the store written anew,
//! the last entry, and the erasing of the signing key.

use super::Common;
use super::disposal::refused;
use super::signed::{Signatures, SignedFiles};
use crate::archive::Archive;
use crate::disposition::decommission::{
    DECISION_BYTES_MAX, Decision, Standing, Survey, Taken, complete, execute, take,
};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::tlog::commit::SYSTEM_ACTOR;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Ids of one kind that are shown.
const SHOWN_MAX: usize = 20;

/// Arguments of `decommission`.
#[derive(clap::Args)]
pub(super) struct DecommissionArgs {
    #[command(subcommand)]
    command: DecommissionCommand,
}

#[derive(clap::Subcommand)]
enum DecommissionCommand {
    /// Say what still stands in the archive, who has decided, and what goes with it.
    Status,
    /// Print the decision of an agency that the archive ends, to be signed by two persons.
    Statement(WriteDecision),
    /// Take in a decision with its signatures.
    Approve(Approve),
    /// End the archive; nothing is taken in any more, and it cannot be undone. May be repeated until it is complete.
    Execute {
        /// The id of the archive, as `decommission status` gives it.
        #[arg(long, value_name = "ID")]
        confirm: Option<String>,
    },
}

#[derive(clap::Args)]
struct WriteDecision {
    /// Code of the agency that decides.
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// Why: it stays with the act.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(clap::Args)]
struct Approve {
    /// The decision (`decommission statement`), signed by an approver and by another one or a member of the commission.
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    #[command(flatten)]
    signatures: Signatures,
}

const NOT_CONFIRMED: Text = text(
    "Растау үшін архивтің идентификаторын --confirm арқылы беріңіз.",
    "Для подтверждения передайте идентификатор архива через --confirm.",
    "To confirm, give the id of the archive with --confirm.",
);
const IN_USE: Text = text("архив жұмыс істейді", "архив действует", "the archive is in use");
const READY: Text = text("таратуға дайын", "готов к ликвидации", "it can be ended");
const ENDED: Text = text("таратылды, аяқталған жоқ", "ликвидирован, не завершено", "ended, not yet complete");
const COMPLETE: Text = text(
    "Архив таратылды: ол ештеңе қабылдамайды, журналдың құпия кілті жойылды. Журнал мен актілер тексеріледі.",
    "Архив ликвидирован: он ничего не принимает, закрытый ключ журнала уничтожен. Журнал и акты проверяются.",
    "The archive has ended: it takes nothing in, and the private key of its journal is erased. Journal and acts \
     verify.",
);
const RECORDS: Text = text("жазба, жойылғаны", "записей, из них уничтожено", "records, of them destroyed");
const HANDED_OVER: Text = text("басқа архивке тапсырылғаны", "передано в другой архив", "handed over");
const SPILLED: Text = text("қате түскені", "попало по ошибке", "spilled");
const STANDS: Text = text("әлі аяқталмаған", "ещё не завершено", "still standing");
const GOES: Text = text("архивпен бірге кілті жойылады", "ключи уничтожаются с архивом", "keys that go with it");
const DECIDED: Text = text("шешім қабылдады", "решил", "has decided");
const UNDECIDED: Text = text("шешімі жоқ", "решения нет", "has not decided");
const TAKEN: Text = text("Шешім қабылданды", "Решение принято", "The decision was taken in");

impl Standing {
    fn text(self, lang: Lang) -> &'static str {
        let said = match self {
            Standing::Record => text("жойылмаған жазба", "неуничтоженные записи", "records that were not destroyed"),
            Standing::Waiting => text("күтіп тұрған құжат", "ожидающие документы", "submissions that wait"),
            Standing::Notice => {
                text("қол қойылмаған хабарлама", "неподписанные уведомления", "notices that nobody has signed")
            }
            Standing::File => text("жабылмаған іс", "открытые дела", "open files"),
            Standing::Plan => text("аяқталмаған жоспар", "незавершённые планы", "plans that were not executed"),
            Standing::Destruction => {
                text("аяқталмаған жою", "незавершённые уничтожения", "destructions that are not complete")
            }
            Standing::Hold => text("алынбаған тыйым", "неснятые запреты", "holds that were not lifted"),
            Standing::Inquiry => text("жабылмаған сұрау салу", "незакрытые запросы", "inquiries that were not closed"),
            Standing::Transfer => text("аяқталмаған тапсыру", "незавершённые передачи", "transfers that are under way"),
            Standing::Check => text("аяқталмаған тексеру", "незавершённые проверки", "checks that have not ended"),
            Standing::Unknown => text("белгісіз иеленуші", "неизвестное", "what this program does not know"),
        };
        said.get(lang)
    }
}

impl DecommissionArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            DecommissionCommand::Status => status(common),
            DecommissionCommand::Statement(args) => {
                // A deposit of the program would be a newer entry than the one that is signed for.
                let archive = common.open_to_act()?;
                out_raw!("{}", Decision::draft(&archive, &args.agency, &args.reason)?.to_toml());
                archive.close()?;
                Ok(Exit::Ok)
            }
            DecommissionCommand::Approve(args) => args.run(common),
            DecommissionCommand::Execute { confirm } => end(common, confirm.as_deref()),
        }
    }
}

impl Approve {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let SignedFiles { document: decision, signatures, extra } =
            self.signatures.read_with(&self.statement, DECISION_BYTES_MAX, common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        match take(&archive, &decision, &signatures, &extra, actor)? {
            Taken::Refused(refusals) => refused(common, &refusals, archive),
            Taken::Done { agency, entry } => {
                if common.json() {
                    common.print_json(&json!({"status": "taken", "agency": agency, "entry": entry}));
                } else {
                    out!("{}: {} (#{entry})", TAKEN.get(common.lang()), shown(&agency));
                }
                archive.close()?;
                Ok(Exit::Ok)
            }
        }
    }
}

fn end(common: &Common, confirm: Option<&str>) -> Result<Exit, Error> {
    let archive = common.open()?;
    let id = archive.config().archive_id.to_string();
    if confirm != Some(id.as_str()) {
        return Err(Error::new(ErrorCode::CliConfirm, "--confirm", NOT_CONFIRMED.get(common.lang())));
    }
    let archive = match archive.ended() {
        Some(_) => archive,
        None => {
            let actor = common.actor(&archive)?;
            execute(&archive, actor)?;
            archive.close()?;
            // Opening writes the index anew under a new key.
            common.open()?
        }
    };
    let compacted = archive.compact(SYSTEM_ACTOR)?;
    if let Some(damaged) = compacted.damaged.into_iter().next() {
        return Err(damaged.into());
    }
    let archive = common.open()?;
    let completed = complete(&archive)?;
    if common.json() {
        let entry = archive.ended().map(|ended| ended.entry);
        common.print_json(&json!({"status": "complete", "archive_id": id, "entry": entry, "completed": completed}));
    } else {
        out!("{}", COMPLETE.get(common.lang()));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn status(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let survey = Survey::read(&archive)?;
    if common.json() {
        common.print_json(&status_json(&archive, &survey));
    } else {
        print_status(&archive, &survey, common.lang());
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn word(archive: &Archive, survey: &Survey) -> &'static str {
    match archive.ended() {
        Some(ended) if ended.is_complete => "complete",
        Some(_) => "ended",
        None if survey.standing().is_empty() => "ready",
        None => "in_use",
    }
}

fn status_json(archive: &Archive, survey: &Survey) -> Value {
    let standing = |(what, ids): (Standing, Vec<String>)| {
        let shown: Vec<_> = ids.iter().take(SHOWN_MAX).collect();
        json!({"what": what.as_str(), "count": ids.len(), "ids": shown})
    };
    json!({
        "status": word(archive, survey), "archive_id": archive.config().archive_id.to_string(),
        "origin": archive.config().vkey.name, "ended": archive.ended().map(|ended| ended.entry),
        "entry": survey.entry, "records": survey.records, "destroyed": survey.destroyed, "spilled": survey.spilled,
        "handed_over": survey.handed_over,
        "standing": survey.standing().into_iter().map(standing).collect::<Vec<_>>(),
        "agencies": survey.agencies.iter()
            .map(|(agency, decided)| json!({"agency": agency, "decided": decided})).collect::<Vec<_>>(),
        "going": survey.going().len(),
    })
}

fn print_status(archive: &Archive, survey: &Survey, lang: Lang) {
    let config = archive.config();
    let said = match word(archive, survey) {
        "complete" => COMPLETE,
        "ended" => ENDED,
        "ready" => READY,
        _ => IN_USE,
    };
    out!("{} · {} · {}", config.archive_id, shown(&config.vkey.name), said.get(lang));
    let (destroyed, spilled, handed_over) = (survey.destroyed, survey.spilled, survey.handed_over);
    let (records, spilt, to_others) = (RECORDS.get(lang), SPILLED.get(lang), HANDED_OVER.get(lang));
    out!("  {} {records} {destroyed}, {spilt} {spilled}, {to_others} {handed_over}", survey.records);
    for (what, ids) in survey.standing() {
        out!("  {}: {} · {}", STANDS.get(lang), what.text(lang), ids.len());
        ids.iter().take(SHOWN_MAX).for_each(|id| out!("    {id}"));
    }
    if archive.ended().is_none() {
        for (agency, decided) in &survey.agencies {
            let said = if decided.is_some() { DECIDED } else { UNDECIDED };
            out!("  {}: {}", shown(agency), said.get(lang));
        }
        out!("  {}: {}", GOES.get(lang), survey.going().len());
    }
}
