//! Integration tests: one module per promise. `tests/README.md` says what each proves.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected stops where it is")]

mod bed;
mod cli_json;
mod common;
mod corpus;
mod crash;
mod formats;
mod golden;
mod grow;
mod hostile;
mod schema;
mod tamper;
mod tidy;
mod week;
