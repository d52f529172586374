//! `/api/v1/disposal-plans`: plans of destruction from drawing up to approval: with their files, who signed what, what
//! is to be signed, and the certificate.
//!
//! A plan is of the agency whose files it names. Whoever proposes, reviews or approves is known by a signature that was
//! made outside over a statement ([`sign`]); the right to do so is asked for beside it, and who proposed a plan neither
//! reviews nor approves it. Drawing up a statement decides nothing. The destruction itself is in
//! [`super::destruction`].
//!
//! What a crash leaves: a step that is durable and was not answered; the plan says how far it is.
//!
//! [`sign`]: crate::disposition::sign

use super::body::read_json;
use super::caller::{Caller, Of, Params, id};
use super::describe::{
    DisposalAnswer, DisposalCancelling, DisposalDrawing, DisposalPlan, DisposalPlanPage, DisposalStatement,
    SignedStatement,
};
use super::once::{Answer, act};
use super::page::{PageParams, listed};
use super::problem::Problem;
use super::reach::{of, seen};
use super::service::{Ask, Service};
use super::signed::{Base64, Signed, SignedDocument, receive};
use super::whole::whole;
use crate::access::rights::{Action, DENY_DEFAULT, Target};
use crate::disposition::case::{Case, all};
use crate::disposition::certificate;
use crate::disposition::propose::{Asked, PLAN_FILE, draft};
use crate::disposition::sign::{STATEMENT_FILE, Taken, cancel, take_as};
use crate::disposition::statement::{FilesSaid, Statement, StatementKind, Verdict, VerdictWord};
use crate::error::{Error, ErrorCode};
use crate::model::case_file::ListItem;
use crate::model::id::RecordId;
use crate::model::iin::Iin;
use crate::view::{self, Masked, plan};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list, draw))
        .routes(routes!(show))
        .routes(routes!(content))
        .routes(routes!(statement))
        .routes(routes!(proposal))
        .routes(routes!(review))
        .routes(routes!(approval))
        .routes(routes!(cancellation))
        .routes(routes!(certified))
}

/// Plans of destruction, oldest first.
#[utoipa::path(get, path = "/api/v1/disposal-plans", tag = "disposal", params(PageParams),
    responses((status = 200, description = "A page", body = DisposalPlanPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &PageParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::DisposalSee)?;
    let mut cases = Vec::new();
    for case in all(&ask.archive)? {
        if let Some(masked) = seen(&scope, &of(&case.plan.agency)) {
            cases.push((case.row.drafted.to_be_bytes().to_vec(), (case, masked)));
        }
    }
    listed(&ask.service, "disposal plans", params.paging(), cases, |(case, masked)| {
        Ok(Some(plan(&ask.archive, &case, masked)?))
    })
}

/// A plan of destruction.
#[utoipa::path(get, path = "/api/v1/disposal-plans/{plan_id}", tag = "disposal",
    params(("plan_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The plan", body = DisposalPlan)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (case, masked) = found_case(ask, &text)?;
            Ok(Json(plan(&ask.archive, &case, masked)?))
        })
        .await
}

/// A plan that the caller may know of, and how they see it.
fn found_case(ask: &Ask, text: &str) -> Result<(Case, Masked), Problem> {
    let scope = ask.list(Action::DisposalSee)?;
    let case = Case::read(&ask.archive, id(text)?)?;
    let unknown = || Error::new(ErrorCode::DspUnknown, case.plan.id.to_string(), "no such plan");
    let masked = seen(&scope, &of(&case.plan.agency)).ok_or_else(unknown)?;
    Ok((case, masked))
}

/// The same for what is given as it is, with all its titles: who sees plans masked does not get it.
fn bare_case(ask: &Ask, text: &str) -> Result<Case, Problem> {
    let (case, masked) = found_case(ask, text)?;
    match masked {
        Masked::No => Ok(case),
        Masked::Yes => Err(ask.denied(Action::DisposalSee, DENY_DEFAULT)),
    }
}

/// A plan with which the caller may do this. One that they may not know of is answered like none, and who proposed it
/// decides no more about it.
pub(super) fn case_for(ask: &Ask, text: &str, action: Action) -> Result<Case, Problem> {
    ask.list(action)?;
    let (case, _) = found_case(ask, text)?;
    let proposed = case.proposed.as_ref().and_then(|signed| Iin::parse(&signed.by.iin));
    let requester = proposed.as_ref().filter(|_| action != Action::DisposalPropose);
    ask.may(action, &Target { requester, ..of(&case.plan.agency) })?;
    Ok(case)
}

/// What a plan is drawn up of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawing {
    agency: String,
    #[serde(default)]
    files: Vec<String>,
    number: Option<String>,
    minutes: Option<Minutes>,
}

/// The minutes of the expert commission.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Minutes {
    number: String,
    date: NaiveDate,
    content: Base64,
}

/// Draws up a plan of what is due today: by a person, who signs in as one. Nobody has proposed it yet.
#[utoipa::path(post, path = "/api/v1/disposal-plans", tag = "disposal",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = DisposalDrawing, content_type = "application/json"),
    responses((status = 201, description = "Drawn up and durable", body = DisposalPlan)))]
async fn draw(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::DisposalPropose, &headers, body).await?;
    act((&service, caller), ("plan", String::new()), (&headers, sent), do_draw).await
}

fn do_draw(ask: &Ask, _: &str, drawing: Drawing) -> Result<Answer, Problem> {
    let Drawing { agency, files, number, minutes } = drawing;
    ask.may(Action::DisposalPropose, &of(&agency))?;
    let files = files.iter().map(|text| id(text)).collect::<Result<Vec<RecordId>, _>>()?;
    let minutes = minutes.map(|minutes| (minutes.number, minutes.date, minutes.content.0));
    ask.wait_index()?;
    let drawn = draft(&ask.archive, &Asked { agency, files, number, minutes }, ask.principal.actor)?;
    ask.wait_index()?;
    let case = Case::read(&ask.archive, drawn.id)?;
    Ok(Answer {
        status: StatusCode::CREATED,
        location: Some(format!("/api/v1/disposal-plans/{}", drawn.id)),
        body: plan(&ask.archive, &case, Masked::No)?.to_string(),
    })
}

/// The bytes of a plan: what everybody who signs about it signs the digest of.
#[utoipa::path(get, path = "/api/v1/disposal-plans/{plan_id}/content", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`plan.json`", content_type = "application/octet-stream"),
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
            let case = bare_case(ask, &text)?;
            whole(&headers, case.plan.encode(), "application/octet-stream", PLAN_FILE)
        })
        .await
}

/// The certificate of destruction, which a stranger checks without the archive.
#[utoipa::path(get, path = "/api/v1/disposal-plans/{plan_id}/certificate", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`schema/certificate/1`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn certified(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let plan = bare_case(ask, &text)?.plan.id;
            let (bytes, _) = certificate::give(&ask.archive, plan)?;
            whole(&headers, bytes, "application/octet-stream", "certificate.json")
        })
        .await
}

/// What a statement is to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drafting {
    act: String,
    person: Option<String>,
    #[serde(default)]
    verdicts: Vec<VerdictSaid>,
    #[serde(default)]
    rest: bool,
}

/// What it says of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictSaid {
    number: u32,
    verdict: String,
    until: Option<NaiveDate>,
    item: Option<String>,
    reason: Option<String>,
}

impl VerdictSaid {
    fn verdict(&self) -> Option<Verdict> {
        let item = self.item.as_ref().map(|item| item.parse::<ListItem>().ok());
        match (VerdictWord::parse(&self.verdict)?, self.until, item) {
            (VerdictWord::Destroy, None, None) => Some(Verdict::Destroy),
            (VerdictWord::Forever, None, None) => Some(Verdict::Forever),
            (VerdictWord::Extend, Some(day), None) => Some(Verdict::Extend(day)),
            (VerdictWord::Reclassify, None, Some(item)) => item.map(Verdict::Reclassify),
            _ => None,
        }
    }
}

/// Draws up a statement about a plan, to be signed outside exactly as it comes; nothing is kept of it, and asked again
/// it names another time. It is made for the person who asks, unless another one is named.
#[utoipa::path(post, path = "/api/v1/disposal-plans/{plan_id}/statement", tag = "disposal",
    params(("plan_id" = String, Path, description = "Id of the plan")),
    request_body(content = DisposalStatement, content_type = "application/json"),
    responses((status = 200, description = "`statement.toml`", content_type = "application/octet-stream")))]
async fn statement(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let case = bare_case(ask, &text)?;
            let toml = drawn_up(ask, &case, read_json(&headers, &body)?)?;
            whole(&HeaderMap::new(), toml.into_bytes(), "application/octet-stream", STATEMENT_FILE)
        })
        .await
}

fn drawn_up(ask: &Ask, case: &Case, drafting: Drafting) -> Result<String, Problem> {
    let known = || Problem::request("act", format!("one of {}", StatementKind::KNOWN));
    let kind = StatementKind::parse(&drafting.act).ok_or_else(known)?;
    let mut said = FilesSaid { rest: drafting.rest, ..FilesSaid::default() };
    for one in drafting.verdicts {
        let place = format!("verdicts/{}", one.number);
        let known = "destroy, forever, extend with until, or reclassify with item (LIST/ITEM)";
        let verdict = one.verdict().ok_or_else(|| Problem::request(&*place, known))?;
        if said.verdicts.insert(one.number, verdict).is_some() {
            return Err(Problem::request(place, "the file is spoken of twice"));
        }
        said.reasons.extend(one.reason.map(|reason| (one.number, reason)));
    }
    let own = ask.principal.person.as_ref().map(|person| person.digits().to_owned());
    // Several sign which day it is, so it names nobody.
    let person = drafting.person.or(own).filter(|_| kind != StatementKind::ConfirmDate);
    let drawn = Statement::drawn_up(kind, &case.plan, person.as_deref(), said, ask.now())?;
    drawn.map_err(|faults| {
        let fault = faults.into_iter().next();
        fault
            .map_or_else(|| Problem::request("body", ""), |fault| Problem::new(fault.code, fault.subject, fault.detail))
    })
}

/// Proposes a plan: with the statement that one of the records office signed.
#[utoipa::path(post, path = "/api/v1/disposal-plans/{plan_id}/proposal", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 201, description = "Taken in and durable", body = DisposalAnswer),
        (status = 422, description = "Not taken in, with every reason", body = DisposalAnswer),
    ))]
async fn proposal(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    sign(service, caller, text, (StatementKind::Propose, Action::DisposalPropose), headers, body).await
}

/// Takes in the review of a member of the commission.
#[utoipa::path(post, path = "/api/v1/disposal-plans/{plan_id}/review", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 201, description = "Taken in and durable, with its rulings", body = DisposalAnswer),
        (status = 422, description = "Not taken in, with every reason", body = DisposalAnswer),
    ))]
async fn review(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    sign(service, caller, text, (StatementKind::Review, Action::DisposalReview), headers, body).await
}

/// Takes in an approval.
#[utoipa::path(post, path = "/api/v1/disposal-plans/{plan_id}/approval", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 201, description = "Taken in and durable", body = DisposalAnswer),
        (status = 422, description = "Not taken in, with every reason", body = DisposalAnswer),
    ))]
async fn approval(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    sign(service, caller, text, (StatementKind::Approve, Action::DisposalApprove), headers, body).await
}

async fn sign(
    service: Arc<Service>,
    caller: Caller,
    text: String,
    (kind, action): (StatementKind, Action),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, action, &headers, body).await?;
    let take = move |ask: &Ask, text: &str, signed: Signed| {
        let plan = case_for(ask, text, action)?.plan.id;
        take_in(ask, plan, kind, &signed.read()?)
    };
    act((&service, caller), (kind.as_str(), text), (&headers, sent), take).await
}

fn take_in(ask: &Ask, plan: RecordId, kind: StatementKind, signed: &SignedDocument) -> Result<Answer, Problem> {
    let SignedDocument { document, signatures, extra } = signed;
    let taken = take_as(&ask.archive, (kind, Some(plan)), document, signatures, extra, ask.principal.actor)?;
    ask.wait_index()?;
    let (status, body) = match taken {
        Taken::Done { kind, entry } => (StatusCode::CREATED, view::plan_taken(kind, entry)),
        Taken::Refused(reasons) => (StatusCode::UNPROCESSABLE_ENTITY, view::refused(&reasons, ask.lang())),
    };
    Ok(Answer { status, location: None, body: body.to_string() })
}

/// Why a plan is cancelled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancelling {
    reason: String,
}

/// Cancels a plan that was not executed: taken back by who may propose, rejected by who may approve. Nothing is
/// destroyed by it, and verdicts that keep files stand.
#[utoipa::path(post, path = "/api/v1/disposal-plans/{plan_id}/cancellation", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = DisposalCancelling, content_type = "application/json"),
    responses((status = 200, description = "Cancelled and durable", body = DisposalAnswer)))]
async fn cancellation(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("cancel", text), (&headers, body), do_cancel).await
}

fn do_cancel(ask: &Ask, text: &str, cancelling: Cancelling) -> Result<Answer, Problem> {
    let proposing = case_for(ask, text, Action::DisposalPropose);
    let case = match proposing {
        Err(problem) if problem.is_denied() => {
            let rejecting = case_for(ask, text, Action::DisposalApprove);
            rejecting.map_err(|other| if other.is_denied() { problem } else { other })?
        }
        proposing => proposing?,
    };
    let entry = cancel(&ask.archive, case.plan.id, &cancelling.reason, ask.principal.actor)?;
    ask.wait_index()?;
    let body = view::plan_cancelled(case.plan.id, entry).to_string();
    Ok(Answer { status: StatusCode::OK, location: None, body })
}
