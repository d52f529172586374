//! The limited process: this program once more, with pipes and nothing else.
//!
//! Before it reads a byte it takes from itself what a reader of documents does not need: memory beyond
//! [`MEMORY_MAX`], core files, files that could be written, more than a few open ones; and by Landlock, where the
//! system has it, the whole file system, TCP and UDP, and signals to others. Landlock cannot be undone, the limits
//! could only be widened by a privileged process. Then it reads documents one behind the other, each in a thread with
//! a large stack and with a bound of processor time.
//!
//! Plaintext is in its memory only; it writes nothing, and a crash of it is an answer to the process that asked. It
//! does not limit real time: that does who asks.

use super::frame;
use super::read::read;
use super::sink::Sink;
use crate::model::format::Family;
use landlock::{ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::io::{self, BufWriter, Read, Stdout, Write};

/// The hidden subcommand that the process is started with.
pub const SUBCOMMAND: &str = "extract-child";
/// Exit code when a reader came upon a case it has no answer to.
pub(super) const EXIT_PANIC: i32 = 70;

/// Address space. Own bound: a document (128 MiB) twice, what it unpacks to (256 MiB) and the program itself.
pub const MEMORY_MAX: u64 = 1024 * 1024 * 1024;
/// Seconds of processor time for one document. Own bound: the slowest of 116 real and hostile ones took a tenth of one.
const CPU_S: u64 = 20;
/// Open files: the three that come with it, and some that libraries try.
const FILES_MAX: u64 = 16;
/// Stack of the thread that reads. Own bound: readers that recurse are bounded in depth for less.
const STACK_BYTES: usize = 16 * 1024 * 1024;
/// The newest Landlock that is asked for; an older system gives what it has.
const LANDLOCK: ABI = ABI::V10;

/// Serves documents from stdin until it ends.
///
/// # Errors
///
/// A limit cannot be set, nobody listens, or what came is no request: who asked sees the end of the process.
pub fn serve() -> io::Result<()> {
    let level = confine()?;
    answer_all(&level)
}

/// Takes from this process what it does not need. Says what the system confines it by.
fn confine() -> io::Result<String> {
    let both = |max| Rlimit { current: Some(max), maximum: Some(max) };
    setrlimit(Resource::As, both(MEMORY_MAX))?;
    setrlimit(Resource::Core, both(0))?;
    setrlimit(Resource::Fsize, both(0))?;
    setrlimit(Resource::Nofile, both(FILES_MAX))?;
    Ok(landlock())
}

/// No file, no TCP or UDP, no signals to others, as far as the system can deny them.
fn landlock() -> String {
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    let Ok(status) = restricted else { return "rlimits; landlock failed".to_owned() };
    let version = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => format!("landlock {}", effective_abi as i32),
        _ => "no landlock".to_owned(),
    };
    match status.ruleset {
        RulesetStatus::FullyEnforced => format!("rlimits; {version}"),
        RulesetStatus::PartiallyEnforced => format!("rlimits; {version}, in part"),
        RulesetStatus::NotEnforced => "rlimits; no landlock".to_owned(),
    }
}

fn answer_all(level: &str) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), BufWriter::with_capacity(64 * 1024, io::stdout()));
    frame::write_hello(&mut output, level)?;
    output.flush()?;
    while let Some((family, len)) = frame::read_request(&mut input)? {
        let mut bytes = Vec::with_capacity(usize::try_from(len).map_err(io::Error::other)?);
        if input.by_ref().take(len).read_to_end(&mut bytes)? as u64 != len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        allow_processor()?;
        let said = std::thread::scope(|scope| {
            let reading = std::thread::Builder::new().stack_size(STACK_BYTES);
            reading.spawn_scoped(scope, || answer(family, bytes, &mut output)).map(|thread| thread.join())
        })?;
        match said {
            Ok(said) => said?,
            Err(_panic) => {
                output.flush()?;
                std::process::exit(EXIT_PANIC);
            }
        }
    }
    Ok(())
}

/// Processor time for one more document, on top of what was used.
fn allow_processor() -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(used + 1 + CPU_S), maximum: None })?)
}

fn answer(family: Family, bytes: Vec<u8>, output: &mut BufWriter<Stdout>) -> io::Result<()> {
    let mut to = |piece: super::sink::Piece<'_>| frame::write_piece(output, piece);
    let mut sink = Sink::new(&mut to);
    let found = read(family, bytes, 0, &mut sink);
    let cut = sink.is_cut();
    frame::write_end(output, found.outcome, found.reason, cut, found.extractor)
}
