//! `muragat material fetch`: CRLs, certificates of issuers and OCSP answers from the network, where `muragat.toml`
//! allows it.
//!
//! OCSP responders are asked only when somebody takes the answers: `--retry` tries the waiting submissions again with
//! them, `--out` writes them to a folder.

use super::answers::Answers;
use super::answers::write_new;
use super::waiting::try_again;
use super::{Common, stop_flag};
use crate::error::{Error, ErrorCode, Exit};
use crate::fetch::{Fetched, Options, Outcome, Purpose, Timeouts, fetch};
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::verify::material::Material;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Arguments of `material fetch`.
#[derive(clap::Args)]
pub(super) struct Fetch {
    /// Say what would be asked, and ask nothing.
    #[arg(long)]
    dry_run: bool,
    /// A CRL or a certificate of a CA, beside those that certificates name.
    #[arg(long, value_name = "URL")]
    url: Vec<String>,
    /// Ask OCSP responders about the signers of waiting submissions, and write the answers to this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Ask OCSP responders, then try all waiting submissions again with what came, and write the answers.
    #[arg(long)]
    retry: bool,
    /// Folder for the answers to what is decided; `<archive>.answers` beside the archive when not given.
    #[arg(long, value_name = "DIR", requires = "retry")]
    answers: Option<PathBuf>,
}

const NOTHING: Text = text("Жүктейтін ештеңе жоқ.", "Загружать нечего.", "There is nothing to fetch.");

fn outcome_text(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Planned => text("сұралады", "будет запрошено", "would be asked"),
        Outcome::Added => text("қосылды", "добавлено", "added"),
        Outcome::Kept => text("бұрыннан бар", "уже есть", "kept before"),
        Outcome::Older => text("жаңарағы бар", "есть более новый", "a newer one is kept"),
        Outcome::Answered => text("жауап алынды", "ответ получен", "answered"),
        Outcome::NotAllowed => text("рұқсат жоқ", "не разрешено", "not allowed"),
        Outcome::LeftOut => text("келесіге қалды", "отложено", "left for the next run"),
        Outcome::Failed => text("болмады", "не удалось", "failed"),
    }
}

impl Fetch {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = if self.dry_run { common.open()? } else { common.open_to_act()? };
        let actor = if self.dry_run { None } else { Some(common.actor(&archive)?) };
        let ocsp = self.retry || self.out.is_some();
        let options = Options { actor, named: &self.url, ocsp, timeouts: Timeouts::default(), stop: stop_flag() };
        let mut exit = Exit::Ok;
        let mut count = 0u64;
        let answers = fetch(&archive, &options, &mut |fetched| {
            count += 1;
            print(fetched, common);
            // Certificates name many addresses that are not allowed; one that a person names is a mistake.
            let has_failed = match fetched.outcome {
                Outcome::Failed | Outcome::LeftOut => true,
                Outcome::NotAllowed => fetched.purpose == Purpose::Named,
                _ => false,
            };
            if let (true, Some(code), Exit::Ok) = (has_failed, fetched.code, exit) {
                exit = code.exit();
            }
        })?;
        if count == 0 && !common.json() {
            out!("{}", NOTHING.get(common.lang()));
        }
        if let Some(folder) = self.out.filter(|_| !self.dry_run) {
            let failed = |e| Error::caused(ErrorCode::ArcOutput, shown(&folder.to_string_lossy()), e);
            write_answers(&folder, &answers).map_err(failed)?;
        }
        let stopped = stop_flag().load(Ordering::Relaxed);
        if stopped {
            exit = Exit::Interrupted;
        }
        if let (true, false, Some(actor)) = (self.retry, stopped, actor) {
            let mut decided = Answers::of_waiting(self.answers, true, archive.root());
            let retried = try_again(&archive, &archive.all_waiting()?, &answers, actor, &mut decided, common)?;
            decided.end(common);
            exit = if exit == Exit::Ok { retried } else { exit };
        }
        archive.close()?;
        Ok(exit)
    }
}

fn print(fetched: &Fetched, common: &Common) {
    if common.json() {
        common.print_json(&json!({
            "url": fetched.url, "purpose": fetched.purpose.as_str(), "outcome": fetched.outcome.as_str(),
            "code": fetched.code.map(|code| code.as_str()), "detail": fetched.detail,
            "sha256": fetched.sha256.map(|digest| digest.to_string()),
        }));
        return;
    }
    let outcome = outcome_text(fetched.outcome);
    out!("{}: {} {}", outcome.get(common.lang()), fetched.purpose, shown(&fetched.url));
    if let (Some(code), Some(detail)) = (fetched.code, &fetched.detail) {
        out!("  {code} ({})", shown(detail));
    }
}

/// One file an answer, named by its digest. One that is there already is the same.
fn write_answers(folder: &Path, answers: &Material) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for answer in answers.ocsp_responses() {
        let name = format!("{}.ors", &answer.sha256.to_string()[..16]);
        match write_new(&folder.join(name), answer.der()) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            written => written?,
        }
    }
    Ok(())
}
