//! `/api/v1/records/{id}/components/{n}/content`: the bytes of a component, as they came.
//!
//! `ETag` and `Repr-Digest` (RFC 9530) are the SHA-256 that was taken at acceptance. Small ones are checked whole
//! before their first byte leaves; large ones go out piece by piece, each checked, and one that is damaged ends the
//! connection before its promised length, so that nobody takes it for whole. One range is given at a time (RFC 9110
//! §14.2).

use super::caller::{Caller, Of, id};
use super::problem::Problem;
use super::service::{Ask, Service};
use crate::access::rights::Action;
use crate::access::{Opened, Reader};
use crate::error::{Error, ErrorCode};
use crate::index::rows::ComponentRow;
use crate::limits::CHUNK_BYTES;
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::id::{ActorId, RecordId};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
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

/// The bytes of a component; its number counts the components of the record from 0.
#[utoipa::path(get, path = "/api/v1/records/{record_id}/components/{number}/content", tag = "records",
    params(
        ("record_id" = String, Path, description = "Id of the record"),
        ("number" = u32, Path, description = "Which component, counted from 0 as the record lists them"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
        ("If-Range" = Option<String>, Header, description = "The range only if this is still its ETag"),
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
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = caller.clone();
    let given = service.ask(caller, move |ask| Given::new(ask, &record, number, &headers)).await?;
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
        let actor = given.actor;
        let slot = service.slot.clone();
        let bytes = spawn_blocking(move || {
            let archive = slot.get()?;
            // The entry of this reading stands already, or another one is written when it was long ago.
            let opened = crate::access::open(&archive, record, Reader::asking(actor, rule, purpose.as_deref()))?;
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
    let mut bytes = Vec::new();
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

fn component(components: &[ComponentRow], number: u32) -> Result<&ComponentRow, Error> {
    let none = || Error::new(ErrorCode::ArcNoComponent, number.to_string(), "no such component");
    usize::try_from(number).ok().and_then(|number| components.get(number)).ok_or_else(none)
}

impl Given {
    fn new(ask: &Ask, record: &str, number: u32, asked: &HeaderMap) -> Result<Self, Problem> {
        let record = id(record)?;
        let (row, decision) = ask.record(record, Action::ContentTake)?;
        // Log first: of a restricted record not even the digest or the length leaves before the entry.
        let opened = ask.open(record, decision)?;
        let one = component(&row.components, number)?;
        let len = one.stored.plain_len;
        let tag = format!("\"{}\"", hex::encode(one.sha256));
        let mut headers = HeaderMap::new();
        let text = |text: &str| HeaderValue::from_str(text).map_err(|_| Problem::request("header", "not a header"));
        headers.insert(header::ETAG, text(&tag)?);
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        let rule = decision.rule;
        let actor = ask.principal.actor;
        let status = StatusCode::OK;
        let (sha256, first) = (one.sha256, Vec::new());
        let mut given = Self { record, actor, len, sha256, rule, number, status, headers, first, rest: None };
        if matches(asked, header::IF_NONE_MATCH, &tag) {
            given.status = StatusCode::NOT_MODIFIED;
            return Ok(given);
        }
        let wants_range = asked.get(header::IF_RANGE).is_none_or(|condition| condition.as_bytes() == tag.as_bytes());
        let range = match asked.get(header::RANGE).filter(|_| wants_range).map(|range| parse(range, len)) {
            None | Some(Ranges::Ignored) => 0..len,
            Some(Ranges::One(range)) => {
                given.status = StatusCode::PARTIAL_CONTENT;
                let said = format!("bytes {}-{}/{len}", range.start, range.end - 1);
                given.headers.insert(header::CONTENT_RANGE, text(&said)?);
                range
            }
            Some(Ranges::None) => {
                let what = format!("the component has {len} bytes");
                return Err(Problem::new(ErrorCode::SrvRange, "Range", what).of_length(len));
            }
        };
        let digest = format!("sha-256=:{}:", STANDARD.encode(one.sha256));
        given.headers.insert("repr-digest", text(&digest)?);
        given.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        given.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
        given.headers.insert(header::CONTENT_DISPOSITION, text(&disposition(&one.path, &Sha256(one.sha256)))?);
        // The strictest: what a sender made is never shown by a browser as a page of the archive.
        let policy = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");
        given.headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        if range.end - range.start <= WHOLE_BYTES_MAX {
            given.first = bytes_of(&opened, one, &range)?;
        } else {
            given.rest = Some(range);
        }
        Ok(given)
    }
}

/// Whether a list of entity tags has this one (RFC 9110 §13.1.2: weak comparison).
pub(super) fn matches(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
enum Ranges {
    /// One range that is there.
    One(Range<u64>),
    /// Another unit, or not understood: as if nothing was asked (RFC 9110 §14.2).
    Ignored,
    /// None that is there, or several.
    None,
}

fn parse(value: &HeaderValue, len: u64) -> Ranges {
    let Some(list) = value.to_str().ok().and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Ranges::Ignored;
    };
    if list.contains(',') {
        return Ranges::None;
    }
    let Some((first, last)) = list.trim().split_once('-') else { return Ranges::Ignored };
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // More digits than any length has are a large number.
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let range = match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Some(suffix) => len.saturating_sub(suffix)..len,
            None => return Ranges::Ignored,
        },
        (first, "") => match number(first) {
            Some(first) => first..len,
            None => return Ranges::Ignored,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(len),
            _ => return Ranges::Ignored,
        },
    };
    if range.start < range.end { Ranges::One(range) } else { Ranges::None }
}

/// RFC 6266 and 8187: a name for old clients, which is the digest, and the real one.
pub(super) fn disposition(path: &str, sha256: &Sha256) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{sha256}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let range = |text: &'static str, len| parse(&HeaderValue::from_static(text), len);
        for (text, wanted) in [
            ("bytes=0-0", Ranges::One(0..1)),
            ("bytes=5-", Ranges::One(5..10)),
            ("bytes=5-99", Ranges::One(5..10)),
            ("bytes=-3", Ranges::One(7..10)),
            ("bytes=-99", Ranges::One(0..10)),
            ("bytes=0-18446744073709551615", Ranges::One(0..10)),
            ("bytes=0-99999999999999999999999", Ranges::One(0..10)),
            ("bytes=10-", Ranges::None),
            ("bytes=-0", Ranges::None),
            ("bytes=0-1,3-4", Ranges::None),
            ("bytes=5-4", Ranges::Ignored),
            ("bytes=a-b", Ranges::Ignored),
            ("bytes=", Ranges::Ignored),
            ("bytes=+1-2", Ranges::Ignored),
            ("lines=0-1", Ranges::Ignored),
        ] {
            assert_eq!(range(text, 10), wanted, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), Ranges::None);
    }

    #[test]
    fn a_name_goes_into_a_header_whole_and_harmless() {
        let text = disposition("қосымша/a\"b\r\n.pdf", &Sha256([0xab; 32]));
        assert!(text.is_ascii() && !text.contains('\r') && !text.contains('\n'), "{text}");
        assert!(text.ends_with("filename*=UTF-8''a%22b%0D%0A.pdf"), "{text}");
        assert!(disposition("қ.txt", &Sha256([0; 32])).ends_with("%D2%9B.txt"));
    }

    #[test]
    fn entity_tags_are_compared() {
        let mut headers = HeaderMap::new();
        headers.append(header::IF_NONE_MATCH, HeaderValue::from_static("\"a\", W/\"b\""));
        let has = |tag| matches(&headers, header::IF_NONE_MATCH, tag);
        assert!(has("\"a\"") && has("\"b\"") && !has("\"c\""));
    }
}
