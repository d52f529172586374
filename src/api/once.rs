//! Requests that are done once, however often they are sent: `Idempotency-Key`.
//!
//! The first request with a key runs; the same request with the same key gets the same answer, while it runs a word to
//! wait, and another request under the key is refused. A key belongs to its account. What is remembered is lost with
//! the service; taking a submission in is safe to repeat without it, because the archive knows what it holds.
//!
//! Draft IETF httpapi-idempotency-key-header-07 is followed; it is no standard.

use super::body::read_json;
use super::caller::Caller;
use super::problem::Problem;
use super::service::{Ask, Service};
use crate::access::rights::Principal;
use crate::clock::Millis;
use crate::error::ErrorCode;
use crate::model::digest::{Sha256, Sha256Writer};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long an answer is remembered.
const KEPT_MS: Millis = 30 * 24 * 60 * 60 * 1000;
/// Answers remembered in all, and of one account: who uses many pushes out their own. Own bound: some dozen KiB each.
const KEYS_MAX: usize = 10_000;
const KEYS_OF_ONE_MAX: usize = 1_000;
/// Characters of a key. Own bound: a UUID has 36.
const KEY_CHARS_MAX: usize = 128;

/// The header of the key under which a request is done once.
const KEY: &str = "idempotency-key";

/// The key that a request came with.
pub(super) fn key_of(headers: &HeaderMap) -> Option<String> {
    headers.get(KEY).map(|key| key.to_str().unwrap_or_default().to_owned())
}

/// Does a request, once under its key; `parts` are what tells it from others of the account.
pub(super) fn once(
    ask: &Ask,
    key: Option<&str>,
    parts: &[&[u8]],
    act: impl FnOnce() -> Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    once_told(ask, key, parts, || act().map(|answer| (answer.clone(), answer)))
}

/// The same for an act whose answer says something once: it gives what is answered, and what a repeat is answered.
pub(super) fn once_told(
    ask: &Ask,
    key: Option<&str>,
    parts: &[&[u8]],
    act: impl FnOnce() -> Result<(Answer, Answer), Problem>,
) -> Result<Answer, Problem> {
    let Some(key) = key else { return act().map(|(answer, _)| answer) };
    let mut request = Sha256Writer::default();
    for part in parts {
        request.update(&(part.len() as u64).to_be_bytes());
        request.update(part);
    }
    // An answer is not for who has the account by narrower means, or has lost an office since.
    let Principal { means, scopes, grants, .. } = &ask.principal;
    request.update(format!("{means:?} {scopes:?} {grants:?}").as_bytes());
    match ask.service.once.turn(&ask.principal.account, key, request.finish(), ask.now())? {
        Turn::Again(answer) => Ok(answer),
        Turn::First(running) => {
            let (answer, again) = act()?;
            // What was refused may be done when what it lacked has come.
            if answer.status.is_success() {
                running.done(again);
            }
            Ok(answer)
        }
    }
}

/// Reads what an act is asked for, does it once, and answers. `what` says which act it is, `of` what it is about.
pub(super) async fn act<T: DeserializeOwned + Send + 'static>(
    (service, caller): (&Arc<Service>, Caller),
    (what, of): (&'static str, String),
    (headers, body): (&HeaderMap, impl AsRef<[u8]> + Send + 'static),
    act: impl FnOnce(&Ask, &str, T) -> Result<Answer, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let asked: T = read_json(headers, body.as_ref())?;
    let key = key_of(headers);
    let answer = service
        .ask(caller, move |ask| {
            let parts = [what.as_bytes(), of.as_bytes(), body.as_ref()];
            once(ask, key.as_deref(), &parts, || act(ask, &of, asked))
        })
        .await?;
    Ok(response(answer))
}

/// An answer as it is sent.
pub(super) fn response(answer: Answer) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(location) = answer.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        headers.insert(header::LOCATION, location);
    }
    (answer.status, headers, answer.body).into_response()
}

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Where what it made is.
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

enum Kept {
    Running,
    Done(Answer),
}

struct Entry {
    /// Digest of method, path and body.
    request: Sha256,
    kept: Kept,
    at: Millis,
}

/// The keys.
#[derive(Default)]
pub(crate) struct Once {
    entries: Mutex<HashMap<(String, String), Entry>>,
}

/// What a key leads to.
pub(crate) enum Turn<'a> {
    /// The request is to be done, and its answer given to this.
    First(Running<'a>),
    /// It was done: this was the answer.
    Again(Answer),
}

/// A request that runs under a key; when it ends without an answer the key is free again.
pub(crate) struct Running<'a> {
    once: &'a Once,
    key: Option<(String, String)>,
}

impl Once {
    /// What is to be done with a request of an account under a key.
    pub(crate) fn turn(&self, account: &str, key: &str, request: Sha256, now: Millis) -> Result<Turn<'_>, Problem> {
        let is_key =
            !key.is_empty() && key.chars().count() <= KEY_CHARS_MAX && key.bytes().all(|b| b.is_ascii_graphic());
        if !is_key {
            return Err(Problem::request("Idempotency-Key", "1 to 128 visible ASCII characters"));
        }
        let key = (account.to_owned(), key.to_owned());
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| now.saturating_sub(entry.at) < KEPT_MS);
        match entries.get(&key) {
            Some(entry) if entry.request != request => {
                let what = "the key was used for another request";
                return Err(Problem::new(ErrorCode::SrvKeyReused, "Idempotency-Key", what));
            }
            Some(Entry { kept: Kept::Done(answer), .. }) => return Ok(Turn::Again(answer.clone())),
            Some(Entry { kept: Kept::Running, .. }) => {
                let what = "the first request with the key still runs";
                return Err(Problem::new(ErrorCode::SrvKeyRunning, "Idempotency-Key", what));
            }
            None => {}
        }
        let own = entries.keys().filter(|(owner, _)| owner == account).count();
        if own >= KEYS_OF_ONE_MAX || entries.len() >= KEYS_MAX {
            let of_own = |(owner, _): &(String, String)| own == 0 || owner == account;
            let done = entries.iter().filter(|(key, e)| matches!(e.kept, Kept::Done(_)) && of_own(key));
            let oldest = done.min_by_key(|(_, e)| e.at).map(|(key, _)| key.clone());
            let full = || Problem::new(ErrorCode::SrvBusy, "Idempotency-Key", "as many keys run as may");
            entries.remove(&oldest.ok_or_else(full)?);
        }
        entries.insert(key.clone(), Entry { request, kept: Kept::Running, at: now });
        Ok(Turn::First(Running { once: self, key: Some(key) }))
    }
}

impl Running<'_> {
    /// Remembers the answer.
    pub(crate) fn done(mut self, answer: Answer) {
        let mut entries = self.once.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = self.key.take().and_then(|key| entries.get_mut(&key)) {
            entry.kept = Kept::Done(answer);
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.once.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::sha256;

    fn answer(body: &str) -> Answer {
        Answer { status: StatusCode::CREATED, location: None, body: body.to_owned() }
    }

    #[test]
    fn a_request_is_done_once() {
        let once = Once::default();
        let (one, other) = (sha256(b"one"), sha256(b"other"));
        let Ok(Turn::First(running)) = once.turn("a", "k", one, 0) else { panic!("not the first") };
        let code = |turn: Result<Turn<'_>, Problem>| turn.err().map(|problem| problem.code);
        assert_eq!(code(once.turn("a", "k", one, 1)), Some(ErrorCode::SrvKeyRunning));
        assert_eq!(code(once.turn("a", "k", other, 1)), Some(ErrorCode::SrvKeyReused));
        assert!(matches!(once.turn("b", "k", other, 1), Ok(Turn::First(_))), "keys belong to accounts");
        running.done(answer("x"));
        assert!(matches!(once.turn("a", "k", one, 2), Ok(Turn::Again(again)) if again == answer("x")));
        assert_eq!(code(once.turn("a", "k", other, 2)), Some(ErrorCode::SrvKeyReused));
        assert!(matches!(once.turn("a", "k", other, KEPT_MS), Ok(Turn::First(_))), "forgotten after its time");
        for wrong in ["", "a b", "ключ", &"a".repeat(129)] {
            assert_eq!(code(once.turn("a", wrong, one, 0)), Some(ErrorCode::SrvRequest), "{wrong}");
        }
    }

    #[test]
    fn who_uses_many_keys_pushes_out_their_own() {
        let once = Once::default();
        let done = |account: &str, key: usize, at| match once.turn(account, &key.to_string(), sha256(b""), at) {
            Ok(Turn::First(running)) => {
                running.done(answer("x"));
                true
            }
            Ok(Turn::Again(_)) => false,
            Err(problem) => panic!("{}", problem.code),
        };
        assert!(done("quiet", 0, 0));
        for key in 0..=KEYS_OF_ONE_MAX {
            assert!(done("loud", key, 1 + key as u64));
        }
        assert!(!done("quiet", 0, 5_000), "remembered");
        assert!(!done("loud", KEYS_OF_ONE_MAX, 5_000) && done("loud", 0, 5_000), "its oldest went");
    }

    #[test]
    fn what_ended_without_an_answer_may_be_tried_again() {
        let once = Once::default();
        for _ in 0..2 {
            assert!(matches!(once.turn("a", "k", sha256(b""), 0), Ok(Turn::First(_))));
        }
    }
}
