//! A package that came, judged whole: what it is, where everything stands in it, and its digest.
//!
//! Invariants
//!   - Nothing is read of a package that is not whole ([`judge`]); then each file that is read must still have the
//!     digest that it had when the package was judged, for a medium can change in between.
//!   - One package has one digest, in whatever container it comes: a folder and a tar are the same package.
//!
//! Memory: that of [`judge`], and the names of records. It knows no archive and writes nothing.

use crate::error::{Error, ErrorCode};
use crate::model::digest::{Sha256, sha256};
use crate::model::id::RecordId;
use crate::model::strict::{is_unprintable, shown};
use crate::transfer::layout;
use crate::transfer::read::bag;
use crate::transfer::read::check::finding::{Kind, Outcome, PackageReport};
use crate::transfer::read::check::{Judged, Progress, judge};
use crate::transfer::read::mets::METS;
use crate::transfer::read::source::Source;
use crate::verify::alg::DigestAlgorithm;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;

/// Bytes of one file of metadata that is read whole. Own bound: the list of 100,000 records, or the entries of a record
/// that was read and amended for decades.
const METADATA_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Characters of the name of a package. Own bound: that of a folder.
const NAME_CHARS_MAX: usize = 255;

/// A package that is whole.
pub struct Package<'a> {
    /// What it is read from.
    pub source: &'a dyn Source,
    /// What it is.
    pub kind: Kind,
    /// Its name: the one that it gives itself, else that of its folder.
    pub name: String,
    /// Its digest.
    pub digest: Sha256,
    /// What Muragat wrote says of its sender; none of a package by another program.
    pub sender: Option<Value>,
    /// What it says of itself: `inventory.json`, beside `sender`.
    pub inventory: Value,
    judged: Judged,
    /// Where the tree of the package begins.
    tree: String,
}

/// A package that was judged.
pub enum Looked<'a> {
    /// It is whole.
    Whole(Box<Package<'a>>),
    /// It is not, or that cannot be judged: nothing of it is taken in.
    NotWhole(PackageReport),
}

fn not_taken(subject: &str, what: impl Into<String>) -> Error {
    Error::new(ErrorCode::TrfNotTaken, shown(subject), what)
}

/// Judges a package.
///
/// # Errors
///
/// The medium fails; it is no package; a file of its own cannot be read.
pub fn look<'a>(source: &'a dyn Source, progress: &mut Progress<'_>) -> Result<Looked<'a>, Error> {
    let name = source.name().unwrap_or_default().to_owned();
    let failed = |e| Error::caused(ErrorCode::IngReadFailed, shown(&name), e);
    let judged = judge(source, Some(DigestAlgorithm::Sha256), progress).map_err(failed)?;
    let Some(kind) = judged.report.kind else {
        if !source.odd().is_empty() {
            return Ok(Looked::NotWhole(judged.report));
        }
        let what = judged.report.findings.first().map(|one| one.detail.clone()).unwrap_or_default();
        return Err(Error::new(ErrorCode::TrfNoPackage, shown(&name), what));
    };
    // What is noted or proven is no fault.
    if !matches!(judged.report.outcome(), Outcome::Proven | Outcome::Noted) {
        return Ok(Looked::NotWhole(judged.report));
    }
    let tree = match kind {
        Kind::Eark => String::new(),
        Kind::Bag => layout::PAYLOAD.to_owned(),
        Kind::BagOfEark => tree(source),
    };
    let name = judged.report.name.clone().filter(|name| is_name(name)).unwrap_or(name);
    if !is_name(&name) {
        return Err(not_taken(&name, "it has no name"));
    }
    let mut package =
        Package { source, kind, name, digest: sha256(b""), sender: None, inventory: Value::Null, judged, tree };
    package.digest = package.own_digest()?;
    if package.has(layout::SENDER) && package.has(layout::INVENTORY) {
        package.sender = Some(package.json(layout::SENDER)?);
        package.inventory = package.json(layout::INVENTORY)?;
        // The name is part of what is answered: the one that all parts of the package agree on.
        let said = package.inventory.get("package").and_then(Value::as_str).unwrap_or_default();
        if said != package.name || layout::package_of(said).is_none() {
            return Err(not_taken(said, "its list names another package"));
        }
    }
    Ok(Looked::Whole(Box::new(package)))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.contains(is_unprintable)
}

/// The folder of the one E-ARK package in a bag, or the payload itself.
fn tree(source: &dyn Source) -> String {
    if source.find(&format!("{}{METS}", layout::PAYLOAD)).is_some() {
        return layout::PAYLOAD.to_owned();
    }
    let folder = |path: &str| {
        let (folder, rest) = path.strip_prefix(layout::PAYLOAD)?.split_once('/')?;
        (rest == METS).then(|| format!("{}{folder}/", layout::PAYLOAD))
    };
    source.entries().iter().find_map(|entry| folder(&entry.path)).unwrap_or_else(|| layout::PAYLOAD.to_owned())
}

impl<'a> Package<'a> {
    /// SHA-256 of the strongest tag manifest of a bag, of the METS file of a bare package, else of the sorted lines
    /// `sha256  path` of all files (docs/transfer-package.md §4).
    fn own_digest(&self) -> Result<Sha256, Error> {
        if self.kind == Kind::Eark {
            return self.told(METS);
        }
        let strongest = ["sha512", "sha384", "sha256", "sha224"].map(|name| format!("tagmanifest-{name}.txt"));
        if let Some(path) = strongest.iter().find(|path| self.source.find(path).is_some()) {
            return self.told(path);
        }
        let mut lines = crate::model::digest::Sha256Writer::default();
        for entry in self.source.entries() {
            lines.update(format!("{}  {}\n", self.told(&entry.path)?, entry.path).as_bytes());
        }
        Ok(lines.finish())
    }

    /// SHA-256 of a file, by its path from the top, as it was when the package was judged.
    pub fn told(&self, path: &str) -> Result<Sha256, Error> {
        let none = || not_taken(path, "it is not there, or its digest was not taken");
        let index = self.source.find(path).ok_or_else(none)?;
        let digest = self.judged.digest(DigestAlgorithm::Sha256, index).ok_or_else(none)?;
        Sha256::from_slice(digest).ok_or_else(none)
    }

    /// SHA-512 of a file, when the package tells it.
    pub fn told_512(&self, path: &str) -> Option<Vec<u8>> {
        let index = self.source.find(path)?;
        self.judged.digest(DigestAlgorithm::Sha512, index).map(<[u8]>::to_vec)
    }

    /// The path from the top of a file of the package's tree.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.tree)
    }

    /// Whether the tree has a file.
    pub fn has(&self, path: &str) -> bool {
        self.source.find(&self.path(path)).is_some()
    }

    /// The bytes of a small file, by its path from the top.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let wanted = self.told(path)?;
        let failed = |e| Error::caused(ErrorCode::IngReadFailed, shown(path), e);
        let index = self.source.find(path).ok_or_else(|| not_taken(path, "it is not there"))?;
        if self.source.entries().get(index).is_none_or(|entry| entry.len > METADATA_BYTES_MAX) {
            return Err(not_taken(path, format!("longer than {METADATA_BYTES_MAX} bytes")));
        }
        let mut bytes = Vec::new();
        self.source.open(index).map_err(failed)?.read_to_end(&mut bytes).map_err(failed)?;
        if sha256(&bytes) == wanted {
            Ok(bytes)
        } else {
            Err(Error::new(ErrorCode::TrfNotWhole, shown(path), "changed since the package was judged"))
        }
    }

    /// The bytes of a file of the tree.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.read(&self.path(path))
    }

    /// A file of the tree as JSON.
    pub fn json(&self, path: &str) -> Result<Value, Error> {
        let bytes = self.bytes(path)?;
        serde_json::from_slice(&bytes).map_err(|e| Error::caused(ErrorCode::TrfNotTaken, shown(path), e))
    }

    /// The folder of a record, from the top, with its `/`.
    pub fn folder(&self, record: RecordId) -> String {
        let within = if self.kind == Kind::Bag { "" } else { layout::REPRESENTATIONS };
        format!("{}{within}{record}/", self.tree)
    }

    /// Paths from the top of the files below a folder.
    pub fn below<'s>(&'s self, folder: &'s str) -> impl Iterator<Item = (usize, &'s str)> {
        let entries = self.source.entries();
        let first = entries.partition_point(|entry| &*entry.path < folder);
        let all = entries.get(first..).unwrap_or_default().iter().enumerate();
        let below = all.take_while(move |(_, entry)| entry.path.starts_with(folder));
        below.map(move |(at, entry)| (first + at, &*entry.path))
    }

    /// The records that its list names, in their order: each has its folder, and no other folder is one.
    pub fn records(&self) -> Result<Vec<RecordId>, Error> {
        let list = self
            .inventory
            .get("records")
            .and_then(Value::as_array)
            .ok_or_else(|| not_taken(layout::INVENTORY, "it lists no records"))?;
        let records: Option<Vec<RecordId>> = list.iter().map(|id| id.as_str()?.parse().ok()).collect();
        let records = records.ok_or_else(|| not_taken(layout::INVENTORY, "it lists what is no record"))?;
        let known: BTreeSet<RecordId> = records.iter().copied().collect();
        let top = self.path(if self.kind == Kind::Bag { "" } else { layout::REPRESENTATIONS });
        let mut found = BTreeSet::new();
        for (_, path) in self.below(&top) {
            let folder = path[top.len()..].split_once('/').map(|(folder, _)| folder);
            found.extend(folder.and_then(|folder| folder.parse::<RecordId>().ok()));
        }
        if known.len() != records.len() || known != found || known.is_empty() {
            return Err(not_taken(layout::INVENTORY, "its list and its folders have different records"));
        }
        Ok(records)
    }

    /// Whether a file belongs to no record.
    pub fn is_common(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.tree.as_str()).filter(|_| path.starts_with(&self.tree)) else {
            return true;
        };
        match (self.kind, rest.split_once('/')) {
            (Kind::Bag, Some((folder, _))) => folder.parse::<RecordId>().is_err(),
            (_, Some((folder, _))) => format!("{folder}/") != layout::REPRESENTATIONS,
            (_, None) => true,
        }
    }

    /// Whether it is a list of digests of the payload of a bag: as long as the package has files, and what it proves,
    /// the tag manifest and the records prove too.
    pub fn is_manifest(&self, path: &str) -> bool {
        self.kind != Kind::Eark && path.starts_with("manifest-") && bag::ManifestName::of(path).is_some()
    }
}
