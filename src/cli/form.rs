//! `muragat form check|adopt|list|print`: forms of acts and inventories, and what is printed by them.
//!
//! `check` needs no archive; `print` writes one HTML document, or with `--json` the same data.

use super::adoption::{Adoptable, adopt, check};
use super::answers::write_new;
use super::{Common, id_of};
use crate::archive::{Adoption, Archive};
use crate::disposition::forms::{self, Held, all, in_force};
use crate::error::{Error, ErrorCode, Exit, Refusal};
use crate::model::form::{FORM_BYTES_MAX, Filled, Form, FormId};
use crate::model::id::ActorId;
use crate::model::strict::shown;
use crate::text::{Lang, Text, text};
use crate::view;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Arguments of `form`.
#[derive(clap::Args)]
pub(super) struct FormArgs {
    #[command(subcommand)]
    command: FormCommand,
}

#[derive(clap::Subcommand)]
enum FormCommand {
    /// Check a form; needs no archive.
    Check {
        /// The form, as schema/form/1 says.
        file: PathBuf,
    },
    /// Adopt a form: documents of its kind are printed by it from then on.
    Adopt {
        /// The form, as schema/form/1 says.
        file: PathBuf,
    },
    /// All forms: those of the program, then those that were adopted, oldest first.
    List,
    /// Print a document by the form in force, in Kazakh or, with `--lang ru`, in Russian.
    Print {
        #[command(subcommand)]
        what: Print,
        /// Write it into this file.
        #[arg(short, long, value_name = "FILE", global = true)]
        output: Option<PathBuf>,
    },
}

#[derive(clap::Subcommand)]
enum Print {
    /// The act of selection of a plan; once it was executed, with the mark of destruction.
    ActOfSelection {
        /// Id of the plan.
        plan: String,
    },
    /// An inventory.
    Inventory {
        /// Number of the fonds.
        #[arg(long, value_name = "N")]
        fonds: u32,
        /// Number of the inventory in the fonds.
        #[arg(long, value_name = "N")]
        number: u32,
    },
    /// The count of the files of an agency in a year.
    YearCount {
        /// Code of the agency.
        #[arg(long, value_name = "CODE")]
        agency: String,
        /// The year.
        #[arg(long)]
        year: u16,
    },
}

const BUILT_IN: Text = text("бағдарламамен бірге келген", "поставляется с программой", "comes with the program");
const IN_FORCE: Text = text("қолданыста", "действует", "in force");
const SAMPLE: Text = text("үлгі", "образец", "sample");
const OFFICIAL: Text = text("ресми", "официальная", "official");
const WRITTEN: Text = text("Жазылды", "Записано", "Written");

impl FormArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            FormCommand::Check { file } => check::<Form>(common, &file),
            FormCommand::Adopt { file } => adopt::<Form>(common, &file),
            FormCommand::List => list(common),
            FormCommand::Print { what, output } => {
                let archive = common.open()?;
                let (form, filled) = what.fill(&archive, common.lang())?;
                archive.close()?;
                give(common, &form, &filled, output.as_deref())
            }
        }
    }
}

impl Print {
    /// The form in force, and what it is filled in with.
    fn fill(self, archive: &Archive, lang: Lang) -> Result<(Held, Filled), Error> {
        // A form has no English: what is filled in is in the language of its words.
        let lang = if lang == Lang::En { Lang::Kk } else { lang };
        let (id, filled) = match self {
            Print::ActOfSelection { plan } => {
                let plan = id_of(&plan, ErrorCode::DspUnknown, "plan")?;
                (FormId::ActOfSelection, forms::act(archive, plan, lang)?)
            }
            Print::Inventory { fonds, number } => forms::inventory(archive, (fonds, number), lang)?,
            Print::YearCount { agency, year } => {
                (FormId::YearEndCount, forms::year_count(archive, &agency, year, lang)?)
            }
        };
        Ok((in_force(archive, id)?, filled))
    }
}

/// Gives out a form, filled in: HTML, or with `--json` the same data.
pub(super) fn give(common: &Common, held: &Held, filled: &Filled, output: Option<&Path>) -> Result<Exit, Error> {
    let html = held.form.html(filled, common.lang());
    if let Some(path) = output {
        let name = shown(&path.to_string_lossy());
        write_new(path, html.as_bytes()).map_err(|e| Error::caused(ErrorCode::ArcOutput, &*name, e))?;
        if !common.json() {
            common.say(&format!("{}: {name}", WRITTEN.get(common.lang())));
        }
    }
    if common.json() {
        common.print_json(&view::form_print(held, filled, common.lang()));
    } else if output.is_none() {
        out_raw!("{html}");
    }
    Ok(Exit::Ok)
}

impl Adoptable for Form {
    const NAME: &'static str = "form";
    const BYTES_MAX: usize = FORM_BYTES_MAX;

    fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        Form::parse(bytes, name)
    }

    fn adopt(&self, archive: &Archive, bytes: &[u8], actor: ActorId) -> Result<Adoption, Error> {
        forms::adopt(archive, self, bytes, actor)
    }

    fn facts(&self) -> Value {
        view::form_facts(self)
    }

    fn print(&self, common: &Common, _: Option<u64>) {
        out!("  {}", line(self, common.lang()));
    }
}

fn line(form: &Form, lang: Lang) -> String {
    let status = if form.status.as_str() == "official" { OFFICIAL } else { SAMPLE };
    format!("{} · {} · {} · {}", form.id, shown(&form.edition), status.get(lang), shown(&form.source))
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let forms = all(&archive)?;
    for (at, held) in forms.iter().enumerate() {
        let is_in_force = !forms[at + 1..].iter().any(|later| later.form.id == held.form.id);
        if common.json() {
            let mut value = held.form.facts();
            value["entry"] = held.entry.into();
            value["in_force"] = is_in_force.into();
            common.print_json(&value);
            continue;
        }
        let lang = common.lang();
        let entry = held.entry.map_or_else(|| BUILT_IN.get(lang).to_owned(), |entry| format!("#{entry}"));
        let force = if is_in_force { format!(" · {}", IN_FORCE.get(lang)) } else { String::new() };
        out!("{} · {entry}{force}", line(&held.form, lang));
    }
    archive.close()?;
    Ok(Exit::Ok)
}
