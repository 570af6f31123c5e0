//! Points in time, in milliseconds: whole seconds would let two sends slip into one window.

use std::time::Duration;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Always a parameter, never asked of the machine here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// This much later; stops at the end of representable time.
    #[must_use]
    pub const fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// This much earlier; stops at the epoch.
    #[must_use]
    pub const fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// How long it is from `earlier` until now; zero when `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Days since the epoch: the day of UTC that this point is in.
    #[must_use]
    pub const fn day(self) -> u64 {
        self.as_secs() / 86_400
    }

    /// The hour of its day, 0 to 23.
    #[must_use]
    pub const fn hour_of_day(self) -> u64 {
        self.as_secs() % 86_400 / 3600
    }

    /// The day of UTC as `2026-11-23`.
    #[must_use]
    pub fn date(self) -> String {
        self.to_rfc3339().chars().take(10).collect()
    }

    /// When a span of the clock that this point is in ends: the next full hour, say.
    #[must_use]
    pub fn end_of(self, span: Duration) -> Self {
        let span = millis(span).max(1);
        Self((self.0 / span + 1).saturating_mul(span))
    }

    /// RFC 3339 in UTC with whole seconds, as the contract writes times: `2026-11-23T12:00:00Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let seconds = i64::try_from(self.as_secs()).unwrap_or(i64::MAX);
        time::OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .and_then(|t| t.format(&time::format_description::well_known::Rfc3339).ok())
            .unwrap_or_default()
    }
}

/// Milliseconds of a duration, capped at what 64 bits hold.
#[must_use]
pub const fn millis(duration: Duration) -> u64 {
    let whole = duration.as_millis();
    if whole > u64::MAX as u128 { u64::MAX } else { whole as u64 }
}

/// Whole seconds of a wait, rounded up: a client that waits this long is not too early.
#[must_use]
pub const fn secs_rounded_up(duration: Duration) -> u64 {
    millis(duration).div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339_in_whole_seconds() {
        assert_eq!(Timestamp::from_millis(1_795_435_200_999).to_rfc3339(), "2026-11-23T12:00:00Z");
    }

    #[test]
    fn a_wait_is_rounded_up() {
        assert_eq!(secs_rounded_up(Duration::from_millis(1)), 1);
        assert_eq!(secs_rounded_up(Duration::from_millis(1000)), 1);
        assert_eq!(secs_rounded_up(Duration::ZERO), 0);
    }
}
