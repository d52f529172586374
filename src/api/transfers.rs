//! `/api/v1/transfers`: handing files over to another archive, from their selection to the sealed package; and what is
//! given of a transfer byte for byte.
//!
//! A transfer is of the agency whose files it has. Members of the commission sign its list outside; the right to hand
//! that in is asked for beside it, and who selected the files decides nothing about them. What comes after the package
//! is in [`super::handover`]. The command line alone writes a package to a medium, or sends it: that needs a folder of
//! the archive's machine, or the key by which it is known to another one.
//!
//! What a crash leaves: a step that is durable and was not answered; the transfer says how far it is. A job is
//! forgotten then.

use super::body::read_json;
use super::caller::{Caller, Of, Params, id};
use super::describe::{
    Transfer, TransferAnswer, TransferAnswerOrJob, TransferCancelling, TransferPacking, TransferPage,
    TransferSelecting, TransferSigning,
};
use super::once::{Answer, act, key_of, once, response};
use super::page::{PageParams, listed};
use super::parties::named;
use super::problem::Problem;
use super::reach::{Owners, of, seen, seen_of_any};
use super::service::{Ask, Service};
use super::signed::{Signing, receive};
use super::whole::whole;
use super::work::{self, wants_job};
use crate::access::rights::{Action, DENY_DEFAULT, Target};
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::id::RecordId;
use crate::transfer::approve::{self, Signed};
use crate::transfer::case::{Case, all};
use crate::transfer::list::{self, LIST_FILE};
use crate::transfer::pack::format::{self, TransferFormat};
use crate::transfer::seal::{Prepared, prepare};
use crate::transfer::select::{Reason, Selection, select};
use crate::view::{self, Masked};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list, selection))
        .routes(routes!(show))
        .routes(routes!(list_content, drawing))
        .routes(routes!(approval))
        .routes(routes!(package))
        .routes(routes!(cancellation))
}

/// Transfers to other archives, oldest first.
#[utoipa::path(get, path = "/api/v1/transfers", tag = "transfers", params(PageParams),
    responses((status = 200, description = "A page", body = TransferPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &PageParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::TransferSee)?;
    let mut cases = Vec::new();
    for case in all(&ask.archive)? {
        if let Some(masked) = seen(&scope, &of(&case.agency)) {
            cases.push((case.row.selected.to_be_bytes().to_vec(), (case, masked)));
        }
    }
    listed(&ask.service, "transfers", params.paging(), cases, |(case, masked)| {
        Ok(Some(view::transfer(&ask.archive, &case, masked)?))
    })
}

/// A transfer: how far it is and since when, what it waits for, what is overdue.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}", tag = "transfers",
    params(("transfer_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The transfer", body = Transfer)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (case, masked) = found_case(ask, &text)?;
            Ok(Json(view::transfer(&ask.archive, &case, masked)?))
        })
        .await
}

/// A transfer that the caller may know of, and how they see it.
fn found_case(ask: &Ask, text: &str) -> Result<(Case, Masked), Problem> {
    let scope = ask.list(Action::TransferSee)?;
    let case = Case::read(&ask.archive, id(text)?)?;
    let unknown = || Error::new(ErrorCode::TrfUnknown, case.id.to_string(), "no such transfer");
    let masked = seen(&scope, &of(&case.agency)).ok_or_else(unknown)?;
    Ok((case, masked))
}

/// The same for what is given as it is: who sees transfers masked does not get it.
pub(super) fn bare_case(ask: &Ask, text: &str) -> Result<Case, Problem> {
    match found_case(ask, text)? {
        (case, Masked::No) => Ok(case),
        (_, Masked::Yes) => Err(ask.denied(Action::TransferSee, DENY_DEFAULT)),
    }
}

/// A transfer with which the caller may do this. One that they may not know of is answered like none, and who selected
/// its files decides nothing about it.
pub(super) fn case_for(ask: &Ask, text: &str, action: Action) -> Result<Case, Problem> {
    ask.list(action)?;
    let (case, _) = found_case(ask, text)?;
    let requester = case.selected_by(&ask.archive)?;
    ask.may(action, &Target { requester: requester.as_ref(), ..of(&case.agency) })?;
    Ok(case)
}

/// What of a transfer is not there yet.
pub(super) fn not_yet(case: &Case, what: &str) -> Problem {
    Error::new(ErrorCode::TrfStage, case.id.to_string(), what).into()
}

/// Signatures that were not taken in.
pub(super) fn refused(ask: &Ask, id: RecordId, reasons: &[Refusal]) -> Answer {
    let body = view::transfer_refused(("transfer_id", &id.to_string()), reasons, ask.lang()).to_string();
    Answer { status: StatusCode::UNPROCESSABLE_ENTITY, location: None, body }
}

/// An act about a transfer that was done.
pub(super) fn done(status: StatusCode, body: &Value) -> Answer {
    Answer { status, location: None, body: body.to_string() }
}

/// The document of an act that has nothing to say but its entry.
fn plainly(status: &str, id: RecordId, entry: u64) -> Value {
    view::transfer_done(status, ("transfer_id", &id.to_string()), entry)
}

/// Which files go to whom, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selecting {
    to: String,
    reason: String,
    basis: String,
    files: Vec<String>,
}

/// Selects closed files for another archive.
#[utoipa::path(post, path = "/api/v1/transfers", tag = "transfers",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = TransferSelecting, content_type = "application/json"),
    responses((status = 201, description = "Selected and durable", body = TransferAnswer)))]
async fn selection(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("transfer", String::new()), (&headers, body), do_select).await
}

fn do_select(ask: &Ask, _: &str, selecting: Selecting) -> Result<Answer, Problem> {
    let scope = ask.list(Action::TransferSend)?;
    let Selecting { to, reason, basis, files } = selecting;
    let known = || Problem::request("reason", format!("one of {}", Reason::KNOWN));
    let reason = Reason::parse(&reason).ok_or_else(known)?;
    let party = named(ask, &scope, &to)?.party;
    let files = files.iter().map(|text| id(text)).collect::<Result<Vec<RecordId>, _>>()?;
    let mut owners = Owners::new(ask);
    for file in &files {
        // What is of another agency is told from nothing by no answer.
        if seen_of_any(&scope, owners.of(*file)?).is_none() {
            return Err(Error::new(ErrorCode::FilUnknown, file.to_string(), "no such file").into());
        }
    }
    ask.may(Action::TransferSend, &of(&party.agency))?;
    let selection = Selection { to: &to, reason, basis: &basis, files: &files };
    let (id, entry) = select(&ask.archive, &selection, ask.principal.actor)?;
    ask.wait_index()?;
    let location = Some(format!("/api/v1/transfers/{id}"));
    Ok(Answer { location, ..done(StatusCode::CREATED, &plainly("selected", id, entry)) })
}

/// The list of what is handed over: what the commission signs.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/list", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`transfer-list.json`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn list_content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let case = bare_case(ask, &text)?;
            let list = case.list(&ask.archive)?.ok_or_else(|| not_yet(&case, "its list is not drawn up"))?;
            whole(&headers, list.encode(), "application/octet-stream", LIST_FILE)
        })
        .await
}

/// Draws up the list, every file judged again; one that is drawn up is told again.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/list", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    responses(
        (status = 200, description = "It was drawn up before", body = TransferAnswer),
        (status = 201, description = "Drawn up and durable", body = TransferAnswer),
    ))]
async fn drawing(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = key_of(&headers);
    let answer = service
        .ask(caller, move |ask| once(ask, key.as_deref(), &[b"transfer list", text.as_bytes()], || draw_up(ask, &text)))
        .await?;
    Ok(response(answer))
}

fn draw_up(ask: &Ask, text: &str) -> Result<Answer, Problem> {
    let case = case_for(ask, text, Action::TransferSend)?;
    let (status, list, entry) = match (case.list(&ask.archive)?, case.row.listed) {
        (Some(list), Some(entry)) => (StatusCode::OK, list, entry),
        _ => {
            let (list, entry) = list::draw_up(&ask.archive, case.id, ask.principal.actor)?;
            (StatusCode::CREATED, list, entry)
        }
    };
    ask.wait_index()?;
    Ok(done(status, &view::transfer_listed(&list, entry, &[])))
}

/// Takes in the signatures of members of the expert commission over the list, as many as review a destruction.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/approval", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = TransferSigning, content_type = "application/json"),
    responses(
        (status = 201, description = "Approved and durable", body = TransferAnswer),
        (status = 422, description = "Not taken in, with every reason", body = TransferAnswer),
    ))]
async fn approval(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::TransferApprove, &headers, body).await?;
    act((&service, caller), ("transfer approval", text), (&headers, sent), do_approve).await
}

fn do_approve(ask: &Ask, text: &str, signing: Signing) -> Result<Answer, Problem> {
    let id = case_for(ask, text, Action::TransferApprove)?.id;
    let (signatures, extra) = signing.read()?;
    let signed = approve::approve(&ask.archive, id, &signatures, &extra, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(match signed {
        Signed::Done(entry) => done(StatusCode::CREATED, &plainly("approved", id, entry)),
        Signed::Refused(reasons) => refused(ask, id, &reasons),
    })
}

/// In which form a package is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packing {
    form: Option<String>,
}

/// Seals the package of an approved list: every byte of it is decided, and nothing is written. What is not ready is
/// named record by record.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/package", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    request_body(content = TransferPacking, content_type = "application/json"),
    responses(
        (status = 201, description = "Sealed and durable", body = TransferAnswerOrJob),
        (status = 202, description = "A job was begun", body = TransferAnswerOrJob),
        (status = 409, description = "Not everything is ready; nothing was sealed", body = TransferAnswerOrJob),
    ))]
async fn package(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let Packing { form } = read_json(&headers, &body)?;
    let words = format::ALL.map(TransferFormat::word);
    let form = form.unwrap_or_else(|| words[0].to_owned());
    let format =
        format::parse(&form).ok_or_else(|| Problem::request("form", format!("one of {}", words.join(", "))))?;
    let (key, is_async) = (key_of(&headers), wants_job(&headers));
    let answer = service
        .ask(caller, move |ask| {
            let how: &[u8] = if is_async { b"package as a job" } else { b"package" };
            once(ask, key.as_deref(), &[how, text.as_bytes(), form.as_bytes()], || {
                case_for(ask, &text, Action::TransferSend)?;
                if !is_async {
                    return seal(ask, &text, format);
                }
                let text = text.clone();
                work::begin(ask, "package", move |ask| seal(&ask, &text, format))
            })
        })
        .await?;
    Ok(response(answer))
}

fn seal(ask: &Ask, text: &str, format: &dyn TransferFormat) -> Result<Answer, Problem> {
    let id = case_for(ask, text, Action::TransferSend)?.id;
    let prepared = prepare(&ask.archive, id, format, ask.principal.actor, &mut |_, _| {})?;
    ask.wait_index()?;
    Ok(match prepared {
        Prepared::Done(entry, seal) => done(StatusCode::CREATED, &view::transfer_sealed(id, entry, &seal)),
        Prepared::NotReady(lacks) => done(StatusCode::CONFLICT, &view::transfer_not_ready(id, &lacks, ask.lang())),
    })
}

/// Why a transfer is cancelled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancelling {
    reason: String,
}

/// Cancels a transfer of which the other archive has not said that it came; its files can be selected again.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/cancellation", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = TransferCancelling, content_type = "application/json"),
    responses((status = 200, description = "Cancelled and durable", body = TransferAnswer)))]
async fn cancellation(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("transfer cancellation", text), (&headers, body), do_cancel).await
}

fn do_cancel(ask: &Ask, text: &str, cancelling: Cancelling) -> Result<Answer, Problem> {
    let id = case_for(ask, text, Action::TransferSend)?.id;
    let entry = approve::cancel(&ask.archive, id, &cancelling.reason, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(done(StatusCode::OK, &plainly("cancelled", id, entry)))
}
