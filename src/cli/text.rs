//! `muragat text`: takes the text out of documents for the full-text search, up to the newest.
//!
//! A service does it by itself, and `search --text` does it first; this is for a machine that has the time now.

use super::{Common, stop_flag};
use crate::access::text::follow::{Followed, follow};
use crate::archive::Archive;
use crate::error::{Error, Exit};
use crate::extract::{Extractors, Settings};
use crate::text::{Text, text};
use serde_json::json;
use std::sync::atomic::Ordering;

/// Arguments of `text`.
#[derive(clap::Args)]
pub(super) struct TextArgs {
    /// Processes that read documents at a time; as many as the machine has cores when not given.
    #[arg(long)]
    threads: Option<usize>,
}

const READING: Text = text("құжаттардың мәтіні оқылуда", "читается текст документов", "reading the text of documents");
const DONE: Text = text("Мәтін бойынша іздеу дайын", "Поиск по тексту готов", "The full text is up to date");
const RECORDS: Text = text("жаңа құжат", "новых документов", "new records");

impl TextArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let followed = bring_up(&archive, self.threads, common)?;
        if common.json() {
            common.print_json(&json!({
                "records": followed.records, "entries": followed.watermark, "outcomes": followed.outcomes,
            }));
        } else {
            out!("{}: {} {}", DONE.get(common.lang()), followed.records, RECORDS.get(common.lang()));
            for (outcome, count) in &followed.outcomes {
                out!("{count:>8}  {outcome}");
            }
        }
        archive.close()?;
        Ok(if stop_flag().load(Ordering::Relaxed) { Exit::Interrupted } else { Exit::Ok })
    }
}

/// Brings the full text up to the journal, with a bar.
pub(super) fn bring_up(archive: &Archive, threads: Option<usize>, common: &Common) -> Result<Followed, Error> {
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
    let extractors = Extractors::new(Settings { children: threads, ..Settings::default() });
    let stop_flag = stop_flag();
    let bar = common.bar(READING);
    let followed = follow(archive, &extractors, threads, &|| stop_flag.load(Ordering::Relaxed), &mut |done, all| {
        bar.set(done, all)
    });
    bar.clear();
    followed
}
