//! A clock that stands still until it is told to move.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::time::{Timestamp, millis};
use crate::ports::clock::Clock;

/// A clock in a test's hands.
#[derive(Debug)]
pub struct TestClock(AtomicU64);

impl TestClock {
    /// Stands at `time`.
    #[must_use]
    pub const fn at(time: Timestamp) -> Self {
        Self(AtomicU64::new(time.as_millis()))
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(millis(by), Ordering::SeqCst);
    }
}

/// 2026-11-23T12:00:00Z.
impl Default for TestClock {
    fn default() -> Self {
        Self::at(Timestamp::from_millis(1_795_435_200_000))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
