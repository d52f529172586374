//! `/api/v1/disposal-plans`: plans of destruction with their files and who signed what.
//!
//! A plan is of the agency whose files it names. Every step but looking is signed outside, and taken in with the
//! command line.

use super::caller::{Caller, Of, Params, id};
use super::describe::{DisposalPlan, DisposalPlanPage};
use super::page::{PageParams, listed};
use super::problem::Problem;
use super::reach::{of, seen};
use super::service::{Ask, Service};
use crate::access::rights::Action;
use crate::disposition::case::{Case, all};
use crate::error::{Error, ErrorCode};
use crate::view::plan;
use axum::Json;
use axum::extract::State;
use serde_json::Value;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Plans of destruction, oldest first.
#[utoipa::path(get, path = "/api/v1/disposal-plans", tag = "disposal", params(PageParams),
    responses((status = 200, description = "A page", body = DisposalPlanPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &PageParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::DisposalSee)?;
    let mut cases = Vec::new();
    for case in all(&ask.archive)? {
        if let Some(masked) = seen(&scope, &of(&case.plan.agency)) {
            cases.push((case.row.drafted.to_be_bytes().to_vec(), (case, masked)));
        }
    }
    listed(&ask.service, "disposal plans", params.paging(), cases, |(case, masked)| {
        Ok(Some(plan(&ask.archive, &case, masked)?))
    })
}

/// A plan of destruction.
#[utoipa::path(get, path = "/api/v1/disposal-plans/{plan_id}", tag = "disposal",
    params(("plan_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The plan", body = DisposalPlan)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let scope = ask.list(Action::DisposalSee)?;
            let id = id(&text)?;
            let unknown = || Error::new(ErrorCode::DspUnknown, id.to_string(), "no such plan");
            let case = Case::read(&ask.archive, id)?;
            let masked = seen(&scope, &of(&case.plan.agency)).ok_or_else(unknown)?;
            Ok(Json(plan(&ask.archive, &case, masked)?))
        })
        .await
}
