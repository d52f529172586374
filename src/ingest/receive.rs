//! Receiving a submission: from a path to a checked [`Sip`].
//!
//! First step of ingest. [`Sip::open`] reads `submission.json` and the card and nothing else; the components are
//! streamed later, each held to the size it was declared with. What comes out of `open` has passed every check that
//! needs no component's bytes.
//!
//! Nothing is written: a refused submission leaves no trace here.

use super::unpack::Container;
use super::validate::{check_limits, match_files};
use crate::error::{ErrorCode, Refusal};
use crate::limits::SUBMISSION_BYTES_MAX;
use crate::model::card::{Card, check_card_agrees, check_main};
use crate::model::secrecy;
use crate::model::submission::{SUBMISSION_FILE, Submission};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why a submission could not be received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// It is not taken: a verdict about the submission, with every reason and never none.
    #[error("{} reasons, first: {}", .0.len(), .0[0])]
    Refused(Vec<Refusal>),
    /// It could not be read: says nothing about the submission.
    #[error("cannot read {path}")]
    Io {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl ReceiveError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// Sorts an error of a component's stream: a refusal that a [`BoundedReader`] put in, or an error of the disk at
    /// `path`.
    pub fn of_stream(path: &Path, error: io::Error) -> Self {
        match refusal_of(error) {
            Ok(refusal) => refusal.into(),
            Err(source) => Self::io(path, source),
        }
    }

    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refusals) => refusals[0].code,
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => ErrorCode::IngNoSuchPath,
            // Nothing that is read has no room: what could not be written is its copy in the spool.
            Self::Io { source, .. } if crate::store::disk::is_full(source) => ErrorCode::StoFull,
            Self::Io { .. } => ErrorCode::IngReadFailed,
        }
    }
}

impl From<Refusal> for ReceiveError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

/// The refusal that a component's stream put into `error`; or the error itself, when the disk reported it.
pub fn refusal_of(error: io::Error) -> Result<Refusal, io::Error> {
    error.downcast::<Refusal>()
}

/// A submission whose description, card, file list and sizes have been checked.
pub struct Sip<'a> {
    /// The description.
    pub submission: Submission,
    /// The card, read.
    pub card: Card,
    /// The card as it came.
    pub card_bytes: Vec<u8>,
    /// Declared size of each component, in the order of the description.
    pub sizes: Vec<u64>,
    /// `submission.json` as it came.
    pub description: Vec<u8>,
    container: Container<'a>,
}

/// What is read of a submission before its components.
pub(super) struct Described<'s> {
    pub(super) submission: &'s Submission,
    /// `submission.json` as it came.
    pub(super) description: &'s [u8],
    /// The card and its bytes, once they are read.
    pub(super) card: Option<(&'s Card, &'s [u8])>,
}

// The card names people, so a debug print leaves it out.
impl std::fmt::Debug for Sip<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sip").field("components", &self.sizes.len()).finish_non_exhaustive()
    }
}

impl<'a> Sip<'a> {
    /// Opens the submission at `path`: a folder, or a ZIP file that may hold everything in one folder.
    ///
    /// `content_bytes_max` is the agency's own limit, see [`check_limits`].
    ///
    /// # Errors
    ///
    /// [`ReceiveError::Refused`] with the file or field it is about; [`ReceiveError::Io`] when it cannot be read.
    pub fn open(path: &Path, content_bytes_max: Option<u64>) -> Result<Self, ReceiveError> {
        Self::of(Container::open(path)?, path, content_bytes_max, &mut |_| {})
    }

    /// Reads the submission in an opened container; `path` names it in errors. `described` is told what
    /// is read, the description and then the card: also of a submission that is refused for them.
    pub(super) fn of(
        mut container: Container<'a>,
        path: &Path,
        content_bytes_max: Option<u64>,
        described: &mut dyn FnMut(&Described<'_>),
    ) -> Result<Self, ReceiveError> {
        let Some(size) = container.size(SUBMISSION_FILE) else {
            let detail = format!("no {SUBMISSION_FILE} in {}", container.name());
            return Err(Refusal::new(ErrorCode::IngSubmissionUnreadable, SUBMISSION_FILE, detail).into());
        };
        if usize::try_from(size).map_or(true, |size| size > SUBMISSION_BYTES_MAX) {
            let detail = format!("{size} bytes, at most {SUBMISSION_BYTES_MAX} are admitted");
            return Err(Refusal::new(ErrorCode::IngDescriptionTooLarge, SUBMISSION_FILE, detail).into());
        }
        let description = read_whole(&mut container, path, SUBMISSION_FILE, size)?;
        let submission = Submission::parse(&description).map_err(|faults| refused(faults, &[&description]))?;
        described(&Described { submission: &submission, description: &description, card: None });
        let sizes = match_files(&submission, |name| container.size(name), container.names())?;
        check_limits(&submission, &sizes, content_bytes_max)?;
        let card_index = submission.card_index();
        let card_path = &submission.components[card_index].path;
        let card_bytes = read_whole(&mut container, path, card_path, sizes[card_index])?;
        let card = Card::parse(&card_bytes, card_path, submission.profile.rules());
        let mut faults = Vec::from_iter(check_main(&submission, card.as_ref().ok()));
        let card = match card {
            Ok(card) => {
                let card_read = Some((&card, card_bytes.as_slice()));
                described(&Described { submission: &submission, description: &description, card: card_read });
                faults.extend(check_card_agrees(&submission, &card));
                card
            }
            Err(more) => {
                faults.extend(more);
                return Err(refused(faults, &[&description, &card_bytes]));
            }
        };
        if !faults.is_empty() {
            return Err(refused(faults, &[&description, &card_bytes]));
        }
        Ok(Self { submission, card, card_bytes, sizes, description, container })
    }

    /// Refuses a component that was changed since it was listed; asked after its bytes were read.
    pub(super) fn check_unchanged(&self, index: usize) -> Result<(), ReceiveError> {
        self.container.check_unchanged(&self.submission.components[index].path)
    }

    /// Streams the bytes of the component at `index` of the description, from its beginning.
    ///
    /// The stream gives exactly the declared number of bytes, or fails with an [`io::Error`] that
    /// [`ReceiveError::of_stream`] sorts. A stream that was read to its declared size has also passed the checksum of
    /// a ZIP entry.
    ///
    /// # Errors
    ///
    /// The file is no longer the one that was listed, or cannot be opened.
    pub fn component(&mut self, index: usize) -> Result<Box<dyn Read + '_>, ReceiveError> {
        let name = &self.submission.components[index].path;
        let inner = self.container.read(name)?;
        Ok(Box::new(BoundedReader::new(inner, name.as_str(), self.sizes[index])))
    }
}

/// The refusal of a description or card. A mark of a state secret in it is one reason more: it decides that nothing of
/// the others is kept (N 430 cl. 1, 45).
fn refused(mut faults: Vec<Refusal>, files: &[&[u8]]) -> ReceiveError {
    let secret = |bytes: &&[u8]| {
        let text = serde_json::from_slice::<serde_json::Value>(bytes).map(|value| value.to_string());
        let text = text.unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned());
        secrecy::is_state_secret(&text)
    };
    if files.iter().any(secret) && faults.iter().all(|f| f.code != ErrorCode::IngSecrecyMark) {
        faults.push(Refusal::new(ErrorCode::IngSecrecyMark, SUBMISSION_FILE, "a mark of secrecy"));
    }
    ReceiveError::Refused(faults)
}

fn read_whole(container: &mut Container<'_>, root: &Path, name: &str, size: u64) -> Result<Vec<u8>, ReceiveError> {
    let mut bytes = Vec::new();
    let mut reader = BoundedReader::new(container.read(name)?, name, size);
    reader.read_to_end(&mut bytes).map_err(|error| ReceiveError::of_stream(&root.join(name), error))?;
    Ok(bytes)
}

/// Holds a stream to its declared size: one byte less or more is an error that carries a [`Refusal`].
pub struct BoundedReader<R> {
    inner: R,
    subject: String,
    declared: u64,
    left: u64,
}

impl<R: Read> BoundedReader<R> {
    /// A reader of `inner`, which is declared to have `declared` bytes.
    pub fn new(inner: R, subject: impl Into<String>, declared: u64) -> Self {
        Self { inner, subject: subject.into(), declared, left: declared }
    }

    fn mismatch(&self, detail: String) -> io::Error {
        io::Error::new(
            io::ErrorKind::InvalidData,
            Refusal::new(ErrorCode::IngSizeMismatch, self.subject.as_str(), detail),
        )
    }

    /// Asks for one byte more: the end must be here, and a decoder compares its checksum only when asked past it.
    fn check_end(&mut self) -> io::Result<()> {
        loop {
            return match self.inner.read(&mut [0]) {
                Ok(0) => Ok(()),
                Ok(_) => Err(self.mismatch(format!("more than the declared {} bytes", self.declared))),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }
}

impl<R: Read> Read for BoundedReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            // Nothing is declared, or nothing asked for; the end was checked with the last byte.
            return if self.declared == 0 && !buf.is_empty() { self.check_end().map(|()| 0) } else { Ok(0) };
        }
        let count = self.inner.read(&mut buf[..want])?;
        if count == 0 {
            let found = self.declared - self.left;
            return Err(self.mismatch(format!("ends after {found} of the declared {} bytes", self.declared)));
        }
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        if self.left == 0 {
            // The last bytes are given only when nothing follows, so a caller that stops here is safe too.
            self.check_end()?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::CARD_BYTES_MAX;
    use serde_json::{Value, json};
    use std::fs;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// A sound submission as a list of files.
    fn sample() -> Vec<(&'static str, Vec<u8>)> {
        let submission = json!({
            "schema": "muragat/submission/1", "agency": "DEMO", "direction": "incoming",
            "nomenclature_index": "03-12", "access_category": "public",
            "components": [
                {"path": "card.json", "role": "card"},
                {"path": "хат.docx", "role": "main"},
                {"path": "sig/хат.p7s", "role": "signature", "covers": ["хат.docx"]},
            ],
        });
        let card = json!({
            "schema": "muragat/card/1", "document_type": "Хат", "document_date": "2026-01-05",
            "registration_number": "17", "nomenclature_index": "03-12",
            "software": {"name": "Үлгі", "version": "1"}, "signatures": ["sig/хат.p7s"],
            "nature": "Сұрау салу", "title": "Үлгі хат", "sheets": {"document": 1, "attachments": 0},
            "addressee_body": "Үлгі басқармасы", "executor_surname": "Мысалов", "executor_phone": "1",
            "control_mark": null, "filing_mark": null, "link": null, "paper_mark": "none",
        });
        vec![
            ("submission.json", submission.to_string().into_bytes()),
            ("card.json", card.to_string().into_bytes()),
            ("хат.docx", "құжат ".repeat(10_000).into_bytes()),
            ("sig/хат.p7s", b"signature".to_vec()),
        ]
    }

    fn folder_of(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn zip_of(files: &[(&str, Vec<u8>)]) -> tempfile::NamedTempFile {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), zip.finish().unwrap().into_inner()).unwrap();
        file
    }

    /// Folder and ZIP must be refused alike.
    #[track_caller]
    fn refused(files: &[(&str, Vec<u8>)], code: ErrorCode, subject: &str) {
        let folder = folder_of(files);
        let zip = zip_of(files);
        for path in [folder.path(), zip.path()] {
            let ReceiveError::Refused(refusals) = Sip::open(path, None).unwrap_err() else {
                panic!("an error of the disk")
            };
            let refusal = &refusals[0];
            assert_eq!((refusal.code, refusal.subject.as_str()), (code, subject), "{refusal}");
        }
    }

    fn with_json(
        mut files: Vec<(&'static str, Vec<u8>)>,
        at: usize,
        pointer: &str,
        new: Value,
    ) -> Vec<(&'static str, Vec<u8>)> {
        let mut value: Value = serde_json::from_slice(&files[at].1).unwrap();
        *value.pointer_mut(pointer).unwrap() = new;
        files[at].1 = value.to_string().into_bytes();
        files
    }

    #[test]
    fn a_submission_comes_out_as_it_went_in() {
        let files = sample();
        let folder = folder_of(&files);
        let zip = zip_of(&files);
        for path in [folder.path(), zip.path()] {
            let mut sip = Sip::open(path, None).unwrap();
            assert_eq!(sip.card.title.as_deref(), Some("Үлгі хат"));
            assert_eq!(sip.card_bytes, files[1].1);
            for (index, (name, bytes)) in files[1..].iter().enumerate() {
                assert_eq!(sip.submission.components[index].path, *name);
                assert_eq!(sip.sizes[index], bytes.len() as u64);
                for _ in 0..2 {
                    let mut read = Vec::new();
                    sip.component(index).unwrap().read_to_end(&mut read).unwrap();
                    assert_eq!(read, *bytes);
                }
            }
        }
    }

    #[test]
    fn faults_name_their_file() {
        use ErrorCode::*;
        refused(&sample()[1..], IngSubmissionUnreadable, "submission.json");
        let mut files = sample();
        files.pop();
        refused(&files, IngFileMissing, "sig/хат.p7s");
        let mut files = sample();
        files.push(("sig/.DS_Store", b"1".to_vec()));
        refused(&files, IngFileUnlisted, "sig/.DS_Store");
        let mut files = sample();
        files[3].1.clear();
        refused(&files, IngFileEmpty, "sig/хат.p7s");
        let mut files = sample();
        files[0].1 = vec![b' '; SUBMISSION_BYTES_MAX + 1];
        refused(&files, IngDescriptionTooLarge, "submission.json");
        let mut files = sample();
        files[1].1 = vec![b' '; CARD_BYTES_MAX + 1];
        refused(&files, IngDescriptionTooLarge, "card.json");
        files[1].1 = b"{".to_vec();
        refused(&files, IngCardUnreadable, "card.json");
        let card = with_json(sample(), 1, "/title", json!(""));
        refused(&card, IngFieldMalformed, "card.json#/title");
        let other = with_json(sample(), 1, "/nomenclature_index", json!("03-13"));
        refused(&other, IngCardDisagrees, "card.json#/nomenclature_index");
        let role = with_json(sample(), 0, "/components/2/role", json!("Signature"));
        refused(&role, IngFieldMalformed, "submission.json#/components/2/role");
    }

    #[test]
    fn the_agency_may_set_a_lower_limit() {
        let files = sample();
        let folder = folder_of(&files);
        let size = files[2].1.len() as u64;
        assert!(Sip::open(folder.path(), Some(size)).is_ok());
        assert_eq!(Sip::open(folder.path(), Some(size - 1)).unwrap_err().code(), ErrorCode::IngContentTooLarge);
    }

    #[test]
    fn errors_of_the_disk_are_no_refusals() {
        let folder = tempfile::tempdir().unwrap();
        let error = Sip::open(&folder.path().join("absent"), None).unwrap_err();
        assert!(matches!(error, ReceiveError::Io { .. }));
        assert_eq!(error.code(), ErrorCode::IngNoSuchPath);
    }

    #[test]
    fn a_damaged_zip_entry_is_a_refusal_and_not_data() {
        let file = zip_of(&sample());
        let mut bytes = fs::read(file.path()).unwrap();
        let name = "хат.docx".as_bytes();
        let at = (0..bytes.len()).find(|&i| bytes[i..].starts_with(name)).unwrap() + name.len() + 20;
        bytes[at] ^= 1;
        fs::write(file.path(), &bytes).unwrap();
        let mut sip = Sip::open(file.path(), None).unwrap();
        let error = sip.component(1).unwrap().read_to_end(&mut Vec::new()).unwrap_err();
        let refusal = refusal_of(error).unwrap();
        assert_eq!((refusal.code, refusal.subject.as_str()), (ErrorCode::IngContainerUnreadable, "хат.docx"));
        assert!(sip.component(2).unwrap().read_to_end(&mut Vec::new()).is_ok(), "the others are whole");
    }

    #[test]
    fn a_stream_is_held_to_its_size() {
        let read = |bytes: &'static [u8], declared| {
            let mut out = Vec::new();
            BoundedReader::new(bytes, "a", declared).read_to_end(&mut out).map(|_| out)
        };
        assert_eq!(read(b"12345", 5).unwrap(), b"12345");
        assert_eq!(read(b"", 0).unwrap(), b"");
        for (bytes, declared) in [(&b"12345"[..], 4), (b"12345", 6), (b"1", 0), (b"", 1), (b"12345", u64::MAX)] {
            let refusal = refusal_of(read(bytes, declared).unwrap_err()).unwrap();
            assert_eq!((refusal.code, refusal.subject.as_str()), (ErrorCode::IngSizeMismatch, "a"));
        }
        // A caller that asks for the declared bytes only is told as well.
        let mut exact = [0; 4];
        assert!(BoundedReader::new(&b"12345"[..], "a", 4).read_exact(&mut exact).is_err());
        assert!(refusal_of(io::Error::from_raw_os_error(5)).is_err());
    }
}
