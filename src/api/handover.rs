//! `/api/v1/transfers/{id}` after the package has left: what the other archive answers, the act of both, and letting go
//! what that archive keeps.
//!
//! Answers count by the key of the other archive, whoever hands them in. The act is signed by one who may approve that
//! records go, the release of a day by two officers; both outside, over exactly the bytes that are given here. Who
//! selected the files hands in neither.
//!
//! What a crash leaves, [`release`] says: a record whole, or let go with its act. A job is forgotten then; the transfer
//! says how far it is.

use super::body::read_json;
use super::caller::{Caller, Of};
use super::describe::{Job, SignedStatement, TransferAnswer, TransferAnswerOrJob, TransferSigning, TransferTaking};
use super::once::{Answer, act, key_of, once, response};
use super::problem::Problem;
use super::service::{Ask, Service};
use super::signed::{Brought, Signed, SignedDocument, Signing, receive};
use super::transfers::{bare_case, case_for, done, not_yet, refused};
use super::whole::whole;
use super::work::{self, wants_job};
use crate::access::rights::Action;
use crate::archive::Handle;
use crate::error::{Error, ErrorCode};
use crate::model::id::RecordId;
use crate::transfer::act::ACT_FILE;
use crate::transfer::case::{Case, Stage};
use crate::transfer::certificate;
use crate::transfer::release::{self, RELEASE_FILE, Released};
use crate::transfer::reply::REPLY_FILE;
use crate::transfer::take::{self, ACT_ANSWER_FILE, RECEIPT_FILE, REPLY_ANSWER_FILE, Taken};
use crate::view;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(answers))
        .routes(routes!(receipt))
        .routes(routes!(reply))
        .routes(routes!(reply_content))
        .routes(routes!(act_content))
        .routes(routes!(act_answer, act_signed))
        .routes(routes!(release_content))
        .routes(routes!(releasing))
        .routes(routes!(closing))
        .routes(routes!(certified))
}

/// Takes in the receipt or the reply of the other archive; the same again is the same entry.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/answers", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = TransferTaking, content_type = "application/json"),
    responses(
        (status = 201, description = "Taken in and durable", body = TransferAnswer),
        (status = 422, description = "Not taken in, with every reason", body = TransferAnswer),
    ))]
async fn answers(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::TransferSend, &headers, body).await?;
    act((&service, caller), ("transfer answer", text), (&headers, sent), do_take).await
}

fn do_take(ask: &Ask, text: &str, brought: Brought) -> Result<Answer, Problem> {
    let id = case_for(ask, text, Action::TransferSend)?.id;
    let (bytes, extra) = brought.read()?;
    if take::transfer_of(&bytes)? != id {
        return Err(Error::new(ErrorCode::TrfAnswer, id.to_string(), "it is about another transfer").into());
    }
    let taken = take::take(&ask.archive, &bytes, &extra, ask.principal.actor)?;
    ask.wait_index()?;
    let entry = match taken {
        Taken::Done(entry) => entry,
        Taken::Refused(reasons) => return Ok(refused(ask, id, &reasons)),
    };
    let case = Case::read(&ask.archive, id)?;
    let body = if case.row.delivered == Some(entry) {
        view::transfer_done(Stage::Delivered.as_str(), ("transfer_id", &id.to_string()), entry)
    } else {
        view::transfer_replied(id, entry, &case.replied(&ask.archive)?.reply)
    };
    Ok(done(StatusCode::CREATED, &body))
}

/// Gives something of a transfer byte for byte.
async fn give(
    (service, caller): (Arc<Service>, Caller),
    (text, headers): (String, HeaderMap),
    (kind, name): (&'static str, &'static str),
    bytes: fn(&Ask, &Case) -> Result<Vec<u8>, Problem>,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let case = bare_case(ask, &text)?;
            whole(&headers, bytes(ask, &case)?, kind, name)
        })
        .await
}

const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// A file of one of its acts, as it came.
fn came(ask: &Ask, case: &Case, entry: Option<u64>, name: &str) -> Result<Vec<u8>, Problem> {
    let (document, row) =
        ask.archive.document(entry.ok_or_else(|| not_yet(case, "the other archive has not said it"))?)?;
    Ok(ask.archive.act_file(&row, &document, name)?)
}

/// The receipt of the other archive, as it was signed.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/receipt", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`schema/transfer-answer/1`", content_type = "application/json"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn receipt(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give((service, caller), (text, headers), (JSON, RECEIPT_FILE), |ask, case| {
        came(ask, case, case.row.delivered, RECEIPT_FILE)
    })
    .await
}

/// The reply of the other archive, as it was signed.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/reply", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`schema/transfer-answer/1`", content_type = "application/json"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn reply(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give((service, caller), (text, headers), (JSON, REPLY_ANSWER_FILE), |ask, case| {
        came(ask, case, case.row.replied, REPLY_ANSWER_FILE)
    })
    .await
}

/// What the other archive says of each record, with its text for people.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/reply/content", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`reply.json`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn reply_content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give((service, caller), (text, headers), (BYTES, REPLY_FILE), |ask, case| {
        Ok(case.replied(&ask.archive)?.reply.encode())
    })
    .await
}

/// The act of both archives: what an officer of this side signs.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/act/content", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`act.json`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn act_content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give((service, caller), (text, headers), (BYTES, ACT_FILE), |ask, case| {
        Ok(case.replied(&ask.archive)?.act.encode())
    })
    .await
}

/// The act with the signatures of this side, as it goes back to the other archive.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/act", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`schema/transfer-answer/1`", content_type = "application/json"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn act_answer(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give((service, caller), (text, headers), (JSON, ACT_ANSWER_FILE), |ask, case| {
        Ok(take::act_answer(&ask.archive, case.id)?)
    })
    .await
}

/// Takes in the signature of an officer of this side over the act.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/act", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = TransferSigning, content_type = "application/json"),
    responses(
        (status = 201, description = "Signed by both, and durable", body = TransferAnswer),
        (status = 422, description = "Not taken in, with every reason", body = TransferAnswer),
    ))]
async fn act_signed(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::TransferSign, &headers, body).await?;
    act((&service, caller), ("transfer act", text), (&headers, sent), do_sign).await
}

fn do_sign(ask: &Ask, text: &str, signing: Signing) -> Result<Answer, Problem> {
    let id = case_for(ask, text, Action::TransferSign)?.id;
    let (signatures, extra) = signing.read()?;
    let taken = take::sign(&ask.archive, id, &signatures, &extra, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(match taken {
        Taken::Done(entry) => done(StatusCode::CREATED, &view::transfer_agreed(id, entry, &[])),
        Taken::Refused(reasons) => refused(ask, id, &reasons),
    })
}

/// What two officers sign today to let go what can go today; drawn up for each who asks, and nothing is kept of it.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/release/content", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`release.json`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn release_content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give((service, caller), (text, headers), (BYTES, RELEASE_FILE), |ask, case| {
        Ok(release::draw_up(&ask.archive, case.id)?.encode())
    })
    .await
}

/// The certificate of what was let go, which a stranger checks without either archive.
#[utoipa::path(get, path = "/api/v1/transfers/{transfer_id}/certificate", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`schema/certificate/2`", content_type = "application/octet-stream"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn certified(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give((service, caller), (text, headers), (BYTES, "certificate.json"), |ask, case| {
        Ok(certificate::give(&ask.archive, case.id)?.0)
    })
    .await
}

/// Lets go what the other archive keeps and what two officers have signed, each record by itself.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/release", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`: a job at once"),
    ),
    request_body(content = SignedStatement, content_type = "application/json"),
    responses(
        (status = 200, description = "Let go: the keys are erased", body = TransferAnswerOrJob),
        (status = 202, description = "A job was begun", body = TransferAnswerOrJob),
        (status = 409, description = "Nothing of it can go now; nothing was done", body = TransferAnswerOrJob),
        (status = 422, description = "The release is not signed, with every reason", body = TransferAnswerOrJob),
    ))]
async fn releasing(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::TransferRelease, &headers, body).await?;
    let signed: Signed = read_json(&headers, &sent.bytes)?;
    let (key, is_async) = (key_of(&headers), wants_job(&headers));
    let answer = service
        .ask(caller, move |ask| {
            let how: &[u8] = if is_async { b"release as a job" } else { b"release" };
            let parts = [how, text.as_bytes(), sent.bytes.as_slice()];
            once(ask, key.as_deref(), &parts, || {
                let id = case_for(ask, &text, Action::TransferRelease)?.id;
                let (signed, text) = (signed.read()?, text.clone());
                if !is_async {
                    return let_go(ask, id, &signed);
                }
                work::begin(ask, "release", move |ask| {
                    case_for(&ask, &text, Action::TransferRelease)?;
                    let answer = let_go(&ask, id, &signed);
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

fn let_go(ask: &Ask, id: RecordId, signed: &SignedDocument) -> Result<Answer, Problem> {
    let SignedDocument { document, signatures, extra } = signed;
    let released = release::release(&ask.archive, id, document, signatures, extra, ask.principal.actor)?;
    Ok(match released {
        Released::Done { entry, released, kept } => {
            done(StatusCode::OK, &view::transfer_released(id, Some(entry), &released, &kept))
        }
        Released::Nothing(kept) => done(StatusCode::CONFLICT, &view::transfer_released(id, None, &[], &kept)),
        Released::Refused(reasons) => refused(ask, id, &reasons),
    })
}

/// Ends a transfer of which nothing is left to be let go; the store is compacted, and nobody is answered for as long.
#[utoipa::path(post, path = "/api/v1/transfers/{transfer_id}/closing", tag = "transfers",
    params(
        ("transfer_id" = String, Path, description = "Id of the transfer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    responses((status = 202, description = "A job was begun; its result is a `TransferAnswer`", body = Job)))]
async fn closing(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = key_of(&headers);
    let answer = service
        .ask(caller, move |ask| {
            once(ask, key.as_deref(), &[b"closing", text.as_bytes()], || {
                let case = case_for(ask, &text, Action::TransferRelease)?;
                // What is not signed by both is not begun with.
                case.check_stage(&[Stage::Agreed, Stage::Released, Stage::Closed])?;
                let (id, text) = (case.id, text.clone());
                work::begin(ask, "closing", move |ask| {
                    case_for(&ask, &text, Action::TransferRelease)?;
                    close(ask, id)
                })
            })
        })
        .await?;
    Ok(response(answer))
}

fn close(ask: Ask, id: RecordId) -> Result<Answer, Problem> {
    let Ask { service, mut archive, principal, .. } = ask;
    let case = Case::read(&archive, id)?;
    if release::is_to_be_compacted(&archive, &case)? {
        Handle::Served(archive, service.slot.clone()).compact(principal.actor)?;
        archive = service.slot.get()?;
    }
    let entry = release::close(&archive, id, principal.actor)?;
    let body = view::transfer_done(Stage::Closed.as_str(), ("transfer_id", &id.to_string()), entry);
    Ok(done(StatusCode::OK, &body))
}
