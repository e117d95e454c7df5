use std::fmt;
use std::num::NonZeroI64;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z: PostgreSQL's own resolution, so equal stays equal. The
/// epoch itself is one microsecond late: an order has seven of these, mostly unset, and unset must cost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroI64);

impl Timestamp {
    /// The moment `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        match NonZeroI64::new(micros) {
            Some(micros) => Self(micros),
            None => Self(NonZeroI64::new(1).expect("one is not zero")),
        }
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0.get()
    }

    /// Time passed since `earlier`; nothing when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros().saturating_sub(earlier.micros())).unwrap_or(0))
    }

    /// The moment `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_micros(self.micros().saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_micros(self.micros().saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, to the millisecond unless the moment is finer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, micros) = (self.micros().div_euclid(DAY_MICROS), self.micros().rem_euclid(DAY_MICROS));
        let seconds = micros / 1_000_000;
        let date = Date(i32::try_from(day).map_err(|_| fmt::Error)?);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{date}T{hour:02}:{minute:02}:{second:02}")?;
        match micros % 1_000_000 {
            fraction if fraction % 1000 == 0 => write!(f, ".{:03}Z", fraction / 1000),
            fraction => write!(f, ".{fraction:06}Z"),
        }
    }
}

/// Text that is not a moment as RFC 3339 writes it, or not a date as ISO 8601 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATime;

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time like 2026-11-23T10:43:12Z or a date like 2026-11-23")
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Reads RFC 3339 with any offset and up to nine decimals, of which six count.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let (date, clock) = text.split_at_checked(10).ok_or(NotATime)?;
        let date: Date = date.parse()?;
        let clock = clock.strip_prefix(['T', 't', ' ']).ok_or(NotATime)?;
        let zone_at = clock.find(['Z', 'z', '+', '-']).ok_or(NotATime)?;
        let (clock, zone) = clock.split_at(zone_at);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let [hour, minute, second] = fields(clock)?;
        if hour > 23 || minute > 59 || second > 60 || fraction.len() > 9 {
            return Err(NotATime);
        }
        let fraction: i64 = match fraction {
            "" => 0,
            digits => number(&format!("{digits:0<6}")[..6])?,
        };
        let seconds = i64::from(date.0) * 86_400 + hour * 3600 + minute * 60 + second - offset_seconds(zone)?;
        Ok(Self::from_micros(seconds * 1_000_000 + fraction))
    }
}

/// A calendar day with no zone, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

impl Date {
    /// The day of the proleptic Gregorian calendar, if there is such a day in years 1 to 9999.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        // Days from civil, with March as the first month: leap days fall at a year's end.
        let shifted = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
        let day_of_year = (153 * ((i32::from(month) + 9) % 12) + 2) / 5 + i32::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let date = Self(era * 146_097 + day_of_era - 719_468);
        (date.civil() == (year, month, day)).then_some(date)
    }

    /// Year, month from 1 and day from 1.
    pub fn civil(self) -> (i32, u8, u8) {
        let days = self.0 + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = (shifted_month + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i32::from(month <= 2);
        (year, month as u8, day as u8)
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        Weekday::ALL[(self.0 + 3).rem_euclid(7) as usize]
    }

    /// Days from `other` to this day; negative when this day is earlier.
    pub fn days_since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    /// The day `days` later.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let mut parts = text.split('-');
        let (Some(year), Some(month), Some(day), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotATime);
        };
        if (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return Err(NotATime);
        }
        Self::new(number(year)? as i32, number(month)? as u8, number(day)? as u8).ok_or(NotATime)
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];
}

macro_rules! serde_as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

serde_as_text!(Timestamp);
serde_as_text!(Date);

fn fields(clock: &str) -> Result<[i64; 3], NotATime> {
    let mut parts = clock.split(':');
    let mut field = || match parts.next() {
        Some(part) if part.len() == 2 => number(part),
        _ => Err(NotATime),
    };
    let fields = [field()?, field()?, field()?];
    parts.next().map_or(Ok(fields), |_| Err(NotATime))
}

fn offset_seconds(zone: &str) -> Result<i64, NotATime> {
    if zone.eq_ignore_ascii_case("z") {
        return Ok(0);
    }
    let (sign, rest) = match zone.split_at_checked(1).ok_or(NotATime)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return Err(NotATime),
    };
    // PostgreSQL writes "+00" and "+10:30"; RFC 3339 always has the minutes.
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return Err(NotATime);
    }
    Ok(sign * (number(hours)? * 3600 + number(minutes)? * 60))
}

fn number(digits: &str) -> Result<i64, NotATime> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotATime);
    }
    digits.parse().map_err(|_| NotATime)
}

const DAY_MICROS: i64 = 86_400_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_in_every_form_that_postgresql_writes() {
        let moment: Timestamp = "2026-11-23T14:03:12.123456+00:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-23T14:03:12.123456Z");
        for same in [
            "2026-11-24T01:03:12.123456+11:00",
            "2026-11-23 14:03:12.123456+00",
            "2026-11-23T14:03:12.123456789Z",
        ] {
            assert_eq!(same.parse(), Ok(moment), "{same}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T14:03",
            "2026-11-23T25:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-11-23T14:03:12",
            "2026-11-23T14:03:12.+5Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATime), "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_reads_back() {
        let (first, last) = (Date::new(1800, 1, 1).unwrap(), Date::new(2200, 12, 31).unwrap());
        for day in first.0..=last.0 {
            let (year, month, number) = Date(day).civil();
            assert_eq!(Date::new(year, month, number), Some(Date(day)));
        }
        assert_eq!("2026-11-23".parse::<Date>().unwrap().weekday(), Weekday::Mon);
        assert_eq!(Date::new(2027, 2, 29), None);
    }
}
