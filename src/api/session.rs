//! Sessions of browsers: a cookie that says nothing, and what it stands for.
//!
//! A session is of an account and of the means by which it signed in; what it may is asked of the accounts and
//! registers anew by every request. It also remembers what a record is read for, because a link cannot say it.
//!
//! Invariants
//!   - Only the SHA-256 of a cookie is kept, and in memory: who reads the memory later or a copy of it signs in by
//!     nothing.
//!   - A session is over after 30 minutes without a request, after 12 hours in any case, when it is signed out, when
//!     its account is closed or has another password, and when the service ends.
//!   - A request that changes something and shows a cookie comes from a page of this service, or is refused.
//!
//! The cookie is `__Host-muragat`, which a browser takes and sends over TLS only; over the service's own TLS there is
//! no other. On the machine itself, without TLS, it is `muragat`: then the other end is of this machine, and the
//! address that the browser shows is too. A session has an id too, by which it is listed and ended: it is drawn apart,
//! and who knows it signs in by nothing.

use super::problem::Problem;
use crate::access::login;
use crate::access::rights::{Means, Principal};
use crate::archive::Archive;
use crate::clock::Millis;
use crate::error::ErrorCode;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::RecordId;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a session may be silent.
pub(crate) const IDLE_MS: Millis = 30 * 60 * 1000;
/// How long a session lasts.
pub(crate) const WHOLE_MS: Millis = 12 * 60 * 60 * 1000;
/// How long a purpose is remembered: as long as an entry of a reading stands.
const PURPOSE_MS: Millis = 15 * 60 * 1000;
/// Sessions at a time; then the one that was silent longest ends. Own bound: 1 KiB each, 200 with all purposes.
const SESSIONS_MAX: usize = 10_000;
/// Sessions of one account. Own bound: the browsers and machines of one person.
const OF_ACCOUNT_MAX: usize = 16;
/// Records whose purpose is remembered. Own bound: what a person opens in a quarter of an hour, several times over.
const PURPOSES_MAX: usize = 200;

/// The cookie over TLS, and the one on the machine itself.
const COOKIE: &str = "__Host-muragat";
const COOKIE_HERE: &str = "muragat";

/// Who signed in, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedIn {
    /// The account.
    pub(crate) account: String,
    /// By what.
    pub(crate) means: Means,
    /// Digest of how its password is kept: with another password the session is over.
    password: Option<Sha256>,
}

impl SignedIn {
    /// Who was just found to be `principal`.
    pub(crate) fn of(archive: &Archive, principal: &Principal) -> Result<Self, Problem> {
        let accounts = archive.accounts()?;
        let password = accounts.open(&principal.account).and_then(password_of);
        Ok(Self { account: principal.account.clone(), means: principal.means, password })
    }

    /// Whether both are of one account with one password, whatever the means.
    fn is_alike(&self, other: &Self) -> bool {
        self.account == other.account && self.password == other.password
    }

    /// What the account may today; none when it is closed, or its password is another.
    pub(crate) fn principal(&self, archive: &Archive) -> Result<Option<Principal>, Problem> {
        let accounts = archive.accounts()?;
        match accounts.open(&self.account).filter(|account| password_of(account) == self.password) {
            Some(account) => Ok(Some(login::principal(archive, account, self.means, None)?)),
            None => Ok(None),
        }
    }
}

fn password_of(account: &crate::archive::Account) -> Option<Sha256> {
    account.password.as_ref().map(|kept| sha256(kept.as_bytes()))
}

struct Session {
    id: RecordId,
    of: SignedIn,
    begun: Millis,
    used: Millis,
    purposes: Vec<(RecordId, String, Millis)>,
    #[cfg(feature = "oidc")]
    vouched: Option<Vouched>,
}

/// How an OpenID provider calls the person and their session with it: it may end them. Digests, as of cookies.
#[cfg(feature = "oidc")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vouched {
    sub: Sha256,
    sid: Option<Sha256>,
}

#[cfg(feature = "oidc")]
impl Vouched {
    pub(crate) fn of(sub: &str, sid: Option<&str>) -> Self {
        Self { sub: digest(sub), sid: sid.map(digest) }
    }

    /// Whether it is meant by this person, this session, or both. A session that the provider gave no name to is
    /// meant by its person.
    fn is(&self, sub: Option<Sha256>, sid: Option<Sha256>) -> bool {
        match (sub, sid) {
            (None, None) => false,
            (None, Some(_)) => self.sid == sid,
            (Some(sub), None) => self.sub == sub,
            (Some(sub), Some(_)) => self.sub == sub && (self.sid.is_none() || self.sid == sid),
        }
    }
}

impl Session {
    // A clock that steps back ends nobody's session; what steps back for good is for `doctor`.
    fn is_over(&self, now: Millis) -> bool {
        now.saturating_sub(self.used) > IDLE_MS || now.saturating_sub(self.begun) > WHOLE_MS
    }
}

/// A session as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its id, which is no secret.
    pub(crate) id: RecordId,
    /// By what it was begun.
    pub(crate) means: Means,
    pub(crate) begun: Millis,
    pub(crate) used: Millis,
}

impl Listed {
    /// When it ends, if nothing comes any more; a request brings it nearer to its twelve hours.
    pub(crate) fn until(&self) -> Millis {
        self.begun.saturating_add(WHOLE_MS).min(self.used.saturating_add(IDLE_MS))
    }
}

/// The sessions, by the digest of their cookie.
#[derive(Default)]
pub(crate) struct Sessions {
    held: Mutex<HashMap<Sha256, Session>>,
}

impl Sessions {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<Sha256, Session>) -> T) -> T {
        change(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins a session and gives what its cookie says.
    pub(crate) fn begin(&self, of: SignedIn, now: Millis) -> String {
        self.add(Session {
            id: RecordId(crate::random::bytes()),
            of,
            begun: now,
            used: now,
            purposes: Vec::new(),
            #[cfg(feature = "oidc")]
            vouched: None,
        })
    }

    /// Begins one by the word of an OpenID provider.
    #[cfg(feature = "oidc")]
    pub(crate) fn begin_vouched(&self, of: SignedIn, vouched: Vouched, now: Millis) -> String {
        let id = RecordId(crate::random::bytes());
        self.add(Session { id, of, begun: now, used: now, purposes: Vec::new(), vouched: Some(vouched) })
    }

    fn add(&self, session: Session) -> String {
        let now = session.begun;
        let secret = hex::encode(crate::random::bytes::<32>());
        self.with(|held| {
            held.retain(|_, session| !session.is_over(now));
            let is_own = |other: &Session| other.of.account == session.of.account;
            if held.values().filter(|other| is_own(other)).count() >= OF_ACCOUNT_MAX {
                end_oldest(held, is_own);
            }
            if held.len() >= SESSIONS_MAX {
                end_oldest(held, |_| true);
            }
            held.insert(digest(&secret), session);
        });
        secret
    }

    /// Who has this cookie, which is used by that.
    pub(crate) fn find(&self, secret: &str, now: Millis) -> Option<SignedIn> {
        let digest = digest(secret);
        self.with(|held| {
            let session = held.get_mut(&digest)?;
            if session.is_over(now) {
                held.remove(&digest);
                return None;
            }
            session.used = session.used.max(now);
            Some(session.of.clone())
        })
    }

    /// The sessions that stand for `of`, the one used last first. One with a password of before stands for nobody.
    pub(crate) fn list(&self, of: &SignedIn, now: Millis) -> Vec<Listed> {
        let mut list: Vec<Listed> = self.with(|held| {
            held.retain(|_, session| !session.is_over(now));
            let own = held.values().filter(|session| session.of.is_alike(of));
            own.map(|Session { id, of, begun, used, .. }| Listed {
                id: *id,
                means: of.means,
                begun: *begun,
                used: *used,
            })
            .collect()
        });
        list.sort_by_key(|session| std::cmp::Reverse((session.used, session.begun, session.id.0)));
        list
    }

    /// The id of the session of this cookie.
    pub(crate) fn id(&self, secret: &str) -> Option<RecordId> {
        self.with(|held| held.get(&digest(secret)).map(|session| session.id))
    }

    /// Ends a session of `of` by its id; whether there was one.
    pub(crate) fn end_own(&self, of: &SignedIn, id: RecordId, now: Millis) -> bool {
        self.with(|held| {
            held.retain(|_, session| !session.is_over(now));
            let before = held.len();
            held.retain(|_, session| session.id != id || !session.of.is_alike(of));
            held.len() < before
        })
    }

    /// Ends the session of this cookie.
    pub(crate) fn end(&self, secret: &str) {
        self.end_of(&digest(secret));
    }

    /// Ends the session of the cookie with this digest.
    pub(crate) fn end_of(&self, digest: &Sha256) {
        self.with(|held| held.remove(digest));
    }

    /// Ends the sessions that an OpenID provider means by a person, a session of theirs, or both.
    #[cfg(feature = "oidc")]
    pub(crate) fn end_vouched(&self, sub: Option<&str>, sid: Option<&str>) {
        let (sub, sid) = (sub.map(digest), sid.map(digest));
        self.with(|held| held.retain(|_, session| !session.vouched.is_some_and(|vouched| vouched.is(sub, sid))));
    }

    /// Remembers what a record is read for.
    pub(crate) fn say(&self, secret: &str, record: RecordId, purpose: String, now: Millis) {
        self.with(|held| {
            let Some(session) = held.get_mut(&digest(secret)) else { return };
            session.purposes.retain(|(of, _, at)| *of != record && now.saturating_sub(*at) <= PURPOSE_MS);
            if session.purposes.len() >= PURPOSES_MAX {
                session.purposes.remove(0);
            }
            session.purposes.push((record, purpose, now));
        });
    }

    /// What was said of a record.
    pub(crate) fn purpose(&self, secret: &str, record: RecordId, now: Millis) -> Option<String> {
        self.with(|held| {
            let said = held.get(&digest(secret))?.purposes.iter().find(|(of, _, _)| *of == record)?;
            (now.saturating_sub(said.2) <= PURPOSE_MS).then(|| said.1.clone())
        })
    }
}

fn end_oldest(held: &mut HashMap<Sha256, Session>, of: impl Fn(&Session) -> bool) {
    let oldest = held.iter().filter(|(_, session)| of(session)).min_by_key(|(_, session)| session.used);
    if let Some(digest) = oldest.map(|(digest, _)| *digest) {
        held.remove(&digest);
    }
}

fn digest(secret: &str) -> Sha256 {
    sha256(secret.as_bytes())
}

/// What is known of the other end of the connection; put beside each request by the server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer {
    /// Whether it is of this machine.
    pub(crate) is_here: bool,
    /// Whether the line is protected by the service's own TLS.
    pub(crate) is_tls: bool,
    /// The certificate whose key it has proved to hold, DER.
    pub(crate) certificate: Option<Arc<[u8]>>,
}

/// What the cookie of a session says.
pub(crate) fn cookie_of(parts: &Parts) -> Option<String> {
    let found = |name: &str| cookie(&parts.headers, name).map(str::to_owned);
    found(COOKIE).or_else(|| found(COOKIE_HERE).filter(|_| is_here(parts) && !is_tls(parts)))
}

/// A cookie by its name.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Whether the request came over the service's own TLS.
fn is_tls(parts: &Parts) -> bool {
    parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_tls)
}

/// A request on the machine itself: the other end is of it, and so is the address by which it was asked. Behind a proxy
/// on the same machine the address is the one that people use.
pub(super) fn is_here(parts: &Parts) -> bool {
    let is_peer = parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_here);
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    is_peer && is_own_machine(host)
}

/// Whether `host`, with a port or without, can only be this machine.
fn is_own_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name,
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "::1")
}

/// The header that gives a browser the cookie of a session; an empty one takes it back.
///
/// A browser that came over an open line to another machine could not keep it: it is refused and told so.
pub(crate) fn set_cookie(parts: &Parts, secret: &str) -> Result<HeaderValue, Problem> {
    let origin = parts.headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    set_cookie_over(parts, origin.is_some_and(|origin| origin.starts_with("http://")) && !is_tls(parts), secret)
}

/// The same where it is known otherwise whether the line is open.
pub(super) fn set_cookie_over(parts: &Parts, is_open: bool, secret: &str) -> Result<HeaderValue, Problem> {
    let (name, secure) = match (is_open, is_here(parts)) {
        (true, true) => (COOKIE_HERE, ""),
        (true, false) => return Err(Problem::new(ErrorCode::SrvForeign, "Origin", "the line is not protected by TLS")),
        (false, _) => (COOKIE, "; Secure"),
    };
    let end = if secret.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}{end}");
    HeaderValue::from_str(&text).map_err(|e| Problem::new(ErrorCode::SrvFailed, "cookie", e.to_string()))
}

/// A request that changes something and is of a browser comes from a page of this service.
///
/// A browser says from where (`Sec-Fetch-Site`, else `Origin`). Who says neither is no browser of today: with a cookie
/// it is refused all the same.
pub(crate) fn check_own(headers: &HeaderMap, has_cookie: bool) -> Result<(), Problem> {
    let said = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let foreign = |what: &str| Err(Problem::new(ErrorCode::SrvForeign, "Origin", what));
    match (said(header::HeaderName::from_static("sec-fetch-site")), said(header::ORIGIN)) {
        (Some("same-origin"), _) => Ok(()),
        (Some(_), _) => foreign("Sec-Fetch-Site is not same-origin"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            match host.is_some() && host == said(header::HOST) {
                true => Ok(()),
                false => foreign("Origin is not Host"),
            }
        }
        (None, None) if has_cookie => foreign("neither Sec-Fetch-Site nor Origin, and a cookie"),
        (None, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn signed(account: &str) -> SignedIn {
        SignedIn { account: account.to_owned(), means: Means::Signature, password: None }
    }

    fn parts(headers: &[(&str, &str)], is_here: bool) -> Parts {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(Peer { is_here, ..Peer::default() });
        parts
    }

    #[test]
    fn a_session_ends_when_silent_when_old_and_when_signed_out() {
        let sessions = Sessions::default();
        let secret = sessions.begin(signed("a"), 1_000);
        assert_eq!(secret.len(), 64);
        assert!(sessions.find(&secret, 1_000 + IDLE_MS).is_some());
        assert!(sessions.find(&secret, 500).is_some(), "a clock that steps back ends nothing");
        assert!(sessions.find(&secret, 1_000 + 2 * IDLE_MS).is_some());
        assert!(sessions.find(&secret, 1_001 + 3 * IDLE_MS).is_none(), "silent");
        assert!(sessions.find(&secret, 1_000).is_none(), "and over for good");
        let secret = sessions.begin(signed("a"), 0);
        (0..=WHOLE_MS).step_by(60_000).for_each(|now| assert!(sessions.find(&secret, now).is_some()));
        assert!(sessions.find(&secret, WHOLE_MS + 1).is_none(), "old");
        let secret = sessions.begin(signed("a"), 0);
        sessions.end(&secret);
        assert!(sessions.find(&secret, 0).is_none());
        assert!(sessions.find("", 0).is_none());
    }

    #[test]
    fn sessions_are_bounded_and_the_silent_go_first() {
        let sessions = Sessions::default();
        let secrets: Vec<String> = (0..=OF_ACCOUNT_MAX as u64).map(|now| sessions.begin(signed("a"), now)).collect();
        assert!(sessions.find(&secrets[0], 20).is_none() && sessions.find(&secrets[1], 20).is_some());
        for n in 0..SESSIONS_MAX {
            sessions.begin(signed(&n.to_string()), 30);
        }
        assert_eq!(sessions.with(|held| held.len()), SESSIONS_MAX);
        assert!(secrets.iter().all(|secret| sessions.find(secret, 31).is_none()));
    }

    #[test]
    fn a_session_is_listed_and_ended_for_its_account_with_its_password() {
        let sessions = Sessions::default();
        let old = SignedIn { password: Some(Sha256([1; 32])), ..signed("a") };
        let new = SignedIn { password: Some(Sha256([2; 32])), ..signed("a") };
        let secrets = [(&old, 1), (&new, 2), (&new, 3)].map(|(of, now)| sessions.begin(of.clone(), now));
        let listed = sessions.list(&new, 4);
        assert_eq!(listed.iter().map(|session| session.begun).collect::<Vec<_>>(), [3, 2], "one of before is nobody's");
        assert_eq!(sessions.id(&secrets[2]), Some(listed[0].id));
        assert_eq!(listed[0].until(), 3 + IDLE_MS);
        assert!(sessions.list(&signed("b"), 4).is_empty() && !sessions.end_own(&signed("b"), listed[0].id, 4));
        assert!(!sessions.end_own(&new, RecordId([0; 16]), 4));
        assert!(sessions.end_own(&new, listed[0].id, 4) && !sessions.end_own(&new, listed[0].id, 4));
        assert!(sessions.find(&secrets[2], 4).is_none() && sessions.find(&secrets[1], 4).is_some());
        assert!(sessions.list(&new, 5 + IDLE_MS).is_empty(), "what is over is not listed");
    }

    #[test]
    fn a_purpose_is_of_one_record_and_a_quarter_of_an_hour() {
        let sessions = Sessions::default();
        let secret = sessions.begin(signed("a"), 0);
        let (one, other) = (RecordId([1; 16]), RecordId([2; 16]));
        sessions.say(&secret, one, "x".to_owned(), 0);
        assert_eq!(sessions.purpose(&secret, one, PURPOSE_MS).as_deref(), Some("x"));
        assert_eq!(sessions.purpose(&secret, other, 0), None);
        assert_eq!(sessions.purpose(&secret, one, PURPOSE_MS + 1), None);
        assert_eq!(sessions.purpose("", one, 0), None);
    }

    #[test]
    fn the_open_cookie_is_for_the_machine_itself() {
        let given = |origin, host, is_here| set_cookie(&parts(&[("origin", origin), ("host", host)], is_here), "s");
        let tls = given("https://archive.example", "archive.example", true).unwrap();
        assert_eq!(tls, "__Host-muragat=s; Path=/; HttpOnly; SameSite=Strict; Secure");
        for host in ["localhost:7370", "127.0.0.1:7370", "[::1]:7370"] {
            let here = given("http://x", host, true).unwrap();
            assert_eq!(here, "muragat=s; Path=/; HttpOnly; SameSite=Strict", "{host}");
        }
        for (host, is_here) in [("archive", true), ("localhost", false), ("localhost.example", true), ("", true)] {
            assert_eq!(given("http://x", host, is_here).unwrap_err().code, ErrorCode::SrvForeign, "{host}");
        }
        let shown = |host, is_here| cookie_of(&parts(&[("host", host), ("cookie", "a=b; muragat=c")], is_here));
        assert_eq!(shown("localhost", true).as_deref(), Some("c"));
        assert!(shown("localhost", false).is_none() && shown("archive", true).is_none());
        let both = parts(&[("cookie", "muragat=c"), ("cookie", "__Host-muragat=d"), ("host", "localhost")], true);
        assert_eq!(cookie_of(&both).as_deref(), Some("d"));
    }

    #[test]
    fn what_changes_something_comes_from_a_page_of_this_service() {
        let check = |headers: &[(&str, &str)], has_cookie| check_own(&parts(headers, true).headers, has_cookie).is_ok();
        assert!(check(&[("sec-fetch-site", "same-origin"), ("origin", "null")], true));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!check(&[("sec-fetch-site", site), ("origin", "https://a"), ("host", "a")], true), "{site}");
        }
        assert!(check(&[("origin", "https://a:1"), ("host", "a:1")], true));
        for origin in ["https://a", "https://b:1", "null", "", "a:1"] {
            assert!(!check(&[("origin", origin), ("host", "a:1")], false), "{origin}");
        }
        assert!(check(&[], false) && !check(&[], true));
    }
}
