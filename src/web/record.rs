//! `/records/{id}`: a record in words.
//!
//! The page shows the document of `/api/v1/records/{id}`. A record about persons is read for a purpose: the page asks
//! for it in a form, the session remembers it, and the reading is in the journal, with the purpose, before a word of
//! the record is shown.

use super::frame::{HOME, SEARCH, Visit, bytes, day, explain, moment, page, see};
use super::html::Html;
use crate::access::rights::{Action, decide};
use crate::api::caller::{Caller, Of, id};
use crate::api::frame::Told;
use crate::api::problem::Problem;
use crate::api::records::shown;
use crate::api::service::{Ask, Service, target};
use crate::api::session::cookie_of;
use crate::error::ErrorCode;
use crate::index::rows::RecordRow;
use crate::model::amendment::AmendmentKind;
use crate::model::record::CardField;
use crate::model::submission::{AccessCategory, CertifierRole, Direction, Kind, Role};
use crate::model::validation::SignatureVerdict;
use crate::text::{Lang, Text, text};
use crate::tlog::leaf::ActKind;
use crate::verify::verdict::Indication;
use crate::view::words::{
    access_text, act_text, amendment_text, certifier_text, direction_text, field_text, kind_text, paper_text,
    role_text, verdict_text,
};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

const RECORD: Text = text("Жазба", "Запись", "Record");
const KIND: Text = text("Құжат нысаны", "Вид записи", "Kind");
const CERTIFIED: Text = text("Куәландырған", "Заверил", "Certified by");
const ACCEPTED: Text = text("Қабылданды", "Принята", "Accepted");
const AGENCY: Text = text("Мемлекеттік орган", "Госорган", "Agency");
const DIRECTION: Text = text("Бағыты", "Направление", "Direction");
const DELIVERY: Text = text("Жеткізілуі", "Доставка", "Delivery");
const DELIVERED: Text =
    text("жеткізілген: түбіртегі бар", "доставлен: есть уведомление", "delivered: a receipt is held");
const NOT_DELIVERED: Text = text(
    "жеткізілмеген: алушының түбіртегі жоқ",
    "не доставлен: нет уведомления получателя",
    "not delivered: no receipt of the recipient",
);
const FILED: Text = text("Салынған ісі", "Помещена в дело", "Put into file");
const NO_FILE: Text = text("әлі іске салынбаған", "ещё не помещена в дело", "not in a file yet");
const HOLDS: Text = text("Тыйымдар", "Запреты", "Holds");
const NO_HOLDS: Text = text("жоқ", "нет", "none");
const ON_RECORD: Text = text("осы жазбаға", "на эту запись", "on this record");
const ON_FILE: Text = text("оның ісіне", "на её дело", "on its file");
const ACCESS: Text = text("Қолжетімділік", "Доступ", "Access");
const SIGNATURES: Text = text("Қолтаңбалар", "Подписи", "Signatures");
const NOT_VALIDATED: Text =
    text("қабылдау кезінде тексерілмеген", "при приёме не проверялись", "not validated at receipt");
const FLAG: Text = text("Белгі", "Пометка", "Flag");
const SAME_CONTENT: Text = text("Мазмұны бірдей жазба", "Запись с тем же содержанием", "Record with the same content");
const IN_SEARCH: Text = text(
    "ІЗДЕСТІРУДЕ: тексеру бұл жазбаны немесе оның бөлігін таппады",
    "В РОЗЫСКЕ: проверка не нашла эту запись или её часть",
    "IN SEARCH: a check did not find this record or a part of it",
);
const NEEDS_PAPER: Text = text(
    "Заң бойынша қағаз түпнұсқасы болуға тиіс",
    "По закону должен быть бумажный подлинник",
    "By law there must be an original on paper",
);
const CARD: Text =
    text("Тіркеу-бақылау карточкасы", "Регистрационно-контрольная карточка", "Registration-control card");
const FILES: Text = text("Файлдар", "Файлы", "Files");
const NAME: Text = text("Атауы", "Имя", "Name");
const PART_OF: Text = text("Рөлі", "Роль", "Role");
const SIZE: Text = text("Көлемі", "Размер", "Size");
const FORMAT: Text = text("Пішімі", "Формат", "Format");
const UNKNOWN_FORMAT: Text = text("анықталмаған", "не определён", "not identified");
const DOWNLOAD: Text = text("Жүктеп алу", "Скачать", "Download");
const INSIDE: Text = text("ішіндегі құжат", "документ внутри", "the document inside");
const AMENDMENTS: Text = text("Толықтырулар", "Дополнения", "Additions");
const CUSTODY: Text = text("Сақтау тарихы", "История хранения", "Custody");
const READINGS: Text = text("Оқылуы", "Прочтения", "Readings");
const NO_READINGS: Text = text("журналда оқу жазбасы жоқ", "в журнале прочтений нет", "no reading is in the journal");
const ENTRY: Text = text("Журнал жазбасы", "Запись журнала", "Entry");
const TIME: Text = text("Уақыты", "Время", "Time");
const ACT: Text = text("Әрекет", "Действие", "Act");
const WHO: Text = text("Кім", "Кто", "Who");
const SYSTEM: Text = text("жүйе", "система", "the system");
const ASKED: Text = text("Оқу мақсаты", "Цель чтения", "Purpose of reading");
const WHY_ASKED: Text = text(
    "Бұл жазба адамдар туралы. Оны не үшін оқитыныңызды жазыңыз: мақсат пен сіздің атыңыз журналға жазылады, содан \
     кейін ғана жазба көрсетіледі.",
    "Это запись о людях. Напишите, для чего вы её читаете: цель и ваше имя попадут в журнал, и только потом запись \
     будет показана.",
    "This record is about persons. Say what you read it for: the purpose and who you are go into the journal, and only \
     then the record is shown.",
);
const SHOW: Text = text("Журналға жазып, көрсету", "Записать в журнал и показать", "Note it in the journal and show");
const WRONG_PURPOSE: Text = text(
    "Мақсат бір жол мәтін болсын: 1-ден 500 таңбаға дейін.",
    "Цель — одна строка текста: от 1 до 500 знаков.",
    "The purpose is one line of text: 1 to 500 characters.",
);

/// Characters of a purpose, as the archive takes it.
const PURPOSE_CHARS_MAX: usize = 500;

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(visit): Extension<Visit>,
    caller: Caller,
    Of(record): Of<String>,
) -> Result<Response, Problem> {
    let name = record.clone();
    let look = move |ask: &Ask| {
        let value = shown(ask, &record)?;
        // What the caller may not do is not offered.
        let row = ask.index().record_by_id(id(&record)?)?;
        let may_take = |row: &RecordRow| decide(&ask.principal, Action::ContentTake, &target(row), ask.today).allowed;
        Ok((value, row.as_ref().is_some_and(may_take)))
    };
    match service.ask(caller, look).await {
        Ok((value, may_take)) => {
            let title = title(&visit, &value);
            let crumbs = [("/", visit.say(HOME)), ("/search", visit.say(SEARCH))];
            Ok(page(&visit, StatusCode::OK, &title, &crumbs, |html| write(html, &visit, &value, may_take)))
        }
        Err(problem) if problem.code == ErrorCode::AccPurpose => Ok(ask_purpose(&visit, &name, None)),
        Err(problem) => Err(problem),
    }
}

/// What a person types.
#[derive(Deserialize)]
pub(super) struct Purpose {
    purpose: String,
}

/// Takes the purpose, of who may see the record: to others there is no such page.
pub(super) async fn say(
    State(service): State<Arc<Service>>,
    Extension(visit): Extension<Visit>,
    caller: Caller,
    Of(record): Of<String>,
    parts: Parts,
    form: Result<Form<Purpose>, FormRejection>,
) -> Result<Response, Problem> {
    let record = id(&record)?;
    service.ask(caller, move |ask| ask.record(record, Action::RecordShow).map(|_| ())).await?;
    let Form(form) = form.map_err(|_| Problem::request("purpose", "not the form of this page"))?;
    let purpose = form.purpose.trim();
    let chars = purpose.chars().count();
    if chars == 0 || chars > PURPOSE_CHARS_MAX || purpose.chars().any(char::is_control) {
        let problem = Problem::new(ErrorCode::AccPurpose, record.to_string(), "the purpose is no line of text");
        let mut response = ask_purpose(&visit, &record.to_string(), Some(&problem));
        response.extensions_mut().insert(Told(problem));
        return Ok(response);
    }
    if let Some(secret) = cookie_of(&parts) {
        service.sessions.say(&secret, record, purpose.to_owned(), service.slot.clock().now());
    }
    Ok(see(&format!("/records/{record}")))
}

fn ask_purpose(visit: &Visit, record: &str, wrong: Option<&Problem>) -> Response {
    let crumbs = [("/", visit.say(HOME)), ("/search", visit.say(SEARCH))];
    let status = wrong.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    page(visit, status, visit.say(ASKED), &crumbs, |html| {
        if let Some(problem) = wrong {
            html.say("p", &[("class", "bad"), ("role", "alert")], visit.say(WRONG_PURPOSE));
            explain(html, visit, problem);
        }
        html.say("p", &[], visit.say(WHY_ASKED));
        let action = format!("/records/{record}");
        html.el("form", &[("action", &action), ("method", "post"), ("class", "field")], |html| {
            html.say("label", &[("for", "purpose")], visit.say(ASKED));
            html.open(
                "input",
                &[("id", "purpose"), ("name", "purpose"), ("maxlength", "500"), ("autocomplete", "off")],
            );
            html.el("div", &[], |html| html.say("button", &[("type", "submit")], visit.say(SHOW)));
        });
    })
}

/// Its title, as far as it is shown; else its id.
fn title(visit: &Visit, value: &Value) -> String {
    let title = value["card"][CardField::Title.as_str()].as_str().filter(|title| !title.is_empty());
    let id = value["record_id"].as_str().unwrap_or_default();
    title.map_or_else(|| format!("{} {id}", visit.say(RECORD)), str::to_owned)
}

/// The words of a value; the value itself when the program has none for it, which is better than nothing.
fn words<T>(value: &Value, parse: impl Fn(&str) -> Option<T>, say: impl Fn(T) -> Text, lang: Lang) -> String {
    let word = value.as_str().unwrap_or_default();
    parse(word).map_or_else(|| word.to_owned(), |known| say(known).get(lang).to_owned())
}

fn write(html: &mut Html, visit: &Visit, value: &Value, may_take: bool) {
    if value["in_search"].is_u64() {
        html.say("p", &[("class", "bad")], &format!("{} (#{})", visit.say(IN_SEARCH), value["in_search"]));
    }
    html.el("dl", &[], |html| write_about(html, visit, value));
    write_signatures(html, visit, value);
    html.say("h2", &[], visit.say(CARD));
    html.el("dl", &[], |html| write_card(html, visit, &value["card"]));
    html.say("h2", &[], visit.say(FILES));
    write_files(html, visit, value, may_take);
    write_amendments(html, visit, value);
    html.say("h2", &[], visit.say(CUSTODY));
    write_history(html, visit, &value["custody"]);
    html.say("h2", &[], visit.say(READINGS));
    if value["readings"].as_array().is_some_and(|readings| !readings.is_empty()) {
        write_history(html, visit, &value["readings"]);
    } else {
        html.say("p", &[("class", "hint")], visit.say(NO_READINGS));
    }
}

fn write_about(html: &mut Html, visit: &Visit, value: &Value) {
    let lang = visit.lang;
    let mut line = |name: Text, value: &str| {
        html.say("dt", &[], visit.say(name));
        html.say("dd", &[], value);
    };
    let plain = |name: &str| value[name].as_str().unwrap_or_default();
    line(RECORD, plain("record_id"));
    line(KIND, &words(&value["kind"], Kind::parse, kind_text, lang));
    if let Some(surname) = value["certified_by"]["surname"].as_str() {
        let role = words(&value["certified_by"]["role"], CertifierRole::parse, certifier_text, lang);
        let post = value["certified_by"]["post"].as_str().map(|post| format!(", {post}")).unwrap_or_default();
        line(CERTIFIED, &format!("{surname} ({role}{post})"));
    }
    line(ACCEPTED, &moment(plain("accepted")));
    line(AGENCY, plain("agency"));
    line(DIRECTION, &words(&value["direction"], Direction::parse, direction_text, lang));
    match plain("delivery") {
        "delivered" => line(DELIVERY, visit.say(DELIVERED)),
        "" => {}
        _ => line(DELIVERY, visit.say(NOT_DELIVERED)),
    }
    let filed = &value["filed"];
    let file = ["index", "title", "citation"].map(|name| filed[name].as_str().unwrap_or_default());
    let year = filed["year"].as_i64().map(|year| year.to_string()).unwrap_or_default();
    let file: Vec<&str> = [file[0], &year, file[1], file[2]].into_iter().filter(|part| !part.is_empty()).collect();
    let file = file.join(" · ");
    line(FILED, if file.is_empty() { visit.say(NO_FILE) } else { &file });
    if value["paper_original_required"] == true {
        line(FLAG, visit.say(NEEDS_PAPER));
    }
    let holds = value["holds"].as_array().map(Vec::as_slice).unwrap_or_default();
    if holds.is_empty() {
        line(HOLDS, visit.say(NO_HOLDS));
    }
    for hold in holds {
        let on = if hold["on"] == "record" { ON_RECORD } else { ON_FILE };
        line(HOLDS, &format!("{} ({})", hold["hold"].as_str().unwrap_or_default(), visit.say(on)));
    }
    let access = AccessCategory::parse(plain("access_category"));
    line(ACCESS, &words(&value["access_category"], AccessCategory::parse, access_text, lang));
    if let Some(access) = access {
        line(SEEN_BY, visit.say(seen_by(access)));
    }
    for flag in value["flags"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let said = ErrorCode::parse(flag).map_or("", |code| code.text(lang));
        line(FLAG, &format!("{flag} {said}"));
    }
    for other in value["same_content"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        line(SAME_CONTENT, other);
    }
}

const SEEN_BY: Text = text("Кім көре алады", "Кто может видеть", "Who may see it");

fn seen_by(access: AccessCategory) -> Text {
    match access {
        AccessCategory::Public => text(
            "осы органның жазбаларын көруге құқығы барлар",
            "кто имеет право видеть записи этого органа",
            "who has the right to see records of this agency",
        ),
        AccessCategory::Confidential => text(
            "осы санатқа рұқсаты барлар ғана; әр оқу мақсатымен журналға жазылады",
            "только кому разрешена эта категория; каждое прочтение с целью записано в журнал",
            "only who is granted this category; every reading is in the journal with its purpose",
        ),
        AccessCategory::OfficialUse => text(
            "осы санатқа рұқсаты барлар ғана; әр оқу журналға жазылады",
            "только кому разрешена эта категория; каждое прочтение записано в журнал",
            "only who is granted this category; every reading is in the journal",
        ),
    }
}

fn write_signatures(html: &mut Html, visit: &Visit, value: &Value) {
    html.say("h2", &[], visit.say(SIGNATURES));
    let status = value["signature_status"].as_str().and_then(SignatureVerdict::parse);
    html.el("p", &[], |html| {
        html.say("strong", &[], visit.say(status.map_or(NOT_VALIDATED, verdict_text)));
    });
    let parts = |of: &Value, at: &str| of.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    let signatures = parts(value, "/validation/signatures");
    if signatures.is_empty() {
        return;
    }
    html.el("ul", &[], |html| {
        for signature in &signatures {
            for report in parts(signature, "/report/signatures") {
                let subject = report.pointer("/signer/subject").and_then(Value::as_str).unwrap_or_default();
                let covers = signature["covers"].as_str().unwrap_or_default();
                let found = words(&report["indication"], Indication::parse, |found| found.text(), visit.lang);
                html.el("li", &[], |html| {
                    html.text(&format!("{covers}: "));
                    html.say("strong", &[], &found);
                    html.text(&format!(" · {subject}"));
                });
            }
        }
    });
}

fn write_card(html: &mut Html, visit: &Visit, card: &Value) {
    for field in CardField::ALL {
        let Some(said) = card[field.as_str()].as_str().filter(|said| !said.is_empty()) else { continue };
        let paper = (*field == CardField::PaperMark).then(|| paper_text(said)).flatten();
        let is_date = matches!(field, CardField::DocumentDate | CardField::LinkDate);
        let said = match paper {
            Some(words) => visit.say(words).to_owned(),
            None if is_date => day(said),
            None => said.replace('\n', ", "),
        };
        html.say("dt", &[], visit.say(field_text(*field)));
        html.say("dd", &[], &said);
    }
}

fn write_files(html: &mut Html, visit: &Visit, value: &Value, may_take: bool) {
    let record = value["record_id"].as_str().unwrap_or_default();
    html.el("div", &[("class", "wide")], |html| {
        html.el("table", &[], |html| {
            let columns = [NAME, PART_OF, SIZE, FORMAT, DOWNLOAD];
            head(html, visit, if may_take { &columns } else { &columns[..4] });
            html.el("tbody", &[], |html| {
                for (number, component) in value["components"].as_array().into_iter().flatten().enumerate() {
                    html.el("tr", &[], |html| {
                        write_file(html, visit, component);
                        if may_take {
                            write_link(html, visit, &format!("{record}/components/{number}"), component);
                        }
                    });
                }
            });
        });
    });
}

fn write_file(html: &mut Html, visit: &Visit, component: &Value) {
    let path = component["path"].as_str().unwrap_or_default();
    let size = |of: &Value| bytes(of["size"].as_u64().unwrap_or(0), visit.lang);
    html.el("td", &[], |html| {
        html.text(path);
        if let Some(inside) = component["content"]["path"].as_str() {
            html.open("br", &[]);
            html.text(&format!("{inside} ({}, {})", visit.say(INSIDE), size(&component["content"])));
        }
        html.el("details", &[("class", "no-print")], |html| {
            html.say("summary", &[], "SHA-256");
            html.say("code", &[], component["sha256"].as_str().unwrap_or_default());
        });
    });
    html.say("td", &[], &words(&component["role"], Role::parse, role_text, visit.lang));
    html.say("td", &[], &size(component));
    let format = &component["format"];
    let named = ["name", "version"].map(|name| format[name].as_str().unwrap_or_default()).join(" ");
    let named = Some(named.trim()).filter(|named| !named.is_empty()).or(format["puid"].as_str());
    html.say("td", &[], named.unwrap_or(visit.say(UNKNOWN_FORMAT)));
}

fn write_link(html: &mut Html, visit: &Visit, of: &str, component: &Value) {
    let to = format!("/api/v1/records/{of}/content");
    let label = format!("{}: {}", visit.say(DOWNLOAD), component["path"].as_str().unwrap_or_default());
    html.el("td", &[], |html| {
        html.say("a", &[("href", &to), ("download", ""), ("aria-label", &label)], visit.say(DOWNLOAD));
    });
}

fn write_amendments(html: &mut Html, visit: &Visit, value: &Value) {
    let amendments = value["amendments"].as_array().map(Vec::as_slice).unwrap_or_default();
    if amendments.is_empty() {
        return;
    }
    html.say("h2", &[], visit.say(AMENDMENTS));
    html.el("ol", &[], |html| {
        for amendment in amendments {
            let kind = words(&amendment["kind"], AmendmentKind::parse, amendment_text, visit.lang);
            let reason = amendment["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
            let time = moment(amendment["time"].as_str().unwrap_or_default());
            html.say("li", &[], &format!("{time} · {kind}{reason}"));
        }
    });
}

fn write_history(html: &mut Html, visit: &Visit, entries: &Value) {
    html.el("div", &[("class", "wide")], |html| {
        html.el("table", &[], |html| {
            head(html, visit, &[ENTRY, TIME, ACT, WHO]);
            html.el("tbody", &[], |html| {
                for entry in entries.as_array().into_iter().flatten() {
                    html.el("tr", &[], |html| {
                        html.say("td", &[], &format!("#{}", entry["entry"]));
                        html.say("td", &[], &moment(entry["time"].as_str().unwrap_or_default()));
                        html.el("td", &[], |html| {
                            html.text(&words(&entry["act"], ActKind::from_text, act_text, visit.lang));
                            html.text(" ");
                            html.say("code", &[], entry["act"].as_str().unwrap_or_default());
                        });
                        html.say("td", &[], entry["account"].as_str().unwrap_or(visit.say(SYSTEM)));
                    });
                }
            });
        });
    });
}

fn head(html: &mut Html, visit: &Visit, names: &[Text]) {
    html.el("thead", &[], |html| {
        html.el("tr", &[], |html| {
            names.iter().for_each(|name| html.say("th", &[("scope", "col")], visit.say(*name)));
        });
    });
}
