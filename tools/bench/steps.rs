//! The measured steps, each in a process of its own, so that peak memory and CPU time are those of that step.
//!
//! A step prints one JSON line. It works in a folder where the corpus and what earlier steps left lie under fixed
//! names.

use crate::Fallible;
use crate::corpus::{Corpus, Numbers};
use crate::evidence;
use crate::floor::{self, Floor};
use crate::measure::{Times, cpu_seconds, folder_bytes, peak_memory_mb, read_bytes};
#[cfg(feature = "testing")]
use crate::retention;
use crate::signed::{self, Signed};
use crate::text;
use muragat::access;
use muragat::archive::{Archive, InitOptions, forget_index};
use muragat::audit::{self, audit};
use muragat::clock::SystemClock;
use muragat::config::{Action, Config, Policy, default_keys_path};
use muragat::index::query::Query;
use muragat::index::rows::{ComponentRow, RecordRow};
use muragat::ingest::{self, Status, ingest};
use muragat::model::id::{ActorId, RecordId};
use muragat::model::record::CardField;
use muragat::model::submission::Role;
use muragat::store::local::LocalDisk;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// A component that counts as small.
const SMALL_BYTES: u64 = 64 * 1024;
/// Clients at once in the second half of the latency step.
pub(crate) const CLIENTS: usize = 16;
/// Answers on one page of a search.
const PAGE: usize = 20;
/// Opens of an archive, of which the middle one counts.
const OPENS: usize = 5;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// The whole corpus into a new archive.
    Ingest,
    /// The whole corpus through the bare pipeline.
    Floor,
    /// The same with SHA-256 and SHA-512.
    FloorSha,
    /// Single small submissions, each waiting for its answer.
    Latency,
    /// Small records read at random.
    Get,
    /// 1 KB out of one big document.
    Range,
    /// Audit of every byte.
    AuditFull,
    /// Audit of headers and digests.
    AuditFast,
    /// BLAKE3 over the archive's segments, when b3sum is not installed.
    Hash,
    /// The index built again from nothing.
    Reindex,
    /// Opening after a clean close.
    Open,
    /// Questions to the index.
    Search,
    /// The full text of as many made-up records as are asked for.
    Text,
    /// Submissions with one RSA signature into a new archive.
    SignedRsaOnce,
    /// Submissions with two RSA signatures.
    SignedRsaTwice,
    /// Submissions with two GOST signatures.
    SignedGostTwice,
    /// Many generated records in files, with holds.
    RetentionFill,
    /// Their terms.
    Retention,
    /// Some of them destroyed.
    Destroy,
    /// Their index built again from nothing.
    Rebuild,
    /// A time-stamp over all of them, and the evidence of some.
    Evidence,
}

/// How a step is run.
#[derive(Debug, clap::Args)]
pub(crate) struct StepArguments {
    /// Which.
    step: Step,
    /// Where corpus and archives lie.
    folder: PathBuf,
    /// Threads.
    #[arg(long)]
    threads: usize,
    /// Repetitions, where the step repeats something.
    #[arg(long)]
    count: usize,
}

/// Where things lie.
pub(crate) struct Places(pub(crate) PathBuf);

impl Places {
    /// The corpus.
    pub(crate) fn corpus(&self) -> PathBuf {
        self.0.join("corpus")
    }

    /// What is made while measuring.
    pub(crate) fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    /// The archive of the corpus.
    pub(crate) fn archive(&self) -> PathBuf {
        self.out().join("archive")
    }

    /// The archive of generated records.
    pub(crate) fn many(&self) -> PathBuf {
        self.out().join("many")
    }

    /// The full-text index of made-up records.
    pub(crate) fn text(&self) -> PathBuf {
        self.out().join("text")
    }

    /// The floor's segments.
    pub(crate) fn floor(&self) -> PathBuf {
        self.out().join("floor")
    }

    /// Those with SHA-256 and SHA-512.
    pub(crate) fn floor_sha(&self) -> PathBuf {
        self.out().join("floor-sha")
    }

    /// Files of the archive's store.
    pub(crate) fn store_files(&self) -> Fallible<Vec<PathBuf>> {
        let entries = fs::read_dir(self.archive().join("store"))?;
        Ok(entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?)
    }
}

/// Runs a step and gives its line.
pub(crate) fn run(arguments: &StepArguments) -> Fallible<Value> {
    let places = Places(arguments.folder.clone());
    let (threads, count) = (arguments.threads, arguments.count);
    match arguments.step {
        Step::Ingest => ingest_corpus(&places, threads),
        Step::Floor => floor_ingest(&places, &places.floor(), threads, false),
        Step::FloorSha => floor_ingest(&places, &places.floor_sha(), threads, true),
        Step::Latency => latency(&places, count),
        Step::Get => get(&places, count),
        Step::Range => range(&places, count),
        Step::AuditFull => run_audit(&places, threads, true),
        Step::AuditFast => run_audit(&places, threads, false),
        Step::Hash => hash(&places, threads),
        Step::Reindex => reindex(&places.archive()),
        Step::Rebuild => reindex(&places.many()),
        Step::Evidence => evidence::evidence(&places),
        Step::Open => open(&places),
        Step::Search => search(&places, count),
        Step::Text => text::step(&places.text(), count),
        Step::SignedRsaOnce => signed::ingest(&places, Signed::RsaOnce, threads),
        Step::SignedRsaTwice => signed::ingest(&places, Signed::RsaTwice, threads),
        Step::SignedGostTwice => signed::ingest(&places, Signed::GostTwice, threads),
        #[cfg(feature = "testing")]
        Step::RetentionFill => retention::fill(&places, count),
        #[cfg(feature = "testing")]
        Step::Retention => retention::ask(&places),
        #[cfg(feature = "testing")]
        Step::Destroy => retention::destroy(&places),
        #[cfg(not(feature = "testing"))]
        Step::RetentionFill | Step::Retention | Step::Destroy => {
            Err("built without the feature testing, which makes the records".into())
        }
    }
}

pub(crate) fn create(folder: &Path) -> Fallible<(Archive, ActorId)> {
    // The documents of the corpus are of many formats; they are identified like any other, and none is refused.
    let policy = Policy { formats: Action::Flag, signatures: Action::Flag, ..Policy::default() };
    let archive = Archive::create(folder, &InitOptions { policy, ..InitOptions::default() }, Arc::new(SystemClock))?;
    let actor = archive.actor("bench")?;
    Ok((archive, actor))
}

pub(crate) fn open_archive(folder: &Path) -> Fallible<Archive> {
    Ok(Archive::open(folder, Arc::new(SystemClock), &mut |_, _| {})?)
}

/// Takes in submissions that must all be accepted, and gives the bytes of their components.
pub(crate) fn take_in(archive: &Archive, actor: ActorId, paths: &[PathBuf], threads: usize) -> Fallible<u64> {
    let stop = AtomicBool::new(false);
    let (mut accepted, mut bytes, mut other) = (0, 0, None);
    ingest(archive, paths, &ingest::Options { actor, threads, material: None, stop: &stop }, &mut |answered| {
        bytes += answered.bytes;
        match answered.status {
            Status::Accepted { .. } => accepted += 1,
            status => other = Some(format!("{}: {status:?}", answered.path.display())),
        }
    });
    match other {
        Some(other) => Err(other.into()),
        None if accepted < paths.len() => Err(format!("{accepted} answers to {} submissions", paths.len()).into()),
        None => Ok(bytes),
    }
}

/// One client's submission, with its durable answer.
fn take_one(intake: &mut ingest::Intake<'_>, path: &Path) -> Fallible<()> {
    match intake.take(path).status {
        Status::Accepted { .. } => Ok(()),
        status => Err(format!("{}: {status:?}", path.display()).into()),
    }
}

fn ingest_corpus(places: &Places, threads: usize) -> Fallible<Value> {
    let corpus = Corpus::open(&places.corpus())?;
    let submissions = corpus.submissions()?;
    if submissions.len() != corpus.documents {
        return Err(format!("{} submissions of {} documents", submissions.len(), corpus.documents).into());
    }
    let whole = Instant::now();
    let (archive, actor) = create(&places.archive())?;
    let begun = Instant::now();
    let bytes = take_in(&archive, actor, &submissions, threads)?;
    let seconds = begun.elapsed().as_secs_f64();
    let lag = archive.wait_index()?.as_secs_f64();
    let (cpu, _) = cpu_seconds()?;
    let memory = peak_memory_mb("self")?;
    let stored = frame_bytes(&archive)?;
    archive.close()?;
    let part = |name: &str| folder_bytes(&places.archive().join(name));
    Ok(json!({
        "s": seconds, "index_lag_s": lag, "whole_s": whole.elapsed().as_secs_f64(), "cpu_s": cpu, "memory_mb": memory,
        "bytes_in": bytes, "store_bytes": part("store")?, "vault_bytes": part("vault")?, "tlog_bytes": part("tlog")?,
        "index_bytes": part("index")?, "content_bytes": stored.content, "card_bytes": stored.cards,
        "manifest_bytes": stored.manifests,
    }))
}

/// Bytes of frames by what they hold.
#[derive(Default)]
struct FrameBytes {
    content: u64,
    cards: u64,
    manifests: u64,
}

fn frame_bytes(archive: &Archive) -> Fallible<FrameBytes> {
    let mut sum = FrameBytes::default();
    each_record(archive, &mut |row| {
        let len = |frames: &[muragat::store::format::FrameLoc]| frames.iter().map(|f| u64::from(f.len)).sum::<u64>();
        for component in &row.components {
            let bytes = len(&component.stored.frames);
            match Role::ALL[usize::from(component.role)] {
                Role::Card => sum.cards += bytes,
                _ => sum.content += bytes,
            }
        }
        sum.manifests += len(&row.manifest.frames);
        ControlFlow::Continue(())
    })?;
    Ok(sum)
}

/// Gives every record's row; they are numbered without gaps.
fn each_record(archive: &Archive, give: &mut dyn FnMut(RecordRow) -> ControlFlow<()>) -> Fallible<()> {
    let reader = archive.index();
    for number in 0..=archive.index_meta().records {
        if let Some(row) = reader.record(number)?
            && give(row).is_break()
        {
            break;
        }
    }
    Ok(())
}

fn floor_ingest(places: &Places, target: &Path, threads: usize, sha: bool) -> Fallible<Value> {
    let files = Corpus::open(&places.corpus())?.plain_files()?;
    let begun = Instant::now();
    let stored = floor::ingest(&files, target, threads, sha)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (cpu, _) = cpu_seconds()?;
    Ok(json!({"s": seconds, "cpu_s": cpu, "memory_mb": peak_memory_mb("self")?, "stored_bytes": stored}))
}

/// One client alone, the bare sync, and many clients at once, in turns on the same file system.
///
/// A submission goes through the same `ingest` as a whole corpus, which starts a thread for it: that is counted.
fn latency(places: &Places, turns: usize) -> Fallible<Value> {
    let corpus = Corpus::open(&places.corpus())?;
    let mut submissions = corpus.submissions()?;
    submissions.truncate(corpus.small);
    // At least as many at once as there are clients, and eight times as many as alone.
    let alone = submissions.len() / turns / 9;
    let at_once = submissions.len() / turns - alone;
    if alone == 0 || at_once < CLIENTS {
        return Err("the corpus is too small for the latency step".into());
    }
    let (archive, actor) = create(&places.out().join("latency"))?;
    let mut plain_file = File::create(places.out().join("fdatasync"))?;
    // The first submission of an agency makes its place in the vault; that is no part of a submission's latency.
    let agencies = 16.min(submissions.len() / 4);
    take_in(&archive, actor, &submissions.split_off(submissions.len() - agencies), 1)?;
    let (mut single, mut sync, mut clients) = (Times::default(), Times::default(), Times::default());
    let (mut single_s, mut clients_s, mut clients_count) = (0.0, 0.0, 0);
    let mut rest = submissions.as_slice();
    let mut intake = ingest::Intake::new(&archive, actor);
    for _ in 0..turns {
        let (these, after) = rest.split_at(alone.min(rest.len()));
        let begun = Instant::now();
        for path in these {
            single.take(|| take_one(&mut intake, path))?;
        }
        single_s += begun.elapsed().as_secs_f64();
        for _ in 0..alone {
            sync.take(|| {
                plain_file.write_all(&[0x5a; 4096])?;
                Ok(plain_file.sync_data()?)
            })?;
        }
        let (these, after) = after.split_at(at_once.min(after.len()));
        let begun = Instant::now();
        clients.extend(at_once_in(&archive, actor, these)?);
        clients_s += begun.elapsed().as_secs_f64();
        clients_count += these.len();
        rest = after;
    }
    drop(intake);
    archive.wait_index()?;
    archive.close()?;
    Ok(json!({
        "single_p50_us": single.quantile(0.5), "single_p99_us": single.quantile(0.99),
        "fdatasync_p50_us": sync.quantile(0.5), "fdatasync_p99_us": sync.quantile(0.99),
        "single_per_s": (alone * turns) as f64 / single_s,
        "clients": CLIENTS, "clients_per_s": f64::from(u32::try_from(clients_count)?) / clients_s,
        "clients_p50_us": clients.quantile(0.5), "clients_p99_us": clients.quantile(0.99),
    }))
}

fn at_once_in(archive: &Archive, actor: ActorId, paths: &[PathBuf]) -> Fallible<Times> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let client = || -> Fallible<Times> {
            let mut times = Times::default();
            let mut intake = ingest::Intake::new(archive, actor);
            while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                times.take(|| take_one(&mut intake, path))?;
            }
            Ok(times)
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let mut all = Times::default();
        for client in clients {
            all.extend(client.join().expect("a client does not panic")?);
        }
        Ok(all)
    })
}

fn main_component(row: &RecordRow) -> Option<&ComponentRow> {
    row.components.iter().find(|c| Role::ALL[usize::from(c.role)] == Role::Main)
}

fn get(places: &Places, count: usize) -> Fallible<Value> {
    let archive = open_archive(&places.archive())?;
    let actor = archive.actor("bench")?;
    let mut small: Vec<RecordId> = Vec::new();
    each_record(&archive, &mut |row| {
        if main_component(&row).is_some_and(|c| c.stored.plain_len <= SMALL_BYTES) {
            small.push(row.id());
        }
        ControlFlow::Continue(())
    })?;
    let mut floor = Floor::open(&places.floor(), u32::try_from(SMALL_BYTES)?)?;
    if small.is_empty() {
        return Err("the archive has no small records".into());
    }
    let read = |record: RecordId, whole: bool| -> Fallible<usize> {
        let opened = access::open(&archive, record, actor)?;
        let component = main_component(&opened.row).ok_or("a record without main content")?;
        let mut bytes = Vec::with_capacity(usize::try_from(component.stored.plain_len)?);
        let mut give = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        if whole {
            opened.whole(component, &mut give)?;
        } else {
            opened.range(component, 0, component.stored.plain_len, &mut give)?;
        }
        Ok(bytes.len())
    };
    let (mut whole, mut checked, mut bare, mut opening) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    // Once without counting: what is measured is warm.
    for timed in [false, true] {
        let mut numbers = Numbers::new(0x6e7);
        let mut turns = [Times::default(), Times::default(), Times::default(), Times::default()];
        for _ in 0..count {
            let record = small[numbers.index(small.len())];
            turns[0].take(|| read(record, true))?;
            let record = small[numbers.index(small.len())];
            turns[1].take(|| read(record, false))?;
            let which = numbers.index(floor.len());
            turns[2].take(|| floor.read(which))?;
            let record = small[numbers.index(small.len())];
            turns[3].take(|| Ok(access::open(&archive, record, actor)?.row.entry))?;
        }
        if timed {
            [whole, checked, bare, opening] = turns;
        }
    }
    archive.close()?;
    Ok(json!({
        "get_p50_us": whole.quantile(0.5), "get_p99_us": whole.quantile(0.99),
        "range_p50_us": checked.quantile(0.5), "range_p99_us": checked.quantile(0.99),
        "open_p50_us": opening.quantile(0.5), "open_p99_us": opening.quantile(0.99),
        "floor_p50_us": bare.quantile(0.5), "floor_p99_us": bare.quantile(0.99),
    }))
}

fn range(places: &Places, count: usize) -> Fallible<Value> {
    const PIECE: u64 = 1024;
    let corpus = Corpus::open(&places.corpus())?;
    let (archive, actor) = create(&places.out().join("range"))?;
    let begun = Instant::now();
    take_in(&archive, actor, &[corpus.big()], 1)?;
    let taken = begun.elapsed().as_secs_f64();
    archive.wait_index()?;
    let mut record = None;
    each_record(&archive, &mut |row| {
        record = Some(row);
        ControlFlow::Break(())
    })?;
    let record = record.ok_or("the big record is not in the index")?;
    let component = main_component(&record).ok_or("a record without main content")?;
    let plain = File::open(corpus.big().join(&component.path))?;
    let size = component.stored.plain_len;
    let (mut first, mut numbers) = (Times::default(), Numbers::new(0xa9e));
    let before = read_bytes()?;
    let mut expected = vec![0; usize::try_from(PIECE)?];
    for _ in 0..count {
        let start = numbers.below(size - PIECE);
        let (mut given, mut first_s) = (Vec::new(), None);
        let begun = Instant::now();
        let opened = access::open(&archive, record.id(), actor)?;
        opened.range(component, start, start + PIECE, &mut |piece| {
            first_s.get_or_insert_with(|| begun.elapsed().as_secs_f64());
            given.extend_from_slice(piece);
            Ok(())
        })?;
        first.push(first_s.ok_or("a range gave nothing")?);
        plain.read_exact_at(&mut expected, start)?;
        if given != expected {
            return Err(format!("range at {start} gave other bytes than the document has").into());
        }
    }
    let read = (read_bytes()? - before) / count as f64 - PIECE as f64;
    archive.close()?;
    Ok(json!({
        "document_bytes": size, "ingest_s": taken, "first_byte_p50_us": first.quantile(0.5),
        "first_byte_p99_us": first.quantile(0.99), "read_bytes": read, "memory_mb": peak_memory_mb("self")?,
    }))
}

/// As `muragat audit` where there is no key folder.
fn run_audit(places: &Places, threads: usize, every_byte: bool) -> Fallible<Value> {
    let folder = places.archive();
    let config = Config::load(&folder)?;
    let disk = LocalDisk::open_read_only(&folder);
    let begun = Instant::now();
    let report = audit(&disk, &config, None, None, audit::Options { every_byte, threads }, &|_, _| {})?;
    let seconds = begun.elapsed().as_secs_f64();
    if let Some(finding) = report.findings.first() {
        return Err(format!("the audit found {}: {}", finding.file, finding.what).into());
    }
    let (cpu, _) = cpu_seconds()?;
    Ok(json!({
        "s": seconds, "cpu_s": cpu, "memory_mb": peak_memory_mb("self")?, "store_bytes": report.store_bytes,
        "records": report.records,
    }))
}

/// Every thread takes the next piece, so that few files keep all threads at work.
fn hash(places: &Places, threads: usize) -> Fallible<Value> {
    const PIECE: u64 = 4 * 1024 * 1024;
    let mut pieces = Vec::new();
    for path in places.store_files()? {
        let file = Arc::new(File::open(path)?);
        let len = file.metadata()?.len();
        for at in 0..len.div_ceil(PIECE) {
            pieces.push((file.clone(), at * PIECE, PIECE.min(len - at * PIECE)));
        }
    }
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut buffer = vec![0; 256 * 1024];
                while let Some((file, at, len)) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (mut hasher, mut done) = (blake3::Hasher::new(), 0);
                    while done < *len {
                        let take = usize::try_from((len - done).min(256 * 1024)).expect("a quarter of a MiB");
                        if let Err(e) = file.read_exact_at(&mut buffer[..take], at + done) {
                            *failed.lock().expect("nobody panics") = Some(e);
                            return;
                        }
                        hasher.update(&buffer[..take]);
                        done += take as u64;
                    }
                    std::hint::black_box(hasher.finalize());
                }
            });
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    match failed.into_inner()? {
        Some(e) => Err(e.into()),
        None => Ok(json!({"s": seconds})),
    }
}

fn reindex(folder: &Path) -> Fallible<Value> {
    let begun = Instant::now();
    forget_index(folder)?;
    let archive = open_archive(folder)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (cpu, _) = cpu_seconds()?;
    let memory = peak_memory_mb("self")?;
    let meta = archive.index_meta();
    if meta.damaged > 0 || meta.size != archive.head().size {
        return Err("the index built again is not whole".into());
    }
    let mut rows = 0u64;
    archive.index().kv.range(&[], &[0xff], false, &mut |_, _| {
        rows += 1;
        Ok(true)
    })?;
    archive.close()?;
    let per_second = |count: f64| count / seconds;
    Ok(json!({
        "s": seconds, "cpu_s": cpu, "memory_mb": memory, "entries": meta.size, "records": meta.records, "rows": rows,
        "records_per_s": per_second(f64::from(meta.records)), "rows_per_s": per_second(rows as f64),
        "index_bytes": folder_bytes(&folder.join("index"))?,
    }))
}

fn open(places: &Places) -> Fallible<Value> {
    let mut times = Times::default();
    for _ in 0..OPENS {
        let archive = times.take(|| open_archive(&places.archive()))?;
        if archive.recovery().1 {
            return Err("the index was built again after a clean close".into());
        }
        archive.close()?;
    }
    Ok(json!({"p50_us": times.quantile(0.5), "max_us": times.quantile(1.0), "memory_mb": peak_memory_mb("self")?}))
}

/// Questions made from records that are there, so that each has an answer.
fn search(places: &Places, count: usize) -> Fallible<Value> {
    const KINDS: [&str; 6] =
        ["word", "two words", "beginning of a word", "registration number", "month", "file digest"];
    let archive = open_archive(&places.archive())?;
    let records = u64::from(archive.index_meta().records);
    let reader = archive.index();
    let mut numbers = Numbers::new(0x5ea);
    let mut times: Vec<Times> = KINDS.iter().map(|_| Times::default()).collect();
    for turn in 0..count {
        // A number that is not taken only costs the turn.
        let Some(row) = reader.record(u32::try_from(numbers.below(records + 1))?)? else { continue };
        let title = row.card_field(CardField::Title).unwrap_or_default();
        let words: Vec<&str> = title.split_whitespace().collect();
        let word = *words.get(numbers.index(words.len().max(1))).ok_or("a record without title")?;
        let beginning: String = word.chars().take(4).collect();
        let date = row.card_field(CardField::DocumentDate).unwrap_or_default();
        let number = row.card_field(CardField::RegistrationNumber).unwrap_or_default();
        let kind = turn % KINDS.len();
        let query = match kind {
            0 => Query::parse(word)?,
            1 => Query::parse(&format!("{} {}", words[0], words[words.len() - 1]))?,
            2 => Query::parse(&beginning)?,
            3 => Query::parse(&format!("reg:{number}"))?,
            4 => Query::parse(&format!("date:{} {word}", &date[..7]))?,
            _ => {
                let component = main_component(&row).ok_or("a record without main content")?;
                Query::default().with_file(muragat::model::digest::Sha256(component.sha256))
            }
        };
        let found = times[kind].take(|| {
            let mut found = 0;
            reader.search(&query, None, &mut |_, _| {
                found += 1;
                found < PAGE
            })?;
            Ok(found)
        })?;
        if found == 0 {
            return Err(format!("{} of {word:?}: the record it was made from was not found", KINDS[kind]).into());
        }
    }
    let by_kind: serde_json::Map<String, Value> = KINDS
        .iter()
        .zip(&times)
        .map(|(kind, t)| ((*kind).to_owned(), json!({"p50_us": t.quantile(0.5), "p99_us": t.quantile(0.99)})))
        .collect();
    let mut all = Times::default();
    times.into_iter().for_each(|t| all.extend(t));
    archive.close()?;
    Ok(json!({
        "records": records, "p50_us": all.quantile(0.5), "p99_us": all.quantile(0.99), "kinds": by_kind,
        "memory_mb": peak_memory_mb("self")?,
    }))
}

/// Removes an archive and its keys, if they are there.
pub(crate) fn remove_archive(folder: &Path) -> Fallible<()> {
    for path in [folder, &default_keys_path(folder)] {
        remove(path)?;
    }
    Ok(())
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Fallible<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {e}", folder.display()).into()),
        _ => Ok(()),
    }
}
