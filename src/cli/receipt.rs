//! `muragat receipt list|show|sign`: receipts and notices that the archive prepared, and how they are issued.
//!
//! The program never holds the officer's key: `show` gives out the bytes, the officer signs them with a token, NCALayer
//! or a file, and `sign` takes the signature in, which issues the answer when it is valid (docs/receipt.md).

use super::beside::give_out;
use super::ingest::print_refusals;
use super::{Common, read_up_to};
use crate::clock::local_text;
use crate::error::{Error, Exit};
use crate::ingest::issue::{self, Issued, Prepared, Row, Subject};
use crate::ingest::receipt::with_text;
use crate::model::answer::Answer;
use crate::model::calendar::CalendarBasis;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::verify::limits::CMS_BYTES_MAX;
use crate::view;
use std::path::{Path, PathBuf};

/// Arguments of `receipt`.
#[derive(clap::Args)]
pub(super) struct ReceiptArgs {
    #[command(subcommand)]
    command: ReceiptCommand,
}

#[derive(clap::Subcommand)]
enum ReceiptCommand {
    /// Receipts and notices that nobody has signed, with the day until which they are to be, oldest first.
    List(List),
    /// Show a receipt or notice, or give out its files: what is to be signed, its text, and the signature once issued.
    Show(Show),
    /// Issue a receipt or notice with the signature of a records officer.
    #[command(after_help = SIGN_EXAMPLES)]
    Sign(Sign),
}

#[derive(clap::Args)]
struct List {
    /// Only those that nobody has signed yet: what is listed without options too.
    #[arg(long, conflicts_with = "all")]
    unsigned: bool,
    /// Those that are issued too: reads the whole journal.
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args)]
struct Show {
    /// Id of the record, or the entry of the acceptance or refusal.
    #[arg(value_name = "ID|ENTRY")]
    subject: String,
    /// Folder for the files; when not given, the text is shown.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Sign {
    /// Id of the record, or the entry of the acceptance or refusal.
    #[arg(value_name = "ID|ENTRY")]
    subject: String,
    /// The signature: CMS over exactly the prepared bytes; DER, base64 or PEM.
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,
    /// Certificates, CRLs and OCSP answers for its validation, beside those of the archive: files or folders. What it
    /// needed of them is kept.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    material: Vec<PathBuf>,
}

const SIGN_EXAMPLES: &str = "\
Examples:
  muragat receipt show 17 -o out                                   give out receipt.json or notice.json
  openssl cms -sign -binary -cades -md sha256 -in out/notice.json \\
    -signer officer.pem -inkey officer.key -certfile intermediate-ca.pem -outform DER -out notice.json.p7s
  muragat receipt sign 17 --signature notice.json.p7s              validate the signature and issue the notice";

const SOURCE: Text = text("жіберуші", "отправитель", "from");
const OFFICER: Text = text("Қол қойған қызметкер", "Подписал сотрудник", "Signed by the officer");
const NOTHING: Text = text("Ештеңе жоқ.", "Ничего нет.", "There is none.");
const RECEIPT: Text = text("түбіртек", "квитанция", "receipt");
const NOTICE: Text = text("«қабылданбады» хабарламасы", "уведомление «не принято»", "notice of refusal");
const ISSUED: Text = text("шығарылды", "выдано", "issued");
const UNSIGNED: Text = text("қол қойылмаған, мерзімі", "не подписано, срок до", "unsigned, due");
const OVERDUE: Text = text("МЕРЗІМІ ӨТТІ", "ПРОСРОЧЕНО", "OVERDUE");
const NOT_ISSUED: Text = text("шығарылмады", "не выдано", "not issued");
const WRITTEN: Text = text("жазылды", "записано", "written");
const SAMPLE: Text = text(
    "Мерзімдер үлгі күнтізбе бойынша есептелді: тексерілген күнтізбені енгізіңіз («policy adopt»).",
    "Сроки посчитаны по календарю-образцу: введите сверенный календарь («policy adopt»).",
    "The deadlines are counted by a sample calendar: adopt one that was checked (`policy adopt`).",
);
const NOT_COVERED: Text = text(
    "Күнтізбе бұл күндерге арналмаған: демалыс күндерінің ауыстырылуы ескерілмеді.",
    "Календарь не составлен для этих дней: переносы выходных не учтены.",
    "The calendar was not made for these days: moved days off are not counted.",
);

impl ReceiptArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            ReceiptCommand::List(args) => args.run(common),
            ReceiptCommand::Show(args) => args.run(common),
            ReceiptCommand::Sign(args) => args.run(common),
        }
    }
}

/// Says what deadlines rest on, when it is not a calendar that was checked.
fn say_basis(basis: CalendarBasis, common: &Common) {
    match basis {
        CalendarBasis::Official => {}
        CalendarBasis::Sample => common.say(SAMPLE.get(common.lang())),
        CalendarBasis::NotCovered => common.say(NOT_COVERED.get(common.lang())),
    }
}

fn print_row(row: &Row, common: &Common) {
    let lang = common.lang();
    let (kind, record) = match row.subject {
        Subject::Record(record) => (RECEIPT, format!("{record} · ")),
        Subject::Refusal(_) => (NOTICE, String::new()),
    };
    let about = &row.about;
    let number = about.number.as_ref().map(|number| format!("№ {}", shown(number)));
    let source = about.source.as_ref().map(|source| format!("{}: {}", SOURCE.get(lang), shown(source)));
    let about = [number, about.title.as_deref().map(shown), source].into_iter().flatten();
    let about: String = about.map(|part| format!(" · {part}")).collect();
    let state = match (row.is_issued, row.is_overdue) {
        (true, _) => ISSUED.get(lang).to_owned(),
        (false, overdue) => {
            let overdue = if overdue { format!(" · {}", OVERDUE.get(lang)) } else { String::new() };
            format!("{} {}{overdue}", UNSIGNED.get(lang), row.due.last.format("%d.%m.%Y"))
        }
    };
    out!("#{} {}{about}", row.entry, kind.get(lang));
    out!("  {record}{} · {state}", local_text(row.at));
}

impl List {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let rows = if self.all { issue::all(&archive)? } else { issue::unsigned(&archive)? };
        for row in &rows {
            if common.json() {
                common.print_json(&view::receipt_row(row));
            } else {
                print_row(row, common);
            }
        }
        if rows.is_empty() && !common.json() {
            out!("{}", NOTHING.get(common.lang()));
        }
        say_basis(issue::basis(&rows), common);
        archive.close()?;
        Ok(Exit::Ok)
    }
}

impl Show {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let actor = common.actor(&archive)?;
        let subject = issue::subject(&archive, &self.subject)?;
        let prepared = issue::find(&archive, subject, actor)?;
        if !prepared.row.is_issued {
            say_basis(prepared.row.due.basis, common);
        }
        let written = match &self.output {
            Some(folder) => write(folder, &prepared)?,
            None => Vec::new(),
        };
        if common.json() {
            let files: Vec<String> = written.iter().map(|path| path.to_string_lossy().into_owned()).collect();
            common.print_json(&view::receipt(&prepared, &files));
        } else {
            print_row(&prepared.row, common);
            for officer in &prepared.officers {
                let signed =
                    officer.signed.map(|time| local_text(u64::try_from(time.timestamp_millis()).unwrap_or_default()));
                let parts = [Some(shown(&officer.subject)), officer.post.as_deref().map(shown), signed];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                out!("  {}: {}", OFFICER.get(common.lang()), parts.join(" · "));
            }
            match (written.as_slice(), Answer::decode(&prepared.bytes)) {
                ([], Ok(answer)) => out!("\n{}", answer.text(common.lang())),
                (written, _) => {
                    for path in written {
                        out!("{}: {}", WRITTEN.get(common.lang()), shown(&path.to_string_lossy()));
                    }
                }
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// Writes the files of an answer as new ones; gives their paths.
fn write(folder: &Path, prepared: &Prepared) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::from(with_text(prepared.file(), prepared.bytes.clone()));
    files.extend(prepared.signature.clone().map(|signature| (prepared.signature_file().to_owned(), signature)));
    give_out(folder, &files)
}

impl Sign {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        // A signature that is longer than one can be is cut, and so refused.
        let signature = read_up_to(&self.signature, CMS_BYTES_MAX)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let subject = issue::subject(&archive, &self.subject)?;
        let material = super::material::read(&self.material, common)?;
        let issued = issue::sign(&archive, subject, &signature, Some(&material), actor, actor)?;
        let exit = match &issued {
            Issued::Done { .. } => Exit::Ok,
            Issued::Refused(_) => Exit::Refused,
        };
        match &issued {
            issued if common.json() => common.print_json(&view::receipt_signed(subject, issued, common.lang())),
            Issued::Done { entry } => out!("{}: {} (#{entry})", ISSUED.get(common.lang()), shown(&self.subject)),
            Issued::Refused(refusals) => {
                out!("{}: {}", NOT_ISSUED.get(common.lang()), shown(&self.subject));
                print_refusals(refusals, common.lang());
            }
        }
        archive.close()?;
        Ok(exit)
    }
}
