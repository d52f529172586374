//! What is added to an accepted record: late components, and new versions of its card.
//!
//! What was accepted stays as it is. A record that the caller may not know of is answered like none; to add shows
//! nothing of the record, so it is no reading.
//!
//! What a crash leaves: an addition that is durable and was not answered; the same one sent again is held already.

use super::body::read_json;
use super::caller::{Caller, Of, id};
use super::describe::{CardCorrecting, ComponentAdding, RecordAnswer};
use super::once::{Answer, act, key_of, once, response};
use super::part::tags;
use super::problem::Problem;
use super::records::card_of;
use super::service::{Ask, Service};
use super::signed::{Base64, receive};
use crate::access::rights::Action;
use crate::ingest::amend::{Amended, Brought, LATE_ROLES, add, correct_card, correct_card_if};
use crate::model::id::RecordId;
use crate::model::submission::{ComponentEntry, Derivation, Role};
use crate::view;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
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

/// Gives a record a new version of its card; the earlier ones stay. With `If-Match` only while the record has the card
/// that its `ETag` was given with.
#[utoipa::path(post, path = "/api/v1/records/{record_id}/card", tag = "records",
    params(
        ("record_id" = String, Path, description = "Id of the record"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("If-Match" = Option<String>, Header,
         description = "The ETag of the record as it was seen; 412 when its card was corrected since"),
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
    let correcting: Correcting = read_json(&headers, sent.as_ref())?;
    let (key, seen) = (key_of(&headers), seen(&headers));
    let answer = service
        .ask(caller, move |ask| {
            // With another condition it is another request.
            let condition = format!("{seen:?}");
            let parts = [b"card".as_slice(), text.as_bytes(), condition.as_bytes(), sent.as_ref()];
            once(ask, key.as_deref(), &parts, || do_correct(ask, &text, seen.as_deref(), correcting))
        })
        .await?;
    Ok(response(answer))
}

/// The states of the card that a correction was decided by; none: whatever card the record has.
fn seen(headers: &HeaderMap) -> Option<Vec<String>> {
    let tags = || tags(headers, header::IF_MATCH);
    if !headers.contains_key(header::IF_MATCH) || tags().any(|tag| tag == "*") {
        return None;
    }
    // A weak tag names no state, nor does one of something else.
    Some(tags().filter_map(card_of).map(str::to_owned).collect())
}

fn do_correct(ask: &Ask, text: &str, seen: Option<&[String]>, correcting: Correcting) -> Result<Answer, Problem> {
    let record = id(text)?;
    ask.wait_index()?;
    ask.record(record, Action::CardCorrect)?;
    let brought = Brought::Bytes("card.json", &correcting.content.0);
    let (archive, actor) = (&ask.archive, ask.principal.actor);
    let amended = match seen {
        Some(seen) => correct_card_if(archive, record, seen, brought, correcting.reason, actor)?,
        None => correct_card(archive, record, brought, correcting.reason, actor)?,
    };
    answer(ask, record, &amended)
}
