//! Validation of signatures, as of a time (ETSI EN 319 102-1).
//!
//! [`validate`](validation::validate) answers one question: what can be said of these signatures at this time, with
//! this material, by this policy? It is a pure function. It reads no file, no clock and no network; the same question
//! has the same report, byte for byte, decades later.
//!
//! The steps, from the bytes up: [`der`] and [`cms`] read structures and keep every byte; [`certificate`], [`crl`],
//! [`ocsp`] and [`timestamp`] read what is signed by others; [`alg`] verifies one signature by one key; [`path`] is
//! RFC 5280; [`revocation`] says what became of a certificate; [`validation`] puts them together by ETSI's blocks;
//! [`report`] is what is kept.
//!
//! Invariants
//!   - No bytes cause a panic, and work is bounded ([`limits`], [`work`]).
//!   - Nothing passes by default: what is not known, not supported or not proven is INDETERMINATE with a reason.
//!   - A verdict is not an error: whatever is wrong with a signature is in the report.
//!
//! It does not decide what becomes of a document (that is intake's, by the policy's table), and it signs nothing.

pub mod alg;
pub mod authority;
pub mod certificate;
pub mod cms;
pub mod crl;
pub mod der;
pub mod evidence;
pub mod kz;
pub mod limits;
pub mod material;
pub mod name;
pub mod ocsp;
pub mod oid;
pub mod path;
pub mod policy;
pub mod report;
pub mod revocation;
pub mod timestamp;
pub mod validation;
pub mod verdict;
pub mod work;
pub mod wrap;
