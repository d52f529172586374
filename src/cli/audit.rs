//! `muragat audit`.
//!
//! It opens the files and not the archive, so that it speaks when the archive refuses to open, and without keys.

use super::{Common, bytes_text};
use crate::archive::hold;
use crate::audit::{AuditReport, Finding, Options, audit};
use crate::config::Config;
use crate::error::{Error, ErrorCode, Exit};
use crate::index::open::index_at_hand;
use crate::store::local::LocalDisk;
use crate::text::{Text, text};
use crate::vault::keys::KeyFolder;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// Arguments of `audit`.
#[derive(clap::Args)]
pub(super) struct Audit {
    /// Only headers and digests of the store, not every byte.
    #[arg(long, conflicts_with = "full")]
    fast: bool,
    /// Every byte (the default).
    #[arg(long)]
    full: bool,
    /// Threads that read; as many as the machine has when not given.
    #[arg(long)]
    threads: Option<usize>,
}

const TITLE: Text = text("тексеру", "проверка", "audit");
const CLEAN: Text = text("Бәрі бүтін", "Всё цело", "Everything is whole");
const NO_DIFFERENCE: Text = text(
    "Айырмашылық табылмады; мазмұны оқылған жоқ",
    "Расхождений не найдено; содержимое не читалось",
    "No difference was found; contents were not read",
);
const FOUND: Text = text("Сәйкессіздік табылды", "Найдены расхождения", "Differences were found");
const LOOKED: Text = text("Тексерілді", "Проверено", "Checked");
const ENTRIES: Text = text("журнал жазбасы", "записей журнала", "journal entries");
const RECORDS: Text = text("құжат", "документов", "records");
const OBJECTS: Text = text("объект", "объектов", "objects");
const PAGES: Text = text("кілт беті", "страниц ключей", "key pages");
const EVERY_BYTE: Text = text("әрбір байт оқылды", "прочитан каждый байт", "every byte was read");
const HEADERS: Text = text("тек тақырыптар оқылды", "прочитаны только заголовки", "only headers were read");
const NO_KEYS: Text = text(
    "Кілттер қалтасы жоқ: индекс пен кілттер тексерілмеді.",
    "Папки ключей нет: индекс и ключи не проверены.",
    "There is no key folder: index and keys were not checked.",
);

impl Audit {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
        let report = run(common.folder()?, Options { every_byte: !self.fast, threads }, common)?;
        print(&report, common);
        Ok(if report.is_clean() { Exit::Ok } else { ErrorCode::AudFinding.exit() })
    }
}

/// Audits the archive in `folder` as it lies there.
pub(super) fn run(folder: &Path, options: Options, common: &Common) -> Result<AuditReport, Error> {
    let config = Config::load(folder)?;
    // Nobody writes while we look; a medium that cannot be locked (read-only) has no writer anyway.
    let _held = match hold(folder) {
        Err(e) if e.code == ErrorCode::ArcHeld => return Err(e),
        held => held.ok(),
    };
    let disk = LocalDisk::open_read_only(folder);
    let keys_path = config.keys_path(folder);
    let keys =
        keys_path.is_dir().then(|| KeyFolder::new(Arc::new(LocalDisk::open_read_only(&keys_path)), config.archive_id));
    if keys.is_none() {
        common.say(NO_KEYS.get(common.lang()));
    }
    // The index is derived: whatever is wrong with it is a finding, and the truths are audited all the same.
    let mut index_trouble = None;
    let mut index = match keys.as_ref().filter(|_| is_writable(folder)).map(|k| index_at_hand(folder, config.engine, k))
    {
        Some(Err(e)) => {
            index_trouble = Some(e.to_string());
            None
        }
        Some(Ok(index)) => index,
        None => None,
    };
    if options.every_byte
        && let Some(at_hand) = &mut index
        && let Err(e) = at_hand.kv.check()
    {
        index_trouble = Some(e.to_string());
        index = None;
    }
    let bar = common.bar(TITLE);
    let mut report = audit(&disk, &config, keys.as_ref(), index.as_ref(), options, &|done, all| {
        bar.set(done / 1_000_000, all / 1_000_000);
        bar.message("MB".to_owned());
    })?;
    bar.clear();
    if let Some(what) = index_trouble {
        report.findings.push(Finding { file: "index".into(), what: format!("{what}; run `muragat reindex`") });
    }
    Ok(report)
}

// An index engine opens its files for writing; on a medium that is read-only the index is left out.
fn is_writable(folder: &Path) -> bool {
    std::fs::OpenOptions::new().append(true).open(folder.join("state").join("held")).is_ok()
}

/// Prints a report.
pub(super) fn print(report: &AuditReport, common: &Common) {
    if common.json() {
        let mut value = json!(report);
        value["clean"] = json!(report.is_clean());
        common.print_json(&value);
        return;
    }
    let lang = common.lang();
    out!(
        "{}: {} {} · {} {} · {} {} · {} · {} {} ({})",
        LOOKED.get(lang),
        report.entries,
        ENTRIES.get(lang),
        report.records,
        RECORDS.get(lang),
        report.objects,
        OBJECTS.get(lang),
        bytes_text(report.store_bytes),
        report.vault_pages,
        PAGES.get(lang),
        if report.every_byte { EVERY_BYTE } else { HEADERS }.get(lang),
    );
    if report.is_clean() {
        out!("{}.", if report.every_byte { CLEAN } else { NO_DIFFERENCE }.get(lang));
        return;
    }
    out!("{}: {}", FOUND.get(lang), report.findings.len());
    for finding in &report.findings {
        out!("  {} {}: {}", ErrorCode::AudFinding, finding.file, finding.what);
    }
    common.say(ErrorCode::AudFinding.text(lang));
}
