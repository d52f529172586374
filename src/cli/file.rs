//! `muragat file open|add|split|close|reopen|reclassify|event|shorten|refile|list|records`: files (іс, дело), by which
//! retention is counted.
//!
//! Every command but `list`, `records` and those that print a decision is an act. It answers with the file as it is
//! then, or with the records that were put into it.

use super::disposal::refused;
use super::search::HIDDEN;
use super::show::record_id;
use super::signed::{Signatures, SignedFiles};
use super::{Common, id_of, tomb};
use crate::archive::Archive;
use crate::disposition::refile::{REFILING_BYTES_MAX, Refiled, Refiling, refile};
use crate::disposition::shorten::{self, DECISION_BYTES_MAX, Decision};
use crate::error::{Error, ErrorCode, Exit};
use crate::filing::files::{self, Asked, Entered, File};
use crate::filing::split::split;
use crate::filing::{cite, due};
use crate::index::filing::date;
use crate::model::case_file::ListItem;
use crate::model::citation::Citation;
use crate::model::fold;
use crate::model::id::{ActorId, RecordId};
use crate::model::record::CardField;
use crate::model::strict::shown;
use crate::model::submission::AccessCategory;
use crate::text::{Text, text};
use crate::view::{self, Masked};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `file`.
#[derive(clap::Args)]
pub(super) struct FileArgs {
    #[command(subcommand)]
    command: FileCommand,
}

#[derive(clap::Subcommand)]
enum FileCommand {
    /// Open a file under an index of the nomenclature.
    Open(Open),
    /// Put records into an open file: all of those named, or none.
    Add(Add),
    /// Split an open file: open the next volume and move records into it, all of them or none.
    Split {
        /// Id of the file.
        id: String,
        /// Ids of the records that go into the new volume.
        #[arg(long, value_name = "RECORD", required = true, num_args = 1..)]
        records: Vec<String>,
        /// Why; kept with the volume and with each record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Close a file: its term begins to run.
    Close(Close),
    /// Open a closed file again.
    Reopen {
        /// Id of the file.
        id: String,
        /// Why; kept with the act.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Change what a file is kept by.
    Reclassify(Reclassify),
    /// Record an event that the term depends on, or correct one.
    Event(Event),
    /// Print the decision by which earlier states of a file do not put its day off any more, to be signed.
    ShortenAct {
        /// Id of the file.
        id: String,
        /// Why; kept with the act.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take in such a decision, signed by an official and by the records office.
    Shorten(Signed),
    /// Print the decision to move records out of a file that does not let them go, to be signed.
    RefileAct {
        /// Id of the file that they are in.
        id: String,
        /// Id of the open file that they go into.
        #[arg(long, value_name = "FILE")]
        to: String,
        /// Ids of the records.
        #[arg(long, value_name = "RECORD", required = true, num_args = 1..)]
        records: Vec<String>,
        /// Why; kept with each of them.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take in such a decision, signed by an official and by the records office, and move its records.
    Refile(Signed),
    /// The files, by agency, year and index.
    List(List),
    /// The records of a file, by their numbers in it.
    Records {
        /// Id of the file, or its citation: «Қ.123 Т.4 І.56».
        #[arg(value_name = "FILE")]
        file: String,
    },
}

/// A decision with its signatures.
#[derive(clap::Args)]
struct Signed {
    /// The decision.
    #[arg(long, value_name = "FILE")]
    act: PathBuf,
    #[command(flatten)]
    signatures: Signatures,
}

#[derive(clap::Args)]
struct Open {
    /// Code of the agency.
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// Index in the nomenclature.
    #[arg(long, value_name = "INDEX")]
    index: String,
    /// The year of the nomenclature.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// Number of the volume; the next one when not given.
    #[arg(long, value_name = "N")]
    volume: Option<u16>,
    /// Title; that of the nomenclature when not given.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What it is kept by; what the nomenclature says when not given.
    #[arg(long, value_name = "LIST/ITEM")]
    item: Option<ListItem>,
    /// An attribute that rules ask for; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,
}

#[derive(clap::Args)]
struct Add {
    /// Id of the file.
    id: String,
    /// Ids of records.
    #[arg(value_name = "RECORD", required = true)]
    records: Vec<String>,
    /// Why records that are in another file are moved; kept with each of them.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(clap::Args)]
struct Close {
    /// Id of the file.
    id: String,
    /// The day on which its last document was dealt with, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    date: NaiveDate,
}

#[derive(clap::Args)]
struct Reclassify {
    /// Id of the file.
    id: String,
    /// The item it is kept by from now on.
    #[arg(long, value_name = "LIST/ITEM")]
    item: Option<ListItem>,
    /// An attribute that rules ask for; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,
    /// Why; kept with the act.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(clap::Args)]
struct Event {
    /// Id of the file.
    id: String,
    /// Name of the event, as the rule has it: `contract_ended`.
    #[arg(value_name = "EVENT")]
    event: String,
    /// When it happened, YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    date: NaiveDate,
    /// Why a day that was recorded before is corrected.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(clap::Args)]
struct List {
    /// Only those of this agency.
    #[arg(long, value_name = "CODE")]
    agency: Option<String>,
    /// Only those of this year.
    #[arg(long, value_name = "YEAR")]
    year: Option<u16>,
    /// Only those of this index.
    #[arg(long, value_name = "INDEX")]
    index: Option<String>,
    /// Only those with all these words in the title.
    #[arg(long, value_name = "WORDS")]
    title: Option<String>,
    /// Only those that are open.
    #[arg(long)]
    open: bool,
    /// The file that this citation names: «Қ.123 Т.4 І.56».
    #[arg(long, value_name = "CITATION")]
    cite: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("an attribute is written NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

const NOTHING: Text = text("Іс жоқ.", "Дел нет.", "There are no files.");
const VOLUME: Text = text("том", "том", "volume");
const OPEN: Text = text("ашық", "открыто", "open");
const CLOSED: Text = text("жабылған", "закрыто", "closed");
const DOCUMENTS: Text = text("құжат", "документов", "documents");
const NO_ITEM: Text = text("тармағы белгісіз", "статья не известна", "item not known");
const ADDED: Text = text("іске қосылды", "помещено в дело", "put into the file");
const EMPTY: Text = text("Істе құжат жоқ.", "В деле нет документов.", "No record is in the file.");
const PART_OF: Text = text("мына істен бөлінген:", "выделено из дела", "split from file");
const HELD: Text = text("бұрыннан осы істе", "уже в этом деле", "in this file already");

impl FileArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let command = match self.command {
            FileCommand::List(args) => return args.run(common),
            FileCommand::ShortenAct { id, reason } => {
                let archive = common.open()?;
                out_raw!("{}", Decision::draft(&archive, file_id(&id)?, &reason)?.to_toml());
                archive.close()?;
                return Ok(Exit::Ok);
            }
            FileCommand::Shorten(args) => return args.shorten(common),
            FileCommand::RefileAct { id, to, records, reason } => {
                let records = records.iter().map(|id| record_id(id)).collect::<Result<_, _>>()?;
                let sides = (file_id(&id)?, file_id(&to)?);
                let archive = common.open()?;
                out_raw!("{}", Refiling::draft(&archive, sides, &records, &reason)?.to_toml());
                archive.close()?;
                return Ok(Exit::Ok);
            }
            FileCommand::Refile(args) => return args.refile(common),
            FileCommand::Records { file } => return print_records(&file, common),
            command => command,
        };
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let file = match command {
            FileCommand::Add(args) => {
                args.run(&archive, actor, common)?;
                archive.close()?;
                return Ok(Exit::Ok);
            }
            FileCommand::Open(args) => args.run(&archive, actor)?,
            FileCommand::Split { id, records, reason } => {
                let records: Vec<RecordId> = records.iter().map(|id| record_id(id)).collect::<Result<_, _>>()?;
                split(&archive, file_id(&id)?, &records, &reason, actor)?
            }
            FileCommand::Close(args) => files::close(&archive, file_id(&args.id)?, args.date, actor)?,
            FileCommand::Reopen { id, reason } => files::reopen(&archive, file_id(&id)?, &reason, actor)?,
            FileCommand::Reclassify(args) => {
                let (id, attributes) = (file_id(&args.id)?, attributes(args.attributes)?);
                files::reclassify(&archive, id, args.item, attributes, &args.reason, actor)?
            }
            FileCommand::Event(args) => {
                let (id, reason) = (file_id(&args.id)?, args.reason.as_deref());
                files::event(&archive, id, &args.event, args.date, reason, actor)?
            }
            FileCommand::List(_)
            | FileCommand::Records { .. }
            | FileCommand::ShortenAct { .. }
            | FileCommand::Shorten(_)
            | FileCommand::RefileAct { .. }
            | FileCommand::Refile(_) => unreachable!("done above"),
        };
        print(common, &file);
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// The id of a file, as a person wrote it.
pub(super) fn file_id(text: &str) -> Result<RecordId, Error> {
    id_of(text, ErrorCode::FilUnknown, "a file id")
}

/// Attributes by name, each named once.
fn attributes(pairs: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Error> {
    let mut found = BTreeMap::new();
    for (name, value) in pairs {
        if found.contains_key(&name) {
            return Err(Error::new(ErrorCode::FilText, name, "it is set twice"));
        }
        found.insert(name, value);
    }
    Ok(found)
}

impl Signed {
    fn shorten(&self, common: &Common) -> Result<Exit, Error> {
        let SignedFiles { document, signatures, extra } =
            self.signatures.read_with(&self.act, DECISION_BYTES_MAX, common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        match shorten::take(&archive, &document, &signatures, &extra, actor)? {
            shorten::Taken::Refused(refusals) => return refused(common, &refusals, archive),
            shorten::Taken::Done(file) => print(common, &files::find(&archive, file)?),
        }
        archive.close()?;
        Ok(Exit::Ok)
    }

    fn refile(&self, common: &Common) -> Result<Exit, Error> {
        let SignedFiles { document, signatures, extra } =
            self.signatures.read_with(&self.act, REFILING_BYTES_MAX, common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        match refile(&archive, &document, &signatures, &extra, actor)? {
            Refiled::Refused(refusals) => return refused(common, &refusals, archive),
            Refiled::Done(Refiling { to, records, .. }) => {
                let entered = Entered { entered: records.into_iter().collect(), held: Vec::new() };
                print_entered(common, to.file, &entered);
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

impl Open {
    fn run(self, archive: &Archive, actor: ActorId) -> Result<File, Error> {
        let asked = Asked {
            agency: self.agency,
            index: self.index,
            year: self.year,
            volume: self.volume,
            title: self.title,
            item: self.item,
            attributes: attributes(self.attributes)?,
        };
        files::open(archive, &asked, actor)
    }
}

impl Add {
    fn run(self, archive: &Archive, actor: ActorId, common: &Common) -> Result<(), Error> {
        let records: Vec<RecordId> = self.records.iter().map(|id| record_id(id)).collect::<Result<_, _>>()?;
        let id = file_id(&self.id)?;
        let entered = files::enter(archive, id, &records, self.reason.as_deref(), actor)?;
        print_entered(common, id, &entered);
        Ok(())
    }
}

/// Which records are in a file now.
fn print_entered(common: &Common, file: RecordId, entered: &Entered) {
    if common.json() {
        common.print_json(&view::file_filled(file, entered));
        return;
    }
    let lang = common.lang();
    for (word, ids) in [(ADDED, &entered.entered), (HELD, &entered.held)] {
        if !ids.is_empty() {
            out!("{}: {}", word.get(lang), ids.len());
        }
    }
}

impl List {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        let words = self.title.as_deref().map(fold::words).unwrap_or_default();
        let is_asked = |file: &File| {
            let row = &file.row;
            let has_words = || {
                let title = fold::words(&row.title);
                words.iter().all(|word| title.iter().any(|other| other.starts_with(word.as_str())))
            };
            self.agency.as_ref().is_none_or(|agency| *agency == row.agency)
                && self.year.is_none_or(|year| year == row.year)
                && self.index.as_ref().is_none_or(|index| *index == row.index)
                && (!self.open || row.is_open())
                && (words.is_empty() || has_words())
        };
        let mut found = match &self.cite {
            Some(text) => vec![cite::find(&archive, &citation(text)?)?.file],
            None => due::files(&archive)?,
        };
        found.retain(is_asked);
        for file in &found {
            print(common, file);
        }
        let destroyed = tomb::list(&archive, common, |tomb| {
            self.agency.as_ref().is_none_or(|agency| *agency == tomb.agency)
                && self.year.is_none_or(|year| year == tomb.year)
                && self.index.as_ref().is_none_or(|index| *index == tomb.index)
                && !self.open
                && tomb.has_words(&words)
        })?;
        if found.len() + destroyed == 0 && !common.json() {
            common.say(NOTHING.get(common.lang()));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

/// A citation, as a person wrote it.
pub(super) fn citation(text: &str) -> Result<Citation, Error> {
    text.parse().map_err(|e| Error::caused(ErrorCode::FilCitation, shown(text), e))
}

/// The records of a file. A list is no reading: titles of restricted records stay out of it.
fn print_records(file: &str, common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let file = match file.parse::<Citation>() {
        Ok(citation) => cite::find(&archive, &citation)?.file,
        Err(_) => files::find(&archive, file_id(file)?)?,
    };
    let (lang, records) = (common.lang(), cite::records(&archive, file.id)?);
    if records.is_empty() && !common.json() {
        common.say(EMPTY.get(lang));
    }
    for row in &records {
        if common.json() {
            common.print_json(&view::file_record(&file, row, Masked::No));
            continue;
        }
        let is_open = row.access() == AccessCategory::Public;
        let title = is_open.then(|| row.card_field(CardField::Title).unwrap_or_default());
        let made = row.created.and_then(date).map(|day| day.to_string());
        let number = row.card_field(CardField::RegistrationNumber).unwrap_or_default();
        let place = row.number_in_file.map(|number| number.to_string()).unwrap_or_default();
        let title = title.map_or_else(|| HIDDEN.get(lang).to_owned(), shown);
        out!("{place}. {} · {} · {} · {title}", row.id(), made.unwrap_or_default(), shown(number));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

/// A file in one line: index, year, volume, title.
pub(super) fn file_line(file: &File, common: &Common) -> String {
    let row = &file.row;
    let volume = format!("{} {}", VOLUME.get(common.lang()), row.volume);
    format!("{} · {} · {volume} · {} ({})", shown(&row.index), row.year, shown(&row.title), shown(&row.agency))
}

pub(super) fn print(common: &Common, file: &File) {
    if common.json() {
        common.print_json(&view::file(file, Masked::No));
        return;
    }
    let (lang, row, state) = (common.lang(), &file.row, file.row.state());
    out!("{} {}", file.id, file_line(file, common));
    let item = row.item().map_or_else(|| NO_ITEM.get(lang).to_owned(), |item| shown(&item.to_string()));
    let standing = match state.closed.and_then(date) {
        Some(day) => format!("{} {day}", CLOSED.get(lang)),
        None => OPEN.get(lang).to_owned(),
    };
    out!("  {item} · {standing} · {} {}", row.documents, DOCUMENTS.get(lang));
    if let Some(citation) = row.citation() {
        out!("  {}", citation.text(lang));
    }
    if let Some(file) = row.part_of {
        out!("  {} {}", PART_OF.get(lang), RecordId(file));
    }
    for (name, value) in &state.attributes {
        out!("  {name} = {}", shown(value));
    }
    for (event, on) in &state.events {
        out!("  {event}: {}", date(*on).map(|day| day.to_string()).unwrap_or_default());
    }
}
