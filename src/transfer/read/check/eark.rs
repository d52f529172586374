//! The E-ARK part of judging a package: METS files, and the PREMIS files that they name.
//!
//! The METS file of the package is read first, then those of the representations. Of each one its references are kept
//! only while its PREMIS files are read, which lead to files by them.
//!
//! What is checked: the identifier of each METS file is the name of its folder; each reference leads to a file of the
//! length and digest that it tells; each digest of PREMIS is that of the manifest and of METS; each representation
//! has a METS file; each file is in some METS file.

use super::finding::Check;
use super::{Judge, Tee};
use crate::limits::PATH_BYTES_MAX;
use crate::model::strict::shown;
use crate::transfer::read::claims::Claim;
use crate::transfer::read::mets::{About, METS, Mets, Part, Reference, Section, Target, Wrapped, resolve};
use crate::transfer::read::premis::{self, Object, Premis};
use crate::transfer::read::xml::XmlError;
use crate::verify::alg::DigestAlgorithm;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read};

/// Names of an object that are tried when it is asked which file it is about. Own bound.
const TRIED_MAX: usize = 64;

/// The roles of METS.
const ROLES: [&str; 8] =
    ["CREATOR", "EDITOR", "ARCHIVIST", "PRESERVATION", "DISSEMINATOR", "CUSTODIAN", "IPOWNER", "OTHER"];

/// A METS file that is to be read.
struct Asked {
    index: usize,
    /// Its folder, with `/`.
    folder: String,
    /// What its identifier must be; none when its folder has no name here.
    name: Option<String>,
}

/// Which files a METS file refers to, for finding what its PREMIS files are about.
#[derive(Default)]
struct Known {
    /// By id and by what its owner calls it.
    by_id: BTreeMap<String, usize>,
    /// By title and by the last segment of the path; none when several have it.
    by_name: BTreeMap<String, Option<usize>>,
    premis: BTreeSet<usize>,
}

impl Known {
    /// Takes a reference. A METS file that has many times more names than the package has files is not remembered.
    fn take(&mut self, index: usize, path: &str, reference: &Reference, files: usize) {
        if self.by_id.len().max(self.by_name.len()) > 4 * files + 64 {
            return;
        }
        let names = match &reference.about {
            About::Content { id, owner, .. } => [id, owner],
            About::Metadata { id, .. } => [id, &None],
        };
        for id in names.into_iter().flatten() {
            self.by_id.insert(id.clone(), index);
        }
        let last = path.rsplit('/').next().map(str::to_owned);
        for name in last.into_iter().chain(reference.location.title.clone()) {
            let found = self.by_name.entry(name).or_insert(Some(index));
            if *found != Some(index) {
                *found = None;
            }
        }
    }
}

/// The algorithm of a name in METS or PREMIS, however it is written.
fn algorithm(name: &str) -> Option<DigestAlgorithm> {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    match name.to_ascii_uppercase().as_str() {
        "SHA1" => Some(DigestAlgorithm::Sha1),
        "SHA224" => Some(DigestAlgorithm::Sha224),
        "SHA256" => Some(DigestAlgorithm::Sha256),
        "SHA384" => Some(DigestAlgorithm::Sha384),
        "SHA512" => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

impl Judge<'_, '_> {
    /// The E-ARK package in the folder `top`, which ends in `/` or is empty.
    pub(super) fn eark(&mut self, top: &str) -> io::Result<()> {
        let Some(index) = self.source.find(&format!("{top}{METS}")) else { return Ok(()) };
        let inner = top.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty());
        // At the top of the package, or of the payload, the folder is the one that the package is.
        let name = match top {
            "" | "data/" => self.source.name().map(str::to_owned),
            _ => inner.map(str::to_owned),
        };
        if name.is_none() {
            let what = "the package has no folder of its own, so its identifier was compared with nothing";
            self.report.noted(Check::Structure, METS, what);
        }
        self.listed[index] = true;
        let mut is_asked = vec![false; self.source.entries().len()];
        is_asked[index] = true;
        let mut queue = VecDeque::from([Asked { index, folder: top.to_owned(), name }]);
        while let Some(asked) = queue.pop_front() {
            let mut further = BTreeSet::new();
            let known = self.mets(&asked, top, &mut further)?;
            for premis in &known.premis {
                if !std::mem::replace(&mut self.is_premis[*premis], true) {
                    self.premis(*premis, &asked.folder, top, &known)?;
                }
            }
            for index in further {
                let path = self.source.entries().get(index).map(|entry| &*entry.path).unwrap_or_default();
                let Some(folder) = path.strip_suffix(METS).filter(|_| !is_asked[index]) else { continue };
                is_asked[index] = true;
                let folder = folder.to_owned();
                let name = folder.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
                queue.push_back(Asked { index, folder, name });
            }
        }
        self.representations(top, &is_asked);
        self.unlisted(top);
        let count = self.report.representations.len();
        let what = format!("{count} representations; each identifier is the name of its folder");
        self.report.proven(Check::Structure, top, what);
        self.report.proven(Check::References, top, "each leads to a file of the length and digest that it tells");
        self.report.proven(Check::Preservation, top, "every digest is that of the manifests and of METS");
        Ok(())
    }

    /// Reads one METS file; gives what its PREMIS files are about, and adds the METS files that it leads to.
    fn mets(&mut self, asked: &Asked, top: &str, further: &mut BTreeSet<usize>) -> io::Result<Known> {
        let mut known = Known::default();
        let source = self.source;
        let Some(own) = source.entries().get(asked.index) else { return Ok(known) };
        let hashers = self.hashers_of(&self.claims, asked.index);
        let mut failure = None;
        let digests = Tee::run(source, asked.index, hashers, &mut |reader| {
            let mut mets = Mets::new(reader);
            loop {
                match mets.read() {
                    Ok(Part::Done) => return Ok(()),
                    Ok(part) => self.part(asked, &own.path, top, part, &mut known, further),
                    Err(XmlError::Io(e)) => return Err(e),
                    Err(e) => {
                        failure = Some(e);
                        return Ok(());
                    }
                }
            }
        })?;
        self.held(asked.index, digests);
        if let Some(e) = failure {
            self.is_blind = true;
            self.unread(Check::References, &own.path, &e);
        }
        Ok(known)
    }

    fn unread(&mut self, check: Check, path: &str, error: &XmlError) {
        match error {
            XmlError::Malformed { .. } => self.report.failed(check, path, error.to_string()),
            _ => self.report.undecided(check, path, error.to_string()),
        }
    }

    fn part(
        &mut self,
        asked: &Asked,
        own: &str,
        top: &str,
        part: Part,
        known: &mut Known,
        further: &mut BTreeSet<usize>,
    ) {
        match part {
            Part::Head(head) => {
                let objid = head.objid.unwrap_or_default();
                if asked.folder == top {
                    self.report.name = Some(objid.clone()).filter(|name| (1..=PATH_BYTES_MAX).contains(&name.len()));
                }
                if let Some(name) = asked.name.as_deref().filter(|name| *name != objid) {
                    let what = format!("OBJID is \"{}\", and the folder is \"{name}\"", shown(&objid));
                    self.report.failed(Check::Structure, own, what);
                }
            }
            Part::Reference(reference) => {
                let Some(index) = self.lead(own, &reference.location.href, &asked.folder, top) else { return };
                self.reference(own, index, &reference);
                let path = self.source.entries().get(index).map(|entry| entry.path.to_string()).unwrap_or_default();
                known.take(index, &path, &reference, self.source.entries().len());
                if let About::Metadata { kind: Some(kind), .. } = &reference.about
                    && kind.to_ascii_uppercase().starts_with("PREMIS")
                {
                    known.premis.insert(index);
                }
                let inside = path.strip_prefix(top).and_then(|path| path.strip_prefix("representations/"));
                let is_mets = inside.and_then(|inside| inside.split_once('/')).is_some_and(|(_, rest)| rest == METS);
                further.extend(is_mets.then_some(index));
            }
            Part::Pointer(location) => {
                let Some(index) = self.lead(own, &location.href, &asked.folder, top) else { return };
                let path = self.source.entries().get(index).map(|entry| entry.path.to_string()).unwrap_or_default();
                further.extend(path.ends_with(&format!("/{METS}")).then_some(index));
            }
            Part::Agent(agent) if !agent.role.as_deref().is_some_and(|role| ROLES.contains(&role)) => {
                let what = format!("an agent with the role \"{}\"", shown(&agent.role.unwrap_or_default()));
                self.report.failed(Check::Structure, own, what);
            }
            Part::Inline(id) => {
                let what = format!("content within METS is not judged: {}", shown(&id.unwrap_or_default()));
                self.report.undecided(Check::References, own, what);
            }
            Part::Wrapped(Wrapped { kind: Some(kind), section, .. })
                if kind.to_ascii_uppercase().starts_with("PREMIS") && section != Section::Descriptive =>
            {
                self.report.undecided(Check::Preservation, own, "PREMIS within METS is not judged");
            }
            _ => {}
        }
    }

    /// The file that a reference leads to.
    fn lead(&mut self, own: &str, href: &str, folder: &str, top: &str) -> Option<usize> {
        match resolve(href, folder, top) {
            Target::Inside(paths) => {
                let found = paths.iter().find_map(|path| self.source.find(path));
                match found {
                    Some(index) => self.listed[index] = true,
                    None => {
                        let path = paths.first().map(String::as_str).unwrap_or_default();
                        self.report.failed(Check::References, shown(path), format!("is not there; {own} refers to it"));
                    }
                }
                found
            }
            Target::Outside => {
                let what = format!("leads out of the package: {}", shown(href));
                self.report.undecided(Check::References, own, what);
                None
            }
            Target::Above => {
                self.report.failed(Check::References, own, format!("leads above its package: {}", shown(href)));
                None
            }
        }
    }

    /// What a METS file says of a file.
    fn reference(&mut self, own: &str, index: usize, reference: &Reference) {
        let Some(entry) = self.source.entries().get(index) else { return };
        if let Some(size) = reference.size.as_deref().filter(|size| size.parse() != Ok(entry.len)) {
            let what = format!("has {} bytes, and {own} says {}", entry.len, shown(size));
            self.report.failed(Check::References, &*entry.path, what);
        }
        match (&reference.checksum, &reference.checksum_type) {
            (Some(checksum), Some(kind)) => self.said(Check::References, own, index, kind, checksum),
            (None, None) => {}
            _ => {
                let what = format!("{own} has a digest without its algorithm, or the other way round");
                self.report.failed(Check::References, &*entry.path, what);
            }
        }
    }

    /// A digest that `own` tells of a file.
    fn said(&mut self, check: Check, own: &str, index: usize, kind: &str, digest: &str) {
        let Some(entry) = self.source.entries().get(index) else { return };
        let Some(algorithm) = algorithm(kind) else {
            let what = format!("{own} has a digest by {}, which is not known here", shown(kind));
            self.report.undecided(check, &*entry.path, what);
            return;
        };
        let Ok(bytes) = hex::decode(digest.trim()) else {
            self.report.failed(check, &*entry.path, format!("{own} has a digest that is none"));
            return;
        };
        if self.claims.claim(algorithm, index, &bytes) == Claim::Other {
            let what =
                format!("{own} says that {} is {}, and elsewhere another is told", algorithm.name(), shown(digest));
            self.report.failed(check, &*entry.path, what);
        }
    }

    fn premis(&mut self, index: usize, folder: &str, top: &str, known: &Known) -> io::Result<()> {
        let source = self.source;
        let Some(own) = source.entries().get(index) else { return Ok(()) };
        let hashers = self.hashers_of(&self.claims, index);
        let mut failure = None;
        let digests = Tee::run(source, index, hashers, &mut |reader: &mut dyn Read| {
            let mut premis = Premis::new(reader);
            loop {
                match premis.read() {
                    Ok(premis::Part::Done) => return Ok(()),
                    Ok(premis::Part::Object(object)) => self.object(&own.path, folder, top, &object, known),
                    Ok(_) => {}
                    Err(XmlError::Io(e)) => return Err(e),
                    Err(e) => {
                        failure = Some(e);
                        return Ok(());
                    }
                }
            }
        })?;
        self.held(index, digests);
        if let Some(e) = failure {
            self.unread(Check::Preservation, &own.path, &e);
        }
        Ok(())
    }

    /// What an object of PREMIS says of a file.
    fn object(&mut self, own: &str, folder: &str, top: &str, object: &Object, known: &Known) {
        if object.identifiers.is_empty() {
            self.report.failed(Check::Preservation, own, "an object without an identifier");
        }
        let Some(stored) = object.as_stored().filter(|one| !one.fixities.is_empty()) else { return };
        let Some(index) = self.about(folder, top, object, known) else {
            let name = object.identifiers.first().map(|(_, value)| value.as_str()).unwrap_or_default();
            let what = format!("an object leads to no file: {}", shown(name));
            self.report.undecided(Check::Preservation, own, what);
            return;
        };
        let Some(entry) = self.source.entries().get(index) else { return };
        if let Some(size) = stored.size.as_deref().filter(|size| size.parse() != Ok(entry.len)) {
            let what = format!("has {} bytes, and {own} says {}", entry.len, shown(size));
            self.report.failed(Check::Preservation, &*entry.path, what);
        }
        for (kind, digest) in &stored.fixities {
            self.said(Check::Preservation, own, index, kind, digest);
        }
    }

    /// The file that an object is about: by a path, by what METS calls it, or by its name and length.
    fn about(&self, folder: &str, top: &str, object: &Object, known: &Known) -> Option<usize> {
        let said = object.locations.iter().chain(&object.identifiers).map(|(_, value)| value.as_str());
        let said: Vec<&str> = said.take(TRIED_MAX).collect();
        let by_path = said.iter().find_map(|value| {
            let tried = [folder, top].into_iter().filter_map(|from| match resolve(value, from, top) {
                Target::Inside(paths) => Some(paths),
                Target::Outside | Target::Above => None,
            });
            tried.flatten().find_map(|path| self.source.find(&path))
        });
        let by_id = || said.iter().find_map(|value| known.by_id.get(*value).copied());
        let by_name = || {
            let name = object.original_name.as_deref()?;
            let last = name.rsplit(['/', '\\']).next()?;
            let found = known.by_name.get(name).or_else(|| known.by_name.get(last)).copied().flatten()?;
            let size: u64 = object.as_stored()?.size.as_deref()?.parse().ok()?;
            self.source.entries().get(found).filter(|entry| entry.len == size).map(|_| found)
        };
        by_path.or_else(by_id).or_else(by_name)
    }

    /// Each folder of `representations/` with its METS file.
    fn representations(&mut self, top: &str, is_asked: &[bool]) {
        let source = self.source;
        let place = format!("{top}representations/");
        let begin = source.entries().partition_point(|entry| *entry.path < *place);
        let inside = source.entries().iter().enumerate().skip(begin);
        let inside = inside.take_while(|(_, entry)| entry.path.starts_with(&place));
        let mut newest: Option<(&str, bool)> = None;
        let mut found: Vec<(&str, bool)> = Vec::new();
        for (index, entry) in inside {
            let Some((name, _)) = entry.path[place.len()..].split_once('/') else { continue };
            match &mut newest {
                Some((last, is_listed)) if *last == name => *is_listed &= self.listed[index],
                _ => found.extend(newest.replace((name, self.listed[index]))),
            }
        }
        found.extend(newest);
        for (name, is_listed) in found {
            let mets = source.find(&format!("{place}{name}/{METS}"));
            match mets {
                Some(index) if is_asked[index] => {}
                Some(_) if self.is_blind => {}
                Some(index) => {
                    let path = source.entries().get(index).map(|entry| &*entry.path).unwrap_or_default();
                    self.report.failed(Check::Structure, path, "the METS file of the package does not refer to it");
                }
                // CSIP lets the METS file of the package list all files itself.
                None if is_listed => {
                    self.report.noted(Check::Structure, format!("{place}{name}/"), format!("has no {METS} of its own"));
                }
                None => {
                    let what = format!("a representation without {METS}");
                    self.report.failed(Check::Structure, format!("{place}{name}/"), what);
                }
            }
            self.report.representations.push(name.to_owned());
        }
    }

    /// Files that no METS file refers to.
    fn unlisted(&mut self, top: &str) {
        let source = self.source;
        if self.is_blind {
            self.report.undecided(Check::Unlisted, top, "a METS file could not be read: its list is not known");
            return;
        }
        let begin = source.entries().partition_point(|entry| *entry.path < *top);
        let inside = source.entries().iter().enumerate().skip(begin);
        for (index, entry) in inside.take_while(|(_, entry)| entry.path.starts_with(top)) {
            if !self.listed[index] {
                self.report.failed(Check::Unlisted, &*entry.path, "no METS file refers to it");
            }
        }
        self.report.proven(Check::Unlisted, top, "each file is in a METS file");
    }
}
