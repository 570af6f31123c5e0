//! What the numbers must be, whatever machine they come from: all are ratios within one run, counts or sizes.

use super::Route;
use super::contenders::Kind;
use super::measured::Measured;

/// How far ahead start and first event must be, in CPU time.
const COLD: [(Kind, f64); 3] = [(Kind::EveryDefault, 4.0), (Kind::Python, 25.0), (Kind::Node, 12.0)];
/// How far ahead a warm event must be.
const WARM: [(Kind, f64); 2] = [(Kind::Python, 3.0), (Kind::Node, 2.0)];
/// The largest zip, in bytes.
const LARGEST_ZIP: u64 = 3_500_000;

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What.
    pub what: String,
    /// What was measured.
    pub measured: String,
    /// Whether it holds.
    pub holds: bool,
}

/// All of them.
#[must_use]
pub fn check(measured: &[Measured]) -> Vec<Target> {
    let ours: Vec<&Measured> = measured.iter().filter(|one| one.kind == Kind::Ours).collect();
    let mut targets = Vec::new();
    for ours in &ours {
        let other = |kind: Kind| measured.iter().find(|one| one.kind == kind && one.route == ours.route);
        let name = ours.route.name();
        for (kind, times) in COLD {
            let ratio = other(kind).map(|other| ours.cold_ratio(other));
            targets.push(ahead(format!("{name}: start + first request, against {}", kind.name()), times, ratio));
        }
        for (kind, times) in WARM {
            let ratio = other(kind).map(|other| ours.warm_ratio(other));
            targets.push(ahead(format!("{name}: warm request, against {}", kind.name()), times, ratio));
        }
        targets.push(small(ours));
    }
    targets.extend(ours.iter().filter(|one| one.route == Route::Verify).map(|verify| one_request(verify)));
    targets
}

fn ahead(what: String, times: f64, ratio: Option<f64>) -> Target {
    let measured = ratio.map_or_else(|| "not measured".to_owned(), |ratio| format!("{ratio:.1} times ahead"));
    Target { what: format!("{what}: at least {times} times"), measured, holds: ratio.is_some_and(|ratio| ratio >= times) }
}

fn small(ours: &Measured) -> Target {
    Target {
        what: format!("{}: zip of at most {:.1} MB", ours.route.name(), LARGEST_ZIP as f64 / 1e6),
        measured: format!("{:.2} MB", ours.zip as f64 / 1e6),
        holds: ours.zip <= LARGEST_ZIP,
    }
}

fn one_request(verify: &Measured) -> Target {
    let requests = &verify.requests;
    Target {
        what: "verify: one request to the table decides".to_owned(),
        measured: format!("{}, and beside it {} that tell the guard of an answered text", requests.decide, requests.guard),
        holds: (requests.decide - 1.0).abs() < f64::EPSILON,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::compare::measured::{Costs, Requests, Spread};

    fn measured(kind: Kind, route: Route, cold_ms: u64, warm_ms: u64) -> Measured {
        let costs = |ms| {
            let spread = Spread { median: Duration::from_millis(ms), p99: Duration::from_millis(ms) };
            Costs { cpu: spread, wall: spread }
        };
        Measured {
            kind,
            route,
            start: costs(cold_ms),
            first: costs(0),
            cold: costs(cold_ms),
            warm: costs(warm_ms),
            per_second: 1.0,
            peak_kib: 1,
            instructions: None,
            zip: LARGEST_ZIP,
            requests: Requests { decide: 1.0, ..Requests::default() },
        }
    }

    fn everybody() -> Vec<Measured> {
        let of = |(kind, cold, warm)| Route::BOTH.map(|route| measured(kind, route, cold, warm));
        let all = [(Kind::Ours, 10, 10), (Kind::EveryDefault, 40, 10), (Kind::Python, 250, 30), (Kind::Node, 120, 20)];
        all.into_iter().flat_map(of).collect()
    }

    fn missed(measured: &[Measured]) -> Vec<String> {
        check(measured).into_iter().filter(|target| !target.holds).map(|target| target.what).collect()
    }

    #[test]
    fn all_hold_at_their_bounds() {
        assert_eq!(missed(&everybody()), Vec::<String>::new());
        assert_eq!(check(&everybody()).len(), 13);
    }

    #[test]
    fn each_is_missed_by_a_little_too_much() {
        let changed = |change: fn(&mut Measured)| {
            let mut all = everybody();
            all.iter_mut().filter(|one| one.kind == Kind::Ours && one.route == Route::Verify).for_each(change);
            missed(&all)
        };
        assert_eq!(changed(|ours| ours.cold.cpu.median += Duration::from_micros(1)).len(), 3);
        assert_eq!(changed(|ours| ours.warm.cpu.median += Duration::from_micros(1)).len(), 2);
        assert_eq!(changed(|ours| ours.zip += 1).len(), 1);
        assert_eq!(changed(|ours| ours.requests.decide += 0.1).len(), 1);
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        let ours: Vec<Measured> = everybody().into_iter().filter(|one| one.kind == Kind::Ours).collect();
        assert_eq!(missed(&ours).len(), 10);
    }
}
