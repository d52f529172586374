//! `/api/v1/files`: files (іс, дело) by agency, year and index, one file, its records, and what becomes of it and why.
//!
//! A file of an agency that the caller does not reach is answered like one that is not there. Its records are those
//! that the caller may know of; a list is no reading, and says no title of a restricted record.

use super::caller::{Caller, Of, Params, id};
use super::describe::{FilePage, FileRecordPage, FileRow, Why};
use super::page::{PageParams, file_key, listed};
use super::problem::Problem;
use super::reach::{Owners, of, seen, seen_of_any};
use super::service::{Ask, Service, target};
use crate::access::rights::{Action, Scope};
use crate::error::{Error, ErrorCode};
use crate::filing::cite;
use crate::filing::files::{File, find};
use crate::model::id::RecordId;
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
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(records))
        .routes(routes!(why_file))
        .routes(routes!(why_record))
}

/// Which files a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum FileState {
    Open,
    Closed,
    Destroyed,
}

/// Parameters of a list of files.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only those of this agency.
    agency: Option<String>,
    /// Only those of this year.
    year: Option<u16>,
    /// Only those of this index.
    index: Option<String>,
    /// Only those that are open, closed, or destroyed; what is still there when nothing is said.
    #[param(inline)]
    state: Option<FileState>,
    /// The cursor of the page before.
    #[param(max_length = 2000)]
    after: Option<String>,
    /// Files on the page.
    limit: Option<u32>,
}

/// Files, by agency, year, index and volume.
#[utoipa::path(get, path = "/api/v1/files", tag = "files", params(ListParams),
    responses((status = 200, description = "A page", body = FilePage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &ListParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::FileSee)?;
    ask.wait_index()?;
    let ListParams { agency, year, index, state, after, limit } = params;
    let question = format!("files\n{}\n{agency:?}\n{year:?}\n{index:?}\n{state:?}", ask.index_meta().generation);
    let is_asked = |of_agency: &str, of_year: u16, of_index: &str| {
        agency.as_ref().is_none_or(|agency| agency == of_agency)
            && year.is_none_or(|year| year == of_year)
            && index.as_ref().is_none_or(|index| index == of_index)
    };
    let paging = (after.as_deref(), *limit);
    if *state == Some(FileState::Destroyed) {
        let mut tombs = Vec::new();
        for (id, tomb) in ask.index().tombs()? {
            let how = seen(&scope, &of(&tomb.agency)).filter(|_| is_asked(&tomb.agency, tomb.year, &tomb.index));
            if let Some(masked) = how {
                let mut key = file_key((&tomb.agency, tomb.year, &tomb.index, tomb.volume));
                key.extend_from_slice(&id.0);
                tombs.push((key, (id, tomb, masked)));
            }
        }
        let write = |(id, tomb, masked)| Ok(Some(view::destroyed_file(id, &tomb, masked)));
        return listed(&ask.service, &question, paging, tombs, write);
    }
    let mut files = Vec::new();
    ask.index().each_file(&mut |id, row| {
        let is_state = state.is_none_or(|state| {
            let is_open = row.states.last().is_some_and(|last| last.closed.is_none());
            is_open == (state == FileState::Open)
        });
        if is_state
            && is_asked(row.agency, row.year, row.index)
            && let Some(masked) = seen(&scope, &of(row.agency))
        {
            files.push((file_key((row.agency, row.year, row.index, row.volume)), (id, masked)));
        }
    })?;
    listed(&ask.service, &question, paging, files, |(id, masked)| {
        Ok(ask.index().file(id)?.map(|row| view::file(&File { id, row }, masked)))
    })
}

/// A file that the caller may know of, and how they see it.
fn file(ask: &Ask, scope: &Scope, text: &str) -> Result<(File, Masked), Problem> {
    let id = id(text)?;
    ask.wait_index()?;
    let unknown = || Problem::from(Error::new(ErrorCode::FilUnknown, id.to_string(), "no such file"));
    // Whose it was is known also of one that was destroyed, and only they are told that.
    seen_of_any(scope, Owners::new(ask).of(id)?).ok_or_else(unknown)?;
    let file = find(&ask.archive, id)?;
    let masked = seen(scope, &of(&file.row.agency)).ok_or_else(unknown)?;
    Ok((file, masked))
}

/// A file.
#[utoipa::path(get, path = "/api/v1/files/{file_id}", tag = "files",
    params(("file_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The file", body = FileRow)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (file, masked) = file(ask, &ask.list(Action::FileSee)?, &text)?;
            Ok(Json(view::file(&file, masked)))
        })
        .await
}

/// The records of a file that the caller may know of, by their numbers in it.
#[utoipa::path(get, path = "/api/v1/files/{file_id}/records", tag = "files",
    params(("file_id" = String, Path, description = "Id of the file"), PageParams),
    responses((status = 200, description = "A page", body = FileRecordPage)))]
async fn records(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (file, _) = file(ask, &ask.list(Action::FileSee)?, &text)?;
            let scope = ask.list(Action::RecordList)?;
            let question = format!("file\n{}\n{}", ask.index_meta().generation, file.id);
            let mut rows = Vec::new();
            for row in cite::records(&ask.archive, file.id)? {
                if let Some(masked) = seen(&scope, &target(&row)) {
                    rows.push((row.number_in_file.unwrap_or_default().to_be_bytes().to_vec(), (row, masked)));
                }
            }
            listed(&ask.service, &question, params.paging(), rows, |(row, masked)| {
                Ok(Some(view::file_record(&file, &row, masked)))
            })
            .map(Json)
        })
        .await
}

/// Parameters of a question about a day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DayParams {
    /// The day that is asked about; today when not given.
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<NaiveDate>,
}

fn why(ask: &Ask, id: RecordId, as_of: Option<NaiveDate>, masked: Masked) -> Result<Json<Value>, Problem> {
    let why = view::Why::read(&ask.archive, id, as_of.unwrap_or(ask.today))?;
    Ok(Json(why.value(masked, ask.lang())))
}

/// What becomes of a file on a day, with every step from the rule to the date.
#[utoipa::path(get, path = "/api/v1/files/{file_id}/why", tag = "retention",
    params(("file_id" = String, Path, description = "Id of the file"), DayParams),
    responses((status = 200, description = "The derivation", body = Why)))]
async fn why_file(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    Params(params): Params<DayParams>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (file, masked) = file(ask, &ask.list(Action::FileSee)?, &text)?;
            ask.may(Action::RulesSee, &of(&file.row.agency))?;
            why(ask, file.id, params.as_of, masked)
        })
        .await
}

/// The same for a record, with the file that it is in.
#[utoipa::path(get, path = "/api/v1/records/{record_id}/why", tag = "retention",
    params(("record_id" = String, Path, description = "Id of the record"), DayParams),
    responses((status = 200, description = "The derivation", body = Why)))]
async fn why_record(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    Params(params): Params<DayParams>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (row, _) = ask.record(id(&text)?, Action::RecordList)?;
            ask.may(Action::RulesSee, &of(&row.agency))?;
            let decision = ask.may(Action::FileSee, &of(&row.agency))?;
            why(ask, row.id(), params.as_of, if decision.masked { Masked::Yes } else { Masked::No })
        })
        .await
}
