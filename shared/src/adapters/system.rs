//! The real clock and the operating system's randomness: the only places that ask the machine for either.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::time::{Timestamp, millis};
use crate::ports::clock::{Clock, NoRandomness, Randomness};

/// The machine's wall clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemTime::now().duration_since(UNIX_EPOCH).map(millis).unwrap_or(0))
    }
}

/// The operating system's random bytes, through aws-lc, asked anew each time.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| NoRandomness)
    }
}
