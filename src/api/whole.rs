//! Documents that are given byte for byte, whole: receipts, plans, what people sign, certificates.
//!
//! `ETag` and `Repr-Digest` (RFC 9530) are the SHA-256 of the bytes. It decides nothing: whoever calls has decided that
//! they are given, and to whom.

use super::components::{disposition, matches};
use crate::model::digest::sha256;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An answer with these bytes; nothing when they are what the caller has.
pub(super) fn whole(asked: &HeaderMap, bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let digest = sha256(&bytes);
    let tag = format!("\"{digest}\"");
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    let mut said = |name: header::HeaderName, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    said(header::ETAG, &tag);
    if matches(asked, header::IF_NONE_MATCH, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    said(header::HeaderName::from_static("repr-digest"), &format!("sha-256=:{}:", STANDARD.encode(digest.0)));
    said(header::CONTENT_TYPE, kind);
    said(header::CONTENT_DISPOSITION, &disposition(name, &digest));
    // What it quotes was written by others: it is never shown by a browser as a page of the archive.
    said(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'");
    (StatusCode::OK, headers, bytes).into_response()
}
