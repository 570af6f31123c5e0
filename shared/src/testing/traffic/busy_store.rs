//! A store that takes a moment on the test clock, and is away for a while.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::chance::Chance;
use crate::domain::challenge::ChallengeId;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::{GuessWrite, Ledger, ResendWrite, SendWrite, Written};
use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::store::{ChallengeStore, StoreError, TakenBy};
use crate::testing::clock::TestClock;

/// Milliseconds that a write takes.
const WRITE: Range<u64> = 4..30;

/// The store behind it, with its moods.
pub struct BusyStore {
    /// The real one.
    pub behind: Arc<dyn ChallengeStore>,
    /// When it does not answer.
    pub away: Range<Timestamp>,
    /// Chance.
    pub chance: Arc<Chance>,
    /// The clock that it moves.
    pub clock: Arc<TestClock>,
}

impl BusyStore {
    fn answers(&self) -> Result<&dyn ChallengeStore, StoreError> {
        if self.away.contains(&self.clock.now()) {
            self.clock.advance(Duration::from_secs(3));
            return Err(StoreError::Unavailable("timeout".to_owned()));
        }
        self.clock.advance(Duration::from_millis(self.chance.skewed(WRITE.start, WRITE.end)));
        Ok(self.behind.as_ref())
    }
}

#[async_trait]
impl ChallengeStore for BusyStore {
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError> {
        self.answers()?.send(write).await
    }

    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError> {
        self.answers()?.resend(write).await
    }

    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError> {
        self.answers()?.guess(write).await
    }

    async fn add_counted(&self, key: &LedgerKey, slot: u8, id: ChallengeId, at: Timestamp) -> Result<(), StoreError> {
        self.behind.add_counted(key, slot, id, at).await
    }

    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError> {
        self.behind.kill(key, slot, id).await
    }

    async fn set_provider(&self, key: &LedgerKey, slot: u8, id: ChallengeId, by: TakenBy<'_>) -> Result<(), StoreError> {
        self.behind.set_provider(key, slot, id, by).await
    }

    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        self.behind.read(key, now).await
    }
}
