//! `/sign-in/openid` and the way back from it: a sign-in at the OpenID provider of the configuration.
//!
//! Both are addresses that a browser goes to; what they do is in `api/openid`. Whatever did not do, the page for
//! signing in says one thing, at its own address: the one of the way back has a code and a state in it.

use super::frame::{HOME, Visit, page};
use super::html::{Html, encoded};
use super::sign_in::{Asked, form};
use crate::api::caller::Params;
use crate::api::frame::Told;
use crate::api::login::draw;
use crate::api::openid::{Returned, begin, enter, finish, forget};
use crate::api::problem::Problem;
use crate::api::service::Service;
use crate::text::{Text, text};
use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(super) const BEGIN: &str = "/sign-in/openid";
const SIGN_IN_PAGE: &str = "/sign-in";

const BY_PROVIDER: Text = text("Сыртқы жүйе арқылы", "Через внешнюю систему", "By another system");
const WHO: Text = text(
    "Кім екеніңізді ұйымыңыздың кіру жүйесі (OpenID) растайды.",
    "Кто вы, подтвердит система входа вашей организации (OpenID).",
    "The sign-in system of your organisation (OpenID) says who you are.",
);
const GO: Text = text("OpenID арқылы кіру", "Войти через OpenID", "Sign in by OpenID");
const ENTERED: Text = text("Сіз жүйеге кірдіңіз", "Вы вошли", "You are signed in");
const GO_ON: Text = text("Жалғастыру", "Продолжить", "Go on");

/// The part of the page for signing in that leads there.
///
/// A link and not a form: the policy of content lets forms go to this service only, and browsers hold a redirect to it.
pub(super) fn part(html: &mut Html, visit: &Visit, next: &str) {
    html.say("h2", &[], visit.say(BY_PROVIDER));
    html.say("p", &[("class", "hint")], visit.say(WHO));
    let to = format!("{BEGIN}?next={}", encoded(next));
    html.el("p", &[], |html| html.say("a", &[("class", "button"), ("href", &to)], visit.say(GO)));
}

pub(super) async fn go(
    State(service): State<Arc<Service>>,
    Extension(visit): Extension<Visit>,
    Params(asked): Params<Asked>,
    parts: Parts,
) -> Result<Response, Problem> {
    match begin(&service, &parts, asked.next()).await {
        Ok((address, cookie)) => {
            let failed = |e: header::InvalidHeaderValue| {
                Problem::new(crate::error::ErrorCode::OidProvider, "description", e.to_string())
            };
            let address = HeaderValue::try_from(address).map_err(failed)?;
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, address), (header::SET_COOKIE, cookie)]).into_response())
        }
        Err(problem) => not_entered(&service, visit, problem).await,
    }
}

pub(super) async fn back(
    State(service): State<Arc<Service>>,
    Extension(mut visit): Extension<Visit>,
    Params(returned): Params<Returned>,
    parts: Parts,
) -> Result<Response, Problem> {
    match finish(&service, &parts, returned).await {
        Ok(entered) => {
            let next = entered.next.clone();
            let forgotten = forget(&service)?;
            let cookie = enter(&service, &parts, entered)?;
            // A redirect would still be a part of the way from the other site, and the `Strict` cookie of the session
            // would stay away from where it leads. A page that goes on by itself is ours.
            visit.address = SIGN_IN_PAGE.to_owned();
            let mut response = page(&visit, StatusCode::OK, visit.say(ENTERED), &[("/", visit.say(HOME))], |html| {
                html.el("p", &[], |html| html.say("a", &[("class", "button"), ("href", &next)], visit.say(GO_ON)));
            });
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, forgotten);
            headers.append(header::SET_COOKIE, cookie);
            if let Ok(on) = HeaderValue::try_from(format!("0; url={next}")) {
                headers.insert(header::REFRESH, on);
            }
            Ok(response)
        }
        Err(problem) => not_entered(&service, visit, problem).await,
    }
}

/// The page for signing in, which says what was not done.
async fn not_entered(service: &Arc<Service>, mut visit: Visit, problem: Problem) -> Result<Response, Problem> {
    if !service.has_openid() {
        return Err(problem);
    }
    let drawn = draw(service).await?;
    visit.address = SIGN_IN_PAGE.to_owned();
    let mut response = form(service, &visit, &Asked::default(), &drawn, Some(&problem));
    if let Some(seconds) = problem.retry_after_s() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response.extensions_mut().insert(Told(problem));
    Ok(response)
}
