//! `/api/v1/jobs/{id}` and its events (server-sent, WHATWG HTML §9.2), for the account that asked for the job.
//!
//! An event is the whole state of the job; its id counts the changes, so who comes back with `Last-Event-ID` is told
//! only what is newer. Asking again and again works as well.

use super::caller::{Caller, Of, id};
use super::describe::Job;
use super::jobs::State as JobState;
use super::problem::Problem;
use super::service::Service;
use crate::access::rights::Action;
use crate::error::ErrorCode;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How often a silent stream shows that it is there.
const ALIVE: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(events))
}

async fn find(
    service: &Arc<Service>,
    caller: Caller,
    job: String,
) -> Result<watch::Receiver<super::jobs::Job>, Problem> {
    service
        .ask(caller, move |ask| {
            ask.list(Action::JobSee)?;
            let none = || Problem::new(ErrorCode::SrvNoJob, "job", "no such job of this account");
            ask.service.jobs.of(id(&job).map_err(|_| none())?, &ask.principal.account).ok_or_else(none)
        })
        .await
}

/// How a job stands.
#[utoipa::path(get, path = "/api/v1/jobs/{job_id}", tag = "jobs",
    params(("job_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The job", body = Job)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(job): Of<String>,
) -> Result<Json<Value>, Problem> {
    let job = find(&service, caller, job).await?;
    let value = job.borrow().value();
    Ok(Json(value))
}

/// The changes of a job as they come, until it ends.
#[utoipa::path(get, path = "/api/v1/jobs/{job_id}/events", tag = "jobs",
    params(
        ("job_id" = String, Path, description = "Its id"),
        ("Last-Event-ID" = Option<u64>, Header, description = "What the caller has seen"),
    ),
    responses((status = 200, description = "Events", content_type = "text/event-stream")))]
async fn events(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(job): Of<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let mut job = find(&service, caller, job).await?;
    let seen = headers.get("last-event-id").map(|seen| seen.to_str().ok().and_then(|seen| seen.parse::<u64>().ok()));
    let seen = match seen {
        None => None,
        Some(Some(seen)) => Some(seen),
        Some(None) => return Err(Problem::request("Last-Event-ID", "not a number")),
    };
    let (to, from) = mpsc::channel::<Result<Event, Infallible>>(8);
    tokio::spawn(async move {
        loop {
            let now = job.borrow_and_update().clone();
            let is_new = seen.is_none_or(|seen| now.version > seen);
            let event = Event::default().event("job").id(now.version.to_string()).data(now.value().to_string());
            if is_new && to.send(Ok(event)).await.is_err() {
                return;
            }
            // The last event ends the stream; so does a job that is forgotten, and a service that ends.
            if now.state != JobState::Running || service.is_ending() || job.changed().await.is_err() {
                return;
            }
        }
    });
    Ok(Sse::new(ReceiverStream::new(from)).keep_alive(KeepAlive::new().interval(ALIVE)))
}
