//! The local socket: commands of other processes of this machine run beside the service, in it.
//!
//! A client sends its arguments; the service runs the command with the archive that it has open, and what it prints
//! goes back as it comes. A command that must have the archive to itself is lent it instead: the service closes the
//! archive, the client does the work in its own process, and when it has gone the archive is opened again.
//!
//! Who may: the account of the operating system that the service runs under, and root, as the kernel says of the other
//! end (`SO_PEERCRED`). Both can read the key folder anyway (docs/threat-model.md); the acts are theirs, by their own
//! number. The socket lies in the folder of the archive, which nobody else may enter.
//!
//! | frame | bytes |
//! |---|---|
//! | request | length u32 BE, JSON of [`Request`] |
//! | anything the client sends later, or its end | stop: what is begun is finished, nothing more is begun |
//! | reply | [`Tag`] u8, length u32 BE, bytes |
//!
//! A crash leaves a socket that nobody listens on; the next service replaces it.

use crate::archive::Slot;
use crate::error::{Error, ErrorCode, Exit};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The folder of the socket in the archive's, and its name in it.
const STATE: &str = "state";
const SOCKET: &str = "socket";
/// Bytes of a request. Own bound: what Linux admits for arguments is 2 MiB, and a command line of a person is short.
const REQUEST_BYTES_MAX: u32 = 4 * 1024 * 1024;
/// How long a client may take to say what it wants.
const REQUEST: Duration = Duration::from_secs(10);
/// How long a client may read nothing.
const STALLED: Duration = Duration::from_secs(60);
/// How often the sign to stop is looked for.
const STEP: Duration = Duration::from_millis(100);
/// Commands at a time. Own bound: local commands are typed by people and started by timers.
const COMMANDS_MAX: usize = 16;

/// What a client wants.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The client's version with the digest of its source: another program is not served.
    pub(crate) version: String,
    /// Its arguments with the name of the program, each as hexadecimal bytes.
    pub(crate) args: Vec<String>,
    /// Its working folder, as hexadecimal bytes.
    pub(crate) cwd: String,
    /// The language of texts.
    pub(crate) lang: String,
    /// Whether it must have the archive to itself.
    pub(crate) alone: bool,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// A part of the result.
    Out = 1,
    /// A part of the talk.
    Err = 2,
    /// The command has ended; one byte, its exit code.
    Exit = 3,
    /// The archive is lent until the client ends.
    Lent = 4,
    /// It is not served: `code`, a space, and what is wrong.
    Refused = 5,
}

impl Tag {
    fn of(byte: u8) -> Option<Self> {
        [Self::Out, Self::Err, Self::Exit, Self::Lent, Self::Refused].into_iter().find(|tag| *tag as u8 == byte)
    }
}

/// A client whose command is to be run.
pub(crate) struct Caller {
    /// What it wants.
    pub(crate) request: Request,
    /// The user at the other end.
    pub(crate) uid: u32,
    /// Set when it wants no more.
    pub(crate) stop: &'static AtomicBool,
    /// Where its words go.
    pub(crate) stream: UnixStream,
}

/// Runs the command of a client and gives its exit code.
pub(crate) type Run = dyn Fn(&Arc<Slot>, Caller) -> u8 + Send + Sync;

/// Writes one reply.
pub(crate) fn reply(stream: &mut UnixStream, tag: Tag, bytes: &[u8]) -> io::Result<()> {
    let len = u32::try_from(bytes.len()).map_err(|_| io::Error::other("a reply is shorter than 4 GiB"))?;
    let mut frame = Vec::with_capacity(bytes.len() + 5);
    frame.push(tag as u8);
    frame.extend_from_slice(&len.to_be_bytes());
    frame.extend_from_slice(bytes);
    stream.write_all(&frame)
}

/// Reads one reply.
pub(crate) fn read_reply(stream: &mut impl Read) -> io::Result<(Tag, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let [tag, len @ ..] = head;
    let unknown = || io::Error::new(io::ErrorKind::InvalidData, "an unknown reply");
    let tag = Tag::of(tag).ok_or_else(unknown)?;
    let mut bytes = Vec::new();
    let len = u64::from(u32::from_be_bytes(len));
    stream.take(len).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == len { Ok((tag, bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Connects to the service of the archive in `folder`; none when there is none.
pub(crate) fn connect(folder: &Path, request: &Request) -> io::Result<Option<UnixStream>> {
    let Ok(state) = File::open(folder.join(STATE)) else { return Ok(None) };
    let mut stream = match UnixStream::connect(socket_in(&state)) {
        Ok(stream) => stream,
        // A folder that this user may not enter, no socket, or one that nobody listens on.
        Err(_) => return Ok(None),
    };
    let text = serde_json::to_vec(request).map_err(io::Error::other)?;
    let len = u32::try_from(text.len()).ok().filter(|len| *len <= REQUEST_BYTES_MAX);
    let len = len.ok_or_else(|| io::Error::other("too many arguments"))?;
    stream.write_all(&len.to_be_bytes())?;
    stream.write_all(&text)?;
    Ok(Some(stream))
}

/// The path of the socket through an opened folder: the name of a socket has at most 107 bytes, that of a folder more.
fn socket_in(state: &File) -> String {
    format!("/proc/self/fd/{}/{SOCKET}", state.as_raw_fd())
}

/// The flags of commands that run: a command may look at its flag as long as the process is there.
static STOPS: [AtomicBool; COMMANDS_MAX] = [const { AtomicBool::new(false) }; COMMANDS_MAX];
static TAKEN: Mutex<[bool; COMMANDS_MAX]> = Mutex::new([false; COMMANDS_MAX]);

/// One of the flags, for one command.
struct Flag(usize);

impl Flag {
    fn take() -> Option<Self> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let free = taken.iter().position(|taken| !taken)?;
        taken[free] = true;
        STOPS[free].store(false, Ordering::SeqCst);
        Some(Self(free))
    }

    fn flag(&self) -> &'static AtomicBool {
        &STOPS[self.0]
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        TAKEN.lock().unwrap_or_else(PoisonError::into_inner)[self.0] = false;
    }
}

/// The local socket of a service.
pub(crate) struct LocalSocket {
    state: File,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl LocalSocket {
    /// Begins to listen in the folder of the archive, which this process holds.
    pub(crate) fn listen(slot: &Arc<Slot>, version: &'static str, run: Arc<Run>) -> Result<Self, Error> {
        let failed = |e: io::Error| Error::caused(ErrorCode::SrvListen, "state/socket", e);
        let state = File::open(slot.folder().join(STATE)).map_err(failed)?;
        let own = rustix::process::geteuid().as_raw();
        let path = socket_in(&state);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(failed)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let ending = Arc::new(AtomicBool::new(false));
        let (slot, stop) = (slot.clone(), ending.clone());
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                let Ok((stream, _)) = listener.accept() else {
                    std::thread::sleep(STEP / 4);
                    continue;
                };
                let uid = rustix::net::sockopt::socket_peercred(&stream).map(|peer| peer.uid.as_raw());
                if !uid.is_ok_and(|uid| uid == own || uid == 0) {
                    continue;
                }
                let (slot, run, uid) = (slot.clone(), run.clone(), uid.unwrap_or(own));
                // Without a thread for it the client is told by the end of its connection.
                let _ = std::thread::Builder::new().spawn(move || {
                    // Who goes away in the middle is no fault of the service.
                    let _ = converse(&slot, stream, uid, version, run.as_ref());
                });
            }
        });
        Ok(Self { state, ending, thread: Some(thread) })
    }

    /// Takes no more commands, and tells those that run to stop.
    pub(crate) fn end(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        // Without the socket a client opens the archive itself, once the service has let go of it.
        let _ = std::fs::remove_file(socket_in(&self.state));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        STOPS.iter().for_each(|flag| flag.store(true, Ordering::SeqCst));
    }
}

impl Drop for LocalSocket {
    fn drop(&mut self) {
        self.stop();
    }
}

fn converse(slot: &Arc<Slot>, mut stream: UnixStream, uid: u32, version: &str, run: &Run) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(REQUEST))?;
    let mut len = [0; 4];
    stream.read_exact(&mut len)?;
    let len = u32::from_be_bytes(len);
    if len > REQUEST_BYTES_MAX {
        return Ok(());
    }
    let mut text = vec![0; len as usize];
    stream.read_exact(&mut text)?;
    let request: Request = serde_json::from_slice(&text).map_err(io::Error::other)?;
    stream.set_read_timeout(None)?;
    // A client reads on whatever becomes of its output; one that does not for this long is not there any more.
    stream.set_write_timeout(Some(STALLED))?;
    let refuse = |stream: &mut UnixStream, code: ErrorCode, what: &str| {
        reply(stream, Tag::Refused, format!("{code} {what}").as_bytes())
    };
    if request.version != version {
        let what = format!("the service is {}", version.replace('\n', ", "));
        return refuse(&mut stream, ErrorCode::SrvVersion, &what);
    }
    if request.alone {
        return match slot.alone() {
            Err(e) => refuse(&mut stream, e.code, &e.what),
            Ok(lent) => {
                reply(&mut stream, Tag::Lent, &[])?;
                // Until the client ends, however it does.
                let _ = stream.read(&mut [0]);
                drop(lent);
                Ok(())
            }
        };
    }
    let Some(flag) = Flag::take() else {
        return refuse(&mut stream, ErrorCode::ArcHeld, "as many commands run as may");
    };
    let (stop, mut listening) = (flag.flag(), stream.try_clone()?);
    let ended = Arc::new(AtomicBool::new(false));
    let has_ended = ended.clone();
    let listener = std::thread::spawn(move || {
        // A word or its end: either way the client wants no more.
        let _ = listening.read(&mut [0]);
        if !has_ended.load(Ordering::SeqCst) {
            stop.store(true, Ordering::SeqCst);
        }
    });
    let caller = Caller { request, uid, stop, stream: stream.try_clone()? };
    // A fault in one command is not the service's: its client is told, and the flag goes back.
    let exit = catch_unwind(AssertUnwindSafe(|| run(slot, caller))).unwrap_or(Exit::Configuration as u8);
    ended.store(true, Ordering::SeqCst);
    let told = reply(&mut stream, Tag::Exit, &[exit]);
    let _ = stream.shutdown(std::net::Shutdown::Both);
    let _ = listener.join();
    drop(flag);
    told
}
