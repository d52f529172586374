//! `muragat material add|list|fetch`: certificates of CAs and CRLs for the validation of signatures, kept once.
//!
//! Certificates of signers and OCSP answers name people and are not kept here: they are given to `ingest --material`
//! and `waiting retry --material`, and are kept with the record that needed them.

use super::Common;
use crate::clock::{local_text, utc};
use crate::error::{Error, ErrorCode, Exit};
use crate::index::rows::MaterialRow;
use crate::ingest::share::{NotShared, add_shared};
use crate::model::digest::{Sha256, sha256};
use crate::model::material::SharedKind;
use crate::model::strict::shown;
use crate::model::validation::time_text;
use crate::text::{Text, text};
use crate::verify::limits::CMS_BYTES_MAX;
use crate::verify::material::Material;
use crate::verify::name;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::collections::BTreeMap;
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
    /// What is kept: whose, from when to when, and whether it still serves.
    List,
    /// Fetch CRLs, certificates of issuers and OCSP answers, from the addresses that muragat.toml allows.
    Fetch(super::fetch::Fetch),
}

#[derive(clap::Args)]
struct Add {
    /// Files, PEM or DER, or folders of these.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

const ADDED: Text = text("қосылды", "добавлено", "added");
const KEPT: Text = text("бұрыннан бар", "уже есть", "kept before");
pub(super) const NOT_ADDED: Text = text("қосылмады", "не добавлено", "not added");
const NAMES_PEOPLE: Text = text(
    "адамның сертификаты немесе OCSP жауабы: оны --material арқылы беріңіз",
    "сертификат человека или ответ OCSP: дайте его через --material",
    "a person's certificate or an OCSP answer: give it with --material",
);
const NO_ISSUER: Text = text(
    "CRL-ға саясаттағы сенім тірегі апаратын куәландырушы орталықтың ешқайсысы қол қоймаған: алдымен сол орталықтың \
     сертификатын қосыңыз",
    "CRL не подписан удостоверяющим центром, к которому ведёт якорь доверия политики: сначала добавьте сертификат \
     этого центра",
    "no authority has signed this CRL to which an anchor of the policy leads: add the authority's certificate first",
);
const NOT_YET: Text = text(
    "CRL әлі күшіне енген жоқ: ішіндегі уақыт әлі келмеген",
    "CRL ещё не действует: время в нём ещё не наступило",
    "the CRL is not yet valid: its time is still to come",
);
const NOT_MATERIAL: Text = text(
    "сертификат та, CRL де, OCSP жауабы да емес",
    "ни сертификат, ни CRL, ни ответ OCSP",
    "no certificate, CRL or OCSP answer",
);
const ISSUER: Text = text("шығарушы", "издатель", "issuer");
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
            MaterialCommand::Fetch(args) => args.run(common),
        }
    }
}

/// A file that was not added, or not all of it.
struct Left {
    file: String,
    /// Of a piece that could be read.
    sha256: Option<Sha256>,
    why: Why,
}

enum Why {
    NotShared(NotShared),
    /// It cannot be read, or is no material.
    Unreadable(Error),
}

/// Why something is not shared, for people.
pub(super) fn not_shared(why: NotShared) -> Text {
    match why {
        NotShared::NamesPeople => NAMES_PEOPLE,
        NotShared::NoIssuer => NO_ISSUER,
        NotShared::NotYet => NOT_YET,
    }
}

impl Why {
    fn as_str(&self) -> &'static str {
        match self {
            Self::NotShared(why) => why.as_str(),
            Self::Unreadable(_) => "unreadable",
        }
    }

    fn text(&self, common: &Common) -> String {
        let text = match self {
            Self::NotShared(why) => not_shared(*why),
            Self::Unreadable(e) => return format!("{}: {} ({})", e.code, e.code.text(common.lang()), shown(&e.what)),
        };
        text.get(common.lang()).to_owned()
    }
}

impl Add {
    fn run(self, common: &Common) -> Result<Exit, Error> {
        let mut left = Vec::new();
        let (material, places) = self.read(&mut left, common);
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let added = add_shared(&archive, &material, actor)?;
        for (digest, why) in &added.left {
            let file = places.get(digest).cloned().unwrap_or_default();
            left.push(Left { file, sha256: Some(*digest), why: Why::NotShared(*why) });
        }
        if common.json() {
            let row = |left: &Left| {
                let code = match &left.why {
                    Why::NotShared(_) => None,
                    Why::Unreadable(e) => Some(e.code.as_str()),
                };
                let sha256 = left.sha256.map(|digest| digest.to_string());
                json!({"code": code, "path": left.file, "reason": left.why.as_str(), "sha256": sha256})
            };
            common.print_json(&json!({
                "added": added.added, "kept": added.kept, "passed_over": added.left_for(NotShared::NamesPeople),
                "foreign": added.left_for(NotShared::NoIssuer), "early": added.left_for(NotShared::NotYet),
                "left": left.iter().map(row).collect::<Vec<_>>(),
            }));
        } else {
            let lang = common.lang();
            for (name, count) in [(ADDED, added.added), (KEPT, added.kept)].into_iter().filter(|(_, n)| *n > 0) {
                out!("{count:>8}  {}", name.get(lang));
            }
            for one in &left {
                out!("{}: {}", NOT_ADDED.get(lang), one.file);
                out!("  {}", one.why.text(common));
            }
        }
        archive.close()?;
        Ok(if left.is_empty() { Exit::Ok } else { Exit::Refused })
    }

    /// What the files hold, and from which file each piece is. One that cannot be read keeps no other from being added;
    /// what lies in a folder and is no material is only said.
    fn read(&self, left: &mut Vec<Left>, common: &Common) -> (Material, BTreeMap<Sha256, String>) {
        let (mut material, mut places) = (Material::default(), BTreeMap::new());
        for path in &self.paths {
            let unreadable = |file: &Path, e: Error| {
                let file = shown(&file.to_string_lossy());
                Left { file, sha256: None, why: Why::Unreadable(e) }
            };
            let files = match files(path) {
                Ok(files) => files,
                Err(e) => {
                    left.push(unreadable(path, e));
                    continue;
                }
            };
            for file in files {
                let name = shown(&file.to_string_lossy());
                let bytes = match read_file(&file) {
                    Ok(bytes) => bytes,
                    Err(e) => {
                        left.push(unreadable(&file, e));
                        continue;
                    }
                };
                match material.add_file(&bytes) {
                    Ok(pieces) => places.extend(pieces.into_iter().map(|(_, digest)| (digest, name.clone()))),
                    Err(e) if file == *path => {
                        left.push(unreadable(&file, Error::caused(ErrorCode::SigMaterial, &*name, e)));
                    }
                    Err(_) => common.say(&format!("{}: {name}", NOT_MATERIAL.get(common.lang()))),
                }
            }
        }
        (material, places)
    }
}

/// Whether a piece of material still serves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Stale,
    /// Newer CRLs of its issuer are used in its place.
    Replaced,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Replaced => "replaced",
        }
    }

    fn text(self) -> Text {
        match self {
            Self::Fresh => text("жарамды", "действует", "fresh"),
            Self::Stale => text("ЕСКІРГЕН", "УСТАРЕЛО", "STALE"),
            Self::Replaced => text("жаңасы бар", "заменено новым", "replaced"),
        }
    }
}

fn kind_text(kind: SharedKind) -> Text {
    match kind {
        SharedKind::Certificate => {
            text("куәландырушы орталықтың куәлігі", "свидетельство УЦ", "certificate of an authority")
        }
        SharedKind::Crl => text("CRL", "CRL", "CRL"),
        SharedKind::DeltaCrl => text("толықтырушы CRL", "дельта-CRL", "delta CRL"),
    }
}

/// What the list says of one piece beside its row.
struct Listed {
    issuer: Option<String>,
    subject: Option<String>,
    until: Option<DateTime<Utc>>,
    state: State,
}

/// What is known of a piece: those that validation uses are at hand, of the others the row and the issuer's name.
fn listed(
    digest: &Sha256,
    row: &MaterialRow,
    pool: &Material,
    names: &BTreeMap<[u8; 32], String>,
    is_stale: impl Fn(DateTime<Utc>, Option<DateTime<Utc>>) -> bool,
) -> Listed {
    let state = |from, until| if is_stale(from, until) { State::Stale } else { State::Fresh };
    if let Some(certificate) = pool.certificate(digest) {
        let until = Some(certificate.not_after);
        return Listed {
            issuer: Some(name::rfc4514(certificate.issuer_der())),
            subject: Some(name::rfc4514(certificate.subject_der())),
            until,
            state: state(certificate.not_before, until),
        };
    }
    let issuer = names.get(&row.issuer).cloned();
    match pool.crls().find(|crl| crl.sha256 == *digest) {
        Some(crl) => {
            Listed { issuer, subject: None, until: crl.next_update, state: state(crl.this_update, crl.next_update) }
        }
        None => Listed { issuer, subject: None, until: None, state: State::Replaced },
    }
}

fn list(common: &Common) -> Result<Exit, Error> {
    let archive = common.open()?;
    let lang = common.lang();
    let (rows, pool) = (archive.index().material()?, archive.material()?);
    let age = TimeDelta::seconds(i64::from(archive.validation_policy()?.policy.revocation.crl_age_max_s));
    let now = utc(archive.now());
    let is_stale = |from: DateTime<Utc>, until: Option<DateTime<Utc>>| match until {
        Some(until) => until < now,
        None => now.signed_duration_since(from) > age,
    };
    let names: BTreeMap<[u8; 32], String> =
        pool.crls().map(|crl| (sha256(crl.issuer_der()).0, name::rfc4514(crl.issuer_der()))).collect();
    for (sha256, row) in &rows {
        let kind = SharedKind::ALL.get(usize::from(row.kind)).copied();
        let made = DateTime::from_timestamp(row.made, 0);
        let Listed { issuer, subject, until, state } = listed(sha256, row, &pool, &names, is_stale);
        let source = archive.material_source(row.entry)?;
        if common.json() {
            common.print_json(&json!({
                "sha256": sha256.to_string(), "material": kind.map_or("", SharedKind::as_str),
                "made": made.map(time_text), "entry": row.entry, "issuer": issuer, "subject": subject,
                "until": until.map(time_text), "state": state.as_str(), "source": source,
            }));
            continue;
        }
        let kind = kind.map_or("", |kind| kind_text(kind).get(lang));
        let whose = subject.as_ref().or(issuer.as_ref()).map(|name| shown(name)).unwrap_or_default();
        let local = |time: Option<DateTime<Utc>>| match time {
            Some(time) => local_text(u64::try_from(time.timestamp_millis()).unwrap_or_default()),
            None => "…".to_owned(),
        };
        let (made, until) = (local(made), local(until));
        out!("{}: {kind} · {whose}", state.text().get(lang));
        if let (Some(_), Some(issuer)) = (&subject, &issuer) {
            out!("  {}: {}", ISSUER.get(lang), shown(issuer));
        }
        out!("  {made} – {until} · #{}", row.entry);
        if let Some(url) = source {
            out!("  {}", shown(&url));
        }
        out!("  SHA-256 {sha256}");
    }
    if rows.is_empty() && !common.json() {
        out!("{}", NOTHING.get(common.lang()));
    }
    archive.close()?;
    Ok(Exit::Ok)
}
