//! `/api/v1/inquiries`: inquiries of courts and other bodies, and all that was done under one.
//!
//! An inquiry is of the agency that answers it. What is done under it is in `desk`, what a court gets in
//! `bundles`. The register is made anew each time, of what the caller sees; it has what the form in force asks for.

use super::caller::{Caller, Of, Params, id};
use super::describe::{FormPrint, Inquiry, InquiryRowPage};
use super::page::listed;
use super::problem::Problem;
use super::reach::{Sight, of, seen};
use super::service::{Ask, Service};
use super::whole::whole;
use crate::access::rights::Action;
use crate::disposition::forms::{Held, in_force};
use crate::error::{Error, ErrorCode};
use crate::inquiry::desk;
use crate::inquiry::register::{Line, register_of};
use crate::model::form::{Filled, FormId};
use crate::text::Lang;
use crate::view::{HIDDEN, InquiryView, Masked, form_print, inquiry_row};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(register))
        .routes(routes!(register_content))
}

/// Parameters of a list of inquiries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only those that are not closed.
    open: Option<bool>,
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Inquiries on the page.
    limit: Option<u32>,
}

/// Inquiries, oldest first.
#[utoipa::path(get, path = "/api/v1/inquiries", tag = "inquiries", params(ListParams),
    responses((status = 200, description = "A page", body = InquiryRowPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &ListParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::InquirySee)?;
    let open = params.open.unwrap_or_default();
    let mut rows = Vec::new();
    for inquiry in desk::list(&ask.archive, !open)? {
        if let Some(masked) = seen(&scope, &of(&inquiry.opening.agency)) {
            rows.push((inquiry.row.opened.to_be_bytes().to_vec(), (inquiry, masked)));
        }
    }
    let question = format!("inquiries\n{open}");
    let paging = (params.after.as_deref(), params.limit);
    listed(&ask.service, &question, paging, rows, |(inquiry, masked)| {
        Ok(Some(inquiry_row(&inquiry, ask.today, masked)))
    })
}

/// An inquiry with its searches, what is under it, and how it ended.
#[utoipa::path(get, path = "/api/v1/inquiries/{inquiry_id}", tag = "inquiries",
    params(("inquiry_id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The inquiry", body = Inquiry)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let scope = ask.list(Action::InquirySee)?;
            let id = id(&text)?;
            let unknown = || Error::new(ErrorCode::InqUnknown, id.to_string(), "no such inquiry");
            ask.wait_index()?;
            let inquiry = desk::find(&ask.archive, id)?;
            let masked = seen(&scope, &of(&inquiry.opening.agency)).ok_or_else(unknown)?;
            let mut view = InquiryView::read(&ask.archive, inquiry)?;
            // A search with the command line finds in every agency.
            let mut sight = Sight::new(ask);
            view.keep(|id| sight.of(id).map(|how| how.is_some()))?;
            Ok(Json(view.value(ask.today, masked)))
        })
        .await
}

/// Parameters of the register.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RegisterParams {
    /// Only inquiries that were opened in this year.
    #[param(minimum = 1, maximum = 9999)]
    year: Option<u16>,
}

/// The register of inquiries, as data: what is on the paper, in Kazakh or Russian.
#[utoipa::path(get, path = "/api/v1/inquiry-register", tag = "inquiries", params(RegisterParams),
    responses((status = 200, description = "The register with the form in force", body = FormPrint)))]
async fn register(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<RegisterParams>,
) -> Result<Json<Value>, Problem> {
    service
        .ask(caller, move |ask| {
            let (held, filled) = registered(ask, &params)?;
            Ok(Json(form_print(&held, &filled, ask.lang())))
        })
        .await
}

/// The register of inquiries for paper, by the form in force.
#[utoipa::path(get, path = "/api/v1/inquiry-register/content", tag = "inquiries",
    params(
        RegisterParams,
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is its ETag"),
    ),
    responses(
        (status = 200, description = "One HTML document, which needs nothing from outside", content_type = "text/html"),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn register_content(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<RegisterParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    service
        .ask(caller, move |ask| {
            let (held, filled) = registered(ask, &params)?;
            let html = held.form.html(&filled, ask.lang()).into_bytes();
            whole(&headers, html, "text/html; charset=utf-8", "inquiry-register.html")
        })
        .await
}

/// The form in force, filled in with the inquiries that the caller sees.
fn registered(ask: &Ask, params: &RegisterParams) -> Result<(Held, Filled), Problem> {
    let scope = ask.list(Action::InquirySee)?;
    let year = params.year.map(i32::from);
    if year.is_some_and(|year| !(1..=9999).contains(&year)) {
        return Err(Problem::request("year", "1 to 9999"));
    }
    // A form has no English: what is filled in is in the language of its words.
    let lang = if ask.lang() == Lang::En { Lang::Kk } else { ask.lang() };
    let line = |masked| if masked == Masked::Yes { Line::Masked(HIDDEN) } else { Line::Whole };
    let sees = |inquiry: &desk::Inquiry| seen(&scope, &of(&inquiry.opening.agency)).map(line);
    // A search with the command line finds in every agency.
    let mut sight = Sight::new(ask);
    let filled = register_of(&ask.archive, (year, lang), sees, |id| sight.of(id).map(|how| how.is_some()))?;
    Ok((in_force(&ask.archive, FormId::InquiryRegister)?, filled))
}
