//! Receiving a body: bounded in length and time, into the spool, its digest taken on the way.
//!
//! A body that comes too slowly, is longer than it may be, or has not the digest that was named (RFC 9530) is refused;
//! nothing of it is left.

use super::problem::Problem;
use super::reading;
use crate::error::ErrorCode;
use crate::limits::CHUNK_BYTES;
use crate::model::digest::{Sha256, Sha256Writer, sha256};
use crate::store::spool::{Spool, Spooled};
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::time::Duration;
use tokio::task::block_in_place;
use tokio::time::{Instant, timeout_at};
use tokio_stream::StreamExt;

/// How long a caller may be silent in the middle of a body.
pub(super) const SILENCE: Duration = Duration::from_secs(15);
/// How long the whole of a body may take, and how much more for each MiB: 16 KiB/s is a bad line.
const WHOLE: Duration = Duration::from_secs(30);
const WHOLE_PER_MIB: Duration = Duration::from_secs(64);

/// A body that came whole.
pub(crate) struct Received {
    pub(crate) bytes: Spooled,
    pub(crate) sha256: Sha256,
}

/// Receives a body of at most `max` bytes.
pub(crate) async fn receive(spool: &Spool, headers: &HeaderMap, body: Body, max: u64) -> Result<Received, Problem> {
    if length_of(headers).is_some_and(|len| len > max) {
        return Err(large(max));
    }
    let named = named_digest(headers)?;
    let mut received = spool.object();
    let mut hasher = Sha256Writer::default();
    let mut gathered: Vec<u8> = Vec::new();
    let mut pieces = Pieces::new(headers, body, max);
    let mut keep = |gathered: &mut Vec<u8>| {
        hasher.update(gathered);
        // Sealing and writing a chunk takes as long as a context switch, or waits for the disk: not on the runtime.
        let kept = block_in_place(|| received.write_all(gathered));
        gathered.clear();
        kept.map_err(Problem::spool)
    };
    while let Some(piece) = pieces.next().await? {
        gathered.extend_from_slice(&piece);
        if gathered.len() >= CHUNK_BYTES {
            keep(&mut gathered)?;
        }
    }
    keep(&mut gathered)?;
    let digest = hasher.finish();
    check_digest(named, digest)?;
    Ok(Received { bytes: received, sha256: digest })
}

/// Receives a body of at most `max` bytes into memory.
pub(crate) async fn receive_whole(headers: &HeaderMap, body: Body, max: u64) -> Result<Vec<u8>, Problem> {
    if length_of(headers).is_some_and(|len| len > max) {
        return Err(large(max));
    }
    let named = named_digest(headers)?;
    let mut received = Vec::new();
    let mut pieces = Pieces::new(headers, body, max);
    while let Some(piece) = pieces.next().await? {
        received.extend_from_slice(&piece);
    }
    check_digest(named, block_in_place(|| sha256(&received)))?;
    Ok(received)
}

fn check_digest(named: Option<Sha256>, found: Sha256) -> Result<(), Problem> {
    let other = || Problem::new(ErrorCode::SrvDigest, "Content-Digest", format!("the body has SHA-256 {found}"));
    if named.is_some_and(|named| named != found) { Err(other()) } else { Ok(()) }
}

/// The pieces of a body, held to its bounds.
pub(crate) struct Pieces {
    body: BodyDataStream,
    end: Instant,
    total: u64,
    max: u64,
}

impl Pieces {
    /// Of a body of at most `max` bytes.
    pub(crate) fn new(headers: &HeaderMap, body: Body, max: u64) -> Self {
        let whole = whole_of(length_of(headers).unwrap_or(max) >> 20);
        Self { body: body.into_data_stream(), end: Instant::now() + whole, total: 0, max }
    }

    /// The next one; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let total = self.total;
        let slow = |_| Problem::new(ErrorCode::SrvTimeout, "body", format!("{total} bytes came in time"));
        let until = self.end.min(Instant::now() + SILENCE);
        match timeout_at(until, self.body.next()).await.map_err(slow)? {
            None => Ok(None),
            Some(Err(_)) => Err(Problem::request("body", "it broke off, or is not framed as its headers say")),
            Some(Ok(piece)) => {
                self.total += piece.len() as u64;
                if self.total > self.max { Err(large(self.max)) } else { Ok(Some(piece)) }
            }
        }
    }
}

/// How long a body of so many MiB may take in all.
pub(super) fn whole_of(mib: u64) -> Duration {
    WHOLE + WHOLE_PER_MIB.saturating_mul(u32::try_from(mib).unwrap_or(u32::MAX))
}

/// What a body is said to have, in bytes.
pub(super) fn length_of(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH).and_then(|len| len.to_str().ok()?.parse().ok())
}

fn large(max: u64) -> Problem {
    Problem::new(ErrorCode::SrvTooLarge, "body", format!("at most {max} bytes"))
}

/// A JSON document that came as a body.
pub(crate) fn read_json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
        return Err(Problem::new(ErrorCode::SrvMediaType, "Content-Type", "application/json"));
    }
    reading::json(body)
}

/// The SHA-256 that `Content-Digest` or `Repr-Digest` names; none when there is none of that algorithm.
fn named_digest(headers: &HeaderMap) -> Result<Option<Sha256>, Problem> {
    for name in ["content-digest", "repr-digest"] {
        for value in headers.get_all(name) {
            let wrong = || Problem::request(name, "not a dictionary of digests (RFC 9530)");
            let text = value.to_str().map_err(|_| wrong())?;
            for member in text.split(',') {
                let (algorithm, digest) = member.split_once('=').ok_or_else(wrong)?;
                if !algorithm.trim().eq_ignore_ascii_case("sha-256") {
                    continue;
                }
                let digest = digest.trim().strip_prefix(':').and_then(|d| d.strip_suffix(':')).ok_or_else(wrong)?;
                let bytes: [u8; 32] =
                    STANDARD.decode(digest).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
                return Ok(Some(Sha256(bytes)));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::io::Read;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    fn received(headers: &HeaderMap, body: &[u8], max: u64) -> Result<Vec<u8>, ErrorCode> {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let spool = Spool::new(folder.path().join("spool"));
        let body = Body::from(body.to_vec());
        let received = runtime.block_on(async { receive(&spool, headers, body, max).await });
        let mut received = received.map_err(|problem| problem.code)?;
        let mut bytes = Vec::new();
        received.bytes.read_to_end(&mut bytes).unwrap();
        assert_eq!(received.sha256, sha256(&bytes));
        Ok(bytes)
    }

    #[test]
    fn a_body_is_held_to_its_bound_and_its_digest() {
        let large = vec![7; 3 * CHUNK_BYTES + 5];
        assert_eq!(received(&HeaderMap::new(), &large, large.len() as u64), Ok(large.clone()));
        assert_eq!(received(&HeaderMap::new(), &large, large.len() as u64 - 1), Err(ErrorCode::SrvTooLarge));
        assert_eq!(received(&HeaderMap::new(), b"", 0), Ok(Vec::new()));
        assert_eq!(received(&headers("content-length", "11"), b"", 10), Err(ErrorCode::SrvTooLarge));
        let digest = format!("sha-512=:AA==:, sha-256=:{}:", STANDARD.encode(sha256(b"x").0));
        assert_eq!(received(&headers("content-digest", &digest), b"x", 1), Ok(b"x".to_vec()));
        assert_eq!(received(&headers("content-digest", &digest), b"y", 1), Err(ErrorCode::SrvDigest));
        for wrong in ["sha-256", "sha-256=x", "sha-256=:x:", "sha-256=:AA==:"] {
            assert_eq!(received(&headers("content-digest", wrong), b"x", 1), Err(ErrorCode::SrvRequest), "{wrong}");
        }
        assert_eq!(received(&headers("content-digest", "md5=:AA==:"), b"x", 1), Ok(b"x".to_vec()));
    }
}
