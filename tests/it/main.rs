//! Integration tests: one module per promise. `tests/README.md` says what each proves.

mod schema;
