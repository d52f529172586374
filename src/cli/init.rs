//! `muragat init DIR`.
//!
//! It names the key folder and prints the verifier key, the one thing to be handed out.

use super::Common;
use crate::archive::{Archive, InitOptions};
use crate::clock::SystemClock;
use crate::config::{Action, Engine, Issuer, MeansKept, Policy};
use crate::error::{Error, ErrorCode, Exit};
use crate::text::{Text, text};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `init`.
#[derive(clap::Args)]
pub(super) struct Init {
    /// Folder of the new archive; empty or absent.
    dir: Option<PathBuf>,
    /// Name of the log (its origin), for example log.example.kz/archive.
    #[arg(long)]
    origin: Option<String>,
    /// Folder of the keys; beside the archive as DIR.keys when not given.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Engine of the index: redb or sled.
    #[arg(long, default_value = "redb", value_parser = engine)]
    engine: Engine,
    /// What findings about file formats do: `refuse`, or `flag` for taking over holdings that exist, good or bad.
    #[arg(long, default_value = "refuse", value_parser = action)]
    formats: Action,
    /// What signatures that cannot be verified do: `refuse`, or `flag` for taking over holdings that exist.
    #[arg(long, default_value = "refuse", value_parser = action)]
    signatures: Action,
    /// Name of the body that keeps the archive, as its receipts and notices give it; the origin when not given.
    #[arg(long)]
    name: Option<String>,
    /// Its code as an agency: then only its own records office signs receipts and notices.
    #[arg(long)]
    agency: Option<String>,
    /// Its business identification number, 12 digits.
    #[arg(long)]
    bin: Option<String>,
    /// What is kept of this program and of every later one: `full`, with its source, `reference` or `none`.
    #[arg(long, default_value = "full", value_parser = means)]
    means: MeansKept,
    /// The source of this program, made by tools/means/pack; beside the program when not given.
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// An archive for tests, for ever: there records are destroyed by sample lists too, and everything says so.
    #[arg(long)]
    test: bool,
}

const MADE: Text = text("Жаңа архив жасалды", "Создан новый архив", "A new archive was made");
const KEYS: Text = text(
    "Кілттер осы қалтада; оны бөлек сақтаңыз, онсыз архив ашылмайды",
    "Ключи в этой папке; храните её отдельно, без неё архив не открыть",
    "The keys are in this folder; keep it apart, without it the archive does not open",
);
const VKEY: Text = text(
    "Журналды тексеру кілті (жариялауға болады)",
    "Ключ проверки журнала (можно публиковать)",
    "Verifier key of the journal (may be published)",
);

const NO_QUORUM: Text = text(
    "Өкілеттіктер тізілімі енгізілгенше ешкім жоюды қарай да, бекіте де алмайды («policy adopt»).",
    "Пока не введён реестр полномочий, рассматривать и утверждать уничтожение некому («policy adopt»).",
    "Until a register of authority is adopted, nobody can review or approve a destruction (`policy adopt`).",
);

fn engine(name: &str) -> Result<Engine, String> {
    match name {
        "redb" => Ok(Engine::Redb),
        "sled" => Ok(Engine::Sled),
        other => Err(format!("{other}: redb or sled")),
    }
}

fn action(word: &str) -> Result<Action, String> {
    match word {
        "refuse" => Ok(Action::Refuse),
        "flag" => Ok(Action::Flag),
        other => Err(format!("{other}: refuse or flag")),
    }
}

fn means(word: &str) -> Result<MeansKept, String> {
    match word {
        "full" => Ok(MeansKept::Full),
        "reference" => Ok(MeansKept::Reference),
        "none" => Ok(MeansKept::None),
        other => Err(format!("{other}: full, reference or none")),
    }
}

impl Init {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let dir = match &self.dir {
            Some(dir) => dir.as_path(),
            None => common.folder()?,
        };
        let policy = Policy { formats: self.formats, signatures: self.signatures, ..Policy::default() };
        let issuer = Issuer { name: self.name, agency: self.agency, bin: self.bin };
        if let Some(fault) = issuer.fault() {
            return Err(Error::new(ErrorCode::CfgUnreadable, "init", fault));
        }
        let options = InitOptions {
            origin: self.origin,
            keys_folder: self.keys,
            engine: self.engine,
            means: self.means,
            issuer,
            policy,
            test: self.test,
        };
        let source = super::means::first_source(self.means, self.source)?;
        let archive = Archive::create(dir, &options, Arc::new(SystemClock))?;
        let deposited = super::means::deposit_first(&archive, source.as_deref())?;
        let keys = archive.config().keys_path(dir);
        let vkey = archive.config().vkey.to_string();
        if common.json() {
            common.print_json(&json!({
                "archive": dir.to_string_lossy(), "archive_id": archive.config().archive_id.to_string(),
                "keys": keys.to_string_lossy(), "vkey": vkey, "test": archive.is_test(),
                "means": deposited.as_ref().map(|d| d.record.to_string()),
            }));
        } else {
            let lang = common.lang();
            out!("{}: {}", MADE.get(lang), dir.display());
            out!("{}: {}", KEYS.get(lang), keys.display());
            out!("{}: {vkey}", VKEY.get(lang));
            if let Some(deposited) = &deposited {
                super::means::say(deposited, common);
            }
            common.say(NO_QUORUM.get(lang));
        }
        archive.close()?;
        Ok(Exit::Ok)
    }
}
