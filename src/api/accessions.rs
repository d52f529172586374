//! `/api/v1/accessions/{id}`: what another archive handed over, for the machine that delivered it: how far it is, the
//! receipt, the reply once it is signed, and the way back for the act that the sender signed too.
//!
//! A machine sees what is of its own party and of no other: what is not is answered like what is not there. It signs
//! nothing; what it brings counts by the answer key in the party's file, as it does when it comes as a file.
//!
//! What a crash leaves: an act taken in or not; the same again is told.

use super::body::receive_whole;
use super::caller::{Caller, Of};
use super::describe::{Accession as AccessionValue, AccessionAnswer};
use super::once::{Answer, key_of, once, response};
use super::problem::Problem;
use super::service::{Ask, Service};
use crate::access::rights::{Action, DENY_DEFAULT, Target};
use crate::archive::Holder;
use crate::error::ErrorCode;
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::transfer::accession::respond::{Signed, agree};
use crate::transfer::accession::{Accession, all};
use crate::transfer::answer::ANSWER_BYTES_MAX;
use crate::transfer::party::{self, Held};
use crate::verify::material::Material;
use crate::view;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(receipt)).routes(routes!(reply)).routes(routes!(act))
}

/// The party for which a machine delivers: the one of its name in the register, of an agency for which it has the
/// office. The account says it, and nothing else.
pub(super) fn own_party(ask: &Ask) -> Result<Held, Problem> {
    ask.list(Action::TransferDeliver)?;
    let denied = || ask.denied(Action::TransferDeliver, DENY_DEFAULT);
    let accounts = ask.accounts()?;
    let name = match accounts.open(&ask.principal.account).map(|account| &account.holder) {
        Some(Holder::Service(name)) => name,
        _ => return Err(denied()),
    };
    let held = match party::find(&ask.archive, name) {
        Err(e) if e.code == ErrorCode::TrfNoParty => return Err(denied()),
        held => held?,
    };
    ask.may(Action::TransferDeliver, &Target { agency: Some(&held.party.agency), ..Target::default() })?;
    Ok(held)
}

/// An accession of the caller's party, by its id or by the digest of its package.
fn find(ask: &Ask, text: &str) -> Result<Accession, Problem> {
    let held = own_party(ask)?;
    let unknown =
        || Problem::new(ErrorCode::TrfNoAccession, "accession", "no such accession of this account's archive");
    let (id, digest) = (text.parse::<RecordId>().ok(), text.parse::<Sha256>().ok());
    let is_it = |one: &Accession| Some(one.id) == id || Some(one.digest) == digest;
    let found = all(&ask.archive)?.into_iter().find(is_it).ok_or_else(unknown)?;
    let (theirs, own) = (&found.party.party, &held.party);
    let is_own = theirs.id == own.id && theirs.archive == own.archive && found.agency == own.agency;
    if is_own { Ok(found) } else { Err(unknown()) }
}

/// How far an accession is.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}", tag = "transfers",
    params(("accession" = String, Path, description = "Its id, or the digest of its package")),
    responses((status = 200, description = "The accession", body = AccessionValue)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    let found = move |ask: &Ask| Ok(Json(view::accession(&ask.archive, &find(ask, &text)?, false)?));
    service.ask(caller, found).await
}

fn document(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// The receipt, as it was signed.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/receipt", tag = "transfers",
    params(("accession" = String, Path, description = "Its id, or the digest of its package")),
    responses((status = 200, description = "`schema/transfer-answer/1`", content_type = "application/json")))]
async fn receipt(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Response, Problem> {
    let found = move |ask: &Ask| Ok(document(find(ask, &text)?.receipt(&ask.archive)?));
    service.ask(caller, found).await
}

/// The reply, as it was signed.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/reply", tag = "transfers",
    params(("accession" = String, Path, description = "Its id, or the digest of its package")),
    responses(
        (status = 200, description = "`schema/transfer-answer/1`", content_type = "application/json"),
        (status = 409, description = "No officer has signed it yet"),
    ))]
async fn reply(State(service): State<Arc<Service>>, caller: Caller, Of(text): Of<String>) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let accession = find(ask, &text)?;
            let none = || Problem::new(ErrorCode::TrfAccessionStage, accession.id.to_string(), "it is not signed yet");
            Ok(document(accession.answer(&ask.archive)?.ok_or_else(none)?))
        })
        .await
}

/// Takes in the sender's answer with its officer's signature over the act.
#[utoipa::path(post, path = "/api/v1/accessions/{accession}/act", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = Value, content_type = "application/json", description = "`schema/transfer-answer/1`"),
    responses(
        (status = 200, description = "Both have signed the act", body = AccessionAnswer),
        (status = 422, description = "Not taken in, with every reason", body = AccessionAnswer),
    ))]
async fn act(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.ask(caller.clone(), |ask| own_party(ask).map(drop)).await?;
    let _place = service.large().await?;
    let bytes = receive_whole(&headers, body, ANSWER_BYTES_MAX as u64).await?;
    let key = key_of(&headers);
    service
        .ask(caller, move |ask| {
            let accession = find(ask, &text)?;
            let parts: [&[u8]; 3] = [b"act", &accession.id.0, &bytes];
            let answer = once(ask, key.as_deref(), &parts, || agreed(ask, &accession, &bytes))?;
            Ok(response(answer))
        })
        .await
}

fn agreed(ask: &Ask, accession: &Accession, bytes: &[u8]) -> Result<Answer, Problem> {
    let id = accession.id;
    let (status, body) = match agree(&ask.archive, id, bytes, &Material::default(), ask.principal.actor)? {
        Signed::Done(entry) => (StatusCode::OK, view::accession_done("agreed", id, Some(entry), &[])),
        Signed::Held(entry) => (StatusCode::OK, view::accession_done("held", id, Some(entry), &[])),
        Signed::Refused(refusals) => {
            (StatusCode::UNPROCESSABLE_ENTITY, view::accession_refused(id, &refusals, ask.lang()))
        }
    };
    Ok(Answer { status, location: None, body: body.to_string() })
}
