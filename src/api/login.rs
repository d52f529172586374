//! Signing in from a browser: by a signature over a nonce, or, for accounts that set the archive up, by a password.
//!
//! Invariants
//!   - A nonce is used once and is forgotten when its time is over; at most 10,000 are remembered, and the oldest goes.
//!   - Whatever did not do, the answer is one (`SRV-003`): nobody learns which account, office or secret there is.
//!   - Passwords are tried by two at a time, a few times an account and minute: each takes 64 MiB, and so that nobody
//!     guesses. Names that no account has are counted alike.
//!
//! What was signed in is a session ([`super::session`]). Nothing is kept longer than the service runs.

use super::describe::{Entered, LoginNonceText, LoginPassword, LoginSignature};
use super::frame::About;
use super::problem::Problem;
use super::service::Service;
#[cfg(feature = "oidc")]
use super::session::set_cookie_over;
use super::session::{SignedIn, WHOLE_MS, check_own, cookie_of, set_cookie};
use crate::access::login::{LOGIN_BYTES_MAX, LoginNonce, authenticate_password, authenticate_signature, login_nonce};
use crate::access::rights::Principal;
use crate::archive::Archive;
use crate::clock::{Millis, rfc3339};
use crate::error::ErrorCode;
use crate::model::digest::{Sha256, sha256};
use crate::verify::material::Material;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Nonces that are remembered.
const NONCES_MAX: usize = 10_000;
/// Passwords that are tried at a time: argon2id takes 64 MiB for each.
const PASSWORDS_AT_ONCE: usize = 2;
/// Signatures that are looked at at a time. Own bound: whoever asks is not known yet.
const SIGNATURES_AT_ONCE: usize = 2;
/// Attempts of one account, and of all, in the time of [`ATTEMPTS_MS`]. Own bound: a person mistypes, a program
/// guesses.
const OF_ACCOUNT_MAX: u32 = 5;
const OF_ALL_MAX: u32 = 60;
const ATTEMPTS_MS: Millis = 5 * 60 * 1000;
/// Bytes of a request that brings a signature: base64 of [`LOGIN_BYTES_MAX`], and what is around it.
pub(crate) const SIGNATURE_BODY_BYTES_MAX: usize = LOGIN_BYTES_MAX / 3 * 4 + 64 * 1024;

/// What is remembered between the question and the answer, and the bounds on both.
pub(crate) struct Logins {
    nonces: Mutex<VecDeque<LoginNonce>>,
    attempts: Mutex<Attempts>,
    passwords: Arc<Semaphore>,
    signatures: Arc<Semaphore>,
}

impl Default for Logins {
    fn default() -> Self {
        Self {
            nonces: Mutex::default(),
            attempts: Mutex::default(),
            passwords: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
            signatures: Arc::new(Semaphore::new(SIGNATURES_AT_ONCE)),
        }
    }
}

/// A nonce as it is given out.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) id: String,
    pub(crate) text: String,
}

impl Logins {
    fn keep(&self, nonce: LoginNonce, now: Millis) {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        // They come in the order of their time.
        while nonces.front().is_some_and(|first| first.is_over(now)) || nonces.len() >= NONCES_MAX {
            nonces.pop_front();
        }
        nonces.push_back(nonce);
    }

    /// Takes a nonce away: it is judged now or never.
    fn take(&self, id: &str, now: Millis) -> Option<LoginNonce> {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let at = nonces.iter().position(|nonce| nonce.id() == id)?;
        nonces.remove(at).filter(|nonce| !nonce.is_over(now))
    }

    /// What is to be signed, while it can be.
    pub(crate) fn text(&self, id: &str, now: Millis) -> Option<String> {
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let found = nonces.iter().find(|nonce| nonce.id() == id && !nonce.is_over(now));
        found.map(|nonce| nonce.text().to_owned())
    }
}

/// Attempts by name of an account, whether there is one or not.
#[derive(Default)]
struct Attempts {
    of: HashMap<Sha256, (u32, Millis)>,
    all: (u32, Millis),
}

impl Attempts {
    /// Counts an attempt; else the seconds after which there is one again.
    fn take(&mut self, account: &str, now: Millis) -> Result<(), u32> {
        let is_over = |begun: Millis| now < begun || now - begun >= ATTEMPTS_MS;
        let wait = |begun: Millis| u32::try_from((ATTEMPTS_MS - (now - begun)) / 1000 + 1).unwrap_or(u32::MAX);
        // A name is noted with its attempt, and attempts of all are bounded: so are names, to twice as many.
        self.of.retain(|_, (_, begun)| !is_over(*begun));
        if is_over(self.all.1) {
            self.all = (0, now);
        }
        let name = sha256(account.as_bytes());
        if let Some((_, begun)) = self.of.get(&name).filter(|(count, _)| *count >= OF_ACCOUNT_MAX) {
            return Err(wait(*begun));
        }
        if self.all.0 >= OF_ALL_MAX {
            return Err(wait(self.all.1));
        }
        self.of.entry(name).or_insert((0, now)).0 += 1;
        self.all.0 += 1;
        Ok(())
    }
}

/// Draws a nonce.
pub(crate) async fn draw(service: &Arc<Service>) -> Result<Drawn, Problem> {
    let keeper = service.clone();
    let draw = move |archive: &Archive| {
        let nonce = login_nonce(archive);
        let drawn = Drawn { id: nonce.id().to_owned(), text: nonce.text().to_owned() };
        keeper.logins.keep(nonce, archive.now());
        Ok(drawn)
    };
    service.reach(draw).await
}

/// The one answer to whatever did not do.
pub(super) fn nobody() -> Problem {
    Problem::new(ErrorCode::SrvSignIn, "login", "nobody was signed in by this")
}

fn entered(about: &About, archive: &Archive, found: Option<Principal>) -> Result<SignedIn, Problem> {
    let principal = found.ok_or_else(nobody)?;
    about.learn(|learnt| learnt.actor = Some(principal.actor.to_string()));
    SignedIn::of(archive, &principal)
}

/// Who signed the nonce with this id.
pub(crate) async fn by_signature(
    service: &Arc<Service>,
    about: About,
    id: &str,
    cms: Vec<u8>,
) -> Result<SignedIn, Problem> {
    let nonce = service.logins.take(id, service.slot.clock().now()).ok_or_else(nobody)?;
    let one = service.logins.signatures.clone().acquire_owned().await.map_err(|_| nobody())?;
    let judge = move |archive: &Archive| {
        // It goes with the work and not with the request: who hangs up makes no room for the next.
        let _one = one;
        let found = authenticate_signature(archive, nonce, &cms, &Material::default())?;
        entered(&about, archive, found)
    };
    service.reach(judge).await
}

/// Whose password this is.
pub(crate) async fn by_password(
    service: &Arc<Service>,
    about: About,
    account: String,
    password: String,
) -> Result<SignedIn, Problem> {
    let busy = |seconds| Problem::new(ErrorCode::SrvBusy, "login", "more attempts than there may be").after(seconds);
    {
        let mut attempts = service.logins.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.take(&account, service.slot.clock().now()).map_err(busy)?;
    }
    let one = service.logins.passwords.clone().acquire_owned().await.map_err(|_| nobody())?;
    let judge = move |archive: &Archive| {
        // As with signatures.
        let _one = one;
        let found = authenticate_password(archive, &account, &password)?;
        entered(&about, archive, found)
    };
    service.reach(judge).await
}

/// Reads a signature as people hand it in: base64, with the lines of PEM or without.
pub(crate) fn cms_of(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    STANDARD.decode(lines.flat_map(|line| line.split_ascii_whitespace()).collect::<String>()).ok()
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    let signature = OpenApiRouter::new().routes(routes!(signature));
    OpenApiRouter::new()
        .routes(routes!(nonce))
        .merge(signature.layer(DefaultBodyLimit::max(SIGNATURE_BODY_BYTES_MAX)))
        .routes(routes!(password))
        .routes(routes!(logout))
}

/// What is to be signed to sign in; for five minutes, once.
#[utoipa::path(post, path = "/api/v1/login/nonce", tag = "login", security(()),
    responses((status = 200, description = "A nonce", body = LoginNonceText)))]
async fn nonce(State(service): State<Arc<Service>>, parts: Parts) -> Result<Json<Value>, Problem> {
    check_own(&parts.headers, false)?;
    let drawn = draw(&service).await?;
    Ok(Json(json!({"id": drawn.id, "text": drawn.text})))
}

/// What a browser hands in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    id: String,
    cms: String,
}

/// Signs in whose signature (CMS, with the text in it or beside it) is over the nonce.
#[utoipa::path(post, path = "/api/v1/login/signature", tag = "login", security(()),
    request_body(content = LoginSignature, content_type = "application/json"),
    responses((status = 200, description = "A session, whose cookie is set", body = Entered)))]
async fn signature(
    State(service): State<Arc<Service>>,
    parts: Parts,
    body: Result<Json<Signature>, JsonRejection>,
) -> Result<Response, Problem> {
    check_own(&parts.headers, false)?;
    let Json(body) = body.map_err(wrong)?;
    let cms = cms_of(&body.cms).ok_or_else(|| Problem::request("cms", "not base64"))?;
    let signed = by_signature(&service, about(&parts)?, &body.id, cms).await?;
    begun(&service, &parts, signed)
}

/// What a person types.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    account: String,
    password: String,
}

/// Signs in an account that has a password: one that sets the archive up.
#[utoipa::path(post, path = "/api/v1/login/password", tag = "login", security(()),
    request_body(content = LoginPassword, content_type = "application/json"),
    responses((status = 200, description = "A session, whose cookie is set", body = Entered)))]
async fn password(
    State(service): State<Arc<Service>>,
    parts: Parts,
    body: Result<Json<Password>, JsonRejection>,
) -> Result<Response, Problem> {
    check_own(&parts.headers, false)?;
    let Json(body) = body.map_err(wrong)?;
    let signed = by_password(&service, about(&parts)?, body.account, body.password).await?;
    begun(&service, &parts, signed)
}

/// Ends the session of the cookie.
#[utoipa::path(post, path = "/api/v1/logout", tag = "login", security(()),
    responses((status = 204, description = "It has ended")))]
async fn logout(State(service): State<Arc<Service>>, parts: Parts) -> Result<Response, Problem> {
    let cookie = end(&service, &parts)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Ends a session, and gives the header that takes the cookie back.
pub(crate) fn end(service: &Service, parts: &Parts) -> Result<header::HeaderValue, Problem> {
    let secret = cookie_of(parts);
    check_own(&parts.headers, secret.is_some())?;
    if let Some(secret) = secret {
        service.sessions.end(&secret);
    }
    set_cookie(parts, "")
}

/// Begins a session, and gives the header that sets its cookie. A session that the browser had ends.
pub(crate) fn begin(service: &Service, parts: &Parts, signed: SignedIn) -> Result<header::HeaderValue, Problem> {
    // First whether the browser can keep it: else a session begins that nobody has.
    set_cookie(parts, "")?;
    if let Some(earlier) = cookie_of(parts) {
        service.sessions.end(&earlier);
    }
    set_cookie(parts, &service.sessions.begin(signed, service.slot.clock().now()))
}

/// The same for who comes back from a provider. Such a request says nothing of its line: the configuration does.
#[cfg(feature = "oidc")]
pub(super) fn begin_over(
    service: &Service,
    parts: &Parts,
    signed: SignedIn,
    is_open: bool,
    vouched: super::session::Vouched,
) -> Result<header::HeaderValue, Problem> {
    set_cookie_over(parts, is_open, "")?;
    if let Some(earlier) = cookie_of(parts) {
        service.sessions.end(&earlier);
    }
    let secret = service.sessions.begin_vouched(signed, vouched, service.slot.clock().now());
    set_cookie_over(parts, is_open, &secret)
}

fn begun(service: &Service, parts: &Parts, signed: SignedIn) -> Result<Response, Problem> {
    let until = rfc3339(service.slot.clock().now() + WHOLE_MS);
    let body = json!({"account": signed.account, "means": signed.means.as_str(), "until": until});
    Ok(([(header::SET_COOKIE, begin(service, parts, signed)?)], Json(body)).into_response())
}

/// What the frame knows of the request.
pub(crate) fn about(parts: &Parts) -> Result<About, Problem> {
    let about = parts.extensions.get::<About>().cloned();
    about.ok_or_else(|| Problem::new(ErrorCode::SrvFailed, "frame", "no frame around the handler"))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn wrong(rejection: JsonRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ErrorCode::SrvTooLarge, "body", "too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(ErrorCode::SrvMediaType, "body", "not application/json"),
        // What was typed is not repeated.
        _ => Problem::request("body", "not the JSON that is asked for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_few_by_name_and_in_all_and_come_back() {
        let mut attempts = Attempts::default();
        let taken = (0..10).filter(|_| attempts.take("a", 1_000).is_ok()).count();
        assert_eq!(taken, OF_ACCOUNT_MAX as usize);
        assert!(attempts.take("b", 1_000).is_ok());
        assert_eq!(attempts.take("a", 1_000 + ATTEMPTS_MS - 1), Err(1));
        assert!(attempts.take("a", 1_000 + ATTEMPTS_MS).is_ok());
        let mut attempts = Attempts::default();
        let taken = (0..1_000).filter(|n| attempts.take(&n.to_string(), 0).is_ok()).count();
        assert_eq!(taken, OF_ALL_MAX as usize);
        assert!(attempts.take("a", 10).is_err() && attempts.take("a", ATTEMPTS_MS).is_ok());
    }

    #[test]
    fn a_signature_is_read_in_base64_with_lines_and_without() {
        for text in ["AAEC", " AA\r\nEC\n", "-----BEGIN CMS-----\nAAEC\n-----END CMS-----\n"] {
            assert_eq!(cms_of(text).as_deref(), Some(&[0, 1, 2][..]), "{text}");
        }
        assert!(cms_of("AAE").is_none() && cms_of("ә").is_none());
    }
}
