//! `/api/v1/sessions`: where the caller is signed in; ending one of these sessions.
//!
//! Everybody sees and ends their own, and nobody those of others: an id that is of another account is answered like one
//! that was never given. A token sees none, because its scopes name none (`deny.scope`): who has one of a person learns
//! by it neither when that person works nor how to put them out.
//!
//! What is said is when and by what means; from where, the service does not keep. A crash ends all sessions.

use super::caller::{Caller, Of, id};
use super::describe::SessionPage;
use super::page::page;
use super::problem::Problem;
use super::service::{Ask, Service};
use super::session::{Listed, SignedIn, cookie_of, set_cookie};
use crate::clock::rfc3339;
use crate::model::id::RecordId;
use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

/// The caller as sessions know them.
fn own(ask: &Ask) -> Result<SignedIn, Problem> {
    if ask.principal.scopes.is_some() {
        const RULE: &str = "deny.scope";
        ask.caller.about.learn(|learnt| learnt.rule = Some(RULE));
        return Err(Problem::denied("sessions", RULE));
    }
    SignedIn::of(&ask.archive, &ask.principal)
}

/// The caller's sessions, the one used last first; at most as many as an account may have.
pub(crate) fn listed(ask: &Ask) -> Result<Vec<Listed>, Problem> {
    let own = own(ask)?;
    Ok(ask.service.sessions.list(&own, ask.now()))
}

/// Ends a session of the caller.
pub(crate) fn ended(ask: &Ask, session: RecordId) -> Result<(), Problem> {
    let own = own(ask)?;
    let is_ended = ask.service.sessions.end_own(&own, session, ask.now());
    if is_ended { Ok(()) } else { Err(Problem::nothing(session.to_string())) }
}

/// The session that a request is of.
pub(crate) fn current(service: &Service, parts: &Parts) -> Option<RecordId> {
    service.sessions.id(&cookie_of(parts)?)
}

fn view(session: &Listed, current: Option<RecordId>) -> Value {
    json!({
        "session_id": session.id.to_string(), "means": session.means.as_str(), "begun": rfc3339(session.begun),
        "used": rfc3339(session.used), "until": rfc3339(session.until()), "current": current == Some(session.id),
    })
}

/// The caller's own sessions, the one used last first. A token sees none.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "login",
    responses((status = 200, description = "All of them: `next` is null", body = SessionPage)))]
async fn list(State(service): State<Arc<Service>>, parts: Parts, caller: Caller) -> Result<Json<Value>, Problem> {
    let current = current(&service, &parts);
    service
        .ask(caller, move |ask| {
            let items = listed(ask)?.iter().map(|session| view(session, current)).collect();
            Ok(Json(page(items, None)))
        })
        .await
}

/// Ends one of the caller's own sessions, also the one that asks.
#[utoipa::path(delete, path = "/api/v1/sessions/{session_id}", tag = "login",
    params(("session_id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It has ended")))]
async fn end(
    State(service): State<Arc<Service>>,
    parts: Parts,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Response, Problem> {
    let current = current(&service, &parts);
    let session = service
        .ask(caller, move |ask| {
            // Who may end none learns nothing of ids.
            own(ask)?;
            let session = id(&text)?;
            ended(ask, session).map(|()| session)
        })
        .await?;
    Ok(taken_back(&parts, current == Some(session), StatusCode::NO_CONTENT.into_response()))
}

/// An answer that takes the cookie back when the session that asked has ended.
pub(crate) fn taken_back(parts: &Parts, is_own: bool, mut response: Response) -> Response {
    // A browser that came over an open line has none to give back.
    if let Some(cookie) = is_own.then(|| set_cookie(parts, "").ok()).flatten() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
