//! Signing in at an OpenID provider: what is remembered while a browser is away, and whose session begins or ends.
//!
//! A browser is sent to the provider with a state, and comes back with it and a code. The code, a verifier that only we
//! know (PKCE) and our secret get an ID token, straight from the provider; whom it names is looked up like whoever
//! signed a nonce.
//!
//! Invariants
//!   - A state is used once, within ten minutes, and only by the browser that it was given to: that has a cookie whose
//!     digest is kept beside it, and that the provider never sees. So nobody is signed in as somebody else by a link.
//!   - Whatever did not do, the answer is one (`SRV-003`); the log has one word for why. Where the provider gives no
//!     usable answer it is `OID-003`.
//!   - Nobody waits for the provider while an archive is held.
//!   - A logout token ends sessions once, and only of whom it names.
//!
//! Nothing is kept longer than the service runs.

use super::describe::LogoutToken;
use super::frame::About;
use super::login::{about, nobody};
use super::problem::Problem;
use super::service::Service;
use super::session::{SignedIn, Vouched, cookie, cookie_of, is_here};
use crate::access::login::authenticate_named;
use crate::access::openid::{Identity, Refused, TOKEN_BYTES_MAX};
use crate::archive::{Archive, Slot};
use crate::clock::Millis;
use crate::config::Oidc;
use crate::error::{Error, ErrorCode};
use crate::fetch::openid::{Asking, Provider, Redeeming};
use crate::model::digest::{Sha256, sha256};
use crate::model::url::ProviderUrl;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use zeroize::Zeroizing;

/// How long a sign-in may take at the provider. Own bound: a second factor, and a walk to fetch it.
const BEGUN_MS: Millis = 10 * 60 * 1000;
/// Sign-ins that are under way; then the oldest is forgotten. As many as nonces of signatures.
const BEGUN_MAX: usize = 10_000;
/// Logout tokens that are remembered; each is good for some minutes.
const ENDED_MAX: usize = 10_000;
/// Questions to the provider at a time. Own bound: who asks is not known yet, and each has a thread while it waits.
const AT_ONCE: usize = 8;
/// Logout tokens that are judged at a time.
const LOGOUTS_AT_ONCE: usize = 2;
/// How long one waits for its turn.
const TURN: Duration = Duration::from_secs(10);
/// Bytes of a code (RFC 6749 §4.1.2 sets none). Own bound: some are tokens themselves.
const CODE_BYTES_MAX: usize = 4 * 1024;
/// Bytes of the address that is gone to afterwards.
const NEXT_BYTES_MAX: usize = 2 * 1024;

/// The cookie of a sign-in over TLS, and on the machine itself.
const COOKIE: &str = "__Host-muragat-openid";
const COOKIE_HERE: &str = "muragat-openid";

/// A sign-in that is under way.
struct Begun {
    state: Sha256,
    browser: Sha256,
    nonce: String,
    verifier: Zeroizing<String>,
    next: String,
    /// The session that the browser had: the way back comes from another site, so its cookie stays away.
    earlier: Option<Sha256>,
    at: Millis,
}

impl Begun {
    fn is_over(&self, now: Millis) -> bool {
        now < self.at || now - self.at > BEGUN_MS
    }
}

/// The provider, and what is remembered of sign-ins.
pub(crate) struct OpenId {
    provider: Arc<Provider>,
    begun: Mutex<VecDeque<Begun>>,
    ended: Mutex<VecDeque<(Sha256, i64)>>,
    turns: Arc<Semaphore>,
    /// The same for logouts: who signs in by the hundred keeps no logout away.
    logout_turns: Arc<Semaphore>,
    is_tls: bool,
}

/// What a provider sends back with a browser.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Returned {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
}

/// Who came back.
pub(crate) struct Entered {
    pub(crate) signed: SignedIn,
    vouched: Vouched,
    earlier: Option<Sha256>,
    pub(crate) next: String,
}

impl OpenId {
    /// What the configuration names, if it names one.
    pub(super) fn of(slot: &Slot) -> Result<Option<Self>, Error> {
        let Some(settings) = slot.get()?.config().oidc.clone() else { return Ok(None) };
        let provider = Arc::new(Provider::new(&settings, slot.folder())?);
        let (begun, ended) = (Mutex::default(), Mutex::default());
        let (turns, logout_turns) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(LOGOUTS_AT_ONCE)));
        Ok(Some(Self { provider, begun, ended, turns, logout_turns, is_tls: is_tls(&settings) }))
    }

    fn keep(&self, one: Begun, now: Millis) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        // One that was begun after `now` was read is not over.
        let is_over = |first: &Begun| first.is_over(now.max(first.at));
        while begun.front().is_some_and(is_over) || begun.len() >= BEGUN_MAX {
            begun.pop_front();
        }
        begun.push_back(one);
    }

    /// Takes a sign-in away, if the browser is its own. Of another browser it stays where it is: who has seen a state
    /// cannot end it.
    fn take(&self, state: &str, browser: &str, now: Millis) -> Result<Begun, Refused> {
        let (state, browser) = (sha256(state.as_bytes()), sha256(browser.as_bytes()));
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let at = begun.iter().position(|one| one.state == state).ok_or(Refused::State)?;
        if begun[at].browser != browser {
            return Err(Refused::Browser);
        }
        begun.remove(at).filter(|one| !one.is_over(now)).ok_or(Refused::State)
    }

    /// Notes a logout token; whether it is the first time.
    fn note(&self, jti: &str, until_s: i64, now: Millis) -> bool {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let now_s = i64::try_from(now / 1000).unwrap_or(i64::MAX);
        ended.retain(|(_, until)| until.saturating_add(crate::access::openid::SKEW_S) > now_s);
        let digest = sha256(jti.as_bytes());
        if ended.iter().any(|(known, _)| *known == digest) {
            return false;
        }
        if ended.len() >= ENDED_MAX {
            ended.pop_front();
        }
        ended.push_back((digest, until_s));
        true
    }

    /// Asks the provider on a thread that may wait. No archive is held meanwhile.
    async fn ask<T: Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        question: impl FnOnce(&Provider) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::new(ErrorCode::SrvBusy, "openid", "as many sign-ins wait for the provider as may");
        let turn = timeout(TURN, turns.clone().acquire_owned()).await.map_err(|_| busy())?.map_err(|_| busy())?;
        let provider = self.provider.clone();
        let asked = spawn_blocking(move || {
            // It goes with the work and not with the request: who hangs up makes no room for the next.
            let _turn = turn;
            question(&provider)
        });
        let asked = asked.await;
        let panicked = |e: tokio::task::JoinError| Problem::new(ErrorCode::SrvFailed, "openid", e.to_string());
        Ok(asked.map_err(panicked)??)
    }

    /// The header that sets the cookie of a sign-in; an empty one takes it back.
    ///
    /// `Lax` and not `Strict` as that of a session: the way back begins at the provider, which is another site, and a
    /// `Strict` cookie would stay away just then. What it opens is one sign-in, with a code, for ten minutes.
    fn cookie(&self, secret: &str) -> Result<HeaderValue, Problem> {
        let (name, secure) = if self.is_tls { (COOKIE, "; Secure") } else { (COOKIE_HERE, "") };
        let age = if secret.is_empty() { 0 } else { BEGUN_MS / 1000 };
        let text = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age={age}");
        HeaderValue::from_str(&text).map_err(|e| Problem::new(ErrorCode::SrvFailed, "cookie", e.to_string()))
    }

    /// Whether the browser can keep cookies here: without TLS only on the machine itself.
    fn check_line(&self, parts: &Parts) -> Result<(), Problem> {
        match self.is_tls || is_here(parts) {
            true => Ok(()),
            false => Err(Problem::new(ErrorCode::SrvForeign, "line", "the line is not protected by TLS")),
        }
    }
}

fn is_tls(settings: &Oidc) -> bool {
    settings.redirect.parse::<ProviderUrl>().is_ok_and(|redirect| redirect.is_tls())
}

fn configured(service: &Service) -> Result<&OpenId, Problem> {
    service.openid.as_ref().ok_or_else(|| Problem::nothing("openid"))
}

/// The one answer to whatever did not do; the log has the word.
fn refused(about: &About, why: Refused) -> Problem {
    about.learn(|learnt| learnt.reason = Some(why.as_str()));
    nobody()
}

/// Begins a sign-in: where the browser goes, and the header that sets its cookie. `next` is a path of this service.
pub(crate) async fn begin(service: &Arc<Service>, parts: &Parts, next: &str) -> Result<(String, HeaderValue), Problem> {
    let openid = configured(service)?;
    openid.check_line(parts)?;
    // A link elsewhere could not sign anybody in as somebody else; it could send people away from what they do.
    let site = parts.headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or_default());
    if !matches!(site, None | Some("same-origin" | "none")) {
        return Err(Problem::new(ErrorCode::SrvForeign, "Sec-Fetch-Site", "the way here begins on another site"));
    }
    let secret = || hex::encode(crate::random::bytes::<32>());
    let (state, browser, nonce, verifier) = (secret(), secret(), secret(), Zeroizing::new(secret()));
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()).0);
    let now = service.slot.clock().now();
    let begun = Begun {
        state: sha256(state.as_bytes()),
        browser: sha256(browser.as_bytes()),
        nonce: nonce.clone(),
        verifier,
        next: if next.len() > NEXT_BYTES_MAX { "/".to_owned() } else { next.to_owned() },
        earlier: cookie_of(parts).map(|secret| sha256(secret.as_bytes())),
        at: now,
    };
    let asking = move |provider: &Provider| {
        provider.address(&Asking { state: &state, nonce: &nonce, challenge: &challenge }, now)
    };
    let address = openid.ask(&openid.turns, asking).await?;
    openid.keep(begun, now);
    Ok((address, openid.cookie(&browser)?))
}

/// Whom a browser brings back. The sign-in is used up by it, whatever comes of it.
pub(crate) async fn finish(service: &Arc<Service>, parts: &Parts, returned: Returned) -> Result<Entered, Problem> {
    let openid = configured(service)?;
    openid.check_line(parts)?;
    let about = about(parts)?;
    let name = if openid.is_tls { COOKIE } else { COOKIE_HERE };
    let browser = cookie(&parts.headers, name).unwrap_or_default();
    let now = service.slot.clock().now();
    let begun = openid.take(&returned.state.unwrap_or_default(), browser, now).map_err(|why| refused(&about, why))?;
    let is_code = |code: &String| {
        !code.is_empty() && code.len() <= CODE_BYTES_MAX && code.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    };
    let code = returned.code.filter(is_code).ok_or_else(|| refused(&about, Refused::Provider))?;
    let Begun { nonce, verifier, next, earlier, at, .. } = begun;
    let redeem = move |provider: &Provider| {
        let issuer = returned.iss.as_deref();
        let (code, verifier) = (code.as_str(), verifier.as_str());
        provider.redeem(&Redeeming { code, issuer, verifier, nonce: &nonce, begun: at, now })
    };
    let identity = openid.ask(&openid.turns, redeem).await?.map_err(|why| refused(&about, why))?;
    let vouched = Vouched::of(&identity.sub, identity.sid.as_deref());
    let signed = service.reach(move |archive| entered(&about, archive, &identity)).await?;
    Ok(Entered { signed, vouched, earlier, next })
}

fn entered(about: &About, archive: &Archive, identity: &Identity) -> Result<SignedIn, Problem> {
    let found = authenticate_named(archive, identity)?.ok_or_else(|| refused(about, Refused::Account))?;
    about.learn(|learnt| learnt.actor = Some(found.actor.to_string()));
    SignedIn::of(archive, &found)
}

/// Begins the session of who came back, and gives the header that sets its cookie. What the browser had ends.
pub(crate) fn enter(service: &Service, parts: &Parts, entered: Entered) -> Result<HeaderValue, Problem> {
    let openid = configured(service)?;
    if let Some(earlier) = entered.earlier {
        service.sessions.end_of(&earlier);
    }
    super::login::begin_over(service, parts, entered.signed, !openid.is_tls, entered.vouched)
}

/// The header that takes the cookie of a sign-in back.
pub(crate) fn forget(service: &Service) -> Result<HeaderValue, Problem> {
    configured(service)?.cookie("")
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(logout))
}

/// What a provider hands in.
#[derive(Deserialize)]
struct Told {
    logout_token: String,
}

/// Ends the sessions of whom the provider signed out (OpenID Connect Back-Channel Logout 1.0).
#[utoipa::path(post, path = "/api/v1/logout/openid", tag = "login", security(()),
    request_body(content = LogoutToken, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "They have ended; where none is configured, nothing is at this path")))]
async fn logout(
    State(service): State<Arc<Service>>,
    parts: Parts,
    told: Result<Form<Told>, FormRejection>,
) -> Result<Response, Problem> {
    let openid = configured(&service)?;
    let about = about(&parts)?;
    let no_token = || Problem::request("logout_token", "no token that the provider signed for this");
    let Form(told) = told.map_err(|_| no_token())?;
    if told.logout_token.len() > TOKEN_BYTES_MAX {
        return Err(no_token());
    }
    let now = service.slot.clock().now();
    let judged = openid.ask(&openid.logout_turns, move |provider| provider.logged_out(&told.logout_token, now)).await?;
    let judged = judged.and_then(|ended| match openid.note(&ended.jti, ended.until_s, now) {
        true => Ok(ended),
        false => Err(Refused::Replay),
    });
    match judged {
        Ok(ended) => {
            service.sessions.end_vouched(ended.sub.as_deref(), ended.sid.as_deref());
            Ok(StatusCode::OK.into_response())
        }
        // Back-Channel Logout §2.8: 400, and our one answer.
        Err(why) => {
            about.learn(|learnt| learnt.reason = Some(why.as_str()));
            Err(no_token())
        }
    }
}
