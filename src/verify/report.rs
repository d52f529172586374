//! What a validation found, in the words of ETSI TS 119 102-2 as far as they fit: the report that is kept for ever.
//!
//! A report is canonical JSON (`schema/report/1`). It names everything by digest, and holds nothing that depends on
//! when or where it was made but the time that was asked about: the same question has the same bytes.
//!
//! [`Report::text`] says the same for people. Neither judges: what is in a report was concluded by
//! [`validation`](super::validation).

mod text;

pub(crate) use text::local;

use super::oid::Oid;
use super::verdict::{Conclusion, Indication};
use crate::model::canonical;
use crate::model::digest::Sha256;
use crate::model::missing::Missing;
use crate::model::strict::words;
use crate::text::{Lang, Said};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The value of a report's `schema` field.
pub const REPORT_SCHEMA: &str = "muragat/report/1";

words! {
    /// How far a signature is prepared for the years (ETSI EN 319 122-1).
    Level {
        /// The signature alone.
        B = "B",
        /// With a trusted time.
        T = "T",
        /// With revocation material inside.
        Lt = "LT",
        /// With archive time-stamps.
        Lta = "LTA",
    }
}

words! {
    /// Where a proof of existence comes from.
    PoeSource {
        /// The time of validation: what is at hand exists now.
        Validation = "validation",
        /// A signature time-stamp inside the signature.
        SignatureTimestamp = "signature-timestamp",
        /// A content time-stamp inside the signature.
        ContentTimestamp = "content-timestamp",
        /// An archive time-stamp inside the signature.
        ArchiveTimestamp = "archive-timestamp",
        /// A time-stamp that came beside the signature.
        Timestamp = "timestamp",
        /// The journal of the archive: when it was received.
        Receipt = "receipt",
        /// An evidence record (RFC 4998).
        EvidenceRecord = "evidence-record",
    }
}

words! {
    /// Outcome of one check.
    Outcome {
        /// In order.
        Ok = "ok",
        /// Not as it should be, without effect on the verdict.
        Warn = "warn",
        /// It decided the verdict, or a part of it.
        Fail = "fail",
    }
}

/// Something is known to have existed at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOfExistence {
    /// SHA-256 of the thing: a signature value, a certificate, a CRL, an OCSP answer, a token.
    pub object: Sha256,
    /// It existed then.
    pub time: DateTime<Utc>,
    /// How that is known.
    pub source: PoeSource,
}

/// One check that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The building block of EN 319 102-1: `format`, `identification`, `x509`, `crypto`, `acceptance`, `time`, `past`,
    /// `overlay`.
    pub block: &'static str,
    /// What was checked: stable, lower case with `-`.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// Both sides of what was compared, in technical English.
    pub detail: String,
}

/// The certificate of a signer as people ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signer {
    /// Digest of the certificate.
    pub certificate: Option<Sha256>,
    /// The subject as RFC 4514 writes it.
    pub subject: String,
    /// The issuer as RFC 4514 writes it.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Individual identification number: `serialNumber=IIN…` of the subject.
    pub iin: Option<String>,
    /// Business identification number: `OU=BIN…` of the subject.
    pub bin: Option<String>,
    /// Role identifiers in extendedKeyUsage (1.2.398.3.3.4.*).
    pub role_oids: Vec<Oid>,
    /// Names of the bits of keyUsage.
    pub key_usage: Vec<&'static str>,
    /// First second of validity.
    pub not_before: Option<DateTime<Utc>>,
    /// Last second of validity.
    pub not_after: Option<DateTime<Utc>>,
}

/// Revocation data that were used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationUsed {
    /// The certificate they are about.
    pub certificate: Sha256,
    /// `crl` or `ocsp`.
    pub kind: &'static str,
    /// Digest of the CRL or the answer.
    pub digest: Sha256,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: Option<DateTime<Utc>>,
    /// producedAt of an OCSP answer.
    pub produced_at: Option<DateTime<Utc>>,
    /// `good`, `revoked`, `on-hold`, `unknown`, `not-issued`.
    pub status: &'static str,
    /// Since when it is revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Name of the reason.
    pub reason: Option<&'static str>,
}

/// An algorithm that was used, and until when the policy thinks it reliable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmUsed {
    /// Its identifier.
    pub oid: Oid,
    /// Its name in the policy, with the bits of a key: `RSA 2048`.
    pub name: String,
    /// Reliable before this time; none without an end.
    pub ok_until: Option<DateTime<Utc>>,
}

/// A time-stamp token inside or beside a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampReport {
    /// Digest of the token.
    pub digest: Sha256,
    /// What it is to the signature.
    pub source: PoeSource,
    /// genTime.
    pub time: Option<DateTime<Utc>>,
    /// Whether its imprint is that of what it should cover.
    pub covers: bool,
    /// What was concluded.
    pub conclusion: Conclusion,
    /// Its authority.
    pub signer: Signer,
    /// Digests of the chain, leaf first.
    pub chain: Vec<Sha256>,
    /// Revocation data that were used.
    pub revocation: Vec<RevocationUsed>,
    /// What more material could turn; no part of what is kept.
    pub missing: Vec<Missing>,
}

/// One signature of one signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureReport {
    /// SHA-256 of the signature value; of the object, when no signature can be read in it.
    pub signature_id: Sha256,
    /// Position of the signer in the object.
    pub signer_index: usize,
    /// `CAdES` (with a reference to the signing certificate), `CMS`, `RFC3161`, `XMLDSig`, `PDF`, `unknown`.
    pub format: &'static str,
    /// How far it is prepared.
    pub level: Level,
    /// What was concluded.
    pub conclusion: Conclusion,
    /// signingTime, which the signer claims.
    pub claimed_signing_time: Option<DateTime<Utc>>,
    /// The earliest time at which the signature is proven to have existed.
    pub best_signature_time: DateTime<Utc>,
    /// The proofs that were used.
    pub poe: Vec<ProofOfExistence>,
    /// Digest algorithm and digest of what was signed, as the signature says.
    pub signed_digest: Option<(Oid, Vec<u8>)>,
    /// Its certificate.
    pub signer: Signer,
    /// Digests of the chain, leaf first, anchor last.
    pub chain: Vec<Sha256>,
    /// Revocation data that were used.
    pub revocation: Vec<RevocationUsed>,
    /// Algorithms that were used.
    pub algorithms: Vec<AlgorithmUsed>,
    /// Its time-stamps.
    pub timestamps: Vec<TimestampReport>,
    /// Every check, in the order of the blocks.
    pub checks: Vec<Check>,
    /// What more material could turn; no part of what is kept.
    pub missing: Vec<Missing>,
}

impl SignatureReport {
    /// Who signed, and why the signature did not pass, for people.
    pub fn said(&self) -> Said {
        Said::of(|lang| text::said(self, lang))
    }

    /// Who signed, and `finding` about it, for people.
    pub fn said_of(&self, finding: impl Fn(Lang) -> String) -> Said {
        Said::of(|lang| format!("{} {}", text::signer(self, lang), finding(lang)).trim_start().to_owned())
    }

    /// Everything that was missing, each once: of the signature and of the time-stamps in it. None when it passed, or
    /// when no material can turn what was found.
    pub fn all_missing(&self) -> Vec<Missing> {
        if self.conclusion.indication != Indication::Indeterminate {
            return Vec::new();
        }
        let stamps = self.timestamps.iter().filter(|stamp| !stamp.conclusion.is_passed());
        let missing: BTreeSet<&Missing> = self.missing.iter().chain(stamps.flat_map(|stamp| &stamp.missing)).collect();
        missing.into_iter().cloned().collect()
    }
}

/// The report about one object: every signature in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// SHA-256 of the object as it came.
    pub object: Sha256,
    /// What the object is: `cms`, `timestamp`, `xml`, `pdf`, `unknown`.
    pub format: &'static str,
    /// Its signatures; an object that cannot be read has one, with FORMAT_FAILURE.
    pub signatures: Vec<SignatureReport>,
    /// Policy: name, version and digest of its file.
    pub policy: (String, String, Sha256),
    /// The time that was asked about.
    pub validation_time: DateTime<Utc>,
    /// Name and version of the verifier.
    pub validator: String,
}

impl Report {
    /// The conclusion about the object: the worst of its signatures, the first of those.
    ///
    /// It is passed only when every signature is.
    pub fn conclusion(&self) -> &Conclusion {
        let all = self.signatures.iter().map(|signature| &signature.conclusion);
        let worst = all.rev().max_by_key(|conclusion| conclusion.indication.rank());
        worst.expect("a report has at least one signature")
    }

    /// Canonical JSON of the report: the bytes that are kept, digested and signed.
    pub fn encode(&self) -> Vec<u8> {
        canonical::to_vec(&self.to_value()).expect("a report has no null and no large number")
    }

    /// The report for people.
    pub fn text(&self, lang: Lang) -> String {
        text::report(self, lang)
    }

    /// The report as JSON.
    pub fn to_value(&self) -> Value {
        let (id, version, sha256) = &self.policy;
        json!({
            "schema": REPORT_SCHEMA,
            "object": self.object.to_string(),
            "format": self.format,
            "conclusion": conclusion(self.conclusion()),
            "signatures": array(&self.signatures, signature),
            "policy": {"id": id, "version": version, "sha256": sha256.to_string()},
            "validation_time": rfc3339(self.validation_time),
            "validator": self.validator,
        })
    }
}

/// RFC 3339, UTC, seconds.
pub(crate) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn array<T>(items: &[T], write: impl Fn(&T) -> Value) -> Value {
    items.iter().map(write).collect()
}

/// A JSON object that is filled key by key: what is not known has no key.
struct Object(Map<String, Value>);

impl Object {
    fn new(value: Value) -> Self {
        match value {
            Value::Object(map) => Self(map),
            _ => unreachable!("it is made from an object literal"),
        }
    }

    fn set(mut self, key: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value.into());
        }
        self
    }

    fn end(self) -> Value {
        Value::Object(self.0)
    }
}

fn text_if_any(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

pub(super) fn conclusion(conclusion: &Conclusion) -> Value {
    Object::new(json!({"indication": conclusion.indication.as_str()}))
        .set("sub_indication", conclusion.sub_indication.map(|sub| sub.as_str()))
        .set("detail", text_if_any(&conclusion.detail))
        .end()
}

fn signature(signature: &SignatureReport) -> Value {
    let signed_digest = signature.signed_digest.as_ref();
    Object::new(json!({
        "signature_id": signature.signature_id.to_string(),
        "signer_index": signature.signer_index,
        "format": signature.format,
        "level": signature.level.as_str(),
        "indication": signature.conclusion.indication.as_str(),
        "best_signature_time": rfc3339(signature.best_signature_time),
        "poe": array(&signature.poe, poe),
        "signer": signer(&signature.signer),
        "chain": array(&signature.chain, |digest| json!(digest.to_string())),
        "revocation": array(&signature.revocation, revocation),
        "algorithms": array(&signature.algorithms, algorithm),
        "timestamps": array(&signature.timestamps, timestamp),
        "checks": array(&signature.checks, check),
    }))
    .set("sub_indication", signature.conclusion.sub_indication.map(|sub| sub.as_str()))
    .set("detail", text_if_any(&signature.conclusion.detail))
    .set("claimed_signing_time", signature.claimed_signing_time.map(rfc3339))
    .set("signed_digest", signed_digest.map(|(oid, d)| json!({"oid": oid.as_str(), "value": hex::encode(d)})))
    .end()
}

fn poe(poe: &ProofOfExistence) -> Value {
    json!({"object": poe.object.to_string(), "time": rfc3339(poe.time), "source": poe.source.as_str()})
}

fn signer(signer: &Signer) -> Value {
    Object::new(json!({}))
        .set("certificate", signer.certificate.map(|digest| digest.to_string()))
        .set("subject", text_if_any(&signer.subject))
        .set("issuer", text_if_any(&signer.issuer))
        .set("serial", text_if_any(&signer.serial))
        .set("iin", signer.iin.as_deref())
        .set("bin", signer.bin.as_deref())
        .set("role_oids", Some(array(&signer.role_oids, |oid| json!(oid.as_str()))))
        .set("key_usage", Some(array(&signer.key_usage, |name| json!(name))))
        .set("not_before", signer.not_before.map(rfc3339))
        .set("not_after", signer.not_after.map(rfc3339))
        .end()
}

fn revocation(used: &RevocationUsed) -> Value {
    Object::new(json!({
        "certificate": used.certificate.to_string(),
        "kind": used.kind,
        "digest": used.digest.to_string(),
        "this_update": rfc3339(used.this_update),
        "status": used.status,
    }))
    .set("next_update", used.next_update.map(rfc3339))
    .set("produced_at", used.produced_at.map(rfc3339))
    .set("revoked_at", used.revoked_at.map(rfc3339))
    .set("reason", used.reason)
    .end()
}

fn algorithm(used: &AlgorithmUsed) -> Value {
    Object::new(json!({"oid": used.oid.as_str(), "name": used.name})).set("ok_until", used.ok_until.map(rfc3339)).end()
}

fn timestamp(token: &TimestampReport) -> Value {
    Object::new(json!({
        "digest": token.digest.to_string(),
        "source": token.source.as_str(),
        "covers": token.covers,
        "conclusion": conclusion(&token.conclusion),
        "signer": signer(&token.signer),
        "chain": array(&token.chain, |digest| json!(digest.to_string())),
        "revocation": array(&token.revocation, revocation),
    }))
    .set("time", token.time.map(rfc3339))
    .end()
}

fn check(check: &Check) -> Value {
    Object::new(json!({"block": check.block, "name": check.name, "outcome": check.outcome.as_str()}))
        .set("detail", text_if_any(&check.detail))
        .end()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::verdict::SubIndication;
    use super::*;
    use crate::model::digest::sha256;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// A signature with every field set.
    pub(crate) fn sample(conclusion: Conclusion) -> SignatureReport {
        let digest = sha256(b"x");
        let used = RevocationUsed {
            certificate: digest,
            kind: "ocsp",
            digest,
            this_update: at("2025-05-01T00:00:00Z"),
            next_update: Some(at("2025-05-08T00:00:00Z")),
            produced_at: Some(at("2025-05-01T00:00:00Z")),
            status: "revoked",
            revoked_at: Some(at("2025-04-01T00:00:00Z")),
            reason: Some("keyCompromise"),
        };
        let signer = Signer {
            certificate: Some(digest),
            subject: "CN=ТЕСТОВ ТЕСТ".to_owned(),
            issuer: "CN=TEST CA".to_owned(),
            serial: "01ff".to_owned(),
            iin: Some("123456789011".to_owned()),
            bin: Some("123456789021".to_owned()),
            role_oids: vec!["1.2.398.3.3.4.1.2.1".parse().unwrap()],
            key_usage: vec!["digitalSignature", "nonRepudiation"],
            not_before: Some(at("2024-01-01T00:00:00Z")),
            not_after: Some(at("2034-12-31T00:00:00Z")),
        };
        let check = |name, outcome| Check { block: "x509", name, outcome, detail: "a ≠ b".to_owned() };
        SignatureReport {
            signature_id: digest,
            signer_index: 0,
            format: "CAdES",
            level: Level::T,
            conclusion,
            claimed_signing_time: Some(at("2025-03-01T10:00:00Z")),
            best_signature_time: at("2025-03-01T10:05:00Z"),
            poe: vec![ProofOfExistence {
                object: digest,
                time: at("2025-03-01T10:05:00Z"),
                source: PoeSource::SignatureTimestamp,
            }],
            signed_digest: Some(("2.16.840.1.101.3.4.2.1".parse().unwrap(), vec![1, 2, 255])),
            signer: signer.clone(),
            chain: vec![digest],
            revocation: vec![used.clone()],
            algorithms: vec![AlgorithmUsed {
                oid: "1.2.840.113549.1.1.11".parse().unwrap(),
                name: "RSA 2048".to_owned(),
                ok_until: Some(at("2029-01-01T00:00:00Z")),
            }],
            timestamps: vec![TimestampReport {
                digest,
                source: PoeSource::SignatureTimestamp,
                time: Some(at("2025-03-01T10:05:00Z")),
                covers: true,
                conclusion: Conclusion::passed(Indication::Passed, ""),
                signer: Signer::default(),
                chain: vec![digest],
                revocation: vec![used],
                missing: Vec::new(),
            }],
            checks: vec![
                check("chain", Outcome::Ok),
                check("attributes", Outcome::Warn),
                check("dates", Outcome::Fail),
            ],
            missing: Vec::new(),
        }
    }

    pub(crate) fn report(signatures: Vec<SignatureReport>) -> Report {
        Report {
            object: sha256(b"object"),
            format: "cms",
            signatures,
            policy: ("default".to_owned(), "1".to_owned(), sha256(b"policy")),
            validation_time: at("2025-05-01T12:00:00Z"),
            validator: "muragat 0.1.0".to_owned(),
        }
    }

    #[test]
    fn a_report_is_canonical_json_and_leaves_out_what_is_not_known() {
        let mut bare = sample(Conclusion::passed(Indication::TotalPassed, ""));
        bare.claimed_signing_time = None;
        bare.signed_digest = None;
        bare.timestamps.clear();
        let bytes = report(vec![bare]).encode();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(canonical::to_vec(&value).unwrap(), bytes);
        let signature = value["signatures"][0].as_object().unwrap();
        for key in ["claimed_signing_time", "signed_digest", "sub_indication", "detail"] {
            assert!(!signature.contains_key(key), "{key}");
        }
        assert_eq!(signature["best_signature_time"], "2025-03-01T10:05:00Z");
        assert_eq!(signature["revocation"][0]["reason"], "keyCompromise");
    }

    #[test]
    fn the_conclusion_is_the_first_of_the_worst() {
        let passed = || sample(Conclusion::passed(Indication::TotalPassed, ""));
        let waiting = |detail| sample(Conclusion::indeterminate(SubIndication::TryLater, detail));
        let failed = |detail| sample(Conclusion::failed(SubIndication::HashFailure, detail));
        assert!(report(vec![passed(), passed()]).conclusion().is_passed());
        assert_eq!(report(vec![passed(), waiting("a"), waiting("b")]).conclusion().detail, "a");
        assert_eq!(report(vec![passed(), waiting("a"), failed("b"), failed("c")]).conclusion().detail, "b");
    }
}
