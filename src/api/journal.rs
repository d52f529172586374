//! The journal as static files (C2SP tlog-tiles): checkpoint, tiles, entries. They name nobody and say nothing of any
//! content (design, invariant 4), so everybody may fetch them: a journal that outsiders watch is the point of it.
//!
//! Tiles are immutable; a partial tile is one of a size. What is not published yet is not there.

use super::problem::Problem;
use super::service::Service;
use crate::error::ErrorCode;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(checkpoint)).route("/tlog/tile/{*path}", axum::routing::get(tile))
}

/// The signed head of the journal.
#[utoipa::path(get, path = "/tlog/checkpoint", tag = "journal", security(()),
    responses((status = 200, description = "A signed note", content_type = "text/plain")))]
async fn checkpoint(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    // As it was published last; the service publishes what is committed every second.
    let note = blocking(service, |archive| {
        archive.disk().read("tlog/checkpoint").map_err(|_| Problem::nothing("tlog/checkpoint"))
    })
    .await?;
    Ok(file(note, "text/plain; charset=utf-8", "no-cache"))
}

/// A tile of hashes or of entries: `0/x001/067`, `entries/000.p/16`. Not in the description: it is that of tlog-tiles.
async fn tile(State(service): State<Arc<Service>>, Path(path): Path<String>) -> Result<Response, Problem> {
    if !is_tile(&path) {
        return Err(Problem::nothing("tlog/tile"));
    }
    let bytes = blocking(service, move |archive| {
        let missing = |_| Problem::nothing("tlog/tile");
        archive.disk().read(&format!("tlog/tile/{path}")).map_err(missing)
    })
    .await?;
    Ok(file(bytes, "application/octet-stream", "public, max-age=31536000, immutable"))
}

/// A path of tlog-tiles, and nothing that leads elsewhere.
fn is_tile(path: &str) -> bool {
    let is_number = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
    let (groups, width) = path.rsplit_once(".p/").map_or((path, None), |(groups, width)| (groups, Some(width)));
    let is_width = |width: &str| width.len() <= 3 && width.parse::<u16>().is_ok_and(|width| (1..256).contains(&width));
    let mut parts: Vec<&str> = groups.split('/').collect();
    let level = parts.remove(0);
    let is_level = level == "entries" || (level.len() <= 2 && level.parse::<u8>().is_ok_and(|level| level < 64));
    let Some(last) = parts.pop() else { return false };
    let is_upper = |part: &&str| part.strip_prefix('x').is_some_and(is_number);
    is_level && width.is_none_or(is_width) && is_number(last) && parts.len() <= 6 && parts.iter().all(is_upper)
}

async fn blocking(
    service: Arc<Service>,
    read: impl FnOnce(&crate::archive::Archive) -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<Vec<u8>, Problem> {
    // Strangers ask here: they have a place of their own, so that they keep nobody else waiting.
    let permit = service.strangers.clone().acquire_owned().await;
    let read = spawn_blocking(move || {
        let _permit = permit;
        service.slot.get().map_err(Problem::from).and_then(|archive| read(&archive))
    });
    read.await.map_err(|e| Problem::new(ErrorCode::SrvFailed, "journal", e.to_string()))?
}

fn file(bytes: Vec<u8>, kind: &'static str, cache: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_tiles_are_read() {
        for path in ["0/000", "0/x001/067", "entries/000", "entries/000.p/16", "1/000.p/255", "63/999"] {
            assert!(is_tile(path), "{path}");
        }
        for path in [
            "",
            "0",
            "0/",
            "0/00",
            "0/0000",
            "0/../lock",
            "../lock",
            "0/x001/../067",
            "64/000",
            "entries/000.p/256",
            "entries/000.p/0",
            "entries/000.p",
            "entries/000.p/",
            "x/000",
            "0/000/001",
            "0//000",
            "entries/000.p.p/1",
        ] {
            assert!(!is_tile(path), "{path}");
        }
    }
}
