//! `muragat record add|identify|spill-act|spill`: an accepted record grows.
//!
//! What was accepted stays as it is; only `spill` takes a record away, whole and for good.

use super::ingest::print_refusals;
use super::show::record_id;
use super::signed::{Signatures, SignedFiles};
use super::{Common, Handle};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode, Exit};
use crate::ingest::amend::{Amended, LATE_ROLES, add, identify_again};
use crate::ingest::spill::{ACT_BYTES_MAX, Ground, SpillAct, Spilled, spill};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::model::submission::{ComponentEntry, Derivation, Role};
use crate::text::{Text, text};
use crate::view;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `record`.
#[derive(clap::Args)]
pub(super) struct Record {
    #[command(subcommand)]
    command: RecordCommand,
}

#[derive(clap::Subcommand)]
enum RecordCommand {
    /// Add a late component: a receipt, a mark, revocation data, a representation.
    Add(Add),
    /// Identify the formats of all components again; what was found before stays.
    Identify(OneRecord),
    /// Make a record that should never have come in unreadable, at once and for good; two officers sign the act.
    Spill(Spill),
    /// Print the act by which a record is spilled, to be signed by an official and by the records office.
    SpillAct(WriteAct),
}

#[derive(clap::Args)]
struct OneRecord {
    /// Id of the record.
    id: String,
}

#[derive(clap::Args)]
struct Add {
    /// Id of the record.
    id: String,
    /// The file.
    file: PathBuf,
    /// Its part in the record: receipt, mark, signature, certificate, revocation, timestamp, representation.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Its path in the record; the name of the file when not given.
    #[arg(long = "as", value_name = "PATH")]
    path: Option<String>,
    /// Path of a component that it covers, for a signature or a time-stamp; may be repeated.
    #[arg(long, value_name = "PATH")]
    covers: Vec<String>,
    /// Path of the component that a representation was made from.
    #[arg(long, value_name = "PATH", requires = "tool")]
    source: Option<String>,
    /// Name and version of what made the representation.
    #[arg(long, requires = "source")]
    tool: Option<String>,
    /// Why it comes now.
    #[arg(long)]
    reason: Option<String>,
}

#[derive(clap::Args)]
struct Spill {
    /// Id of the record.
    id: String,
    /// The id once more: what is erased cannot be brought back.
    #[arg(long, value_name = "ID")]
    confirm: Option<String>,
    /// The act about it (`record spill-act`); signed by an official and by one of the records office.
    #[arg(long, value_name = "FILE")]
    act: PathBuf,
    #[command(flatten)]
    signatures: Signatures,
}

#[derive(clap::Args)]
struct WriteAct {
    /// Id of the record.
    id: String,
    /// Why it should never have come in: state_secret, wrong_intake or private_key.
    #[arg(long, value_parser = ground)]
    ground: Ground,
}

fn ground(word: &str) -> Result<Ground, String> {
    Ground::parse(word).ok_or_else(|| format!("wanted one of {}", Ground::KNOWN))
}

const ADDED: Text = text("жазбаға қосылды", "добавлено к записи", "added to the record");
const IDENTIFIED: Text = text("пішімдер туралы жаңа дерек", "новые сведения о форматах", "formats identified again");
const HELD: Text = text("жазбада бұрыннан бар", "уже есть в записи", "the record has it already");
const REFUSED: Text = text("қосылмады", "не добавлено", "not added");
const SPILLED: Text = text(
    "Жазбаның кілті жойылды: мазмұнын енді ешкім аша алмайды. Журналда тек осы факт қалды.",
    "Ключ записи уничтожен: её содержание больше никто не откроет. В журнале остался только этот факт.",
    "The key of the record is erased: nobody opens its content any more. The journal keeps only the fact.",
);
const NOT_CONFIRMED: Text = text(
    "Растау үшін сол идентификаторды --confirm арқылы қайталаңыз.",
    "Для подтверждения повторите тот же идентификатор через --confirm.",
    "To confirm, repeat the same id with --confirm.",
);

fn role(word: &str) -> Result<Role, String> {
    let known = || LATE_ROLES.map(Role::as_str).join(", ");
    Role::parse(word).ok_or_else(|| format!("wanted one of {}", known()))
}

impl Record {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            RecordCommand::Add(add) => add.run(common),
            RecordCommand::Identify(one) => {
                let id = record_id(&one.id)?;
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let amended = identify_again(&archive, id, actor)?;
                end(common, archive, id, amended)
            }
            RecordCommand::SpillAct(act) => {
                let id = record_id(&act.id)?;
                let archive = common.open()?;
                let row = archive.index().record_by_id(id)?;
                let agency = row.ok_or_else(|| Error::new(ErrorCode::ArcNoRecord, &*act.id, "no such record"))?.agency;
                let date = civil_date(archive.now());
                out_raw!("{}", SpillAct { agency, date, record: id, ground: act.ground }.to_toml());
                archive.close()?;
                Ok(Exit::Ok)
            }
            RecordCommand::Spill(spill) => spill.run(common),
        }
    }
}

impl Add {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let id = record_id(&self.id)?;
        let name = self.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let entry = ComponentEntry {
            path: self.path.unwrap_or(name),
            role: self.role,
            covers: self.covers,
            media_type: None,
            derivation: self.source.zip(self.tool).map(|(source, tool)| Derivation { source, tool }),
        };
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let amended = add(&archive, id, entry, &self.file, self.reason, actor)?;
        end(common, archive, id, amended)
    }
}

impl Spill {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let id = record_id(&self.id)?;
        if self.confirm.as_ref() != Some(&self.id) {
            return Err(Error::new(ErrorCode::CliConfirm, "--confirm", NOT_CONFIRMED.get(common.lang())));
        }
        let SignedFiles { document: act, signatures, extra } =
            self.signatures.read_with(&self.act, ACT_BYTES_MAX, common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let entry = match spill(&archive, id, &act, &signatures, &extra, actor)? {
            Spilled::Done(entry) => entry,
            Spilled::Refused(refusals) => return end(common, archive, id, Amended::Refused(refusals)),
        };
        archive.close()?;
        // Opening builds the index anew under a new key; only then are its traces of the record gone too.
        common.open()?.close()?;
        if common.json() {
            common.print_json(&json!({"status": "spilled", "record_id": id.to_string(), "entry": entry}));
        } else {
            out!("{}", SPILLED.get(common.lang()));
        }
        Ok(Exit::Ok)
    }
}

/// Says what became of an addition.
pub(super) fn end(common: &Common, archive: Handle, id: RecordId, amended: Amended) -> Result<Exit, Error> {
    let (lang, record) = (common.lang(), id.to_string());
    let exit = match &amended {
        Amended::Done { .. } | Amended::Held { .. } => Exit::Ok,
        Amended::Refused(refusals) => {
            refusals.iter().map(|r| r.code.exit()).max_by_key(|e| *e as u8).unwrap_or(Exit::Refused)
        }
    };
    if common.json() {
        common.print_json(&view::amended(id, &amended, lang));
    } else {
        match &amended {
            Amended::Done { entry, paths } => {
                let what = if paths.is_empty() { IDENTIFIED.get(lang).to_owned() } else { shown(&paths.join(", ")) };
                out!("{} {record}: {what} (#{entry})", ADDED.get(lang));
            }
            Amended::Held { path } => out!("{} {record}: {path}", HELD.get(lang)),
            Amended::Refused(refusals) => {
                out!("{} {record}", REFUSED.get(lang));
                print_refusals(refusals, lang);
            }
        }
    }
    archive.close()?;
    Ok(exit)
}
