//! What stands around every page: language, header, breadcrumbs, and what is said when something is not done.
//!
//! The language is that of the cookie `lang`, and Kazakh when none was chosen: what a browser was installed in is no
//! choice of who sits before it. `?lang=` sets the cookie and leads to the same address without it.

use super::assets;
use super::html::{Attributes, Html, encoded};
use crate::api::frame::{About, Told};
use crate::api::problem::Problem;
use crate::api::search::may_search;
use crate::api::service::Service;
use crate::api::session::{cookie, cookie_of};
use crate::clock::local_text;
use crate::error::ErrorCode;
use crate::text::{Lang, TECHNICAL, Text, text};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// What a page knows of who looks at it.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) lang: Lang,
    /// The account of the session.
    pub(super) account: Option<String>,
    /// Whether that account may search.
    pub(super) may_search: bool,
    /// The address of the page, without the language.
    pub(super) address: String,
    /// What was searched for.
    pub(super) query: String,
    request_id: String,
}

impl Visit {
    pub(super) fn say(&self, text: Text) -> &'static str {
        text.get(self.lang)
    }
}

const LANG: &str = "lang";
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
                      connect-src 'self' wss://127.0.0.1:13579; form-action 'self'; frame-ancestors 'none'; \
                      base-uri 'none'";

/// The frame.
pub(super) async fn around(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    // A path that no page has is answered with a page to who asked for one, and to a program like every other.
    let is_page = request.extensions().get::<MatchedPath>().is_some() || wants_page(&request);
    if !is_page {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let (mut chosen, mut kept) = (None, Vec::new());
    for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((LANG, value)) => chosen = value.parse::<Lang>().ok(),
            _ => kept.push(pair),
        }
    }
    let path = parts.uri.path();
    let address = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    if let Some(lang) = chosen.filter(|_| matches!(parts.method, Method::GET | Method::HEAD)) {
        return switch(lang, &address);
    }
    let lang = cookie(&parts.headers, LANG).and_then(|name| name.parse().ok()).unwrap_or_default();
    let session = cookie_of(&parts).and_then(|secret| service.sessions.find(&secret, service.slot.clock().now()));
    let about = parts.extensions.get::<About>().cloned();
    let may_search = match session.clone().filter(|_| !path.starts_with("/assets/")) {
        // A page says what it can while the archive is away.
        Some(session) => service.reach(move |archive| may_search(archive, &session)).await.unwrap_or_default(),
        None => false,
    };
    let visit = Visit {
        lang,
        may_search,
        account: session.map(|session| session.account),
        address,
        query: String::new(),
        request_id: about.as_ref().map(|about| about.id.clone()).unwrap_or_default(),
    };
    parts.extensions.insert(visit.clone());
    if let Some(about) = about {
        parts.extensions.insert(About { lang, ..about });
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = not_done(&visit, problem);
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    // With less a browser does not say from where a form is sent.
    set(header::REFERRER_POLICY, "same-origin");
    set(header::VARY, "Cookie, Accept");
    set(header::CONTENT_LANGUAGE, lang.name());
    response
}

fn wants_page(request: &Request) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = request.uri().path();
    let is_of_programs = ["/api/", "/tlog/"].iter().any(|of| path.starts_with(of));
    accepted.contains("text/html") && !is_of_programs
}

/// Keeps the language and leads to where the visitor was.
fn switch(lang: Lang, address: &str) -> Response {
    let kept = format!("{LANG}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", lang.name());
    let mut response = see(address);
    if let Ok(kept) = HeaderValue::from_str(&kept) {
        response.headers_mut().insert(header::SET_COOKIE, kept);
    }
    response
}

/// Leads to another page, which is asked for with GET.
pub(super) fn see(address: &str) -> Response {
    let to = if super::html::is_local(address) { address } else { "/" };
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// A path that no page has.
pub(super) async fn nothing() -> Problem {
    Problem::nothing("request")
}

const SKIP: Text = text("Мазмұнына өту", "К содержанию", "Skip to the content");
pub(super) const BRAND: Text = text("Мұрағат", "Мурагат", "Muragat");
pub(super) const SEARCH: Text = text("Іздеу", "Поиск", "Search");
const FIND: Text = text("Іздеп табу", "Найти", "Find");
const LANGUAGE: Text = text("Тіл", "Язык", "Language");
const WHERE: Text = text("Беттің орны", "Где вы", "Where you are");
const ACCOUNT: Text = text("Есептік жазба", "Учётная запись", "Account");
pub(super) const SIGN_IN: Text = text("Кіру", "Войти", "Sign in");
pub(super) const SESSIONS: Text = text("Сеанстар", "Сеансы", "Sessions");
pub(super) const SIGN_OUT: Text = text("Шығу", "Выйти", "Sign out");
pub(super) const HOME: Text = text("Басты бет", "Главная", "Home");

/// A page in its frame. `crumbs` are the pages above it: address and name.
pub(super) fn page(
    visit: &Visit,
    status: StatusCode,
    title: &str,
    crumbs: &[(&str, &str)],
    body: impl FnOnce(&mut Html),
) -> Response {
    let mut html = Html::default();
    let lang = visit.lang.name();
    html.el("html", &[("lang", lang)], |html| {
        html.el("head", &[], |html| {
            html.open("meta", &[("charset", "utf-8")]);
            html.open("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            html.say("title", &[], &format!("{title} · {}", visit.say(BRAND)));
            html.open("link", &[("rel", "stylesheet"), ("href", &assets::style())]);
        });
        html.el("body", &[], |html| {
            html.say("a", &[("class", "skip"), ("href", "#main")], visit.say(SKIP));
            html.el("div", &[("class", "top")], |html| html.el("header", &[], |html| top(html, visit)));
            if !crumbs.is_empty() {
                html.el("nav", &[("class", "crumbs"), ("aria-label", visit.say(WHERE))], |html| {
                    html.el("ol", &[], |html| {
                        for (address, name) in crumbs {
                            html.el("li", &[], |html| html.say("a", &[("href", address)], name));
                        }
                        html.say("li", &[("aria-current", "page")], title);
                    });
                });
            }
            html.el("main", &[("id", "main")], |html| {
                html.say("h1", &[], title);
                body(html);
            });
        });
    });
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], Body::from(html.finish())).into_response()
}

fn top(html: &mut Html, visit: &Visit) {
    html.say("a", &[("class", "brand"), ("href", "/")], visit.say(BRAND));
    if visit.may_search {
        let form: Attributes<'_> = &[("class", "search"), ("role", "search"), ("action", "/search"), ("method", "get")];
        html.el("form", form, |html| {
            html.say("label", &[("for", "q")], visit.say(SEARCH));
            let input =
                [("id", "q"), ("name", "q"), ("type", "search"), ("value", &visit.query), ("maxlength", "1000")];
            html.open("input", &input);
            html.say("button", &[("type", "submit")], visit.say(FIND));
        });
    }
    html.el("nav", &[("class", "langs"), ("aria-label", visit.say(LANGUAGE))], |html| {
        html.el("ul", &[], |html| {
            for ((name, lang), own) in Lang::ALL.into_iter().zip(["Қазақша", "Русский", "English"]) {
                let sign = if visit.address.contains('?') { '&' } else { '?' };
                let to = format!("{}{sign}{LANG}={name}", visit.address);
                let mut attributes = vec![("href", to.as_str()), ("lang", name), ("hreflang", name)];
                attributes.extend((lang == visit.lang).then_some(("aria-current", "true")));
                html.el("li", &[], |html| html.say("a", &attributes, own));
            }
        });
    });
    html.el("nav", &[("class", "account"), ("aria-label", visit.say(ACCOUNT))], |html| match &visit.account {
        Some(account) => {
            html.say("span", &[], account);
            html.say("a", &[("href", "/sessions")], visit.say(SESSIONS));
            html.el("form", &[("action", "/sign-out"), ("method", "post")], |html| {
                html.say("button", &[("type", "submit")], visit.say(SIGN_OUT));
            });
        }
        None => html.say("a", &[("href", &sign_in_for(visit))], visit.say(SIGN_IN)),
    });
}

/// The page for signing in, which leads back to where the visitor is.
pub(super) fn sign_in_for(visit: &Visit) -> String {
    match visit.address.as_str() {
        "/" => "/sign-in".to_owned(),
        address if address.starts_with("/sign-in") => address.to_owned(),
        address => format!("/sign-in?next={}", encoded(address)),
    }
}

const NOT_DONE: Text = text("Орындалмады", "Не выполнено", "Not done");
const NEXT: Text = text("Не істеу керек", "Что делать", "What to do");
const CODE: Text = text("Қатенің коды", "Код ошибки", "Code of the error");
const REQUEST: Text = text("Сұраудың нөмірі", "Номер запроса", "Id of the request");
const GO_ON: Text = text(
    "Кіріп қойған болсаңыз, осы бетті жалғастыру",
    "Продолжить на эту страницу, если вы уже вошли",
    "Go on to this page, if you are signed in already",
);

/// The page that says what was not done, and what to do.
fn not_done(visit: &Visit, problem: Problem) -> Response {
    let status = problem.status();
    let title = visit.say(NOT_DONE);
    let mut response = page(visit, status, title, &[("/", visit.say(HOME))], |html| explain(html, visit, &problem));
    if let Some(seconds) = problem.retry_after_s() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(Told(problem));
    response
}

/// What was not done and what to do, as a part of a page.
pub(super) fn explain(html: &mut Html, visit: &Visit, problem: &Problem) {
    let status = problem.status();
    html.el("div", &[("class", "bad"), ("role", "alert")], |html| {
        html.el("p", &[], |html| html.say("strong", &[], problem.code.text(visit.lang)));
        html.say("p", &[], &format!("{}: {}", visit.say(NEXT), visit.say(advice(status))));
        if problem.code == ErrorCode::SrvSignIn {
            html.el("p", &[], |html| {
                html.say("a", &[("class", "button"), ("href", &sign_in_for(visit))], visit.say(SIGN_IN));
            });
            // A cookie of a session does not come along from another site: from here it does.
            if !visit.address.starts_with("/sign-in") {
                html.el("p", &[], |html| html.say("a", &[("href", &visit.address)], visit.say(GO_ON)));
            }
        }
        html.el("dl", &[], |html| {
            html.say("dt", &[], visit.say(CODE));
            html.el("dd", &[], |html| html.say("code", &[], problem.code.as_str()));
            html.say("dt", &[], visit.say(REQUEST));
            html.el("dd", &[], |html| html.say("code", &[], &visit.request_id));
        });
        // A fault inside, or of a machine that was asked, is for the log.
        if !problem.is_inside() && !problem.what.is_empty() {
            html.el("details", &[], |html| {
                html.say("summary", &[], visit.say(TECHNICAL));
                let what = if problem.subject.is_empty() { String::new() } else { format!("{}: ", problem.subject) };
                html.say("p", &[("lang", "en")], &(what + &problem.what));
            });
        }
    });
}

fn advice(status: StatusCode) -> Text {
    match status {
        StatusCode::UNAUTHORIZED => text("жүйеге кіріңіз.", "войдите в систему.", "sign in."),
        StatusCode::FORBIDDEN => text(
            "бұл сізге қажет болса, органыңыздың архившісінен құқық сұраңыз.",
            "если это вам нужно, попросите право у архивиста вашего органа.",
            "if you need it, ask the archivist of your agency for the right.",
        ),
        StatusCode::NOT_FOUND | StatusCode::GONE => text(
            "мекенжайды тексеріңіз немесе іздеп табыңыз. Құқығыңыз жоқ нәрсе де осылай көрінеді.",
            "проверьте адрес или воспользуйтесь поиском. Так же выглядит и то, на что у вас нет права.",
            "check the address, or search. What you have no right to looks the same.",
        ),
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::BAD_GATEWAY
        | StatusCode::REQUEST_TIMEOUT => {
            text("сәл күтіп, қайталаңыз.", "немного подождите и повторите.", "wait a little and repeat.")
        }
        StatusCode::INTERNAL_SERVER_ERROR => text(
            "сұраудың нөмірін әкімшіге хабарлаңыз.",
            "сообщите администратору номер запроса.",
            "tell the administrator the id of the request.",
        ),
        _ => text("енгізгеніңізді түзетіп, қайталаңыз.", "исправьте введённое и повторите.", "correct it and repeat."),
    }
}

/// A number as people of the language write it.
pub(super) fn number(value: u64, lang: Lang) -> String {
    let digits = value.to_string();
    let mark = if lang == Lang::En { ',' } else { '\u{a0}' };
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// A length in bytes.
pub(super) fn bytes(value: u64, lang: Lang) -> String {
    const UNITS: [Text; 4] =
        [text("Б", "Б", "B"), text("кБ", "кБ", "kB"), text("МБ", "МБ", "MB"), text("ГБ", "ГБ", "GB")];
    let (mut unit, mut size) = (0, 1);
    while unit < 3 && value / size >= 1000 {
        (unit, size) = (unit + 1, size * 1000);
    }
    let point = if lang == Lang::En { '.' } else { ',' };
    let part = if unit == 0 { String::new() } else { format!("{point}{}", value % size * 10 / size) };
    format!("{}{part}\u{a0}{}", value / size, UNITS[unit].get(lang))
}

/// A moment of a document (RFC 3339), as people here read it.
pub(super) fn moment(text: &str) -> String {
    let parsed = chrono::DateTime::parse_from_rfc3339(text).ok();
    let millis = parsed.and_then(|at| u64::try_from(at.timestamp_millis()).ok());
    millis.map_or_else(|| text.to_owned(), local_text)
}

/// A civil date (`2026-03-05`), as people here read it.
pub(super) fn day(text: &str) -> String {
    let parsed = text.parse::<chrono::NaiveDate>();
    parsed.map_or_else(|_| text.to_owned(), |day| day.format("%d.%m.%Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lengths_and_days_are_written_as_people_do() {
        assert_eq!(number(1_234_567, Lang::Kk), "1\u{a0}234\u{a0}567");
        assert_eq!(number(1_000, Lang::En), "1,000");
        assert_eq!(number(999, Lang::Ru), "999");
        assert_eq!(bytes(999, Lang::Ru), "999\u{a0}Б");
        assert_eq!(bytes(1_250, Lang::Kk), "1,2\u{a0}кБ");
        assert_eq!(bytes(12_345_678, Lang::En), "12.3\u{a0}MB");
        assert_eq!(day("2026-03-05"), "05.03.2026");
        assert_eq!(day("x"), "x");
        assert_eq!(moment("2026-03-05T04:05:06.007Z"), "05.03.2026 09:05:06 +05:00");
    }
}
