//! What a request is answered with when it is not done: problem details (RFC 9457) with the archive's stable codes.
//!
//! `type` and `code` never change; `title` and `detail` follow `Accept-Language`. What an engineer needs stands in
//! `technical`; a fault of the archive itself says no more outside than its code, and the log has the rest.
//!
//! A handler gives a [`Problem`]; the frame around all handlers ([`super::frame`]) knows language and request and
//! writes it out. It holds no rules.

use crate::access::rights::is_by_means;
use crate::error::{Error, ErrorCode, Exit};
use crate::store::disk::is_full;
use crate::text::{Lang, TECHNICAL, Text, text};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why a request was not done.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) code: ErrorCode,
    /// The parameter, record or file that it is about.
    pub(crate) subject: String,
    /// What was found, in technical English.
    pub(crate) what: String,
    /// Seconds after which it may be asked again.
    retry_after_s: Option<u32>,
    /// The status, where a protocol has one of its own.
    status: Option<u16>,
    /// The length of what has no such range (RFC 9110 §14.4).
    length: Option<u64>,
}

/// How long who is told to come again should wait, when nothing better is known.
const RETRY_S: u32 = 2;

impl Problem {
    pub(crate) fn new(code: ErrorCode, subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code, subject: subject.into(), what: what.into(), retry_after_s: None, status: None, length: None }
    }

    /// A parameter, header or body that is not as it must be.
    pub(crate) fn request(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(ErrorCode::SrvRequest, place, what)
    }

    /// The spool cannot be written or read.
    pub(crate) fn spool(e: std::io::Error) -> Self {
        Self::new(if is_full(&e) { ErrorCode::StoFull } else { ErrorCode::StoIo }, "spool", e.to_string())
    }

    /// There is nothing at the path that the caller may know of.
    pub(crate) fn nothing(subject: impl Into<String>) -> Self {
        Self::new(ErrorCode::SrvNoPath, subject, "nothing is at this path, or the caller may not know of it")
    }

    /// The caller has no right; `rule` says by which rule.
    pub(crate) fn denied(action: &str, rule: &str) -> Self {
        let code = if is_by_means(rule) { ErrorCode::AccMeans } else { ErrorCode::AccDenied };
        Self::new(code, action, format!("rule {rule}"))
    }

    /// Whether the caller has no right to it, or not by what they showed.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self.code, ErrorCode::AccDenied | ErrorCode::AccMeans)
    }

    #[must_use]
    pub(crate) fn after(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// The same with the status that a protocol has for it.
    #[must_use]
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The same about something of this length.
    #[must_use]
    pub(crate) fn of_length(self, length: u64) -> Self {
        Self { length: Some(length), ..self }
    }

    /// Seconds after which it may be asked again, where that helps.
    pub(crate) fn retry_after_s(&self) -> Option<u32> {
        let is_passing = self.code.exit() == Exit::Temporary;
        self.retry_after_s.or(is_passing.then_some(RETRY_S))
    }

    /// RFC 9110 §15, by the code or else by the exit code that the command line has for it.
    pub(crate) fn status(&self) -> StatusCode {
        use ErrorCode as C;
        if let Some(status) = self.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            return status;
        }
        match self.code {
            C::SrvSignIn => StatusCode::UNAUTHORIZED,
            C::SrvForeign => StatusCode::FORBIDDEN,
            C::SrvTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            C::SrvKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            C::SrvKeyRunning => StatusCode::CONFLICT,
            C::SrvPrecondition => StatusCode::PRECONDITION_FAILED,
            C::SrvRange => StatusCode::RANGE_NOT_SATISFIABLE,
            C::SrvBusy => StatusCode::TOO_MANY_REQUESTS,
            C::SrvMethod => StatusCode::METHOD_NOT_ALLOWED,
            C::SrvMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            C::SrvTimeout => StatusCode::REQUEST_TIMEOUT,
            C::SrvDigest => StatusCode::BAD_REQUEST,
            C::OidProvider => StatusCode::BAD_GATEWAY,
            C::ArcDestroyed | C::ArcHandedOver => StatusCode::GONE,
            code => match code.exit() {
                Exit::Refused => StatusCode::UNPROCESSABLE_ENTITY,
                Exit::Usage => StatusCode::BAD_REQUEST,
                Exit::NotFound => StatusCode::NOT_FOUND,
                Exit::Denied => StatusCode::FORBIDDEN,
                Exit::Conflict | Exit::Incomplete => StatusCode::CONFLICT,
                Exit::Temporary => StatusCode::SERVICE_UNAVAILABLE,
                Exit::Ok | Exit::Integrity | Exit::Configuration | Exit::Interrupted => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            },
        }
    }

    /// A state of the machine, or of one that it asked, which is for its log and nobody outside.
    pub(crate) fn is_inside(&self) -> bool {
        let inside = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY];
        inside.contains(&self.status())
    }

    /// The details as they are sent.
    pub(crate) fn value(&self, lang: Lang, request_id: &str) -> Value {
        let status = self.status();
        let is_inside = self.is_inside();
        let mut value = json!({
            "type": format!("urn:muragat:error:{}", self.code),
            "code": self.code.as_str(),
            "status": status.as_u16(),
            "title": self.code.text(lang),
            "request_id": request_id,
        });
        if !is_inside {
            value["subject"] = self.subject.clone().into();
            if !self.what.is_empty() {
                value["technical"] = self.what.clone().into();
                value["detail"] = format!("{}: {}", TECHNICAL.get(lang), self.what).into();
            }
        } else if status == StatusCode::INTERNAL_SERVER_ERROR {
            value["detail"] = SEE_LOG.get(lang).into();
        }
        value
    }

    /// The answer, written out.
    pub(crate) fn response(&self, lang: Lang, request_id: &str) -> Response {
        let mut response = (self.status(), self.value(lang, request_id).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.name()));
        if self.code == ErrorCode::SrvSignIn {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"muragat\""));
        }
        if let Some(range) = self.length.and_then(|len| HeaderValue::from_str(&format!("bytes */{len}")).ok()) {
            headers.insert(header::CONTENT_RANGE, range);
        }
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

const SEE_LOG: Text = text(
    "Архивтің ішкі ақауы. Сұраудың нөмірін әкімшіге хабарлаңыз.",
    "Внутренняя неисправность архива. Сообщите администратору номер запроса.",
    "A fault inside the archive. Tell the administrator the id of the request.",
);

impl From<Error> for Problem {
    fn from(e: Error) -> Self {
        Self::new(e.code, e.subject, e.what)
    }
}

impl From<crate::index::IndexError> for Problem {
    fn from(e: crate::index::IndexError) -> Self {
        Error::from(e).into()
    }
}

/// The frame writes it out; what is here is for tests of a handler alone.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_that_fits_its_exit_code() {
        for code in ErrorCode::ALL {
            let status = Problem::new(*code, "", "").status();
            let is_ours = matches!(code.exit(), Exit::Integrity | Exit::Configuration);
            assert_eq!(
                status.is_server_error(),
                is_ours || [StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY].contains(&status),
                "{code} {status}"
            );
            assert!(status.is_client_error() || status.is_server_error(), "{code} {status}");
        }
    }

    #[test]
    fn a_fault_inside_says_nothing_of_the_machine() {
        let problem = Problem::new(ErrorCode::StoChanged, "store/00000001.seg", "frame 7 has another digest");
        for (_, lang) in Lang::ALL {
            let text = problem.value(lang, "id").to_string();
            assert!(!text.contains("seg") && !text.contains("frame 7"), "{text}");
            assert!(text.contains(problem.code.text(lang)), "{text}");
        }
        let problem = Problem::request("limit", "not a number");
        assert_eq!(problem.value(Lang::En, "id")["subject"], "limit");
    }
}
