//! The only reader of the wall clock.
//!
//! Times are milliseconds since 1970-01-01T00:00:00Z. Civil dates are those of Asia/Almaty (design invariant 8).

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// A moment, in milliseconds since the Unix epoch.
pub type Millis = u64;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Millis;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the wall clock")]
    fn now(&self) -> Millis {
        // A clock before 1970 reads as 0; the journal's monotonic time takes over from there.
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
    }
}

/// A clock that stands where it was put, for tests.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug, Default)]
pub struct FixedClock(pub std::sync::atomic::AtomicU64);

#[cfg(any(test, feature = "testing"))]
impl Clock for FixedClock {
    fn now(&self) -> Millis {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

/// RFC 3339 in UTC, milliseconds kept: `2026-03-05T04:05:06.007Z`.
pub fn rfc3339(at: Millis) -> String {
    utc(at).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The civil date in Asia/Almaty at that moment.
pub fn civil_date(at: Millis) -> NaiveDate {
    utc(at).with_timezone(&chrono_tz::Asia::Almaty).date_naive()
}

/// Date and time in Asia/Almaty with offset, for people: `05.03.2026 09:05:06 +05:00`.
pub fn local_text(at: Millis) -> String {
    utc(at).with_timezone(&chrono_tz::Asia::Almaty).format("%d.%m.%Y %H:%M:%S %:z").to_string()
}

/// The same moment as a time of the calendar.
pub fn utc(at: Millis) -> DateTime<Utc> {
    // Out of chrono's range only for times that no clock of ours can give.
    i64::try_from(at).ok().and_then(DateTime::from_timestamp_millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn almaty_changed_its_offset_on_1_march_2024() {
        let before = DateTime::parse_from_rfc3339("2024-02-28T18:30:00Z").unwrap().timestamp_millis() as u64;
        let after = DateTime::parse_from_rfc3339("2024-03-02T18:30:00Z").unwrap().timestamp_millis() as u64;
        assert_eq!(civil_date(before).to_string(), "2024-02-29"); // +06
        assert_eq!(civil_date(after).to_string(), "2024-03-02"); // +05
        assert_eq!(rfc3339(after), "2024-03-02T18:30:00.000Z");
    }
}
