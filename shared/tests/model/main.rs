//! A model of send, resend and verify, explored to its bounds: requests in every order, delivered twice, guesses of strangers,
//! lost replies, the SDK's retries and late arrivals of what it gave up on, processes killed at every step, and time.
//!
//! It runs the code of the service itself where decisions are made: the transitions of the reference store
//! (`testing::memory::Item`), which the conformance suite compares with DynamoDB's expressions, and the verdicts of
//! `domain::ledger`. What a function does between two requests to the store is told anew in `world.rs`.
//!
//! Every invariant has a design that breaks it, so a search that finds nothing says something.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, missing_docs)]

use std::time::Duration;

use otp_auth::domain::ledger::SendLimits;
use stateright::{Checker, Model};

mod call;
mod design;
mod history;
mod world;

use design::Design;
use world::{Bounds, World};

fn bounds() -> Vec<Bounds> {
    let limits = |cooldown, per_hour, per_day| SendLimits { cooldown: Duration::from_secs(cooldown), per_hour, per_day };
    vec![
        Bounds { before: 1, sends: 0, guesses: 3, faults: 3, steps: [(120, 1), (0, 0)], ..Bounds::new("guesses") },
        Bounds { sends: 3, guesses: 0, faults: 1, steps: [(60, 2), (0, 0)], resends: true, ..Bounds::new("sends") },
        Bounds { before: 1, sends: 1, guesses: 2, faults: 2, steps: [(60, 1), (0, 0)], resends: true, ..Bounds::new("both") },
        Bounds { before: 1, sends: 1, guesses: 2, faults: 1, failures: 9, steps: [(60, 1), (0, 0)], ..Bounds::new("levels") },
        Bounds { before: 1, sends: 1, guesses: 2, faults: 1, steps: [(60, 1), (0, 0)], unbound: true, ..Bounds::new("unbound") },
        Bounds { sends: 5, guesses: 0, faults: 0, steps: [(60, 3), (3480, 1)], limits: limits(60, 2, 3), ..Bounds::new("windows") },
    ]
}

#[test]
fn no_invariant_is_broken_within_the_bounds() {
    for bounds in bounds() {
        let name = bounds.name;
        let start = std::time::Instant::now();
        let checker = World { design: Design::OneWrite, bounds }.checker().threads(2).timeout(std::time::Duration::from_secs(40)).spawn_dfs().join();
        println!("{name}: {} states, {} unique, depth {} {:?}", checker.state_count(), checker.unique_state_count(), checker.max_depth(), start.elapsed());
        for (name, path) in checker.discoveries() { let name = format!("FOUND {name} {}", path.clone().into_actions().len());
            println!("{name} {:?}", path.into_actions());
        }
    }
}
