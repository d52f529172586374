//! `/api/v1/inquiries`, its acts: an inquiry is opened, searched under, answered and closed, as with the command line.
//!
//! Who works on an inquiry is a person of the agency that answers it, who signed in as one. A search is confined to
//! that agency and to the categories that they may list; its act and the answer say so. What names records that they
//! do not reach is not given to them: an answer of a wider search is given out by who has that reach, or with the
//! command line.
//!
//! What a crash leaves: an act that is durable and was not answered; the inquiry shows it. The same request sent again
//! after that opens a second inquiry, or searches again; a signature that was taken in is not taken in twice.

use super::body::read_json;
use super::caller::{Caller, Of, id};
use super::describe::{
    InquiryAct, InquiryClosing, InquiryGiven, InquiryOpening, InquiryQuery, InquirySearch, InquirySigning,
    InquiryTargets,
};
use super::once::{Answer, act, key_of, once, response};
use super::problem::Problem;
use super::reach::{Owners, Sight, of, seen, working};
use super::service::{Ask, Service};
use super::signed::{Base64, material, receive, signatures};
use crate::access::rights::{Action, DENY_DEFAULT, Target};
use crate::error::{Error, ErrorCode};
use crate::filing::files;
use crate::index::filing::HoldTarget;
use crate::inquiry::answer::{self, Prepared, Signed};
use crate::inquiry::desk::{self, Inquiry};
use crate::inquiry::search::{self, Within};
use crate::model::submission::AccessCategory;
use crate::view::{self, Masked};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(open))
        .routes(routes!(search))
        .routes(routes!(take))
        .routes(routes!(give, sign))
        .routes(routes!(close))
}

/// Who asks, what for, and until when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    authority: String,
    case: String,
    basis: String,
    requester: String,
    due: NaiveDate,
    agency: Option<String>,
}

/// Opens an inquiry.
#[utoipa::path(post, path = "/api/v1/inquiries", tag = "inquiries",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = InquiryOpening, content_type = "application/json"),
    responses((status = 201, description = "Opened and durable", body = InquiryAct)))]
async fn open(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("inquiry.open", String::new()), (&headers, body), do_open).await
}

fn do_open(ask: &Ask, _: &str, opening: Opening) -> Result<Answer, Problem> {
    let scope = ask.list(Action::InquiryWork)?;
    let own: Vec<&str> = scope.agencies().unwrap_or_default().into_iter().collect();
    // The caller's own only: whose else is in the archive is told to nobody.
    let wrong = || Error::new(ErrorCode::InqAgency, "agency", format!("the caller works for: {}", own.join(", ")));
    let agency = match (opening.agency, own.as_slice()) {
        (Some(agency), _) => {
            ask.may(Action::InquiryWork, &of(&agency))?;
            agency
        }
        (None, [one]) => (*one).to_owned(),
        _ => return Err(wrong().into()),
    };
    let Opening { authority, case, basis, requester, due, .. } = opening;
    let said = desk::Opening { agency: String::new(), authority, case, basis, requester, due };
    let opened = desk::open(&ask.archive, said, Some(&agency), ask.principal.actor);
    let (id, entry) = opened.map_err(|e| if e.code == ErrorCode::InqAgency { wrong() } else { e })?;
    // Who opens an inquiry and then looks for it finds it.
    ask.wait_index()?;
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(format!("/api/v1/inquiries/{id}")),
        body: view::inquiry_done("opened", id, entry).to_string(),
    })
}

/// What is searched for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    query: String,
}

/// Searches under an inquiry: cards of what the caller may list in its agency. What is found is kept from then on.
#[utoipa::path(post, path = "/api/v1/inquiries/{inquiry_id}/searches", tag = "inquiries",
    params(
        ("inquiry_id" = String, Path, description = "Id of the inquiry"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = InquiryQuery, content_type = "application/json"),
    responses((status = 201, description = "Searched; durable before anything is said", body = InquirySearch)))]
async fn search(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let asked: Asked = read_json(&headers, &body)?;
    let key = key_of(&headers);
    let answer = service
        .ask(caller, move |ask| {
            // Asked again it is answered by the journal: what was found can be long.
            let parts: [&[u8]; 3] = [b"inquiry.search", text.as_bytes(), &body];
            let done = once(ask, key.as_deref(), &parts, || do_search(ask, &text, &asked.query))?;
            let inquiry = working(ask, &text)?;
            let none = || Problem::new(ErrorCode::SrvFailed, "search", "no entry of a search was kept");
            let searched = search::find(&ask.archive, done.body.parse().map_err(|_| none())?)?;
            Ok(Answer { body: view::searched(inquiry.id, &searched, Masked::No).to_string(), ..done })
        })
        .await?;
    Ok(response(answer))
}

/// Gives the entry of the search.
fn do_search(ask: &Ask, text: &str, query: &str) -> Result<Answer, Problem> {
    let inquiry = working(ask, text)?;
    let agency = inquiry.opening.agency.clone();
    let listed = ask.reached(Action::RecordList);
    let of_category = |access| Target { access: Some(access), ..of(&agency) };
    // What is seen masked is not searched: what was found would say what stands behind the mask.
    let is_listed = |access: &AccessCategory| seen(&listed, &of_category(*access)) == Some(Masked::No);
    let access: BTreeSet<AccessCategory> = AccessCategory::ALL.iter().copied().filter(is_listed).collect();
    if access.is_empty() {
        return Err(ask.denied(Action::RecordList, DENY_DEFAULT));
    }
    let within = Within { access, agency };
    let searched = search::search_within(&ask.archive, inquiry.id, query, Some(&within), ask.principal.actor)?;
    ask.wait_index()?;
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(format!("/api/v1/inquiries/{}", inquiry.id)),
        body: searched.entry.to_string(),
    })
}

/// What is put under an inquiry by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Targets {
    #[serde(default)]
    records: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
}

/// Puts records and files of its agency under an inquiry by name; they are kept from then on.
#[utoipa::path(post, path = "/api/v1/inquiries/{inquiry_id}/targets", tag = "inquiries",
    params(
        ("inquiry_id" = String, Path, description = "Id of the inquiry"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = InquiryTargets, content_type = "application/json"),
    responses((status = 201, description = "Taken and durable", body = InquiryAct)))]
async fn take(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("inquiry.take", text), (&headers, body), do_take).await
}

fn do_take(ask: &Ask, text: &str, asked: Targets) -> Result<Answer, Problem> {
    let inquiry = working(ask, text)?;
    let agency = &inquiry.opening.agency;
    let mut targets = Vec::new();
    for text in &asked.records {
        let id = id(text)?;
        let (row, decision) = ask.record(id, Action::RecordList)?;
        // Who looks into the inquiry sees what is under it.
        if row.agency != *agency || decision.masked {
            return Err(Error::new(ErrorCode::ArcNoRecord, id.to_string(), "no such record").into());
        }
        targets.push(HoldTarget::Record(id.0));
    }
    let seen_files = ask.reached(Action::FileSee);
    let mut owners = Owners::new(ask);
    for text in &asked.files {
        let id = id(text)?;
        let is_own = owners.of(id)?.iter().eq([agency]) && seen(&seen_files, &of(agency)) == Some(Masked::No);
        if !is_own {
            return Err(Error::new(ErrorCode::FilUnknown, id.to_string(), "no such file").into());
        }
        files::find(&ask.archive, id)?;
        targets.push(HoldTarget::File(id.0));
    }
    let entry = desk::take(&ask.archive, inquiry.id, &targets, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(format!("/api/v1/inquiries/{}", inquiry.id)),
        body: view::inquiry_done("taken", inquiry.id, entry).to_string(),
    })
}

/// The answer to an inquiry: as it is to be signed, or the one that was, with its files.
#[utoipa::path(get, path = "/api/v1/inquiries/{inquiry_id}/answer", tag = "inquiries",
    params(("inquiry_id" = String, Path, description = "Id of the inquiry")),
    responses((status = 200, description = "The answer", body = InquiryGiven)))]
async fn give(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (inquiry, prepared) = prepared(ask, &text)?;
            let mut files = prepared.files();
            // They name every file of their plan, and who signed it.
            if ask.reached(Action::DisposalSee).contains(&of(&inquiry.opening.agency)) {
                files.extend(prepared.certificates(&ask.archive)?);
            }
            let file = |(name, bytes): (String, Vec<u8>)| json!({"name": name, "base64": STANDARD.encode(bytes)});
            Ok(Json(view::inquiry_given(inquiry.id, &prepared, files.into_iter().map(file).collect())))
        })
        .await
}

/// The answer to an inquiry of the caller, who reaches all that it names.
fn prepared(ask: &Ask, text: &str) -> Result<(Inquiry, Prepared), Problem> {
    let inquiry = working(ask, text)?;
    let prepared = answer::prepare(&ask.archive, inquiry.id)?;
    let mut sight = Sight::new(ask);
    for id in prepared.records.iter().chain(&prepared.destroyed) {
        if sight.of(*id)? != Some(Masked::No) {
            return Err(ask.denied(Action::RecordList, DENY_DEFAULT));
        }
    }
    Ok((inquiry, prepared))
}

/// Signatures over the answer as it was given out, and certificates and revocation data for them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signing {
    signatures: Vec<Base64>,
    #[serde(default)]
    material: Vec<Base64>,
}

/// Takes in the signature of a records officer over the answer; it is judged as with every act of an officer.
#[utoipa::path(post, path = "/api/v1/inquiries/{inquiry_id}/answer", tag = "inquiries",
    params(
        ("inquiry_id" = String, Path, description = "Id of the inquiry"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = InquirySigning, content_type = "application/json"),
    responses(
        (status = 200, description = "Taken in and durable", body = InquiryAct),
        (status = 422, description = "Not taken in, with every reason", body = InquiryAct),
    ))]
async fn sign(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::InquiryWork, &headers, body).await?;
    act((&service, caller), ("inquiry.sign", text), (&headers, sent), do_sign).await
}

fn do_sign(ask: &Ask, text: &str, signing: Signing) -> Result<Answer, Problem> {
    let (inquiry, _) = prepared(ask, text)?;
    let (signatures, material) = (signatures(signing.signatures)?, material(signing.material)?);
    let signed = answer::sign(&ask.archive, inquiry.id, &signatures, &material, ask.principal.actor)?;
    ask.wait_index()?;
    let (status, body) = match &signed {
        Signed::Done(entry) => (StatusCode::OK, view::inquiry_done("answered", inquiry.id, *entry)),
        Signed::Refused(reasons) => {
            (StatusCode::UNPROCESSABLE_ENTITY, view::inquiry_refused(inquiry.id, reasons, ask.lang()))
        }
    };
    Ok(Answer { status, location: None, body: body.to_string() })
}

/// How an inquiry ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    outcome: String,
    without_answer: Option<String>,
}

/// Closes an inquiry: what it kept is kept by it no more, and nothing more is done under it.
#[utoipa::path(post, path = "/api/v1/inquiries/{inquiry_id}/closing", tag = "inquiries",
    params(
        ("inquiry_id" = String, Path, description = "Id of the inquiry"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = InquiryClosing, content_type = "application/json"),
    responses((status = 200, description = "Closed and durable", body = InquiryAct)))]
async fn close(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("inquiry.close", text), (&headers, body), do_close).await
}

fn do_close(ask: &Ask, text: &str, closing: Closing) -> Result<Answer, Problem> {
    let inquiry = working(ask, text)?;
    let closing = desk::Closing { outcome: closing.outcome, without_answer: closing.without_answer };
    let entry = desk::close(&ask.archive, inquiry.id, &closing, ask.principal.actor)?;
    ask.wait_index()?;
    let body = view::inquiry_done("closed", inquiry.id, entry).to_string();
    Ok(Answer { status: StatusCode::OK, location: None, body })
}
