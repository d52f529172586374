//! Adopting nomenclatures and lists of periods.
//!
//! A nomenclature is adopted by a person of its agency. A list is adopted with an act that two officers of an agency
//! signed outside, and the service gives what they sign; one without an act, which is a sample, is for the command
//! line. A file is valid or it is refused with every fault.
//!
//! What a crash leaves: a file adopted or not; the same one sent again is held.

use super::body::read_json;
use super::caller::Caller;
use super::describe::{NomenclatureAdopting, NomenclatureAnswer, RulesAct, RulesAdopting, RulesAnswer};
use super::once::{Answer, act, response};
use super::problem::Problem;
use super::reach::of;
use super::service::{Ask, Service};
use super::signed::{Base64, material, receive, signatures};
use super::whole::whole;
use crate::access::rights::Action;
use crate::archive::Adoption;
use crate::error::Refusal;
use crate::filing::nomenclature;
use crate::ingest::lists::{self, ACT_FILE, Adopted};
use crate::model::nomenclature::{NOMENCLATURE_BYTES_MAX, Nomenclature};
use crate::retention::RuleList;
use crate::retention::list::LIST_BYTES_MAX;
use crate::view;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(adopt_nomenclature)).routes(routes!(adopt_rules)).routes(routes!(rules_act))
}

/// A nomenclature as a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NomenclatureFile {
    content: Base64,
}

fn refused(ask: &Ask, reasons: &[Refusal]) -> Answer {
    let body = view::refused(reasons, ask.lang()).to_string();
    Answer { status: StatusCode::UNPROCESSABLE_ENTITY, location: None, body }
}

fn adopted(is_new: bool, body: &Value) -> Answer {
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Answer { status, location: None, body: body.to_string() }
}

/// Adopts a nomenclature for its agency and year, in place of an earlier one: by a person, who signs in as one.
#[utoipa::path(post, path = "/api/v1/nomenclature", tag = "nomenclature",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = NomenclatureAdopting, content_type = "application/json"),
    responses(
        (status = 200, description = "It is in force already", body = NomenclatureAnswer),
        (status = 201, description = "Adopted and durable", body = NomenclatureAnswer),
        (status = 422, description = "Refused, with every reason", body = NomenclatureAnswer),
    ))]
async fn adopt_nomenclature(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::NomenclatureAdopt, &headers, body).await?;
    act((&service, caller), ("nomenclature", String::new()), (&headers, sent), do_adopt_nomenclature).await
}

fn do_adopt_nomenclature(ask: &Ask, _: &str, asked: NomenclatureFile) -> Result<Answer, Problem> {
    let file = &asked.content.0;
    check_length("content", file, NOMENCLATURE_BYTES_MAX)?;
    let read = match Nomenclature::parse(file, "nomenclature.toml") {
        Ok(read) => read,
        Err(reasons) => return Ok(refused(ask, &reasons)),
    };
    ask.may(Action::NomenclatureAdopt, &of(&read.agency))?;
    ask.wait_index()?;
    let adoption = nomenclature::adopt(&ask.archive, &read, file, ask.principal.actor)?;
    let is_new = matches!(adoption, Adoption::Done(_));
    Ok(adopted(is_new, &view::nomenclature_adopted(&read, &adoption)))
}

fn check_length(place: &str, file: &[u8], max: usize) -> Result<(), Problem> {
    if file.len() <= max { Ok(()) } else { Err(Problem::request(place, format!("at most {max} bytes"))) }
}

/// A list of periods as a file.
fn list(place: &str, file: &[u8]) -> Result<Result<RuleList, Vec<Refusal>>, Problem> {
    check_length(place, file, LIST_BYTES_MAX)?;
    Ok(RuleList::parse(file, "list.toml"))
}

/// A list with the act about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adopting {
    list: Base64,
    document: Base64,
    signatures: Vec<Base64>,
    #[serde(default)]
    material: Vec<Base64>,
}

/// Adopts an edition of a list of periods with the act about it, which two officers signed.
#[utoipa::path(post, path = "/api/v1/rules", tag = "retention",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once"),
    ),
    request_body(content = RulesAdopting, content_type = "application/json"),
    responses(
        (status = 200, description = "It is in force already", body = RulesAnswer),
        (status = 201, description = "Adopted and durable", body = RulesAnswer),
        (status = 422, description = "Refused, with every reason", body = RulesAnswer),
    ))]
async fn adopt_rules(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::RulesAdopt, &headers, body).await?;
    act((&service, caller), ("rules", String::new()), (&headers, sent), do_adopt_rules).await
}

fn do_adopt_rules(ask: &Ask, _: &str, adopting: Adopting) -> Result<Answer, Problem> {
    let Adopting { list: file, document, signatures: signed, material: extra } = adopting;
    // Whose officers sign, the act says; one that is malformed is nobody's, and refused.
    if let Ok(act) = lists::RulesAct::parse(&document.0) {
        ask.may(Action::RulesAdopt, &of(&act.agency))?;
    }
    let list = match list("list", &file.0)? {
        Ok(list) => list,
        Err(reasons) => return Ok(refused(ask, &reasons)),
    };
    let (signed, extra) = (signatures(signed)?, material(extra)?);
    ask.wait_index()?;
    let actor = ask.principal.actor;
    let found = lists::adopt(&ask.archive, (&list, &file.0), Some(&document.0), &signed, &extra, actor)?;
    ask.wait_index()?;
    Ok(match found {
        Adopted::Refused(reasons) => refused(ask, &reasons),
        Adopted::Done(entry) => adopted(true, &view::rules_adopted(&list, true, entry)),
        Adopted::Held(entry) => adopted(false, &view::rules_adopted(&list, false, entry)),
    })
}

/// What an act about a list is to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drafting {
    list: Base64,
    agency: String,
    date: Option<NaiveDate>,
    #[serde(default)]
    shortens: bool,
    reason: String,
}

/// Draws up the act by which a list is adopted, to be signed outside by an official and by the records office exactly
/// as it comes; nothing is kept of it.
#[utoipa::path(post, path = "/api/v1/rules/act", tag = "retention",
    request_body(content = RulesAct, content_type = "application/json"),
    responses((status = 200, description = "`act.toml`", content_type = "application/octet-stream")))]
async fn rules_act(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let sent = receive(&service, &caller, Action::RulesAdopt, &headers, body).await?;
    let drafting: Drafting = read_json(&headers, &sent.bytes)?;
    service
        .ask(caller, move |ask| {
            ask.may(Action::RulesAdopt, &of(&drafting.agency))?;
            let list = match list("list", &drafting.list.0)? {
                Ok(list) => list,
                Err(reasons) => return Ok(response(refused(ask, &reasons))),
            };
            let Drafting { agency, date, shortens, reason, .. } = drafting;
            let toml = lists::RulesAct::drawn_up(&list, &agency, date.unwrap_or(ask.today), shortens, &reason)?;
            whole(&HeaderMap::new(), toml.into_bytes(), "application/octet-stream", ACT_FILE)
        })
        .await
}
