//! `muragat inquiry paper-copy|copies`: certified copies on paper, and their register.
//!
//! Files are new or have the same bytes already; what is printed is written only when the act is durable.

use super::beside;
use super::ingest::print_refusals;
use super::show::record_id;
use super::signed::Signatures;
use super::{Common, read_up_to};
use crate::clock::local_text;
use crate::error::{Error, ErrorCode, Exit};
use crate::inquiry::copy::extract::{Extract, extract};
use crate::inquiry::copy::register;
use crate::inquiry::copy::say::{self, State};
use crate::inquiry::copy::{
    COPY_BYTES_MAX, COPY_FILE, Certified, CopyProfile, Given, PAPER_FILE, RENDERING_FILE, certify, check_rendering,
    give, prepare,
};
use crate::model::digest::{Sha256, Sha256Writer};
use crate::model::id::RecordId;
use crate::model::strict::shown;
use crate::render::child::MEMORY;
use crate::text::{Lang, Text, text};
use crate::view;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Arguments of `inquiry paper-copy`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PaperCopyArgs {
    /// Id of the record.
    record: String,
    /// Who gets the copy; kept with it and printed on it.
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["from", "extract"])]
    recipient: Option<String>,
    /// By which rules: n430 has no stamp for a negative check, akimat has one.
    #[arg(long, value_name = "PROFILE", default_value = "n430", value_parser = profile)]
    profile: CopyProfile,
    /// Folder for what is written; that of --from when not given.
    #[arg(short, long, value_name = "DIR", required_unless_present = "from")]
    output: Option<PathBuf>,
    /// The folder of a copy that was prepared, with its copy.json: certify it.
    #[arg(long, value_name = "DIR", requires = "signatures", conflicts_with_all = ["recipient", "extract"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    signatures: Signatures,
    /// A print that is not certified, without stamp and number.
    #[arg(long, conflicts_with_all = ["recipient", "signatures"])]
    extract: bool,
    /// A folder on a file system in memory, for what is rendered.
    #[arg(long, value_name = "DIR", env = "MURAGAT_SCRATCH", default_value = MEMORY)]
    scratch: PathBuf,
}

/// Arguments of `inquiry copies`.
#[derive(clap::Args)]
pub(super) struct CopiesArgs {
    /// Only those that were certified in this year.
    #[arg(long)]
    year: Option<i32>,
    /// Only those on which this SHA-256 stands: of a part of the record, of the rendering, of copy.json.
    #[arg(long, value_name = "SHA-256", conflicts_with = "year")]
    digest: Option<String>,
    /// Only the copy with this number.
    #[arg(long, value_name = "N", conflicts_with_all = ["year", "digest"])]
    number: Option<u64>,
    /// Give the copy out again into this folder, byte for byte.
    #[arg(short, long, value_name = "DIR", requires = "number")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  muragat inquiry paper-copy RECORD --recipient \"…\" -o copy       rendering.pdf and copy.json, without a stamp
  (a records officer or post operator compares rendering.pdf with the original; signing copy.json is the confirmation)
  openssl cms -sign -binary -cades -md sha256 -in copy/copy.json \\
    -signer officer.pem -inkey officer.key -certfile intermediate-ca.pem -outform DER -out copy.json.p7s
  muragat inquiry paper-copy RECORD --from copy --signature copy.json.p7s   paper-copy.pdf, with the stamp
  muragat inquiry paper-copy RECORD --extract -o print             a print that is not certified
  muragat inquiry copies --digest SHA256                           from a paper to its record";

const PREPARED: Text = text(
    "Көшірме дайындалды, мөртаңба жоқ. rendering.pdf файлын түпнұсқамен салыстырып, copy.json файлына қол қойыңыз",
    "Копия подготовлена, штампа нет. Сверьте rendering.pdf с подлинником и подпишите copy.json",
    "The copy is prepared, without a stamp. Compare rendering.pdf with the original and sign copy.json",
);
const CERTIFIED: Text = text("Көшірме куәландырылды", "Копия заверена", "The copy is certified");
const NOT_CERTIFIED: Text = text("Көшірме куәландырылмады", "Копия не заверена", "The copy was not certified");
const PRINTED: Text = text("Куәландырылмаған басып шығару", "Незаверенная распечатка", "A print that is not certified");
const GIVEN_AGAIN: Text = text(
    "Куәландырылған көшірме қайта берілді",
    "Заверенная копия выдана повторно",
    "The certified copy is given out again",
);
const PROFILE: Text = text("бейін", "профиль", "profile");
const SHEETS: Text = text("парақ саны", "листов", "sheets");
const LISTED: Text = text("басылмайды, SHA-256", "не печатается, SHA-256", "not printed, SHA-256");
const WRITTEN: Text = text("Жазылды", "Записано", "Written");
const NONE: Text = text("Куәландырылған көшірме жоқ.", "Заверенных копий нет.", "No copies were certified.");
const GONE: Text = text("жазба жойылған", "запись уничтожена", "the record was destroyed");

fn profile(word: &str) -> Result<CopyProfile, String> {
    CopyProfile::parse(word).ok_or_else(|| "n430 or akimat".to_owned())
}

/// Gives out files; gives their names for print.
fn write(folder: &Path, files: &[(&str, &[u8])]) -> Result<Vec<String>, Error> {
    Ok(beside::give_out(folder, files)?.iter().map(|path| path.to_string_lossy().into_owned()).collect())
}

/// The digest of a file; none when it is not there.
fn digest_of(path: &Path) -> Result<Option<Sha256>, Error> {
    let failed = |e| Error::caused(ErrorCode::IngReadFailed, shown(&path.to_string_lossy()), e);
    let mut file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let (mut writer, mut piece) = (Sha256Writer::default(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(Some(writer.finish())),
            Ok(len) => writer.update(&piece[..len]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(e)),
        }
    }
}

fn said_written(written: &[String], lang: Lang) {
    written.iter().for_each(|path| out!("{}: {}", WRITTEN.get(lang), shown(path)));
}

impl PaperCopyArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let record = record_id(&self.record)?;
        match (&self.from, &self.output) {
            (Some(from), output) => self.certify(common, record, from, output.as_deref().unwrap_or(from)),
            (None, Some(output)) if self.extract => self.print(common, record, output),
            (None, Some(output)) => self.prepare(common, record, output),
            (None, None) => unreachable!("clap asks for a folder"),
        }
    }

    fn prepare(&self, common: &Common, record: RecordId, folder: &Path) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let recipient = self.recipient.as_deref().unwrap_or_default();
        let prepared = prepare(&archive, record, (recipient, self.profile), &self.scratch, actor)?;
        archive.close()?;
        let written = write(folder, &[(RENDERING_FILE, &prepared.rendering), (COPY_FILE, &prepared.bytes)])?;
        if common.json() {
            let mut value = view::copy_prepared(record, &prepared);
            value["files"] = written.into();
            common.print_json(&value);
            return Ok(Exit::Ok);
        }
        let lang = common.lang();
        out!(
            "{}: № {}, {}: {}",
            PREPARED.get(lang),
            prepared.value["number"],
            SHEETS.get(lang),
            prepared.value["sheets"]
        );
        out!("  {}", checked(prepared.value["check"]["result"].as_str(), prepared.value["profile"].as_str(), lang));
        for part in prepared.value["components"].as_array().into_iter().flatten().filter(|p| p.get("pages").is_none()) {
            let text = |key: &str| part.get(key).and_then(Value::as_str).map(shown).unwrap_or_default();
            out!("  {}: {} {}", text("path"), LISTED.get(lang), text("sha256"));
        }
        said_written(&written, lang);
        Ok(Exit::Ok)
    }

    fn certify(&self, common: &Common, record: RecordId, from: &Path, folder: &Path) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let prepared = read_up_to(&from.join(COPY_FILE), COPY_BYTES_MAX)?;
        if let Some(rendering) = digest_of(&from.join(RENDERING_FILE))? {
            check_rendering(&prepared, rendering)?;
        }
        let (signatures, extra) = self.signatures.read(common)?;
        let actor = common.actor(&archive)?;
        let certified = certify(&archive, record, &prepared, (&signatures, &extra), &self.scratch, actor)?;
        archive.close()?;
        match certified {
            Certified::Done(given) => give_out(common, false, &given, folder),
            Certified::Refused(refusals) if common.json() => {
                common.print_json(&view::copy_refused(record, &refusals, common.lang()));
                Ok(Exit::Refused)
            }
            Certified::Refused(refusals) => {
                out!("{}: {record}", NOT_CERTIFIED.get(common.lang()));
                print_refusals(&refusals, common.lang());
                Ok(Exit::Refused)
            }
        }
    }

    fn print(&self, common: &Common, record: RecordId, folder: &Path) -> Result<Exit, Error> {
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let Extract { pdf, sheets, parts } = extract(&archive, record, &self.scratch, actor)?;
        archive.close()?;
        let written = write(folder, &[("extract.pdf", &pdf)])?;
        let state = |state: &State| match state {
            State::Rendered => "rendered",
            State::TextOnly => "text_only",
            State::Listed => "listed",
        };
        if common.json() {
            let part = |(path, digest, of): &(String, Sha256, State)| {
                let digest = digest.to_string();
                json!({"path": path, "sha256": digest, "state": state(of)})
            };
            common.print_json(&json!({
                "status": "uncertified", "record_id": record.to_string(), "sheets": sheets,
                "parts": parts.iter().map(part).collect::<Vec<_>>(), "files": written,
            }));
            return Ok(Exit::Ok);
        }
        let lang = common.lang();
        out!("{}; {}: {sheets}", PRINTED.get(lang), SHEETS.get(lang));
        parts.iter().for_each(|(path, digest, of)| out!("  {} · {} · {digest}", shown(path), state(of)));
        said_written(&written, lang);
        Ok(Exit::Ok)
    }
}

/// The result of the check, and by which rules it is said.
fn checked(result: Option<&str>, profile: Option<&str>, lang: Lang) -> String {
    let result = if result == Some("positive") { say::POSITIVE } else { say::NEGATIVE };
    let profile = profile.unwrap_or_default();
    format!("{}: {} · {}: {profile}", say::RESULT.get(lang), result.get(lang), PROFILE.get(lang))
}

fn give_out(common: &Common, is_again: bool, given: &Given, folder: &Path) -> Result<Exit, Error> {
    let signature = format!("{COPY_FILE}.p7s");
    let files: [(&str, &[u8]); 3] =
        [(PAPER_FILE, &given.paper), (COPY_FILE, &given.bytes), (&signature, &given.signature)];
    let written = write(folder, &files)?;
    if common.json() {
        let mut value = view::copy_row(&given.issued);
        value["status"] = if is_again { "given" } else { "certified" }.into();
        value["files"] = written.into();
        common.print_json(&value);
    } else {
        let lang = common.lang();
        let (issued, sheets) = (&given.issued, given.issued.sheets().unwrap_or_default());
        let what = if is_again { GIVEN_AGAIN } else { CERTIFIED };
        out!("{}: № {} (#{}), {}: {sheets}", what.get(lang), issued.number, issued.entry, SHEETS.get(lang));
        out!("  {}", checked(issued.text("result"), issued.text("profile"), lang));
        said_written(&written, lang);
    }
    Ok(Exit::Ok)
}

impl CopiesArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = common.open()?;
        if let (Some(number), Some(folder)) = (self.number, &self.output) {
            archive.wait_index()?;
            let given = give(&archive, number)?;
            archive.close()?;
            return give_out(common, true, &given, folder);
        }
        let copies = match (&self.digest, self.number) {
            (Some(digest), _) => {
                let wrong = |_| Error::new(ErrorCode::CpyUnknown, digest.clone(), "not a SHA-256 digest");
                register::with_digest(&archive, digest.to_lowercase().parse().map_err(wrong)?)?
            }
            (None, Some(number)) => {
                archive.wait_index()?;
                vec![register::find(&archive, number)?]
            }
            (None, None) => register::list(&archive, self.year)?,
        };
        archive.close()?;
        let lang = common.lang();
        if copies.is_empty() && !common.json() {
            common.say(NONE.get(lang));
        }
        for copy in &copies {
            if common.json() {
                common.print_json(&view::copy_row(copy));
                continue;
            }
            out!("№ {} · #{} · {} · {}", copy.number, copy.entry, local_text(copy.at), copy.record);
            let Some(certifier) = copy.certifier() else {
                out!("  {}", GONE.get(lang));
                continue;
            };
            let sheets = copy.sheets().unwrap_or_default();
            out!("  {} · {}: {sheets}", shown(copy.text("recipient").unwrap_or_default()), SHEETS.get(lang));
            out!("  {}", checked(copy.text("result"), copy.text("profile"), lang));
            out!("  {} ({})", shown(&certifier.post), certifier.kind.text().get(lang));
            out!("  SHA-256 {}", copy.text("sha256").unwrap_or_default());
        }
        Ok(Exit::Ok)
    }
}
