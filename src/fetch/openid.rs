//! The OpenID provider of the configuration: what it publishes, what it gives for a code, and its keys.
//!
//! It is asked by the service and nobody else, when a person begins or ends a sign-in or the provider ends a session.
//! What it signs is judged by [`openid`](crate::access::openid).
//!
//! Invariants
//!   - Only the host of the configured issuer is ever asked, and only there a browser is sent: what the provider
//!     publishes chooses paths below its own origin and adds no other.
//!   - TLS stands under the certificates of the configuration alone. Redirects are not followed; bytes and time are
//!     bounded.
//!   - What it publishes is kept for a while. One at a time fetches it, and after a failure nobody does for a while:
//!     strangers cannot make the archive ask more often.
//!   - The secret of the client goes to the token endpoint and nowhere else, and into no message.
//!
//! Nothing is kept longer than the service runs.

use super::Timeouts;
use super::http::{Client, HttpError, Roots};
use crate::access::openid::{Expected, Identity, Keys, LoggedOut, Refused, Use, verified};
use crate::clock::Millis;
use crate::config::Oidc;
use crate::error::{Error, ErrorCode};
use crate::model::url::{ProviderUrl, encoded};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// Bytes of what a provider publishes or answers. Own bound: real ones have 2 to 20 KiB.
const BYTES_MAX: usize = 128 * 1024;
/// How long is waited: a person sits before the browser.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), whole: Duration::from_secs(10) };
/// How long the description of the provider is believed.
const DOCUMENT_MS: Millis = 60 * 60 * 1000;
/// How long its keys are: one that it took back is used no longer than that.
const KEYS_MS: Millis = 15 * 60 * 1000;
/// How often its keys are fetched because a token names an unknown one.
const AGAIN_MS: Millis = 60 * 1000;
/// How long after a failure nothing is fetched.
const FAILED_MS: Millis = 10 * 1000;

/// What the provider says of itself (OpenID Connect Discovery 1.0 §3), as far as it is used.
#[derive(Debug, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    // Most do not say it, and S256 is asked for in any case.
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The same, checked.
#[derive(Debug)]
struct Published {
    authorization: ProviderUrl,
    token: ProviderUrl,
    keys: ProviderUrl,
    /// Whether the secret goes into the form, because the provider takes no header.
    by_form: bool,
    /// Whether every answer to a browser names the issuer (RFC 9207).
    names_issuer: bool,
}

/// What was fetched, and when.
#[derive(Default)]
struct Known {
    published: Option<(Arc<Published>, Millis)>,
    keys: Option<(Arc<Keys>, Millis)>,
    failed: Option<Millis>,
}

/// An OpenID provider.
pub struct Provider {
    settings: Oidc,
    secret: Zeroizing<String>,
    issuer: ProviderUrl,
    client: Client,
    known: Mutex<Known>,
}

/// A sign-in as the browser is sent away with it.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// By what the answer is known again.
    pub state: &'a str,
    /// What the ID token has to repeat.
    pub nonce: &'a str,
    /// SHA-256 of the verifier, in base64url (RFC 7636 §4.2).
    pub challenge: &'a str,
}

/// What is redeemed.
#[derive(Debug, Clone, Copy)]
pub struct Redeeming<'a> {
    /// The code that the browser brought.
    pub code: &'a str,
    /// The issuer that it named beside it.
    pub issuer: Option<&'a str>,
    /// What the challenge was made of.
    pub verifier: &'a str,
    /// What the ID token has to repeat.
    pub nonce: &'a str,
    /// When the sign-in was begun.
    pub begun: Millis,
    /// Now.
    pub now: Millis,
}

#[derive(Deserialize)]
struct Given {
    id_token: String,
    access_token: Option<String>,
}

/// A result of the provider's word: whom it names, or why nobody.
pub type Judged<T> = Result<Result<T, Refused>, Error>;

impl Provider {
    /// The provider of a configuration, whose files are read now. `folder` is that of the archive.
    ///
    /// # Errors
    /// [`ErrorCode::OidSettings`] when a file or an address cannot be used.
    pub fn new(settings: &Oidc, folder: &Path) -> Result<Self, Error> {
        let wrong = |what: String| Error::new(ErrorCode::OidSettings, "oidc", what);
        let secret = settings.secret(folder).map_err(wrong)?;
        let roots = settings.roots(folder).map_err(wrong)?;
        let roots = Roots::read(&roots).ok_or_else(|| wrong("oidc.roots_file: a certificate cannot be read".into()))?;
        let issuer = settings.issuer.parse().map_err(|e| wrong(format!("oidc.issuer: {e}")))?;
        let client = Client::under(TIMEOUTS, roots);
        Ok(Self { settings: settings.clone(), secret, issuer, client, known: Mutex::default() })
    }

    /// Where a browser is sent to sign in.
    ///
    /// # Errors
    /// [`ErrorCode::OidProvider`] when the provider gives no usable answer.
    pub fn address(&self, asking: &Asking<'_>, now: Millis) -> Result<String, Error> {
        let published = self.published(now)?;
        let scope = ["openid"].into_iter().chain(self.settings.scopes.iter().map(String::as_str));
        let (scope, levels) = (scope.collect::<Vec<_>>().join(" "), self.settings.acr.join(" "));
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect),
            ("scope", &scope),
            ("state", asking.state),
            ("nonce", asking.nonce),
            ("code_challenge", asking.challenge),
            ("code_challenge_method", "S256"),
        ];
        if !levels.is_empty() {
            fields.push(("acr_values", &levels));
        }
        let sign = if published.authorization.has_query() { '&' } else { '?' };
        Ok(format!("{}{sign}{}", published.authorization, form(&fields)))
    }

    /// Whom the provider names for a code.
    ///
    /// # Errors
    /// [`ErrorCode::OidProvider`] when it gives no usable answer.
    pub fn redeem(&self, redeeming: &Redeeming<'_>) -> Judged<Identity> {
        let published = self.published(redeeming.now)?;
        // RFC 9207 §2.4: the answer of another provider is not taken to this one.
        match redeeming.issuer {
            Some(issuer) if issuer != self.settings.issuer => return Ok(Err(Refused::Mixed)),
            None if published.names_issuer => return Ok(Err(Refused::Mixed)),
            _ => {}
        }
        let Some(given) = self.exchange(&published, redeeming)? else { return Ok(Err(Refused::Provider)) };
        let claims = match self.verified(&given.id_token, Use::Identity, redeeming.now)? {
            Ok(claims) => claims,
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(claims.identity(&Expected {
            issuer: &self.settings.issuer,
            client: &self.settings.client_id,
            nonce: redeeming.nonce,
            begun_s: seconds(redeeming.begun),
            now_s: seconds(redeeming.now),
            code: redeeming.code,
            access: given.access_token.as_deref(),
            levels: &self.settings.acr,
            claim: &self.settings.claim,
        }))
    }

    /// Whose sessions the provider ends.
    ///
    /// # Errors
    /// [`ErrorCode::OidProvider`] when its keys are needed and it gives no usable answer.
    pub fn logged_out(&self, token: &str, now: Millis) -> Judged<LoggedOut> {
        let claims = self.verified(token, Use::Logout, now)?;
        let (issuer, client) = (&self.settings.issuer, &self.settings.client_id);
        Ok(claims.and_then(|claims| claims.logged_out(issuer, client, seconds(now))))
    }

    /// What a token says, by keys that are fetched again when it names an unknown one.
    fn verified(&self, token: &str, usage: Use, now: Millis) -> Judged<crate::access::openid::Claims> {
        let keys = self.keys(KEYS_MS, now)?;
        match verified(token, usage, &keys) {
            Err(Refused::Key) => {
                let newer = self.keys(AGAIN_MS, now)?;
                Ok(if Arc::ptr_eq(&keys, &newer) { Err(Refused::Key) } else { verified(token, usage, &newer) })
            }
            verdict => Ok(verdict),
        }
    }

    fn exchange(&self, published: &Published, redeeming: &Redeeming<'_>) -> Result<Option<Given>, Error> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", redeeming.code),
            ("redirect_uri", &self.settings.redirect),
            ("code_verifier", redeeming.verifier),
        ];
        let (client, secret) = (&self.settings.client_id, self.secret.as_str());
        // RFC 6749 §2.3.1: both are encoded as in a form first.
        let pair = Zeroizing::new(format!("{}:{}", encoded(client), encoded(secret)));
        let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        if published.by_form {
            fields.extend([("client_id", client.as_str()), ("client_secret", secret)]);
        }
        let body = Zeroizing::new(form(&fields));
        let header = (!published.by_form).then_some(header.as_str());
        let answer = self.client.post_form(&published.token, header, &body, BYTES_MAX);
        let (status, body) = answer.map_err(|e| no_answer("token endpoint", &e))?;
        match status {
            200 => Ok(Some(read("token endpoint", &body)?)),
            // RFC 6749 §5.2: the code is used, expired or of somebody else.
            400 => Ok(None),
            _ => Err(useless("token endpoint", format!("answers {status}"))),
        }
    }

    fn published(&self, now: Millis) -> Result<Arc<Published>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.published_of(&mut known, now)
    }

    fn published_of(&self, known: &mut Known, now: Millis) -> Result<Arc<Published>, Error> {
        if let Some((published, _)) = known.published.as_ref().filter(|(_, at)| is_within(*at, now, DOCUMENT_MS)) {
            return Ok(published.clone());
        }
        let published = Arc::new(fetched(known, now, || self.fetch_published())?);
        known.published = Some((published.clone(), now));
        Ok(published)
    }

    fn fetch_published(&self) -> Result<Published, Error> {
        const WHAT: &str = "description";
        // Discovery 1.0 §4: below the issuer, also when that has a path.
        let at = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let at = at.parse().map_err(|e| useless(WHAT, format!("{at}: {e}")))?;
        let bytes = self.client.get_json(&at, BYTES_MAX).map_err(|e| no_answer(WHAT, &e))?;
        let document: Document = read(WHAT, &bytes)?;
        if document.issuer != self.settings.issuer {
            return Err(useless(WHAT, "is of another issuer than the configuration names".to_owned()));
        }
        let endpoint = |name: &str, text: &str| match text.parse::<ProviderUrl>() {
            Ok(url) if url.is_beside(&self.issuer) => Ok(url),
            Ok(_) => Err(useless(WHAT, format!("{name} is at another host than the issuer"))),
            Err(e) => Err(useless(WHAT, format!("{name} {e}"))),
        };
        let takes = |list: &Option<Vec<String>>, word: &str| {
            list.as_ref().is_none_or(|list| list.iter().any(|known| known == word))
        };
        if !takes(&document.code_challenge_methods_supported, "S256") {
            return Err(useless(WHAT, "does not take PKCE with S256".to_owned()));
        }
        let methods = &document.token_endpoint_auth_methods_supported;
        let by_form = !takes(methods, "client_secret_basic");
        if by_form && !takes(methods, "client_secret_post") {
            return Err(useless(WHAT, "takes no client by its secret".to_owned()));
        }
        Ok(Published {
            authorization: endpoint("authorization_endpoint", &document.authorization_endpoint)?,
            token: endpoint("token_endpoint", &document.token_endpoint)?,
            keys: endpoint("jwks_uri", &document.jwks_uri)?,
            by_form,
            names_issuer: document.authorization_response_iss_parameter_supported,
        })
    }

    /// Its keys, at most so old.
    fn keys(&self, age: Millis, now: Millis) -> Result<Arc<Keys>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((keys, _)) = known.keys.as_ref().filter(|(_, at)| is_within(*at, now, age)) {
            return Ok(keys.clone());
        }
        let published = self.published_of(&mut known, now)?;
        let keys = fetched(&mut known, now, || {
            let bytes = self.client.get_json(&published.keys, BYTES_MAX).map_err(|e| no_answer("keys", &e))?;
            Keys::read(&bytes).ok_or_else(|| useless("keys", "not a set of keys".to_owned()))
        })?;
        let keys = Arc::new(keys);
        known.keys = Some((keys.clone(), now));
        Ok(keys)
    }
}

/// Fetches, unless that failed a moment ago.
fn fetched<T>(known: &mut Known, now: Millis, fetch: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    if known.failed.is_some_and(|at| is_within(at, now, FAILED_MS)) {
        return Err(useless("provider", "it gave no usable answer a moment ago".to_owned()));
    }
    let answer = fetch();
    known.failed = answer.is_err().then_some(now);
    answer
}

/// Whether `at` is no longer ago; a clock that steps back makes everything old.
fn is_within(at: Millis, now: Millis, age: Millis) -> bool {
    at <= now && now - at < age
}

fn seconds(at: Millis) -> i64 {
    i64::try_from(at / 1000).unwrap_or(i64::MAX)
}

fn useless(what: &str, why: String) -> Error {
    Error::new(ErrorCode::OidProvider, what, why)
}

fn no_answer(what: &str, e: &HttpError) -> Error {
    useless(what, e.to_string())
}

/// What came, read. What is wrong with it is said without a word of it: it may have a token in it.
fn read<T: for<'a> Deserialize<'a>>(what: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|e| {
        let why = format!("not the JSON that is asked for (line {}, column {})", e.line(), e.column());
        useless(what, why)
    })
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}
