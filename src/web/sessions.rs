//! `/sessions`: where somebody is signed in, with a form to end each session.
//!
//! The list is that of the API. Ending the one that is being used leads to the first page, signed out. A session that
//! has ended meanwhile is what was wanted.

use super::frame::{HOME, SESSIONS, Visit, page, see};
use super::html::Html;
use crate::access::rights::Means;
use crate::api::caller::{Caller, id};
use crate::api::problem::Problem;
use crate::api::service::Service;
use crate::api::session::Listed;
use crate::api::sessions::{current, ended, listed, taken_back};
use crate::clock::local_text;
use crate::error::ErrorCode;
use crate::model::id::RecordId;
use crate::text::{Text, text};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

const ABOUT: Text = text(
    "Сіз осы жерлерде жүйеге кіргенсіз. Танымайтын сеансты аяқтаңыз.",
    "Здесь вы вошли в систему. Завершите сеанс, которого не узнаёте.",
    "You are signed in here. End a session that you do not recognise.",
);
const NONE: Text = text("Сеанс жоқ.", "Сеансов нет.", "There is no session.");
const BY: Text = text("Қалай кірдіңіз", "Как вошли", "Signed in by");
const BEGUN: Text = text("Басталды", "Начат", "Begun");
const USED: Text = text("Соңғы сұрау", "Последний запрос", "Last request");
const UNTIL: Text = text("Сұрау болмаса, аяқталады", "Без запросов закончится", "Ends without requests");
const END: Text = text("Аяқтау", "Завершить", "End");
const THIS: Text = text("осы сеанс", "этот сеанс", "this session");

fn means_text(means: Means) -> Text {
    match means {
        Means::Signature => text("қолтаңбамен", "подписью", "a signature"),
        Means::Password => text("құпиясөзбен", "паролем", "a password"),
        Means::Oidc => text("OpenID арқылы", "через OpenID", "OpenID"),
        Means::Token => text("токенмен", "токеном", "a token"),
        Means::Certificate => text("сертификатпен", "сертификатом", "a certificate"),
        Means::Local => text("командалық жолдан", "из командной строки", "the command line"),
    }
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(visit): Extension<Visit>,
    parts: Parts,
    caller: Caller,
) -> Result<Response, Problem> {
    let current = current(&service, &parts);
    let list = service.ask(caller, listed).await?;
    Ok(page(&visit, StatusCode::OK, visit.say(SESSIONS), &[("/", visit.say(HOME))], |html| {
        html.say("p", &[], visit.say(if list.is_empty() { NONE } else { ABOUT }));
        if !list.is_empty() {
            html.el("div", &[("class", "wide")], |html| write(html, &visit, &list, current));
        }
    }))
}

fn write(html: &mut Html, visit: &Visit, list: &[Listed], current: Option<RecordId>) {
    html.el("table", &[], |html| {
        html.el("thead", &[], |html| {
            html.el("tr", &[], |html| {
                for column in [BY, BEGUN, USED, UNTIL, END] {
                    html.say("th", &[("scope", "col")], visit.say(column));
                }
            });
        });
        html.el("tbody", &[], |html| {
            for session in list {
                html.el("tr", &[], |html| write_one(html, visit, session, current == Some(session.id)));
            }
        });
    });
}

fn write_one(html: &mut Html, visit: &Visit, session: &Listed, is_current: bool) {
    html.el("td", &[], |html| {
        html.text(visit.say(means_text(session.means)));
        if is_current {
            html.say("span", &[("class", "hint")], &format!(" ({})", visit.say(THIS)));
        }
    });
    for moment in [session.begun, session.used, session.until()] {
        html.say("td", &[], &local_text(moment));
    }
    html.el("td", &[], |html| {
        html.el("form", &[("action", "/sessions"), ("method", "post")], |html| {
            html.open("input", &[("type", "hidden"), ("name", "id"), ("value", &session.id.to_string())]);
            html.say("button", &[("type", "submit")], visit.say(END));
        });
    });
}

/// The session that is to end.
#[derive(Deserialize)]
pub(super) struct Ending {
    id: String,
}

pub(super) async fn end(
    State(service): State<Arc<Service>>,
    parts: Parts,
    caller: Caller,
    form: Result<Form<Ending>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(form) = form.map_err(|_| Problem::request("id", "not the form of this page"))?;
    let (current, session) = (current(&service, &parts), id(&form.id)?);
    match service.ask(caller, move |ask| ended(ask, session)).await {
        Err(problem) if problem.code != ErrorCode::SrvNoPath => return Err(problem),
        _ => {}
    }
    let is_current = current == Some(session);
    Ok(taken_back(&parts, is_current, see(if is_current { "/" } else { "/sessions" })))
}
