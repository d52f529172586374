//! The validation policies, registers of authority and calendars that the archive has adopted: act documents of its
//! register.
//!
//! The document has the file as it came, so that every report can be made again by the policy that it names. In force
//! are the policy that was adopted last, of each register its version that was adopted last, and for each day the
//! calendar that was adopted last and was made for that day. A register names people: it leaves the sealed document
//! only as a verdict about one signatory.

use super::{Archive, Register, lock};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::Adopted;
use crate::model::calendar::{Calendars, WorkCalendar};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::tlog::leaf::ActKind;
use crate::verify::authority::{Authorities, Authority};
use crate::verify::policy::Policy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::sync::Arc;

/// The policy that signatures are validated by.
#[derive(Debug, Clone)]
pub struct PolicyInForce {
    /// The policy.
    pub policy: Policy,
    /// The entry of its adoption; none for the built-in one, which trusts nobody.
    pub entry: Option<u64>,
}

impl PolicyInForce {
    /// Whether the archive adopted it.
    pub fn is_adopted(&self) -> bool {
        self.entry.is_some()
    }
}

/// Which of the files is adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyFile {
    /// A validation policy.
    Policy,
    /// A register of authority.
    Authority,
    /// A calendar of working days.
    Calendar,
}

/// What became of a file that was to be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Adopted, as this entry of the journal.
    Done(u64),
    /// The same file is in force already, since this entry; none: it comes with the program.
    Held(Option<u64>),
}

impl Archive {
    /// Commits the adoption of a checked policy, register or calendar with its file. Gives the entry.
    pub fn adopt_policy(&self, file: &[u8], which: PolicyFile, actor: ActorId) -> Result<u64, Error> {
        let kind = match which {
            PolicyFile::Policy => ActKind::PolicyAdopted,
            PolicyFile::Authority => ActKind::AuthorityAdopted,
            PolicyFile::Calendar => ActKind::CalendarAdopted,
        };
        self.adopt_file(kind, file, actor)
    }

    /// Commits an act of adoption with the checked file that is adopted. Gives the entry.
    pub(crate) fn adopt_file(&self, kind: ActKind, file: &[u8], actor: ActorId) -> Result<u64, Error> {
        let fields = json!({"file": STANDARD.encode(file), "sha256": sha256(file).to_string()});
        let fields = fields.as_object().cloned().unwrap_or_default();
        let entry = self.commit_document(kind, actor, Register::Archive, fields)?;
        self.wait_index()?;
        self.forget_adopted();
        Ok(entry)
    }

    /// The policy in force: the one adopted last, or the built-in one.
    pub fn validation_policy(&self) -> Result<Arc<PolicyInForce>, Error> {
        let mut cached = lock(&self.shared.validation_policy);
        if let Some(policy) = cached.as_ref() {
            return Ok(policy.clone());
        }
        let last = self.index().adopted(Adopted::Policy)?.pop();
        let policy = match last {
            None => PolicyInForce { policy: Policy::built_in(), entry: None },
            Some(entry) => PolicyInForce { policy: self.adopted_policy(entry)?, entry: Some(entry) },
        };
        Ok(cached.insert(Arc::new(policy)).clone())
    }

    /// The registers in force.
    pub fn authorities(&self) -> Result<Arc<Authorities>, Error> {
        let mut cached = lock(&self.shared.authorities);
        if let Some(authorities) = cached.as_ref() {
            return Ok(authorities.clone());
        }
        Ok(cached.insert(Arc::new(self.authorities_before(u64::MAX)?)).clone())
    }

    /// The registers that were in force before an entry.
    pub fn authorities_before(&self, entry: u64) -> Result<Authorities, Error> {
        let mut authorities = Authorities::default();
        for (_, authority) in self.adopted_authorities()?.into_iter().filter(|(adopted, _)| *adopted < entry) {
            authorities.adopt(authority);
        }
        Ok(authorities)
    }

    /// The calendars that deadlines are counted by.
    pub fn calendars(&self) -> Result<Arc<Calendars>, Error> {
        let mut cached = lock(&self.shared.calendars);
        if let Some(calendars) = cached.as_ref() {
            return Ok(calendars.clone());
        }
        let adopted = self.adopted_calendars()?.into_iter().map(|(_, calendar)| calendar).collect();
        Ok(cached.insert(Arc::new(Calendars::new(adopted))).clone())
    }

    /// Every adopted calendar with its entry, oldest first.
    pub fn adopted_calendars(&self) -> Result<Vec<(u64, WorkCalendar)>, Error> {
        let entries = self.index().adopted(Adopted::Calendar)?;
        let read = |entry| Ok((entry, read(entry, &self.adopted_file(entry)?, WorkCalendar::parse_file)?));
        entries.into_iter().map(read).collect()
    }

    /// Every adopted policy with its entry, oldest first.
    pub fn adopted_policies(&self) -> Result<Vec<(u64, Policy)>, Error> {
        let entries = self.index().adopted(Adopted::Policy)?;
        entries.into_iter().map(|entry| Ok((entry, self.adopted_policy(entry)?))).collect()
    }

    /// Every adopted version of every register with its entry, oldest first.
    pub fn adopted_authorities(&self) -> Result<Vec<(u64, Authority)>, Error> {
        let entries = self.index().adopted(Adopted::Authority)?;
        let read = |entry| Ok((entry, read(entry, &self.adopted_file(entry)?, Authority::parse)?));
        entries.into_iter().map(read).collect()
    }

    /// The policy with this digest, adopted or built in: what an old report was made by.
    pub fn policy_of(&self, digest: Sha256) -> Result<Option<Policy>, Error> {
        let adopted = self.adopted_policies()?.into_iter().map(|(_, policy)| policy);
        Ok(adopted.chain([Policy::built_in()]).find(|policy| policy.sha256 == digest))
    }

    fn adopted_policy(&self, entry: u64) -> Result<Policy, Error> {
        read(entry, &self.adopted_file(entry)?, Policy::parse)
    }

    /// The files of all nomenclatures that were adopted, with their entries, oldest first.
    pub(crate) fn adopted_nomenclatures(&self) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let entries = self.index().adopted(Adopted::Nomenclature)?;
        entries.into_iter().map(|entry| Ok((entry, self.adopted_file(entry)?))).collect()
    }

    /// The files of all forms that were adopted, with their entries, oldest first.
    pub(crate) fn adopted_forms(&self) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let entries = self.index().adopted(Adopted::Form)?;
        entries.into_iter().map(|entry| Ok((entry, self.adopted_file(entry)?))).collect()
    }

    /// The file that an act of adoption brought.
    pub fn adopted_file(&self, entry: u64) -> Result<Vec<u8>, Error> {
        let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted file cannot be read");
        let (document, _) = self.document(entry)?;
        document.text("file").and_then(|file| STANDARD.decode(file).ok()).ok_or_else(changed)
    }
}

/// Reads a file that was checked when it was adopted.
fn read<T>(entry: u64, file: &[u8], parse: fn(&[u8], &str) -> Result<T, Vec<Refusal>>) -> Result<T, Error> {
    let changed = |_| Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted file is not what was checked");
    parse(file, "adopted").map_err(changed)
}
