//! `/search`: what the full text finds, with the places and what they say.
//!
//! A page shows the document of `/api/v1/search`, with links that narrow the question beside the hits. A question that
//! is not understood is said to be so beside the box in which it can be corrected.

use super::facets::{NARROW, PLACE, groups};
use super::frame::{HOME, SEARCH, Visit, day, explain, number, page};
use super::html::{Html, encoded};
use crate::api::caller::{Caller, Params};
use crate::api::frame::Told;
use crate::api::problem::Problem;
use crate::api::search::{SearchParams, found, searched};
use crate::api::service::Service;
use crate::error::ErrorCode;
use crate::model::submission::{AccessCategory, Kind};
use crate::model::validation::SignatureVerdict;
use crate::text::{Text, text};
use crate::view::words::{access_text, kind_text, verdict_text};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Records on a page.
const LIMIT: u32 = 20;

const NONE: Text = text(
    "Ештеңе табылмады. Басқа сөздермен іздеп көріңіз.",
    "Ничего не найдено. Попробуйте другие слова.",
    "Nothing was found. Try other words.",
);
const FOUND: Text = text("Табылған жазбалар", "Найдено записей", "Records found");
const ALL_WORDS: Text = text("барлық сөзі бар", "со всеми словами", "with all words");
const LAG: Text = text(
    "Ең жаңа құжаттардың мәтіні әлі қосылмаған; журнал жазбасы",
    "Текст самых новых документов ещё не добавлен; записей журнала",
    "The text of the newest documents is not there yet; entries of the journal",
);
const HELP: Text = text(
    "Жоғарыдағы өріске сөздерді, «тырнақшадағы тіркесті» не өріс:мән жазыңыз (agency, kind, direction, access, index, \
     reg, date, id).",
    "Введите в поле вверху слова, «фразу в кавычках» или поле:значение (agency, kind, direction, access, index, reg, \
     date, id).",
    "Type words, a “phrase in quotation marks” or field:value above (agency, kind, direction, access, index, reg, \
     date, id).",
);
const HIDDEN: Text = text("тақырыбы тізімде көрсетілмейді", "заголовок в списке не показан", "no title in a list");
const CARD: Text = text("карточкада", "в карточке", "in the card");
const PAGE: Text = text("бет", "стр.", "page");
const MORE: Text = text("Келесі бет", "Следующая страница", "Next page");

#[derive(Deserialize)]
pub(super) struct Asked {
    q: Option<String>,
    after: Option<String>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(mut visit): Extension<Visit>,
    caller: Caller,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let q = asked.q.unwrap_or_default();
    visit.query.clone_from(&q);
    let crumbs = [("/", visit.say(HOME))];
    let title = visit.say(SEARCH);
    if q.trim().is_empty() {
        service.ask(caller, |ask| searched(ask).map(drop)).await?;
        let help = |html: &mut Html| html.say("p", &[("class", "hint")], visit.say(HELP));
        return Ok(page(&visit, StatusCode::OK, title, &crumbs, help));
    }
    let params =
        SearchParams { q: q.clone(), after: asked.after.filter(|after| !after.is_empty()), limit: Some(LIMIT) };
    match service.ask(caller, move |ask| found(ask, &params)).await {
        Ok(value) => Ok(page(&visit, StatusCode::OK, title, &crumbs, |html| write(html, &visit, &q, &value))),
        // What was typed can be corrected where it stands.
        Err(problem) if matches!(problem.code, ErrorCode::IdxQuery | ErrorCode::SrvRequest) => {
            let mut response = page(&visit, problem.status(), title, &crumbs, |html| {
                explain(html, &visit, &problem);
                html.say("p", &[("class", "hint")], visit.say(HELP));
            });
            response.extensions_mut().insert(Told(problem));
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

fn write(html: &mut Html, visit: &Visit, q: &str, value: &Value) {
    let count = |name: &str| number(value[name].as_u64().unwrap_or(0), visit.lang);
    if value["total"].as_u64() == Some(0) {
        html.say("p", &[("role", "status")], visit.say(NONE));
    } else {
        let all = format!("{} {}", visit.say(ALL_WORDS), count("all_words"));
        html.say("p", &[("role", "status")], &format!("{}: {} ({all})", visit.say(FOUND), count("total")));
    }
    if value["lag"].as_u64() != Some(0) {
        html.say("p", &[("class", "hint")], &format!("{}: {}", visit.say(LAG), count("lag")));
    }
    let groups = groups(q, &value["counts"]);
    if !groups.is_empty() {
        // They come behind the hits: one step leads there.
        html.el("p", &[("class", "no-print")], |html| html.say("a", &[("href", PLACE)], visit.say(NARROW)));
    }
    html.el("div", &[("class", "results")], |html| {
        html.el("div", &[], |html| write_hits(html, visit, q, value));
        if !groups.is_empty() {
            groups.write(html, visit);
        }
    });
}

fn write_hits(html: &mut Html, visit: &Visit, q: &str, value: &Value) {
    html.el("ol", &[("class", "found")], |html| {
        for item in value["items"].as_array().into_iter().flatten() {
            html.el("li", &[], |html| write_item(html, visit, item));
        }
    });
    if let Some(next) = value["next"].as_str() {
        let to = format!("/search?q={}&after={}", encoded(q), encoded(next));
        html.el("p", &[], |html| html.say("a", &[("href", &to), ("rel", "next")], visit.say(MORE)));
    }
}

fn write_item(html: &mut Html, visit: &Visit, item: &Value) {
    let record = &item["record"];
    let field = |name: &str| record[name].as_str().unwrap_or_default();
    let to = format!("/records/{}", field("record_id"));
    let title = record["title"].as_str().filter(|title| !title.is_empty());
    html.el("div", &[], |html| {
        let named = format!("{} № {}", field("document_type"), field("registration_number"));
        html.say("a", &[("href", &to)], title.unwrap_or(&named));
        if title.is_none() {
            html.say("span", &[("class", "hint")], &format!(" ({})", visit.say(HIDDEN)));
        }
    });
    let mut about = vec![
        field("document_type").to_owned(),
        format!("№ {}", field("registration_number")),
        day(field("document_date")),
        field("agency").to_owned(),
    ];
    let words = [
        Kind::parse(field("kind")).map(kind_text),
        AccessCategory::parse(field("access_category")).map(access_text),
        SignatureVerdict::parse(field("signatures")).map(verdict_text),
    ];
    about.extend(words.into_iter().flatten().map(|words| visit.say(words).to_owned()));
    html.say("div", &[("class", "hint")], &about.join(" · "));
    for place in item["places"].as_array().into_iter().flatten() {
        html.el("p", &[], |html| write_place(html, visit, place));
    }
}

fn write_place(html: &mut Html, visit: &Visit, place: &Value) {
    let of = |name: &str| place[name].as_str().filter(|text| !text.is_empty());
    let mut at: Vec<String> = match of("component") {
        Some(component) => vec![component.to_owned()],
        None => vec![visit.say(CARD).to_owned()],
    };
    at.extend(of("member").map(str::to_owned));
    at.extend(place["page"].as_u64().map(|page| format!("{} {page}", visit.say(PAGE))));
    html.say("span", &[("class", "hint")], &format!("{}: ", at.join(", ")));
    let snippet = &place["snippet"];
    let Some(said) = snippet["text"].as_str() else { return };
    if snippet["cut_before"] == true {
        html.text("… ");
    }
    // Marks are places in characters, in order.
    let chars: Vec<char> = said.chars().collect();
    let mut from = 0;
    let part = |from: usize, to: usize| chars.get(from..to).unwrap_or_default().iter().collect::<String>();
    for mark in snippet["marks"].as_array().into_iter().flatten() {
        let end = |n: usize| mark[n].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(from).min(chars.len());
        let (start, stop) = (end(0).max(from), end(1).max(from));
        html.text(&part(from, start));
        html.say("mark", &[], &part(start, stop));
        from = stop.max(start);
    }
    html.text(&part(from, chars.len()));
    if snippet["cut_after"] == true {
        html.text(" …");
    }
}
