//! The classifiers that the archive has adopted: written as act documents of its register, read back from there.
//!
//! The document has the file as it came, with its signature, so that an edition can be checked for as long as records
//! name it. What it says is read when it is first asked for.

use super::{Archive, Register, lock};
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::model::classifier::{Classifier, Classifiers};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::tlog::leaf::ActKind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::sync::Arc;

/// An adopted edition of a classifier.
#[derive(Debug, Clone)]
pub struct HeldClassifier {
    /// The edition.
    pub classifier: Classifier,
    /// Digest of its file.
    pub sha256: Sha256,
    /// Whether a signature came with it.
    pub signed: bool,
}

impl Archive {
    /// Commits the adoption of a checked edition: its file, and its detached signature when there is one. Gives the
    /// entry.
    pub fn adopt_classifier(&self, file: &[u8], signature: Option<&[u8]>, actor: ActorId) -> Result<u64, Error> {
        let mut fields = json!({"file": STANDARD.encode(file), "sha256": sha256(file).to_string()});
        if let Some(signature) = signature {
            fields["signature"] = STANDARD.encode(signature).into();
        }
        let fields = fields.as_object().cloned().unwrap_or_default();
        let entry = self.commit_document(ActKind::ClassifierAdopted, actor, Register::Archive, fields)?;
        self.wait_index()?;
        self.forget_adopted();
        Ok(entry)
    }

    /// The classifiers in force and before.
    pub fn classifiers(&self) -> Result<Arc<Classifiers>, Error> {
        let mut cached = lock(&self.shared.classifiers);
        if let Some(classifiers) = cached.as_ref() {
            return Ok(classifiers.clone());
        }
        let adopted = self.adopted_classifiers()?.into_iter().map(|(_, held)| held.classifier).collect();
        Ok(cached.insert(Arc::new(Classifiers::new(adopted))).clone())
    }

    /// Every adopted edition with its entry, oldest first.
    pub fn adopted_classifiers(&self) -> Result<Vec<(u64, HeldClassifier)>, Error> {
        let entries = self.index().adopted(Adopted::Classifier)?;
        entries.into_iter().map(|entry| Ok((entry, self.held_classifier(entry)?))).collect()
    }

    fn held_classifier(&self, entry: u64) -> Result<HeldClassifier, Error> {
        let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the classifier cannot be read");
        let (document, _) = self.document(entry)?;
        let file = document.text("file").and_then(|f| STANDARD.decode(f).ok()).ok_or_else(changed)?;
        let classifier = Classifier::parse(&file, "classifier").map_err(|_| changed())?;
        Ok(HeldClassifier { classifier, sha256: sha256(&file), signed: document.fields.contains_key("signature") })
    }
}
