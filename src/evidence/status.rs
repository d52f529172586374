//! What time-stamps there are, and when each must be renewed.
//!
//! A time-stamp proves something for as long as its authority's certificate is valid and its algorithms are reliable by
//! the policy in force. Before that ends it is renewed (RFC 4998 §5): `renew_by` is [`RENEW_BEFORE_DAYS`] earlier.

use super::stamp::{Stamped, Token};
use crate::archive::Archive;
use crate::clock::utc;
use crate::error::Error;
use crate::tlog::leaf::ActKind;
use crate::verify::policy::{Policy, Reliability};
use chrono::{DateTime, TimeDelta, Utc};

/// Days before the end of a time-stamp by which it should be renewed. Own bound: two years, so that a budget, an
/// authority and a person can be found.
pub const RENEW_BEFORE_DAYS: i64 = 730;

/// One batch.
pub struct Batch {
    /// What its act says.
    pub stamped: Stamped,
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
    let batches: Vec<Batch> = Stamped::all(archive)?
        .into_iter()
        .map(|stamped| {
            let (ends, why) = ends(&policy.policy, &stamped.tokens, now);
            Batch { stamped, ends, why }
        })
        .collect();
    let log = archive.log()?;
    let mut unstamped = 0;
    let from = batches.last().map_or(0, |batch| batch.stamped.to);
    log.leaves::<Error>(from, log.size(), |_, leaf| {
        unstamped += u64::from(matches!(leaf.act, ActKind::RecordAccepted | ActKind::RecordAmended));
        Ok(())
    })?;
    Ok(Status { batches, unstamped })
}

/// When the last of several tokens ends, and why.
fn ends(policy: &Policy, tokens: &[Token], now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<End>) {
    let digest = super::batch::ALGORITHM.name();
    let algorithm = match policy.reliability(digest, 0, now) {
        Reliability::Reliable { until } => until,
        Reliability::Ended { when } => Some(when),
        Reliability::Unknown => None,
    };
    let certificate = tokens.iter().filter_map(|token| token.until).max();
    match (certificate, algorithm) {
        (Some(certificate), Some(algorithm)) if algorithm < certificate => {
            (Some(algorithm), Some(End::Algorithm(digest)))
        }
        (Some(certificate), _) => (Some(certificate), Some(End::Certificate)),
        (None, Some(algorithm)) => (Some(algorithm), Some(End::Algorithm(digest))),
        (None, None) => (None, None),
    }
}
