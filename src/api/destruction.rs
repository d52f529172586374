//! `/api/v1/disposal-plans/{id}/execution` and `…/completion`: an approved plan is executed, and nothing of it is left.
//!
//! Two officers sign which day it is, and a person who may execute hands that in. With `Prefer: respond-async` it is a
//! job. Completing compacts the store, which nobody else has meanwhile; so it always is a job.
//!
//! What a crash leaves, [`destroy`] says: a file whole, or destroyed with its act. A job is forgotten then; the plan
//! says how far it is.

use super::body::read_json;
use super::caller::{Caller, Of};
use super::describe::{DisposalExecutedOrJob, Job, SignedStatement};
use super::disposal::case_for;
use super::once::{Answer, key_of, once, response};
use super::problem::Problem;
use super::service::{Ask, Service};
use super::signed::{Signed, SignedDocument, receive};
use super::work::{self, wants_job};
use crate::access::rights::Action;
use crate::archive::Handle;
use crate::disposition::destroy::{self, Executed};
use crate::model::id::RecordId;
use crate::view;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(execution)).routes(routes!(completion))
}

/// Destroys what an approved plan names and what is still due; two officers have signed which day it is.
#[utoipa::path(post, path = "/api/v1/disposal-plans/{plan_id}/execution", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 200, description = "Executed: the keys are erased", body = DisposalExecutedOrJob),
        (status = 202, description = "A job was begun", body = DisposalExecutedOrJob),
        (status = 409, description = "Nothing of it can be destroyed; nothing was done", body = DisposalExecutedOrJob),
        (status = 422, description = "The day is not confirmed, with every reason", body = DisposalExecutedOrJob),
    ))]
async fn execution(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::DisposalExecute, &headers, body).await?;
    let signed: Signed = read_json(&headers, &sent.bytes)?;
    let (key, is_async) = (key_of(&headers), wants_job(&headers));
    let answer = service
        .ask(caller, move |ask| {
            let how: &[u8] = if is_async { b"execution as a job" } else { b"execution" };
            let parts = [how, text.as_bytes(), sent.bytes.as_slice()];
            once(ask, key.as_deref(), &parts, || {
                let plan = case_for(ask, &text, Action::DisposalExecute)?.plan.id;
                let (signed, text) = (signed.read()?, text.clone());
                if !is_async {
                    return execute(ask, plan, &signed);
                }
                work::begin(ask, "destruction", move |ask| {
                    case_for(&ask, &text, Action::DisposalExecute)?;
                    let answer = execute(&ask, plan, &signed);
                    let slot = ask.service.slot.clone();
                    drop(ask);
                    // Opened again the archive has its index under a new key: only then are traces gone there too.
                    // Where that fails, whoever asks next does it.
                    let _ = slot.get();
                    answer
                })
            })
        })
        .await?;
    if answer.status == StatusCode::OK {
        // As above.
        let _ = service.reach(|_| Ok(())).await;
    }
    Ok(response(answer))
}

fn execute(ask: &Ask, plan: RecordId, signed: &SignedDocument) -> Result<Answer, Problem> {
    let SignedDocument { document, signatures, extra } = signed;
    let executed = destroy::execute(&ask.archive, plan, document, signatures, extra, ask.principal.actor)?;
    let (status, body) = match executed {
        Executed::Done { entry, destroyed, kept } => {
            (StatusCode::OK, view::plan_executed(plan, Some(entry), &destroyed, &kept))
        }
        Executed::Nothing(kept) => (StatusCode::CONFLICT, view::plan_executed(plan, None, &[], &kept)),
        Executed::Refused(reasons) => (StatusCode::UNPROCESSABLE_ENTITY, view::refused(&reasons, ask.lang())),
    };
    Ok(Answer { status, location: None, body: body.to_string() })
}

/// Compacts the store and says in the journal that nothing is left of what a plan destroyed. Nobody is answered for as
/// long as the store is compacted.
#[utoipa::path(post, path = "/api/v1/disposal-plans/{plan_id}/completion", tag = "disposal",
    params(
        ("plan_id" = String, Path, description = "Id of the plan"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    responses((status = 202, description = "A job was begun; its result is a `DisposalAnswer`", body = Job)))]
async fn completion(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = key_of(&headers);
    let answer = service
        .ask(caller, move |ask| {
            once(ask, key.as_deref(), &[b"completion", text.as_bytes()], || {
                let plan = case_for(ask, &text, Action::DisposalExecute)?.plan.id;
                // What is not executed is not begun with.
                destroy::check_executed(&ask.archive, plan)?;
                let text = text.clone();
                work::begin(ask, "completion", move |ask| {
                    case_for(&ask, &text, Action::DisposalExecute)?;
                    complete(ask, plan)
                })
            })
        })
        .await?;
    Ok(response(answer))
}

fn complete(ask: Ask, plan: RecordId) -> Result<Answer, Problem> {
    let Ask { service, mut archive, principal, .. } = ask;
    if destroy::is_to_be_compacted(&archive, plan)? {
        Handle::Served(archive, service.slot.clone()).compact(principal.actor)?;
        archive = service.slot.get()?;
    }
    let entry = destroy::complete(&archive, plan, principal.actor)?;
    let body = view::plan_completed(plan, entry).to_string();
    Ok(Answer { status: StatusCode::OK, location: None, body })
}
