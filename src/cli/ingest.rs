//! `muragat ingest PATH...`.
//!
//! One answer a submission; one that fails does not stop the others. A submission that is held already is said and
//! skipped.

use super::answers::Answers;
use super::{Common, bytes_text, stop_flag};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit, Refusal};
use crate::ingest::{Answered, Options, Status, ingest, submissions};
use crate::model::missing::Missing;
use crate::model::strict::shown;
use crate::text::{Lang, TECHNICAL, Text, text};
use crate::view;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
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
    /// Certificates, CRLs and OCSP answers for the validation of signatures, beside those of the archive: files or
    /// folders.
    #[arg(long, value_name = "PATH")]
    material: Vec<PathBuf>,
    /// Folder for the answers; beside each submission, as NAME.answer, when not given.
    #[arg(long, value_name = "DIR")]
    answers: Option<PathBuf>,
    /// Write no answers: receipts and notices are in the archive all the same.
    #[arg(long, conflicts_with = "answers")]
    no_answers: bool,
}

const TITLE: Text = text("қабылдау", "приём", "ingest");
const FLAGGED: Text = text("оның ішінде белгісі бар", "из них с пометками", "of these flagged");
const SAME_CONTENT: Text = text("мазмұны бірдей жазба", "запись с тем же содержанием", "record with the same content");
const ACCEPTED: Text = text("қабылданды", "принято", "accepted");
const HELD: Text = text("бұрыннан бар", "уже хранится", "held already");
const REFUSED: Text = text("қабылданбады", "не принято", "refused");
const WAITING: Text = text("күтуде", "ожидает", "waiting");
const FAILED: Text = text("орындалмады", "не выполнено", "failed");
const STOPPED: Text = text(
    "Тоқтатылды: басталған жіберілімдер аяқталды, қалғандарын қайта жіберіңіз.",
    "Остановлено: начатые отправления завершены, остальные отправьте снова.",
    "Stopped: what was begun is finished; send the rest again.",
);
const EARLIER_NOTICE: Text = text(
    "бұрынғы бас тартудың хабарламасы қолданылады",
    "действует уведомление прежнего отказа",
    "the notice of an earlier refusal stands for this one",
);
pub(super) const SAME_REGISTRATION: Text = text(
    "дәл осы тіркеуде басқа құжат та күтуде; қолтаңбасы бірінші расталғаны жазба болады",
    "той же регистрации ожидает и другой документ; записью станет тот, чья подпись подтвердится первой",
    "another submission of this registration waits; the first whose signatures are confirmed becomes the record",
);
const LAG: Text = text("индекс кешігуі", "отставание индекса", "index lag");

/// Counts of one run.
#[derive(Default)]
pub(super) struct Totals {
    accepted: u64,
    flagged: u64,
    held: u64,
    refused: u64,
    waiting: u64,
    failed: u64,
    bytes: u64,
    /// Refusals and failures by code: in how many submissions.
    codes: BTreeMap<&'static str, u64>,
    /// Flags by code: on how many records.
    flags: BTreeMap<String, u64>,
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
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
        let material = super::material::read(&self.material, common)?;
        let options = Options { actor, threads, material: Some(&material), stop };
        let mut answers = Answers::new(self.answers, !self.no_answers);
        let bar = common.bar(TITLE);
        let mut totals = Totals::default();
        let mut done = 0;
        bar.set(0, paths.len() as u64);
        let all = ingest(&archive, &paths, &options, &mut |answered| {
            totals.count(&answered);
            bar.above(|| answers.write(&answered, common));
            done += 1;
            bar.set(done, paths.len() as u64);
            bar.message(bytes_text(totals.bytes));
            if common.json() {
                bar.above(|| common.print_json(&view::answer(&answered, common.lang())));
            } else if !is_plain(&answered.status) {
                bar.above(|| print_answer(&answered, common.lang()));
            }
        });
        bar.clear();
        answers.end(common);
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
    ingest(archive, paths, &Options { actor, threads: 2, material: None, stop: stop_flag() }, &mut |a| answers.push(a));
    archive.wait_index()?;
    answers.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(answers)
}

impl Totals {
    fn count(&mut self, answered: &Answered) {
        self.bytes += answered.bytes;
        match &answered.status {
            Status::Accepted { flags, .. } => {
                self.accepted += 1;
                self.flagged += u64::from(!flags.is_empty());
                for code in flags {
                    *self.flags.entry(code.clone()).or_default() += 1;
                }
            }
            Status::Held { .. } => self.held += 1,
            Status::Refused { reasons, .. } => {
                self.refused += 1;
                self.reasons(reasons);
            }
            Status::Waiting { reasons, .. } => {
                self.waiting += 1;
                self.reasons(reasons);
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

    fn reasons(&mut self, reasons: &[Refusal]) {
        let codes: BTreeSet<&str> = reasons.iter().map(|r| r.code.as_str()).collect();
        for code in codes {
            *self.codes.entry(code).or_default() += 1;
        }
    }

    fn print(&self, common: &Common, lag_ms: u64) {
        if common.json() {
            common.print_json(&json!({"summary": {
                "accepted": self.accepted, "flagged": self.flagged, "held": self.held, "refused": self.refused,
                "waiting": self.waiting, "failed": self.failed, "bytes": self.bytes, "codes": self.codes,
                "flags": self.flags,
                "index_lag_ms": lag_ms,
            }}));
            return;
        }
        let lang = common.lang();
        let row = |name: Text, count: u64| out!("{count:>8}  {}", name.get(lang));
        let by_code = |code: &str, count: u64| {
            let text = ErrorCode::parse(code).map_or("", |code| first_sentence(code.text(lang)));
            out!("{count:>8}    {code} {text}");
        };
        row(ACCEPTED, self.accepted);
        if self.flagged > 0 {
            row(FLAGGED, self.flagged);
            self.flags.iter().for_each(|(code, count)| by_code(code, *count));
        }
        row(HELD, self.held);
        row(REFUSED, self.refused);
        if self.waiting > 0 {
            row(WAITING, self.waiting);
        }
        row(FAILED, self.failed);
        self.codes.iter().for_each(|(code, count)| by_code(code, *count));
        out!("{} · {}: {lag_ms} ms", bytes_text(self.bytes), LAG.get(lang));
    }

    /// A failure of the archive weighs more than a refusal.
    fn exit(&self) -> Exit {
        match self.worst {
            Some(code) => code.exit(),
            None if self.refused > 0 => Exit::Refused,
            None if self.waiting > 0 => Exit::Incomplete,
            None => Exit::Ok,
        }
    }
}

/// One answer for people.
pub(super) fn print_answer(answered: &Answered, lang: Lang) {
    let path = shown(&answered.path.to_string_lossy());
    match &answered.status {
        Status::Accepted { record, flags, same_content, .. } => {
            let flags = if flags.is_empty() { String::new() } else { format!(" [{}]", flags.join(" ")) };
            out!("{}: {path} → {record}{flags}", ACCEPTED.get(lang));
            // A form letter is in many records; one leads to all (`duplicates`).
            if let Some(other) = same_content.first() {
                let more =
                    if same_content.len() > 1 { format!(" (+{})", same_content.len() - 1) } else { String::new() };
                out!("  {}: {other}{more}", SAME_CONTENT.get(lang));
            }
        }
        Status::Held { record } => out!("{}: {path} → {record}", HELD.get(lang)),
        Status::Refused { reasons, repeats, .. } => {
            out!("{}: {path}", REFUSED.get(lang));
            print_refusals(reasons, lang);
            if let Some(earlier) = repeats {
                out!("  {}: #{earlier}", EARLIER_NOTICE.get(lang));
            }
        }
        Status::Waiting { id, reasons, missing, same_registration, .. } => {
            out!("{}: {path} → {id}", WAITING.get(lang));
            print_refusals(reasons, lang);
            print_missing(MISSING, missing, lang);
            for other in same_registration {
                out!("  {}: {other}", SAME_REGISTRATION.get(lang));
            }
        }
        Status::Failed(error) => {
            out!("{}: {path}", FAILED.get(lang));
            out!("  {} {}: {}", error.code, shown(&error.subject), error.code.text(lang));
            out!("    {}: {}", TECHNICAL.get(lang), shown(&error.what));
        }
    }
}

/// Reasons for people: every one, with its place.
pub(super) fn print_refusals(refusals: &[Refusal], lang: Lang) {
    let mut last = None;
    for refusal in refusals {
        out!("  {} {}", refusal.code, shown(&refusal.subject));
        if let Some(said) = &refusal.said {
            out!("    {}", shown(said.get(lang)));
        }
        // Ten missing fields need the same advice once.
        if last != Some(refusal.code) {
            out!("    {}", refusal.code.text(lang));
        }
        // Of what is secret there is none.
        if !refusal.detail.is_empty() {
            out!("    {}: {}", TECHNICAL.get(lang), shown(&refusal.detail));
        }
        last = Some(refusal.code);
    }
}

const MISSING: Text = text("Жетіспейтіні (бәрі)", "Чего не хватает (полный список)", "What is missing (all of it)");

/// What a submission lacks, for people: each thing on a line below the heading.
pub(super) fn print_missing(heading: Text, missing: &[Missing], lang: Lang) {
    if !missing.is_empty() {
        out!("  {}:", heading.get(lang));
    }
    for one in missing {
        out!("    • {}", one.text(lang));
    }
}

/// An acceptance that needs nobody's eye.
fn is_plain(status: &Status) -> bool {
    matches!(status, Status::Accepted { flags, same_content, .. } if flags.is_empty() && same_content.is_empty())
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}
