//! Acts about files (іс, дело): opened, filled, closed, opened again, kept by another item, an event recorded.
//!
//! They are done in the agency of the file; a file or a record of another agency is answered like one that is not
//! there. Putting a record into a file shows nothing of the record, so it needs no category. What may be done when is
//! the library's to say.
//!
//! What a crash leaves: an act that is durable and was not answered; the file says what it is now.

use super::caller::{Caller, Of, id};
use super::describe::{
    FileClosing, FileEvent, FileFilled, FileFilling, FileOpening, FileReclassifying, FileReopening, FileRow,
};
use super::once::{Answer, act};
use super::problem::Problem;
use super::reach::{Owners, of, seen_of_any};
use super::service::{Ask, Service};
use crate::access::rights::{Action, Scope};
use crate::error::{Error, ErrorCode};
use crate::filing::files::{self, Asked, File};
use crate::model::case_file::ListItem;
use crate::model::id::{ActorId, RecordId};
use crate::view::{self, Masked};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(open))
        .routes(routes!(fill))
        .routes(routes!(close))
        .routes(routes!(reopen))
        .routes(routes!(reclassify))
        .routes(routes!(event))
}

/// What a file is opened as.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    agency: String,
    index: String,
    year: u16,
    volume: Option<u16>,
    title: Option<String>,
    item: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

fn item(text: Option<&String>) -> Result<Option<ListItem>, Problem> {
    let wrong = || Problem::request("item", "wanted LIST/ITEM");
    text.map(|text| text.parse().map_err(|_| wrong())).transpose()
}

/// Opens a file under an index of the nomenclature.
#[utoipa::path(post, path = "/api/v1/files", tag = "files",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = FileOpening, content_type = "application/json"),
    responses((status = 201, description = "Opened and durable", body = FileRow)))]
async fn open(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("file", String::new()), (&headers, body), do_open).await
}

fn do_open(ask: &Ask, _: &str, opening: Opening) -> Result<Answer, Problem> {
    ask.may(Action::FileChange, &of(&opening.agency))?;
    let item = item(opening.item.as_ref())?;
    let Opening { agency, index, year, volume, title, attributes, .. } = opening;
    ask.wait_index()?;
    let asked = Asked { agency, index, year, volume, title, item, attributes };
    let file = files::open(&ask.archive, &asked, ask.principal.actor)?;
    let location = Some(format!("/api/v1/files/{}", file.id));
    Ok(Answer { status: StatusCode::CREATED, location, ..changed(&file) })
}

fn changed(file: &File) -> Answer {
    Answer { status: StatusCode::OK, location: None, body: view::file(file, Masked::No).to_string() }
}

/// The id of a file that the caller may change.
pub(super) fn file_id(ask: &Ask, scope: &Scope, text: &str) -> Result<RecordId, Problem> {
    let id = id(text)?;
    ask.wait_index()?;
    let unknown = || Error::new(ErrorCode::FilUnknown, id.to_string(), "no such file");
    // Whose it was is known also of one that was destroyed, and only they are told that.
    seen_of_any(scope, Owners::new(ask).of(id)?).ok_or_else(unknown)?;
    files::find(&ask.archive, id)?;
    Ok(id)
}

/// The same about a file, in its agency.
pub(super) async fn change<T: DeserializeOwned + Send + 'static>(
    (service, caller): (Arc<Service>, Caller),
    (what, text): (&'static str, String),
    (headers, body): (HeaderMap, impl AsRef<[u8]> + Send + 'static),
    change: impl FnOnce(&Ask, &Scope, RecordId, T) -> Result<Answer, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let change = |ask: &Ask, text: &str, asked| {
        let scope = ask.list(Action::FileChange)?;
        let id = file_id(ask, &scope, text)?;
        change(ask, &scope, id, asked)
    };
    act((&service, caller), (what, text), (&headers, body), change).await
}

/// Records that are put into a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filling {
    records: Vec<String>,
    reason: Option<String>,
}

/// Puts records into an open file: all of those named, or none. Those that are in another file are moved for a reason.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/records", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = FileFilling, content_type = "application/json"),
    responses((status = 200, description = "They are in it, durably", body = FileFilled)))]
async fn fill(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    change((service, caller), ("fill", text), (headers, body), do_fill).await
}

fn do_fill(ask: &Ask, scope: &Scope, file: RecordId, filling: Filling) -> Result<Answer, Problem> {
    let records = known_records(ask, scope, &filling.records, files::ENTERED_MAX)?;
    let entered = files::enter(&ask.archive, file, &records, filling.reason.as_deref(), ask.principal.actor)?;
    ask.wait_index()?;
    let body = view::file_filled(file, &entered).to_string();
    Ok(Answer { status: StatusCode::OK, location: None, body })
}

/// The ids of records that the caller may move.
pub(super) fn known_records(ask: &Ask, scope: &Scope, texts: &[String], max: usize) -> Result<Vec<RecordId>, Problem> {
    // Before each of them is looked up.
    if texts.len() > max {
        return Err(Problem::request("records", format!("at most {max} at once")));
    }
    let mut owners = Owners::new(ask);
    let mut records = Vec::new();
    for text in texts {
        let record = id(text)?;
        let is_known = ask.index().file_of(record)?.is_some() || ask.index().destroyed(record)?.is_some();
        // Of what is not theirs they do not even learn that it is there, or was.
        if !is_known || seen_of_any(scope, owners.of(record)?).is_none() {
            return Err(Error::new(ErrorCode::ArcNoRecord, record.to_string(), "no such record").into());
        }
        records.push(record);
    }
    Ok(records)
}

/// When a file is closed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    date: NaiveDate,
}

/// Closes a file on the day on which its last document was dealt with.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/closing", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = FileClosing, content_type = "application/json"),
    responses((status = 200, description = "Closed and durable", body = FileRow)))]
async fn close(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let close = |archive: &_, id, asked: Closing, actor| files::close(archive, id, asked.date, actor);
    change((service, caller), ("close", text), (headers, body), one(close)).await
}

/// An act that answers with the file as it is then.
fn one<T>(
    change: impl FnOnce(&crate::archive::Archive, RecordId, T, ActorId) -> Result<File, Error>,
) -> impl FnOnce(&Ask, &Scope, RecordId, T) -> Result<Answer, Problem> {
    move |ask, _, id, asked| Ok(changed(&change(&ask.archive, id, asked, ask.principal.actor)?))
}

/// Why a file is opened again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reopening {
    reason: String,
}

/// Opens a closed file again.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/reopening", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = FileReopening, content_type = "application/json"),
    responses((status = 200, description = "Opened and durable", body = FileRow)))]
async fn reopen(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let reopen = |archive: &_, id, asked: Reopening, actor| files::reopen(archive, id, &asked.reason, actor);
    change((service, caller), ("reopen", text), (headers, body), one(reopen)).await
}

/// What a file is kept by from now on, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reclassifying {
    item: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    reason: String,
}

/// Changes what a file is kept by: its item, or attributes that rules ask for.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/reclassification", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = FileReclassifying, content_type = "application/json"),
    responses((status = 200, description = "Changed and durable", body = FileRow)))]
async fn reclassify(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    change((service, caller), ("reclassify", text), (headers, body), do_reclassify).await
}

fn do_reclassify(ask: &Ask, _: &Scope, id: RecordId, asked: Reclassifying) -> Result<Answer, Problem> {
    let item = item(asked.item.as_ref())?;
    let actor = ask.principal.actor;
    let file = files::reclassify(&ask.archive, id, item, asked.attributes, &asked.reason, actor)?;
    Ok(changed(&file))
}

/// An event that a term depends on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    event: String,
    date: NaiveDate,
    reason: Option<String>,
}

/// Records an event that the term of a file depends on; one on another day than before is a correction, for a reason.
#[utoipa::path(post, path = "/api/v1/files/{file_id}/events", tag = "files",
    params(
        ("file_id" = String, Path, description = "Id of the file"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = FileEvent, content_type = "application/json"),
    responses((status = 200, description = "Recorded and durable", body = FileRow)))]
async fn event(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let event = |archive: &_, id, asked: Event, actor| {
        files::event(archive, id, &asked.event, asked.date, asked.reason.as_deref(), actor)
    };
    change((service, caller), ("event", text), (headers, body), one(event)).await
}
