//! The part of `muragat verify` that is about evidence records (RFC 4998): what a record proves about files.
//!
//! It gathers the question (record, digests of the files, material, policy, time) and writes the answer for people;
//! [`verify`](crate::verify::evidence::check::verify) judges. Files are read as streams, once for each digest algorithm
//! that the record wants. No archive is opened and nothing is fetched, so the same call has the same answer.

use super::validate::{self, Validate};
use super::{Common, material};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::strict::shown;
use crate::text::{Lang, TECHNICAL, Text, text};
use crate::verify::alg::DigestAlgorithm;
use crate::verify::evidence::check::{ObjectDigests, Question, algorithms, verify};
use crate::verify::evidence::record::{EvidenceRecord, RecordError};
use crate::verify::evidence::report::{ArchiveTimeStampReport, EvidenceReport};
use crate::verify::report::local;
use crate::verify::validation::{Caches, Content};
use crate::verify::verdict::SubIndication;
use std::path::PathBuf;

/// What a record is to be compared with.
#[derive(clap::Args)]
pub(super) struct Compared {
    /// For an evidence record: a file that it should be evidence of; give it once for each file of the group.
    #[arg(long, value_name = "FILE")]
    content: Vec<PathBuf>,
    /// For an evidence record: digests in place of a file, one or several of the same data: SHA-256:HEX,SHA-512:HEX.
    #[arg(long, value_name = "DIGESTS", value_parser = parse_digests)]
    digest: Vec<ObjectDigests>,
    /// For an evidence record: the group has to be what is given and nothing else.
    #[arg(long)]
    exactly: bool,
}

/// What was found of a record.
pub(super) struct FoundRecord {
    pub(super) exit: Exit,
    /// The verdict for an engineer.
    pub(super) detail: String,
    /// The same for people, line by line.
    pub(super) lines: Vec<String>,
    /// None when the record cannot be read.
    pub(super) report: Option<EvidenceReport>,
}

const SINCE: Text = text(
    "Деректер мына уақыттан бері өзгермегені дәлелденді",
    "Доказано, что данные не изменялись с",
    "The data are proven to be unchanged since",
);
const FOUND: Text = text("жазбада бар", "есть в записи", "is in the record");
const NOT_FOUND: Text = text(
    "жазбада ЖОҚ немесе дайджесті берілмеген",
    "в записи НЕТ, либо её дайджест не дан",
    "is NOT in the record, or its digest is not given",
);
const OTHERS: Text = text(
    "Бірінші тізімде берілмеген деректердің дайджесттері де бар (топтың басқа файлдары не көрші жапырақ)",
    "В первом списке есть и дайджесты того, что не дано (другие файлы группы или соседний лист)",
    "The first list also has digests of what was not given (other files of the group, or a neighbour in the tree)",
);
const UNPROTECTED: Text = text(
    "Уақыт белгілерімен қорғалмаған, ескерілмеді",
    "Не защищено метками времени и не учтено",
    "Not covered by any time-stamp, and not counted",
);
const UNKNOWN: Text = text("белгісіз", "неизвестно", "not known");
const WHY: Text = text("Себебі", "Причина", "Why");
const CHANGED: Text = text(
    "деректер немесе жазба өзгертілген, не жазба басқа деректердікі",
    "данные или запись изменены, либо это запись о других данных",
    "the data or the record were changed, or the record is of other data",
);
const NO_ANCHOR: Text = text(
    "Уақыт белгісін берген органның сенімді куәлігін --tsa-anchors немесе --policy арқылы беріңіз.",
    "Дайте доверенное свидетельство органа меток времени через --tsa-anchors или --policy.",
    "Give the trusted certificate of the time-stamping authority with --tsa-anchors or --policy.",
);
const NOT_RECORD: Text = text(
    "Файл дәлелдемелік жазба (RFC 4998) ретінде оқылмайды: ол бүлінген немесе басқа нәрсе.",
    "Файл не читается как доказательственная запись (RFC 4998): он испорчен или это нечто иное.",
    "The file cannot be read as an evidence record (RFC 4998): it is damaged, or something else.",
);
const NO_DATA: Text = text(
    "Деректер берілмеген: файлдарды --content арқылы беріңіз.",
    "Данные не даны: дайте файлы через --content.",
    "No data are given: give the files with --content.",
);

fn parse_digests(text: &str) -> Result<ObjectDigests, String> {
    let one = |part: &str| {
        let (name, digits) = part.split_once(':').ok_or("wanted ALGORITHM:HEX")?;
        let known = DigestAlgorithm::ALL.iter().find(|known| known.name().eq_ignore_ascii_case(name));
        let algorithm = *known.ok_or("a digest algorithm that is not known")?;
        let digest = hex::decode(digits).map_err(|_| "digits that are not hexadecimal")?;
        if digest.len() == algorithm.octets() { Ok((algorithm, digest)) } else { Err("a digest of another length") }
    };
    let digests: Result<Vec<_>, &str> = text.split(',').map(one).collect();
    Ok(ObjectDigests { name: text.to_owned(), digests: digests.map_err(|what| format!("{text}: {what}"))? })
}

impl Compared {
    /// Whether what only an evidence record needs was given.
    pub(super) fn is_given(&self) -> bool {
        !self.content.is_empty() || !self.digest.is_empty() || self.exactly
    }

    /// Checks the record in `bytes`; anchors, policy, material and time are those of `asked`.
    pub(super) fn check(&self, bytes: &[u8], asked: &Validate, common: &Common) -> Result<FoundRecord, Error> {
        let lang = common.lang();
        let record = match EvidenceRecord::read(bytes) {
            Ok(record) => record,
            Err(error) => {
                // A limit of ours says nothing about the record.
                let is_too_much = matches!(error, RecordError::TooMany { .. });
                let exit = if is_too_much { Exit::Incomplete } else { Exit::Integrity };
                let lines = vec![NOT_RECORD.get(lang).to_owned(), format!("{}: {error}", TECHNICAL.get(lang))];
                return Ok(FoundRecord { exit, detail: error.to_string(), lines, report: None });
            }
        };
        let objects = self.objects(&algorithms(&record))?;
        let Some(policy) = asked.policy(common)? else {
            return Err(Error::new(ErrorCode::PolMalformed, "--policy", "the policy is refused"));
        };
        let material = material::read(&asked.material, common)?;
        let report = verify(&Question {
            record: &record,
            objects: &objects,
            exactly: self.exactly,
            material: &material,
            policy: &policy,
            at: asked.at(),
            poe: &[],
            caches: &Caches::default(),
        });
        let exit = match report.conclusion.indication.rank() {
            0 => Exit::Ok,
            1 => Exit::Incomplete,
            _ => Exit::Integrity,
        };
        let lines = lines(&report, lang);
        Ok(FoundRecord { exit, detail: report.conclusion.to_string(), lines, report: Some(report) })
    }

    /// The digests of the files, by the algorithms that the record wants.
    fn objects(&self, wanted: &[DigestAlgorithm]) -> Result<Vec<ObjectDigests>, Error> {
        let mut objects = Vec::new();
        for path in &self.content {
            let name = shown(&path.to_string_lossy());
            let content = validate::content(path)?;
            let digest = |algorithm: &DigestAlgorithm| {
                let digest = content.digest(*algorithm);
                let digest = digest.map_err(|e| Error::caused(ErrorCode::IngReadFailed, name.clone(), e))?;
                Ok((*algorithm, digest))
            };
            let digests: Result<Vec<_>, Error> = wanted.iter().map(digest).collect();
            objects.push(ObjectDigests { digests: digests?, name });
        }
        objects.extend(self.digest.iter().cloned());
        Ok(objects)
    }
}

/// The report for people.
fn lines(report: &EvidenceReport, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(since) = report.proven_since {
        lines.push(format!("{}: {}", SINCE.get(lang), local(since)));
    }
    if report.objects.is_empty() {
        lines.push(NO_DATA.get(lang).to_owned());
    }
    for object in &report.objects {
        lines.push(format!("{}: {}", object.name, if object.found { FOUND } else { NOT_FOUND }.get(lang)));
    }
    if report.other_digests > 0 {
        lines.push(format!("{}: {}", OTHERS.get(lang), report.other_digests));
    }
    lines.extend(report.timestamps.iter().enumerate().map(|(index, stamp)| line(index, stamp, lang)));
    if !report.unprotected.is_empty() {
        let parts: Vec<&str> = report.unprotected.iter().map(|part| part.text().get(lang)).collect();
        lines.push(format!("{}: {}", UNPROTECTED.get(lang), parts.join(", ")));
    }
    if let Some(sub) = report.conclusion.sub_indication {
        let why = if sub == SubIndication::HashFailure { CHANGED } else { sub.text() };
        lines.push(format!("{}: {}", WHY.get(lang), why.get(lang)));
        if sub == SubIndication::NoCertificateChainFound {
            lines.push(NO_ANCHOR.get(lang).to_owned());
        }
    }
    lines.push(format!("{}: {}", TECHNICAL.get(lang), report.conclusion));
    lines
}

/// `1. first time-stamp · 1 January 2026 · SHA-256 · CN=… · PASSED`
fn line(index: usize, stamp: &ArchiveTimeStampReport, lang: Lang) -> String {
    let unknown = || UNKNOWN.get(lang).to_owned();
    let time = stamp.time.map_or_else(unknown, local);
    let algorithm = stamp.algorithm.map_or_else(unknown, |algorithm| algorithm.name().to_owned());
    let authority = Some(stamp.authority()).filter(|name| !name.is_empty()).map_or_else(unknown, str::to_owned);
    let kind = stamp.kind.text().get(lang);
    let verdict = &stamp.conclusion.indication;
    let sub = stamp.conclusion.sub_indication.map(|sub| format!("/{sub}")).unwrap_or_default();
    format!("{}. {kind} · {time} · {algorithm} · {authority} · {verdict}{sub}", index.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_given_with_their_algorithm_and_full_length() {
        let (short, long) = ("ab".repeat(32), "cd".repeat(64));
        let both = parse_digests(&format!("sha-256:{short},SHA-512:{long}")).unwrap();
        assert_eq!(
            both.digests,
            [(DigestAlgorithm::Sha256, vec![0xab; 32]), (DigestAlgorithm::Sha512, vec![0xcd; 64])]
        );
        for bad in [short.clone(), format!("SHA-256:{long}"), format!("MD5:{short}"), "SHA-256:zz".to_owned()] {
            assert!(parse_digests(&bad).is_err(), "{bad}");
        }
    }
}
