//! Entries of the journal as a certificate carries them: each with its proof of inclusion and its act document.
//!
//! It says what is proven by the journal alone; what the acts mean together is for each kind of certificate to say.
//! Nothing here is kept.

use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::model::digest::{Sha256, sha256};
use crate::tlog::LogError;
use crate::tlog::checkpoint::Checkpoint;
use crate::tlog::leaf::Leaf;
use crate::tlog::proof::is_included;
use crate::tlog::read::LogReader;
use crate::tlog::tree::inclusion_proof;
use serde_json::{Map, Value, json};

/// Why bytes are no certificate that holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub(crate) String);

impl Fault {
    pub(crate) fn of(what: &str) -> Self {
        Self(what.to_owned())
    }
}

/// An entry with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proved {
    pub(crate) index: u64,
    pub(crate) leaf: Leaf,
    pub(crate) document: Option<String>,
    proof: Vec<Sha256>,
}

impl Proved {
    /// An entry of the journal as it is now.
    pub(crate) fn read(archive: &Archive, log: &LogReader<'_>, index: u64) -> Result<Self, Error> {
        let leaf = Leaf::decode(index, &log.entry(index)?).map_err(LogError::from)?;
        let changed = |_| Error::new(ErrorCode::StoChanged, index.to_string(), "the act document is not text");
        let document = match leaf.doc {
            None => None,
            Some(_) => Some(String::from_utf8(archive.document(index)?.0.encode()).map_err(changed)?),
        };
        let proof = inclusion_proof(log, index, log.size())?;
        Ok(Self { index, leaf, document, proof })
    }

    /// As a certificate has it.
    pub(crate) fn value(&self) -> Value {
        let mut value = json!({
            "entry": String::from_utf8(self.leaf.encode()).unwrap_or_default(), "index": self.index,
            "proof": self.proof.iter().map(Sha256::to_string).collect::<Vec<_>>(),
        });
        if let Some(document) = &self.document {
            value["document"] = document.clone().into();
        }
        value
    }

    /// Reads what [`Self::value`] gives; nothing of it is checked yet.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let index = value.get("index")?.as_u64()?;
        let proof = value.get("proof")?.as_array()?;
        Some(Self {
            index,
            leaf: Leaf::decode(index, value.get("entry")?.as_str()?.as_bytes()).ok()?,
            document: match value.get("document") {
                None => None,
                Some(document) => Some(document.as_str()?.to_owned()),
            },
            proof: proof.iter().map(|hash| hash.as_str()?.parse().ok()).collect::<Option<_>>()?,
        })
    }

    /// That it is in the journal, and that its document is the one that it commits to.
    pub(crate) fn check(&self, head: &Checkpoint) -> Result<(), Fault> {
        let at = |what: &str| Err(Fault(format!("entry {}: {what}", self.index)));
        if !is_included(head, self.index, &self.leaf.encode(), &self.proof) {
            return at("is not in the journal");
        }
        if self.document.as_ref().map(|document| sha256(document.as_bytes())) != self.leaf.doc {
            return at("its document is not the one that it commits to");
        }
        Ok(())
    }

    /// The fields of its document; none when the act has none.
    pub(crate) fn fields(&self) -> Result<Option<Map<String, Value>>, Fault> {
        let Some(document) = &self.document else { return Ok(None) };
        let fields: Value = serde_json::from_str(document).map_err(|_| Fault::of("a document is not JSON"))?;
        fields.as_object().cloned().map(Some).ok_or_else(|| Fault::of("a document is not an object"))
    }
}

/// Name of the journal that a checkpoint is of, and its size.
pub(crate) fn of_note(note: &str) -> Result<(String, u64), Fault> {
    let mut lines = note.lines();
    let origin = lines.next().unwrap_or_default().to_owned();
    let size = lines.next().and_then(|size| size.parse().ok());
    Ok((origin, size.ok_or_else(|| Fault::of("the checkpoint has no size"))?))
}
