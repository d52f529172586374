//! `muragat transfer prepare|send`: the package, decided and written.
//!
//! What `send` wrote lies there as plain files for whoever may read the medium.

use super::{done_value, transfer_id};
use crate::cli::Common;
use crate::error::{Error, Exit};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::transfer::pack::format::TransferFormat;
use crate::transfer::seal::{self, Prepared, Seal};
use crate::transfer::send::{self, Way};
use crate::view;
use std::path::Path;

/// Records that are not ready and are named for a person; the machine gets all.
const SHOWN_MAX: usize = 20;

const SEALED: Text = text("Пакет дайындалды", "Пакет подготовлен", "The package is sealed");
const NOT_READY: Text = text("Дайын емес құжаттар бар", "Не всё готово к передаче", "Not everything is ready");
const AND_MORE: Text = text("тағы", "и ещё", "and more:");
const SENT: Text = text("Пакет жазылды", "Пакет записан", "The package is written");
const WAS_THERE: Text = text("бұрын жазылған, тексерілді", "лежал там, проверен", "it lay there, and was judged");
const TO_CARRY: Text = text(
    "Екінші архив оны «accession receive» арқылы қабылдайды; түбіртегін «transfer take» арқылы енгізіңіз.",
    "Другой архив принимает его через «accession receive»; его квитанцию введите через «transfer take».",
    "The other archive takes it with `accession receive`; take its receipt in with `transfer take`.",
);

pub(super) fn prepare(common: &Common, id: &str, format: &dyn TransferFormat) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let bar = common.bar(SEALED);
    let prepared = seal::prepare(&archive, id, format, actor, &mut |done, all| bar.set(done, all));
    bar.clear();
    let exit = match prepared? {
        Prepared::Done(entry, seal) => {
            said(common, id, entry, &seal);
            Exit::Ok
        }
        Prepared::NotReady(lacks) => {
            let lang = common.lang();
            if common.json() {
                common.print_json(&view::transfer_not_ready(id, &lacks, lang));
            } else {
                out!("{}: {id}", NOT_READY.get(lang));
                for lack in lacks.iter().take(SHOWN_MAX) {
                    let what = lack.record.map_or_else(String::new, |record| format!("{record}: "));
                    out!("  {what}{} {}", lack.lack.text().get(lang), shown(&lack.detail));
                }
                if lacks.len() > SHOWN_MAX {
                    out!("  {} {}", AND_MORE.get(lang), lacks.len() - SHOWN_MAX);
                }
            }
            Exit::Conflict
        }
    };
    archive.close()?;
    Ok(exit)
}

fn said(common: &Common, id: RecordId, entry: u64, seal: &Seal) {
    if common.json() {
        common.print_json(&view::transfer_sealed(id, entry, seal));
    } else {
        out!("{}: {} (#{entry})", SEALED.get(common.lang()), seal.name());
        out!("  SHA-256 {} · {} · {}", seal.digest, seal.records.len(), crate::cli::bytes_text(seal.bytes));
    }
}

pub(super) fn send(common: &Common, id: &str, into: &Path, way: Way) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let bar = common.bar(SENT);
    let sent = send::send(&archive, id, (into, way), actor, &mut |done, all| bar.set(done, all));
    bar.clear();
    let sent = sent?;
    let path = sent.path.to_string_lossy().into_owned();
    if common.json() {
        let mut value = done_value("sent", &id.to_string(), sent.entry);
        value["path"] = path.into();
        value["digest"] = sent.digest.to_string().into();
        value["was_there"] = sent.was_there.into();
        common.print_json(&value);
    } else {
        let lang = common.lang();
        let before = if sent.was_there { format!(" ({})", WAS_THERE.get(lang)) } else { String::new() };
        out!("{}{before}: {} (#{})", SENT.get(lang), shown(&path), sent.entry);
        common.say(TO_CARRY.get(lang));
    }
    archive.close()?;
    Ok(Exit::Ok)
}
