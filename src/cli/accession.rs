//! `muragat accession receive|reply|agree|list|show`: taking in what another archive hands over.
//!
//! Each step can be run again: what was done is given out again by the same bytes, and a package goes on where it
//! stopped. `list` and `show` only read.

use super::beside::give_out;
use super::ingest::print_refusals;
use super::signed::MaterialPaths;
use super::verify::exit_of;
use super::verify_package::{found, is_tar};
use super::{Common, id_of, read_up_to, stop_flag};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit, Refusal};
use crate::ingest::import::in_force;
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::transfer::accession::receive::{Begun, Options, begin, check, threads};
use crate::transfer::accession::respond::{self, Signed};
use crate::transfer::accession::{ANSWER_FILE, Accession, RECEIPT_FILE, Stage, all};
use crate::transfer::act::ACT_FILE;
use crate::transfer::answer::ANSWER_BYTES_MAX;
use crate::transfer::party;
use crate::transfer::read::source::{Folder, Source, Tar};
use crate::transfer::reply::{REPLY_FILE, outcome_text};
use crate::verify::limits::CMS_BYTES_MAX;
use crate::view;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Arguments of `accession`.
#[derive(clap::Args)]
pub(super) struct AccessionArgs {
    #[command(subcommand)]
    command: AccessionCommand,
}

#[derive(clap::Subcommand)]
enum AccessionCommand {
    /// Receive a package, and take in its records.
    Receive(Receive),
    /// Take in the signatures of officers over the reply and the act, and give out the answer.
    Reply(Reply),
    /// Take in the other archive's answer with its officer's signature over the act.
    Agree(Agree),
    /// Every accession.
    List,
    /// One accession with its records.
    Show {
        /// Id of the accession.
        id: String,
    },
}

#[derive(clap::Args)]
struct Receive {
    /// The package: a folder, or a .tar file.
    package: PathBuf,
    /// Name of the archive that hands over, see `party list`.
    #[arg(long, value_name = "PARTY")]
    from: String,
    /// A folder for the receipt, the reply and the act, as new files.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Profile of imports by which records of another program are described.
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// Of a package by another program, the representation that has the records.
    #[arg(long, value_name = "NAME")]
    representation: Option<String>,
    /// Records that are taken in at the same time; four for each processor when not given.
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(clap::Args)]
struct Reply {
    /// Id of the accession.
    id: String,
    /// A signature over exactly the bytes of reply.json: detached CMS; may be repeated.
    #[arg(long, value_name = "FILE")]
    reply_signature: Vec<PathBuf>,
    /// A signature over exactly the bytes of act.json: detached CMS; may be repeated.
    #[arg(long, value_name = "FILE")]
    act_signature: Vec<PathBuf>,
    #[command(flatten)]
    material: MaterialPaths,
    /// A folder for the answer, as a new file.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(clap::Args)]
struct Agree {
    /// Id of the accession.
    id: String,
    /// The other archive's answer.
    answer: PathBuf,
    #[command(flatten)]
    material: MaterialPaths,
}

const JUDGING: Text = text("топтаманы тексеру", "проверка пакета", "checking the package");
const TAKING: Text = text("құжаттарды қабылдау", "приём документов", "taking in records");
const NOT_WHOLE: Text =
    text("Топтама қабылданбады: ол бүтін емес", "Пакет не принят: он не цел", "Not received: the package is not whole");
const RECEIVED: Text = text("Топтама алынды", "Пакет получен", "The package is received");
const AGAIN: Text = text("бұрын алынған", "получен раньше", "received before");
const CHECKED: Text = text("Құжаттар тексерілді", "Документы проверены", "The records are judged");
const ACCEPTED: Text = text("қабылданды", "принято", "accepted");
const REFUSED: Text = text("қабылданбады", "не принято", "refused");
const ACT: Text = text("акт №", "акт №", "act no.");
const STOPPED: Text = text(
    "Тоқтатылды: дәл осы әрекетті қайталаңыз.",
    "Остановлено: повторите то же действие.",
    "Stopped: run the same again.",
);
const REPLIED: Text = text("Жауапқа қол қойылды", "Ответ подписан", "The reply is signed");
const AGREED: Text =
    text("Актіге басқа архив те қол қойды", "Акт подписал и другой архив", "The other archive has signed the act too");
const NOT_TAKEN: Text = text("Қолтаңбалар қабылданбады", "Подписи не приняты", "The signatures are not taken in");
const NOTHING: Text = text("Қабылдау жоқ.", "Приёмов нет.", "There are no accessions.");
const WRITTEN: Text = text("жазылды", "записано", "written");

fn stage_text(stage: Stage) -> Text {
    match stage {
        Stage::Received => text("топтама алынды", "пакет получен", "the package is received"),
        Stage::Checked => text("құжаттар тексерілді", "документы проверены", "the records are judged"),
        Stage::Replied => text("жауапқа қол қойылды", "ответ подписан", "the reply is signed"),
        Stage::Agreed => text("актіге екі жақ қол қойды", "акт подписан обеими сторонами", "both signed the act"),
    }
}

fn accession_id(text: &str) -> Result<RecordId, Error> {
    id_of(text, ErrorCode::TrfNoAccession, "an accession id")
}

impl AccessionArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            AccessionCommand::Receive(receive) => receive.run(common),
            AccessionCommand::Reply(reply) => reply.run(common),
            AccessionCommand::Agree(agree) => agree.run(common),
            AccessionCommand::List => list(common),
            AccessionCommand::Show { id } => show(common, &id),
        }
    }
}

fn give(common: &Common, folder: &Path, files: &[(String, Vec<u8>)]) -> Result<Vec<String>, Error> {
    let written = give_out(folder, files)?;
    let written: Vec<String> = written.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    if !common.json() {
        written.iter().for_each(|path| out!("{}: {}", WRITTEN.get(common.lang()), shown(path)));
    }
    Ok(written)
}

fn refuse(common: &Common, id: RecordId, refusals: &[Refusal]) -> Exit {
    if common.json() {
        common.print_json(&view::accession_refused(id, refusals, common.lang()));
    } else {
        out!("{}: {id}", NOT_TAKEN.get(common.lang()));
        print_refusals(refusals, common.lang());
    }
    refusals.first().map_or(Exit::Refused, |refusal| refusal.code.exit())
}

/// What officers read and sign.
fn documents(archive: &Archive, accession: &Accession) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let Some((reply, act)) = accession.documents(archive)? else { return Ok(Vec::new()) };
    let mut files = vec![(REPLY_FILE.to_owned(), reply.encode()), (ACT_FILE.to_owned(), act.encode())];
    for (name, lang) in Lang::ALL {
        files.push((format!("reply.{name}.txt"), reply.text(lang).into_bytes()));
        files.push((format!("act.{name}.txt"), act.text(lang).into_bytes()));
    }
    Ok(files)
}

impl Receive {
    fn run(&self, common: &Common) -> Result<Exit, Error> {
        let failed = |error: io::Error| {
            let code = match error.kind() {
                io::ErrorKind::InvalidData => ErrorCode::TrfTooMany,
                io::ErrorKind::NotFound => ErrorCode::IngNoSuchPath,
                _ => ErrorCode::IngReadFailed,
            };
            Error::caused(code, shown(&self.package.to_string_lossy()), error)
        };
        if self.package.is_dir() {
            return self.take(common, &Folder::open(&self.package).map_err(failed)?);
        }
        let head = File::open(&self.package).map_err(failed)?;
        if !is_tar(&self.package, &[]) {
            let what = "neither a folder nor a .tar file";
            return Err(Error::new(ErrorCode::TrfNoPackage, shown(&self.package.to_string_lossy()), what));
        }
        self.take(common, &Tar::open(head).map_err(failed)?)
    }

    fn take(&self, common: &Common, source: &dyn Source) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let lang = common.lang();
        let party = party::find(&archive, &self.from)?;
        let profile = self.profile.as_deref().map(|id| in_force(&archive, id)).transpose()?;
        let bar = common.bar(JUDGING);
        let begun = begin(&archive, source, &party, actor, &mut |done, all| {
            bar.set(done / 1_000_000, all / 1_000_000);
            bar.message("MB".to_owned());
        });
        bar.clear();
        let coming = match begun? {
            Begun::Received(coming) => coming,
            Begun::NotWhole(report) => {
                let exit = exit_of(report.outcome());
                let code = if exit == Exit::Incomplete { ErrorCode::TrfNotJudged } else { ErrorCode::TrfNotWhole };
                let found = found(&report, common);
                if common.json() {
                    let value = serde_json::json!({
                        "status": "not_whole", "code": code.as_str(), "text": code.text(lang), "package": found.value,
                    });
                    common.print_json(&value);
                } else {
                    out!("{}: {code}", NOT_WHOLE.get(lang));
                    found.lines.iter().for_each(|line| out!("{}", shown(line)));
                }
                archive.close()?;
                return Ok(exit);
            }
        };
        let id = coming.accession.id;
        if !common.json() {
            let again = if coming.is_again { format!(" ({})", AGAIN.get(lang)) } else { String::new() };
            out!("{}: {id}{again}", RECEIVED.get(lang));
        }
        // At once: whoever handed over is told that it came, whatever becomes of its records.
        let mut written = give(common, &self.output, &[(RECEIPT_FILE.to_owned(), coming.receipt.clone())])?;
        let bar = common.bar(TAKING);
        let representation = self.representation.as_deref();
        let threads = self.threads.unwrap_or_else(threads);
        let options = Options { actor, profile: profile.as_ref(), representation, threads, stop: stop_flag() };
        let checked = check(&archive, &coming, &options, &|done, all| bar.set(done, all));
        bar.clear();
        let Some(accession) = checked? else {
            if common.json() {
                common.print_json(&view::accession_done("stopped", id, None, &written));
            } else {
                out!("{}", STOPPED.get(lang));
            }
            archive.close()?;
            return Ok(Exit::Interrupted);
        };
        let documents = documents(&archive, &accession)?;
        if let (false, Some((reply, act))) = (common.json(), accession.documents(&archive)?) {
            let (accepted, refused) = reply.counts();
            out!("{}: {} {} · {accepted} {}", CHECKED.get(lang), ACT.get(lang), act.number, ACCEPTED.get(lang));
            for row in reply.rows.iter().filter(|row| !row.reasons.is_empty()) {
                out!("  {}: {}", shown(&row.record), outcome_text(row.outcome).get(lang));
                for (reason, detail) in &row.reasons {
                    out!("    {}: {}", reason.text().get(lang), shown(detail));
                }
            }
            if refused > 0 {
                out!("  {}: {refused}", REFUSED.get(lang));
            }
        }
        written.extend(give(common, &self.output, &documents)?);
        if common.json() {
            common.print_json(&view::accession_done("checked", id, accession.row.checked, &written));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

impl Reply {
    fn run(&self, common: &Common) -> Result<Exit, Error> {
        let id = accession_id(&self.id)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let read = |path: &PathBuf| read_up_to(path, CMS_BYTES_MAX);
        let over_reply = self.reply_signature.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let over_act = self.act_signature.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let extra = self.material.read(common)?;
        let (status, entry) = match respond::reply(&archive, id, (&over_reply, &over_act), &extra, actor)? {
            Signed::Done(entry) => ("replied", entry),
            Signed::Held(entry) => ("held", entry),
            Signed::Refused(refusals) => {
                archive.close()?;
                return Ok(refuse(common, id, &refusals));
            }
        };
        let answer = Accession::read(&archive, id)?.answer(&archive)?.unwrap_or_default();
        if !common.json() {
            out!("{}: {id} (#{entry})", REPLIED.get(common.lang()));
        }
        let written = give(common, &self.output, &[(ANSWER_FILE.to_owned(), answer)])?;
        if common.json() {
            common.print_json(&view::accession_done(status, id, Some(entry), &written));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

impl Agree {
    fn run(&self, common: &Common) -> Result<Exit, Error> {
        let id = accession_id(&self.id)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let answer = read_up_to(&self.answer, ANSWER_BYTES_MAX)?;
        let extra = self.material.read(common)?;
        let (status, entry) = match respond::agree(&archive, id, &answer, &extra, actor)? {
            Signed::Done(entry) => ("agreed", entry),
            Signed::Held(entry) => ("held", entry),
            Signed::Refused(refusals) => {
                archive.close()?;
                return Ok(refuse(common, id, &refusals));
            }
        };
        if common.json() {
            common.print_json(&view::accession_done(status, id, Some(entry), &[]));
        } else {
            out!("{}: {id} (#{entry})", AGREED.get(common.lang()));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let accessions = all(&archive)?;
    if accessions.is_empty() && !common.json() {
        common.say(NOTHING.get(common.lang()));
    }
    for accession in &accessions {
        print(common, &archive, accession, false)?;
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn show(common: &Common, id: &str) -> Result<Exit, Error> {
    let id = accession_id(id)?;
    let archive = common.open()?;
    print(common, &archive, &Accession::read(&archive, id)?, true)?;
    archive.close()?;
    Ok(Exit::Ok)
}

fn print(common: &Common, archive: &Archive, accession: &Accession, is_whole: bool) -> Result<(), Error> {
    let lang = common.lang();
    if common.json() {
        common.print_json(&view::accession(archive, accession, is_whole, view::Masked::No)?);
        return Ok(());
    }
    let party = &accession.party.party;
    out!("{} · {}", accession.id, stage_text(accession.stage()).get(lang));
    out!("  {} → {} · {}", shown(party.title.get(lang)), shown(&accession.agency), shown(&accession.package));
    let Some((reply, act)) = accession.documents(archive)? else { return Ok(()) };
    let (accepted, refused) = reply.counts();
    let (is, not) = (ACCEPTED.get(lang), REFUSED.get(lang));
    out!("  {} {} · {is} {accepted} · {not} {refused}", ACT.get(lang), act.number);
    for row in reply.rows.iter().filter(|_| is_whole) {
        let reference = row.reference.map(|id| format!(" → {id}")).unwrap_or_default();
        out!("  {}{reference}: {}", shown(&row.record), outcome_text(row.outcome).get(lang));
        for (reason, detail) in &row.reasons {
            out!("    {}: {}", reason.text().get(lang), shown(detail));
        }
    }
    Ok(())
}
