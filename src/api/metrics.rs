//! Figures of the service for Prometheus: base units, `_total` for counters, no person and no document in any label.
//!
//! Counted while the service runs; gauges are read when they are asked for. Nothing is kept.

use super::service::Service;
use crate::archive::Archive;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Upper bounds of the time of a request, in seconds: from a small record to a large upload.
const SECONDS: [f64; 11] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    outcome: &'static str,
    reason: String,
}

/// The figures of one service.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Route, Histogram>,
    documents: Family<Taken, Counter>,
    ingest: Histogram,
    jobs: Gauge,
    free: Gauge<f64, AtomicU64>,
    index_lag: Gauge,
    text_lag: Gauge,
    entries: Gauge,
    records: Gauge,
    tls_left: Gauge,
    tls_broken: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let requests: Family<Route, Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS.iter().copied()));
        let metrics = Self {
            registry: Registry::with_prefix("arch"),
            requests,
            documents: Family::default(),
            ingest: Histogram::new(SECONDS.iter().copied()),
            jobs: Gauge::default(),
            free: Gauge::default(),
            index_lag: Gauge::default(),
            text_lag: Gauge::default(),
            entries: Gauge::default(),
            records: Gauge::default(),
            tls_left: Gauge::default(),
            tls_broken: Counter::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    fn registered(mut self) -> Self {
        let to = &mut self.registry;
        to.register_with_unit("http_request_duration", "Time of requests", Unit::Seconds, self.requests.clone());
        to.register("ingest_documents", "Submissions by what became of them", self.documents.clone());
        to.register_with_unit("ingest_duration", "Time of submissions", Unit::Seconds, self.ingest.clone());
        to.register("jobs_pending", "Jobs that wait or run", self.jobs.clone());
        to.register_with_unit("storage_free", "Room on the medium of the archive", Unit::Bytes, self.free.clone());
        to.register("index_lag_entries", "Entries that the index does not have yet", self.index_lag.clone());
        to.register("text_lag_entries", "Entries that the full text does not have yet", self.text_lag.clone());
        to.register("journal_entries", "Entries of the journal", self.entries.clone());
        to.register("records", "Records in the index", self.records.clone());
        self
    }

    /// Adds what only a service with TLS has: without it, an end that is not there would be an alarm.
    pub(crate) fn with_tls(&mut self) {
        let (left, broken) = (self.tls_left.clone(), self.tls_broken.clone());
        self.registry.register_with_unit("tls_certificate_left", "Time until its end", Unit::Seconds, left);
        self.registry.register("tls_handshakes_broken", "Handshakes that came to nothing", broken);
    }

    /// Counts a handshake that came to nothing.
    pub(crate) fn broken_handshake(&self) {
        self.tls_broken.inc();
    }

    /// Counts a request.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let label = Route { method: known(method), route: route.to_owned(), status };
        self.requests.get_or_create(&label).observe(took.as_secs_f64());
    }

    /// Counts a submission; `reason` is the code of a refusal.
    pub(crate) fn submission(&self, outcome: &'static str, reason: &str, took: Duration) {
        self.documents.get_or_create(&Taken { outcome, reason: reason.to_owned() }).inc();
        self.ingest.observe(took.as_secs_f64());
    }

    /// The text of all figures. Without an opened archive those that ask it stay as they were.
    pub(crate) fn text(&self, service: &Service, archive: Option<&Archive>) -> String {
        if let Some(archive) = archive {
            let (head, meta) = (archive.head(), archive.index_meta());
            let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            self.index_lag.set(count(head.size.saturating_sub(meta.size)));
            self.text_lag.set(archive.text_lag().map_or(0, count));
            self.entries.set(count(head.size));
            self.records.set(meta.records.into());
        }
        if let Some(free) = service.free_bytes() {
            #[expect(clippy::cast_precision_loss, reason = "a gauge of bytes needs no last digit")]
            self.free.set(free as f64);
        }
        if let Some(tls) = &service.tls {
            self.tls_left.set(tls.left_s(service.slot.clock().now()));
        }
        self.jobs.set(i64::try_from(service.jobs.pending()).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A method as a label: strangers do not make new ones.
fn known(method: &str) -> String {
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    names.into_iter().find(|name| *name == method).unwrap_or("other").to_owned()
}
