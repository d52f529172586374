//! `muragat inventory open|enter|approve|list|files`: inventories of files (тізімдеме, опись).
//!
//! `list` and `files` only read; `files` prints what an inventory lists, also of files that are gone.

use super::file::file_id;
use super::{Common, read_up_to, tomb};
use crate::archive::Archive;
use crate::error::{Error, ErrorCode, Exit};
use crate::filing::inventory::{self, ATTACHMENT_BYTES_MAX, Inventory};
use crate::index::filing::TombRow;
use crate::model::citation::Citation;
use crate::model::fonds::{Approval, InventoryKind, InventoryOpening, Unit};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::view::{self, Masked};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `inventory`.
#[derive(clap::Args)]
pub(super) struct InventoryArgs {
    #[command(subcommand)]
    command: InventoryCommand,
}

/// Which inventory.
#[derive(clap::Args)]
struct Which {
    /// Number of the fonds.
    #[arg(long, value_name = "N")]
    fonds: u32,
    /// Number of the inventory in the fonds.
    #[arg(long, value_name = "N")]
    number: u32,
}

impl Which {
    fn numbers(&self) -> (u32, u32) {
        (self.fonds, self.number)
    }
}

#[derive(clap::Subcommand)]
enum InventoryCommand {
    /// Open an inventory of a fonds.
    Open {
        #[command(flatten)]
        which: Which,
        /// Which files it lists: permanent, personnel or long_term (over 10 years).
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: InventoryKind,
        /// Its title.
        #[arg(long, value_name = "TEXT")]
        title: String,
        /// First year of the period that it is for.
        #[arg(long, value_name = "YEAR")]
        from: Option<u16>,
        /// Last year of that period.
        #[arg(long, value_name = "YEAR")]
        to: Option<u16>,
    },
    /// Enter closed files; each gets the next number.
    Enter {
        #[command(flatten)]
        which: Which,
        /// Ids of files, in the order of their numbers.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<String>,
    },
    /// An expert commission approved an inventory.
    Approve {
        #[command(flatten)]
        which: Which,
        /// The last year that is approved; it is over.
        #[arg(long, value_name = "YEAR")]
        until: u16,
        /// Number of the commission's minutes.
        #[arg(long, value_name = "TEXT")]
        minutes_number: String,
        /// Their date, YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        minutes_date: NaiveDate,
        /// A scan of the minutes, or the signed document and its signatures; may be repeated.
        #[arg(long, value_name = "FILE", required = true)]
        attach: Vec<PathBuf>,
    },
    /// Every inventory, by fonds and number.
    List {
        /// Only those of this fonds.
        #[arg(long, value_name = "N")]
        fonds: Option<u32>,
    },
    /// The files that an inventory lists.
    Files {
        #[command(flatten)]
        which: Which,
    },
}

fn kind(word: &str) -> Result<InventoryKind, String> {
    InventoryKind::parse(word).ok_or_else(|| format!("known: {}", InventoryKind::KNOWN))
}

const NOTHING: Text = text("Тізімдеме жоқ.", "Описей нет.", "There are no inventories.");
const EMPTY: Text = text("Тізімдемеде іс жоқ.", "В описи нет дел.", "The inventory lists no file.");
const INVENTORY: Text = text("тізімдеме", "опись", "inventory");
const FONDS: Text = text("Қор", "Фонд", "Fonds");
const FILES: Text = text("іс", "дел", "files");
const APPROVED: Text = text("бекітілген соңғы жыл:", "последний утверждённый год:", "last approved year:");
const NOT_APPROVED: Text = text("бекітілмеген", "не утверждена", "not approved");
const VOLUME: Text = text("том", "том", "volume");
const CLOSED: Text = text("жабылған", "закрыто", "closed");
const DOCUMENTS: Text = text("құжат", "документов", "documents");

fn kind_text(kind: InventoryKind) -> Text {
    match kind {
        InventoryKind::Permanent => text("тұрақты сақталатын істер", "дела постоянного хранения", "permanent files"),
        InventoryKind::Personnel => {
            text("жеке құрам жөніндегі істер", "дела по личному составу", "files about the staff")
        }
        InventoryKind::LongTerm => text(
            "уақытша (10 жылдан астам) сақталатын істер",
            "дела временного (свыше 10 лет) хранения",
            "files of temporary keeping over 10 years",
        ),
    }
}

impl InventoryArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = match self.command {
            InventoryCommand::List { fonds } => {
                let archive = common.open()?;
                let mut found = inventory::list(&archive)?;
                found.retain(|inventory| fonds.is_none_or(|fonds| fonds == inventory.row.fonds));
                if found.is_empty() && !common.json() {
                    common.say(NOTHING.get(common.lang()));
                }
                found.iter().for_each(|inventory| print(common, inventory));
                archive
            }
            InventoryCommand::Files { which } => {
                let archive = common.open()?;
                let inventory = inventory::find(&archive, which.fonds, which.number)?;
                let units = inventory::units(&archive, &inventory)?;
                if units.is_empty() && !common.json() {
                    common.say(EMPTY.get(common.lang()));
                }
                print_units(common, &archive, &which, &units)?;
                archive
            }
            InventoryCommand::Open { which: Which { fonds, number }, kind, title, from, to } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let opening = InventoryOpening { fonds, number, kind, title, from, to };
                print(common, &inventory::open(&archive, &opening, actor)?);
                archive
            }
            InventoryCommand::Enter { which, files } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let files: Vec<RecordId> = files.iter().map(|id| file_id(id)).collect::<Result<_, _>>()?;
                let units = inventory::enter(&archive, which.numbers(), &files, actor)?;
                print_units(common, &archive, &which, &units)?;
                archive
            }
            InventoryCommand::Approve { which, until, minutes_number, minutes_date, attach } => {
                let attached: Vec<(String, Vec<u8>)> =
                    attach.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let approval = Approval { until, minutes_number, minutes_date };
                print(common, &inventory::approve(&archive, which.numbers(), &approval, attached, actor)?);
                archive
            }
        };
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn read(path: &Path) -> Result<(String, Vec<u8>), Error> {
    let name = path.file_name().and_then(|name| name.to_str());
    let unnamed = || Error::new(ErrorCode::FilText, shown(&path.to_string_lossy()), "a name in UTF-8 is wanted");
    Ok((name.ok_or_else(unnamed)?.to_owned(), read_up_to(path, ATTACHMENT_BYTES_MAX)?))
}

fn inventory_json(inventory: &Inventory) -> Value {
    let row = &inventory.row;
    let approved: Vec<Value> =
        row.approved.iter().map(|(entry, until)| json!({"entry": entry, "until": until})).collect();
    json!({
        "inventory_id": inventory.id.to_string(), "fonds": row.fonds, "number": row.number,
        "kind": row.kind().as_str(), "title": row.title, "from": row.period.0, "to": row.period.1,
        "entry": row.opened, "files": row.units, "approved": approved,
    })
}

fn print(common: &Common, inventory: &Inventory) {
    if common.json() {
        common.print_json(&inventory_json(inventory));
        return;
    }
    let (lang, row) = (common.lang(), &inventory.row);
    let (fonds, word) = (FONDS.get(lang), INVENTORY.get(lang));
    out!("{fonds} {} · {word} {} · {} · #{}", row.fonds, row.number, shown(&row.title), row.opened);
    let year = |year: Option<u16>| year.map(|year| year.to_string()).unwrap_or_default();
    let period = match row.period {
        (None, None) => String::new(),
        (from, to) => format!(" · {}–{}", year(from), year(to)),
    };
    let approved = match row.approved_until() {
        Some(until) => format!("{} {until}", APPROVED.get(lang)),
        None => NOT_APPROVED.get(lang).to_owned(),
    };
    out!("  {}{period} · {} {} · {approved}", kind_text(row.kind()).get(lang), row.units, FILES.get(lang));
}

fn print_units(common: &Common, archive: &Archive, which: &Which, units: &[Unit]) -> Result<(), Error> {
    for unit in units {
        print_unit(common, which, unit, archive.index().tomb(unit.file)?.as_ref());
    }
    Ok(())
}

/// A file of an inventory; of one that is here no more also by which act it went.
fn print_unit(common: &Common, which: &Which, unit: &Unit, tomb: Option<&TombRow>) {
    let (fonds, inventory) = which.numbers();
    let citation = Citation { fonds, inventory, unit: unit.number, document: None };
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    if common.json() {
        common.print_json(&json!({
            "unit": unit.number, "citation": citation.to_string(), "file_id": unit.file.to_string(),
            "index": unit.index, "year": unit.year, "volume": unit.volume, "title": unit.title,
            "oldest": day(unit.oldest), "newest": day(unit.newest), "closed": unit.closed.to_string(),
            "documents": unit.documents, "gone": tomb.map(|tomb| view::destroyed_file(unit.file, tomb, Masked::No)),
        }));
        return;
    }
    let lang = common.lang();
    let title = unit.title.as_deref().unwrap_or(&unit.index);
    let volume = format!("{} {}", VOLUME.get(lang), unit.volume);
    let place = citation.text(lang);
    out!("{place} · {} · {} · {volume} · {}", shown(&unit.index), unit.year, shown(title));
    let dates = match (unit.oldest, unit.newest) {
        (Some(oldest), Some(newest)) => format!("{oldest} – {newest} · "),
        _ => String::new(),
    };
    let (closed, documents) = (CLOSED.get(lang), DOCUMENTS.get(lang));
    out!("  {dates}{closed} {} · {} {documents} · {}", unit.closed, unit.documents, unit.file);
    if let Some(tomb) = tomb {
        out!("  {}", tomb::by_act(tomb, lang));
    }
}
