//! How `show` says what the signatures of a record are worth.
//!
//! The short form stands in the manifest, the reports in the record's own validation; both are from the day of receipt.

use crate::model::strict::shown;
use crate::model::validation::{CreationBasis, Validation};
use crate::text::{Lang, Text, text};
use crate::verify::policy::SignerKind;
use crate::verify::verdict::{Indication, SubIndication};
use crate::view::words::verdict_text;
use chrono::{DateTime, Utc};
use serde_json::Value;

const SIGNATURES: Text = text("Қолтаңбалар", "Подписи", "Signatures");
const NOT_VALIDATED: Text =
    text("қабылдау кезінде тексерілмеген", "при приёме не проверялись", "not validated at receipt");
const CREATED: Text = text("Құжат жасалған күн", "Дата создания документа", "Date of creation");
const RECEIVED: Text = text("Архивке түскен уақыты", "Получен архивом", "Received by the archive");
const CLAIMED: Text = text("Қол қоюшы көрсеткен уақыт", "Время, заявленное подписавшим", "Time claimed by the signer");
const PROVEN: Text = text("Дәлелденген уақыт", "Доказанное время", "Proven time");

const VERIFIER: Text = text("Тексерген бағдарлама", "Проверила программа", "Validated by the program");

fn basis_text(basis: CreationBasis) -> Text {
    match basis {
        CreationBasis::Proven => {
            text("уақыт белгісімен дәлелденген", "доказана меткой времени", "proven by a time-stamp")
        }
        CreationBasis::Claimed => text("қол қоюшының сөзі бойынша", "со слов подписавшего", "as the signer claims"),
        CreationBasis::Received => text("түскен күні бойынша", "по дате получения", "by the date of receipt"),
        CreationBasis::Recorded => text(
            "ескі жүйеде жазылған құжат күні бойынша, дәлелденбеген",
            "по дате документа из прежней системы, не доказана",
            "by the document date of the old system, not proven",
        ),
    }
}

/// The signatures of a record: all together, then each.
pub(super) fn print(short: Option<&Validation>, whole: Option<&Value>, lang: Lang) {
    let Some(validation) = short else {
        out!("  {}: {}", SIGNATURES.get(lang), NOT_VALIDATED.get(lang));
        return;
    };
    out!("  {}: {}", SIGNATURES.get(lang), verdict_text(validation.verdict).get(lang));
    let basis = basis_text(validation.created_basis).get(lang);
    out!("  {}: {} ({basis})", CREATED.get(lang), validation.created_on.format("%d.%m.%Y"));
    let times = [(RECEIVED, Some(validation.received)), (CLAIMED, validation.claimed), (PROVEN, validation.proven)];
    for (name, time) in times {
        if let Some(time) = time {
            out!("  {}: {}", name.get(lang), local(time));
        }
    }
    if let Some(verifier) = whole.and_then(|w| w.get("verifier")) {
        out!("  {}: {}", VERIFIER.get(lang), super::means::program_text(verifier));
    }
    for signature in whole.and_then(|w| w.get("signatures")?.as_array()).into_iter().flatten() {
        print_signature(signature, lang);
    }
}

fn local(time: DateTime<Utc>) -> String {
    crate::clock::local_text(u64::try_from(time.timestamp_millis()).unwrap_or_default())
}

fn print_signature(signature: &Value, lang: Lang) {
    let field = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(shown).unwrap_or_default();
    let signatures = signature.pointer("/report/signatures").and_then(Value::as_array).into_iter().flatten();
    let signers = signature.get("signers").and_then(Value::as_array).into_iter().flatten();
    for (report, signer) in signatures.zip(signers) {
        let (code, sub, level) = (field(report, "indication"), field(report, "sub_indication"), field(report, "level"));
        let (component, covers) = (field(signature, "component"), field(signature, "covers"));
        let words = Indication::parse(&code).map_or(code.as_str(), |found| found.text().get(lang));
        out!("    {component} → {covers}: {words} [{code}, {level}]");
        if let Some(found) = SubIndication::parse(&sub) {
            out!("      {} [{sub}]", found.text().get(lang));
        }
        let subject = report.get("signer").map(|s| field(s, "subject")).unwrap_or_default();
        let post = field(signer, "post");
        let (comma, kind) = (if post.is_empty() { "" } else { ", " }, field(signer, "kind"));
        let kind = SignerKind::parse(&kind).map_or(kind, |kind| kind.text().get(lang).to_owned());
        out!("      {subject}{comma}{post} {}", if kind.is_empty() { kind } else { format!("({kind})") });
    }
}
