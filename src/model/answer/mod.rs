//! What the archive answers to a Producer: the notice-receipt, the notice «қабылданбады», the system confirmation.
//!
//! A [`Receipt`] says that a document was received and registered (N 430 cl. 17), a [`Notice`] that it is deemed not
//! received, with every reason (cl. 14). Both are prepared here and issued only when an officer of the records office
//! has signed exactly these bytes; that signature is a CMS beside the document and no part of it. A [`Confirmation`]
//! is the archive's own word, given at once and signed with its answer key; it is no receipt.
//!
//! Invariants
//!   - One answer has one text of bytes: canonical JSON, no null, nothing unknown. What is read is what would be
//!     written.
//!   - The bytes hold the whole answer for people, in Kazakh and in Russian (`text`), and that text says what the
//!     fields say: it is made from them, and compared with them when an answer is read.
//!   - Version 1 is frozen: another wording or another field is version 2. Only texts that come as data (reasons, names
//!     of rules) change within a version.
//!
//! It reads no file and no clock, and signs nothing. It does not decide what is accepted.

mod confirmation;
mod notice;
mod page;
mod parts;
mod receipt;

pub use confirmation::{Confirmation, Outcome, Status};
pub use notice::{Notice, REASONS_MAX, Reason, Sent};
pub use parts::{ArchiveName, Body, FileDigest, Moment, Rules, System};
pub use receipt::{Checked, Executor, ExecutorSource, Receipt, Registered};

use super::canonical;
use super::strict::{Faults, Fields, parse, shown};
use crate::error::{ErrorCode, Refusal};
use crate::text::Lang;
use serde_json::{Map, Value, json};

/// Bytes of one answer. Own bound: the most reasons with the longest texts, in fields and in two languages.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The field that holds the answer for people.
const TEXT: &str = "text";

/// An answer that is not one, or that its reader would not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// More bytes than an answer can have.
    #[error("{bytes} bytes, at most {ANSWER_BYTES_MAX} are admitted")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// Not JSON, or a key is repeated.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The `schema` field names no answer that this program knows.
    #[error("no answer that is known: schema {0:?}")]
    Schema(String),
    /// A field is missing, unknown or has a wrong value; the first of those found.
    #[error("{at}: {what}")]
    Malformed {
        /// The field.
        at: String,
        /// What is wrong.
        what: String,
    },
    /// Two fields contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
    /// The text for people does not say what the fields say.
    #[error("text/{0} does not say what the fields say")]
    Text(&'static str),
    /// The JSON is not canonical.
    #[error("not in canonical form")]
    NotCanonical,
    /// The confirmation names another key than the one it is verified with.
    #[error("the confirmation names another key")]
    Key,
    /// The signature is not one of these bytes by that key.
    #[error("the signature does not verify")]
    Signature,
}

/// What every answer can do.
trait Document: Sized + PartialEq {
    /// The value of its `schema` field.
    const SCHEMA: &'static str;
    /// What messages call it.
    const NAME: &'static str;

    /// Its fields, without `schema` and `text`.
    fn facts(&self) -> Map<String, Value>;
    /// Reads the fields; notes every fault.
    fn read(fields: &mut Fields) -> Option<Self>;
    /// Refuses fields that contradict each other.
    fn check(&self) -> Result<(), AnswerError>;
    /// The answer for people.
    fn page(&self, lang: Lang) -> String;
}

/// The whole of an answer: its fields and the text that they make.
fn whole<D: Document>(answer: &D) -> Value {
    let mut map = answer.facts();
    map.insert("schema".into(), D::SCHEMA.into());
    map.insert(TEXT.into(), json!({"kk": answer.page(Lang::Kk), "ru": answer.page(Lang::Ru)}));
    map.into()
}

fn canonical<D: Document>(value: &Value) -> Result<Vec<u8>, AnswerError> {
    // Only a number that is too large can fail.
    canonical::to_vec(value).map_err(|error| AnswerError::Malformed { at: D::NAME.into(), what: error.to_string() })
}

/// The bytes of an answer. What the reader would not read, or would read otherwise, is not written.
fn encode<D: Document>(answer: &D) -> Result<Vec<u8>, AnswerError> {
    let mut whole = whole(answer);
    let bytes = canonical::<D>(&whole)?;
    check_length(&bytes)?;
    // Text and canonical form are made from the fields here; only the fields can be read otherwise.
    if let Value::Object(fields) = &mut whole {
        fields.remove(TEXT);
    }
    if of_facts::<D>(whole)? == *answer { Ok(bytes) } else { Err(AnswerError::NotCanonical) }
}

fn decode<D: Document>(bytes: &[u8]) -> Result<D, AnswerError> {
    let Value::Object(mut map) = value(bytes)? else {
        return Err(AnswerError::Malformed { at: format!("{}#", D::NAME), what: "wanted an object".into() });
    };
    let text = map.remove(TEXT);
    let answer = of_facts::<D>(map.into())?;
    let whole = whole(&answer);
    for lang in ["kk", "ru"] {
        if text.as_ref().and_then(|text| text.get(lang)) != whole[TEXT].get(lang) {
            return Err(AnswerError::Text(lang));
        }
    }
    if canonical::<D>(&whole)? == bytes { Ok(answer) } else { Err(AnswerError::NotCanonical) }
}

/// Reads the fields, `schema` among them, and checks them against each other.
fn of_facts<D: Document>(facts: Value) -> Result<D, AnswerError> {
    let mut faults = Faults::default();
    let answer = Fields::of(facts, format!("{}#", D::NAME), &mut faults).and_then(|mut fields| {
        fields.schema(D::SCHEMA);
        let answer = D::read(&mut fields);
        fields.end();
        answer
    });
    let malformed = |refusal: Refusal| AnswerError::Malformed { at: refusal.subject, what: refusal.detail };
    let answer = match faults.into_vec().into_iter().next() {
        Some(refusal) => return Err(malformed(refusal)),
        None => answer.ok_or(AnswerError::NotCanonical)?,
    };
    answer.check()?;
    Ok(answer)
}

/// The text for people that the bytes of an answer hold, in Kazakh and in Russian.
pub fn texts(bytes: &[u8]) -> Option<[String; 2]> {
    #[derive(serde::Deserialize)]
    struct Whole {
        text: Texts,
    }
    #[derive(serde::Deserialize)]
    struct Texts {
        kk: String,
        ru: String,
    }
    // Nothing else is kept of the bytes: this runs for every submission.
    let Texts { kk, ru } = serde_json::from_slice::<Whole>(bytes).ok()?.text;
    Some([kk, ru])
}

fn check_length(bytes: &[u8]) -> Result<(), AnswerError> {
    if bytes.len() > ANSWER_BYTES_MAX { Err(AnswerError::TooLarge { bytes: bytes.len() }) } else { Ok(()) }
}

fn value(bytes: &[u8]) -> Result<Value, AnswerError> {
    check_length(bytes)?;
    parse(bytes).map_err(|error| AnswerError::NotJson(error.to_string()))
}

/// Any of the three, when it is not known which: what `verify` and `receipt sign` are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A notice-receipt.
    Receipt(Box<Receipt>),
    /// A notice «қабылданбады».
    Notice(Box<Notice>),
    /// A system confirmation.
    Confirmation(Box<Confirmation>),
}

impl Answer {
    /// Reads an answer of any kind.
    pub fn decode(bytes: &[u8]) -> Result<Self, AnswerError> {
        let value = value(bytes)?;
        match value.get("schema").and_then(Value::as_str).unwrap_or_default() {
            Receipt::SCHEMA => decode(bytes).map(|receipt| Self::Receipt(Box::new(receipt))),
            Notice::SCHEMA => decode(bytes).map(|notice| Self::Notice(Box::new(notice))),
            Confirmation::SCHEMA => decode(bytes).map(|confirmation| Self::Confirmation(Box::new(confirmation))),
            other => Err(AnswerError::Schema(shown(other))),
        }
    }

    /// The answer for people.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Receipt(receipt) => receipt.page(lang),
            Self::Notice(notice) => notice.page(lang),
            Self::Confirmation(confirmation) => confirmation.page(lang),
        }
    }
}

macro_rules! document {
    ($name:ident) => {
        impl $name {
            /// The bytes that are signed.
            ///
            /// # Errors
            ///
            /// When a field is empty, too long or has control characters, or when two contradict each other.
            pub fn encode(&self) -> Result<Vec<u8>, AnswerError> {
                encode(self)
            }

            /// Reads exactly what [`Self::encode`] writes.
            pub fn decode(bytes: &[u8]) -> Result<Self, AnswerError> {
                decode(bytes)
            }

            /// The answer for people; in Kazakh and in Russian it is what the signed bytes hold.
            pub fn text(&self, lang: Lang) -> String {
                self.page(lang)
            }
        }
    };
}
document!(Receipt);
document!(Notice);
document!(Confirmation);

/// Reasons by which nothing of a submission may be named (N 430 cl. 1, 45).
const SECRET: [ErrorCode; 2] = [ErrorCode::IngStateSecret, ErrorCode::IngSecrecyMark];

/// Whether one of these codes is about a state secret.
fn is_secret<'a>(mut codes: impl Iterator<Item = &'a str>) -> bool {
    codes.any(|code| SECRET.iter().any(|secret| secret.as_str() == code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;
    use std::path::Path;

    /// The examples beside the schema are the bytes of these answers: version 1 never changes.
    pub(super) fn examples<D: Document, const N: usize>(kind: &str, answers: [(&str, D); N]) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/answer/1/examples-{kind}"));
        for (name, answer) in answers {
            let path = folder.join(format!("{name}.json"));
            let found = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let found = String::from_utf8(found).unwrap();
            assert_eq!(found, String::from_utf8(encode(&answer).unwrap()).unwrap(), "{}", path.display());
        }
    }

    /// Each value, put in its place, is a fault of that place or of what stands in it.
    #[track_caller]
    pub(super) fn faults<D: Document + Debug>(answer: &D, cases: &[(&str, Value)]) {
        let value = serde_json::from_slice::<Value>(&encode(answer).unwrap()).unwrap();
        for (pointer, new) in cases {
            let mut value = value.clone();
            *value.pointer_mut(pointer).unwrap() = new.clone();
            match decode::<D>(&canonical::to_vec(&value).unwrap()) {
                Err(AnswerError::Malformed { at, .. }) => {
                    let parent = format!("{}#{}", D::NAME, pointer);
                    let near = pointer
                        .rsplit_once('/')
                        .is_some_and(|(above, _)| at.starts_with(&format!("{}#{above}", D::NAME)));
                    assert!(at.starts_with(&parent) || near, "{pointer}: {at}");
                }
                other => panic!("{pointer} = {new}: {other:?}"),
            }
        }
        // Every key is needed or optional, and none may be added.
        let object = value.as_object().unwrap();
        for key in object.keys() {
            let mut value = value.clone();
            value.as_object_mut().unwrap().remove(key);
            assert!(decode::<D>(&canonical::to_vec(&value).unwrap()).is_err(), "{key} says something");
        }
        let mut value = value;
        value["note"] = json!("x");
        assert!(decode::<D>(&canonical::to_vec(&value).unwrap()).is_err());
    }

    /// Every byte that is changed, and every end that is cut off, is noticed.
    pub(super) fn survives_no_change<D: Document>(answer: &D) {
        let bytes = encode(answer).unwrap();
        for at in 0..bytes.len() {
            assert!(decode::<D>(&bytes[..at]).is_err(), "cut at {at}");
            for bit in [0x01, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= bit;
                assert!(decode::<D>(&changed).is_err(), "bit {bit:#x} of {at}");
            }
        }
        assert!(decode::<D>(&[bytes.as_slice(), b"\n"].concat()).is_err(), "an end is added");
    }

    #[test]
    fn an_answer_is_known_by_its_schema() {
        let receipt = receipt::tests::sample();
        let notice = notice::tests::sample();
        let confirmation = confirmation::tests::sample();
        let decoded = |bytes: Result<Vec<u8>, AnswerError>| Answer::decode(&bytes.unwrap()).unwrap();
        assert_eq!(decoded(receipt.encode()), Answer::Receipt(Box::new(receipt.clone())));
        assert_eq!(decoded(notice.encode()), Answer::Notice(Box::new(notice)));
        assert_eq!(decoded(confirmation.encode()), Answer::Confirmation(Box::new(confirmation)));
        assert_eq!(decoded(receipt.encode()).text(Lang::Ru), receipt.text(Lang::Ru));
        for (bytes, error) in [
            ("{\"schema\":\"muragat/receipt/2\"}", AnswerError::Schema("muragat/receipt/2".into())),
            ("{}", AnswerError::Schema(String::new())),
            ("[]", AnswerError::Schema(String::new())),
        ] {
            assert_eq!(Answer::decode(bytes.as_bytes()), Err(error));
        }
        assert!(matches!(Answer::decode(b"{"), Err(AnswerError::NotJson(_))));
        let large = vec![b' '; ANSWER_BYTES_MAX + 1];
        assert_eq!(Answer::decode(&large), Err(AnswerError::TooLarge { bytes: large.len() }));
        // One kind is not read as another.
        assert!(Notice::decode(&receipt.encode().unwrap()).is_err());
    }

    #[test]
    fn there_is_one_text_of_bytes() {
        let bytes = receipt::tests::sample().encode().unwrap();
        let value = serde_json::from_slice::<Value>(&bytes).unwrap();
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        assert_eq!(Receipt::decode(&pretty), Err(AnswerError::NotCanonical));
        let text = String::from_utf8(bytes).unwrap();
        let repeated = text.replacen('{', "{\"record\":\"\",", 1);
        assert!(matches!(Receipt::decode(repeated.as_bytes()), Err(AnswerError::NotJson(_))));
        let escaped = text.replacen("Үлгібаев", "\\u04aeлгібаев", 1);
        assert!(escaped != text && Receipt::decode(escaped.as_bytes()).is_err());
    }

    #[test]
    fn the_text_says_what_the_fields_say() {
        let value = serde_json::from_slice::<Value>(&receipt::tests::sample().encode().unwrap()).unwrap();
        let decode = |value: &Value| Receipt::decode(&canonical::to_vec(value).unwrap());
        for lang in ["kk", "ru"] {
            let mut changed = value.clone();
            let text = changed["text"][lang].as_str().unwrap().replace("03-12/17", "03-12/18");
            changed["text"][lang] = text.into();
            assert_eq!(decode(&changed), Err(AnswerError::Text(lang)));
        }
        let mut changed = value.clone();
        changed["document"]["number"] = "03-12/18".into();
        assert_eq!(decode(&changed), Err(AnswerError::Text("kk")));
        let mut changed = value.clone();
        changed["text"]["en"] = "x".into();
        assert_eq!(decode(&changed), Err(AnswerError::NotCanonical));
        let mut changed = value;
        changed.as_object_mut().unwrap().remove("text");
        assert_eq!(decode(&changed), Err(AnswerError::Text("kk")));
    }
}
