//! Parts of a service that fail, or are slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::sender::{Delivery, Message, Refusal, RefusalClass, Sender};
use otp_auth::ports::store::{AddressLimits, AddressVerdict, IdempotencyVerdict, StoreError, WindowStore};
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
    pub windows: Arc<dyn WindowStore>,
    pub from: Timestamp,
    pub one_in: u32,
    pub asked: AtomicU32,
}

#[async_trait]
impl WindowStore for FailingTable {
    async fn count_send(&self, key: &str, limits: AddressLimits, now: Timestamp) -> Result<AddressVerdict, StoreError> {
        let nth = self.asked.fetch_add(1, Ordering::Relaxed);
        if now >= self.from && nth % self.one_in == self.one_in - 1 {
            return Err(StoreError::Unavailable("throttled".to_owned()));
        }
        self.windows.count_send(key, limits, now).await
    }

    async fn claim_idempotency(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<IdempotencyVerdict, StoreError> {
        self.windows.claim_idempotency(key, fingerprint, now).await
    }
}
