//! Asking a time-stamping authority (RFC 3161 §3.4): one request, one answer.
//!
//! Only authorities that `muragat.toml` names (`[evidence] authorities`) are asked, each at exactly that address. What
//! is sent is a digest and a random number; what came back is a stranger's and is read by whoever asked.

use super::Failure;
use super::http::{Client, Timeouts};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::model::url::HttpUrl;
use crate::verify::limits::TIMESTAMP_BYTES_MAX;

/// The answer of the authority at `url`.
pub fn ask_authority(archive: &Archive, url: &HttpUrl, request: &[u8], timeouts: Timeouts) -> Result<Vec<u8>, Error> {
    if !archive.config().authorities.contains(url) {
        let what = "no address in evidence.authorities is this one";
        return Err(Error::new(ErrorCode::NetNotAllowed, url.to_string(), what));
    }
    Client::new(timeouts).ask_authority(url, request, TIMESTAMP_BYTES_MAX).map_err(|e| {
        let Failure(code, what) = e.into();
        Error::new(code, url.to_string(), what)
    })
}
