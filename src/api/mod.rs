//! The service: the archive over HTTP, and for the commands of others on the same machine.
//!
//! It calls the same library functions as the command line and holds no rules of its own.

pub(crate) mod local;
