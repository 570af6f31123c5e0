//! Parts of a service that fail, or are slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use otp_auth::domain::challenge::ChallengeId;
use otp_auth::domain::keys::LedgerKey;
use otp_auth::domain::ledger::{GuessWrite, Ledger, ResendWrite, SendWrite, Written};
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::sender::{Delivery, Message, Refusal, RefusalClass, Sender};
use otp_auth::ports::store::{ChallengeStore, StoreError, TakenBy};
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::failing::FixedSender;

/// A provider that no longer knows our credentials.
pub fn without_credentials(provider: &'static str) -> Arc<dyn Sender> {
    let reason = Refusal { class: RefusalClass::Credentials, code: "revoked".to_owned() };
    Arc::new(FixedSender::new(Delivery::Refused { provider, reason }))
}

/// A provider that takes its time with one message of so many.
pub struct Slow {
    pub sender: Arc<dyn Sender>,
    pub clock: Arc<TestClock>,
    pub by: Duration,
    pub one_in: u32,
    pub asked: AtomicU32,
}

#[async_trait]
impl Sender for Slow {
    fn provider(&self) -> &'static str {
        self.sender.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        if self.asked.fetch_add(1, Ordering::Relaxed) % self.one_in == self.one_in - 1 {
            self.clock.advance(self.by);
        }
        self.sender.deliver(message).await
    }
}

/// A table that fails one send of so many, from a time on.
pub struct FailingTable {
    pub store: Arc<dyn ChallengeStore>,
    pub from: Timestamp,
    pub one_in: u32,
    pub asked: AtomicU32,
}

#[async_trait]
impl ChallengeStore for FailingTable {
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError> {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        if write.now >= self.from && nth % self.one_in == self.one_in - 1 {
            return Err(StoreError::Unavailable("throttled".to_owned()));
        }
        self.store.send(write).await
    }

    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError> {
        self.store.resend(write).await
    }

    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError> {
        self.store.guess(write).await
    }

    async fn add_counted(&self, key: &LedgerKey, slot: u8, id: ChallengeId, at: Timestamp) -> Result<(), StoreError> {
        self.store.add_counted(key, slot, id, at).await
    }

    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError> {
        self.store.kill(key, slot, id).await
    }

    async fn set_provider(&self, key: &LedgerKey, slot: u8, id: ChallengeId, by: TakenBy<'_>) -> Result<(), StoreError> {
        self.store.set_provider(key, slot, id, by).await
    }

    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        self.store.read(key, now).await
    }
}
