//! `/api/v1/uploads`: submissions in parts, over lines that break (tus 1.0.0: core, creation, checksum, expiration,
//! termination).
//!
//! What was confirmed is durable and sealed, and goes on after a restart of the service; it belongs to the account that
//! began it. When all of it is there, `POST /api/v1/uploads/{id}/submission` takes it in like one that was sent at
//! once.
//!
//! What a crash leaves: what was confirmed, and perhaps a little more; `HEAD` says how much.

use super::body::{Pieces, receive};
use super::caller::{Caller, Of, id};
use super::describe::TakenOrJob;
use super::once::{key_of, response};
use super::problem::Problem;
use super::service::{Ask, Service};
use super::submissions;
use super::work::wants_job;
use crate::access::rights::Action;
use crate::archive::UPLOAD_MS_MAX;
use crate::clock::utc;
use crate::error::ErrorCode;
use crate::limits::{CHUNK_BYTES, CONTAINER_BYTES_MAX, ZIP_OVERHEAD_BYTES_MAX};
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::store::parts::Parts;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashSet;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::block_in_place;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of an upload: the largest submission there is.
const UPLOAD_BYTES_MAX: u64 = CONTAINER_BYTES_MAX + ZIP_OVERHEAD_BYTES_MAX;
/// Characters of a file name.
const NAME_CHARS_MAX: usize = 255;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const VERSION: &str = "1.0.0";

/// Uploads to which somebody is adding: two senders at once would spoil each other's part.
#[derive(Default)]
pub(crate) struct Adding(Mutex<HashSet<RecordId>>);

/// One of them, while it lasts.
pub(super) struct Alone<'a> {
    adding: &'a Adding,
    id: RecordId,
}

impl Adding {
    pub(super) fn begin(&self, id: RecordId) -> Result<Alone<'_>, Problem> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        let taken = || Problem::new(ErrorCode::SrvOffset, "upload", "somebody is adding to it");
        if is_first { Ok(Alone { adding: self, id }) } else { Err(taken()) }
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.adding.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(create, options)).routes(routes!(status, add, end)).routes(routes!(submission))
}

pub(super) fn header_map<const N: usize>(values: [(HeaderName, String); N]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers
}

/// tus 1.0.0, "Tus-Resumable": another version is refused with 412.
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(RESUMABLE) {
        Some(version) if version == VERSION => Ok(()),
        _ => Err(Problem::new(ErrorCode::SrvPrecondition, "Tus-Resumable", VERSION)),
    }
}

pub(super) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let wrong = || Problem::request(name.as_str(), "a number of bytes");
    let text = headers.get(name).and_then(|value| value.to_str().ok()).ok_or_else(wrong)?;
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or_else(wrong)
}

/// What the service can do of tus.
#[utoipa::path(options, path = "/api/v1/uploads", tag = "submissions", security(()),
    responses((status = 204, description = "In headers")))]
async fn options() -> Response {
    let headers = header_map([
        (HeaderName::from_static("tus-version"), VERSION.to_owned()),
        (HeaderName::from_static("tus-extension"), "creation,checksum,expiration,termination".to_owned()),
        (HeaderName::from_static("tus-checksum-algorithm"), "sha256".to_owned()),
        (HeaderName::from_static("tus-max-size"), UPLOAD_BYTES_MAX.to_string()),
    ]);
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload.
#[utoipa::path(post, path = "/api/v1/uploads", tag = "submissions",
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Bytes in all"),
        ("Upload-Metadata" = Option<String>, Header, description = "`filename` and its name in base64"),
    ),
    responses((status = 201, description = "It is begun; `Location` is where it goes on")))]
async fn create(State(service): State<Arc<Service>>, caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    check_version(&headers)?;
    let length = number(&headers, &LENGTH)?;
    if length == 0 {
        return Err(Problem::request("Upload-Length", "there is no empty submission"));
    }
    if length > UPLOAD_BYTES_MAX {
        return Err(Problem::new(ErrorCode::SrvTooLarge, "Upload-Length", format!("at most {UPLOAD_BYTES_MAX} bytes")));
    }
    let name = file_name(&headers)?;
    service
        .ask(caller, move |ask| {
            ask.list(Action::Submit)?;
            let busy = || Problem::new(ErrorCode::SrvBusy, "uploads", "as many are under way as may be");
            // Room for all that was announced and has not come.
            ask.service.room(length + ask.uploads_under_way()? * UPLOAD_BYTES_MAX / 4)?;
            let begun = ask.begin_upload(&ask.principal.account, &name, length)?.ok_or_else(busy)?;
            let until = expires(ask.now());
            let location = (header::LOCATION, format!("/api/v1/uploads/{begun}"));
            Ok((StatusCode::CREATED, header_map([location, (EXPIRES, until)])).into_response())
        })
        .await
}

/// RFC 9110 §5.6.7.
pub(super) fn expires(begun: u64) -> String {
    utc(begun + UPLOAD_MS_MAX).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The file name in `Upload-Metadata`; one that is not given is `submission.zip`.
fn file_name(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(value) = headers.get("upload-metadata") else { return Ok("submission.zip".to_owned()) };
    let wrong = || Problem::request("Upload-Metadata", "pairs of a name and base64");
    for pair in value.to_str().map_err(|_| wrong())?.split(',') {
        let (key, encoded) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let text = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
        if key == "filename" {
            let is_name = !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.contains(['/', '\0']);
            return if is_name { Ok(text) } else { Err(wrong()) };
        }
    }
    Ok("submission.zip".to_owned())
}

fn find(ask: &Ask, upload: RecordId) -> Result<Parts, Problem> {
    ask.list(Action::Submit)?;
    let none = || Problem::new(ErrorCode::SrvNoUpload, "upload", "no such upload of this account");
    ask.upload(upload, &ask.principal.account)?.ok_or_else(none)
}

fn upload_id(text: &str) -> Result<RecordId, Problem> {
    id(text).map_err(|_| Problem::new(ErrorCode::SrvNoUpload, "upload", "no such upload of this account"))
}

/// How much of an upload is there.
#[utoipa::path(head, path = "/api/v1/uploads/{upload_id}", tag = "submissions",
    params(
        ("upload_id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses((status = 200, description = "`Upload-Offset` and `Upload-Length`")))]
async fn status(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(upload): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_version(&headers)?;
    let upload = upload_id(&upload)?;
    service
        .ask(caller, move |ask| {
            // While somebody adds to it the end of the file is no end of a part.
            let _alone = ask.service.adding.begin(upload)?;
            let parts = find(ask, upload)?;
            // A sender who was cut off may have left bytes that no sync has confirmed.
            parts.sync().map_err(Problem::spool)?;
            let headers = header_map([
                (OFFSET, parts.offset().to_string()),
                (LENGTH, parts.about().length.to_string()),
                (EXPIRES, expires(parts.about().begun)),
            ]);
            Ok((StatusCode::OK, headers).into_response())
        })
        .await
}

/// Adds a part at the end of what is there.
#[utoipa::path(patch, path = "/api/v1/uploads/{upload_id}", tag = "submissions",
    params(
        ("upload_id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the part begins: how much is there"),
        ("Upload-Checksum" = Option<String>, Header, description = "`sha256` and the digest of the part in base64"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204, description = "It is durable; `Upload-Offset` says how much is there now")))]
async fn add(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(upload): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    check_version(&headers)?;
    let is_part = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/offset+octet-stream");
    if !is_part {
        let what = "application/offset+octet-stream";
        return Err(Problem::new(ErrorCode::SrvMediaType, "Content-Type", what));
    }
    let offset = number(&headers, &OFFSET)?;
    let checksum = checksum(&headers)?;
    let upload = upload_id(&upload)?;
    // Held until the part is durable, also when the sender goes away in the middle.
    let alone = service.adding.begin(upload)?;
    let mut parts = service.ask(caller, move |ask| find(ask, upload)).await?;
    if parts.offset() != offset {
        let what = format!("{} bytes are there", parts.offset());
        return Err(Problem::new(ErrorCode::SrvOffset, "Upload-Offset", what));
    }
    let left = parts.about().length - offset;
    let taken = match checksum {
        None => take(&mut parts, &headers, body, left).await,
        // A part that names its digest counts whole or not at all, whatever happens meanwhile.
        Some(checksum) => take_whole(&service, &mut parts, &headers, body, left, checksum).await,
    };
    // What came of a part that broke is kept: that is what resuming is for.
    block_in_place(|| parts.sync()).map_err(Problem::spool)?;
    drop(alone);
    taken?;
    let headers = header_map([(OFFSET, parts.offset().to_string()), (EXPIRES, expires(parts.about().begun))]);
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

pub(super) async fn take(parts: &mut Parts, headers: &HeaderMap, body: Body, left: u64) -> Result<(), Problem> {
    let mut pieces = Pieces::new(headers, body, left);
    let mut gathered: Vec<u8> = Vec::new();
    loop {
        let piece = pieces.next().await;
        let is_end = !matches!(piece, Ok(Some(_)));
        if let Ok(Some(piece)) = &piece {
            gathered.extend_from_slice(piece);
        }
        if gathered.len() >= CHUNK_BYTES || is_end {
            block_in_place(|| parts.append(&gathered)).map_err(Problem::spool)?;
            gathered.clear();
        }
        if is_end {
            return piece.map(drop);
        }
    }
}

async fn take_whole(
    service: &Service,
    parts: &mut Parts,
    headers: &HeaderMap,
    body: Body,
    left: u64,
    checksum: Sha256,
) -> Result<(), Problem> {
    let spool = service.slot.try_get().map(|archive| archive.spool().clone());
    let away = || Problem::new(ErrorCode::ArcHeld, "archive", "a command has the archive to itself for the moment");
    let mut received = receive(&spool.ok_or_else(away)?, headers, body, left).await?;
    if received.sha256 != checksum {
        // tus 1.0.0, "Checksum": 460 Checksum Mismatch.
        return Err(Problem::new(ErrorCode::SrvDigest, "Upload-Checksum", "another digest").with_status(460));
    }
    block_in_place(|| {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            match received.bytes.read(&mut buffer)? {
                0 => return Ok(()),
                n => parts.append(&buffer[..n])?,
            }
        }
    })
    .map_err(Problem::spool)
}

fn checksum(headers: &HeaderMap) -> Result<Option<Sha256>, Problem> {
    let Some(value) = headers.get("upload-checksum") else { return Ok(None) };
    let wrong = || Problem::request("Upload-Checksum", "`sha256` and a digest in base64");
    let (algorithm, digest) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(wrong)?;
    if algorithm != "sha256" {
        return Err(wrong());
    }
    let digest: [u8; 32] = STANDARD.decode(digest).ok().and_then(|d| d.try_into().ok()).ok_or_else(wrong)?;
    Ok(Some(Sha256(digest)))
}

/// Ends an upload: nothing of it is kept.
#[utoipa::path(delete, path = "/api/v1/uploads/{upload_id}", tag = "submissions",
    params(
        ("upload_id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses((status = 204, description = "It is gone")))]
async fn end(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(upload): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_version(&headers)?;
    let upload = upload_id(&upload)?;
    service
        .ask(caller, move |ask| {
            let _alone = ask.service.adding.begin(upload)?;
            find(ask, upload)?;
            ask.remove_upload(upload)?;
            Ok((StatusCode::NO_CONTENT, header_map([])).into_response())
        })
        .await
}

/// Takes in what was uploaded, as if it had been sent at once.
#[utoipa::path(post, path = "/api/v1/uploads/{upload_id}/submission", tag = "submissions",
    params(
        ("upload_id" = String, Path, description = "Its id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    responses(
        (status = 200, description = "Held already", body = super::describe::Taken),
        (status = 201, description = "Accepted and durable", body = super::describe::Taken),
        (status = 202, description = "It waits for what its signatures lack, or a job was begun", body = TakenOrJob),
        (status = 422, description = "Refused, with every reason", body = super::describe::Taken),
    ))]
async fn submission(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(upload): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let upload = upload_id(&upload)?;
    let key = key_of(&headers);
    let is_async = wants_job(&headers);
    service
        .ask(caller, move |ask| {
            let what = format!("upload {upload}");
            let answer = submissions::once(ask, &what, key.as_deref(), is_async, |ask| {
                let _alone = ask.service.adding.begin(upload)?;
                let parts = find(ask, upload)?;
                if !parts.is_whole() {
                    let what = format!("{} of {} bytes are there", parts.offset(), parts.about().length);
                    return Err(Problem::new(ErrorCode::SrvOffset, "upload", what));
                }
                let name = parts.about().name.clone();
                let bytes = ask.gather_upload(parts)?;
                Ok(submissions::Sent { name, bytes, upload: Some(upload) })
            })?;
            Ok(response(answer))
        })
        .await
}
