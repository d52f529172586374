//! `check` and `adopt` of files that need no signature: nomenclatures, forms.
//!
//! A file is valid or it is refused with every fault; `check` needs no archive. A crash leaves a file adopted or not.

use super::ingest::print_refusals;
use super::{Common, read_up_to};
use crate::archive::{Adoption, Archive};
use crate::error::{Error, Exit, Refusal};
use crate::model::id::ActorId;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::view;
use serde_json::{Value, json};
use std::path::Path;

const VALID: Text = text("дұрыс", "файл верен", "valid");
const ADOPTED: Text = text("енгізілді", "введено", "adopted");
const HELD: Text = text("бұрын енгізілген", "введено раньше", "adopted before");
const REFUSED: Text = text("енгізілмеді", "не введено", "not adopted");
const MALFORMED: Text = text("қате", "файл с ошибками", "malformed");

/// What can be checked and adopted as a file of its own.
pub(super) trait Adoptable: Sized {
    /// What it is called in JSON.
    const NAME: &'static str;
    /// Longest file, in bytes.
    const BYTES_MAX: usize;

    /// Reads it, or gives every fault.
    fn parse(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>>;

    /// Adopts what was read from `bytes`.
    fn adopt(&self, archive: &Archive, bytes: &[u8], actor: ActorId) -> Result<Adoption, Error>;

    /// What it is, for programs.
    fn facts(&self) -> Value;

    /// What it is, for people. `entry` is that of its adoption.
    fn print(&self, common: &Common, entry: Option<u64>);
}

/// Checks a file.
pub(super) fn check<T: Adoptable>(common: &Common, file: &Path) -> Result<Exit, Error> {
    let (_, read) = read::<T>(file)?;
    let said = if read.is_ok() { ("valid", VALID) } else { ("refused", MALFORMED) };
    Ok(answer(common, file, said, &read, None))
}

/// Checks a file and adopts it.
pub(super) fn adopt<T: Adoptable>(common: &Common, file: &Path) -> Result<Exit, Error> {
    let archive = common.open_to_act()?;
    let actor = common.actor(&archive)?;
    let (bytes, read) = read::<T>(file)?;
    let adopted = match &read {
        Ok(what) => Some(what.adopt(&archive, &bytes, actor)?),
        Err(_) => None,
    };
    let said = match adopted {
        Some(Adoption::Done(_)) => ("adopted", ADOPTED),
        Some(Adoption::Held(_)) => ("held", HELD),
        None => ("refused", REFUSED),
    };
    let exit = answer(common, file, said, &read, adopted);
    archive.close()?;
    Ok(exit)
}

type Read<T> = Result<T, Vec<Refusal>>;

fn read<T: Adoptable>(path: &Path) -> Result<(Vec<u8>, Read<T>), Error> {
    let bytes = read_up_to(path, T::BYTES_MAX)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let read = T::parse(&bytes, &name);
    Ok((bytes, read))
}

fn answer<T: Adoptable>(
    common: &Common,
    file: &Path,
    (status, word): (&str, Text),
    read: &Read<T>,
    adopted: Option<Adoption>,
) -> Exit {
    let lang = common.lang();
    let entry = adopted.map(|adopted| match adopted {
        Adoption::Done(entry) => Some(entry),
        Adoption::Held(entry) => entry,
    });
    if common.json() {
        let mut value = json!({"status": status});
        match read {
            Ok(what) => value[T::NAME] = what.facts(),
            Err(refusals) => value["reasons"] = view::refusals(refusals, lang),
        }
        if let Some(entry) = entry {
            value["entry"] = entry.into();
        }
        common.print_json(&value);
    } else {
        out!("{}: {}", word.get(lang), shown(&file.to_string_lossy()));
        match read {
            Ok(what) => what.print(common, entry.flatten()),
            Err(refusals) => print_refusals(refusals, lang),
        }
    }
    if read.is_ok() { Exit::Ok } else { Exit::Refused }
}
