//! One signature of one signer: all blocks in their order, and the report.
//!
//! Order (EN 319 102-1 §5.5.4): identification and cryptographic verification, time-stamps, best signature time,
//! certificates at that time, signature acceptance. A later block is gone through also when an earlier one failed.

use super::super::certificate::{Certificate, KeyUsage};
use super::super::cms::attributes::{
    ARCHIVE_TIMESTAMP_V2, ARCHIVE_TIMESTAMP_V3, CERTIFICATE_VALUES, COUNTERSIGNATURE, EVIDENCE_RECORD_EXTERNAL,
    EVIDENCE_RECORD_INTERNAL, LONG_TERM_VALIDATION, REVOCATION_VALUES, SIGNATURE_TIMESTAMP, SignaturePolicy,
};
use super::super::cms::{SignedData, SignerInfo};
use super::super::kz;
use super::super::limits::TIMESTAMPS_MAX;
use super::super::name;
use super::super::oid::Oid;
use super::super::report::{
    AlgorithmUsed, Level, PoeSource, ProofOfExistence, SignatureReport, Signer, TimestampReport, rfc3339,
};
use super::super::verdict::{Conclusion, SubIndication};
use super::ContentError;
use super::algorithms::Used;
use super::chain::{self, Role, Times};
use super::findings::Findings;
use super::session::Session;
use super::signer::{self, Contents};
use super::timestamps::{self, Covered, Examined};
use crate::model::digest::sha256;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Validates one signer of `signed`.
pub(super) fn validate(
    session: &Session<'_>,
    signed: &SignedData<'_>,
    contents: &Contents<'_>,
    index: usize,
    signer: &SignerInfo<'_>,
) -> Result<SignatureReport, ContentError> {
    let mut findings = Findings::default();
    if signed.trailing > 0 {
        findings.warn("format", "trailing", format!("{} bytes behind the object", signed.trailing));
    }
    if session.unreadable > 0 {
        let detail = format!("{} certificates or revocation data in the object cannot be read", session.unreadable);
        findings.warn("format", "carried", detail);
    }
    let verified = signer::verify(session, signed, signer, contents, &mut findings)?;
    let id = sha256(&signer.signature);
    let times = read_times(session, signed, signer, &mut findings)?;

    let mut algorithms = Vec::new();
    let mut walked = chain::Walked::default();
    if let Some(certificate) = &verified.certificate {
        walked = chain::walk(session, certificate, Role::Signer, times.of_signature);
        walked.note(&mut findings);
    }
    let claimed = accept_attributes(signed, signer, &mut findings);
    let existed = times.of_signature.existed;
    judge_algorithms(session, verified.algorithms.iter(), existed, &mut algorithms, &mut findings);
    algorithms.extend(std::mem::take(&mut walked.algorithms));
    accept_times(session, claimed, &times, &mut findings);
    note_what_is_not_evaluated(signer, &mut findings);

    let is_carried =
        !walked.revocation.is_empty() && walked.revocation.iter().all(|used| session.carried.contains(&used.digest));
    let level = match times.first_signature {
        None => Level::B,
        Some(_) if is_carried => Level::Lt,
        Some(_) => Level::T,
    };
    let mut signer_report = Signer::default();
    if let Some(certificate) = &verified.certificate {
        signer_report = signer_of(certificate);
        note_identity(&signer_report, &mut findings);
    }
    let missing = std::mem::take(&mut findings.missing);
    let (conclusion, checks) = findings.conclude();
    unique(&mut algorithms);
    Ok(SignatureReport {
        signature_id: id,
        signer_index: index,
        format: if verified.has_reference { "CAdES" } else { "CMS" },
        level,
        conclusion,
        claimed_signing_time: claimed,
        best_signature_time: existed,
        poe: times.poe,
        signed_digest: verified.signed_digest,
        signer: signer_report,
        chain: walked.chain,
        revocation: walked.revocation,
        algorithms,
        timestamps: times.tokens,
        checks,
        missing,
    })
}

/// What is known of the time of a signature, and how.
struct SignatureTimes {
    of_signature: Times,
    poe: Vec<ProofOfExistence>,
    tokens: Vec<TimestampReport>,
    /// The earliest signature time-stamp that counts.
    first_signature: Option<DateTime<Utc>>,
    /// The latest content time-stamp that counts.
    last_content: Option<DateTime<Utc>>,
}

/// EN 319 102-1 §5.5.4 (3): the tokens of a signature, and the best signature time.
fn read_times(
    session: &Session<'_>,
    signed: &SignedData<'_>,
    signer: &SignerInfo<'_>,
    findings: &mut Findings,
) -> Result<SignatureTimes, ContentError> {
    let question = session.question;
    let id = sha256(&signer.signature);
    let value = &signer.signature;
    let content = signer.signed.iter().flat_map(|attributes| attributes.content_timestamps());
    let own = signer.unsigned.iter().flat_map(|attributes| attributes.signature_timestamps());
    let all = content.map(|token| (token, PoeSource::ContentTimestamp));
    let all: Vec<_> = all.chain(own.map(|token| (token, PoeSource::SignatureTimestamp))).collect();
    if all.len() > TIMESTAMPS_MAX {
        findings.warn("time", "tokens", format!("{} tokens, the first {TIMESTAMPS_MAX} are looked at", all.len()));
    }
    let mut examined: Vec<Examined> = Vec::new();
    for (token, source) in all.into_iter().take(TIMESTAMPS_MAX) {
        let covered = match source {
            PoeSource::SignatureTimestamp => Covered::Bytes(value),
            // Which of two contents is right is the message digest's matter.
            _ => match (question.content, signer::attached(signed)) {
                (None, Some(attached)) => Covered::Bytes(attached),
                (content, _) => Covered::Content(content),
            },
        };
        examined.push(timestamps::examine(session, token, source, &covered)?);
    }
    let mut poe = vec![ProofOfExistence { object: id, time: question.at, source: PoeSource::Validation }];
    poe.extend(session.proof_of(id));
    for token in &examined {
        let (report, time) = (&token.report, token.report.time.map(rfc3339).unwrap_or_default());
        match token.proves() {
            Some(time) if report.source == PoeSource::SignatureTimestamp => {
                findings.ok("time", "timestamp", format!("the signature existed at {}", rfc3339(time)));
                poe.push(ProofOfExistence { object: id, time, source: report.source });
            }
            Some(time) => findings.ok("time", "timestamp", format!("the content existed at {}", rfc3339(time))),
            None => {
                findings.warn("time", "timestamp", format!("a token of {time} does not count: {}", report.conclusion))
            }
        }
    }
    let proven = |source| examined.iter().filter(move |t| t.report.source == source).filter_map(Examined::proves);
    let first_signature = proven(PoeSource::SignatureTimestamp).min();
    let last_content = proven(PoeSource::ContentTimestamp).max();
    poe.sort_by_key(|poe| (poe.time, poe.source));
    let existed = poe.first().map_or(question.at, |poe| poe.time);
    let tokens = examined.into_iter().map(|token| token.report).collect();
    let of_signature = Times { existed, made_after: last_content };
    Ok(SignatureTimes { of_signature, poe, tokens, first_signature, last_content })
}

/// RFC 5652 §5.3, §11; EN 319 102-1 §5.2.8: the attributes. Gives the signing time that is claimed.
pub(super) fn accept_attributes(
    signed: &SignedData<'_>,
    signer: &SignerInfo<'_>,
    findings: &mut Findings,
) -> Option<DateTime<Utc>> {
    let constraint = |detail: String| Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail);
    for fault in signer.faults() {
        findings.fail("acceptance", "attributes", constraint(format!("attribute {} {}", fault.oid, fault.what)));
    }
    let attributes = signer.signed.as_ref()?;
    match attributes.content_type() {
        Ok(Some(found)) if found != signed.content_type => {
            let detail = format!("content type {} is signed, the object has {}", found, signed.content_type);
            findings.fail("acceptance", "content-type", constraint(detail));
        }
        Ok(_) => {}
        Err(error) => findings.fail("acceptance", "content-type", constraint(error.to_string())),
    }
    match attributes.signature_policy() {
        Ok(Some(SignaturePolicy::Named { policy, .. })) => {
            let detail = format!("the signature names policy {policy}; it was validated by the archive's own");
            findings.warn("acceptance", "signature-policy", detail);
        }
        Ok(_) => {}
        Err(error) => findings.warn("acceptance", "signature-policy", error.to_string()),
    }
    match attributes.signing_time() {
        Ok(claimed) => claimed,
        Err(error) => {
            findings.warn("acceptance", "signing-time", error.to_string());
            None
        }
    }
}

/// The algorithms of a signature at the time at which it is proven to have existed.
pub(super) fn judge_algorithms<'u>(
    session: &Session<'_>,
    used: impl Iterator<Item = &'u Used>,
    at: DateTime<Utc>,
    lines: &mut Vec<AlgorithmUsed>,
    findings: &mut Findings,
) {
    for used in used {
        let (line, problem) = used.judge(session.question.policy, at);
        match problem {
            Some(problem) => findings.fail("acceptance", "algorithms", problem),
            None => findings.ok("acceptance", "algorithms", line.name.clone()),
        }
        lines.push(line);
    }
    unique(lines);
}

fn unique(lines: &mut Vec<AlgorithmUsed>) {
    let mut seen: Vec<AlgorithmUsed> = Vec::new();
    for line in lines.drain(..) {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    *lines = seen;
}

/// EN 319 102-1 §5.5.4 (4)(e): the times among one another.
fn accept_times(
    session: &Session<'_>,
    claimed: Option<DateTime<Utc>>,
    times: &SignatureTimes,
    findings: &mut Findings,
) {
    if let (Some(content), Some(signature)) = (times.last_content, times.first_signature)
        && content > signature
    {
        let (content, signature) = (rfc3339(content), rfc3339(signature));
        let detail = format!("the content time-stamp is of {content}, the signature time-stamp of {signature}");
        findings.fail("time", "order", Conclusion::indeterminate(SubIndication::TimestampOrderFailure, detail));
    }
    let Some(claimed) = claimed else { return };
    let existed = times.of_signature.existed;
    if claimed > existed {
        let detail = format!("claimed is {}, but the signature existed at {}", rfc3339(claimed), rfc3339(existed));
        findings.warn("time", "claimed", detail);
    }
    let rules = &session.question.policy.timestamp;
    if let (Some(first), Some(delay)) = (times.first_signature, rules.delay_max_s)
        && first.signed_duration_since(claimed) > TimeDelta::seconds(i64::from(delay))
    {
        let detail = format!("claimed is {}, stamped {}, allowed {delay} s", rfc3339(claimed), rfc3339(first));
        findings.fail("time", "delay", Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail));
    }
}

/// Unsigned attributes that are looked into.
const EVALUATED: [&str; 3] = [SIGNATURE_TIMESTAMP, CERTIFICATE_VALUES, REVOCATION_VALUES];
/// Names of some that are not.
const NOT_EVALUATED: [(&str, &str); 6] = [
    (ARCHIVE_TIMESTAMP_V3, "archive time-stamp"),
    (ARCHIVE_TIMESTAMP_V2, "archive time-stamp, second form"),
    (LONG_TERM_VALIDATION, "long-term-validation attribute"),
    (COUNTERSIGNATURE, "countersignature"),
    (EVIDENCE_RECORD_INTERNAL, "evidence record"),
    (EVIDENCE_RECORD_EXTERNAL, "evidence record over an outside content"),
];

/// What is in the signature and was not looked into: nobody shall think that it was.
fn note_what_is_not_evaluated(signer: &SignerInfo<'_>, findings: &mut Findings) {
    let mut counts: BTreeMap<&Oid, usize> = BTreeMap::new();
    for attribute in signer.unsigned.iter().flat_map(|unsigned| &unsigned.list) {
        let count = counts.entry(&attribute.oid).or_default();
        *count = count.saturating_add(1);
    }
    for (oid, count) in counts.into_iter().filter(|(oid, _)| !EVALUATED.contains(&oid.as_str())) {
        let named = NOT_EVALUATED.iter().find(|(known, _)| *oid == **known);
        let what = named.map_or_else(|| format!("attribute {oid}"), |(_, what)| (*what).to_owned());
        findings.warn("past", "not-evaluated", format!("{what}: {count} in the signature, not evaluated"));
    }
}

fn note_identity(signer: &Signer, findings: &mut Findings) {
    if signer.role_oids.is_empty() && signer.iin.is_none() {
        return;
    }
    let roles: Vec<&str> = signer.role_oids.iter().map(|oid| oid.as_str()).collect();
    let number = |number: &Option<String>| number.clone().unwrap_or_else(|| "none".to_owned());
    let detail = format!("IIN {}, BIN {}, roles {}", number(&signer.iin), number(&signer.bin), roles.join(" "));
    findings.ok("overlay", "identity", detail);
}

/// The certificate as people ask for it.
pub(super) fn signer_of(certificate: &Certificate) -> Signer {
    let identity = kz::identity(certificate);
    Signer {
        certificate: Some(certificate.sha256),
        subject: name::rfc4514(certificate.subject_der()),
        issuer: name::rfc4514(certificate.issuer_der()),
        serial: hex::encode(&certificate.serial),
        iin: identity.iin,
        bin: identity.bin,
        role_oids: identity.role_oids,
        key_usage: certificate.extensions.key_usage.map(key_usage_names).unwrap_or_default(),
        not_before: Some(certificate.not_before),
        not_after: Some(certificate.not_after),
    }
}

/// Names of the bits of keyUsage (RFC 5280 §4.2.1.3), bit 0 first.
const KEY_USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

fn key_usage_names(usage: KeyUsage) -> Vec<&'static str> {
    let is_set = |bit: usize| usage.any(1_u16.checked_shl(u32::try_from(bit).unwrap_or(u32::MAX)).unwrap_or(0));
    KEY_USAGES.iter().enumerate().filter(|(bit, _)| is_set(*bit)).map(|(_, name)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_key_usage_have_their_names() {
        assert_eq!(key_usage_names(KeyUsage(0b11)), ["digitalSignature", "nonRepudiation"]);
        assert_eq!(key_usage_names(KeyUsage(1 << 8)), ["decipherOnly"]);
        assert!(key_usage_names(KeyUsage(1 << 9)).is_empty());
    }
}
