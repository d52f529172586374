//! Signatures at receipt: every one is validated over every file it covers, the decision is taken, and what it was
//! taken by is frozen with the record.
//!
//! Stands in the path of intake after the formats: everything is in the spool, nothing is sealed yet. What it gives
//! back are components of the record: the validation with its reports, and the certificates and OCSP answers that came
//! from outside the submission. Certificates of CAs and CRLs from outside go to the archive's shared material.
//!
//! Invariants
//!   - The validation can be repeated from the record, the shared material and the policy that it names.
//!   - What is in the submission already is not kept a second time.
//!   - All signatures of a submission draw on one [`Work`], made anew each time it is judged.
//!
//! Signatures inside PDF and Office files are not looked at; XML signatures are not validated.

use super::component::{Received, Stop, spool_failed};
use super::decide::{Decided, Facts, Signed, Signer, decide};
use super::import::profile::Keep;
use super::share::{is_ca, keep_used};
use super::waiting::{self, Waits};
use crate::archive::Archive;
use crate::clock::{Millis, civil_date, utc};

use crate::config::Action;
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::canonical;
use crate::model::card::{Card, check_documents};
use crate::model::cms::CmsError;
use crate::model::digest::Sha256;
use crate::model::format::Family;
use crate::model::id::ActorId;
use crate::model::missing::Missing;
use crate::model::path::{OWN_FOLDER, VALIDATION_PATH};
use crate::model::record::Flag;
use crate::model::submission::{ComponentEntry, Role, Submission};
use crate::model::validation::{CreationBasis, SignatureVerdict, VALIDATION_SCHEMA, Validation};
use crate::store::envelope::{Carried, bare, carried};
use crate::store::spool::{Spool, Spooled};
use crate::text::{Said, Text, text};
use crate::verify::alg::DigestAlgorithm;
use crate::verify::authority::{Authorities, AuthorityVerdict};
use crate::verify::certificate::Certificate;
use crate::verify::cms::{OutlineError, SignedData, without_content};
use crate::verify::limits::PATH_CERTIFICATES_MAX;
use crate::verify::material::Material;
use crate::verify::policy::Policy;
use crate::verify::report::{PoeSource, ProofOfExistence, Report, SignatureReport};
use crate::verify::validation::{Content, ContentError, HEAD_BYTES, Question, validate_within};
use crate::verify::verdict::{Indication, SubIndication};
use crate::verify::work::Work;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::cell::{LazyCell, RefCell};
use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

pub use super::share::add_shared;

const COVERS_NOTHING: Text = text(
    "Қолтаңба қай файлға қойылғанын атамайды, ал ішіндегі мазмұны жіберілген файлдардың ешқайсысы емес.",
    "Подпись не называет файл, к которому относится, а её содержимое не совпадает ни с одним файлом отправления.",
    "The signature names no file that it covers, and its content is none of the files of the submission.",
);

/// A submission whose signatures are to be judged.
pub(super) struct Receipt<'a> {
    pub(super) archive: &'a Archive,
    pub(super) submission: &'a Submission,
    pub(super) card: &'a Card,
    /// Material beside that of the archive and of the submission.
    pub(super) extra: Option<&'a Material>,
    /// When the archive received it.
    pub(super) since: Millis,
    /// The time of validation.
    pub(super) now: Millis,
    /// Which doubts an import keeps; none of a submission.
    pub(super) keep: Option<Keep>,
}

/// By what a submission is judged: now, by what the archive has; when it is judged again, by what it had then.
pub(super) struct Basis<'a> {
    /// What signatures that cannot be verified do.
    pub(super) mode: Action,
    pub(super) policy: &'a Policy,
    pub(super) authorities: &'a Authorities,
    /// Shared material.
    pub(super) pool: &'a Material,
    /// Which program judges, and where its means are kept.
    pub(super) verifier: Value,
}

/// What becomes of a submission.
pub(super) enum Verdict {
    /// It becomes a record.
    Accepted(Box<Judgement>),
    /// With reasons, never none.
    Refused(Vec<Refusal>),
    /// It cannot be decided yet.
    Waits(Waits),
}

/// What an accepted record keeps of its validation.
pub(super) struct Judgement {
    pub(super) validation: Validation,
    pub(super) flags: Vec<Flag>,
    /// The validation in full, and frozen material that names people.
    pub(super) components: Vec<Received>,
    /// Certificates of CAs and CRLs that the archive does not share yet.
    shared: Material,
}

impl Judgement {
    /// Digest of the validation in full.
    pub(super) fn report(&mut self) -> Result<Sha256, Stop> {
        self.validation_in_full().sha256().map_err(|e| spool_failed(VALIDATION_PATH, e).into())
    }

    /// Bytes of the validation in full.
    pub(super) fn document(&mut self) -> Result<Vec<u8>, Error> {
        self.validation_in_full().whole().map_err(|e| spool_failed(VALIDATION_PATH, e))
    }

    fn validation_in_full(&mut self) -> &mut Received {
        self.components.iter_mut().find(|c| c.entry.path == VALIDATION_PATH).expect("it has its validation")
    }

    /// Makes the shared material durable that the record names.
    pub(super) fn share(&self, archive: &Archive, actor: ActorId) -> Result<(), Error> {
        keep_used(archive, &self.shared, &self.validation.material, actor)
    }
}

/// The report about one signature object over one file.
struct Validated {
    object: usize,
    target: usize,
    report: Report,
    /// Whether the chain of each signer ends in a self-issued certificate.
    chain_ends: Vec<bool>,
    /// Certificates of CAs inside the object; not looked for when no material was given beside.
    carried: Vec<Arc<Certificate>>,
}

/// By what, and as of when, everything of a submission is validated.
struct At<'a> {
    material: &'a Material,
    policy: &'a Policy,
    /// When the archive received it.
    since: DateTime<Utc>,
    /// The time that is asked about.
    at: DateTime<Utc>,
    /// What all signatures of the submission may cost together.
    work: Work,
    digests: Digests,
}

/// What the time-stamps beside a signature prove of it: that the file with `digest` existed.
fn proofs(stamps: &[Validated], object: usize, digest: Sha256) -> Vec<ProofOfExistence> {
    let passed = stamps.iter().filter(|s| s.target == object).flat_map(|s| &s.report.signatures);
    let time = |s: &SignatureReport| {
        let passed = s.conclusion.indication == Indication::Passed;
        s.timestamps.first().filter(|_| passed).and_then(|stamp| stamp.time)
    };
    let proof = |time| ProofOfExistence { object: digest, time, source: PoeSource::Timestamp };
    passed.filter_map(time).map(proof).collect()
}

impl Receipt<'_> {
    /// Validates and decides. A failure of the disk or a missing policy is an error, never a verdict.
    pub(super) fn judge(&self, received: &mut [Received]) -> Result<Verdict, Stop> {
        // An import has terms of its own, whatever the archive does with submissions.
        let mode = if self.keep.is_some() { Action::Flag } else { self.archive.policy().signatures };
        let adopted = self.archive.validation_policy()?;
        if mode == Action::Refuse && !adopted.is_adopted() {
            let what = "no validation policy was adopted";
            return Err(Stop::Failed(Error::new(ErrorCode::SigNoPolicy, "policy", what)));
        }
        let (pool, authorities) = (self.archive.material()?, self.archive.authorities()?);
        let verifier = verifier(self.archive)?;
        let basis = Basis { mode, policy: &adopted.policy, authorities: &authorities, pool: &pool, verifier };
        self.judge_by(received, &basis)
    }

    /// The same by another basis than that of today.
    pub(super) fn judge_by(&self, received: &mut [Received], basis: &Basis<'_>) -> Result<Verdict, Stop> {
        let &Basis { mode, policy, authorities, pool, .. } = basis;
        let digests = self.digests(received)?;
        let mut refusals = check_documents(self.submission, self.card, &digests);
        let sent = self.sent_material(received)?;
        let mut material = pool.clone();
        material.merge(&sent);
        if let Some(extra) = self.extra {
            material.merge(extra);
        }
        // Reports say whole seconds, so that is what was asked.
        let second = |at: Millis| utc(at - at % 1000);
        let (received_at, at) = (second(self.since), second(self.now));
        let known = digests.iter().enumerate();
        let known: Vec<_> =
            known.map(|(at, digest)| (((at, false), DigestAlgorithm::Sha256), digest.0.to_vec())).collect();
        let at_receipt =
            At { material: &material, policy, since: received_at, at, work: Work::default(), digests: known.into() };
        let stamps = self.timestamps(received, &at_receipt)?;
        let mut found = Vec::new();
        for (object, targets) in self.objects(received, &digests, &mut refusals)? {
            for target in targets {
                let poe = proofs(&stamps, object, digests[object]);
                found.push(self.validate(received, (object, target), &at_receipt, &poe)?);
            }
        }
        let signed: Vec<Signed<'_>> = found
            .iter()
            .flat_map(|v| v.report.signatures.iter().zip(&v.chain_ends).map(move |(report, ends)| (v, report, *ends)))
            .map(|(v, report, chain_ends)| Signed { object: v.object, target: v.target, report, chain_ends })
            .collect();
        let facts = Facts { submission: self.submission, card: self.card, policy, authorities, received: received_at };
        let decided = decide(&facts, &signed);
        refusals.extend(decided.refusals.iter().cloned());
        if mode == Action::Refuse && !refusals.is_empty() {
            // What may still turn is said too: the sender mends everything at once.
            refusals.extend(waiting::unconfirmed(decided.waits));
            return Ok(Verdict::Refused(refusals));
        }
        if mode == Action::Refuse && !decided.waits.is_empty() {
            let reports = found.iter().chain(&stamps).flat_map(|v| &v.report.signatures);
            let missing: BTreeSet<Missing> = reports.flat_map(SignatureReport::all_missing).collect();
            return Ok(Verdict::Waits(Waits { reasons: decided.waits, missing: missing.into_iter().collect() }));
        }
        let mut doubts: Vec<Refusal> = refusals.into_iter().chain(decided.waits.iter().cloned()).collect();
        if let Some(keep) = self.keep {
            if decided.verdict == SignatureVerdict::Unsigned && doubts.is_empty() {
                // The policy asks for none; that does not make an unsigned document of another system a valid one.
                let main = self.submission.components.iter().find(|c| c.role == Role::Main);
                let subject = main.map_or("", |main| main.path.as_str());
                doubts.push(Refusal::new(ErrorCode::SigMissing, subject, "there is no signature"));
            }
            if doubts.iter().any(|doubt| !keep.signature(doubt.code)) {
                return Ok(Verdict::Refused(doubts));
            }
        }
        let signatures = found.iter().chain(&stamps).flat_map(|v| &v.report.signatures);
        let carried: Vec<_> = found.iter().chain(&stamps).flat_map(|v| v.carried.iter().cloned()).collect();
        let frozen = freeze(signatures, pool, &sent, self.extra, &carried);
        let (created, created_basis) = decided.created(received_at);
        let created_on = civil_date(u64::try_from(created.timestamp_millis()).unwrap_or_default());
        let (created_on, created_basis) = match (self.keep, created_basis) {
            // The day of an import says nothing about the document (N 430 cl. 42).
            (Some(_), CreationBasis::Received) => (self.card.document_date, CreationBasis::Recorded),
            _ => (created_on, created_basis),
        };
        let mut validation = Validation {
            verdict: decided.verdict,
            received: received_at,
            proven: decided.proven,
            claimed: decided.claimed,
            created_on,
            created_basis,
            policy: policy.sha256,
            authorities: authorities.adopted().iter().map(|a| a.sha256).collect(),
            material: frozen.shared_digests.into_iter().collect(),
        };
        // Of an import, what cannot be shown to be valid is not verifiable, unsigned documents too.
        let is_downgraded = validation.verdict == SignatureVerdict::Valid || self.keep.is_some();
        if is_downgraded && !doubts.is_empty() {
            validation.verdict = SignatureVerdict::NotVerifiable;
        }
        let mut document = document(&validation, &found, &stamps, &decided, &doubts, &self.submission.components);
        if !basis.verifier.is_null() {
            document["verifier"] = basis.verifier.clone();
        }
        let document = canonical::to_vec(&document).expect("reports hold strings and small integers");
        let spool = self.archive.spool();
        let mut components = vec![Received::own(spool, VALIDATION_PATH.to_owned(), Role::Report, &document)?];
        for (name, role, bytes) in frozen.own {
            components.push(Received::own(spool, name, role, &bytes)?);
        }
        let subjects: BTreeSet<String> = doubts.into_iter().map(|r| r.subject).collect();
        let flag = |subject| Flag { code: ErrorCode::SigNotVerifiable, subject };
        let flags = subjects.into_iter().map(flag).collect();
        Ok(Verdict::Accepted(Box::new(Judgement { validation, flags, components, shared: frozen.shared })))
    }

    fn digests(&self, received: &mut [Received]) -> Result<Vec<Sha256>, Stop> {
        let digest = |c: &mut Received| c.sha256().map_err(|e| spool_failed(&c.entry.path, e).into());
        received.iter_mut().map(digest).collect()
    }

    /// Certificates, CRLs and OCSP answers among the components.
    fn sent_material(&self, received: &mut [Received]) -> Result<Material, Stop> {
        let mut material = Material::default();
        for component in received.iter_mut() {
            if matches!(component.entry.role, Role::Certificate | Role::Revocation) {
                let bytes = component.whole().map_err(|e| spool_failed(&component.entry.path, e))?;
                // What is none of these helps nobody, and the validation misses it by name.
                let _ = material.add_file(&bytes);
            }
        }
        Ok(material)
    }

    /// Time-stamps that came beside signatures, each over what it covers. One that does not hold proves nothing, and
    /// nothing is refused for it.
    fn timestamps(&self, received: &mut [Received], by: &At<'_>) -> Result<Vec<Validated>, Stop> {
        let mut stamps = Vec::new();
        for object in 0..received.len() {
            if received[object].entry.role != Role::Timestamp {
                continue;
            }
            let covers = received[object].entry.covers.clone();
            let targets = covers.iter().filter_map(|path| received.iter().position(|c| c.entry.path == *path));
            for target in targets.collect::<Vec<_>>() {
                stamps.push(self.validate(received, (object, target), by, &[])?);
            }
        }
        Ok(stamps)
    }

    /// The components that carry signatures, each with the positions of what it covers.
    fn objects(
        &self,
        received: &mut [Received],
        digests: &[Sha256],
        refusals: &mut Vec<Refusal>,
    ) -> Result<Vec<(usize, Vec<usize>)>, Stop> {
        let position = |path: &String| received.iter().position(|c| c.entry.path == *path);
        let mut objects = Vec::new();
        for (i, component) in received.iter().enumerate() {
            match component.entry.role {
                // An attached CMS is a signature with its document inside.
                role if role.is_content() && component.family() == Some(Family::Cms) => objects.push((i, vec![i])),
                Role::Signature => {
                    objects.push((i, component.entry.covers.iter().filter_map(position).collect()));
                }
                _ => {}
            }
        }
        // One that names nothing carries its content: the file with that digest is what it covers.
        for (i, targets) in &mut objects {
            if !targets.is_empty() {
                continue;
            }
            let mut content = self.attached(&mut received[*i])?;
            let digest = match &mut content {
                Some(content) => Some(super::component::sha256(content).map_err(|e| spool_failed("content", e))?),
                None => None,
            };
            let same = |c: &usize| *c != *i && digest == Some(digests[*c]);
            targets.extend((0..received.len()).filter(same));
            if targets.is_empty() {
                let detail = "names nothing that it covers, and its content is no file of the submission";
                let path = received[*i].entry.path.as_str();
                let said = Said::of(|lang| COVERS_NOTHING.get(lang).to_owned());
                refusals.push(Refusal::new(ErrorCode::SigCovers, path, detail).saying(said));
            }
        }
        Ok(objects)
    }

    /// The content of an attached CMS.
    fn attached(&self, component: &mut Received) -> Result<Option<Spooled>, Stop> {
        match carried(self.archive.spool(), &mut component.bytes) {
            Ok(Carried::Document(document)) => Ok(Some(*document)),
            Ok(_) => Ok(None),
            Err(CmsError::Io(e)) => Err(spool_failed(&component.entry.path, e).into()),
            // What is wrong with its form is the validation's to say.
            Err(_) => Ok(None),
        }
    }

    /// Validates the signatures of one component over another one, or over the content it carries itself.
    fn validate(
        &self,
        received: &mut [Received],
        (object, target): (usize, usize),
        by: &At<'_>,
        proofs: &[ProofOfExistence],
    ) -> Result<Validated, Stop> {
        let path = received[object].entry.path.clone();
        let failed = |e: std::io::Error| Stop::Failed(spool_failed(&path, e));
        let digest = received[object].sha256().map_err(failed)?;
        let mut attached = None;
        // A document with its signature around it may be large: it is read without its content.
        let signature = if object == target {
            attached = self.attached(&mut received[object])?;
            self.outline(&mut received[object])?
        } else {
            received[object].whole().map_err(failed)?
        };
        let content = match &mut attached {
            Some(content) => {
                Some(Streamed { source: RefCell::new(content), place: (object, true), known: &by.digests })
            }
            None if object == target => None,
            None => {
                let source = RefCell::new(&mut received[target].bytes);
                Some(Streamed { source, place: (target, false), known: &by.digests })
            }
        };
        let mut poe = proofs.to_vec();
        poe.push(ProofOfExistence { object: digest, time: by.since, source: PoeSource::Receipt });
        let question = Question {
            object: &signature,
            object_digest: Some(digest),
            content: content.as_ref().map(|s| s as &dyn Content),
            material: by.material,
            policy: by.policy,
            at: by.at,
            poe: &poe,
            caches: self.archive.caches(),
        };
        let report = validate_within(&question, &by.work).map_err(|ContentError(e)| failed(e))?;
        let inside = LazyCell::new(|| carried_certificates(&signature));
        let chain_ends = report.signatures.iter().map(|s| chain_ends(s, &inside, by.material)).collect();
        let carried = self.extra.map(|_| carried_authorities(&signature, by.policy)).unwrap_or_default();
        Ok(Validated { object, target, report, chain_ends, carried })
    }

    fn outline(&self, component: &mut Received) -> Result<Vec<u8>, Stop> {
        let outline = outline(self.archive.spool(), &mut component.bytes);
        outline.map_err(|e| spool_failed(&component.entry.path, e).into())
    }
}

/// Sorts what the validation of these signatures used by where it is kept: `pool` is shared already, `sent` came with
/// what is validated, `extra` was given beside, `carried` are the certificates of CAs inside the signatures.
pub(super) fn freeze<'v>(
    signatures: impl Iterator<Item = &'v SignatureReport>,
    pool: &Material,
    sent: &Material,
    extra: Option<&Material>,
    carried: &[Arc<Certificate>],
) -> Frozen {
    let mut used = BTreeSet::new();
    for signature in signatures {
        used.extend(signature.chain.iter().copied());
        used.extend(signature.revocation.iter().map(|r| r.digest));
        for timestamp in &signature.timestamps {
            used.extend(timestamp.chain.iter().copied());
            used.extend(timestamp.revocation.iter().map(|r| r.digest));
        }
    }
    let mut frozen = Frozen::default();
    for &digest in &used {
        if holds(sent, digest) {
            continue;
        }
        if holds(pool, digest) {
            frozen.shared_digests.insert(digest);
            continue;
        }
        // What is in neither is inside a signature, or an anchor in the policy's file.
        let Some(extra) = extra else { continue };
        let name = |ending: &str| format!("{OWN_FOLDER}/{}.{ending}", &digest.to_string()[..16]);
        if let Some(certificate) = extra.certificate(&digest) {
            if is_ca(certificate) {
                frozen.shared.add_certificate(certificate.clone());
                frozen.shared_digests.insert(digest);
            } else {
                frozen.own.push((name("cer"), Role::Certificate, certificate.der.to_vec()));
            }
        } else if let Some(crl) = extra.crls().find(|crl| crl.sha256 == digest) {
            frozen.shared.add_crl(crl.clone());
            frozen.shared_digests.insert(digest);
        } else if let Some(response) = extra.ocsp_responses().find(|response| response.sha256 == digest) {
            frozen.own.push((name("ors"), Role::Revocation, response.der().to_vec()));
        }
    }
    // A CRL is verified with its issuer's certificate, and a later one of that CA is taken only when it is at hand:
    // what came only inside a signature is shared with the CRL. It is named, as it will be at hand when this is
    // repeated.
    if frozen.shared.crls().len() > 0 {
        let is_new = |c: &&Arc<Certificate>| !holds(sent, c.sha256) && !holds(pool, c.sha256);
        for certificate in carried.iter().filter(|c| used.contains(&c.sha256)).filter(is_new) {
            frozen.shared.add_certificate(certificate.clone());
            frozen.shared_digests.insert(certificate.sha256);
        }
    }
    frozen
}

/// A CMS without its content, which is read as a stream; nothing when there is none: that is the validation's to say.
pub(super) fn outline<R: Read + Seek>(spool: &Spool, source: &mut R) -> std::io::Result<Vec<u8>> {
    let outline = bare(spool, source).map_err(OutlineError::from).and_then(|bare| match bare {
        Some(mut bare) => without_content(&mut bare),
        None => without_content(source),
    });
    match outline {
        // What stands behind a signed document would be given out with it, and nobody signed it: no such object is read
        // as a signature.
        Ok(Some(outline)) if outline.trailing == 0 => Ok(outline.bytes),
        Ok(_) => Ok(Vec::new()),
        Err(OutlineError::Walk(CmsError::Io(e))) => Err(e),
        Err(_) => Ok(Vec::new()),
    }
}

/// Whether the certificates at hand lead from the signer to a self-issued one. Asked only where no chain was found:
/// then either a certificate is missing, which may still come, or the chain ends outside the anchors, which is final.
///
/// `carried` are the certificates in the object, which come before those of the material.
fn chain_ends<F>(signature: &SignatureReport, carried: &LazyCell<Vec<Certificate>, F>, material: &Material) -> bool
where
    F: FnOnce() -> Vec<Certificate>,
{
    if signature.conclusion.sub_indication != Some(SubIndication::NoCertificateChainFound) {
        return true;
    }
    let find = |digest| {
        let own = carried.iter().find(|one| one.sha256 == digest);
        own.or_else(|| material.certificate(&digest).map(|one| &**one))
    };
    let Some(mut next) = signature.signer.certificate.and_then(find) else { return false };
    for _ in 0..PATH_CERTIFICATES_MAX {
        if next.is_self_issued() {
            return true;
        }
        let own = carried.iter().find(|one| one.subject_key == next.issuer_key);
        let issuer = own.or_else(|| material.certificates_named(next.issuer_der()).next().map(|one| &**one));
        let Some(issuer) = issuer else { return false };
        next = issuer;
    }
    true
}

fn carried_certificates(object: &[u8]) -> Vec<Certificate> {
    let signed = SignedData::read(object);
    signed.iter().flat_map(|signed| &signed.certificates).filter_map(|der| Certificate::parse(der).ok()).collect()
}

/// The certificates of CAs inside a signature, without the anchors, which are in the policy.
pub(super) fn carried_authorities(object: &[u8], policy: &Policy) -> Vec<Arc<Certificate>> {
    let is_anchor = |c: &Certificate| policy.anchors.iter().any(|anchor| anchor.certificate.sha256 == c.sha256);
    let carried = carried_certificates(object).into_iter().filter(|c| is_ca(c) && !is_anchor(c));
    carried.map(Arc::new).collect()
}

/// The validation in full (`schema/validation/1`): the three verdicts, every report, and every doubt.
fn document(
    validation: &Validation,
    found: &[Validated],
    stamps: &[Validated],
    decided: &Decided,
    doubts: &[Refusal],
    components: &[ComponentEntry],
) -> Value {
    let mut signers = decided.signers.iter();
    let signature = |v: &Validated| {
        let of_report: Vec<Value> =
            signers.by_ref().take(v.report.signatures.len()).map(|s| s.as_ref().map_or(json!({}), signer)).collect();
        json!({
            "component": components[v.object].path, "covers": components[v.target].path,
            "report": v.report.to_value(), "signers": of_report,
        })
    };
    let signatures: Vec<Value> = found.iter().map(signature).collect();
    let indication =
        |wanted: Indication| found.iter().flat_map(|v| &v.report.signatures).any(|s| s.conclusion.indication == wanted);
    let verdict = match () {
        () if found.is_empty() => "unsigned",
        () if indication(Indication::TotalFailed) => "failed",
        () if indication(Indication::Indeterminate) => "indeterminate",
        () => "passed",
    };
    let known = decided.signers.iter().flatten();
    let authority = match decided.signers.iter().all(|s| s.as_ref().is_some_and(|s| s.kind.is_some())) {
        _ if decided.signers.is_empty() => "unsigned",
        true => "passed",
        false if known.clone().any(|s| s.kind.is_none()) => "not_shown",
        false => "not_judged",
    };
    let doubt = |r: &Refusal| json!({"code": r.code.as_str(), "detail": r.detail, "subject": r.subject});
    let stamp = |v: &Validated| {
        json!({
            "component": components[v.object].path, "covers": components[v.target].path, "report": v.report.to_value(),
        })
    };
    let mut value = json!({
        "timestamps": stamps.iter().map(stamp).collect::<Vec<_>>(),
        "doubts": doubts.iter().map(doubt).collect::<Vec<_>>(),
        "schema": VALIDATION_SCHEMA,
        "signatures": signatures,
        // Requisites were judged before: a submission without them does not come here.
        "verdicts": {"authority": authority, "requisites": "passed", "signatures": verdict},
    });
    value["summary"] = validation.value();
    value
}

/// Who validates: this program, and the record of its means when the archive has one.
pub(super) fn verifier(archive: &Archive) -> Result<Value, Error> {
    let mut verifier = archive.program().value();
    if let Some(record) = archive.means()? {
        verifier["record"] = record.to_string().into();
    }
    Ok(verifier)
}

fn signer(signer: &Signer) -> Value {
    let mut value = json!({"authority": signer.verdict.as_str()});
    if let Some(kind) = signer.kind {
        value["kind"] = kind.as_str().into();
    }
    if let AuthorityVerdict::Authorised { post, basis, .. } = &signer.verdict {
        value["post"] = post.as_str().into();
        value["basis"] = basis.as_str().into();
    }
    value
}

fn holds(material: &Material, digest: Sha256) -> bool {
    material.certificate(&digest).is_some()
        || material.crls().any(|crl| crl.sha256 == digest)
        || material.ocsp_responses().any(|response| response.sha256 == digest)
}

/// What is kept of the material that was used.
#[derive(Default)]
pub(super) struct Frozen {
    /// Digests of what all records share.
    pub(super) shared_digests: BTreeSet<Sha256>,
    /// What is shared from now on.
    pub(super) shared: Material,
    /// What is kept with the record, or with the act of a notice: name, role, bytes.
    pub(super) own: Vec<(String, Role, Vec<u8>)>,
}

/// Digests of contents that were read before, by the component: a file that many signatures cover is read once for each
/// algorithm.
type Digests = RefCell<Vec<(((usize, bool), DigestAlgorithm), Vec<u8>)>>;

/// A file in the spool, as the content of a signature.
struct Streamed<'a> {
    source: RefCell<&'a mut Spooled>,
    /// Which component it is, and whether it is what that one carries.
    place: (usize, bool),
    known: &'a Digests,
}

impl Content for Streamed<'_> {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
        let name = (self.place, algorithm);
        let known = self.known.borrow().iter().find(|(known, _)| *known == name).map(|(_, digest)| digest.clone());
        if let Some(digest) = known {
            return Ok(digest);
        }
        let digest = self.read(algorithm)?;
        self.known.borrow_mut().push((name, digest.clone()));
        Ok(digest)
    }

    fn bytes(&self) -> Option<&[u8]> {
        None
    }

    fn head(&self) -> Result<Vec<u8>, ContentError> {
        let mut source = self.source.borrow_mut();
        source.seek(SeekFrom::Start(0))?;
        let mut head = Vec::new();
        source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        Ok(head)
    }
}

impl Streamed<'_> {
    fn read(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
        let mut source = self.source.borrow_mut();
        let mut hasher = algorithm.hasher();
        source.seek(SeekFrom::Start(0)).map_err(ContentError)?;
        let mut buffer = vec![0; crate::limits::HASH_BUFFER_BYTES];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(n) => hasher.update(&buffer[..n]),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(ContentError(e)),
            }
        }
    }
}
