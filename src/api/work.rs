//! Acts that take longer than an answer may: begun as jobs, in threads of their own.
//!
//! A job asks the archive anew who its caller is: between the request and the act an office may have ended. What it
//! did is in the journal; after a crash the job is forgotten, and the act is done or not.

use super::jobs::State;
use super::once::Answer;
use super::problem::Problem;
use super::service::Ask;
use crate::error::ErrorCode;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;

/// Whether a request wants a job rather than to wait (RFC 7240 §4.1).
pub(super) fn wants_job(headers: &HeaderMap) -> bool {
    let prefer = headers.get("prefer").and_then(|prefer| prefer.to_str().ok()).unwrap_or_default();
    prefer.split(',').any(|one| one.trim().eq_ignore_ascii_case("respond-async"))
}

/// Begins a job and answers with it. What `work` answers is its result; one with a status of 4xx was refused.
pub(super) fn begin(
    ask: &Ask,
    kind: &'static str,
    work: impl FnOnce(Ask) -> Result<Answer, Problem> + Send + 'static,
) -> Result<Answer, Problem> {
    let busy = || Problem::new(ErrorCode::SrvBusy, "jobs", "as many jobs run as may");
    let begun = ask.service.jobs.begin(kind, &ask.principal.account, ask.now());
    let (id, doing) = begun.ok_or_else(busy)?;
    let job = ask.service.jobs.of(id, &ask.principal.account).map(|job| job.borrow().value());
    let (service, caller) = (ask.service.clone(), ask.caller.clone());
    let (lang, request) = (ask.lang(), caller.about.id.clone());
    let work = move || {
        doing.progress(0, 1);
        let (state, result) = match Ask::new(service.clone(), caller).and_then(work) {
            Ok(answer) => {
                let state = if answer.status.is_client_error() { State::Refused } else { State::Done };
                (state, serde_json::from_str(&answer.body).unwrap_or_default())
            }
            Err(problem) => {
                // Nobody has the answer to which the log of the request belongs.
                service.log(json!({"job": kind, "request_id": request, "code": problem.code.as_str()}));
                (State::Failed, problem.value(lang, &request))
            }
        };
        doing.end(state, result, service.slot.clock().now());
    };
    std::thread::Builder::new().spawn(work).map_err(|_| busy())?;
    Ok(Answer {
        status: StatusCode::ACCEPTED,
        location: Some(format!("/api/v1/jobs/{id}")),
        body: job.unwrap_or_default().to_string(),
    })
}
