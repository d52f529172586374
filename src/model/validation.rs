//! What a record keeps of the validation at its receipt, in short; the whole of it is a component of the record.
//!
//! Three dates are kept apart: what the signer claims, the earliest that is proven, and when the archive received it.
//! The date of creation is the date of the signature (N 430 cl. 42), and says which of the three it is; of an imported
//! record it may be the date that the document bears.

use super::digest::Sha256;
use super::record::text;
use super::strict::words;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Map, Value};

/// The value of the `schema` field of the validation in full.
pub const VALIDATION_SCHEMA: &str = "muragat/validation/1";

words! {
    /// What the signatures of a record are worth, taken together.
    SignatureVerdict {
        /// Every signature that the policy asks for is there, valid, and of a signer with authority.
        Valid = "valid",
        /// There are signatures, and not all that is asked for could be confirmed.
        NotVerifiable = "not_verifiable",
        /// There is no signature.
        Unsigned = "unsigned",
    }
}

words! {
    /// Which of the three dates the date of creation is.
    CreationBasis {
        /// A time-stamp or other proof of existence.
        Proven = "proven",
        /// The signer's own word.
        Claimed = "claimed",
        /// Nothing but the receipt.
        Received = "received",
        /// Of an imported record: the date of the document in the table or on the card, the old system's word.
        Recorded = "recorded",
    }
}

/// The validation at receipt, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// What the signatures are worth.
    pub verdict: SignatureVerdict,
    /// When the archive received the document.
    pub received: DateTime<Utc>,
    /// The earliest time at which the official's signature is proven to have existed.
    pub proven: Option<DateTime<Utc>>,
    /// When the official claims to have signed.
    pub claimed: Option<DateTime<Utc>>,
    /// Date of creation, in Almaty.
    pub created_on: NaiveDate,
    /// Which date that is.
    pub created_basis: CreationBasis,
    /// Digest of the policy's file.
    pub policy: Sha256,
    /// Digests of the files of the registers of signers.
    pub authorities: Vec<Sha256>,
    /// Shared material that was used: CA certificates and CRLs, by digest.
    pub material: Vec<Sha256>,
}

/// A time as every document of the archive writes it: RFC 3339, UTC, whole seconds.
pub fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads what [`time_text`] wrote.
pub fn time_of(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    // One time has one text.
    (time_text(time) == text).then_some(time)
}

impl Validation {
    /// It as JSON.
    pub fn value(&self) -> Value {
        let mut map = Map::new();
        map.insert("verdict".into(), self.verdict.as_str().into());
        map.insert("received".into(), time_text(self.received).into());
        for (key, time) in [("proven", self.proven), ("claimed", self.claimed)] {
            if let Some(time) = time {
                map.insert(key.into(), time_text(time).into());
            }
        }
        map.insert("created_on".into(), self.created_on.to_string().into());
        map.insert("created_basis".into(), self.created_basis.as_str().into());
        map.insert("policy".into(), self.policy.to_string().into());
        for (key, list) in [("authorities", &self.authorities), ("material", &self.material)] {
            map.insert(key.into(), list.iter().map(Sha256::to_string).collect());
        }
        map.into()
    }

    /// Reads it.
    pub fn of_value(value: &Value) -> Option<Self> {
        let time = |key: &str| text(value, key).map(|t| time_of(t).ok_or(())).transpose().ok();
        let digest = |d: &Value| d.as_str()?.parse().ok();
        let digests = |key: &str| value.get(key)?.as_array()?.iter().map(digest).collect::<Option<Vec<Sha256>>>();
        Some(Self {
            verdict: SignatureVerdict::parse(text(value, "verdict")?)?,
            received: time_of(text(value, "received")?)?,
            proven: time("proven")?,
            claimed: time("claimed")?,
            created_on: text(value, "created_on")?.parse().ok()?,
            created_basis: CreationBasis::parse(text(value, "created_basis")?)?,
            policy: text(value, "policy")?.parse().ok()?,
            authorities: digests("authorities")?,
            material: digests("material")?,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::digest::sha256;

    /// A made-up validation.
    pub(crate) fn sample() -> Validation {
        Validation {
            verdict: SignatureVerdict::Valid,
            received: time_of("2026-01-05T10:00:00Z").unwrap(),
            proven: time_of("2026-01-05T09:59:30Z"),
            claimed: time_of("2026-01-05T09:59:00Z"),
            created_on: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
            created_basis: CreationBasis::Proven,
            policy: sha256(b"policy"),
            authorities: vec![sha256(b"authority")],
            material: vec![sha256(b"crl")],
        }
    }

    #[test]
    fn it_decodes_to_itself_and_one_time_has_one_text() {
        let least = Validation { proven: None, claimed: None, authorities: vec![], material: vec![], ..sample() };
        for validation in [sample(), least] {
            assert_eq!(Validation::of_value(&validation.value()), Some(validation));
        }
        for text in ["2026-01-05T10:00:00+00:00", "2026-01-05T10:00:00.5Z", "2026-01-05t10:00:00Z", "2026-01-05"] {
            assert_eq!(time_of(text), None, "{text}");
        }
        let mut value = sample().value();
        value["proven"] = "yesterday".into();
        assert_eq!(Validation::of_value(&value), None);
    }
}
