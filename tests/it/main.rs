//! Integration tests: one module per promise. `tests/README.md` says what each proves.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected stops where it is")]
#![expect(clippy::print_stderr, reason = "a test that skips something says so")]

mod accession;
mod answers;
mod answers_flow;
mod api;
mod api_acts;
mod api_copies;
mod api_inquiry;
mod api_lists;
mod api_roles;
mod around;
mod bed;
mod bundle;
mod cli_json;
mod common;
mod compact;
mod confirmed;
mod corpus;
mod crash;
mod crash_destroy;
mod crash_signed;
mod decommission;
mod disposal;
mod evidence;
mod evidence_records;
mod extract;
mod fetch;
mod filing;
mod fonds;
mod formats;
mod forms;
mod fulltext;
mod golden;
mod gost;
mod grow;
mod hostile;
mod import;
mod inquiry;
mod lists;
mod means;
// Of a build that signs in by OpenID.
#[cfg(feature = "oidc")]
mod openid;
mod paper_copy;
mod pkits;
mod policy;
mod presence;
mod provenance;
mod readers;
mod receipt;
mod retention_rules;
mod revocation;
mod rights;
mod schema;
mod serve;
mod served;
mod signed;
mod succeed;
mod tamper;
mod text;
mod threats;
mod tidy;
mod timestamps;
mod tls;
mod transfer;
mod transfer_release;
mod transfer_verify;
mod transfer_write;
mod validate;
mod vectors;
mod web;
mod week;
mod witness;
mod wycheproof;
