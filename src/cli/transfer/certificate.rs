//! `muragat transfer certificate`: what the journal says of records that went to another archive, as one file.
//!
//! It only reads; `verify` checks the file without an archive.

use super::{CLOSED, FILES, transfer_id};
use crate::cli::Common;
use crate::cli::beside::write_all_new;
use crate::clock::local_text;
use crate::disposition::certificate::RESIDUAL;
use crate::disposition::destroy;
use crate::error::{Error, Exit};
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::transfer::certificate::{self, Certificate, THERE};
use crate::verify::policy::SignerKind;
use serde_json::Value;
use std::path::Path;

/// What it is, for people.
pub(in crate::cli) const CERTIFICATE: Text = text(
    "басқа архивке тапсырылғанның шығарылғаны туралы сертификат",
    "сертификат о выбытии переданного в другой архив",
    "certificate of a release to another archive",
);
const ACT: Text = text("қабылдау-тапсыру актісі №", "акт приёма-передачи №", "act of transfer no.");
const TO: Text = text("сақтайтын архив", "хранит архив", "kept by");
const RELEASED: Text = text("шығарылды", "выбыло", "let go");
const RECORDS: Text = text("құжат", "документов", "records");
const NOT_YET: Text = text("шығарылды, әлі аяқталмаған", "выбыло, ещё не завершено", "let go, not over yet");

pub(super) fn give(common: &Common, id: &str, output: Option<&Path>) -> Result<Exit, Error> {
    let archive = common.open()?;
    let (bytes, certificate) = certificate::give(&archive, transfer_id(id)?)?;
    if let Some(path) = output {
        write_all_new(&[(path, &bytes)])?;
    }
    if common.json() {
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        out!("{text}");
    } else {
        print(&certificate, common.lang());
    }
    archive.close()?;
    Ok(Exit::Ok)
}

/// A certificate in the words of people.
pub(in crate::cli) fn print(certificate: &Certificate, lang: Lang) {
    let (party, act) = (&certificate.party, &certificate.act);
    out!("{} · {} {}", CERTIFICATE.get(lang), ACT.get(lang), shown(&act.number));
    if certificate.is_test {
        out!("  {}", crate::cli::IS_TEST.get(lang));
    }
    out!("  {} · {} · {}", shown(&certificate.origin), shown(&certificate.agency), certificate.transfer);
    out!("  {}: {} · {} · {}", TO.get(lang), shown(party.title.get(lang)), party.bin, party.archive);
    out!("  {} · SHA-256 {}", shown(&certificate.package.0), certificate.package.1);
    for one in &certificate.releases {
        let (files, records) = (one.files, one.records.len());
        let when = local_text(one.executed);
        out!(
            "  {} {when} (#{}): {files} {}, {records} {}",
            RELEASED.get(lang),
            one.entry,
            FILES.get(lang),
            RECORDS.get(lang)
        );
        one.records.iter().for_each(|gone| out!("    {} → {}", gone.record, gone.reference));
    }
    match certificate.closed {
        Some(at) => out!("  {} · {}", CLOSED.get(lang), local_text(at)),
        None => {
            let words: Vec<&str> = certificate.remaining.iter().map(|condition| condition.text(lang)).collect();
            let words = if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) };
            out!("  {}{words}", NOT_YET.get(lang));
        }
    }
    for (act, by) in &certificate.signers {
        let text = |key: &str| by.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = SignerKind::parse(&text("kind")).map_or("", |kind| kind.text().get(lang));
        out!("  {} · {kind} · {} · {}", act.as_str(), shown(&text("post")), shown(&text("signed")));
    }
    out!("  {}", destroy::METHOD);
    out!("  {} {}", RESIDUAL.get(lang), THERE.get(lang));
}
