//! `muragat transfer send --to|exchange`: the package and the answers over the service of the other archive.
//!
//! What was done is done again without harm: a package that is there is not sent again, and an answer that was taken in
//! is the same entry. After a failure, or Ctrl-C, the same command goes on where the other archive stands.

use super::answers::{NOT_TAKEN, refused, replied};
use super::{done, transfer_id};
use crate::api::private_key;
use crate::archive::Archive;
use crate::cli::signed::MaterialPaths;
use crate::cli::{Common, bytes_text, read_up_to, stop_flag};
use crate::error::{Error, ErrorCode, Exit};
use crate::fetch::deliver::{Peer, Shown};
use crate::model::id::{ActorId, RecordId};
use crate::text::{Text, text};
use crate::transfer::case::{Case, Stage};
use crate::transfer::send::send_over;
use crate::transfer::take::{self, Taken};
use crate::verify::material::Material;
use serde_json::Value;
use std::path::PathBuf;

/// Bytes of a file with certificates.
const PEM_BYTES_MAX: usize = 1024 * 1024;

const PREPARING: Text = text("Пакет оқылуда", "Пакет читается", "Reading the package");
const SENDING: Text = text("Пакет жіберілуде", "Пакет отправляется", "Sending the package");
const DELIVERED: Text = text("Пакет жетті", "Пакет получен", "The package was delivered");
const BROUGHT: Text = text(
    "Қол қойылған акт екінші архивке жеткізілді",
    "Подписанный акт передан другому архиву",
    "The other archive has the signed act",
);
const WAITING: Text = text(
    "Екінші архив әлі жауап берген жоқ.",
    "Другой архив ещё не ответил.",
    "The other archive has not replied yet.",
);
const TO_SIGN: Text = text(
    "Актіні «transfer act» арқылы алып, қол қойыңыз («transfer sign»).",
    "Получите акт через «transfer act» и подпишите его («transfer sign»).",
    "Take the act with `transfer act`, and have it signed (`transfer sign`).",
);

/// The service of the other archive, and by what both are known.
#[derive(clap::Args)]
pub(super) struct Line {
    /// Address of the other archive's service, https://HOST/.
    #[arg(long, value_name = "URL", requires = "certificate")]
    pub(super) to: Option<String>,
    /// The certificate that the other archive has bound to the account of this one, PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key, PEM, which nobody else on the machine can read.
    #[arg(long, value_name = "FILE", requires = "ca")]
    key: Option<PathBuf>,
    /// Certificates of the authorities under which the other service is believed, PEM, and no others.
    #[arg(long, value_name = "FILE", requires = "to")]
    ca: Option<PathBuf>,
}

impl Line {
    fn peer(&self) -> Result<Peer<'static>, Error> {
        let none = || Error::new(ErrorCode::NetAddress, "--to", "--to, --certificate, --key and --ca belong together");
        let path = |path: &Option<PathBuf>| path.clone().ok_or_else(none);
        let certificate = read_up_to(&path(&self.certificate)?, PEM_BYTES_MAX)?;
        let roots = read_up_to(&path(&self.ca)?, PEM_BYTES_MAX)?;
        let key = private_key(&path(&self.key)?)?;
        let shown = Shown { certificate: &certificate, key: &key, roots: &roots };
        Peer::new(self.to.as_deref().ok_or_else(none)?, &shown, stop_flag())
    }
}

fn stage_of(accession: Option<&Value>) -> &str {
    accession.and_then(|value| value["stage"].as_str()).unwrap_or_default()
}

/// Sends the package, waits until the other archive has judged it, and takes in its receipt.
pub(super) fn send(common: &Common, id: &str, line: &Line) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let peer = line.peer()?;
    let actor = common.actor(&archive)?;
    let digest = Case::read(&archive, id)?.seal(&archive)?.digest;
    let accession = peer.accession(digest)?;
    let is_judged = !matches!(stage_of(accession.as_ref()), "" | "received");
    let is_said = !Case::read(&archive, id)?.row.sent.is_empty();
    if !is_judged || !is_said {
        let bar = common.bar(PREPARING);
        let sent = send_over(&archive, id, actor, &mut |done, all| bar.set(done, all), &mut |parcel| {
            if is_judged {
                return Ok(());
            }
            bar.clear();
            let bar = common.bar(SENDING);
            let mut told = |done: u64, all: u64| {
                bar.set(done / 1_000_000, all / 1_000_000);
                bar.message(format!("MB · {}", bytes_text(all)));
            };
            let package = (parcel.digest(), parcel.len);
            let delivered = peer.deliver(package, &mut told, &mut |out| parcel.write(out, &mut |_, _| {}));
            bar.clear();
            peer.take_in(&delivered?)
        });
        bar.clear();
        sent?;
    }
    let receipt = peer.receipt(digest)?;
    let exit = taken(common, (&archive, id), &receipt, &Material::default(), actor)?;
    archive.close()?;
    Ok(exit)
}

/// Takes in what came, and says so.
fn taken(
    common: &Common,
    (archive, id): (&Archive, RecordId),
    answer: &[u8],
    extra: &Material,
    actor: ActorId,
) -> Result<Exit, Error> {
    if take::transfer_of(answer)? != id {
        return Err(Error::new(ErrorCode::TrfAnswer, id.to_string(), "it is about another transfer"));
    }
    match take::take(archive, answer, extra, actor)? {
        Taken::Done(entry) => {
            let case = Case::read(archive, id)?;
            if case.row.delivered == Some(entry) {
                done(common, Stage::Delivered.as_str(), DELIVERED, id, entry);
            } else {
                replied(common, archive, &case, entry)?;
            }
            Ok(Exit::Ok)
        }
        Taken::Refused(refusals) => Ok(refused(common, NOT_TAKEN, id, &refusals)),
    }
}

/// Takes in the reply when there is one; brings the act back once it is signed here.
pub(super) fn exchange(common: &Common, id: &str, line: &Line, material: &MaterialPaths) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let peer = line.peer()?;
    let actor = common.actor(&archive)?;
    let case = Case::read(&archive, id)?;
    let digest = case.seal(&archive)?.digest;
    let exit = match (case.row.replied, case.row.agreed) {
        (None, _) => match peer.reply(digest)? {
            Some(reply) => {
                let exit = taken(common, (&archive, id), &reply, &material.read(common)?, actor)?;
                if exit == Exit::Ok {
                    common.say(TO_SIGN.get(common.lang()));
                }
                exit
            }
            None => {
                if common.json() {
                    common.print_json(&serde_json::json!({"status": "waiting", "transfer_id": id.to_string()}));
                } else {
                    out!("{}", WAITING.get(common.lang()));
                }
                Exit::Ok
            }
        },
        (Some(entry), None) => {
            replied(common, &archive, &case, entry)?;
            common.say(TO_SIGN.get(common.lang()));
            Exit::Ok
        }
        (_, Some(entry)) => {
            peer.act(digest, &take::act_answer(&archive, id)?)?;
            done(common, "brought", BROUGHT, id, entry);
            Exit::Ok
        }
    };
    archive.close()?;
    Ok(exit)
}
