//! `muragat disposal`: what is to be destroyed, who says so, and the proof that it is gone.
//!
//! Every step but cancelling is a statement that a person signs outside (`disposal statement` writes it): the program
//! knows people by their signatures, and whoever runs it decides nothing.

use super::beside::write_all_new;
use super::ingest::print_refusals;
use super::signed::{Signatures, SignedFiles};
use super::{Common, Handle, id_of, read_up_to};
use crate::archive::Archive;
use crate::clock::local_text;
use crate::disposition::case::{self, Case, Stage};
use crate::disposition::certificate;
use crate::disposition::destroy::{self, Executed};
use crate::disposition::plan::Plan;
use crate::disposition::propose::{Asked, MINUTES_BYTES_MAX, draft};
use crate::disposition::sign::{Taken, cancel, take_as};
use crate::disposition::statement::{FilesSaid, STATEMENT_BYTES_MAX, Statement, StatementKind, Verdict};
use crate::error::{Error, ErrorCode, Exit, Refusal};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::verify::policy::SignerKind;
use crate::view::{self, Masked};
use chrono::NaiveDate;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Arguments of `disposal`.
#[derive(clap::Args)]
pub(super) struct DisposalArgs {
    #[command(subcommand)]
    command: DisposalCommand,
}

#[derive(clap::Subcommand)]
enum DisposalCommand {
    /// Draw up a plan of what is due; or take in the signed statement by which it is proposed.
    Propose(Propose),
    /// Write a statement about a plan, to be signed outside.
    Statement(Draft),
    /// Take in the review of a member of the commission.
    Review(SignedArgs),
    /// Take in an approval.
    Approve(SignedArgs),
    /// Cancel a plan that was not executed.
    Cancel {
        /// Id of the plan.
        plan: String,
        /// Why; kept with the act.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Destroy what an approved plan names and what is still due; two officers sign which day it is.
    Execute(Execute),
    /// Compact the store and say in the journal that nothing is left of what a plan destroyed.
    Complete {
        /// Id of the plan.
        plan: String,
    },
    /// The certificate of destruction.
    Certificate {
        /// Id of the plan.
        plan: String,
        /// Write it into this file.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// A plan with its files and who signed what.
    Show {
        /// Id of the plan.
        plan: String,
    },
    /// All plans, oldest first.
    List,
}

#[derive(clap::Args)]
#[command(mut_arg("signatures", |arg| arg.requires("statement")))]
struct Propose {
    /// Code of the agency whose files are looked at.
    #[arg(long, required_unless_present = "statement", conflicts_with = "statement")]
    agency: Option<String>,
    /// Only this file; may be repeated. All that are due when not given.
    #[arg(long = "file", value_name = "ID", requires = "agency")]
    files: Vec<String>,
    /// Number of the act of selection; the next one of the year when not given.
    #[arg(long, requires = "agency")]
    number: Option<String>,
    /// The minutes of the expert commission.
    #[arg(long, value_name = "FILE", requires_all = ["minutes_number", "minutes_date"])]
    minutes: Option<PathBuf>,
    /// Their number.
    #[arg(long, value_name = "TEXT", requires = "minutes")]
    minutes_number: Option<String>,
    /// Their date, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", requires = "minutes")]
    minutes_date: Option<NaiveDate>,
    /// Write the plan into this file.
    #[arg(short, long, value_name = "FILE", requires = "agency")]
    output: Option<PathBuf>,
    /// The statement that was signed.
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
    #[command(flatten)]
    signatures: Signatures,
}

#[derive(clap::Args)]
struct SignedArgs {
    /// The statement that was signed.
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    #[command(flatten)]
    signatures: Signatures,
}

#[derive(clap::Args)]
struct Execute {
    /// Id of the plan.
    plan: String,
    #[command(flatten)]
    signed: SignedArgs,
}

#[derive(clap::Args)]
struct Draft {
    /// Id of the plan.
    plan: String,
    /// What it does: propose, review, approve or confirm_date.
    #[arg(long, value_parser = act)]
    act: StatementKind,
    /// Number (IIN) of who signs it; not with confirm_date, which two persons sign.
    #[arg(long, value_name = "IIN")]
    person: Option<String>,
    /// A verdict on a file of the plan: N=destroy, N=forever, N=extend:YYYY-MM-DD or N=reclassify:LIST/ITEM.
    #[arg(long = "verdict", value_name = "N=VERDICT", value_parser = verdict)]
    verdicts: Vec<(u32, Verdict)>,
    /// Why a file is kept: N=TEXT.
    #[arg(long = "reason", value_name = "N=TEXT", value_parser = reason)]
    reasons: Vec<(u32, String)>,
    /// All files without a verdict may be destroyed: each is written down by itself.
    #[arg(long)]
    rest: bool,
    /// The file; stdout when not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const DRAWN_UP: Text = text("жоспар жасалды", "план составлен", "plan drawn up");
const FILES: Text = text("іс", "дел", "files");
const RECORDS: Text = text("жазба", "записей", "records");
const ON_HOLD: Text = text("тыйыммен қалды", "осталось под запретом", "stay under a hold");
const FOREVER: Text = text("тұрақты сақталады", "хранить постоянно", "for ever");
const NOT_BEFORE: Text = text("мына күнге дейін сақталады:", "хранить до", "not before");
const OTHER_ITEM: Text = text("басқа тармақ бойынша:", "по другой статье:", "by another item:");
const TAKEN: Text = text("мәлімдеме қабылданды", "заявление принято", "statement taken in");
const NOT_TAKEN: Text = text("мәлімдеме қабылданбады", "заявление не принято", "statement not taken in");
const CANCELLED: Text = text("жоспар тоқтатылды", "план отменён", "plan cancelled");
const DESTROYED: Text = text("жойылды", "уничтожено", "destroyed");
const KEPT: Text = text("қалдырылды", "оставлено", "kept");
const NOTHING: Text = text("Жоспар жоқ.", "Планов нет.", "There are no plans.");
const EXECUTED: Text = text(
    "Кілттер жойылды. Аяқтау үшін «disposal complete» іске қосыңыз: ол қойманы тығыздайды.",
    "Ключи уничтожены. Чтобы завершить, запустите «disposal complete»: он уплотнит хранилище.",
    "The keys are erased. To finish, run `disposal complete`: it compacts the store.",
);
const COMPLETED: Text = text("жою аяқталды", "уничтожение завершено", "destruction complete");
const NOT_YET: Text = text("орындалды, әлі аяқталмаған", "исполнено, ещё не завершено", "executed, not yet complete");
const CERTIFICATE: Text = text("Жою туралы сертификат", "Сертификат об уничтожении", "Certificate of destruction");
const FROM: Text = text("орындауға болады", "исполнимо с", "may be executed from");
const NEEDS: Text = text("қажет", "нужно", "needed");

fn act(word: &str) -> Result<StatementKind, String> {
    StatementKind::parse(word).ok_or_else(|| format!("wanted one of {}", StatementKind::KNOWN))
}

fn numbered(text: &str) -> Result<(u32, &str), String> {
    let pair = text.split_once('=').and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
    pair.ok_or_else(|| "wanted the number of a file, =, and what is said of it".to_owned())
}

fn verdict(text: &str) -> Result<(u32, Verdict), String> {
    let (number, word) = numbered(text)?;
    let verdict = match word.split_once(':') {
        None if word == "destroy" => Some(Verdict::Destroy),
        None if word == "forever" => Some(Verdict::Forever),
        Some(("extend", day)) => day.parse().ok().map(Verdict::Extend),
        Some(("reclassify", item)) => item.parse().ok().map(Verdict::Reclassify),
        _ => None,
    };
    let known = "wanted destroy, forever, extend:YYYY-MM-DD or reclassify:LIST/ITEM";
    verdict.map(|verdict| (number, verdict)).ok_or_else(|| known.to_owned())
}

fn reason(text: &str) -> Result<(u32, String), String> {
    numbered(text).map(|(number, reason)| (number, reason.to_owned()))
}

fn plan_id(text: &str) -> Result<RecordId, Error> {
    id_of(text, ErrorCode::DspUnknown, "a plan")
}

impl DisposalArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            DisposalCommand::Propose(args) => args.run(common),
            DisposalCommand::Statement(args) => args.run(common),
            DisposalCommand::Review(args) => args.run(StatementKind::Review, common),
            DisposalCommand::Approve(args) => args.run(StatementKind::Approve, common),
            DisposalCommand::Cancel { plan, reason } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let id = plan_id(&plan)?;
                let entry = cancel(&archive, id, &reason, actor)?;
                if common.json() {
                    common.print_json(&view::plan_cancelled(id, entry));
                } else {
                    out!("{}: {id} (#{entry})", CANCELLED.get(common.lang()));
                }
                archive.close()?;
                Ok(Exit::Ok)
            }
            DisposalCommand::Execute(args) => args.run(common),
            DisposalCommand::Complete { plan } => complete(common, &plan),
            DisposalCommand::Certificate { plan, output } => certify(common, &plan, output.as_deref()),
            DisposalCommand::Show { plan } => show(common, &plan),
            DisposalCommand::List => list(common),
        }
    }
}

impl Propose {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let Some(agency) = self.agency else {
            let Some(statement) = self.statement else {
                return Err(Error::new(ErrorCode::DspArguments, "--statement", "not given"));
            };
            return SignedArgs { statement, signatures: self.signatures }.run(StatementKind::Propose, common);
        };
        let minutes = match (self.minutes, self.minutes_number, self.minutes_date) {
            (Some(path), Some(number), Some(date)) => Some((number, date, read_up_to(&path, MINUTES_BYTES_MAX)?)),
            _ => None,
        };
        let file_id = |id: &String| id_of(id, ErrorCode::FilUnknown, "a file");
        let files = self.files.iter().map(file_id).collect::<Result<Vec<_>, _>>()?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let plan = draft(&archive, &Asked { agency, files, number: self.number, minutes }, actor)?;
        if let Some(path) = &self.output {
            write_all_new(&[(path, &plan.encode())])?;
        }
        let case = Case::read(&archive, plan.id)?;
        if common.json() {
            common.print_json(&view::plan(&archive, &case, Masked::No)?);
        } else {
            let lang = common.lang();
            out!("{}: {} · № {}", DRAWN_UP.get(lang), plan.id, shown(&plan.number));
            print_plan(&plan, common);
            out!("SHA-256 {}", plan.sha256());
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

impl Draft {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let plan = Case::read(&archive, plan_id(&self.plan)?)?.plan;
        let said = FilesSaid {
            verdicts: self.verdicts.into_iter().collect(),
            reasons: self.reasons.into_iter().collect(),
            rest: self.rest,
        };
        let toml = match Statement::drawn_up(self.act, &plan, self.person.as_deref(), said, archive.now())? {
            Ok(toml) => toml,
            Err(refusals) => return refused(common, &refusals, archive),
        };
        match &self.output {
            Some(path) => write_all_new(&[(path, toml.as_bytes())])?,
            None => out_raw!("{toml}"),
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

pub(super) fn refused(common: &Common, refusals: &[Refusal], archive: Handle) -> Result<Exit, Error> {
    let lang = common.lang();
    if common.json() {
        common.print_json(&view::refused(refusals, lang));
    } else {
        out!("{}", NOT_TAKEN.get(lang));
        print_refusals(refusals, lang);
    }
    archive.close()?;
    Ok(refusals.iter().map(|r| r.code.exit()).max_by_key(|exit| *exit as u8).unwrap_or(Exit::Refused))
}

impl SignedArgs {
    fn read(&self, common: &Common) -> Result<SignedFiles, Error> {
        self.signatures.read_with(&self.statement, STATEMENT_BYTES_MAX, common)
    }

    fn run(self, wanted: StatementKind, common: &Common) -> Result<Exit, Error> {
        let SignedFiles { document: statement, signatures, extra } = self.read(common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        match take_as(&archive, (wanted, None), &statement, &signatures, &extra, actor)? {
            Taken::Refused(refusals) => refused(common, &refusals, archive),
            Taken::Done { kind, entry } => {
                if common.json() {
                    common.print_json(&view::plan_taken(kind, entry));
                } else {
                    out!("{}: {kind} (#{entry})", TAKEN.get(common.lang()));
                }
                archive.close()?;
                Ok(Exit::Ok)
            }
        }
    }
}

impl Execute {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let id = plan_id(&self.plan)?;
        let SignedFiles { document: statement, signatures, extra } = self.signed.read(common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let executed = destroy::execute(&archive, id, &statement, &signatures, &extra, actor)?;
        let (entry, destroyed, kept) = match executed {
            Executed::Refused(refusals) => return refused(common, &refusals, archive),
            Executed::Nothing(kept) => (None, Vec::new(), kept),
            Executed::Done { entry, destroyed, kept } => (Some(entry), destroyed, kept),
        };
        archive.close()?;
        if entry.is_some() {
            // Opening writes the index anew under a new key: only then are its traces gone too.
            common.open()?.close()?;
        }
        let records: usize = destroyed.iter().map(|item| item.records.len()).sum();
        if common.json() {
            common.print_json(&view::plan_executed(id, entry, &destroyed, &kept));
        } else {
            let lang = common.lang();
            let (files, words) = (FILES.get(lang), RECORDS.get(lang));
            out!("{}: {} {files}, {records} {words}", DESTROYED.get(lang), destroyed.len());
            for (item, why) in &kept {
                out!("  {}: {} {} · {}", KEPT.get(lang), item.name(), shown(&item.title), why.text().get(lang));
            }
            if entry.is_some() {
                common.say(EXECUTED.get(lang));
            }
        }
        Ok(if entry.is_some() { Exit::Ok } else { Exit::Conflict })
    }
}

fn complete(common: &Common, plan: &str) -> Result<Exit, Error> {
    let id = plan_id(plan)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let archive = if destroy::is_to_be_compacted(&archive, id)? {
        archive.compact(actor)?;
        common.open()?
    } else {
        archive
    };
    let entry = destroy::complete(&archive, id, actor)?;
    if common.json() {
        common.print_json(&view::plan_completed(id, entry));
    } else {
        out!("{}: {id} (#{entry})", COMPLETED.get(common.lang()));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn certify(common: &Common, plan: &str, output: Option<&Path>) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let (bytes, certificate) = certificate::give(&archive, plan_id(plan)?)?;
    if let Some(path) = output {
        write_all_new(&[(path, &bytes)])?;
    }
    if common.json() {
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        out!("{text}");
    } else {
        print_certificate(&certificate, lang);
    }
    archive.close()?;
    Ok(Exit::Ok)
}

/// A certificate in the words of people.
pub(super) fn print_certificate(certificate: &certificate::Certificate, lang: Lang) {
    let plan = &certificate.plan;
    let (files, records) = certificate.counts();
    out!("{} · № {} · {}", CERTIFICATE.get(lang), shown(&plan.number), shown(&plan.agency));
    if plan.is_test {
        out!("  {}", super::IS_TEST.get(lang));
    }
    out!("  {} {} · {}", shown(&certificate.origin), plan.id, local_text(certificate.executed));
    out!("  {}: {files} {}, {records} {}", DESTROYED.get(lang), FILES.get(lang), RECORDS.get(lang));
    match certificate.completed {
        Some(at) => out!("  {} · {}", COMPLETED.get(lang), local_text(at)),
        None => {
            let words: Vec<&str> = certificate.remaining.iter().map(|condition| condition.text(lang)).collect();
            out!("  {}: {}", NOT_YET.get(lang), words.join(", "));
        }
    }
    for (act, by) in &certificate.signers {
        let text = |key: &str| by.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = SignerKind::parse(&text("kind")).map_or("", |kind| kind.text().get(lang));
        out!("  {} · {kind} · {} · {}", act.as_str(), shown(&text("post")), text("signed"));
    }
    out!("  {}", destroy::METHOD);
    out!("  {}", certificate::RESIDUAL.get(lang));
}

impl destroy::Condition {
    /// What it means that it is not so.
    pub(super) fn text(self, lang: Lang) -> &'static str {
        let said = match self {
            destroy::Condition::Index => {
                text("индекс әлі жаңадан жазылмаған", "индекс ещё не переписан", "the index is not yet written anew")
            }
            destroy::Condition::Ciphertext => text(
                "шифрленген мәтін қоймада қалды",
                "шифротекст остался в хранилище",
                "ciphertext is still in the store",
            ),
            destroy::Condition::Custody => text(
                "сақтау орындары растамаған",
                "места хранения ключей не подтвердили",
                "places of custody have not confirmed",
            ),
        };
        said.get(lang)
    }
}

impl Stage {
    /// What it means.
    fn text(self, lang: Lang) -> &'static str {
        let said = match self {
            Stage::Drafted => text("жасалды, қол қойылмаған", "составлен, не подписан", "drawn up, not signed"),
            Stage::Proposed => text("ұсынылды", "предложен", "proposed"),
            Stage::Reviewed => text("комиссия қарады", "рассмотрен комиссией", "reviewed by the commission"),
            Stage::Approved => text("бекітілді", "утверждён", "approved"),
            Stage::Cancelled => text("тоқтатылды", "отменён", "cancelled"),
            Stage::Executed => text("орындалды", "исполнен", "executed"),
            Stage::Completed => text("аяқталды", "завершён", "complete"),
        };
        said.get(lang)
    }
}

fn print_plan(plan: &Plan, common: &Common) {
    let lang = common.lang();
    for item in &plan.items {
        out!("  {} {} · {} {}", item.name(), shown(&item.title), item.records.len(), RECORDS.get(lang));
        let by = |key: &str| item.decision.get("by")?.get("item")?.get(key)?.as_str();
        let (list, rule) = (by("list").unwrap_or_default(), by("item").unwrap_or_default());
        let due = item.decision.get("due").and_then(Value::as_str).unwrap_or("-");
        out!("     {} – {} · {}, {} · {due}", item.dates.0, item.dates.1, shown(list), shown(rule));
    }
    for (year, (files, records)) in plan.totals() {
        out!("  {year}: {files} {}, {records} {}", FILES.get(lang), RECORDS.get(lang));
    }
    if !plan.kept.is_empty() {
        out!("  {}: {}", ON_HOLD.get(lang), plan.kept.len());
    }
}

/// A verdict in words.
fn said(verdict: &Verdict, lang: Lang) -> String {
    match verdict {
        Verdict::Destroy => DESTROYED.get(lang).to_owned(),
        Verdict::Forever => FOREVER.get(lang).to_owned(),
        Verdict::Extend(day) => format!("{} {day}", NOT_BEFORE.get(lang)),
        Verdict::Reclassify(item) => format!("{} {}", OTHER_ITEM.get(lang), shown(&item.to_string())),
    }
}

/// What members said of the files that they keep, and what became of each file.
fn print_outcome(archive: &Archive, case: &Case, lang: Lang) -> Result<(), Error> {
    let outcome = destroy::outcome(archive, case)?;
    for item in &case.plan.items {
        for (verdict, reason) in case.reviews.iter().filter_map(|review| review.verdicts.get(&item.number)) {
            if *verdict != Verdict::Destroy {
                let reason = shown(reason.as_deref().unwrap_or_default());
                out!("  {} {} · {} · {reason}", KEPT.get(lang), item.name(), said(verdict, lang));
            }
        }
        match outcome.get(&item.number) {
            Some(None) => out!("  {} {}", DESTROYED.get(lang), item.name()),
            Some(Some(why)) => out!("  {} {} · {}", KEPT.get(lang), item.name(), why.text().get(lang)),
            None => {}
        }
    }
    Ok(())
}

fn show(common: &Common, plan: &str) -> Result<Exit, Error> {
    let archive = common.open()?;
    let case = Case::read(&archive, plan_id(plan)?)?;
    if common.json() {
        common.print_json(&view::plan(&archive, &case, Masked::No)?);
    } else {
        let lang = common.lang();
        print_line(&archive, &case, common);
        print_plan(&case.plan, common);
        print_outcome(&archive, &case, lang)?;
        for signed in case.signers() {
            let by = &signed.by;
            out!("  #{} · {} · {} · {}", signed.entry, by.kind.text().get(lang), shown(&by.post), by.signed);
        }
        let asked = case.asked(&archive);
        match (case.stage(&archive), case.executable_from(&archive)) {
            (Stage::Approved, Some(day)) => out!("  {} {day}", FROM.get(lang)),
            (Stage::Drafted | Stage::Proposed | Stage::Reviewed, _) => {
                let (reviews, approvals) = (case.reviews.len(), case.approvals.len());
                let needs = NEEDS.get(lang);
                out!("  {needs}: {reviews}/{} + {approvals}/{}", asked.reviews, asked.approvals);
            }
            _ => {}
        }
        out!("  SHA-256 {}", case.plan.sha256());
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn print_line(archive: &Archive, case: &Case, common: &Common) {
    let (lang, plan) = (common.lang(), &case.plan);
    let (files, records) = (plan.items.len(), plan.records());
    out!(
        "{} · № {} · {} · {} · {files} {}, {records} {}",
        plan.id,
        shown(&plan.number),
        shown(&plan.agency),
        case.stage(archive).text(lang),
        FILES.get(lang),
        RECORDS.get(lang),
    );
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let cases = case::all(&archive)?;
    if cases.is_empty() && !common.json() {
        common.say(NOTHING.get(common.lang()));
    }
    for case in &cases {
        if common.json() {
            common.print_json(&view::plan(&archive, case, Masked::No)?);
        } else {
            print_line(&archive, case, common);
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}
