//! `muragat ingest PATH...`.
//!
//! One answer a submission; one that fails does not stop the others. A submission that is held already is said and
//! skipped.

use super::{Common, bytes_text, stop_flag};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit};
use crate::ingest::{Answered, Options, Status, ingest, submissions};
use crate::text::{Lang, Text, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `ingest`.
#[derive(clap::Args)]
pub(super) struct Ingest {
    /// Submissions: folders, ZIP files, or folders of these.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Threads that read and seal; as many as the machine has when not given.
    #[arg(long)]
    threads: Option<usize>,
}

const TITLE: Text = text("қабылдау", "приём", "ingest");
const ACCEPTED: Text = text("қабылданды", "принято", "accepted");
const HELD: Text = text("бұрыннан бар", "уже хранится", "held already");
const REFUSED: Text = text("қабылданбады", "не принято", "refused");
const FAILED: Text = text("орындалмады", "не выполнено", "failed");
const STOPPED: Text = text(
    "Тоқтатылды: басталған жіберілімдер аяқталды, қалғандарын қайта жіберіңіз.",
    "Остановлено: начатые отправления завершены, остальные отправьте снова.",
    "Stopped: what was begun is finished; send the rest again.",
);
const LAG: Text = text("индекс кешігуі", "отставание индекса", "index lag");

/// Counts of one run.
#[derive(Default)]
pub(super) struct Totals {
    accepted: u64,
    held: u64,
    refused: u64,
    failed: u64,
    bytes: u64,
    codes: BTreeMap<&'static str, u64>,
    worst: Option<ErrorCode>,
}

impl Ingest {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let stop = stop_flag();
        let mut paths = Vec::new();
        for path in &self.paths {
            let failed = |e| Error::caused(ErrorCode::IngReadFailed, path.display().to_string(), e);
            paths.extend(submissions(path).map_err(failed)?);
        }
        let archive = common.open()?;
        let actor = common.actor(&archive)?;
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
        let bar = common.bar(TITLE);
        let mut totals = Totals::default();
        let mut done = 0;
        bar.set(0, paths.len() as u64);
        let all = ingest(&archive, &paths, &Options { actor, threads, stop }, &mut |answered| {
            totals.count(&answered);
            done += 1;
            bar.set(done, paths.len() as u64);
            bar.message(bytes_text(totals.bytes));
            if common.json() {
                bar.above(|| common.print_json(&answer_json(&answered, common.lang())));
            } else if !matches!(answered.status, Status::Accepted { .. }) {
                bar.above(|| print_answer(&answered, common.lang()));
            }
        });
        bar.clear();
        let lag = archive.wait_index()?;
        totals.print(common, u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
        archive.close()?;
        if !all {
            common.say(STOPPED.get(common.lang()));
            return Ok(Exit::Interrupted);
        }
        Ok(totals.exit())
    }
}

/// Takes in submissions without a bar, printing each answer; for the demo.
pub(super) fn ingest_quietly(archive: &Archive, common: &Common, paths: &[PathBuf]) -> Result<Vec<Answered>, Error> {
    let actor = common.actor(archive)?;
    let mut answers = Vec::new();
    ingest(archive, paths, &Options { actor, threads: 2, stop: stop_flag() }, &mut |a| answers.push(a));
    archive.wait_index()?;
    answers.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(answers)
}

impl Totals {
    fn count(&mut self, answered: &Answered) {
        self.bytes += answered.bytes;
        match &answered.status {
            Status::Accepted { .. } => self.accepted += 1,
            Status::Held { .. } => self.held += 1,
            Status::Refused(refusal) => {
                self.refused += 1;
                *self.codes.entry(refusal.code.as_str()).or_default() += 1;
            }
            Status::Failed(error) => {
                self.failed += 1;
                *self.codes.entry(error.code.as_str()).or_default() += 1;
                // Damage weighs more than a passing fault.
                if self.worst.is_none_or(|worst| worst.exit() != Exit::Integrity) {
                    self.worst = Some(error.code);
                }
            }
        }
    }

    fn print(&self, common: &Common, lag_ms: u64) {
        if common.json() {
            common.print_json(&json!({"summary": {
                "accepted": self.accepted, "held": self.held, "refused": self.refused, "failed": self.failed,
                "bytes": self.bytes, "codes": self.codes, "index_lag_ms": lag_ms,
            }}));
            return;
        }
        let lang = common.lang();
        out!(
            "{}: {} · {}: {} · {}: {} · {}: {} · {} · {}: {lag_ms} ms",
            ACCEPTED.get(lang),
            self.accepted,
            HELD.get(lang),
            self.held,
            REFUSED.get(lang),
            self.refused,
            FAILED.get(lang),
            self.failed,
            bytes_text(self.bytes),
            LAG.get(lang),
        );
        for (code, count) in &self.codes {
            out!("  {code} × {count}");
        }
    }

    /// A failure of the archive weighs more than a refusal.
    fn exit(&self) -> Exit {
        match self.worst {
            Some(code) => code.exit(),
            None if self.refused > 0 => Exit::Refused,
            None => Exit::Ok,
        }
    }
}

/// One answer for people.
pub(super) fn print_answer(answered: &Answered, lang: Lang) {
    let path = answered.path.display();
    match &answered.status {
        Status::Accepted { record, .. } => out!("{}: {path} → {record}", ACCEPTED.get(lang)),
        Status::Held { record } => out!("{}: {path} → {record}", HELD.get(lang)),
        Status::Refused(refusal) => {
            out!("{}: {path}", REFUSED.get(lang));
            out!("  {} {}: {}", refusal.code, refusal.subject, refusal.code.text(lang));
            out!("  ({})", refusal.detail);
        }
        Status::Failed(error) => {
            out!("{}: {path}", FAILED.get(lang));
            out!("  {error}");
            out!("  {}", error.code.text(lang));
        }
    }
}

/// One answer for programs.
pub(super) fn answer_json(answered: &Answered, lang: Lang) -> Value {
    let mut value = match &answered.status {
        Status::Accepted { record, entry } => {
            json!({"status": "accepted", "record_id": record.to_string(), "entry": entry})
        }
        Status::Held { record } => json!({"status": "held", "record_id": record.to_string()}),
        Status::Refused(refusal) => json!({
            "status": "refused", "code": refusal.code.as_str(), "subject": refusal.subject,
            "detail": refusal.detail, "text": refusal.code.text(lang),
        }),
        Status::Failed(error) => json!({
            "status": "failed", "code": error.code.as_str(), "subject": error.subject,
            "detail": error.what, "text": error.code.text(lang),
        }),
    };
    value["path"] = json!(answered.path.to_string_lossy());
    value["bytes"] = json!(answered.bytes);
    value
}
