//! `/api/v1/search`: full text, by those who may read it.
//!
//! A record is found by its card and its documents; of a record that the caller may not read nothing is found, counted
//! or told. What the newest documents say is found a little later than they come: `lag` says how much.

use super::caller::{Caller, Params};
use super::describe::SearchPage;
use super::page::{cursor, limit, place};
use super::problem::Problem;
use super::service::{Ask, Service};
use super::session::SignedIn;
use crate::access::rights::{self, Action, Target, decide};
use crate::access::text::find::{find, scope};
use crate::archive::Archive;
use crate::clock::civil_date;
use crate::error::ErrorCode;
use crate::index::text::{Cursor, Page, Scope, TextQuery};
use crate::view::{found_record, found_summary};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(search))
}

/// Parameters of a search.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParams {
    /// Words, "phrases in quotation marks", and `field:value` (agency, kind, direction, access, index, reg, date, id).
    #[param(min_length = 1, max_length = 1000)]
    pub(crate) q: String,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    pub(crate) after: Option<String>,
    /// Records on the page.
    pub(crate) limit: Option<u32>,
}

/// Records whose card or text has the words, best first.
#[utoipa::path(get, path = "/api/v1/search", tag = "search", params(SearchParams),
    responses((status = 200, description = "A page with counts", body = SearchPage)))]
async fn search(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<SearchParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

/// In what the caller may search; who may in nothing is denied.
///
/// To find a record by what it says is to learn what it says: the right to its content is asked for.
pub(crate) fn searched(ask: &Ask) -> Result<Scope, Problem> {
    let reached = ask.list(Action::ContentRead)?;
    scope(&reached).ok_or_else(|| {
        let decision = decide(&ask.principal, Action::ContentRead, &Target::default(), ask.today);
        ask.denied(Action::ContentRead, decision.rule)
    })
}

/// Whether somebody who signed in may search at all.
pub(crate) fn may_search(archive: &Archive, session: &SignedIn) -> Result<bool, Problem> {
    let Some(principal) = session.principal(archive)? else { return Ok(false) };
    Ok(scope(&rights::scope(&principal, Action::ContentRead, civil_date(archive.now()))).is_some())
}

/// The document of a search.
pub(crate) fn found(ask: &Ask, params: &SearchParams) -> Result<Value, Problem> {
    let scope = searched(ask)?;
    let limit = limit(params.limit)?;
    let query = TextQuery::parse(&params.q)?;
    let question = format!("search\n{}\n{}", ask.index_meta().generation, params.q);
    let after = params.after.as_deref().map(|after| place(&ask.service, &question, after)).transpose()?;
    let wrong = || Problem::new(ErrorCode::SrvRequest, "after", "not a cursor of this search");
    let after = after.map(|place| String::from_utf8(place).ok().and_then(|text| text.parse::<Cursor>().ok()));
    let after = after.map(|cursor| cursor.ok_or_else(wrong)).transpose()?;
    let found = find(&ask.archive, &query, &scope, Page { after, limit })?;
    let mut value = found_summary(&found);
    value["items"] = found.records.iter().map(found_record).collect();
    value["next"] = json!(found.next.map(|next| cursor(&ask.service, &question, next.to_string().as_bytes())));
    Ok(value)
}
