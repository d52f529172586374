//! `muragat inquiry open|search|take|read|answer|bundle|close|list|show|register`: the desk where courts and other
//! bodies ask.
//!
//! A result is printed only when the act that brought it is durable.

use super::beside::give_out;
use super::bundle::Bundle;
use super::file::file_id;
use super::get::print_exported;
use super::ingest::print_refusals;
use super::paper_copy::{CopiesArgs, PaperCopyArgs};
use super::search::print_row;
use super::show::record_id;
use super::signed::Signatures;
use super::{Common, id_of, tomb};
use crate::archive::Archive;
use crate::clock::{civil_date, local_text};
use crate::disposition::certificate;
use crate::disposition::forms::in_force;
use crate::error::{Error, ErrorCode, Exit};
use crate::index::filing::HoldTarget;
use crate::inquiry::answer::{self, Prepared, Signed};
use crate::inquiry::desk::{self, Closing, Inquiry, Opening};
use crate::inquiry::register::register;
use crate::inquiry::search::search;
use crate::model::form::FormId;
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::view::{self, InquiryView, Masked};
use chrono::NaiveDate;
use std::path::{Path, PathBuf};

/// Arguments of `inquiry`.
#[derive(clap::Args)]
pub(super) struct InquiryArgs {
    #[command(subcommand)]
    command: InquiryCommand,
}

#[derive(clap::Subcommand)]
enum InquiryCommand {
    /// Open an inquiry.
    Open(Open),
    /// Search under an inquiry; what is found is kept from then on until it is closed.
    Search {
        /// Id of the inquiry.
        id: String,
        /// The query, as `search` takes it, or a citation.
        #[arg(required = true)]
        query: Vec<String>,
    },
    /// Put records and files under an inquiry by name; they are kept from then on until it is closed.
    Take {
        /// Id of the inquiry.
        id: String,
        /// Ids of records.
        #[arg(value_name = "RECORD", required_unless_present = "files")]
        records: Vec<String>,
        /// A file with all its records, also those that are put into it later; may be repeated.
        #[arg(long = "file", value_name = "ID")]
        files: Vec<String>,
    },
    /// Read a record under an inquiry: its components, byte for byte; the reading is in the journal before.
    Read {
        /// Id of the inquiry.
        id: String,
        /// Id of the record.
        record: String,
        /// Folder for the components; one named after the record in the current folder when not given.
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// Give out the answer to be signed, or take its signature in; later give out the signed one.
    #[command(after_help = ANSWER_EXAMPLES)]
    Answer {
        /// Id of the inquiry.
        id: String,
        /// Folder for the answer, its text, and certificates of destruction that go with it.
        #[arg(short, long, value_name = "DIR", conflicts_with = "signatures")]
        output: Option<PathBuf>,
        #[command(flatten)]
        signatures: Signatures,
    },
    /// Write a bundle: records with all that proves them, which a stranger checks offline (`verify`).
    Bundle(Bundle),
    /// Close an inquiry: what it kept is kept by it no more.
    Close {
        /// Id of the inquiry.
        id: String,
        /// What came of it; kept with the act.
        #[arg(long, value_name = "TEXT")]
        outcome: String,
        /// Why it ends without an answer to all that was searched.
        #[arg(long, value_name = "REASON")]
        without_answer: Option<String>,
    },
    /// The inquiries, oldest first.
    List {
        /// Only those that are not closed.
        #[arg(long)]
        open: bool,
    },
    /// An inquiry with its searches, answers and holds.
    Show {
        /// Id of the inquiry.
        id: String,
    },
    /// A copy on paper for who is not connected to the exchange: prepare it, certify it, or print without certifying.
    PaperCopy(PaperCopyArgs),
    /// The register of certified copies on paper; from what stands on one to its record.
    Copies(CopiesArgs),
    /// The register of inquiries, as HTML by the form in force.
    Register {
        /// Only those that were opened in this year.
        #[arg(long)]
        year: Option<i32>,
        /// Write it into this file.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Open {
    /// Who asks: a court, a prosecutor, another body.
    #[arg(long, value_name = "TEXT")]
    authority: String,
    /// Its case or matter.
    #[arg(long, value_name = "TEXT")]
    case: String,
    /// By which law or decision it may ask.
    #[arg(long, value_name = "TEXT")]
    basis: String,
    /// The person or office that signed the request.
    #[arg(long, value_name = "TEXT")]
    requester: String,
    /// When it is to be answered, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    due: NaiveDate,
    /// The agency whose records office answers; needed only when it is not clear from the archive.
    #[arg(long, value_name = "CODE")]
    agency: Option<String>,
}

const ANSWER_EXAMPLES: &str = "\
Examples:
  muragat inquiry answer ID -o out                                 give out answer.json and its text
  openssl cms -sign -binary -cades -md sha256 -in out/answer.json \\
    -signer officer.pem -inkey officer.key -certfile intermediate-ca.pem -outform DER -out answer.json.p7s
  muragat inquiry answer ID --signature answer.json.p7s            validate the signature and keep the answer";

const OPENED: Text = text("сұрау салу тіркелді", "запрос зарегистрирован", "inquiry opened");
const CLOSED: Text = text("жабылды", "закрыт", "closed");
const TAKEN: Text = text("сұрау салуға алынды", "взято под запрос", "taken under the inquiry");
const SEARCHED: Text = text("іздеу журналға енгізілді", "поиск внесён в журнал", "the search is in the journal");
const UP_TO: Text = text("журнал мөлшері", "размер журнала", "size of the journal");
const NOTHING: Text = text("Ештеңе табылмады.", "Ничего не найдено.", "Nothing was found.");
const NONE: Text = text("Сұрау салу жоқ.", "Запросов нет.", "There are no inquiries.");
const DUE: Text = text("мерзімі", "срок", "due");
const OVERDUE: Text = text("МЕРЗІМІ ӨТТІ", "ПРОСРОЧЕН", "OVERDUE");
const ANSWERED: Text = text("жауап берілді", "дан ответ", "answered");
const NOT_ANSWERED: Text = text("жауап қабылданбады", "ответ не принят", "the answer was not taken in");
const UNSIGNED: Text = text("жауапқа әлі қол қойылмаған", "ответ ещё не подписан", "the answer is not signed yet");
const WITHOUT: Text = text("жауапсыз", "без ответа", "without an answer");
const WRITTEN: Text = text("Жазылды", "Записано", "Written");
const HOLDS: Text = text("тыйымдар", "запреты", "holds");

const NO_ENGLISH: Text = text(
    "Нысан қазақша және орысша ғана болады: қазақша толтырылды",
    "Форма есть только на казахском и русском: заполнена по-казахски",
    "The form is in Kazakh and Russian only: it is filled in in Kazakh (`--lang ru` for Russian)",
);

impl InquiryArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            InquiryCommand::Open(args) => args.run(common),
            InquiryCommand::Search { id, query } => run_search(common, &id, &query.join(" ")),
            InquiryCommand::Take { id, records, files } => run_take(common, &id, &records, &files),
            InquiryCommand::Read { id, record, output } => run_read(common, &id, &record, output),
            InquiryCommand::Answer { id, output, signatures } if signatures.is_none() => {
                give_answer(common, &id, output.as_deref())
            }
            InquiryCommand::Answer { id, signatures, .. } => take_answer(common, &id, &signatures),
            InquiryCommand::Bundle(args) => args.run(common),
            InquiryCommand::Close { id, outcome, without_answer } => {
                run_close(common, &id, &Closing { outcome, without_answer })
            }
            InquiryCommand::List { open } => run_list(common, !open),
            InquiryCommand::Show { id } => run_show(common, &id),
            InquiryCommand::PaperCopy(args) => args.run(common),
            InquiryCommand::Copies(args) => args.run(common),
            InquiryCommand::Register { year, output } => run_register(common, year, output.as_deref()),
        }
    }
}

pub(super) fn inquiry_id(text: &str) -> Result<RecordId, Error> {
    id_of(text, ErrorCode::InqUnknown, "an inquiry id")
}

/// Prints what an act of the desk came to.
fn done(common: &Common, status: &str, said: Text, id: RecordId, entry: u64) {
    if common.json() {
        common.print_json(&view::inquiry_done(status, id, entry));
    } else {
        out!("{}: {id} (#{entry})", said.get(common.lang()));
    }
}

impl Open {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let opening = Opening {
            agency: String::new(),
            authority: self.authority,
            case: self.case,
            basis: self.basis,
            requester: self.requester,
            due: self.due,
        };
        let (id, entry) = desk::open(&archive, opening, self.agency.as_deref(), actor)?;
        done(common, "opened", OPENED, id, entry);
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn run_search(common: &Common, id: &str, query: &str) -> Result<Exit, Error> {
    let id = inquiry_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let searched = search(&archive, id, query, actor)?;
    if common.json() {
        common.print_json(&view::searched(id, &searched, Masked::No));
    } else {
        let lang = common.lang();
        out!("{} (#{}) · {} {}", SEARCHED.get(lang), searched.entry, UP_TO.get(lang), searched.size);
        for record in &searched.found {
            if let Some(row) = archive.index().record_by_id(*record)? {
                print_row(&row, common);
            }
        }
        for gone in &searched.destroyed {
            tomb::show(&archive, *gone, common)?;
        }
        if searched.found.is_empty() && searched.destroyed.is_empty() {
            common.say(NOTHING.get(lang));
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn run_take(common: &Common, id: &str, records: &[String], files: &[String]) -> Result<Exit, Error> {
    let id = inquiry_id(id)?;
    let mut targets = Vec::new();
    for record in records {
        targets.push(HoldTarget::Record(record_id(record)?.0));
    }
    for file in files {
        targets.push(HoldTarget::File(file_id(file)?.0));
    }
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let entry = desk::take(&archive, id, &targets, actor)?;
    done(common, "taken", TAKEN, id, entry);
    archive.close()?;
    Ok(Exit::Ok)
}

fn run_read(common: &Common, id: &str, record: &str, output: Option<PathBuf>) -> Result<Exit, Error> {
    let (id, record) = (inquiry_id(id)?, record_id(record)?);
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let opened = desk::read(&archive, id, record, actor)?;
    let folder = output.unwrap_or_else(|| common.there(&record.to_string()));
    for file in opened.export(&folder)? {
        print_exported(&file, common);
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn give_answer(common: &Common, id: &str, output: Option<&Path>) -> Result<Exit, Error> {
    let id = inquiry_id(id)?;
    let archive = common.open()?;
    let prepared = answer::prepare(&archive, id)?;
    let written = match output {
        Some(folder) => write(&archive, folder, &prepared)?,
        None => Vec::new(),
    };
    let lang = common.lang();
    let entry = prepared.signed.as_ref().map(|(_, entry)| *entry);
    if common.json() {
        let files = written.iter().map(|path| path.to_string_lossy().into_owned().into()).collect();
        common.print_json(&view::inquiry_given(id, &prepared, files));
    } else {
        match entry {
            Some(entry) => common.say(&format!("{} (#{entry})", ANSWERED.get(lang))),
            None => common.say(UNSIGNED.get(lang)),
        }
        if written.is_empty() {
            // What a person wrote stands in it: nothing of that may steer the terminal.
            answer::text_of(&prepared.bytes, lang).lines().for_each(|line| out!("{}", shown(line)));
        }
        written.iter().for_each(|path| out!("{}: {}", WRITTEN.get(lang), shown(&path.to_string_lossy())));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

/// Writes an answer with its texts, its signature and the certificates of what was destroyed, as new files.
fn write(archive: &Archive, folder: &Path, prepared: &Prepared) -> Result<Vec<PathBuf>, Error> {
    let mut files = prepared.files();
    let read = |bytes: &[u8]| certificate::verify(bytes, &archive.config().vkey).ok();
    for (name, made) in prepared.certificates(archive)? {
        // Made again it has a newer checkpoint: one that was given out before and says the same stands.
        let before = std::fs::read(folder.join(&name)).ok().filter(|before| {
            read(before).zip(read(&made)).is_some_and(|(before, made)| {
                (before.plan, before.executed, before.completed) == (made.plan, made.executed, made.completed)
            })
        });
        files.push((name, before.unwrap_or(made)));
    }
    give_out(folder, &files)
}

fn take_answer(common: &Common, id: &str, signatures: &Signatures) -> Result<Exit, Error> {
    let id = inquiry_id(id)?;
    let (signatures, extra) = signatures.read(common)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let exit = match answer::sign(&archive, id, &signatures, &extra, actor)? {
        Signed::Done(entry) => {
            done(common, "answered", ANSWERED, id, entry);
            Exit::Ok
        }
        Signed::Refused(refusals) if common.json() => {
            common.print_json(&view::inquiry_refused(id, &refusals, common.lang()));
            Exit::Refused
        }
        Signed::Refused(refusals) => {
            out!("{}: {id}", NOT_ANSWERED.get(common.lang()));
            print_refusals(&refusals, common.lang());
            Exit::Refused
        }
    };
    archive.close()?;
    Ok(exit)
}

fn run_close(common: &Common, id: &str, closing: &Closing) -> Result<Exit, Error> {
    let id = inquiry_id(id)?;
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let entry = desk::close(&archive, id, closing, actor)?;
    done(common, "closed", CLOSED, id, entry);
    archive.close()?;
    Ok(Exit::Ok)
}

fn print_inquiry(inquiry: &Inquiry, today: NaiveDate, lang: Lang) {
    let (row, opening) = (&inquiry.row, &inquiry.opening);
    let state = match (row.closed, row.answered()) {
        (Some(entry), _) => format!("{} #{entry}", CLOSED.get(lang)),
        (None, Some(entry)) => format!("{} #{entry}", ANSWERED.get(lang)),
        (None, None) if inquiry.is_overdue(today) => OVERDUE.get(lang).to_owned(),
        (None, None) => String::new(),
    };
    out!("{} · #{} · {} {} · {state}", inquiry.id, row.opened, DUE.get(lang), opening.due);
    out!("  {} · {}", shown(&opening.authority), shown(&opening.case));
    out!("  {} · {}", shown(&opening.basis), shown(&opening.requester));
}

fn run_list(common: &Common, all: bool) -> Result<Exit, Error> {
    let archive = common.open()?;
    let today = civil_date(archive.now());
    let inquiries = desk::list(&archive, all)?;
    if inquiries.is_empty() && !common.json() {
        common.say(NONE.get(common.lang()));
    }
    for inquiry in &inquiries {
        if common.json() {
            common.print_json(&view::inquiry_row(inquiry, today, Masked::No));
        } else {
            print_inquiry(inquiry, today, common.lang());
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn run_show(common: &Common, id: &str) -> Result<Exit, Error> {
    let id = inquiry_id(id)?;
    let archive = common.open()?;
    archive.wait_index()?;
    let today = civil_date(archive.now());
    let inquiry = desk::find(&archive, id)?;
    let view = InquiryView::read(&archive, inquiry)?;
    if common.json() {
        common.print_json(&view.value(today, Masked::No));
    } else {
        let lang = common.lang();
        let InquiryView { inquiry, searches, holds, targets, bundles, closing } = view;
        print_inquiry(&inquiry, today, lang);
        for one in &searches {
            let at = local_text(archive.leaf(one.entry)?.t);
            let (found, gone) = (one.found.len(), one.destroyed.len());
            out!("  #{} · {at} · {} · {found} + {gone}", one.entry, shown(&one.query));
        }
        targets.iter().for_each(|target| out!("  {}", target.id()));
        for (entry, size) in &bundles {
            out!("  #{entry} · inquiry bundle {id} --at-size {size} -o FILE");
        }
        if !holds.is_empty() {
            out!("  {}: {}", HOLDS.get(lang), holds.join(", "));
        }
        if let Some(Closing { outcome, without_answer }) = closing {
            out!("  {}: {}", CLOSED.get(lang), shown(&outcome));
            if let Some(reason) = without_answer {
                out!("  {}: {}", WITHOUT.get(lang), shown(&reason));
            }
        }
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn run_register(common: &Common, year: Option<i32>, output: Option<&Path>) -> Result<Exit, Error> {
    let archive = common.open()?;
    // A form has no English: what is filled in is in the language of its words.
    let lang = if common.lang() == Lang::En { Lang::Kk } else { common.lang() };
    if lang != common.lang() && !common.json() {
        common.say(NO_ENGLISH.get(common.lang()));
    }
    let filled = register(&archive, year, lang)?;
    let held = in_force(&archive, FormId::InquiryRegister)?;
    archive.close()?;
    super::form::give(common, &held, &filled, output)
}
