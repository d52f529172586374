//! Sending: writing the sealed package to a medium.
//!
//! Whatever is written is compared with the digest that was sealed before it gets its name: a medium never has a
//! package of this name that is another one. `transfer.sent` says that it was written; where a person carries it
//! nobody can say here, and only the other archive's receipt says that it came.
//!
//! A crash leaves `NAME.partial`, which the next attempt takes away, or a package under its name without
//! `transfer.sent`. The next attempt judges what lies under the name, and says then that it was sent. Over a line it
//! leaves at the other archive what that confirmed, and the same again goes on.

use super::case::{Case, Stage};
use super::pack::folder::{Folder, TarFile};
use super::pack::format::{self, TransferFormat};
use super::pack::tar::Tar;
use super::pack::write::{Written, write};
use super::read::check::finding::Outcome;
use super::read::check::judge;
use super::read::source;
use super::seal::Seal;
use crate::archive::Archive;
use crate::error::{Error, ErrorCode};
use crate::model::digest::Sha256;
use crate::model::id::{ActorId, RecordId};
use crate::model::strict::words;
use crate::tlog::leaf::ActKind;
use serde_json::{Map, Value};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

words! {
    /// In which way a package is written.
    Way {
        /// A folder of files.
        Folder = "folder",
        /// One uncompressed tar.
        Tar = "tar",
    }
}

/// A package that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where it lies.
    pub path: PathBuf,
    /// The entry that says so.
    pub entry: u64,
    /// Its digest.
    pub digest: Sha256,
    /// It lay there already, whole.
    pub was_there: bool,
}

/// Writes the sealed package into `into`. `progress` is told how many of how many records are written, or how many
/// of how many bytes are read when it lies there already.
///
/// # Errors
///
/// [`ErrorCode::TrfOther`] when other bytes came out, or something else lies under its name.
pub fn send(
    archive: &Archive,
    id: RecordId,
    (into, way): (&Path, Way),
    actor: ActorId,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Sent, Error> {
    let _turn = archive.turn("transfer", id);
    let case = Case::read(archive, id)?;
    case.check_stage(&[Stage::Sealed, Stage::Sent])?;
    let seal = case.seal(archive)?;
    let format = format_of(&seal)?;
    let name = seal.name();
    let target = into.join(if way == Way::Tar { format!("{name}.tar") } else { name.clone() });
    let failed = |e: io::Error| match e.kind() {
        ErrorKind::AlreadyExists => {
            Error::new(ErrorCode::ArcOutput, target.display().to_string(), "something else lies there")
        }
        _ => Error::caused(ErrorCode::ArcOutput, target.display().to_string(), e),
    };
    let (path, was_there) = match way {
        Way::Folder => match Folder::create(into, &name) {
            Ok(mut folder) => {
                check(&seal, &write(archive, &seal.plan, format, &mut folder, progress)?)?;
                (folder.finish().map_err(failed)?, false)
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists && target.is_dir() => {
                (there(&seal, &target, progress)?, true)
            }
            Err(e) => return Err(failed(e)),
        },
        Way::Tar => match TarFile::create(into, &name) {
            Ok(mut tar) => {
                check(&seal, &write(archive, &seal.plan, format, &mut tar, progress)?)?;
                (tar.finish().map_err(failed)?, false)
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists && target.is_file() => {
                (there(&seal, &target, progress)?, true)
            }
            Err(e) => return Err(failed(e)),
        },
    };
    let entry = commit(archive, &case, &seal, way.as_str(), actor)?;
    Ok(Sent { path, entry, digest: seal.digest, was_there })
}

fn commit(archive: &Archive, case: &Case, seal: &Seal, way: &str, actor: ActorId) -> Result<u64, Error> {
    let fields =
        Map::from_iter([("way".to_owned(), Value::from(way)), ("digest".to_owned(), seal.digest.to_string().into())]);
    case.commit(archive, ActKind::TransferSent, (fields, Vec::new()), actor)
}

/// How `transfer.sent` calls the way over the service of the other archive.
const SERVICE: &str = "service";

/// A sealed package that leaves over a line.
pub struct Parcel<'a> {
    archive: &'a Archive,
    seal: &'a Seal,
    format: &'static dyn TransferFormat,
    /// Bytes of its tar.
    pub len: u64,
}

impl Parcel<'_> {
    /// Its digest, by which both sides call it.
    pub fn digest(&self) -> Sha256 {
        self.seal.digest
    }

    /// Writes its tar: the same bytes as often as it is asked for, of which nothing is kept here.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::TrfOther`] when other bytes came out, and whatever `out` says.
    pub fn write(&self, out: &mut dyn Write, progress: &mut dyn FnMut(u64, u64)) -> Result<(), Error> {
        tar(self.archive, self.seal, self.format, out, progress).map(drop)
    }
}

fn tar(
    archive: &Archive,
    seal: &Seal,
    format: &dyn TransferFormat,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, Error> {
    let mut tar = Tar::new(out, &seal.name());
    check(seal, &write(archive, &seal.plan, format, &mut tar, progress)?)?;
    let failed = |e| Error::caused(ErrorCode::ArcOutput, seal.name(), e);
    Ok(tar.finish().map_err(failed)?.1)
}

/// Sends the sealed package over a line: `deliver` brings it to the other archive, whole, or fails. It is written once
/// into nothing before that: a byte leaves only when all of them are those that were sealed, and how many they are is
/// told before the first.
///
/// # Errors
///
/// [`ErrorCode::TrfOther`] when other bytes came out, and whatever `deliver` says.
pub fn send_over(
    archive: &Archive,
    id: RecordId,
    actor: ActorId,
    progress: &mut dyn FnMut(u64, u64),
    deliver: &mut dyn FnMut(&Parcel<'_>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let _turn = archive.turn("transfer", id);
    let case = Case::read(archive, id)?;
    case.check_stage(&[Stage::Sealed, Stage::Sent])?;
    let seal = case.seal(archive)?;
    let format = format_of(&seal)?;
    let len = tar(archive, &seal, format, &mut io::sink(), progress)?;
    deliver(&Parcel { archive, seal: &seal, format, len })?;
    commit(archive, &case, &seal, SERVICE, actor)
}

/// The form of a sealed package.
pub(super) fn format_of(seal: &Seal) -> Result<&'static dyn TransferFormat, Error> {
    let unknown = || Error::new(ErrorCode::TrfOther, seal.form.clone(), "a form that this program does not know");
    format::parse(&seal.form).ok_or_else(unknown)
}

fn check(seal: &Seal, written: &Written) -> Result<(), Error> {
    if written.digest == seal.digest {
        return Ok(());
    }
    let what = format!("{} was written, {} was sealed by version {}", written.digest, seal.digest, seal.plan.software);
    Err(Error::new(ErrorCode::TrfOther, seal.name(), what))
}

/// What lies under the name of the package is that package, whole.
fn there(seal: &Seal, target: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<PathBuf, Error> {
    let other = |what: String| Error::new(ErrorCode::TrfOther, target.display().to_string(), what);
    let failed = |e: io::Error| Error::caused(ErrorCode::ArcOutput, target.display().to_string(), e);
    let source = source::open(target).map_err(failed)?;
    let judged = judge(source.as_ref(), None, progress).map_err(failed)?;
    let is_whole = matches!(judged.report.outcome(), Outcome::Proven | Outcome::Noted);
    match super::read::digest(source.as_ref()).map_err(failed)? {
        Some(digest) if digest == seal.digest && is_whole => Ok(target.to_owned()),
        digest => {
            let found = digest.map_or_else(|| "no digest".to_owned(), |digest| digest.to_string());
            Err(other(format!("another package or a damaged one lies there: {found}, wanted {}", seal.digest)))
        }
    }
}
