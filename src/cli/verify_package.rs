//! `muragat verify PACKAGE`: a package of a transfer, a folder or a tar, judged by itself.
//!
//! It is whole when every byte is what the package says and nothing lies besides (exit code 0); changed or
//! contradictory (6); or something in it cannot be judged here (9). Whose it is, no package says: that is told each
//! time. The rules are those of [`judge`]; here they are shown.

use super::Common;
use super::verify::{exit_of, word_of};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::digest::Sha256;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::transfer::read::check::finding::{Finding, Kind, PackageReport};
use crate::transfer::read::check::judge;
use crate::transfer::read::digest;
use crate::transfer::read::source::{Folder, Source, Tar};
use serde_json::{Value, json};
use std::fs::File;
use std::io;
use std::path::Path;

const TITLE: Text = text("топтаманы тексеру", "проверка пакета", "checking the package");
const BAG_OF_EARK: Text = text(
    "ішінде E-ARK топтамасы бар BagIt қабы",
    "контейнер BagIt с пакетом E-ARK",
    "a BagIt bag with an E-ARK package",
);
const EARK: Text = text("E-ARK топтамасы", "пакет E-ARK", "an E-ARK package");
const BAG: Text = text("BagIt қабы", "контейнер BagIt", "a BagIt bag");
const FILES: Text = text("файл", "файлов", "files");
const BYTES: Text = text("байт", "байт", "bytes");
const REPRESENTATIONS: Text = text("ұсыным", "представлений", "representations");
const MORE: Text = text("тағы осындай табылғаны", "найдено ещё", "found beside these");
const NOT_ASKED: Text = text(
    "Тексерілген жоқ: топтаманы кім жасағаны. Топтаманың өзі оны дәлелдемейді: жіберушінің қолы қойылған хабарын оның \
     дайджестімен салыстырыңыз.",
    "Не проверено: кем создан пакет. Сам пакет этого не доказывает: сверьте подписанное сообщение отправителя с его \
     дайджестом.",
    "Not checked: who made the package. A package does not prove that by itself: compare what its sender signed with \
     its digest.",
);

/// What was found of a package.
pub(super) struct FoundPackage {
    pub(super) exit: Exit,
    /// The worst, in technical English.
    pub(super) detail: String,
    /// For people.
    pub(super) lines: Vec<String>,
    /// For programs.
    pub(super) value: Value,
}

impl FoundPackage {
    /// By which digest a sender names it, when it has a file that covers all others.
    fn tell_digest(&mut self, digest: Option<Sha256>) {
        if let Some(digest) = digest {
            self.value["digest"] = digest.to_string().into();
            self.lines.insert(self.lines.len().min(1), format!("SHA-256 {digest}"));
        }
    }
}

/// Where a header of a tar says what it is, and how.
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// Whether a file is a tar, or was one.
pub(super) fn is_tar(path: &Path, head: &[u8]) -> bool {
    let has_mark = head.get(TAR_MARK.0..).is_some_and(|rest| rest.starts_with(TAR_MARK.1));
    has_mark || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tar"))
}

/// Judges a folder.
pub(super) fn folder(path: &Path, common: &Common) -> Result<FoundPackage, Error> {
    let source = Folder::open(path).map_err(|e| failed(path, e))?;
    judged(&source, path, common)
}

/// Judges a tar.
pub(super) fn tar(path: &Path, common: &Common) -> Result<FoundPackage, Error> {
    let source = File::open(path).and_then(Tar::open).map_err(|e| failed(path, e))?;
    judged(&source, path, common)
}

fn failed(path: &Path, error: io::Error) -> Error {
    let code = match error.kind() {
        io::ErrorKind::InvalidData => ErrorCode::TrfTooMany,
        io::ErrorKind::NotFound => ErrorCode::IngNoSuchPath,
        _ => ErrorCode::IngReadFailed,
    };
    Error::caused(code, shown(&path.to_string_lossy()), error)
}

fn judged(source: &dyn Source, path: &Path, common: &Common) -> Result<FoundPackage, Error> {
    let bar = common.bar(TITLE);
    let mut progress = |done: u64, all: u64| {
        bar.set(done / 1_000_000, all / 1_000_000);
        bar.message("MB".to_owned());
    };
    let judged = judge(source, None, &mut progress);
    bar.clear();
    let report = judged.map_err(|e| failed(path, e))?.report;
    if report.kind.is_none() && source.odd().is_empty() {
        let what = report.findings.first().map(|one| one.detail.clone()).unwrap_or_default();
        return Err(Error::new(ErrorCode::TrfNoPackage, shown(&path.to_string_lossy()), what));
    }
    let digest = digest(source).map_err(|e| failed(path, e))?;
    let mut package = found(&report, common);
    package.tell_digest(digest);
    Ok(package)
}

pub(super) fn found(report: &PackageReport, common: &Common) -> FoundPackage {
    let lang = common.lang();
    let exit = exit_of(report.outcome());
    let mut lines = Vec::new();
    if let Some(kind) = report.kind {
        let kind = match kind {
            Kind::BagOfEark => BAG_OF_EARK,
            Kind::Eark => EARK,
            Kind::Bag => BAG,
        };
        let name = report.name.as_deref().map(|name| format!(" {}", shown(name))).unwrap_or_default();
        let count = match report.representations.len() {
            0 => String::new(),
            count => format!("{count} {}, ", REPRESENTATIONS.get(lang)),
        };
        let (files, bytes) = (report.files, report.bytes);
        let kind = kind.get(lang);
        lines.push(format!("{kind}{name}: {count}{files} {}, {bytes} {}", FILES.get(lang), BYTES.get(lang)));
    }
    let line = |one: &Finding| {
        let parts = [one.check.text().get(lang), &one.subject, &one.detail];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}: {}", word_of(one.outcome).get(lang), parts.join(" · "))
    };
    lines.extend(report.findings.iter().map(line));
    if report.more > 0 {
        lines.push(format!("{}: {}", MORE.get(lang), report.more));
    }
    lines.push(NOT_ASKED.get(lang).to_owned());
    let finding = |one: &Finding| {
        json!({
            "check": one.check.as_str(), "outcome": one.outcome.as_str(), "subject": one.subject, "detail": one.detail,
        })
    };
    let value = json!({
        "form": report.kind.map(Kind::as_str), "name": report.name, "files": report.files, "bytes": report.bytes,
        "representations": report.representations.len(),
        "findings": report.findings.iter().map(finding).collect::<Value>(), "more": report.more,
    });
    // The first of the worst.
    let worst = report.findings.iter().rev().max_by_key(|one| one.outcome);
    let detail = worst.map(|one| format!("{} {}: {}", one.check.as_str(), one.subject, one.detail)).unwrap_or_default();
    FoundPackage { exit, detail, lines, value }
}
