//! Chance that comes out the same every time: for a script, and never for what anybody must not guess.

use std::sync::{Mutex, PoisonError};

use crate::ports::clock::{NoRandomness, Randomness};

/// Numbers from a seed (SplitMix64).
#[derive(Debug)]
pub struct Chance(Mutex<u64>);

impl Chance {
    /// The same numbers for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least `from`, less than `to`.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.next() % to.saturating_sub(from).max(1)
    }

    /// Small values often, large ones seldom: from `least` to `most`.
    pub fn skewed(&self, least: u64, most: u64) -> u64 {
        let room = most - least;
        let (a, b) = (self.between(0, 1000), self.between(0, 1000));
        least + room * a * a / 1_000_000 * b / 1000
    }

    /// So many times in a thousand.
    pub fn in_a_thousand(&self, times: u64) -> bool {
        self.between(0, 1000) < times
    }
}

impl Randomness for Chance {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(self.next().to_le_bytes().get(..chunk.len()).unwrap_or_default());
        }
        Ok(())
    }
}
