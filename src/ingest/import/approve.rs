//! Adopting the profile of an import, approved by two officers of the agency whose holding it is.
//!
//! Each approval is a detached CMS, made outside over exactly the bytes of the profile's file, and validated by the
//! policy and the registers in force now. Profile, signatures and reports are sealed together, so that the approval can
//! be looked at again.
//!
//! Invariants
//!   - Two persons, by their IIN, one of them of the records office; each has authority on the day that the signature
//!     claims and on the day of adoption, so that nobody approves out of an office that is over.
//!   - A refused approval leaves no trace.
//!   - An id and version are adopted once, and each signature claims a time after the adoption of the version in force:
//!     what another version replaced, or was signed before it and never adopted, comes back only when it is signed
//!     again. Else whoever may run the program could bring back rules that the officers withdrew.

use super::super::share::{Shared, add_shared, keep_used};
use super::super::signatures::{carried_authorities, freeze};
use super::profile::Profile;
use super::{HeldProfile, told};
use crate::archive::{ActOwner, Archive, Register};
use crate::clock::{Millis, civil_date, local_text, utc};
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::digest::Sha256;
use crate::model::id::ActorId;
use crate::model::validation::time_text;
use crate::text::{Said, Text, text};
use crate::tlog::leaf::ActKind;
use crate::verify::authority::{Authorities, AuthorityVerdict, Signatory, Whose};
use crate::verify::material::Material;
use crate::verify::policy::{Policy, SignerKind};
use crate::verify::report::{Report, SignatureReport};
use crate::verify::validation::{InMemory, Question, validate};
use crate::verify::verdict::Indication;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;

/// The profile in the act of its adoption.
pub(super) const PROFILE_FILE: &str = "profile.toml";
/// Signatures of one approval. Own bound: two are needed.
const SIGNATURES_MAX: usize = 8;

const OTHER_CONTENT: Text = text(
    "бұл нұсқа басқа мазмұнмен енгізілген",
    "эта версия введена с другим содержанием",
    "this version was adopted with other content",
);
const REPLACED: Text = text(
    "бұл нұсқа бұрын енгізіліп, кейін басқасымен ауыстырылған; бұрынғы қолтаңбалар оны қайтармайды",
    "эта версия была введена и затем заменена другой; прежние подписи её не возвращают",
    "this version was adopted before and another replaced it; the old signatures do not bring it back",
);
const HAVE_SIGNED: Text =
    text("қол қойған қызметкерлер саны", "сотрудников, которые подписали", "officers that have signed");
const NO_RECORDS_OFFICE: Text = text(
    "қол қойғандардың ешқайсысы құжаттамалық қамтамасыз ету бөлімшесінен емес",
    "никто из подписавших не из службы документационного обеспечения",
    "none of the officers is of the records office",
);
const TO_COME: Text = text(
    "Қолтаңба әлі келмеген уақытты көрсетеді.",
    "Подпись называет время, которое ещё не наступило.",
    "The signature claims a time that is to come.",
);
const BEFORE_VERSION: Text = text(
    "Қолтаңба қолданыстағы нұсқа енгізілгенге дейін қойылған не уақытын көрсетпейді; бейінге қайта қол қойылуы керек",
    "Подпись поставлена до введения действующей версии или не называет времени; профиль нужно подписать заново",
    "The signature was made before the version in force was adopted, or names no time; sign the profile again",
);
const TOO_MANY: Text = text(
    "қолтаңба файлдарының саны шектен көп",
    "файлов подписи больше, чем можно",
    "more files of signatures than there may be",
);
const BEFORE_PROFILE: Text = text(
    "Қол қойылған күн бейін күнінен бұрын",
    "Дата подписи раньше даты профиля",
    "The date of the signature is before that of the profile",
);

/// What became of a profile.
#[derive(Debug)]
pub enum Adopted {
    /// Adopted, as this entry of the journal.
    Done {
        /// The profile.
        profile: Box<Profile>,
        /// The entry.
        entry: u64,
        /// What became of the material that was given with it.
        shared: Shared,
    },
    /// The same file is the version in force.
    Held,
    /// Refused with reasons, never none.
    Refused(Vec<Refusal>),
}

/// Who approved a profile.
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
    fn value(&self) -> Value {
        json!({
            "basis": self.basis, "iin": self.iin, "kind": self.kind.as_str(), "post": self.post, "signed": self.signed,
        })
    }

    pub(super) fn of_value(value: &Value) -> Option<Self> {
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

/// Adopts the profile in `file`, which messages call `name`, with the signatures that approve it. `extra` is material
/// for their validation beside that of the archive.
pub fn adopt(
    archive: &Archive,
    (file, name): (&[u8], &str),
    signatures: &[Vec<u8>],
    extra: &Material,
    actor: ActorId,
) -> Result<Adopted, Error> {
    let profile = match Profile::parse(file, name) {
        Ok(profile) => profile,
        Err(refusals) => return Ok(Adopted::Refused(refusals)),
    };
    let held: Vec<HeldProfile> =
        super::adopted(archive)?.into_iter().filter(|held| held.profile.id == profile.id).collect();
    if held.last().is_some_and(|last| last.profile.sha256 == profile.sha256) {
        return Ok(Adopted::Held);
    }
    if let Some(before) = held.iter().find(|held| held.profile.version == profile.version) {
        let is_same = before.profile.sha256 == profile.sha256;
        let what = if is_same { REPLACED } else { OTHER_CONTENT };
        let refusal = told(ErrorCode::ImpTaken, name, |lang| {
            format!("{} {} (#{}): {}", profile.id, profile.version, before.entry, what.get(lang))
        });
        return Ok(Adopted::Refused(vec![refusal]));
    }
    let replaced = held.last().map(|last| last.at);
    let approved = match approve(archive, (file, &profile), replaced, signatures, extra)? {
        Ok(approved) => approved,
        Err(refusals) => return Ok(Adopted::Refused(refusals)),
    };
    // What the approval was judged by is kept as it is, the rest by the same rule as with `material add`.
    let used = approved.reports.iter().flat_map(|report| &report.signatures);
    let policy = archive.validation_policy()?;
    let carried: Vec<_> = signatures.iter().flat_map(|one| carried_authorities(one, &policy.policy)).collect();
    let frozen = freeze(used, &*archive.material()?, &Material::default(), Some(extra), &carried);
    let named: Vec<Sha256> = frozen.shared_digests.iter().copied().collect();
    keep_used(archive, &frozen.shared, &named, actor)?;
    let shared = add_shared(archive, extra, actor)?;
    let entry = commit(archive, (file, &profile), signatures, &approved, extra, actor)?;
    Ok(Adopted::Done { profile: Box::new(profile), entry, shared })
}

/// What an approval leaves.
struct Approved {
    approvals: Vec<Approval>,
    reports: Vec<Report>,
    policy: Sha256,
    authorities: Vec<Sha256>,
}

fn approve(
    archive: &Archive,
    (file, profile): (&[u8], &Profile),
    replaced: Option<Millis>,
    signatures: &[Vec<u8>],
    extra: &Material,
) -> Result<Result<Approved, Vec<Refusal>>, Error> {
    let adopted = archive.validation_policy()?;
    if !adopted.is_adopted() {
        return Err(Error::new(ErrorCode::SigNoPolicy, "policy", "no validation policy was adopted"));
    }
    let refusal = |subject: String, detail: String| Refusal::new(ErrorCode::ImpApproval, subject, detail);
    if signatures.len() > SIGNATURES_MAX {
        let say = |lang| format!("{}: {} / {SIGNATURES_MAX}", TOO_MANY.get(lang), signatures.len());
        return Ok(Err(vec![told(ErrorCode::ImpApproval, "signature", say)]));
    }
    let mut material = (*archive.material()?).clone();
    material.merge(extra);
    let (authorities, now) = (archive.authorities()?, archive.now());
    // Reports say whole seconds, so that is what is asked.
    let at = utc(now - now % 1000);
    let judging = Judging { profile, policy: &adopted.policy, authorities: &authorities, at, replaced };
    let mut refusals = Vec::new();
    let mut reports = Vec::new();
    // One person counts once, however often they sign.
    let mut persons: BTreeMap<String, Approval> = BTreeMap::new();
    for (n, signature) in signatures.iter().enumerate() {
        let subject = format!("signature {}", n + 1);
        let question = Question {
            object: signature,
            object_digest: None,
            content: Some(&InMemory(file)),
            material: &material,
            policy: &adopted.policy,
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
    if refusals.is_empty() && persons.len() < 2 {
        let detail = format!("{} of 2 officers have signed", persons.len());
        let said = Said::of(|lang| format!("{}: {} / 2", HAVE_SIGNED.get(lang), persons.len()));
        refusals.push(refusal("signature".to_owned(), detail).saying(said));
    }
    if refusals.is_empty() && persons.values().all(|approval| approval.kind != SignerKind::RecordsOffice) {
        refusals.push(told(ErrorCode::ImpApproval, "signature", |lang| NO_RECORDS_OFFICE.get(lang).to_owned()));
    }
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    Ok(Ok(Approved {
        approvals: persons.into_values().collect(),
        reports,
        policy: adopted.policy.sha256,
        authorities: authorities.adopted().iter().map(|a| a.sha256).collect(),
    }))
}

/// By what a signer is judged.
struct Judging<'a> {
    profile: &'a Profile,
    policy: &'a Policy,
    authorities: &'a Authorities,
    /// Now.
    at: DateTime<Utc>,
    /// When the version in force was adopted.
    replaced: Option<Millis>,
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
        if let Some(adopted) = self.replaced.filter(|adopted| !is_made_after(claimed, *adopted)) {
            let claimed = claimed.map_or_else(|| "no time".to_owned(), time_text);
            let detail = format!("claims {claimed}, the version in force is of {}", time_text(utc(adopted)));
            let said = signed.said_of(|lang| format!("{} ({}).", BEFORE_VERSION.get(lang), local_text(adopted)));
            return Err((detail, said));
        }
        let time = signed.claimed_signing_time.unwrap_or(self.at);
        let (day, today) = (local_day(time), local_day(self.at));
        if day < self.profile.date {
            let date = self.profile.date;
            let said = signed.said_of(|lang| format!("{}: {day}, {date}.", BEFORE_PROFILE.get(lang)));
            return Err((format!("claims {day}, the profile is of {date}"), said));
        }
        let verdicts = SignerKind::ALL.iter().map(|kind| (*kind, self.authority(signed, *kind, day, today)));
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
                let said = verdict.said(SignerKind::ALL, day);
                let detail = format!("no authority in {}: {}", self.profile.agency, verdict.as_str());
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
        let on = |date| {
            let signatory = Signatory {
                iin: signed.signer.iin.as_deref(),
                bin: signed.signer.bin.as_deref(),
                role_oids: &signed.signer.role_oids,
                kind,
                body: Whose::Agency(&self.profile.agency),
                date,
            };
            self.authorities.judge(&signatory, self.policy)
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

fn commit(
    archive: &Archive,
    (file, profile): (&[u8], &Profile),
    signatures: &[Vec<u8>],
    approved: &Approved,
    extra: &Material,
    actor: ActorId,
) -> Result<u64, Error> {
    let fields = json!({
        "approved": approved.approvals.iter().map(Approval::value).collect::<Vec<_>>(),
        "authorities": approved.authorities.iter().map(Sha256::to_string).collect::<Vec<_>>(),
        "id": profile.id, "policy": approved.policy.to_string(), "sha256": profile.sha256.to_string(),
        "version": profile.version,
    });
    let mut files: Vec<(String, Vec<u8>)> = vec![(PROFILE_FILE.to_owned(), file.to_vec())];
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
    let mut readers: Vec<(String, &[u8])> =
        files.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice())).collect();
    let files = readers.iter_mut().map(|(name, bytes)| (name.clone(), bytes as &mut dyn Read)).collect();
    let fields = fields.as_object().cloned().unwrap_or_default();
    let owner = ActOwner::Register(Register::Archive);
    let (act, payload, session) = archive.seal_document(ActKind::ImportAdopted, actor, owner, fields, files)?;
    let entry = archive.commit(act, payload, None, Some(session))?.entry();
    archive.wait_index()?;
    Ok(entry)
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
