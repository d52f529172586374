//! Muragat (мұрағат, archive): a long-term electronic archive for signed electronic documents.
//!
//! It keeps every document in the format it was made in, with its signatures, certificates, card and receipts;
//! encrypted, append-only, with a public-log-grade journal of every act. `docs/ARCHITECTURE.md` is the reading order.
//!
//! # The life of a record
//!
//! 1. A submission (folder or ZIP) is opened and checked: [`ingest::receive::Sip::open`].
//! 2. Every component is digested, compressed and sealed in one pass: [`store::seal::Sealer::seal`].
//! 3. Its frames go to the open segment: [`store::segment::SegmentWriter::append`].
//! 4. Its manifest is sealed; the salted group commitment is taken: [`model::record::Manifest::group`].
//! 5. Its key goes to the vault, its entry to the journal, and one lock record makes all durable:
//!    [`tlog::commit::Committer::commit`].
//! 6. The index follows: [`index::writer::apply`]; it can be built again: [`index::rebuild::catch_up`].
//! 7. It is found, read and given out, the reading logged first where it must be: [`access::open`].
//! 8. It is put into a file, whose term is counted: [`filing::files::enter`], [`retention::evaluate()`].
//! 9. All of it is checked against each other, without keys: [`audit::audit`]; and by order of the archive body every
//!    record is looked at: [`inspection::run::run`].
//! 10. When its file is due and nobody spoke for it, its key is erased: [`disposition::destroy::execute`].
//! 11. Or it goes to another archive, which signs that it keeps it: [`transfer::release::release`].
//!
//! # Layers
//!
//! `model` ← `store`, `vault`, `verify`, `retention`, `extract` ← `tlog`, `index` ← `archive` ← `ingest`, `filing`,
//! `access`, `audit` ← `disposition`, `inspection`, `evidence`, `fetch` ← `inquiry`, `transfer` ← `cli`. Lower never
//! imports higher; a test reads the sources and holds the wall.

pub mod access;
pub mod api;
pub mod archive;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod disposition;
pub mod error;
pub mod evidence;
pub mod extract;
pub mod fetch;
pub mod filing;
pub mod index;
pub mod ingest;
pub mod inquiry;
pub mod inspection;
pub mod limits;
pub mod model;
pub mod random;
pub mod render;
pub mod retention;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod tlog;
pub mod transfer;
pub mod vault;
pub mod verify;
mod view;
pub mod web;
pub mod witness;
