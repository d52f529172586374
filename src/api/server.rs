//! Listening: connections in bounds, and an end that loses nothing.
//!
//! Connections, the time of each handshake and head, and the size of each head are bounded. When the service is to end,
//! no connection is taken any more, requests that run are finished for a bounded time, and what takes longer is cut
//! off: what was answered is durable, what was not is cut at the next opening.
//!
//! With TLS ([`super::tls`]) the address of the service takes nothing else; without it, one that others than this
//! machine reach is for a proxy in front, and the log says so. The figures have an address of their own, without TLS.

use super::inbox::{self, watch};
use super::patience::Line;
use super::router::{Pages, metrics_router, router};
use super::service::Service;
use super::session::Peer;
use super::tls::{self, Tls, TlsFiles};
use crate::access::text::follow::follow;
use crate::archive::Slot;
use crate::error::{Error, ErrorCode};
use crate::extract::{Extractors, Settings};
use crate::text::Lang;
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connections at a time. Own bound: a desk of some hundred people with a few connections each.
const CONNECTIONS_MAX: usize = 1_024;
/// How long a head may take, and how long a connection may be silent between two requests.
const HEAD: Duration = Duration::from_secs(15);
/// Bytes of a head. Own bound: a token, a range and what a browser says about itself are some KiB.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How often the full text and the published journal look for what is new.
const READING: Duration = Duration::from_millis(500);
/// How often the sign to stop is looked for.
const STEP: Duration = Duration::from_millis(100);
/// How long requests that run are waited for at the end.
const ENDING: Duration = Duration::from_secs(30);

/// What a service listens to, and where its words go.
pub struct Options<'a> {
    /// The address of the service.
    pub listen: &'a str,
    /// The certificate of the service and its key; without TLS when none is given.
    pub tls: Option<TlsFiles>,
    /// The address of the figures; nowhere when none is given.
    pub metrics: Option<&'a str>,
    /// A drop folder of submissions.
    pub inbox: Option<PathBuf>,
    /// The pages for people.
    pub pages: Option<Pages>,
    /// The language of what is written in the drop folder.
    pub lang: Lang,
    /// Processes that take the text out of documents; with none, full text stays as it is.
    pub readers: usize,
    /// Set when it is to end.
    pub stop: &'static AtomicBool,
    /// Takes each line of the log.
    pub log: fn(&Value),
}

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Service,
    Figures,
}

/// What the log says of an address without TLS that others than this machine reach.
const OPEN_LINE: &str = "no TLS: what is sent can be read and changed on its way. Give --tls-cert and --tls-key, or \
                         let nobody reach this address but a proxy that has TLS";

/// A service that listens.
pub struct Server {
    runtime: Runtime,
    listeners: Vec<(TcpListener, Router, Kind)>,
    service: Arc<Service>,
    inbox: Option<(PathBuf, Lang)>,
    readers: usize,
}

impl Server {
    /// Begins to listen.
    pub fn bind(slot: Arc<Slot>, options: &Options<'_>) -> Result<Self, Error> {
        let failed = |at: &str, e: std::io::Error| Error::caused(ErrorCode::SrvListen, at, e);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|e| failed("runtime", e))?;
        // Who puts documents there must not wait for answers of nobody.
        options.inbox.as_deref().map_or(Ok(()), inbox::check)?;
        let mut service = Service::new(slot, options.stop, options.log)?;
        if let Some(files) = options.tls.clone() {
            service.tls = Some(Tls::load(files)?);
            service.metrics.with_tls();
        }
        let service = Arc::new(service);
        let wanted = [
            (Some(options.listen), router(service.clone(), options.pages), Kind::Service),
            (options.metrics, metrics_router(service.clone()), Kind::Figures),
        ];
        let mut listeners = Vec::new();
        for (at, router, kind) in wanted {
            let Some(at) = at else { continue };
            let listener = runtime.block_on(TcpListener::bind(at)).map_err(|e| failed(at, e))?;
            let is_open = listener.local_addr().is_ok_and(|at| !at.ip().to_canonical().is_loopback());
            if is_open && kind == Kind::Service && service.tls.is_none() {
                service.log(json!({"listen": at, "warning": OPEN_LINE}));
            }
            listeners.push((listener, router, kind));
        }
        let inbox = options.inbox.clone().map(|folder| (folder, options.lang));
        Ok(Self { runtime, listeners, service, inbox, readers: options.readers })
    }

    /// Where it listens: the service, and then the figures.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|(listener, ..)| listener.local_addr().ok()).collect()
    }

    /// Serves until it is to end.
    pub fn run(self) {
        let Self { runtime, listeners, service, inbox, readers } = self;
        let publishing = {
            let service = service.clone();
            std::thread::spawn(move || publish(&service))
        };
        let reading = (readers > 0).then(|| {
            let service = service.clone();
            std::thread::spawn(move || read_on(&service, readers))
        });
        let watching = inbox.map(|(folder, lang)| {
            let service = service.clone();
            std::thread::spawn(move || watch(&service, &folder, lang))
        });
        runtime.block_on(async {
            let mut accepting = JoinSet::new();
            accepting.spawn(tls::watch(service.clone()));
            for (listener, router, kind) in listeners {
                accepting.spawn(accept(listener, router, kind, service.clone()));
            }
            while accepting.join_next().await.is_some() {}
        });
        // What they have begun they end.
        for thread in [watching, reading, Some(publishing)].into_iter().flatten() {
            let _ = thread.join();
        }
        // Threads that wait for the archive are not waited for any longer: nobody listens to them.
        runtime.shutdown_timeout(STEP);
    }
}

/// Publishes what is committed, so that outsiders see it.
fn publish(service: &Service) {
    let mut known = None;
    while !service.is_ending() {
        std::thread::sleep(READING);
        let Some(archive) = service.slot.try_get() else { continue };
        let size = archive.head().size;
        // One that cannot be published now is published at the next try; the acts themselves are durable.
        if known != Some(size) && archive.settle().is_ok() {
            known = Some(size);
        }
    }
}

/// Keeps the full text up with the journal, behind everything else that is done.
fn read_on(service: &Service, readers: usize) {
    let extractors = Extractors::new(Settings { children: readers, ..Settings::default() });
    let mut known = None;
    while !service.is_ending() {
        std::thread::sleep(READING);
        // While somebody has the archive alone, the text can wait.
        let Some(archive) = service.slot.try_get() else { continue };
        let size = archive.index_meta().size;
        if known == Some(size) {
            continue;
        }
        // Whoever wants the archive alone does not wait for the text.
        let is_over = || service.is_ending() || service.slot.is_wanted();
        match follow(&archive, &extractors, readers, &is_over, &mut |_, _| {}) {
            Ok(followed) => known = Some(followed.watermark),
            Err(e) => {
                service.log(json!({"text": "failed", "code": e.code.as_str(), "what": e.what}));
                std::thread::sleep(READING * 10);
            }
        }
    }
}

async fn accept(listener: TcpListener, router: Router, kind: Kind, service: Arc<Service>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    while !service.is_ending() {
        while connections.try_join_next().is_some() {}
        let Ok(Ok(permit)) = timeout(STEP, permits.clone().acquire_owned()).await else { continue };
        match timeout(STEP, listener.accept()).await {
            Ok(Ok((stream, peer))) => {
                let (router, service) = (router.clone(), service.clone());
                // Small answers leave at once.
                let _ = stream.set_nodelay(true);
                let peer = Peer { is_here: peer.ip().to_canonical().is_loopback(), is_tls: false, certificate: None };
                connections.spawn(async move {
                    match service.tls.as_ref().filter(|_| kind == Kind::Service) {
                        Some(tls) => match tls.accept(stream).await {
                            Some((stream, certificate)) => {
                                let peer = Peer { is_tls: true, certificate, ..peer };
                                converse(stream, peer, router, &service).await;
                            }
                            None => service.metrics.broken_handshake(),
                        },
                        None => converse(stream, peer, router, &service).await,
                    }
                    drop(permit);
                });
            }
            // No more file handles, or a caller who left: both pass.
            Ok(Err(_)) => tokio::time::sleep(STEP).await,
            Err(_) => {}
        }
    }
    let _ = timeout(ENDING, async { while connections.join_next().await.is_some() {} }).await;
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, router: Router, service: &Service) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES_MAX);
    let router = TowerToHyperService::new(router);
    let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.call(request)
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(Line::new(stream)), answer));
    let mut is_ending = false;
    while timeout(STEP, connection.as_mut()).await.is_err() {
        if service.is_ending() && !is_ending {
            is_ending = true;
            connection.as_mut().graceful_shutdown();
        }
    }
}
