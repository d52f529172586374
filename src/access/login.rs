//! Who somebody is: a token, a password, a client certificate, a signature over a nonce, or the word of a provider.
//!
//! Each way gives a [`Principal`] with what its account has on that day, or nothing. Nothing does not say why: an
//! unknown account, a wrong secret and a closed account are one answer, after the same work where a secret is compared.
//!
//! Invariants
//!   - A [`LoginNonce`] is used once: it is given away to be judged, and cannot be copied. It is for one archive and
//!     five minutes. Its text is of no form that an officer signs for anything else.
//!   - A signature is judged by the archive's own validator and the confirmed policy, like an approval.
//!   - Who signs in by a signature, or by a provider's word, has an open account, and an office or a permit today.
//!
//! It counts no attempts and keeps no session: who serves it does.

use super::grants::{grants_of, is_administrator};
use super::password::{check, same};
use super::rights::{Action, Means, Principal};
use crate::archive::{Account, Archive, Holder, TOKEN_PREFIX};
use crate::clock::{Millis, rfc3339, utc};
use crate::error::{Error, ErrorCode};
use crate::model::digest::sha256;
use crate::model::id::ActorId;
use crate::model::iin::Iin;
use crate::verify::certificate::Certificate;
use crate::verify::material::Material;
use crate::verify::validation::{InMemory, Question, validate};
use crate::verify::verdict::Indication;
use std::collections::BTreeSet;

/// How long a nonce is good for. Own bound: time to enter a PIN.
pub const NONCE_MS: Millis = 5 * 60 * 1000;
/// Bytes of a signature that is looked at. Own bound: a CMS with its chain, revocation data and time-stamp.
pub const LOGIN_BYTES_MAX: usize = 1024 * 1024;

/// What somebody signs to sign in. It is no `Clone`: who judges a signature over it has used it up.
#[derive(Debug)]
pub struct LoginNonce {
    id: String,
    text: String,
    issued: Millis,
}

impl LoginNonce {
    /// By what the caller finds it again: 64 hex.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Exactly what is to be signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Millis) -> bool {
        now < self.issued || now - self.issued > NONCE_MS
    }
}

/// Draws a nonce. The caller keeps it until the signature comes or its time is over.
pub fn login_nonce(archive: &Archive) -> LoginNonce {
    let id = hex::encode(crate::random::bytes::<32>());
    let issued = archive.now();
    let (origin, time) = (&archive.config().vkey.name, rfc3339(issued));
    let text = format!("muragat login 1\norigin {origin}\ntime {time}\nnonce {id}\n");
    LoginNonce { id, text, issued }
}

/// Whoever runs the command line: they read the key folder, and so need no right (docs/threat-model.md).
pub fn local(account: String, actor: ActorId) -> Principal {
    let (means, grants) = (Means::Local, Vec::new());
    Principal { account, actor, person: None, means, grants, is_administrator: false, scopes: None }
}

/// Who has this token.
pub fn authenticate_token(archive: &Archive, token: &str) -> Result<Option<Principal>, Error> {
    let digest = sha256(token.as_bytes());
    let accounts = archive.accounts()?;
    let id = token.strip_prefix(TOKEN_PREFIX).and_then(|rest| rest.split_once('_')).map(|(id, _)| id);
    let held = id.and_then(|id| accounts.token(id));
    // Compared in any case, so that the time says nothing about the id.
    let is_secret = same(&digest.0, &held.map_or([0; 32], |held| held.sha256.0));
    let Some(held) = held.filter(|_| is_secret) else { return Ok(None) };
    let account = accounts.open(&held.account);
    let Some(account) = account.filter(|_| held.revoked.is_none() && archive.today() <= held.until) else {
        return Ok(None);
    };
    let scopes = held.scopes.iter().filter_map(|word| Action::parse(word)).collect();
    principal(archive, account, Means::Token, Some(scopes)).map(Some)
}

/// Who has this password.
pub fn authenticate_password(archive: &Archive, name: &str, password: &str) -> Result<Option<Principal>, Error> {
    let accounts = archive.accounts()?;
    let account = accounts.open(name);
    let is_known = check(password, account.and_then(|account| account.password.as_deref()));
    match account.filter(|_| is_known) {
        Some(account) => principal(archive, account, Means::Password, None).map(Some),
        None => Ok(None),
    }
}

/// To whom a client certificate is bound, whose key the other side of a TLS connection has proved to hold.
pub fn authenticate_certificate(archive: &Archive, der: &[u8]) -> Result<Option<Principal>, Error> {
    let accounts = archive.accounts()?;
    let now = utc(archive.now().max(archive.head().t));
    let is_in_time = Certificate::parse(der).is_ok_and(|c| c.not_before <= now && now <= c.not_after);
    match accounts.of_certificate(sha256(der)).filter(|_| is_in_time) {
        Some(account) => principal(archive, account, Means::Certificate, None).map(Some),
        None => Ok(None),
    }
}

/// Who signed a nonce: one signature, a CMS with the text in it or beside it. `extra` is material beside that of the
/// archive, as an OCSP answer that came with it.
pub fn authenticate_signature(
    archive: &Archive,
    nonce: LoginNonce,
    cms: &[u8],
    extra: &Material,
) -> Result<Option<Principal>, Error> {
    if nonce.is_over(archive.now()) || cms.len() > LOGIN_BYTES_MAX {
        return Ok(None);
    }
    let Some(iin) = signer(archive, nonce.text.as_bytes(), cms, extra)? else { return Ok(None) };
    of_person(archive, &iin, Means::Signature)
}

/// Whom an OpenID provider names, whose token was verified by [`openid`](super::openid).
#[cfg(feature = "oidc")]
pub fn authenticate_named(archive: &Archive, identity: &super::openid::Identity) -> Result<Option<Principal>, Error> {
    of_person(archive, &identity.iin, Means::Oidc)
}

/// The person's open account, when it has an office or a permit today.
fn of_person(archive: &Archive, iin: &Iin, means: Means) -> Result<Option<Principal>, Error> {
    let accounts = archive.accounts()?;
    let Some(account) = accounts.of_person(iin) else { return Ok(None) };
    let found = principal(archive, account, means, None)?;
    let today = archive.today();
    let has_some = found.grants.iter().any(|g| g.from <= today && g.until.is_none_or(|last| today <= last));
    Ok(Some(found).filter(|_| has_some))
}

/// The person whose signature passes by the confirmed policy.
fn signer(archive: &Archive, text: &[u8], cms: &[u8], extra: &Material) -> Result<Option<Iin>, Error> {
    let confirmed = archive.confirmed()?;
    let adopted = &confirmed.policy;
    if !adopted.is_adopted() {
        return Err(Error::new(ErrorCode::SigNoPolicy, "policy", "no validation policy was adopted"));
    }
    let mut material = (*archive.material()?).clone();
    material.merge(extra);
    let now = archive.now().max(archive.head().t);
    let question = Question {
        object: cms,
        object_digest: None,
        content: Some(&InMemory(text)),
        material: &material,
        policy: &adopted.policy,
        at: utc(now - now % 1000),
        poe: &[],
        caches: archive.caches(),
    };
    let report = validate(&question).map_err(|e| Error::caused(ErrorCode::IngReadFailed, "login", e))?;
    // Of several signatures nobody says who it is that signs in.
    let [signed] = report.signatures.as_slice() else { return Ok(None) };
    let is_passed = signed.conclusion.indication == Indication::TotalPassed;
    Ok(signed.signer.iin.as_deref().and_then(Iin::parse).filter(|_| is_passed))
}

/// The principal of an open account.
///
/// For a login that something else judged, as that of an OpenID provider; each way above ends here.
pub fn principal(
    archive: &Archive,
    account: &Account,
    means: Means,
    scopes: Option<BTreeSet<Action>>,
) -> Result<Principal, Error> {
    let person = match &account.holder {
        Holder::Person(iin) => Some(iin.clone()),
        Holder::Service(_) | Holder::Bootstrap => None,
    };
    Ok(Principal {
        account: account.name.clone(),
        actor: archive.actor(&account.name)?,
        person,
        means,
        grants: grants_of(archive, account)?,
        is_administrator: is_administrator(archive, account, archive.today())?,
        scopes,
    })
}
