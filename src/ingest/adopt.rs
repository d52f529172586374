//! Adopting validation policies and registers of authority: one version after another, each an act with its file.
//!
//! [`read`] tells the two apart by their `schema` field and checks them; it needs no archive. [`adopt`] commits what
//! was checked. A version is adopted once: other content under the same id and version is refused.

use super::receive::ReceiveError;
use super::unpack::open_regular;
use crate::archive::{Archive, PolicyFile};
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::digest::Sha256;
use crate::model::id::ActorId;
use crate::verify::authority::{AUTHORITY_BYTES_MAX, AUTHORITY_SCHEMA, Authority};
use crate::verify::policy::Policy;
use std::io::Read;
use std::path::Path;

/// A file that was checked.
#[derive(Debug)]
pub enum Checked {
    /// A validation policy.
    Policy(Box<Policy>),
    /// A register of authority.
    Authority(Box<Authority>),
}

impl Checked {
    /// Which of the two it is.
    pub fn which(&self) -> PolicyFile {
        match self {
            Checked::Policy(_) => PolicyFile::Policy,
            Checked::Authority(_) => PolicyFile::Authority,
        }
    }

    /// Its id, its version and the digest of the file.
    pub fn name(&self) -> (&str, &str, Sha256) {
        match self {
            Checked::Policy(policy) => (&policy.id, &policy.version, policy.sha256),
            Checked::Authority(authority) => (&authority.id, &authority.version, authority.sha256),
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
    },
    /// The same file was adopted before.
    Held,
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// A file that was checked, or every reason why it is none.
pub type CheckResult = Result<Checked, Vec<Refusal>>;

/// Reads and checks a policy or a register.
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

/// Checks a policy or a register that messages call `name`.
fn check(bytes: &[u8], name: &str) -> CheckResult {
    // A file without a schema is judged as a policy, which says what is missing.
    let is_register = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse::<toml::Table>().ok())
        .is_some_and(|table| table.get("schema").and_then(toml::Value::as_str) == Some(AUTHORITY_SCHEMA));
    let checked = if is_register {
        Authority::parse(bytes, name).map(|authority| Checked::Authority(Box::new(authority)))
    } else {
        Policy::parse(bytes, name).map(|policy| Checked::Policy(Box::new(policy)))
    };
    // What is missing or malformed is said by the detail; the file is what is refused.
    let malformed = |r: Refusal| Refusal { code: ErrorCode::PolMalformed, ..r };
    checked.map_err(|refusals| refusals.into_iter().map(malformed).collect())
}

/// Adopts the policy or the register in `path`.
pub fn adopt(archive: &Archive, path: &Path, actor: ActorId) -> Result<Adopted, Error> {
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
    // In force is the policy that was adopted last, and of a register its last version: an earlier one comes into force
    // again by being adopted again.
    let is_policy = matches!(file, Checked::Policy(_));
    let in_force = held.iter().rfind(|(_, held_id, _, _)| is_policy || held_id == id);
    if in_force.is_some_and(|(_, _, _, in_force)| *in_force == digest) {
        return Ok(Adopted::Held);
    }
    let entry = archive.adopt_policy(&bytes, file.which(), actor)?;
    Ok(Adopted::Done { file, entry })
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
    })
}

/// The bytes of the file; a register is the larger of the two.
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
    }

    #[test]
    fn faults_have_the_code_of_the_policy() {
        for bytes in [b"".as_slice(), b"schema = \"muragat/authority/1\"", b"schema = 1", b"x =", b"\xff"] {
            let refusals = check(bytes, "p").unwrap_err();
            assert!(!refusals.is_empty() && refusals.iter().all(|r| r.code == ErrorCode::PolMalformed));
        }
    }
}
