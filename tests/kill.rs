//! Goal: SIGKILL at any moment loses no acknowledged record and leaves none half there; Ctrl-C ends in good order.
//!
//! Method: the real program takes in made-up submissions, or builds its index again, and is killed at random moments; a line
//! that it printed is an acknowledgement. After every round of kills the archive is opened, audited and compared record by record
//! with what was submitted, and everything ever begun is submitted again. The seed is printed; `MURAGAT_KILL_SEED` repeats one,
//! though not the moments at which the machine is met.
//!
//! The file cache survives a kill, so this says nothing about syncs: see `tests/it/crash.rs` and `tools/powercut/run`.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected stops where it is")]

#[path = "it/bed.rs"]
#[expect(dead_code, reason = "only submissions and reading are used here, not the failing media")]
mod bed;

use bed::{Content, content_of, submission};
use muragat::archive::Archive;
use muragat::clock::SystemClock;
use muragat::error::{ErrorCode, Exit};
use muragat::index::query::Query;
use muragat::model::id::RecordId;
use muragat::testing::Sequence;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Kills that must hit a running process.
const KILLS: u32 = 200;
/// Kills between two looks at everything.
const ROUND: u32 = 20;
/// Submissions on the way in one run.
const RUN: usize = 24;
/// Longest wait for an acknowledgement before the process is killed without it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A submission and what must become of it.
struct Submitted {
    path: PathBuf,
    /// Of all components with their paths; no two submissions have the same.
    fingerprint: blake3::Hash,
    refused: bool,
    /// What the outside was told.
    told: Option<RecordId>,
    /// An answer came, a refusal too.
    answered: bool,
}

fn fingerprint(content: &Content) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for (path, bytes) in content {
        hasher.update(&(path.len() as u64).to_le_bytes()).update(path.as_bytes());
        hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    hasher.finalize()
}

/// An archive, all that was ever submitted to it, and what was answered.
struct Bench {
    folder: tempfile::TempDir,
    numbers: Sequence,
    /// Text that does not shrink below 4 MiB, so that frames of a large document reach the store before it is complete.
    large: Vec<u8>,
    submitted: Vec<Submitted>,
    by_path: HashMap<PathBuf, usize>,
}

/// Submissions have the registration numbers from here on, all of the same length.
const FIRST: u32 = 100_000;

impl Bench {
    fn new(seed: u64) -> Self {
        let mut numbers = Sequence::new(seed);
        let letter = |b: u8| b'0' + (b & 63);
        let large = numbers.noise(6_500_000).into_iter().map(letter).collect();
        let folder = tempfile::tempdir().unwrap();
        let bench = Self { folder, numbers, large, submitted: Vec::new(), by_path: HashMap::new() };
        bench.ok(["init", "--formats", "flag", "--signatures", "flag", "--means", "none"]);
        bench
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    fn command<S: Into<OsString>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muragat"));
        command.args(arguments.into_iter().map(Into::into)).arg("--json").arg("--archive").arg(self.archive());
        command
    }

    /// Runs a command to its end and gives its lines.
    fn run<S: Into<OsString>>(&self, arguments: impl IntoIterator<Item = S>, exits: &[Exit]) -> Vec<String> {
        let mut command = self.command(arguments);
        let output = command.output().unwrap();
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        let is_wanted = exits.iter().any(|exit| output.status.code() == Some(i32::from(*exit as u8)));
        assert!(is_wanted, "{:?}: {}\n{stdout}\n{stderr}", command.get_args().next(), output.status);
        stdout.lines().map(str::to_owned).collect()
    }

    fn ok<S: Into<OsString>>(&self, arguments: impl IntoIterator<Item = S>) -> Vec<String> {
        self.run(arguments, &[Exit::Ok])
    }

    /// Makes one more submission.
    fn submit(&mut self, large: bool, refused: bool) -> usize {
        let which = self.submitted.len();
        let number = FIRST + u32::try_from(which).unwrap();
        let mut main = format!("Үлгі {number}\n").into_bytes();
        let len = 500 + self.numbers.len_to(4_000);
        main.extend(if large { self.large.clone() } else { self.numbers.text(len) });
        let files = [("main.txt", main), ("қосымша.txt", self.numbers.text(800))];
        let (path, content) = submission(&self.folder.path().join("in"), number, &files, "public");
        if refused {
            std::fs::write(path.join("stray.txt"), b"not listed").unwrap();
        }
        self.by_path.insert(path.clone(), which);
        let fingerprint = fingerprint(&content);
        self.submitted.push(Submitted { path, fingerprint, refused, told: None, answered: false });
        which
    }

    fn ingest_arguments(&self, which: &[usize]) -> Vec<OsString> {
        let paths = which.iter().map(|i| self.submitted[*i].path.clone().into_os_string());
        [OsString::from("ingest")].into_iter().chain(paths).collect()
    }

    /// Notes an answer, and looks whether it goes together with what was said before. True when it says "accepted".
    fn note(&mut self, line: &str) -> bool {
        let answer: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let Some(status) = answer["status"].as_str() else {
            assert!(answer.get("summary").is_some(), "{line}");
            return false;
        };
        let which = self.by_path[Path::new(answer["path"].as_str().unwrap())];
        let submitted = &mut self.submitted[which];
        submitted.answered = true;
        if submitted.refused {
            assert_eq!(
                (status, answer["reasons"][0]["code"].as_str()),
                ("refused", Some(ErrorCode::IngFileUnlisted.as_str())),
                "{line}"
            );
            return false;
        }
        assert!(status == "accepted" || status == "held", "{line}");
        let record: RecordId = answer["record_id"].as_str().unwrap().parse().unwrap();
        match submitted.told {
            None => submitted.told = Some(record),
            // One that comes twice in a run may be told as held before it is told as accepted.
            Some(told) => assert_eq!(record, told, "{line}"),
        }
        status == "accepted"
    }

    /// Opens the archive as the library does and compares every record with what was submitted. Gives how many there are.
    fn compare(&self) -> usize {
        let archive = Archive::open(&self.archive(), Arc::new(SystemClock), &mut |_, _| {}).unwrap();
        let by_fingerprint: HashMap<blake3::Hash, usize> =
            self.submitted.iter().enumerate().map(|(i, s)| (s.fingerprint, i)).collect();
        let mut found = BTreeMap::new();
        for number in 0..archive.index_meta().records {
            let record = archive.index().record(number).unwrap().expect("a record that is counted is there").id();
            let content = content_of(&archive, record).unwrap_or_else(|e| panic!("record {record}: {e}"));
            let which = by_fingerprint.get(&fingerprint(&content));
            let which = *which.unwrap_or_else(|| panic!("record {record} is half or nobody's"));
            assert!(!self.submitted[which].refused, "record {record} was refused");
            assert_eq!(found.insert(which, record), None, "submission {which} is there twice");
        }
        for (which, submitted) in self.submitted.iter().enumerate() {
            let there = found.get(&which).copied();
            assert!(submitted.told.is_none() || submitted.told == there, "submission {which} was acknowledged");
            let query = Query::parse(&format!("reg:{}-қ", FIRST as usize + which)).unwrap();
            let mut answers = Vec::new();
            let take = &mut |_, row: muragat::index::rows::RecordRow| {
                answers.push(row.id());
                true
            };
            archive.index().search(&query, None, take).unwrap();
            assert_eq!(answers, there.into_iter().collect::<Vec<_>>(), "search for submission {which}");
        }
        archive.close().unwrap();
        found.len()
    }

    fn audit(&self) {
        let lines = self.ok(["audit", "--full"]);
        let report: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(report["clean"], true, "{report}");
    }

    /// Looks at everything, then submits everything again. Gives how many records there must be now.
    fn look(&mut self) -> usize {
        // Opening mends what a crash left; until then an audit names it.
        self.ok(["doctor"]);
        self.audit();
        let before = self.compare();
        let all: Vec<usize> = (0..self.submitted.len()).collect();
        let lines = self.run(self.ingest_arguments(&all), &[Exit::Ok, Exit::Refused]);
        assert_eq!(lines.len(), all.len() + 1, "an answer for each, and the summary");
        let accepted = lines.iter().filter(|line| self.note(line)).count();
        assert!(self.submitted.iter().all(|s| s.answered && s.told.is_some() != s.refused));
        // Whether that is so, the next look finds out.
        before + accepted
    }

    /// Looks for the last time.
    fn finish(&mut self) {
        let records = self.look();
        assert_eq!(self.submitted.iter().filter(|s| s.told.is_some()).count(), records, "only what was missing is new");
        assert_eq!(self.compare(), records, "none is there twice");
        self.audit();
    }

    /// Answers to some questions, word for word.
    fn search(&self) -> Vec<Vec<String>> {
        let known = self.submitted.iter().enumerate().rfind(|(_, s)| s.told.is_some());
        let mut answers = vec![self.ok(["search", "agency:TEST-01", "--limit", "1000000"])];
        if let Some((which, submitted)) = known {
            let file = submitted.path.join("main.txt").into_os_string();
            answers.push(self.ok(["search", &format!("reg:{}-қ", FIRST as usize + which)]));
            answers.push(self.ok([OsString::from("search"), "--content".into(), file]));
            assert!(answers[1].len() == 1 && answers[2].len() == 1, "{answers:?}");
        }
        answers
    }

    /// Kills an ingest. True when it was still running.
    fn kill_ingest(&mut self) -> bool {
        let mut which: Vec<usize> = (0..self.submitted.len()).filter(|i| !self.submitted[*i].answered).collect();
        while which.len() < RUN {
            let (large, refused) = (self.numbers.below(80) == 0, self.numbers.below(8) == 0);
            which.push(self.submit(large, refused));
        }
        // Some are held already, and one comes twice.
        which.push(usize::try_from(self.numbers.below(self.submitted.len() as u64)).unwrap());
        let mut process = Process::start(&mut self.command(self.ingest_arguments(&which)));
        // A third meets the opening of the archive, the others the work.
        let lines = match self.numbers.below(3) {
            0 => 0,
            _ => 1 + self.numbers.len_to(8),
        };
        process.wait_lines(lines);
        let micros = if lines == 0 { 80_000 } else { 5_000 };
        std::thread::sleep(Duration::from_micros(self.numbers.below(micros)));
        let (was_running, lines) = process.kill();
        for line in lines {
            self.note(&line);
        }
        was_running
    }

    /// Kills the building of the index; afterwards every question has the same answer.
    fn kill_reindex(&mut self) -> bool {
        let before = self.search();
        let process = Process::start(&mut self.command(["reindex"]));
        // The longer the journal, the longer it takes.
        let micros = 30_000 + 150 * self.submitted.len() as u64;
        std::thread::sleep(Duration::from_micros(self.numbers.below(micros)));
        let (was_running, _) = process.kill();
        assert!(self.search() == before, "other answers after a killed reindex");
        was_running
    }
}

/// The program at work, and the lines that it has printed.
struct Process {
    child: Child,
    printed: Receiver<String>,
    lines: Vec<String>,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (to, printed) = channel();
        // Ends with the process, whose end closes the pipe.
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|n| n > 0) {
                // A line without its end was not printed yet.
                if line.ends_with('\n') {
                    let _ = to.send(std::mem::take(&mut line));
                }
            }
        });
        Self { child, printed, lines: Vec::new() }
    }

    /// Waits for so many lines, or for the end.
    fn wait_lines(&mut self, lines: usize) {
        while self.lines.len() < lines
            && let Ok(line) = self.printed.recv_timeout(PATIENCE)
        {
            self.lines.push(line);
        }
    }

    /// Kills it; says whether the signal ended it, and gives all it had printed.
    fn kill(mut self) -> (bool, Vec<String>) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        self.lines.extend(self.printed.iter());
        (status.signal() == Some(9), self.lines)
    }

    /// Sends a signal that it may answer, and waits for the end: its exit code and all it had printed.
    fn signal(mut self, name: &str) -> (Option<i32>, Vec<String>) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
        let status = self.child.wait().unwrap();
        self.lines.extend(self.printed.iter());
        (status.code(), self.lines)
    }
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let seed = match std::env::var("MURAGAT_KILL_SEED") {
        Ok(seed) => seed.parse().expect("MURAGAT_KILL_SEED is a number"),
        Err(_) => u64::from_le_bytes(muragat::random::bytes()),
    };
    println!("seed {seed}");
    let mut bench = Bench::new(seed);
    let (mut kills, mut reindex_kills, mut missed) = (0, 0, 0);
    while kills < KILLS {
        let is_reindex = bench.numbers.below(12) == 0;
        if if is_reindex { bench.kill_reindex() } else { bench.kill_ingest() } {
            kills += 1;
            reindex_kills += u32::from(is_reindex);
            if kills % ROUND == 0 {
                bench.look();
            }
        } else {
            missed += 1;
            assert!(missed < KILLS, "{missed} kills came too late, {kills} hit");
        }
    }
    bench.finish();
    let records = bench.submitted.iter().filter(|s| s.told.is_some()).count();
    println!(
        "{kills} kills hit a running process ({reindex_kills} a reindex), {missed} came too late; {} submissions, \
         {records} acknowledged, 0 lost",
        bench.submitted.len()
    );
    assert!(kills >= KILLS && reindex_kills > 0);
}

#[test]
fn an_interrupted_ingest_ends_in_good_order() {
    for name in ["INT", "TERM"] {
        let mut bench = Bench::new(5);
        let all: Vec<usize> = (0..400).map(|_| bench.submit(false, false)).collect();
        let mut process = Process::start(&mut bench.command(bench.ingest_arguments(&all)));
        process.wait_lines(5);
        let (code, lines) = process.signal(name);
        let summary: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        for line in &lines {
            bench.note(line);
        }
        let told: BTreeSet<RecordId> = bench.submitted.iter().filter_map(|s| s.told).collect();
        assert_eq!((told.len(), summary["summary"]["accepted"].as_u64()), (lines.len() - 1, Some(told.len() as u64)));
        let wanted = if told.len() < all.len() { Exit::Interrupted } else { Exit::Ok };
        assert_eq!(code, Some(i32::from(wanted as u8)), "SIG{name} after {} of {}", told.len(), all.len());
        println!("SIG{name}: exit {code:?} with {} of {} taken in", told.len(), all.len());

        let doctor = bench.ok(["doctor"]).join("\n");
        assert!(!doctor.contains(r#""code":"recovered""#), "SIG{name}: {doctor}");
        bench.audit();
        assert_eq!(bench.compare(), told.len(), "what was begun was also answered");
        bench.finish();
    }
}
