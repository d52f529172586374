//! The end of a record's life in this archive: selected, reviewed, approved, destroyed, and proved to be gone.
//!
//! ```text
//! draft ─► propose ─► review… ─► approve… ─► (days pass) ─► execute ─► complete
//!   frozen   signed      signed     signed                    authorised, executed   nothing left
//!                          └─ keep, longer, reclassify: a ruling at once; the file leaves the plan
//! ```
//! A [`plan::Plan`] is a frozen list whose digest every signature is over. [`statement`] is what people sign, [`case`]
//! what became of a plan, [`destroy`] the destruction, [`certificate`] its proof. [`shorten`] takes in decisions that
//! bring the day of a file nearer, [`refile`] those that move records out of a file that does not let them go.
//! [`decommission`] ends an archive in which nothing stands any more.
//!
//! Invariants
//!   - No flag and no account stands for a signature: who proposes, reviews and approves is known by a CMS over the
//!     digest of the plan, validated by the policy and the registers in force; distinct means distinct IIN.
//!   - Every file is judged again inside the commit that destroys it, by the one function of `retention`; what is not
//!     due then, held, changed or spoken for by anybody stays, and its outcome says why.
//!   - A crash leaves a file whole, or destroyed with its act.
//!
//! It moves no records to other archives.

pub mod case;
pub mod certificate;
pub mod decommission;
pub mod destroy;
pub mod forms;
pub mod lost_holds;
pub mod plan;
pub mod propose;
pub(crate) mod proved;
pub mod refile;
pub mod shorten;
pub mod sign;
pub mod statement;
