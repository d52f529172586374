//! Who a request says that it is of, and its parameters, read before the archive is asked.
//!
//! A caller shows a token (`Authorization: Bearer`), a browser the cookie of its session, a machine the certificate of
//! its connection. Of several the one that was said for this request counts: the token, then the session, then the
//! certificate, which every request of a connection has; one that does not do is not made good by the next.
//! What is shown is worth what the archive's accounts say.
//!
//! Behind a proxy a certificate is not believed by a header (RFC 9440): everybody can send one.

use super::frame::About;
use super::problem::Problem;
use super::reading;
use super::service::Service;
use super::session::{Peer, SignedIn, check_own, cookie_of};
use crate::access::login::{authenticate_certificate, authenticate_token};
use crate::access::rights::Principal;
use crate::archive::Archive;
use crate::error::ErrorCode;
use crate::model::id::RecordId;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// What a request says of who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) about: About,
    shown: Shown,
    /// What the caller reads a record for, as the header `Muragat-Purpose` says.
    pub(crate) purpose: Option<String>,
}

/// By what a caller is known.
#[derive(Debug, Clone)]
enum Shown {
    Nothing,
    Token(String),
    Session(SignedIn),
    /// Its DER; the other side has proved to hold its key.
    Certificate(Arc<[u8]>),
}

/// The header that says what a record is read for; percent-encoded UTF-8, because headers are ASCII.
pub(crate) const PURPOSE: &str = "muragat-purpose";
/// Characters of a purpose. Own bound: a sentence.
const PURPOSE_CHARS_MAX: usize = 500;

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Problem> {
        let about = parts.extensions.get::<About>().cloned();
        let about = about.ok_or_else(|| Problem::new(ErrorCode::SrvFailed, "frame", "no frame around the handler"))?;
        let said = |name: &str| parts.headers.get(name).map(|value| value.to_str().map(str::to_owned));
        let token = match said(header::AUTHORIZATION.as_str()) {
            None => None,
            Some(Ok(text)) => Some(bearer(&text).ok_or_else(|| signed_out("Authorization is not Bearer"))?),
            Some(Err(_)) => return Err(signed_out("Authorization is not text")),
        };
        let mut purpose = match said(PURPOSE) {
            None => None,
            Some(Ok(text)) => {
                Some(purpose(&text).ok_or_else(|| Problem::request(PURPOSE, "not percent-encoded UTF-8"))?)
            }
            Some(Err(_)) => return Err(Problem::request(PURPOSE, "not ASCII")),
        };
        let Some(token) = token else {
            let cookie = cookie_of(parts);
            // A person whose session has ended does not go on as a machine.
            let certificate = parts.extensions.get::<Peer>().and_then(|peer| peer.certificate.clone());
            let certificate = certificate.filter(|_| cookie.is_none());
            let now = service.slot.clock().now();
            let session = cookie.as_deref().and_then(|secret| service.sessions.find(secret, now));
            let Some((secret, session)) = cookie.zip(session) else {
                let shown = match certificate {
                    // A browser shows it for every site: what another one makes it send is not the machine's.
                    Some(certificate) => {
                        if !parts.method.is_safe() {
                            check_own(&parts.headers, false)?;
                        }
                        if is_led(parts) { Shown::Nothing } else { Shown::Certificate(certificate) }
                    }
                    None => Shown::Nothing,
                };
                return Ok(Self { about, shown, purpose });
            };
            if !parts.method.is_safe() {
                check_own(&parts.headers, true)?;
            }
            // A neighbour's page may not read in the visitor's name either.
            if is_led(parts) {
                return Ok(Self { about, shown: Shown::Nothing, purpose });
            }
            // A link cannot say what for: the page asked before.
            let record = record_in(parts.uri.path());
            purpose = purpose.or_else(|| service.sessions.purpose(&secret, record?, now));
            return Ok(Self { about, shown: Shown::Session(session), purpose });
        };
        Ok(Self { about, shown: Shown::Token(token), purpose })
    }
}

/// Whether a browser says that a page of somebody else makes it ask. From another site no cookie comes along, because
/// it is `Strict`; from a neighbour (another name below the same domain, another port) it does.
fn is_led(parts: &Parts) -> bool {
    let site = parts.headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

#[cfg(test)]
impl Caller {
    /// A request of which nothing is said, for tests that say themselves who asks.
    pub(crate) fn nobody() -> Self {
        let about = About { id: String::new(), lang: crate::text::Lang::En, learnt: Arc::default() };
        Self { about, shown: Shown::Nothing, purpose: None }
    }
}

fn bearer(text: &str) -> Option<String> {
    let (scheme, token) = text.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim().to_owned())
}

fn purpose(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let pair = [*high, *low];
                bytes.extend(hex::decode(pair).ok()?);
                rest = tail;
            }
            (b'%', _) => return None,
            (byte, tail) => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let text = text.trim();
    let is_text = !text.is_empty() && text.chars().count() <= PURPOSE_CHARS_MAX && !text.chars().any(char::is_control);
    is_text.then(|| text.to_owned())
}

/// The record that a path is about.
fn record_in(path: &str) -> Option<RecordId> {
    path.split('/').skip_while(|part| *part != "records").nth(1)?.parse().ok()
}

fn signed_out(what: &str) -> Problem {
    Problem::new(ErrorCode::SrvSignIn, "Authorization", what)
}

/// Who asks, as the accounts of the archive know them.
pub(crate) fn principal(archive: &Archive, caller: &Caller) -> Result<Principal, Problem> {
    let found = match &caller.shown {
        Shown::Nothing => return Err(signed_out("nobody is signed in")),
        Shown::Token(token) => authenticate_token(archive, token)?,
        Shown::Session(session) => session.principal(archive)?,
        Shown::Certificate(certificate) => authenticate_certificate(archive, certificate)?,
    };
    // Unknown, expired and revoked are one answer: who tries tokens learns nothing.
    found.ok_or_else(|| signed_out("the token, the session or the certificate is not valid"))
}

/// Parameters of the query.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(value)| Self(value)).map_err(|e| reading::query(&e.body_text()))
    }
}

/// Parts of the path.
pub(crate) struct Of<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Of<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<T>::from_request_parts(parts, state).await;
        // A part that is no number where one is expected, or no UTF-8.
        let wrong = |_| Problem::request("path", "a part of it is not as the description asks for");
        read.map(|Path(value)| Self(value)).map_err(wrong)
    }
}

/// An id in the path; what is no id names nothing.
pub(crate) fn id(text: &str) -> Result<RecordId, Problem> {
    text.parse().map_err(|_| Problem::nothing(text.chars().take(64).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_percent_encoded_text() {
        assert_eq!(purpose("a%20b").as_deref(), Some("a b"));
        assert_eq!(purpose("%D1%96%D1%81 12").as_deref(), Some("іс 12"));
        for wrong in ["", "%", "%d", "%zz", "%ff", "a%0Ab", &"a".repeat(501)] {
            assert_eq!(purpose(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_comes_as_bearer() {
        assert_eq!(bearer("Bearer mrg_1").as_deref(), Some("mrg_1"));
        assert_eq!(bearer("bearer  mrg_1 ").as_deref(), Some("mrg_1"));
        for wrong in ["", "mrg_1", "Basic YTpi", "Bearer "] {
            assert_eq!(bearer(wrong), None, "{wrong}");
        }
    }
}
