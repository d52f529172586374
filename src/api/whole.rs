//! Documents that are given byte for byte: receipts, plans, what people sign, certificates.
//!
//! They are small and whole in memory; otherwise they are [`Thing`]s like any other. It decides nothing: whoever calls
//! has decided that they are given, and to whom.

use super::part::{Part, Thing};
use super::problem::Problem;
use crate::model::digest::sha256;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// An answer with these bytes, or the range of them that is asked for; nothing when they are what the caller has.
pub(super) fn whole(asked: &HeaderMap, bytes: Vec<u8>, kind: &'static str, name: &str) -> Result<Response, Problem> {
    let thing = Thing { what: "document", name, kind, len: bytes.len() as u64, sha256: sha256(&bytes) };
    let Part { status, headers, range } = thing.part(asked)?;
    let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let part = range.and_then(|range| bytes.get(at(range.start)..at(range.end)).map(<[u8]>::to_vec));
    Ok((status, headers, Body::from(part.unwrap_or_default())).into_response())
}
