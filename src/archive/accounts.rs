//! Accounts, tokens, certificates of machines and permits of the reading room: acts of the archive's register.
//!
//! An account binds a name to a person, a machine or the setting-up of the archive, and holds by what somebody shows
//! that they are it. What it may do is not here: that says the register of persons, and a permit for named records
//! (`access/grants.rs`). [`Accounts`] is what the acts leave, replayed in their order.
//!
//! Invariants
//!   - A name is given once. Its pseudonym stands in the journal for ever, so no second person gets it.
//!   - A person has one account at a time.
//!   - A token of a person's account is issued by that person: whoever runs the program gets none for them.
//!   - No secret is kept: of a token its SHA-256, of a password its argon2id hash.
//!   - What was revoked, closed or ended stays so; a new one is a new act.
//!
//! A crash leaves an act or none. It judges no password, no token and no signature.

use super::{ActOwner, Archive, Register, lock};
use crate::clock::civil_date;
use crate::error::{Error, ErrorCode};
use crate::index::rows::Adopted;
use crate::limits::TEXT_LONG_CHARS_MAX;
use crate::model::digest::{Sha256, sha256};
use crate::model::id::{ActorId, RecordId};
use crate::model::iin::Iin;
use crate::model::record::ActDocument;
use crate::model::submission::AccessCategory;
use crate::tlog::commit::Act;
use crate::tlog::leaf::ActKind;
use chrono::{Days, NaiveDate};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Characters of the name of an account. Own bound.
const NAME_CHARS_MAX: usize = 64;
/// Days that a token is good for at most. Own bound: a year, so that forgotten ones end.
const TOKEN_DAYS_MAX: u64 = 366;
/// Tokens of an account that are good at a time. Own bound: one for each program that somebody uses, many times over.
const TOKENS_MAX: usize = 100;
/// Records of one permit. Own bound: what a reader asks for in one request.
const PERMIT_RECORDS_MAX: usize = 1_000;
/// What every token begins with, so that one that was published by mistake is found.
pub const TOKEN_PREFIX: &str = "mrg_";

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A person's.
    Person(Iin),
    /// A machine's, by its name in the register.
    Service(String),
    /// For setting the archive up, with a password.
    Bootstrap,
}

impl Holder {
    /// Its word: stable.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Service(_) => "service",
            Self::Bootstrap => "bootstrap",
        }
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub holder: Holder,
    /// The entry that opened it.
    pub opened: u64,
    /// The entry that closed it.
    pub closed: Option<u64>,
    /// The argon2id hash of its password, as `access/password.rs` writes it.
    pub password: Option<String>,
    /// SHA-256 of the client certificates that are bound to it.
    pub certificates: BTreeSet<Sha256>,
}

/// A token.
#[derive(Debug, Clone)]
pub struct Token {
    /// The part of it that is no secret: 16 hex.
    pub id: String,
    /// Name of the account.
    pub account: String,
    /// SHA-256 of all of it.
    pub sha256: Sha256,
    /// The words of the actions that it is for.
    pub scopes: BTreeSet<String>,
    /// Its last day.
    pub until: NaiveDate,
    /// The entry that issued it.
    pub issued: u64,
    /// The entry that revoked it.
    pub revoked: Option<u64>,
}

/// A permit of the reading room.
#[derive(Debug, Clone)]
pub struct Permit {
    /// The entry that gave it.
    pub entry: u64,
    /// Name of the reader's account.
    pub account: String,
    /// The records.
    pub records: BTreeSet<RecordId>,
    /// The categories that the records had when it was given.
    pub access: BTreeSet<AccessCategory>,
    /// Its first day.
    pub from: NaiveDate,
    /// Its last day.
    pub until: NaiveDate,
    /// What it was given for.
    pub basis: String,
    /// The entry that ended it before its day.
    pub ended: Option<u64>,
}

/// What the acts about accounts leave.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    accounts: BTreeMap<String, Account>,
    tokens: BTreeMap<String, Token>,
    permits: BTreeMap<u64, Permit>,
}

impl Accounts {
    /// All accounts, closed ones among them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// All tokens, by id.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    /// All permits, oldest first.
    pub fn permits(&self) -> impl Iterator<Item = &Permit> {
        self.permits.values()
    }

    /// The account of this name, closed or not.
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.get(name)
    }

    /// The account of this name while it is open.
    pub fn open(&self, name: &str) -> Option<&Account> {
        self.account(name).filter(|account| account.closed.is_none())
    }

    /// The open account of a person.
    pub fn of_person(&self, iin: &Iin) -> Option<&Account> {
        let is_of = |account: &&Account| matches!(&account.holder, Holder::Person(person) if person == iin);
        self.accounts.values().find(|account| account.closed.is_none() && is_of(account))
    }

    /// The open account to which a client certificate is bound.
    pub fn of_certificate(&self, sha256: Sha256) -> Option<&Account> {
        self.accounts.values().find(|account| account.closed.is_none() && account.certificates.contains(&sha256))
    }

    /// The token with this id, whatever became of it.
    pub fn token(&self, id: &str) -> Option<&Token> {
        self.tokens.get(id)
    }

    /// Takes an act in; none when its document is not as it must be.
    fn take(&mut self, entry: u64, kind: ActKind, document: &ActDocument) -> Option<()> {
        let text = |key: &str| document.text(key).map(str::to_owned);
        let number = |key: &str| document.fields.get(key).and_then(Value::as_u64);
        let day = |key: &str| document.text(key)?.parse::<NaiveDate>().ok();
        match kind {
            ActKind::AccountOpened => {
                let name = text("account")?;
                let holder = match (document.text("person"), text("service")) {
                    (Some(iin), None) => Holder::Person(Iin::parse(iin)?),
                    (None, Some(service)) => Holder::Service(service),
                    (None, None) => Holder::Bootstrap,
                    (Some(_), Some(_)) => return None,
                };
                let (password, certificates) = (text("password"), BTreeSet::new());
                let account =
                    Account { name: name.clone(), holder, opened: entry, closed: None, password, certificates };
                self.accounts.insert(name, account);
            }
            ActKind::AccountChanged => self.accounts.get_mut(document.text("account")?)?.password = text("password"),
            ActKind::AccountClosed => self.accounts.get_mut(document.text("account")?)?.closed = Some(entry),
            ActKind::TokenIssued => {
                let id = text("token")?;
                let sha256 = document.text("sha256")?.parse().ok()?;
                let scopes = words(document, "scopes")?.map(str::to_owned).collect();
                let (account, until) = (text("account")?, day("until")?);
                let token = Token { id: id.clone(), account, sha256, scopes, until, issued: entry, revoked: None };
                self.tokens.insert(id, token);
            }
            ActKind::TokenRevoked => self.tokens.get_mut(document.text("token")?)?.revoked = Some(entry),
            ActKind::CertificateBound => {
                let sha256 = document.text("sha256")?.parse().ok()?;
                self.accounts.get_mut(document.text("account")?)?.certificates.insert(sha256);
            }
            ActKind::ReadingPermitted => {
                let records = words(document, "records")?.map(|id| id.parse().ok()).collect::<Option<_>>()?;
                let access = words(document, "access")?.map(AccessCategory::parse).collect::<Option<_>>()?;
                let (account, basis) = (text("account")?, text("basis")?);
                let (from, until) = (day("from")?, day("until")?);
                let permit = Permit { entry, account, records, access, from, until, basis, ended: None };
                self.permits.insert(entry, permit);
            }
            ActKind::ReadingEnded => self.permits.get_mut(&number("permit")?)?.ended = Some(entry),
            _ => return None,
        }
        Some(())
    }
}

fn words<'a>(document: &'a ActDocument, key: &str) -> Option<impl Iterator<Item = &'a str>> {
    let words: Option<Vec<&str>> = document.fields.get(key)?.as_array()?.iter().map(Value::as_str).collect();
    Some(words?.into_iter())
}

/// What is permitted to a reader.
#[derive(Debug, Clone)]
pub struct Permitting {
    /// Name of the reader's account.
    pub account: String,
    /// The records.
    pub records: BTreeSet<RecordId>,
    /// The last day.
    pub until: NaiveDate,
    /// What for, by what.
    pub basis: String,
}

fn taken(what: &str, detail: &str) -> Error {
    Error::new(ErrorCode::AccTaken, what, detail)
}

fn unknown(what: &str) -> Error {
    Error::new(ErrorCode::AccUnknown, what, "no such account, token or permit, or it has ended")
}

fn invalid(what: &str, detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::AccInvalid, what, detail.into())
}

/// A text that a person wrote as a reason or a basis.
fn checked(what: &'static str, text: &str) -> Result<(), Error> {
    let is_text = !text.trim().is_empty() && text.chars().count() <= TEXT_LONG_CHARS_MAX;
    let is_clean = !text.chars().any(char::is_control);
    if is_text && is_clean { Ok(()) } else { Err(invalid(what, "a line of text is wanted")) }
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

impl Archive {
    /// The accounts, tokens and permits.
    pub fn accounts(&self) -> Result<Arc<Accounts>, Error> {
        let mut cached = lock(&self.shared.known_accounts);
        if let Some(accounts) = cached.as_ref() {
            return Ok(accounts.clone());
        }
        Ok(cached.insert(Arc::new(self.replay_accounts()?)).clone())
    }

    /// Without what was read before: also for who holds the committer, behind which that lock must not be taken.
    fn replay_accounts(&self) -> Result<Accounts, Error> {
        let mut accounts = Accounts::default();
        for entry in self.index().adopted(Adopted::Account)? {
            let (document, _) = self.document(entry)?;
            let kind = document.text("kind").and_then(ActKind::from_text);
            let changed = || Error::new(ErrorCode::StoChanged, entry.to_string(), "the act is not what was written");
            kind.and_then(|kind| accounts.take(entry, kind, &document)).ok_or_else(changed)?;
        }
        Ok(accounts)
    }

    /// The civil day of the archive: never before its newest entry.
    pub fn today(&self) -> NaiveDate {
        civil_date(self.now().max(self.head().t))
    }

    /// Commits an act about accounts that `decide` finds possible. Gives its entry.
    fn commit_account(
        &self,
        kind: ActKind,
        actor: ActorId,
        decide: impl FnOnce(&Accounts) -> Result<Map<String, Value>, Error>,
    ) -> Result<u64, Error> {
        self.wait_index()?;
        let committed = self.commit_together_deciding(|| {
            let fields = decide(&self.replay_accounts()?)?;
            let owner = ActOwner::Register(Register::Archive);
            let (act, payload, session) = self.seal_files(Act::new(kind, actor), owner, fields, Vec::new())?;
            Ok((vec![(act, payload)], vec![session]))
        });
        *lock(&self.shared.known_accounts) = None;
        Ok(committed?.first().map(|one| one.index).unwrap_or_default())
    }

    /// Opens an account. Only one for setting up has a password, given as its hash.
    pub fn open_account(
        &self,
        name: &str,
        holder: &Holder,
        password: Option<&str>,
        actor: ActorId,
    ) -> Result<u64, Error> {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(is_name) {
            let what = format!("letters, digits and . - _ @ are wanted, {NAME_CHARS_MAX} at most");
            return Err(invalid("account", what));
        }
        if password.is_some() != (*holder == Holder::Bootstrap) {
            return Err(invalid(name, "an account for setting up has a password, and no other has"));
        }
        self.commit_account(ActKind::AccountOpened, actor, |accounts| {
            if accounts.account(name).is_some() {
                return Err(taken(name, "the name was given before"));
            }
            let mut value = json!({"account": name});
            match holder {
                Holder::Person(iin) if accounts.of_person(iin).is_some() => {
                    return Err(taken(name, "the person has an account"));
                }
                Holder::Person(iin) => value["person"] = iin.digits().into(),
                Holder::Service(service) => value["service"] = service.as_str().into(),
                Holder::Bootstrap => value["password"] = password.into(),
            }
            Ok(fields(value))
        })
    }

    /// Gives an account for setting up another password, as its hash.
    pub fn change_password(&self, name: &str, password: &str, actor: ActorId) -> Result<u64, Error> {
        self.commit_account(ActKind::AccountChanged, actor, |accounts| {
            let account = accounts.open(name).ok_or_else(|| unknown(name))?;
            if account.holder != Holder::Bootstrap {
                return Err(invalid(name, "only an account for setting up has a password"));
            }
            Ok(fields(json!({"account": name, "password": password})))
        })
    }

    /// Closes an account, and with it its tokens, certificates and permits.
    pub fn close_account(&self, name: &str, reason: &str, actor: ActorId) -> Result<u64, Error> {
        checked("reason", reason)?;
        self.commit_account(ActKind::AccountClosed, actor, |accounts| {
            accounts.open(name).ok_or_else(|| unknown(name))?;
            Ok(fields(json!({"account": name, "reason": reason})))
        })
    }

    /// Issues a token. Gives its id, the token itself, which is kept nowhere, and the entry.
    pub fn issue_token(
        &self,
        account: &str,
        scopes: &BTreeSet<&str>,
        until: NaiveDate,
        actor: ActorId,
    ) -> Result<(String, String, u64), Error> {
        let today = self.today();
        if until < today || until > today + Days::new(TOKEN_DAYS_MAX) {
            let what = format!("{until}: a day from {today} on is wanted, {TOKEN_DAYS_MAX} days ahead at most");
            return Err(invalid("until", what));
        }
        if scopes.is_empty() {
            return Err(invalid("scope", "a token is for named actions"));
        }
        let id = hex::encode(crate::random::bytes::<8>());
        let token = format!("{TOKEN_PREFIX}{id}_{}", hex::encode(crate::random::bytes::<32>()));
        let digest = sha256(token.as_bytes());
        let entry = self.commit_account(ActKind::TokenIssued, actor, |accounts| {
            let held = accounts.open(account).ok_or_else(|| unknown(account))?;
            match held.holder {
                Holder::Bootstrap => {
                    return Err(invalid(account, "an account for setting up has a password and no tokens"));
                }
                // Else an administrator would act as an officer by a token made for them.
                Holder::Person(_) if self.index().actor(account)? != Some(actor) => {
                    return Err(invalid(account, "a token of a person is issued by that person, signed in"));
                }
                Holder::Person(_) | Holder::Service(_) => {}
            }
            let is_good = |t: &&Token| t.account == account && t.revoked.is_none() && today <= t.until;
            if accounts.tokens().filter(is_good).count() >= TOKENS_MAX {
                return Err(invalid(account, format!("{TOKENS_MAX} tokens are good already: revoke what is not used")));
            }
            Ok(fields(json!({
                "account": account, "token": id, "sha256": digest.to_string(), "scopes": scopes,
                "until": until.to_string(),
            })))
        })?;
        Ok((id, token, entry))
    }

    /// Revokes a token.
    pub fn revoke_token(&self, id: &str, reason: &str, actor: ActorId) -> Result<u64, Error> {
        checked("reason", reason)?;
        self.commit_account(ActKind::TokenRevoked, actor, |accounts| {
            accounts.token(id).filter(|token| token.revoked.is_none()).ok_or_else(|| unknown(id))?;
            Ok(fields(json!({"token": id, "reason": reason})))
        })
    }

    /// Binds a client certificate, as its SHA-256, to the account of a machine.
    pub fn bind_certificate(&self, account: &str, certificate: Sha256, actor: ActorId) -> Result<u64, Error> {
        self.commit_account(ActKind::CertificateBound, actor, |accounts| {
            let held = accounts.open(account).ok_or_else(|| unknown(account))?;
            if !matches!(held.holder, Holder::Service(_)) {
                return Err(invalid(account, "a certificate is bound to the account of a machine"));
            }
            if accounts.of_certificate(certificate).is_some() {
                return Err(taken(&certificate.to_string(), "the certificate is bound to an account"));
            }
            Ok(fields(json!({"account": account, "sha256": certificate.to_string()})))
        })
    }

    /// Permits the reading of named records until a day.
    pub fn permit_reading(&self, permitting: &Permitting, actor: ActorId) -> Result<u64, Error> {
        let (today, account) = (self.today(), permitting.account.as_str());
        checked("basis", &permitting.basis)?;
        if permitting.until < today {
            return Err(invalid("until", format!("{}: it is {today} already", permitting.until)));
        }
        if permitting.records.is_empty() || permitting.records.len() > PERMIT_RECORDS_MAX {
            return Err(invalid("record", format!("1 to {PERMIT_RECORDS_MAX} records are wanted")));
        }
        self.wait_index()?;
        let mut access = BTreeSet::new();
        for record in &permitting.records {
            let row = self.index().record_by_id(*record)?.ok_or_else(|| self.no_record(*record))?;
            access.insert(row.access());
        }
        self.commit_account(ActKind::ReadingPermitted, actor, |accounts| {
            let held = accounts.open(account).ok_or_else(|| unknown(account))?;
            if !matches!(held.holder, Holder::Person(_)) {
                return Err(invalid(account, "a reader is a person"));
            }
            let access: Vec<&str> = access.iter().map(|access| access.as_str()).collect();
            Ok(fields(json!({
                "account": account, "records": permitting.records.iter().map(RecordId::to_string).collect::<Vec<_>>(),
                "access": access, "from": today.to_string(), "until": permitting.until.to_string(),
                "basis": permitting.basis,
            })))
        })
    }

    /// Ends a permit before its day.
    pub fn end_reading(&self, permit: u64, reason: &str, actor: ActorId) -> Result<u64, Error> {
        checked("reason", reason)?;
        self.commit_account(ActKind::ReadingEnded, actor, |accounts| {
            let held = accounts.permits.get(&permit).filter(|permit| permit.ended.is_none());
            held.ok_or_else(|| unknown(&permit.to_string()))?;
            Ok(fields(json!({"permit": permit, "reason": reason})))
        })
    }
}
