//! A whole service in memory. Everything in it follows from the input alone, so that a crash can be repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use otp_auth::ports::clock::{NoRandomness, Randomness};
use otp_auth::testing::service::{Service, Setup};

/// A service that nothing has happened to yet.
#[must_use]
pub fn fresh() -> Service {
    let mut setup = Setup::in_memory().expect("test keys are keys");
    setup.randomness = Arc::new(Counting::default());
    setup.build()
}

/// Runs to the end on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// Bytes that never repeat, and are the same in every run.
#[derive(Default)]
struct Counting(AtomicU64);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64's increment: neighbouring counts look nothing alike.
            let word = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
