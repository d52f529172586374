//! `muragat reindex`.
//!
//! Removes the index and its key first, so that nothing of a damaged one is asked again.

use super::Common;
use crate::archive::forget_index;
use crate::error::{Error, Exit};
use crate::text::{Text, text};
use serde_json::json;

/// Arguments of `reindex`.
#[derive(clap::Args)]
pub(super) struct Reindex {}

const DONE: Text = text("Индекс қайта құрылды", "Индекс построен заново", "The index was built again");
const DAMAGED: Text = text(
    "Оқылмаған бүлінген жазбалар бар, «audit» іске қосыңыз",
    "Есть повреждённые записи, которые не прочитаны; запустите «audit»",
    "Some damaged entries could not be read; run `audit`",
);
const ENTRIES: Text = text("журнал жазбасы", "записей журнала", "journal entries");
const RECORDS: Text = text("құжат", "документов", "records");

impl Reindex {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        forget_index(common.folder()?)?;
        let archive = common.open()?;
        let meta = archive.index_meta();
        if common.json() {
            let (entries, records) = (meta.size, meta.records);
            common.print_json(&json!({
                "entries": entries, "records": records, "damaged": meta.damaged, "generation": meta.generation,
            }));
        } else {
            let lang = common.lang();
            out!("{}: {} {}, {} {}", DONE.get(lang), meta.size, ENTRIES.get(lang), meta.records, RECORDS.get(lang));
        }
        archive.close()?;
        if meta.damaged > 0 {
            common.say(&format!("{}: {}", DAMAGED.get(common.lang()), meta.damaged));
            return Ok(Exit::Integrity);
        }
        Ok(Exit::Ok)
    }
}
