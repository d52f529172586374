//! Acts about files that take records out of one: splitting it, and the signed decisions that let records go, or a day
//! come nearer.
//!
//! They are done in the agency of the file, by who may change files. What a decision is worth its signatures say, which
//! the library judges; here it is only seen to that a decision is about the file that is asked for, and about nothing
//! of others. Drawing one up decides nothing.
//!
//! What a crash leaves: an act that is durable and was not answered, with all its records. A split that is sent again
//! after that is refused, because the records have moved; so is a decision, because the file has changed.

use super::body::read_json;
use super::caller::{Caller, Of};
use super::describe::{
    DisposalAnswer, FileFilled, FileRefiling, FileRow, FileShortening, FileSplitting, SignedStatement,
};
use super::filing::{change, file_id, known_records};
use super::once::Answer;
use super::problem::Problem;
use super::service::{Ask, Service};
use super::signed::{Signed, SignedDocument, receive};
use super::whole::whole;
use crate::access::rights::{Action, Scope};
use crate::disposition::refile::{self as refiled, REFILED_MAX, REFILING_FILE, Refiled, Refiling};
use crate::disposition::shorten::{self as shortened, DECISION_FILE, Decision, Taken};
use crate::error::{ErrorCode, Refusal};
use crate::filing::files::{ENTERED_MAX, Entered, find};
use crate::filing::split;
use crate::model::id::RecordId;
use crate::view::{self, Masked};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(divide))
        .routes(routes!(shortening_act))
        .routes(routes!(shorten))
        .routes(routes!(refiling_act))
        .routes(routes!(refile))
}

/// Records that go into the next volume, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Splitting {
    records: Vec<String>,
    reason: String,
}

/// Splits an open file: opens the next volume and moves records into it, all of them or none.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/splitting", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = FileSplitting, content_type = "application/json"),
    responses((status = 201, description = "The new volume, durable with its records", body = FileRow)))]
async fn divide(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    change((service, caller), ("split", text), (headers, body), do_split).await
}

fn do_split(ask: &Ask, scope: &Scope, file: RecordId, asked: Splitting) -> Result<Answer, Problem> {
    let records = known_records(ask, scope, &asked.records, ENTERED_MAX)?;
    let volume = split::split(&ask.archive, file, &records, &asked.reason, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(format!("/api/v1/files/{}", volume.id)),
        body: view::file(&volume, Masked::No).to_string(),
    })
}

/// Why the day of a file comes nearer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shortening {
    reason: String,
}

/// Draws up the decision by which earlier states of a file do not put its day off any more, to be signed outside by an
/// official and by the records office exactly as it comes; nothing is kept of it.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/shortening/act", tag = "files",
    params(("file_id" = String, Path, description = "Id of the file")),
    request_body(content = FileShortening, content_type = "application/json"),
    responses((status = 200, description = "`decision.toml`", content_type = "application/octet-stream")))]
async fn shortening_act(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let asked: Shortening = read_json(&headers, &body)?;
    service
        .ask(caller, move |ask| {
            let file = file_id(ask, &ask.list(Action::FileChange)?, &text)?;
            let decision = Decision::draft(&ask.archive, file, &asked.reason)?;
            whole(&HeaderMap::new(), decision.to_toml().into_bytes(), "application/octet-stream", DECISION_FILE)
        })
        .await
}

/// Takes in such a decision with its signatures.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/shortening", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 201, description = "Taken in and durable", body = FileRow),
        (status = 422, description = "Not taken in, with every reason", body = DisposalAnswer),
    ))]
async fn shorten(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::FileChange, &headers, body).await?;
    change((service, caller), ("shorten", text), (headers, sent), do_shorten).await
}

fn do_shorten(ask: &Ask, _: &Scope, file: RecordId, signed: Signed) -> Result<Answer, Problem> {
    let SignedDocument { document, signatures, extra } = signed.read()?;
    let of = Decision::parse(&document, DECISION_FILE).ok().map(|decision| decision.file);
    if of.is_some_and(|of| of != file) {
        return Ok(of_another(ask, ErrorCode::DspShortening));
    }
    let taken = shortened::take(&ask.archive, &document, &signatures, &extra, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(match taken {
        Taken::Refused(reasons) => refused(ask, &reasons),
        Taken::Done(file) => done(view::file(&find(&ask.archive, file)?, Masked::No).to_string()),
    })
}

fn done(body: String) -> Answer {
    Answer { status: StatusCode::CREATED, location: None, body }
}

fn refused(ask: &Ask, reasons: &[Refusal]) -> Answer {
    let body = view::refused(reasons, ask.lang()).to_string();
    Answer { status: StatusCode::UNPROCESSABLE_ENTITY, location: None, body }
}

/// Which file it is about is not looked up: it may be anybody's.
fn of_another(ask: &Ask, code: ErrorCode) -> Answer {
    refused(ask, &[Refusal::new(code, DECISION_FILE, "it is about another file")])
}

/// Records that a file does not let go, where they go, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Moving {
    to: String,
    records: Vec<String>,
    reason: String,
}

/// Draws up the decision to move records out of a file that does not let them go, to be signed outside by an official
/// and by the records office exactly as it comes; nothing is kept of it.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/refiling/act", tag = "files",
    params(("file_id" = String, Path, description = "Id of the file that they are in")),
    request_body(content = FileRefiling, content_type = "application/json"),
    responses((status = 200, description = "`decision.toml`", content_type = "application/octet-stream")))]
async fn refiling_act(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let asked: Moving = read_json(&headers, &body)?;
    service
        .ask(caller, move |ask| {
            let scope = ask.list(Action::FileChange)?;
            let from = file_id(ask, &scope, &text)?;
            let to = file_id(ask, &scope, &asked.to)?;
            let records = known_records(ask, &scope, &asked.records, REFILED_MAX)?;
            let records = records.into_iter().collect();
            let decision = Refiling::draft(&ask.archive, (from, to), &records, &asked.reason)?;
            whole(&HeaderMap::new(), decision.to_toml().into_bytes(), "application/octet-stream", REFILING_FILE)
        })
        .await
}

/// Takes in such a decision with its signatures, and moves its records: all of them or none.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/refiling", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file that they are in"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 201, description = "They are in the other file, durably", body = FileFilled),
        (status = 422, description = "Not taken in, with every reason", body = DisposalAnswer),
    ))]
async fn refile(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::FileChange, &headers, body).await?;
    change((service, caller), ("refile", text), (headers, sent), do_refile).await
}

fn do_refile(ask: &Ask, scope: &Scope, file: RecordId, signed: Signed) -> Result<Answer, Problem> {
    let SignedDocument { document, signatures, extra } = signed.read()?;
    if let Ok(decision) = Refiling::parse(&document, REFILING_FILE) {
        if decision.from.file != file {
            return Ok(of_another(ask, ErrorCode::FilRefiling));
        }
        // Of what is of others the library would say what it is.
        file_id(ask, scope, &decision.to.file.to_string())?;
        let records: Vec<String> = decision.records.iter().map(RecordId::to_string).collect();
        known_records(ask, scope, &records, REFILED_MAX)?;
    }
    let taken = refiled::refile(&ask.archive, &document, &signatures, &extra, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(match taken {
        Refiled::Refused(reasons) => refused(ask, &reasons),
        Refiled::Done(Refiling { to, records, .. }) => {
            let entered = Entered { entered: records.into_iter().collect(), held: Vec::new() };
            done(view::file_filled(to.file, &entered).to_string())
        }
    })
}
