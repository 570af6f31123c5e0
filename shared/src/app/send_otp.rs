//! Send a code: destination, address, identifier, guard, message; in that order, and each step only after the last.
//!
//! The order is a defence: a blocked address cannot use up a victim's sends, and what the windows refuse never reaches a
//! provider. At most one message leaves for one accepted send: the message is sent by the one invocation that the store
//! calls the send's owner, once, and no error after that point is answered with another attempt.
//!
//! Whoever may not sign in (`app/admission.rs`) gets no message, and a reply that does not tell.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::guard::{AddressAdmission, Guard, Outgoing, Refused};
use super::open_token;
use crate::domain::address::SourceAddress;
use crate::domain::challenge::{Bound, Challenge, ChallengeId, InvalidToken};
use crate::domain::code::Code;
use crate::domain::guard::Reason;
use crate::domain::keys::{CodeKeys, KeyRing, LedgerKey};
use crate::domain::ledger::{Ledger, Level, RequestId, ResendVerdict, ResendWrite, SendVerdict, SendWrite, SlotState, Written};
use crate::domain::policy::{Policy, SignUp};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::test_identifiers::TestIdentifiers;
use crate::domain::time::Timestamp;
use crate::domain::user::{UserId, Withheld};
use crate::messages::{Locale, Messages};
use crate::ports::clock::{Clock, NoRandomness, Randomness, random};
use crate::ports::decoy::Decoy;
use crate::ports::directory::Directory;
use crate::ports::guard::AddressLimits;
use crate::ports::keys::KeySource;
use crate::ports::meter;
use crate::ports::sender::{Delivery, Message, Refusal, RefusalClass, Sender};
use crate::ports::store::{ChallengeStore, IdempotencyStore, IdempotencyVerdict, StoreError, TakenBy};
use crate::ports::tokens::{InvalidAccessToken, TokenChecker};

/// How long an undelivered code is tried to be withdrawn: with the store's 2 s and the guard's 0.6 s before it, a refusal comes
/// within 3 s.
const WITHDRAWAL: Duration = Duration::from_millis(300);

/// Everything that sending a code needs.
pub struct SendOtp {
    /// The identifiers' items.
    pub store: Arc<dyn ChallengeStore>,
    /// What Idempotency-Keys were used for.
    pub claims: Arc<dyn IdempotencyStore>,
    /// The users.
    pub directory: Arc<dyn Directory>,
    /// Who tells genuine access tokens.
    pub tokens: Arc<dyn TokenChecker>,
    /// What happens in the place of a delivery that must not happen.
    pub decoy: Arc<dyn Decoy>,
    /// Who delivers texts; none when the operator sends none.
    pub sms: Option<Arc<dyn Sender>>,
    /// Who delivers mail; none when the operator sends none.
    pub email: Option<Arc<dyn Sender>>,
    /// Who delivers a mail in the place of a text that could not be delivered; none unless the operator wants that.
    pub fallback: Option<Arc<dyn Sender>>,
    /// Providers that are to hear of right codes: their ids of messages are kept.
    pub feedback_to: Vec<&'static str>,
    /// The keys.
    pub keys: Arc<dyn KeySource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub randomness: Arc<dyn Randomness>,
    /// The numbers.
    pub policy: Policy,
    /// What may leave.
    pub guard: Arc<Guard>,
    /// Identifiers of testers.
    pub test_identifiers: TestIdentifiers,
    /// What messages say.
    pub messages: Messages,
    /// Who may sign in.
    pub sign_up: SignUp,
}

/// A checked request for a code. It does not print: it holds what only its caller may have.
pub struct SendRequest {
    /// Whom to send it to.
    pub recipient: Recipient,
    /// What it is for.
    pub purpose: Purpose,
    /// The language of the message.
    pub locale: Locale,
    /// The token of the challenge to send again.
    pub challenge_id: Option<String>,
    /// The Idempotency-Key.
    pub idempotency_key: Option<String>,
    /// The access token of the user who wants the identifier, where the purpose is to verify it.
    pub access_token: Option<Zeroizing<String>>,
    /// Where the request came from.
    pub source: SourceAddress,
    /// When nobody waits for the answer any more, where that is known.
    pub deadline: Option<Timestamp>,
}

/// An accepted send.
#[derive(Debug)]
pub struct Sent {
    /// The token that refers to the challenge.
    pub challenge_id: String,
    /// Characters in the code.
    pub code_length: usize,
    /// When the code ends.
    pub expires: Timestamp,
    /// How long the code lives from now on.
    pub remaining: Duration,
    /// How many more codes this identifier may ask for now, the cooldown aside.
    pub sends_left: u32,
    /// When the oldest send of the hour stops counting.
    pub hour_resets_in: Duration,
    /// Until the next send.
    pub cooldown: Duration,
    /// An earlier message brought the same code.
    pub resent: bool,
    /// What became of the message; none for a client's retry, which sends none.
    pub delivery: Option<Delivery>,
    /// Why the message was kept back, if it was: then the delivery only looks like one.
    pub withheld: Option<Withheld>,
    /// What the guard would have refused it for, where it only watches.
    pub watched: BTreeSet<Reason>,
}

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The guard refuses.
    #[error(transparent)]
    Guard(#[from] Refused),
    /// No texts, or no mail, are sent here.
    #[error("this channel is not configured")]
    ChannelOff,
    /// The `challenge_id` is not a token of ours for this identifier and purpose.
    #[error(transparent)]
    ForgedChallenge(InvalidToken),
    /// The access token is not good.
    #[error(transparent)]
    InvalidToken(#[from] InvalidAccessToken),
    /// The Idempotency-Key came with another request before.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// The address has sent too much.
    #[error("address window closed")]
    AddressLimited(Duration),
    /// The identifier was sent too much.
    #[error("identifier window closed")]
    RateLimited(Duration),
    /// The provider refused for good: nothing left, the code is dead.
    #[error("{provider} refused: {:?} {}", reason.class, reason.code)]
    DeliveryFailed {
        /// Which one.
        provider: &'static str,
        /// Why.
        reason: Refusal,
    },
    /// The provider is out of reach: nothing left, the code is dead.
    #[error("{provider} was not reached: {cause}")]
    ProviderUnavailable {
        /// Which one.
        provider: &'static str,
        /// Why.
        cause: String,
    },
    /// A message to this recipient was refused earlier under the same Idempotency-Key.
    #[error("the first request under this idempotency key could not deliver")]
    AlreadyFailed,
    /// The challenge that this Idempotency-Key stands for has expired.
    #[error("the challenge of this idempotency key has expired")]
    ReplayExpired,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The ring has no keys to make codes with.
    #[error("no keys")]
    NoKeys,
}

/// What one invocation works with, chosen once: a retry anywhere below uses the same values.
pub(super) struct Attempt<'a> {
    pub(super) request: &'a SendRequest,
    /// The signed-in user who wants the identifier.
    pub(super) caller: Option<UserId>,
    pub(super) ring: Arc<KeyRing>,
    pub(super) key: LedgerKey,
    now: Timestamp,
    id: RequestId,
    idempotency: String,
    /// Who is asked first to deliver: the order may change while this invocation is under way.
    provider: &'static str,
}

/// A challenge that the store accepted or found, and the item it is in.
pub(super) struct Accepted {
    pub(super) challenge: Challenge,
    ledger: Ledger,
    ours: bool,
    /// An earlier message brought this code already.
    resent: bool,
}

impl SendOtp {
    /// Sends a code, or says why not.
    ///
    /// # Errors
    /// [`SendError`]; on every one of them no message has left, or the provider has said so.
    pub async fn execute(&self, request: &SendRequest) -> Result<Sent, SendError> {
        self.guard.destination(&request.recipient)?;
        let sender = self.sender(request.recipient.channel()).ok_or(SendError::ChannelOff)?;
        let (ring, challenge) = self.open(request).await?;
        let attempt = self.begin(request, ring, sender.provider()).await?;
        self.guard.not_stopped(&request.recipient, attempt.now).await?;
        let watched = self.count_address(&attempt).await?;
        self.claim_idempotency(&attempt).await?;
        let accepted = match challenge {
            Some(challenge) if challenge.expires > attempt.now => self.resend(&attempt, challenge).await?,
            _ => self.send_new(&attempt).await?,
        };
        let mut outgoing = attempt.outgoing(watched);
        let (delivery, withheld) = match accepted.ours {
            true => self.deliver(sender, &attempt, &accepted, &mut outgoing).await.map(|(d, why)| (Some(d), why))?,
            false => (None, None),
        };
        self.sent(&attempt, &accepted, delivery, withheld, outgoing.watched)
    }

    fn sender(&self, channel: Channel) -> Option<&dyn Sender> {
        match channel {
            Channel::Sms => self.sms.as_deref(),
            Channel::Email => self.email.as_deref(),
        }
    }

    /// The challenge to send again, if the request names one. A forged one ends here, before any request to the store.
    async fn open(&self, request: &SendRequest) -> Result<(Arc<KeyRing>, Option<Challenge>), SendError> {
        let Some(token) = &request.challenge_id else { return Ok((self.keys.recent().await, None)) };
        let (ring, opened) = open_token(self.keys.as_ref(), token, request.purpose, &request.recipient).await;
        Ok((ring, Some(opened.map_err(SendError::ForgedChallenge)?)))
    }

    async fn begin<'a>(
        &self,
        request: &'a SendRequest,
        ring: Arc<KeyRing>,
        provider: &'static str,
    ) -> Result<Attempt<'a>, SendError> {
        let id = RequestId::new(random(self.randomness.as_ref())?);
        let idempotency = match &request.idempotency_key {
            Some(header) => ring.idempotency_key(header),
            None => id.as_str().to_owned(),
        };
        let now = self.clock.now();
        let caller = self.caller(request, now).await?;
        Ok(Attempt { request, caller, key: ring.ledger_key(&request.recipient), ring, now, id, idempotency, provider })
    }

    /// Counts for the address: the send in its windows, and the country that it asks for.
    async fn count_address(&self, attempt: &Attempt<'_>) -> Result<BTreeSet<Reason>, SendError> {
        let limits = AddressLimits { per_minute: self.policy.address_per_minute, per_hour: self.policy.address_per_hour };
        let Attempt { request, ring, now, .. } = attempt;
        match self.guard.admit_address(&request.recipient, &request.source, limits, ring, *now).await? {
            AddressAdmission::Admitted(watched) => Ok(watched),
            AddressAdmission::Full(wait) => Err(SendError::AddressLimited(wait)),
        }
    }

    async fn claim_idempotency(&self, attempt: &Attempt<'_>) -> Result<(), SendError> {
        if attempt.request.idempotency_key.is_none() {
            return Ok(());
        }
        let SendRequest { recipient, purpose, challenge_id, locale, .. } = attempt.request;
        let token = challenge_id.as_deref().unwrap_or_default();
        let caller = attempt.caller.as_ref().map(UserId::as_str).unwrap_or_default();
        let parts = [recipient.channel().as_str(), recipient.canonical(), purpose.as_str(), token, locale.tag(), caller];
        let fingerprint = attempt.ring.fingerprint(&parts.map(str::as_bytes));
        match self.claims.claim_idempotency(&attempt.idempotency, &fingerprint, attempt.now).await? {
            IdempotencyVerdict::Same => Ok(()),
            IdempotencyVerdict::Other => Err(SendError::IdempotencyKeyReused),
        }
    }

    /// A fresh challenge. Its code is made for the lowest level and the slot whose turn it is; where failures ask for a longer
    /// code, or a challenge still lives in the slot, the store refuses and says so, and the write is repeated. Levels only
    /// rise, and whoever else takes the free slot closes the cooldown, so this ends.
    async fn send_new(&self, attempt: &Attempt<'_>) -> Result<Accepted, SendError> {
        let id = ChallengeId(random(self.randomness.as_ref())?);
        let (mut level, mut slot) = (Level::default(), None);
        loop {
            let mut challenge = self.challenge(attempt, id, level)?;
            challenge.slot = slot.unwrap_or(challenge.slot);
            let write = self.send_write(attempt, &challenge, level)?;
            let written = self.store.send(&write).await?;
            match write.verdict(&written) {
                SendVerdict::Level(next) => level = next,
                SendVerdict::Slot(free) if slot != Some(free) => slot = Some(free),
                verdict => return self.accept(attempt, challenge, verdict, written, false),
            }
        }
    }

    /// The same challenge again, or a fresh one if it has ended.
    async fn resend(&self, attempt: &Attempt<'_>, challenge: Challenge) -> Result<Accepted, SendError> {
        let write = ResendWrite {
            key: attempt.key.clone(),
            now: attempt.now,
            limits: self.policy.sends,
            request: attempt.id.clone(),
            idempotency: attempt.idempotency.clone(),
            slot: challenge.slot,
            id: challenge.id,
            max_guesses: self.policy.max_guesses,
        };
        let written = self.store.resend(&write).await?;
        match write.verdict(&written) {
            ResendVerdict::Gone => self.send_new(attempt).await,
            ResendVerdict::Send(verdict) => self.accept(attempt, challenge, verdict, written, true),
        }
    }

    fn accept(
        &self,
        attempt: &Attempt<'_>,
        challenge: Challenge,
        verdict: SendVerdict,
        written: Written,
        resent: bool,
    ) -> Result<Accepted, SendError> {
        let ledger = match written {
            Written::Applied(ledger) | Written::Refused(ledger) => ledger,
        };
        match verdict {
            SendVerdict::Ours => Ok(Accepted { challenge: as_stored(challenge, &ledger), ledger, ours: true, resent }),
            SendVerdict::Replay(slot) => {
                let challenge = replayed(&ledger, slot, attempt.now)?;
                Ok(Accepted { challenge, ledger, ours: false, resent: true })
            }
            SendVerdict::RateLimited(until) => Err(SendError::RateLimited(until.since(attempt.now))),
            SendVerdict::Level(_) | SendVerdict::Slot(_) | SendVerdict::Unexplained => Err(broken("refused without a reason")),
        }
    }

    fn challenge(&self, attempt: &Attempt<'_>, id: ChallengeId, level: Level) -> Result<Challenge, SendError> {
        let channel = attempt.request.recipient.channel();
        let (key, _) = attempt.ring.current().ok_or(SendError::NoKeys)?;
        let turn = attempt.now.as_millis() / crate::domain::time::millis(self.policy.sends.cooldown).max(1);
        Ok(Challenge {
            key,
            slot: u8::try_from(turn % self.policy.slots(channel)).map_err(|_| broken("too many slots"))?,
            shape: self
                .fixed_code(attempt)
                .and_then(|code| code.digits())
                .unwrap_or_else(|| level.shape(self.policy.code_length)),
            expires: attempt.now.plus(self.policy.lifetime(channel)),
            id,
        })
    }

    fn send_write(&self, attempt: &Attempt<'_>, challenge: &Challenge, level: Level) -> Result<SendWrite, SendError> {
        let bound = attempt.bound(challenge.id);
        let keys = attempt.ring.get(challenge.key).ok_or(SendError::NoKeys)?;
        Ok(SendWrite {
            key: attempt.key.clone(),
            now: attempt.now,
            limits: self.policy.sends,
            level,
            request: attempt.id.clone(),
            idempotency: attempt.idempotency.clone(),
            slot: challenge.slot,
            id: challenge.id,
            name: self.code(attempt, challenge, keys).name(keys, &bound),
            purpose: attempt.request.purpose,
            keys: challenge.key,
            shape: challenge.shape,
            expires: challenge.expires,
            provider: attempt.provider.to_owned(),
            is_counted: self.fixed_code(attempt).is_none(),
        })
    }

    fn code(&self, attempt: &Attempt<'_>, challenge: &Challenge, keys: &CodeKeys) -> Code {
        self.fixed_code(attempt).unwrap_or_else(|| Code::derive(keys, &attempt.bound(challenge.id), challenge.shape))
    }

    fn fixed_code(&self, attempt: &Attempt<'_>) -> Option<Code> {
        self.test_identifiers.code(&attempt.request.recipient, attempt.now)
    }

    /// One message, once, if the guard lets it leave; or what looks like one, to whoever may not sign in. When a challenge's
    /// first message certainly did not leave, its code dies; the code of a resent one was brought by an earlier message, and
    /// whoever has it in hand may go on.
    async fn deliver(
        &self,
        sender: &dyn Sender,
        attempt: &Attempt<'_>,
        accepted: &Accepted,
        outgoing: &mut Outgoing<'_>,
    ) -> Result<(Delivery, Option<Withheld>), SendError> {
        if self.fixed_code(attempt).is_some() {
            return Ok((Delivery::Accepted { provider: "none", message_id: "test identifier".to_owned() }, None));
        }
        let handed_over = self.hand_over(sender, attempt, accepted, outgoing).await;
        if handed_over.is_err() && !accepted.resent {
            self.withdraw(attempt, &accepted.challenge).await;
        }
        handed_over
    }

    async fn hand_over(
        &self,
        sender: &dyn Sender,
        attempt: &Attempt<'_>,
        accepted: &Accepted,
        outgoing: &mut Outgoing<'_>,
    ) -> Result<(Delivery, Option<Withheld>), SendError> {
        let message = self.message(attempt, &accepted.challenge, &attempt.request.recipient)?;
        let (admitted, admission) = tokio::join!(self.guard.admit(outgoing), self.admission(attempt, &accepted.ledger));
        admitted?;
        if accepted.resent {
            self.store.add_counted(&attempt.key, accepted.challenge.slot, accepted.challenge.id, attempt.now).await?;
        }
        let withheld = admission?.err();
        let started = self.clock.now();
        let patience = attempt.request.deadline.map(|deadline| deadline.since(started));
        let handed_over = async {
            let delivery = match withheld {
                None => sender.deliver_within(&message, patience).await,
                Some(_) => self.decoy.deliver_nothing(attempt.request.recipient.channel()).await,
            };
            meter::handed_over(self.clock.now().since(started));
            delivery
        };
        let (mut delivery, ()) = tokio::join!(handed_over, self.guard.count_for_statistics(outgoing));
        if withheld.is_none() {
            delivery = self.fall_back(attempt, accepted, &delivery).await.unwrap_or(delivery);
        }
        let failure = match &delivery {
            // A failure that only registered identifiers can have would tell who is; so would the time of another write.
            _ if self.sign_up == SignUp::Closed => return Ok((delivery, withheld)),
            Delivery::Accepted { provider, .. } | Delivery::Ambiguous { provider, .. } => {
                if withheld.is_none() {
                    self.note_provider(attempt, accepted, outgoing, provider, message_id(&delivery)).await;
                }
                return Ok((delivery, withheld));
            }
            // Its own way to say "later".
            Delivery::Refused { provider, reason } if reason.class == RefusalClass::Rate => {
                SendError::ProviderUnavailable { provider, cause: reason.code.clone() }
            }
            Delivery::Refused { provider, reason } => SendError::DeliveryFailed { provider, reason: reason.clone() },
            Delivery::Unreached { provider, cause } => SendError::ProviderUnavailable { provider, cause: cause.clone() },
        };
        if !accepted.resent {
            self.guard.did_not_leave(outgoing).await;
        }
        Err(failure)
    }

    /// The slot and the counters name who was asked first; where another one delivered, they are put right. The slot also gets
    /// the provider's id of the message, if that provider is to hear of a right code.
    async fn note_provider(
        &self,
        attempt: &Attempt<'_>,
        accepted: &Accepted,
        outgoing: &Outgoing<'_>,
        provider: &str,
        message: Option<&str>,
    ) {
        let message = message.filter(|_| self.feedback_to.contains(&provider));
        let another = provider != attempt.provider;
        if !another && message.is_none() {
            return;
        }
        let Challenge { slot, id, .. } = accepted.challenge;
        let counters = async {
            if another {
                self.guard.went_by(outgoing, provider).await;
            }
        };
        let by = TakenBy { provider, message };
        let (slot, ()) = tokio::join!(self.store.set_provider(&attempt.key, slot, id, by), counters);
        if let Err(error) = slot {
            tracing::warn!(%error, "the provider that delivered could not be noted");
        }
    }

    /// The code of a challenge, for the recipient whose it is or for who stands in.
    pub(super) fn message(
        &self,
        attempt: &Attempt<'_>,
        challenge: &Challenge,
        recipient: &Recipient,
    ) -> Result<Message, SendError> {
        let keys = attempt.ring.get(challenge.key).ok_or(SendError::NoKeys)?;
        let code = self.code(attempt, challenge, keys);
        let remaining = challenge.expires.since(attempt.now);
        let content = self.messages.render(recipient.channel(), attempt.request.locale, &code, remaining);
        Ok(Message { id: attempt.message_id(challenge), to: recipient.clone(), content })
    }

    /// Where the store is silent, its own patience has been used up by then. The code stays valid until it expires, but nobody
    /// was told it.
    async fn withdraw(&self, attempt: &Attempt<'_>, challenge: &Challenge) {
        let kill = self.store.kill(&attempt.key, challenge.slot, challenge.id);
        match tokio::time::timeout(WITHDRAWAL, kill).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "an undelivered code could not be withdrawn"),
            Err(_) => tracing::warn!(error = "no answer in time", "an undelivered code could not be withdrawn"),
        }
    }

    fn sent(
        &self,
        attempt: &Attempt<'_>,
        accepted: &Accepted,
        delivery: Option<Delivery>,
        withheld: Option<Withheld>,
        watched: BTreeSet<Reason>,
    ) -> Result<Sent, SendError> {
        let Attempt { request, ring, now, .. } = attempt;
        let keys = ring.get(accepted.challenge.key).ok_or(SendError::NoKeys)?;
        Ok(Sent {
            challenge_id: accepted.challenge.token(keys, request.purpose, &request.recipient),
            code_length: accepted.challenge.shape.length(),
            expires: accepted.challenge.expires,
            remaining: accepted.challenge.expires.since(*now),
            sends_left: accepted.ledger.sends_left(*now, &self.policy.sends),
            hour_resets_in: accepted.ledger.hour_resets_in(*now),
            cooldown: self.policy.sends.cooldown,
            resent: accepted.resent,
            delivery,
            withheld,
            watched,
        })
    }
}

impl SendError {
    /// Is it a limit, the guard or the operator that refuses, and nobody's fault?
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Guard(refused) => refused.reason().is_some(),
            _ => matches!(self, Self::AddressLimited(_) | Self::RateLimited(_)),
        }
    }

    /// The machine-readable reason, for logs and counters.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Guard(refused) => match refused.reason() {
                Some(reason) => reason.as_str(),
                None => "store",
            },
            Self::ChannelOff => "channel_off",
            Self::ForgedChallenge(_) => "forged_challenge",
            Self::InvalidToken(_) => "invalid_token",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::AddressLimited(_) => "address_window",
            Self::RateLimited(_) => "identifier_window",
            Self::DeliveryFailed { .. } => "provider_refused",
            Self::ProviderUnavailable { .. } => "provider_unreached",
            Self::AlreadyFailed | Self::ReplayExpired => "replay",
            Self::Store(_) => "store",
            Self::Randomness(_) | Self::NoKeys => "internal",
        }
    }
}

impl Attempt<'_> {
    /// Names the message of this send for good, and tells nothing of it.
    fn message_id(&self, challenge: &Challenge) -> String {
        self.ring.fingerprint(&[b"message", &challenge.id.0, self.id.as_str().as_bytes()])
    }

    const fn bound(&self, id: ChallengeId) -> Bound<'_> {
        Bound { purpose: self.request.purpose, recipient: &self.request.recipient, id }
    }

    fn outgoing(&self, watched: BTreeSet<Reason>) -> Outgoing<'_> {
        Outgoing {
            recipient: &self.request.recipient,
            provider: self.provider,
            ring: &self.ring,
            now: self.now,
            request: &self.id,
            watched,
            names_country: false,
        }
    }
}

/// The challenge as the item has it. A write for another level or slot that was given up on can be the one that was applied,
/// and a message must bring the code that waits.
fn as_stored(challenge: Challenge, ledger: &Ledger) -> Challenge {
    let stored = ledger.slots.iter().find(|(_, slot)| slot.id == challenge.id);
    stored.map_or(challenge, |(number, slot)| Challenge { slot: *number, shape: slot.shape, ..challenge })
}

/// The challenge that an earlier request under the same Idempotency-Key started.
fn replayed(ledger: &Ledger, number: u8, now: Timestamp) -> Result<Challenge, SendError> {
    let slot = ledger.slots.get(&number).ok_or_else(|| broken("the last send has no slot"))?;
    match slot.state {
        SlotState::Dead => Err(SendError::AlreadyFailed),
        _ if slot.expires <= now => Err(SendError::ReplayExpired),
        _ => Ok(Challenge { key: slot.keys, slot: number, shape: slot.shape, expires: slot.expires, id: slot.id }),
    }
}

/// The provider's id of a message that it took.
const fn message_id(delivery: &Delivery) -> Option<&str> {
    match delivery {
        Delivery::Accepted { message_id, .. } => Some(message_id.as_str()),
        Delivery::Refused { .. } | Delivery::Unreached { .. } | Delivery::Ambiguous { .. } => None,
    }
}

fn broken(what: &str) -> SendError {
    SendError::Store(StoreError::Broken(what.to_owned()))
}
