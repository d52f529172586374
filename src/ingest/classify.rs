//! Adopting classifiers (N 430 cl. 9): one edition after another, each an act with the file as it came.
//!
//! Whether the signature is valid is not looked at yet, and `classifier list` says so.

use super::receive::ReceiveError;
use super::unpack::open_regular;
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::classifier::{CLASSIFIER_BYTES_MAX, Classifier};
use crate::model::digest::sha256;
use crate::model::id::ActorId;
use std::io::Read;
use std::path::Path;

/// What became of an edition.
#[derive(Debug)]
pub enum Adopted {
    /// Adopted, as this entry of the journal.
    Done {
        /// The edition.
        edition: Box<Classifier>,
        /// The entry.
        entry: u64,
    },
    /// The same file was adopted before.
    Held,
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// A detached signature is a few kilobytes; one with a chain and a time-stamp some tens.
const SIGNATURE_BYTES_MAX: usize = 1024 * 1024;

/// Adopts the edition in `file`, with the detached signature of its signer when there is one.
pub fn adopt(archive: &Archive, file: &Path, signature: Option<&Path>, actor: ActorId) -> Result<Adopted, Error> {
    let bytes = read(file, CLASSIFIER_BYTES_MAX)?;
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let edition = match Classifier::parse(&bytes, &name) {
        Ok(edition) => edition,
        Err(refusals) => {
            // What is missing or malformed is said by the detail; the file is what is refused.
            let malformed = |r: Refusal| Refusal { code: ErrorCode::ClsMalformed, ..r };
            return Ok(Adopted::Refused(refusals.into_iter().map(malformed).collect()));
        }
    };
    let digest = sha256(&bytes);
    for (entry, held) in archive.adopted_classifiers()? {
        if held.classifier.id != edition.id || held.classifier.edition != edition.edition {
            continue;
        }
        if held.sha256 == digest {
            return Ok(Adopted::Held);
        }
        let detail = format!("{} {} was adopted with other content as entry {entry}", edition.id, edition.edition);
        return Ok(Adopted::Refused(vec![Refusal::new(ErrorCode::ClsTaken, name, detail)]));
    }
    let signature = signature.map(|path| read(path, SIGNATURE_BYTES_MAX)).transpose()?;
    let entry = archive.adopt_classifier(&bytes, signature.as_deref(), actor)?;
    Ok(Adopted::Done { edition: Box::new(edition), entry })
}

fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Error> {
    let subject = || path.display().to_string();
    let failed = |e: ReceiveError| Error::caused(e.code(), subject(), e);
    let (file, _) = open_regular(path).map_err(failed)?;
    let mut bytes = Vec::new();
    let read = file.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| failed(ReceiveError::io(path, e)))?;
    if bytes.len() > bytes_max {
        return Err(Error::new(ErrorCode::ClsMalformed, subject(), format!("more than {bytes_max} bytes")));
    }
    Ok(bytes)
}
