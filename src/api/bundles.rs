//! `/api/v1/inquiries/{id}/bundles`: what a court gets, made and given out; the bytes are those of `inquiry bundle`.
//!
//! Making one commits to it: readings and the act are in the journal before anything is said. Nothing of its bytes is
//! kept. They are made again from the archive for each who fetches them, of the same act under the same size of the
//! journal, into the spool, sealed under a key that only the process has; so digest and length are known before the
//! first byte leaves, and who reads slowly keeps the archive from nobody.
//!
//! Invariants
//!   - Who makes or fetches one works on its inquiry and reaches every record in it, at that time.
//!   - Of each record the reading under the inquiry is durable before a byte leaves, at every fetching.
//!
//! What a crash leaves: readings, or a bundle that was committed and is fetched by its entry, which the inquiry shows;
//! in the spool ciphertext without a key, which goes when the archive is opened.

use super::body::read_json;
use super::caller::{Caller, Of, Params, id};
use super::describe::{InquiryBundle, InquiryBundleOrJob, InquiryBundling};
use super::once::{Answer, key_of, once, response};
use super::part::{Part, Thing};
use super::problem::Problem;
use super::reach::working;
use super::service::{Ask, Service, target};
use super::work::{self, wants_job};
use crate::access::Reader;
use crate::access::rights::{Action, DENY_DEFAULT};
use crate::config::Readings;
use crate::error::{Error, ErrorCode};
use crate::inquiry::bundle::make::{self, Under};
use crate::inquiry::desk::{self, Inquiry};
use crate::model::digest::Sha256Writer;
use crate::model::id::RecordId;
use crate::store::spool::Spooled;
use crate::view;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes that are given to a connection at once.
const PIECE_BYTES: usize = 1024 * 1024;
/// How long a reader may take nothing.
const STALLED: Duration = Duration::from_secs(60);
/// How long the whole of a bundle may take, and how much more for each MiB: 16 KiB/s is a bad line.
const WHOLE: Duration = Duration::from_secs(60);
const WHOLE_PER_MIB: Duration = Duration::from_secs(64);
/// How often it is looked whether the medium has room.
const LOOK_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(make)).routes(routes!(content))
}

/// What goes into a bundle.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundling {
    #[serde(default)]
    records: Vec<String>,
    readings: Option<String>,
}

/// Makes a bundle of records of an inquiry: commits to it, and says where it is fetched.
#[utoipa::path(post, path = "/api/v1/inquiries/{inquiry_id}/bundles", tag = "inquiries",
    params(
        ("inquiry_id" = String, Path, description = "Id of the inquiry"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    request_body(content = InquiryBundling, content_type = "application/json"),
    responses(
        (status = 201, description = "Committed and durable", body = InquiryBundle),
        (status = 202, description = "A job was begun", body = InquiryBundleOrJob),
    ))]
async fn make(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let bundling: Bundling = read_json(&headers, &body)?;
    let (key, is_async) = (key_of(&headers), wants_job(&headers));
    let answer = service
        .ask(caller, move |ask| {
            let parts: [&[u8]; 4] = [b"inquiry.bundle", &[u8::from(is_async)], text.as_bytes(), &body];
            once(ask, key.as_deref(), &parts, || {
                let going = Going::new(ask, &text, &bundling)?;
                let place = place(ask)?;
                if !is_async {
                    return going.make(ask);
                }
                let (text, bundling) = (text.clone(), bundling.clone());
                work::begin(ask, "bundle", move |ask| {
                    let _place = place;
                    Going::new(&ask, &text, &bundling)?.make(&ask)
                })
            })
        })
        .await?;
    Ok(response(answer))
}

/// A bundle that is to be made, with everything asked that can be refused.
struct Going {
    inquiry: Inquiry,
    records: BTreeSet<RecordId>,
    readings: Readings,
    rule: &'static str,
}

impl Going {
    fn new(ask: &Ask, text: &str, bundling: &Bundling) -> Result<Self, Problem> {
        let inquiry = working(ask, text)?;
        ask.list(Action::BundleMake)?;
        let word =
            |word: &String| Readings::parse(word).ok_or_else(|| Problem::request("readings", "own, all or count"));
        let readings = bundling.readings.as_ref().map(word).transpose()?;
        let readings = readings.unwrap_or(ask.archive.config().inquiries.readings);
        let mut records = BTreeSet::new();
        for text in &bundling.records {
            let id = id(text)?;
            ask.record(id, Action::BundleMake)?;
            records.insert(id);
        }
        if records.is_empty() {
            records = make::under(&ask.archive, &inquiry)?;
        }
        if records.is_empty() {
            return Err(Error::new(ErrorCode::InqNothing, inquiry.id.to_string(), "no record is under it").into());
        }
        let rule = reaches(ask, &records)?;
        Ok(Self { inquiry, records, readings, rule })
    }

    fn make(&self, ask: &Ask) -> Result<Answer, Problem> {
        let (archive, id, actor) = (&ask.archive, self.inquiry.id, ask.principal.actor);
        let reader = Reader::under_inquiry(actor, self.rule, ask.caller.purpose.as_deref());
        let (entry, _) = make::commit(archive, id, &self.records, self.readings, reader)?;
        ask.wait_index()?;
        let size = make::settle(archive, &desk::find(archive, id)?, entry, actor)?;
        // Written to nowhere: that it can be is known before anybody is told, and so are its length and digest.
        let mut out = Measured { next: u64::MAX, ..Measured::new(&ask.service, io::sink()) };
        let written = make::write_of(archive, id, entry, Under::Size(size), reader, &mut out)?;
        let content = format!("/api/v1/inquiries/{id}/bundles/{entry}/content");
        let mut value = view::bundled(id, &written);
        value["content"] = content.as_str().into();
        value["bytes"] = out.len.into();
        value["sha256"] = out.hasher.finish().to_string().into();
        Ok(Answer { status: StatusCode::CREATED, location: Some(content), body: value.to_string() })
    }
}

/// A place among the bundles that are made or given out.
fn place(ask: &Ask) -> Result<OwnedSemaphorePermit, Problem> {
    let busy = || Problem::new(ErrorCode::SrvBusy, "bundle", "as many bundles are made as may");
    ask.service.bundles.clone().try_acquire_owned().map_err(|_| busy())
}

/// By which rule the caller makes a bundle of these records; one that they do not reach is not named.
fn reaches(ask: &Ask, records: &BTreeSet<RecordId>) -> Result<&'static str, Problem> {
    let scope = ask.list(Action::BundleMake)?;
    let mut rule = DENY_DEFAULT;
    for record in records {
        let row = ask.index().record_by_id(*record)?.ok_or_else(|| ask.no_record(*record))?;
        let target = target(&row);
        let found = scope.rows_of(&target).next().map(|row| row.rule);
        rule = found.ok_or_else(|| ask.denied(Action::BundleMake, DENY_DEFAULT))?;
    }
    Ok(rule)
}

/// Under which checkpoint a bundle is given out.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentParams {
    /// Under the checkpoint of this size; that under which it was made when nothing is said.
    at_size: Option<u64>,
    /// Under the newest checkpoint that witnesses cosigned.
    cosigned: Option<bool>,
}

/// The bytes of a bundle, made again for the act and the size.
#[utoipa::path(get, path = "/api/v1/inquiries/{inquiry_id}/bundles/{bundle}/content", tag = "inquiries",
    params(
        ("inquiry_id" = String, Path, description = "Id of the inquiry"),
        ("bundle" = u64, Path, description = "The entry of the act that commits to it"),
        ContentParams,
        ("Range" = Option<String>, Header, description = "One range of bytes"),
        ("If-Range" = Option<String>, Header, description = "The range only if this is still its ETag"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "The bytes", content_type = "application/zip"),
        (status = 206, description = "The range", content_type = "application/zip"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of((text, bundle)): Of<(String, String)>,
    Params(params): Params<ContentParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request = caller.about.id.clone();
    let given = service.ask(caller, move |ask| give(ask, &text, &bundle, &params, &headers)).await?;
    let Given { part: Part { status, headers, range }, bytes, place } = given;
    let Some(range) = range else { return Ok((status, headers).into_response()) };
    let (to, from) = mpsc::channel::<io::Result<Bytes>>(1);
    tokio::spawn(async move {
        if let Err(e) = stream(bytes, range, &to).await {
            // The connection ends before its length; who still listens sees that, and so does the log.
            service.log(json!({"content": "cut", "request_id": request, "code": e.code.as_str()}));
            let _ = to.send(Err(io::Error::other(e.code.as_str()))).await;
        }
        drop(place);
    });
    Ok((status, headers, Body::from_stream(ReceiverStream::new(from))).into_response())
}

/// A bundle that was made, and what of it is given.
struct Given {
    part: Part,
    bytes: Spooled,
    place: OwnedSemaphorePermit,
}

fn give(ask: &Ask, text: &str, bundle: &str, params: &ContentParams, asked: &HeaderMap) -> Result<Given, Problem> {
    let inquiry = working(ask, text)?;
    ask.list(Action::BundleMake)?;
    let (archive, id, actor) = (&ask.archive, inquiry.id, ask.principal.actor);
    let none = || Error::new(ErrorCode::InqNoBundle, id.to_string(), "no such bundle of it");
    let entry = bundle.parse().ok().filter(|entry| inquiry.row.bundles.contains(entry)).ok_or_else(none)?;
    let rule = reaches(ask, &make::records_of(archive, entry)?.into_iter().collect())?;
    let under = match (params.at_size, params.cosigned) {
        (Some(_), Some(true)) => return Err(Problem::request("cosigned", "not together with at_size")),
        (Some(size), _) => Under::Size(size),
        (None, Some(true)) => Under::Cosigned,
        (None, _) => Under::Size(make::settle(archive, &inquiry, entry, actor)?),
    };
    let place = place(ask)?;
    let reader = Reader::under_inquiry(actor, rule, ask.caller.purpose.as_deref());
    let mut out = Measured::new(&ask.service, archive.spool().object());
    let written = make::write_of(archive, id, entry, under, reader, &mut out);
    let Measured { out: mut bytes, hasher, len, is_full, .. } = out;
    if is_full {
        return Err(Problem::new(ErrorCode::StoFull, "spool", "no room for the bundle"));
    }
    written?;
    bytes.finish().map_err(Problem::spool)?;
    let sha256 = hasher.finish();
    let name = format!("{id}-{entry}.zip");
    let thing = Thing { what: "bundle", name: &name, kind: "application/zip", len, sha256 };
    Ok(Given { part: thing.part(asked)?, bytes, place })
}

/// Gives a range of what is in the spool, piece by piece.
async fn stream(mut bytes: Spooled, range: Range<u64>, to: &mpsc::Sender<io::Result<Bytes>>) -> Result<(), Problem> {
    let gone = || Problem::new(ErrorCode::ArcOutput, "content", "the reader is gone or takes nothing");
    let mib = u32::try_from((range.end - range.start) >> 20).unwrap_or(u32::MAX);
    let end = Instant::now() + WHOLE + WHOLE_PER_MIB.saturating_mul(mib);
    let mut at = range.start;
    while at < range.end {
        let wanted = usize::try_from(range.end - at).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
        let read = spawn_blocking(move || {
            let mut piece = vec![0; wanted];
            bytes.seek(SeekFrom::Start(at)).and_then(|_| bytes.read_exact(&mut piece)).map(|()| (bytes, piece))
        });
        let read = read.await.map_err(|e| Problem::new(ErrorCode::SrvFailed, "content", e.to_string()))?;
        let (back, piece) = read.map_err(Problem::spool)?;
        bytes = back;
        at += piece.len() as u64;
        let until = end.min(Instant::now() + STALLED);
        timeout_at(until, to.send(Ok(Bytes::from(piece)))).await.map_err(|_| gone())?.map_err(|_| gone())?;
    }
    Ok(())
}

/// Something that is written, with its length and digest, as long as the medium has room.
struct Measured<W> {
    out: W,
    hasher: Sha256Writer,
    len: u64,
    service: Arc<Service>,
    /// The length at which it is looked for room next; what is written to nowhere needs none.
    next: u64,
    is_full: bool,
}

impl<W> Measured<W> {
    fn new(service: &Arc<Service>, out: W) -> Self {
        Self { out, hasher: Sha256Writer::default(), len: 0, service: service.clone(), next: 0, is_full: false }
    }
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.len >= self.next {
            self.next = self.len + LOOK_BYTES;
            if self.service.room(LOOK_BYTES).is_err() {
                self.is_full = true;
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        let count = self.out.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.len += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
