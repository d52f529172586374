//! Checks of presence and condition (бар болуы мен жай-күйін тексеру, N 430 cl. 31): every record is looked at once.
//!
//! A check is ordered by an act ([`begin`]); it is about the records that were held then. [`run`](run::run) looks at
//! them in the order of the journal, and each step is an act with what was found, so a check goes on where it stopped
//! and nothing of it lies anywhere but in the truths. [`end`](act::end) writes its act with the result sheet.
//!
//! Invariants
//!   - A key that is gone is no finding only when an act in the journal erased it.
//!   - A record of which something is missing is in search («іздестіруде») from the step that missed it; only a later
//!     check that finds it whole takes the mark off, by an act of its own.
//!   - Nothing is mended, and nothing of a record is given to anybody: a check is no reading.
//!   - Findings name records by id and parts by number: no file name outlives the key of its record.
//!
//! A crash leaves the steps that were committed; what was looked at since is looked at again.

pub mod act;
mod record;
pub mod run;

use crate::archive::{ActOwner, Archive, OWN_SUBTREE};
use crate::error::{Error, ErrorCode};
use crate::filing::check_text;
use crate::index::inspection::CheckRow;
use crate::model::id::{ActorId, RecordId};
use crate::tlog::leaf::ActKind;
use serde_json::{Map, Value, json};

/// Something of a record that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// One of the findings of the page of codes, `PRS-001` to `PRS-007`.
    pub code: ErrorCode,
    /// Which part: `manifest`, `component/3` (as `show` lists them, from 1), `amendment/1`, `key`, `record`, or
    /// `material/` with a digest.
    pub subject: String,
}

impl Finding {
    fn new(code: ErrorCode, subject: impl Into<String>) -> Self {
        Self { code, subject: subject.into() }
    }

    /// Whether something of the record itself is not there, so that it is to be searched for.
    pub fn is_missing(&self) -> bool {
        matches!(
            self.code,
            ErrorCode::PrsObjectMissing
                | ErrorCode::PrsKeyMissing
                | ErrorCode::PrsSignatureMissing
                | ErrorCode::PrsCertificateMissing
        )
    }
}

/// What a look at a record came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// All of it is there and as it was accepted.
    Whole,
    /// An act erased its key.
    Erased,
    /// Something is not as it must be; never empty.
    Flawed(Vec<Finding>),
}

impl Looked {
    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Looked::Whole | Looked::Erased => &[],
            Looked::Flawed(findings) => findings,
        }
    }
}

/// A check as it is shown.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its id.
    pub id: RecordId,
    /// How far it has come.
    pub row: CheckRow,
    /// The order by which it is made.
    pub basis: String,
    /// The agency whose records it is about; all when none is named.
    pub agency: Option<String>,
}

/// Orders a check of all records that are held now, or of those of an agency. Gives its id and the entry.
pub fn begin(archive: &Archive, basis: &str, agency: Option<&str>, actor: ActorId) -> Result<(RecordId, u64), Error> {
    check_text("basis", basis)?;
    archive.wait_index()?;
    let mut fields = Map::from_iter([("basis".to_owned(), basis.into())]);
    if let Some(agency) = agency {
        let unknown = || Error::new(ErrorCode::PrsAgency, agency, "no such agency");
        let subtree = archive.index().subtree(agency)?.ok_or_else(unknown)?;
        fields.insert("agency".into(), agency.into());
        fields.insert("subtree".into(), subtree.into());
    }
    let id = RecordId(crate::random::bytes());
    let owner = ActOwner::New(id, OWN_SUBTREE);
    let (act, payload, session) = archive.seal_document(ActKind::PresenceBegun, actor, owner, fields, Vec::new())?;
    let entry = archive.commit_together(vec![(act, payload)])?[0].index;
    drop(session);
    Ok((id, entry))
}

/// The check with this id.
pub fn find(archive: &Archive, id: RecordId) -> Result<Check, Error> {
    archive.wait_index()?;
    let unknown = || Error::new(ErrorCode::PrsUnknown, id.to_string(), "no such check");
    let row = archive.index().check(id)?.ok_or_else(unknown)?;
    let (document, _) = archive.document(row.begun)?;
    let changed = || Error::new(ErrorCode::StoChanged, id.to_string(), "the document of the check cannot be read");
    let basis = document.text("basis").ok_or_else(changed)?.to_owned();
    Ok(Check { id, basis, agency: document.text("agency").map(str::to_owned), row })
}

/// Every check, oldest first.
pub fn list(archive: &Archive) -> Result<Vec<Check>, Error> {
    archive.wait_index()?;
    let mut rows = archive.index().checks()?;
    rows.sort_unstable_by_key(|(_, row)| row.begun);
    rows.into_iter().map(|(id, _)| find(archive, id)).collect()
}

/// Every record that is in search, with the entry of its mark and the check that set it, oldest first.
pub fn in_search(archive: &Archive) -> Result<Vec<(RecordId, u64, Option<RecordId>)>, Error> {
    archive.wait_index()?;
    let mut missing = archive.index().missing()?;
    missing.sort_unstable_by_key(|(_, entry)| *entry);
    missing.into_iter().map(|(record, entry)| Ok((record, entry, archive.leaf(entry)?.of))).collect()
}

/// A finding as act documents and answers write it.
fn finding_value(record: RecordId, finding: &Finding) -> Value {
    json!({"record_id": record.to_string(), "code": finding.code.as_str(), "subject": finding.subject})
}
