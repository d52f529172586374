//! `muragat party adopt|list|own`: other archives, which two officers signed for, and what others are told of this one.
//!
//! `list` and `own` only read.

use super::Common;
use super::beside::write_all_new;
use super::ingest::print_refusals;
use super::read_up_to;
use super::signed::Signatures;
use crate::error::{Error, Exit, Refusal};
use crate::model::digest::sha256;
use crate::model::party::{PARTY_BYTES_MAX, Party, PartyKind};
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::transfer::party::{self, Adoption, Held, Own};
use crate::view;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `party`.
#[derive(clap::Args)]
pub(super) struct PartyArgs {
    #[command(subcommand)]
    command: PartyCommand,
}

#[derive(clap::Subcommand)]
enum PartyCommand {
    /// Adopt the file about another archive that two officers signed.
    Adopt {
        /// The file, as schema/party/1 says.
        file: PathBuf,
        #[command(flatten)]
        signatures: Signatures,
    },
    /// Every other archive, as it is known now.
    List,
    /// Write the file about this archive, for officers of another one to sign and adopt there.
    Own {
        /// Name by which the other archive calls this one.
        #[arg(long, value_name = "NAME")]
        id: String,
        /// Code of the agency there that this archive is a party of.
        #[arg(long, value_name = "CODE")]
        agency: String,
        /// What this archive is to it: state_archive, agency_archive, successor or sender.
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: PartyKind,
        /// The agreement.
        #[arg(long, value_name = "TEXT")]
        basis: String,
        /// Whole years after that of their closing before files come here.
        #[arg(long, value_name = "N")]
        years: Option<u32>,
        /// The file, a new one.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
}

fn kind(word: &str) -> Result<PartyKind, String> {
    PartyKind::parse(word).ok_or_else(|| format!("known: {}", PartyKind::KNOWN))
}

const ADOPTED: Text = text("енгізілді", "введён", "adopted");
const HELD: Text = text("бұрын енгізілген", "уже введён", "adopted before");
const REFUSED: Text = text("енгізілмеді", "не введён", "not adopted");
const WRITTEN: Text = text("жазылды", "записано", "written");
const TO_CARRY: Text = text(
    "Оны қолдан қолға беріңіз: кілттерге ол жақта осы файл бойынша ғана сенеді.",
    "Передайте его из рук в руки: ключам там верят только по этому файлу.",
    "Bring it by hand: the keys in it are believed there by this file alone.",
);
const NOTHING: Text = text("Басқа архив енгізілмеген.", "Других архивов нет.", "No other archive was adopted.");

impl PartyArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            PartyCommand::Adopt { file, signatures } => adopt(common, &file, &signatures),
            PartyCommand::List => list(common),
            PartyCommand::Own { id, agency, kind, basis, years, output } => {
                let asked = Own { id: &id, agency: &agency, kind, years, basis: &basis };
                own(common, &asked, &output)
            }
        }
    }
}

fn adopt(common: &Common, path: &Path, signatures: &Signatures) -> Result<Exit, Error> {
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let file = read_up_to(path, PARTY_BYTES_MAX)?;
    let name = path.file_name().map_or("party.toml".into(), |name| name.to_string_lossy());
    let party = match Party::parse(&file, &name) {
        Ok(party) => party,
        Err(refusals) => return Ok(refuse(common, &name, &refusals)),
    };
    let (signatures, extra) = signatures.read(common)?;
    let (status, said, entry) = match party::adopt(&archive, (&party, &file), &signatures, &extra, actor)? {
        Adoption::Done(entry) => ("adopted", ADOPTED, entry),
        Adoption::Held(entry) => ("held", HELD, entry),
        Adoption::Refused(refusals) => {
            archive.close()?;
            return Ok(refuse(common, &party.id, &refusals));
        }
    };
    if common.json() {
        common.print_json(&view::transfer_done(status, ("party", &party.id), entry));
    } else {
        out!("{}: {} (#{entry})", said.get(common.lang()), party.id);
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn own(common: &Common, asked: &Own<'_>, output: &Path) -> Result<Exit, Error> {
    let archive = common.open()?;
    let file = party::own(&archive, asked)?;
    write_all_new(&[(output, file.as_bytes())])?;
    let path = output.to_string_lossy();
    if common.json() {
        common.print_json(&json!({
            "status": "written", "party": asked.id, "file": path, "sha256": sha256(file.as_bytes()).to_string(),
        }));
    } else {
        out!("{}: {} · {}", WRITTEN.get(common.lang()), shown(asked.id), shown(&path));
        common.say(TO_CARRY.get(common.lang()));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn refuse(common: &Common, id: &str, refusals: &[Refusal]) -> Exit {
    if common.json() {
        common.print_json(&view::transfer_refused(("party", id), refusals, common.lang()));
    } else {
        out!("{}: {}", REFUSED.get(common.lang()), shown(id));
        print_refusals(refusals, common.lang());
    }
    refusals.first().map_or(Exit::Refused, |refusal| refusal.code.exit())
}

fn kind_text(kind: PartyKind) -> Text {
    match kind {
        PartyKind::StateArchive => text("мемлекеттік архив", "государственный архив", "state archive"),
        PartyKind::AgencyArchive => text("мекеменің архиві", "архив учреждения", "archive of the agency"),
        PartyKind::Successor => text("құқықтық мирасқор", "правопреемник", "successor"),
        PartyKind::Sender => text("тапсырушы", "передающий", "sender"),
    }
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let mut held = party::adopted(&archive)?;
    // Of one name the last is in force.
    let newest: Vec<u64> = held.iter().filter_map(|one| Some(last(&held, one)?.entry)).collect();
    held.retain(|one| newest.contains(&one.entry));
    if held.is_empty() && !common.json() {
        common.say(NOTHING.get(lang));
    }
    for one in &held {
        if common.json() {
            common.print_json(&view::party(one, view::Masked::No));
            continue;
        }
        let party = &one.party;
        let (agency, kind) = (shown(&party.agency), kind_text(party.kind).get(lang));
        out!("{} · {agency} · {kind} · {} (#{})", party.id, shown(party.title.get(lang)), one.entry);
        out!("  {} · {}", party.archive, shown(&one.vkey.to_string()));
    }
    archive.close()?;
    Ok(Exit::Ok)
}

fn last<'a>(held: &'a [Held], one: &Held) -> Option<&'a Held> {
    held.iter().rev().find(|other| other.party.id == one.party.id)
}
