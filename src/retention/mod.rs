//! What falls due, when, by which rule, and why: pure functions of data that others read.
//!
//! A [`RuleList`] is one edition of a list of retention periods. [`Facts`] are what is known of one file (іс, дело),
//! the unit of retention. [`evaluate()`] gives the one [`Decision`] that `why`, `due`, a simulation, a plan of disposal
//! and its execution all use, so no two of them can come to different dates. [`standing()`] is the same function
//! without the derivation, for a list of what is due among many files.
//!
//! Invariants
//!   - Unknown date, unknown rule, unknown term: never due.
//!   - A hold never brings a date nearer, and a later day never makes undue what was due.
//!   - A term that became shorter counts only where a signed decision to shorten came with it.
//!   - Civil dates only; the caller says which day it is in Almaty.
//!
//! It reads no file and no clock, and destroys nothing.

pub mod decision;
pub mod diff;
pub mod evaluate;
pub mod example;
mod explain;
pub mod facts;
pub mod list;
pub mod rule;

pub use decision::{Action, Decision, Reason, Status};
pub use evaluate::{Length, Standing, evaluate, length, standing};
pub use facts::{Edition, Facts, Hold, Item, Ruling, State};
pub use rule::{Rule, RuleList, Start, Term, Then};
