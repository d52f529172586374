//! Repeating the validation of a record: the same question once more, by what the archive had when it was accepted.
//!
//! The documents and the material that came with them are in the record, certificates of CAs and CRLs in the shared
//! material, the policy and the registers in the journal: each as it stood before the entry of acceptance. The answer
//! must have the bytes of the one that was frozen then; who validates now and who did then is no part of that question
//! and is said apart.
//!
//! It changes nothing. Reading a restricted record for it is in the journal like every reading.

use super::component::{Received, Stop, spool_failed};
use super::import::profile::Keep;
use super::signatures::{Basis, Receipt, Verdict};
use crate::access::{Opened, open};
use crate::archive::Archive;
use crate::clock::Millis;
use crate::config::Action;
use crate::error::{Error, ErrorCode};
use crate::model::card::Card;
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::path::{VALIDATION_PATH, is_own};
use crate::model::record::Manifest;
use crate::model::submission::{Role, Submission};
use crate::model::validation::{Validation, time_of};
use crate::verify::authority::{Authorities, Authority};
use crate::verify::material::Material;
use crate::verify::policy::Policy;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write;

/// A validation of old and the same made anew.
#[derive(Debug)]
pub struct Repeated {
    /// As it was frozen.
    pub frozen: Vec<u8>,
    /// As this program makes it.
    pub again: Vec<u8>,
    /// Who made the frozen one: name, version, source, record of its means; null before reports said so.
    pub verifier: Value,
}

impl Repeated {
    /// Whether both are the same, byte for byte.
    pub fn is_equal(&self) -> bool {
        self.frozen == self.again
    }
}

/// Repeats the validation of a record.
pub fn repeat(archive: &Archive, record: RecordId, actor: ActorId) -> Result<Repeated, Error> {
    archive.wait_index()?;
    let opened = open(archive, record, actor)?;
    let manifest = opened.manifest()?;
    let pool = |validation: &Validation| pool(archive, opened.row.entry, validation);
    again(archive, &opened, &manifest, &mut InForce::default(), pool)
}

/// Policies and registers as they were in force, read once for many records.
#[derive(Default)]
pub(crate) struct InForce {
    policies: HashMap<Sha256, Policy>,
    /// Every version of every register with its entry, oldest first.
    registers: Option<Vec<(u64, Authority)>>,
    /// By how many versions had been adopted.
    authorities: HashMap<usize, Authorities>,
}

impl InForce {
    /// The policy of a validation and the registers that were in force before an entry.
    fn of(&mut self, archive: &Archive, validation: &Validation, entry: u64) -> Result<(&Policy, &Authorities), Error> {
        let missing = |what: &str| Error::new(ErrorCode::MeaNotHeld, validation.policy.to_string(), what);
        let policy = match self.policies.entry(validation.policy) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let policy = archive.policy_of(validation.policy)?;
                new.insert(policy.ok_or_else(|| missing("the validation policy"))?)
            }
        };
        if self.registers.is_none() {
            self.registers = Some(archive.adopted_authorities()?);
        }
        let registers = self.registers.as_deref().unwrap_or_default();
        let count = registers.partition_point(|(adopted, _)| *adopted < entry);
        let authorities = self.authorities.entry(count).or_insert_with(|| {
            let mut authorities = Authorities::default();
            registers[..count].iter().for_each(|(_, register)| authorities.adopt(register.clone()));
            authorities
        });
        if !authorities.adopted().iter().map(|register| register.sha256).eq(validation.authorities.iter().copied()) {
            return Err(missing("the registers of signers that were in force then"));
        }
        Ok((policy, authorities))
    }
}

/// Repeats the validation of a record that is open, by what was in force then and the shared material of `pool`.
pub(crate) fn again(
    archive: &Archive,
    opened: &Opened<'_>,
    manifest: &Manifest,
    in_force: &mut InForce,
    pool: impl FnOnce(&Validation) -> Result<Material, Error>,
) -> Result<Repeated, Error> {
    let frozen = opened.read(opened.component(VALIDATION_PATH)?)?;
    let unreadable = |what: &str| Error::new(ErrorCode::StoChanged, manifest.record.to_string(), what);
    let document: Value =
        serde_json::from_slice(&frozen).map_err(|e| Error::caused(ErrorCode::StoChanged, VALIDATION_PATH, e))?;
    let validation = manifest.validation.as_ref().ok_or_else(|| unreadable("a validation that the record lacks"))?;
    let (policy, authorities) = in_force.of(archive, validation, opened.row.entry)?;
    let pool = pool(validation)?;

    let (mut received, extra) = gather(archive, opened, manifest)?;
    let submission = submission(manifest, &received);
    let card = card(opened, manifest)?;
    let millis = |time: DateTime<Utc>| Millis::try_from(time.timestamp_millis()).unwrap_or_default();
    let asked = Receipt {
        archive,
        submission: &submission,
        card: &card,
        extra: Some(&extra),
        since: millis(validation.received),
        now: millis(validated(&document).unwrap_or(validation.received)),
        // The doubts that a profile did not keep are no doubts of a record that is there.
        keep: manifest.keeps_doubts().then_some(Keep::ALL),
    };
    let verifier = document.get("verifier").cloned().unwrap_or_default();
    // What was accepted is not refused again, whatever is thought of it: what was in doubt then is in doubt now.
    let mode = Action::Flag;
    let basis = Basis { mode, policy, authorities, pool: &pool, verifier: verifier.clone() };
    let judged = asked.judge_by(&mut received, &basis).map_err(|stop| match stop {
        Stop::Failed(e) => e,
        Stop::Refused(_) | Stop::Held(_) | Stop::Tried(_) => {
            unreachable!("a record that is held is judged, never refused")
        }
    })?;
    let Verdict::Accepted(mut judgement) = judged else { unreachable!("nothing is refused or waits in this mode") };
    Ok(Repeated { frozen, again: judgement.document()?, verifier })
}

/// The files of a record as they were received, and the material that was kept with it.
pub(super) fn gather(
    archive: &Archive,
    opened: &Opened<'_>,
    manifest: &Manifest,
) -> Result<(Vec<Received>, Material), Error> {
    let mut received = Vec::with_capacity(manifest.components.len());
    let mut extra = Material::default();
    for component in &manifest.components {
        let row = opened.component(&component.path)?;
        if !is_own(&component.path) {
            let mut bytes = archive.spool().object();
            opened.whole(row, &mut |piece| bytes.write_all(piece))?;
            bytes.finish().map_err(|e| spool_failed(&component.path, e))?;
            received.push(Received::held(component, bytes));
        } else if matches!(component.role, Role::Certificate | Role::Revocation) {
            let read = extra.add_file(&opened.read(row)?);
            read.map_err(|e| Error::caused(ErrorCode::StoChanged, component.path.clone(), e))?;
        }
    }
    Ok((received, extra))
}

/// The shared material of that time, with all that the validation names.
fn pool(archive: &Archive, entry: u64, validation: &Validation) -> Result<Material, Error> {
    let mut pool = archive.material_before(entry)?;
    for digest in &validation.material {
        let missing = || Error::new(ErrorCode::MeaNotHeld, digest.to_string(), "shared material that a report names");
        let file = archive.material_file(*digest)?.ok_or_else(missing)?;
        pool.add_file(&file).map_err(|e| Error::caused(ErrorCode::StoChanged, digest.to_string(), e))?;
    }
    Ok(pool)
}

/// The submission that the record was made from.
pub(super) fn submission(manifest: &Manifest, received: &[Received]) -> Submission {
    Submission {
        profile: manifest.profile,
        kind: manifest.kind,
        certified_by: manifest.certified_by.clone(),
        agency: manifest.agency.clone(),
        direction: manifest.direction,
        nomenclature_index: manifest.nomenclature_index.clone(),
        file: manifest.file.clone(),
        access_category: manifest.access_category,
        codes: manifest.codes.iter().map(|used| (used.field.clone(), used.code.clone())).collect(),
        components: received.iter().map(|component| component.entry.clone()).collect(),
    }
}

/// The card as it came.
pub(super) fn card(opened: &Opened<'_>, manifest: &Manifest) -> Result<Card, Error> {
    let changed = |what: &str| Error::new(ErrorCode::StoChanged, manifest.record.to_string(), what);
    let component = manifest.components.iter().find(|component| component.role == Role::Card);
    let path = &component.ok_or_else(|| changed("the record has no card"))?.path;
    let bytes = opened.read(opened.component(path)?)?;
    Card::parse(&bytes, path, manifest.profile.rules()).map_err(|_| changed("the card cannot be read any more"))
}

/// The time that the reports were made for; of a record without signatures there is none.
fn validated(document: &Value) -> Option<DateTime<Utc>> {
    let reports = |list: &str| document.get(list).and_then(Value::as_array).into_iter().flatten();
    let mut reports = reports("signatures").chain(reports("timestamps"));
    reports.find_map(|entry| time_of(entry.pointer("/report/validation_time")?.as_str()?))
}
