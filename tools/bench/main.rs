//! The bench: ingest, latency, reading, audit, reindex and search, beside the bare floor and beside restic.
//!
//! ```text
//! cargo run --release --features tools,testing --bin bench -- [--smoke] [--work DIR] [--rounds N] [--files N]
//!                      [--only LIST] [--records LIST] [--json] [--keep] [--threads N]
//! ```
//!
//! What counts are ratios of one run: ours and the peer alternate on the same corpus, and a ratio is the median of the
//! rounds' ratios. Absolute figures stand beside, and mean nothing on another day or machine. The bench never judges:
//! targets are printed, and a run fails only when a step fails or an output is missing. `--smoke` is a short run for
//! that alone.
//!
//! Every measured step is a process of its own, so its memory and CPU time are its own. What one step left unwritten is
//! written out before the next begins, and the corpus is read once before the first: all sides find it in memory.
//!
//! Without `--work` everything lies in a folder for temporary files and is removed at the end, unless `--keep`. In
//! `DIR/muragat-bench` the corpus stays for the next run. A file system in memory makes `fdatasync` free and the
//! figures worthless, so the file system is named.

mod corpus;
mod evidence;
mod floor;
mod measure;
mod peers;
mod report;
#[cfg(feature = "testing")]
mod retention;
mod signatures;
mod signed;
mod steps;
mod text;

use clap::{Parser, ValueEnum};
use corpus::Corpus;
use measure::median;
use report::{Report, figure};
use serde_json::Value;
use signed::Signed;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use steps::{CLIENTS, Places, Step, StepArguments, remove, remove_archive};

/// A result whose error is only printed.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const FILES: usize = 20_000;
const SMOKE_FILES: usize = 200;
/// Below the limit of one record (N 430 cl. 7), which is read as 60 MiB.
const BIG_BYTES: usize = 60_000_000;
const SMOKE_BIG_BYTES: usize = 6_000_000;

/// Measure the archive beside the bare floor and beside restic.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Internal>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, clap::Subcommand)]
enum Internal {
    /// One measured step; the bench starts it itself.
    #[command(hide = true)]
    Step(StepArguments),
}

#[derive(Debug, clap::Args)]
struct Run {
    /// A short run that only shows that everything works.
    #[arg(long)]
    smoke: bool,
    /// Where corpus and archives are made; the corpus stays there for the next run.
    #[arg(long)]
    work: Option<PathBuf>,
    /// Rounds of each comparison; 3 when not given.
    #[arg(long)]
    rounds: Option<usize>,
    /// Small documents of the corpus; 20,000 when not given. There is one large document to a hundred of them.
    #[arg(long)]
    files: Option<usize>,
    /// Only these, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// How many records the parts retention and text have, ascending; 10,000 and 100,000 when not given.
    #[arg(long, value_delimiter = ',')]
    records: Vec<usize>,
    /// Print JSON lines; the table goes to standard error.
    #[arg(long)]
    json: bool,
    /// Leave archives and repositories where they are.
    #[arg(long)]
    keep: bool,
    /// Threads of ingest and audit, ours and the floor's.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Ingest,
    Latency,
    Get,
    Range,
    Audit,
    Reindex,
    Open,
    Search,
    Text,
    Signatures,
    Signed,
    Retention,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        Some(Internal::Step(step)) => steps::run(step).and_then(|line| Ok(writeln!(std::io::stdout(), "{line}")?)),
        None => Bench::new(&arguments.run).and_then(|bench| bench.run()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) {
    // Talk that cannot be written is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A folder that goes when the bench ends, however it ends but by a signal.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(e) = remove(&self.0) {
            say(&format!("bench: left behind: {e}"));
        }
    }
}

struct Bench<'a> {
    run: &'a Run,
    rounds: usize,
    places: Places,
    corpus: Corpus,
    restic: Option<(String, peers::Restic)>,
    report: Report,
    temporary: Option<Temporary>,
}

impl<'a> Bench<'a> {
    fn new(run: &'a Run) -> Fallible<Self> {
        let (folder, temporary) = match &run.work {
            Some(work) => (work.join("muragat-bench"), None),
            None => {
                let folder = std::env::temp_dir().join(format!("muragat-bench-{}", std::process::id()));
                std::fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
                (folder.clone(), Some(Temporary(folder)))
            }
        };
        std::fs::create_dir_all(&folder)?;
        let places = Places(folder.canonicalize()?);
        let (files, big) = if run.smoke { (SMOKE_FILES, SMOKE_BIG_BYTES) } else { (FILES, BIG_BYTES) };
        let files = run.files.unwrap_or(files);
        if files < SMOKE_FILES || run.threads == 0 || run.rounds == Some(0) {
            return Err(format!("at least {SMOKE_FILES} files, a thread and a round").into());
        }
        say(&format!("corpus in {} ...", places.0.display()));
        let begun = Instant::now();
        let corpus = Corpus::make(&places.corpus(), files, big, run.threads)?;
        let how = if corpus.reused { "reused" } else { "made" };
        say(&format!("corpus {how} in {:.1} s", begun.elapsed().as_secs_f64()));
        corpus.warm()?;
        remove(&places.out())?;
        std::fs::create_dir_all(places.out())?;
        let restic = peers::version("restic").map(|version| (version, peers::Restic::new(&places.out())));
        let rounds = run.rounds.unwrap_or(if run.smoke { 1 } else { 3 });
        let report = Report::new(run.json);
        Ok(Self { run, rounds, places, corpus, restic, report, temporary })
    }

    fn run(mut self) -> Fallible<()> {
        let result = self.parts();
        if self.run.keep {
            say(&format!("kept: {}", self.places.0.display()));
            std::mem::forget(self.temporary.take());
        } else {
            remove(&self.places.out())?;
        }
        result
    }

    fn parts(&mut self) -> Fallible<()> {
        let wanted = |part: Part| self.run.only.is_empty() || self.run.only.contains(&part);
        let only: Vec<Part> = Part::value_variants().iter().copied().filter(|part| wanted(*part)).collect();
        let mb = self.corpus.bytes as f64 / 1e6;
        let (documents, digest) = (report::text(self.corpus.documents as f64), self.corpus.digest.clone());
        let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
        let (system, threads) = (measure::file_system(&self.places.0), self.run.threads);
        self.report.section(&format!(
            "corpus {digest}: {documents} documents, {} MB; {} rounds, {threads} threads, {cores} cores, {system}",
            report::text(mb),
            self.rounds,
        ));
        for part in only {
            say(&format!("{part:?} ...").to_lowercase());
            match part {
                Part::Ingest => self.ingest()?,
                Part::Latency => self.latency()?,
                Part::Get => self.get()?,
                Part::Range => self.range()?,
                Part::Audit => self.audit()?,
                Part::Reindex => self.reindex()?,
                Part::Open => self.open()?,
                Part::Search => self.search()?,
                Part::Text => self.text()?,
                Part::Signatures => {
                    signatures::measure(&mut self.report, &self.places.out(), self.rounds, self.run.smoke)?;
                }
                Part::Signed => self.signed()?,
                Part::Retention if cfg!(feature = "testing") => self.retention()?,
                Part::Retention => self
                    .report
                    .section("  built without the feature testing, which makes the records: retention is left out"),
            }
        }
        Ok(self.report.print()?)
    }

    /// Runs a step in a process of its own.
    fn step(&self, step: Step, count: usize, round: usize) -> Fallible<Value> {
        self.settle();
        let name = step.to_possible_value().ok_or("a step without name")?.get_name().to_owned();
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["step", &name]).arg(&self.places.0).stderr(Stdio::inherit());
        command.args(["--threads", &self.run.threads.to_string(), "--count", &count.to_string()]);
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("step {name} ended with {}", output.status).into());
        }
        let line: Value = serde_json::from_slice(&output.stdout).map_err(|e| format!("step {name}: {e}"))?;
        self.report.line(&name, round, &line)?;
        Ok(line)
    }

    /// Writes out what earlier steps left unwritten, so that it is not charged to the next.
    fn settle(&self) {
        if !self.run.smoke {
            // Without the program the figures are only noisier.
            let _ = Command::new("sync").arg("--file-system").arg(&self.places.0).stderr(Stdio::null()).status();
        }
    }

    /// `full` repetitions, few in a smoke run.
    fn count(&self, full: usize, smoke: usize) -> usize {
        if self.run.smoke { smoke } else { full }
    }

    /// The archive of the corpus, when no earlier part has made it.
    fn need_archive(&self) -> Fallible<()> {
        if !self.places.archive().exists() {
            self.step(Step::Ingest, 0, 0)?;
        }
        Ok(())
    }

    fn ingest(&mut self) -> Fallible<()> {
        let (mut ours, mut floor, mut sha, mut restic) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 1..=self.rounds {
            remove_archive(&self.places.archive())?;
            remove(&self.places.floor())?;
            // Whoever goes first in one round goes last in another.
            for turn in 0..4 {
                match (round + turn) % 4 {
                    0 => floor.push(self.step(Step::Floor, 0, round)?),
                    1 => ours.push(self.step(Step::Ingest, 0, round)?),
                    2 => {
                        remove(&self.places.floor_sha())?;
                        sha.push(self.step(Step::FloorSha, 0, round)?);
                        remove(&self.places.floor_sha())?;
                    }
                    _ => {
                        if let Some((_, peer)) = &self.restic {
                            peer.remove()?;
                            self.settle();
                            let line = peer.backup(&self.corpus.plain())?;
                            self.report.line("restic-backup", round, &line)?;
                            restic.push(line);
                        }
                    }
                }
            }
        }
        let (documents, mb) = (self.corpus.documents as f64, self.corpus.bytes as f64 / 1e6);
        let row = |name: &str, lines: &[Value], stored: &str| -> Fallible<(String, Vec<f64>)> {
            let s = middle(lines, "s")?;
            let cells = vec![
                s,
                documents / s,
                mb / s,
                middle(lines, "cpu_s")?,
                middle(lines, "memory_mb")?,
                middle(lines, stored)? / 1e6,
            ];
            Ok((name.to_owned(), cells))
        };
        let mut rows = vec![
            row("ours", &ours, "store_bytes")?,
            row("floor", &floor, "stored_bytes")?,
            row("floor + SHA-256, SHA-512", &sha, "stored_bytes")?,
        ];
        if let Some((version, _)) = &self.restic {
            rows.push(row(version, &restic, "stored_bytes")?);
        }
        self.report.section("ingest, to the last durable answer (medians; restic: the whole program)");
        self.report.table(&["s", "files/s", "MB/s", "CPU s", "memory MB", "stored MB"], &rows);
        // Speeds: the peer's time over ours.
        self.report.value("ours / floor", ratio(&floor, "s", &ours, "s")?, "x", ">= 0.5")?;
        self.report.value("ours / floor + SHA", ratio(&sha, "s", &ours, "s")?, "x", ">= 0.8")?;
        match &self.restic {
            Some(_) => {
                self.report.value("ours / restic", ratio(&restic, "s", &ours, "s")?, "x", ">= 1.6")?;
                self.report.value(
                    "ours with init and close / restic",
                    ratio(&restic, "s", &ours, "whole_s")?,
                    "x",
                    "",
                )?;
                let content = ratio(&ours, "content_bytes", &restic, "stored_bytes")?;
                self.report.value("content frames / restic's bytes", content, "x", "<= 1.02")?;
            }
            None => self.report.section("  restic is not installed: not compared"),
        }
        self.report.value(
            "content frames / floor's bytes",
            ratio(&ours, "content_bytes", &floor, "stored_bytes")?,
            "x",
            "",
        )?;
        self.report.value("index lag", middle(&ours, "index_lag_s")?, "s", "<= the ingest itself")?;
        self.report.value("peak memory", middle(&ours, "memory_mb")?, "MB", "<= 128")?;
        let per_record = |name: &str| -> Fallible<f64> { Ok(middle(&ours, name)? / documents) };
        let described = per_record("card_bytes")? + per_record("manifest_bytes")?;
        self.report.value("card and manifest, stored, a record", described, "B", "<= 1,024")?;
        let truths = per_record("tlog_bytes")? + per_record("vault_bytes")?;
        self.report.value("  journal a record", per_record("tlog_bytes")?, "B", "")?;
        self.report.value("  vault a record", per_record("vault_bytes")?, "B", "")?;
        self.report.value("journal and vault a record", truths, "B", "<= 1,024")?;
        self.report.value("index a record", per_record("index_bytes")?, "B", "<= 2,048")
    }

    fn signed(&mut self) -> Fallible<()> {
        self.report.section("ingest of signed submissions, validated in full (medians)");
        let kinds = [
            (Signed::RsaOnce, Step::SignedRsaOnce, "RSA-2048, one signature", self.count(5000, 50), ">= 1,000"),
            (Signed::RsaTwice, Step::SignedRsaTwice, "RSA-2048, two signatures", self.count(5000, 50), ""),
            (Signed::GostTwice, Step::SignedGostTwice, "GOST 512, two signatures", self.count(2000, 20), ">= 300"),
        ];
        let mut rows = Vec::new();
        let mut rates = Vec::new();
        for (signed, step, name, count, target) in kinds {
            if let Err(why) = signed::make(&self.places, &self.corpus, signed, count) {
                self.report.section(&format!("  {name} is left out: {why}"));
                continue;
            }
            let lines: Vec<Value> =
                (1..=self.rounds).map(|round| self.step(step, 0, round)).collect::<Fallible<_>>()?;
            let (s, cpu, records) = (middle(&lines, "s")?, middle(&lines, "cpu_s")?, middle(&lines, "records")?);
            rows.push((
                name.to_owned(),
                vec![s, records / s, cpu / s, cpu / records * 1e3, middle(&lines, "memory_mb")?],
            ));
            rates.push((name, records / s, target));
        }
        self.report.table(&["s", "records/s", "cores busy", "CPU ms a record", "memory MB"], &rows);
        for (name, rate, target) in rates {
            self.report.value(name, rate, "records/s", target)?;
        }
        Ok(())
    }

    fn retention(&mut self) -> Fallible<()> {
        let sizes = match (self.run.records.as_slice(), self.run.smoke) {
            ([], true) => &[2_000][..],
            ([], false) => &[10_000, 100_000][..],
            (given, _) => given,
        };
        let mut destroyed = Vec::new();
        for records in sizes {
            remove_archive(&self.places.many())?;
            let made = self.step(Step::RetentionFill, *records, 1)?;
            let lines: Vec<Value> =
                (1..=self.rounds).map(|round| self.step(Step::Retention, 0, round)).collect::<Fallible<_>>()?;
            // One destruction: a small archive has no more files that are due.
            let gone = self.step(Step::Destroy, 0, 1)?;
            let built: Vec<Value> =
                (1..=self.rounds).map(|round| self.step(Step::Rebuild, 0, round)).collect::<Fallible<_>>()?;
            remove_archive(&self.places.many())?;
            let ms = |name: &str| -> Fallible<f64> { Ok(middle(&lines, &format!("{name}_us"))? / 1e3) };
            let of = |key: &str| figure(&made, key).map(report::text);
            self.report.section(&format!(
                "retention of {} records in {} files with {} holds; made in {} s (medians)",
                of("records")?,
                of("files")?,
                of("holds")?,
                of("s")?
            ));
            let row = |name: &str, key: &str| -> Fallible<(String, Vec<f64>)> {
                let plain = ms(&format!("plain_{key}"))?;
                Ok((name.to_owned(), vec![ms(key)?, plain, plain / ms(key)?]))
            };
            let rows = [row("basis: holds and lists", "basis")?, row("due: all decisions", "due")?, row("why", "why")?];
            self.report.table(&["ms", "plain ms", "plain / ours"], &rows);
            self.report.value("basis and all decisions", ms("due")?, "ms", "<= 100 at 10^6 records")?;
            self.report.value("simulation of 30 years", ms("simulate")? / 1e3, "s", "<= 3 at 10^6 records")?;
            self.report.value("peak memory", middle(&lines, "memory_mb")?, "MB", "")?;
            let (s, records) = (figure(&gone, "s")?, figure(&gone, "records")?);
            self.report.value(&format!("destroy {} records", report::text(records)), s, "s", "<= 5")?;
            self.report.section("the index built again after it");
            self.built_again(&built)?;
            destroyed.push(s);
        }
        if let (Some(first), Some(last)) = (destroyed.first(), destroyed.last().filter(|_| destroyed.len() > 1)) {
            self.report.value("destroy: most records / fewest", last / first, "x", "<= 1.2")?;
        }
        Ok(())
    }

    fn latency(&mut self) -> Fallible<()> {
        remove_archive(&self.places.out().join("latency"))?;
        let line = self.step(Step::Latency, self.rounds, 1)?;
        remove_archive(&self.places.out().join("latency"))?;
        let get = |name| figure(&line, name);
        self.report.section("small submissions, each durable when answered");
        let row = |name: String, p50, p99, rate| (name, vec![p50, p99, rate]);
        self.report.table(
            &["p50 us", "p99 us", "records/s"],
            &[
                row("one client".into(), get("single_p50_us")?, get("single_p99_us")?, get("single_per_s")?),
                row(
                    format!("{CLIENTS} clients"),
                    get("clients_p50_us")?,
                    get("clients_p99_us")?,
                    get("clients_per_s")?,
                ),
                row("4 KiB + fdatasync".into(), get("fdatasync_p50_us")?, get("fdatasync_p99_us")?, f64::NAN),
            ],
        );
        let sync = get("fdatasync_p50_us")?;
        self.report.value("one client p50 / fdatasync p50", get("single_p50_us")? / sync, "x", "<= 4")?;
        self.report.value("one client p99 / fdatasync p50", get("single_p99_us")? / sync, "x", "<= 10")?;
        let gain = get("clients_per_s")? / get("single_per_s")?;
        self.report.value(&format!("{CLIENTS} clients / one client, records/s"), gain, "x", ">= 2.5")
    }

    fn get(&mut self) -> Fallible<()> {
        self.need_archive()?;
        if !self.places.floor().exists() {
            self.step(Step::Floor, 0, 0)?;
        }
        let line = self.step(Step::Get, self.count(20_000, 200), 1)?;
        let row = |name: &str, key: &str| -> Fallible<(String, Vec<f64>)> {
            let cells = vec![figure(&line, &format!("{key}_p50_us"))?, figure(&line, &format!("{key}_p99_us"))?];
            Ok((name.to_owned(), cells))
        };
        self.report.section("one small record, warm, in process");
        self.report.table(
            &["p50 us", "p99 us"],
            &[
                row("open, read, check SHA-256", "get")?,
                row("open, read", "range")?,
                row("open", "open")?,
                row("floor: read, check BLAKE3", "floor")?,
            ],
        );
        let ratio = figure(&line, "get_p50_us")? / figure(&line, "floor_p50_us")?;
        self.report.value("get p50", figure(&line, "get_p50_us")?, "us", "<= 40")?;
        self.report.value("get p50 / floor p50", ratio, "x", "<= 3")
    }

    fn range(&mut self) -> Fallible<()> {
        remove_archive(&self.places.out().join("range"))?;
        let line = self.step(Step::Range, self.count(500, 20), 1)?;
        remove_archive(&self.places.out().join("range"))?;
        let mb = report::text(figure(&line, "document_bytes")? / 1e6);
        self.report.section(&format!("1 KB at random out of a document of {mb} MB"));
        self.report.value("open and first byte, p50", figure(&line, "first_byte_p50_us")? / 1e3, "ms", "<= 5")?;
        self.report.value("open and first byte, p99", figure(&line, "first_byte_p99_us")? / 1e3, "ms", "")?;
        self.report.value(
            "bytes read for it",
            figure(&line, "read_bytes")? / 1e3,
            "KB",
            "one chunk (262 KB) and rows",
        )?;
        self.report.value("ingest of the document", figure(&line, "ingest_s")?, "s", "")?;
        self.report.value("peak memory", figure(&line, "memory_mb")?, "MB", "<= 128")
    }

    fn audit(&mut self) -> Fallible<()> {
        self.need_archive()?;
        let b3sum = peers::version("b3sum");
        let (mut full, mut fast, mut hash, mut check) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 1..=self.rounds {
            full.push(self.step(Step::AuditFull, 0, round)?);
            hash.push(match b3sum {
                Some(_) => peers::b3sum(&self.places.store_files()?, self.run.threads)?,
                None => self.step(Step::Hash, 0, round)?,
            });
            fast.push(self.step(Step::AuditFast, 0, round)?);
            if let Some((_, restic)) = self.restic.as_ref().filter(|(_, restic)| restic.has_repository()) {
                check.push(restic.check()?);
            }
        }
        let mb = middle(&full, "store_bytes")? / 1e6;
        let row = |name: &str, lines: &[Value]| -> Fallible<(String, Vec<f64>)> {
            let s = middle(lines, "s")?;
            let or_nan = |name| middle(lines, name).unwrap_or(f64::NAN);
            Ok((name.to_owned(), vec![s, mb / s, or_nan("cpu_s"), or_nan("memory_mb")]))
        };
        let hasher = b3sum.unwrap_or_else(|| "BLAKE3, own loop".to_owned());
        let mut rows = vec![row("audit --full, no keys", &full)?, row(&hasher, &hash)?];
        if !check.is_empty() {
            rows.push(row("restic check --read-data", &check)?);
        }
        let (name, mut cells) = row("audit --fast", &fast)?;
        cells[1] = f64::NAN;
        rows.push((name, cells));
        self.report.section(&format!("audit of {} MB in the store (medians)", report::text(mb)));
        self.report.table(&["s", "MB/s", "CPU s", "memory MB"], &rows);
        self.report.value(&format!("audit --full / {hasher}"), ratio(&hash, "s", &full, "s")?, "x", ">= 0.7")?;
        if !check.is_empty() {
            self.report.value("audit --full / restic check", ratio(&check, "s", &full, "s")?, "x", ">= 3")?;
        }
        let rate = middle(&fast, "records")? / middle(&fast, "s")?;
        self.report.value("audit --fast", rate, "records/s", ">= 33,333 at 10^6 records")
    }

    fn reindex(&mut self) -> Fallible<()> {
        self.need_archive()?;
        let lines: Vec<Value> =
            (1..=self.rounds).map(|round| self.step(Step::Reindex, 0, round)).collect::<Fallible<_>>()?;
        self.report.section("reindex from nothing");
        self.built_again(&lines)
    }

    fn built_again(&mut self, lines: &[Value]) -> Fallible<()> {
        let s = middle(lines, "s")?;
        let per_second = |name: &str| -> Fallible<f64> { Ok(middle(lines, name)? / s) };
        self.report.value("time", s, "s", "")?;
        self.report.value("CPU time", middle(lines, "cpu_s")?, "s", "")?;
        self.report.value("entries", per_second("entries")?, "/s", "")?;
        self.report.value("records", per_second("records")?, "/s", ">= 6,000")?;
        self.report.value("rows", per_second("rows")?, "/s", ">= 100,000")?;
        self.report.value("peak memory", middle(lines, "memory_mb")?, "MB", "<= 300 at 10^6 records")
    }

    fn open(&mut self) -> Fallible<()> {
        self.need_archive()?;
        let line = self.step(Step::Open, 0, 1)?;
        self.report.section("opening after a clean close");
        self.report.value("median", figure(&line, "p50_us")? / 1e6, "s", "<= 0.5 at 10^6 records")?;
        self.report.value("longest", figure(&line, "max_us")? / 1e6, "s", "")?;
        self.report.value("peak memory", figure(&line, "memory_mb")?, "MB", "<= 300 at 10^6 records")
    }

    fn search(&mut self) -> Fallible<()> {
        self.need_archive()?;
        let line = self.step(Step::Search, self.count(6_000, 120), 1)?;
        let records = report::text(figure(&line, "records")?);
        let mut rows = Vec::new();
        for (kind, times) in line["kinds"].as_object().ok_or("the search step gave no kinds")? {
            rows.push((kind.clone(), vec![figure(times, "p50_us")? / 1e3, figure(times, "p99_us")? / 1e3]));
        }
        self.report.section(&format!("search, first page, among {records} records"));
        self.report.table(&["p50 ms", "p99 ms"], &rows);
        self.report.value("all, p50", figure(&line, "p50_us")? / 1e3, "ms", "<= 10 at 10^6 records")?;
        self.report.value("all, p99", figure(&line, "p99_us")? / 1e3, "ms", "<= 50 at 10^6 records")
    }

    fn text(&mut self) -> Fallible<()> {
        let sizes = match (self.run.records.as_slice(), self.run.smoke) {
            ([], true) => &[500][..],
            ([], false) => &[10_000, 100_000][..],
            (given, _) => given,
        };
        for records in sizes {
            remove(&self.places.text())?;
            let line = self.step(Step::Text, *records, 1)?;
            remove(&self.places.text())?;
            let of = |key: &str| figure(&line, key);
            self.report.section(&format!("full text of {} records of 2 KiB", report::text(of("records")?)));
            let mut rows = Vec::new();
            for (kind, times) in line["kinds"].as_object().ok_or("the text step gave no kinds")? {
                rows.push((kind.clone(), vec![figure(times, "p50_us")? / 1e3, figure(times, "p99_us")? / 1e3]));
            }
            self.report.table(&["p50 ms", "p99 ms"], &rows);
            self.report.value("all, p50", of("p50_us")? / 1e3, "ms", "<= 10 at 10^5 texts")?;
            self.report.value("all, p99", of("p99_us")? / 1e3, "ms", "<= 50 at 10^5 texts")?;
            self.report.value("indexed", of("per_s")?, "records/s", "")?;
            self.report.value("index", of("bytes_per_record")?, "bytes/record", "")?;
            self.report.value("one record removed and purged", of("purge_s")?, "s", "")?;
            self.report.value("peak memory", of("memory_mb")?, "MB", "")?;
        }
        Ok(())
    }
}

fn all(lines: &[Value], name: &str) -> Fallible<Vec<f64>> {
    if lines.is_empty() {
        return Err(format!("no round gave {name}").into());
    }
    lines.iter().map(|line| figure(line, name)).collect()
}

fn middle(lines: &[Value], name: &str) -> Fallible<f64> {
    Ok(median(&all(lines, name)?))
}

/// The median of the rounds' ratios.
fn ratio(over: &[Value], over_name: &str, under: &[Value], under_name: &str) -> Fallible<f64> {
    let pairs = all(over, over_name)?.into_iter().zip(all(under, under_name)?);
    Ok(median(&pairs.map(|(over, under)| over / under).collect::<Vec<_>>()))
}
