//! Files that officers sign as officers: profiles of imports, lists of retention periods, statements about disposal.
//!
//! Each approval is a detached CMS, made outside over exactly the bytes of the file, and validated by the **confirmed**
//! policy and registers ([`Confirmed`](crate::archive::Confirmed)): whoever runs the program can adopt others, and
//! officers are not judged by those. Signatures and reports are sealed with what they approve, so that the approval can
//! be looked at again.
//!
//! Invariants
//!   - As many persons as are asked for, by their IIN, in the offices that are asked for; each has authority on the day
//!     that the signature claims and today, so that nobody approves out of an office that is over.
//!   - Whom a later version of a register leaves out approves nothing by the earlier one, though it is not confirmed.
//!   - Whoever runs the program (`administrator` in any register, confirmed or in force) approves nothing, whatever
//!     other office they have.
//!   - A signature that is older than the version in force approves nothing: else whoever may run the program could
//!     bring back rules that the officers withdrew.
//!   - A refused approval leaves no trace.

use super::share::{Shared, add_shared, keep_used};
use super::signatures::{carried_authorities, freeze};
use crate::archive::{Archive, CONFIRMING_PERSONS};
use crate::clock::{Millis, civil_date, local_text, utc};
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::ActorId;
use crate::model::iin::Iin;
use crate::model::validation::time_text;
use crate::text::{Lang, Said, Text, text};
use crate::verify::authority::{Authorities, AuthorityVerdict, Signatory, Whose};
use crate::verify::material::Material;
use crate::verify::policy::{Policy, SignerKind};
use crate::verify::report::{Report, SignatureReport};
use crate::verify::validation::{InMemory, Question, validate};
use crate::verify::verdict::Indication;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Signatures of one approval. Own bound: a few are needed.
const SIGNATURES_MAX: usize = 8;

const HAVE_SIGNED: Text =
    text("қол қойған қызметкерлер саны", "сотрудников, которые подписали", "officers that have signed");
const NO_RECORDS_OFFICE: Text = text(
    "қол қойғандардың ешқайсысы құжаттамалық қамтамасыз ету бөлімшесінен емес",
    "никто из подписавших не из службы документационного обеспечения",
    "none of the officers is of the records office",
);
const NO_OFFICIAL: Text = text(
    "қол қойғандардың ешқайсысы мекеме атынан қол қоятын лауазымды адам емес",
    "никто из подписавших не является должностным лицом, которое подписывает за орган",
    "none of the officers is an official who signs for the body",
);
const NO_COMMISSION: Text = text(
    "қол қойғандардың ешқайсысы сараптау комиссиясының мүшесі емес",
    "никто из подписавших не является членом экспертной комиссии",
    "none of those who signed is a member of the expert commission",
);
const NO_POST_OPERATOR: Text = text(
    "қол қойғандардың ешқайсысы пошта операторы емес",
    "никто из подписавших не является почтовым оператором",
    "none of those who signed is a post operator",
);
const NO_APPROVER: Text = text(
    "қол қойғандардың ешқайсысы жоюды бекітуге құқылы емес",
    "никто из подписавших не вправе утверждать уничтожение",
    "none of those who signed may approve destruction",
);
const NO_RECEIVER: Text = text(
    "қол қойғандардың ешқайсысы тапсырылғанды қабылдауға құқылы емес",
    "никто из подписавших не вправе принимать переданное",
    "none of those who signed may receive what is handed over",
);
const IS_ADMINISTRATOR: Text = text(
    "Қол қоюшы жүйе әкімшісі: ол ештеңе бекітпейді",
    "Подписавший — администратор системы: он ничего не утверждает",
    "The signer is an administrator of the system, who approves nothing",
);
const IS_REQUESTER: Text = text(
    "Мұны сұраған адам оны өзі бекітпейді",
    "Кто об этом просил, сам этого не утверждает",
    "Who asked for it does not approve it",
);
const TO_COME: Text = text(
    "Қолтаңба әлі келмеген уақытты көрсетеді.",
    "Подпись называет время, которое ещё не наступило.",
    "The signature claims a time that is to come.",
);
const BEFORE_VERSION: Text = text(
    "Қолтаңба қолданыстағы нұсқа енгізілгенге дейін қойылған не уақытын көрсетпейді; файлға қайта қол қойылуы керек",
    "Подпись поставлена до введения действующей версии или не называет времени; файл нужно подписать заново",
    "The signature was made before the version in force was adopted, or names no time; sign the file again",
);
const TOO_MANY: Text = text(
    "қолтаңба файлдарының саны шектен көп",
    "файлов подписи больше, чем можно",
    "more files of signatures than there may be",
);
const BEFORE_FILE: Text = text(
    "Қол қойылған күн файл күнінен бұрын",
    "Дата подписи раньше даты файла",
    "The date of the signature is before that of the file",
);

/// Who approved a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The person.
    pub iin: String,
    /// The office.
    pub kind: SignerKind,
    /// The post.
    pub post: String,
    /// The act that gives the authority.
    pub basis: String,
    /// When it was signed, as the signature says.
    pub signed: String,
}

impl Approval {
    /// As the act document has it.
    pub(crate) fn value(&self) -> Value {
        json!({
            "basis": self.basis, "iin": self.iin, "kind": self.kind.as_str(), "post": self.post, "signed": self.signed,
        })
    }

    /// Reads what [`Self::value`] gives.
    pub(crate) fn of_value(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        Some(Self {
            iin: text("iin")?,
            kind: SignerKind::parse(&text("kind")?)?,
            post: text("post")?,
            basis: text("basis")?,
            signed: text("signed")?,
        })
    }
}

/// What is to be approved, and by whom.
pub(crate) struct Asked<'a> {
    /// The file.
    pub(crate) file: &'a [u8],
    /// Code of the agency whose officers approve it.
    pub(crate) agency: &'a str,
    /// The date of the file: nobody signed it before.
    pub(crate) date: NaiveDate,
    /// When the version in force was adopted.
    pub(crate) replaced: Option<Millis>,
    /// The offices in which it may be signed.
    pub(crate) kinds: &'a [SignerKind],
    /// Those of them that one of the persons must have.
    pub(crate) offices: &'a [SignerKind],
    /// How many persons must sign.
    pub(crate) persons: usize,
    /// What a refusal is called.
    pub(crate) code: ErrorCode,
}

/// What an approval leaves.
pub(crate) struct Approved {
    pub(crate) approvals: Vec<Approval>,
    pub(crate) reports: Vec<Report>,
    pub(crate) policy: Sha256,
    pub(crate) authorities: Vec<Sha256>,
}

impl Approved {
    /// The fields of an act that say who approved it, and by what they were judged.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let fields = json!({
            "approved": self.approvals.iter().map(Approval::value).collect::<Vec<_>>(),
            "authorities": self.authorities.iter().map(Sha256::to_string).collect::<Vec<_>>(),
            "policy": self.policy.to_string(),
        });
        fields.as_object().cloned().unwrap_or_default()
    }
}

/// Judges the signatures of an agency's officers over a file. `extra` is material for them beside that of the archive.
pub(crate) fn approve(
    archive: &Archive,
    asked: &Asked<'_>,
    signatures: &[Vec<u8>],
    extra: &Material,
) -> Result<Result<Approved, Vec<Refusal>>, Error> {
    let in_force = archive.authorities()?;
    judged(archive, asked, (Whose::Agency(asked.agency), &in_force), signatures, extra)
}

/// Judges the signatures of approvers of any body over a policy or a register, which takes the place of what was
/// confirmed at `replaced`. The confirmed registers alone say who they are: else one that is not confirmed could keep
/// them from confirming another.
pub(crate) fn confirm(
    archive: &Archive,
    file: &[u8],
    replaced: Option<Millis>,
    signatures: &[Vec<u8>],
    extra: &Material,
) -> Result<Result<Approved, Vec<Refusal>>, Error> {
    let kinds = &[SignerKind::Approver];
    let asked = Asked {
        file,
        agency: "",
        date: NaiveDate::MIN,
        replaced,
        kinds,
        offices: kinds,
        persons: CONFIRMING_PERSONS,
        code: ErrorCode::PolConfirm,
    };
    judged(archive, &asked, (Whose::Any, &Authorities::default()), signatures, extra)
}

fn judged(
    archive: &Archive,
    asked: &Asked<'_>,
    (whose, newer): (Whose<'_>, &Authorities),
    signatures: &[Vec<u8>],
    extra: &Material,
) -> Result<Result<Approved, Vec<Refusal>>, Error> {
    let confirmed = archive.confirmed()?;
    let adopted = &confirmed.policy;
    if !adopted.is_adopted() {
        return Err(Error::new(ErrorCode::SigNoPolicy, "policy", "no validation policy was adopted"));
    }
    let refusal = |subject: String, detail: String| Refusal::new(asked.code, subject, detail);
    if signatures.len() > SIGNATURES_MAX {
        let say = |lang| format!("{}: {} / {SIGNATURES_MAX}", TOO_MANY.get(lang), signatures.len());
        return Ok(Err(vec![told(asked.code, "signature", say)]));
    }
    let mut material = (*archive.material()?).clone();
    material.merge(extra);
    // Never before the newest entry: a clock that is set back would bring back officers who have left.
    let (in_force, now) = (archive.authorities()?, archive.now().max(archive.head().t));
    // Reports say whole seconds, so that is what is asked.
    let at = utc(now - now % 1000);
    let (policy, registers) = (&adopted.policy, &confirmed.registers);
    let judging = Judging { asked, whose, policy, registers, newer, in_force: &in_force, at };
    let mut refusals = Vec::new();
    let mut reports = Vec::new();
    // One person counts once, however often they sign.
    let mut persons: BTreeMap<String, Approval> = BTreeMap::new();
    for (n, signature) in signatures.iter().enumerate() {
        let subject = format!("signature {}", n + 1);
        let question = Question {
            object: signature,
            object_digest: None,
            content: Some(&InMemory(asked.file)),
            material: &material,
            policy,
            at: judging.at,
            poe: &[],
            caches: archive.caches(),
        };
        let report = validate(&question).map_err(|e| Error::caused(ErrorCode::IngReadFailed, &*subject, e))?;
        if report.signatures.is_empty() {
            refusals.push(refusal(subject.clone(), report.conclusion().detail.clone()));
        }
        for signed in &report.signatures {
            match judging.judge(signed) {
                Ok(approval) => drop(persons.insert(approval.iin.clone(), approval)),
                Err((detail, said)) => {
                    let detail = format!("signer {}: {detail}", signed.signer_index);
                    refusals.push(refusal(subject.clone(), detail).saying(said));
                }
            }
        }
        reports.push(report);
    }
    if refusals.is_empty() && persons.len() < asked.persons {
        let (signed, wanted) = (persons.len(), asked.persons);
        let detail = format!("{signed} of {wanted} officers have signed");
        let said = Said::of(|lang| format!("{}: {signed} / {wanted}", HAVE_SIGNED.get(lang)));
        refusals.push(refusal("signature".to_owned(), detail).saying(said));
    }
    let missing = asked.offices.iter().filter(|office| persons.values().all(|approval| approval.kind != **office));
    if refusals.is_empty() {
        refusals.extend(missing.map(|office| {
            let what = match office {
                SignerKind::RecordsOffice => NO_RECORDS_OFFICE,
                SignerKind::Official => NO_OFFICIAL,
                SignerKind::Commission => NO_COMMISSION,
                SignerKind::PostOperator => NO_POST_OPERATOR,
                SignerKind::StateArchiveReceiver => NO_RECEIVER,
                SignerKind::Approver
                | SignerKind::Administrator
                | SignerKind::Clerk
                | SignerKind::Archivist
                | SignerKind::Sender
                | SignerKind::LegalOfficer
                | SignerKind::Auditor => NO_APPROVER,
            };
            told(asked.code, "signature", |lang| what.get(lang).to_owned())
        }));
    }
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    Ok(Ok(Approved {
        approvals: persons.into_values().collect(),
        reports,
        policy: policy.sha256,
        authorities: registers.adopted().iter().map(|register| register.sha256).collect(),
    }))
}

/// By what a signer is judged.
struct Judging<'a> {
    asked: &'a Asked<'a>,
    whose: Whose<'a>,
    policy: &'a Policy,
    /// The confirmed ones.
    registers: &'a Authorities,
    /// Those whose version of a register must not say otherwise.
    newer: &'a Authorities,
    in_force: &'a Authorities,
    /// Now.
    at: DateTime<Utc>,
}

impl Judging<'_> {
    /// The approval of one signer, or why it is none: in technical English, and for people.
    fn judge(&self, signed: &SignatureReport) -> Result<Approval, (String, Said)> {
        let conclusion = &signed.conclusion;
        if conclusion.indication != Indication::TotalPassed {
            let sub = conclusion.sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
            return Err((format!("{}{sub}: {}", conclusion.indication, conclusion.detail), signed.said()));
        }
        let skew = chrono::Duration::seconds(self.policy.receipt.clock_skew_max_s.into());
        if signed.claimed_signing_time.is_some_and(|claimed| claimed > self.at + skew) {
            let said = signed.said_of(|lang| TO_COME.get(lang).to_owned());
            return Err(("claims a time that is to come".to_owned(), said));
        }
        let claimed = signed.claimed_signing_time;
        if let Some(adopted) = self.asked.replaced.filter(|adopted| !is_made_after(claimed, *adopted)) {
            let claimed = claimed.map_or_else(|| "no time".to_owned(), time_text);
            let detail = format!("claims {claimed}, the version in force is of {}", time_text(utc(adopted)));
            let said = signed.said_of(|lang| format!("{} ({}).", BEFORE_VERSION.get(lang), local_text(adopted)));
            return Err((detail, said));
        }
        let time = signed.claimed_signing_time.unwrap_or(self.at);
        let (day, today) = (local_day(time), local_day(self.at));
        if day < self.asked.date {
            let date = self.asked.date;
            let said = signed.said_of(|lang| format!("{}: {day}, {date}.", BEFORE_FILE.get(lang)));
            return Err((format!("claims {day}, the file is of {date}"), said));
        }
        let iin = signed.signer.iin.as_deref().unwrap_or_default();
        let mut registers = [self.registers, self.in_force].into_iter();
        if registers.any(|held| [day, today].iter().any(|day| held.is_administrator(iin, *day))) {
            let said = signed.said_of(|lang| format!("{}.", IS_ADMINISTRATOR.get(lang)));
            return Err(("an administrator approves nothing".to_owned(), said));
        }
        let kinds = self.asked.kinds;
        let verdicts = kinds.iter().map(|kind| (*kind, self.authority(signed, *kind, day, today)));
        let is_authorised = |v: &AuthorityVerdict| matches!(v, AuthorityVerdict::Authorised { .. });
        // Who is in both offices may stand for that of the records.
        let best = verdicts.min_by_key(|(kind, v)| (v.distance(), *kind != SignerKind::RecordsOffice));
        match best {
            Some((kind, AuthorityVerdict::Authorised { post, basis, .. })) => Ok(Approval {
                iin: signed.signer.iin.clone().unwrap_or_default(),
                kind,
                post,
                basis,
                signed: time_text(time),
            }),
            best => {
                let verdict = best.filter(|(_, v)| !is_authorised(v)).map_or(AuthorityVerdict::Unknown, |(_, v)| v);
                let said = verdict.said(kinds, day);
                let detail = format!("no authority in {}: {}", self.asked.agency, verdict.as_str());
                Err((detail, signed.said_of(|lang| said.get(lang).to_owned())))
            }
        }
    }

    /// The worse of what the registers say of both days.
    fn authority(
        &self,
        signed: &SignatureReport,
        kind: SignerKind,
        day: NaiveDate,
        today: NaiveDate,
    ) -> AuthorityVerdict {
        // A post office is a body of its own, and serves every agency.
        let body = if kind == SignerKind::PostOperator { Whose::Any } else { self.whose };
        let on = |date| {
            let signatory = Signatory {
                iin: signed.signer.iin.as_deref(),
                bin: signed.signer.bin.as_deref(),
                role_oids: &signed.signer.role_oids,
                kind,
                body,
                date,
            };
            self.registers.judge_with(self.newer, &signatory, self.policy)
        };
        let (then, now) = (on(day), on(today));
        if now.distance() > then.distance() { now } else { then }
    }
}

/// Whether a signature was made after a version was adopted. One that claims no time may be of any.
fn is_made_after(claimed: Option<DateTime<Utc>>, adopted: Millis) -> bool {
    claimed.is_some_and(|claimed| claimed > utc(adopted))
}

fn local_day(time: DateTime<Utc>) -> NaiveDate {
    civil_date(u64::try_from(time.timestamp_millis()).unwrap_or_default())
}

/// Keeps what an approval was judged by: what was used as it is, the rest by the same rule as with `material add`.
/// Gives what was added.
pub(crate) fn keep_material(
    archive: &Archive,
    signatures: &[Vec<u8>],
    approved: &Approved,
    extra: &Material,
    actor: ActorId,
) -> Result<Shared, Error> {
    let used = approved.reports.iter().flat_map(|report| &report.signatures);
    let confirmed = archive.confirmed()?;
    let policy = &confirmed.policy.policy;
    let carried: Vec<_> = signatures.iter().flat_map(|one| carried_authorities(one, policy)).collect();
    let frozen = freeze(used, &*archive.material()?, &Material::default(), Some(extra), &carried);
    let named: Vec<Sha256> = frozen.shared_digests.iter().copied().collect();
    keep_used(archive, &frozen.shared, &named, actor)?;
    add_shared(archive, extra, actor)
}

/// What an act is sealed with: fields of its document, and files by name.
pub(crate) type Sealed = (Map<String, Value>, Vec<(String, Vec<u8>)>);

/// Judges the signatures over a file that is called `name` in its act, keeps the material that they needed, and gives
/// what the act is sealed with: who approved, the digest of the file, the file and the approval.
pub(crate) fn approved_act(
    archive: &Archive,
    (name, asked): (&str, &Asked<'_>),
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Result<Sealed, Vec<Refusal>>, Error> {
    approved_by_others(archive, (name, asked, None), signatures, extra, actor)
}

/// The same, where who asked for it does not approve it.
pub(crate) fn approved_by_others(
    archive: &Archive,
    (name, asked, requester): (&str, &Asked<'_>, Option<&Iin>),
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Result<Sealed, Vec<Refusal>>, Error> {
    let approved = match approve(archive, asked, signatures, extra)? {
        Ok(approved) => approved,
        Err(refusals) => return Ok(Err(refusals)),
    };
    if requester.is_some_and(|requester| approved.approvals.iter().any(|one| one.iin == requester.digits())) {
        let said = Said::of(|lang| IS_REQUESTER.get(lang).to_owned());
        let refusal = Refusal::new(asked.code, "signer", "who asked for it does not approve it");
        return Ok(Err(vec![refusal.saying(said)]));
    }
    keep_material(archive, signatures, &approved, extra, actor)?;
    let mut fields = approved.fields();
    fields.insert("sha256".into(), sha256(asked.file).to_string().into());
    Ok(Ok((fields, signed_files(archive, (name, asked.file), signatures, &approved, extra))))
}

/// The files that are sealed with an act that was approved: what was signed under its name, and the approval.
pub(crate) fn signed_files(
    archive: &Archive,
    (name, file): (&str, &[u8]),
    signatures: &[Vec<u8>],
    approved: &Approved,
    extra: &Material,
) -> Vec<(String, Vec<u8>)> {
    let mut signed = vec![(name.to_owned(), file.to_vec())];
    signed.extend(files(archive, signatures, approved, extra));
    signed
}

/// The files of an approval that are sealed with the act: signatures, their reports, and material that names people.
pub(crate) fn files(
    archive: &Archive,
    signatures: &[Vec<u8>],
    approved: &Approved,
    extra: &Material,
) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let numbered = |name: &'static str, n: usize, ending: &'static str| format!("{name}-{}.{ending}", n + 1);
    for (n, (signature, report)) in signatures.iter().zip(&approved.reports).enumerate() {
        files.push((numbered("signature", n, "p7s"), signature.clone()));
        files.push((numbered("report", n, "json"), report.encode()));
    }
    // Certificates of people and OCSP answers are no shared material: they stay with the act.
    let people = extra.certificates().filter(|c| !archive.index().has_material(c.sha256).unwrap_or(false));
    for (n, certificate) in people.enumerate() {
        files.push((numbered("certificate", n, "cer"), certificate.der.to_vec()));
    }
    for (n, response) in extra.ocsp_responses().enumerate() {
        files.push((numbered("revocation", n, "ors"), response.der().to_vec()));
    }
    files
}

/// A refusal of which everything found is said for people; its technical detail is the English of that.
pub(crate) fn told(code: ErrorCode, subject: impl Into<String>, say: impl Fn(Lang) -> String) -> Refusal {
    Refusal::new(code, subject, say(Lang::En)).saying(Said::of(say))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_without_a_time_is_not_made_after_anything() {
        let adopted = 1_800_000_000_000;
        assert!(is_made_after(Some(utc(adopted + 1000)), adopted));
        // Signatures claim whole seconds, so one of the same second may be older.
        for claimed in [Some(utc(adopted)), Some(utc(adopted - 1000)), None] {
            assert!(!is_made_after(claimed, adopted), "{claimed:?}");
        }
    }
}
