//! A token as a document.
//!
//! The token itself is in it once, when it is issued; of what is kept of it the document says nothing.

use crate::archive::Token;
use serde_json::{Value, json};

/// A token; `secret` is the token itself, for who just got it.
pub(crate) fn token(token: &Token, secret: Option<&str>) -> Value {
    json!({
        "token_id": token.id, "account": token.account, "scopes": token.scopes, "until": token.until.to_string(),
        "entry": token.issued, "revoked": token.revoked, "token": secret,
    })
}
