//! `muragat transfer release|close`: letting go what the other archive keeps.
//!
//! After a release the archive is opened anew, so that its index has no trace of what went.

use super::{CLOSED, WRITTEN, done, transfer_id};
use crate::cli::Common;
use crate::cli::beside::give_out;
use crate::cli::ingest::print_refusals;
use crate::cli::signed::Signatures;
use crate::error::{Error, Exit};
use crate::limits::CONTAINER_BYTES_MAX;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::transfer::case::{Case, Stage};
use crate::transfer::release::{self, Released};
use crate::view;
use std::path::Path;

const TO_SIGN: Text = text(
    "Қол қою үшін жасалды; екі қызметкер бүгін қол қояды",
    "Составлено для подписи; двое сотрудников подписывают сегодня",
    "Drawn up to be signed: two officers sign it today",
);
const RELEASED: Text =
    text("Басқа архивке тапсырылып, шығарылды", "Выбыло в другой архив", "Let go to the other archive");
const NOTHING: Text = text("Шығаруға болатын құжат жоқ", "Выбыть сейчас нечему", "Nothing can be let go now");
const NOT_RELEASED: Text = text("Шығарылмады", "Выбытие не подписано", "Not let go");
const KEPT: Text = text("қалды", "осталось", "stays");
const RECORDS: Text = text("құжат", "документов", "records");
const TO_CLOSE: Text = text(
    "Аяқтау үшін «transfer close» іске қосыңыз: ол қойманы тығыздайды.",
    "Чтобы завершить, запустите «transfer close»: он уплотнит хранилище.",
    "To finish, run `transfer close`: it compacts the store.",
);

const AGAIN: Text = text(
    "Тыйым алынған соң «transfer release» қайта іске қосыңыз; «transfer close» содан кейін. Әзірге осында қалғаны",
    "Когда запреты сняты, запустите «transfer release» снова, затем «transfer close». Пока остаётся здесь",
    "Once the holds are lifted, run `transfer release` again, then `transfer close`. Still here",
);

/// Draws up what is signed.
pub(super) fn draw_up(common: &Common, id: &str, output: &Path) -> Result<Exit, Error> {
    let archive = common.open()?;
    let id = transfer_id(id)?;
    let drawn = release::draw_up(&archive, id)?;
    let written = give_out(output, &drawn.files_out())?;
    if common.json() {
        common.print_json(&view::transfer_files(id, &written));
    } else {
        let lang = common.lang();
        out!("{}: {} {}", TO_SIGN.get(lang), drawn.records.len(), RECORDS.get(lang));
        written.iter().for_each(|path| out!("{}: {}", WRITTEN.get(lang), shown(&path.to_string_lossy())));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

pub(super) fn execute(common: &Common, id: &str, file: &Path, signatures: &Signatures) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let bytes_max = usize::try_from(CONTAINER_BYTES_MAX).unwrap_or(usize::MAX);
    let signed = signatures.read_with(file, bytes_max, common)?;
    let released = release::release(&archive, id, &signed.document, &signed.signatures, &signed.extra, actor)?;
    let lang = common.lang();
    let (entry, records, kept) = match released {
        Released::Refused(refusals) => {
            if common.json() {
                common.print_json(&view::transfer_refused(("transfer_id", &id.to_string()), &refusals, lang));
            } else {
                out!("{}: {id}", NOT_RELEASED.get(lang));
                print_refusals(&refusals, lang);
            }
            archive.close()?;
            return Ok(Exit::Refused);
        }
        Released::Nothing(kept) => (None, Vec::new(), kept),
        Released::Done { entry, released, kept } => (Some(entry), released, kept),
    };
    archive.close()?;
    let mut waiting = 0;
    if entry.is_some() {
        // Opening writes the index anew under a new key: only then are its traces gone too.
        let archive = common.open()?;
        waiting = release::open(&archive, &Case::read(&archive, id)?)?.waiting.len();
        archive.close()?;
    }
    if common.json() {
        common.print_json(&view::transfer_released(id, entry, &records, &kept));
    } else {
        match entry {
            Some(entry) => out!("{}: {} {} (#{entry})", RELEASED.get(lang), records.len(), RECORDS.get(lang)),
            None => out!("{}", NOTHING.get(lang)),
        }
        kept.iter().for_each(|(record, why)| out!("  {}: {record} · {}", KEPT.get(lang), why.text().get(lang)));
        match waiting {
            _ if entry.is_none() => {}
            0 => common.say(TO_CLOSE.get(lang)),
            count => common.say(&format!("{}: {count}", AGAIN.get(lang))),
        }
    }
    Ok(if entry.is_some() { Exit::Ok } else { Exit::Conflict })
}

pub(super) fn close(common: &Common, id: &str) -> Result<Exit, Error> {
    let id = transfer_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let case = Case::read(&archive, id)?;
    let archive = if release::is_to_be_compacted(&archive, &case)? {
        archive.compact(actor)?;
        common.open()?
    } else {
        archive
    };
    let entry = release::close(&archive, id, actor)?;
    done(common, Stage::Closed.as_str(), CLOSED, id, entry);
    archive.close()?;
    Ok(Exit::Ok)
}
