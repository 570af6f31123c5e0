//! The replay: the real use case on a store in memory, with a clock that stands where the log says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use otp_auth::adapters::no_tokens::NoTokens;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::app::guard::Guard;
use otp_auth::app::send_otp::{SendOtp, SendRequest, Sent};
use otp_auth::config::SendConfig;
use otp_auth::domain::address::SourceAddress;
use otp_auth::domain::challenge::Challenge;
use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::domain::policy::SignUp;
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::test_identifiers::TestIdentifiers;
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::clock::{Clock, random};
use otp_auth::ports::sender::{Delivery, Message, Sender};
use otp_auth::ports::store::ChallengeStore;
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::decoy::InstantDecoy;
use otp_auth::testing::memory::MemoryStore;
use otp_auth::testing::memory_guard::MemoryGuard;

use super::log::Entry;
use super::nobody::Nobody;
use crate::failure::Failure;

/// What became of a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It leaves; a guard that only watches would have refused it for these reasons.
    Leaves(Vec<&'static str>),
    /// It is refused for this reason.
    Refused(&'static str),
}

/// A replay under way.
pub struct Replay {
    send: SendOtp,
    store: MemoryStore,
    guard: Arc<Guard>,
    ring: Arc<KeyRing>,
    clock: Arc<TestClock>,
    answer_after: Duration,
    /// Codes that will be entered, by when.
    waiting: VecDeque<Answer>,
}

struct Answer {
    at: Timestamp,
    recipient: Recipient,
    source: SourceAddress,
    challenge: String,
}

/// Takes every message.
struct Taken;

#[async_trait]
impl Sender for Taken {
    fn provider(&self) -> &'static str {
        "simulated"
    }

    async fn deliver(&self, _message: &Message) -> Delivery {
        Delivery::Accepted { provider: "simulated", message_id: String::new() }
    }
}

impl Replay {
    /// On an empty store, by these settings; codes are entered this long after they were sent.
    ///
    /// # Errors
    /// The operating system gives no randomness for the keys of this run.
    pub fn new(config: &SendConfig, answer_after: Duration) -> Result<Self, Failure> {
        let store = MemoryStore::default();
        let clock = Arc::new(TestClock::at(Timestamp::from_millis(0)));
        let secret: [u8; 32] = random(&SystemRandomness)?;
        let ring = KeyRing::new(&[(KeyId(1), secret.to_vec())].into(), KeyId(1), KeyId(1));
        let ring = Arc::new(ring.map_err(|_| otp_auth::ports::clock::NoRandomness)?);
        let guard = Arc::new(Guard::new(Arc::new(MemoryGuard::default()), config.guard.clone()));
        let send = SendOtp {
            store: Arc::new(store.clone()),
            claims: Arc::new(store.clone()),
            directory: Arc::new(Nobody),
            tokens: Arc::new(NoTokens),
            decoy: Arc::new(InstantDecoy::default()),
            sms: config.sms.as_ref().map(|_| Arc::new(Taken) as _),
            email: config.email.as_ref().map(|_| Arc::new(Taken) as _),
            // A log does not say who has verified both.
            fallback: None,
            feedback_to: Vec::new(),
            keys: Arc::new(Arc::clone(&ring)),
            clock: Arc::clone(&clock) as _,
            randomness: Arc::new(SystemRandomness),
            policy: config.core.policy.clone(),
            guard: Arc::clone(&guard),
            test_identifiers: TestIdentifiers::default(),
            messages: config.messages.clone(),
            sign_up: SignUp::Open,
        };
        Ok(Self { send, store, guard, ring, clock, answer_after, waiting: VecDeque::new() })
    }

    /// One send of the log; they must come oldest first.
    ///
    /// # Errors
    /// The store in memory fails, which cannot be.
    pub async fn send(&mut self, entry: &Entry) -> Result<Fate, Failure> {
        self.answer_until(entry.time).await?;
        self.clock.advance(entry.time.since(self.clock.now()));
        let Ok(recipient) = Recipient::parse(&entry.identifier, None) else { return Ok(Fate::Refused("invalid_identifier")) };
        let source = SourceAddress::new(entry.address);
        let request = SendRequest {
            recipient: recipient.clone(),
            purpose: Purpose::Login,
            locale: otp_auth::messages::Locale::default(),
            challenge_id: None,
            idempotency_key: None,
            access_token: None,
            deadline: None,
            source,
        };
        match self.send.execute(&request).await {
            Ok(Sent { challenge_id, watched, .. }) => {
                if entry.answered {
                    let at = entry.time.plus(self.answer_after);
                    self.waiting.push_back(Answer { at, recipient, source, challenge: challenge_id });
                }
                Ok(Fate::Leaves(watched.iter().map(|reason| reason.as_str()).collect()))
            }
            Err(error) => Ok(Fate::Refused(error.reason())),
        }
    }

    /// Enters the codes whose time has come.
    async fn answer_until(&mut self, now: Timestamp) -> Result<(), Failure> {
        while self.waiting.front().is_some_and(|answer| answer.at <= now) {
            let Some(answer) = self.waiting.pop_front() else { break };
            let key = self.ring.ledger_key(&answer.recipient);
            let ledger = self.store.read(&key, answer.at).await?;
            let opened = Challenge::open(&answer.challenge, &self.ring, Purpose::Login, &answer.recipient);
            if let Some(slot) = opened.ok().and_then(|challenge| ledger.slots.get(&challenge.slot)) {
                self.guard.answered(&answer.recipient, slot, &answer.source, &self.ring, answer.at).await;
            }
        }
        Ok(())
    }
}

/// What a replay came to, by fate.
#[derive(Default)]
pub struct Fates {
    /// Messages that leave.
    pub leaves: Tally,
    /// Refusals, by reason.
    pub refused: BTreeMap<&'static str, Tally>,
    /// Messages that leave and that a guard that only watches would have refused, by reason.
    pub watched: BTreeMap<&'static str, Tally>,
}

/// Sends that had the same fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub sends: u64,
    /// Of those, how many were answered according to the log.
    pub answered: u64,
    /// What they cost, or would have cost, in millionths of a dollar.
    pub micro_usd: u64,
}

impl Fates {
    /// Counts one send.
    pub fn count(&mut self, fate: &Fate, answered: bool, micro_usd: u64) {
        let one = |tally: &mut Tally| {
            tally.sends += 1;
            tally.answered += u64::from(answered);
            tally.micro_usd += micro_usd;
        };
        match fate {
            Fate::Refused(reason) => one(self.refused.entry(reason).or_default()),
            Fate::Leaves(watched) => {
                one(&mut self.leaves);
                watched.iter().for_each(|reason| one(self.watched.entry(reason).or_default()));
            }
        }
    }
}
