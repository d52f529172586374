//! Certificates: the chain to an anchor, what became of its members, and until when that is known
//! (EN 319 102-1 §5.2.6, §5.5.4, §5.6.2).
//!
//! One walk does the work of the basic validation, of the comparison of times and of past validation. It goes along the
//! chain from the anchor down to the leaf with a *control time* that begins at the time of validation (§5.6.2.2).
//! Whatever limits what is known (a certificate expires, is revoked, or the last word about it grows old) is a limit,
//! and moves the control time back; what is known about the next certificate must have existed by then. The leaf is in
//! order for a signature that is proven to have existed at a time within all limits. Without such a proof that time is
//! the time of validation, and the walk is the basic validation.
//!
//! It does not look at the signature.

use super::super::certificate::Certificate;
use super::super::name;
use super::super::path::{self, Chains, PathError, PathInputs, PolicyInputs, Pool, Purpose};
use super::super::policy::{Anchor, RevocationRules};
use super::super::report::{AlgorithmUsed, RevocationUsed, rfc3339};
use super::super::revocation::{self, Answer, Finding, Kind, PooledPaths, Rejection, Setting, Status};
use super::super::verdict::{Conclusion, SubIndication};
use super::super::work::BudgetError;
use super::algorithms::Used;
use super::findings::Findings;
use super::missing;
use super::session::Session;
use super::signer::used_up;
use crate::model::digest::Sha256;
use crate::model::missing::Missing;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// Chains of one leaf that are walked along. Own bound: a CA with all its cross certificates has a few.
const CHAINS_MAX: usize = 16;

/// What the leaf has to be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It signs documents.
    Signer,
    /// It signs time-stamps.
    TimeStamping,
}

/// What is known of the time of a signature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// It is proven to have existed then: the best signature time.
    pub(super) existed: DateTime<Utc>,
    /// It is proven to be later than this.
    pub(super) made_after: Option<DateTime<Utc>>,
}

/// What was used and found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Digests, leaf first.
    pub(super) chain: Vec<Sha256>,
    pub(super) revocation: Vec<RevocationUsed>,
    pub(super) algorithms: Vec<AlgorithmUsed>,
    /// What is wrong, the worst first; nothing when the leaf is in order.
    problems: Vec<(Rank, &'static str, Conclusion)>,
    notes: Vec<(&'static str, String)>,
    missing: Vec<Missing>,
}

/// How much a problem counts, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Unknown,
    Algorithm,
    OutOfBounds,
    CaRevoked,
    Revoked,
    Never,
    /// Nothing is known, because the work was used up.
    BrokenOff,
}

/// The control time, and whether it was moved back because revocation data are old: younger ones would help.
#[derive(Clone, Copy)]
struct Control {
    time: DateTime<Utc>,
    by_age: bool,
}

impl Control {
    fn lower(&mut self, limit: &Limit) {
        if limit.until < self.time {
            *self = Self { time: limit.until, by_age: limit.sub == SubIndication::TryLater };
        }
    }
}

/// Until when something is known to be in order.
struct Limit {
    until: DateTime<Utc>,
    rank: Rank,
    sub: SubIndication,
    detail: String,
}

impl Walked {
    /// Notes what was found.
    pub(super) fn note(&self, findings: &mut Findings) {
        for (name, detail) in &self.notes {
            findings.warn("x509", name, detail.clone());
        }
        if self.problems.is_empty() {
            findings.ok("x509", "chain", format!("{} certificates", self.chain.len()));
        }
        for (_, name, problem) in &self.problems {
            findings.fail("x509", name, problem.clone());
        }
        findings.missing.extend(self.missing.iter().cloned());
    }

    fn worst(&self) -> Option<Rank> {
        self.problems.first().map(|(rank, ..)| *rank)
    }

    /// Notes once that the work was used up, before everything else: what else was found is not all there is.
    fn break_off(&mut self, error: &BudgetError) {
        if self.worst() != Some(Rank::BrokenOff) {
            self.problems.insert(0, (Rank::BrokenOff, "budget", used_up(error)));
        }
    }

    fn problem(&mut self, rank: Rank, name: &'static str, conclusion: Conclusion) {
        self.problems.push((rank, name, conclusion));
    }
}

/// Walks along the chains of `leaf` until one is in order.
pub(super) fn walk(session: &Session<'_>, leaf: &Arc<Certificate>, role: Role, times: Times) -> Walked {
    let question = session.question;
    let rules = &question.policy.signer;
    let (anchors, purpose, acceptable) = match role {
        Role::Signer => {
            let (bits, purposes) = (rules.key_usage_any, rules.extended_key_usage_any.as_slice());
            let purpose = Purpose::Signing { key_usage_any: bits, extended_key_usage_any: purposes };
            (&question.policy.anchors, purpose, rules.policies.as_slice())
        }
        Role::TimeStamping => (&question.policy.tsa_anchors, Purpose::TimeStamping, [].as_slice()),
    };
    let anchors =
        Pool::new(anchors.iter().filter(|a| is_trusted(a, times.existed)).map(|a| Arc::clone(&a.certificate)));
    let policies = PolicyInputs {
        acceptable: acceptable.iter().cloned().collect(),
        require_explicit: !acceptable.is_empty(),
        ..PolicyInputs::default()
    };
    // Validity is a limit of the walk; here only the structure counts.
    let inputs = PathInputs {
        anchors: &anchors,
        pool: &session.pool,
        at: None,
        policies: &policies,
        purpose,
        cache: &question.caches.paths,
    };
    let mut budget = path::Budget::within(session.work);
    let mut chains = Chains::new(leaf, &inputs);
    let mut best: Option<Walked> = None;
    let mut broken: Option<PathError> = None;
    let mut broken_off: Option<BudgetError> = None;
    for _ in 0..CHAINS_MAX {
        let chain = match chains.next(&mut budget) {
            Ok(Some(chain)) => chain,
            Ok(None) => break,
            Err(error) => {
                broken_off = Some(error);
                break;
            }
        };
        match path::validate(&chain, &inputs, &mut budget) {
            Ok(_) => {
                let walked = Walk { session, role, times }.along(&chain);
                let worst = walked.worst();
                if worst.is_none() {
                    return walked;
                }
                if best.as_ref().is_none_or(|best| worst < best.worst()) {
                    best = Some(walked);
                }
            }
            Err(PathError::Budget(error)) => broken_off = Some(error),
            Err(error) => broken = broken.or(Some(error)),
        }
    }
    let mut walked = best.unwrap_or_else(|| {
        let error = broken.unwrap_or_else(|| chains.failure());
        let is_incomplete = matches!(error, PathError::NoChain { .. });
        let mut walked = no_path(error);
        if is_incomplete {
            walked.missing = missing::of_open_chain(session, leaf, &rules_of(session, role));
        }
        walked
    });
    // A chain that was not found might have been in order.
    if let Some(error) = broken_off {
        walked.break_off(&error);
    }
    walked
}

/// What is asked of revocation data in a chain that ends in a signer or in a time-stamping authority.
fn rules_of(session: &Session<'_>, role: Role) -> RevocationRules {
    let policy = session.question.policy;
    match role {
        Role::Signer => policy.revocation,
        Role::TimeStamping => RevocationRules { required: policy.timestamp.revocation_required, ..policy.revocation },
    }
}

fn is_trusted(anchor: &Anchor, at: DateTime<Utc>) -> bool {
    anchor.trusted_from.is_none_or(|from| from <= at) && anchor.trusted_until.is_none_or(|until| at < until)
}

/// EN 319 102-1 §5.2.6.4: why no chain holds, whatever the time.
fn no_path(error: PathError) -> Walked {
    let sub = match &error {
        PathError::Constraint { .. } => SubIndication::ChainConstraintsFailure,
        PathError::Signature { source, .. } if is_unsupported(source) => SubIndication::CryptoConstraintsFailure,
        PathError::NoChain { .. } | PathError::Signature { .. } => SubIndication::NoCertificateChainFound,
        _ => SubIndication::CertificateChainGeneralFailure,
    };
    let mut walked = Walked::default();
    walked.problem(Rank::Never, "chain", Conclusion::indeterminate(sub, full(&error)));
    walked
}

fn is_unsupported(error: &super::super::alg::AlgorithmError) -> bool {
    matches!(error, super::super::alg::AlgorithmError::Unsupported(..))
}

/// An error with its causes.
fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// One walk along one chain.
struct Walk<'s, 'q> {
    session: &'s Session<'q>,
    role: Role,
    times: Times,
}

impl Walk<'_, '_> {
    fn along(&self, chain: &[Arc<Certificate>]) -> Walked {
        let question = self.session.question;
        let mut walked = Walked { chain: chain.iter().map(|c| c.sha256).collect(), ..Walked::default() };
        let mut control = Control { time: question.at, by_age: false };
        for (index, certificate) in chain.iter().enumerate().rev() {
            let above = chain.get(index.saturating_add(1)..).unwrap_or_default();
            let mut limits = Vec::new();
            if let Some(issuer) = above.first() {
                self.algorithms(&mut walked, certificate, issuer);
                self.revocation(&mut walked, &mut limits, certificate, above, control);
            }
            // Of an anchor only name and key count (RFC 5280 §6.1.1 (d)); until when it is trusted is the policy's.
            if index == 0 || !above.is_empty() {
                limits.extend(self.validity(&mut walked, certificate, index == 0));
            }
            for limit in limits {
                control.lower(&limit);
                if self.times.existed > limit.until {
                    let conclusion = self.conclude(&limit, index == 0);
                    walked.problem(limit.rank, "dates", conclusion);
                }
            }
        }
        // The worst first, and among equals what is nearer to the anchor, which was met first.
        walked.problems.sort_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
        walked
    }

    /// EN 319 102-1 §5.3.4: a signature that is proven to be later than the limit is not valid.
    fn conclude(&self, limit: &Limit, is_leaf: bool) -> Conclusion {
        let is_later = self.times.made_after.is_some_and(|after| after > limit.until);
        let sub = match limit.rank {
            Rank::Revoked if is_later && is_leaf => SubIndication::Revoked,
            Rank::OutOfBounds if is_later && is_leaf => SubIndication::Expired,
            _ => return Conclusion::indeterminate(limit.sub, limit.detail.clone()),
        };
        Conclusion::failed(sub, format!("{}; the signature is later than a content time-stamp", limit.detail))
    }

    /// The validity of one certificate. Of the leaf it has to begin by the best signature time; of a CA by the time of
    /// validation, because CA certificates are renewed for the same key.
    fn validity(&self, walked: &mut Walked, certificate: &Certificate, is_leaf: bool) -> Option<Limit> {
        let subject = name::rfc4514(certificate.subject_der());
        let since = if is_leaf { self.times.existed } else { self.session.question.at };
        if since < certificate.not_before {
            let detail = format!("{subject} is valid from {}", rfc3339(certificate.not_before));
            let (rank, conclusion) = if is_leaf {
                let detail = format!("{detail}, the signature existed at {}", rfc3339(since));
                (Rank::Never, Conclusion::failed(SubIndication::NotYetValid, detail))
            } else {
                (Rank::Unknown, Conclusion::indeterminate(SubIndication::CertificateChainGeneralFailure, detail))
            };
            walked.problem(rank, "dates", conclusion);
        }
        let rules = &self.session.question.policy.timestamp;
        if is_leaf && self.role == Role::Signer && !rules.before_expiry && since < self.session.question.at {
            walked
                .notes
                .push(("dates", "the policy does not ask for a proof before the certificate expired".to_owned()));
            return None;
        }
        // RFC 5280 §6.1.3 (a)(2). EN 319 102-1 §5.2.6.4 distinguishes what the issuer still vouches for.
        let is_known = |used: &RevocationUsed| {
            used.certificate == certificate.sha256
                && used.status == "good"
                && used.produced_at.unwrap_or(used.this_update) > certificate.not_after
        };
        let sub = if walked.revocation.iter().any(is_known) {
            SubIndication::OutOfBoundsNotRevoked
        } else {
            SubIndication::OutOfBoundsNoPoe
        };
        let until = certificate.not_after;
        let detail = format!("{subject} is valid until {}, {}", rfc3339(until), self.existed());
        Some(Limit { until, rank: Rank::OutOfBounds, sub, detail })
    }

    fn existed(&self) -> String {
        format!("the signature is proven to exist at {}", rfc3339(self.times.existed))
    }

    fn algorithms(&self, walked: &mut Walked, certificate: &Certificate, issuer: &Certificate) {
        for used in Used::of_certificate(certificate, issuer) {
            let (line, problem) = used.judge(self.session.question.policy, self.times.existed);
            if !walked.algorithms.contains(&line) {
                walked.algorithms.push(line);
            }
            if let Some(mut problem) = problem {
                problem.detail = format!("{}: {}", name::rfc4514(certificate.subject_der()), problem.detail);
                walked.problem(Rank::Algorithm, "algorithms", problem);
            }
        }
    }

    /// What became of one certificate: EN 319 102-1 §5.2.5 (freshness), §5.6.2.2 (with the time moved back).
    fn revocation(
        &self,
        walked: &mut Walked,
        limits: &mut Vec<Limit>,
        certificate: &Arc<Certificate>,
        above: &[Arc<Certificate>],
        control: Control,
    ) {
        if let Err(error) = self.try_revocation(walked, limits, certificate, above, control) {
            walked.break_off(&error);
        }
    }

    fn try_revocation(
        &self,
        walked: &mut Walked,
        limits: &mut Vec<Limit>,
        certificate: &Arc<Certificate>,
        above: &[Arc<Certificate>],
        control: Control,
    ) -> Result<(), BudgetError> {
        let rules = self.rules();
        let mut answer = self.ask(certificate, above, control.time, &rules, true)?;
        if control.by_age {
            // Nothing is known against the issuer, so what it said later against the certificate counts.
            let later = self.ask(certificate, above, self.session.question.at, &rules, false)?;
            if matches!(later.status, Status::Revoked { .. } | Status::NotIssued) {
                answer = later;
            }
        }
        walked.revocation.extend(answer.used().map(|finding| finding.to_report(certificate.sha256)));
        let subject = name::rfc4514(certificate.subject_der());
        let is_leaf = walked.chain.first() == Some(&certificate.sha256);
        let mut limit = |until, rank, sub, what: String| {
            limits.push(Limit { until, rank, sub, detail: format!("{subject} {what}, {}", self.existed()) });
        };
        match answer.status {
            Status::Revoked { at, reason } => {
                let (rank, sub) = if is_leaf {
                    (Rank::Revoked, SubIndication::RevokedNoPoe)
                } else {
                    (Rank::CaRevoked, SubIndication::RevokedCaNoPoe)
                };
                let reason = reason.map_or("no reason given", |reason| reason.as_str());
                limit(just_before(at), rank, sub, format!("is revoked since {} ({reason})", rfc3339(at)));
            }
            // It may be lifted: EN 319 102-1 §5.2.6.4 waits.
            Status::OnHold { at } => {
                walked.missing.push(missing::revocation(certificate, &rules, self.session.question.at));
                let what = format!("is on hold since {}", rfc3339(at));
                limit(just_before(at), Rank::Unknown, SubIndication::TryLater, what);
            }
            // RFC 6960 §2.2: no signature by it can be right, at any time.
            Status::NotIssued => {
                let detail = format!("{subject} was never issued, says its issuer");
                let sub = SubIndication::CertificateChainGeneralFailure;
                walked.problem(Rank::Never, "revocation", Conclusion::indeterminate(sub, detail));
            }
            Status::Good => {
                let until = fresh_until(&answer, &rules);
                if !answer.is_fresh && until < control.time {
                    if rules.required {
                        walked.missing.push(missing::revocation(certificate, &rules, self.session.question.at));
                        let what = format!("is known not to be revoked until {} only", rfc3339(until));
                        limit(until, Rank::Unknown, SubIndication::TryLater, what);
                    } else {
                        let what = format!("{subject}: the revocation data are fresh until {}", rfc3339(until));
                        walked.notes.push(("revocation", what));
                    }
                }
                self.data_algorithms(walked, &answer);
            }
            Status::Unknown if rules.required => {
                let (sub, detail) = self.why_unknown(&answer, certificate, above, control, &rules)?;
                if sub == SubIndication::TryLater {
                    walked.missing.push(missing::revocation(certificate, &rules, self.session.question.at));
                }
                walked.problem(
                    Rank::Unknown,
                    "revocation",
                    Conclusion::indeterminate(sub, format!("{subject}: {detail}")),
                );
            }
            Status::Unknown => {
                walked.notes.push(("revocation", format!("{subject}: no revocation data, the policy asks for none")));
            }
        }
        Ok(())
    }

    fn rules(&self) -> RevocationRules {
        rules_of(self.session, self.role)
    }

    /// Asks with everything, or with what is proven to have existed at the control time when that was moved back
    /// (EN 319 102-1 §5.6.2.2 (2)(a)).
    fn ask(
        &self,
        certificate: &Arc<Certificate>,
        above: &[Arc<Certificate>],
        control: DateTime<Utc>,
        rules: &RevocationRules,
        proven: bool,
    ) -> Result<Answer, BudgetError> {
        let session = self.session;
        let question = session.question;
        let paths = PooledPaths { pool: &session.pool, cache: &question.caches.paths, work: session.work };
        let setting = Setting {
            material: &session.material,
            rules,
            paths: &paths,
            proofs: &session.proofs,
            proven_by: (proven && control < question.at).then_some(control),
            cache: &question.caches.revocation,
        };
        let asked = revocation::Question { certificate, path: above, at: question.at, known_by: Some(control) };
        let answer = revocation::status(&asked, &setting, &mut revocation::Budget::within(session.work));
        match answer.broken_off {
            Some(error) if answer.status == Status::Unknown => Err(error),
            _ => Ok(answer),
        }
    }

    fn why_unknown(
        &self,
        answer: &Answer,
        certificate: &Arc<Certificate>,
        above: &[Arc<Certificate>],
        control: Control,
        rules: &RevocationRules,
    ) -> Result<(SubIndication, String), BudgetError> {
        let rejections: Vec<&Rejection> = answer.findings.iter().filter_map(|f| f.rejection.as_ref()).collect();
        if rejections.contains(&&Rejection::SignerOutOfBounds) {
            return Ok((SubIndication::RevocationOutOfBoundsNoPoe, Rejection::SignerOutOfBounds.to_string()));
        }
        if control.time < self.session.question.at
            && self.ask(certificate, above, control.time, rules, false)?.status != Status::Unknown
        {
            let detail = format!("nothing proves that its revocation data existed at {}", rfc3339(control.time));
            return Ok((if control.by_age { SubIndication::TryLater } else { SubIndication::NoPoe }, detail));
        }
        let why: Vec<String> = rejections.iter().take(4).map(|rejection| full(*rejection)).collect();
        let why = if why.is_empty() { "none at hand".to_owned() } else { why.join("; ") };
        Ok((SubIndication::TryLater, format!("no usable revocation data ({why})")))
    }

    /// EN 319 102-1 §5.2.6.4: the algorithms of the revocation data, when these are proven to exist.
    fn data_algorithms(&self, walked: &mut Walked, answer: &Answer) {
        for finding in answer.used() {
            let existed = self.session.proofs.get(&finding.digest).copied().unwrap_or(self.session.question.at);
            for used in self.algorithms_of(finding) {
                let (_, problem) = used.judge(self.session.question.policy, existed);
                if let Some(mut problem) = problem {
                    problem.detail = format!("revocation data: {}", problem.detail);
                    walked.problem(Rank::Algorithm, "algorithms", problem);
                }
            }
        }
    }

    fn algorithms_of(&self, finding: &Finding) -> Vec<Used> {
        use super::super::alg::SignatureAlgorithm;
        let material = &self.session.material;
        let identifier = match finding.kind {
            Kind::Ocsp => {
                let response = material.ocsp_responses().find(|one| one.sha256 == finding.digest);
                response.map(|one| one.signature_algorithm_der())
            }
            Kind::Crl | Kind::DeltaCrl => {
                material.crls().find(|one| one.sha256 == finding.digest).map(|one| one.signature_algorithm_der())
            }
        };
        let algorithm = identifier.and_then(|der| SignatureAlgorithm::of_identifier(der, None).ok());
        match (algorithm, finding.signer_path.first().map(|signer| signer.public_key())) {
            (Some(algorithm), Some(Ok(key))) => Used::of_signature(&algorithm, &key),
            _ => Vec::new(),
        }
    }
}

/// The last moment before `time`: what was revoked at a time was not in order at that time.
fn just_before(time: DateTime<Utc>) -> DateTime<Utc> {
    time.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(time)
}

/// Until when what decided is fresh: its nextUpdate, or the age that the policy admits (EN 319 102-1 §5.2.5).
fn fresh_until(answer: &Answer, rules: &RevocationRules) -> DateTime<Utc> {
    let has_delta = answer.used().any(|finding| finding.kind == Kind::DeltaCrl);
    // A delta speaks for the complete list that it was combined with.
    let decisive = answer.used().filter(|finding| !has_delta || finding.kind != Kind::Crl);
    let until = decisive.map(|finding| match finding.next_update {
        Some(next) => next,
        None => {
            let age = if finding.kind == Kind::Ocsp { rules.ocsp_age_max_s } else { rules.crl_age_max_s };
            let age = TimeDelta::seconds(i64::from(age));
            finding.this_update.checked_add_signed(age).unwrap_or(DateTime::<Utc>::MAX_UTC)
        }
    });
    until.min().unwrap_or(DateTime::<Utc>::MIN_UTC)
}
