//! Pages for people at `/`: made by the service, Kazakh first, whole without scripts and styles.
//!
//! A page asks the same functions as the API and shows the same documents; it holds no rules. Every text is there in
//! three languages or the code does not compile, and whatever comes from outside is escaped by construction
//! (`html`). What stands around every page is in `frame`.
//!
//! Invariants
//!   - The language is chosen by a person and kept in a cookie; the address of a page does not change with it.
//!   - What a caller may not know of is shown like what is not there.
//!   - Nothing is loaded from elsewhere, and nothing runs but one file of this service, on the page for signing in.
//!
//! Nothing is kept here.

mod assets;
mod facets;
mod frame;
mod home;
mod html;
#[cfg(feature = "oidc")]
mod openid;
mod record;
mod search;
mod sessions;
mod sign_in;

use crate::api::Pages;
use crate::api::service::Service;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::sync::Arc;

/// The pages, for [`Options`](crate::api::Options).
pub fn pages() -> Pages {
    Pages(routes)
}

fn routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    let sign_in = get(sign_in::show).post(sign_in::enter);
    let routes = Router::new();
    #[cfg(feature = "oidc")]
    let routes = routes.route(openid::BEGIN, get(openid::go)).route(crate::config::RETURN_PATH, get(openid::back));
    routes
        .route("/", get(home::show))
        .route("/search", get(search::show))
        .route("/records/{id}", get(record::show).post(record::say))
        .route("/sessions", get(sessions::show).post(sessions::end))
        .route("/sign-in", sign_in.layer(DefaultBodyLimit::max(sign_in::BODY_BYTES_MAX)))
        .route("/sign-in/text/{id}", get(sign_in::to_sign))
        .route("/sign-out", post(sign_in::leave))
        .route("/assets/{name}", get(assets::give))
        .fallback(frame::nothing)
        .layer(from_fn_with_state(service.clone(), frame::around))
}
