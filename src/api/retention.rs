//! `/api/v1/due`, `/api/v1/rules`, `/api/v1/nomenclature`: what falls due, by which lists, and which files agencies
//! keep.
//!
//! What is due is decided by the one function of [`retention`](crate::retention); nothing is written. Who asks what is
//! due sees files, so both rights are asked for.

use super::caller::{Caller, Of, Params};
use super::describe::{DueRowPage, Nomenclature, NomenclatureRowPage, RulesRowPage};
use super::page::{PageParams, file_key, listed};
use super::problem::Problem;
use super::reach::{of, seen};
use super::service::{Ask, Service};
use crate::access::rights::{Action, Target};
use crate::filing::due::{Basis, judged};
use crate::filing::files::File;
use crate::filing::nomenclature::{Held, adopted};
use crate::retention::Status;
use crate::view::{self, Masked};
use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(due))
        .routes(routes!(rules))
        .routes(routes!(nomenclatures))
        .routes(routes!(nomenclature))
}

/// Parameters of what is due.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DueParams {
    /// The day that is asked about; today when not given.
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<NaiveDate>,
    /// Only files of this agency.
    agency: Option<String>,
    /// The cursor of the page before.
    #[param(max_length = 2000)]
    after: Option<String>,
    /// Files on the page.
    limit: Option<u32>,
}

/// Files that are due, held, or await a person, on a day; each with the derivation.
#[utoipa::path(get, path = "/api/v1/due", tag = "retention", params(DueParams),
    responses((status = 200, description = "A page", body = DueRowPage)))]
async fn due(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<DueParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| what_is_due(ask, &params)).await.map(Json)
}

fn what_is_due(ask: &Ask, params: &DueParams) -> Result<Value, Problem> {
    let rules = ask.list(Action::RulesSee)?;
    let files = ask.list(Action::FileSee)?;
    let as_of = params.as_of.unwrap_or(ask.today);
    let agency = &params.agency;
    // The day is part of the question: a page of another day goes on from nowhere.
    let question = format!("due\n{}\n{as_of}\n{agency:?}", ask.index_meta().generation);
    let basis = Basis::read(&ask.archive)?;
    let judge = basis.judge();
    let wanted = |status| matches!(status, Status::Due | Status::Held | Status::AwaitsPerson);
    let mut found = Vec::new();
    for one in judged(&ask.archive, &judge, as_of, wanted)? {
        let (of_agency, ..) = one.order();
        let is_asked = agency.as_ref().is_none_or(|agency| agency == of_agency) && rules.contains(&of(of_agency));
        if let Some(masked) = seen(&files, &of(of_agency)).filter(|_| is_asked) {
            found.push((file_key(one.order()), (one.file, masked)));
        }
    }
    let paging = (params.after.as_deref(), params.limit);
    listed(&ask.service, &question, paging, found, |(id, masked)| {
        let file = ask.index().file(id)?.map(|row| File { id, row });
        Ok(file.map(|file| view::due_row(&file, &judge.decide(&file, as_of), masked)))
    })
}

/// The editions of lists of periods that were adopted, oldest first.
#[utoipa::path(get, path = "/api/v1/rules", tag = "retention", params(PageParams),
    responses((status = 200, description = "A page", body = RulesRowPage)))]
async fn rules(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            ask.may(Action::RulesSee, &Target::default())?;
            ask.wait_index()?;
            let lists = ask.adopted_lists()?;
            let keyed = lists.iter().map(|held| (held.entry.to_be_bytes().to_vec(), held)).collect();
            listed(&ask.service, "rules", params.paging(), keyed, |held| Ok(Some(view::rules_row(held)))).map(Json)
        })
        .await
}

/// Parameters of a list of nomenclatures.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NomenclatureParams {
    /// Only those of this agency.
    agency: Option<String>,
    /// Only those of this year.
    year: Option<u16>,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Nomenclatures on the page.
    limit: Option<u32>,
}

/// The nomenclatures that were adopted, oldest first; of an agency and a year the last one is in force.
#[utoipa::path(get, path = "/api/v1/nomenclature", tag = "nomenclature", params(NomenclatureParams),
    responses((status = 200, description = "A page", body = NomenclatureRowPage)))]
async fn nomenclatures(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<NomenclatureParams>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let NomenclatureParams { agency, year, after, limit } = params;
            let mut held = reached(ask)?;
            held.retain(|held| {
                let of = &held.nomenclature;
                agency.as_ref().is_none_or(|agency| *agency == of.agency) && year.is_none_or(|year| year == of.year)
            });
            let question = format!("nomenclature\n{agency:?}\n{year:?}");
            let keyed = held.into_iter().map(|held| (held.entry.to_be_bytes().to_vec(), held)).collect();
            let write = |held: Held| Ok(Some(view::nomenclature_row(&held)));
            listed(&ask.service, &question, (after.as_deref(), limit), keyed, write).map(Json)
        })
        .await
}

fn reached(ask: &Ask) -> Result<Vec<Held>, Problem> {
    let scope = ask.list(Action::NomenclatureSee)?;
    ask.wait_index()?;
    let mut held = adopted(&ask.archive)?;
    held.retain(|held| scope.contains(&of(&held.nomenclature.agency)));
    Ok(held)
}

/// A nomenclature with its files.
#[utoipa::path(get, path = "/api/v1/nomenclature/{entry}", tag = "nomenclature",
    params(("entry" = u64, Path, description = "The entry of its adoption")),
    responses((status = 200, description = "The nomenclature", body = Nomenclature)))]
async fn nomenclature(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(entry): Of<u64>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let held = reached(ask)?.into_iter().find(|held| held.entry == entry);
            let held = held.ok_or_else(|| Problem::nothing(entry.to_string()))?;
            let decision = ask.may(Action::NomenclatureSee, &of(&held.nomenclature.agency))?;
            Ok(Json(view::nomenclature_whole(&held, if decision.masked { Masked::Yes } else { Masked::No })))
        })
        .await
}
