//! `muragat log succeed` and `muragat log vkeys`: how the log goes on after entries were lost, and its keys of before.
//!
//! `succeed` says first what cannot be undone: it wants the id of the archive. It opens the archive as it is, because
//! an archive that knows of a newer journal takes no other act.

use super::{Common, os_account, read_up_to};
use crate::archive::{EarlierLog, Succeeding};
use crate::error::{Error, ErrorCode, Exit};
use crate::text::{Text, text};
use crate::tlog::LogError;
use crate::tlog::note::NOTE_BYTES_MAX;
use serde_json::json;
use std::path::Path;

/// Arguments of `log succeed`.
#[derive(clap::Args)]
pub(super) struct Succeed {
    /// The newest checkpoint of the log that anybody has, a file; or `known`: the one that the key folder or a witness
    /// showed to this archive.
    #[arg(long, value_name = "FILE|known")]
    last: String,
    /// Why; kept with the act.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The new name of the log; the present one with its number, when not given.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The id of the archive, as `decommission status` gives it: the key of before is erased.
    #[arg(long, value_name = "ID")]
    confirm: Option<String>,
}

const KNOWN: &str = "known";
const NOT_CONFIRMED: Text = text(
    "Алдымен архивтің соңғы көшірмесін іздеңіз: ол орнына қойылса, мирасқор журнал қажет емес. Ол жоқ болса, растау \
     үшін архивтің идентификаторын --confirm арқылы беріңіз.",
    "Сначала поищите более новую копию архива: с ней журнал-преемник не нужен. Если её нет, для подтверждения \
     передайте идентификатор архива через --confirm.",
    "First look for a newer copy of the archive: with it no successor is needed. If there is none, give the id of the \
     archive with --confirm.",
);
const DONE: Text = text("Журнал жаңа атаумен жалғасады", "Журнал продолжен под именем", "The log goes on as");
const MISSING: Text = text("жоғалған жазба", "утрачено записей", "entries are missing");
const NEXT: Text = text(
    "Енді: екі қалтаның да көшірмесін жасаңыз; жаңа кілтті («log checkpoint --vkey») куәгерлерге және тексеретіндерге \
     беріңіз, оны атайтын куәгерлер саясатын енгізіңіз («log witness adopt»); жоғалған жазбаларда тұрған тыйымдарды \
     қайта салып, растатыңыз («hold place», «hold statement», «hold confirm»): оған дейін ештеңе жойылмайды.",
    "Теперь: сделайте копии обеих папок; передайте новый ключ («log checkpoint --vkey») свидетелям и проверяющим, \
     введите политику свидетелей с ним («log witness adopt»); наложите вновь запреты из утраченных записей и дайте их \
     подтвердить («hold place», «hold statement», «hold confirm»): до этого ничего не уничтожается.",
    "Now: copy both folders; give the new key (`log checkpoint --vkey`) to the witnesses and to whoever verifies, and \
     adopt a policy of witnesses that names it (`log witness adopt`); place the holds of the lost entries again and \
     have them confirmed (`hold place`, `hold statement`, `hold confirm`): nothing is destroyed before that.",
);
const PRESENT: Text = text("қазіргі", "нынешний", "present");
const UNTIL: Text = text("соңғы көлемі", "последний размер", "last size");

impl Succeed {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let mut archive = common.open_alone()?;
        if let Some(ended) = archive.ended() {
            return Err(LogError::Ended { entry: ended.entry }.into());
        }
        if self.confirm != Some(archive.config().archive_id.to_string()) {
            return Err(Error::new(ErrorCode::CliConfirm, "--confirm", NOT_CONFIRMED.get(common.lang())));
        }
        let last = match self.last.as_str() {
            KNOWN => None,
            file => Some(read_up_to(Path::new(file), NOTE_BYTES_MAX)?),
        };
        let asked = Succeeding { last, name: self.name, reason: self.reason, account: os_account() };
        let log = archive.succeed(&asked)?;
        if common.json() {
            common.print_json(&json!({
                "entry": log.entry, "vkey": log.succession.vkey.to_string(), "was": log.succession.was.to_string(),
                "last_size": log.succession.size, "missing": log.missing(),
            }));
        } else {
            let lang = common.lang();
            out!("{} {} (#{})", DONE.get(lang), log.succession.vkey.name, log.entry);
            out!("{}", log.succession.vkey);
            out!("{}: {}", MISSING.get(lang), log.missing());
            common.say(NEXT.get(lang));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// Every key that the log had, oldest first.
pub(super) fn vkeys(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let mut from = 0;
    let row = |vkey: String, from: u64, log: Option<&EarlierLog>| {
        if common.json() {
            common.print_json(&json!({
                "vkey": vkey, "from": from, "to": log.map(|log| log.entry),
                "last_size": log.map(|log| log.succession.size), "missing": log.map(EarlierLog::missing),
            }));
            return;
        }
        match log {
            Some(log) => {
                out!("{vkey}");
                out!("  {}: {} · {}: {}", UNTIL.get(lang), log.entry, MISSING.get(lang), log.missing());
            }
            None => out!("{vkey}\n  {}", PRESENT.get(lang)),
        }
    };
    for log in archive.earlier_logs()? {
        row(log.succession.was.to_string(), from, Some(&log));
        from = log.entry;
    }
    row(archive.config().vkey.to_string(), from, None);
    archive.close()?;
    Ok(Exit::Ok)
}
