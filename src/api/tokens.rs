//! `/api/v1/tokens`: the caller's own tokens; issuing and revoking them.
//!
//! Only a person who signed in as one has them here: not a token, which would make itself another, not a machine and
//! not an account for setting up, whose tokens are issued on the command line, or never. A token of another account is
//! answered like one that was never issued.
//!
//! The token itself is in the first answer and in no other: what is remembered for a repeat under the same
//! `Idempotency-Key` is without it. Whoever did not get that answer revokes the token and issues another.
//!
//! What a crash leaves: a token that is durable and was not answered, which nobody has; the list names it.

use super::body::read_json;
use super::caller::{Caller, Of, Params};
use super::describe::{Token, TokenIssuing, TokenPage, TokenRevoking};
use super::once::{Answer, act, key_of, once_told, response};
use super::page::{PageParams, listed};
use super::problem::Problem;
use super::service::{Ask, Service};
use crate::access::rights::{DENY_MEANS, DENY_PASSWORD, DENY_SCOPE, Means};
use crate::access::tokens;
use crate::error::{Error, ErrorCode};
use crate::view;
use axum::Json;
use axum::body::Bytes;
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
    OpenApiRouter::new().routes(routes!(list, issue)).routes(routes!(revoke))
}

/// That the caller is a person who signed in as one.
fn check_person(ask: &Ask) -> Result<(), Problem> {
    let rule = match ask.principal.means {
        Means::Signature | Means::Oidc if ask.principal.person.is_some() => return Ok(()),
        Means::Token => DENY_SCOPE,
        Means::Password => DENY_PASSWORD,
        _ => DENY_MEANS,
    };
    ask.caller.about.learn(|learnt| learnt.rule = Some(rule));
    Err(Problem::denied("tokens", rule))
}

/// A token of the caller as it is answered.
fn told(ask: &Ask, id: &str, secret: Option<&str>) -> Result<Value, Problem> {
    let accounts = ask.archive.accounts()?;
    let unknown = || Error::new(ErrorCode::AccUnknown, id, "no such token of this account");
    Ok(view::token(accounts.token(id).ok_or_else(unknown)?, secret))
}

/// The caller's own tokens, the oldest first, with those that were revoked or have ended; none with its secret.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "login", params(PageParams),
    responses((status = 200, description = "A page", body = TokenPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Result<Json<Value>, Problem> {
    let found = move |ask: &Ask| {
        check_person(ask)?;
        let own = tokens::of(&ask.archive, &ask.principal.account)?;
        let rows = own.into_iter().map(|token| (token.issued.to_be_bytes().to_vec(), token)).collect();
        let question = format!("tokens\n{}", ask.principal.account);
        listed(&ask.service, &question, params.paging(), rows, |token| Ok(Some(view::token(&token, None))))
    };
    service.ask(caller, found).await.map(Json)
}

/// What a token is for, and until when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuing {
    scopes: Vec<String>,
    until: NaiveDate,
}

/// Issues a token of the caller, who signed in as a person. The token itself is in this answer and in no other.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "login",
    params(
        ("Idempotency-Key" = Option<String>, Header,
         description = "The same request with the same key issues one token; a repeat is answered without its secret"),
    ),
    request_body(content = TokenIssuing, content_type = "application/json"),
    responses(
        (status = 200, description = "It was issued by this key before; `token` is null", body = Token),
        (status = 201, description = "Issued; `token` is shown this once", body = Token),
    ))]
async fn issue(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let asked: Issuing = read_json(&headers, &body)?;
    let key = key_of(&headers);
    let answer = service
        .ask(caller, move |ask| {
            check_person(ask)?;
            once_told(ask, key.as_deref(), &[b"token", &body], || do_issue(ask, &asked))
        })
        .await?;
    Ok(response(answer))
}

/// Issues one: what is answered, and what a repeat is answered.
fn do_issue(ask: &Ask, asked: &Issuing) -> Result<(Answer, Answer), Problem> {
    let actions = tokens::scopes(asked.scopes.iter().map(String::as_str))?;
    let (id, secret) = tokens::issue(&ask.archive, &ask.principal, &actions, asked.until)?;
    let answer = |status, secret| {
        let body = told(ask, &id, secret)?.to_string();
        Ok::<_, Problem>(Answer { status, location: None, body })
    };
    Ok((answer(StatusCode::CREATED, Some(&secret))?, answer(StatusCode::OK, None)?))
}

/// Why a token is revoked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoking {
    reason: String,
}

/// Revokes a token of the caller: from then on it opens nothing.
#[utoipa::path(post, path = "/api/v1/tokens/{token_id}/revocation", tag = "login",
    params(
        ("token_id" = String, Path, description = "Its id: the part between `mrg_` and the next `_`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = TokenRevoking, content_type = "application/json"),
    responses((status = 200, description = "Revoked and durable", body = Token)))]
async fn revoke(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act((&service, caller), ("token.revocation", text), (&headers, body), do_revoke).await
}

fn do_revoke(ask: &Ask, id: &str, revoking: Revoking) -> Result<Answer, Problem> {
    check_person(ask)?;
    tokens::revoke(&ask.archive, &ask.principal, id, &revoking.reason)?;
    Ok(Answer { status: StatusCode::OK, location: None, body: told(ask, id, None)?.to_string() })
}
