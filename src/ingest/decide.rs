//! What becomes of a submission by its signatures: the three verdicts at receipt (N 430 cl. 15) and the decision.
//!
//! Pure: reports of the validation, the policy, the register of signers and the submission in; reasons out. Requisites
//! are judged before (`receive`, `check_card`): a submission that comes here has them all.
//!
//! Invariants
//!   - Every signature that is there must pass; one that does not decides for all.
//!   - Every signature that the policy asks for must be there, valid, and of a signer with authority at its date.
//!   - An unknown signer never passes (cl. 15 (3)).
//!   - A claimed time that is older than the policy admits does not show authority by itself: the signer must have it
//!     at receipt too.
//!   - A card is signed for the agency that receives the document, or for the body whose officials signed it (cl. 41).

use crate::clock::{civil_date, local_text};
use crate::error::{ErrorCode, Refusal};
use crate::model::card::Card;
use crate::model::submission::{Direction, Role, Submission};
use crate::model::validation::{CreationBasis, SignatureVerdict};
use crate::text::{Lang, Said, Text, text};
use crate::verify::authority::{Authorities, AuthorityVerdict, Signatory, Whose};
use crate::verify::policy::{Decision, Policy, Requirement, SignerKind};
use crate::verify::report::{PoeSource, SignatureReport};
use crate::verify::verdict::Indication;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

const CLAIMED: Text = text("Қол қоюшы көрсеткен уақыт", "Время по словам подписавшего", "Time claimed by the signer");
const RECEIVED: Text = text("архивке түскен уақыты", "получено архивом", "received by the archive");
const VALID_FROM: Text =
    text("тіркеу куәлігі мына уақыттан жарамды", "свидетельство действует с", "the certificate is valid from");
const CARD_SIGNED: Text = text("Карточкаға қол қойылған уақыт", "Карточка подписана", "The card was signed");
const DOCUMENT_SIGNED: Text = text("құжатқа қол қойылған уақыт", "документ подписан", "the document was signed");
const ASKED: Text = text("Қажетті қолтаңбалар саны", "Нужно подписей", "Signatures asked for");
const FOUND: Text = text("жарамдысы", "действительных", "valid ones");
const NOT_NAMED: Text =
    text("Дайджесімен аталмаған файлдар", "Файлы, не названные с дайджестом", "Files not named with their digest");

/// Two times that do not go together.
fn two_times(first: Text, at: DateTime<Utc>, second: Text, other: DateTime<Utc>, lang: Lang) -> String {
    let local = |time: DateTime<Utc>| local_text(u64::try_from(time.timestamp_millis()).unwrap_or_default());
    format!("{}: {}; {}: {}.", first.get(lang), local(at), second.get(lang), local(other))
}

/// One signature over one file of the submission.
pub(super) struct Signed<'a> {
    /// Position of the component that carries it.
    pub(super) object: usize,
    /// Position of the component that it covers.
    pub(super) target: usize,
    /// What the validation found.
    pub(super) report: &'a SignatureReport,
    /// Whether its chain ends in a self-issued certificate: then no certificate is missing.
    pub(super) chain_ends: bool,
}

/// What the decision goes by.
pub(super) struct Facts<'a> {
    pub(super) submission: &'a Submission,
    pub(super) card: &'a Card,
    pub(super) policy: &'a Policy,
    pub(super) authorities: &'a Authorities,
    /// When the archive received the submission.
    pub(super) received: DateTime<Utc>,
}

/// What is known of the authority of a signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signer {
    /// The office in which the signature counts; none when it counts in none.
    pub(super) kind: Option<SignerKind>,
    /// What the register says.
    pub(super) verdict: AuthorityVerdict,
}

/// What was decided.
pub(super) struct Decided {
    /// What nothing can turn: with one of them the submission is refused.
    pub(super) refusals: Vec<Refusal>,
    /// What may still turn: with one of them, and no refusal, it waits.
    pub(super) waits: Vec<Refusal>,
    /// The authority of each signer whose signature passed, in the order of the signatures.
    pub(super) signers: Vec<Option<Signer>>,
    /// All together.
    pub(super) verdict: SignatureVerdict,
    /// When the official claims to have signed, and since when that is proven.
    pub(super) claimed: Option<DateTime<Utc>>,
    /// The same, proven.
    pub(super) proven: Option<DateTime<Utc>>,
}

impl Decided {
    /// The date of creation and which date it is (cl. 42).
    pub(super) fn created(&self, received: DateTime<Utc>) -> (DateTime<Utc>, CreationBasis) {
        match (self.proven, self.claimed) {
            (Some(proven), _) => (proven, CreationBasis::Proven),
            (None, Some(claimed)) => (claimed, CreationBasis::Claimed),
            (None, None) => (received, CreationBasis::Received),
        }
    }
}

/// Decides by the signatures of a submission.
pub(super) fn decide(facts: &Facts<'_>, signed: &[Signed<'_>]) -> Decided {
    let mut deciding = Deciding { facts, refusals: Vec::new(), waits: Vec::new(), senders: None };
    // Content before the card: who signed the content says whose records office may sign the card.
    let mut signers: Vec<Option<Signer>> = vec![None; signed.len()];
    let (content, rest): (Vec<usize>, Vec<usize>) =
        (0..signed.len()).partition(|i| facts.role(signed[*i].target).is_content());
    for &i in &content {
        signers[i] = deciding.signature(&signed[i]);
    }
    deciding.senders = content
        .iter()
        .map(|&i| signers[i].as_ref().and_then(|signer| facts.bodies(&signed[i], signer.kind?)))
        .try_fold(BTreeSet::new(), |all, bodies| Some(&all | &bodies?));
    for &i in &rest {
        signers[i] = deciding.signature(&signed[i]);
    }
    let requirement = facts.requirement();
    if let Some(requirement) = requirement {
        deciding.required(requirement, signed, &signers);
        deciding.card(requirement);
        deciding.order(requirement, signed);
    }
    let Deciding { refusals, waits, .. } = deciding;
    let verdict = match (signed.is_empty(), refusals.is_empty() && waits.is_empty()) {
        (true, _) => SignatureVerdict::Unsigned,
        (false, true) => SignatureVerdict::Valid,
        (false, false) => SignatureVerdict::NotVerifiable,
    };
    // The document is made when the last of its officials has signed it.
    let passed = || signed.iter().filter(|s| s.passed() && facts.role(s.target) == Role::Main);
    let claimed = passed().filter_map(|s| s.report.claimed_signing_time).max();
    let proven: Option<Vec<DateTime<Utc>>> = passed().map(|s| s.proven()).collect();
    let proven = proven.and_then(|times| times.into_iter().max());
    Decided { refusals, waits, signers, verdict, claimed, proven }
}

impl Facts<'_> {
    fn requirement(&self) -> Option<&Requirement> {
        let s = self.submission;
        self.policy.requirement(s.profile, s.direction, s.kind)
    }

    fn role(&self, component: usize) -> Role {
        self.submission.components[component].role
    }

    fn path(&self, component: usize) -> &str {
        &self.submission.components[component].path
    }

    /// Whom the signature is by, in this office and for these bodies.
    fn signatory<'s>(
        &self,
        signed: &Signed<'s>,
        kind: SignerKind,
        body: Whose<'s>,
        at: DateTime<Utc>,
    ) -> Signatory<'s> {
        let signer = &signed.report.signer;
        Signatory {
            iin: signer.iin.as_deref(),
            bin: signer.bin.as_deref(),
            role_oids: &signer.role_oids,
            kind,
            body,
            date: civil_date(u64::try_from(at.timestamp_millis()).unwrap_or_default()),
        }
    }

    /// The bodies for which a signer with authority signed.
    fn bodies(&self, signed: &Signed<'_>, kind: SignerKind) -> Option<BTreeSet<String>> {
        let signatory = self.signatory(signed, kind, Whose::Any, signed.time());
        Some(self.authorities.bodies(&signatory)).filter(|bodies| !bodies.is_empty())
    }

    /// The offices in which a signature over this component may be made.
    fn kinds(&self, component: usize) -> BTreeSet<SignerKind> {
        let all = || SignerKind::OF_DOCUMENTS.iter().copied().collect();
        match (self.requirement(), self.role(component)) {
            (Some(r), Role::Card) if r.card_min > 0 => r.card_signers.clone(),
            (Some(r), role) if role.is_content() && r.content_min > 0 => r.content_signers.clone(),
            _ => all(),
        }
    }
}

impl Signed<'_> {
    fn passed(&self) -> bool {
        self.report.conclusion.indication == Indication::TotalPassed
    }

    /// Since when it is proven by others than the archive.
    fn proven(&self) -> Option<DateTime<Utc>> {
        let outside = |source| !matches!(source, PoeSource::Validation | PoeSource::Receipt);
        let by_others = self.report.poe.iter().any(|p| outside(p.source) && p.time == self.report.best_signature_time);
        by_others.then_some(self.report.best_signature_time)
    }

    /// The best that is known of when it was made: what others prove, then what the signer claims.
    fn time(&self) -> DateTime<Utc> {
        self.proven().or(self.report.claimed_signing_time).unwrap_or(self.report.best_signature_time)
    }
}

struct Deciding<'a, 'f> {
    facts: &'a Facts<'f>,
    refusals: Vec<Refusal>,
    waits: Vec<Refusal>,
    /// The bodies for which the content is signed; none while one of its signatures did not pass.
    senders: Option<BTreeSet<String>>,
}

impl Deciding<'_, '_> {
    fn note(&mut self, decision: bool, refuse: ErrorCode, wait: ErrorCode, subject: &str, found: (String, Said)) {
        let (detail, said) = found;
        match decision {
            true => self.waits.push(Refusal::new(wait, subject, detail).saying(said)),
            false => self.refusals.push(Refusal::new(refuse, subject, detail).saying(said)),
        }
    }

    /// Judges one signature; gives the authority of its signer when it passed.
    fn signature(&mut self, signed: &Signed<'_>) -> Option<Signer> {
        let (report, path) = (signed.report, self.facts.path(signed.object).to_owned());
        let conclusion = &report.conclusion;
        let place = |detail: &str| {
            let sub = conclusion.sub_indication.map(|s| format!("/{s}")).unwrap_or_default();
            format!("signer {}: {}{sub}: {detail}", report.signer_index, conclusion.indication)
        };
        match (conclusion.indication, conclusion.sub_indication) {
            (Indication::TotalPassed, _) => {}
            (Indication::Indeterminate, Some(sub)) => {
                let waits = self.facts.policy.decision(sub).waits(signed.chain_ends);
                let found = (place(&conclusion.detail), report.said());
                self.note(waits, ErrorCode::SigUnproven, ErrorCode::SigWaiting, &path, found);
                return None;
            }
            _ => {
                let refusal = Refusal::new(ErrorCode::SigFailed, path, place(&conclusion.detail));
                self.refusals.push(refusal.saying(report.said()));
                return None;
            }
        }
        let skew = chrono::Duration::seconds(self.facts.policy.receipt.clock_skew_max_s.into());
        if let Some(claimed) = report.claimed_signing_time.filter(|claimed| *claimed > self.facts.received + skew) {
            let detail = format!("claims {claimed}, received {}", self.facts.received);
            let said = report.said_of(|lang| two_times(CLAIMED, claimed, RECEIVED, self.facts.received, lang));
            self.refusals.push(Refusal::new(ErrorCode::SigUnproven, path, place(&detail)).saying(said));
            return None;
        }
        // Nobody signs with a certificate that is not there yet: such a claim is an attempt to sign from an earlier
        // office.
        let issued = report.signer.not_before;
        if let Some((claimed, issued)) =
            report.claimed_signing_time.zip(issued).filter(|(claimed, from)| claimed < from)
        {
            let detail = format!("claims {claimed}, the certificate is valid from {issued}");
            let said = report.said_of(|lang| two_times(CLAIMED, claimed, VALID_FROM, issued, lang));
            self.refusals.push(Refusal::new(ErrorCode::SigUnproven, path, place(&detail)).saying(said));
            return None;
        }
        Some(self.authority(signed, &path))
    }

    /// The best that the register says of the signer, in the offices that may sign the file.
    fn authority(&mut self, signed: &Signed<'_>, path: &str) -> Signer {
        let submission = self.facts.submission;
        let own = submission.agency.as_str();
        let body = match (submission.direction, self.facts.role(signed.target), &self.senders) {
            // The card is one records office's word about one document (N 430 cl. 16, 41): of the agency that registers
            // the document when it comes (cl. 22), or of the body that sends it. A third one has no part in it.
            (Direction::Incoming, Role::Card, Some(senders)) => Whose::AgencyOr(own, senders),
            // Who signs for another body is that body's to say; the archive's own registers name the bodies it knows.
            // And while the content is not shown to be signed, nothing is accepted: whose the card is, is asked then.
            (Direction::Incoming, ..) => Whose::Any,
            _ => Whose::Agency(own),
        };
        let judge = |kind, at: DateTime<Utc>| {
            let signatory = self.facts.signatory(signed, kind, body, at);
            self.facts.authorities.judge(&signatory, self.facts.policy)
        };
        let verdicts = self.facts.kinds(signed.target).into_iter().map(|kind| (kind, judge(kind, signed.time())));
        let (kind, verdict) = verdicts.min_by_key(|(_, verdict)| verdict.distance()).expect("there is an office");
        let Some(decision) = verdict.decision(&self.facts.policy.authority) else {
            // Who left office can still claim a day within it, for as long as the certificate is good. Nothing but a
            // proof by others shows otherwise, and that would have come with the document.
            if let Some(claimed) = self.old_claim(signed)
                && judge(kind, self.facts.received).decision(&self.facts.policy.authority).is_some()
            {
                let (i, received) = (signed.report.signer_index, self.facts.received);
                let detail = format!("signer {i}: claims {claimed}, has no such authority when received {received}");
                let said = signed.report.said_of(|lang| two_times(CLAIMED, claimed, RECEIVED, received, lang));
                self.refusals.push(Refusal::new(ErrorCode::SigClaimOld, path, detail).saying(said));
                return Signer { kind: None, verdict };
            }
            return Signer { kind: Some(kind), verdict };
        };
        let detail = format!("signer {}: {}", signed.report.signer_index, verdict.as_str());
        let kinds: Vec<SignerKind> = self.facts.kinds(signed.target).into_iter().collect();
        let date = civil_date(u64::try_from(signed.time().timestamp_millis()).unwrap_or_default());
        let authority = verdict.said(&kinds, date);
        let said = signed.report.said_of(|lang| authority.get(lang).to_owned());
        let waits = decision == Decision::Wait;
        self.note(waits, ErrorCode::SigNoAuthority, ErrorCode::SigSignerUnknown, path, (detail, said));
        Signer { kind: None, verdict }
    }

    /// The claimed time by which authority would be judged, when it lies further back than the policy admits. What
    /// others prove takes the place of the claim, however far both lie apart.
    fn old_claim(&self, signed: &Signed<'_>) -> Option<DateTime<Utc>> {
        let age_max = chrono::Duration::seconds(self.facts.policy.receipt.claim_age_max_s?.into());
        let claimed = signed.report.claimed_signing_time.filter(|_| signed.proven().is_none())?;
        (self.facts.received.signed_duration_since(claimed) > age_max).then_some(claimed)
    }

    /// Misses signatures that are asked for (cl. 16, 41). One that is there and did not pass has its own reason.
    fn required(&mut self, requirement: &Requirement, signed: &[Signed<'_>], signers: &[Option<Signer>]) {
        // One person counts once, however often the signature stands there. What did not pass has a reason of its own
        // and is not missed too.
        let mut persons: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let mut pending: BTreeMap<usize, usize> = BTreeMap::new();
        for (s, signer) in signed.iter().zip(signers) {
            if signer.as_ref().is_some_and(|s| s.kind.is_some()) {
                let certificate = s.report.signer.certificate.map(|c| c.to_string());
                let person = s.report.signer.iin.clone().or(certificate).unwrap_or_default();
                persons.entry(s.target).or_default().insert(person);
            } else {
                *pending.entry(s.target).or_default() += 1;
            }
        }
        for (i, component) in self.facts.submission.components.iter().enumerate() {
            let (wanted, code, who) = match component.role {
                Role::Card => (requirement.card_min, ErrorCode::SigOfficeMissing, &requirement.card_signers),
                role if role.is_content() => {
                    (requirement.content_min, ErrorCode::SigMissing, &requirement.content_signers)
                }
                _ => continue,
            };
            let good = persons.get(&i).map_or(0, BTreeSet::len);
            let there = good + pending.get(&i).copied().unwrap_or_default();
            if there < usize::try_from(wanted).unwrap_or(usize::MAX) {
                let said = Said::of(|lang| {
                    let who: Vec<&str> = who.iter().map(|kind| kind.text().get(lang)).collect();
                    let (asked, found) = (ASKED.get(lang), FOUND.get(lang));
                    format!("{asked}: {wanted} ({}); {found}: {good}.", who.join(" / "))
                });
                let who: Vec<&str> = who.iter().map(|kind| kind.as_str()).collect();
                let detail = format!("{good} of {wanted} signatures ({})", who.join(" or "));
                self.refusals.push(Refusal::new(code, component.path.as_str(), detail).saying(said));
            }
        }
    }

    /// The signed card must name every file by its digest (cl. 41): else it could stand beside another document. That
    /// the digests it names are right was checked before.
    fn card(&mut self, requirement: &Requirement) {
        if requirement.card_min == 0 {
            return;
        }
        let submission = self.facts.submission;
        let card = &submission.components[submission.card_index()].path;
        let named = |path: &str| self.facts.card.documents.iter().any(|(named, _)| named == path);
        let missing: Vec<&str> = submission
            .components
            .iter()
            .filter(|c| c.role.is_content() && !named(&c.path))
            .map(|c| c.path.as_str())
            .collect();
        if !missing.is_empty() {
            let detail = format!("not named with their digest: {}", missing.join(", "));
            let said = Said::of(|lang| format!("{}: {}.", NOT_NAMED.get(lang), missing.join(", ")));
            let refusal = Refusal::new(ErrorCode::SigCardDocument, format!("{card}#/documents"), detail);
            self.refusals.push(refusal.saying(said));
        }
    }

    /// The card is signed when the document is (cl. 41).
    fn order(&mut self, requirement: &Requirement, signed: &[Signed<'_>]) {
        if !requirement.card_not_before_content {
            return;
        }
        let passed = || signed.iter().filter(|s| s.passed()).map(|s| (self.facts.role(s.target), s.time()));
        let content = passed().filter(|(role, _)| role.is_content()).map(|(_, time)| time).max();
        let card = passed().filter(|(role, _)| *role == Role::Card).map(|(_, time)| time).min();
        if let (Some(content), Some(card)) = (content, card)
            && card < content
        {
            let submission = self.facts.submission;
            let path = submission.components[submission.card_index()].path.as_str();
            let detail = format!("the card was signed {card}, the document {content}");
            let said = Said::of(|lang| two_times(CARD_SIGNED, card, DOCUMENT_SIGNED, content, lang));
            self.refusals.push(Refusal::new(ErrorCode::SigOrder, path, detail).saying(said));
        }
    }
}
