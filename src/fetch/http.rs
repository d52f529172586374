//! The only code of the program that opens a connection: one request, one bounded answer.
//!
//! It goes where it is told and nowhere else: redirects are not followed, no proxy is taken from the environment, no
//! connection is kept but that of a delivery, which shows the certificate that it was given; nothing else is sent that
//! names the archive. Every wait and every body has a limit.
//!
//! Whether it may go there is asked before: see [`fetch`](super). What comes back is bytes by a stranger.

use crate::model::url::HttpUrl;
#[cfg(feature = "oidc")]
use crate::model::url::ProviderUrl;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::config::ConfigBuilder;
use ureq::tls::{ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::{Agent, Body, http};

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For everything from the name of the host to the last byte of the answer.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// Own bounds: a list of 20 MiB in a minute needs 3 Mbit/s.
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), whole: Duration::from_secs(60) }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum HttpError {
    /// The server cannot be reached, is too slow, or does not speak HTTP.
    #[error("no answer: {0}")]
    Unreachable(#[source] Box<ureq::Error>),
    /// It sends us elsewhere.
    #[error("answers {0}, a redirect; redirects are not followed")]
    Redirect(u16),
    /// It does not give what was asked for.
    #[error("answers {0}")]
    Status(u16),
    /// More bytes than such a thing can have.
    #[error("answers with more than {0} bytes")]
    TooLong(usize),
}

impl From<ureq::Error> for HttpError {
    fn from(error: ureq::Error) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

/// Certificates of authorities under which TLS is believed.
pub(super) struct Roots(Vec<ureq::tls::Certificate<'static>>);

impl Roots {
    /// The certificates of a text in PEM; none when one cannot be read, or there is none in a text that is not empty.
    pub(super) fn read(pem: &[u8]) -> Option<Self> {
        let mut roots = Vec::new();
        for item in ureq::tls::parse_pem(pem) {
            if let ureq::tls::PemItem::Certificate(root) = item.ok()? {
                roots.push(root);
            }
        }
        (pem.is_empty() || !roots.is_empty()).then_some(Self(roots))
    }
}

/// What holds for every request.
fn settings(timeouts: Timeouts) -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_connect(Some(timeouts.connect))
        .timeout_global(Some(timeouts.whole))
        .max_idle_connections(0)
        .user_agent("muragat")
}

/// TLS under these authorities and no others: names and times of certificates are checked, and there is no way to leave
/// that out.
fn tls(roots: Roots, shown: Option<ClientCert>) -> TlsConfig {
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots.0)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .client_cert(shown)
        .build()
}

/// The certificate that is shown, with those of its issuers, and its key: both in PEM. None when one cannot be read.
pub(super) fn client_cert(chain: &[u8], key: &[u8]) -> Option<ClientCert> {
    let chain = Roots::read(chain).filter(|chain| !chain.0.is_empty())?;
    Some(ClientCert::new_with_certs(&chain.0, PrivateKey::from_pem(key).ok()?))
}

/// Makes requests.
pub(super) struct Client(Agent);

impl Client {
    pub(super) fn new(timeouts: Timeouts) -> Self {
        Self(settings(timeouts).build().into())
    }

    /// One that asks over TLS too, and believes certificates under `roots` and no others: there is no list of
    /// authorities in the program, and none of the machine is taken.
    #[cfg(feature = "oidc")]
    pub(super) fn under(timeouts: Timeouts, roots: Roots) -> Self {
        Self(settings(timeouts).tls_config(tls(roots, None)).build().into())
    }

    /// One that asks over TLS only, shows who it is, and keeps its connection for the next question: a handshake with
    /// two certificates for each part of something large would be most of the work.
    pub(super) fn shown(timeouts: Timeouts, roots: Roots, shown: ClientCert) -> Self {
        let settings = settings(timeouts).https_only(true).max_idle_connections(1).max_idle_connections_per_host(1);
        Self(settings.tls_config(tls(roots, Some(shown))).build().into())
    }

    /// Asks with these headers, and with a body where the method has one. Gives the status, a header that is asked for
    /// by its name, and the body of at most `bytes_max` bytes.
    pub(super) fn ask(
        &self,
        (method, url): (&str, &str),
        headers: &[(&str, &str)],
        sent: &[u8],
        (wanted, bytes_max): (&str, usize),
    ) -> Result<(u16, Option<String>, Vec<u8>), HttpError> {
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let failed = |e: http::Error| HttpError::from(ureq::Error::from(e));
        // HEAD and GET have no body, not even an empty one.
        let response = match method {
            "GET" | "HEAD" => self.0.run(request.body(()).map_err(failed)?)?,
            _ => self.0.run(request.body(sent).map_err(failed)?)?,
        };
        let status = response.status().as_u16();
        let found = response.headers().get(wanted).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok((status, found, body(response, bytes_max)?))
    }

    /// What an OpenID provider publishes: JSON of at most `bytes_max` bytes.
    #[cfg(feature = "oidc")]
    pub(super) fn get_json(&self, url: &ProviderUrl, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        read(self.0.get(url.to_string()).header("Accept", "application/json").call()?, bytes_max)
    }

    /// What an OpenID provider answers to a form: the status, and the body of at most `bytes_max` bytes. Redirects are
    /// answers too, and are not followed.
    #[cfg(feature = "oidc")]
    pub(super) fn post_form(
        &self,
        url: &ProviderUrl,
        authorization: Option<&str>,
        form: &str,
        bytes_max: usize,
    ) -> Result<(u16, Vec<u8>), HttpError> {
        let mut post = self.0.post(url.to_string()).content_type("application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            post = post.header("Authorization", authorization);
        }
        let response = post.header("Accept", "application/json").send(form)?;
        let status = response.status().as_u16();
        Ok((status, body(response, bytes_max)?))
    }

    /// The file at `url`, of at most `bytes_max` bytes.
    pub(super) fn get(&self, url: &HttpUrl, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        read(self.0.get(url.to_string()).call()?, bytes_max)
    }

    /// What a witness answers to a request (C2SP tlog-witness): the status, and the body of at most `bytes_max` bytes.
    pub(super) fn ask_witness(
        &self,
        url: &HttpUrl,
        request: &str,
        bytes_max: usize,
    ) -> Result<(u16, Vec<u8>), HttpError> {
        let response = self.0.post(url.to_string()).content_type("text/plain; charset=utf-8").send(request)?;
        let status = response.status().as_u16();
        Ok((status, body(response, bytes_max)?))
    }

    /// What an OCSP responder answers (RFC 6960 §A.1).
    pub(super) fn ask_ocsp(&self, url: &HttpUrl, request: &[u8], bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        let post = self.0.post(url.to_string()).content_type("application/ocsp-request");
        read(post.header("Accept", "application/ocsp-response").send(request)?, bytes_max)
    }

    /// What a time-stamping authority answers (RFC 3161 §3.4).
    pub(super) fn ask_authority(&self, url: &HttpUrl, request: &[u8], bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        let post = self.0.post(url.to_string()).content_type("application/timestamp-query");
        read(post.header("Accept", "application/timestamp-reply").send(request)?, bytes_max)
    }
}

fn read(response: http::Response<Body>, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
    match response.status().as_u16() {
        200 => {}
        redirect @ 300..400 => return Err(HttpError::Redirect(redirect)),
        status => return Err(HttpError::Status(status)),
    }
    body(response, bytes_max)
}

fn body(response: http::Response<Body>, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    let body = response.into_body().into_reader();
    // One byte more than there may be tells a body that is too long from one that just fits.
    body.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(ureq::Error::from)?;
    if bytes.len() > bytes_max {
        return Err(HttpError::TooLong(bytes_max));
    }
    Ok(bytes)
}
