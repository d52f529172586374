//! Format checking (EN 319 102-1 §5.2.2): what the object is, and the report about all of it.
//!
//! An object that cannot be read has a report too: one signature with FORMAT_FAILURE. One of a kind that is known and
//! not supported (XML, PDF) is INDETERMINATE: somebody else may well be able to validate it.

use super::super::cms::{CmsError, SignedData};
use super::super::report::{Level, PoeSource, ProofOfExistence, Report, SignatureReport, Signer};
use super::super::timestamp::{TST_INFO, TimestampToken};
use super::super::verdict::{Conclusion, SubIndication};
use super::super::work::Work;
use super::super::wrap::WrapError;
use super::session::{Session, unwrapped};
use super::signature;
use super::signer::{self, Contents};
use super::timestamps::{self, Covered};
use super::{Content, ContentError, InMemory, OnceDigested, Question};
use crate::model::digest::{Sha256, sha256};

/// What an object is.
enum Kind {
    Cms,
    Timestamp,
    /// Not supported, with the names of the object's and of the signature's format.
    Foreign(&'static str, &'static str),
}

pub(super) fn validate(question: &Question<'_>, work: &Work) -> Result<Report, ContentError> {
    let (format, signatures) = match recognise(question.object) {
        Ok((Kind::Cms, bytes)) => ("cms", cms(question, work, &bytes)?),
        Ok((Kind::Timestamp, bytes)) => ("timestamp", vec![timestamp(question, work, &bytes)?]),
        Ok((Kind::Foreign(object, format), _)) => {
            let detail = format!("signatures in {object} are not supported");
            let conclusion = Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail);
            (object, vec![unread(question, format, conclusion)])
        }
        Err(conclusion) => ("unknown", vec![unread(question, "unknown", conclusion)]),
    };
    let policy = question.policy;
    Ok(Report {
        object: digest_of(question),
        format,
        signatures,
        policy: (policy.id.clone(), policy.version.clone(), policy.sha256),
        validation_time: question.at,
        validator: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

fn digest_of(question: &Question<'_>) -> Sha256 {
    question.object_digest.unwrap_or_else(|| sha256(question.object))
}

/// The first block that is a signature.
fn recognise(object: &[u8]) -> Result<(Kind, Vec<u8>), Conclusion> {
    let failed = |detail: String| Conclusion::failed(SubIndication::FormatFailure, detail);
    let blocks = match unwrapped(object) {
        Ok(blocks) => blocks,
        Err(error @ WrapError::TooLarge(_)) => return Err(too_much(error.to_string())),
        Err(error) => return foreign(object).map(|kind| (kind, Vec::new())).ok_or_else(|| failed(error.to_string())),
    };
    let mut first: Option<Conclusion> = None;
    for block in blocks {
        let conclusion = match SignedData::read(&block) {
            Ok(signed) if signed.content_type == TST_INFO => return Ok((Kind::Timestamp, block)),
            Ok(signed) if signed.signers.is_empty() => failed("nobody signed the object".to_owned()),
            Ok(_) => return Ok((Kind::Cms, block)),
            Err(_) if TimestampToken::read(&block).is_ok() => return Ok((Kind::Timestamp, block)),
            Err(error @ (CmsError::TooMany { .. } | CmsError::TooLarge { .. })) => too_much(error.to_string()),
            Err(error) => failed(error.to_string()),
        };
        first = first.or(Some(conclusion));
    }
    Err(first.unwrap_or_else(|| failed("there is nothing in it".to_owned())))
}

/// A limit of ours says nothing about the signature.
fn too_much(detail: String) -> Conclusion {
    Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail)
}

fn foreign(object: &[u8]) -> Option<Kind> {
    let text = object.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(object).trim_ascii_start();
    if text.starts_with(b"<") {
        return Some(Kind::Foreign("xml", "XMLDSig"));
    }
    text.starts_with(b"%PDF-").then_some(Kind::Foreign("pdf", "PDF"))
}

fn cms(question: &Question<'_>, work: &Work, bytes: &[u8]) -> Result<Vec<SignatureReport>, ContentError> {
    let signed = match SignedData::read(bytes) {
        Ok(signed) => signed,
        Err(error) => {
            let conclusion = Conclusion::failed(SubIndication::FormatFailure, error.to_string());
            return Ok(vec![unread(question, "unknown", conclusion)]);
        }
    };
    let session = Session::new(question, work, bytes, &signed);
    let signers = signed.signers.iter().enumerate();
    let attached = signer::attached(&signed).map(InMemory);
    let attached = attached.as_ref().map(|content| OnceDigested::new(content));
    let contents = Contents { attached: attached.as_ref().map(|c| c as &dyn Content), given: question.content };
    signers.map(|(index, signer)| signature::validate(&session, &signed, &contents, index, signer)).collect()
}

/// A time-stamp by itself: EN 319 102-1 §5.4.
fn timestamp(question: &Question<'_>, work: &Work, bytes: &[u8]) -> Result<SignatureReport, ContentError> {
    let token = match TimestampToken::read(bytes) {
        Ok(token) => token,
        Err(error) => {
            let conclusion = Conclusion::failed(SubIndication::FormatFailure, error.to_string()).of_building_block();
            return Ok(unread(question, "RFC3161", conclusion));
        }
    };
    let signed = token.signed_data();
    let session = Session::new(question, work, &token.bytes, &signed);
    let covered = Covered::Content(question.content);
    let examined = timestamps::examine(&session, bytes, PoeSource::Timestamp, &covered)?;
    let mut report = unread(question, "RFC3161", examined.report.conclusion.clone());
    let value = signed.signers.first().map(|signer| sha256(&signer.signature));
    report.signature_id = value.unwrap_or(report.signature_id);
    report.poe =
        vec![ProofOfExistence { object: report.signature_id, time: question.at, source: PoeSource::Validation }];
    report.poe.extend(session.proof_of(report.signature_id));
    report.poe.sort_by_key(|poe| (poe.time, poe.source));
    report.best_signature_time = report.poe.first().map_or(question.at, |poe| poe.time);
    report.signed_digest = Some((token.info.imprint_algorithm.clone(), token.info.imprint.clone()));
    report.signer = examined.report.signer.clone();
    report.chain = examined.report.chain.clone();
    report.revocation = examined.report.revocation.clone();
    report.algorithms = examined.algorithms;
    report.checks = examined.checks;
    report.missing = examined.report.missing.clone();
    report.timestamps = vec![examined.report];
    Ok(report)
}

/// The report about an object in which no signature was read.
fn unread(question: &Question<'_>, format: &'static str, conclusion: Conclusion) -> SignatureReport {
    let mut findings = super::findings::Findings::default();
    if !conclusion.is_passed() {
        findings.fail("format", "object", conclusion.clone());
    }
    SignatureReport {
        signature_id: digest_of(question),
        signer_index: 0,
        format,
        level: Level::B,
        conclusion,
        claimed_signing_time: None,
        best_signature_time: question.at,
        poe: Vec::new(),
        signed_digest: None,
        signer: Signer::default(),
        chain: Vec::new(),
        revocation: Vec::new(),
        algorithms: Vec::new(),
        timestamps: Vec::new(),
        checks: findings.conclude().1,
        missing: Vec::new(),
    }
}
