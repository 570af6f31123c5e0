//! The numbers of one function.

use std::time::Duration;

use super::Route;
use super::contenders::Kind;
use crate::start::sample::Cost;

/// The middle of many numbers, and what one in a hundred exceeds (the nearest rank).
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    /// Half of them are no more than this.
    pub median: Duration,
    /// 99 of 100 are no more than this. Of fewer than 100 numbers, the largest.
    pub p99: Duration,
}

impl Spread {
    /// Of these.
    #[must_use]
    pub fn of(numbers: impl IntoIterator<Item = Duration>) -> Self {
        let mut numbers: Vec<Duration> = numbers.into_iter().collect();
        numbers.sort_unstable();
        let rank = |percent: usize| numbers.get((numbers.len() * percent).div_ceil(100).saturating_sub(1));
        Self { median: rank(50).copied().unwrap_or_default(), p99: rank(99).copied().unwrap_or_default() }
    }
}

/// What a kind of event costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    /// CPU time of the process.
    pub cpu: Spread,
    /// Time on the wall.
    pub wall: Spread,
}

impl Costs {
    /// Of these.
    #[must_use]
    pub fn of(costs: &[Cost]) -> Self {
        let (cpu, wall) = (costs.iter().map(|cost| cost.cpu), costs.iter().map(|cost| cost.wall));
        Self { cpu: Spread::of(cpu), wall: Spread::of(wall) }
    }
}

/// Requests to the table of one event.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Requests {
    /// Those that decide: on an identifier, an address, a code, a user.
    pub decide: f64,
    /// Those of the guard.
    pub guard: f64,
    /// Of both, those that write.
    pub writes: f64,
    /// Bytes that the function logs.
    pub log_bytes: f64,
}

/// One function.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Whose.
    pub kind: Kind,
    /// What it serves.
    pub route: Route,
    /// From the start of the process to its first request for an event.
    pub start: Costs,
    /// The first event.
    pub first: Costs,
    /// Start and first event together.
    pub cold: Costs,
    /// Every later event.
    pub warm: Costs,
    /// Events per second of one process, one after another.
    pub per_second: f64,
    /// The most memory that it held, in KiB.
    pub peak_kib: u64,
    /// Instructions per warm event, where they could be counted.
    pub instructions: Option<u64>,
    /// Bytes of its zip.
    pub zip: u64,
    /// For a text.
    pub requests: Requests,
}

impl Measured {
    /// How often this one's CPU time is in another's, for start and first event together.
    #[must_use]
    pub fn cold_ratio(&self, other: &Self) -> f64 {
        other.cold.cpu.median.as_secs_f64() / self.cold.cpu.median.as_secs_f64()
    }

    /// The same for a warm event.
    #[must_use]
    pub fn warm_ratio(&self, other: &Self) -> f64 {
        other.warm.cpu.median.as_secs_f64() / self.warm.cpu.median.as_secs_f64()
    }
}
