//! The processes that read documents, from the side of who asks.
//!
//! A process lives for many documents, because starting one takes longer than reading most. It is asked over a pipe and
//! watched: past [`WALL`] without an answer, with more text than the bounds, with an answer that is none, or when it
//! ends, it is killed, and the document has [`Outcome::Limit`] or [`Outcome::Failed`] with the text that came until
//! then. The next document gets a new one.
//!
//! Invariants
//!   - A document harms its own extraction only; an `Err` is of this machine or of the source, never of the document.
//!   - Plaintext goes through pipes and memory. The process has an empty environment but for two settings of its
//!     allocator and threads, `/` as its folder, and no descriptor but its pipes.
//!   - No process is left behind: it is killed with the pool, and ends by itself when its pipe does.
//!
//! Nothing reaches disk, so a crash leaves nothing.

use super::child::{EXIT_PANIC, SUBCOMMAND};
use super::frame::{self, Answer};
use super::read::{extractor, foretold};
use super::sink::{MEMBERS_MAX, TEXT_BYTES_MAX, UNITS_MAX};
use crate::error::{Error, ErrorCode};
use crate::model::extracted::{Extracted, Outcome, Reason};
use crate::model::format::Family;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// This program, also when its file has been replaced since it was started.
const OWN: &str = "/proc/self/exe";
/// Largest document that is read. Own bound: twice the content of a record (60 MiB); an import may have larger ones.
pub const INPUT_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Real time for one document. Own bound: its processor time (20 s), on a machine that is busy.
pub const WALL: Duration = Duration::from_secs(30);
/// Real time for a process to say hello.
const HELLO_WALL: Duration = Duration::from_secs(10);
/// Documents that one process reads: what its readers lose of memory is bounded so. Own bound.
pub const DOCUMENTS_MAX: u32 = 200;
/// Bytes that are sent at once.
const SENT_BYTES: usize = 64 * 1024;

/// How documents are read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program.
    pub program: PathBuf,
    /// Processes at the same time.
    pub children: usize,
    /// Real time for one document.
    pub wall: Duration,
    /// Documents that one process reads.
    pub documents: u32,
}

impl Default for Settings {
    /// One process of this program, within the bounds of this module.
    fn default() -> Self {
        Self { program: OWN.into(), children: 1, wall: WALL, documents: DOCUMENTS_MAX }
    }
}

/// Reads documents in limited processes. Can be shared; who comes when all are at work waits.
#[derive(Debug)]
pub struct Extractors {
    settings: Settings,
    places: Mutex<Places>,
    freed: Condvar,
    started: AtomicU64,
}

#[derive(Debug)]
struct Places {
    free: usize,
    idle: Vec<Child>,
}

impl Default for Extractors {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Extractors {
    /// None is started before the first document.
    pub fn new(settings: Settings) -> Self {
        let places = Mutex::new(Places { free: settings.children.max(1), idle: Vec::new() });
        Self { settings, places, freed: Condvar::new(), started: AtomicU64::new(0) }
    }

    /// Reads a document of `len` bytes whose content is of this family. `name` is what messages call it; it is not
    /// shown to the process.
    ///
    /// # Errors
    ///
    /// The process cannot be started, or the source cannot be read.
    pub fn extract(&self, family: Family, name: &str, bytes: &mut dyn Read, len: u64) -> Result<Extracted, Error> {
        if let Some(outcome) = foretold(family) {
            return Ok(Extracted::bare(outcome, None, extractor(family)));
        }
        if len > INPUT_BYTES_MAX {
            return Ok(Extracted::bare(Outcome::Limit, Some(Reason::Size), extractor(family)));
        }
        let place = self.place();
        let mut child = match place.take_idle() {
            Some(child) => child,
            None => self.start()?,
        };
        let (extracted, is_sound) = child.ask(family, name, bytes, len, self.settings.wall)?;
        if is_sound && child.served < self.settings.documents {
            place.keep(child);
        }
        Ok(extracted)
    }

    /// What the system confines the processes by; starts one when none is there.
    ///
    /// # Errors
    ///
    /// The process cannot be started.
    pub fn confinement(&self) -> Result<String, Error> {
        let place = self.place();
        let child = match place.take_idle() {
            Some(child) => child,
            None => self.start()?,
        };
        let level = child.level.clone();
        place.keep(child);
        Ok(level)
    }

    /// Numbers of the processes that wait for documents.
    pub fn waiting(&self) -> Vec<u32> {
        self.places().idle.iter().map(|child| child.process.id()).collect()
    }

    /// How many processes were started.
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    fn start(&self) -> Result<Child, Error> {
        let program = &self.settings.program;
        let child =
            Child::start(program).map_err(|e| Error::caused(ErrorCode::ExtStart, program.display().to_string(), e))?;
        self.started.fetch_add(1, Ordering::Relaxed);
        Ok(child)
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // What is under the lock is whole at every moment.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> Place<'_> {
        let mut places = self.places();
        while places.free == 0 {
            places = self.freed.wait(places).unwrap_or_else(PoisonError::into_inner);
        }
        places.free -= 1;
        Place { of: self }
    }
}

/// The right to have a process at work; given back when it goes.
struct Place<'a> {
    of: &'a Extractors,
}

impl Place<'_> {
    /// A process that waits and has not ended meanwhile.
    fn take_idle(&self) -> Option<Child> {
        loop {
            let mut child = self.of.places().idle.pop()?;
            if matches!(child.process.try_wait(), Ok(None)) {
                return Some(child);
            }
        }
    }

    fn keep(&self, child: Child) {
        self.of.places().idle.push(child);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.of.places().free += 1;
        self.of.freed.notify_one();
    }
}

/// A process.
#[derive(Debug)]
struct Child {
    process: std::process::Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    level: String,
    served: u32,
}

/// What the watch over a process is told.
enum Told {
    /// The process is at work: the time begins again.
    Works,
    /// Something else is waited for.
    Waits,
}

/// How a conversation ended.
enum Ended {
    /// With an answer.
    Answered(Extracted),
    /// The process is not to be used again.
    Lost(Reason),
}

impl Child {
    fn start(program: &std::path::Path) -> io::Result<Self> {
        let mut process = Command::new(program)
            .arg0("muragat")
            .arg(SUBCOMMAND)
            .env_clear()
            // Address space is limited, and both would take of it by the number of processors.
            .env("RAYON_NUM_THREADS", "1")
            .env("MALLOC_ARENA_MAX", "1")
            // As much at a time, and not all that there is at once.
            .env("MIMALLOC_ARENA_RESERVE", "64MiB")
            .current_dir("/")
            // Ctrl-C in a terminal is for who asks.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A reader that gives up may say what it read.
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        let mut child =
            Self { process, to, from: BufReader::with_capacity(SENT_BYTES, from), level: String::new(), served: 0 };
        let (hello, is_late) = child.watched(HELLO_WALL, |child, _| frame::read_hello(&mut child.from));
        child.level = match hello {
            Ok(level) => level,
            Err(_) if is_late => return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer")),
            Err(e) => {
                let status = child.end();
                return Err(io::Error::other(format!("it does not answer as it must: {e}; {status}")));
            }
        };
        Ok(child)
    }

    /// Does something with the process while its time is watched. True: it took too long and was killed.
    fn watched<T>(&mut self, wall: Duration, work: impl FnOnce(&mut Self, &Sender<Told>) -> T) -> (T, bool) {
        let (tell, told) = channel();
        // It is not waited for before this is over, so its number is not given to another.
        let process = Pid::from_child(&self.process);
        std::thread::scope(|scope| {
            let watch = scope.spawn(move || watch(&told, wall, process));
            let done = work(self, &tell);
            drop(tell);
            (done, watch.join().unwrap_or(false))
        })
    }

    /// Has a document read. True: the process can be used again.
    fn ask(
        &mut self,
        family: Family,
        name: &str,
        bytes: &mut dyn Read,
        len: u64,
        wall: Duration,
    ) -> Result<(Extracted, bool), Error> {
        self.served += 1;
        let mut extracted = Extracted::bare(Outcome::Failed, None, extractor(family));
        let (ended, is_late) = self.watched(wall, |child, tell| child.talk(family, bytes, len, tell, &mut extracted));
        match ended.map_err(|e| Error::of_object(name, e))? {
            Ended::Answered(extracted) => Ok((extracted, true)),
            Ended::Lost(reason) => {
                let status = self.end();
                let (outcome, reason) = if is_late { (Outcome::Limit, Reason::Time) } else { judge(reason, status) };
                Ok((Extracted { outcome, reason: Some(reason), cut: true, ..extracted }, false))
            }
        }
    }

    /// Sends the document and takes the answer; what came of it is in `so_far` also when the process is lost. An `Err`
    /// is of the source.
    fn talk(
        &mut self,
        family: Family,
        bytes: &mut dyn Read,
        len: u64,
        tell: &Sender<Told>,
        so_far: &mut Extracted,
    ) -> io::Result<Ended> {
        // The watch ends with this conversation and not before.
        let say = |told| {
            let _ = tell.send(told);
        };
        if frame::write_request(&mut self.to, family, len).is_err() {
            return Ok(Ended::Lost(Reason::Died));
        }
        let (mut buffer, mut left) = (vec![0; SENT_BYTES], len);
        while left > 0 {
            let most = SENT_BYTES.min(usize::try_from(left).unwrap_or(SENT_BYTES));
            say(Told::Waits);
            let read = match bytes.read(&mut buffer[..most]) {
                Ok(0) => return Err(io::Error::new(io::ErrorKind::InvalidData, "it has fewer bytes than it should")),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            say(Told::Works);
            if self.to.write_all(&buffer[..read]).is_err() {
                return Ok(Ended::Lost(Reason::Died));
            }
            left -= read as u64;
        }
        say(Told::Works);
        let (mut payload, mut path, mut text) = (Vec::new(), None, 0);
        loop {
            match frame::read_answer(&mut self.from, &mut payload, path.as_ref()) {
                Ok(Answer::Path(now)) => path = now,
                Ok(Answer::Unit(unit)) => {
                    text += unit.text.len();
                    if text > TEXT_BYTES_MAX || so_far.units.len() == UNITS_MAX {
                        return Ok(Ended::Lost(Reason::Output));
                    }
                    so_far.units.push(unit);
                }
                Ok(Answer::Member(member)) => {
                    if so_far.members.len() == MEMBERS_MAX {
                        return Ok(Ended::Lost(Reason::Output));
                    }
                    so_far.members.push(member);
                }
                Ok(Answer::End { outcome, reason, cut, extractor }) => {
                    let (units, members) = (std::mem::take(&mut so_far.units), std::mem::take(&mut so_far.members));
                    return Ok(Ended::Answered(Extracted { outcome, reason, extractor, units, members, cut }));
                }
                Err(e) if e.kind() == io::ErrorKind::InvalidData => return Ok(Ended::Lost(Reason::Protocol)),
                Err(_) => return Ok(Ended::Lost(Reason::Died)),
            }
        }
    }

    /// Kills it, if it has not ended, and says how it ended.
    fn end(&mut self) -> ExitStatus {
        // One that closed its pipe is about to end, and how it ends says why. It must not be able to stay.
        for _ in 0..20 {
            if let Ok(Some(status)) = self.process.try_wait() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
        self.process.wait().unwrap_or_default()
    }

    /// Kills it with what it may have started.
    fn kill(&mut self) {
        // One that was waited for has no number any more. What cannot be killed ends with its pipe.
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        // Its end has been judged, or nobody asks.
        let _ = self.process.wait();
    }
}

/// Kills a process that works for longer than it may. True: it did.
fn watch(told: &Receiver<Told>, wall: Duration, process: Pid) -> bool {
    let mut works = true;
    loop {
        let next =
            if works { told.recv_timeout(wall) } else { told.recv().map_err(|_| RecvTimeoutError::Disconnected) };
        match next {
            Ok(Told::Works) => works = true,
            Ok(Told::Waits) => works = false,
            Err(RecvTimeoutError::Timeout) => {
                // One that has ended meanwhile need not be killed.
                let _ = kill_process_group(process, Signal::KILL);
                return true;
            }
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// What the end of a process says of the document.
fn judge(reason: Reason, status: ExitStatus) -> (Outcome, Reason) {
    let (abort, processor) = (Signal::ABORT.as_raw(), Signal::XCPU.as_raw());
    match (reason, status.signal(), status.code()) {
        (Reason::Output, ..) => (Outcome::Limit, Reason::Output),
        (Reason::Died, Some(signal), _) if signal == processor => (Outcome::Limit, Reason::Processor),
        // What a Rust program does without memory, or at the end of its stack.
        (Reason::Died, Some(signal), _) if signal == abort => (Outcome::Limit, Reason::Memory),
        (Reason::Died, _, Some(code)) if code == EXIT_PANIC => (Outcome::Failed, Reason::Panic),
        (reason, ..) => (Outcome::Failed, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that is no extractor: a script.
    fn script(body: &str) -> (tempfile::TempDir, PathBuf) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("child");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        (folder, path)
    }

    fn pool(body: &str, wall_ms: u64) -> (tempfile::TempDir, Extractors) {
        let (folder, program) = script(body);
        let wall = Duration::from_millis(wall_ms);
        (folder, Extractors::new(Settings { program, wall, ..Settings::default() }))
    }

    const HELLO: &str = r"printf 'H\006\000\000\000\001level'";

    fn ask(pool: &Extractors) -> Extracted {
        pool.extract(Family::Pdf, "x.pdf", &mut [7u8; 100].as_slice(), 100).unwrap()
    }

    #[test]
    fn what_does_not_answer_as_it_must_cannot_be_started() {
        for body in ["exit 3", "printf 'H\\001\\000\\000\\000\\377'", "printf 'a long line that is no hello at all'"] {
            let (_folder, pool) = pool(body, 500);
            let error = pool.extract(Family::Pdf, "x", &mut [0u8; 3].as_slice(), 3).unwrap_err();
            assert_eq!(error.code, ErrorCode::ExtStart, "{error}");
        }
        let absent = Extractors::new(Settings { program: "/no/such/program".into(), ..Settings::default() });
        for _ in 0..3 {
            let error = absent.extract(Family::Pdf, "x", &mut [0u8; 3].as_slice(), 3).unwrap_err();
            assert_eq!(error.code, ErrorCode::ExtStart);
        }
        // What needs no process gets its answer all the same.
        let picture = absent.extract(Family::Jpeg, "x", &mut io::empty(), 9).unwrap();
        assert_eq!((picture.outcome, picture.cut), (Outcome::NoTextLayer, false));
        let large = absent.extract(Family::Pdf, "x", &mut io::empty(), INPUT_BYTES_MAX + 1).unwrap();
        assert_eq!((large.outcome, large.reason), (Outcome::Limit, Some(Reason::Size)));
    }

    #[test]
    fn one_that_hangs_ends_or_babbles_is_replaced_and_said() {
        let unit = r"printf 'U\010\000\000\000\002\000\000\000text'";
        let cases = [
            ("exec sleep 60", Outcome::Limit, Reason::Time, 0),
            ("head -c 113 >/dev/null; exec sleep 60", Outcome::Limit, Reason::Time, 0),
            ("exit 0", Outcome::Failed, Reason::Died, 0),
            ("head -c 100 >/dev/null; exit 70", Outcome::Failed, Reason::Panic, 0),
            ("head -c 100 >/dev/null; kill -ABRT $$", Outcome::Limit, Reason::Memory, 0),
            ("head -c 100 >/dev/null; kill -XCPU $$", Outcome::Limit, Reason::Processor, 0),
            ("head -c 100 >/dev/null; kill -KILL $$", Outcome::Failed, Reason::Died, 0),
            ("head -c 100 >/dev/null; printf 'what is this'; exec sleep 9", Outcome::Failed, Reason::Protocol, 0),
            (&format!("head -c 100 >/dev/null; {unit}; kill -ABRT $$"), Outcome::Limit, Reason::Memory, 1),
        ];
        for (body, outcome, reason, units) in cases {
            let (_folder, pool) = pool(&format!("{HELLO}; {body}"), 700);
            for round in 1..=2 {
                let extracted = ask(&pool);
                assert_eq!((extracted.outcome, extracted.reason), (outcome, Some(reason)), "{body}");
                assert!(extracted.cut && extracted.units.len() >= units, "{body}");
                assert_eq!((pool.waiting().len(), pool.started()), (0, round), "{body}");
            }
        }
    }

    #[test]
    fn one_that_never_ends_meets_the_bound_that_comes_first() {
        let unit = r"printf 'U\010\000\000\000\002\000\000\000text'";
        let (_folder, pool) = pool(&format!("{HELLO}; head -c 100 >/dev/null; while :; do {unit}; done"), 700);
        let extracted = ask(&pool);
        assert_eq!(extracted.outcome, Outcome::Limit);
        // Which of them depends on the machine.
        assert!(matches!(extracted.reason, Some(Reason::Time | Reason::Output)), "{:?}", extracted.reason);
        assert!(extracted.cut && !extracted.units.is_empty() && pool.waiting().is_empty());
    }

    #[test]
    fn one_that_babbles_fast_is_stopped_at_the_bounds() {
        let member = r"printf 'M\007\000\000\000text\000\000a'";
        let body = format!("{HELLO}; head -c 100 >/dev/null; i=0; while :; do {member}; done");
        let (_folder, pool) = pool(&body, 60_000);
        let extracted = ask(&pool);
        assert_eq!((extracted.outcome, extracted.reason), (Outcome::Limit, Some(Reason::Output)));
        assert_eq!(extracted.members.len(), MEMBERS_MAX);
    }

    #[test]
    fn a_source_that_fails_is_no_fault_of_the_document_and_a_slow_one_is_waited_for() {
        struct Source(u32);
        impl Read for Source {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 => {
                        std::thread::sleep(Duration::from_millis(900));
                        to[0] = 1;
                        Ok(1)
                    }
                    _ => Err(io::Error::other("the disk is gone")),
                }
            }
        }
        let (_folder, pool) = pool(&format!("{HELLO}; exec sleep 60"), 400);
        let error = pool.extract(Family::Pdf, "x.pdf", &mut Source(0), 100).unwrap_err();
        assert_eq!((error.code, error.subject.as_str()), (ErrorCode::StoIo, "x.pdf"));
        let error = pool.extract(Family::Pdf, "x.pdf", &mut [1u8; 5].as_slice(), 100).unwrap_err();
        assert_eq!(error.code, ErrorCode::StoChanged);
        assert!(pool.waiting().is_empty());
    }

    #[test]
    fn who_comes_when_all_are_at_work_waits() {
        // 13 bytes announce the 100 of the document.
        let end = r"printf 'E\013\000\000\000text\000\0000\000x/1'";
        let (_folder, pool) = pool(&format!("{HELLO}; while :; do head -c 113 >/dev/null; {end}; done"), 5_000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!((ask(&pool).outcome, ask(&pool).extractor.as_str()), (Outcome::Text, "x/1")));
            }
        });
        assert_eq!(pool.confinement().unwrap(), "level");
        assert_eq!((pool.waiting().len(), pool.started()), (1, 1));
    }
}
