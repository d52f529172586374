//! `/api/v1/receipts`: receipts and notices that wait for the signature of an officer, and each with its text.
//!
//! Who sent something in sees what became of it. Of what others sent, a receipt of a restricted record is seen by who
//! may know of the record; giving out its text is a reading.

use super::caller::{Caller, Of, Params};
use super::describe::{ReceiptRowPage, ReceiptWhole};
use super::page::listed;
use super::problem::Problem;
use super::service::{Ask, Service, target};
use crate::access::Reader;
use crate::access::rights::{Action, Scope, Target};
use crate::error::{Error, ErrorCode};
use crate::ingest::issue::{self, Subject};
use crate::model::answer::Answer;
use crate::model::submission::AccessCategory;
use crate::view;
use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Parameters of a list of receipts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// The cursor of the page before.
    #[param(max_length = 200)]
    after: Option<String>,
    /// Receipts on the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Receipts and notices that nobody has signed, oldest first.
#[utoipa::path(get, path = "/api/v1/receipts", tag = "receipts", params(ListParams),
    responses((status = 200, description = "A page", body = ReceiptRowPage)))]
async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| found(ask, &params)).await.map(Json)
}

fn found(ask: &Ask, params: &ListParams) -> Result<Value, Problem> {
    let scope = ask.list(Action::ReceiptSee)?;
    let mut rows = Vec::new();
    for row in issue::unsigned(&ask.archive)? {
        if seen_by(ask, &scope, row.subject, row.entry)?.is_some() {
            rows.push((row.entry.to_be_bytes().to_vec(), row));
        }
    }
    let paging = (params.after.as_deref(), params.limit);
    listed(&ask.service, "receipts", paging, rows, |row| Ok(Some(view::receipt_row(&row))))
}

/// By which rule the caller may know of a receipt or notice; none: they may not.
fn seen_by(ask: &Ask, scope: &Scope, subject: Subject, entry: u64) -> Result<Option<&'static str>, Problem> {
    let rule = |target: &Target| scope.rows_of(target).next().map(|row| row.rule);
    let by = ask.leaf(entry)?.actor;
    let row = match subject {
        Subject::Record(record) => ask.index().record_by_id(record)?,
        Subject::Refusal(refusal) => {
            let (document, _) = ask.document(refusal)?;
            let target = Target { agency: document.text("agency"), by: Some(by), ..Target::default() };
            return Ok(rule(&target));
        }
    };
    let Some(row) = row else { return Ok(None) };
    let is_known = row.access() == AccessCategory::Public
        || by == ask.principal.actor
        || ask.reached(Action::RecordList).contains(&target(&row));
    let target = Target { agency: Some(&row.agency), by: Some(by), ..Target::default() };
    Ok(rule(&target).filter(|_| is_known))
}

/// A receipt or notice: its text, the bytes to be signed, and the signature once it is issued.
#[utoipa::path(get, path = "/api/v1/receipts/{subject}", tag = "receipts",
    params(("subject" = String, Path, description = "Id of the record, or the entry of the acceptance or refusal")),
    responses((status = 200, description = "The receipt or notice", body = ReceiptWhole)))]
async fn show(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Of(text): Of<String>,
) -> Result<Json<Value>, Problem> {
    service.ask(caller, move |ask| whole(ask, &text)).await.map(Json)
}

fn whole(ask: &Ask, text: &str) -> Result<Value, Problem> {
    let scope = ask.list(Action::ReceiptSee)?;
    let what = "no receipt or notice was prepared";
    let none = || Problem::from(Error::new(ErrorCode::SigNoAnswer, text.chars().take(64).collect::<String>(), what));
    ask.wait_index()?;
    let subject = issue::subject(&ask.archive, text).map_err(|_| none())?;
    let entry = match subject {
        Subject::Refusal(entry) => entry,
        Subject::Record(record) => ask.index().record_by_id(record)?.ok_or_else(none)?.entry,
    };
    let is_refusal =
        |entry| ask.leaf(entry).is_ok_and(|leaf| leaf.act == crate::tlog::leaf::ActKind::SubmissionRefused);
    if matches!(subject, Subject::Refusal(entry) if !is_refusal(entry)) {
        return Err(none());
    }
    let rule = seen_by(ask, &scope, subject, entry)?.ok_or_else(none)?;
    if let Subject::Record(record) = subject
        && ask.leaf(entry)?.actor != ask.principal.actor
    {
        let row = ask.index().record_by_id(record)?.ok_or_else(none)?;
        // The text names the document: of a restricted one only who may be shown the record gets it.
        if row.access() != AccessCategory::Public {
            ask.may(Action::RecordShow, &target(&row))?;
        }
    }
    let reader = Reader::asking(ask.principal.actor, rule, ask.caller.purpose.as_deref());
    let prepared = issue::find(&ask.archive, subject, reader)?;
    let text = Answer::decode(&prepared.bytes).map(|answer| answer.text(ask.lang())).ok();
    let file = |name: &str, bytes: &[u8]| json!({"name": name, "base64": STANDARD.encode(bytes)});
    let mut files = vec![file(prepared.file(), &prepared.bytes)];
    files.extend(prepared.signature.as_ref().map(|signature| file(prepared.signature_file(), signature)));
    Ok(json!({"receipt": view::receipt(&prepared, &[]), "text": text, "files": files}))
}
