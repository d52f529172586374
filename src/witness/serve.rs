//! The witness over HTTP: `POST /add-checkpoint` and `GET /<origin hash>/checkpoint` (C2SP tlog-witness v1.0.0).
//!
//! Strangers may connect: connections, the time of each and every body are bounded, and nothing but the two questions
//! is answered. Whoever asks is not known and need not be: a request is worth what the log's signature in it is worth.
//! TLS is for a proxy in front. What a crash leaves, [`witness`](super) says; this keeps nothing.

use super::{Fork, Witness, WitnessError};
use crate::tlog::request::REQUEST_BYTES_MAX;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

/// Connections at a time. Own bound: a witness serves some logs that ask now and then.
const CONNECTIONS_MAX: usize = 256;
/// How long a connection may stay open, asking or not.
const CONNECTION: Duration = Duration::from_secs(300);
/// How long the head of a request may take, and then its body.
const REQUEST: Duration = Duration::from_secs(10);
/// How often the sign to stop is looked for.
const STEP: Duration = Duration::from_millis(100);
/// How long requests that were begun may take after it.
const STOPPING: Duration = Duration::from_secs(10);

/// Why it cannot serve.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve at {address}")]
pub struct ServeError {
    /// The address.
    pub address: String,
    /// The system's own error.
    #[source]
    pub source: io::Error,
}

/// Who is told what happens while a witness serves.
#[derive(Clone, Copy)]
pub struct Reports {
    /// That something failed inside.
    pub failed: fn(&WitnessError),
    /// That two notes of a log do not go together, once for each pair.
    pub forked: fn(&Fork),
}

/// A witness that listens.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
}

impl Server {
    /// Begins to listen at an address.
    pub fn bind(address: &str) -> Result<Self, ServeError> {
        let failed = |source| ServeError { address: address.to_owned(), source };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
        Ok(Self { runtime, listener })
    }

    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Serves until `stop` is set; what was begun is finished. `reports` are told what nobody outside is.
    pub fn run(self, witness: Arc<Witness>, stop: &'static AtomicBool, reports: Reports) {
        let Self { runtime, listener } = self;
        let router = router(Served { witness, reports });
        runtime.block_on(async {
            let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
            let mut connections = JoinSet::new();
            while !stop.load(Ordering::Relaxed) {
                while connections.try_join_next().is_some() {}
                let Ok(Ok(permit)) = timeout(STEP, permits.clone().acquire_owned()).await else { continue };
                match timeout(STEP, listener.accept()).await {
                    Ok(Ok((stream, _))) => {
                        let router = router.clone();
                        connections.spawn(async move {
                            converse(stream, router, stop).await;
                            drop(permit);
                        });
                    }
                    // No more file handles, or a caller who left: both pass.
                    Ok(Err(_)) => tokio::time::sleep(STEP).await,
                    Err(_) => {}
                }
            }
            // What takes longer is cut off with the runtime; a cosignature is kept before it is sent.
            let _ = timeout(STOPPING, async { while connections.join_next().await.is_some() {} }).await;
        });
    }
}

async fn converse(stream: TcpStream, router: Router, stop: &AtomicBool) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(REQUEST);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let mut is_ending = false;
    let mut left = CONNECTION;
    while timeout(STEP, connection.as_mut()).await.is_err() && !left.is_zero() {
        left = left.saturating_sub(STEP);
        if stop.load(Ordering::Relaxed) && !is_ending {
            is_ending = true;
            connection.as_mut().graceful_shutdown();
        }
    }
}

#[derive(Clone)]
struct Served {
    witness: Arc<Witness>,
    reports: Reports,
}

impl Served {
    /// Asks the witness elsewhere, so that others are answered while the medium is waited for. What fails inside is
    /// nobody's business outside.
    async fn ask<T: Send + 'static>(
        self,
        question: impl FnOnce(&Witness) -> Result<T, WitnessError> + Send + 'static,
    ) -> Result<T, StatusCode> {
        let answer = spawn_blocking(move || question(&self.witness).inspect_err(self.reports.failed)).await;
        answer.ok().and_then(Result::ok).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

fn router(served: Served) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin_hash}/checkpoint", get(checkpoint))
        .with_state(served)
}

async fn add_checkpoint(State(served): State<Served>, request: Request) -> Result<Response, StatusCode> {
    let body = match timeout(REQUEST, to_bytes(request.into_body(), REQUEST_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
    };
    let forked = served.reports.forked;
    let (reply, fork) = served.ask(move |witness| witness.answer(&body)).await?;
    fork.iter().for_each(forked);
    let status = StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, [(header::CONTENT_TYPE, reply.content_type())], reply.body()).into_response())
}

async fn checkpoint(State(served): State<Served>, Path(origin_hash): Path<String>) -> Result<Response, StatusCode> {
    let note = served.ask(move |witness| witness.checkpoint(&origin_hash)).await?.ok_or(StatusCode::NOT_FOUND)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from(note)).into_response())
}
