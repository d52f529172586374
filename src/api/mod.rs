//! The service: the archive over HTTP, and for the commands of others on the same machine.
//!
//! `router` has every path on one page. A handler reads its parameters, asks the archive through
//! `service` and writes down the answer; it calls the same library functions as the command line and holds
//! no rules of its own. What stands around every answer is in `frame`.
//!
//! Invariants
//!   - Nothing is read or done for a caller but what [`rights`](crate::access::rights) allows.
//!   - What is answered is durable; what is not answered may be sent again.
//!   - No line of the log and no figure has personal data.

mod accessions;
mod adoption;
mod bodies;
mod body;
mod bundles;
pub(crate) mod caller;
mod components;
mod copies;
mod deliveries;
mod describe;
mod desk;
mod destruction;
mod disposal;
mod documents;
mod files;
mod filing;
pub(crate) mod frame;
mod growth;
mod handover;
mod health;
mod holds;
mod inbox;
mod inquiries;
mod jobs;
mod journal;
pub(crate) mod local;
pub(crate) mod login;
mod metrics;
mod once;
#[cfg(feature = "oidc")]
pub(crate) mod openid;
mod page;
mod part;
mod parties;
mod patience;
pub(crate) mod problem;
mod rate;
mod reach;
mod reading;
mod receipts;
pub(crate) mod records;
mod retention;
mod router;
pub(crate) mod search;
mod server;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod sessions;
mod signed;
mod splitting;
mod submissions;
mod tls;
mod tokens;
mod trail;
mod transfers;
mod uploads;
mod watch;
mod whole;
mod work;

pub use router::{Pages, description};
pub use server::{Options, Server};
pub use tls::{TlsFiles, private_key};
