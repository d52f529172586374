//! `/api/v1/accessions`: what other archives handed over: how far it is, what became of each record, the documents, the
//! signatures of officers.
//!
//! Officers see what is of their agency. The machine that delivered sees how far what is of its own party is, the
//! receipt, and the reply once it is signed; it signs nothing, and what it brings counts by the answer key in the
//! party's file. What is not theirs is answered like what is not there. Packages come by
//! [`super::deliveries`], which takes them in at once, or on a medium by the command line.
//!
//! What a crash leaves: a signature or an act taken in or not; the same again is told.

use super::body::receive_whole;
use super::caller::{Caller, Of, Params};
use super::describe::{
    Accession as AccessionValue, AccessionAnswer, AccessionPage, AccessionRecordPage, AccessionSigning, TransferTaking,
};
use super::once::{self, Answer, key_of, once, response};
use super::page::{PageParams, listed};
use super::problem::Problem;
use super::reach::{of, seen};
use super::service::{Ask, Service};
use super::signed::{Base64, Brought, material, receive, signatures};
use super::whole::whole;
use crate::access::rights::{Action, DENY_DEFAULT, Target};
use crate::archive::Holder;
use crate::error::{Error, ErrorCode};
use crate::model::digest::Sha256;
use crate::model::id::RecordId;
use crate::transfer::accession::respond::{self, Signed, agree};
use crate::transfer::accession::{AGREED_FILE, ANSWER_FILE, Accession, RECEIPT_FILE, all};
use crate::transfer::act::{ACT_FILE, Act};
use crate::transfer::answer::ANSWER_BYTES_MAX;
use crate::transfer::party::{self, Held};
use crate::transfer::reply::{REPLY_FILE, Reply};
use crate::verify::material::Material;
use crate::view::{self, Masked};
use axum::Json;
use axum::body::Body;
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
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(records))
        .routes(routes!(receipt))
        .routes(routes!(reply, reply_signed))
        .routes(routes!(reply_content))
        .routes(routes!(act_content))
        .routes(routes!(act_answer, act))
        .routes(routes!(agreement))
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

/// Accessions, oldest first.
#[utoipa::path(get, path = "/api/v1/accessions", tag = "transfers", params(PageParams),
    responses((status = 200, description = "A page", body = AccessionPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &PageParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::TransferSee)?;
    let mut rows = Vec::new();
    for one in all(&ask.archive)? {
        if let Some(masked) = seen(&scope, &of(&one.agency)) {
            rows.push((one.row.received.to_be_bytes().to_vec(), (one, masked)));
        }
    }
    listed(&ask.service, "accessions", params.paging(), rows, |(one, masked)| {
        Ok(Some(view::accession(&ask.archive, &one, false, masked)?))
    })
}

fn unknown() -> Problem {
    Problem::new(ErrorCode::TrfNoAccession, "accession", "no such accession that the caller may know of")
}

/// An accession by its id or by the digest of its package, whosever it is.
fn read(ask: &Ask, text: &str) -> Result<Accession, Problem> {
    if let Ok(id) = text.parse::<RecordId>() {
        return match Accession::read(&ask.archive, id) {
            Err(e) if e.code == ErrorCode::TrfNoAccession => Err(unknown()),
            found => Ok(found?),
        };
    }
    let digest = text.parse::<Sha256>().map_err(|_| unknown())?;
    all(&ask.archive)?.into_iter().find(|one| one.digest == digest).ok_or_else(unknown)
}

/// An accession that an officer may know of, and how they see it.
fn of_officer(ask: &Ask, text: &str) -> Result<(Accession, Masked), Problem> {
    let scope = ask.list(Action::TransferSee)?;
    let found = read(ask, text)?;
    let masked = seen(&scope, &of(&found.agency)).ok_or_else(unknown)?;
    Ok((found, masked))
}

/// The same for what is given as it is: who sees accessions masked does not get it.
fn bare(ask: &Ask, text: &str) -> Result<Accession, Problem> {
    match of_officer(ask, text)? {
        (found, Masked::No) => Ok(found),
        (_, Masked::Yes) => Err(ask.denied(Action::TransferSee, DENY_DEFAULT)),
    }
}

/// An accession with which an officer may do this.
fn accession_for(ask: &Ask, text: &str, action: Action) -> Result<Accession, Problem> {
    ask.list(action)?;
    let (found, _) = of_officer(ask, text)?;
    ask.may(action, &of(&found.agency))?;
    Ok(found)
}

/// An accession of the party of the machine that asks.
fn of_machine(ask: &Ask, text: &str) -> Result<Accession, Problem> {
    let held = own_party(ask)?;
    let found = read(ask, text)?;
    let (theirs, own) = (&found.party.party, &held.party);
    let is_own = theirs.id == own.id && theirs.archive == own.archive && found.agency == own.agency;
    if is_own { Ok(found) } else { Err(unknown()) }
}

/// Whether an officer asks; else it is the machine of a sender, or nobody.
fn is_officer(ask: &Ask) -> bool {
    !ask.reached(Action::TransferSee).is_empty()
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
    service
        .ask(caller, move |ask| {
            let (found, masked) =
                if is_officer(ask) { of_officer(ask, &text)? } else { (of_machine(ask, &text)?, Masked::No) };
            Ok(Json(view::accession(&ask.archive, &found, false, masked)?))
        })
        .await
}

/// What became of each record of an accession, in the order of the package; 409 before they are judged.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/records", tag = "transfers",
    params(("accession" = String, Path, description = "Its id, or the digest of its package"), PageParams),
    responses((status = 200, description = "A page", body = AccessionRecordPage)))]
async fn records(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (accession, masked) = of_officer(ask, &text)?;
            let rows = documents(ask, &accession)?.0.rows;
            let rows = (0_u64..).zip(rows).map(|(n, row)| (n.to_be_bytes().to_vec(), row)).collect();
            let question = format!("records of an accession\n{}", accession.id);
            listed(&ask.service, &question, params.paging(), rows, |row| Ok(Some(view::accession_record(&row, masked))))
        })
        .await
        .map(Json)
}

fn not_yet(accession: &Accession, what: &str) -> Problem {
    Error::new(ErrorCode::TrfAccessionStage, accession.id.to_string(), what).into()
}

/// The reply and the act, which are there once the records are judged.
fn documents(ask: &Ask, accession: &Accession) -> Result<(Reply, Act), Problem> {
    accession.documents(&ask.archive)?.ok_or_else(|| not_yet(accession, "its records are not judged yet"))
}

const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";

type Bytes = fn(&Ask, &Accession) -> Result<Vec<u8>, Problem>;

/// Gives something of an accession byte for byte, to an officer or to the machine that delivered it.
async fn give(
    (service, caller): (Arc<Service>, Caller),
    (text, headers): (String, HeaderMap),
    (kind, name): (&'static str, &'static str),
    (is_for_machines, bytes): (bool, Bytes),
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let is_machine = is_for_machines && !is_officer(ask);
            let found = if is_machine { of_machine(ask, &text)? } else { bare(ask, &text)? };
            whole(&headers, bytes(ask, &found)?, kind, name)
        })
        .await
}

/// The receipt, as it was signed.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/receipt", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
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
    give(
        (service, caller),
        (text, headers),
        (JSON, RECEIPT_FILE),
        (true, |ask, found| Ok(found.receipt(&ask.archive)?)),
    )
    .await
}

/// The reply with the act, as officers signed them; 409 before.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/reply", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "`schema/transfer-answer/1`", content_type = "application/json"),
        (status = 304, description = "It is what the caller has"),
        (status = 409, description = "No officer has signed it yet"),
    ))]
async fn reply(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    give(
        (service, caller),
        (text, headers),
        (JSON, ANSWER_FILE),
        (true, |ask, found| found.answer(&ask.archive)?.ok_or_else(|| not_yet(found, "it is not signed yet"))),
    )
    .await
}

/// The reply that officers sign: what became of each record, with its text for people.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/reply/content", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
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
    give(
        (service, caller),
        (text, headers),
        (BYTES, REPLY_FILE),
        (false, |ask, found| Ok(documents(ask, found)?.0.encode())),
    )
    .await
}

/// The act of both archives that officers sign.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/act/content", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
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
    give(
        (service, caller),
        (text, headers),
        (BYTES, ACT_FILE),
        (false, |ask, found| Ok(documents(ask, found)?.1.encode())),
    )
    .await
}

/// The sender's answer with the act that its officer signed too; 409 before.
#[utoipa::path(get, path = "/api/v1/accessions/{accession}/act", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
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
    give(
        (service, caller),
        (text, headers),
        (JSON, AGREED_FILE),
        (false, |ask, found| {
            found.agreed(&ask.archive)?.ok_or_else(|| not_yet(found, "the sender has not signed the act"))
        }),
    )
    .await
}

/// Signatures over the reply and over the act.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signing {
    reply_signatures: Vec<Base64>,
    act_signatures: Vec<Base64>,
    #[serde(default)]
    material: Vec<Base64>,
}

/// Takes in the signatures of officers over the reply and over the act: who may receive for a state archive, or an
/// approver.
#[utoipa::path(post, path = "/api/v1/accessions/{accession}/reply", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = AccessionSigning, content_type = "application/json"),
    responses(
        (status = 200, description = "It was signed before, and stays as it was", body = AccessionAnswer),
        (status = 201, description = "Signed and durable", body = AccessionAnswer),
        (status = 422, description = "Not taken in, with every reason", body = AccessionAnswer),
    ))]
async fn reply_signed(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::TransferReply, &headers, body).await?;
    once::act((&service, caller), ("accession reply", text), (&headers, sent), do_sign).await
}

fn do_sign(ask: &Ask, text: &str, signing: Signing) -> Result<Answer, Problem> {
    let id = accession_for(ask, text, Action::TransferReply)?.id;
    let Signing { reply_signatures, act_signatures, material: files } = signing;
    let (over_reply, over_act) = (signatures(reply_signatures)?, signatures(act_signatures)?);
    let extra = material(files)?;
    let signed = respond::reply(&ask.archive, id, (&over_reply, &over_act), &extra, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(taken(ask, id, "replied", StatusCode::CREATED, signed))
}

fn taken(ask: &Ask, id: RecordId, word: &str, status: StatusCode, signed: Signed) -> Answer {
    let (status, body) = match signed {
        Signed::Done(entry) => (status, view::accession_done(word, id, Some(entry), &[])),
        Signed::Held(entry) => (StatusCode::OK, view::accession_done("held", id, Some(entry), &[])),
        Signed::Refused(refusals) => {
            (StatusCode::UNPROCESSABLE_ENTITY, view::accession_refused(id, &refusals, ask.lang()))
        }
    };
    Answer { status, location: None, body: body.to_string() }
}

/// Takes in the sender's answer with its officer's signature over the act, which came to an officer here.
#[utoipa::path(post, path = "/api/v1/accessions/{accession}/agreement", tag = "transfers",
    params(
        ("accession" = String, Path, description = "Its id, or the digest of its package"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = TransferTaking, content_type = "application/json"),
    responses(
        (status = 200, description = "Both had signed the act before", body = AccessionAnswer),
        (status = 201, description = "Both have signed the act", body = AccessionAnswer),
        (status = 422, description = "Not taken in, with every reason", body = AccessionAnswer),
    ))]
async fn agreement(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::TransferReceive, &headers, body).await?;
    once::act((&service, caller), ("accession agreement", text), (&headers, sent), do_agree).await
}

fn do_agree(ask: &Ask, text: &str, brought: Brought) -> Result<Answer, Problem> {
    let id = accession_for(ask, text, Action::TransferReceive)?.id;
    let (answer, extra) = brought.read()?;
    let signed = agree(&ask.archive, id, &answer, &extra, ask.principal.actor)?;
    ask.wait_index()?;
    Ok(taken(ask, id, "agreed", StatusCode::CREATED, signed))
}

/// Takes in the sender's answer with its officer's signature over the act, which its machine brings.
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
            let id = of_machine(ask, &text)?.id;
            let parts: [&[u8]; 3] = [b"act", &id.0, &bytes];
            let answer = once(ask, key.as_deref(), &parts, || {
                let signed = agree(&ask.archive, id, &bytes, &Material::default(), ask.principal.actor)?;
                Ok(taken(ask, id, "agreed", StatusCode::OK, signed))
            })?;
            Ok(response(answer))
        })
        .await
}
