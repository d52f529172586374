//! `muragat presence begin`, `run`, `status`, `end`, `show`.
//!
//! A check is run as often as it takes; each time it goes on where it stopped. Ctrl-C ends a run in good order.

use super::{Common, stop_flag};
use crate::error::{Error, ErrorCode, Exit};
use crate::inspection::run::{Mark, Run, Seen, run};
use crate::inspection::{Check, act, begin, find, in_search, list};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// Arguments of `presence`.
#[derive(clap::Args)]
pub(super) struct PresenceArgs {
    #[command(subcommand)]
    command: PresenceCommand,
}

#[derive(clap::Subcommand)]
enum PresenceCommand {
    /// Order a check of all records that are held now.
    Begin {
        /// The order by which it is made: who, when, number.
        #[arg(long, value_name = "TEXT")]
        basis: String,
        /// Only records of this agency.
        #[arg(long, value_name = "CODE")]
        agency: Option<String>,
    },
    /// Look at records, from where the check stopped.
    Run {
        /// Id of the check.
        id: String,
        /// Records to look at; all that are left when not given.
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
        /// Threads that look; as many as the machine has when not given.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// How far checks have come, and which records are in search.
    Status {
        /// Id of a check; all when not given.
        id: Option<String>,
    },
    /// End a check of which every record was looked at, with its act.
    End {
        /// Id of the check.
        id: String,
    },
    /// Print the act of a check; with --json its result sheet.
    Show {
        /// Id of the check.
        id: String,
    },
}

const BEGUN: Text = text("тексеру басталды", "проверка начата", "check begun");
const ENDED: Text = text("тексеру аяқталды", "проверка завершена", "check ended");
const OPEN: Text = text("жүріп жатыр", "идёт", "under way");
const DONE: Text = text("бәрі қаралды, акт жоқ", "всё просмотрено, акта нет", "all looked at, no act yet");
const LOOKED: Text = text("Қаралды", "Просмотрено", "Looked at");
const FLAWED: Text = text("кемшілігі бар", "с недостатками", "with findings");
const ERASED: Text = text("акт бойынша жойылған", "уничтожено по акту", "erased by an act");
const SET: Text = text("іздестіруге алынды", "взята в розыск", "in search from now on");
const TAKEN_OFF: Text = text("табылды, іздестіруден шығарылды", "найдена, розыск снят", "found, in search no more");
const GO_ON: Text = text(
    "Бәрі қаралған жоқ: «presence run» қайта іске қосылса, осы жерден жалғасады.",
    "Просмотрено не всё: повторный «presence run» продолжит отсюда.",
    "Not everything was looked at: `presence run` goes on from here.",
);
const IN_SEARCH: Text = text("Іздестіруде", "В розыске", "In search");
const NONE: Text = text("Тексерулер жоқ.", "Проверок нет.", "There are no checks.");
const TITLE: Text = text("тексеру", "проверка", "check");

impl PresenceArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            PresenceCommand::Begin { basis, agency } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let (id, entry) = begin(&archive, &basis, agency.as_deref(), actor)?;
                answer(common, "begun", BEGUN, id, entry);
                archive.close()?;
                Ok(Exit::Ok)
            }
            PresenceCommand::Run { id, limit, threads } => run_check(common, check_id(&id)?, limit, threads),
            PresenceCommand::Status { id } => status(common, id.as_deref()),
            PresenceCommand::End { id } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let id = check_id(&id)?;
                let entry = act::end(&archive, id, actor)?;
                answer(common, "ended", ENDED, id, entry);
                archive.close()?;
                Ok(Exit::Ok)
            }
            PresenceCommand::Show { id } => show(common, check_id(&id)?),
        }
    }
}

fn check_id(text: &str) -> Result<RecordId, Error> {
    let what = "not an id of a check: 32 digits of 0-9 and a-f";
    let unknown = |_| Error::new(ErrorCode::PrsUnknown, text, what);
    text.trim().to_ascii_lowercase().parse().map_err(unknown)
}

fn answer(common: &Common, status: &str, said: Text, id: RecordId, entry: u64) {
    if common.json() {
        common.print_json(&json!({"status": status, "check_id": id.to_string(), "entry": entry}));
    } else {
        out!("{}: {id} (#{entry})", said.get(common.lang()));
    }
}

fn run_check(common: &Common, check: RecordId, limit: Option<u64>, threads: Option<usize>) -> Result<Exit, Error> {
    let archive = common.open_to_act()?;
    let (actor, lang, stop) = (common.actor(&archive)?, common.lang(), stop_flag());
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
    let all = u64::from(archive.index_meta().records);
    let bar = common.bar(TITLE);
    let mut print = |seen: &Seen| bar.above(|| print_seen(seen, common));
    let asked = Run { check, actor, limit, threads, stop };
    let done = run(&archive, &asked, &mut print, &|n| bar.set(n, all))?;
    bar.clear();
    if common.json() {
        common.print_json(&json!({"summary": {
            "check_id": check.to_string(), "records": done.records, "erased": done.erased, "flawed": done.flawed,
            "missing": done.missing, "found": done.found, "is_complete": done.is_complete,
        }}));
    } else {
        let (looked, flawed, erased) = (LOOKED.get(lang), FLAWED.get(lang), ERASED.get(lang));
        out!("{looked}: {} · {flawed}: {} · {erased}: {}", done.records, done.flawed, done.erased);
        if !done.is_complete {
            common.say(GO_ON.get(lang));
        }
    }
    archive.close()?;
    Ok(match () {
        () if done.flawed > 0 => ErrorCode::PrsObjectMissing.exit(),
        () if stop.load(Ordering::Relaxed) && !done.is_complete => Exit::Interrupted,
        () => Exit::Ok,
    })
}

fn print_seen(seen: &Seen, common: &Common) {
    let lang = common.lang();
    let (mark, said) = match seen.mark {
        None => (None, None),
        Some(Mark::Set) => (Some("set"), Some(SET)),
        Some(Mark::TakenOff) => (Some("taken_off"), Some(TAKEN_OFF)),
    };
    let findings = seen.looked.findings();
    if common.json() {
        let finding = |f: &crate::inspection::Finding| json!({"code": f.code.as_str(), "subject": f.subject});
        common.print_json(&json!({
            "record_id": seen.record.to_string(), "findings": findings.iter().map(finding).collect::<Vec<_>>(),
            "mark": mark,
        }));
        return;
    }
    out!("{} {}", seen.record, said.map(|said| said.get(lang)).unwrap_or_default());
    for finding in findings {
        out!("  {} {}: {}", finding.code, finding.subject, finding.code.text(lang));
    }
}

fn check_json(check: &Check) -> Value {
    let [records, erased, flawed] = check.row.counts();
    json!({
        "check_id": check.id.to_string(), "entry": check.row.begun, "basis": check.basis, "agency": check.agency,
        "records": records, "erased": erased, "flawed": flawed, "is_complete": check.row.next().is_none(),
        "ended": check.row.ended,
    })
}

fn status(common: &Common, id: Option<&str>) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let checks = match id {
        Some(id) => vec![find(&archive, check_id(id)?)?],
        None => list(&archive)?,
    };
    let missing = in_search(&archive)?;
    if common.json() {
        let searched = missing.iter().map(|(record, entry, check)| {
            json!({"record_id": record.to_string(), "entry": entry, "check_id": check.map(|check| check.to_string())})
        });
        common.print_json(&json!({
            "checks": checks.iter().map(check_json).collect::<Vec<_>>(), "in_search": searched.collect::<Vec<_>>(),
        }));
        archive.close()?;
        return Ok(Exit::Ok);
    }
    if checks.is_empty() {
        common.say(NONE.get(lang));
    }
    for check in &checks {
        let state = match (check.row.ended, check.row.next()) {
            (Some(_), _) => ENDED,
            (None, None) => DONE,
            (None, Some(_)) => OPEN,
        };
        let [records, erased, flawed] = check.row.counts();
        let agency = check.agency.as_deref().map(|agency| format!(" · {}", shown(agency))).unwrap_or_default();
        out!("{} · #{} · {}{agency}", check.id, check.row.begun, state.get(lang));
        out!("  {}", shown(&check.basis));
        let (looked, with_findings, gone) = (LOOKED.get(lang), FLAWED.get(lang), ERASED.get(lang));
        out!("  {looked}: {records} · {with_findings}: {flawed} · {gone}: {erased}");
    }
    out!("{}: {}", IN_SEARCH.get(lang), missing.len());
    for (record, entry, _) in &missing {
        out!("  {record} · #{entry}");
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn show(common: &Common, id: RecordId) -> Result<Exit, Error> {
    let archive = common.open()?;
    if common.json() {
        let sheet = act::sheet(&archive, id)?;
        let mut value = sheet.value;
        value["ended"] = sheet.ended.into();
        common.print_json(&value);
    } else {
        out_raw!("{}", act::act_text(&archive, id, common.lang())?);
    }
    archive.close()?;
    Ok(Exit::Ok)
}
