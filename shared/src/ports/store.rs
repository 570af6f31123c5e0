//! Where limits and challenges live.
//!
//! To add an implementation, make it pass `testing::conformance`. What it must promise:
//!
//! - [`ChallengeStore::send`], [`ChallengeStore::resend`] and [`ChallengeStore::guess`] each test their condition and make
//!   their change in **one atomic step**, whatever else happens to the item at that moment. No read before the write.
//! - The image in [`Written`] is of that very step: after it when it was applied, before it when it was refused.
//! - Expiry is part of the condition. An item that a garbage collector has not removed yet is not alive for that.
//! - On any error nothing may be taken as allowed: the caller answers 503.

use async_trait::async_trait;

use crate::domain::challenge::ChallengeId;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::{GuessWrite, Ledger, ResendWrite, SendWrite, Written};
use crate::domain::time::Timestamp;

/// The items of identifiers.
#[async_trait]
pub trait ChallengeStore: Send + Sync {
    /// Starts a challenge, if the windows and the level allow it.
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError>;

    /// Counts a resend of a live challenge that has guesses left, if the windows allow it. Changes nothing of the challenge.
    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError>;

    /// Judges a guess, if the challenge is live and has guesses left.
    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError>;

    /// Adds to a challenge a further message that the guard has counted, so that a right code takes that back too. A repeated
    /// call adds nothing.
    async fn add_counted(&self, key: &LedgerKey, slot: u8, id: ChallengeId, at: Timestamp) -> Result<(), StoreError>;

    /// Ends a challenge whose message could not be delivered, if it is still in its slot and unsolved.
    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError>;

    /// Who took the message of a challenge, if it is still in its slot, and under which id where that is to be kept.
    async fn set_provider(&self, key: &LedgerKey, slot: u8, id: ChallengeId, by: TakenBy<'_>) -> Result<(), StoreError>;

    /// Reads an identifier's item, up to date; an empty ledger when there is none.
    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError>;
}

/// Who took a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenBy<'a> {
    /// The provider.
    pub provider: &'a str,
    /// Its id of the message, if the provider wants to hear of a right code.
    pub message: Option<&'a str>,
}

/// What Idempotency-Keys were used for.
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// Ties an Idempotency-Key (`KeyRing::idempotency_key`) to the request it first came with, for a day. In one atomic step.
    async fn claim_idempotency(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<IdempotencyVerdict, StoreError>;
}

/// What an Idempotency-Key was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdempotencyVerdict {
    /// For nothing yet, or for this same request.
    Same,
    /// For another request.
    Other,
}

/// Why the store did not answer. Nothing may be taken as allowed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is down, slow or throttling; trying again later may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store answered something that cannot be: a missing table, a refused permission, an item out of shape.
    #[error("the store is broken: {0}")]
    Broken(String),
}
