//! Times and ages as the shop reads them.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::order::{Date, Timestamp, Weekday};

/// The shop's time zone and the moment the words are for.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The shop's (`[station] timezone`).
    pub zone: TimeZone,
    /// Now.
    pub now: Timestamp,
}

impl Clock {
    /// Today in the shop.
    pub fn today(&self) -> Date {
        self.day_of(self.now)
    }

    /// The shop's day that `at` falls on.
    pub fn day_of(&self, at: Timestamp) -> Date {
        let local = self.local(at);
        Date::new(local.year().into(), local.month().unsigned_abs(), local.day().unsigned_abs())
            .expect("jiff's days from year 1 on are days here too, and `local` gives no others")
    }

    fn local(&self, at: Timestamp) -> jiff::civil::DateTime {
        let utc = jiff::Timestamp::from_microsecond(at.micros().clamp(EARLIEST_MICROS, LATEST_MICROS));
        self.zone.to_datetime(utc.expect("clamped to what a jiff timestamp can be"))
    }
}

/// How a due date looks on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its day is over.
    Overdue(String),
    /// Its day is today.
    Today(String),
    /// Tomorrow.
    Tomorrow(String),
    /// A later day.
    Later(String),
}

impl Due {
    /// The word on the badge.
    pub fn text(&self) -> &str {
        match self {
            Self::Overdue(text) | Self::Today(text) | Self::Tomorrow(text) | Self::Later(text) => text,
        }
    }
}

/// The badge of a due date: `OVERDUE`, `TODAY`, `TUE 24`.
pub fn due(date: Date, clock: &Clock) -> Due {
    let (_, _, day) = date.civil();
    let later = || format!("{} {day}", weekday(date).to_uppercase());
    match date.days_since(clock.today()) {
        days if days < 0 => Due::Overdue("OVERDUE".to_owned()),
        0 => Due::Today("TODAY".to_owned()),
        1 => Due::Tomorrow(later()),
        _ => Due::Later(later()),
    }
}

/// A day in full: `Mon 23 Nov`.
pub fn day(date: Date) -> String {
    let (_, month, day) = date.civil();
    format!("{} {day} {}", weekday(date), MONTHS[usize::from(month) - 1])
}

/// The time of day: `10:43`.
pub fn hour(at: Timestamp, clock: &Clock) -> String {
    let local = clock.local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// The time of day to the second: `10:43:12`.
pub fn second(at: Timestamp, clock: &Clock) -> String {
    format!("{}:{:02}", hour(at, clock), clock.local(at).second())
}

/// The time of day and, unless it is today, the day: `10:43`, `Sun 10:43`, `Sun 16 Nov`.
pub fn when(at: Timestamp, clock: &Clock) -> String {
    let date = clock.day_of(at);
    match clock.today().days_since(date) {
        0 => hour(at, clock),
        1..=6 => format!("{} {}", weekday(date), hour(at, clock)),
        _ => day(date),
    }
}

/// A span in its largest unit: `40 s`, `12 min`, `3 h`, `2 days`.
pub fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// How old what is shown is: `now`, `40 s ago`, `as of 12 min ago`, `not read yet`.
pub fn age(read_at: Option<Timestamp>, clock: &Clock) -> String {
    match read_at.map(|at| clock.now.since(at)) {
        None => "not read yet".to_owned(),
        Some(age) if age < FRESH => "now".to_owned(),
        Some(age) if age < Duration::from_mins(1) => format!("{} ago", span(age)),
        Some(age) => format!("as of {} ago", span(age)),
    }
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "Mon",
        Weekday::Tue => "Tue",
        Weekday::Wed => "Wed",
        Weekday::Thu => "Thu",
        Weekday::Fri => "Fri",
        Weekday::Sat => "Sat",
        Weekday::Sun => "Sun",
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The queue is read every few seconds: younger than this is as good as now.
const FRESH: Duration = Duration::from_secs(15);

/// 0001-01-03T00:00:00Z: two days inside the years that a [`Date`] can be, whatever the zone.
const EARLIEST_MICROS: i64 = -62_135_424_000_000_000;

/// 9999-12-28T00:00:00Z: inside jiff's own range in every zone.
const LATEST_MICROS: i64 = 253_401_955_200_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn sydney(now: &str) -> Clock {
        Clock { zone: TimeZone::get("Australia/Sydney").unwrap(), now: now.parse().unwrap() }
    }

    #[test]
    fn days_are_the_shops_and_not_utcs() {
        let clock = sydney("2026-11-22T13:30:00Z");
        assert_eq!(clock.today().to_string(), "2026-11-23");
        assert_eq!(hour(clock.now, &clock), "00:30");
        assert_eq!(due("2026-11-22".parse().unwrap(), &clock).text(), "OVERDUE");
        assert_eq!(due("2026-11-23".parse().unwrap(), &clock).text(), "TODAY");
        assert_eq!(due("2026-11-24".parse().unwrap(), &clock), Due::Tomorrow("TUE 24".to_owned()));
        assert_eq!(due("2026-11-25".parse().unwrap(), &clock), Due::Later("WED 25".to_owned()));
    }

    #[test]
    fn a_moment_of_another_day_names_the_day() {
        let clock = sydney("2026-11-22T23:43:12Z");
        assert_eq!(when("2026-11-22T23:04:00Z".parse().unwrap(), &clock), "10:04");
        assert_eq!(when("2026-11-21T23:04:00Z".parse().unwrap(), &clock), "Sun 10:04");
        assert_eq!(when("2026-11-02T23:04:00Z".parse().unwrap(), &clock), "Tue 3 Nov");
    }

    #[test]
    fn what_is_shown_says_how_old_it_is() {
        let clock = sydney("2026-11-23T00:00:00Z");
        let ago = |seconds| Some(clock.now.minus(Duration::from_secs(seconds)));
        assert_eq!(age(None, &clock), "not read yet");
        assert_eq!(age(ago(3), &clock), "now");
        assert_eq!(age(ago(40), &clock), "40 s ago");
        assert_eq!(age(ago(725), &clock), "as of 12 min ago");
        assert_eq!(age(ago(200_000), &clock), "as of 2 days ago");
    }

    #[test]
    fn any_moment_at_all_has_words() {
        for micros in [i64::MIN, EARLIEST_MICROS, 0, LATEST_MICROS, i64::MAX] {
            for zone in ["Pacific/Kiritimati", "Pacific/Midway"] {
                let clock = Clock { zone: TimeZone::get(zone).unwrap(), now: Timestamp::from_micros(micros) };
                assert_eq!(second(clock.now, &clock).len(), 8, "{} in {zone}", day(clock.today()));
            }
        }
    }
}
