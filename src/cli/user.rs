//! `muragat user|token|reading`: accounts, tokens, and permits of the reading room.
//!
//! A password is read from stdin and a token is printed once: neither is an argument, which everybody on the machine
//! could read. Numbers of persons are masked. What an account may do is shown as the registers say it today.

use super::Common;
use super::show::record_id;
use crate::access::grants::{grants_of, is_administrator};
use crate::access::password;
use crate::access::rights::Grant;
use crate::access::tokens;
use crate::archive::{Account, Archive, Holder, Permit, Permitting, Token};
use crate::error::{Error, ErrorCode, Exit};
use crate::model::digest::sha256;
use crate::model::id::RecordId;
use crate::model::iin::Iin;
use crate::model::strict::shown;
use crate::text::{Text, text};
use crate::verify::certificate::Certificate;
use crate::verify::limits::CERTIFICATE_BYTES_MAX;
use crate::verify::wrap::unwrap;
use crate::view;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

/// Arguments of `user`.
#[derive(clap::Args)]
pub(super) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

impl UserArgs {
    /// Whether it asks for a password.
    pub(super) fn reads_stdin(&self) -> bool {
        match &self.command {
            UserCommand::Add { holder, .. } => holder.bootstrap,
            UserCommand::Password { .. } => true,
            _ => false,
        }
    }
}

#[derive(clap::Subcommand)]
enum UserCommand {
    /// Open an account for a person, a machine, or setting the archive up (its password is a line of stdin).
    Add {
        /// Its name; it is given once.
        name: String,
        #[command(flatten)]
        holder: HolderArgs,
    },
    /// Every account, closed ones among them.
    List,
    /// One account with what it may do.
    Show {
        /// Its name.
        name: String,
    },
    /// Give an account for setting up another password, a line of stdin.
    Password {
        /// Its name.
        name: String,
    },
    /// Close an account, with its tokens, certificates and permits.
    Close {
        /// Its name.
        name: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Bind the client certificate of a machine, PEM or DER.
    BindCertificate {
        /// Name of the account.
        name: String,
        /// The certificate.
        file: PathBuf,
    },
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct HolderArgs {
    /// The person's number (ЖСН, ИИН).
    #[arg(long, value_name = "IIN")]
    person: Option<String>,
    /// Name of the machine in the register.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// For setting the archive up: accounts and the service, nothing else.
    #[arg(long)]
    bootstrap: bool,
}

/// Arguments of `token`.
#[derive(clap::Args)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(clap::Subcommand)]
enum TokenCommand {
    /// Issue a token, which is printed once and kept nowhere.
    Issue {
        /// Name of the account.
        account: String,
        /// What it is for, as `record.list`; may be given again.
        #[arg(long = "scope", value_name = "ACTION", required = true)]
        scopes: Vec<String>,
        /// Its last day, YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        until: NaiveDate,
    },
    /// Every token, revoked ones among them.
    List,
    /// Revoke a token.
    Revoke {
        /// Its id: the part between `mrg_` and the next `_`.
        id: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Arguments of `reading`.
#[derive(clap::Args)]
pub(super) struct ReadingArgs {
    #[command(subcommand)]
    command: ReadingCommand,
}

#[derive(clap::Subcommand)]
enum ReadingCommand {
    /// Permit a reader to look at named records until a day.
    Permit {
        /// Name of the reader's account.
        account: String,
        /// Ids of the records.
        #[arg(required = true)]
        records: Vec<String>,
        /// The last day, YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        until: NaiveDate,
        /// By what, and what for.
        #[arg(long, value_name = "TEXT")]
        basis: String,
    },
    /// Every permit, those that ended among them.
    List,
    /// End a permit before its day.
    End {
        /// Its entry.
        permit: u64,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

const NOTHING: Text = text("Жоқ.", "Нет.", "None.");
const CLOSED: Text = text("жабылған", "закрыта", "closed");
const RUNS: Text = text(
    "әкімші: мазмұнды оқымайды, ештеңе бекітпейді",
    "администратор: не читает содержания и ничего не утверждает",
    "administrator: reads no content and approves nothing",
);
const CERTIFICATE: Text = text("куәлік", "сертификат", "certificate");
const NO_AGENCY: Text = text("архивтің өзі", "сам архив", "the archive itself");
const UNTIL: Text = text("соңғы күні", "последний день", "last day");
const REVOKED: Text = text("қайтарылған", "отозван", "revoked");
const ENDED: Text = text("аяқталған", "прекращено", "ended");
const ONCE: Text = text(
    "Токен бір-ақ рет көрсетіледі және еш жерде сақталмайды:",
    "Токен показан один раз и нигде не хранится:",
    "The token is shown once and kept nowhere:",
);
const RECORDS: Text = text("жазба", "записей", "records");

impl UserArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        if matches!(self.command, UserCommand::List | UserCommand::Show { .. }) {
            let archive = common.open()?;
            match &self.command {
                UserCommand::Show { name } => print_account(common, &archive, name)?,
                _ => list(common, &archive)?,
            }
            archive.close()?;
            return Ok(Exit::Ok);
        }
        let archive = common.open_to_act()?;
        let actor = common.actor(&archive)?;
        let name = match self.command {
            UserCommand::Add { name, holder } => {
                let (holder, password) = holder.read()?;
                archive.open_account(&name, &holder, password.as_deref(), actor)?;
                name
            }
            UserCommand::Password { name } => {
                archive.change_password(&name, &password::hash(&secret()?)?, actor)?;
                name
            }
            UserCommand::Close { name, reason } => {
                archive.close_account(&name, &reason, actor)?;
                name
            }
            UserCommand::BindCertificate { name, file } => {
                archive.bind_certificate(&name, sha256(&certificate(&file)?), actor)?;
                name
            }
            UserCommand::List | UserCommand::Show { .. } => String::new(),
        };
        print_account(common, &archive, &name)?;
        archive.close()?;
        Ok(Exit::Ok)
    }
}

impl HolderArgs {
    fn read(self) -> Result<(Holder, Option<String>), Error> {
        if let Some(number) = self.person {
            let wrong = || Error::new(ErrorCode::AccInvalid, "--person", "twelve digits are wanted");
            return Ok((Holder::Person(Iin::parse(&number).ok_or_else(wrong)?), None));
        }
        match self.service {
            Some(name) => Ok((Holder::Service(name), None)),
            None => Ok((Holder::Bootstrap, Some(password::hash(&secret()?)?))),
        }
    }
}

/// A line of stdin, without its end.
fn secret() -> Result<String, Error> {
    let failed = |e| Error::caused(ErrorCode::AccInvalid, "stdin", e);
    let (mut line, stdin) = (String::new(), std::io::stdin());
    // A byte more than any password has is one that is too long.
    let bytes_max = password::PASSWORD_BYTES_MAX as u64 + 2;
    stdin.lock().take(bytes_max).read_line(&mut line).map_err(failed)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The DER of a certificate in a file.
fn certificate(path: &Path) -> Result<Vec<u8>, Error> {
    let name = shown(&path.to_string_lossy());
    let wrong = |what: String| Error::new(ErrorCode::AccInvalid, name.clone(), what);
    let file = std::fs::File::open(path).map_err(|e| wrong(e.to_string()))?;
    let mut bytes = Vec::new();
    // PEM is a third longer than what it wraps.
    file.take(2 * CERTIFICATE_BYTES_MAX as u64).read_to_end(&mut bytes).map_err(|e| wrong(e.to_string()))?;
    let blocks = unwrap(&bytes).map_err(|e| wrong(e.to_string()))?;
    let [block] = blocks.as_slice() else { return Err(wrong("not one certificate".to_owned())) };
    Certificate::parse(&block.bytes).map_err(|e| wrong(e.to_string()))?;
    Ok(block.bytes.clone())
}

fn list(common: &Common, archive: &Archive) -> Result<(), Error> {
    let accounts = archive.accounts()?;
    if accounts.all().next().is_none() && !common.json() {
        common.say(NOTHING.get(common.lang()));
    }
    accounts.all().try_for_each(|account| print(common, archive, account))
}

fn print_account(common: &Common, archive: &Archive, name: &str) -> Result<(), Error> {
    let accounts = archive.accounts()?;
    let unknown = || Error::new(ErrorCode::AccUnknown, name, "no such account");
    print(common, archive, accounts.account(name).ok_or_else(unknown)?)
}

fn print(common: &Common, archive: &Archive, account: &Account) -> Result<(), Error> {
    let grants = if account.closed.is_none() { grants_of(archive, account)? } else { Vec::new() };
    let runs = is_administrator(archive, account, archive.today())?;
    let (person, service) = match &account.holder {
        Holder::Person(iin) => (Some(iin.masked()), None),
        Holder::Service(name) => (None, Some(name.as_str())),
        Holder::Bootstrap => (None, None),
    };
    if common.json() {
        common.print_json(&json!({
            "account": account.name, "kind": account.holder.kind(), "person": person, "service": service,
            "entry": account.opened, "closed": account.closed, "administrator": runs,
            "certificates": account.certificates.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "grants": grants.iter().map(grant_json).collect::<Vec<_>>(),
        }));
        return Ok(());
    }
    let lang = common.lang();
    let whose = person.as_deref().or(service).unwrap_or("-");
    let closed = account.closed.map(|entry| format!(" · {} #{entry}", CLOSED.get(lang))).unwrap_or_default();
    let (name, kind) = (shown(&account.name), account.holder.kind());
    out!("{name} · {kind} · {} · #{}{closed}", shown(whose), account.opened);
    if runs {
        out!("  {}", RUNS.get(lang));
    }
    for certificate in &account.certificates {
        out!("  {} SHA-256 {certificate}", CERTIFICATE.get(lang));
    }
    for grant in &grants {
        let access: Vec<&str> = grant.access.iter().map(|access| access.as_str()).collect();
        let agency = grant.agency.as_deref().map_or(NO_AGENCY.get(lang).to_owned(), shown);
        let records =
            grant.records.as_ref().map(|r| format!(" · {}: {}", RECORDS.get(lang), r.len())).unwrap_or_default();
        let until = grant.until.map(|day| day.to_string()).unwrap_or_default();
        let from = Some(grant.from).filter(|day| *day != NaiveDate::MIN).map(|day| day.to_string());
        let term = format!("{}..{until}", from.unwrap_or_default());
        out!("  {} · {agency} · {}{records} · {term}", grant.role, access.join(", "));
    }
    Ok(())
}

fn grant_json(grant: &Grant) -> Value {
    json!({
        "role": grant.role.as_str(), "agency": grant.agency,
        "access": grant.access.iter().map(|access| access.as_str()).collect::<Vec<_>>(),
        "records": grant.records.as_ref().map(BTreeSet::len),
        "from": Some(grant.from).filter(|day| *day != NaiveDate::MIN).map(|day| day.to_string()),
        "until": grant.until.map(|day| day.to_string()),
    })
}

impl TokenArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = match self.command {
            TokenCommand::List => {
                let archive = common.open()?;
                let accounts = archive.accounts()?;
                if accounts.tokens().next().is_none() && !common.json() {
                    common.say(NOTHING.get(common.lang()));
                }
                accounts.tokens().for_each(|token| print_token(common, token, None));
                archive
            }
            TokenCommand::Issue { account, scopes, until } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let scopes = tokens::scopes(scopes.iter().map(String::as_str))?;
                let scopes = scopes.iter().map(|action| action.as_str()).collect();
                let (id, secret, _) = archive.issue_token(&account, &scopes, until, actor)?;
                print_issued(common, &archive, &id, Some(&secret))?;
                archive
            }
            TokenCommand::Revoke { id, reason } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                archive.revoke_token(&id, &reason, actor)?;
                print_issued(common, &archive, &id, None)?;
                archive
            }
        };
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn print_issued(common: &Common, archive: &Archive, id: &str, secret: Option<&str>) -> Result<(), Error> {
    let accounts = archive.accounts()?;
    let unknown = || Error::new(ErrorCode::AccUnknown, id, "no such token");
    print_token(common, accounts.token(id).ok_or_else(unknown)?, secret);
    Ok(())
}

fn print_token(common: &Common, token: &Token, secret: Option<&str>) {
    if common.json() {
        common.print_json(&view::token(token, secret));
        return;
    }
    let lang = common.lang();
    let revoked = token.revoked.map(|entry| format!(" · {} #{entry}", REVOKED.get(lang))).unwrap_or_default();
    let scopes: Vec<String> = token.scopes.iter().map(|scope| shown(scope)).collect();
    let (account, until) = (shown(&token.account), token.until);
    out!("{} · {account} · {}: {until} · #{}{revoked}", token.id, UNTIL.get(lang), token.issued);
    out!("  {}", scopes.join(" "));
    if let Some(secret) = secret {
        out!("{}\n{secret}", ONCE.get(lang));
    }
}

impl ReadingArgs {
    pub(super) fn run(self, common: &Common) -> Result<Exit, Error> {
        let archive = match self.command {
            ReadingCommand::List => {
                let archive = common.open()?;
                let accounts = archive.accounts()?;
                if accounts.permits().next().is_none() && !common.json() {
                    common.say(NOTHING.get(common.lang()));
                }
                accounts.permits().for_each(|permit| print_permit(common, permit));
                archive
            }
            ReadingCommand::Permit { account, records, until, basis } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                let records = records.iter().map(|id| record_id(id)).collect::<Result<BTreeSet<RecordId>, _>>()?;
                let entry = archive.permit_reading(&Permitting { account, records, until, basis }, actor)?;
                print_permitted(common, &archive, entry)?;
                archive
            }
            ReadingCommand::End { permit, reason } => {
                let archive = common.open_to_act()?;
                let actor = common.actor(&archive)?;
                archive.end_reading(permit, &reason, actor)?;
                print_permitted(common, &archive, permit)?;
                archive
            }
        };
        archive.close()?;
        Ok(Exit::Ok)
    }
}

fn print_permitted(common: &Common, archive: &Archive, entry: u64) -> Result<(), Error> {
    let accounts = archive.accounts()?;
    accounts.permits().filter(|permit| permit.entry == entry).for_each(|permit| print_permit(common, permit));
    Ok(())
}

fn print_permit(common: &Common, permit: &Permit) {
    if common.json() {
        common.print_json(&json!({
            "entry": permit.entry, "account": permit.account,
            "records": permit.records.iter().map(RecordId::to_string).collect::<Vec<_>>(),
            "access": permit.access.iter().map(|access| access.as_str()).collect::<Vec<_>>(),
            "from": permit.from.to_string(), "until": permit.until.to_string(), "basis": permit.basis,
            "ended": permit.ended,
        }));
        return;
    }
    let lang = common.lang();
    let ended = permit.ended.map(|entry| format!(" · {} #{entry}", ENDED.get(lang))).unwrap_or_default();
    out!("#{} · {} · {}..{}{ended}", permit.entry, shown(&permit.account), permit.from, permit.until);
    out!("  {}", shown(&permit.basis));
    permit.records.iter().for_each(|record| out!("  {record}"));
}
