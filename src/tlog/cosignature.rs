//! Cosignatures of witnesses over checkpoints: Ed25519, type 0x04 (C2SP tlog-cosignature v1.0.1).
//!
//! A cosignature says: as of this second, this is the largest tree of this log that I have seen, and it goes on from
//! all that I saw before. It is a line of the checkpoint's note, with the time in it. What a witness checks before it
//! says so is in [`witness`](crate::witness); how many of them are asked for is in [`trust`](super::trust).

use super::checkpoint::Checkpoint;
use super::note::{self, BadSignature, Note};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;
use std::str::FromStr;

/// Signature type of an Ed25519 cosignature (C2SP signed-note, "Signature types").
const COSIGNATURE: u8 = 0x04;

/// The verifier key of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    /// The witness's name.
    pub name: String,
    /// Ed25519 public key.
    pub public: [u8; 32],
}

/// A text that is not a verifier key of a witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 cosignature key (type 0x04) of C2SP tlog-cosignature")]
pub struct ParseWitnessKeyError;

impl FromStr for WitnessKey {
    type Err = ParseWitnessKeyError;
    fn from_str(text: &str) -> Result<Self, ParseWitnessKeyError> {
        match note::read_vkey(text) {
            Some((name, COSIGNATURE, public)) => {
                let public = public.try_into().map_err(|_| ParseWitnessKeyError)?;
                Ok(Self { name: name.to_owned(), public })
            }
            _ => Err(ParseWitnessKeyError),
        }
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&note::vkey(&self.name, COSIGNATURE, &self.public))
    }
}

impl WitnessKey {
    /// Its id in signature lines.
    pub fn id(&self) -> [u8; 4] {
        note::key_id(&self.name, COSIGNATURE, &self.public)
    }

    /// The newest time at which it cosigned a note, in seconds; none when it did not.
    pub fn time_on(&self, note: &Note<'_>) -> Result<Option<u64>, BadSignature> {
        let public = VerifyingKey::from_bytes(&self.public).ok();
        let check = |signature: &[u8]| {
            let (time, signature) = signature.split_first_chunk::<8>()?;
            let time = u64::from_be_bytes(*time);
            let signature = Signature::from_bytes(signature.try_into().ok()?);
            // tlog-cosignature: the time is at most 2^63 - 1; tlog-witness: it is never 0.
            let is_time = time != 0 && i64::try_from(time).is_ok();
            public.as_ref()?.verify_strict(message(time, note.text).as_bytes(), &signature).ok()?;
            is_time.then_some(time)
        };
        Ok(note.by_key(&self.name, self.id(), check)?.into_iter().max())
    }
}

fn message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Cosigns checkpoints.
pub struct Cosigner {
    key: SigningKey,
    verifier: WitnessKey,
}

impl Cosigner {
    /// The cosigner with this name and secret seed; none for a name that no key may have.
    pub fn new(name: &str, seed: &[u8; 32]) -> Option<Self> {
        let key = SigningKey::from_bytes(seed);
        let verifier = WitnessKey { name: name.to_owned(), public: key.verifying_key().to_bytes() };
        note::is_name(name).then_some(Self { key, verifier })
    }

    /// Its verifier key.
    pub fn verifier(&self) -> &WitnessKey {
        &self.verifier
    }

    /// The signature line over a checkpoint at a time in seconds, with its line break.
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> String {
        let signature = self.key.sign(message(time, &checkpoint.text()).as_bytes()).to_bytes();
        note::line(&self.verifier.name, self.verifier.id(), &[time.to_be_bytes().as_slice(), &signature].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::checkpoint::LogSigner;
    use crate::tlog::tree::empty_root;

    fn note(lines: &[String]) -> String {
        let log = LogSigner::new("example.org/log", &[7; 32]);
        log.sign(3, empty_root()).unwrap() + &lines.concat()
    }

    fn line(seed: u8, time: u64) -> String {
        let checkpoint = Checkpoint { origin: "example.org/log".into(), size: 3, root: empty_root() };
        Cosigner::new("w", &[seed; 32]).unwrap().cosign(&checkpoint, time)
    }

    #[test]
    fn a_cosignature_verifies_with_its_time_and_no_changed_one_does() {
        let key = Cosigner::new("w", &[1; 32]).unwrap().verifier().clone();
        let on = |text: &str| key.time_on(&Note::read(text.as_bytes()).unwrap());
        assert_eq!(on(&note(&[])), Ok(None));
        assert_eq!(on(&note(&[line(1, 5), line(1, 9), line(2, 11)])), Ok(Some(9)), "another key's line is nobody's");
        assert_eq!(on(&note(&[line(1, 5)]).replace("\n3\n", "\n4\n")), Err(BadSignature { name: "w".into() }));
        assert!(on(&note(&[line(1, 0)])).is_err(), "a witness never omits the time");
        assert!(on(&note(&[line(1, 1 << 63)])).is_err());
        assert!(on(&note(&[super::note::line("w", key.id(), &[0; 72])])).is_err(), "known and wrong rejects the note");
        assert!(on(&note(&[super::note::line("w", key.id(), &[0; 3])])).is_err());
    }

    #[test]
    fn verifier_keys_parse_back_and_are_not_those_of_logs() {
        let key = Cosigner::new("witness.example/w1", &[1; 32]).unwrap().verifier().clone();
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        let log = LogSigner::new("witness.example/w1", &[1; 32]);
        assert!(log.verifier().to_string().parse::<WitnessKey>().is_err());
        assert!(key.to_string().parse::<crate::tlog::checkpoint::VerifierKey>().is_err());
        assert!(Cosigner::new("w 1", &[1; 32]).is_none() && Cosigner::new("w+1", &[1; 32]).is_none());
    }
}
