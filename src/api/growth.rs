//! What is added to an accepted record: late components, and new versions of its card.
//!
//! What was accepted stays as it is. A record that the caller may not know of is answered like none; to add shows
//! nothing of the record, so it is no reading.
//!
//! What a crash leaves: an addition that is durable and was not answered; the same one sent again is held already.

use super::caller::{Caller, Of, id};
use super::describe::{CardCorrecting, ComponentAdding, RecordAnswer};
use super::once::{Answer, act};
use super::problem::Problem;
use super::service::{Ask, Service};
use super::signed::{Base64, receive};
use crate::access::rights::Action;
use crate::ingest::amend::{Amended, Brought, LATE_ROLES, add, correct_card};
use crate::model::id::RecordId;
use crate::model::submission::{ComponentEntry, Derivation, Role};
use crate::view;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(component)).routes(routes!(card))
}

/// A late component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adding {
    path: String,
    role: String,
    content: Base64,
    #[serde(default)]
    covers: Vec<String>,
    source: Option<String>,
    tool: Option<String>,
    reason: Option<String>,
}

/// Adds a late component: a receipt, a mark, a signature, a certificate, revocation data, a time-stamp, a
/// representation.
#[utoipa::path(post, path = "/api/v1/records/{record_id}/components", tag = "records",
    params(
        ("record_id" = String, Path, description = "Id of the record"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = ComponentAdding, content_type = "application/json"),
    responses(
        (status = 200, description = "The record has it already", body = RecordAnswer),
        (status = 201, description = "Added and durable", body = RecordAnswer),
        (status = 422, description = "Refused, with every reason", body = RecordAnswer),
    ))]
async fn component(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::RecordAdd, &headers, body).await?;
    act((&service, caller), ("component", text), (&headers, sent), do_add).await
}

fn do_add(ask: &Ask, text: &str, adding: Adding) -> Result<Answer, Problem> {
    let record = id(text)?;
    ask.wait_index()?;
    ask.record(record, Action::RecordAdd)?;
    let known = || LATE_ROLES.map(Role::as_str).join(", ");
    let role = Role::parse(&adding.role).ok_or_else(|| Problem::request("role", format!("one of {}", known())))?;
    let derivation = match (adding.source, adding.tool) {
        (Some(source), Some(tool)) => Some(Derivation { source, tool }),
        (None, None) => None,
        _ => return Err(Problem::request("source", "a source comes with its tool, and a tool with its source")),
    };
    let path = adding.path;
    let entry = ComponentEntry { path: path.clone(), role, covers: adding.covers, media_type: None, derivation };
    let brought = Brought::Bytes(&path, &adding.content.0);
    let amended = add(&ask.archive, record, entry, brought, adding.reason, ask.principal.actor)?;
    answer(ask, record, &amended)
}

fn answer(ask: &Ask, record: RecordId, amended: &Amended) -> Result<Answer, Problem> {
    ask.wait_index()?;
    let status = match amended {
        Amended::Done { .. } => StatusCode::CREATED,
        Amended::Held { .. } => StatusCode::OK,
        Amended::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(Answer { status, location: None, body: view::amended(record, amended, ask.lang()).to_string() })
}

/// A corrected card, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Correcting {
    content: Base64,
    reason: String,
}

/// Gives a record a new version of its card; the earlier ones stay.
#[utoipa::path(post, path = "/api/v1/records/{record_id}/card", tag = "records",
    params(
        ("record_id" = String, Path, description = "Id of the record"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = CardCorrecting, content_type = "application/json"),
    responses(
        (status = 201, description = "Added and durable", body = RecordAnswer),
        (status = 422, description = "Refused, with every reason", body = RecordAnswer),
    ))]
async fn card(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::CardCorrect, &headers, body).await?;
    act((&service, caller), ("card", text), (&headers, sent), do_correct).await
}

fn do_correct(ask: &Ask, text: &str, correcting: Correcting) -> Result<Answer, Problem> {
    let record = id(text)?;
    ask.wait_index()?;
    ask.record(record, Action::CardCorrect)?;
    let brought = Brought::Bytes("card.json", &correcting.content.0);
    let amended = correct_card(&ask.archive, record, brought, correcting.reason, ask.principal.actor)?;
    answer(ask, record, &amended)
}
