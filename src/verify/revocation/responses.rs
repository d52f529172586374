//! Revocation by OCSP responses (RFC 6960).
//!
//! Called by [`status`](super::status). The newest response is looked at first; an older one only while none counts, or
//! where it has the certificate as revoked for good.
//!
//! A response is signed by the issuer of the certificate itself, or by one whom that issuer's key entitles in a
//! certificate with id-kp-OCSPSigning (RFC 6960 §4.2.2.2). Responders that are trusted otherwise do not exist here.

use super::super::certificate::{Certificate, KeyUsage};
use super::super::crl::Reason;
use super::super::material::{key_bits, key_hash};
use super::super::name::names_match;
use super::super::ocsp::{Answer, AnswerStatus, CertificateId, OcspResponse, ResponderId};
use super::{Conclusion, Finding, Kind, Question, Rejection, Session, Signed, Status, is_fresh};
use chrono::DateTime;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

/// id-kp-OCSPSigning.
const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// Looks at every answer about the serial number of the certificate. A conclusion for each that counts.
pub(super) fn conclude(
    session: &mut Session<'_>,
    question: &Question<'_>,
    findings: &mut Vec<Finding>,
) -> Vec<Conclusion> {
    let Some(issuer) = question.path.first() else { return Vec::new() };
    let mut candidates: Vec<(Arc<OcspResponse>, usize)> = session
        .setting
        .material
        .answers_about(&question.certificate.serial)
        .filter(|(response, _)| session.is_proven(&response.sha256))
        .map(|(response, index)| (Arc::clone(response), index))
        .collect();
    // What is broken off is noted in the budget.
    if session.budget.spend_lookups(candidates.len()).is_err() {
        return Vec::new();
    }
    let issued_at = |response: &OcspResponse| Reverse(response.produced_at);
    candidates.sort_by_key(|(response, index)| (issued_at(response), response.sha256, *index));
    let mut conclusions: Vec<Conclusion> = Vec::new();
    for (response, index) in candidates {
        let Some(answer) = response.answers.get(index) else { continue };
        let mut finding = Finding {
            kind: Kind::Ocsp,
            digest: response.sha256,
            this_update: answer.this_update,
            next_update: answer.next_update,
            produced_at: Some(response.produced_at),
            status: said(&response, answer),
            is_fresh: is_fresh(
                question.at,
                answer.this_update,
                answer.next_update,
                session.setting.rules.ocsp_age_max_s,
            ),
            signer_path: Vec::new(),
            rejection: None,
            is_used: false,
        };
        if !conclusions.is_empty() && !matches!(finding.status, Status::Revoked { .. }) {
            continue;
        }
        match check(session, question, issuer, &response, answer, &finding) {
            Ok(path) => {
                finding.signer_path = path;
                conclusions.push(Conclusion {
                    status: finding.status,
                    issued_at: response.produced_at,
                    is_fresh: finding.is_fresh,
                    rests_on: vec![findings.len()],
                });
            }
            Err(rejection) => finding.rejection = Some(rejection),
        }
        findings.push(finding);
    }
    conclusions
}

/// What an answer says.
fn said(response: &OcspResponse, answer: &Answer) -> Status {
    match answer.status {
        AnswerStatus::Good => Status::Good,
        AnswerStatus::Unknown => Status::Unknown,
        // RFC 6960 §2.2: this is how a responder says that the certificate was never issued.
        AnswerStatus::Revoked { at, reason: Some(Reason::CertificateHold) }
            if response.extended_revoke && at == DateTime::UNIX_EPOCH =>
        {
            Status::NotIssued
        }
        AnswerStatus::Revoked { at, reason } => Status::of_revocation(at, reason),
    }
}

/// Whether an answer counts; gives the path of who signed it.
fn check(
    session: &mut Session<'_>,
    question: &Question<'_>,
    issuer: &Arc<Certificate>,
    response: &OcspResponse,
    answer: &Answer,
    finding: &Finding,
) -> Result<Vec<Arc<Certificate>>, Rejection> {
    // RFC 6960 §3.2, 1.
    check_id(&answer.id, question.certificate, issuer)?;
    let issued_at = finding.issued_at().max(answer.this_update);
    if let Some(known_by) = question.known_by.filter(|known_by| *known_by < issued_at) {
        return Err(Rejection::TooLate { issued_at, known_by });
    }
    if answer.next_update.is_some_and(|next| next < answer.this_update) {
        return Err(Rejection::Times);
    }
    if let Some(oid) = response.unknown_critical.iter().chain(&answer.unknown_critical).next() {
        return Err(Rejection::UnknownCritical(oid.clone()));
    }
    if answer.status == AnswerStatus::Unknown {
        return Err(Rejection::SaysUnknown);
    }
    let not_after = question.certificate.not_after;
    // A responder who forgets what expired may say the one or the other.
    if matches!(finding.status, Status::Good | Status::NotIssued)
        && answer.this_update > not_after
        && answer.expired_from.is_none_or(|from| from > not_after)
    {
        return Err(Rejection::AfterExpiry);
    }

    // RFC 6960 §3.2, 2 to 4: the issuer himself, or one whom he entitles.
    let mut closest = Rejection::SignerNotFound;
    if is_responder(&response.responder, issuer) {
        match session.verify(question, &signed(response), issuer) {
            Ok(()) => return Ok(question.path.to_vec()),
            Err(broken @ Rejection::Budget(_)) => return Err(broken),
            Err(rejection) => closest = rejection,
        }
    }
    let delegates = delegates(session, response);
    session.budget.spend_lookups(delegates.len())?;
    for signer in delegates {
        match check_delegate(session, question, issuer, response, &signer, finding) {
            Ok(path) => return Ok(path),
            Err(broken @ Rejection::Budget(_)) => return Err(broken),
            Err(rejection) => closest = rejection,
        }
    }
    Err(closest)
}

/// RFC 6960 §4.1.1: the answer is about a certificate with this serial number, of an issuer with this name and key.
fn check_id(id: &CertificateId, certificate: &Certificate, issuer: &Certificate) -> Result<(), Rejection> {
    if certificate.issuer_key != issuer.subject_key {
        return Err(Rejection::OutOfScope("the certificate above has another name than the issuer"));
    }
    let Some(algorithm) = id.algorithm else {
        return Err(Rejection::OutOfScope("the answer names the certificate by a digest that is not supported"));
    };
    // The name as the certificate writes it; some responders take it from the certificate of the issuer.
    let names = [certificate.issuer_der(), issuer.subject_der()];
    if !names.iter().any(|name| algorithm.digest(name) == id.issuer_name_hash) {
        return Err(Rejection::OutOfScope("the answer is about a certificate of an issuer with another name"));
    }
    if key_bits(issuer).is_none_or(|key| algorithm.digest(key) != id.issuer_key_hash) {
        return Err(Rejection::OutOfScope("the answer is about a certificate of an issuer with another key"));
    }
    Ok(())
}

/// Whether a ResponderID is of this certificate.
fn is_responder(responder: &ResponderId, certificate: &Certificate) -> bool {
    match responder {
        ResponderId::Name(name) => names_match(name, certificate.subject_der()),
        // RFC 6960 §4.2.1: SHA-1, whatever CertID uses.
        ResponderId::KeyHash(hash) => key_hash(certificate).as_ref() == Some(hash),
    }
}

/// Certificates of the one who says that he signed: those in the response, then the material.
fn delegates(session: &Session<'_>, response: &OcspResponse) -> Vec<Arc<Certificate>> {
    let material = session.setting.material;
    let pooled: Vec<&Arc<Certificate>> = match &response.responder {
        ResponderId::Name(name) => material.certificates_named(name).collect(),
        ResponderId::KeyHash(hash) => material.certificates_with_key_id(hash).collect(),
    };
    let mut known = BTreeSet::new();
    let named = response.certificates.iter().chain(pooled).filter(|one| is_responder(&response.responder, one));
    named.filter(|one| known.insert(one.sha256)).cloned().collect()
}

fn signed(response: &OcspResponse) -> Signed<'_> {
    Signed {
        digest: response.sha256,
        tbs: response.tbs_der(),
        algorithm: response.signature_algorithm_der(),
        signature: response.signature_octets(),
    }
}

/// RFC 6960 §4.2.2.2: a responder whom the issuer of the certificate entitles by a certificate that his same key
/// signed.
fn check_delegate(
    session: &mut Session<'_>,
    question: &Question<'_>,
    issuer: &Arc<Certificate>,
    response: &OcspResponse,
    signer: &Arc<Certificate>,
    finding: &Finding,
) -> Result<Vec<Arc<Certificate>>, Rejection> {
    session.verify(question, &signed(response), signer)?;
    let purposes = signer.extensions.extended_key_usage.as_deref().unwrap_or_default();
    if !purposes.iter().any(|purpose| *purpose == OCSP_SIGNING) {
        return Err(Rejection::SignerNotEntitled("its extended key usage has no OCSPSigning"));
    }
    // RFC 5280 §4.2.1.12: with this purpose a key signs, and does not only certify.
    let signing = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
    if signer.extensions.key_usage.is_some_and(|usage| !usage.any(signing)) {
        return Err(Rejection::SignerNotEntitled("its key usage does not admit signing"));
    }
    if signer.issuer_key != issuer.subject_key {
        return Err(Rejection::SignerNotEntitled("it was not issued by the issuer of the certificate"));
    }
    session.budget.spend_signature(issuer)?;
    if signer.verify_signed_by(issuer).is_err() {
        return Err(Rejection::SignerNotEntitled("the key of the certificate's issuer did not sign it"));
    }
    let (path, at) = session.path_of(signer, question, finding)?;
    // RFC 6960 §4.2.2.2.1.
    if !signer.extensions.ocsp_no_check {
        session.check_signers(&path, question, at, false)?;
    }
    Ok(path)
}
