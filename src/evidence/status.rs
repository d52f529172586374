//! What time-stamps there are, and when each must be renewed.
//!
//! A time-stamp proves something for as long as its authority's certificate is valid and its algorithms are reliable by
//! the policy in force. Before that ends it is renewed (RFC 4998 §5): `renew_by` is [`RENEW_BEFORE_DAYS`] earlier.

use super::record::{Chain, Maker};
use super::stamp::Stamped;
use crate::archive::Archive;
use crate::clock::utc;
use crate::error::Error;
use crate::tlog::leaf::ActKind;
use crate::verify::policy::Policy;
use chrono::{DateTime, TimeDelta, Utc};

/// Days before the end of a time-stamp by which it should be renewed. Own bound: two years, so that a budget, an
/// authority and a person can be found.
pub const RENEW_BEFORE_DAYS: i64 = 730;

/// One batch.
pub struct Batch {
    /// What its act says.
    pub stamped: Stamped,
    /// How often its time-stamps were renewed.
    pub renewals: usize,
    /// When the last of its tokens ends; none: no end is known.
    pub ends: Option<DateTime<Utc>>,
    /// Why it ends then.
    pub why: Option<End>,
}

/// What ends a time-stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The certificate of its authority.
    Certificate,
    /// A digest algorithm, by the policy.
    Algorithm(&'static str),
}

impl Batch {
    /// When it should be renewed.
    pub fn renew_by(&self) -> Option<DateTime<Utc>> {
        self.ends.map(|ends| ends - TimeDelta::days(RENEW_BEFORE_DAYS))
    }
}

/// The state of all evidence.
pub struct Status {
    /// The batches, oldest first.
    pub batches: Vec<Batch>,
    /// Records and additions that no time-stamp covers.
    pub unstamped: u64,
}

/// Looks at all evidence.
pub fn status(archive: &Archive) -> Result<Status, Error> {
    let policy = archive.validation_policy()?;
    let now = utc(archive.now());
    let maker = Maker::new(archive)?;
    let batch = |stamped: Stamped| {
        let chains = maker.chains(&stamped);
        let (ends, why) = ends(&policy.policy, &chains, now);
        Batch { stamped, renewals: chains.iter().map(|chain| chain.renewals).max().unwrap_or(0), ends, why }
    };
    let batches: Vec<Batch> = Stamped::all(archive)?.into_iter().map(batch).collect();
    let log = archive.log()?;
    let mut unstamped = 0;
    let from = batches.last().map_or(0, |batch| batch.stamped.to);
    log.leaves::<Error>(from, log.size(), |_, leaf| {
        unstamped += u64::from(matches!(leaf.act, ActKind::RecordAccepted | ActKind::RecordAmended));
        Ok(())
    })?;
    Ok(Status { batches, unstamped })
}

/// When the last of several chains ends, and why.
fn ends(policy: &Policy, chains: &[Chain], now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<End>) {
    let end = |chain: &Chain| {
        let digest = chain.algorithm.name();
        let algorithm = policy.reliability(digest, 0, now).end();
        let certificate = chain.until.map(|until| (until, End::Certificate));
        certificate.into_iter().chain(algorithm.map(|until| (until, End::Algorithm(digest)))).min_by_key(|(at, _)| *at)
    };
    // One without an end outlives the others.
    let ends: Option<Vec<_>> = chains.iter().map(end).collect();
    ends.and_then(|ends| ends.into_iter().max_by_key(|(at, _)| *at)).unzip()
}
