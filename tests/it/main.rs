//! Integration tests: one module per promise. `tests/README.md` says what each proves.

mod bed;
mod cli_json;
mod common;
mod corpus;
mod crash;
mod schema;
mod tamper;
mod tidy;
