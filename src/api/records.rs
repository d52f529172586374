//! `/api/v1/records`: lists and searches of records, and one record with all its evidence.
//!
//! What a caller reaches is part of the question: of what they do not reach nothing is counted, listed or told from
//! what is not there. Showing a restricted record is a reading, in the journal before a word of it leaves.

use super::caller::{Caller, Of, Params, id};
use super::describe::{Record, RecordPage};
use super::page::{cursor, limit, listed, page, place};
use super::part::is_held;
use super::problem::Problem;
use super::reach::seen;
use super::service::{Ask, Service, target};
use crate::access::is_about_persons;
use crate::access::rights::{Action, Scope, Target};
use crate::filing::handover;
use crate::index::query::Query;
use crate::index::rows::RecordRow;
use crate::ingest::amend::card_state;
use crate::model::digest::sha256;
use crate::model::submission::AccessCategory;
use crate::view::{self, Masked, RecordView, record_row};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Parameters of a list of records.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Words and `field:value`, as `muragat search` takes them; all records when nothing is asked for.
    #[param(max_length = 1000)]
    q: Option<String>,
    /// `handed_over`: those that another archive keeps, with where they are; `q` is required then, and asks by words,
    /// `id:`, `reg:`, `date:` or `agency:` only. Those that are here when nothing is said.
    #[param(inline)]
    state: Option<RecordState>,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Records on the page.
    limit: Option<u32>,
}

/// Which records a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum RecordState {
    HandedOver,
}

/// Records that are looked through for a page: a page may have fewer than wanted, and still be followed by others.
const LOOKED_MAX: usize = 20_000;
/// Characters of a query. Own bound: what a person types, several times over.
const QUERY_CHARS_MAX: usize = 1000;

/// Records, the newest first.
#[utoipa::path(get, path = "/api/v1/records", tag = "records", params(ListParams),
    responses((status = 200, description = "A page", body = RecordPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &ListParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::RecordList)?;
    let limit = limit(params.limit)?;
    let text = params.q.as_deref().unwrap_or_default();
    if text.chars().count() > QUERY_CHARS_MAX {
        return Err(Problem::request("q", format!("at most {QUERY_CHARS_MAX} characters")));
    }
    let query = (!text.trim().is_empty()).then(|| Query::parse(text)).transpose()?;
    if params.state == Some(RecordState::HandedOver) {
        let query = query.ok_or_else(|| Problem::request("q", "state=handed_over wants it: what is looked for"))?;
        if !query.reaches_released() {
            let what = "with state=handed_over only words, id:, reg:, date: and agency: are looked for";
            return Err(Problem::request("q", what));
        }
        return handed_over(ask, &scope, &query, params);
    }
    let question = format!("records\n{}\n{}", ask.index_meta().generation, query.clone().unwrap_or_default());
    let before = params.after.as_deref().map(|after| place(&ask.service, &question, after)).transpose()?;
    let before = before.and_then(|place| Some(u32::from_be_bytes(place.try_into().ok()?)));
    let mut items = Vec::new();
    let mut last = None;
    let mut more = false;
    let mut looked = 0;
    let mut give = |number: u32, row: RecordRow| {
        looked += 1;
        if looked > LOOKED_MAX {
            more = true;
            return false;
        }
        let target = target(&row);
        let is_masked = scope.rows_of(&target).all(|row| row.masked);
        // To find what is hidden is to see it: of masked records nothing is asked.
        if !scope.contains(&target) || is_masked && query.is_some() {
            last = Some(number);
            return true;
        }
        if items.len() == limit {
            more = true;
            return false;
        }
        items.push(record_row(&row, if is_masked { Masked::Yes } else { Masked::No }));
        last = Some(number);
        true
    };
    match &query {
        Some(query) => ask.index().search(query, before, &mut give)?,
        None => ask.index().newest(before, &mut give)?,
    }
    let next = last.filter(|_| more).map(|number| cursor(&ask.service, &question, &number.to_be_bytes()));
    Ok(page(items, next))
}

/// What another archive keeps, by id. To find what is hidden is to see it: of what is masked nothing is found.
fn handed_over(ask: &Ask, scope: &Scope, query: &Query, params: &ListParams) -> Result<Value, Problem> {
    ask.wait_index()?;
    let question = format!("handed over\n{}\n{query}", ask.index_meta().generation);
    let mut found = Vec::new();
    ask.index().find_released(query, &mut |id, row| {
        // Number and date were kept only of records to which access was not restricted.
        let of = Target {
            agency: Some(&row.agency),
            access: Some(AccessCategory::Public),
            record: Some(id),
            about_person: is_about_persons(AccessCategory::Public),
            ..Target::default()
        };
        if seen(scope, &of) == Some(Masked::No) {
            found.push((id.0.to_vec(), (id, row)));
        }
        found.len() <= LOOKED_MAX
    })?;
    if found.len() > LOOKED_MAX {
        return Err(Problem::request("q", format!("it finds more than {LOOKED_MAX} records")));
    }
    let paging = (params.after.as_deref(), params.limit);
    listed(&ask.service, &question, paging, found, |(id, row)| {
        let elsewhere = handover::released(&ask.archive, &row)?;
        Ok(Some(view::handed_over(id, &elsewhere, Some(&row))))
    })
}

/// A record with its card, components, signatures and history. Its `ETag` is what `If-Match` of a correction of its
/// card is compared with.
#[utoipa::path(get, path = "/api/v1/records/{record_id}", tag = "records",
    params(
        ("record_id" = String, Path, description = "Its id"),
        ("If-Match" = Option<String>, Header, description = "Nothing, and 412, unless this is its ETag"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "The record", body = Record),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(record): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (value, card) = service.ask(caller, move |ask| shown_with_card(ask, &record)).await?;
    let text = value.to_string();
    let Some(card) = card else { return Ok(Json(value).into_response()) };
    let tag = format!("\"{card}.{}\"", hex::encode(&sha256(text.as_bytes()).0[..16]));
    let etag = [(header::ETAG, tag.clone())];
    match is_held(&headers, &tag)? {
        true => Ok((StatusCode::NOT_MODIFIED, etag).into_response()),
        false => Ok((etag, [(header::CONTENT_TYPE, "application/json")], text).into_response()),
    }
}

/// The state of the card in the entity tag of a record; none in what is no such tag.
pub(super) fn card_of(tag: &str) -> Option<&str> {
    tag.strip_prefix('"')?.strip_suffix('"')?.split_once('.').map(|(card, _)| card)
}

/// The document of a record, for whom it is shown to.
pub(crate) fn shown(ask: &Ask, record: &str) -> Result<Value, Problem> {
    shown_with_card(ask, record).map(|(value, _)| value)
}

/// The same with the state of its card; none for who sees it masked, and so corrects nothing.
fn shown_with_card(ask: &Ask, record: &str) -> Result<(Value, Option<String>), Problem> {
    let (_, decision) = ask.record(id(record)?, Action::RecordShow)?;
    let opened = ask.open(id(record)?, decision)?;
    let mut view = RecordView::read(&ask.archive, &opened)?;
    view.same_content = ask.known(view.same_content)?;
    let card = (!decision.masked).then(|| card_state(&opened.row));
    Ok((view.value(if decision.masked { Masked::Yes } else { Masked::No }), card))
}
