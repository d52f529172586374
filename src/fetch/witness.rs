//! Asking the witnesses of the policy in force for their cosignatures, by HTTP (C2SP tlog-witness v1.0.0).
//!
//! Run by a person or a timer (`log witness push`), at addresses that `muragat.toml` allows (`[witness] allow`) and
//! nowhere else. What comes back is judged by [`archive`](crate::archive::Archive::take_answer): cosignatures carry
//! their own proof, so plain HTTP is enough, and who sits in between can only keep an answer away.
//!
//! A size that is said and not signed stops nothing; when a witness names more entries than there are, or refuses a
//! checkpoint, the note that it keeps of us is asked for: that one is signed by our own key and can be believed.
//!
//! What a crash leaves: what was taken before it.

use super::Timeouts;
use super::http::{Client, HttpError};
use crate::archive::{Archive, Taken};
use crate::error::{Error, ErrorCode};
use crate::model::digest::sha256;
use crate::model::strict::words;
use crate::model::url::HttpUrl;
use crate::tlog::note::NOTE_BYTES_MAX;
use crate::tlog::request::read_size;
use crate::tlog::trust::TrustedWitness;

words! {
    /// What came of asking a witness.
    Outcome {
        /// It cosigned the present checkpoint.
        Cosigned = "cosigned",
        /// The policy has no address for it: it is asked by courier.
        NoAddress = "no_address",
        /// Its address is not allowed.
        NotAllowed = "not_allowed",
        /// Nothing usable came.
        Failed = "failed",
    }
}

/// What came of one witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Its name in the policy.
    pub witness: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Of a cosignature: the size and the second.
    pub cosigned: Option<(u64, u64)>,
    /// Of what failed.
    pub code: Option<ErrorCode>,
    /// The same in technical English.
    pub detail: Option<String>,
}

/// Asks every witness of the policy in force.
pub fn push(archive: &Archive, timeouts: Timeouts, report: &mut dyn FnMut(&Pushed)) -> Result<(), Error> {
    let policy = archive.witnesses_to_ask()?;
    let client = Client::new(timeouts);
    for witness in &policy.witnesses {
        let name = witness.name.clone();
        let pushed = Pushed { witness: name, outcome: Outcome::Failed, cosigned: None, code: None, detail: None };
        let pushed = match address(archive, witness, "add-checkpoint") {
            Ok(None) => Pushed { outcome: Outcome::NoAddress, ..pushed },
            Err(e) => Pushed { outcome: Outcome::NotAllowed, code: Some(e.code), detail: Some(e.what), ..pushed },
            Ok(Some(url)) => match ask(archive, &client, witness, &url) {
                Ok(cosigned) => Pushed { outcome: Outcome::Cosigned, cosigned: Some(cosigned), ..pushed },
                Err(e) => Pushed { code: Some(e.code), detail: Some(e.what), ..pushed },
            },
        };
        report(&pushed);
    }
    Ok(())
}

/// An address of a witness; none when the policy has none.
fn address(archive: &Archive, witness: &TrustedWitness, path: &str) -> Result<Option<HttpUrl>, Error> {
    let Some(prefix) = &witness.url else { return Ok(None) };
    let text = format!("{}/{path}", prefix.trim_end_matches('/'));
    let url: HttpUrl = text.parse().map_err(|e| Error::caused(ErrorCode::NetAddress, &witness.name, e))?;
    match archive.config().witnesses.iter().any(|prefix| prefix.allows(&url)) {
        true => Ok(Some(url)),
        false => Err(Error::new(ErrorCode::WitNotAllowed, &witness.name, format!("{url} is not allowed"))),
    }
}

fn failed(witness: &TrustedWitness, error: &HttpError) -> Error {
    let code = if let HttpError::TooLong(_) = error { ErrorCode::NetTooLong } else { ErrorCode::NetNoAnswer };
    Error::new(code, &witness.name, error.to_string())
}

/// Asks for the present checkpoint, from the size that the witness turns out to know.
fn ask(archive: &Archive, client: &Client, witness: &TrustedWitness, url: &HttpUrl) -> Result<(u64, u64), Error> {
    let mut old = None;
    // Once from what we know of it, once more from what it says.
    for _ in 0..2 {
        let asked = archive.ask_witness(&witness.key, old)?;
        let (status, body) = client.ask_witness(url, &asked.body, NOTE_BYTES_MAX).map_err(|e| failed(witness, &e))?;
        let refused = |code, what: &str| {
            let said = String::from_utf8_lossy(&body).chars().take(200).collect::<String>();
            Error::new(code, &witness.name, format!("answers {status}, {what}: {}", said.trim_end()))
        };
        match status {
            200 => {
                return match archive.take_answer(witness, &body)? {
                    Taken::Cosigned { size, time } => Ok((size, time)),
                    Taken::Knows(_) | Taken::Agrees(_) => Err(refused(ErrorCode::WitAnswer, "no cosignature")),
                };
            }
            409 if read_size(&body).is_some() => match archive.take_answer(witness, &body) {
                Ok(Taken::Knows(size)) => old = Some(size),
                Ok(_) => return Err(refused(ErrorCode::WitAnswer, "no size")),
                Err(said) => {
                    learn(archive, client, witness)?;
                    return Err(said);
                }
            },
            // Our proof verifies, so it knows another history, or is not what it should be.
            422 => {
                learn(archive, client, witness)?;
                return Err(refused(ErrorCode::WitInconsistent, "and shows no other history"));
            }
            403 => return Err(refused(ErrorCode::WitNotSigned, "it has another key of this log")),
            404 => return Err(refused(ErrorCode::WitNoLog, "it does not know this log")),
            _ => return Err(refused(ErrorCode::NetNoAnswer, "no answer of a witness")),
        }
    }
    Err(Error::new(ErrorCode::WitSize, &witness.name, "it names another size each time"))
}

/// Asks for the note that a witness keeps of this log. When that is of another history, the archive stops, and that is
/// the error.
fn learn(archive: &Archive, client: &Client, witness: &TrustedWitness) -> Result<(), Error> {
    let path = format!("{}/checkpoint", sha256(archive.config().vkey.name.as_bytes()));
    let Some(url) = address(archive, witness, &path)? else { return Ok(()) };
    // A witness need not serve it there; then what it said stays unproved.
    let Ok(note) = client.get(&url, NOTE_BYTES_MAX) else { return Ok(()) };
    match archive.take_answer(witness, &note) {
        Err(e) if matches!(e.code, ErrorCode::LogForked | ErrorCode::LogRolledBack) => Err(e),
        _ => Ok(()),
    }
}
