//! The validation policies, registers of authority and calendars that the archive has adopted: act documents of its
//! register.
//!
//! The document has the file as it came, so that every report can be made again by the policy that it names. In force
//! are the policy that was adopted last, of each register its version that was adopted last, and for each day the
//! calendar that was adopted last and was made for that day. Submissions are judged by what is in force; officers who
//! decide are judged by what is confirmed ([`Confirmed`](super::Confirmed)). A register names people: it leaves the
//! sealed document only as a verdict about one signatory.

use super::confirmed::Trusted;
use super::{ActOwner, Archive, Register, lock};
use crate::error::{Error, ErrorCode, Refusal};
use crate::index::rows::Adopted;
use crate::model::calendar::{Calendars, WorkCalendar};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::model::record::ActDocument;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use crate::verify::authority::{Authorities, Authority};
use crate::verify::policy::Policy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
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

/// What an act of adoption brings beside the file: fields of its document, and files by name.
type Brought = (Map<String, Value>, Vec<(String, Vec<u8>)>);

/// What became of a file that was to be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Adopted, as this entry of the journal.
    Done(u64),
    /// The same file is in force already, since this entry; none: it comes with the program.
    Held(Option<u64>),
}

impl Archive {
    /// Commits the adoption of a checked policy, register or calendar that nobody signed. Gives the entry.
    pub fn adopt_policy(&self, file: &[u8], which: PolicyFile, actor: ActorId) -> Result<u64, Error> {
        let kind = match which {
            PolicyFile::Policy => ActKind::PolicyAdopted,
            PolicyFile::Authority => ActKind::AuthorityAdopted,
            PolicyFile::Calendar => return self.adopt_file(ActKind::CalendarAdopted, file, actor),
        };
        let known = self.confirmed()?;
        let fields = Map::from_iter([("confirmed".to_owned(), known.is_free(sha256(file)).into())]);
        self.adopt_trusted((kind, file), (fields, Vec::new()), known.newest(), actor)
    }

    /// Commits the adoption of a checked policy or register that approvers signed, with the fields and files of their
    /// approval. `known` is the newest adoption that they were judged by. Gives the entry.
    pub(crate) fn adopt_signed(
        &self,
        (which, file): (PolicyFile, &[u8]),
        (mut fields, files): Brought,
        known: Option<u64>,
        actor: ActorId,
    ) -> Result<u64, Error> {
        let kind = if which == PolicyFile::Policy { ActKind::PolicyAdopted } else { ActKind::AuthorityAdopted };
        fields.insert("confirmed".into(), true.into());
        self.adopt_trusted((kind, file), (fields, files), known, actor)
    }

    fn adopt_trusted(
        &self,
        (kind, file): (ActKind, &[u8]),
        (mut fields, files): Brought,
        known: Option<u64>,
        actor: ActorId,
    ) -> Result<u64, Error> {
        fields.extend(file_fields(file));
        let committed = self.commit_together_deciding(|| {
            let [policies, registers] = [Adopted::Policy, Adopted::Authority].map(|what| self.index().adopted(what));
            if policies?.last().max(registers?.last()).copied() != known {
                let what = "another policy or register was adopted meanwhile";
                return Err(Error::new(ErrorCode::PolTaken, kind.as_str(), what));
            }
            let owner = ActOwner::Register(Register::Archive);
            let (act, payload, session) = self.seal_files(Act::new(kind, actor), owner, fields, files)?;
            Ok((vec![(act, payload)], vec![session]))
        })?;
        self.forget_adopted();
        Ok(committed.first().map(|c| c.index).unwrap_or_default())
    }

    /// Commits an act of adoption with the checked file that is adopted. Gives the entry.
    pub(crate) fn adopt_file(&self, kind: ActKind, file: &[u8], actor: ActorId) -> Result<u64, Error> {
        let entry = self.commit_document(kind, actor, Register::Archive, file_fields(file))?;
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
        file_of(entry, &self.document(entry)?.0)
    }
}

/// The policy or the register that an act of adoption brought.
pub(super) fn trusted(entry: u64, document: &ActDocument, is_policy: bool) -> Result<Trusted, Error> {
    let file = file_of(entry, document)?;
    Ok(match is_policy {
        true => Trusted::Policy(Box::new(read(entry, &file, Policy::parse)?)),
        false => Trusted::Register(Box::new(read(entry, &file, Authority::parse)?)),
    })
}

/// The fields of an act of adoption.
fn file_fields(file: &[u8]) -> Map<String, Value> {
    let fields = json!({"file": STANDARD.encode(file), "sha256": sha256(file).to_string()});
    fields.as_object().cloned().unwrap_or_default()
}

fn file_of(entry: u64, document: &ActDocument) -> Result<Vec<u8>, Error> {
    let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted file cannot be read");
    document.text("file").and_then(|file| STANDARD.decode(file).ok()).ok_or_else(changed)
}

/// Reads a file that was checked when it was adopted.
fn read<T>(entry: u64, file: &[u8], parse: fn(&[u8], &str) -> Result<T, Vec<Refusal>>) -> Result<T, Error> {
    let changed = |_| Error::new(ErrorCode::StoChanged, entry.to_string(), "the adopted file is not what was checked");
    parse(file, "adopted").map_err(changed)
}
