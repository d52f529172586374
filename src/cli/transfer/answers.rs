//! `muragat transfer take|act|sign`: what the other archive answers, and the act of both.
//!
//! `take` and `sign` of the same again give the same entry; `act` only reads.

use super::{WRITTEN, done, transfer_id};
use crate::archive::Archive;
use crate::cli::beside::give_out;
use crate::cli::ingest::print_refusals;
use crate::cli::signed::{MaterialPaths, Signatures};
use crate::cli::{Common, read_up_to};
use crate::error::{Error, Exit, Refusal};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::transfer::act::ACT_FILE;
use crate::transfer::answer::ANSWER_BYTES_MAX;
use crate::transfer::case::{Case, Stage};
use crate::transfer::reply::{REPLY_FILE, Reply, outcome_text};
use crate::transfer::take::{self, ACT_ANSWER_FILE, Taken};
use crate::view;
use std::path::{Path, PathBuf};

const DELIVERED: Text = text("Пакет жетті", "Пакет получен", "The package was delivered");
const REPLIED: Text = text("Жауап қабылданды", "Ответ принят", "The reply is taken in");
pub(super) const NOT_TAKEN: Text = text("Қабылданбады", "Не принято", "Not taken in");
const AGREED: Text = text("Актіге екі жақ қол қойды", "Акт подписан обеими сторонами", "Both have signed the act");
const NOT_SIGNED: Text = text("Қол қойылмады", "Не подписано", "Not signed");
const ACCEPTED: Text = text("қабылданғаны", "принято", "accepted");
const REFUSED: Text = text("қабылданбағаны", "не принято", "refused");

pub(super) fn take(common: &Common, file: &Path, material: &MaterialPaths) -> Result<Exit, Error> {
    let archive = common.open_to_act()?;
    let bytes = read_up_to(file, ANSWER_BYTES_MAX)?;
    let id = take::transfer_of(&bytes)?;
    let actor = common.actor(&archive)?;
    let extra = material.read(common)?;
    let exit = match take::take(&archive, &bytes, &extra, actor)? {
        Taken::Done(entry) => {
            let case = Case::read(&archive, id)?;
            if case.row.delivered == Some(entry) {
                done(common, Stage::Delivered.as_str(), DELIVERED, id, entry);
            } else {
                replied(common, &archive, &case, entry)?;
            }
            Exit::Ok
        }
        Taken::Refused(refusals) => refused(common, NOT_TAKEN, id, &refusals),
    };
    archive.close()?;
    Ok(exit)
}

pub(super) fn replied(common: &Common, archive: &Archive, case: &Case, entry: u64) -> Result<(), Error> {
    let reply = case.replied(archive)?.reply;
    let lang = common.lang();
    if common.json() {
        common.print_json(&view::transfer_replied(case.id, entry, &reply));
    } else {
        out!("{}: {} (#{entry})", REPLIED.get(lang), case.id);
        told(&reply, lang);
    }
    Ok(())
}

/// What a reply says, and of each record that it has something to say of.
pub(super) fn told(reply: &Reply, lang: Lang) {
    let (accepted, refused) = reply.counts();
    out!("  {}: {accepted} · {}: {refused}", ACCEPTED.get(lang), REFUSED.get(lang));
    for row in reply.rows.iter().filter(|row| !row.reasons.is_empty()) {
        out!("  {}: {}", row.record, outcome_text(row.outcome).get(lang));
        row.reasons.iter().for_each(|(why, detail)| out!("    {} {}", why.text().get(lang), shown(detail)));
    }
}

pub(super) fn refused(common: &Common, said: Text, id: RecordId, refusals: &[Refusal]) -> Exit {
    if common.json() {
        let id = id.to_string();
        common.print_json(&view::transfer_refused(("transfer_id", &id), refusals, common.lang()));
    } else {
        out!("{}: {id}", said.get(common.lang()));
        print_refusals(refusals, common.lang());
    }
    Exit::Refused
}

/// The act and the reply as they came, and once it is signed here what goes back.
fn files(archive: &Archive, case: &Case) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let replied = case.replied(archive)?;
    let mut files = vec![(ACT_FILE.to_owned(), replied.act.encode()), (REPLY_FILE.to_owned(), replied.reply.encode())];
    for (name, lang) in Lang::ALL {
        files.push((format!("act.{name}.txt"), replied.act.text(lang).into_bytes()));
        files.push((format!("reply.{name}.txt"), replied.reply.text(lang).into_bytes()));
    }
    if case.row.agreed.is_some() {
        files.push((ACT_ANSWER_FILE.to_owned(), take::act_answer(archive, case.id)?));
    }
    Ok(files)
}

pub(super) fn act(common: &Common, id: &str, output: &Path) -> Result<Exit, Error> {
    let archive = common.open()?;
    let case = Case::read(&archive, transfer_id(id)?)?;
    let written = give_out(output, &files(&archive, &case)?)?;
    if common.json() {
        common.print_json(&view::transfer_files(case.id, &written));
    } else {
        tell(common, &written);
    }
    archive.close()?;
    Ok(Exit::Ok)
}

pub(super) fn sign(common: &Common, id: &str, signatures: &Signatures, output: &Path) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let (signatures, extra) = signatures.read(common)?;
    let exit = match take::sign(&archive, id, &signatures, &extra, actor)? {
        Taken::Done(entry) => {
            let answer = (ACT_ANSWER_FILE, take::act_answer(&archive, id)?);
            let written = give_out(output, &[answer])?;
            if common.json() {
                common.print_json(&view::transfer_agreed(id, entry, &written));
            } else {
                done(common, Stage::Agreed.as_str(), AGREED, id, entry);
                tell(common, &written);
            }
            Exit::Ok
        }
        Taken::Refused(refusals) => refused(common, NOT_SIGNED, id, &refusals),
    };
    archive.close()?;
    Ok(exit)
}

fn tell(common: &Common, written: &[PathBuf]) {
    let lang = common.lang();
    written.iter().for_each(|path| out!("{}: {}", WRITTEN.get(lang), shown(&path.to_string_lossy())));
}
