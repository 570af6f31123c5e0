//! The days that are looked at.

use otp_auth::domain::time::Timestamp;

use crate::failure::Failure;
use crate::render::time;

/// Days that the counters are kept for.
const KEPT: u64 = 100;

/// Days of UTC, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    first: u64,
    last: u64,
}

impl Period {
    /// The last `days`, or from one date to another.
    ///
    /// # Errors
    /// A date is none, or the first is after the last, or they are too far apart.
    pub fn of(days: u64, from: Option<&str>, to: Option<&str>, now: Timestamp) -> Result<Self, Failure> {
        let Some(from) = from else {
            return Ok(Self { first: now.day().saturating_sub(days.saturating_sub(1)), last: now.day() });
        };
        let first = date("--from", from)?;
        let last = to.map_or(Ok(now.day()), |to| date("--to", to))?;
        let wrong = |problem: &str| Failure::Value { option: "--from", problem: problem.to_owned() };
        if first > last {
            return Err(wrong("is after the last day"));
        }
        if last - first >= KEPT {
            return Err(wrong("is more than 100 days before the last day, and counters are kept for 100"));
        }
        Ok(Self { first, last })
    }

    /// The days, since the epoch.
    pub fn days(&self) -> Vec<u64> {
        (self.first..=self.last).collect()
    }

    /// The dates of the first and the last day.
    pub fn dates(&self) -> (String, String) {
        (date_of(self.first), date_of(self.last))
    }
}

/// The date of a day since the epoch.
pub fn date_of(day: u64) -> String {
    Timestamp::from_millis(day.saturating_mul(86_400_000)).date()
}

fn date(option: &'static str, text: &str) -> Result<u64, Failure> {
    let midnight = time::parse(&format!("{text}T00:00:00Z"));
    let problem = || Failure::Value { option, problem: "must be a date such as 2026-11-23".to_owned() };
    midnight.map(Timestamp::day).ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(days: u64, from: Option<&str>, to: Option<&str>) -> Option<(String, String)> {
        // 2026-11-23T12:00:00Z
        Period::of(days, from, to, Timestamp::from_millis(1_795_435_200_000)).ok().map(|period| period.dates())
    }

    #[test]
    fn a_period_ends_today_unless_told() {
        let dates = |first: &str, last: &str| Some((first.to_owned(), last.to_owned()));
        assert_eq!(of(1, None, None), dates("2026-11-23", "2026-11-23"));
        assert_eq!(of(7, None, None), dates("2026-11-17", "2026-11-23"));
        assert_eq!(of(7, Some("2026-11-01"), None), dates("2026-11-01", "2026-11-23"));
        assert_eq!(of(7, Some("2026-10-31"), Some("2026-11-01")), dates("2026-10-31", "2026-11-01"));
    }

    #[test]
    fn a_period_that_is_none_is_refused() {
        for (from, to) in [("2026-11-24", None), ("2026-11-02", Some("2026-11-01")), ("2026-02-30", None), ("x", None)] {
            assert_eq!(of(7, Some(from), to), None, "{from} {to:?}");
        }
        assert_eq!(of(7, Some("2026-08-01"), Some("2026-11-23")), None, "longer than counters are kept");
    }
}
