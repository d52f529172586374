//! Shared material for the validation of signatures: certificates of CAs and CRLs, each kept once.
//!
//! Records name what was used at their receipt by digest. Nothing is ever taken out: what proved something once must
//! prove it again.

use super::documents::ActBytes;
use super::{ActOwner, Archive, Register, lock};
use crate::error::{Error, ErrorCode};
use crate::index::rows::MaterialRow;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::model::material::SharedKind;
use crate::tlog::leaf::ActKind;
use crate::verify::material::Material;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Newest CRLs of one issuer that are loaded for validation: those of its partitions and generations of keys. Older
/// ones stay in the store and are read by digest.
const CRLS_LOADED_MAX: usize = 8;
/// The name of the file in the act document.
const FILE: &str = "material";

/// A piece of shared material, read and described.
#[derive(Debug, Clone, Copy)]
pub struct NewMaterial<'a> {
    /// What it is.
    pub kind: SharedKind,
    /// Its bytes, DER.
    pub der: &'a [u8],
    /// The issuer's name, DER.
    pub issuer: &'a [u8],
    /// When a CRL was made, in seconds; of a certificate its first second.
    pub made: i64,
    /// The address it was fetched from; none when somebody brought it.
    pub source: Option<&'a str>,
}

impl Archive {
    /// Keeps a piece of shared material, unless it is kept already. Gives its entry when it is new.
    pub fn add_material(&self, new: NewMaterial<'_>, actor: ActorId) -> Result<Option<u64>, Error> {
        let digest = sha256(new.der);
        // Held throughout: two threads must not keep the same file twice.
        let mut cached = lock(&self.shared.material);
        if self.index().has_material(digest)? {
            return Ok(None);
        }
        let mut fields = json!({
            "issuer": sha256(new.issuer).to_string(), "made": new.made, "material": new.kind.as_str(),
            "sha256": digest.to_string(),
        });
        if let Some(source) = new.source {
            fields["source"] = source.into();
        }
        let fields = fields.as_object().cloned().unwrap_or_default();
        let mut bytes = new.der;
        let files: Vec<ActBytes<'_>> = vec![(FILE.to_owned(), &mut bytes)];
        let owner = ActOwner::Register(Register::Archive);
        let (act, payload, session) = self.seal_document(ActKind::MaterialAdded, actor, owner, fields, files)?;
        let entry = self.commit(act, payload, None, Some(session))?.entry();
        self.wait_index()?;
        *cached = None;
        Ok(Some(entry))
    }

    /// Shared material as validation uses it: all certificates of CAs, and of each issuer the newest CRLs.
    pub fn material(&self) -> Result<Arc<Material>, Error> {
        let mut cached = lock(&self.shared.material);
        if let Some(material) = cached.as_ref() {
            return Ok(material.clone());
        }
        Ok(cached.insert(Arc::new(self.material_before(u64::MAX)?)).clone())
    }

    /// The same as it was before an entry: what a validation of that time had at hand.
    pub fn material_before(&self, entry: u64) -> Result<Material, Error> {
        let mut material = Material::default();
        let mut crls: BTreeMap<([u8; 32], u8), Vec<MaterialRow>> = BTreeMap::new();
        for (_, row) in self.index().material()?.into_iter().filter(|(_, row)| row.entry < entry) {
            if SharedKind::ALL.get(usize::from(row.kind)) == Some(&SharedKind::Certificate) {
                self.load_material(&mut material, &row)?;
            } else {
                crls.entry((row.issuer, row.kind)).or_default().push(row);
            }
        }
        for mut rows in crls.into_values() {
            rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.made, row.entry)));
            for row in rows.iter().take(CRLS_LOADED_MAX) {
                self.load_material(&mut material, row)?;
            }
        }
        Ok(material)
    }

    fn load_material(&self, material: &mut Material, row: &MaterialRow) -> Result<(), Error> {
        let (document, act) = self.document(row.entry)?;
        let bytes = self.act_file(&act, &document, FILE)?;
        let changed = |e| Error::caused(ErrorCode::StoChanged, row.entry.to_string(), e);
        material.add_file(&bytes).map(drop).map_err(changed)
    }

    /// The address that a piece of shared material was fetched from, by its entry; none when somebody brought it.
    pub fn material_source(&self, entry: u64) -> Result<Option<String>, Error> {
        Ok(self.document(entry)?.0.text("source").map(str::to_owned))
    }

    /// The bytes of a piece of shared material.
    pub fn material_file(&self, digest: Sha256) -> Result<Option<Vec<u8>>, Error> {
        let rows = self.index().material()?;
        let Some((_, row)) = rows.into_iter().find(|(sha256, _)| *sha256 == digest) else { return Ok(None) };
        let (document, act) = self.document(row.entry)?;
        self.act_file(&act, &document, FILE).map(Some)
    }
}
