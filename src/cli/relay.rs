//! A command beside a service: its words are sent to the service that has the archive open, and come back from there.
//!
//! The client half ([`relay`]) runs in the process of the command; the service half ([`run_for`]) reads the same
//! arguments there and runs the same function, with names of files taken as the client meant them. A command that must
//! have the archive to itself runs in its own process while the service lends the archive.
//!
//! It keeps nothing and holds no rules.

use super::terminal::{Stream, complain, output, serving, stop_flag};
use super::{Cli, Common, Place, VERSION, run};
use crate::api::local::{Caller, Request, Tag, connect, read_reply, reply};
use crate::archive::Slot;
use crate::error::{Error, ErrorCode, Exit};
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Arg, CommandFactory, FromArgMatches, ValueHint};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How often the sign to stop is looked for while the service works.
const STEP: Duration = Duration::from_millis(200);

/// What became of a command that was offered to a service.
pub(super) enum Relayed {
    /// There is no service.
    Nobody,
    /// It ran in the service, with this exit code.
    Done(u8),
    /// The archive is this process's as long as this is there.
    Lent(Lease),
    /// The service does not run it.
    Failed(Error),
}

/// The archive is lent to this process until this is dropped.
pub(super) struct Lease {
    _stream: UnixStream,
}

/// A client of the service, in the service.
#[derive(Clone)]
pub(crate) struct Client {
    /// The archive that is open.
    pub(crate) slot: Arc<Slot>,
    /// The account that its acts are of.
    pub(crate) account: String,
    /// The folder that it works in.
    pub(crate) cwd: PathBuf,
}

/// Offers the command of this process to the service of its archive.
pub(super) fn relay(common: &Common, place: Place) -> Relayed {
    let Some(folder) = &common.archive else { return Relayed::Nobody };
    let request = Request {
        version: VERSION.to_owned(),
        args: std::env::args_os().map(|arg| hex::encode(arg.as_bytes())).collect(),
        cwd: hex::encode(std::env::current_dir().unwrap_or_default().as_os_str().as_bytes()),
        lang: crate::text::Lang::ALL.iter().find(|(_, lang)| *lang == common.lang).map_or("kk", |(n, _)| n).to_owned(),
        alone: place == Place::Alone,
    };
    let failed = |e: io::Error| Relayed::Failed(Error::caused(ErrorCode::ArcHeld, "state/socket", e));
    match connect(folder, &request) {
        Ok(None) => Relayed::Nobody,
        Ok(Some(stream)) => converse(stream).unwrap_or_else(failed),
        Err(e) => failed(e),
    }
}

fn converse(stream: UnixStream) -> io::Result<Relayed> {
    let stop = stop_flag();
    stream.set_read_timeout(Some(STEP))?;
    let mut patient = Patient { stream, stop, has_told: false };
    let (to, from) = channel();
    // Read on while somebody pages through the output: the command must not wait for a reader, holding the archive.
    let reading = std::thread::spawn(move || {
        loop {
            let reply = read_reply(&mut patient);
            let is_last = !matches!(reply, Ok((Tag::Out | Tag::Err, _)));
            if to.send(reply).is_err() || is_last {
                return patient.stream;
            }
        }
    });
    for reply in from {
        match reply? {
            (Tag::Out, bytes) => output(&bytes),
            (Tag::Err, bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                complain(format_args!("{}", text.strip_suffix('\n').unwrap_or(&text)));
            }
            (Tag::Exit, bytes) => return Ok(Relayed::Done(bytes.first().copied().unwrap_or(Exit::Temporary as u8))),
            (Tag::Lent, _) => {
                let gone = |_| io::Error::other("the reader of replies has ended");
                return Ok(Relayed::Lent(Lease { _stream: reading.join().map_err(gone)? }));
            }
            (Tag::Refused, bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let (code, what) = text.split_once(' ').unwrap_or((&text, ""));
                let code = ErrorCode::parse(code).unwrap_or(ErrorCode::ArcHeld);
                return Ok(Relayed::Failed(Error::new(code, "state/socket", what)));
            }
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// Reads from the service; when this process is told to stop, the service is told, and then finishes what it began.
struct Patient {
    stream: UnixStream,
    stop: &'static std::sync::atomic::AtomicBool,
    has_told: bool,
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if self.stop.load(Ordering::SeqCst) && !self.has_told {
                        self.has_told = true;
                        self.stream.write_all(&[0])?;
                    }
                }
                read => return read,
            }
        }
    }
}

/// Runs the command of a client in the service, and gives its exit code.
pub(super) fn run_for(slot: &Arc<Slot>, caller: Caller) -> u8 {
    let Caller { request, uid, stop, stream } = caller;
    let mut to = stream;
    let sink = Box::new(move |stream: Stream, bytes: &[u8]| {
        let tag = if stream == Stream::Out { Tag::Out } else { Tag::Err };
        reply(&mut to, tag, bytes).is_ok()
    });
    serving(sink, stop, || {
        let (cli, common) = match read(slot, &request, uid) {
            Ok(read) => read,
            Err(what) => {
                complain(format_args!("{what}"));
                return Exit::Usage as u8;
            }
        };
        let exit = match run(cli) {
            Ok(exit) => exit,
            Err(e) => {
                common.report_error(&e);
                if e.code == ErrorCode::IdxFailed {
                    slot.rebuild_index();
                }
                e.code.exit()
            }
        };
        exit as u8
    })
}

/// Reads the arguments of a client as its own process did.
fn read(slot: &Arc<Slot>, request: &Request, uid: u32) -> Result<(Cli, Common), String> {
    let bytes = |text: &String| hex::decode(text).map(OsString::from_vec).map_err(|e| e.to_string());
    let args: Vec<OsString> = request.args.iter().map(bytes).collect::<Result<_, _>>()?;
    let cwd = PathBuf::from(bytes(&request.cwd)?);
    let matches = there(Cli::command(), &cwd).try_get_matches_from(args).map_err(|e| e.to_string())?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|e| e.to_string())?;
    if cli.command.place() != Place::Service {
        return Err("this command does not run in the service".to_owned());
    }
    cli.common.archive = Some(slot.folder().to_owned());
    cli.common.lang = request.lang.parse()?;
    cli.common.client = Some(Client { slot: slot.clone(), account: format!("os-user:{uid}"), cwd });
    let common = cli.common.clone();
    Ok((cli, common))
}

/// The command line with every name of a file taken from the folder `cwd`.
fn there(command: clap::Command, cwd: &PathBuf) -> clap::Command {
    let absolute = |arg: Arg| {
        if arg.get_value_hint() != ValueHint::AnyPath {
            return arg;
        }
        let cwd = cwd.clone();
        arg.value_parser(PathBufValueParser::new().map(move |path| cwd.join(path)))
    };
    command.mut_args(absolute).mut_subcommands(|sub| there(sub, cwd))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that a client names without its folder must not be looked for in the folder of the service.
    #[test]
    fn every_argument_that_names_a_file_is_taken_from_the_folder_of_the_client() {
        fn check(command: &clap::Command, named: &mut usize) {
            for arg in command.get_arguments() {
                let is_path = arg.get_value_parser().type_id() == clap::builder::ValueParser::path_buf().type_id();
                assert_eq!(
                    is_path,
                    arg.get_value_hint() == ValueHint::AnyPath,
                    "{} {}",
                    command.get_name(),
                    arg.get_id()
                );
                *named += usize::from(is_path);
            }
            command.get_subcommands().for_each(|sub| check(sub, named));
        }
        let mut named = 0;
        check(&Cli::command(), &mut named);
        assert!(named > 50, "{named}");
        let command = there(Cli::command(), &PathBuf::from("/srv/client"));
        let args = ["muragat", "--archive", "a", "get", "ID", "-o", "out"];
        let cli = Cli::from_arg_matches(&command.try_get_matches_from(args).unwrap()).unwrap();
        assert_eq!(cli.common.archive.as_deref(), Some(std::path::Path::new("/srv/client/a")));
        let super::super::Command::Get(get) = cli.command else { panic!("another command") };
        assert_eq!(get.output.as_deref(), Some(std::path::Path::new("/srv/client/out")));
    }
}
