//! `muragat serve`: keeps the archive open, answers over HTTP, and runs the commands of others beside it.
//!
//! It ends with Ctrl-C or SIGTERM: what was begun is finished, and the archive is closed. SIGHUP makes it read its
//! certificate and key again. Its log is one JSON document a line on stderr.

use super::terminal::service_flags;
use super::{Common, VERSION, relay};
use crate::api::local::LocalSocket;
use crate::api::{Options, Server, TlsFiles};
use crate::archive::Slot;
use crate::clock::SystemClock;
use crate::error::{Error, ErrorCode, Exit};
use crate::text::{Text, text};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `serve`.
#[derive(clap::Args)]
pub(super) struct Serve {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = ADDRESS)]
    listen: String,
    /// The certificate of the service and those of its issuers, PEM: then it is served over TLS, and SIGHUP reads both
    /// files again.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, PEM, which nobody else on the machine can read.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Where to give out figures for Prometheus; nowhere when not given.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
    /// Processes that take the text out of new documents, for the full-text search; 0: none.
    #[arg(long, value_name = "N", default_value_t = 1)]
    readers: usize,
    /// A folder in which another system puts submissions; the answers are put beside them.
    #[arg(long, value_name = "DIR")]
    inbox: Option<PathBuf>,
}

/// Where a service listens when nothing else is said.
pub(super) const ADDRESS: &str = "127.0.0.1:7370";

const LISTENS: Text = text("Қызмет көрсетіп тұр", "Служба работает", "Serving");
const ENDED: Text = text("Қызмет тоқтады", "Служба остановлена", "The service has ended");

impl Serve {
    /// Listens there, with everything else as it is without options.
    pub(super) fn at(listen: String) -> Self {
        Self { listen, tls_cert: None, tls_key: None, metrics: None, readers: 1, inbox: None }
    }

    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        self.run_in(common.folder()?, common)
    }

    pub(super) fn run_in(self, folder: &Path, common: &Common) -> Result<Exit, Error> {
        let lang = common.lang();
        let files = self.tls_cert.clone().zip(self.tls_key.clone());
        let (stop, again) =
            service_flags(files.is_some()).map_err(|e| Error::caused(ErrorCode::SrvListen, "signals", e))?;
        let tls = files.map(|(certificate, key)| TlsFiles { certificate, key, again });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let slot = Arc::new(Slot::open(folder, Arc::new(SystemClock))?);
        // In one piece, for stderr has no buffer. A log that nobody reads any more is no reason to stop.
        let log = |line: &serde_json::Value| drop(std::io::stderr().lock().write_all(format!("{line}\n").as_bytes()));
        let options = Options {
            listen: &self.listen,
            tls,
            metrics: self.metrics.as_deref(),
            inbox: self.inbox.clone(),
            pages: Some(crate::web::pages()),
            lang,
            readers: self.readers,
            stop,
            log,
        };
        let server = Server::bind(slot.clone(), &options)?;
        let socket = LocalSocket::listen(&slot, VERSION, Arc::new(relay::run_for))?;
        let addresses = server.addresses();
        if common.json() {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            common.print_json(&json!({"status": "serving", "addresses": addresses}));
        } else {
            // The second one is that of the figures.
            for (address, scheme) in addresses.into_iter().zip([scheme, "http"]) {
                out!("{}: {scheme}://{address}", LISTENS.get(common.lang()));
            }
        }
        server.run();
        socket.end();
        slot.close()?;
        common.say(ENDED.get(common.lang()));
        Ok(Exit::Ok)
    }
}
