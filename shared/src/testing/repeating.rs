//! A store whose replies get lost: each write is applied, its reply dropped, and the write repeated with the same request
//! id, as the SDK does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::domain::challenge::ChallengeId;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::{GuessWrite, Ledger, ResendWrite, SendWrite, Written};
use crate::domain::time::Timestamp;
use crate::ports::store::{ChallengeStore, StoreError, TakenBy};

/// Loses the first replies of every write to the store behind it.
pub struct Repeating<S> {
    behind: S,
    lost: Arc<AtomicUsize>,
}

impl<S> Repeating<S> {
    /// Loses as many replies as `lost` says at the time of each write.
    pub const fn new(behind: S, lost: Arc<AtomicUsize>) -> Self {
        Self { behind, lost }
    }

    fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl<S: ChallengeStore> ChallengeStore for Repeating<S> {
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError> {
        for _ in 0..self.lost() {
            self.behind.send(write).await?;
        }
        self.behind.send(write).await
    }

    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError> {
        for _ in 0..self.lost() {
            self.behind.resend(write).await?;
        }
        self.behind.resend(write).await
    }

    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError> {
        for _ in 0..self.lost() {
            self.behind.guess(write).await?;
        }
        self.behind.guess(write).await
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
