//! Checkpoints: signed notes over the tree head (C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0).
//!
//! Three lines and no extension lines, because witnesses refuse those. Ed25519 signs in the commit path; other
//! signatures and cosignatures are further lines that join the published checkpoint, and [`verify`] ignores those it
//! does not know.

use super::note::{self, BadSignature, Note};
use crate::model::digest::Sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use std::fmt;
use std::str::FromStr;

/// Signature type Ed25519 of C2SP signed-note.
const ED25519: u8 = 0x01;

/// The head of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root hash.
    pub root: Sha256,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Reads the text of a checkpoint.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|o| !o.is_empty())?.to_owned();
        let size_text = lines.next()?;
        let size: u64 = size_text.parse().ok()?;
        let root = Sha256::from_slice(&STANDARD.decode(lines.next()?).ok()?)?;
        let checkpoint = Self { origin, size, root };
        // Written in one way only: no leading zeros, no extension lines.
        (lines.next().is_none() && checkpoint.text() == text).then_some(checkpoint)
    }
}

/// A verifier key: name, key id and public key, as C2SP writes it (`name+hash+base64`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    /// The log's name (its origin).
    pub name: String,
    /// Ed25519 public key.
    pub public: [u8; 32],
}

impl VerifierKey {
    /// Its id in signature lines.
    pub fn id(&self) -> [u8; 4] {
        note::key_id(&self.name, ED25519, &self.public)
    }

    /// How many lines of a note are this key's; every one of them verifies.
    pub fn signatures_on(&self, note: &Note<'_>) -> Result<usize, BadSignature> {
        let public = VerifyingKey::from_bytes(&self.public).ok();
        let check = |signature: &[u8]| {
            let signature = ed25519_dalek::Signature::from_bytes(signature.try_into().ok()?);
            public.as_ref()?.verify_strict(note.text.as_bytes(), &signature).ok()
        };
        Ok(note.by_key(&self.name, self.id(), check)?.len())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&note::vkey(&self.name, ED25519, &self.public))
    }
}

/// A text that is not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 verifier key of C2SP signed-note")]
pub struct ParseKeyError;

impl FromStr for VerifierKey {
    type Err = ParseKeyError;
    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        match note::read_vkey(text) {
            Some((name, ED25519, public)) => {
                let public = public.try_into().map_err(|_| ParseKeyError)?;
                Ok(Self { name: name.to_owned(), public })
            }
            _ => Err(ParseKeyError),
        }
    }
}

/// Signs checkpoints.
pub struct LogSigner {
    /// None once it was erased, at the end of an archive.
    key: Option<SigningKey>,
    verifier: VerifierKey,
}

impl LogSigner {
    /// The signer of log `origin` with a secret seed.
    pub fn new(origin: &str, seed: &[u8; 32]) -> Self {
        assert!(!origin.is_empty() && !origin.contains(['+', ' ', '\n']), "config checks the origin");
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey { name: origin.to_owned(), public: key.verifying_key().to_bytes() };
        Self { key: Some(key), verifier }
    }

    /// The signer of a log whose secret seed was erased: it signs nothing.
    pub fn erased(verifier: VerifierKey) -> Self {
        Self { key: None, verifier }
    }

    /// Whether it can sign.
    pub fn can_sign(&self) -> bool {
        self.key.is_some()
    }

    /// Its verifier key.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// A signed note of the tree head; none when the key was erased.
    pub fn sign(&self, size: u64, root: Sha256) -> Option<String> {
        let text = Checkpoint { origin: self.verifier.name.clone(), size, root }.text();
        let signature = self.key.as_ref()?.sign(text.as_bytes()).to_bytes();
        Some(format!("{text}\n{}", note::line(&self.verifier.name, self.verifier.id(), &signature)))
    }
}

/// Checks a signed note and gives the checkpoint; `None` when it is not signed by `key` or not well formed.
///
/// Signatures by unknown names or keys are ignored, a known one that is wrong rejects the whole note (signed-note,
/// "Signatures").
pub fn verify(note: &[u8], key: &VerifierKey) -> Option<Checkpoint> {
    let note = Note::read(note)?;
    let signed = key.signatures_on(&note).ok()?;
    let checkpoint = Checkpoint::parse(note.text)?;
    (signed > 0 && checkpoint.origin == key.name).then_some(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::tree::empty_root;

    #[test]
    fn a_note_verifies_and_every_flipped_bit_is_refused() {
        let signer = LogSigner::new("example.org/log", &[7; 32]);
        let note = signer.sign(42, empty_root()).unwrap();
        let checkpoint = verify(note.as_bytes(), signer.verifier()).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (42, empty_root()));
        for bit in 0..note.len() * 8 {
            let mut bad = note.clone().into_bytes();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&bad, signer.verifier()), None, "bit {bit}");
        }
        let other = LogSigner::new("example.org/log", &[8; 32]);
        assert_eq!(verify(note.as_bytes(), other.verifier()), None, "another key");
        let renamed = LogSigner::new("example.org/other", &[7; 32]);
        assert_eq!(verify(note.as_bytes(), renamed.verifier()), None, "another log");
    }

    #[test]
    fn further_signatures_are_ignored_and_extensions_refused() {
        let signer = LogSigner::new("example.org/log", &[7; 32]);
        let mut note = signer.sign(1, empty_root()).unwrap();
        note.push_str("\u{2014} witness AAAAAAAA\n");
        assert!(verify(note.as_bytes(), signer.verifier()).is_some());
        let extended = Checkpoint::parse(&format!("o\n1\n{}\nextension\n", STANDARD.encode([0; 32])));
        assert_eq!(extended, None);
        assert_eq!(Checkpoint::parse(&format!("o\n01\n{}\n", STANDARD.encode([0; 32]))), None);
    }

    #[test]
    fn verifier_keys_parse_back() {
        let key = LogSigner::new("example.org/log", &[7; 32]).verifier().clone();
        assert_eq!(key.to_string().parse::<VerifierKey>().unwrap(), key);
        assert!(key.to_string().replace("example", "elsewhere").parse::<VerifierKey>().is_err());
    }
}
