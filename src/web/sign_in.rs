//! `/sign-in`, `/sign-out`: by a signature over a text that is good once, or by the password of an account that sets
//! the archive up.
//!
//! With the script of this page the browser asks NCALayer, or a file, for the signature; without it the signature is
//! made elsewhere over the text that can be taken from here, and put into the form. Whatever did not do, the page says
//! one thing, and has a new text.

use super::assets;
use super::frame::{HOME, SIGN_IN, SIGN_OUT, Visit, explain, page, see};
use super::html::{Html, is_local};
use crate::api::caller::{Of, Params};
use crate::api::frame::Told;
use crate::api::login::{self, Drawn, SIGNATURE_BODY_BYTES_MAX, about, by_password, by_signature, cms_of, draw};
use crate::api::problem::Problem;
use crate::api::service::Service;
use crate::api::session::{check_own, set_cookie};
use crate::error::ErrorCode;
use crate::text::{Text, text};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Bytes of a form with a signature: in base64, whose signs a form may write with three characters each.
pub(super) const BODY_BYTES_MAX: usize = SIGNATURE_BODY_BYTES_MAX * 2;

const BY_SIGNATURE: Text = text("Қолтаңбамен", "Подписью", "By a signature");
const HOW: Text = text(
    "Төмендегі мәтінге өз кілтіңізбен қол қойыңыз. Ол бес минут бойы және бір рет қана жарайды.",
    "Подпишите текст ниже своим ключом. Он годен пять минут и только один раз.",
    "Sign the text below with your key. It is good for five minutes, once.",
);
const TEXT: Text = text("Қол қойылатын мәтін", "Подписываемый текст", "The text to be signed");
const TAKE: Text = text("Мәтінді файлмен алу", "Взять текст файлом", "Take the text as a file");
const LAYER: Text = text("NCALayer арқылы қол қою", "Подписать через NCALayer", "Sign with NCALayer");
const FROM_FILE: Text = text(
    "Дайын қолтаңба файлын (.cms, .p7s) таңдау",
    "Выбрать файл готовой подписи (.cms, .p7s)",
    "Choose a file with the signature (.cms, .p7s)",
);
const PASTED: Text =
    text("Қолтаңба (CMS, base64 немесе PEM)", "Подпись (CMS, base64 или PEM)", "The signature (CMS, base64 or PEM)");
const BY_PASSWORD: Text = text("Құпиясөзбен", "Паролем", "By a password");
const FOR_WHOM: Text = text(
    "Құпиясөз архивті баптайтын есептік жазбаларда ғана болады; ол жазбаларды оқуға құқық бермейді.",
    "Пароль есть только у учётных записей для настройки архива; права читать записи он не даёт.",
    "Only accounts that set the archive up have a password; it gives no right to read records.",
);
const ACCOUNT: Text = text("Есептік жазбаның аты", "Имя учётной записи", "Name of the account");
const PASSWORD: Text = text("Құпиясөз", "Пароль", "Password");
const SIGNED_IN: Text = text("Сіз жүйеге кіргенсіз", "Вы вошли", "You are signed in");
const WAITING: Text = text("NCALayer жауабы күтілуде…", "Ожидается ответ NCALayer…", "Waiting for NCALayer…");
const CHECKING: Text = text("Қолтаңба тексерілуде…", "Подпись проверяется…", "The signature is being checked…");
const NO_LAYER: Text = text(
    "NCALayer табылмады. Оны іске қосыңыз немесе қолтаңба файлын таңдаңыз.",
    "NCALayer не найден. Запустите его или выберите файл подписи.",
    "NCALayer was not found. Start it, or choose a file with the signature.",
);
const CANCELLED: Text = text("Қол қойылмады.", "Подпись не поставлена.", "Nothing was signed.");
const REFUSED: Text = text(
    "Кіру орындалмады. Бетті жаңартып, жаңа мәтінге қол қойыңыз.",
    "Войти не удалось. Обновите страницу и подпишите новый текст.",
    "Nobody was signed in. Reload the page and sign the new text.",
);
const FAILED: Text = text(
    "Архивпен байланыс үзілді. Қайталап көріңіз.",
    "Связь с архивом прервалась. Повторите.",
    "The line to the archive broke. Try again.",
);

#[derive(Default, Deserialize)]
pub(super) struct Asked {
    next: Option<String>,
}

impl Asked {
    /// Where to go then: a page of this service.
    pub(super) fn next(&self) -> &str {
        self.next.as_deref().filter(|next| is_local(next) && next.starts_with('/')).unwrap_or("/")
    }
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(visit): Extension<Visit>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let drawn = draw(&service).await?;
    Ok(form(&service, &visit, &asked, &drawn, None))
}

/// What a person hands in: a signature over the text with this id, or name and password.
#[derive(Deserialize)]
pub(super) struct Given {
    id: Option<String>,
    cms: Option<String>,
    account: Option<String>,
    password: Option<String>,
}

pub(super) async fn enter(
    State(service): State<Arc<Service>>,
    Extension(visit): Extension<Visit>,
    Params(asked): Params<Asked>,
    parts: Parts,
    given: Result<Form<Given>, FormRejection>,
) -> Result<Response, Problem> {
    check_own(&parts.headers, true)?;
    let Form(given) = given.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ErrorCode::SrvTooLarge, "form", "too large"),
        _ => Problem::request("form", "not the form of this page"),
    })?;
    // A browser that cannot keep the cookie is told so before anything is tried.
    set_cookie(&parts, "")?;
    let about = about(&parts)?;
    let signed = match (given.id, given.cms, given.account, given.password) {
        (Some(id), Some(cms), _, _) => by_signature(&service, about, &id, cms_of(&cms).unwrap_or_default()).await,
        (_, _, Some(account), Some(password)) => by_password(&service, about, account, password).await,
        _ => return Err(Problem::request("form", "neither a signature nor a password")),
    };
    match signed {
        Ok(signed) => {
            let cookie = login::begin(&service, &parts, signed)?;
            let mut response = see(asked.next());
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(problem) => {
            let drawn = draw(&service).await?;
            let mut response = form(&service, &visit, &asked, &drawn, Some(&problem));
            if let Some(seconds) = problem.retry_after_s() {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response.extensions_mut().insert(Told(problem));
            Ok(response)
        }
    }
}

/// The text that is to be signed, byte for byte.
pub(super) async fn to_sign(State(service): State<Arc<Service>>, Of(id): Of<String>) -> Result<Response, Problem> {
    let text = service.logins.text(&id, service.slot.clock().now()).ok_or_else(|| Problem::nothing("sign-in"))?;
    let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    let named = (header::CONTENT_DISPOSITION, "attachment; filename=\"muragat-sign-in.txt\"");
    Ok(([kind, named], text).into_response())
}

pub(super) async fn leave(State(service): State<Arc<Service>>, parts: Parts) -> Result<Response, Problem> {
    let cookie = login::end(&service, &parts)?;
    let mut response = see("/");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

pub(super) fn form(
    service: &Service,
    visit: &Visit,
    asked: &Asked,
    drawn: &Drawn,
    wrong: Option<&Problem>,
) -> Response {
    let status = wrong.map_or(StatusCode::OK, Problem::status);
    page(visit, status, visit.say(SIGN_IN), &[("/", visit.say(HOME))], |html| {
        if let Some(problem) = wrong {
            explain(html, visit, problem);
        }
        if let Some(account) = &visit.account {
            html.el("form", &[("action", "/sign-out"), ("method", "post")], |html| {
                html.say("p", &[], &format!("{}: {account}", visit.say(SIGNED_IN)));
                html.say("button", &[("type", "submit")], visit.say(SIGN_OUT));
            });
        }
        by_signature_form(html, visit, asked, drawn);
        if service.has_openid() {
            #[cfg(feature = "oidc")]
            super::openid::part(html, visit, asked.next());
        }
        html.say("h2", &[], visit.say(BY_PASSWORD));
        html.say("p", &[("class", "hint")], visit.say(FOR_WHOM));
        html.el("form", &[("action", &visit.address), ("method", "post")], |html| {
            for (name, kind, label, filled) in
                [("account", "text", ACCOUNT, "username"), ("password", "password", PASSWORD, "current-password")]
            {
                html.el("div", &[("class", "field")], |html| {
                    html.say("label", &[("for", name)], visit.say(label));
                    let input = [("id", name), ("name", name), ("type", kind), ("autocomplete", filled)];
                    html.open("input", &input);
                });
            }
            html.say("button", &[("type", "submit")], visit.say(SIGN_IN));
        });
    })
}

fn by_signature_form(html: &mut Html, visit: &Visit, asked: &Asked, drawn: &Drawn) {
    html.say("h2", &[], visit.say(BY_SIGNATURE));
    html.say("p", &[], visit.say(HOW));
    let says = [
        ("data-nonce", drawn.id.as_str()),
        ("data-text", drawn.text.as_str()),
        ("data-next", asked.next()),
        ("data-waiting", visit.say(WAITING)),
        ("data-checking", visit.say(CHECKING)),
        ("data-layer", visit.say(NO_LAYER)),
        ("data-cancelled", visit.say(CANCELLED)),
        ("data-refused", visit.say(REFUSED)),
        ("data-failed", visit.say(FAILED)),
    ];
    html.el("section", &says, |html| {
        html.el("div", &[("data-script", ""), ("hidden", "")], |html| {
            html.el("p", &[], |html| {
                html.say("button", &[("type", "button"), ("id", "layer")], visit.say(LAYER));
            });
            html.el("p", &[], |html| {
                let file = [("type", "file"), ("id", "file"), ("class", "hidden-input"), ("accept", ".cms,.p7s,.pem")];
                html.open("input", &file);
                html.say("label", &[("for", "file"), ("class", "button")], visit.say(FROM_FILE));
            });
        });
        html.say("p", &[("id", "state"), ("role", "status")], "");
        html.say("h3", &[], visit.say(TEXT));
        html.say("pre", &[], &drawn.text);
        let taken = format!("/sign-in/text/{}", drawn.id);
        html.el("p", &[], |html| html.say("a", &[("href", &taken), ("download", "")], visit.say(TAKE)));
        html.el("form", &[("action", &visit.address), ("method", "post")], |html| {
            html.open("input", &[("type", "hidden"), ("name", "id"), ("value", &drawn.id)]);
            html.el("div", &[("class", "field")], |html| {
                html.say("label", &[("for", "cms")], visit.say(PASTED));
                html.say("textarea", &[("id", "cms"), ("name", "cms"), ("spellcheck", "false")], "");
            });
            html.say("button", &[("type", "submit")], visit.say(SIGN_IN));
        });
    });
    html.say("script", &[("type", "module"), ("src", &assets::sign_in())], "");
}
