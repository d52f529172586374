//! What two archives answer each other about a package: that it came, which records are kept, and the act of both.
//!
//! An [`Answer`] is one file (`schema/transfer-answer/1`): canonical JSON, signed by the answer key of the archive that
//! gives it, with the files that officers signed in it. The other archive knows that key from a file that its own
//! officers adopted by hand ([`party`](super::party)), and from nowhere else.
//!
//! Invariants
//!   - An answer is about one package, by its name and its digest, from one archive to one other. Whoever takes it in
//!     compares all of them ([`Answer::about`]).
//!   - One answer has one text of bytes; what is read is what would be written.
//!   - The message that is signed begins with the name of the schema and a line feed, which no other message that the
//!     key signs does.
//!
//! It reads no archive, and does not say what the files in it are worth.

use crate::archive::AnswerKey;
use crate::clock::Millis;
use crate::model::canonical;
use crate::model::digest::Sha256;
use crate::model::id::{ArchiveId, RecordId};
use crate::model::strict::words;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

/// The value of an answer's `schema` field.
pub const ANSWER_SCHEMA: &str = "muragat/transfer-answer/1";
/// Bytes of one answer. Own bound: a reply about 100,000 records, with their reasons, in three languages and in base64.
pub const ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Files of one answer. Own bound: two documents with the signatures of some officers.
const FILES_MAX: usize = 20;
/// Characters of the name of a package. Own bound: that of a folder.
const NAME_CHARS_MAX: usize = 255;

words! {
    /// What is answered.
    AnswerKind {
        /// To the sender: the package came, and is whole.
        Receipt = "receipt",
        /// To the sender: which of its records are kept, and the act, both with an officer's signature.
        Reply = "reply",
        /// To the receiver: the act with the signature of the sender's officer.
        Act = "act",
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub kind: AnswerKind,
    /// The archive that answers.
    pub by: ArchiveId,
    /// The archive that is answered.
    pub to: ArchiveId,
    /// Name of the package: its folder.
    pub package: String,
    /// Its digest.
    pub digest: Sha256,
    /// The transfer at the sender, when the package says which.
    pub transfer: Option<RecordId>,
    /// The accession at the receiver.
    pub accession: RecordId,
    /// When it was given, by the clock of who gives it.
    pub time: Millis,
    /// Files that belong to it, by name, ascending.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Bytes that are no answer of the one who should have given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Not of that form.
    #[error("not an answer of {ANSWER_SCHEMA}")]
    Form,
    /// Another key signed it, or none.
    #[error("not signed by the key of that archive")]
    Signature,
}

impl Answer {
    /// Its bytes, signed.
    pub fn sign(&self, key: &AnswerKey) -> Vec<u8> {
        let mut value = self.value();
        value["signature"] = hex::encode(key.sign(&message(&value))).into();
        canonical::to_vec(&value).expect("an answer holds texts and whole numbers")
    }

    /// Reads an answer whose signature nobody has looked at yet: to find out whose it claims to be.
    ///
    /// # Errors
    ///
    /// [`NoAnswer::Form`].
    pub fn claimed(bytes: &[u8]) -> Result<Self, NoAnswer> {
        Ok(Self::read(bytes)?.0)
    }

    /// Reads an answer that `key` signed.
    ///
    /// # Errors
    ///
    /// It is none, or another one signed it.
    pub fn verify(bytes: &[u8], key: &[u8; 32]) -> Result<Self, NoAnswer> {
        let (answer, value, signature) = Self::read(bytes)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NoAnswer::Signature)?;
        // Strict: no key of small order, whose signatures fit any message.
        key.verify_strict(&message(&value), &Signature::from_bytes(&signature)).map_err(|_| NoAnswer::Signature)?;
        Ok(answer)
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|(other, _)| other == name).map(|(_, bytes)| bytes.as_slice())
    }

    /// Whether it is about this package, from this archive to that one.
    pub fn about(&self, (by, to): (ArchiveId, ArchiveId), package: &str, digest: Sha256) -> bool {
        self.by == by && self.to == to && self.package == package && self.digest == digest
    }

    /// The answer, what was signed, and the signature.
    fn read(bytes: &[u8]) -> Result<(Self, Value, [u8; 64]), NoAnswer> {
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(NoAnswer::Form);
        }
        let mut value: Value = serde_json::from_slice(bytes).map_err(|_| NoAnswer::Form)?;
        let signature = value.as_object_mut().and_then(|map| map.remove("signature")).ok_or(NoAnswer::Form)?;
        let text = signature.as_str().ok_or(NoAnswer::Form)?;
        let raw: [u8; 64] = hex::decode(text).ok().and_then(|raw| raw.try_into().ok()).ok_or(NoAnswer::Form)?;
        let answer = Self::of(&value).ok_or(NoAnswer::Form)?;
        // One text of bytes for one answer: nothing unknown, nothing twice, in canonical order.
        let mut whole = answer.value();
        if whole != value {
            return Err(NoAnswer::Form);
        }
        whole["signature"] = hex::encode(raw).into();
        if canonical::to_vec(&whole).ok().as_deref() != Some(bytes) {
            return Err(NoAnswer::Form);
        }
        Ok((answer, value, raw))
    }

    fn value(&self) -> Value {
        let files = self.files.iter().map(|(name, bytes)| json!({"name": name, "base64": STANDARD.encode(bytes)}));
        let mut value = json!({
            "schema": ANSWER_SCHEMA, "kind": self.kind.as_str(), "by": self.by.to_string(), "to": self.to.to_string(),
            "package": self.package, "digest": self.digest.to_string(), "accession": self.accession.to_string(),
            "time": self.time, "files": files.collect::<Value>(),
        });
        if let Some(transfer) = self.transfer {
            value["transfer"] = transfer.to_string().into();
        }
        value
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str();
        if text("schema")? != ANSWER_SCHEMA {
            return None;
        }
        let files = value.get("files")?.as_array()?;
        let file = |value: &Value| {
            let name = value.get("name")?.as_str()?;
            let bytes = STANDARD.decode(value.get("base64")?.as_str()?).ok()?;
            super::layout::is_plain(name).then(|| (name.to_owned(), bytes))
        };
        let files = files.iter().map(file).collect::<Option<Vec<_>>>()?;
        let is_sorted = files.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let package = text("package")?;
        if !is_sorted || files.len() > FILES_MAX || package.chars().count() > NAME_CHARS_MAX {
            return None;
        }
        Some(Self {
            kind: AnswerKind::parse(text("kind")?)?,
            by: text("by")?.parse().ok()?,
            to: text("to")?.parse().ok()?,
            package: package.to_owned(),
            digest: text("digest")?.parse().ok()?,
            transfer: match value.get("transfer") {
                None => None,
                Some(id) => Some(id.as_str()?.parse().ok()?),
            },
            accession: text("accession")?.parse().ok()?,
            time: value.get("time")?.as_u64()?,
            files,
        })
    }
}

/// What is signed.
fn message(value: &Value) -> Vec<u8> {
    let text = canonical::to_vec(value).expect("an answer holds texts and whole numbers");
    [ANSWER_SCHEMA.as_bytes(), b"\n", &text].concat()
}
