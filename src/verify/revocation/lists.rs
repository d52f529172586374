//! Revocation by complete and delta CRLs: RFC 5280 §6.3.3.
//!
//! Called by [`status`](super::status). The newest list is looked at first; an older one only where it covers reasons
//! that are still open, or where it has the certificate as revoked for good.
//!
//! A CRL that another key signed under the name of the issuer, which an anchor leads to, counts (§6.3.3 (f); PKITS 4.4,
//! 4.5), unless the very key that issued the certificate has signed a fresh one that answers for every reason: serial
//! numbers are of one key, and two CAs may have one name.
//!
//! An entry is looked up before the signature is verified, because that is the cheaper of the two; nothing counts
//! before both are done.

use super::super::alg::AlgorithmError;
use super::super::certificate::{Certificate, KeyUsage};
use super::super::crl::{Crl, Entry};
use super::super::der::Reader;
use super::super::name::names_match;
use super::distribution::{DistributionPoint, ReasonMask, directory_names, general_names, same_scope, scope};
use super::{Conclusion, Finding, Kind, Question, Rejection, Session, Signed, Status, is_fresh};
use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// A complete CRL that counts, with the delta that was combined with it.
struct Accepted {
    list: usize,
    delta: Option<usize>,
    /// What both say.
    status: Status,
    /// The reasons for which the list answers.
    reasons: ReasonMask,
    /// Whether the key that issued the certificate signed it.
    is_own: bool,
    /// Whether it bears the name of the issuer of the certificate.
    is_of_issuer: bool,
}

impl Accepted {
    /// A list of another key under the name of the issuer.
    fn is_of_other_key(&self) -> bool {
        self.is_of_issuer && !self.is_own
    }
}

/// Looks at every CRL that may say something. The conclusion is what all of them say together.
pub(super) fn conclude(
    session: &mut Session<'_>,
    question: &Question<'_>,
    findings: &mut Vec<Finding>,
) -> Option<Conclusion> {
    let points = DistributionPoint::all_of(question.certificate);
    let candidates = candidates(session, question, &points);
    // What is broken off is noted in the budget.
    session.budget.spend_lookups(candidates.len().saturating_add(points.len())).ok()?;
    let mut covered = ReasonMask::NONE;
    let mut accepted: Vec<Accepted> = Vec::new();
    // The newest first. What was passed over is looked at after all when a list of another key speaks against the
    // certificate: it may be a list of the very key that issued it.
    let mut lists: VecDeque<&Arc<Crl>> = candidates.iter().filter(|crl| !crl.is_delta()).collect();
    let mut passed_over: Vec<&Arc<Crl>> = Vec::new();
    while let Some(crl) = lists.pop_front() {
        let mut finding = finding_of(crl, session, question);
        let reasons = match scope_at(&points, crl, question.certificate) {
            Ok(reasons) => reasons,
            Err(rejection) => {
                finding.rejection = Some(rejection);
                findings.push(finding);
                continue;
            }
        };
        finding.status = entry_status(crl, question.certificate).unwrap_or(Status::Good);
        // RFC 5280 §6.3.3 (e).
        if covered.holds(reasons) && !matches!(finding.status, Status::Revoked { .. }) {
            let is_open = may_be_own(crl, question) && !own_lists(&accepted, findings).holds(reasons);
            let is_disputed = accepted.iter().any(|one| one.is_of_other_key() && one.status != Status::Good);
            if !is_open {
                continue;
            }
            if !is_disputed {
                passed_over.push(crl);
                continue;
            }
        }
        let signer = match check(session, question, crl, &mut finding) {
            Ok(signer) => signer,
            Err(rejection) => {
                finding.rejection = Some(rejection);
                findings.push(finding);
                continue;
            }
        };
        let delta = match combine(session, question, crl, &signer, &finding.signer_path, findings) {
            Ok(delta) => delta,
            Err(rejection) => {
                finding.rejection = Some(rejection);
                findings.push(finding);
                continue;
            }
        };
        let status =
            delta.as_ref().and_then(|(_, said)| *said).map_or(finding.status, |said| both(finding.status, said));
        if status == Status::Good && crl.this_update > question.certificate.not_after {
            // X.509 §9.5.2.8: only with expiredCertsOnCRL does a list say something about expired certificates.
            if crl.extensions.expired_from.is_none_or(|from| from > question.certificate.not_after) {
                finding.rejection = Some(Rejection::AfterExpiry);
                findings.push(finding);
                continue;
            }
        }
        covered = covered.or(reasons);
        let is_own = question.path.first().is_some_and(|issuer| issuer.spki_der() == signer.spki_der());
        let is_of_issuer = crl.issuer_key == question.certificate.issuer_key;
        let list = findings.len();
        findings.push(finding);
        let delta = delta.map(|(delta, _)| {
            findings.push(delta);
            list.saturating_add(1)
        });
        let one = Accepted { list, delta, status, reasons, is_own, is_of_issuer };
        if one.is_of_other_key() && one.status != Status::Good {
            lists.extend(passed_over.drain(..));
        }
        accepted.push(one);
    }
    for crl in candidates.iter().filter(|crl| crl.is_delta()) {
        if !findings.iter().any(|finding| finding.digest == crl.sha256) {
            let mut finding = finding_of(crl, session, question);
            finding.rejection = Some(Rejection::Delta("no complete CRL is there that this delta CRL completes"));
            findings.push(finding);
        }
    }
    // Another key under the name of a CA may be another CA, with serial numbers of its own.
    if own_lists(&accepted, findings).holds(ReasonMask::ALL) {
        for one in accepted.extract_if(.., |one| one.is_of_other_key()) {
            for at in [Some(one.list), one.delta].into_iter().flatten() {
                let what = "it is by another key, and a CRL by the key that issued the certificate is at hand";
                if let Some(finding) = findings.get_mut(at) {
                    finding.rejection = Some(Rejection::OutOfScope(what));
                }
            }
        }
    }
    settle(findings, &accepted, covered)
}

/// The reasons for which fresh lists answer that the key signed which issued the certificate.
fn own_lists(accepted: &[Accepted], findings: &[Finding]) -> ReasonMask {
    let is_fresh = |at: usize| findings.get(at).is_some_and(|finding| finding.is_fresh);
    let own = accepted.iter().filter(|one| one.is_own && (is_fresh(one.list) || one.delta.is_some_and(is_fresh)));
    own.fold(ReasonMask::NONE, |covered, one| covered.or(one.reasons))
}

/// Whether the key that issued the certificate may have signed a list, as far as key identifiers say.
fn may_be_own(crl: &Crl, question: &Question<'_>) -> bool {
    let Some(issuer) = question.path.first() else { return false };
    let named = crl.extensions.authority_key_id.as_ref().zip(issuer.extensions.subject_key_id.as_ref());
    crl.issuer_key == question.certificate.issuer_key && named.is_none_or(|(list, own)| list == own)
}

/// What the accepted lists say together.
fn settle(findings: &mut [Finding], accepted: &[Accepted], covered: ReasonMask) -> Option<Conclusion> {
    let revoked = accepted.iter().find(|one| matches!(one.status, Status::Revoked { .. }));
    let decisive = revoked.or_else(|| accepted.iter().find(|one| matches!(one.status, Status::OnHold { .. })));
    let parts = match decisive {
        Some(decisive) => std::slice::from_ref(decisive),
        None if covered.holds(ReasonMask::ALL) => accepted,
        None => {
            for one in accepted {
                if let Some(finding) = findings.get_mut(one.list) {
                    finding.rejection = Some(Rejection::Reasons);
                }
            }
            return None;
        }
    };
    let mut conclusion: Option<Conclusion> = None;
    for one in parts {
        let list = findings.get(one.list)?;
        let delta = one.delta.and_then(|index| findings.get(index));
        // RFC 5280 §5.2.4: both together are a list that was issued with the delta.
        let issued_at = delta.unwrap_or(list).this_update;
        let is_fresh = list.is_fresh || delta.is_some_and(|delta| delta.is_fresh);
        let sum =
            conclusion.get_or_insert(Conclusion { status: one.status, issued_at, is_fresh, rests_on: Vec::new() });
        sum.issued_at = sum.issued_at.max(issued_at);
        sum.is_fresh &= is_fresh;
        sum.rests_on.push(one.list);
        sum.rests_on.extend(one.delta);
    }
    conclusion
}

/// The CRLs of everyone who may have issued one for this certificate, the newest first.
fn candidates(session: &Session<'_>, question: &Question<'_>, points: &[DistributionPoint]) -> Vec<Arc<Crl>> {
    let issuer = question.certificate.issuer_der();
    let named = points.iter().flat_map(|point| point.crl_issuers.iter().map(Vec::as_slice));
    let mut all: Vec<Arc<Crl>> =
        named.chain([issuer]).flat_map(|name| session.setting.material.crls_of(name)).cloned().collect();
    all.retain(|crl| session.is_proven(&crl.sha256));
    all.sort_by_key(|crl| (Reverse(crl.this_update), crl.sha256));
    all.dedup_by_key(|crl| crl.sha256);
    all
}

fn finding_of(crl: &Crl, session: &Session<'_>, question: &Question<'_>) -> Finding {
    Finding {
        kind: if crl.is_delta() { Kind::DeltaCrl } else { Kind::Crl },
        digest: crl.sha256,
        this_update: crl.this_update,
        next_update: crl.next_update,
        produced_at: None,
        status: Status::Unknown,
        is_fresh: is_fresh(question.at, crl.this_update, crl.next_update, session.setting.rules.crl_age_max_s),
        signer_path: Vec::new(),
        rejection: None,
        is_used: false,
    }
}

/// For which reasons a CRL answers, at whichever distribution points; or why at none.
fn scope_at(points: &[DistributionPoint], crl: &Crl, certificate: &Certificate) -> Result<ReasonMask, Rejection> {
    let issuing = crl.extensions.issuing_distribution_point.as_ref();
    let mut reasons = ReasonMask::NONE;
    let mut why = None;
    for point in points {
        match scope(certificate, point, crl.issuer_der(), issuing) {
            Ok(more) => reasons = reasons.or(more),
            // The first point is the one that the issuer wrote down, so it explains best.
            Err(out) => why = why.or(Some(out.0)),
        }
    }
    if reasons == ReasonMask::NONE {
        return Err(Rejection::OutOfScope(why.unwrap_or("the CRL is for other reasons of revocation")));
    }
    Ok(reasons)
}

/// What the entries for a certificate say; none without one. For good outweighs on hold, and that a removal.
fn entry_status(crl: &Crl, certificate: &Certificate) -> Option<Status> {
    let own = crl.find(&certificate.serial).filter(|entry| is_issued_by(entry, crl, certificate));
    own.map(|entry| Status::of_revocation(entry.revoked_at, entry.reason)).reduce(both)
}

/// RFC 5280 §5.3.3.
fn is_issued_by(entry: &Entry<'_>, crl: &Crl, certificate: &Certificate) -> bool {
    let Some(names) = entry.issuer else {
        return crl.issuer_key == certificate.issuer_key;
    };
    let names = Reader::der(names).read().and_then(|names| general_names(&names)).unwrap_or_default();
    directory_names(&names).iter().any(|name| names_match(name, certificate.issuer_der()))
}

/// What an earlier and a later statement say together: RFC 5280 §6.3.3 (i) to (k), and revoked for good stays that.
fn both(earlier: Status, later: Status) -> Status {
    if matches!(earlier, Status::Revoked { .. }) { earlier } else { later }
}

/// What must be in order before anything else is looked at.
fn check_form(crl: &Crl, question: &Question<'_>) -> Result<(), Rejection> {
    if let Some(known_by) = question.known_by.filter(|known_by| *known_by < crl.this_update) {
        return Err(Rejection::TooLate { issued_at: crl.this_update, known_by });
    }
    // RFC 5280 §5.2, §5.3.
    if let Some(oid) = crl.extensions.unknown_critical.first() {
        return Err(Rejection::UnknownCritical(oid.clone()));
    }
    if crl.next_update.is_some_and(|next| next < crl.this_update) {
        return Err(Rejection::Times);
    }
    // RFC 5280 §5.1.1.2.
    if !crl.algorithms_agree {
        return Err(Rejection::Signature(AlgorithmError::Form("the two algorithm identifiers of the CRL differ")));
    }
    Ok(())
}

fn signed(crl: &Crl) -> Signed<'_> {
    Signed {
        digest: crl.sha256,
        tbs: crl.tbs_der(),
        algorithm: crl.signature_algorithm_der(),
        signature: crl.signature_octets(),
    }
}

/// Finds who signed a list and whether he may: RFC 5280 §6.3.3 (f) and (g).
fn check(
    session: &mut Session<'_>,
    question: &Question<'_>,
    crl: &Crl,
    finding: &mut Finding,
) -> Result<Arc<Certificate>, Rejection> {
    check_form(crl, question)?;
    let mut closest = Rejection::SignerNotFound;
    let signers = signers(session, question, crl);
    session.budget.spend_lookups(signers.len())?;
    for signer in signers {
        if let Err(rejection) = session.verify(question, &signed(crl), &signer) {
            if matches!(rejection, Rejection::Budget(_)) {
                return Err(rejection);
            }
            // A signer whose key does fit explains more than one whose key does not.
            if closest == Rejection::SignerNotFound {
                closest = rejection;
            }
            continue;
        }
        match check_signer(session, question, &signer, finding) {
            Ok(path) => {
                finding.signer_path = path;
                return Ok(signer);
            }
            Err(broken @ Rejection::Budget(_)) => return Err(broken),
            Err(rejection) => closest = rejection,
        }
    }
    Err(closest)
}

/// Who may have signed a list: the path of the question first; of the material first the key that the list names.
fn signers(session: &Session<'_>, question: &Question<'_>, crl: &Crl) -> Vec<Arc<Certificate>> {
    let named = |certificate: &&Arc<Certificate>| certificate.subject_key == crl.issuer_key;
    let on_path = question.path.iter().filter(named);
    let mut others: Vec<&Arc<Certificate>> = session.setting.material.certificates_named(crl.issuer_der()).collect();
    let key_id = crl.extensions.authority_key_id.as_ref();
    others.sort_by_key(|certificate| key_id.is_some() && certificate.extensions.subject_key_id.as_ref() != key_id);
    let mut known = BTreeSet::new();
    on_path.chain(others).filter(|one| known.insert(one.sha256)).cloned().collect()
}

/// The path of one whose key did sign the list, when he may do that.
fn check_signer(
    session: &mut Session<'_>,
    question: &Question<'_>,
    signer: &Arc<Certificate>,
    finding: &Finding,
) -> Result<Vec<Arc<Certificate>>, Rejection> {
    let usage = signer.extensions.key_usage;
    if usage.is_some_and(|usage| !usage.any(KeyUsage::CRL_SIGN)) {
        return Err(Rejection::SignerNotEntitled("its key usage has no cRLSign"));
    }
    if let Some(index) = question.path.iter().position(|known| known.sha256 == signer.sha256) {
        return Ok(question.path.get(index..).unwrap_or_default().to_vec());
    }
    // RFC 5280 §4.2.1.3: the extension must be there. A CA above the certificate is trusted without it; others, whom
    // only their name connects with the certificate, are not.
    if usage.is_none() {
        return Err(Rejection::SignerNotEntitled("it is not on the path, and no key usage says cRLSign"));
    }
    let (path, at) = session.path_of(signer, question, finding)?;
    session.check_signers(&path, question, at, true)?;
    Ok(path)
}

/// The newest delta CRL that completes a list (RFC 5280 §5.2.4 and §6.3.3 (c), (h)), and what it says, when it says
/// something of the certificate.
fn combine(
    session: &mut Session<'_>,
    question: &Question<'_>,
    crl: &Crl,
    signer: &Arc<Certificate>,
    signer_path: &[Arc<Certificate>],
    findings: &mut Vec<Finding>,
) -> Result<Option<(Finding, Option<Status>)>, Rejection> {
    let mut deltas: Vec<Arc<Crl>> =
        session.setting.material.crls_of(crl.issuer_der()).filter(|delta| delta.is_delta()).cloned().collect();
    deltas.retain(|delta| session.is_proven(&delta.sha256));
    session.budget.spend_lookups(deltas.len())?;
    deltas.sort_by(|a, b| b.extensions.number.cmp(&a.extensions.number).then(a.sha256.cmp(&b.sha256)));
    for delta in deltas {
        let mut finding = finding_of(&delta, session, question);
        let combined = completes(&delta, crl)
            .map_err(Rejection::Delta)
            .and_then(|()| check_form(&delta, question))
            .and_then(|()| session.verify(question, &signed(&delta), signer));
        match combined {
            Ok(()) => {
                let said = entry_status(&delta, question.certificate);
                finding.status = said.unwrap_or(Status::Good);
                finding.signer_path = signer_path.to_vec();
                return Ok(Some((finding, said)));
            }
            Err(broken @ Rejection::Budget(_)) => return Err(broken),
            Err(rejection) => {
                finding.rejection = Some(rejection);
                if !findings.iter().any(|other| other.digest == finding.digest) {
                    findings.push(finding);
                }
            }
        }
    }
    Ok(None)
}

/// RFC 5280 §5.2.4 (a) to (c) and §6.3.3 (c).
fn completes(delta: &Crl, crl: &Crl) -> Result<(), &'static str> {
    let (base, list) = (&delta.extensions, &crl.extensions);
    let (a, b) = (base.issuing_distribution_point.as_ref(), list.issuing_distribution_point.as_ref());
    if !same_scope(a, b, crl.issuer_der()) {
        return Err("the delta CRL has another scope than the complete CRL");
    }
    if base.authority_key != list.authority_key {
        return Err("the delta CRL names another key than the complete CRL");
    }
    match (&base.delta_base, &base.number, &list.number) {
        (Some(base), Some(_), Some(list)) if list < base => {
            Err("the delta CRL builds on a later complete CRL than the one at hand")
        }
        (Some(_), Some(number), Some(list)) if list >= number => {
            Err("the complete CRL is not older than the delta CRL")
        }
        (Some(_), Some(_), Some(_)) => Ok(()),
        _ => Err("a CRL number is missing"),
    }
}
