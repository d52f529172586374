//! `/api/v1/paper-copies`: certified copies on paper: prepared, compared, certified, and given out to be printed.
//!
//! Who certifies copies of a record prepares one: the service gives the statement, and its rendering for comparing.
//! The signature over the statement, made outside, is the confirmation, and the library makes the copy once more before
//! it counts. Preparing and comparing keep nothing. A copy of a record that the caller does not reach is answered like
//! a number that was never given; that numbers go on tells that copies are certified, as the journal and every paper
//! do.
//!
//! Renderers are programs of their own that take a core and much memory, so few of them run at a time.
//!
//! What a crash leaves: a copy that was certified and not answered: the same statement with the same signature gives it
//! again. Scratch folders of renderings go with the next one.

use super::body::read_json;
use super::caller::{Caller, Of, Params, id};
use super::describe::{
    PaperCopy, PaperCopyAnswer, PaperCopyOrJob, PaperCopyPage, PaperCopyPrepared, PaperCopyPreparing,
    PaperCopyStatement, SignedStatement,
};
use super::once::{Answer, key_of, once, response};
use super::page::listed;
use super::problem::Problem;
use super::reach::{Owners, seen_of_any};
use super::service::{Ask, Service, target};
use super::signed::{Base64, Signed, SignedDocument, receive};
use super::whole::whole;
use super::work::{self, wants_job};
use crate::access::rights::{Action, Scope};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::inquiry::copy::register::{self, Issued};
use crate::inquiry::copy::{
    COPY_BYTES_MAX, COPY_FILE, Certified, CopyProfile, Given, MEMORY, PAPER_FILE, RENDERING_FILE,
    certify as certify_copy, give, prepare, rendering as render_copy,
};
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::view;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Datelike;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(statement))
        .routes(routes!(rendering))
        .routes(routes!(certify))
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(content))
        .routes(routes!(signed))
        .routes(routes!(signature))
}

/// A place among the copies that are made.
fn place(ask: &Ask) -> Result<OwnedSemaphorePermit, Problem> {
    let busy = || Problem::new(ErrorCode::SrvBusy, "copies", "as many copies are made as may");
    ask.service.copies.clone().try_acquire_owned().map_err(|_| busy())
}

/// A record that the caller certifies copies of.
fn record(ask: &Ask, text: &str) -> Result<RecordId, Problem> {
    ask.list(Action::PaperCopyCertify)?;
    let id = id(text)?;
    ask.wait_index()?;
    ask.record(id, Action::PaperCopyCertify)?;
    Ok(id)
}

/// Who gets a copy, and by which rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Preparing {
    recipient: String,
    profile: Option<String>,
}

/// Prepares a copy: the statement, to be signed outside exactly as it comes once the rendering was compared with the
/// original. Nothing is kept of it; it can be certified for three days, as long as no other copy takes its number.
#[utoipa::path(post, path = "/api/v1/records/{record_id}/paper-copies/statement", tag = "paper copies",
    params(
        ("record_id" = String, Path, description = "Id of the record"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    request_body(content = PaperCopyPreparing, content_type = "application/json"),
    responses(
        (status = 200, description = "The statement, `copy.json`", body = PaperCopyPrepared),
        (status = 202, description = "A job was begun; its result is a `PaperCopyPrepared`", body = PaperCopyOrJob),
    ))]
async fn statement(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let preparing: Preparing = read_json(&headers, &body)?;
    let is_async = wants_job(&headers);
    let answer = service
        .ask(caller, move |ask| {
            record(ask, &text)?;
            let place = place(ask)?;
            if !is_async {
                return do_prepare(ask, &text, &preparing);
            }
            work::begin(ask, "paper-copy", move |ask| {
                let _place = place;
                do_prepare(&ask, &text, &preparing)
            })
        })
        .await?;
    Ok(response(answer))
}

fn do_prepare(ask: &Ask, text: &str, preparing: &Preparing) -> Result<Answer, Problem> {
    let record = record(ask, text)?;
    let wrong = || Problem::request("profile", format!("one of {}", CopyProfile::KNOWN));
    let profile = preparing.profile.as_deref().map(|word| CopyProfile::parse(word).ok_or_else(wrong)).transpose()?;
    let terms = (preparing.recipient.as_str(), profile.unwrap_or(CopyProfile::N430));
    let prepared = prepare(&ask.archive, record, terms, Path::new(MEMORY), ask.principal.actor)?;
    let mut value = view::copy_prepared(record, &prepared);
    value["document"] = STANDARD.encode(&prepared.bytes).into();
    Ok(Answer { status: StatusCode::OK, location: None, body: value.to_string() })
}

/// A statement, as it came.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prepared {
    document: Base64,
}

fn check_length(document: &[u8]) -> Result<(), Problem> {
    let wrong = || Problem::request("document", format!("at most {COPY_BYTES_MAX} bytes"));
    if document.len() <= COPY_BYTES_MAX { Ok(()) } else { Err(wrong()) }
}

/// The rendering of a copy that was prepared, to be compared with the original: made again of its statement.
#[utoipa::path(post, path = "/api/v1/records/{record_id}/paper-copies/rendering", tag = "paper copies",
    params(("record_id" = String, Path, description = "Id of the record")),
    request_body(content = PaperCopyStatement, content_type = "application/json"),
    responses((status = 200, description = "`rendering.pdf`", content_type = "application/pdf")))]
async fn rendering(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::PaperCopyCertify, &headers, body).await?;
    let prepared: Prepared = read_json(&headers, &sent.bytes)?;
    service
        .ask(caller, move |ask| {
            let record = record(ask, &text)?;
            check_length(&prepared.document.0)?;
            let _place = place(ask)?;
            let actor = ask.principal.actor;
            let pdf = render_copy(&ask.archive, record, &prepared.document.0, Path::new(MEMORY), actor)?;
            whole(&HeaderMap::new(), pdf, "application/pdf", RENDERING_FILE)
        })
        .await
}

/// Certifies a copy that was prepared: with its statement and the signature of a records officer or post operator. What
/// is printed is then there to be fetched.
#[utoipa::path(post, path = "/api/v1/records/{record_id}/paper-copies", tag = "paper copies",
    params(
        ("record_id" = String, Path, description = "Id of the record"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 201, description = "Certified and durable, now or before by the same signature", body = PaperCopy),
        (status = 202, description = "A job was begun; its result is a `PaperCopy`", body = PaperCopyOrJob),
        (status = 422, description = "Not certified, with every reason", body = PaperCopyAnswer),
    ))]
async fn certify(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::PaperCopyCertify, &headers, body).await?;
    let asked: Signed = read_json(&headers, &sent.bytes)?;
    let (key, is_async) = (key_of(&headers), wants_job(&headers));
    let answer = service
        .ask(caller, move |ask| {
            let how: &[u8] = if is_async { b"paper copy as a job" } else { b"paper copy" };
            let parts = [how, text.as_bytes(), sent.bytes.as_slice()];
            once(ask, key.as_deref(), &parts, || {
                record(ask, &text)?;
                let (asked, text) = (asked.read()?, text.clone());
                check_length(&asked.document)?;
                let place = place(ask)?;
                if !is_async {
                    return do_certify(ask, &text, &asked);
                }
                work::begin(ask, "paper-copy", move |ask| {
                    let _place = place;
                    do_certify(&ask, &text, &asked)
                })
            })
        })
        .await?;
    Ok(response(answer))
}

fn do_certify(ask: &Ask, text: &str, asked: &SignedDocument) -> Result<Answer, Problem> {
    let record = record(ask, text)?;
    let SignedDocument { document, signatures, extra } = asked;
    let actor = ask.principal.actor;
    let certified = certify_copy(&ask.archive, record, document, (signatures, extra), Path::new(MEMORY), actor)?;
    ask.wait_index()?;
    Ok(match certified {
        Certified::Done(given) => Answer {
            status: StatusCode::CREATED,
            location: Some(format!("/api/v1/paper-copies/{}", given.issued.number)),
            body: view::copy_row(&given.issued).to_string(),
        },
        Certified::Refused(reasons) => Answer {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            location: None,
            body: view::copy_refused(record, &reasons, ask.lang()).to_string(),
        },
    })
}

/// Parameters of the register of copies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only those that were certified in this year.
    #[param(minimum = 1, maximum = 9999)]
    year: Option<u16>,
    /// Only those of this record.
    record: Option<String>,
    /// Only those on which this SHA-256 stands: of a part of the record, of the rendering, of the statement.
    #[param(min_length = 64, max_length = 64)]
    digest: Option<String>,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Copies on the page.
    limit: Option<u32>,
}

/// Copies that were certified, oldest first.
#[utoipa::path(get, path = "/api/v1/paper-copies", tag = "paper copies", params(ListParams),
    responses((status = 200, description = "A page", body = PaperCopyPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &ListParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::PaperCopyCertify)?;
    let wrong = |_| Problem::request("digest", "wanted a SHA-256, 64 digits of 0-9 and a-f");
    let digest: Option<Sha256> =
        params.digest.as_ref().map(|text| text.to_lowercase().parse().map_err(wrong)).transpose()?;
    let record = params.record.as_deref().map(|text| text.parse::<RecordId>());
    let wrong = |_| Problem::request("record", "wanted the id of a record");
    let record = record.transpose().map_err(wrong)?;
    ask.wait_index()?;
    let mut owners = Owners::new(ask);
    let mut rows = Vec::new();
    for (number, (entry, of)) in (1u64..).zip(ask.index().copies()?) {
        let is_of_year = |year: u16| Ok::<_, Error>(civil_date(ask.leaf(entry)?.t).year() == i32::from(year));
        if record.is_some_and(|record| record != of)
            || !is_reached(ask, &scope, &mut owners, of)?
            || !params.year.map_or(Ok(true), is_of_year)?
        {
            continue;
        }
        // What stands on a copy is looked into for who asks for it only.
        let has_digest = |digest| Ok::<_, Error>(register::find(&ask.archive, number)?.has_digest(digest));
        if digest.map_or(Ok(true), has_digest)? {
            rows.push((number.to_be_bytes().to_vec(), number));
        }
    }
    let ListParams { year, .. } = params;
    let question = format!("paper copies\n{year:?}\n{record:?}\n{digest:?}");
    listed(&ask.service, &question, (params.after.as_deref(), params.limit), rows, |number| {
        Ok(Some(view::copy_row(&register::find(&ask.archive, number)?)))
    })
}

fn is_reached(ask: &Ask, scope: &Scope, owners: &mut Owners<'_>, record: RecordId) -> Result<bool, Problem> {
    Ok(match ask.index().record_by_id(record)? {
        Some(row) => scope.contains(&target(&row)),
        // Of what was destroyed it is known whose it was, and no category.
        None => seen_of_any(scope, owners.of(record)?).is_some(),
    })
}

/// A copy of a record that the caller reaches; every other one is answered like none.
fn issued(ask: &Ask, text: &str) -> Result<Issued, Problem> {
    let scope = ask.list(Action::PaperCopyCertify)?;
    let unknown = || Error::new(ErrorCode::CpyUnknown, text.chars().take(64).collect::<String>(), "no such copy");
    let number: u64 = text.parse().map_err(|_| unknown())?;
    ask.wait_index()?;
    let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).ok_or_else(unknown)?;
    let (_, record) = ask.index().copies()?.get(at).copied().ok_or_else(unknown)?;
    if !is_reached(ask, &scope, &mut Owners::new(ask), record)? {
        return Err(unknown().into());
    }
    Ok(register::find(&ask.archive, number)?)
}

/// A copy.
#[utoipa::path(get, path = "/api/v1/paper-copies/{copy}", tag = "paper copies",
    params(("copy" = u64, Path, description = "Its number")),
    responses((status = 200, description = "The copy", body = PaperCopy)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| Ok(Json(view::copy_row(&issued(ask, &text)?)))).await
}

/// What is printed, byte for byte as it was certified.
#[utoipa::path(get, path = "/api/v1/paper-copies/{copy}/content", tag = "paper copies",
    params(
        ("copy" = u64, Path, description = "Number of the copy"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`paper-copy.pdf`", content_type = "application/pdf"),
        (status = 206, description = "The range", content_type = "application/pdf"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let take = |given: Given| (given.paper, "application/pdf", PAPER_FILE);
    service.ask(caller, move |ask| given(ask, &text, &headers, take)).await
}

fn given(
    ask: &Ask,
    text: &str,
    headers: &HeaderMap,
    take: impl FnOnce(Given) -> (Vec<u8>, &'static str, &'static str),
) -> Result<Response, Problem> {
    let number = issued(ask, text)?.number;
    let (bytes, kind, name) = take(give(&ask.archive, number)?);
    whole(headers, bytes, kind, name)
}

/// The statement that was signed.
#[utoipa::path(get, path = "/api/v1/paper-copies/{copy}/statement", tag = "paper copies",
    params(
        ("copy" = u64, Path, description = "Number of the copy"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`copy.json`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn signed(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let take = |given: Given| (given.bytes, "application/octet-stream", COPY_FILE);
    service.ask(caller, move |ask| given(ask, &text, &headers, take)).await
}

/// The signature that certified it.
#[utoipa::path(get, path = "/api/v1/paper-copies/{copy}/signature", tag = "paper copies",
    params(
        ("copy" = u64, Path, description = "Number of the copy"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "CMS over the statement", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn signature(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let take = |given: Given| (given.signature, "application/octet-stream", "copy.json.p7s");
    service.ask(caller, move |ask| given(ask, &text, &headers, take)).await
}
