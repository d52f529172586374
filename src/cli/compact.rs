//! `muragat compact`.
//!
//! Frames move, so the archive is closed by it and opened once more: that builds the index with the new places.

use super::{Common, bytes_text};
use crate::error::{Error, Exit};
use crate::model::strict::shown;
use crate::text::{Text, text};
use serde_json::{Value, json};

/// Arguments of `compact`.
#[derive(clap::Args)]
pub(super) struct Compact {}

const NOTHING: Text = text(
    "Тығыздайтын ештеңе жоқ: сегменттерде кілті акт бойынша жойылған бөлік қалмаған",
    "Уплотнять нечего: в сегментах не осталось частей, ключ которых уничтожен актом",
    "There is nothing to compact: the segments have no part whose key was erased by an act",
);
const DONE: Text = text("Тығыздалды", "Уплотнено", "Compacted");
const SEGMENTS: Text = text("сегмент", "сегментов", "segments");
const FRAMES: Text = text("кадр алынды", "кадров удалено", "frames removed");
const DAMAGED: Text = text(
    "Сегмент бүлінген, ол өзгеріссіз қалды; «audit --full» іске қосыңыз",
    "Сегмент повреждён и оставлен без изменений; запустите «audit --full»",
    "A segment is damaged and was left as it is; run `audit --full`",
);

impl Compact {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let lang = common.lang();
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let done = archive.compact(actor)?;
        if done.segments > 0 {
            common.open()?.close()?;
        }
        let damaged: Vec<Error> = done.damaged.into_iter().map(Error::from).collect();
        let (segments, frames, bytes) = (done.segments, done.frames, done.bytes);
        if common.json() {
            let damaged: Value =
                damaged.iter().map(|e| json!({"code": e.code.as_str(), "file": e.subject, "what": e.what})).collect();
            common.print_json(&json!({
                "status": if segments > 0 { "compacted" } else { "unchanged" },
                "segments": segments, "frames": frames, "bytes": bytes, "damaged": damaged,
            }));
        } else if segments > 0 {
            let bytes = bytes_text(bytes);
            out!("{}: {segments} {}, {frames} {}, {bytes}", DONE.get(lang), SEGMENTS.get(lang), FRAMES.get(lang));
        } else if damaged.is_empty() {
            out!("{}", NOTHING.get(lang));
        }
        for e in &damaged {
            common.say(&format!("{}: {}", DAMAGED.get(lang), shown(&e.what)));
        }
        Ok(if damaged.is_empty() { Exit::Ok } else { Exit::Integrity })
    }
}
