//! `muragat.toml`: the checked configuration of one archive. An unknown key is an error.
//!
//! The version is read before anything else: a newer archive is refused, never guessed at.

mod oidc;

pub use oidc::{Oidc, RETURN_PATH};

use crate::error::ErrorCode;
use crate::limits::{CONTAINER_BYTES_MAX, TEXT_LONG_CHARS_MAX, TEXT_SHORT_CHARS_MAX};
use crate::model::id::ArchiveId;
use crate::model::url::{HttpUrl, UrlError, UrlPrefix};
use crate::tlog::checkpoint::VerifierKey;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The file.
pub const CONFIG_FILE: &str = "muragat.toml";
/// Version of the archive's formats that this program writes.
pub const FORMAT: u32 = 1;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no archive here.
    #[error("{folder} holds no {CONFIG_FILE}")]
    NotAnArchive {
        /// The folder.
        folder: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not as it must be.
    #[error("{path}: {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The archive was written by a newer program.
    #[error("the archive has format {found}, this program knows up to {FORMAT}")]
    Newer {
        /// Its format.
        found: u32,
    },
}

impl ConfigError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            ConfigError::NotAnArchive { .. } => ErrorCode::CfgNotAnArchive,
            ConfigError::Io { .. } | ConfigError::Malformed { .. } => ErrorCode::CfgUnreadable,
            ConfigError::Newer { .. } => ErrorCode::CfgNewer,
        }
    }
}

/// The engine of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// redb.
    #[default]
    Redb,
    /// sled, when built with the feature of that name.
    Sled,
}

impl Engine {
    /// True when this program was built with it.
    pub fn is_available(self) -> bool {
        self == Engine::Redb || cfg!(feature = "sled")
    }
}

/// What is kept of the program that validates, and of every later one (`docs/verification-means.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeansKept {
    /// The program and its source.
    #[default]
    Full,
    /// Their digests.
    Reference,
    /// Nothing: reports name the program and no record of it.
    None,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    archive_id: String,
    vkey: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys_folder: Option<PathBuf>,
    #[serde(default)]
    means: MeansKept,
    #[serde(default, skip_serializing_if = "Issuer::is_unnamed")]
    archive: Issuer,
    #[serde(default)]
    index: IndexSection,
    #[serde(default)]
    ingest: Policy,
    #[serde(default, skip_serializing_if = "MaterialSection::is_off")]
    material: MaterialSection,
    #[serde(default, skip_serializing_if = "WitnessSection::is_off")]
    witness: WitnessSection,
    #[serde(default, skip_serializing_if = "Retention::is_default")]
    retention: Retention,
    #[serde(default)]
    disposal: Disposal,
    #[serde(default, skip_serializing_if = "Inquiries::is_default")]
    inquiry: Inquiries,
    #[serde(default, skip_serializing_if = "EvidenceSection::is_off")]
    evidence: EvidenceSection,
    #[serde(default, skip_serializing_if = "PaperCopy::is_default")]
    paper_copy: PaperCopy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oidc: Option<Oidc>,
}

/// The table `[paper_copy]`: certified copies on paper (docs/paper-copy.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaperCopy {
    /// What stands before the text of the stamp. N 430 cl. 35 prints three asterisks and does not say what they mean.
    pub stamp_prefix: String,
}

/// The longest prefix of a stamp. Own bound: it stands in a triangle.
const STAMP_PREFIX_CHARS_MAX: usize = 40;

impl Default for PaperCopy {
    fn default() -> Self {
        Self { stamp_prefix: "* * *".to_owned() }
    }
}

impl PaperCopy {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with it, in technical English.
    fn fault(&self) -> Option<&'static str> {
        let prefix = &self.stamp_prefix;
        let is_wrong = prefix.chars().count() > STAMP_PREFIX_CHARS_MAX || prefix.chars().any(char::is_control);
        is_wrong.then_some("paper_copy.stamp_prefix is longer than 40 characters or has a control character")
    }
}

/// The table `[disposal]`: what is asked for before anything is destroyed (docs/disposal.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Disposal {
    /// Members of the commission who must review a plan.
    pub reviews: u32,
    /// Persons who must approve it.
    pub approvals: u32,
    /// Days between the last approval and the destruction.
    pub cooling_days: u32,
    /// Whether the minutes of the commission must come with the plan.
    pub minutes: bool,
    /// Whether the inventories of the plan's years must be approved.
    pub inventories: bool,
}

impl Default for Disposal {
    fn default() -> Self {
        Self { reviews: 1, approvals: 2, cooling_days: 7, minutes: true, inventories: true }
    }
}

impl Disposal {
    /// What is wrong with it, in technical English.
    fn fault(&self) -> Option<&'static str> {
        if self.reviews < 1 || self.approvals < 2 {
            return Some("disposal.reviews is at least 1 and disposal.approvals at least 2");
        }
        (self.cooling_days < 1).then_some("disposal.cooling_days is at least 1")
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexSection {
    #[serde(default)]
    engine: Engine,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MaterialSection {
    fetch: Vec<UrlPrefix>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WitnessSection {
    allow: Vec<UrlPrefix>,
}

impl WitnessSection {
    fn is_off(&self) -> bool {
        self.allow.is_empty()
    }
}

impl MaterialSection {
    fn is_off(&self) -> bool {
        self.fetch.is_empty()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EvidenceSection {
    authorities: Vec<String>,
}

impl EvidenceSection {
    fn is_off(&self) -> bool {
        self.authorities.is_empty()
    }
}

/// What is done with a finding that is left to the archive's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// The submission is refused.
    Refuse,
    /// It is accepted, and the finding stays with the record as a flag.
    Flag,
}

/// The table `[ingest]`: what the law leaves to the archive. Every key has a default, and none makes the archive take
/// in what the law forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The agency's own limit on main content and attachments, in bytes; the lower of it and the profile's holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_bytes_max: Option<u64>,
    /// Signatures. `flag` is for taking over holdings that exist: they are validated as far as they can be, nothing is
    /// refused or waits for its signatures, and what could not be verified is a flag.
    pub signatures: Action,
    /// All findings about formats. `flag` is for taking over holdings that exist, good or bad: then nothing is refused
    /// for its format, and every finding is a flag.
    pub formats: Action,
    /// Attachments that nobody can read without a password. Main documents are refused.
    pub encrypted_attachments: Action,
    /// Macros.
    pub macros: Action,
    /// JavaScript and whatever else runs when a file is opened.
    pub active_content: Action,
    /// Files inside files.
    pub embedded_files: Action,
    /// Content that the identifier does not know.
    pub unknown_formats: Action,
    /// One volume of an archive file in several.
    pub archive_parts: Action,
    /// Marks of secrecy in card fields and file names: `flag` raises an alarm instead.
    pub secrecy_marks: Action,
    /// Documents for official use (ҚБПҮ, ДСП): `flag` admits them.
    pub official_use: Action,
    /// Submissions that may wait at a time.
    pub waiting_max: u64,
    /// Bytes that they may have together.
    pub waiting_bytes_max: u64,
}

/// Submissions that may wait, when the configuration does not say. Own bound: what one agency sends in a month, the
/// term of waiting by default, at 450 documents a working day; trying them all again takes minutes.
const WAITING_MAX: u64 = 10_000;
/// Bytes that they may have together. Own bound: 5 MiB each. The store does not give the room back when the waiting
/// ends.
const WAITING_BYTES_MAX: u64 = 50 * 1024 * 1024 * 1024;

impl Policy {
    /// What is wrong with it, in technical English.
    fn fault(&self) -> Option<String> {
        if self.waiting_max == 0 {
            return Some("ingest.waiting_max is 0: what cannot be decided yet could not wait".to_owned());
        }
        // A submission that is admitted must be able to wait.
        let too_low = self.waiting_bytes_max < CONTAINER_BYTES_MAX;
        too_low.then(|| format!("ingest.waiting_bytes_max is less than one submission can have, {CONTAINER_BYTES_MAX}"))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            content_bytes_max: None,
            signatures: Action::Refuse,
            formats: Action::Refuse,
            encrypted_attachments: Action::Flag,
            macros: Action::Flag,
            active_content: Action::Flag,
            embedded_files: Action::Flag,
            unknown_formats: Action::Refuse,
            archive_parts: Action::Flag,
            secrecy_marks: Action::Refuse,
            official_use: Action::Refuse,
            waiting_max: WAITING_MAX,
            waiting_bytes_max: WAITING_BYTES_MAX,
        }
    }
}

/// The table `[archive]`: the body that keeps the archive and issues its receipts and notices (N 430 cl. 17).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Issuer {
    /// Its name; the origin of the log stands in for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its code as an agency: then only its own records office may sign what it issues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Its business identification number (БСН, БИН), 12 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
}

impl Issuer {
    fn is_unnamed(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with it, in technical English. What is right can stand in every receipt.
    pub fn fault(&self) -> Option<&'static str> {
        let fits = |text: &Option<String>, max: usize| {
            text.as_ref().is_none_or(|text| {
                !text.trim().is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control)
            })
        };
        if !fits(&self.name, TEXT_LONG_CHARS_MAX) {
            return Some("archive.name is blank, too long or has a control character");
        }
        if !fits(&self.agency, TEXT_SHORT_CHARS_MAX) {
            return Some("archive.agency is blank, too long or has a control character");
        }
        let is_bin = |bin: &String| bin.len() == 12 && bin.bytes().all(|b| b.is_ascii_digit());
        if !self.bin.as_ref().is_none_or(is_bin) {
            return Some("archive.bin is not 12 digits");
        }
        None
    }
}

/// The table `[retention]`: what a regulation asks of an agency beside the lists of retention periods.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Documents that are kept for more years than this must have an original on paper (akimat regulation, section 3:
    /// 10). Without it none must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper_original_over_years: Option<u32>,
}

impl Retention {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Which readings of a record the bundle for an inquiry shows. Their number is always proven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readings {
    /// Those under that inquiry.
    #[default]
    Own,
    /// All.
    All,
    /// None.
    Count,
}

impl Readings {
    /// All of them by their words.
    pub const ALL: [(&str, Readings); 3] = [("own", Readings::Own), ("all", Readings::All), ("count", Readings::Count)];

    /// The word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("own", |(word, _)| word)
    }

    /// What a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, readings)| *readings)
    }
}

/// The table `[inquiry]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inquiries {
    /// Which readings a bundle shows, unless it is said when it is made.
    pub readings: Readings,
}

impl Inquiries {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The archive.
    pub archive_id: ArchiveId,
    /// The journal's verifier key; its name is the origin.
    pub vkey: VerifierKey,
    /// Where the keys are, if not beside the archive.
    pub keys_folder: Option<PathBuf>,
    /// What is kept of the program that validates.
    pub means: MeansKept,
    /// Who issues receipts and notices.
    pub issuer: Issuer,
    /// The engine of the index.
    pub engine: Engine,
    /// What the law leaves to the archive.
    pub policy: Policy,
    /// From where `material fetch` may fetch. Empty: from nowhere.
    pub fetch: Vec<UrlPrefix>,
    /// Where `log witness push` may ask witnesses. Empty: nowhere.
    pub witnesses: Vec<UrlPrefix>,
    /// What is asked beside the lists of retention periods.
    pub retention: Retention,
    /// What is asked for before anything is destroyed.
    pub disposal: Disposal,
    /// What the desk for inquiries gives out.
    pub inquiries: Inquiries,
    /// Addresses of the time-stamping authorities that are asked for evidence. Empty: none is asked.
    pub authorities: Vec<HttpUrl>,
    /// Certified copies on paper.
    pub paper_copy: PaperCopy,
    /// By which OpenID provider people sign in. None: by none.
    pub oidc: Option<Oidc>,
}

impl Config {
    /// A configuration with defaults.
    pub fn new(archive_id: ArchiveId, vkey: VerifierKey) -> Self {
        let (engine, policy) = (Engine::default(), Policy::default());
        let (means, issuer, fetch, witnesses) = (MeansKept::default(), Issuer::default(), Vec::new(), Vec::new());
        let (retention, disposal) = (Retention::default(), Disposal::default());
        let (keys_folder, inquiries, authorities) = (None, Inquiries::default(), Vec::new());
        Self {
            archive_id,
            vkey,
            keys_folder,
            means,
            issuer,
            engine,
            policy,
            fetch,
            witnesses,
            retention,
            disposal,
            inquiries,
            authorities,
            paper_copy: PaperCopy::default(),
            oidc: None,
        }
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let file = File {
            format: FORMAT,
            archive_id: self.archive_id.to_string(),
            vkey: self.vkey.to_string(),
            keys_folder: self.keys_folder.clone(),
            means: self.means,
            archive: self.issuer.clone(),
            index: IndexSection { engine: self.engine },
            ingest: self.policy.clone(),
            material: MaterialSection { fetch: self.fetch.clone() },
            witness: WitnessSection { allow: self.witnesses.clone() },
            retention: self.retention.clone(),
            disposal: self.disposal,
            inquiry: self.inquiries,
            evidence: EvidenceSection { authorities: self.authorities.iter().map(ToString::to_string).collect() },
            paper_copy: self.paper_copy.clone(),
            oidc: self.oidc.clone(),
        };
        toml::to_string(&file).expect("a configuration is plain tables")
    }

    /// Reads a configuration.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let malformed = |what: String| ConfigError::Malformed { path: path.to_owned(), what };
        // The version first: a newer file may have keys that this program does not know.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let version: Version = toml::from_str(text).map_err(|e| malformed(e.message().to_owned()))?;
        match version.format {
            FORMAT => {}
            0 => return Err(malformed("format 0 does not exist".to_owned())),
            found => return Err(ConfigError::Newer { found }),
        }
        let file: File = toml::from_str(text).map_err(|e| malformed(e.message().to_owned()))?;
        if let Some(fault) = file.paper_copy.fault() {
            return Err(malformed(fault.to_owned()));
        }
        if let Some(fault) = file.archive.fault() {
            return Err(malformed(fault.to_owned()));
        }
        if let Some(fault) = file.ingest.fault().or_else(|| file.oidc.as_ref()?.fault()) {
            return Err(malformed(fault));
        }
        if let Some(fault) = file.disposal.fault() {
            return Err(malformed(fault.to_owned()));
        }
        let authority = |text: &String| {
            text.parse().map_err(|e: UrlError| malformed(format!("evidence.authorities: {text:?} {e}")))
        };
        Ok(Self {
            authorities: file.evidence.authorities.iter().map(authority).collect::<Result<_, _>>()?,
            archive_id: file.archive_id.parse().map_err(|e| malformed(format!("archive_id: {e}")))?,
            vkey: file.vkey.parse().map_err(|e| malformed(format!("vkey: {e}")))?,
            keys_folder: file.keys_folder,
            means: file.means,
            issuer: file.archive,
            engine: file.index.engine,
            policy: file.ingest,
            fetch: file.material.fetch,
            witnesses: file.witness.allow,
            paper_copy: file.paper_copy,
            oidc: file.oidc,
            retention: file.retention,
            disposal: file.disposal,
            inquiries: file.inquiry,
        })
    }

    /// Reads the configuration of the archive in `folder`.
    pub fn load(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(CONFIG_FILE);
        let text = std::fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                ConfigError::NotAnArchive { folder: folder.to_owned() }
            }
            _ => ConfigError::Io { path: path.clone(), source },
        })?;
        Self::parse(&text, &path)
    }

    /// The key folder of the archive in `folder`: `<archive>.keys` beside it, unless the configuration names another.
    pub fn keys_path(&self, folder: &Path) -> PathBuf {
        self.keys_folder.as_ref().map_or_else(|| default_keys_path(folder), |keys| folder.join(keys))
    }
}

/// `<archive>.keys` beside the archive.
pub fn default_keys_path(folder: &Path) -> PathBuf {
    // A path such as `.` or `a/..` has no name of its own; its real one does.
    let folder = match folder.file_name() {
        Some(_) => folder.to_owned(),
        None => {
            std::path::absolute(folder).ok().and_then(|p| p.canonicalize().ok()).unwrap_or_else(|| folder.to_owned())
        }
    };
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    folder.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::checkpoint::LogSigner;

    fn config() -> Config {
        Config::new(ArchiveId([5; 16]), LogSigner::new("muragat-test", &[1; 32]).verifier().clone())
    }

    #[test]
    fn the_file_reads_back() {
        let mut config = config();
        assert_eq!(Config::parse(&config.to_text(), Path::new("x")).unwrap(), config);
        config.keys_folder = Some("/else/where".into());
        config.policy.content_bytes_max = Some(10);
        config.retention.paper_original_over_years = Some(10);
        config.policy.macros = Action::Refuse;
        (config.policy.waiting_max, config.policy.waiting_bytes_max) = (1, CONTAINER_BYTES_MAX);
        config.fetch = vec!["http://crl.example.kz/".parse().unwrap()];
        config.witnesses = vec!["http://witness.example.kz/".parse().unwrap()];
        assert_eq!(Config::parse(&config.to_text(), Path::new("x")).unwrap(), config);
        let mut one = config.clone();
        one.disposal.approvals = 1;
        let mut at_once = config.clone();
        at_once.disposal.cooling_days = 0;
        let mut none = config.clone();
        none.policy.waiting_max = 0;
        let mut few = config;
        few.policy.waiting_bytes_max -= 1;
        for bad in [none, few, one, at_once] {
            let found = Config::parse(&bad.to_text(), Path::new("x"));
            assert!(matches!(found, Err(ConfigError::Malformed { .. })), "{found:?}");
        }
    }

    #[test]
    fn unknown_keys_and_newer_formats_are_refused() {
        let text = config().to_text();
        let parse = |t: &str| Config::parse(t, Path::new("x"));
        assert!(matches!(parse(&format!("surprise = 1\n{text}")), Err(ConfigError::Malformed { .. })));
        assert!(matches!(
            parse(&format!("surprise = 1\n{}", text.replace("format = 1", "format = 2"))),
            Err(ConfigError::Newer { found: 2 })
        ));
        assert!(parse(&text.replace("muragat-test", "other")).is_err(), "the key's own hash covers its name");
    }

    #[test]
    fn nothing_is_fetched_unless_it_is_switched_on_and_not_by_https() {
        let text = config().to_text();
        let parse = |line: &str| Config::parse(&format!("{text}\n[material]\n{line}\n"), Path::new("x"));
        assert!(Config::parse(&text, Path::new("x")).unwrap().fetch.is_empty());
        assert!(parse("").unwrap().fetch.is_empty());
        let fetch = parse("fetch = [\"http://CRL.example.kz/\", \"http://crl.example.kz:8080/a.crl\"]").unwrap().fetch;
        let fetch: Vec<String> = fetch.iter().map(ToString::to_string).collect();
        assert_eq!(fetch, ["http://crl.example.kz/", "http://crl.example.kz:8080/a.crl"]);
        let fault = |line: &str| parse(line).unwrap_err().to_string();
        assert!(fault("fetch = [\"https://crl.example.kz/\"]").contains("is https, which is not supported"));
        assert!(fault("fetch = [\"http://crl.example.kz/../\"]").contains("`.` or `..`"));
        assert!(fault("fetch = [\"*\"]").contains("http://"));
        assert!(parse("fetched = []").is_err());
    }

    #[test]
    fn addresses_at_which_nobody_can_be_asked_are_refused() {
        let text = config().to_text();
        let parse = |lines: &str| Config::parse(&format!("{text}\n{lines}\n"), Path::new("x"));
        for list in ["[evidence]\nauthorities", "[witness]\nallow"] {
            assert!(parse(&format!("{list} = [\"http://a.example.kz/b\"]")).is_ok());
            for (address, why) in [("https://a.example.kz/", "is https"), ("a.example.kz", "http://"), ("", "http://")]
            {
                let fault = parse(&format!("{list} = [\"{address}\"]")).unwrap_err().to_string();
                assert!(fault.contains(why), "{list} {address}: {fault}");
            }
        }
    }

    #[test]
    fn keys_lie_beside_the_archive() {
        assert_eq!(default_keys_path(Path::new("/a/b")), Path::new("/a/b.keys"));
        assert_eq!(default_keys_path(Path::new("/a/b.d/")), Path::new("/a/b.d.keys"));
    }
}
