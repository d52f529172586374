//! What is given out as bytes: one range of a thing of known length and digest (RFC 9110 §13, §14).
//!
//! `ETag` and `Repr-Digest` (RFC 9530) are its SHA-256. A condition is compared with that, one range is given at a
//! time, and what somebody else made is never shown by a browser as a page of the archive. It reads nothing and keeps
//! nothing.

use super::problem::Problem;
use crate::error::ErrorCode;
use crate::model::digest::Sha256;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

/// What is given out of a thing.
pub(super) struct Part {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The bytes of it; none: the caller has them already.
    pub(super) range: Option<Range<u64>>,
}

/// A thing as it is given out.
pub(super) struct Thing<'a> {
    /// What a problem calls it.
    pub(super) what: &'static str,
    /// Its name, for who saves it.
    pub(super) name: &'a str,
    pub(super) kind: &'static str,
    pub(super) len: u64,
    pub(super) sha256: Sha256,
}

impl Thing<'_> {
    /// What a request with these headers gets of it.
    pub(super) fn part(&self, asked: &HeaderMap) -> Result<Part, Problem> {
        let text = |text: &str| HeaderValue::from_str(text).map_err(|_| Problem::request("header", "not a header"));
        let tag = format!("\"{}\"", self.sha256);
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, text(&tag)?);
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if is_held(asked, &tag)? {
            return Ok(Part { status: StatusCode::NOT_MODIFIED, headers, range: None });
        }
        let wants_range = asked.get(header::IF_RANGE).is_none_or(|condition| condition.as_bytes() == tag.as_bytes());
        let mut status = StatusCode::OK;
        let range = match asked.get(header::RANGE).filter(|_| wants_range).map(|range| parse(range, self.len)) {
            None | Some(Ranges::Ignored) => 0..self.len,
            Some(Ranges::One(range)) => {
                status = StatusCode::PARTIAL_CONTENT;
                let said = format!("bytes {}-{}/{}", range.start, range.end - 1, self.len);
                headers.insert(header::CONTENT_RANGE, text(&said)?);
                range
            }
            Some(Ranges::None) => {
                let what = format!("the {} has {} bytes", self.what, self.len);
                return Err(Problem::new(ErrorCode::SrvRange, "Range", what).of_length(self.len));
            }
        };
        let digest = format!("sha-256=:{}:", STANDARD.encode(self.sha256.0));
        headers.insert("repr-digest", text(&digest)?);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
        headers.insert(header::CONTENT_DISPOSITION, text(&disposition(self.name, &self.sha256))?);
        // The strictest: what a sender made is never shown by a browser as a page of the archive.
        let policy = HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(Part { status, headers, range: Some(range) })
    }
}

/// Whether the caller has a thing of this entity tag already, after a condition that it is this one (RFC 9110
/// §13.2.2).
pub(super) fn is_held(asked: &HeaderMap, tag: &str) -> Result<bool, Problem> {
    // Strong comparison (§13.1.1), and weak comparison (§13.1.2).
    let is_other =
        asked.contains_key(header::IF_MATCH) && !tags(asked, header::IF_MATCH).any(|one| one == "*" || one == tag);
    if is_other {
        return Err(Problem::new(ErrorCode::SrvPrecondition, "If-Match", "its ETag is another one"));
    }
    Ok(tags(asked, header::IF_NONE_MATCH).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag))
}

/// The entity tags of a condition, as they were written. Those of the archive have no comma.
pub(super) fn tags(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim)
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
        let has = |tag| is_held(&headers, tag).unwrap();
        assert!(has("\"a\"") && has("\"b\"") && !has("\"c\""));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"x\", W/\"b\", \"a\""));
        let code = |tag| is_held(&headers, tag).map_err(|problem| problem.code);
        assert_eq!(code("\"a\""), Ok(true));
        assert_eq!(code("\"x\""), Ok(false));
        assert_eq!(code("\"b\""), Err(ErrorCode::SrvPrecondition), "a weak tag says of no bytes that they are these");
        assert_eq!(code("\"c\""), Err(ErrorCode::SrvPrecondition));
        headers.insert(header::IF_MATCH, HeaderValue::from_static("*"));
        assert_eq!(is_held(&headers, "\"c\"").map_err(|problem| problem.code), Ok(false));
    }
}
