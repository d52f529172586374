//! `--signature` and `--material`: what a person signed outside comes in with its signatures.
//!
//! That a signature is missing is said by whoever judges them, with its code: here none is required.

use super::{Common, material, read_up_to};
use crate::error::Error;
use crate::verify::limits::CMS_BYTES_MAX;
use crate::verify::material::Material;
use std::path::{Path, PathBuf};

/// Names of material, where no signature of a person goes with it.
#[derive(clap::Args)]
pub(super) struct MaterialPaths {
    /// Certificates, CRLs and OCSP answers, beside those of the archive: files or folders.
    #[arg(long, value_name = "PATH")]
    material: Vec<PathBuf>,
}

impl MaterialPaths {
    /// The material.
    pub(super) fn read(&self, common: &Common) -> Result<Material, Error> {
        material::read(&self.material, common)
    }
}

/// Names of signatures over one document.
#[derive(clap::Args)]
pub(super) struct Signatures {
    /// A signature over exactly the bytes of that file: detached CMS in DER, base64 or PEM; may be repeated.
    #[arg(long = "signature", value_name = "FILE")]
    signatures: Vec<PathBuf>,
    /// Certificates, CRLs and OCSP answers for the signatures, beside those of the archive: files or folders.
    #[arg(long, value_name = "PATH", requires = "signatures")]
    material: Vec<PathBuf>,
}

/// A document and what proves who signed it.
pub(super) struct SignedFiles {
    /// What is signed.
    pub(super) document: Vec<u8>,
    pub(super) signatures: Vec<Vec<u8>>,
    /// Material for the signatures.
    pub(super) extra: Material,
}

impl Signatures {
    /// Whether none was named.
    pub(super) fn is_none(&self) -> bool {
        self.signatures.is_empty()
    }

    /// The signatures, and the material for them.
    pub(super) fn read(&self, common: &Common) -> Result<(Vec<Vec<u8>>, Material), Error> {
        let read = |path: &PathBuf| read_up_to(path, CMS_BYTES_MAX);
        let signatures = self.signatures.iter().map(read).collect::<Result<_, _>>()?;
        Ok((signatures, material::read(&self.material, common)?))
    }

    /// The same with the document, which has at most so many bytes.
    pub(super) fn read_with(&self, document: &Path, bytes_max: usize, common: &Common) -> Result<SignedFiles, Error> {
        let document = read_up_to(document, bytes_max)?;
        let (signatures, extra) = self.read(common)?;
        Ok(SignedFiles { document, signatures, extra })
    }
}
