//! The five objectives: what the service promises, and whether the log shows that it kept it.

use serde::Serialize;

use crate::commands::report::tally::Tally;
use crate::commands::report::tally::names::Names;
use crate::commands::report::words::number;

/// Sends are answered within this, in milliseconds.
const ANSWERED_WITHIN: u64 = 2000;
/// Events below which nothing is said, whatever the target.
const LEAST: u64 = 20;

/// An objective, and what the log shows of it.
#[derive(Debug, Serialize)]
pub struct Objective {
    /// For programs.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What is measured.
    pub measure: Measure,
    /// What the value must be above, or below: hundredths, or milliseconds.
    pub target: f64,
    /// What it is; none where nothing happened.
    pub value: Option<f64>,
    /// Whether that is enough.
    pub verdict: Verdict,
    /// How many events it rests on.
    pub volume: u64,
    /// How much of what the target allows is used up: 1 is all of it.
    pub allowance_used: Option<f64>,
    /// What the value is made of.
    pub basis: String,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Hundredths, of which there should be more.
    PercentAbove,
    /// Hundredths, of which there should be fewer.
    PercentBelow,
    /// Milliseconds, of which there should be fewer.
    MillisecondsBelow,
}

/// Whether an objective was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// So few events that one of them could decide.
    NotEnoughData,
}

/// All five.
pub fn all(tally: &Tally) -> [Objective; 5] {
    [
        delivery(tally, "sms", ("sms_delivered", "Texts delivered"), 95.0),
        delivery(tally, "email", ("email_delivered", "Mail delivered"), 99.0),
        verified(tally),
        answered(tally),
        errors(tally),
    ]
}

/// By receipts where there are any; else by what providers took.
fn delivery(tally: &Tally, channel: &str, (name, title): (&'static str, &'static str), target: f64) -> Objective {
    let receipts = tally.receipts.get(channel).copied().unwrap_or_default();
    let taken = tally.taken.get(channel).copied().unwrap_or_default();
    let told = receipts.confirmed + receipts.failed;
    let (good, volume, basis) = if told > 0 {
        let waiting = (taken.accepted + taken.unclear).saturating_sub(told);
        (
            receipts.confirmed,
            told,
            format!("{} of {} confirmed by receipts, {} without one", number(receipts.confirmed), number(told), number(waiting)),
        )
    } else {
        let volume = taken.accepted + taken.unclear + taken.failed;
        (
            taken.accepted,
            volume,
            format!("{} of {} taken by a provider; no receipts in this log", number(taken.accepted), number(volume)),
        )
    };
    above((name, title), target, (good, volume), basis)
}

fn verified(tally: &Tally) -> Objective {
    let sum = |part: fn(&super::super::tally::Codes) -> u64| sum(&tally.channels, part);
    let (sent, verified) = (sum(|codes| codes.sent), sum(|codes| codes.verified));
    let basis = format!("{} right codes for {} that were sent", number(verified), number(sent));
    above(("verified", "Codes verified"), 80.0, (verified, sent), basis)
}

fn answered(tally: &Tally) -> Objective {
    let (volume, value) = (tally.sends.count(), tally.sends.percentile(95));
    let in_time = tally.sends.below(ANSWERED_WITHIN);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a request")]
    let value = value.map(|value| value as f64);
    #[expect(clippy::cast_precision_loss, reason = "two thousand")]
    let target = ANSWERED_WITHIN as f64;
    Objective {
        name: "answered",
        title: "Sends answered",
        measure: Measure::MillisecondsBelow,
        target,
        value,
        verdict: verdict(volume, LEAST, value.is_some_and(|value| value < target)),
        volume,
        allowance_used: value.map(|value| value / target),
        basis: format!("95th percentile; {} of {} within 2 s", number(in_time), number(volume)),
    }
}

fn errors(tally: &Tally) -> Objective {
    let sum = |part: fn(&super::super::tally::Route) -> u64| sum(&tally.routes, part);
    let (volume, faults) = (sum(|route| route.requests), sum(|route| route.faults));
    let (target, value) = (1.0, percent(faults, volume));
    Objective {
        name: "errors",
        title: "System errors",
        measure: Measure::PercentBelow,
        target,
        value,
        verdict: verdict(volume, least(target), value.is_some_and(|value| value < target)),
        volume,
        allowance_used: value.map(|value| value / target),
        basis: format!("{} of {} requests failed", number(faults), number(volume)),
    }
}

fn above((name, title): (&'static str, &'static str), target: f64, (good, volume): (u64, u64), basis: String) -> Objective {
    let value = percent(good, volume);
    Objective {
        name,
        title,
        measure: Measure::PercentAbove,
        target,
        value,
        verdict: verdict(volume, least(100.0 - target), value.is_some_and(|value| value > target)),
        volume,
        allowance_used: value.map(|value| ((100.0 - value) / (100.0 - target)).max(0.0)),
        basis,
    }
}

/// So many that one failure alone is not more than the target allows.
fn least(allowed: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 5 to 100")]
    let one_is_allowed = (100.0 / allowed).ceil() as u64;
    one_is_allowed.max(LEAST)
}

const fn verdict(volume: u64, least: u64, met: bool) -> Verdict {
    match (volume >= least, met) {
        (false, _) => Verdict::NotEnoughData,
        (true, true) => Verdict::Met,
        (true, false) => Verdict::Missed,
    }
}

/// Hundredths.
#[expect(clippy::cast_precision_loss, reason = "counts of lines")]
pub fn percent(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 * 100.0 / all as f64)
}

fn sum<T: Default>(names: &Names<T>, part: fn(&T) -> u64) -> u64 {
    names.iter().map(|(_, counter)| part(counter)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: f64, good: u64, volume: u64) -> Verdict {
        above(("", ""), target, (good, volume), String::new()).verdict
    }

    #[test]
    fn a_target_is_not_met_by_reaching_it() {
        assert_eq!([of(95.0, 95, 100), of(95.0, 96, 100), of(99.0, 990, 1000)], [Verdict::Missed, Verdict::Met, Verdict::Missed]);
    }

    #[test]
    fn one_event_does_not_decide() {
        assert_eq!([of(99.0, 99, 99), of(99.0, 100, 100)], [Verdict::NotEnoughData, Verdict::Met]);
        assert_eq!(
            [of(80.0, 19, 19), of(80.0, 20, 20), of(80.0, 0, 0)],
            [Verdict::NotEnoughData, Verdict::Met, Verdict::NotEnoughData]
        );
    }

    #[test]
    fn the_allowance_is_what_may_go_wrong() {
        let used = |good| above(("", ""), 95.0, (good, 1000), String::new()).allowance_used.map(|used| (used * 100.0).round());
        assert_eq!([used(1000), used(975), used(950), used(900)], [0.0, 50.0, 100.0, 200.0].map(Some));
    }
}
