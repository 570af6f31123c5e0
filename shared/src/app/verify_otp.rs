//! Verify a code: one conditional write judges the guess; a right one names a user.

use std::sync::Arc;

use super::guard::Guard;
use super::open_token;
use crate::domain::address::SourceAddress;
use crate::domain::challenge::{Bound, ChallengeId};
use crate::domain::code::Guess;
use crate::domain::keys::{KeyId, KeyRing, LedgerKey};
use crate::domain::ledger::{GuessVerdict, GuessWrite, KnownUser, Ledger, RequestId};
use crate::domain::policy::{ChallengeBinding, Policy};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::ports::clock::{Clock, NoRandomness, Randomness, random};
use crate::ports::directory::Directory;
use crate::ports::keys::KeySource;
use crate::ports::store::{ChallengeStore, StoreError};

/// Everything that verifying a code needs.
pub struct VerifyOtp {
    /// The identifiers' items.
    pub store: Arc<dyn ChallengeStore>,
    /// The users.
    pub directory: Arc<dyn Directory>,
    /// The keys.
    pub keys: Arc<dyn KeySource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub randomness: Arc<dyn Randomness>,
    /// The numbers.
    pub policy: Policy,
    /// Hears of right codes.
    pub guard: Arc<Guard>,
}

/// A checked request to verify a code.
pub struct VerifyRequest {
    /// Whom the code was sent to.
    pub recipient: Recipient,
    /// What it is for.
    pub purpose: Purpose,
    /// What was typed.
    pub guess: Guess,
    /// The token of the challenge that it answers.
    pub challenge_id: Option<String>,
    /// Where the request came from.
    pub source: SourceAddress,
}

/// Why a code did not verify.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The deployment insists on a `challenge_id`, and the request has none.
    #[error("no challenge was named")]
    ChallengeRequired,
    /// No code is waiting: expired, used, superseded, forged, or never asked for.
    #[error("no code is waiting")]
    NoChallenge,
    /// The code is wrong.
    #[error("wrong code")]
    WrongCode {
        /// Guesses left at this challenge.
        left: u32,
    },
    /// The challenge has no guesses left.
    #[error("no guesses left")]
    Exhausted,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// The challenge that the guess is judged by.
struct Target {
    slot: u8,
    id: ChallengeId,
    keys: KeyId,
}

impl VerifyOtp {
    /// The user whom a right code signs in.
    ///
    /// # Errors
    /// [`VerifyError`]. After [`VerifyError::Store`] a right code may be used up already: a new one must be asked for.
    pub async fn execute(&self, request: &VerifyRequest) -> Result<User, VerifyError> {
        let now = self.clock.now();
        let (ring, target) = self.target(request, now).await?;
        let key = ring.ledger_key(&request.recipient);
        let write = self.guess_write(request, &ring, key, &target, now)?;
        let written = self.store.guess(&write).await?;
        match write.verdict(&written) {
            GuessVerdict::Right => {
                let user = self.user(request, &ring, &write.key, written.ledger(), now);
                let (user, ()) = tokio::join!(user, self.answered(request, &ring, &write, written.ledger(), now));
                user
            }
            GuessVerdict::Wrong { left } => Err(VerifyError::WrongCode { left }),
            GuessVerdict::Exhausted => Err(VerifyError::Exhausted),
            GuessVerdict::Gone => Err(VerifyError::NoChallenge),
        }
    }

    /// The challenge that the request names; without a name, the newest one that lives, for clients that know no names.
    async fn target(&self, request: &VerifyRequest, now: Timestamp) -> Result<(Arc<KeyRing>, Target), VerifyError> {
        let Some(token) = &request.challenge_id else {
            return match self.policy.binding {
                ChallengeBinding::Required => Err(VerifyError::ChallengeRequired),
                ChallengeBinding::Optional => self.newest(request, now).await,
            };
        };
        let (ring, opened) = open_token(self.keys.as_ref(), token, request.purpose, &request.recipient).await;
        match opened {
            Ok(challenge) if challenge.expires > now => {
                Ok((ring, Target { slot: challenge.slot, id: challenge.id, keys: challenge.key }))
            }
            _ => Err(VerifyError::NoChallenge),
        }
    }

    async fn newest(&self, request: &VerifyRequest, now: Timestamp) -> Result<(Arc<KeyRing>, Target), VerifyError> {
        let mut ring = self.keys.ring();
        let ledger = self.store.read(&ring.ledger_key(&request.recipient), now).await?;
        let (number, slot) = ledger.newest_live(request.purpose, now).ok_or(VerifyError::NoChallenge)?;
        if ring.get(slot.keys).is_none() {
            ring = self.keys.refresh().await;
        }
        Ok((ring, Target { slot: number, id: slot.id, keys: slot.keys }))
    }

    fn guess_write(
        &self,
        request: &VerifyRequest,
        ring: &KeyRing,
        key: LedgerKey,
        target: &Target,
        now: Timestamp,
    ) -> Result<GuessWrite, VerifyError> {
        let keys = ring.get(target.keys).ok_or(VerifyError::NoChallenge)?;
        let bound = Bound { purpose: request.purpose, recipient: &request.recipient, id: target.id };
        Ok(GuessWrite {
            key,
            now,
            slot: target.slot,
            id: target.id,
            name: request.guess.name(keys, &bound),
            max_guesses: self.policy.max_guesses,
            request: RequestId::new(random(self.randomness.as_ref())?),
        })
    }

    /// The guard takes the challenge's messages back.
    async fn answered(&self, request: &VerifyRequest, ring: &KeyRing, write: &GuessWrite, ledger: &Ledger, now: Timestamp) {
        if let Some(slot) = ledger.slots.get(&write.slot) {
            self.guard.answered(&request.recipient, slot, &request.source, ring, now).await;
        }
    }

    /// The user of a right code. The identifier's item remembers a user who signs in by this identifier alone, so that a
    /// returning user costs no further request.
    async fn user(
        &self,
        request: &VerifyRequest,
        ring: &KeyRing,
        key: &LedgerKey,
        ledger: &Ledger,
        now: Timestamp,
    ) -> Result<User, VerifyError> {
        let recipient = &request.recipient;
        if let Some(known) = &ledger.user {
            return Ok(User::with_identifier(known.id.clone(), recipient, known.created_at));
        }
        let fresh = UserId::new(now, random(self.randomness.as_ref())?);
        let user = self.directory.resolve_or_create(&ring.pointer_key(recipient), recipient, fresh, now).await?;
        if user.email.is_none() || user.phone.is_none() {
            let known = KnownUser { id: user.id.clone(), created_at: user.created_at };
            if let Err(error) = self.store.remember_user(key, &known).await {
                // Only the next sign-in's saving is lost.
                tracing::warn!(%error, "the user could not be remembered in the identifier's item");
            }
        }
        Ok(user)
    }
}
