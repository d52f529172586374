//! What became of a certificate: revocation by CRL (RFC 5280 §6.3) and by OCSP (RFC 6960).
//!
//! How to call it: build one [`Setting`] for a validation, and ask [`status`] for every certificate of a path that has
//! been validated without revocation, with the part of the path above it ([`Question::path`]: its issuer first, the
//! anchor last). Signers of revocation data may have a path of their own; [`SignerPaths`] finds it
//! ([`PooledPaths`] is the usual one). In RFC 5280's words,
//! the certificate is in order when `answer.status == Status::Good && answer.is_fresh`.
//!
//! What is decided when sources disagree
//!   - A revocation for good is final: no "good", older or newer, takes it back. Only a hold can be lifted.
//!   - Otherwise the information that was issued last counts (thisUpdate of a CRL, producedAt of an OCSP response).
//!   - An OCSP "never issued" outweighs a CRL, which cannot know it.
//!   - "Good" that was issued after the certificate had expired proves nothing, unless the issuer says that it keeps
//!     expired certificates (expiredCertsOnCRL, archiveCutoff).
//!
//! Invariants
//!   - Nothing counts whose signature was not verified by a key that may sign it, under the same anchor.
//!   - The answer does not depend on the order of the material or on what a cache already holds.
//!   - Work is bounded by [`Budget`]; when it is used up, the answer is [`Status::Unknown`] with
//!     [`Answer::broken_off`], unless a revocation for good was found before. It does not matter where it was used up:
//!     what a signer's own question left open leaves this one open.
//!
//! It compares no revocation time with a time of signing: that is validation's.

use super::alg::{self, AlgorithmError, Message, PublicKey, SignatureAlgorithm};
use super::certificate::Certificate;
use super::crl::Reason;
use super::limits::{REVOCATION_DEPTH_MAX, REVOCATION_SIGNATURES_MAX};
use super::material::Material;
use super::oid::Oid;
use super::path::{PathError, signing_key};
use super::policy::RevocationRules;
use super::report::RevocationUsed;
use super::work::{BudgetError, Counter, Work};
use crate::model::digest::{Sha256, sha256};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub mod distribution;
mod lists;
mod paths;
mod responses;

pub use paths::PooledPaths;

/// One question about one certificate.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The certificate.
    pub certificate: &'a Arc<Certificate>,
    /// The validated path above it: its issuer first, the anchor last. Whether these are revoked is the caller's to
    /// ask.
    pub path: &'a [Arc<Certificate>],
    /// As of when: freshness and the paths of other signers are judged at this time.
    pub at: DateTime<Utc>,
    /// When given, information that was issued later does not count.
    pub known_by: Option<DateTime<Utc>>,
}

/// What all questions of one validation have in common.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// Where to look.
    pub material: &'a Material,
    /// What the policy asks of revocation data.
    pub rules: &'a RevocationRules,
    /// Finds and validates the paths of signers.
    pub paths: &'a dyn SignerPaths,
    /// Since when CRLs and OCSP responses are proven to exist. The certificate of a signer that has expired still
    /// counts for information that existed while it was valid.
    pub proofs: &'a BTreeMap<Sha256, DateTime<Utc>>,
    /// When given, only information counts that is proven to have existed by then.
    pub proven_by: Option<DateTime<Utc>>,
    /// Signatures that were verified already.
    pub cache: &'a SignatureCache,
}

/// Finds paths for the signers of revocation data.
pub trait SignerPaths {
    /// The path of `certificate` up to an anchor: the certificate first, the anchor last; or why there is none.
    ///
    /// `known` is the path of the certificate in question above itself. The path MUST end at its last member, which is
    /// the anchor (RFC 5280 §6.3.3 (f)); its other members may be on it. It MUST be valid by RFC 5280 §6.1 at `at`, and
    /// it MUST NOT ask for revocation: that is done here. A search that was broken off MUST be
    /// [`PathError::Budget`].
    fn path(
        &self,
        certificate: &Arc<Certificate>,
        known: &[Arc<Certificate>],
        at: DateTime<Utc>,
    ) -> Result<Vec<Arc<Certificate>>, PathError>;
}

/// What became of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is not revoked.
    Good,
    /// It is revoked for good.
    Revoked {
        /// Since when.
        at: DateTime<Utc>,
        /// Why, where it is said.
        reason: Option<Reason>,
    },
    /// It is suspended, which may be lifted.
    OnHold {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// Its issuer does not know to have issued it (RFC 6960 §2.2).
    NotIssued,
    /// Nothing usable says what became of it.
    Unknown,
}

impl Status {
    /// From the reason and time of a revocation.
    fn of_revocation(at: DateTime<Utc>, reason: Option<Reason>) -> Self {
        match reason {
            Some(Reason::CertificateHold) => Self::OnHold { at },
            // RFC 5280 §5.3.1: only a delta has it, and it means that the certificate is not revoked.
            Some(Reason::RemoveFromCrl) => Self::Good,
            reason => Self::Revoked { at, reason },
        }
    }

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked { .. } => "revoked",
            Self::OnHold { .. } => "on-hold",
            Self::NotIssued => "not-issued",
            Self::Unknown => "unknown",
        }
    }
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of the certificate.
    pub status: Status,
    /// Whether everything that decided it is fresh at the time in question. False with `Unknown`.
    pub is_fresh: bool,
    /// All information that was looked at, in a fixed order; what decided has `is_used`.
    pub findings: Vec<Finding>,
    /// The work that was used up before everything was looked at.
    pub broken_off: Option<BudgetError>,
}

impl Answer {
    /// What decided.
    pub fn used(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_used)
    }
}

/// Where information comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A complete CRL.
    Crl,
    /// A delta CRL that was combined with the complete one before it in the findings.
    DeltaCrl,
    /// An OCSP response.
    Ocsp,
}

/// One CRL or OCSP response, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Its digest.
    pub digest: Sha256,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: Option<DateTime<Utc>>,
    /// producedAt of an OCSP response.
    pub produced_at: Option<DateTime<Utc>>,
    /// What it says, whether it may be believed or not. Of a complete CRL with its delta: what both say.
    pub status: Status,
    /// Whether it is fresh at the time in question.
    pub is_fresh: bool,
    /// Who signed it and the path to the anchor, the signer first; empty when it was not verified.
    pub signer_path: Vec<Arc<Certificate>>,
    /// Why it does not count.
    pub rejection: Option<Rejection>,
    /// Whether the answer rests on it.
    pub is_used: bool,
}

impl Finding {
    /// When it was issued.
    pub fn issued_at(&self) -> DateTime<Utc> {
        self.produced_at.unwrap_or(self.this_update)
    }

    /// The line of a report about it.
    pub fn to_report(&self, certificate: Sha256) -> RevocationUsed {
        let (revoked_at, reason) = match self.status {
            Status::Revoked { at, reason } => (Some(at), reason),
            Status::OnHold { at } => (Some(at), Some(Reason::CertificateHold)),
            Status::Good | Status::NotIssued | Status::Unknown => (None, None),
        };
        RevocationUsed {
            certificate,
            kind: if self.kind == Kind::Ocsp { "ocsp" } else { "crl" },
            digest: self.digest,
            this_update: self.this_update,
            next_update: self.next_update,
            produced_at: self.produced_at,
            status: self.status.as_str(),
            revoked_at,
            reason: reason.map(Reason::as_str),
        }
    }
}

/// Why a CRL or an OCSP response does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// It is younger than the time in question admits.
    #[error("it was issued at {issued_at}, and counts only by {known_by}")]
    TooLate {
        /// When it was issued.
        issued_at: DateTime<Utc>,
        /// By when it would have to be.
        known_by: DateTime<Utc>,
    },
    /// It is not for this certificate.
    #[error("{0}")]
    OutOfScope(&'static str),
    /// RFC 5280 §5.2, RFC 6960 §4.4.
    #[error("it has the critical extension {0}, which is not understood")]
    UnknownCritical(Oid),
    /// Its times contradict each other.
    #[error("its nextUpdate is before its thisUpdate")]
    Times,
    /// Nobody is known who may have signed it.
    #[error("no certificate of its signer is at hand")]
    SignerNotFound,
    /// Its signature does not verify.
    #[error("its signature: {0}")]
    Signature(#[source] AlgorithmError),
    /// He who signed it may not.
    #[error("its signer: {0}")]
    SignerNotEntitled(&'static str),
    /// The certificate of the signer has no valid path to the anchor.
    #[error("its signer has no path to the anchor: {0}")]
    SignerPath(String),
    /// It has one at the time when the information was issued, and no longer at the time in question.
    #[error("the certificate of its signer is out of its validity, and nothing proves that the information is older")]
    SignerOutOfBounds,
    /// A certificate on the path of the signer is revoked, on hold, or never was issued.
    #[error("a certificate of its signer is {word}", word = .0.as_str())]
    SignerRevoked(Status),
    /// What became of a certificate on the path of the signer is not known.
    #[error("what became of a certificate of its signer is not known")]
    SignerUnknown,
    /// The certificate of an OCSP responder cannot vouch for itself.
    #[error("its signer would have to vouch for himself")]
    Circular,
    /// It was issued after the certificate had expired, and issuers forget expired certificates.
    #[error("the certificate had expired before it was issued")]
    AfterExpiry,
    /// The delta and the complete CRL do not belong together.
    #[error("{0}")]
    Delta(&'static str),
    /// It does not answer for all reasons of revocation, and nothing else answers for the rest.
    #[error("it does not cover every reason of revocation")]
    Reasons,
    /// The responder does not know the certificate.
    #[error("the responder does not know the certificate")]
    SaysUnknown,
    /// The work that is admitted is used up: nothing is known.
    #[error(transparent)]
    Budget(BudgetError),
}

/// How much work one question may cause.
#[derive(Debug, Clone)]
pub struct Budget {
    left: Counter,
    /// What is left for all questions of the submission.
    work: Work,
    /// The first work that was refused.
    broken_off: Option<BudgetError>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(REVOCATION_SIGNATURES_MAX)
    }
}

impl Budget {
    /// So many signatures and paths.
    pub fn of(signatures: usize) -> Self {
        Self::new(signatures, &Work::default())
    }

    /// The limit for one question, and no more than `work` has left.
    pub fn within(work: &Work) -> Self {
        Self::new(REVOCATION_SIGNATURES_MAX, work)
    }

    fn new(signatures: usize, work: &Work) -> Self {
        let left = Counter::new("signatures and paths for one question about revocation", signatures);
        Self { left, work: work.clone(), broken_off: None }
    }

    /// One signature or path.
    fn spend(&mut self) -> Result<(), Rejection> {
        let spent = self.left.spend(1);
        self.counted(spent)
    }

    /// A signature by the key of `signer` that nothing remembers.
    fn spend_signature(&mut self, signer: &Certificate) -> Result<(), Rejection> {
        self.spend()?;
        let spent = self.work.signature(PublicKey::weight_of_spki(signer.spki_der()));
        self.counted(spent)
    }

    /// So many CRLs, answers or signers that are looked at.
    fn spend_lookups(&mut self, count: usize) -> Result<(), Rejection> {
        let spent = self.work.lookups(count);
        self.counted(spent)
    }

    /// Notes what was refused.
    fn counted(&mut self, spent: Result<(), BudgetError>) -> Result<(), Rejection> {
        spent.map_err(|error| {
            self.broken_off.get_or_insert_with(|| error.clone());
            Rejection::Budget(error)
        })
    }
}

/// Verified signatures of CRLs and OCSP responses, shared by the validations of a batch: to hash a large CRL once is
/// enough. What is remembered depends on nothing but the bytes, so it changes no answer.
#[derive(Debug, Default)]
pub struct SignatureCache(Mutex<BTreeMap<(Sha256, Sha256), Result<(), AlgorithmError>>>);

/// What was signed, for [`SignatureCache::verify`].
struct Signed<'a> {
    digest: Sha256,
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
}

/// Signatures that are remembered; then it starts anew. Own bound: some hundred bytes each, and far more than a batch
/// has.
const CACHE_MAX: usize = 65_536;

impl SignatureCache {
    fn verify(&self, signed: &Signed<'_>, spki: &[u8], spki_digest: Sha256) -> Result<(), AlgorithmError> {
        let key = (signed.digest, spki_digest);
        // A thread that panicked left whole entries only.
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let result = verify(signed, spki);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CACHE_MAX {
            known.clear();
        }
        known.insert(key, result.clone());
        result
    }
}

fn verify(signed: &Signed<'_>, spki: &[u8]) -> Result<(), AlgorithmError> {
    let key = PublicKey::of_spki(spki)?;
    let algorithm = SignatureAlgorithm::of_identifier(signed.algorithm, None)?;
    alg::verify(&key, &algorithm, Message::Bytes(signed.tbs), signed.signature)
}

/// Says what became of a certificate.
pub fn status(question: &Question<'_>, setting: &Setting<'_>, budget: &mut Budget) -> Answer {
    Session { setting, budget, asked: Vec::new() }.ask(question)
}

/// One question with the questions about signers that it leads to.
struct Session<'s> {
    setting: &'s Setting<'s>,
    budget: &'s mut Budget,
    /// The certificates that are being asked about, the outermost first.
    asked: Vec<Sha256>,
}

/// What the CRLs say together, or what one OCSP response says.
struct Conclusion {
    status: Status,
    issued_at: DateTime<Utc>,
    is_fresh: bool,
    /// Which findings it rests on.
    rests_on: Vec<usize>,
}

impl Session<'_> {
    fn ask(&mut self, question: &Question<'_>) -> Answer {
        self.asked.push(question.certificate.sha256);
        let mut findings = Vec::new();
        let mut conclusions = responses::conclude(self, question, &mut findings);
        conclusions.extend(lists::conclude(self, question, &mut findings));
        self.asked.pop();

        // See the head for these rules. Only "revoked" and "never issued" outweigh what is younger.
        let rank = |conclusion: &Conclusion| match conclusion.status {
            Status::Revoked { .. } => 2,
            Status::NotIssued => 1,
            Status::Good | Status::OnHold { .. } | Status::Unknown => 0,
        };
        let decided = conclusions.into_iter().max_by_key(|conclusion| (rank(conclusion), conclusion.issued_at));
        let broken_off = self.budget.broken_off.clone();
        let decided = decided.filter(|decided| broken_off.is_none() || rank(decided) == 2);
        let Some(decided) = decided else {
            return Answer { status: Status::Unknown, is_fresh: false, findings, broken_off };
        };
        for index in &decided.rests_on {
            if let Some(finding) = findings.get_mut(*index) {
                finding.is_used = true;
            }
        }
        Answer { status: decided.status, is_fresh: decided.is_fresh, findings, broken_off }
    }

    /// Verifies one signature; the work is counted whether the cache knows it or not.
    fn verify(&mut self, question: &Question<'_>, signed: &Signed<'_>, signer: &Certificate) -> Result<(), Rejection> {
        self.budget.spend()?;
        // A DSA key may have its parameters from the key above it.
        let mut path = question.path.iter();
        let above = if path.any(|link| link.sha256 == signer.sha256) { path.as_slice() } else { &[] };
        let key = signing_key(signer, above);
        let key_digest = sha256(&key);
        let spent = self.budget.work.signature_once(signed.digest, key_digest, &key);
        self.budget.counted(spent)?;
        self.setting.cache.verify(signed, &key, key_digest).map_err(Rejection::Signature)
    }

    /// Whether information counts by when it is proven to have existed (EN 319 102-1 §5.6.2.2 (2)(a)).
    fn is_proven(&self, digest: &Sha256) -> bool {
        let by = |by: DateTime<Utc>| self.setting.proofs.get(digest).is_some_and(|since| *since <= by);
        self.setting.proven_by.is_none_or(by)
    }

    /// The path of a signer who is not on the path of the question, valid when the information has to be.
    fn path_of(&mut self, signer: &Arc<Certificate>, question: &Question<'_>, finding: &Finding) -> SignerPath {
        let issued_at = finding.issued_at();
        let mut find = |at| {
            self.budget.spend()?;
            match self.setting.paths.path(signer, question.path, at) {
                Ok(path) => Ok(path),
                Err(PathError::Budget(error)) => self.budget.counted(Err(error)).map(|()| Vec::new()),
                Err(error) => Err(Rejection::SignerPath(error.to_string())),
            }
        };
        let at = question.at.max(issued_at);
        let failed = match find(at) {
            Ok(path) => return Ok((path, at)),
            Err(failed) => failed,
        };
        if at == issued_at || matches!(failed, Rejection::Budget(_)) {
            return Err(failed);
        }
        if let Some(proven) = self.setting.proofs.get(&finding.digest).filter(|proven| **proven < at) {
            let proven = (*proven).max(issued_at);
            match find(proven) {
                Ok(path) => return Ok((path, proven)),
                Err(broken @ Rejection::Budget(_)) => return Err(broken),
                Err(_) => {}
            }
        }
        match find(issued_at) {
            Ok(_) => Err(Rejection::SignerOutOfBounds),
            Err(broken @ Rejection::Budget(_)) => Err(broken),
            Err(_) => Err(failed),
        }
    }

    /// Asks what became of the certificates on the path of a signer, up to where it joins the path of the question.
    fn check_signers(
        &mut self,
        path: &[Arc<Certificate>],
        question: &Question<'_>,
        at: DateTime<Utc>,
        may_vouch_for_itself: bool,
    ) -> Result<(), Rejection> {
        let mut rest = path;
        while let [certificate, above @ ..] = rest {
            // Trust in the anchor is the policy's; the path of the question is its caller's.
            if above.is_empty() || question.path.iter().any(|known| known.sha256 == certificate.sha256) {
                break;
            }
            rest = above;
            if self.asked.contains(&certificate.sha256) {
                // RFC 5280 has no rule here, and PKITS 4.14.30 wants a list that says of its own signer that he is not
                // revoked to be believed. A key in other hands gains nothing by it that it did not have.
                if may_vouch_for_itself {
                    continue;
                }
                return Err(Rejection::Circular);
            }
            if self.asked.len() >= REVOCATION_DEPTH_MAX {
                let wanted = self.asked.len().saturating_add(1);
                let what = "questions about signers inside one another";
                return self.budget.counted(Err(BudgetError { what, wanted, limit: REVOCATION_DEPTH_MAX }));
            }
            let answer = self.ask(&Question { certificate, path: above, at, known_by: question.known_by });
            if let (Status::Unknown, Some(error)) = (answer.status, answer.broken_off) {
                return Err(Rejection::Budget(error));
            }
            match answer.status {
                Status::Good if answer.is_fresh || !self.setting.rules.required => {}
                Status::Good | Status::Unknown if self.setting.rules.required => return Err(Rejection::SignerUnknown),
                Status::Good | Status::Unknown => {}
                Status::Revoked { at: since, .. } | Status::OnHold { at: since } if since > at => {}
                status => return Err(Rejection::SignerRevoked(status)),
            }
        }
        Ok(())
    }
}

type SignerPath = Result<(Vec<Arc<Certificate>>, DateTime<Utc>), Rejection>;

/// Whether information is fresh at a time: not after its nextUpdate, or not older than the policy admits.
fn is_fresh(at: DateTime<Utc>, this_update: DateTime<Utc>, next_update: Option<DateTime<Utc>>, age_max_s: u32) -> bool {
    match next_update {
        Some(next) => at <= next,
        None => at.signed_duration_since(this_update) <= TimeDelta::seconds(i64::from(age_max_s)),
    }
}
