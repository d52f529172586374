//! Whether an officer of the other archive signed a document.
//!
//! Who is an officer there is not known here: no register of this archive names them. The other archive answers for
//! that with the key by which it signs its answers; what is asked here is that the signature is over exactly these
//! bytes, holds by the **confirmed** policy, and is by somebody of the body that keeps the other archive, by the BIN in
//! the certificate.
//!
//! Invariants
//!   - Every signature of the object must hold, and every signer must be of that body: one that is not decides for all.
//!   - A party that was adopted by hand says which body that is; nothing that comes with the document does.
//!
//! It writes nothing.

use crate::archive::Archive;
use crate::clock::utc;
use crate::error::{Error, ErrorCode, Refusal};
use crate::model::party::Party;
use crate::text::{Said, Text, text};
use crate::verify::material::Material;
use crate::verify::report::Report;
use crate::verify::validation::{InMemory, Question, validate};
use crate::verify::verdict::Indication;

const OTHER_BODY: Text = text(
    "Қол қоюшының куәлігіндегі БСН басқа архивтің ұйымынікі емес",
    "БИН в свидетельстве подписавшего — не той организации, которая ведёт другой архив",
    "The BIN in the signer's certificate is not that of the body that keeps the other archive",
);
const TO_COME: Text = text(
    "Қолтаңба әлі келмеген уақытты көрсетеді.",
    "Подпись называет время, которое ещё не наступило.",
    "The signature claims a time that is to come.",
);

/// Judges the detached signature (CMS) of an officer of the other archive over `file`, by the confirmed policy and what
/// this archive has of material, with `extra` beside it.
///
/// # Errors
///
/// The archive fails, or no policy was adopted. In the inner result why the signature is none of that body.
pub fn officer(
    archive: &Archive,
    party: &Party,
    file: &[u8],
    signature: &[u8],
    extra: &Material,
) -> Result<Result<Report, Refusal>, Error> {
    let confirmed = archive.confirmed()?;
    if !confirmed.policy.is_adopted() {
        return Err(Error::new(ErrorCode::SigNoPolicy, "policy", "no validation policy was adopted"));
    }
    let policy = &confirmed.policy.policy;
    let mut material = (*archive.material()?).clone();
    material.merge(extra);
    // Never before the newest entry: a clock that is set back would bring certificates back that are over.
    let now = archive.now().max(archive.head().t);
    // Reports say whole seconds, so that is what is asked.
    let at = utc(now - now % 1000);
    let question = Question {
        object: signature,
        object_digest: None,
        content: Some(&InMemory(file)),
        material: &material,
        policy,
        at,
        poe: &[],
        caches: archive.caches(),
    };
    let report = validate(&question).map_err(|e| Error::caused(ErrorCode::IngReadFailed, &*party.id, e))?;
    let refusal = |detail: String| Refusal::new(ErrorCode::TrfOfficer, &*party.id, detail);
    if report.signatures.is_empty() {
        return Ok(Err(refusal(report.conclusion().detail.clone())));
    }
    let skew = chrono::Duration::seconds(policy.receipt.clock_skew_max_s.into());
    for signed in &report.signatures {
        let (n, conclusion) = (signed.signer_index, &signed.conclusion);
        if conclusion.indication != Indication::TotalPassed {
            let sub = conclusion.sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
            let detail = format!("signer {n}: {}{sub}: {}", conclusion.indication, conclusion.detail);
            return Ok(Err(refusal(detail).saying(signed.said())));
        }
        if signed.claimed_signing_time.is_some_and(|claimed| claimed > at + skew) {
            let said = signed.said_of(|lang| TO_COME.get(lang).to_owned());
            return Ok(Err(refusal(format!("signer {n}: claims a time that is to come")).saying(said)));
        }
        if signed.signer.bin.as_deref() != Some(party.bin.as_str()) {
            let detail = format!("signer {n}: of another body than {}", party.bin);
            let said = Said::of(|lang| format!("{} ({}).", OTHER_BODY.get(lang), party.bin));
            return Ok(Err(refusal(detail).saying(said)));
        }
    }
    Ok(Ok(report))
}
