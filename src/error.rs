//! Stable error codes, refusals, and the crate-wide error.
//!
//! Three kinds are never mixed (docs/errors.md): a *verdict* is a stored result, an *operating error* is a [`Result`],
//! a *bug* is an assertion. A [`Refusal`] is the verdict that a submission cannot be taken: it names a code and the
//! file or field.
//!
//! Codes are never reused. Every code has a text in Kazakh, Russian and English; the macro below does not compile
//! without.

use crate::text::{Lang, Said};
use std::fmt;

/// Exit codes of the command line (docs/errors.md, "Exit codes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Refused, or invalid content.
    Refused = 1,
    /// The command line is not understood.
    Usage = 2,
    /// No such record, entry or file.
    NotFound = 3,
    /// Not allowed.
    Denied = 4,
    /// In conflict with what is there, or held.
    Conflict = 5,
    /// Stored bytes are not what they must be.
    Integrity = 6,
    /// Temporary: try again.
    Temporary = 7,
    /// The configuration or the keys are wrong or missing.
    Configuration = 8,
    /// Evidence is incomplete.
    Incomplete = 9,
    /// Interrupted by the user; what was acknowledged is kept.
    Interrupted = 130,
}

macro_rules! codes {
    ($(
        $(#[$doc:meta])*
        $name:ident = $code:literal, $exit:ident, kk: $kk:literal, ru: $ru:literal, en: $en:literal;
    )*) => {
        /// A stable error code. `docs/errors.md` says for each what it means and what to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorCode { $($(#[$doc])* $name,)* }

        impl ErrorCode {
            /// Every code there is, in the order of the page.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The code as it is written: `STO-004`.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $code,)* }
            }

            /// Whether what was asked for was here and is here no more.
            pub fn is_gone(self) -> bool {
                matches!(self, ErrorCode::ArcDestroyed | ErrorCode::ArcHandedOver)
            }

            /// The code written like this.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(ErrorCode::$name),)* _ => None }
            }

            /// The exit code of a command that ends with this error.
            pub fn exit(self) -> Exit {
                match self { $(ErrorCode::$name => Exit::$exit,)* }
            }

            /// What it means and what to do, for a person.
            pub fn text(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((ErrorCode::$name, Lang::Kk) => $kk,
                      (ErrorCode::$name, Lang::Ru) => $ru,
                      (ErrorCode::$name, Lang::En) => $en,)*
                }
            }
        }
    };
}

include!("error_codes.rs");

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A submission that is not taken: a stable code and what it is about.
///
/// Nothing of a refused submission is kept but the refusal itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {subject}: {detail}")]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// The file or field it is about: a path inside the submission, or `submission.json#/components/2/role`.
    pub subject: String,
    /// What was found, in technical English; the text for people is the code's.
    pub detail: String,
    /// What was found, for people, where the text of the code is not enough: who, when, by which certificate.
    pub said: Option<Box<Said>>,
}

impl Refusal {
    /// A refusal about `subject`.
    pub fn new(code: ErrorCode, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, subject: subject.into(), detail: detail.into(), said: None }
    }

    /// The same refusal with what was found for people.
    #[must_use]
    pub fn saying(self, said: Said) -> Self {
        Self { said: Some(Box::new(said)), ..self }
    }
}

/// An operating error: what failed, with a stable code, the object and the cause chain.
#[derive(Debug, thiserror::Error)]
#[error("{code} {subject}: {what}")]
pub struct Error {
    /// The stable code.
    pub code: ErrorCode,
    /// The file, record or entry it is about.
    pub subject: String,
    /// What happened, in technical English.
    pub what: String,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error without a deeper cause.
    pub fn new(code: ErrorCode, subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { code, subject: subject.into(), what: what.into(), source: None }
    }

    /// An error with its cause.
    pub fn caused(
        code: ErrorCode,
        subject: impl Into<String>,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self { code, subject: subject.into(), what: cause.to_string(), source: Some(Box::new(cause)) }
    }

    /// What an error of the spool is: there is no room, or the disk fails.
    pub fn of_spool(subject: impl Into<String>, cause: std::io::Error) -> Self {
        let code = if crate::store::disk::is_full(&cause) { ErrorCode::StoFull } else { ErrorCode::StoIo };
        Self::caused(code, subject, cause)
    }
}

impl From<crate::tlog::LogError> for Error {
    fn from(e: crate::tlog::LogError) -> Self {
        let (code, subject) = log_code(&e);
        Error::caused(code, subject, e)
    }
}

impl From<std::sync::Arc<crate::tlog::LogError>> for Error {
    fn from(e: std::sync::Arc<crate::tlog::LogError>) -> Self {
        let (code, subject) = log_code(&e);
        Error { code, subject, what: e.to_string(), source: Some(Box::new(SharedCause(e))) }
    }
}

/// The failure of a batch, shared by all whose acts were in it.
#[derive(Debug, thiserror::Error)]
#[error("the batch was not committed")]
struct SharedCause(#[source] std::sync::Arc<crate::tlog::LogError>);

fn log_code(e: &crate::tlog::LogError) -> (ErrorCode, String) {
    use crate::tlog::LogError as L;
    match e {
        L::Disk(e) => disk_code(e),
        L::Vault(e) => vault_code(e),
        L::Latched { .. } => (ErrorCode::StoLatched, "archive".into()),
        L::Ended { .. } => (ErrorCode::ArcEnded, "archive".into()),
        L::RolledBack { file, .. } => (ErrorCode::LogRolledBack, file.clone()),
        L::Forked { file, .. } => (ErrorCode::LogForked, file.clone()),
        L::Integrity { file, .. } => (ErrorCode::LogIntegrity, file.clone()),
        L::Root => (ErrorCode::LogRoot, "tlog/checkpoint".into()),
        L::NoEntry { index, .. } => (ErrorCode::LogNoEntry, index.to_string()),
        L::Leaf(e) => (ErrorCode::LogIntegrity, format!("entry {}", e.index)),
    }
}

fn disk_code(e: &crate::store::DiskError) -> (ErrorCode, String) {
    use crate::store::DiskError as D;
    match e {
        D::Io { name, .. } if e.is_full() => (ErrorCode::StoFull, name.clone()),
        D::Io { name, .. } => (ErrorCode::StoIo, name.clone()),
        D::Missing { name } | D::Short { name, .. } => (ErrorCode::StoMissing, name.clone()),
        D::Exists { name } | D::Swapped { name, .. } => (ErrorCode::StoChanged, name.clone()),
    }
}

fn vault_code(e: &crate::vault::VaultError) -> (ErrorCode, String) {
    use crate::vault::VaultError as V;
    match e {
        V::Disk(e) => disk_code(e),
        V::Changed { name } | V::Sealed { name } => (ErrorCode::VltIntegrity, name.clone()),
        V::Key { name } => (ErrorCode::VltKeyMissing, name.clone()),
        V::Erased { owner, .. } => (ErrorCode::VltErased, owner.to_string()),
    }
}

fn read_code(e: &crate::store::read::ReadError) -> (ErrorCode, String) {
    use crate::store::read::ReadError as R;
    match e {
        R::Disk(e) => disk_code(e),
        R::Frame { segment, offset, .. } | R::Chunk { segment, offset, .. } => {
            (ErrorCode::StoChanged, format!("{segment} at {offset}"))
        }
        R::Range { start, end, .. } => (ErrorCode::ArcRange, format!("{start}..{end}")),
    }
}

impl From<crate::vault::VaultError> for Error {
    fn from(e: crate::vault::VaultError) -> Self {
        let (code, subject) = vault_code(&e);
        Error::caused(code, subject, e)
    }
}

impl Error {
    /// An error met while an object of the store was read like a file: the typed one that the reader put in; else bytes
    /// that are not what they were at acceptance, or the disk of the spool.
    pub fn of_object(name: &str, error: std::io::Error) -> Self {
        match error.downcast::<crate::store::read::ReadError>() {
            Ok(error) => error.into(),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Self::caused(ErrorCode::StoChanged, name, error)
            }
            Err(error) => Self::caused(ErrorCode::StoIo, name, error),
        }
    }
}

impl From<crate::store::read::ReadError> for Error {
    fn from(e: crate::store::read::ReadError) -> Self {
        let (code, subject) = read_code(&e);
        Error::caused(code, subject, e)
    }
}

impl From<crate::index::IndexError> for Error {
    fn from(e: crate::index::IndexError) -> Self {
        use crate::index::IndexError as I;
        if let I::Query(what) = &e {
            return Error::new(ErrorCode::IdxQuery, "query", what.clone());
        }
        let (code, subject) = match &e {
            I::Engine(_) | I::Damaged { .. } | I::Generation => (ErrorCode::IdxFailed, "index".to_owned()),
            I::Log(e) => log_code(e),
            I::Read(e) => read_code(e),
            I::Vault(e) => vault_code(e),
            I::Manifest { record, .. } => (ErrorCode::StoChanged, record.to_string()),
            I::Objects { act } => (ErrorCode::StoMissing, act.to_string()),
            I::Query(_) => (ErrorCode::IdxQuery, "query".to_owned()),
        };
        Error::caused(code, subject, e)
    }
}
