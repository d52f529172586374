//! How often one account may ask: a bucket of tokens for each, filled steadily.
//!
//! Kept by account and not by address: behind one address of an agency sits the whole agency. Lost when the service
//! ends.

use crate::clock::Millis;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Requests a second that an account may keep up. Own bound: a page of the desk needs some twenty, a job some hundred;
/// it stops a client in a loop, not a busy one.
const PER_SECOND: f64 = 2_000.0;
/// Requests at once.
const BURST: f64 = 4_000.0;
/// Accounts remembered; then those that are full again are forgotten.
const ACCOUNTS_MAX: usize = 4_096;

struct Bucket {
    left: f64,
    at: Millis,
}

/// The buckets.
#[derive(Default)]
pub(crate) struct Rates {
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Rates {
    /// Takes one request of an account at a time; else the seconds after which there is one again.
    pub(crate) fn take(&self, account: &str, now: Millis) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ACCOUNTS_MAX && !buckets.contains_key(account) {
            buckets.retain(|_, bucket| filled(bucket, now) < BURST);
        }
        let bucket = buckets.entry(account.to_owned()).or_insert(Bucket { left: BURST, at: now });
        bucket.left = filled(bucket, now);
        bucket.at = now.max(bucket.at);
        if bucket.left < 1.0 {
            return Err(1);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds between two requests")]
fn filled(bucket: &Bucket, now: Millis) -> f64 {
    let passed = now.saturating_sub(bucket.at) as f64 / 1000.0;
    (bucket.left + passed * PER_SECOND).min(BURST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_too_often_waits_and_others_do_not() {
        let rates = Rates::default();
        let taken = (0..10_000).filter(|_| rates.take("a", 1_000).is_ok()).count();
        assert_eq!(taken, 4_000);
        assert!(rates.take("b", 1_000).is_ok());
        assert_eq!(rates.take("a", 1_000), Err(1));
        assert!(rates.take("a", 1_001).is_ok(), "a millisecond brings two");
        assert!(rates.take("a", 500).is_ok(), "a clock that steps back takes nothing away");
        assert_eq!(rates.take("a", 500), Err(1));
    }
}
