//! A model of send, resend and verify, explored to its bounds: requests in every order, delivered twice, guesses of strangers,
//! lost replies, the SDK's retries and late arrivals of what it gave up on, processes killed at every step, and time.
//!
//! It runs the code of the service itself where decisions are made: the transitions of the reference store
//! (`testing::memory::Item`), which the conformance suite compares with DynamoDB's expressions, and the verdicts of
//! `domain::ledger`. What a function does between two requests to the store is told anew in `world.rs`.
//!
//! Every invariant has a design that breaks it, so a search that finds nothing says something.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use otp_auth::domain::ledger::SendLimits;
use stateright::{Checker, HasDiscoveries, Model};

mod call;
mod design;
mod history;
mod world;

use design::Design;
use world::{Bounds, World};

/// A few states for a control: what it breaks is found early.
const CONTROL_STATES: usize = 400_000;

/// Parts of the whole space, each deep in one direction.
fn bounds() -> Vec<Bounds> {
    let limits = SendLimits { cooldown: Duration::from_secs(60), per_hour: 2, per_day: 3 };
    vec![
        Bounds { before: 1, sends: 0, guesses: 3, faults: 3, steps: [(120, 1), (0, 0)], ..Bounds::new("guesses") },
        Bounds { sends: 3, guesses: 0, faults: 1, steps: [(60, 2), (0, 0)], resends: true, ..Bounds::new("sends") },
        Bounds { before: 1, sends: 1, guesses: 2, faults: 1, steps: [(60, 1), (0, 0)], resends: true, ..Bounds::new("both") },
        Bounds { before: 1, sends: 1, guesses: 2, faults: 1, failures: 9, steps: [(60, 1), (0, 0)], ..Bounds::new("levels") },
        Bounds { before: 1, sends: 1, guesses: 2, faults: 0, steps: [(60, 1), (0, 0)], unbound: true, ..Bounds::new("unbound") },
        Bounds { sends: 4, guesses: 0, faults: 0, steps: [(60, 2), (3480, 1)], limits, ..Bounds::new("windows") },
    ]
}

#[test]
fn no_invariant_is_broken_within_the_bounds() {
    println!("\nThe service: every decision is one conditional write.");
    println!("{:>10}  sends guesses faults  attempts   states   unique  depth", "part");
    for bounds in bounds() {
        let shape = format!(
            "{:>10}  {}+{}   {:>7} {:>6} {:>9}",
            bounds.name, bounds.before, bounds.sends, bounds.guesses, bounds.faults, bounds.attempts
        );
        let checker = World { design: Design::OneWrite, bounds }.checker().threads(2).spawn_dfs().join();
        println!("{shape} {:>8} {:>8} {:>6}", checker.state_count(), checker.unique_state_count(), checker.max_depth());
        if let Some((name, path)) = checker.discoveries().into_iter().next() {
            panic!("{name} is broken by {:#?}", path.into_actions());
        }
        assert!(checker.is_done() && checker.unique_state_count() > 1000, "the search came to its end, and it was one");
    }
}

/// Designs that look right, and what each of them must break.
fn controls() -> Vec<(Design, Bounds, &'static [&'static str])> {
    let guesses = |faults| Bounds { before: 1, sends: 0, guesses: 3, faults, ..Bounds::new("guesses") };
    let sends = || Bounds { sends: 2, guesses: 0, faults: 0, ..Bounds::new("sends") };
    let both = || Bounds { before: 1, sends: 1, guesses: 2, faults: 1, ..Bounds::new("both") };
    let wide = SendLimits { cooldown: Duration::from_secs(60), per_hour: 1, per_day: 3 };
    vec![
        (Design::ReadThenWrite, guesses(0), &["I1", "I2", "I3"]),
        (Design::ReadThenWrite, sends(), &["I6"]),
        (Design::DeleteElseCount, guesses(1), &["I1", "I2", "I3"]),
        (Design::ConsumePutBack, guesses(1), &["I2"]),
        (Design::RequestIdPerAttempt, guesses(1), &["I2", "I3"]),
        (Design::SendForgives, both(), &["I4"]),
        (Design::DeliveryRetried, sends(), &["I5"]),
        (Design::HourOfTheClock, Bounds { limits: wide, ..sends() }, &["I6"]),
        (Design::OneSlot, both(), &["I7"]),
        (Design::GarbageLives, Bounds { steps: [(120, 1), (0, 0)], ..guesses(0) }, &["I8"]),
        (Design::CodeOfTheLastTry, Bounds { failures: 9, ..both() }, &["delivered"]),
    ]
}

#[test]
fn controls_designs_that_look_right_break_what_the_service_keeps() {
    println!("\nControls: invariant (events until it is broken).");
    let mut shown = BTreeSet::new();
    for (design, bounds, expected) in controls() {
        let wanted = HasDiscoveries::AllOf(expected.iter().copied().collect());
        let search = World { design, bounds }.checker().finish_when(wanted).target_state_count(CONTROL_STATES);
        let found: BTreeMap<&str, usize> =
            search.spawn_bfs().join().discoveries().into_iter().map(|(name, path)| (name, path.into_actions().len())).collect();
        let list: Vec<String> = found.iter().map(|(name, events)| format!("{name} ({events})")).collect();
        println!("{:>22}  {}", format!("{design:?}"), list.join(", "));
        for name in expected {
            assert!(found.contains_key(name), "{design:?} does not break {name}");
        }
        shown.extend(found.into_keys());
    }
    assert_eq!(shown.len(), 9, "every invariant can be broken, and is found to be: {shown:?}");
}
