use std::time::Duration;

use crate::order::{Date, Timestamp};

/// How far the server's clock is ahead of this machine's, learned from the `Date` header of replies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    smoothed_us: Option<i64>,
}

impl Clock {
    /// Learns from a reply that left the server at `date` (whole seconds) and came back at local time `now`, `round_trip`
    /// after it was asked for.
    pub fn learn(&mut self, now: Timestamp, round_trip: Duration, date: Timestamp) {
        if round_trip > ROUND_TRIP_MAX {
            return;
        }
        let half_us = i64::try_from(round_trip.as_micros() / 2).unwrap_or(0);
        // The header cuts the fraction of a second off: on average half a second.
        let sample_us = date.micros() + 500_000 - (now.micros() - half_us);
        self.smoothed_us = Some(match self.smoothed_us {
            Some(smoothed_us) if (sample_us - smoothed_us).abs() < JUMP_US => {
                smoothed_us + (sample_us - smoothed_us) / 8
            }
            _ => sample_us,
        });
    }

    /// Server time minus local time, in microseconds; 0 within what the header can tell, and before the first reply.
    pub fn offset_us(&self) -> i64 {
        self.smoothed_us.filter(|offset_us| offset_us.abs() >= NOISE_US).unwrap_or(0)
    }
}

/// Reads the header `Date` (IMF-fixdate, RFC 9110 5.6.7).
pub fn http_date(text: &str) -> Option<Timestamp> {
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (clock, zone) = (parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let date = Date::new(year.parse().ok()?, month as u8, day.parse().ok()?)?;
    (zone == "GMT").then(|| format!("{date}T{clock}Z").parse().ok()).flatten()
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A slower reply tells too little: its half could be anywhere.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(3);

/// A sample this far from the rest is a clock that was set, not noise.
const JUMP_US: i64 = 5_000_000;

/// `Date` has a resolution of one second; half a second more for the network.
const NOISE_US: i64 = 1_500_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_header_is_read_and_nothing_else() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(at("1994-11-06T08:49:37Z")));
        for text in [
            "",
            ", ",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 PST",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(http_date(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_header_cannot_tell_is_no_offset() {
        let mut clock = Clock::default();
        assert_eq!(clock.offset_us(), 0);
        clock.learn(at("2026-11-23T10:00:00.900Z"), Duration::from_millis(200), at("2026-11-23T10:00:01Z"));
        assert_eq!(clock.offset_us(), 0);
    }

    #[test]
    fn a_clock_that_is_behind_is_corrected_by_half_the_round_trip() {
        let mut clock = Clock::default();
        clock.learn(at("2026-11-23T10:00:01Z"), Duration::from_secs(1), at("2026-11-23T10:05:00Z"));
        assert_eq!(clock.offset_us(), 300_000_000);
        // Noise is smoothed, a jump is followed, a slow reply is not believed.
        clock.learn(at("2026-11-23T10:00:01Z"), Duration::from_secs(1), at("2026-11-23T10:05:01Z"));
        assert_eq!(clock.offset_us(), 300_125_000);
        clock.learn(at("2026-11-23T10:00:01Z"), Duration::from_secs(4), at("2026-11-23T11:00:00Z"));
        assert_eq!(clock.offset_us(), 300_125_000);
        clock.learn(at("2026-11-23T10:00:01Z"), Duration::from_secs(1), at("2026-11-23T09:00:00Z"));
        assert_eq!(clock.offset_us(), -3_600_000_000);
    }
}
