//! What an evidence record proves about data, as of a time (RFC 4998 §4.3, §5.3; verdicts of EN 319 102-1).
//!
//! Every archive time-stamp is checked three ways: its first list holds what it should be over (the digests of the
//! data, the time-stamp before it, or both after a hash-tree renewal), its reduced tree leads to the imprint of its
//! token, and the token validates. The newest is validated as of the time in question, each older one as of the time of
//! the next, which proves that it existed then (RFC 4998 §5.3). What became known later counts too (EN 319 102-1 §5.6,
//! past validation): a token whose certificate turned out to be revoked before the next time-stamp proves nothing, and
//! one for which revocation data of that time are missing passes by those of today.
//!
//! Invariants
//!   - The report is a function of the [`Question`]; nothing is fetched, no clock is read.
//!   - Passed only when every time-stamp of every chain did, and every given object is in the first list of each chain.
//!   - What contradicts is FAILED; what is missing, unknown or not trusted is INDETERMINATE. FAILED outweighs.
//!
//! A digest algorithm has to be reliable until the chain after its own begins (RFC 4998 §5.3): the last token of a
//! chain is validated as of that time, with the algorithm of its imprint, which is that of the tree.

use super::super::alg::DigestAlgorithm;
use super::super::material::Material;
use super::super::policy::Policy;
use super::super::report::{PoeSource, ProofOfExistence, SignatureReport, rfc3339};
use super::super::timestamp::{TimestampError, TimestampToken};
use super::super::validation::{self, ByDigest, Caches, Content, validate_within};
use super::super::verdict::{Conclusion, Indication, SubIndication};
use super::super::work::Work;
use super::record::{ArchiveTimeStamp, EvidenceRecord, sequence_der};
use super::report::{ArchiveTimeStampReport, EvidenceReport, Kind, ObjectReport, Unprotected};
use super::tree::{fold, renewed_hash};
use crate::model::digest::{Digests, sha256};
use chrono::{DateTime, Utc};

/// A data object by its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectDigests {
    /// How the report calls it.
    pub name: String,
    /// Its digests; [`algorithms`] says which are wanted.
    pub digests: Vec<(DigestAlgorithm, Vec<u8>)>,
}

impl ObjectDigests {
    /// An object of which both evidence digests are known; also a group by its two hashes.
    pub fn new(name: impl Into<String>, digests: &Digests) -> Self {
        let Digests { sha256, sha512 } = digests;
        let digests = vec![(DigestAlgorithm::Sha256, sha256.0.to_vec()), (DigestAlgorithm::Sha512, sha512.0.to_vec())];
        Self { name: name.into(), digests }
    }

    fn digest(&self, algorithm: DigestAlgorithm) -> Option<&[u8]> {
        self.digests.iter().find(|(known, _)| *known == algorithm).map(|(_, digest)| digest.as_slice())
    }
}

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The record.
    pub record: &'a EvidenceRecord,
    /// The data that it should be evidence of. Members of a group that are gone need not be given.
    pub objects: &'a [ObjectDigests],
    /// Whether the first list has to hold these objects and nothing else (RFC 4998 §4.3, last paragraph).
    pub exactly: bool,
    /// Certificates, CRLs and OCSP responses beside those in the tokens.
    pub material: &'a Material,
    /// What is trusted and asked for.
    pub policy: &'a Policy,
    /// As of when: nothing that is later counts.
    pub at: DateTime<Utc>,
    /// What is known to have existed, from outside.
    pub poe: &'a [ProofOfExistence],
    /// What repeats within a batch.
    pub caches: &'a Caches,
}

/// The digest algorithms by which the data have to be known: those of the first time-stamp of each chain, as far as
/// they are supported.
pub fn algorithms(record: &EvidenceRecord) -> Vec<DigestAlgorithm> {
    let mut all: Vec<_> = record
        .chains
        .iter()
        .filter_map(|chain| chain.timestamps.first())
        .filter_map(|first| tree_algorithm(first, TimestampToken::read(&first.token).ok().as_ref()).ok())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Checks a record.
pub fn verify(question: &Question<'_>) -> EvidenceReport {
    verify_within(question, &Work::default())
}

/// Checks one of several records, which all draw on the same work.
pub fn verify_within(question: &Question<'_>, work: &Work) -> EvidenceReport {
    let record = question.record;
    let tokens: Vec<Stamp> = record.timestamps().map(|(_, _, stamp)| Stamp::read(stamp)).collect();
    let mut check = Check { question, work, objects: vec![true; question.objects.len()], other_digests: 0 };
    let mut reports: Vec<ArchiveTimeStampReport> = Vec::new();
    let mut place = 0usize;
    for (chain, of) in record.chains.iter().enumerate() {
        let before = record.chains.get(..chain).unwrap_or_default();
        for (index, stamp) in of.timestamps.iter().enumerate() {
            let Some(read) = tokens.get(place) else { continue };
            let kind = match (chain, index) {
                (0, 0) => Kind::Initial,
                (_, 0) => Kind::HashTreeRenewal,
                _ => Kind::TimestampRenewal,
            };
            let over = match index.checked_sub(1).and_then(|index| of.timestamps.get(index)) {
                Some(previous) => Over::Stamp(previous),
                None if chain == 0 => Over::Objects(None),
                None => Over::Objects(Some(sequence_der(before))),
            };
            let first = tokens.get(place.saturating_sub(index)).unwrap_or(read);
            let earlier = place.checked_sub(1).and_then(|place| tokens.get(place)).and_then(Stamp::time);
            let later = tokens.get(place.saturating_add(1)).and_then(Stamp::time);
            let mut report = check.stamp(stamp, read, first, &over, later);
            if let (Some(earlier), Some(time)) = (earlier, read.time())
                && time < earlier
            {
                let detail = format!("it is of {}, the one before of {}", rfc3339(time), rfc3339(earlier));
                report.problems.push(Conclusion::indeterminate(SubIndication::TimestampOrderFailure, detail));
            }
            reports.push(report.into_report(chain, index, kind, read));
            place = place.saturating_add(1);
        }
    }
    check.conclude(reports)
}

/// A token that was read, or why not; and the algorithm of the tree.
struct Stamp {
    token: Result<TimestampToken, Conclusion>,
    algorithm: Result<DigestAlgorithm, Conclusion>,
}

impl Stamp {
    fn read(stamp: &ArchiveTimeStamp) -> Self {
        let failed = |detail: String| Conclusion::failed(SubIndication::FormatFailure, detail);
        let token = match TimestampToken::read(&stamp.token) {
            // RFC 4998 §4.1: a ContentInfo, not the answer of an authority around one.
            Ok(token) if token.bytes != stamp.token => Err(failed("timeStamp is more than a token".to_owned())),
            Ok(token) => Ok(token),
            // RFC 4998 §4.1 admits other forms.
            Err(error @ TimestampError::NotTimestamp(_)) => {
                Err(Conclusion::indeterminate(SubIndication::SigConstraintsFailure, error.to_string()))
            }
            Err(error) => Err(failed(error.to_string())),
        };
        let algorithm = match &token {
            Err(problem) if stamp.digest_algorithm.is_none() => Err(problem.clone()),
            token => tree_algorithm(stamp, token.as_ref().ok()),
        };
        Self { token, algorithm }
    }

    fn time(&self) -> Option<DateTime<Utc>> {
        self.token.as_ref().ok().map(|token| token.info.time)
    }
}

/// RFC 4998 §4.1: digestAlgorithm, or the algorithm of the token's imprint.
fn tree_algorithm(stamp: &ArchiveTimeStamp, token: Option<&TimestampToken>) -> Result<DigestAlgorithm, Conclusion> {
    let unsupported = |detail| Conclusion::indeterminate(SubIndication::CryptoConstraintsFailure, detail);
    match (&stamp.digest_algorithm, token) {
        (Some(identifier), _) => identifier.algorithm().map_err(|error| unsupported(error.to_string())),
        (None, Some(token)) => {
            let oid = &token.info.imprint_algorithm;
            let detail = || unsupported(format!("digest algorithm {oid} of the imprint is not supported"));
            DigestAlgorithm::of_oid(oid).ok_or_else(detail)
        }
        (None, None) => Err(unsupported("there is no token that names the digest algorithm".to_owned())),
    }
}

/// What the first list of an archive time-stamp has to hold.
enum Over<'a> {
    /// The data objects; after a hash-tree renewal, together with all chains before, in DER.
    Objects(Option<Vec<u8>>),
    /// The time-stamp before it.
    Stamp(&'a ArchiveTimeStamp),
}

/// What was found about one archive time-stamp.
#[derive(Default)]
struct Found {
    problems: Vec<Conclusion>,
    validated_at: Option<DateTime<Utc>>,
    token: Option<SignatureReport>,
}

impl Found {
    fn fail(&mut self, sub: SubIndication, detail: impl Into<String>) {
        self.problems.push(Conclusion::failed(sub, detail));
    }

    fn into_report(self, chain: usize, index: usize, kind: Kind, read: &Stamp) -> ArchiveTimeStampReport {
        ArchiveTimeStampReport {
            chain,
            index,
            kind,
            time: read.time(),
            algorithm: read.algorithm.as_ref().ok().copied(),
            validated_at: self.validated_at,
            conclusion: worst(self.problems),
            token: self.token,
        }
    }
}

/// FAILED outweighs INDETERMINATE; among equals the first.
fn worst(problems: Vec<Conclusion>) -> Conclusion {
    let failed = problems.iter().position(|problem| problem.indication.rank() == Indication::Failed.rank());
    let problem = problems.into_iter().nth(failed.unwrap_or(0));
    problem.unwrap_or_else(|| Conclusion::passed(Indication::Passed, "")).of_building_block()
}

struct Check<'q> {
    question: &'q Question<'q>,
    work: &'q Work,
    /// Whether each object was found wherever it was looked for.
    objects: Vec<bool>,
    /// Digests in the first list of all that are of no given object.
    other_digests: usize,
}

impl Check<'_> {
    /// One archive time-stamp. `first` is the first of its chain, `later` the time of the next one of all.
    fn stamp(
        &mut self,
        stamp: &ArchiveTimeStamp,
        read: &Stamp,
        first: &Stamp,
        over: &Over<'_>,
        later: Option<DateTime<Utc>>,
    ) -> Found {
        let mut found = Found::default();
        let root = match &read.algorithm {
            Ok(algorithm) => {
                self.algorithms(&mut found, *algorithm, first);
                let members = self.members(&mut found, *algorithm, over);
                self.root(&mut found, *algorithm, stamp, over, &members)
            }
            Err(problem) => {
                found.problems.push(problem.clone());
                self.objects.fill(false);
                None
            }
        };
        match &read.token {
            Ok(token) => self.token(&mut found, token, read, root, later),
            Err(problem) if !found.problems.contains(problem) => found.problems.push(problem.clone()),
            Err(_) => {}
        }
        found
    }

    /// RFC 4998 §5.3: one algorithm in one chain; §3.1: every algorithm is named by the record.
    fn algorithms(&self, found: &mut Found, algorithm: DigestAlgorithm, first: &Stamp) {
        if let Ok(of_chain) = first.algorithm
            && of_chain != algorithm
        {
            let detail = format!("{} in a chain that began with {}", algorithm.name(), of_chain.name());
            found.fail(SubIndication::FormatFailure, detail);
        }
        let is_named = self.question.record.digest_algorithms.iter().any(|named| named.algorithm() == Ok(algorithm));
        if !is_named {
            let detail = format!("the record does not name {}, which it uses", algorithm.name());
            found.fail(SubIndication::FormatFailure, detail);
        }
    }

    /// The digests that the first list has to hold, each with the place of its object.
    fn members(
        &mut self,
        found: &mut Found,
        algorithm: DigestAlgorithm,
        over: &Over<'_>,
    ) -> Vec<(Option<usize>, Vec<u8>)> {
        let before = match over {
            Over::Stamp(previous) => return vec![(None, previous.renewal_digest(algorithm))],
            Over::Objects(before) => before.as_ref().map(|before| algorithm.digest(before)),
        };
        let mut members = Vec::new();
        for (index, object) in self.question.objects.iter().enumerate() {
            let Some(digest) = object.digest(algorithm) else {
                let detail = format!("{} of {} is not given", algorithm.name(), object.name);
                found.problems.push(Conclusion::indeterminate(SubIndication::SignedDataNotFound, detail));
                self.miss(index);
                continue;
            };
            let member = match &before {
                None => digest.to_vec(),
                Some(before) => renewed_hash(algorithm, digest, before),
            };
            members.push((Some(index), member));
        }
        members
    }

    fn miss(&mut self, object: usize) {
        if let Some(is_found) = self.objects.get_mut(object) {
            *is_found = false;
        }
    }

    /// RFC 4998 §4.3 (1) to (3): what has to be in the first list is, and the root; none when it cannot be known.
    fn root(
        &mut self,
        found: &mut Found,
        algorithm: DigestAlgorithm,
        stamp: &ArchiveTimeStamp,
        over: &Over<'_>,
        members: &[(Option<usize>, Vec<u8>)],
    ) -> Option<Vec<u8>> {
        let is_over_data = matches!(over, Over::Objects(None));
        let Some(lists) = &stamp.lists else {
            // The token is over the digest itself, so over one thing; which, its imprint says.
            let imprint = TimestampToken::read(&stamp.token).ok()?.info.imprint;
            for (object, member) in members.iter().filter(|(_, member)| *member != imprint) {
                self.absent(found, algorithm, *object, member);
            }
            let is_known = members.iter().any(|(_, member)| *member == imprint);
            if is_over_data {
                self.other_digests = usize::from(!is_known);
            }
            return is_known.then_some(imprint);
        };
        if lists.iter().flatten().any(|value| value.len() != algorithm.octets()) {
            let detail = format!("a value of the reduced hash tree is no {} digest", algorithm.name());
            found.fail(SubIndication::FormatFailure, detail);
        }
        let root = fold(algorithm, lists);
        let Some(first) = lists.first().filter(|_| root.is_some()) else {
            found.fail(SubIndication::FormatFailure, "a reduced hash tree that is empty, or has an empty list");
            self.objects.fill(false);
            return None;
        };
        for (object, member) in members.iter().filter(|(_, member)| !first.contains(member)) {
            self.absent(found, algorithm, *object, member);
        }
        if is_over_data {
            let is_other = |value: &&Vec<u8>| members.iter().all(|(_, member)| member != *value);
            self.other_digests = first.iter().filter(is_other).count();
        }
        root
    }

    fn absent(&mut self, found: &mut Found, algorithm: DigestAlgorithm, object: Option<usize>, member: &[u8]) {
        let name = object.and_then(|index| self.question.objects.get(index));
        let what = name.map_or("the time-stamp before it", |object| object.name.as_str());
        let detail = format!("it is not over {what}, whose value here is {} {}", algorithm.name(), hex::encode(member));
        found.fail(SubIndication::HashFailure, detail);
        if let Some(index) = object {
            self.miss(index);
        }
    }

    /// RFC 4998 §4.3 (4), §5.3: the token is over the root, and valid at the time of the next one.
    fn token(
        &self,
        found: &mut Found,
        token: &TimestampToken,
        read: &Stamp,
        root: Option<Vec<u8>>,
        later: Option<DateTime<Utc>>,
    ) {
        let question = self.question;
        let imprint = DigestAlgorithm::of_oid(&token.info.imprint_algorithm);
        if let Ok(algorithm) = read.algorithm
            && imprint != Some(algorithm)
        {
            let of_imprint = imprint.map_or(token.info.imprint_algorithm.as_str(), |imprint| imprint.name());
            let detail = format!("a tree of {} under an imprint of {of_imprint} is not supported", algorithm.name());
            found.problems.push(Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail));
            return;
        }
        let root = root.zip(imprint).map(|(digest, algorithm)| ByDigest { algorithm, digest });
        // What is asked about lies before a renewal: the renewal does not count yet.
        let proven = later.filter(|later| *later <= question.at);
        let at = proven.unwrap_or(question.at);
        found.validated_at = Some(at);
        let mut report = match self.validate(token, root.as_ref(), at, at) {
            Ok(report) => report,
            Err(problem) => return found.problems.push(problem),
        };
        // What is known today about a token that existed then (EN 319 102-1 §5.6): younger revocation data may say what
        // was not known at the renewal, for the token or against it.
        let today = proven.and_then(|proven| self.validate(token, root.as_ref(), question.at, proven).ok());
        match (report.conclusion.is_passed(), today) {
            (true, Some(today)) if was_disowned(&today) => found.problems.push(today.conclusion),
            (false, Some(today)) if today.conclusion.is_passed() => {
                found.validated_at = Some(question.at);
                report = today;
            }
            (true, _) => {}
            // As of a time before the token was made: nothing says that it existed then, so nothing contradicts.
            (false, _) if is_not_yet(&report) && token.info.time > at => {
                let detail = format!("it is of {}, later than {}", rfc3339(token.info.time), rfc3339(at));
                found.problems.push(Conclusion::indeterminate(SubIndication::TimestampOrderFailure, detail));
            }
            (false, _) => found.problems.push(report.conclusion.clone()),
        }
        found.token = Some(report);
    }

    /// Validates a token that existed at `proven`, as of `at`.
    fn validate(
        &self,
        token: &TimestampToken,
        root: Option<&ByDigest>,
        at: DateTime<Utc>,
        proven: DateTime<Utc>,
    ) -> Result<SignatureReport, Conclusion> {
        let question = self.question;
        let own = ProofOfExistence { object: sha256(&token.bytes), time: proven, source: PoeSource::EvidenceRecord };
        let poe = [std::slice::from_ref(&own), question.poe].concat();
        let asked = validation::Question {
            object: &token.bytes,
            object_digest: None,
            content: root.map(|root| root as &dyn Content),
            material: question.material,
            policy: question.policy,
            at,
            poe: &poe,
            caches: question.caches,
        };
        let unread = |detail: String| Conclusion::indeterminate(SubIndication::SignedDataNotFound, detail);
        let report = validate_within(&asked, self.work).map_err(|error| unread(error.to_string()))?;
        report.signatures.into_iter().next().ok_or_else(|| unread("no signature in a token".to_owned()))
    }

    fn conclude(self, timestamps: Vec<ArchiveTimeStampReport>) -> EvidenceReport {
        let question = self.question;
        let record = question.record;
        let mut problems: Vec<Conclusion> = Vec::new();
        for report in timestamps.iter().filter(|report| !report.conclusion.is_passed()) {
            let mut problem = report.conclusion.clone();
            problem.detail = format!("{}: {}", report.place(), problem.detail);
            problems.push(problem);
        }
        if question.objects.is_empty() {
            let detail = "no data are given that the record could be evidence of";
            problems.push(Conclusion::indeterminate(SubIndication::SignedDataNotFound, detail));
        } else if question.exactly && self.other_digests > 0 {
            let detail = format!("the first list holds {} digests more than are given", self.other_digests);
            problems.push(Conclusion::indeterminate(SubIndication::SignedDataNotFound, detail));
        }
        // RFC 4998 §6: no method of proving that what is given was what is encrypted is known.
        if record.encryption_info.is_some() {
            let detail = "the record is over encrypted data (encryptionInfo), which is not supported";
            problems.push(Conclusion::indeterminate(SubIndication::SigConstraintsFailure, detail));
        }
        let conclusion = worst(problems);
        let proven_since = timestamps.first().and_then(|first| first.time).filter(|_| conclusion.is_passed());
        let objects = question.objects.iter().zip(&self.objects);
        let policy = question.policy;
        EvidenceReport {
            conclusion,
            proven_since,
            objects: objects.map(|(object, found)| ObjectReport { name: object.name.clone(), found: *found }).collect(),
            other_digests: self.other_digests,
            unprotected: unprotected(record),
            timestamps,
            policy: (policy.id.clone(), policy.version.clone(), policy.sha256),
            validation_time: question.at,
        }
    }
}

/// Whether what is known later says that the authority's certificate, or a CA's of it, was not in order when the token
/// is first proven to have existed.
fn was_disowned(report: &SignatureReport) -> bool {
    use SubIndication::{Revoked, RevokedCaNoPoe, RevokedNoPoe};
    let is_revoked = matches!(report.conclusion.sub_indication, Some(Revoked | RevokedNoPoe | RevokedCaNoPoe));
    let was_never_issued = report.revocation.iter().any(|used| used.status == "not-issued");
    !report.conclusion.is_passed() && (is_revoked || was_never_issued)
}

/// Whether a certificate began later than the time as of which a token was validated.
fn is_not_yet(report: &SignatureReport) -> bool {
    report.conclusion.sub_indication == Some(SubIndication::NotYetValid)
}

/// The parts of a record that no time-stamp covers and that nothing was concluded from.
fn unprotected(record: &EvidenceRecord) -> Vec<Unprotected> {
    let has_attributes = record.timestamps().any(|(_, _, stamp)| stamp.attributes.is_some());
    let used: Vec<_> = record.timestamps().filter_map(|(_, _, stamp)| Stamp::read(stamp).algorithm.ok()).collect();
    let is_used = |named: DigestAlgorithm| used.contains(&named);
    let has_more = record.digest_algorithms.iter().any(|named| !named.algorithm().is_ok_and(is_used));
    let parts = [
        (has_more, Unprotected::Algorithms),
        (record.crypto_infos.is_some(), Unprotected::CryptoInfos),
        (has_attributes, Unprotected::Attributes),
        // Of any other token a renewal covers every byte.
        (true, Unprotected::NewestToken),
    ];
    parts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, part)| part).collect()
}
