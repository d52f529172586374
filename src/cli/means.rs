//! `muragat means deposit|list`, and the deposit that `init` and every upgrade make by themselves.
//!
//! It finds the files: the program's own, and the source bundle beside it. What is kept and what is refused is decided
//! in [`crate::ingest::means`].

use super::{Common, bytes_text};
use crate::archive::Archive;
use crate::clock::{local_text, rfc3339};
use crate::config::MeansKept;
use crate::error::{Error, ErrorCode, Exit};
use crate::index::rows::RecordRow;
use crate::ingest::means::{Deposited, Given, check_source, deposit, is_due};
use crate::model::means::{Missing, MissingReason, PROGRAM_FILE, Program, SOURCE_FILE};
use crate::model::record::CardField;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::tlog::commit::SYSTEM_ACTOR;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file of the running program: also when another lies under its name by now.
const OWN_FILE: &str = "/proc/self/exe";

/// Arguments of `means`.
#[derive(clap::Args)]
pub(super) struct MeansArgs {
    #[command(subcommand)]
    command: MeansCommand,
}

#[derive(clap::Subcommand)]
enum MeansCommand {
    /// Keep this program, or what an earlier deposit of it lacks: its source.
    Deposit(Deposit),
    /// The programs that are kept.
    List,
}

#[derive(clap::Args)]
struct Deposit {
    /// The source bundle, made by tools/means/pack; beside the program when not given.
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
}

const KEPT: Text = text("Тексеру құралдары сақталды", "Средства проверки сохранены", "Verification means are kept");
const HELD: Text = text("бұрыннан бар", "уже есть", "kept before");
const MISSING: Text = text("жоқ", "нет", "missing");
const NOTHING: Text =
    text("Тексеру құралдары сақталмаған.", "Средства проверки не сохранены.", "No verification means are kept.");
const WHOLE: Text = text("бағдарлама және бастапқы мәтін", "программа и исходный текст", "program and source");
const PROGRAM_ONLY: Text = text("тек бағдарлама", "только программа", "program only");
const SOURCE_ONLY: Text = text("тек бастапқы мәтін", "только исходный текст", "source only");
const REFERENCE_ONLY: Text = text("тек сілтеме", "только ссылка", "reference only");

fn reason_text(reason: MissingReason) -> Text {
    match reason {
        MissingReason::Reference => text(
            "баптау бойынша тек сілтеме сақталады (means = \"reference\")",
            "по настройке хранится только ссылка (means = \"reference\")",
            "the configuration keeps a reference only (means = \"reference\")",
        ),
        MissingReason::NoSource => text(
            "берілмеген және бағдарламаның қасында жоқ; means deposit --source арқылы қосыңыз",
            "не дан и не лежит рядом с программой; добавьте через means deposit --source",
            "not given and not beside the program; add it with means deposit --source",
        ),
        MissingReason::OtherSource => text(
            "бағдарламаның қасындағысы басқа бағдарламаныкі; means deposit --source арқылы қосыңыз",
            "рядом с программой лежит текст другой сборки; добавьте через means deposit --source",
            "what lies beside the program is another source; add it with means deposit --source",
        ),
        MissingReason::Held => text("бұрынғы жазбада бар", "есть в прежней записи", "an earlier record has it"),
        MissingReason::NoPolicy => text(
            "тексеру саясаты әлі қабылданбаған; ол қабылданған әрекетінде сақталады",
            "политика проверки ещё не принята; она хранится в акте её принятия",
            "no validation policy was adopted yet; each lies in the act of its adoption",
        ),
    }
}

/// The bundle that lies beside the program, if one does.
fn bundle_beside() -> Option<PathBuf> {
    let folder = std::fs::read_link(OWN_FILE).ok()?.parent()?.to_owned();
    let bundle = folder.join(format!("muragat-{}-source.tar.zst", env!("CARGO_PKG_VERSION")));
    bundle.is_file().then_some(bundle)
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|e| {
        let is_missing = e.kind() == std::io::ErrorKind::NotFound;
        let code = if is_missing { ErrorCode::IngNoSuchPath } else { ErrorCode::IngReadFailed };
        Error::caused(code, path.display().to_string(), e)
    })
}

/// Deposits this program with the source in `source`.
fn deposit_with(archive: &Archive, source: Option<&Path>, no_source: MissingReason) -> Result<Deposited, Error> {
    let mut program = open(Path::new(OWN_FILE))?;
    let mut file = source.map(open).transpose()?;
    let name = source.map(|path| path.display().to_string()).unwrap_or_default();
    let source = file.as_mut().map(|file| (name.as_str(), file as &mut dyn Read));
    deposit(archive, Given { program: &mut program, source, no_source }, SYSTEM_ACTOR)
}

/// The source for the deposit of a new archive, checked before anything is made: here one that is not the program's
/// ends the command.
pub(super) fn first_source(means: MeansKept, given: Option<PathBuf>) -> Result<Option<PathBuf>, Error> {
    let beside = if means == MeansKept::Full { bundle_beside() } else { None };
    let source = given.or(beside);
    if let Some(path) = &source {
        check_source(&Program::this(), &path.display().to_string(), &mut open(path)?)?;
    }
    Ok(source)
}

/// The deposit of a new archive.
pub(super) fn deposit_first(archive: &Archive, source: Option<&Path>) -> Result<Option<Deposited>, Error> {
    if archive.config().means == MeansKept::None && source.is_none() {
        return Ok(None);
    }
    deposit_with(archive, source, MissingReason::NoSource).map(Some)
}

/// The deposit of an upgrade, before the first act of a new program. What lies beside it is nobody's word, so when that
/// is another source, the program is kept without.
pub(super) fn deposit_if_due(archive: &Archive, common: &Common) -> Result<(), Error> {
    if !is_due(archive)? {
        return Ok(());
    }
    let beside = if archive.config().means == MeansKept::Full { bundle_beside() } else { None };
    let deposited = match deposit_with(archive, beside.as_deref(), MissingReason::NoSource) {
        Err(e) if matches!(e.code, ErrorCode::MeaOtherSource | ErrorCode::MeaBundle) => {
            common.report_error(&e);
            deposit_with(archive, None, MissingReason::OtherSource)?
        }
        other => other?,
    };
    say(&deposited, common);
    Ok(())
}

/// Says on stderr what was deposited and what is missing.
pub(super) fn say(deposited: &Deposited, common: &Common) {
    let lang = common.lang();
    common.say(&format!("{}: {}", KEPT.get(lang), deposited.record));
    for missing in &deposited.means.missing {
        common.say(&format!("  {}", missing_text(missing, lang)));
    }
}

fn missing_text(missing: &Missing, lang: Lang) -> String {
    let record = missing.record.map(|record| format!(" {record}")).unwrap_or_default();
    format!("{}: {} ({}{record})", missing.path, MISSING.get(lang), reason_text(missing.reason).get(lang))
}

impl MeansArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            MeansCommand::Deposit(deposit) => deposit.run(common),
            MeansCommand::List => list(common),
        }
    }
}

impl Deposit {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let source = self.source.or_else(bundle_beside);
        let held = archive.means_of(archive.program())?;
        let has = |path: &str| held.iter().find(|row| row.components.iter().any(|c| c.path == path));
        // Nothing is kept twice.
        let there = if source.is_some() { has(SOURCE_FILE) } else { held.first() };
        let (status, record) = match there {
            Some(row) => ("held", row.id()),
            None => {
                let deposited = deposit_with(&archive, source.as_deref(), MissingReason::NoSource)?;
                if !common.json() {
                    say(&deposited, common);
                }
                ("deposited", deposited.record)
            }
        };
        if common.json() {
            let program = archive.program().value();
            common.print_json(&json!({"status": status, "record_id": record.to_string(), "program": program}));
        } else if status == "held" {
            out!("{}: {record}", HELD.get(common.lang()));
        } else {
            out!("{record}");
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let rows = archive.all_means()?;
    for row in &rows {
        print_row(row, common);
    }
    if rows.is_empty() && !common.json() {
        out!("{}", NOTHING.get(common.lang()));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn print_row(row: &RecordRow, common: &Common) {
    let part = |path: &str| row.components.iter().find(|c| c.path == path);
    let number = row.card_field(CardField::RegistrationNumber).unwrap_or_default();
    let source = row.card_field(CardField::Title).and_then(|title| title.split_whitespace().next_back());
    let (program, bundle) = (part(PROGRAM_FILE), part(SOURCE_FILE));
    if common.json() {
        let size = |part: Option<&crate::index::rows::ComponentRow>| part.map(|c| c.stored.plain_len);
        common.print_json(&json!({
            "record_id": row.id().to_string(), "number": number, "source": source, "accepted": rfc3339(row.accepted),
            "program_bytes": size(program), "source_bytes": size(bundle),
        }));
        return;
    }
    let what = match (program, bundle) {
        (Some(_), Some(_)) => WHOLE,
        (Some(_), None) => PROGRAM_ONLY,
        (None, Some(_)) => SOURCE_ONLY,
        (None, None) => REFERENCE_ONLY,
    };
    let bytes: u64 = row.components.iter().map(|c| c.stored.plain_len).sum();
    out!("{} · {} · {}", row.id(), shown(number), local_text(row.accepted));
    out!("  {} · {}", what.get(common.lang()), bytes_text(bytes));
    out!("  {}", source.unwrap_or_default());
}

/// What `doctor` says of the means of the program at work: code, text, detail.
pub(super) fn advice(archive: &Archive) -> Result<Option<(&'static str, Text, String)>, Error> {
    let held = archive.means_of(archive.program())?;
    let has = |path: &str| held.iter().any(|row| row.components.iter().any(|c| c.path == path));
    let source = archive.program().source.to_string();
    Ok(match () {
        () if held.is_empty() => Some(("means-none", NO_MEANS, source)),
        () if !has(SOURCE_FILE) || !has(PROGRAM_FILE) => Some(("means-partial", PARTIAL, source)),
        () => None,
    })
}

const NO_MEANS: Text = text(
    "Осы бағдарлама архивте сақталмаған: есептерді болашақта қайталау қиын болады. means deposit --source орындаңыз.",
    "Эта программа в архиве не сохранена: повторить отчёты в будущем будет трудно. Выполните means deposit --source.",
    "This program is not kept in the archive: its reports will be hard to repeat one day. Run means deposit --source.",
);
const PARTIAL: Text = text(
    "Осы бағдарламаның архивте тек сілтемесі немесе тек бір бөлігі бар. tools/means/pack жасаған бастапқы мәтінді \
     means deposit --source арқылы қосыңыз.",
    "От этой программы в архиве есть только ссылка или только часть. Добавьте исходный текст, собранный \
     tools/means/pack, командой means deposit --source.",
    "Of this program the archive has a reference or a part only. Add the source that tools/means/pack makes with \
     means deposit --source.",
);

/// This program as `show` and `doctor` name it.
pub(super) fn program_text(program: &Value) -> String {
    let field = |key: &str| program.get(key).and_then(Value::as_str).map(shown).unwrap_or_default();
    let record = field("record");
    let record = if record.is_empty() { record } else { format!(" · {record}") };
    format!("{} {} · {}{record}", field("name"), field("version"), field("source"))
}
