//! The command line: one file a subcommand.
//!
//! stdout is the result, stderr is talk; `--json` makes the result one document, or one a line where it is a stream.
//! Commands call the same library functions as everything else and hold no rules of their own.

#![expect(clippy::print_stderr, reason = "printing is what a command line is for")]

/// Prints a line of the result.
macro_rules! out {
    ($($part:tt)*) => { $crate::cli::terminal::emit(format_args!("{}\n", format_args!($($part)*))) };
}
/// Prints a part of the result as it is.
macro_rules! out_raw {
    ($($part:tt)*) => { $crate::cli::terminal::emit(format_args!($($part)*)) };
}

mod accession;
mod adoption;
mod answers;
mod audit;
mod beside;
mod bundle;
mod card;
mod classifier;
mod compact;
mod decommission;
mod demo;
mod disposal;
mod doctor;
mod due;
mod duplicates;
mod evidence;
mod evidence_record;
mod extract_child;
mod fetch;
mod file;
mod fonds;
mod form;
mod get;
mod hold;
mod import;
mod ingest;
mod init;
mod inquiry;
mod inventory;
mod lists;
mod log;
mod log_succeed;
mod log_witness;
mod material;
mod means;
mod nomenclature;
mod paper;
mod paper_copy;
mod party;
mod policy;
mod presence;
mod receipt;
mod record;
mod reindex;
mod relay;
mod repeat;
mod rules;
pub mod samples;
mod search;
mod serve;
mod show;
mod signatures;
mod signed;
mod subject;
mod terminal;
mod text;
mod tomb;
mod transfer;
mod user;
mod validate;
mod verify;
mod verify_package;
mod waiting;
mod witness;

use crate::archive::{Archive, Handle};
use crate::clock::SystemClock;
use crate::error::{Error, ErrorCode, Exit};
use crate::model::id::{ActorId, ParseIdError, RecordId};
use crate::model::strict::shown;
use crate::text::{Lang, TECHNICAL, Text, text};
use crate::tlog::LogError;
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use relay::Relayed;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use terminal::complain;
pub(crate) use terminal::stop_flag;

/// Muragat: a long-term electronic archive for signed documents. Ұзақ мерзімді электрондық архив.
#[derive(Parser)]
#[command(name = "muragat", version, long_version = VERSION, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// The version with the digest of the source.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\nsource ", env!("MURAGAT_SOURCE"));

/// Options of every command.
#[derive(Args, Clone)]
pub(crate) struct Common {
    /// Folder of the archive.
    #[arg(long, global = true, env = "MURAGAT_ARCHIVE", value_name = "DIR")]
    archive: Option<PathBuf>,
    /// Print the result as JSON: one document, or one a line.
    #[arg(long, global = true)]
    json: bool,
    /// Language of texts: kk, ru or en.
    #[arg(long, global = true, env = "MURAGAT_LANG", default_value = "kk")]
    lang: Lang,
    /// Set in a service that runs the command for a client.
    #[arg(skip)]
    client: Option<relay::Client>,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new archive: keys, configuration, first checkpoint.
    Init(init::Init),
    /// Take submissions in: folders, ZIP files, or folders of these.
    Ingest(ingest::Ingest),
    /// Take over an existing holding by a profile that two officers approved: a table and a folder.
    Import(import::ImportArgs),
    /// Show a record with its card, components and history.
    Show(show::Show),
    /// Give out the components of a record, byte for byte.
    Get(get::Get),
    /// An accepted record grows: add a component, identify formats again, spill.
    Record(record::Record),
    /// Correct the card of a record.
    Card(card::CardArgs),
    /// Classifiers that codes in submissions come from.
    Classifier(classifier::ClassifierArgs),
    /// Say what can be said of the signatures in files; needs no archive.
    #[command(after_help = validate::EXAMPLES)]
    Validate(validate::Validate),
    /// What signatures are judged by, and who may sign: policies and registers of authority.
    Policy(policy::PolicyArgs),
    /// Lists of retention periods: check and compare them, adopt an edition, see what falls due by them.
    Rules(rules::RulesArgs),
    /// Certificates and CRLs for the validation of signatures.
    Material(material::MaterialArgs),
    /// The programs that validated, as the archive keeps them.
    Means(means::MeansArgs),
    /// Submissions that wait for what their signatures lack.
    Waiting(waiting::WaitingArgs),
    /// Receipts and notices: which are to be signed, and how they are issued.
    Receipt(receipt::ReceiptArgs),
    /// Nomenclatures of files: which files an agency keeps in a year.
    Nomenclature(nomenclature::NomenclatureArgs),
    /// Files (іс, дело): opened, filled, closed.
    File(file::FileArgs),
    /// Fonds: what bodies left, with the numbers of citations.
    Fonds(fonds::FondsArgs),
    /// Inventories of the files of a fonds.
    Inventory(inventory::InventoryArgs),
    /// Forms of acts and inventories, and what is printed by them.
    Form(form::FormArgs),
    /// Originals and copies of records on paper.
    Paper(paper::PaperArgs),
    /// Holds: what must not be disposed of.
    Hold(hold::HoldArgs),
    /// Inquiries by courts and other bodies: searches, readings, the answer, the register.
    Inquiry(inquiry::InquiryArgs),
    /// Other archives that files are handed over to.
    Party(party::PartyArgs),
    /// Hand files over to another archive.
    Transfer(transfer::TransferArgs),
    /// Take in what another archive hands over.
    Accession(accession::AccessionArgs),
    /// Destruction: plans, reviews, approvals, execution, certificates.
    Disposal(disposal::DisposalArgs),
    /// End the archive: when nothing stands in it any more, and its officers have signed so.
    Decommission(decommission::DecommissionArgs),
    /// What is due on a day: files whose term is over, held ones among them.
    Due(due::Due),
    /// Why a record or a file is due on its day, or is not.
    Why(due::Why),
    /// Files that are in more than one record of an agency.
    Duplicates(duplicates::Duplicates),
    /// Search by words, fields, dates, or a file's content.
    Search(search::Search),
    /// Take the text out of new documents for `search --text`.
    Text(text::TextArgs),
    /// Checks of presence and condition: every record is looked at, and what is missing is in search.
    Presence(presence::PresenceArgs),
    /// Accounts of persons and machines, and what they may do.
    User(user::UserArgs),
    /// Tokens of accounts.
    Token(user::TokenArgs),
    /// Permits of the reading room.
    Reading(user::ReadingArgs),
    /// What is held about a person, and who read it.
    Subject(subject::SubjectArgs),
    /// Check journal, objects, vault and index against each other.
    Audit(audit::Audit),
    /// Build the index again from the truths.
    Reindex(reindex::Reindex),
    /// Remove from the store what was sealed under erased keys, and give back its room.
    Compact(compact::Compact),
    /// The journal: checkpoint, entries, proofs, witnesses.
    Log(log::Log),
    /// Be a witness of other archives' journals; needs no archive.
    Witness(witness::WitnessArgs),
    /// Time-stamps by outsiders, and evidence records that a stranger checks.
    Evidence(evidence::EvidenceArgs),
    /// Say what an answer, certificate of destruction or evidence record is and whether it verifies.
    Verify(verify::Verify),
    /// Make a working archive with sample records and look at it.
    Demo(demo::Demo),
    /// Serve the archive over HTTP, and run the commands of others beside it.
    Serve(serve::Serve),
    /// Check the installation and say what to mend.
    Doctor(doctor::Doctor),
    /// Reads documents for this program, in limits; starts by itself.
    #[command(name = crate::extract::child::SUBCOMMAND, hide = true)]
    ExtractChild(extract_child::ExtractChild),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let common = cli.common.clone();
    let relayed = match cli.command.place() {
        Place::Own => Relayed::Nobody,
        place => relay::relay(&common, place),
    };
    // While the lease is there, the service leaves the archive to this process.
    let mut _lease = None;
    let mut result = match relayed {
        Relayed::Done(exit) => return ExitCode::from(exit),
        Relayed::Failed(e) => Err(e),
        Relayed::Lent(lease) => {
            _lease = Some(lease);
            run(cli)
        }
        Relayed::Nobody => run(cli),
    };
    // An index that turns out damaged while it is asked is built again, once, and asked again.
    if let Err(e) = &result
        && e.code == ErrorCode::IdxFailed
        && let Some(folder) = &common.archive
    {
        common.say(&format!("{}: {}", REBUILDING.get(common.lang), e.what));
        result = crate::archive::forget_index(folder).and_then(|()| run(Cli::parse()));
    }
    let exit = match result {
        Ok(exit) => exit,
        Err(e) => {
            common.report_error(&e);
            e.code.exit()
        }
    };
    let exit = if exit == Exit::Ok && terminal::is_output_lost() { Exit::Temporary } else { exit };
    ExitCode::from(exit as u8)
}

/// Where a command runs when a service keeps the archive open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In its own process: it needs no archive, or makes one.
    Own,
    /// In the service, beside its other work.
    Service,
    /// In its own process, with the archive to itself: the service closes it meanwhile.
    Alone,
}

impl Command {
    fn place(&self) -> Place {
        match self {
            Command::Init(_)
            | Command::Validate(_)
            | Command::Witness(_)
            | Command::Verify(_)
            | Command::Serve(_)
            | Command::ExtractChild(_)
            | Command::Demo(_) => Place::Own,
            Command::Reindex(_) | Command::Audit(_) => Place::Alone,
            // A password is a line of this process's stdin.
            Command::User(user) if user.reads_stdin() => Place::Alone,
            Command::Log(log) if log.wants_archive_alone() => Place::Alone,
            _ => Place::Service,
        }
    }
}

const REBUILDING: Text = text(
    "Индекс бүлінген, қайта құрылуда",
    "Индекс повреждён, строится заново",
    "The index is damaged and is built again",
);

fn run(cli: Cli) -> Result<Exit, Error> {
    let common = cli.common.clone();
    match cli.command {
        Command::Init(c) => c.run(&common),
        Command::Ingest(c) => c.run(&common),
        Command::Import(c) => c.run(&common),
        Command::Show(c) => c.run(&common),
        Command::Get(c) => c.run(&common),
        Command::Record(c) => c.run(&common),
        Command::Card(c) => c.run(&common),
        Command::Classifier(c) => c.run(&common),
        Command::Validate(c) => c.run(&common),
        Command::Policy(c) => c.run(&common),
        Command::Rules(c) => c.run(&common),
        Command::Material(c) => c.run(&common),
        Command::Means(c) => c.run(&common),
        Command::Waiting(c) => c.run(&common),
        Command::Receipt(c) => c.run(&common),
        Command::Nomenclature(c) => c.run(&common),
        Command::File(c) => c.run(&common),
        Command::Fonds(c) => c.run(&common),
        Command::Inventory(c) => c.run(&common),
        Command::Form(c) => c.run(&common),
        Command::Paper(c) => c.run(&common),
        Command::Hold(c) => c.run(&common),
        Command::Inquiry(c) => c.run(&common),
        Command::Party(c) => c.run(&common),
        Command::Transfer(c) => c.run(&common),
        Command::Accession(c) => c.run(&common),
        Command::Disposal(c) => c.run(&common),
        Command::Decommission(c) => c.run(&common),
        Command::Due(c) => c.run(&common),
        Command::Why(c) => c.run(&common),
        Command::Duplicates(c) => c.run(&common),
        Command::Search(c) => c.run(&common),
        Command::Text(c) => c.run(&common),
        Command::Presence(c) => c.run(&common),
        Command::User(c) => c.run(&common),
        Command::Token(c) => c.run(&common),
        Command::Reading(c) => c.run(&common),
        Command::Subject(c) => c.run(&common),
        Command::Audit(c) => c.run(&common),
        Command::Reindex(c) => c.run(&common),
        Command::Compact(c) => c.run(&common),
        Command::Log(c) => c.run(&common),
        Command::Witness(c) => c.run(&common),
        Command::Evidence(c) => c.run(&common),
        Command::Verify(c) => c.run(&common),
        Command::Demo(c) => c.run(&common),
        Command::Serve(c) => c.run(&common),
        Command::Doctor(c) => c.run(&common),
        Command::ExtractChild(c) => c.run(&common),
    }
}

const ERROR: Text = text("қате", "ошибка", "error");
const IS_TEST: Text = text(
    "СЫНАҚ АРХИВІ: мұндағы ештеңе заңды сақтау емес.",
    "ТЕСТОВЫЙ АРХИВ: ничто здесь не является законным хранением.",
    "TEST ARCHIVE: nothing in it is lawful keeping.",
);
/// The file is that of `vault::keys::WITNESSED`.
pub(crate) const NO_MEMORY: Text = text(
    "Кілттер қалтасындағы «witnessed» бүлінген: бұл архив ескі көшірме ме, онсыз білінбейді. «log witness push» іске \
     қосыңыз: ол куәгерлерден сұрап, файлды қалпына келтіреді.",
    "Файл «witnessed» в папке ключей повреждён: без него не узнать, не старая ли это копия архива. Запустите «log \
     witness push»: он спросит свидетелей и восстановит файл.",
    "The file `witnessed` in the key folder is damaged: without it nobody here can tell whether this archive is an \
     older copy. Run `log witness push`: it asks the witnesses and makes the file again.",
);
const CATCHING_UP: Text = text("индекс толықтырылуда", "индекс догоняет журнал", "the index is catching up");

impl Common {
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Prints one JSON document of the result.
    pub(crate) fn print_json(&self, value: &serde_json::Value) {
        out!("{value}");
    }

    /// Says something on stderr.
    pub(crate) fn say(&self, line: &str) {
        complain(format_args!("{line}"));
    }

    /// The file or folder that a person called `name`.
    pub(crate) fn there(&self, name: &str) -> PathBuf {
        self.client.as_ref().map_or_else(|| PathBuf::from(name), |client| client.cwd.join(name))
    }

    pub(crate) fn folder(&self) -> Result<&Path, Error> {
        let missing = || Error::new(ErrorCode::CliArchive, "--archive", "not given");
        self.archive.as_deref().ok_or_else(missing)
    }

    /// Opens the archive, showing how far the index is when it has to catch up.
    pub(crate) fn open(&self) -> Result<Handle, Error> {
        let archive = self.open_silently()?;
        if archive.is_test() {
            self.say(IS_TEST.get(self.lang));
        }
        if !archive.remembers()? {
            self.say(NO_MEMORY.get(self.lang));
        }
        Ok(archive)
    }

    /// The same for a command that runs in its own process only ([`Place::Alone`]).
    pub(crate) fn open_alone(&self) -> Result<Archive, Error> {
        match self.open()? {
            Handle::Own(archive) => Ok(*archive),
            Handle::Served(..) => unreachable!("a service does not run a command that needs the archive alone"),
        }
    }

    fn open_silently(&self) -> Result<Handle, Error> {
        if let Some(client) = &self.client {
            return client.slot.handle();
        }
        let bar = self.bar(CATCHING_UP);
        let archive = Archive::open(self.folder()?, Arc::new(SystemClock), &mut |done, all| bar.set(done, all))?;
        bar.clear();
        Ok(Handle::Own(Box::new(archive)))
    }

    /// Opens the archive once more after this command closed it to ask somebody over the network. Another command may
    /// have it by now, and an answer is at hand: it is waited for longer than otherwise.
    pub(crate) fn open_again(&self) -> Result<Handle, Error> {
        for _ in 0..REOPENINGS_MAX {
            match self.open_silently() {
                Err(e) if e.code == ErrorCode::ArcHeld => {}
                opened => return opened,
            }
        }
        self.open_silently()
    }

    /// The same for an act.
    pub(crate) fn open_again_to_act(&self) -> Result<Handle, Error> {
        let archive = self.open_again()?;
        may_act(&archive)?;
        Ok(archive)
    }

    /// Opens the archive for an act: a program that is new to it is deposited first. One that has ended takes no act.
    pub(crate) fn open_to_act(&self) -> Result<Handle, Error> {
        let archive = self.open()?;
        may_act(&archive)?;
        means::deposit_if_due(&archive, self)?;
        Ok(archive)
    }

    /// The actor of whoever runs the program: the account of the operating-system user.
    pub(crate) fn actor(&self, archive: &Archive) -> Result<ActorId, Error> {
        match &self.client {
            Some(client) => archive.actor(&client.account),
            None => archive.actor(&os_account()),
        }
    }

    fn report_error(&self, e: &Error) {
        if self.json {
            let value = serde_json::json!({
                "error": {"code": e.code.as_str(), "subject": e.subject, "what": e.what, "text": e.code.text(self.lang)}
            });
            out!("{value}");
        }
        let lang = self.lang;
        complain(format_args!("{}: {} {}: {}", ERROR.get(lang), e.code, shown(&e.subject), e.code.text(lang)));
        complain(format_args!("  {}: {}", TECHNICAL.get(lang), shown(&e.what)));
        let mut source = std::error::Error::source(e);
        // The first cause is what `what` already says.
        while let Some(cause) = source.and_then(std::error::Error::source) {
            complain(format_args!("  {}", shown(&cause.to_string())));
            source = Some(cause);
        }
    }

    /// A progress bar on a terminal; nothing elsewhere.
    pub(crate) fn bar(&self, title: Text) -> Bar {
        let target = if terminal::is_serving() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(title.get(self.lang));
        Bar(bar)
    }
}

/// How often it is tried to open an archive again, each time for ten seconds. Own bound: five minutes, so that an
/// answer outlasts a batch of intake.
const REOPENINGS_MAX: u32 = 30;

/// One that has ended takes no act, nor one of which another history is known.
fn may_act(archive: &Archive) -> Result<(), Error> {
    if let Some(ended) = archive.ended() {
        return Err(LogError::Ended { entry: ended.entry }.into());
    }
    archive.conflict().map_or(Ok(()), |conflict| Err(LogError::from(conflict).into()))
}

/// A progress bar that never shows more than all.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn set(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done.min(all));
    }

    pub(crate) fn message(&self, message: String) {
        self.0.set_message(message);
    }

    /// Prints a line above the bar.
    pub(crate) fn above(&self, line: impl FnOnce()) {
        self.0.suspend(line);
    }

    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// The account of the operating-system user who runs the program.
fn os_account() -> String {
    use std::os::unix::fs::MetadataExt;
    // The owner of a process's own folder is its effective user; no call into the C library is needed for it.
    let uid = std::fs::metadata("/proc/self").map(|m| m.uid().to_string());
    format!("os-user:{}", uid.unwrap_or_else(|_| "unknown".to_owned()))
}

/// Reads a file that somebody named, at most one byte more than `max`: whoever reads the bytes refuses what is longer.
pub(crate) fn read_up_to(path: &Path, max: usize) -> Result<Vec<u8>, Error> {
    let failed = |e: std::io::Error| {
        let is_missing = e.kind() == std::io::ErrorKind::NotFound;
        let code = if is_missing { ErrorCode::IngNoSuchPath } else { ErrorCode::IngReadFailed };
        Error::caused(code, shown(&path.to_string_lossy()), e)
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(max as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The id that a person wrote as `text`, of what `kind` names; `code` says that there is no such thing.
pub(crate) fn id_of(text: &str, code: ErrorCode, kind: &'static str) -> Result<RecordId, Error> {
    text.trim().parse().map_err(|e| Error::caused(code, text, ParseIdError { kind, ..e }))
}

/// A number of bytes for people: `1.5 MB` (10^6).
pub(crate) fn bytes_text(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        1_000_000..1_000_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bytes_are_shown_by_thousands() {
        assert_eq!(bytes_text(999), "999 B");
        assert_eq!(bytes_text(1_560_000), "1.5 MB");
    }
}
