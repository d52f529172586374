//! `/api/v1/accessions/deliveries`: packages of other archives, one uncompressed tar each, over lines that break
//! (tus 1.0.0: core, creation, termination).
//!
//! Whose package it is says the account: a machine whose office is `sender`, which shows its certificate on the
//! connection, and whose name in the register is the id of a party. Nothing that is sent says it. What comes lies
//! sealed in the spool, is read where it lies, and goes the way of `accession receive`.
//!
//! Invariants
//!   - The same package is the same delivery, under whichever connection: who begins it again is told where it is.
//!   - A package that is not the one that was announced, not whole or not of the party is removed; of it nothing is
//!     stored, and nothing is answered but why.
//!   - What was taken in is removed from the spool only when its records are judged.
//!
//! What a crash leaves: what was confirmed, and perhaps a little more; `HEAD` says how much. An accession goes on where
//! it was when its delivery is taken in again.

use super::accessions::own_party;
use super::body::Pieces;
use super::caller::{Caller, Of, id};
use super::describe::{Accession as AccessionValue, AccessionOrJob};
use super::once::{Answer, key_of, once, response};
use super::problem::Problem;
use super::service::{Ask, Service};
use super::uploads::{EXPIRES, LENGTH, OFFSET, check_version, expires, header_map, number};
use super::work::{self, wants_job};
use crate::error::{Error, ErrorCode, Exit};
use crate::limits::CHUNK_BYTES;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::store::parts::Parts;
use crate::transfer::accession::receive::{Begun, Options, begin, check, threads};
use crate::transfer::party::Held;
use crate::transfer::read::check::finding::Outcome;
use crate::transfer::read::digest;
use crate::transfer::read::source::Tar;
use crate::view::{self, Masked};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::block_in_place;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of a package. Own bound: what one medium of the usual kind holds.
const DELIVERY_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;
/// Bytes of one part. What a part broke off at is told only when all of it has come, so it is short.
const PART_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Deliveries that are kept open between two parts. Own bound: each has some MiB of places in memory.
const OPEN_MAX: usize = 8;
/// What a machine does with a part that finds no room. tus has no status for it: RFC 4918 §11.5.
const NO_ROOM: u16 = 507;

/// Deliveries that are open between two parts: to open one is to read all that is there.
#[derive(Default)]
pub(crate) struct Deliveries(Mutex<HashMap<RecordId, Parts>>);

impl Deliveries {
    fn take(&self, id: RecordId) -> Option<Parts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }

    fn keep(&self, id: RecordId, parts: Parts) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        open.insert(id, parts);
    }
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(status, add, end)).routes(routes!(take_in))
}

/// Whose an upload is in the spool: no account has such a name, so no delivery is a submission and none the other way.
fn owner(ask: &Ask) -> String {
    format!("{}/delivery", ask.principal.account)
}

fn none() -> Problem {
    Problem::new(ErrorCode::SrvNoUpload, "delivery", "no such delivery of this account")
}

fn delivery_id(text: &str) -> Result<RecordId, Problem> {
    id(text).map_err(|_| none())
}

fn full(problem: Problem) -> Problem {
    if problem.code == ErrorCode::StoFull { problem.with_status(NO_ROOM) } else { problem }
}

/// The digest of the package in `Upload-Metadata`.
fn announced(headers: &HeaderMap) -> Result<Sha256, Problem> {
    let wrong = || Problem::request("Upload-Metadata", "`digest` and the digest of the package, 64 digits, in base64");
    let value = headers.get("upload-metadata").and_then(|value| value.to_str().ok()).ok_or_else(wrong)?;
    let mut pairs = value.split(',').filter_map(|pair| pair.trim().split_once(' '));
    let (_, encoded) = pairs.find(|(key, _)| *key == "digest").ok_or_else(wrong)?;
    let text = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
    text.parse().map_err(|_| wrong())
}

/// Begins a delivery; of one that is under way, says where it is.
#[utoipa::path(post, path = "/api/v1/accessions/deliveries", tag = "transfers",
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Bytes of the tar"),
        ("Upload-Metadata" = String, Header, description = "`digest` and the digest of the package in base64"),
    ),
    responses(
        (status = 200, description = "It was begun before; `Location` is where it goes on"),
        (status = 201, description = "It is begun; `Location` is where it goes on"),
    ))]
async fn create(State(service): State<Arc<Service>>, caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            own_party(ask)?;
            check_version(&headers)?;
            let (length, digest) = (number(&headers, &LENGTH)?, announced(&headers)?);
            if length == 0 {
                return Err(Problem::request("Upload-Length", "there is no empty package"));
            }
            if length > DELIVERY_BYTES_MAX {
                let what = format!("at most {DELIVERY_BYTES_MAX} bytes");
                return Err(Problem::new(ErrorCode::SrvTooLarge, "Upload-Length", what));
            }
            let (owner, name) = (owner(ask), digest.to_string());
            let (status, delivery) = match ask.upload_named(&owner, &name, length)? {
                Some(delivery) => (StatusCode::OK, delivery),
                None => {
                    // What comes, and what is made of it.
                    ask.service.room_for(length.saturating_mul(2)).map_err(full)?;
                    let busy = || Problem::new(ErrorCode::SrvBusy, "deliveries", "as many are under way as may be");
                    (StatusCode::CREATED, ask.begin_upload(&owner, &name, length)?.ok_or_else(busy)?)
                }
            };
            let location = (header::LOCATION, format!("/api/v1/accessions/deliveries/{delivery}"));
            Ok((status, header_map([location])).into_response())
        })
        .await
}

/// A delivery of the caller, open.
fn find(ask: &Ask, delivery: RecordId) -> Result<Parts, Problem> {
    own_party(ask)?;
    let owner = owner(ask);
    let kept = ask.service.deliveries.take(delivery);
    match kept.and_then(|parts| ask.still(parts, &owner)) {
        Some(parts) => Ok(parts),
        None => ask.upload(delivery, &owner)?.ok_or_else(none),
    }
}

/// How much of a delivery is there.
#[utoipa::path(head, path = "/api/v1/accessions/deliveries/{delivery_id}", tag = "transfers",
    params(
        ("delivery_id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses((status = 200, description = "`Upload-Offset` and `Upload-Length`")))]
async fn status(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(delivery): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            own_party(ask)?;
            check_version(&headers)?;
            let delivery = delivery_id(&delivery)?;
            let _alone = ask.service.adding.begin(delivery)?;
            let parts = find(ask, delivery)?;
            parts.sync().map_err(Problem::spool)?;
            let headers = header_map([
                (OFFSET, parts.offset().to_string()),
                (LENGTH, parts.about().length.to_string()),
                (EXPIRES, expires(parts.about().begun)),
            ]);
            ask.service.deliveries.keep(delivery, parts);
            Ok((StatusCode::OK, headers).into_response())
        })
        .await
}

/// Adds a part of at most 16 MiB at the end of what is there.
#[utoipa::path(patch, path = "/api/v1/accessions/deliveries/{delivery_id}", tag = "transfers",
    params(
        ("delivery_id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the part begins: how much is there"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "It is durable; `Upload-Offset` says how much is there now"),
        (status = 507, description = "There is no room; it goes on where it is when there is"),
    ))]
async fn add(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(delivery): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    // Who may not deliver is told before anything of the request is looked at.
    service.ask(caller.clone(), |ask| own_party(ask).map(drop)).await?;
    check_version(&headers)?;
    let is_part = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/offset+octet-stream");
    if !is_part {
        let what = "application/offset+octet-stream";
        return Err(Problem::new(ErrorCode::SrvMediaType, "Content-Type", what));
    }
    let offset = number(&headers, &OFFSET)?;
    let delivery = delivery_id(&delivery)?;
    // Held until the part is durable, also when the sender goes away in the middle.
    let alone = service.adding.begin(delivery)?;
    let mut parts = service.ask(caller, move |ask| find(ask, delivery)).await?;
    if parts.offset() != offset {
        let what = format!("{} bytes are there", parts.offset());
        service.deliveries.keep(delivery, parts);
        return Err(Problem::new(ErrorCode::SrvOffset, "Upload-Offset", what));
    }
    let left = (parts.about().length - offset).min(PART_BYTES_MAX);
    let (came, taken) = take(&mut parts, &headers, body, left).await;
    let synced = block_in_place(|| parts.sync()).map_err(Problem::spool);
    // After a write that failed nobody knows where the file ends: it is read anew.
    taken.and(synced).map_err(full)?;
    let headers = header_map([(OFFSET, parts.offset().to_string()), (EXPIRES, expires(parts.about().begun))]);
    service.deliveries.keep(delivery, parts);
    drop(alone);
    came?;
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Adds what comes: how it came, and how it was kept. A part that finds no room is heard out: a sender that is still
/// sending would not hear the answer.
async fn take(
    parts: &mut Parts,
    headers: &HeaderMap,
    body: Body,
    left: u64,
) -> (Result<(), Problem>, Result<(), Problem>) {
    let mut pieces = Pieces::new(headers, body, left);
    let mut gathered: Vec<u8> = Vec::new();
    let mut taken = Ok(());
    loop {
        let piece = pieces.next().await;
        let is_end = !matches!(piece, Ok(Some(_)));
        if let Ok(Some(piece)) = &piece {
            gathered.extend_from_slice(piece);
        }
        if gathered.len() >= CHUNK_BYTES || is_end {
            if taken.is_ok() {
                taken = block_in_place(|| parts.append(&gathered)).map_err(Problem::spool);
            }
            gathered.clear();
        }
        if is_end {
            return (piece.map(drop), taken);
        }
    }
}

/// Ends a delivery: nothing of it is kept.
#[utoipa::path(delete, path = "/api/v1/accessions/deliveries/{delivery_id}", tag = "transfers",
    params(
        ("delivery_id" = String, Path, description = "Its id"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses((status = 204, description = "It is gone")))]
async fn end(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(delivery): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            own_party(ask)?;
            check_version(&headers)?;
            let delivery = delivery_id(&delivery)?;
            let _alone = ask.service.adding.begin(delivery)?;
            find(ask, delivery)?;
            ask.remove_upload(delivery)?;
            Ok((StatusCode::NO_CONTENT, header_map([])).into_response())
        })
        .await
}

/// Takes in what was delivered: judges the package, receives it, and judges its records.
#[utoipa::path(post, path = "/api/v1/accessions/deliveries/{delivery_id}/accession", tag = "transfers",
    params(
        ("delivery_id" = String, Path, description = "Its id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    responses(
        (status = 200, description = "Its records are judged", body = AccessionValue),
        (status = 202, description = "A job was begun", body = AccessionOrJob),
    ))]
async fn take_in(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(delivery): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = key_of(&headers);
    let is_async = wants_job(&headers);
    service
        .ask(caller, move |ask| {
            own_party(ask)?;
            let delivery = delivery_id(&delivery)?;
            let parts: [&[u8]; 3] = [b"delivery", &[u8::from(is_async)], &delivery.0];
            let answer = once(ask, key.as_deref(), &parts, || {
                // What is not there, or not whole, is told at once.
                let parts = {
                    let _alone = ask.service.adding.begin(delivery)?;
                    find(ask, delivery)?
                };
                if !parts.is_whole() {
                    let what = format!("{} of {} bytes are there", parts.offset(), parts.about().length);
                    ask.service.deliveries.keep(delivery, parts);
                    return Err(Problem::new(ErrorCode::SrvOffset, "delivery", what));
                }
                if !is_async {
                    return receive(ask, delivery, parts);
                }
                work::begin(ask, "accession", move |ask| receive(&ask, delivery, parts))
            })?;
            Ok(response(answer))
        })
        .await
}

/// Receives a delivery; what can never be received is removed.
fn receive(ask: &Ask, delivery: RecordId, parts: Parts) -> Result<Answer, Problem> {
    let _alone = ask.service.adding.begin(delivery)?;
    let party = own_party(ask)?;
    let announced = parts.about().name.clone();
    let received = received(ask, &party, parts, &announced);
    let is_final = match &received {
        Ok(_) => true,
        // A package that is not what it should be stays so. What the machine or the archive lacked may come.
        Err(problem) => {
            matches!(problem.code.exit(), Exit::Refused | Exit::Incomplete | Exit::Usage)
                || problem.code == ErrorCode::TrfNotWhole
        }
    };
    if is_final {
        ask.remove_upload(delivery)?;
    }
    received
}

fn received(ask: &Ask, party: &Held, parts: Parts, announced: &str) -> Result<Answer, Problem> {
    let failed = |e: io::Error| match e.kind() {
        io::ErrorKind::InvalidData => Problem::new(ErrorCode::TrfTooMany, "package", e.to_string()),
        _ => Problem::spool(e),
    };
    let source = Tar::open(parts.reader().map_err(Problem::spool)?).map_err(failed)?;
    let found = digest(&source).map_err(Problem::spool)?.map(|digest| digest.to_string());
    if found.as_deref() != Some(announced) {
        let found = found.unwrap_or_else(|| "none".to_owned());
        return Err(Problem::new(ErrorCode::SrvDigest, "package", format!("the digest of what came is {found}")));
    }
    let actor = ask.principal.actor;
    let coming = match begin(&ask.archive, &source, party, actor, &mut |_, _| {}) {
        Ok(Begun::Received(coming)) => coming,
        Ok(Begun::NotWhole(report)) => {
            let is_judged = report.outcome() != Outcome::Undecided;
            let code = if is_judged { ErrorCode::TrfNotWhole } else { ErrorCode::TrfNotJudged };
            return Err(Problem::new(code, "package", "it is not whole").with_status(422));
        }
        // Of another party's accession not even the name of the party is told.
        Err(Error { code: ErrorCode::TrfNotSender, .. }) => {
            return Err(Problem::new(ErrorCode::TrfNotSender, "package", "not of the archive of this account"));
        }
        Err(e) => return Err(e.into()),
    };
    let options = Options { actor, profile: None, representation: None, threads: threads(), stop: ask.service.stop };
    let ending = || Problem::new(ErrorCode::SrvBusy, "service", "it is ending: the same again goes on");
    let accession = check(&ask.archive, &coming, &options, &|_, _| {})?.ok_or_else(ending)?;
    Ok(Answer {
        status: StatusCode::OK,
        location: Some(format!("/api/v1/accessions/{}", accession.id)),
        body: view::accession(&ask.archive, &accession, false, Masked::No)?.to_string(),
    })
}
