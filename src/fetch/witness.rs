//! Asking the witnesses of the policy in force for their cosignatures, by HTTP (C2SP tlog-witness v1.0.0).
//!
//! Run by a person or a timer (`log witness push`), at addresses that `muragat.toml` allows (`[witness] allow`) and
//! nowhere else. What comes back is judged by [`archive`](crate::archive::Archive::take_answer): cosignatures carry
//! their own proof, so plain HTTP is enough, and who sits in between can only keep an answer away.
//!
//! A size that is said and not signed stops nothing; when a witness names more entries than there are, or refuses a
//! checkpoint, the note that it keeps of us is asked for: that one is signed by our own key and can be believed.
//!
//! The network is waited for while no archive is open; in between it is opened to take in what came and to make what
//! is asked next. Another command may work on it meanwhile: an answer is compared with the checkpoint that it was asked
//! for, whatever came since.
//!
//! What a crash leaves: what was taken before it.

use super::Timeouts;
use super::http::{Client, HttpError};
use crate::archive::{Archive, Asked, Handle, Taken};
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

/// Asks every witness of the policy in force. `open` opens the archive each time that it is needed: while a witness is
/// waited for it is closed, so that documents come in.
///
/// # Errors
/// When the archive cannot be opened or read, or adopted no policy. What answers came meanwhile is lost then, and the
/// next run asks again.
pub fn push(
    open: &mut dyn FnMut() -> Result<Handle, Error>,
    timeouts: Timeouts,
    report: &mut dyn FnMut(&Pushed),
) -> Result<(), Error> {
    let client = Client::new(timeouts);
    let mut archive = open()?;
    let policy = archive.witnesses_to_ask()?;
    let mut talks: Vec<(TrustedWitness, Step)> = Vec::new();
    for witness in policy.witnesses {
        let step = Step::first(&archive, &witness);
        talks.push((witness, step));
    }
    loop {
        talks.retain(|(witness, step)| {
            let Step::End(end) = step else { return true };
            report(&pushed(witness, end));
            false
        });
        archive.close()?;
        if talks.is_empty() {
            return Ok(());
        }
        talks = talks.into_iter().map(|(witness, step)| (witness, step.send(&client))).collect();
        archive = open()?;
        talks = talks
            .into_iter()
            .map(|(witness, step)| {
                let step = step.take(&archive, &witness);
                (witness, step)
            })
            .collect();
    }
}

/// How the talk with one witness ended: with a cosignature over a size, at a second; or without.
enum End {
    Cosigned { size: u64, time: u64 },
    NoAddress,
    NotAllowed(Error),
    Failed(Error),
}

fn pushed(witness: &TrustedWitness, end: &End) -> Pushed {
    let (outcome, cosigned, error) = match end {
        End::Cosigned { size, time } => (Outcome::Cosigned, Some((*size, *time)), None),
        End::NoAddress => (Outcome::NoAddress, None, None),
        End::NotAllowed(e) => (Outcome::NotAllowed, None, Some(e)),
        End::Failed(e) => (Outcome::Failed, None, Some(e)),
    };
    let (code, detail) = (error.map(|e| e.code), error.map(|e| e.what.clone()));
    Pushed { witness: witness.name.clone(), outcome, cosigned, code, detail }
}

/// Where the talk with one witness stands.
enum Step {
    /// The present checkpoint is asked for: the first time from what we know of it, the second from what it said.
    Ask { url: HttpUrl, asked: Asked, is_second: bool },
    /// It answered, with a status and a body.
    Answered { url: HttpUrl, asked: Asked, is_second: bool, status: u16, body: Vec<u8> },
    /// It says what need not be true: the note that it keeps of this log is asked for.
    Learn { url: HttpUrl, said: Error },
    /// That note; none came when the witness does not serve it there.
    Learned { note: Option<Vec<u8>>, said: Error },
    /// Nothing more is asked.
    End(End),
}

impl Step {
    fn first(archive: &Archive, witness: &TrustedWitness) -> Self {
        match address(archive, witness, "add-checkpoint") {
            Ok(Some(url)) => Self::ask(archive, witness, url, None),
            Ok(None) => Self::End(End::NoAddress),
            Err(e) => Self::End(End::NotAllowed(e)),
        }
    }

    fn ask(archive: &Archive, witness: &TrustedWitness, url: HttpUrl, old: Option<u64>) -> Self {
        match archive.ask_witness(&witness.key, old) {
            Ok(asked) => Self::Ask { url, asked, is_second: old.is_some() },
            Err(e) => Self::End(End::Failed(e)),
        }
    }

    /// What needs the network, and no archive.
    fn send(self, client: &Client) -> Self {
        match self {
            Self::Ask { url, asked, is_second } => match client.ask_witness(&url, &asked.body, NOTE_BYTES_MAX) {
                Ok((status, body)) => Self::Answered { url, asked, is_second, status, body },
                Err(e) => {
                    let code =
                        if let HttpError::TooLong(_) = e { ErrorCode::NetTooLong } else { ErrorCode::NetNoAnswer };
                    Self::End(End::Failed(Error::new(code, url.to_string(), e.to_string())))
                }
            },
            Self::Learn { url, said } => Self::Learned { note: client.get(&url, NOTE_BYTES_MAX).ok(), said },
            step => step,
        }
    }

    /// What needs the archive, and no network.
    fn take(self, archive: &Archive, witness: &TrustedWitness) -> Self {
        match self {
            Self::Answered { url, asked, is_second, status, body } => {
                let refused = |code, what: &str| {
                    let said = String::from_utf8_lossy(&body).chars().take(200).collect::<String>();
                    Error::new(code, &witness.name, format!("answers {status}, {what}: {}", said.trim_end()))
                };
                let take = || archive.take_answer_to(witness, Some(asked.note.as_bytes()), &body);
                let failed = |code, what| Self::End(End::Failed(refused(code, what)));
                match status {
                    200 => match take() {
                        Ok(Taken::Cosigned { size, time }) => Self::End(End::Cosigned { size, time }),
                        Ok(Taken::Knows(_) | Taken::Agrees(_)) => failed(ErrorCode::WitAnswer, "no cosignature"),
                        Err(e) => Self::End(End::Failed(e)),
                    },
                    409 if is_second => failed(ErrorCode::WitSize, "another size each time"),
                    409 if read_size(&body).is_some() => match take() {
                        Ok(Taken::Knows(size)) => Self::ask(archive, witness, url, Some(size)),
                        Ok(_) => failed(ErrorCode::WitAnswer, "no size"),
                        Err(said) => Self::learn(archive, witness, said),
                    },
                    // Our proof verifies, so it knows another history, or is not what it should be.
                    422 => {
                        let said = refused(ErrorCode::WitInconsistent, "and shows no other history");
                        Self::learn(archive, witness, said)
                    }
                    403 => failed(ErrorCode::WitNotSigned, "it has another key of this log"),
                    404 => failed(ErrorCode::WitNoLog, "it does not know this log"),
                    _ => failed(ErrorCode::NetNoAnswer, "no answer of a witness"),
                }
            }
            // When that is of another history, the archive stops, and that is the error.
            Self::Learned { note, said } => match note.map(|note| archive.take_answer(witness, &note)) {
                Some(Err(e)) if matches!(e.code, ErrorCode::LogForked | ErrorCode::LogRolledBack) => {
                    Self::End(End::Failed(e))
                }
                _ => Self::End(End::Failed(said)),
            },
            step => step,
        }
    }

    /// Asks for the note that a witness keeps of this log.
    fn learn(archive: &Archive, witness: &TrustedWitness, said: Error) -> Self {
        let path = format!("{}/checkpoint", sha256(archive.config().vkey.name.as_bytes()));
        match address(archive, witness, &path) {
            Ok(Some(url)) => Self::Learn { url, said },
            _ => Self::End(End::Failed(said)),
        }
    }
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
