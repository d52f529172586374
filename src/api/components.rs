//! `/api/v1/records/{id}/components/{n}/content`: the bytes of a component, as they came.
//!
//! With `inquiry` a record is read under that inquiry, as `inquiry read` does: the entry names it, whatever the
//! category.
//!
//! `ETag` and `Repr-Digest` (RFC 9530) are the SHA-256 that was taken at acceptance. Small ones are checked whole
//! before their first byte leaves; large ones go out piece by piece, each checked, and one that is damaged ends the
//! connection before its promised length, so that nobody takes it for whole. One range is given at a time (RFC 9110
//! §14.2).

use super::caller::{Caller, Of, Params, id};
use super::part::{Part, Thing};
use super::problem::Problem;
use super::reach::working;
use super::service::{Ask, Service};
use crate::access::rights::Action;
use crate::access::{Opened, Reader};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::index::rows::ComponentRow;
use crate::inquiry::desk;
use crate::limits::CHUNK_BYTES;
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::id::{ActorId, RecordId};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What is read whole, and checked, before a byte of it leaves: a chunk of the store.
const WHOLE_BYTES_MAX: u64 = CHUNK_BYTES as u64;
/// Bytes that are read at once of what is larger: chunks of the store.
const PIECE_BYTES: u64 = 4 * CHUNK_BYTES as u64;
/// How long a reader may take nothing.
const STALLED: Duration = Duration::from_secs(60);

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(content))
}

/// Parameters of what is read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentParams {
    /// The inquiry under which it is read, which the journal then names.
    inquiry: Option<String>,
}

/// The bytes of a component; its number counts the components of the record from 0.
#[utoipa::path(get, path = "/api/v1/records/{record_id}/components/{number}/content", tag = "records",
    params(
        ("record_id" = String, Path, description = "Id of the record"),
        ("number" = u32, Path, description = "Which component, counted from 0 as the record lists them"),
        ContentParams,
        ("Range" = Option<String>, Header, description = "One range of bytes"),
        ("If-Range" = Option<String>, Header, description = "The range only if this is still its ETag"),
        ("If-Match" = Option<String>, Header, description = "Nothing, and 412, unless this is its ETag"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "The bytes", content_type = "application/octet-stream"),
        (status = 206, description = "The range", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of((record, number)): Of<(String, u32)>,
    Params(params): Params<ContentParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = caller.clone();
    let inquiry = params.inquiry;
    let given = service.ask(caller, move |ask| Given::new(ask, &record, number, inquiry.as_deref(), &headers)).await?;
    let Given { status, headers, first, rest, .. } = &given;
    let (status, headers) = (*status, headers.clone());
    let body = match rest.clone() {
        None => Body::from(first.clone()),
        Some(rest) => {
            let busy = || Problem::new(ErrorCode::SrvBusy, "content", "as many large components are given as may");
            let permit = service.streams.clone().try_acquire_owned().map_err(|_| busy())?;
            let (to, from) = mpsc::channel::<io::Result<Bytes>>(1);
            tokio::spawn(async move {
                if let Err(e) = stream(&service, &asked, &given, rest, &to).await {
                    // The connection ends before its length; who still listens sees that, and so does the log.
                    service.log(json!({"content": "cut", "request_id": asked.about.id, "code": e.code.as_str()}));
                    let _ = to.send(Err(io::Error::other(e.code.as_str()))).await;
                }
                drop(permit);
            });
            Body::from_stream(ReceiverStream::new(from))
        }
    };
    Ok((status, headers, body).into_response())
}

/// Gives a range piece by piece. Between two pieces nobody has the archive: who reads slowly keeps it from nobody.
async fn stream(
    service: &Arc<Service>,
    asked: &Caller,
    given: &Given,
    rest: Range<u64>,
    to: &mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), Problem> {
    let gone = || Problem::new(ErrorCode::ArcOutput, "content", "the reader is gone or takes nothing");
    let mut hasher = (rest == (0..given.len)).then(Sha256Writer::default);
    let mut at = rest.start;
    while at < rest.end {
        let piece = at..rest.end.min(at + PIECE_BYTES);
        at = piece.end;
        let (record, number, rule, purpose) = (given.record, given.number, given.rule, asked.purpose.clone());
        let (actor, inquiry) = (given.actor, given.inquiry);
        let slot = service.slot.clone();
        let bytes = spawn_blocking(move || {
            let archive = slot.get()?;
            // The entry of this reading stands already, or another one is written when it was long ago.
            let opened = opened(&archive, record, inquiry, actor, rule, purpose.as_deref())?;
            bytes_of(&opened, component(&opened.row.components, number)?, &piece)
        });
        let bytes = bytes.await.map_err(|e| Problem::new(ErrorCode::SrvFailed, "content", e.to_string()))??;
        if let Some(hasher) = &mut hasher {
            hasher.update(&bytes);
        }
        if at == rest.end
            && let Some(hasher) = hasher.take()
            && hasher.finish().0 != given.sha256
        {
            let what = "the bytes do not have the digest taken at acceptance";
            return Err(Problem::new(ErrorCode::StoChanged, "content", what));
        }
        let sent = timeout(STALLED, to.send(Ok(Bytes::from(bytes)))).await;
        sent.map_err(|_| gone())?.map_err(|_| gone())?;
    }
    Ok(())
}

fn bytes_of(opened: &Opened<'_>, component: &ComponentRow, range: &Range<u64>) -> Result<Vec<u8>, Error> {
    let len = range.end - range.start;
    let mut bytes = Vec::with_capacity(usize::try_from(len.min(PIECE_BYTES)).unwrap_or_default());
    let mut keep = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    if *range == (0..component.stored.plain_len) {
        opened.whole(component, &mut keep)?;
    } else {
        opened.range(component, range.start, range.end, &mut keep)?;
    }
    Ok(bytes)
}

/// What is given out, decided and begun.
struct Given {
    record: RecordId,
    /// The inquiry under which it is read.
    inquiry: Option<RecordId>,
    actor: ActorId,
    /// Length and digest of the whole component.
    len: u64,
    sha256: [u8; 32],
    number: u32,
    status: StatusCode,
    headers: HeaderMap,
    /// The bytes, when they are few.
    first: Vec<u8>,
    /// The rule by which it is given.
    rule: &'static str,
    /// The range to be streamed, when they are many.
    rest: Option<Range<u64>>,
}

/// Opens a record for somebody who may, the reading in the journal: under an inquiry, always.
fn opened<'a>(
    archive: &'a Archive,
    record: RecordId,
    inquiry: Option<RecordId>,
    actor: ActorId,
    rule: &str,
    purpose: Option<&str>,
) -> Result<Opened<'a>, Error> {
    match inquiry {
        Some(inquiry) => desk::read(archive, inquiry, record, Reader::under_inquiry(actor, rule, purpose)),
        None => crate::access::open(archive, record, Reader::asking(actor, rule, purpose)),
    }
}

fn component(components: &[ComponentRow], number: u32) -> Result<&ComponentRow, Error> {
    let none = || Error::new(ErrorCode::ArcNoComponent, number.to_string(), "no such component");
    usize::try_from(number).ok().and_then(|number| components.get(number)).ok_or_else(none)
}

impl Given {
    fn new(ask: &Ask, record: &str, number: u32, inquiry: Option<&str>, asked: &HeaderMap) -> Result<Self, Problem> {
        let record = id(record)?;
        let (row, decision) = ask.record(record, Action::ContentTake)?;
        let inquiry = inquiry.map(|text| working(ask, text)).transpose()?.map(|inquiry| inquiry.id);
        // Log first: of a restricted record not even the digest or the length leaves before the entry.
        let purpose = ask.caller.purpose.as_deref();
        let opened = opened(&ask.archive, record, inquiry, ask.principal.actor, decision.rule, purpose)?;
        let one = component(&row.components, number)?;
        let len = one.stored.plain_len;
        let sha256 = Sha256(one.sha256);
        let kind = "application/octet-stream";
        let part = Thing { what: "component", name: &one.path, kind, len, sha256 }.part(asked)?;
        let (rule, actor) = (decision.rule, ask.principal.actor);
        let Part { status, headers, range } = part;
        let (sha256, first) = (one.sha256, Vec::new());
        let mut given = Self { record, inquiry, actor, len, sha256, rule, number, status, headers, first, rest: None };
        let Some(range) = range else { return Ok(given) };
        if range.end - range.start <= WHOLE_BYTES_MAX {
            given.first = bytes_of(&opened, one, &range)?;
        } else {
            given.rest = Some(range);
        }
        Ok(given)
    }
}
