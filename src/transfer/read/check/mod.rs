//! Judging a package by itself: without an archive, without a key, without the network.
//!
//! A package says the same thing many times: manifests, METS files and PREMIS files tell digests of the same files.
//! [`judge`] holds all of them against each other and against the bytes, and the lists against what is there.
//!
//! Order
//!   1. Names, and which of the three forms it is.
//!   2. The tag manifests, so that all else that is read is held against them in the same pass.
//!   3. `bagit.txt`, `bag-info.txt`, the manifests of the payload.
//!   4. The METS file of the package, then those of the representations, each followed by its PREMIS files (`eark.rs`).
//!   5. The bytes of all that was not read yet, in the order in which they lie.
//!
//! Invariants
//!   - What contradicts is [`Outcome::Failed`](finding::Outcome); what is not known is `Undecided`; nothing is
//!     passed over for want of knowledge.
//!   - Each file is read from its beginning to its end, and its length and digests are of one reading.
//!   - Nothing in the package decides who is believed: a sound package is whole, and anybody may have made it.
//!
//! Memory: a name, a few flags and the digests of each file; see [`Claims`]. It reads the source and nothing else.

mod eark;
pub mod finding;

use super::bag::{self, ManifestName};
use super::claims::{Claim, Claims, is_weak};
use super::mets::METS;
use super::source::{Source, is_portable};
use crate::limits::HASH_BUFFER_BYTES;
use crate::transfer::layout::BAG_PROFILE;
use crate::verify::alg::DigestAlgorithm;
use crate::verify::alg::digest::Hasher;
use finding::{Check, Kind, PackageReport};
use std::collections::BTreeSet;
use std::io::{self, BufReader, Read};

/// Is told how many bytes of how many were read.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// A package that was judged.
pub struct Judged {
    /// What was found.
    pub report: PackageReport,
    claims: Claims,
}

impl Judged {
    /// The digest of a file as it was read here; none when it is not what the package says, or was not asked for.
    pub fn digest(&self, algorithm: DigestAlgorithm, file: usize) -> Option<&[u8]> {
        self.claims.digest(algorithm, file)
    }
}

/// Judges a package. With `every` the digest by that algorithm is taken of each file, whatever the package says.
///
/// # Errors
///
/// When the source fails. What is wrong with the package is in the report.
pub fn judge(source: &dyn Source, every: Option<DigestAlgorithm>, progress: &mut Progress<'_>) -> io::Result<Judged> {
    let files = source.entries().len();
    let mut judge = Judge {
        source,
        claims: Claims::new(files),
        every,
        is_read: vec![false; files],
        is_premis: vec![false; files],
        listed: vec![false; files],
        is_blind: false,
        done: 0,
        all: source.entries().iter().map(|entry| entry.len).sum(),
        report: PackageReport::default(),
        progress,
    };
    judge.run()?;
    Ok(Judged { report: judge.report, claims: judge.claims })
}

struct Judge<'a, 'p> {
    source: &'a dyn Source,
    claims: Claims,
    every: Option<DigestAlgorithm>,
    /// Files that were read to their end.
    is_read: Vec<bool>,
    /// PREMIS files that were read: each once, whoever refers to it.
    is_premis: Vec<bool>,
    /// Files that a METS file refers to.
    listed: Vec<bool>,
    /// A METS file could not be read: what it lists is not known.
    is_blind: bool,
    done: u64,
    all: u64,
    report: PackageReport,
    progress: &'a mut Progress<'p>,
}

impl Judge<'_, '_> {
    fn run(&mut self) -> io::Result<()> {
        self.report.files = u64::try_from(self.source.entries().len()).unwrap_or(u64::MAX);
        self.report.bytes = self.all;
        if let Some(algorithm) = self.every {
            self.claims.want(algorithm);
        }
        self.names();
        let is_bag = self.source.find(bag::DECLARATION).is_some();
        if !is_bag && self.source.find(METS).is_none() {
            let what = format!("neither {} nor {METS} at its top", bag::DECLARATION);
            self.report.failed(Check::Form, "", what);
            return Ok(());
        }
        let eark = match is_bag {
            true => {
                self.bag()?;
                self.payload_folder()
            }
            false => Some(String::new()),
        };
        self.report.kind = Some(match (is_bag, &eark) {
            (true, Some(_)) => Kind::BagOfEark,
            (true, None) => Kind::Bag,
            (false, _) => Kind::Eark,
        });
        if let Some(top) = &eark {
            self.eark(top)?;
        }
        self.bytes(eark.as_deref())?;
        self.report.proven(Check::Form, "", "can be read");
        self.report.noted(Check::Maker, "", "nothing in a package says whose it is: no signature was judged");
        self.report.sort();
        Ok(())
    }

    fn names(&mut self) {
        for odd in self.source.odd() {
            self.report.failed(Check::Names, &odd.path, &odd.what);
        }
        let mut other = self.source.entries().iter().filter(|entry| !is_portable(&entry.path)).peekable();
        if let Some(first) = other.peek().map(|entry| entry.path.to_string()) {
            let what = format!("{} names that not every system writes alike, this the first", other.count());
            self.report.noted(Check::Names, first, what);
        }
        self.report.proven(Check::Names, "", "regular files only, each name once on every system");
    }

    /// The bag, but for the bytes of its payload.
    fn bag(&mut self) -> io::Result<()> {
        let tops = self.source.entries().iter().enumerate();
        let tops = tops.filter(|(_, entry)| !entry.path.contains('/'));
        let manifests: Vec<(usize, ManifestName)> =
            tops.filter_map(|(index, entry)| Some((index, ManifestName::of(&entry.path)?))).collect();
        if manifests.len() > bag::MANIFESTS_MAX {
            self.report.failed(Check::Form, "", format!("more than {} manifests", bag::MANIFESTS_MAX));
            return Ok(());
        }
        let of = |is_tag: bool| manifests.iter().filter(move |(_, name)| name.is_tag == is_tag);
        if of(true).next().is_none() {
            let what = "there is no tag manifest: a change of bag-info.txt or of a manifest could not be seen";
            self.report.noted(Check::Tags, "", what);
        }
        for (index, name) in of(true) {
            self.manifest(*index, name, &manifests)?;
        }
        if of(true).next().is_some() {
            self.report.proven(Check::Tags, "", "every tag file is in each tag manifest");
        }
        if self.source.find(bag::FETCH).is_some() {
            self.report.failed(Check::Fetch, bag::FETCH, "some files have to be fetched: the package is not whole");
        }
        self.declaration()?;
        self.info()?;
        if of(false).next().is_none() {
            self.report.failed(Check::Manifests, "", "there is no manifest of the payload");
            return Ok(());
        }
        for (index, name) in of(false) {
            self.manifest(*index, name, &manifests)?;
        }
        if !of(false).any(|(_, name)| name.known().is_some_and(|algorithm| !is_weak(algorithm))) {
            self.report.undecided(Check::Manifests, "", "no manifest by an algorithm that is strong and known here");
        }
        let names: Vec<&str> = of(false).map(|(_, name)| name.algorithm.as_str()).collect();
        let what = format!("every file of the payload is in each manifest: {}", names.join(", "));
        self.report.proven(Check::Manifests, "", what);
        Ok(())
    }

    fn declaration(&mut self) -> io::Result<()> {
        let Some(bytes) = self.small(bag::DECLARATION, bag::DECLARATION_BYTES_MAX)? else { return Ok(()) };
        if let Err(what) = bag::declaration(&bytes) {
            self.report.failed(Check::Form, bag::DECLARATION, what);
        }
        Ok(())
    }

    fn info(&mut self) -> io::Result<()> {
        let Some(bytes) = self.small(bag::INFO, bag::INFO_BYTES_MAX)? else { return Ok(()) };
        let Ok(text) = String::from_utf8(bytes) else {
            self.report.failed(Check::Form, bag::INFO, "not UTF-8");
            return Ok(());
        };
        let fields = match bag::info(&text) {
            Ok(fields) => fields,
            Err(fault) => {
                self.report.failed(Check::Form, bag::INFO, format!("line {}: {}", fault.line, fault.what));
                return Ok(());
            }
        };
        let values = |label: &str| {
            let found = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(label));
            found.map(|(_, value)| value.as_str()).collect::<Vec<&str>>()
        };
        if values("BagIt-Profile-Identifier").contains(&BAG_PROFILE) {
            for label in bag::PROFILE_TAGS.into_iter().filter(|label| values(label).len() != 1) {
                let what =
                    format!("a bag of this profile has {label} once, and this one {} times", values(label).len());
                self.report.failed(Check::Form, bag::INFO, what);
            }
            let wanted = bag::PROFILE_ALGORITHMS.into_iter();
            let wanted = wanted.flat_map(|name| [format!("manifest-{name}.txt"), format!("tagmanifest-{name}.txt")]);
            for missing in wanted.filter(|path| self.source.find(path).is_none()) {
                self.report.failed(Check::Form, missing, "is not there, and a bag of this profile has it");
            }
        }
        self.report.name = values("External-Identifier").first().map(|name| (*name).to_owned());
        let payload = self.source.entries().iter().filter(|entry| entry.path.starts_with(bag::DATA));
        let is = payload.fold((0, 0), |(bytes, files), entry| (bytes + entry.len, files + 1));
        for told in values("Payload-Oxum") {
            if bag::oxum(told) == Some(is) {
                self.report.proven(Check::Sum, bag::INFO, format!("{} bytes in {} files", is.0, is.1));
            } else {
                let what = format!("{told} is told, and there are {}.{}", is.0, is.1);
                self.report.failed(Check::Sum, bag::INFO, what);
            }
        }
        Ok(())
    }

    /// The bytes of a file that is read whole. A longer one is a finding.
    fn small(&mut self, path: &str, max: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(index) = self.source.find(path) else { return Ok(None) };
        if self.source.entries().get(index).is_none_or(|entry| entry.len > max) {
            self.report.undecided(Check::Form, path, format!("longer than {max} bytes"));
            return Ok(None);
        }
        let mut bytes = Vec::new();
        self.reading(index, |reader| reader.read_to_end(&mut bytes).map(drop))?;
        Ok(Some(bytes))
    }

    /// One manifest: its lines, and that it has each file that it must have.
    fn manifest(&mut self, index: usize, name: &ManifestName, manifests: &[(usize, ManifestName)]) -> io::Result<()> {
        let source = self.source;
        let Some(own) = source.entries().get(index) else { return Ok(()) };
        let check = if name.is_tag { Check::Tags } else { Check::Manifests };
        if name.known().is_none() {
            let what = format!("digests by {}, which is not known here", name.algorithm);
            self.report.undecided(check, &*own.path, what);
        }
        let mut seen = vec![false; source.entries().len()];
        let mut claims = std::mem::replace(&mut self.claims, Claims::new(0));
        let mut found = Vec::new();
        let mut more = 0_u64;
        let hashing = self.hashers_of(&claims, index);
        let digests = Tee::run(source, index, hashing, &mut |reader| {
            let mut lines = bag::Lines::new(BufReader::with_capacity(HASH_BUFFER_BYTES, reader), name.known());
            while let Some(line) = lines.read()? {
                let (subject, what) = match line {
                    Err(fault) => (own.path.to_string(), format!("line {}: {}", fault.line, fault.what)),
                    Ok(line) => match of_line(source, name, &line, &mut seen, &mut claims) {
                        Ok(()) => continue,
                        Err(what) => (line.path, format!("{} line {}: {what}", own.path, line.line)),
                    },
                };
                if found.len() < finding::FINDINGS_MAX { found.push((subject, what)) } else { more += 1 }
            }
            Ok(())
        })?;
        self.claims = claims;
        for (subject, what) in found {
            self.report.failed(check, subject, what);
        }
        if more > 0 {
            self.report.failed(check, &*own.path, format!("and {more} more lines"));
        }
        self.held(index, digests);
        for (at, entry) in source.entries().iter().enumerate().filter(|(at, _)| !seen[*at]) {
            let is_wanted = match name.is_tag {
                false => entry.path.starts_with(bag::DATA),
                // RFC 8493 §2.2.1: a tag manifest lists every tag file but tag manifests.
                true => {
                    let is_tag_manifest = manifests.iter().any(|(other, name)| *other == at && name.is_tag);
                    !entry.path.starts_with(bag::DATA) && !is_tag_manifest
                }
            };
            if is_wanted {
                self.report.failed(check, &*entry.path, format!("is not in {}", own.path));
            }
        }
        Ok(())
    }

    /// The folder of the E-ARK package in the payload, with its `/`; none when there is none.
    fn payload_folder(&mut self) -> Option<String> {
        let source = self.source;
        let payload = || source.entries().iter().filter_map(|entry| entry.path.strip_prefix(bag::DATA));
        let folders: BTreeSet<&str> = payload().filter_map(|path| Some(path.split_once('/')?.0)).collect();
        let has = |path: &str| source.find(&format!("{}{path}", bag::DATA)).is_some();
        let with_mets: Vec<&&str> = folders.iter().filter(|folder| has(&format!("{folder}/{METS}"))).collect();
        let top = match with_mets.first() {
            _ if has(METS) => bag::DATA.to_owned(),
            Some(folder) => format!("{}{folder}/", bag::DATA),
            None => {
                // A package that has lost its METS file must not pass for a bag of anything.
                let marks = folders.iter().map(|folder| format!("{}{folder}/representations/", bag::DATA));
                let is_marked = |mark: &String| source.entries().iter().any(|entry| entry.path.starts_with(mark));
                for mark in marks.filter(is_marked) {
                    let folder = mark.trim_end_matches("representations/");
                    let what = format!("the folder has representations and no {METS}");
                    self.report.failed(Check::Structure, folder, what);
                }
                return None;
            }
        };
        let mut beside =
            source.entries().iter().filter(|entry| entry.path.starts_with(bag::DATA) && !entry.path.starts_with(&top));
        if let Some(first) = beside.next() {
            let what = format!("lies beside {top}, the folder of the package");
            self.report.failed(Check::Structure, &*first.path, what);
        }
        Some(top)
    }

    /// The bytes of all that was not read yet, and what nobody vouches for.
    fn bytes(&mut self, eark: Option<&str>) -> io::Result<()> {
        let source = self.source;
        let wants_all = self.every.is_some();
        let is_unread = |judge: &Self, at: usize| {
            !judge.claims.open(at).is_empty() || (wants_all && !judge.is_read.get(at).copied().unwrap_or(true))
        };
        let mut order: Vec<usize> = (0..source.entries().len()).filter(|at| is_unread(self, *at)).collect();
        order.sort_by_key(|at| source.entries().get(*at).map(|entry| entry.place));
        let mut buffer = vec![0; HASH_BUFFER_BYTES];
        for index in order {
            self.reading(index, |reader| {
                while reader.read(&mut buffer)? > 0 {}
                Ok(())
            })?;
        }
        (self.progress)(self.all, self.all);
        let is_bag = self.report.kind != Some(Kind::Eark);
        for (at, entry) in source.entries().iter().enumerate() {
            let is_payload = !is_bag || entry.path.starts_with(bag::DATA);
            if !is_payload || self.claims.is_covered(at) {
                continue;
            }
            if !is_bag && eark.is_some() && &*entry.path == METS {
                let what = "the digest of this file stands nowhere in the package: a change of it could not be seen";
                self.report.noted(Check::Digests, METS, what);
            } else if is_bag || self.listed.get(at) == Some(&true) {
                self.report.undecided(Check::Digests, &*entry.path, "no digest of it that is strong and known here");
            }
        }
        let what = format!("{} files, {} bytes, each as it is told", self.report.files, self.report.bytes);
        self.report.proven(Check::Digests, "", what);
        Ok(())
    }

    /// Reads a file to its end, and holds it against what was said of it.
    fn reading(&mut self, index: usize, mut read: impl FnMut(&mut dyn Read) -> io::Result<()>) -> io::Result<()> {
        let hashers = self.hashers_of(&self.claims, index);
        let digests = Tee::run(self.source, index, hashers, &mut read)?;
        self.held(index, digests);
        Ok(())
    }

    fn hashers_of(&self, claims: &Claims, index: usize) -> Vec<(DigestAlgorithm, Hasher)> {
        let wanted: BTreeSet<DigestAlgorithm> = claims.open(index).into_iter().chain(self.every).collect();
        wanted.into_iter().map(|algorithm| (algorithm, algorithm.hasher())).collect()
    }

    /// Holds digests that were taken against what was said.
    fn held(&mut self, index: usize, digests: Vec<(DigestAlgorithm, Vec<u8>)>) {
        let Some(entry) = self.source.entries().get(index) else { return };
        for (algorithm, digest) in digests {
            let told = self.claims.told(algorithm, index).map(hex::encode);
            if !self.claims.hold(algorithm, index, &digest) {
                let what =
                    format!("{} is {}, told {}", algorithm.name(), hex::encode(&digest), told.unwrap_or_default());
                self.report.failed(Check::Digests, &*entry.path, what);
            }
        }
        if let Some(is_read) = self.is_read.get_mut(index).filter(|is_read| !**is_read) {
            *is_read = true;
            self.done += entry.len;
        }
        (self.progress)(self.done, self.all);
    }
}

/// What a line of a manifest says of a file.
fn of_line(
    source: &dyn Source,
    name: &ManifestName,
    line: &bag::Line,
    seen: &mut [bool],
    claims: &mut Claims,
) -> Result<(), &'static str> {
    match (name.is_tag, line.path.starts_with(bag::DATA)) {
        (true, true) => return Err("a tag manifest has a file of the payload"),
        (false, false) => return Err("a manifest of the payload has a file that is none of it"),
        _ => {}
    }
    let Some(at) = source.find(&line.path) else { return Err("is not there") };
    if std::mem::replace(&mut seen[at], true) {
        return Err("stands there twice");
    }
    match name.known().map(|algorithm| claims.claim(algorithm, at, &line.digest)) {
        Some(Claim::Other) => Err("another digest than is told elsewhere"),
        _ => Ok(()),
    }
}

/// A stream of which digests are taken while somebody reads it.
struct Tee<'a> {
    reader: Box<dyn Read + 'a>,
    hashers: Vec<(DigestAlgorithm, Hasher)>,
}

impl<'a> Tee<'a> {
    /// Reads a file as `read` does, and what is left of it; gives the digests.
    fn run(
        source: &'a dyn Source,
        index: usize,
        hashers: Vec<(DigestAlgorithm, Hasher)>,
        read: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
    ) -> io::Result<Vec<(DigestAlgorithm, Vec<u8>)>> {
        let mut tee = Self { reader: source.open(index)?, hashers };
        read(&mut tee)?;
        io::copy(&mut tee, &mut io::sink())?;
        Ok(tee.hashers.into_iter().map(|(algorithm, hasher)| (algorithm, hasher.finish())).collect())
    }
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        for (_, hasher) in &mut self.hashers {
            hasher.update(&buffer[..read]);
        }
        Ok(read)
    }
}
