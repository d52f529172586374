//! Working days, as data: until when a signed receipt or notice is in time (N 430 cl. 18, 19: one working day).
//!
//! A [`WorkCalendar`] is one file of `schema/calendar/1`: the weekend, the holidays of every year, and single days
//! that an act of the state made free or working. [`Calendars`] are those that an archive has adopted: a day is what
//! the calendar says that was adopted last and was made for that day. Without one there is the sample that comes with
//! the program. A [`Deadline`] says what it rests on.
//!
//! A term of n working days begins with the day after the event and ends with the end of its last working day, in
//! Almaty (Civil Code art. 172-175, from memory: a term in days does not ask for the hour). What comes on Friday
//! evening is therefore answered in time on Monday.
//!
//! It reads no file and no clock. Every question has an answer for every day, also for one that no calendar was made
//! for: then the weekend and the holidays of every year are counted, and the deadline says so.

use super::digest::{Sha256, sha256};
use super::profile::Title;
use super::strict::{self, words};
use crate::error::{ErrorCode, Refusal};
use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, Utc, Weekday};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::collections::BTreeSet;

/// The value of a calendar's `schema` field.
pub const CALENDAR_SCHEMA: &str = "muragat/calendar/1";
/// Bytes of one calendar. Own bound: the days below with their names.
pub const CALENDAR_BYTES_MAX: usize = 1024 * 1024;
/// Holidays of every year. Own bound: a month; it also keeps every search for a working day short.
const YEARLY_MAX: usize = 31;
/// Single days. Own bound: 50 years with ten moved days each.
const SINGLE_MAX: usize = 500;

/// The time in Almaty, with the offset that was in force there.
pub fn almaty(time: DateTime<Utc>) -> DateTime<FixedOffset> {
    time.with_timezone(&chrono_tz::Asia::Almaty).fixed_offset()
}

/// A calendar that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("calendar: {0}")]
pub struct CalendarError(pub String);

words! {
    /// Whether a file of law is the real one.
    CalendarStatus {
        /// Made up or from memory: good for trials.
        Sample = "sample",
        /// Checked against the acts of the state.
        Official = "official",
    }
}

words! {
    /// A day of the week.
    WeekDay {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

impl WeekDay {
    fn of(day: NaiveDate) -> Self {
        match day.weekday() {
            Weekday::Mon => Self::Monday,
            Weekday::Tue => Self::Tuesday,
            Weekday::Wed => Self::Wednesday,
            Weekday::Thu => Self::Thursday,
            Weekday::Fri => Self::Friday,
            Weekday::Sat => Self::Saturday,
            Weekday::Sun => Self::Sunday,
        }
    }
}

/// A holiday of every year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yearly {
    /// Month and day, `MM-DD`.
    #[serde(deserialize_with = "month_and_day")]
    pub day: (u32, u32),
    /// Whether the next working day is free when it falls on the weekend.
    pub moves: bool,
    /// Its name.
    pub title: Title,
}

/// A single day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Single {
    /// The day.
    #[serde(deserialize_with = "date")]
    pub date: NaiveDate,
    /// The act that says so, or what day it is.
    pub reason: String,
}

/// Which days are working days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkCalendar {
    schema: String,
    /// Name of the calendar, the same in all editions.
    pub id: String,
    /// Name of the edition.
    pub edition: String,
    /// Whether it is the real one.
    pub status: CalendarStatus,
    /// Its name.
    pub title: Title,
    /// The acts it comes from.
    pub instrument: String,
    /// First day it was made for.
    #[serde(deserialize_with = "date")]
    pub valid_from: NaiveDate,
    /// Last day it was made for.
    #[serde(deserialize_with = "date")]
    pub valid_to: NaiveDate,
    /// Days of the week that are free.
    pub weekend: Vec<WeekDay>,
    /// Holidays of every year.
    #[serde(default)]
    pub yearly: Vec<Yearly>,
    /// Days that are free by themselves: moved days off, feasts with another date every year.
    #[serde(default)]
    pub off: Vec<Single>,
    /// Days of the weekend, or holidays, that are worked.
    #[serde(default)]
    pub working: Vec<Single>,
    /// SHA-256 of the file.
    #[serde(skip, default = "of_nothing")]
    pub sha256: Sha256,
}

fn of_nothing() -> Sha256 {
    sha256(b"")
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
    // One date has one text.
    date.filter(|date| date.to_string() == text).ok_or_else(|| D::Error::custom("a date is written YYYY-MM-DD"))
}

fn month_and_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(u32, u32), D::Error> {
    let text = String::deserialize(deserializer)?;
    // A leap year, so that 29 February is a day.
    let date = NaiveDate::parse_from_str(&format!("2000-{text}"), "%Y-%m-%d").ok();
    let date = date.filter(|date| date.format("%m-%d").to_string() == text);
    let date = date.ok_or_else(|| D::Error::custom("a day of every year is written MM-DD"))?;
    Ok((date.month(), date.day()))
}

impl WorkCalendar {
    /// Reads a calendar, written in TOML or in JSON.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        if text.len() > CALENDAR_BYTES_MAX {
            let what = format!("{} bytes, at most {CALENDAR_BYTES_MAX} are admitted", text.len());
            return Err(CalendarError(what));
        }
        // A TOML file cannot begin like a JSON object.
        let calendar: Result<Self, String> = if text.trim_start().starts_with('{') {
            let value = strict::parse(text.as_bytes()).map_err(|e| e.to_string());
            value.and_then(|value| serde_json::from_value(value).map_err(|e| e.to_string()))
        } else {
            toml::from_str(text).map_err(|e| e.to_string())
        };
        let calendar = Self { sha256: sha256(text.as_bytes()), ..calendar.map_err(CalendarError)? };
        calendar.check()?;
        Ok(calendar)
    }

    /// Reads a calendar from the file that messages call `name`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] about the first fault.
    pub fn parse_file(bytes: &[u8], name: &str) -> Result<Self, Vec<Refusal>> {
        let text = std::str::from_utf8(bytes).map_err(|e| CalendarError(e.to_string()));
        text.and_then(Self::parse).map_err(|e| vec![Refusal::new(ErrorCode::PolMalformed, name, e.0)])
    }

    /// The sample that comes with the program: Kazakhstan's holidays from memory, without the feasts whose date
    /// changes.
    pub fn sample() -> Self {
        Self::parse(include_str!("../../schema/calendar/1/kz-sample.toml")).expect("a test reads the sample")
    }

    fn check(&self) -> Result<(), CalendarError> {
        let names = |title: &Title| [title.kk.clone(), title.ru.clone(), title.en.clone()];
        let mut texts = vec![self.id.clone(), self.edition.clone(), self.instrument.clone()];
        texts.extend(names(&self.title));
        texts.extend(self.yearly.iter().flat_map(|holiday| names(&holiday.title)));
        texts.extend(self.off.iter().chain(&self.working).map(|single| single.reason.clone()));
        let days: BTreeSet<(u32, u32)> = self.yearly.iter().map(|holiday| holiday.day).collect();
        let singles: BTreeSet<NaiveDate> = self.off.iter().chain(&self.working).map(|single| single.date).collect();
        let week: BTreeSet<WeekDay> = self.weekend.iter().copied().collect();
        let outside = singles.iter().find(|day| !self.covers(**day));
        let fault = if self.schema != CALENDAR_SCHEMA {
            format!("schema is not {CALENDAR_SCHEMA:?}")
        } else if texts.iter().any(|text| text.trim().is_empty()) {
            "a text is blank".to_owned()
        } else if self.valid_to < self.valid_from {
            "it ends before it begins".to_owned()
        } else if week.len() == WeekDay::ALL.len() {
            "no day of the week is left to work".to_owned()
        } else if week.len() < self.weekend.len() {
            "a day of the week is named twice".to_owned()
        } else if self.yearly.len() > YEARLY_MAX || self.off.len() + self.working.len() > SINGLE_MAX {
            format!("more than {YEARLY_MAX} holidays, or more than {SINGLE_MAX} single days")
        } else if days.len() < self.yearly.len() {
            "a holiday is named twice".to_owned()
        } else if singles.len() < self.off.len() + self.working.len() {
            "a single day is named twice".to_owned()
        } else if let Some(day) = outside {
            format!("{day} is outside its term")
        } else {
            return Ok(());
        };
        Err(CalendarError(fault))
    }

    /// Whether the calendar was made for `day`. For other days it knows the weekend and the holidays of every year, and
    /// no act that moved one.
    pub fn covers(&self, day: NaiveDate) -> bool {
        (self.valid_from..=self.valid_to).contains(&day)
    }

    /// Whether it was made for every day that `other` was made for.
    pub fn spans(&self, other: &Self) -> bool {
        self.covers(other.valid_from) && self.covers(other.valid_to)
    }

    /// Whether `day` is worked.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        let named = |singles: &[Single]| singles.iter().any(|single| single.date == day);
        if named(&self.working) {
            return true;
        }
        !(named(&self.off) || self.is_rest(day) || self.moved(day.year()).contains(&day))
    }

    /// Whether `day` is free by the week or by a holiday of every year.
    fn is_rest(&self, day: NaiveDate) -> bool {
        self.weekend.contains(&WeekDay::of(day)) || self.holiday(day).is_some()
    }

    fn holiday(&self, day: NaiveDate) -> Option<&Yearly> {
        self.yearly.iter().find(|holiday| holiday.day == (day.month(), day.day()))
    }

    /// The days of `year` that are free because a holiday fell on the weekend: for each such holiday, in their order,
    /// the next day that is not free already. Those of the last days of the year before may lie in this one.
    fn moved(&self, year: i32) -> BTreeSet<NaiveDate> {
        let mut holidays: Vec<NaiveDate> = Vec::new();
        for holiday in self.yearly.iter().filter(|holiday| holiday.moves) {
            let (month, day) = holiday.day;
            // 29 February is no day of most years.
            let days = [year.checked_sub(1), Some(year)].into_iter().flatten();
            holidays.extend(days.filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)));
        }
        holidays.retain(|day| self.weekend.contains(&WeekDay::of(*day)));
        holidays.sort_unstable();
        let mut moved = BTreeSet::new();
        for holiday in holidays {
            // Ends: at most a week, the holidays and the moved days are free in a row.
            let mut next = holiday;
            while let Some(day) = next.succ_opt() {
                next = day;
                if !self.is_rest(day) && moved.insert(day) {
                    break;
                }
            }
        }
        moved
    }
}

words! {
    /// What a deadline rests on.
    CalendarBasis {
        /// Calendars that were checked against the acts of the state.
        Official = "official",
        /// A sample.
        Sample = "sample",
        /// No calendar was made for one of its days: an act that moved one is not known.
        NotCovered = "not_covered",
    }
}

/// The last day of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The day, in Almaty.
    pub last: NaiveDate,
    /// What it rests on.
    pub basis: CalendarBasis,
}

/// The calendars of an archive.
#[derive(Debug, Clone)]
pub struct Calendars {
    /// In the order of their adoption, never none.
    held: Vec<WorkCalendar>,
}

impl Calendars {
    /// These, in the order of their adoption; the sample when there is none.
    pub fn new(adopted: Vec<WorkCalendar>) -> Self {
        Self { held: if adopted.is_empty() { vec![WorkCalendar::sample()] } else { adopted } }
    }

    /// The calendar that decides about a day: the last one that was made for it, else the last one.
    fn of(&self, day: NaiveDate) -> &WorkCalendar {
        let made_for_it = self.held.iter().rfind(|calendar| calendar.covers(day));
        made_for_it.or(self.held.last()).expect("there is a calendar")
    }

    /// Whether the calendar with this digest decides about all the days it was made for.
    pub fn decides(&self, sha256: Sha256) -> bool {
        let overlap = |a: &WorkCalendar, b: &WorkCalendar| a.valid_from <= b.valid_to && b.valid_from <= a.valid_to;
        let at = self.held.iter().rposition(|calendar| calendar.sha256 == sha256);
        at.is_some_and(|at| self.held[at + 1..].iter().all(|later| !overlap(later, &self.held[at])))
    }

    /// Whether `day` is worked.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        self.of(day).is_working(day)
    }

    /// What is known of `day`.
    pub fn basis(&self, day: NaiveDate) -> CalendarBasis {
        let calendar = self.of(day);
        match calendar.status {
            _ if !calendar.covers(day) => CalendarBasis::NotCovered,
            CalendarStatus::Sample => CalendarBasis::Sample,
            CalendarStatus::Official => CalendarBasis::Official,
        }
    }

    /// The last day of a term of `working_days` that begins with the day after `day`; `day` itself for a term of 0.
    pub fn after(&self, day: NaiveDate, working_days: u16) -> NaiveDate {
        let (mut day, mut left) = (day, working_days);
        while left > 0 {
            // The calendar of the library ends in the year 262142.
            let Some(next) = day.checked_add_days(Days::new(1)) else { break };
            day = next;
            if self.is_working(day) {
                left -= 1;
            }
        }
        day
    }

    /// The last day on which the answer to what was `received` is in time, in Almaty. It rests on the weakest of what
    /// is known of its days.
    pub fn deadline(&self, received: DateTime<Utc>, working_days: u16) -> Deadline {
        let day = almaty(received).date_naive();
        let last = self.after(day, working_days);
        // The term begins with the day after; one of no days is that day itself.
        let days = day.iter_days().take_while(|day| *day <= last).skip(usize::from(last > day));
        let bases = days.map(|day| self.basis(day));
        Deadline { last, basis: bases.max().unwrap_or(CalendarBasis::NotCovered) }
    }
}

impl Deadline {
    /// Whether it is over `now`.
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        almaty(now).date_naive() > self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: &str) -> NaiveDate {
        day.parse().unwrap()
    }

    fn at(time: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(time).unwrap().to_utc()
    }

    /// The sample with more lines at its end.
    fn with(more: &str) -> Result<WorkCalendar, CalendarError> {
        WorkCalendar::parse(&format!("{}\n{more}", include_str!("../../schema/calendar/1/kz-sample.toml")))
    }

    fn single(list: &str, date: &str) -> String {
        format!("[[{list}]]\ndate = \"{date}\"\nreason = \"Үлгі\"\n")
    }

    #[test]
    fn the_sample_is_read_and_says_what_it_is() {
        let calendar = WorkCalendar::sample();
        assert_eq!(calendar.status, CalendarStatus::Sample);
        assert_eq!(calendar.weekend, [WeekDay::Saturday, WeekDay::Sunday]);
        assert_eq!(calendar.yearly.len(), 14);
        for holiday in ["2026-01-01", "2026-01-02", "2026-01-07", "2027-03-22", "2026-12-16"] {
            assert!(!calendar.is_working(on(holiday)), "{holiday}");
        }
        assert!(calendar.is_working(on("2026-01-05")));
        assert!(calendar.covers(calendar.valid_to) && !calendar.covers(calendar.valid_to.succ_opt().unwrap()));
    }

    #[test]
    fn what_comes_on_friday_evening_is_due_on_monday() {
        let calendar = Calendars::new(Vec::new());
        // Friday 16 January 2026, 23:59:59 in Almaty; a second later it is Saturday, and the day is the same.
        for received in ["2026-01-16T13:30:00Z", "2026-01-16T18:59:59Z", "2026-01-16T19:00:00Z", "2026-01-18T10:00:00Z"]
        {
            assert_eq!(calendar.deadline(at(received), 1).last, on("2026-01-19"), "{received}");
        }
        // Sunday 19:00 UTC is Monday in Almaty.
        assert_eq!(calendar.deadline(at("2026-01-18T19:00:00Z"), 1).last, on("2026-01-20"));
        assert_eq!(calendar.deadline(at("2026-01-16T10:00:00Z"), 6).last, on("2026-01-26"));
        assert_eq!(calendar.deadline(at("2026-01-17T10:00:00Z"), 0).last, on("2026-01-17"));
    }

    #[test]
    fn an_answer_is_late_when_its_last_day_is_over_in_almaty() {
        let calendar = Calendars::new(Vec::new());
        let received = at("2026-01-16T13:30:00Z");
        assert!(!calendar.deadline(received, 1).is_over(received));
        assert!(!calendar.deadline(received, 1).is_over(at("2026-01-19T18:59:59Z")));
        assert!(calendar.deadline(received, 1).is_over(at("2026-01-19T19:00:00Z")));
        // Before 1 March 2024 Almaty was six hours ahead.
        let received = at("2024-02-27T17:59:59Z");
        assert!(!calendar.deadline(received, 1).is_over(at("2024-02-28T17:59:59Z")));
        assert!(calendar.deadline(received, 1).is_over(at("2024-02-28T18:00:00Z")));
    }

    #[test]
    fn holidays_are_not_counted() {
        let calendar = Calendars::new(Vec::new());
        // 21, 22 March 2026 are a weekend and holidays, 23 a holiday; 24 and 25 are free instead of the two.
        assert_eq!(calendar.after(on("2026-03-20"), 1), on("2026-03-26"));
        assert_eq!(calendar.after(on("2026-03-26"), 1), on("2026-03-27"));
        // 30 August 2026 is a Sunday; 7 January 2029 too, and it does not move.
        assert!(!calendar.is_working(on("2026-08-31")) && calendar.is_working(on("2026-09-01")));
        assert!(calendar.is_working(on("2029-01-08")));
        // 16 December 2026 is a Wednesday.
        assert_eq!(calendar.after(on("2026-12-15"), 1), on("2026-12-17"));
    }

    #[test]
    fn a_term_runs_over_the_end_of_the_year() {
        let calendar = Calendars::new(Vec::new());
        // Thursday; then holidays on Friday and Saturday, of which the second moves to Monday.
        assert_eq!(calendar.after(on("2026-12-31"), 1), on("2027-01-05"));
        // 1 and 2 January 2028 are a weekend: Monday and Tuesday are free.
        assert_eq!(calendar.after(on("2027-12-31"), 1), on("2028-01-05"));
        let eve = "[[yearly]]\nday = \"12-31\"\nmoves = true\ntitle = {kk = \"Ү\", ru = \"У\", en = \"E\"}\n";
        let calendar = Calendars::new(vec![with(eve).unwrap()]);
        // 31 December 2028 is a Sunday. It moves into the next year, behind the holidays there.
        assert!(!calendar.is_working(on("2029-01-03")) && calendar.is_working(on("2029-01-04")));
        assert_eq!(calendar.after(NaiveDate::MAX, 3), NaiveDate::MAX);
    }

    #[test]
    fn days_that_an_act_moved_are_counted_as_it_says() {
        let calendar = with(&[single("off", "2026-01-05"), single("working", "2026-01-04")].concat()).unwrap();
        let calendar = Calendars::new(vec![calendar]);
        assert_eq!(calendar.after(on("2026-01-03"), 1), on("2026-01-04"), "a Sunday that is worked");
        assert_eq!(calendar.after(on("2026-01-04"), 1), on("2026-01-06"), "a Monday that is free");
        assert_eq!(Calendars::new(Vec::new()).after(on("2026-01-03"), 1), on("2026-01-05"));
        let calendar = with(&single("working", "2026-08-31")).unwrap();
        assert!(calendar.is_working(on("2026-08-31")), "the act wins over the rule");
    }

    /// The sample as an official calendar of one year.
    fn of_year(year: i32, more: &str) -> WorkCalendar {
        let mut calendar = with(more).unwrap();
        calendar.status = CalendarStatus::Official;
        calendar.sha256 = sha256(format!("{year}{more}").as_bytes());
        (calendar.valid_from, calendar.valid_to) = (on(&format!("{year}-01-01")), on(&format!("{year}-12-31")));
        calendar
    }

    #[test]
    fn the_calendar_that_was_made_for_a_day_decides_about_it() {
        let moved = of_year(2027, &single("off", "2027-01-05"));
        let due = |held: &[&WorkCalendar], at_time: &str| {
            Calendars::new(held.iter().map(|c| (*c).clone()).collect()).deadline(at(at_time), 1)
        };
        let eve = "2026-12-31T10:00:00Z";
        let official = CalendarBasis::Official;
        // The editions of two years do not take each other's place, whichever was adopted last.
        let both = due(&[&of_year(2026, ""), &moved], eve);
        assert_eq!(both, Deadline { last: on("2027-01-06"), basis: official });
        assert_eq!(due(&[&moved, &of_year(2026, "")], eve), both);
        // A later edition of the same year does.
        assert_eq!(due(&[&of_year(2026, ""), &moved, &of_year(2027, "")], eve).last, on("2027-01-05"));
        let all = Calendars::new(vec![of_year(2026, ""), moved.clone(), of_year(2027, "")]);
        assert!(!all.decides(moved.sha256) && all.decides(of_year(2026, "").sha256));
        assert!(all.decides(of_year(2027, "").sha256) && !all.decides(sha256(b"another")));
        assert!(moved.spans(&of_year(2027, "")) && !moved.spans(&of_year(2026, "")));
    }

    #[test]
    fn a_deadline_says_what_it_rests_on() {
        let basis = |held: Vec<WorkCalendar>, at_time: &str| Calendars::new(held).deadline(at(at_time), 1).basis;
        assert_eq!(basis(vec![], "2026-03-05T10:00:00Z"), CalendarBasis::Sample);
        assert_eq!(basis(vec![], "2029-12-31T10:00:00Z"), CalendarBasis::NotCovered);
        assert_eq!(basis(vec![of_year(2026, "")], "2026-03-05T10:00:00Z"), CalendarBasis::Official);
        // One day of the term is enough: it ends in a year that no calendar was made for.
        assert_eq!(basis(vec![of_year(2026, "")], "2026-12-31T10:00:00Z"), CalendarBasis::NotCovered);
        assert_eq!(basis(vec![of_year(2026, "")], "2027-06-01T10:00:00Z"), CalendarBasis::NotCovered);
        // And even then the weekend is free.
        let calendars = Calendars::new(vec![of_year(2026, "")]);
        assert_eq!(calendars.deadline(at("2028-01-07T10:00:00Z"), 1).last, on("2028-01-10"));
    }

    #[test]
    fn a_calendar_may_be_written_in_json() {
        let text = include_str!("../../schema/calendar/1/kz-sample.toml");
        let value = serde_json::to_string(&toml::from_str::<toml::Value>(text).unwrap()).unwrap();
        let read = WorkCalendar::parse(&value).unwrap();
        assert_eq!(WorkCalendar { sha256: sha256(text.as_bytes()), ..read }, WorkCalendar::sample());
        let twice = value.replacen('{', "{\"id\":\"x\",", 1);
        assert!(WorkCalendar::parse(&twice).is_err(), "a key that is repeated");
        let refusals = WorkCalendar::parse_file(b"\xff", "c.toml").unwrap_err();
        assert_eq!((refusals[0].code, refusals[0].subject.as_str()), (ErrorCode::PolMalformed, "c.toml"));
    }

    #[test]
    fn a_calendar_that_is_not_right_is_refused() {
        let text = include_str!("../../schema/calendar/1/kz-sample.toml");
        let fault = |text: &str| WorkCalendar::parse(text).unwrap_err().0;
        let changed = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            fault(&text.replacen(from, to, 1))
        };
        assert!(changed("calendar/1", "calendar/2").contains("schema"));
        assert!(changed("\"sample\"", "\"draft\"").contains("draft"));
        assert!(changed("[\"saturday\"", "[\"caturday\"").contains("caturday"));
        let all = "[\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\"";
        assert!(changed("[\"saturday\"", all).contains("no day"));
        assert!(changed("[\"saturday\"", "[\"sunday\"").contains("twice"));
        assert!(changed("\"01-01\"", "\"1-1\"").contains("MM-DD"));
        assert!(changed("\"01-01\"", "\"02-30\"").contains("MM-DD"));
        assert!(changed("\"01-01\"", "\"01-02\"").contains("twice"));
        assert!(changed("weekend", "weekends").contains("weekends"));
        assert!(changed("moves = true", "moves = 1").contains("invalid type"));
        assert!(fault(&text.replacen("valid_to = \"2", "valid_to = \"1", 1)).contains("before"));
        let found = |more: &str| with(more).unwrap_err().0;
        assert!(found(&single("off", "1999-01-04")).contains("outside"));
        assert!(found(&single("off", "2026-1-5")).contains("YYYY"));
        assert!(found(&[single("off", "2026-01-05"), single("working", "2026-01-05")].concat()).contains("twice"));
        assert!(found(&single("off", "2026-01-05").replace("Үлгі", " ")).contains("blank"));
        assert!(found(&single("off", "2026-01-05").replace("reason", "note")).contains("note"));
        assert!(fault(&" ".repeat(CALENDAR_BYTES_MAX + 1)).contains("bytes"));
        for end in 0..text.len() {
            if text.is_char_boundary(end) && !text[end..].trim().is_empty() {
                // A file cut between two tables is whole; it must only not be a calendar of nothing.
                let _ = WorkCalendar::parse(&text[..end]);
            }
        }
        assert!(fault("").contains("missing"));
    }
}
