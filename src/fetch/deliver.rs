//! Bringing a package to the service of another archive, over mutual TLS, and fetching what that answers.
//!
//! It knows bytes and addresses, not what is in a package. The other service is believed under the authorities that
//! were named for it and no others; what it answers is bytes by a stranger until the archive has verified them.
//!
//! Invariants
//!   - What the other side has confirmed is never sent again, and nothing is sent that it has not asked for by its
//!     offset: after every failure the offset is asked for anew.
//!   - Failures in a row are bounded, with pauses that grow. Whoever gives up says so, and the same again goes on.
//!
//! It keeps nothing. A crash leaves at the other side what that confirmed.

use super::Timeouts;
use super::http::{Client, HttpError, Roots, client_cert};
use crate::error::{Error, ErrorCode};
use crate::model::answer::ANSWER_BYTES_MAX;
use crate::model::digest::Sha256;
use crate::model::url::ProviderUrl;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bytes that are sent at a time, and kept until they are confirmed. Own bound: a minute on a line of 1 Mbit/s.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of an answer that is no document of ours. Own bound: problems have some hundred.
const SAID_BYTES_MAX: usize = 256 * 1024;
/// Failures in a row after which it is given up, and the first pause, which doubles: two minutes in all.
const FAILURES_MAX: u32 = 8;
const PAUSE: Duration = Duration::from_millis(500);
/// How often it is looked whether a job has ended.
const LOOK: Duration = Duration::from_millis(500);
/// How often it is looked whether to stop.
const STEP: Duration = Duration::from_millis(100);
/// How long is waited for one answer. Own bound: the other side reads all that is there before it goes on.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(10), whole: Duration::from_secs(600) };

const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");
const PART: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

/// By what both sides are known; all in PEM.
pub struct Shown<'a> {
    /// The certificate that is shown, with those of its issuers.
    pub certificate: &'a [u8],
    /// Its private key.
    pub key: &'a [u8],
    /// The authorities under which the other service is believed.
    pub roots: &'a [u8],
}

/// The service of another archive.
pub struct Peer<'a> {
    client: Client,
    /// Without a slash at its end.
    base: String,
    stop: &'a AtomicBool,
}

/// What the other side said.
struct Said {
    status: u16,
    header: Option<String>,
    body: Vec<u8>,
}

impl Said {
    /// An answer that was not hoped for. What passes by itself may be tried again.
    fn fault(&self, what: &str) -> Error {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().chars().take(300);
        let said: String = text("code").chain([' ']).chain(text("technical")).collect();
        let is_passing = matches!(self.status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 507);
        let code = if is_passing { ErrorCode::NetNoAnswer } else { ErrorCode::TrfService };
        let said = crate::model::strict::shown(said.trim());
        Error::new(code, what, format!("the other archive answers {} {said}", self.status))
    }
}

fn is_passing(error: &Error) -> bool {
    error.code == ErrorCode::NetNoAnswer
}

impl<'a> Peer<'a> {
    /// The service at an address, which is `https`.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::NetAddress`]; [`ErrorCode::TrfService`] when certificate, key or authorities cannot be read.
    pub fn new(address: &str, shown: &Shown<'_>, stop: &'a AtomicBool) -> Result<Self, Error> {
        let wrong = |e: &dyn ToString| Error::new(ErrorCode::NetAddress, address, e.to_string());
        let url: ProviderUrl = address.parse().map_err(|e| wrong(&e))?;
        if !url.is_tls() || url.has_query() {
            return Err(wrong(&"it is not https://HOST/"));
        }
        let no = |what: &str| Error::new(ErrorCode::TrfService, what, "not PEM, or nothing of its kind is in it");
        let roots = Roots::read(shown.roots).filter(|_| !shown.roots.is_empty()).ok_or_else(|| no("--ca"))?;
        let shown = client_cert(shown.certificate, shown.key).ok_or_else(|| no("--certificate, --key"))?;
        let base = url.to_string().trim_end_matches('/').to_owned();
        Ok(Self { client: Client::shown(TIMEOUTS, roots, shown), base, stop })
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        sent: &[u8],
        wanted: &str,
    ) -> Result<Said, Error> {
        self.ask_for(method, path, headers, sent, (wanted, SAID_BYTES_MAX))
    }

    fn ask_for(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        sent: &[u8],
        wanted: (&str, usize),
    ) -> Result<Said, Error> {
        let url = format!("{}{path}", self.base);
        let (status, header, body) = self.client.ask((method, &url), headers, sent, wanted).map_err(|e| {
            let code = if let HttpError::TooLong(_) = e { ErrorCode::TrfService } else { ErrorCode::NetNoAnswer };
            Error::new(code, &url, e.to_string())
        })?;
        Ok(Said { status, header, body })
    }

    /// Waits, unless it is to stop.
    fn pause(&self, how_long: Duration) -> Result<(), Error> {
        let mut waited = Duration::ZERO;
        while waited < how_long {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorCode::NetNoAnswer, &self.base, "stopped: the same again goes on"));
            }
            std::thread::sleep(STEP);
            waited += STEP;
        }
        Ok(())
    }

    /// Does something again while it fails in a way that passes.
    fn patiently<T>(&self, mut act: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            match act() {
                Err(e) if is_passing(&e) && failures < FAILURES_MAX => {
                    self.pause(PAUSE * 2u32.pow(failures))?;
                    failures += 1;
                }
                done => return done,
            }
        }
    }

    /// How far the accession of a package is there; none when there is none.
    pub fn accession(&self, package: Sha256) -> Result<Option<Value>, Error> {
        self.patiently(|| {
            let said = self.ask("GET", &format!("/api/v1/accessions/{package}"), &[], b"", "")?;
            match said.status {
                200 => serde_json::from_slice(&said.body).map(Some).map_err(|_| said.fault("accession")),
                404 => Ok(None),
                _ => Err(said.fault("accession")),
            }
        })
    }

    /// Brings a package there, all `len` bytes of it, going on where an earlier attempt stood. `write` writes it from
    /// its beginning; `progress` is told how many bytes of how many are confirmed.
    pub fn deliver(
        &self,
        (package, len): (Sha256, u64),
        progress: &mut dyn FnMut(u64, u64),
        write: &mut dyn FnMut(&mut dyn Write) -> Result<(), Error>,
    ) -> Result<Delivery, Error> {
        let path = self.patiently(|| {
            let metadata = format!("digest {}", STANDARD.encode(package.to_string()));
            let headers = [TUS, ("Upload-Length", &len.to_string()), ("Upload-Metadata", &metadata)];
            let said = self.ask("POST", "/api/v1/accessions/deliveries", &headers, b"", "location")?;
            let path = said.header.clone().filter(|_| matches!(said.status, 200 | 201));
            let is_path = |path: &String| path.starts_with("/api/v1/accessions/deliveries/");
            path.filter(is_path).ok_or_else(|| said.fault("delivery"))
        })?;
        let confirmed = self.patiently(|| self.offset(&path))?;
        let mut sending =
            Sending { peer: self, path: &path, at: 0, confirmed, part: Vec::new(), progress, len, failed: None };
        if confirmed < len {
            let written = write(&mut sending).and_then(|()| sending.flush().map_err(|e| lost(&e)));
            if let Some(failed) = sending.failed.take() {
                return Err(failed);
            }
            written?;
        }
        if sending.confirmed != len {
            let what = format!("{} of {len} bytes are there", sending.confirmed);
            return Err(Error::new(ErrorCode::TrfService, "delivery", what));
        }
        Ok(Delivery { path })
    }

    /// How much of a delivery is there.
    fn offset(&self, path: &str) -> Result<u64, Error> {
        let said = self.ask("HEAD", path, &[TUS], b"", "upload-offset")?;
        match (said.status, said.header.as_deref().and_then(|offset| offset.parse().ok())) {
            (200, Some(offset)) => Ok(offset),
            // Somebody is adding to it: what was cut off on this side has not ended on the other.
            (409, _) => Err(Error::new(ErrorCode::NetNoAnswer, "delivery", "the part before has not ended there")),
            _ => Err(said.fault("delivery")),
        }
    }

    /// Adds a part; gives how much is there now.
    fn put(&self, path: &str, offset: u64, part: &[u8]) -> Result<u64, Error> {
        let headers = [TUS, PART, ("Upload-Offset", &offset.to_string())];
        let said = self.ask("PATCH", path, &headers, part, "upload-offset")?;
        let now = said.header.as_deref().and_then(|offset| offset.parse().ok()).filter(|_| said.status == 204);
        match now {
            Some(now) => Ok(now),
            // It stands elsewhere: the offset is asked for.
            None if said.status == 409 => Err(Error::new(ErrorCode::NetNoAnswer, "delivery", "another offset")),
            None => Err(said.fault("delivery")),
        }
    }

    /// Has what was delivered taken in, and waits until its records are judged.
    pub fn take_in(&self, delivery: &Delivery) -> Result<(), Error> {
        let path = format!("{}/accession", delivery.path);
        // A job is forgotten when the other service is started again; then it is asked for once more.
        self.patiently(|| {
            let said = self.ask("POST", &path, &[("Prefer", "respond-async")], b"", "location")?;
            let job = said.header.clone().filter(|job| said.status == 202 && job.starts_with("/api/v1/jobs/"));
            let Some(job) = job else {
                return match said.status {
                    200 => Ok(()),
                    409 => Err(Error::new(ErrorCode::NetNoAnswer, "delivery", "it is being taken in")),
                    _ => Err(said.fault("accession")),
                };
            };
            loop {
                self.pause(LOOK)?;
                let said = self.ask("GET", &job, &[], b"", "")?;
                if said.status == 404 {
                    return Err(Error::new(ErrorCode::NetNoAnswer, "accession", "the other service was started again"));
                }
                let value: Value = serde_json::from_slice(&said.body).unwrap_or_default();
                match (said.status, value["state"].as_str()) {
                    (200, Some("running")) => {}
                    (200, Some("done")) => return Ok(()),
                    (200, Some(_)) => {
                        let status = value["result"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
                        let body = value["result"].to_string().into_bytes();
                        return Err(Said { status: status.unwrap_or(500), header: None, body }.fault("accession"));
                    }
                    _ => return Err(said.fault("accession")),
                }
            }
        })
    }

    /// The receipt of a package, as the other side signed it.
    pub fn receipt(&self, package: Sha256) -> Result<Vec<u8>, Error> {
        self.patiently(|| {
            let path = format!("/api/v1/accessions/{package}/receipt");
            let said = self.ask_for("GET", &path, &[], b"", ("", ANSWER_BYTES_MAX))?;
            if said.status == 200 { Ok(said.body) } else { Err(said.fault("receipt")) }
        })
    }

    /// The reply about a package; none when no officer has signed it.
    pub fn reply(&self, package: Sha256) -> Result<Option<Vec<u8>>, Error> {
        self.patiently(|| {
            let path = format!("/api/v1/accessions/{package}/reply");
            let said = self.ask_for("GET", &path, &[], b"", ("", ANSWER_BYTES_MAX))?;
            match said.status {
                200 => Ok(Some(said.body)),
                409 => Ok(None),
                _ => Err(said.fault("reply")),
            }
        })
    }

    /// Brings the act that this side signed too.
    pub fn act(&self, package: Sha256, answer: &[u8]) -> Result<(), Error> {
        self.patiently(|| {
            let path = format!("/api/v1/accessions/{package}/act");
            let said = self.ask("POST", &path, &[("Content-Type", "application/json")], answer, "")?;
            if said.status == 200 { Ok(()) } else { Err(said.fault("act")) }
        })
    }
}

/// A package that lies at the other side, whole.
pub struct Delivery {
    path: String,
}

fn lost(e: &io::Error) -> Error {
    Error::new(ErrorCode::NetNoAnswer, "delivery", e.to_string())
}

/// What is written goes out in parts; what the other side has is left out.
struct Sending<'a, 'p> {
    peer: &'a Peer<'p>,
    path: &'a str,
    /// Bytes that were written so far.
    at: u64,
    /// Bytes that are there.
    confirmed: u64,
    /// What was written and is not there, from `confirmed` on.
    part: Vec<u8>,
    progress: &'a mut dyn FnMut(u64, u64),
    len: u64,
    /// Why it failed: what writes knows only that it did.
    failed: Option<Error>,
}

impl Sending<'_, '_> {
    fn send(&mut self) -> Result<(), Error> {
        let mut failures = 0;
        while !self.part.is_empty() {
            let now = match self.peer.put(self.path, self.confirmed, &self.part) {
                Err(e) if is_passing(&e) && failures < FAILURES_MAX => {
                    self.peer.pause(PAUSE * 2u32.pow(failures))?;
                    failures += 1;
                    match self.peer.offset(self.path) {
                        Err(e) if is_passing(&e) => continue,
                        offset => offset?,
                    }
                }
                put => put?,
            };
            let came = now.checked_sub(self.confirmed).and_then(|came| usize::try_from(came).ok());
            let Some(came) = came.filter(|came| *came <= self.part.len()) else {
                let what = format!("{now} bytes are there, {} were", self.confirmed);
                return Err(Error::new(ErrorCode::TrfService, "delivery", what));
            };
            if came > 0 {
                failures = 0;
            }
            self.part.drain(..came);
            self.confirmed = now;
            (self.progress)(now, self.len);
        }
        Ok(())
    }
}

impl Write for Sending<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let behind = self.confirmed + self.part.len() as u64;
        let skipped = usize::try_from(behind.saturating_sub(self.at)).unwrap_or(usize::MAX).min(bytes.len());
        self.at += bytes.len() as u64;
        self.part.extend_from_slice(&bytes[skipped..]);
        if self.part.len() >= PART_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send().map_err(|e| {
            let what = e.to_string();
            self.failed = Some(e);
            io::Error::other(what)
        })
    }
}
