//! Whether the process lives, whether it can serve, who asks, and the figures for Prometheus.
//!
//! `/livez` and `/readyz` say nothing but yes and no. `/metrics` is on the listener that `--metrics` names, not here,
//! unless none is named: then nobody gets it.

use super::caller::Caller;
use super::describe::{Health, Me};
use super::problem::Problem;
use super::service::{Ask, Service};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready)).routes(routes!(me))
}

/// Whether the process answers.
#[utoipa::path(get, path = "/livez", tag = "health", security(()),
    responses((status = 200, description = "It does", body = Health)))]
async fn live() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Whether the archive is open and takes acts.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, description = "It is", body = Health),
        (status = 503, description = "Not now", body = Health)))]
async fn ready(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let ending = service.is_ending();
    // Both wait for a commit that runs.
    let takes = spawn_blocking(move || {
        let archive = service.slot.try_get();
        archive.is_some_and(|archive| archive.conflict().is_none() && !archive.is_read_only())
    });
    let takes = takes.await.unwrap_or(false);
    let status = match (ending, takes) {
        (true, _) => "ending",
        (false, false) => "away",
        (false, true) => "ok",
    };
    let code = if status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({"status": status})))
}

/// Who the archive takes the caller for.
#[utoipa::path(get, path = "/api/v1/me", tag = "health",
    responses((status = 200, description = "The caller", body = Me)))]
async fn me(State(service): State<Arc<Service>>, caller: Caller) -> Result<Json<Value>, Problem> {
    service.ask(caller, |ask| Ok(Json(who(ask)))).await
}

fn who(ask: &Ask) -> Value {
    let principal = &ask.principal;
    let role = |grant: &crate::access::rights::Grant| {
        json!({
            "role": grant.role.as_str(), "agency": grant.agency,
            "access": grant.access.iter().map(|access| access.as_str()).collect::<Vec<_>>(),
            "until": grant.until.map(|day| day.to_string()),
        })
    };
    json!({
        "account": principal.account, "actor": principal.actor.to_string(), "means": principal.means.as_str(),
        "administrator": principal.is_administrator,
        "roles": principal.grants.iter().map(role).collect::<Vec<_>>(),
    })
}

/// The figures, for the listener of their own.
pub(crate) async fn metrics(State(service): State<Arc<Service>>) -> impl IntoResponse {
    let text = spawn_blocking(move || {
        let archive = service.slot.try_get();
        service.metrics.text(&service, archive.as_deref())
    });
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text.await.unwrap_or_default())
}
