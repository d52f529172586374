//! Where the words of a command go: to this process's own streams, or to a client of the service.
//!
//! A service runs the commands of other processes (`serve`), each on a thread of its own: what it prints there goes to
//! the client, and the sign to stop is the client's. A command prints on the thread it was called on, never on others.
//!
//! Nothing is kept; a client who has gone away is no reason to stop an act half-way.

use crate::error::Exit;
use std::cell::RefCell;
use std::fmt::Arguments;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// A stream of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// The result.
    Out,
    /// Talk.
    Err,
}

/// Takes what a command prints; gives false when nobody reads it any more.
pub(crate) type Sink = Box<dyn FnMut(Stream, &[u8]) -> bool>;

struct Client {
    sink: Sink,
    stop: &'static AtomicBool,
}

thread_local! {
    /// The client whose command runs on this thread.
    static CLIENT: RefCell<Option<Client>> = const { RefCell::new(None) };
}

/// Set when the result could not be written.
static OUTPUT_LOST: AtomicBool = AtomicBool::new(false);

/// Runs a command of a client on this thread.
pub(crate) fn serving<T>(sink: Sink, stop: &'static AtomicBool, command: impl FnOnce() -> T) -> T {
    CLIENT.with_borrow_mut(|client| *client = Some(Client { sink, stop }));
    let result = command();
    CLIENT.with_borrow_mut(|client| *client = None);
    result
}

/// Whether the command that runs on this thread is a client's.
pub(crate) fn is_serving() -> bool {
    CLIENT.with_borrow(Option::is_some)
}

fn to_client(stream: Stream, text: Arguments<'_>) -> bool {
    CLIENT.with_borrow_mut(|client| match client {
        Some(client) => {
            // Who has gone away reads nothing more.
            let _ = (client.sink)(stream, text.to_string().as_bytes());
            true
        }
        None => false,
    })
}

/// Writes to stdout. A reader who has gone away (`| head`) is no reason to stop an act half-way; a full disk is said at
/// the end.
pub(crate) fn emit(text: Arguments<'_>) {
    if to_client(Stream::Out, text) {
        return;
    }
    said(std::io::stdout().lock().write_fmt(text));
}

/// The same for bytes.
pub(crate) fn output(bytes: &[u8]) {
    said(write_bytes(bytes));
}

fn said(written: std::io::Result<()>) {
    if let Err(e) = written
        && e.kind() != std::io::ErrorKind::BrokenPipe
        && !OUTPUT_LOST.swap(true, Ordering::Relaxed)
    {
        eprintln!("stdout: {e}");
    }
}

/// Writes bytes to stdout as they are.
pub(crate) fn write_bytes(bytes: &[u8]) -> std::io::Result<()> {
    let served = CLIENT.with_borrow_mut(|client| client.as_mut().map(|client| (client.sink)(Stream::Out, bytes)));
    match served {
        None => std::io::stdout().lock().write_all(bytes),
        Some(true) => Ok(()),
        Some(false) => Err(std::io::ErrorKind::BrokenPipe.into()),
    }
}

/// Makes sure that what was written to stdout is there.
pub(crate) fn flush() -> std::io::Result<()> {
    if is_serving() { Ok(()) } else { std::io::stdout().lock().flush() }
}

/// Writes a line to stderr.
pub(crate) fn complain(text: Arguments<'_>) {
    if !to_client(Stream::Err, format_args!("{text}\n")) {
        eprintln!("{text}");
    }
}

/// Whether a result was lost because stdout could not be written.
pub(super) fn is_output_lost() -> bool {
    OUTPUT_LOST.load(Ordering::Relaxed)
}

/// What a service is told by signals: to end (Ctrl-C, SIGTERM, twice: at once), and to read its files again (SIGHUP).
/// One that has no files to read again ends by SIGHUP too, like every command.
pub(crate) fn service_flags(has_files: bool) -> std::io::Result<(&'static AtomicBool, &'static AtomicBool)> {
    static STOP: AtomicBool = AtomicBool::new(false);
    static AGAIN: AtomicBool = AtomicBool::new(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let [mut interrupt, mut terminate, mut hang_up] = {
        let _entered = runtime.enter();
        let [a, b, c] = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        [a?, b?, c?]
    };
    let stop = || {
        // What was acknowledged is durable, the rest is cut at the next open.
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.spawn(async move {
            while interrupt.recv().await.is_some() {
                stop();
            }
        });
        runtime.spawn(async move {
            while terminate.recv().await.is_some() {
                stop();
            }
        });
        runtime.block_on(async move {
            while hang_up.recv().await.is_some() {
                if has_files { AGAIN.store(true, Ordering::SeqCst) } else { stop() }
            }
        });
    })?;
    Ok((&STOP, &AGAIN))
}

/// Set by Ctrl-C and SIGTERM: what is begun is finished, nothing more is begun.
pub(crate) fn stop_flag() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    static ONCE: std::sync::Once = std::sync::Once::new();
    if let Some(stop) = CLIENT.with_borrow(|client| client.as_ref().map(|client| client.stop)) {
        return stop;
    }
    ONCE.call_once(|| {
        let handler = ctrlc::set_handler(|| {
            // A second signal means: at once. What was acknowledged is durable, the rest is cut at the next open.
            if STOP.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
        });
        if let Err(e) = handler {
            eprintln!("Ctrl-C: {e}");
        }
    });
    &STOP
}
