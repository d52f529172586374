//! Every path of the service on one page.
//!
//! What stands around all of them is the frame; what each does is in the file of its resource.

use super::describe::describe;
use super::frame::frame;
use super::service::Service;
use super::{accessions, deliveries, handover, parties, transfers};
use super::{adoption, bundles, components, copies, desk, health, journal, login, records, search, sessions};
use super::{destruction, disposal, files, filing, growth, holds, inquiries, receipts, retention, trail};
use super::{splitting, submissions, tokens, uploads, watch};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use serde_json::Value;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// Bytes of a body that a handler reads whole. Uploads are streamed and have bounds of their own.
const BODY_BYTES_MAX: usize = 1024 * 1024;

fn paths() -> OpenApiRouter<Arc<Service>> {
    let paths = OpenApiRouter::new()
        .merge(records::routes())
        .merge(components::routes())
        .merge(growth::routes())
        .merge(search::routes())
        .merge(submissions::routes())
        .merge(uploads::routes())
        .merge(watch::routes())
        .merge(journal::routes())
        .merge(health::routes())
        .merge(files::routes())
        .merge(filing::routes())
        .merge(splitting::routes())
        .merge(retention::routes())
        .merge(adoption::routes())
        .merge(holds::routes())
        .merge(trail::routes())
        .merge(receipts::routes())
        .merge(inquiries::routes())
        .merge(desk::routes())
        .merge(bundles::routes())
        .merge(accessions::routes())
        .merge(deliveries::routes())
        .merge(parties::routes())
        .merge(transfers::routes())
        .merge(handover::routes())
        .merge(copies::routes())
        .merge(disposal::routes())
        .merge(destruction::routes())
        .merge(login::routes())
        .merge(sessions::routes())
        .merge(tokens::routes());
    #[cfg(feature = "oidc")]
    let paths = paths.merge(super::openid::routes());
    paths
}

/// The pages for people, whose paths stand beside those of the API; they are made above it.
#[derive(Clone, Copy)]
pub struct Pages(pub(crate) fn(&Arc<Service>) -> Router<Arc<Service>>);

/// The paths and what stands around them.
pub(crate) fn router(service: Arc<Service>, pages: Option<Pages>) -> Router {
    let (router, api) = paths().split_for_parts();
    let description = describe(&api).to_string();
    let openapi = move || async move { ([(header::CONTENT_TYPE, "application/json")], description) };
    let pages = pages.map_or_else(Router::new, |pages| pages.0(&service));
    router
        .route("/api/v1/openapi.json", get(openapi))
        .merge(pages)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(service.clone(), frame))
        .with_state(service)
}

/// The figures, for a listener of their own.
pub(crate) fn metrics_router(service: Arc<Service>) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(service)
}

/// The description of the service, as `schema/api/1/openapi.json` has it.
pub fn description() -> Value {
    describe(&paths().into_openapi())
}
