//! Bodies of acts that people answer for: a document that was signed outside, the signatures, material for them.
//!
//! They are JSON with bytes in base64. Who may do such an act nowhere is told before the body is read; what is longer
//! than most are is received from a few at a time, because all of it is in memory.
//!
//! What a signature is worth is judged by the library; nothing of it is kept here.

use super::body::{length_of, receive_whole};
use super::caller::Caller;
use super::problem::Problem;
use super::reading::NO_BASE64;
use super::service::Service;
use crate::access::rights::Action;
use crate::error::{Error, ErrorCode};
use crate::verify::material::Material;
use axum::body::Body;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// Bytes of such a body: the longest statement or component in base64, and what is around it.
pub(super) const ACT_BYTES_MAX: u64 = 24 * 1024 * 1024;
/// What many are received of at a time.
const SMALL_BYTES_MAX: u64 = 1024 * 1024;
/// Signatures over one document, and files of material. Own bounds: offices of one plan, chains of each.
const SIGNATURES_MAX: usize = 16;
const MATERIAL_MAX: usize = 256;

/// A body that came whole, with its places until the act is done.
pub(super) struct Sent {
    pub(super) bytes: Vec<u8>,
    _places: [Option<OwnedSemaphorePermit>; 2],
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Receives the body of an act; who may do it nowhere does not send it.
pub(super) async fn receive(
    service: &Arc<Service>,
    caller: &Caller,
    action: Action,
    headers: &HeaderMap,
    body: Body,
) -> Result<Sent, Problem> {
    service.ask(caller.clone(), move |ask| ask.list(action).map(drop)).await?;
    let place = service.body(headers).await?;
    let is_small = length_of(headers).is_some_and(|length| length <= SMALL_BYTES_MAX);
    let large = if is_small { None } else { Some(service.large().await?) };
    let max = if is_small { SMALL_BYTES_MAX } else { ACT_BYTES_MAX };
    let bytes = receive_whole(headers, body, max).await?;
    Ok(Sent { bytes, _places: [Some(place), large] })
}

/// Bytes in JSON.
#[derive(Debug, Clone, Default)]
pub(super) struct Base64(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(Self).map_err(|_| D::Error::custom(NO_BASE64))
    }
}

/// A document with its signatures, as it comes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    document: Base64,
    signatures: Vec<Base64>,
    #[serde(default)]
    material: Vec<Base64>,
}

/// The same as the library takes it.
pub(super) struct SignedDocument {
    pub(super) document: Vec<u8>,
    pub(super) signatures: Vec<Vec<u8>>,
    /// Material for the signatures.
    pub(super) extra: Material,
}

impl Signed {
    pub(super) fn read(self) -> Result<SignedDocument, Problem> {
        let (signatures, extra) = (signatures(self.signatures)?, material(self.material)?);
        Ok(SignedDocument { document: self.document.0, signatures, extra })
    }
}

/// Signatures over a document that the archive has, as they come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signing {
    signatures: Vec<Base64>,
    #[serde(default)]
    material: Vec<Base64>,
}

impl Signing {
    pub(super) fn read(self) -> Result<(Vec<Vec<u8>>, Material), Problem> {
        Ok((signatures(self.signatures)?, material(self.material)?))
    }
}

/// An answer of another archive, as it comes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Brought {
    answer: Base64,
    #[serde(default)]
    material: Vec<Base64>,
}

impl Brought {
    pub(super) fn read(self) -> Result<(Vec<u8>, Material), Problem> {
        Ok((self.answer.0, material(self.material)?))
    }
}

/// Signatures over one document.
pub(super) fn signatures(signatures: Vec<Base64>) -> Result<Vec<Vec<u8>>, Problem> {
    if signatures.len() > SIGNATURES_MAX {
        return Err(Problem::request("signatures", format!("at most {SIGNATURES_MAX}")));
    }
    Ok(signatures.into_iter().map(|one| one.0).collect())
}

/// Certificates, CRLs and OCSP answers that came with a signature.
pub(super) fn material(files: Vec<Base64>) -> Result<Material, Problem> {
    if files.len() > MATERIAL_MAX {
        return Err(Problem::request("material", format!("at most {MATERIAL_MAX}")));
    }
    let mut material = Material::default();
    for (n, file) in files.iter().enumerate() {
        let wrong = |e| Error::caused(ErrorCode::SigMaterial, format!("material/{n}"), e);
        material.add_file(&file.0).map_err(wrong)?;
    }
    Ok(material)
}
