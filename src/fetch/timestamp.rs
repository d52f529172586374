//! Asking time-stamping authorities (RFC 3161 §3.4): one request, one answer.
//!
//! Only authorities that `muragat.toml` names (`[evidence] authorities`) are asked, each at exactly that address: an
//! [`Authority`] comes from there and from nowhere else. What is sent is a digest and a random number; what came back
//! is a stranger's and is read by whoever asked. No archive is open for it: an authority may be slow.

use super::Failure;
use super::http::{Client, Timeouts};
use crate::config::Config;
use crate::error::{Error, ErrorCode};
use crate::model::url::HttpUrl;
use crate::verify::limits::TIMESTAMP_BYTES_MAX;

/// An authority that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority(HttpUrl);

impl Authority {
    /// Those of a configuration, in its order.
    ///
    /// # Errors
    /// When it names none.
    pub fn all(config: &Config) -> Result<Vec<Self>, Error> {
        if config.authorities.is_empty() {
            return Err(Error::new(ErrorCode::EvdNoAuthority, "evidence.authorities", "it is empty"));
        }
        Ok(config.authorities.iter().cloned().map(Self).collect())
    }

    /// Its address.
    pub fn url(&self) -> &HttpUrl {
        &self.0
    }

    /// What it answers.
    pub fn ask(&self, request: &[u8], timeouts: Timeouts) -> Result<Vec<u8>, Error> {
        Client::new(timeouts).ask_authority(&self.0, request, TIMESTAMP_BYTES_MAX).map_err(|e| {
            let Failure(code, what) = e.into();
            Error::new(code, self.0.to_string(), what)
        })
    }
}
