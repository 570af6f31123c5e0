//! Numbers and times as people read them.

use crate::commands::report::summary::objectives::{Measure, Objective};

/// `1,234,567`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Hundredths with one decimal, downwards: what is missed never looks met.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| tenths((value * 10.0).floor() / 10.0))
}

/// The share of a part, to the whole hundredth.
pub fn share(part: u64, all: u64) -> String {
    format!("{}\u{a0}%", (part * 200 + all.max(1)) / (all.max(1) * 2))
}

fn tenths(value: f64) -> String {
    if value == 0.0 || value == 100.0 { format!("{value:.0}\u{a0}%") } else { format!("{value:.1}\u{a0}%") }
}

/// Milliseconds: `45 ms`, `1.52 s`.
pub fn milliseconds(value: Option<u64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value @ 0..=999) => format!("{value}\u{a0}ms"),
        #[expect(clippy::cast_precision_loss, reason = "shown with two decimals")]
        Some(value @ 1000..=59_999) => format!("{:.2}\u{a0}s", value as f64 / 1000.0),
        Some(value) => seconds(Some(value / 1000)),
    }
}

/// Seconds: `42 s`, `3 min 5 s`.
pub fn seconds(value: Option<u64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value @ 0..=119) => format!("{value}\u{a0}s"),
        Some(value @ 120..=7199) if value % 60 == 0 => format!("{}\u{a0}min", value / 60),
        Some(value @ 120..=7199) => format!("{}\u{a0}min {}\u{a0}s", value / 60, value % 60),
        Some(value) => format!("{}\u{a0}h", number(value / 3600)),
    }
}

/// The value of an objective. What should be small is rounded upwards.
pub fn value(objective: &Objective) -> String {
    match (objective.measure, objective.value) {
        (_, None) => "–".to_owned(),
        (Measure::PercentAbove, Some(value)) => beside(value, objective.target, f64::floor),
        (Measure::PercentBelow, Some(value)) => beside(value, objective.target, f64::ceil),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds, and it stops at the largest")]
        (Measure::MillisecondsBelow, Some(value)) => milliseconds(Some(value.ceil() as u64)),
    }
}

/// Hundredths beside a target: with so many decimals that one looks different from the other.
fn beside(value: f64, target: f64, round: fn(f64) -> f64) -> String {
    let shown = round(value * 10.0) / 10.0;
    if shown == target && value != target { format!("{:.2}\u{a0}%", round(value * 100.0) / 100.0) } else { tenths(shown) }
}

/// What an objective asks for.
pub fn target(objective: &Objective) -> String {
    let target = objective.target;
    match objective.measure {
        Measure::PercentAbove => format!("above {target}\u{a0}%"),
        Measure::PercentBelow => format!("below {target}\u{a0}%"),
        Measure::MillisecondsBelow => format!("below {}\u{a0}s", target / 1000.0),
    }
}

/// From one moment to another, in UTC.
pub fn period(from: &str, to: &str) -> String {
    let (from, to) = (moment(from), moment(to));
    match from.0 == to.0 {
        true => format!("{}, {} to {} UTC", from.0, from.1, to.1),
        false => format!("{} {} to {} {} UTC", from.0, from.1, to.0, to.1),
    }
}

/// The date, and the time without seconds.
pub fn moment(moment: &str) -> (&str, &str) {
    (moment.get(..10).unwrap_or_default(), moment.get(11..16).unwrap_or_default())
}

/// How long a step is.
pub fn length(minutes: u64) -> String {
    match minutes {
        1 => "a minute".to_owned(),
        60 => "an hour".to_owned(),
        1440 => "a day".to_owned(),
        minutes if minutes % 1440 == 0 => format!("{} days", minutes / 1440),
        minutes if minutes % 60 == 0 => format!("{} hours", minutes / 60),
        minutes => format!("{minutes} minutes"),
    }
}

/// One of something, or several.
pub fn several(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_is_missed_never_looks_met() {
        assert_eq!([Some(94.99), Some(95.0), Some(100.0), None].map(percent), ["94.9\u{a0}%", "95.0\u{a0}%", "100\u{a0}%", "–"]);
    }

    #[test]
    fn what_is_met_does_not_look_like_the_target_itself() {
        assert_eq!([99.068, 99.0, 98.96].map(|v| beside(v, 99.0, f64::floor)), ["99.06\u{a0}%", "99.0\u{a0}%", "98.9\u{a0}%"]);
        assert_eq!([0.952, 1.0, 0.04].map(|v| beside(v, 1.0, f64::ceil)), ["0.96\u{a0}%", "1.0\u{a0}%", "0.1\u{a0}%"]);
    }

    #[test]
    fn durations_have_the_unit_that_suits_them() {
        assert_eq!(
            [0, 999, 1520, 61_000].map(|ms| milliseconds(Some(ms))),
            ["0\u{a0}ms", "999\u{a0}ms", "1.52\u{a0}s", "61\u{a0}s"]
        );
        assert_eq!(
            [119, 120, 185, 7200].map(|s| seconds(Some(s))),
            ["119\u{a0}s", "2\u{a0}min", "3\u{a0}min 5\u{a0}s", "2\u{a0}h"]
        );
        assert_eq!(milliseconds(Some(u64::MAX)), "5,124,095,576,030\u{a0}h");
    }

    #[test]
    fn a_period_names_its_day_once() {
        assert_eq!(period("2026-11-23T12:00:04Z", "2026-11-23T13:01:00Z"), "2026-11-23, 12:00 to 13:01 UTC");
        assert_eq!(period("2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z"), "2026-11-23 12:00 to 2026-11-24 12:00 UTC");
    }
}
