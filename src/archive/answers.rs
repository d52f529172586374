//! The key that the archive signs its own answers with: Ed25519, apart from the key of the journal.
//!
//! It is derived from the journal's signing key, so that there is one secret to guard and to restore. Its public half
//! is in the journal before the first answer is signed with it (`answer-key.added`).

use super::{Archive, LOG_KEY, Register, lock};
use crate::error::Error;
use crate::index::rows::Adopted;
use crate::tlog::commit::SYSTEM_ACTOR;
use crate::tlog::leaf::ActKind;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;
use std::sync::Arc;

/// What tells the derived key from every other use of the journal's key (BLAKE3 `derive_key`).
const CONTEXT: &str = "muragat 2026-11 Ed25519 key for answers to Producers";
/// DER before the 32 bytes of an Ed25519 public key (RFC 8410 §4).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The archive's key for its answers.
pub struct AnswerKey(SigningKey);

impl AnswerKey {
    /// The signature of `message`, which OpenSSL verifies with [`Self::public_pem`].
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The public key as PEM (RFC 8410).
    pub fn public_pem(&self) -> String {
        public_pem(&self.public())
    }
}

/// An Ed25519 public key as PEM (RFC 8410).
fn public_pem(key: &[u8; 32]) -> String {
    use base64::Engine;
    let der = [SPKI_HEAD.as_slice(), key].concat();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(der)
    )
}

impl Archive {
    /// The key for answers. Its public half is put into the journal the first time.
    pub fn answer_key(&self) -> Result<Arc<AnswerKey>, Error> {
        let mut cached = lock(&self.shared.answer_key);
        if let Some(key) = cached.as_ref() {
            return Ok(key.clone());
        }
        let seed = self.shared.keys.named(LOG_KEY)?;
        let key = AnswerKey(SigningKey::from_bytes(&blake3::derive_key(CONTEXT, &seed.0)));
        let public = hex::encode(key.public());
        let newest = self.index().adopted(Adopted::AnswerKey)?.pop();
        let newest = newest.map(|entry| self.document(entry)).transpose()?;
        // After the log went on under a new key, the one derived from it is another.
        if newest.is_none_or(|(document, _)| document.text("public_key") != Some(public.as_str())) {
            let fields = json!({"algorithm": "Ed25519", "public_key": public});
            let fields = fields.as_object().cloned().unwrap_or_default();
            self.commit_document(ActKind::AnswerKeyAdded, SYSTEM_ACTOR, Register::Archive, fields)?;
            self.wait_index()?;
        }
        Ok(cached.insert(Arc::new(key)).clone())
    }
}
