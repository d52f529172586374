//! `/api/v1/holds`: what must not be disposed of, whatever its term says; placing and lifting.
//!
//! A caller sees a hold with those of its targets that they reach. A hold is placed on what the caller reaches, and on
//! nothing else: what is not theirs is answered like what is not there. A query finds what the caller may list; it is
//! asked once, when the hold is placed. Who lifts a hold has to reach all that it keeps.
//!
//! What a crash leaves: a hold that is durable and was not answered; the list has it. The same request sent again after
//! that places a second one, which harms nothing.

use super::caller::{Caller, Of, Params, id};
use super::describe::{Hold, HoldAnswer, HoldLifting, HoldPage, HoldPlacing};
use super::once::{Answer, act};
use super::page::listed;
use super::problem::Problem;
use super::reach::{Owners, of, seen_of_any};
use super::service::{Ask, Service, target};
use crate::access::rights::Action;
use crate::error::{Error, ErrorCode};
use crate::filing::holds;
use crate::index::filing::HoldTarget;
use crate::index::query::Query;
use crate::model::id::RecordId;
use crate::view;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(list, place)).routes(routes!(show)).routes(routes!(lift))
}

/// Parameters of a list of holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Also those that were lifted.
    all: Option<bool>,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Holds on the page.
    limit: Option<u32>,
}

/// Holds, oldest first, each with what of it the caller reaches.
#[utoipa::path(get, path = "/api/v1/holds", tag = "holds", params(ListParams),
    responses((status = 200, description = "A page", body = HoldPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &ListParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::HoldSee)?;
    ask.wait_index()?;
    let all = params.all.unwrap_or_default();
    let mut owners = Owners::new(ask);
    let mut rows = Vec::new();
    for (id, row) in ask.index().holds()? {
        if !all && row.lifted.is_some() {
            continue;
        }
        let (targets, masked) = owners.targets(&scope, &row.targets)?;
        rows.extend(masked.map(|masked| (row.placed.to_be_bytes().to_vec(), (id, targets, masked))));
    }
    let question = format!("holds\n{}\n{all}", ask.index_meta().generation);
    let paging = (params.after.as_deref(), params.limit);
    listed(&ask.service, &question, paging, rows, |(id, targets, masked)| {
        Ok(Some(view::hold_of(&holds::find(&ask.archive, id)?, &targets, masked)))
    })
}

fn unknown(id: RecordId) -> Problem {
    Error::new(ErrorCode::HldUnknown, id.to_string(), "no such hold").into()
}

/// A hold.
#[utoipa::path(get, path = "/api/v1/holds/{hold_id}", tag = "holds",
    params(("hold_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The hold, with what of it the caller reaches", body = Hold)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let scope = ask.list(Action::HoldSee)?;
            let id = id(&text)?;
            ask.wait_index()?;
            let hold = holds::find(&ask.archive, id)?;
            let (targets, masked) = Owners::new(ask).targets(&scope, &hold.row.targets)?;
            Ok(Json(view::hold_of(&hold, &targets, masked.ok_or_else(|| unknown(id))?)))
        })
        .await
}

/// What a hold is placed on, by whom and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placing {
    #[serde(default)]
    records: Vec<RecordText>,
    #[serde(default)]
    files: Vec<RecordText>,
    query: Option<String>,
    owner: String,
    reason: String,
    basis: String,
    review: Option<NaiveDate>,
}

/// An id as it was written.
type RecordText = String;

/// Places a hold on records, files, or what a query finds now; it takes effect at once.
#[utoipa::path(post, path = "/api/v1/holds", tag = "holds",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = HoldPlacing, content_type = "application/json"),
    responses((status = 201, description = "Placed and durable", body = HoldAnswer)))]
async fn place(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("hold", String::new()), (&headers, body), do_place).await
}

fn do_place(ask: &Ask, _: &str, placing: Placing) -> Result<Answer, Problem> {
    let scope = ask.list(Action::HoldPlace)?;
    ask.wait_index()?;
    let mut owners = Owners::new(ask);
    let mut targets = Vec::new();
    let records = placing.records.iter().map(|text| (text, false));
    for (text, is_file) in records.chain(placing.files.iter().map(|text| (text, true))) {
        let id = id(text)?;
        let index = ask.index();
        let is_there = if is_file { index.file(id)?.is_some() } else { index.file_of(id)?.is_some() };
        // Of what is not theirs they do not even learn that it was destroyed.
        if seen_of_any(&scope, owners.of(id)?).is_none() {
            let (code, what) = match is_file {
                true => (ErrorCode::FilUnknown, "no such file"),
                false => (ErrorCode::ArcNoRecord, "no such record"),
            };
            return Err(Error::new(code, id.to_string(), what).into());
        }
        if !is_there {
            return Err(match is_file {
                true => crate::filing::files::find(&ask.archive, id).err().map_or_else(|| unknown(id), Problem::from),
                false => ask.no_record(id).into(),
            });
        }
        targets.push(if is_file { HoldTarget::File(id.0) } else { HoldTarget::Record(id.0) });
    }
    if let Some(text) = &placing.query {
        let listed = ask.list(Action::RecordList)?;
        ask.index().search(&Query::parse(text)?, None, &mut |_, row| {
            if listed.contains(&target(&row)) && scope.contains(&of(&row.agency)) {
                targets.push(HoldTarget::Record(row.record));
            }
            true
        })?;
    }
    let Placing { query, owner, reason, basis, review, .. } = placing;
    let placing = holds::Placing { owner, reason, basis, review, query };
    let (id, entry) = holds::place(&ask.archive, &placing, &targets, ask.principal.actor)?;
    ask.wait_index()?;
    let covers = holds::find(&ask.archive, id)?.row.targets.len();
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(format!("/api/v1/holds/{id}")),
        body: view::hold_placed(id, entry, covers).to_string(),
    })
}

/// Why a hold is lifted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifting {
    reason: String,
}

/// Lifts a hold: a decision of a person, who signs in as one.
#[utoipa::path(post, path = "/api/v1/holds/{hold_id}/lifting", tag = "holds",
    params(
        ("hold_id" = String, Path, description = "Id of the hold"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = HoldLifting, content_type = "application/json"),
    responses((status = 200, description = "Lifted and durable", body = HoldAnswer)))]
async fn lift(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("lift", text), (&headers, body), do_lift).await
}

fn do_lift(ask: &Ask, text: &str, lifting: Lifting) -> Result<Answer, Problem> {
    let scope = ask.list(Action::HoldLift)?;
    let id = id(text)?;
    ask.wait_index()?;
    let row = ask.index().hold(id)?.ok_or_else(|| unknown(id))?;
    let mut owners = Owners::new(ask);
    let (reached, _) = owners.targets(&scope, &row.targets)?;
    match reached.len() {
        0 => return Err(unknown(id)),
        all if all == row.targets.len() => {}
        // It keeps what is of others too: those have to agree, which only a person beside the archive can see to.
        _ => {
            for agency in owners.of(id)? {
                ask.may(Action::HoldLift, &of(agency))?;
            }
        }
    }
    let entry = holds::lift(&ask.archive, id, &lifting.reason, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(Answer { status: StatusCode::OK, location: None, body: view::hold_lifted(id, entry).to_string() })
}
