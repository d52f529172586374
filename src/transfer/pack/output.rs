//! What is written of a package: each file once, with its digests, into the sink and into the lists of a bag.
//!
//! The lists of a bag stand behind its payload and have a line for each of its files: a hundred thousand lines for ten
//! thousand records. They wait in the archive's spool, sealed, because a second pass over the records would open and
//! decrypt everything twice; so memory stays flat, whatever the number of records.
//!
//! Invariants
//!   - What the sink got has the digests that are told of it.
//!   - A payload file is in every list of the bag, or the bag has no list at all.
//!
//! A crash leaves what the sink leaves, and sealed bytes in the spool without a key.

use super::sink::Sink;
use crate::error::{Error, ErrorCode};
use crate::model::digest::{DigestWriter, Digests, Sha256, Sha256Writer};
use crate::store::spool::{Spool, Spooled};
use crate::transfer::layout::{MANIFESTS, PAYLOAD};
use std::io::{self, Read, Write};

/// How much of a list is copied at once.
const COPY_BYTES: usize = 64 * 1024;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its path, relative to what the writer is in.
    pub path: String,
    /// Length in bytes.
    pub size: u64,
    /// Its digests.
    pub digests: Digests,
}

/// Gives bytes on.
pub type Give<'a> = dyn FnMut(&[u8]) -> io::Result<()> + 'a;

/// Writes the files of a package.
pub struct Output<'a> {
    sink: &'a mut dyn Sink,
    /// Lines for the manifests of SHA-256 and SHA-512; none when the package is no bag.
    lists: Option<[Spooled; 2]>,
    /// Bytes and files of the payload.
    payload: (u64, u64),
    /// Bytes and files of everything.
    all: (u64, u64),
}

impl<'a> Output<'a> {
    /// Into a sink, with lists when it is a bag.
    pub fn new(sink: &'a mut dyn Sink, spool: &Spool, is_bag: bool) -> Self {
        Self { sink, lists: is_bag.then(|| [spool.object(), spool.object()]), payload: (0, 0), all: (0, 0) }
    }

    /// Bytes and files so far.
    pub fn written(&self) -> (u64, u64) {
        self.all
    }

    /// Bytes and files of the payload so far.
    pub fn payload(&self) -> (u64, u64) {
        self.payload
    }

    /// A file whose bytes are at hand.
    pub fn bytes(&mut self, folder: &str, path: &str, bytes: &[u8]) -> Result<Told, Error> {
        self.stream(folder, path, bytes.len() as u64, &mut |give| give(bytes).map_err(|e| failed(path, e)))
    }

    /// A file whose bytes wait in the spool.
    pub fn spooled(&mut self, folder: &str, path: &str, spooled: &mut Spooled) -> Result<Told, Error> {
        let len = spooled.len();
        self.stream(folder, path, len, &mut |give| {
            let mut buffer = vec![0; COPY_BYTES];
            loop {
                let count = spooled.read(&mut buffer).map_err(|e| Error::of_object(path, e))?;
                if count == 0 {
                    return Ok(());
                }
                give(&buffer[..count]).map_err(|e| failed(path, e))?;
            }
        })
    }

    /// A file of so many bytes, which `fill` gives.
    pub fn stream(
        &mut self,
        folder: &str,
        path: &str,
        len: u64,
        fill: &mut dyn FnMut(&mut Give<'_>) -> Result<(), Error>,
    ) -> Result<Told, Error> {
        let whole = format!("{folder}{path}");
        let mut hasher = DigestWriter::default();
        self.sink.begin(&whole, len).map_err(|e| failed(&whole, e))?;
        fill(&mut |piece| {
            hasher.update(piece);
            self.sink.write(piece)
        })?;
        self.sink.end().map_err(|e| failed(&whole, e))?;
        let digests = hasher.finish();
        self.all = (self.all.0 + len, self.all.1 + 1);
        if let (Some([short, long]), true) = (&mut self.lists, whole.starts_with(PAYLOAD)) {
            self.payload = (self.payload.0 + len, self.payload.1 + 1);
            let lines = [line(&digests.sha256, &whole), line(&digests.sha512, &whole)];
            for ((list, line), name) in [short, long].into_iter().zip(lines).zip(MANIFESTS) {
                list.write_all(line.as_bytes()).map_err(|e| Error::of_object(name, e))?;
            }
        }
        Ok(Told { path: path.to_owned(), size: len, digests })
    }

    /// Writes the lists of the payload, which is whole.
    pub fn lists(&mut self) -> Result<Vec<Told>, Error> {
        let Some(lists) = self.lists.take() else { return Ok(Vec::new()) };
        lists.into_iter().zip(MANIFESTS).map(|(mut list, name)| self.spooled("", name, &mut list)).collect()
    }
}

/// The digest of a record: over a line for each of its files that counts, ascending by path.
#[derive(Debug, Default)]
pub struct RecordDigest(Vec<(String, Sha256)>);

impl RecordDigest {
    /// Takes a file.
    pub fn take(&mut self, path: &str, sha256: Sha256) {
        if crate::transfer::layout::is_digested(path) {
            self.0.push((path.to_owned(), sha256));
        }
    }

    /// The digest.
    pub fn finish(mut self) -> Sha256 {
        self.0.sort_unstable();
        let mut hasher = Sha256Writer::default();
        for (path, sha256) in &self.0 {
            hasher.update(line(sha256, path).as_bytes());
        }
        hasher.finish()
    }
}

/// A line of a list of digests.
pub fn line(digest: &impl std::fmt::Display, path: &str) -> String {
    format!("{digest}  {path}\n")
}

/// What came from the medium that is written to.
pub(super) fn failed(path: &str, e: io::Error) -> Error {
    Error::caused(ErrorCode::ArcOutput, path, e)
}
