//! `muragat validate FILE...`: what can be said of the signatures in files, without an archive.
//!
//! It gathers the question (the object, what was signed, material, policy, time) and prints the report; it judges
//! nothing itself. Everything comes from the command line, so the same call has the same report: nothing is fetched,
//! and no archive is opened. A content is read as a stream.

use super::ingest::print_refusals;
use super::{Common, material};
use crate::clock::{Clock, SystemClock, utc};
use crate::error::{Error, ErrorCode, Exit, Refusal};
use crate::ingest::adopt::{Checked, read};
use crate::model::cms::{self as place, Pieces};
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::verify::alg::DigestAlgorithm;
use crate::verify::certificate::Certificate;
use crate::verify::cms::{self, SignedData};
use crate::verify::limits::CMS_BYTES_MAX;
use crate::verify::material::{Material, MaterialKind};
use crate::verify::policy::{Anchor, Policy};
use crate::verify::report::Report;
use crate::verify::validation::{Caches, Content, ContentError, HEAD_BYTES, Question, validate};
use crate::verify::verdict::Indication;
use crate::verify::wrap;
use crate::view;
use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, Utc};
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `validate`.
#[derive(clap::Args)]
pub(super) struct Validate {
    /// Signed files: CMS with one or many signers, or a time-stamp; DER, base64 or PEM.
    #[arg(required_unless_present = "record", value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Repeat the validation of this record by what the archive had at its receipt, and compare.
    #[arg(long, value_name = "ID",
        conflicts_with_all = ["files", "content", "anchors", "tsa_anchors", "material", "policy", "as_of"])]
    pub(super) record: Option<String>,
    /// With --record: a file for the report as it is made now.
    #[arg(long, value_name = "FILE", requires = "record")]
    pub(super) output: Option<PathBuf>,
    /// What was signed, when it is not in the file; FILE without its last extension when that is there.
    #[arg(long, value_name = "FILE")]
    pub(super) content: Option<PathBuf>,
    /// Certificates trusted for signatures, in place of those of the policy: files or folders.
    #[arg(long, value_name = "PATH")]
    pub(super) anchors: Vec<PathBuf>,
    /// Certificates trusted for time-stamps, in place of those of the policy: files or folders.
    #[arg(long, value_name = "PATH")]
    pub(super) tsa_anchors: Vec<PathBuf>,
    /// Certificates, CRLs and OCSP answers to look at: files or folders.
    #[arg(long, value_name = "PATH")]
    pub(super) material: Vec<PathBuf>,
    /// The validation policy; the built-in one, which trusts nobody, when not given.
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// As of when, as RFC 3339 or YYYY-MM-DD (its first second, UTC); now when not given.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) as_of: Option<DateTime<Utc>>,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  muragat validate letter.pdf.p7s --anchors root.pem --material ca.crl
      a detached signature: letter.pdf beside it is what was signed
  muragat validate letter.cms --policy policy.toml --as-of 2025-05-01
      a signature with its content inside, as of a day
  muragat validate *.p7s --policy policy.toml --material material/ --json
      the full reports, one a line
Exit code: 0 all valid, 9 some undecided, 1 some not valid, or no signature in the file; that of the first file that
cannot be read (3: there is none), when there is one. The other files are validated all the same.";

const IT_IS: Text = text("Бұл", "Это", "This is");
const CONTENT_IS: Text = text("қол қойылған файл", "подписанный файл", "signed file");
const NO_ANCHORS: Text = text(
    "Сенім тіректері берілмеген: --anchors немесе --policy көрсетіңіз, әйтпесе ешбір қолтаңба расталмайды.",
    "Якоря доверия не заданы: укажите --anchors или --policy, иначе ни одна подпись не подтвердится.",
    "No trust anchors are given: name --anchors or --policy, or no signature can be confirmed.",
);

/// Extensions of files that hold a signature beside the signed file.
const SIGNATURE_EXTENSIONS: [&str; 5] = ["p7s", "sig", "cms", "tsr", "tst"];
/// Bytes that are read at once.
const PIECE_BYTES: usize = 1 << 16;

pub(super) fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    let time = DateTime::parse_from_rfc3339(text).map_err(|e| format!("wanted RFC 3339 or YYYY-MM-DD: {e}"))?;
    Ok(time.with_timezone(&Utc).trunc_subsecs(0))
}

impl Validate {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        if let Some(record) = &self.record {
            return super::repeat::run(common, record, self.output.as_deref());
        }
        let Some(policy) = self.policy(common)? else { return Ok(Exit::Configuration) };
        if policy.anchors.is_empty() && policy.tsa_anchors.is_empty() {
            common.say(NO_ANCHORS.get(common.lang()));
        }
        let material = material::read(&self.material, common)?;
        let at = self.at();
        let caches = Caches::default();
        let mut worst = 0;
        let mut failed = None;
        for (index, path) in self.files.iter().enumerate() {
            let found = match unsigned(path) {
                Ok(Some(what)) => {
                    worst = worst.max(Indication::TotalFailed.rank());
                    no_signature(common, path, what);
                    continue;
                }
                Ok(None) => self.validate(common, path, &policy, &material, at, &caches),
                Err(e) => Err(e),
            };
            let report = match found {
                Ok(report) => report,
                // What is wrong with one file says nothing of the others.
                Err(e) => {
                    common.report_error(&e);
                    failed.get_or_insert(e.code.exit());
                    continue;
                }
            };
            worst = worst.max(report.conclusion().indication.rank());
            if common.json() {
                // A report is kept and digested as these bytes, so they are not written in another way.
                out!("{}", String::from_utf8_lossy(&report.encode()));
            } else {
                if index > 0 {
                    out!("");
                }
                out!("{}", shown(&path.to_string_lossy()));
                out_raw!("{}", report.text(common.lang()));
            }
        }
        // A file that was not looked at weighs more than any verdict about the others.
        Ok(match (failed, worst) {
            (Some(exit), _) => exit,
            (None, 0) => Exit::Ok,
            (None, 1) => Exit::Incomplete,
            (None, _) => Exit::Refused,
        })
    }

    /// The report about one file; none when the policy was refused and the reasons were printed.
    pub(super) fn report(&self, common: &Common, path: &Path) -> Result<Option<Report>, Error> {
        let Some(policy) = self.policy(common)? else { return Ok(None) };
        let at = self.at();
        let material = material::read(&self.material, common)?;
        self.validate(common, path, &policy, &material, at, &Caches::default()).map(Some)
    }

    /// As of when: what was given, or now.
    pub(super) fn at(&self) -> DateTime<Utc> {
        self.as_of.unwrap_or_else(|| utc(SystemClock.now()).trunc_subsecs(0))
    }

    /// The policy; none when it was refused and the reasons were printed.
    pub(super) fn policy(&self, common: &Common) -> Result<Option<Policy>, Error> {
        let policy = match &self.policy {
            None => Policy::built_in(),
            Some(path) => match read(path)?.1 {
                Ok(Checked::Policy(policy)) => *policy,
                Ok(Checked::Authority(_) | Checked::Calendar(_)) => {
                    let what = "a register of authority or a calendar is no validation policy";
                    let refusal = Refusal::new(ErrorCode::PolMalformed, path.to_string_lossy(), what);
                    return Ok(refused(&[refusal], common));
                }
                Err(refusals) => return Ok(refused(&refusals, common)),
            },
        };
        if self.anchors.is_empty() && self.tsa_anchors.is_empty() {
            return Ok(Some(policy));
        }
        // What is not given stays as the policy has it.
        let given = |paths: &[PathBuf], own: &[Anchor]| -> Result<Vec<Arc<Certificate>>, Error> {
            if paths.is_empty() {
                return Ok(own.iter().map(|anchor| Arc::clone(&anchor.certificate)).collect());
            }
            Ok(material::read(paths, common)?.certificates().map(Arc::clone).collect())
        };
        let signature = given(&self.anchors, &policy.anchors)?;
        let timestamp = given(&self.tsa_anchors, &policy.tsa_anchors)?;
        Ok(Some(policy.with_anchors(&signature, &timestamp)))
    }

    fn validate(
        &self,
        common: &Common,
        path: &Path,
        policy: &Policy,
        material: &Material,
        at: DateTime<Utc>,
        caches: &Caches,
    ) -> Result<Report, Error> {
        let object = Object::open(path)?;
        let given = match &self.content {
            Some(content) => Some(content.clone()),
            None => object.content_beside(path).inspect(|content| {
                let content = shown(&content.to_string_lossy());
                common.say(&format!("{}: {content}", CONTENT_IS.get(common.lang())));
            }),
        };
        if let Some(given) = &given {
            open(given)?;
        }
        let subject = shown(&given.as_deref().unwrap_or(path).to_string_lossy());
        let ask = |content: Option<&dyn Content>| {
            let question = Question {
                object: &object.bytes,
                object_digest: object.digest,
                content,
                material,
                policy,
                at,
                poe: &[],
                caches,
            };
            validate(&question).map_err(|e| Error::caused(ErrorCode::IngReadFailed, subject.clone(), e))
        };
        let given = given.map(|path| Stream { path, pieces: None });
        let attached = object.pieces.map(|pieces| Stream { path: path.to_owned(), pieces: Some(pieces) });
        match (&attached, &given) {
            (None, None) => ask(None),
            (Some(one), None) | (None, Some(one)) => ask(Some(one)),
            // A large content that was left out, and one that is given: both have to be what was signed.
            (Some(attached), Some(given)) => {
                let report = ask(Some(attached))?;
                if report.conclusion().is_passed() { ask(Some(given)) } else { Ok(report) }
            }
        }
    }
}

/// Says of a file that it holds no signature: that is no verdict about one.
fn no_signature(common: &Common, path: &Path, what: Text) {
    let (code, lang, name) = (ErrorCode::SigNoneInFile, common.lang(), shown(&path.to_string_lossy()));
    if common.json() {
        common.print_json(&json!({
            "error": {"code": code.as_str(), "subject": name, "what": what.en, "text": code.text(lang)}
        }));
    } else {
        out!("{name}");
        out!("{}: {} [{code}].", IT_IS.get(lang), what.get(lang));
        out!("{}", code.text(lang));
    }
}

/// What a file is that holds no signature this program reads; none for one that may hold it, a damaged one too.
fn unsigned(path: &Path) -> Result<Option<Text>, Error> {
    let mut bytes = Vec::new();
    open(path)?.take(CMS_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed(path))?;
    let text_of = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&bytes).trim_ascii_start();
    let magic = |magic: &[u8]| text_of.starts_with(magic);
    let known = match () {
        () if bytes.is_empty() => Some(text("бос файл", "пустой файл", "an empty file")),
        () if magic(b"%PDF-") => Some(text("PDF құжаты", "документ PDF", "a PDF document")),
        () if magic(b"PK\x03\x04") => Some(text(
            "ZIP контейнері (мысалы, DOCX не ASiC)",
            "контейнер ZIP (например, DOCX или ASiC)",
            "a ZIP container (DOCX, ASiC or the like)",
        )),
        () if magic(b"<") => Some(text("XML құжаты", "документ XML", "an XML document")),
        () => None,
    };
    if known.is_some() || bytes.len() > CMS_BYTES_MAX {
        return Ok(known);
    }
    let blocks = wrap::unwrap(&bytes).unwrap_or_default();
    let is_signed = |der: &[u8]| SignedData::read(der).is_ok_and(|signed| !signed.signers.is_empty());
    if blocks.iter().any(|block| is_signed(&block.bytes)) {
        return Ok(None);
    }
    let found = Material::default().add_file(&bytes).unwrap_or_default();
    Ok(match found.first() {
        Some((MaterialKind::Certificate, _)) => {
            Some(text("тіркеу куәлігі", "регистрационное свидетельство", "a certificate"))
        }
        Some((MaterialKind::Crl, _)) => Some(text("CRL", "CRL", "a CRL")),
        Some((MaterialKind::Ocsp, _)) => Some(text("OCSP жауабы", "ответ OCSP", "an OCSP answer")),
        // What is neither DER nor a wrapping of it cannot be a damaged signature either.
        None if blocks.is_empty() && !magic(b"-----BEGIN") && bytes.first() != Some(&0x30) => {
            Some(text("басқа файл", "другой файл", "another file"))
        }
        None => None,
    })
}

/// Says why a policy was refused.
fn refused(refusals: &[Refusal], common: &Common) -> Option<Policy> {
    if common.json() {
        common.print_json(&json!({"error": {"reasons": view::refusals(refusals, common.lang())}}));
    } else {
        print_refusals(refusals, common.lang());
    }
    None
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error {
    let subject = shown(&path.to_string_lossy());
    move |e| {
        let is_missing = e.kind() == io::ErrorKind::NotFound;
        let code = if is_missing { ErrorCode::IngNoSuchPath } else { ErrorCode::IngReadFailed };
        Error::caused(code, subject.clone(), e)
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let file = File::open(path).map_err(failed(path))?;
    if file.metadata().map_err(failed(path))?.is_dir() {
        return Err(Error::new(ErrorCode::IngReadFailed, shown(&path.to_string_lossy()), "a folder, wanted a file"));
    }
    Ok(file)
}

/// A signed file, without its content when that is large.
struct Object {
    bytes: Vec<u8>,
    /// Of the file, when `bytes` is not all of it.
    digest: Option<Sha256>,
    /// Where the content lies that was left out.
    pieces: Option<Pieces>,
}

impl Object {
    fn open(path: &Path) -> Result<Self, Error> {
        let mut file = open(path)?;
        let len = file.metadata().map_err(failed(path))?.len();
        if len > CMS_BYTES_MAX as u64
            && let Ok(Some(outline)) = cms::without_content(&mut file)
        {
            let digest = sha256_of(&mut file).map_err(failed(path))?;
            let pieces = match outline.content {
                place::Content::Attached { pieces, .. } => Some(pieces),
                _ => None,
            };
            return Ok(Self { bytes: outline.bytes, digest: Some(digest), pieces });
        }
        file.rewind().map_err(failed(path))?;
        let mut bytes = Vec::new();
        // What is longer is not looked at, and the report says so.
        file.take(CMS_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed(path))?;
        Ok(Self { bytes, digest: None, pieces: None })
    }

    /// The signed file beside a detached signature: `a.pdf` beside `a.pdf.p7s`.
    fn content_beside(&self, path: &Path) -> Option<PathBuf> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        let beside = path.with_extension("");
        let is_candidate = SIGNATURE_EXTENSIONS.contains(&extension.as_str()) && beside.is_file();
        (is_candidate && self.is_detached()).then_some(beside)
    }

    fn is_detached(&self) -> bool {
        let blocks = wrap::unwrap(&self.bytes).unwrap_or_default();
        let Some(block) = blocks.first() else { return false };
        match SignedData::read(&block.bytes) {
            // A time-stamp has its own content; what it is over lies elsewhere.
            Ok(signed) if signed.content_type == crate::verify::timestamp::TST_INFO => true,
            Ok(signed) => self.pieces.is_none() && signed.content == cms::Content::Absent,
            // An answer of a time-stamping authority is no SignedData; for anything else the content changes nothing.
            Err(_) => true,
        }
    }
}

/// A file as a content; an error when it is not there.
pub(super) fn content(path: &Path) -> Result<impl Content + use<>, Error> {
    open(path)?;
    Ok(Stream { path: path.to_owned(), pieces: None })
}

/// A content that is read when it is asked for: a file, or the pieces of one.
struct Stream {
    path: PathBuf,
    pieces: Option<Pieces>,
}

impl Content for Stream {
    fn digest(&self, algorithm: DigestAlgorithm) -> Result<Vec<u8>, ContentError> {
        let file = File::open(&self.path)?;
        let mut hasher = algorithm.hasher();
        match &self.pieces {
            None => each_piece(file, |piece| hasher.update(piece))?,
            Some(pieces) => each_piece(pieces.reader(file), |piece| hasher.update(piece))?,
        }
        Ok(hasher.finish())
    }

    fn bytes(&self) -> Option<&[u8]> {
        None
    }

    fn head(&self) -> Result<Vec<u8>, ContentError> {
        let file = File::open(&self.path)?;
        let mut head = Vec::new();
        match &self.pieces {
            None => file.take(HEAD_BYTES as u64).read_to_end(&mut head)?,
            Some(pieces) => pieces.reader(file).take(HEAD_BYTES as u64).read_to_end(&mut head)?,
        };
        Ok(head)
    }
}

fn each_piece(mut source: impl Read, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(len) => take(&piece[..len]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn sha256_of(file: &mut File) -> io::Result<Sha256> {
    file.rewind()?;
    let mut writer = Sha256Writer::default();
    each_piece(file, |piece| writer.update(piece))?;
    Ok(writer.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_or_a_moment() {
        assert_eq!(parse_time("2025-05-01").unwrap().to_rfc3339(), "2025-05-01T00:00:00+00:00");
        assert_eq!(parse_time("2025-05-01T17:00:00.9+05:00").unwrap().to_rfc3339(), "2025-05-01T12:00:00+00:00");
        for bad in ["", "now", "2025-02-30", "2025-05-01 12:00", "01.05.2025"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }
}
