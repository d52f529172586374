//! A report for people, in Kazakh, Russian or English: one paragraph a signature.
//!
//! It says the verdict, who signed, when, why not, and what to do. Technical details stay in English and stand last:
//! they are for whoever is asked for help. Texts that come from certificates are made fit for a terminal.

use super::super::kz;
use super::super::verdict::{Conclusion, Indication, SubIndication};
use super::{Check, Level, Outcome, PoeSource, Report, SignatureReport, Signer, TimestampReport, rfc3339};
use crate::clock::local_text;
use crate::model::strict::shown;
use crate::text::{Lang, TECHNICAL, Text, text};
use chrono::{DateTime, Utc};
use std::fmt::Write;

const SIGNATURE: Text = text("Қолтаңба", "Подпись", "Signature");
const TIMESTAMP: Text = text("Уақыт белгісі", "Метка времени", "Time-stamp");
const LEVEL: Text = text("деңгейі", "уровень", "level");
const SIGNED_BY: Text = text("Қол қойған", "Подписал", "Signed by");
const ISSUED_BY: Text = text("тіркеу куәлігін берген", "регистрационное свидетельство выдал", "certificate issued by");
const MISSING: Text = text("Жетіспейді", "Не хватает", "Missing");
const UNKNOWN_FORMAT: Text = text("пішімі анықталмады", "формат не распознан", "of no known format");
const UNKNOWN_SIGNER: Text = text("белгісіз", "неизвестно", "not known");
const IIN: Text = text("ЖСН", "ИИН", "IIN");
const BIN: Text = text("БСН", "БИН", "BIN");
const CERTIFICATE: Text = text("Тіркеу куәлігі", "Регистрационное свидетельство", "Certificate");
const VALID: Text = text("мерзімі", "срок действия", "valid");
const CLAIMED: Text =
    text("Қол қойған адам көрсеткен уақыт", "Время по словам подписавшего", "Time claimed by the signer");
const PROVEN: Text = text("Қолтаңба мына уақытта болған", "Подпись существовала уже", "The signature existed by");
const WHY: Text = text("Себебі", "Причина", "Why");
const ADVICE: Text = text("Не істеу керек", "Что делать", "What to do");
const NOTE: Text = text("Ескерту", "Замечание", "Note");
const DOES_NOT_COVER: Text = text(
    "басқа деректерге берілген, ескерілмеді",
    "поставлена на другие данные и не учтена",
    "is over other data and was not counted",
);
const AS_OF: Text = text("Тексерілген уақыт", "Проверено по состоянию на", "Validated as of");
const POLICY: Text = text("саясат", "политика", "policy");
const ALL_PASSED: Text =
    text("Қорытынды: барлық қолтаңба жарамды", "Итог: все подписи действительны", "All signatures are valid");
const SOME_FAILED: Text =
    text("Қорытынды: жарамсыз қолтаңба бар", "Итог: есть недействительная подпись", "A signature is not valid");
const SOME_OPEN: Text = text(
    "Қорытынды: нәтижесі анықталмаған қолтаңба бар",
    "Итог: есть подпись с неопределённым результатом",
    "The result of a signature is indeterminate",
);
const TIMESTAMP_PASSED: Text =
    text("Қорытынды: уақыт белгісі жарамды", "Итог: метка времени действительна", "The time-stamp is valid");

/// Names of sources of proofs.
fn source_text(source: PoeSource) -> Text {
    match source {
        PoeSource::Validation => text("тексеру уақыты", "время проверки", "the time of validation"),
        PoeSource::SignatureTimestamp => {
            text("қолтаңбаның уақыт белгісі", "метка времени подписи", "signature time-stamp")
        }
        PoeSource::ContentTimestamp => {
            text("мазмұнның уақыт белгісі", "метка времени содержания", "content time-stamp")
        }
        PoeSource::ArchiveTimestamp => text("архивтік уақыт белгісі", "архивная метка времени", "archive time-stamp"),
        PoeSource::Timestamp => text("бөлек уақыт белгісі", "отдельная метка времени", "time-stamp of its own"),
        PoeSource::Receipt => text("архивке қабылдау журналы", "журнал приёма архива", "journal of the archive"),
        PoeSource::EvidenceRecord => text("дәлелдеме жазбасы", "запись доказательств", "evidence record"),
    }
}

/// Who signed, by which issuer's certificate: one sentence, or nothing when no certificate is at hand.
pub(super) fn signer(signature: &SignatureReport, lang: Lang) -> String {
    let signer = &signature.signer;
    if signer.certificate.is_none() {
        return String::new();
    }
    let (by, issuer) = (SIGNED_BY.get(lang), ISSUED_BY.get(lang));
    let (subject, from) = (shown(common_name(&signer.subject)), shown(common_name(&signer.issuer)));
    format!("{by}: {subject}; {issuer}: {from}.")
}

/// The common name in a name that RFC 4514 writes, or all of it.
fn common_name(name: &str) -> &str {
    let start = if name.starts_with("CN=") { Some(3) } else { name.find(",CN=").map(|at| at + 4) };
    let Some(rest) = start.and_then(|at| name.get(at..)) else { return name };
    // A comma inside a value is escaped.
    let mut ends = rest.match_indices([',', '+']).map(|(at, _)| at);
    ends.find(|at| !rest[..*at].ends_with('\\')).map_or(rest, |end| &rest[..end])
}

/// Who signed, and why the signature did not pass. What to do is another thing for the archive and for the sender, and
/// stands in the text of the code.
pub(super) fn said(signature: &SignatureReport, lang: Lang) -> String {
    let mut out = signer(signature, lang);
    if let Some(sub) = signature.conclusion.sub_indication {
        let _ = write!(out, " {}: {}.", WHY.get(lang), sub.text().get(lang));
    }
    out.trim_start().to_owned()
}

pub(super) fn report(report: &Report, lang: Lang) -> String {
    let mut out = String::new();
    let count = report.signatures.len();
    for signature in &report.signatures {
        paragraph(&mut out, signature, count, lang);
        out.push('\n');
    }
    let (id, version, _) = &report.policy;
    let summary = match report.conclusion().indication {
        Indication::TotalPassed => ALL_PASSED,
        Indication::Passed => TIMESTAMP_PASSED,
        Indication::Indeterminate => SOME_OPEN,
        Indication::TotalFailed | Indication::Failed => SOME_FAILED,
    };
    line(&mut out, &format!("{}.", summary.get(lang)));
    let time = local(report.validation_time);
    let policy = format!("{} {version}", shown(id));
    line(&mut out, &format!("{}: {time}; {}: {policy}; {}", AS_OF.get(lang), POLICY.get(lang), report.validator));
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn paragraph(out: &mut String, signature: &SignatureReport, count: usize, lang: Lang) {
    let is_token = signature.format == "RFC3161";
    let title = if is_token { TIMESTAMP } else { SIGNATURE }.get(lang);
    let number =
        if count > 1 { format!(" {}/{count}", signature.signer_index.saturating_add(1)) } else { String::new() };
    let level = match signature.level {
        Level::B => String::new(),
        level => format!(", {} {level}", LEVEL.get(lang)),
    };
    let verdict = signature.conclusion.indication;
    let words = verdict.text().get(lang);
    let format = match signature.format {
        "unknown" => UNKNOWN_FORMAT.get(lang),
        known => known,
    };
    line(out, &format!("{title}{number} ({format}{level}): {words} [{}].", verdict.as_str()));
    // The authority of a bare time-stamp stands in its own line below.
    if !is_token {
        signed_by(out, &signature.signer, lang);
    }
    if let Some(time) = signature.claimed_signing_time {
        line(out, &format!("  {}: {}", CLAIMED.get(lang), local(time)));
    }
    let time = signature.best_signature_time;
    let earliest = signature.poe.iter().find(|poe| poe.object == signature.signature_id && poe.time == time);
    let source = earliest.map_or(PoeSource::Validation, |poe| poe.source);
    if !is_token {
        line(out, &format!("  {}: {} ({})", PROVEN.get(lang), local(time), source_text(source).get(lang)));
    }
    for token in &signature.timestamps {
        timestamp(out, token, is_token, lang);
    }
    reasons(out, &signature.conclusion, lang);
    for one in signature.all_missing() {
        line(out, &format!("  {}: {}", MISSING.get(lang), one.text(lang)));
    }
    for check in signature.checks.iter().filter(|check| check.outcome == Outcome::Warn) {
        let words = note_text(check).get(lang);
        line(out, &format!("  {}: {words}.", NOTE.get(lang)));
        if !check.detail.is_empty() {
            line(out, &format!("    {}: {}", TECHNICAL.get(lang), shown(&check.detail)));
        }
    }
}

/// What is not as it should be, without effect on the verdict, in words.
fn note_text(check: &Check) -> Text {
    match (check.block, check.name) {
        ("format", "trailing") => {
            text("қолтаңбадан кейін бөгде байттар бар", "после подписи есть лишние байты", "bytes follow the signature")
        }
        ("format", "carried") => text(
            "қолтаңбадағы кейбір сертификат немесе қайтарып алу деректері оқылмайды",
            "часть сертификатов или данных об отзыве в подписи не читается",
            "some certificates or revocation data in the signature cannot be read",
        ),
        ("identification", "reference") => text(
            "қолтаңба қай тіркеу куәлігімен жасалғанын өзі бекітпейді (CMS, CAdES емес)",
            "подпись сама не закрепляет, каким свидетельством сделана (CMS, не CAdES)",
            "the signature does not itself say which certificate it was made with (CMS, not CAdES)",
        ),
        ("crypto", "attributes") => text(
            "қол қойылған қасиеттер DER түрінде сақталмаған; DER түрінде тексерілді",
            "подписанные свойства хранятся не в DER; проверены в DER",
            "the signed attributes are not stored in DER; they were verified in DER",
        ),
        ("time", "tokens") => text(
            "уақыт белгілері тым көп: алғашқылары ғана қаралды",
            "меток времени слишком много: рассмотрены только первые",
            "there are too many time-stamps: only the first were looked at",
        ),
        ("time", "timestamp") => {
            text("уақыт белгісі есепке алынбады", "метка времени не учтена", "a time-stamp was not counted")
        }
        ("time", "claimed") => text(
            "қол қоюшы көрсеткен уақыт басқа деректерге қайшы келеді",
            "время со слов подписавшего расходится с другими данными",
            "the time that the signer claims disagrees with other data",
        ),
        ("acceptance", "signature-policy") => text(
            "қолтаңбада аталған қол қою саясаты тексерілмеді",
            "политика подписания, названная в подписи, не проверялась",
            "the signature policy that the signature names was not checked",
        ),
        ("acceptance", "signing-time") => {
            text("қол қою уақыты оқылмайды", "время подписания не читается", "the signing time cannot be read")
        }
        ("x509", "revocation") => text(
            "қайтарып алу деректері жоқ немесе ескірген, бірақ саясат оларды талап етпейді",
            "данных об отзыве нет или они устарели, но политика их не требует",
            "revocation data are missing or old, and the policy does not ask for them",
        ),
        ("x509", "dates") => text(
            "саясат қолдың куәлік мерзімінде қойылғанының дәлелін талап етпейді",
            "политика не требует доказательства, что подпись поставлена в срок свидетельства",
            "the policy does not ask for a proof that the signature is older than the end of the certificate",
        ),
        ("past", _) => text(
            "қолтаңбадағы кейбір қосымша деректер қаралмады",
            "часть дополнительных данных подписи не рассматривалась",
            "some further data in the signature were not looked at",
        ),
        _ => text("әдеттен тыс жайт бар", "есть особенность", "something is not as usual"),
    }
}

fn signed_by(out: &mut String, signer: &Signer, lang: Lang) {
    if signer.certificate.is_none() {
        line(out, &format!("  {}: {}", SIGNED_BY.get(lang), UNKNOWN_SIGNER.get(lang)));
        return;
    }
    let mut who = shown(&signer.subject);
    for (name, value) in [(IIN, &signer.iin), (BIN, &signer.bin)] {
        if let Some(value) = value {
            let _ = write!(who, "; {} {value}", name.get(lang));
        }
    }
    for role in signer.role_oids.iter().filter_map(kz::role_text) {
        let _ = write!(who, "; {}", role.get(lang));
    }
    line(out, &format!("  {}: {who}", SIGNED_BY.get(lang)));
    if let (Some(from), Some(to)) = (signer.not_before, signer.not_after) {
        let dates = format!("{} – {}", local(from), local(to));
        let certificate = CERTIFICATE.get(lang);
        line(out, &format!("  {certificate}: {}, {} {dates}", shown(&signer.serial), VALID.get(lang)));
    }
}

fn timestamp(out: &mut String, token: &TimestampReport, is_alone: bool, lang: Lang) {
    let mut what = token.time.map(local).unwrap_or_default();
    if !token.signer.subject.is_empty() {
        let _ = write!(what, ", {}", shown(&token.signer.subject));
    }
    let verdict = token.conclusion.indication;
    // What is not at hand cannot be said to be something else.
    let is_foreign = !token.covers && token.conclusion.sub_indication == Some(SubIndication::HashFailure);
    let state = if is_foreign { DOES_NOT_COVER } else { verdict.text() }.get(lang);
    let title = source_text(token.source).get(lang);
    line(out, &format!("  {title}: {what}: {state} [{verdict}]"));
    if !is_alone && !is_foreign && !token.conclusion.is_passed() {
        let why = token.conclusion.sub_indication.map_or("", |sub| sub.text().get(lang));
        line(out, &format!("    {}: {why}", WHY.get(lang)));
    }
}

fn reasons(out: &mut String, conclusion: &Conclusion, lang: Lang) {
    if let Some(sub) = conclusion.sub_indication {
        line(out, &format!("  {}: {} [{sub}].", WHY.get(lang), sub.text().get(lang)));
        if !conclusion.detail.is_empty() {
            line(out, &format!("  {}: {}", TECHNICAL.get(lang), shown(&conclusion.detail)));
        }
        line(out, &format!("  {}: {}", ADVICE.get(lang), sub.advice().get(lang)));
    }
}

/// In Almaty, as all times for people.
pub(crate) fn local(time: DateTime<Utc>) -> String {
    u64::try_from(time.timestamp_millis()).map_or_else(|_| rfc3339(time), local_text)
}

#[cfg(test)]
mod tests {
    use super::super::super::verdict::{Conclusion, Indication, SubIndication};
    use super::super::tests::{report, sample};
    use crate::text::Lang;

    #[test]
    fn a_person_reads_verdict_signer_time_reason_and_advice_in_each_language() {
        let passed = sample(Conclusion::passed(Indication::TotalPassed, ""));
        let mut failed = sample(Conclusion::failed(SubIndication::HashFailure, "digest a, found b"));
        failed.signer_index = 1;
        let report = report(vec![passed, failed]);
        for (lang, words) in [
            (
                Lang::Kk,
                ["Қолтаңба 1/2", "ЭЦҚ жарамды", "ЖСН 123456789011", "БСН 123456789021", "жарамсыз қолтаңба бар"],
            ),
            (Lang::Ru, ["Подпись 2/2", "ЭЦП недействительна", "ИИН 123456789011", "БИН", "есть недействительная"]),
            (Lang::En, ["Signature 2/2", "not valid", "IIN 123456789011", "Ask the sender", "HASH_FAILURE"]),
        ] {
            let text = report.text(lang);
            for word in words {
                assert!(text.contains(word), "{word:?} is not in\n{text}");
            }
            assert!(text.contains("01.03.2025 15:05:00 +05:00"), "{text}");
        }
    }

    #[test]
    fn a_reason_names_signer_issuer_and_cause_in_the_language_alone() {
        let failed = sample(Conclusion::failed(SubIndication::HashFailure, "digest a, found b"));
        let said = failed.said();
        for (lang, words) in [(Lang::Kk, "мазмұны қол қойылған"), (Lang::Ru, "содержание не совпадает")]
        {
            let text = said.get(lang);
            assert!(text.contains("ТЕСТОВ ТЕСТ;") && text.contains("TEST CA.") && text.contains(words), "{text}");
            assert!(!text.contains("digest"), "{text}");
        }
        for (name, common) in [
            ("CN=A,O=B", "A"),
            ("O=B,CN=A", "A"),
            ("C=KZ,CN=A\\,B,O=C", "A\\,B"),
            ("CN=A+OU=B", "A"),
            ("O=B", "O=B"),
            ("", ""),
        ] {
            assert_eq!(super::common_name(name), common);
        }
    }

    #[test]
    fn names_cannot_drive_the_terminal() {
        let mut signature = sample(Conclusion::passed(Indication::TotalPassed, ""));
        signature.signer.subject = "CN=a\u{1b}[2Jb\u{202e}c".to_owned();
        let text = report(vec![signature]).text(Lang::En);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
}
