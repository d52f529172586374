//! `muragat import TABLE --files DIR --profile ID`, and `import adopt|check|list|show` for its profiles.
//!
//! A trial (`--dry-run`) answers row by row what the import would, and writes nothing to the archive; it also takes the
//! file of a profile that nobody has approved yet. The report goes to a new file, and the same rows to stdout with
//! `--json`.

use super::answers::{check_new, write_new};
use super::ingest::print_refusals;
use super::material::{NOT_ADDED, not_shared};
use super::signed::Signatures;
use super::{Common, stop_flag};
use crate::archive::Archive;
use crate::clock::{local_text, rfc3339};
use crate::error::{Error, ErrorCode, Exit, Refusal};
use crate::ingest::approval::Approval;
use crate::ingest::import::approve::{Adopted, adopt};
use crate::ingest::import::profile::Profile;
use crate::ingest::import::{
    HeldProfile, Outcome, Reported, Run, Summary, adopted, csv_of, imports, in_force, read, run,
};
use crate::ingest::share::NotShared;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::tlog::commit::SYSTEM_ACTOR;
use crate::view;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `import`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ImportArgs {
    #[command(subcommand)]
    command: Option<ImportCommand>,
    /// The table: CSV in UTF-8, as the profile says.
    #[arg(required = true)]
    table: Option<PathBuf>,
    /// Folder of the files that the table names.
    #[arg(long, value_name = "DIR", required = true)]
    files: Option<PathBuf>,
    /// Id of an adopted profile; for a trial also the file of one that is not adopted.
    #[arg(long, value_name = "ID|FILE", required = true)]
    profile: Option<String>,
    /// Try it: say what would become of each row, and write nothing to the archive.
    #[arg(long)]
    dry_run: bool,
    /// Write the report row by row to this new CSV file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Threads that read and seal; as many as the machine has when not given.
    #[arg(long)]
    threads: Option<usize>,
    /// Certificates, CRLs and OCSP answers for the validation of signatures: files or folders.
    #[arg(long, value_name = "PATH")]
    material: Vec<PathBuf>,
}

#[derive(clap::Subcommand)]
enum ImportCommand {
    /// Check a profile, without an archive.
    Check(Check),
    /// Adopt a profile that two officers have signed.
    Adopt(Adopt),
    /// The adopted profiles, and the imports that were run.
    List,
    /// Give out the file of an adopted profile as it came.
    Show(Show),
}

#[derive(clap::Args)]
struct Check {
    /// The profile, as schema/import/1 says.
    file: PathBuf,
}

#[derive(clap::Args)]
struct Adopt {
    /// The profile; each officer signs it.
    file: PathBuf,
    #[command(flatten)]
    signatures: Signatures,
}

#[derive(clap::Args)]
struct Show {
    /// Id of the profile; the version that was adopted last is shown.
    id: String,
}

const TITLE: Text = text("импорт", "импорт", "import");
const SOUND: Text = text("дұрыс", "исправен", "sound");
const REFUSED_FILE: Text = text("қабылданбады", "не принят", "refused");
const ADOPTED: Text = text("енгізілді", "введён", "adopted");
const HELD_FILE: Text = text("бұрын енгізілген", "уже введён", "adopted before");
const NOTHING: Text = text("Ештеңе жоқ.", "Ничего нет.", "There is none.");
const PROFILE: Text = text("импорт бейіні", "профиль импорта", "import profile");
const TERM: Text = text("қолдану мерзімі", "срок применения", "may be used");
const PERIOD: Text = text("құжаттар кезеңі", "период документов", "documents of");
const KEPT: Text = text("белгімен сақталады", "хранится с пометкой", "kept with a flag");
const KEPT_UNSIGNED: Text = text("қолтаңбасыз құжаттар", "документы без подписи", "documents without signature");
const KEPT_UNPROVEN: Text = text(
    "бүгін дәлелденбейтін қолтаңбалар",
    "подписи, которые сегодня нельзя доказать",
    "signatures that cannot be proven today",
);
const KEPT_FAILED: Text = text("ЖАРАМСЫЗ қолтаңбалар", "НЕВЕРНЫЕ подписи", "signatures that DO NOT HOLD");
const KEPT_FORMATS: Text = text("тізімнен тыс пішімдер", "форматы вне перечня", "formats outside the list");
const APPROVED: Text = text("бекіткен", "утвердил", "approved by");
const IMPORT: Text = text("импорт", "импорт", "import");
const CUT_OFF: Text = text("аяқталмаған", "не завершён", "did not end");
const TRIAL: Text = text(
    "Сынақ: архивке ештеңе жазылмады.",
    "Проба: в архив ничего не записано.",
    "A trial: nothing was written to the archive.",
);
const NOT_VERIFIABLE: Text = text(
    "оның ішінде «қолтаңбаны тексеру мүмкін емес»",
    "из них «подпись проверить нельзя»",
    "of these «signature not verifiable»",
);
const UNNAMED: Text = text("файл кестеде аталмаған", "файлов не названо в таблице", "files are not named in the table");
const STOPPED: Text = text(
    "Тоқтатылды: импортты қайталаңыз, алынған жолдар бұрыннан бар деп танылады.",
    "Остановлено: повторите импорт, принятые строки будут узнаны.",
    "Stopped: run the import again; rows that were taken are held.",
);

fn outcome_text(word: &str) -> Text {
    match word {
        "accepted" => text("қабылданды", "принято", "accepted"),
        "held" => text("бұрыннан бар", "уже хранится", "held already"),
        "refused" => text("қабылданбады", "не принято", "refused"),
        "failed" => text("орындалмады", "не выполнено", "failed"),
        _ => text("басталмады", "не начато", "not begun"),
    }
}

impl ImportArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match &self.command {
            Some(ImportCommand::Check(args)) => args.run(common),
            Some(ImportCommand::Adopt(args)) => args.run(common),
            Some(ImportCommand::List) => list(common),
            Some(ImportCommand::Show(args)) => args.run(common),
            None => self.import(common),
        }
    }

    fn import(&self, common: &Common) -> Result<Exit, Error> {
        let missing = |what: &str| Error::new(ErrorCode::IngNoSuchPath, what, "not given");
        let table = self.table.as_deref().ok_or_else(|| missing("TABLE"))?;
        let files = self.files.as_deref().ok_or_else(|| missing("--files"))?;
        let name = self.profile.as_deref().ok_or_else(|| missing("--profile"))?;
        let not_written = |path: &Path, e| Error::caused(ErrorCode::ArcOutput, path.display().to_string(), e);
        // Said before an hour of work, not after it.
        if let Some(path) = &self.report {
            check_new(path).map_err(|e| not_written(path, e))?;
        }
        let material = super::material::read(&self.material, common)?;
        let archive = if self.dry_run { common.open()? } else { common.open_to_act()? };
        let profile = match profile(common, &archive, name, self.dry_run)? {
            Ok(profile) => profile,
            Err(refusals) => return Ok(refused(name, &refusals, common)),
        };
        // An account that is new would be an entry of the journal.
        let actor = if self.dry_run { SYSTEM_ACTOR } else { common.actor(&archive)? };
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
        let asked = Run {
            table,
            files,
            profile: &profile,
            is_trial: self.dry_run,
            actor,
            threads,
            material: Some(&material),
            stop: stop_flag(),
        };
        let mut cells = Vec::new();
        let bar = common.bar(TITLE);
        let mut done = 0;
        let summary = run(&archive, &asked, &mut |row| {
            done += 1;
            bar.set(done, done);
            if self.report.is_some() {
                cells.push(row.cells(common.lang()));
            }
            if common.json() {
                bar.above(|| common.print_json(&row_json(row, common.lang())));
            } else if matches!(row.outcome, Outcome::Refused(_) | Outcome::Failed(_)) {
                bar.above(|| print_row(row, common.lang()));
            }
        })?;
        bar.clear();
        let summary = match summary {
            Ok(summary) => summary,
            Err(refusals) => return Ok(refused(&table.to_string_lossy(), &refusals, common)),
        };
        // The rows are taken whatever becomes of the report, so their sums are said first.
        print_summary(&summary, self.dry_run, common);
        archive.close()?;
        if let Some(path) = &self.report {
            write_new(path, &csv_of(cells.into_iter())).map_err(|e| not_written(path, e))?;
        }
        Ok(exit(&summary))
    }
}

/// The profile of an import: an adopted one, or for a trial the file of any.
fn profile(
    common: &Common,
    archive: &Archive,
    name: &str,
    is_trial: bool,
) -> Result<Result<Profile, Vec<Refusal>>, Error> {
    let path = common.there(name);
    if is_trial && path.is_file() {
        return Ok(read(&path)?.2);
    }
    Ok(Ok(in_force(archive, name)?.profile))
}

/// Says that a file is refused as a whole.
fn refused(file: &str, refusals: &[Refusal], common: &Common) -> Exit {
    let lang = common.lang();
    if common.json() {
        common.print_json(&json!({"status": "refused", "reasons": view::refusals(refusals, lang)}));
    } else {
        out!("{}: {}", REFUSED_FILE.get(lang), shown(file));
        print_refusals(refusals, lang);
    }
    refusals.first().map_or(Exit::Refused, |refusal| refusal.code.exit())
}

/// A failure of the archive weighs more than a refusal.
fn exit(summary: &Summary) -> Exit {
    match summary.failure {
        Some(code) => code.exit(),
        None if summary.is_stopped => Exit::Interrupted,
        None if summary.counts.contains_key("refused") => Exit::Refused,
        None => Exit::Ok,
    }
}

fn row_json(row: &Reported, lang: Lang) -> Value {
    let failure = |e: &Error| vec![Refusal::new(e.code, e.subject.as_str(), e.what.as_str())];
    let reasons = match &row.outcome {
        Outcome::Refused(reasons) => reasons.clone(),
        Outcome::Failed(error) => failure(error),
        _ => Vec::new(),
    };
    json!({
        "line": row.line, "registration_number": row.number, "document_date": row.date,
        "status": row.outcome.as_str(), "record_id": row.record().map(|record| record.to_string()),
        "signatures": row.signatures(), "flags": row.flags, "reasons": view::refusals(&reasons, lang),
    })
}

fn print_row(row: &Reported, lang: Lang) {
    let word = outcome_text(row.outcome.as_str()).get(lang);
    out!("{word}: #{} {} {}", row.line, shown(&row.number), shown(&row.date));
    match &row.outcome {
        Outcome::Refused(reasons) => print_refusals(reasons, lang),
        Outcome::Failed(error) if error.what.is_empty() => out!("  {}", error.code),
        Outcome::Failed(error) => out!("  {}", shown(&error.to_string())),
        _ => {}
    }
}

fn print_summary(summary: &Summary, is_trial: bool, common: &Common) {
    let lang = common.lang();
    if common.json() {
        common.print_json(&json!({"summary": {
            "import": summary.act.map(|act| act.to_string()), "dry_run": is_trial, "rows": summary.counts,
            "not_verifiable": summary.not_verifiable, "codes": summary.codes, "unnamed": summary.unnamed,
        }}));
        return;
    }
    for (word, count) in &summary.counts {
        out!("{count:>8}  {}", outcome_text(word).get(lang));
        if *word == "accepted" && summary.not_verifiable > 0 {
            out!("{:>8}    {}", summary.not_verifiable, NOT_VERIFIABLE.get(lang));
        }
    }
    for (code, count) in &summary.codes {
        let text = ErrorCode::parse(code).map_or("", |code| code.text(lang));
        out!("{count:>8}    {code} {text}");
    }
    if !summary.unnamed.is_empty() {
        out!("{:>8}  {}", summary.unnamed.len(), UNNAMED.get(lang));
        for name in &summary.unnamed {
            out!("            {}", shown(name));
        }
    }
    if let Some(act) = summary.act {
        out!("{}: {act}", IMPORT.get(lang));
    }
    if is_trial {
        common.say(TRIAL.get(lang));
    }
    if summary.is_stopped {
        common.say(STOPPED.get(lang));
    }
}

fn profile_json(profile: &Profile) -> Value {
    let keep = profile.keep;
    json!({
        "id": profile.id, "version": profile.version, "sha256": profile.sha256.to_string(),
        "date": profile.date.to_string(), "until": profile.until.to_string(), "agency": profile.agency,
        "period": {"from": profile.period.0.to_string(), "to": profile.period.1.to_string()},
        "keep": {
            "unsigned": keep.unsigned, "unproven": keep.unproven, "failed": keep.failed, "formats": keep.formats,
        },
    })
}

fn print_profile(profile: &Profile, lang: Lang) {
    out!("  {}: {} {} · {}", PROFILE.get(lang), shown(&profile.id), shown(&profile.version), shown(&profile.agency));
    out!("  {} · {}", shown(&profile.system), shown(&profile.basis));
    out!("  {}: {}..{}", TERM.get(lang), profile.date, profile.until);
    out!("  {}: {}..{}", PERIOD.get(lang), profile.period.0, profile.period.1);
    let keep = profile.keep;
    let kept = [
        (keep.unsigned, KEPT_UNSIGNED),
        (keep.unproven, KEPT_UNPROVEN),
        (keep.failed, KEPT_FAILED),
        (keep.formats, KEPT_FORMATS),
    ];
    for (_, what) in kept.iter().filter(|(is_kept, _)| *is_kept) {
        out!("  {}: {}", KEPT.get(lang), what.get(lang));
    }
    out!("  SHA-256 {}", profile.sha256);
}

fn approval_json(approval: &Approval) -> Value {
    json!({
        "kind": approval.kind.as_str(), "post": approval.post, "basis": approval.basis, "signed": approval.signed,
    })
}

impl Check {
    fn run(&self, common: &Common) -> Result<Exit, Error> {
        let name = self.file.to_string_lossy();
        match read(&self.file)?.2 {
            Ok(profile) if common.json() => {
                let mut value = profile_json(&profile);
                value["status"] = "sound".into();
                common.print_json(&value);
            }
            Ok(profile) => {
                out!("{}: {}", SOUND.get(common.lang()), shown(&name));
                print_profile(&profile, common.lang());
            }
            Err(refusals) => return Ok(refused(&name, &refusals, common)),
        }
        Ok(Exit::Ok)
    }
}

impl Adopt {
    fn run(&self, common: &Common) -> Result<Exit, Error> {
        let (bytes, name, _) = read(&self.file)?;
        let (signatures, material) = self.signatures.read(common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let lang = common.lang();
        let exit = match adopt(&archive, (&bytes, &name), &signatures, &material, actor)? {
            Adopted::Done { profile, entry, shared } => {
                // Certificates of people and OCSP answers lie with the act.
                let left = shared.left.iter().filter(|(_, why)| *why != NotShared::NamesPeople);
                if common.json() {
                    let left = left.map(|(sha256, why)| json!({"reason": why.as_str(), "sha256": sha256.to_string()}));
                    common.print_json(&json!({
                        "status": "adopted", "id": profile.id, "version": profile.version,
                        "sha256": profile.sha256.to_string(), "entry": entry, "left": left.collect::<Vec<_>>(),
                    }));
                } else {
                    out!("{}: {} (#{entry})", ADOPTED.get(lang), shown(&name));
                    print_profile(&profile, lang);
                    for (sha256, why) in left {
                        out!("{}: {sha256}", NOT_ADDED.get(lang));
                        out!("  {}", not_shared(*why).get(lang));
                    }
                }
                Exit::Ok
            }
            Adopted::Held => {
                if common.json() {
                    common.print_json(&json!({"status": "held"}));
                } else {
                    out!("{}: {}", HELD_FILE.get(lang), shown(&name));
                }
                Exit::Ok
            }
            Adopted::Refused(refusals) => refused(&name, &refusals, common),
        };
        archive.close()?;
        Ok(exit)
    }
}

fn print_approvals(held: &HeldProfile, lang: Lang) {
    for approval in &held.approvals {
        let (post, office) = (shown(&approval.post), approval.kind.text().get(lang));
        out!("  {}: {post} ({office}) {}", APPROVED.get(lang), local(&approval.signed));
    }
}

/// A time of the record as people of this place write it.
fn local(time: &str) -> String {
    let read = chrono::DateTime::parse_from_rfc3339(time).ok();
    let millis = read.and_then(|time| u64::try_from(time.timestamp_millis()).ok());
    millis.map_or_else(|| shown(time), local_text)
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let (profiles, runs) = (adopted(&archive)?, imports(&archive)?);
    for held in &profiles {
        if common.json() {
            let mut value = profile_json(&held.profile);
            value["entry"] = held.entry.into();
            value["approvals"] = held.approvals.iter().map(approval_json).collect();
            common.print_json(&value);
        } else {
            out!("#{} {}", held.entry, local_text(held.at));
            print_profile(&held.profile, lang);
            print_approvals(held, lang);
        }
    }
    for begun in &runs {
        if common.json() {
            common.print_json(&json!({
                "import": begun.act.to_string(), "profile": begun.profile, "entry": begun.entry,
                "time": rfc3339(begun.at), "rows": begun.rows, "ended": begun.ended.as_ref().map(|(entry, _)| entry),
                "counts": begun.ended.as_ref().map(|(_, counts)| counts),
            }));
            continue;
        }
        let counts = match &begun.ended {
            None => CUT_OFF.get(lang).to_owned(),
            Some((_, counts)) => {
                let count = |(word, count): (&String, &u64)| format!("{} {count}", outcome_text(word).get(lang));
                counts.iter().map(count).collect::<Vec<_>>().join(", ")
            }
        };
        out!("#{} {} {} {} · {counts}", begun.entry, local_text(begun.at), IMPORT.get(lang), begun.act);
    }
    if profiles.is_empty() && runs.is_empty() && !common.json() {
        out!("{}", NOTHING.get(lang));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

impl Show {
    fn run(&self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let held = in_force(&archive, &self.id)?;
        // What was adopted is UTF-8: it was read as TOML.
        let file = String::from_utf8_lossy(&held.file);
        if common.json() {
            let mut value = profile_json(&held.profile);
            value["entry"] = held.entry.into();
            value["approvals"] = held.approvals.iter().map(approval_json).collect();
            value["file"] = file.into();
            common.print_json(&value);
        } else {
            out_raw!("{file}");
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_approval_is_local() {
        assert_eq!(local("2026-11-22T14:06:11Z"), "22.11.2026 19:06:11 +05:00");
        assert_eq!(local("soon"), "soon");
    }
}
