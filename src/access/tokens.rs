//! Tokens that somebody issues for themselves, and what a token can be for.
//!
//! A token is for named actions, and only for such as some token may do at all: one for a decision would be a promise
//! that nobody keeps. A person's own token is held to what a token of theirs opens on that day; later it opens what the
//! registers say then, and no more than it was issued for.
//!
//! Invariants
//!   - Who issues or revokes here does so for their own account: the token of another is answered like none.
//!   - The secret is given to the caller once and kept nowhere.
//!
//! It does not ask by what means somebody came; who serves them does. A crash leaves a token that nobody has, which is
//! in the list and can be revoked.

use super::rights::{Action, Means, Principal, RULES, scope};
use crate::archive::{Archive, Token};
use crate::error::{Error, ErrorCode};
use crate::model::strict::shown;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The actions that a token is asked for by their words.
///
/// # Errors
/// When a word is no action, or no token may do it.
pub fn scopes<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<BTreeSet<Action>, Error> {
    let invalid = |word: &str, what: String| Error::new(ErrorCode::AccInvalid, shown(word), what);
    let read = |word: &'a str| {
        let none = || invalid(word, format!("no action; there are {}", Action::KNOWN.trim_end()));
        let action = Action::parse(word).ok_or_else(none)?;
        let is_carried = RULES.iter().any(|r| r.actions.contains(&action) && r.means.contains(&Means::Token));
        let not = || invalid(word, "no token does it: who signs in as a person does".to_owned());
        is_carried.then_some(action).ok_or_else(not)
    };
    words.into_iter().map(read).collect()
}

/// The tokens of an account, the oldest first, with those that were revoked or have ended.
pub fn of(archive: &Archive, account: &str) -> Result<Vec<Token>, Error> {
    let accounts = archive.accounts()?;
    let mut tokens: Vec<Token> = accounts.tokens().filter(|token| token.account == account).cloned().collect();
    tokens.sort_by_key(|token| token.issued);
    Ok(tokens)
}

/// What a token of somebody opens on a day; nothing of who works in sessions only.
pub fn opened(principal: &Principal, today: NaiveDate) -> BTreeSet<Action> {
    let by_token = Principal { means: Means::Token, scopes: None, ..principal.clone() };
    Action::ALL.iter().copied().filter(|action| !scope(&by_token, *action, today).is_empty()).collect()
}

/// Issues a token for the caller. Gives its id and the token itself.
///
/// # Errors
/// When a token of the caller would open nothing by one of the actions today, and as [`Archive::issue_token`] says.
pub fn issue(
    archive: &Archive,
    principal: &Principal,
    actions: &BTreeSet<Action>,
    until: NaiveDate,
) -> Result<(String, String), Error> {
    let opened = opened(principal, archive.today());
    if let Some(action) = actions.iter().find(|action| !opened.contains(action)) {
        let what = "a token of this account does not open it";
        return Err(Error::new(ErrorCode::AccInvalid, action.as_str(), what));
    }
    let words = actions.iter().map(|action| action.as_str()).collect();
    let (id, token, _) = archive.issue_token(&principal.account, &words, until, principal.actor)?;
    Ok((id, token))
}

/// Revokes a token of the caller.
///
/// # Errors
/// When there is none of theirs with this id that is not revoked.
pub fn revoke(archive: &Archive, principal: &Principal, id: &str, reason: &str) -> Result<(), Error> {
    let accounts = archive.accounts()?;
    let is_own = accounts.token(id).is_some_and(|token| token.account == principal.account);
    if !is_own {
        return Err(Error::new(ErrorCode::AccUnknown, shown(id), "no such token of this account"));
    }
    archive.revoke_token(id, reason, principal.actor).map(drop)
}
