//! Verify a code: one conditional write judges the guess; a right one signs in a user, or gives a signed-in user one more
//! identifier.
//!
//! A code for a verification purpose proves that somebody holds an identifier, and no more. With the access token of a
//! signed-in user it links the identifier to that user; without one it names the identifier's user and starts no session.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::fallback::brought_by;
use super::grant::{Grant, GrantError, Grants};
use super::guard::Guard;
use super::open_token;
use super::sign_in::{SignIn, SignInError};
use crate::domain::address::SourceAddress;
use crate::domain::challenge::{Bound, ChallengeId};
use crate::domain::code::Guess;
use crate::domain::keys::{KeyId, KeyRing, LedgerKey};
use crate::domain::ledger::{GuessVerdict, GuessWrite, Ledger, Level, RequestId, Slot, Written};
use crate::domain::policy::{ChallengeBinding, Policy, SignUp};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::time::Timestamp;
use crate::domain::user::{Identifier, User, UserId, Withheld};
use crate::ports::clock::{Clock, NoRandomness, Randomness, random};
use crate::ports::directory::{Directory, DirectoryError};
use crate::ports::feedback::Feedback;
use crate::ports::keys::KeySource;
use crate::ports::meter::{self, UserChange};
use crate::ports::store::{ChallengeStore, StoreError};
use crate::ports::tokens::{InvalidAccessToken, TokenChecker};

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
    /// Who tells genuine access tokens.
    pub tokens: Arc<dyn TokenChecker>,
    /// The numbers.
    pub policy: Policy,
    /// Who may sign in.
    pub sign_up: SignUp,
    /// Gives tokens to who signs in, where tokens are on.
    pub grants: Option<Grants>,
    /// Hears of right codes.
    pub guard: Arc<Guard>,
    /// Providers that want to hear of them too, where they are told.
    pub feedback: Option<Arc<dyn Feedback>>,
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
    /// The access token of the user who wants the identifier, where the purpose is to verify it.
    pub access_token: Option<Zeroizing<String>>,
    /// Where the request came from.
    pub source: SourceAddress,
}

/// A right code.
#[derive(Debug)]
pub struct Verified {
    /// Who the holder of the code is.
    pub user: User,
    /// What the code was good for.
    pub proof: Proof,
    /// What brought the code.
    pub by: Channel,
    /// Their tokens, when they signed in where tokens are on.
    pub grant: Option<Grant>,
    /// The message that the code was in; none for a test identifier's.
    pub message: Option<Answered>,
}

/// A message whose code was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Who was asked first to deliver it.
    pub provider: String,
    /// How long ago it was sent.
    pub after: Duration,
}

/// What a right code was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The user signed in: a session may start.
    SignIn,
    /// Somebody holds the identifier: no session starts.
    Possession,
    /// The identifier is the signed-in user's now: the session goes on.
    Linked,
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
    /// The code is right, and there is nobody to sign in. The reply is that of a wrong code.
    #[error("right code, but {why}")]
    Withheld {
        /// Guesses that would be left if the code had been wrong.
        left: u32,
        /// Why nobody signs in.
        why: Withheld,
    },
    /// The access token is not good.
    #[error(transparent)]
    InvalidToken(#[from] InvalidAccessToken),
    /// The user of the access token is gone or disabled.
    #[error("the access token's user may not change anything")]
    CallerRefused,
    /// The code is right, and the identifier belongs to another user.
    #[error("the identifier belongs to another user")]
    IdentifierTaken,
    /// The code is right, and the user has another identifier of this kind.
    #[error("the user has another identifier of this kind")]
    IdentifierAlreadySet,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The code was right, and no tokens could be given.
    #[error(transparent)]
    Grant(#[from] GrantError),
}

/// The challenge that the guess is judged by.
struct Target {
    slot: u8,
    id: ChallengeId,
    keys: KeyId,
}

impl VerifyOtp {
    /// The user whom a right code names, and the tokens of one whom it signs in.
    ///
    /// # Errors
    /// [`VerifyError`]. After [`VerifyError::Store`] or [`VerifyError::Grant`] a right code may be used up already: a new one
    /// must be asked for.
    pub async fn execute(&self, request: &VerifyRequest) -> Result<Verified, VerifyError> {
        let now = self.clock.now();
        let mut verified = self.judge(request, now).await?;
        // A code for choosing a new password starts no session: what follows it is the application's.
        let starts = matches!(request.purpose, Purpose::Login | Purpose::Signup) && verified.proof == Proof::SignIn;
        if let (Some(grants), true) = (&self.grants, starts) {
            verified.grant = Some(grants.grant(&verified.user.id, verified.by, now).await?);
        }
        Ok(verified)
    }

    async fn judge(&self, request: &VerifyRequest, now: Timestamp) -> Result<Verified, VerifyError> {
        let caller = self.caller(request, now).await?;
        let (ring, target) = self.target(request, now).await?;
        let key = ring.ledger_key(&request.recipient);
        let write = self.guess_write(request, &ring, key, &target, now)?;
        let written = self.store.guess(&write).await?;
        match write.verdict(&written) {
            GuessVerdict::Right => {
                let named = self.named(request, caller.as_ref(), &ring, &write, &written);
                let answered = self.answered(request, &ring, &write, written.ledger(), now);
                let (named, (), ()) = tokio::join!(named, answered, self.tell_provider(&write, written.ledger()));
                named
            }
            GuessVerdict::Wrong { left } => {
                raised_level(written.ledger()).into_iter().for_each(meter::level_raised);
                Err(VerifyError::WrongCode { left })
            }
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

    /// The provider that brought the code hears that it was entered. Nothing depends on it.
    async fn tell_provider(&self, write: &GuessWrite, ledger: &Ledger) {
        let Some(slot) = ledger.slots.get(&write.slot) else { return };
        if let (Some(feedback), Some(message)) = (&self.feedback, &slot.message) {
            feedback.arrived(&slot.provider, message).await;
        }
    }

    /// The signed-in user who wants the identifier. Only where the purpose is to verify it does a token mean anything; one
    /// that is not good ends here, before any request to the store.
    async fn caller(&self, request: &VerifyRequest, now: Timestamp) -> Result<Option<UserId>, VerifyError> {
        match &request.access_token {
            Some(token) if request.purpose.verifies().is_some() => Ok(Some(self.tokens.check(token, now).await?)),
            _ => Ok(None),
        }
    }

    /// Whom a right code names.
    async fn named(
        &self,
        request: &VerifyRequest,
        caller: Option<&UserId>,
        ring: &KeyRing,
        write: &GuessWrite,
        written: &Written,
    ) -> Result<Verified, VerifyError> {
        match caller {
            Some(caller) => self.link(ring, caller, &request.recipient, write, written).await,
            None => self.sign_in(request, ring, write, written).await,
        }
    }

    /// The user of the identifier, by the item of the identifier or by the directory.
    async fn sign_in(
        &self,
        request: &VerifyRequest,
        ring: &KeyRing,
        write: &GuessWrite,
        written: &Written,
    ) -> Result<Verified, VerifyError> {
        let sign_in = SignIn {
            directory: self.directory.as_ref(),
            randomness: self.randomness.as_ref(),
            keys: ring,
            sign_up: self.sign_up,
            recipient: &request.recipient,
            now: write.now,
        };
        let proof = if request.purpose.verifies().is_some() { Proof::Possession } else { Proof::SignIn };
        match sign_in.user(written.ledger().user.as_ref()).await {
            Ok(user) => {
                let slot = written.ledger().slots.get(&write.slot);
                let by = brought_by(slot, &request.recipient);
                Ok(Verified { user, proof, by, grant: None, message: slot.and_then(|slot| answered(slot, write.now)) })
            }
            Err(SignInError::Withheld(why)) => Err(VerifyError::Withheld { left: write.left_if_wrong(written), why }),
            Err(SignInError::Store(error)) => Err(error.into()),
            Err(SignInError::Randomness(error)) => Err(error.into()),
        }
    }

    async fn link(
        &self,
        ring: &KeyRing,
        caller: &UserId,
        recipient: &Recipient,
        write: &GuessWrite,
        written: &Written,
    ) -> Result<Verified, VerifyError> {
        let identifier = Identifier { recipient: recipient.clone(), verified: true };
        match self.directory.link(ring, caller, &identifier, write.now).await {
            Ok(user) => {
                meter::user(UserChange::Linked);
                let message = written.ledger().slots.get(&write.slot).and_then(|slot| answered(slot, write.now));
                Ok(Verified { user, proof: Proof::Linked, by: recipient.channel(), grant: None, message })
            }
            Err(DirectoryError::Taken(_)) => Err(VerifyError::IdentifierTaken),
            Err(DirectoryError::AlreadySet(_)) => Err(VerifyError::IdentifierAlreadySet),
            Err(DirectoryError::NoSuchUser | DirectoryError::Disabled) => Err(VerifyError::CallerRefused),
            Err(DirectoryError::Store(error)) => Err(error.into()),
        }
    }
}

/// The message that a slot's code was in: its first, where there were several.
fn answered(slot: &Slot, now: Timestamp) -> Option<Answered> {
    let sent = slot.counted.first()?;
    Some(Answered { provider: slot.provider.clone(), after: now.since(*sent) })
}

/// The level that the last wrong guess has brought an identifier to, if it was that guess.
fn raised_level(ledger: &Ledger) -> Option<u8> {
    let before = Level::of(ledger.failures.saturating_sub(1), ledger.unsolved);
    (ledger.level() > before).then(|| ledger.level().number())
}
