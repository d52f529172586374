//! Adopting validation policies, registers of authority and calendars of working days: one version after another, each
//! an act with its file.
//!
//! [`read`] tells them apart by their `schema` field and checks them; it needs no archive. [`adopt`] commits what
//! was checked. A version is adopted once: other content under the same id and version is refused.
//!
//! A policy or a register is taken also when nobody signed it, since intake must go on; officers are judged by it once
//! it is confirmed ([`crate::archive::Confirmed`]), with signatures or without where there is no quorum yet. Signatures
//! that do not confirm refuse the whole adoption, and leave nothing. What was adopted without them can be adopted again
//! with them. A crash leaves it adopted or not.

use super::approval::{confirm, files, keep_material, told};
use super::receive::ReceiveError;
use super::unpack::open_regular;
use crate::archive::{Archive, PolicyFile};
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::calendar::{CALENDAR_SCHEMA, CalendarStatus, WorkCalendar};
use crate::model::digest::Sha256;
use crate::model::id::ActorId;
use crate::text::{Text, text};
use crate::verify::authority::{AUTHORITY_BYTES_MAX, AUTHORITY_SCHEMA, Authority};
use crate::verify::material::Material;
use crate::verify::policy::{Policy, Warning};
use chrono::{DateTime, Days, Utc};
use std::io::Read;
use std::path::Path;

/// A file that was checked.
#[derive(Debug)]
pub enum Checked {
    /// A validation policy.
    Policy(Box<Policy>),
    /// A register of authority.
    Authority(Box<Authority>),
    /// A calendar of working days.
    Calendar(Box<WorkCalendar>),
}

const SAMPLE: Text = text(
    "Үлгі күнтізбе: заң актілерімен салыстырылмаған. Мерзімдер шамамен есептеледі.",
    "Календарь-образец: с актами законодательства не сверен. Сроки считаются приблизительно.",
    "A sample calendar: not checked against the acts of the state. Deadlines are approximate.",
);
const ENDS: Text = text(
    "Күнтізбе осы күнге дейін ғана: келесі жылдың күнтізбесін енгізіңіз.",
    "Календарь составлен лишь до этого дня: введите календарь следующего года.",
    "The calendar was made for no later day: adopt that of the next year.",
);
const NOT_SIGNED: Text = text(
    "күнтізбе қолтаңбасыз енгізіледі",
    "календарь вводят без подписей",
    "a calendar is adopted without signatures",
);
/// Days before its end on which a calendar is said to end. Own bound: the acts that move days come out before the year.
const ENDS_DAYS: u64 = 31;

impl Checked {
    /// What a person should look at, at this time.
    pub fn warnings(&self, at: DateTime<Utc>) -> Vec<Warning> {
        match self {
            Checked::Policy(policy) => policy.warnings(at),
            Checked::Authority(register) => register.warnings(),
            Checked::Calendar(calendar) => {
                let sample = (calendar.status == CalendarStatus::Sample).then(|| Warning {
                    name: "calendar-sample",
                    subject: "/status".to_owned(),
                    text: SAMPLE,
                });
                let ends = at.date_naive().checked_add_days(Days::new(ENDS_DAYS)).is_none_or(|d| d > calendar.valid_to);
                let ends =
                    ends.then(|| Warning { name: "calendar-ends", subject: calendar.valid_to.to_string(), text: ENDS });
                sample.into_iter().chain(ends).collect()
            }
        }
    }

    /// Which of them it is.
    pub fn which(&self) -> PolicyFile {
        match self {
            Checked::Policy(_) => PolicyFile::Policy,
            Checked::Authority(_) => PolicyFile::Authority,
            Checked::Calendar(_) => PolicyFile::Calendar,
        }
    }

    /// Its id, its version and the digest of the file.
    pub fn name(&self) -> (&str, &str, Sha256) {
        match self {
            Checked::Policy(policy) => (&policy.id, &policy.version, policy.sha256),
            Checked::Authority(authority) => (&authority.id, &authority.version, authority.sha256),
            Checked::Calendar(calendar) => (&calendar.id, &calendar.edition, calendar.sha256),
        }
    }
}

/// What became of a file.
#[derive(Debug)]
pub enum Adopted {
    /// Adopted, as this entry of the journal.
    Done {
        /// What it is.
        file: Checked,
        /// The entry.
        entry: u64,
        /// Whether it is confirmed: officers are judged by it. A calendar always is: no officer is judged by one.
        is_confirmed: bool,
    },
    /// The same file is in force, and confirmed if signatures were given.
    Held,
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// A file that was checked, or every reason why it is none.
pub type CheckResult = Result<Checked, Vec<Refusal>>;

/// Reads and checks a policy, a register or a calendar.
///
/// # Errors
///
/// An operating error when the file cannot be read; in the inner result a [`Refusal`] about every fault.
pub fn read(path: &Path) -> Result<(Vec<u8>, CheckResult), Error> {
    let bytes = bytes(path)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let checked = check(&bytes, &name);
    Ok((bytes, checked))
}

/// Checks a policy, a register or a calendar that messages call `name`.
fn check(bytes: &[u8], name: &str) -> CheckResult {
    // A file without a schema is judged as a policy, which says what is missing.
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let table = text.parse::<toml::Table>().ok();
    let schema = table.as_ref().and_then(|table| table.get("schema")).and_then(toml::Value::as_str);
    let checked = match schema {
        Some(AUTHORITY_SCHEMA) => Authority::parse(bytes, name).map(|read| Checked::Authority(Box::new(read))),
        Some(CALENDAR_SCHEMA) => WorkCalendar::parse_file(bytes, name).map(|read| Checked::Calendar(Box::new(read))),
        // Of the three only a calendar may be JSON.
        None if text.trim_start().starts_with('{') => {
            WorkCalendar::parse_file(bytes, name).map(|read| Checked::Calendar(Box::new(read)))
        }
        _ => Policy::parse(bytes, name).map(|read| Checked::Policy(Box::new(read))),
    };
    // What is missing or malformed is said by the detail; the file is what is refused.
    let malformed = |r: Refusal| Refusal { code: ErrorCode::PolMalformed, ..r };
    checked.map_err(|refusals| refusals.into_iter().map(malformed).collect())
}

/// Adopts the policy, the register or the calendar in `path`, which nobody signed.
pub fn adopt(archive: &Archive, path: &Path, actor: ActorId) -> Result<Adopted, Error> {
    adopt_signed(archive, path, &[], &Material::default(), actor)
}

/// The same with the signatures that confirm it, if there are any. `extra` is material for them beside that of the
/// archive.
pub fn adopt_signed(
    archive: &Archive,
    path: &Path,
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Adopted, Error> {
    let (bytes, checked) = read(path)?;
    let file = match checked {
        Ok(file) => file,
        Err(refusals) => return Ok(Adopted::Refused(refusals)),
    };
    let (id, version, digest) = file.name();
    let held = held(archive, file.which())?;
    for (entry, held_id, held_version, held_digest) in &held {
        if (held_id.as_str(), held_version.as_str()) == (id, version) && *held_digest != digest {
            let subject = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let detail = format!("{id} {version} was adopted with other content as entry {entry}");
            return Ok(Adopted::Refused(vec![Refusal::new(ErrorCode::PolTaken, subject, detail)]));
        }
    }
    // In force is the policy that was adopted last, of a register its last version, of calendars the last one for each
    // day: an earlier one comes into force again by being adopted again.
    let is_policy = matches!(file, Checked::Policy(_));
    let in_force = held.iter().rfind(|(_, held_id, _, _)| is_policy || held_id == id);
    let is_held = match &file {
        Checked::Calendar(_) => archive.calendars()?.decides(digest) && !held.is_empty(),
        _ => in_force.is_some_and(|(_, _, _, in_force)| *in_force == digest),
    };
    if is_held && (signatures.is_empty() || archive.confirmed()?.decides(digest)) {
        return Ok(Adopted::Held);
    }
    let entry = if signatures.is_empty() {
        archive.adopt_policy(&bytes, file.which(), actor)?
    } else {
        let confirmed = archive.confirmed()?;
        let replaced = match &file {
            Checked::Policy(_) => confirmed.policy_since(),
            Checked::Authority(register) => confirmed.register_since(&register.id),
            Checked::Calendar(_) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let refusal = told(ErrorCode::PolConfirm, name, |lang| NOT_SIGNED.get(lang).to_owned());
                return Ok(Adopted::Refused(vec![refusal]));
            }
        };
        let approved = match confirm(archive, &bytes, replaced, signatures, extra)? {
            Ok(approved) => approved,
            Err(refusals) => return Ok(Adopted::Refused(refusals)),
        };
        keep_material(archive, signatures, &approved, extra, actor)?;
        // The file itself stands in the document.
        let files = files(archive, signatures, &approved, extra);
        archive.adopt_signed((file.which(), &bytes), (approved.fields(), files), confirmed.newest(), actor)?
    };
    let is_confirmed = archive.confirmed()?.is_confirmed(entry);
    Ok(Adopted::Done { file, entry, is_confirmed })
}

/// What was adopted of a kind: entry, id, version, digest.
fn held(archive: &Archive, which: PolicyFile) -> Result<Vec<(u64, String, String, Sha256)>, Error> {
    Ok(match which {
        PolicyFile::Policy => {
            let policies = archive.adopted_policies()?.into_iter();
            policies.map(|(entry, p)| (entry, p.id, p.version, p.sha256)).collect()
        }
        PolicyFile::Authority => {
            let registers = archive.adopted_authorities()?.into_iter();
            registers.map(|(entry, a)| (entry, a.id, a.version, a.sha256)).collect()
        }
        PolicyFile::Calendar => {
            let calendars = archive.adopted_calendars()?.into_iter();
            calendars.map(|(entry, c)| (entry, c.id, c.edition, c.sha256)).collect()
        }
    })
}

/// The bytes of the file; a register is the largest of the three.
fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let subject = || path.display().to_string();
    let failed = |e: ReceiveError| Error::caused(e.code(), subject(), e);
    let (file, _) = open_regular(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let read = file.take(AUTHORITY_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| failed(ReceiveError::io(path, e)))?;
    if bytes.len() > AUTHORITY_BYTES_MAX {
        let what = format!("more than {AUTHORITY_BYTES_MAX} bytes");
        return Err(Error::new(ErrorCode::PolMalformed, subject(), what));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &[u8] = include_bytes!("../../schema/policy/1/default.toml");
    const REGISTER: &[u8] = include_bytes!("../../schema/authority/1/examples/valid-register.toml");

    #[test]
    fn the_schema_says_which_file_it_is() {
        assert_eq!(check(DEFAULT, "p").unwrap().which(), PolicyFile::Policy);
        let register = check(REGISTER, "a").unwrap();
        assert_eq!((register.which(), register.name().0), (PolicyFile::Authority, "example"));
        let sample = include_bytes!("../../schema/calendar/1/kz-sample.toml");
        let calendar = check(sample, "c").unwrap();
        assert_eq!((calendar.which(), calendar.name().1), (PolicyFile::Calendar, "sample-1"));
        let json = serde_json::to_vec(&toml::from_str::<toml::Value>(std::str::from_utf8(sample).unwrap()).unwrap());
        assert_eq!(check(&json.unwrap(), "c").unwrap().which(), PolicyFile::Calendar);
        let names = |at: &str| -> Vec<&str> {
            calendar.warnings(at.parse().unwrap()).into_iter().map(|warning| warning.name).collect()
        };
        assert_eq!(names("2026-01-01T00:00:00Z"), ["calendar-sample"]);
        assert_eq!(names("2029-12-15T00:00:00Z"), ["calendar-sample", "calendar-ends"]);
    }

    #[test]
    fn faults_have_the_code_of_the_policy() {
        for bytes in [
            b"".as_slice(),
            b"schema = \"muragat/authority/1\"",
            b"schema = 1",
            b"x =",
            b"\xff",
            b"{",
            b"schema = \"muragat/calendar/1\"",
        ] {
            let refusals = check(bytes, "p").unwrap_err();
            assert!(!refusals.is_empty() && refusals.iter().all(|r| r.code == ErrorCode::PolMalformed));
        }
    }
}
