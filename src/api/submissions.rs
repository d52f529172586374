//! `/api/v1/submissions`: a submission as a ZIP file, taken in like one from the command line.
//!
//! The answer waits for the decision, which is durable by then: accepted, held already, refused with every reason, or
//! waiting for what its signatures lack. With `Prefer: respond-async` it is a job. A submission that was sent before is
//! held already; `Idempotency-Key` gives the very same answer again.
//!
//! What a crash leaves: a decision that is durable and was not answered; the same submission sent again is told.

use super::body::{Received, receive};
use super::caller::Caller;
use super::describe::{Taken, TakenOrJob};
use super::jobs::State as JobState;
use super::later::{self, wants_job};
use super::once::{self, Answer, key_of, response};
use super::problem::Problem;
use super::service::{Ask, Service};
use crate::access::rights::{Action, Target};
use crate::error::ErrorCode;
use crate::ingest::upload::Upload;
use crate::ingest::{Answered, Intake, Status};
use crate::limits::{CONTAINER_BYTES_MAX, ZIP_OVERHEAD_BYTES_MAX};
use crate::model::id::RecordId;
use crate::store::spool::Spooled;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What may be sent at once; what is larger is sent in parts.
pub(crate) const SENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
const _: () = assert!(SENT_BYTES_MAX <= CONTAINER_BYTES_MAX + ZIP_OVERHEAD_BYTES_MAX, "intake takes what is sent");

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(submit))
}

/// Takes in a submission: a ZIP file with `submission.json`, at most 64 MiB.
#[utoipa::path(post, path = "/api/v1/submissions", tag = "submissions",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Content-Digest" = Option<String>, Header, description = "SHA-256 of the body (RFC 9530)"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    request_body(content = Vec<u8>, content_type = "application/zip"),
    responses(
        (status = 200, description = "Held already", body = Taken),
        (status = 201, description = "Accepted and durable", body = Taken),
        (status = 202, description = "It waits for what its signatures lack, or a job was begun", body = TakenOrJob),
        (status = 422, description = "Refused, with every reason; only the refusal is kept", body = Taken),
    ))]
async fn submit(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let is_zip = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.to_str().is_ok_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/zip"))
    });
    if !is_zip {
        return Err(Problem::new(ErrorCode::SrvMediaType, "Content-Type", "application/zip"));
    }
    // Whoever may submit nothing at all is told before sending; for which agency, the submission says.
    let spool =
        service.ask(caller.clone(), |ask| ask.list(Action::Submit).map(|_| ask.archive.spool().clone())).await?;
    let _place = service.body(headers.get(header::CONTENT_LENGTH)).await?;
    let received = receive(&spool, &headers, body, SENT_BYTES_MAX).await?;
    let key = key_of(&headers);
    let is_async = wants_job(&headers);
    let answer = service
        .ask(caller, move |ask| {
            let Received { bytes, sha256 } = received;
            let sent = Sent { name: "submission.zip".to_owned(), bytes, upload: None };
            once(ask, &sha256.to_string(), key.as_deref(), is_async, |_| Ok(sent))
        })
        .await?;
    Ok(response(answer))
}

/// What was sent: its name, its bytes, and the upload that has them too, until it is decided.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) bytes: Spooled,
    pub(super) upload: Option<RecordId>,
}

/// Takes in what was sent, once under its key; `what` says what it is, for telling requests apart.
pub(super) fn once(
    ask: &Ask,
    what: &str,
    key: Option<&str>,
    is_async: bool,
    sent: impl FnOnce(&Ask) -> Result<Sent, Problem>,
) -> Result<Answer, Problem> {
    let parts: [&[u8]; 3] = [b"submission", &[u8::from(is_async)], what.as_bytes()];
    once::once(ask, key, &parts, || begin(ask, sent(ask)?, is_async))
}

fn begin(ask: &Ask, sent: Sent, is_async: bool) -> Result<Answer, Problem> {
    let failed = |e: std::io::Error| Problem::new(ErrorCode::StoIo, "spool", e.to_string());
    let Sent { name, bytes, upload: kept } = sent;
    let upload = Upload::new(&name, bytes).map_err(failed)?;
    // What names no agency is refused for that; it is of nobody then, and the refusal is the caller's.
    if let Some(agency) = upload.agency() {
        ask.may(Action::Submit, &Target { agency: Some(&agency), ..Target::default() })?;
    }
    if !is_async {
        return take(ask, &upload, kept);
    }
    later::begin(ask, "submission", move |ask| {
        let answer = take(ask, &upload, kept)?;
        let is_refused = answer.status == StatusCode::UNPROCESSABLE_ENTITY;
        Ok((if is_refused { JobState::Refused } else { JobState::Done }, answer))
    })
}

/// Takes it in and waits for the decision.
fn take(ask: &Ask, upload: &Upload, kept: Option<RecordId>) -> Result<Answer, Problem> {
    let begun = Instant::now();
    let mut answered = Intake::new(&ask.archive, ask.principal.actor).take_sent(upload);
    let reason = match &answered.status {
        Status::Refused { reasons, .. } => reasons.first().map_or("", |reason| reason.code.as_str()),
        Status::Failed(e) => e.code.as_str(),
        _ => "",
    };
    ask.service.metrics.submission(outcome(&answered.status), reason, begun.elapsed());
    // Who sends a document and then looks for it finds it.
    ask.wait_index()?;
    hide_others(ask, &mut answered)?;
    // Decided: what came in parts is not needed any more. After a failure it stays.
    if let Some(kept) = kept.filter(|_| !matches!(answered.status, Status::Failed(_))) {
        ask.remove_upload(kept)?;
    }
    let (status, location) = match &answered.status {
        Status::Accepted { record, .. } => (StatusCode::CREATED, Some(format!("/api/v1/records/{record}"))),
        Status::Held { record } => (StatusCode::OK, Some(format!("/api/v1/records/{record}"))),
        Status::Waiting { .. } => (StatusCode::ACCEPTED, None),
        Status::Refused { .. } => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Status::Failed(e) => return Err(Problem::new(e.code, e.subject.clone(), e.what.clone())),
    };
    Ok(Answer { status, location, body: taken(&answered, ask).to_string() })
}

pub(super) fn outcome(status: &Status) -> &'static str {
    match status {
        Status::Accepted { .. } => "accepted",
        Status::Held { .. } => "held",
        Status::Refused { .. } => "refused",
        Status::Waiting { .. } => "waiting",
        Status::Failed(_) => "failed",
    }
}

/// Other records are named to who may know of them.
fn hide_others(ask: &Ask, answered: &mut Answered) -> Result<(), Problem> {
    let others = match &mut answered.status {
        Status::Accepted { same_content, .. } => same_content,
        Status::Waiting { same_registration, .. } => same_registration,
        _ => return Ok(()),
    };
    *others = ask.known(std::mem::take(others))?;
    Ok(())
}

/// What became of it, with the files that the sender gets.
fn taken(answered: &Answered, ask: &Ask) -> Value {
    let file = |(name, bytes): &(String, Vec<u8>)| json!({"name": name, "base64": STANDARD.encode(bytes)});
    json!({
        "answer": crate::view::answer(answered, ask.lang()),
        "files": answered.answers.iter().map(file).collect::<Vec<_>>(),
    })
}
