//! Time-stamp tokens: each is validated by itself (EN 319 102-1 §5.4), and says whether it is over what it should be.
//!
//! A token is a signature of an authority, so it goes through the same blocks, with anchors and purpose of its own.
//! Only one that passed and covers the right thing is a proof of existence; any other is reported and counts for
//! nothing.

use super::super::alg::DigestAlgorithm;
use super::super::report::{AlgorithmUsed, Check, PoeSource, TimestampReport, rfc3339};
use super::super::timestamp::TimestampToken;
use super::super::verdict::{Conclusion, SubIndication};
use super::algorithms::Used;
use super::chain::{self, Role, Times};
use super::findings::Findings;
use super::session::Session;
use super::signature;
use super::signer::{self, Contents};
use super::{Content, ContentError, InMemory};
use crate::model::digest::sha256;
use chrono::{DateTime, Utc};

/// What a token should be over.
pub(super) enum Covered<'a> {
    /// Bytes: a signature value.
    Bytes(&'a [u8]),
    /// The content, when it is at hand.
    Content(Option<&'a dyn Content>),
}

/// A token that was validated.
pub(super) struct Examined {
    pub(super) report: TimestampReport,
    pub(super) algorithms: Vec<AlgorithmUsed>,
    pub(super) checks: Vec<Check>,
}

impl Examined {
    /// The time that it proves.
    pub(super) fn proves(&self) -> Option<DateTime<Utc>> {
        let is_proof = self.report.covers && self.report.conclusion.is_passed();
        self.report.time.filter(|_| is_proof)
    }
}

/// Validates the token that `bytes` are.
pub(super) fn examine(
    session: &Session<'_>,
    bytes: &[u8],
    source: PoeSource,
    covered: &Covered<'_>,
) -> Result<Examined, ContentError> {
    let mut findings = Findings::default();
    let mut report = TimestampReport {
        digest: sha256(bytes),
        source,
        time: None,
        covers: false,
        conclusion: Conclusion::failed(SubIndication::FormatFailure, ""),
        signer: super::super::report::Signer::default(),
        chain: Vec::new(),
        revocation: Vec::new(),
        missing: Vec::new(),
    };
    let mut algorithms = Vec::new();
    match TimestampToken::read(bytes) {
        Ok(token) => {
            report.digest = sha256(&token.bytes);
            report.time = Some(token.info.time);
            // What the object as it came is proven to have been, its tokens were too.
            let proof = session.proof_of(report.digest).map_or(session.question.at, |proof| proof.time);
            covers(&token, covered, &mut report, &mut findings)?;
            algorithms = authority(session, &token, proof, &mut report, &mut findings)?;
        }
        Err(error) => {
            findings.fail("time", "format", Conclusion::failed(SubIndication::FormatFailure, error.to_string()));
        }
    }
    report.missing = std::mem::take(&mut findings.missing);
    let (conclusion, checks) = findings.conclude();
    report.conclusion = conclusion.of_building_block();
    Ok(Examined { report, algorithms, checks })
}

/// RFC 3161 §2.4.2: the imprint against what it should be of.
fn covers(
    token: &TimestampToken,
    covered: &Covered<'_>,
    report: &mut TimestampReport,
    findings: &mut Findings,
) -> Result<(), ContentError> {
    let info = &token.info;
    let Some(algorithm) = DigestAlgorithm::of_oid(&info.imprint_algorithm) else {
        let detail = format!("digest algorithm {} of the imprint is not supported", info.imprint_algorithm);
        let sub = SubIndication::CryptoConstraintsFailure;
        findings.fail("time", "imprint", Conclusion::indeterminate(sub, detail));
        return Ok(());
    };
    let found = match covered {
        Covered::Bytes(bytes) => algorithm.digest(bytes),
        Covered::Content(Some(content)) => content.digest(algorithm)?,
        Covered::Content(None) => {
            let detail = format!("what has {} {} is not at hand", algorithm.name(), hex::encode(&info.imprint));
            let sub = SubIndication::SignedDataNotFound;
            findings.fail("time", "imprint", Conclusion::indeterminate(sub, detail));
            return Ok(());
        }
    };
    report.covers = found == info.imprint;
    if report.covers {
        findings.ok("time", "imprint", format!("{} {}", algorithm.name(), hex::encode(&found)));
    } else {
        let (name, found, wanted) = (algorithm.name(), hex::encode(&found), hex::encode(&info.imprint));
        let detail = format!("found {name} {found}, the imprint is {wanted}");
        findings.fail("time", "imprint", Conclusion::failed(SubIndication::HashFailure, detail));
    }
    Ok(())
}

/// The signature of the authority.
fn authority(
    session: &Session<'_>,
    token: &TimestampToken,
    proof: DateTime<Utc>,
    report: &mut TimestampReport,
    findings: &mut Findings,
) -> Result<Vec<AlgorithmUsed>, ContentError> {
    let signed = token.signed_data();
    let Some(signer) = signed.signers.first() else {
        findings.fail("time", "format", Conclusion::failed(SubIndication::FormatFailure, "the token has no signer"));
        return Ok(Vec::new());
    };
    let attached = signer::attached(&signed).map(InMemory);
    let contents = Contents { attached: attached.as_ref().map(|c| c as &dyn Content), given: None };
    let verified = signer::verify(session, &signed, signer, &contents, findings)?;
    signature::accept_attributes(&signed, signer, findings);
    if !verified.has_reference {
        // RFC 3161 §2.4.1: the certificate of the authority has to be referred to.
        let detail = "the token has no signed reference to the certificate of the authority";
        findings.fail("time", "reference", Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail));
    }
    for oid in &token.info.critical_extensions {
        let detail = format!("critical extension {oid} of the token is not understood");
        findings.fail("time", "extensions", Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail));
    }
    let time = token.info.time;
    if time > session.question.at {
        let detail = format!("the token is of {}, asked is {}", rfc3339(time), rfc3339(session.question.at));
        findings.fail("time", "order", Conclusion::indeterminate(SubIndication::TimestampOrderFailure, detail));
    }
    let mut algorithms = Vec::new();
    let imprint = DigestAlgorithm::of_oid(&token.info.imprint_algorithm);
    let imprint = imprint.map(|digest| Used { oid: digest.oid(), name: digest.name(), bits: 0 });
    signature::judge_algorithms(session, verified.algorithms.iter().chain(&imprint), proof, &mut algorithms, findings);
    if let Some(certificate) = verified.certificate {
        let times = Times { existed: proof, made_after: None };
        let walked = chain::walk(session, &certificate, Role::TimeStamping, times);
        walked.note(findings);
        report.signer = signature::signer_of(&certificate);
        if time < certificate.not_before || time > certificate.not_after {
            let detail = format!("the token is of {}, outside its certificate's validity", rfc3339(time));
            let sub = SubIndication::ChainConstraintsFailure;
            findings.fail("time", "dates", Conclusion::indeterminate(sub, detail));
        }
        algorithms.extend(walked.algorithms);
        report.chain = walked.chain;
        report.revocation = walked.revocation;
    }
    Ok(algorithms)
}
