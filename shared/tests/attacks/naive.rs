//! Designs that are known to be broken, each the real store with one flaw: the controls of the attacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::domain::challenge::ChallengeId;
use otp_auth::domain::keys::LedgerKey;
use otp_auth::domain::ledger::{GuessWrite, Ledger, Level, RequestId, ResendWrite, SendWrite, Slot, Written};
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::clock::random;
use otp_auth::ports::store::{ChallengeStore, StoreError, TakenBy};
use otp_auth::testing::service::test_keys;

type Stored = Result<Written, StoreError>;

/// One thing that is done wrongly; the rest is as in the store behind.
#[async_trait]
pub trait Flaw: Send + Sync {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Stored {
        behind.send(write).await
    }

    async fn resend(&self, behind: &dyn ChallengeStore, write: &ResendWrite) -> Stored {
        behind.resend(write).await
    }

    async fn guess(&self, behind: &dyn ChallengeStore, write: &GuessWrite) -> Stored {
        behind.guess(write).await
    }

    async fn read(&self, behind: &dyn ChallengeStore, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        behind.read(key, now).await
    }
}

/// A store with a flaw.
pub struct Naive<F> {
    behind: Arc<dyn ChallengeStore>,
    flaw: F,
}

impl<F: Flaw + 'static> Naive<F> {
    pub fn around(behind: &Arc<dyn ChallengeStore>, flaw: F) -> Arc<dyn ChallengeStore> {
        Arc::new(Self { behind: Arc::clone(behind), flaw })
    }
}

#[async_trait]
impl<F: Flaw> ChallengeStore for Naive<F> {
    async fn send(&self, write: &SendWrite) -> Stored {
        self.flaw.send(&*self.behind, write).await
    }

    async fn resend(&self, write: &ResendWrite) -> Stored {
        self.flaw.resend(&*self.behind, write).await
    }

    async fn guess(&self, write: &GuessWrite) -> Stored {
        self.flaw.guess(&*self.behind, write).await
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
        self.flaw.read(&*self.behind, key, now).await
    }
}

/// The write of a code that is never asked to be longer.
fn at_any_level(write: &SendWrite) -> SendWrite {
    SendWrite { level: Level::of(u32::MAX, u32::MAX), ..write.clone() }
}

/// Failures are counted for each challenge, and nowhere else.
pub struct NoLevels;

#[async_trait]
impl Flaw for NoLevels {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Stored {
        behind.send(&at_any_level(write)).await
    }
}

/// A right guess, whoever's, makes every earlier failure forgotten.
pub struct SuccessForgives;

#[async_trait]
impl Flaw for SuccessForgives {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Stored {
        let ledger = behind.read(&write.key, write.now).await?;
        if Level::of(ledger.failures, 0) > write.level {
            return Ok(Written::Refused(Ledger { unsolved: 0, ..ledger }));
        }
        behind.send(&at_any_level(write)).await
    }
}

/// A resend starts the count of guesses over.
#[derive(Default)]
pub struct ResendStartsOver {
    resends: AtomicU32,
}

#[async_trait]
impl Flaw for ResendStartsOver {
    async fn resend(&self, behind: &dyn ChallengeStore, write: &ResendWrite) -> Stored {
        self.resends.fetch_add(1, Ordering::SeqCst);
        let max_guesses = write.max_guesses * (1 + self.resends.load(Ordering::SeqCst));
        behind.resend(&ResendWrite { max_guesses, ..write.clone() }).await
    }

    async fn guess(&self, behind: &dyn ChallengeStore, write: &GuessWrite) -> Stored {
        let max_guesses = write.max_guesses * (1 + self.resends.load(Ordering::SeqCst));
        behind.guess(&GuessWrite { max_guesses, ..write.clone() }).await
    }
}

/// One code at a time: a new one takes the place of the one that lives.
pub struct NewestOnly;

#[async_trait]
impl Flaw for NewestOnly {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Stored {
        let written = behind.send(write).await?;
        if matches!(written, Written::Applied(_)) {
            let older = |slot: &&Slot| slot.id != write.id;
            for (number, slot) in written.ledger().slots.iter().filter(|(_, slot)| older(slot)) {
                behind.kill(&write.key, *number, slot.id).await?;
            }
        }
        Ok(written)
    }
}

/// Ten failures, and the identifier is locked.
pub struct LocksOut;

#[async_trait]
impl Flaw for LocksOut {
    async fn guess(&self, behind: &dyn ChallengeStore, write: &GuessWrite) -> Stored {
        match behind.read(&write.key, write.now).await?.failures {
            0..10 => behind.guess(write).await,
            _ => Ok(Written::Refused(Ledger::default())),
        }
    }
}

/// The SDK's attempts have nothing in common: the first one's reply is lost, and the next is a stranger.
pub struct ForgetsRequests;

#[async_trait]
impl Flaw for ForgetsRequests {
    async fn guess(&self, behind: &dyn ChallengeStore, write: &GuessWrite) -> Stored {
        let request = RequestId::new(random(&SystemRandomness).unwrap());
        behind.guess(&GuessWrite { request, ..write.clone() }).await?;
        behind.guess(write).await
    }
}

/// The limits are kept under what somebody typed, or for each request anew: here every send has windows of its own.
#[derive(Default)]
pub struct WindowsPerRequest {
    sends: AtomicU32,
}

#[async_trait]
impl Flaw for WindowsPerRequest {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Stored {
        let number = self.sends.fetch_add(1, Ordering::SeqCst);
        let another = Recipient::parse(&format!("u{number}@example.com"), None).unwrap();
        behind.send(&SendWrite { key: test_keys().unwrap().ledger_key(&another), ..write.clone() }).await
    }
}
