//! `/api/v1/parties`: other archives, as officers of an agency adopted them.
//!
//! Of one name the last file is in force, and a caller sees those of their agencies. They are adopted by the command
//! line: the file is brought by hand, and so are its signatures.
//!
//! It only reads.

use super::caller::{Caller, Of, Params};
use super::describe::{Party, PartyPage};
use super::page::{PageParams, listed};
use super::problem::Problem;
use super::reach::{of, seen};
use super::service::{Ask, Service};
use crate::access::rights::{Action, Scope};
use crate::error::{Error, ErrorCode};
use crate::transfer::party::{self, Held};
use crate::view;
use axum::Json;
use axum::extract::State;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Characters of a name that are answered. Own bound: no party has a longer one.
const NAME_CHARS_MAX: usize = 64;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Other archives, by name.
#[utoipa::path(get, path = "/api/v1/parties", tag = "transfers", params(PageParams),
    responses((status = 200, description = "A page", body = PartyPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &PageParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::TransferSee)?;
    let mut in_force = BTreeMap::new();
    for held in party::adopted(&ask.archive)? {
        in_force.insert(held.party.id.clone(), held);
    }
    let seen = |held: Held| seen(&scope, &of(&held.party.agency)).map(|masked| (held, masked));
    let rows = in_force.into_iter().filter_map(|(id, held)| Some((id.into_bytes(), seen(held)?))).collect();
    listed(&ask.service, "parties", params.paging(), rows, |(held, masked)| Ok(Some(view::party(&held, masked))))
}

/// Another archive.
#[utoipa::path(get, path = "/api/v1/parties/{party}", tag = "transfers",
    params(("party" = String, Path, description = "Its name")),
    responses((status = 200, description = "The archive, as it is known now", body = Party)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(name): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let scope = ask.list(Action::TransferSee)?;
            let held = named(ask, &scope, &name)?;
            let masked = seen(&scope, &of(&held.party.agency)).ok_or_else(|| unknown(&name))?;
            Ok(Json(view::party(&held, masked)))
        })
        .await
}

fn unknown(name: &str) -> Problem {
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    Error::new(ErrorCode::TrfNoParty, name, "no such party was adopted").into()
}

/// The party of a name in a scope: one of another agency is answered like none.
pub(super) fn named(ask: &Ask, scope: &Scope, name: &str) -> Result<Held, Problem> {
    match party::find(&ask.archive, name) {
        Ok(held) if scope.contains(&of(&held.party.agency)) => Ok(held),
        Ok(_) => Err(unknown(name)),
        Err(e) if e.code == ErrorCode::TrfNoParty => Err(unknown(name)),
        Err(e) => Err(e.into()),
    }
}
