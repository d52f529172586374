//! `/api/v1/receipts`: receipts and notices, each with its text and its bytes, and how the signature of an officer
//! issues it.
//!
//! Who sent something in sees what became of it. Of what others sent, a receipt of a restricted record is seen by who
//! may know of the record; giving out its text is a reading, and so is signing it. A receipt is of the agency whose
//! document it is, and of the one that answers for the archive, where that is named.
//!
//! What a crash leaves: an answer that is issued and was not told; the same signature sent again is told that it is.

use super::caller::{Caller, Of, Params};
use super::describe::{ReceiptAnswer, ReceiptRowPage, ReceiptSigning, ReceiptWhole};
use super::once::{self, act};
use super::page::{cursor, limit, listed, page, place};
use super::problem::Problem;
use super::service::{Ask, Service, target};
use super::signed::{Base64, material, receive};
use super::whole::whole as give;
use crate::access::Reader;
use crate::access::rights::{Action, Scope, Target};
use crate::error::{Error, ErrorCode};
use crate::ingest::issue::{self, Issued, Prepared, Subject};
use crate::model::answer::Answer;
use crate::model::submission::AccessCategory;
use crate::tlog::leaf::ActKind;
use crate::view;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries that are looked through for a page of issued ones: a page may have fewer than wanted, and still be followed
/// by others.
const LOOKED_MAX: u64 = 65_536;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(content))
        .routes(routes!(signature, sign))
}

/// Which receipts and notices a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
enum ReceiptState {
    Waiting,
    Issued,
    Overdue,
}

/// Parameters of a list of receipts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Those that nobody has signed, which is what is listed when nothing is said; those that are issued; or those
    /// that nobody has signed in time.
    #[param(inline)]
    state: Option<ReceiptState>,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Receipts on the page.
    limit: Option<u32>,
}

/// Receipts and notices, oldest first.
#[utoipa::path(get, path = "/api/v1/receipts", tag = "receipts", params(ListParams),
    responses((status = 200, description = "A page", body = ReceiptRowPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &ListParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::ReceiptSee)?;
    let is_overdue = match params.state {
        Some(ReceiptState::Issued) => return issued(ask, &scope, params),
        state => state == Some(ReceiptState::Overdue),
    };
    let mut rows = Vec::new();
    for row in issue::unsigned(&ask.archive)? {
        if (row.is_overdue || !is_overdue) && seen_by(ask, &scope, row.subject, row.entry)?.is_some() {
            rows.push((row.entry.to_be_bytes().to_vec(), row));
        }
    }
    let paging = (params.after.as_deref(), params.limit);
    let question = if is_overdue { "receipts\noverdue" } else { "receipts" };
    listed(&ask.service, question, paging, rows, |row| Ok(Some(view::receipt_row(&row))))
}

/// What is issued is found in the journal, so many entries a page.
fn issued(ask: &Ask, scope: &Scope, params: &ListParams) -> Result<Value, Problem> {
    const QUESTION: &str = "receipts\nissued";
    let limit = limit(params.limit)?;
    let after = params.after.as_deref().map(|after| place(&ask.service, QUESTION, after)).transpose()?;
    let after = after.and_then(|place| Some(u64::from_be_bytes(place.try_into().ok()?)));
    ask.wait_index()?;
    let (unsigned, size) = (issue::unsigned_entries(&ask.archive)?, ask.index_meta().size);
    let begin = after.map_or(0, |after| after.saturating_add(1));
    let (mut items, mut entry) = (Vec::new(), begin);
    while entry < size && items.len() < limit && entry - begin < LOOKED_MAX {
        if !unsigned.contains(&entry)
            && let Some(row) = issue::at(&ask.archive, entry, &unsigned)?
            && seen_by(ask, scope, row.subject, entry)?.is_some()
        {
            items.push(view::receipt_row(&row));
        }
        entry += 1;
    }
    let next = (entry < size).then(|| cursor(&ask.service, QUESTION, &(entry - 1).to_be_bytes()));
    Ok(page(items, next))
}

/// By which rule something that `by` brought in is reached: as the agency's whose it is, or as that of the body that
/// answers for the archive.
fn rule_of(ask: &Ask, scope: &Scope, agency: Option<&str>, by: crate::model::id::ActorId) -> Option<&'static str> {
    let issuer = ask.config().issuer.agency.as_deref();
    let agencies = [Some(agency), issuer.map(Some)].into_iter().flatten();
    let target = |agency| Target { agency, by: Some(by), ..Target::default() };
    agencies.map(target).find_map(|target| scope.rows_of(&target).next().map(|row| row.rule))
}

/// By which rule the caller may know of a receipt or notice; none: they may not.
fn seen_by(ask: &Ask, scope: &Scope, subject: Subject, entry: u64) -> Result<Option<&'static str>, Problem> {
    let by = ask.leaf(entry)?.actor;
    let row = match subject {
        Subject::Record(record) => ask.index().record_by_id(record)?,
        Subject::Refusal(refusal) => {
            let (document, _) = ask.document(refusal)?;
            return Ok(rule_of(ask, scope, document.text("agency"), by));
        }
    };
    let Some(row) = row else { return Ok(None) };
    let is_known = row.access() == AccessCategory::Public
        || by == ask.principal.actor
        || ask.reached(Action::RecordList).contains(&target(&row));
    Ok(rule_of(ask, scope, Some(&row.agency), by).filter(|_| is_known))
}

fn none(text: &str) -> Problem {
    let what = "no receipt or notice was prepared";
    Error::new(ErrorCode::SigNoAnswer, subject_of(text), what).into()
}

/// What was asked for, as far as it is repeated.
fn subject_of(text: &str) -> String {
    text.chars().take(64).collect()
}

/// What a receipt or notice is about, and the rule by which the caller may do `action` with it. One that they may not
/// know of is answered like none.
fn reach(ask: &Ask, text: &str, action: Action) -> Result<(Subject, &'static str), Problem> {
    let scope = ask.list(action)?;
    ask.wait_index()?;
    let subject = issue::subject(&ask.archive, text).map_err(|_| none(text))?;
    let entry = match subject {
        Subject::Refusal(entry) => entry,
        Subject::Record(record) => ask.index().record_by_id(record)?.ok_or_else(|| none(text))?.entry,
    };
    let is_refusal = |entry| ask.leaf(entry).is_ok_and(|leaf| leaf.act == ActKind::SubmissionRefused);
    if matches!(subject, Subject::Refusal(entry) if !is_refusal(entry)) {
        return Err(none(text));
    }
    let rule = seen_by(ask, &scope, subject, entry)?.ok_or_else(|| none(text))?;
    if let Subject::Record(record) = subject
        && ask.leaf(entry)?.actor != ask.principal.actor
    {
        let row = ask.index().record_by_id(record)?.ok_or_else(|| none(text))?;
        // The text names the document: of a restricted one only who may be shown the record gets it.
        if row.access() != AccessCategory::Public {
            ask.may(Action::RecordShow, &target(&row))?;
        }
    }
    ask.caller.about.learn(|learnt| learnt.rule = Some(rule));
    Ok((subject, rule))
}

fn prepared(ask: &Ask, text: &str) -> Result<Prepared, Problem> {
    let (subject, rule) = reach(ask, text, Action::ReceiptSee)?;
    let reader = Reader::asking(ask.principal.actor, rule, ask.caller.purpose.as_deref());
    Ok(issue::find(&ask.archive, subject, reader)?)
}

/// A receipt or notice: its text, the bytes to be signed, and the signature once it is issued.
#[utoipa::path(get, path = "/api/v1/receipts/{subject}", tag = "receipts",
    params(("subject" = String, Path, description = "Id of the record, or the entry of the acceptance or refusal")),
    responses((status = 200, description = "The receipt or notice", body = ReceiptWhole)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| shown(ask, &text)).await.map(Json)
}

fn shown(ask: &Ask, text: &str) -> Result<Value, Problem> {
    let prepared = prepared(ask, text)?;
    let text = Answer::decode(&prepared.bytes).map(|answer| answer.text(ask.lang())).ok();
    let file = |name: &str, bytes: &[u8]| json!({"name": name, "base64": STANDARD.encode(bytes)});
    let mut files = vec![file(prepared.file(), &prepared.bytes)];
    files.extend(prepared.signature.as_ref().map(|signature| file(prepared.signature_file(), signature)));
    Ok(json!({"receipt": view::receipt(&prepared, &[]), "text": text, "files": files}))
}

/// The bytes of a receipt or notice: what the officer signs, or has signed.
#[utoipa::path(get, path = "/api/v1/receipts/{subject}/content", tag = "receipts",
    params(
        ("subject" = String, Path, description = "Id of the record, or the entry of the acceptance or refusal"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`receipt.json` or `notice.json`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let prepared = prepared(ask, &text)?;
            let name = prepared.file();
            // Signed are exactly these bytes: nobody on the way may take them for JSON and write them anew.
            give(&headers, prepared.bytes, "application/octet-stream", name)
        })
        .await
}

/// The signature by which a receipt or notice was issued: a CMS over exactly its bytes.
#[utoipa::path(get, path = "/api/v1/receipts/{subject}/signature", tag = "receipts",
    params(
        ("subject" = String, Path, description = "Id of the record, or the entry of the acceptance or refusal"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "As the officer made it", content_type = "application/pkcs7-signature"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn signature(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let none = || Problem::from(Error::new(ErrorCode::SigNoAnswer, subject_of(&text), "there is no signature"));
            let is_none = |problem: &Problem| problem.code == ErrorCode::SigNoAnswer;
            let found = prepared(ask, &text).map_err(|problem| if is_none(&problem) { none() } else { problem });
            let prepared = found?;
            let name = prepared.signature_file();
            let signature = prepared.signature.ok_or_else(none)?;
            give(&headers, signature, "application/pkcs7-signature", name)
        })
        .await
}

/// The officer's signature.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signing {
    cms: Base64,
    #[serde(default)]
    material: Vec<Base64>,
}

/// Issues a receipt or notice with the signature of a records officer: a decision of a person, who signs in as one.
#[utoipa::path(post, path = "/api/v1/receipts/{subject}/signature", tag = "receipts",
    params(
        ("subject" = String, Path, description = "Id of the record, or the entry of the acceptance or refusal"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = ReceiptSigning, content_type = "application/json"),
    responses(
        (status = 201, description = "Issued and durable", body = ReceiptAnswer),
        (status = 422, description = "The signature issues nothing, with every reason", body = ReceiptAnswer),
    ))]
async fn sign(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::ReceiptSign, &headers, body).await?;
    act((&service, caller), ("receipt", text), (&headers, sent), do_sign).await
}

fn do_sign(ask: &Ask, text: &str, signing: Signing) -> Result<once::Answer, Problem> {
    let (subject, rule) = reach(ask, text, Action::ReceiptSign)?;
    let (actor, extra) = (ask.principal.actor, material(signing.material)?);
    let reader = Reader::asking(actor, rule, ask.caller.purpose.as_deref());
    let issued = issue::sign(&ask.archive, subject, &signing.cms.0, Some(&extra), reader, actor)?;
    ask.wait_index()?;
    let (status, location) = match &issued {
        Issued::Done { .. } => (StatusCode::CREATED, Some(format!("/api/v1/receipts/{text}/signature"))),
        Issued::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    let body = view::receipt_signed(subject, &issued, ask.lang()).to_string();
    Ok(once::Answer { status, location, body })
}
