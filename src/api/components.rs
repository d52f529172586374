//! `/api/v1/records/{id}/components/{n}/content`: the bytes of a component, as they came.
//!
//! `ETag` and `Repr-Digest` (RFC 9530) are the SHA-256 that was taken at acceptance. Small ones are checked whole before
//! their first byte leaves; large ones go out chunk by chunk, each checked, and one that is damaged ends the connection
//! before its promised length, so that nobody takes it for whole. One range is given at a time (RFC 9110 §14.2).

use super::caller::{Caller, Of, id};
use super::problem::Problem;
use super::service::{Ask, Service};
use crate::access::Reader;
use crate::access::rights::Action;
use crate::error::ErrorCode;
use crate::index::rows::ComponentRow;
use crate::limits::CHUNK_BYTES;
use crate::model::digest::Sha256;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What is read whole, and checked, before a byte of it leaves: a chunk of the store.
const WHOLE_BYTES_MAX: u64 = CHUNK_BYTES as u64;
/// Pieces on their way to a slow reader.
const PIECES: usize = 4;

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
    let (given, left) = service
        .ask(caller, move |ask| {
            let given = Given::new(ask, &record, number, &headers)?;
            // What was opened once is read on with the same archive: it cannot be closed before the last byte.
            let purpose = ask.caller.purpose.clone();
            let left = given.rest.clone().map(|rest| (rest, ask.archive.clone(), ask.principal.actor, purpose));
            Ok((given, left))
        })
        .await?;
    let Given { record, number, status, headers, first, rule, .. } = given;
    let body = match left {
        None => Body::from(first),
        Some((rest, archive, actor, purpose)) => {
            let (to, from) = mpsc::channel::<io::Result<Bytes>>(PIECES);
            spawn_blocking(move || {
                let give = |piece: &[u8]| {
                    let sent = to.blocking_send(Ok(Bytes::copy_from_slice(piece)));
                    sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
                };
                // The entry of this reading stands already.
                let reader = Reader::asking(actor, rule, purpose.as_deref());
                let read = crate::access::open(&archive, record, reader).and_then(|opened| {
                    let component = component(&opened.row.components, number)?;
                    read(&opened, component, &rest, &mut { give })
                });
                if let Err(e) = read {
                    // The connection ends before its length; who still listens sees that.
                    let _ = to.blocking_send(Err(io::Error::other(e.to_string())));
                }
            });
            Body::from_stream(ReceiverStream::new(from))
        }
    };
    Ok((status, headers, body).into_response())
}

/// What is given out, decided and begun.
struct Given {
    record: crate::model::id::RecordId,
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

fn component(components: &[ComponentRow], number: u32) -> Result<&ComponentRow, crate::error::Error> {
    let none = || crate::error::Error::new(ErrorCode::ArcNoComponent, number.to_string(), "no such component");
    usize::try_from(number).ok().and_then(|number| components.get(number)).ok_or_else(none)
}

fn read(
    opened: &crate::access::Opened<'_>,
    component: &ComponentRow,
    range: &Range<u64>,
    give: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), crate::error::Error> {
    if *range == (0..component.stored.plain_len) {
        opened.whole(component, give)
    } else {
        opened.range(component, range.start, range.end, give)
    }
}

impl Given {
    fn new(ask: &Ask, record: &str, number: u32, asked: &HeaderMap) -> Result<Self, Problem> {
        let record = id(record)?;
        let (row, decision) = ask.record(record, Action::ContentTake)?;
        let one = component(&row.components, number)?;
        let len = one.stored.plain_len;
        let tag = format!("\"{}\"", hex::encode(one.sha256));
        let mut headers = HeaderMap::new();
        let text = |text: &str| HeaderValue::from_str(text).map_err(|_| Problem::request("header", "not a header"));
        headers.insert(header::ETAG, text(&tag)?);
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        let rule = decision.rule;
        let mut given = Self { rule, record, number, status: StatusCode::OK, headers, first: Vec::new(), rest: None };
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
                return Err(Problem::new(ErrorCode::SrvRange, "Range", format!("the component has {len} bytes")));
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
        let opened = ask.open(record, decision)?;
        if range.end - range.start <= WHOLE_BYTES_MAX {
            let mut bytes = Vec::new();
            read(&opened, one, &range, &mut |piece| {
                bytes.extend_from_slice(piece);
                Ok(())
            })?;
            given.first = bytes;
        } else {
            given.rest = Some(range);
        }
        Ok(given)
    }
}

/// Whether a list of entity tags has this one (RFC 9110 §13.1.2: weak comparison).
fn matches(headers: &HeaderMap, name: header::HeaderName, tag: &str) -> bool {
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
fn disposition(path: &str, sha256: &Sha256) -> String {
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
