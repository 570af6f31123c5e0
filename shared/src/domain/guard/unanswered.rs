//! Windows on texts whose code nobody entered: conversion, not volume.
//!
//! # The prefix
//!
//! Pumped numbers come in blocks. A **prefix** is a number without its last three digits, so it holds a thousand numbers. Its
//! windows slide, like an identifier's: they are read from the times of its last unanswered texts.
//!
//! # The country
//!
//! How many unanswered texts a country may have grows with the traffic that was verified there, by the formula that Authgear
//! published (`docs/specs/fraud-protection.md` of authgear/authgear-server) with floors of our own:
//!
//! ```text
//! day  = max(floor of the day,  20 % of the best of the last 14 days,  20 % of today)
//! hour = max(floor of the hour, day / 6,                               20 % of this hour)
//! ```
//!
//! where the percentages are of verified texts, and days and hours are those of UTC. Authgear's floors are 20 and 3, and by
//! default it only records; ours are higher because these windows refuse, and because a text that was sent a minute ago counts
//! as unanswered too.

use std::time::Duration;

use crate::domain::policy::Bounded;
use crate::domain::time::Timestamp;

/// Unanswered texts to one prefix in any hour.
pub const PREFIX_PER_HOUR: Bounded = Bounded { default: 5, bounds: 1..=40 };
/// Unanswered texts to one prefix in any 24 hours.
pub const PREFIX_PER_DAY: Bounded = Bounded { default: 15, bounds: 1..=40 };
/// Unanswered texts to one country in an hour of the clock, whatever its traffic.
pub const COUNTRY_PER_HOUR: Bounded = Bounded { default: 20, bounds: 1..=1_000_000 };
/// Unanswered texts to one country in a day of UTC, whatever its traffic.
pub const COUNTRY_PER_DAY: Bounded = Bounded { default: 60, bounds: 1..=1_000_000 };
/// Countries with unanswered texts that one address may ask for in a day of UTC: Authgear has 3.
pub const COUNTRIES_PER_ADDRESS: Bounded = Bounded { default: 3, bounds: 1..=250 };
/// Days whose best counts in the formula.
pub const DAYS_REMEMBERED: u64 = 14;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The prefix of a number in E.164: all but its last three digits.
#[must_use]
pub fn prefix(e164: &str) -> &str {
    e164.len().checked_sub(3).and_then(|end| e164.get(..end)).unwrap_or(e164)
}

/// Windows on the unanswered texts to one prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixLimits {
    /// In any hour.
    pub per_hour: u32,
    /// In any 24 hours.
    pub per_day: u32,
}

impl Default for PrefixLimits {
    fn default() -> Self {
        Self { per_hour: PREFIX_PER_HOUR.default, per_day: PREFIX_PER_DAY.default }
    }
}

impl PrefixLimits {
    /// Each window as "the text this many ago (0 is the last one) must be at least this old".
    #[must_use]
    pub fn windows(&self) -> [(usize, Duration); 2] {
        let index = |count: u32| count.saturating_sub(1) as usize;
        [(index(self.per_hour), HOUR), (index(self.per_day), DAY)]
    }

    /// When each window lets another text through: the hour's and the day's. In the past when they do already.
    #[must_use]
    pub fn open_at(&self, unanswered: &[Timestamp]) -> [Timestamp; 2] {
        let never = Timestamp::from_millis(0);
        self.windows().map(|(ago, span)| unanswered.get(ago).map_or(never, |sent| sent.plus(span)))
    }
}

/// What a country may have unanswered, whatever its traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountryFloor {
    /// In an hour of the clock.
    pub per_hour: u32,
    /// In a day of UTC.
    pub per_day: u32,
}

impl Default for CountryFloor {
    fn default() -> Self {
        Self { per_hour: COUNTRY_PER_HOUR.default, per_day: COUNTRY_PER_DAY.default }
    }
}

/// Texts to a country whose codes were entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The most on one of the last [`DAYS_REMEMBERED`] days.
    pub best_day: u64,
    /// Today.
    pub today: u64,
    /// In this hour.
    pub this_hour: u64,
}

/// What a country may have unanswered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// In this hour.
    pub per_hour: u64,
    /// Today.
    pub per_day: u64,
}

impl Allowance {
    /// No limit: for what is only counted.
    pub const UNLIMITED: Self = Self { per_hour: u64::MAX >> 1, per_day: u64::MAX >> 1 };

    /// By the formula above.
    #[must_use]
    pub fn of(floor: CountryFloor, verified: Verified) -> Self {
        let a_fifth = |count: u64| count / 5;
        let per_day = u64::from(floor.per_day).max(a_fifth(verified.best_day)).max(a_fifth(verified.today));
        let per_hour = u64::from(floor.per_hour).max(per_day / 6).max(a_fifth(verified.this_hour));
        Self { per_hour, per_day }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_prefix_is_a_number_without_its_last_three_digits() {
        assert_eq!(prefix("+12345678901"), "+12345678");
        assert_eq!(prefix("+1"), "+1");
    }

    #[test]
    fn a_country_starts_at_its_floor_and_grows_with_its_verified_traffic() {
        let of = |best_day, today, this_hour| Allowance::of(CountryFloor::default(), Verified { best_day, today, this_hour });
        assert_eq!(of(0, 0, 0), Allowance { per_hour: 20, per_day: 60 });
        assert_eq!(of(1000, 0, 0), Allowance { per_hour: 33, per_day: 200 });
        assert_eq!(of(1000, 2000, 400), Allowance { per_hour: 80, per_day: 400 });
    }

    proptest! {
        #[test]
        fn more_verified_traffic_never_allows_less(best in 0_u64..1 << 40, today in 0_u64..1 << 40, hour in 0_u64..1 << 40, more in 0_u64..1 << 20) {
            let of = |best_day, today, this_hour| Allowance::of(CountryFloor::default(), Verified { best_day, today, this_hour });
            let less = of(best, today, hour);
            for grown in [of(best + more, today, hour), of(best, today + more, hour), of(best, today, hour + more)] {
                prop_assert!(grown.per_day >= less.per_day && grown.per_hour >= less.per_hour);
            }
        }
    }
}
