//! `muragat material add|list`: certificates of CAs and CRLs for the validation of signatures, kept once.
//!
//! Certificates of signers and OCSP answers name people and are not kept here: they are given to `ingest --material`
//! and
//! `waiting retry --material`, and are kept with the record that needed them.

use super::Common;
use crate::error::{Error, ErrorCode, Exit};
use crate::ingest::signatures::add_shared;
use crate::model::material::SharedKind;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::verify::limits::CMS_BYTES_MAX;
use crate::verify::material::Material;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Arguments of `material`.
#[derive(clap::Args)]
pub(super) struct MaterialArgs {
    #[command(subcommand)]
    command: MaterialCommand,
}

#[derive(clap::Subcommand)]
enum MaterialCommand {
    /// Keep certificates of CAs and CRLs: files or folders.
    Add(Add),
    /// What is kept.
    List,
}

#[derive(clap::Args)]
struct Add {
    /// Files, PEM or DER, or folders of these.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

const ADDED: Text = text("қосылды", "добавлено", "added");
const KEPT: Text = text("бұрыннан бар", "уже есть", "kept before");
const PASSED_OVER: Text = text(
    "қосылмады (адамның сертификаты немесе OCSP жауабы; оны --material арқылы беріңіз)",
    "не добавлено (сертификат человека или ответ OCSP: дайте его через --material)",
    "not added (a person's certificate or an OCSP answer: give it with --material)",
);
const FOREIGN: Text = text(
    "қосылмады (CRL-ға оны шығарушының қолы қойылмаған немесе сертификаты жоқ)",
    "не добавлено (CRL не подписан издателем, или его сертификата нет)",
    "not added (a CRL that its issuer did not sign, or whose certificate is not at hand)",
);
const NOT_MATERIAL: Text = text(
    "сертификат та, CRL де, OCSP жауабы да емес",
    "ни сертификат, ни CRL, ни ответ OCSP",
    "no certificate, CRL or OCSP answer",
);
const NOTHING: Text = text("Ештеңе жоқ.", "Ничего нет.", "Nothing is kept.");

/// Reads files and folders of material. A file that is named and is none is an error; one that lies in a folder is
/// passed over, and said: what was meant to help must not be missing silently.
pub(super) fn read(paths: &[PathBuf], common: &Common) -> Result<Material, Error> {
    let mut material = Material::default();
    for path in paths {
        for file in files(path)? {
            let added = material.add_file(&read_file(&file)?);
            let name = shown(&file.to_string_lossy());
            match added {
                Ok(_) => {}
                Err(e) if file == *path => return Err(Error::caused(ErrorCode::SigMaterial, name, e)),
                Err(_) => common.say(&format!("{}: {name}", NOT_MATERIAL.get(common.lang()))),
            }
        }
    }
    Ok(material)
}

/// The file, or the files of the folder, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |e: std::io::Error| {
        let code =
            if e.kind() == std::io::ErrorKind::NotFound { ErrorCode::IngNoSuchPath } else { ErrorCode::IngReadFailed };
        Error::caused(code, shown(&path.to_string_lossy()), e)
    };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        if entry.is_file() {
            files.push(entry);
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |e: std::io::Error| Error::caused(ErrorCode::IngReadFailed, shown(&path.to_string_lossy()), e);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(CMS_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > CMS_BYTES_MAX {
        let what = format!("more than {CMS_BYTES_MAX} bytes");
        return Err(Error::new(ErrorCode::IngReadFailed, shown(&path.to_string_lossy()), what));
    }
    Ok(bytes)
}

impl MaterialArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        match self.command {
            MaterialCommand::Add(args) => args.run(common),
            MaterialCommand::List => list(common),
        }
    }
}

impl Add {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let material = read(&self.paths, common)?;
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let added = add_shared(&archive, &material, actor)?;
        if common.json() {
            common.print_json(&json!({
                "added": added.added, "kept": added.kept, "passed_over": added.passed_over, "foreign": added.foreign,
            }));
        } else {
            let lang = common.lang();
            let rows =
                [(ADDED, added.added), (KEPT, added.kept), (PASSED_OVER, added.passed_over), (FOREIGN, added.foreign)];
            for (name, count) in rows.into_iter().filter(|(_, count)| *count > 0) {
                out!("{count:>8}  {}", name.get(lang));
            }
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let rows = archive.index().material()?;
    for (sha256, row) in &rows {
        let kind = SharedKind::ALL.get(usize::from(row.kind)).map_or("", |kind| kind.as_str());
        let made = chrono::DateTime::from_timestamp(row.made, 0).map(crate::model::validation::time_text);
        if common.json() {
            let value = json!({"sha256": sha256.to_string(), "material": kind, "made": made, "entry": row.entry});
            common.print_json(&value);
        } else {
            out!("{sha256} {kind} {} #{}", made.unwrap_or_default(), row.entry);
        }
    }
    if rows.is_empty() && !common.json() {
        out!("{}", NOTHING.get(common.lang()));
    }
    archive.close()?;
    Ok(Exit::Ok)
}
