//! What stands around every answer: the id of the request, the language, the headers of safety, the log and the
//! metrics.
//!
//! One line of the log is one request: route, status, time, the actor's pseudonym and the rule that decided. No line
//! has a name, a title, a query or an address.
//!
//! Nothing is kept here.

use super::patience::{Fate, timely};
use super::problem::Problem;
use super::service::Service;
use super::session::Peer;
use crate::error::ErrorCode;
use crate::text::Lang;
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What is known of a request before anybody is asked.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// The id under which it stands in the log.
    pub(crate) id: String,
    /// The language of texts.
    pub(crate) lang: Lang,
    /// What its handler learnt: who asked, and by which rule it was decided.
    pub(crate) learnt: Arc<Mutex<Learnt>>,
}

/// What a handler learns of a request. The words are of the program.
#[derive(Debug, Default)]
pub(crate) struct Learnt {
    pub(crate) actor: Option<String>,
    pub(crate) rule: Option<&'static str>,
    /// Why nobody was signed in, where the caller is not told.
    pub(crate) reason: Option<&'static str>,
}

impl About {
    /// Notes who asks and the rule that decided.
    pub(crate) fn learn(&self, change: impl FnOnce(&mut Learnt)) {
        change(&mut self.learnt.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

const UPLOADS: &str = "/api/v1/uploads";
/// What was not done, where a page says it already: for the log.
#[derive(Debug, Clone)]
pub(crate) struct Told(pub(crate) Problem);

/// For a year browsers take this name over TLS only (RFC 6797). Names below it are not ours to say that of.
const HSTS: &str = "max-age=31536000";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The frame.
pub(crate) async fn frame(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let about = About {
        id: hex::encode(crate::random::bytes::<8>()),
        lang: language(request.headers()),
        learnt: Arc::default(),
    };
    let route = request.extensions().get::<MatchedPath>().map_or("-".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    request.extensions_mut().insert(about.clone());
    let is_tls = request.extensions().get::<Peer>().is_some_and(|peer| peer.is_tls);
    let fate = Arc::new(Fate::default());
    let refused = if is_tls && is_downgraded(&request) {
        Some(Problem::new(ErrorCode::SrvForeign, "Origin", "a page that came over an open line"))
    } else {
        host_fault(&request).map(|what| Problem::request("Host", what))
    };
    let request = timed(request, fate.clone());
    let mut response = match refused {
        Some(problem) => {
            drop(request);
            problem.into_response()
        }
        None => next.run(request).await,
    };
    let problem = response.extensions().get::<Problem>().cloned().or_else(|| foreign(&response));
    // Who read the body may only know that it broke off.
    let late = || Problem::new(ErrorCode::SrvTimeout, "body", "it did not come in time");
    let problem = problem.map(|problem| if fate.is_late() { late() } else { problem });
    if problem.is_some() || response.extensions().get::<Told>().is_some() {
        fate.hear_out().await;
    }
    if let Some(problem) = &problem {
        let allow = response.headers().get(header::ALLOW).cloned();
        response = problem.response(about.lang, &about.id);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let problem = problem.or_else(|| response.extensions().get::<Told>().map(|told| told.0.clone()));
    guard(response.headers_mut());
    if is_tls {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    if route.starts_with(UPLOADS) {
        // tus 1.0.0: every answer names the version.
        response.headers_mut().insert("tus-resumable", HeaderValue::from_static("1.0.0"));
    }
    if let Ok(id) = HeaderValue::from_str(&about.id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let took = begun.elapsed();
    service.metrics.request(method.as_str(), &route, response.status().as_u16(), took);
    let learnt = about.learnt.lock().unwrap_or_else(PoisonError::into_inner);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let mut line = json!({
        "request_id": about.id, "method": method.as_str(), "route": route, "status": response.status().as_u16(),
        "us": micros, "actor": learnt.actor, "rule": learnt.rule,
    });
    if let Some(reason) = learnt.reason {
        line["reason"] = reason.into();
    }
    if let Some(problem) = problem {
        line["code"] = problem.code.as_str().into();
        // Not the subject: it can be the name of a file.
        if problem.is_inside() {
            line["what"] = problem.what.into();
        }
    }
    service.log(line);
    response
}

/// Why the request does not name its host as RFC 9112 §3.2 wants: what is asked of whom must have one reading.
fn host_fault(request: &Request) -> Option<&'static str> {
    let mut said = request.headers().get_all(header::HOST).into_iter();
    match (said.next(), said.next()) {
        (None, _) if request.version() >= Version::HTTP_11 => Some("it is missing"),
        (Some(_), Some(_)) => Some("it stands twice"),
        (Some(host), None) if host.is_empty() || is_authority(host) => None,
        (Some(_), None) => Some("no host and port"),
        (None, _) => None,
    }
}

fn is_authority(host: &HeaderValue) -> bool {
    host.to_str().is_ok_and(|host| !host.contains('@') && host.parse::<Authority>().is_ok())
}

/// A page that came over an open line may be anybody's, whatever name it has: over TLS it changes nothing.
fn is_downgraded(request: &Request) -> bool {
    let origin = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !request.method().is_safe() && origin.starts_with("http://")
}

/// Whose body comes in time, whoever reads it.
fn timed(request: Request, fate: Arc<Fate>) -> Request {
    let (parts, body) = request.into_parts();
    let body = timely(&parts.headers, body, fate);
    Request::from_parts(parts, body)
}

/// A refusal that is not of a handler: no such path, no such method, a body that the framework did not take.
fn foreign(response: &Response) -> Option<Problem> {
    let is_ours = response.headers().contains_key(header::CONTENT_TYPE)
        && response.headers().get(header::CONTENT_TYPE).is_some_and(|t| !t.as_bytes().starts_with(b"text/plain"));
    if is_ours {
        return None;
    }
    let code = match response.status() {
        StatusCode::NOT_FOUND => ErrorCode::SrvNoPath,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::SrvMethod,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::SrvTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::SrvMediaType,
        StatusCode::REQUEST_TIMEOUT => ErrorCode::SrvTimeout,
        status if status.is_client_error() => ErrorCode::SrvRequest,
        _ => return None,
    };
    Some(Problem::new(code, "request", ""))
}

/// Headers of every answer; a handler that set one knows better.
fn guard(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(header::VARY, "Accept-Language, Authorization, Cookie");
}

/// The language that is wanted most of those that there are; Kazakh when nothing is said.
pub(crate) fn language(headers: &HeaderMap) -> Lang {
    let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best: Option<(f32, Lang)> = None;
    for part in said.split(',').take(32) {
        let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
        let name = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let (Ok(lang), Ok(quality)) = (name.parse::<Lang>(), quality.trim().parse::<f32>()) else { continue };
        if quality > 0.0 && best.is_none_or(|(most, _)| quality > most) {
            best = Some((quality, lang));
        }
    }
    best.map_or(Lang::Kk, |(_, lang)| lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_is_wanted_most() {
        let wanted = |said: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(said));
            language(&headers)
        };
        assert_eq!(wanted("ru-KZ,ru;q=0.9,en;q=0.8"), Lang::Ru);
        assert_eq!(wanted("fr, en;q=0.5, kk;q=0.7"), Lang::Kk);
        assert_eq!(wanted("de"), Lang::Kk);
        assert_eq!(wanted("en;q=0"), Lang::Kk);
        assert_eq!(wanted("en;q=x,ru;q=NaN"), Lang::Kk);
        assert_eq!(language(&HeaderMap::new()), Lang::Kk);
    }
}
