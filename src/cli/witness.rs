//! `muragat witness init|add-log|show|serve|sign`: being a witness of other archives' journals.
//!
//! It needs no archive and has nothing to do with one on the same machine. `serve` answers by HTTP; `sign` answers one
//! request that a courier brought, as a file with exactly the body that HTTP would have had.

use super::answers::write_new;
use super::{Common, read_up_to, stop_flag};
use crate::archive::hold;
use crate::clock::{SystemClock, local_text};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::strict::shown;
use crate::store::local::{Erasing, LocalDisk};
use crate::text::{Lang, Text, text};
use crate::tlog::checkpoint::VerifierKey;
use crate::tlog::request::REQUEST_BYTES_MAX;
use crate::witness::{Evidence, Fork, KEY, Reply, Reports, Server, Witness, WitnessError, origin_hash};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `witness`.
#[derive(clap::Args)]
pub(super) struct WitnessArgs {
    #[command(subcommand)]
    command: WitnessCommand,
}

#[derive(clap::Subcommand)]
enum WitnessCommand {
    /// Make a witness: a key of its own in an empty folder.
    Init {
        /// The folder.
        dir: PathBuf,
        /// Its name, like an address without its beginning: witness.example.kz/archives.
        #[arg(long)]
        name: String,
    },
    /// Make a log known to the witness by its verifier key.
    AddLog {
        /// The folder of the witness.
        dir: PathBuf,
        /// The key, as `log checkpoint --vkey` of the archive prints it.
        vkey: String,
    },
    /// Show the key of the witness, its logs, and proofs of forks.
    Show {
        /// The folder of the witness.
        dir: PathBuf,
    },
    /// Answer requests by HTTP until it is stopped.
    Serve {
        /// The folder of the witness.
        dir: PathBuf,
        /// Where to listen.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7380")]
        listen: String,
    },
    /// Answer one request from a file, for a courier.
    Sign {
        /// The folder of the witness.
        dir: PathBuf,
        /// What `log witness request` of the archive wrote.
        request: PathBuf,
        /// Where to write the answer.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

const KEY_IS: Text = text("Куәгердің кілті", "Ключ свидетеля", "Key of the witness");
const ADDED: Text = text("Журнал қосылды", "Журнал добавлен", "The log is known now");
const KNOWN: Text = text("Журнал бұрыннан белгілі", "Журнал уже известен", "The log was known before");
const NEVER: Text = text("әлі қол қойылмаған", "ещё не подписано", "not cosigned yet");
const ENTRIES: Text = text("жазба", "записей", "entries");
const FORK: Text = text("ЕКІ ТАРИХ, айғағы", "ДВЕ ИСТОРИИ, доказательство", "TWO HISTORIES, the proof");
const BAD_PROOF: Text = text(
    "жалғасуы дәлелденбеген екі бақылау нүктесі",
    "две контрольные точки без доказательства, что одна продолжает другую",
    "two checkpoints without a proof that one goes on from the other",
);
const LISTENS: Text = text("Тыңдап тұр", "Слушает", "Listening");
const COSIGNED: Text = text("Қол қойылды, жауабы", "Подписано, ответ", "Cosigned, the answer");
const OTHER_SIZE: Text = text(
    "Журнал басқа өлшемде белгілі; жауапты да қайтарыңыз",
    "Журнал известен в другом размере; верните и этот ответ",
    "The log is known at another size; take this answer back as well",
);

impl From<WitnessError> for Error {
    fn from(e: WitnessError) -> Self {
        let subject = match &e {
            WitnessError::Malformed { file, .. } => file.clone(),
            WitnessError::Disk(_) | WitnessError::Latched(_) => "witness".to_owned(),
        };
        Error::caused(ErrorCode::WitFolder, subject, e)
    }
}

/// Opens the folder of a witness and holds it for this process.
fn open(dir: &Path) -> Result<(Witness, File), Error> {
    if !dir.join(KEY).is_file() {
        return Err(Error::new(ErrorCode::WitFolder, shown(&dir.to_string_lossy()), "there is no key in it"));
    }
    let held = hold(dir)?;
    let disk = LocalDisk::open(dir, Erasing::Nothing).map_err(WitnessError::from)?;
    Ok((Witness::open(Arc::new(disk), Arc::new(SystemClock))?, held))
}

/// Opens the folder of a witness for reading only, also while it serves: each file is replaced as a whole.
fn open_to_read(dir: &Path) -> Result<Witness, Error> {
    if !dir.join(KEY).is_file() {
        return Err(Error::new(ErrorCode::WitFolder, shown(&dir.to_string_lossy()), "there is no key in it"));
    }
    Ok(Witness::open(Arc::new(LocalDisk::open_read_only(dir)), Arc::new(SystemClock))?)
}

/// What two notes show: only another root at the same size proves by itself that there are two histories.
fn fork_text(fork: &Fork) -> Text {
    match fork.evidence {
        Evidence::Split => FORK,
        Evidence::Inconsistent => BAD_PROOF,
    }
}

impl WitnessArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            WitnessCommand::Init { dir, name } => init(common, &dir, &name),
            WitnessCommand::AddLog { dir, vkey } => add_log(common, &dir, &vkey),
            WitnessCommand::Show { dir } => show(common, &dir),
            WitnessCommand::Serve { dir, listen } => serve(common, &dir, &listen),
            WitnessCommand::Sign { dir, request, output } => sign(common, &dir, &request, &output),
        }
    }
}

fn init(common: &Common, dir: &Path, name: &str) -> Result<Exit, Error> {
    if std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::new(ErrorCode::WitFolder, shown(&dir.to_string_lossy()), "the folder is not empty"));
    }
    let disk = LocalDisk::open(dir, Erasing::Nothing).map_err(WitnessError::from)?;
    let witness = Witness::create(Arc::new(disk), name, Arc::new(SystemClock))?;
    let vkey = witness.key().to_string();
    if common.json() {
        common.print_json(&json!({"name": name, "vkey": vkey}));
    } else {
        out!("{}: {vkey}", KEY_IS.get(common.lang()));
    }
    Ok(Exit::Ok)
}

fn add_log(common: &Common, dir: &Path, vkey: &str) -> Result<Exit, Error> {
    let key: Result<VerifierKey, _> = vkey.trim().parse();
    let key = key.map_err(|e| Error::caused(ErrorCode::CliKey, shown(vkey), e))?;
    let (witness, _held) = open(dir)?;
    let is_new = witness.add_log(&key)?;
    if common.json() {
        let status = if is_new { "added" } else { "known" };
        common.print_json(&json!({
            "status": status, "origin": key.name, "origin_sha256": origin_hash(&key.name), "vkey": key.to_string(),
        }));
    } else {
        out!("{}: {}", if is_new { ADDED } else { KNOWN }.get(common.lang()), shown(&key.name));
    }
    Ok(Exit::Ok)
}

fn show(common: &Common, dir: &Path) -> Result<Exit, Error> {
    let witness = open_to_read(dir)?;
    let logs = witness.logs()?;
    let is_forked = logs.iter().any(|log| log.forks.iter().any(|fork| fork.evidence == Evidence::Split));
    if common.json() {
        let log = |log: &crate::witness::KnownLog| {
            json!({
                "origin": log.origin, "origin_sha256": origin_hash(&log.origin),
                "vkeys": log.keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "size": log.last.as_ref().map(|(checkpoint, _)| checkpoint.size),
                "root": log.last.as_ref().map(|(checkpoint, _)| STANDARD.encode(checkpoint.root.0)),
                "time": log.last.as_ref().map(|(_, time)| time),
                "forks": log.forks.iter().map(|fork| &fork.folder).collect::<Vec<_>>(),
            })
        };
        common.print_json(&json!({
            "name": witness.key().name, "vkey": witness.key().to_string(),
            "logs": logs.iter().map(log).collect::<Vec<_>>(),
        }));
    } else {
        let lang = common.lang();
        out!("{}: {}", KEY_IS.get(lang), witness.key());
        for log in &logs {
            let last = match &log.last {
                Some((checkpoint, time)) => {
                    format!("{} {} · {}", checkpoint.size, ENTRIES.get(lang), local_text(time.saturating_mul(1000)))
                }
                None => NEVER.get(lang).to_owned(),
            };
            out!("  {} · {last}", shown(&log.origin));
            for fork in &log.forks {
                out!("    {}: {}", fork_text(fork).get(lang), shown(&fork.folder));
            }
        }
    }
    Ok(if is_forked { Exit::Integrity } else { Exit::Ok })
}

fn serve(common: &Common, dir: &Path, listen: &str) -> Result<Exit, Error> {
    let (witness, _held) = open(dir)?;
    let server = Server::bind(listen).map_err(|e| Error::caused(ErrorCode::WitFolder, listen, e))?;
    let address = server.address().map(|address| format!("http://{address}/")).unwrap_or_default();
    if common.json() {
        common.print_json(&json!({"name": witness.key().name, "address": address}));
    } else {
        out!("{}: {address}", LISTENS.get(common.lang()));
    }
    // The journal of a service is read by whoever runs it: one line, in all three languages.
    let forked = |fork: &Fork| {
        let said = [Lang::Kk, Lang::Ru, Lang::En].map(|lang| fork_text(fork).get(lang)).join(" / ");
        eprintln!("{said}: {} · {}", shown(&fork.origin), shown(&fork.folder));
    };
    server.run(Arc::new(witness), stop_flag(), Reports { failed: |e| eprintln!("{e}"), forked });
    Ok(Exit::Ok)
}

fn sign(common: &Common, dir: &Path, request: &Path, output: &Path) -> Result<Exit, Error> {
    let body = read_up_to(request, REQUEST_BYTES_MAX)?;
    let (witness, _held) = open(dir)?;
    let (reply, fork) = witness.answer(&body)?;
    if let Some(fork) = &fork {
        common.say(&format!("{}: {}", fork_text(fork).get(common.lang()), shown(&fork.folder)));
    }
    let name = shown(&request.to_string_lossy());
    let (status, refused) = match &reply {
        Reply::Cosigned(_) => ("cosigned", None),
        Reply::Conflict(_) => ("conflict", None),
        Reply::Malformed(_) => ("refused", Some(ErrorCode::WitRequest)),
        Reply::NotSigned => ("refused", Some(ErrorCode::WitNotSigned)),
        Reply::UnknownLog => ("refused", Some(ErrorCode::WitNoLog)),
        Reply::Inconsistent(_) => ("refused", Some(ErrorCode::WitInconsistent)),
    };
    if let Some(code) = refused {
        let what = format!("{}: {}", reply.status(), reply.body().trim_end());
        return Err(Error::new(code, name, what));
    }
    let file = shown(&output.to_string_lossy());
    write_new(output, reply.body().as_bytes()).map_err(|e| Error::caused(ErrorCode::ArcOutput, &*file, e))?;
    let is_cosigned = status == "cosigned";
    if common.json() {
        common.print_json(&json!({"status": status, "http_status": reply.status(), "file": file}));
    } else {
        out!("{}: {file}", if is_cosigned { COSIGNED } else { OTHER_SIZE }.get(common.lang()));
    }
    Ok(if is_cosigned { Exit::Ok } else { Exit::Conflict })
}
