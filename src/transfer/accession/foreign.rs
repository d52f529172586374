//! Records of a package that another program wrote: divisions of a map that have Dublin Core beside their files.
//!
//! Nothing is guessed but what METS says by itself: a division with descriptive metadata inside the METS file and with
//! files of its own is a record, in every representation that has such. Its title, date, identifier and type go onto
//! the card; everything else a profile of imports says ([`Profile`]), which officers approved for what comes from that
//! program. So what is missing is refused as it is in an import, and nothing of it is called proven.
//!
//! It judges nothing, and writes nothing.

use super::package::Package;
use super::record::line;
use crate::error::{Error, ErrorCode};
use crate::ingest::import::described;
use crate::ingest::import::profile::{Field, FileColumn, Profile};
use crate::ingest::transferred::{Bytes, File};
use crate::model::digest::sha256;
use crate::model::path;
use crate::model::strict::shown;
use crate::transfer::layout;
use crate::transfer::read::mets::{About, METS, Mets, Part, Target, resolve};
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

/// Records of one package. Own bound: that of a package of Muragat.
const RECORDS_MAX: usize = 100_000;

/// A record.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it is called in the answer: representation and number.
    pub name: String,
    /// What METS says of it: names of elements and their text.
    pub fields: Vec<(String, String)>,
    /// Its files, from the top of the package.
    pub files: Vec<String>,
}

/// A record as it is handed to intake.
pub struct Made {
    /// `submission.json`.
    pub description: Vec<u8>,
    /// The card first, then the files in their order.
    pub files: Vec<File>,
    /// The card.
    pub card: Vec<u8>,
    /// What METS says of it, to be kept with the record.
    pub said: Value,
    /// Its date, when METS has one.
    pub date: Option<NaiveDate>,
}

/// The bytes of [`Made::files`].
pub struct MadeBytes<'p, 's> {
    /// The package.
    pub package: &'p Package<'s>,
    /// The record.
    pub found: &'p Found,
    /// The card.
    pub card: &'p [u8],
}

impl Bytes for MadeBytes<'_, '_> {
    fn open(&self, index: usize) -> io::Result<Box<dyn Read + '_>> {
        let Some(index) = index.checked_sub(1) else { return Ok(Box::new(self.card)) };
        let found = self.found.files.get(index).and_then(|path| self.package.source.find(path));
        self.package.source.open(found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?)
    }
}

/// The records of a package, representation after representation.
///
/// # Errors
///
/// It has none, or METS is beyond what is read here.
pub fn records(package: &Package<'_>) -> Result<Vec<Found>, Error> {
    let top = package.path(layout::REPRESENTATIONS);
    let suffix = format!("/{METS}");
    let files: Vec<String> = package
        .below(&top)
        .map(|(_, path)| path.to_owned())
        .filter(|path| path[top.len()..].strip_suffix(&suffix).is_some_and(|folder| !folder.contains('/')))
        .collect();
    let mut found = Vec::new();
    for path in &files {
        found.extend(of_representation(package, path, &top)?);
        if found.len() > RECORDS_MAX {
            return Err(Error::new(ErrorCode::TrfNotTaken, shown(path), format!("more than {RECORDS_MAX} records")));
        }
    }
    if found.is_empty() {
        let what = "no division of it has Dublin Core and files";
        return Err(Error::new(ErrorCode::TrfNotTaken, shown(&package.name), what));
    }
    Ok(found)
}

fn of_representation(package: &Package<'_>, mets: &str, top: &str) -> Result<Vec<Found>, Error> {
    let folder = mets.strip_suffix(METS).unwrap_or(mets);
    let name = folder[top.len()..].trim_end_matches('/');
    let unread = |e: &dyn std::fmt::Display| Error::new(ErrorCode::TrfNotTaken, shown(mets), e.to_string());
    let opened = package.source.open(package.source.find(mets).unwrap_or_default()).map_err(|e| unread(&e))?;
    let mut reader = Mets::new(BufReader::new(opened));
    let (mut fields, mut paths) = (BTreeMap::new(), BTreeMap::new());
    let mut open: Vec<(Option<String>, Vec<String>)> = Vec::new();
    let mut found = Vec::new();
    loop {
        match reader.read().map_err(|e| unread(&e))? {
            Part::Wrapped(wrapped) => {
                if let (Some(id), Some("DC")) = (wrapped.id, wrapped.kind.as_deref()) {
                    fields.insert(id, wrapped.fields);
                }
            }
            Part::Reference(reference) => {
                let About::Content { id: Some(id), .. } = reference.about else { continue };
                if let Target::Inside(all) = resolve(&reference.location.href, folder, folder) {
                    let path = all.into_iter().find(|path| package.source.find(path).is_some());
                    paths.extend(path.map(|path| (id, path)));
                }
            }
            Part::Div(div) => open.push((div.dmd, Vec::new())),
            Part::File(id) => {
                if let Some((_, files)) = open.last_mut() {
                    files.extend(paths.get(&id).cloned());
                }
            }
            Part::DivEnd => {
                let Some((dmd, files)) = open.pop() else { continue };
                let ids = dmd.iter().flat_map(|ids| ids.split_ascii_whitespace());
                let of: Vec<(String, String)> =
                    ids.filter_map(|id| fields.get(id)).flat_map(|of: &Vec<_>| of.clone()).collect();
                if !of.is_empty() && !files.is_empty() {
                    let name = line(&format!("{name}/{}", found.len() + 1));
                    found.push(Found { name, fields: of, files });
                }
            }
            Part::Done => return Ok(found),
            _ => {}
        }
    }
}

fn column(path: &str, has_main: bool) -> FileColumn {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "p7s" | "sig" => FileColumn::Signature,
        "cer" => FileColumn::Certificate,
        "crl" | "ocsp" => FileColumn::Revocation,
        _ if has_main => FileColumn::Attachment,
        _ => FileColumn::Main,
    }
}

/// Describes a record by a profile.
pub fn made(package: &Package<'_>, found: &Found, profile: &Profile) -> Result<Made, Error> {
    let mut values = BTreeMap::new();
    for (name, field) in [
        ("title", Field::Title),
        ("date", Field::DocumentDate),
        ("identifier", Field::RegistrationNumber),
        ("type", Field::DocumentType),
    ] {
        let value = found.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        values.extend(value.filter(|value| !value.is_empty()).map(|value| (field, value.to_owned())));
    }
    let (mut named, mut files) = (Vec::new(), Vec::new());
    for path in &found.files {
        let own = path.rsplit('/').next().unwrap_or(path);
        // Two folders may have files of one name; a record has each path once.
        let taken = |name: &str| named.iter().any(|(_, other): &(FileColumn, String)| path::clash(other, name));
        let mut free = (1..).map(|n| if n == 1 { own.to_owned() } else { format!("{n}/{own}") });
        let name = free.find(|name| !taken(name)).unwrap_or_default();
        let column = column(&name, named.iter().any(|(column, _)| *column == FileColumn::Main));
        let len = package.source.find(path).and_then(|at| package.source.entries().get(at)).map_or(0, |one| one.len);
        files.push(File { path: name.clone(), len, sha256: package.told(path)? });
        named.push((column, name));
    }
    let date = values.get(&Field::DocumentDate).and_then(|date| date.parse().ok());
    let described = described(profile, &values, &named);
    let (name, card) = described.card;
    files.insert(0, File { path: name, len: card.len() as u64, sha256: sha256(&card) });
    let told = files.iter().skip(1).zip(&found.files);
    let told = told.map(|(file, path)| json!({"path": path, "sha256": file.sha256.to_string()}));
    let said = json!({
        "record": found.name, "package": package.name,
        "fields": found.fields.iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Value>(),
        "files": told.collect::<Value>(),
    });
    Ok(Made { description: described.description, files, card, said, date })
}
