//! `muragat serve`: keeps the archive open, answers over HTTP, and runs the commands of others beside it.
//!
//! It ends with Ctrl-C or SIGTERM: what was begun is finished, and the archive is closed.

use super::{Common, VERSION, relay, stop_flag};
use crate::api::local::LocalSocket;
use crate::archive::Slot;
use crate::clock::SystemClock;
use crate::error::{Error, Exit};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Arguments of `serve`.
#[derive(clap::Args)]
pub(super) struct Serve {}

impl Serve {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let stop = stop_flag();
        let slot = Arc::new(Slot::open(common.folder()?, Arc::new(SystemClock))?);
        let socket = LocalSocket::listen(&slot, VERSION, Arc::new(relay::run_for))?;
        while !stop.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(100));
        }
        socket.end();
        slot.close()?;
        Ok(Exit::Ok)
    }
}
