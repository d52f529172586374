//! Ed25519 (RFC 8032), in certificates by RFC 8410 and in CMS by RFC 8419: the pure form, over the message itself.
//!
//! Points of small order, and a scalar or a point that is not in its one canonical form, are refused: such values
//! let one signature hold for several messages or have several forms.

use super::AlgorithmError;
use ed25519_dalek::{Signature, VerifyingKey};

/// An Ed25519 key.
#[derive(Debug, Clone)]
pub struct Key(VerifyingKey);

impl Key {
    pub(super) fn read(octets: &[u8]) -> Result<Self, AlgorithmError> {
        let octets = octets.try_into().map_err(|_| AlgorithmError::Key("an Ed25519 key has 32 octets"))?;
        let key = VerifyingKey::from_bytes(octets).map_err(|_| AlgorithmError::Key("it is no point of the curve"))?;
        // The reader of the crate also takes a coordinate that is not reduced; RFC 8032 §5.1.3 (1) does not.
        if key.to_edwards().compress().as_bytes() != octets {
            return Err(AlgorithmError::Key("the point is not in its canonical form"));
        }
        if key.is_weak() {
            return Err(AlgorithmError::Key("the point has a small order"));
        }
        Ok(Self(key))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), AlgorithmError> {
        let signature =
            Signature::from_slice(signature).map_err(|_| AlgorithmError::Form("an Ed25519 signature has 64 octets"))?;
        self.0.verify_strict(message, &signature).map_err(|_| AlgorithmError::Signature)
    }
}
