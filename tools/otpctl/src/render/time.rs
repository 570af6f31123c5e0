//! Times, read and shown.

use std::time::Duration;

use otp_auth::domain::time::{Timestamp, secs_rounded_up};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads RFC 3339.
pub fn parse(text: &str) -> Option<Timestamp> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let millis = parsed.unix_timestamp_nanos().checked_div(1_000_000)?;
    u64::try_from(millis).ok().map(Timestamp::from_millis)
}

/// `3 min ago`, `in 42 s`, `now`.
pub fn relative(time: Timestamp, now: Timestamp) -> String {
    if time > now {
        format!("in {}", span(time.since(now)))
    } else if time == now {
        "now".to_owned()
    } else {
        format!("{} ago", span(now.since(time)))
    }
}

/// `42 s`, `3 min`, `5 h`, `12 days`: the largest unit of which there are two, rounded down.
fn span(duration: Duration) -> String {
    match secs_rounded_up(duration) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds @ 7200..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_read_with_any_offset() {
        let noon = Some(Timestamp::from_millis(1_795_435_200_000));
        assert_eq!(parse("2026-11-23T12:00:00Z"), noon);
        assert_eq!(parse("2026-11-23T13:00:00.000+01:00"), noon);
        for wrong in ["", "yesterday", "2026-11-23", "2026-11-23 12:00", "1960-01-01T00:00:00Z"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_distance_has_two_of_its_unit() {
        let now = Timestamp::from_millis(1_795_435_200_000);
        let at = |seconds: i64| {
            let by = Duration::from_secs(seconds.unsigned_abs());
            relative(if seconds < 0 { now.minus(by) } else { now.plus(by) }, now)
        };
        assert_eq!([at(0), at(42), at(-119), at(-120)], ["now", "in 42 s", "119 s ago", "2 min ago"]);
        assert_eq!([at(-7199), at(-7200), at(-172_800)], ["119 min ago", "2 h ago", "2 days ago"]);
    }
}
