//! `muragat log witness check|adopt|show|push|request|accept`: the witnesses of an archive's journal.
//!
//! `check` needs no archive. `push` asks by HTTP, `request` and `accept` by files that a courier carries; both ways end
//! in the same files. A command that finds out that the journal was rolled back or forked ends with 6, and says so.

use super::adoption::{Adoptable, adopt, check};
use super::answers::write_new;
use super::{Common, read_up_to};
use crate::archive::{Adoption, Archive, Taken};
use crate::clock::local_text;
use crate::error::{Error, ErrorCode, Exit, Refusal};
use crate::fetch::Timeouts;
use crate::fetch::witness::{Outcome, Pushed, push};
use crate::model::id::ActorId;
use crate::model::strict::shown;
use crate::model::url::HttpUrl;
use crate::text::{Text, text};
use crate::tlog::LogError;
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::note::{NOTE_BYTES_MAX, Note, read_lines};
use crate::tlog::request::{AddCheckpoint, REQUEST_BYTES_MAX};
use crate::tlog::trust::{Fault, TRUST_BYTES_MAX, TrustPolicy, TrustedWitness};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `log witness`.
#[derive(clap::Args)]
pub(super) struct LogWitness {
    #[command(subcommand)]
    command: WitnessCommand,
}

#[derive(clap::Subcommand)]
enum WitnessCommand {
    /// Check a policy of witnesses; needs no archive.
    Check {
        /// The policy, as C2SP tlog-policy says.
        file: PathBuf,
    },
    /// Adopt a policy of witnesses: which there are, where, and how many must sign.
    Adopt {
        /// The policy, as C2SP tlog-policy says.
        file: PathBuf,
    },
    /// What each witness has signed, and whether the quorum is met.
    Show,
    /// Ask every witness of the policy that has an address.
    Push,
    /// Write a request to a witness into a file, for a courier.
    Request {
        /// Name of the witness in the policy.
        name: String,
        /// The size that the witness knows; what it signed last, when not given.
        #[arg(long, value_name = "SIZE")]
        old: Option<u64>,
        /// The file.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Take the answer of a witness from a file.
    Accept {
        /// What the witness answered: cosignatures, a size, or the checkpoint that it keeps.
        file: PathBuf,
        /// The request that it answers, when the witness was asked for something else since.
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
        /// Name of the witness in the policy; the one that signed, when not given.
        #[arg(long, value_name = "NAME")]
        witness: Option<String>,
    },
}

const NO_POLICY: Text =
    text("Куәгерлер саясаты енгізілмеген", "Политика свидетелей не введена", "No policy of witnesses was adopted");
const MET: Text = text("кворум бар", "кворум есть", "the quorum is met");
const NOT_MET: Text = text("кворум жоқ", "кворума нет", "the quorum is not met");
const NONE_ASKED: Text = text("кворум сұралмайды", "кворум не требуется", "no quorum is asked for");
const NEVER: Text = text("қол қоймаған", "не подписывал", "has not signed");
const ENTRIES: Text = text("жазба", "записей", "entries");
const JOURNAL: Text = text("Журнал", "Журнал", "The journal");
const COSIGNED: Text = text("қол қойылды", "подписано", "cosigned");
const AGREES: Text = text("журналымен сәйкес", "согласен с журналом", "agrees with the journal");
const NO_ADDRESS: Text = text("мекенжайы жоқ, курьермен", "адреса нет, с курьером", "no address: by courier");
const FAILED: Text = text("ЖАУАП ЖОҚ", "НЕТ ПОДПИСИ", "NO COSIGNATURE");
const WRITTEN: Text = text("Сұрау жазылды", "Запрос записан", "The request is written");
const STOPPED: Text = text(
    "АРХИВ ТОҚТАТЫЛДЫ: журналдың басқа нұсқасы бар",
    "АРХИВ ОСТАНОВЛЕН: есть другая история журнала",
    "THE ARCHIVE HAS STOPPED: there is another history of the journal",
);

impl LogWitness {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            WitnessCommand::Check { file } => check::<TrustPolicy>(common, &file),
            WitnessCommand::Adopt { file } => adopt::<TrustPolicy>(common, &file),
            WitnessCommand::Show => show(common),
            WitnessCommand::Push => ask_all(common),
            WitnessCommand::Request { name, old, output } => request(common, &name, old, &output),
            WitnessCommand::Accept { file, request, witness } => {
                accept(common, &file, request.as_deref(), witness.as_deref())
            }
        }
    }
}

impl Adoptable for TrustPolicy {
    const NAME: &'static str = "policy";
    const BYTES_MAX: usize = TRUST_BYTES_MAX;

    fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let refusal = |fault: Fault| Refusal::new(ErrorCode::WitPolicy, format!("{name}:{}", fault.line), fault.what);
        let policy = TrustPolicy::parse(bytes).map_err(|faults| faults.into_iter().map(refusal).collect::<Vec<_>>())?;
        // Somebody who verifies may name any address; an archive asks at those that it adopts.
        let address = |witness: &TrustedWitness| {
            let wrong = witness.url.as_ref()?.parse::<HttpUrl>().err()?;
            Some(Refusal::new(
                ErrorCode::WitPolicy,
                format!("{name}: {}", witness.name),
                format!("its address {wrong}"),
            ))
        };
        let refusals: Vec<Refusal> = policy.witnesses.iter().filter_map(address).collect();
        if refusals.is_empty() { Ok(policy) } else { Err(refusals) }
    }

    fn adopt(&self, archive: &Archive, bytes: &[u8], actor: ActorId) -> Result<Adoption, Error> {
        archive.adopt_witnesses(self, bytes, actor)
    }

    fn facts(&self) -> Value {
        let witness = |witness: &TrustedWitness| {
            let key = witness.key.to_string();
            json!({"name": witness.name, "vkey": key, "url": witness.url})
        };
        json!({
            "sha256": self.sha256.to_string(), "quorum": self.quorum(),
            "logs": self.logs.iter().map(|log| log.key.to_string()).collect::<Vec<_>>(),
            "witnesses": self.witnesses.iter().map(witness).collect::<Vec<_>>(),
        })
    }

    fn print(&self, common: &Common, _: Option<u64>) {
        for witness in &self.witnesses {
            let url = witness.url.as_deref().unwrap_or(NO_ADDRESS.get(common.lang()));
            out!("  {} · {} · {}", shown(&witness.name), shown(&witness.key.name), shown(url));
        }
        match self.quorum() {
            Some(quorum) => out!("  quorum: {}", shown(quorum)),
            None => out!("  {}", NONE_ASKED.get(common.lang())),
        }
    }
}

fn show(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let (policy, cosigned, conflict) = (archive.witnesses()?, archive.cosigned()?, archive.conflict());
    let mut rows = Vec::new();
    for witness in policy.iter().flat_map(|(_, policy)| &policy.witnesses) {
        rows.push((witness, archive.witnessed(&witness.key)?));
    }
    let size = archive.head().size;
    let judged = cosigned.as_ref().and_then(|shown| shown.judged.as_ref());
    let missing: Vec<_> = judged.into_iter().flat_map(|judged| &judged.missing).collect();
    if common.json() {
        let row = |(witness, last): &(&TrustedWitness, Option<(Checkpoint, u64)>)| {
            json!({
                "name": witness.name, "vkey": witness.key.to_string(), "url": witness.url,
                "size": last.as_ref().map(|(checkpoint, _)| checkpoint.size),
                "time": last.as_ref().map(|(_, time)| time),
            })
        };
        let missing =
            missing.iter().map(|(name, signed, needed)| json!({"name": name, "signed": signed, "of": needed}));
        common.print_json(&json!({
            "size": size, "entry": policy.as_ref().map(|(entry, _)| entry),
            "policy_sha256": policy.as_ref().map(|(_, policy)| policy.sha256.to_string()),
            "witnesses": rows.iter().map(row).collect::<Vec<_>>(),
            "cosigned_size": cosigned.as_ref().map(|shown| shown.checkpoint.size),
            "is_met": judged.map(|judged| judged.is_met), "missing": missing.collect::<Vec<_>>(),
            "conflict": conflict.as_ref().map(|conflict| {
                json!({"file": conflict.file, "size": conflict.size, "is_fork": conflict.is_fork()})
            }),
        }));
    } else {
        out!("{}: {size} {}", JOURNAL.get(lang), ENTRIES.get(lang));
        if policy.is_none() {
            out!("{}", NO_POLICY.get(lang));
        }
        for (witness, last) in &rows {
            let last = match last {
                Some((checkpoint, time)) => {
                    format!("{} {} · {}", checkpoint.size, ENTRIES.get(lang), local_text(time.saturating_mul(1000)))
                }
                None => NEVER.get(lang).to_owned(),
            };
            out!("  {} · {} · {last}", shown(&witness.name), shown(&witness.key.name));
        }
        if let Some((judged, shown_note)) = judged.zip(cosigned.as_ref()) {
            let met = if judged.is_met { MET } else { NOT_MET };
            out!("{} {}: {}", shown_note.checkpoint.size, ENTRIES.get(lang), met.get(lang));
            for (name, signed, needed) in missing {
                out!("  {}: {signed}/{needed}", shown(name));
            }
        }
        if let Some(conflict) = &conflict {
            out!("{}: {}", STOPPED.get(lang), conflict.file);
        }
    }
    archive.close()?;
    Ok(conflict.map_or(Exit::Ok, |conflict| Error::from(LogError::from(conflict)).code.exit()))
}

fn ask_all(common: &Common) -> Result<Exit, Error> {
    let mut exit = Exit::Ok;
    let mut is_first = true;
    let mut open = || if std::mem::take(&mut is_first) { common.open() } else { common.open_again() };
    push(&mut open, Timeouts::default(), &mut |pushed| {
        print(common, pushed);
        // A fork or a rollback weighs more than a witness that is not there.
        if let Some(code) = pushed.code.map(ErrorCode::exit)
            && (exit == Exit::Ok || code == Exit::Integrity)
        {
            exit = code;
        }
    })?;
    Ok(exit)
}

fn print(common: &Common, pushed: &Pushed) {
    let lang = common.lang();
    if common.json() {
        common.print_json(&json!({
            "witness": pushed.witness, "status": pushed.outcome.as_str(),
            "size": pushed.cosigned.map(|(size, _)| size), "time": pushed.cosigned.map(|(_, time)| time),
            "code": pushed.code.map(ErrorCode::as_str), "detail": pushed.detail,
        }));
        return;
    }
    let name = shown(&pushed.witness);
    match (pushed.outcome, pushed.cosigned, pushed.code) {
        (Outcome::Cosigned, Some((size, time)), _) => {
            let at = local_text(time.saturating_mul(1000));
            out!("{name}: {} · {size} {} · {at}", COSIGNED.get(lang), ENTRIES.get(lang));
        }
        (_, _, Some(code)) => {
            out!("{name}: {} · {code}: {}", FAILED.get(lang), code.text(lang));
            out!("  {}", shown(pushed.detail.as_deref().unwrap_or_default()));
        }
        _ => out!("{name}: {}", NO_ADDRESS.get(lang)),
    }
}

fn request(common: &Common, name: &str, old: Option<u64>, output: &Path) -> Result<Exit, Error> {
    let archive = common.open()?;
    let asked = archive.ask_witness(&archive.witness(name)?.key, old)?;
    let file = shown(&output.to_string_lossy());
    write_new(output, asked.body.as_bytes()).map_err(|e| Error::caused(ErrorCode::ArcOutput, &*file, e))?;
    if common.json() {
        common.print_json(&json!({"witness": name, "old_size": asked.old, "size": asked.size, "file": file}));
    } else {
        out!("{}: {file} · {} → {}", WRITTEN.get(common.lang()), asked.old, asked.size);
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn accept(common: &Common, file: &Path, request: Option<&Path>, name: Option<&str>) -> Result<Exit, Error> {
    let answer = read_up_to(file, NOTE_BYTES_MAX)?;
    let asked = request.map(|path| {
        let request = AddCheckpoint::parse(&read_up_to(path, REQUEST_BYTES_MAX)?);
        let none =
            || Error::new(ErrorCode::WitRequest, path.to_string_lossy(), "what `log witness request` wrote is wanted");
        request.map(|request| request.note).ok_or_else(none)
    });
    let asked = asked.transpose()?;
    let archive = common.open()?;
    let witness = match name {
        Some(name) => archive.witness(name)?,
        None => signer(&archive, &answer)?,
    };
    let pushed =
        |outcome, cosigned| Pushed { witness: witness.name.clone(), outcome, cosigned, code: None, detail: None };
    let taken = match &asked {
        Some(note) => archive.take_answer_to(&witness, Some(note.as_bytes()), &answer),
        None => archive.take_answer(&witness, &answer),
    };
    match taken? {
        Taken::Cosigned { size, time } => print(common, &pushed(Outcome::Cosigned, Some((size, time)))),
        Taken::Agrees(size) => common.say(&format!("{}: {size} {}", witness.name, AGREES.get(common.lang()))),
        Taken::Knows(size) => {
            let what = format!("it knows {size} entries: --old {size}");
            return Err(Error::new(ErrorCode::WitSize, witness.name, what));
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}

/// The witness of the policy whose key an answer names.
fn signer(archive: &Archive, answer: &[u8]) -> Result<TrustedWitness, Error> {
    let lines = Note::read(answer).map(|note| note.lines).or_else(|| read_lines(answer)).unwrap_or_default();
    let policy = archive.witnesses()?;
    let witnesses = policy.into_iter().flat_map(|(_, policy)| policy.witnesses);
    let mut named = witnesses.filter(|w| lines.iter().any(|line| line.name == w.key.name && line.id == w.key.id()));
    let unknown = || Error::new(ErrorCode::WitUnknown, "--witness", "no line of a witness of the policy: name it");
    named.next().ok_or_else(unknown)
}
